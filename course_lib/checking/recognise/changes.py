"""All changes that are tried on an answer."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from course_lib.checking.case import CaseResult
from course_lib.checking.exercise import Exercise, call
from course_lib.checking.recognise.arrays import rows_for_columns
from course_lib.checking.recognise.budget import uses_torch
from course_lib.checking.recognise.classes import parts_by_their_names
from course_lib.checking.recognise.closeness import holds_decimals
from course_lib.checking.recognise.lost import decimals, gradient, recorded_gradients
from course_lib.checking.recognise.named import NAMED
from course_lib.checking.recognise.networks import wrapped_repairs
from course_lib.checking.recognise.proposals import Rule, expression_repairs, unused_arguments
from course_lib.checking.recognise.repair import Repair
from course_lib.checking.recognise.slips import OTHER_SLIPS, SLIPS
from course_lib.checking.recognise.statements import copied_argument, statement_repairs
from course_lib.checking.recognise.swaps import swapped_names


def known_repairs(exercise: Exercise, tree: ast.AST, cases: Sequence[CaseResult]) -> Iterator[Repair]:
    """Yield the repairs of well-known mistakes.

    Args:
        exercise: the exercise.
        tree: the answer's definition.
        cases: what the answer did.
    """
    beside_the_point = set(_beside_the_point(exercise, cases))
    yield from parts_by_their_names(tree)
    yield from unused_arguments(tree)
    for name in dict.fromkeys(name for case in cases for name in case.outcome.changed):
        copied = copied_argument(tree, name)
        if copied:
            yield copied
    yield from recorded_gradients(tree)
    rules = tuple(rule for rule in NAMED if rule not in beside_the_point)
    yield from expression_repairs(tree, rules, is_named=True)
    yield from (repair for repair in statement_repairs(tree) if repair.is_named)
    if uses_torch(exercise):
        yield from wrapped_repairs(tree)


def slips(tree: ast.AST) -> Iterator[Repair]:
    """Yield all other repairs."""
    yield from (repair for repair in statement_repairs(tree) if not repair.is_named)
    yield from expression_repairs(tree, SLIPS, is_named=False)
    yield from swapped_names(tree)
    yield from expression_repairs(tree, OTHER_SLIPS, is_named=False)


def _beside_the_point(exercise: Exercise, cases: Sequence[CaseResult]) -> Iterator[Rule]:
    """Yield the rules whose sentences could not be true here, whatever their change does."""
    wrong = [case for case in cases if not case.passed]
    if exercise.observe is not call or not any(holds_decimals(case.expected) for case in cases):
        yield decimals  # what is observed may have decimals where the answer itself has none
    if not uses_torch(exercise) or any(
        case.outcome.status == "raised" and "grad" not in case.outcome.error for case in wrong
    ):
        yield gradient
    if uses_torch(exercise):
        yield rows_for_columns
