"""The confusion that costs the most."""

import numpy as np

from course_lib.checking.exercise import Exercise, by_kind


def worth_mending(matrix):
    """Find the confusion whose mending would raise the mean IoU the most.

    Args:
        matrix: a confusion matrix, nested lists of int: matrix[true][predicted] counts pixels. Every class occurs.

    Returns:
        (true, predicted), two different class ids: if all pixels of this entry were predicted as their true class, the
        mean IoU would be higher than with any other entry mended. There is never a tie.
    """
    ### BEGIN SOLUTION

    def mean_iou(counts):
        ious = []
        for c in range(len(counts)):
            union = sum(counts[c]) + sum(row[c] for row in counts) - counts[c][c]
            ious.append(counts[c][c] / union)
        return sum(ious) / len(ious)

    gains = {}
    for true, row in enumerate(matrix):
        for predicted, count in enumerate(row):
            if predicted != true:
                mended = [list(line) for line in matrix]
                mended[true][predicted] = 0
                mended[true][true] += count
                gains[true, predicted] = mean_iou(mended)
    return max(gains, key=gains.get)
    ### END SOLUTION


def _iou(matrix):
    """Return the IoU of each class of a matrix, an array (..., C, C)."""
    both = np.diagonal(matrix, axis1=-2, axis2=-1)
    return both / (matrix.sum(-1) + matrix.sum(-2) - both)


def _after(matrix):
    """Yield each entry beside the diagonal, and the matrix with it mended."""
    for true, predicted in np.argwhere(~np.eye(len(matrix), dtype=bool)).tolist():
        mended = np.array(matrix)
        mended[true, true] += mended[true, predicted]
        mended[true, predicted] = 0
        yield (true, predicted), mended


def _best(matrix, worth):
    """Return the entry with the highest worth of (true, predicted, the matrix with it mended)."""
    return max(_after(matrix), key=lambda item: worth(*item[0], item[1]))[0]


def largest_count(matrix):
    """You chose the entry with the most pixels. That raises the accuracy the most, but the mean IoU counts every class
    alike: fewer pixels may cost a small class more.
    """
    return _best(matrix, lambda true, predicted, mended: matrix[true][predicted])


def largest_share(matrix):
    """You chose the largest share of a row, so you looked at the recall of the true class. The predicted class gains as
    well, because false alarms leave its union: compute the mean IoU with the entry mended.
    """
    return _best(matrix, lambda true, predicted, mended: matrix[true][predicted] / sum(matrix[true]))


def true_class_only(matrix):
    """You chose by the IoU of the true class only. Mending an entry also takes false alarms away from the predicted
    class, whose IoU rises too: compare the means.
    """
    return _best(matrix, lambda true, predicted, mended: _iou(mended)[true] - _iou(np.array(matrix))[true])


def of_the_weakest_class(matrix):
    """You looked only at the class with the lowest IoU. Try every entry of the matrix: another one may raise the mean
    further.
    """
    weakest = int(_iou(np.array(matrix)).argmin())
    row = [count if predicted != weakest else -1 for predicted, count in enumerate(matrix[weakest])]
    return weakest, int(np.argmax(row))


def to_the_wrong_diagonal(matrix):
    """You moved the pixels to the diagonal of the predicted class. Mended, they are predicted as their true class: they
    go to `matrix[true][true]`.
    """

    def worth(true, predicted, mended):
        changed = np.array(matrix)
        changed[predicted, predicted] += changed[true, predicted]
        changed[true, predicted] = 0
        return _iou(changed).mean()

    return _best(matrix, worth)


def forgets_the_gain(matrix):
    """The pixels of the entry are lost. Mended, they are still there, and right: add them to the diagonal of their row,
    before you set the entry to 0.
    """

    def worth(true, predicted, mended):
        changed = np.array(matrix)
        changed[true, predicted] = 0
        return _iou(changed).mean()

    return _best(matrix, worth)


def diagonal_twice(matrix):
    """Your union is the row plus the column, and both of them hold the diagonal. Subtract it once, as in lesson 03."""

    def worth(true, predicted, mended):
        sizes = mended.sum(axis=0) + mended.sum(axis=1)
        return (mended.diagonal() / sizes).mean()

    return _best(matrix, worth)


def _in_one_copy(matrix):
    """Mend one entry after another, without undoing any."""
    copy, best, highest = np.array(matrix), None, -1.0
    for (true, predicted), _ in _after(matrix):
        copy[true, true] += copy[true, predicted]
        copy[true, predicted] = 0
        score = float(_iou(copy).mean())
        if score > highest:
            best, highest = (true, predicted), score
    return best


def _overwritten(matrix):
    """Overwrite the diagonal instead of adding to it."""

    def worth(true, predicted, mended):
        changed = np.array(mended)
        changed[true, true] = matrix[true][predicted]
        return _iou(changed).mean()

    return _best(matrix, worth)


