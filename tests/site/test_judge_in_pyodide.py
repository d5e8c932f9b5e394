"""Every answer of the lessons without torch, judged by the Python that a browser runs; node is the browser here."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
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


def in_node(pyodide: Path, file: Path, *exercise_ids: str) -> str:
    node = shutil.which("node")
    assert node, "node is needed to run Pyodide: install it (Debian, Ubuntu: apt-get install nodejs)"
    command = [node, str(HERE / "judge_in_pyodide.mjs"), str(pyodide), str(file), *exercise_ids]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
