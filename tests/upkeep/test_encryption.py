"""Encrypting a memory, and back: nothing is lost, nothing is left, and nothing but the key opens it."""

from __future__ import annotations

import base64
import json
import os
import signal
import sqlite3
import subprocess
import sys
from dataclasses import replace

import pytest
from opening import TINY, Clock, opened, told, write_config

from ntm_memory.cli import main
from ntm_memory.errors import (
    BadValueError,
    NotSetUpError,
    StoreCorruptError,
    StoreError,
    StoreKeyError,
    StoreLockedError,
)
from ntm_memory.privacy import cipher
from ntm_memory.privacy.keys import KEYRING, NEXT_VARIABLE, VARIABLE, find_key
from ntm_memory.upkeep import encryption, exchange

pytest.importorskip("sqlcipher3", reason="needs the extra `encrypt`")
pytest.importorskip("cryptography", reason="needs the extra `encrypt`")

SECRET, OTHER = "5a" * 32, "a5" * 32
TEXT, OLD_TEXT = "The frobozz valve opens with 绝密口令 tonight", "The plughxyzzy pipe was closed before"
NAMES = {"key": "grueslayer-key", "tags": ["zorkmid-tag"], "source": "xyzzy-source", "session": "quendor-session"}
SPACE = "borphee-space"


@pytest.fixture
def home(tmp_path):
    return tmp_path / "store"


@pytest.fixture(autouse=True)
def _matrix_of_few(monkeypatch):
    """The derived matrix is written however few memories there are."""
    monkeypatch.setattr("ntm_memory.store.live_matrix.LAG", 0)


def fill(home, **config):
    """Thirty notes, one of them with all that a memory can have, read, judged, linked and in focus; its key vector."""
    with opened(home, config, clock=Clock()) as memory:
        memory.memorize_many([{"content": f"harmless note {i}", "namespace": SPACE} for i in range(29)])
        memory.memorize(OLD_TEXT, namespace=SPACE, **NAMES)
        kept = memory.update(NAMES["key"], namespace=SPACE, content=TEXT).memory
        found = memory.recall(TEXT, namespace=SPACE, session=NAMES["session"])
        assert found.memories[0].content == TEXT
        memory.feedback("who opens the gnusto gate?", used=[kept.id], namespace=SPACE)
        return kept, memory.store.keys_of(kept.id)


def said(home):
    """All that a memory says, as an export of its records."""
    with opened(home, clock=Clock()) as memory:
        assert memory.store.check() == []
        records = [
            exchange.to_record(each, memory.store.keys_of(each.id), memory.store.history(each.id))
            for each in memory.store.memories(states=("live", "archived", "erased"))
        ]
        return records, memory.store.feedback(), memory.store.focus(SPACE, NAMES["session"]), memory.store.embedder()


def needles(kept, rows):
    """At least 20 forms in which what is told could stand in a file."""
    texts = [TEXT, OLD_TEXT, "frobozz", "plughxyzzy", "绝密口令", "绝密", "gnusto", NAMES["key"], "zorkmid-tag"]
    texts += ["xyzzy-source", "quendor-session", SPACE, kept.id]
    forms = {text.encode(code) for text in texts for code in ("utf-8", "utf-16-le", "utf-16-be")}
    forms |= {text.upper().encode() for text in texts} | {json.dumps(text).strip('"').encode() for text in texts}
    forms |= {text.encode().hex().encode() for text in texts} | {text[::-1].encode() for text in texts}
    forms |= {base64.b64encode(text.encode()[skip:])[2:-4] for text in texts[:2] for skip in range(3)}
    forms |= {bytes(row.tobytes()[at : at + 32]) for row in rows for at in (0, 96, 224)}
    forms |= {base64.b64encode(rows[0].tobytes())[:40]}
    return forms


def leaks(home, forms):
    files = {str(file.relative_to(home)): file.read_bytes() for file in home.rglob("*") if file.is_file()}
    return [(name, form) for name, content in files.items() for form in forms if form in content]


