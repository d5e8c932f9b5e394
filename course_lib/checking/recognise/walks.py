"""Repairs of what is gone over: pairs side by side, not only a diagonal or the first row, each value by itself."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator

from course_lib.checking.recognise.block import Block
from course_lib.checking.recognise.proposals import Proposal, Rule, name_of
from course_lib.checking.recognise.repair import Repair
from course_lib.checking.recognise.scope import Scope
from course_lib.checking.recognise.text import code_of

_SIDE_BY_SIDE = (
    "Line {line}: `{code}` meets every value of the one with every value of the other. `zip` goes through both side "
    "by side."
)


def _product(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """``product(row, other)`` to ``zip(row, other)``."""
    if isinstance(node, ast.Call) and name_of(node.func) == "product" and len(node.args) == 2:
        yield ast.Call(ast.Name("zip", ast.Load()), node.args, []), _SIDE_BY_SIDE


def _two_loops_in_one(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """``[... for p in row for t in other]`` to ``[... for p, t in zip(row, other)]``."""
    if not isinstance(node, ast.ListComp | ast.GeneratorExp):
        return
    for number in range(len(node.generators) - 1):
        first, second = node.generators[number : number + 2]
        if not first.ifs and not _names(first.target) & _names(second.iter):
            loop = ast.comprehension(*_zipped(first, second), second.ifs, 0)
            loops = [*node.generators[:number], loop, *node.generators[number + 2 :]]
            yield type(node)(node.elt, loops), _SIDE_BY_SIDE


def _names(node: ast.AST) -> set[str]:
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def _zipped(
    first: ast.For | ast.comprehension, second: ast.For | ast.comprehension
) -> tuple[ast.Tuple, ast.Call]:
    """Return the target and the iterable of one loop that goes through those of two side by side."""
    both = ast.Tuple([first.target, second.target], ast.Store())
    return both, ast.Call(ast.Name("zip", ast.Load()), [first.iter, second.iter], [])


def _equal_ones_once(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """``set(row)``, ``dict.fromkeys(row)`` and ``np.unique(row)`` to ``row``."""
    if not isinstance(node, ast.Call) or name_of(node.func) not in ("set", "fromkeys", "unique"):
        return
    if len(node.args) == 1 and not node.keywords:
        yield (
            ast.Call(ast.Name("list", ast.Load()), node.args, []),
            "Line {line}: `{code}` holds equal values only once. Here each of them counts.",
        )


def _in_order(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """``sorted(scores).index(...)`` to ``list(scores).index(...)``."""
    if isinstance(node, ast.Call) and name_of(node.func) == "sorted" and len(node.args) == 1:
        yield (
            ast.Call(ast.Name("list", ast.Load()), node.args, []),
            "Line {line}: `{code}` moves the values away from their places, and here the places count.",
        )


def _first_row(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """``prediction[0]`` to all values of ``prediction``."""
    if not (isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load)):
        return
    of, place = node.value, node.slice
    if isinstance(of, ast.Name) and of.id in scope.parameters and ast.unparse(place) == "0":
        values = ast.parse(f"[value for row in {of.id} for value in row]", mode="eval").body
        yield values, "Line {line}: `{code}` is the first row only. The other rows count as well."


def each_with_each(block: Block) -> Iterator[Repair]:
    """``for p in row: for t in other:`` to ``for p, t in zip(row, other):``."""
    for number, outer in enumerate(block.items):
        inner = outer.body[0] if isinstance(outer, ast.For) else None
        if not (isinstance(outer, ast.For) and isinstance(inner, ast.For)) or len(outer.body) > 1:
            continue
        if _names(outer.target) & _names(inner.iter) or not _are_values(outer.iter, inner.iter):
            continue
        loop = ast.copy_location(ast.For(*_zipped(outer, inner), inner.body, []), outer)
        sentence = (
            f"Line {inner.lineno}: for each `{code_of(outer.target)}` this loop goes through all of "
            f"`{code_of(inner.iter)}`, so every value meets every other. `zip({code_of(outer.iter)}, "
            f"{code_of(inner.iter)})` goes through both side by side."
        )
        items = [*block.items[:number], ast.fix_missing_locations(loop), *block.items[number + 1 :]]
        yield Repair((block.set(items),), inner, sentence)


def _are_values(*iterables: ast.expr) -> bool:
    return not any(isinstance(one, ast.Call) and name_of(one.func) == "range" for one in iterables)


def diagonal(block: Block) -> Iterator[Repair]:
    """``mask[i][i]`` in a loop over ``i`` to ``mask[i][column]`` in a loop over the columns as well."""
    for loop in block.items:
        if not (isinstance(loop, ast.For) and isinstance(loop.target, ast.Name)):
            continue
        places = [node for node in ast.walk(loop) if _on_the_diagonal(node, loop.target.id)]
        if not places:
            continue
        place = places[0]
        assert isinstance(place, ast.Subscript)
        row = (
            f"{ast.unparse(place.value)}[0]"
            if isinstance(place.slice, ast.Tuple)
            else ast.unparse(place.value)
        )
        columns = ast.parse(f"for column_ in range(len({row})):\n    pass").body[0]
        for node in ast.walk(columns):
            ast.copy_location(node, loop)
        turned = _Columns(loop.target.id)
        Block(columns, "body").set([turned.visit(copy.deepcopy(item)) for item in loop.body]).made()
        sentence = (
            "Line {line}: `{code}` has the same number for the row and for the column, so only the diagonal is looked "
            "at. The columns need a loop of their own."
        )
        yield Repair((Block(loop, "body").set([columns]),), place, sentence)


def _on_the_diagonal(node: ast.AST, name: str) -> bool:
    """Return whether a place is ``x[i][i]`` or ``x[i, i]``."""
    if not isinstance(node, ast.Subscript):
        return False
    if isinstance(node.slice, ast.Tuple):
        return [ast.unparse(part) for part in node.slice.elts] == [name, name]
    row = node.value.slice if isinstance(node.value, ast.Subscript) else None
    return row is not None and ast.unparse(row) == ast.unparse(node.slice) == name


class _Columns(ast.NodeTransformer):
    """Puts another name for the column where it is that of the row."""

    def __init__(self, name: str) -> None:
        self._name = name

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        if not _on_the_diagonal(node, self._name):
            return self.generic_visit(node)
        column = ast.copy_location(ast.Name("column_", ast.Load()), node.slice)
        if isinstance(node.slice, ast.Tuple):
            node.slice.elts[1] = column
        else:
            node.slice = column
        return node


def _used_up(node: ast.expr, scope: Scope) -> Iterator[Proposal]:
    """``exps = (exp(z) for z in logits)`` to a list."""
    is_walk = isinstance(node, ast.GeneratorExp) or (
        isinstance(node, ast.Call) and name_of(node.func) in ("map", "filter", "zip", "reversed", "enumerate")
    )
    if is_walk and id(node) in scope.starts:
        yield (
            ast.Call(ast.Name("list", ast.Load()), [node], []),
            "Line {line}: `{code}` can be gone through once, and then nothing is left in it. Make a list of it.",
        )


RULES: tuple[Rule, ...] = (_product, _two_loops_in_one, _equal_ones_once, _in_order, _first_row, _used_up)
BLOCK_RULES = (each_with_each, diagonal)
