"""Every model, each with the same minutes: the scores that it reaches, and what it costs.

    python benchmarks/zoo.py [--data FOLDER] [--minutes 3,8] [--models fast-unet,unet] [--out DIR]

Each model trains in a process of its own, one after the other, with the recipe of `course train`: same images, split,
batches, augmentation, loss, optimiser, learning rate. Its minutes are minutes of computing on one core, so that
other work of the machine hardly counts; starting Python is included. The weights that were best on validation are
scored on test, once, with mirrored averaging. A finished row stays in --out and is not made again, so that a stopped
benchmark continues where it stopped.
"""

import argparse
import gc
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import repeat
from pathlib import Path
from typing import Any

import torch
from _common import machine, markdown_table, names_among, pets_folder, training_loop

from course_lib.data.pets import load_pets
from course_lib.files import write_text
from course_lib.masks import PET_CLASSES
from course_lib.models import MODELS
from course_lib.paths import course_root
from course_lib.training.batches import Batch
from course_lib.training.config import TrainConfig
from course_lib.training.devices import Devices, open_devices
from course_lib.training.evaluate import evaluate_run
from course_lib.training.parts import Parts
from course_lib.training.runs import Run
from course_lib.training.train import train

ROW_FILE = "zoo.json"  # in a run's folder once everything about it is known
ONE_CORE = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
HEADER = (
    "model", "parameters", "trains, images/s", "predicts, images/s", "memory, MB", "images seen", "mIoU", *PET_CLASSES
)  # fmt: skip


def train_and_score(folder: Path) -> None:
    """Train, score and measure a run, in a process that was started only for this, and write its row."""
    torch.set_num_threads(1)
    run = Run.open(folder)
    data = run.config.data
    with open_devices(run.config.precision) as devices:
        train(run, Path(data), devices, started=0.0, parts=Parts(clock=time.process_time))
        memory = peak_memory_mb()
        scores = evaluate_run(run, Path(data), data, "test")
        row = {
            "model": run.config.model,
            "minutes": run.config.minutes,
            "parameters": sum(parameter.numel() for parameter in run.config.new_model().parameters()),
            **images_per_second(run.config, devices),
            "memory_mb": memory,
            "images_seen": run.load_last()["steps_done"] * run.config.batch_size,
            "scores": scores,
        }
    write_text(folder / ROW_FILE, json.dumps(row, indent=2) + "\n")


def images_per_second(config: TrainConfig, devices: Devices) -> dict[str, float]:
    """Measure how many images of full size one core trains on, and predicts, in a second of computing."""
    images = torch.rand(config.batch_size, 3, config.size, config.size)  # (N, 3, H, W)
    batch: Batch = (images, torch.randint(len(config.classes), images[:, 0].shape))  # (N, 3, H, W), (N, H, W)
    step = training_loop(config.new_model(), devices)
    model = config.new_model().to(memory_format=torch.channels_last).eval()

    @torch.no_grad()
    def predict() -> None:
        with devices.autocast():
            model(images)

    return {
        "trains": config.batch_size / computing_seconds(lambda: step(repeat(batch, 1))),
        "predicts": config.batch_size / computing_seconds(predict),
    }


def computing_seconds(work: Callable[[], object], at_least: float = 5.0) -> float:
    """Return the seconds of computing that ``work`` takes, averaged over enough calls to fill ``at_least`` seconds."""
    work()
    gc.collect()
    start, times = time.process_time(), 0
    while (spent := time.process_time() - start) < at_least:
        work()
        times += 1
    return spent / times


def peak_memory_mb() -> float:
    """Return this process's peak memory, torch's own 300 MB or so included."""
    import resource  # Windows does not have it

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10


def finished_row(folder: Path, config: TrainConfig) -> dict[str, Any] | None:
    """Return a model's row; make it if it does not exist yet. It is None if the training failed.

    Raises:
        ValueError: the folder holds a run of another recipe.
    """
    if folder.exists() and Run.open(folder).config != config:
        raise ValueError(f"{folder} holds a run with other data or options: give another --out.")
    if not (folder / ROW_FILE).exists():
        shutil.rmtree(folder, ignore_errors=True)  # resuming it would give it more than its minutes
        Run.create(folder, config)
        began = time.perf_counter()
        done = subprocess.run([sys.executable, __file__, "--train", str(folder)], env=os.environ | ONE_CORE)
        wall = time.perf_counter() - began
        print(f"{config.model}, {config.minutes:g} minutes: exit {done.returncode}, {wall:.0f} s", flush=True)
    return read_row(folder)


def read_row(folder: Path) -> dict[str, Any] | None:
    path = folder / ROW_FILE
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def row_cells(row: dict[str, Any]) -> list[str]:
    scores = [row["scores"]["mIoU"], *(row["scores"]["iou"][name] for name in PET_CLASSES)]
    return [
        f"`{row['model']}`",
        f"{row['parameters'] / 1e6:.2f} M",
        f"{row['trains']:.1f}",
        f"{row['predicts']:.0f}",
        f"{row['memory_mb']:,.0f}",
        f"{row['images_seen']:,}",
        *("–" if score is None else f"{score:.3f}" for score in scores),
    ]


def tables(out: Path, minutes: list[float], models: list[str], facts: str) -> Iterator[str]:
    """Yield the table of each budget, the best model first, from the rows that are there."""
    for budget in minutes:
        rows = [row for name in models if (row := read_row(run_folder(out, name, budget)))]
        rows.sort(key=lambda row: row["scores"]["mIoU"], reverse=True)
        yield f"{budget:g} minutes of one core each {facts}\n\n{markdown_table(HEADER, map(row_cells, rows))}"


def run_folder(out: Path, model: str, minutes: float) -> Path:
    return out / f"{minutes:g}-minutes" / model


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, help="a pet folder; default: COURSE_PETS_ROOT, or pocket pets")
    parser.add_argument(
        "--minutes", type=lambda text: [float(part) for part in text.split(",")], default=[3.0, 8.0]
    )
    parser.add_argument("--models", type=names_among(MODELS), default=list(MODELS))
    parser.add_argument("--out", type=Path, default=course_root() / "runs" / "zoo")
    parser.add_argument("--train", type=Path, help=argparse.SUPPRESS)  # what a child process is started with
    options = parser.parse_args(arguments)
    if options.train:
        train_and_score(options.train)
        return
    pets = pets_folder(options.data)
    size = TrainConfig(minutes=1).size
    known, unseen = (len(load_pets(pets, split, size, progress=True)) for split in ("trainval", "test"))
    facts = f"on {known} trainval pets, scored on {unseen} test pets at {size}x{size}. {machine()}"
    for budget in options.minutes:
        for name in options.models:
            config = TrainConfig(data=pets.as_posix(), model=name, minutes=budget)
            finished_row(run_folder(options.out, name, budget), config)
    print(*tables(options.out, options.minutes, options.models, facts), sep="\n\n")


if __name__ == "__main__":
    main()
