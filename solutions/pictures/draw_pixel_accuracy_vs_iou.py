"""Draw the picture of lesson 02: a street whose pedestrians are all missed, at 92 % pixel accuracy."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from course_lib.masks import palette_for
from course_lib.metrics import iou, pixel_accuracy

FOLDER = Path(__file__).parent
NAMES = ("background", "road", "pedestrians")
COLOURS = palette_for(background=0)
WALKER = (  # 48 pixels: four of them are 8 % of a street of 40×60
    "..XX..",
    ".XXXX.",
    ".XXXX.",
    "..XX..",
    "XXXXXX",
    "XXXXXX",
    "XXXXXX",
    ".XXXX.",
    ".XXXX.",
    ".XXXX.",
    ".X..X.",
    ".X..X.",
    ".X..X.",
)
PLACES = ((12, 6), (9, 23), (18, 34), (24, 49))  # row and column of each one's upper left corner


def empty_street() -> np.ndarray:
    """Return a street without pedestrians, 0 background and 1 road, (40, 60)."""
    rows, columns = np.indices((40, 60))
    horizon = 17
    road = (rows >= horizon) & (abs(columns - 30) <= 8 + 1.5 * (rows - horizon))
    return road.astype(int)


def with_pedestrians(street: np.ndarray) -> np.ndarray:
    """Return the street with the four walkers as class 2, (40, 60)."""
    street = street.copy()
    walker = np.array([[pixel == "X" for pixel in row] for row in WALKER])
    for row, column in PLACES:
        street[row : row + walker.shape[0], column : column + walker.shape[1]][walker] = 2
    return street


def draw_street() -> Figure:
    """Truth, prediction, and what five scores say."""
    prediction = empty_street()
    truth = with_pedestrians(prediction)
    figure = Figure(figsize=(11, 3.1), facecolor="white", layout="constrained")
    left, middle, right = figure.subplots(1, 3, width_ratios=(1, 1, 1.05))
    _draw_map(left, truth, "truth")
    _draw_map(middle, prediction, "prediction")
    left.annotate(
        "pedestrian",
        xy=(37, 18),
        xytext=(44, 8),
        color="white",
        ha="center",
        arrowprops={"arrowstyle": "-", "color": "white"},
    )
    _draw_scores(right, pixel_accuracy(prediction, truth), iou(prediction, truth, num_classes=3))
    return figure


def _draw_map(axes: Axes, class_map: np.ndarray, title: str) -> None:
    axes.imshow(COLOURS[class_map])
    axes.set(xticks=[], yticks=[])
    axes.set_title(title, fontsize=13)
    axes.text(2, 3, "background", color="white", va="center")
    axes.text(27, 37, "road", color="white", va="center", ha="center")


def _draw_scores(axes: Axes, accuracy: float, ious: np.ndarray) -> None:
    names = ["pixel accuracy", *(f"IoU of {name}" for name in NAMES), "mIoU"]
    values = [accuracy, *ious, ious.mean()]
    colours = ["0.45", *(COLOURS[:3] / 255), "0.75"]
    axes.barh(names, values, color=colours, edgecolor="black", linewidth=0.8, height=0.62)
    for line, value in enumerate(values):
        axes.text(value + 0.02, line, f"{value:.2f}", va="center", fontsize=12, fontweight="bold")
    axes.set(xlim=(0, 1.16), xticks=(0, 0.5, 1))
    axes.set_title("the same pair in five numbers", fontsize=13)
    axes.invert_yaxis()
    axes.tick_params(axis="y", length=0, labelsize=11)
    axes.spines[["top", "right"]].set_visible(False)


if __name__ == "__main__":
    draw_street().savefig(FOLDER / "02_street_92.png", dpi=100)
