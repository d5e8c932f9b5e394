"""What the text of an error surely says of an answer, in plain words."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from typing import Any

from course_lib.checking.case import CaseResult
from course_lib.checking.problem import what_to_do_about_0
from course_lib.checking.recognise.meanings import IMPORTED, IMPORTS, MEANINGS

_COUNTS_CUT_OFF = re.compile(
    r"(?:cannot reshape|invalid for input of size) .*bincount\(|of size \d+ .*bincount\("
)
_BINCOUNT = (
    "`bincount` ends with the largest number that occurs{line}, so the counts may be too few for that shape. Say how "
    "many there should be: `minlength=...`."
)


def missing_import(cases: Sequence[CaseResult]) -> str | None:
    """Return that a package was not imported, if every wrong case says so: then nothing else can be said."""
    wrong = [case for case in cases if not case.passed]
    if all(any(re.search(IMPORTED, error) for error in _errors(case)) for case in wrong):
        return meaning_of_errors(cases)
    return None


def meaning_of_errors(cases: Sequence[CaseResult], tree: ast.AST | None = None) -> str | None:
    """Return what the errors mean, if every wrong case has one and all mean the same.

    Args:
        cases: what the answer did.
        tree: the answer's code, where it can be read.
    """
    found = [_meaning(case, tree) for case in cases if not case.passed]
    kinds = {kind for kind, _ in found}
    return found[0][1] if len(kinds) == 1 and found[0][1] else None


def meaning_of_some_errors(cases: Sequence[CaseResult], tree: ast.AST | None = None) -> str | None:
    """Return what the errors mean, if some of the wrong cases have one, and all of these mean the same."""
    raised = [case for case in cases if case.outcome.status == "raised"]
    meaning = meaning_of_errors(raised, tree) if raised else None
    return f"In some cases: {meaning}" if meaning else None


def _meaning(case: CaseResult, tree: ast.AST | None) -> tuple[int, str]:
    """Return the number of an error's meaning, and the meaning; -1 and nothing where there is none."""
    for error in _errors(case):
        if error.startswith("ZeroDivisionError"):
            return len(MEANINGS), _divisor_is_0(case)
        if case.expected is None and case.outcome.line.partition(": ")[2].startswith("raise "):
            return len(MEANINGS) + 2, _FOR_NONE.format(line=_where(case))
        fixed = _OUT_OF_BOUNDS.search(error)
        if fixed and tree is not None and int(fixed[1]) in _fixed_places(tree):
            return len(MEANINGS) + 3, _FIXED_PLACE.format(*fixed.groups(), line=_where(case))
        if _COUNTS_CUT_OFF.search(f"{error} {case.outcome.line}") and "minlength" not in case.outcome.line:
            return len(MEANINGS) + 1, _BINCOUNT.format(line=_where(case))
    for number, (pattern, meaning) in enumerate(MEANINGS):
        for error in _errors(case):
            match = re.search(pattern, error)
            if match:
                found = list(filter(None, match.groups()))
                if found and "Unbound" in error and tree is not None and found[0] in _set_in_a_loop(tree):
                    return number, _NO_ROUND.format(found[0], line=_where(case))
                import_ = IMPORTS.get(found[0], "") if found else ""
                return number, meaning.format(*found, line=_where(case), import_=import_)
    return -1, ""


_OUT_OF_BOUNDS = re.compile(r"index (\d+) is out of bounds for axis (\d+) with size (\d+)")
_FIXED_PLACE = (
    "The place {0} is written as a number in your code, and axis {1} has only {2} in this case{line}. Let the places "
    "follow from how many there are."
)


def _fixed_places(tree: ast.AST) -> set[int]:
    """Return the whole numbers in square brackets."""
    places = [node.slice for node in ast.walk(tree) if isinstance(node, ast.Subscript)]
    parts = [part for place in places for part in (place.elts if isinstance(place, ast.Tuple) else [place])]
    numbers = [part.value for part in parts if isinstance(part, ast.Constant)]
    return {number for number in numbers if type(number) is int}


_FOR_NONE = "Your code raises an error by itself{line}. Here `None` should be returned instead."
_NO_ROUND = (
    "`{0}` has no value{line}: it is set only inside a loop, and no round of the loop sets it in this case. Set it "
    "before the loop as well."
)


def _set_in_a_loop(tree: ast.AST) -> set[str]:
    """Return the names that are set in loops, and nowhere else."""
    loops = [node for node in ast.walk(tree) if isinstance(node, ast.For | ast.While)]
    inside = {id(node) for loop in loops for node in ast.walk(loop)}
    names = [
        node for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    ]
    return {node.id for node in names} - {node.id for node in names if id(node) not in inside}


def _where(case: CaseResult) -> str:
    line = case.outcome.line.partition(":")[0]
    return f" in {line}" if line else ""


def _divisor_is_0(case: CaseResult) -> str:
    return f"The divisor is 0 in this case. {what_to_do_about_0(case.expected, _where(case))}"


def _errors(case: CaseResult) -> list[str]:
    """Return the error of a call, or those that a look at a network caught."""
    if case.outcome.status == "raised":
        return [case.outcome.error]
    value: Any = case.outcome.value
    texts = value.values() if isinstance(value, dict) else []
    return [text for text in texts if isinstance(text, str) and "Error: " in text]
