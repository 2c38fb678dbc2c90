"""The optional compiled kernel: built where a C compiler is found and asked for, used where it is found.

    install.py --with kernel        or, in any environment:  python -m ntm_memory.training.compiled

It lies in the environment's folder under a name that tells source, flags and processor: after an update, or on another
machine, it is not found, and NumPy does the work until it is built again.
"""

from __future__ import annotations

import ctypes
import functools
import hashlib
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

from ntm_memory.errors import NotSetUpError
from ntm_memory.machine.kernel import CompiledMachine, kernel_knows
from ntm_memory.machine.network import Machine
from ntm_memory.machine.parameters import MachineParameters
from ntm_memory.machine.settings import MachineSettings
from ntm_memory.paths import APP, environment_dir

_C_TYPES = {"float32": "float", "float64": "double"}
COMPILERS = ("cc", "gcc", "clang")
_FLAGS = ("-std=gnu11", "-O3", "-march=native", "-ffast-math", "-fPIC", "-w")


def make_machine(settings: MachineSettings, parameters: MachineParameters) -> Machine:
    """The fastest machine there is for these settings: compiled where its kernel is built, else NumPy's."""
    kernel = loaded_kernel(settings.dtype) if kernel_knows(settings) else None
    return Machine(settings, parameters) if kernel is None else CompiledMachine(settings, parameters, kernel)


def built() -> bool:
    """Whether the kernel of both float types is where it is looked for."""
    return all(_found(dtype) is not None for dtype in _C_TYPES)


def build(environment: Path) -> list[Path]:
    """Compile the kernel into an environment's folder.

    Args:
        environment: the folder; the kernel goes into its `share`.

    Returns:
        The files, one for each float type.

    Raises:
        NotSetUpError: there is no compiler, or it does not manage.
    """
    compiler = next(filter(None, map(shutil.which, COMPILERS)), None)
    if compiler is None:
        raise NotSetUpError("the kernel needs a C compiler", "install gcc or clang; without it NumPy does the work")
    folder = _folder(environment)
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("kernel-*.so"):
        old.unlink()
    return [_compiled(compiler, folder / _name(dtype), c_type) for dtype, c_type in _C_TYPES.items()]


def _compiled(compiler: str, target: Path, c_type: str) -> Path:
    """Compiled, then linked without -ffast-math: with it a linker may make the whole process round denormals away."""
    unfinished = target.with_suffix(f".{os.getpid()}")
    half = unfinished.with_suffix(".o")
    steps = (
        [compiler, *_FLAGS, f"-DREAL={c_type}", "-x", "c", "-c", "-", "-o", str(half)],
        [compiler, "-shared", str(half), "-o", str(unfinished), "-lm"],
    )
    try:
        for step in steps:
            done = subprocess.run(step, input=_source(), capture_output=True, text=True, errors="replace")
            if done.returncode:
                said = (done.stderr.strip().splitlines() or ["no word why"])[0]
                raise NotSetUpError(f"{compiler} cannot compile the kernel: {said}", "without it NumPy does the work")
        unfinished.replace(target)
    finally:
        half.unlink(missing_ok=True)
        unfinished.unlink(missing_ok=True)
    return target


def _source() -> str:
    return (resources.files("ntm_memory.machine") / "kernel.c").read_text(encoding="utf-8")


@functools.cache
def _name(dtype: str) -> str:
    told = hashlib.sha256("\n".join((_source(), *_FLAGS, platform.machine(), *_processor())).encode())
    return f"kernel-{told.hexdigest()[:16]}-{dtype}.so"


def _processor() -> Iterator[str]:
    """What it can do, where the system says so: code for one processor may not run on another."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = [platform.processor()]
    yield next((line for line in lines if line.startswith(("flags", "Features"))), lines[0] if lines else "")


def _folder(environment: Path) -> Path:
    return environment / "share" / APP


def _found(dtype: str) -> Path | None:
    places = (_folder(each) / _name(dtype) for each in (environment_dir(), Path(sys.prefix)))
    return next((place for place in places if place.is_file()), None)


@functools.cache
def loaded_kernel(dtype: str) -> ctypes.CDLL | None:
    """The kernel of a float type, if it is built here."""
    found = _found(dtype)
    try:
        return None if found is None else ctypes.CDLL(str(found))
    except OSError:  # no library, or of another system
        return None


if __name__ == "__main__":
    try:
        for file in build(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(sys.prefix)):
            sys.stdout.write(f"{file}\n")
    except NotSetUpError as error:
        sys.exit(f"error {error.code}: {error.message}\nhint: {error.hint}")
