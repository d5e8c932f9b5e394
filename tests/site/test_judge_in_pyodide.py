"""Every answer of the lessons without torch, judged by the Python that a browser runs; node is the browser here."""

import json
from pathlib import Path

import pytest
from pyodide_in_node import in_node
from which_run import lessons_without_torch

from course_lib.exercises import find_exercise, outline
from course_lib.lessons import lesson_number

HERE = Path(__file__).parent


def test_lessons_without_torch_are_known(course):
    assert lessons_without_torch(course / "solutions") == ["00", "01", "02", "03", "15"]


@pytest.mark.slow
def test_answers_are_judged_in_a_browser_as_on_a_laptop(course, pyodide):
    lessons = lessons_without_torch(course / "solutions")
    exercises = [find_exercise(entry.id) for entry in outline() if lesson_number(entry.lesson) in lessons]
    assert {exercise.lesson for exercise in exercises} == set(lessons)
    report = json.loads(in_node(pyodide, HERE / "judge_answers.py", *(exercise.id for exercise in exercises)))
    assert report["odd"] == []
    assert report["judged"]["wrong"] == sum(len(exercise.misconceptions) for exercise in exercises)
    right = sum(1 + len(exercise.accepted) for exercise in exercises)
    assert report["judged"]["right"] + len(report["torch"]) == right
    assert report["torch"] == []
    assert report["judged"]["endless"] == 4
