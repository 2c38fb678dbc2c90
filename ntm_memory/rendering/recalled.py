"""What was found: a line a memory and one of what to know, or a block for a prompt; no memory can forge either."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ntm_memory.operations.requests import LEAST_SEEN
from ntm_memory.operations.validation import RECALLED_TAG
from ntm_memory.privacy.trust import USUAL
from ntm_memory.rendering.advice import BY_OPTIONS, Advice
from ntm_memory.rendering.lines import Answer, count, day, line, marks, name, share, sureness, text

CLOSING = "</recalled-memories>"
MOST_OF_SOURCE = 80
_WANTS = {"time_alone": "a time alone", "past": "what was before", "all": "all there is"}
_WANTED = 0.05
"""The least chance of such a wish that is told."""
SURE = 0.5
"""Whoever is less sure says so."""
_NO_BRACKETS = str.maketrans("[]［］", "()()")


def recall(answer: Answer, advice: Advice = BY_OPTIONS) -> str:
    """What a question found."""
    lines = _heard(answer.get("explanation") or {})
    for memory in answer["memories"]:
        lines += [line(memory), *_steps(memory.get("steps"))]
    return _with_last(answer, lines, answer["memories"], advice)


def reason(answer: Answer, advice: Advice = BY_OPTIONS) -> str:
    """What several reads in a row found, best first, and the path from the question to the last memory."""
    memories, others = _attended(answer)
    listed = {memory["id"] for memory in memories}
    lines = [line(memory) for memory in memories]
    lines += [f"{step['id']}  {text(step['content'])}" for step in answer["chain"] if step["id"] not in listed]
    if answer["chain"]:
        lines.append(f"path: {' '.join(_step(step, first=i == 0) for i, step in enumerate(answer['chain']))}")
    lines += [told for number, hop in enumerate(answer["hops"], start=1) for told in _hop(number, hop)]
    return _with_last({**answer, "more": others}, lines, memories, advice)


def page(answer: Answer, advice: Advice = BY_OPTIONS) -> str:
    """The memories of a list, which of how many they are, and how to go on."""
    memories, total, where = answer["memories"], answer["total"], text(answer["namespace"])
    if not total:
        stored = count(answer["stored"], "memory")
        there = f"; there are {', '.join(map(text, others))}" if (others := answer.get("namespaces")) else ""
        return f"none of {stored} in {where} is asked for" if answer["stored"] else f"{stored} in {where}{there}"
    places = f"{answer['first']:,}-{answer['last']:,}" if answer["first"] > 1 or answer["more"] else f"{total:,}"
    told = [f"{places if memories else 'none'} of {total:,} shown in {where}"]
    if answer.get("next"):
        told.append(f"more: {answer['more']:,} further, go on with {advice.onward} {answer['next']}")
    return "\n".join([*map(line, memories), ", ".join([*told, *_cut(memories, advice)])])


def context(answer: Answer) -> str:
    """A block for a prompt; memorize refuses text that holds its opening tag."""
    memories = _attended(answer)[0] if "answer_memories" in answer else answer["memories"]
    lines = [item(memory) for memory in memories]
    if not memories:
        lines = [f"(nothing recalled: {text(answer['reason'])})"]
    damaged = sum(warning.startswith("memory ") for warning in answer.get("warnings", ()))
    if damaged:  # what is told of them may hold what stands in a damaged row
        are = "is" if damaged == 1 else "are"
        lines.append(f"({count(damaged, 'damaged memory')} {are} left out: status --check)")
    sure = f' confidence="{share(answer["confidence"])}"' if "confidence" in answer else ""
    return "\n".join([f"{RECALLED_TAG}{sure}>", *lines, CLOSING])


def item(memory: Answer) -> str:
    """One memory as a line of the block: no text of it is more than that."""
    return f"- [{_told(memory)}] {text(memory['content'])}"


def _attended(answer: Answer) -> tuple[Sequence[Answer], int]:
    """The memories of a chain's ranking that drew attention worth a word, and how many others there are."""
    memories = answer["answer_memories"]
    shown = [memory for memory in memories if memory["weight"] >= LEAST_SEEN] or memories[:1]
    return shown, len(memories) - len(shown)


