"""Draw the pictures of lesson 00: `python solutions/pictures/draw_start_here.py` writes them beside this file."""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Circle, Ellipse, FancyArrowPatch, Patch, Polygon, Rectangle
from PIL import Image

from course_lib.data.pocket_pets import draw_pet
from course_lib.files import atomic_path
from course_lib.first_network import FirstNetwork
from course_lib.masks import PALETTE, PET_CLASSES, colorize, trimap_to_classes
from course_lib.metrics import ConfusionMatrix

HERE = Path(__file__).parent
COLOURS = [tuple(colour / 255) for colour in PALETTE[:8]]
VERMILLION, BLUE, YELLOW, GREEN, ORANGE, SKY_BLUE, PURPLE, _ = COLOURS
DARK_GREY = "#4a4a4a"
PET_SEED = 9  # an orange cat with a thin tail
SIZE = (160, 160)
INK = "#222222"


def save(figure, name):
    """Write a figure as a PNG of 256 colours, which keeps it small."""
    with atomic_path(HERE / name) as temporary:
        figure.savefig(temporary, format="png", dpi=100, facecolor="white")
        picture = Image.open(temporary).convert("RGB").quantize(256, dither=Image.Dither.NONE)
        picture.save(temporary, format="PNG", optimize=True)
    plt.close(figure)


def draw_cat():
    """Return the pet's picture and its class map."""
    pet = draw_pet(np.random.default_rng(PET_SEED), SIZE)
    return pet.image, trimap_to_classes(pet.trimap)


# --- Semantic, instance, panoptic --------------------------------------------------------------------------

CARS = ((0.4, 1.55, 1.0), (2.35, 1.3, 1.15), (6.8, 1.45, 1.05))  # left, bottom, scale; the first two overlap
PERSON = (6.1, 1.15)
CAR_PAINT = ("#8c2d2d", "#31577d", "#b9b4a6")
STUFF = {"sky": SKY_BLUE, "grass": GREEN, "road": DARK_GREY}
CAR_OUTLINE = (
    (0, 0.2),
    (0, 0.75),
    (0.55, 0.85),
    (0.95, 1.3),
    (1.95, 1.3),
    (2.3, 0.85),
    (2.7, 0.75),
    (2.7, 0.2),
)


def draw_three_kinds():
    """Draw one street four times: as a picture, and labelled in three ways."""
    figure, axes = plt.subplots(2, 2, figsize=(11, 6.6), layout="constrained")
    draw_photo(axes[0, 0])
    draw_semantic(axes[0, 1])
    draw_instances(axes[1, 0])
    draw_panoptic(axes[1, 1])
    titles = (
        "the picture",
        "semantic: what is this pixel?",
        "instance: which object is it?",
        "panoptic: what is it, and which one?",
    )
    for axis, title in zip(axes.flat, titles, strict=True):
        axis.set_title(title, fontsize=14)
        axis.set(xlim=(0, 10), ylim=(0, 5), xticks=[], yticks=[], aspect="equal")
    save(figure, "00_three_kinds.png")


def paint_stuff(axis, sky, grass, road, **style):
    """Paint what cannot be counted: sky, grass, road."""
    axis.add_patch(Rectangle((0, 3.5), 10, 1.5, facecolor=sky, **style))
    axis.add_patch(Rectangle((0, 2.2), 10, 1.3, facecolor=grass, **style))
    axis.add_patch(Rectangle((0, 0), 10, 2.2, facecolor=road, **style))


def paint_car(axis, place, colour, **style):
    """Paint the silhouette of a car."""
    left, bottom, scale = place
    points = [(left + scale * x, bottom + scale * y) for x, y in CAR_OUTLINE]
    wheels = [Circle((left + scale * x, bottom + scale * 0.22), scale * 0.25) for x in (0.6, 2.1)]
    for shape in (Polygon(points), *wheels):
        shape.set(**{"facecolor": colour, "linewidth": 0} | style)
        axis.add_patch(shape)


def paint_person(axis, colour):
    """Paint the silhouette of a person."""
    x, y = PERSON
    for shape in (
        Circle((x, y + 1.6), 0.2),
        Ellipse((x, y + 1.05), 0.5, 0.9),
        Polygon([(x - 0.2, y), (x - 0.02, y), (x, y + 0.8), (x - 0.2, y + 0.9)]),
        Polygon([(x + 0.2, y), (x + 0.02, y), (x, y + 0.8), (x + 0.2, y + 0.9)]),
    ):
        shape.set(facecolor=colour, linewidth=0)
        axis.add_patch(shape)


