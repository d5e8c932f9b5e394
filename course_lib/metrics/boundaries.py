"""How well boundaries agree: Boundary IoU, boundary F, HD95 and ASSD, of a pair of masks.

IoU hardly sees the outline of a large object: its inside decides. These scores look at the outline only.

What counts as boundary: for ``boundary_f``, ``hd95`` and ``assd``, the mask's own pixels that touch the outside with a
side, each with the same weight, as in MONAI; distances go from centre to centre. DeepMind's surface-distance
puts the boundary between the pixels instead and weighs its pieces by length, so its figures differ
slightly. The image's border ends a mask in all four scores, so a mask that fills the image has its boundary there.

If both masks are empty there is nothing to compare, and every score is NaN. If only one is empty, Boundary IoU and
boundary F are 0, and the distances are infinite.
"""

import math
from typing import Any

import numpy as np

from course_lib.metrics.boundary_pixels import (
    Distances,
    Mask,
    boundary_distances,
    crop_to_both,
    inner_band,
)
from course_lib.metrics.checks import as_pair, raise_for_ids

DILATION_RATIO = 0.02
"""Width of the band of Boundary IoU, as a share of the image's diagonal."""

TOLERANCE_RATIO = 0.0075
"""How far boundaries may be apart for boundary F, as a share of the image's diagonal."""


def boundary_iou(prediction: Any, truth: Any, dilation_ratio: float = DILATION_RATIO) -> float:
    """IoU of the two masks' inner bands: their pixels near their own boundary.

    Source: Cheng et al., "Boundary IoU" (2021). As in the authors' code, the band is ``dilation_ratio`` of the
    image's diagonal wide, rounded to whole pixels and at least one; a step to a diagonal neighbour counts as one.
    The default, .02, is theirs for COCO; for large pictures such as those of Cityscapes they take less.

    Args:
        prediction: mask (H, W) of 0 and 1, or of booleans: array, nested list or tensor.
        truth: mask of the same shape.
        dilation_ratio: width of the band, as a share of the diagonal.

    Returns:
        0..1; the masks' own IoU if the band is wide enough to hold them.

    Raises:
        TypeError: a mask does not hold integers.
        ValueError: shapes differ, a mask does not have two axes, or holds other ids than 0 and 1.
    """
    predicted, true = _as_masks(prediction, truth)
    both, either = band_overlap(predicted, true, band_width(true.shape, dilation_ratio))
    return both / either if either else math.nan


def boundary_f(prediction: Any, truth: Any, tolerance: float | None = None) -> float:
    """Boundary F1 (BF score): the harmonic mean of boundary precision and boundary recall.

    Precision is the share of the prediction's boundary pixels that have one of the truth's within the tolerance;
    recall is the share of the truth's that have one of the prediction's.
    Source: Csurka et al., "What is a good evaluation measure for semantic segmentation?" (2013). DAVIS has the same
    score with .008 of the diagonal, rounded up. MONAI's ``compute_surface_dice`` pools the two shares instead
    of taking their harmonic mean.

    Args:
        prediction: as in ``boundary_iou``.
        truth: as in ``boundary_iou``.
        tolerance: in pixels; by default .0075 of the image's diagonal, as in the source.

    Returns:
        0..1.

    Raises:
        TypeError, ValueError: as ``boundary_iou``, or the tolerance is below 0.
    """
    predicted, true = _as_masks(prediction, truth)
    if tolerance is None:
        tolerance = TOLERANCE_RATIO * math.hypot(*true.shape)
    if not tolerance >= 0:
        raise ValueError(f"the tolerance is {tolerance}, expected 0 or more: give a number of pixels")
    return f_of(*boundary_distances(*crop_to_both(predicted, true)), tolerance)


def hd95(prediction: Any, truth: Any, spacing: tuple[float, float] = (1, 1)) -> float:
    """Hausdorff distance without the worst 5 %: how far apart the boundaries are, nearly everywhere.

    The 95th percentile of the distances from the prediction's boundary to the truth's, and that of the distances back:
    the larger of the two, as in MONAI and surface-distance. MedPy takes one percentile of all distances together.

    Args:
        prediction: as in ``boundary_iou``.
        truth: as in ``boundary_iou``.
        spacing: height and width of a pixel; the distance has its unit. Pixels by default.

    Returns:
        0 or more, in pixels or in the unit of ``spacing``.

    Raises:
        TypeError, ValueError: as ``boundary_iou``, or the spacing is not two numbers above 0.
    """
    masks = crop_to_both(*_as_masks(prediction, truth))
    return hd95_of(*boundary_distances(*masks, _checked(spacing)))


def assd(prediction: Any, truth: Any, spacing: tuple[float, float] = (1, 1)) -> float:
    """Average symmetric surface distance: the mean of all distances from either boundary to the other.

    The longer boundary counts for more, as in MONAI; the mean of the two directions' means is another figure.
    Arguments, result and errors are as in ``hd95``.
    """
    masks = crop_to_both(*_as_masks(prediction, truth))
    return assd_of(*boundary_distances(*masks, _checked(spacing)))


def band_width(shape: tuple[int, ...], dilation_ratio: float) -> int:
    """Return the width of Boundary IoU's band in an image of this height and width, in pixels."""
    return max(1, round(dilation_ratio * math.hypot(*shape)))


def band_overlap(predicted: Mask, true: Mask, width: int) -> tuple[int, int]:
    """Count the pixels in both bands, and those in either."""
    bands = inner_band(predicted, width), inner_band(true, width)
    return int(np.sum(bands[0] & bands[1])), int(np.sum(bands[0] | bands[1]))


def f_of(from_prediction: Distances, from_truth: Distances, tolerance: float) -> float:
    """Boundary F of what ``boundary_distances`` returns."""
    if not from_prediction.size and not from_truth.size:
        return math.nan
    if not from_prediction.size or not from_truth.size:
        return 0.0
    precision, recall = (float(np.mean(d <= tolerance)) for d in (from_prediction, from_truth))
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def hd95_of(from_prediction: Distances, from_truth: Distances) -> float:
    """HD95 of what ``boundary_distances`` returns."""
    measured = [d for d in (from_prediction, from_truth) if d.size]
    if any(np.isinf(d).any() for d in measured):
        return math.inf  # one mask is empty; between infinite distances a percentile would be NaN
    return max((float(np.percentile(d, 95)) for d in measured), default=math.nan)


def assd_of(from_prediction: Distances, from_truth: Distances) -> float:
    """ASSD of what ``boundary_distances`` returns."""
    together = np.concatenate([from_prediction, from_truth])
    return float(together.mean()) if together.size else math.nan


def _as_masks(prediction: Any, truth: Any) -> tuple[Mask, Mask]:
    prediction, truth = as_pair(prediction, truth)
    if truth.ndim != 2:
        raise ValueError(
            f"the masks have shape {truth.shape}, expected (H, W): pass one pair of masks at a time"
        )
    raise_for_ids(prediction, truth, 2, None)
    return prediction.astype(bool), truth.astype(bool)


def _checked(spacing: tuple[float, float]) -> tuple[float, float]:
    sides = np.asarray(spacing, np.float64)
    if sides.shape != (2,) or not np.isfinite(sides).all() or not (sides > 0).all():
        raise ValueError(
            f"spacing is {spacing}, expected the height and the width of a pixel, two numbers above 0: "
            "pass (1, 1) to measure in pixels"
        )
    return float(sides[0]), float(sides[1])
