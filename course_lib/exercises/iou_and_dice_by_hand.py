"""The exercises of lesson 03: IoU and Dice by hand."""

import numpy as np

from course_lib import metrics
from course_lib.checking.exercise import Exercise, Misconception, Worked
from course_lib.masks import IGNORE_INDEX

NAN = float("nan")

# The worked examples' masks.
OVERLAP_PREDICTION = [[0, 0, 1, 1], [0, 1, 1, 1], [0, 1, 1, 0], [0, 0, 0, 0]]
OVERLAP_TRUTH = [[0, 1, 1, 1], [0, 1, 1, 0], [0, 1, 1, 0], [0, 0, 0, 0]]
THREE_PREDICTION = [[0, 1, 1], [2, 1, 0], [0, 0, 2]]
THREE_TRUTH = [[0, 1, 2], [2, 1, 0], [0, 1, 2]]
ABSENT_PREDICTION = [[0, 0, 3], [1, 1, 0]]
ABSENT_TRUTH = [[0, 0, 0], [1, 0, 0]]


# --- New cases ---------------------------------------------------------------------------------------------


def _draw_masks(rng):
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


def _draw_class_maps(rng):
    """Draw two class maps and the number of classes, more than the maps hold half of the time."""
    num_classes = int(rng.integers(2, 6))
    shape = tuple(rng.integers(2, 7, size=2))
    held = rng.permutation(num_classes)[: rng.integers(1, num_classes + 1)]
    truth = rng.choice(held, size=shape)
    guess = rng.integers(num_classes, size=shape) if rng.random() < 0.5 else rng.choice(held, size=shape)
    prediction = np.where(rng.random(shape) < 0.4, guess, truth)
    return prediction.tolist(), truth.tolist(), num_classes


def _draw_arrays(rng):
    """Draw class maps as arrays; the truth has void pixels in two of three."""
    prediction, truth, num_classes = _draw_class_maps(rng)
    prediction, truth = np.array(prediction), np.array(truth)
    if rng.random() < 0.67:
        truth[rng.random(truth.shape) < 0.25] = IGNORE_INDEX
    return prediction, truth, num_classes


def _draw_pairs(rng):
    """Draw two to four pairs of class maps of different sizes, some with a class that others lack."""
    num_classes = int(rng.integers(2, 4))
    pairs = []
    for _ in range(rng.integers(2, 5)):
        shape = tuple(rng.integers(2, 7, size=2))
        truth = rng.integers(rng.integers(1, num_classes + 1), size=shape)
        prediction = np.where(rng.random(shape) < 0.3, rng.integers(num_classes, size=shape), truth)
        pairs.append((prediction, truth))
    return pairs, num_classes


def _draw_matrix(rng):
    num_classes = int(rng.integers(2, 6))
    matrix = rng.integers(12, size=(num_classes, num_classes))
    matrix[np.diag_indices(num_classes)] += rng.integers(20, size=num_classes)
    if rng.random() < 0.4:
        absent = rng.integers(num_classes)
        matrix[absent] = matrix[:, absent] = 0
    return (matrix,)


def _draw_counts(rng):
    counts = rng.integers(1, 60, size=3)
    counts[rng.random(3) < 0.15] = 0
    if rng.random() < 0.2:
        counts[:] = 0
    return tuple(counts.tolist())


def _draw_iou(rng):
    edge = rng.integers(10)
    return ((0.0, 1.0, NAN)[edge] if edge < 3 else round(float(rng.random()), 3),)


def _ratio(part, whole):
    """Divide as the misconceptions do, with nan where there is nothing to divide by."""
    return part / whole if whole else NAN


# --- regions -----------------------------------------------------------------------------------------------


def regions(prediction, truth):
    """Count the pixels of two masks by region.

    Goes in: two masks of 0 and 1, nested lists of equal shape.
    Comes out: four counts (both, only_prediction, only_truth, neither), a tuple of int.
    """
    both, only_prediction, only_truth, neither = 0, 0, 0, 0
    ### BEGIN SOLUTION
    for predicted_row, true_row in zip(prediction, truth, strict=True):
        for predicted, true in zip(predicted_row, true_row, strict=True):
            if predicted == 1 and true == 1:
                both += 1
            elif predicted == 1:
                only_prediction += 1
            elif true == 1:
                only_truth += 1
            else:
                neither += 1
    ### END SOLUTION
    return both, only_prediction, only_truth, neither


def _regions_swapped(prediction, truth):
    return regions(truth, prediction)


def _regions_areas(prediction, truth):
    both, only_prediction, only_truth, neither = regions(prediction, truth)
    return both, both + only_prediction, both + only_truth, neither


def _regions_agreement(prediction, truth):
    both, only_prediction, only_truth, neither = regions(prediction, truth)
    return both + neither, only_prediction, only_truth, neither


def _regions_not_both(prediction, truth):
    both, only_prediction, only_truth, neither = regions(prediction, truth)
    return both, only_prediction, only_truth, only_prediction + only_truth + neither


def _regions_union(prediction, truth):
    both, only_prediction, only_truth, neither = regions(prediction, truth)
    return both + only_prediction + only_truth, only_prediction, only_truth, neither


def _regions_first_row(prediction, truth):
    return regions(prediction[:1], truth[:1])


def _regions_shares(prediction, truth):
    counts = regions(prediction, truth)
    return tuple(count / sum(counts) for count in counts)


def _regions_numpy(prediction, truth):
    prediction, truth = np.array(prediction, bool), np.array(truth, bool)
    only_prediction, only_truth = (prediction & ~truth).sum(), (~prediction & truth).sum()
    return (prediction & truth).sum(), only_prediction, only_truth, (~prediction & ~truth).sum()


def _regions_of_pairs(prediction, truth):
    pairs = [pair for rows in zip(prediction, truth, strict=True) for pair in zip(*rows, strict=True)]
    return [pairs.count(pair) for pair in ((1, 1), (1, 0), (0, 1), (0, 0))]


def _regions_from_areas(prediction, truth):
    predicted, true = sum(map(sum, prediction)), sum(map(sum, truth))
    both = sum(p * t for rows in zip(prediction, truth, strict=True) for p, t in zip(*rows, strict=True))
    pixels = len(truth) * len(truth[0])
    return both, predicted - both, true - both, pixels - predicted - true + both


