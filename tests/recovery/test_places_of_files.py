"""What is no file where one belongs is said and never waited for; what is left of a file is no new memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from opening import opened

from ntm_memory import commands
from ntm_memory.errors import BadValueError, StoreCorruptError, StoreError

CONFIG = {"embedder": {"backend": "tiny"}, "recall": {"confidence_floor": 0.0}, "store": {"backups": 3}}
ROOT = Path(__file__).parents[2]
ASK = """
import json, sys
from ntm_memory import commands
from ntm_memory.errors import NTMMemoryError
for request in json.loads(sys.argv[1]):
    try:
        print("done", json.dumps(commands.run(request, later=[]), default=str)[:2000])
    except NTMMemoryError as error:
        print(error.exit_code, error.message, "|", error.hint)
"""


@pytest.fixture
def home(tmp_path):
    with opened(tmp_path / "home", config={"store": {"backups": 3}}) as memory:
        memory.memorize("Mia likes tea")
    return tmp_path / "home"


def run(home, command, **arguments):
    return commands.run({"command": command, "home": str(home), "config": CONFIG, **arguments}, later=[])


def ask(home, *requests):
    """The same in a process that is ended where it waits; a line for each request."""
    told = [sys.executable, "-c", ASK, json.dumps([{"home": str(home), "config": CONFIG, **each} for each in requests])]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NTM_MEMORY_TESTING": "1"}
    return subprocess.run(
        told, capture_output=True, text=True, timeout=240, env=environment, check=True
    ).stdout.splitlines()


@pytest.mark.skipif(sys.platform == "win32", reason="pipes")
@pytest.mark.parametrize(
    "name", ["config.json", "matrix.bin", "memory.db-journal", "recall.json", "usage.db", "backups", "memory.db"]
)
def test_a_pipe_in_the_place_of_a_file_is_never_waited_for(home, name):
    place = next((home / "backups").iterdir()) if name == "backups" else home / name
    place.unlink(missing_ok=True)
    os.mkfifo(place)
    stops = name in ("memory.db", "memory.db-journal")
    asked = [{"command": "list"}, {"command": "recall", "query": "tea"}]
    *said, checked, repaired = ask(
        home, *asked, {"command": "status", "check": True}, {"command": "status", "repair": True}
    )
    assert all(each.startswith("5 " if stops else "done") for each in said), said
    assert checked.startswith("done"), checked
    if place.exists() and not place.is_file():  # what is derived may have been made anew by then
        assert '"sound": false' in checked and place.name in checked, checked
    assert not stops or (repaired.startswith("5 ") and "pipe" in repaired and place.name in repaired), repaired


@pytest.mark.skipif(sys.platform == "win32", reason="pipes")
def test_a_pipe_is_no_import(home, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (said,) = ask(home, {"command": "import", "path": str(tmp_path / "pipe")})
    assert said.startswith("2 ") and "pipe" in said and "stdin" in said


@pytest.mark.parametrize("content", [b"x", b"SQLite form", b"\0" * 99])
def test_what_is_left_of_a_file_is_no_new_memory(home, content):
    (home / "memory.db").write_bytes(content)
    for command, arguments in (("list", {}), ("memorize", {"content": "new"}), ("status", {"repair": True})):
        with pytest.raises(StoreCorruptError):
            run(home, command, **arguments)
    assert (home / "memory.db").read_bytes() == content
    checked = run(home, "status", check=True)
    assert checked["sound"] is False and "memory.db" in checked["files"][0]
    run(home, "import", backup="latest")
    assert run(home, "list")["total"] == 1


def test_one_byte_with_nothing_beside_it_is_no_new_memory_either(tmp_path):
    (tmp_path / "memory.db").write_bytes(b"x")
    with pytest.raises(StoreCorruptError):
        run(tmp_path, "memorize", content="new")


def test_an_empty_file_beside_what_a_repair_put_aside_is_no_new_memory(tmp_path):
    (tmp_path / "memory.db").touch()
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "20261127T000000Z-memory.db").write_bytes(b"old")
    with pytest.raises(StoreCorruptError, match="is empty"):
        run(tmp_path, "memorize", content="new")


@pytest.mark.skipif(sys.platform == "win32", reason="links")
def test_a_link_that_leads_nowhere_is_said(home):
    (home / "memory.db").rename(home / "elsewhere.db")
    (home / "memory.db").symlink_to(home / "nowhere.db")
    for command, arguments in (("list", {}), ("memorize", {"content": "x"}), ("status", {"repair": True})):
        with pytest.raises(StoreError, match="leads nowhere"):
            run(home, command, **arguments)
    checked = run(home, "status", check=True)
    assert checked["sound"] is False and "leads nowhere" in checked["files"][0]
    assert not (home / "nowhere.db").exists()


BROKEN = [b"", b"{", b"\xff\xfe\x00", b"[]", b'{"ntm_memory": {"recal": {}}}', b'{"ntm_memory": {"memory_size": "x"}}']


@pytest.mark.parametrize("content", BROKEN)
def test_a_config_that_cannot_be_read_keeps_nobody_from_what_is_stored(home, tmp_path, content):
    (home / "config.json").write_bytes(content)
    for command, arguments in (
        ("list", {}),
        ("overview", {"namespaces": ["default"]}),
        ("recall", {"query": "tea"}),
        ("export", {"path": str(tmp_path / "all.json")}),
        ("status", {}),
        ("status", {"check": True}),
        ("status", {"repair": True}),
    ):
        answer = run(home, command, **arguments)
        assert "config.json" in answer["settings"] and "nothing is stored" in answer["settings"]
    assert run(home, "list")["total"] == 1
    memory = commands.OpenMemory(str(home))
    assert memory.run({"command": "list"})["total"] == 1
    before = (home / "memory.db").read_bytes()
    for command, arguments in (
        ("memorize", {"content": "new"}),
        ("erase", {"ids_or_key": ["m_x"]}),
        ("import", {"path": str(tmp_path / "all.json")}),
        ("status", {"secrets": True, "redact": True}),
        ("reembed", {}),
    ):
        with pytest.raises(BadValueError, match=r"config\.json"):
            run(home, command, **arguments)
    assert (home / "memory.db").read_bytes() == before


def test_backups_are_put_back_and_none_is_removed_while_their_number_is_not_known(home):
    (home / "config.json").write_bytes(b"")
    for number in range(9):
        (home / "backups" / f"memory-2025010{number}T000000Z-daily.db").write_bytes((home / "memory.db").read_bytes())
    tiny = {"embedder": {"backend": "tiny"}}
    for request in ({"command": "import", "backup": "latest"}, {"command": "status", "repair": True}):
        assert "settings" in commands.run({"home": str(home), "config": tiny, **request}, later=[])
    assert len(list((home / "backups").glob("memory-*.db"))) == 12


def test_a_check_that_finds_damage_says_so_to_whoever_looks_at_the_exit_code(home, capsys):
    from ntm_memory.cli import main

    def check():
        code = main("status", ["--check", "--home", str(home)])
        return code, capsys.readouterr()

    (home / "config.json").write_text(json.dumps({"ntm_memory": CONFIG}), encoding="utf-8")
    (home / "config.json").chmod(0o600)
    (home / "notes.tmp").write_text("only worth a look", encoding="utf-8")
    code, out = check()
    assert code == 0 and "files: 1 drafts" in out.out
    data = (home / "memory.db").read_bytes()
    (home / "memory.db").write_bytes(data.replace(b"Mia likes tea", b"Mia likes tee"))
    code, out = check()
    assert code == 5 and "checksum" in out.out and "backups: 1" in out.out
    (home / "memory.db").write_bytes(data)
    (home / "recall.json").write_text("{}", encoding="utf-8")
    code, out = check()
    assert code == 5 and "recall.json" in out.out and "'format'" in out.out.replace("it has no 'format'", "'format'")
    (home / "recall.json").unlink()
    assert check()[0] == 0


def test_the_command_line_warns_beside_the_answer(home, tmp_path, capsys):
    from ntm_memory.cli import main

    (home / "config.json").write_bytes(b"")
    assert main("list", ["--home", str(home)]) == 0
    out = capsys.readouterr()
    assert (
        "Mia likes tea" in out.out and "warning: " in out.err and "config.json" in out.err and "it is empty" in out.err
    )
    assert main("list", ["--home", str(home), "--format", "json"]) == 0
    out = capsys.readouterr()
    assert "config.json" in json.loads(out.out)["settings"] and not out.err
    assert main("export", [str(tmp_path / "x.json"), "--home", str(home)]) == 0
    assert "warning: " in capsys.readouterr().err
    assert main("memorize", ["new", "--home", str(home)]) == 2
    assert "config.json" in capsys.readouterr().err
