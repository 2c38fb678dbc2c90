"""Neural Turing Machine: CPU time of forward + backward, ours (NumPy) against PyTorch autograd.

    python bench/ntm_speed.py [--length 10] [--rounds 15] [--json]

The PyTorch network is written here as one writes it for autograd: a module that holds the parameters, one function
per head and step. It comes in two styles: `batched` shifts all sequences of a batch at once, `looped` shifts them one
by one with conv1d, as the much-used public port (loudinthecloud/pytorch-ntm) does. Before anything is timed, both must
give the same loss and the same gradients from the same parameters. All run in one process, one thread, turn by turn;
the figure is the median of the rounds' CPU times.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import time

import checkout  # noqa: F401 - before numpy
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from ntm_memory.machine import Machine, MachineSettings
from ntm_memory.machine.parameters import initial_parameters
from ntm_memory.training.loss import cross_entropy
from ntm_memory.training.tasks.copy import Copy

LIMIT = 20.0
STYLES = ("batched", "looped")


class TorchHead:
    """One head: its share of the interface layer, and addressing (sections 3.3.1 and 3.3.2)."""

    def __init__(self, settings: MachineSettings, index: int, style: str) -> None:
        self.index, self.reach = index, settings.shift_range
        self.shift = self.shift_at_once if style == "batched" else self.shift_one_by_one

    def pick(self, blocks, name):
        return blocks[name][:, self.index]

    def address(self, blocks, memory, previous):
        key, beta = torch.tanh(self.pick(blocks, "key")), F.softplus(self.pick(blocks, "strength").clamp(max=LIMIT))
        gate, gamma = (
            torch.sigmoid(self.pick(blocks, "gate")),
            1 + F.softplus(self.pick(blocks, "gamma").clamp(max=LIMIT)),
        )
        kernel = torch.softmax(self.pick(blocks, "kernel"), dim=-1)
        norms = torch.sqrt((memory**2).sum(-1) + 1e-6) * torch.sqrt((key**2).sum(-1, keepdim=True) + 1e-6)
        similarity = torch.matmul(memory, key.unsqueeze(-1)).squeeze(-1) / norms
        content = torch.softmax(beta.unsqueeze(-1) * similarity, dim=-1)
        gated = gate.unsqueeze(-1) * content + (1 - gate.unsqueeze(-1)) * previous
        shifted = self.shift(gated, kernel)
        return torch.softmax(gamma.unsqueeze(-1) * torch.log(shifted + 1e-16), dim=-1)

    def shift_at_once(self, gated, kernel):
        rolled = (torch.roll(gated, j - self.reach, dims=-1) for j in range(2 * self.reach + 1))
        return sum(kernel[:, j : j + 1] * moved for j, moved in enumerate(rolled))

    def shift_one_by_one(self, gated, kernel):
        shifted = []
        for weights, steps in zip(gated, kernel.flip(-1), strict=True):
            ring = torch.cat([weights[-self.reach :], weights, weights[: self.reach]])
            shifted.append(F.conv1d(ring.view(1, 1, -1), steps.view(1, 1, -1)).view(-1))
        return torch.stack(shifted)


class TorchMachine(nn.Module):
    """The same network; parameters are given the names they have in NumPy. Memory is (B, N, M)."""

    def __init__(self, settings: MachineSettings, arrays: dict[str, np.ndarray], style: str) -> None:
        super().__init__()
        self.settings = settings
        self.known = nn.ParameterDict(
            {name.replace(".", "_"): nn.Parameter(torch.tensor(v)) for name, v in arrays.items()}
        )
        self.heads = [TorchHead(settings, i, style) for i in range(settings.heads)]
        dim, heads, writes = settings.memory_dim, settings.heads, settings.write_heads
        self.sizes = {
            "key": (heads, dim),
            "add": (writes, dim),
            "erase": (writes, dim),
            "gate": (heads,),
            "strength": (heads,),
            "gamma": (heads,),
            "kernel": (heads, 2 * settings.shift_range + 1),
        }

    def split(self, raw):
        found, start = {}, 0
        for name, shape in self.sizes.items():
            size = int(np.prod(shape))
            found[name] = raw[:, start : start + size].reshape(len(raw), *shape)
            start += size
        return found

    def forward(self, inputs):
        s, known, batch = self.settings, self.known, inputs.shape[1]
        memory = inputs.new_full((batch, s.memory_size, s.memory_dim), 1e-2)
        first = inputs.new_zeros(batch, s.memory_size)
        first[:, 0] = 1
        weights = [first] * s.heads
        read = inputs.new_zeros(batch, s.read_heads * s.memory_dim)
        hidden = cell = inputs.new_zeros(batch, s.controller_size)
        outputs = []
        for x in inputs:
            pre = x @ known["controller_input"] + known["controller_bias"]
            pre = pre + torch.cat([read, hidden], dim=1) @ known["controller_recurrent"]
            g, i, f, o = pre.chunk(4, dim=1)
            cell = torch.sigmoid(f) * cell + torch.sigmoid(i) * torch.tanh(g)
            hidden = torch.sigmoid(o) * torch.tanh(cell)
            blocks = self.split(hidden @ known["heads_weight"] + known["heads_bias"])
            weights = [head.address(blocks, memory, w) for head, w in zip(self.heads, weights, strict=True)]
            read = torch.cat([torch.matmul(w.unsqueeze(1), memory).squeeze(1) for w in weights[: s.read_heads]], dim=1)
            added = 0
            for j, w in enumerate(weights[s.read_heads :]):
                w = w.unsqueeze(-1)
                memory = memory * (1 - w * torch.sigmoid(blocks["erase"][:, j]).unsqueeze(1))
                added = added + w * torch.tanh(blocks["add"][:, j]).unsqueeze(1)
            memory = memory + added
            outputs.append(torch.cat([read, hidden], dim=1) @ known["output_weight"] + known["output_bias"])
        return torch.stack(outputs)


def torch_loss(network: TorchMachine, batch, dtype) -> torch.Tensor:
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
    loss, d_logits = cross_entropy(logits, batch)
    return loss, machine.backward(tape, d_logits)


def difference(settings: MachineSettings, batch, seed: int = 0, style: str = "batched") -> tuple[float, float]:
    """Relative difference of the losses, and the largest of any parameter group's gradients, in float64."""
    parameters = initial_parameters(settings, seed)
    network = TorchMachine(settings, parameters.arrays(), style)
    theirs = float(torch_loss(network, batch, torch.float64).detach())
    ours, gradients = numpy_loss(Machine(settings, parameters), batch)
    worst = 0.0
    for name, gradient in gradients.arrays().items():
        expected = network.known[name.replace(".", "_")].grad.numpy()
        worst = max(worst, float(np.abs(gradient - expected).max() / max(np.abs(expected).max(), 1e-12)))
    return abs(ours - theirs) / abs(theirs), worst


