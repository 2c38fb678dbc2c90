"""What two or three devices tell and change, and what all of them say then."""

from __future__ import annotations

import json
import shutil

import pytest
from opening import opened

from bench.faults.devices import said_by
from ntm_memory.errors import BadValueError, ConfigError, NotFoundError, RetractedError, StoreError
from ntm_memory.store.lookup import find
from ntm_memory.sync import syncer
from ntm_memory.sync.applying import Applier
from ntm_memory.sync.log import Line, written
from ntm_memory.sync.logs import Logs
from ntm_memory.sync.stamps import LogicalTime

from .devices import contents, past

HOUR = 3600.0


def test_what_one_tells_the_other_knows_with_all_that_belongs_to_it(devices):
    one, other = devices.add("one"), devices.add("other")
    told = one.memorize("Mia drinks tea", key="drink", tags=["people"], importance=0.9, session="s1", trust="person")
    one.update("drink", content="Mia drinks milk", trust="person")
    one.store_with_reasoning("Mia is tired", builds_on=[told.memory.id])
    one.memorize("in another place", namespace="work")
    devices.settle()
    here = other.find("drink")
    assert (here.content, here.tags, here.importance, here.session, here.trust, here.version) == (
        "Mia drinks milk",
        ("people",),
        0.9,
        "s1",
        "person",
        2,
    )
    assert past(other, here.id) == ["Mia drinks tea"]
    assert other.recall("milk").memories[0].id == here.id


def test_a_second_round_does_nothing(devices):
    one, other = devices.add("one"), devices.add("other")
    one.memorize("Mia drinks tea")
    devices.settle()
    before = devices.logs()
    assert [one.sync()[each] for each in ("sent", "taken")] == [0, 0]
    assert [other.sync()[each] for each in ("sent", "taken")] == [0, 0]
    assert devices.logs() == before


def test_whoever_saw_the_other_text_wins_however_slow_the_clock(devices):
    one, other = devices.add("one", ahead=5 * HOUR), devices.add("other")
    id = one.memorize("Mia drinks tea").memory.id
    devices.settle()
    other.update(id, content="Mia drinks milk")
    devices.settle()
    assert one.store.get(id).content == "Mia drinks milk"
    assert not one.sync()["conflicts"]


def test_fields_that_different_devices_changed_all_hold(devices):
    one, other = devices.add("one"), devices.add("other")
    id = one.memorize("Mia drinks tea").memory.id
    devices.settle()
    one.update(id, importance=0.9)
    other.update(id, content="Mia drinks milk")
    devices.settle()
    assert (one.store.get(id).content, one.store.get(id).importance) == ("Mia drinks milk", 0.9)


def test_two_texts_are_both_kept_told_and_settled_by_one_command(devices):
    one, other = devices.add("one"), devices.add("other", ahead=HOUR)
    id = one.memorize("Mia drinks tea", key="drink").memory.id
    devices.settle()
    one.update(id, content="Mia drinks milk")
    other.update(id, content="Mia drinks juice")
    devices.settle()
    (conflict,) = one.sync()["conflicts"]
    assert (conflict["id"], conflict["now"], [each["content"] for each in conflict["others"]]) == (
        id,
        "Mia drinks juice",
        ["Mia drinks milk"],
    )
    assert past(one, id) == ["Mia drinks tea", "Mia drinks milk"]
    assert not one.sync(settle=["drink"])["conflicts"]
    devices.settle()
    assert not other.sync()["conflicts"] and other.store.get(id).content == "Mia drinks juice"


def test_a_new_text_settles_it_too(devices):
    one, other = devices.add("one"), devices.add("other")
    id = one.memorize("Mia drinks tea").memory.id
    devices.settle()
    one.update(id, content="Mia drinks milk")
    other.update(id, content="Mia drinks juice")
    devices.settle()
    one.update(id, content="Mia drinks water")
    devices.settle()
    assert not one.sync()["conflicts"] and not other.sync()["conflicts"]


