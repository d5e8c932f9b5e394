"""What several exercises of lesson 01 share."""

import numpy as np

# The same street as arrays: one score map a class.
STREET_MAPS = np.array(
    [[[0.8, 0.2], [0.1, 0.3]], [[0.1, 0.7], [0.2, 0.3]], [[0.1, 0.1], [0.7, 0.4]]]
)  # (C, H, W)

DOG_MAPS = np.array(
    [[[0.6, 0.1], [0.2, 0.7]], [[0.3, 0.8], [0.2, 0.2]], [[0.1, 0.1], [0.6, 0.1]]]
)  # (C, H, W)

# Two classes, one row of three pixels: all negative, and a tie at the end.
NEGATIVE_MAPS = np.array([[[-1.0, -4.0, -2.0]], [[-3.0, -0.5, -2.0]]])  # (2, 1, 3)


def draw_scores(rng, shape):
    """Draw scores from -4 to 4 with one digit, so that ties happen; in a third of the cases all are negative."""
    scores = rng.integers(-40, 41, size=shape) / 10
    if rng.random() < 0.33:
        scores = -np.abs(scores) - 0.1
    return scores


def draw_maps(rng):
    """Draw score maps (C, H, W) of two or three classes, with tied pixels."""
    num_classes = int(rng.integers(2, 4))
    height, width = rng.integers(1, 6, size=2)
    scores = draw_scores(rng, (num_classes, height, width))
    tied = rng.random((height, width)) < 0.25
    scores[:, tied] = scores.max(axis=0)[tied]
    return scores
