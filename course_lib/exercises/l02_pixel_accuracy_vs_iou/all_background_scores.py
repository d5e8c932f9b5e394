"""What background everywhere scores."""

import numpy as np

from course_lib import metrics
from course_lib.checking.exercise import Exercise, by_kind
from course_lib.exercises.l02_pixel_accuracy_vs_iou.shared import NAN, grid


def all_background_scores(truth):
    """Return what a prediction of background at every pixel scores, without making that prediction.

    Args:
        truth: 0 background and 1 pet, nested lists of int.

    Returns:
        A dict of floats: "accuracy", "pet IoU", and "mIoU", the mean of the two classes' IoUs. Where the
        truth has no pet, the pet IoU is nan and left out of the mean.
    """
    ### BEGIN SOLUTION
    pixels = [true for row in truth for true in row]
    accuracy = pixels.count(0) / len(pixels)  # and so is the background's IoU: its union is the whole image
    pet_iou = 0.0 if 1 in pixels else float("nan")
    mean_iou = np.nanmean([accuracy, pet_iou])
    ### END SOLUTION
    return {"accuracy": accuracy, "pet IoU": pet_iou, "mIoU": mean_iou}


_KINDS = ("usual", "no pet", "only pet", "one row", "square", "larger than the examples")


def _draw_pet_truth(rng, kind):
    """Draw a truth of 0 background and 1 pet; the larger one is cut off by no fixed prediction of 10 x 10."""
    shape = [int(side) for side in rng.choice(np.arange(2, 8), size=2, replace=False)]
    shape = {"one row": [1, 6], "square": [5, 5], "larger than the examples": [12, 14]}.get(kind, shape)
    truth = (rng.random(shape) < {"no pet": 0.0, "only pet": 1.0}.get(kind, 0.4)).astype(int)
    if kind not in ("no pet", "only pet"):
        truth[0, 0], truth[-1, -1] = 0, 1
    return (truth.tolist(),)


ALL_BACKGROUND_SCORES = Exercise(
    all_background_scores,
    title="What background everywhere scores",
    points=2,
    minutes=6,
    background=0,
    source="Losses and metrics, class imbalance: the accuracy trap",
    draw=by_kind(_draw_pet_truth, *_KINDS),
    hints=(
        "Say that 7 of 10 pixels are background. At how many pixels is the prediction right? And for the class "
        "background: how many pixels are in both masks, and how many in at least one?",
        "All pixels are predicted to be background, so the union of that class is the whole image, and its IoU "
        "equals the accuracy. The pet shares no pixel with a prediction that has none.",
        "`pixels = [true for row in truth for true in row]` and `accuracy = pixels.count(0) / len(pixels)`. The "
        'pet IoU is 0.0 if `1 in pixels`, otherwise `float("nan")`; the mean is `np.nanmean([accuracy, pet_iou])`.',
    ),
    why="The accuracy is the share of background, so it only says how much background the image has. "
    "The pet IoU is 0 for any pet, however small: nothing of it was found.",
)

PET_10_OF_100 = grid(f"{'0' * 10} " * 4 + "0001111100 " * 2 + f"{'0' * 10} " * 4)

ALL_BACKGROUND_SCORES.worked(
    PET_10_OF_100, gives={"accuracy": 0.9, "pet IoU": 0.0, "mIoU": 0.45}, example="all-background-90"
)

PET_20_OF_100 = grid(f"{'0' * 10} " * 3 + "0001111100 " * 4 + f"{'0' * 10} " * 3)

ALL_BACKGROUND_SCORES.worked(
    PET_20_OF_100, gives={"accuracy": 0.8, "pet IoU": 0.0, "mIoU": 0.4}, example="all-background-80"
)
ALL_BACKGROUND_SCORES.worked(
    [[0, 0, 0]], gives={"accuracy": 1.0, "pet IoU": NAN, "mIoU": 1.0}, example="no-pet"
)


def _scores(accuracy, pet_iou, mean_iou):
    return {"accuracy": accuracy, "pet IoU": pet_iou, "mIoU": mean_iou}


