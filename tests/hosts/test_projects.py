"""A working folder → the namespaces of its memories; and requests of a client that stands in one."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from ntm_memory.commands import run
from ntm_memory.errors import NotFoundError
from ntm_memory.hosts.places import ask_within, project_of_client
from ntm_memory.hosts.projects import USER, Project, least_capture, project_here, project_of
from tests.opening import TINY


@pytest.fixture
def work(tmp_path):
    folder = tmp_path / "code" / "app"
    (folder / "src" / "deep").mkdir(parents=True)
    return folder


def test_a_repository_is_one_project_from_all_of_its_folders(work):
    (work / ".git").mkdir()
    assert project_of(str(work / "src" / "deep")) == project_of(str(work))
    assert project_of(str(work)).namespace.startswith("app-")


def test_without_one_each_folder_is_its_own(work):
    assert project_of(str(work / "src")) != project_of(str(work))


def test_two_of_one_name_are_kept_apart(tmp_path):
    for place in ("a", "b"):
        (tmp_path / place / "app" / ".git").mkdir(parents=True)
    assert project_of(str(tmp_path / "a" / "app")).namespace != project_of(str(tmp_path / "b" / "app")).namespace


@pytest.fixture
def branch(work, tmp_path):
    """A worktree of it, as git makes one."""
    git = work / ".git" / "worktrees" / "branch"
    git.mkdir(parents=True)
    (git / "commondir").write_text("../..\n")
    (git / "gitdir").write_text(f"{tmp_path / 'branch' / '.git'}\n")
    (tmp_path / "branch").mkdir()
    (tmp_path / "branch" / ".git").write_text(f"gitdir: {git}\n")
    return tmp_path / "branch"


def test_a_worktree_belongs_to_its_repository(work, branch):
    assert project_of(str(branch)) == project_of(str(work))
    (branch / ".ntm-memory").write_text("capture = off")
    assert project_of(str(branch)).capture == "off"
    assert project_of(str(work)).capture == "episodes"


def test_a_worktree_of_git_itself_belongs_to_its_repository(work, tmp_path):
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b.c", "-C", str(work)]
    for line in (["init", "-q"], ["commit", "-q", "--allow-empty", "-m", "a"], ["worktree", "add", "-q", "../../tree"]):
        subprocess.run([*git, *line], check=True)
    assert project_of(str(tmp_path / "tree")) == project_of(str(work))


@pytest.mark.parametrize("gitdir", ["g", "../code/app/.git/worktrees/branch", "../code/app/.git"])
def test_a_folder_that_only_says_it_is_a_worktree_is_its_own(work, branch, tmp_path, gitdir):
    stranger = tmp_path / "stranger"
    (stranger / "g").mkdir(parents=True)
    (stranger / ".git").write_text(f"gitdir: {gitdir}\n")
    (stranger / "g" / "commondir").write_text("../../code/app/.git\n")
    (stranger / "g" / "gitdir").write_text(f"{stranger / '.git'}\n")
    assert project_of(str(stranger)).namespace.startswith("stranger-")


def test_the_home_folder_and_no_folder_are_the_user_s_own():
    assert project_of(str(Path.home())).namespace == project_of("").namespace == USER
    assert project_of(str(Path.home())).namespaces == ("shared", "default")


def test_the_name_needs_no_quotes(tmp_path):
    folder = tmp_path / "我的 app; rm -rf $HOME"
    folder.mkdir()
    assert all(each.isalnum() or each in "._-" for each in project_of(str(folder)).namespace)
    assert project_of(str(folder)).namespace.startswith("我的-app")


def test_a_file_switches_off(work):
    own = project_of(str(work)).namespace
    (work / ".ntm-memory").write_text("# ours\ncapture = 'OFF'  # all\ninject = off\n", encoding="utf-8")
    assert project_of(str(work / "src")) == Project(own, "off", False)


@pytest.mark.parametrize("name", ["shared", "default", "other-1a2b3c", "../x", "a b", "x", "x/episodes", "personal"])
def test_a_file_of_strangers_names_no_namespace(work, name):
    own = project_of(str(work))
    (work / ".ntm-memory").write_text(f"namespace = {name}\n", encoding="utf-8")
    assert project_of(str(work)) == own


def test_the_user_names_a_namespace_for_a_folder(work, tmp_path):
    home = tmp_path / "memory"
    home.mkdir()
    settings = {"ntm_memory": {"hosts": {"projects": {str(work): "team-notes"}}}}
    (home / "config.json").write_text(json.dumps(settings))
    (work / ".git").mkdir()
    assert project_here(str(work / "src"), home).namespace == "team-notes"
    assert project_here(str(tmp_path), home).namespace != "team-notes"


def test_a_file_in_the_home_folder_switches_off_too():
    Path.home().mkdir(exist_ok=True)
    (Path.home() / ".ntm-memory").write_text("capture = off")
    assert project_of(str(Path.home())) == Project(USER, "off")


@pytest.mark.parametrize("content", [b"", b"\n# nothing\n", b"\xef\xbb\xbfcapture = episodes"])
def test_a_file_that_says_nothing_changes_nothing(work, content):
    before = project_of(str(work))
    (work / ".ntm-memory").write_bytes(content)
    assert project_of(str(work)) == before


NOT_UNDERSTOOD = [
    "capture = off".encode("utf-16"),
    b"CAPTURE: OFF",
    b"capture = none",
    b"capture",
    b"capture = off\ncapture = episodes",
    b'{"capture": "off"}',
    b"inject = never",
    b"keep = nothing",
    b"\xff\xfe",
    b"#" * 5000,
]


@pytest.mark.parametrize("content", NOT_UNDERSTOOD)
def test_a_file_that_is_not_understood_switches_off_and_is_named(work, content):
    file = work / ".ntm-memory"
    file.write_bytes(content)
    own = project_of(str(work))
    assert (own.capture, own.inject, own.not_understood) == ("off", False, str(file))


def test_what_is_no_plain_file_switches_off(work, tmp_path):
    (tmp_path / "file").write_text("capture = episodes")
    (work / ".ntm-memory").symlink_to(tmp_path / "file")
    assert project_of(str(work)).capture == "off"


def test_less_is_kept_if_either_says_so():
    assert least_capture("episodes", "told") == least_capture("told", "episodes") == "told"
    assert least_capture("off", "episodes") == "off"


@pytest.fixture
def ask(tmp_path):
    return lambda request: run({"home": str(tmp_path / "memory"), "config": {**TINY, **KEEP}, **request})


KEEP = {"recall": {"confidence_floor": 0.0}, "store": {"backups": 0}}
PROJECT = Project("app-1a2b3c")


def test_what_is_told_goes_to_the_project(ask):
    told = ask_within(PROJECT, {"command": "memorize", "content": "The port is 5433"}, ask)
    assert told["memory"]["namespace"] == PROJECT.namespace


def test_a_question_is_put_to_all_that_hold_there(ask):
    for namespace in (PROJECT.namespace, "shared", "default", "elsewhere"):
        ask({"command": "memorize", "content": f"The port of {namespace} is 5433", "namespace": namespace})
    found = ask_within(PROJECT, {"command": "recall", "query": "the port"}, ask)["memories"]
    assert {memory["content"].split()[3] for memory in found} == {PROJECT.namespace, "shared", "default"}
    assert len(ask_within(PROJECT, {"command": "recall", "query": "the port", "top_k": 2}, ask)["memories"]) == 2


def test_what_two_namespaces_say_is_told_once_and_what_is_cut_is_counted(ask):
    for namespace, day in ((PROJECT.namespace, "2026-05-01"), ("shared", "2026-05-03")):
        told = {"command": "memorize", "content": "The port is 5433", "namespace": namespace, "occurred_at": day}
        ask(told)
    ask({"command": "memorize", "content": "The port of the mirror is 5434", "namespace": "shared"})
    question = {"command": "recall", "query": "the port", "all": True}
    found = ask_within(PROJECT, question, ask)
    same = next(each for each in found["memories"] if each["content"] == "The port is 5433")
    assert len(found["memories"]) == 2 and (same["told"], len(same["also"])) == (2, 1)
    assert same["last_told"].startswith("2026-05-03") and found["further"] == found["more"] == 0
    cut = ask_within(PROJECT, {**question, "top_k": 1}, ask)
    assert len(cut["memories"]) == 1 and cut["more"] >= cut["further"] >= 1


def test_what_is_named_is_taken_where_it_is(ask):
    id = ask({"command": "memorize", "content": "Mia drinks tea", "key": "mia", "namespace": "shared"})["memory"]["id"]
    told = ask_within(PROJECT, {"command": "update", "id_or_key": "mia", "content": "Mia drinks coffee"}, ask)
    assert told["memory"]["id"] == id
    ask_within(PROJECT, {"command": "erase", "ids_or_key": [id]}, ask)
    with pytest.raises(NotFoundError):
        ask_within(PROJECT, {"command": "update", "id_or_key": "mia", "content": "x"}, ask)


def test_only_a_plugin_s_server_stands_in_a_project(work):
    assert project_of_client({}) is None
    assert project_of_client({"CLAUDE_PROJECT_DIR": str(work)}) is None
    told = project_of_client({"CLAUDE_PROJECT_DIR": str(work), "CLAUDE_PLUGIN_ROOT": "/x"})
    assert told == project_of(str(work))
