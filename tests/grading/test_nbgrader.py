"""nbgrader itself, run on what is released, gives honest submissions the same points."""

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from students import IOU, by_id, grader, hand_in

from course_lib.grading.assignment import exercises_by_id
from course_lib.grading.release import release
from course_lib.paths import course_root

pytestmark = pytest.mark.slow

pytest.importorskip("nbgrader", reason="a peer, which only `.[test]` brings; the course does without")

WRONG = {
    "iou": "def iou(prediction, truth):\n    return 0.75",  # right for some
    "dice": "def dice(prediction, truth):\n    return -1.0",
    "regions": "def regions(prediction, truth):\n    raise ValueError('not yet')",
}


def as_handed_in(folder, **changes):
    """A released notebook with solutions, and some answers' cells replaced; as JSON."""
    content = json.loads((course_root() / folder / f"{IOU}.ipynb").read_text(encoding="utf-8"))
    for cell in content["cells"]:
        grade_id = cell["metadata"].get("nbgrader", {}).get("grade_id", "")
        if cell["cell_type"] == "code":
            cell |= {"outputs": [], "execution_count": None}
            cell["source"] = changes.get(grade_id.replace("-", "_"), cell["source"])
    return content


POINTS = """
SELECT base_cell.name, grade.auto_score FROM grade
JOIN base_cell ON base_cell.id = grade.cell_id
JOIN submitted_notebook ON submitted_notebook.id = grade.notebook_id
JOIN submitted_assignment ON submitted_assignment.id = submitted_notebook.assignment_id
WHERE submitted_assignment.student_id = ? AND grade.auto_score IS NOT NULL
"""

CLASS = {
    "ada": as_handed_in("solutions"),
    "ben": as_handed_in("notebooks"),
    "cem": as_handed_in("solutions", **WRONG),
}


def nbgrader(folder, *arguments):
    beside = Path(sys.executable).parent  # nbgrader starts programs that are installed with it
    environment = os.environ | {"PYTHONPATH": str(course_root()), "HOME": str(folder)}
    environment["PATH"] = f"{beside}{os.pathsep}{environment['PATH']}"
    environment |= {
        "COURSE_PROGRESS": str(folder / "progress.json"),
        "JUPYTER_CONFIG_DIR": str(folder / "jupyter"),
    }
    command = [sys.executable, "-m", "nbgrader", *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr[-3000:]


@pytest.fixture(scope="module")
def scores(tmp_path_factory):
    """Points of each exercise by nbgrader and by this course, for each student."""
    folder = tmp_path_factory.mktemp("nbgrader")
    release(course_root(), folder, ["03"])
    ours = {}
    with grader(deadline=5.0) as opened:
        for student, content in CLASS.items():
            submission = hand_in(folder / "submitted", student, content, IOU)
            ours[student] = {name: one.score for name, one in by_id(opened.grade(submission)).items()}
    nbgrader(folder, "generate_assignment", IOU, "--create", "--force")
    nbgrader(folder, "autograde", IOU, "--create")
    return ours, {student: points_in_gradebook(folder, student) for student in CLASS}


def points_in_gradebook(folder, student):
    with sqlite3.connect(folder / "gradebook.db") as gradebook:
        rows = gradebook.execute(POINTS, (student,)).fetchall()
    return {name.removesuffix("-check"): points for name, points in rows}


@pytest.mark.parametrize("student", ["ada", "ben"])
def test_right_and_untouched_answers_get_the_same_points(student, scores):
    ours, theirs = scores
    assert theirs[student] == ours[student]
    assert len(theirs[student]) == len(exercises_by_id(IOU))


def test_wrong_answers_do_too_but_for_those_that_are_right_for_some_cases(scores):
    """A check's cell passes or raises: nbgrader gives all its points or none, as docs/grading.md says."""
    ours, theirs = scores
    assert 0 < ours["cem"].pop("iou") < ours["ada"]["iou"]
    assert theirs["cem"].pop("iou") == 0
    assert theirs["cem"] == ours["cem"]
    assert theirs["cem"]["dice"] == theirs["cem"]["regions"] == 0
