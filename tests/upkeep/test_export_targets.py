"""An export goes into a regular file of its owner's, whole, or nowhere."""

from __future__ import annotations

import os
import stat
import sys

import pytest
from opening import opened

from ntm_memory.errors import BadValueError, NotFoundError


@pytest.fixture
def memory(tmp_path):
    with opened(tmp_path / "home") as manager:
        manager.memorize("Mia likes tea")
        yield manager


@pytest.mark.parametrize("salvage", [False, True])
@pytest.mark.parametrize(
    "target", [".", "/", "", "folder", "link", "dangling", "pipe", "x" * 300, "nul\0name", "file/below"]
)
def test_what_is_no_regular_file_is_refused_and_left_alone(tmp_path, memory, monkeypatch, target, salvage):
    if sys.platform == "win32":
        pytest.skip("links and pipes")
    from ntm_memory.recovery.rescue import export_salvaged

    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("precious", encoding="utf-8")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "pipe")
    before = sorted(path.name for path in tmp_path.iterdir())
    with pytest.raises(BadValueError):
        export_salvaged(tmp_path / "home", type(tmp_path)(target)) if salvage else memory.export_file(target)
    assert sorted(path.name for path in tmp_path.iterdir()) == before
    assert (tmp_path / "file").read_text(encoding="utf-8") == "precious"
    assert (tmp_path / "link").is_symlink() and stat.S_ISFIFO((tmp_path / "pipe").lstat().st_mode)


@pytest.mark.parametrize("salvage", [False, True])
def test_a_folder_that_is_not_there_is_made_in_the_data_folder_only(tmp_path, memory, salvage):
    from ntm_memory.recovery.rescue import export_salvaged

    home = tmp_path / "home"
    export = (lambda path: export_salvaged(home, path)) if salvage else memory.export_file
    with pytest.raises(BadValueError, match="there is no folder") as error:
        export(tmp_path / "new" / "folder" / "x.json")
    assert error.value.hint
    assert not (tmp_path / "new").exists()
    assert export(home / "exports" / "x.json")["count"] == 1


@pytest.mark.parametrize("name", ["y" * 250, "名" * 80])
def test_a_name_of_almost_any_length_is_a_name(tmp_path, memory, name):
    assert memory.export_file(tmp_path / name)["count"] == 1
    assert (tmp_path / name).exists() and not list(tmp_path.glob("*.tmp"))


def test_drafts_cannot_be_foretold_and_take_nothing_that_is_there(tmp_path, memory, monkeypatch):
    monkeypatch.setattr(os, "urandom", lambda count: b"\0" * count)
    trap = tmp_path / f"out.json.{'00' * 8}.tmp"
    trap.symlink_to(tmp_path / "home" / "memory.db")
    before = (tmp_path / "home" / "memory.db").read_bytes()
    with pytest.raises(BadValueError, match="cannot be written"):
        memory.export_file(tmp_path / "out.json")
    assert (tmp_path / "home" / "memory.db").read_bytes() == before and trap.is_symlink()


@pytest.mark.parametrize("form", ["json", "jsonl", "markdown"])
def test_a_namespace_without_memories_overwrites_no_export(tmp_path, memory, form):
    gone = memory.memorize("It was told at work", namespace="was work").memory
    memory.erase(gone.id, namespace="was work")
    memory.export_file(tmp_path / "all", form)
    before = (tmp_path / "all").read_bytes()
    for call in (lambda: memory.export_file(tmp_path / "all", form, "defualt"), lambda: memory.export_text(form, "x")):
        with pytest.raises(NotFoundError, match="no memory is in the namespace"):
            call()
    with pytest.raises(NotFoundError):
        memory.export_file(tmp_path / "new", form, "defualt")
    assert (tmp_path / "all").read_bytes() == before and not (tmp_path / "new").exists()
    assert memory.export_text(form, "was work")["count"] == (form == "json")
    assert memory.export_text(form, " default")["count"] == 1


def owned_files(home):
    return sorted(path.relative_to(home).as_posix() for path in home.rglob("*") if path.is_file())


def test_no_file_that_the_memory_owns_is_written_over(tmp_path, monkeypatch):
    """Whatever it made in its folder, under whatever name it is reached, by each way that writes an export."""
    from ntm_memory.recovery.rescue import export_salvaged

    home = tmp_path / "home"
    monkeypatch.chdir(tmp_path)
    with opened(home, config={"store": {"backups": 3}}) as memory:
        memory.memorize("Mia likes tea")
    (home / "recall.json").write_text("{}", encoding="utf-8")
    (home / "damaged").mkdir()
    (home / "damaged" / "20261127T000000Z-0-memories-m_x.json").write_text("{}", encoding="utf-8")
    with opened(home) as memory:
        memory.mirror(tmp_path / "mirror.md", ["default"])
        before = {name: (home / name).read_bytes() for name in owned_files(home)}
        assert {"memory.db", "memory.lock", "hosts/mirrors.json"} < set(before) and len(before) >= 7
        missing = ["config.json", "recall.previous.json", "memory.db-journal", "backups/new.json"]
        for name in [*before, *missing]:
            for form, path in (("json", home / name), ("markdown", f"home/../home/./{name}")):
                with pytest.raises(BadValueError, match="keeps its own files") as error:
                    memory.export_file(path, form)
                assert error.value.exit_code == 2 and error.value.hint
            with pytest.raises(BadValueError, match="keeps its own files"):
                export_salvaged(home, home / name)
            with pytest.raises(BadValueError, match="keeps its own files"):
                memory.mirror(home / name, ["default"])
        assert {name: (home / name).read_bytes() for name in owned_files(home)} == before
        assert memory.export_file(home / "mine.json")["count"] == memory.export_file(home / "mine.json")["count"] == 1


def test_no_link_leads_an_export_to_a_file_of_a_memory(tmp_path, memory):
    if sys.platform == "win32":
        pytest.skip("links")
    home, other = tmp_path / "home", tmp_path / "other"
    with opened(other) as second:
        second.memorize("Tom likes coffee")
    (tmp_path / "door").symlink_to(home)
    (tmp_path / "hard.json").hardlink_to(home / "memory.db")
    for target in (tmp_path / "door" / "memory.db", tmp_path / "hard.json", other / "memory.db"):
        with pytest.raises(BadValueError, match="keeps its own files"):
            memory.export_file(target)
    with opened(other) as second:
        assert second.read_memory is not None and second.store.count() == 1


def test_a_name_of_ours_elsewhere_is_anybodys(tmp_path, memory):
    for name in ("config.json", "recall.json", "backups.json"):
        assert memory.export_file(tmp_path / name)["count"] == 1
