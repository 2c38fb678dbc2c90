"""The memory as hosts have it: hooks that keep what is said, files of theirs that are read, a mirror in a workspace."""

from __future__ import annotations

import json
from pathlib import Path

from ntm_memory.commands import run
from ntm_memory.hosts import hooks
from ntm_memory.hosts.projects import USER, project_of

from .surface import Surface


def event(memory: Surface, cwd, session="s", **fields) -> str:
    """What the hooks put into a session at an event."""
    told = {"session_id": session, "cwd": str(cwd), **fields}
    answer = hooks.answer(told, lambda request: run({"home": str(memory.home), **request}), str(memory.home))
    return answer.get("hookSpecificOutput", {}).get("additionalContext", "")


def by_mark(memory, text, cwd):
    """A prompt that says that this is to be kept."""
    event(memory, cwd, event="UserPromptSubmit", prompt=f"Please. <remember>{text}</remember>")


def by_turn(memory, text, cwd):
    """A turn in which an agent says it."""
    event(memory, cwd, event="UserPromptSubmit", prompt="Say something.")
    event(memory, cwd, event="Stop", last_assistant_message=text)


def by_file(memory, text, cwd):
    """A line of the memory that a host keeps itself, in the folder above; returns what its import says."""
    folder = workspace(memory)
    with (folder / "MEMORY.md").open("a", encoding="utf-8") as file:
        file.write(f"- {' '.join(text.split())}\n")
    said = memory.say("import", "--host", "openclaw", "--project", folder)
    assert said.code in (0, 2), said.err  # 2: nothing of it was taken
    return json.loads(said.out)


WAYS = {way.__name__: way for way in (by_mark, by_turn, by_file)}


def workspace(memory: Surface, name="workspace") -> Path:
    """A workspace of OpenClaw beside the data folder."""
    folder = memory.home.parent / f"{memory.home.name} {name}"
    folder.mkdir(exist_ok=True)
    return folder


def mirrored(memory: Surface, name="workspace") -> Path:
    """The mirror in a workspace, written anew."""
    return Path(memory.ask("export", "--host", "openclaw", "--project", workspace(memory, name))["path"])


def kept(memory: Surface, cwd) -> list[dict]:
    """Everything that is live in a project, in its episodes, and of the user everywhere."""
    project = project_of(str(cwd))
    return [
        each
        for space in (project.namespace, project.episodes, USER)
        for each in run({"command": "list", "home": str(memory.home), "namespace": space, "limit": 100})["memories"]
    ]
