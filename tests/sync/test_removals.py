"""What was removed for good stays so: whatever backup is put back, whatever log turns up, whoever is gone."""

from __future__ import annotations

import pytest

from ntm_memory.errors import BadValueError, NotFoundError
from ntm_memory.recovery.backups import make_backup, restore_backup
from ntm_memory.rendering import as_text
from ntm_memory.sync.applying import Applier

from .devices import past

TOKEN = "AKIA" + "Q3EGRK7NPLX2WV5T"


def files_with(devices, *texts):
    """The files of all devices, and of the folder, that hold one of these texts."""
    files = (file for file in devices.root.rglob("*") if file.is_file())
    return [str(file.relative_to(devices.root)) for file in files if any(text in file.read_bytes() for text in texts)]


def put_back(devices, index, name, content, ahead):
    """Put an old memory file back as if by hand, and open it again."""
    devices.open[index].close()
    for file in (devices.root / name).glob("memory.db*"):
        file.unlink()
    (devices.root / name / "memory.db").write_bytes(content)
    return devices.again(index, name, ahead=ahead)


def reopened(devices, index, name, ahead):
    """Close a memory, and open it again; what its file holds between."""
    devices.open[index].close()
    content = (devices.root / name / "memory.db").read_bytes()
    return devices.again(index, name, ahead=ahead), content


def test_a_purged_version_does_not_come_back_with_a_backup_of_another_device(devices):
    one, other = devices.add("one"), devices.add("other")
    id = one.memorize("the pin of Otto is CUBA", key="g").memory.id
    devices.settle()
    other, old = reopened(devices, 1, "other", 10.0)
    one.update("g", content="Otto moved")
    devices.settle()
    one.erase([id], purge=True, version=1)
    devices.settle()
    other = put_back(devices, 1, "other", old, 2000.0)
    assert other.store.get(id).content == "the pin of Otto is CUBA"
    devices.settle()
    for memory in (one, other):
        assert (memory.store.get(id).content, past(memory, id)) == ("Otto moved", [])
        assert not memory.sync()["conflicts"]
    assert b"CUBA" not in devices.logs()


def test_a_redacted_secret_does_not_come_back_with_a_backup_of_another_device(devices):
    one, other = devices.add("one", privacy={"on_secret": "allow"}), devices.add("other")
    id = one.memorize(f"the key is {TOKEN}").memory.id
    devices.settle()
    other, old = reopened(devices, 1, "other", 10.0)
    one = devices.again(0, "one", ahead=9000.0)
    one.status(secrets=True, redact=True)
    devices.settle()
    other = put_back(devices, 1, "other", old, 20000.0)
    assert TOKEN in other.store.get(id).content
    devices.settle()
    for memory in (one, other):
        assert TOKEN not in memory.store.get(id).content and past(memory, id) == []
        assert not memory.sync()["conflicts"]
    assert TOKEN.encode() not in devices.logs()


def test_what_is_told_after_a_backup_was_put_back_is_not_taken_for_what_was_purged(devices):
    one, other = devices.add("one"), devices.add("other")
    id = one.memorize("the pin of Otto is CUBA", key="g").memory.id
    devices.settle()
    other, old = reopened(devices, 1, "other", 10.0)
    one.update("g", content="the pin of Otto is PERU")
    one.update("g", content="Otto moved")
    devices.settle()
    one.erase([id], purge=True, version=1)
    one.erase([id], purge=True, version=2)
    devices.settle()
    other = put_back(devices, 1, "other", old, 2000.0)
    other.update("g", content="Otto is back")  # as version 2, as was the one that was purged
    devices.settle()
    assert "Otto is back" in [one.store.get(id).content, *past(one, id)]
    assert b"CUBA" not in devices.logs() and b"PERU" not in devices.logs()


@pytest.fixture
def with_backups(devices):
    """Two devices that keep backups."""
    return [devices.add(name, store={"backups": 3}) for name in ("one", "other")]


def test_a_purge_that_comes_by_sync_leaves_the_backups_and_mirrors_here(devices, with_backups):
    one, other = with_backups
    id = one.memorize("the code word is ZANZIBAR", key="z").memory.id
    kept = one.memorize("what stays").memory.id
    devices.settle()
    make_backup(devices.root / "other", "test", 3)
    other.mirror(devices.root / "mirror.md", ["default"])
    assert len(files_with(devices, b"ZANZIBAR")) >= 5
    one.erase([id], purge=True)
    devices.settle()
    assert files_with(devices, b"ZANZIBAR") == []
    assert kept in (devices.root / "mirror.md").read_text() and not other.sync()["warnings"]


