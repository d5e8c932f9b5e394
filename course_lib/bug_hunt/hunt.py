"""The runs of lesson 11: a healthy one, ten that are broken in one place each, and those with a mended piece."""

from __future__ import annotations

import io
import shutil
import tempfile
from collections.abc import Callable
from contextlib import redirect_stdout, suppress
from functools import cache
from pathlib import Path
from typing import Any

import torch

from course_lib.bug_hunt import pieces
from course_lib.data.pocket_pets import write_pocket_pets
from course_lib.paths import data_home
from course_lib.training.config import TrainConfig
from course_lib.training.devices import Devices
from course_lib.training.parts import Parts
from course_lib.training.runs import Run
from course_lib.training.train import train

LETTERS = "ABCDEFGHIJ"

_BROKEN_IN: dict[str, tuple[str, Callable[[Any], Parts]]] = {
    "A": ("evaluation mode", pieces.with_predict),
    "B": ("oversmoothing", pieces.with_see_wide),
    "C": ("label format", pieces.with_targets),
    "D": ("memory", pieces.with_predict_all),
    "E": ("no skip connections", pieces.with_decode),
    "F": ("class imbalance", pieces.with_loss),
    "G": ("boundary pixels", pieces.with_full_logits),
    "H": ("metric on a subset", pieces.with_count),
    "I": ("augmentation mismatch", pieces.with_crops),
    "J": ("size mismatch", pieces.with_fit),
}


def healthy_run() -> Path:
    """Make the run without a bug, and return its folder."""
    return make_run(_home() / "healthy", pieces.HEALTHY)


def broken_run(letter: str) -> Path:
    """Make the broken run with this letter, and return its folder."""
    cause, _ = _BROKEN_IN[letter]
    return make_run(_home() / letter, pieces.PLANTED[cause], size=_size(letter))


def mended_run(letter: str, piece: Callable[..., Any]) -> Path:
    """Make the run with this letter again, with a mended piece, and return its folder."""
    _, with_piece = _BROKEN_IN[letter]
    folder = _home() / f"{letter}-mended"
    return make_run(folder, with_piece(piece), size=_size(letter))


def _home() -> Path:
    """Return where this session's runs lie: another session, or another notebook, makes its own."""
    return Path(_folder().name)


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    # Gone with the session.
    return tempfile.TemporaryDirectory(prefix="bug-hunt-", ignore_cleanup_errors=True)


def make_run(folder: Path, parts: Parts, size: int = 64, data: Path | None = None, seed: int = 0) -> Path:
    """Train a tiny network for some seconds on the CPU; a run that stops with an error stays as it is then.

    Args:
        folder: of the run; what it held is replaced.
        parts: of the training.
        size: side of the images.
        data: folder of pets; the pocket pets by default, drawn if they are missing.
        seed: of the weights and of the order of the images.
    """
    shutil.rmtree(folder, ignore_errors=True)
    pets = data or write_pocket_pets(data_home() / "pocket")
    name = "pocket" if data is None else str(data)
    recipe = {"model": "unet", "loss": "ce", "grow": False, "batch_size": 8, "precision": "float32"}
    config = TrainConfig(data=name, epochs=1, size=size, seed=seed, **recipe)  # type: ignore[arg-type]
    with redirect_stdout(io.StringIO()), suppress(RuntimeError):  # what stops a run stands in its evidence
        train(Run.create(folder, config), pets, Devices(torch.device("cpu"), torch.float32), parts=parts)
    return folder


def _size(letter: str) -> int:
    return pieces.ODD_SIZE if letter == "J" else 64
