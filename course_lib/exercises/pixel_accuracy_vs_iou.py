"""The exercises of lesson 02: pixel accuracy, the trap in it, and a first look at IoU."""

import numpy as np

from course_lib import metrics
from course_lib.checking.exercise import Exercise, Misconception, Worked
from course_lib.masks import IGNORE_INDEX

NAN = float("nan")
PEDESTRIAN = 2  # in the lesson's street: 0 background, 1 road, 2 pedestrian


def _grid(text):
    """Read a mask written as rows of digits: ``_grid("010 111")``."""
    return [[int(pixel) for pixel in row] for row in text.split()]


# The worked examples' masks.
THREE_PREDICTION = _grid("011 210 002")
THREE_TRUTH = _grid("012 210 012")
VOID_TRUTH = [[0, 1, 255], [2, 1, 0], [255, 1, 2]]  # the 3x3 truth with two pixels that nobody labelled
PET_10_OF_100 = _grid(f"{'0' * 10} " * 4 + "0001111100 " * 2 + f"{'0' * 10} " * 4)
PET_20_OF_100 = _grid(f"{'0' * 10} " * 3 + "0001111100 " * 4 + f"{'0' * 10} " * 3)
CAT_PREDICTION = _grid("00000 01100 01100 00000")
CAT_TRUTH = _grid("00000 00110 00110 00000")


# --- New cases ---------------------------------------------------------------------------------------------


def _draw_arrays(rng, num_classes):
    """Draw a prediction and a truth, class ids (H, W); often all right, all wrong, one pixel, one class missing."""
    kind = rng.choice(["all right", "all wrong", "one pixel", "usual"], p=[0.1, 0.1, 0.1, 0.7])
    shape = (1, 1) if kind == "one pixel" else tuple(rng.integers(2, 7, size=2))
    held = rng.permutation(num_classes)[: rng.integers(1, num_classes + 1)]
    truth = rng.choice(held, size=shape)
    wrong = (truth + rng.integers(1, num_classes, size=shape)) % num_classes
    share_wrong = {"all right": 0.0, "all wrong": 1.0}.get(kind, 0.4)
    return np.where(rng.random(shape) < share_wrong, wrong, truth), truth


def _draw_pair(rng):
    prediction, truth = _draw_arrays(rng, int(rng.integers(2, 5)))
    return prediction.tolist(), truth.tolist()


def _draw_void_pair(rng):
    """Draw a pair and the ignored id; in two of five all of the truth is ignored, in some no pixel is right."""
    prediction, truth = _draw_arrays(rng, int(rng.integers(2, 5)))
    if rng.random() < 0.2:
        prediction = truth + 1
    ignore_index = int(rng.choice([IGNORE_INDEX, 0, 0, 9]))
    truth[rng.random(truth.shape) < rng.choice([0.3, 0.3, 0.3, 1.0, 1.0])] = ignore_index
    return prediction.tolist(), truth.tolist(), ignore_index


def _draw_foreground(rng):
    """Draw a pair and the class to score; in six of ten, prediction, truth or both do not have it."""
    num_classes = int(rng.integers(2, 5))
    prediction, truth = _draw_arrays(rng, num_classes)
    foreground = int(rng.choice(np.append(prediction, truth)))
    without = rng.choice(["prediction", "truth", "both", "none"], p=[0.2, 0.1, 0.3, 0.4])
    if without in ("prediction", "both"):
        prediction[prediction == foreground] = num_classes
    if without in ("truth", "both"):
        truth[truth == foreground] = num_classes
    return prediction.tolist(), truth.tolist(), foreground


def _draw_pet_truth(rng):
    """Draw a truth of 0 background and 1 pet; in four of ten there is no pet, in one of ten nothing else."""
    share = rng.choice([0.0, 1.0, rng.uniform(0.1, 0.6)], p=[0.4, 0.1, 0.5])
    return ((rng.random(tuple(rng.integers(2, 8, size=2))) < share).astype(int).tolist(),)


def _draw_pedestrian(rng):
    """Draw a class id; every second one is the lesson's own, so that a fixed id is told from no pedestrian."""
    return (PEDESTRIAN if rng.random() < 0.5 else int(rng.integers(PEDESTRIAN + 1, 10)),)


def _draw_class_maps(rng):
    num_classes = int(rng.integers(2, 6))
    prediction, truth = _draw_arrays(rng, num_classes)
    return prediction, truth, num_classes


def _ratio(part, whole):
    """Divide as the misconceptions do, with nan where there is nothing to divide by."""
    return float(part) / float(whole) if whole else NAN


# --- pixel-accuracy ----------------------------------------------------------------------------------------


def pixel_accuracy(prediction, truth):
    """Return the share of the pixels whose class is right.

    Goes in: a prediction and a truth, nested lists of class ids, equal in shape.
    Comes out: a float from 0 to 1.
    """
    correct, total = 0, 0
    ### BEGIN SOLUTION
    for predicted_row, true_row in zip(prediction, truth, strict=True):
        for predicted, true in zip(predicted_row, true_row, strict=True):
            total += 1
            if predicted == true:
                correct += 1
    ### END SOLUTION
    return correct / total


