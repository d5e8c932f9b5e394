"""Draw the pictures of lesson 01: `python solutions/pictures/draw_argmax_per_pixel.py` writes them beside this file."""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import FancyArrowPatch, Rectangle
from PIL import Image

from course_lib.files import atomic_path
from course_lib.masks import colorize, palette_for

HERE = Path(__file__).parent
NAMES = ("background", "road", "car")
INK = "#222222"

# A street of 4 × 5 pixels: background above, road below, a car on it. One score map per class, (C, H, W).
STREET = np.array(
    [
        [[9, 9, 8, 9, 9], [8, 4, 3, 7, 8], [3, 1, 2, 3, 4], [1, 0, 1, 1, 2]],
        [[0, 1, 1, 0, 1], [2, 2, 1, 2, 2], [7, 2, 1, 6, 5], [9, 8, 8, 9, 8]],
        [[1, 0, 1, 1, 0], [0, 6, 7, 3, 1], [2, 8, 9, 4, 1], [0, 2, 3, 1, 0]],
    ]
)


def save(figure, name):
    """Write a figure as a PNG of 256 colours, which keeps it small."""
    with atomic_path(HERE / name) as temporary:
        figure.savefig(temporary, format="png", dpi=100, facecolor="white")
        picture = Image.open(temporary).convert("RGB").quantize(256, dither=Image.Dither.NONE)
        picture.save(temporary, format="PNG", optimize=True)
    plt.close(figure)


def arrow(figure, start, end):
    """Draw an arrow in the figure's own coordinates."""
    style = {"arrowstyle": "-|>", "mutation_scale": 20, "linewidth": 2.5, "color": INK}
    figure.add_artist(FancyArrowPatch(start, end, transform=figure.transFigure, **style))


def new_panel(figure, place, title):
    """Add axes without ticks."""
    axis = figure.add_axes(place)
    axis.set(xticks=[], yticks=[])
    axis.set_title(title, fontsize=13)
    return axis


# --- Three score maps, one class map -----------------------------------------------------------------------


def draw_argmax():
    """Draw three score maps, the highest score of each pixel framed, and the class map that argmax makes."""
    class_map = STREET.argmax(axis=0)
    figure = plt.figure(figsize=(11, 3.1), facecolor="white")
    for class_id, name in enumerate(NAMES):
        axis = new_panel(figure, (0.01 + 0.232 * class_id, 0.12, 0.215, 0.72), f"scores: {class_id} {name}")
        axis.imshow(STREET[class_id], cmap="Greys", vmin=0, vmax=12, aspect="auto")
        for (row, column), score in np.ndenumerate(STREET[class_id]):
            wins = class_map[row, column] == class_id
            ink = "white" if score > 7 else "black"
            weight = "bold" if wins else "normal"
            axis.text(column, row, score, ha="center", va="center", color=ink, fontweight=weight, fontsize=13)
            if wins:
                frame_pixel(axis, row, column)
    arrow(figure, (0.706, 0.48), (0.772, 0.48))
    figure.text(0.738, 0.55, "argmax", ha="center", fontsize=12)
    axis = new_panel(figure, (0.778, 0.12, 0.215, 0.72), "class map")
    axis.imshow(colorize(class_map, background=0), aspect="auto")
    for (row, column), class_id in np.ndenumerate(class_map):
        ink = "black" if class_id == 2 else "white"
        axis.text(column, row, class_id, ha="center", va="center", color=ink, fontweight="bold", fontsize=13)
    figure.text(0.35, 0.03, "framed: the highest of the pixel's three scores", ha="center", fontsize=11)
    figure.text(0.885, 0.03, "0 background, 1 road, 2 car", ha="center", fontsize=11)
    save(figure, "01_argmax.png")


def frame_pixel(axis, row, column):
    """Frame one pixel, in black on white so that it shows on every grey."""
    for colour, line in (("white", 5), ("black", 2.5)):
        axis.add_patch(
            Rectangle((column - 0.42, row - 0.4), 0.84, 0.8, fill=False, edgecolor=colour, linewidth=line)
        )


# --- Which axis goes away ----------------------------------------------------------------------------------


def draw_shapes():
    """Draw a batch of two images as sheets: C score maps each, and the one class map that is left of them."""
    figure = plt.figure(figsize=(11, 3.9), facecolor="white")
    axis = figure.add_axes((0, 0, 1, 1))
    axis.set(xlim=(0, 11), ylim=(0, 3.9))
    axis.axis("off")
    for image, left in enumerate((0.75, 3.55)):
        for class_id in reversed(range(3)):
            shift, colour = 0.28 * class_id, palette_for(background=0)[class_id] / 255
            draw_sheet(axis, left + shift, 0.95 + shift, colour, f"class {class_id}")
        axis.text(left + 0.7, 0.62, f"image {image}", ha="center", fontsize=12)
    for image, left in enumerate((7.45, 9.3)):
        draw_sheet(axis, left, 1.2, (0.85, 0.85, 0.85), "ids")
        axis.text(left + 0.7, 0.87, f"image {image}", ha="center", fontsize=12)
    axis.text(3.2, 3.45, "logits (N, C, H, W) = (2, 3, 4, 5)", ha="center", fontsize=14, fontweight="bold")
    axis.text(9.05, 3.45, "class maps (N, H, W) = (2, 4, 5)", ha="center", fontsize=14, fontweight="bold")
    axis.text(6.45, 2.1, "argmax over\nthe classes\n(axis 1)", ha="center", va="bottom", fontsize=12)
    arrow(figure, (5.8 / 11, 0.48), (7.1 / 11, 0.48))
    measure(axis, (0.75, 0.4), (4.95, 0.4), "N: images, axis 0", (0, -0.22))
    measure(axis, (2.2, 0.98), (2.78, 1.56), "C: axis 1", (0.12, -0.2), "left")
    measure(axis, (0.6, 0.95), (0.6, 2.07), "H: axis 2", (-0.14, 0), rotation=90)
    measure(axis, (1.31, 2.75), (2.71, 2.75), "W: axis 3", (0, 0.15))
    save(figure, "01_shapes.png")


def draw_sheet(axis, left, bottom, colour, label):
    """Draw one map of 4 × 5 pixels as a sheet with a label on its upper edge, over what was drawn before."""
    width, height, strip = 1.4, 1.12, 0.26
    edge = {"edgecolor": INK, "linewidth": 1.5, "zorder": 1}
    axis.add_patch(Rectangle((left, bottom), width, height, facecolor="white", **edge))
    axis.add_patch(Rectangle((left, bottom + height - strip), width, strip, facecolor=colour, **edge))
    thin = {"color": "#999999", "linewidth": 0.8, "zorder": 1}
    for column in range(1, 5):
        axis.plot([left + column * width / 5] * 2, [bottom, bottom + height - strip], **thin)
    for row in range(1, 4):
        axis.plot([left, left + width], [bottom + row * (height - strip) / 4] * 2, **thin)
    ink = "white" if np.dot(colour, (0.299, 0.587, 0.114)) < 0.47 else "black"
    place = (left + 0.06, bottom + height - strip / 2)
    axis.text(*place, label, va="center", fontsize=10, color=ink, zorder=1)


def measure(axis, start, end, label, shift, align="center", rotation=0):
    """Draw a double arrow with what it measures."""
    axis.annotate("", end, start, arrowprops={"arrowstyle": "<->", "color": INK, "lw": 1.4})
    x, y = (np.array(start) + end) / 2 + shift
    axis.text(x, y, label, ha=align, va="center", fontsize=11, rotation=rotation)


if __name__ == "__main__":
    draw_argmax()
    draw_shapes()
