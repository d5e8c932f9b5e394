"""The learner's cell of an exercise: the source of its reference, with the solution or without."""

from __future__ import annotations

import inspect
import re
import textwrap

from course_lib.checking.exercise import Exercise

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
STUB = ("# YOUR CODE HERE", "raise NotImplementedError()")


def answer_source(exercise: Exercise) -> str:
    """Return the solution cell of an exercise.

    Raises:
        ValueError: the reference has no source, or does not have one pair of markers.
    """
    where = f"{exercise.reference.__module__}.{exercise.name}, the reference of {exercise.id!r}"
    try:
        source = textwrap.dedent(inspect.getsource(exercise.reference)).rstrip()
    except (OSError, TypeError):
        raise ValueError(f"{where}, has no source: write it as a function or class of the module.") from None
    markers = [line.strip() for line in source.splitlines() if line.strip() in (BEGIN, END)]
    if markers != [BEGIN, END]:
        raise ValueError(f"{where}, needs one line {BEGIN!r} and, after it, one line {END!r}.")
    return source


def without_solution(source: str) -> str:
    """Return an answer's source as learners get it, cleared as nbgrader clears solutions."""
    kept: list[str] = []
    inside = False
    for line in source.splitlines():
        if line.strip() == BEGIN:
            inside = True
            indent = re.match(r"\s*", line).group()  # type: ignore[union-attr]
            kept += [indent + stub for stub in STUB]
        elif line.strip() == END:
            inside = False
        elif not inside:
            kept.append(line)
    return "\n".join(kept)


def solution_lines(source: str) -> list[str]:
    """Return what is between the markers, line by line, without indentation, blank lines and comments."""
    lines = [line.strip() for line in source.splitlines()]
    inside = lines[lines.index(BEGIN) + 1 : lines.index(END)]
    return [line for line in inside if line and not line.startswith("#")]