def convert(home, action, **options):
    return encryption.carry_out(home / "memory.db", action, 1.0, **options)


def digest_of(home):
    return {file.name: file.read_bytes() for file in home.iterdir() if file.is_file()}


def test_nothing_is_lost_and_nothing_is_left(home, secret):
    kept, rows = fill(home)
    forms, before = needles(kept, rows), said(home)
    assert len(forms) > 60 and len({form for _, form in leaks(home, forms)}) >= 15
    assert (home / "matrix.bin").exists() and leaks(home, {rows[0].tobytes()[:32]})
    answer = convert(home, "encrypt")
    assert answer["changed"] and answer["key"] == "environment" and "overwritten" in answer["old_bytes"]
    assert leaks(home, forms) == []
    assert said(home) == before and leaks(home, forms) == []
    assert not list(home.glob("*.draft*"))
    answer = convert(home, "decrypt")
    assert answer["changed"] and answer["key"] is None
    assert said(home) == before and len({form for _, form in leaks(home, forms)}) >= 15
    assert (home / "memory.db").read_bytes().startswith(b"SQLite format 3")


def test_every_verb_works_and_leaks_nothing(home, secret):
    kept, rows = fill(home, privacy={"encrypt": "sqlcipher"})
    forms = needles(kept, rows)
    with opened(home, clock=Clock()) as memory:
        assert memory.store.encrypted and leaks(home, forms) == []
        memory.erase(kept.id, namespace=SPACE)
        memory.restore(kept.id, namespace=SPACE)
        memory.store_with_reasoning("The grue sleeps", builds_on=[kept.id], namespace=SPACE)
        assert memory.reason_and_retrieve("who opens the frobozz valve?", namespace=SPACE).chain
        assert memory.status(history=kept.id, namespace=SPACE)["history"][0]["content"] == OLD_TEXT
        assert memory.reembed()["count"] == 31 and memory.status(repair=True)["integrity"] == "ok"
        assert leaks(home, forms) == []
        memory.erase(kept.id, namespace=SPACE, purge=True)
        assert told(memory.recall("harmless note 7", namespace=SPACE))[0] == "harmless note 7"
    assert leaks(home, forms) == []


def test_an_export_is_plain_and_says_so(home, secret, tmp_path):
    kept, rows = fill(home, privacy={"encrypt": "sqlcipher"})
    before = said(home)
    with opened(home) as memory:
        for answer in (memory.export_file(tmp_path / "out.json"), memory.export_text("jsonl")):
            assert "not encrypted" in answer["warnings"][0]
    assert TEXT in (tmp_path / "out.json").read_text(encoding="utf-8")
    other = tmp_path / "other"
    with opened(other, {"privacy": {"encrypt": "sqlcipher"}}) as memory:
        assert memory.import_file(tmp_path / "out.json", trust="agent").created == 30
    assert without_reads(said(other)[0]) == without_reads(before[0])
    assert leaks(other, needles(kept, rows)) == []
    with opened(tmp_path / "plain") as memory:
        assert "warnings" not in memory.export_text()


def test_another_key_opens_nothing_and_changes_nothing(home, monkeypatch, capsys, secret):
    kept, _ = fill(home, privacy={"encrypt": "sqlcipher"})
    write_config(home, **TINY)
    before = digest_of(home)
    commands = [["recall", "frobozz"], ["memorize", "new"], ["erase", kept.id], ["export", "-"], ["status"]]
    commands += [["status", f"--{action}"] for action in encryption.ACTIONS] + [["tune"], ["reembed"]]
    for key in (OTHER, ""):
        monkeypatch.setenv(VARIABLE, key)
        for name, *arguments in commands:
            assert main(name, [*arguments, "--format", "json", "--home", str(home)]) == 5
            error = json.loads(capsys.readouterr().out)["error"]
            assert error["code"] == "store_key" and error["hint"] and OTHER not in str(error)
    assert digest_of(home) == before
    monkeypatch.setenv(VARIABLE, SECRET)
    assert main("recall", ["frobozz valve", "--namespace", SPACE, "--home", str(home)]) == 0


