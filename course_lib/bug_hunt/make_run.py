"""A training of a few seconds, with any of its parts exchanged."""

from __future__ import annotations

import io
import shutil
from contextlib import redirect_stdout, suppress
from pathlib import Path

import torch

from course_lib.data.pocket_pets import write_pocket_pets
from course_lib.paths import data_home
from course_lib.training.config import TrainConfig
from course_lib.training.devices import Devices
from course_lib.training.parts import Parts
from course_lib.training.runs import Run
from course_lib.training.train import train


def make_run(folder: Path, parts: Parts, size: int = 64, data: Path | None = None, seed: int = 0) -> Path:
    """Train a tiny network for some seconds on the CPU; a run that stops with an error is kept as it is.

    Args:
        folder: the run's folder; its content is replaced.
        parts: the parts of the training.
        size: side of the images, in pixels.
        data: folder of pets; the pocket pets by default, drawn if they are missing.
        seed: of the weights and of the order of the images.
    """
    shutil.rmtree(folder, ignore_errors=True)
    pets = data or write_pocket_pets(data_home() / "pocket")
    name = "pocket" if data is None else str(data)
    recipe = {"model": "unet", "loss": "ce", "grow": False, "batch_size": 8, "precision": "float32"}
    config = TrainConfig(data=name, epochs=1, size=size, seed=seed, **recipe)  # type: ignore[arg-type]
    with redirect_stdout(io.StringIO()), suppress(RuntimeError):  # what stopped a run is in its evidence
        train(Run.create(folder, config), pets, Devices(torch.device("cpu"), torch.float32), parts=parts)
    return folder
