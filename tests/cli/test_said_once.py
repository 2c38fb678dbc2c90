"""What went wrong is said once, in words that are not Python's."""

from __future__ import annotations

import json

import pytest
from opening import opened

from ntm_memory.cli import main
from ntm_memory.config import load_settings
from ntm_memory.errors import BadValueError, CheckpointError, ConfigError
from ntm_memory.recall.parameters import load_parameters

PYTHON = ("Error", "NoneType", "subscriptable", "list indices", "e+", "Expecting", "codec", "mapping")


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"null", b"{}", b'"x"', b"\xff", b"[" * 100_000, b'{"format": {}}', b'{"format": []}']
)
def test_learned_numbers_that_are_none(tmp_path, content):
    (tmp_path / "recall.json").write_bytes(content)
    with pytest.raises(CheckpointError) as error:
        load_parameters(tmp_path / "recall.json")
    assert not any(sign in error.value.message for sign in PYTHON), error.value.message


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe{", b"[" * 100_000])
def test_settings_that_are_none(tmp_path, content):
    (tmp_path / "config.json").write_bytes(content)
    with pytest.raises(ConfigError) as error:
        load_settings(tmp_path / "config.json")
    assert not any(sign in error.value.message for sign in ("codec", "char 0", "maximum recursion")), (
        error.value.message
    )
    assert content or error.value.message.endswith("it is empty")


def test_a_value_of_hundreds_of_digits_is_not_printed_whole(tmp_path):
    (tmp_path / "config.json").write_text('{"ntm_memory": {"memory_size": ' + "9" * 400 + "}}", encoding="utf-8")
    with pytest.raises(ConfigError) as error:
        load_settings(tmp_path / "config.json")
    assert len(error.value.message) < 300


@pytest.mark.parametrize(
    "change", [{"links": ["x"]}, {"links": 3}, {"address": -1}, {"position": 2**60}, {"history": [3]}, {"tags": 3}]
)
def test_records_that_are_none(tmp_path, change):
    with opened(tmp_path / "a") as memory:
        memory.memorize("Mia likes tea")
        document = json.loads(memory.export_text()["text"])
    document["memories"][0] |= change
    with opened(tmp_path / "b") as memory:
        (bad,) = memory.import_text(json.dumps(document)).failed
    assert not any(sign in bad.message for sign in PYTHON), bad.message


def test_an_import_names_each_fault_once(tmp_path, capsys):
    config = {"ntm_memory": {"embedder": {"backend": "tiny"}}}
    (tmp_path / "config.json").write_text(json.dumps(config), encoding="utf-8")
    file = tmp_path / "bad.jsonl"
    file.write_text('{"content": 3}\n{"content": ""}\n', encoding="utf-8")
    code = main("import", [str(file), "--home", str(tmp_path)])
    out = capsys.readouterr()
    assert code == BadValueError.exit_code
    assert (out.out + out.err).count("content must be text") == 1
    assert "nothing was taken, 2 failed" in out.err
