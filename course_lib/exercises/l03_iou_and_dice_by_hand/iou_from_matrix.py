"""IoU from the matrix."""

import numpy as np

from course_lib.checking.exercise import Exercise, by_kind
from course_lib.exercises.l03_iou_and_dice_by_hand.shared import NAN, ratio


def iou_from_matrix(matrix):
    """Return the IoU of every class from a confusion matrix, true classes in rows.

    Args:
        matrix: an array of int (C, C).

    Returns:
        C floats, as an array (C,) or a list; nan for a class whose row and column are all 0.
    """
    ### BEGIN SOLUTION
    intersection = matrix.diagonal()  # (C,)
    true_area = matrix.sum(axis=1)  # (C,)
    predicted_area = matrix.sum(axis=0)  # (C,)
    union = true_area + predicted_area - intersection  # (C,)
    scores = np.full(len(matrix), np.nan)  # (C,)
    present = union > 0
    scores[present] = intersection[present] / union[present]
    return scores
    ### END SOLUTION


_KINDS = (
    "usual",
    "a class is absent",
    "a class is never predicted",
    "a class is never true",
    "all right",
    "a class of one pixel, found",
    "a class of one pixel, missed",
)


def _draw_matrix(rng, kind):
    num_classes = int(rng.integers(2, 6))
    matrix = rng.integers(1, 12, size=(num_classes, num_classes))
    matrix[np.diag_indices(num_classes)] += rng.integers(20, size=num_classes)
    one = rng.integers(num_classes)
    if kind == "all right":
        matrix = np.diag(matrix.diagonal())
    if kind != "a class is never predicted" and kind.startswith("a class"):
        matrix[one] = 0
    if kind != "a class is never true" and kind.startswith("a class"):
        matrix[:, one] = 0
    if "one pixel" in kind:
        matrix[one, one if kind.endswith("found") else one - 1] = 1
    return (matrix,)


IOU_FROM_MATRIX = Exercise(
    iou_from_matrix,
    title="IoU from the matrix",
    points=2,
    minutes=5,
    background=0,
    source="Losses and metrics, multi-class mIoU",
    draw=by_kind(_draw_matrix, *_KINDS),
    fresh_cases=24,
    hints=(
        "For one class: which cell is the intersection? Which cells hold its true pixels, and which its "
        "predicted pixels?",
        "The row adds up to the true area, the column to the predicted area. The diagonal cell is in both, so "
        "the union is row + column − diagonal.",
        "`matrix.diagonal()`, `matrix.sum(axis=1)` and `matrix.sum(axis=0)` give the three for all classes at "
        "once. Where the union is 0, put `np.nan`.",
    ),
    why="Row plus column holds the diagonal cell twice; taken off once, the union is left. One matrix thus "
    "replaces a pass over the masks for every class.",
)

