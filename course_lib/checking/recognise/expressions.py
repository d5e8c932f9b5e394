"""Repairs of well-known mistakes in arithmetic and in comparisons."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from course_lib.checking.recognise.proposals import Proposal, Rule, name_of
from course_lib.checking.recognise.scope import Scope
from course_lib.checking.recognise.text import code_of

_BRACKETS = (
    "Line {line}: in `{code}` Python multiplies and divides before it adds and subtracts. Put brackets around what "
    "belongs together."
)
_EQUAL = "Line {line}: in `{code}`, look at what should happen where both sides are equal."


def _brackets(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """``a / b + c`` to ``a / (b + c)``, ``a - b / c`` to ``(a - b) / c``, ``a * b - 1`` to ``(a - 1) * b``, and
    ``1 - p**2`` to ``(1 - p) ** 2``.
    """
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
        if isinstance(first.op, ast.Mult):
            inner = first.left
            for operator, term in reversed(terms):
                inner = ast.BinOp(inner, operator, term)
            yield ast.BinOp(inner, ast.Mult(), first.right), _BRACKETS
    last = node.right
    if isinstance(last, ast.BinOp) and isinstance(last.op, ast.Div | ast.Mult):
        yield ast.BinOp(ast.BinOp(node.left, node.op, last.left), last.op, last.right), _BRACKETS
    if isinstance(last, ast.BinOp) and isinstance(last.op, ast.Pow):
        power = ast.BinOp(ast.BinOp(node.left, node.op, last.left), ast.Pow(), last.right)
        yield (
            power,
            "Line {line}: in `{code}` the power is taken of too little. Put brackets around what it is of.",
        )


def _brackets_too_many(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """``2 * (size - 4)`` to ``2 * size - 4``."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.Div | ast.FloorDiv):
        said = "Line {line}: in `{code}` the brackets take in more than they should."
        inner = node.right
        if isinstance(inner, ast.BinOp) and isinstance(inner.op, ast.Add | ast.Sub):
            yield ast.BinOp(ast.BinOp(node.left, node.op, inner.left), inner.op, inner.right), said
        first = node.left
        if isinstance(first, ast.BinOp) and isinstance(first.op, ast.Add | ast.Sub):
            yield ast.BinOp(first.left, first.op, ast.BinOp(first.right, node.op, node.right)), said


