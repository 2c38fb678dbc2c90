"""Stories of our own, in the grammar of the bAbI tasks: who is where."""

from __future__ import annotations

import numpy as np

NAMES = ("Ann", "Bo", "Cid")
PLACES = ("attic", "cellar", "yard")


def walks(stories, seed=0):
    """The text of a task file: people walk, and after every two walks someone is asked for."""
    rng = np.random.default_rng(seed)
    lines = []
    for _ in range(stories):
        at, number = {}, 0
        for _ in range(3):
            for _ in range(2):
                number += 1
                name, place = rng.choice(NAMES), rng.choice(PLACES)
                at[name] = (place, number)
                lines.append(f"{number} {name} walked to the {place}.")
            number += 1
            name = rng.choice(sorted(at))
            place, told = at[name]
            lines.append(f"{number} Where is {name}? \t{place}\t{told}")
    return "\n".join(lines) + "\n"


def archive(folder, stories=120, *, tasks=(1,), sets=("en-10k", "en")):
    """A folder like the archive's."""
    for chosen in sets:
        (folder / chosen).mkdir(parents=True)
        for task in tasks:
            (folder / chosen / f"qa{task}_walks_train.txt").write_text(walks(stories, task), encoding="utf-8")
    return folder