IOU_FROM_MATRIX.worked(
    np.array([[3, 0, 0], [1, 2, 0], [0, 1, 2]]), gives=(0.75, 0.5, 2 / 3), example="miou-3x3"
)
IOU_FROM_MATRIX.worked(
    np.array([[3, 1, 0, 1], [0, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]),
    gives=(0.6, 0.5, NAN, 0.0),
    example="absent-class",
)
IOU_FROM_MATRIX.worked(np.array([[8, 2, 0], [0, 6, 0], [0, 0, 0]]), gives=(0.8, 0.75, NAN))


@IOU_FROM_MATRIX.wrong
def absent_is_0(matrix):
    """You gave 0 to a class whose row and column are empty. It was neither there nor predicted: give nan."""
    return np.nan_to_num(iou_from_matrix(matrix))


@IOU_FROM_MATRIX.wrong
def absent_is_1(matrix):
    """You gave 1 to a class whose row and column are empty, as if all of it had been found. There was nothing to find:
    give nan.
    """
    return np.nan_to_num(iou_from_matrix(matrix), nan=1.0)


@IOU_FROM_MATRIX.wrong
def of_truth(matrix):
    """You gave nan to a class that the truth does not have, although it was predicted. Such a class is all
    false alarm, and its IoU is 0: only where the union is 0 is there no score.
    """
    return np.where(matrix.sum(axis=1) > 0, iou_from_matrix(matrix), NAN)


@IOU_FROM_MATRIX.wrong
def nothing_right_is_nan(matrix):
    """You gave nan to a class of which nothing is right. It was there or was predicted, so its IoU is 0. Ask whether
    the union is 0, not the diagonal cell.
    """
    return np.where(matrix.diagonal() > 0, iou_from_matrix(matrix), NAN)


@IOU_FROM_MATRIX.wrong
def skipped(matrix):
    """You left the absent classes out of the list, so the scores after them have moved to the wrong place.
    Keep one place for each class, and put nan into it.
    """
    return [score for score in iou_from_matrix(matrix) if score == score]


@IOU_FROM_MATRIX.wrong
def foreground(matrix):
    """Your first score is missing. The background has a row and a column like every class: start at 0."""
    return iou_from_matrix(matrix)[1:]


def _from_matrix(denominator):
    """Make the answer that divides the diagonal by something else."""

    def answer(matrix):
        return [ratio(float(part), whole) for part, whole in zip(*denominator(matrix), strict=True)]

    return answer


IOU_FROM_MATRIX.wrong(
    _from_matrix(lambda m: (m.diagonal(), m.sum(axis=1))),
    name="recall",
    sentence="You divided by the sum of the row: that is recall, the share of the true pixels that were found. "
    "The union also has the rest of the column.",
)
IOU_FROM_MATRIX.wrong(
    _from_matrix(lambda m: (m.diagonal(), m.sum(axis=0))),
    name="precision",
    sentence="You divided by the sum of the column: that is precision, the share of the predicted pixels that "
    "are right. The union also has the rest of the row.",
)
IOU_FROM_MATRIX.wrong(
    _from_matrix(lambda m: (m.diagonal(), m.sum(axis=0) + m.sum(axis=1))),
    name="over_areas",
    sentence="You divided by row and column added up, and the diagonal cell is in both. Take it off once to "
    "get the union.",
)
IOU_FROM_MATRIX.wrong(
    _from_matrix(lambda m: (m.diagonal(), m.sum(axis=0) + m.sum(axis=1) - 2 * m.diagonal())),
    name="over_mistakes",
    sentence="You took the diagonal cell off twice, so only the mistakes are left below the line. Row and "
    "column hold it twice, the union once: take it off once.",
)
IOU_FROM_MATRIX.wrong(
    _from_matrix(lambda m: (m.diagonal(), m.sum() - m.diagonal())),
    name="over_all_but_the_diagonal",
    sentence="You divided by all pixels of the matrix but the class's diagonal cell. The union of a class is its own "
    "row and column: add them up, and take off the diagonal cell, which is in both.",
)
IOU_FROM_MATRIX.wrong(
    _from_matrix(lambda m: (2 * m.diagonal(), m.sum(axis=0) + m.sum(axis=1))),
    name="dice",
    sentence="You returned Dice: twice the diagonal over row and column. For IoU, take the diagonal once, over "
    "row plus column minus diagonal.",
)
IOU_FROM_MATRIX.wrong(
    _from_matrix(lambda m: (m.diagonal(), [m.sum()] * len(m))),
    name="over_all",
    sentence="You divided by all pixels. Those parts add up to pixel accuracy; the union of a class is its own "
    "row and column only.",
)


def _without_nan(answer):
    """Make the answer that leaves out what is nan."""
    return lambda matrix: [score for score in answer(matrix) if score == score]


IOU_FROM_MATRIX.wrong(
    _without_nan(_from_matrix(lambda m: (2 * m.diagonal(), m.sum(axis=0) + m.sum(axis=1)))),
    name="dice_skipped",
    sentence="Two things at once. First: you returned Dice; for IoU take the diagonal once, over row plus column "
    "minus diagonal. Second: you left the absent classes out of the list; keep a place for each, with nan in it.",
)


@IOU_FROM_MATRIX.wrong
def row_twice(matrix):
    """You took the row for the column as well. The row has the true pixels of the class, the column those that are
    predicted as the class: both belong into the union, and the diagonal cell once.
    """
    true, right = matrix.sum(axis=1), matrix.diagonal()
    return [ratio(both, 2 * area - both) for both, area in zip(right, true, strict=True)]


@IOU_FROM_MATRIX.wrong
def column_twice(matrix):
    """You took the column for the row as well. The column has the pixels that are predicted as the class, the row its
    true ones: both belong into the union, and the diagonal cell once.
    """
    predicted, right = matrix.sum(axis=0), matrix.diagonal()
    return [ratio(both, 2 * area - both) for both, area in zip(right, predicted, strict=True)]


@IOU_FROM_MATRIX.right
def plain_python(matrix):
    scores = []
    for c in range(len(matrix)):
        union = sum(matrix[c]) + sum(row[c] for row in matrix) - matrix[c][c]
        scores.append(matrix[c][c] / union if union else NAN)
    return scores


@IOU_FROM_MATRIX.right
def one_line(matrix):
    areas = matrix.sum(axis=0) + matrix.sum(axis=1)
    with np.errstate(invalid="ignore"):
        return np.diag(matrix) / (areas - np.diag(matrix))


@IOU_FROM_MATRIX.right
def via_dice(matrix):
    areas = (matrix + matrix.T).sum(axis=1)
    scores = 2 * np.diag(matrix) / np.where(areas > 0, areas, np.nan)
    return tuple(scores / (2 - scores))


IOU_FROM_MATRIX.equivalent(
    "via_dice, line 3: 1 -> 0",
    because="The matrix and its transpose add up to a symmetric one.",
)

IOU_FROM_MATRIX.equivalent(
    "one_line, line 4: np.errstate(invalid='ignore') -> np.errstate()",
    because="It only silences a warning.",
)

IOU_FROM_MATRIX.equivalent(
    "iou_from_matrix, line 15: matrix -> intersection",
    "iou_from_matrix, line 15: matrix -> predicted_area",
    "iou_from_matrix, line 15: matrix -> true_area",
    "iou_from_matrix, line 15: matrix -> union",
    because="Only the number of classes is asked for.",
)

IOU_FROM_MATRIX.equivalent(
    "iou_from_matrix, line 16: 0 -> -1",
    "iou_from_matrix, line 16: union > 0 -> union >= 0",
    "plain_python, line 6: matrix[c][c] / union if union else NAN -> matrix[c][c] / union",
    "via_dice, line 4: 0 -> -1",
    "via_dice, line 4: areas > 0 -> areas >= 0",
    "via_dice, line 4: np.where(areas > 0, areas, np.nan) -> areas",
    because="Nothing divided by nothing is nan without being asked for. A count is 0 or at least 1.",
)
