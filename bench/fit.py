"""Make the numbers that the package has learned: all of them in their right order, or one step of that.

    python -m bench.fit --data DIR [DIR …] [--dry-run]
    python -m bench.fit STEP --data DIR [DIR …]

Each DIR is a folder of data sets (NAME/dev/memories.jsonl and queries.jsonl, probe files NAME.dev.jsonl, passages with
questions NAME.json), one such data set, or one file. What a data set is for is told by its name (bench/data_roles.py);
what has no role there is left alone. Every step writes its numbers into the package (or below --out) and beside them
how they came about: the command, the data with their hashes, the date, the code's revision, and figures on what it
never saw. Later steps build on what earlier ones wrote. Embedding the memories takes hours of CPU the first time;
--home keeps them for the next run. The step `reader` needs torch.

Steps, in order:
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench import (
    fit_adapter,
    fit_asking,
    fit_echo,
    fit_multihop,
    fit_reader,
    fit_recall,
    fit_relevance,
    fit_second_look,
    fit_secrets,
    fit_session,
    fit_write_head,
    prior,
)
from bench.data_roles import described, find_data, with_role
from bench.fit_job import PACKAGE, FitJob, FitStep
from bench.provenance import save_learned_numbers
from ntm_memory.embedding import BACKENDS

STEPS: dict[str, FitStep] = {
    "prior": prior.STEP,
    "adapter": fit_adapter.STEP,
    "recall": fit_recall.STEP,
    "asking": fit_asking.STEP,
    "multihop": fit_multihop.STEP,
    "reader": fit_reader.STEP,
    "second-look": fit_second_look.STEP,
    "session": fit_session.STEP,
    "relevance": fit_relevance.STEP,
    "write-head": fit_write_head.STEP,
    "secrets": fit_secrets.STEP,
    "echoes": fit_echo.STEP,
}
"""All steps in their order; a new one is added here, and its file in `fit_job.FILES`."""


def run_step(name: str, job: FitJob) -> Path:
    """Learn, and write the numbers with their provenance; returns the file."""
    step = STEPS[name]
    print(f"== {name}: {step.learns}", flush=True)
    return save_learned_numbers(name, step, job, step.run(job))


def show_plan(names: Sequence[str], job: FitJob) -> None:
    """What would be done, with which data."""
    print(f"code {job.revision}; numbers go to {job.out}")
    for each in job.data:
        told = described(each)
        roles = ", ".join(each.known.roles) or "only measured, never learned from"
        counts = f"{told['memories']} memories, {told['questions']} questions"
        print(f"data {each.name}: {roles}; {counts}; licence: {told['licence']}")
        for file, digest in told["files"].items():
            print(f"     {file} sha256 {digest}")
    for number, name in enumerate(names, start=1):
        step = STEPS[name]
        data = ", ".join(each.name for each in with_role(job.data, *step.roles)) or "nothing: this step cannot run"
        after = f"; builds on {', '.join(step.after)}" if step.after else ""
        print(f"step {number} {name}: {step.learns}{after}\n     learns from {data}\n     writes {job.file(name)}")


def parser() -> argparse.ArgumentParser:
    """The command line."""
    steps = "\n".join(f"    {name:10s}{step.learns}" for name, step in STEPS.items())
    made = argparse.ArgumentParser(
        prog="python -m bench.fit",
        description=f"{__doc__}{steps}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("step", nargs="?", choices=list(STEPS), help="only this one; default: all")
    made.add_argument("--data", type=Path, nargs="+", default=[], help="folders of data sets, or data sets")
    made.add_argument("--home", type=Path, help="keep the embedded memories in this folder")
    made.add_argument("--out", type=Path, default=PACKAGE, help="folder laid out as the package; default: the package")
    made.add_argument("--steps", type=int, help="gradient steps, for a quick try; default: each step's own")
    made.add_argument("--limit", type=int, default=2000, help="conversations of a data set at most (2000)")
    made.add_argument("--backend", choices=BACKENDS, default="e5", help="embedder; the shipped numbers are for e5")
    made.add_argument(
        "--teacher", type=Path, metavar="FOLDER", help="reader: model.onnx, tokenizer.json of the teacher"
    )
    made.add_argument("--minutes", type=float, help="reader: of training at most; default: the step's own")
    made.add_argument("--processes", type=int, help="reader: that train together; default: the step's own")
    made.add_argument("--dry-run", action="store_true", help="only say what would be done, with which data")
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    args = parser().parse_args(arguments)
    names = [args.step] if args.step else list(STEPS)
    with tempfile.TemporaryDirectory() as temporary:
        home = args.home or Path(temporary)
        told = {name: getattr(args, name) for name in ("backend", "steps", "limit", "teacher", "minutes", "processes")}
        job = FitJob(find_data(args.data), home, args.out, **told)
        if args.dry_run:
            show_plan(names, job)
            return 0
        missing = {name for name in names if not with_role(job.data, *STEPS[name].roles)}
        if missing:
            raise SystemExit(f"no data for {', '.join(sorted(missing))}; `--dry-run` shows what was found")
        libraries = {library for name in names for library in STEPS[name].needs}
        absent = sorted(library for library in libraries if importlib.util.find_spec(library) is None)
        if absent:
            raise SystemExit(f"not installed: {', '.join(absent)}; steps that need nothing of it can be run by name")
        for name in names:
            run_step(name, job)
    return 0


if __name__ == "__main__":
    sys.exit(main())
