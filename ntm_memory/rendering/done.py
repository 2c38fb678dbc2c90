"""What was done to memories: told, changed, erased, judged, learned from."""

from __future__ import annotations

from collections.abc import Sequence

from ntm_memory.rendering.advice import BY_OPTIONS, Advice
from ntm_memory.rendering.lines import Answer, beginning, count, head, name, share, text

LEAST_TOLD = 0.2
"""The chance from which a person or agent is told of an older memory; JSON has all."""
MOST_LINES = 20
MOST_FAILED = 100
_WHERE = (
    *(f"{where}_{done}" for where in ("backups", "damaged", "mirrors") for done in ("purged", "holding")),
    "files_holding",
)
_SEEMS = {"revises": "may revise", "same": "may be the same as", "beside": "may hold beside", "unknown": "is much like"}


def memorize(answer: Answer, advice: Advice = BY_OPTIONS) -> str:
    """One memory, or many, or one that was linked."""
    if "memory" not in answer:
        counts = ", ".join(f"{answer[name]:,} {name}" for name in ("created", "updated", "unchanged"))
        known = [id for id in answer.get("ids", ()) if id]
        if 0 < len(known) <= MOST_LINES:
            counts += f": {' '.join(known)}"
        return "\n".join([counts, *concerned(answer, advice), *secrets_of_many(answer), *failed(answer)])
    memory = answer["memory"]
    told = f"{answer['action']} {head({**memory, 'weight': None})}"
    if memory.get("version", 1) > 1:
        told += f" version {memory['version']}"
    if answer["action"] == "unchanged":
        told += "  known already"
    elif answer["secrets"]:
        told += f"  {beginning(memory['content'])}"
    related = [f"  {_related(older)}" for older in answer["related"] if _matters(older)]
    near = [f"  there is a key much like it: {name(key)}" for key in answer.get("similar_keys", ())]
    ties = [
        f"  builds on {tie['id']} ({tie['kind']} {share(tie['weight'])}): {beginning(tie['content'])}"
        for tie in answer.get("links", ())
    ]
    say = [f"  say it again with {advice.decide} if that is so"] if related else []
    gone = answer.get("taken_back")
    taken = (
        [f"  the copy {gone} of it, told before, is erased; to undo that: erase {gone} with {advice.undo}"]
        if gone
        else []
    )
    secrets = _secrets(answer["secrets"], answer["maybe_secret"])
    return "\n".join([told, *taken, *secrets, *related, *say, *near, *ties])


def update(answer: Answer) -> str:
    """A memory, and what it said before."""
    memory, previous = answer["memory"], answer["previous"]
    lines = [f"updated {head({**memory, 'weight': None})} version {memory.get('version', 1)}"]
    if memory["content"] != previous["content"]:
        lines += [f"  now: {beginning(memory['content'])}", f"  was: {beginning(previous['content'])}"]
    return "\n".join([*lines, *_secrets(answer["secrets"], answer["maybe_secret"])])


def erase(answer: Answer, advice: Advice = BY_OPTIONS) -> str:
    """What was erased, weakened, retracted or brought back."""
    if "restored" in answer:
        verb = "would restore" if answer["dry_run"] else "restored"
        lines = [f"{verb} {each['id']}{_sure(each)}: {beginning(each['content'])}" for each in answer["restored"]]
        return "\n".join(lines or ["nothing found to restore"])
    lines = [f"{_verb(answer, each)} {each['id']}{_sure(each)}: {_how(answer, each)}" for each in answer["erased"]]
    if answer["holding"]:
        lines.append(f"it still stands in longer memories: {', '.join(answer['holding'])}")
    lines += [f"{where.replace('_', ' ')}: {', '.join(answer[where])}" for where in _WHERE if answer.get(where)]
    if lines and answer["restorable"] and not answer["dry_run"]:
        lines.append(f"to undo it: the same ids with {advice.undo}")
    return "\n".join(lines or ["nothing found to erase"])


def feedback(answer: Answer) -> str:
    """How many verdicts there are."""
    judged = f"recorded a verdict on {count(answer['recorded'], 'memory')}"
    return f"{judged}; {count(answer['pending'], 'verdict')} to tune from"


