"""What several exercises of lesson 02 share."""

import numpy as np

NAN = float("nan")


def grid(text):
    """Read a mask written as rows of digits: ``grid("010 111")``."""
    return [[int(pixel) for pixel in row] for row in text.split()]


# The worked examples' masks.
THREE_PREDICTION = grid("011 210 002")
THREE_TRUTH = grid("012 210 012")


PAIRS = (
    "usual",
    "all right",
    "all wrong",
    "one pixel",
    "one row",
    "square",
    "a class is absent",
    "large",
    "only background",
)


def draw_arrays(rng, num_classes, kind="usual"):
    """Draw a prediction and a truth of one of the kinds in PAIRS, class ids (H, W)."""
    shape = [int(side) for side in rng.choice(np.arange(2, 8), size=2, replace=False)]
    shape = {"one pixel": [1, 1], "one row": [1, 5], "square": [4, 4], "large": [11, 13]}.get(kind, shape)
    held = rng.permutation(num_classes)[: num_classes - (kind == "a class is absent")]
    truth = rng.choice(held, size=shape)
    wrong = (truth + rng.integers(1, num_classes, size=shape)) % num_classes
    share_wrong = {"all right": 0.0, "all wrong": 1.0}.get(kind, 0.4)
    if kind == "only background":
        return np.zeros(shape, int), np.zeros(shape, int)
    return np.where(rng.random(shape) < share_wrong, wrong, truth), truth


def ratio(part, whole):
    """Divide as the misconceptions do, with nan where there is nothing to divide by."""
    return float(part) / float(whole) if whole else NAN
