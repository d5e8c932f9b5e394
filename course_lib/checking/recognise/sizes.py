"""Repairs of sizes: that of a mask where its True are to be counted, and that of another axis or array."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from course_lib.checking.recognise.proposals import Proposal, Rule, name_of
from course_lib.checking.recognise.scope import Scope

_MOST_AXES = 3


def _size_of_a_mask(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """``keep.numel()``, ``keep.size``, ``keep.shape[0]`` and ``len(keep)`` to ``keep.sum()``."""
    mask = _measured(node)
    if isinstance(mask, ast.Name):
        yield (
            ast.Call(ast.Attribute(mask, "sum", ast.Load()), [], []),
            f"Line {{line}}: `{{code}}` also counts where `{mask.id}` is False. `{mask.id}.sum()` counts where it is "
            "True.",
        )


def _number_of_axes(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """``len(np.nonzero(found))`` to ``np.count_nonzero(found)``."""
    inner = node.args[0] if isinstance(node, ast.Call) and name_of(node.func) == "len" and node.args else None
    if (
        not isinstance(inner, ast.Call)
        or name_of(inner.func) not in ("nonzero", "where")
        or len(inner.args) > 1
    ):
        return
    for found in inner.args or ([inner.func.value] if isinstance(inner.func, ast.Attribute) else []):
        yield (
            ast.parse(f"int(({ast.unparse(found)}).sum())", mode="eval").body,
            "Line {line}: `{code}` counts the axes: there is one array of places for each. Add up what is True.",
        )


def _measured(node: ast.expr) -> ast.expr | None:
    """Return what a size is of: ``x`` in ``len(x)``, ``x.numel()``, ``x.size``, ``x.shape[0]`` and ``x.size(0)``."""
    if isinstance(node, ast.Call):
        if isinstance(node.func, ast.Attribute) and node.func.attr in ("numel", "size"):
            return node.func.value
        return node.args[0] if name_of(node.func) == "len" and len(node.args) == 1 else None
    if isinstance(node, ast.Attribute) and node.attr == "size":
        return node.value
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Attribute):
        return node.value.value if node.value.attr == "shape" else None
    return None


def other_length(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """``len(queries)`` and ``values.shape[1]`` to ``queries.shape[1]``."""
    if _measured(node) is None or isinstance(node, ast.Attribute):
        return
    for name in scope.parameters:
        for axis in range(_MOST_AXES):
            new = ast.parse(f"{name}.shape[{axis}]", mode="eval").body
            if ast.unparse(new) != ast.unparse(node):
                yield (
                    new,
                    "Line {line}: `{code}` is not the size that is meant. Which axis of which array has it?",
                )


def _axis_of_shape(by: int) -> Rule:
    """Return the rule from ``x.shape[0]`` to the axis that comes so many places later."""

    def rule(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
        if not (isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant)):
            return
        is_shape = isinstance(node.value, ast.Attribute) and node.value.attr == "shape"
        if is_shape and isinstance(node.slice.value, int):
            later = ast.Constant(node.slice.value + by)
            said = "Line {line}: `{code}` is the length of another axis than is meant. Which axis is which?"
            yield ast.Subscript(node.value, later, ast.Load()), said

    return rule


RULES: tuple[Rule, ...] = (_size_of_a_mask, _number_of_axes, _axis_of_shape(1), _axis_of_shape(2))