def test_a_purge_of_a_version_leaves_the_backups_here_and_does_not_come_back_with_one(devices, with_backups):
    one, other = with_backups
    id = one.memorize("the code word is ZANZIBAR", key="z").memory.id
    one.update("z", content="the code word was changed")
    devices.settle()
    made = make_backup(devices.root / "other", "test", 3)
    old = made.read_bytes()
    one.erase([id], purge=True, version=1)
    devices.settle()
    assert files_with(devices, b"ZANZIBAR") == []
    other.close()
    made.write_bytes(old)  # as from a drive that was away
    assert restore_backup(devices.root / "other", made.name, 3, 1.0)["purged_again"] == 1
    other = devices.again(1, "other", ahead=3000.0, store={"backups": 3})
    devices.settle()
    made.unlink()
    assert files_with(devices, b"ZANZIBAR") == []
    assert past(other, id) == [] and other.store.get(id).content == "the code word was changed"


def test_a_redaction_that_comes_by_sync_leaves_the_backups_here(devices):
    one = devices.add("one", privacy={"on_secret": "allow"})
    devices.add("other", store={"backups": 3})
    one.memorize(f"the key is {TOKEN}")
    devices.settle()
    make_backup(devices.root / "other", "test", 3)
    one = devices.again(0, "one", ahead=9000.0)
    one.status(secrets=True, redact=True)
    devices.settle()
    assert files_with(devices, TOKEN.encode()) == []


def test_a_backup_that_cannot_be_cleaned_is_told_until_it_is(devices, with_backups, monkeypatch):
    one, other = with_backups
    id = one.memorize("the code word is ZANZIBAR", key="z").memory.id
    devices.settle()
    make_backup(devices.root / "other", "test", 3)
    one.erase([id], purge=True)
    one.sync()
    with monkeypatch.context() as patch:
        patch.setattr("ntm_memory.upkeep.backup_purge.purge_in_file", lambda *_: False)
        for _ in range(2):
            assert "backups/" in other.sync()["warnings"][0]
    assert not other.sync()["warnings"] and files_with(devices, b"ZANZIBAR") == []


def test_an_export_of_before_brings_back_nothing_that_was_purged_elsewhere(devices, tmp_path):
    one, other = devices.add("one"), devices.add("other")
    gone = one.memorize("the code word is ZANZIBAR").memory.id
    id = one.memorize("the pin of Otto is CUBA", key="g").memory.id
    one.update("g", content="Otto moved")
    devices.settle()
    other.export_file(tmp_path / "export.json")
    one.erase([gone], purge=True)
    one.erase([id], purge=True, version=1)
    one.sync()
    third = devices.add("third")
    devices.settle()
    third.import_file(tmp_path / "export.json")
    devices.settle()
    (tmp_path / "export.json").unlink()
    for memory in devices.open:
        assert [each.content for each in memory.store.memories()] == ["Otto moved"] and past(memory, id) == []
    assert files_with(devices, b"CUBA", b"ZANZIBAR") == []


def logs_of(devices):
    return {file.name: file.read_bytes() for file in devices.folder.glob("*.jsonl")}


@pytest.mark.parametrize("purged", ["before", "after"])
def test_an_older_own_log_that_comes_back_is_written_again_under_its_name(devices, purged):
    one, _ = devices.add("one"), devices.add("other")
    one.memorize("pass LIBERIA", key="l")
    devices.settle()
    old = logs_of(devices)
    one.memorize("more")
    devices.settle()
    name = one.sync()["device"]
    if purged == "before":
        one.erase("l", purge=True)
        devices.settle()
    for file, content in old.items():
        (devices.folder / file).write_bytes(content)
    devices.settle()
    if purged == "after":
        one.erase("l", purge=True)
        devices.settle()
    assert one.sync()["device"] == name and files_with(devices, b"LIBERIA") == []
    third = devices.add("third")
    devices.settle()
    assert [each.content for each in third.store.memories()] == ["more"]


@pytest.mark.parametrize("sealed", [False, True])
def test_a_damaged_line_of_the_own_log_is_mended(devices, secret, sealed):
    if sealed:
        devices.seal()
    one, other = devices.add("one"), devices.add("other")
    one.memorize("Mia drinks tea")
    name = one.sync()["device"]
    one.memorize("Tom is in Oslo")
    one.sync()
    (file,) = devices.folder.glob("*.jsonl")
    content = bytearray(file.read_bytes())
    content[200] ^= 1
    file.write_bytes(content)
    assert "line 1" in one.sync()["unread"][0]
    assert not one.sync()["unread"] and not other.sync()["unread"]
    devices.settle()
    assert other.store.count() == 2 and one.sync()["device"] == name


