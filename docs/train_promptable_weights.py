"""Train the promptable segmenter and the query head of lesson 14 on drawn scenes.

    OMP_NUM_THREADS=1 python docs/train_promptable_weights.py

Draws 3,000 scenes that no lesson shows, trains both heads on one encoder for some 20 minutes on one core, and writes
`promptable.npz` into course_lib/models/weights. `docs/measure_promptable.py` says what the network can do.

The weights in the repository were made by two runs in a row, which together took the steps of this schedule; the second
began with the weights of the first. One run from the beginning to the end gives other weights: measure them.
"""

import argparse
import itertools
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from scipy.optimize import linear_sum_assignment
from torch import Tensor

from course_lib.data.pocket_pets.scene import PocketScene, draw_scene_of_pets
from course_lib.models.promptable import (
    BACKGROUND,
    BOTTOM_RIGHT,
    CLASSES,
    FOREGROUND,
    PADDING,
    SIZE,
    TOP_LEFT,
    WEIGHTS,
    PromptableNet,
)
from course_lib.models.stored import save_small
from course_lib.training.optimizers import build_optimizer
from course_lib.training.schedules import warmup_cosine

SEED = 1_000_014
BATCH = 12
PROMPTS = 6  # per image
TURN, STEPS, COSINE = 1100, 1350, 2400  # steps, see `rate`
SMALLEST = 24  # pixels: smaller things are not asked for
JITTER = 0.1  # of a box's sides
PERMUTATIONS = torch.tensor(list(itertools.permutations(range(3))))  # (6, 3)


@dataclass
class Truth:
    """One scene as the training needs it: its image, all things that a point may mean, and all its segments."""

    image: np.ndarray  # uint8 (H, W, 3)
    things: np.ndarray  # bool (K, 3, H, W): of each pet its head, the pet, and all pets
    valid: np.ndarray  # bool (K, 3): those that are there and not the same as another
    segments: np.ndarray  # bool (S, H, W)
    classes: np.ndarray  # int64 (S,)


def truth_of(scene: PocketScene) -> Truth:
    """Collect the targets of a scene."""
    pets, heads = scene.masks, scene.heads
    everyone = np.broadcast_to(pets.any(axis=0), pets.shape)
    things = np.stack([heads, pets, everyone], axis=1)
    sizes = things.sum(axis=(2, 3))
    valid = sizes >= SMALLEST
    valid[:, 0] &= sizes[:, 0] < 0.8 * sizes[:, 1]
    valid[:, 2] &= sizes[:, 1] < 0.8 * sizes[:, 2]
    stuff = [c for c in range(3) if (scene.semantic == c).sum() >= SMALLEST]
    segments = np.concatenate([np.stack([scene.semantic == c for c in stuff]), pets])
    return Truth(scene.image, things, valid, segments, np.array([*stuff, *scene.labels]))


def draw_truths(count: int, seed: int) -> list[Truth]:
    """Draw scenes with at least one pet."""
    truths: list[Truth] = []
    numbers = itertools.count()
    while len(truths) < count:
        rng = np.random.default_rng([seed, next(numbers)])
        scene = draw_scene_of_pets(rng, SIZE, int(rng.choice([1, 2, 3, 4], p=[0.2, 0.35, 0.3, 0.15])))
        if len(scene.labels):
            truths.append(truth_of(scene))
    return truths


def a_point(rng: np.random.Generator, mask: np.ndarray) -> tuple[float, float]:
    """Return a random pixel of a mask: x and y as shares of the image."""
    rows, columns = np.nonzero(mask)
    chosen = rng.integers(len(rows))
    return (columns[chosen] + 0.5) / mask.shape[1], (rows[chosen] + 0.5) / mask.shape[0]


