"""The paper's experiments (section 4): tasks, optimisers, the trainer and the cores it made."""

from __future__ import annotations
