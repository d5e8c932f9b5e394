"""One submission, scored in its own jail, the same way every time."""

from __future__ import annotations

import builtins
import sys
import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any

from course_lib.checking.calling import Outcome
from course_lib.checking.case import CaseResult
from course_lib.checking.judge import problem_of, refusal_of, result_of
from course_lib.checking.result import Result
from course_lib.exercises import OUTLINE
from course_lib.grading.assignment import exercises_by_id
from course_lib.grading.intake.misplaced import misplaced, split_answers
from course_lib.grading.intake.released import released
from course_lib.grading.intake.student_notebook import Notebook, NotebookError, read_notebook
from course_lib.grading.intake.submissions import Submission
from course_lib.grading.intake.written_answers import find_written
from course_lib.grading.plain_text import one_line
from course_lib.grading.sandbox.open import (
    MEGABYTE,
    AnyJail,
    AnyParent,
    answer_job,
    open_sandbox,
    start_parent,
)
from course_lib.grading.sandbox.process import Run, Stopped
from course_lib.grading.sandbox.reference_server import Lender
from course_lib.grading.sandbox.remote_answer import FarAnswer, text_of
from course_lib.grading.scoring.cases import Case, Expected, uses_torch
from course_lib.grading.scoring.results import ExerciseGrade, SubmissionGrade

PLAIN_SECONDS = 2.0
_LEAST_MEMORY = 64
_ANALYSE_SECONDS = 20.0
_IMPORT_SECONDS = 10.0  # allowed on top where an answer imports packages that are not loaded yet
_TORCH = ("torch", "torch.nn", "torch.nn.functional", "torch.optim")
_LOADED = {"numpy", "torch", "course_lib"}
_TOOLS = {
    "course_lib",
    *(f"course_lib.{name}" for name in ("notebook", "former_names", "masks", "plots", "files", "paths")),
}
_HEAVY = {"torch", "torchvision", "torchmetrics", "segmentation_models_pytorch", "monai"}


@dataclass(frozen=True)
class Settings:
    """How a class is graded.

    Attributes:
        seed: of the hidden cases.
        sandbox: ``auto``, ``require`` or ``none``.
        deadline: seconds for each exercise; None for 2 for plain ones, and the exercise's own where torch is used.
        memory: megabytes that an answer may take.
    """

    seed: int
    sandbox: str = "auto"
    deadline: float | None = None
    memory: int = 2048

    def __post_init__(self) -> None:
        if self.deadline is not None and not self.deadline > 0:
            raise ValueError(
                f"The deadline is {self.deadline:g}, but it must be a number of seconds above 0."
            )
        if self.memory < _LEAST_MEMORY:
            raise ValueError(
                f"The memory is {self.memory}, but an answer needs {_LEAST_MEMORY} megabytes or more."
            )


