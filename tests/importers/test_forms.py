"""Files of other tools as people have them: what becomes a memory, and what is told where none can."""

from __future__ import annotations

import io
import json
import os
import zipfile

import pytest
from opening import opened

from ntm_memory.errors import BadValueError
from ntm_memory.importers.items import KNOWN
from ntm_memory.operations.validation import ALIASES, FIELDS

ENTITY = {"type": "entity", "name": "Ute Krause", "entityType": "person", "observations": ["Works in Kiel", "Bakes"]}
RELATION = {"type": "relation", "from": "Ute Krause", "to": "Bakery Nord", "relationType": "works_at"}
MEM0 = {
    "id": "a1", "memory": "Ute is a baker", "hash": "x", "metadata": {"source": "chat", "n": 2}, "categories": ["work"],
    "created_at": "2025-11-26T14:00:00.123-07:00", "user_id": "u",
}  # fmt: skip
SERVICE = {
    "content": "Ute is a baker", "content_hash": "ab", "tags": ["person"], "memory_type": "fact", "metadata": {},
    "created_at": 1764165600.5,
}  # fmt: skip


@pytest.fixture
def brought(tmp_path):
    """Brings in a file of this name and these contents; answers the result and what is stored by text."""

    def bring(name, contents, **options):
        file = tmp_path / "in" / name
        file.parent.mkdir(exist_ok=True)
        data = contents if isinstance(contents, (str, bytes)) else json.dumps(contents, ensure_ascii=False)
        file.write_bytes(data.encode() if isinstance(data, str) else data)
        with opened(tmp_path / "home") as memory:
            done = memory.import_file(file, **options)
            again = memory.import_file(file, **options)
            if not options.get("dry_run"):
                assert (again.created, again.updated, again.unchanged) == (0, 0, done.created + done.unchanged)
            return done, {each.content: each for each in memory.store.memories()}

    return bring


def lines(*records):
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)


GRAPHS = {
    "memory.jsonl": lines(ENTITY, RELATION),
    "memory.json": lines(ENTITY, RELATION),
    "graph.json": json.dumps({"entities": [ENTITY], "relations": [RELATION]}, indent=2),
    "plain": lines(ENTITY, RELATION),
}


@pytest.mark.parametrize("name", GRAPHS)
def test_the_memory_server_of_mcp(brought, name):
    done, stored = brought(name, GRAPHS[name])
    assert (done.created, done.failed) == (3, ())
    assert set(stored) == {"Ute Krause: Works in Kiel", "Ute Krause: Bakes", "Ute Krause works at Bakery Nord"}
    found = stored["Ute Krause: Bakes"]
    assert (found.tags, found.trust, found.source) == (("person",), "import", f"{name}:1")


def test_an_entity_of_which_nothing_is_observed_and_one_with_times(brought):
    bare = {"name": "Kiel", "entityType": "city", "observations": []}
    timed = {**ENTITY, "observations": [{"content": "Bakes", "timestamp": "2026-01-02T03:04:05.678Z"}]}
    _, stored = brought("memory.jsonl", lines(bare, timed))
    assert set(stored) == {"Kiel: city", "Ute Krause: Bakes"}
    assert stored["Ute Krause: Bakes"].occurred_at == "2026-01-02T03:04:05Z"


@pytest.mark.parametrize(
    ("name", "contents"),
    [
        ("a.json", {"results": [MEM0], "count": 1}),
        ("b.json", [MEM0]),
        ("c.jsonl", lines(MEM0)),
        ("d.json", json.dumps(MEM0, indent=1)),
        ("e.json", {"memories": [MEM0]}),
        ("f.jsonl", json.dumps([MEM0])),
    ],
)
def test_mem0(brought, name, contents):
    done, stored = brought(name, contents)
    assert (done.created, done.failed) == (1, ())
    found = stored["Ute is a baker"]
    assert (found.tags, found.occurred_at) == (("n:2", "source:chat", "user_id:u", "work"), "2025-11-26T21:00:00Z")
    assert found.source == f"{name}:1"


