"""What a cell says in Python. IPython's own transformer reads magics, shell lines and whatever else is legal in one.

Nothing is run here, and nothing that a student's code registered with IPython is used.
"""

from __future__ import annotations

import ast
import re
from typing import NamedTuple

_OPTIONS = {
    "time": re.compile(r"(?:--no-raise-error\s+)?"),
    "prun": re.compile(r"(?:-[DlsT]\s*\S+\s+|-[rq]+\s+)*"),
}
"""Magics whose line is Python that runs in the notebook, and the options before it."""

_CELL_MAGICS = {"time", "prun", "capture"}
"""Magics whose cell is Python that runs in the notebook; %%timeit runs it elsewhere, and leaves no name behind."""


_PERHAPS_MAGIC = re.compile(r"(?m)^[ \t]*[%!?,;/]|=[ \t]*[%!]|\?[ \t]*$")
_MOST_WORK = 20_000  # lines times magics: IPython reads every line again for each magic


class Cell(NamedTuple):
    """A cell in Python.

    Attributes:
        text: what its statements' line numbers count in.
        statements: its statements.
    """

    text: str
    statements: list[ast.stmt]


def parse(source: str) -> list[ast.stmt]:
    """Return the statements of a cell. Magics that run Python are that Python; others are calls of ``get_ipython()``.

    Raises:
        SyntaxError: it is not legal in a notebook.
    """
    return read_cell(source).statements


def read_cell(source: str) -> Cell:
    """Read a cell as a notebook would.

    Raises:
        SyntaxError: it is not legal in a notebook.
    """
    if "\0" in source:
        raise SyntaxError("there is a null character in it")
    try:
        return _read(source)
    except (ValueError, RecursionError, MemoryError) as error:
        raise SyntaxError(f"it cannot be parsed ({type(error).__name__})") from None


def _read(source: str) -> Cell:
    try:
        tree, text = ast.parse(source), source  # unchanged, so that no string is taken for a magic
    except SyntaxError as error:
        text = _transformed(source, error)
        try:
            tree = ast.parse(text)
        except SyntaxError:
            raise error from None
        magic = _magic(_expression(tree.body))
        if magic and magic[0] in _CELL_MAGICS and magic[2] is not None:
            return _below_magic(source, magic[2])
    if "get_ipython" in text:
        tree = _Magics().visit(tree)
    return Cell(text, tree.body)


def _transformed(source: str, error: SyntaxError) -> str:
    """Return a cell as IPython hands it to Python, its first lines kept where they are empty.

    Raises:
        SyntaxError: IPython is not there, or it would take too long.
    """
    if (1 + len(_PERHAPS_MAGIC.findall(source))) * (1 + source.count("\n")) > _MOST_WORK:
        raise error
    try:
        from IPython.core.inputtransformer2 import TransformerManager

        text = TransformerManager().transform_cell(source)
    except Exception:
        raise error from None
    return _empty_lines(source) + text


def _empty_lines(source: str) -> str:
    """Return as many ends of lines as there are empty lines before the first that is written."""
    return "\n" * source[: len(source) - len(source.lstrip())].count("\n")


def _below_magic(source: str, body: str) -> Cell:
    """Read the cell below a magic such as ``%%time``; its lines keep their numbers."""
    inner = _read(body)
    above = _empty_lines(source) + source.strip().partition("\n")[0] + "\n"
    for statement in inner.statements:
        ast.increment_lineno(statement, above.count("\n"))
    return Cell(above + inner.text, inner.statements)


def _expression(statements: list[ast.stmt]) -> ast.expr | None:
    """Return the expression that statements are, if they are no more than one."""
    match statements:
        case [ast.Expr(value)]:
            return value
    return None


def _magic(node: ast.AST | None) -> tuple[str, str, str | None] | None:
    """Return name, line and cell of a magic that is called as IPython writes it; None for the cell of a line magic."""
    match node:
        case ast.Call(ast.Attribute(ast.Call(ast.Name("get_ipython"), [], []), called), arguments, []):
            values = [argument.value for argument in arguments if isinstance(argument, ast.Constant)]
            texts = [value for value in values if isinstance(value, str)]
            if called == "run_line_magic" and len(texts) == len(arguments) == 2:
                return texts[0], texts[1], None
            if called == "run_cell_magic" and len(texts) == len(arguments) == 3:
                return texts[0], texts[1], texts[2]
    return None


class _Magics(ast.NodeTransformer):
    """Puts the Python that a magic runs in the magic's place."""

    _in_function = False

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.AST:
        before, self._in_function = self._in_function, True
        self.generic_visit(node)
        self._in_function = before
        return node

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Expr(self, node: ast.Expr) -> ast.AST | list[ast.stmt]:
        if (
            self._in_function or _magic(node.value) is None
        ):  # a function's own names are out of a magic's reach
            return self.generic_visit(node)
        return _python_of(node.value) or node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        return _expression(_python_of(node)) or self.generic_visit(node)


def _python_of(node: ast.expr) -> list[ast.stmt]:
    """Return the statements that a magic runs; none for anything else, or where they are not legal."""
    magic = _magic(node)
    if magic is None:
        return []
    name, line, body = magic
    if body is None and name in _OPTIONS:
        body = _OPTIONS[name].sub("", line, count=1)
    elif name not in _CELL_MAGICS:
        return []
    try:
        statements = _read(body or "").statements
    except SyntaxError:
        return []
    for statement in statements:
        ast.increment_lineno(statement, node.lineno - 1)
    return statements
