"""All scores from one matrix."""

import numpy as np

from course_lib.checking.exercise import Exercise, by_kind


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


_KINDS = (
    "usual",
    "two classes",
    "many classes",
    "a class is absent",
    "a class is only in the truth",
    "a class is only predicted",
    "one pixel of a class, missed",
    "one false alarm of a class",
    "only one class",
    "nothing is right",
)


def _draw_matrix(rng, kind):
    """Draw a matrix; the kind may say something of one of its classes."""
    num_classes = {"two classes": 2, "many classes": 7}.get(kind, int(rng.integers(3, 5)))
    matrix = rng.integers(1, 9, size=(num_classes, num_classes))
    matrix += np.diag(rng.integers(12, size=num_classes))
    one, other = rng.choice(num_classes, size=2, replace=False)
    if kind == "nothing is right":
        np.fill_diagonal(matrix, 0)
    if kind == "only one class":
        matrix = np.diag(np.arange(num_classes) == one) * 9
    if kind in ("a class is absent", "a class is only predicted", "one false alarm of a class"):
        matrix[one] = 0
    if kind in ("a class is absent", "a class is only in the truth", "one pixel of a class, missed"):
        matrix[:, one] = 0
    if kind == "one false alarm of a class":
        matrix[:, one] = np.arange(num_classes) == other
    if kind == "one pixel of a class, missed":
        matrix[one] = np.arange(num_classes) == other
    return (matrix.tolist(),)


SCORES_FROM_MATRIX = Exercise(
    scores_from_matrix,
    title="All scores from one matrix",
    points=3,
    minutes=10,
    source="Losses and metrics; Lesson 33, mini-challenge",
    draw=by_kind(_draw_matrix, *_KINDS),
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


def _absent_as(value, name):
    return lambda matrix, right: [value if score != score else score for score in right[name]]


def _mean_with(value):
    return lambda matrix, right: float(np.mean(_absent_as(value, "iou")(matrix, right)))


SCORES_FROM_MATRIX.wrong(
    _scores_with(iou=_absent_as(0.0, "iou"), dice=_absent_as(0.0, "dice"), mIoU=_mean_with(0.0)),
    name="absent_counts",
    sentence="You gave a class that is nowhere scores of 0, and the mean pays for it. There was nothing to "
    "find: write nan, and leave it out of the mean.",
)


SCORES_FROM_MATRIX.wrong(
    _scores_with(iou=_absent_as(1.0, "iou"), dice=_absent_as(1.0, "dice"), mIoU=_mean_with(1.0)),
    name="absent_is_perfect",
    sentence="You gave a class that is nowhere scores of 1, and the mean gains by it. There was nothing to "
    "find: write nan, and leave it out of the mean.",
)


SCORES_FROM_MATRIX.wrong(
    _scores_with(mIoU=_mean_with(NAN)),
    name="nan_in_mean",
    sentence="Your mean takes the nan of an absent class along and becomes nan itself. Keep the IoUs that are "
    "numbers, and divide by how many they are.",
)
SCORES_FROM_MATRIX.wrong(
    _scores_with(mIoU=_mean_with(0.0)),
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


SCORES_FROM_MATRIX.wrong(
    _scores_with(accuracy=_mean_recall),
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
    iou, dice = both / (true + predicted - both), 2 * both / (true + predicted)
    return {"accuracy": both.sum() / true.sum(), "iou": iou, "dice": dice, "mIoU": np.nanmean(iou)}


@SCORES_FROM_MATRIX.right
def scores_by_dice(matrix):
    right = scores_from_matrix(matrix)
    return {**right, "dice": tuple(2 * iou / (1 + iou) for iou in right["iou"])}


@SCORES_FROM_MATRIX.right
def scores_loops(matrix):
    total = right = 0
    for i, row in enumerate(matrix):
        for j, count in enumerate(row):
            total += count
            right += count * (i == j)
    return {**scores_from_matrix(matrix), "accuracy": right / total}


SCORES_FROM_MATRIX.equivalent(
    "scores_from_matrix, line 1: right = sum((matrix[c][c] for c in classes))"
    " -> right = sum((matrix[c][c] for c in classes)) (moved)",
    because="Computed again in each round, it has the same value.",
)

SCORES_FROM_MATRIX.equivalent(
    "scores_numpy, line 5: true -> predicted",
    because="Truth and prediction have equally many pixels.",
)
