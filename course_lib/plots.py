"""Figures: overlays side by side, and the curves of a run. Opaque, so that dark mode cannot hide the axes."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Mapping, Sequence
from html import escape
from itertools import cycle
from typing import TYPE_CHECKING, Any

import numpy as np

from course_lib.masks import PALETTE, overlay, palette_for

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Drawing = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
"""Makes a picture of an image (H, W, 3), its true and its predicted mask (H, W), all uint8, as `triptych` does."""

GAP = 4  # pixels between the pictures of a triptych
_LINES = ("-", "--", ":")  # a second way to tell the classes apart, beside colour
IOU_COLUMN = "val_iou_"  # prefix of the log's columns that hold a class's IoU


def triptych(image: np.ndarray, truth: np.ndarray, prediction: np.ndarray) -> np.ndarray:
    """Put an image, its true mask and the predicted mask side by side, the masks laid over the image.

    Args:
        image: uint8 (H, W, 3).
        truth, prediction: class ids, uint8 (H, W).

    Returns:
        uint8 (H, 3·W + 2·GAP, 3).
    """
    gap = np.full((image.shape[0], GAP, 3), 255, dtype=np.uint8)
    return np.concatenate([image, gap, overlay(image, truth), gap, overlay(image, prediction)], axis=1)


def class_columns(row: Mapping[str, float]) -> dict[str, str]:
    """Return the columns of a log that hold the IoU of a class, by the classes' names."""
    return {column.removeprefix(IOU_COLUMN): column for column in row if column.startswith(IOU_COLUMN)}


def run_curves(history: Sequence[Mapping[str, float]]) -> Figure:
    """Draw a run: the training loss on the left, validation mIoU and each class's IoU on the right."""
    from matplotlib.patheffects import withStroke

    outline = [withStroke(linewidth=3, foreground="black")]  # yellow on white is faint without
    figure = _new_figure(9, 3.8)
    left, right = figure.subplots(1, 2)
    epochs = [row["epoch"] for row in history]
    left.plot(epochs, [row["train_loss"] for row in history], color="black")
    left.set(xlabel="epoch", ylabel="training loss", title="Loss")
    right.plot(epochs, [row["val_mIoU"] for row in history], color="black", linewidth=2, label="mIoU")
    columns = class_columns(history[0])
    for class_id, ((name, column), line) in enumerate(zip(columns.items(), cycle(_LINES), strict=False)):
        values = [row[column] for row in history]
        right.plot(epochs, values, line, color=PALETTE[class_id] / 255, path_effects=outline, label=name)
    right.set(xlabel="epoch", ylabel="IoU on validation", title="Scores", ylim=(0, 1))
    figure.legend(*right.get_legend_handles_labels(), loc="outside lower center", ncols=4, frameon=False)
    for axes in (left, right):
        axes.grid(alpha=0.3)
    return figure


def show(figure: Figure, alt: str) -> None:
    """Display a figure in a notebook with a text for people who cannot see it, and close it.

    Args:
        figure: any matplotlib figure.
        alt: a description of the figure; outside a notebook it is printed instead.
    """
    from IPython.display import display
    from matplotlib import pyplot

    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=100, facecolor="white", bbox_inches="tight")
    pyplot.close(figure)
    data = base64.b64encode(buffer.getvalue()).decode()
    html = f'<img alt="{escape(alt, quote=True)}" src="data:image/png;base64,{data}" style="max-width:100%">'
    display({"text/html": html, "text/plain": f"Figure: {alt}"}, raw=True)


def show_masks(
    masks: Mapping[str, Any],
    alt: str,
    names: Sequence[str] = (),
    differ: bool = False,
    size: float = 2.6,
    background: int = 1,
) -> None:
    """Display class maps side by side: in colours, and with the ids in the pixels if there are few.

    Args:
        masks: the class map of each title, integers (H, W), nested lists or arrays.
        alt: a description of the figure.
        names: the classes' names, for a legend.
        differ: add a panel that crosses the pixels where the first two differ.
        size: side of one panel, in inches.
        background: the id that is blue.
    """
    palette = palette_for(background)
    panels = {title: np.asarray(mask) for title, mask in masks.items()}
    count = len(panels) + differ
    tallest = max(mask.shape[0] / mask.shape[1] for mask in panels.values())
    figure = _new_figure(size * count, size * tallest + 0.4 + 0.5 * bool(names))
    axes = figure.subplots(1, count, squeeze=False)[0]
    for axis, (title, mask) in zip(axes, panels.items(), strict=False):
        _draw_mask(axis, mask, title, palette)
    if differ:
        first, second, *_ = panels.values()
        _draw_difference(axes[-1], first != second)
    if names:
        _name_classes(figure, names, palette)
    show(figure, alt)


def _draw_mask(axes: Axes, mask: np.ndarray, title: str, palette: np.ndarray) -> None:
    axes.imshow(palette[mask])
    _prepare_panel(axes, mask.shape, title)
    if max(mask.shape) <= 12:
        for (row, column), class_id in np.ndenumerate(mask):
            ink = "black" if palette[class_id] @ (0.299, 0.587, 0.114) > 120 else "white"
            axes.text(column, row, str(class_id), ha="center", va="center", color=ink)


def _draw_difference(axes: Axes, differs: np.ndarray) -> None:
    axes.imshow(np.where(differs, 0.55, 1.0), cmap="gray", vmin=0, vmax=1)
    _prepare_panel(axes, differs.shape, f"differ: {int(differs.sum())} pixels")
    if max(differs.shape) <= 32:
        rows, columns = np.nonzero(differs)
        axes.plot(columns, rows, "x", color="black")


def _prepare_panel(axes: Axes, shape: tuple[int, ...], title: str) -> None:
    axes.set_title(title, fontsize="medium")
    axes.set(xticks=[], yticks=[])
    if max(shape) <= 12:
        axes.set_xticks(np.arange(-0.5, shape[1]), minor=True)
        axes.set_yticks(np.arange(-0.5, shape[0]), minor=True)
        axes.grid(which="minor", color="white", linewidth=1)
        axes.tick_params(which="minor", length=0)


def _name_classes(figure: Figure, names: Sequence[str], palette: np.ndarray) -> None:
    from matplotlib.patches import Patch

    handles = [
        Patch(facecolor=palette[class_id] / 255, edgecolor="black", label=f"{class_id} {name}")
        for class_id, name in enumerate(names)
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles), frameon=False)


def _new_figure(width: float, height: float) -> Any:
    """Make a figure that belongs to no window, so that a training on a server needs no display."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained", facecolor="white")