@ALL_BACKGROUND_SCORES.wrong
def absent_is_0(truth):
    """Where the truth has no pet you gave the pet an IoU of 0, and the mean fell to half. No pet was there
    and none was predicted, so there is no miss: its IoU is nan, and np.nanmean leaves it out.
    """
    scores = all_background_scores(truth)
    return scores if scores["pet IoU"] == 0 else _scores(1.0, 0.0, 0.5)


@ALL_BACKGROUND_SCORES.wrong
def absent_is_1(truth):
    """Where the truth has no pet you gave the pet an IoU of 1. That rewards a class that nobody tested: its
    IoU is nan, and np.nanmean leaves it out of the mean.
    """
    scores = all_background_scores(truth)
    return scores if scores["pet IoU"] == 0 else _scores(1.0, 1.0, 1.0)


@ALL_BACKGROUND_SCORES.wrong
def nan_spreads(truth):
    """Where the truth has no pet, your nan went into the mean, and a sum with nan in it is nan. Leave it out:
    np.nanmean takes the mean of what is left.
    """
    scores = all_background_scores(truth)
    return scores if scores["pet IoU"] == 0 else _scores(1.0, NAN, NAN)


@ALL_BACKGROUND_SCORES.wrong
def mean_of_background(truth):
    """Your mIoU is the background's IoU alone. The pet is missed, and its 0 belongs in the mean too: add both
    IoUs and divide by 2.
    """
    scores = all_background_scores(truth)
    return scores | {"mIoU": scores["accuracy"]}  # the IoU of a background predicted everywhere is its share


@ALL_BACKGROUND_SCORES.wrong
def weighted_mean(truth):
    """You weighted each class's IoU by its number of pixels. In the mean IoU each class has the same weight,
    however small it is: that is its purpose.
    """
    scores = all_background_scores(truth)
    return scores | {"mIoU": scores["accuracy"] ** 2}


@ALL_BACKGROUND_SCORES.wrong
def background_iou(truth):
    """Your pet IoU is the background's. The pet has the id 1, and no pixel is predicted to be pet."""
    scores = all_background_scores(truth)
    return scores | {"pet IoU": scores["accuracy"]}


@ALL_BACKGROUND_SCORES.wrong
def all_pet(truth):
    """These are the scores of pet at every pixel: right is the share of pet then. Background has the id 0, and where
    it is predicted everywhere, the background pixels are the ones that are right.
    """
    scores = all_background_scores([[1 - true for true in row] for row in truth])
    return scores | {"pet IoU": scores["accuracy"]}  # the IoU of a pet predicted everywhere is its share


@ALL_BACKGROUND_SCORES.wrong
def pet_share(truth):
    """Your pet IoU is the share of pet in the truth. The prediction has no pet, so it shares no pixel with the
    true one: the intersection is empty, and the IoU is 0.
    """
    background = all_background_scores(truth)["accuracy"]
    return _scores(background, 1 - background, 0.5) if background < 1 else _scores(1.0, NAN, 1.0)


@ALL_BACKGROUND_SCORES.wrong
def nan_as_0_in_the_mean(truth):
    """Where the truth has no pet, you took the nan for 0 in the mean, which fell to half. Leave the nan out:
    np.nanmean takes the mean of what is left.
    """
    scores = all_background_scores(truth)
    return scores if scores["pet IoU"] == 0 else _scores(1.0, NAN, 0.5)


@ALL_BACKGROUND_SCORES.wrong
def absent_pet_scores_0(truth):
    """Your mean is right, but where the truth has no pet you gave the pet an IoU of 0. No pet was there and
    none was predicted, so there is no miss: its IoU is nan.
    """
    return all_background_scores(truth) | {"pet IoU": 0.0}


@ALL_BACKGROUND_SCORES.wrong
def first_row(truth):
    """You looked only at the first row. `truth` is a list of rows: count in all of them."""
    pixels = truth[0]
    accuracy = pixels.count(0) / len(pixels)
    pet_iou = 0.0 if 1 in pixels else float("nan")
    mean_iou = np.nanmean([accuracy, pet_iou])
    return {"accuracy": accuracy, "pet IoU": pet_iou, "mIoU": mean_iou}


