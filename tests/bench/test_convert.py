"""Each converter on a tiny made-up file in its publisher's format."""

from __future__ import annotations

import json

import pytest

from bench.convert.__main__ import CONVERTERS, main
from bench.dataset import moment, rows


def write(file, content):
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    return file


def converted(name, upstream, tmp_path, capsys):
    """(memories by id, questions by id) of one conversation set, and that every question has its evidence there."""
    out = tmp_path / "out" / name / "dev"
    assert main([name, str(upstream), str(out)]) == 0
    memories, questions = rows(out / "memories.jsonl"), rows(out / "queries.jsonl")
    assert f"{len(memories)} memories, {len(questions)} questions" in capsys.readouterr().out
    known = {(memory["conv"], memory["id"]) for memory in memories}
    assert len(known) == len(memories)
    for memory in memories:
        assert {"id", "conv", "session", "time", "speaker", "text"} <= set(memory)
        assert not isinstance(memory["time"], str) or moment(memory["time"]) is not None
    for question in questions:
        assert {"qid", "conv", "query", "gold", "category", "answer"} <= set(question)
        assert question["gold"] and all((question["conv"], id) in known for id in question["gold"])
    return {memory["id"]: memory for memory in memories}, {question["qid"]: question for question in questions}


def test_locomo(tmp_path, capsys):
    talk = {
        "speaker_a": "Ana",
        "speaker_b": "Ben",
        "session_2_date_time": "1:14 pm on 25 May, 2023",
        "session_2": [{"speaker": "Ben", "dia_id": "D2:1", "text": "Look!", "blip_caption": "a photo of a cat"}],
        "session_1_date_time": "1:56 pm on 8 May, 2023",
        "session_1": [{"speaker": "Ana", "dia_id": "D1:1", "text": "I moved to Rome."}],
    }
    asked = [
        {"question": "Where does Ana live?", "answer": "Rome", "evidence": ["D1:1; D2:1"], "category": 1},
        {"question": "Is Ana kind?", "answer": "yes", "evidence": [], "category": 3},
        {"question": "What did Ana show?", "adversarial_answer": "a cat", "evidence": ["D2:1"], "category": 5},
    ]
    file = write(tmp_path / "locomo10.json", [{"sample_id": "conv-1", "conversation": talk, "qa": asked}])
    memories, questions = converted("locomo", file, tmp_path, capsys)
    assert list(memories) == ["D1:1", "D2:1"]
    assert memories["D2:1"]["text"] == "Look! [shares an image: a photo of a cat]"
    assert memories["D2:1"]["session"] == 2
    assert moment(memories["D2:1"]["time"]) == "2023-05-25T13:14:00"
    assert list(questions) == ["conv-1_q0", "conv-1_q2"]
    assert questions["conv-1_q0"]["gold"] == ["D1:1", "D2:1"]
    assert (questions["conv-1_q2"]["category"], questions["conv-1_q2"]["answer"]) == ("adversarial", "a cat")


def test_realtalk(tmp_path, capsys):
    turn = {"speaker": "Emi", "date_time": "29.12.2023, 22:42:04"}
    chat = {
        "name": {"speaker_1": "Emi", "speaker_2": "Elise"},
        "session_1": [
            turn | {"dia_id": "D1:1", "clean_text": "Hey"},
            turn | {"dia_id": "D1:2", "clean_text": " "},
        ],
        "session_1_date_time": "29.12.2023, 22:42:04",
        "events_session_1": {},
        "qa": [
            {"question": "Who greeted?", "answer": "Emi", "evidence": ["D1:1"], "category": 3},
            {"question": "What was shown?", "answer": "-", "evidence": ["D1:2"], "category": 1},
        ],
    }
    write(tmp_path / "data" / "Chat_1_Emi_Elise.json", chat)
    memories, questions = converted("realtalk", tmp_path / "data", tmp_path, capsys)
    assert list(memories) == ["D1:1"]
    assert (memories["D1:1"]["conv"], memories["D1:1"]["time"]) == ("Chat_1_Emi_Elise", "2023-12-29 22:42:04")
    assert [question["category"] for question in questions.values()] == ["commonsense"]


def test_longmemeval(tmp_path, capsys):
    asked = {
        "question_type": "single-session-user",
        "question": "Which degree?",
        "answer": "Physics",
        "question_date": "2023/06/01 (Thu) 10:00",
        "haystack_session_ids": ["late", "early"],
        "haystack_dates": ["2023/05/21 (Sun) 09:49", "2023/05/20 (Sat) 06:13"],
        "haystack_sessions": [
            [{"role": "user", "content": "I studied physics", "has_answer": True}],
            [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}],
        ],
        "answer_session_ids": ["late"],
    }
    file = write(tmp_path / "longmemeval_s.json", [asked | {"question_id": "q1"}, asked | {"question_id": "q2_abs"}])
    memories, questions = converted("longmemeval", file, tmp_path, capsys)
    assert list(memories) == ["early", "late"]
    assert memories["early"]["text"] == "user: hi\nassistant: hello"
    assert memories["late"]["time"] == "2023-05-21T09:49:00"
    assert questions["q1"]["gold"] == ["late"] and list(questions) == ["q1"]