REGIONS = Exercise(
    id="regions",
    title="The four regions of two masks",
    lesson="03",
    points=1,
    minutes=5,
    source="Losses and metrics, IoU: the table of pixel counts",
    reference=regions,
    worked=(
        Worked((OVERLAP_PREDICTION, OVERLAP_TRUTH), (6, 1, 1, 8), "overlap-4x4"),
        Worked(([[1, 1, 0]], [[0, 1, 0]]), (1, 1, 0, 1)),
        Worked(([[0, 0], [0, 0]], [[1, 1], [0, 1]]), (0, 0, 3, 1)),
    ),
    fresh=_draw_masks,
    misconceptions=(
        Misconception(
            "regions-swapped",
            _regions_swapped,
            "Your second and third counts have changed places. The second counts false alarms, prediction 1 "
            "and truth 0; the third counts misses, prediction 0 and truth 1.",
        ),
        Misconception(
            "regions-areas",
            _regions_areas,
            "You counted the whole area of each mask. Only the prediction means prediction 1 and truth 0: "
            "leave out the pixels that both have, they stand in the first count already.",
        ),
        Misconception(
            "regions-agreement",
            _regions_agreement,
            "Your first count takes every pixel where the two masks agree, so shared zeros too. Both means "
            "that both are 1; shared zeros belong to neither.",
        ),
        Misconception(
            "regions-not-both",
            _regions_not_both,
            "Your last count takes every pixel that is not in both masks. Neither means that both are 0: a "
            "pixel of one mask alone stands in the second or third count already.",
        ),
        Misconception(
            "regions-union",
            _regions_union,
            "Your first count takes pixels that at least one mask has: you wrote `or` where `and` is needed. "
            "Both means prediction 1 and truth 1.",
        ),
        Misconception(
            "regions-first-row",
            _regions_first_row,
            "You counted the first row alone. Is the `return` indented into the loop? Move it out, to the "
            "indentation of the `for`.",
        ),
        Misconception(
            "regions-shares",
            _regions_shares,
            "You divided by the number of pixels. Return the counts themselves: whole numbers that add up to "
            "the number of pixels.",
        ),
    ),
    accepted=(_regions_numpy, _regions_of_pairs, _regions_from_areas),
    hints=(
        "At every pixel the two masks hold one of four pairs: 1 and 1, 1 and 0, 0 and 1, 0 and 0.",
        "Walk through both masks at once: `for predicted_row, true_row in zip(prediction, truth)`, and inside "
        "it a second `zip` over the two rows.",
        "For each pixel: `if predicted == 1 and true == 1: both += 1`, `elif predicted == 1: "
        "only_prediction += 1`, `elif true == 1: only_truth += 1`, `else: neither += 1`.",
    ),
    why="Every pixel falls into exactly one of the four regions, so the counts add up to the number of pixels. "
    "Every overlap score is made of them.",
)


# --- iou ---------------------------------------------------------------------------------------------------


def iou(prediction, truth):
    """Return the IoU of two masks: the pixels in both over the pixels in at least one.

    Goes in: two masks of 0 and 1, nested lists of equal shape.
    Comes out: a float from 0 to 1; float("nan") where both masks are empty.
    """
    ### BEGIN SOLUTION
    both, only_prediction, only_truth, _ = regions(prediction, truth)
    union = both + only_prediction + only_truth
    if union == 0:
        return float("nan")  # nothing to find and nothing found: there is no overlap to measure
    return both / union
    ### END SOLUTION


def _iou_recall(prediction, truth):
    both, _, only_truth, _ = regions(prediction, truth)
    return _ratio(both, both + only_truth)


def _iou_precision(prediction, truth):
    both, only_prediction, _, _ = regions(prediction, truth)
    return _ratio(both, both + only_prediction)


def _iou_over_areas(prediction, truth):
    both, only_prediction, only_truth, _ = regions(prediction, truth)
    return _ratio(both, 2 * both + only_prediction + only_truth)


def _iou_over_differences(prediction, truth):
    both, only_prediction, only_truth, _ = regions(prediction, truth)
    return _ratio(both, only_prediction + only_truth)


def _iou_accuracy(prediction, truth):
    both, _, _, neither = counts = regions(prediction, truth)
    return (both + neither) / sum(counts)


def _iou_is_dice(prediction, truth):
    return dice(prediction, truth)


def _iou_empty_is_0(prediction, truth):
    score = iou(prediction, truth)
    return 0.0 if score != score else score


def _iou_empty_is_1(prediction, truth):
    score = iou(prediction, truth)
    return 1.0 if score != score else score


def _iou_numpy(prediction, truth):
    prediction, truth = np.array(prediction, bool), np.array(truth, bool)
    union = np.logical_or(prediction, truth).sum()
    return np.logical_and(prediction, truth).sum() / union if union else np.nan


def _iou_of_sets(prediction, truth):
    predicted, true = (
        {(y, x) for y, row in enumerate(mask) for x, value in enumerate(row) if value}
        for mask in (prediction, truth)
    )
    return len(predicted & true) / len(predicted | true) if predicted | true else NAN


def _iou_from_areas(prediction, truth):
    areas = sum(map(sum, prediction)) + sum(map(sum, truth))
    both = sum(p and t for rows in zip(prediction, truth, strict=True) for p, t in zip(*rows, strict=True))
    return np.float64(both / (areas - both) if areas else NAN)


IOU = Exercise(
    id="iou",
    title="IoU of two masks",
    lesson="03",
    points=2,
    minutes=5,
    source="Losses and metrics, IoU; Lesson 33, section 5",
    reference=iou,
    worked=(
        Worked((OVERLAP_PREDICTION, OVERLAP_TRUTH), 0.75, "overlap-4x4"),
        Worked(([[0, 0], [0, 0]], [[1, 1], [0, 1]]), 0.0),
        Worked(([[0, 0], [0, 0]], [[0, 0], [0, 0]]), NAN),
    ),
    fresh=_draw_masks,
    misconceptions=(
        Misconception(
            "iou-recall",
            _iou_recall,
            "You divided by the truth pixels alone: that is recall. The union also counts the pixels that only "
            "the prediction has.",
        ),
        Misconception(
            "iou-precision",
            _iou_precision,
            "You divided by the predicted pixels alone: that is precision. The union also counts the pixels "
            "that only the truth has.",
        ),
        Misconception(
            "iou-over-areas",
            _iou_over_areas,
            "You divided by the two areas added up, which counts the shared pixels twice. The union counts "
            "them once: take the intersection off the sum.",
        ),
        Misconception(
            "iou-over-differences",
            _iou_over_differences,
            "You divided by the pixels where the masks differ. The union is larger: it also holds the pixels "
            "that both masks have.",
        ),
        Misconception(
            "iou-accuracy",
            _iou_accuracy,
            "You divided the pixels that agree by all pixels: that is pixel accuracy. IoU leaves the pixels in "
            "neither mask out, above and below the line.",
        ),
        Misconception(
            "iou-is-dice",
            _iou_is_dice,
            "You returned Dice: twice the intersection over both areas added up. IoU takes the intersection "
            "once, over the union.",
        ),
        Misconception(
            "iou-empty-is-0",
            _iou_empty_is_0,
            "Two empty masks gave you 0. A 0 says that something was missed, but there was nothing to find: "
            'return float("nan") where the union is 0, and add no small number to the union.',
        ),
        Misconception(
            "iou-empty-is-1",
            _iou_empty_is_1,
            "Two empty masks gave you 1. A 1 would reward a model for a class that the picture does not have: "
            'return float("nan") where the union is 0.',
        ),
    ),
    fresh_cases=24,
    accepted=(_iou_numpy, _iou_of_sets, _iou_from_areas, metrics.binary_iou),
    hints=(
        "Three of the four regions make up the union. Which one is left out?",
        "`both, only_prediction, only_truth, _ = regions(prediction, truth)`. The union is the sum of these "
        "three. When is it 0?",
        'Return `float("nan")` if `both + only_prediction + only_truth` is 0, and otherwise `both` divided by '
        "it.",
    ),
    why="A missed pixel and a false alarm both make the union larger and leave the intersection as it is, so "
    "each of them lowers the score.",
)


