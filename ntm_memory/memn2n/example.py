"""One story as a Memory Network reads it: which sentence every hop looked at (the paper's figure 2)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ntm_memory.machine.addressing import content_focus
from ntm_memory.memn2n.babi import BabiQuestion, load_questions
from ntm_memory.memn2n.babi_training import trained_set
from ntm_memory.memn2n.checkpoint import Reader
from ntm_memory.memn2n.encoding import encode_questions
from ntm_memory.memn2n.parameters import Array


def show_story(
    reader: Reader, data: Path, task: int, split: str, seed: int, chosen: str | None = None
) -> dict[str, Any]:
    """Read a story and answer its question.

    Args:
        reader: a trained network.
        data: the archive's folder.
        task: one it was trained on.
        split: the part the story is drawn from.
        seed: draws it.
        chosen: the set; default: the one it was trained on.

    Returns:
        `story` [{sentence, support, attention: one weight a hop}] in the order told, `question`, `answer`,
        `prediction`, `probability`, `right`.
    """
    where = chosen or trained_set(reader, data, task)
    questions = load_questions(data, task, where, split)
    question = questions[int(np.random.default_rng(seed).integers(len(questions)))]
    encoded = encode_questions([question], reader.vocabulary, reader.network.settings)
    logits, tape = reader.network.forward(encoded.batch(slice(0, 1)))
    chances = content_focus(logits[0], 1.0)
    best = int(chances.argmax())
    attention = np.array([hop.attention[0] for hop in tape.hops])
    prediction = reader.vocabulary.answers[best]
    return {
        "task": task,
        "set": where,
        "split": split,
        "seed": seed,
        "story": _story(question, attention),
        "question": " ".join(question.asked),
        "answer": question.answer,
        "prediction": prediction,
        "probability": round(float(chances[best]), 4),
        "right": prediction == question.answer,
    }


def _story(question: BabiQuestion, attention: Array) -> list[dict[str, Any]]:
    """The sentences as told, with the (K, n) attention, which has the latest first; the earliest may have no slot."""
    story = []
    for place, told in enumerate(question.told):
        slot = len(question.told) - 1 - place
        seen = attention[:, slot] if slot < attention.shape[1] else np.zeros(len(attention))
        weights = [round(float(weight), 4) for weight in seen]
        story.append({"sentence": " ".join(told), "support": place in question.support, "attention": weights})
    return story
