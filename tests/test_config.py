"""Settings: the shipped file, the user's overrides, and what is refused with the right key and range named."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opening import opened, write_config

from ntm_memory import NTMMemoryManager
from ntm_memory.config import SHIPPED, Settings, load_settings, settings_table, shipped_file
from ntm_memory.errors import ConfigError, StoreError
from ntm_memory.paths import data_home, ensure_private_dir, environment_dir

DOCUMENT = Path(__file__).parent.parent / "references" / "configuration.md"
SEED = {
    "memory_size",
    "memory_dim",
    "num_read_heads",
    "num_write_heads",
    "addressing",
    "initialization",
    "learning_rate",
}


def _flat(settings, prefix=""):
    for name, value in settings.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def test_the_shipped_file_holds_every_key_with_its_default():
    shipped = json.loads(SHIPPED.read_text(encoding="utf-8"))
    assert list(_flat(shipped["ntm_memory"])) == [(key, default) for key, _, default, _ in settings_table()]
    assert set(shipped["ntm_memory"]) >= SEED
    assert load_settings(SHIPPED) == Settings()


def test_the_package_carries_the_same_defaults_as_the_skill():
    root = Path(__file__).parent.parent
    assert SHIPPED == root / "config.json"
    assert (root / "ntm_memory" / "config.json").read_bytes() == SHIPPED.read_bytes()


def test_the_skills_own_file_is_read_where_the_package_stands_in_the_skill(tmp_path):
    package = tmp_path / "ntm_memory"
    (tmp_path / "SKILL.md").write_text("---\nname: ntm-memory-system\n---\n", encoding="utf-8")
    assert shipped_file(package) == package / "config.json", "none beside SKILL.md"
    write_config(tmp_path, memory_size=7)
    assert shipped_file(package) == tmp_path / "config.json"


@pytest.mark.parametrize("beside", [None, b"---\nname: another-skill\n---\n", b"\xff name: ntm-memory-system"])
def test_a_file_beside_the_installed_package_is_somebody_elses(tmp_path, beside):
    package = tmp_path / "site-packages" / "ntm_memory"
    package.mkdir(parents=True)
    (package.parent / "config.json").write_text('{"theirs": "not ours"}', encoding="utf-8")
    if beside is not None:
        (package.parent / "SKILL.md").write_bytes(beside)
    assert shipped_file(package) == package / "config.json"


def test_every_key_is_documented_with_type_default_and_range():
    rows = re.findall(
        r"^\| `([a-z_.]+)` \| ([^|]*) \| ([^|]*) \| ([^|]*) \| ([^|]+) \|$", DOCUMENT.read_text("utf-8"), re.M
    )
    documented = [(key, kind.strip(), default.strip(), allowed.strip()) for key, kind, default, allowed, _ in rows]
    assert documented == [
        (key, kind, f"`{json.dumps(default)}`", allowed or "any") for key, kind, default, allowed in settings_table()
    ]


def test_later_files_win_key_by_key(tmp_path):
    write_config(tmp_path, memory_size=7, recall={"top_k": 3})
    settings = load_settings(SHIPPED, tmp_path / "config.json", overrides={"recall": {"max_chars": 9}})
    assert (settings.memory_size, settings.recall.top_k, settings.recall.max_chars) == (7, 3, 9)
    assert settings.recall.min_weight == 0.0


@pytest.mark.parametrize(
    ("settings", "key", "nearest"),
    [
        ({"memory_sise": 7}, "memory_sise", "memory_size"),
        ({"recall": {"topk": 7}}, "recall.topk", "recall.top_k"),
        ({"top_k": 7}, "top_k", "recall.top_k"),
        ({"addressing": {"contents": True}}, "addressing.contents", "addressing.content"),
    ],
)
def test_an_unknown_key_is_answered_with_the_nearest_known_one(settings, key, nearest):
    with pytest.raises(ConfigError) as caught:
        load_settings(overrides=settings)
    assert repr(key) in caught.value.message
    assert repr(nearest) in caught.value.message
    assert repr(nearest) in caught.value.hint


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"memory_size": 0}, "expected 1 to 1e+08"),
        ({"memory_size": 2.5}, "expected int"),
        ({"memory_size": True}, "expected int"),
        ({"memory_size": None}, "expected int"),
        ({"memory_dim": "64"}, "expected int or null"),
        ({"recall": 7}, "must be an object"),
        ({"recall": {"min_weight": 1.5}}, "expected 0 to 1"),
        ({"recall": {"min_weight": float("nan")}}, "expected float"),
        ({"recall": {"min_weight": 10**400}}, "expected float"),
        ({"recall": {"words": 1}}, "expected bool"),
        ({"capacity": {"when_full": "burst"}}, "grow, evict, refuse"),
        ({"embedder": {"backend": "word2vec"}}, "e5, sentence-transformers, tiny"),
    ],
)
def test_a_wrong_value_is_answered_with_what_is_allowed(settings, said):
    with pytest.raises(ConfigError, match=re.escape(said)):
        load_settings(overrides=settings)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"memory_size": 7}', '{"ntm_memory": 7}', "[" * 100_000])
def test_an_unreadable_file_is_named(tmp_path, text):
    (tmp_path / "config.json").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=re.escape(str(tmp_path / "config.json"))):
        NTMMemoryManager(tmp_path)
    assert not (tmp_path / "memory.db").exists()


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(), lambda each: st.dictionaries(st.text(), each)))
def test_any_json_is_settings_or_a_config_error(value):
    try:
        settings = load_settings(overrides={"recall": value, "memory_dim": value})
    except ConfigError:
        return
    assert settings == Settings()


def test_the_users_file_in_the_data_folder_counts(tmp_path):
    write_config(tmp_path, embedder={"backend": "tiny"}, recall={"top_k": 1, "confidence_floor": 0})
    with NTMMemoryManager(tmp_path) as memory:
        memory.memorize_many({"content": f"note {i}"} for i in range(3))
        assert len(memory.recall("note").memories) == 1


def test_where_the_data_folder_is(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "etc"))
    monkeypatch.delenv("NTM_MEMORY_HOME", raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    assert data_home() == tmp_path / "data" / "ntm-memory-system"
    config = tmp_path / "etc" / "ntm-memory-system" / "config.json"
    config.parent.mkdir(parents=True)
    config.write_text(json.dumps({"home": str(tmp_path / "chosen")}), encoding="utf-8")
    assert data_home() == tmp_path / "chosen"
    monkeypatch.setenv("NTM_MEMORY_HOME", str(tmp_path / "told"))
    assert data_home() == tmp_path / "told"
    assert data_home(tmp_path / "given") == tmp_path / "given"
    config.write_text("[]", encoding="utf-8")
    monkeypatch.delenv("NTM_MEMORY_HOME")
    with pytest.raises(ConfigError, match=re.escape(str(config))):
        data_home()


def test_keys_of_older_data_folders_are_read_by_their_names_now(tmp_path):
    file = tmp_path / "config.json"
    file.write_text('{"ntm_memory": {"recall": {"strength": 2.0, "sharpen": 1.5}}}', encoding="utf-8")
    recall = load_settings(file).recall
    assert (recall.beta, recall.gamma) == (2.0, 1.5)


@pytest.mark.parametrize(
    ("platform", "folder"),
    [("darwin", "Library/Application Support"), ("win32", "AppData/Local"), ("linux", ".local/share")],
)
def test_the_platforms_folder(monkeypatch, tmp_path, platform, folder):
    for name in ("NTM_MEMORY_HOME", "NTM_MEMORY_ENV", "XDG_DATA_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr("sys.platform", platform)
    assert data_home() == tmp_path / folder / "ntm-memory-system"
    assert environment_dir() == tmp_path / folder / "ntm-memory-system" / "venv"


def test_the_data_folder_is_private(tmp_path):
    with opened(tmp_path / "a" / "home") as memory:
        memory.memorize("tea")
        assert memory.home.stat().st_mode & 0o077 == 0
        assert [file.name for file in memory.home.iterdir() if file.stat().st_mode & 0o077] == []
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(StoreError, match="cannot be made"):
        ensure_private_dir(tmp_path / "file" / "home")
