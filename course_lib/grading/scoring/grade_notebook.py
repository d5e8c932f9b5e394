"""The answers of one notebook, each run in a process of its own and graded."""

from __future__ import annotations

import sys
from collections.abc import Collection, Sequence
from dataclasses import replace

from course_lib.checking.judge import BACKSTOP
from course_lib.grading.intake.misplaced import misplaced, split_answers
from course_lib.grading.intake.released import released
from course_lib.grading.intake.student_notebook import Notebook, NotebookError
from course_lib.grading.plain_text import one_line
from course_lib.grading.sandbox.inside.codec import WireError
from course_lib.grading.sandbox.inside.dependencies import Plan
from course_lib.grading.sandbox.inside.protocol import Analyse, Analysis, Define
from course_lib.grading.sandbox.open import MEGABYTE, AnyJail
from course_lib.grading.sandbox.process import Stopped
from course_lib.grading.sandbox.reference_server import ReferenceServer
from course_lib.grading.sandbox.remote_answer import text_of
from course_lib.grading.scoring.cases import Expected
from course_lib.grading.scoring.changed_answer import changed_answer
from course_lib.grading.scoring.grade_answer import (
    grade_of,
    missing,
    not_graded,
    put_to_the_test,
    stopped_grade,
)
from course_lib.grading.scoring.parents import Parents
from course_lib.grading.scoring.results import ExerciseGrade
from course_lib.grading.scoring.settings import Settings, needs_torch

PLAIN_SECONDS = 2.0
_IMPORT_SECONDS = 10.0  # allowed on top where an answer imports packages that are not loaded yet
_LOADED = {"numpy", "torch", "course_lib"}
_HEAVY = {"torch", "torchvision", "torchmetrics", "segmentation_models_pytorch", "monai"}


