"""Learn to read two texts together: whether a memory answers a question, and whether a statement revises an older one."""

from __future__ import annotations

import argparse
import math
import os
import random
import tempfile
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
import torch.nn.functional as F

from bench import reader_data as data
from bench.dataset import rows
from bench.reader_net import PairNet
from ntm_memory.embedding.tokenizer import Tokenizer
from ntm_memory.embedding.weights import Weights
from ntm_memory.reader.sequences import PairSequence, question_and_memory, two_memories
from ntm_memory.text.passages import clean
from ntm_memory.text.words import index_words

SHARES = {"stores": 0.44, "answers": 0.16, "passages": 0.40}
"""How often a question of each group is drawn."""
DISTILLED = ("hotpot", "musique", "2wiki", "xquad_en", "friendsqa")
LARGE = 2500
"""Memories of a pool above which they are not embedded: words find the likest."""
Teacher = Callable[[Sequence[tuple[str, str]]], np.ndarray]


@dataclass(frozen=True)
class Settings:
    """How long and how fast is learned.

    Args:
        steps: of gradient.
        minutes: the learning rate falls to its end by then, whatever steps were made.
        processes: that compute gradients of their own batches, averaged each step.
        questions, candidates, statements: of a batch.
        adapters, heads: learning rates.
    """

    steps: int = 4000
    minutes: float = 300.0
    processes: int = 2
    questions: int = 6
    candidates: int = 6
    statements: int = 8
    adapters: float = 6e-4
    heads: float = 1e-3
    warm_up: int = 80
    seed: int = 0


@dataclass
class Lessons:
    """All that is learned from."""

    groups: dict[str, list[data.Asked]]
    statements: list[data.StatementPair]

    @property
    def asked(self) -> Iterator[data.Asked]:
        for each in self.groups.values():
            yield from each


def gather_lessons(public: Path, pairs: Path) -> Lessons:
    """Questions and statement pairs of the public sets and of those written for this purpose."""
    stores = [store for file in sorted(pairs.glob("*/stores.jsonl")) for store in rows(file)]
    taught = [store for store in stores if store["store"].rsplit("-", 1)[-1] not in data.HELD_STORES]
    folders = sorted(file.parent for file in pairs.glob("*/answers.jsonl"))
    qa = public / "qa"
    passages = [*data.crossed_passages(qa / "xquad.en.json", qa / "xquad.zh.json")]
    for name in ("hotpot", "musique", "2wiki", "cmrc2018", "lifebench_zh_lite", "lifebench_en_lite"):
        passages += [*data.conversations(public / name / "dev", name)][:600]
    for part in ("dev", "tst"):
        passages += [*data.scripted_talk(qa / f"friendsqa_{part}.json")][:900]
    passages += data.own_notes()
    written = data.statement_pairs([line for folder in folders for line in rows(folder / "revisions.jsonl")])
    written += data.statement_pairs([pair for store in taught for pair in store["pairs"]])
    return Lessons(
        {
            "stores": [asked for store in taught for asked in data.written_store(store)],
            "answers": [asked for folder in folders for asked in data.written_answers(folder)],
            "passages": passages,
        },
        written,
    )


def find_likest(lessons: Lessons, net: PairNet, tokenizer: Tokenizer, count: int = 24) -> None:
    """For each question the memories of its pool most like it by cosine; statements most like each other, too."""
    pools = {id(asked.pool): asked.pool for asked in lessons.asked}
    keys = {}
    for name, pool in pools.items():
        if len(pool.texts) <= LARGE:
            keys[name] = plain_keys(net, [tokenizer.encode(f"passage: {clean(t)}", 128) for t in pool.texts])
        else:
            find_sharing(pool, [asked for asked in lessons.asked if asked.pool is pool], count)
    everything = [asked for asked in lessons.asked if id(asked.pool) in keys]
    questions = plain_keys(net, [tokenizer.encode(f"query: {clean(a.text)}", 64) for a in everything])
    for asked, key in zip(everything, questions, strict=True):
        own = keys[id(asked.pool)]
        gold = set(asked.gold)
        order = np.argsort(-(own @ key))[: count + len(gold)]
        asked.likest = [int(i) for i in order if int(i) not in gold][:count]
    add_unlike_statements(lessons, pools, keys)


