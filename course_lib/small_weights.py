"""Weights in a small file: kernels and matrices as 8-bit integers, a quarter of their size. It needs NumPy only."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from course_lib.files import atomic_path

_SCALE = ".scale"


def write_small(path: Path, weights: Mapping[str, NDArray]) -> None:
    """Write named arrays to a .npz file.

    A kernel or a matrix (output channels first) is divided by the largest value of each of its output channels and
    rounded to -127..127. That moves a weight by 0.4 % of its channel's largest at most. Everything else keeps its
    precision, or 16 bits of it.
    """
    arrays: dict[str, NDArray] = {}
    for name, array in weights.items():
        if array.ndim >= 2:
            largest = np.abs(array).max(axis=tuple(range(1, array.ndim)), keepdims=True)  # (C, 1, ...)
            scale = np.maximum(largest / 127, np.finfo(np.float32).tiny)
            arrays[name], arrays[name + _SCALE] = np.rint(array / scale).astype(np.int8), scale
        else:
            arrays[name] = array.astype(np.float16) if array.dtype == np.float32 else array
    with atomic_path(path) as unfinished, unfinished.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)


def read_small(path: Path) -> dict[str, NDArray]:
    """Return what :func:`write_small` wrote; floats have 32 bits again."""
    with np.load(path, allow_pickle=False) as arrays:
        return {name: _restored(arrays, name) for name in arrays.files if not name.endswith(_SCALE)}


def _restored(arrays: Mapping[str, NDArray], name: str) -> NDArray:
    array = arrays[name]
    if name + _SCALE in arrays:
        array = array * arrays[name + _SCALE]
    return array.astype(np.float32) if array.dtype == np.float16 else array