# --- dice --------------------------------------------------------------------------------------------------


def dice(prediction, truth):
    """Return the Dice coefficient of two masks: twice the pixels in both over the two areas added up.

    Goes in: two masks of 0 and 1, nested lists of equal shape.
    Comes out: a float from 0 to 1; float("nan") where both masks are empty.
    """
    ### BEGIN SOLUTION
    both, only_prediction, only_truth, _ = regions(prediction, truth)
    predicted_area = both + only_prediction
    true_area = both + only_truth
    if predicted_area + true_area == 0:
        return float("nan")
    return 2 * both / (predicted_area + true_area)
    ### END SOLUTION


def _dice_is_iou(prediction, truth):
    return iou(prediction, truth)


def _dice_without_2(prediction, truth):
    return dice(prediction, truth) / 2


def _dice_over_union(prediction, truth):
    return 2 * iou(prediction, truth)


def _dice_mean(prediction, truth):
    return (_iou_precision(prediction, truth) + _iou_recall(prediction, truth)) / 2


def _dice_smooth(prediction, truth):
    both, only_prediction, only_truth, _ = regions(prediction, truth)
    return (2 * both + 1) / (2 * both + only_prediction + only_truth + 1)


def _dice_empty_is_0(prediction, truth):
    score = dice(prediction, truth)
    return 0.0 if score != score else score


def _dice_empty_is_1(prediction, truth):
    score = dice(prediction, truth)
    return 1.0 if score != score else score


def _dice_numpy(prediction, truth):
    prediction, truth = np.array(prediction), np.array(truth)
    areas = prediction.sum() + truth.sum()
    return 2 * (prediction * truth).sum() / areas if areas else np.nan


def _dice_via_iou(prediction, truth):
    score = iou(prediction, truth)
    return 2 * score / (1 + score)


def _dice_of_pairs(prediction, truth):
    pairs = [pair for rows in zip(prediction, truth, strict=True) for pair in zip(*rows, strict=True)]
    areas = sum(p + t for p, t in pairs)
    return sum(2.0 for p, t in pairs if p and t) / areas if areas else NAN


DICE = Exercise(
    id="dice",
    title="Dice of two masks",
    lesson="03",
    points=2,
    minutes=5,
    source="Losses and metrics, Dice coefficient; Lesson 33, section 5",
    reference=dice,
    worked=(
        Worked((OVERLAP_PREDICTION, OVERLAP_TRUTH), 12 / 14, "overlap-4x4"),
        Worked(([[0, 0], [0, 0]], [[1, 1], [0, 1]]), 0.0),
        Worked(([[0, 0], [0, 0]], [[0, 0], [0, 0]]), NAN),
    ),
    fresh=_draw_masks,
    misconceptions=(
        Misconception(
            "dice-is-iou",
            _dice_is_iou,
            "You returned IoU. Dice takes the intersection twice, and divides by the two areas added up "
            "instead of the union.",
        ),
        Misconception(
            "dice-without-2",
            _dice_without_2,
            "You forgot the 2: perfect masks would score 0.5. The two areas count every shared pixel twice, "
            "so the intersection must too.",
        ),
        Misconception(
            "dice-over-union",
            _dice_over_union,
            "You divided twice the intersection by the union: perfect masks would score 2. Divide by the two "
            "areas added up, which count the shared pixels twice.",
        ),
        Misconception(
            "dice-mean",
            _dice_mean,
            "You took the mean of precision and recall. Dice is their harmonic mean, which is lower unless they "
            "are equal: divide twice the intersection by the two areas added up.",
        ),
        Misconception(
            "dice-smooth",
            _dice_smooth,
            "You added 1 above and below the line. The Dice loss does that so that it can be differentiated; "
            'a score takes the counts as they are, and is `float("nan")` where both masks are empty.',
        ),
        Misconception(
            "dice-empty-is-0",
            _dice_empty_is_0,
            "Two empty masks gave you 0. There was nothing to find, so nothing was missed: return "
            '`float("nan")` where both areas are 0.',
        ),
        Misconception(
            "dice-empty-is-1",
            _dice_empty_is_1,
            "Two empty masks gave you 1. A 1 would reward a model for a class that the picture does not have: "
            'return float("nan") where both areas are 0.',
        ),
    ),
    fresh_cases=24,
    accepted=(_dice_numpy, _dice_via_iou, _dice_of_pairs, metrics.binary_dice),
    hints=(
        "The area of the prediction is `both + only_prediction`. What is the area of the truth?",
        "Add the two areas up. Shared pixels are in that sum twice, which is why they stand above the line "
        "twice as well.",
        'Return `float("nan")` if `2 * both + only_prediction + only_truth` is 0, and otherwise `2 * both` '
        "divided by it.",
    ),
    why="Dice is the F1 score of the pixels: the harmonic mean of precision, the share of the prediction that is "
    "right, and recall, the share of the truth that was found.",
)


# --- scores-from-counts ------------------------------------------------------------------------------------


def scores_from_counts(both, only_prediction, only_truth):
    """Return IoU and Dice from three counts of pixels.

    Goes in: three int, none of them negative.
    Comes out: a tuple (iou, dice) of floats; both float("nan") where all three counts are 0.
    """
    ### BEGIN SOLUTION
    union = both + only_prediction + only_truth
    if union == 0:
        return float("nan"), float("nan")
    areas = union + both  # the shared pixels once more
    return both / union, 2 * both / areas
    ### END SOLUTION


def _scores_swapped(both, only_prediction, only_truth):
    return scores_from_counts(both, only_prediction, only_truth)[::-1]


def _scores_counts_as_areas(both, only_prediction, only_truth):
    areas = only_prediction + only_truth
    return _ratio(both, areas - both), _ratio(2 * both, areas)


def _scores_dice_over_union(both, only_prediction, only_truth):
    score, _ = scores_from_counts(both, only_prediction, only_truth)
    return score, 2 * score


def _scores_iou_over_areas(both, only_prediction, only_truth):
    _, score = scores_from_counts(both, only_prediction, only_truth)
    return score / 2, score


