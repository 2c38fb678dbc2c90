"""The same Neural Turing Machine in PyTorch, written for autograd, in two ways.

`FusedMachine` is as lean as we could make it: all heads and all sequences of a batch in one operation each.
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
from ntm_memory.machine.parameters import MachineParameters

LIMIT = 20.0


class FusedMachine(nn.Module):
    """The same network; parameters are given the names they have in NumPy. Memory is (B, N, M)."""

    def __init__(self, settings: MachineSettings, arrays: dict[str, np.ndarray]) -> None:
        super().__init__()
        self.settings, self.names = settings, list(arrays)
        self.known = nn.ParameterDict(
            {name.replace(".", "_"): nn.Parameter(torch.tensor(v)) for name, v in arrays.items()}
        )
        dim, heads, writes = settings.memory_dim, settings.heads, settings.write_heads
        # of each squashing function the blocks that go through it: tanh, sigmoid, softplus, softmax
        self.sizes = [
            heads * dim + writes * dim,
            writes * dim + heads,
            2 * heads,
            heads * (2 * settings.shift_range + 1),
        ]

    def gradients(self) -> dict[str, np.ndarray]:
        """By the names they have in NumPy."""
        return {name: self.known[name.replace(".", "_")].grad.numpy() for name in self.names}

    def blocks(self, hidden):
        """Keys (B, H, M), gates, betas, gammas (B, H, 1), kernels (B, H, S), erase and add (B, W, M)."""
        s, batch = self.settings, len(hidden)
        raw = torch.addmm(self.known["heads_bias"], hidden, self.known["heads_weight"]).split(self.sizes, dim=1)
        tanh, sigmoid, positive = torch.tanh(raw[0]), torch.sigmoid(raw[1]), F.softplus(raw[2].clamp(max=LIMIT))
        key, add = (part.view(batch, -1, s.memory_dim) for part in tanh.tensor_split([s.heads * s.memory_dim], dim=1))
        erase, gate = sigmoid.tensor_split([s.write_heads * s.memory_dim], dim=1)
        beta, gamma = positive.unsqueeze(-1).chunk(2, dim=1)
        kernel = torch.softmax(raw[3].view(batch, s.heads, -1), dim=-1)
        return key, gate.unsqueeze(-1), beta, 1 + gamma, kernel, erase.view(batch, -1, s.memory_dim), add

    def address(self, memory, weights, key, gate, beta, gamma, kernel):
        """All heads at once (sections 3.3.1 and 3.3.2): (B, H, N)."""
        reach, length = self.settings.shift_range, torch.rsqrt((memory * memory).sum(-1) + 1e-6).unsqueeze(1)
        key = beta * key * torch.rsqrt((key * key).sum(-1, keepdim=True) + 1e-6)
        content = torch.softmax(torch.bmm(key, memory.transpose(1, 2)) * length, dim=-1)
        gated = torch.lerp(weights, content, gate)
        ring = torch.cat([gated[..., -reach:], gated, gated[..., :reach]], dim=-1)
        shifted = (ring.unfold(-1, gated.shape[-1], 1) * kernel.flip(-1).unsqueeze(-1)).sum(-2)
        return torch.softmax(gamma * torch.log(shifted + 1e-16), dim=-1)

    def forward(self, inputs):
        s, known, batch = self.settings, self.known, inputs.shape[1]
        memory = inputs.new_full((batch, s.memory_size, s.memory_dim), 1e-2)
        weights = inputs.new_zeros(batch, s.heads, s.memory_size)
        weights[:, :, 0] = 1
        read = inputs.new_zeros(batch, s.read_heads * s.memory_dim)
        hidden = cell = inputs.new_zeros(batch, s.controller_size)
        said = []
        for pre in (inputs @ known["controller_input"] + known["controller_bias"]).unbind(0):
            pre = torch.addmm(pre, torch.cat([read, hidden], dim=1), known["controller_recurrent"])
            g, gates = pre.tensor_split([s.controller_size], dim=1)
            i, f, o = torch.sigmoid(gates).chunk(3, dim=1)
            cell = f * cell + i * torch.tanh(g)
            hidden = o * torch.tanh(cell)
            *focus, erase, add = self.blocks(hidden)
            weights = self.address(memory, weights, *focus)
            read = torch.bmm(weights[:, : s.read_heads], memory).reshape(batch, -1)
            writing = weights[:, s.read_heads :].transpose(1, 2)
            for head in range(s.write_heads):
                memory = memory * (1 - writing[:, :, head : head + 1] * erase[:, head : head + 1])
            memory = memory + torch.bmm(writing, add)
            said.append(torch.cat([read, hidden], dim=1))
        return torch.stack(said) @ known["output_weight"] + known["output_bias"]


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
                own = [blocks.key[..., h, :], *(block[..., h, None] for block in (blocks.beta, blocks.gate))]
                own += [blocks.kernel[..., h, :], blocks.gamma[..., h, None]]
                if h >= settings.read_heads:
                    own += [block[..., h - settings.read_heads, :] for block in (blocks.erase, blocks.add)]
                spread[f"heads.{h}.layer.{name}"] = np.concatenate(own, axis=-1).T
            spread[f"output.{name}"] = arrays[f"output.{name}"].T
        return spread

    def gradients(self) -> dict[str, np.ndarray]:
        """By the names they have in NumPy."""
        whole = MachineParameters(self.settings)
        places = MachineParameters(self.settings, np.arange(whole.flat.size))
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
