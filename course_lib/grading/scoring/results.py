"""The result of grading one submission: plain data, kept as one JSON file per submission."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from course_lib.files import write_text


@dataclass(frozen=True)
class ExerciseGrade:
    """One exercise of one submission.

    Attributes:
        exercise_id: such as ``"mean-iou"``.
        status: ``"passed"``, ``"failed"``, ``"raised"``, ``"not attempted"``, ``"missing"`` (no such function was
            defined), ``"stopped"`` (deadline, memory, or the process ended) or ``"not graded"`` (the exercise itself
            is at fault; a note says why).
        score: points for the share of cases that were right.
        max_score: points for all of them.
        cases_passed, cases: the number of cases that were right, and that were tried.
        misconception: the name of the one that was recognised, or None.
        message: the text for the student; it never holds an expected value or the input of a hidden case.
        worked: for the first worked case that failed: the call, the value and the expected value; for others empty.
        flags: remarks for the instructor, such as ``"calls course_lib.metrics.iou"``.
    """

    exercise_id: str
    status: str
    score: float
    max_score: float
    cases_passed: int = 0
    cases: int = 0
    misconception: str | None = None
    message: str = ""
    worked: tuple[tuple[str, str], ...] = ()
    flags: tuple[str, ...] = ()


@dataclass(frozen=True)
class SubmissionGrade:
    """One student's notebook of one lesson.

    Attributes:
        student: the name of the student's folder.
        lesson: the lesson's two digits.
        assignment: the lesson's file name without suffix.
        source: the notebook's path below the submissions folder.
        exercises: one for each exercise of the lesson, in the lesson's order.
        reason: why it could not be scored, in a sentence; empty if it could.
        notes: remarks for the instructor, such as a cell that raised, a renamed file, duplicated cells.
        written: the student's text, by the written cell's id.
        lost: what a person needs to look for a written answer that was not found, by its id.
        sandbox: the level of isolation that was reached.
        digest: the digest of the notebook's bytes; it tells a resumed run whether the notebook has changed.
    """

    student: str
    lesson: str
    assignment: str
    source: str
    exercises: tuple[ExerciseGrade, ...]
    reason: str = ""
    notes: tuple[str, ...] = ()
    written: tuple[tuple[str, str], ...] = ()
    lost: tuple[tuple[str, str], ...] = ()
    sandbox: str = ""
    digest: str = ""

    @property
    def score(self) -> float:
        """The points of all exercises."""
        return round(sum(grade.score for grade in self.exercises), 2)

    @property
    def max_score(self) -> float:
        """The points that could be had."""
        return sum(grade.max_score for grade in self.exercises)

    def to_json(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> SubmissionGrade:
        """Read what :meth:`to_json` returned."""
        exercises = tuple(
            ExerciseGrade(**{**grade, "worked": _pairs(grade["worked"]), "flags": tuple(grade["flags"])})
            for grade in values["exercises"]
        )
        changes = {
            "exercises": exercises,
            "notes": tuple(values["notes"]),
            "written": _pairs(values["written"]),
            "lost": _pairs(values.get("lost", ())),
        }
        return cls(**{**values, **changes})


def _pairs(values: Any) -> tuple[tuple[str, str], ...]:
    return tuple((first, second) for first, second in values)


def save_grade(folder: Path, grade: SubmissionGrade) -> None:
    """Write ``folder/STUDENT/NN_slug.json``."""
    text = json.dumps(grade.to_json(), indent=1, ensure_ascii=False, sort_keys=True)
    write_text(folder / grade.student / f"{grade.assignment}.json", text + "\n")
