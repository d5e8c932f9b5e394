"""How the answers to unet.py are put to the test."""

import numpy as np
import torch
from torch import nn

from course_lib.exercises.l06_full_unet.shared import attempt, built, count_idle, count_weights


def observe_unet(answer, in_channels, num_classes, widths):
    """Look at shapes and parameters; at what the network does, too, if it is a small one.

    A large one is built on the meta device, where nothing is computed.
    """
    is_small = max(widths) <= 64
    with torch.random.fork_rng(devices=[]), torch.enable_grad():
        with torch.device("cpu" if is_small else "meta"):
            network = built(answer, in_channels, num_classes, widths)
            images = torch.randn((2, in_channels, 16, 32) if is_small else (2, in_channels, 256, 256))
        facts, logits = unet_shapes(network, images)
        return facts if logits is None or not is_small else facts | unet_behaviour(network, images, logits)


def unet_shapes(network, images):
    """Return the facts and the logits; these are None if the network raised."""
    maps = []
    hooks = [
        layer.register_forward_hook(lambda _layer, _inputs, output: maps.append(tuple(output.shape[1:])))
        for layer in network.modules()
    ]
    logits, went = attempt(network, images)
    for hook in hooks:
        hook.remove()
    size = tuple(images.shape)
    facts = {f"forward on {size}": went}
    if logits is None:
        return facts, None
    smallest = min((m for m in maps if len(m) == 3), key=lambda m: (m[1] * m[2], -m[0]), default=())
    facts |= {
        f"the shape for {size}": tuple(logits.shape),
        "channels, height and width at the bottleneck": smallest,
        "the number of parameters": count_weights(network),
    }
    return facts, logits.float()


def unet_behaviour(network, images, logits):
    facts = {
        "the logits of a pixel add up to 1": torch.allclose(logits.sum(dim=1), torch.ones(()), atol=1e-4),
        "kernels without a gradient": count_idle(network, logits),
    }
    with torch.no_grad():
        facts["negative logits come out"] = is_ever_negative(network, images)
        for layer in network.modules():
            if isinstance(layer, nn.ConvTranspose2d):
                layer.weight.zero_()  # nothing comes up from below any more
        first, second = network(images), network(images.flip(0).contiguous())
    return facts | {"the image reaches the logits through the skips": not torch.equal(first, second)}


def is_ever_negative(network, images):
    """Return whether a network gives negative values with some of ten weights, drawn in place."""
    for _ in range(10):
        if (network(images) < 0).any():
            return True
        for layer in network.modules():
            if hasattr(layer, "reset_parameters"):
                layer.reset_parameters()
    return False


def draw_unet(rng):
    widths = np.cumsum(rng.integers(1, 4, size=5)) + 1
    return int(rng.integers(1, 5)), int(rng.integers(2, 6)), tuple(widths.tolist())