def _scores_precision_recall(both, only_prediction, only_truth):
    return _ratio(both, both + only_prediction), _ratio(both, both + only_truth)


def _scores_percent(both, only_prediction, only_truth):
    return tuple(100 * score for score in scores_from_counts(both, only_prediction, only_truth))


def _scores_rounded(both, only_prediction, only_truth):
    return tuple(round(score, 2) for score in scores_from_counts(both, only_prediction, only_truth))


def _scores_empty_is_0(both, only_prediction, only_truth):
    return (
        scores_from_counts(both, only_prediction, only_truth)
        if both + only_prediction + only_truth
        else (0.0, 0.0)
    )


def _scores_by_relation(both, only_prediction, only_truth):
    score = _ratio(both, both + only_prediction + only_truth)
    return [score, 2 * score / (1 + score)]


def _scores_numpy(both, only_prediction, only_truth):
    counts = np.array([both, only_prediction, only_truth])
    if not counts.any():
        return np.full(2, np.nan)
    return np.array([both / counts.sum(), 2 * both / (counts @ [2, 1, 1])])


def _scores_from_areas(both, only_prediction, only_truth):
    predicted, true = both + only_prediction, both + only_truth
    return _ratio(both, predicted + true - both), _ratio(both, (predicted + true) / 2)


SCORES_FROM_COUNTS = Exercise(
    id="scores-from-counts",
    title="Both scores from three counts",
    lesson="03",
    points=1,
    minutes=5,
    source="Losses and metrics, IoU: the table of pixel counts, and checkpoint 2",
    reference=scores_from_counts,
    worked=(
        Worked((40, 10, 10), (40 / 60, 80 / 100), "regions-10-10-40"),
        Worked((0, 0, 1000), (0.0, 0.0), "empty-prediction"),
        Worked((0, 0, 0), (NAN, NAN)),
    ),
    fresh=_draw_counts,
    misconceptions=(
        Misconception(
            "scores-swapped",
            _scores_swapped,
            "You returned Dice first. The order is IoU, then Dice; Dice is never the lower of the two.",
        ),
        Misconception(
            "scores-counts-as-areas",
            _scores_counts_as_areas,
            "You took the second and third counts for the areas of the masks. They count what one mask has "
            "alone: its area is that and the shared pixels.",
        ),
        Misconception(
            "scores-dice-over-union",
            _scores_dice_over_union,
            "Your IoU is right; your Dice is twice that, so perfect masks would score 2. Dice divides by the "
            "two areas added up, not by the union.",
        ),
        Misconception(
            "scores-iou-over-areas",
            _scores_iou_over_areas,
            "Your Dice is right; your IoU divides by the two areas added up, which hold the shared pixels "
            "twice. The union holds them once.",
        ),
        Misconception(
            "scores-precision-recall",
            _scores_precision_recall,
            "You returned precision and recall: each leaves one kind of mistake out. IoU and Dice have both "
            "kinds below the line.",
        ),
        Misconception(
            "scores-percent",
            _scores_percent,
            "You returned percentages. Scores go from 0 to 1 here: leave the factor 100 out.",
        ),
        Misconception(
            "scores-rounded",
            _scores_rounded,
            "You rounded. Return the quotients as they are, and round only where you print them: rounded "
            "scores add up to wrong means.",
        ),
        Misconception(
            "scores-empty-is-0",
            _scores_empty_is_0,
            "Three counts of 0 gave you two zeros. There was nothing to find, so neither score exists: return "
            '`float("nan")` twice.',
        ),
    ),
    fresh_cases=24,
    accepted=(_scores_by_relation, _scores_numpy, _scores_from_areas),
    hints=(
        "You have done both divisions already: `both` is the intersection, and all three counts together are "
        "the union.",
        "For Dice you need the two areas: `both + only_prediction` and `both + only_truth`.",
        "`both / (both + only_prediction + only_truth)` and `2 * both / (2 * both + only_prediction + "
        "only_truth)`, and nan twice where all three counts are 0.",
    ),
    why="Three numbers carry all that IoU and Dice need, so an evaluation keeps counts and throws the masks away.",
)


# --- dice-from-iou -----------------------------------------------------------------------------------------


def dice_from_iou(iou_score):
    """Turn the IoU of two masks into their Dice, without the masks.

    Goes in: a float from 0 to 1, or nan.
    Comes out: a float from 0 to 1; nan for nan.
    """
    ### BEGIN SOLUTION
    return 2 * iou_score / (1 + iou_score)
    ### END SOLUTION


def _same(iou_score):
    return iou_score


def _twice(iou_score):
    return 2 * iou_score


def _inverse(iou_score):
    return iou_score / (2 - iou_score)


def _without_2(iou_score):
    return iou_score / (1 + iou_score)


def _without_parentheses(iou_score):
    return 2 * iou_score / 1 + iou_score


def _one_minus(iou_score):
    return 1 - 2 * iou_score / (1 + iou_score)


def _dice_from_counts(iou_score):
    union = 1.0
    return 2 * iou_score / (union + iou_score)


def _dice_as_numpy(iou_score):
    return np.divide(2 * np.float64(iou_score), 1 + np.float64(iou_score))


def _dice_as_rest(iou_score):
    return 2 - 2 / (1 + iou_score)


DICE_FROM_IOU = Exercise(
    id="dice-from-iou",
    title="Dice from IoU",
    lesson="03",
    points=1,
    minutes=5,
    source="Study guide, section 10",
    reference=dice_from_iou,
    worked=(
        Worked((0.75,), 6 / 7, "dice-from-iou"),
        Worked((2 / 3,), 0.8),
        Worked((0.0,), 0.0),
    ),
    fresh=_draw_iou,
    misconceptions=(
        Misconception(
            "dice-equals-iou",
            _same,
            "You returned the IoU as it came. The two agree at 0 and at 1 only; between them Dice is higher.",
        ),
        Misconception(
            "dice-twice-iou",
            _twice,
            "You doubled the IoU: from 0.5 on that is 1 or more. What stands below the line grows too: with a "
            "union of 1, the two areas add up to 1 + IoU.",
        ),
        Misconception(
            "dice-inverse",
            _inverse,
            "You went the other way: IoU = Dice / (2 − Dice). Your result is below the IoU, and Dice never is.",
        ),
        Misconception(
            "dice-from-iou-without-2",
            _without_2,
            "You forgot the 2: an IoU of 1 would give a Dice of 0.5. Shared pixels count twice above the line.",
        ),
        Misconception(
            "dice-without-parentheses",
            _without_parentheses,
            "Python divides before it adds, so `2 * x / 1 + x` is `3 * x`. Put the sum below the line into "
            "parentheses.",
        ),
        Misconception(
            "dice-loss-for-dice",
            _one_minus,
            "You returned 1 − Dice: that is the Dice loss, which is 0 for perfect masks. The score is 1 for "
            "them.",
        ),
    ),
    accepted=(_dice_from_counts, _dice_as_numpy, _dice_as_rest, metrics.dice_from_iou),
    hints=(
        "Imagine that the union is 1. Then the intersection is the IoU itself.",
        "Dice is twice the intersection over the two areas. The two areas are the union and, once more, the "
        "intersection.",
        "With a union of 1: twice the IoU, divided by (1 + IoU). Mind the parentheses.",
    ),
    why="The two areas added up are the union and the intersection once more. Divide above and below the line by "
    "the union, and 2·IoU / (1 + IoU) is left.",
)


