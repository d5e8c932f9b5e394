"""Observing what a student built, with functions that are what they were before the student's code ran.

This helps against accidents and simple tricks. It runs beside the student's code, so it cannot be relied on: an answer
that can be compared as plain data is compared on the other side, and the instructor learns what was changed.
"""

from __future__ import annotations

import builtins
import sys
import types
from collections.abc import Callable
from typing import Any

_WATCHED = (
    "builtins",
    "math",
    "numpy",
    "torch",
    "torch.nn",
    "torch.nn.functional",
    "torch.optim",
    "torch.random",
)
_CLASSES = {
    "torch": ("Tensor",),
    "torch.nn": ("Module", "Parameter", "Conv2d", "ConvTranspose2d"),
}
_BY_TORCH = {"torch.manual_seed"}  # torch replaces it by itself when an optimizer is first made
_COMPARED = types.FunctionType | types.BuiltinFunctionType | type | property | types.MethodDescriptorType

_originals: list[tuple[str, Any, dict[str, Any]]] = []


def remember() -> None:
    """Keep what the modules hold, before any student's code runs."""
    _originals.clear()
    for name in _WATCHED:
        if name in sys.modules:
            _keep(name, sys.modules[name])
    for module, classes in _CLASSES.items():
        for name in classes if module in sys.modules else ():
            _keep(f"{module}.{name}", getattr(sys.modules[module], name))


def _keep(label: str, holder: Any) -> None:
    kept = {name: value for name, value in vars(holder).items() if isinstance(value, _COMPARED)}
    _originals.append((label, holder, kept))


def restore() -> list[str]:
    """Put back what was changed, and return the names of what a student's code must have changed."""
    changed = []
    for label, holder, kept in _originals:
        present = vars(holder)
        for name, value in kept.items():
            if present.get(name) is not value:
                changed.append(f"{label}.{name}")
                setattr(holder, name, value)
    return [name for name in changed if name not in _BY_TORCH][:20]


def observer(source: str, name: str) -> Callable[..., Any]:
    """Return the function that puts an answer to the test."""
    restore()
    names: dict[str, Any] = {"__builtins__": builtins, "__name__": "observer"}
    exec(compile(source, "<observer>", "exec"), names)
    found: Callable[..., Any] = names[name]
    return found
