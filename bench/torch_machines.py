"""The same Neural Turing Machine in PyTorch, written for autograd, in two ways.

`FusedMachine` is as lean as one makes it: one linear layer for all heads, all sequences of a batch shifted at once.
`PortedMachine` is written as people do who follow the paper head by head, operation for operation as the much-used
public port (loudinthecloud/pytorch-ntm) does: PyTorch's LSTM, a layer for every head, cosine similarity spelled out
over memory, sequences shifted one by one into a tensor, powers for sharpening. Only what would make the result another
one is changed: the guards against division by zero are ours, and gates, keys and adds are squashed as ours are.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from ntm_memory.machine import MachineSettings
from ntm_memory.machine.interface import Interface
from ntm_memory.machine.parameters import Parameters

LIMIT = 20.0


class FusedHead:
    """One head: its share of the interface layer, and addressing (sections 3.3.1 and 3.3.2)."""

    def __init__(self, settings: MachineSettings, index: int) -> None:
        self.index, self.reach = index, settings.shift_range

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

    def shift(self, gated, kernel):
        rolled = (torch.roll(gated, j - self.reach, dims=-1) for j in range(2 * self.reach + 1))
        return sum(kernel[:, j : j + 1] * moved for j, moved in enumerate(rolled))


class FusedMachine(nn.Module):
    """The same network; parameters are given the names they have in NumPy. Memory is (B, N, M)."""

    def __init__(self, settings: MachineSettings, arrays: dict[str, np.ndarray]) -> None:
        super().__init__()
        self.settings, self.names = settings, list(arrays)
        self.known = nn.ParameterDict(
            {name.replace(".", "_"): nn.Parameter(torch.tensor(v)) for name, v in arrays.items()}
        )
        self.heads = [FusedHead(settings, i) for i in range(settings.heads)]
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

    def gradients(self) -> dict[str, np.ndarray]:
        """By the names they have in NumPy."""
        return {name: self.known[name.replace(".", "_")].grad.numpy() for name in self.names}

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


class PortedHead(nn.Module):
    """One head with its own layer."""

    def __init__(self, settings: MachineSettings, index: int) -> None:
        super().__init__()
        dim, self.reach, self.writes = settings.memory_dim, settings.shift_range, index >= settings.read_heads
        self.sizes = [dim, 1, 1, 2 * self.reach + 1, 1] + [dim, dim] * self.writes
        self.layer = nn.Linear(settings.controller_size, sum(self.sizes))

    def forward(self, hidden, memory, previous):
        key, beta, gate, kernel, gamma, *self.writing = torch.split(self.layer(hidden), self.sizes, dim=1)
        beta, gamma = F.softplus(beta.clamp(max=LIMIT)), 1 + F.softplus(gamma.clamp(max=LIMIT))
        key, gate, kernel = torch.tanh(key), torch.sigmoid(gate), F.softmax(kernel, dim=1)
        content = F.softmax(beta * self.similarity(memory, key.unsqueeze(1)), dim=1)
        gated = gate * content + (1 - gate) * previous
        sharpened = self.shift(gated, kernel) ** gamma
        return sharpened / (sharpened.sum(dim=1, keepdim=True) + 1e-16)

    def similarity(self, memory, key):
        lengths = [torch.sqrt((vectors**2).sum(dim=-1, keepdim=True) + 1e-6) for vectors in (memory, key)]
        return (memory / lengths[0] * (key / lengths[1])).sum(dim=-1)

    def shift(self, gated, kernel):
        shifted = torch.zeros_like(gated)
        for b in range(len(gated)):
            ring = torch.cat([gated[b, -self.reach :], gated[b], gated[b, : self.reach]])
            shifted[b] = F.conv1d(ring.view(1, 1, -1), kernel[b].flip(0).view(1, 1, -1)).view(-1)
        return shifted

    def write(self, weights):
        erase, add = torch.sigmoid(self.writing[0]), torch.tanh(self.writing[1])
        return [torch.matmul(weights.unsqueeze(-1), vector.unsqueeze(1)) for vector in (erase, add)]


class PortedMachine(nn.Module):
    """The network head by head. Memory is (B, N, M)."""

    def __init__(self, settings: MachineSettings, arrays: dict[str, np.ndarray]) -> None:
        super().__init__()
        self.settings = settings
        reads = settings.read_heads * settings.memory_dim
        self.controller = nn.LSTM(settings.input_size + reads, settings.controller_size)
        self.heads = nn.ModuleList(PortedHead(settings, i) for i in range(settings.heads))
        self.output = nn.Linear(reads + settings.controller_size, settings.output_size)
        self.to(torch.tensor(arrays["output.bias"]).dtype)
        nn.init.zeros_(self.controller.bias_hh_l0)  # PyTorch's LSTM adds two biases; ours has one
        for name, array in self._spread(arrays).items():
            self.get_parameter(name).data[...] = torch.tensor(np.ascontiguousarray(array))

    def _spread(self, arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Our arrays, cut into this network's: PyTorch's LSTM has its gates in the order i, f, g, o."""
        settings, spread = self.settings, {}
        reads = settings.read_heads * settings.memory_dim
        inputs = np.concatenate((arrays["controller.input"], arrays["controller.recurrent"][:reads]))
        known = {"weight_ih_l0": inputs, "weight_hh_l0": arrays["controller.recurrent"][reads:]}
        for name, array in {**known, "bias_ih_l0": arrays["controller.bias"]}.items():
            g, i, f, o = np.split(array, 4, axis=-1)
            spread[f"controller.{name}"] = np.concatenate((i, f, g, o), axis=-1).T
        for name in ("weight", "bias"):
            blocks = Interface(settings).split(arrays[f"heads.{name}"])
            for h in range(settings.heads):
                own = [blocks.key[..., h, :], *(block[..., h, None] for block in (blocks.strength, blocks.gate))]
                own += [blocks.kernel[..., h, :], blocks.gamma[..., h, None]]
                if h >= settings.read_heads:
                    own += [block[..., h - settings.read_heads, :] for block in (blocks.erase, blocks.add)]
                spread[f"heads.{h}.layer.{name}"] = np.concatenate(own, axis=-1).T
            spread[f"output.{name}"] = arrays[f"output.{name}"].T
        return spread

    def gradients(self) -> dict[str, np.ndarray]:
        """By the names they have in NumPy."""
        whole = Parameters(self.settings)
        places = Parameters(self.settings, np.arange(whole.flat.size))
        for name, indices in self._spread(places.arrays()).items():
            whole.flat[indices] = self.get_parameter(name).grad.numpy()
        return whole.arrays()

    def forward(self, inputs):
        s, batch = self.settings, inputs.shape[1]
        memory = inputs.new_full((batch, s.memory_size, s.memory_dim), 1e-2)
        first = inputs.new_zeros(batch, s.memory_size)
        first[:, 0] = 1
        weights = [first] * s.heads
        read, state, outputs = inputs.new_zeros(batch, s.read_heads * s.memory_dim), None, []
        for x in inputs:
            hidden, state = self.controller(torch.cat([x, read], dim=1).unsqueeze(0), state)
            hidden = hidden.squeeze(0)
            weights = [head(hidden, memory, w) for head, w in zip(self.heads, weights, strict=True)]
            read = torch.cat([torch.matmul(w.unsqueeze(1), memory).squeeze(1) for w in weights[: s.read_heads]], dim=1)
            changes = [head.write(w) for head, w in zip(self.heads, weights, strict=True) if head.writes]
            for erased, _ in changes:
                memory = memory * (1 - erased)
            memory = memory + sum(added for _, added in changes)
            outputs.append(self.output(torch.cat([read, hidden], dim=1)))
        return torch.stack(outputs)
