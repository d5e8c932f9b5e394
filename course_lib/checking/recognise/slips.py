"""Small repairs of expressions that no well-known mistake explains: another name, number, operator or function."""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator
from itertools import combinations

from course_lib.checking.recognise import names, operands, sizes
from course_lib.checking.recognise.proposals import LOOK, Proposal, Rule, renamed
from course_lib.checking.recognise.scope import Scope
from course_lib.checking.recognise.text import code_of

_ORDER = "Line {line}: the order in `{code}` is not the right one."
_FUNCTIONS = (
    ("max", "argmax", "min", "argmin", "amax"),
    ("sum", "mean", "nanmean", "median", "len", "max"),
    ("nanmean", "nanmedian"),
    ("any", "all"),
    ("max_pool2d", "avg_pool2d"),
    ("append", "extend"),
    ("log", "log2", "log10", "log1p"),
    ("floor", "ceil", "round", "trunc"),
    ("prod", "sum"),
    ("zeros", "ones"),
    ("zeros_like", "ones_like"),
    ("rand", "randn"),
)


def _near_number(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    value = _number_of(node, scope)
    if value is None:
        return
    if id(node) in scope.starts:
        yield from ((_value(sign * math.inf), _NO_START) for sign in (-1, 1))
    if id(node) in scope.written:
        yield from ((_value(sign * math.inf), _NOT_BEYOND) for sign in (-1, 1))
    for other in [not value] if isinstance(value, bool) else dict.fromkeys([value + 1, value - 1, 0, 1]):
        if other != value:
            yield _value(other), LOOK


def _far_number(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    value = _number_of(node, scope)
    if value is not None and not isinstance(value, bool):
        for other in (2 * value, value / 2, *(map(float, ("nan", "inf", "-inf")))):
            if other != value:
                yield _value(other), LOOK


_NO_START = (
    "Line {line}: `{code}`{around} is not beyond all values that can come. Begin with the first of them, or with "
    "infinity."
)


_NOT_BEYOND = "Line {line}: `{code}`{around} is not beyond all values that can come. Only infinity is."


def _number_of(node: ast.expr, scope: Scope) -> float | None:
    """Return the number that is written, with its sign."""
    if (
        isinstance(node, ast.UnaryOp)
        and isinstance(node.op, ast.USub)
        and isinstance(node.operand, ast.Constant)
    ):
        value = node.operand.value
        return -value if isinstance(value, int | float) else None
    if not isinstance(node, ast.Constant) or id(node) in scope.signed:
        return None
    return node.value if isinstance(node.value, int | float) else None


def _nan(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """What is not nan where it should be, or is nan where it should not be."""
    is_call = isinstance(node, ast.Call) and getattr(node.func, "id", "") == "float" and len(node.args) == 1
    if is_call or (isinstance(node, ast.Attribute) and node.attr == "nan"):
        yield from ((_value(other), LOOK) for other in (0.0, 1.0))
        yield (
            ast.Tuple([node, node], ast.Load()),
            "Line {line}: `{code}` is one value where two are asked for.",
        )


def _value(value: float) -> ast.expr:
    if not math.isfinite(value):
        return ast.Call(ast.Name("float", ast.Load()), [ast.Constant(str(value))], [])
    return ast.UnaryOp(ast.USub(), ast.Constant(-value)) if value < 0 else ast.Constant(value)


def _index(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """``scores[0]`` to ``scores[best]``."""
    if (
        isinstance(node, ast.Subscript)
        and isinstance(node.slice, ast.Constant)
        and isinstance(node.ctx, ast.Load)
    ):
        for name in scope.local:
            said = "Line {line}: look at `{code}`. Its index should not be a fixed number."
            yield ast.Subscript(node.value, ast.Name(name, ast.Load()), ast.Load()), said


def _unpacking(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """``a, b = pair()`` to ``b, a = pair()``."""
    if isinstance(node, ast.Tuple) and isinstance(node.ctx, ast.Store):
        yield from _order(node, scope)


def _order(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    if isinstance(node, ast.Tuple | ast.List) and not _is_height_first(node):
        for number in range(len(node.elts) - 1):
            swapped = [*node.elts]
            swapped[number : number + 2] = reversed(swapped[number : number + 2])
            yield type(node)(swapped, node.ctx), _ORDER
        for number in range(len(node.elts) if isinstance(node.ctx, ast.Load) and len(node.elts) > 1 else 0):
            fewer = [*node.elts[:number], *node.elts[number + 1 :]]
            yield type(node)(fewer, node.ctx), "Line {line}: `{code}` holds one thing too many."
    if isinstance(node, ast.Call):
        for number in range(len(node.args) - 1):
            swapped = [*node.args]
            swapped[number : number + 2] = reversed(swapped[number : number + 2])
            yield ast.Call(node.func, swapped, node.keywords), _ORDER
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub | ast.Div):
        yield ast.BinOp(node.right, node.op, node.left), _ORDER


def _under_the_others_key(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """``{"SQ": rq, "RQ": sq}`` to ``{"SQ": sq, "RQ": rq}``."""
    if not isinstance(node, ast.Dict):
        return
    for one, other in combinations(range(len(node.values)), 2):
        values = [*node.values]
        values[one], values[other] = values[other], values[one]
        keys = [code_of(key) for key in (node.keys[one], node.keys[other]) if key]
        said = f"Line {{line}}: the values of {' and '.join(keys)} have changed places."
        yield ast.Dict(node.keys, values), said


def _is_height_first(node: ast.Tuple | ast.List) -> bool:
    """Return whether names are set to a shape in the usual order, so that another place is likelier to be wrong."""
    if not isinstance(node.ctx, ast.Store):
        return False
    names = [item.id.lower() for item in node.elts if isinstance(item, ast.Name)]
    return tuple(names[-2:]) in _HEIGHT_FIRST


_HEIGHT_FIRST = {
    ("h", "w"),
    ("height", "width"),
    ("rows", "columns"),
    ("rows", "cols"),
    ("top", "left"),
    ("y", "x"),
}


def _function(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    other = "Line {line}: look at `{code}`. Another function belongs there."
    if isinstance(node, ast.Attribute | ast.Name) and isinstance(node.ctx, ast.Load):
        name = node.attr if isinstance(node, ast.Attribute) else node.id
        for group in _FUNCTIONS:
            for new in group if name in group else ():
                if new != name:
                    yield renamed(node, new), other


def _argument(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """A keyword or a last argument that should not be there."""
    if isinstance(node, ast.Call):
        if len(node.args) > 1:
            yield (
                ast.Call(node.func, node.args[:-1], node.keywords),
                f"Line {{line}}: look at `{code_of(node.args[-1])}` in `{{code}}`. It does not belong there.",
            )
        for number, keyword in enumerate(node.keywords):
            rest = [*node.keywords[:number], *node.keywords[number + 1 :]]
            yield (
                ast.Call(node.func, node.args, rest),
                f"Line {{line}}: look at `{keyword.arg}` in `{{code}}`. It does not belong there.",
            )


def _chain(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """``predicted == true`` to ``predicted == true == foreground``."""
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and isinstance(node.ops[0], ast.Eq):
        for name in scope.parameters:
            both = [*node.comparators, ast.Name(name, ast.Load())]
            said = f"Line {{line}}: `{{code}}` is true in too many cases. Where does `{name}` come in?"
            yield ast.Compare(node.left, [ast.Eq(), ast.Eq()], both), said


def _string(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """A word in the place of another word that the answer uses, such as the key of a dict."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        for word in scope.words:
            if word != node.value:
                yield ast.Constant(word), LOOK


def _fixed_size(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """A number that is right for the worked cases only, where a size of an argument belongs."""
    if isinstance(node, ast.Constant) and type(node.value) is int and node.value > 1:
        for name in scope.parameters:
            said = f"Line {{line}}: `{{code}}` is a fixed number. It should follow from the size of `{name}`."
            for size in ("len({0})", "len({0}) - 1", "len({0}[0])", "len({0}) * len({0}[0])"):
                yield ast.parse(size.format(name), mode="eval").body, said


def _picked(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """``np.median(share)`` to ``np.median(share[occurs])``, and back."""
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
        yield node.value, f"Line {{line}}: `[{code_of(node.slice)}]` in `{{code}}` is one too many."
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        for pick in scope.picks:
            if pick != node.id:
                yield (
                    ast.Subscript(node, ast.Name(pick, ast.Load()), ast.Load()),
                    f"Line {{line}}: `{{code}}` takes in more than it should. `[{pick}]` picks the part that counts.",
                )


SLIPS: tuple[Rule, ...] = (
    _nan,
    operands.part,
    operands.picked_out,
    operands.counted_twice,
    _chain,
    _argument,
    operands.operand,
    operands.returned_by_one,
    operands.known_factor,
    _unpacking,
    names.walked,
    names.kindred,
    _under_the_others_key,
    _function,
    _near_number,
)
"""The likeliest ones."""
OTHER_SLIPS: tuple[Rule, ...] = (
    _order,
    operands.operator,
    operands.sign,
    operands.distance,
    sizes.other_length,
    _picked,
    _fixed_size,
    _far_number,
    operands.factor,
    operands.twice,
    operands.scaled,
    _string,
    names.other_name,
    operands.by_one,
    _index,
)
