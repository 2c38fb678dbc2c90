"""The Neural Turing Machine of Graves, Wayne and Danihelka (2014, arXiv 1410.5401), in NumPy. The paper and nothing else."""

from __future__ import annotations
