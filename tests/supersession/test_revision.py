"""When a statement revises an older one: what the texts alone say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ntm_memory.supersession.parameters import SIGNALS
from ntm_memory.supersession.revision import SURE, chance, is_statement, revision_signals
from ntm_memory.supersession.subjects import same_subject

USUAL = 0.5  # centred cosine of two statements about one thing


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Maria lives in Paris.", "Maria moved to Berlin."),
        ("Tom reports to Alice.", "Tom now reports to Dmitri."),
        ("The weekly sync is on Tuesday at 10:00.", "The weekly sync was rescheduled to Wednesday at 14:00."),
        ("张伟住在上海。", "张伟搬到了成都。"),
        ("星河项目的截止日期是三月三日。", "星河项目的截止日期推迟到四月十七日。"),
        ("Oscar pays 850 euros of rent.", "Oscar's rent went up to 920 euros."),
        ("Oscar cycles to work.", "Oscar takes the tram to work now."),
        ("Priya's favourite film is Casablanca.", "Priya's favourite film is Vertigo these days."),
        ("Tom works as a nurse.", "Tom is now a teacher."),
        ("周凯和林静在谈恋爱。", "周凯和林静分手了。"),
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
        ("Priya speaks Hindi.", "Priya speaks fluent French."),
        ("Tom works as a nurse.", "Tom works at St Mary's Hospital."),
        ("My favourite tea is oolong.", "My favourite coffee is a flat white."),
        ("My dentist appointment is on Tuesday.", "My hairdresser's appointment is on Thursday."),
        ("我喜欢喝绿茶。", "我喜欢喝咖啡。"),
        ("Vivian is allergic to bee stings.", "Vivian is allergic to ibuprofen."),
        ("Anja has a brother called Nils.", "Anja has a sister called Frida."),
        ("Greta works at the hospital.", "Greta joined a pottery class."),
        ("余苏住在无锡。", "余苏把衣柜搬到了卧室。"),
        ("我叔叔叫王强。", "我叔叔的公司叫博远科技。"),
        ("赵敏是我的上司，其年龄是34岁。", "赵敏是我的上司，其联系电话是13698983632。"),
        ("粤菜创新启动会的地点是广东深圳。", "粤菜创新启动会的规模是四千人。"),
    ],
)
def test_no_revision(old, new):
    assert chance(old, new, USUAL) < SURE


def test_what_happened_on_another_day_is_another_event_if_no_state_is_told():
    hikes = "Went hiking with Bea in town.", "Went hiking with Fei in town."
    assert chance(*hikes, 0.9, apart=True) == 0
    assert chance("Maria lives in Paris.", "Maria moved to Berlin.", USUAL, apart=True) >= SURE


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
    assert len(revision_signals(old, new, cosine)) == len(SIGNALS)
    assert same_subject(old, new) == same_subject(new, old)
