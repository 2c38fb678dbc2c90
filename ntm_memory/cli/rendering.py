"""Answers for people, and blocks ready to be put into a prompt."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ntm_memory.operations.validation import RECALLED_TAG
from ntm_memory.privacy.trust import USUAL
from ntm_memory.text.printable import in_one_line

Answer = dict[str, Any]
CLOSING = "</recalled-memories>"
LEAST_TOLD = 0.2
MOST_LINES = 20
MOST_OF_SOURCE = 80
_NO_BRACKETS = str.maketrans("[]［］", "()()")
_SEEMS = {"revises": "may revise", "same": "may be the same as", "beside": "may hold beside", "unknown": "is much like"}


def context(answer: Answer) -> str:
    """A block for a prompt; memorize refuses text that holds its opening tag."""
    if "memory" in answer:
        return _reason(answer)  # something was stored: nothing for a prompt
    memories = answer["answer_memories" if "answer_memories" in answer else "memories"]
    if not memories:
        return f"{RECALLED_TAG}>\n(nothing recalled: {in_one_line(answer['reason'])})\n{CLOSING}"
    lines = [f"- [{_head(memory)}] {in_one_line(memory['content'])}" for memory in memories]
    return "\n".join([f"{RECALLED_TAG}>", *lines, CLOSING])


def _head(memory: Mapping[str, Any]) -> str:
    """Which memory it is, when it was told and by whom; a source cannot end the bracket that it stands in."""
    source = in_one_line(memory["source"] or "").translate(_NO_BRACKETS)[:MOST_OF_SOURCE]
    return ", ".join([memory["id"], _when(memory), memory["trust"], *([f"from {source}"] if source else [])])


def _memorize(answer: Answer) -> str:
    if "memory" not in answer:
        counts = ", ".join(f"{answer[name]} {name}" for name in ("created", "updated", "unchanged"))
        return "\n".join(
            [
                counts,
                *_concerned(answer),
                *_left_out_of_many(answer),
                *(f"line {bad['line']}: {bad['message']}" for bad in answer["failed"]),
            ]
        )
    memory = answer["memory"]
    told = f"{answer['action']} {memory['id']} at slot {memory['address']}: {memory['content'][:200]}"
    near = [f"  there is a key much like it: {in_one_line(key)}" for key in answer.get("similar_keys", ())]
    related = [f"  {_related(older)}" for older in answer["related"] if _matters(older)]
    return "\n".join([told, *_left_out(answer["secrets"]), *related, *near])


def _left_out(secrets: Sequence[Mapping[str, Any]]) -> list[str]:
    """The secrets that are not kept, by kind and place."""
    return [f"  left out: {each['kind']} in {each['field']} at character {each['at']}" for each in secrets]


def _left_out_of_many(answer: Answer) -> list[str]:
    lines = [f"{id}{line}" for id, secrets in answer["secrets"].items() for line in _left_out(secrets)]
    return [*lines[:MOST_LINES], *([f"and {len(lines) - MOST_LINES} more"] if len(lines) > MOST_LINES else [])]


def _concerned(answer: Answer) -> list[str]:
    """What the first of many new memories may concern."""
    concerned = [f"{id} {_related(older[0])}" for id, older in answer["related"].items() if _matters(older[0])]
    more = [f"and {len(concerned) - MOST_LINES} more like that"] if len(concerned) > MOST_LINES else []
    return [*concerned[:MOST_LINES], *more]


def _matters(older: Mapping[str, Any]) -> bool:
    """Whether a person is told of it; an agent's JSON has all."""
    return bool(older["chance"] >= LEAST_TOLD)


def _related(older: Mapping[str, Any]) -> str:
    return f"{_SEEMS[older['relation']]} {older['id']} ({older['chance']:.2f}): {in_one_line(older['content'])}"


def _recall(answer: Answer) -> str:
    lines = [f"warning: {line}" for line in answer.get("warnings", ())]
    if not answer["memories"]:
        return "\n".join([*lines, f"{answer['reason']} (confidence {answer['confidence']:.2f})"])
    for memory in answer["memories"]:
        later = f"  (perhaps revised by {memory['superseded_by']})" if memory["superseded_by"] else ""
        lines.append(
            f"{memory['weight']:6.1%}  {memory['id']}  {_when(memory)}{_unusual(memory)}"
            f"  {in_one_line(memory['content'])}{later}"
        )
        lines += _steps(memory.get("steps"))
    return "\n".join([*lines, f"confidence {answer['confidence']:.2f}, {answer['took_ms']:.0f} ms"])


def _steps(steps: Mapping[str, Any] | None) -> list[str]:
    """One line a read head: its weight after each step, and its part in the evidence."""
    names = ("content", "gated", "shifted", "sharpened")
    return [
        f"          head {number}: "
        + " → ".join(f"{name} {head[name]:.3f}" for name in names)
        + f"  × {head['share']:.2f}"
        for number, head in enumerate((steps or {}).get("heads", ()), start=1)
    ]


def _update(answer: Answer) -> str:
    memory, previous = answer["memory"], answer["previous"]
    now = f"{memory['id']} (version {memory['version']}): {memory['content'][:200]}"
    return "\n".join([now, f"  was: {previous['content'][:200]}", *_left_out(answer["secrets"])])


