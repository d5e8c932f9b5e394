"""What a few minutes of training reach: the course's recipes beside their peers.

    python benchmarks/training.py [--data FOLDER] [--minutes 3] [--seeds 0,1,2] [--recipes ours,plain,smp] [--few 24]
    python benchmarks/training.py --table [--seeds 0,1,2]

The second trains for every row in docs/benchmarks.md, in the minutes that stand there.

From random weights: `ours` (fast-unet), `ours-192` at 192x192, `plain` (a usual U-Net), `smp` (smp's Unet with a
ResNet-18). From weights that come with the course: `pocket`, and `pocket-192` at 192x192. From ImageNet's: `effnet`,
and `smp-effnet` (smp's Unet on the same encoder).

Recipes train one after the other, each in its own process, through the same `train`: same pets, split, batch,
augmentation, loss, schedule, precision and minutes, which pay for starting Python and for decoding, too. The weights
that were best on validation are scored on test, with mirrored averaging, at the size trained at and at the photos'
own size. Finished runs stay in --out and are not trained again, so that a stopped benchmark continues where it
stopped.
"""

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from statistics import mean
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
from _common import machine, markdown_table, names_among, pets_folder
from torch import nn

from course_lib.data.pets import Pets, PetSubset, load_pets, train_validation_split
from course_lib.files import write_text
from course_lib.masks import PET_CLASSES
from course_lib.models import MODELS, Model, UNet, effnet_unet
from course_lib.models.effnet_unet import as_trained, imagenet_file
from course_lib.paths import course_root
from course_lib.training.baselines import all_background, centre_prior
from course_lib.training.config import TrainConfig
from course_lib.training.devices import open_devices
from course_lib.training.evaluate import evaluate_run
from course_lib.training.parts import Parts
from course_lib.training.runs import Run
from course_lib.training.tally import scores_as_json
from course_lib.training.train import train


def plain_unet(in_channels: int, num_classes: int) -> nn.Module:
    return UNet(in_channels, num_classes, widths=(16, 32, 64, 128, 256), up="bilinear")


def smp_unet(in_channels: int, num_classes: int) -> nn.Module:
    # Imported here, because its seconds must not count in the other recipes.
    import segmentation_models_pytorch as smp  # type: ignore[import-untyped]

    return smp.Unet("resnet18", encoder_weights=None, in_channels=in_channels, classes=num_classes)


