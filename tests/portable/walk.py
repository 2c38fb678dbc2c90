"""A deletion in thirteen steps: one walk that any memory can be taken on, and what it saw at each step."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

STEPS = (
    "told",
    "settled",
    "recalled",
    "injected into a prompt",
    "forgotten",
    "the source fed again",
    "the next prompt",
    "every background job",
    "derived files",
    "the audit",
    "a second scope",
    "old export and backup brought back",
    "restart and upgrade",
)
TOKEN, KEY = "zq81f3k7", "zebra-place"
VALUE = f"The zebra {TOKEN} sleeps in the shed"
SIBLING = "The yak ph52m9d4 sleeps in the barn"
SIBLING_TOKEN = "ph52m9d4"
NEW = "The gnu rw64t8c2 sleeps in the yard"
QUESTION = "Where do the animals of the farm sleep?"


class Subject(Protocol):
    """What is taken on the walk. What reads returns all that it prints, as text."""

    def tell(self, key: str, text: str) -> bool:
        """Store; whether that was acknowledged."""
        ...

    def look_up(self, key: str) -> str:
        """What is under a key; empty: nothing."""
        ...

    def recall(self, question: str) -> str:
        """The answer to a question."""
        ...

    def prompt(self, question: str) -> str:
        """The block for a prompt."""
        ...

    def share(self) -> None:
        """Give all of it to a second scope."""
        ...

    def recall_shared(self, question: str) -> str:
        """The second scope's answer."""
        ...

    def back_up(self) -> None:
        """Export, and make a backup."""
        ...

    def forget(self, key: str) -> None:
        """Delete for good, and let it not come back."""
        ...

    def feed(self, texts: Iterable[str]) -> None:
        """Capture a source once more; what is refused is left out."""
        ...

    def background(self) -> None:
        """Run every job there is."""
        ...

    def traces(self) -> list[str]:
        """Which files and forms hold anything of the value."""
        ...

    def audit(self) -> str:
        """What the audit tells of the forgotten memory."""
        ...

    def bring_back(self) -> None:
        """Import the old export and put the old backup back, as far as that is allowed."""
        ...

    def restart(self) -> None:
        """A new process, after an upgrade where there is one."""
        ...


class Seen(NamedTuple):
    """One step of the walk.

    Args:
        number: 1 to 13.
        probe: what was looked at.
        passed: whether it was as it must be.
    """

    number: int
    probe: str
    passed: bool


def walk(subject: Subject) -> list[Seen]:
    """Take a memory through all thirteen steps; a step that fails stops none of the others.

    Where something must be absent its sibling must be present in the same answer, else an empty memory would pass.
    """
    seen: list[Seen] = []

    def see(probe: str, passed: bool) -> None:
        seen.append(Seen(len(seen) + 1, probe, passed))

    see("both tellings are acknowledged", all([subject.tell(KEY, VALUE), subject.tell("yak-place", SIBLING)]))
    subject.background()
    see("looked up by key after every job", TOKEN in subject.look_up(KEY))
    see("recall prints it", TOKEN in subject.recall(QUESTION))
    see("the block has it", TOKEN in subject.prompt(QUESTION))
    subject.share()
    subject.back_up()
    shared, traces = TOKEN in subject.recall_shared(QUESTION), subject.traces()

    subject.forget(KEY)
    see("recall and look-up, right after", _gone(subject.recall(QUESTION)) and TOKEN not in subject.look_up(KEY))
    subject.feed([VALUE, SIBLING, NEW, VALUE.upper()])
    answer = subject.recall(QUESTION)
    see("recall; the rest of the source is there", _gone(answer) and NEW.split()[2] in answer)
    see("the block", _gone(subject.prompt(QUESTION)))
    subject.background()
    see("recall", _gone(subject.recall(QUESTION)))
    left = subject.traces()
    see(f"bytes of every file; {len(traces)} held it before, {len(left)} do now", bool(traces) and not left)
    told = subject.audit()
    see("names the deletion, not the value", "purged" in told and TOKEN not in told.casefold())
    see("its recall; it had it before", shared and _gone(subject.recall_shared(QUESTION)))
    subject.bring_back()
    see("recall", _gone(subject.recall(QUESTION)))
    subject.restart()
    read = (subject.recall(QUESTION), subject.prompt(QUESTION))
    see("recall, block and look-up", all(map(_gone, read)) and TOKEN not in subject.look_up(KEY))
    return seen


def table(seen: Sequence[Seen]) -> str:
    """What was seen, as a Markdown table."""
    rows = [f"| {step.number} | {STEPS[step.number - 1]} | {step.probe} | {_word(step.passed)} |" for step in seen]
    return "\n".join(["| step | after | probe | result |", "|---|---|---|---|", *rows])


def failed(seen: Sequence[Seen]) -> set[int]:
    """The numbers of the steps that were not as they must be."""
    return {step.number for step in seen if not step.passed}


def _gone(answer: str) -> bool:
    return TOKEN not in answer.casefold() and SIBLING_TOKEN in answer


def _word(passed: bool) -> str:
    return "pass" if passed else "**fail**"