class Grader:
    """Scores submissions, many at once if asked from many threads. Close it: it holds processes."""

    def __init__(self, settings: Settings, hidden: Sequence[Path] = ()) -> None:
        """Start a warm parent.

        Args:
            settings: how to grade.
            hidden: folders that no student may see, wherever they are.

        Raises:
            SandboxError: the sandbox is not as whole as was asked for.
        """
        self.settings = settings
        self._hidden = tuple(hidden)
        self._lock = threading.Lock()
        plain, self.level = open_sandbox(settings.sandbox, hidden)
        self._parents: dict[bool, AnyParent] = {False: plain}
        self._expected: dict[str, list[Expected]] = {}
        self._thread = threading.local()

    def __enter__(self) -> Grader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End all processes."""
        for parent in self._parents.values():
            parent.close()

    def grade(self, submission: Submission) -> SubmissionGrade:
        """Score one submission. Whatever it holds, this returns."""
        return self.grade_notebook(*read_submission(submission))

    def grade_notebook(self, submission: Submission, notebook: Notebook | None) -> SubmissionGrade:
        """Score what was read of a submission."""
        grade = SubmissionGrade(
            student=submission.student,
            lesson=submission.lesson,
            assignment=submission.assignment,
            source=submission.source,
            exercises=(),
            reason=submission.reason,
            notes=submission.notes,
            sandbox=str(self.level),
        )
        expected = self.expected(submission.assignment)
        if notebook is None or not expected:
            reason = grade.reason or f"The course has no exercises for {submission.assignment}."
            return replace(grade, exercises=tuple(map(_missing, expected)), reason=reason)
        written = find_written(notebook, released(submission.assignment))
        try:
            exercises, notes = _Grading(
                self, submission.assignment, expected, notebook, written.numbers
            ).run()
        except NotebookError as error:
            reason = _unreadable(error)
            return replace(grade, exercises=tuple(map(_missing, expected)), reason=reason)
        except Exception as error:  # whatever is in one submission, the others are graded
            reason = f"The grader itself failed ({type(error).__name__}: {one_line(error, 200)})."
            return replace(grade, exercises=tuple(map(_missing, expected)), reason=reason)
        return replace(
            grade,
            exercises=exercises,
            notes=tuple(
                one_line(note, 300) for note in (*grade.notes, *notebook.notes, *written.notes, *notes)
            ),
            written=tuple((name, text_of(text, 50_000)) for name, text in written.answers.items()),
            lost=tuple((name, text_of(text, 50_000)) for name, text in written.lost.items()),
            digest=notebook.digest,
        )

    def expected(self, assignment: str) -> list[Expected]:
        """Return the cases of an assignment's exercises, drawn once."""
        with self._lock:
            if assignment not in self._expected:
                with_torch = needs_torch(assignment)
                parent = self._parent(with_torch)  # it imports torch while this side does
                before = {name for name in sys.modules if not (with_torch and name.startswith("torch."))}
                self._expected[assignment] = [
                    Expected(exercise, self.settings.seed)
                    for exercise in exercises_by_id(assignment).values()
                ]
                parent.load([name for name in sys.modules if name not in before and not _is_ours(name)])
            return self._expected[assignment]

    def analyse(self, job: dict[str, Any]) -> dict[str, Any]:
        """Let a notebook be analysed.

        Raises:
            Stopped: it took too long, or too much.
        """
        try:
            return self._analyse(job)
        except Stopped as stopped:
            if stopped.how != "gone":
                raise
        return self._analyse(job)  # the jail was gone, not what was run in it

    def _analyse(self, job: dict[str, Any]) -> dict[str, Any]:
        """Let a notebook be analysed in this thread's jail: no student's code runs in there."""
        jail: AnyJail | None = getattr(self._thread, "jail", None)
        if jail is None:
            jail = self._thread.jail = self.parent(with_torch=False).open_jail()
        try:
            with jail.run(job, _ANALYSE_SECONDS, 1024 * MEGABYTE) as run:
                return run.hear()
        except Stopped:
            self._thread.jail = None
            raise

    def parent(self, *, with_torch: bool) -> AnyParent:
        """Return the warm parent with torch or without it."""
        with self._lock:
            return self._parent(with_torch)

    def _parent(self, with_torch: bool) -> AnyParent:
        if with_torch in self._parents and not self._parents[with_torch].is_alive():
            self._parents.pop(with_torch).close()
        if with_torch not in self._parents:
            self._parents[with_torch] = start_parent(
                self.level.way, _TORCH if with_torch else (), self._hidden
            )
        return self._parents[with_torch]


def read_submission(submission: Submission) -> tuple[Submission, Notebook | None]:
    """Read a submission's notebook; where there is none that can be read, the submission has the reason."""
    if submission.path is None:
        return submission, None
    try:
        return submission, read_notebook(submission.path)
    except NotebookError as error:
        return replace(submission, path=None, reason=_unreadable(error)), None


def _unreadable(error: NotebookError) -> str:
    return f"The notebook cannot be read: {error}."


def _is_ours(name: str) -> bool:
    return name.partition(".")[0] in ("course_lib", "__main__", "tests")


