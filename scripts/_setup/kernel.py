"""The optional compiled kernel of training: built into the environment where a C compiler is, else left out."""

from __future__ import annotations

from pathlib import Path

from _setup.environment import Environment

EXTRA = "kernel"
_BUILD = """
from pathlib import Path
from ntm_memory.errors import NotSetUpError
from ntm_memory.training.compiled import build
try:
    build(Path(sys.argv[2]))
except NotSetUpError as error:
    sys.exit(f"{error.message}; {error.hint}")
"""


def build_kernel(environment: Environment, skill: Path) -> str:
    """Compile it.

    Args:
        environment: into whose folder it goes.
        skill: folder of the skill, whose own source is compiled.

    Returns:
        `built`, or why not: nothing needs it, training is slower without.
    """
    code, said = environment.asked(skill, _BUILD, str(environment.folder))
    return "built" if code == 0 else f"not built: {said or 'no word why'}"
