"""How the answers to mask_head.py are put to the test."""

import numpy as np
import torch
from torch import nn

from course_lib.exercises.known_weights import middle, set_known_weights

_DEFAULTS = (256, 3, 256)  # of in_channels, num_classes and width


@torch.enable_grad()  # whatever mode the kernel is in
def probe_head(answer, rois, num_classes, width):
    """Build the head for these RoIs, run it, and return the facts about it that do not hang on names.

    A head of the usual size has 2.6 million weights. It is built without any values ("meta"), so that a check answers
    at once: sizes and counts need none, and what the head computes shows in the narrow ones.
    """
    sizes = rois.shape[1], num_classes, width
    usual = sizes == _DEFAULTS
    with torch.device("meta" if usual else "cpu"):
        head = answer() if usual else answer(*sizes)
        logits = head(rois.to("meta") if usual else rois)
    if logits is None:
        raise TypeError("forward returned nothing (None): it ends in `return` and the logits")
    seen = set(head.modules())
    lists = [each for each in vars(head).values() if isinstance(each, list | tuple)]
    unseen = sum(isinstance(layer, nn.Module) and layer not in seen for each in lists for layer in each)
    facts = {
        "the number of layers in a plain list, where torch does not see them (nn.ModuleList)": unseen,
        f"the shape of the logits for RoIs of shape {tuple(rois.shape)}": str(tuple(logits.shape)),
        "the number of weights and biases": sum(weight.numel() for weight in head.parameters()),
    }
    return facts if usual else facts | _behaviour(head, rois, logits, width)


def _behaviour(head, rois, logits, width):
    """Return which weights learn, and what the head computes if its weights are known."""
    if logits.requires_grad:
        logits.square().sum().backward()
    without_gradient = sum(weight.grad is None for weight in head.parameters())
    with torch.no_grad():
        set_known_weights(head, 1 / (9 * width))
        known = head(rois)
    return {
        "the number of weight tensors that get no gradient": without_gradient,
        "the middle pixel's logits for known weights": middle(known),
    }


def known_logits(first, num_classes):
    """Return the middle pixel's logits for features of 1.

    Weights are 1 / (9 * width); of four biases the first is -4, the others are 1. The first convolution adds up to
    ``first``. A ReLU leaves three of four channels, so each layer behind it adds up to 3/4 of a channel, and to 1/9
    of that where a single weight instead of nine reaches a pixel.
    """
    features = first + 1
    for _ in range(3):
        features = 0.75 * features + 1
    features = 0.75 / 9 * features + 1
    logit = 0.75 / 9 * features
    return [logit + (1, -4)[class_id % 4 == 0] for class_id in range(num_classes)]


ROIS = ("usual", "one RoI", "three RoIs", "one channel", "narrow", "one class")


def draw_rois(rng, kind):
    """Draw positive features of few channels, always another number than the head's width, and some classes."""
    count = {"one RoI": 1, "three RoIs": 3}.get(kind, 2)
    channels = 1 if kind == "one channel" else int(rng.choice([3, 5, 6]))
    width = 4 if kind == "narrow" else 8
    rois = rng.integers(1, 17, (count, channels, 14, 14)).astype(np.float32) / 16
    return torch.from_numpy(rois), 1 if kind == "one class" else int(rng.integers(4, 7)), width