def needs_torch(assignment: str) -> bool:
    """Return whether a lesson's exercises use torch; torch itself is not imported to find out."""
    return uses_torch(OUTLINE.with_name(f"l{assignment}"))


class _Grading:
    """The grading of one notebook."""

    def __init__(
        self,
        grader: Grader,
        assignment: str,
        expected: Sequence[Expected],
        notebook: Notebook,
        written: Collection[int] = (),
    ) -> None:
        """Prepare it.

        Args:
            grader: what grades.
            assignment: the lesson's.
            expected: the cases of its exercises.
            notebook: the student's.
            written: numbers of cells that are answers in words, whatever their kind.
        """
        self._grader = grader
        self._expected = expected
        self._handed_out = released(assignment)
        self._with_torch = needs_torch(assignment)
        self._code = [(number, source) for number, source in notebook.code if number not in written]
        self._cells = dict([*self._code, *self._handed_out.spare])
        self._notebook = notebook
        self._where: dict[str, str] = {}
        self._jails: dict[bool, AnyJail] = {}
        self._not_passed: dict[str, Expected] = {}
        self._lent: dict[str, list[str]] = {}

    def run(self) -> tuple[tuple[ExerciseGrade, ...], list[str]]:
        """Return a grade for each exercise, and notes for the instructor.

        Raises:
            NotebookError: its cells are beyond understanding.
            SandboxError: no process could be kept running for them.
        """
        try:
            try:
                analysis = self._analysis()
                plans, notes = analysis["plans"], _notes(analysis, self._expected)
                self._where = self._whereabouts(analysis)
            except (Stopped, KeyError, TypeError, ValueError) as error:
                why = getattr(error, "how", type(error).__name__)
                raise NotebookError(f"its cells could not be analysed ({why})") from None
            grades = tuple(self._grade(one, plans[one.exercise.name]) for one in self._expected)
            notes += [self._where[grade.exercise_id] for grade in grades if self._is_explained(grade)]
            return grades, notes + [
                f"{name} does not pass: {', '.join(users)} {'was' if len(users) == 1 else 'were'} run with the "
                "course's own"
                for name, users in self._lent.items()
            ]
        finally:
            for jail in self._jails.values():
                jail.close()

    def _jail(self, with_torch: bool) -> AnyJail:
        if with_torch not in self._jails:
            self._jails[with_torch] = self._grader.parent(with_torch=with_torch).open_jail()
        return self._jails[with_torch]

    def _analysis(self) -> dict[str, Any]:
        """Find out, before any of the student's code runs, what each answer needs."""
        job = {
            "job": "analyse",
            "cells": [list(cell) for cell in self._code],
            "spare": [list(cell) for cell in self._handed_out.spare],
            "stubs": list(self._handed_out.stubs),
            "names": [one.exercise.name for one in self._expected],
        }
        return self._grader.analyse(job)

    def _whereabouts(self, analysis: dict[str, Any]) -> dict[str, str]:
        """Say of each answer that is not where it can be run what became of it."""
        names = {one.exercise.id: one.exercise.name for one in self._expected}
        problems = {int(number): text_of(text, 200) for number, text in analysis["problems"]}
        where = misplaced(self._notebook, self._handed_out, names, problems)
        for exercise_id, sentence in split_answers(self._notebook, names).items():
            where[exercise_id] = f"{where.get(exercise_id, '')} {sentence}".strip()
        return where

    def _is_explained(self, grade: ExerciseGrade) -> bool:
        return grade.exercise_id in self._where and self._where[grade.exercise_id] in grade.message

    def _grade(self, expected: Expected, plan: dict[str, Any]) -> ExerciseGrade:
        """Grade one exercise; later ones that build on it get the course's own answer if this one does not pass."""
        grade = self._graded(expected, plan)
        where = self._where.get(expected.exercise.id, "")
        if where and grade.cases_passed == 0:
            grade = replace(grade, message=where if grade.status == "missing" else f"{grade.message} {where}")
        if grade.status != "passed" and expected.lendable:
            self._not_passed[expected.exercise.id] = expected
        return grade

    def _graded(self, expected: Expected, plan: dict[str, Any]) -> ExerciseGrade:
        exercise = expected.exercise
        if not plan["is_defined"]:
            return replace(_missing(expected), message=f"No cell defines `{exercise.name}`.")
        with_torch = expected.needs_torch or bool(_HEAVY & set(plan["imports"]))
        seconds = self._seconds(expected, plan)
        job = self._job(expected, plan)
        try:
            grade = self._judged(expected, job, seconds, with_torch)
        except Stopped as stopped:
            if stopped.how == "gone":  # that is the jail itself, which no student's code can end: once more
                self._jails.pop(with_torch).close()
                grade = self._judged(expected, job, seconds, with_torch)
            else:
                grade = _stopped(expected, stopped, seconds, self._grader.settings.memory)
        called = [name for name in plan["uses"] if name not in expected.uses]
        flags = [f"calls {name}" for name in called]
        flags += [f"reaches for {name}" for name in sorted(set(plan["reaches"]))]
        flags += [flag for flag in grade.flags if not _is_said_by(called, flag)]
        return replace(grade, flags=tuple(dict.fromkeys(map(_line, flags))))

    def _judged(
        self, expected: Expected, job: dict[str, Any], seconds: float, with_torch: bool
    ) -> ExerciseGrade:
        """Run an answer and judge it.

        Raises:
            Stopped: its process ended.
        """
        memory = self._grader.settings.memory * MEGABYTE
        with Lender(self._not_passed, self._open_for_lending) as lender:
            with self._jail(with_torch).run(job, seconds, memory) as run:
                grade = _judged(expected, run, lender)
            for name in sorted(lender.lent):
                self._lent.setdefault(name, []).append(expected.exercise.id)
        return grade

    def _open_for_lending(self) -> AnyJail:
        return self._grader.parent(with_torch=self._with_torch).open_jail()

    def _seconds(self, expected: Expected, plan: dict[str, Any]) -> float:
        own = expected.exercise.deadline if expected.needs_torch else PLAIN_SECONDS
        seconds = own if self._grader.settings.deadline is None else self._grader.settings.deadline
        loading = set(plan["imports"]) - _LOADED - sys.stdlib_module_names
        return seconds + (_IMPORT_SECONDS if loading else 0)

    def _job(self, expected: Expected, plan: dict[str, Any]) -> dict[str, Any]:
        statements = [(int(cell), int(index)) for cell, index in plan["statements"]]
        examples = {
            case.example: case.args
            for one in self._expected
            for case in one.exercise.worked_cases
            if case.example and plan["needs_examples"]
        }
        return answer_job(
            expected.exercise.name,
            {cell: self._cells[cell] for cell, _ in statements},
            statements,
            examples=examples,
            lent=[name for name, one in self._not_passed.items() if one.exercise.name in plan["needs"]],
            answers={one.exercise.id: one.exercise.name for one in self._expected},
            observer=expected.observer[0],
            observe=expected.observer[1],
        )


