"""Commands about training: train a model, score it, use it, and say what is wrong with it."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

from course_lib.cli.command import Command, argument, command, flag, folder
from course_lib.cli.recipe import (
    data_folder,
    new_recipe,
    recipe_given,
    recipe_options,
    run_to_resume,
    word_or_path,
)

_STARTED = time.monotonic()  # a time budget pays for starting Python and importing torch too
_RUN = folder("run", "RUN", "the folder of a run")


def _named_folder(value: str) -> Path | None:
    """Return a folder; None for an empty name, which would be the current folder."""
    return Path(value) if value.strip() else None


@command(
    "train",
    argument("--out", type=_named_folder, default=Path("runs/first"), metavar="RUN", help="the run's folder"),
    flag("--resume", "continue the run in --out, if there is one"),
    recipe_options,
)
def train(options: argparse.Namespace) -> int:
    """Train a model; leaves a run folder with weights, log, overlays and a report."""
    from course_lib.training.devices import open_devices
    from course_lib.training.runs import Run
    from course_lib.training.train import train

    if options.out is None:
        raise ValueError('--out "" does not name a folder: give the run one, such as --out runs/second.')
    run = run_to_resume(options.out, recipe_given(options)) if options.resume else None
    epochs_before = len(run.history) if run else 0
    config, images = (run.config, data_folder(run.config.data)) if run else new_recipe(recipe_given(options))
    with open_devices(config.precision) as devices:
        if run is None:
            run = Run.create(options.out, config) if devices.is_main else Run(options.out, config)
        train(run, images, devices, _STARTED)
        if devices.is_main:
            if 0 < epochs_before == len(run.history):
                print(f"{run.folder} was finished (epochs: {epochs_before}): nothing was left to train.")
            print(f"The report is {run.folder / 'report.md'}")
    return 0


@command(
    "evaluate",
    _RUN,
    argument("--split", choices=("val", "test"), default="val"),
    argument(
        "--data",
        type=word_or_path(("pocket", "pets")),
        metavar="pocket|pets|FOLDER",
        help="default: what the run was trained on",
    ),
    flag("--full-size", "score every image at its own size"),
    flag("--json", "print one JSON object and nothing else"),
)
def evaluate(options: argparse.Namespace) -> int:
    """Score a run's best weights."""
    from course_lib.training.evaluate import evaluate_run
    from course_lib.training.runs import Run

    run = Run.open(options.run)
    data = options.data or run.config.data
    if options.split == "test" and run.test_openings():
        first = run.test_openings()[0]
        print(
            f"The test set of this run was already opened on {first['when']} (mIoU {first['mIoU']}): whatever is "
            "chosen by it now is chosen on test. Compare models with --split val.",
            file=sys.stderr,
        )
    scores = evaluate_run(run, data_folder(data), data, options.split, options.full_size)
    print(json.dumps(scores) if options.json else scores_as_text(scores))
    return 0


def scores_as_text(scores: dict[str, Any]) -> str:
    """Lay out what ``evaluate_run`` returns as a table for a terminal, 79 columns wide."""
    size = "its own size" if scores["size"] == "full" else f"{scores['size']}x{scores['size']}"
    boundary = scores["boundary"]
    rows = [("mean", scores["mIoU"], boundary["mean"])]
    rows += [(name, iou, boundary["classes"][name]) for name, iou in scores["iou"].items()]
    wide = max(14, *(len(name) for name in scores["iou"]))
    return "\n".join(
        [
            f"{scores['images']} images, each at {size}; HD95 and ASSD in pixels of that size",
            f"{'':{wide}}    IoU  boundary IoU  boundary F   HD95   ASSD  without distance",
            *(f"{name:{wide}}{_row_as_text(iou, row)}" for name, iou, row in rows),
            f"{'pixel accuracy':{wide}}{_cell(scores['pixel_accuracy'], 7, 3)}",
        ]
    )


def _row_as_text(iou: float | None, row: dict[str, Any]) -> str:
    scores = _cell(iou, 7, 3) + _cell(row["iou"], 14, 3) + _cell(row["f"], 12, 3)
    distances = _cell(row["hd95"], 7, 1) + _cell(row["assd"], 7, 1)
    return scores + distances + (f"{row['unmatched']:18}" if "unmatched" in row else "")


def _cell(value: float | None, width: int, digits: int) -> str:
    return f"{'-':>{width}}" if value is None else f"{value:{width}.{digits}f}"


@command(
    "predict",
    _RUN,
    folder("image", "IMAGE", "the picture"),
    folder("--out", "MASK.png", "class ids, as large as the image", required=True),
    folder("--overlay", "PICTURE.png", "the mask laid over the image, to look at"),
    flag("--force", "overwrite files that `course predict` did not make"),
)
def predict(options: argparse.Namespace) -> int:
    """Segment a picture with a run's best weights."""
    from course_lib.training.devices import open_devices
    from course_lib.training.inference import predict_file
    from course_lib.training.prediction_files import check_outputs, photo_remarks, write_mask, write_overlay
    from course_lib.training.runs import Run

    run = Run.open(options.run)
    check_outputs(options.image, options.out, options.overlay, options.force)
    with open_devices(run.config.precision) as devices:
        model = run.load_best_model().to(devices.device)
        image, mask = predict_file(model, options.image, run.config.size, devices)
    write_mask(options.out, mask)
    if options.overlay:
        write_overlay(options.overlay, image, mask)
    for remark in photo_remarks(options.image):
        print(f"note: {options.image}: {remark}", file=sys.stderr)
    names = ", ".join(f"{class_id} {name}" for class_id, name in enumerate(run.config.classes))
    print(f"{options.out} holds {mask.shape[1]}x{mask.shape[0]} class ids: {names}.")
    return 0


@command("diagnose", _RUN)
def diagnose(options: argparse.Namespace) -> int:
    """Say what is wrong with a run, and give the evidence."""
    from course_lib.training.diagnose import report

    text, found = report(options.run)
    print(text)
    return 1 if found else 0


COMMANDS: tuple[Command, ...] = (train, evaluate, predict, diagnose)
