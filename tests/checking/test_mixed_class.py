"""Wrong answers that nobody wrote for the check: most of them are told what is wrong."""

import mixed_class
import pytest

from course_lib.checking.judge import judge
from course_lib.exercises import find_exercise


def told(answers):
    results = [judge(find_exercise(exercise_id), answer) for exercise_id, answer in answers]
    assert not any(result.passed for result in results)
    return sum(result.told for result in results) / len(results)


@pytest.mark.slow
def test_most_answers_with_one_mistake_are_told_what_it_is():
    assert told(mixed_class.SINGLE) >= 0.85


@pytest.mark.slow
def test_many_answers_with_two_mistakes_are_told_one_of_them_at_least():
    assert told(mixed_class.DOUBLE) >= 0.4
