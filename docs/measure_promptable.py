"""Measure the promptable network and the query head on 150 scenes that neither training nor the lesson shows.

OMP_NUM_THREADS=1 python docs/measure_promptable.py
"""

import numpy as np
import torch
from scipy.ndimage import distance_transform_cdt

from course_lib.data.pocket_pets.scene import PocketScene, draw_scene_of_pets
from course_lib.instances import PanopticQuality
from course_lib.metrics import ConfusionMatrix
from course_lib.models.promptable import SIZE, load_promptable
from course_lib.models.prompting import EncodedImage

SEED, SCENES, SMALLEST = 2_000_014, 150, 100


def iou(one: np.ndarray, other: np.ndarray) -> float:
    """IoU of two masks (H, W)."""
    return (one & other).sum() / max((one | other).sum(), 1)


def depths(mask: np.ndarray) -> np.ndarray:
    """How deep inside each pixel lies, 0 to 1, (H, W)."""
    steps = distance_transform_cdt(np.pad(mask, 1), metric="taxicab")[1:-1, 1:-1]
    return steps / steps.max()


def box_of(mask: np.ndarray) -> np.ndarray:
    """(x0, y0, x1, y1) around a mask."""
    rows, columns = np.nonzero(mask)
    return np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1], float)


def panoptic_of(masks: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Panoptic ids (H, W) of a query head's answer: the strongest sure query per pixel; stuff has one segment."""
    chances = torch.from_numpy(classes).softmax(1).numpy()
    sure = np.flatnonzero((chances.argmax(1) < 5) & (chances.max(1) > 0.5))
    ids = np.zeros(SIZE, np.int64)
    if len(sure):
        strength = chances[sure].max(1)[:, None, None] / (1 + np.exp(-masks[sure]))
        owner = sure[strength.argmax(0)]
        kinds = chances[:, :5].argmax(1)
        ids = kinds[owner] * 1000 + np.where(kinds[owner] >= 3, owner + 1, 0)
    return ids


def semantic_of(masks: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Classes (H, W): the sum over the queries of chance times cover."""
    chances = torch.from_numpy(classes).softmax(1).numpy()[:, :5]
    return np.einsum("qc,qhw->chw", chances, 1 / (1 + np.exp(-masks))).argmax(0)


def main() -> None:
    """Print the tables."""
    model = load_promptable()
    rng = np.random.default_rng(SEED)
    centre, deep, boxed, pairs = [], {n: [] for n in range(4)}, {}, []
    quality, matrix = PanopticQuality(5), ConfusionMatrix(5)
    for number in range(SCENES):
        scene: PocketScene = draw_scene_of_pets(np.random.default_rng([SEED, number]), SIZE)
        picture = EncodedImage(model, scene.image)
        queries = picture.segments()
        quality.update(panoptic_of(*queries), scene.panoptic.astype(np.int64))
        matrix.update(semantic_of(*queries), scene.semantic)
        everyone = scene.instances > 0
        for pet, head in zip(scene.masks, scene.heads, strict=True):
            if pet.sum() < SMALLEST:
                continue
            depth = depths(pet)
            row, column = np.unravel_index(depth.argmax(), SIZE)
            logits, expected = picture.ask(points=[(column + 0.5, row + 0.5)])
            ious = [iou(mask > 0, pet) for mask in logits]
            nearest = [max(iou(mask > 0, thing) for thing in (pet, head, everyone)) for mask in logits]
            centre.append((ious[expected.argmax()], nearest[expected.argmax()], max(ious)))
            for quarter in deep:
                inside = np.argwhere((depth > quarter / 4) & (depth <= (quarter + 1) / 4) & pet)
                if len(inside):
                    row, column = inside[rng.integers(len(inside))]
                    logits, expected = picture.ask(points=[(column + 0.5, row + 0.5)])
                    things = [thing for thing in (pet, head, everyone) if thing[row, column]]
                    actual = [max(iou(mask > 0, thing) for thing in things) for mask in logits]
                    deep[quarter].append(
                        (actual[expected.argmax()], max(iou(mask > 0, pet) for mask in logits))
                    )
                    pairs += list(zip(expected, actual, strict=True))
            for jitter in (0, 0.05, 0.1, 0.2, 0.3, 0.5):
                box = box_of(pet)
                sides = np.tile(box[2:] - box[:2], 2)
                moved = (box + rng.uniform(-jitter, jitter, 4) * sides).clip(0, [128, 96, 128, 96])
                logits, expected = picture.ask(box=moved)
                boxed.setdefault(jitter, []).append(iou(logits[expected.argmax()] > 0, pet))
    means = np.mean(centre, axis=0)
    print(f"{len(centre)} pets, innermost point: surest mask with the pet {means[0]:.3f}, with the nearest of head, "
          f"pet and all pets {means[1]:.3f}; best of three with the pet {means[2]:.3f}")  # fmt: skip
    for quarter, found in deep.items():
        print(f"depth {quarter / 4:.2f} to {quarter / 4 + 0.25:.2f}: surest with any meaning, best of three "
              f"with the pet {np.mean(found, axis=0).round(3)}, {len(found)} points")  # fmt: skip
    for jitter, found in boxed.items():
        print(f"box moved by up to {jitter:.0%} of its sides: {np.mean(found):.3f}")
    expected, actual = np.array(pairs).T
    print(f"expected against actual IoU: correlation {np.corrcoef(expected, actual)[0, 1]:.2f}, mean difference "
          f"{abs(expected - actual).mean():.3f}")  # fmt: skip
    for low in np.arange(0, 1, 0.2):
        chosen = (expected >= low) & (expected < low + 0.2)
        if chosen.any():
            print(f"  expected {low:.1f} and more: actual {actual[chosen].mean():.2f}, {chosen.sum()} masks")
    print(f"queries: mIoU {matrix.mean_iou():.3f}, IoU {matrix.iou().round(2)}")
    per_class = [round(found.panoptic, 2) for found in quality.of_classes()]
    print(f"panoptic quality {quality.mean():.3f}, things {quality.mean((3, 4)):.3f}, per class {per_class}")


if __name__ == "__main__":
    main()
