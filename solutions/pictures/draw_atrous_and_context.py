"""Draw the pictures of lesson 12: kernels with holes and what stacks of them see; four networks as size over depth."""

from itertools import pairwise
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

HERE = Path(__file__).parent
BLUE, ORANGE, GREEN, GREY = "#0072B2", "#D55E00", "#009E73", "#777777"
SIDE = 17  # pixels of a panel


def draw_atrous() -> None:
    """Write 12_atrous.png."""
    figure, axes = plt.subplots(2, 3, figsize=(10.4, 7.2), dpi=105, facecolor="white", layout="constrained")
    for column, rate in enumerate((1, 2, 4)):
        panel(axes[0, column], ways([rate]) > 0, f"rate {rate}: spans {2 * rate + 1} × {2 * rate + 1}")
    for column, rates in enumerate(([1, 1, 1], [2, 2, 2], [1, 2, 4])):
        side = 2 * sum(rates) + 1
        holes = ", with holes" if column == 1 else ""
        panel(axes[1, column], ways(rates) > 0, f"rates {', '.join(map(str, rates))}: {side} × {side}{holes}")
    axes[0, 0].set_ylabel("one layer", fontsize=13)
    axes[1, 0].set_ylabel("three layers", fontsize=13)
    figure.savefig(HERE / "12_atrous.png", facecolor="white")
    plt.close(figure)