def test_the_key_is_never_shown(home, capfd, monkeypatch, secret):
    write_config(home, **TINY)
    monkeypatch.setenv(NEXT_VARIABLE, OTHER)
    calls = [["memorize", TEXT], ["status", "--encrypt", "--dry-run"], ["status", "--encrypt"], ["status"]]
    calls += [["status", "--rekey"], ["recall", "frobozz"]]
    for name, *arguments in calls:
        main(name, [*arguments, "--format", "json", "--home", str(home)])
    out, err = capfd.readouterr()
    assert out.count('"ok": true') == 5 and out.count("store_key") == 1 and err == ""
    for key in (SECRET, OTHER):
        assert key not in out and not leaks(home, {key.encode(), bytes.fromhex(key)})


def test_a_new_key_replaces_the_old_one(home, monkeypatch, secret):
    fill(home, privacy={"encrypt": "sqlcipher"})
    before, salt = said(home), cipher.salt_of(home / "memory.db")
    with pytest.raises(StoreKeyError, match=NEXT_VARIABLE):
        convert(home, "rekey")
    monkeypatch.setenv(NEXT_VARIABLE, SECRET)
    with pytest.raises(BadValueError, match="the key that the memory has"):
        convert(home, "rekey")
    assert cipher.salt_of(home / "memory.db") == salt
    monkeypatch.setenv(NEXT_VARIABLE, OTHER)
    assert convert(home, "rekey")["changed"]
    with pytest.raises(StoreKeyError, match="does not open"):
        said(home)
    monkeypatch.setenv(VARIABLE, OTHER)
    assert said(home) == before


def test_a_key_in_the_keyring(home, keyring):
    kept, rows = fill(home)
    before = said(home)
    assert convert(home, "encrypt", dry_run=True)["key"] == KEYRING and not keyring.entries
    assert convert(home, "encrypt")["key"] == KEYRING
    (first,) = keyring.entries
    assert said(home) == before and first[1] == cipher.salt_of(home / "memory.db").hex()
    assert convert(home, "rekey")["key"] == KEYRING
    (second,) = keyring.entries
    assert second != first and said(home) == before
    assert convert(home, "decrypt")["changed"] and not keyring.entries and said(home) == before


def test_a_forgotten_key_makes_the_memory_unreadable(home, keyring):
    kept, rows = fill(home)
    convert(home, "encrypt")
    assert convert(home, "forget-key", dry_run=True)["dry_run"] and len(keyring.entries) == 1
    assert "nobody" in convert(home, "forget-key")["note"] and not keyring.entries
    with pytest.raises(StoreKeyError, match="neither"):
        opened(home)
    assert leaks(home, needles(kept, rows)) == []


def test_the_environments_key_is_not_ours_to_forget(home, secret):
    fill(home, privacy={"encrypt": "sqlcipher"})
    with pytest.raises(BadValueError, match=VARIABLE):
        convert(home, "forget-key")


def test_what_is_so_already_stays(home, secret):
    fill(home)
    before = digest_of(home)
    assert not convert(home, "decrypt")["changed"]
    for action in ("rekey", "forget-key"):
        with pytest.raises(BadValueError, match="not encrypted"):
            convert(home, action)
    assert digest_of(home) == before
    assert convert(home, "encrypt")["changed"] and not convert(home, "encrypt")["changed"]


def test_a_key_that_was_kept_for_nothing_is_forgotten_again(home, keyring, monkeypatch):
    fill(home)
    before = digest_of(home)
    monkeypatch.setattr("ntm_memory.privacy.encrypted_copy._same", lambda one, other: False)
    with pytest.raises(StoreCorruptError, match="it differs"):
        convert(home, "encrypt")
    assert not keyring.entries and digest_of(home) == before


