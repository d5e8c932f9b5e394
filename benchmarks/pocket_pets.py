"""Pocket pets: seconds to draw them, class shares, and the scores of rules without a network.

    python benchmarks/pocket_pets.py [--pets FOLDER]

draws 400 pocket pets into a temporary folder. The rules below are fitted on trainval and scored on test at 128x128,
pooled over all pixels; beating them requires shape and texture. With --pets they are scored on real pets, too.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from course_lib.data.folder import read_image, read_split, read_trimap
from course_lib.data.pocket_pets import write_pocket_pets
from course_lib.data.pocket_pets.draw import make_trimap
from course_lib.masks import PET_CLASSES, trimap_to_classes
from course_lib.metrics import ConfusionMatrix

SIDE = 128
CLUSTERS = 3

Images = NDArray[np.uint8]  # (N, SIDE, SIDE, 3)
Masks = NDArray[np.uint8]  # (N, SIDE, SIDE), 0 pet, 1 background, 2 border
Rule = Callable[[Images, Masks, Images], Masks]  # trainval images and masks, test images -> prediction


def load(folder: Path, split: str) -> tuple[Images, Masks]:
    """A split at SIDE x SIDE: images bilinearly, masks by nearest neighbour."""
    entries = read_split(folder, split)
    images = [Image.fromarray(read_image(entry.image_path)) for entry in entries]
    masks = [Image.fromarray(trimap_to_classes(read_trimap(entry.trimap_path))) for entry in entries]
    return (
        np.stack([np.asarray(image.resize((SIDE, SIDE), Image.Resampling.BILINEAR)) for image in images]),
        np.stack([np.asarray(mask.resize((SIDE, SIDE), Image.Resampling.NEAREST)) for mask in masks]),
    )


def all_background(images: Images, masks: Masks, test_images: Images) -> Masks:
    """Class 1 everywhere."""
    return np.full(test_images.shape[:3], 1, np.uint8)


def centre_blob(images: Images, masks: Masks, test_images: Images) -> Masks:
    """The most frequent class at each place."""
    counts = np.stack([(masks == class_id).sum(axis=0) for class_id in range(3)])  # (3, SIDE, SIDE)
    return np.broadcast_to(counts.argmax(axis=0).astype(np.uint8), test_images.shape[:3])


def colour_table(images: Images, masks: Masks, test_images: Images) -> Masks:
    """The most frequent class of each of 4096 colours: no threshold on colours does better."""
    counts = np.bincount(3 * _colour(images).ravel() + masks.ravel(), minlength=3 * 4096).reshape(4096, 3)
    return counts.argmax(axis=1).astype(np.uint8)[_colour(test_images)]


def _colour(images: Images) -> NDArray[np.intp]:
    red, green, blue = np.moveaxis(images.astype(np.intp) >> 4, -1, 0)
    return (red << 8) | (green << 4) | blue


def colour_clusters(images: Images, masks: Masks, test_images: Images) -> Masks:
    """The k-means cluster of colours that is nearest to the middle of its picture, and a border around it."""
    return np.stack([trimap_to_classes(make_trimap(_central_cluster(image))) for image in test_images])


def _central_cluster(image: Images) -> NDArray[np.bool_]:
    pixels = image.reshape(-1, 3).astype(np.float32)
    order = pixels.sum(axis=1).argsort()
    centres = pixels[order[len(order) * (2 * np.arange(CLUSTERS) + 1) // (2 * CLUSTERS)]]
    for _ in range(10):
        cluster = ((pixels[:, None] - centres) ** 2).sum(axis=2).argmin(axis=1)
        centres = np.stack(
            [
                pixels[cluster == k].mean(axis=0) if (cluster == k).any() else centres[k]
                for k in range(CLUSTERS)
            ]
        )
    y, x = np.indices((SIDE, SIDE)) - SIDE / 2
    off_centre = np.hypot(x, y).ravel()
    distance = [off_centre[cluster == k].mean() if (cluster == k).any() else np.inf for k in range(CLUSTERS)]
    return (cluster == np.argmin(distance)).reshape(SIDE, SIDE)


RULES: dict[str, Rule] = {
    "all background": all_background,
    "centre blob": centre_blob,
    "colour table": colour_table,
    "colour clusters": colour_clusters,
}


def report(title: str, folder: Path) -> None:
    """Print class shares and the rules' scores for one pet folder."""
    images, masks = load(folder, "trainval")
    test_images, test_masks = load(folder, "test")
    shares = np.bincount(masks.ravel(), minlength=3) / masks.size
    print(f"\n{title}: {len(images)} trainval, {len(test_images)} test; share of the pixels: ", end="")
    print(", ".join(f"{name} {share:.1%}" for name, share in zip(PET_CLASSES, shares, strict=True)))
    print(f"{'':16}{'mIoU':>8}" + "".join(f"{name:>12}" for name in PET_CLASSES))
    for name, rule in RULES.items():
        confusion = ConfusionMatrix(num_classes=3)
        confusion.update(rule(images, masks, test_images), test_masks)
        print(f"{name:16}{confusion.mean_iou():8.3f}" + "".join(f"{iou:12.3f}" for iou in confusion.iou()))


def main() -> None:
    """Draw, time, and score."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pets", type=Path, help="a folder of real pets to compare with")
    real_pets = parser.parse_args().pets
    with tempfile.TemporaryDirectory() as temporary:
        start, start_of_work = time.perf_counter(), time.process_time()
        folder = write_pocket_pets(temporary)
        seconds, work = time.perf_counter() - start, time.process_time() - start_of_work
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        print(f"400 pocket pets: {seconds:.1f} s ({work:.1f} s of one core), {size / 1e6:.1f} MB")
        report("pocket pets", folder)
    if real_pets:
        report("real pets", real_pets)


if __name__ == "__main__":
    main()
