"""Draw the pictures of lesson 04: a loss map over a pocket pet, and the way of one pixel from logits to loss."""

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, Patch, Rectangle

from course_lib.data.pocket_pets.draw import draw_pet
from course_lib.exercises.l04_per_pixel_cross_entropy.loss_map import loss_map
from course_lib.exercises.l04_per_pixel_cross_entropy.trimap_to_targets import trimap_to_targets
from course_lib.masks import PALETTE, PET_CLASSES

FOLDER = Path(__file__).parent
COLOURS = [tuple(PALETTE[class_id] / 255) for class_id in range(3)]
PET_SEED = 9


def draw_loss_map() -> Figure:
    """A pocket pet, its truth, a blurred prediction, and the loss of every pixel."""
    pet = draw_pet(np.random.default_rng(PET_SEED), size=(96, 128))
    targets = torch.from_numpy(trimap_to_targets(pet.trimap))  # (H, W)
    is_true = F.one_hot(targets, 3).permute(2, 0, 1).float()  # (C, H, W)
    logits = F.avg_pool2d(is_true, 13, 1, 6, count_include_pad=False).clamp(min=1e-3).log()  # (C, H, W)
    figure = Figure(figsize=(11, 2.75), facecolor="white", layout="constrained")
    axes = figure.subplots(1, 4)
    pictures = {
        "image": pet.image,
        "truth": PALETTE[targets.numpy()],
        "prediction": PALETTE[logits.argmax(dim=0).numpy()],
    }
    for ax, (title, picture) in zip(axes, pictures.items(), strict=False):
        ax.imshow(picture, interpolation="nearest")
        ax.set_title(title)
    burning = axes[3].imshow(loss_map(logits, targets), cmap="inferno", vmin=0, interpolation="nearest")
    axes[3].set_title("loss of every pixel")
    figure.colorbar(burning, ax=axes[3], shrink=0.8)
    for ax in axes:
        ax.set(xticks=[], yticks=[])
    handles = [
        Patch(facecolor=colour, edgecolor="black", label=f"{class_id} {name}")
        for class_id, (colour, name) in enumerate(zip(COLOURS, PET_CLASSES, strict=True))
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=3, frameon=False)
    return figure


def draw_one_pixel() -> Figure:
    """Logits (C, H, W), one pixel's three logits, its probabilities, its loss, and the map of losses."""
    figure = Figure(figsize=(11, 3.2), facecolor="white")
    ax = figure.add_axes((0, 0, 1, 1))
    ax.set(xlim=(0, 110), ylim=(35, 4))
    ax.axis("off")
    for class_id in (2, 1, 0):
        _draw_plane(ax, 4 + 2.6 * class_id, 12.4 - 2.6 * class_id, COLOURS[class_id])
    _write(ax, 14, 31.5, "logits (C, H, W)\none plane per class")
    rows = (("pet", "0", "1/8", 1), ("background", "0.69", "2/8", 2), ("border", "1.61", "5/8", 5))
    for class_id, (name, logit, share, eighths) in enumerate(rows):
        top = 8.5 + 5.5 * class_id
        ax.add_patch(Rectangle((34, top), 8, 4.5, facecolor=COLOURS[class_id], edgecolor="black"))
        ink = "black" if class_id == 2 else "white"
        _write(ax, 38, top + 2.3, logit, color=ink)
        ax.add_patch(
            Rectangle((55, top + 0.5), 1.7 * eighths, 3.5, facecolor=COLOURS[class_id], edgecolor="black")
        )
        ax.text(56 + 1.7 * eighths, top + 2.3, f"{share} {name}", va="center", fontsize=12)
    _write(ax, 38, 31.5, "one pixel:\nC logits")
    _write(ax, 61, 31.5, "softmax:\nC probabilities")
    _write(ax, 82, 18, "the target\nis border")
    _write(ax, 81, 31.5, "−log of the\ntarget's: 0.470")
    _draw_losses(ax, 91, 8)
    _write(ax, 99, 31.5, "losses (H, W),\nthen their mean")
    for start, end in (((23.5, 16.5), (33, 16.5)), ((43, 16.5), (53.5, 16.5)), ((76, 21.8), (90, 21.8))):
        ax.add_patch(FancyArrowPatch(start, end, arrowstyle="-|>", mutation_scale=16, color="black"))
    return figure


def _draw_plane(ax: Axes, left: float, top: float, colour: tuple[float, ...], side: float = 3.6) -> None:
    """One class's plane of 4 x 4 logits, with the pixel that is followed outlined."""
    for row, column in np.ndindex(4, 4):
        corner = (left + side * column, top + side * row)
        ax.add_patch(Rectangle(corner, side, side, facecolor=colour, edgecolor="white", linewidth=0.8))
    ax.add_patch(
        Rectangle((left + 2 * side, top + 2 * side), side, side, fill=False, edgecolor="black", linewidth=2.5)
    )


def _draw_losses(ax: Axes, left: float, top: float, side: float = 4.2) -> None:
    losses = np.array(
        [[0.1, 0.2, 0.5, 0.2], [0.1, 0.6, 2.1, 0.7], [0.3, 1.4, 0.470, 0.2], [0.6, 0.7, 0.2, 0.1]]
    )
    for (row, column), loss in np.ndenumerate(losses):
        corner = (left + side * column, top + side * row)
        fill = str(1 - 0.36 * float(loss))
        ax.add_patch(Rectangle(corner, side, side, facecolor=fill, edgecolor="0.5", linewidth=0.8))
        ink = "white" if loss > 1.3 else "black"
        _write(ax, corner[0] + side / 2, corner[1] + side / 2, f"{loss:.2g}", fontsize=9, color=ink)
    ax.add_patch(
        Rectangle((left + 2 * side, top + 2 * side), side, side, fill=False, edgecolor="black", linewidth=2.5)
    )


def _write(ax: Axes, x: float, y: float, text: str, fontsize: float = 12, color: str = "black") -> None:
    ax.text(x, y, text, ha="center", va="center", fontsize=fontsize, color=color)


def main() -> None:
    """Write the pictures beside this file."""
    draw_loss_map().savefig(FOLDER / "04_loss_map.png", dpi=100)
    draw_one_pixel().savefig(FOLDER / "04_one_pixel.png", dpi=100)


if __name__ == "__main__":
    main()
