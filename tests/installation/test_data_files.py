"""What is purged from a data folder: all that any verb leaves there, and nothing that is somebody else's."""

from __future__ import annotations

from opening import opened, write_config

from ntm_memory import commands
from ntm_memory.hosts import hooks, reading
from ntm_memory.installation.data_files import files_of_ours, remove_data
from ntm_memory.mcp.answering import Answering

FOREIGN = ("notes.md", "memory.md", "memory.json", "ntm-memory.json", "backups/holiday.db", "damaged/car.txt", "logs/x")


def used(home):
    """A data folder after everything that writes to one."""
    write_config(home, embedder={"backend": "tiny"})
    with opened(home, {"store": {"backups": 3}}) as memory:
        for number in range(30):
            memory.memorize(f"note {number} about tea")
        memory.recall("tea")
    commands.run({"command": "status", "home": str(home), "check": True})
    (home / f"memory.db.{'0a' * 8}.tmp").touch()
    (home / "backups" / "draft-x.tmp").mkdir()
    (home / "backups" / "draft-x.tmp" / "new.db").touch()
    (home / "damaged").mkdir()
    (home / "damaged" / "20261127T010203Z-memory.db").touch()


def hosted(home, project):
    """What hooks, a host's import and mirror, and tools of MCP leave there besides."""
    write_config(home, embedder={"backend": "tiny"}, recall={"confidence_floor": 0.0})
    (project / ".git").mkdir(parents=True)
    (project / "MEMORY.md").write_text("- The kettle is blue\n")

    def ask(request):
        return commands.run({"home": str(home), **request})

    tools = Answering(str(home))
    tools.idle()
    tools.call("memorize", {"content": "The tea is green"})
    told = {"session_id": "s", "cwd": str(project)}
    hooks.answer({"event": "SessionStart", **told}, ask, str(home))
    hooks.answer({"event": "UserPromptSubmit", "prompt": "Which <remember>tea</remember>?", **told}, ask, str(home))
    hooks.answer({"event": "PreToolUse", "tool_name": "Task", "tool_input": {"prompt": "tea"}, **told}, ask, str(home))
    hooks.answer({"event": "Stop", "last_assistant_message": "The green one.", **told}, ask, str(home))
    reading.read_host({"host": "openclaw", "project": str(project), "home": str(home)}, ask)
    ask(reading.mirror_request({"command": "export", "host": "openclaw", "project": str(project)}))
    tools.close()


def trained(home):
    for name in ("copy/run.npz", "copy/core.npz", "copy/weightings.png", "babi/en-10k/babi-qa1.npz"):
        (home / "training" / name).parent.mkdir(parents=True, exist_ok=True)
        (home / "training" / name).touch()


def test_nothing_of_what_hosts_leave_is_left(tmp_path):
    hosted(tmp_path / "m", tmp_path / "app")
    left_there = {file.name for file in (tmp_path / "m" / "hosts").iterdir()}
    assert {"runs.json", "read.json", "mirrors.json"} < left_there
    assert any(name.startswith("session-") for name in left_there)
    assert remove_data(tmp_path / "m")[1] == []
    assert not (tmp_path / "m").exists()


def test_what_was_trained_goes_as_well(tmp_path):
    trained(tmp_path / "m")
    assert remove_data(tmp_path / "m")[1] == []
    assert not (tmp_path / "m").exists()


def test_nothing_of_ours_is_left(tmp_path):
    used(tmp_path / "m")
    assert {"memory.db", "usage.db", "config.json"} <= {file.name for file in files_of_ours(tmp_path / "m")}
    removed, left = remove_data(tmp_path / "m")
    assert len(removed) >= 7
    assert left == []
    assert not (tmp_path / "m").exists()


def test_what_is_somebody_elses_stays(tmp_path):
    used(tmp_path)
    (tmp_path / "logs").mkdir()
    for name in FOREIGN:
        (tmp_path / name).write_text("mine")
    (tmp_path / "config.json").write_text('{"ntm_memory": {}, "of": "another program"}')
    _, left = remove_data(tmp_path)
    assert [path.name for path in left] == sorted(
        ["backups", "config.json", "damaged", "logs", "memory.json", "memory.md", "notes.md", "ntm-memory.json"]
    )
    assert all((tmp_path / name).read_text() == "mine" for name in FOREIGN)


def test_a_folder_that_is_not_there(tmp_path):
    assert remove_data(tmp_path / "none") == ([], [])