def _whole_row(matrix):
    """Mend all mistakes of a class, not one entry."""

    def worth(true, predicted, mended):
        changed = np.array(mended)
        changed[true, true] = sum(matrix[true])
        return _iou(changed).mean()

    return _best(matrix, worth)


def _product(matrix):
    """Multiply the gains of the two classes instead of adding them."""

    def worth(true, predicted, mended):
        gains = _iou(mended) - _iou(np.array(matrix))
        return gains[true] * gains[predicted]

    return _best(matrix, worth)


_TEMPTING = {
    "the largest count is another": largest_count,
    "the largest share is another": largest_share,
    "both classes gain": true_class_only,
    "the weakest class is another": of_the_weakest_class,
    "the other diagonal is tempting": to_the_wrong_diagonal,
    "deleting is not mending": forgets_the_gain,
    "the diagonal counts once": diagonal_twice,
}
_ALSO = {  # told apart, but nobody's idea
    "the diagonal grows": _overwritten,
    "gains are added": _product,
    "one entry of the row": _whole_row,
}
_KINDS = ("usual", "two classes", "five classes", "the last entry is empty", *_TEMPTING, *_ALSO)


def _draw_matrix(rng, kind):
    """Draw until there is one best entry, and the kind's tempting answer is another one."""
    tempting = (_TEMPTING | _ALSO).get(kind)
    classes = {"two classes": 2, "five classes": 5}.get(kind, int(rng.integers(3, 5)))
    while True:
        sizes = rng.choice([40, 100, 300, 900], size=classes)
        shares = rng.dirichlet([0.5] * classes, size=classes) * 0.5 + np.eye(classes) * 0.5
        matrix = np.rint(sizes[:, None] * shares).astype(int).tolist()
        if kind == "the last entry is empty":
            matrix[-1][-2] = 0
        means = sorted(_iou(mended).mean() for _, mended in _after(matrix))
        if means[-1] - means[-2] > 0.002 and (tempting is None or tempting(matrix) != worth_mending(matrix)):
            return (matrix,)


WORTH_MENDING = Exercise(
    worth_mending,
    title="The confusion that costs the most",
    points=3,
    minutes=15,
    source="Losses and metrics: mean IoU, per-class IoU, what to log",
    draw=by_kind(_draw_matrix, *_KINDS),
    fresh_cases=16,
    hints=(
        "No shortcut is safe, because two classes gain at once. There are few entries: what would you have to compute "
        "for each of them, to compare them?",
        "For each entry off the diagonal copy the matrix, move the entry's pixels to the diagonal of their row, and "
        "compute the mean IoU of the copy. The IoU of class c is `m[c][c]` divided by the sum of row c plus the sum of "
        "column c minus `m[c][c]`.",
        "Make the copy inside both loops, `mended = [list(row) for row in matrix]`. Keep each mean IoU in a dict, "
        "`gains[true, predicted] = mean_iou(mended)`, and return `max(gains, key=gains.get)`.",
    ),
    why="Mending an entry raises two IoUs: that of the true class, which gains right pixels, and that of the predicted "
    "one, which loses false alarms. How much depends on how large the two classes are.",
)

WORTH_MENDING.worked([[900, 60, 0], [40, 300, 0], [20, 0, 20]], gives=(2, 0))
WORTH_MENDING.worked([[90, 10], [20, 80]], gives=(1, 0))
WORTH_MENDING.worked([[50, 0, 0], [5, 40, 5], [0, 20, 30]], gives=(2, 1))

for _answer in _TEMPTING.values():
    WORTH_MENDING.wrong(_answer)


@WORTH_MENDING.wrong
def swapped(matrix):
    """You found the entry, but returned (predicted, true). The row is the true class, and it comes first."""
    return worth_mending(matrix)[::-1]


@WORTH_MENDING.wrong
def smallest_gain(matrix):
    """You returned the entry that matters least. Take the highest mean IoU: max, not min."""
    return _best(matrix, lambda true, predicted, mended: -_iou(mended).mean())


@WORTH_MENDING.wrong
def the_score(matrix):
    """You returned the mean IoU that mending would give. Asked for is the entry: (true, predicted)."""
    return float(max(_iou(mended).mean() for _, mended in _after(matrix)))


@WORTH_MENDING.wrong
def in_one_copy(matrix):
    """You returned the last entry that helps at all. Is there one copy for all entries, so that those tried before stay
    mended? Make a new one inside both loops. And where you keep a better entry, keep its mean IoU as well.
    """
    return _in_one_copy(matrix)


