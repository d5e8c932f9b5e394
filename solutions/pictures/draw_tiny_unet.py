"""Draw the picture of lesson 05: the tiny U-Net as a U of boxes, with a flower going in and its mask coming out."""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.patches import Rectangle

from course_lib.masks import PALETTE

HERE = Path(__file__).parent
BLUE, ORANGE, GREEN = "#0072B2", "#D55E00", "#009E73"
TOP, FULL, HALF = 5.6, 2.6, 1.3  # the upper edge of the boxes; a side of 64 and of 32 pixels


def draw_network() -> None:
    """Write 05_tiny_unet.png."""
    figure, axes = plt.subplots(figsize=(11.6, 5.4), dpi=110, facecolor="white")
    axes.set(xlim=(0, 17), ylim=(-1.0, 7.3))
    axes.axis("off")
    image, mask = flower()
    axes.imshow(image, extent=(0.2, 2.8, TOP - FULL, TOP), zorder=2)
    axes.imshow(mask, extent=(14.2, 16.8, TOP - FULL, TOP), zorder=2, **class_colours())
    box(axes, 4.3, TOP, FULL, 0.55, BLUE)
    box(axes, 4.3, 1.6, HALF, 0.55, BLUE)
    box(axes, 7.2, 1.6, HALF, 1.1, BLUE)
    box(axes, 9.2, TOP, FULL, 0.55, ORANGE)
    box(axes, 9.75, TOP, FULL, 0.55, GREEN, hatch="//")
    box(axes, 12.2, TOP, FULL, 0.55, ORANGE)
    for x, name, shape in (
        (1.5, "image", "3 × 64 × 64"),
        (4.575, "detail", "16 × 64 × 64"),
        (9.75, "features and detail", "32 × 64 × 64"),
        (12.475, "decoded", "16 × 64 × 64"),
        (15.4, "logits → prediction", "3 × 64 × 64 → 64 × 64"),
    ):
        label(axes, x, TOP + 0.9, name, shape)
    label(axes, 4.575, 0.2, "pooled", "16 × 32 × 32")
    label(axes, 7.75, 0.2, "context", "32 × 32 × 32")
    middle = TOP - FULL / 2
    arrow(axes, (2.9, middle), (4.25, middle), BLUE, "3×3")
    arrow(axes, (4.575, 2.95), (4.575, 1.65), BLUE)
    arrow(axes, (4.9, 0.95), (7.15, 0.95), BLUE, "3×3")
    arrow(axes, (8.35, 0.95), (9.475, 2.95), ORANGE)
    arrow(axes, (4.9, middle), (9.15, middle), GREEN)
    arrow(axes, (10.35, middle), (12.15, middle), ORANGE, "3×3")
    arrow(axes, (12.8, middle), (14.1, middle), ORANGE, "1×1")
    axes.text(4.75, 2.2, "pool", color=BLUE, fontsize=11)
    axes.text(9.15, 1.8, "upsample", color=ORANGE, fontsize=11)
    axes.text(7.0, middle + 0.15, "skip: where", color=GREEN, fontsize=14, ha="center", weight="bold")
    axes.text(6.05, 0.35, "what", color=BLUE, fontsize=14, ha="center", weight="bold")
    axes.text(4.575, 6.95, "encoder", color=BLUE, fontsize=15, ha="center", weight="bold")
    axes.text(11.1, 6.95, "decoder", color=ORANGE, fontsize=15, ha="center", weight="bold")
    figure.savefig(HERE / "05_tiny_unet.png", facecolor="white", bbox_inches="tight", pad_inches=0.08)


def box(axes: Axes, left: float, top: float, side: float, width: float, colour: str, hatch: str = "") -> None:
    """Draw a stack of feature maps: its height is their side, its width stands for their number."""
    place = {"xy": (left, top - side), "width": width, "height": side}
    axes.add_patch(Rectangle(**place, facecolor=colour, alpha=0.3, hatch=hatch, edgecolor=colour))
    axes.add_patch(Rectangle(**place, fill=False, edgecolor=colour, linewidth=1.6))


def label(axes: Axes, x: float, y: float, name: str, shape: str) -> None:
    """Write a tensor's name and shape, from y downwards."""
    axes.text(x, y, f"{name}\n{shape}", ha="center", va="top", fontsize=10.5, linespacing=1.3)


def arrow(
    axes: Axes, start: tuple[float, float], end: tuple[float, float], colour: str, layer: str = ""
) -> None:
    """Draw an arrow; a level one has its layer written above the middle."""
    axes.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": colour, "linewidth": 2})
    axes.text((start[0] + end[0]) / 2, start[1] + 0.14, layer, color=colour, ha="center", fontsize=11)


def flower(size: int = 64) -> tuple[np.ndarray, np.ndarray]:
    """Draw one flower among blades of its own colour: the image (H, W, 3) and its mask (H, W)."""
    rng = np.random.default_rng(3)
    row, column = np.mgrid[:size, :size]
    image = np.full((size, size, 3), (0.3, 0.62, 0.3))
    for turn, shift in ((0.4, 10), (1.2, 50), (2.3, 30)):
        blade = (row - shift) * np.cos(turn) + (column - shift) * np.sin(turn)
        image[np.abs(blade) < 1.2] = (0.9, 0.35, 0.6)
    distance, angle = np.hypot(row - 31, column - 33), np.arctan2(row - 31, column - 33)
    inside = distance < 18 * (1 + 0.4 * np.cos(5 * angle + 0.6))
    image[inside] = (0.9, 0.35, 0.6)
    near = np.zeros((size, size), int)
    for down in (-1, 0, 1):
        for right in (-1, 0, 1):
            near += np.roll(inside, (down, right), axis=(0, 1))
    mask = np.where((near > 0) & (near < 9), 2, np.where(inside, 0, 1))
    return np.clip(image + rng.normal(0, 0.06, image.shape), 0, 1), mask


def class_colours() -> dict[str, object]:
    """What imshow needs to colour the classes 0, 1 and 2 as the course does."""
    return {"cmap": ListedColormap(PALETTE[:3] / 255), "vmin": 0, "vmax": 2, "interpolation": "nearest"}


if __name__ == "__main__":
    draw_network()
