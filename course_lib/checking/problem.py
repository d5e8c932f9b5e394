"""How an outcome differs from what is expected, as a sentence."""

from __future__ import annotations

from typing import Any

import numpy as np

from course_lib.checking.calling import Outcome
from course_lib.checking.compare import difference, kind_of
from course_lib.checking.exercise import Exercise

VALUE_IS_RIGHT = "The value is right, but"
"""How a problem begins that the value does not show."""


def problem_of(exercise: Exercise, expected: Outcome, outcome: Outcome) -> str | None:
    """Return how an outcome differs from what is expected, or None."""
    if outcome.status == "unfinished":
        return "It is not written yet."
    if outcome.status == "raised":
        return _what_was_raised(outcome, expected.value)
    may_be_none = any(case.expected is None for case in exercise.worked_cases)
    if outcome.value is None and expected.value is not None and not may_be_none:
        return _returned_nothing(exercise, outcome)
    found = difference(expected.value, outcome.value, exercise.tolerance)
    if found:
        return found[0].upper() + found[1:] + (f" {_what_was_changed(outcome)}" if outcome.changed else "")
    if outcome.needs_grad and not expected.needs_grad:
        return f"{VALUE_IS_RIGHT} the tensor still requires a gradient: use .item() or .detach()."
    if outcome.changed:
        names = " and ".join(f"`{name}`" for name in outcome.changed)
        return f"{VALUE_IS_RIGHT} the call changed {names}: work on a copy, because others still use it."
    return None


def _what_was_changed(outcome: Outcome) -> str:
    return f"The call also changed {' and '.join(f'`{name}`' for name in outcome.changed)}: work on a copy."


def _what_was_raised(outcome: Outcome, expected: Any) -> str:
    text = f"It raised {outcome.error}" + (f" ({outcome.line})" if outcome.line else "")
    if outcome.error.startswith("ZeroDivisionError"):
        text += f". The divisor is 0 in this case. {what_to_do_about_0(expected)}"
    return text


def what_to_do_about_0(expected: Any, where: str = "") -> str:
    """Return what a divisor of 0 asks for: a case of its own, or only another divisor where any value is expected."""
    if kind_of(expected) not in ("bool", "int", "float"):
        return f"Check for it first{where}, and return what the exercise asks for."
    numbers = np.ravel(expected).astype(float)
    if (np.ndim(expected) == 0 and numbers[0] in (0, 1)) or np.isnan(numbers).any():
        return f"Check for it first{where}, and return what the exercise asks for."
    return f"It should not be: look at how the divisor comes about{where}."


def _returned_nothing(exercise: Exercise, outcome: Outcome) -> str:
    if outcome.printed:
        printed = outcome.printed.strip()
        printed = printed if len(printed) <= 80 else f"{printed[:80]} ..."
        return (
            f"`{exercise.name}` printed {printed!r} and returned nothing: put `return` where `print` is, so that "
            "other code can use the value."
        )
    return f"`{exercise.name}` returned nothing (None): does every path through it end in `return`?"
