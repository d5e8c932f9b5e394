"""All scores from one matrix."""

import numpy as np

from course_lib.checking.exercise import Exercise


def scores_from_matrix(matrix):
    """Return every score of a confusion matrix.

    Args:
        matrix: nested lists of int, true classes in rows and predicted classes in columns; not all 0.

    Returns:
        A dict with "accuracy" (float), "iou" and "dice" (a list with a float for each class, float("nan") for
        a class that is neither in the truth nor in the prediction) and "mIoU" (the mean of the IoUs that are
        numbers).
    """
    ### BEGIN SOLUTION
    classes = range(len(matrix))
    ious, dices = [], []
    for c in classes:
        both = matrix[c][c]
        true = sum(matrix[c])
        predicted = sum(row[c] for row in matrix)
        present = true + predicted > 0
        ious.append(both / (true + predicted - both) if present else float("nan"))
        dices.append(2 * both / (true + predicted) if present else float("nan"))
    right = sum(matrix[c][c] for c in classes)
    numbers = [iou for iou in ious if iou == iou]  # nan is the one value that differs from itself
    accuracy = right / sum(map(sum, matrix))
    return {"accuracy": accuracy, "iou": ious, "dice": dices, "mIoU": sum(numbers) / len(numbers)}
    ### END SOLUTION


def _draw_matrix(rng):
    num_classes = int(rng.integers(2, 5))
    matrix = rng.integers(1, 9, size=(num_classes, num_classes))
    matrix[np.diag_indices(num_classes)] += rng.integers(12, size=num_classes)
    if rng.random() < 0.5:
        absent = rng.integers(num_classes)
        matrix[absent] = matrix[:, absent] = 0
    return (matrix.tolist(),)


SCORES_FROM_MATRIX = Exercise(
    scores_from_matrix,
    title="All scores from one matrix",
    points=3,
    minutes=10,
    source="Losses and metrics; Lesson 33, mini-challenge",
    draw=_draw_matrix,
    hints=(
        "Three numbers a class are enough: its diagonal cell, the sum of its row, the sum of its column.",
        "IoU = diagonal / (row + column − diagonal), Dice = 2 · diagonal / (row + column). Where row + column is 0, "
        "both are float('nan').",
        "accuracy = sum of the diagonal / sum of the matrix. For the mean keep the IoUs with iou == iou, which drops "
        "nan, and divide by how many are left.",
    ),
    why="One matrix holds them all: a row is what is true, a column what was said, the diagonal where both agree.",
)

SCORES_FROM_MATRIX.worked(
    [[3, 0, 0], [1, 2, 0], [0, 1, 2]],
    gives={
        "accuracy": 7 / 9,
        "iou": [0.75, 0.5, 2 / 3],
        "dice": [6 / 7, 2 / 3, 0.8],
        "mIoU": (0.75 + 0.5 + 2 / 3) / 3,
    },
)
SCORES_FROM_MATRIX.worked(
    [[90, 0], [10, 0]], gives={"accuracy": 0.9, "iou": [0.9, 0.0], "dice": [1.8 / 1.9, 0.0], "mIoU": 0.45}
)

NAN = float("nan")

SCORES_FROM_MATRIX.worked(
    [[4, 0, 1], [0, 0, 0], [1, 0, 2]],
    gives={
        "accuracy": 6 / 8,
        "iou": [4 / 6, NAN, 0.5],
        "dice": [0.8, NAN, 4 / 6],
        "mIoU": (4 / 6 + 0.5) / 2,
    },
)


def _scores_with(**changed):
    """Return an answer that gets some of the scores in a wrong way."""

    def answer(matrix):
        right = scores_from_matrix(matrix)
        return {**right, **{name: change(matrix, right) for name, change in changed.items()}}

    return answer


def _absent_as_zero(matrix, right):
    return [0.0 if iou != iou else iou for iou in right["iou"]]


def _absent_dice_as_zero(matrix, right):
    return [0.0 if dice != dice else dice for dice in right["dice"]]


def _mean_with_zeros(matrix, right):
    return float(np.mean(_absent_as_zero(matrix, right)))


SCORES_FROM_MATRIX.wrong(
    _scores_with(iou=_absent_as_zero, dice=_absent_dice_as_zero, mIoU=_mean_with_zeros),
    name="absent_counts",
    sentence="You gave a class that is nowhere scores of 0, and the mean pays for it. There was nothing to "
    "find: write nan, and leave it out of the mean.",
)


