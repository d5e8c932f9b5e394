"""Count pixels by true and predicted class: on a CPU, with NumPy or a compiled loop, and on a GPU."""

import contextlib
import functools
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]
CountFunction = Callable[[NDArray[Any], NDArray[Any], int, int | None], Counts]

# From this many pixels per call on, a compiled loop counts them, in 0.6 ns each; NumPy takes 3. With fewer pixels
# NumPy is done long before numba is imported and its code loaded, which takes a second, once.
_COMPILED_FROM_PIXELS = 1 << 19

# NumPy counts this many pixels at a time: what it computes on the way stays small, and in the cache.
_CHUNK_PIXELS = 1 << 13


def count_on_cpu(
    prediction: NDArray[Any], targets: NDArray[Any], num_classes: int, ignore_index: int | None
) -> Counts:
    """Count pixels by target and prediction: int64 (C * C + 1,); the last bin is for ids out of range."""
    count = _counter(prediction.size)
    # The iterator cuts any two arrays into flat, contiguous pieces of native byte order, and copies a piece
    # only if it is not so by itself. The compiled loop takes all that needs no copy as one piece.
    flags: Any = ["external_loop", "buffered"] + (["growinner"] if count is not _count_with_numpy else [])
    layout: Any = ["readonly", "contig", "aligned", "nbo"]
    table = np.zeros(num_classes**2 + 1, np.int64)
    pieces = np.nditer(
        [prediction, targets], flags, [layout, layout], casting="equiv", buffersize=_CHUNK_PIXELS
    )
    with pieces:
        for predicted, true in pieces:
            table += count(predicted, true, num_classes, ignore_index)
    return table


def _counter(pixels: int) -> CountFunction:
    if pixels >= _COMPILED_FROM_PIXELS:
        # numba supports a new Python or NumPy only months later: until then NumPy counts.
        with contextlib.suppress(ImportError):
            _compiled_loop()
            return _count_compiled
    return _count_with_numpy


def _count_compiled(
    prediction: NDArray[Any], targets: NDArray[Any], num_classes: int, ignore_index: int | None
) -> Counts:
    bits = (num_classes - 1).bit_length()
    counts = _compiled_loop()(prediction, targets, bits, ignore_index)
    inside = counts[:-2].reshape(1 << bits, 1 << bits)[:num_classes, :num_classes]
    return np.append(inside, prediction.size - counts[-1] - inside.sum())


@functools.cache
def _compiled_loop() -> Callable[..., Counts]:
    import numba

    try:
        return numba.njit(_count_in_one_pass, cache=True, nogil=True)
    except RuntimeError:  # there is no folder for the compiled code, neither beside this file nor in the home
        return numba.njit(_count_in_one_pass, nogil=True)


def _count_in_one_pass(
    prediction: NDArray[Any], targets: NDArray[Any], bits: int, ignore_index: int | None
) -> Counts:
    """Count flat arrays into a square table of 2**bits rows, and two bins: ids out of range, pixels ignored.

    Rows as long as a power of two let one comparison check both ids. Four tables take turns: an addition to a bin
    waits for the one before to the same bin, and neighbours in a mask mostly share theirs. Their bins have 32 bits,
    which 2**34 pixels would fill: twice as wide, the tables of 21 classes would not fit a core's first cache.
    """
    shift = np.uint64(bits)
    side = np.uint64(1) << shift
    outside = side * side
    ignored = outside + np.uint64(1)
    tables = np.zeros((4, ignored + np.uint64(1)), np.uint32)
    for i in range(prediction.size):
        true = np.uint64(targets[i])  # a negative id becomes a huge one
        predicted = np.uint64(prediction[i])
        pair = (true << shift) | predicted
        if (true | predicted) >= side:
            pair = outside
        if ignore_index is not None and np.int64(targets[i]) == ignore_index:
            pair = ignored
        tables[i & 3, pair] += np.uint32(1)
    return tables.astype(np.int64).sum(axis=0)


def _count_with_numpy(
    prediction: NDArray[Any], targets: NDArray[Any], num_classes: int, ignore_index: int | None
) -> Counts:
    predicted = prediction.astype(np.int64, copy=False).view(np.uint64)  # a negative id becomes a huge one
    true = targets.astype(np.int64, copy=False).view(np.uint64)
    pairs = true * num_classes
    pairs += predicted
    pairs[(true >= num_classes) | (predicted >= num_classes)] = num_classes**2
    if ignore_index is not None:
        pairs = pairs[targets != ignore_index]
    indices = pairs.view(np.int64).astype(
        np.intp, copy=False
    )  # 32 bits in a browser; bincount takes no wider ones
    return np.bincount(indices, minlength=num_classes**2 + 1)


def count_on_device(prediction: Any, targets: Any, num_classes: int, ignore_index: int | None) -> Any:
    """Count as ``count_on_cpu`` does, but on the tensors' device.

    torch.bincount, boolean indexing and .item() would each wait for the GPU to know a size or a value.
    """
    import torch

    predicted, true = prediction.flatten().long(), targets.flatten().long()
    outside = (true < 0) | (true >= num_classes) | (predicted < 0) | (predicted >= num_classes)
    pairs = (true * num_classes + predicted).masked_fill(outside, num_classes**2)
    counted = torch.ones_like(pairs) if ignore_index is None else (true != ignore_index).long()
    table = torch.zeros(num_classes**2 + 1, dtype=torch.int64, device=pairs.device)
    return table.scatter_add_(0, pairs, counted)
