"""The boundary scores of a data set, class by class."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib.metrics.boundaries import (
    DILATION_RATIO,
    TOLERANCE_RATIO,
    assd_of,
    band_overlap,
    band_width,
    f_of,
    hd95_of,
)
from course_lib.metrics.boundary_pixels import boundary_distances, crop_to_both
from course_lib.metrics.checks import as_pair, raise_for_ids
from course_lib.metrics.confusion_matrix import Scores, ratio

_IN_BOTH, _IN_EITHER, _F, _IMAGES, _HD95, _ASSD, _MATCHED = range(7)


class BoundaryScores:
    """Boundary IoU, boundary F, HD95 and ASSD of each class, over everything it has seen.

    Boundary IoU is pooled, as the IoU of ``ConfusionMatrix`` is: all that the bands share, over all that they cover.
    The other three are means over images. Boundary F is over the images in which the prediction or the truth has the
    class; where only one has it, it is 0. HD95 and ASSD are over those in which both have it, because
    otherwise there is no distance; ``unmatched`` says how many images that leaves out, and belongs beside the figures.
    A class that was in no image has NaN everywhere.

    Ignored pixels belong to no class, in the truth and in the prediction: what is predicted there changes nothing, and
    a mask ends where they begin, as it ends at the image's border.

    To pool several processes, add up ``totals``, as with ``ConfusionMatrix.counts``, or use ``merge``.

    Args:
        num_classes: C; class ids are 0..C-1.
        ignore_index: pixels whose *target* has this id are left out.
        dilation_ratio: width of Boundary IoU's band, as a share of the image's diagonal; see ``boundary_iou``.
        tolerance_ratio: tolerance of boundary F, as a share of the image's diagonal; see ``boundary_f``.
    """

    def __init__(
        self,
        num_classes: int,
        ignore_index: int | None = None,
        dilation_ratio: float = DILATION_RATIO,
        tolerance_ratio: float = TOLERANCE_RATIO,
    ) -> None:
        if num_classes < 1:
            raise ValueError(f"num_classes is {num_classes}: pass the number of classes, 1 or more")
        self.num_classes = num_classes
        self.ignore_index = ignore_index
        self.dilation_ratio, self.tolerance_ratio = dilation_ratio, tolerance_ratio
        self.totals: NDArray[np.float64] = np.zeros((7, num_classes))

    def update(self, prediction: Any, targets: Any) -> None:
        """Measure the classes of one image or batch.

        Args:
            prediction: class ids (H, W) or (N, H, W): array, nested list or tensor of any integer dtype.
            targets: true ids of the same shape.

        Raises:
            TypeError: one of them does not hold integers.
            ValueError: the shapes differ or are none of these, or an id is neither in 0..C-1 nor ignored; nothing
                of this update has been counted then.
        """
        prediction, targets = as_pair(prediction, targets)
        if targets.ndim not in (2, 3):
            raise ValueError(f"the masks have shape {targets.shape}, expected (H, W) or (N, H, W)")
        raise_for_ids(prediction, targets, self.num_classes, self.ignore_index)
        images = targets.shape[-2:]
        for predicted, true in zip(
            prediction.reshape(-1, *images), targets.reshape(-1, *images), strict=True
        ):
            for class_id in range(self.num_classes):
                self._measure(predicted, true, class_id)

    def _measure(self, predicted: NDArray[Any], true: NDArray[Any], class_id: int) -> None:
        """Add one class of one image."""
        if class_id == self.ignore_index:
            return
        predicted_mask, true_mask = predicted == class_id, true == class_id
        if self.ignore_index is not None:
            predicted_mask &= true != self.ignore_index
        masks = crop_to_both(predicted_mask, true_mask)
        if not masks[0].size:
            return
        distances = boundary_distances(*masks)
        totals = self.totals[:, class_id]
        totals[[_IN_BOTH, _IN_EITHER]] += band_overlap(*masks, band_width(true.shape, self.dilation_ratio))
        totals[_F] += f_of(*distances, self.tolerance_ratio * math.hypot(*true.shape))
        totals[_IMAGES] += 1
        if distances[0].size and distances[1].size:
            totals[_HD95] += hd95_of(*distances)
            totals[_ASSD] += assd_of(*distances)
            totals[_MATCHED] += 1

    def merge(self, other: "BoundaryScores") -> None:
        """Add what another one has measured."""
        if self._settings() != other._settings():
            raise ValueError(
                f"scores of (classes, ignored id, band, tolerance) {other._settings()} cannot be added to those of "
                f"{self._settings()}: create both with the same settings"
            )
        self.totals = self.totals + other.totals

    def boundary_iou(self) -> Scores:
        """Boundary IoU of each class, pooled, float64 (C,)."""
        return ratio(self.totals[_IN_BOTH], self.totals[_IN_EITHER])

    def boundary_f(self) -> Scores:
        """Boundary F of each class, the mean over images, float64 (C,)."""
        return ratio(self.totals[_F], self.totals[_IMAGES])

    def hd95(self) -> Scores:
        """HD95 of each class in pixels, the mean over images that have it in both, float64 (C,)."""
        return ratio(self.totals[_HD95], self.totals[_MATCHED])

    def assd(self) -> Scores:
        """ASSD of each class in pixels, the mean over images that have it in both, float64 (C,)."""
        return ratio(self.totals[_ASSD], self.totals[_MATCHED])

    def unmatched(self) -> NDArray[np.int64]:
        """Count, for each class, the images in which only the prediction or only the truth has it; int64 (C,)."""
        return (self.totals[_IMAGES] - self.totals[_MATCHED]).astype(np.int64)

    def _settings(self) -> tuple[int, int | None, float, float]:
        return self.num_classes, self.ignore_index, self.dilation_ratio, self.tolerance_ratio
