"""What a model must beat: predicting background everywhere, and predicting what is usually there."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from course_lib.data.pets import PetSubset
from course_lib.masks import PET_CLASSES
from course_lib.metrics import ConfusionMatrix

_BACKGROUND = PET_CLASSES.index("background")
_CHUNK = 64  # images at a time, so that a large split is never copied whole


def all_background(evaluation: PetSubset) -> ConfusionMatrix:
    """Score the prediction "background" for every pixel."""
    return _score_constant(np.full((evaluation.pets.size,) * 2, _BACKGROUND, dtype=np.uint8), evaluation)


def centre_prior(training: PetSubset, evaluation: PetSubset) -> ConfusionMatrix:
    """Score, for every pixel, the class most frequent there in the training masks: pets sit in the middle."""
    counts = np.zeros((len(PET_CLASSES), training.pets.size, training.pets.size), dtype=np.int64)  # (C, H, W)
    for masks in _mask_chunks(training):
        for class_id in range(len(PET_CLASSES)):
            counts[class_id] += (masks == class_id).sum(axis=0)
    return _score_constant(counts.argmax(axis=0).astype(np.uint8), evaluation)


def _score_constant(prediction: np.ndarray, evaluation: PetSubset) -> ConfusionMatrix:
    matrix = ConfusionMatrix(len(PET_CLASSES))
    for masks in _mask_chunks(evaluation):
        matrix.update(np.broadcast_to(prediction, masks.shape), masks)
    return matrix


def _mask_chunks(subset: PetSubset) -> Iterator[np.ndarray]:
    for start in range(0, len(subset), _CHUNK):
        yield subset.pets.masks[subset.indices[start : start + _CHUNK]]  # (up to _CHUNK, H, W)