def test_one_key_told_on_two_devices_is_one_memory_and_both_ids_name_it(devices):
    one, other = devices.add("one"), devices.add("other", ahead=HOUR)
    first = one.memorize("Mia drinks tea", key="drink").memory.id
    second = other.memorize("Mia drinks milk", key="Drink").memory.id
    devices.settle()
    for memory in (one, other):
        assert contents(memory) == ["Mia drinks milk"]
        assert memory.find("drink").id == first and past(memory, first) == ["Mia drinks tea"]
        assert find(memory.store, second).id == first
        assert [each["id"] for each in memory.sync()["conflicts"]] == [first]


def test_the_same_text_told_on_two_devices_is_one_memory(devices):
    one, other = devices.add("one"), devices.add("other")
    ids = {each.memorize("Mia drinks tea").memory.id for each in (one, other)}
    devices.settle()
    assert contents(one) == ["Mia drinks tea"] and not one.sync()["conflicts"]
    assert {find(one.store, id).id for id in ids} == {next(iter(one.store.memories())).id}
    one.erase([next(iter(one.store.memories())).id])
    devices.settle()
    assert contents(one) == contents(other) == []  # its twin does not come back for it


def test_keys_that_are_swapped_are_no_conflict(devices):
    one, other = devices.add("one"), devices.add("other")
    tea, milk = (one.memorize(text, key=key).memory.id for text, key in (("tea", "a"), ("milk", "b")))
    devices.settle()
    one.update(tea, new_key="c")
    one.update(milk, new_key="a")
    one.update(tea, new_key="b")
    devices.settle()
    assert (other.find("a").id, other.find("b").id) == (milk, tea)


def test_a_key_is_not_taken_from_a_memory_that_must_wait(devices, monkeypatch):
    one, other = devices.add("one"), devices.add("other")
    tea, milk = (one.memorize(text, key=key).memory.id for text, key in (("tea", "a"), ("milk", "b")))
    devices.settle()
    one.update(tea, new_key="c")
    one.update(milk, new_key="a")
    one.update(tea, new_key="b")
    one.sync()
    as_seen = Applier._is_as_seen
    with monkeypatch.context() as patch:  # as if somebody wrote it at this moment
        patch.setattr(Applier, "_is_as_seen", lambda self, id, local: id != tea and as_seen(self, id, local))
        other.sync()
    assert (other.find("a").id, other.find("b").id) == (tea, milk)
    assert other.sync()["sent"] == 0
    assert (other.find("a").id, other.find("b").id) == (milk, tea)


def test_a_state_that_no_memory_can_have_is_told_and_stops_nothing(devices):
    one, other = devices.add("one"), devices.add("other")
    one.memorize("Mia drinks tea")
    one.sync()
    stamp = str(LogicalTime(1_700_000_000_000, 1, "z" * 8))
    told = {"key": None, "importance": 0.5, "tags": [], "occurred_at": "no time", "trust": "agent"}
    part = {
        "born": [stamp, {"namespace": "default", "created_at": "2026-01-01T00:00:00Z"}],
        "texts": {stamp: [stamp, {"content": "what", "at": "2026-01-01T00:00:00Z", "n": 1, "told": told}]},
    }
    odd = {"fields": {"occurred_at": [stamp, "no time"]}}
    loop = {"joins": [stamp, "m_3333333333"]}
    lines = [Line("m_2222222222", part | odd), Line("m_3333333333", part | loop), Line("m_4444444444", loop)]
    (devices.folder / "ntm-zzzzzzzz-2026-01.jsonl").write_bytes(b"".join(map(written, lines)))
    answer = other.sync()
    assert contents(other)[:1] == ["Mia drinks tea"] and "line 1: occurred_at" in answer["unread"][0]
    assert other.store.check() == []


def test_the_order_of_writing_is_one(devices):
    one, other = devices.add("one"), devices.add("other", ahead=2.5)
    for number in range(4):
        one.memorize(f"from one, number {number}")
        other.memorize(f"from the other, number {number}")
    devices.settle()
    order = [each.content for each in one.store.memories()]
    assert order[0] == "from one, number 0" and order != sorted(order)


