"""What is derived for hosts, a mirror in Markdown and episodes of turns: what is deleted is gone from there as well."""

from __future__ import annotations

import json
import os
import secrets as random

import pytest

from ntm_memory.hosts.projects import project_of

from .copies import BY_HAND, BY_IMPORT, backed_up, put_back
from .hosting import by_file, by_turn, kept, mirrored, workspace

SIBLING = "The yak sleeps in the barn"
HOWS = {"erase": [], "retract": ["--retract"], "purge": ["--purge"], "both": ["--purge", "--retract"]}


def _told(memory):
    """A value with a random token, and its id; a sibling beside it."""
    token = "zq" + random.token_hex(6)
    id = memory.tell(f"The zebra {token} sleeps in the shed")
    memory.tell(SIBLING)
    return token, id


@pytest.mark.parametrize("how", HOWS)
def test_evidence_source_delete_reaches_derived_in_mirrors(memory, how):
    """Given mirrors in two workspaces → the source is erased, retracted, purged → its line is in neither, that is told.

    Control: the sibling's line stays where it was. A mirror that somebody copied elsewhere is out of reach.
    """
    token, id = _told(memory)
    mirrors = [mirrored(memory), mirrored(memory, "another workspace")]
    before = [mirror.read_text(encoding="utf-8") for mirror in mirrors]
    assert all(token in text and SIBLING in text for text in before)
    done = memory.ask("erase", id, *HOWS[how])
    assert done["mirrors_purged"] == [str(mirror) for mirror in mirrors] and done["mirrors_holding"] == []
    for mirror, text in zip(mirrors, before, strict=True):
        left = mirror.read_text(encoding="utf-8").splitlines()
        assert left == [line for line in text.splitlines() if token not in line]


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="a folder that refuses needs POSIX")
def test_evidence_source_delete_reaches_derived_or_the_mirror_is_named(memory, monkeypatch):
    """Given a mirror that cannot be written → its source is purged → the answer names the file that still holds it."""
    from ntm_memory.upkeep import mirror as module

    token, id = _told(memory)
    mirror = mirrored(memory)

    def refuse(*told, **options):
        raise OSError("read-only")

    monkeypatch.setattr(module, "replace_text", refuse)
    said = memory.say("erase", id, "--purge")
    done = json.loads(said.out)
    assert said.code == 5 and (done["mirrors_purged"], done["mirrors_holding"]) == ([], [str(mirror)])
    assert token in mirror.read_text(encoding="utf-8")


def test_evidence_source_delete_reaches_derived_of_episodes(memory, tmp_path):
    """Given turns kept as episodes → one is purged → no file and no answer has it.

    Control: the other turn is there. Of a turn in which somebody repeats a fact see the next test.
    """
    cwd = tmp_path / "app"
    (cwd / ".git").mkdir(parents=True)
    token = "quokka" + random.token_hex(4)
    by_turn(memory, f"The {token} sleeps in the shed", cwd)
    by_turn(memory, SIBLING, cwd)
    (episode,) = (each for each in kept(memory, cwd) if token in each["content"])
    place = ("--namespace", episode["namespace"])
    assert token in memory.all_said("Where do they sleep?", *place)
    memory.ask("erase", episode["id"], "--purge", "--retract", *place)
    memory.background()
    assert not [name for name, data in memory.files().items() if token.encode() in data]
    said = memory.all_said("Where do they sleep?", *place)
    assert token not in said and SIBLING in said


def test_evidence_source_delete_reaches_derived_and_names_turns_that_repeat_it(memory, tmp_path):
    """Given a fact, and a turn in which it is repeated → the fact is retracted → the turn is named, for it stays."""
    (tmp_path / "app" / ".git").mkdir(parents=True)
    fact, place = "The safe opens with 4711", ("--namespace", project_of(str(tmp_path / "app")).namespace)
    id = memory.tell(fact, *place)
    for said in (SIBLING, f"I looked it up.\n\n{fact}"):
        by_turn(memory, said, tmp_path / "app")
    (episode,) = (each["id"] for each in kept(memory, tmp_path / "app") if fact in each["content"] and each["id"] != id)
    assert memory.ask("erase", id, "--retract", *place)["holding"] == [episode]
    by_turn(memory, f"Once more.\n\n{fact}", tmp_path / "app")
    assert [each["id"] for each in kept(memory, tmp_path / "app") if fact in each["content"]] == [episode]


@pytest.mark.parametrize("back", [BY_HAND, BY_IMPORT])
def test_deletion_absent_after_reindex_and_restart_in_the_mirror(memory, back):
    """Given a mirror → purged, everything made anew, a backup put back, the mirror written again → absent each time."""
    token, id = _told(memory)
    mirrored(memory)
    name = backed_up(memory)
    memory.ask("erase", id, "--purge")
    for act in (lambda: None, memory.background, lambda: put_back(memory, name, back), memory.background):
        act()
        for _ in range(2):
            text = (workspace(memory) / "memory" / "ntm-memory.md").read_text(encoding="utf-8")
            assert token not in text and SIBLING in text
            mirrored(memory)


def test_deletion_absent_from_shared_copies_in_an_old_version_in_the_mirror(memory):
    """Given a mirror with an older version's text → that version alone is purged → the mirror does not have it."""
    token, id = _told(memory)
    mirror = mirrored(memory)
    memory.ask("update", id, "--content", "The zebra is gone")
    memory.ask("erase", id, "--purge", "--version", "1")
    text = mirror.read_text(encoding="utf-8")
    assert token not in text and SIBLING in text


def test_gateway_no_bypass_path_by_the_mirror(memory):
    """Given a mirror in the folder that a host's files are read from → they are read → it brings in nothing.

    Neither what somebody wrote into it, nor what was erased since, nor its lines copied into another file, which are
    echoes. Control: another line of that file comes in.
    """
    token, id = _told(memory)
    mirror = mirrored(memory)
    lines = [line for line in mirror.read_text(encoding="utf-8").splitlines() if line.startswith("- ")]
    memory.ask("erase", id)
    mirror.write_text(
        mirror.read_text(encoding="utf-8") + f"{lines[0]}\n- The pope told us {token}\n", encoding="utf-8"
    )
    assert by_file(memory, "The ferry leaves at seven", "")["created"] == 1
    done = by_file(memory, lines[0].removeprefix("- "), "")
    assert [bad["code"] for bad in done["failed"]] == ["echo"] and done["created"] == 0
    assert token not in memory.exported("jsonl")
