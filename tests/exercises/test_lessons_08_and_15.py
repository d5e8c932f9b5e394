"""What learners of lessons 08 and 15 read about answers that they often write, and what they do not read."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from course_lib.checking.judge import judge
from course_lib.exercises import find_exercise


def iou(found, true):
    return (found & true).sum() / max(1, (found | true).sum())


def equal_recall(precision, recall, wanted):
    best = precision[recall == wanted]
    iou = [p * r / (p + r - p * r) if p and r else 0.0 for p, r in zip(precision, recall, strict=True)]
    return (best.max() if len(best) else np.nan), max(iou)


def dice_in_one_line(precision, recall, wanted):
    return precision[recall >= wanted].max(), (2 * precision * recall / (precision + recall)).max()


def both_ious(chances, is_pet, thresholds):
    return max(sorted(thresholds), key=lambda t: iou(chances > t, is_pet) + iou(chances <= t, ~is_pet))


def place_of_the_best(chances, is_pet, thresholds):
    return int(np.argmax([iou(chances > threshold, is_pet) for threshold in thresholds]))


def shares_of_images(counts, how):
    pixels = counts.sum(axis=0)
    shown = pixels > 0
    weights = np.zeros(len(pixels))
    if how == "inverse":
        weights[shown] = counts.sum() / (shown.sum() * pixels[shown])
    else:
        share = (counts > 0).mean(axis=0)
        weights[shown] = np.median(share[shown]) / share[shown]
    return weights


def as_the_formulas_stand(counts, how):
    pixels = counts.sum(axis=0)
    frequency = pixels / counts.sum()
    return counts.sum() / (len(pixels) * pixels) if how == "inverse" else np.median(frequency) / frequency


def not_squeezed(logits, targets, weight):
    losses = -logits.log_softmax(1).gather(1, targets.unsqueeze(1))
    return (losses * weight[targets]).sum() / weight[targets].sum()


def no_axis_for_gather(logits, targets, weight):
    losses = -logits.log_softmax(1).gather(1, targets)
    return (losses * weight[targets]).sum() / weight[targets].sum()


def dice_of_the_pet(logits, targets, smooth=1.0):
    p, true = logits.softmax(1)[:, 1], (targets == 1).float()
    return 1 - (2 * (p * true).sum() + smooth) / (p.sum() + true.sum() + smooth)


def dice_of_everything(logits, targets, smooth=1.0):
    p, true = logits.softmax(1), F.one_hot(targets, logits.shape[1]).permute(0, 3, 1, 2)
    return 1 - (2 * (p * true).sum() + smooth) / (p.sum() + true.sum() + smooth)


def as_many_classes_as_are_met(logits, targets, smooth=1.0):
    p, true = logits.softmax(1), F.one_hot(targets).permute(0, 3, 1, 2)
    both = (p * true).sum((0, 2, 3))
    union = p.sum((0, 2, 3)) + true.sum((0, 2, 3)) - both
    return (1 - (both + smooth) / (union + smooth))[true.sum((0, 2, 3)) > 0].mean()


def alpha_of_the_paper(logits, targets, alpha=0.25, gamma=2.0):
    losses = F.cross_entropy(logits, targets, reduction="none")
    factor = torch.where(targets > 0, alpha, 1 - alpha)
    return (factor * (1 - torch.exp(-losses)) ** gamma * losses).mean()


def p_of_the_pet(logits, targets, alpha=0.25, gamma=2.0):
    losses = F.cross_entropy(logits, targets, reduction="none")
    return (alpha * (1 - logits.softmax(1)[:, 1]) ** gamma * losses).mean()


def p_above_1(logits, targets, alpha=0.25, gamma=2.0):
    losses = F.cross_entropy(logits, targets, reduction="none")
    return (alpha * (1 - torch.exp(losses)) ** gamma * losses).mean()


def nothing_is_found(truth):
    return [0.3 if true else 0.4 for true in truth], [0.4 if true else 0.1 for true in truth]


@pytest.mark.parametrize(
    ("exercise_id", "answer", "said"),
    [
        ("read-curve", equal_recall, "whose recall equals the one wanted"),
        ("read-curve", dice_in_one_line, "Your second number is Dice"),
        ("choose-threshold", both_ious, "the mean of two IoUs"),
        ("choose-threshold", place_of_the_best, "the place of the best threshold"),
        ("class-weights", shares_of_images, "the share of the images that show the class"),
        ("class-weights", as_the_formulas_stand, "they lead to a division by 0"),
        ("weighted-cross-entropy", not_squeezed, "squeeze(1)"),
        ("weighted-cross-entropy", no_axis_for_gather, "`gather` takes an index with as many axes"),
        ("dice-loss", dice_of_the_pet, "the Dice of class 1 only"),
        ("dice-loss", dice_of_everything, "one Dice from them"),
        ("iou-loss", as_many_classes_as_are_met, "F.one_hot does not know how many classes"),
        ("focal-loss", alpha_of_the_paper, "the background 1 - alpha"),
        ("focal-loss", p_of_the_pet, "the probability of class 1"),
        ("focal-loss", p_above_1, "Your p is above 1"),
        ("misleading-loss", nothing_is_found, "Your first prediction finds nothing"),
    ],
)
def test_a_usual_mistake_is_named(exercise_id, answer, said):
    message = judge(find_exercise(exercise_id), answer).message
    assert said in message
    assert "`==` asks for this one only" not in message
    assert "look at what should happen where both sides are equal" not in message


def test_a_call_of_the_focal_loss_names_alpha_and_gamma():
    text = judge(find_exercise("focal-loss"), p_of_the_pet).text()
    assert "alpha=0.25, gamma=2.0)" in text
    assert "alpha_and_gamma" not in text
