"""Draw the picture of lesson 14: two ways from a quarter of the size to full size, and two prompts."""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.patches import Rectangle
from PIL import Image
from torch.nn import functional as F

from course_lib.data.pocket_pets.draw import draw_pet

HERE = Path(__file__).parent
ORANGE, BLUE = "#d55e00", "#0072b2"


def draw_quarter():
    """Draw the outlines of a head at a quarter of the size, and a picture with its prompts."""
    pet = draw_pet(np.random.default_rng(7), (128, 128))
    inside = torch.from_numpy((pet.trimap != 2).astype(np.float32))[None, None]  # (1, 1, H, W)
    quarter = F.avg_pool2d(inside, 8)  # coarser than a quarter, so that the steps show in a small picture
    stepped = F.interpolate((quarter > 0.5).float(), size=inside.shape[2:], mode="nearest")[0, 0]
    smooth = F.interpolate(quarter, size=inside.shape[2:], mode="bilinear")[0, 0]
    figure, axes = plt.subplots(1, 4, figsize=(11, 3.2), facecolor="white")
    panels = (
        ("truth", inside[0, 0]),
        ("argmax, then enlarge", stepped),
        ("enlarge, then argmax", (smooth > 0.5).float()),
    )
    for ax, (title, mask) in zip(axes, panels, strict=False):
        ax.imshow(pet.image, alpha=0.55)
        ax.contourf(mask.numpy(), levels=[0.5, 1.5], colors=[ORANGE], alpha=0.35)
        ax.contour(mask.numpy(), levels=[0.5], colors=[ORANGE], linewidths=2)
        ax.set_title(title, fontsize=12)
    rows, columns = np.nonzero(inside[0, 0].numpy())
    corner, width, height = (columns.min(), rows.min()), np.ptp(columns) + 1, np.ptp(rows) + 1
    axes[3].imshow(pet.image)
    for colour, line in (("white", 4), (ORANGE, 2)):
        axes[3].add_patch(Rectangle(corner, width, height, fill=False, edgecolor=colour, linewidth=line))
    middle = len(rows) // 2
    axes[3].plot(
        columns[middle], rows[middle], marker="*", markersize=18, color=BLUE, markeredgecolor="white"
    )
    axes[3].set_title("prompts: a point, a box", fontsize=12)
    for ax in axes:
        ax.set(xticks=[], yticks=[])
    figure.tight_layout()
    path = HERE / "14_quarter.png"
    figure.savefig(path, dpi=100)
    plt.close(figure)
    with Image.open(path) as drawn:
        drawn.convert("RGB").quantize(64).save(
            path, optimize=True
        )  # a third of the bytes, no difference to the eye


if __name__ == "__main__":
    draw_quarter()
