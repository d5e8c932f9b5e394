"""What several exercises of lesson 06 share."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from course_lib.checking.exercise import by_kind


def built(answer, *options):
    """Build an answer's network, the same weights every time."""
    torch.manual_seed(0)
    network = answer(*options)
    if not isinstance(network, nn.Module):
        raise TypeError(
            f"{type(network).__name__} is not an nn.Module: derive your class from nn.Module and call "
            "super().__init__() first"
        )
    return network


def attempt(network, *tensors):
    """Return what a network returns and "went through", None and what it raised, or None twice if it gives nothing."""
    try:
        output = network(*tensors)
        return output, None if output is None else "went through"
    except NotImplementedError:
        raise  # not written yet
    except Exception as error:
        text = str(error).strip().partition("\n")[0]
        return None, f"{type(error).__name__}: {text}"


def is_vector(parameter):
    """Return whether a parameter is a bias, or a scale or shift of batch norm: one number per channel."""
    return parameter.ndim == 0 or parameter.numel() == len(parameter)


def kernels_of(network):
    """Return the weights that connect channels, of whatever axes: those of convolutions, linear layers, matrices."""
    return [parameter for parameter in network.parameters() if not is_vector(parameter)]


def count_weights(network):
    """Count the weights of all kernels. Biases do not count: before batch norm, none is as good as one."""
    return sum(kernel.numel() for kernel in kernels_of(network))


def count_idle(network, output):
    """Count the kernels and vectors that no gradient reaches."""
    network.zero_grad()
    if output.requires_grad:
        output.square().mean().backward()
    idle_kernels = sum(kernel.grad is not None and not kernel.grad.any() for kernel in kernels_of(network))
    return idle_kernels + sum(parameter.grad is None for parameter in network.parameters())


_STRONG = (
    8  # times as strong as at first: so the small number that batch norm adds to a variance does not show
)


def is_normalised(network, *tensors):
    """Return whether doubled 3x3 kernels change nothing in training: batch norm after each of them undoes it."""
    kernels = [kernel for kernel in kernels_of(network) if kernel.shape[2:] == (3, 3)]
    outputs = []
    network.train()
    with torch.no_grad():
        for factor in (_STRONG, 2):
            for kernel in kernels:
                kernel.mul_(factor)
            outputs.append(network(*tensors))
        for kernel in kernels:
            kernel.div_(2 * _STRONG)
    return torch.allclose(*outputs, rtol=1e-3, atol=1e-3)


def least(values):
    """Say whether the least value is 0, as after a ReLU, or not."""
    return "above 0" if values.min() > 0 else "below 0" if values.min() < 0 else "0"


def bends_inside(network, first, second):
    """Return whether there is a ReLU before the last one, for a network that ends in one.

    Where the output is positive for both inputs, a network without a ReLU inside is affine: half-way between two
    inputs, its output is half-way between their outputs. An input is a tuple of tensors.
    """
    half_way = [(one + other) / 2 for one, other in zip(first, second, strict=True)]
    with torch.no_grad():
        ends, middle = (network(*first), network(*second)), network(*half_way)
    both = (ends[0] > 0) & (ends[1] > 0)
    return not torch.allclose(middle[both], ((ends[0] + ends[1]) / 2)[both], rtol=1e-3, atol=1e-3)


def layers(*layers):
    """Return a function from (in_channels, out_channels) to the layers, each one a function of them, in a row."""
    return lambda in_channels, out_channels: nn.Sequential(
        *(make(in_channels, out_channels) for make in layers)
    )


def _draw_widths(rng, kind):
    few, many = sorted(int(width) for width in rng.choice(np.arange(3, 10), size=2, replace=False))
    return {"narrower": (many, few), "as wide": (few, few), "one channel": (1, few)}.get(kind, (few, many))


draw_two_widths = by_kind(_draw_widths, "wider", "narrower", "as wide", "one channel")


class Conv3x3(nn.Module):
    """A 3x3 convolution that keeps the size, then batch norm, from bare parameters; no bias is needed."""

    def __init__(self, in_channels, out_channels):
        super().__init__()
        self.kernel = nn.Parameter(torch.randn(out_channels, in_channels, 3, 3) / 8)
        self.scale, self.shift = (
            nn.Parameter(torch.ones(out_channels)),
            nn.Parameter(torch.zeros(out_channels)),
        )
        self.register_buffer("mean", torch.zeros(out_channels))
        self.register_buffer("variance", torch.ones(out_channels))

    def forward(self, features):
        features = F.conv2d(features, self.kernel, padding=1)
        return F.batch_norm(features, self.mean, self.variance, self.scale, self.shift, self.training)
