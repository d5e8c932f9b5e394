"""Draw the pictures of lesson 09: an FCN with its added skips, and four stamps that become one map."""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from course_lib.data.pocket_pets import draw_pet

HERE = Path(__file__).parent
BLUE, ORANGE, GREEN = "#0072B2", "#D55E00", "#009E73"
STAMPS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7")
PLACES = ((0, 0), (0, 2), (2, 0), (2, 2))


def draw_fcn() -> None:
    """Write 09_fcn.png."""
    figure, axes = plt.subplots(figsize=(11, 5.6), dpi=100, facecolor="white", layout="constrained")
    axes.set(xlim=(0, 20), ylim=(-0.4, 9.4))
    axes.axis("off")
    pet = draw_pet(np.random.default_rng(9), size=(128, 128))
    axes.imshow(pet.image, extent=(0.2, 3.0, 5.9, 8.7), zorder=2)
    axes.text(1.6, 8.9, "image", ha="center", fontsize=12)
    stages = [
        (3.6, 2.0, "1/2"),
        (6.2, 1.5, "1/4"),
        (8.3, 1.1, "1/8"),
        (10.0, 0.8, "1/16"),
        (11.4, 0.6, "1/32"),
    ]
    for x, side, name in stages:
        box(axes, x, 7.3 - side / 2, side, side, BLUE)
        axes.text(x + side / 2, 8.9, name, ha="center", fontsize=12, color=BLUE)
    for (x, side, _), (after, *_) in zip([(0.2, 2.8, ""), *stages], stages, strict=False):
        arrow(axes, (x + side, 7.3), (after, 7.3), BLUE)
    axes.text(12.5, 7.3, "encoder: what", color=BLUE, fontsize=13, va="center", weight="bold")
    rows = [(11.4, 0.6, 4.7, "FCN-32s", 32), (10.0, 0.8, 2.7, "FCN-16s", 16), (8.3, 1.1, 0.6, "FCN-8s", 8)]
    for x, side, y, name, factor in rows:
        arrow(axes, (x + side / 2, 7.3 - side / 2), (x + side / 2, y + side / 2), GREEN)
        box(axes, x, y - side / 2, side, side, GREEN, "//")
        arrow(axes, (x + side, y), (17.0, y), ORANGE)
        axes.text(15.9, y + 0.15, f"x {factor}", color=ORANGE, fontsize=12, ha="center")
        box(axes, 17.1, y - 0.75, 1.5, 1.5, ORANGE)
        axes.text(17.85, y, name, ha="center", va="center", fontsize=11, weight="bold")
    for x, above, here in ((12.8, 4.7, 2.7), (14.2, 2.7, 0.6)):
        arrow(axes, (x, above), (x, here + 0.3), ORANGE)
        axes.text(x + 0.15, (above + here) / 2, "x 2", color=ORANGE, fontsize=12, va="center")
        axes.text(x, here, "+", ha="center", va="center", fontsize=16, zorder=5, bbox=CIRCLE)
    axes.text(8.1, 5.4, "1x1: scores,\none map per class", color=GREEN, fontsize=12, ha="right", va="center")
    axes.text(17.85, 6.0, "logits, full size", color=ORANGE, fontsize=12, ha="center")
    figure.savefig(HERE / "09_fcn.png", facecolor="white")
    shrink(HERE / "09_fcn.png")


CIRCLE = {"boxstyle": "circle,pad=0.1", "facecolor": "white", "edgecolor": "black"}


def box(axes: Axes, x: float, y: float, width: float, height: float, colour: str, hatch: str = "") -> None:
    """Draw a map: a square in a colour."""
    axes.add_patch(
        Rectangle((x, y), width, height, facecolor=colour, alpha=0.3, hatch=hatch, edgecolor=colour)
    )
    axes.add_patch(Rectangle((x, y), width, height, fill=False, edgecolor=colour, linewidth=1.6))


def arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float], colour: str) -> None:
    """Draw an arrow."""
    axes.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": colour, "linewidth": 1.8})


def draw_stamps() -> None:
    """Write 09_stamps.png."""
    figure, axes = plt.subplots(1, 6, figsize=(11, 2.3), dpi=100, facecolor="white", layout="constrained")
    values = np.array([[1, 2], [3, 4]])
    output = np.zeros((5, 5), dtype=int)
    colours = [[to_rgb(STAMPS[2 * row + column]) for column in range(2)] for row in range(2)]
    show_numbers(axes[0], values, np.array(colours), "2 x 2")
    for number, (top, left) in enumerate(PLACES):
        stamp = np.zeros((5, 5), dtype=int)
        stamp[top : top + 3, left : left + 3] = number + 1
        output += stamp
        shades = np.where(stamp[..., None] > 0, to_rgb(STAMPS[number]), 1.0)
        show_numbers(axes[number + 1], stamp, shades, f"stamp of {number + 1}")
    depth = sum(np.where(output == 0, 0, 1) * _reached(place) for place in PLACES)
    show_numbers(axes[5], output, 1 - 0.17 * depth[..., None] * np.ones(3), "their sum, 5 x 5")
    figure.savefig(HERE / "09_stamps.png", facecolor="white")


def _reached(place: tuple[int, int]) -> np.ndarray:
    reached = np.zeros((5, 5), dtype=int)
    reached[place[0] : place[0] + 3, place[1] : place[1] + 3] = 1
    return reached


def to_rgb(colour: str) -> np.ndarray:
    """Return a pale version of a colour, (3,) from 0 to 1."""
    full = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    return 0.5 + 0.5 * full


def show_numbers(axes: Axes, values: np.ndarray, shades: np.ndarray, title: str) -> None:
    """Show a grid of numbers on coloured cells; zeros are left out."""
    axes.imshow(shades, vmin=0, vmax=1)
    for (row, column), value in np.ndenumerate(values):
        if value:
            ink = "white" if shades[row, column].mean() < 0.45 else "black"
            axes.text(column, row, str(value), ha="center", va="center", fontsize=12, color=ink)
    axes.set_title(title, fontsize=11)
    axes.set(xticks=np.arange(-0.5, len(values)), yticks=np.arange(-0.5, len(values)))
    axes.grid(color="#888888", linewidth=0.8)
    axes.tick_params(length=0, labelbottom=False, labelleft=False)


def shrink(path: Path) -> None:
    """Keep 128 colours of a PNG: photos are large otherwise."""
    from PIL import Image

    with Image.open(path) as image:
        small = image.convert("RGB").quantize(128)
    small.save(path, optimize=True)


if __name__ == "__main__":
    draw_fcn()
    draw_stamps()
