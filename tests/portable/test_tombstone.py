"""Tombstones: what a user rejected stays rejected, however it is told again."""

from __future__ import annotations

import json

import pytest

from .entries import WAYS

VALUE = "The safe opens with the code 4711"
NEIGHBOUR = "The shed opens with the code 4712"
TRANSCRIPT = ["Ute: the meeting is on Monday", "Karl: The safe opens with the code 4711.", "Ute: then bring cake"]


@pytest.fixture
def rejected(memory):
    """The id of a value that was rejected, beside a neighbour that was not."""
    memory.tell(NEIGHBOUR, "--key", "shed")
    id = memory.tell(VALUE, "--key", "safe", "--session", "talk")
    memory.ask("erase", id, "--retract")
    return id


def _inactive(memory, question="Which code opens the safe?"):
    """Nothing that is read has the value; the neighbour is the control that something is read at all."""
    said = memory.all_said(question)
    assert "4712" in said, "the neighbour is recalled"
    assert "4711" not in said, said
    live = [json.loads(line)["content"] for line in memory.exported("jsonl").splitlines()]
    assert NEIGHBOUR in live and not any("4711" in content for content in live)


def test_tombstone_laundering_sequence(memory, rejected):
    """Given a rejected value → another takes its place, then the first is told again and again → still inactive.

    It is told under its old key, under the new one, as a replacement, in another session, thirty times. Control: a
    neighbour value, one digit away, is recalled. A pass does not prove anything of paraphrases.
    """
    memory.tell("The safe opens with the code 0815", "--key", "safe")
    other = memory.ask("update", "--key", "safe", "--content", "The safe opens with the code 1111")["memory"]["id"]
    for turn in range(30):
        ways = (["--key", "safe"], ["--replaces", other], ["--session", f"s{turn}"], ["--key", f"new-{turn}"], [])
        assert memory.say("memorize", VALUE, *ways[turn % len(ways)]).error == "retracted"
    assert memory.say("update", other, "--content", VALUE).error == "retracted"
    assert memory.ask("memorize", "The safe opens with the code 2222", "--key", "safe")["action"] == "updated"
    _inactive(memory)
    assert memory.recalled("Which code opens the safe?")[0] == "The safe opens with the code 2222"


def test_tombstone_survives_ttl_and_prune(new):
    """Given a rejected value and an unrejected twin in time → the store ages past everything → it is still refused.

    Ages: ten years pass; a full memory archives the least used; the rejected memory is purged, which vacuums; keys
    and indexes are made anew, twice. Nothing here is forgotten by time alone. Control: the twin survives, and is told
    again as known. A pass does not prove anything of a limit that removes tombstones: there is none.
    """
    memory = new("home", memory_size=3, capacity={"when_full": "evict"})
    twin = memory.tell(NEIGHBOUR, "--importance", "1")
    id = memory.tell(VALUE)
    memory.ask("erase", id, "--retract", "--purge")
    for year in range(1, 11):
        with memory.python(clock=lambda year=year: 1_800_000_000.0 + year * 31_557_600) as manager:
            manager.memorize(f"What happened in year {year}", importance=0.0)
            manager.recall("Which code opens the shed?")
    memory.background()
    memory.background()
    assert memory.ask("status")["memories"]["archived"] > 0
    assert memory.say("memorize", VALUE).error == "retracted"
    assert memory.ask("memorize", NEIGHBOUR)["memory"]["id"] == twin
    _inactive(memory)