def test_what_is_erased_weakened_and_restored_is_so_everywhere(devices):
    one, other = devices.add("one"), devices.add("other")
    tea, milk = (one.memorize(f"Mia drinks {each}").memory.id for each in ("tea", "milk"))
    devices.settle()
    one.erase([tea])
    other.erase([milk], strength=0.5)
    devices.settle()
    assert contents(other) == ["Mia drinks milk"] and one.store.get(milk).retention == 0.5
    other.restore(tea)
    devices.settle()
    assert one.store.get(tea).state == "live"


def test_a_purge_leaves_no_byte_anywhere_and_no_old_log_brings_it_back(devices):
    one, other = devices.add("one"), devices.add("other")
    id = one.memorize("the secret of Mia").memory.id
    other.memorize("what stays")
    devices.settle()
    other.update(id, content="the secret of Mia is told")
    devices.settle()
    old = {file.name: file.read_bytes() for file in devices.folder.glob("*.jsonl")}
    assert b"secret of Mia" in devices.logs()
    one.erase([id], purge=True)
    devices.settle()
    for folder in (devices.folder, devices.root / "one", devices.root / "other"):
        holding = [file for file in folder.rglob("*") if file.is_file() and b"secret of Mia" in file.read_bytes()]
        assert not holding
    for name, content in old.items():
        (devices.folder / name.replace(".jsonl", " (conflicted copy).jsonl")).write_bytes(content)
    devices.settle()
    assert contents(one) == contents(other) == ["what stays"]
    with pytest.raises(NotFoundError):
        other.store.get(id)


def test_a_purged_version_goes_everywhere(devices):
    one, other = devices.add("one"), devices.add("other")
    id = one.memorize("the secret of Mia").memory.id
    one.update(id, content="nothing to see")
    devices.settle()
    other.erase([id], purge=True, version=1)
    devices.settle()
    assert past(one, id) == [] and b"secret of Mia" not in devices.logs()
    assert one.store.get(id).version == 2


def test_a_purge_reaches_what_was_joined(devices):
    one, other = devices.add("one"), devices.add("other")
    one.memorize("the secret of Mia", key="drink")
    other.memorize("another secret of Mia", key="drink")
    devices.settle()
    one.erase("drink", purge=True)
    devices.settle()
    assert b"secret of Mia" not in devices.logs()
    assert not list(other.store.memories(states=("live", "archived", "erased")))


def test_what_was_retracted_is_erased_and_refused_everywhere(devices):
    one, other = devices.add("one"), devices.add("other")
    one.memorize("Mia drinks tea every day")
    other.memorize("mia drinks tea every day!", session="s1")
    one.erase([next(iter(one.store.memories())).id], retract=True)
    devices.settle()
    assert contents(one) == contents(other) == []
    with pytest.raises(RetractedError):
        other.memorize("Mia drinks tea every day")


def test_what_was_lifted_is_lifted_everywhere(devices):
    one, other = devices.add("one"), devices.add("other")
    id = one.memorize("Mia drinks tea every day").memory.id
    one.erase([id], retract=True)
    devices.settle()
    other.restore(id)
    devices.settle()
    assert contents(one) == ["Mia drinks tea every day"] and not one.store.tombstones()


def test_a_secret_that_is_left_out_later_leaves_the_logs(devices):
    one, other = devices.add("one", privacy={"on_secret": "allow"}), devices.add("other")
    key = "AKIA" + "Q3EGRK7NPLX2WV5T"
    id = one.memorize(f"the key is {key}").memory.id
    devices.settle()
    assert key.encode() in devices.logs()
    one = devices.again(0, "one", ahead=9000.0)
    one.status(secrets=True, redact=True)
    devices.settle()
    assert key not in other.store.get(id).content and key.encode() not in devices.logs()


def test_a_copied_data_folder_doubles_nothing(devices):
    one = devices.add("one")
    one.memorize("Mia drinks tea", key="drink")
    one.close()
    devices.open.clear()
    shutil.copytree(devices.root / "one", devices.root / "other")
    one, other = devices.add("one", ahead=100.0), devices.add("other", ahead=200.0)
    other.update("drink", content="Mia drinks milk")
    devices.settle()
    assert contents(one) == contents(other) == ["Mia drinks milk"]
    assert past(one, one.find("drink").id) == ["Mia drinks tea"]