@pytest.mark.parametrize(
    ("name", "contents"),
    [
        ("a.json", {"export_metadata": {"total_memories": 1}, "memories": [SERVICE]}),
        ("b.json", [SERVICE]),
        ("c.jsonl", lines(SERVICE)),
        ("d.json", {"export_metadata": {}, "memories": [{**SERVICE, "created_at_iso": "2025-11-26T14:00:00.5Z"}]}),
        ("h.json", {"facts": [{**SERVICE, "content": None, "fact": SERVICE["content"]}]}),
        ("g.json", {"items": [{**SERVICE, "created_at": None, "createdAt": "2025-11-26T14:00:00Z"}]}),
        ("e.json", {"items": [SERVICE], "links": [{"from": 1, "to": 2}]}),
        ("f.json", {"memories": [{**SERVICE, "created_at": 1764165600500}]}),
    ],
)
def test_mcp_memory_service(brought, name, contents):
    done, stored = brought(name, contents)
    assert (done.created, done.failed) == (1, ())
    found = stored["Ute is a baker"]
    assert (found.tags, found.kind, found.occurred_at) == (("person",), "fact", "2025-11-26T14:00:00Z")


def test_a_time_that_cannot_be_read_loses_no_memory(brought):
    _, stored = brought("a.json", {"memories": [{"content": "Ute", "created_at": "a while ago", "tags": None}]})
    assert stored["Ute"].occurred_at is None


def test_what_of_another_program_has_no_text_is_named(brought):
    done, _ = brought("a.json", {"memories": [SERVICE, {"id": 5}, 7]})
    assert (done.created, [bad.line for bad in done.failed]) == (1, [2, 3])
    assert "id" in done.failed[0].message and len(done.hints) == 1 and "content (required)" in done.hints[0]


def test_another_programs_record_decides_nothing_here(brought):
    """It names no older memory, no namespace, and no trust of its own."""
    record = {**SERVICE, "replaces": "m_2222222222", "namespace": "other", "trust": "person", "key": "port"}
    _, stored = brought("a.json", {"memories": [record]})
    found = stored["Ute is a baker"]
    assert (found.namespace, found.trust, found.key) == ("default", "import", None)


def test_what_another_program_calls_a_key_or_a_namespace_is_a_tag(brought):
    more = {"key": "port", "session": "s", "namespace": "other", "confidence": 0.8, "importance": 7, "note": "x" * 300}
    _, stored = brought("a.json", {"memories": [{**SERVICE, **more, "title": "Bakery"}]})
    found = stored["Bakery: Ute is a baker"]
    assert (found.namespace, found.key, found.session, found.importance) == ("default", None, None, 0.5)
    assert found.tags == ("confidence:0.8", "importance:7", "key:port", "namespace:other", "person", "session:s")


def test_a_record_of_ours_may_say_date_for_when(brought):
    record = {"content": "Ute", "date": "2026-05-08", "key": "k", "session": "s", "namespace": "n"}
    for name in ("a.jsonl", "a.json"):
        _, stored = brought(name, lines(record))
        found = stored["Ute"]
        assert (found.key, found.session, found.namespace) == ("k", "s", "n")
        assert found.occurred_at.startswith("2026-05-08")
    done, _ = brought("b.jsonl", lines({"content": "Ben", "date": "one day", "key": "k"}))
    assert [bad.line for bad in done.failed] == [1]


def test_what_of_other_programs_is_not_kept_is_told(brought):
    record = {**SERVICE, "embedding": [0.1], "metadata": {"from": {"a": 1}, "by": "Ute"}, "updated_at": 5}
    done, stored = brought("a.json", {"memories": [record, record], "links": [{"a": 1}], "export_metadata": {}})
    assert {each.what: (each.count, each.at) for each in done.omitted} == {
        "field content_hash": (2, ("line 1", "line 2")),
        "field embedding": (2, ("line 1", "line 2")),
        "field updated_at": (2, ("line 1", "line 2")),
        "field metadata.from": (2, ("line 1", "line 2")),
        "links": (1, ("line 1",)),
    }
    assert stored["Ute is a baker"].tags == ("by:Ute", "person")
    messages = {"role": "user", "content": "hi"}
    agent = {"agents": [{"messages": [messages] * 3}], "blocks": [{"label": "human", "value": "Ute"}]}
    assert [(each.what, each.count) for each in brought("b.af", agent)[0].omitted] == [("messages", 3)]


