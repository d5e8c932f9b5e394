"""Scores of instances and of panoptic maps: components, IoU of boxes and masks, average precision, panoptic quality.

For a data set of detections, in the dictionaries that torchvision's detectors give::

    precision = AveragePrecision(by="masks")
    for prediction, truth in zip(predictions, truths):
        precision.update(prediction, truth)
    print(precision.mean(), precision.mean(at=0.5))

Everything here is NumPy and takes tensors too. A box is (left, top, right, bottom) in pixels, and right and bottom are
the first ones outside, so that (right - left) * (bottom - top) is the number of pixels in it.
"""

from course_lib.instances.average_precision import (
    COCO_THRESHOLDS,
    AveragePrecision,
    match_counted,
    match_greedily,
    precision_at_recalls,
)
from course_lib.instances.components import connected_components
from course_lib.instances.overlap import box_iou, boxes_of, mask_iou
from course_lib.instances.panoptic_map import (
    masks_of_components,
    panoptic_of_components,
    panoptic_of_detections,
)
from course_lib.instances.panoptic_quality import (
    INSTANCES_A_CLASS,
    PanopticQuality,
    Quality,
    quality_of,
)

__all__ = [
    "COCO_THRESHOLDS",
    "INSTANCES_A_CLASS",
    "AveragePrecision",
    "PanopticQuality",
    "Quality",
    "box_iou",
    "boxes_of",
    "connected_components",
    "mask_iou",
    "masks_of_components",
    "match_counted",
    "match_greedily",
    "panoptic_of_components",
    "panoptic_of_detections",
    "precision_at_recalls",
    "quality_of",
]
