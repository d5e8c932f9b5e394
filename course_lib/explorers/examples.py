"""The pets that the explorers show: pocket pets at 64 x 64, and what the small U-Net predicts for them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from ipywidgets import Widget
from numpy.typing import NDArray

from course_lib.explorers.shell import choice
from course_lib.masks import PET_CLASSES, overlay
from course_lib.svg import CORNER, PICTURE, Figure, outline, picture

WEIGHTS_FOLDER = Path(__file__).with_name("weights")
KEY = "Orange in a solid line: pet. Blue in a dashed line: background. Yellow between them: border."


class Pet(NamedTuple):
    """One example."""

    image: NDArray[np.uint8]  # (H, W, 3)
    truth: NDArray[np.uint8]  # (H, W), ids of PET_CLASSES
    logits: NDArray[np.float32]  # (3, H, W), of the small U-Net with all its skips


@cache
def example_pets() -> tuple[Pet, ...]:
    """Return the pets that ship with the course; the network was not trained on them."""
    with np.load(WEIGHTS_FOLDER / "pets.npz", allow_pickle=False) as arrays:
        logits = arrays["logits"].astype(np.float32)
        return tuple(Pet(*parts) for parts in zip(arrays["images"], arrays["masks"], logits, strict=True))


def class_picture(title: str, image: NDArray[np.uint8], class_map: NDArray[np.uint8]) -> Figure:
    """Draw classes over an image: in colour, the pet in a solid line and the background in a dashed one."""
    side = PICTURE / image.shape[1]
    lines = [outline(class_map == 0, *CORNER, side, "#ffffff", stroke_width=3)]
    lines.append(outline(class_map == 0, *CORNER, side, stroke_width=1.5))
    lines.append(outline(class_map == 1, *CORNER, side, stroke_width=1.5, stroke_dasharray="3 3"))
    shares = ", ".join(
        f"{name} {100 * np.mean(class_map == id):.0f} %" for id, name in enumerate(PET_CLASSES)
    )
    return picture(title, f"{title}: {shares} of the pixels.", overlay(image, class_map, 0.6), "".join(lines))


@cache
def shipped_scores() -> tuple[float, float]:
    """Return the small U-Net's mIoU on the whole test split of the pocket pets: with all its skips, and without any."""
    with np.load(WEIGHTS_FOLDER / "pets.npz", allow_pickle=False) as arrays:
        with_all, with_none = arrays["miou"].tolist()
    return with_all, with_none


def choose_pet() -> Widget:
    """Make buttons to choose one of the pets."""
    return choice("pet", [(f"pet {number}", number - 1) for number in range(1, len(example_pets()) + 1)])
