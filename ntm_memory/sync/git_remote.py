"""A folder that is a git work tree: what is new is fetched before, and sent after, by the user's own git.

Each device writes files of its own alone, so nothing can conflict. What cannot be reached is told, and waits.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from ntm_memory.errors import ConfigError

_SECONDS = 60.0
_TRIES = 4
_MESSAGE = "ntm-memory: what changed in memory"


class GitRemote:
    """A git work tree, and the remote of the branch that is checked out.

    Args:
        folder: in it, where the logs are.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.warnings: list[str] = []

    def fetch(self) -> None:
        """Take in what others sent; unreachable is a warning."""
        remote = self._only_remote()
        if self._upstream():
            self._pull()
        elif remote and self._git("ls-remote", "--exit-code", "--heads", remote, self._branch).returncode == 0:
            if self._pull(remote, self._branch):
                self._git("branch", f"--set-upstream-to={remote}/{self._branch}")

    def _pull(self, *where: str) -> bool:
        done = self._git("pull", "--quiet", "--rebase", *where)
        if done.returncode:
            self._git("rebase", "--abort")
            self._warn("git pull", done)
        return not done.returncode

    def send(self, files: Sequence[Path]) -> None:
        """Commit these files, as far as they changed, and send them; what cannot be sent is sent the next time."""
        names = [each.name for each in files]
        if names:
            self._git("add", "--", *names)
            if self._git("diff", "--cached", "--quiet", "--", *names).returncode:
                done = self._git("commit", "--quiet", "-m", _MESSAGE, "--", *names)
                if done.returncode:
                    self._warn("git commit", done)
                    return
        if not self._upstream():
            self._send_first()
            return
        if self._git("log", "--oneline", "@{upstream}..HEAD").stdout.strip():
            self._push()

    def _push(self) -> None:
        for _ in range(_TRIES):
            done = self._git("push", "--quiet")
            if not done.returncode:
                return
            before = len(self.warnings)
            self.fetch()  # somebody was faster
            if len(self.warnings) > before:
                return
        self._warn("git push", done)

    def _send_first(self) -> None:
        """Send a branch that no remote has yet, where there is one remote and a commit."""
        remote = self._only_remote()
        if self._git("rev-parse", "--verify", "--quiet", "HEAD").returncode:
            return
        if not remote:
            self.warnings.append("the git repository has no one remote: what changed is committed, and goes nowhere")
            return
        done = self._git("push", "--quiet", "--set-upstream", remote, self._branch)
        if done.returncode:
            self._warn("git push", done)

    @property
    def _branch(self) -> str:
        return self._git("symbolic-ref", "--short", "HEAD").stdout.strip()

    def _only_remote(self) -> str:
        """The remote, where there is one alone."""
        remotes = self._git("remote").stdout.split()
        return remotes[0] if len(remotes) == 1 else ""

    def _upstream(self) -> bool:
        return self._git("rev-parse", "--abbrev-ref", "--symbolic-full-name", "@{upstream}").returncode == 0

    def _warn(self, what: str, done: subprocess.CompletedProcess[str]) -> None:
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        why = next((line for line in reversed(lines) if line.startswith(("fatal", "error"))), "; ".join(lines[-1:]))
        self.warnings.append(f"{what} did not succeed, it is tried again the next time: {why[:200]}")

    def _git(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run git; it asks nobody for anything."""
        environment = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C", "GIT_EDITOR": "true"}
        try:
            return subprocess.run(
                ["git", "-C", str(self._folder), *arguments],
                capture_output=True,
                text=True,
                errors="replace",
                timeout=_SECONDS,
                env=environment,
                stdin=subprocess.DEVNULL,
            )
        except subprocess.TimeoutExpired:
            return subprocess.CompletedProcess(arguments, 1, "", f"fatal: no answer within {_SECONDS:g} seconds")
        except OSError as error:
            return subprocess.CompletedProcess(arguments, 1, "", f"fatal: git cannot be run: {error.strerror}")


def git_of(folder: Path, wanted: bool | None) -> GitRemote | None:
    """What sends and fetches a folder; None where it is not git that does.

    Args:
        folder: the synced folder.
        wanted: `sync.git`; None: where the folder is a git work tree.

    Raises:
        ConfigError: git is asked for, and the folder is none of it.
    """
    if wanted is False:
        return None
    is_one = any((each / ".git").exists() for each in (folder, *folder.parents)) if wanted else _is_root(folder)
    if wanted and not is_one:
        raise ConfigError(f"sync.git is true, and {folder} is no git repository", "git clone your repository there")
    return GitRemote(folder) if is_one else None


def _is_root(folder: Path) -> bool:
    return (folder / ".git").exists()
