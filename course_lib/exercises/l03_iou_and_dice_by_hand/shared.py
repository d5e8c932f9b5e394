"""What several exercises of lesson 03 share."""

import numpy as np

NAN = float("nan")

# The worked examples' masks.
OVERLAP_PREDICTION = [[0, 0, 1, 1], [0, 1, 1, 1], [0, 1, 1, 0], [0, 0, 0, 0]]

OVERLAP_TRUTH = [[0, 1, 1, 1], [0, 1, 1, 0], [0, 1, 1, 0], [0, 0, 0, 0]]

THREE_PREDICTION = [[0, 1, 1], [2, 1, 0], [0, 0, 2]]

THREE_TRUTH = [[0, 1, 2], [2, 1, 0], [0, 1, 2]]

ABSENT_PREDICTION = [[0, 0, 3], [1, 1, 0]]

ABSENT_TRUTH = [[0, 0, 0], [1, 0, 0]]


def draw_masks(rng):
    """Draw two masks of 0 and 1, two in five from the edge: empty, equal, opposite, one pixel."""
    kind = rng.choice(
        ["both empty", "one pixel", "no prediction", "no truth", "equal", "opposite", "usual"],
        p=[0.2, 0.03, 0.06, 0.06, 0.03, 0.03, 0.59],
    )
    shape = (1, 1) if kind == "one pixel" else tuple(rng.integers(2, 7, size=2))
    truth = rng.random(shape) < rng.uniform(0.3, 0.7)
    prediction = truth ^ (rng.random(shape) < 0.3)
    if kind in ("both empty", "no prediction"):
        prediction[:] = False
    if kind in ("both empty", "no truth"):
        truth[:] = False
    if kind == "equal":
        prediction = truth
    if kind == "opposite":
        prediction = ~truth
    return prediction.astype(int).tolist(), truth.astype(int).tolist()


def draw_class_maps(rng):
    """Draw two class maps and the number of classes, more than the maps hold half of the time."""
    num_classes = int(rng.integers(2, 6))
    shape = tuple(rng.integers(2, 7, size=2))
    held = rng.permutation(num_classes)[: rng.integers(1, num_classes + 1)]
    truth = rng.choice(held, size=shape)
    guess = rng.integers(num_classes, size=shape) if rng.random() < 0.5 else rng.choice(held, size=shape)
    prediction = np.where(rng.random(shape) < 0.4, guess, truth)
    return prediction.tolist(), truth.tolist(), num_classes


def ratio(part, whole):
    """Divide as the misconceptions do, with nan where there is nothing to divide by."""
    return part / whole if whole else NAN