@ALL_BACKGROUND_SCORES.wrong
def counts(truth):
    """Your accuracy is a number of pixels, and a share is expected: divide by the number of all pixels."""
    pixels = [true for row in truth for true in row]
    accuracy = pixels.count(0)
    pet_iou = 0.0 if 1 in pixels else float("nan")
    mean_iou = np.nanmean([accuracy, pet_iou])
    return {"accuracy": accuracy, "pet IoU": pet_iou, "mIoU": mean_iou}


@ALL_BACKGROUND_SCORES.wrong
def over_rows(truth):
    """You divided by the number of rows, `len(truth)`. Divide by the number of pixels: rows times columns."""
    pixels = [true for row in truth for true in row]
    accuracy = pixels.count(0) / len(truth)
    pet_iou = 0.0 if 1 in pixels else float("nan")
    mean_iou = np.nanmean([accuracy, pet_iou])
    return {"accuracy": accuracy, "pet IoU": pet_iou, "mIoU": mean_iou}


@ALL_BACKGROUND_SCORES.wrong
def nan_for_a_pet(truth):
    """You gave the pet nan where the truth has one. It is there and was missed, so its IoU is 0; nan is for a truth
    without a pet. Did you ask `1 in truth`? That looks among the rows: ask `1 in pixels`.
    """
    pixels = [true for row in truth for true in row]
    accuracy = pixels.count(0) / len(pixels)
    pet_iou = float("nan") if 1 in pixels else 0.0
    mean_iou = np.nanmean([accuracy, pet_iou])
    return {"accuracy": accuracy, "pet IoU": pet_iou, "mIoU": mean_iou}


@ALL_BACKGROUND_SCORES.wrong
def without_names(truth):
    """The three numbers need their names: return a dict, as the last line of the outline does,
    `{"accuracy": accuracy, "pet IoU": pet_iou, "mIoU": mean_iou}`.
    """
    pixels = [true for row in truth for true in row]
    accuracy = pixels.count(0) / len(pixels)
    pet_iou = 0.0 if 1 in pixels else float("nan")
    mean_iou = np.nanmean([accuracy, pet_iou])
    return accuracy, pet_iou, mean_iou


@ALL_BACKGROUND_SCORES.wrong
def background_scores_1(truth):
    """You gave the background an IoU of 1. All of it is found, but the prediction also calls the pet background: those
    false alarms are in the union. Its IoU is the number of background pixels over the number of all pixels.
    """
    scores = all_background_scores(truth)
    return {**scores, "mIoU": float(np.nanmean([1.0, scores["pet IoU"]]))}


@ALL_BACKGROUND_SCORES.right
def trap_from_share(truth):
    background = np.mean(np.array(truth) == 0)
    if background == 1:
        return _scores(1.0, NAN, 1.0)
    return _scores(background, 0.0, background / 2)


@ALL_BACKGROUND_SCORES.right
def trap_plain(truth):
    pixels = [true for row in truth for true in row]
    ious = [pixels.count(0) / len(pixels)] + [0.0] * (1 in pixels)
    return _scores(pixels.count(0) / len(pixels), ious[1] if len(ious) == 2 else NAN, sum(ious) / len(ious))


@ALL_BACKGROUND_SCORES.right
def trap_library(truth):
    prediction = np.zeros_like(truth)
    ious = metrics.iou(prediction, truth, num_classes=2)
    return _scores(metrics.pixel_accuracy(prediction, truth), ious[1], np.nanmean(ious))


ALL_BACKGROUND_SCORES.equivalent(
    "trap_library, line 4: 2 -> 3",
    because="A third class is absent, and so left out of the mean.",
)

ALL_BACKGROUND_SCORES.equivalent(
    "trap_library, line 4: metrics.iou(prediction, truth, num_classes=2)"
    " -> metrics.iou(truth, prediction, num_classes=2)",
    "trap_library, line 5: metrics.pixel_accuracy(prediction, truth) -> metrics.pixel_accuracy(truth, prediction)",
    because="Both masks count alike: prediction and truth may change places.",
)
