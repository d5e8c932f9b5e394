"""Draw the picture of lesson 15: the lessons of the course in four columns."""

from pathlib import Path

import matplotlib.pyplot as plt
from matplotlib.patches import FancyBboxPatch

HERE = Path(__file__).parent
COLUMNS = {
    "A class for each pixel": (("00", "Start here"), ("01", "Argmax per pixel")),
    "Scores": (("02", "Accuracy and IoU"), ("03", "IoU and Dice by hand")),
    "A network that learns": (
        ("04", "Cross-entropy"),
        ("05", "A tiny U-Net"),
        ("06", "The full U-Net"),
        ("07", "The pet project"),
    ),
    "What comes after": (
        ("08", "Losses for imbalance"),
        ("09", "Upsampling and FCN"),
        ("10", "Training craft"),
        ("11", "Bug hunt"),
        ("12", "Atrous and context"),
        ("13", "Instances, panoptic"),
        ("14", "Foundation models"),
    ),
}
EDGES = ("#005a8c", "#a34700", "#00664b", "#7a3a78")


def draw_course():
    """Draw one column a theme, one box a lesson."""
    figure, ax = plt.subplots(figsize=(11, 4.4), facecolor="white")
    for place, ((theme, lessons), edge) in enumerate(zip(COLUMNS.items(), EDGES, strict=True)):
        left = place * 1.02
        ax.text(left + 0.47, 0.55, theme, ha="center", va="center", fontsize=13, weight="bold", color=edge)
        for row, (number, title) in enumerate(lessons):
            top = -0.62 * row - 0.35
            box = FancyBboxPatch((left, top), 0.94, 0.44, boxstyle="round,pad=0,rounding_size=0.04")
            box.set(facecolor="white", edgecolor=edge, linewidth=1.6)
            ax.add_patch(box)
            ax.text(left + 0.06, top + 0.22, number, va="center", fontsize=12, weight="bold", color=edge)
            ax.text(left + 0.2, top + 0.22, title, va="center", fontsize=12, color="#111111")
    ax.set(xlim=(-0.05, 4.1), ylim=(-4.15, 0.85))
    ax.axis("off")
    figure.tight_layout()
    figure.savefig(HERE / "15_course.png", dpi=100)
    plt.close(figure)


if __name__ == "__main__":
    draw_course()
