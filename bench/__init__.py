"""What measures the package and what learns its numbers; run from the checkout's root: `python -m bench.NAME --help`.

Imported before any of its modules, so BLAS keeps to one thread: two are many times slower on a busy machine.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")