@pytest.fixture
def gone(devices):
    """A machine that is left, and the name of one that told it all, and is gone; what it told was purged since."""
    one = devices.add("one")
    one.memorize("the pass is PATAGONIA", key="p")
    one.memorize("what stays")
    name = one.sync()["device"]
    other = devices.add("other")
    other.sync()
    one.close()
    del devices.open[0]
    other.erase("p", purge=True)
    return other, name


def test_a_log_of_a_machine_that_is_gone_is_told_and_taken_over(devices, gone):
    other, name = gone
    for _ in range(2):
        (warning,) = other.sync()["warnings"]
        assert f"sync.py --forget {name}" in warning
    assert other.status()["sync"]["holding"] == [name] and name in as_text("status", other.status())
    files = logs_of(devices)
    assert other.sync(dry_run=True, forget=[name])["dry_run"] and logs_of(devices) == files
    answer = other.sync(forget=[name])
    assert not answer["warnings"] and not other.sync()["warnings"] and b"PATAGONIA" not in devices.logs()
    assert not any(name in file for file in logs_of(devices))
    assert "holding" not in other.status()["sync"] and other.status()["sync"]["devices"] == 1
    third = devices.add("third")
    devices.settle()
    assert [each.content for each in third.store.memories()] == ["what stays"]


def test_a_machine_that_was_forgotten_and_comes_back_takes_part_again(devices, gone):
    other, name = gone
    other.sync(forget=[name])
    one = devices.add("one", ahead=5000.0)
    one.memorize("told meanwhile")
    devices.settle()
    assert [each.content for each in other.store.memories()] == ["what stays", "told meanwhile"]
    assert b"PATAGONIA" not in devices.logs()


def test_only_a_machine_that_is_another_and_was_read_whole_is_forgotten(devices, gone):
    other, name = gone
    with pytest.raises(BadValueError, match="is this machine"):
        other.sync(forget=[other.sync()["device"]])
    with pytest.raises(NotFoundError, match="no log of a machine"):
        other.sync(forget=["zzzzzzzz"])
    (file,) = (file for file in devices.folder.glob("*.jsonl") if name in file.name)
    with file.open("ab") as log:
        log.write(b'{"line": "{}", "sum": "0"}\n')
    with pytest.raises(BadValueError, match="read whole"):
        other.sync(forget=[name])
    assert file.exists()


def test_an_old_copy_of_a_log_that_turns_up_later_is_told_too(devices, gone):
    other, name = gone
    old = {file: content for file, content in logs_of(devices).items() if name in file}
    other.sync(forget=[name])
    for file, content in old.items():
        (devices.folder / file).write_bytes(content)
    assert name in other.sync()["warnings"][0]
    assert not other.sync(forget=[name])["warnings"] and b"PATAGONIA" not in devices.logs()


def purged_after_merge(devices, id):
    """All comes to all, is told on, and the text with the code word is purged; as which version."""
    one = devices.open[0]
    devices.settle()
    one.update(id, content="Mia drinks water")
    devices.settle()
    (version,) = (old.version for old in one.store.history(id) if "ZANZIBAR" in old.content)
    one.erase([id], purge=True, version=version)
    devices.settle()
    return version


def test_a_purged_version_leaves_a_backup_that_has_it_by_the_number_of_before_a_merge(devices):
    one, other = (devices.add(name, ahead=at, store={"backups": 3}) for name, at in (("one", 0.0), ("other", 3600.0)))
    id = one.memorize("Mia drinks tea").memory.id
    devices.settle()
    one.update(id, content="Mia drinks milk")
    other.update(id, content="the code word is ZANZIBAR")
    make_backup(devices.root / "other", "test", 3)  # as version 2
    assert purged_after_merge(devices, id) == 3 and files_with(devices, b"ZANZIBAR") == []


@pytest.fixture
def joined(devices):
    """Two devices that told one key each by itself, the id of the memory that it is, and of the one joined into it."""
    one, other = (devices.add(name, ahead=at, store={"backups": 3}) for name, at in (("one", 0.0), ("other", 3600.0)))
    root = one.memorize("Mia drinks tea", key="k").memory.id
    part = other.memorize("the code word is ZANZIBAR", key="k").memory.id
    devices.settle()
    assert one.find("k").id == root and past(one, root) == ["Mia drinks tea"]
    return one, other, root, part


def test_what_was_joined_and_is_purged_leaves_the_backups_that_have_it_as_a_version_of_the_other(devices, joined):
    one, _, root, part = joined
    for name in ("one", "other"):
        make_backup(devices.root / name, "test", 3)
    one.store.purge([part])
    devices.settle()
    assert one.store.get(root).content == "Mia drinks tea" and files_with(devices, b"ZANZIBAR") == []


