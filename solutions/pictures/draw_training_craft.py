"""Draw the picture of lesson 10: a pair, a ghost, stripes.

python solutions/pictures/draw_training_craft.py
"""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import torch
from PIL import Image

from course_lib.data.pocket_pets import draw_pet
from course_lib.data.transforms import Augment, to_tensors, warp
from course_lib.masks import overlay, trimap_to_classes

HERE = Path(__file__).parent


def main() -> None:
    pet = draw_pet(np.random.default_rng(6), size=(176, 176), share=0.3)
    image, mask = pet.image, trimap_to_classes(pet.trimap)
    side = min(mask.shape)
    images, masks = to_tensors(image[None, :side, :side].copy(), mask[None, :side, :side].copy())
    augment, chance = Augment(flip=0.0, zoom=1.15), torch.Generator().manual_seed(5)
    ours, other = augment.draw_matrices(1, chance), augment.draw_matrices(1, chance)
    picture, ids = warp(images, masks, ours, side)
    ghost = warp(images, masks, other, side)[1]
    stripes = np.resize(ids[0].numpy()[:, : side - side // 16], (side, side))  # rows read at the wrong length
    panels = {
        "one transform for both": ids[0].numpy(),
        "drawn twice: a ghost": ghost[0].numpy(),
        "rows of the wrong length: stripes": stripes,
    }
    picture = picture[0].round().byte().permute(1, 2, 0).numpy()
    figure, axes = plt.subplots(1, 3, figsize=(11, 3.98), layout="constrained", facecolor="white")
    for ax, (title, label) in zip(axes, panels.items(), strict=True):
        ax.imshow(overlay(picture, label, alpha=0.5), interpolation="nearest")
        ax.set_title(title, fontsize=14)
        ax.axis("off")
    figure.savefig(HERE / "10_pairs.png", dpi=100)
    picture_file = Image.open(HERE / "10_pairs.png").convert("RGB").quantize(128)
    picture_file.save(HERE / "10_pairs.png", optimize=True)


if __name__ == "__main__":
    main()
