"""Masks over photos that stay readable whatever colours the photo has: a tint, hatching, and an outline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from course_lib.masks import PALETTE, overlay, palette_for
from course_lib.plots import show

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_HATCHES = ("//", "..", "xx", "--")
_TINT = 0.3


def show_over(
    panels: Mapping[str, tuple[np.ndarray, np.ndarray | None]],
    alt: str,
    names: Sequence[str],
    *,
    columns: int = 4,
    size: float = 2.4,
    background: int = 1,
) -> None:
    """Display pictures with their masks over them, side by side.

    An orange tint cannot be told from an orange cat. So each class but the background is hatched as well, and has an
    outline, white inside black, that shows on any colour.

    Args:
        panels: of each title, a picture, uint8 (H, W, 3), and its class ids (H, W); None shows the picture as it is.
        alt: a description of the figure.
        names: the classes' names, for the legend.
        columns: how many pictures there are in a row.
        size: side of one panel, in inches.
        background: the id that is blue, and neither hatched nor outlined.
    """
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch

    rows = -(-len(panels) // columns)
    tallest = max(picture.shape[0] / picture.shape[1] for picture, _ in panels.values())
    figure = Figure(
        figsize=(size * min(columns, len(panels)), (size * tallest + 0.3) * rows + 0.4),
        layout="constrained",
        facecolor="white",
    )
    axes = figure.subplots(rows, min(columns, len(panels)), squeeze=False)
    for axis in axes.flat:
        axis.axis("off")
    for axis, (title, (picture, ids)) in zip(axes.flat, panels.items(), strict=False):
        axis.set_title(title, fontsize="medium")
        draw_over(axis, picture, ids, len(names), background)
    palette = palette_for(background)
    handles = [
        Patch(
            facecolor=palette[class_id] / 255,
            edgecolor="black",
            hatch="" if class_id == background else _HATCHES[class_id % len(_HATCHES)],
            label=f"{class_id} {name}",
        )
        for class_id, name in enumerate(names)
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles), frameon=False)
    show(figure, alt)


def draw_over(
    axes: Axes, picture: np.ndarray, ids: np.ndarray | None, classes: int, background: int = 1
) -> None:
    """Draw a picture, uint8 (H, W, 3), with a mask (H, W) of so many classes over it."""
    if ids is None:
        axes.imshow(picture)
        return
    axes.imshow(overlay(picture, ids, _TINT, background), interpolation="nearest")
    palette = palette_for(background) if background != 1 else PALETTE
    for class_id in range(classes):
        inside = (ids == class_id).astype(float)
        if class_id == background or inside.min() == inside.max():
            continue
        hatch = _HATCHES[class_id % len(_HATCHES)]
        hatched = axes.contourf(inside, levels=[0.5, 1.5], colors="none", hatches=[hatch])
        hatched.set_edgecolor(palette[class_id] / 255)
        hatched.set_linewidth(0)
        for width, colour in ((2.4, "black"), (1.0, "white")):
            axes.contour(inside, levels=[0.5], colors=colour, linewidths=width)
