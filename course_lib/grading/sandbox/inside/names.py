"""The names that a statement gives a value in the notebook, and those that it needs from there.

Python's own ``symtable`` says what belongs to which scope. It knows no order: a statement is taken apart into the
parts that run one after the other, so that a loop's variable, say, is not looked for in other cells.
"""

from __future__ import annotations

import ast
import copy
import symtable
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

_DEFINITIONS = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_COMPREHENSIONS = ast.ListComp | ast.SetComp | ast.DictComp


@dataclass
class Names:
    """What a statement binds and needs; a name that it binds before it uses it is not needed."""

    binds: set[str] = field(default_factory=set)
    needs: set[str] = field(default_factory=set)

    def add(self, statements: Sequence[ast.stmt], has: set[str]) -> None:
        """Add the names of statements that run one after the other.

        Args:
            statements: the statements.
            has: names that have a value by now; takes those that get one for certain.
        """
        for statement in statements:
            for part, block in _parts(statement):
                binds, needs = _names_of_part(part)
                self.needs |= needs - has
                self.binds |= binds
                is_certain = not block or isinstance(part, ast.With | ast.AsyncWith)
                inside = has if is_certain else set(has)  # a block may be left out, and its names with it
                inside |= binds
                self.add(block, inside)


def names_of(statement: ast.stmt) -> Names:
    """Return the names of a statement at the top of a cell.

    Raises:
        RecursionError: it is nested too deeply.
    """
    names = Names()
    names.add([statement], set())
    return names


def _parts(node: ast.stmt) -> Iterator[tuple[ast.stmt, list[ast.stmt]]]:
    """Take a statement apart: what runs first, as a statement without blocks, and a block that follows it."""
    nothing = ast.Pass()
    if isinstance(node, ast.If | ast.While):
        yield ast.Expr(node.test), node.body
        yield nothing, node.orelse
    elif isinstance(node, ast.For | ast.AsyncFor):
        yield _placed(type(node)(node.target, node.iter, [nothing], []), node), node.body
        yield nothing, node.orelse
    elif isinstance(node, ast.With | ast.AsyncWith):
        yield _placed(type(node)(node.items, [nothing]), node), node.body
    elif isinstance(node, ast.Try | ast.TryStar):
        yield nothing, node.body
        for handler in node.handlers:
            alone = ast.ExceptHandler(handler.type, handler.name, [nothing])
            yield ast.Try([nothing], [alone], [], []), handler.body
        yield nothing, node.orelse
        yield nothing, node.finalbody
    elif isinstance(node, ast.Match):
        for case in node.cases:
            yield ast.Match(node.subject, [ast.match_case(case.pattern, case.guard, [nothing])]), case.body
    else:
        yield node, []


def _placed(new: ast.stmt, old: ast.stmt) -> ast.stmt:
    return ast.copy_location(new, old)  # to be written as text, it needs a line


def _names_of_part(part: ast.stmt) -> tuple[set[str], set[str]]:
    own = {part.name} if isinstance(part, _DEFINITIONS) else set()
    try:
        table = symtable.symtable(ast.unparse(_with_generators(part)), "cell", "exec")
    except (
        SyntaxError,
        ValueError,
    ):  # not legal after all, or not to be written as text: rather too many names
        return own, {node.id for node in ast.walk(part) if isinstance(node, ast.Name)}
    binds, needs = set(own), set()
    for symbol in table.get_symbols():
        if symbol.is_assigned() or symbol.is_imported():
            binds.add(symbol.get_name())
        if symbol.is_referenced():
            needs.add(symbol.get_name())
    for inner in _below(table):
        for symbol in inner.get_symbols():
            if symbol.is_declared_global():
                binds.add(symbol.get_name())
            if symbol.is_global() or (inner.get_type() == "class" and symbol.is_referenced()):
                needs.add(symbol.get_name())
    return binds, needs - own


def _below(table: symtable.SymbolTable) -> Iterable[symtable.SymbolTable]:
    for child in table.get_children():
        yield child
        yield from _below(child)


def _with_generators(part: ast.stmt) -> ast.stmt:
    """Return a statement with generators for comprehensions, whose variables Python 3.12 counts as the notebook's."""
    if any(isinstance(node, _COMPREHENSIONS) for node in ast.walk(part)):
        changed: ast.stmt = _Generators().visit(copy.deepcopy(part))
        return changed
    return part


class _Generators(ast.NodeTransformer):
    def visit_ListComp(self, node: ast.ListComp | ast.SetComp) -> ast.expr:
        self.generic_visit(node)
        return ast.GeneratorExp(node.elt, node.generators)

    visit_SetComp = visit_ListComp

    def visit_DictComp(self, node: ast.DictComp) -> ast.expr:
        self.generic_visit(node)
        return ast.GeneratorExp(ast.Tuple([node.key, node.value], ast.Load()), node.generators)
