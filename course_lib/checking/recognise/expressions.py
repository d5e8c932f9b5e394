"""Small repairs of expressions: well-known mistakes first, then anything that a slip of the pen may have changed."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TypeVar

from course_lib.checking.recognise.proposals import Proposal, Rule, Scope

Node = TypeVar("Node", bound=ast.AST)

_AXES = {"axis", "dim"}
_ALONG_AN_AXIS = {
    *(
        "argmax",
        "argmin",
        "softmax",
        "log_softmax",
        "max",
        "amax",
        "min",
        "amin",
        "sum",
        "mean",
        "any",
        "all",
    ),
    *("cat", "concatenate", "stack", "gather", "nanmean", "squeeze", "unsqueeze", "cumsum"),
}
_BOUNDS = "Line {line}: `{code}` does not go over all that it should, or goes too far: look at its two ends."
_BRACKETS = (
    "Line {line}: in `{code}` Python multiplies and divides before it adds and subtracts. Put brackets around what "
    "belongs together."
)
_EQUAL = "Line {line}: in `{code}`, look at what should happen where both sides are equal."


def _whole_quotient(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.FloorDiv):
        yield (
            ast.BinOp(node.left, ast.Div(), node.right),
            "Line {line}: `{code}` divides with `//`, which rounds the quotient down. Divide with `/`.",
        )


def _exact_quotient(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        yield (
            ast.BinOp(node.left, ast.FloorDiv(), node.right),
            "Line {line}: `{code}` divides with `/`, which keeps the fraction. Here it is rounded down: `//`.",
        )


def _brackets(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """``a / b + c`` to ``a / (b + c)``, and ``a - b / c`` to ``(a - b) / c``."""
    if not isinstance(node, ast.BinOp) or not isinstance(node.op, ast.Add | ast.Sub):
        return
    terms: list[tuple[ast.operator, ast.expr]] = []
    first: ast.expr = node
    while isinstance(first, ast.BinOp) and isinstance(first.op, ast.Add | ast.Sub):
        terms.append((first.op, first.right))
        first = first.left
    if isinstance(first, ast.BinOp) and isinstance(first.op, ast.Div | ast.Mult):
        inner = first.right
        for operator, term in reversed(terms):
            inner = ast.BinOp(inner, operator, term)
        yield ast.BinOp(first.left, first.op, inner), _BRACKETS
    last = node.right
    if isinstance(last, ast.BinOp) and isinstance(last.op, ast.Div | ast.Mult):
        yield ast.BinOp(ast.BinOp(node.left, node.op, last.left), last.op, last.right), _BRACKETS


def _compared_once(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """``a or b == c`` to ``a == c or b == c``."""
    if not isinstance(node, ast.BoolOp):
        return
    last = node.values[-1]
    if not isinstance(last, ast.Compare) or not isinstance(node.values[0], ast.Name):
        return
    compared = ast.Compare(node.values[0], last.ops, last.comparators)
    word = "or" if isinstance(node.op, ast.Or) else "and"
    yield (
        ast.BoolOp(node.op, [compared, *node.values[1:]]),
        f"Line {{line}}: `{{code}}` compares only what is behind `{word}`. Write the comparison on both sides of it.",
    )


def _one_list_repeated(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    if (
        not isinstance(node, ast.BinOp)
        or not isinstance(node.op, ast.Mult)
        or not isinstance(node.left, ast.List)
    ):
        return
    if len(node.left.elts) == 1 and not isinstance(node.left.elts[0], ast.Constant):
        each = ast.Call(ast.Name("range", ast.Load()), [node.right], [])
        loop = ast.comprehension(ast.Name("_", ast.Store()), each, [], 0)
        yield (
            ast.ListComp(node.left.elts[0], [loop]),
            "Line {line}: `{code}` holds one and the same thing several times: what is written into one of them is in "
            "all of them. Make each in a round of a loop.",
        )


def _axis(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    if not isinstance(node, ast.Call):
        return
    wrong = "Line {line}: `{code}` works along the wrong axis. Which axis holds what you want to go over?"
    for number, keyword in enumerate(node.keywords):
        if keyword.arg in _AXES:
            for axis in _other_axes(keyword.value):
                new = ast.keyword(keyword.arg, axis)
                yield ast.Call(node.func, node.args, _with(node.keywords, number, new)), wrong
    if _name_of(node.func) not in _ALONG_AN_AXIS:
        return
    for number, argument in enumerate(node.args):
        for axis in _other_axes(argument):
            yield ast.Call(node.func, _with(node.args, number, axis), node.keywords), wrong
    if not any(keyword.arg in _AXES for keyword in node.keywords):
        for number in range(3):
            for word in sorted(_AXES):
                more = [*node.keywords, ast.keyword(word, ast.Constant(number))]
                yield (
                    ast.Call(node.func, node.args, more),
                    "Line {line}: `{code}` does not say along which axis it works. Name the axis.",
                )


def _other_axes(node: ast.expr) -> Iterator[ast.expr]:
    value = node.operand if isinstance(node, ast.UnaryOp) else node
    if isinstance(value, ast.Constant) and type(value.value) is int:
        old = -value.value if isinstance(node, ast.UnaryOp) else value.value
        yield from (ast.Constant(axis) for axis in range(4) if axis != old)


def _bounds(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    if isinstance(node, ast.Call) and _name_of(node.func) == "range" and 0 < len(node.args) < 3:
        end = node.args[-1]
        ends = [
            end,
            *([end.left] if isinstance(end, ast.BinOp) else []),
            ast.BinOp(end, ast.Add(), ast.Constant(1)),
        ]
        for start in ([], [ast.Constant(1)]):
            for other in ends:
                yield ast.Call(node.func, [*start, other], []), _BOUNDS
    if isinstance(node, ast.Slice) and (node.lower or node.upper):
        yield ast.Slice(None, None, node.step), _BOUNDS
        yield ast.Slice(None, node.upper, node.step), _BOUNDS
        yield ast.Slice(node.lower, None, node.step), _BOUNDS


def _rows_for_columns(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """``len(mask)`` to ``len(mask[0])`` and back."""
    if not isinstance(node, ast.Call) or _name_of(node.func) != "len" or len(node.args) != 1:
        return
    of = node.args[0]
    if isinstance(of, ast.Subscript):
        yield (
            ast.Call(node.func, [of.value], []),
            "Line {line}: `{code}` is the number of columns, not of rows.",
        )
    else:
        first = ast.Subscript(of, ast.Constant(0), ast.Load())
        yield (
            ast.Call(node.func, [first], []),
            "Line {line}: `{code}` is the number of rows where the number of columns is meant. They are equal "
            "only in a square.",
        )


def _comparison(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    if not isinstance(node, ast.Compare) or len(node.ops) != 1:
        return
    swaps: dict[type[ast.cmpop], tuple[tuple[type[ast.cmpop], str], ...]] = {
        ast.Gt: ((ast.GtE, _EQUAL), (ast.Lt, _OTHER_WAY)),
        ast.GtE: ((ast.Gt, _EQUAL), (ast.LtE, _OTHER_WAY)),
        ast.Lt: ((ast.LtE, _EQUAL), (ast.Gt, _OTHER_WAY)),
        ast.LtE: ((ast.Lt, _EQUAL), (ast.GtE, _OTHER_WAY)),
        ast.Eq: ((ast.NotEq, _OTHER_WAY),),
        ast.NotEq: ((ast.Eq, _OTHER_WAY),),
    }
    for operator, sentence in swaps.get(type(node.ops[0]), ()):
        yield ast.Compare(node.left, [operator()], node.comparators), sentence


_OTHER_WAY = "Line {line}: the comparison `{code}` is the wrong way round."


def _and_or(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    if isinstance(node, ast.BoolOp):
        other: ast.boolop = ast.And() if isinstance(node.op, ast.Or) else ast.Or()
        yield (
            ast.BoolOp(other, node.values),
            "Line {line}: `{code}`. `and` is true only if both sides are, `or` if one of them is. Which one is meant?",
        )


def _bare_squeeze(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    if (
        isinstance(node, ast.Call)
        and _name_of(node.func) == "squeeze"
        and isinstance(node.func, ast.Attribute)
    ):
        bare = not node.args and not node.keywords
        said = (
            "Line {line}: `{code}` takes away every axis of length 1, that of a batch of one among them."
            if bare
            else "Line {line}: `{code}` takes away an axis that should stay."
        )
        yield node.func.value, said
        if bare:
            yield from ((ast.Call(node.func, [ast.Constant(axis)], []), said) for axis in (0, 1))


def _softmax_too_many(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    name = _name_of(node.func) if isinstance(node, ast.Call) else ""
    if not isinstance(node, ast.Call) or name not in ("softmax", "sigmoid", "log_softmax", "log", "exp"):
        return
    is_method = isinstance(node.func, ast.Attribute) and not (
        isinstance(node.func.value, ast.Name) and node.func.value.id in ("torch", "F", "np", "math")
    )
    inner = (
        node.func.value if is_method and isinstance(node.func, ast.Attribute) else next(iter(node.args), None)
    )
    if inner is not None:
        yield (
            inner,
            f"Line {{line}}: the `{name}` in `{{code}}` is one too many: what comes after it wants the plain values.",
        )


def _relu(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """An activation forgotten behind a layer, or one too many."""
    if not isinstance(node, ast.Call):
        return
    function = node.func
    if not isinstance(function, ast.Attribute) or not isinstance(function.value, ast.Name):
        return
    if function.attr == "relu" and len(node.args) == 1:
        yield node.args[0], "Line {line}: the ReLU in `{code}` is one too many."
    elif function.value.id == "self" or function.attr.startswith("conv"):
        relu = ast.Attribute(ast.Name("torch", ast.Load()), "relu", ast.Load())
        yield ast.Call(relu, [node], []), "Line {line}: a ReLU is missing around `{code}`."


def _with(items: list[Node], number: int, new: Node) -> list[Node]:
    return [*items[:number], new, *items[number + 1 :]]


def _name_of(function: ast.expr) -> str:
    """Return the last part of the name that is called."""
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


NAMED: tuple[Rule, ...] = (
    _whole_quotient,
    _exact_quotient,
    _brackets,
    _compared_once,
    _one_list_repeated,
    _relu,
    _axis,
    _bounds,
    _rows_for_columns,
    _comparison,
    _and_or,
    _bare_squeeze,
    _softmax_too_many,
)
