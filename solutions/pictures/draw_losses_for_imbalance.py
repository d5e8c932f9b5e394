"""Draw the picture of lesson 08: a pet that walks away, and how little of the picture is left for it."""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from course_lib.data.pocket_pets import PocketPet, draw_pet
from course_lib.masks import PALETTE

HERE = Path(__file__).parent
SHARES = (0.17, 0.08, 0.035, 0.009)
SEED = 11


def draw_walk() -> None:
    """Write 08_walking_away.png."""
    figure, axes = plt.subplots(
        2, len(SHARES), figsize=(11, 2.75), dpi=100, height_ratios=(9, 1), layout="constrained"
    )
    for column, share in zip(axes.T, SHARES, strict=True):
        pet = draw_pet(np.random.default_rng(SEED), (192, 256), share=share)
        show_pet(column[0], pet)
        show_bar(column[1], float((pet.trimap != 2).mean()))
    figure.savefig(HERE / "08_walking_away.png", facecolor="white")
    shrink(HERE / "08_walking_away.png")


def show_pet(axes: Axes, pet: PocketPet) -> None:
    """Show a picture with its pet outlined."""
    axes.imshow(pet.image)
    axes.contour(pet.trimap != 2, [0.5], colors="black", linewidths=3)
    axes.contour(pet.trimap != 2, [0.5], colors="white", linewidths=1.4)
    axes.axis("off")


def show_bar(axes: Axes, share: float) -> None:
    """Show the shares of the two classes as one bar."""
    axes.barh(0, share, color=PALETTE[0] / 255, hatch="///", edgecolor="black")
    axes.barh(0, 1 - share, left=share, color=PALETTE[1] / 255, edgecolor="black")
    axes.text(share + 0.02, 0, f"pet {share:.0%}", va="center", fontsize=12, color="white", weight="bold")
    axes.set(xlim=(0, 1), xticks=[], yticks=[])
    axes.axis("off")


def shrink(path: Path) -> None:
    """Keep 128 colours of a PNG: photos are large otherwise."""
    from PIL import Image

    with Image.open(path) as image:
        small = image.convert("RGB").quantize(128)
    small.save(path, optimize=True)


if __name__ == "__main__":
    draw_walk()
