"""Draw the picture of lesson 15: the lessons, what each hands on, and which of the later ones builds on which."""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from course_lib.files import atomic_path

HERE = Path(__file__).parent
WAY = (  # number, title, and what it hands on to the next lesson
    ("00", "Start here", "scores"),
    ("01", "Argmax\nper pixel", "a mask"),
    ("02", "Accuracy\nand IoU", "a score"),
    ("03", "IoU and Dice\nby hand", ""),
    ("04", "Cross-\nentropy", "a loss"),
    ("05", "A tiny\nU-Net", "skips"),
    ("06", "The full\nU-Net", "a network"),
    ("07", "The pet\nproject", ""),
)
LATER = (  # number, title, question, the lesson that it builds on
    ("08", "Losses for\nimbalance", "what if a\nclass is rare?", "04"),
    ("09", "Upsampling\nand FCN", "how do small\nmaps grow?", "05"),
    ("12", "Atrous and\ncontext", "how to see\nfurther?", "05"),
    ("13", "Instances,\npanoptic", "which dog\nis it?", "05"),
    ("14", "Foundation\nmodels", "what have\nothers trained?", "06"),
    ("10", "Training\ncraft", "how to train\nbetter?", "07"),
    ("11", "Bug hunt", "what is\nwrong here?", "07"),
)
SCORES, NETWORKS, AFTER, INK = "#a34700", "#00664b", "#005a8c", "#222222"
WIDE, NARROW, HIGH = 1.7, 1.48, 0.86


def draw_course():
    """Draw two rows of four lessons that follow from one another, and a row of those that may come in any order."""
    figure = plt.figure(figsize=(11, 5.4), facecolor="white")
    axis = figure.add_axes((0, 0, 1, 1))
    axis.set(xlim=(0, 11), ylim=(0, 5.4))
    axis.axis("off")
    places = {}
    for step, (number, title, hands_on) in enumerate(WAY):
        row, column = divmod(step, 4)
        left, bottom = 0.35 + 2.87 * column, (4.25, 2.6)[row]
        places[number] = left + WIDE / 2, bottom
        box(axis, left, bottom, WIDE, number, title, (SCORES, NETWORKS)[row])
        if hands_on:
            arrow(axis, (left + WIDE, bottom + HIGH / 2), (left + 2.87, bottom + HIGH / 2))
            middle = left + WIDE + (2.87 - WIDE) / 2
            axis.text(middle, bottom + HIGH / 2 + 0.1, hands_on, ha="center", va="bottom", fontsize=13)
    arrow(axis, (places["03"][0], 4.25), (places["04"][0] + WIDE / 2, 3.46))
    axis.text(5.6, 4.02, "how far from right?", ha="center", fontsize=13)
    for place, (number, title, question, before) in enumerate(LATER):
        left = 0.05 + 1.57 * place
        box(axis, left, 0.85, NARROW, number, title, AFTER)
        axis.text(
            left + NARROW / 2, 0.72, question, ha="center", va="top", fontsize=12, style="italic", color=INK
        )
        x, y = places[before]
        arrow(axis, (x, y), (left + NARROW / 2, 0.85 + HIGH))
    with atomic_path(HERE / "15_course.png") as temporary:
        figure.savefig(temporary, format="png", dpi=100)
    plt.close(figure)


def box(axis, left, bottom, width, number, title, colour):
    """Draw a lesson: its number and its title in a frame."""
    frame = FancyBboxPatch((left, bottom), width, HIGH, boxstyle="round,pad=0,rounding_size=0.1")
    frame.set(facecolor="white", edgecolor=colour, linewidth=2)
    axis.add_patch(frame)
    middle = bottom + HIGH / 2
    axis.text(left + 0.09, middle, number, va="center", fontsize=13, weight="bold", color=colour)
    axis.text(left + 0.42, middle, title, va="center", fontsize=12 if width < WIDE else 13, color=INK)


def arrow(axis, start, end):
    """Draw an arrow from one lesson to another."""
    axis.add_patch(
        FancyArrowPatch(start, end, arrowstyle="-|>", mutation_scale=16, linewidth=1.6, color=INK, shrinkB=3)
    )


if __name__ == "__main__":
    draw_course()
