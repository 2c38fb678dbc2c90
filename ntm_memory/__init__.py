"""Long-term memory for AI agents, addressed by a Neural Turing Machine (Graves et al. 2014, arXiv 1410.5401)."""

from __future__ import annotations

__version__ = "0.1.0"
