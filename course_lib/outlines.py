"""Masks over photos that stay readable whatever colours the photo has: a tint, hatching, and an outline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from course_lib.instances import mask_iou
from course_lib.masks import PALETTE, overlay, palette_for
from course_lib.plots import show

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_HATCHES = ("//", "..", "xx", "--")
_TINT = 0.3
_THING_COLOURS = PALETTE[[0, 6, 4, 8, 15, 13]]  # warm ones, neighbours far apart; blue is for backgrounds
_UNMATCHED = np.array((190, 190, 190), np.uint8)


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


def show_detections(
    images: Sequence[np.ndarray],
    truths: Sequence[Mapping[str, Any]],
    rows: Mapping[str, Sequence[Mapping[str, Any]]],
    names: Sequence[str],
    alt: str,
) -> None:
    """Display photos with their true objects, and below them with what one or more detectors found.

    A detection has the colour of the true object that it overlaps most, so duplicates share a colour; it is grey where
    that IoU is below 0.5. Its class and its score are written below the photo, the surest first.

    Args:
        images: photos, uint8 (H, W, 3).
        truths: of each photo, ``masks`` (K, H, W) and ``labels`` (K,).
        rows: of each row's title, the detections of every photo: the same, and ``scores`` (K,), the surest first.
        names: the name of each label.
        alt: a description of the figure.
    """
    from matplotlib.figure import Figure

    lines = max(2, *(len(found["scores"]) for row in rows.values() for found in row))
    size = (2.2 * len(images), (1.9 + 0.17 * lines) * (1 + len(rows)))
    figure = Figure(figsize=size, layout="constrained", facecolor="white")
    axes = figure.subplots(1 + len(rows), len(images), squeeze=False)
    for column, (image, truth) in enumerate(zip(images, truths, strict=True)):
        colours = _THING_COLOURS[np.arange(len(truth["labels"])) % len(_THING_COLOURS)]
        said = [names[label] for label in truth["labels"]]
        _draw_objects(axes[0, column], image, truth["masks"], colours, said, lines)
        for axis, row in zip(axes[1:, column], rows.values(), strict=True):
            found = row[column]
            matched = colours_of_matches(truth["masks"], found["masks"], colours)
            said = [
                f"{names[n]} {score:.2f}" for n, score in zip(found["labels"], found["scores"], strict=True)
            ]
            _draw_objects(axis, image, found["masks"], matched, said, lines)
    for axis, title in zip(axes[:, 0], ("truth", *rows), strict=True):
        axis.set_title(title, loc="left")
    show(figure, alt)


def colours_of_matches(truth: np.ndarray, found: np.ndarray, colours: np.ndarray) -> np.ndarray:
    """Return each found mask's colour, uint8 (M, 3): that of the true one with the largest IoU, or grey below 0.5."""
    if not len(truth) or not len(found):
        return np.tile(_UNMATCHED, (len(found), 1))
    overlaps = mask_iou(found, truth)  # (M, K)
    return np.where(overlaps.max(axis=1, keepdims=True) >= 0.5, colours[overlaps.argmax(axis=1)], _UNMATCHED)


def _draw_objects(
    axes: Axes, image: np.ndarray, masks: np.ndarray, colours: np.ndarray, said: Sequence[str], lines: int
) -> None:
    """Draw masks (K, H, W) in their colours over a photo, the first on top, and a line of text for each below it."""
    height, width = image.shape[:2]
    step = 0.085 * width
    shown = image.astype(float)
    for mask, colour in reversed(list(zip(masks, colours, strict=True))):
        shown[mask > 0.5] = 0.4 * image[mask > 0.5] + 0.6 * colour
    axes.imshow(shown.astype(np.uint8))
    for place, (mask, colour, line) in enumerate(zip(masks, colours, said, strict=True)):
        if mask.any():
            axes.contour(mask > 0.5, levels=[0.5], colors="white", linewidths=1)
        swatch = {"facecolor": colour / 255, "edgecolor": "none", "pad": 1.5}
        axes.text(2, height + step * (place + 0.6), line, fontsize=8, va="center", bbox=swatch)
    axes.set_ylim(height + step * (lines + 0.2), -0.5)
    axes.axis("off")