def ways(rates: list[int]) -> np.ndarray:
    """Return in how many ways each pixel reaches the middle one, through a layer of each rate."""
    row = np.zeros(SIDE, dtype=int)
    row[SIDE // 2] = 1
    for rate in rates:
        row = row + np.roll(row, rate) + np.roll(row, -rate)
    return np.outer(row, row)


def panel(axes: Axes, seen: np.ndarray, title: str) -> None:
    """Draw the pixels that are seen, dark, and the middle one, with a dot."""
    axes.imshow(colours(seen), extent=(0, SIDE, SIDE, 0))
    for line in range(SIDE + 1):
        axes.plot([line, line], [0, SIDE], color="white", linewidth=1)
        axes.plot([0, SIDE], [line, line], color="white", linewidth=1)
    axes.plot(SIDE / 2, SIDE / 2, "o", color=ORANGE, markersize=8, markeredgecolor="white")
    axes.set(xticks=[], yticks=[], xlim=(0, SIDE), ylim=(SIDE, 0))
    axes.set_title(title, fontsize=13)
    for spine in axes.spines.values():
        spine.set_visible(False)


def colours(seen: np.ndarray) -> np.ndarray:
    """Return blue where pixels are seen and light grey elsewhere, (H, W, 3)."""
    blue, light = np.array([0, 114, 178]) / 255, np.array([0.9, 0.9, 0.9])
    return np.where(seen[..., None], blue, light)


def draw_four_ways() -> None:
    """Write 12_four_ways.png."""
    figure, axes = plt.subplots(1, 4, figsize=(11.6, 3.7), dpi=100, facecolor="white", layout="constrained")
    for ax, (name, draw) in zip(
        axes,
        {"U-Net": unet, "PSPNet": pspnet, "DeepLab v3+": deeplab, "HRNet": hrnet}.items(),
        strict=True,
    ):
        ax.set(xlim=(-0.7, 8.7), ylim=(-4.75, 0.6), xticks=[])
        ax.set_title(name, fontsize=14)
        ax.set_yticks([0, -1, -2, -3, -4], ["1", "1/2", "1/4", "1/8", "1/16"] if ax is axes[0] else [""] * 5)
        ax.grid(axis="y", color="#DDDDDD")
        ax.set_axisbelow(True)
        for side in ("top", "right", "bottom", "left"):
            ax.spines[side].set_visible(False)
        draw(ax)
    axes[0].set_ylabel("size of the features", fontsize=12)
    figure.supxlabel("depth", fontsize=12)
    figure.savefig(HERE / "12_four_ways.png", facecolor="white")
    plt.close(figure)


def box(axes: Axes, x: float, level: float, colour: str, hatch: str = "") -> None:
    """Draw features at a depth and a level."""
    place = {"xy": (x - 0.28, level - 0.2), "width": 0.56, "height": 0.4, "zorder": 3}
    axes.add_patch(Rectangle(**place, facecolor="white"))
    axes.add_patch(Rectangle(**place, facecolor=colour, alpha=0.35))
    axes.add_patch(Rectangle(**place, fill=False, edgecolor=colour, linewidth=1.5, hatch=hatch))


def arrow(
    axes: Axes, start: tuple[float, float], end: tuple[float, float], colour: str = GREY, line: str = "-"
) -> None:
    """Draw an arrow from features to features."""
    style = {
        "arrowstyle": "-|>",
        "color": colour,
        "linestyle": line,
        "linewidth": 1.4,
        "shrinkA": 9,
        "shrinkB": 9,
    }
    axes.annotate("", end, start, arrowprops=style)


def chain(axes: Axes, places: list[tuple[float, float]], colour: str) -> None:
    """Draw features and the arrows between them."""
    for start, end in pairwise(places):
        arrow(axes, start, end)
    for x, level in places:
        box(axes, x, level, colour)


def unet(axes: Axes) -> None:
    """Down, up, and a skip at every size."""
    chain(axes, [(level, -level) for level in range(5)], BLUE)
    chain(axes, [(4 + up, up - 4) for up in range(5)], BLUE)
    for level in range(4):
        arrow(axes, (level, -level), (8 - level, -level), GREEN, "--")
    axes.text(4, 0.22, "skips", color=GREEN, ha="center", fontsize=11)


def pspnet(axes: Axes) -> None:
    """Down to an eighth, means over cells, and up at one go."""
    chain(axes, [(0, 0), (1, -1), (2, -2), (3, -3), (4.2, -3)], BLUE)
    arrow(axes, (4.2, -3), (5.6, -3))
    box(axes, 5.6, -3, ORANGE, "//")
    axes.text(5.4, -3.65, "pyramid pooling", color=ORANGE, ha="center", fontsize=11)
    arrow(axes, (5.6, -3), (8, 0))
    box(axes, 8, 0, BLUE)


def deeplab(axes: Axes) -> None:
    """Down to a sixteenth, the ASPP, and one skip at a quarter."""
    chain(axes, [(0, 0), (1, -1), (2, -2), (3, -3), (4, -4)], BLUE)
    arrow(axes, (4, -4), (5.3, -4))
    box(axes, 5.3, -4, ORANGE, "//")
    axes.text(6.6, -4.1, "ASPP", color=ORANGE, ha="center", fontsize=11)
    arrow(axes, (5.3, -4), (6.5, -2))
    arrow(axes, (2, -2), (6.5, -2), GREEN, "--")
    axes.text(4.2, -1.85, "low-level", color=GREEN, ha="center", fontsize=11)
    box(axes, 6.5, -2, BLUE)
    arrow(axes, (6.5, -2), (8, 0))
    box(axes, 8, 0, BLUE)


def hrnet(axes: Axes) -> None:
    """Four branches that exchange."""
    arrow(axes, (0, 0), (1, -1))
    box(axes, 0, 0, BLUE)
    for step in range(4):
        for source in range(min(step + 1, 4)):
            for target in range(min(step + 2, 4)):
                arrow(axes, (1 + 1.5 * step, -1 - source), (2.5 + 1.5 * step, -1 - target), GREEN if source != target else GREY)  # fmt: skip
    for step in range(5):
        for level in range(min(step + 1, 4)):
            box(axes, 1 + 1.5 * step, -1 - level, BLUE)
    arrow(axes, (7, -1), (8.2, 0))
    box(axes, 8.2, 0, BLUE)
    axes.text(4.6, -0.55, "exchange", color=GREEN, ha="center", fontsize=11)


if __name__ == "__main__":
    draw_atrous()
    draw_four_ways()