def test_relations_of_mem0_and_of_forks_of_the_memory_server(brought):
    relation = {"source": "Ute", "relationship": "works_at", "target": "Bakery Nord"}
    done, stored = brought("a.json", {"results": [MEM0], "relations": [relation]})
    assert (done.created, "Ute works at Bakery Nord" in stored) == (2, True)
    fork = {"type": "relation", "from_entity": "Ben", "to_entity": "Kiel", "relationType": "lives_in", "weight": 3}
    _, stored = brought("b.jsonl", lines(ENTITY, fork))
    assert stored["Ben lives in Kiel"].tags == ("weight:3",)


def test_memories_of_claudes_export(brought):
    text = "**Work context**\n\nUte bakes in Kiel.\n\n**Personal**\n- Likes tea\n- Has a van"
    exported = [{"conversations_memory": text, "project_memories": {"p-1": "The van is red."}, "account_uuid": "u"}]
    done, stored = brought("memories.json", exported)
    assert (done.created, done.failed) == (4, ())
    assert "Work context: Ute bakes in Kiel." in stored and "Personal: Likes tea" in stored
    assert stored["The van is red."].tags == ("project:p-1",)


@pytest.mark.parametrize(
    "agent",
    [
        {"agents": [{"name": "a", "memory_blocks": []}], "blocks": "BLOCKS", "tools": [{"name": "t"}]},
        {"agents": [{"name": "a", "memory_blocks": "BLOCKS"}], "blocks": []},
        {"agent_type": "memgpt_agent", "core_memory": "BLOCKS", "messages": [{"role": "user", "content": "hi"}]},
    ],
)
@pytest.mark.parametrize("twice", [False, True], ids=["once", "twice"])
def test_an_agent_file(brought, agent, twice):
    blocks = [{"label": "human", "value": "Ute.\nBakes."}, {"label": "persona", "value": " "}]
    held = json.dumps(agent).replace('"BLOCKS"', json.dumps(blocks))
    done, stored = brought("customer.af", json.dumps(held) if twice else held)
    assert (done.created, done.failed) == (1, ())
    assert stored["Ute.\nBakes."].tags == ("human",)


@pytest.mark.parametrize("form", [[{"content": "Ute bakes"}], {"content": "Ute bakes"}, ["Ute bakes"]])
def test_lists_and_objects_that_are_our_own(brought, form):
    done, stored = brought("a.json", json.dumps(form, indent=2))
    assert done.created == 1 and "Ute bakes" in stored


def test_a_field_that_nobody_has_is_named_and_the_hint_is_given_once(brought):
    text = lines({"content": "a", "importnce": 1}, {"content": "b", "when": "soon"}, {"content": "c", "colour": 2})
    for form in ("a.jsonl", "a.json"):
        done, _ = brought(form, text)
        assert [bad.line for bad in done.failed] == [1, 2, 3]
        assert "importnce" in done.failed[0].message
        assert len(done.hints) == 2 and "importance" in done.hints[0] and "2026-05-08" in done.hints[0]


NOTE = "---\ntitle: Coffee\npermalink: coffee\naliases:\n- Kaffee\ntags:\n- drink\ncssclasses: [x]\n---\n\nPour over.\n"


def test_a_note_with_front_matter_is_one_memory(brought):
    done, stored = brought("n.md", NOTE + "\n---\n\nA rule is no new block.\n- nor a list\n")
    assert (done.created, done.failed) == (1, ())
    (found,) = stored.values()
    assert found.content.startswith("Coffee (Kaffee)\n\nPour over.") and "nor a list" in found.content
    assert (found.tags, found.source) == (("drink",), "n.md:1")


def test_bullets_below_headings_and_the_day_of_the_files_name(brought):
    text = (
        "# MEMORY.md\n\n## People\n- Ute: baker in Kiel\n  - her van is red\n- Sam: lawyer\n\n---\nWe keep the van.\n"
    )
    done, stored = brought("MEMORY.md", text)
    assert (done.created, done.failed) == (4, ())
    assert stored["People: Ute: baker in Kiel: her van is red"].source == "MEMORY.md:5"
    _, stored = brought("2026-05-08.md", "- 今天和老大讨论了认知天性\n")
    assert stored["今天和老大讨论了认知天性"].occurred_at == "2026-05-08"
    assert brought("notes.txt", "- one\n- two\n\nand three\n")[0].created == 3