def test_a_copy_that_lost_a_row_is_noticed(home, secret, monkeypatch):
    fill(home)
    before = digest_of(home)
    from ntm_memory.privacy import encrypted_copy

    copied = encrypted_copy._copy

    def lossy(source, draft, new):
        copied(source, draft, new)
        copy = cipher.connect(draft, new)
        copy.execute("UPDATE memories SET importance = 0.25 WHERE row = 17")
        copy.commit()
        copy.close()

    monkeypatch.setattr(encrypted_copy, "_copy", lossy)
    with pytest.raises(StoreCorruptError):
        convert(home, "encrypt")
    assert digest_of(home) == before


def test_a_manager_that_was_open_is_told_and_leaves_no_plain_file(home, secret):
    kept, rows = fill(home)
    with opened(home, clock=Clock()) as memory:
        memory.recall("frobozz", namespace=SPACE)
        convert(home, "encrypt")
        for verb in (lambda: memory.memorize("lost?"), lambda: memory.recall("frobozz", namespace=SPACE)):
            with pytest.raises(StoreError, match="replaced since it was opened"):
                verb()
    assert leaks(home, needles(kept, rows)) == []
    assert all(record["content"] != "lost?" for record in said(home)[0])


def test_it_waits_for_a_writer_and_gives_up(home, secret):
    fill(home)
    with opened(home) as memory, memory.store.transaction():
        with pytest.raises(StoreLockedError):
            encryption.carry_out(home / "memory.db", "encrypt", 0.05)
    assert cipher.salt_of(home / "memory.db") is None and not list(home.glob("*.draft*"))


READING = """
import sqlite3, sys
sql = sqlite3.connect(sys.argv[1], isolation_level=None)
sql.execute("BEGIN")
sql.execute("SELECT count(*) FROM memories").fetchone()
print("reading", flush=True)
sys.stdin.readline()
"""


@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_a_reader_of_another_process_is_not_disturbed(home, secret, mode):
    fill(home)
    path, before = home / "memory.db", said(home)
    sql = sqlite3.connect(path)
    sql.execute(f"PRAGMA journal_mode = {mode}")
    sql.close()
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", READING, str(path)], text=True, **pipes) as reader:
        assert reader.stdout.readline() == "reading\n"
        with pytest.raises(StoreLockedError):
            encryption.carry_out(path, "encrypt", 0.05)
        assert cipher.salt_of(path) is None and not list(home.glob("*.draft*"))
        reader.stdin.write("\n")
        reader.stdin.flush()
        assert reader.wait() == 0
    assert convert(home, "encrypt")["changed"] and said(home) == before


def test_status_says_which_files_are_encrypted(home, secret):
    fill(home)
    with opened(home) as memory:
        assert memory.status()["encryption"] == "off"
    with opened(home, {"privacy": {"encrypt": "sqlcipher"}}) as memory:
        assert any("--encrypt" in line for line in memory.status()["warnings"])
    convert(home, "encrypt")
    write_config(home, **TINY)
    (home / "recall.json").write_text("{}")
    (home / "backups").mkdir()
    (home / "backups" / "older.db").write_bytes(b"SQLite format 3\0" + bytes(5000))
    with opened(home, {"recall": {"tuned": False}}) as memory:
        memory.recall("frobozz", namespace=SPACE)
        answer = memory.status()
        files = answer["encryption"]
        assert answer["store"]["engine"].startswith("SQLCipher")
    assert files["memory.db"] == files["usage.db"] == "encrypted" and files["memory.lock"] == "empty"
    assert "no text" in files["recall.json"] and "settings" in files["config.json"]
    assert files[os.path.join("backups", "older.db")] == "plain"
    assert [line for line in answer["warnings"] if "older.db" in line and "memory.db" not in line]


def test_one_action_at_a_time(home, capsys):
    for arguments in (
        ["--encrypt", "--decrypt"],
        ["--encrypt", "--repair"],
        ["--dry-run"],
        ["--rekey", "--history", "m"],
    ):
        assert main("status", [*arguments, "--format", "json", "--home", str(home)]) == 2
        assert json.loads(capsys.readouterr().out)["error"]["code"] == "bad_value"


