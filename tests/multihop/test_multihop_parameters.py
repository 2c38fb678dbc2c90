from __future__ import annotations

import json

import numpy as np
import pytest

from ntm_memory.errors import CheckpointError
from ntm_memory.multihop.parameters import SHAPES, SHIPPED, load_parameters, save_parameters
from tests.multihop.graphs import random_parameters


def test_what_is_saved_is_read_again(tmp_path):
    file = tmp_path / "p.json"
    saved = random_parameters(3)
    save_parameters(file, saved, {"learned_by": "a test"})
    loaded = load_parameters(file)
    for name in SHAPES:
        np.testing.assert_allclose(getattr(loaded, name), getattr(saved, name), atol=1e-6)
    assert json.loads(file.read_text(encoding="utf-8"))["about"] == {"learned_by": "a test"}
    assert [each.name for each in tmp_path.iterdir()] == ["p.json"]


def test_the_shipped_ones_are_usable_and_say_where_they_come_from():
    load_parameters()
    about = json.loads(SHIPPED.read_text(encoding="utf-8"))["about"]
    assert about["command"].startswith("python bench/fit_reasoning.py ")
    assert set(about["figures"]["other half"]) == {"1 hops", "2 hops", "3 hops"}


def damaged(change):
    text = json.loads(SHIPPED.read_text(encoding="utf-8"))
    change(text)
    return json.dumps(text)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "cannot be read"),
        ("[1, 2]", "cannot be read"),
        (SHIPPED.read_text(encoding="utf-8")[:300], "cannot be read"),
        ("[" * 100_000, "cannot be read"),
        (damaged(lambda t: t.update(version=99)), "another version"),
        (damaged(lambda t: t["features"]["next"].reverse()), "another version"),
        (damaged(lambda t: t["parameters"].pop("keep")), "keep of shape None"),
        (damaged(lambda t: t["parameters"]["first"].pop()), "first of shape"),
        (damaged(lambda t: t["parameters"].update(null="much")), "cannot be read"),
        (damaged(lambda t: t["parameters"].update(null=float("nan"))), "NaN or infinite"),
        (damaged(lambda t: t["parameters"].update(first=[1, [2]])), "cannot be read"),
    ],
)
def test_a_damaged_file_is_one_clear_error(tmp_path, text, says):
    file = tmp_path / "parameters.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(CheckpointError, match=says) as caught:
        load_parameters(file)
    assert caught.value.hint


def test_a_missing_file_is_the_same_error(tmp_path):
    with pytest.raises(CheckpointError, match="cannot be read"):
        load_parameters(tmp_path / "none.json")
