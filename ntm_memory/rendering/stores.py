"""What is told of whole stores: status, history, audit, secrets, export, import, another embedder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ntm_memory.rendering.done import concerned, failed, secrets_of_many, shortened
from ntm_memory.rendering.lines import Answer, beginning, count, line, name, share, text
from ntm_memory.times.zones import local_day

_MOST_PLACES = 5
_SECOND = len("2026-05-08T13:56:00")


def status(answer: Answer) -> str:
    """How a store is, or what one of the options asks for."""
    if "audit" in answer:
        return "\n".join(map(_entry, answer["audit"])) or "nothing was done yet"
    if "history" in answer:
        return _history(answer)
    if "secrets" in answer:
        return _secrets(answer)
    if isinstance(answer.get("namespaces"), list):
        return "\n".join(map(_space, answer["namespaces"])) or "there are none yet"
    return "\n".join(_survey(answer)) if "memories" in answer else fields(answer)


def export(answer: Answer) -> str:
    """The text itself, or where it is."""
    if "text" in answer:
        return str(answer["text"]).removesuffix("\n")
    if "path" not in answer or "left_out" in answer:
        return fields(answer)
    lines = [f"exported {count(answer['count'], 'memory')} as {answer['form']} to {answer['path']}"]
    return "\n".join([*lines, *_warnings(answer)])


def import_(answer: Answer) -> str:
    """How many came in, and which did not; or which backup was put back."""
    if "created" not in answer:
        return fields(answer)
    counts = ", ".join(f"{answer[each]:,} {each}" for each in ("created", "updated", "unchanged") if each in answer)
    known = (
        "created",
        "updated",
        "unchanged",
        "failed",
        "hints",
        "related",
        "secrets",
        "maybe_secret",
        "dry_run",
        "tombstones",
        "files",
        "as_before",
        "gone",
        "omitted",
    )
    rest = {each: value for each, value in answer.items() if each not in known}
    if answer.get("tombstones"):
        rest["retracted texts that are new here"] = answer["tombstones"]
    lines = [f"{'would be ' if answer.get('dry_run') else ''}{counts}", *([fields(rest)] if rest else [])]
    if "files" in answer:
        lines.append(f"{answer['files']} files read, {answer['as_before']} as before")
    more = [*concerned(answer), *secrets_of_many(answer), *failed(answer), *_omitted(answer), *_gone(answer)]
    return "\n".join([*lines, *more])


def _omitted(answer: Answer) -> list[str]:
    """What of a file became no memory, and where it stands."""
    return [
        f"omitted: {each['count']} × {text(each['what'])}: {', '.join(map(text, each['at'][:_MOST_PLACES]))}"
        + (" …" if each["count"] > _MOST_PLACES else "")
        for each in answer.get("omitted", ())
    ]


def _gone(answer: Answer) -> list[str]:
    """Memories whose line a host's file does not say any more."""
    return [
        f"gone from {text(each['source'])}: {each['id']}  {text(each['content'])}" for each in answer.get("gone", ())
    ]


def reembed(answer: Answer) -> str:
    """From which embedder to which."""
    verb = "would write" if answer["dry_run"] else "wrote"
    of = f"{_embedder(answer.get('before'))} → {_embedder(answer['after'])}"
    return f"{verb} the keys of {count(answer['count'], 'memory')} anew: {of}"


def sync(answer: Answer) -> str:
    """What was exchanged, and what two machines told of one memory."""
    would = "would send" if answer["dry_run"] else "sent"
    take = "would take in" if answer["dry_run"] else "took in"
    gone = f", {count(answer['purged'], 'memory')} purged" if answer["purged"] else ""
    forgot = "would take over and remove" if answer["dry_run"] else "took over and removed"
    lines = [f"{would} {count(answer['sent'], 'change')}, {take} {count(answer['taken'], 'change')}{gone}"]
    for each in answer["conflicts"]:
        about = f" ({name(each['key'])})" if each.get("key") else ""
        lines.append(f"conflict: {each['id']}{about} says: {beginning(each['now'])}")
        lines += [
            f"  another machine told (version {old['version']}): {beginning(old['content'])}" for old in each["others"]
        ]
    if answer["conflicts"]:
        lines.append("  if what it says is right: sync.py --settle ID; else: update.py ID --content TEXT")
    lines += [f"{forgot} {text(each)}" for each in answer["forgotten"]]
    lines += [f"not read: {text(each)}" for each in answer["unread"]]
    more = answer["unread_count"] - len(answer["unread"])
    lines += [f"not read: {more:,} more"] if more > 0 else []
    return "\n".join([*lines, *_warnings(answer)])


def fields(answer: Answer) -> str:
    """One line a field."""
    return "\n".join(f"{_named(each)}: {_value(value)}" for each, value in answer.items())


def _run(run: Answer) -> str:
    """What a hook did and cost."""
    failed = f", failed: {text(run['failed'])}" if run.get("failed") else ""
    decided = f"{text(run['decided'])}, " if run.get("decided") else ""
    off = f", off: {text(run['not_understood'])} is not understood" if run.get("not_understood") else ""
    cost = f"{decided}{run['ms']:.0f} ms, {run['cpu_ms']:.0f} ms of CPU, {run['characters']:,} characters"
    return f"hook: {text(run['at'])[:_SECOND]} {text(run['event'])}: {cost}{failed}{off}"