# --- iou-per-class -----------------------------------------------------------------------------------------


def iou_per_class(prediction, truth, num_classes):
    """Return the IoU of every class.

    Goes in: two class maps, nested lists of equal shape with ids 0..num_classes-1.
    Comes out: a list of num_classes floats, one for each id in order; nan for a class in neither map.
    """
    ### BEGIN SOLUTION
    scores = []
    for class_id in range(num_classes):
        predicted_mask = [[int(pixel == class_id) for pixel in row] for row in prediction]
        true_mask = [[int(pixel == class_id) for pixel in row] for row in truth]
        scores.append(iou(predicted_mask, true_mask))
    return scores
    ### END SOLUTION


def _per_class(score):
    """Make the answer that scores the two masks of each class with ``score``."""

    def answer(prediction, truth, num_classes):
        return [
            score(*(np.equal(class_map, c).astype(int).tolist() for class_map in (prediction, truth)))
            for c in range(num_classes)
        ]

    return answer


def _foreground_classes(prediction, truth, num_classes):
    return iou_per_class(prediction, truth, num_classes)[1:]


def _classes_of_truth(prediction, truth, num_classes):
    scores = iou_per_class(prediction, truth, num_classes)
    return [scores[class_id] for class_id in np.unique(truth)]


def _classes_of_either(prediction, truth, num_classes):
    return [score for score in iou_per_class(prediction, truth, num_classes) if score == score]


def _per_class_numpy(prediction, truth, num_classes):
    ids = np.arange(num_classes)[:, None, None]
    predicted, true = np.array(prediction) == ids, np.array(truth) == ids  # (C, H, W)
    both, union = (predicted & true).sum(axis=(1, 2)), (predicted | true).sum(axis=(1, 2))
    return np.where(union > 0, both / np.maximum(union, 1), np.nan)


def _per_class_counting(prediction, truth, num_classes):
    both, union = [0] * num_classes, [0] * num_classes
    for p, t in zip(np.ravel(prediction), np.ravel(truth), strict=True):
        both[p] += p == t
        for class_id in {p, t}:
            union[class_id] += 1
    return tuple(float(b) / u if u else NAN for b, u in zip(both, union, strict=True))


PER_CLASS = Exercise(
    id="iou-per-class",
    title="IoU of each class",
    lesson="03",
    points=2,
    minutes=5,
    source="Losses and metrics, multi-class mIoU; Lesson 33, mini-challenge",
    reference=iou_per_class,
    worked=(
        Worked((THREE_PREDICTION, THREE_TRUTH, 3), (0.75, 0.5, 2 / 3), "miou-3x3"),
        Worked((ABSENT_PREDICTION, ABSENT_TRUTH, 4), (0.6, 0.5, NAN, 0.0), "absent-class"),
    ),
    fresh=_draw_class_maps,
    misconceptions=(
        Misconception(
            "per-class-absent-is-0",
            _per_class(_iou_empty_is_0),
            "You gave 0 to a class that neither map holds. A 0 says that the model got it all wrong; this one "
            "could not be tested: let its place hold nan.",
        ),
        Misconception(
            "per-class-absent-is-1",
            _per_class(_iou_empty_is_1),
            "You gave 1 to a class that neither map holds. That is praise for nothing, and lifts the mean: let "
            "its place hold nan.",
        ),
        Misconception(
            "per-class-recall",
            _per_class(_iou_recall),
            "You divided by the truth pixels of the class: that is recall. The union also counts the pixels "
            "where the class is predicted and another one is true.",
        ),
        Misconception(
            "per-class-accuracy",
            _per_class(_iou_accuracy),
            "You counted the pixels where both maps say 'not this class' as right. They belong to neither "
            "mask: IoU leaves them out.",
        ),
        Misconception(
            "per-class-over-areas",
            _per_class(_iou_over_areas),
            "You divided by the predicted and the true area added up, which counts the shared pixels twice. "
            "The union counts them once.",
        ),
        Misconception(
            "per-class-no-background",
            _foreground_classes,
            "Your list starts at class 1. Background is a class like the others: start at 0.",
        ),
        Misconception(
            "per-class-of-truth",
            _classes_of_truth,
            "You scored the classes of the truth alone. A class that is only predicted is a false alarm and "
            "scores 0; go through `range(num_classes)`.",
        ),
        Misconception(
            "per-class-skipped",
            _classes_of_either,
            "You left the absent classes out of the list, so the scores after them have moved to the wrong "
            "place. Keep one place a class, and put nan into it.",
        ),
    ),
    accepted=(_per_class(iou), _per_class_numpy, _per_class_counting, metrics.iou),
    hints=(
        "For one class, the question at each pixel is yes or no: is it this class? That makes two masks of 0 "
        "and 1.",
        "`[[int(pixel == class_id) for pixel in row] for row in prediction]` is the mask of one class. You "
        "have a function for two such masks.",
        "Loop over `range(num_classes)`, make the masks of `prediction` and `truth`, append `iou(...)` of them. "
        "The nan of absent classes comes by itself.",
    ),
    why="Against all other classes, each class is a question of yes or no, so the IoU of two masks serves for any "
    "number of classes.",
)


# --- mean-iou ----------------------------------------------------------------------------------------------


def mean_iou(prediction, truth, num_classes):
    """Return the mean IoU: the mean over the classes that have an IoU.

    Goes in: two class maps, nested lists of equal shape with ids 0..num_classes-1.
    Comes out: a float from 0 to 1; classes in neither map are left out of the mean.
    """
    ### BEGIN SOLUTION
    scores = iou_per_class(prediction, truth, num_classes)
    known = [score for score in scores if score == score]  # nan is the one number unequal to itself
    return sum(known) / len(known)
    ### END SOLUTION


def _mean_with_nan(prediction, truth, num_classes):
    return sum(iou_per_class(prediction, truth, num_classes)) / num_classes


def _mean_absent_is_0(prediction, truth, num_classes):
    return sum(_classes_of_either(prediction, truth, num_classes)) / num_classes


def _mean_absent_is_1(prediction, truth, num_classes):
    known = _classes_of_either(prediction, truth, num_classes)
    return (sum(known) + num_classes - len(known)) / num_classes


def _mean_of_truth(prediction, truth, num_classes):
    known = _classes_of_truth(prediction, truth, num_classes)
    return sum(known) / len(known)