def draw_photo(axis):
    """Draw the street as one would see it."""
    shades = np.linspace(0, 1, 50)[:, None, None]
    sky = (1 - shades) * [0.55, 0.72, 0.9] + shades * [0.88, 0.93, 0.97]
    paint_stuff(axis, "none", "#7c9a55", "#6c6c70", linewidth=0)
    axis.imshow(sky, extent=(0, 10, 3.5, 5), zorder=0)
    for left in range(0, 10, 2):
        axis.add_patch(Rectangle((left + 0.4, 0.7), 1.1, 0.1, facecolor="#e8e4d8"))
    for place, paint in zip(CARS, CAR_PAINT, strict=True):
        paint_car(axis, place, paint)
        left, bottom, scale = place
        window = ((0.8, 0.85), (1.05, 1.18), (1.85, 1.18), (2.1, 0.85))
        axis.add_patch(
            Polygon([(left + scale * x, bottom + scale * y) for x, y in window], facecolor="#cfdde6")
        )
        for x in (0.6, 2.1):
            axis.add_patch(
                Circle((left + scale * x, bottom + scale * 0.22), scale * 0.25, facecolor="#202020")
            )
            axis.add_patch(
                Circle((left + scale * x, bottom + scale * 0.22), scale * 0.11, facecolor="#999999")
            )
    paint_person(axis, "#6b4a7a")
    axis.add_patch(Circle((PERSON[0], PERSON[1] + 1.6), 0.2, facecolor="#d9a37e"))


def name(axis, x, y, text):
    """Write a label on white, so that it can be read on every colour."""
    box = {"facecolor": "white", "edgecolor": "none", "pad": 2, "alpha": 0.9}
    axis.text(x, y, text, ha="center", va="center", fontsize=11, fontweight="bold", bbox=box, zorder=9)


def name_stuff(axis):
    """Name sky, grass and road."""
    name(axis, 8.2, 4.3, "sky")
    name(axis, 8.2, 3.15, "grass")
    name(axis, 5.0, 0.5, "road")


def draw_semantic(axis):
    """Colour every pixel by its class: the cars merge."""
    paint_stuff(axis, *STUFF.values(), linewidth=0)
    for place in CARS:
        paint_car(axis, place, VERMILLION)
    paint_person(axis, YELLOW)
    name_stuff(axis)
    name(axis, 2.75, 2.1, "car")
    name(axis, 8.2, 2.1, "car")
    name(axis, PERSON[0], 3.15, "person")


def paint_objects(axis):
    """Colour every object in a colour of its own, outlined in white: neighbours differ without colour too."""
    for place, colour in zip(CARS, (VERMILLION, ORANGE, PURPLE), strict=True):
        paint_car(axis, place, colour, edgecolor="white", linewidth=1.5)
    paint_person(axis, YELLOW)
    for (x, y), text in zip(
        ((1.35, 2.15), (3.95, 2.1), (8.2, 2.1)), ("car 1", "car 2", "car 3"), strict=True
    ):
        name(axis, x, y, text)
    name(axis, PERSON[0], 3.15, "person 1")


def draw_instances(axis):
    """Colour only the objects; the rest is left out."""
    axis.add_patch(
        Rectangle((0, 0), 10, 5, facecolor="#e9e9e9", edgecolor="#c2c2c2", hatch="//", linewidth=0)
    )
    paint_objects(axis)
    name(axis, 5, 4.3, "sky, grass and road are left out")


def draw_panoptic(axis):
    """Colour everything, and the objects one by one."""
    paint_stuff(axis, *STUFF.values(), linewidth=0)
    paint_objects(axis)
    name_stuff(axis)


# --- The whole course --------------------------------------------------------------------------------------


