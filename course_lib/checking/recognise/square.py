"""Does an answer take one side of its input for both?"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

import numpy as np

from course_lib.checking.case import CaseResult
from course_lib.checking.compare import to_plain
from course_lib.checking.exercise import Exercise


def square_assumed(exercise: Exercise, tree: ast.AST, cases: Sequence[CaseResult]) -> str | None:
    """Say so if an answer asks for one side of an argument only, and is right wherever both are equal, and only there.

    Args:
        exercise: the exercise.
        tree: the answer's definition.
        cases: what the answer did.
    """
    for number, name in enumerate(exercise.parameters):
        given = [to_plain(case.args[number]) for case in cases if len(case.args) > number]
        if len(given) != len(cases) or not all(isinstance(one, np.ndarray) and one.ndim > 1 for one in given):
            continue
        is_square = [one.shape[-2] == one.shape[-1] for one in given]
        asked = _axes_asked_for(tree, name, given[0].ndim)
        if is_square == [case.passed for case in cases] and any(is_square) and len(asked) == 1:
            side, other = ("rows", "columns") if asked == {given[0].ndim - 2} else ("columns", "rows")
            return (
                f"Your code asks for the number of {side} of `{name}` and never for that of its {other}, and it is "
                "right only where the two are equal."
            )
    return None


def _axes_asked_for(tree: ast.AST, name: str, ndim: int) -> set[int]:
    """Return which of the last two axes of an argument an answer asks the length of; all where that cannot be seen."""
    axes: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "len" and node.args:
            of = node.args[0]
            if _is(of, name):
                axes.add(0)
            elif isinstance(of, ast.Subscript) and _is(of.value, name):
                axes.add(1)
        if isinstance(node, ast.Subscript) and _is_shape(node.value, name):
            index: Any = getattr(node.slice, "value", None)
            index = index if isinstance(index, int) else _negative(node.slice)
            axes |= {index % ndim} if index is not None else set(range(ndim))
    shapes = sum(_is_shape(node, name) for node in ast.walk(tree))
    indexed = sum(isinstance(node, ast.Subscript) and _is_shape(node.value, name) for node in ast.walk(tree))
    return {axis for axis in axes if axis >= ndim - 2} if shapes == indexed else set(range(ndim))


def _negative(node: ast.expr) -> int | None:
    is_minus = isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub)
    value: Any = getattr(getattr(node, "operand", None), "value", None) if is_minus else None
    return -value if isinstance(value, int) else None


def _is_shape(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "shape" and _is(node.value, name)


def _is(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name
