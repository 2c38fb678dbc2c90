"""The installer's parts are not a package of ours: they lie beside the scripts."""

from __future__ import annotations

import sys

from .calls import SKILL

sys.path.append(str(SKILL / "scripts"))
