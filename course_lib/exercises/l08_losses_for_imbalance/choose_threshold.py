"""Choose the threshold."""

import numpy as np
import torch

from course_lib.checking.exercise import Exercise, by_kind


def choose_threshold(chances, is_pet, thresholds):
    """Return the threshold that gives the pet its best IoU.

    A pixel is called pet if its chance is above the threshold. Intersection and union are counted over all pixels of
    all images; where a threshold finds nothing, the IoU is 0. If several thresholds are equally good, return the
    smallest of them.

    Args:
        chances: a float array (N, H, W), the probability of pet in each pixel of the validation images.
        is_pet: a bool array (N, H, W), the truth; there is a pet in it somewhere.
        thresholds: a list of floats, in no particular order.

    Returns:
        One of the thresholds.
    """
    ### BEGIN SOLUTION
    best, chosen = -1.0, None
    for threshold in sorted(thresholds):
        found = chances > threshold  # (N, H, W)
        iou = (found & is_pet).sum() / (found | is_pet).sum()
        if iou > best:
            best, chosen = iou, threshold
    return chosen
    ### END SOLUTION


_KINDS = (
    "usual",
    "low chances",
    "high chances",
    "equally good",
    "one image without a pet",
    "chances on the threshold",
    "one image",
    "two thresholds",
    "nothing is found",
    "accuracy misleads",
    "little background",
    "unsure chances",
    "no threshold finds anything",
    "many thresholds",
)
_GRID = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


def _draw_chances(rng, kind):
    """Draw a rare pet, chances that rank its pixels well but not perfectly, and thresholds that are not in order."""
    count = 1 if kind == "one image" else 4
    is_pet = rng.random((count, 4, 5)) < 0.25
    is_pet[0, 0, :2] = True
    if kind == "one image without a pet":
        is_pet[1:] = False
    chances = np.clip(np.where(is_pet, 0.62, 0.34) + rng.normal(0, 0.14, is_pet.shape), 0.01, 0.99)
    chances = {"low chances": chances**3, "high chances": chances**0.3}.get(kind, chances)
    thresholds = rng.permutation(_GRID).tolist()
    if kind == "equally good":
        chances = np.where(is_pet, 0.85, 0.25)
    if kind == "chances on the threshold":
        chances, thresholds = np.where(is_pet, 0.75, 0.5), [0.75, 0.5, 0.25]
    if kind == "two thresholds":
        thresholds = thresholds[:2]
    if kind == "nothing is found":
        thresholds = [0.995, 0.999, *thresholds]
    if kind == "no threshold finds anything":
        chances, thresholds = 0.05 + 0 * chances, thresholds[:3]
    if kind == "accuracy misleads":  # finding all pets costs five false alarms, and is worth it
        return _row(rng, [0.95, 0.45, 0.45, 0.45], [0.45] * 5 + [0.1] * 11, [0.5, 0.4])
    if kind == "little background":  # half of the pet costs three of eight background pixels
        return _row(rng, [0.95, 0.95, 0.45, 0.45], [0.45] * 3 + [0.1] * 5, [0.5, 0.4])
    if kind == "unsure chances":  # the fourth pet costs two false alarms, and is not worth it
        return _row(rng, [0.6, 0.6, 0.6, 0.3], [0.3, 0.3] + [0.1] * 14, [0.5, 0.2])
    if kind == "many thresholds":  # more of them than pets; the second pet costs three false alarms
        levels = rng.permutation([0.2, 0.3, 0.4, 0.42, 0.44, 0.5, 0.55, 0.65, 0.7, 0.8]).tolist()
        return _row(rng, [0.6, 0.45], [0.45] * 3 + [0.1] * 11, levels)
    return chances, is_pet, thresholds


def _row(rng, of_pets, of_others, thresholds):
    """Return chances (1, 1, W) in a random order, which of them are pets, and the thresholds."""
    order = rng.permutation(len(of_pets) + len(of_others))
    is_pet = order < len(of_pets)
    return np.array([*of_pets, *of_others])[order][None, None], is_pet[None, None], thresholds


