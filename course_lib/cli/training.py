"""Commands about training: train a model, score it, use it, and say what is wrong with it."""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from course_lib.cli.command import Command, argument, command, flag, folder
from course_lib.cli.recipe import (
    data_folder,
    new_recipe,
    recipe_given,
    recipe_options,
    run_to_resume,
    word_or_path,
)
from course_lib.data.sizes import parse_size, sides_of, size_name
from course_lib.wording import counted

if TYPE_CHECKING:
    import numpy as np

    from course_lib.training.predict_folder import Predict
    from course_lib.training.runs import Run

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
    flag("--full-size", "give only the scores at each image's own size"),
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
    scores = evaluate_run(run, data_folder(data), data, options.split)
    if options.full_size:
        scores = scores["full_size"]
    sizes = [scores, *([scores["full_size"]] if "full_size" in scores else [])]
    print(json.dumps(scores) if options.json else "\n\n".join(map(scores_as_text, sizes)))
    return 0


def scores_as_text(scores: dict[str, Any]) -> str:
    """Lay out what ``evaluate_run`` returns as a table for a terminal, 79 columns wide."""
    size = "its own size (full size)" if scores["size"] == "full" else size_name(scores["size"])
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
    folder("image", "IMAGE", "a picture, or a folder of pictures"),
    folder(
        "--out",
        "MASK.png",
        "class ids, as large as the image; for a folder of pictures, a folder",
        required=True,
    ),
    folder("--overlay", "PICTURE.png", "the mask laid over the image, to look at; likewise"),
    argument(
        "--tiles",
        nargs="?",
        const="",
        metavar="SIZE",
        help="cut pictures into overlapping tiles of this size, 192 or height x width (default: the size trained at)",
    ),
    flag("--force", "overwrite files that `course predict` did not make"),
)
def predict(options: argparse.Namespace) -> int:
    """Segment a picture, or all pictures of a folder, with a run's best weights."""
    from course_lib.training.devices import open_devices
    from course_lib.training.inference import predict_mask
    from course_lib.training.prediction_files import check_outputs
    from course_lib.training.runs import Run
    from course_lib.training.tiles import predict_tiles

    run = Run.open(options.run)
    if not options.image.is_dir():
        check_outputs(options.image, options.out, options.overlay, options.force)
    canvas = run.config.canvas
    tile = (
        None if options.tiles is None else sides_of(parse_size(options.tiles or run.config.size, "--tiles"))
    )
    with open_devices(run.config.precision) as devices:
        model = run.load_best_model().to(devices.device)

        def predict_one(image: np.ndarray) -> np.ndarray:
            if tile:
                return predict_tiles(model, image, tile, canvas, devices)
            return predict_mask(model, image, canvas, devices)

        if options.image.is_dir():
            return _predict_folder(options, run, f"{tile} {canvas.name}", predict_one)
        return _predict_one(options, run, predict_one)


def _predict_one(options: argparse.Namespace, run: Run, predict: Predict) -> int:
    from course_lib.training.inference import read_photo
    from course_lib.training.prediction_files import photo_remarks, write_mask, write_overlay

    image = read_photo(options.image)
    mask = predict(image)
    write_mask(options.out, mask)
    if options.overlay:
        write_overlay(options.overlay, image, mask)
    for remark in photo_remarks(options.image):
        print(f"note: {options.image}: {remark}", file=sys.stderr)
    print(f"{options.out} holds {mask.shape[1]}x{mask.shape[0]} class ids: {_names(run)}.")
    return 0


def _predict_folder(options: argparse.Namespace, run: Run, settings: str, predict: Predict) -> int:
    """Return 1 if a file was left out."""
    from course_lib.training.predict_folder import predict_folder

    weights = hashlib.sha256((run.folder / "best.pt").read_bytes()).hexdigest()
    classes = run.config.classes
    done = predict_folder(
        predict,
        options.image,
        options.out,
        options.overlay,
        classes,
        settings=f"{weights} {settings}",
        force=options.force,
    )
    before = f" ({len(done.before)} of them were there before)" if done.before else ""
    masks = len(done.now) + len(done.before)
    print(f"{options.out} holds {counted(masks, 'mask')}{before} of class ids: {_names(run)}.")
    for sheet in done.sheets:
        print(f"{sheet} shows photos beside their masks.")
    for sentence in done.left_out:
        print(f"left out: {sentence}", file=sys.stderr)
    return 1 if done.left_out else 0


def _names(run: Run) -> str:
    return ", ".join(f"{class_id} {name}" for class_id, name in enumerate(run.config.classes))


@command("diagnose", _RUN)
def diagnose(options: argparse.Namespace) -> int:
    """Say what is wrong with a run, and give the evidence."""
    from course_lib.training.diagnose import report

    text, found = report(options.run)
    print(text)
    return 1 if found else 0


COMMANDS: tuple[Command, ...] = (train, evaluate, predict, diagnose)
