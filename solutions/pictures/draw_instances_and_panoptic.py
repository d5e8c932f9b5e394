"""Draw the pictures of lesson 13: three truths of a scene, three ways to tell pets apart, a feature pyramid."""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from PIL import Image

from course_lib.data.pocket_pets.scene import SCENE_CLASSES, THINGS, PocketScene, draw_scene_of_pets
from course_lib.instances import boxes_of, connected_components
from course_lib.masks import PALETTE

HERE = Path(__file__).parent
WHITE, BLUE, ORANGE = (255, 255, 255), PALETTE[1], PALETTE[0]
CLASS_COLOURS = PALETTE[[1, 16, 5, 0, 4]]  # wall, floor and clutter are blue, cat and dog are warm
PET_COLOURS = PALETTE[[1, 0, 4, 6, 8]]  # nothing, then the pets 1 to 4


def draw_three_truths() -> None:
    """Write 13_three_truths.png."""
    scene = draw_scene_of_pets(np.random.default_rng(97), (128, 160))
    figure, panels = plt.subplots(1, 4, figsize=(11.6, 2.85), dpi=96, facecolor="white", layout="constrained")
    for axes, title, picture in zip(
        panels,
        ("photo", "semantic", "instance", "panoptic"),
        (scene.image, CLASS_COLOURS[scene.semantic], PET_COLOURS[scene.instances], segments(scene)),
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
    save(figure, "13_three_truths.png")


def segments(scene: PocketScene) -> np.ndarray:
    """Stuff in the colours of the semantic map, pets in those of the instances."""
    return np.where(
        (scene.instances > 0)[..., None], PET_COLOURS[scene.instances], CLASS_COLOURS[scene.semantic]
    )


def draw_three_routes() -> None:
    """Write 13_three_routes.png: what each way to tell pets apart predicts first, and what it makes of that."""
    scene = draw_scene_of_pets(np.random.default_rng(97), (128, 160))
    pets = np.isin(scene.semantic, THINGS)
    figure, panels = plt.subplots(2, 3, figsize=(11.6, 6.3), dpi=96, facecolor="white", layout="constrained")
    components = connected_components(pets)
    columns = (
        ("segment, then detect", "pet or not, for every pixel", "components: three pets are one"),
        ("bottom-up", "an arrow to the pet's centre", "pixels that point to one place"),
        ("detect, then segment", "a box for every pet", "a mask inside every box"),
    )
    for (first, second), (title, predicted, grouped) in zip(panels.T, columns, strict=True):
        first.set_title(title, fontsize=14, weight="bold")
        first.set_xlabel(predicted, fontsize=12)
        second.set_xlabel(grouped, fontsize=12)
    panels[0, 0].imshow(np.where(pets[..., None], ORANGE, BLUE))
    panels[1, 0].imshow(PET_COLOURS[components.clip(max=4)])
    draw_arrows(panels[0, 1], scene)
    panels[1, 1].imshow(PET_COLOURS[scene.instances])
    panels[0, 2].imshow(scene.image)
    panels[1, 2].imshow(PET_COLOURS[scene.instances])
    for number, (left, top, right, bottom) in enumerate(boxes_of(scene.masks), start=1):
        colour = PET_COLOURS[number] / 255
        for axes, ink in ((panels[0, 2], colour), (panels[1, 2], (1, 1, 1))):
            corner = (left - 0.5, top - 0.5)
            axes.add_patch(
                plt.Rectangle(corner, right - left, bottom - top, fill=False, color=ink, linewidth=3)
            )
    for axes in panels.ravel():
        axes.set(xticks=[], yticks=[])
    save(figure, "13_three_routes.png")


def draw_arrows(axes: Axes, scene: PocketScene) -> None:
    """Arrows from some pixels of each pet to the middle of its pixels."""
    axes.imshow(np.where((scene.instances > 0)[..., None], 255, BLUE).astype(np.uint8))
    for number, mask in enumerate(scene.masks, start=1):
        rows, columns = np.nonzero(mask)
        middle, some = (columns.mean(), rows.mean()), (rows % 8 == 4) & (columns % 8 == 4)
        x, y = columns[some], rows[some]
        axes.quiver(
            x, y, middle[0] - x, middle[1] - y, angles="xy", scale_units="xy", scale=1.6, width=0.006,
            color=PET_COLOURS[number] / 255,
        )  # fmt: skip
        axes.plot(*middle, "o", markersize=11, color=PET_COLOURS[number] / 255, markeredgecolor="black")


def draw_pyramid() -> None:
    """Write 13_pyramid.png: the features of an encoder on the left, those of the pyramid on the right."""
    figure, axes = plt.subplots(figsize=(10.4, 5.4), dpi=96, facecolor="white", layout="constrained")
    axes.set(xlim=(-0.6, 11.6), ylim=(-0.7, 6.6))
    axes.axis("off")
    levels = ((24, 3.0), (48, 2.4), (96, 1.9), (192, 1.5))
    anchors = (16, 32, 56, 96)
    for number, ((channels, width), side) in enumerate(zip(levels, anchors, strict=True)):
        height, stride = 1.65 * number, 4 * 2**number
        slab(axes, 2.2, height, width, f"1/{stride},  {channels}", PALETTE[5])
        slab(axes, 7.0, height, width, f"1/{stride},  48", PALETTE[4])
        axes.annotate(
            "", (7.0 - width / 2 - 0.1, height + 0.3), (2.3 + width / 2, height + 0.3), arrowprops=ARROW
        )
        axes.text(4.55, height + 0.38, "1x1 convolution", ha="center", fontsize=10)
        axes.text(9.0, height + 0.3, f"anchors of side {side}", va="center", fontsize=12)
        if number:
            axes.annotate("", (2.2, height - 0.05), (2.2, height - 1.0), arrowprops=ARROW)
            axes.annotate("", (7.0, height - 1.0), (7.0, height - 0.05), arrowprops=ARROW)
            axes.text(7.12, height - 0.52, "x 2, add", va="center", fontsize=10)
            axes.text(2.32, height - 0.52, "stride 2", va="center", fontsize=10)
    axes.text(2.2, 6.2, "encoder: size, channels", ha="center", fontsize=13, weight="bold")
    axes.text(7.0, 6.2, "pyramid: size, channels", ha="center", fontsize=13, weight="bold")
    axes.text(2.2, -0.55, "image", ha="center", fontsize=12)
    axes.annotate("", (2.2, -0.05), (2.2, -0.35), arrowprops=ARROW)
    save(figure, "13_pyramid.png")


ARROW = {"arrowstyle": "-|>", "linewidth": 1.6, "color": "black"}


def slab(axes: Axes, x: float, y: float, width: float, text: str, colour: np.ndarray) -> None:
    """A level of features: a flat box that is as wide as its map is, with its size and channels."""
    axes.add_patch(plt.Rectangle((x - width / 2, y), width, 0.6, facecolor=colour / 255, edgecolor="black"))
    axes.text(x, y + 0.3, text, fontsize=12, ha="center", va="center")


def save(figure: plt.Figure, name: str) -> None:
    """Write a figure as a PNG of few colours: fur takes many bytes."""
    figure.savefig(HERE / name, facecolor="white")
    Image.open(HERE / name).convert("RGB").quantize(160).save(HERE / name, optimize=True)


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
    draw_three_routes()
    draw_pyramid()
