"""Is what is told of an answer true of it? Each misconception is judged as if nobody had written it down.

Its own idea is taken off the list. What is then told instead, by other ideas, must explain the answer in cases that the
check did not see. ``python -m course_lib.authoring.attributions 03 04`` tries the exercises of some lessons, or of all.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace

from course_lib.checking.calling import outcome_of
from course_lib.checking.case import CaseResult
from course_lib.checking.exercise import Answer, Exercise, Misconception
from course_lib.checking.judge import judge
from course_lib.checking.recognise import recognise
from course_lib.checking.recognise.choices import is_a_choice
from course_lib.checking.recognise.ideas import Ideas
from course_lib.checking.recognise.source import own_code
from course_lib.exercises import all_exercises

_SEEDS = (11, 22, 33)
_UNSEEN = (101, 102, 103)  # seeds of the cases in which what was told must hold


@dataclass(frozen=True)
class Attribution:
    """What an answer was taken for by ideas that are not its own.

    Attributes:
        exercise: id of the exercise.
        answer: the misconception's name.
        ideas: the ideas that were told instead of it.
        untrue: in how many unseen parts they do not explain it.
    """

    exercise: str
    answer: str
    ideas: tuple[str, ...]
    untrue: int


def attributions(exercise: Exercise) -> Iterator[Attribution]:
    """Yield what each misconception of an exercise is taken for by the others."""
    for idea in exercise.misconceptions:
        others = tuple(other for other in exercise.misconceptions if other is not idea)
        for seed in _SEEDS:
            found = _told(replace(exercise, misconceptions=others), idea, seed)
            if found:
                yield found


def _told(others: Exercise, idea: Misconception, seed: int) -> Attribution | None:
    cases = _cases(others, idea.answer, seed)
    wrong = any(not case.passed for case in cases)
    told = recognise(others, cases, own=own_code(others, idea.answer)) if wrong else None
    if told is None or not told.ideas:
        return None
    if is_a_choice(cases):  # an idea of a choice is told only for that choice
        return None
    seen = [Ideas(others, _cases(others, idea.answer, seed), outcome_of) for seed in _UNSEEN]
    if told.partly:
        untrue = sum(not one.explains_mostly(told.ideas[0]) for one in seen)
    else:
        untrue = sum(one.unexplained(told.ideas) for one in seen)
    return Attribution(others.id, idea.name, told.ideas, untrue)


def _cases(exercise: Exercise, answer: Answer, seed: int) -> tuple[CaseResult, ...]:
    return judge(replace(exercise, misconceptions=()), answer, seed).cases


def main(lessons: list[str]) -> int:
    """Print every attribution that is untrue; return how many there are."""
    found = [
        one
        for exercise in all_exercises()
        if not lessons or exercise.lesson in lessons
        for one in attributions(exercise)
    ]
    untrue = [one for one in found if one.untrue]
    for one in untrue:
        print(f"{one.exercise}: {one.answer!r} is taken for {' and '.join(map(repr, one.ideas))}, untruly")
    print(f"{len(found)} answers were taken for others, {len(untrue)} of them untruly.")
    return len(untrue)


if __name__ == "__main__":
    sys.exit(min(main(sys.argv[1:]), 1))