def tune(answer: Answer) -> str:
    """Whether other parameters hold now, and why."""
    if "reverted" in answer:
        return f"{'reverted' if answer['reverted'] else 'nothing to revert'}: the {answer['in_force']} parameters hold"
    before, after = answer["before"], answer["after"]
    counts = f"learned from {answer['examples']}, judged by {answer['held_out']}, skipped {answer['skipped']}"
    lines = [f"{text(answer['reason'])}{' (dry run)' if answer['dry_run'] else ''}", counts]
    lines += [f"{each:12} {before[each]:.3f} → {after[each]:.3f}" for each in before if each in after]
    lines += [f"{each['name']}: {each['before']:.3f} → {each['after']:.3f}" for each in answer["changes"]]
    return "\n".join([*lines, *failed(answer)])


def concerned(answer: Answer, advice: Advice = BY_OPTIONS) -> list[str]:
    """What the first of many new memories may concern."""
    told = [f"{id} {_related(older[0])}" for id, older in answer["related"].items() if _matters(older[0])]
    more = [f"and {len(told) - MOST_LINES} more like that"] if len(told) > MOST_LINES else []
    say = [f"  say it again with {advice.decide} if that is so"] if told else []
    return [*told[:MOST_LINES], *more, *say]


def secrets_of_many(answer: Answer) -> list[str]:
    """The secrets that are not kept of the first of many, and what may be one of those that were kept."""
    lines = [f"{id}{line}" for id, secrets in answer["secrets"].items() for line in _secrets(secrets, ())]
    maybe = [f"{id}{line}" for id, kept in answer["maybe_secret"].items() for line in _secrets((), kept)]
    return [*shortened(lines), *shortened(maybe)]


def shortened(lines: Sequence[str]) -> list[str]:
    """The first of many lines, and how many more there are."""
    return [*lines[:MOST_LINES], *([f"and {len(lines) - MOST_LINES:,} more"] if len(lines) > MOST_LINES else [])]


def failed(answer: Answer) -> list[str]:
    """What could not be done, by where it stands, and what to do about it."""
    told = [(text(bad["at"]) if bad.get("at") else f"line {bad['line']}", bad) for bad in answer["failed"]]
    lines = [f"{where} {bad['code']}: {text(bad['message'])}" for where, bad in told]
    more = [f"and {len(lines) - MOST_FAILED:,} more failed"] if len(lines) > MOST_FAILED else []
    return [*lines[:MOST_FAILED], *more, *(f"hint: {text(hint)}" for hint in answer.get("hints", ()))]


def _secrets(left_out: Sequence[Answer], kept: Sequence[Answer]) -> list[str]:
    """What was left out as a secret, and what may be one and was kept."""
    return [
        *(f"  left out: {each['kind']} in {each['field']} at character {each['at']}" for each in left_out),
        *(
            f"  kept, may be a secret: {each['kind']} in {each['field']} at character {each['at']}"
            f" (chance {share(each['chance'])})"
            for each in kept
        ),
    ]


def _matters(older: Answer) -> bool:
    return bool(older["chance"] >= LEAST_TOLD)


def _related(older: Answer) -> str:
    return f"{_SEEMS[older['relation']]} {older['id']} ({share(older['chance'])}): {beginning(older['content'])}"


def _sure(each: Answer) -> str:
    """How likely it is that a question meant this one."""
    return "" if each.get("chance") is None else f" (chance {share(each['chance'])})"


def _verb(answer: Answer, each: Answer) -> str:
    verb, done = ("retract", "retracted") if answer["retracted"] else ("erase", "erased")
    if answer["restorable"] and not answer["retracted"] and each["retention_after"] > 0:
        verb, done = ("leave", "left") if _is_same(each) else ("weaken", "weakened")
    return f"would {verb}" if answer["dry_run"] else done


def _how(answer: Answer, each: Answer) -> str:
    """What is left of it, then its text."""
    told = beginning(each["content"])
    if answer.get("version") is not None:
        return f"version {answer['version']} for good  {told}"
    if not answer["restorable"]:
        return f"for good  {told}"
    after = each["retention_after"]
    if after > 0 and _is_same(each):
        return f"at {_percent(after)}: the strength is too small to change anything  {told}"
    return f"from {_percent(each['retention_before'])} to {_percent(after)}  {told}" if after > 0 else told


def _is_same(each: Answer) -> bool:
    return bool(each["retention_after"] == each["retention_before"])


def _percent(share: float) -> str:
    """A retention with as many digits as it has: a little less than all is not 100 %."""
    return f"{100 * share:.6g}%"
