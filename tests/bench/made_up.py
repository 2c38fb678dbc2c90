"""Tiny made-up data sets in the form of the real ones, under their names."""

from __future__ import annotations

import json

WHO = "Mia Ben Tom Ana Kim Leo Zoe Max".split()
_PAIRS = ("en1_details", "en1_sessions", "en1_stores", "en1_tasks", "en_life", "en_prompts")
WHAT = "tea piano chess bread roses trains stars boats".split()


def write_lines(file, lines):
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")


def write_set(folder, memories, questions):
    write_lines(folder / "memories.jsonl", memories)
    write_lines(folder / "queries.jsonl", questions)


def talks(folder, conversations=4):
    """Talks of two, every second turn asked for."""
    memories, questions = [], []
    for number in range(conversations):
        conv = f"c{number}"
        for turn in range(8):
            who, what = WHO[turn], WHAT[(turn + number) % 8]
            told = {"id": f"D1:{turn}", "conv": conv, "session": 1, "time": f"2023-05-0{1 + turn} 10:00:00"}
            memories.append(
                told | {"speaker": ("A", "B")[turn % 2], "text": f"{who} told me about {what} on day {turn}"}
            )
            if turn % 2:
                asked = {"qid": f"{conv}_q{turn}", "conv": conv, "query": f"What did {who} tell about {what}?"}
                questions.append(asked | {"gold": [f"D1:{turn}"], "category": "single-hop"})
    write_set(folder, memories, questions)


def pool(folder, name):
    """Paragraphs, and questions that need two of them."""
    memories, questions = [], []
    for number, (who, what) in enumerate(zip(WHO, WHAT, strict=True)):
        after = WHO[(number + 1) % 8]
        pair = (f"{who}\n{who} is the teacher of {after}.", f"{what}\nThe book about {what} was written by {who}.")
        for text in pair:
            memory = {"id": f"p{len(memories)}", "conv": name, "session": 0, "time": 0, "speaker": text.split("\n")[0]}
            memories.append(memory | {"text": text})
        asked = {"qid": f"{name}{number}", "conv": name, "query": f"Whose teacher wrote the book about {what}?"}
        questions.append(asked | {"gold": [f"p{2 * number}", f"p{2 * number + 1}"], "category": "2hop"})
    write_set(folder, memories, questions)


def facts(file):
    """A probe file of facts, asked before anything is erased."""
    adds = [
        {"op": "add", "id": f"g{i}", "key": f"{who}|hobby", "prev": None, "time": f"2025-01-0{1 + i} 08:00"}
        | {"text": f"{who} likes {what}."}
        for i, (who, what) in enumerate(zip(WHO, WHAT, strict=True))
    ]
    asks = [
        {"op": "query", "qid": f"q{i}", "kind": "before", "query": f"What does {who} like?", "gold": [f"g{i}"]}
        for i, who in enumerate(WHO)
    ]
    write_lines(file, [*adds, *asks])


def ours(folder):
    """What stands in for the project's own files; returns their paths."""
    files = [folder / name for name in ("notes.jsonl", "revisions.jsonl", "prior_texts.jsonl")]
    pairs = list(zip(WHO, WHAT, strict=True))
    notes = [
        {"conv": "kim", "time": f"2025-01-0{1 + i}", "text": f"{who} cares for {what}", "ask": [f"who tends {what}"]}
        for i, (who, what) in enumerate(pairs)
    ]
    write_lines(files[0], notes)
    told = [
        {"subject": who, "thing": "home", "statements": [f"{who} lives in Paris.", f"{who} moved to Berlin."]}
        for who in WHO
    ]
    hobbies = [{"subject": who, "thing": "hobby", "statements": [f"{who} plays {what}."]} for who, what in pairs]
    write_lines(files[1], told + hobbies)
    write_lines(
        files[2],
        [{"language": "en", "text": f"{who} likes {what}"} for who, what in pairs]
        + [{"language": "zh", "text": text} for text in ("我喜欢喝茶", "他住在北京", "明天下雨", "她会弹琴")],
    )
    return tuple(files)


