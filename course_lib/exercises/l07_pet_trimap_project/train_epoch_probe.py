"""How the answers to train_epoch.py are put to the test."""

import numpy as np
import torch
from torch import nn

from course_lib.exercises.l07_pet_trimap_project.shared import how_many
from course_lib.masks import IGNORE_INDEX


def observe_train_epoch(answer, brightness, targets, rate):
    """Train one 1x1 convolution from grey images to two classes; its logits start as (brightness, 0).

    It is handed over as others left it: in evaluation mode, and with old gradients.
    """
    network = nn.utils.skip_init(nn.Conv2d, 1, 2, kernel_size=1)
    with torch.no_grad():
        network.weight.copy_(torch.tensor([1.0, 0.0]).view(2, 1, 1, 1))
        network.bias.zero_()
    for parameter in network.parameters():
        parameter.grad = torch.ones_like(parameter)
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
        "the loss that you return still needs a gradient": bool(getattr(loss, "requires_grad", False)),
    }


KINDS = (
    "usual",
    "one batch",
    "one image",
    "batches of three and one",
    "square",
    "as many images as rows",
    "one pixel",
    "void",
    "one class",
    "hundreds apart",
    "thousands apart",
)


def draw_train_epoch(rng, kind):
    """Draw the brightness and the targets of usually three batches, the last of them smaller, and a rate."""
    height, width = (int(side) for side in rng.choice([1, 2, 4], 2, replace=False))
    height, width = {"square": (width, width), "one pixel": (1, 1)}.get(kind, (height, width))
    sizes = {
        "one batch": [3],
        "one image": [1],
        "batches of three and one": [3, 1],
        "as many images as rows": [height, height],
        "hundreds apart": [3],
        "thousands apart": [3],
    }.get(kind, [3, 3, 2])
    spread = {"hundreds apart": 200.0, "thousands apart": 1000.0}.get(kind)
    classes = 1 if kind == "one class" else 2
    brightness, targets = [], []
    for size in sizes:
        ids = rng.integers(0, classes, size=(size, height, width))
        grey = np.round(rng.normal(0, 2, size=ids.shape), 1)
        if spread:
            grey = rng.choice([-spread, spread], size=ids.shape)
        ids[rng.random(ids.shape) < (0.5 if kind == "void" else 0.15)] = IGNORE_INDEX
        # At least one pixel counts, and is sure and wrong where the logits are far apart.
        ids[0, 0, 0] = grey[0, 0, 0] > 0 if spread else rng.integers(classes)
        brightness.append(grey.tolist())
        targets.append(ids.tolist())
    return brightness, targets, 0.5
