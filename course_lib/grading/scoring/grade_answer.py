"""One answer, put to the test case by case, and what its student and the instructor read about it."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from dataclasses import dataclass, replace

from course_lib.checking.calling import Outcome
from course_lib.checking.case import CaseResult
from course_lib.checking.judge import problem_of, refusal_of, result_of
from course_lib.checking.recognise.source import Own
from course_lib.checking.result import Result
from course_lib.grading.plain_text import one_line
from course_lib.grading.sandbox.inside.protocol import About
from course_lib.grading.sandbox.process import Run, Stopped
from course_lib.grading.sandbox.reference_server import ReferenceServer
from course_lib.grading.sandbox.remote_answer import RemoteAnswer, text_of
from course_lib.grading.scoring.cases import Case, Expected
from course_lib.grading.scoring.results import ExerciseGrade

_TOOL_NAMES = (
    "notebook",
    "former_names",
    "masks",
    "class_ids",
    "label_png",
    "plots",
    "bars",
    "files",
    "paths",
)
_TOOLS = {"course_lib", *(f"course_lib.{name}" for name in _TOOL_NAMES)}
_NOT_GRADED = (
    "This exercise could not be graded. The reason is not in your notebook, and your instructor was notified."
)


def missing(expected: Expected) -> ExerciseGrade:
    """Return the grade of an answer that is not there."""
    exercise = expected.exercise
    return ExerciseGrade(exercise.id, "missing", 0.0, float(exercise.points), cases=len(expected.cases))


def not_graded(expected: Expected) -> ExerciseGrade:
    """Return the grade where the exercise itself is at fault."""
    return replace(missing(expected), status="not graded", message=_NOT_GRADED)


@dataclass(frozen=True)
class Tested:
    """What came of putting an answer to the test.

    Attributes:
        cases: what it did, case by case, up to one in which it was not written yet.
        flags: remarks for the instructor.
        refusal: its grade, where it could not even be called.
    """

    cases: tuple[CaseResult, ...] = ()
    flags: tuple[str, ...] = ()
    refusal: ExerciseGrade | None = None


def put_to_the_test(expected: Expected, run: Run, references: ReferenceServer) -> Tested:
    """Put an answer to the test, case by case; the worked cases come first, and nothing of the others reaches them.

    Raises:
        Stopped: its process ended.
    """
    answer = RemoteAnswer(run, references)
    refusal = _refusal(expected, answer.about, answer)
    if refusal:
        status = "failed" if answer.about.defined else "raised"
        return Tested(refusal=replace(missing(expected), status=status, message=refusal))
    results = []
    for case in expected.cases:
        outcome = answer.outcome(expected, case.args)
        results.append(_compared(expected, case, outcome))
        if outcome.status == "unfinished":
            break
    libraries = answer.libraries()
    flags = [f"changes {name}" for name in sorted(answer.patched)]
    flags += [f"loads {text_of(name, 60)}" for name in _roots(libraries) if not _is_expected(expected, name)]
    return Tested(tuple(results), tuple(flags))


def grade_of(expected: Expected, tested: Tested, own: Own | None) -> ExerciseGrade:
    """Return the grade of an answer that was put to the test.

    Args:
        expected: the cases of its exercise.
        tested: what it did.
        own: its code, and what runs that after a change; None where only ideas can be told.
    """
    if tested.refusal:
        return tested.refusal
    result, flags = _summed_up(expected, tested.cases, own)
    return replace(_as_grade(expected, result), flags=(*tested.flags, *flags))


def _roots(names: Sequence[str]) -> list[str]:
    return sorted(
        {
            ".".join(name.split(".")[:2]) if name.startswith("course_lib.") else name.partition(".")[0]
            for name in names
        }
    )


def _is_expected(expected: Expected, name: str) -> bool:
    """Return whether a module needs no flag: the notebook names it, so it is flagged already, or it is a tool."""
    return name in _TOOLS or any(use.startswith(name) for use in expected.uses)


def _refusal(expected: Expected, about: About, answer: RemoteAnswer) -> str | None:
    name = expected.exercise.name
    if not about.defined:
        problems = [text_of(text, 300) for text in about.problems if isinstance(text, str)]
        why = f" ({one_line(problems[-1], 200)})" if problems else ""
        return f"`{name}` is not there after its cell was run{why}."
    if not about.callable:
        kind = one_line(text_of(about.type), 60)
        return f"`{name}` is a {kind}, a function or class is expected."
    return refusal_of(expected.exercise, answer)


def _compared(expected: Expected, case: Case, outcome: Outcome) -> CaseResult:
    try:
        problem = problem_of(expected.exercise, case.expected, outcome)
    except Exception:  # no data is odd enough to stop the grading of the others
        problem = "The return value cannot be compared with the expected one."
    return CaseResult(case.args, case.expected.value, outcome, problem, case.example)


def _summed_up(
    expected: Expected, cases: tuple[CaseResult, ...], own: Own | None
) -> tuple[Result, tuple[str, ...]]:
    """Return what the cases showed, and flags; what is told depends on the changed answers only if they all end."""
    exercise = expected.exercise
    flags: tuple[str, ...] = ()
    try:
        return result_of(exercise, cases, expected.idea, own), flags
    except Stopped as stopped:
        flags = (f"changed a little, it ends its process ({stopped.how})",)
    except Exception:  # its code, or a value, is odd
        pass
    try:
        return result_of(exercise, cases, expected.idea), flags
    except Exception:  # the value cannot even be compared with those of the misconceptions
        message = "The return value cannot be compared: return numbers, lists, arrays or tensors."
        return Result(exercise, "failed", message, cases), flags


def _as_grade(expected: Expected, result: Result) -> ExerciseGrade:
    exercise = expected.exercise
    cases = result.cases
    first = next((n for n, case in enumerate(cases) if not case.passed), None)
    is_shown = first is not None and expected.cases[first].is_worked
    status = result.status
    message = result.message
    if first is not None and not is_shown and message == (cases[first].problem or ""):
        message = f"{_hidden_message(expected, cases)} {result.where}".strip()
    if (
        status == "raised"
        and first is not None
        and "MemoryError" in cases[first].outcome.error.partition(":")[0]
    ):
        status = "stopped"
    return ExerciseGrade(
        exercise.id,
        status,
        result.score,
        result.max_score,
        sum(case.passed for case in cases),
        len(expected.cases),
        result.misconception,
        text_of(message),
        tuple((name, text_of(text)) for name, text in result.facts(cases[first]))
        if is_shown and first is not None
        else (),
    )


def _hidden_message(expected: Expected, cases: Sequence[CaseResult]) -> str:
    """Say what helps about hidden cases, and nothing that is in them."""
    hidden = [result for case, result in zip(expected.cases, cases, strict=False) if not case.is_worked]
    wrong = [case for case in hidden if not case.passed]
    text = f"The worked cases are right, {len(wrong)} of {len(hidden)} hidden cases are not."
    raised = {case.outcome.error.partition(":")[0] for case in wrong if case.outcome.status == "raised"}
    known = sorted(name for name in raised if _is_builtin_error(name))
    if raised:
        text += f" Some of them raised {' or '.join(known) or 'an error'}."
    advice = f'check("{expected.exercise.id}") in your notebook draws some.'
    return f"{text} Which edge cases does the exercise name? {advice}"


def _is_builtin_error(name: str) -> bool:
    found = getattr(builtins, name, None)
    return isinstance(found, type) and issubclass(found, BaseException)


def stopped_grade(expected: Expected, stopped: Stopped, seconds: float, memory: int) -> ExerciseGrade:
    """Return the grade of an answer whose process ended: it had ``seconds`` on a processor and ``memory`` megabytes."""
    name = expected.exercise.name
    texts = {
        "deadline": f"`{name}` was stopped after {seconds:g} seconds. Does a loop never end? Look at what should "
        "make its condition false.",
        "memory": f"`{name}` was stopped: it took more than {memory} MB of memory.",
        "signal": f"Python itself died ({stopped.detail}) while it ran `{name}`. Does a function call itself without "
        "an end?",
        "exit": f"`{name}`, or what it needs, ended Python (code {stopped.detail}): an answer returns, it does not "
        "end the program.",
        "garbled": f"`{name}` returned what cannot be read: {stopped.detail}.",
    }
    message = texts.get(stopped.how, f"`{name}` could not be run to its end.")
    return replace(missing(expected), status="stopped", message=text_of(message))
