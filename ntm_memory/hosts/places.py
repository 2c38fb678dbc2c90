"""Requests of a client that stands in a project: what names no namespace is looked for in all that hold there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ntm_memory.errors import ConfigError, NotFoundError
from ntm_memory.hosts.projects import USUAL, Project, project_here
from ntm_memory.hosts.telling import PROJECT_DIR, Ask
from ntm_memory.text.folding import word_for_word

Request = Mapping[str, Any]
Answer = dict[str, Any]
_ROOT = "CLAUDE_PLUGIN_ROOT"
_TOP_K = 6


def project_of_client(environment: Mapping[str, str], home: str | Path | None = None) -> Project | None:
    """The project that a host started this process for as part of a plugin; None: for none.

    Args:
        environment: of the process.
        home: the data folder.
    """
    folder = environment.get(PROJECT_DIR)
    return project_here(folder, home) if folder and environment.get(_ROOT) else None


def project_in_use(folder: str, ask: Ask, home: str | Path | None = None) -> Project | None:
    """The project that a folder belongs to, where hooks or tools have kept anything for it or for the user."""
    try:
        project = project_here(folder, home)
    except ConfigError:  # whoever carries the request out says so
        return None
    kept = (name for name in project.namespaces if name != USUAL)
    has_any = any(ask({"command": "list", "namespace": name, "limit": 1})["memories"] for name in kept)
    return project if has_any else None


def ask_within(project: Project, request: Request, ask: Ask) -> Answer:
    """Carry out a request that names no namespace.

    What is told goes to the project; a question is put to all namespaces that hold there; what is named by an id or a
    key is taken where it is.

    Args:
        project: where the client stands.
        request: `command` and its arguments.
        ask: carries out a request with a namespace.

    Raises:
        NTMMemoryError: what went wrong; of several namespaces, in the project's own.
    """
    command = request.get("command")
    if command == "recall" and "anchor" not in request:
        return _best_of(request, list(_answers(project, request, ask)))
    if command == "reason" and "content" not in request:
        return max(_answers(project, request, ask), key=_sureness)
    if command not in ("memorize", "reason") and _names_one(request):
        return _where_it_is(project, request, ask)
    return dict(ask({**request, "namespace": project.namespace}))


def _answers(project: Project, request: Request, ask: Ask) -> Iterator[Answer]:
    for namespace in project.namespaces:
        yield dict(ask({**request, "namespace": namespace}))


def _sureness(answer: Answer) -> float:
    return float(answer.get("confidence") or 0.0)


def _best_of(request: Request, answers: list[Answer]) -> Answer:
    """One answer of several: its memories by their chance, each namespace's own order kept where there is none.

    What two namespaces say in the same words is told once.
    """
    best = max(answers, key=_sureness)
    found = [memory for answer in answers for memory in answer["memories"]]
    if all(memory.get("chance") is not None for memory in found):
        found.sort(key=lambda memory: -memory["chance"])
    elif found:
        others = [memory for memory in found if memory not in best["memories"]]
        found = [*best["memories"], *others]
    once: dict[str, Answer] = {}
    for memory in found:
        same = once.setdefault(word_for_word(memory["content"]), memory)
        if same is not memory:
            also = [*same["also"], memory["id"], *memory["also"]]
            last = max(each["last_told"] or each["occurred_at"] or each["updated_at"] for each in (same, memory))
            same |= {"told": same["told"] + memory["told"], "last_told": last, "also": also}
    most = request.get("top_k") or _TOP_K
    cut = max(len(once) - most, 0)
    counts = {name: sum(answer[name] for answer in answers) + cut for name in ("more", "further")}
    merged = best | {"memories": list(once.values())[:most]} | counts
    merged["naming"] = None  # each namespace counted its own
    if "took_ms" in best:
        merged["took_ms"] = round(sum(answer["took_ms"] for answer in answers), 1)
    return merged


def _names_one(request: Request) -> bool:
    return any(request.get(name) for name in ("id_or_key", "ids_or_key", "anchor", "history", "used"))


def _where_it_is(project: Project, request: Request, ask: Ask) -> Answer:
    """The answer of the first namespace that has what is named."""
    missing: NotFoundError | None = None
    for namespace in project.namespaces:
        try:
            return dict(ask({**request, "namespace": namespace}))
        except NotFoundError as error:
            missing = missing or error
    assert missing is not None
    raise missing