def _is_said_by(called: Sequence[str], flag: str) -> bool:
    """Return whether a flag says no more than what is called: that its module is loaded."""
    return any(name.startswith(f"{flag.removeprefix('loads ')}.") for name in called)


def _line(text: str) -> str:
    return one_line(text, 120)


def _notes(analysis: dict[str, Any], expected: Sequence[Expected]) -> list[str]:
    notes = [f"cell {int(number)} {text_of(text, 200)}" for number, text in analysis["problems"]]
    for one in expected:
        copies = analysis["plans"][one.exercise.name]["copies"]
        if copies > 1:
            notes.append(
                f"{one.exercise.name} is defined {int(copies)} times; the last that is written counts"
            )
    return notes


# --- One exercise ------------------------------------------------------------------------------------------


def _missing(expected: Expected) -> ExerciseGrade:
    exercise = expected.exercise
    return ExerciseGrade(exercise.id, "missing", 0.0, float(exercise.points), cases=len(expected.cases))


def _judged(expected: Expected, run: Run, lender: Lender) -> ExerciseGrade:
    """Put an answer to the test, case by case; the worked cases come first, and nothing of the others reaches them.

    Raises:
        Stopped: its process ended.
    """
    far = FarAnswer(run, lender)
    refusal = _refusal(expected, far.about, far)
    if refusal:
        status = "failed" if far.about.get("defined") else "raised"
        return replace(_missing(expected), status=status, message=refusal)
    results = []
    for case in expected.cases:
        outcome = far.outcome(expected, case)
        results.append(_compared(expected, case, outcome))
        if outcome.status == "unfinished":
            break
    libraries = far.libraries()  # now: what follows may take its time, and the answer's own is limited
    grade = _as_grade(expected, _summed_up(expected, tuple(results)))
    flags = [f"changes {name}" for name in sorted(far.patched)]
    flags += [f"loads {text_of(name, 60)}" for name in _roots(libraries) if not _is_expected(expected, name)]
    return replace(grade, flags=tuple(flags))


