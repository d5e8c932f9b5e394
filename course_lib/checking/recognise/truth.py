"""Repairs of what is asked of numbers: `~` for `not`, `is` for `==`, `&` before `==`, `<` where `!=` is meant."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from course_lib.checking.recognise.proposals import Proposal, Rule
from course_lib.checking.recognise.scope import Scope


def _bits_turned(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """``~mask`` to ``1 - mask``, where the mask holds numbers."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Invert):
        yield (
            ast.BinOp(ast.Constant(1), ast.Sub(), node.operand),
            "Line {line}: `{code}` turns the bits of numbers round, and ~1 is -2. It means *not* only for True and "
            "False. With 0 and 1, write `1 - ...` or `... == 0`.",
        )


def _without_decimals(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """``int(score) > int(best)`` to ``score > best``."""
    if not isinstance(node, ast.Compare):
        return
    sides = [node.left, *node.comparators]
    if any(_cuts(side) for side in sides):
        left, *others = (
            side.args[0] if _cuts(side) and isinstance(side, ast.Call) else side for side in sides
        )
        yield (
            ast.Compare(left, node.ops, others),
            "Line {line}: `{code}` compares without the decimals, so different values count as equal.",
        )


def _cuts(node: ast.expr) -> bool:
    is_call = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and len(node.args) == 1
    return is_call and node.func.id in ("int", "round")  # type: ignore[attr-defined]


def _all_but_one(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """``truth < ignore_index`` to ``truth != ignore_index``."""
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and isinstance(node.ops[0], ast.Lt | ast.Gt):
        yield (
            ast.Compare(node.left, [ast.NotEq()], node.comparators),
            "Line {line}: `{code}` leaves out other values too. `!=` leaves out this one only.",
        )


def _product(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """``prediction * truth`` and ``prediction & truth`` to ``prediction == truth``."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.BitAnd):
        yield (
            ast.Compare(node.left, [ast.Eq()], [node.right]),
            "Line {line}: `{code}` does not say whether the two are equal. Ask with `==`.",
        )


def _equal_for_both(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """``p == t`` to ``p * t``, where both hold 0 and 1."""
    if not (isinstance(node, ast.Compare) and len(node.ops) == 1 and isinstance(node.ops[0], ast.Eq)):
        return
    if not any(isinstance(side, ast.Constant) for side in (node.left, *node.comparators)):
        yield (
            ast.BinOp(node.left, ast.Mult(), node.comparators[0]),
            "Line {line}: `{code}` is also true where both are 0. Ask whether both are 1.",
        )


def _the_same_object(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """``predicted is true`` to ``predicted == true``."""
    if not (isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Is | ast.IsNot)):
        return
    if len(node.ops) == 1 and not any(_is_fixed(side) for side in (node.left, *node.comparators)):
        word, operator = ("is", ast.Eq()) if isinstance(node.ops[0], ast.Is) else ("is not", ast.NotEq())
        yield (
            ast.Compare(node.left, [operator], node.comparators),
            f"Line {{line}}: `{word}` in `{{code}}` asks for one and the same object, and equal numbers need not be "
            "one. Compare with `==` or `!=`.",
        )


def _membership(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """``class_id in seen`` to ``class_id not in seen``, and the like."""
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in _TURNED:
        turned = ast.Compare(node.left, [_TURNED[type(node.ops[0])]()], node.comparators)
        yield turned, "Line {line}: the comparison `{code}` is the wrong way round."


_TURNED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}


def _is_fixed(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and (node.value is None or isinstance(node.value, bool))


def _compared_with_nan(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """``score == np.nan`` to ``score != score``, which is true of nan only."""
    if not (isinstance(node, ast.Compare) and len(node.ops) == 1 and _is_nan(node.comparators[0])):
        return
    operators: dict[type[ast.cmpop], ast.cmpop] = {ast.Eq: ast.NotEq(), ast.Is: ast.NotEq()}
    operators |= {ast.NotEq: ast.Eq(), ast.IsNot: ast.Eq()}
    if type(node.ops[0]) in operators:
        yield (
            ast.Compare(node.left, [operators[type(node.ops[0])]], [node.left]),
            "Line {line}: `{code}` does not find nan: it is equal to nothing, not even to itself. Ask "
            "`math.isnan(...)` or `np.isnan(...)`.",
        )


def _is_nan(node: ast.expr) -> bool:
    if isinstance(node, ast.Attribute):
        return node.attr == "nan"
    return ast.unparse(node).lower() in ("float('nan')", "nan")


def _bits_first(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """``p == 1 & t == 1``, which is ``p == (1 & t) == 1``, to ``(p == 1) & (t == 1)``."""
    if not isinstance(node, ast.Compare):
        return
    sides = [node.left, *node.comparators]
    for number, side in enumerate(sides):
        if isinstance(side, ast.BinOp) and isinstance(side.op, ast.BitAnd | ast.BitOr):
            first, *others = [*sides[:number], side.left]
            left = ast.Compare(first, node.ops[:number], others) if others else first
            rest = sides[number + 1 :]
            right = ast.Compare(side.right, node.ops[number:], rest) if rest else side.right
            sign = "&" if isinstance(side.op, ast.BitAnd) else "|"
            yield (
                ast.BinOp(left, side.op, right),
                f"Line {{line}}: in `{{code}}` Python does `{sign}` before it compares. Put brackets around each "
                "comparison.",
            )


RULES: tuple[Rule, ...] = (
    _bits_turned,
    _without_decimals,
    _all_but_one,
    _product,
    _equal_for_both,
    _the_same_object,
    _membership,
    _compared_with_nan,
    _bits_first,
)
