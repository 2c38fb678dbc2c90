"""What hosts bring in by themselves passes the same gateway and gets no standing; of what is refused nobody is told."""

from __future__ import annotations

import pytest

from ntm_memory.hosts.projects import USER, project_of

from .hosting import WAYS, by_mark, by_turn, event, kept, mirrored
from .test_gateway import CLAIM, LAWFUL, SECRET, VALUE, _spoken_of


@pytest.fixture
def cwd(tmp_path):
    (tmp_path / "app" / ".git").mkdir(parents=True)
    return tmp_path / "app"


def _retracted(memory):
    """A value that was retracted where the user's own memories are."""
    memory.ask("erase", memory.tell(VALUE, "--namespace", USER), "--retract", "--namespace", USER)
    return VALUE


def _echo(memory):
    """A prompt's block."""
    memory.tell("The walrus likes ice and herring from the north", "--namespace", USER)
    return memory.prompt("What does the walrus like?", "--namespace", USER)


def _echo_of_a_line(memory):
    """A line of it."""
    return next(line for line in _echo(memory).splitlines() if line.startswith("- "))


FORBIDDEN = {"retracted": _retracted, "echo": _echo, "echo of a line": _echo_of_a_line}


@pytest.mark.parametrize(
    ("kind", "way"), [(kind, way) for kind in FORBIDDEN for way in WAYS if (kind, way) != ("echo of a line", "by_turn")]
)
def test_gateway_no_bypass_path_by_hosts(memory, cwd, kind, way):
    """Given a text that must not be stored → a host brings it in → it is not there; a lawful one is.

    A turn in which an agent repeats one line of what was recalled, beside the words of a person, is a turn like others.
    """
    text = FORBIDDEN[kind](memory)
    before = [each["id"] for each in kept(memory, cwd)]
    WAYS[way](memory, text, cwd)
    new = [each["content"] for each in kept(memory, cwd) if each["id"] not in before]
    assert new == (["Say something."] if (kind, way) == ("echo", "by_turn") else []), "of a turn the block is left out"
    assert "4711" not in memory.exported("jsonl")
    assert [line["detail"]["why"] for line in memory.audit() if line["verb"] == "refused"] in ([], [kind.split()[0]])
    WAYS[way](memory, LAWFUL, cwd)
    assert any(LAWFUL in each["content"] for each in kept(memory, cwd))


@pytest.mark.parametrize("on_secret", ["redact", "refuse", "allow"])
@pytest.mark.parametrize("way", WAYS)
def test_gateway_no_bypass_path_for_secrets_by_hosts(new, cwd, way, on_secret):
    """What keeps by itself leaves secrets out, whatever is allowed; a file is read on request, as its reader asks."""
    memory = new("home", privacy={"on_secret": on_secret})
    WAYS[way](memory, _spoken_of(way), cwd)
    said = [each["content"] for each in kept(memory, cwd)]
    if way == "by_file" and on_secret == "allow":
        assert any(SECRET in each for each in said)
        return
    assert not [name for name, data in memory.files().items() if SECRET.encode() in data]
    assert any("[secret: " in each for each in said) or (on_secret == "refuse" and said == [])


@pytest.mark.parametrize(("way", "trust"), [("by_mark", "agent"), ("by_turn", "tool"), ("by_file", "import")])
def test_gateway_model_cannot_claim_human_authority_by_hosts(memory, cwd, monkeypatch, way, trust):
    monkeypatch.setenv("NTM_MEMORY_ACTOR", "a host")
    WAYS[way](memory, CLAIM, cwd)
    (found,) = kept(memory, cwd)
    assert (found["trust"], found["key"]) == (trust, None)
    assert {line["who"] for line in memory.audit()} == {"a host"}


@pytest.mark.parametrize("way", WAYS)
def test_tombstone_reextraction_stays_inactive_by_hosts(memory, cwd, way):
    """Given a rejected value → the same talk is captured again, twice → no record of it, the rest of it is there."""
    _retracted(memory)
    for _ in range(2):
        for text in ("The meeting is on Monday", f"{VALUE}.", "Then bring cake to the meeting"):
            WAYS[way](memory, text, cwd)
    said = [each["content"] for each in kept(memory, cwd)]
    assert any("Monday" in each for each in said) and any("cake" in each for each in said)
    assert not any("4711" in each for each in said) and "4711" not in memory.exported("jsonl")


def test_what_is_kept_of_a_turn_is_shown_beside_no_prompt(memory, cwd):
    by_turn(memory, CLAIM, cwd)
    assert "deploy key" not in event(memory, cwd, "t", event="UserPromptSubmit", prompt=CLAIM)


def test_scope_background_respects_boundary_of_projects(memory, cwd, tmp_path):
    """Given two projects → hooks keep and show in both, the mirror is written → nothing of one is in the other.

    The mirror has what is the user's own, and neither projects nor turns. Control: each project is shown its own, the
    user's is in the mirror.
    """
    other = tmp_path / "other"
    (other / ".git").mkdir(parents=True)
    by_mark(memory, "The staging door opens with heron 4711", cwd)
    by_turn(memory, "The ladder of the app is in the shed", cwd)
    by_mark(memory, "The cake of the others is in the kitchen", other)
    by_mark(memory, LAWFUL, "")
    prompt = "Which code opens the staging door, heron what?"
    shown = {
        place: event(memory, place, f"{place}", event="SessionStart", source="startup")
        + event(memory, place, f"{place}", event="UserPromptSubmit", prompt=prompt)
        + event(memory, place, f"{place}", event="SubagentStart", prompt=prompt)
        for place in (cwd, other)
    }
    assert "4711" in shown[cwd] and "cake" not in shown[cwd]
    assert "cake" in shown[other] and "4711" not in shown[other] and "ladder" not in shown[other]
    mirror = mirrored(memory).read_text(encoding="utf-8")
    assert LAWFUL in mirror and not any(word in mirror for word in ("4711", "cake", "ladder"))
    spaces = [project_of(str(place)).namespace for place in (cwd, other)]
    found = [{each["content"] for each in memory.ask("list", "--namespace", space)["memories"]} for space in spaces]
    assert all(found) and not found[0] & found[1]