def test_our_own_markdown_is_ours_with_ids_and_without(brought, tmp_path):
    with opened(tmp_path / "other") as memory:
        memory.memorize("Mia likes tea", key="tea", tags=["drink"], importance=0.7)
        memory.memorize("---\nnot a rule")
        text = memory.export_text("markdown")["text"]
    without = "\n".join(line for line in text.split("\n") if not line.startswith("id: "))
    for own in (text, without):
        done, stored = brought("own.md", own)
        assert done.created + done.unchanged == 2 and not done.failed
        assert (stored["Mia likes tea"].key, stored["---\nnot a rule"].tags) == ("tea", ())
    broken, _ = brought("broken.md", text + "---\nkey: b\n")
    assert [bad.line for bad in broken.failed] == [text.count("\n") + 1]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", 'Note,Tags,When,Colour\n"Ute, baker",person; work,2026-05-08,red\n\n"two\nlines",,,\n'),
        ("a.tsv", "text\ttags\tdate\nUte, baker\tperson, work\t2026-05-08\n\"two\nlines\"\t\t\n"),
        ("b.csv", 'content;tags;when\n"Ute, baker";person,work;2026-05-08\n"two\nlines";;\n'),
    ],
)  # fmt: skip
def test_tables(brought, name, text):
    done, stored = brought(name, text)
    assert (done.created, done.failed) == (2, ())
    found, colour = stored["Ute, baker"], ["colour:red"] if "Colour" in text else []
    assert (found.tags, found.occurred_at) == ((*colour, "person", "work"), "2026-05-08")
    assert (found.source, stored["two\nlines"].source) == (f"{name}:2", f"{name}:{4 if 'Colour' in text else 3}")


def test_a_title_stands_before_the_text_and_no_column_is_lost(brought):
    text = "姓名,内容,标签,日期,tags,城市,长\n小美,喜欢绿茶,饮料；早晨,2026-05-08,x,杭州," + "y" * 300 + "\n"
    done, stored = brought("a.csv", text)
    found = stored["小美: 喜欢绿茶"]
    assert (found.tags, found.occurred_at) == (("x", "城市:杭州", "标签:饮料；早晨"), "2026-05-08")
    assert [(each.what, each.at) for each in done.omitted] == [("column 长", ("line 2",))]
    _, stored = brought("b.csv", "text,by,by,\nUte,Ben,Sam,Kim\n")
    assert stored["Ute"].tags == ("by 3:Sam", "by:Ben", "column 4:Kim")


def test_a_bad_row_is_named_and_the_others_come(brought):
    text = "content,importance,key\na,0.7,k\nb,0.5,c,d\nf,high,\n,0.1,\ng\nh,0,\n"
    done, stored = brought("a.csv", text)
    assert (done.created, [bad.line for bad in done.failed]) == (3, [3, 4, 5])
    assert stored["h"].importance == 0 and "4 cells" in done.failed[0].message
    assert (stored["a"].importance, stored["a"].key, stored["g"].importance) == (0.7, "k", 0.5)
    with pytest.raises(BadValueError, match="content, text, memory, note.*name, colour"):
        brought("b.csv", "name,colour\na,b\n")


