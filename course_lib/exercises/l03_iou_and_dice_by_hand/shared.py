"""What several exercises of lesson 03 share."""

import numpy as np

NAN = float("nan")

# The worked examples' masks.
OVERLAP_PREDICTION = [[0, 0, 1, 1], [0, 1, 1, 1], [0, 1, 1, 0], [0, 0, 0, 0]]
OVERLAP_TRUTH = [[0, 1, 1, 1], [0, 1, 1, 0], [0, 1, 1, 0], [0, 0, 0, 0]]
# A block of 5 rows and 10 columns, predicted one row too high: 10 pixels are only predicted, 10 only true, 40 both.
BLOCK_PREDICTION = [[1] * 10 for _ in range(5)] + [[0] * 10]
BLOCK_TRUTH = [[0] * 10] + [[1] * 10 for _ in range(5)]
THOUSAND_TRUE = [[1] * 40 for _ in range(25)]
NOTHING_PREDICTED = [[0] * 40 for _ in range(25)]
THREE_PREDICTION = [[0, 1, 1], [2, 1, 0], [0, 0, 2]]
THREE_TRUTH = [[0, 1, 2], [2, 1, 0], [0, 1, 2]]
ABSENT_PREDICTION = [[0, 0, 3], [1, 1, 0]]
ABSENT_TRUTH = [[0, 0, 0], [1, 0, 0]]


MASKS = (
    "usual",
    "both empty",
    "no prediction",
    "no truth",
    "equal",
    "opposite",
    "one pixel",
    "one row",
    "square",
    "larger than the examples",
)


def draw_masks(rng, kind):
    """Draw two masks of 0 and 1 of one of the kinds in MASKS; all four regions occur in the usual ones."""
    shape = [int(side) for side in rng.choice(np.arange(2, 8), size=2, replace=False)]
    shape = {"one pixel": [1, 1], "one row": [1, 6], "square": [3, 3]}.get(kind, shape)
    if kind == "larger than the examples":
        shape = [11, 13]
    truth = rng.random(shape) < rng.uniform(0.3, 0.7)
    prediction = truth ^ (rng.random(shape) < 0.3)
    if truth.size > 4:
        prediction.flat[:4], truth.flat[:4] = (True, True, False, False), (True, False, True, False)
    if kind in ("both empty", "no prediction"):
        prediction[:] = False
    if kind in ("both empty", "no truth"):
        truth[:] = False
    if kind == "equal":
        prediction = truth
    if kind == "one pixel":
        prediction[:] = truth[:] = True
    if kind == "opposite":
        prediction = ~truth
    return prediction.astype(int).tolist(), truth.astype(int).tolist()


CLASS_MAPS = (
    "usual",
    "a class is absent",
    "a class is only predicted",
    "a class is only true",
    "one class in all pixels",
    "a class of one pixel",
    "all right",
    "one row",
    "square",
    "as many classes as columns",
    "larger than the examples",
)


def draw_class_maps(rng, kind):
    """Draw two class maps of one of the kinds in CLASS_MAPS, and the number of classes."""
    num_classes = int(rng.integers(3, 6))
    shape = [int(side) for side in rng.choice(np.arange(3, 8), size=2, replace=False)]
    shape = {"one row": [1, 6], "square": [4, 4], "larger than the examples": [11, 13]}.get(kind, shape)
    if kind == "as many classes as columns":
        shape[1] = num_classes
    one = int(rng.integers(num_classes))
    other = (one + 1) % num_classes
    truth = rng.integers(num_classes, size=shape)
    prediction = np.where(rng.random(shape) < 0.4, rng.integers(num_classes, size=shape), truth)
    prediction[0, :2], truth[0, :2] = (one, other), (other, one)
    if kind == "one class in all pixels":
        truth[:] = one
    if kind in ("all right", "one class in all pixels"):
        prediction = truth.copy()
    if kind in ("a class is absent", "a class is only predicted", "a class of one pixel"):
        truth[truth == one] = other
    if kind in ("a class is absent", "a class is only true", "a class of one pixel"):
        prediction[prediction == one] = other
    if kind == "a class of one pixel":
        prediction[-1, -1] = truth[-1, -1] = one
    return prediction.tolist(), truth.tolist(), num_classes


def ratio(part, whole):
    """Divide as the misconceptions do, with nan where there is nothing to divide by."""
    return part / whole if whole else NAN
