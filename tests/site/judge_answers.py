# Runs inside Pyodide: judge all answers that some exercises bring along, and return what is odd as JSON.
import contextlib
import json

from course_lib.checking.deadline import DeadlineExceeded, deadline
from course_lib.checking.judge import judge
from course_lib.exercises import find_exercise

judged, odd, torch = {"right": 0, "wrong": 0, "endless": 0}, [], []


def must_pass(exercise, answer):
    result = judge(exercise, answer)
    problem = result.first_problem
    if result.passed:
        judged["right"] += 1
    elif problem and "torch" in problem.problem:  # such an answer cannot be given in a browser
        torch.append(f"{exercise.id}: {answer.__name__}")
    else:
        odd.append(f"{exercise.id}: {answer.__name__} does not pass: {result.message}")


def must_fail(exercise, idea):
    judged["wrong"] += 1
    if judge(exercise, idea.answer).passed:
        odd.append(f"{exercise.id}: {idea.name!r} passes")


def endless_loop():
    while True:
        pass


def endless_that_catches_all():
    while True:
        with contextlib.suppress(BaseException):
            sum([1])


def endless_generator():
    return all(True for _ in iter(int, 1))


def endless_recursion():
    while True:
        with contextlib.suppress(RecursionError):
            endless_recursion()


def must_end(code):
    try:
        with deadline(0.5):
            code()
    except DeadlineExceeded:
        judged["endless"] += 1
    else:
        odd.append(f"{code.__name__} ended by itself")


for exercise_id in arguments:  # noqa: F821  (set by the caller)
    exercise = find_exercise(exercise_id)
    for answer in (exercise.reference, *exercise.accepted):
        must_pass(exercise, answer)
    for idea in exercise.misconceptions:
        must_fail(exercise, idea)
for code in (endless_loop, endless_that_catches_all, endless_generator, endless_recursion):
    must_end(code)
json.dumps({"judged": judged, "odd": odd, "torch": torch})
