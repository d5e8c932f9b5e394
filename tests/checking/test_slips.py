"""Small changes that mend an answer: lost decimals and gradients, swapped names, masks, probabilities, brackets."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from course_lib.checking.judge import judge
from course_lib.checking.recognise.compose import composed
from course_lib.exercises import find_exercise


def cut_stamps(image, kernel, stride):
    (height, width), side = image.shape, len(kernel)
    output = np.zeros(((height - 1) * stride + side, (width - 1) * stride + side))
    for row, column in np.ndindex(height, width):
        place = slice(row * stride, row * stride + side), slice(column * stride, column * stride + side)
        output[place] += (image[row, column] * kernel).astype(int)
    return output


def kernel_for_stride(size, kernel, stride):
    counts = [0] * ((size - 1) * stride + kernel)
    for pixel in range(size):
        for step in range(stride):
            if pixel * kernel + step < len(counts):
                counts[pixel * kernel + step] += 1
    return counts


def counts_pixels(size, kernel, stride):
    counts = [0] * ((size - 1) * stride + kernel)
    for pixel in range(size):
        for step in range(kernel):
            counts[pixel * stride + step] += pixel
    return counts


def weighted_without_gradient(logits, targets, weight):
    with torch.no_grad():
        losses = -logits.log_softmax(dim=1).gather(1, targets.unsqueeze(1)).squeeze(1)
    return (weight[targets] * losses).sum() / weight[targets].sum()


def focal_as_a_number(logits, targets, alpha=0.25, gamma=2.0):
    losses = F.cross_entropy(logits, targets, reduction="none")
    return (alpha * (1 - torch.exp(-losses)) ** gamma * losses).mean().item()


def each_class_by_itself(logits, targets, smooth=1.0):
    p = torch.sigmoid(logits)
    true = F.one_hot(targets, p.shape[1]).movedim(-1, 1)
    overlap, area = (p * true).sum((0, 2, 3)), true.sum((0, 2, 3))
    union = p.sum((0, 2, 3)) + area - overlap
    return (1 - (overlap + smooth) / (union + smooth))[area > 0].mean()


def power_of_too_little(logits, targets, alpha=0.25, gamma=2.0):
    losses = F.cross_entropy(logits, targets, reduction="none")
    return (alpha * (1 - torch.exp(-losses) ** gamma) * losses).mean()


def absent_classes_in_the_median(counts, how):
    pixels = counts.sum(axis=0)
    areas = ((counts > 0) * counts.sum(axis=1, keepdims=True)).sum(axis=0)
    occurs, weights, share = pixels > 0, np.zeros(len(pixels)), pixels / np.maximum(areas, 1)
    if how == "inverse":
        weights[occurs] = counts.sum() / (occurs.sum() * pixels[occurs])
    else:
        weights[occurs] = np.median(share) / share[occurs]
    return weights


@pytest.mark.parametrize(
    ("exercise_id", "answer", "words"),
    [
        ("transposed-convolution", cut_stamps, "makes whole numbers, and whole numbers are not"),
        ("stamp-counts", kernel_for_stride, "`kernel` and `stride` have changed places"),
        ("stamp-counts", counts_pixels, "`counts[pixel * stride + step] += pixel` should count: add 1"),
        (
            "weighted-cross-entropy",
            weighted_without_gradient,
            "under `with torch.no_grad():` no gradient is recorded",
        ),
        ("focal-loss", focal_as_a_number, "no gradient flows back through"),
        ("iou-loss", each_class_by_itself, "`torch.sigmoid(logits)` judges each class by itself"),
        ("focal-loss", power_of_too_little, "the power is taken of too little"),
        ("class-weights", absent_classes_in_the_median, "`[occurs]` picks the part that counts"),
    ],
)
def test_a_change_that_mends_the_answer_is_told(exercise_id, answer, words):
    assert words in judge(find_exercise(exercise_id), answer).message


@pytest.mark.parametrize(
    ("exercise_id", "one", "other"),
    [
        ("iou-loss", "overlap-counted-twice", "iou-itself"),
        ("weighted-cross-entropy", "sign", "divided-by-the-pixels"),
        ("dense-to-conv", "weights-transposed", "bias-not-copied"),
        ("overlay", "half-and-half", "cut-decimals"),
    ],
)
def test_two_mistakes_in_the_form_of_the_reference_come_to_one_answer(exercise_id, one, other):
    exercise = find_exercise(exercise_id)
    pairs = [{idea.name for idea in pair.ideas} for pair in composed(exercise)]
    assert {one, other} in pairs