def draw_course():
    """Draw the way from a picture to its score, with the lessons that teach each step."""
    image, truth = draw_cat()
    scores = FirstNetwork().scores(Image.fromarray(image))
    prediction = scores.argmax(axis=0)
    matrix = ConfusionMatrix(3)
    matrix.update(prediction, truth)
    figure = plt.figure(figsize=(11, 5.2), facecolor="white")
    panel(figure, (0.01, 0.5, 0.165, 0.28), image, "picture", "colours")
    draw_network(figure, (0.225, 0.5, 0.15, 0.28))
    for class_id in range(3):
        axis = panel(figure, (0.425, 0.74 - 0.2 * class_id, 0.113, 0.19), scores[class_id])
        axis.text(
            156, 154, PET_CLASSES[class_id], fontsize=9, ha="right", bbox={"facecolor": "white", "pad": 1.5}
        )
    figure.text(0.482, 0.95, "scores", ha="center", fontsize=13, fontweight="bold")
    panel(figure, (0.67, 0.5, 0.165, 0.28), colorize(prediction), "prediction", "ids")
    panel(figure, (0.67, 0.07, 0.165, 0.28), colorize(truth), "truth", below="ids, the right answer")
    draw_scores_of(figure, (0.885, 0.16, 0.105, 0.56), matrix)
    draw_arrows(figure)
    save(figure, "00_course.png")


def panel(figure, place, picture, title="", below=""):
    """Put a picture into a figure."""
    axis = figure.add_axes(place)
    axis.imshow(picture, cmap="Greys")
    axis.set(xticks=[], yticks=[])
    axis.set_title(title, fontsize=13, fontweight="bold")
    axis.set_xlabel(below, fontsize=10)
    return axis


def draw_network(figure, place):
    """Draw a U-Net as bars: high and narrow where maps are large, low where they are small."""
    axis = figure.add_axes(place)
    axis.axis("off")
    axis.set_title("network", fontsize=13, fontweight="bold")
    heights = (1.0, 0.66, 0.36, 0.66, 1.0)
    for number, height in enumerate(heights):
        bar = Rectangle((number + 0.15, (1 - height) / 2), 0.7, height, facecolor=BLUE, edgecolor="black")
        axis.add_patch(bar)
    for left, right, y in ((0.85, 4.15, 0.93), (1.85, 3.15, 0.76)):
        axis.annotate("", (right, y), (left, y), arrowprops={"arrowstyle": "->", "color": INK, "lw": 1.3})
    axis.set(xlim=(0, 5), ylim=(-0.01, 1.01))


def draw_scores_of(figure, place, matrix):
    """Draw the IoU of each class, and the mean."""
    axis = figure.add_axes(place)
    values = [*matrix.iou(), matrix.mean_iou()]
    names = (*PET_CLASSES, "mean")
    colours = (*COLOURS[:3], "#dddddd")
    bars = axis.barh(range(4), values, height=0.45, color=colours, edgecolor="black")
    for bar, label, value in zip(bars, names, values, strict=True):
        axis.text(0.0, bar.get_y() - 0.06, f"{label} {value:.2f}", fontsize=9.5, va="bottom")
    axis.set(xlim=(0, 1), ylim=(3.4, -0.75))
    axis.set_title("IoU", fontsize=13, fontweight="bold")
    axis.axis("off")


def draw_arrows(figure):
    """Join the steps, and say which lesson each belongs to."""
    for start, end in (
        ((0.18, 0.64), (0.222, 0.64)),
        ((0.378, 0.64), (0.42, 0.64)),
        ((0.543, 0.64), (0.665, 0.64)),
        ((0.84, 0.62), (0.88, 0.52)),
        ((0.84, 0.22), (0.88, 0.32)),
    ):
        arrow(figure, start, end)
    for start, end in (
        ((0.665, 0.19), (0.56, 0.19)),
        ((0.482, 0.33), (0.482, 0.26)),
        ((0.405, 0.19), (0.33, 0.41)),
    ):
        arrow(figure, start, end, dashed=True)
    for x, y, text in (
        (0.3, 0.455, "lessons 05, 06"),
        (0.604, 0.71, "argmax\nlesson 01"),
        (0.937, 0.1, "compare\nlessons 02, 03"),
        (0.482, 0.18, "loss: how wrong\nare the scores?\nlesson 04"),
        (0.235, 0.24, "training: change the\nnetwork until the\nloss is small\nlessons 05, 07"),
    ):
        figure.text(x, y, text, ha="center", va="center", fontsize=11, color=INK)


def arrow(figure, start, end, dashed=False):
    """Draw an arrow in the figure's own coordinates; a dashed one for what happens only in training."""
    style = {"linestyle": (0, (4, 3))} if dashed else {}
    figure.add_artist(
        FancyArrowPatch(
            start, end, transform=figure.transFigure, arrowstyle="-|>", mutation_scale=16, linewidth=2,
            color=INK, **style,
        )
    )  # fmt: skip


if __name__ == "__main__":
    draw_three_kinds()
    draw_course()
