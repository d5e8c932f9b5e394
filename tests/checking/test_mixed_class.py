"""Wrong answers that nobody wrote for the check: most of them are told what is wrong."""

import mixed_class
import mixed_class_2
import mixed_class_3a
import mixed_class_3b
import pytest

from course_lib.checking.judge import judge
from course_lib.exercises import find_exercise


def told(answers):
    results = [judge(find_exercise(exercise_id), answer) for exercise_id, answer in answers]
    assert not any(result.passed for result in results)
    return sum(result.told for result in results) / len(results)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("answers", "floor"),
    [
        (mixed_class.SINGLE, 0.92),
        (mixed_class_2.SINGLE, 0.88),
        (mixed_class_3a.SINGLE, 0.85),
        (mixed_class_3b.SINGLE, 0.9),
    ],
)
def test_most_answers_with_one_mistake_are_told_what_it_is(answers, floor):
    assert told(answers) >= floor


@pytest.mark.slow
@pytest.mark.parametrize(
    ("answers", "floor"),
    [
        (mixed_class.DOUBLE, 0.75),
        (mixed_class_2.DOUBLE, 0.65),
        (mixed_class_3a.DOUBLE, 0.75),
        (mixed_class_3b.DOUBLE, 0.6),
    ],
)
def test_most_answers_with_two_mistakes_are_told_one_of_them_at_least(answers, floor):
    assert told(answers) >= floor
