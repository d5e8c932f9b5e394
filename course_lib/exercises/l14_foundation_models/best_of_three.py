"""One mask of three."""

import numpy as np
import torch

from course_lib.checking.exercise import Exercise, by_kind


def best_of_three(mask_logits, expected_iou):
    """Return the mask that the model itself expects to be best.

    Args:
        mask_logits: a float array (3, H, W).
        expected_iou: a float array (3,).

    Returns:
        A bool array (H, W), True where the logits of that mask are above 0.
    """
    ### BEGIN SOLUTION
    best = np.argmax(expected_iou)
    return mask_logits[best] > 0
    ### END SOLUTION


_KINDS = (
    "the first is best",
    "the second is best",
    "the last is best",
    "the best is empty",
    "the best is full",
    "three rows and columns",
    "one pixel",
    "large",
    "beside 0",
    "hundreds apart",
)


def _draw_three(rng, kind):
    """Draw three masks of different sizes, with logits that are exactly 0 here and there."""
    height, width = (int(side) for side in rng.choice([2, 4, 5], size=2, replace=False))
    height, width = {"three rows and columns": (3, 3), "one pixel": (1, 1), "large": (15, 20)}.get(
        kind, (height, width)
    )
    best = {"the first is best": 0, "the second is best": 1, "the last is best": 2}.get(kind)
    best = int(rng.integers(3)) if best is None else best
    logits = rng.normal(size=(3, height, width)) + rng.permutation([-0.7, 0, 0.7])[:, None, None]
    logits = logits.round(2) * (rng.random(logits.shape) < 0.9)
    logits *= {"beside 0": 0.01, "hundreds apart": 400.0}.get(kind, 1.0)
    if kind == "the best is empty":
        logits[best] = -abs(logits[best])
    if kind == "the best is full":
        logits[best] = abs(logits[best]) + 0.1
    expected_iou = (rng.permutation([0.1, 0.35, 0.6]) + rng.random(3) / 5).round(3)
    expected_iou[best] = 0.85
    return logits, expected_iou


BEST_OF_THREE = Exercise(
    best_of_three,
    title="One mask of three",
    points=1,
    minutes=5,
    source="Notes, SAM",
    draw=by_kind(_draw_three, *_KINDS),
    hints=(
        "Two steps: which of the three, and where it is on.",
        "np.argmax(expected_iou) is the index of the mask.",
        "mask_logits[best] > 0.",
    ),
    why="One click is ambiguous. SAM offers three readings, and says how sure it is of each.",
)

BEST_OF_THREE.worked(
    np.array([[[4.0, -1.0]], [[0.2, 0.3]], [[-2.0, 5.0]]]),
    np.array([0.3, 0.8, 0.5]),
    gives=np.array([[True, True]]),
)
BEST_OF_THREE.worked(
    np.array([[[4.0, 1.0]], [[2.0, 3.0]], [[-2.0, 0.1]]]),
    np.array([0.3, 0.4, 0.9]),
    gives=np.array([[False, True]]),
)


@BEST_OF_THREE.wrong
def first(mask_logits, expected_iou):
    """You always take the first mask. Ask expected_iou which one is best."""
    return mask_logits[0] > 0


@BEST_OF_THREE.wrong
def largest(mask_logits, expected_iou):
    """You take the largest mask. Large is not good: ask expected_iou, by argmax."""
    return mask_logits[int(np.argmax((mask_logits > 0).sum(axis=(1, 2))))] > 0


@BEST_OF_THREE.wrong
def half(mask_logits, expected_iou):
    """You cut at 0.5. These are logits: a probability of one half is a logit of 0."""
    return mask_logits[int(np.argmax(expected_iou))] > 0.5


@BEST_OF_THREE.wrong
def union(mask_logits, expected_iou):
    """You joined the three masks. They are three offers, of which one is taken."""
    return (mask_logits > 0).any(axis=0)


@BEST_OF_THREE.wrong
def mean(mask_logits, expected_iou):
    """You averaged the three masks. They are of different things, a part, an object, a group; take one."""
    return mask_logits.mean(axis=0) > 0


@BEST_OF_THREE.wrong
def logits(mask_logits, expected_iou):
    """You returned the logits. The mask is where they are above 0."""
    return mask_logits[int(np.argmax(expected_iou))]


@BEST_OF_THREE.wrong
def worst(mask_logits, expected_iou):
    """You took the mask with the lowest expected IoU. Higher is better."""
    return mask_logits[int(np.argmin(expected_iou))] > 0


@BEST_OF_THREE.wrong
def competing_masks(mask_logits, expected_iou):
    """You let the three masks compete for each pixel, as classes do. Here each is judged by itself: above 0."""
    return mask_logits.argmax(axis=0) == int(np.argmax(expected_iou))


@BEST_OF_THREE.wrong
def its_index(mask_logits, expected_iou):
    """You returned which mask is best. Return the mask itself, as bools: mask_logits[best] > 0."""
    return int(np.argmax(expected_iou))


@BEST_OF_THREE.right
def best_pair(mask_logits, expected_iou):
    _, best = max(zip(expected_iou, range(3), strict=True))
    return mask_logits[best] > 0


@BEST_OF_THREE.right
def best_sigmoid(mask_logits, expected_iou):
    return torch.from_numpy(mask_logits)[expected_iou.argmax()].sigmoid() > 0.5


@BEST_OF_THREE.right
def best_lists(mask_logits, expected_iou):
    best = list(expected_iou).index(max(expected_iou))
    return [[value > 0 for value in row] for row in mask_logits[best].tolist()]