def test_a_data_folder_that_was_copied_with_its_name_takes_another(devices):
    one = devices.add("one")
    one.memorize("Mia drinks tea")
    name = one.sync()["device"]
    one.close()
    devices.open.clear()
    shutil.copytree(devices.root / "one", devices.root / "other")
    one, other = devices.add("one", ahead=100.0), devices.add("other", ahead=100.0)
    one.memorize("told by one")
    other.memorize("told by the other")
    devices.settle()
    assert {one.sync()["device"], other.sync()["device"]} > {name} or one.sync()["device"] != other.sync()["device"]
    assert len(contents(one)) == 3


def test_where_sync_db_is_lost_nothing_is_told_anew_or_undone(devices):
    one, other = devices.add("one"), devices.add("other")
    id = one.memorize("Mia drinks tea").memory.id
    devices.settle()
    (devices.root / "one" / "sync.db").unlink()
    other.update(id, content="Mia drinks milk")
    devices.settle()
    assert contents(one) == ["Mia drinks milk"] and past(one, id) == ["Mia drinks tea"]


def test_a_backup_that_is_put_back_undoes_nothing(devices):
    one, other = devices.add("one"), devices.add("other")
    kept, gone = (one.memorize(f"Mia drinks {each}").memory.id for each in ("tea", "gin"))
    devices.settle()
    one.close()
    old = (devices.root / "one" / "memory.db").read_bytes()
    one = devices.again(0, "one", ahead=1000.0)
    one.update(kept, content="Mia drinks milk")
    one.erase([gone], purge=True)
    devices.settle()
    one.close()
    for file in (devices.root / "one").glob("memory.db*"):
        file.unlink()
    (devices.root / "one" / "memory.db").write_bytes(old)
    one = devices.again(0, "one", ahead=2000.0)
    devices.settle()
    assert contents(one) == contents(other) == ["Mia drinks milk"]


@pytest.mark.parametrize("at", ["write", "finish", "apply"])
def test_a_crash_anywhere_loses_nothing_and_doubles_nothing(devices, monkeypatch, at):
    one, other = devices.add("one"), devices.add("other")
    id = one.memorize("Mia drinks tea", key="drink").memory.id
    devices.settle()
    one.update(id, content="Mia drinks milk")
    other.update(id, content="Mia drinks juice", importance=0.9)
    other.memorize("something else")
    one.sync()

    class Crash(BaseException):
        pass

    def crash(*arguments, **options):
        raise Crash

    with monkeypatch.context() as patch:
        if at == "write":
            written = Logs.write
            patch.setattr(Logs, "write", lambda *told: (written(*told), crash()))  # before it is remembered
        elif at == "finish":
            patch.setattr(syncer.Syncer, "_apply", crash)
        else:
            from ntm_memory.sync.state import SyncState

            patch.setattr(SyncState, "note_seen", lambda self, id, *told, **how: crash() if how else None)
        with pytest.raises(Crash):
            other.sync()
    name = other.sync()["device"]
    devices.settle()
    assert len(list(devices.folder.glob("*.jsonl"))) == 2 and any(
        name in each.name for each in devices.folder.iterdir()
    )
    assert past(one, id).count("Mia drinks tea") == 1
    assert sorted([one.store.get(id).content, *past(one, id)]) == [
        "Mia drinks juice",
        "Mia drinks milk",
        "Mia drinks tea",
    ]


def test_a_log_that_is_lost_is_written_again(devices):
    one, other = devices.add("one"), devices.add("other")
    one.memorize("Mia drinks tea")
    one.sync()
    for file in devices.folder.glob("*.jsonl"):
        file.unlink()
    one.memorize("Mia is in Oslo")
    devices.settle()
    assert contents(other) == ["Mia drinks tea", "Mia is in Oslo"]


