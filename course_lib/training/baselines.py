"""What a model must beat: predicting background everywhere, and predicting what is usually there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from course_lib.data.pets import PetSubset
from course_lib.masks import IGNORE_INDEX, PET_CLASSES
from course_lib.metrics import ConfusionMatrix

_BACKGROUND = PET_CLASSES.index("background")
_CHUNK = 64  # images at a time, so that a large split is never copied whole


def all_background(evaluation: PetSubset) -> ConfusionMatrix:
    """Score the prediction "background" for every pixel."""
    return _score_constant(np.full(evaluation.pets.shape, _BACKGROUND, dtype=np.uint8), evaluation)


def centre_prior(training: PetSubset, evaluation: PetSubset) -> ConfusionMatrix:
    """Score, for every pixel, the class most frequent there in the training masks: pets sit in the middle."""
    counts = _count_by_place(training, len(PET_CLASSES))
    return _score_constant(counts.argmax(axis=0).astype(np.uint8), evaluation)


def score_baselines(
    training: PetSubset, evaluation: PetSubset, classes: Sequence[str]
) -> dict[str, ConfusionMatrix]:
    """Score both baselines, by name; "all" is background if there is such a class, else the most frequent one."""
    counts = _count_by_place(training, len(classes))  # (C, H, W)
    common = int(counts.sum(axis=(1, 2)).argmax())
    everywhere = classes.index("background") if "background" in classes else common
    constant = np.full(counts.shape[1:], everywhere, dtype=np.uint8)
    return {
        f"all {classes[everywhere]}": _score_constant(constant, evaluation, len(classes)),
        "centre prior": _score_constant(counts.argmax(axis=0).astype(np.uint8), evaluation, len(classes)),
    }


def _count_by_place(training: PetSubset, num_classes: int) -> np.ndarray:
    counts = np.zeros((num_classes, *training.pets.shape), dtype=np.int64)  # (C, H, W)
    for masks in _mask_chunks(training):
        for class_id in range(num_classes):
            counts[class_id] += (masks == class_id).sum(axis=0)
    return counts


def _score_constant(
    prediction: np.ndarray, evaluation: PetSubset, num_classes: int = len(PET_CLASSES)
) -> ConfusionMatrix:
    matrix = ConfusionMatrix(num_classes, IGNORE_INDEX)
    for masks in _mask_chunks(evaluation):
        matrix.update(np.broadcast_to(prediction, masks.shape), masks)
    return matrix


def _mask_chunks(subset: PetSubset) -> Iterator[np.ndarray]:
    for start in range(0, len(subset), _CHUNK):
        yield subset.pets.masks[subset.indices[start : start + _CHUNK]]  # (up to _CHUNK, H, W)
