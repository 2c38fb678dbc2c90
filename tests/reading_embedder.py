"""An embedder that tells how it reads, as the real one does, and makes nothing of what it reads."""

from __future__ import annotations

import numpy as np

from ntm_memory.embedding.e5 import ReadText
from ntm_memory.embedding.tiny import TinyEmbedder
from ntm_memory.privacy import secret_tagger


class ReadingEmbedder(TinyEmbedder):
    """The tiny embedder, which tells of each text that it made nothing of it."""

    def read_memories(self, texts):
        width = secret_tagger._model().members[0]["states.w"].shape[0]
        states = np.zeros((1, width), dtype=np.float32)
        return self.encode_memories(texts), [ReadText(states, np.zeros(len(each), dtype=np.int64)) for each in texts]
