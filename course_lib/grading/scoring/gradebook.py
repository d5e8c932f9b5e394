"""Grades as they go out: what the checks gave, what the policy and people made of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from course_lib.grading.scoring.results import SubmissionGrade
from course_lib.grading.tables import points


@dataclass(frozen=True)
class Manual:
    """Points that a person gives: for a written answer, or for something that the policy names.

    Attributes:
        id: of the written cell, or the policy's name.
        max_score: what can be had.
        score: what was given; None as long as nobody has.
        text: the student's answer; empty where there is none to read.
        comment: the person's words to the student.
        written: whether the lesson asks for a written answer.
        lost: what a person needs to look for an answer that could not be found; empty where it was.
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
        """What a person reads who gives the points."""
        return self.text or self.lost

    @property
    def waits(self) -> bool:
        """Whether a person still has to give points; an empty written answer has none."""
        return self.score is None and (bool(self.to_read) or not self.written)

    @property
    def state(self) -> str:
        """What the student is told as long as there are no points."""
        if self.lost:
            return "Your answer was not found in its cell: a person will look for it in your notebook."
        if self.written and not self.text:
            return "No answer was found."
        return "A person will give these points."


@dataclass(frozen=True)
class Person:
    """What a roster knows about a student."""

    last_name: str = ""
    first_name: str = ""
    email: str = ""
    canvas_id: str = ""
    sis_user_id: str = ""
    sis_login_id: str = ""
    section: str = ""


@dataclass(frozen=True)
class Final:
    """One student's final grade of one assignment.

    Attributes:
        grade: what the checks found, with scores as policy and people changed them.
        manual: points given by people.
        comments: exercise id to the reason why its score was changed.
        submitted, due: with time zone; None where unknown.
        days_late: started days; 0 within the grace.
        penalty: points taken for them.
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
        finals: one a student and assignment.
        remarks: what the instructor should know about policy, overrides and times.
        people: student to what the roster knows.
        canvas_names: assignment to what Canvas calls it.
    """

    finals: tuple[Final, ...]
    remarks: tuple[str, ...] = ()
    people: Mapping[str, Person] = field(default_factory=dict)
    canvas_names: Mapping[str, str] = field(default_factory=dict)

    @property
    def assignments(self) -> list[str]:
        """The assignments' names, in the lessons' order."""
        return sorted({final.grade.assignment for final in self.finals})

    @property
    def students(self) -> list[str]:
        """The students' names."""
        return sorted({final.grade.student for final in self.finals})

    def of(self, assignment: str) -> list[Final]:
        """Return the grades of one assignment, by student."""
        return [final for final in self.finals if final.grade.assignment == assignment]

    def columns(self, assignment: str) -> list[str]:
        """Return what is graded in an assignment: the exercises in the lesson's order, then what people grade."""
        exercises = [grade.exercise_id for final in self.of(assignment) for grade in final.grade.exercises]
        manual = [manual.id for final in self.of(assignment) for manual in final.manual]
        return list(dict.fromkeys([*exercises, *manual]))
