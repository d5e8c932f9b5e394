"""Draw the sick runs of lesson 07: their curves, 07_sick_curves.png, and what they predict, 07_sick_masks.png.

Run it from the root of the repository, as `python -m solutions.pictures.draw_sabotage`. The curves are those of the
experiment `sabotage`, the means of its seeds; for the masks it trains five times, which takes two minutes.
"""

import json
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.patches import Patch

from course_lib.masks import PALETTE, PET_CLASSES, colorize
from experiments.sabotage import BUGS
from experiments.shared import pet_project
from experiments.shared.data import pocket_pets
from experiments.shared.setting import Setting
from experiments.shared.training import predict

TITLES = {
    "sound": "no bug",
    "softmax_in_model": "run A",
    "ids_shifted": "run B",
    "unpaired_flips": "run C",
    "no_zero_grad": "run D",
}
SHOWN_PETS = (3, 28, 38)  # positions in the validation set


LINES = {  # colour and dashes
    "sound": ("#777777", "-"),
    "softmax_in_model": ("#0072B2", "--"),
    "ids_shifted": ("#D55E00", ":"),
    "unpaired_flips": ("#009E73", "-."),
    "no_zero_grad": ("#CC79A7", (0, (1, 1))),
}
HERE = Path(__file__).parent


def draw_curves():
    """Draw training loss, validation mIoU and the border's IoU of each run, by epoch."""
    text = (HERE.parents[1] / "experiments" / "results" / "sabotage.json").read_text(encoding="utf-8")
    runs = [run["curves"] for run in json.loads(text)["runs"]]
    figure, axes = plt.subplots(1, 3, figsize=(10, 3.7), layout="constrained")
    titles = {"train_loss": "training loss", "miou": "validation mIoU", "border": "IoU of the border"}
    for axis, (name, title) in zip(axes, titles.items(), strict=True):
        for arm, (colour, dashes) in LINES.items():
            means = np.mean([curves[f"{arm}.{name}"] for curves in runs], axis=0)
            axis.plot(
                range(1, len(means) + 1),
                means,
                color=colour,
                linestyle=dashes,
                linewidth=2.4,
                label=TITLES[arm],
            )
        axis.set(xlabel="epoch", title=title, xticks=range(2, len(means) + 1, 2))
        axis.grid(alpha=0.3)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=5, frameon=False)
    figure.savefig(HERE / "07_sick_curves.png", dpi=100, facecolor="white")


def draw_masks():
    """Train, and draw three validation pets with their truth and with what each network predicts."""
    setting = Setting(0, torch.device("cpu"))
    pets = pocket_pets(setting, pet_project.SIZE)
    shown = pets.validation.pets.subset(pets.validation.indices[list(SHOWN_PETS)])
    images, masks = shown.take(np.arange(len(shown)))  # (3, H, W, 3), (3, H, W)
    columns = {"picture": images, "truth": [colorize(mask) for mask in masks]}
    for arm, title in TITLES.items():
        model, _ = BUGS[arm](setting, pets)
        columns[title] = [colorize(mask) for mask in predict(setting, model, shown)[0]]
    figure, axes = plt.subplots(len(images), len(columns), figsize=(10, 4.8), layout="constrained")
    for column, (title, pictures) in zip(axes.T, columns.items(), strict=True):
        column[0].set_title(title, fontsize=14)
        for axis, picture in zip(column, pictures, strict=True):
            axis.imshow(picture)
            axis.axis("off")
    patches = [
        Patch(facecolor=PALETTE[n] / 255, edgecolor="black", label=name) for n, name in enumerate(PET_CLASSES)
    ]
    figure.legend(handles=patches, loc="outside lower center", ncols=3, fontsize=13, frameon=False)
    figure.savefig(HERE / "07_sick_masks.png", dpi=100, facecolor="white")


if __name__ == "__main__":
    draw_curves()
    draw_masks()