def _none_for_nan(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """``None`` to ``float("nan")``."""
    if isinstance(node, ast.Constant) and node.value is None:
        nan = ast.Call(ast.Name("float", ast.Load()), [ast.Constant("nan")], [])
        yield nan, 'Line {line}: `None` is nothing at all. *Not a number* is a float, `float("nan")`.'


def _power(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """``(base * share) ** 0.9`` to ``base * share ** 0.9``."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
        inner = node.left
        if isinstance(inner, ast.BinOp) and isinstance(inner.op, ast.Mult | ast.Div):
            power = ast.BinOp(inner.right, ast.Pow(), node.right)
            said = "Line {line}: in `{code}` the power is taken of more than it should be."
            yield ast.BinOp(inner.left, inner.op, power), said


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


def _comparison(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    if not isinstance(node, ast.Compare) or len(node.ops) != 1:
        return
    swaps: dict[type[ast.cmpop], tuple[tuple[type[ast.cmpop], str], ...]] = {
        ast.Gt: ((ast.GtE, _EQUAL), (ast.Lt, _OTHER_WAY), (ast.Eq, _ONLY_THIS)),
        ast.GtE: ((ast.Gt, _EQUAL), (ast.LtE, _OTHER_WAY), (ast.Eq, _ONLY_THIS)),
        ast.Lt: ((ast.LtE, _EQUAL), (ast.Gt, _OTHER_WAY), (ast.Eq, _ONLY_THIS)),
        ast.LtE: ((ast.Lt, _EQUAL), (ast.GtE, _OTHER_WAY), (ast.Eq, _ONLY_THIS)),
        ast.Eq: ((ast.NotEq, _OTHER_WAY),),
        ast.NotEq: ((ast.Eq, _OTHER_WAY),),
    }
    for operator, sentence in swaps.get(type(node.ops[0]), ()):
        yield ast.Compare(node.left, [operator()], node.comparators), sentence


_OTHER_WAY = "Line {line}: the comparison `{code}` is the wrong way round."
_ONLY_THIS = "Line {line}: `{code}` is true for other values too. `==` asks for this one only."


def _and_or(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    if isinstance(node, ast.BoolOp):
        other: ast.boolop = ast.And() if isinstance(node.op, ast.Or) else ast.Or()
        yield (
            ast.BoolOp(other, node.values),
            "Line {line}: `{code}`. `and` is true only if both sides are, `or` if one of them is. Which one is meant?",
        )
        if len(node.values) == 2 and isinstance(node.op, ast.And) and not any(map(_is_asked, node.values)):
            yield (
                ast.Compare(node.values[0], [ast.Eq()], node.values[1:]),
                "Line {line}: `{code}` does not compare: it only asks whether both are other than 0. Write `==`.",
            )


def _is_asked(node: ast.expr) -> bool:
    """Return whether an expression is a question by itself."""
    return isinstance(node, ast.Compare | ast.BoolOp | ast.UnaryOp)


def _list_and_tuple(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """``rest == shape`` to ``list(rest) == list(shape)``."""
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and isinstance(node.ops[0], ast.Eq | ast.NotEq):
        sides = [node.left, *node.comparators]
        if not any(isinstance(side, ast.Constant) for side in sides):
            left, right = (ast.Call(ast.Name("list", ast.Load()), [side], []) for side in sides)
            yield (
                ast.Compare(left, node.ops, [right]),
                "Line {line}: `{code}` compares a list with a tuple, and they are never equal. Make one the kind that "
                "the other is.",
            )


def _branches(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """``nan if found else 0`` to ``0 if found else nan``."""
    if isinstance(node, ast.IfExp):
        said = "Line {line}: in `{code}` the two values are exchanged: each is taken where the other belongs."
        yield ast.IfExp(node.test, node.orelse, node.body), said


def _not(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """``a and b`` to ``a and not b``, and back."""
    if isinstance(node, ast.BoolOp):
        for number, value in enumerate(node.values):
            if isinstance(value, ast.UnaryOp) and isinstance(value.op, ast.Not):
                other: ast.expr = value.operand
            elif isinstance(value, ast.Compare):
                continue  # its own sign is turned round
            else:
                other = ast.UnaryOp(ast.Not(), value)
            turned = [*node.values[:number], other, *node.values[number + 1 :]]
            yield (
                ast.BoolOp(node.op, turned),
                f"Line {{line}}: in `{{code}}`, `{code_of(value)}` is the wrong way round. What about `not`?",
            )


def _like_the_other_call(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """Keywords that another call of the same function has."""
    if not isinstance(node, ast.Call):
        return
    for other in scope.calls:
        if other is not node and ast.unparse(other.func) == ast.unparse(node.func):
            own = {keyword.arg for keyword in node.keywords}
            shared = [keyword for keyword in other.keywords if keyword.arg not in own]
            same = [keyword for keyword in other.keywords if keyword.arg in own]
            rest = [keyword for keyword in node.keywords if keyword.arg not in {one.arg for one in same}]
            said = f"Line {{line}}: compare the keywords in `{{code}}` with those of line {other.lineno}."
            for keywords in ([*node.keywords, *shared], [*rest, *other.keywords]):
                yield ast.Call(node.func, node.args, keywords), said
            for keyword in shared:
                yield ast.Call(node.func, node.args, [*node.keywords, keyword]), said
            for keyword in same:
                kept = [one for one in node.keywords if one.arg != keyword.arg]
                yield ast.Call(node.func, node.args, [*kept, keyword]), said


def _like_the_same_call(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """``exp(x)`` to ``exp(x - highest)``, which is elsewhere."""
    if not isinstance(node, ast.Call) or name_of(node.func) in _OF_ANYTHING:
        return
    alike = [
        other
        for other in scope.plain_calls
        if len(other.args) == len(node.args) and ast.unparse(other.func) == ast.unparse(node.func)
    ]
    for other in alike[:_MOST_ALIKE]:
        pairs = zip(node.args, other.args, strict=True)
        different = [new for old, new in pairs if ast.unparse(old) != ast.unparse(new)]
        if len(different) == 1 and isinstance(different[0], ast.BinOp | ast.Call):
            said = (
                f"Line {{line}}: compare `{{code}}` with `{code_of(other)}` in line {other.lineno}: both should be "
                "the same."
            )
            yield ast.Call(node.func, other.args, node.keywords), said


_OF_ANYTHING = ("range", "append", "len", "sum", "list", "float", "int", "print", "zip", "enumerate")
_MOST_ALIKE = 4


RULES: tuple[Rule, ...] = (
    _none_for_nan,
    _list_and_tuple,
    _brackets,
    _brackets_too_many,
    _power,
    _compared_once,
    _one_list_repeated,
    _comparison,
    _and_or,
    _not,
    _branches,
    _like_the_other_call,
    _like_the_same_call,
)
