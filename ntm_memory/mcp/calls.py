"""What a tool is called with, as a request to `commands`.

Parses and runs on Python 3.7 or newer.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Mapping
from typing import Any

from ntm_memory.errors import BadValueError, shown
from ntm_memory.mcp.tools import TOOLS

_TAKES = {tool["name"]: tool["inputSchema"] for tool in TOOLS}
_NAMES = {"type": "kind", "when": "occurred_at", "from": "anchor", "id": "id_or_key", "ids": "ids_or_key"}
"""Arguments of the tools → those of the commands."""
_BY_PLACE = frozenset({"anchor", "shift", "around", "session", "max_chars", "namespace"})
_IS = {
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
}
_A = {
    "string": "a text",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "array": "a list",
    "object": "an object",
}


def request_of(tool: str, arguments: Mapping[str, Any], namespace: str | None = None) -> dict[str, Any]:
    """The request that a call means.

    Args:
        tool: its name.
        arguments: as the client sent them; null means left out.
        namespace: where to, unless the call says so itself.

    Raises:
        BadValueError: an argument is unknown, missing or of a wrong type.
    """
    told = checked(tool, arguments)
    if namespace is not None and "namespace" in _TAKES[tool]["properties"]:
        told.setdefault("namespace", namespace)
    return {"command": tool, **_SHAPES.get(tool, _as_it_is)({_NAMES.get(name, name): told[name] for name in told})}


def as_called(message: str) -> str:
    """An error under the name of the argument that was told: `when`, not `occurred_at`.

    Args:
        message: of the error.
    """
    told = next((name for name, field in _NAMES.items() if message.startswith(f"{field} is ")), None)
    return message if told is None else told + message[len(_NAMES[told]) :]


def checked(tool: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments that were told, as the tool's schema has them.

    Raises:
        BadValueError: one is unknown, missing or of a wrong type.
    """
    schema = _TAKES[tool]
    told = {name: value for name, value in arguments.items() if value is not None}
    for name, value in told.items():
        if name not in schema["properties"]:
            hint = _meant(name, schema["properties"])
            raise BadValueError(f"{tool} takes no argument {name!r}", hint)
        _check(name, value, schema["properties"][name])
    for name in schema.get("required", ()):
        if name not in told:
            raise BadValueError(f"{tool} needs {name}", f"give {name}")
    return told


def _meant(name: str, known: Mapping[str, Any]) -> str:
    """What an argument that there is not may mean: what is described by its name comes before what is spelled alike."""
    told = [each for each, schema in known.items() if name in re.findall(r"\w+", _in_singular(schema))]
    near = told or difflib.get_close_matches(name, known, n=1)
    if not near:
        return f"it takes {', '.join(known)}"
    about = f" ({known[near[0]]['description']})" if told else ""
    return f"did you mean {near[0]}{about}?"


def _in_singular(schema: Mapping[str, Any]) -> str:
    about = str(schema.get("description", ""))
    return f"{about} {' '.join(word.removesuffix('s') for word in about.split())}"


def _check(name: str, value: Any, schema: Mapping[str, Any]) -> None:
    if not _IS[schema["type"]](value):
        raise BadValueError(f"{name} must be {_A[schema['type']]}, not {shown(value)}")
    if "enum" in schema and value not in schema["enum"]:
        raise BadValueError(f"{name} must be one of {', '.join(schema['enum'])}, not {shown(value)}")
    if "items" in schema:
        for each in value:
            _check(f"each of {name}", each, schema["items"])


def _memorize(told: dict[str, Any]) -> dict[str, Any]:
    many = told.pop("many", None)
    if many is None:
        if "content" not in told:
            raise BadValueError("memorize needs content, or many", "say what to remember")
        return told
    if set(told) - {"namespace"}:
        raise BadValueError("many goes alone: each of its objects has its own fields", "put them into the objects")
    return {**told, "lines": [json.dumps(checked("memorize", each)) for each in many]}


def _recall(told: dict[str, Any]) -> dict[str, Any]:
    if ("query" in told) == ("anchor" in told):
        raise BadValueError("recall needs either query or from", "give the question, or an id")
    if "anchor" not in told and "around" in told:
        raise BadValueError("around goes with from", "give an id, or leave it out")
    extra = sorted(set(told) - _BY_PLACE) if "anchor" in told else []
    if extra:
        raise BadValueError(f"from reads by place alone: {extra[0]} has no effect", "leave it out")
    if "around" in told and "shift" in told:
        raise BadValueError("around excludes shift", "give one of them")
    return told


def _erase(told: dict[str, Any]) -> dict[str, Any]:
    if bool(told.get("ids_or_key")) == ("query" in told):
        raise BadValueError("erase needs either ids or query", "recall tells ids and keys")
    if told.get("restore") and (told.get("retract") or "strength" in told):
        raise BadValueError("restore excludes retract and strength", "it brings back full strength")
    if told.get("retract") and "strength" in told:
        raise BadValueError("retract excludes strength", "what is retracted is erased whole")
    return {"ids_or_key": [], **told}


def _as_it_is(told: dict[str, Any]) -> dict[str, Any]:
    return told


_SHAPES = {"memorize": _memorize, "recall": _recall, "erase": _erase}
