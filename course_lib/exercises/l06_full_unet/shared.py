"""What several exercises of lesson 06 share."""

import numpy as np
import torch
from torch import nn


def built(answer, *options):
    """Build an answer's network, the same weights every time."""
    torch.manual_seed(0)
    network = answer(*options)
    if not isinstance(network, nn.Module):
        raise TypeError(
            f"{type(network).__name__} is no nn.Module: derive your class from nn.Module and call "
            "super().__init__() first"
        )
    return network


def attempt(network, *tensors):
    """Return what a network returns and "went through", or None and what it raised."""
    try:
        return network(*tensors), "went through"
    except NotImplementedError:
        raise  # not written yet
    except Exception as error:
        text = str(error).strip().partition("\n")[0]
        return None, f"{type(error).__name__}: {text}"


def count_parameters(network):
    """Count parameters, as if every convolution had a bias: before batch norm, none is as good as one."""
    without = [
        m for m in network.modules() if isinstance(m, nn.Conv2d | nn.ConvTranspose2d) and m.bias is None
    ]
    return sum(p.numel() for p in network.parameters()) + sum(conv.out_channels for conv in without)


def count_idle_weights(network, output):
    """Count the kernels that no gradient reaches."""
    network.zero_grad()
    if output.requires_grad:
        output.square().mean().backward()
    return sum(p.ndim > 1 and (p.grad is None or not p.grad.any()) for p in network.parameters())


def layers(*layers):
    """Return a function from (in_channels, out_channels) to the layers, each one a function of them, in a row."""
    return lambda in_channels, out_channels: nn.Sequential(
        *(make(in_channels, out_channels) for make in layers)
    )


def draw_two_widths(rng):
    in_channels, out_channels = rng.choice(np.arange(3, 13), size=2, replace=False)
    return int(in_channels), int(out_channels)
