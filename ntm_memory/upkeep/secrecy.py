"""Secrets in what is stored already: told, and on demand left out of texts and history."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from ntm_memory.entry.gate import maybe_secrets
from ntm_memory.entry.refusals import names_of
from ntm_memory.operations.results import LeftOut
from ntm_memory.operations.write import Writer, encode
from ntm_memory.privacy.secret_spans import apart, redacted
from ntm_memory.privacy.secrets import Found, find_secrets, known_secrets, outside_of
from ntm_memory.recall.encoder import Encoder
from ntm_memory.recovery.copies import backups_telling
from ntm_memory.store.base import Store
from ntm_memory.store.lookup import STATES
from ntm_memory.store.records import Encoding, Memory

BATCH = 64


class Text(NamedTuple):
    """A text of a memory: its present one, or one of its history."""

    memory: Memory
    version: int
    content: str

    @property
    def place(self) -> dict[str, Any]:
        """Which of all texts it is."""
        return {"id": self.memory.id, "version": self.version}


def secrets_stored(
    store: Store, writer: Writer, encoder: Callable[[], Encoder], home: Path, *, redact: bool = False
) -> dict[str, Any]:
    """Which memories hold secrets, whatever their state, in their history too; and which may.

    Args:
        store: where they are.
        writer: of the store.
        encoder: loads the embedder, which reads each text.
        home: the data folder, whose backups may hold them too.
        redact: leave the secrets out, in place: no version is made, and no file of the memory keeps a byte of them.
            What may be one stays, as do names.
    """
    found, maybe = list[dict[str, Any]](), list[dict[str, Any]]()
    said: set[bytes] = set()
    texts = _texts(store)
    while batch := list(islice(texts, BATCH)):
        replaced: dict[tuple[str, int], tuple[str, Encoding]] = {}
        _, readings = encoder().read([text.content for text in batch])
        for text, passages in zip(batch, readings, strict=True):
            there = writer.gate.found(text.content, passages)
            secrets = apart([*known_secrets(text.content), *there.secrets])
            found += [text.place | asdict(LeftOut(each.kind, "content", each.start)) for each in secrets]
            said |= {text.content[each.start : each.end].encode() for each in secrets}
            doubtful = Found(secrets if redact else [], outside_of(secrets, there.doubtful))
            maybe += [text.place | asdict(each) for each in maybe_secrets(doubtful)]
            if secrets and redact:
                content = redacted(text.content, secrets)
                (rows,) = encoder().memories([content])
                spoken = writer.is_spoken(text.memory, text.memory)
                replaced[text.memory.id, text.version] = content, encode(content, rows, spoken=spoken)
        if replaced:
            store.overwrite(replaced)
    named = list(_in_names(store))
    said |= {name.encode() for _, name in named}
    found_in = {"secrets": [*found, *(each for each, _ in named)], "redacted": redact and bool(found)}
    return found_in | {
        "maybe_secret": sorted(maybe, key=lambda each: -each["chance"]),
        "backups_holding": backups_telling(home, said),
    }


def _texts(store: Store) -> Iterator[Text]:
    for memory in store.memories(states=STATES):
        yield Text(memory, memory.version, memory.content)
        for old in store.history(memory.id):
            yield Text(memory, old.version, old.content)


def _in_names(store: Store) -> Iterator[tuple[dict[str, Any], str]]:
    """Secrets in keys, tags and other names, as rules and patterns know them: a name is hardly read as a text."""
    for memory in store.memories(states=STATES):
        for field, name in names_of(memory):
            for each in find_secrets(name).secrets:
                place = {"id": memory.id, "version": memory.version} | asdict(LeftOut(each.kind, field, each.start))
                yield place, name
