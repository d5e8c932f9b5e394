"""Draw the pictures of lesson 07: `python solutions/pictures/draw_pet_trimap_project.py` writes them beside this file.

The first one shows a network while it learns, so drawing it takes a minute of training.
"""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from PIL import Image

from course_lib.data.pets import load_pets, train_validation_split
from course_lib.data.pocket_pets import write_pocket_pets
from course_lib.data.transforms import Augment
from course_lib.files import atomic_path
from course_lib.losses import combined
from course_lib.masks import PALETTE, PET_CLASSES, colorize
from course_lib.models import create_model
from course_lib.paths import data_home
from course_lib.training.batches import TrainingBatches, evaluation_batches
from course_lib.training.budget import Pace
from course_lib.training.devices import Devices
from course_lib.training.loop import evaluate, fit
from course_lib.training.optimizers import build_optimizer
from course_lib.training.schedules import warmup_cosine

HERE = Path(__file__).parent
VERMILLION, BLUE, YELLOW, GREEN = (tuple(colour / 255) for colour in PALETTE[:4])
INK = "#222222"

SIZE, BATCH, EPOCHS = 96, 8, 32
SHOWN_EPOCHS = (1, 2, 4, 8, 16, 32)
SHOWN_PETS = (3, 28, 38)  # positions in the validation set
CPU = Devices(torch.device("cpu"), torch.float32)


def save(figure, name, colours=256):
    """Write a figure as a PNG of few colours, which keeps it small."""
    with atomic_path(HERE / name) as temporary:
        figure.savefig(temporary, format="png", dpi=100, facecolor="white")
        picture = Image.open(temporary).convert("RGB").quantize(colours, dither=Image.Dither.NONE)
        picture.save(temporary, format="PNG", optimize=True)
    plt.close(figure)


# --- Epoch by epoch ----------------------------------------------------------------------------------------


def draw_epochs():
    """Draw three validation pets: picture, truth, and the prediction after a growing number of epochs."""
    folder = write_pocket_pets(data_home() / "pocket")
    training, validation = train_validation_split(load_pets(folder, "trainval", SIZE))
    images, masks = validation.take(np.array(SHOWN_PETS))  # (3, H, W, 3), (3, H, W)
    columns = {"picture": images, "truth": [colorize(mask) for mask in masks]}
    for epoch, predictions in predictions_by_epoch(training, validation).items():
        columns[f"epoch {epoch}"] = [colorize(mask) for mask in predictions]
    figure, axes = plt.subplots(len(images), len(columns), figsize=(11, 4.7), layout="constrained")
    for column, (title, pictures) in zip(axes.T, columns.items(), strict=True):
        column[0].set_title(title, fontsize=14)
        for axis, picture in zip(column, pictures, strict=True):
            axis.imshow(picture)
            axis.axis("off")
    patches = [plt.Rectangle((0, 0), 1, 1, facecolor=c, edgecolor=INK) for c in (VERMILLION, BLUE, YELLOW)]
    figure.legend(patches, PET_CLASSES, loc="outside lower center", ncols=3, fontsize=13, frameon=False)
    save(figure, "07_epochs.png")


def predictions_by_epoch(training, validation):
    """Train a small network; return what it predicts for the pets to show, by epoch."""
    torch.manual_seed(0)
    model = CPU.prepare(create_model("fast-unet", widths=(16, 32, 64, 96, 96)))
    batches = TrainingBatches(training, BATCH, Augment(), CPU, side=lambda: SIZE)
    predictions = {}

    def after_epoch(epoch, figures, matrix):
        print(f"epoch {epoch}: loss {figures['train_loss']:.3f}, validation mIoU {matrix.mean_iou():.3f}")
        if epoch in SHOWN_EPOCHS:
            shown = next(
                evaluation_batches(validation.pets.subset(validation.indices[list(SHOWN_PETS)]), 3, CPU)
            )
            with torch.no_grad():
                predictions[epoch] = model(shown[0]).argmax(dim=1).numpy().astype(np.uint8)  # (3, H, W)

    fit(
        model,
        batches.epoch,
        lambda: evaluation_batches(validation, BATCH, CPU),
        combined,
        build_optimizer("muon", model, lr=0.02, weight_decay=0.1),
        Pace(warmup_cosine, CPU, steps=EPOCHS * len(batches)),
        CPU,
        num_classes=len(PET_CLASSES),
        after_epoch=after_epoch,
    )
    return predictions


# --- Three sets --------------------------------------------------------------------------------------------

BOXES = (  # title, how many pocket pets, what they do, colour
    ("training", "240 images", "changes the weights\nin every step", GREEN),
    ("validation", "60 images", "chooses the epoch,\nthe rate, the idea", BLUE),
    ("test", "100 images", "gives the number\nto report, once", VERMILLION),
)


def draw_three_sets():
    """Draw the three sets, what each may do, and the one way between them."""
    figure, axes = plt.subplots(figsize=(11, 3.3), layout="constrained")
    axes.set(xlim=(0, 11), ylim=(-0.15, 3.15))
    axes.axis("off")
    for number, (title, images, job, colour) in enumerate(BOXES):
        left = 0.2 + 3.75 * number
        style = "round,pad=0.02,rounding_size=0.15"
        axes.add_patch(
            FancyBboxPatch(
                (left, 0.75), 3.0, 2.2, boxstyle=style, facecolor="white", edgecolor=colour, linewidth=4
            )
        )
        axes.text(
            left + 1.5, 2.52, title, ha="center", va="center", fontsize=19, fontweight="bold", color=INK
        )
        axes.text(left + 1.5, 2.07, images, ha="center", va="center", fontsize=14, color=INK)
        axes.text(left + 1.5, 1.33, job, ha="center", va="center", fontsize=16, color=INK)
    arrow(axes, (3.3, 2.1), (3.85, 2.1), "-|>")
    arrow(axes, (3.85, 1.5), (3.3, 1.5), "-|>")
    arrow(axes, (7.05, 1.8), (7.6, 1.8), "-|>")
    axes.text(
        3.58, 0.32, "to and fro, as often as you like", ha="center", va="center", fontsize=14, color=INK
    )
    axes.text(7.33, 0.32, "one way, one time", ha="center", va="center", fontsize=14, color=INK)
    save(figure, "07_three_sets.png", colours=64)


def arrow(axes, start, end, style):
    """Draw a thick arrow."""
    axes.add_patch(
        FancyArrowPatch(
            start, end, arrowstyle=style, mutation_scale=22, linewidth=2.5, color=INK, shrinkA=0, shrinkB=0
        )
    )


if __name__ == "__main__":
    draw_three_sets()
    draw_epochs()
