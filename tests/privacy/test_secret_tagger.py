"""The network over characters: its spans, its features."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ntm_memory.errors import CheckpointError
from ntm_memory.privacy import secret_tagger
from ntm_memory.privacy.secret_tagger import (
    BUCKETS,
    LEAST,
    Limits,
    PieceStates,
    character_codes,
    character_features,
    decode,
    tag,
)


@given(st.text(max_size=60), st.data())
def test_spans_are_parts_of_the_text_in_order(text, data):
    chances = np.array(data.draw(st.lists(st.floats(0, 1, width=32), min_size=len(text), max_size=len(text))))
    ends = 0
    for start, end in decode(text, chances, 0.5):
        assert ends <= start <= end - LEAST and end <= len(text)
        ends = end


def test_parts_without_white_space_between_are_one_secret():
    text = "is ab-12345-67 and"
    chances = np.where([each.isdigit() for each in text], 0.9, 0.0)
    assert [text[slice(*each)] for each in decode(text, chances, 0.5)] == ["12345-67"]


@pytest.mark.parametrize(
    ("text", "likely", "found"),
    [
        ("wifi is Blue-Kettle-42 now", {"is": 0.2, "Blue-Kettle-42": 0.9, "now": 0.15}, "Blue-Kettle-42"),
        ("把token换成kx93pq71到配置里", {"换": 0.2, "成": 0.3, "kx93pq71": 0.95, "到": 0.3, "配": 0.2}, "kx93pq71"),
        ("| a |\n|---|---| b", {"|---|---|": 0.9}, None),
        ("say blue otter sings", {"blue": 0.6, "otter": 0.9, "sings": 0.5}, "blue otter sings"),
        ("暗号是白日依山", {"白": 0.5, "日": 0.9, "依": 0.9, "山": 0.9}, "白日依山"),
    ],
)
def test_the_talk_beside_a_secret_is_none_of_it(text, likely, found):
    chances = np.zeros(len(text))
    for part, chance in likely.items():
        chances[text.find(part) : text.find(part) + len(part)] = chance
    chances = np.where([each.isspace() for each in text], np.maximum(chances, 0.12), chances)
    assert [text[slice(*each)] for each in decode(text, chances, 0.5)] == ([found] if found else [])


@given(st.text(max_size=40))
def test_every_character_has_a_code_and_classes(text):
    codes = character_codes(text)
    assert codes.shape == (len(text),) and (codes >= 0).all() and (codes < BUCKETS).all()
    features = character_features(text, [[(0, len(text))], []])
    assert features.shape == (len(text), 10) and (features[:, 8] == 1).all() and (features[:, 9] == 0).all()


def test_texts_of_any_length_are_tagged():
    for text in ("a", "密码", "x" * 3000):
        width = secret_tagger._model().members[0]["states.w"].shape[0]
        read = PieceStates(np.zeros((2, width), dtype=np.float32), np.zeros(len(text), dtype=np.int64))
        assert all(0 <= each.start < each.end <= len(text) for each in tag(text, read, [[], []], least=0.0))


def test_nothing_is_tagged_in_spans_that_are_kept_apart():
    width = secret_tagger._model().members[0]["states.w"].shape[0]
    text = "abc 859710 [secret: pin]"
    read = PieceStates(np.zeros((1, width), dtype=np.float32), np.zeros(len(text), dtype=np.int64))
    for each in tag(text, read, [[], []], least=0.0, apart=[(11, len(text))]):
        assert each.end <= 11


@pytest.mark.parametrize(
    "fault", ["empty", "cut", "no network", "a network of other shapes", "limits in the wrong order", "no file"]
)
def test_a_damaged_file_of_weights_is_one_clear_error(tmp_path, monkeypatch, fault):
    file = tmp_path / "secret_tagger.npz"
    shipped = secret_tagger.MODEL.read_bytes()
    if fault in ("empty", "cut"):
        file.write_bytes(b"" if fault == "empty" else shipped[: len(shipped) // 2])
    elif fault != "no file":
        with np.load(secret_tagger.MODEL) as learned:
            kept = {name: learned[name] for name in learned}
        if fault == "no network":
            kept = {name: kept[name] for name in Limits._fields}
        elif fault == "limits in the wrong order":
            kept["doubtful"] = kept["least"] + np.float32(0.05)
        else:
            kept["0/out.w"] = kept["0/out.w"][:, :2]
        np.savez(file, **kept)
    monkeypatch.setattr(secret_tagger, "MODEL", file)
    secret_tagger._model.cache_clear()
    try:
        with pytest.raises(CheckpointError, match="secret_tagger"):
            secret_tagger._model()
    finally:
        secret_tagger._model.cache_clear()