def test_a_memory_of_which_each_text_was_purged_is_gone_everywhere(devices, joined):
    one, other, root, part = joined
    (own,) = (old for old in one.store.history(root))
    one.erase([root], purge=True, version=own.version)  # all that was its own; the rest is of the one joined into it
    devices.settle()
    other.restore(part)
    devices.settle()
    for memory in (one, other):
        with pytest.raises(NotFoundError):
            memory.store.get(root)
        assert [each.id for each in memory.store.memories()] == [part]
        assert memory.status()["sync"]["due"] == 0 and not memory.sync()["purged"]


def test_a_backup_that_is_made_in_the_middle_of_a_sync_is_cleaned_too(devices, with_backups, monkeypatch):
    one, other = with_backups
    id = one.memorize("the code word is ZANZIBAR", key="z").memory.id
    devices.settle()
    one.erase([id], purge=True)
    one.sync()
    apply = Applier.apply

    def with_backup(self):
        make_backup(devices.root / "other", "test", 3)  # as the first write of a day makes one
        apply(self)

    monkeypatch.setattr(Applier, "apply", with_backup)
    other.sync()
    monkeypatch.undo()
    assert files_with(devices, b"ZANZIBAR") == []


def test_a_backup_keeps_another_text_that_has_the_number_of_a_purged_one(devices, with_backups):
    one, other = with_backups
    id = one.memorize("Mia drinks tea").memory.id
    devices.settle()
    other.update(id, content="Mia drinks juice")
    one.update(id, content="the code word is ZANZIBAR")
    make_backup(devices.root / "other", "test", 3)  # as version 2, which the other one's text becomes
    purged_after_merge(devices, id)
    (kept,) = (devices.root / "other" / "backups").glob("*.db")
    assert b"Mia drinks juice" in kept.read_bytes()
    assert files_with(devices, b"ZANZIBAR") == []


def test_what_is_purged_in_the_middle_of_a_sync_leaves_the_backups_by_the_next_one(devices, monkeypatch):
    one, other = (devices.add(name, ahead=at, store={"backups": 3}) for name, at in (("one", 0.0), ("other", 3600.0)))
    gone = one.memorize("the pin of Otto is CUBA").memory.id
    one.sync()
    root = one.memorize("Mia drinks tea", key="k").memory.id
    other.memorize("the code word is ZANZIBAR", key="k")  # is joined into the other one
    make_backup(devices.root / "other", "test", 3)
    devices.settle()
    one.erase([gone], purge=True)
    one.sync()
    apply = Applier.apply

    def with_purge(self):
        apply(self)
        monkeypatch.undo()
        other.erase([root], purge=True)  # by another process: of the one joined into it, only a sync knows

    monkeypatch.setattr(Applier, "apply", with_purge)
    other.sync()
    devices.settle()
    assert files_with(devices, b"ZANZIBAR", b"CUBA") == []


def test_a_file_that_holds_what_was_purged_is_told_after_a_broken_off_sync_too(devices, monkeypatch):
    one, other = devices.add("one"), devices.add("other")
    id = one.memorize("the code word is ZANZIBAR").memory.id
    devices.settle()
    one.erase([id], purge=True)
    one.erase([one.memorize("Mia lives in Paris").memory.id], retract=True)
    one.sync()
    other.memorize("Mia lives in Paris")  # it was retracted elsewhere: so all that is due is written twice
    (devices.root / "other" / "notes.txt").write_text("the code word is ZANZIBAR")
    with monkeypatch.context() as patch:
        patch.setattr(Applier, "apply_tombstones", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            other.sync()
    assert "notes.txt" in other.sync()["warnings"][0]
    assert not other.store.count()


@pytest.mark.parametrize(
    ("form", "comes_back"), [("json", False), ("jsonl", True), ("markdown", True)], ids=["json", "lines", "Markdown"]
)
@pytest.mark.parametrize("is_retracted", [False, True], ids=["purged", "retracted, too"])
def test_what_was_purged_comes_back_with_no_old_export_but_one_that_tells_it_again_in_words(
    devices, form, comes_back, is_retracted
):
    one, other = devices.add("one"), devices.add("other")
    id = one.memorize("the code word is ZANZIBAR").memory.id
    devices.settle()
    old = other.export_text(form)["text"]
    one.erase([id], purge=True, retract=is_retracted)
    devices.settle()
    other.import_text(old, form)
    devices.settle()
    assert one.store.count() == (comes_back and not is_retracted)
