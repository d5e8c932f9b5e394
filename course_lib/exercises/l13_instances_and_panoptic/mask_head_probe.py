"""How the answers to mask_head.py are put to the test."""

import numpy as np
import torch
from torch import nn


@torch.enable_grad()  # whatever mode the kernel is in
def probe_head(answer, rois, num_classes, width):
    """Build the head for these RoIs, run it, and return the facts about it that do not hang on names."""
    head = answer(rois.shape[1], num_classes, width)
    seen, lists = (
        set(head.modules()),
        [each for each in vars(head).values() if isinstance(each, list | tuple)],
    )
    unseen = sum(isinstance(layer, nn.Module) and layer not in seen for each in lists for layer in each)
    small = head(rois[..., :9, :9])
    if small.requires_grad:
        small.square().sum().backward()
    without_gradient = sum(weight.grad is None for weight in head.parameters())
    with torch.no_grad():
        shape = tuple(head(rois).shape)
        set_means(head)
        known = head(rois)
    return {
        "the number of layers in a plain list, where torch does not see them (nn.ModuleList)": unseen,
        f"the shape of the logits for RoIs of shape {tuple(rois.shape)}": str(shape),
        "the number of weights and biases": sum(weight.numel() for weight in head.parameters()),
        "the number of weight tensors that get no gradient": without_gradient,
        "the middle pixel's logits for known weights (is each ReLU in its place?)": known[
            0, :, known.shape[-2] // 2, known.shape[-1] // 2
        ].tolist(),
    }


def set_means(head):
    """Let every layer take means: bias 0, weights 1 / inputs, but -1 / inputs for every fourth channel it gives.

    The transposed convolution has them for every second channel, so that its ReLU is told from the others.
    """
    for weight in head.parameters():
        weight.zero_()
        if weight.ndim == 4:
            transposed = weight.shape[2] == 2
            channels = weight.transpose(0, 1) if transposed else weight
            channels += 1 / (weight.shape[0] if transposed else weight[0].numel())
            channels[3 :: 2 if transposed else 4] *= -1


def draw_rois(rng):
    """Draw positive features of few channels, always another number than the head's width, and 4 to 6 classes."""
    count, channels, width = int(rng.integers(1, 3)), int(rng.choice([3, 5, 6])), int(rng.choice([4, 8]))
    rois = rng.integers(1, 17, (count, channels, 14, 14)).astype(np.float32) / 16
    return torch.from_numpy(rois), int(rng.integers(4, 7)), width
