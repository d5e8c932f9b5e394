"""An answer's own code as a syntax tree, and how it runs after a change. All of it in the learner's own process."""

from __future__ import annotations

import ast
import inspect
import linecache
import re
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from course_lib.checking.exercise import Answer

Definition = ast.FunctionDef | ast.ClassDef


@dataclass(frozen=True)
class Source:
    """An answer's definition and the names that it uses.

    Attributes:
        tree: the function or class; its lines are counted as in the cell or file that it comes from.
        names: what stands around it: globals, and the variables of a function around it.
    """

    tree: Definition
    names: dict[str, Any]

    def run(self) -> Answer | None:
        """Define the answer from its tree as it is now; None where that raises."""
        module = ast.Module([self.tree], type_ignores=[])
        try:
            exec(compile(module, "<the answer, changed>", "exec"), self.names)
        except Exception:
            return None
        answer: Answer = self.names[self.tree.name]
        return answer


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
        tree = ast.parse(textwrap.dedent("".join(inspect.getblock(lines[first - 1 :])))).body[0]
        around = inspect.getclosurevars(function).nonlocals
    except (SyntaxError, IndexError, ValueError, TypeError):
        return None
    if not isinstance(tree, Definition) or tree.name != answer.__name__:
        return None
    tree.decorator_list = []  # a decorator may remember what it was given, and would now do so twice
    ast.increment_lineno(tree, first - 1)
    return Source(tree, {**function.__globals__, **around})


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
