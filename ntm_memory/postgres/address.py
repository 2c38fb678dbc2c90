"""Where a store on a server is: the URL of `store.url`, taken apart, and said without its password."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from ntm_memory.errors import StoreError

SCHEMA = "ntm_memory"
_SCHEMES = ("postgresql", "postgres")
_LONGEST = 63
_NAME = re.compile(r"[a-z_][a-z0-9_]*")
_EXAMPLE = "write store.url as postgresql://USER@HOST/DATABASE, or with ?schema=NAME behind it"
_ESCAPED = "write it in percent: %40 for @, %2F for /, %23 for #, %3F for ?; or leave the password to ~/.pgpass"


class Address(NamedTuple):
    """A store on a server.

    Args:
        url: what the client library connects to.
        schema: in which the tables stand: one database may hold many stores.
        label: the same for people, without the password.
    """

    url: str
    schema: str
    label: str

    @property
    def quoted(self) -> str:
        """The schema as it stands in a statement, where its name may be a word of SQL."""
        return f'"{self.schema}"'


def address_of(url: str) -> Address:
    """The parts of a URL.

    Args:
        url: `postgresql://[user[:password]@][host][:port]/[database][?schema=name&…]`; all but `schema` are libpq's.

    Raises:
        StoreError: it is none.
    """
    try:
        parts = urlsplit(url)
        pairs = parse_qsl(parts.query, keep_blank_values=True)
    except ValueError as error:
        raise StoreError("store.url is no URL", _EXAMPLE) from error
    if parts.scheme not in _SCHEMES or not url.startswith(f"{parts.scheme}://"):
        raise StoreError("store.url is not the URL of a PostgreSQL server", _EXAMPLE)
    user, _, place = parts.netloc.rpartition("@")
    if "@" in user + parts.path or parts.fragment:  # nothing of it is printed: it may be a piece of the password
        raise StoreError("in store.url a sign like @ / # ? stands as it is in the user's name or password", _ESCAPED)
    if [each for each, _ in pairs].count("schema") > 1:
        raise StoreError("store.url names a schema more than once", _EXAMPLE)
    told = dict(pairs)
    schema = told.pop("schema", SCHEMA)
    if len(schema) > _LONGEST:
        raise StoreError(
            f"store.url names a schema of {len(schema)} characters", f"PostgreSQL's names have at most {_LONGEST}"
        )
    if not _NAME.fullmatch(schema) or schema.startswith("pg_"):
        raise StoreError(
            f"store.url names the schema {schema!r:.80}", "small Latin letters, digits and _ make the name of a schema"
        )
    name = user.partition(":")[0]
    plain = f"postgresql://{f'{name}@{place}' if name else place}{parts.path}"
    socket = f" by the socket in {told['host']}" if told.get("host") else ""
    # libpq reads a + as it stands; a URL without a host keeps its two strokes
    asked = f"?{urlencode(told, quote_via=quote)}" if told else ""
    return Address(f"postgresql://{parts.netloc}{parts.path}{asked}", schema, f"{plain}{socket}, schema {schema}")