def _perfect(name):
    return lambda matrix, right: [1.0 if score != score else score for score in right[name]]


def _mean_with_ones(matrix, right):
    return float(np.mean(_perfect("iou")(matrix, right)))


SCORES_FROM_MATRIX.wrong(
    _scores_with(iou=_perfect("iou"), dice=_perfect("dice"), mIoU=_mean_with_ones),
    name="absent_is_perfect",
    sentence="You gave a class that is nowhere scores of 1, and the mean gains by it. There was nothing to "
    "find: write nan, and leave it out of the mean.",
)


def _mean_of_all(matrix, right):
    return float(np.mean(right["iou"]))


SCORES_FROM_MATRIX.wrong(
    _scores_with(mIoU=_mean_of_all),
    name="nan_in_mean",
    sentence="Your mean takes the nan of an absent class along and becomes nan itself. Keep the IoUs that are "
    "numbers, and divide by how many they are.",
)
SCORES_FROM_MATRIX.wrong(
    _scores_with(mIoU=_mean_with_zeros),
    name="absent_only_in_mean",
    sentence="Your mean counts a class with nan as 0. Divide by the number of IoUs that are numbers.",
)


def _sums(matrix):
    array = np.array(matrix)
    return array.diagonal(), array.sum(axis=1), array.sum(axis=0)


def _recalls(matrix, right):
    both, true, _ = _sums(matrix)
    return [float(b / t) if t else NAN for b, t in zip(both, true, strict=True)]


def _mean_recall(matrix, right):
    return float(np.nanmean([recall for recall in _recalls(matrix, right) if recall == recall] or [NAN]))


SCORES_FROM_MATRIX.wrong(
    _scores_with(iou=_recalls, mIoU=_mean_recall),
    name="recall",
    sentence="Your IoU is the diagonal over its row: that is recall. The union also has the column, the pixels "
    "that were predicted.",
)


def _union_counts_both_twice(matrix, right):
    both, true, predicted = _sums(matrix)
    return [float(b / (t + p)) if t + p else NAN for b, t, p in zip(both, true, predicted, strict=True)]


def _mean_of_half_dice(matrix, right):
    return float(np.nanmean(_union_counts_both_twice(matrix, right)))


SCORES_FROM_MATRIX.wrong(
    _scores_with(iou=_union_counts_both_twice, mIoU=_mean_of_half_dice),
    name="both_twice",
    sentence="You divided by row + column. Both hold the diagonal, so the union is row + column − diagonal.",
)


def _accuracy_of_classes(matrix, right):
    return _mean_recall(matrix, right)


SCORES_FROM_MATRIX.wrong(
    _scores_with(accuracy=_accuracy_of_classes),
    name="mean_class_accuracy",
    sentence="Your accuracy is the mean over the classes of diagonal / row. Pixel accuracy is the whole "
    "diagonal over all pixels.",
)


def _weighted_miou(matrix, right):
    _, true, _ = _sums(matrix)
    return float(sum(iou * t for iou, t in zip(right["iou"], true, strict=True) if iou == iou) / true.sum())


SCORES_FROM_MATRIX.wrong(
    _scores_with(mIoU=_weighted_miou),
    name="weighted_mean",
    sentence="You weighed each IoU by the pixels of its class. In mIoU every class counts the same.",
)


@SCORES_FROM_MATRIX.right
def scores_numpy(matrix):
    both, true, predicted = _sums(matrix)
    with np.errstate(invalid="ignore"):
        iou, dice = both / (true + predicted - both), 2 * both / (true + predicted)
    return {"accuracy": both.sum() / true.sum(), "iou": iou, "dice": dice, "mIoU": np.nanmean(iou)}


@SCORES_FROM_MATRIX.right
def scores_by_dice(matrix):
    right = scores_from_matrix(matrix)
    dices = [2 * iou / (1 + iou) for iou in right["iou"]]
    return {
        "mIoU": right["mIoU"],
        "dice": tuple(dices),
        "iou": tuple(right["iou"]),
        "accuracy": right["accuracy"],
    }


@SCORES_FROM_MATRIX.right
def scores_loops(matrix):
    total = right = 0
    for i, row in enumerate(matrix):
        for j, count in enumerate(row):
            total += count
            right += count * (i == j)
    other = scores_from_matrix(matrix)
    return {**other, "accuracy": right / total}
