"""The training of lesson 07, in which a bug can be planted."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_lib.data.transforms import normalize, to_tensors
from course_lib.models import create_model
from experiments.shared.data import PetSets
from experiments.shared.setting import Setting
from experiments.shared.training import on_device, score

SIZE = 64
EPOCHS = 12
BATCH = 8
STEPS = 360  # over all epochs
WIDTHS = (16, 32, 64, 96, 96)

Batch = tuple[Tensor, Tensor]
Pairing = Callable[[Tensor, Tensor, torch.Generator], Batch]


def train(
    setting: Setting,
    pets: PetSets,
    *,
    pairing: Pairing,
    loss: Callable[[Tensor, Tensor], Tensor] = F.cross_entropy,
    zero_grad: bool = True,
    around: Callable[[nn.Module], nn.Module] = lambda model: model,
) -> tuple[nn.Module, dict[str, list[float]]]:
    """Train with a plain loop: no gradient is clipped, and the rate is constant.

    Args:
        setting: seed and device.
        pets: what to train on, and what to validate on after each epoch.
        pairing: flips a batch of images (N, 3, H, W) and targets (N, H, W) with the numbers of a generator.
        loss: of logits and targets.
        zero_grad: whether the old gradients are cleared in every step.
        around: wraps the network.

    Returns:
        The network, and the curves train_loss, miou, pet, background and border, one number per epoch.
    """
    torch.manual_seed(setting.seed)
    model = on_device(setting, around(create_model("fast-unet", widths=WIDTHS)))
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    chance = torch.Generator().manual_seed(setting.seed)
    steps = max(1, setting.steps(STEPS) // EPOCHS)
    curves: dict[str, list[float]] = {}
    for _ in range(EPOCHS):
        model.train()
        losses = []
        for images, targets in _batches(setting, pets, steps, chance):
            images, targets = pairing(images, targets, chance)
            value = loss(model(images), targets)
            if zero_grad:
                optimizer.zero_grad()
            value.backward()
            optimizer.step()
            losses.append(value.detach())
        figures = {"train_loss": float(torch.stack(losses).mean()), **score(setting, model, pets.validation)}
        for name, number in figures.items():
            curves.setdefault(name, []).append(number)
    return model, curves


def flip_together(images: Tensor, targets: Tensor, chance: torch.Generator) -> Batch:
    """Mirror half of the images, each with its mask."""
    mirrored = _half(len(images), chance).to(images.device)
    return _flip_images(images, mirrored), _flip_targets(targets, mirrored)


def flip_apart(images: Tensor, targets: Tensor, chance: torch.Generator) -> Batch:
    """Mirror half of the images, and half of the masks, each by its own draw: the bug."""
    images = _flip_images(images, _half(len(images), chance).to(images.device))
    return images, _flip_targets(targets, _half(len(targets), chance).to(targets.device))


def _batches(setting: Setting, pets: PetSets, steps: int, chance: torch.Generator) -> Iterator[Batch]:
    for _ in range(steps):
        chosen = torch.randperm(len(pets.train), generator=chance)[:BATCH].numpy()
        images, masks = to_tensors(*pets.train.take(chosen))
        yield normalize(images.to(setting.device)), masks.to(setting.device).long()


def _half(count: int, chance: torch.Generator) -> Tensor:
    return torch.rand(count, generator=chance) < 0.5


def _flip_images(images: Tensor, mirrored: Tensor) -> Tensor:
    return torch.where(mirrored[:, None, None, None], images.flip(-1), images)


def _flip_targets(targets: Tensor, mirrored: Tensor) -> Tensor:
    return torch.where(mirrored[:, None, None], targets.flip(-1), targets)
