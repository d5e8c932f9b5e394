"""Mend run H: count every pixel."""

import numpy as np
import torch

from course_lib.checking.exercise import Exercise, by_kind


def count_pixels(logits, targets):
    """Return a confusion matrix, truth in rows.

    Args:
        logits: float (N, C, H, W).
        targets: int64 (N, H, W) with ids 0..C-1. Count every pixel, but not those whose target is 255.

    Returns:
        Nested lists or a tensor of whole numbers, (C, C).
    """
    ### BEGIN SOLUTION
    classes = logits.shape[1]
    prediction = logits.argmax(dim=1)  # (N, H, W)
    counted = targets != 255
    pairs = classes * targets[counted] + prediction[counted]
    return torch.bincount(pairs, minlength=classes**2).reshape(classes, classes)
    ### END SOLUTION


_SHAPES = {  # of the logits
    "two classes": (2, 2, 4, 3),
    "five classes": (2, 5, 3, 6),
    "one image": (1, 3, 5, 4),
    "three images": (3, 4, 3, 5),
    "all sizes alike": (3, 3, 3, 3),
    "the last class is absent": (2, 4, 5, 3),
    "only void": (1, 3, 3, 4),
    "no void": (2, 3, 4, 5),
}


def _draw_scored(rng, kind):
    count, classes, height, width = shape = _SHAPES[kind]
    # Of a pixel the network is sure, with more than 95 %, or it is not, with less than 50 %. With two classes there is
    # always one above 50 %.
    scales = (
        np.full((count, 1, height, width), 4.0)
        if classes == 2
        else rng.choice([4.0, 0.01], (count, 1, height, width))
    )
    logits = scales * rng.permuted(np.broadcast_to(np.arange(classes)[:, None, None], shape), axis=1)
    targets = rng.integers(0, classes, (count, height, width))
    if kind == "the last class is absent":
        targets[targets == classes - 1] = 0
    if kind != "no void":
        targets.flat[rng.permutation(targets.size)[: targets.size if kind == "only void" else 3]] = 255
    return torch.from_numpy(logits.astype(np.float32)), torch.from_numpy(targets)


COUNT_PIXELS = Exercise(
    count_pixels,
    title="Mend run H: count every pixel",
    points=2,
    minutes=6,
    source="Study guide, section 16, pitfall 10; Losses and metrics, failure modes checklist",
    draw=by_kind(_draw_scored, *_SHAPES),
    fresh_cases=16,
    hints=(
        "Take the argmax first; then compare with targets pixel by pixel.",
        "counted = targets != 255 chooses the pixels, in both: targets[counted], prediction[counted].",
        "torch.bincount(classes * targets[counted] + prediction[counted], minlength=classes**2), reshaped to (C, C).",
    ),
    why="A score is worth as much as the pixels that it counts. If you choose these by looking at the "
    "prediction, you have chosen the score.",
)

# Truth 0 1 1 255, predicted 0 0 1 1: one 0 as 0, one 1 as 0, one 1 as 1, the void pixel left out. The network is sure
# of the first and the third, with 97 % or more, and of the second with 36 %.
COUNT_PIXELS.worked(
    torch.tensor([[[[4.0, 0.1, 0.0, 0.0]], [[0.0, 0.0, 5.0, 0.2]], [[0.0, 0.0, 0.0, 0.0]]]]),
    torch.tensor([[[0, 1, 1, 255]]]),
    gives=[[1, 0, 0], [1, 1, 0], [0, 0, 0]],
)


def _table(logits, targets, counted):
    prediction, classes = logits.argmax(dim=1), logits.shape[1]
    counted = counted & (targets != 255)
    pairs = classes * targets[counted] + prediction[counted]
    return torch.bincount(pairs, minlength=classes**2).reshape(classes, classes)


@COUNT_PIXELS.wrong
def only_sure_pixels(logits, targets):
    """You counted only the pixels of which the network is sure, as run H did. There it is mostly right, so the score
    flatters. Count the others, too.
    """
    return _table(logits, targets, logits.softmax(dim=1).amax(dim=1) > 0.8)


@COUNT_PIXELS.wrong
def only_first_image(logits, targets):
    """You counted only the first image. Every image of the batch belongs to the score."""
    return _table(logits[:1], targets[:1], targets[:1] >= 0)


@COUNT_PIXELS.wrong
def no_background(logits, targets):
    """You left out the pixels that are truly background. Then it costs nothing to call background a pet: leave out only
    void.
    """
    return _table(logits, targets, targets != 1)