def _with_last(answer: Answer, lines: Sequence[str], memories: Sequence[Answer], advice: Advice) -> str:
    """The lines, after them what is damaged, and last how sure it is and what else there is."""
    warned = [f"warning: {text(warning)}" for warning in answer.get("warnings", ())]
    sure = share(answer["confidence"])
    if not memories:
        return "\n".join([*lines, *warned, f"{text(answer['reason'])} (confidence {sure})"])
    told = [f"confidence {sure}"]
    if answer["confidence"] < SURE:
        told.append("not sure")
    if answer.get("naming"):
        told.append(_naming(answer["naming"], advice))
    elif answer.get("further"):
        told.append(f"more: {answer['further']} further")
    elif answer.get("more"):
        told.append(f"{answer['more']} more")
    return "\n".join([*lines, *warned, ", ".join([*told, *_cut(memories, advice)])])


def _naming(naming: Answer, advice: Advice) -> str:
    """How many memories have the name that is asked about, and where all of them are."""
    shown, total, told = naming["shown"], naming["total"], name(naming["name"])
    return (
        f"all {total} that name {told}"
        if shown >= total
        else (f"shown {shown} of {total} that name {told} (all: {advice.about} {told})")
    )


def _cut(memories: Sequence[Answer], advice: Advice) -> list[str]:
    """How to see whole what was cut, where something was."""
    return [f"cut ones whole: {advice.whole}"] if any(memory.get("truncated") for memory in memories) else []


def _told(memory: Answer) -> str:
    """All that is known of a memory; no name can end the bracket that it stands in, or read like one of ours."""
    parts = [memory["id"], day(memory), memory.get("trust", USUAL)]
    if memory.get("key"):
        parts.append(f"key {name(memory['key'])}")
    if memory.get("source"):
        parts.append(f"from {name(memory['source'][:MOST_OF_SOURCE])}")
    known = "chance" if memory.get("chance") is not None else "weight"
    parts += [f"{known} {sure}" for sure in sureness(memory)]
    return ", ".join([*parts, *marks(memory)]).translate(_NO_BRACKETS)


def _heard(heard: Mapping[str, Any]) -> list[str]:
    """What a question was heard to ask for beside its content, a line each; what it does not ask for says nothing."""
    lines = [f"shift {step}: told, or from the focus before" for step in heard.get("shift", ())]
    if "place" in heard:
        place = heard["place"]
        steps = ", ".join(f"{step} {share(chance)}" for step, chance in place["shift"].items())
        lines.append(f"asks by place {share(place['chance'])}: shift {steps} from “{text(place['anchor'])}”")
    for each in heard.get("times", ()):
        ends = f"from {each.get('from', 'ever')} until {each.get('until', 'ever')}"
        lines.append(f"tells a time: “{text(each['said'])}”, {each['direction']}, {ends}")
    for wish, says in _WANTS.items():
        if heard.get(wish, 0) >= _WANTED:
            lines.append(f"asks for {says} {share(heard[wish])}")
    return lines


def _steps(steps: Mapping[str, Any] | None) -> list[str]:
    """What was done to a memory, a line each: how it fits a time, what was moved to it, what each read head gave it."""
    told = steps or {}
    lines = []
    if "time" in told:
        of = " and ".join(way for way in ("happened", "told") if told["time"][way]) or "of another time"
        lines.append(f"    time: {of}  × {told['time']['share']:.2f}")
    if "in_order" in told:
        lines.append(f"    in order of time {told['in_order']:.3f}  × gate {told['gate']:.2f}")
    for each in told.get("moved", ()):
        gate = f"  × gate {told['gate']:.2f}" if "gate" in told else ""
        lines.append(f"    moved: {each['from']} {each['focus']:.3f} → shift {each['step']:+d} {each['by']:.3f}{gate}")
    names = ("content", "gated", "shifted", "sharpened")
    return lines + [
        f"    head {number}: " + " → ".join(f"{each} {head[each]:.3f}" for each in names) + f"  × {head['share']:.2f}"
        for number, head in enumerate(told.get("heads", ()), start=1)
    ]


def _step(step: Answer, *, first: bool) -> str:
    """A memory of a path, and what joins it to the one before: a question asked for the first."""
    if first:
        return str(step["id"])
    by = f" {', '.join(map(text, step['by']))}" if step.get("by") else ""
    return f"→ {step['why']}{by} → {step['id']}"


def _hop(number: int, hop: Answer) -> list[str]:
    """What one read asked with and looked at; told where each memory's features are."""
    if not any(memory.get("features") for memory in hop["memories"]):
        return []
    looked = [f"{each['id']} {each['weight']:.0%}" for each in hop["memories"] if each["weight"] >= LEAST_SEEN]
    return [f"hop {number}: {text(hop['query'])}", f"    looked at {', '.join(looked) or 'nothing more'}"]
