"""When a statement revises an older one: what the texts alone say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ntm_memory.revision import SURE, WEIGHTS, chance, is_statement, same_subject, signals, subject

USUAL = 0.5  # centred cosine of two statements about one thing


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("Elena Dupree's phone number is 555-1234.", "elena dupree"),
        ("You can call Elena Dupree on 555-4108.", "elena dupree"),
        ("The codename of Anna Okafor's project is Crimson-Badger.", "anna okafor"),
        ("I live in Lisbon.", "@self"),
        ("My sister is called Nora.", "@self sister"),
        ("Maria's brother lives in Rome.", "maria brother"),
        ("My niece Aoife is getting married in Cork.", "@self niece"),
        ("My late husband worked on the railways.", "@self husband"),
        ("the wifi password is banana42", "wifi"),
        ("我妹妹叫小雨。", "@self 我妹妹"),
        ("...", ""),
    ],
)
def test_subject(text, about):
    assert subject(text) == about


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Maria lives in Paris.", "Maria moved to Berlin.", True),
        ("Maria lives in Paris.", "Marius moved to Berlin.", False),
        ("Maria lives in Paris.", "Maria's sister moved to Berlin.", False),
        ("Dmitri lives in Hanoi.", "Elena lives in Hanoi.", False),
        ("华晓燕住在上海。", "华晓燕搬到了成都。", True),
        ("华晓燕住在上海。", "华晓莲搬到了成都。", False),
        ("张伟住在上海。", "张伟搬到了成都。", True),
        ("张伟的电话是1。", "张伟的手机换了。", True),
        ("找卫美玲可以打139。", "卫美玲换了新号码138。", True),
        ("方琳住在杭州。", "方琳的前男友搬去了深圳。", False),
        ("方琳的妹妹在成都。", "方琳的上司在成都。", False),
        ("方琳的上司是王芳。", "方琳的新上司是陈强。", True),
        ("我住在北京。", "我搬到深圳了。", True),
        ("我住在北京。", "我妹妹搬到深圳了。", False),
        ("我表姐今年48岁了。", "我表妹今年38岁了。", False),
        ("Maria lives in Paris.", "玛丽亚搬到了柏林。", False),
        ("", "", False),
    ],
)
def test_same_subject(one, other, same):
    assert same_subject(one, other) is same
    assert same_subject(other, one) is same


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Maria lives in Paris.", "Maria moved to Berlin."),
        ("Tom reports to Alice.", "Tom now reports to Dmitri."),
        ("The weekly sync is on Tuesday at 10:00.", "The weekly sync was rescheduled to Wednesday at 14:00."),
        ("张伟住在上海。", "张伟搬到了成都。"),
        ("星河项目的截止日期是三月三日。", "星河项目的截止日期推迟到四月十七日。"),
    ],
)
def test_a_revision(old, new):
    assert chance(old, new, USUAL) >= SURE


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Maria lives in Paris.", "Maria plays the cello."),
        ("Maria lives in Paris.", "Maria is allergic to peanuts."),
        ("Leo visited Rome in 2021.", "Leo visited Oslo in 2022."),
        ("I was born in Galway in 1949.", "My left hip was replaced in March 2021."),
        ("Kim's passport expires on 2 March 2027", "Kim's savings are at the Nationwide, at 4 percent"),
        ("note one about tea", "note two about tea"),
        ("green tea is in the left drawer", "green paint is in the cellar"),
        ("张伟住在上海。", "张伟会拉大提琴。"),
        ("医疗高峰会的规模是一千人。", "医疗高峰会的地点是广东广州。"),
        ("我上司的生日是在8月26号。", "我上司的身高才159厘米。"),
    ],
)
def test_no_revision(old, new):
    assert chance(old, new, USUAL) < SURE


def test_turns_of_a_talk_questions_and_essays_are_no_statements():
    assert is_statement("Maria moved to Berlin.")
    assert not is_statement("Maria: I moved to Berlin.")
    assert not is_statement("Did Maria move to Berlin?")
    assert not is_statement("Maria moved to Berlin. " * 20)
    assert not is_statement("张伟搬到了成都。" * 10)
    assert not is_statement("Maria moved to Berlin. The old printer was sold.")
    assert not is_statement("张伟搬到了成都。今天下雨了。")
    assert is_statement("Maria moved to St. Petersburg, at 3.5 million the second city.")


@given(st.text(max_size=80), st.text(max_size=80), st.floats(-1, 1))
def test_any_two_texts_have_a_chance(old, new, cosine):
    assert 0 <= chance(old, new, cosine) <= 1
    assert len(signals(old, new, cosine)) == len(WEIGHTS)
    assert same_subject(old, new) == same_subject(new, old)