def _accuracy_foreground_matches(prediction, truth):
    prediction, truth = np.array(prediction), np.array(truth)
    return ((prediction == truth) & (truth != 0)).mean()


def _accuracy_over_foreground(prediction, truth):
    prediction, truth = np.array(prediction), np.array(truth)
    return _ratio(((prediction == truth) & (truth != 0)).sum(), (truth != 0).sum())


def _accuracy_over_rows(prediction, truth):
    return pixel_accuracy(prediction, truth) * len(truth[0])


def _accuracy_percent(prediction, truth):
    return 100 * pixel_accuracy(prediction, truth)


def _accuracy_errors(prediction, truth):
    return 1 - pixel_accuracy(prediction, truth)


def _accuracy_count(prediction, truth):
    return (np.array(prediction) == np.array(truth)).sum()


def _accuracy_first_row(prediction, truth):
    return pixel_accuracy(prediction[:1], truth[:1])


def _accuracy_whole_rows(prediction, truth):
    return sum(rows[0] == rows[1] for rows in zip(prediction, truth, strict=True)) / len(truth)


def _accuracy_numpy(prediction, truth):
    return (np.array(prediction) == np.array(truth)).mean()


def _accuracy_indices(prediction, truth):
    height, width = len(truth), len(truth[0])
    correct = 0
    for row in range(height):
        for column in range(width):
            correct += prediction[row][column] == truth[row][column]
    return correct / (height * width)


def _accuracy_comprehension(prediction, truth):
    rows = zip(prediction, truth, strict=True)
    right = [predicted == true for pair in rows for predicted, true in zip(*pair, strict=True)]
    return sum(right) / len(right)


ACCURACY = Exercise(
    id="pixel-accuracy",
    title="Pixel accuracy",
    lesson="02",
    points=1,
    minutes=5,
    source="Lesson 33, Your Turn 1: pixel accuracy",
    reference=pixel_accuracy,
    worked=(
        Worked((THREE_PREDICTION, THREE_TRUTH), 7 / 9, "accuracy-3x3"),
        Worked(([[0, 0, 0, 2]], [[0, 0, 1, 2]]), 0.75),
        Worked(([[1], [0]], [[0], [1]]), 0.0),
    ),
    fresh=_draw_pair,
    misconceptions=(
        Misconception(
            "accuracy-foreground-matches",
            _accuracy_foreground_matches,
            "You left out the pixels that are rightly background. Background is a class like the others here: "
            "a pixel counts as correct whenever the two ids are equal, 0 and 0 too.",
        ),
        Misconception(
            "accuracy-over-foreground",
            _accuracy_over_foreground,
            "You looked only at pixels whose truth is not 0, above and below the line. Pixel accuracy asks about "
            "all pixels: count every match, and divide by every pixel.",
        ),
        Misconception(
            "accuracy-over-rows",
            _accuracy_over_rows,
            "You divided by the number of rows, `len(truth)`. Divide by the number of pixels: rows times columns, "
            "or a counter that grows by 1 inside the inner loop.",
        ),
        Misconception(
            "accuracy-percent",
            _accuracy_percent,
            "You returned a percentage. Return the share itself, from 0 to 1: leave out the 100, and turn it into "
            "percent only where you print it.",
        ),
        Misconception(
            "accuracy-errors",
            _accuracy_errors,
            "You counted the pixels that are wrong. Accuracy is the share that is right: compare with `==`, not `!=`.",
        ),
        Misconception(
            "accuracy-count",
            _accuracy_count,
            "You returned how many pixels are right. A share is expected: divide by the number of all pixels.",
        ),
        Misconception(
            "accuracy-first-row",
            _accuracy_first_row,
            "You looked at the first row alone. Is the `return` indented into the loop? Move it out, to the "
            "indentation of the first `for`.",
        ),
        Misconception(
            "accuracy-whole-rows",
            _accuracy_whole_rows,
            "You compared whole rows, so one wrong pixel spoils its row. Compare pixel by pixel: a second loop goes "
            "through the row.",
        ),
    ),
    accepted=(_accuracy_numpy, _accuracy_indices, _accuracy_comprehension),
    hints=(
        "Every pixel adds 1 to `total`. Which pixels add 1 to `correct` too?",
        "Two loops: `for predicted_row, true_row in zip(prediction, truth)` goes through the rows, and inside it "
        "`for predicted, true in zip(predicted_row, true_row)` through the pixels.",
        "Inside both loops: `total += 1`, and then `if predicted == true: correct += 1`.",
    ),
    why="Every pixel has one vote, whatever its class. That makes the number easy to read, and it is the "
    "weakness that the rest of this lesson is about.",
)


# --- pixel-accuracy-ignore ---------------------------------------------------------------------------------


def pixel_accuracy_ignoring(prediction, truth, ignore_index=255):
    """Return the share of right pixels among those that have a label.

    Goes in: a prediction and a truth, nested lists of class ids, equal in shape; pixels whose truth is
    ignore_index have no label and do not count, whatever is predicted there.
    Comes out: a float from 0 to 1; float("nan") where no pixel has a label.
    """
    correct, total = 0, 0
    ### BEGIN SOLUTION
    for predicted_row, true_row in zip(prediction, truth, strict=True):
        for predicted, true in zip(predicted_row, true_row, strict=True):
            if true == ignore_index:
                continue  # on to the next pixel: neither right nor wrong
            total += 1
            if predicted == true:
                correct += 1
    if total == 0:
        return float("nan")
    ### END SOLUTION
    return correct / total