def _erase(answer: Answer) -> str:
    if "restored" in answer:
        verb = "would restore" if answer["dry_run"] else "restored"
        lines = [f"{verb} {memory['id']}{_sure(memory)}: {memory['content'][:200]}" for memory in answer["restored"]]
        return "\n".join(lines or ["nothing found to restore"])
    verb = ("would " if answer["dry_run"] else "") + ("retract" if answer["retracted"] else "erase")
    verb += "" if answer["dry_run"] else "ed" if answer["retracted"] else "d"
    lines = [f"{verb} {each['id']}{_sure(each)}: {_how(answer, each)}" for each in answer["erased"]]
    if answer["holding"]:
        lines.append(f"it still stands in longer memories: {', '.join(answer['holding'])}")
    lines += [f"{name}: {', '.join(answer[name])}" for name in ("backups_purged", "backups_holding") if answer[name]]
    return "\n".join(lines or ["nothing found to erase"])


def _sure(each: Mapping[str, Any]) -> str:
    """How likely it is that a question meant this one."""
    return "" if each["chance"] is None else f" (chance {each['chance']:.2f})"


def _how(answer: Answer, each: Mapping[str, Any]) -> str:
    if answer["version"] is not None:
        return f"version {answer['version']} for good  {each['content'][:200]}"
    if not answer["restorable"]:
        return f"for good  {each['content'][:200]}"
    return f"retention {each['retention_before']:g} → {each['retention_after']:g}  {each['content'][:200]}"


def _feedback(answer: Answer) -> str:
    return f"recorded a verdict on {answer['recorded']} memories, {answer['pending']} verdicts wait for tune.py"


def _tune(answer: Answer) -> str:
    if "reverted" in answer:
        return f"{'reverted' if answer['reverted'] else 'nothing to revert'}: the {answer['in_force']} parameters hold"
    before, after = answer["before"], answer["after"]
    counts = f"learned from {answer['examples']}, judged by {answer['held_out']}, skipped {answer['skipped']}"
    lines = [f"{answer['reason']}{' (dry run)' if answer['dry_run'] else ''}", counts]
    lines += [f"{name:12} {before[name]:.3f} → {after[name]:.3f}" for name in before]
    lines += [f"{each['name']}: {each['before']:.3f} → {each['after']:.3f}" for each in answer["changes"]]
    return "\n".join([*lines, *(f"line {bad['line']}: {bad['message']}" for bad in answer["failed"])])


def _reason(answer: Answer) -> str:
    """The path from the question to the last memory, then the ranking; or what a memory was linked with."""
    if "memory" in answer:
        ties = [
            f"  builds on {tie['id']} ({tie['kind']} {tie['weight']:.2f}): {tie['content']}" for tie in answer["links"]
        ]
        return "\n".join([_memorize(answer), *ties])
    if not answer["answer_memories"]:
        return f"{answer['reason']} (confidence {answer['confidence']:.2f})"
    lines = [answer["query"]]
    for depth, step in enumerate(answer["chain"]):
        by = f" {', '.join(step['by'])}" if step["by"] else ""
        lines.append(f"{'   ' * depth}└─ {step['why']}{by} → {step['id']}  {in_one_line(step['content'])}")
    lines += ["", *(_one_hop(number, hop) for number, hop in enumerate(answer["hops"], start=1)), ""]
    for memory in answer["answer_memories"]:
        about = f"{memory['weight']:6.1%}  {memory['id']}  {_when(memory)}{_unusual(memory)}"
        lines.append(f"{about}  {in_one_line(memory['content'])}")
    return "\n".join([*lines, f"confidence {answer['confidence']:.2f}, {answer['took_ms']:.0f} ms"])


def _one_hop(number: int, hop: Mapping[str, Any]) -> str:
    looked = ", ".join(f"{memory['id']} {memory['weight']:.1%}" for memory in hop["memories"])
    return f"hop {number}: {hop['query']}\n       looked at {looked or 'nothing more'}"


def _fields(answer: Answer) -> str:
    return "\n".join(f"{name}: {value}" for name, value in answer.items())


def _status(answer: Answer) -> str:
    if "audit" not in answer:
        return _fields(answer)
    lines = []
    for entry in answer["audit"]:
        detail = " ".join(f"{name}={value}" for name, value in entry["detail"].items())
        told = (entry["at"][:19], entry["who"], entry["verb"], entry["id"], entry["namespace"], detail)
        lines.append("  ".join(in_one_line(str(each)) for each in told if each))
    return "\n".join(lines or ["nothing was done yet"])


def _import(answer: Answer) -> str:
    if "restored" in answer:
        return _fields(answer)
    plain = {name: value for name, value in answer.items() if name not in ("related", "secrets")}
    return "\n".join([_fields(plain), *_concerned(answer), *_left_out_of_many(answer)])


def _export(answer: Answer) -> str:
    return str(answer["text"]) if "text" in answer else _fields(answer)


def _unusual(memory: Mapping[str, Any]) -> str:
    """Who told it, where that is not what is taken for granted."""
    return "" if memory["trust"] == USUAL else f"  {memory['trust']}"


def _when(memory: Mapping[str, Any]) -> str:
    return str(memory["occurred_at"] or memory["created_at"])[:10]


RENDERERS: dict[str, Callable[[Answer], str]] = {
    "memorize": _memorize,
    "recall": _recall,
    "update": _update,
    "erase": _erase,
    "status": _status,
    "export": _export,
    "import": _import,
    "reembed": _fields,
    "feedback": _feedback,
    "tune": _tune,
    "reason": _reason,
}
