"""What recall printed comes back by every way in, and is not stored again."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest
from opening import Clock, opened

from ntm_memory import rendering
from ntm_memory.errors import EchoError
from ntm_memory.operations.validation import RECALLED_TAG
from ntm_memory.rendering import as_json

FACTS = (
    "Nora keeps the spare key under the blue pot",
    "Nora's dentist is Dr Okafor in Mill Lane",
    "诺拉的车停在地下二层",
)


@pytest.fixture
def memory(tmp_path):
    with opened(tmp_path, clock=Clock()) as memory:
        memory.memorize(FACTS[0], key="spare-key", tags=["home"], source="chat")
        memory.memorize_many([{"content": fact} for fact in FACTS[1:]])
        yield memory


def printed(memory):
    """What recall prints, in all its forms."""
    answer = asdict(memory.recall("Where is the spare key of Nora?", all=True)) | {"took_ms": 12.3}
    reasoned = asdict(memory.reason_and_retrieve("Where is the spare key of Nora?", hops=2)) | {"took_ms": 12.3}
    text = rendering.as_text("recall", answer)
    lines = rendering.as_context("recall", answer).split("\n")
    return {
        "json": as_json({"ok": True, **answer}),
        "pretty": json.dumps(answer, indent=2, ensure_ascii=False),
        "text": text,
        "line": text.split("\n")[0],
        "lines in a row": " ".join(text.split()),
        "lines as a list": "\n".join(f"- {line}" for line in text.split("\n")),
        "reason": rendering.as_text("reason", reasoned),
        "reason for a prompt": "\n".join(rendering.as_context("reason", reasoned).split("\n")[1:-1]),
        "items": "\n".join(lines[1:-1]),
        "item": lines[1],
        "contents": "; ".join(each["content"] for each in answer["memories"]),
        "framed": "From memory:\n" + "\n".join(f"{i}. {m['content']}" for i, m in enumerate(answer["memories"], 1)),
    }


FORMS = ("json", "pretty", "text", "line", "lines in a row", "lines as a list", "reason", "reason for a prompt")


@pytest.mark.parametrize("form", [*FORMS, "items", "item", "contents", "framed"])
def test_by_every_way_in_it_is_refused_with_the_ids_of_what_it_tells(memory, form):
    text = printed(memory)[form]
    with pytest.raises(EchoError) as refused:
        memory.memorize(text)
    assert "m_" in refused.value.message
    with pytest.raises(EchoError):
        memory.store_with_reasoning(text)
    assert [bad.code for bad in memory.memorize_many([{"content": text}, {"content": "Tom is in Oslo"}]).failed] == [
        "echo"
    ]
    lines = json.dumps({"content": text}) + "\n"
    assert memory.import_text(lines, "jsonl", dry_run=True).failed[0].code == "echo"
    assert memory.import_text(lines, "jsonl").failed[0].code == "echo"
    assert memory.store.count() == len(FACTS) + 1


@pytest.mark.parametrize("form", ["json", "pretty", "text", "line", "reason", "items"])
def test_an_update_to_it_is_refused_and_a_key_does_not_help(memory, form):
    text = printed(memory)[form]
    with pytest.raises(EchoError):
        memory.update("spare-key", content=text)
    with pytest.raises(EchoError):
        memory.memorize(text, key="another")
    assert memory.find("spare-key").content == FACTS[0]


def test_what_is_forgotten_does_not_come_back_with_its_id(memory):
    item = printed(memory)["item"]
    memory.erase(memory.recall("spare key").memories[0].id)
    with pytest.raises(EchoError):
        memory.memorize(item)
    assert memory.memorize(FACTS[0]).action == "created"


def test_a_fact_told_again_is_unchanged_whatever_its_case(memory):
    assert memory.memorize(FACTS[0].lower() + ".").action == "unchanged"
    assert memory.memorize_many([{"content": FACTS[1].upper()}]).unchanged == 1
    assert memory.memorize(FACTS[0], session="another day").action == "created"


def test_what_is_new_beside_it_is_stored(memory):
    for text in (
        f"{FACTS[0]}. {FACTS[1]}. Her brother has the other one.",
        f"{FACTS[0]} - not any more",
        printed(memory)["items"] + "\n- Tom is ill",
    ):
        assert memory.memorize(text).action == "created"
    assert memory.update("spare-key", content=f"{FACTS[0]}, the green one").memory.version == 2


def test_who_says_what_it_is_may_say_it_in_known_words(memory):
    id = memory.recall("dentist").memories[0].id
    both = f"{FACTS[0]}. {FACTS[1]}."
    assert memory.memorize(both, beside=[id]).action == "created"


def test_other_namespaces_do_not_count_but_for_ids(memory):
    assert memory.memorize(f"From memory: {FACTS[0]}", namespace="work").action == "created"
    with pytest.raises(EchoError):
        memory.memorize(printed(memory)["json"], namespace="work")


def noted(memory):
    return [(line["verb"], line["id"], line["namespace"], line["detail"]) for line in memory.status(audit=50)["audit"]]


def test_a_refusal_is_in_the_audit_with_its_reason_and_without_the_text(memory):
    text, before = printed(memory)["framed"], len(noted(memory))
    with pytest.raises(EchoError):
        memory.memorize(text)
    with pytest.raises(EchoError):
        memory.update("spare-key", content=printed(memory)["json"])
    block = RECALLED_TAG + printed(memory)["item"]
    memory.memorize_many([{"content": block, "namespace": "\ud800"}, {"content": printed(memory)["item"]}])
    memory.import_text(json.dumps({"content": text}), "jsonl", dry_run=True)
    lines = noted(memory)[: len(noted(memory)) - before]
    assert lines == [("refused", None, of, {"why": "echo"}) for of in ("default", None, "default", "default")]
    assert "spare" not in json.dumps(memory.status(audit=50))


@pytest.mark.parametrize(
    "note",
    [
        "[{id}] {text} ({day})",
        "[{id}] {text}",
        "{text} [{id}]",
        "({id}) {text}",
        "{id}: {text}",
        "[ {id} ] {text}, {day}",
    ],
)
def test_a_note_of_one_memory_with_its_id_and_nothing_new_is_an_echo(memory, note):
    one = memory.find("spare-key")
    told = note.format(id=one.id, text=one.content, day=one.created_at[:10])
    try:
        assert memory.memorize(told).action == "unchanged"
    except EchoError as refused:
        assert one.id in refused.message
    news = note.format(id=one.id, text="Nora moved to Leeds in spring", day=one.created_at[:10])
    assert memory.memorize(news).action == "created"


NEWS = "The kitchen on floor two has been closed since Monday"


@pytest.mark.parametrize("form", [*FORMS, "context", "context of reason", "items", "contents", "framed"])
@pytest.mark.parametrize("place", ["before", "behind", "before, in a row", "both"])
def test_a_new_fact_beside_what_was_printed_is_stored_whatever_the_form(memory, form, place):
    answer = asdict(memory.recall("Where is the spare key of Nora?", all=True)) | {"took_ms": 12.3}
    reasoned = asdict(memory.reason_and_retrieve("Where is the spare key of Nora?", hops=2)) | {"took_ms": 12.3}
    blocks = {
        "context": rendering.as_context("recall", answer),
        "context of reason": rendering.as_context("reason", reasoned),
    }
    text = (printed(memory) | blocks)[form]
    told = {
        "before": f"{NEWS}\n{text}",
        "behind": f"{text}\n{NEWS}",
        "before, in a row": f"{NEWS}. {text}",
        "both": f"{NEWS}\n{text}\nMia was told so on Tuesday",
    }[place]
    kept = memory.memorize(told)
    assert kept.action == "created"
    if form in blocks:
        assert NEWS in kept.memory.content and RECALLED_TAG not in kept.memory.content
        assert FACTS[0] not in kept.memory.content


def test_words_that_only_present_a_block_are_an_echo_with_it(memory):
    answer = asdict(memory.recall("Where is the spare key of Nora?", all=True)) | {"took_ms": 12.3}
    block = rendering.as_context("recall", answer)
    for told in (f"According to my notes:\n{block}", f"{block}\n{block}", block[: len(block) // 2]):
        with pytest.raises(EchoError):
            memory.memorize(told)


def test_invisible_letters_between_those_of_a_memory_change_nothing(memory):
    told = "\n".join("\u200b".join(fact) for fact in FACTS[:2])
    with pytest.raises(EchoError):
        memory.memorize(told)
