"""Final grades: the results of the checks, as changed by the policy and by people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from course_lib.grading.intake.intake_report import Intake
from course_lib.grading.scoring.results import SubmissionGrade
from course_lib.grading.tables import key_of, points


@dataclass(frozen=True)
class Manual:
    """Points that a person gives: for a written answer, or for something that the policy names.

    Attributes:
        id: the written cell's id, or the name in the policy.
        max_score: the most points that can be given.
        score: the points given; None as long as nobody has given any.
        text: the student's answer; empty if there is none to read.
        comment: the person's comment to the student.
        written: whether the lesson asks for a written answer.
        lost: what a person needs to look for an answer that was not found; empty if it was found.
    """

    id: str
    max_score: float
    score: float | None = None
    text: str = ""
    comment: str = ""
    written: bool = False
    lost: str = ""

    @property
    def to_read(self) -> str:
        """The text for the person who gives the points."""
        return self.text or self.lost

    @property
    def waits(self) -> bool:
        """Whether a person still has to give points; an empty written answer has none."""
        return self.score is None and (bool(self.to_read) or not self.written)

    @property
    def state(self) -> str:
        """The text for the student as long as there are no points."""
        if self.lost:
            return "Your answer was not found in its cell: a person will look for it in your notebook."
        if self.written and not self.text:
            return "No answer was found."
        return "A person will give these points."


@dataclass(frozen=True)
class Person:
    """A student's line in the roster.

    Attributes:
        extra: the cells of all other columns, by lower-case column name; exporters may use them.
    """

    last_name: str = ""
    first_name: str = ""
    email: str = ""
    canvas_id: str = ""
    sis_user_id: str = ""
    sis_login_id: str = ""
    section: str = ""
    extra: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Final:
    """One student's final grade of one assignment.

    Attributes:
        grade: the results of the checks, with scores as policy and people changed them.
        manual: points given by people.
        comments: why an exercise's score was changed, by the exercise's id.
        submitted, due: times with a time zone; None if unknown.
        days_late: started days of lateness; 0 within the grace period.
        penalty: points taken off for lateness.
    """

    grade: SubmissionGrade
    manual: tuple[Manual, ...] = ()
    comments: Mapping[str, str] = field(default_factory=dict)
    submitted: datetime | None = None
    due: datetime | None = None
    days_late: int = 0
    penalty: float = 0.0

    @property
    def raw_score(self) -> float:
        """The points before a penalty."""
        return points(self.grade.score + sum(manual.score or 0 for manual in self.manual))

    @property
    def score(self) -> float:
        """The points."""
        return points(max(0.0, self.raw_score - self.penalty))

    @property
    def max_score(self) -> float:
        """The points that could be had."""
        return points(self.grade.max_score + sum(manual.max_score for manual in self.manual))


@dataclass(frozen=True)
class Gradebook:
    """A class's final grades, by assignment and student.

    Attributes:
        finals: one per student and assignment.
        remarks: remarks for the instructor about policy, overrides and times.
        people: each student's line in the roster.
        column_names: an assignment's column name in an export, by exporter and assignment.
        intake: a report of what was read before grading, if there is one.
    """

    finals: tuple[Final, ...]
    remarks: tuple[str, ...] = ()
    people: Mapping[str, Person] = field(default_factory=dict)
    column_names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    intake: Intake | None = None

    @property
    def assignments(self) -> list[str]:
        """The assignments' names, in the lessons' order."""
        return sorted({final.grade.assignment for final in self.finals})

    @property
    def students(self) -> list[str]:
        """The students' names."""
        return sorted({final.grade.student for final in self.finals})

    def person(self, student: str) -> Person:
        """Return a student's line in the roster; an empty one if there is none."""
        return self.people.get(key_of(student), Person())

    def column_name(self, exporter: str, assignment: str) -> str:
        """Return an assignment's column name in an export; its own name if the policy does not set one."""
        return self.column_names.get(exporter, {}).get(assignment, assignment)

    def of(self, assignment: str) -> list[Final]:
        """Return the grades of one assignment, by student."""
        return [final for final in self.finals if final.grade.assignment == assignment]

    def columns(self, assignment: str) -> list[str]:
        """Return what is graded in an assignment: the exercises in the lesson's order, then what people grade."""
        exercises = [grade.exercise_id for final in self.of(assignment) for grade in final.grade.exercises]
        manual = [manual.id for final in self.of(assignment) for manual in final.manual]
        return list(dict.fromkeys([*exercises, *manual]))
