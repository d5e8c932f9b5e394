"""An answer's own code as a syntax tree, and how it runs after a change: always where the answer itself runs."""

from __future__ import annotations

import ast
import inspect
import linecache
import re
import textwrap
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from typing import Any

from course_lib.checking.calling import Outcome, outcome_of
from course_lib.checking.exercise import Answer, Exercise
from course_lib.checking.recognise.repair import Edit, applied
from course_lib.checking.recognise.text import keep_text

Definition = ast.FunctionDef | ast.ClassDef
Tried = Callable[[tuple[Any, ...]], Outcome]
"""Tries an answer on the arguments of a case."""

_MOST_TURNS = 2000  # of a changed `while` loop in one call: none of the right answers needs as many
_MOST_NODES = 1500  # of a definition: some hundred lines
_TURNS = "_turns_"
_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")


@dataclass(frozen=True)
class Own:
    """An answer's own code, and what runs it after a change.

    Attributes:
        tree: the function or class; its lines are counted as in the cell or file that it comes from.
        define: defines the answer from the tree as it is now, and returns what tries it; None where that raises.
    """

    tree: Definition
    define: Callable[[], Tried | None]


@dataclass(frozen=True)
class Source:
    """An answer's definition and the names that it uses.

    Attributes:
        tree: the function or class; its lines are counted as in the cell or file that it comes from.
        names: what is around it: globals, and the variables of a function around it.
    """

    tree: Definition
    names: dict[str, Any]

    def run(self) -> Answer | None:
        """Define the answer from its tree as it is now; None where that raises."""
        with loops_end(self.tree):
            module = ast.Module([self.tree], type_ignores=[])
            try:
                exec(compile(module, "<the answer, changed>", "exec"), self.names)
            except Exception:
                return None
        answer: Answer = self.names[self.tree.name]
        return answer


def own_code(exercise: Exercise, answer: Answer) -> Own | None:
    """Return an answer's code, to be run in this process, or None where it cannot be read."""
    source = source_of(answer)
    if source is None or not is_short(source.tree):
        return None

    def define() -> Tried | None:
        changed = source.run()
        return partial(outcome_of, exercise, changed) if changed is not None else None

    return Own(source.tree, define)


def is_short(tree: Definition) -> bool:
    """Return whether there are few enough places in a definition to change it in all of them."""
    return sum(1 for _ in ast.walk(tree)) <= _MOST_NODES


def source_of(answer: Answer) -> Source | None:
    """Return an answer's source, or None where it cannot be read."""
    function = _a_function_of(answer)
    if function is None:
        return None
    lines = linecache.getlines(function.__code__.co_filename)
    first = _first_line(answer, lines, function.__code__.co_firstlineno)
    if first is None:
        return None
    try:
        text = textwrap.dedent("".join(inspect.getblock(lines[first - 1 :])))
        tree = ast.parse(text).body[0]
        around = inspect.getclosurevars(function).nonlocals
    except (SyntaxError, IndexError, ValueError, TypeError):
        return None
    if not isinstance(tree, Definition) or tree.name != answer.__name__:
        return None
    keep_text(tree, text)
    tree.decorator_list = []  # a decorator may remember what it was given, and would now do so twice
    ast.increment_lineno(tree, first - 1)
    own = _own_variables(tree)
    # with its assignment gone, a changed answer would else take the notebook's variable and write into it
    names = {name: value for name, value in {**function.__globals__, **around}.items() if name not in own}
    return Source(tree, names)


def _own_variables(tree: Definition) -> set[str]:
    """Return the names that a definition sets and that are not declared to be those of the notebook."""
    nodes = list(ast.walk(tree))
    outer = {name for node in nodes if isinstance(node, ast.Global | ast.Nonlocal) for name in node.names}
    return {
        node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    } - outer


def statements_of(tree: ast.stmt) -> Iterator[ast.AST]:
    """Yield a statement and those in it. Expressions hold none and are not walked: this runs for every change."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        for field in _BLOCKS:
            inner = getattr(node, field, None)
            waiting += inner if isinstance(inner, list) else []


def loops_of(tree: Definition) -> list[ast.For | ast.While]:
    """Return the loops of a definition."""
    return [node for node in statements_of(tree) if isinstance(node, ast.For | ast.While)]


def loops_end(tree: Definition) -> AbstractContextManager[None]:
    """Let each `while` loop of a tree raise StopIteration after many turns, for a while: a change may keep it going."""
    return applied(tuple(_edits_that_count(tree)))


def _edits_that_count(tree: Definition) -> Iterator[Edit]:
    loops = [loop for loop in loops_of(tree) if isinstance(loop, ast.While)]
    if not loops:
        return
    for loop in loops:
        yield Edit(loop, "body", [_statement(f"next({_TURNS})", loop), *loop.body])
    functions = [tree] if isinstance(tree, ast.FunctionDef) else tree.body
    for function in functions:
        if isinstance(function, ast.FunctionDef):
            start = _statement(f"{_TURNS} = iter(range({_MOST_TURNS}))", function)
            yield Edit(function, "body", [start, *function.body])


def _statement(code: str, place: ast.stmt) -> ast.stmt:
    statement = ast.parse(code).body[0]
    for node in ast.walk(statement):
        ast.copy_location(node, place)
    return statement


def _a_function_of(answer: Answer) -> Callable[..., Any] | None:
    """Return the answer if it is a function, or a method of it if it is a class."""
    members = vars(answer).values() if inspect.isclass(answer) else [answer]
    return next((member for member in members if inspect.isfunction(member)), None)


def _first_line(answer: Answer, lines: list[str], line: int) -> int | None:
    """Return the line on which a definition starts, given the first line of a function in it."""
    if not inspect.isclass(answer):
        return line
    above = range(min(line, len(lines)), 0, -1)
    head = re.compile(rf"\s*class {re.escape(answer.__name__)}\b")
    return next((number for number in above if head.match(lines[number - 1])), None)
