"""Weights as people save them: with the prefixes of torch's wrappers, inside a dict, in half precision."""

from __future__ import annotations

import pickle
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

CONTAINERS = ("model", "state_dict", "model_state_dict", "model_state", "weights")
"""Keys under which checkpoints store a model's weights."""

_WRAPPERS = ("module", "_orig_mod")  # DataParallel's and torch.compile's name for the model inside them


def find_weights(checkpoint: Any) -> dict[str, Tensor]:
    """Return the named tensors of a checkpoint, under the names that the unwrapped model gives them.

    Args:
        checkpoint: a state dict, or a dict that holds one under one of ``CONTAINERS``.

    Raises:
        ValueError: it holds something else; the message says what, and continues after the name of the file.
    """
    weights = checkpoint
    while isinstance(weights, Mapping):
        inner = next((weights[key] for key in CONTAINERS if isinstance(weights.get(key), Mapping)), None)
        if inner is None:
            break
        weights = inner
    if not isinstance(weights, Mapping) or not weights:
        raise ValueError("holds no weights: save model.state_dict().")
    for name, value in weights.items():
        if not isinstance(name, str) or not isinstance(value, Tensor):
            raise ValueError(f"holds {name!r:.80}, which is not a tensor: save model.state_dict().")
    return _unwrapped(weights)


def read_state(path: Path) -> dict[str, Tensor]:
    """Return the named tensors in a file that ``torch.save`` wrote.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it holds something else, or is damaged.
    """
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        raise FileNotFoundError(
            f"there are no weights called {str(path)!r}: give one of the words that --help names, or a file."
        ) from error
    except (pickle.UnpicklingError, RuntimeError, EOFError, KeyError, ValueError) as error:
        raise ValueError(
            f"{path} holds no weights that can be read: expected a dictionary of tensors, saved by "
            "torch.save(model.state_dict(), ...)."
        ) from error
    try:
        return find_weights(state)
    except ValueError as error:
        raise ValueError(f"{path} {error}") from error


def _unwrapped(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Drop the names of torch's wrappers, wherever they are in a tensor's name."""
    plain: dict[str, Tensor] = {}
    for name, tensor in weights.items():
        short = ".".join(part for part in name.split(".") if part not in _WRAPPERS)
        if short in plain:
            raise ValueError(
                f"holds {short} twice, with and without the prefix of a wrapper: save model.state_dict()."
            )
        plain[short] = tensor
    return plain


def load_state(model: nn.Module, weights: Mapping[str, Tensor]) -> None:
    """Copy weights into a model, in its own precision.

    All names may begin with one more part, like those of a model that is an attribute of another one.

    Raises:
        ValueError: they belong to another architecture, or are not finite; the message says what differs, and continues
            after the name of the file.
    """
    expected = model.state_dict()
    given = without_common_step(weights, expected)
    difference = _difference(given, expected)
    if difference:
        count, wanted = (sum(tensor.numel() for tensor in state.values()) for state in (given, expected))
        raise ValueError(
            f"holds the weights of another model: {difference} ({count:,} numbers in {len(given)} tensors, expected "
            f"{wanted:,} in {len(expected)})."
        )
    for name, tensor in given.items():
        if tensor.is_floating_point() and not torch.isfinite(tensor).all():
            raise ValueError(
                f"holds values in {name} that are not finite: the training diverged, or they overflowed."
            )
    model.load_state_dict(given)


def without_common_step(weights: Mapping[str, Tensor], expected: Collection[str]) -> dict[str, Tensor]:
    """Drop the first part of all names, such as "backbone.", if some are ``expected`` only without it."""
    if weights.keys().isdisjoint(expected):
        shorter = without_first_step(weights)
        if not shorter.keys().isdisjoint(expected):
            return shorter
    return dict(weights)


def without_first_step(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Drop the first part of all names, such as "backbone.", if it is the same in all of them."""
    if len({name.partition(".")[0] for name in weights}) != 1:
        return dict(weights)
    return {name.partition(".")[2]: tensor for name, tensor in weights.items()}


def _difference(given: Mapping[str, Tensor], expected: Mapping[str, Tensor]) -> str:
    """Say how two sets of weights differ; "" if they do not."""
    parts = []
    for what, names in (
        ("lacks", [name for name in expected if name not in given]),
        ("has in addition", [name for name in given if name not in expected]),
    ):
        if names:
            more = f" and {len(names) - 1} more" if len(names) > 1 else ""
            parts.append(f"it {what} {names[0]}{more}")
    for name in expected:
        if name in given and given[name].shape != expected[name].shape:
            parts.append(f"its {name} is {tuple(given[name].shape)}, expected {tuple(expected[name].shape)}")
            break
    return "; ".join(parts)