def find_sharing(pool: data.Pool, asked: Sequence[data.Asked], count: int) -> None:
    """The memories of a large pool that share the rarest words with a question."""
    words = [set(index_words(text)) for text in pool.texts]
    held = Counter(word for each in words for word in each)
    for each in asked:
        wanted = {word: math.log(len(words) / held[word]) for word in set(index_words(each.text)) if word in held}
        shared = np.array([sum(wanted[word] for word in wanted.keys() & own) for own in words])
        each.likest = [int(i) for i in np.argsort(-shared)[: count + len(each.gold)] if i not in set(each.gold)][:count]


def add_unlike_statements(lessons: Lessons, pools: dict, keys: dict) -> None:
    """Notes of one writer or store that are alike: hardly any of them revises the other."""
    written = {id(asked.pool) for name in ("answers",) for asked in lessons.groups[name]}
    rng = random.Random(1)
    for name in written:
        texts, own = pools[name].texts, keys[name] - keys[name].mean(0)
        own /= np.linalg.norm(own, axis=1, keepdims=True)
        for i in rng.sample(range(len(texts)), min(150, len(texts))):
            order = np.argsort(-(own @ own[i]))[4:12]  # the first few are of the same question
            lessons.statements.append(data.StatementPair(texts[i], texts[int(rng.choice(list(order)))], None))


def plain_keys(net: PairNet, texts: Sequence[Sequence[int]]) -> np.ndarray:
    """(n, H) keys, those of about one length together."""
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    keys = np.empty((len(texts), net.width), dtype=np.float32)
    with torch.no_grad():
        for start in range(0, len(order), 32):
            part = order[start : start + 32]
            keys[part] = net.plain_keys([texts[i] for i in part]).numpy()
    return keys


class Batches:
    """Draws batches; each process from a seed of its own."""

    def __init__(self, lessons: Lessons, tokenizer: Tokenizer, settings: Settings, seed: int) -> None:
        self._rng, self._lessons, self._settings = random.Random(seed), lessons, settings
        self._question = lru_cache(200_000)(lambda q, m, b: question_and_memory(tokenizer, q, m, b))
        self._statements = lru_cache(20_000)(lambda a, b: two_memories(tokenizer, a, b))
        self._queues: dict[str, list[data.Asked]] = {name: [] for name in lessons.groups}

    def _next_asked(self) -> data.Asked:
        group = self._rng.choices(list(SHARES), list(SHARES.values()))[0]
        if not self._queues[group]:
            self._queues[group] = list(self._lessons.groups[group])
            self._rng.shuffle(self._queues[group])
        return self._queues[group].pop()

    def draw(self) -> tuple[list[data.Candidates], list[data.StatementPair], list[PairSequence]]:
        """Questions with candidates, statement pairs, and the sequences of both in this order."""
        s, rng = self._settings, self._rng
        asked = [data.draw_candidates(self._next_asked(), rng, s.candidates) for _ in range(s.questions)]
        statements = [rng.choice(self._lessons.statements) for _ in range(s.statements - 1)]
        one, other = rng.sample(self._lessons.statements, 2)
        statements.append(data.StatementPair(one.older, other.newer, data.LABELS["unrelated"]))
        sequences = [self._question(each.question, *memory) for each in asked for memory in each.memories]
        sequences += [self._statements(pair.older, pair.newer) for pair in statements]
        return asked, statements, sequences


def read_sorted(net: PairNet, sequences: Sequence[PairSequence], parts: int = 3) -> dict[int, torch.Tensor]:
    """The net's outputs, sequences of about one length read together."""
    order = sorted(range(len(sequences)), key=lambda i: len(sequences[i].ids))
    cuts = np.array_split(np.array(order), parts)
    found = [net([sequences[i] for i in part]) for part in cuts]
    back = torch.from_numpy(np.argsort(np.concatenate(cuts)))
    return {exit: torch.cat([each[exit] for each in found])[back] for exit in net.exits}


