"""What several exercises of lesson 01 share."""

import numpy as np

# The same street as arrays: one score map per class.
STREET_MAPS = np.array(
    [[[0.8, 0.2], [0.1, 0.3]], [[0.1, 0.7], [0.2, 0.3]], [[0.1, 0.1], [0.7, 0.4]]]
)  # (C, H, W)

DOG_MAPS = np.array(
    [[[0.6, 0.1], [0.2, 0.7]], [[0.3, 0.8], [0.2, 0.2]], [[0.1, 0.1], [0.6, 0.1]]]
)  # (C, H, W)

# Two classes, one row of three pixels: all negative, and a tie at the end.
NEGATIVE_MAPS = np.array([[[-1.0, -4.0, -2.0]], [[-3.0, -0.5, -2.0]]])  # (2, 1, 3)


SIZES = ("usual", "one row", "square", "as many classes as rows", "as many classes as columns")

MAPS = (*SIZES, "ties", "all negative")


def draw_scores(rng, shape, negative=False):
    """Draw scores from -4 to 4 with one digit, so that ties happen; or only negative ones."""
    scores = rng.integers(-40, 41, size=shape) / 10
    return -np.abs(scores) - 0.1 if negative else scores


def draw_maps(rng, kind):
    """Draw score maps (C, H, W) of two to five classes, one of the kinds in MAPS; the last class wins somewhere."""
    classes, height, width = (int(size) for size in rng.choice([2, 3, 4, 5], 3, replace=False))
    if kind == "one row":
        height = 1
    if kind == "square":
        width = height
    if kind == "as many classes as rows":
        height = classes
    if kind == "as many classes as columns":
        width = classes
    scores = draw_scores(rng, (classes, height, width), negative=kind == "all negative")
    pixel = scores[:, -1, -1]
    best = pixel.argmax()
    pixel[[best, -1]] = pixel[[-1, best]]
    if kind == "ties":
        tied = rng.random((height, width)) < 0.5
        tied[0, 0] = True
        scores[:, tied] = scores.max(axis=0)[tied]
    return scores
