"""How the answers to evaluate.py are put to the test."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from course_lib.exercises.l07_pet_trimap_project.shared import how_many
from course_lib.masks import IGNORE_INDEX


class Echo(nn.Module):
    """A network that answers with its input, in training mode with the classes moved on by one."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(()))

    def forward(self, images):
        return self.scale * (images.roll(1, dims=1) if self.training else images)


def observe_evaluate(answer, predictions, targets, num_classes):
    """Evaluate a network that predicts just these ids, because its images hold their logits."""
    batches = [
        (F.one_hot(torch.tensor(ids), num_classes).permute(0, 3, 1, 2).float(), torch.tensor(true))
        for ids, true in zip(predictions, targets, strict=True)
    ]  # (B, C, H, W), (B, H, W)
    network, modes, gradients = Echo(), [], []

    def look(module, _):
        modes.append(not module.training)
        gradients.append(torch.is_grad_enabled())

    network.register_forward_pre_hook(look)
    network.train()
    scores = answer(network, batches, num_classes)
    if scores is None:
        return None
    return {
        "forward passes in evaluation mode": how_many(modes) if modes else "none",
        "forward passes with gradients": how_many(gradients) if gradients else "none",
        "the IoU of each class": scores.tolist() if hasattr(scores, "tolist") else scores,
    }


KINDS = (
    "usual",
    "one batch",
    "one image",
    "batches of three and one",
    "a class is absent",
    "a class is only predicted",
    "a class is never predicted",
    "as many images as classes",
    "square",
    "one pixel",
    "void",
    "nothing but void",
)


def draw_evaluate(rng, kind):
    """Draw the predicted ids of usually three batches, the last of them smaller, the true ids, and how many classes."""
    classes = int(rng.integers(3, 5))
    height, width = (int(side) for side in rng.choice([2, 3, 5], 2, replace=False))
    height, width = {"square": (width, width), "one pixel": (1, 1)}.get(kind, (height, width))
    sizes = {
        "one batch": [3],
        "one image": [1],
        "batches of three and one": [3, 1],
        "as many images as classes": [classes, 1],
    }.get(kind, [3, 2, 1])
    last = classes - 1
    true_classes = last if kind in ("a class is absent", "a class is only predicted") else classes
    predicted_classes = last if kind in ("a class is absent", "a class is never predicted") else classes
    void = {"void": 0.6, "nothing but void": 1.0}.get(kind, 0.15)
    predictions, targets = [], []
    for size in sizes:
        true = rng.integers(0, true_classes, (size, height, width))
        predicted = np.where(
            rng.random(true.shape) < 0.65, true, rng.integers(0, predicted_classes, true.shape)
        )
        predictions.append(np.minimum(predicted, predicted_classes - 1).tolist())
        targets.append(np.where(rng.random(true.shape) < void, IGNORE_INDEX, true).tolist())
    return predictions, targets, classes