ATTACKS = {
    "case": VALUE.upper(),
    "white space": VALUE.replace(" ", " \t\n "),
    "full width": "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in VALUE),
    "Cyrillic": VALUE.translate(str.maketrans("Teoaсpх", "Теоасрх")),
    "Greek": VALUE.translate(str.maketrans("oTv", "οΤν")),
    "mathematical letters": "".join(chr(0x1D400 + ord(c) - 65) if c.isupper() else c for c in VALUE.upper()),
    "zero width": "\u200b".join(VALUE),
    "soft hyphens": VALUE.replace("a", "a\u00ad"),
    "bidi": "\u202e" + VALUE + "\u202c",
    "tag characters": VALUE + "".join(chr(0xE0000 + ord(c)) for c in "ignore"),
    "variation selectors": "\ufe0f".join(VALUE),
    "quotes": f"“{VALUE}”!!!",
    "a bullet": f"- {VALUE}",
    "NUL": VALUE.replace(" ", " \0"),
    "O for 0, l for 1": VALUE.replace("1", "l"),
    "accents": "Thé safe opens with the codé 4711",
    "an emoji": f"{VALUE} 🙂",
    "HTML": f"<p>{VALUE}</p>".replace(" ", "&#32;"),
    "an address": VALUE.replace(" ", "%20"),
    "a clause": f"As we agreed, {VALUE}, since Monday",
    "a line of a text": f"Minutes of Monday\n{VALUE}\nKarl brings cake",
    "a sentence of a text": f"We met. {VALUE}. We left.",
}
PARAPHRASES = [
    "4711 is the code by which the safe can be opened",
    "The safe opens with the secret code 4711",
    "Der Tresor geht mit dem Code 4711 auf",
    "The safe opens with the code forty-seven eleven",
    "The safe opens with the code 4712 minus one",
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_tombstone_key_normalization_attack(memory, rejected, attack):
    """Given a rejected value → it is told in other letters, spaces, signs → refused, in its key's spellings too.

    Control: the neighbour in the same disguise is stored. A pass does not prove that every look-alike is known, only
    those of the table that the package has.
    """
    told = memory.say("memorize", "-", text=ATTACKS[attack])
    assert told.error == "retracted", told.out
    assert memory.say("memorize", "-", "--key", "ＳＡＦＥ", text=ATTACKS[attack]).error == "retracted"
    _inactive(memory)
    other = ATTACKS[attack].replace("safe", "cage").replace("SAFE", "CAGE").replace("Safe", "Cage")
    disguise = other if "cage" in other.lower() else ATTACKS[attack] + " no longer"
    assert memory.ask("memorize", "-", text=disguise)["action"] == "created"


@pytest.mark.parametrize("text", PARAPHRASES)
def test_tombstone_key_normalization_attack_by_paraphrase(memory, rejected, text):
    """Given a rejected value → a paraphrase is told → it is stored: a tombstone knows spellings, no meanings.

    Those that pass are this list: other words, an added word, another language, numbers in words, an accent, which
    makes other words in many languages.
    """
    assert memory.ask("memorize", text)["action"] == "created"


def _captured(memory, way):
    """A transcript taken in turn by turn, as by a hook; returns (codes of what was refused, all that was printed)."""
    if way in ("memorize --jsonl", "import jsonl"):
        lines = "".join(json.dumps({"content": turn, "session": "talk"}) + "\n" for turn in TRANSCRIPT)
        command = ("memorize", "--jsonl", "-") if way == "memorize --jsonl" else ("import", "-", "--as", "jsonl")
        said = memory.say(*command, text=lines)
        return [each["code"] for each in said.answer["failed"]], said.out
    if way == "import markdown":
        blocks = "".join(f"---\nsession: talk\n---\n{turn}\n\n" for turn in TRANSCRIPT)
        said = memory.say("import", "-", "--as", "markdown", text=blocks)
        return [each["code"] for each in said.answer["failed"]], said.out
    said = [memory.say("memorize", "-", text=turn) for turn in TRANSCRIPT]
    return [each.error for each in said if each.code], "".join(each.out for each in said)


CAPTURES = ["memorize", "memorize --jsonl", "import jsonl", "import markdown"]


@pytest.mark.parametrize("way", CAPTURES)
def test_tombstone_reextraction_stays_inactive(memory, rejected, way):
    """Given a rejected value → the transcript that holds it is captured again, twice → no active record of it.

    Control: the rest of the transcript is captured. A transcript told as one text is refused whole, and that is said
    with the line: whoever tells it leaves the line out. A pass does not prove anything of a model that extracts facts
    in its own words.
    """
    for _ in range(2):
        refused, printed = _captured(memory, way)
        assert refused == ["retracted"] and "4711" not in printed
    _inactive(memory)
    rest = memory.recalled("When is the meeting, and who brings what?")
    assert {TRANSCRIPT[0], TRANSCRIPT[2]} <= set(rest)
    whole = memory.say("memorize", "-", text="\n".join(TRANSCRIPT))
    assert whole.error == "retracted" and "line 2" in whole.out
    left_out = [line.replace("Monday", "Tuesday").replace("cake", "tea") for line in TRANSCRIPT[::2]]
    assert memory.ask("memorize", "-", text="\n".join(left_out))["action"] == "created"


@pytest.mark.parametrize("way", [*CAPTURES, *WAYS])
def test_tombstone_no_second_memory_unit(memory, rejected, way):
    """Given the same → it is told by every way → there is one record of the value, the rejected one, and no second.

    It is refused, not folded into anything: the record's version and state stay, and no other holds the value as its
    own text. Control: the surrounding memories are recalled. An imported record that has the value among its *older*
    versions is a case of `gateway.no_bypass_path`. A pass does not prove anything of paraphrases.
    """
    before = memory.memory(rejected)
    for text in (VALUE, VALUE.upper()):
        _captured(memory, way) if way in CAPTURES else WAYS[way](memory, text)
    records = json.loads(memory.exported())["memories"]
    assert [record["id"] for record in records if "4711" in record["content"].casefold()] == [rejected]
    assert memory.memory(rejected) == before and before["memory"]["state"] == "erased"
    assert [line["verb"] for line in memory.audit("--id", rejected)].count("created") == 1
    _inactive(memory)
    if way in CAPTURES:
        assert TRANSCRIPT[0] in memory.recalled("When is the meeting?")
