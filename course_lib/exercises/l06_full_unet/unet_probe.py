"""How the answers to unet.py are put to the test."""

import numpy as np
import torch
from torch import nn

from course_lib.checking.exercise import by_kind
from course_lib.exercises.l06_full_unet.shared import (
    attempt,
    built,
    count_idle,
    count_weights,
    is_normalised,
    is_vector,
    kernels_of,
)

_WEIGHTS = "the number of weights in its kernels"
_MOST_WEIGHTS = 1_000_000  # far more than the widths that are drawn ask for


def observe_unet(answer, in_channels=None, num_classes=None, widths=None):
    """Look at what a small network does; of the one that is built by default, count the parameters.

    That one is large: it is built on the meta device, where nothing is computed. So is one first that should be small,
    because it is not if the answer takes no notice of the widths.
    """
    options = () if widths is None else (in_channels, num_classes, widths)
    with torch.random.fork_rng(devices=[]), torch.device("meta"):
        network = built(answer, *options)
    if widths is None or count_weights(network) > _MOST_WEIGHTS:
        name = "the number of weights in the kernels of UNet()" if widths is None else _WEIGHTS
        return {"torch finds all stages": not _has_hidden_stages(network), name: count_weights(network)}
    with torch.random.fork_rng(devices=[]), torch.enable_grad():
        network = built(answer, in_channels, num_classes, widths)
        if _has_hidden_stages(network):
            return {"torch finds all stages": False}
        images = torch.randn(2, in_channels, 16, 32)
        logits, went = attempt(network, images)
        facts = {"torch finds all stages": True, f"forward on {tuple(images.shape)}": went}
        if logits is None:
            return facts if went else None
        facts |= _behaviour(network, images, logits)
        return facts | _with_known_weights(
            built(answer, in_channels, num_classes, widths).eval(), in_channels
        )


def _has_hidden_stages(network):
    """Return whether layers are in plain lists, where torch finds neither them nor their parameters."""
    found = set(network.modules())
    plain = [each for each in vars(network).values() if isinstance(each, list | tuple)]
    return any(isinstance(layer, nn.Module) and layer not in found for each in plain for layer in each)


def _behaviour(network, images, logits):
    is_probability = torch.allclose(logits.float().sum(dim=1), torch.ones(()), atol=1e-4)
    facts = {
        f"the shape for {tuple(images.shape)}": tuple(logits.shape),
        _WEIGHTS: count_weights(network),
        "the logits of a pixel add up to 1": is_probability,
        "parameters that no gradient reaches": count_idle(network, logits),
        "batch norm right after each 3x3 convolution (doubled kernels change nothing in training)": is_normalised(
            network, images
        ),
    }
    with torch.no_grad():
        facts["negative logits come out"] = bool((logits < 0).any()) or _is_ever_negative(network, images)
    return facts


def _is_ever_negative(network, images):
    """Return whether a network gives negative values with some of ten weights, drawn in place."""
    for _ in range(10):
        if (network(images) < 0).any():
            return True
        for kernel in kernels_of(network):
            kernel.normal_(std=0.1)
    return False


@torch.no_grad()
def _with_known_weights(network, in_channels, side=32):
    """Show images to a new network whose weights are all 1/64, without biases; batch norm changes nothing yet.

    Everything is positive then, so that only sums and maxima are left. What the middle pixel gets of one bright pixel
    is given as a share of what it gets of ones. Stripes one pixel wide, and the same moved by one, are equal after
    pooling.
    """
    for kernel in kernels_of(network):
        kernel.fill_(1 / 64)
    for vector in filter(is_vector, network.parameters()):
        vector.copy_(vector.eq(1).all())  # only scales are 1 at first
    pixels = torch.arange(float(side * side)).view(side, side)
    pictures = torch.stack(
        [side**2 * (pixels == 12 * (side + 1)), torch.ones(side, side), pixels % 2, 1 - pixels % 2]
    )
    dot, ones, stripes, moved = network(pictures[:, None].repeat(1, in_channels, 1, 1))[
        :, 0, side // 2, side // 2
    ]
    return {
        "the decoder gets the skips: logits tell columns apart that are equal after pooling": not torch.isclose(
            stripes, moved
        ),
        "the middle pixel's logit for known weights, as a share of that for ones": (dot / ones).item(),
    }


def _draw_unet(rng, kind):
    """Draw channels, classes and the widths of five levels, which grow unless the kind says something else."""
    widths = np.cumsum(rng.integers(1, 4, size=5)) + 1
    if kind == "all as wide":
        widths[:] = widths[2]
    in_channels = {"one channel": 1, "as many classes as channels": 3}.get(kind, 2)
    num_classes = {"one class": 1, "as many classes as channels": 3}.get(kind, int(rng.integers(4, 6)))
    widths += num_classes == widths[0]  # so that features which are taken for logits show by their shape
    return in_channels, num_classes, tuple(widths.tolist())


draw_cases = by_kind(_draw_unet, "one channel", "one class", "as many classes as channels", "all as wide")
