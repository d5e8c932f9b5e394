"""A student's answer after small changes of its code: run where the answer itself runs, in a process of its own.

What a change comes to is compared on this side, so nothing that is expected goes over.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any

from course_lib.checking.calling import Outcome
from course_lib.checking.recognise.source import Definition, Own, Tried, is_short, loops_end
from course_lib.checking.recognise.text import keep_text
from course_lib.grading.sandbox.process import Run
from course_lib.grading.sandbox.reference_server import ReferenceServer
from course_lib.grading.sandbox.remote_answer import RemoteAnswer
from course_lib.grading.scoring.cases import Expected

_MOST_CHARACTERS = 20_000  # of a cell


@contextmanager
def changed_answer(
    expected: Expected,
    cells: Mapping[int, str],
    start: Callable[[], AbstractContextManager[Run]],
    references: ReferenceServer,
) -> Iterator[Own | None]:
    """Give an answer's own code, and what runs it after a change.

    Args:
        expected: the cases of its exercise.
        cells: the sources that it needs, by number; they were parsed before, in a jail.
        start: starts a process that defines the answer; it is called once, and only if it is needed.
        references: lends the course's own answers.
    """
    tree = _definition(expected.exercise.name, cells)
    if tree is None:
        yield None
        return
    with ExitStack() as processes:
        started: list[RemoteAnswer] = []

        def define() -> Tried | None:
            if not started:
                started.append(RemoteAnswer(processes.enter_context(start()), references))
            answer = started[0]
            with loops_end(tree):
                source = ast.unparse(tree)
            if not answer.redefine(source):
                return None

            def tried(args: tuple[Any, ...]) -> Outcome:
                return answer.outcome(expected, args)

            return tried

        yield Own(tree, define)


def _definition(name: str, cells: Mapping[int, str]) -> Definition | None:
    """Return the last definition of an answer, if its cell is plain Python and it is short enough to be changed."""
    found: Definition | None = None
    for source in cells.values():
        if len(source) > _MOST_CHARACTERS:
            return None
        try:
            tree = ast.parse(source)
        except (SyntaxError, ValueError, RecursionError, MemoryError):  # it has magics
            continue
        keep_text(tree, source)
        for node in tree.body:
            if isinstance(node, Definition) and node.name == name:
                found = node
    if found is None or not is_short(found):
        return None
    found.decorator_list = []
    return found