@WORTH_MENDING.wrong
def in_one_copy_and_swapped(matrix):
    """Two things at once. First: you returned the last entry that helps at all. Make a new copy for each entry, and
    keep the highest mean so far. Second: you returned (predicted, true). The row is the true class: it comes first.
    """
    return _in_one_copy(matrix)[::-1]


@WORTH_MENDING.wrong
def left_in_the_entry(matrix):
    """You added the entry's pixels to the diagonal and left them in the entry too. Set the entry to 0."""

    def worth(true, predicted, mended):
        changed = np.array(mended)
        changed[true, predicted] = matrix[true][predicted]
        return _iou(changed).mean()

    return _best(matrix, worth)


@WORTH_MENDING.wrong
def on_the_diagonal(matrix):
    """You returned the largest entry of the matrix, which is on the diagonal: those pixels are right already. Look only
    at entries whose row and column differ.
    """
    return np.unravel_index(np.argmax(matrix), np.shape(matrix))


@WORTH_MENDING.wrong
def largest_share_of_a_column(matrix):
    """You chose the largest share of a column, so you looked at the precision of the predicted class. The true class
    gains as well: compute the mean IoU with the entry mended.
    """
    columns = np.array(matrix).sum(axis=0)
    return _best(matrix, lambda true, predicted, mended: matrix[true][predicted] / columns[predicted])


@WORTH_MENDING.right
def with_numpy(matrix):
    means = {entry: _iou(mended).mean() for entry, mended in _after(matrix)}
    return max(means, key=means.get)


@WORTH_MENDING.right
def by_two_gains(matrix):
    m = np.array(matrix)
    both, union = m.diagonal(), m.sum(axis=1) + m.sum(axis=0) - m.diagonal()
    gain_true = (both[:, None] + m) / union[:, None] - (both / union)[:, None]
    gain_predicted = both / (union - m) - both / union
    gain = gain_true + gain_predicted
    np.fill_diagonal(gain, -1)
    return np.unravel_index(gain.argmax(), gain.shape)


@WORTH_MENDING.right
def as_a_list(matrix):
    best, highest = [0, 1], -1.0
    for (true, predicted), mended in _after(matrix):
        score = float(_iou(mended).sum())
        if score > highest:
            best, highest = [true, predicted], score
    return best


WORTH_MENDING.equivalent(
    "worth_mending, line 15: counts -> matrix",
    "worth_mending, line 15: counts -> mended",
    "worth_mending, line 15: counts -> row",
    "worth_mending, line 16: counts -> matrix",
    "worth_mending, line 16: counts -> mended",
    "worth_mending, line 17: counts -> mended",
    "worth_mending, line 18: ious -> counts",
    "worth_mending, line 18: ious -> matrix",
    "worth_mending, line 18: ious -> mended",
    "worth_mending, line 18: ious -> row",
    because="The names hold the same matrix there, or one of the same length, or one with the same sums of rows.",
)

WORTH_MENDING.equivalent(
    "worth_mending, line 18: sum(ious) / len(ious) -> sum(ious)",
    "worth_mending, line 18: sum(ious) / len(ious) -> sum(ious) * len(ious)",
    "as_a_list, line 5: _iou(mended).sum() -> _iou(mended).mean()",
    "as_a_list, line 5: float(_iou(mended).sum()) -> _iou(mended).sum()",
    "with_numpy, line 3: _iou(mended).mean() -> _iou(mended).sum()",
    because="Sum and mean have the same order.",
)

WORTH_MENDING.equivalent(
    *(
        f"worth_mending, line 23: {old} -> {new}"
        for old in ("predicted", "true")
        for new in ("count", "gains", "matrix", "row")
    ),
    "worth_mending, line 25: 0 -> -1",
    "worth_mending, line 25: 0 -> 1",
    because="An entry on the diagonal gains nothing, and one pixel more or less is too little to change the best.",
)

WORTH_MENDING.equivalent(
    "as_a_list, line 3: -1.0 -> 1.0",
    "as_a_list, line 3: 1.0 -> 0.0",
    "as_a_list, line 3: 1.0 -> 2.0",
    "as_a_list, line 3: 0 -> -1",
    "as_a_list, line 3: 0 -> 1",
    "as_a_list, line 3: 1 -> 0",
    "as_a_list, line 3: 1 -> 2",
    "as_a_list, line 6: score > highest -> score >= highest",
    "by_two_gains, line 5: m -> matrix",
    "by_two_gains, line 6: m -> matrix",
    "by_two_gains, line 8: 1 -> 0",
    "by_two_gains, line 8: 1 -> 2",
    "by_two_gains, line 9: gain -> gain_predicted",
    "by_two_gains, line 9: gain -> gain_true",
    "by_two_gains, line 9: gain -> m",
    because="Where a search starts is replaced, the arrays have the same numbers or shape, and there is no tie.",
)