def _ignoring_nothing(prediction, truth, ignore_index=IGNORE_INDEX):
    return pixel_accuracy(prediction, truth)


def _ignoring_in_denominator(prediction, truth, ignore_index=IGNORE_INDEX):
    prediction, truth = np.array(prediction), np.array(truth)
    return ((prediction == truth) & (truth != ignore_index)).mean()


def _ignoring_as_correct(prediction, truth, ignore_index=IGNORE_INDEX):
    prediction, truth = np.array(prediction), np.array(truth)
    return ((prediction == truth) | (truth == ignore_index)).mean()


def _ignoring_by_prediction(prediction, truth, ignore_index=IGNORE_INDEX):
    prediction, truth = np.array(prediction), np.array(truth)
    counted = prediction != ignore_index
    return _ratio(((prediction == truth) & counted).sum(), counted.sum())


def _ignoring_255_only(prediction, truth, ignore_index=IGNORE_INDEX):
    return pixel_accuracy_ignoring(prediction, truth, IGNORE_INDEX)


def _ignoring_zero_if_none(prediction, truth, ignore_index=IGNORE_INDEX):
    score = pixel_accuracy_ignoring(prediction, truth, ignore_index)
    return 0.0 if np.isnan(score) else score


def _ignoring_one_if_none(prediction, truth, ignore_index=IGNORE_INDEX):
    score = pixel_accuracy_ignoring(prediction, truth, ignore_index)
    return 1.0 if np.isnan(score) else score


def _ignoring_divides_by_zero(prediction, truth, ignore_index=IGNORE_INDEX):
    counted = np.array(truth) != ignore_index
    correct = counted & (np.array(prediction) == np.array(truth))
    return int(correct.sum()) / int(counted.sum())


def _ignoring_numpy(prediction, truth, ignore_index=IGNORE_INDEX):
    prediction, truth = np.array(prediction), np.array(truth)
    labelled = truth != ignore_index
    return np.mean(prediction[labelled] == truth[labelled]) if labelled.any() else np.nan


def _ignoring_comprehension(prediction, truth, ignore_index=IGNORE_INDEX):
    rows = zip(prediction, truth, strict=True)
    pairs = [(p, t) for row in rows for p, t in zip(*row, strict=True) if t != ignore_index]
    return sum(p == t for p, t in pairs) / len(pairs) if pairs else NAN


def _ignoring_try(prediction, truth, ignore_index=IGNORE_INDEX):
    try:
        return _ignoring_divides_by_zero(prediction, truth, ignore_index)
    except ZeroDivisionError:
        return NAN


IGNORING = Exercise(
    id="pixel-accuracy-ignore",
    title="Leave out the pixels without a label",
    lesson="02",
    points=1,
    minutes=5,
    source="Losses and metrics, per-pixel cross-entropy and mIoU: void pixels and ignore_index",
    reference=pixel_accuracy_ignoring,
    worked=(
        Worked((THREE_PREDICTION, VOID_TRUTH), 6 / 7, "accuracy-3x3-void"),
        Worked(([[0, 0], [1, 0]], [[0, 0], [1, 1]], 0), 0.5),
        Worked(([[0, 1]], [[255, 255]]), NAN),
    ),
    fresh=_draw_void_pair,
    fresh_cases=24,
    misconceptions=(
        Misconception(
            "ignoring-nothing",
            _ignoring_nothing,
            "You counted every pixel, so one without a label is counted like the others. Skip it before anything is "
            "counted: `if true == ignore_index: continue`.",
        ),
        Misconception(
            "ignoring-in-denominator",
            _ignoring_in_denominator,
            "You left the pixels without a label out of `correct`, but not out of `total`: they now count as errors. "
            "Leave them out of both.",
        ),
        Misconception(
            "ignoring-as-correct",
            _ignoring_as_correct,
            "You counted the pixels without a label as correct. Nobody knows what is right there: leave them out of "
            "`correct` and of `total`.",
        ),
        Misconception(
            "ignoring-by-prediction",
            _ignoring_by_prediction,
            "You skipped pixels whose prediction is `ignore_index`. It is the truth that lacks a label: compare the "
            "true id with `ignore_index`.",
        ),
        Misconception(
            "ignoring-255-only",
            _ignoring_255_only,
            "You wrote 255 into your function, but another id can mark the pixels without a label: compare with the "
            "argument `ignore_index`.",
        ),
        Misconception(
            "ignoring-zero-if-none",
            _ignoring_zero_if_none,
            "You returned 0 where no pixel has a label. 0 would mean that everything is wrong, and nothing was "
            'looked at: return float("nan").',
        ),
        Misconception(
            "ignoring-one-if-none",
            _ignoring_one_if_none,
            "You returned 1 where no pixel has a label. 1 would mean that everything is right, and nothing was "
            'looked at: return float("nan").',
        ),
        Misconception(
            "ignoring-divides-by-zero",
            _ignoring_divides_by_zero,
            "Your counting is right, but where no pixel has a label `total` is 0, and dividing by it raises. "
            'Before you divide: `if total == 0: return float("nan")`.',
        ),
    ),
    accepted=(_ignoring_numpy, _ignoring_comprehension, _ignoring_try),
    hints=(
        "Start from your `pixel_accuracy`. A pixel without a label must change neither `correct` nor `total`.",
        "First thing in the inner loop: `if true == ignore_index: continue`. `continue` goes on with the next pixel.",
        'After the loops, before the division: `if total == 0: return float("nan")`.',
    ),
    why="A pixel without a label can be neither right nor wrong, so it leaves both counts. With no pixel left "
    "there is no score, and nan says so: unlike 0 or 1 it cannot be taken for a result.",
)


