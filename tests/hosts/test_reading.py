"""The hosts' own memories: read on request, again only where they changed; what is gone is told."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from opening import TINY

from ntm_memory import commands
from ntm_memory.errors import BadValueError, RetractedError
from ntm_memory.hosts.projects import project_of
from ntm_memory.hosts.reading import mirror_request, read_host

SECRET = "ghp_" + "x7Kq2mZ9bR4tW8vY1cD5fG3hJ6nL0pSaEuIo"


@pytest.fixture
def ask(tmp_path):
    config = {**TINY, "store": {"backups": 0}}
    return lambda request: commands.run({"home": tmp_path / "memory", "config": config, **_told(request)})


def _told(request):
    return {name: value for name, value in request.items() if value is not None}


@pytest.fixture
def workspace():
    folder = Path.home() / ".openclaw" / "workspace"
    (folder / "memory").mkdir(parents=True)
    (folder / "MEMORY.md").write_text("# MEMORY\n- 小美喜欢绿茶\n- The staging port is 5433\n", encoding="utf-8")
    (folder / "USER.md").write_text("Her name is Anna.\n")
    (folder / "memory" / "2026-11-20.md").write_text("# 2026-11-20\n- 今天和老大讨论了认知天性\n", encoding="utf-8")
    return folder


def read(ask, **request):
    return read_host({"command": "import", "host": "openclaw", **request}, ask)


def stored(ask, namespace="shared"):
    return {each["content"]: each for each in ask({"command": "list", "namespace": namespace})["memories"]}


class TestOpenClaw:
    def test_its_files_become_memories_with_file_and_line(self, ask, workspace):
        done = read(ask)
        assert (done["created"], done["files"], done["as_before"], done["gone"]) == (4, 3, 0, [])
        found = stored(ask)
        assert found["The staging port is 5433"]["source"] == "~/.openclaw/workspace/MEMORY.md:3"
        assert found["今天和老大讨论了认知天性"]["occurred_at"].startswith("2026-11-20")
        assert {each["trust"] for each in found.values()} == {"import"}

    def test_no_memory_is_listed_that_came_from_elsewhere(self, ask, workspace):
        read(ask)
        ask({"command": "memorize", "content": "The office is in Bergen", "namespace": "shared"})
        listed = []

        def noted(request):
            answer = ask(request)
            listed.extend(answer["memories"] if request["command"] == "list" else ())
            assert request["command"] != "status" or request["namespaces"]
            return answer

        assert read(noted)["as_before"] == 3
        assert len(listed) == 4 and all(each["source"].startswith("~/.openclaw/") for each in listed)

    def test_its_files_are_read_as_an_import_reads_them(self, ask, workspace):
        (workspace / "USER.md").write_text("# USER\n- Deploys\n  - on Tuesdays\n")
        (workspace / "memory" / "coffee.md").write_text(
            "---\ntitle: Coffee\ntags: [drink]\n---\n- Pour over\n- Slowly\n"
        )
        (workspace / "memory" / "code.md").write_text("```\nnothing\n```\n")
        assert read(ask)["failed"] == []
        found = stored(ask)
        assert found["Deploys: on Tuesdays"]["source"] == "~/.openclaw/workspace/USER.md:3"
        assert found["Coffee\n\n- Pour over\n- Slowly"]["tags"] == ("drink",)

    def test_only_what_changed_is_read_again(self, ask, workspace):
        read(ask)
        asked = []
        done = read(lambda request: asked.append(request) or ask(request))
        assert (done["files"], done["as_before"], done["created"], done["unchanged"]) == (0, 3, 0, 0)
        assert [request["text"] for request in asked if request["command"] == "import"] == [""]
        (workspace / "USER.md").write_text("Her name is Anna.\n\nShe lives in Lisbon.\n")
        done = read(ask)
        assert (done["files"], done["created"], done["unchanged"], done["gone"]) == (1, 1, 1, [])

    def test_a_line_that_is_gone_is_told_and_stays(self, ask, workspace):
        read(ask)
        (workspace / "MEMORY.md").write_text("# MEMORY\n\n- The staging port is 5433\n")
        (workspace / "USER.md").unlink()
        done = read(ask)
        assert {each["content"] for each in done["gone"]} == {"小美喜欢绿茶", "Her name is Anna."}
        assert "小美喜欢绿茶" in stored(ask)
        assert {each["content"] for each in read(ask)["gone"]} == {"小美喜欢绿茶", "Her name is Anna."}  # each time
        ask({"command": "erase", "ids_or_key": [each["id"] for each in done["gone"]], "namespace": "shared"})
        assert read(ask)["gone"] == []

    def test_secrets_are_left_out_and_such_a_line_is_not_taken_for_gone(self, ask, workspace):
        (workspace / "USER.md").write_text(f"The token is {SECRET} here.\n")
        assert read(ask)["secrets"]
        assert SECRET not in json.dumps(list(stored(ask).values()))
        (workspace / "USER.md").write_text(f"The token is {SECRET} here.\n\nAnd more.\n")
        assert read(ask)["gone"] == []

    def test_a_dry_run_stores_and_notes_nothing(self, ask, workspace):
        assert read(ask, dry_run=True)["created"] == 4
        assert read(ask, dry_run=True)["created"] == 4
        assert read(ask)["created"] == 4

    def test_what_our_own_mirror_says_is_not_read_back(self, ask, workspace):
        ask({"command": "memorize", "content": "Tom repairs old bicycles", "namespace": "shared"})
        ask(mirror_request({"host": "openclaw"}))
        assert "Tom repairs" in (workspace / "memory" / "ntm-memory.md").read_text()
        assert read(ask)["files"] == 3

    def test_a_line_that_cannot_be_stored_is_named_by_file_and_line(self, ask, workspace):
        erased = ask({"command": "memorize", "content": "Her name is Anna.", "namespace": "shared"})["memory"]["id"]
        ask({"command": "erase", "ids_or_key": [erased], "retract": True, "namespace": "shared"})
        done = read(ask)
        assert [bad["at"] for bad in done["failed"]] == ["~/.openclaw/workspace/USER.md:1"]
        assert done["created"] == 3

    def test_without_a_workspace_there_is_one_clear_error(self, ask):
        with pytest.raises(BadValueError, match="no OpenClaw workspace"):
            read(ask)


@pytest.mark.parametrize("namespace", ["shared", "default"])
def test_what_was_retracted_where_it_is_looked_for_stays_out(ask, workspace, namespace):
    erased = ask({"command": "memorize", "content": "Her name is Anna.", "namespace": namespace})["memory"]["id"]
    ask({"command": "erase", "ids_or_key": [erased], "retract": True, "namespace": namespace})
    done = read(ask)
    assert [(bad["at"], bad["code"]) for bad in done["failed"]] == [
        ("~/.openclaw/workspace/USER.md:1", RetractedError.code)
    ]
    assert done["created"] == 3
    (workspace / "USER.md").write_text("Her name is Anna.\n\n")
    assert read(ask, force_retracted=True)["created"] == 1


class TestClaude:
    @pytest.fixture
    def project(self, tmp_path):
        folder = tmp_path / "my.project"
        folder.mkdir()
        notes = Path.home() / ".claude" / "projects" / re.sub(r"[^A-Za-z0-9]", "-", str(folder)) / "memory"
        notes.mkdir(parents=True)
        (notes / "MEMORY.md").write_text("- [Role](role.md) — Anna\n- Uses uv, never pip\n")
        self.write(notes, "role", "user", "Anna works on churn.")
        self.write(notes, "deploy", "project", "Deploys go out\non Tuesdays.")
        self.notes = notes
        return folder

    def write(self, notes, name, kind, text):
        head = f"---\nname: {name}\ndescription: about {name}\nmetadata:\n  type: {kind}\n---\n"
        (notes / f"{name}.md").write_text(head + text + "\n")

    def test_its_files_become_memories_of_the_user_or_the_project(self, ask, project):
        done = read(ask, host="claude", project=str(project))
        assert (done["created"], done["files"]) == (3, 3)
        own = stored(ask, project_of(str(project)).namespace)
        assert set(own) == {"Uses uv, never pip", "Deploys go out on Tuesdays."}
        assert own["Deploys go out on Tuesdays."]["key"] == "claude-deploy"
        assert stored(ask)["Anna works on churn."]["kind"] == "user"

    def test_a_changed_file_is_a_new_version_and_nothing_is_gone(self, ask, project):
        read(ask, host="claude", project=str(project))
        self.write(self.notes, "deploy", "project", "Deploys go out on Mondays.")
        done = read(ask, host="claude", project=str(project))
        assert (done["updated"], done["gone"]) == (1, [])

    @pytest.mark.parametrize("text", ["Anna works on churn.", "Deploys go out on Tuesdays."])
    def test_what_was_retracted_in_the_project_or_for_the_user_stays_out(self, ask, project, text):
        for place in ("shared", project_of(str(project)).namespace):
            id = ask({"command": "memorize", "content": text, "namespace": place})["memory"]["id"]
            ask({"command": "erase", "ids_or_key": [id], "retract": True, "namespace": place})
            assert [bad["code"] for bad in read(ask, host="claude", project=str(project), dry_run=True)["failed"]]
            ask({"command": "erase", "ids_or_key": [id], "restore": True, "namespace": place})
            ask({"command": "erase", "ids_or_key": [id], "namespace": place})

    def test_a_project_without_any_is_one_clear_error(self, ask, tmp_path):
        with pytest.raises(BadValueError, match="no memory of"):
            read(ask, host="claude", project=str(tmp_path))


def test_a_person_reads_what_was_read_what_failed_and_what_is_gone(ask, workspace):
    from ntm_memory.rendering import stores

    read(ask)
    (workspace / "MEMORY.md").write_text("# MEMORY\n- The staging port is 5433\n")
    lines = stores.import_(read(ask)).splitlines()
    assert lines[:2] == ["0 created, 0 updated, 1 unchanged", "1 files read, 2 as before"]
    assert lines[-1].startswith("gone from ~/.openclaw/workspace/MEMORY.md:2: m_")
    assert lines[-1].endswith("  小美喜欢绿茶")


def test_what_fails_is_told_with_the_line_of_its_file(ask, workspace):
    erased = ask({"command": "memorize", "content": "MEMORY: gone", "namespace": "shared"})["memory"]["id"]
    ask({"command": "erase", "ids_or_key": [erased], "retract": True, "namespace": "shared"})
    (workspace / "MEMORY.md").write_bytes("\ufeff# MEMORY.md\r\n\r\n- a\r\n\r\n- MEMORY: gone\r\n".encode())
    (workspace / "USER.md").write_text("- x\n\n- y\n" + f"- {'z' * 1_000_001}\n")
    done = read(ask)
    assert [(bad["line"], bad["at"].rpartition("/")[2]) for bad in done["failed"]] == [
        (4, "USER.md:4"),
        (5, "MEMORY.md:5"),
    ]


def test_a_file_that_cannot_be_read_is_named_each_time_and_nothing_of_it_is_gone(ask, workspace):
    read(ask)
    (workspace / "USER.md").write_bytes("Her name is Anna, she likes caf\xe9.\n".encode("latin-1"))
    (workspace / "memory" / "big.md").write_bytes(b"- a\n" * 1_000_001)
    for _ in range(2):
        done = read(ask)
        assert [bad["at"].rpartition("/")[2] for bad in done["failed"]] == ["USER.md:1", "big.md:1"]
        assert done["gone"] == [] and any("iconv" in hint for hint in done["hints"])
    assert not any("\ufffd" in content for content in stored(ask))
    (workspace / "USER.md").write_bytes("Her name is Anna.\n".encode("utf-16"))
    (workspace / "memory" / "big.md").unlink()
    assert (read(ask)["failed"], set(stored(ask)) >= {"Her name is Anna."}) == ([], True)


def test_what_of_a_hosts_files_becomes_no_memory_is_told(ask, workspace):
    (workspace / "memory" / "code.md").write_text("# Build\n```\nmake\n```\n<!-- x -->\n- [A](a.md) is by Ute\n")
    done = read(ask)
    assert [(each["what"], each["at"]) for each in done["omitted"]] == [
        ("code", ("~/.openclaw/workspace/memory/code.md:2",)),
        ("comment", ("~/.openclaw/workspace/memory/code.md:5",)),
    ]
    assert "Build: [A](a.md) is by Ute" in stored(ask)


def test_an_index_of_claudes_is_left_out_and_told(ask, tmp_path):
    notes = Path.home() / ".claude" / "projects" / re.sub(r"[^A-Za-z0-9]", "-", str(tmp_path)) / "memory"
    notes.mkdir(parents=True)
    (notes / "MEMORY.md").write_text("# Memory\n- [Role](role.md) — Anna\n- [Lost](lost.md) — Ben likes tea\n")
    head = "---\nname: role\ndescription: who she is\nmetadata:\n  node_type: memory\n  type: user\n---\n"
    (notes / "role.md").write_text(head + "Anna works on churn.\n")
    done = read(ask, host="claude", project=str(tmp_path))
    assert done["created"] == 2
    assert {each["what"]: [at.rpartition("/")[2] for at in each["at"]] for each in done["omitted"]} == {
        "line that only points at other files": ["MEMORY.md:2"],
        "field metadata.node_type": ["role.md:1"],
        "field description": ["role.md:1"],
    }


def test_a_person_reads_what_became_no_memory_and_where_it_stands(ask, workspace):
    from ntm_memory.rendering import stores

    (workspace / "USER.md").write_text("- a\n" + "<!-- x -->\n" * 7)
    *_, last = stores.import_(read(ask)).splitlines()
    places = ", ".join(f"~/.openclaw/workspace/USER.md:{line}" for line in range(2, 7))
    assert last == f"omitted: 7 × comment: {places} …"


@pytest.mark.skipif(not hasattr(Path, "symlink_to"), reason="links")
def test_a_link_that_leads_out_of_the_folder_is_not_read_and_told_each_time(ask, workspace, tmp_path):
    secret = tmp_path / "passwd"
    secret.write_text("- root has no password\n")
    (workspace / "memory" / "link.md").symlink_to(secret)
    (workspace / "memory" / "within.md").symlink_to(workspace / "USER.md")
    (workspace / "memory" / "folder").symlink_to(tmp_path, target_is_directory=True)
    for _ in range(2):
        done = read(ask)
        assert "~/.openclaw/workspace/memory/link.md:1" in [bad["at"] for bad in done["failed"]]
    assert not [content for content in stored(ask) if "root" in content]
    assert "Her name is Anna." in stored(ask)


def test_what_became_no_memory_and_what_failed_is_told_each_time(ask, workspace):
    erased = ask({"command": "memorize", "content": "Her name is Anna.", "namespace": "shared"})["memory"]["id"]
    ask({"command": "erase", "ids_or_key": [erased], "retract": True, "namespace": "shared"})
    (workspace / "memory" / "code.md").write_text("- one\n```\nmake\n```\n")
    first = read(ask)
    again = read(ask)
    assert first["omitted"] == again["omitted"] != []
    assert [bad["at"] for bad in again["failed"]] == ["~/.openclaw/workspace/USER.md:1"]
    assert again["created"] == 0


@pytest.mark.parametrize("line", ["password: hunter2xyz", f"{SECRET}", f"API key = {SECRET}", "密码：hunter2xyz9"])
def test_a_line_that_is_a_secret_alone_is_no_memory(ask, workspace, line):
    (workspace / "USER.md").write_text(f"- {line}\n- The token of the server is {SECRET}, ask Tom for another\n")
    done = read(ask)
    assert ("line that is a secret alone", 1) in [(each["what"], each["count"]) for each in done["omitted"]]
    assert len([content for content in stored(ask) if "[secret" in content]) == 1


class TestClaudesFiles:
    @pytest.fixture
    def notes(self, tmp_path):
        notes = Path.home() / ".claude" / "projects" / re.sub(r"[^A-Za-z0-9]", "-", str(tmp_path)) / "memory"
        notes.mkdir(parents=True)
        return notes

    def test_a_type_at_the_head_s_top_level_counts_too(self, ask, tmp_path, notes):
        (notes / "role.md").write_text("---\nname: role\ntype: user\n---\nAnna works on churn.\n")
        done = read(ask, host="claude", project=str(tmp_path))
        assert (stored(ask)["Anna works on churn."]["kind"], done.get("omitted")) == ("user", None)

    def test_a_renamed_file_is_the_source_from_then_on(self, ask, tmp_path, notes):
        (notes / "MEMORY.md").write_text("- [Role](role.md) - Anna\n")
        (notes / "role.md").write_text("---\nname: role\ntype: user\n---\nAnna works on churn.\n")
        (notes / "plain.md").write_text("- Uses uv\n")
        read(ask, host="claude", project=str(tmp_path))
        (notes / "role.md").rename(notes / "job.md")
        (notes / "plain.md").rename(notes / "tools.md")
        done = read(ask, host="claude", project=str(tmp_path))
        assert (done["created"], done["updated"], done["gone"]) == (0, 0, [])
        assert stored(ask)["Anna works on churn."]["source"].endswith("/job.md:5")
        own = stored(ask, project_of(str(tmp_path)).namespace)
        assert own["Uses uv"]["source"].endswith("/tools.md:1")
        (notes / "MEMORY.md").write_text("# Memory\n- [Role](role.md) - Anna\n")
        assert read(ask, host="claude", project=str(tmp_path))["created"] == 0
