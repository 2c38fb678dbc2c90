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
            return self._pull("@{upstream}")
        if remote and self._git("ls-remote", "--exit-code", "--heads", remote, self._branch).returncode == 0:
            if not self._pull("FETCH_HEAD", remote, self._branch):
                return False
            self._git("branch", f"--set-upstream-to={remote}/{self._branch}")
        return True

    def _pull(self, theirs: str, *where: str) -> bool:
        """Fetch, and put what is not sent yet on top; whether nothing went wrong.

        A person's own changes in the work tree stay as they are: `git pull --autostash` would write marks of a conflict
        into a file that both sides changed, so that is looked at before.
        """
        done = self._git("fetch", "--quiet", *where)
        if done.returncode:
            self._warn("git fetch", done.stderr)
            return False
        if self._is_within(theirs, "HEAD"):
            return True
        if self._git("rev-parse", "--verify", "--quiet", "HEAD").returncode or self._is_within("HEAD", theirs):
            done = self._git("merge", "--quiet", "--ff-only", theirs)
        elif names := self._changed_on_both_sides(theirs):
            self._warn("git pull", "".join(f"\t{name}\n" for name in names))
            return False
        else:  # no line goes into another's log
            done = self._git("rebase", "--quiet", "--fork-point", "--autostash", "-X", "no-renames", theirs)
        if done.returncode and not self._resolved():
            both = ", ".join(self._in_conflict())
            self._git("rebase", "--abort")
            self._warn("git pull", f"error: both changed {both}: join them by `git pull`" if both else done.stderr)
            return False
        return True

    def _is_within(self, one: str, other: str) -> bool:
        return self._git("merge-base", "--is-ancestor", one, other).returncode == 0

    def _changed_on_both_sides(self, theirs: str) -> list[str]:
        """Files with changes that nobody committed, which what was fetched changes, too."""
        here, there = (self._listed("diff", "--name-only", "--no-renames", of) for of in ("HEAD", f"HEAD...{theirs}"))
        return [name for name in there if name in here]

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

    def send(self, files: Sequence[Path], removed: Sequence[Path] = ()) -> bool:
        """Commit these files, as far as they changed, and send them; what cannot be sent is sent the next time.

        Args:
            files: in the folder.
            removed: files that are not there any more.

        Returns:
            whether they are committed.
        """
        if not self._is_on_branch():
            return False
        gone = [each.name for each in removed if not os.path.lexists(each)]
        if gone:
            gone = self._listed("ls-tree", "--name-only", "HEAD", "--", *gone)
        if not self._commit([each.name for each in files], gone):
            return False
        if self._is_away:  # it would not answer now either
            self._warn("git", "fatal: the remote does not answer")
        elif not self._upstream():
            self._send_first()
        elif self._git("log", "--oneline", "@{upstream}..HEAD").stdout.strip():
            self._push()
        return True

    def _commit(self, names: Sequence[str], gone: Sequence[str] = ()) -> bool:
        """Commit these files alone, as far as they changed or are gone; whether nothing went wrong."""
        steps = [("add", "--force"), names], [("rm", "--quiet", "--cached", "--force", "--ignore-unmatch"), gone]
        for (command, *how), files in steps:  # by force: a log is sent also where a rule of the user's ignores it
            done = self._git(command, *how, "--", *files) if files else None
            if done is not None and done.returncode:
                self._warn(f"git {command}", done.stderr)
                return False
        names = [*names, *gone]
        if not names:
            return True
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
        self.warnings.append(f"{what} did not succeed, it is tried again the next time: {_why(told)[:200]}")

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


def _why(told: str) -> str:
    """Why git did not succeed, and what to do, by what it wrote to its error output."""
    in_the_way = [line.strip() for line in told.splitlines() if line.startswith("\t")]
    if in_the_way:  # files that git would write over, one a line
        return f"move away or commit {', '.join(in_the_way)}, which git would write over"
    lines = [line.strip() for line in told.splitlines() if line.strip()]
    why = next((line for line in reversed(lines) if line.startswith(("fatal", "error"))), "; ".join(lines[-1:]))
    is_locked = ".lock'" in why and "File exists" in why
    return f"if no git runs there, remove the lock that one left: {why}" if is_locked else why


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
    roots = (folder, *folder.parents) if wanted else (folder,)
    is_one = any(os.path.exists(each / ".git") for each in roots)
    if wanted and not is_one:
        raise ConfigError(f"sync.git is true, and {folder} is no git repository", "git clone your repository there")
    return GitRemote(folder) if is_one else None
