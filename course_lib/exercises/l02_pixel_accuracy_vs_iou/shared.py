"""What several exercises of lesson 02 share."""

import numpy as np

NAN = float("nan")


def grid(text):
    """Read a mask written as rows of digits: ``grid("010 111")``."""
    return [[int(pixel) for pixel in row] for row in text.split()]


# The worked examples' masks.
THREE_PREDICTION = grid("011 210 002")

THREE_TRUTH = grid("012 210 012")


def draw_arrays(rng, num_classes):
    """Draw a prediction and a truth, class ids (H, W); often all right, all wrong, one pixel, one class missing."""
    kind = rng.choice(["all right", "all wrong", "one pixel", "usual"], p=[0.1, 0.1, 0.1, 0.7])
    shape = (1, 1) if kind == "one pixel" else tuple(rng.integers(2, 7, size=2))
    held = rng.permutation(num_classes)[: rng.integers(1, num_classes + 1)]
    truth = rng.choice(held, size=shape)
    wrong = (truth + rng.integers(1, num_classes, size=shape)) % num_classes
    share_wrong = {"all right": 0.0, "all wrong": 1.0}.get(kind, 0.4)
    return np.where(rng.random(shape) < share_wrong, wrong, truth), truth


def ratio(part, whole):
    """Divide as the misconceptions do, with nan where there is nothing to divide by."""
    return float(part) / float(whole) if whole else NAN
