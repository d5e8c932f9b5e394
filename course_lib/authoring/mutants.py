"""Small changes of right answers: each one is a wrong answer, or one that comes to the same.

An exercise's own wrong answers prove only what its authors thought of. The changes here are those of mutation
testing (as in mutmut and cosmic-ray), made in the source of one answer at a time.
"""

from __future__ import annotations

import ast
import copy
import inspect
import sys
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from course_lib.checking.exercise import Answer

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
_DROPPED_WITH_ONE_ARGUMENT = {"sorted", "list", "tuple", "set", "len", "range"}  # dropped, they raise at once


@dataclass(frozen=True)
class Mutant:
    """An answer with one small change.

    Attributes:
        what: the change, such as ``"line 4: both / union -> both * union"``; lines count from the ``def``.
        answer: the changed function or class.
    """

    what: str
    answer: Answer


def mutants_of(answer: Answer) -> Iterator[Mutant]:
    """Yield every small change of an answer that can be compiled; none of an answer that has no source."""
    try:
        definition = ast.parse(textwrap.dedent(inspect.getsource(answer))).body[0]
    except (OSError, TypeError, SyntaxError):
        return
    if not isinstance(definition, ast.FunctionDef | ast.ClassDef):
        return
    definition.decorator_list = []
    _drop_docstrings(definition)
    seen = {ast.unparse(definition)}
    for what, changed in _changes_of(definition):
        text = ast.unparse(ast.fix_missing_locations(changed))
        if text not in seen:
            seen.add(text)
            made = _compiled(text, definition.name, answer)
            if made is not None:
                yield Mutant(what, made)


def _drop_docstrings(definition: ast.AST) -> None:
    for node in ast.walk(definition):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]


def _compiled(text: str, name: str, answer: Answer) -> Answer | None:
    namespace = dict(vars(sys.modules[answer.__module__]))
    try:
        exec(compile(text, f"<a mutant of {name}>", "exec"), namespace)
    except Exception:  # a default value or a class body is run at once, and may raise anything
        return None
    made: Answer = namespace[name]
    return made


def _changes_of(definition: ast.stmt) -> Iterator[tuple[str, ast.AST]]:
    """Yield what each change is, and a copy of the definition in which it was made."""
    names = _variables_of(definition)
    for number, node in enumerate(ast.walk(definition)):
        for changed in _changes_at(node, names):
            what = f"line {getattr(node, 'lineno', 1)}: {_shown(node)} -> {_shown(changed)}"
            yield what, _with_replaced(definition, number, changed)


def _with_replaced(definition: ast.AST, number: int, new: ast.AST) -> ast.AST:
    whole = copy.deepcopy(definition)
    old = next(node for count, node in enumerate(ast.walk(whole)) if count == number)

    class Replace(ast.NodeTransformer):
        def visit(self, node: ast.AST) -> ast.AST:
            return new if node is old else self.generic_visit(node)

    changed: ast.AST = Replace().visit(whole)
    return changed


def _shown(node: ast.AST) -> str:
    text = " ".join(ast.unparse(ast.fix_missing_locations(copy.deepcopy(node))).split())
    return text if len(text) <= 100 else f"{text[:97]}..."


def _variables_of(definition: ast.AST) -> tuple[str, ...]:
    """Return the names of arguments and of variables that are assigned somewhere in the answer."""
    found = [node.arg for node in ast.walk(definition) if isinstance(node, ast.arg) and node.arg != "self"]
    stored = [node for node in ast.walk(definition) if isinstance(node, ast.Name)]
    found += [node.id for node in stored if isinstance(node.ctx, ast.Store)]
    return tuple(dict.fromkeys(found))


def _changes_at(node: ast.AST, names: tuple[str, ...]) -> Iterator[ast.AST]:
    """Yield what a node may be changed into."""
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
        yield _with(node, args=[node.args[1], node.args[0], *node.args[2:]])
        yield _with(node, args=node.args[:-1])
    if name in _NAMES:
        other = _NAMES[name]
        named = _with(node.func, **{"attr" if isinstance(node.func, ast.Attribute) else "id": other})
        yield _with(node, func=named)
    if isinstance(node.func, ast.Attribute):
        yield node.func.value  # x.clamp(0) -> x
    if node.args and name not in _DROPPED_WITH_ONE_ARGUMENT:
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