def test_beam(tmp_path, capsys):
    said = [
        {"role": "user", "id": 0, "time_anchor": "March-15-2024", "index": "1,1", "content": "Plan it ->-> 1,1"},
        {"role": "assistant", "id": 1, "content": "Done"},
    ]
    later = [{"role": "user", "id": 2, "time_anchor": "April-05-2024", "content": "Changed ->-> 2,1"}]
    write(
        tmp_path / "100K" / "3" / "chat.json",
        [{"batch_number": 1, "turns": [said]}, {"batch_number": 2, "turns": [later]}],
    )
    asked = {
        "abstention": [{"question": "Who am I?", "ideal_response": "unknown"}],
        "knowledge_update": [
            {"question": "What now?", "answer": "x", "source_chat_ids": {"original_info": [0], "updated_info": [2, 2]}}
        ],
        "instruction_following": [{"question": "Show", "expected_compliance": "code", "source_chat_ids": [1]}],
    }
    write(tmp_path / "100K" / "3" / "probing_questions" / "probing_questions.json", asked)
    memories, questions = converted("beam", tmp_path / "100K", tmp_path, capsys)
    assert [memory["text"] for memory in memories.values()] == ["Plan it", "Done", "Changed"]
    assert [memory["time"] for memory in memories.values()] == ["March-15-2024", "March-15-2024", "April-05-2024"]
    assert {memory["conv"] for memory in memories.values()} == {"beam100k-3"}
    assert questions["beam100k-3_knowledge_update_0"]["gold"] == ["0", "2"]
    assert questions["beam100k-3_instruction_following_0"]["answer"] == "code"
    assert len(questions) == 2


def test_memdaily(tmp_path, capsys):
    told = {"mid": 0, "message": "我住在上海。", "time": "2024年04月01日 周一 08:43", "place": "上海"}
    asked = {"qid": 0, "question": "我住在哪里？", "answer": "上海", "target_step_id": [0]}
    asked["time"] = "2024年04月05日 周五 08:07"
    write(
        tmp_path / "qa" / "05_post_processing_items.json",
        [{"tid": 4, "message_list": [told], "question_list": [asked]}],
    )
    memories, questions = converted("memdaily", tmp_path / "qa", tmp_path, capsys)
    assert (memories["0"]["session"], memories["0"]["place"]) == ("2024年04月01日", "上海")
    question = questions["05_post_processing_items-4-0"]
    assert (question["conv"], question["category"]) == ("05_post_processing_items-4", "post_processing")


def test_lifebench(tmp_path, capsys):
    user = tmp_path / "data" / "lena"
    sms = {"phone_id": 0, "contactName": "Tom", "message_type": "Send", "message_content": "Hi"}
    note = {"phone_id": "7", "title": "Shop", "content": "milk", "datetime": "2025-01-01 07:00:00"}
    event = {"title": "Run", "description": "park", "start_time": "2025-01-02 06:00:00", "phone_id": 3}
    write(user / "phone_data" / "sms.json", [sms | {"datetime": "2025-01-01 08:00:00"}])
    write(user / "phone_data" / "note.json", [note])
    write(user / "phone_data" / "calendar.json", [event | {"datetime": "2025-01-01 09:00:00"}])
    options = [{"option": "A", "content": "milk"}, {"option": "B", "content": "tea"}]
    asked = {"question": "What to buy?", "answer": "A", "ask_time": "2025-01", "question_type": "Multi-hop reasoning"}
    photo = [{"type": "photo", "id": 1}]
    kept = [{"type": "note", "id": "7"}, {"type": "sms", "id": 0}]
    write(
        user / "QA" / "QA_clean.json",
        [asked | {"evidence": kept + photo}, asked | {"evidence": kept, "options": options}, asked],
    )
    memories, questions = converted("lifebench", tmp_path / "data", tmp_path, capsys)
    assert list(memories) == ["note:7", "sms:0", "calendar:3"]
    assert memories["sms:0"]["text"] == "Send Tom: Hi" and memories["note:7"]["text"] == "Shop：milk"
    assert memories["calendar:3"]["text"] == "Run：park 2025-01-02 06:00:00"
    assert list(questions) == ["lena_1"]
    assert (questions["lena_1"]["answer"], questions["lena_1"]["gold"]) == ("A: milk", ["note:7", "sms:0"])
    assert len(converted("lifebench", user, tmp_path, capsys)[0]) == 3


