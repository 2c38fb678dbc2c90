"""Drives a server with the official client; run by itself, since scripts/mcp.py would be taken for the library `mcp`.

stdin: {"command", "args", "env", "mode", "calls": [[tool, arguments], …]}; stdout: what the client got.
"""

from __future__ import annotations

import asyncio
import json
import sys

from mcp import Client, StdioServerParameters


def dumped(model):
    return model.model_dump(mode="json", by_alias=True, exclude_none=True)


async def drive(told):
    server = StdioServerParameters(command=told["command"], args=told["args"], env=told["env"])
    async with Client(server, mode=told["mode"]) as client:
        answer = {"version": client.protocol_version, "instructions": client.instructions}
        answer["tools"] = [dumped(tool) for tool in (await client.list_tools()).tools]
        answer["results"] = []
        for tool, arguments in told["calls"]:
            try:
                answer["results"].append(dumped(await client.call_tool(tool, arguments)))
            except Exception as error:  # noqa: BLE001 - the test wants to see it
                answer["results"].append({"raised": f"{type(error).__name__}: {error}"})
    return answer


if __name__ == "__main__":
    print(json.dumps(asyncio.run(drive(json.load(sys.stdin)))))
