"""What a few minutes of training reach, from random weights: the course's recipe beside two peers.

    python benchmarks/training.py [--data FOLDER] [--minutes 3] [--seeds 0,1,2] [--recipes ours,plain,smp] [--out DIR]

Recipes train one after the other, each in its own process, through the same `train`: same pets, split, batch,
augmentation, loss, schedule, precision and minutes, which pay for starting Python and for decoding, too. The weights
that were best on validation are scored on test, with mirrored averaging. Finished runs stay in --out and are not
trained again, so that a stopped benchmark continues where it stopped.
"""

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from statistics import mean
from typing import Any
from unittest.mock import patch

import numpy as np
from _common import machine, markdown_table, names_among, pets_folder
from torch import nn

from course_lib.data.pets import load_pets, train_validation_split
from course_lib.files import write_text
from course_lib.masks import PET_CLASSES
from course_lib.models import MODELS, Model, UNet
from course_lib.paths import course_root
from course_lib.training.baselines import all_background, centre_prior
from course_lib.training.config import TrainConfig
from course_lib.training.devices import open_devices
from course_lib.training.evaluate import evaluate_run
from course_lib.training.runs import Run
from course_lib.training.tally import scores_as_json
from course_lib.training.train import train


def plain_unet(in_channels: int, num_classes: int) -> nn.Module:
    return UNet(in_channels, num_classes, widths=(16, 32, 64, 128, 256), up="bilinear")


def smp_unet(in_channels: int, num_classes: int) -> nn.Module:
    # Imported here, because its seconds must not count in the other recipes.
    import segmentation_models_pytorch as smp  # type: ignore[import-untyped]

    return smp.Unet("resnet18", encoder_weights=None, in_channels=in_channels, classes=num_classes)


MODELS.update(
    {"plain-unet": Model(plain_unet, has_skips=True), "smp-unet-resnet18": Model(smp_unet, has_skips=True)}
)

PEER = {"optimizer": "adamw", "lr": 3e-3, "grow": False}
RECIPES: dict[str, dict[str, Any]] = {
    "ours": {},
    "plain": {"model": "plain-unet", **PEER},
    "smp": {"model": "smp-unet-resnet18", **PEER},
}
HEADER = ("recipe", "seed", "parameters", "epochs", "wall s", "mIoU", *PET_CLASSES, "pixel accuracy")
WALL_FILE = "wall_seconds.txt"  # in a run's folder once its training has ended


def train_run(folder: Path, began: float) -> None:
    """Train one run, in a process that another one started at :func:`time.time` ``began``."""
    started = time.monotonic() - (time.time() - began)
    run = Run.open(folder)
    empty_cache = folder / "decoded"  # so that decoding is paid for
    with (
        patch.dict(os.environ, {"COURSE_ROOT": str(empty_cache)}),
        open_devices(run.config.precision) as devices,
    ):
        train(run, Path(run.config.data), devices, started)
    shutil.rmtree(empty_cache, ignore_errors=True)


def finished_run(folder: Path, config: TrainConfig) -> Run:
    """Return a run, trained and tested; do only what is not done yet.

    Raises:
        ValueError: the folder holds a run of another recipe.
    """
    if folder.exists() and Run.open(folder).config != config:
        raise ValueError(f"{folder} holds a run with other data, minutes or options: give another --out.")
    if not (folder / WALL_FILE).exists():
        shutil.rmtree(folder, ignore_errors=True)  # resuming it would give it more than its minutes
        Run.create(folder, config)
        start = time.perf_counter()
        subprocess.run([sys.executable, __file__, "--train", str(folder), str(time.time())], check=True)
        write_text(folder / WALL_FILE, f"{time.perf_counter() - start:.1f}\n")
    run = Run.open(folder)
    if not run.test_openings():
        evaluate_run(run, Path(config.data), config.data, "test")
    return run


def run_row(name: str, run: Run) -> list[str]:
    parameters = sum(parameter.numel() for parameter in run.load_best_model().parameters())
    wall = (run.folder / WALL_FILE).read_text(encoding="utf-8").strip()
    facts = [str(run.config.seed), f"{parameters / 1e6:.2f} M", str(len(run.history)), wall]
    return [name, *facts, *score_cells(run.test_openings()[0])]


def score_cells(scores: Mapping[str, Any]) -> list[str]:
    values = (scores["mIoU"], *(scores["iou"][name] for name in PET_CLASSES), scores["pixel_accuracy"])
    return ["–" if value is None else f"{value:.3f}" for value in values]


def baseline_rows(pets: Path, size: int) -> list[list[str]]:
    training, _ = train_validation_split(load_pets(pets, "trainval", size))
    loaded = load_pets(pets, "test", size)
    test = loaded.subset(np.arange(len(loaded)))
    matrices = {"all background": all_background(test), "centre prior": centre_prior(training, test)}
    scores = {name: scores_as_json(matrix, len(test), size) for name, matrix in matrices.items()}
    return [[name, *["–"] * 4, *score_cells(row)] for name, row in scores.items()]


def spread_row(name: str, scores: list[float]) -> list[str]:
    return [name, str(len(scores)), f"{mean(scores):.3f}", f"{min(scores):.3f}..{max(scores):.3f}"]


def compare(pets: Path, minutes: float, seeds: list[int], recipes: list[str], out: Path) -> str:
    """Train and test what is missing, and return title and tables."""
    size = TrainConfig(minutes=minutes).size
    known, unseen = (len(load_pets(pets, split, size, progress=True)) for split in ("trainval", "test"))
    title = (
        f"{minutes:g} minutes each on {known} trainval pets, scored on {unseen} test pets at {size}x{size}. "
    )
    parts = [title + machine()]
    runs: dict[str, list[Run]] = {name: [] for name in recipes}
    for seed in seeds:
        for name in recipes:
            print(f"{name}, seed {seed}:", flush=True)
            config = TrainConfig(data=pets.as_posix(), minutes=minutes, seed=seed, **RECIPES[name])
            runs[name].append(finished_run(out / f"{name}-seed{seed}", config))
    rows = [run_row(name, run) for name in recipes for run in runs[name]]
    parts.append(markdown_table(HEADER, rows + baseline_rows(pets, size)))
    if len(seeds) > 1:
        scores = {name: [run.test_openings()[0]["mIoU"] for run in runs[name]] for name in recipes}
        spread = [spread_row(name, values) for name, values in scores.items()]
        parts.append(markdown_table(("recipe", "seeds", "mean mIoU", "min..max"), spread))
    return "\n\n".join(parts)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, help="a pet folder; default: COURSE_PETS_ROOT, or pocket pets")
    parser.add_argument("--minutes", type=float, default=3.0, help="for each training")
    parser.add_argument("--seeds", type=lambda text: [int(part) for part in text.split(",")], default=[0])
    parser.add_argument("--recipes", type=names_among(RECIPES), default=list(RECIPES))
    parser.add_argument("--out", type=Path, default=course_root() / "runs" / "benchmark")
    parser.add_argument("--train", nargs=2, help=argparse.SUPPRESS)  # what a child process is started with
    options = parser.parse_args(arguments)
    if options.train:
        train_run(Path(options.train[0]), float(options.train[1]))
        return
    pets = pets_folder(options.data)
    print(compare(pets, options.minutes, options.seeds, options.recipes, options.out))


if __name__ == "__main__":
    main()
