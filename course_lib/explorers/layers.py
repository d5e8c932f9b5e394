"""Convolution, pooling and transposed convolution in numbers: sizes, windows, and where stamps overlap."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

CONVOLUTION, POOLING, TRANSPOSED = "convolution", "max pooling", "transposed convolution"

Grid = NDArray[np.int64]


def output_size(mode: str, size: int, kernel: int, stride: int, padding: int, output_padding: int = 0) -> int:
    """Return the side of the output for a side of the input; below 1 there is no output."""
    if mode == TRANSPOSED:
        return (size - 1) * stride - 2 * padding + kernel + output_padding
    return (size + 2 * padding - kernel) // stride + 1


def problem(mode: str, size: int, kernel: int, stride: int, padding: int, output_padding: int) -> str:
    """Say why such a layer is impossible; return an empty text if it is possible."""
    if mode == TRANSPOSED and output_padding >= stride:
        return (
            f"Output padding {output_padding} must be smaller than the stride, {stride}: it selects one of "
            f"{stride} possible sizes."
        )
    if mode == POOLING and 2 * padding > kernel:
        return f"Padding {padding} is more than half the kernel, {kernel}: some windows would contain only padding."
    if output_size(mode, size, kernel, stride, padding, output_padding) < 1:
        return (
            f"The kernel, {kernel}, is larger than the input with its padding, {size + 2 * padding}: no output is left."
            if mode != TRANSPOSED
            else f"Padding {padding} on either side cuts the whole output away."
        )
    return ""


def example_input(size: int) -> Grid:
    """Return whole numbers 0..9, (size, size)."""
    rows, columns = np.indices((size, size))
    return (3 * rows + 5 * columns + rows * columns) % 10


def example_kernel(kernel: int) -> Grid:
    """Return weights -1, 0 and 1, (kernel, kernel)."""
    rows, columns = np.indices((kernel, kernel))
    return (rows + columns) % 3 - 1


def layer(mode: str, size: int, kernel: int, stride: int, padding: int) -> tuple[Grid, Grid]:
    """Return the windows (out, out, kernel, kernel) of a convolution or pooling, and its output (out, out)."""
    pooling = mode == POOLING
    lowest = -1 if pooling else 0  # all inputs are 0 or more: padding is never a maximum
    padded = np.pad(example_input(size), padding, constant_values=lowest)
    windows = np.lib.stride_tricks.sliding_window_view(padded, (kernel, kernel))[::stride, ::stride]
    if pooling:
        return windows, windows.max(axis=(2, 3))
    return windows, (windows * example_kernel(kernel)).sum(axis=(2, 3))


def stamps(
    size: int, kernel: int, stride: int, padding: int, output_padding: int = 0, count: int | None = None
) -> Grid:
    """Count for every output pixel of a transposed convolution how many kernels reach it, (out, out).

    That is its output where all inputs and all weights are 1. ``count`` takes the first inputs only.
    """
    out = output_size(TRANSPOSED, size, kernel, stride, padding, output_padding)
    room = np.zeros((max((size - 1) * stride + kernel, padding + out),) * 2, dtype=np.int64)
    for row, column in list(np.ndindex(size, size))[:count]:
        room[row * stride : row * stride + kernel, column * stride : column * stride + kernel] += 1
    return room[padding : padding + out, padding : padding + out]


def inner_overlaps(kernel: int, stride: int) -> tuple[int, ...]:
    """Return the numbers of overlapping stamps that occur along a row, away from the edges; one if they are even."""
    return tuple(sorted({len(range(place, kernel, stride)) for place in range(stride)}))


def steps(mode: str, size: int, kernel: int, stride: int, padding: int, output_padding: int) -> int:
    """Return the number of steps: one per output pixel, or per input pixel of a transposed convolution."""
    out = output_size(mode, size, kernel, stride, padding, output_padding)
    return size**2 if mode == TRANSPOSED else max(1, out) ** 2
