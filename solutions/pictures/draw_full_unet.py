"""Draw the pictures of lesson 06: the U-Net to scale, and what convolutions without padding leave of an image."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

HERE = Path(__file__).parent
BLUE, ORANGE, GREEN, GREY = "#0072B2", "#D55E00", "#009E73", "#555555"
WIDTHS = (64, 128, 256, 512, 1024)
SIDES = (256, 128, 64, 32, 16)
THICKNESS = 0.25  # of one channel; a pixel is 1 high
GAP = 56  # between the boxes, both ways


def draw_unet() -> None:
    """Write 06_unet.png: every box as high as its feature maps, as wide as there are channels."""
    figure, axes = plt.subplots(figsize=(11, 4.1), dpi=100, facecolor="white", layout="constrained")
    levels = list(zip(WIDTHS, SIDES, TOPS, strict=True))
    x = 0.0
    encoder = []
    for width, side, top in levels:
        encoder.append(box(axes, x, top, width, side, GREY if side == 16 else BLUE))
        x = right(encoder[-1])[0] + GAP
    for above, below in pairwise(encoder):
        arrow(axes, above_or_below(above, 0), above_or_below(below, 1), BLUE)
    decoded = encoder[-1]
    for (width, side, top), skip in reversed(list(zip(levels, encoder, strict=True))[:-1]):
        features = box(axes, x, top, width, side, ORANGE)
        joined = box(axes, right(features)[0], top, width, side, GREEN, "//")
        arrow(axes, above_or_below(decoded, 1), above_or_below(features, 0), ORANGE)
        arrow(axes, right(skip), left(features), GREEN)
        decoded = box(axes, right(joined)[0] + GAP / 2, top, width, side, ORANGE)
        arrow(axes, right(joined), left(decoded), GREY)
        if side < 256:
            write(axes, right(decoded)[0] + 10, right(decoded)[1], f"{width} × {side} × {side}")
            write(axes, left(skip)[0] - 10, left(skip)[1], f"{width} × {side} × {side}", ha="right")
        x = right(decoded)[0] + GAP / 2
    arrow(axes, (-60, -128), (0, -128), GREY)
    write(axes, -68, -128, "image\n3 × 256 × 256", ha="right")
    arrow(axes, right(decoded), (right(decoded)[0] + 60, -128), GREY)
    write(axes, right(decoded)[0] + 68, -128, "logits\nclasses × 256 × 256")
    write(axes, 8, 18, "64 × 256 × 256", ha="center")
    write(axes, right(decoded)[0], 18, "64 × 256 × 256", ha="center")
    write(axes, encoder[-1].get_x() + 128, TOPS[-1] - 42, "1024 × 16 × 16: the bottleneck", ha="center")
    write(axes, -250, -735, "down: half the size,\ntwice the channels", color=BLUE, fontsize=12.5)
    write(axes, 1430, -735, "up: twice the size,\nhalf the channels", color=ORANGE, fontsize=12.5)
    write(axes, 700, -104, "skips: concatenate", color=GREEN, fontsize=12.5, ha="center")
    write(axes, 155, -297, "max pooling, double convolution", color=BLUE)
    write(axes, 1450, -297, "transposed convolution", color=ORANGE, ha="right")
    write(axes, 1700, -297, "grey arrows: double convolution,\nthe last one: 1 × 1 convolution", color=GREY)
    axes.set(xlim=(-270, right(decoded)[0] + 285), ylim=(TOPS[-1] - 90, 36), aspect="equal")
    axes.axis("off")
    save(figure, "06_unet.png")


def draw_valid() -> None:
    """Write 06_valid.png: an image and its logits with padding and without, and the skips that are cropped."""
    figure, axes = plt.subplots(figsize=(11, 3.6), dpi=100, facecolor="white", layout="constrained")
    square(axes, 150, 256, BLUE, fill=BLUE)
    write(axes, 150, 0, "image\nand\nlogits", ha="center")
    write(axes, 150, -350, "padding 1: 256 in, 256 out", ha="center", fontsize=11)
    square(axes, 680, 572, GREY, fill="white", hatch="xx")
    square(axes, 680, 388, BLUE, fill=BLUE)
    write(axes, 680, 0, "logits", ha="center")
    write(axes, 680, 240, "92 pixels without a prediction", ha="center", bbox=PAPER)
    write(axes, 680, -350, "no padding: 572 in, 388 out", ha="center", fontsize=11)
    for x, whole, kept in ((1330, 568, 392), (1804, 280, 200), (2072, 136, 104), (2250, 64, 56)):
        square(axes, x, whole, GREY, fill="white", hatch="//")
        square(axes, x, kept, GREEN, fill=GREEN)
        outside = whole < 200
        write(axes, x, -whole / 2 - 30 if outside else 0, f"{whole} → {kept}", ha="center")
    write(
        axes, 1660, -350, "no padding: the four skips, and the middle that is kept", ha="center", fontsize=11
    )
    axes.set(xlim=(0, 2330), ylim=(-380, 300), aspect="equal")
    axes.axis("off")
    save(figure, "06_valid.png")


def tops() -> list[float]:
    """Return the upper edge of every level."""
    found = [0.0]
    for side in SIDES[:-1]:
        found.append(found[-1] - side - GAP)
    return found


TOPS = tops()
PAPER = {"facecolor": "white", "edgecolor": "none", "pad": 1.5}


def box(
    axes: Axes, left: float, top: float, width: int, side: int, colour: str, hatch: str = ""
) -> Rectangle:
    """Draw the feature maps of one layer, and return their outline."""
    place = {"xy": (left, top - side), "width": width * THICKNESS, "height": side}
    axes.add_patch(Rectangle(**place, facecolor=colour, alpha=0.3, hatch=hatch, edgecolor=colour))
    outline: Rectangle = axes.add_patch(Rectangle(**place, fill=False, edgecolor=colour, linewidth=1.4))
    return outline


def write(axes: Axes, x: float, y: float, text: str, **style: Any) -> None:
    """Write a text, its middle at the height y."""
    axes.text(x, y, text, **({"va": "center", "fontsize": 10.5, "linespacing": 1.3} | style))


def left(of: Rectangle) -> tuple[float, float]:
    """Return the middle of a box's left edge."""
    return of.get_x(), of.get_y() + of.get_height() / 2