def _mean_without_background(prediction, truth, num_classes):
    known = [score for score in iou_per_class(prediction, truth, num_classes)[1:] if score == score]
    return _ratio(sum(known), len(known))


def _mean_without_zeros(prediction, truth, num_classes):
    known = [score for score in iou_per_class(prediction, truth, num_classes) if score > 0]
    return _ratio(sum(known), len(known))


def _mean_by_area(prediction, truth, num_classes):
    scores = np.nan_to_num(iou_per_class(prediction, truth, num_classes))
    return float(np.average(scores, weights=np.bincount(np.ravel(truth), minlength=num_classes)))


def _mean_is_accuracy(prediction, truth, num_classes):
    return float(np.mean(np.equal(prediction, truth)))


def _mean_numpy(prediction, truth, num_classes):
    return np.nanmean(iou_per_class(prediction, truth, num_classes))


def _mean_running(prediction, truth, num_classes):
    total, found = 0.0, 0
    for score in _per_class_counting(prediction, truth, num_classes):
        if not np.isnan(score):
            total += score
            found += 1
    return total / found


MEAN_IOU = Exercise(
    id="mean-iou",
    title="Mean IoU",
    lesson="03",
    points=2,
    minutes=5,
    source="Losses and metrics, multi-class mIoU; Lesson 33, mini-challenge; study guide, section 15",
    reference=mean_iou,
    worked=(
        Worked((THREE_PREDICTION, THREE_TRUTH, 3), 23 / 36, "miou-3x3"),
        Worked((ABSENT_PREDICTION, ABSENT_TRUTH, 4), 1.1 / 3, "absent-class"),
        Worked(
            ([[0, 0, 0, 0, 0], [0, 0, 0, 0, 0]], [[0, 0, 0, 0, 0], [0, 0, 0, 0, 1]], 2),
            0.45,
            "all-background-90",
        ),
    ),
    fresh=_draw_class_maps,
    misconceptions=(
        Misconception(
            "mean-with-nan",
            _mean_with_nan,
            "One nan made your whole mean nan. Leave it out before you add, and divide by the number of scores that "
            'are left. nan is not even equal to itself: `score != float("nan")` is always True, so ask '
            "`math.isnan(score)`.",
        ),
        Misconception(
            "mean-absent-is-0",
            _mean_absent_is_0,
            "You divided by `num_classes`, which counts an absent class as 0. Divide by the number of classes "
            "that have a score.",
        ),
        Misconception(
            "mean-absent-is-1",
            _mean_absent_is_1,
            "You counted an absent class as 1, which lifts the mean of every picture that lacks one. Leave it "
            "out of the sum and out of the number you divide by.",
        ),
        Misconception(
            "mean-of-truth",
            _mean_of_truth,
            "You took the mean over the classes of the truth alone. A class that is only predicted has an IoU "
            "too: 0, and it counts.",
        ),
        Misconception(
            "mean-without-background",
            _mean_without_background,
            "You left the background out. It is a class like the others in mIoU: average from class 0 on.",
        ),
        Misconception(
            "mean-without-zeros",
            _mean_without_zeros,
            "You left the zeros out along with the nan. A 0 is a result: the class is there, or was predicted, "
            "and nothing of it is right. Leave out nan only.",
        ),
        Misconception(
            "mean-by-area",
            _mean_by_area,
            "You weighted each class by its true pixels. Mean IoU counts every class alike, so that a small "
            "one matters as much as the background.",
        ),
        Misconception(
            "mean-is-accuracy",
            _mean_is_accuracy,
            "You returned pixel accuracy, the share of right pixels. Mean IoU is the mean of the classes' "
            "IoU: get these first.",
        ),
    ),
    fresh_cases=24,
    accepted=(_mean_numpy, _mean_running, metrics.mean_iou),
    hints=(
        "`iou_per_class` gives you all scores. Which of them do not belong in a mean?",
        "A nan can be told by comparing it with itself: `score == score` is False for nan only. `math.isnan` "
        "and `np.isnan` do the same.",
        "`known = [score for score in scores if score == score]`, then the sum of `known` over the length of "
        "`known`.",
    ),
    why="Every class has one vote, whatever its size, so a model cannot hide a failed class behind a large "
    "background; a class that was not there has no vote.",
)


# --- confusion-matrix --------------------------------------------------------------------------------------


def confusion_matrix(prediction, truth, num_classes):
    """Count the pixels by true class (row) and predicted class (column).

    Goes in: two arrays (H, W) of ids 0..num_classes-1; the truth may also hold IGNORE_INDEX, 255.
    Comes out: an array of int (num_classes, num_classes); pixels whose truth is 255 are not counted.
    """
    matrix = np.zeros((num_classes, num_classes), dtype=np.int64)  # (C, C)
    ### BEGIN SOLUTION
    for predicted_row, true_row in zip(prediction, truth, strict=True):
        for predicted, true in zip(predicted_row, true_row, strict=True):
            if true != IGNORE_INDEX:
                matrix[true, predicted] += 1
    ### END SOLUTION
    return matrix


def _matrix_transposed(prediction, truth, num_classes):
    return confusion_matrix(prediction, truth, num_classes).T


def _matrix_seen_once(prediction, truth, num_classes):
    return (confusion_matrix(prediction, truth, num_classes) > 0).astype(np.int64)


def _matrix_right_only(prediction, truth, num_classes):
    return np.diag(confusion_matrix(prediction, truth, num_classes).diagonal())


def _matrix_void_is_0(prediction, truth, num_classes):
    return confusion_matrix(prediction, np.where(truth == IGNORE_INDEX, 0, truth), num_classes)


def _matrix_void_counted(prediction, truth, num_classes):
    matrix = np.zeros((num_classes, num_classes), dtype=np.int64)
    np.add.at(matrix, (truth, prediction), 1)
    return matrix


def _matrix_no_background(prediction, truth, num_classes):
    matrix = confusion_matrix(prediction, truth, num_classes)
    matrix[0] = 0
    return matrix


def _matrix_shares(prediction, truth, num_classes):
    matrix = confusion_matrix(prediction, truth, num_classes)
    return matrix / max(matrix.sum(), 1)


def _matrix_bincount(prediction, truth, num_classes):
    kept = truth != IGNORE_INDEX
    pairs = truth[kept] * num_classes + prediction[kept]
    return np.bincount(pairs, minlength=num_classes**2).reshape(num_classes, num_classes)


def _matrix_of_lists(prediction, truth, num_classes):
    rows = [[0] * num_classes for _ in range(num_classes)]
    for true, predicted in zip(np.ravel(truth).tolist(), np.ravel(prediction).tolist(), strict=True):
        if true < num_classes:
            rows[true][predicted] += 1
    return rows


def _matrix_cell_by_cell(prediction, truth, num_classes):
    ids = range(num_classes)
    return np.array([[((truth == t) & (prediction == p)).sum() for p in ids] for t in ids])


