"""Score a finished run on validation, or on the test set; the run records every opening of the test set."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from course_lib.data.fitting import Canvas
from course_lib.data.labels import check_classes
from course_lib.data.pets import PetSubset, load_pets, train_validation_split
from course_lib.training.devices import open_devices
from course_lib.training.inference import score_split
from course_lib.training.report import write_report
from course_lib.training.runs import Run


def evaluate_run(run: Run, folder: Path, data: str, split: str) -> dict[str, Any]:
    """Score a run's best weights, with mirrored averaging.

    Args:
        run: with at least one finished epoch.
        folder: the data folder to score on.
        data: the folder's name in the run's record of test openings.
        split: ``"val"``, the validation share of trainval, or ``"test"``.

    Returns:
        mIoU, IoU of each class, pixel accuracy, number of images, size, pooled over all pixels, at the size trained
        at; and the same at each image's own size as ``full_size``.

    Raises:
        ValueError: the folder has other classes than the run, or one of the run's files is damaged.
    """
    canvas, classes = run.config.canvas, run.config.classes
    check_classes(folder, classes)
    # Read before anything is scored: a damaged file must not cost an opening of the test set.
    has_report = run.validation_scores() is not None
    with open_devices(run.config.precision) as devices:
        model = run.load_best_model().to(devices.device)
        pets = _split(folder, split, canvas)
        fitted, full = score_split(model, pets, canvas, devices, len(classes))
    scores = fitted.as_json(len(pets), run.config.size, classes)
    scores["full_size"] = full.as_json(len(pets), "full", classes)
    if split == "test":
        run.remember_test(scores, data)
        if has_report:
            write_report(run)
    return scores


def _split(folder: Path, split: str, canvas: Canvas) -> PetSubset:
    if split == "val":
        return train_validation_split(load_pets(folder, "trainval", canvas))[1]
    test = load_pets(folder, "test", canvas)
    return test.subset(np.arange(len(test)))
