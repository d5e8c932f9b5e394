"""The page that shows a learner's progress: every lesson and exercise, for ``static/progress.mjs`` to fill in."""

from __future__ import annotations

import json
from html import escape
from itertools import groupby
from pathlib import Path
from typing import Any

from docutils.nodes import make_id
from lesson_pages import Lesson

import course_lib
from course_lib.checking.progress import VERSION
from course_lib.exercises import Entry, outline
from course_lib.files import write_text
from course_lib.former_names import EXERCISES
from course_lib.questions import all_questions
from course_lib.questions.memory import FORMER_DAYS
from course_lib.wording import counted


def write_progress_page(source: Path, lessons: list[Lesson], with_python: bool) -> None:
    """Write ``progress.md``.

    Args:
        source: the folder of the pages.
        lessons: all of them.
        with_python: whether the site has a Python to run lessons.
    """
    exercises = exercises_by_lesson()
    items = [_item(lesson, exercises.get(lesson.number, []), with_python) for lesson in lessons]
    template = (Path(__file__).parent / "progress.md").read_text(encoding="utf-8")
    page = (
        template.replace("{lessons}", "\n".join(items))
        .replace("{catalogue}", json.dumps(catalogue(lessons)))
        .replace("{exam}", f"lessons/{lessons[-1].name}.html")
    )
    write_text(source / "progress.md", page)


def catalogue(lessons: list[Lesson]) -> dict[str, Any]:
    """Return what the page must know to read a learner's record: lessons, points, and what former releases wrote."""
    exercises = exercises_by_lesson()
    return {
        "release": course_lib.__version__,
        "version": VERSION,
        "former": EXERCISES,
        "days": FORMER_DAYS,
        "lessons": [_about(lesson, exercises.get(lesson.number, [])) for lesson in lessons],
    }


def _about(lesson: Lesson, exercises: list[Entry]) -> dict[str, Any]:
    return {
        "number": lesson.number,
        "notebook": f"{lesson.name}.ipynb" if lesson.runs else None,
        "exercises": [{"id": exercise.id, "points": exercise.points} for exercise in exercises],
        "questions": [question.id for question in all_questions() if question.lesson == lesson.number],
    }


def exercises_by_lesson() -> dict[str, list[Entry]]:
    """Return the exercises of each lesson that has any, by its two digits."""
    return {number: list(some) for number, some in groupby(outline(), key=lambda entry: entry.lesson[:2])}


def _item(lesson: Lesson, exercises: list[Entry], with_python: bool) -> str:
    """Return a lesson as HTML, as somebody sees it who has done nothing yet."""
    page = f"lessons/{lesson.name}.html"
    points = sum(exercise.points for exercise in exercises)
    run = ""
    if lesson.runs and with_python:
        address = f"lite/notebooks/index.html?path={lesson.name}.ipynb"
        run = f' <a class="run" href="{address}" aria-label="Run lesson {lesson.number}">run</a>'
    return "\n".join(
        [
            f'<li data-lesson="{lesson.number}">',
            f'<span class="lesson"><a href="{page}">{lesson.number} {escape(lesson.title)}</a>{run}</span>',
            f'<progress max="{len(exercises)}" value="0" aria-label="Lesson {lesson.number}"></progress>',
            f"<details><summary>{counted(len(exercises), 'exercise')}, {counted(points, 'point')}</summary><ul>",
            *(_exercise(page, exercise) for exercise in exercises),
            f"</ul></details>{_due(lesson.number)}</li>",
        ]
    )


def _due(number: str) -> str:
    topic = next((one.topic for one in all_questions() if one.lesson == number), None)
    return f'<a class="due" href="self-test.html#{make_id(f"{number} {topic}")}" hidden></a>' if topic else ""


def _exercise(page: str, exercise: Entry) -> str:
    anchor = make_id(f"Exercise: {exercise.title}")
    link = f'<a href="{page}#{anchor}">{escape(exercise.title)}</a>'
    points = counted(exercise.points, "point")
    return f'<li data-exercise="{exercise.id}"><span class="state"></span>{link}, {points}</li>'