def right(of: Rectangle) -> tuple[float, float]:
    """Return the middle of a box's right edge."""
    return of.get_x() + of.get_width(), of.get_y() + of.get_height() / 2


def above_or_below(of: Rectangle, share: int) -> tuple[float, float]:
    """Return the middle of a box's upper edge (1) or lower edge (0)."""
    return of.get_x() + of.get_width() / 2, of.get_y() + share * of.get_height()


def arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float], colour: str) -> None:
    """Draw an arrow."""
    axes.annotate(
        "", end, start, arrowprops={"arrowstyle": "-|>", "color": colour, "linewidth": 1.6, "shrinkB": 0}
    )


def square(axes: Axes, x: float, side: int, edge: str, fill: str, hatch: str = "") -> None:
    """Draw a square with its middle at (x, 0)."""
    place = {"xy": (x - side / 2, -side / 2), "width": side, "height": side}
    if fill == "white":
        axes.add_patch(Rectangle(**place, facecolor="white", hatch=hatch, edgecolor="#aaaaaa"))
    else:
        axes.add_patch(Rectangle(**place, facecolor="white"))
        axes.add_patch(Rectangle(**place, facecolor=fill, alpha=0.3))
    axes.add_patch(Rectangle(**place, fill=False, edgecolor=edge, linewidth=1.6))


def save(figure: plt.Figure, name: str) -> None:
    """Write a figure beside this file."""
    figure.savefig(HERE / name, facecolor="white")
    plt.close(figure)


if __name__ == "__main__":
    draw_unet()
    draw_valid()
