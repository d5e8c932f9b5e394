"""How fast instances are scored: `python benchmarks/instances.py` prints Markdown tables.

One process, one thread. The methods take turns in a new order each round, so that a busy machine slows all of them
equally. A figure is the median of a method's turns, a ratio its cost relative to ours. Before that, all must agree.
"""

import os

os.environ["OMP_NUM_THREADS"] = "1"  # before torch and NumPy read it

import contextlib
import io

import numpy as np
import torch
from _common import machine, markdown_table, medians_in_turn, with_ratios
from numpy.typing import NDArray
from pycocotools import mask as coco_masks
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from scipy import ndimage
from torchmetrics.detection import MeanAveragePrecision
from torchmetrics.detection import PanopticQuality as TheirPanopticQuality

from course_lib.data.pocket_pets.scene import STUFF, THINGS, PocketScene, draw_scene_of_pets
from course_lib.instances import AveragePrecision, PanopticQuality, boxes_of, connected_components, mask_iou

Instances = dict[str, NDArray]
SCENES = 40


def detections(scene: PocketScene, rng: np.random.Generator) -> Instances:
    """Every pet three times, shifted by a few pixels, with any score."""
    masks = np.repeat(scene.masks, 3, axis=0)
    for mask in masks:
        mask[:] = np.roll(mask, tuple(rng.integers(-5, 6, 2)), (0, 1))
    return truths(masks, np.repeat(scene.labels, 3)) | {"scores": rng.uniform(size=len(masks))}


def truths(masks: NDArray[np.bool_], labels: NDArray[np.int64]) -> Instances:
    return {"masks": masks, "boxes": boxes_of(masks), "labels": labels}


def ours(pairs: list[tuple[Instances, Instances]]) -> float:
    precision = AveragePrecision("masks")
    for prediction, truth in pairs:
        precision.update(prediction, truth)
    return precision.mean()


def torchmetrics(pairs: list[tuple[Instances, Instances]]) -> float:
    metric = MeanAveragePrecision(iou_type="segm")
    for pair in pairs:
        metric.update(*[[{name: torch.as_tensor(part) for name, part in parts.items()}] for parts in pair])
    return metric.compute()["map"].item()


def pycocotools(pairs: list[tuple[Instances, Instances]]) -> float:
    """Convert, encode, evaluate, accumulate: all that leads from masks to a figure."""
    kept: tuple[list[dict], list[dict]] = [], []
    for image, pair in enumerate(pairs, start=1):
        for entries, parts in zip(kept, pair, strict=True):
            for k, label in enumerate(parts["labels"].tolist()):
                run = coco_masks.encode(np.asfortranarray(parts["masks"][k].astype(np.uint8)))
                entry = {"id": len(entries) + 1, "image_id": image, "category_id": label, "segmentation": run}
                entry |= {"iscrowd": 0, "area": float(coco_masks.area(run)), "score": 1.0}
                entries.append(entry | ({"score": float(parts["scores"][k])} if "scores" in parts else {}))
    both = COCO(), COCO()
    with contextlib.redirect_stdout(io.StringIO()):
        for coco, entries in zip(both, kept, strict=True):
            coco.dataset = {
                "images": [
                    {"id": number, "height": 256, "width": 320} for number in range(1, len(pairs) + 1)
                ],
                "categories": [{"id": thing} for thing in THINGS],
                "annotations": entries,
            }
            coco.createIndex()
        evaluation = COCOeval(both[1], both[0], "segm")
        evaluation.params.areaRng, evaluation.params.areaRngLbl = [[0, 1e10]], ["all"]
        evaluation.params.maxDets = [100]
        evaluation.evaluate()
        evaluation.accumulate()
    precision = evaluation.eval["precision"]
    return float(precision[precision > -1].mean())


def torchmetrics_quality(maps: list[tuple[NDArray, NDArray]]) -> float:
    metric = TheirPanopticQuality(things=set(THINGS), stuffs=set(STUFF))
    for pair in maps:
        metric.update(*(torch.from_numpy(np.stack([ids // 1000, ids % 1000], -1))[None] for ids in pair))
    return metric.compute().item()


def our_quality(maps: list[tuple[NDArray, NDArray]]) -> float:
    quality = PanopticQuality(num_classes=5)
    for prediction, truth in maps:
        quality.update(prediction, truth)
    return quality.mean()


def table(title: str, methods: dict, turns: int) -> str:
    """Check that all methods give the same result, time them, and lay out a table; the first one is ours."""
    values = [np.asarray(method()) for method in methods.values()]
    assert all(np.allclose(values[0], value, atol=1e-6) for value in values), values
    figures = medians_in_turn(methods, turns)
    return markdown_table((title, "ms", "ratio"), with_ratios(figures, next(iter(methods))))


def main() -> None:
    print(machine())
    rng = np.random.default_rng(0)
    scenes = [draw_scene_of_pets(rng, (256, 320), pets=3) for _ in range(SCENES)]
    pairs = [(detections(scene, rng), truths(scene.masks, scene.labels)) for scene in scenes]
    maps = [(np.roll(scene.panoptic, 4, axis=1), scene.panoptic) for scene in scenes[:8]]
    pets = np.isin(scenes[0].semantic, THINGS)
    noise = rng.uniform(size=(256, 320)) < 0.6
    first, second = (np.concatenate([pair[k]["masks"] for pair in pairs])[:100] for k in (0, 1))
    runs = [
        [coco_masks.encode(np.asfortranarray(m.astype(np.uint8))) for m in part] for part in (first, second)
    ]
    for name, mask in (("a scene", pets), ("noise", noise)):
        methods = {
            "course_lib connected_components": lambda mask=mask: connected_components(mask),
            "scipy.ndimage.label": lambda mask=mask: ndimage.label(mask)[0],
        }
        print(f"\n{table(f'components of {name}, 256 x 320', methods, turns=21)}")
    methods = {
        "course_lib mask_iou": lambda: mask_iou(first, second),
        "pycocotools, encoded before": lambda: coco_masks.iou(*runs, [0] * len(second)),
    }
    print(f"\n{table('IoU of 100 with 100 masks', methods, turns=21)}")
    methods = {
        "course_lib AveragePrecision": lambda: ours(pairs),
        "pycocotools": lambda: pycocotools(pairs),
        "torchmetrics MeanAveragePrecision": lambda: torchmetrics(pairs),
    }
    print(f"\n{table(f'AP of masks, {SCENES} scenes', methods, turns=5)}")
    methods = {
        "course_lib PanopticQuality": lambda: our_quality(maps),
        "torchmetrics PanopticQuality": lambda: torchmetrics_quality(maps),
    }
    print(f"\n{table(f'panoptic quality, {len(maps)} scenes', methods, turns=3)}")


if __name__ == "__main__":
    main()