CHOOSE_THRESHOLD = Exercise(
    choose_threshold,
    title="Choose the threshold",
    points=3,
    minutes=12,
    source="Notes: class imbalance; IoU of one class",
    draw=by_kind(_draw_chances, *_KINDS),
    fresh_cases=len(_KINDS),
    background=0,
    hints=(
        "Argmax is one threshold among many, one half. What would you compute for each of the others?",
        "found = chances > threshold is a bool array, and so is is_pet. & is their intersection, | their union, and "
        ".sum() counts over all images at once.",
        "Go through sorted(thresholds), keep the best IoU so far and its threshold, and replace them only where the "
        "new IoU is larger, >, so that the smallest of equals stays.",
    ),
    why="Argmax answers whether a pixel is more likely a pet than not. For a rare class the best IoU often lies at "
    "quite another threshold, and only validation pictures can say which.",
)

_CHANCES = np.array([[[0.4, 0.3, 0.1, 0.1]], [[0.2, 0.3, 0.1, 0.0]]])
_IS_PET = np.array([[[True, True, False, False]], [[False, False, False, False]]])

# Above 0.05: 7 pixels, 2 of them right: 2/7. Above 0.15: 4, IoU 2/4. Above 0.25: 3, IoU 2/3. Above 0.35: 1/2.
# Above 0.5: 0.
CHOOSE_THRESHOLD.worked(_CHANCES, _IS_PET, [0.5, 0.35, 0.25, 0.15, 0.05], gives=0.25)
# Between 0.25 and 0.3, and again above 0.4, nothing changes: the smaller of two that are equally good is asked for.
CHOOSE_THRESHOLD.worked(_CHANCES, _IS_PET, [0.29, 0.26, 0.9], gives=0.26)


def _best(score, chances, is_pet, thresholds):
    """Return the threshold of the best score(found, is_pet), the smallest of equals."""
    return max(sorted(thresholds), key=lambda threshold: score(chances > threshold, is_pet))


def _iou(found, is_pet):
    return (found & is_pet).sum() / max(1, (found | is_pet).sum())


@CHOOSE_THRESHOLD.wrong
def by_accuracy(chances, is_pet, thresholds):
    """You chose the threshold with the most pixels right. Nearly all pixels are background, so that favours a threshold
    that finds few pets: compare the pet's IoU.
    """
    return _best(lambda found, true: (found == true).mean(), chances, is_pet, thresholds)


@CHOOSE_THRESHOLD.wrong
def image_by_image(chances, is_pet, thresholds):
    """You took the mean of the images' IoUs. An image without a pet then gives 0 for any false alarm: count
    intersection and union over all images.
    """
    return _best(
        lambda found, true: np.mean([_iou(*pair) for pair in zip(found, true, strict=True)]),
        chances,
        is_pet,
        thresholds,
    )


@CHOOSE_THRESHOLD.wrong
def by_recall(chances, is_pet, thresholds):
    """You returned the smallest threshold each time. It wins if you compare recall, which no false alarm ever hurts:
    compare IoU. It is also what comes out if `return` is inside the loop, which then ends at the first threshold.
    """
    return _best(lambda found, true: (found & true).sum(), chances, is_pet, thresholds)


@CHOOSE_THRESHOLD.wrong
def by_precision(chances, is_pet, thresholds):
    """You chose by precision. It is never hurt by a missed pet, so a threshold that finds a few pixels wins: compare
    IoU.
    """
    return _best(lambda found, true: (found & true).sum() / max(1, found.sum()), chances, is_pet, thresholds)


@CHOOSE_THRESHOLD.wrong
def mean_with_background(chances, is_pet, thresholds):
    """You took the mean of two IoUs, that of the pet and that of the background. Asked for is the threshold that is
    best for the pet.
    """
    return _best(lambda found, true: _iou(found, true) + _iou(~found, ~true), chances, is_pet, thresholds)


@CHOOSE_THRESHOLD.wrong
def the_place_in_the_list(chances, is_pet, thresholds):
    """You returned the place of the best threshold in the list, as argmax gives it. Asked for is the threshold itself:
    thresholds[place].
    """
    return max(range(len(thresholds)), key=lambda place: _iou(chances > thresholds[place], is_pet))


@CHOOSE_THRESHOLD.wrong
def the_last_of_equals(chances, is_pet, thresholds):
    """Where several thresholds are equally good, you returned the largest. Keep the smallest: replace the best only by
    an IoU that is larger.
    """
    return max(sorted(thresholds, reverse=True), key=lambda threshold: _iou(chances > threshold, is_pet))


