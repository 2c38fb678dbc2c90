"""What was retracted is refused in other forms and as a name, and what only resembles it is not."""

from __future__ import annotations

import pytest
from opening import TINY, opened, write_config

from ntm_memory import commands
from ntm_memory.errors import BadValueError, NotFoundError, RetractedError

VALUES = ["Anna has diabetes", "安娜有糖尿病", "Zanzibar is where Otto lives", "Józef się żeni w maju"]


@pytest.fixture
def memory(tmp_path):
    with opened(tmp_path / "home") as manager:
        for value in VALUES:
            manager.erase(manager.memorize(value).memory.id, retract=True)
        yield manager


@pytest.mark.parametrize(
    "text",
    [
        "Anna has diabetes 🙂",
        "<p>Anna has diabetes</p>",
        "Anna&nbsp;has diabetes",
        "Anna%20has%20diabetes",
        "Anna+has+diabetes",
        "Zánzibar is where Ottó lives",
        "Jozef sie zeni w maju",
        "Anna has diabetes, since 1990",
        "As told - Anna has diabetes",
        "see there (Anna has diabetes) and so on",
        "医生说，安娜有糖尿病，很久了",
        "安娜有糖尿病了",
        "安娜有糖尿病呢。",
    ],
)
def test_it_is_known_in_other_forms(memory, text):
    with pytest.raises(RetractedError):
        memory.memorize(text)
    assert memory.store.count() == 0


@pytest.mark.parametrize(
    "text",
    ["Anna has no diabetes", "If Anna has diabetes, call me", "安娜没有糖尿病", "安娜有糖尿病史", "安娜有糖尿病吗"],
)
def test_what_says_something_else_is_stored(memory, text):
    assert memory.memorize(text).action == "created"


def test_a_sign_of_what_was_retracted_counts(memory):
    memory.erase(memory.memorize("Her verdict on the new flat is 👎").memory.id, retract=True)
    assert memory.memorize("Her verdict on the new flat is 👍").action == "created"
    with pytest.raises(RetractedError):
        memory.memorize("her verdict on the new flat is 👎!")


NAMES = ["key", "source", "session", "kind", "namespace"]


@pytest.mark.parametrize("told", [*({name: VALUES[0]} for name in NAMES), {"tags": [VALUES[0]]}])
def test_it_is_refused_as_a_name(memory, told):
    with pytest.raises(RetractedError, match="says what was retracted") as caught:
        memory.memorize("a lawful text", **told)
    assert "diabetes" not in caught.value.message
    done = memory.memorize_many([{"content": "a lawful text", **told}, {"content": "a neighbour", "tags": ["Anna"]}])
    assert [each.code for each in done.failed] == ["retracted"] and done.created == 1
    assert memory.memorize("a lawful text", **told, force_retracted=True).action == "created"


@pytest.mark.parametrize("change", [{"new_key": "anna-has-diabetes"}, {"tags": ["Anna has diabetes"]}])
def test_no_change_brings_it_in_as_a_name(memory, change):
    id = memory.memorize("a lawful text").memory.id
    with pytest.raises(RetractedError):
        memory.update(id, **change)
    assert memory.update(id, tags=["Anna"]).memory.tags == ("Anna",)


def test_no_export_brings_it_in_as_a_name(tmp_path, memory):
    with opened(tmp_path / "other") as other:
        other.memorize("a lawful text", source="Anna has diabetes")
        text = other.export_text()["text"]
    done = memory.import_text(text)
    assert (done.created, [each.code for each in done.failed]) == (0, ["retracted"])
    assert memory.import_text(text, force_retracted=True).created == 1


def test_it_is_lifted_in_all_its_forms(memory):
    memory.memorize("Jozef sie zeni w maju", force_retracted=True)
    assert len(memory.store.tombstones()) == 3
    assert memory.memorize("Józef się żeni w maju").action == "created"


def ask(home, command, **arguments):
    return commands.run({"command": command, "home": str(home), **arguments})


def test_a_key_reaches_no_memory_whose_id_it_is(tmp_path):
    home = tmp_path / "home"
    write_config(home, **TINY)
    with opened(home) as memory:
        victim = memory.memorize("The rent is 900", key="rent").memory.id
        with pytest.raises(BadValueError, match="reads like the id"):
            memory.memorize("The gym is 30", key=victim)
        with pytest.raises(BadValueError, match="reads like the id"):
            memory.update(victim, new_key="m_caqmgjxs4z")
    with pytest.raises(NotFoundError, match="key"):
        ask(home, "update", id_or_key=victim, by_key=True, content="The gym is 35")
    with pytest.raises(NotFoundError, match="key"):
        ask(home, "erase", ids_or_key=[victim], by_key=True)
    assert ask(home, "update", id_or_key="rent", by_key=True, content="The rent is 950")["memory"]["id"] == victim
    assert [each["id"] for each in ask(home, "erase", ids_or_key=["RENT"], by_key=True)["erased"]] == [victim]
    assert ask(home, "erase", ids_or_key=["rent"], by_key=True, restore=True)["restored"][0]["id"] == victim


def test_secrets_in_names_are_found_and_none_come_in(tmp_path):
    secret = "AKIAZ7QWERTY2345ABCD"
    with opened(tmp_path / "home", {"privacy": {"on_secret": "allow"}}) as memory:
        id = memory.memorize("the gate", tags=[secret], source="my password is Giraffe$Tower9").memory.id
        found = memory.status(secrets=True)["secrets"]
        assert {(each["id"], each["field"]) for each in found} == {(id, "tag"), (id, "source")}
    with opened(tmp_path / "home") as memory:
        with pytest.raises(BadValueError, match="holds a secret"):
            memory.memorize("the door", key="my password is Giraffe$Tower9")
        memory.feedback("my wifi password is Giraffe$Tower9x, why?", used=[id])
        assert "Giraffe" not in memory.store.feedback()[0].query
