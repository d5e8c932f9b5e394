"""Each added skip brings an FCN's outlines closer to the pet.

FCN-32s, 16s and 8s share an encoder, and differ in how many finer scores are added. One more FCN-8s doubles its scores
with transposed convolutions of kernel 3 that start with random weights, which leaves a ripple.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_lib.data.pocket_pets import draw_pet
from course_lib.masks import PET_CLASSES
from course_lib.metrics import ConfusionMatrix
from course_lib.models import FCN
from experiments.shared.setting import Figures, Outcome, Setting

MINUTES = 2
CHEAP = None
SIDE = 96
RATE = 0.005
STEPS = 120
WIDTHS = (16, 32, 64, 128, 128)

Pictures = tuple[Tensor, Tensor]


def run(setting: Setting) -> Outcome:
    """Train lesson 09's networks for its 120 steps, and score them on 48 other pictures."""
    outcome = Outcome("fcn_skips", setting)
    training, test = draw_pets(setting, 192, seed=0), draw_pets(setting, 48, seed=1)
    for arm, (skips, doubling) in ARMS.items():
        torch.manual_seed(setting.seed)
        model = FCN(widths=WIDTHS, skips=skips)
        if doubling is not None:
            model.doublings = nn.ModuleList(doubling() for _ in range(skips))
        model.to(setting.device)
        before = ripple(model)
        train(setting, model, training)
        weights = sum(parameter.numel() for parameter in model.parameters())
        figures = {"parameters": weights, "ripple_before": before, "ripple_after": ripple(model)}
        outcome.add(arm, score(model, test) | figures)
    return outcome


def holds(figure: Figures) -> dict[str, bool]:
    """Return what the claim says, and whether the figures say it as well."""
    return {
        "the first skip helps": figure["16s.miou"] > figure["32s.miou"] + 0.02,
        "the second skip helps": figure["8s.miou"] > figure["16s.miou"] + 0.02,
        "kernel 3 ripples after training": figure["kernel_3.ripple_after"] > 0.1,
    }


ARMS: dict[str, tuple[int, Callable[[], nn.Module] | None]] = {
    "32s": (0, None),
    "16s": (1, None),
    "8s": (2, None),
    "kernel_3": (2, lambda: nn.ConvTranspose2d(3, 3, 3, stride=2, padding=1, output_padding=1)),
}
"""How many skips each network has, and what doubles its scores; None is the library's own layer."""


def draw_pets(setting: Setting, count: int, seed: int) -> Pictures:
    """Return images, float32 (N, 3, H, W) from -1 to 1, and ids of ``PET_CLASSES`` (N, H, W)."""
    numbers = range(setting.images(count))
    pets = [draw_pet(np.random.default_rng([seed, number]), (SIDE, SIDE)) for number in numbers]
    images = torch.from_numpy(np.stack([pet.image for pet in pets])).float().permute(0, 3, 1, 2) / 127.5 - 1
    targets = torch.from_numpy(np.stack([pet.trimap for pet in pets])).long() - 1
    return images.to(setting.device), targets.to(setting.device)


def train(setting: Setting, model: nn.Module, pictures: Pictures) -> None:
    """Train in place, on 16 pictures per step, every second batch mirrored."""
    images, targets = pictures
    chance = torch.Generator().manual_seed(setting.seed)
    optimizer = torch.optim.Adam(model.parameters(), lr=RATE)
    steps = setting.steps(STEPS)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps)
    model.train()
    for step in range(steps):
        batch = torch.randint(len(images), (16,), generator=chance).to(setting.device)
        pixels, true = images[batch], targets[batch]
        if step % 2:
            pixels, true = pixels.flip(3), true.flip(2)
        loss = F.cross_entropy(model(pixels), true)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    model.eval()


@torch.no_grad()
def score(model: nn.Module, pictures: Pictures) -> dict[str, float]:
    """Return mIoU and the IoU of each class."""
    matrix = ConfusionMatrix(num_classes=len(PET_CLASSES))
    matrix.update(model(pictures[0]).argmax(dim=1), pictures[1])
    return {"miou": float(matrix.mean_iou())} | {
        name: float(iou) for name, iou in zip(PET_CLASSES, matrix.iou(), strict=True)
    }


@torch.no_grad()
def ripple(model: FCN) -> float:
    """Return how uneven the last doubling makes an even map, as a share of the change that the map itself makes.

    The map is 1 in one channel and 0 in the others, and the output is compared with that for a map of zeros, so that a
    bias does not count. The deviation over the pixels inside is divided by the mean size of the values; both are
    averaged over the channels. Without a doubling it is 0.
    """
    if not len(model.doublings):
        return 0.0
    double = model.doublings[-1]
    device = next(model.parameters()).device
    even = torch.eye(3, device=device)[:, :, None, None].expand(3, 3, 12, 12)
    inside = (double(even) - double(torch.zeros_like(even)))[..., 4:-4, 4:-4]  # (3, 3, 16, 16)
    return float(inside.std(dim=(2, 3)).mean() / inside.abs().mean())
