"""The memory system on the walk of thirteen steps."""

from __future__ import annotations

import base64
import json
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from ntm_memory.store.schema import VERSION

from .copies import BY_IMPORT, backed_up, put_back
from .hosting import mirrored, workspace
from .surface import Surface
from .walk import KEY, TOKEN, VALUE

OLD = "memory-20260101T000000Z-daily.db"


class Remembering:
    """Through its scripts' command lines; at the end through the scripts themselves, in new processes.

    Args:
        memory: the folder.
        backup: how the old backup is put back: `by import.py`, or `by hand`, which is copying the file.

    Sharing is telling the same in a second namespace: there is no verb for it yet, and whoever deletes names the copy.
    Beside it stands a mirror for a host, which is written anew with every background job.
    """

    def __init__(self, memory: Surface, backup: str) -> None:
        self._memory = memory
        self._backup = backup
        self._told: list[tuple[str, str]] = []
        self._ids: list[str] = []
        self._forms: list[bytes] = []
        self._export = ""
        self._process = False

    def tell(self, key: str, text: str) -> bool:
        said = self._memory.say("memorize", text, "--key", key, "--session", "farm", "--source", f"said of {key}")
        self._told.append((key, text))
        if key == KEY and said.code == 0:
            id = said.answer["memory"]["id"]
            self._ids.append(id)
            self._memory.ask("feedback", "--query", f"Where is {TOKEN}?", "--used", id)
        return said.code == 0

    def look_up(self, key: str) -> str:
        return self._memory.say("status", "--history", key, process=self._process).out

    def recall(self, question: str) -> str:
        if self._process:
            return self._memory.say("recall", question, "--all", process=True).out
        return self._memory.all_said(question, "--session", "farm")

    def prompt(self, question: str) -> str:
        return self._memory.prompt(question, "--all", process=self._process)

    def share(self) -> None:
        for key, text in self._told:
            id = self._memory.tell(text, "--key", key, "--namespace", "team")
            self._ids += [id] if text == VALUE else []
        mirrored(self._memory)

    def recall_shared(self, question: str) -> str:
        mirror = self._mirror().read_text(encoding="utf-8")
        said = self._memory.all_said(question, "--namespace", "team")
        assert (TOKEN in mirror) is (TOKEN in said) and "barn" in mirror
        return said + mirror

    def back_up(self) -> None:
        self._export = self._memory.exported()
        backed_up(self._memory, OLD)
        records = json.loads(self._export)["memories"]
        rows = [row for record in records if record["content"] == VALUE for row in record["keys"]]
        self._forms = [TOKEN.encode(code) for code in ("utf-8", "utf-16-le", "utf-16-be")]
        self._forms += [KEY.encode(), *(base64.b64decode(row)[40:120] for row in rows)]

    def forget(self, key: str) -> None:
        self._memory.ask("erase", *self._ids, "--any-namespace", "--retract", "--purge")

    def feed(self, texts: Iterable[str]) -> None:
        lines = [json.dumps({"content": text, "session": "farm"}) for text in texts]
        self._memory.ask("memorize", "--jsonl", "-", text="\n".join(lines))

    def background(self) -> None:
        self._memory.background()
        if self._mirror().exists():
            mirrored(self._memory)

    def traces(self) -> list[str]:
        found = []
        for name, data in self._memory.files().items():
            ids = [] if name.endswith(".db") and name != "usage.db" else [id.encode() for id in self._ids]
            if any(form in data for form in (*self._forms, *ids)):
                found.append(name)
        return [*found, *(["the mirror"] if TOKEN in self._mirror().read_text(encoding="utf-8") else [])]

    def _mirror(self) -> Path:
        return workspace(self._memory) / "memory" / "ntm-memory.md"

    def audit(self) -> str:
        return self._memory.say("status", "--audit", "1000", "--id", self._ids[0], process=True).out

    def bring_back(self) -> None:
        self._memory.ask("import", "-", "--as", "json", text=self._export)
        put_back(self._memory, OLD, self._backup)
        if self._backup == BY_IMPORT:
            self._memory.ask("import", "-", "--as", "json", text=self._export)

    def restart(self) -> None:
        """From here on each call is a process; the first finds tables that are said to be of the version before."""
        with closing(sqlite3.connect(self._memory.home / "memory.db")) as sql:
            sql.execute(f"PRAGMA user_version = {VERSION - 1}")
        self._process = True
        self._memory.ask("status", process=True)
        with closing(sqlite3.connect(self._memory.home / "memory.db")) as sql:
            assert sql.execute("PRAGMA user_version").fetchone() == (VERSION,), "it was upgraded"
