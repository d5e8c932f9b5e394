"""Is an exercise fair and helpful? Every answer that comes with it is judged as if a learner had given it."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from course_lib.authoring.answers import answer_source, without_solution
from course_lib.authoring.problems import Problem
from course_lib.checking.calling import outcome_of
from course_lib.checking.compare import kind_of, to_plain
from course_lib.checking.exercise import Answer, Exercise
from course_lib.checking.judge import judge
from course_lib.grading.scoring.cases import problem_of_observer

SEEDS = (11, 22, 33)
DRAWN_WITH = range(20)  # seeds: what a check must show has to be in every draw, not in most
MISCONCEPTIONS = range(3, 17)
MINUTES = range(5, 16)
SHORTEST_AT_THE_START = 3  # minutes: the first lesson shows what an exercise is
ACCEPTED_AT_LEAST = 3
KINDS_AT_LEAST = 2


@dataclass(frozen=True)
class Trial:
    """The results of judging an exercise's own answers on fresh cases, once per seed.

    Attributes:
        problems: a message for every answer that was judged wrongly.
        rejected: accepted variants that did not pass.
        let_through: misconceptions that passed.
        named: how often a misconception was recognised.
        judged: how often a misconception was judged.
        unnamed: the misconceptions that were not always recognised, and what they were taken for.
    """

    problems: tuple[Problem, ...]
    rejected: int
    let_through: int
    named: int
    judged: int
    unnamed: tuple[str, ...]


def try_answers(exercise: Exercise) -> Trial:
    """Judge the unsolved answer, the reference, the misconceptions and the accepted variants."""
    messages = [*_unsolved(exercise), *_not_passing(exercise, exercise.reference, "the reference")]
    variants = [f"the accepted variant {getattr(answer, '__name__', answer)}" for answer in exercise.accepted]
    rejections = [
        message
        for answer, name in zip(exercise.accepted, variants, strict=True)
        for message in _not_passing(exercise, answer, name)
    ]
    let_through, unnamed, named = [], [], 0
    for idea in exercise.misconceptions:
        # A grader has only fresh cases.
        results = [judge(exercise, idea.answer, seed, worked=False) for seed in SEEDS]
        if any(result.passed for result in results):
            let_through.append(idea.name)
        taken_for = {result.misconception or result.message for result in results} - {idea.name}
        named += sum(result.misconception == idea.name for result in results)
        if taken_for:
            unnamed.append(f"{exercise.id}: {idea.name!r} was taken for {' and '.join(map(repr, taken_for))}")
    messages += rejections
    messages += filter(None, [problem_of_observer(exercise)])
    messages += [
        f"the misconception {name!r} passes: draw cases that distinguish it from the reference"
        for name in let_through
    ]
    problems = tuple(Problem(place_of(exercise), message) for message in messages)
    judged = len(SEEDS) * len(exercise.misconceptions)
    return Trial(problems, len(rejections), len(let_through), named, judged, tuple(unnamed))


def place_of(exercise: Exercise) -> str:
    """Return where an exercise is defined, for messages."""
    return f"{exercise.reference.__module__}, {exercise.id}"


def unsolved_answer(exercise: Exercise) -> Answer:
    """Return the names that a learner's notebook defines before anything is written."""
    namespace = dict(vars(sys.modules[exercise.reference.__module__]))
    source = without_solution(answer_source(exercise))
    exec(compile(source, f"<{exercise.id}, unsolved>", "exec"), namespace)
    answer: Answer = namespace[exercise.name]
    return answer


def _unsolved(exercise: Exercise) -> Iterator[str]:
    try:
        answer = unsolved_answer(exercise)
    except Exception as error:
        yield f"the student's cell raises by itself, {type(error).__name__}: {error}"
        return
    status = judge(exercise, answer).status
    if status != "not attempted":
        yield f"unsolved, it counts as {status!r} instead of 'not attempted'"


def _not_passing(exercise: Exercise, answer: Answer, name: str) -> Iterator[str]:
    """Yield at most one message, about the first seed with which the answer does not pass."""
    for seed in SEEDS:
        result = judge(exercise, answer, seed)
        if not result.passed:
            first = result.first_problem
            yield f"{name} does not pass: {first.problem if first else result.message}"
            return


def check_form(exercise: Exercise, lesson: str) -> Iterator[Problem]:
    """Yield what is wrong with an exercise's texts and numbers; no answer is judged."""
    for rule in _FORM:
        for message in rule(exercise, lesson):
            yield Problem(place_of(exercise), message)


