"""Score a finished run on validation, or on the test set; the run records every opening of the test set."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from course_lib.data.labels import check_classes
from course_lib.data.pets import PetSubset, load_pets, train_validation_split
from course_lib.training.batches import evaluation_batches
from course_lib.training.devices import open_devices
from course_lib.training.inference import score_batches, score_full_size
from course_lib.training.report import write_report
from course_lib.training.runs import Run
from course_lib.training.train import EVALUATION_BATCH


def evaluate_run(run: Run, folder: Path, data: str, split: str, full_size: bool = False) -> dict[str, Any]:
    """Score a run's best weights, with mirrored averaging.

    Args:
        run: with at least one finished epoch.
        folder: the data folder to score on.
        data: the folder's name in the run's record of test openings.
        split: ``"val"``, the validation share of trainval, or ``"test"``.
        full_size: score at each image's own size instead of the size trained at.

    Returns:
        mIoU, IoU of each class and pixel accuracy, pooled over all pixels; number of images; size; and as
        ``"boundary"`` how well outlines agree at that size: Boundary IoU, boundary F, and HD95 and ASSD in its pixels.

    Raises:
        ValueError: the folder has other classes than the run, or one of the run's files is damaged.
    """
    size, classes = run.config.size, run.config.classes
    check_classes(folder, classes)
    # Read before anything is scored: a damaged file must not cost an opening of the test set.
    has_report = run.validation_scores() is not None
    with open_devices(run.config.precision) as devices:
        model = run.load_best_model().to(devices.device)
        pets = _split(folder, split, size)
        if full_size:
            tally = score_full_size(model, pets.entries, size, devices, len(classes))
        else:
            batches = evaluation_batches(pets, EVALUATION_BATCH, devices)
            tally = score_batches(model, batches, devices, len(classes))
    scores = tally.as_json(len(pets), "full" if full_size else size, classes)
    if split == "test":
        run.remember_test(scores, data)
        if has_report:
            write_report(run)
    return scores


def _split(folder: Path, split: str, size: int) -> PetSubset:
    if split == "val":
        return train_validation_split(load_pets(folder, "trainval", size))[1]
    test = load_pets(folder, "test", size)
    return test.subset(np.arange(len(test)))
