"""A folder that is a git work tree: what is new is fetched before, and sent after, by the user's own git.

Each device writes files of its own alone, so that they conflict only where another one removed them as of a device that
is gone, or where a data folder was copied. Then one of the two is kept: who misses lines in its log writes it again.
What cannot be reached is told, and waits.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from ntm_memory.errors import ConfigError
from ntm_memory.sync.folder import device_of

_SECONDS = 20.0
_TRIES = 4
_NOBODY = (
    "fatal: git does not know who you are: git config --global user.name NAME, git config --global user.email ADDRESS"
)
_NO_BRANCH = "fatal: no branch is checked out in the synced folder: git switch BRANCH there"
_MESSAGE = "ntm-memory: what changed in memory"


class GitRemote:
    """A git work tree, and the remote of the branch that is checked out.

    Args:
        folder: in it, where the logs are.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._is_away = False
        self.warnings: list[str] = []

    def fetch(self, files: Sequence[Path] = ()) -> bool:
        """Take in what others sent; unreachable is a warning. Whether nothing went wrong.

        Args:
            files: in the folder, committed before as far as they changed: a purge changes a log between two syncs.
        """
        if not self._is_on_branch() or not self._commit([each.name for each in files]):
            return False
        remote = self._only_remote()
        if self._upstream():
            return self._pull()
        if remote and self._git("ls-remote", "--exit-code", "--heads", remote, self._branch).returncode == 0:
            if not self._pull(remote, self._branch):
                return False
            self._git("branch", f"--set-upstream-to={remote}/{self._branch}")
        return True

    def _pull(self, *where: str) -> bool:
        # no line goes into another's log; what somebody else changes in the work tree stays as it is
        done = self._git("pull", "--quiet", "--rebase", "--autostash", "-X", "no-renames", *where)
        if done.returncode and not self._resolved():
            self._git("rebase", "--abort")
            self._warn("git pull", done.stderr)
            return False
        return True

    def _resolved(self) -> bool:
        """Whether a rebase came to its end, of each log in conflict this clone's kept, or the one that is there."""
        for _ in range(_TRIES):
            names = self._in_conflict()
            if not names or not all(device_of(Path(name).name) for name in names):
                return False
            for path in (f":(top){name}" for name in names):
                if self._git("checkout", "--theirs", "--", path).returncode:  # of the commit put on top
                    self._git("checkout", "--ours", "--", path)
                self._git("add", "--", path)
            if not self._git("rebase", "--continue").returncode:
                return True
            if not self._in_conflict() and not self._git("rebase", "--skip").returncode:  # nothing is left of it
                return True
        return False

    def _in_conflict(self) -> list[str]:
        return self._listed("diff", "--name-only", "--diff-filter=U")

    def _listed(self, command: str, *arguments: str) -> list[str]:
        """The names of files that a command of git lists, whatever is in them."""
        return [name for name in self._git(command, "-z", *arguments).stdout.split("\0") if name]

    def send(self, files: Sequence[Path], removed: Sequence[Path] = ()) -> None:
        """Commit these files, as far as they changed, and send them; what cannot be sent is sent the next time.

        Args:
            files: in the folder.
            removed: files that are not there any more.
        """
        if not self._is_on_branch():
            return
        names = [each.name for each in files]
        if removed:
            names += self._listed("ls-files", "--", *(each.name for each in removed))
        if not self._commit(names):
            return
        if self._is_away:  # it would not answer now either
            self._warn("git", "fatal: the remote does not answer")
        elif not self._upstream():
            self._send_first()
        elif self._git("log", "--oneline", "@{upstream}..HEAD").stdout.strip():
            self._push()

    def _commit(self, names: Sequence[str]) -> bool:
        """Commit these files alone, as far as they changed; whether nothing went wrong."""
        if not names:
            return True
        self._git("add", "--", *names)
        if not self._git("diff", "--cached", "--quiet", "--", *names).returncode:
            return True
        done = self._git("commit", "--quiet", "-m", _MESSAGE, "--", *names)
        if done.returncode and self._git("var", "GIT_COMMITTER_IDENT").returncode:
            self._warn("git commit", _NOBODY)
        elif done.returncode:
            self._warn("git commit", done.stderr)
        return not done.returncode

    def _is_on_branch(self) -> bool:
        """Whether a branch is checked out; a rebase in which we were broken off is given up."""
        for _ in range(2):
            head = self._git("symbolic-ref", "--quiet", "HEAD")
            if head.returncode != 1 or head.stderr:  # on a branch; or git says itself what is wrong
                return True
            self._git("rebase", "--abort")
        self._warn("git", _NO_BRANCH)
        return False

    def _push(self) -> None:
        for _ in range(_TRIES):
            done = self._git("push", "--quiet")
            if not done.returncode:
                return
            if self._is_away or not self.fetch():  # else somebody was faster
                break
        self._warn("git push", done.stderr)

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
            self._warn("git push", done.stderr)

    @property
    def _branch(self) -> str:
        return self._git("symbolic-ref", "--short", "HEAD").stdout.strip()

    def _only_remote(self) -> str:
        """The remote, where there is one alone."""
        remotes = self._git("remote").stdout.split()
        return remotes[0] if len(remotes) == 1 else ""

    def _upstream(self) -> bool:
        return self._git("rev-parse", "--abbrev-ref", "--symbolic-full-name", "@{upstream}").returncode == 0

    def _warn(self, what: str, told: str) -> None:
        """Tell the first that did not succeed: what follows it does not either, and for the same reason."""
        if self.warnings:
            return
        lines = [line.strip() for line in told.splitlines() if line.strip()]
        why = next((line for line in reversed(lines) if line.startswith(("fatal", "error"))), "; ".join(lines[-1:]))
        in_the_way = [line.strip() for line in told.splitlines() if line.startswith("\t")]
        if in_the_way:  # files that git would write over, one a line
            why = f"move away or commit {', '.join(in_the_way)}, which git would write over"
        self.warnings.append(f"{what} did not succeed, it is tried again the next time: {why[:200]}")

    def _git(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run git; it asks nobody for anything."""
        environment = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C", "GIT_EDITOR": "true"}
        try:
            child = subprocess.Popen(
                ["git", "-C", str(self._folder), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
                env=environment,
                start_new_session=True,  # what git starts in turn is ended with it
            )
        except OSError as error:
            return subprocess.CompletedProcess(arguments, 1, "", f"fatal: git cannot be run: {error.strerror}")
        try:
            with _ended_with_us(child):
                out, err = child.communicate(timeout=_SECONDS)
        except subprocess.TimeoutExpired:
            self._is_away = True
            _end(child)
            return subprocess.CompletedProcess(arguments, 1, "", f"fatal: no answer within {_SECONDS:g} seconds")
        except BaseException:
            _end(child)
            raise
        return subprocess.CompletedProcess(arguments, child.returncode, out, err)


@contextmanager
def _ended_with_us(child: subprocess.Popen[str]) -> Iterator[None]:
    """While this process waits for another one, a signal that ends it ends that one, too."""
    before = signal.getsignal(signal.SIGTERM)
    if threading.current_thread() is not threading.main_thread() or before in (signal.SIG_IGN, None):
        yield
        return

    def end(number: int, frame: FrameType | None) -> None:
        _end(child)
        signal.signal(number, before)
        os.kill(os.getpid(), number)

    signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _end(child: subprocess.Popen[str]) -> None:
    """End a process and what it started; a rebase that it was in is given up the next time."""
    for number in (signal.SIGTERM, getattr(signal, "SIGKILL", signal.SIGTERM)):  # git removes its locks when asked
        with suppress(OSError):
            if hasattr(os, "killpg"):
                os.killpg(child.pid, number)
            else:
                child.kill()
        with suppress(subprocess.TimeoutExpired):
            child.communicate(timeout=1.0)


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
