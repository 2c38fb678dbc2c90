"""Scopes: a namespace is a wall, whoever asks and whatever runs behind."""

from __future__ import annotations

import json

import pytest

CODE = "The staging door opens with the code heron 4711"
PAIRS = [("a", "b"), ("team", "team/x"), ("100%", "100_"), ("Ä", "ä"), ("default", "项目")]


@pytest.mark.parametrize(("mine", "yours"), PAIRS)
def test_scope_cross_tenant_absent(memory, mine, yours):
    """Given the best match under A → B asks by every reading verb, in each form → nothing of A is said.

    Control: A gets it, and B gets its own. A pass does not prove that nobody can name A himself: whoever runs the
    scripts may give any `--namespace`.
    """
    id = memory.tell(CODE, "--namespace", mine, "--session", "talk", "--key", "door", "--tag", "door")
    memory.tell("The cake is in the kitchen", "--namespace", yours, "--session", "talk")
    question = "Which code opens the staging door?"
    said = memory.all_said(question, "--namespace", yours, "--session", "talk")
    assert "4711" not in said and id not in said
    assert "4711" not in memory.exported("json", "--namespace", yours)
    assert memory.recalled(question, "--namespace", mine)[0] == CODE
    assert memory.recalled(question, "--namespace", yours) == ["The cake is in the kitchen"]


WIDENED = ["b", "*", "%", "A", " a b ", "../a", "a' OR '1'='1", "default"]


def _told_of(id):
    """Every verb that takes an id or a key, as a caller of another scope would try it: (command, arguments, stdin)."""
    hand = {"query": "What opens the door?", "gold": [id]}
    return {
        "update": ("update", [id, "--content", "taken"]),
        "update a key": ("update", ["--key", "door", "--content", "taken"]),
        "amend": ("update", [id, "--importance", "0.1"]),
        "erase": ("erase", [id]),
        "erase a key": ("erase", ["--key", "door"]),
        "an id as a key": ("erase", ["--key", id]),
        "weaken": ("erase", [id, "--strength", "0.5"]),
        "purge": ("erase", [id, "--purge"]),
        "purge a version": ("erase", [id, "--purge", "--version", "1"]),
        "retract": ("erase", [id, "--retract"]),
        "restore": ("erase", [id, "--restore"]),
        "read by place": ("recall", ["--from", id, "--shift", "0"]),
        "history": ("status", ["--history", id]),
        "feedback": ("feedback", ["--query", "What opens the door?", "--used", id]),
        "replace": ("memorize", ["taken", "--replaces", id]),
        "same": ("memorize", ["taken", "--same-as", id]),
        "beside": ("memorize", ["taken", "--beside", id]),
        "build on": ("reason", ["--store", "taken", "--builds-on", id]),
        "tune": ("tune", ["--jsonl", "-"], json.dumps(hand) + "\n"),
        "by question": ("erase", ["--query", CODE, "--yes"]),
    }


@pytest.mark.parametrize("verb", _told_of("m_"))
def test_scope_caller_cannot_widen(memory, verb):
    """Given a memory of A → every verb that takes an id or a key is called from other scopes → refused, or confined.

    The scopes are another one, wildcards, spellings near to A's and paths. Control: the same call from A works, at
    least where nothing is wanting but the right scope. A pass does not prove that a caller is bound to one scope:
    there is no server yet that would bind it, and `--any-namespace` is there to lift the wall on purpose.
    """
    id = memory.tell("The staging door opens with 1234", "--namespace", "a", "--key", "door")
    memory.ask("update", id, "--content", CODE, "--namespace", "a")
    before = memory.memory(id, "a")
    command, arguments, *stdin = _told_of(id)[verb]
    space = () if command == "tune" else ("--namespace",)
    for widened in WIDENED if space else [""]:
        said = memory.say(command, *arguments, *space, *([widened] if space else []), text="".join(stdin))
        assert "4711" not in said.out and said.code != 1, said
        assert (said.code in (2, 4)) or not _touched(said.answer), said
    assert memory.memory(id, "a") == before
    if command == "tune":
        hand = {"query": "What opens the door?", "gold": [id], "namespace": "a"}
        done = memory.say("tune", "--jsonl", "-", text=json.dumps(hand) + "\n")
        assert "pairs" in done.out and "failed" not in done.out, "it is of use, though too few"
    else:
        never = verb == "an id as a key"  # a key is a key in its own scope, too
        assert memory.say(command, *arguments, "--namespace", "a").code == (4 if never else 0)