def a_box(rng: np.random.Generator, mask: np.ndarray, jitter: float = JITTER) -> list[tuple[float, float]]:
    """Return two corners around a mask, moved by up to ``jitter`` of its sides."""
    rows, columns = np.nonzero(mask)
    low, high = np.array([columns.min(), rows.min()]), np.array([columns.max() + 1, rows.max() + 1])
    moved = np.stack([low, high]) + rng.uniform(-jitter, jitter, (2, 2)) * (high - low)
    return (moved / mask.shape[::-1]).clip(0, 1).tolist()


def a_prompt(
    rng: np.random.Generator, truth: Truth
) -> tuple[list[tuple[float, float]], list[int], np.ndarray, np.ndarray]:
    """Return a prompt's places and kinds, its targets (3, H, W) and which of them count (3,)."""
    pet = rng.integers(len(truth.things))
    if not truth.valid[pet, 1]:
        pet = int(truth.valid[:, 1].argmax())
    things, valid = truth.things[pet], truth.valid[pet]
    kind = rng.choice(["point", "box", "two points"], p=[0.5, 0.25, 0.25])
    if kind == "point":
        inside = things[0] if valid[0] and rng.random() < 0.35 else things[1]
        point = a_point(rng, inside)
        x, y = int(point[0] * SIZE[1]), int(point[1] * SIZE[0])
        return [point, (0.0, 0.0)], [FOREGROUND, PADDING], things, valid & things[:, y, x]
    level = int(rng.choice(np.flatnonzero(valid)))
    only = np.arange(3) == level
    if kind == "box":
        return a_box(rng, things[level]), [TOP_LEFT, BOTTOM_RIGHT], things, only
    outside = things[level + 1 :].any(axis=0) & ~things[level] if level < 2 else ~things[2]
    if level == 2 or (rng.random() < 0.4 and level == 0):
        second, label = (things[2] & ~things[1], FOREGROUND) if level == 2 else (outside, BACKGROUND)
    else:
        second, label = (outside if outside.any() else ~things[level]), BACKGROUND
    if not second.any():
        second, label = ~things[level], BACKGROUND
    first = things[1] if level == 2 else things[level]
    return [a_point(rng, first), a_point(rng, second)], [FOREGROUND, label], things, only


def half(masks: np.ndarray) -> Tensor:
    """Shrink masks (..., H, W) to the share of each 2x2 block, (..., H/2, W/2)."""
    pixels = torch.from_numpy(np.ascontiguousarray(masks)).float().flatten(0, -3)[:, None]
    return F.avg_pool2d(pixels, 2)[:, 0].unflatten(0, masks.shape[:-2])


def pair_losses(logits: Tensor, targets: Tensor) -> Tensor:
    """Return cross-entropy + Dice loss of every mask (N, M, P) with every target (N, T, P), as (N, M, T)."""
    pixels = logits.shape[-1]
    crossed = (F.softplus(logits).sum(-1)[:, :, None] - logits @ targets.mT) / pixels
    chances = logits.sigmoid()
    sizes = chances.sum(-1)[:, :, None] + targets.sum(-1)[:, None]
    return 5 * crossed + 1 - (2 * chances @ targets.mT + 1) / (sizes + 1)


def prompt_loss(logits: Tensor, expected: Tensor, targets: Tensor, valid: Tensor) -> tuple[Tensor, Tensor]:
    """Match the three masks to the things that the point may mean, at the least cost; train the expected IoU.

    Returns:
        The loss, and the IoU of each mask with the nearest of the valid things, (N, 3).
    """
    logits, targets = logits.flatten(2), targets.flatten(2)
    losses = pair_losses(logits, targets) * valid[:, None]  # (N, mask, thing)
    with torch.no_grad():
        total = torch.stack([losses[:, p, torch.arange(3)].sum(-1) for p in PERMUTATIONS], dim=1)  # (N, 6)
        best = PERMUTATIONS[total.argmin(1)]  # (N, thing): the mask of each
        on = (logits > 0).float()
        both = on @ targets.mT
        ious = both / (on.sum(-1)[:, :, None] + targets.sum(-1)[:, None] - both).clamp(min=1)
        actual = (ious * valid[:, None]).amax(-1)
    matched = losses.gather(1, best[:, None]).squeeze(1)  # (N, thing)
    return matched.sum() / valid.sum() + F.mse_loss(expected, actual), actual