def relevance_loss(logits: torch.Tensor, asked: Sequence[data.Candidates]) -> tuple[torch.Tensor, float]:
    """Listwise over the candidates and NULL (logit 0), and pointwise; the share that is right."""
    loss, right, start = torch.zeros(()), [], 0
    for each in asked:
        z = logits[start : start + len(each.memories)]
        start += len(z)
        with_null = torch.cat([torch.zeros(1), z])
        target = torch.tensor([0 if each.answer is None else each.answer + 1])
        y = torch.zeros(len(z))
        if each.answer is not None:
            y[each.answer] = 1
        loss = loss + F.cross_entropy(with_null[None], target)
        loss = loss + F.binary_cross_entropy_with_logits(z, y, weight=torch.where(y > 0, 2.0, 1.0))
        if each.answer is not None:
            loss = loss + F.cross_entropy(z[None], torch.tensor([each.answer]))
        right.append(float(with_null.argmax() == target))
    return loss / len(asked), float(np.mean(right))


def teacher_loss(logits: torch.Tensor, asked: Sequence[data.Candidates], teacher: Teacher) -> torch.Tensor:
    """How far the shares of the candidates are from those of an English cross-encoder."""
    loss, start, counted = torch.zeros(()), 0, 0
    for each in asked:
        z = logits[start : start + len(each.memories)]
        start += len(z)
        if each.source in DISTILLED:
            told = torch.from_numpy(teacher([(each.question, text) for text, _ in each.memories])) / 2
            loss = loss + F.kl_div(F.log_softmax(z, 0), F.softmax(told, 0), reduction="sum")
            counted += 1
    return loss / max(counted, 1)


def revision_loss(logits: torch.Tensor, pairs: Sequence[data.StatementPair]) -> tuple[torch.Tensor, float]:
    """Cross entropy over the labels; of pairs without one only that nothing is revised or told again."""
    logs = F.log_softmax(logits, -1)
    loss, right = torch.zeros(()), []
    for each, pair in zip(logs, pairs, strict=True):
        if pair.label is None:
            holds = torch.logsumexp(each[[data.LABELS["beside"], data.LABELS["unrelated"]]], 0)
            loss = loss - 0.7 * holds
            right.append(float(holds > math.log(0.5)))
        else:
            loss = loss - each[pair.label]
            right.append(float(each.argmax() == pair.label))
    return loss / len(pairs), float(np.mean(right))


def english_teacher(folder: Path | None) -> Teacher | None:
    """ms-marco-MiniLM-L12 in ONNX (model.onnx, tokenizer.json in `folder`); needs onnxruntime and tokenizers."""
    if folder is None:
        return None
    import onnxruntime
    import tokenizers

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"])
    tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_truncation(160)
    tokenizer.enable_padding()
    names = [each.name for each in session.get_inputs()]

    def teach(pairs: Sequence[tuple[str, str]]) -> np.ndarray:
        encoded = tokenizer.encode_batch(list(pairs))
        arrays = {
            "input_ids": np.array([each.ids for each in encoded]),
            "attention_mask": np.array([each.attention_mask for each in encoded]),
            "token_type_ids": np.array([each.type_ids for each in encoded]),
        }
        return session.run(None, {name: arrays[name] for name in names})[0].reshape(len(pairs), -1)[:, 0]

    return teach


def learning_rate(done: float, step: int, settings: Settings) -> float:
    """Warm up, then half a cosine."""
    return min(1.0, (step + 1) / settings.warm_up) * max(0.02, 0.5 * (1 + math.cos(math.pi * min(done, 1.0))))


def average_gradients(parameters: Sequence[torch.nn.Parameter], processes: int) -> None:
    """The mean over all processes."""
    flat = torch.cat([p.grad.flatten() for p in parameters])
    dist.all_reduce(flat)
    flat /= processes
    at = 0
    for p in parameters:
        p.grad.copy_(flat[at : at + p.numel()].view_as(p))
        at += p.numel()