def _touched(answer):
    """What of an answer says that something was done to a memory that was there before."""
    changed = ("memories", "erased", "restored", "previous", "recorded")
    return [answer[name] for name in changed if answer.get(name)]


@pytest.mark.parametrize("empty", ["", "  "])
def test_scope_caller_cannot_widen_by_leaving_it_empty(memory, empty):
    """Given memories of A and of the usual scope → an empty scope is given → it is the usual one, not all of them."""
    memory.tell(CODE, "--namespace", "a")
    memory.tell("The cake is in the kitchen")
    assert memory.recalled("Which code opens the staging door?", "--namespace", empty) == ["The cake is in the kitchen"]
    assert memory.ask("status")["namespaces"]["a"] == 1


ALIKE = [
    "Ute is a baker in Kiel",
    "Ute is a baker in Bonn",
    "Karl repairs bicycles",
    "Ute sells bread",
    "The oven is hot",
]


def _fill(memory, space):
    ids = [memory.tell(text, "--namespace", space, "--session", "talk") for text in ALIKE]
    memory.tell(ALIKE[0].upper(), "--namespace", space, "--session", "another talk")
    memory.ask("reason", "--store", "So bread comes from Kiel", "--builds-on", ids[0], "--namespace", space)
    return ids


def _ranked(memory, space):
    """What recall makes of a scope, without what is random or told of time."""
    answers = [
        memory.ask("recall", q, "--all", "--namespace", space) for q in ("Who is a baker?", "Where is the oven?")
    ]
    return [
        [(each["content"], round(each["weight"], 4)) for each in answer["memories"]] + [round(answer["confidence"], 4)]
        for answer in answers
    ]


def test_scope_background_respects_boundary(new):
    """Given two scopes with like content → every pass behind runs → nothing derived of one holds anything of the other.

    The passes there are: counters of reads, the session's focus, folding of equal texts, what a telling may concern,
    marks, links, feedback, tombstones, indexes and keys made anew, repair. B's ranking is compared with that of a
    memory that has B alone. Control: each derived thing is there inside its own scope. The mirror and
    projects are in `test_hooks.py`. A pass does not prove that `tune.py` learns for each scope apart: what it learns
    are numbers for the whole folder.
    """
    both, alone = new("both"), new("alone")
    mine, yours, theirs = _fill(both, "a"), _fill(both, "b"), _fill(alone, "b")
    for _ in range(3):
        both.ask("recall", "Who is a baker?", "--namespace", "a", "--session", "talk")
    both.ask("feedback", "--query", "Who is a baker?", "--used", mine[0], "--namespace", "a")
    both.ask("erase", mine[2], "--retract", "--namespace", "a")
    both.ask("reembed")
    both.ask("status", "--repair")
    alone.ask("reembed")

    records = json.loads(both.exported())["memories"]
    space_of = {record["id"]: record["namespace"] for record in records}
    for record in records:
        named = {link["target"] for link in record["links"]} | ({record["superseded_by"]} - {None})
        assert {space_of[id] for id in named} <= {record["namespace"]}
    reads = {space: sum(record["reads"] for record in records if record["namespace"] == space) for space in "ab"}
    assert reads["a"] > 0 and reads["b"] == 0
    assert any(record["links"] for record in records if record["namespace"] == "a")
    answer = both.ask("recall", "Who is a baker?", *("--all", "--namespace", "a"))
    folded = {id for each in answer["memories"] for id in each["also"]}
    assert folded and {space_of[id] for id in folded} == {"a"}
    told = both.ask("memorize", "Ute is a baker in Kiel now", "--namespace", "b")
    assert told["related"] and {space_of[each["id"]] for each in told["related"]} == {"b"}
    alone.ask("memorize", "Ute is a baker in Kiel now", "--namespace", "b")
    assert both.say("memorize", ALIKE[2], "--namespace", "a").error == "retracted"
    assert both.ask("memorize", ALIKE[2], "--namespace", "b")["action"] == "unchanged"
    assert len(yours) == len(theirs) and _ranked(both, "b") == _ranked(alone, "b")
    asked = [{"query": f"Who is a baker, {n}?", "gold": [mine[1]], "namespace": "a"} for n in range(12)]
    tuned = both.ask("tune", "--jsonl", "-", "--heads", text="".join(json.dumps(each) + "\n" for each in asked))
    assert tuned["kept"] and tuned["examples"] + tuned["held_out"] == 12
    learned = b"".join(data for name, data in both.files().items() if name.startswith("recall"))
    assert learned and not any(word.encode() in learned for word in ("Ute", "baker", "Kiel", *mine))
