"""What an answer needs of its notebook: the statements that define it, and those that they need in their turn.

Nothing is run here. A graded run leaves out all the rest: figures, trainings, prints, and whatever is broken or
hostile and has nothing to do with the answer.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from . import uses
from .cells import parse
from .names import names_of

_GIVEN_NAMES = "check hint solution progress unblock example open_lesson display get_ipython"
GIVEN = tuple(_GIVEN_NAMES.split())
"""Names that every notebook of the course has; they do nothing in a graded run."""

_BLOCKS = ast.stmt | ast.ExceptHandler | ast.match_case


@dataclass
class Statement:
    """One statement at the top of a cell.

    Attributes:
        cell: the cell's number; below 0 for cells of the notebook as it was handed out.
        index: its place in the cell.
        node: the statement.
        binds: names that it gives a value.
        needs: names that it uses, at once or when what it defines is called.
        changes: names whose values it changes.
        is_stub: whether it defines an answer that is not written yet.
    """

    cell: int
    index: int
    node: ast.stmt
    binds: set[str] = field(default_factory=set)
    needs: set[str] = field(default_factory=set)
    changes: set[str] = field(default_factory=set)
    is_stub: bool = False

    @property
    def is_definition(self) -> bool:
        """Whether it is a function or a class."""
        return isinstance(self.node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)


def statements_of(
    cells: Iterable[tuple[int, str]], problems: dict[int, str], stubs: Sequence[str] = ()
) -> list[Statement]:
    """Return the statements of cells, with the names that they bind and need; note what cannot be parsed.

    Args:
        cells: number and source of each.
        problems: takes what cannot be parsed.
        stubs: sources of the answers' cells as they were handed out.
    """
    unwritten = {_code_of(node) for source in stubs for node in parse(source)}
    found = []
    for number, source in cells:
        try:
            found += [_described(number, index, node, unwritten) for index, node in enumerate(parse(source))]
        except SyntaxError as error:
            problems[number] = f"is not Python: {error.msg}{_line_of(error)}"
        except RecursionError:
            problems[number] = "is nested too deeply"
    return found


def _line_of(error: SyntaxError) -> str:
    return f" (line {error.lineno})" if error.lineno else ""


def _described(cell: int, index: int, node: ast.stmt, unwritten: set[str]) -> Statement:
    names = names_of(node)
    statement = Statement(cell, index, node, names.binds, names.needs, _changed(node))
    statement.is_stub = statement.is_definition and _code_of(node) in unwritten
    return statement


def _code_of(node: ast.stmt) -> str:
    """Return what a statement does, without its docstring: that may differ between releases of a notebook."""
    if not isinstance(node, ast.FunctionDef | ast.ClassDef) or ast.get_docstring(node) is None:
        return ast.dump(node)
    return ast.dump(type(node)(**{**dict(ast.iter_fields(node)), "body": node.body[1:]}))


def _changed(statement: ast.stmt) -> set[str]:
    """Return the names whose values a statement changes: ``x[0] = 1``, ``x.y = 1``, ``x.append(1)``, also in a loop."""
    targets: list[ast.expr] = []
    todo: list[ast.AST] = [statement]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        if isinstance(node, ast.Assign):
            targets += node.targets
        elif isinstance(node, ast.AugAssign | ast.AnnAssign):
            targets.append(node.target)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            targets += [node.value.func] if isinstance(node.value.func, ast.Attribute) else []
        todo += [child for child in ast.iter_child_nodes(node) if isinstance(child, _BLOCKS)]
    return {root for target in targets if not isinstance(target, ast.Name) and (root := _root(target))}


def _root(node: ast.expr) -> str | None:
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


# --- Choosing ----------------------------------------------------------------------------------------------


@dataclass
class Plan:
    """What must be run for one answer.

    Attributes:
        statements: cell and place of each, in the order in which they are run.
        is_defined: whether anything but ``unblock`` binds the answer's name.
        is_stub: whether all that binds it is as it was handed out.
        copies: how many definitions of it there are.
        needs: all names that are used.
        imports: packages that are imported.
        uses: the libraries' functions that are used, such as ``"course_lib.metrics.iou"``.
        reaches: names by which code gets hold of the interpreter, other processes or the network.
        needs_examples: whether the worked examples' arguments are asked for.
    """

    statements: list[tuple[int, int]]
    is_defined: bool = True
    is_stub: bool = False
    copies: int = 1
    needs: list[str] = field(default_factory=list)
    imports: list[str] = field(default_factory=list)
    uses: list[str] = field(default_factory=list)
    reaches: list[str] = field(default_factory=list)
    needs_examples: bool = False


def plan(name: str, own: Sequence[Statement], spare: Sequence[Statement] = ()) -> Plan:
    """Find what the answer ``name`` needs.

    Args:
        name: the function's or class's name.
        own: the statements of a student's notebook.
        spare: those of the notebook as it was handed out: they replace what a student deleted.
    """
    chosen = _needed(name, own, spare)
    definitions = [s for s in own if name in s.binds and s.is_definition]
    every = [s.node for s in chosen]
    return Plan(
        statements=[(s.cell, s.index) for s in chosen],
        is_defined=any(name in s.binds and not _unblocks(s.node) for s in chosen),
        is_stub=bool(definitions) and all(s.is_stub for s in definitions),
        copies=len(definitions),
        needs=sorted(set().union(*(s.needs for s in chosen)) - {name}),
        imports=sorted({module.partition(".")[0] for module in uses.imported(every)}),
        uses=sorted(uses.used(every)),
        reaches=sorted(uses.reached(every)),
        needs_examples=any("example" in s.needs for s in chosen),
    )


def _needed(name: str, own: Sequence[Statement], spare: Sequence[Statement]) -> list[Statement]:
    ordered = [*spare, *own]
    chosen = {id(s) for s in ordered if _imports_unseen(s.node)}
    wanted, seen = [name], {given for given in GIVEN if not _is_own(given, own)}
    while wanted:
        current = wanted.pop()
        if current in seen:
            continue
        seen.add(current)
        providers = _providers(current, own) or ([] if current == name else _providers(current, spare))
        for statement in providers:
            if id(statement) not in chosen:
                chosen.add(id(statement))
                wanted += sorted(statement.needs | statement.changes)
    return [s for s in ordered if id(s) in chosen]


def _is_own(name: str, own: Sequence[Statement]) -> bool:
    """Return whether a student's cells give a name of the course's another meaning."""
    return any(name in s.binds and not _imports(s.node) for s in own)


def _imports(node: ast.stmt) -> bool:
    """Return whether a statement is an import, or an attempt at one."""
    if isinstance(node, ast.Try):
        return any(_imports(inner) for inner in node.body)
    return isinstance(node, ast.Import | ast.ImportFrom)


def _providers(name: str, statements: Sequence[Statement]) -> list[Statement]:
    """Return what gives a name its value; definitions that are not written yet only where there is no other."""
    binding = [s for s in statements if name in s.binds]
    if not binding:
        return []
    definitions = [s for s in binding if s.is_definition]
    written = [s for s in definitions if not s.is_stub]
    skipped = {id(s) for s in definitions if s.is_stub} if written else set()
    is_data = not definitions and not all(_imports(s.node) for s in binding)
    changing = [s for s in statements if name in s.changes and (is_data or isinstance(s.node, ast.Assign))]
    kept = {id(s) for s in [*binding, *changing]} - skipped
    return [s for s in statements if id(s) in kept]


def _unblocks(node: ast.stmt) -> bool:
    """Return whether a statement is ``iou = unblock("iou")``, which gives a learner the course's own answer."""
    match node:
        case ast.Assign(value=ast.Call(func=ast.Name("unblock"))):
            return True
    return False


def _imports_unseen(node: ast.stmt) -> bool:
    """Return whether a statement changes what others mean without a name that they share with it."""
    if not isinstance(node, ast.ImportFrom):
        return False
    return node.module == "__future__" or any(alias.name == "*" for alias in node.names)


# --- A whole notebook --------------------------------------------------------------------------------------


def analyse(
    cells: Sequence[Any], spare: Sequence[Any], stubs: Sequence[str], names: Sequence[str]
) -> tuple[dict[str, Plan], list[tuple[int, str]]]:
    """Return plans for the answers of a notebook by their names, and the cells that cannot be read, with the reason.

    Args:
        cells: number and source of each code cell.
        spare: the same of the notebook as it was handed out, without the answers' cells.
        stubs: the sources of those.
        names: of the answers.
    """
    problems: dict[int, str] = {}
    own = statements_of([(number, source) for number, source in cells], problems, stubs)
    others = statements_of([(number, source) for number, source in spare], {})
    return {name: plan(name, own, others) for name in names}, sorted(problems.items())
