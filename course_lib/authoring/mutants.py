"""Small changes of right answers: each one is a wrong answer, or one that comes to the same.

An exercise's own wrong answers prove only what its authors thought of. The changes here are those of mutation
testing (as in mutmut and cosmic-ray), made in the source of one answer at a time.
"""

from __future__ import annotations

import ast
import copy
import difflib
import inspect
import sys
import textwrap
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

from course_lib.authoring.changes import changes_of
from course_lib.checking.exercise import Answer


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
    for what, changed in _each_change(definition):
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
        with warnings.catch_warnings(action="ignore"):  # such as of a number that is called
            code = compile(text, f"<a mutant of {name}>", "exec")
        exec(code, namespace)
    except Exception:  # a default value or a class body is run at once, and may raise anything
        return None
    made: Answer = namespace[name]
    return made


def _each_change(definition: ast.stmt) -> Iterator[tuple[str, ast.AST]]:
    """Yield what each change is, and a copy of the definition in which it was made."""
    names = _variables_of(definition)
    come_to_the_same = set(_come_to_the_same(definition))
    for number, node in enumerate(ast.walk(definition)):
        for changed in changes_of(node, names) if node not in come_to_the_same else ():
            start = node.target if isinstance(node, ast.comprehension) else node
            what = f"line {getattr(start, 'lineno', 1)}: {_change_shown(node, changed)}"
            yield what, _with_replaced(definition, number, changed)


def _come_to_the_same(definition: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes whose changes show nothing.

    These are ``strict=`` of zip, which only guards against unequal lengths, and the left side of an unpacking, where
    swapping the names is what swapping the values is.
    """
    for node in ast.walk(definition):
        if isinstance(node, ast.Call):
            yield from (keyword.value for keyword in node.keywords if keyword.arg == "strict")
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Tuple):
            yield from node.targets


def _with_replaced(definition: ast.AST, number: int, new: ast.AST) -> ast.AST:
    whole = copy.deepcopy(definition)
    old = next(node for count, node in enumerate(ast.walk(whole)) if count == number)

    class Replace(ast.NodeTransformer):
        def visit(self, node: ast.AST) -> ast.AST:
            return new if node is old else self.generic_visit(node)

    changed: ast.AST = Replace().visit(whole)
    return changed


def _change_shown(node: ast.AST, changed: ast.AST) -> str:
    """Return a change as text; of a block only the statements that differ."""
    before, after = (ast.unparse(ast.fix_missing_locations(copy.deepcopy(one))) for one in (node, changed))
    if "\n" in before:
        lines = list(difflib.ndiff(before.splitlines(), after.splitlines()))
        before, after = ("; ".join(_lines_marked(sign, lines)) or "nothing" for sign in "-+")
    return f"{before.strip()} -> {after.strip()}" + (" (moved)" if before == after else "")


def _lines_marked(sign: str, lines: list[str]) -> list[str]:
    return [line[2:].strip() for line in lines if line.startswith(sign)]


def _variables_of(definition: ast.AST) -> tuple[str, ...]:
    """Return the names of arguments and of variables that are assigned somewhere in the answer."""
    found = [node.arg for node in ast.walk(definition) if isinstance(node, ast.arg) and node.arg != "self"]
    stored = [node for node in ast.walk(definition) if isinstance(node, ast.Name)]
    found += [node.id for node in stored if isinstance(node.ctx, ast.Store)]
    return tuple(dict.fromkeys(found))
