"""What a statement is about, and whether two are about the same."""

from __future__ import annotations

import pytest

from ntm_memory.supersession.subjects import same_subject, subject, words_of_subject


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
        ("The conference is in Vienna.", "confer"),
        ("The deadline of project Atlas is 3 March.", "atlas"),
        ("Since June my manager is Carlos.", "@self manager"),
        ("My boss's company is called Acme.", "@self boss company"),
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
        ("The conference is in Vienna.", "The conference moved to Graz.", True),
        ("My boss is called Ann.", "My boss's company is called Acme.", False),
        ("心内科交流大会的时间是周六。", "心内科新技术研讨会的时间是周一。", False),
        ("陈雨最喜欢的电影是《甲》。", "陈雨现在最喜欢的电影是《乙》。", True),
        ("我的经理是何莉。", "六月起我的经理是卡洛斯。", True),
        ("我用ThinkPad办公。", "我把ThinkPad换成MacBook了。", True),
        ("", "", False),
    ],
)
def test_same_subject(one, other, same):
    assert same_subject(one, other) is same
    assert same_subject(other, one) is same


def test_what_another_statement_of_the_same_holds():
    assert words_of_subject("Elena Dupree moved.") == ("elena", "dupre")
    assert words_of_subject("最近张伟搬到了成都。") == ("张伟",)
    assert words_of_subject("I moved.") == ()
