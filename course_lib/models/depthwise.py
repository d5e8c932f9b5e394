"""Depthwise convolution whose weights' gradient is quick on a CPU."""

from __future__ import annotations

import itertools
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

_PIECE = (
    3  # oneDNN has quick code for the weights' gradient of a depthwise kernel with this side, and no other
)


class DepthwiseConv(nn.Conv2d):
    """A convolution that filters each channel by itself, with stride 1 or 2 and "same" padding.

    On a CPU torch's gradients of such layers take longer than all the rest of an EfficientNet's training step,
    because oneDNN has quick code only for kernels of 3x3 and for stride 1. `_DepthwiseFunction` puts the same sums
    together from those quick parts.

    With stride 2 an even side needs an odd number of padding pixels. As in TensorFlow, where EfficientNet's weights
    were trained, the larger half goes to the right and the bottom.

    Args:
        channels: of the input and of the output.
        kernel: side of the kernel, 3 or 5.
        stride: 1 or 2.
    """

    def __init__(self, channels: int, kernel: int, stride: int = 1) -> None:
        super().__init__(channels, channels, kernel, stride, groups=channels, bias=False)
        self.pads = same_padding(kernel, stride)

    def forward(self, features: Tensor) -> Tensor:
        """Return (N, C, H / stride, W / stride) for features (N, C, H, W) with even sides."""
        padded = F.pad(features, self.pads)
        is_quick = self.kernel_size[0] == _PIECE and self.stride[0] == 1
        if features.device.type != "cpu" or is_quick or not torch.is_grad_enabled():
            return super().forward(padded)
        dtype = torch.get_autocast_dtype("cpu") if torch.is_autocast_enabled("cpu") else features.dtype
        result: Tensor = _DepthwiseFunction.apply(padded.to(dtype), self.weight.to(dtype), self.stride[0])
        return result


def same_padding(kernel: int, stride: int) -> tuple[int, int, int, int]:
    """Return the pixels to pad on the left, right, top and bottom of an even side: (1, 1, 1, 1) for 3 and 1."""
    near = (kernel - stride) // 2
    far = kernel - stride - near
    return near, far, near, far


class _DepthwiseFunction(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, padded: Tensor, weight: Tensor, stride: int) -> Tensor:
        ctx.save_for_backward(padded, weight)
        ctx.stride = stride
        return F.conv2d(padded, weight, stride=stride, groups=len(weight))

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, Tensor | None, None]:
        padded, weight = ctx.saved_tensors
        wants_input, wants_weight, _ = ctx.needs_input_grad
        of_input = _of_input(gradient, weight, ctx.stride) if wants_input else None
        return of_input, _of_weight(gradient, padded, weight, ctx.stride) if wants_weight else None, None


def _of_input(gradient: Tensor, weight: Tensor, stride: int) -> Tensor:
    """Return the gradient of the padded input: a convolution of ``gradient`` with the kernel turned by 180 degrees.

    Zeros between the pixels undo the stride (Dumoulin & Visin 2016, section 4).
    """
    batch, channels, *sides = gradient.shape
    rim = weight.shape[-1] - 1
    height, width = (stride * (side - 1) + 1 + 2 * rim for side in sides)
    spread = torch.empty(
        (batch, channels, height, width), dtype=gradient.dtype, memory_format=torch.channels_last
    ).zero_()
    spread[:, :, rim : height - rim : stride, rim : width - rim : stride] = gradient
    return F.conv2d(spread, weight.flip(2, 3), groups=channels)  # (N, C, padded H, padded W)


def _of_weight(gradient: Tensor, padded: Tensor, weight: Tensor, stride: int) -> Tensor:
    """Return the gradient of a weight (C, 1, k, k), one corner of 3x3 after the other; overlaps agree."""
    height, width = ((side - 1) * stride + _PIECE for side in gradient.shape[2:])
    starts = {0, weight.shape[-1] - _PIECE}
    result = torch.empty_like(weight)
    for top, left in itertools.product(starts, starts):
        seen = padded[:, :, top : top + height, left : left + width]  # what this corner of the kernel saw
        corner = (..., slice(top, top + _PIECE), slice(left, left + _PIECE))
        result[corner] = _of_3x3_weight(gradient, seen, weight[corner], stride)
    return result


def _of_3x3_weight(gradient: Tensor, seen: Tensor, weight: Tensor, stride: int) -> Tensor:
    seen, weight = seen.contiguous(memory_format=torch.channels_last), weight.contiguous()
    only_weight = [False, True, False]
    return torch.ops.aten.convolution_backward(
        gradient, seen, weight, None, [stride] * 2, [0, 0], [1, 1], False, [0, 0], len(weight), only_weight
    )[1]
