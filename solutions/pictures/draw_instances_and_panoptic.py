"""Draw the picture of lesson 13: one scene, and its semantic, instance and panoptic truth."""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from PIL import Image

from course_lib.data.pocket_pets.scene import SCENE_CLASSES, PocketScene, draw_scene_of_pets
from course_lib.masks import PALETTE

HERE = Path(__file__).parent
WHITE = (255, 255, 255)
PET_COLOURS = PALETTE[[0, 5, 6, 11]]  # of the pets 1 to 3: none is a colour of the semantic map


def draw_three_truths() -> None:
    """Write 13_three_truths.png."""
    scene = draw_scene_of_pets(np.random.default_rng(97), (128, 160))
    figure, panels = plt.subplots(1, 4, figsize=(11.6, 2.85), dpi=96, facecolor="white", layout="constrained")
    for axes, title, picture in zip(
        panels,
        ("photo", "semantic", "instance", "panoptic"),
        (scene.image, PALETTE[scene.semantic], numbered(scene), segments(scene)),
        strict=True,
    ):
        axes.imshow(picture)
        axes.set_title(title, fontsize=14, weight="bold")
        axes.axis("off")
    for class_id in np.unique(scene.semantic):
        name_it(panels[1], scene.semantic == class_id, SCENE_CLASSES[class_id])
    for number, (label, mask) in enumerate(zip(scene.labels, scene.masks, strict=True), start=1):
        name_it(panels[2], mask, str(number))
        name_it(panels[3], mask, f"{SCENE_CLASSES[label]} {number}")
    for class_id in np.unique(scene.semantic[scene.instances == 0]):
        name_it(panels[3], (scene.semantic == class_id) & (scene.instances == 0), SCENE_CLASSES[class_id])
    path = HERE / "13_three_truths.png"
    figure.savefig(path, facecolor="white")
    Image.open(path).convert("RGB").quantize(160).save(path, optimize=True)  # fur takes many bytes


def numbered(scene: PocketScene) -> np.ndarray:
    """The instances in colours on white: what has no number has no colour."""
    return np.where((scene.instances > 0)[..., None], PET_COLOURS[scene.instances], WHITE)


def segments(scene: PocketScene) -> np.ndarray:
    """Stuff in the colours of the semantic map, pets in those of the instances."""
    return np.where((scene.instances > 0)[..., None], PET_COLOURS[scene.instances], PALETTE[scene.semantic])


def name_it(axes: Axes, mask: np.ndarray, name: str) -> None:
    """Write a name where the mask is thickest."""
    row, column = thickest(mask)
    box = {"facecolor": "white", "edgecolor": "none", "pad": 2, "alpha": 0.9}
    axes.text(column, row, name, ha="center", va="center", fontsize=11, bbox=box)


def thickest(mask: np.ndarray) -> tuple[int, int]:
    """The row and column of a pixel that is among the last to go when the mask is eroded."""
    inside, left = mask, np.pad(mask, 1)
    while inside.any():
        left = np.pad(inside, 1)
        inside = inside & left[:-2, 1:-1] & left[2:, 1:-1] & left[1:-1, :-2] & left[1:-1, 2:]
    row, column = np.argwhere(left[1:-1, 1:-1])[0]
    return int(row), int(column)


if __name__ == "__main__":
    draw_three_truths()
