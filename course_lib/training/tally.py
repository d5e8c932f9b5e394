"""What is counted of predictions that are scored: pixels by class, and boundaries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from course_lib.masks import IGNORE_INDEX, PET_CLASSES
from course_lib.metrics import BoundaryScores, ConfusionMatrix
from course_lib.metrics.confusion_matrix import mean_of_known
from course_lib.training.devices import Devices
from course_lib.training.loop import pooled


class Tally:
    """A confusion matrix and boundary scores, fed together.

    Args:
        num_classes: C; pixels whose true id is ``IGNORE_INDEX`` are left out.
    """

    def __init__(self, num_classes: int) -> None:
        self.matrix = ConfusionMatrix(num_classes, IGNORE_INDEX)
        self.boundaries = BoundaryScores(num_classes, IGNORE_INDEX)

    def update(self, prediction: Any, targets: Any) -> None:
        """Count class ids, (H, W) or (N, H, W), against the true ones; errors are as in ``BoundaryScores``."""
        self.matrix.update(prediction, targets)
        self.boundaries.update(prediction, targets)

    def pooled(self, devices: Devices) -> Tally:
        """Sum up what all processes have counted, so that each process holds the total."""
        pooled(self.matrix, devices)
        if devices.world_size > 1:
            totals = devices.sum(torch.from_numpy(self.boundaries.totals))
            self.boundaries.totals = totals.cpu().numpy()
        return self

    def as_json(self, images: int, size: int | str, classes: Sequence[str]) -> dict[str, Any]:
        """Return all scores as plain data; the distances are in pixels of ``size``."""
        scores = scores_as_json(self.matrix, images, size, classes)
        return scores | {"boundary": _boundaries_as_json(self.boundaries, size, classes)}


def scores_as_json(
    matrix: ConfusionMatrix, images: int, size: int | str, classes: Sequence[str] = PET_CLASSES
) -> dict[str, Any]:
    """Return the scores of a matrix as plain data; a class that appears nowhere has None."""
    return {
        "mIoU": _number(matrix.mean_iou()),
        "iou": {name: _number(value) for name, value in zip(classes, matrix.iou(), strict=True)},
        "pixel_accuracy": _number(matrix.pixel_accuracy()),
        "images": images,
        "size": size,
    }


def _boundaries_as_json(
    boundaries: BoundaryScores, size: int | str, classes: Sequence[str]
) -> dict[str, Any]:
    columns = {
        "iou": boundaries.boundary_iou(),
        "f": boundaries.boundary_f(),
        "hd95": boundaries.hd95(),
        "assd": boundaries.assd(),
    }
    unmatched = boundaries.unmatched()
    return {
        "size": size,
        "mean": {key: _number(mean_of_known(values)) for key, values in columns.items()},
        "classes": {
            name: {key: _number(values[class_id]) for key, values in columns.items()}
            | {"unmatched": int(unmatched[class_id])}
            for class_id, name in enumerate(classes)
        },
    }


def _number(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 4)
