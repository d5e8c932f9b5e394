"""Calling an answer with care: copies of the arguments, output kept, everything that may go wrong written down."""

from __future__ import annotations

import copy
import io
import traceback
import warnings
from contextlib import redirect_stdout
from dataclasses import dataclass
from typing import Any

from course_lib.checking.compare import difference, is_torch_tensor, to_plain
from course_lib.checking.exercise import Answer, Exercise, call

_PRINTED_AT_MOST = 2000  # characters of a learner's own prints that are kept


@dataclass(frozen=True)
class Outcome:
    """What came of one call.

    Attributes:
        status: ``"returned"``, ``"raised"`` or ``"unfinished"``.
        value: what was observed, as plain data.
        error: type and text of what was raised, such as ``"IndexError: list index out of range"``.
        line: the learner's line that raised, where it can be told.
        printed: what the answer printed, cut to the first part.
        changed: names of arguments that the answer changed.
        needs_grad: whether a tensor came back that still belongs to a graph.
    """

    status: str
    value: Any = None
    error: str = ""
    line: str = ""
    printed: str = ""
    changed: tuple[str, ...] = ()
    needs_grad: bool = False

    def agrees_with(self, other: Outcome, tolerance: float) -> bool:
        """Return whether both came to the same: equal values, or errors of one type."""
        if self.status != other.status:
            return False
        if self.status == "returned":
            same = difference(other.value, self.value, tolerance) is None
            return same and self.changed == other.changed and self.needs_grad == other.needs_grad
        return self.error.partition(":")[0] == other.error.partition(":")[0]


class _FirstPart(io.StringIO):
    """Keeps the first characters that are written and forgets the rest: an endless print needs no memory."""

    def write(self, text: str) -> int:
        super().write(text[: max(0, _PRINTED_AT_MOST - self.tell())])
        return len(text)


def outcome_of(exercise: Exercise, answer: Answer, args: tuple[Any, ...]) -> Outcome:
    """Observe an answer once, on copies of ``args``."""
    given = copy.deepcopy(args)
    output = _FirstPart()
    try:
        with redirect_stdout(output), warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # 0 / 0 in an edge case: the value will tell
            value = exercise.observe(answer, *given)
    except NotImplementedError:
        return Outcome("unfinished")
    except (Exception, SystemExit) as error:
        return Outcome(
            "raised", error=_name_and_text(error), line=_line_of(error, answer), printed=output.getvalue()
        )
    if value is Ellipsis:
        return Outcome("unfinished")
    changed = _changed(exercise, args, given) if exercise.observe is call else ()
    needs_grad = is_torch_tensor(value) and value.requires_grad
    return Outcome(
        "returned", to_plain(value), printed=output.getvalue(), changed=changed, needs_grad=needs_grad
    )


def _changed(exercise: Exercise, before: tuple[Any, ...], after: tuple[Any, ...]) -> tuple[str, ...]:
    pairs = zip(exercise.parameters, before, after, strict=False)
    return tuple(name for name, old, new in pairs if difference(to_plain(old), to_plain(new), 0) is not None)


def _name_and_text(error: BaseException) -> str:
    text = str(error).strip().partition("\n")[0]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _line_of(error: BaseException, answer: Answer) -> str:
    """Return the innermost line of the file (or notebook cell) that the answer stands in."""
    code = getattr(answer, "__code__", None) or getattr(getattr(answer, "__init__", None), "__code__", None)
    if code is None:
        return ""
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == code.co_filename]
    return f"line {own[-1].lineno}: {own[-1].line}" if own and own[-1].line else ""
