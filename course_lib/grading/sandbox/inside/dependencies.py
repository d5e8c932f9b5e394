"""What an answer needs of its notebook: the statements that define it, and those that they need in their turn.

Nothing is run here. A graded run leaves out all the rest: figures, trainings, prints, and whatever is broken or
hostile and has nothing to do with the answer.
"""

from __future__ import annotations

import ast
import builtins
import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

GIVEN = (
    "check",
    "hint",
    "solution",
    "progress",
    "unblock",
    "example",
    "open_lesson",
    "display",
    "get_ipython",
)
"""Names that every notebook of the course has; they do nothing in a graded run."""

_LIBRARY_NAMES = """
course_lib torchmetrics sklearn segmentation_models_pytorch monai skimage cv2 keras tensorflow detectron2 mmseg
transformers scipy
"""
LIBRARIES = frozenset(_LIBRARY_NAMES.split())
"""Packages whose functions are answers to exercises."""

_REACHING_NAMES = """
_getframe currentframe f_back f_locals f_globals tb_frame __globals__ __code__ __closure__ __builtins__ __subclasses__
settrace setprofile addaudithook meta_path path_hooks builtins gc inspect ctypes mmap exec eval
_exit kill fork ptrace subprocess multiprocessing socket
"""
_REACHING = frozenset(_REACHING_NAMES.split())

_CODE_TO_DROP = re.compile(r"^\s*(%%(?!time|timeit|capture|prun)\w+|!!)")
_MAGIC = re.compile(r"^(\s*)(?:%|!|\?|(?:[A-Za-z_][\w.]*\s*=\s*(?:%|!)))|^(\s*)[\w.]+\?{1,2}\s*$")


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


def parse(source: str) -> list[ast.stmt]:
    """Return the statements of a cell, its magics and shell lines left out.

    Raises:
        SyntaxError: it is no Python.
    """
    if "\0" in source:
        raise SyntaxError("there is a null character in it")
    try:
        return ast.parse(source).body
    except SyntaxError as error:
        try:
            return ast.parse(without_magics(source)).body
        except SyntaxError:
            raise error from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise SyntaxError(f"it cannot be parsed ({type(error).__name__})") from None


def without_magics(source: str) -> str:
    """Return a cell with IPython's own lines replaced, line by line, by ones that do nothing."""
    lines = textwrap.dedent(source).splitlines()
    written = [line for line in lines if line.strip()]
    if written and _CODE_TO_DROP.match(written[0]):
        return ""
    return "\n".join(_plain_line(line) for line in lines)


def _plain_line(line: str) -> str:
    found = _MAGIC.match(line)
    if not found:
        return line
    name, equals, _ = line.partition("=")
    kept = f"{name}= None" if equals and name.strip().isidentifier() else f"{found[1] or found[2] or ''}pass"
    return kept


def statements_of(
    cells: Iterable[tuple[int, str]], problems: dict[int, str], stubs: Sequence[str] = ()
) -> list[Statement]:
    """Return the statements of cells, with the names that they bind and need; note what cannot be parsed.

    Args:
        cells: number and source of each.
        problems: takes what cannot be parsed.
        stubs: sources of the answers' cells as they were handed out.
    """
    unwritten = {ast.dump(node) for source in stubs for node in parse(source)}
    found = []
    for number, source in cells:
        try:
            found += [_described(number, index, node, unwritten) for index, node in enumerate(parse(source))]
        except SyntaxError as error:
            problems[number] = f"is no Python: {error.msg}"
        except RecursionError:
            problems[number] = "is nested too deeply"
    return found


def _described(cell: int, index: int, node: ast.stmt, unwritten: set[str]) -> Statement:
    names = _Names()
    names.visit(node)
    statement = Statement(cell, index, node, names.binds, names.needs, _changed(node))
    statement.is_stub = statement.is_definition and ast.dump(node) in unwritten
    return statement


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


