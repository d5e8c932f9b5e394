"""A street drawn in the layout of CamVid as it comes with SegNet: 11 classes, void as 11, given splits and lists."""

from pathlib import Path

import numpy as np
from PIL import Image

from course_lib.masks import write_label_png

HEIGHT, WIDTH = 60, 80
SPLITS = {"train": 24, "val": 8, "test": 6}
VOID = 11
COLOURS = np.uint8(
    [
        (150, 190, 240),  # sky
        (150, 90, 70),  # building
        (190, 190, 190),  # pole
        (90, 80, 100),  # road
        (170, 160, 130),  # pavement
        (50, 120, 40),  # tree
        (220, 40, 40),  # sign
        (110, 80, 30),  # fence
        (40, 60, 170),  # car
        (230, 170, 60),  # pedestrian
        (160, 40, 160),  # bicyclist
        (20, 20, 20),  # void: the bonnet of the car that the camera is in
    ]
)


def draw_scene(seed):
    """Draw a street: a noisy photo, uint8 (60, 80, 3), and its ids, uint8 (60, 80), all of 0..11."""
    rng = np.random.default_rng(seed)
    ids = np.zeros((HEIGHT, WIDTH), np.uint8)
    horizon, left, right = 28 + rng.integers(4), 16 + rng.integers(8), 56 + rng.integers(8)
    ids[horizon:] = 4
    ids[horizon:, left:right] = 3
    ids[10 + rng.integers(6) : horizon, : left + 6] = 1
    ids[14 + rng.integers(6) : horizon, right:] = 5
    ids[horizon - 6 : horizon, left + 6 : right - 8] = 7
    pole = right + 4 + rng.integers(6)
    ids[8 : horizon + 8, pole : pole + 3] = 2
    ids[4:11, pole - 3 : pole + 6] = 6
    car = left + 4 + rng.integers(14)
    ids[horizon + 2 : horizon + 12, car : car + 15] = 8
    ids[horizon - 4 : horizon + 12, 3:8] = 9
    ids[horizon + 4 : horizon + 16, right + 1 : right + 8] = 10
    ids[-5:] = VOID
    noise = rng.normal(0, 12, (HEIGHT, WIDTH, 3))
    return (COLOURS[ids] + noise).clip(0, 255).astype(np.uint8), ids


def write_street(root: Path) -> Path:
    """Write the drawn data set, with the lists that come with it, and return its folder."""
    seed = 0
    for split, count in SPLITS.items():
        lines = []
        for _ in range(count):
            name = f"0001TP_{seed:06}.png"
            image, ids = draw_scene(seed)
            for folder in (split, f"{split}annot"):
                (root / folder).mkdir(parents=True, exist_ok=True)
            Image.fromarray(image).save(root / split / name)
            write_label_png(root / f"{split}annot" / name, ids)
            lines.append(f"/SegNet/CamVid/{split}/{name} /SegNet/CamVid/{split}annot/{name}\n")
            seed += 1
        (root / f"{split}.txt").write_text("".join(lines), encoding="utf-8")
    return root