def test_a_folder_of_notes(tmp_path):
    folder = tmp_path / "vault"
    for name, data in {
        "Coffee.md": NOTE.encode(),
        "sub/2026-05-08.txt": b"- one\n- two\n",
        ".obsidian/x.md": b"- hidden",
        "sub/latin.md": "- caf\xe9\n".encode("latin-1"),
        "sub/code.md": b"```\nx\n```\n",
        "image.png": b"\x89PNG",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    with opened(tmp_path / "home") as memory:
        done = memory.import_file(folder)
        assert (done.created, [bad.at for bad in done.failed]) == (3, ["sub/code.md:1", "sub/latin.md:1"])
        assert {each.what: each.at for each in done.omitted} == {
            "field permalink": ("Coffee.md:1",),
            "field cssclasses": ("Coffee.md:1",),
            "file that is no note": ("image.png",),
        }
        assert {each.source for each in memory.store.memories()} == {
            "Coffee.md:1", "sub/2026-05-08.txt:1", "sub/2026-05-08.txt:2",
        }  # fmt: skip
        with pytest.raises(BadValueError, match="a folder without files"):
            memory.import_file(tmp_path / "home")


def test_what_of_a_folder_cannot_be_read_is_told_and_the_rest_is_taken(tmp_path, monkeypatch):
    folder = tmp_path / "vault"
    (folder / "closed").mkdir(parents=True)
    (folder / "note.md").write_text("- Mia likes tea")
    (folder / "cwd").write_text("of another process")
    scan, look = os.scandir, os.stat

    def refused(real, name):
        def call(path=".", *arguments, **options):
            if str(path).endswith(name):
                raise PermissionError(13, "Permission denied", str(path))
            return real(path, *arguments, **options)

        return call

    monkeypatch.setattr(os, "scandir", refused(scan, "closed"))
    monkeypatch.setattr(os, "stat", refused(look, "cwd"))
    with opened(tmp_path / "home") as memory:
        done = memory.import_file(folder)
    assert done.created == 1 and [bad.at for bad in done.failed] == ["closed:1"]
    assert "Permission denied" in done.failed[0].message


@pytest.mark.parametrize("coding", ["utf-8-sig", "utf-16", "utf-16-be", "utf-32"])
def test_byte_order_marks(brought, coding):
    text = "- 小美喜欢绿茶\r\n- Ute\r\n"
    data = text.encode(coding)
    _, stored = brought("a.md", b"\xfe\xff" + data if coding == "utf-16-be" else data)
    assert set(stored) == {"小美喜欢绿茶", "Ute"}


def zipped(*names):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name in names:
            archive.writestr(name, "[]")
    return data.getvalue()


CHATGPT = {"title": "Tea", "create_time": 1.7e9, "mapping": {"a": {"message": {"author": {"role": "user"}}}}}
CLAUDE = {"uuid": "u", "name": "Tea", "chat_messages": [{"sender": "human", "text": "hi"}]}
TURN = {"type": "user", "uuid": "u", "sessionId": "s", "cwd": "/x", "message": {"role": "user", "content": "hi"}}
MESSAGE = {"role": "user", "content": "hi"}
NOT_MEMORIES = {
    "conversations.json": ([CHATGPT], "conversations of ChatGPT"),
    "claude.json": ([CLAUDE], "conversations of Claude"),
    "wrapped.json": ({"conversations": [CHATGPT]}, "conversations of ChatGPT"),
    "transcript.jsonl": (lines({"type": "mode", "sessionId": "s"}, TURN), "transcript of Claude Code"),
    "chat.json": ({"messages": [MESSAGE]}, "messages of a conversation"),
    "chat.jsonl": (lines(MESSAGE, MESSAGE), "messages of a conversation"),
    "chatgpt.zip": (zipped("x/conversations.json", "chat.html"), "archive of conversations"),
    "claude.zip": (zipped("conversations.json", "memories.json"), "holds memories.json"),
    "other.zip": (zipped("a.txt"), "it is an archive"),
    "bad.zip": (b"PK\x03\x04nonsense", "damaged zip"),
    "page.html": ("<!DOCTYPE html><html><body>Ute</body></html>", "HTML"),
    "page.md": ("\n<html><p>Ute</p></html>", "HTML"),
    "store.db": (b"SQLite format 3\0" + bytes(90), "a database"),
    "a.gz": (b"\x1f\x8b\x08", "compressed"),
    "latin.md": ("- caf\xe9\n".encode("latin-1"), "not UTF-8"),
    "package.json": ({"name": "x", "dependencies": {"a": "1"}}, "unknown form, with name, dependencies"),
    "list.json": ([{"name": "x"}, {"name": "y"}], "unknown form, with name"),
    "number.json": ("5", "no object and no list"),
    "torn.json": ('{"content": "a', "not JSON"),
    "code.md": ("```\nx\n```\n", "no list item and no paragraph"),
    "future.json": ({"format": "ntm-memory-system", "version": 9, "memories": []}, "version 9"),
}  # fmt: skip


@pytest.mark.parametrize("name", NOT_MEMORIES)
def test_what_holds_no_memories_is_told_with_what_to_do(brought, name):
    contents, said = NOT_MEMORIES[name]
    with pytest.raises(BadValueError, match=said) as told:
        brought(name, contents)
    assert name in told.value.message and len(told.value.hint) > 10
    assert ("update this program" in told.value.hint) == (name == "future.json")
    if "unknown form" in said:
        assert told.value.hint == KNOWN


def test_the_hint_names_our_fields():
    named = set(KNOWN.replace("(", " ").replace(",", " ").split())
    assert (FIELDS | set(ALIASES)) - {"trust"} <= named


def test_an_empty_file_or_list_is_no_fault(brought):
    for name, contents in (("a.jsonl", ""), ("a.json", "[]"), ("b.json", {"memories": []}), ("a.md", " \n")):
        assert brought(name, contents)[0].created == 0


def test_secrets_and_what_was_retracted_stay_out_as_ever(tmp_path, brought):
    secret = "ghp_" + "x7Kq2mZ9bR4tW8vY1cD5fG3hJ6nL0pSaEuIo"
    with opened(tmp_path / "home") as memory:
        memory.erase(memory.memorize("The gate's code is a rhyme").memory.id, retract=True)
        done = memory.import_text(f"- The gate's code is a rhyme\n- The token is {secret} here\n", "markdown")
        assert ([bad.code for bad in done.failed], done.created) == (["retracted"], 1)
        assert done.secrets and not any(secret in each.content for each in memory.store.memories())


def test_a_secret_in_a_field_that_would_be_a_tag_is_left_out_and_the_memory_comes(brought):
    secret = "ghp_" + "x7Kq2mZ9bR4tW8vY1cD5fG3hJ6nL0pSaEuIo"
    done, stored = brought("a.csv", f"text,token,密码\nUte,{secret},abc123\n")
    assert (done.failed, [each.what for each in done.omitted], stored["Ute"].tags) == (
        (),
        ["column token", "column 密码"],
        (),
    )
    done, stored = brought("b.md", f"---\ntitle: Ben\napi_key: {secret}\n---\nbakes\n")
    assert ([each.what for each in done.omitted], stored["Ben\n\nbakes"].tags) == (["field api_key"], ())


def test_a_dry_run_says_what_would_happen(brought):
    done, stored = brought("memory.jsonl", lines(ENTITY, RELATION, {"content": "x", "y": 1}), dry_run=True)
    assert (done.created, [bad.line for bad in done.failed], stored) == (3, [3], {})
    assert done.hints


def test_what_is_read_from_stdin_is_known_by_its_beginning(tmp_path):
    with opened(tmp_path) as memory:
        assert memory.import_text(lines(ENTITY)).created == 2
        assert memory.import_text("- [ ] buy flour\n- tea\n").created == 2
        assert memory.import_text("[todo] is a text\n").created == 1
        assert memory.import_text("note\nfrom a table\n", "csv").created == 1
        with pytest.raises(BadValueError, match="forms are|unknown form"):
            memory.import_text("x", "xml")


def test_text_of_unknown_objects_is_not_taken_for_a_memory_of_mem0(brought):
    done, _ = brought("a.jsonl", lines({"text": "x", "key": "k", "importance": 1}, {"text": "y"}))
    assert (done.created, [bad.line for bad in done.failed]) == (1, [1])


def test_a_note_with_nothing_but_tags_keeps_its_name_and_place(brought):
    _, stored = brought("Coffee 2026-05-08.md", "---\ntags: [drink]\n---\nPour over.\n")
    found = stored["Coffee 2026-05-08\n\nPour over."]
    assert (found.tags, found.source) == (("drink",), "Coffee 2026-05-08.md:1")
    assert found.occurred_at == "2026-05-08"


def test_text_of_other_codings_without_a_mark_is_no_text(brought):
    with pytest.raises(BadValueError, match="UTF-16 without its mark"):
        brought("a.md", "- tea\n".encode("utf-16-le"))


OK, BAD = '{"content": "a"}', '{"content": "b", "colour": 2}'
LINES = {
    "plain": (f"{OK}\n{BAD}\n", "a.jsonl", 2),
    "blank lines": (f"\n\n{OK}\n \n\n{BAD}\n\n", "a.jsonl", 6),
    "mark and CRLF": (f"\ufeff{OK}\r\n\r\n{BAD}\r\n", "a.jsonl", 3),
    "CR": (f"{OK}\r{BAD}\r", "a.jsonl", 2),
    "utf-16": (f"{OK}\n\n{BAD}\n".encode("utf-16"), "a.jsonl", 3),
    "over several lines": ('{\n  "content": "a"\n}\n\n{\n  "content": "b",\n  "colour": 2\n}\n', "a.jsonl", 5),
    "several, as JSON": ('{\n"content": "a"\n}\n{\n"content": 5\n}\n', "a.json", 4),
    "broken among several": ('{\n"content": "a"\n}\n{\n"b"\n}\n{"content": "c"}\n', "a.jsonl", 4),
    "a list": (f"[{OK},\n\n{BAD}]", "a.json", 2),
    "csv": ('content,importance\n"a\n\nb",\n\nc,high\n', "a.csv", 6),
    "csv, CRLF and mark": ('\ufeffcontent,importance\r\n"a\r\nb",\r\nc,high\r\n', "a.csv", 4),
    "csv, CR": ('content,importance\ra,\rc,high\r', "a.csv", 3),
    "csv, cells": ('\n\ncontent\na\n"b\nb",c\n', "a.csv", 5),
    "csv, a quote": ('content\n5" pipe\n"a ""b"""\n"c, d\ne\nf\n', "a.csv", 4),
    "ours": ("\n---\nkey: a\n---\na\n\n---\nimportance: 7\n---\nb\n", "a.md", 7),
    "ours, CRLF and mark": ("\ufeff---\r\nkey: a\r\n---\r\na\r\n---\r\nimportance: 7\r\n---\r\nb\r\n", "a.md", 5),
    "ours, CR": ("---\rkey: a\r---\ra\r---\rimportance: 7\r---\rb\r", "a.md", 5),
}  # fmt: skip


@pytest.mark.parametrize("form", LINES)
def test_what_fails_is_told_with_its_line(brought, form):
    contents, name, line = LINES[form]
    done, _ = brought(name, contents)
    assert [bad.line for bad in done.failed] == [line]
    assert done.created >= 1


def test_a_note_that_fails_is_told_with_its_line(tmp_path):
    text = "\ufeff# A\r\n\r\n- one\r\n  more\r\n\r\n```\r\nx\r\n```\r\n- [ ] gone\r\n"
    with opened(tmp_path / "home") as memory:
        memory.erase(memory.memorize("A: gone (open)").memory.id, retract=True)
        (tmp_path / "notes.md").write_bytes(text.encode())
        done = memory.import_file(tmp_path / "notes.md")
        assert ([bad.line for bad in done.failed], done.created) == ([9], 1)
        assert [(each.what, each.at) for each in done.omitted] == [("code", ("line 6",))]


def test_the_state_of_a_task_is_a_tag(brought):
    _, stored = brought("todo.md", "# todo.md — of Ute, Ben\n- [ ] 买糖\n- [x] tea\n")
    assert stored["买糖 (open)"].tags == ("of Ute, Ben", "open") and "done" in stored["tea (done)"].tags


def test_a_file_that_was_edited_tells_only_what_is_new_in_it(tmp_path):
    file = tmp_path / "MEMORY.md"
    with opened(tmp_path / "home") as memory:
        file.write_text("- Ute bakes\n- Ben drives\n- Ute bakes\n")
        assert (memory.import_file(file).created, memory.import_file(file).unchanged) == (2, 3)
        file.write_text("# MEMORY\n\n- Kim sings\n- Ute bakes\n- Ben drives\n")
        assert memory.import_file(file, dry_run=True).created == 1
        done = memory.import_file(file)
        assert (done.created, done.unchanged) == (1, 2)
        (tmp_path / "other.md").write_text("- Ute bakes\n")
        assert memory.import_file(tmp_path / "other.md").created == 1


@pytest.mark.parametrize(
    "when", ["2026/5/8", "2026.05.08", "2026年5月8日", "May 8, 2026", "8 May 2026", "1778198400", "1778198400000"]
)
def test_dates_are_read_as_people_and_spreadsheets_write_them(brought, when):
    _, stored = brought("a.csv", f'text,date\nUte,"{when}"\n')
    day = "2026-05-08T00:00:00Z" if when.isdecimal() else "2026-05-08"  # seconds are a moment
    assert (stored["Ute"].occurred_at, stored["Ute"].tags) == (day, ())


@pytest.mark.parametrize("when", ["yesterday", "8 May", "before 2026", "v2", "上周五"])
def test_what_is_another_time_whenever_it_is_read_is_a_tag(brought, when):
    _, stored = brought("a.csv", f"text,date\nUte,{when}\n")
    assert (stored["Ute"].occurred_at, stored["Ute"].tags) == (None, (f"date:{when}",))
