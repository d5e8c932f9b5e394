"""Call an answer safely: on copies of the arguments, with its output captured and its errors recorded."""

from __future__ import annotations

import copy
import io
import math
import pickle
import re
import sys
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from typing import Any

from course_lib.checking.compare import is_torch_tensor, to_plain, without_addresses
from course_lib.checking.differ import differ
from course_lib.checking.exercise import Answer, Exercise

_PRINTED_AT_MOST = 2000  # characters of a learner's own prints that are kept
_NUMBERS_AT_MOST = 1_000_000  # in nested lists: the cases ask for some thousands


@dataclass(frozen=True)
class Outcome:
    """What happened in one call.

    Attributes:
        status: ``"returned"``, ``"raised"`` or ``"unfinished"``.
        value: the value observed, as plain data.
        error: type and text of the error, such as ``"IndexError: list index out of range"``.
        line: the learner's line that raised the error, if it is known.
        printed: the first part of what the answer printed.
        changed: names of arguments that the answer changed.
        needs_grad: whether the value is a tensor that still requires a gradient.
    """

    status: str
    value: Any = None
    error: str = ""
    line: str = ""
    printed: str = ""
    changed: tuple[str, ...] = ()
    needs_grad: bool = False

    def agrees_with(self, other: Outcome, tolerance: float) -> bool:
        """Return whether both have the same result: equal values, or errors of the same kind."""
        if self.status != other.status:
            return False
        if self.status == "returned":
            same = not differ(other.value, self.value, tolerance)
            return same and self.changed == other.changed and self.needs_grad == other.needs_grad
        return _kind_of_error(self.error) == _kind_of_error(other.error)


def _kind_of_error(error: str) -> str:
    """Return an error's type; for types that have many causes also its text, without the numbers."""
    kind = error.partition(":")[0]
    return re.sub(r"\d+", "#", error) if kind in ("RuntimeError", "TypeError") else kind


class _FirstPart(io.StringIO):
    """Keeps the first characters that are written and drops the rest, so that an endless print needs no memory."""

    def write(self, text: str) -> int:
        super().write(text[: max(0, _PRINTED_AT_MOST - self.tell())])
        return len(text)


@contextmanager
def _gradients_as_before() -> Iterator[None]:
    """Restore whether torch records gradients: an answer that switches them off must not break the next one."""
    torch = sys.modules.get("torch")
    is_half_imported = getattr(getattr(torch, "__spec__", None), "_initializing", False)  # by another thread
    if torch is None or is_half_imported:
        yield
    else:
        with torch.set_grad_enabled(torch.is_grad_enabled()):
            yield


def outcome_of(exercise: Exercise, answer: Answer, args: tuple[Any, ...]) -> Outcome:
    """Observe an answer once, on copies of ``args``."""
    given = _copied(args)
    output = _FirstPart()
    try:
        with redirect_stdout(output), warnings.catch_warnings(), _gradients_as_before():
            warnings.simplefilter("ignore", RuntimeWarning)  # 0 / 0 in an edge case: the value shows it
            value = exercise.observe(answer, *given)
    except (Exception, SystemExit) as error:
        if isinstance(error, NotImplementedError) and _is_the_stubs(error, answer):
            return Outcome("unfinished")
        printed = without_addresses(output.getvalue())
        return Outcome("raised", error=_name_and_text(error), line=_line_of(error, answer), printed=printed)
    if value is Ellipsis:
        return Outcome("unfinished")
    changed = _changed(exercise, args, given)
    needs_grad = is_torch_tensor(value) and value.requires_grad
    printed = without_addresses(output.getvalue())
    if not _holds_at_most(value, _NUMBERS_AT_MOST):
        return Outcome(
            "raised", error=f"ValueError: the value holds itself, or over {_NUMBERS_AT_MOST:,} numbers"
        )
    try:
        plain = to_plain(value)
    except RecursionError:
        return Outcome("raised", error="RecursionError: the value contains itself", printed=printed)
    return Outcome("returned", plain, printed=printed, changed=changed, needs_grad=needs_grad)


def _copied(args: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return copies of the arguments; nested lists of numbers are copied by way of their bytes, which is faster."""
    if all(map(_is_of_plain_values, args)):
        copies: tuple[Any, ...] = pickle.loads(pickle.dumps(args))
        return copies
    return copy.deepcopy(args)


def _is_of_plain_values(value: Any) -> bool:
    while type(value) is list and value:
        value = value[0]
    return type(value) in (list, bool, int, float, str)


def _holds_at_most(value: Any, most: int) -> bool:
    """Return whether nested lists hold no more than so many things: each counts as often as it is held."""
    try:
        return _held(value, {}) <= most
    except RecursionError:
        return True  # too deep to be counted, and to be made an array: that is told


def _held(value: Any, known: dict[int, float]) -> float:
    """Return how many things nested lists hold, infinity if one holds itself; a list held often is counted once."""
    if id(value) not in known:
        known[id(value)] = math.inf  # until it is counted: met again before that, it holds itself
        inner = (
            [one for one in value if isinstance(one, list | tuple)] if isinstance(value, list | tuple) else []
        )
        own = len(value) if isinstance(value, list | tuple) else 0
        known[id(value)] = own + sum(_held(one, known) for one in inner)
    return known[id(value)]


def _changed(exercise: Exercise, before: tuple[Any, ...], after: tuple[Any, ...]) -> tuple[str, ...]:
    """Return the names of the answer's arguments that it changed; an observer hands on those that have its names."""
    changed = [number for number, pair in enumerate(zip(before, after, strict=True)) if _differ(*pair)]
    if not changed:
        return ()
    names = dict(enumerate(exercise.case_names))
    own = set(exercise.parameters)
    return tuple(names[number] for number in changed if names.get(number) in own)


def _differ(old: Any, new: Any) -> bool:
    """Return whether two values differ; nested lists that do not are told quickly, by their bytes."""
    if not is_torch_tensor(old):
        try:
            if pickle.dumps(old) == pickle.dumps(new):
                return False
        except Exception:  # what cannot be pickled is compared value by value
            pass
    try:
        return differ(to_plain(old), to_plain(new), 0)
    except RecursionError:  # it was put into itself
        return True


def _is_the_stubs(error: NotImplementedError, answer: Answer) -> bool:
    """Return whether the answer itself raised this, as a stub does; torch also raises it."""
    *_, innermost = traceback.extract_tb(error.__traceback__)
    return not str(error) and innermost.filename in _files_of(answer)


def _files_of(answer: Answer) -> set[str]:
    """Return the files, or the names of the notebook cells, that contain an answer's code."""
    members = vars(answer).values() if isinstance(answer, type) else [answer]
    return {member.__code__.co_filename for member in members if hasattr(member, "__code__")}


def _name_and_text(error: BaseException) -> str:
    text = without_addresses(str(error).strip().partition("\n")[0])
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _line_of(error: BaseException, answer: Answer) -> str:
    """Return the innermost line of the file (or notebook cell) that contains the answer."""
    files = _files_of(answer)
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename in files]
    return f"line {own[-1].lineno}: {own[-1].line}" if own and own[-1].line else ""
