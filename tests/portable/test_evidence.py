"""Evidence: what is injected leads back to what was told, and goes when that goes."""

from __future__ import annotations

import base64
import json
import secrets as random

import pytest

from .entries import WAYS

FACTS = "The zebra number {} sleeps in shed {}"


def test_evidence_claim_resolves_to_source(memory):
    """Given a memory filled by every way in → each line of a prompt's block is followed back → a record for each.

    Followed by the id that the line shows: the record has the text word for word, when it was told, by which way
    (`source`, where the way has one), and the audit has who did it; of an import in the lossless form, whose record
    was made elsewhere, it has the run. A long text is injected in part: the record has the whole. Control: a line of
    every way is injected. A pass does not prove that the source told the truth.
    """
    ways = [way for way in WAYS if way != "import_json_history"]
    for number, way in enumerate(ways):
        WAYS[way](memory, FACTS.format(number, random.token_hex(4)))
    long = "\n\n".join(f"Shed {n}: {random.token_hex(4)} " + "straw and hay " * 30 for n in range(12))
    memory.tell(long)
    asked = ("--top-k", "100", "--max-chars", "9000")
    lines = memory.injected("Where does the zebra sleep, in which shed?", *asked)
    assert len(lines) == len(ways) + 1
    imported = [line for line in memory.audit() if line["verb"] == "imported"]
    for id, text in lines.items():
        record = memory.memory(id)["memory"]
        whole = " ".join(record["content"].split())
        assert all(piece.strip() in whole for piece in text.split("…")) and record["created_at"]
        first = (memory.audit("--id", id) or imported)[-1]
        assert first["verb"] in ("created", "imported") and first["who"] and first["at"]
    found = [memory.memory(id)["memory"].get("source") for id in lines]
    assert {"said to memorize", "a line", "a file", "python"} <= set(found)


def test_evidence_source_delete_reaches_derived(memory):
    """Given a source and what is derived of it → the source is purged → each derived kind is gone, or does not name it.

    Derived kinds that there are: passages and their keys, index words, links from what builds on it, marks of what
    revises it, older versions, feedback, counters, the session's focus, chains. Control: the sibling has all of them
    still. What an agent concluded from it and stored is a memory of its own: it stays, without its link. A pass does
    not prove anything of that conclusion's words.
    """
    token, other = "quokka" + random.token_hex(4), "numbat" + random.token_hex(4)
    ids = {}
    for name in (token, other):
        text = f"The {name} sleeps in the shed. " + "\n\n".join(f"{name} eats grass, day {n}. " * 20 for n in range(6))
        ids[name] = memory.tell("The old text of " + name, "--key", name, "--session", "zoo")
        memory.ask("update", ids[name], "--content", text)
        memory.ask("reason", "--store", f"Somebody feeds number {len(ids)}", "--builds-on", ids[name])
        memory.ask("feedback", "--query", f"Where is {name}?", "--used", ids[name])
        memory.ask("recall", f"Where is the {name}?", "--session", "zoo")
    vectors = {id: _vectors(memory, id) for id in ids.values()}
    gone, kept = ids[token], ids[other]
    assert all(any(row in data for data in memory.files().values()) for rows in vectors.values() for row in rows)
    memory.ask("erase", gone, "--purge")

    files, exported = memory.files(), memory.exported()
    assert not [name for name, data in files.items() if token.encode() in data]
    assert not [name for name, data in files.items() for row in vectors[gone] if row in data]
    assert token not in exported and gone not in exported
    assert token not in memory.all_said(f"Where is the {token}?", "--session", "zoo")
    linked = {link["target"] for record in json.loads(exported)["memories"] for link in record["links"]}
    assert gone not in linked and kept in linked
    assert memory.ask("feedback", "--query", "Another?", "--used", kept)["pending"] == 2
    assert memory.ask("status")["integrity"] == "ok"
    assert any(row in data for data in files.values() for row in vectors[kept])
    assert other in memory.all_said(f"Where is the {other}?", "--session", "zoo")
    assert [version["content"] for version in memory.memory(kept)["history"]] == ["The old text of " + other]


@pytest.mark.parametrize("kept", ["the file alone", "json", "json without vectors", "jsonl", "markdown"])
def test_evidence_rebuild_from_retained(new, kept):
    """Given facts with random tokens → all that is derived is dropped, and made anew → recall's output has the tokens.

    What is retained is `memory.db` alone, or an export in each form. Control is built in: the tokens were made for this
    run, so nothing but what was retained can have them. A pass does not prove that counters of reads come back:
    they are lost with `usage.db`, as the documents say.
    """
    memory, tokens = new("first"), [random.token_hex(6) for _ in range(12)]
    for number, token in enumerate(tokens):
        memory.tell(FACTS.format(number, token), "--key", f"zebra-{number}")
    rebuilt = memory
    if kept == "the file alone":
        memory.ask("recall", "zebra")
        for file in memory.home.rglob("*"):
            if file.is_file() and file.name not in ("memory.db", "config.json"):
                file.unlink()
        memory.ask("status", "--repair")
        memory.ask("reembed")
    else:
        text = memory.exported(kept.split()[0])
        if kept == "json without vectors":
            document = json.loads(text)
            for record in document["memories"]:
                record.pop("keys")
            text = json.dumps(document)
        rebuilt = new("second")
        assert rebuilt.ask("import", "-", "--as", kept.split()[0], text=text)["created"] == 12
    said = "\n".join(rebuilt.recalled("Where does the zebra sleep?"))
    assert all(token in said for token in tokens)
    for number, token in enumerate(tokens):
        assert token in rebuilt.prompt(f"Where does the zebra number {number} sleep, in shed {token[:5]}?")
    assert rebuilt.ask("status")["integrity"] == "ok"


def _vectors(memory, id):
    """The middle of each of a memory's vectors as bytes: what files would hold of it."""
    records = json.loads(memory.exported())["memories"]
    (rows,) = (record["keys"] for record in records if record["id"] == id)
    return [base64.b64decode(row)[40:120] for row in rows]