class _Names(ast.NodeVisitor):
    """Collects the names that a statement binds in the notebook, and those that it needs from there."""

    def __init__(self) -> None:
        self.binds: set[str] = set()
        self.needs: set[str] = set()
        self._scopes: list[set[str]] = []  # names local to the functions around
        self._has: set[str] = set()  # names that the statement itself has given a value by now

    def visit_Name(self, node: ast.Name) -> None:
        if not isinstance(node.ctx, ast.Load):
            self._bind(node.id)
        elif node.id not in self._has and not any(node.id in scope for scope in self._scopes):
            self.needs.add(node.id)

    def _bind(self, name: str) -> None:
        if not self._scopes:
            self.binds.add(name)
            self._has.add(name)

    def visit_Assign(self, node: ast.Assign) -> None:
        for part in (node.value, *node.targets):
            self.visit(part)

    def visit_For(self, node: ast.For | ast.AsyncFor) -> None:
        self.visit(node.iter)
        self._perhaps([node.target, *node.body], node.orelse)

    visit_AsyncFor = visit_For

    def visit_If(self, node: ast.If | ast.While) -> None:
        self.visit(node.test)
        self._perhaps(node.body, node.orelse)

    visit_While = visit_If

    def visit_Try(self, node: ast.Try | ast.TryStar) -> None:
        self._perhaps(node.body, *([handler] for handler in node.handlers), node.orelse, node.finalbody)

    visit_TryStar = visit_Try

    def visit_Match(self, node: ast.Match) -> None:
        self.visit(node.subject)
        self._perhaps(*([case] for case in node.cases))

    def _perhaps(self, *blocks: Sequence[ast.AST]) -> None:
        """Visit blocks that may be left out: what they give a value has one inside of them alone."""
        before = set(self._has)
        for block in blocks:
            for node in block:
                self.visit(node)
            self._has = set(before)

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self._bind(alias.asname or alias.name.partition(".")[0])

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        for alias in node.names:
            self._bind(alias.asname or alias.name)

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        if node.name:
            self._bind(node.name)
        self.generic_visit(node)

    def visit_MatchAs(self, node: ast.MatchAs) -> None:
        if node.name:
            self._bind(node.name)
        self.generic_visit(node)

    def visit_MatchStar(self, node: ast.MatchStar) -> None:
        if node.name:
            self._bind(node.name)

    def visit_Global(self, node: ast.Global) -> None:
        self.binds.update(node.names)
        self.needs.update(node.names)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self._bind(node.name)
        for decorator in node.decorator_list:
            self.visit(decorator)
        self._function(node.args, node.body, node.returns)

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._function(node.args, [node.body])

    def _function(
        self, args: ast.arguments, body: Sequence[ast.AST], returns: ast.expr | None = None
    ) -> None:
        every = [*args.posonlyargs, *args.args, *args.kwonlyargs]
        every += [arg for arg in (args.vararg, args.kwarg) if arg]
        for part in [*args.defaults, *args.kw_defaults, *(arg.annotation for arg in every), returns]:
            if part is not None:
                self.visit(part)
        self._inside({arg.arg for arg in every} | _stored(body), body)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._bind(node.name)
        for part in [*node.decorator_list, *node.bases, *node.keywords]:
            self.visit(part)
        self._inside(set(), node.body)

    def _comprehension(self, node: Any) -> None:
        parts = [
            *node.generators,
            *([node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]),
        ]
        self._inside(_stored(node.generators), parts)

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _comprehension

    def _inside(self, local: set[str], body: Iterable[ast.AST]) -> None:
        self._scopes.append(local)
        for part in body:
            self.visit(part)
        self._scopes.pop()