def _takes_a_while(exercise: Exercise, lesson: str) -> Iterator[str]:
    least = SHORTEST_AT_THE_START if lesson == "00" else MINUTES[0]
    if not least <= exercise.minutes <= MINUTES[-1]:
        yield f"it takes {exercise.minutes} minutes: {least} to {MINUTES[-1]} are expected"
    if exercise.points < 1:
        yield f"it is worth {exercise.points} points: give at least 1"


def _has_enough(exercise: Exercise, lesson: str) -> Iterator[str]:
    if len(exercise.misconceptions) not in MISCONCEPTIONS:
        yield f"it has {len(exercise.misconceptions)} misconceptions: 3 to 16 are expected"
    if len(exercise.accepted) < ACCEPTED_AT_LEAST:
        yield f"it has {len(exercise.accepted)} accepted variants: at least 3 are expected"
    if len(exercise.hints) != 3 or not all(hint.strip() for hint in exercise.hints):
        yield "the exercise needs three hints, from a nudge to nearly the answer"
    if not exercise.worked_cases:
        yield "the exercise shows no worked case: give one with its value worked out by hand"


def _sentences_end(exercise: Exercise, lesson: str) -> Iterator[str]:
    sentences = {f"the sentence of {idea.name!r}": idea.sentence for idea in exercise.misconceptions}
    for what, sentence in (sentences | {"why": exercise.why}).items():
        if not sentence.endswith((".", "?")):
            yield f"{what} does not end in a full stop or a question mark: {sentence!r}"


def _misconceptions_differ(exercise: Exercise, lesson: str) -> Iterator[str]:
    sentences = [idea.sentence for idea in exercise.misconceptions]
    for sentence in sorted({sentence for sentence in sentences if sentences.count(sentence) > 1}):
        yield f"two misconceptions share the sentence {sentence!r}"


def _says_what_it_takes(exercise: Exercise, lesson: str) -> Iterator[str]:
    described = exercise.reference.__doc__ or ""
    for name in exercise.parameters:
        if not re.search(rf"^ +{name}: ", described, re.MULTILINE):
            yield f"the reference's docstring does not describe {name!r} under Args:"


def _names_its_kinds(exercise: Exercise, lesson: str) -> Iterator[str]:
    if not isinstance(exercise.draw, Mapping) or len(exercise.draw) < KINDS_AT_LEAST:
        yield (
            f"its fresh cases are of {len(exercise.kinds)} kind, at least {KINDS_AT_LEAST} are expected: give draw a "
            'dict, or by_kind(draw_case, "usual", "empty"), so that every check holds the edge cases'
        )


def _draws_every_kind(exercise: Exercise, lesson: str) -> Iterator[str]:
    for seed in DRAWN_WITH:
        missing = set(exercise.kinds) - {kind for kind, _ in exercise.drawn(seed)}
        if missing:
            yield f"with seed {seed} no case of the kind {' and '.join(sorted(missing))} is drawn"
            return


def _draws_nan(exercise: Exercise, lesson: str) -> Iterator[str]:
    """Where the docstring or a worked case speaks of nan, every draw must have a case that takes or gives it."""
    said = "nan" in re.findall(r"\w+", exercise.reference.__doc__ or "")
    if not said and not any(_holds_nan(case.expected) for case in exercise.worked_cases):
        return
    for seed in DRAWN_WITH:
        cases = [args for _, args in exercise.drawn(seed)]
        given = (outcome_of(exercise, exercise.reference, args).value for args in cases)
        if not any(map(_holds_nan, [*cases, *given])):
            yield f"with seed {seed} no fresh case takes or gives nan: draw a kind of case that does"
            return


def _holds_nan(value: Any) -> bool:
    plain = to_plain(value)
    if isinstance(plain, dict):
        return any(map(_holds_nan, plain.values()))
    if isinstance(plain, list | tuple):
        return any(map(_holds_nan, plain))
    return isinstance(plain, float | np.ndarray) and kind_of(plain) == "float" and bool(np.isnan(plain).any())


_FORM: tuple[Callable[[Exercise, str], Iterator[str]], ...] = (
    _takes_a_while,
    _has_enough,
    _sentences_end,
    _misconceptions_differ,
    _says_what_it_takes,
    _names_its_kinds,
    _draws_every_kind,
    _draws_nan,
)
