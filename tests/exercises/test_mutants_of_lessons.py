"""A sample of the small changes of all right answers: none passes unexplained.

`course lint --mutants` judges all of them; that takes an hour.
"""

import pytest

from course_lib.authoring.lint_mutants import judge_mutants
from course_lib.exercises import find_exercise, outline

SAMPLE = 20


@pytest.mark.parametrize("exercise_id", [entry.id for entry in outline()])
def test_small_changes_are_refused_or_explained(exercise_id):
    row = judge_mutants(find_exercise(exercise_id), seeds=(1, 2), at_most=SAMPLE)
    assert 0 < row.made <= SAMPLE
    assert row.survivors == []
