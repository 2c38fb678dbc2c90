"""Roles that may read some namespaces of a store on a server, and see nothing of others: SQL for its owner to run."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ntm_memory.errors import BadValueError, NotFoundError
from ntm_memory.postgres.store import PostgresStore

_ROLE = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_OF_A_MEMORY = ("versions", "links", "new_keys")
_FOR_ALL = ("meta",)
"""Counters and the embedder: what a reader needs to know whether anything changed."""


def reader_statements(store: PostgresStore, role: str, namespaces: Sequence[str]) -> list[str]:
    """The statements after which a role may read these namespaces, and no row of another one.

    They name namespaces by their numbers: a namespace that is purged and told anew has another, and is granted anew.

    Args:
        store: an open store, of its owner.
        role: its name; made with `CREATE ROLE … LOGIN` before.
        namespaces: that it may read; each must have been written to.

    Raises:
        BadValueError: the name of the role is no plain name, or it reads all rows whatever is granted.
        NotFoundError: a namespace was never written to.
    """
    if not _ROLE.fullmatch(role):
        raise BadValueError(f"{role!r:.80} is no plain name of a role", "small Latin letters, digits and _")
    sees_all = store.why_role_sees_all(role)
    if sees_all is not None:
        raise BadValueError(f"the role {role} {sees_all}", "name another one: CREATE ROLE NAME LOGIN")
    with store.snapshot():
        codes = {name: store.code_of(name) for name in namespaces}
    unknown = [name for name, code in codes.items() if code is None]
    if unknown or not codes:
        named = (unknown or [""])[0]
        raise NotFoundError(f"no memory has the namespace {named!r}", "status.py --namespaces lists them")
    return list(
        _statements(store.address.quoted, f'"{role}"', sorted(code for code in codes.values() if code is not None))
    )


def _statements(schema: str, role: str, codes: Sequence[int]) -> Iterator[str]:
    those = ", ".join(map(str, codes))
    seen = f"SELECT id FROM {schema}.memories"  # under the policy of `memories`
    conditions = {
        "memories": f"namespace IN ({those})",
        "names": f"code IN ({those}) OR code IN (SELECT session FROM {schema}.memories WHERE session IS NOT NULL)",
        "audit": f"namespace IN ({those})",
        "feedback": f"namespace IN (SELECT name FROM {schema}.names WHERE code IN ({those}))",
        "focus": f"namespace IN (SELECT name FROM {schema}.names WHERE code IN ({those}))",
        "reads": f"address IN (SELECT address FROM {schema}.memories)",
        "tombstones": "false",
        "free": "false",
        **{table: f"id IN ({seen})" for table in _OF_A_MEMORY},
    }
    yield f"REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM {role}"
    yield f"GRANT USAGE ON SCHEMA {schema} TO {role}"
    for table in _FOR_ALL:
        yield f"GRANT SELECT ON {schema}.{table} TO {role}"
    for table, condition in conditions.items():
        policy = f'{role[:-1]}_reads"'
        yield f"ALTER TABLE {schema}.{table} ENABLE ROW LEVEL SECURITY"
        yield f"DROP POLICY IF EXISTS {policy} ON {schema}.{table}"
        yield f"CREATE POLICY {policy} ON {schema}.{table} FOR SELECT TO {role} USING ({condition})"
        yield f"GRANT SELECT ON {schema}.{table} TO {role}"
