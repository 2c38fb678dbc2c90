from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from ntm_memory.errors import CheckpointError
from ntm_memory.machine.activations import logistic, softplus
from ntm_memory.recall.controller import head_settings
from ntm_memory.recall.features import CONTENT, FEATURES, LOCATION, REACH
from ntm_memory.recall.parameters import (
    CONTEXTS,
    HEARD,
    LEARNED,
    MAPS,
    SHIPPED,
    load_parameters,
    override,
    save_parameters,
    shapes,
)
from tests.recall.worlds import random_parameters


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "recall.json"
    save_parameters(path, random_parameters(0, heads=3), {"how": "by test"})
    return path


def changed(file, change):
    """The file with something changed in what it says."""
    content = json.loads(file.read_text(encoding="utf-8"))
    change(content)
    file.write_text(json.dumps(content), encoding="utf-8")


def test_round_trip_to_the_sixth_digit(file):
    loaded = load_parameters(file)
    for name, value in vars(random_parameters(0, heads=3)).items():
        assert getattr(loaded, name) == pytest.approx(value, abs=5.1e-7)
        assert getattr(loaded, name).dtype == np.float64
    again = file.with_name("again.json")
    save_parameters(again, loaded, {"how": "by test"})
    assert again.read_bytes() == file.read_bytes()
    assert sorted(path.name for path in file.parent.glob("*.*")) == ["again.json", "recall.json"]
    assert loaded.heads == 3


def test_the_shipped_parameters_are_usable():
    shipped = load_parameters()
    assert {name: getattr(shipped, name).shape for name in shapes(shipped.heads)} == shapes(shipped.heads)
    assert shipped.heads >= 2


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "3", '"words"', "{}", "[" * 100_000, '{"format": 1}', "\x00"])
def test_damaged_json(file, text):
    file.write_text(text, encoding="utf-8")
    with pytest.raises(CheckpointError, match="cannot be read") as caught:
        load_parameters(file)
    assert str(file) in caught.value.message and file.name in caught.value.hint


def test_a_file_cut_short_or_of_other_bytes_or_missing(file):
    whole = file.read_bytes()
    for content in (whole[: len(whole) // 2], b"\xff\xfe\x00", b""):
        file.write_bytes(content)
        with pytest.raises(CheckpointError):
            load_parameters(file)
    file.unlink()
    with pytest.raises(CheckpointError, match="cannot be read"):
        load_parameters(file)


@pytest.mark.parametrize("value", [[], 5, "x", None, {"mix": "words"}, {"mix": [[1], [1, 2]]}, {"mix": {"a": 1}}])
def test_parameters_that_are_no_numbers(file, value):
    changed(file, lambda content: content.update(parameters=value))
    with pytest.raises(CheckpointError):
        load_parameters(file)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), None])
@pytest.mark.parametrize("name", ["beta", "gate", "gamma"])
def test_values_that_are_no_finite_numbers(file, name, value):
    changed(file, lambda content: content["parameters"][name].__setitem__(1, value))
    with pytest.raises(CheckpointError, match=f"{name} with NaN or infinite"):
        load_parameters(file)


@pytest.mark.parametrize("name", list(shapes(1)))
def test_wrong_shapes_and_missing_parameters(file, name):
    changed(file, lambda content: content["parameters"].__setitem__(name, [[1.0, 2.0]]))
    with pytest.raises(CheckpointError, match="of shape"):
        load_parameters(file)
    changed(file, lambda content: content["parameters"].pop(name))
    with pytest.raises(CheckpointError, match="expected"):
        load_parameters(file)


@pytest.mark.parametrize(
    "change",
    [
        {"version": 1},
        {"version": 99},
        {"format": "other"},
        {"features": [*FEATURES, "more"]},
        {"features": list(FEATURES[::-1])},
    ],
)
def test_parameters_of_other_features_or_another_version(file, change):
    changed(file, lambda content: content.update(change))
    with pytest.raises(CheckpointError, match="another version"):
        load_parameters(file)


def test_a_failing_write_leaves_the_file_as_it_was(file, monkeypatch):
    before = file.read_bytes()
    monkeypatch.setattr("os.replace", lambda *_: (_ for _ in ()).throw(OSError("no space left")))
    with pytest.raises(OSError, match="no space"):
        save_parameters(file, random_parameters(1, heads=3), {})
    assert file.read_bytes() == before


