"""What data costs beside computing, on a machine without a GPU: milliseconds per batch of 16 pets.

    python benchmarks/data_cost.py [--data FOLDER] [--size 128] [--turns 15]

The course decodes once and augments whole batches. It is compared with decoding every time, which costs more the
larger the photos are, and with torchvision's v2 transforms image by image, with the same flips, rotations, zooms,
shifts and colours (they have neither stretch nor tint). Data should take at most a twentieth of a training step.
"""

import argparse
from itertools import chain, count
from pathlib import Path

import numpy as np
import torch
from _common import machine, markdown_table, medians_in_turn, pets_folder, training_loop, with_ratios
from torchvision import tv_tensors
from torchvision.transforms import InterpolationMode, v2

from course_lib.data.pets import (
    PetSubset,
    load_pets,
    read_pair,
    resize_image,
    resize_mask,
    train_validation_split,
)
from course_lib.data.transforms import MEAN, STD, Augment, to_tensors
from course_lib.masks import IGNORE_INDEX
from course_lib.models import create_model
from course_lib.training.batches import Batch, TrainingBatches
from course_lib.training.devices import Devices, open_devices

BATCH = 16
TARGET_SHARE = 0.05
OURS, STEP = "ours: cached, augmented as a batch", "one training step of fast-unet"


def decode(pets: PetSubset, positions: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """Read, decode and resize, without augmenting."""
    size = pets.pets.shape
    pairs = (read_pair(pets.pets.entries[index]) for index in pets.indices[positions])
    return [(resize_image(image, size), resize_mask(mask, size)) for image, mask in pairs]


def v2_transform() -> v2.Compose:
    """Return the transforms of `Augment` and `normalize` that torchvision has, for tv_tensors."""
    ours = Augment()
    affine = v2.RandomAffine(
        ours.degrees,
        translate=(ours.shift, ours.shift),
        scale=(1 / ours.zoom, ours.zoom),
        interpolation=InterpolationMode.BILINEAR,
        fill={tv_tensors.Image: 0, tv_tensors.Mask: IGNORE_INDEX},
    )
    jitter = v2.ColorJitter(ours.brightness, ours.contrast, ours.saturation)
    to_float = v2.ToDtype({tv_tensors.Image: torch.float32, tv_tensors.Mask: torch.int64}, scale=True)
    scale = v2.Normalize([mean / 255 for mean in MEAN], [std / 255 for std in STD])
    return v2.Compose([v2.RandomHorizontalFlip(ours.flip), affine, jitter, to_float, scale])


def v2_batch(pets: PetSubset, positions: np.ndarray, transform: v2.Compose) -> Batch:
    """Take a batch from the same cache and transform it image by image."""
    pairs = zip(*to_tensors(*pets.take(positions)), strict=True)
    moved = [transform(tv_tensors.Image(image), tv_tensors.Mask(mask)) for image, mask in pairs]
    images, targets = zip(*moved, strict=True)
    return torch.stack(images), torch.stack(targets)  # (N, 3, H, W), (N, H, W)


def measure(pets: PetSubset, devices: Devices, turns: int) -> dict[str, float]:
    """Return each way's milliseconds for a batch."""
    batches = TrainingBatches(pets, BATCH, Augment(), devices, side=lambda: pets.pets.shape)
    endless = chain.from_iterable(map(batches.epoch, count(1)))
    batch, step = next(endless), training_loop(create_model("fast-unet"), devices)
    rng, transform = np.random.default_rng(0), v2_transform()
    ways = {
        OURS: lambda: next(endless),
        "torchvision v2, image by image": lambda: v2_batch(pets, rng.choice(len(pets), BATCH), transform),
        "only decoding and resizing": lambda: decode(pets, rng.choice(len(pets), BATCH)),
        STEP: lambda: step([batch]),
    }
    return medians_in_turn(ways, turns)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, help="a pet folder; default: COURSE_PETS_ROOT, or pocket pets")
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--turns", type=int, default=15)
    options = parser.parse_args()
    print(f"Batches of {BATCH} at {options.size}x{options.size}. {machine()}\n")
    pets = load_pets(pets_folder(options.data), "trainval", options.size, progress=True)
    with open_devices() as devices:
        figures = measure(train_validation_split(pets)[0], devices, options.turns)
    share = figures[OURS] / (figures[OURS] + figures[STEP])
    print(markdown_table(("what", "ms per batch", "ratio"), with_ratios(figures, OURS)))
    print(f"\nShare of data in a step: {share:.1%} (target: at most {TARGET_SHARE:.0%}).")


if __name__ == "__main__":
    main()