# --- foreground-iou ----------------------------------------------------------------------------------------


def foreground_iou(prediction, truth, foreground):
    """Return the IoU of one class: its pixels in both masks over its pixels in at least one.

    Goes in: a prediction and a truth, nested lists of class ids, equal in shape; foreground, the class's id.
    Comes out: a float from 0 to 1; float("nan") where neither mask has the class.
    """
    both, either = 0, 0
    ### BEGIN SOLUTION
    for predicted_row, true_row in zip(prediction, truth, strict=True):
        for predicted, true in zip(predicted_row, true_row, strict=True):
            if predicted == foreground and true == foreground:
                both += 1
            if predicted == foreground or true == foreground:
                either += 1
    if either == 0:
        return float("nan")
    ### END SOLUTION
    return both / either


def _areas(prediction, truth, foreground):
    """Return how many pixels have the class in both masks, in the prediction, in the truth."""
    predicted, true = np.array(prediction) == foreground, np.array(truth) == foreground
    return (predicted & true).sum(), predicted.sum(), true.sum()


def _iou_recall(prediction, truth, foreground):
    both, _, true = _areas(prediction, truth, foreground)
    return _ratio(both, true)


def _iou_precision(prediction, truth, foreground):
    both, predicted, _ = _areas(prediction, truth, foreground)
    return _ratio(both, predicted)


def _iou_over_areas(prediction, truth, foreground):
    both, predicted, true = _areas(prediction, truth, foreground)
    return _ratio(both, predicted + true)


def _iou_accuracy(prediction, truth, foreground):
    return pixel_accuracy(prediction, truth)


def _iou_over_all_pixels(prediction, truth, foreground):
    both, _, _ = _areas(prediction, truth, foreground)
    return _ratio(both, np.size(truth))


def _iou_class_1_only(prediction, truth, foreground):
    return foreground_iou(prediction, truth, 1)


def _iou_zero_if_absent(prediction, truth, foreground):
    score = foreground_iou(prediction, truth, foreground)
    return 0.0 if np.isnan(score) else score


def _iou_divides_by_zero(prediction, truth, foreground):
    both, predicted, true = _areas(prediction, truth, foreground)
    return int(both) / int(predicted + true - both)


def _iou_numpy(prediction, truth, foreground):
    predicted, true = np.array(prediction) == foreground, np.array(truth) == foreground
    union = (predicted | true).sum()
    return (predicted & true).sum() / union if union else np.nan


def _iou_from_areas(prediction, truth, foreground):
    both, predicted, true = _areas(prediction, truth, foreground)
    return _ratio(both, predicted + true - both)


def _iou_sets(prediction, truth, foreground):
    predicted, true = (
        {(row, column) for row, ids in enumerate(mask) for column, i in enumerate(ids) if i == foreground}
        for mask in (prediction, truth)
    )
    return len(predicted & true) / len(predicted | true) if predicted | true else NAN


FOREGROUND_IOU = Exercise(
    id="foreground-iou",
    title="IoU of one class",
    lesson="02",
    points=2,
    minutes=6,
    source="Losses and metrics, class imbalance: foreground IoU",
    reference=foreground_iou,
    worked=(
        Worked((CAT_PREDICTION, CAT_TRUTH, 1), 2 / 6, "shifted-pet"),
        Worked((CAT_PREDICTION, CAT_TRUTH, 0), 14 / 18),
        Worked(([[0, 0, 2]], [[0, 2, 2]], 1), NAN),
        Worked(([[1, 1, 0]], [[0, 0, 0]], 1), 0.0),
    ),
    fresh=_draw_foreground,
    fresh_cases=24,
    misconceptions=(
        Misconception(
            "foreground-iou-recall",
            _iou_recall,
            "You divided by the class's pixels in the truth: that is recall, the share that was found. The union "
            "also counts the pixels that only the prediction has.",
        ),
        Misconception(
            "foreground-iou-precision",
            _iou_precision,
            "You divided by the class's pixels in the prediction: that is precision. The union also counts the "
            "pixels that only the truth has.",
        ),
        Misconception(
            "foreground-iou-over-areas",
            _iou_over_areas,
            "You added the two areas, which counts the pixels in both masks twice. Count a pixel once if the "
            "prediction or the truth has the class there.",
        ),
        Misconception(
            "foreground-iou-accuracy",
            _iou_accuracy,
            "That is the pixel accuracy: every match of any class over all pixels. IoU looks at one class: leave out "
            "the pixels where neither mask has `foreground`.",
        ),
        Misconception(
            "foreground-iou-over-all-pixels",
            _iou_over_all_pixels,
            "You divided by all pixels of the mask. Divide by those where the prediction or the truth has the class: "
            "the others say nothing about it.",
        ),
        Misconception(
            "foreground-iou-class-1",
            _iou_class_1_only,
            "You always score class 1. The class to score is the argument: compare the ids with `foreground`.",
        ),
        Misconception(
            "foreground-iou-zero-if-absent",
            _iou_zero_if_absent,
            "You returned 0 where neither mask has the class. 0 would mean a complete miss, but there was nothing to "
            'find and nothing was found: return float("nan").',
        ),
        Misconception(
            "foreground-iou-divides-by-zero",
            _iou_divides_by_zero,
            "Your counting is right, but where neither mask has the class the union is 0, and dividing by it raises. "
            'Before you divide: `if either == 0: return float("nan")`.',
        ),
    ),
    accepted=(_iou_numpy, _iou_from_areas, _iou_sets),
    hints=(
        "Two counters, the same two loops as before. One counts pixels where `predicted` and `true` are both the "
        "class, the other those where at least one of them is.",
        "`if predicted == foreground and true == foreground:` for the first. For the second, `or` in place of `and`.",
        "`both += 1` under the first `if`, `either += 1` under the second, and after the loops "
        '`if either == 0: return float("nan")`.',
    ),
    why="Pixels where neither mask has the class are in no count, so a large background cannot lift the score. "
    "Missed pixels and false alarms both make the union larger.",
)