class NotebookGrading:
    """The grading of one notebook."""

    def __init__(
        self,
        settings: Settings,
        parents: Parents,
        assignment: str,
        expected: Sequence[Expected],
        notebook: Notebook,
        written: Collection[int] = (),
    ) -> None:
        """Prepare it.

        Args:
            settings: how to grade.
            parents: open the jails.
            assignment: the lesson's.
            expected: the cases of its exercises.
            notebook: the student's.
            written: numbers of cells that are answers in words, whatever their kind.
        """
        self._settings = settings
        self._parents = parents
        self._expected = expected
        self._notebook = notebook
        self._handed_out = released(assignment)
        self._with_torch = needs_torch(assignment)
        self._code = [(number, source) for number, source in notebook.code if number not in written]
        self._cells = dict([*self._code, *self._handed_out.spare])
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
                plans = {one.exercise.name: analysis.plan(one.exercise.name) for one in self._expected}
                notes = _notes(analysis, plans, self._expected)
                self._where = self._whereabouts(analysis)
            except (Stopped, WireError, TypeError, ValueError) as error:
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
            self._jails[with_torch] = self._parents.get(with_torch=with_torch).open_jail()
        return self._jails[with_torch]

    def _analysis(self) -> Analysis:
        """Find out, before any of the student's code runs, what each answer needs."""
        return self._parents.analyse(
            Analyse(
                cells=self._code,
                spare=list(self._handed_out.spare),
                stubs=list(self._handed_out.stubs),
                names=[one.exercise.name for one in self._expected],
            )
        )

    def _whereabouts(self, analysis: Analysis) -> dict[str, str]:
        """Say of each answer that is not where it can be run what became of it."""
        names = {one.exercise.id: one.exercise.name for one in self._expected}
        problems = {int(number): text_of(text, 200) for number, text in analysis.problems}
        where = misplaced(self._notebook, self._handed_out, names, problems)
        for exercise_id, sentence in split_answers(self._notebook, names).items():
            where[exercise_id] = f"{where.get(exercise_id, '')} {sentence}".strip()
        return where

    def _is_explained(self, grade: ExerciseGrade) -> bool:
        return grade.exercise_id in self._where and self._where[grade.exercise_id] in grade.message

    def _grade(self, expected: Expected, plan: Plan) -> ExerciseGrade:
        """Grade one exercise; later ones that build on it get the course's own answer if this one does not pass."""
        grade = self._flagged(expected, plan)
        where = self._where.get(expected.exercise.id, "")
        if where and grade.cases_passed == 0:
            grade = replace(grade, message=where if grade.status == "missing" else f"{grade.message} {where}")
        if grade.status != "passed" and expected.lendable:
            self._not_passed[expected.exercise.id] = expected
        return grade

    def _flagged(self, expected: Expected, plan: Plan) -> ExerciseGrade:
        """Grade one exercise, and flag what the instructor should know of its answer."""
        if expected.problem:
            return not_graded(expected)
        if not plan.is_defined:
            return replace(missing(expected), message=f"No cell defines `{expected.exercise.name}`.")
        grade = self._run_and_grade(expected, plan)
        called = [name for name in plan.uses if name not in expected.uses]
        flags = [f"calls {name}" for name in called]
        flags += [f"reaches for {name}" for name in sorted(set(plan.reaches))]
        flags += [flag for flag in grade.flags if not _is_said_by(called, flag)]
        return replace(grade, flags=tuple(dict.fromkeys(map(_line, flags))))

    def _run_and_grade(self, expected: Expected, plan: Plan) -> ExerciseGrade:
        with_torch = expected.needs_torch or bool(_HEAVY & set(plan.imports))
        seconds = self._seconds(expected, plan)
        job = self._job(expected, plan)
        try:
            return self._in_jail(expected, job, seconds, with_torch)
        except Stopped as stopped:
            if stopped.how != "gone":
                return stopped_grade(expected, stopped, seconds, self._settings.memory)
        self._jails.pop(
            with_torch
        ).close()  # the jail itself was gone, which no student's code can end: once more
        return self._in_jail(expected, job, seconds, with_torch)

    def _in_jail(self, expected: Expected, job: Define, seconds: float, with_torch: bool) -> ExerciseGrade:
        """Run an answer and grade it.

        Raises:
            Stopped: its process ended.
        """
        memory = self._settings.memory * MEGABYTE
        jail = self._jail(with_torch)
        with ReferenceServer(self._not_passed, self._open_for_lending) as references:
            with jail.run(job, seconds, memory) as run:
                tested = put_to_the_test(expected, run, references)
            with changed_answer(
                expected, job.cells, lambda: jail.run(job, BACKSTOP, memory), references
            ) as own:
                grade = grade_of(expected, tested, own)
            for name in sorted(references.lent):
                self._lent.setdefault(name, []).append(expected.exercise.id)
        return grade

    def _open_for_lending(self) -> AnyJail:
        return self._parents.get(with_torch=self._with_torch).open_jail()

    def _seconds(self, expected: Expected, plan: Plan) -> float:
        own = expected.exercise.deadline if expected.needs_torch else PLAIN_SECONDS
        seconds = own if self._settings.deadline is None else self._settings.deadline
        loading = set(plan.imports) - _LOADED - sys.stdlib_module_names
        return seconds + (_IMPORT_SECONDS if loading else 0)

    def _job(self, expected: Expected, plan: Plan) -> Define:
        statements = [(int(cell), int(index)) for cell, index in plan.statements]
        examples = {
            case.example: case.args
            for one in self._expected
            for case in one.exercise.worked_cases
            if case.example and plan.needs_examples
        }
        return Define(
            expected.exercise.name,
            {cell: self._cells[cell] for cell, _ in statements},
            statements,
            examples=examples,
            lent=[name for name, one in self._not_passed.items() if one.exercise.name in plan.needs],
            answers={one.exercise.id: one.exercise.name for one in self._expected},
            observer=expected.observer[0],
            observe=expected.observer[1],
        )


def _is_said_by(called: Sequence[str], flag: str) -> bool:
    """Return whether a flag says no more than what is called: that its module is loaded."""
    return any(name.startswith(f"{flag.removeprefix('loads ')}.") for name in called)


def _line(text: str) -> str:
    return one_line(text, 120)


def _notes(analysis: Analysis, plans: dict[str, Plan], expected: Sequence[Expected]) -> list[str]:
    notes = [f"cell {int(number)} {text_of(text, 200)}" for number, text in analysis.problems]
    for one in expected:
        if one.problem:
            notes.append(f"{one.exercise.id} was not graded: {one.problem}")
        copies = plans[one.exercise.name].copies
        if copies > 1:
            notes.append(
                f"{one.exercise.name} is defined {int(copies)} times; the last that is written counts"
            )
    return notes
