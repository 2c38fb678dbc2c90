"""Neural Turing Machine: CPU time of forward + backward, ours (NumPy; the kernel where built) against PyTorch autograd.

    python -m bench.ntm_speed [--length 10] [--rounds 15] [--json]

The PyTorch network is written for autograd in two ways (`torch_machines.py`): `ported`, head by head, as the much-used
public port does, and `fused`, all heads and sequences in one operation each. Before anything is timed, both must give
the same loss and the same gradients from the same parameters. All run in one process, one thread, turn by turn, each
turn some batches in a row as in training; the figure is the median of the turns' CPU times.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import statistics
import time

import numpy as np
import torch
from torch.nn import functional as F

from bench.torch_machines import FusedMachine, PortedMachine
from ntm_memory.machine import Machine, MachineSettings
from ntm_memory.machine.parameters import initial_machine_parameters
from ntm_memory.training.compiled import built, make_machine
from ntm_memory.training.loss import binary_cross_entropy
from ntm_memory.training.tasks.copy import Copy

IN_A_ROW = 5  # batches a turn: the first one finds the caches full of the other network
STYLES = {"ported": PortedMachine, "fused": FusedMachine}


def torch_loss(network: FusedMachine | PortedMachine, batch, dtype) -> torch.Tensor:
    """Loss and, by autograd, gradients."""
    network.zero_grad(set_to_none=True)
    logits = network(torch.tensor(batch.inputs, dtype=dtype))
    answer = torch.tensor(batch.answer)
    loss = F.binary_cross_entropy_with_logits(logits[answer], torch.tensor(batch.targets, dtype=dtype)[answer])
    loss.backward()
    return loss


def numpy_loss(machine: Machine, batch):
    """Loss and gradients."""
    logits, tape = machine.forward(batch.inputs)
    loss, d_logits = binary_cross_entropy(logits, batch)
    return loss, machine.backward(tape, d_logits)


def difference(settings: MachineSettings, batch, style: str, seed: int = 0) -> tuple[float, float]:
    """Relative difference of the losses, and the largest of any parameter group's gradients, in float64."""
    parameters = initial_machine_parameters(settings, seed)
    network = STYLES[style](settings, parameters.arrays())
    theirs = float(torch_loss(network, batch, torch.float64).detach())
    ours, gradients = numpy_loss(Machine(settings, parameters), batch)
    theirs_by_name = network.gradients()
    apart = [
        np.abs(gradient - theirs_by_name[name]).max() / max(np.abs(theirs_by_name[name]).max(), 1e-12)
        for name, gradient in gradients.arrays().items()
    ]
    return abs(ours - theirs) / abs(theirs), float(np.max(apart))  # NaN if any is


def page_faults() -> int:
    """How often the system had to hand this process memory: what a new tape may cost, by luck of the allocator."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt


def measure(length: int, batch_size: int, rounds: int) -> dict[str, float]:
    """CPU milliseconds a sequence, medians of interleaved rounds."""
    task = Copy()
    settings = MachineSettings(task.input_size, task.output_size)
    batch = task.sample(np.random.default_rng(1), batch_size, {"length": length})
    parameters = initial_machine_parameters(settings, 0)
    machine = Machine(settings, parameters)
    runs = {"numpy": lambda: numpy_loss(machine, batch)}
    if built():
        runs["kernel"] = lambda: numpy_loss(make_machine(settings, parameters), batch)
    for style in STYLES:
        network = STYLES[style](settings, parameters.arrays())
        runs[style] = lambda network=network: torch_loss(network, batch, torch.float32)
    times: dict[str, list[float]] = {name: [] for name in runs}
    faults: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds + 2):
        for name, run in runs.items():
            start, before = time.process_time(), page_faults()
            for _ in range(IN_A_ROW):
                run()
            times[name].append((time.process_time() - start) * 1e3 / (IN_A_ROW * batch_size))
            faults[name].append((page_faults() - before) / IN_A_ROW)
    medians = {name: statistics.median(each[2:]) for name, each in times.items()}
    found = {"batch": batch_size, **{f"{name}_ms": round(median, 4) for name, median in medians.items()}}
    found["page_faults_a_batch"] = {name: statistics.median(each[2:]) for name, each in faults.items()}
    ours = [name for name in runs if name not in STYLES]
    found["times"] = {
        name: {other: round(medians[other] / medians[name], 1) for other in runs if other != name} for name in ours
    }
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--length", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    task = Copy()
    double = MachineSettings(task.input_size, task.output_size, dtype="float64")
    batch = task.sample(np.random.default_rng(0), 4, {"length": chosen.length})
    worst = max(max(difference(double, batch, style=style)) for style in STYLES)
    if worst > 1e-6:
        raise SystemExit(f"the networks differ: {worst:.1e}")
    rows = [measure(chosen.length, size, chosen.rounds) for size in (1, 16, 32)]
    versions = {
        "BLAS core": os.environ.get("OPENBLAS_CORETYPE", "as found"),
        "numpy": np.__version__,
        "torch": torch.__version__,
        "python": platform.python_version(),
    }
    if chosen.json:
        print(json.dumps({"largest_difference": worst, "versions": versions, "rows": rows}))
        return
    print(f"loss and gradients equal to {worst:.0e} (float64); {versions}")
    for row in rows:
        for ours, times in row["times"].items():
            others = ", ".join(
                f"{times[style]:.1f}× the {style} PyTorch ({row[f'{style}_ms']:.3f})" for style in STYLES
            )
            faults = f"{row['page_faults_a_batch'][ours]:.0f} page faults a batch"
            print(f"batch {row['batch']:3d}: {ours} {row[f'{ours}_ms']:.3f} ms a sequence, {others}; {faults}")


if __name__ == "__main__":
    main()