# --- all-background ----------------------------------------------------------------------------------------


def all_background_scores(truth):
    """Return what a prediction of background at every pixel scores.

    Goes in: a truth of 0 background and 1 pet, nested lists.
    Comes out: a dict of floats: "accuracy", "pet IoU", and "mIoU", the mean of the two classes' IoUs.
    Where the truth has no pet, the pet IoU is nan and left out of the mean.
    """
    ### BEGIN SOLUTION
    prediction = [[0 for _ in row] for row in truth]
    accuracy = pixel_accuracy(prediction, truth)
    background_iou = foreground_iou(prediction, truth, 0)
    pet_iou = foreground_iou(prediction, truth, 1)
    mean_iou = np.nanmean([background_iou, pet_iou])
    ### END SOLUTION
    return {"accuracy": accuracy, "pet IoU": pet_iou, "mIoU": mean_iou}


def _scores(accuracy, pet_iou, mean_iou):
    return {"accuracy": accuracy, "pet IoU": pet_iou, "mIoU": mean_iou}


def _trap_absent_is_0(truth):
    scores = all_background_scores(truth)
    return scores if scores["pet IoU"] == 0 else _scores(1.0, 0.0, 0.5)


def _trap_absent_is_1(truth):
    scores = all_background_scores(truth)
    return scores if scores["pet IoU"] == 0 else _scores(1.0, 1.0, 1.0)


def _trap_nan_spreads(truth):
    scores = all_background_scores(truth)
    return scores if scores["pet IoU"] == 0 else _scores(1.0, NAN, NAN)


def _trap_mean_of_background(truth):
    scores = all_background_scores(truth)
    return scores | {"mIoU": scores["accuracy"]}  # the IoU of a background predicted everywhere is its share


def _trap_weighted_mean(truth):
    scores = all_background_scores(truth)
    return scores | {"mIoU": scores["accuracy"] ** 2}


def _trap_background_iou(truth):
    scores = all_background_scores(truth)
    return scores | {"pet IoU": scores["accuracy"]}


def _trap_all_pet(truth):
    scores = all_background_scores([[1 - true for true in row] for row in truth])
    return scores | {"pet IoU": scores["accuracy"]}  # the IoU of a pet predicted everywhere is its share


def _trap_perfect_prediction(truth):
    ious = [foreground_iou(truth, truth, class_id) for class_id in (0, 1)]
    return _scores(1.0, ious[1], np.nanmean(ious))


def _trap_from_share(truth):
    background = np.mean(np.array(truth) == 0)
    if background == 1:
        return _scores(1.0, NAN, 1.0)
    return _scores(background, 0.0, background / 2)


def _trap_plain(truth):
    pixels = [true for row in truth for true in row]
    ious = [pixels.count(0) / len(pixels)] + [0.0] * (1 in pixels)
    return _scores(pixels.count(0) / len(pixels), ious[1] if len(ious) == 2 else NAN, sum(ious) / len(ious))


def _trap_library(truth):
    prediction = np.zeros_like(truth)
    ious = metrics.iou(prediction, truth, num_classes=2)
    return _scores(metrics.pixel_accuracy(prediction, truth), ious[1], np.nanmean(ious))


