"""How the answers to train_epoch.py are put to the test."""

import numpy as np
import torch
from torch import nn

from course_lib.exercises.l07_pet_trimap_project.shared import how_many
from course_lib.masks import IGNORE_INDEX


def observe_train_epoch(answer, brightness, targets, rate):
    """Train one 1x1 convolution from grey images to two classes; its logits start as (brightness, 0)."""
    network = nn.utils.skip_init(nn.Conv2d, 1, 2, kernel_size=1)
    with torch.no_grad():
        network.weight.copy_(torch.tensor([1.0, 0.0]).view(2, 1, 1, 1))
        network.bias.zero_()
    modes = []
    network.register_forward_pre_hook(lambda module, _: modes.append(module.training))
    batches = [
        (torch.tensor(grey, dtype=torch.float32).unsqueeze(1), torch.tensor(ids))
        for grey, ids in zip(brightness, targets, strict=True)
    ]  # (B, 1, H, W), (B, H, W)
    network.eval()
    loss = answer(network, batches, torch.optim.SGD(network.parameters(), lr=rate))
    if loss is None:
        return None
    return {
        "forward passes in training mode": how_many(modes) if modes else "none",
        "the mean loss": loss.tolist() if isinstance(loss, torch.Tensor) else loss,
        "the weights after the epoch": network.weight.flatten().tolist(),
        "the biases after the epoch": network.bias.tolist(),
        "the loss that came back still needs a gradient": bool(getattr(loss, "requires_grad", False)),
    }


def draw_train_epoch(rng):
    height, width = (int(side) for side in rng.integers(1, 4, size=2))
    sizes = [3] * int(rng.integers(1, 3)) + [int(rng.integers(1, 4))]
    brightness, targets = [], []
    for size in sizes:
        ids = rng.integers(0, 2, size=(size, height, width))
        ids[rng.random(ids.shape) < 0.15] = IGNORE_INDEX
        ids[0, 0, 0] = rng.integers(2)  # at least one pixel counts
        brightness.append(np.round(rng.normal(0, 2, size=ids.shape), 1).tolist())
        targets.append(ids.tolist())
    return brightness, targets, 0.5