def test_overriding_sets_every_head_to_what_was_said():
    parameters = random_parameters(1, heads=4)
    found = override(parameters, beta=2.5, gate=0.25, gamma=3.0, heads=3)
    assert found.heads == 3
    assert softplus(found.beta) == pytest.approx([2.5] * 3)
    assert logistic(found.gate) == pytest.approx([0.25] * 3)
    assert 1 + softplus(found.gamma) == pytest.approx([3.0] * 3)
    assert (found.mix == parameters.mix[:3]).all() and (found.share == parameters.share[:, :3]).all()
    assert found.ranker is parameters.ranker
    said = head_settings(found, np.ones(len(CONTEXTS)), np.ones(len(HEARD)))
    assert said.beta == pytest.approx([2.5] * 3) and said.gate == pytest.approx([0.25] * 3)
    assert said.gamma == pytest.approx([3.0] * 3)
    assert (found.shift_map == parameters.shift_map[:3]).all() and (found.share_map == parameters.share_map[:3]).all()
    assert {name: getattr(found, name).shape for name in shapes(3)} == shapes(3)


@pytest.mark.parametrize(("beta", "gate", "gamma"), [(0.0, 0.0, 1.0), (1e-12, 1e-12, 1.0 + 1e-9), (1e4, 1.0, 100.0)])
def test_overrides_reach_both_ends_of_their_ranges(beta, gate, gamma):
    found = override(random_parameters(2), beta=beta, gate=gate, gamma=gamma, heads=2)
    assert softplus(found.beta) == pytest.approx([beta] * 2, abs=1e-13)
    assert logistic(found.gate) == pytest.approx([gate] * 2, abs=1e-13)
    assert 1 + softplus(found.gamma) == pytest.approx([gamma] * 2)


def test_nothing_overridden_nothing_changed():
    parameters = random_parameters(3)
    found = override(parameters, beta=None, gate=None, gamma=None, heads=9)
    assert all((getattr(found, name) == value).all() for name, value in vars(parameters).items())


def test_features_switched_off_weigh_nothing():
    parameters = random_parameters(4)
    assert parameters.without(frozenset()) is parameters
    off = parameters.without(frozenset(["words", *LOCATION]))
    silent = [i for i, name in enumerate(FEATURES) if name in ("words", *LOCATION)]
    heard = [i for i in range(len(FEATURES)) if i not in silent]
    assert not off.ranker[:, silent].any() and not off.mix[:, CONTENT.index("words")].any()
    assert (off.ranker[:, heard] == parameters.ranker[:, heard]).all()
    assert off.shift is parameters.shift
    for name in MAPS:
        heard = parameters.without(frozenset(["words"])), HEARD.index("words")
        assert not getattr(heard[0], name)[..., heard[1]].any()
        assert (
            np.delete(getattr(heard[0], name), heard[1], -1) == np.delete(getattr(parameters, name), heard[1], -1)
        ).all()
    assert not parameters.without(frozenset(), shift=True).shift_map.any()
    still = parameters.without(frozenset(), shift=True).shift
    assert np.isfinite(still).all()
    np.testing.assert_allclose(np.exp(still), np.eye(2 * REACH + 2)[[REACH, REACH]], atol=1e-16)


THEN = {"beta": "strength", "gamma": "sharpen", "share": "part", "ranker": "controller"}


@pytest.mark.parametrize(("version", "names"), [(5, {}), (4, THEN)])
def test_a_file_of_before_the_controller_had_maps_speaks_to_its_heads_as_it_did(file, version, names):
    expected = load_parameters(file)
    saved = json.loads(file.read_text(encoding="utf-8"))
    kept = {names.get(name, name): value for name, value in saved["parameters"].items() if name not in MAPS}
    file.write_text(json.dumps(saved | {"version": version, "parameters": kept}), encoding="utf-8")
    loaded = load_parameters(file)
    for name, value in vars(expected).items():
        assert (getattr(loaded, name) == (np.zeros_like(value) if name in MAPS else value)).all(), name
    heard, context = np.ones(len(HEARD)), np.ones(len(CONTEXTS))
    assert softplus(expected.beta) == pytest.approx(head_settings(loaded, context, heard).beta)


@pytest.mark.parametrize("version", [3, 6])
def test_a_file_without_maps_of_no_version_that_had_none_is_refused(file, version):
    saved = json.loads(file.read_text(encoding="utf-8"))
    kept = {name: value for name, value in saved["parameters"].items() if name not in MAPS}
    file.write_text(json.dumps(saved | {"version": version, "parameters": kept}), encoding="utf-8")
    with pytest.raises(CheckpointError, match="another version" if version == 3 else "_map of shape None"):
        load_parameters(file)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_not_finite_is_not_saved(file, bad):
    before = file.read_bytes()
    with pytest.raises(CheckpointError, match="nothing was saved"):
        save_parameters(file, replace(random_parameters(0), beta=np.array([bad, 0.0])), {})
    assert file.read_bytes() == before


def test_the_hint_of_a_damaged_shipped_file_does_not_say_to_remove_it(tmp_path, monkeypatch):
    broken = tmp_path / SHIPPED.name
    broken.write_text("{", encoding="utf-8")
    monkeypatch.setattr(LEARNED, "shipped", broken)
    with pytest.raises(CheckpointError) as caught:
        load_parameters(broken)
    assert caught.value.hint == "install the package again"
