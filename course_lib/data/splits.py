"""The pairs of each split of a folder; splits that are not given are drawn, always the same way."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from course_lib.data.layouts import SPLITS, Split, find_layout
from course_lib.data.pairing import Pair, pair_up

SHARE = 0.2
"""Share of the pairs that is drawn for a missing split."""

_SEED = 0


def all_pairs(folder: Path) -> list[Pair]:
    """Return the pairs of all splits together."""
    return [pair for home in find_layout(folder).homes(folder) for pair in pair_up(home).pairs]


def split_pairs(folder: Path) -> dict[Split, list[Pair]]:
    """Return the pairs of every split.

    Raises:
        ValueError: a file is missing or misnamed; the message names what is wrong.
    """
    pairs: dict[str, list[Pair]] = {}
    for home in find_layout(folder).homes(folder):
        pairs[home.split], problems = pair_up(home)
        for problem in problems:
            if problem.severity == "problem":
                raise ValueError(f"{problem.path} {problem.what}")
    if "all" in pairs:
        pairs["train"], pairs["test"] = _drawn(pairs.pop("all"))
    if "val" not in pairs:
        pairs["train"], pairs["val"] = _drawn(pairs.get("train", []))
    return {split: pairs.get(split, []) for split in SPLITS}


def _drawn(pairs: list[Pair]) -> tuple[list[Pair], list[Pair]]:
    """Split pairs into the larger part and the one that is drawn from it."""
    order = np.random.default_rng(_SEED).permutation(len(pairs))
    count = max(1, round(SHARE * len(pairs)))
    return [pairs[i] for i in sorted(order[count:])], [pairs[i] for i in sorted(order[:count])]
