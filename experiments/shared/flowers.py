"""The flowers of lesson 05, and its plain training step."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import Optimizer

from course_lib.metrics import ConfusionMatrix
from course_lib.models import UNet
from course_lib.models.skips import Skip
from experiments.shared.setting import Setting

SIDE = 64
LOSS_OF = 5  # steps that a point of the curve averages
Pictures = tuple[Tensor, Tensor]


def draw_flowers(setting: Setting, count: int, seed: int) -> Pictures:
    """Return images, float32 (N, 3, H, W) from about -1 to 1, and ids of flower, background, border (N, H, W).

    Blades of grass have the colour of the petals, and the border is two pixels wide.
    """
    count = setting.images(count)
    rng = np.random.default_rng(seed)
    row, column = np.mgrid[:SIDE, :SIDE]
    images, flowers = np.empty((count, SIDE, SIDE, 3)), np.zeros((count, SIDE, SIDE), bool)
    for image, flower in zip(images, flowers, strict=True):
        petals = rng.uniform((0.5, 0.1, 0.2), (1.0, 0.6, 0.9))
        image[:] = rng.uniform((0.1, 0.3, 0.1), (0.5, 0.9, 0.5))
        for y, x, turn in rng.uniform((0, 0, 0), (SIDE, SIDE, 3.14), (6, 3)):
            blade = (row - y) * np.cos(turn) + (column - x) * np.sin(turn)
            image[np.abs(blade) < 1.2] = petals
        for y, x, radius in rng.uniform((0, 0, 7), (SIDE, SIDE, 13), (3, 3)):
            distance, angle = np.hypot(row - y, column - x), np.arctan2(row - y, column - x)
            flower |= distance < radius * (1 + 0.45 * np.cos(rng.integers(3, 7) * angle + rng.uniform(0, 6)))
        image[flower] = petals
    images += rng.normal(0, 0.06, images.shape)
    pictures = torch.from_numpy(2 * images - 1).float().permute(0, 3, 1, 2)  # (N, 3, H, W)
    return pictures.to(setting.device), _with_border(flowers).to(setting.device)


def _with_border(flowers: np.ndarray) -> Tensor:
    """Turn masks (N, H, W) into ids, with a border where flower and background are both within a pixel."""
    flower = torch.from_numpy(flowers).float().unsqueeze(1)  # (N, 1, H, W)
    near_both = F.max_pool2d(flower, 3, 1, 1) + F.max_pool2d(-flower, 3, 1, 1)
    return torch.where(near_both > 0, 2, torch.where(flower > 0, 0, 1)).squeeze(1)


def new_unet(setting: Setting, skip: Skip) -> nn.Module:
    """Return lesson 05's U-Net with three poolings and this kind of skip, on the setting's device."""
    torch.manual_seed(setting.seed)
    return UNet(in_channels=3, num_classes=3, widths=(8, 16, 32, 64), skip=skip).to(setting.device)


def train(
    setting: Setting,
    model: nn.Module,
    optimizer: Optimizer,
    pictures: Pictures,
    steps: int,
    *,
    falling: bool = True,
    zero_grad: bool = True,
) -> list[float]:
    """Train in place on 16 pictures per step, and return the mean loss of every five steps.

    Args:
        falling: whether the rate falls to a hundredth along a line.
        zero_grad: whether the old gradients are cleared in every step.
    """
    images, targets = pictures
    steps = setting.steps(steps)
    chance = torch.Generator().manual_seed(setting.seed)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.01 if falling else 1.0, steps)
    losses = []
    model.train()
    for _ in range(steps):
        batch = torch.randint(len(images), (16,), generator=chance).to(setting.device)
        loss = F.cross_entropy(model(images[batch]), targets[batch])
        if zero_grad:
            optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        losses.append(loss.detach())
    return [float(torch.stack(losses[at : at + LOSS_OF]).mean()) for at in range(0, steps, LOSS_OF)]


@torch.no_grad()
def score(model: nn.Module, pictures: Pictures) -> dict[str, float]:
    """Return mIoU and the IoU of each class, pooled over the pictures."""
    images, targets = pictures
    matrix = ConfusionMatrix(num_classes=3)
    matrix.update(model.eval()(images).argmax(dim=1), targets)
    flower, background, border = (float(value) for value in matrix.iou())
    return {"miou": float(matrix.mean_iou()), "flower": flower, "background": background, "border": border}