ALL_BACKGROUND = Exercise(
    id="all-background",
    title="What background everywhere scores",
    lesson="02",
    points=2,
    minutes=6,
    source="Losses and metrics, class imbalance: the accuracy trap",
    reference=all_background_scores,
    worked=(
        Worked((PET_10_OF_100,), {"accuracy": 0.9, "pet IoU": 0.0, "mIoU": 0.45}, "all-background-90"),
        Worked((PET_20_OF_100,), {"accuracy": 0.8, "pet IoU": 0.0, "mIoU": 0.4}, "all-background-80"),
        Worked(([[0, 0, 0]],), {"accuracy": 1.0, "pet IoU": NAN, "mIoU": 1.0}, "no-pet"),
    ),
    fresh=_draw_pet_truth,
    misconceptions=(
        Misconception(
            "all-background-absent-is-0",
            _trap_absent_is_0,
            "Where the truth has no pet you gave the pet an IoU of 0, and the mean fell to half. No pet was there "
            "and none was predicted, so there is no miss: its IoU is nan, and np.nanmean leaves it out.",
        ),
        Misconception(
            "all-background-absent-is-1",
            _trap_absent_is_1,
            "Where the truth has no pet you gave the pet an IoU of 1. That rewards a class that nobody tested: its "
            "IoU is nan, and np.nanmean leaves it out of the mean.",
        ),
        Misconception(
            "all-background-nan-spreads",
            _trap_nan_spreads,
            "Where the truth has no pet, your nan went into the mean, and a sum with nan in it is nan. Leave it out: "
            "np.nanmean takes the mean of what is left.",
        ),
        Misconception(
            "all-background-mean-of-background",
            _trap_mean_of_background,
            "Your mIoU is the background's IoU alone. The pet is missed, and its 0 belongs in the mean too: "
            "add both IoUs and divide by 2.",
        ),
        Misconception(
            "all-background-weighted-mean",
            _trap_weighted_mean,
            "You weighted each class's IoU by its number of pixels. In the mean IoU each class has the same "
            "weight, however small it is: that is its purpose.",
        ),
        Misconception(
            "all-background-background-iou",
            _trap_background_iou,
            "Your pet IoU is the background's. The pet has the id 1: foreground_iou(prediction, truth, 1).",
        ),
        Misconception(
            "all-background-all-pet",
            _trap_all_pet,
            "You predicted 1, pet, at every pixel. Background has the id 0: fill the prediction with 0.",
        ),
        Misconception(
            "all-background-perfect",
            _trap_perfect_prediction,
            "You scored the truth against itself, or a copy of it. The prediction is 0 at every pixel, in the "
            "shape of the truth: [[0 for _ in row] for row in truth].",
        ),
    ),
    accepted=(_trap_from_share, _trap_plain, _trap_library),
    hints=(
        "Make the prediction first: as many rows and columns as the truth, filled with 0. The rest are calls of "
        "functions that you have written.",
        "`pixel_accuracy(prediction, truth)` for the accuracy, `foreground_iou(prediction, truth, 1)` for the pet, "
        "and the same with 0 for the background. One mean is missing.",
        "`prediction = [[0 for _ in row] for row in truth]`, and `mean_iou = np.nanmean([background_iou, pet_iou])`: "
        "the mean that leaves nan out.",
    ),
    why="The accuracy is the share of background, so it only says how much background the image has. "
    "The pet IoU is 0 for any pet, however small: nothing of it was found.",
)


# --- pedestrians-92 ----------------------------------------------------------------------------------------


def misleading_pair(pedestrian):
    """Return a pair of masks with a pixel accuracy of exactly 0.92 and every pedestrian missed.

    Goes in: pedestrian, the class id of pedestrians, from 2 to 9; 0 is background, 1 is road.
    Comes out: (prediction, truth), nested lists of class ids, equal in shape; any size will do.
    """
    ### BEGIN SOLUTION
    prediction = [[0] * 10 for _ in range(5)] + [[1] * 10 for _ in range(5)]  # background above, road below
    truth = [row.copy() for row in prediction]
    for row in range(3, 7):  # two pedestrians of four pixels each: 8 of the 100 pixels
        truth[row][2] = pedestrian
        truth[row][7] = pedestrian
    ### END SOLUTION
    return prediction, truth


def _observe_pair(answer, pedestrian):
    """Put a pair in plain facts; many pairs have the same."""
    pair = answer(pedestrian)
    if pair is None or pair is Ellipsis:
        return pair
    masks = [_as_class_map(mask) for mask in pair] if isinstance(pair, list | tuple | np.ndarray) else []
    comparable = len(masks) == 2 and masks[0] is not None and masks[1] is not None
    if not comparable or masks[0].shape != masks[1].shape:
        return {"two masks of class ids, equal in shape": False}
    prediction, truth = masks
    is_pedestrian = truth == pedestrian
    return {
        "two masks of class ids, equal in shape": True,
        "the truth has pedestrians": bool(is_pedestrian.any()),
        "every pedestrian is missed": not (prediction[is_pedestrian] == pedestrian).any(),
        "pixel accuracy": float((prediction == truth).mean()),
    }


def _as_class_map(mask):
    """Return a mask as an array (H, W) of integers, or None where it is something else."""
    try:
        array = np.asarray(mask)
    except ValueError:  # rows of different lengths
        return None
    return array if array.ndim == 2 and array.size and array.dtype.kind in "iu" else None


def _pair_no_pedestrian(pedestrian):
    prediction, truth = misleading_pair(pedestrian)
    return truth, prediction


def _pair_fixed_id(pedestrian):
    return misleading_pair(PEDESTRIAN)


def _pair_mostly_pedestrians(pedestrian):
    truth = np.full((10, 10), pedestrian)
    truth[0, :8] = 0
    return np.zeros_like(truth), truth


