"""Train the Mask R-CNN of lesson 13 for longer than a lesson lasts.

    OMP_NUM_THREADS=1 python docs/train_scene_detector_weights.py

It draws 6,000 scenes of pets that are in no other set, trains on them for about an hour on one core, prints what the
network finds in 200 more scenes, and writes `scene_detector.npz` (2.0 MB) into course_lib/models/weights.
"""

import argparse
from collections.abc import Iterator

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn
from torchvision.models.detection import MaskRCNN

from course_lib.data.pocket_pets.scene import SCENE_CLASSES, THINGS, PocketScene, draw_scene_of_pets
from course_lib.instances import AveragePrecision, boxes_of, mask_iou
from course_lib.models.scene_detector import SCENE_WEIGHTS, build_scene_detector, load_scene_detector
from course_lib.models.stored import save_small

SIZE = (128, 160)
TRAIN_SEED, HELD_OUT_SEED = 13, 14  # lesson 13 draws its own scenes with other seeds
SURE = 0.3

Pair = tuple[Tensor, dict[str, Tensor]]


def draw(seed: int, count: int) -> list[PocketScene]:
    """Draw scenes that depend on the seed and their number only."""
    return [draw_scene_of_pets(np.random.default_rng([seed, number]), SIZE) for number in range(count)]


def as_pair(scene: PocketScene, mirrored: bool = False) -> Pair:
    """Return an image, float32 (3, H, W) from 0 to 1, and its target, as torchvision's detectors want it."""
    step = -1 if mirrored else 1
    image, masks, semantic = (
        np.ascontiguousarray(each)
        for each in (scene.image[:, ::step], scene.masks[..., ::step], scene.semantic[:, ::step])
    )
    return torch.from_numpy(image).permute(2, 0, 1).float() / 255, {
        "boxes": torch.from_numpy(boxes_of(masks)).float(),  # (K, 4)
        "labels": torch.from_numpy(scene.labels) - THINGS[0] + 1,  # 0 is the background
        "masks": torch.from_numpy(masks),  # (K, H, W)
        "semantic": torch.from_numpy(semantic).long(),  # (H, W)
    }


def batches(scenes: list[PocketScene], size: int, chance: np.random.Generator) -> Iterator[list[Pair]]:
    """Give batches without end: every scene once in each round, half of them mirrored, in other light each time."""
    order: NDArray[np.int64] = np.zeros(0, np.int64)
    while True:
        if len(order) < size:
            order = np.concatenate([order, chance.permutation(len(scenes))])
        chosen, order = order[:size], order[size:]
        pairs = [as_pair(scenes[number], mirrored=chance.random() < 0.5) for number in chosen]
        yield [(in_other_light(image, chance), target) for image, target in pairs]


def in_other_light(image: Tensor, chance: np.random.Generator) -> Tensor:
    """Return an image with another brightness and contrast."""
    contrast, brightness = chance.uniform(0.8, 1.25), chance.uniform(-0.1, 0.1)
    return ((image - 0.5) * contrast + 0.5 + brightness).clamp(0, 1)


def semantic_loss(model: MaskRCNN, pairs: list[Pair]) -> Tensor:
    """Return the cross-entropy of the semantic logits that the backbone has just computed, at a quarter of the size."""
    truth = torch.stack([target["semantic"] for _, target in pairs])
    return F.cross_entropy(model.backbone.semantic_logits, truth[:, 2::4, 2::4])


def detector_loss(model: MaskRCNN, pairs: list[Pair]) -> Tensor:
    """Return the sum of the five losses of Mask R-CNN and of the semantic one."""
    images, targets = zip(*pairs, strict=True)
    losses = model(list(images), list(targets))
    return sum(losses.values(), semantic_loss(model, pairs))


def backbone_loss(model: MaskRCNN, pairs: list[Pair]) -> Tensor:
    """Return the semantic loss, computed by the backbone only."""
    model.backbone(model.transform([image for image, _ in pairs])[0].tensors)
    return semantic_loss(model, pairs)


def optimize(model: MaskRCNN, source: Iterator[list[Pair]], rate: float, steps: int, whole: bool) -> None:
    """Take ``steps`` steps with the whole detector or with its backbone only, in place."""
    part, loss_of = (model, detector_loss) if whole else (model.backbone, backbone_loss)
    optimizer = torch.optim.AdamW(part.parameters(), lr=rate, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=steps, pct_start=0.15)
    losses = []
    model.train()
    for step in range(1, steps + 1):
        loss = loss_of(model, next(source))
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(part.parameters(), 5.0)
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
        if step % 100 == 0:
            print(f"step {step} of {steps}: mean loss {np.mean(losses[-100:]):.3f}", flush=True)


@torch.no_grad()
def report(model: MaskRCNN, scenes: list[PocketScene]) -> str:
    """Return a line: the average precision of masks, and how many pets are found, touching ones and others."""
    precision, found, touching = AveragePrecision("masks"), [], []
    model.eval()
    for scene in scenes:
        image, target = as_pair(scene)
        (detections,) = model([image])
        precision.update(detections, target)
        sure = detections["scores"] > SURE
        ious = mask_iou(target["masks"], detections["masks"][sure])
        found.append((ious >= 0.5).any(axis=1))
        touching.append(scene.touching)
    hits, together = np.concatenate(found), np.concatenate(touching)
    return (
        f"mask AP50 {precision.mean(at=0.5):.3f}, AP {precision.mean():.3f}; found of touching pets "
        f"{hits[together].sum()} of {together.sum()}, of others {hits[~together].sum()} of {(~together).sum()}"
    )


def main(scenes: int, backbone_steps: int, steps: int) -> None:
    """Draw, train, write the weights, and report what is found with them as they are stored."""
    torch.manual_seed(0)
    chance = np.random.default_rng(0)
    drawn = draw(TRAIN_SEED, scenes)
    print(f"{scenes} scenes are drawn.", flush=True)
    model = build_scene_detector(SIZE, len(SCENE_CLASSES), len(THINGS))
    optimize(model, batches(drawn, 16, chance), 4e-3, backbone_steps, whole=False)
    optimize(model, batches(drawn, 8, chance), 2e-3, steps, whole=True)
    save_small(SCENE_WEIGHTS, model.state_dict())
    print(f"{SCENE_WEIGHTS.name} holds {SCENE_WEIGHTS.stat().st_size / 1e6:.1f} MB.")
    held_out = draw(HELD_OUT_SEED, 200)
    print("in 32 bits:", report(model, held_out))
    print("as stored: ", report(load_scene_detector(SIZE, len(SCENE_CLASSES), len(THINGS)), held_out))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--scenes", type=int, default=6_000)
    parser.add_argument("--backbone-steps", type=int, default=600)
    parser.add_argument("--steps", type=int, default=7_000)
    options = parser.parse_args()
    main(options.scenes, options.backbone_steps, options.steps)
