"""Through real git, with a bare repository as the remote."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from opening import Clock, opened

from bench.faults.devices import said_by
from ntm_memory.errors import ConfigError, StoreError
from ntm_memory.sync.git_remote import GitRemote

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")


def git(folder, *arguments):
    done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=True)
    return done.stdout


@pytest.fixture
def remote(tmp_path, monkeypatch):
    for name in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{name}_NAME", "Mia")
        monkeypatch.setenv(f"GIT_{name}_EMAIL", "mia@example.org")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    subprocess.run(["git", "init", "--quiet", "--bare", str(tmp_path / "remote.git")], check=True)
    return tmp_path / "remote.git"


def commit_file(file, text):
    file.write_text(text)
    git(file.parent, "add", file.name)
    git(file.parent, "commit", "--quiet", "-m", "notes")


def clone(remote, folder):
    subprocess.run(["git", "clone", "--quiet", str(remote), str(folder)], check=True, capture_output=True)


@contextmanager
def without_net(remote):
    """The remote is away."""
    away = remote.rename(remote.with_name("away.git"))
    yield
    away.rename(remote)


def device(tmp_path, name, remote):
    folder = tmp_path / f"{name}-logs"
    if not folder.exists():
        clone(remote, folder)
    return opened(tmp_path / name, {"sync": {"folder": str(folder)}}, clock=Clock())


def test_two_devices_by_a_bare_remote(tmp_path, remote):
    with device(tmp_path, "one", remote) as one, device(tmp_path, "other", remote) as other:
        id = one.memorize("Mia drinks tea", key="drink").memory.id
        other.memorize("Tom is in Oslo")
        for _ in range(3):
            answers = [each.sync() for each in (one, other)]
        assert not any(each["warnings"] for each in answers)
        assert said_by(one) == said_by(other) and one.store.count() == 2
        other.erase([id], purge=True)
        for _ in range(2):
            other.sync(), one.sync()
        assert said_by(one) == said_by(other) and one.store.count() == 1
        assert len(git(remote, "log", "--oneline", "--all").splitlines()) >= 3
        assert not git(tmp_path / "one-logs", "status", "--short")


def test_a_log_that_is_forgotten_leaves_the_branch(tmp_path, remote):
    with device(tmp_path, "one", remote) as one:
        one.memorize("Mia drinks tea")
        name = one.sync()["device"]
    with device(tmp_path, "other", remote) as other:
        other.sync()
        assert not other.sync(forget=[name])["warnings"] and other.store.count() == 1
        assert name not in git(remote, "ls-tree", "--name-only", "HEAD") and other.sync()["warnings"] == []
        assert not git(tmp_path / "other-logs", "status", "--short")


def test_a_remote_that_is_away_is_told_and_nothing_is_lost(tmp_path, remote):
    with device(tmp_path, "one", remote) as one, device(tmp_path, "other", remote) as other:
        one.memorize("Mia drinks tea")
        one.sync(), other.sync()
        with without_net(remote):
            other.memorize("Tom is in Oslo")
            answer = other.sync()
            assert answer["sent"] == 1 and "git" in answer["warnings"][0]
        other.sync(), one.sync()
        assert said_by(one) == said_by(other) and one.store.count() == 2


def test_a_folder_that_is_no_repository_is_synced_without_git_or_refused(tmp_path):
    folder = tmp_path / "plain"
    folder.mkdir()
    with opened(tmp_path / "one", {"sync": {"folder": str(folder)}}) as memory:
        assert memory.sync()["warnings"] == []
    with opened(tmp_path / "one", {"sync": {"folder": str(folder), "git": True}}) as memory:
        with pytest.raises(ConfigError, match="no git repository"):
            memory.sync()


_SLEEPS = "#!/bin/sh\necho $$ > {pid}\nexec sleep 300\n"


@pytest.fixture
def silent(tmp_path, remote, monkeypatch):
    """A clone whose remote answers nothing, and the file that says which process waits for it."""
    pid, ssh = tmp_path / "pid", tmp_path / "ssh"
    ssh.write_text(_SLEEPS.format(pid=pid))
    ssh.chmod(0o755)
    with device(tmp_path, "one", remote) as one:
        one.memorize("Mia drinks tea")
        one.sync()
    git(tmp_path / "one-logs", "remote", "set-url", "origin", "ssh://nobody@localhost/nothing.git")
    monkeypatch.setenv("GIT_SSH", str(ssh))
    return pid


def is_there(pid):
    """Whether a process runs; one that ended and that nobody asked for yet does not."""
    try:
        return Path(f"/proc/{int(pid.read_text())}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for processes in /proc")
def test_a_remote_that_does_not_answer_is_asked_once_told_once_and_left(tmp_path, remote, silent, monkeypatch):
    monkeypatch.setattr("ntm_memory.sync.git_remote._SECONDS", 2.0)
    with device(tmp_path, "one", remote) as one:
        one.memorize("Tom is in Oslo")
        answer = one.sync()
    assert len(answer["warnings"]) == 1 and "no answer within 2 seconds" in answer["warnings"][0]
    assert answer["sent"] == 1 and not is_there(silent)
    assert len(git(tmp_path / "one-logs", "log", "--oneline").splitlines()) == 2


_FETCHES = "import sys, pathlib; from ntm_memory.sync.git_remote import GitRemote as G; G(pathlib.Path({!r})).fetch()"


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for processes in /proc")
def test_what_git_started_ends_with_the_process_that_waits_for_it(tmp_path, remote, silent):
    waits = subprocess.Popen([sys.executable, "-c", _FETCHES.format(str(tmp_path / "one-logs"))])
    for _ in range(600):
        if silent.exists() and silent.read_text().strip():
            break
        time.sleep(0.05)
    assert is_there(silent)
    waits.terminate()
    assert waits.wait(30) != 0
    for _ in range(100):
        if not is_there(silent):
            break
        time.sleep(0.05)
    assert not is_there(silent)


def settle(*devices):
    for _ in range(4):
        answers = [each.sync() for each in devices]
    assert not any(each["warnings"] for each in answers), [each["warnings"] for each in answers]
    first, *others = map(said_by, devices)
    assert all(other == first for other in others)


def test_three_clones_with_days_without_a_net_come_to_say_the_same(tmp_path, remote):
    with device(tmp_path, "one", remote) as one, device(tmp_path, "two", remote) as two:
        with device(tmp_path, "three", remote) as three:
            id = one.memorize("Mia drinks tea", key="drink").memory.id
            settle(one, two, three)
            with without_net(remote):
                for day in range(3):
                    for name, each in (("one", one), ("two", two), ("three", three)):
                        each.memorize(f"{name} tells of day {day}")
                        assert each.sync()["sent"] == 1
                two.erase([id], purge=True)
            settle(one, two, three)
            assert one.store.count() == 9
            assert not any(git(tmp_path / f"{each}-logs", "status", "--short") for each in ("one", "two", "three"))


def test_a_machine_that_was_forgotten_while_it_wrote_is_in_no_conflict_for_good(tmp_path, remote):
    with device(tmp_path, "one", remote) as one, device(tmp_path, "other", remote) as other:
        one.memorize("Mia drinks tea")
        settle(one, other)
        with without_net(remote):
            one.memorize("told without a net")
            name = one.sync()["device"]
        assert not other.sync(forget=[name])["warnings"]
        settle(one, other)
        assert other.store.count() == 2 and name in git(remote, "ls-tree", "--name-only", "HEAD")


def test_two_clones_that_wrote_one_log_lose_nothing(tmp_path, remote):
    with device(tmp_path, "one", remote) as one:
        one.memorize("Mia drinks tea")
        one.sync()
    shutil.copytree(tmp_path / "one", tmp_path / "other")
    with device(tmp_path, "one", remote) as one, device(tmp_path, "other", remote) as other:
        one.memorize("Tom is in Oslo")
        other.memorize("Priya is in Pune")
        for _ in range(4):
            one.sync(), other.sync()
        settle(one, other)
        assert one.store.count() == 3


@pytest.mark.parametrize("theirs", ["another line\n", None])
def test_of_a_log_in_conflict_this_clones_is_kept_and_no_pull_fails_for_good(tmp_path, remote, theirs):
    one, other = (tmp_path / name for name in ("one", "other"))
    clone(remote, one)
    log = one / "ntm-aaaaaaaa-2026-11.jsonl"
    log.write_text("a line\n")
    GitRemote(one).send([log])
    clone(remote, other)
    same = other / log.name
    same.write_text(theirs) if theirs else same.unlink()
    GitRemote(other).send([same] if theirs else [], [] if theirs else [same])
    log.write_text("a line\nand one that was told without a net\n")
    git(one, "commit", "--quiet", "-am", "told")
    remote_one = GitRemote(one)
    assert remote_one.fetch() and not remote_one.warnings
    assert log.read_text() == "a line\nand one that was told without a net\n"
    remote_one.send([log])
    assert not remote_one.warnings and not git(one, "status", "--short", "--branch").splitlines()[1:]


def test_a_purge_between_two_syncs_keeps_nobody_from_pulling(tmp_path, remote):
    with device(tmp_path, "one", remote) as one, device(tmp_path, "other", remote) as other:
        id = one.memorize("Mia drinks tea").memory.id
        settle(one, other)
        other.memorize("Tom is in Oslo")
        other.sync()
        one.erase([id], purge=True)
        answer = one.sync()
        assert answer["warnings"] == [] and answer["taken"] == 1
        settle(one, other)
        assert other.store.count() == 1


def test_a_git_that_does_not_know_who_commits_is_told_so_each_time(tmp_path, remote, monkeypatch):
    for name in ("AUTHOR", "COMMITTER"):
        monkeypatch.delenv(f"GIT_{name}_NAME")
        monkeypatch.delenv(f"GIT_{name}_EMAIL")
    (tmp_path / "gitconfig").write_text("[user]\n\tuseConfigOnly = true\n")
    with device(tmp_path, "one", remote) as one:
        one.memorize("Mia drinks tea")
        for _ in range(2):
            (warning,) = one.sync()["warnings"]
            assert "user.name" in warning and "user.email" in warning
        (tmp_path / "gitconfig").write_text("[user]\n\tname = Mia\n\temail = mia@example.org\n")
        assert one.sync()["warnings"] == [] and git(remote, "log", "--oneline", "--all")


@pytest.mark.parametrize("is_staged", [True, False])
def test_what_a_person_changes_in_the_work_tree_stops_no_pull_and_is_not_sent(tmp_path, remote, is_staged):
    with device(tmp_path, "one", remote) as one, device(tmp_path, "other", remote) as other:
        one.memorize("Mia drinks tea")
        settle(one, other)
        folder = tmp_path / "one-logs"
        (folder / "notes.txt").write_text("first")
        git(folder, "add", "notes.txt")
        git(folder, "commit", "-m", "notes")
        (folder / "notes.txt").write_text("not done yet")
        if is_staged:
            git(folder, "add", "notes.txt")
        other.memorize("Tom is in Oslo")
        other.sync()
        one.memorize("Priya is in Pune")
        assert one.sync()["warnings"] == [] and one.store.count() == 3
        assert (folder / "notes.txt").read_text() == "not done yet"
        assert git(remote, "show", "HEAD:notes.txt") == "first"


def test_a_file_of_a_person_that_a_pull_would_write_over_is_named(tmp_path, remote):
    with device(tmp_path, "one", remote) as one, device(tmp_path, "other", remote) as other:
        one.memorize("Mia drinks tea")
        settle(one, other)
        theirs = tmp_path / "other-logs"
        (theirs / "notes.txt").write_text("theirs")
        git(theirs, "add", "notes.txt")
        git(theirs, "commit", "-m", "notes")
        git(theirs, "push")
        (tmp_path / "one-logs" / "notes.txt").write_text("mine")
        (warning,) = one.sync()["warnings"]
        assert "move away or commit notes.txt" in warning
        assert (tmp_path / "one-logs" / "notes.txt").read_text() == "mine"


def test_where_no_branch_is_checked_out_that_is_told_and_nothing_is_committed(tmp_path, remote):
    with device(tmp_path, "one", remote) as one:
        one.memorize("Mia drinks tea")
        one.sync()
        folder = tmp_path / "one-logs"
        branch = git(folder, "branch", "--show-current").strip()
        git(folder, "checkout", "--quiet", "--detach")
        one.memorize("Tom is in Oslo")
        answer = one.sync()
        assert answer["sent"] == 1 and ["no branch is checked out" in each for each in answer["warnings"]] == [True]
        assert len(git(folder, "log", "--oneline").splitlines()) == 1
        git(folder, "checkout", "--quiet", branch)
        assert one.sync()["warnings"] == []
        assert len(git(remote, "log", "--oneline", "--all").splitlines()) == 2


def test_a_link_that_a_pull_puts_in_the_place_of_the_own_log_is_never_written_through(tmp_path, remote):
    with device(tmp_path, "one", remote) as one, device(tmp_path, "other", remote) as other:
        one.memorize("Mia drinks tea")
        settle(one, other)
        (name,) = (path.name for path in (tmp_path / "one-logs").glob("*.jsonl"))
        target = tmp_path / "victim"
        target.write_text("mine\n")
        theirs = tmp_path / "other-logs"
        (theirs / name).unlink()
        (theirs / name).symlink_to(target)
        git(theirs, "commit", "--quiet", "-am", "a link")
        git(theirs, "push", "--quiet")
        one.memorize("Tom is in Oslo")
        with pytest.raises(StoreError, match="is a link"):
            one.sync()
        assert target.read_text() == "mine\n" and (tmp_path / "one-logs" / name).is_symlink()
        (tmp_path / "one-logs" / name).unlink()
        settle(one, other)
        assert other.store.count() == 2 and target.read_text() == "mine\n"


def test_a_log_that_a_rule_of_the_users_ignores_is_sent_all_the_same(tmp_path, remote):
    (tmp_path / "ignored").write_text("*.jsonl\n")
    (tmp_path / "gitconfig").write_text(f"[core]\n\texcludesFile = {tmp_path / 'ignored'}\n")
    with device(tmp_path, "one", remote) as one, device(tmp_path, "other", remote) as other:
        one.memorize("Mia drinks tea")
        settle(one, other)
        assert other.store.count() == 1


def test_what_git_cannot_add_is_told_each_time_and_sent_once_it_can(tmp_path, remote):
    with device(tmp_path, "one", remote) as one, device(tmp_path, "other", remote) as other:
        other.memorize("Priya is in Pune")
        settle(one, other)
        name = other.sync()["device"]
        lock = tmp_path / "one-logs" / ".git" / "index.lock"
        lock.touch()
        one.memorize("Mia drinks tea")
        for forget in ([], [name], []):
            (warning,) = one.sync(forget=forget)["warnings"]
            assert "git add did not succeed" in warning and "remove the lock" in warning and "index.lock" in warning
        assert name in git(remote, "ls-tree", "--name-only", "HEAD")
        lock.unlink()
        assert one.sync()["warnings"] == [] and name not in git(remote, "ls-tree", "--name-only", "HEAD")
        assert not git(tmp_path / "one-logs", "status", "--short")
        settle(one, other)
        assert other.store.count() == 2


@pytest.mark.parametrize("is_staged", [True, False])
def test_a_file_that_a_person_changed_on_both_machines_stays_as_it_is_and_is_named(tmp_path, remote, is_staged):
    with device(tmp_path, "one", remote) as one, device(tmp_path, "other", remote) as other:
        ours, theirs = tmp_path / "one-logs" / "notes ü.txt", tmp_path / "other-logs" / "notes ü.txt"
        one.memorize("Mia drinks tea")
        commit_file(ours, "first\n")
        settle(one, other)
        theirs.write_text("theirs\n")
        git(theirs.parent, "commit", "--quiet", "-am", "notes")
        other.memorize("Tom is in Oslo")
        other.sync()
        ours.write_text("mine\n")
        if is_staged:
            git(ours.parent, "add", ours.name)
        before = git(ours.parent, "status", "--short")
        for text in ("Priya is in Pune", "Otto moved"):
            one.memorize(text)
            (warning,) = one.sync()["warnings"]
            assert "move away or commit notes ü.txt" in warning
            assert ours.read_text() == "mine\n" and git(ours.parent, "status", "--short") == before
            assert not git(ours.parent, "stash", "list")
        git(ours.parent, "checkout", "--quiet", "HEAD", "--", ours.name)
        settle(one, other)
        assert one.store.count() == 4 and ours.read_text() == "theirs\n"


def test_a_file_that_both_persons_committed_otherwise_is_named_with_what_to_do(tmp_path, remote):
    with device(tmp_path, "one", remote) as one, device(tmp_path, "other", remote) as other:
        settle(one, other)
        for each in (other, one):
            notes = tmp_path / ("one-logs" if each is one else "other-logs") / "notes.txt"
            commit_file(notes, f"{notes.parent.name}\n")
            each.memorize(f"what {notes.parent.name} knows")
            warnings = each.sync()["warnings"]
        assert len(warnings) == 1 and "both changed notes.txt: join them by `git pull`" in warnings[0]
        assert notes.read_text() == "one-logs\n" and not git(notes.parent, "status", "--short")


def test_what_a_person_staged_stays_staged_where_nothing_is_to_be_put_on_top(tmp_path, remote):
    with device(tmp_path, "one", remote) as one, device(tmp_path, "other", remote) as other:
        notes = tmp_path / "one-logs" / "notes.txt"
        one.memorize("Mia drinks tea")
        commit_file(notes, "first\n")
        settle(one, other)
        notes.write_text("staged\n")
        git(notes.parent, "add", notes.name)
        other.memorize("Tom is in Oslo")
        other.sync()
        assert one.sync()["warnings"] == [] and one.sync()["warnings"] == []
        assert git(notes.parent, "status", "--short") == "M  notes.txt\n" and one.store.count() == 2


def test_a_history_that_was_written_anew_on_the_remote_is_not_sent_again(tmp_path, remote):
    with device(tmp_path, "one", remote) as one, device(tmp_path, "other", remote) as other:
        one.memorize("Mia drinks tea")
        settle(one, other)
        folder = tmp_path / "other-logs"
        first = git(folder, "rev-list", "HEAD").split()
        git(folder, "checkout", "--quiet", "--orphan", "anew")
        git(folder, "commit", "--quiet", "-m", "all that there is")
        git(folder, "push", "--quiet", "--force", "origin", "anew:" + git(remote, "branch", "--show-current").strip())
        one.memorize("Tom is in Oslo")
        assert one.sync()["warnings"] == []
        assert not {*first} & {*git(remote, "rev-list", "HEAD").split()}
        assert len(git(remote, "rev-list", "HEAD").split()) == 2
