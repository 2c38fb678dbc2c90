"""Twenty acceptance tests that any agent memory should pass, and a deletion in thirteen steps, as two tables.

    python -m bench.portable [--processes]

Runs `tests/portable` and prints one line an id. An id passes where every test of it does; `known gap` means that a
test of it is expected to fail, and its reason stands below the table. The ids and what they ask for come from a
public survey of memory systems (neoneye/agent-memory-atlas, MIT). `--processes` has every call run the real script.
"""

from __future__ import annotations

import argparse
import os
from collections import defaultdict
from pathlib import Path

import pytest

IDS = (
    "scope.cross_tenant_absent",
    "scope.caller_cannot_widen",
    "scope.background_respects_boundary",
    "evidence.claim_resolves_to_source",
    "evidence.source_delete_reaches_derived",
    "evidence.rebuild_from_retained",
    "gateway.no_bypass_path",
    "gateway.model_cannot_claim_human_authority",
    "tombstone.laundering_sequence",
    "tombstone.survives_ttl_and_prune",
    "tombstone.key_normalization_attack",
    "tombstone.reextraction_stays_inactive",
    "tombstone.no_second_memory_unit",
    "deletion.absent_after_reindex_and_restart",
    "deletion.absent_from_shared_copies",
    "correction.survives_reindex",
    "correction.retraction_without_replacement",
    "retrieval.k_is_an_upper_bound",
    "prompt.recall_is_fenced_as_data",
    "prompt.model_ignores_embedded_instructions",
)
NEEDS_A_MODEL = IDS[-1]
"""What runs here is only the program that counts, with stand-ins for the model."""
TESTS = Path(__file__).parents[1] / "tests" / "portable"


class Collected:
    """A plugin that keeps what came of each test, by id; pytest calls its hooks."""

    def __init__(self) -> None:
        self.outcomes: defaultdict[str, list[str]] = defaultdict(list)
        self.gaps: dict[str, str] = {}
        self.tables: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when != "call" and report.passed:
            return
        name = report.nodeid.rpartition("::")[2]
        self.outcomes[id_of(name)].append("gap" if hasattr(report, "wasxfail") else report.outcome)
        if hasattr(report, "wasxfail"):
            self.gaps.setdefault(name, str(report.wasxfail).removeprefix("reason: "))
        self.tables += [str(value) for key, value in report.user_properties if key == "table"]


def id_of(name: str) -> str:
    """The id that a test's name begins with; empty: it is of none."""
    known = [id for id in IDS if name.startswith(f"test_{id.replace('.', '_')}")]
    return max(known, key=len, default="")


def result(id: str, outcomes: list[str]) -> str:
    """One word for all tests of an id."""
    if not outcomes:
        return "**no test**"
    if "failed" in outcomes:
        return "**fail**"
    if "gap" in outcomes:
        return f"known gap ({outcomes.count('gap')} of {len(outcomes)} tests)"
    if id == NEEDS_A_MODEL:
        return "needs a model: `python -m bench.embedded_instructions`"
    return "pass" if "passed" in outcomes else "skipped"


def main() -> int:
    """Run the tests and print the tables; the exit code is pytest's."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--processes", action="store_true", help="run the real script for every call (minutes)")
    options = parser.parse_args()
    if options.processes:
        os.environ["NTM_MEMORY_PORTABLE_PROCESSES"] = "1"
    collected = Collected()
    arguments = [str(TESTS), "--rootdir", str(TESTS.parents[1]), "-p", "no:cacheprovider"]
    code = pytest.main(arguments, plugins=[collected])
    print("\n| id | tests | result |\n|---|---|---|")
    for id in IDS:
        print(f"| `{id}` | {len(collected.outcomes[id])} | {result(id, collected.outcomes[id])} |")
    if collected.outcomes[""]:
        print(f"| deletion in thirteen steps, controls | {len(collected.outcomes[''])} | {_rest(collected)} |")
    for name, reason in collected.gaps.items():
        print(f"\nGap: `{name}`: {reason}", end="")
    for table in collected.tables:
        print(f"\n\n{table}")
    return int(code)


def _rest(collected: Collected) -> str:
    return result("", collected.outcomes[""])


if __name__ == "__main__":
    raise SystemExit(main())
