"""Draw the pictures of lesson 00 that show a photo: `python -m solutions.pictures.draw_real_photos`."""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Patch, Polygon, Rectangle
from PIL import Image

from course_lib.data.photos import open_photo
from course_lib.files import atomic_path
from course_lib.first_network import FirstNetwork
from course_lib.masks import PALETTE, PET_CLASSES, colorize, overlay

HERE = Path(__file__).parent
ORANGE, BLUE, YELLOW = (tuple(colour / 255) for colour in PALETTE[:3])
OUTLINE = [  # of the cat, drawn by hand: x and y in pixels of the photo
    (40, 0), (36, 50), (30, 92), (0, 126), (0, 299), (388, 299), (378, 255), (331, 206), (346, 180), (362, 136),
    (361, 108), (352, 74), (376, 46), (401, 0),
]  # fmt: skip
ZOOM = (51, 119, 12, 18)  # top, left, height and width, in the network's pixels
RIGHT_EYE = (185, 85, 60)  # left, top and side


def save(figure, name):
    """Write a figure as a PNG of 256 colours, which keeps it small."""
    with atomic_path(HERE / name) as temporary:
        figure.savefig(temporary, format="png", dpi=100, facecolor="white")
        picture = Image.open(temporary).convert("RGB").quantize(256, dither=Image.Dither.NONE)
        picture.save(temporary, format="PNG", optimize=True)
    plt.close(figure)


def row_of_axes(count, titles, size=(11, 3.1)):
    """Return a figure and its axes, without ticks, with titles."""
    figure, axes = plt.subplots(1, count, figsize=size, layout="constrained")
    for axis, title in zip(axes, titles, strict=True):
        axis.set_title(title, fontsize=13)
        axis.set(xticks=[], yticks=[])
    return figure, axes


def draw_opening():
    """Draw the photo, what the network of the lesson makes of it, and the ids of some of its pixels."""
    photo = open_photo("chelsea")
    prediction = FirstNetwork().scores(photo).argmax(axis=0)
    enlarged = np.asarray(
        Image.fromarray(prediction.astype(np.uint8)).resize(photo.size, Image.Resampling.NEAREST)
    )
    figure, axes = row_of_axes(3, ("a photo", "what a network makes of it", "looked at closely"))
    axes[0].imshow(photo)
    axes[1].imshow(overlay(np.asarray(photo), enlarged, 0.55))
    axes[1].contour(enlarged == 0, levels=[0.5], colors="white", linewidths=1.5)
    top, left, height, width = ZOOM
    across, down = photo.width / prediction.shape[1], photo.height / prediction.shape[0]
    for colour, line in (("white", 4), ("black", 1.5)):
        frame = (left * across, top * down), width * across, height * down
        axes[1].add_patch(Rectangle(*frame, fill=False, edgecolor=colour, linewidth=line))
    part = prediction[top : top + height, left : left + width]
    axes[2].imshow(colorize(part))
    for (row, column), class_id in np.ndenumerate(part):
        ink = "black" if class_id == 2 else "white"
        axes[2].text(column, row, class_id, ha="center", va="center", color=ink, fontsize=10)
    colours = (ORANGE, BLUE, YELLOW)
    legend = [
        Patch(facecolor=colour, edgecolor="black", label=f"{class_id} {name}")
        for class_id, (name, colour) in enumerate(zip(PET_CLASSES, colours, strict=True))
    ]
    figure.legend(handles=legend, loc="outside lower center", ncols=3, frameon=False, fontsize=12)
    save(figure, "00_first_mask.png")


def draw_three_answers():
    """Draw what classification, detection and segmentation say of one photo."""
    photo = open_photo("chelsea")
    figure, axes = row_of_axes(3, ("classification", "detection", "segmentation"))
    for axis in axes:
        axis.imshow(photo)
        axis.autoscale(False)
    about = {"fontsize": 15, "color": "white", "bbox": {"facecolor": "black", "alpha": 0.8, "pad": 4}}
    axes[0].text(12, 30, "a cat", **about)
    left, right = 2, 401
    axes[1].add_patch(Rectangle((left, 2), right - left, 295, fill=False, edgecolor="white", linewidth=5))
    axes[1].add_patch(Rectangle((left, 2), right - left, 295, fill=False, edgecolor=ORANGE, linewidth=3))
    axes[1].text(12, 30, "a cat, in this box", **about)
    axes[2].add_patch(
        Polygon(OUTLINE, facecolor=(*ORANGE, 0.45), edgecolor="white", linewidth=2.5, hatch="//")
    )
    axes[2].text(12, 30, "these pixels are cat", **about)
    save(figure, "00_three_answers.png")


def draw_five_difficulties():
    """Draw what makes segmentation hard, each difficulty on a part of the photo."""
    photo = open_photo("chelsea")
    titles = ("context", "boundaries", "scale", "occlusion", "cost")
    figure, axes = row_of_axes(5, titles, size=(11, 2.9))
    axes[0].imshow(photo.crop((60, 180, 84, 204)))
    axes[0].set_xlabel("cat, or cushion?")
    axes[1].imshow(photo.crop((290, 215, 390, 299)).resize((100, 100)))
    axes[1].set_xlabel("where do whiskers end?")
    far = Image.new("RGB", (160, 160), (178, 166, 155))
    far.paste(photo.resize((30, 20)), (92, 104))
    axes[2].imshow(far)
    axes[2].set_xlabel("the same cat, far away")
    axes[3].imshow(photo.crop((75, 0, 375, 300)))
    for left in range(0, 300, 50):
        axes[3].add_patch(Rectangle((left, 0), 22, 300, facecolor="#5b4636"))
    axes[3].set_xlabel("one cat, or six stripes?")
    axes[4].imshow(photo.crop((75, 0, 375, 300)))
    for at in range(0, 300, 12):
        axes[4].axhline(at, color="white", linewidth=0.5)
        axes[4].axvline(at, color="white", linewidth=0.5)
    axes[4].set(xlim=(0, 299), ylim=(299, 0))
    axes[4].set_xlabel("135,300 answers")
    for axis in axes:
        axis.xaxis.label.set_size(11)
    save(figure, "00_five_difficulties.png")


if __name__ == "__main__":
    draw_opening()
    draw_three_answers()
    draw_five_difficulties()
