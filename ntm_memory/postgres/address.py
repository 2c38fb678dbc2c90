"""Where a store on a server is: the URL of `store.url`, taken apart, and said without its password."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from ntm_memory.errors import StoreError

SCHEMA = "ntm_memory"
_SCHEMES = ("postgresql", "postgres")
_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_EXAMPLE = "write store.url as postgresql://USER@HOST/DATABASE, or with ?schema=NAME behind it"


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


def address_of(url: str) -> Address:
    """The parts of a URL.

    Args:
        url: `postgresql://[user[:password]@][host][:port]/[database][?schema=name&…]`; all but `schema` are libpq's.

    Raises:
        StoreError: it is none.
    """
    try:
        parts = urlsplit(url)
        told = dict(parse_qsl(parts.query, keep_blank_values=True))
    except ValueError as error:
        raise StoreError("store.url is no URL", _EXAMPLE) from error
    if parts.scheme not in _SCHEMES:
        raise StoreError("store.url is not the URL of a PostgreSQL server", _EXAMPLE)
    schema = told.pop("schema", SCHEMA)
    if not _NAME.fullmatch(schema) or schema.startswith("pg_"):
        raise StoreError(
            f"store.url names the schema {schema!r:.80}", "small Latin letters, digits and _ make the name of a schema"
        )
    user, _, place = parts.netloc.rpartition("@")
    name = user.partition(":")[0]
    plain = urlunsplit(("postgresql", f"{name}@{place}" if name else place, parts.path, "", ""))
    socket = f" by the socket in {told['host']}" if told.get("host") else ""
    whole = urlunsplit((parts.scheme, parts.netloc, parts.path, urlencode(told), ""))
    return Address(whole, schema, f"{plain}{socket}, schema {schema}")