def _survey(answer: Answer) -> Iterator[str]:
    counts = answer["memories"]
    live = count(counts["live"], "memory")
    gone = [f"{counts[state]:,} {state}" for state in ("archived", "erased") if counts.get(state)]
    spaces = [f"{text(space)} {held:,}" for space, held in answer["namespaces"].items()]
    yield "; ".join([live, *gone]) + (f" (by namespace: {', '.join(spaces)})" if len(spaces) > 1 else "")
    store = answer.get("store", {})
    size = f", {store['bytes'] / 1e6:.1f} MB" if "bytes" in store else ""
    yield f"home: {text(answer['home'])}{size}"
    if store.get("journal_mode") == "server":
        yield f"server: {text(store['engine'])}, {text(store['path'])}"
    yield f"embedder: {_embedder(answer.get('embedder'))}"
    shown = ("integrity", "files", "repaired", "encryption")
    yield from (f"{each}: {_value(answer[each])}" for each in shown if each in answer)
    backups = answer.get("backups", [])
    yield f"backups: {len(backups)}" + (f", newest {text(max(backups))}" if backups else "")
    yield from map(_run, answer.get("hooks", []))
    if answer.get("waiting"):
        yield f"waiting: {answer['waiting']:,} that a session told to keep; the next command tries to write them"
    if "sync" in answer:
        yield _synced(answer["sync"])
    known = {
        "memories",
        "namespaces",
        "hooks",
        "sync",
        "store",
        "home",
        "embedder",
        "backups",
        "warnings",
        "usage",
        *shown,
    }
    known |= {"memory_size", "when_full", "sound", "waiting", "sync"}
    yield from (f"{_named(each)}: {_value(value)}" for each, value in answer.items() if each not in known)
    yield from _warnings(answer)


def _synced(told: Answer) -> str:
    """When it last synced, and what is left to be decided."""
    if told.get("wrong"):
        return f"sync: {text(told['wrong'])}"
    last = f"last {text(told['last'])[:_SECOND]}" if told.get("last") else "not yet"
    logs = f", {count(told['devices'], 'device')} in {text(told['folder'])}" if "devices" in told else ""
    due = f", {told['due']:,} to be written here" if told.get("due") else ""
    rivals = f", {count(told['conflicts'], 'conflict')}: sync.py names them" if told.get("conflicts") else ""
    held = f", what was purged is still in the log of {', '.join(told['holding'])}" if told.get("holding") else ""
    return f"sync: {last}{logs}{due}{rivals}{held}"


def _space(space: Answer) -> str:
    return f"{name(space['namespace'])}  {count(space['memories'], 'memory')}, last {local_day(space['last'])}"


def _warnings(answer: Answer) -> list[str]:
    return [f"warning: {text(each)}" for each in answer.get("warnings", ())]


def _history(answer: Answer) -> str:
    """A memory as it is, then what it said before, the newest first."""
    memory = answer["memory"]
    state = "" if memory["state"] == "live" else f"{memory['state']} "
    lines = [f"{state}{line(memory)}"]
    for old in reversed(answer["history"]):
        since, until = (local_day(old[each]) for each in ("since", "until"))
        lines.append(f"  version {old['version']}, {since} until {until}: {beginning(old['content'])}")
    return "\n".join(lines)


def _secrets(answer: Answer) -> str:
    lines = [_place(each) for each in answer["secrets"]]
    if lines:
        lines.append(
            "they are left out of texts now" if answer["redacted"] else "to leave them out: --secrets --redact"
        )
    if any(each["field"] != "content" for each in answer["secrets"]):
        lines.append("names stay: give others (update.py ID --new-key, --tag), or erase.py ID --purge")
    if answer["backups_holding"]:
        lines.append(f"these backups hold them: {', '.join(map(text, answer['backups_holding']))}")
    maybe = [f"{_place(each)} (chance {share(each['chance'])})" for each in answer["maybe_secret"]]
    kept = ["these may be secrets and stay:", *shortened(maybe)] if maybe else []
    return "\n".join([*(lines or ["no secrets found"]), *kept])


def _place(secret: Answer) -> str:
    """Where a secret stands, or may stand."""
    where = f"{secret['kind']} in {secret['field']} at character {secret['at']}"
    return f"{secret['id']} version {secret['version']}: {where}"


def _entry(entry: Mapping[str, Any]) -> str:
    detail = " ".join(f"{name}={value}" for name, value in entry["detail"].items())
    told = (entry["at"][:_SECOND], entry.get("who"), entry["verb"], entry.get("id"), entry.get("namespace"), detail)
    return "  ".join(text(each) for each in told if each)


def _embedder(identity: Mapping[str, Any] | None) -> str:
    return f"{text(identity['name'])} ({identity['dim']})" if identity else "none yet"


def _named(field: str) -> str:
    """A field's name in words."""
    return text(field).replace("_", " ")


def _value(value: Any) -> str:
    """A plain value in one line, as a person would say it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{text(name)} {_value(each)}" for name, each in value.items()) or "none"
    if isinstance(value, (list, tuple)):
        return "; ".join(map(_value, value)) or "none"
    return text(value)
