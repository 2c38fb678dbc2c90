"""Whatever is done in whatever order, the store says what a dictionary says."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import hypothesis.strategies as st
import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, multiple, rule

from ntm_memory.store import open_store
from ntm_memory.store.records import Link

from .contract import contents, found
from .drafts import EMBEDDER, Clock, draft, key_rows

VOCABULARY = ["tea", "茶水", "@by=bob", "naïve", "4711"]
SPACES = ["default", "другое"]
texts = st.lists(st.sampled_from(VOCABULARY), min_size=0, max_size=4)


@dataclass
class Entry:
    """What is expected of one memory."""

    namespace: str
    text: str
    words: list[str]
    passages: int
    state: str = "live"
    retention: float = 1.0
    importance: float = 0.5
    older: list[str] = field(default_factory=list)
    links: set[str] = field(default_factory=set)


class StoreMachine(RuleBasedStateMachine):
    """One store beside a dictionary of entries in order of writing."""

    ids = Bundle("ids")

    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.clock, self.serial, self.entries, self.gone = Clock(), 0, {}, set()
        self.store = self.open()
        self.store.set_embedder(EMBEDDER)

    def open(self):
        store = open_store(Path(self.folder.name) / "memory.db", clock=self.clock)
        store._engine.sql.execute("PRAGMA synchronous = OFF")  # nobody pulls the plug; a thousand waits are long
        return store

    def teardown(self):
        assert self.store.check() == []
        self.store.close()
        self.folder.cleanup()

    def draft(self, space, words, passages):
        self.serial += 1
        self.clock.tick()
        return draft(f"#{self.serial} {' '.join(words)}", passages=passages, words=words, namespace=space)

    @rule(target=ids, space=st.sampled_from(SPACES), words=texts, passages=st.integers(1, 3))
    def add(self, space, words, passages):
        told, encoding = self.draft(space, words, passages)
        memory = self.store.add(told, encoding)
        self.entries[memory.id] = Entry(space, told.content, words, passages)
        return memory.id

    @rule(target=ids, space=st.sampled_from(SPACES), batch=st.lists(texts, max_size=4), fails=st.booleans())
    def add_many(self, space, batch, fails):
        told = [self.draft(space, words, 1) for words in batch]
        try:
            with self.store.transaction():
                new = [self.store.add(*each).id for each in told]
                if fails:
                    assert len(self.store.memory_matrix(space)) >= len(new)
                    raise KeyError
        except KeyError:
            return multiple()
        for id, (each, _), words in zip(new, told, batch, strict=True):
            self.entries[id] = Entry(space, each.content, words, 1)
        return multiple(*new)

    @rule(id=ids, words=texts, passages=st.integers(1, 3))
    def rewrite(self, id, words, passages):
        entry = self.entries.get(id)
        if entry is None or entry.state != "live":
            return
        told, encoding = self.draft(entry.namespace, words, passages)
        self.store.rewrite(id, told, encoding)
        entry.older.append(entry.text)
        entry.text, entry.words, entry.passages, entry.retention = told.content, words, passages, 1.0
        entry.importance = told.importance

    @rule(id=ids, importance=st.sampled_from([0, 0.25, 1]))
    def amend(self, id, importance):
        if id in self.entries:
            self.store.amend(id, importance=importance)
            self.entries[id].importance = importance

    @rule(id=ids, strength=st.sampled_from([0.0, 0.25, 0.5, 1.0]))
    def set_retention(self, id, strength):
        if id in self.entries:
            self.store.set_retention(id, strength)
            self.entries[id].retention = strength
            self.entries[id].state = "live" if strength else "erased"

    @rule(id=ids)
    def archive(self, id):
        if id in self.entries:
            self.store.archive(id)
            if self.entries[id].state == "live":
                self.entries[id].state = "archived"

    @rule(id=consumes(ids))
    def purge(self, id):
        if id in self.entries:
            assert self.store.purge([id]) == 1
            self.gone.add(self.entries.pop(id).text)
            for entry in self.entries.values():
                entry.links.discard(id)

    @rule(id=ids, goal=ids)
    def link(self, id, goal):
        if id in self.entries and goal in self.entries:
            self.store.link(id, [Link(goal, 0.5, "content")])
            self.entries[id].links.add(goal)

    @rule()
    def reopen(self):
        self.store.close()
        self.store = self.open()

    @rule()
    def write_matrix(self):
        self.store._engine.live_matrix.remove_file()
        self.store._engine.save_matrix_if_lagging()
        self.store._engine.live_matrix._saved = -1_000
        self.store.close()
        self.store = self.open()

    @invariant()
    def says_what_the_dictionary_says(self):
        live = {id: entry for id, entry in self.entries.items() if entry.state == "live"}
        assert self.store.count() == len(live)
        for space in SPACES:
            mine = {id: entry for id, entry in live.items() if entry.namespace == space}
            assert contents(self.store, space) == [entry.text for entry in mine.values()]
            slots = self.store.memory_matrix(space)
            rows = [key_rows(entry.text, entry.passages) for entry in mine.values()]
            assert np.array_equal(slots.keys, np.concatenate([np.empty((0, slots.keys.shape[1])), *rows]))
            assert slots.retention.tolist() == [entry.retention for entry in mine.values()]
            assert slots.importance.tolist() == [entry.importance for entry in mine.values()]
            assert slots.length.tolist() == [len(entry.words) for entry in mine.values()]
            for word in VOCABULARY:
                held = {entry.text: entry.words.count(word) for entry in mine.values() if word in entry.words}
                assert found(self.store, word, space) == held

    @invariant()
    def keeps_what_is_not_live(self):
        for id, entry in self.entries.items():
            memory = self.store.get(id)
            assert (memory.content, memory.state, memory.version) == (entry.text, entry.state, len(entry.older) + 1)
            assert {link.target for link in memory.links} == {t for t in entry.links if self.entries[t].state == "live"}
            assert [version.content for version in self.store.history(id)] == entry.older


StoreMachine.TestCase.settings = settings(
    max_examples=25,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
TestStoreMachine = StoreMachine.TestCase