def _matrix_of_library(prediction, truth, num_classes):
    matrix = metrics.ConfusionMatrix(num_classes, ignore_index=IGNORE_INDEX)
    matrix.update(prediction, truth)
    return matrix.counts


CONFUSION_MATRIX = Exercise(
    id="confusion-matrix",
    title="The confusion matrix",
    lesson="03",
    points=2,
    minutes=5,
    source="Lesson 33, mini-challenge; losses and metrics, void pixels",
    reference=confusion_matrix,
    worked=(
        Worked(
            (np.array(THREE_PREDICTION), np.array(THREE_TRUTH), 3),
            [[3, 0, 0], [1, 2, 0], [0, 1, 2]],
            "miou-3x3",
        ),
        Worked(
            (np.array([[0, 1, 1], [0, 1, 0]]), np.array([[0, 1, 255], [0, 0, 255]]), 2),
            [[2, 1], [0, 1]],
            "void-2x3",
        ),
    ),
    fresh=_draw_arrays,
    misconceptions=(
        Misconception(
            "matrix-transposed",
            _matrix_transposed,
            "Your matrix is transposed: the prediction picks the row. Let the truth pick the row and the "
            "prediction the column, `matrix[true, predicted]`.",
        ),
        Misconception(
            "matrix-seen-once",
            _matrix_seen_once,
            "Every pair of ids counts 1 at most. `matrix[truth, prediction] += 1` with whole arrays adds once "
            "for pairs that repeat: loop over the pixels, or use `np.add.at` or `np.bincount`.",
        ),
        Misconception(
            "matrix-right-only",
            _matrix_right_only,
            "You counted the right pixels only, which stand on the diagonal. A wrong pixel counts too: in the "
            "row of its true class and the column of the predicted one.",
        ),
        Misconception(
            "matrix-void-is-0",
            _matrix_void_is_0,
            "You counted the void pixels, truth 255, as class 0. Nobody knows their class: leave them out.",
        ),
        Misconception(
            "matrix-void-counted",
            _matrix_void_counted,
            "You used the id 255 as a row, and the matrix has no such row. Leave out the pixels whose truth is "
            "`IGNORE_INDEX` before you count.",
        ),
        Misconception(
            "matrix-no-background",
            _matrix_no_background,
            "Your first row is empty: pixels whose truth is 0 were left out. Class 0 is a class like the "
            "others; only `IGNORE_INDEX` is left out.",
        ),
        Misconception(
            "matrix-shares",
            _matrix_shares,
            "You divided by the number of pixels. Return counts: they can be added over many pictures, and "
            "shares cannot.",
        ),
    ),
    accepted=(_matrix_bincount, _matrix_of_lists, _matrix_cell_by_cell, _matrix_of_library),
    hints=(
        "Each pixel adds 1 to one cell of the matrix. Its two ids say which.",
        "Two loops with `zip`, as in `regions`. The true id picks the row, the predicted id the column.",
        "`if true != IGNORE_INDEX: matrix[true, predicted] += 1` for each pixel.",
    ),
    why="The matrix keeps for every pixel what was true and what was predicted, and forgets only where. That is "
    "all that accuracy, IoU and Dice need.",
)


# --- iou-from-matrix ---------------------------------------------------------------------------------------


