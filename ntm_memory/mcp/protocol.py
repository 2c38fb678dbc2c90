"""What MCP asks of a server that has tools and nothing else, in both of its forms.

Up to 2025-11-25 a client shakes hands (`initialize`); from 2026-07-28 on each request carries its version and
`server/discover` tells what there is. A request says by itself which form it is of, so one connection may mix them.

Parses and runs on Python 3.7 or newer.
"""

from __future__ import annotations

from typing import Any

from ntm_memory import __version__
from ntm_memory.mcp import wire
from ntm_memory.mcp.tools import INSTRUCTIONS, TOOLS

HANDSHAKE_VERSIONS = ("2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05")
"""The newest first: it is offered to whoever asks for one that is not here."""
STATELESS_VERSIONS = ("2026-07-28",)
TEXT_ALONE = frozenset({"claude-code"})
"""Clients that put the structured form in the place of the text before a model, which costs it four times as much."""
_ABOUT = {"name": "ntm-memory-system", "title": "Long-term memory", "version": __version__}
_CAPABILITIES: dict[str, Any] = {"tools": {}}
_KEY = "io.modelcontextprotocol/"
_KEPT_MS = 3_600_000


def client_of(params: dict[str, Any]) -> str | None:
    """The name of the client, where a request tells it: a handshake, and each request of the form without one."""
    for told in (params.get("clientInfo"), _meta(params).get(_KEY + "clientInfo")):
        if isinstance(told, dict) and isinstance(told.get("name"), str):
            return str(told["name"])
    return None


def version_of(params: dict[str, Any]) -> str | None:
    """The version that a request carries; None: it is of the form with a handshake.

    Raises:
        ProtocolError: it is one that we do not speak.
    """
    version = _meta(params).get(_KEY + "protocolVersion")
    if version is None:
        return None
    if not isinstance(version, str):
        raise wire.ProtocolError(wire.BAD_PARAMS, f"{_KEY}protocolVersion must be a text")
    if version not in STATELESS_VERSIONS:
        told = {"supported": list(STATELESS_VERSIONS), "requested": version}
        raise wire.ProtocolError(wire.UNSUPPORTED_VERSION, "unsupported protocol version", told)
    return version


def answer(method: str, params: dict[str, Any]) -> dict[str, Any]:
    """The result of a request that needs no memory.

    Raises:
        ProtocolError: there is no such method, or we do not speak the version that the request carries.
    """
    if method == "initialize":
        return _shake_hands(params)
    version = version_of(params)
    if method == "server/discover":
        about = {"supportedVersions": list(STATELESS_VERSIONS), "capabilities": _CAPABILITIES}
        return _complete(_cached({**about, "instructions": INSTRUCTIONS}))
    if method == "tools/list":
        found = {"tools": TOOLS}
        return found if version is None else _complete(_cached(found))
    if method == "ping":
        return {}
    raise wire.ProtocolError(wire.NO_METHOD, f"there is no method {method!r}")


def call_of(params: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """(tool, arguments) of a `tools/call`.

    Raises:
        ProtocolError: there is no such tool, or its arguments are no object.
    """
    name, arguments = params.get("name"), params.get("arguments")
    known = [tool["name"] for tool in TOOLS]
    if not isinstance(name, str) or name not in known:
        raise wire.ProtocolError(wire.BAD_PARAMS, f"there is no tool {name!r}; there are: {', '.join(known)}")
    if not isinstance(arguments, (dict, type(None))):
        raise wire.ProtocolError(wire.BAD_PARAMS, "arguments must be an object")
    return name, arguments or {}


def in_form(value: dict[str, Any], version: str | None, client: str | None) -> dict[str, Any]:
    """The result of a call as the version of its request and its client have it."""
    if client in TEXT_ALONE:
        value = {name: each for name, each in value.items() if name != "structuredContent"}
    return value if version is None else _complete(value)


def _meta(params: dict[str, Any]) -> dict[str, Any]:
    meta = params.get("_meta")
    return meta if isinstance(meta, dict) else {}


def _shake_hands(params: dict[str, Any]) -> dict[str, Any]:
    asked = params.get("protocolVersion")
    version = asked if asked in HANDSHAKE_VERSIONS else HANDSHAKE_VERSIONS[0]
    return {
        "protocolVersion": version,
        "capabilities": _CAPABILITIES,
        "serverInfo": _ABOUT,
        "instructions": INSTRUCTIONS,
    }


def _complete(value: dict[str, Any]) -> dict[str, Any]:
    return {**value, "resultType": "complete", "_meta": {_KEY + "serverInfo": _ABOUT}}


def _cached(value: dict[str, Any]) -> dict[str, Any]:
    return {**value, "ttlMs": _KEPT_MS, "cacheScope": "public"}