def test_without_the_library_it_says_what_to_install(home, secret, monkeypatch):
    fill(home)
    before = digest_of(home)
    monkeypatch.setitem(sys.modules, "sqlcipher3", None)
    monkeypatch.delitem(sys.modules, "ntm_memory.privacy.sqlcipher", raising=False)
    monkeypatch.delattr("ntm_memory.privacy.sqlcipher", raising=False)
    with pytest.raises(NotSetUpError) as caught:
        convert(home, "encrypt")
    assert "--with encrypt" in caught.value.hint and digest_of(home) == before


RECALLED = """
import sys
from ntm_memory.cli import main
for call in (["memorize", "Mia drinks tea"], ["recall", "Mia"], ["status"]):
    assert main(call[0], [*call[1:], "--home", sys.argv[1]]) == 0
print(sorted(name for name in sys.modules if name.split(".")[0] in ("sqlcipher3", "keyring", "cryptography")))
"""


def test_nothing_of_it_is_imported_while_it_is_off(home):
    write_config(home, **TINY)
    done = subprocess.run([sys.executable, "-c", RECALLED, str(home)], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


# Dies at the n-th line that is run of the modules that convert; prints how many there were if it got to the end.
KILLED = """
import os, signal, sys
from pathlib import Path
from ntm_memory.upkeep import encryption
from ntm_memory.privacy import cipher, encrypted_copy
home, action, deadly = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
cipher.driver()
MODULES = ("encryption.py", "encrypted_copy.py", "wiping.py", "cipher.py", "usage.py")
count = 0
def trace(frame, event, argument):
    global count
    if not frame.f_code.co_filename.endswith(MODULES):
        return None
    if event == "line":
        count += 1
        if count == deadly:
            os.kill(os.getpid(), signal.SIGKILL)
    return trace
sys.settrace(trace)
encryption.carry_out(home / "memory.db", action, 1.0)
sys.settrace(None)
print(count)
"""


def killed(home, action, deadly):
    arguments = [sys.executable, "-c", KILLED, str(home), action, str(deadly)]
    return subprocess.run(arguments, capture_output=True, text=True)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
@pytest.mark.parametrize("action", ["encrypt", "decrypt", "rekey"])
def test_killed_at_any_line_it_is_the_old_file_or_the_new_one(home, tmp_path, monkeypatch, secret, action):
    monkeypatch.setenv(NEXT_VARIABLE, OTHER)
    kept, rows = fill(home, privacy={"encrypt": "off" if action == "encrypt" else "sqlcipher"})
    forms, before, content = needles(kept, rows), said(home), digest_of(home)
    whole, first = tmp_path / "whole", cipher.salt_of(home / "memory.db")
    restored(whole, content)
    done = killed(whole, action, -1)
    assert done.returncode == 0, done.stderr
    last, states = int(done.stdout), set()
    for deadly in (5, last // 3, *range(last - 24, last - 2, 6)):
        there = tmp_path / f"killed-{deadly}"
        restored(there, content)
        monkeypatch.setenv(VARIABLE, SECRET)
        assert killed(there, action, deadly).returncode == -signal.SIGKILL
        now = cipher.salt_of(there / "memory.db")
        states.add(now == first)
        if action == "rekey" and now != first:
            monkeypatch.setenv(VARIABLE, OTHER)
        records, feedback, _, embedder = said(there)
        assert (without_reads(records), feedback, embedder) == (without_reads(before[0]), before[1], before[3])
        assert not list(there.glob("*.draft*"))
        with opened(there) as memory:
            memory.recall("frobozz", namespace=SPACE, session="other")
        assert now is None or leaks(there, forms) == [], deadly
    assert states == {True, False}


def without_reads(records):
    """Counters may be lost."""
    return [{**record, "reads": 0, "last_read_at": None} for record in records]


def restored(folder, content):
    folder.mkdir()
    for name, data in content.items():
        (folder / name).write_bytes(data)


def test_a_key_knows_its_file(home, secret):
    fill(home, privacy={"encrypt": "sqlcipher"})
    key = find_key(cipher.salt_of(home / "memory.db"))
    assert replace(key, secret=b"x" * 32).raw != key.raw and key.raw.count(SECRET) == 1
