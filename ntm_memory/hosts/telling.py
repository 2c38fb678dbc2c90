"""What a host tells with an event, as the hooks read it."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from ntm_memory.config import HostSettings
from ntm_memory.hosts.projects import Project, least_capture, project_of, stricter

Ask = Callable[[Mapping[str, Any]], Mapping[str, Any]]
"""A request to `commands` → its response."""
HOST = "claude-code"
PROJECT_DIR = "CLAUDE_PROJECT_DIR"
"""In the environment: where a session began."""
_ANSWERED_IN = 0.01
"""Seconds that an answer takes once it is known."""


class Said(NamedTuple):
    """What is put into a session.

    Args:
        text: it; empty: nothing.
        ids: of the memories in it.
    """

    text: str = ""
    ids: tuple[str, ...] = ()


NOTHING = Said()


@dataclass(frozen=True)
class Told:
    """An event.

    Args:
        fields: as the host names them; all may be missing.
        home: the data folder.
        settings: what hosts are given.
    """

    fields: Mapping[str, Any]
    home: Path
    settings: HostSettings

    def text(self, name: str) -> str:
        """A field as text; empty where it is missing or something else."""
        value = self.fields.get(name)
        return value if isinstance(value, str) else ""

    @property
    def name(self) -> str:
        """Which event."""
        return self.text("event") or self.text("hook_event_name")

    @property
    def session(self) -> str:
        """The session's id."""
        return self.text("session_id")

    @property
    def is_too_late(self) -> bool:
        """Whether nobody waits for the answer any more."""
        deadline = self.fields.get("deadline")
        return isinstance(deadline, float) and time.monotonic() >= deadline - _ANSWERED_IN

    @property
    def source(self) -> str:
        """Where what is kept of it comes from."""
        return f"{self.text('host') or HOST}:{self.session}"

    @cached_property
    def project(self) -> Project:
        """The project of its working folder; it may do no more than the one that the session began in."""
        project, began = (project_of(cwd, self.settings.projects) for cwd in (self.text("cwd"), self.began_in))
        return stricter(project, began) if self.began_in else project

    @property
    def began_in(self) -> str:
        """The folder that the host tells its hooks as the session's; empty where it tells none."""
        return os.environ.get(PROJECT_DIR, "")

    @property
    def may_inject(self) -> bool:
        """Whether memories may be put into the session."""
        return self.settings.inject and self.project.inject

    @property
    def capture(self) -> str:
        """What may be kept of its turns."""
        return least_capture(self.settings.capture, self.project.capture)

    @cached_property
    def tool_input(self) -> Mapping[str, Any]:
        """What a tool is to be called with; hooks of an MCP tool get it as JSON."""
        value = self.fields.get("tool_input")
        if isinstance(value, str):
            try:
                value = json.loads(value)
            except (ValueError, RecursionError):
                return {}
        return value if isinstance(value, Mapping) else {}