def iou_from_matrix(matrix):
    """Return the IoU of every class from a confusion matrix, true classes in rows.

    Goes in: an array of int (C, C).
    Comes out: C floats, as an array (C,) or a list; nan for a class whose row and column are all 0.
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


def _from_matrix(denominator):
    """Make the answer that divides the diagonal by something else."""

    def answer(matrix):
        return [_ratio(float(part), whole) for part, whole in zip(*denominator(matrix), strict=True)]

    return answer


def _matrix_absent_is_0(matrix):
    return np.nan_to_num(iou_from_matrix(matrix))


def _matrix_foreground(matrix):
    return iou_from_matrix(matrix)[1:]


def _matrix_plain_python(matrix):
    scores = []
    for c in range(len(matrix)):
        union = sum(matrix[c]) + sum(row[c] for row in matrix) - matrix[c][c]
        scores.append(matrix[c][c] / union if union else NAN)
    return scores


def _matrix_one_line(matrix):
    areas = matrix.sum(axis=0) + matrix.sum(axis=1)
    with np.errstate(invalid="ignore"):
        return np.diag(matrix) / (areas - np.diag(matrix))


def _matrix_via_dice(matrix):
    areas = (matrix + matrix.T).sum(axis=1)
    scores = 2 * np.diag(matrix) / np.where(areas > 0, areas, np.nan)
    return tuple(scores / (2 - scores))


IOU_FROM_MATRIX = Exercise(
    id="iou-from-matrix",
    title="IoU from the matrix",
    lesson="03",
    points=2,
    minutes=5,
    source="Losses and metrics, multi-class mIoU",
    reference=iou_from_matrix,
    worked=(
        Worked((np.array([[3, 0, 0], [1, 2, 0], [0, 1, 2]]),), (0.75, 0.5, 2 / 3), "miou-3x3"),
        Worked((np.array([[8, 2, 0], [0, 6, 0], [0, 0, 0]]),), (0.8, 0.75, NAN)),
    ),
    fresh=_draw_matrix,
    misconceptions=(
        Misconception(
            "matrix-recall",
            _from_matrix(lambda m: (m.diagonal(), m.sum(axis=1))),
            "You divided by the sum of the row: that is recall, the share of the true pixels that were found. "
            "The union also has the rest of the column.",
        ),
        Misconception(
            "matrix-precision",
            _from_matrix(lambda m: (m.diagonal(), m.sum(axis=0))),
            "You divided by the sum of the column: that is precision, the share of the predicted pixels that "
            "are right. The union also has the rest of the row.",
        ),
        Misconception(
            "matrix-over-areas",
            _from_matrix(lambda m: (m.diagonal(), m.sum(axis=0) + m.sum(axis=1))),
            "You divided by row and column added up, and the diagonal cell is in both. Take it off once to "
            "get the union.",
        ),
        Misconception(
            "matrix-over-mistakes",
            _from_matrix(lambda m: (m.diagonal(), m.sum(axis=0) + m.sum(axis=1) - 2 * m.diagonal())),
            "You took the diagonal cell off twice, so only the mistakes are left below the line. Row and "
            "column hold it twice, the union once: take it off once.",
        ),
        Misconception(
            "matrix-dice",
            _from_matrix(lambda m: (2 * m.diagonal(), m.sum(axis=0) + m.sum(axis=1))),
            "You returned Dice: twice the diagonal over row and column. For IoU, take the diagonal once, over "
            "row plus column minus diagonal.",
        ),
        Misconception(
            "matrix-over-all",
            _from_matrix(lambda m: (m.diagonal(), [m.sum()] * len(m))),
            "You divided by all pixels. Those parts add up to pixel accuracy; the union of a class is its own "
            "row and column only.",
        ),
        Misconception(
            "matrix-absent-is-0",
            _matrix_absent_is_0,
            "You gave 0 to a class whose row and column are empty. It was neither there nor predicted: give nan.",
        ),
        Misconception(
            "matrix-foreground",
            _matrix_foreground,
            "Your first score is missing. The background has a row and a column like every class: start at 0.",
        ),
    ),
    fresh_cases=24,
    accepted=(_matrix_plain_python, _matrix_one_line, _matrix_via_dice),
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


# --- pooled-iou --------------------------------------------------------------------------------------------


def pooled_iou(pairs, num_classes):
    """Return the IoU of every class over many images: all its intersection over all its union.

    Goes in: a list of pairs (prediction, truth), arrays of ids that are equal in shape within a pair.
    Comes out: num_classes floats; nan for a class found in no image, true or predicted.
    """
    ### BEGIN SOLUTION
    total = np.zeros((num_classes, num_classes), dtype=np.int64)  # (C, C)
    for prediction, truth in pairs:
        total += confusion_matrix(prediction, truth, num_classes)
    return iou_from_matrix(total)
    ### END SOLUTION


def _scores_of_images(pairs, num_classes):
    """Return the IoU of each image and class, (images, C)."""
    return np.array([metrics.iou(prediction, truth, num_classes) for prediction, truth in pairs])


def _average_of_images(scores, weights):
    """Average over the images, without those where the class has no score."""
    known = ~np.isnan(scores)  # (images, C)
    weights = known * np.reshape(weights, (-1, 1))
    total = weights.sum(axis=0)
    return (np.nan_to_num(scores) * weights).sum(axis=0) / np.where(total > 0, total, np.nan)


def _images_mean(pairs, num_classes):
    return _average_of_images(_scores_of_images(pairs, num_classes), np.ones(len(pairs)))


def _images_mean_absent_is_0(pairs, num_classes):
    return np.nan_to_num(_scores_of_images(pairs, num_classes)).mean(axis=0)


def _images_mean_with_nan(pairs, num_classes):
    return _scores_of_images(pairs, num_classes).mean(axis=0)


def _images_by_size(pairs, num_classes):
    return _average_of_images(_scores_of_images(pairs, num_classes), [truth.size for _, truth in pairs])


def _images_last(pairs, num_classes):
    return pooled_iou(pairs[-1:], num_classes)


def _images_one_number(pairs, num_classes):
    scores = pooled_iou(pairs, num_classes)
    return float(np.mean(scores[~np.isnan(scores)]))


def _images_concatenated(pairs, num_classes):
    prediction = np.concatenate([prediction.ravel() for prediction, _ in pairs])
    truth = np.concatenate([truth.ravel() for _, truth in pairs])
    return metrics.iou(prediction, truth, num_classes)


def _images_mean_matrix(pairs, num_classes):
    matrices = [confusion_matrix(prediction, truth, num_classes) for prediction, truth in pairs]
    return list(iou_from_matrix(np.mean(matrices, axis=0)))


def _images_two_sums(pairs, num_classes):
    scores = []
    for class_id in range(num_classes):
        both = sum(int(((p == class_id) & (t == class_id)).sum()) for p, t in pairs)
        union = sum(int(((p == class_id) | (t == class_id)).sum()) for p, t in pairs)
        scores.append(_ratio(both, union))
    return scores


def _images_library(pairs, num_classes):
    matrix = metrics.ConfusionMatrix(num_classes)
    for prediction, truth in pairs:
        matrix.update(prediction, truth)
    return matrix.iou()


_LARGE_PET = np.array([[0, 0, 0, 0], [1, 1, 1, 1], [1, 1, 1, 1], [0, 0, 0, 0]])

POOLED_IOU = Exercise(
    id="pooled-iou",
    title="IoU over many images",
    lesson="03",
    points=2,
    minutes=5,
    source="Losses and metrics, multi-class mIoU; study guide, section 15: an evaluation over batches",
    reference=pooled_iou,
    worked=(
        Worked(
            ([(_LARGE_PET, _LARGE_PET), (np.array([[0, 1], [0, 0]]), np.array([[1, 0], [0, 0]]))], 2),
            (10 / 12, 8 / 10),
            "pooled-two-images",
        ),
        Worked(
            ([(np.array([[0, 0, 1]]), np.array([[0, 1, 1]])), (np.array([[0, 0]]), np.array([[0, 0]]))], 3),
            (3 / 4, 1 / 2, NAN),
        ),
    ),
    fresh=_draw_pairs,
    misconceptions=(
        Misconception(
            "pooled-mean-of-images",
            _images_mean,
            "You took the mean of the images' own scores: a picture with one pixel of the class then weighs as "
            "much as one with thousands. Add the matrices first, and divide once at the end.",
        ),
        Misconception(
            "pooled-mean-absent-is-0",
            _images_mean_absent_is_0,
            "You took the mean of the images' own scores, with 0 for a class that an image does not have. Add "
            "the matrices first: an absent class then adds nothing.",
        ),
        Misconception(
            "pooled-mean-with-nan",
            _images_mean_with_nan,
            "You took the mean of the images' own scores: another number, and nan where one image lacks the class. "
            "Add the matrices first: an absent class then adds nothing.",
        ),
        Misconception(
            "pooled-by-size",
            _images_by_size,
            "You weighted the images' scores by their numbers of pixels. What weighs in pooled IoU is the "
            "class's own union: add the matrices first, and divide once at the end.",
        ),
        Misconception(
            "pooled-last",
            _images_last,
            "You returned the scores of the last image. Is the total made anew inside the loop, or replaced "
            "with `=`? Make it before the loop and add with `+=`.",
        ),
        Misconception(
            "pooled-one-number",
            _images_one_number,
            "You returned the mean over the classes. Return one IoU for each class; a mean would hide the weak "
            "ones.",
        ),
    ),
    accepted=(_images_concatenated, _images_mean_matrix, _images_two_sums, _images_library),
    hints=(
        "Think of all images laid side by side as one large image. What is its confusion matrix?",
        "The matrices of all images have the same shape (C, C), whatever the sizes of the images. Add them up.",
        "Start from `np.zeros((num_classes, num_classes), dtype=np.int64)`, add `confusion_matrix(...)` of "
        "each pair, and return `iou_from_matrix` of the total.",
    ),
    why="Counts may be added and ratios may not: added first, every pixel weighs the same, wherever the image "
    "borders run. Benchmarks report IoU this way.",
)


EXERCISES = (
    REGIONS,
    IOU,
    DICE,
    SCORES_FROM_COUNTS,
    DICE_FROM_IOU,
    PER_CLASS,
    MEAN_IOU,
    CONFUSION_MATRIX,
    IOU_FROM_MATRIX,
    POOLED_IOU,
)
