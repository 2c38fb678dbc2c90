"""What recall printed is known again in a log, where the ends of its lines are two characters, and in an address."""

from __future__ import annotations

import pytest
from opening import opened

from ntm_memory.errors import EchoError

FACT = "Mia Schubert drinks green tea in the morning and never coffee"


def stored(memory, text):
    try:
        return memory.memorize(text).action
    except EchoError:
        return "echo"


@pytest.mark.parametrize("form", ["{}\\n", "'{}\\n'", '{{"stdout": "{}\\n"}}', "INFO recall -> {}\\n"])
def test_a_log_of_our_lines_is_an_echo(tmp_path, form):
    with opened(tmp_path / "home") as memory:
        id = memory.memorize(FACT, key="mia-drink").memory.id
        day = memory.store.get(id).created_at[:10]
        line = f"{id} {day} mia-drink .91  {FACT}\\nconfidence .91"
        assert stored(memory, form.format(line)) != "created", line


def test_what_a_log_says_anew_is_stored(tmp_path):
    with opened(tmp_path / "home") as memory:
        id = memory.memorize(FACT, key="mia-drink").memory.id
        assert stored(memory, f"{id} {FACT}\\nSince May Otto grows tomatoes on the balcony\\n") == "created"


def test_an_address_is_an_echo(tmp_path):
    with opened(tmp_path / "home") as memory:
        memory.memorize(FACT)
        assert stored(memory, FACT.replace(" ", "%20")) != "created"