def pairs_to_read(folder):
    """What stands in for bench/pairs: answers and revisions, details, prompts, and stores, one of them held back."""
    lines = [
        {"q": f"who likes {what}?", "yes": [f"{who} likes {what}"], "no": [f"{who} knows {what}"]}
        for who, what in zip(WHO, WHAT, strict=True)
    ]
    write_lines(folder / "en_life" / "answers.jsonl", lines)
    labels = ("revises", "beside", "same", "unrelated")
    told = [{"old": f"{who} has tea", "new": f"{who} has milk", "label": labels[i % 4]} for i, who in enumerate(WHO)]
    write_lines(folder / "en_life" / "revisions.jsonl", told)
    write_lines(folder / "en1_stores" / "stores.jsonl", [store("en1-01", told), store("en1-08", told)])
    details = [
        {
            "note": f"{who} likes {what}",
            "answered": [f"what does {who} like?"],
            "missing": [f"since when does {who} like {what}?"],
            "other": [f"what does {other} like?"],
            "also": [f"{who} knows {what}"],
        }
        for who, other, what in zip(WHO, WHO[1:], WHAT, strict=False)
    ]
    write_lines(folder / "en1_details" / "details.jsonl", details)
    prompts = [
        {
            "prompt": f"cook for {who}",
            "matters": [f"{who} likes {what}"] if i % 2 else [],
            "not": [f"{who} knows {what}"],
        }
        for i, (who, what) in enumerate(zip(WHO, WHAT, strict=True))
    ]
    write_lines(folder / "en_prompts" / "prompts.jsonl", prompts)
    notes = [
        {"store": name, "id": f"{name}{i}", "content": f"{who} of {name} has {what}"}
        | {"when": f"2025-01-0{i + 1}", "session": None}
        for name in ("s1", "s2", "s3", "s4")
        for i, (who, what) in enumerate(zip(WHO, WHAT, strict=True))
    ]
    write_lines(folder / "en1_sessions" / "told.jsonl", notes)
    kinds = ("first", "follow", "follow", "unrelated")
    asked = [
        {
            "store": name,
            "session": "q1",
            "turns": [
                {"question": f"what has {WHO[i]}?", "gold": [f"{name}{i}"], "kind": kind}
                for i, kind in enumerate(kinds)
            ],
        }
        for name in ("s1", "s2", "s3", "s4")
    ]
    write_lines(folder / "en1_sessions" / "sessions.jsonl", asked)
    tasks = [store(name, []) for name in ("te1", "te2", "te3")]
    write_lines(folder / "en1_tasks" / "tasks.jsonl", tasks)
    return tuple(folder / name for name in _PAIRS)


def store(name, pairs):
    """Notes with questions, prompts and pairs of statements."""
    told = zip(WHO, WHAT, strict=True)
    notes = [
        {"id": f"n{i}", "content": f"{name}: {a} has {b}", "when": f"2025-01-0{i + 1}"} for i, (a, b) in enumerate(told)
    ]
    questions = [
        {"query": f"what of {name} is with {who}?", "kind": "own_words", "gold": [f"n{i}"]} for i, who in enumerate(WHO)
    ]
    questions += [{"query": f"what of {name} is in room {i}?", "kind": "absent_topic", "gold": []} for i in range(3)]
    prompts = [{"prompt": f"write to {name} of tea", "gold": ["n0"]}, {"prompt": f"sing for {name}", "gold": []}]
    return {
        "store": name,
        "about": "nobody",
        "notes": notes,
        "questions": questions,
        "prompts": prompts,
        "pairs": pairs,
    }


def passages(file, words):
    """A file of passages in SQuAD's form, as XQuAD has them."""
    context = " ".join(f"{who} {words} {what}." for who, what in zip(WHO, WHAT, strict=True))
    asked = [
        {"question": f"{words} {what}?", "answers": [{"answer_start": context.index(what), "text": what}]}
        for what in WHAT
    ]
    write_json(file, {"data": [{"title": "all", "paragraphs": [{"context": context, "qas": asked}]}]})


def talk(file):
    """A scene with questions about its utterances, as FriendsQA has them."""
    spoken = [
        {"uid": i, "speakers": [who], "utterance": f"I bring {what}"}
        for i, (who, what) in enumerate(zip(WHO, WHAT, strict=True))
    ]
    asked = [{"question": f"who brings {what}?", "answers": [{"utterance_id": i}]} for i, what in enumerate(WHAT)]
    write_json(file, {"data": [{"title": "a scene", "paragraphs": [{"utterances:": spoken, "qas": asked}]}]})


def write_json(file, value):
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(value), encoding="utf-8")