@pytest.mark.parametrize(("name", "file"), [("hotpot", "hotpot_dev_distractor_v1.json"), ("2wiki", "dev.json")])
def test_hotpot_and_2wiki(name, file, tmp_path, capsys):
    ed, ann, bob = (["Ed", ["Ed is here.", " He sings."]], ["Ann", ["Ann."]], ["Bob", ["Bob."]])
    questions = [
        {"_id": "a", "question": "Who?", "answer": "Ed", "type": "bridge"}
        | {"supporting_facts": [["Ed", 0], ["Ed", 1], ["Bob", 0]], "context": [ed, ann, bob]},
        {"_id": "b", "question": "Whom?", "answer": "Ann", "type": "comparison"}
        | {"supporting_facts": [["Ann", 0], ["Ed", 0]], "context": [ann, ed]},
    ]
    memories, questions = converted(name, write(tmp_path / file, questions), tmp_path, capsys)
    assert [memory["text"] for memory in memories.values()] == ["Ed\nEd is here. He sings.", "Ann\nAnn.", "Bob\nBob."]
    assert (questions["a"]["gold"], questions["b"]["gold"]) == (["p0", "p2"], ["p1", "p0"])
    assert {memory["conv"] for memory in memories.values()} == {name}


def test_musique(tmp_path, capsys):
    paragraphs = [
        {"idx": 0, "title": "Ed", "paragraph_text": "Ed is here.", "is_supporting": True},
        {"idx": 1, "title": "Ann", "paragraph_text": "Ann is not.", "is_supporting": False},
    ]
    asked = {"id": "3hop1__1_2_3", "question": "Who?", "answer": "Ed", "paragraphs": paragraphs, "answerable": True}
    memories, questions = converted("musique", write(tmp_path / "musique_ans_v1.0_dev.jsonl", asked), tmp_path, capsys)
    assert memories["p0"]["text"] == "Ed\nEd is here." and memories["p0"]["speaker"] == "Ed"
    assert questions["3hop1__1_2_3"]["gold"] == ["p0"] and questions["3hop1__1_2_3"]["category"] == "3hop"


def test_cmrc2018(tmp_path, capsys):
    asked = {"query_id": "DEV_0_QUERY_0", "query_text": "谁？", "answers": ["光荣", "光荣公司"]}
    paragraph = {"context_id": "DEV_0", "context_text": "由光荣开发。", "title": "战国", "qas": [asked]}
    memories, questions = converted("cmrc2018", write(tmp_path / "cmrc2018_dev.json", [paragraph]), tmp_path, capsys)
    assert memories["p0"]["text"] == "由光荣开发。"
    assert questions["DEV_0_QUERY_0"]["answer"] == "光荣"


def test_xquad(tmp_path, capsys):
    asked = {"id": "5", "question": "Who won?", "answers": [{"text": "Ed", "answer_start": 0}]}
    article = {"title": "Cup", "paragraphs": [{"context": "Ed won.", "qas": [asked]}]}
    memories, questions = converted("xquad", write(tmp_path / "xquad.en.json", {"data": [article]}), tmp_path, capsys)
    assert memories["p0"]["text"] == "Ed won." and questions["5"]["gold"] == ["p0"]


def test_friendsqa(tmp_path, capsys):
    lines = [
        {"uid": 0, "speakers": ["Ross Geller"], "utterance": "Breathe ."},
        {"uid": 1, "speakers": ["Joey Tribbiani", "Ross Geller"], "utterance": "Hey ."},
    ]
    answers = [{"answer_text": "Joey", "utterance_id": 1}, {"answer_text": "Ross", "utterance_id": 1}]
    scene = {"utterances:": lines, "qas": [{"id": "s01_e23_c06_Who", "question": "Who came ?", "answers": answers}]}
    data = {"data": [{"title": "s01_e23_c06", "paragraphs": [scene]}]}
    memories, questions = converted("friendsqa", write(tmp_path / "friendsqa_dev.json", data), tmp_path, capsys)
    assert memories["1"]["speaker"] == "Joey Tribbiani, Ross Geller"
    assert (questions["s01_e23_c06_Who"]["gold"], questions["s01_e23_c06_Who"]["category"]) == (["1"], "Who")


def test_memorybank(tmp_path, capsys):
    days = {"2023-04-27": [{"query": "Hello", "response": "Hi Eva"}, {"query": "Bye", "response": "See you"}]}
    days["2023-04-28"] = [{"query": "你好", "response": "你好！"}]
    bank = write(tmp_path / "memory_bank_en.json", {"Eva": {"name": "Eva", "history": days}})
    memories, questions = converted("memorybank", bank, tmp_path, capsys)
    assert memories["Eva/2023-04-27.0q"] | {"speaker": "Eva", "text": "Hello"} == memories["Eva/2023-04-27.0q"]
    assert questions["Eva/2023-04-27.0a+1"]["gold"] == ["Eva/2023-04-27.1q"]
    assert questions["Eva/2023-04-27.0a+1"]["query"] == 'What came right after "AI: Hi Eva"?'
    assert "之后" in questions["Eva/2023-04-28.0q+1"]["query"]
    assert len(questions) == 4  # none from one day to the next


def test_every_data_set_has_a_test():
    tested = {name.removeprefix("test_") for name in globals() if name.startswith("test_")} | {"hotpot", "2wiki"}
    assert set(CONVERTERS) <= tested


def test_a_folder_without_the_file_is_said(tmp_path):
    with pytest.raises(SystemExit, match="holds no locomo10.json"):
        main(["locomo", str(tmp_path), str(tmp_path / "out")])
