"""How the answers to bilinear_up.py are put to the test."""

import torch
from torch import nn

from course_lib.exercises.l09_upsampling_and_fcn.shared import quarters


@torch.enable_grad()  # whatever mode the kernel is in
def probe_upsampling(answer, features, out_channels):
    """Build the layer for these features, and look at what depends neither on names nor on how it is built."""
    channels = features.shape[1]
    layer = answer(channels, out_channels)
    if getattr(type(layer), "forward", None) is nn.Module.forward:
        raise TypeError("got a class without forward, expected def forward(self, features) below __init__")
    result = layer(features)
    if result is None:
        raise TypeError("got nothing (None) from forward, expected a tensor: end it with return")
    if not list(layer.parameters()):
        return {"the number of weights and biases": 0}  # and its values are random
    with torch.no_grad():
        for parameter in layer.parameters():
            is_bias = parameter.numel() < 9  # a kernel has nine weights at least, whatever its axes
            parameter.fill_(-1.0 if is_bias else 1 / (9 * channels))
        known = layer(features)
    return {
        f"the shape for features of shape {tuple(features.shape)}": str(tuple(result.shape)),
        "the number of weights and biases": sum(weight.numel() for weight in layer.parameters()),
        "the first channel of the last image, for known weights": known[-1, 0].tolist(),
    }


KINDS = ("usual", "one image", "square", "one channel", "one output", "sizes alike", "one pixel")


def draw_features(rng, kind):
    """Draw the features of usually three images, and a number of output channels."""
    height, width = (int(side) for side in rng.choice([2, 3, 4], 2, replace=False))
    height, width = {"square": (height, height), "one pixel": (1, 1)}.get(kind, (height, width))
    channels = {"one channel": 1, "sizes alike": height}.get(kind) or int(rng.integers(2, 4))
    outputs = {"one output": 1, "sizes alike": height}.get(kind) or int(rng.integers(2, 5))
    return quarters(rng, 1 if kind == "one image" else 3, channels, height, width), outputs