def measure(length: int, batch_size: int, rounds: int) -> dict[str, float]:
    """CPU milliseconds a sequence, medians of interleaved rounds."""
    task = Copy()
    settings = MachineSettings(task.input_size, task.output_size)
    batch = task.sample(np.random.default_rng(1), batch_size, {"length": length})
    parameters = initial_parameters(settings, 0)
    machine = Machine(settings, parameters)
    runs = {"numpy": lambda: numpy_loss(machine, batch)}
    for style in STYLES:
        network = TorchMachine(settings, parameters.arrays(), style)
        runs[style] = lambda network=network: torch_loss(network, batch, torch.float32)
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds + 2):
        for name, run in runs.items():
            start = time.process_time()
            run()
            times[name].append((time.process_time() - start) * 1e3 / batch_size)
    medians = {name: statistics.median(each[2:]) for name, each in times.items()}
    found = {"batch": batch_size, "numpy_ms": round(medians["numpy"], 4)}
    for style in STYLES:
        found[f"torch_{style}_ms"] = round(medians[style], 4)
        found[f"times_{style}"] = round(medians[style] / medians["numpy"], 1)
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
    versions = {"numpy": np.__version__, "torch": torch.__version__, "python": platform.python_version()}
    if chosen.json:
        print(json.dumps({"largest_difference": worst, "versions": versions, "rows": rows}))
        return
    print(f"loss and gradients equal to {worst:.0e} (float64); {versions}")
    for row in rows:
        print(
            "batch {batch:3d}: NumPy {numpy_ms:7.3f} ms a sequence; PyTorch batched {torch_batched_ms:7.3f} ms "
            "({times_batched:4.1f}×), looped {torch_looped_ms:7.3f} ms ({times_looped:4.1f}×)".format(**row)
        )


if __name__ == "__main__":
    main()