def query_loss(masks: Tensor, classes: Tensor, truths: Sequence[Truth]) -> Tensor:
    """Match queries to segments with the Hungarian algorithm; the rest learns to say "no segment"."""
    weight = torch.ones(CLASSES + 1)
    weight[-1] = 0.2
    loss = torch.zeros(())
    wanted = torch.full(classes.shape[:2], CLASSES)
    for n, truth in enumerate(truths):
        pairs = pair_losses(masks[n : n + 1].flatten(2), half(truth.segments).flatten(1)[None])[0]
        named = torch.from_numpy(truth.classes)
        cost = pairs.detach() - classes[n].detach().softmax(-1)[:, named]
        rows, columns = linear_sum_assignment(cost.numpy())
        loss = loss + pairs[rows, columns].mean()
        wanted[n, rows] = named[columns]
    return loss / len(truths) + 0.5 * F.cross_entropy(classes.flatten(0, 1), wanted.flatten(), weight=weight)


def batch_of(truths: Sequence[Truth]) -> Tensor:
    """Images (N, 3, H, W) in 0..1."""
    return torch.from_numpy(np.stack([truth.image for truth in truths])).permute(0, 3, 1, 2).float() / 255


def mirrored(truth: Truth) -> Truth:
    """Turn left and right round."""
    return Truth(
        truth.image[:, ::-1], truth.things[..., ::-1], truth.valid, truth.segments[..., ::-1], truth.classes
    )


def rate(step: int) -> float:
    """Return the share of the learning rate: the beginning of a long cosine, then straight down to 0."""
    if step < TURN:
        return warmup_cosine(step / COSINE)
    return warmup_cosine(TURN / COSINE) * (STEPS - step) / (STEPS - TURN)


def train(truths: Sequence[Truth], steps: int) -> PromptableNet:
    """Train both heads together."""
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    model = PromptableNet()
    optimizer = build_optimizer("muon", model, lr=0.012, weight_decay=0.05)
    start = time.process_time()
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = group["base_lr"] * rate(step)
        chosen = [truths[n] for n in rng.integers(0, len(truths), BATCH)]
        chosen = [mirrored(truth) if rng.random() < 0.5 else truth for truth in chosen]
        asked = [a_prompt(rng, truth) for truth in chosen for _ in range(PROMPTS)]
        places, kinds, things, valid = (np.array(part) for part in zip(*asked, strict=True))
        bright = torch.from_numpy(rng.uniform(0.8, 1.2, (BATCH, 3, 1, 1)).astype("float32"))
        encoded = model.encode((batch_of(chosen) * bright).clamp(0, 1))
        repeated = encoded.repeated(torch.arange(BATCH).repeat_interleave(PROMPTS))
        logits, expected = model.ask(repeated, torch.from_numpy(places).float(), torch.from_numpy(kinds))
        prompted, actual = prompt_loss(logits, expected, half(things), torch.from_numpy(valid))
        queried = query_loss(*model.all_segments(encoded), chosen)
        optimizer.zero_grad()
        (prompted + queried).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        if (step + 1) % 25 == 0:
            print(
                f"step {step + 1} of {steps}: prompts {prompted:.3f}, best of three IoU {actual.amax(1).mean():.2f}, "
                f"queries {queried:.3f}, {(time.process_time() - start) / 60:.1f} minutes of computing", flush=True,
            )  # fmt: skip
    return model.eval()


def main() -> None:
    """Draw, train, write, measure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--scenes", type=int, default=3000)
    options = parser.parse_args()
    truths = draw_truths(options.scenes, SEED)
    print(f"{len(truths)} scenes drawn", flush=True)
    model = train(truths, options.steps)
    save_small(WEIGHTS, model.state_dict())
    print(f"{WEIGHTS.name}: {WEIGHTS.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
