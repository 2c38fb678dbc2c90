"""What a prompt costs where the plugin is installed: CPU and wall time of its hook, growth of the server's memory.

    python -m bench.hook_cost [--prompts N] [--notes N] [--json]

The plugin's own server is started as a host starts it, and asked over its pipes as a host asks: `UserPromptSubmit`,
then `Stop`, for each of N prompts in two languages. The median of CPU comes from what the server notes of each run; the
mean from what the process used in all its threads. Wall is what the client waits. The first prompts warm it up and are
not counted. Nothing is asserted: wall says as much about what else the machine does.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.dataset import rows
from ntm_memory.commands import run
from ntm_memory.hosts.projects import project_of
from ntm_memory.persistence.hook_runs import last_runs

ROOT = Path(__file__).resolve().parents[1]
NOTES = Path(__file__).with_name("notes.jsonl")
STORES = ("kim", "fang")
WARM_UP = 20
PATIENCE = 4.0
"""Seconds that a prompt waits here, so that the whole work is measured on a busy machine, too."""
LATE_MS = 300
"""What a prompt waits at most where nothing else is configured."""
TICK = os.sysconf("SC_CLK_TCK")
PROTOCOL = "2025-06-18"


class Server:
    """The plugin's server, and what a host says to it.

    Args:
        home: the data folder.
        project: the folder that the host works in.
    """

    def __init__(self, home: Path, project: Path) -> None:
        self._home, self._project, self._asked = home, project, 0
        variables = {**os.environ, "NTM_MEMORY_HOME": str(home), "PYTHONPATH": str(ROOT)}
        variables |= {"CLAUDE_PLUGIN_ROOT": str(ROOT), "CLAUDE_PROJECT_DIR": str(project)}
        self._process = subprocess.Popen(
            [sys.executable, "-c", "from ntm_memory.cli.console import run; run(['mcp'])"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=variables,
        )
        client = {"name": "bench", "version": "1"}
        self._request("initialize", {"protocolVersion": PROTOCOL, "capabilities": {}, "clientInfo": client})
        self._send({"method": "notifications/initialized"})

    def hook(self, event: str, **fields: str) -> dict[str, Any]:
        """What the server answers to an event of the host."""
        about = {"event": event, "session_id": "bench", "cwd": str(self._project), **fields}
        answer = self._request("tools/call", {"name": "hook", "arguments": about})
        told: dict[str, Any] = json.loads(answer["content"][0]["text"])
        return told

    def tool(self, name: str, **arguments: Any) -> str:
        """What a tool answers.

        Raises:
            RuntimeError: it answers with an error.
        """
        answer = self._request("tools/call", {"name": name, "arguments": arguments})
        text: str = answer["content"][0]["text"]
        if answer.get("isError"):
            raise RuntimeError(text)
        return text

    def cpu_ms(self) -> float:
        """CPU that the process has used."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) * 1000 / TICK

    def memory(self) -> int:
        """Bytes that the process has written for itself; what it only reads of a file is the system's cache."""
        lines = Path(f"/proc/{self._process.pid}/smaps_rollup").read_text().splitlines()
        return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(("Private_Dirty:", "Swap:")))

    def last_run(self) -> dict[str, Any]:
        """What the server noted of its last hook; the first may be answered before it is done."""
        while not (runs := last_runs(self._home)):
            time.sleep(0.05)
        return runs[0]

    def close(self) -> int:
        """End it as a host does: nothing more is said; the exit code."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        code = self._process.wait(10)
        self._process.stdout.close()
        return code

    def _request(self, method: str, parameters: dict[str, Any]) -> dict[str, Any]:
        self._asked += 1
        self._send({"id": self._asked, "method": method, "params": parameters})
        assert self._process.stdout is not None
        for line in self._process.stdout:
            message = json.loads(line)
            if message.get("id") == self._asked:
                result: dict[str, Any] = message["result"]
                return result
        raise RuntimeError("the server ended")

    def _send(self, message: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")
        self._process.stdin.flush()


def prompts(count: int) -> list[str]:
    """So many prompts, no two alike: questions that notes answer, in both languages, with a number behind them."""
    asked = [ask for note in rows(NOTES) if note["conv"] in STORES for ask in note["ask"]]
    half = len(asked) // 2
    mixed = [ask for pair in zip(asked[:half], asked[half:], strict=False) for ask in pair]
    return [f"{mixed[number % len(mixed)]} ({number})" for number in range(count)]


def cost_of(server: Server, asked: Sequence[str]) -> dict[str, float]:
    """The cost of each prompt and of each end of a turn, over some prompts."""
    walls, cpus, stops = list[float](), list[float](), list[float]()
    shown, cpu, memory = 0, server.cpu_ms(), server.memory()
    for prompt in asked:
        begin = time.perf_counter()
        shown += bool(server.hook("UserPromptSubmit", prompt=prompt))
        walls.append((time.perf_counter() - begin) * 1000)
        cpus.append(server.last_run()["cpu_ms"])
        server.hook("Stop", last_assistant_message="I have done what you asked for.")
        stops.append(server.last_run()["cpu_ms"])
    return {
        "prompts": len(asked),
        "with memories": shown,
        "later than 300 ms": sum(wall > LATE_MS for wall in walls),
        "prompt, CPU ms (median)": statistics.median(cpus),
        "prompt, wall ms (median)": statistics.median(walls),
        "end of the turn, CPU ms (median)": statistics.median(stops),
        "both, CPU ms of the process (mean)": (server.cpu_ms() - cpu) / len(asked),
        "memory grown, KB": (server.memory() - memory) / 1024,
    }


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prompts", type=int, default=50, help="how many are counted (50)")
    parser.add_argument("--notes", type=int, default=60, help="how many notes the project has (60)")
    parser.add_argument("--json", action="store_true", help="print the numbers as JSON")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home, project = Path(folder) / "home", Path(folder) / "project"
        project.mkdir()
        told = [note for note in rows(NOTES) if note["conv"] in STORES][: options.notes]
        lines = [json.dumps({"content": note["text"], "when": note["time"]}) for note in told]
        home.mkdir()
        (home / "config.json").write_text(json.dumps({"ntm_memory": {"hosts": {"patience": PATIENCE}}}))
        namespace = project_of(str(project)).namespace
        run({"command": "memorize", "lines": lines, "namespace": namespace, "home": str(home)})
        server = Server(home, project)
        asked = prompts(WARM_UP + options.prompts)
        cost_of(server, asked[:WARM_UP])
        found = cost_of(server, asked[WARM_UP:])
        server.close()
    if options.json:
        print(json.dumps(found, indent=2))
    else:
        print("\n".join(f"{name:36} {value:8.1f}" for name, value in found.items()))


if __name__ == "__main__":
    main()
