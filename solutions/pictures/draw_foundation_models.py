"""Draw the pictures of lesson 14: three answers to one click, and two ways to label a scene."""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Rectangle
from PIL import Image

from course_lib.data.pocket_pets.scene import SCENE_CLASSES, draw_scene_of_pets
from course_lib.instances import boxes_of
from course_lib.masks import PALETTE, overlay
from course_lib.models.promptable import SIZE, load_promptable
from course_lib.models.prompting import EncodedImage

HERE = Path(__file__).parent
SCENE = 97  # the lesson's own
COLOURS = PALETTE[[1, 16, 5, 0, 4]] / 255  # wall, floor, clutter in blue tones, cat and dog in warm ones


def save(figure, name):
    """Write a picture at 900 to 1000 pixels' width."""
    figure.savefig(HERE / name, dpi=100)
    plt.close(figure)
    with Image.open(HERE / name) as drawn:
        drawn.convert("RGB").save(HERE / name, optimize=True)


def middle(mask):
    """Return x, y of a pixel in the middle of a mask's pixels."""
    places = np.argwhere(mask)
    return places[len(places) // 2][::-1] + 0.5


def draw_answers(scene, picture):
    """Draw one click with its three answers, then a second click and a box."""
    click, cross = middle(scene.heads[-1]), middle(scene.masks[-1] & ~scene.heads[-1])
    box = np.array(boxes_of(scene.masks[-1:])[0], float)
    logits, expected = picture.ask(points=[click])
    order = (logits > 0).sum(axis=(1, 2)).argsort()
    panels = [("one click: a part?", logits[n], expected[n], [(click, "*")], None) for n in order[:1]]
    panels += [("... the whole?", logits[order[1]], expected[order[1]], [(click, "*")], None)]
    panels += [("... a group?", logits[order[2]], expected[order[2]], [(click, "*")], None)]
    logits, expected = picture.ask(points=[click], not_points=[cross])
    panels += [("a second click: not this", *surest(logits, expected), [(click, "*"), (cross, "X")], None)]
    panels += [("a box", *surest(*picture.ask(box=box)), [], box)]
    figure, axes = plt.subplots(2, 3, figsize=(9, 5.2), facecolor="white", layout="constrained")
    axes[0, 0].imshow(scene.image)
    axes[0, 0].set_title("a scene that the network has never seen", fontsize=10)
    for ax, (title, mask, value, points, frame) in zip(axes.flat[1:], panels, strict=True):
        ax.imshow(overlay(scene.image, (mask > 0).astype(int), alpha=0.5, background=0))
        ax.set_title(f"{title}  expected IoU {value:.2f}", fontsize=10)
        for place, marker in points:
            ax.plot(*(place - 0.5), marker, markersize=13, color="white", markeredgecolor="black")
        if frame is not None:
            sides = frame[2:] - frame[:2]
            ax.add_patch(Rectangle(frame[:2] - 0.5, *sides, fill=False, edgecolor="white", linewidth=2))
    for ax in axes.flat:
        ax.set(xticks=[], yticks=[], xlim=(-0.5, 127.5), ylim=(95.5, -0.5))
    save(figure, "14_ask.png")


def surest(logits, expected):
    """Return the mask with the highest expected IoU, and that."""
    return logits[expected.argmax()], expected.max()


def draw_queries(scene, picture):
    """Draw a class per pixel above, and below the masks and classes of all twelve queries."""
    masks, classes = picture.segments()
    chances = np.exp(classes) / np.exp(classes).sum(axis=1, keepdims=True)
    figure = plt.figure(figsize=(10, 4.6), facecolor="white")
    above = figure.add_axes((0.02, 0.56, 0.2, 0.36)), figure.add_axes((0.3, 0.56, 0.2, 0.36))
    above[0].imshow(scene.image)
    above[0].set_title("the scene", fontsize=10)
    above[1].imshow(COLOURS[scene.semantic])
    above[1].set_title("a class per pixel", fontsize=10)
    for n, name in enumerate(SCENE_CLASSES):
        figure.text(0.56, 0.86 - 0.065 * n, name, fontsize=10, va="center")
        figure.patches.append(
            Rectangle(
                (0.53, 0.84 - 0.065 * n), 0.018, 0.04, facecolor=COLOURS[n], transform=figure.transFigure
            )
        )
    figure.text(0.02, 0.47, "twelve queries: a mask and a class each", fontsize=10)
    for n in range(12):
        ax = figure.add_axes((0.02 + (n % 6) * 0.163, 0.25 - (n // 6) * 0.235, 0.15, 0.15))
        kind = int(chances[n].argmax())
        shown = np.full((*SIZE, 3), 0.93)
        if kind < 5:
            shown[masks[n] > 0] = COLOURS[kind]
        ax.imshow(shown)
        ax.set_title(f"{n}: {(*SCENE_CLASSES, 'no segment')[kind]} {chances[n, kind]:.2f}", fontsize=9, pad=3)
        above += (ax,)
    for ax in above:
        ax.set(xticks=[], yticks=[])
    save(figure, "14_queries.png")


if __name__ == "__main__":
    drawn = draw_scene_of_pets(np.random.default_rng(SCENE), SIZE)
    encoded = EncodedImage(load_promptable(), drawn.image)
    draw_answers(drawn, encoded)
    draw_queries(drawn, encoded)