def _pair_some_found(pedestrian):
    prediction, truth = misleading_pair(pedestrian)
    prediction[9][0] = truth[9][0] = pedestrian
    return prediction, truth


def _pair_equal(pedestrian):
    _, truth = misleading_pair(pedestrian)
    return truth, truth


def _pair_one_list(pedestrian):
    return [row.copy() for row in misleading_pair(pedestrian)[0]], [0] * 92 + [pedestrian] * 8


def _pair_rounded(pedestrian):
    return np.zeros((3, 4), dtype=int), np.array([[0] * 4, [0] * 4, [0, 0, 0, pedestrian]])


def _pair_ten_percent(pedestrian):
    truth = np.zeros((10, 10), dtype=int)
    truth[0] = pedestrian
    return np.zeros_like(truth), truth


def _pair_numpy(pedestrian):
    truth = np.zeros((5, 5), dtype=int)
    truth[2:4, 2] = pedestrian
    return np.zeros_like(truth), truth


def _pair_one_row(pedestrian):
    return [[[1] * 25], [[1] * 23 + [pedestrian] * 2]]


def _pair_false_alarms(pedestrian):
    prediction = np.zeros((20, 10), dtype=np.uint8)
    truth = prediction.copy()
    truth[4, 4] = pedestrian
    prediction[10, :8] = pedestrian
    prediction[12, :7] = 1
    return prediction, truth


PEDESTRIANS = Exercise(
    id="pedestrians-92",
    title="92 % right, and every pedestrian missed",
    lesson="02",
    points=2,
    minutes=6,
    source="Lesson 33, common errors: trusting pixel accuracy over IoU",
    reference=misleading_pair,
    observe=_observe_pair,
    worked=(
        Worked(
            (PEDESTRIAN,),
            {
                "two masks of class ids, equal in shape": True,
                "the truth has pedestrians": True,
                "every pedestrian is missed": True,
                "pixel accuracy": 0.92,
            },
            "pedestrians-92",
        ),
    ),
    fresh=_draw_pedestrian,
    misconceptions=(
        Misconception(
            "pedestrians-none",
            _pair_no_pedestrian,
            "Your truth has no pedestrian, so none can be missed. The truth is the second of the two masks: if the "
            "pedestrians stand in the first, return `prediction, truth` in this order.",
        ),
        Misconception(
            "pedestrians-fixed-id",
            _pair_fixed_id,
            "You wrote the id 2 into the truth, but another id can stand for pedestrians: write the argument "
            "`pedestrian` into the pixels.",
        ),
        Misconception(
            "pedestrians-mostly",
            _pair_mostly_pedestrians,
            "Your accuracy is 0.08: 92 % of your pixels are wrong. Turn it round: 92 pixels of 100 are right, "
            "and the pedestrians are among the other 8.",
        ),
        Misconception(
            "pedestrians-some-found",
            _pair_some_found,
            "The accuracy is right, but the prediction finds some of the pedestrians' pixels. At every pixel where "
            "the truth is `pedestrian`, predict another class.",
        ),
        Misconception(
            "pedestrians-equal",
            _pair_equal,
            "Prediction and truth are equal, pedestrians included. Did you change the rows of one mask that the "
            "other shares? Give each its own rows: `truth = [row.copy() for row in prediction]`.",
        ),
        Misconception(
            "pedestrians-no-masks",
            _pair_one_list,
            "What came back cannot be compared. Return two masks: each a list of rows, each row a list of whole "
            "numbers, as many rows and columns in the one as in the other.",
        ),
        Misconception(
            "pedestrians-rounded",
            _pair_rounded,
            "11 of 12 right is 0.9167, which is 92 % only when rounded. Exactly 0.92 needs a number of pixels that "
            "25 divides: 23 of 25 right, or 92 of 100.",
        ),
        Misconception(
            "pedestrians-ten-percent",
            _pair_ten_percent,
            "Your pair scores 0.90: a tenth of the pixels is wrong. For 0.92 only 8 of 100 pixels may be wrong.",
        ),
    ),
    accepted=(_pair_numpy, _pair_one_row, _pair_false_alarms),
    hints=(
        "Which sizes make 0.92 easy? With 100 pixels, 92 are right and 8 are wrong. Spend the wrong ones on "
        "pedestrians.",
        "Make a prediction of 10 rows of 10 pixels without any pedestrian. Copy its rows for the truth: "
        "`truth = [row.copy() for row in prediction]`.",
        "Then write `pedestrian` into 8 pixels of the truth, for example `for column in range(8): "
        "truth[5][column] = pedestrian`.",
    ),
    why="The accuracy has 92 % of the pixels to be right about, so it never needs the 8 % that matter: such a class "
    "costs it at most 8 points.",
)


# --- class-accuracy ----------------------------------------------------------------------------------------


def class_accuracy(prediction, truth, num_classes):
    """Return, for each class, the share of its true pixels that were found.

    Goes in: prediction and truth, int arrays (H, W) of class ids; num_classes, the number of classes.
    Comes out: a list of num_classes floats; float("nan") for a class that the truth does not have.
    """
    scores = []
    ### BEGIN SOLUTION
    for class_id in range(num_classes):
        is_class = truth == class_id  # (H, W) of True and False
        if is_class.any():
            found = prediction[is_class] == class_id  # one True or False for each true pixel of the class
            scores.append(found.mean())
        else:
            scores.append(float("nan"))
    ### END SOLUTION
    return scores