def train(rank: int, settings: Settings, lessons: Lessons, teacher: Path | None, meeting: str, out: Path) -> None:
    """One process of the training; the first writes what was learned."""
    torch.set_num_threads(1)
    torch.manual_seed(settings.seed)
    dist.init_process_group("gloo", init_method=f"file://{meeting}", rank=rank, world_size=settings.processes)
    weights = Weights()
    tokenizer, net, teach = Tokenizer(weights.pieces), PairNet(weights), english_teacher(teacher)
    named = [(name, p) for name, p in net.named_parameters() if p.requires_grad]
    parameters = [p for _, p in named]
    optimiser = torch.optim.AdamW(
        [
            {"params": [p for name, p in named if name.startswith("heads")], "lr": settings.heads},
            {"params": [p for name, p in named if not name.startswith("heads")], "lr": settings.adapters},
        ],
        weight_decay=0.01,
    )
    batches = Batches(lessons, tokenizer, settings, settings.seed + 1000 * rank)
    seen: deque = deque(maxlen=50)
    begun = time.time()
    for step in range(settings.steps):
        clock = torch.tensor([time.time() - begun])
        dist.broadcast(clock, 0)
        done = max(step / settings.steps, float(clock) / (60 * settings.minutes))
        if done >= 1:
            break
        for group, rate in zip(optimiser.param_groups, (settings.heads, settings.adapters), strict=True):
            group["lr"] = rate * learning_rate(done, step, settings)
        asked, statements, sequences = batches.draw()
        outputs = read_sorted(net, sequences)
        count = sum(len(each.memories) for each in asked)
        loss, told = torch.zeros(()), []
        for exit, logits in outputs.items():
            share = 1.0 if exit == max(net.exits) else 0.3
            relevant, right = relevance_loss(logits[:count, 0], asked)
            revising, sorted_right = revision_loss(logits[count:, 1:], statements)
            loss = loss + share * (relevant + 0.7 * revising)
            if teach is not None:
                loss = loss + share * 0.5 * teacher_loss(logits[:count, 0], asked, teach)
            told += [float(relevant), right, float(revising), sorted_right]
        optimiser.zero_grad()
        loss.backward()
        if settings.processes > 1:
            average_gradients(parameters, settings.processes)
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimiser.step()
        seen.append(told)
        if rank == 0 and (step + 1) % 25 == 0:
            print(
                step + 1,
                f"{done:.3f}",
                " ".join(f"{v:.3f}" for v in np.mean(seen, 0)),
                f"{time.time() - begun:.0f} s",
                flush=True,
            )
        if rank == 0 and (step + 1) % 200 == 0:
            np.savez(out, **net.learned())
    if rank == 0:
        np.savez(out, **net.learned())
        print("steps", step + 1, flush=True)
    dist.destroy_process_group()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--pairs", type=Path, default=data.HERE / "pairs")
    parser.add_argument("--teacher", type=Path)
    parser.add_argument("--steps", type=int, default=Settings.steps)
    parser.add_argument("--minutes", type=float, default=Settings.minutes)
    parser.add_argument("--processes", type=int, default=Settings.processes)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    torch.set_num_threads(1)
    settings = Settings(steps=args.steps, minutes=args.minutes, processes=args.processes)
    lessons = gather_lessons(args.data, args.pairs)
    weights = Weights()
    print({name: len(each) for name, each in lessons.groups.items()}, len(lessons.statements), flush=True)
    print(Counter(asked.source for asked in lessons.asked), flush=True)
    begun = time.time()
    with torch.no_grad():
        find_likest(lessons, PairNet(weights), Tokenizer(weights.pieces))
    print("likest found", f"{time.time() - begun:.0f} s", len(lessons.statements), "statement pairs", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        meeting = str(Path(folder) / "meeting")
        given = (settings, lessons, args.teacher, meeting, args.out)
        mp.spawn(train, given, nprocs=settings.processes)


if __name__ == "__main__":
    main()