def test_another_folder_gets_all_of_it(devices):
    one = devices.add("one")
    one.memorize("Mia drinks tea")
    one.sync()
    one.close()
    devices.open.clear()
    devices.folder = devices.root / "elsewhere"
    devices.folder.mkdir()
    one, other = devices.add("one", ahead=100.0), devices.add("other")
    devices.settle()
    assert contents(other) == ["Mia drinks tea"]


def test_a_dry_run_changes_nothing(devices):
    one, other = devices.add("one"), devices.add("other")
    one.memorize("Mia drinks tea")
    one.sync()
    before = said_by(other), devices.logs()
    answer = other.sync(dry_run=True)
    assert (answer["taken"], answer["dry_run"]) == (1, True)
    assert (said_by(other), devices.logs()) == before
    devices.settle()


def test_a_clock_that_is_days_ahead_waits_and_is_told_and_is_mended(devices):
    one, other = devices.add("one"), devices.add("other", ahead=3000 * HOUR)
    other.memorize("Mia drinks tea")
    other.sync()
    assert "clocks differ by" in one.sync()["warnings"][0] and not contents(one)
    other = devices.again(1, "other", ahead=50.0)
    devices.settle()
    assert contents(one) == ["Mia drinks tea"] and not one.sync()["warnings"]


@pytest.mark.parametrize("place", ["one", "one/within", "."])
def test_a_folder_that_holds_the_memory_or_lies_in_it_is_refused(tmp_path, place):
    folder = tmp_path / place
    folder.mkdir(parents=True, exist_ok=True)
    with opened(tmp_path / "one", {"sync": {"folder": str(folder)}}) as memory, pytest.raises(ConfigError):
        memory.sync()


def test_no_folder_is_one_clear_error(tmp_path):
    with opened(tmp_path / "one") as memory, pytest.raises(BadValueError, match="no folder"):
        memory.sync()
    with opened(tmp_path / "two", {"sync": {"folder": str(tmp_path / "gone")}}) as memory:
        with pytest.raises(StoreError, match="is not there"):
            memory.sync()


def test_no_file_of_the_memory_is_put_into_the_folder(devices):
    one = devices.add("one")
    one.memorize("Mia drinks tea")
    one.sync()
    (file,) = devices.folder.iterdir()
    assert file.suffix == ".jsonl" and all(json.loads(line) for line in file.read_text().splitlines())


@pytest.mark.parametrize("first", [0, 1])
def test_an_export_that_another_device_read_in_changes_no_time_of_the_history(devices, first):
    one, other = devices.add("one"), devices.add("other", ahead=5000.0)
    id = one.memorize("Mia drinks tea", key="drink").memory.id
    one.update("drink", content="Mia drinks milk")
    (before,) = one.store.history(id)
    other.import_text(one.export_text("json")["text"])
    devices.open[first].sync()
    devices.settle()
    for memory in (one, other):
        (after,) = memory.store.history(id)
        assert (after.valid_from, after.valid_to) == (before.valid_from, before.valid_to)
        assert before.valid_from < before.valid_to


def test_a_link_to_what_is_erased_is_told_too_and_shown_where_that_is_restored(devices):
    one, other = devices.add("one"), devices.add("other")
    tea = one.memorize("Mia drinks tea").memory.id
    devices.settle()
    tired = one.store_with_reasoning("Mia is tired", builds_on=[tea]).memory.id
    one.erase([tea])
    devices.settle()
    other.restore(tea)
    devices.settle()
    assert [link.target for link in other.store.get(tired).links] == [tea]


def test_a_clock_that_falls_years_behind_is_told_and_nothing_is_stamped_by_it(devices):
    one, other = devices.add("one"), devices.add("other")
    one.memorize("Mia drinks tea")
    other.memorize("Tom is in Oslo")
    devices.settle()
    one = devices.again(0, "one", ahead=-50 * 365 * 24 * HOUR)
    one.memorize("told meanwhile")
    before = devices.logs()
    with pytest.raises(StoreError, match="days behind what other machines told"):
        one.sync()
    assert devices.logs() == before
    one = devices.again(0, "one", ahead=HOUR)
    devices.settle()
    assert contents(other) == ["Mia drinks tea", "Tom is in Oslo", "told meanwhile"]