def _stored(body: Iterable[ast.AST]) -> set[str]:
    """Return the names that are local to a function with this body."""
    names: set[str] = set()
    elsewhere: set[str] = set()
    todo = list(body)
    while todo:
        node = todo.pop()
        if isinstance(node, ast.Global | ast.Nonlocal):
            elsewhere.update(node.names)
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            names.add(node.id)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names.update(alias.asname or alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
            names.add(node.name)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif not isinstance(node, ast.Lambda):
            todo.extend(ast.iter_child_nodes(node))
    return names - elsewhere


# --- Choosing ----------------------------------------------------------------------------------------------


@dataclass
class Plan:
    """What must be run for one answer.

    Attributes:
        statements: cell and place of each, in the order in which they are run.
        is_defined: whether anything binds the answer's name.
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
        spare: those of the notebook as it was handed out: they stand in for what a student deleted.
    """
    chosen = _needed(name, own, spare)
    definitions = [s for s in own if name in s.binds and s.is_definition]
    every = [s.node for s in chosen]
    return Plan(
        statements=[(s.cell, s.index) for s in chosen],
        is_defined=any(name in s.binds for s in chosen),
        is_stub=bool(definitions) and all(s.is_stub for s in definitions),
        copies=len(definitions),
        needs=sorted(set().union(*(s.needs for s in chosen)) - {name}),
        imports=sorted({module.partition(".")[0] for module in _imported(every)}),
        uses=sorted(_used(every)),
        reaches=sorted(_reached(every)),
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


def _imports_unseen(node: ast.stmt) -> bool:
    """Return whether a statement changes what others mean without a name that they share with it."""
    if not isinstance(node, ast.ImportFrom):
        return False
    return node.module == "__future__" or any(alias.name == "*" for alias in node.names)


def _imported(nodes: Iterable[ast.AST]) -> Iterator[str]:
    for node in _walk(nodes):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def _walk(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    for node in nodes:
        yield from ast.walk(node)


def _used(nodes: Sequence[ast.AST]) -> Iterator[str]:
    """Yield the functions and classes of the libraries that are named where they are used."""
    aliases: dict[str, str] = {}
    for node in _walk(nodes):
        if isinstance(node, ast.Import):
            for alias in node.names:
                whole = alias.name if alias.asname else alias.name.partition(".")[0]
                aliases[alias.asname or whole] = whole
        elif isinstance(node, ast.ImportFrom) and node.module:
            aliases |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    aliases = {short: whole for short, whole in aliases.items() if whole.partition(".")[0] in LIBRARIES}
    inner = {id(node.value) for node in _walk(nodes) if isinstance(node, ast.Attribute)}
    for node in _walk(nodes):
        if id(node) in inner or not isinstance(node, ast.Attribute | ast.Name):
            continue
        dotted = _dotted(node)
        root, _, rest = dotted.partition(".")
        if root in aliases:
            whole = ".".join(part for part in (aliases[root], rest) if part)
            if "." in whole and not _is_public_constant(whole) and not _is_ours(whole):
                yield whole


def _is_public_constant(name: str) -> bool:
    """Return whether a name is written as a constant for all to use; what begins with an underscore is not."""
    last = name.rpartition(".")[2]
    return last.isupper() and not last.startswith("_")


def _is_ours(name: str) -> bool:
    """Return whether a name stands for what every notebook has, and no answer to anything."""
    return name.startswith(("course_lib.notebook", "course_lib.plots", "course_lib.paths"))


def _dotted(node: ast.AST) -> str:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""


def _reached(nodes: Iterable[ast.AST]) -> Iterator[str]:
    for node in _walk(nodes):
        if isinstance(node, ast.Name) and node.id in _REACHING:
            yield node.id
        elif isinstance(node, ast.Attribute) and node.attr in _REACHING and _is_reach(node):
            yield node.attr
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from (module for module in _imported([node]) if module.partition(".")[0] in _REACHING)


def _is_reach(node: ast.Attribute) -> bool:
    """Leave out ``model.eval()`` and its like: a network has an eval, too."""
    return not hasattr(builtins, node.attr)


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


def part_of(statements: Sequence[Statement], name: str) -> str:
    """Return the part of a module that defines ``name`` and all it needs, as a module of its own."""
    chosen = {index for _, index in plan(name, statements).statements}
    return "\n".join(ast.unparse(s.node) for s in statements if s.index in chosen)
