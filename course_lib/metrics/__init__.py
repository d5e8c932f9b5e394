"""Scores of a segmentation: one confusion matrix, and every score derived from it.

For a data set::

    matrix = ConfusionMatrix(num_classes=3, ignore_index=255)
    for images, targets in loader:
        matrix.update(model(images).argmax(dim=1), targets)
    print(matrix.mean_iou(), matrix.iou())

``BoundaryScores`` is used in the same way, and looks at outlines only: Boundary IoU, boundary F, HD95 and ASSD.

The functions score a single pair of masks, with the names that the lessons use.
"""

from course_lib.metrics.boundaries import assd, boundary_f, boundary_iou, hd95
from course_lib.metrics.boundary_scores import BoundaryScores
from course_lib.metrics.confusion_matrix import ConfusionMatrix, Counts, Scores
from course_lib.metrics.pairs import (
    binary_dice,
    binary_iou,
    dice,
    dice_from_iou,
    iou,
    mean_dice,
    mean_iou,
    pixel_accuracy,
)

__all__ = [
    "BoundaryScores",
    "ConfusionMatrix",
    "Counts",
    "Scores",
    "assd",
    "binary_dice",
    "binary_iou",
    "boundary_f",
    "boundary_iou",
    "dice",
    "dice_from_iou",
    "hd95",
    "iou",
    "mean_dice",
    "mean_iou",
    "pixel_accuracy",
]
