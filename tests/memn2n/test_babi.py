from __future__ import annotations

import pytest

from ntm_memory.errors import BadValueError, NotFoundError
from ntm_memory.memn2n.babi import SETS, find_file, load_questions, read_stories, words_of
from tests.memn2n.stories import archive

STORY = """1 Ann walked to the attic.
2 Bo took the Lamp there.
3 What does Bo carry? \tLamp,Rope\t2
4 Ann walked to the yard.
5 Where is Ann?\tyard\t1 4
1 Cid slept.
2 Where is Cid?\tbed\t1
"""


def written(tmp_path, text):
    file = tmp_path / "qa1_own_train.txt"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_story_is_what_was_told_before_every_question(tmp_path):
    first, second = read_stories(written(tmp_path, STORY))
    carried, where = first
    assert carried.told == (("ann", "walked", "to", "the", "attic"), ("bo", "took", "the", "lamp", "there"))
    assert carried.asked == ("what", "does", "bo", "carry")
    assert (carried.answer, carried.support) == ("lamp,rope", (1,))
    assert len(where.told) == 3 and where.support == (0, 2)
    assert [question.told for question in second] == [(("cid", "slept"),)]


@pytest.mark.parametrize(
    "text",
    ["Ann walked.\n", "2 Ann walked.\n", "1 Ann walked.\nWhere is Ann?\tyard\t1\n", "1 Where is Ann?\t\t\n", "1\n"],
)
def test_what_is_no_story_is_refused_with_its_line(tmp_path, text):
    with pytest.raises(BadValueError, match=r"train\.txt:[12] is "):
        read_stories(written(tmp_path, text))


def test_bytes_that_are_no_text_are_refused(tmp_path):
    file = tmp_path / "qa1_own_train.txt"
    file.write_bytes(b"1 Ann \xff walked.\n")
    with pytest.raises(BadValueError, match="cannot be read"):
        read_stories(file)


def test_parts_share_no_story_and_leave_none_out(tmp_path):
    data = archive(tmp_path, stories=40)
    whole = [question for story in read_stories(find_file(data, 1, "en", "train")) for question in story]
    parts = [load_questions(data, 1, "en", part) for part in ("train", "check", "valid")]
    assert [len(part) for part in parts] == [34 * 3, 2 * 3, 4 * 3]
    assert [question for part in parts for question in part] == whole


def test_the_folder_may_be_the_archive_the_one_above_or_the_files_own(tmp_path):
    archive(tmp_path / "above" / "archive", stories=10)
    for data, chosen in [(tmp_path / "above" / "archive", s) for s in SETS] + [(tmp_path / "above", "en")]:
        assert find_file(data, 1, chosen, "train").parent.name == chosen
    own = (tmp_path / "above" / "archive" / "en").rename(tmp_path / "own")
    assert load_questions(own, 1, "en-10k", "train") == load_questions(own, 1, "en", "train")


def test_a_set_is_never_taken_for_the_other(tmp_path):
    data = archive(tmp_path, stories=10, sets=("en",))
    with pytest.raises(NotFoundError, match="en-10k/qa1_"):
        find_file(data, 1, "en-10k", "train")
    with pytest.raises(NotFoundError, match="en-10k/qa1_"):
        find_file(data / "en", 1, "en-10k", "train")
    assert find_file(data / "en", 1, "en", "train").parent.name == "en"


def test_missing_folder_task_and_test_file_are_told_apart(tmp_path):
    data = archive(tmp_path, stories=10)
    with pytest.raises(NotFoundError, match="there is no folder"):
        load_questions(tmp_path / "nowhere", 1, "en", "train")
    with pytest.raises(NotFoundError, match="qa7_"):
        load_questions(data, 7, "en", "train")
    with pytest.raises(NotFoundError) as absent:
        load_questions(data, 1, "en", "test")
    assert "official test files" in absent.value.hint
    (data / "en" / "qa1_walks_test.txt").write_text(STORY, encoding="utf-8")
    assert len(load_questions(data, 1, "en", "test")) == 3


def test_a_part_without_questions_is_refused(tmp_path):
    data = archive(tmp_path, stories=1)
    with pytest.raises(BadValueError, match="has no questions"):
        load_questions(data, 1, "en", "valid")


def test_words_are_lower_case_and_keep_their_hyphens():
    assert words_of("  Is the Well-Known box (red)? ") == ("is", "the", "well-known", "box", "red")
