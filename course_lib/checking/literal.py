"""A value as the Python code that makes it, so that a call can be pasted into a cell and run."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from course_lib.checking.compare import is_torch_tensor, without_addresses

_MOST_VALUES, _MOST_CHARACTERS = 200, 1000
_INFERRED = {"np.float64", "np.int64", "np.bool", "torch.float32", "torch.int64", "torch.bool"}


def literal(value: Any) -> str | None:
    """Return code that makes ``value``, with NumPy as ``np``; None if it is too large to be read."""
    if _size(value) > _MOST_VALUES:
        return None
    text = _code(value)
    return text if len(text) <= _MOST_CHARACTERS else None


def _size(value: Any) -> int:
    """Return the number of single values in a value."""
    if isinstance(value, dict):
        return sum(map(_size, value.values()))
    if isinstance(value, list | tuple | set):
        return sum(map(_size, value))
    if is_torch_tensor(value):
        return int(value.numel())
    return int(value.size) if isinstance(value, np.ndarray) else 1


def _code(value: Any) -> str:
    if is_torch_tensor(value):
        return _tensor_code(value)
    if isinstance(value, np.ndarray):
        return _array_code("np.array", "np.zeros", value, f"np.{value.dtype}")
    if isinstance(value, float) and not isinstance(value, np.generic):
        return _float_code(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_code(key)}: {_code(item)}" for key, item in value.items()) + "}"
    if isinstance(value, tuple):
        return f"({', '.join(map(_code, value))}{',' if len(value) == 1 else ''})"
    if isinstance(value, list):
        return f"[{', '.join(map(_code, value))}]"
    return without_addresses(repr(value))


def _tensor_code(tensor: Any) -> str:
    values = tensor.detach().cpu()
    if values.dtype.is_floating_point and values.element_size() < 4:
        values = values.float()  # NumPy has no bfloat16
    options = ", requires_grad=True" if tensor.requires_grad else ""
    return _array_code("torch.tensor", "torch.zeros", values.numpy(), str(tensor.dtype), options)


def _array_code(make: str, make_empty: str, values: np.ndarray, dtype: str, options: str = "") -> str:
    """Return a call that makes an array or tensor; its type is named where the values do not imply it."""
    if not values.size:
        return f"{make_empty}({values.shape}, dtype={dtype}{options})"
    named = "" if dtype in _INFERRED else f", dtype={dtype}"
    return f"{make}({_nested_code(values)}{named}{options})"


def _nested_code(values: np.ndarray) -> str:
    if values.ndim:
        return f"[{', '.join(_nested_code(row) for row in values)}]"
    # A float32 has fewer digits than the Python float of the same value.
    return _float_code(values[()]) if values.dtype.kind == "f" else repr(values.item())


def _float_code(value: Any) -> str:
    """Return the shortest digits that give the value again."""
    return str(value) if math.isfinite(value) else f'float("{value}")'