@COUNT_PIXELS.wrong
def truth_in_columns(logits, targets):
    """Your matrix has the truth in columns. It should have it in rows: count 1 at [truth, prediction]."""
    return count_pixels(logits, targets).T


@COUNT_PIXELS.wrong
def only_right_ones(logits, targets):
    """You counted only the pixels that are right. Without the wrong ones every score is perfect: count them, too."""
    return _table(logits, targets, logits.argmax(dim=1) == targets)


@COUNT_PIXELS.wrong
def only_the_middle(logits, targets):
    """You left out the pixels along the frame. They count as well."""
    inside = torch.zeros_like(targets, dtype=torch.bool)
    inside[:, 1:-1, 1:-1] = True
    return _table(logits, targets, inside)


@COUNT_PIXELS.wrong
def void_counted(logits, targets):
    """You counted void pixels as background. Nobody knows what they are: leave out where the target is 255."""
    return count_pixels(logits, torch.where(targets == 255, 1, targets))


@COUNT_PIXELS.wrong
def shares(logits, targets):
    """You returned shares. Return whole numbers: counts of several batches can be added up, and shares cannot."""
    counts = count_pixels(logits, targets)
    return counts / counts.sum()


@COUNT_PIXELS.wrong
def duplicates_lost(logits, targets):
    """You added 1 at all places at once. Where a pair of ids occurs several times, such a += 1 counts it once. Give
    each pair a number of its own, and let torch.bincount count the numbers.
    """
    prediction, classes = logits.argmax(dim=1), logits.shape[1]
    counted = targets != 255
    matrix = torch.zeros(classes, classes, dtype=torch.int64)
    matrix[targets[counted], prediction[counted]] += 1
    return matrix


@COUNT_PIXELS.wrong
def void_as_the_last_class(logits, targets):
    """You counted void pixels as the last class. Nobody knows what they are: leave out where the target is 255."""
    return count_pixels(logits, targets.clamp(max=logits.shape[1] - 1))


@COUNT_PIXELS.wrong
def void_not_left_out(logits, targets):
    """You did not leave void out. Its id, 255, makes numbers of pairs far beyond C * C. Take only the pixels where
    targets != 255, both of the targets and of the prediction.
    """
    classes = logits.shape[1]
    pairs = classes * targets + logits.argmax(dim=1)
    return torch.bincount(pairs.flatten(), minlength=classes**2).reshape(classes, classes)


@COUNT_PIXELS.wrong
def no_minlength(logits, targets):
    """torch.bincount counts only up to the largest number that occurs, so the last pairs may be missing: give it
    minlength=classes**2.
    """
    classes = logits.shape[1]
    counted = targets != 255
    pairs = classes * targets[counted] + logits.argmax(dim=1)[counted]
    return torch.bincount(pairs).reshape(classes, classes)


@COUNT_PIXELS.wrong
def classes_of_the_targets(logits, targets):
    """You took the number of classes from the targets, where a class may be absent. The logits have one channel for
    each class: logits.shape[1].
    """
    counted = targets != 255
    classes = int(targets[counted].max()) + 1 if counted.any() else 1
    pairs = classes * targets[counted] + logits.argmax(dim=1)[counted]
    return torch.bincount(pairs, minlength=classes**2)[: classes**2].reshape(classes, classes)


@COUNT_PIXELS.right
def counted_in_loops(logits, targets):
    classes = logits.shape[1]
    counts = [[0] * classes for _ in range(classes)]
    for p, t in zip(logits.argmax(dim=1).flatten().tolist(), targets.flatten().tolist(), strict=True):
        if t != 255:
            counts[t][p] += 1
    return counts


@COUNT_PIXELS.right
def counted_in_numpy(logits, targets):
    prediction, targets = np.array(logits.argmax(dim=1)), np.array(targets)
    counts = np.zeros((logits.shape[1],) * 2, dtype=np.int64)
    np.add.at(counts, (targets[targets != 255], prediction[targets != 255]), 1)
    return counts


@COUNT_PIXELS.right
def counted_by_one_hot(logits, targets):
    ids = torch.arange(logits.shape[1])
    truth = (targets.flatten()[:, None] == ids).long()  # (pixels, C), a row of zeros for void
    predicted = (logits.argmax(dim=1).flatten()[:, None] == ids).long()
    return truth.T @ predicted
