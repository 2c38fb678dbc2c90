"""How learned numbers came about, written beside them by the fit itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np

from bench.data_roles import described, sha256_of
from bench.fit_job import FitJob, FitStep, LearnedNumbers
from ntm_memory.persistence.atomic import replace_text, replacing


def provenance(name: str, step: FitStep, job: FitJob, learned: LearnedNumbers) -> dict[str, Any]:
    """The block: command, data, date, code, figures left out.

    Args:
        name: of the step.
        step: what ran.
        job: what it was given.
        learned: what came out.
    """
    teachers = {"teachers": list(learned.teachers)} if learned.teachers else {}
    options = "".join(f" --{option} {value}" for option, value in learned.options.items())
    return {
        "command": f"python -m bench.fit {name} --data DIR{options}",
        "date": datetime.now(timezone.utc).date().isoformat(),
        "revision": job.revision,
        "numpy": np.__version__,
        "data": [described(each) for each in job.with_role(*step.roles)] + list(learned.made),
        **teachers,
        "after": {before: sha256_of(job.in_force(before)) for before in step.after},
        "figures": dict(learned.figures),
    }


def save_learned_numbers(name: str, step: FitStep, job: FitJob, learned: LearnedNumbers) -> Path:
    """Write a step's numbers with their block; returns the file."""
    file = job.file(name)
    file.parent.mkdir(parents=True, exist_ok=True)
    learned.save(file, provenance(name, step, job, learned))
    print(f"wrote {file}", flush=True)
    return file


def save_with_provenance(file: Path, about: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> None:
    """Arrays in an .npz file, and how they came about in a .json file of the same name."""
    with replacing(file, mode=0o644) as out:
        np.savez_compressed(out, **arrays)
    beside = {"file": file.name, "sha256": sha256_of(file), "about": dict(about)}
    replace_text(file.with_suffix(".json"), json.dumps(beside, ensure_ascii=False, indent=1) + "\n", mode=0o644)


def read_provenance(file: Path) -> dict[str, Any]:
    """The block of a file of learned numbers."""
    about: dict[str, Any] = json.loads(file.with_suffix(".json").read_text(encoding="utf-8"))["about"]
    return about
