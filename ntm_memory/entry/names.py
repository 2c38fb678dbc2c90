"""Names that hold a secret are refused: a mark in its place would make one name of two."""

from __future__ import annotations

from collections.abc import Iterable

from ntm_memory.errors import BadValueError
from ntm_memory.privacy.secrets import find_secrets


def refuse_secrets_in(names: Iterable[tuple[str, str | None]]) -> None:
    """Let no name pass in which rules, check digits, forms or patterns find a secret.

    Args:
        names: (field, name); None: there is none.

    Raises:
        BadValueError: one holds a secret; the message does not show it.
    """
    for field, name in names:
        found = find_secrets(name).secrets if name else []
        if found:
            kinds = ", ".join(dict.fromkeys(each.kind for each in found))
            raise BadValueError(f"{field} holds a secret ({kinds}); nothing was stored", "choose a name without it")
