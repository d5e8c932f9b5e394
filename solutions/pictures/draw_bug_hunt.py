"""Draw the picture of lesson 11: one pet as the healthy run and the ten broken ones see it."""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from PIL import Image

from course_lib.exercises.l11_bug_hunt.runs import BROKEN_IN, broken_run, healthy_run

HERE = Path(__file__).parent
SIDE, GAP = 64, 4
PET = 1  # the number of the overlay


def panels(folder):
    """Return image, truth and prediction of one overlay of the last epoch, None where there is none."""
    overlays = sorted((folder / "overlays").glob(f"*-{PET}.png"))
    if not overlays:
        return None
    picture = np.asarray(Image.open(overlays[-1]))
    return [picture[:, left : left + SIDE] for left in range(0, picture.shape[1], SIDE + GAP)]


def draw_ward():
    """Draw truth, healthy, A to J."""
    _, truth, healthy = panels(healthy_run())
    shown = {"truth": truth, "healthy": healthy}
    for letter in BROKEN_IN:
        found = panels(broken_run(letter))
        shown[f"run {letter}"] = found[2] if found else None
    figure, axes = plt.subplots(2, 6, figsize=(11, 4.2), layout="constrained", facecolor="white")
    for ax, (title, picture) in zip(axes.flat, shown.items(), strict=True):
        ax.set_title(title, fontsize=13)
        ax.set(xticks=[], yticks=[])
        if picture is None:
            ax.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")
            ax.text(0.5, 0.5, "RuntimeError:\n14 against 15", ha="center", va="center", fontsize=12)
        else:
            ax.imshow(picture, interpolation="nearest")
    return figure


if __name__ == "__main__":
    draw_ward().savefig(HERE / "11_ward.png", dpi=100, pil_kwargs={"optimize": True})
