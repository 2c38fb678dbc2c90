"""What hooks keep of a session passes the same gateway and gets no standing; of what is refused nobody is told."""

from __future__ import annotations

import json

import pytest

from ntm_memory.commands import run
from ntm_memory.hosts import hooks
from ntm_memory.hosts.projects import project_of

from .test_gateway import CLAIM, FORBIDDEN, LAWFUL, SECRET, _spoken_of


def by_mark(memory, text, cwd):
    """A prompt that says that this is to be kept."""
    _event(memory, cwd, event="UserPromptSubmit", prompt=f"Please. <remember>{text}</remember>")


def by_turn(memory, text, cwd):
    """A turn in which an agent says it."""
    _event(memory, cwd, event="UserPromptSubmit", prompt="Say something.")
    _event(memory, cwd, event="Stop", last_assistant_message=text)


def _event(memory, cwd, **event):
    told = {"session_id": "s", "cwd": cwd, **event}
    hooks.answer(told, lambda request: run({"home": str(memory.home), **request}), str(memory.home))


WAYS = {way.__name__: way for way in (by_mark, by_turn)}


@pytest.fixture
def cwd(tmp_path):
    (tmp_path / "app" / ".git").mkdir(parents=True)
    return str(tmp_path / "app")


def _kept(memory, cwd):
    """Everything that is live in a project, as it would be exported."""
    project = project_of(cwd)
    spaces = (project.namespace, project.episodes)
    return [
        each
        for space in spaces
        for each in run({"command": "list", "home": str(memory.home), "namespace": space, "limit": 100})["memories"]
    ]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", ["retracted", "echo"])
def test_what_must_not_be_stored_is_kept_by_no_hook(memory, cwd, kind, way):
    text, _ = FORBIDDEN[kind](memory)
    WAYS[way](memory, text, cwd)
    assert not any(text in each["content"] for each in _kept(memory, cwd))
    WAYS[way](memory, LAWFUL, cwd)
    assert any(LAWFUL in each["content"] for each in _kept(memory, cwd))


@pytest.mark.parametrize("on_secret", ["redact", "refuse", "allow"])
@pytest.mark.parametrize("way", WAYS)
def test_a_secret_is_kept_by_no_hook(new, cwd, way, on_secret):
    memory = new("home", privacy={"on_secret": on_secret})
    WAYS[way](memory, _spoken_of(way), cwd)
    assert not [name for name, data in memory.files().items() if SECRET.encode() in data]
    kept = [each["content"] for each in _kept(memory, cwd)]
    assert any("[secret: " in each for each in kept) or (on_secret == "refuse" and kept == [])


@pytest.mark.parametrize(("way", "trust"), [("by_mark", "agent"), ("by_turn", "tool")])
def test_no_text_gives_itself_a_standing_by_a_hook(memory, cwd, way, trust):
    WAYS[way](memory, CLAIM, cwd)
    (kept,) = _kept(memory, cwd)
    assert kept["trust"] == trust
    assert kept["key"] is None


def test_what_is_kept_of_a_turn_is_shown_beside_no_prompt(memory, cwd):
    by_turn(memory, CLAIM, cwd)
    told = {"event": "UserPromptSubmit", "session_id": "t", "cwd": cwd, "prompt": CLAIM}
    answer = hooks.answer(told, lambda request: run({"home": str(memory.home), **request}), str(memory.home))
    assert "deploy key" not in json.dumps(answer)
