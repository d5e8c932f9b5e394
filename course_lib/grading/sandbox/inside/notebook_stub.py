"""What a notebook imports, as a graded run has it: nothing is checked, shown or given away here."""

from __future__ import annotations

import sys
from typing import Any

from course_lib.former_names import current_id

EXAMPLES: dict[str, Any] = {}
NAMES: dict[str, str] = {}
LENT: dict[str, Any] = {}
_MISSING: Any = object()


def check(*_: Any, **__: Any) -> None:
    """Do nothing: the answers are judged elsewhere."""


hint = solution = progress = open_lesson = check


def unblock(exercise_id: str, answer: Any = _MISSING) -> Any:
    """Return the answer that was given; the course's own where that one did not pass, as in a notebook."""
    exercise_id = current_id(exercise_id)
    if exercise_id in LENT:
        return LENT[exercise_id]
    if answer is _MISSING:
        return sys._getframe(1).f_globals.get(NAMES.get(exercise_id, ""))
    return answer


def example(example_id: str) -> Any:
    """Return the arguments of a worked example, or the argument if it is a single one."""
    if example_id not in EXAMPLES:
        raise ValueError(f"There is no worked example {example_id!r} in this lesson.")
    args = EXAMPLES[example_id]
    return args[0] if len(args) == 1 else args
