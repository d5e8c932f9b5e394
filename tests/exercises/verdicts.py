"""Judge an answer with many seeds, on fresh cases only, as a grader does."""

from course_lib.checking.calling import Outcome, outcome_of
from course_lib.checking.judge import fresh_cases, judge, problem_of
from course_lib.exercises import find_exercise

SEEDS = range(20)


def seeds_that_pass(exercise_id, answer):
    """Return the seeds with which an answer is right in all fresh cases; a wrong answer should have none."""
    exercise = find_exercise(exercise_id)
    return [seed for seed in SEEDS if _is_right(exercise, answer, seed)]


def _is_right(exercise, answer, seed):
    for args in fresh_cases(exercise, seed):
        expected: Outcome = outcome_of(exercise, exercise.reference, args)
        if problem_of(exercise, expected, outcome_of(exercise, answer, args)):
            return False
    return True


def what_a_learner_reads(exercise_id, answer):
    """Return all that a check says about an answer."""
    result = judge(find_exercise(exercise_id), answer)
    return " ".join([result.message, *(case.problem or "" for case in result.cases)])
