"""Scores of a single pair of masks."""

from typing import Any, TypeVar

import numpy as np

from course_lib.metrics.checks import as_pair
from course_lib.metrics.confusion_matrix import ConfusionMatrix, Scores

Score = TypeVar("Score", float, Scores)


def pixel_accuracy(prediction: Any, truth: Any) -> float:
    """Share of the pixels whose class is right, 0..1. Source: Lesson 33, worked example accuracy-3x3 (7/9).

    Arguments and errors are as in ``ConfusionMatrix.update``, except that ids may be any integers.
    """
    prediction, truth = as_pair(prediction, truth)
    return float(np.mean(prediction == truth))


def iou(prediction: Any, truth: Any, num_classes: int) -> Scores:
    """IoU of each class for one pair of masks, float64 (C,); NaN for a class in neither.

    Arguments and errors are as in ``ConfusionMatrix``, which should be used if pixels are ignored.
    Source: Lesson 33, worked example miou-3x3 (0.750, 0.500, 0.667).
    """
    return _matrix(prediction, truth, num_classes).iou()


def mean_iou(prediction: Any, truth: Any, num_classes: int) -> float:
    """Mean IoU of one pair: the mean of ``iou`` over the classes in either mask (miou-3x3: 0.639)."""
    return _matrix(prediction, truth, num_classes).mean_iou()


def dice(prediction: Any, truth: Any, num_classes: int) -> Scores:
    """Dice of each class for one pair of masks, float64 (C,); NaN for a class in neither. See ``iou``."""
    return _matrix(prediction, truth, num_classes).dice()


def mean_dice(prediction: Any, truth: Any, num_classes: int) -> float:
    """The mean of ``dice`` over the classes in either mask."""
    return _matrix(prediction, truth, num_classes).mean_dice()


def binary_iou(prediction: Any, truth: Any) -> float:
    """IoU of the foreground of two masks of 0 and 1, or of booleans; NaN if both are empty.

    Source: worked examples overlap-4x4 (0.75), regions-10-10-40 (2/3) and empty-prediction (0).
    """
    return float(iou(prediction, truth, num_classes=2)[1])


def binary_dice(prediction: Any, truth: Any) -> float:
    """Dice of the foreground of two masks of 0 and 1, or of booleans; NaN if both are empty.

    Source: worked examples overlap-4x4 (12/14) and regions-10-10-40 (0.8).
    """
    return float(dice(prediction, truth, num_classes=2)[1])


def dice_from_iou(iou: Score) -> Score:
    """Dice = 2 IoU / (1 + IoU), of a number or an array in 0..1. Source: study guide, section 10."""
    _check_score(iou, "IoU")
    return 2 * iou / (1 + iou)


def _check_score(score: Any, name: str) -> None:
    if np.any(np.less(score, 0)) or np.any(np.greater(score, 1)):
        raise ValueError(f"{name} is {score}, but scores are in 0..1: divide percentages by 100")


def _matrix(prediction: Any, truth: Any, num_classes: int) -> ConfusionMatrix:
    matrix = ConfusionMatrix(num_classes)
    matrix.update(prediction, truth)
    return matrix