def _roots(names: Sequence[str]) -> list[str]:
    return sorted(
        {
            ".".join(name.split(".")[:2]) if name.startswith("course_lib.") else name.partition(".")[0]
            for name in names
        }
    )


def _is_expected(expected: Expected, name: str) -> bool:
    """Return whether a module is no news: named in the notebook, and so flagged already, or the course's own tools."""
    return name in _TOOLS or any(use.startswith(name) for use in expected.uses)


def _refusal(expected: Expected, about: dict[str, Any], far: FarAnswer) -> str | None:
    name = expected.exercise.name
    if about.get("defined") is not True:
        problems = [text_of(text, 300) for text in about.get("problems", []) if isinstance(text, str)]
        why = f" ({one_line(problems[-1], 200)})" if problems else ""
        return f"`{name}` is not there after its cell was run{why}."
    if about.get("callable") is not True:
        kind = one_line(text_of(about.get("type", "")), 60)
        return f"`{name}` is a {kind}, a function or class is expected."
    return refusal_of(expected.exercise, far)


def _compared(expected: Expected, case: Case, outcome: Outcome) -> CaseResult:
    try:
        problem = problem_of(expected.exercise, case.expected, outcome)
    except Exception:  # no data is odd enough to stop the grading of the others
        problem = "What came back cannot be compared with what is expected."
    return CaseResult(case.args, case.expected.value, outcome, problem, case.example)


def _summed_up(expected: Expected, cases: tuple[CaseResult, ...]) -> Result:
    try:
        return result_of(expected.exercise, cases, expected.idea)
    except Exception:  # what came back is so odd that it cannot even be compared with the misconceptions
        return Result(expected.exercise, "failed", "What came back is no plain data.", cases)


def _as_grade(expected: Expected, result: Result) -> ExerciseGrade:
    exercise = expected.exercise
    cases = result.cases
    first = next((n for n, case in enumerate(cases) if not case.passed), None)
    is_shown = first is not None and expected.cases[first].is_worked
    status = result.status
    message = result.message
    if first is not None and not is_shown and message == (cases[first].problem or ""):
        message = _hidden_message(expected, cases)
    message = " ".join(part for part in (message, result.where) if part)
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


def _stopped(expected: Expected, stopped: Stopped, seconds: float, memory: int) -> ExerciseGrade:
    name = expected.exercise.name
    texts = {
        "deadline": f"`{name}` was stopped after {seconds:g} seconds. Does a loop never end? Look at what should "
        "make its condition false.",
        "memory": f"`{name}` was stopped: it took more than {memory} MB of memory.",
        "signal": f"Python itself died ({stopped.detail}) while it ran `{name}`. Does a function call itself without "
        "an end?",
        "exit": f"`{name}`, or what it needs, ended Python (code {stopped.detail}): an answer returns, it does not "
        "end the program.",
        "garbled": f"`{name}` gave back what cannot be read: {stopped.detail}.",
    }
    message = texts.get(stopped.how, f"`{name}` could not be run to its end.")
    return replace(_missing(expected), status="stopped", message=text_of(message))
