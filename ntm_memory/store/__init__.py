"""Where memories are kept: records, key vectors, index words."""

from __future__ import annotations
