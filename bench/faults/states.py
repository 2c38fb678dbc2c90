"""Whatever is told, changed, erased, moved and broken off in whatever order, the memory says what a dictionary says.

A machine of Hypothesis draws the verbs; the dictionary is `model.Model`. What a pass does not prove: that answers are
good (it asks for exact texts alone), anything about two processes at once, power cuts (`power`), or texts that it does
not draw (`fuzz`). Control: a memory that finds nothing the same, or whose
purge removes nothing.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Sequence
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from bench.faults.drawn import KEYS, choices, keys, spaces, texts, told_fields
from bench.faults.home import Ticking, abandon, copy_of, kept_by, open_home, without_waiting
from bench.faults.model import Known, Model, Refusal
from ntm_memory.errors import NTMMemoryError
from ntm_memory.store.records import Memory

STEPS = 50


class MemoryMachine(RuleBasedStateMachine):
    """One memory beside the dictionary."""

    done = 0

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="ntm-states-"))
        self.home, self.homes = self.folder / "0", 0
        self.clock = Ticking()
        self.memory: Any = None

    @initialize(when_full=st.sampled_from(["grow", "grow", "evict", "refuse"]))
    def begin(self, when_full: str) -> None:
        self.model = Model(8, when_full)
        self.config = {"memory_size": 8, "capacity": {"when_full": when_full}}
        self.memory = open_home(self.home, self.config, clock=self.clock)

    def teardown(self) -> None:
        if self.memory is not None:
            assert self.memory.store.check() == []
            self.memory.close()
        shutil.rmtree(self.folder)

    def told(self, act: Callable[[], Any]) -> tuple[Any, str]:
        """(answer, error code)."""
        MemoryMachine.done += 1
        try:
            return act(), ""
        except NTMMemoryError as error:
            return None, error.code

    def expected(self, act: Callable[[Model], Any]) -> tuple[Any, str]:
        """The same of the dictionary; what it refuses leaves it as it was."""
        kept = self.model.copy()
        try:
            return act(self.model), ""
        except Refusal as refusal:
            self.model = kept
            return None, refusal.code

    def victim(self, candidates: Sequence[Known]) -> Known:
        """Which of the candidates the memory has archived meanwhile."""
        gone = [each for each in candidates if self.memory.store.get(each.id).state == "archived"]
        assert len(gone) == 1, f"{len(gone)} archived of {[each.id for each in candidates]}"
        return gone[0]

    def name(self, choice: int) -> str:
        """An id that was once given, or a key."""
        return [*self.model.known, *KEYS][choice % (len(self.model.known) + len(KEYS))]

    @rule(record=told_fields)
    def memorize(self, record: dict[str, Any]) -> None:
        found, error = self.told(lambda: self.memory.memorize(**record))
        new = found.memory.id if found else ""
        wanted = self.expected(lambda model: model.memorize(record, new, self.victim))
        assert ((found.action, new) if found else None, error) == wanted

    @rule(content=texts, space=spaces, choice=choices)
    def replace(self, content: str, space: str, choice: int) -> None:
        record = {"content": content, "namespace": space, "replaces": self.name(choice)}
        found, error = self.told(lambda: self.memory.memorize(**record))
        wanted = self.expected(lambda model: model.memorize(record, "", self.victim))
        assert ((found.action, found.memory.id) if found else None, error) == wanted

    @rule(records=st.lists(st.tuples(told_fields, st.none() | st.none() | choices), max_size=5))
    @precondition(lambda self: self.model.when_full != "evict")
    def bulk(self, records: list[tuple[dict[str, Any], int | None]]) -> None:
        """Line by line the same as telling them one by one."""
        lines = [told if choice is None else _replacing(told, self.name(choice)) for told, choice in records]
        done, error = self.told(lambda: self.memory.memorize_many(lines))
        assert not error
        actions, failed = [], {failure.line: failure.code for failure in done.failed}
        for line, (record, id) in enumerate(zip(lines, done.ids, strict=True), start=1):
            answer, code = self.expected(lambda model, r=record, i=id: model.memorize(r, i or "", self.victim))
            assert failed.get(line, "") == code and (answer is None or answer[1] == id), f"line {line}"
            actions += [answer[0]] if answer else []
        assert [done.created, done.unchanged, done.updated] == [
            actions.count(each) for each in ("created", "unchanged", "updated")
        ]

    @rule(
        choice=choices,
        space=spaces,
        changes=st.fixed_dictionaries(
            {}, optional={"content": texts, "importance": st.sampled_from([0.0, 1.0]), "new_key": keys}
        ),
    )
    def update(self, choice: int, space: str, changes: dict[str, Any]) -> None:
        name = self.name(choice)
        found, error = self.told(lambda: self.memory.update(name, namespace=space, **changes))
        wanted = self.expected(lambda model: model.update(name, space, changes))
        assert (found.memory.id if found else None, error) == wanted

    @rule(
        chosen=st.lists(choices, min_size=1, max_size=3),
        space=spaces,
        strength=st.sampled_from([0.0, 0.5, 1.0, 1.0]),
        purge=st.booleans(),
        dry=st.sampled_from([False, False, False, True]),
    )
    def erase(self, chosen: list[int], space: str, strength: float, purge: bool, dry: bool) -> None:
        names = [self.name(choice) for choice in chosen]
        done = {"strength": strength, "purge": purge, "namespace": space}
        found, error = self.told(lambda: self.memory.erase(names, dry_run=dry, **done))
        kept = self.model.copy()
        wanted = self.expected(lambda model: model.erase(names, space, strength, purge=purge))
        assert ([each.id for each in found.erased] if found else None, error) == wanted
        self.model = kept if dry else self.model

    @rule(choice=choices, space=spaces)
    def restore(self, choice: int, space: str) -> None:
        name = self.name(choice)
        found, error = self.told(lambda: self.memory.restore(name, space))
        wanted = self.expected(lambda model: model.restore(name, space, self.victim))
        assert (found.id if found else None, error) == wanted

    @rule(choice=choices)
    @precondition(lambda self: self.model.live())
    def recall(self, choice: int) -> None:
        """Each live memory is found by its own text, and nothing of another namespace or state."""
        live = self.model.live()
        sought = live[choice % len(live)]
        answer, error = self.told(
            lambda: self.memory.recall(
                sought.content, namespace=sought.namespace, all=True, top_k=1000, max_chars=10_000_000
            )
        )
        assert not error
        texts = {each.id: each.content for each in self.model.live(sought.namespace)}
        assert {each.id: each.content for each in answer.memories}.items() <= texts.items()
        found = {id for each in answer.memories for id in (each.id, *each.also)}
        assert found <= set(texts)
        assert sought.id in found, "not found by its own text"

    @rule(choice=choices)
    @precondition(lambda self: self.model.known)
    def history(self, choice: int) -> None:
        known = list(self.model.known.values())[choice % len(self.model.known)]
        answer, _ = self.told(lambda: self.memory.status(history=known.id, namespace=known.namespace))
        assert [each["content"] for each in answer["history"]] == known.older

    @rule()
    def reopen(self) -> None:
        self.memory.close()
        self.memory = open_home(self.home, self.config, clock=self.clock)

    @rule(record=told_fields, within=st.booleans())
    def crash(self, record: dict[str, Any], within: bool) -> None:
        """What a kill leaves is what was acknowledged; also a kill inside a transaction that has written already."""
        self.homes += 1
        target = self.folder / str(self.homes)
        with suppress(ZeroDivisionError), self.memory.store.transaction() if within else nullcontext():
            if within:
                self.told(lambda: self.memory.memorize(**record))
            copy_of(self.home, target)
            raise ZeroDivisionError
        assert kept_by(self.memory) == self.model.state(), "rolled back"
        abandon(self.memory)
        shutil.rmtree(self.home)
        self.home = target
        self.memory = open_home(self.home, self.config, clock=self.clock)

    @rule()
    def move_house(self) -> None:
        """An export read into a new home is the same memory."""
        answer, error = self.told(lambda: self.memory.export_text("json"))
        assert not error and answer["count"] == len(self.model.known)
        self.memory.close()
        self.homes += 1
        self.home = self.folder / str(self.homes)
        self.memory = open_home(self.home, self.config, clock=self.clock)
        done = self.memory.import_text(answer["text"])
        assert (done.created, done.failed) == (len(self.model.known), ())
        self.model.written = {}
        for each in self.model.known.values():
            self.model.written[each.namespace] = max(self.model.written.get(each.namespace, 0), each.position + 1)

    @rule(form=st.sampled_from(["jsonl", "markdown"]))
    def tell_elsewhere(self, form: str) -> None:
        """What is live, told to an empty memory, is what is live there: same texts, keys, sessions."""
        text = self.memory.export_text(form)["text"]
        self.homes += 1
        there, other = Model(), open_home(self.folder / str(self.homes), clock=Ticking())
        with other:
            done = other.import_text(text, form)
            assert not done.failed
            for number, each in enumerate(sorted(self.model.live(), key=self.order)):
                told = {name: getattr(each, name) for name in ("content", "namespace", "key", "session")}
                there.memorize(told, str(number), lambda candidates: candidates[0])
            assert sorted(map(spoken, other.store.memories()), key=str) == sorted(map(spoken, there.live()), key=str)

    def order(self, each: Known) -> tuple[int, int]:
        """In which exports are written."""
        code = self.memory.store._engine.ledger.known_code(each.namespace)
        return code or 0, each.position

    @invariant()
    def says_what_the_dictionary_says(self) -> None:
        assert kept_by(self.memory) == self.model.state()


def _replacing(told: dict[str, Any], name: str) -> dict[str, Any]:
    return {"content": told["content"], "namespace": told["namespace"], "replaces": name}


def spoken(memory: Known | Memory) -> tuple[str | None, ...]:
    """What a telling keeps."""
    return memory.namespace, memory.content, memory.key, memory.session


def run_states(operations: int, number: int) -> dict[str, Any]:
    """Draw and compare at least so many operations.

    Args:
        operations: verbs that are carried out.
        number: the seed of the first run of about a thousand; each further one has the next.

    Raises:
        AssertionError: memory and dictionary differ; Hypothesis prints the steps.
    """
    MemoryMachine.done, first = 0, number
    wanted = settings(
        max_examples=min(30, max(1, operations // STEPS)),
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    with without_waiting():
        while MemoryMachine.done < operations:
            machine = type("Machine", (MemoryMachine,), {})
            run_state_machine_as_test(seed(number)(machine), settings=wanted)
            number += 1
    return {"operations": MemoryMachine.done, "seeds": [first, number - 1], "differences": 0}
