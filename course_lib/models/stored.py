"""Weights of a torch module in a small file: see :mod:`course_lib.small_weights`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from course_lib.small_weights import read_small, write_small


def save_small(path: Path, weights: Mapping[str, Tensor]) -> None:
    """Write named tensors to a .npz file, kernels in 8 bits: what is lost returns in the first steps of training."""
    write_small(path, {name: tensor.detach().cpu().numpy() for name, tensor in weights.items()})


def load_small(path: Path) -> dict[str, Tensor]:
    """Return what :func:`save_small` wrote, in 32 bits."""
    return {name: torch.from_numpy(array) for name, array in read_small(path).items()}
