"""What was handed out: the titles, exercises and written questions of the lessons, as students got them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import course_lib.exercises
from course_lib.checking.exercise import Exercise
from course_lib.lessons import is_lesson_name, lesson_files
from course_lib.paths import course_root

WRITTEN_STUB = "YOUR ANSWER HERE"
"""The text of a written cell that nobody has filled in, in nbgrader's words."""


@dataclass(frozen=True)
class Question:
    """A written question of a lesson.

    Attributes:
        id: the cell's id.
        points: the most points that a person can give.
        prompt: the text before the cell.
    """

    id: str
    points: float
    prompt: str


def assignment_names() -> list[str]:
    """Return the names of all assignments of the course: one per lesson, ``NN_slug``."""
    return [path.stem for path in lesson_files(course_root() / "notebooks", ".ipynb")]


def exercises_by_id(assignment: str) -> dict[str, Exercise]:
    """Return a lesson's exercises by id; none if the course has no such lesson."""
    return {exercise.id: exercise for exercise in course_lib.exercises.exercises_of(assignment)}


def answer_ids() -> set[str]:
    """Return the ids of all cells that students fill in, in all lessons."""
    marks = [
        cell.get("metadata", {}).get("nbgrader", {}) for name in assignment_names() for cell in _cells(name)
    ]
    return {str(mark["grade_id"]) for mark in marks if mark.get("solution")}


def title_of(assignment: str) -> str:
    """Return a lesson's title with its number, such as ``"03 IoU and Dice by hand"``."""
    for cell in _cells(assignment):
        for line in _source(cell).splitlines():
            if line.startswith("# "):
                return f"{assignment[:2]} {line[2:].strip()}"
    return assignment.replace("_", " ")


def questions_of(assignment: str) -> dict[str, Question]:
    """Return a lesson's written questions by id."""
    found: dict[str, Question] = {}
    prompt = ""
    for cell in _cells(assignment):
        marks = cell.get("metadata", {}).get("nbgrader", {})
        if cell.get("cell_type") == "markdown" and marks.get("grade") and marks.get("solution"):
            grade_id = str(marks["grade_id"])
            found[grade_id] = Question(grade_id, float(marks.get("points", 0)), prompt)
        elif cell.get("cell_type") == "markdown":
            prompt = _source(cell)
    return found


def _cells(assignment: str) -> list[dict[str, Any]]:
    path = course_root() / "notebooks" / f"{assignment}.ipynb"
    if not is_lesson_name(assignment) or not path.is_file():
        return []
    return _read_cells(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=32)
def _read_cells(path: Path, changed: int) -> list[dict[str, Any]]:
    """Read a notebook's cells once, as long as it does not change."""
    cells: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return cells


def _source(cell: dict[str, Any]) -> str:
    source = cell.get("source", "")
    return source if isinstance(source, str) else "".join(source)
