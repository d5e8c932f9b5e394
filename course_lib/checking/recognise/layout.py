"""Repairs of values that lie in another order than their author thinks."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from course_lib.checking.recognise.proposals import Proposal, Rule, applied_to, name_of
from course_lib.checking.recognise.scope import Scope

_ORDERS = {3: ((2, 0, 1), (1, 2, 0)), 4: ((0, 3, 1, 2), (0, 2, 3, 1))}
_CUT_ANEW = (
    "Line {line}: `{code}` leaves the values in their order and only cuts them anew. Here axes have to change "
    "places: `permute` for tensors, `transpose` for arrays."
)


def _cut_anew(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """``hot.reshape(n, c, h, w)`` to ``hot.permute(0, 3, 1, 2)``."""
    if not isinstance(node, ast.Call) or name_of(node.func) not in ("reshape", "view") or node.keywords:
        return
    inner = applied_to(node)
    if inner is None:
        return
    shape = node.args if isinstance(node.func, ast.Attribute) and node.func.value is inner else node.args[1:]
    if len(shape) == 1 and isinstance(shape[0], ast.Tuple):
        shape = shape[0].elts
    for order in _ORDERS.get(len(shape), ()):
        axes: list[ast.expr] = [ast.Constant(axis) for axis in order]
        for method in ("permute", "transpose"):
            yield _method(inner, method, axes), _CUT_ANEW
    if len(shape) == 2:
        yield ast.Attribute(_method(inner, "reshape", shape[::-1]), "T", ast.Load()), _CUT_ANEW
        last: list[ast.expr] = [ast.Constant(1), ast.UnaryOp(ast.USub(), ast.Constant(1))]
        yield _method(_method(inner, "movedim", last), "reshape", shape), _CUT_ANEW


def _method(of: ast.expr, name: str, args: list[ast.expr]) -> ast.expr:
    return ast.Call(ast.Attribute(of, name, ast.Load()), args, [])


def _columns_first(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """``costs[column][row]`` to ``costs[row][column]``."""
    if not (isinstance(node, ast.Subscript) and isinstance(node.value, ast.Subscript)):
        return
    row, column = node.value.slice, node.slice
    if isinstance(row, ast.Slice) or isinstance(column, ast.Slice):
        return
    yield (
        ast.Subscript(ast.Subscript(node.value.value, column, ast.Load()), row, node.ctx),
        "Line {line}: in `{code}` the two places in square brackets are exchanged. The row comes first.",
    )


def _turned_over(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """``mask.T`` to ``mask``."""
    if isinstance(node, ast.Attribute) and node.attr == "T":
        yield node.value, "Line {line}: the `.T` in `{code}` is one too many: it exchanges rows and columns."


RULES: tuple[Rule, ...] = (_columns_first, _cut_anew, _turned_over)
