"""Weights in a small file: kernels and matrices as 8-bit integers, a quarter of their size."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from course_lib.files import atomic_path

_SCALE = ".scale"


def save_small(path: Path, weights: Mapping[str, Tensor]) -> None:
    """Write named tensors to a .npz file.

    A kernel or a matrix is divided by the largest of each of its output channels and rounded to -127..127. That moves
    a weight by 0.4 % of its channel's largest at most, which is lost in the first steps of further training.
    Everything else keeps its precision, or 16 bits of it.
    """
    arrays: dict[str, np.ndarray] = {}
    for name, tensor in weights.items():
        array = tensor.detach().cpu().numpy()
        if array.ndim >= 2:
            largest = np.abs(array).max(axis=tuple(range(1, array.ndim)), keepdims=True)  # (C, 1, ...)
            scale = np.maximum(largest / 127, np.finfo(np.float32).tiny)
            arrays[name], arrays[name + _SCALE] = np.rint(array / scale).astype(np.int8), scale
        else:
            arrays[name] = array.astype(np.float16) if array.dtype == np.float32 else array
    with atomic_path(path) as unfinished, unfinished.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)


def load_small(path: Path) -> dict[str, Tensor]:
    """Return what :func:`save_small` wrote, in 32 bits."""
    with np.load(path, allow_pickle=False) as arrays:
        return {name: _restored(arrays, name) for name in arrays.files if not name.endswith(_SCALE)}


def _restored(arrays: Mapping[str, np.ndarray], name: str) -> Tensor:
    array = arrays[name]
    if name + _SCALE in arrays:
        array = array * arrays[name + _SCALE]
    return torch.from_numpy(array.astype(np.float32) if array.dtype == np.float16 else array)
