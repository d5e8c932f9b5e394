"""How the answers to train_step.py are put to the test."""

import warnings

import numpy as np
import torch
from torch import nn

from course_lib.checking.exercise import by_kind
from course_lib.exercises.l05_tiny_unet.shared import as_list, quarters


class _Pixelwise(nn.Conv2d):
    """A 1x1 convolution that starts at 0, and remembers in which mode it was called."""

    def __init__(self, in_channels, num_classes):
        super().__init__(in_channels, num_classes, kernel_size=1)
        nn.init.zeros_(self.weight)
        nn.init.zeros_(self.bias)
        self.modes = []

    def forward(self, images):
        self.modes.append(self.training)
        return super().forward(images)


@torch.enable_grad()  # whatever mode the kernel is in
def watch_training(answer, images, targets):
    """Take two steps with the learner's function, from weights of 0, with plain gradient descent of rate 1.

    The model is handed over as others left it: in evaluation mode, and with old gradients.
    """
    model = _Pixelwise(images.shape[1], num_classes=3)
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    model.eval()
    model.weight.grad, model.bias.grad = torch.ones_like(model.weight), torch.ones_like(model.bias)
    losses, weights, biases = [], [], []
    for _ in range(2):
        with warnings.catch_warnings():
            warnings.filterwarnings(
                "ignore", message="Converting a tensor with requires_grad"
            )  # float(loss) is fine
            losses.append(answer(model, optimizer, images, targets))
        weights.append(model.weight.detach().flatten(1).tolist())
        biases.append(model.bias.tolist())
    return {
        "the model in training mode during the step": bool(model.modes) and all(model.modes),
        "the loss as a plain number, without a graph behind it": isinstance(losses[0], (float, np.floating)),
        "the loss of the first step": as_list(losses[0]),
        "the weights after the first step": weights[0],
        "the biases after the first step": biases[0],
        "the loss of the second step": as_list(losses[1]),
        "the weights after the second step": weights[1],
        "the biases after the second step": biases[1],
    }


def _draw_batch(rng, kind):
    """Draw a batch of at least two pixels, so that their sum is not their mean."""
    count = {"one image": 1, "three images": 3}.get(kind, 2)
    channels = 1 if kind == "one channel" else 2
    height, width = (
        int(side) for side in rng.choice([7, 8] if kind == "large" else [1, 2, 3], 2, replace=False)
    )
    width = height if kind == "square" else width
    images = quarters(rng, count, channels, height, width) + 0.125  # never 0: every pixel has a gradient
    scale = 16 if kind == "sure and wrong" else 1  # so the second step starts from sure logits
    classes = 1 if kind == "one class" else 3
    return images * scale, torch.from_numpy(rng.integers(0, classes, (count, height, width)))


draw_cases = by_kind(
    _draw_batch,
    "usual",
    "one image",
    "three images",
    "square",
    "one channel",
    "large",
    "one class",
    "sure and wrong",
)
