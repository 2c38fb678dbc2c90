"""Every verb on a server: `store.url` in config.json, the same commands and answers as with a file."""

from __future__ import annotations

import json
import sys

import pytest
from opening import write_config

from ntm_memory.cli import main
from ntm_memory.commands import run
from ntm_memory.errors import BadValueError, ConfigError, NotSetUpError, StoreError
from ntm_memory.installation import doctor, inside

TEA = "Mia likes green tea"


@pytest.fixture
def home(tmp_path, url_of):
    folder = tmp_path / "memory"
    write_config(folder, embedder={"backend": "tiny"}, recall={"confidence_floor": 0}, store={"url": url_of()})
    return folder


@pytest.fixture
def call(home):
    return lambda command, **told: run({"command": command, "home": str(home), **told})


def test_what_is_told_is_recalled_changed_listed_and_erased(call, home):
    told = call("memorize", content=TEA, key="tea", tags=["drink"], session="s1")
    assert told["action"] == "created" and call("memorize", content=TEA)["action"] == "unchanged"
    call("memorize", content="Tom repairs old bicycles", session="s1")
    assert call("recall", query="green tea")["memories"][0]["content"] == TEA
    assert call("memorize", content="Mia likes black tea now", key="tea", tags=["drink"])["action"] == "updated"
    assert [each["content"] for each in call("status", history="tea")["history"]] == [TEA]
    listed = call("list", kind=None, tags=["drink"])
    assert [each["content"] for each in listed["memories"]] == ["Mia likes black tea now"]
    assert len(call("list", sort="happened")["memories"]) == 2
    erased = call("erase", ids_or_key=["tea"])["erased"]
    assert len(erased) == 1 and not call("list", tags=["drink"])["memories"]
    call("erase", ids_or_key=[erased[0]["id"]], restore=True)
    call("erase", ids_or_key=[erased[0]["id"]], purge=True)
    assert [each["verb"] for each in call("status", audit=10)["audit"]][0] == "purged"
    assert not (home / "memory.db").exists() and not (home / "usage.db").exists() and not (home / "backups").exists()


def test_a_name_is_listed_however_it_is_spelled(call):
    call("memorize", content=TEA, kind="Fact", session="Spring Walk")
    assert len(call("list", kind="fact")["memories"]) == 1
    assert len(call("list", session="spring  walk")["memories"]) == 1
    assert not call("list", kind="episode")["memories"]


def test_status_and_doctor_tell_of_the_server_and_never_a_password(call, home, url_of, capsys):
    secret = url_of().replace("postgres:@", "postgres:hidden-word@")
    write_config(home, embedder={"backend": "tiny"}, store={"url": secret})
    call("memorize", content=TEA)
    status = call("status", check=True)
    assert status["store"]["engine"].startswith("PostgreSQL ") and status["integrity"] == "ok"
    assert "files" in status and status["store"]["bytes"] > 0
    told = inside.report(str(home))["memory"]
    assert (told["there"], told["memories"]["live"], told["damaged"]) == (True, 1, False)
    checked = doctor._memory(told, "3.x").said
    assert main("status", ["--home", str(home)]) == 0
    shown = capsys.readouterr().out
    place = f"/postgres by the socket in {secret.partition('host=')[2].partition('&')[0]}, schema "
    for said in (checked, shown):
        assert status["store"]["engine"] in said and place in said and "SQLite" not in said
    assert "hidden-word" not in json.dumps(status) + json.dumps(told) + checked + shown
    assert call("status", repair=True)["repaired"]


@pytest.mark.parametrize(
    ("command", "told", "says"),
    [
        ("import", {"backup": "latest"}, "pg_restore"),
        ("export", {"salvage": True, "path": "x.json"}, "pg_dump"),
        ("status", {"encryption": "encrypt"}, "disk"),
        ("status", {"encryption": "forget-key"}, "disk"),
    ],
)
def test_what_only_a_file_can_do_says_what_to_do_instead(call, command, told, says):
    call("memorize", content=TEA)
    with pytest.raises(BadValueError) as caught:
        call(command, **told)
    assert "PostgreSQL" in caught.value.message and says in caught.value.hint


def test_a_memory_on_a_server_is_not_made_encrypted_in_silence(call, home, url_of):
    write_config(home, embedder={"backend": "tiny"}, store={"url": url_of()}, privacy={"encrypt": "sqlcipher"})
    with pytest.raises(BadValueError, match="not encrypted"):
        call("memorize", content=TEA)


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("postgresql://nobody@/x?host=/nowhere/at/all", StoreError),
        ("postgresql://127.0.0.1:1/x", StoreError),
        ("mysql://host/x", StoreError),
        ("postgresql://host/x?schema=Not%20One", StoreError),
        ("postgresql://host:not-a-port/x", StoreError),
        ("postgresql://host/x?no_such_option=1", StoreError),
    ],
)
def test_a_wrong_url_is_one_clear_error(home, url, kind, capsys):
    write_config(home, embedder={"backend": "tiny"}, store={"url": url, "lock_seconds": 1})
    with pytest.raises(kind) as caught:
        run({"command": "recall", "home": str(home), "query": "tea"})
    assert caught.value.hint
    code = main("recall", ["tea", "--home", str(home)])
    assert code == caught.value.exit_code
    assert "Traceback" not in capsys.readouterr().err


def test_a_damaged_config_does_not_open_a_file_in_the_place_of_the_server(home, call):
    call("memorize", content=TEA)
    (home / "config.json").write_text('{"ntm_memory": {"store": {"url": "postgresql://host/x"}')
    with pytest.raises(ConfigError):
        call("recall", query="tea")
    assert not (home / "memory.db").exists()


def test_a_wrong_role_or_database_is_said(home, server):
    uri = server.uri()
    for url, says in (
        (uri.replace("postgres:@", "no_such_role@"), "no_such_role"),
        (uri.replace("/postgres?", "/no_such_db?"), "no_such_db"),
    ):
        write_config(home, embedder={"backend": "tiny"}, store={"url": url})
        with pytest.raises(StoreError, match=says):
            run({"command": "recall", "home": str(home), "query": "tea"})


def test_without_the_client_library_the_command_that_installs_it_is_said(call, monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(NotSetUpError) as caught:
        call("memorize", content=TEA)
    assert "postgres" in caught.value.hint
