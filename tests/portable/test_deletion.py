"""Deletion: what was purged is nowhere, whatever is made anew, started anew, or brought back."""

from __future__ import annotations

import json
import secrets as random

import pytest

from .copies import BY_HAND, BY_IMPORT, backed_up, put_back

SIBLING = "The yak sleeps in the barn"
QUESTION = "Where does the zebra sleep?"


def _told(memory, *arguments):
    """A value with a random token, told, recalled and injected; and a sibling."""
    token = "zq" + random.token_hex(6)
    value = f"The zebra {token} sleeps in the shed"
    id = memory.tell(value, "--key", f"key-{token}", "--tag", f"tag-{token}", "--source", f"by {token}", *arguments)
    memory.tell(SIBLING, *arguments)
    assert value in memory.recalled(QUESTION, *arguments) and token in memory.prompt(QUESTION, *arguments)
    memory.ask("feedback", "--query", f"Where is {token}?", "--used", id, *arguments)
    return token, value, id


@pytest.mark.parametrize("how", ["purge", "retract and purge"])
@pytest.mark.parametrize("back", [BY_HAND, BY_IMPORT])
def test_deletion_absent_after_reindex_and_restart(memory, how, back):
    """Given a value told, recalled, injected → purged → keys, indexes, process, exports and a backup anew → nowhere.

    Probes: each reading verb in each form, in new processes that run the real scripts; exports in each form; the bytes
    of every file, backups included; a backup made before and put back. The audit names the deletion by id, without the
    value. Control: the token was in `memory.db` and in the backup before, and the sibling comes back each time. Of the
    mirror: `test_mirror.py`. A pass does not prove anything of the disk's free blocks, nor of exports made before.
    """
    token, value, id = _told(memory)
    name = backed_up(memory)
    holding = [file for file, data in memory.files().items() if token.encode() in data]
    assert {"memory.db", f"backups/{name}"} <= set(holding)
    done = memory.ask("erase", id, "--purge", *(["--retract"] if "retract" in how else []))
    assert name in done["backups_purged"] and done["backups_holding"] == []

    def absent():
        assert not [file for file, data in memory.files().items() if token.encode() in data]
        said = memory.say("recall", QUESTION, "--all", process=True).out + memory.all_said(QUESTION)
        exports = "".join(memory.exported(form) for form in ("json", "jsonl", "markdown"))
        assert token not in said + exports and SIBLING in said and SIBLING in exports
        assert memory.say("status", "--history", id).error == "not_found"

    absent()
    memory.background()
    absent()
    put_back(memory, name, back)
    absent()
    memory.background()
    absent()
    if back == BY_IMPORT:
        purges = [line for line in memory.audit("--id", id) if line["verb"] == "purged"]
        assert purges and all(line["who"] and line["at"] for line in purges)


def test_deletion_absent_after_reindex_and_restart_in_the_audit(memory):
    """Given a purged value → the audit is asked → it names id, verb, time and actor, and no word of the value."""
    token, value, id = _told(memory)
    memory.ask("erase", id, "--purge", process=True)
    said = memory.say("status", "--audit", "100", process=True).out
    assert [line["verb"] for line in memory.audit("--id", id)] == ["purged", "created"]
    assert token not in said and not any(word in said for word in ("zebra", "shed"))


FORMS = ("json", "jsonl", "markdown")


@pytest.mark.parametrize("form", FORMS)
def test_deletion_absent_from_shared_copies(memory, tmp_path, form):
    """Given a value exported and backed up → retracted and purged → the old copies do not bring it back unless forced.

    Control: others in the same copies are there, and come back where they are missing; with `--force-retracted` the
    value comes back too. A pass does not prove that an export that lies elsewhere was changed: that is the user's file.
    """
    token, value, id = _told(memory)
    export = tmp_path / f"old.{form}"
    memory.ask("export", export, "--as", form)
    name = backed_up(memory)
    memory.ask("erase", id, "--retract", "--purge")
    memory.ask("erase", memory.ask("recall", "yak", "--top-k", "1")["memories"][0]["id"], "--purge")
    done = json.loads(memory.say("import", export, "--as", form).out)
    back = 0 if form == "json" else 1  # such an export tells ids: what was only purged is known by its own
    assert {each["code"] for each in done["failed"]} == {"retracted"} and done["created"] == back
    assert len(done["failed"]) == 2 - back and token not in memory.all_said(QUESTION)
    assert token.encode() not in (memory.home / "backups" / name).read_bytes()
    assert memory.ask("import", export, "--as", form, "--force-retracted")["created"] == 2 - back
    assert {value, SIBLING} <= set(memory.recalled(QUESTION))


def test_deletion_absent_from_shared_copies_in_a_second_scope(memory):
    """Given a value told in two namespaces → one call names both and retracts them → gone in both, others stay.

    Nothing finds the copy for the caller: a tombstone holds in its namespace alone, and there is no verb that shares.
    """
    token, value, id = _told(memory)
    second = memory.tell(value, "--namespace", "team")
    memory.tell(SIBLING, "--namespace", "team")
    memory.ask("erase", id, second, "--any-namespace", "--retract", "--purge")
    for space in ("default", "team"):
        said = memory.all_said(QUESTION, "--namespace", space)
        assert token not in said and SIBLING in said
        assert memory.say("memorize", value, "--namespace", space).error == "retracted"


def test_deletion_absent_from_shared_copies_in_another_home(memory, new):
    """Given a value that another memory has from this one's export → retracted here, exported again → gone there too.

    The other memory learns of it by the next export's tombstones. Control: its other memories survive.
    """
    other = new("other")
    token, value, id = _told(memory)
    other.ask("import", "-", "--as", "json", text=memory.exported())
    other.tell("A fact that only the other memory has")
    memory.ask("erase", id, "--retract", "--purge")
    other.ask("import", "-", "--as", "json", text=memory.exported())
    assert other.say("memorize", value).error == "retracted"
    said = other.all_said(QUESTION)
    assert SIBLING in said and "only the other memory" in said
    assert token not in said


def test_deletion_absent_from_shared_copies_in_another_home_from_now_on(memory, new):
    """The same value told anew in the other memory is refused there after the next import; its own are untouched."""
    other = new("other")
    token, value, id = _told(memory)
    memory.ask("erase", id, "--retract", "--purge")
    text = memory.exported()
    assert token not in text
    done = other.ask("import", "-", "--as", "json", text=text)
    assert done["tombstones"] == 1 and done["created"] == 1
    assert other.say("memorize", value).error == "retracted"
    assert json.loads(other.exported())["tombstones"] and SIBLING in other.all_said(QUESTION)