class SmpEffNet(nn.Module):
    """smp's Unet on EfficientNet-Lite0, with the same ImageNet weights and the same input as effnet-unet."""

    def __init__(self, in_channels: int, num_classes: int) -> None:
        super().__init__()
        import segmentation_models_pytorch as smp

        name = "tu-tf_efficientnet_lite0"
        self.unet = smp.Unet(name, encoder_weights=None, in_channels=in_channels, classes=num_classes)
        given = torch.load(imagenet_file(), weights_only=True)
        own = self.unet.encoder.state_dict()
        self.unet.encoder.load_state_dict(dict(zip(own, given.values(), strict=False)))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return logits (N, num_classes, H, W)."""
        return self.unet(as_trained(images))


MODELS.update(
    {
        "plain-unet": Model(plain_unet, has_skips=True),
        "smp-unet-resnet18": Model(smp_unet, has_skips=True),
        "smp-unet-effnet": Model(SmpEffNet, has_skips=True),
    }
)

PEER = {"optimizer": "adamw", "lr": 3e-3, "grow": False}
RECIPES: dict[str, dict[str, Any]] = {
    "ours": {},
    "ours-192": {"size": 192},
    "plain": {"model": "plain-unet", **PEER},
    "smp": {"model": "smp-unet-resnet18", **PEER},
    "pocket": {"weights": "pocket"},
    "pocket-192": {"weights": "pocket", "size": 192},
    "effnet": {"model": "effnet-unet", "weights": "imagenet", **effnet_unet.RECIPE},
    "smp-effnet": {"model": "smp-unet-effnet", **effnet_unet.RECIPE},
}
TABLE = (  # minutes, few, recipes
    (3.0, 0, ["ours", "pocket", "plain", "smp"]),
    (8.0, 0, ["ours-192", "pocket", "effnet", "smp-effnet"]),
    (3.0, 24, ["ours", "effnet"]),
)
HEADER = ("recipe", "seed", "parameters", "epochs", "wall s", "mIoU", *PET_CLASSES, "full size", "border")
SPREAD_HEADER = ("recipe", "size", "seeds", "mIoU", "min..max", "border", "full size", "min..max", "border")
WALL_FILE = "wall_seconds.txt"  # in a run's folder once its training has ended


def train_run(folder: Path, began: float, few: int) -> None:
    """Train one run, in a process that another one started at :func:`time.time` ``began``.

    With ``few`` it is trained on so many photos, others for each seed; 0 means all.
    """
    started = time.monotonic() - (time.time() - began)
    run = Run.open(folder)
    empty_cache = folder / "decoded"  # so that decoding is paid for
    with (
        patch.dict(os.environ, {"COURSE_ROOT": str(empty_cache)}),
        open_devices(run.config.precision) as devices,
    ):
        train(run, Path(run.config.data), devices, started, Parts(split=partial(split, few, run.config.seed)))
    shutil.rmtree(empty_cache, ignore_errors=True)


def split(few: int, seed: int, pets: Pets) -> tuple[PetSubset, PetSubset]:
    training, validation = train_validation_split(pets)
    if few:
        training = pets.subset(np.random.default_rng(seed).permutation(training.indices)[:few])
    return training, validation


def finished_run(folder: Path, config: TrainConfig, few: int) -> Run:
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
        child = ["--train", str(folder), str(time.time()), "--few", str(few)]
        subprocess.run([sys.executable, __file__, *child], check=True)
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
    values = [scores["mIoU"], *(scores["iou"][name] for name in PET_CLASSES)]
    full = scores.get("full_size")
    values += [full["mIoU"], full["iou"]["border"]] if full else [None, None]
    return ["–" if value is None else f"{value:.3f}" for value in values]


def baseline_rows(pets: Path, size: int) -> list[list[str]]:
    training, _ = train_validation_split(load_pets(pets, "trainval", size))
    loaded = load_pets(pets, "test", size)
    test = loaded.subset(np.arange(len(loaded)))
    matrices = {"all background": all_background(test), "centre prior": centre_prior(training, test)}
    scores = {name: scores_as_json(matrix, len(test), size) for name, matrix in matrices.items()}
    return [[name, *["–"] * 4, *score_cells(row)] for name, row in scores.items()]


def spread_row(name: str, runs: list[Run]) -> list[str]:
    opened = [run.test_openings()[0] for run in runs]
    cells = [name, str(runs[0].config.size), str(len(runs))]
    for scores in (opened, [one["full_size"] for one in opened]):
        values = [one["mIoU"] for one in scores]
        border = mean(one["iou"]["border"] for one in scores)
        cells += [f"{mean(values):.3f}", f"{min(values):.3f}..{max(values):.3f}", f"{border:.3f}"]
    return cells


def compare(pets: Path, minutes: float, seeds: list[int], recipes: list[str], few: int, out: Path) -> str:
    """Train and test what is missing, and return title and tables."""
    size = TrainConfig(minutes=minutes).size
    known, unseen = (len(load_pets(pets, split, size, progress=True)) for split in ("trainval", "test"))
    title = f"{minutes:g} minutes each on {known} trainval pets, scored on {unseen} test pets. "
    title += f"Only {few} photos of them were for training. " if few else ""
    parts = [title + machine()]
    runs: dict[str, list[Run]] = {name: [] for name in recipes}
    for seed in seeds:
        for name in recipes:
            print(f"{name}, seed {seed}:", flush=True)
            config = TrainConfig(data=pets.as_posix(), minutes=minutes, seed=seed, **RECIPES[name])
            folder = out / f"{name}-{few or 'all'}-{minutes:g}min-seed{seed}"
            runs[name].append(finished_run(folder, config, few))
    rows = [run_row(name, run) for name in recipes for run in runs[name]]
    parts.append(markdown_table(HEADER, rows + baseline_rows(pets, size)))
    if len(seeds) > 1:
        parts.append(markdown_table(SPREAD_HEADER, [spread_row(name, runs[name]) for name in recipes]))
    return "\n\n".join(parts)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, help="a pet folder; default: COURSE_PETS_ROOT, or pocket pets")
    parser.add_argument("--minutes", type=float, default=3.0, help="for each training")
    parser.add_argument("--seeds", type=lambda text: [int(part) for part in text.split(",")], default=[0])
    parser.add_argument("--recipes", type=names_among(RECIPES), default=list(RECIPES))
    parser.add_argument(
        "--table", action="store_true", help="every row in docs/benchmarks.md, in an hour per seed"
    )
    parser.add_argument("--few", type=int, default=0, help="train on so many photos only")
    parser.add_argument("--out", type=Path, default=course_root() / "runs" / "benchmark")
    parser.add_argument("--train", nargs=2, help=argparse.SUPPRESS)  # what a child process is started with
    options = parser.parse_args(arguments)
    if options.train:
        train_run(Path(options.train[0]), float(options.train[1]), options.few)
        return
    pets = pets_folder(options.data)
    groups = TABLE if options.table else ((options.minutes, options.few, options.recipes),)
    for minutes, few, recipes in groups:
        print(compare(pets, minutes, options.seeds, recipes, few, options.out), end="\n\n")


if __name__ == "__main__":
    main()
