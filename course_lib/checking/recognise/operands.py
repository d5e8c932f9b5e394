"""Small repairs of what is added, multiplied or joined: another operator, a part too many, a factor forgotten."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from course_lib.checking.recognise.proposals import Proposal, name_of
from course_lib.checking.recognise.scope import Scope
from course_lib.checking.recognise.text import code_of

ONE_MINUS = "Line {line}: 1 minus `{code}` is needed there."
OTHER_SIGN = "Line {line}: the sign of `{code}` is wrong."
_OPERATORS = (ast.Add, ast.Sub, ast.Mult, ast.Div)


def operator(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """``a + b`` to ``a - b``."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, _OPERATORS):
        for operator in _OPERATORS:
            if not isinstance(node.op, operator):
                yield (
                    ast.BinOp(node.left, operator(), node.right),
                    "Line {line}: look at the operator in `{code}`.",
                )


def operand(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """``best + 1`` to ``best``."""
    sign = _SIGNS.get(type(node.op)) if isinstance(node, ast.BinOp) else None
    if isinstance(node, ast.BinOp) and sign:
        too_many = "Line {{line}}: the `{}` in `{{code}}` does not belong there."
        yield node.left, too_many.format(f"{sign} {code_of(node.right)}")
        yield node.right, too_many.format(f"{code_of(node.left)} {sign}")


_SIGNS: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
    ast.BitAnd: "&",
    ast.BitOr: "|",
}


def part(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """``p == 255 or t == 255`` to ``t == 255``."""
    if isinstance(node, ast.BoolOp):
        for number, value in enumerate(node.values):
            rest = [*node.values[:number], *node.values[number + 1 :]]
            said = f"Line {{line}}: `{code_of(value)}` does not belong into `{{code}}`."
            yield (rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)), said


def counted_twice(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """``area + other`` to ``area + other - both``."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        for name in scope.local:
            if _SHARED.search(name):
                said = f"Line {{line}}: `{{code}}` counts `{name}` twice. Take it off once."
                yield ast.BinOp(node, ast.Sub(), ast.Name(name, ast.Load())), said


_SHARED = re.compile("inter|both|overlap|shared|common|tp|hit")


def picked_out(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """``[f(x) for x in row if x]`` to ``[f(x) for x in row]``."""
    if isinstance(node, ast.ListComp | ast.GeneratorExp):
        for number, loop in enumerate(node.generators):
            if loop.ifs:
                free = ast.comprehension(loop.target, loop.iter, [], loop.is_async)
                loops = [*node.generators[:number], free, *node.generators[number + 1 :]]
                said = f"Line {{line}}: `if {code_of(loop.ifs[0])}` leaves some out that belong there."
                yield type(node)(node.elt, loops), said


def sign(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """``-a`` to ``a``, and ``not a`` to ``a``."""
    if isinstance(node, ast.UnaryOp):
        sign = "`not`" if isinstance(node.op, ast.Not) else "sign"
        yield node.operand, f"Line {{line}}: the {sign} in `{{code}}` is one too many."


def distance(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """``a - b`` to ``abs(a - b)``."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub):
        said = "Line {line}: `{code}` may be below 0. Only how far apart the two are counts: `abs(...)`."
        yield ast.Call(ast.Name("abs", ast.Load()), [node], []), said


def factor(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """A 2 forgotten above or below a line, a 1 forgotten, or a minus."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div | ast.Mult):
        forgotten = "Line {line}: a factor is forgotten in `{code}`."
        for factor in (2, 0.5):
            yield ast.BinOp(ast.Constant(factor), ast.Mult(), node), forgotten
    is_mask = isinstance(node, ast.Name) and node.id in scope.masks
    is_read = not isinstance(getattr(node, "ctx", None), ast.Store)
    if isinstance(node, ast.BinOp | ast.Name | ast.Call) and is_read and not is_mask:
        yield ast.UnaryOp(ast.USub(), node), OTHER_SIGN
        if id(node) not in scope.terms:  # there it is a sign and a 1, two changes that may cancel a third
            yield (
                ast.BinOp(ast.Constant(1), ast.Sub(), node),
                ONE_MINUS,
            )


def known_factor(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """``9 * a * b + b * b`` to ``9 * a * b + 9 * b * b``."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.Pow) and id(node) in scope.terms:
        for number in scope.factors:
            if str(number) not in ast.unparse(node):
                said = f"Line {{line}}: a factor is forgotten in `{{code}}`. Elsewhere there is the factor {number}."
                yield ast.BinOp(ast.Constant(number), ast.Mult(), node), said


def returned_by_one(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """``return count`` to ``return count - 1``."""
    if id(node) in scope.ends and isinstance(node, ast.Name):
        yield from by_one(node, scope)


def by_one(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """``size`` to ``size + 1``; not where it is only asked whether there is any."""
    is_number = isinstance(node, ast.BinOp) or (
        isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id not in scope.masks
    )
    is_number = is_number or (isinstance(node, ast.Call) and name_of(node.func) not in _GIVE_TRUE_OR_FALSE)
    if is_number and id(node) not in scope.asked:
        yield ast.BinOp(node, ast.Add(), ast.Constant(1)), "Line {line}: `{code}` is too small by 1 there."
        yield ast.BinOp(node, ast.Sub(), ast.Constant(1)), "Line {line}: `{code}` is too large by 1 there."


_GIVE_TRUE_OR_FALSE = ("any", "all", "isnan", "isclose", "isinstance", "bool", "equal", "isin")


def twice(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """``size + padding`` to ``size + 2 * padding``. A name elsewhere may be a shape: twice that fills the memory."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
        for side in (node.left, node.right):
            if isinstance(side, ast.Name | ast.Subscript):
                double = ast.BinOp(ast.Constant(2), ast.Mult(), side)
                left, right = (double, node.right) if side is node.left else (node.left, double)
                said = f"Line {{line}}: in `{{code}}`, `{code_of(side)}` has to count twice."
                yield ast.BinOp(left, node.op, right), said


def scaled(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """``i + k`` to ``i * stride + k``."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
        for name in scope.parameters:
            factor = ast.Name(name, ast.Load())
            said = f"Line {{line}}: `{{code}}` leaves `{name}` out."
            yield ast.BinOp(ast.BinOp(node.left, ast.Mult(), factor), node.op, node.right), said
            yield ast.BinOp(node.left, node.op, ast.BinOp(node.right, ast.Mult(), factor)), said