@CHOOSE_THRESHOLD.wrong
def the_first_in_the_list(chances, is_pet, thresholds):
    """Where several thresholds are equally good, you returned the one that comes first in the list. The list is in no
    particular order: go through sorted(thresholds).
    """
    return max(thresholds, key=lambda threshold: _iou(chances > threshold, is_pet))


@CHOOSE_THRESHOLD.wrong
def the_iou_itself(chances, is_pet, thresholds):
    """You returned the best IoU. The threshold that gives it is asked for."""
    return max(_iou(chances > threshold, is_pet) for threshold in thresholds)


@CHOOSE_THRESHOLD.wrong
def at_least(chances, is_pet, thresholds):
    """You called a pixel a pet whose chance equals the threshold. It has to be above it: chances > threshold."""
    return max(sorted(thresholds), key=lambda threshold: _iou(chances >= threshold, is_pet))


@CHOOSE_THRESHOLD.wrong
def soft_iou(chances, is_pet, thresholds):
    """You summed the chances of the pixels that are found. A pixel is called pet or it is not: count pixels."""
    found = {threshold: np.where(chances > threshold, chances, 0) for threshold in sorted(thresholds)}
    return max(found, key=lambda one: found[one][is_pet].sum() / np.maximum(found[one], is_pet).sum())


@CHOOSE_THRESHOLD.wrong
def none_where_nothing_is_found(chances, is_pet, thresholds):
    """Where no threshold finds anything, you return None: no IoU is above the 0 from which you started. All are equally
    good then, and the smallest is asked for. Start from less than 0.
    """
    best, best_iou = None, 0
    for threshold in sorted(thresholds):
        iou = _iou(chances > threshold, is_pet)
        if iou > best_iou:
            best, best_iou = threshold, iou
    return best


@CHOOSE_THRESHOLD.right
def threshold_by_max(chances, is_pet, thresholds):
    def iou(threshold):
        found = chances > threshold
        return np.logical_and(found, is_pet).sum() / np.logical_or(found, is_pet).sum()

    return max(sorted(thresholds), key=iou)


@CHOOSE_THRESHOLD.right
def threshold_in_torch(chances, is_pet, thresholds):
    levels = torch.tensor(sorted(thresholds), dtype=torch.float64)
    found = torch.from_numpy(chances).flatten() > levels[:, None]  # (thresholds, pixels)
    true = torch.from_numpy(is_pet).flatten()
    iou = (found & true).sum(1) / (found | true).sum(1)
    return levels[iou == iou.max()].min().item()


@CHOOSE_THRESHOLD.right
def threshold_by_counting(chances, is_pet, thresholds):
    # IoU is found and right / (found + pets - found and right), and Dice has the same order.
    scores = {}
    for threshold in thresholds:
        found = np.count_nonzero(chances > threshold)
        right = np.count_nonzero(chances[is_pet] > threshold)
        scores[threshold] = 2 * right / (found + np.count_nonzero(is_pet))
    return min(scores, key=lambda threshold: (-scores[threshold], threshold))


CHOOSE_THRESHOLD.equivalent(
    "choose_threshold, line 17: 1.0 -> 2.0",
    because="No IoU is below 0, so any number below 0 will do to start from.",
)

CHOOSE_THRESHOLD.equivalent(
    "choose_threshold, line 20: (found & is_pet).sum() -> (found & is_pet).mean()",
    "choose_threshold, line 20: (found | is_pet).sum() -> (found | is_pet).mean()",
    "threshold_by_max, line 5: np.logical_and(found, is_pet).sum() -> np.logical_and(found, is_pet).mean()",
    "threshold_by_max, line 5: np.logical_or(found, is_pet).sum() -> np.logical_or(found, is_pet).mean()",
    "threshold_by_counting, line 8: 2 * right -> right",
    "threshold_by_counting, line 8: 2 -> 3",
    "threshold_by_counting, line 8: 2 -> 1",
    because="A factor that all thresholds have in common does not change which is the best.",
)

CHOOSE_THRESHOLD.equivalent(
    "threshold_in_torch, line 3: torch.tensor(sorted(thresholds), dtype=torch.float64) -> "
    "torch.tensor(sorted(thresholds))",
    "threshold_in_torch, line 5: torch.from_numpy(is_pet) -> is_pet",
    "threshold_in_torch, line 7: levels[iou == iou.max()].min().item() -> levels[iou == iou.max()].min()",
    "threshold_by_counting, line 9: scores -> thresholds",
    because="The numbers are the same, in another form; and the scores have the thresholds for their keys.",
)