def _class_precision(prediction, truth, num_classes):
    return class_accuracy(truth, prediction, num_classes)


def _class_share_of_image(prediction, truth, num_classes):
    return [((prediction == c) & (truth == c)).mean() for c in range(num_classes)]


def _class_one_against_rest(prediction, truth, num_classes):
    return [((prediction == c) == (truth == c)).mean() for c in range(num_classes)]


def _class_iou(prediction, truth, num_classes):
    return [foreground_iou(prediction, truth, c) for c in range(num_classes)]


def _class_absent_is_0(prediction, truth, num_classes):
    return np.nan_to_num(class_accuracy(prediction, truth, num_classes), nan=0.0)


def _class_absent_skipped(prediction, truth, num_classes):
    return [score for score in class_accuracy(prediction, truth, num_classes) if not np.isnan(score)]


def _class_missed(prediction, truth, num_classes):
    return [1 - score for score in class_accuracy(prediction, truth, num_classes)]


def _class_mean_only(prediction, truth, num_classes):
    return float(np.nanmean(class_accuracy(prediction, truth, num_classes)))


def _class_counts(prediction, truth, num_classes):
    found = np.bincount(truth[prediction == truth], minlength=num_classes)
    total = np.bincount(truth.ravel(), minlength=num_classes)
    return np.divide(found, total, out=np.full(num_classes, np.nan), where=total > 0)


def _class_plain(prediction, truth, num_classes):
    found, total = [0] * num_classes, [0] * num_classes
    for predicted, true in zip(prediction.ravel().tolist(), truth.ravel().tolist(), strict=True):
        total[true] += 1
        found[true] += predicted == true
    return [f / t if t else NAN for f, t in zip(found, total, strict=True)]


def _class_tuple(prediction, truth, num_classes):
    both = [np.sum((prediction == c) & (truth == c)) for c in range(num_classes)]
    return tuple(_ratio(both[c], np.sum(truth == c)) for c in range(num_classes))


CLASS_ACCURACY = Exercise(
    id="class-accuracy",
    title="Accuracy of each class",
    lesson="02",
    points=2,
    minutes=5,
    source="Lesson 33, common errors: report every class, not just the average",
    reference=class_accuracy,
    worked=(
        Worked(
            (np.array(THREE_PREDICTION), np.array(THREE_TRUTH), 3), (1.0, 2 / 3, 2 / 3), "class-accuracy-3x3"
        ),
        Worked((np.array([[0, 0, 1, 1]]), np.array([[0, 0, 0, 2]]), 4), (2 / 3, NAN, 0.0, NAN)),
    ),
    fresh=_draw_class_maps,
    misconceptions=(
        Misconception(
            "class-accuracy-precision",
            _class_precision,
            "You divided by the pixels that the prediction gives to the class: that is precision. Here the question "
            "is what became of the true pixels: pick them with `truth == class_id`.",
        ),
        Misconception(
            "class-accuracy-share-of-image",
            _class_share_of_image,
            "You divided by all pixels of the image, so a small class scores low even when all of it is found. "
            "Divide by the class's own pixels in the truth.",
        ),
        Misconception(
            "class-accuracy-one-against-rest",
            _class_one_against_rest,
            "You also counted the pixels that are rightly not of the class, and there are many. Look only at "
            "pixels where the truth is the class: `prediction[truth == class_id]`.",
        ),
        Misconception(
            "class-accuracy-iou",
            _class_iou,
            "That is the IoU of each class: it also divides by pixels that only the prediction has. Here divide by "
            "the class's pixels in the truth alone.",
        ),
        Misconception(
            "class-accuracy-absent-is-0",
            _class_absent_is_0,
            "You gave 0 to a class that the truth does not have. 0 means that all of it was missed, and there was "
            'nothing to miss: append `float("nan")`.',
        ),
        Misconception(
            "class-accuracy-absent-skipped",
            _class_absent_skipped,
            "You left out the classes that the truth does not have, so the scores after them slip to another "
            'class\'s place. Append `float("nan")` there: the list has num_classes values.',
        ),
        Misconception(
            "class-accuracy-missed",
            _class_missed,
            "You returned the share that was missed. Compare with `==`: the share that was found is expected.",
        ),
        Misconception(
            "class-accuracy-mean-only",
            _class_mean_only,
            "You returned one mean. It is the single values that show which class fails: return the list.",
        ),
    ),
    accepted=(_class_counts, _class_plain, _class_tuple),
    hints=(
        "For one class: pick its pixels by the truth, and ask at how many of them the prediction says the same.",
        "`is_class = truth == class_id` picks, `prediction[is_class] == class_id` asks, and the mean of True and "
        "False is the share of True.",
        'Around it `for class_id in range(num_classes):`, and `scores.append(float("nan"))` where '
        "`is_class.any()` is False.",
    ),
    why="Each class is divided by its own number of pixels, so a small class cannot hide behind a large one. "
    "The field calls this number recall.",
)

EXERCISES = (ACCURACY, IGNORING, FOREGROUND_IOU, ALL_BACKGROUND, PEDESTRIANS, CLASS_ACCURACY)
