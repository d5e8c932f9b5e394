"""What each piece of an answer's source may be changed into; :mod:`course_lib.authoring.mutants` makes the answers."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterable, Iterator

_COMPARISONS = {
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.GtE),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.LtE),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_OPERATORS = {
    ast.Add: (ast.Sub, ast.Mult),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div, ast.Add),
    ast.Div: (ast.Mult, ast.FloorDiv),
    ast.FloorDiv: (ast.Div, ast.Mult),
    ast.Mod: (ast.FloorDiv,),
    ast.Pow: (ast.Mult,),
    ast.BitAnd: (ast.BitOr,),
    ast.BitOr: (ast.BitAnd,),
}
_WORDS = {"mean": "sum", "sum": "mean", "nearest": "bilinear", "bilinear": "nearest"}
_NAMES = {
    "max": "min",
    "min": "max",
    "mean": "sum",
    "sum": "mean",
    "any": "all",
    "all": "any",
    "argmax": "argmin",
    "float": "int",
    "zeros": "ones",
    "ones": "zeros",
    "logical_and": "logical_or",
    "logical_or": "logical_and",
    "MaxPool2d": "AvgPool2d",
    "max_pool2d": "avg_pool2d",
}
# Dropped, these raise at once, or come to the same: checks take lists for arrays.
_KEPT = {"sorted", "list", "tuple", "set", "len", "range", "array", "asarray", "tolist", "float64"}
# Their first two arguments may change places.
_COMMUTATIVE = {
    "maximum",
    "minimum",
    "logical_and",
    "logical_or",
    "add",
    "multiply",
    "equal",
    "isclose",
    "gcd",
}
_COMMUTATIVE |= {"max", "min", "smooth_l1_loss"}


def changes_of(node: ast.AST, names: tuple[str, ...]) -> Iterator[ast.AST]:
    """Yield what a node may be changed into.

    Args:
        node: a node of an answer's syntax tree; it stays as it is.
        names: the answer's arguments and variables, any of which may be taken for another.
    """
    match node:
        case ast.Compare():
            yield from _of_comparison(node)
        case ast.BinOp() | ast.AugAssign():
            yield from _of_operation(node)
        case ast.BoolOp(op=op):
            yield _with(node, op=ast.Or() if isinstance(op, ast.And) else ast.And())
            yield from node.values
        case ast.UnaryOp(operand=operand):
            yield operand
        case ast.Constant(value=value):
            yield from (ast.Constant(other) for other in _other_constants(value))
        case ast.Call():
            yield from _of_call(node)
        case ast.Name(id=name, ctx=ast.Load()) if name in names:
            yield from (ast.Name(other, ast.Load()) for other in names if other != name)
        case ast.Tuple(elts=[_, _, *_]):
            yield _with(node, elts=node.elts[::-1])
        case ast.IfExp():
            yield node.body
            yield node.orelse
        case ast.comprehension(ifs=[_, *_]):
            yield _with(node, ifs=[])
        case ast.Subscript(slice=ast.Slice(lower=lower, upper=upper)) if lower or upper:
            yield from (_with(node, slice=_with(node.slice, **{part: None})) for part in ("lower", "upper"))
    if isinstance(node, ast.FunctionDef | ast.For | ast.While | ast.If | ast.With):
        yield from _of_block(node)


def _with(node: ast.AST, **fields: object) -> ast.AST:
    """Return a copy of a node with other fields."""
    changed = copy.copy(node)
    for name, value in fields.items():
        setattr(changed, name, value)
    return changed


def _of_comparison(node: ast.Compare) -> Iterator[ast.AST]:
    for place, operator in enumerate(node.ops):
        for other in _COMPARISONS[type(operator)]:
            yield _with(node, ops=[*node.ops[:place], other(), *node.ops[place + 1 :]])


def _of_operation(node: ast.BinOp | ast.AugAssign) -> Iterator[ast.AST]:
    for other in _OPERATORS.get(type(node.op), ()):
        yield _with(node, op=other())
    if isinstance(node, ast.BinOp):
        yield from (node.left, node.right)
        if not isinstance(node.op, ast.Add | ast.Mult | ast.BitAnd | ast.BitOr):
            yield _with(node, left=node.right, right=node.left)
        yield from _without_brackets(node)
    else:
        yield ast.Assign([node.target], node.value, lineno=node.lineno)


def _without_brackets(node: ast.BinOp) -> Iterator[ast.AST]:
    """Yield ``a / b + c`` of ``a / (b + c)``, and ``a + b / c`` of ``(a + b) / c``."""
    weak, strong = (ast.Add, ast.Sub), (ast.Mult, ast.Div, ast.FloorDiv)
    if not isinstance(node.op, strong):
        return
    if isinstance(node.right, ast.BinOp) and isinstance(node.right.op, weak):
        yield _with(node.right, left=_with(node, right=node.right.left))
    if isinstance(node.left, ast.BinOp) and isinstance(node.left.op, weak):
        yield _with(node.left, right=_with(node, left=node.left.right))


def _other_constants(value: object) -> Iterable[bool | int | float | str]:
    match value:
        case bool():
            return (not value,)
        case int():
            return (value + 1, value - 1)
        case float():
            return (value + 1, value * 2, 0.0)
        case str():
            return (_WORDS[value],) if value in _WORDS else ()
    return ()


def _of_call(node: ast.Call) -> Iterator[ast.AST]:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    for place, keyword in enumerate(node.keywords):
        if keyword.arg != "strict":  # of zip: it only guards against unequal lengths
            yield _with(node, keywords=node.keywords[:place] + node.keywords[place + 1 :])
    if len(node.args) > 1:
        if name not in _COMMUTATIVE:
            yield _with(node, args=[node.args[1], node.args[0], *node.args[2:]])
        yield _with(node, args=node.args[:-1])
    if name in _NAMES:
        other = _NAMES[name]
        named = _with(node.func, **{"attr" if isinstance(node.func, ast.Attribute) else "id": other})
        yield _with(node, func=named)
    if isinstance(node.func, ast.Attribute) and name not in _KEPT:
        yield node.func.value  # x.clamp(0) -> x
    if node.args and name not in _KEPT:
        yield from node.args[:2]  # max(a, b) -> a


def _of_block(node: ast.AST) -> Iterator[ast.AST]:
    for part in ("body", "orelse"):
        block: list[ast.stmt] = getattr(node, part, [])
        for place, statement in enumerate(block):
            rest = block[:place] + block[place + 1 :]
            if not isinstance(statement, ast.Pass):
                yield _with(node, **{part: rest or [ast.Pass()]})
            if isinstance(statement, ast.For | ast.While):
                yield from (_with(node, **{part: moved}) for moved in _moved(block, place, statement))
            if isinstance(statement, ast.If):
                turned = _with(statement, test=ast.UnaryOp(ast.Not(), statement.test))
                yield _with(node, **{part: [*block[:place], turned, *block[place + 1 :]]})


def _moved(block: list[ast.stmt], place: int, loop: ast.For | ast.While) -> Iterator[list[ast.stmt]]:
    """Yield a block with a statement moved into the loop from before or behind it, or out of it."""
    before, behind = block[:place], block[place + 1 :]
    if before:
        yield [*before[:-1], _with(loop, body=[before[-1], *loop.body]), *behind]  # type: ignore[list-item]
    if behind:
        yield [*before, _with(loop, body=[*loop.body, behind[0]]), *behind[1:]]  # type: ignore[list-item]
    if len(loop.body) > 1:
        yield [*before, _with(loop, body=loop.body[:-1]), loop.body[-1], *behind]  # type: ignore[list-item]
        yield [*before, loop.body[0], _with(loop, body=loop.body[1:]), *behind]  # type: ignore[list-item]
