"""The rare pets of lesson 08: the pictures, the training, and scores at several thresholds."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from course_lib.data.pocket_pets import draw_pet
from course_lib.models import FastUNet
from experiments.shared.setting import Setting

SIDE = 48
RATE = 0.005
THRESHOLDS = np.round(np.arange(0.02, 0.99, 0.02), 2)

Pictures = tuple[Tensor, Tensor]
LossOfBatch = Callable[[Tensor, Tensor], Tensor]


def draw_rare(setting: Setting, count: int, seed: int) -> Pictures:
    """Return images, float32 (N, 3, H, W) from -1 to 1, and ids, 0 background and 1 pet, (N, H, W).

    A small pet is in every fourth picture; the others show none.
    """
    images, targets = [], []
    for number in range(setting.images(count)):
        rng = np.random.default_rng([seed, number])
        pet = draw_pet(rng, (SIDE, SIDE), share=0 if number % 4 else 0.06)
        images.append(pet.image)
        targets.append(pet.trimap != 2)  # in the file 2 is background
    pictures = torch.from_numpy(np.stack(images)).float().permute(0, 3, 1, 2) / 127.5 - 1
    return pictures.to(setting.device), torch.from_numpy(np.stack(targets)).long().to(setting.device)


def train(
    setting: Setting, loss: LossOfBatch, pictures: Pictures, steps: int, chances: Tensor | None = None
) -> nn.Module:
    """Train lesson 08's network on 16 pictures per step, drawn with these chances, and return it."""
    images, targets = pictures
    torch.manual_seed(setting.seed)
    network = FastUNet(in_channels=3, num_classes=2, widths=(16, 32)).to(setting.device)
    chance = torch.Generator().manual_seed(setting.seed)
    chances = torch.ones(len(images)) if chances is None else chances
    optimizer = torch.optim.Adam(network.parameters(), lr=RATE)
    steps = setting.steps(steps)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps)
    network.train()
    for step in range(steps):
        batch = torch.multinomial(chances, 16, replacement=True, generator=chance).to(setting.device)
        pixels, true = images[batch], targets[batch]
        if step % 2:
            pixels, true = pixels.flip(3), true.flip(2)
        value = loss(network(pixels), true)
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        schedule.step()
    return network.eval()


def chances_of_pets(targets: Tensor, share: float = 0.7) -> Tensor:
    """Return how likely to draw each picture so that this share of those drawn shows a pet."""
    shows = targets.flatten(1).any(dim=1).cpu()
    return torch.where(shows, share / max(1, int(shows.sum())), (1 - share) / max(1, int((~shows).sum())))


@torch.no_grad()
def probability_of_pet(network: nn.Module, images: Tensor) -> Tensor:
    """Return the probability of pet in every pixel, float32 (N, H, W)."""
    return torch.cat([network(part).softmax(dim=1)[:, 1] for part in images.split(32)])


def scores_at(probability: Tensor, targets: Tensor, threshold: float) -> dict[str, float]:
    """Return IoU, precision and recall of the pet where more than ``threshold`` counts as one; 0 of nothing is 0."""
    found, true = probability > threshold, targets == 1
    both = int((found & true).sum())
    return {
        "iou": both / max(1, int((found | true).sum())),
        "precision": both / max(1, int(found.sum())),
        "recall": both / max(1, int(true.sum())),
    }


def iou_curve(probability: Tensor, targets: Tensor) -> list[float]:
    """Return the pet's IoU at each of `THRESHOLDS`."""
    return [scores_at(probability, targets, float(threshold))["iou"] for threshold in THRESHOLDS]
