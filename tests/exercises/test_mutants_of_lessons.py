"""No small change of a right answer passes unexplained, in the lessons whose survivors were looked at."""

import pytest

from course_lib.authoring.lint_mutants import judge_mutants, problems_of
from course_lib.exercises import find_exercise, outline

EXPLAINED = ("00", "01", "02", "03", "04", "05", "06")
EXERCISES = [entry.id for entry in outline() if entry.lesson.startswith(EXPLAINED)]


@pytest.mark.parametrize("exercise_id", EXERCISES)
def test_every_small_change_is_refused_or_explained(exercise_id):
    exercise = find_exercise(exercise_id)
    row = judge_mutants(exercise, seeds=(1, 2))
    assert row.made > 20
    assert [str(problem) for problem in problems_of(exercise, row)] == []
