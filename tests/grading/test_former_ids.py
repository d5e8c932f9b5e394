"""Notebooks that were handed out when exercises had other ids are graded as those of today."""

import re

import pytest
from students import answered, by_id, grader, hand_in, solutions, stubs

from course_lib.former_names import EXERCISES
from course_lib.grading.intake.released import recognise
from course_lib.grading.intake.student_notebook import read_notebook
from course_lib.grading.scoring.policy_tables import read_overrides

pytestmark = pytest.mark.slow

ACCURACY = "02_pixel_accuracy_vs_iou"
FORMER = "pixel-accuracy-ignore"
NOW = EXERCISES[FORMER]


@pytest.fixture(scope="module")
def warm():
    with grader() as opened:
        yield opened


def building_on_another():
    """A right answer to the last exercise that needs the one with another id."""
    source = solutions(ACCURACY)["class-accuracy"]
    assert "    scores = []\n" in source
    return source.replace(
        "    scores", "    assert pixel_accuracy_ignoring([[1]], [[1]]) == 1.0\n    scores", 1
    )


def released_before(**answers):
    """A notebook with the former id in its cells, as it was handed out before, and the docstrings of then."""
    unblocked = f'pixel_accuracy_ignoring = unblock("{FORMER}")'
    content = answered(ACCURACY, class_accuracy=building_on_another(), **answers)
    content["cells"].insert(-1, content["cells"][0] | {"source": unblocked})
    for name in (FORMER, f"{FORMER}-check"):
        mark = {"grade_id": name, "grade": name.endswith("-check"), "solution": not name.endswith("-check")}
        cell = content["cells"][0] | {"source": f'check("{FORMER}")', "metadata": {"nbgrader": mark}}
        content["cells"].append(cell)
    return content


def test_what_builds_on_an_answer_gets_it_by_its_former_id(warm, tmp_path):
    grades = by_id(warm.grade(hand_in(tmp_path, "ada", released_before(), ACCURACY)))
    assert {grade.status for grade in grades.values()} == {"passed"}


def test_what_builds_on_a_wrong_answer_gets_the_courses_own_by_its_former_id(warm, tmp_path):
    wrong = "def pixel_accuracy_ignoring(prediction, truth, ignore_index=255):\n    return 0.25"
    content = released_before(pixel_accuracy_ignoring=wrong)
    grade = warm.grade(hand_in(tmp_path, "ada", content, ACCURACY))
    assert by_id(grade)[NOW].status == "failed"
    assert by_id(grade)["class-accuracy"].status == "passed"
    assert f"{NOW} does not pass: class-accuracy was run with the course's own" in grade.notes


def test_a_stub_with_the_docstring_of_before_is_a_stub(warm, tmp_path):
    stub = re.sub(
        '(?s)""".*"""', '"""Return a share.\\n\\n    Goes in: masks.\\n    """', stubs(ACCURACY)[NOW]
    )
    assert "Args:" not in stub
    content = answered(ACCURACY, class_accuracy=building_on_another(), pixel_accuracy_ignoring=stub)
    assert by_id(warm.grade(hand_in(tmp_path, "eve", content, ACCURACY)))[NOW].status == "not attempted"
    content["cells"].insert(1, content["cells"][0] | {"source": solutions(ACCURACY)[NOW]})
    assert by_id(warm.grade(hand_in(tmp_path, "ada", content, ACCURACY)))[NOW].status == "passed"


def test_a_lesson_is_recognised_by_former_ids(tmp_path):
    cells = [{"cell_type": "code", "metadata": {}, "source": f'check("{FORMER}")', "outputs": []}]
    content = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    notebook = read_notebook(hand_in(tmp_path, "ada", content, ACCURACY).path)
    assert NOW in notebook.ids
    assert recognise(notebook) == ACCURACY


def test_peoples_points_may_be_given_under_a_former_id(tmp_path):
    table = tmp_path / "overrides.csv"
    table.write_text(f"student,exercise,score\nada,{FORMER},1\n", encoding="utf-8")
    (override,) = read_overrides([table])
    assert (override.exercise, override.score) == (NOW, 1.0)


def test_an_exercise_that_the_course_no_longer_has_does_not_disturb_the_others(warm, tmp_path):
    gone = "foreground-iou"
    assert gone not in by_id(warm.grade(hand_in(tmp_path, "eve", answered(ACCURACY), ACCURACY)))
    content = answered(ACCURACY)
    before = content["cells"][0]
    own = f'foreground_iou = unblock("{gone}")\nassert foreground_iou([[1]]) == 1.0'
    answer = "def foreground_iou(matrix):\n    return 1.0"
    mark = {"grade_id": gone, "grade": False, "solution": True}
    check = {"grade_id": f"{gone}-check", "grade": True, "solution": False}
    content["cells"][1:1] = [
        before | {"source": answer, "metadata": {"nbgrader": mark}},
        before | {"source": f'check("{gone}")', "metadata": {"nbgrader": check}},
        before | {"source": own},
    ]
    grades = by_id(warm.grade(hand_in(tmp_path, "ada", content, ACCURACY)))
    assert set(grades) == set(solutions(ACCURACY))
    assert {grade.status for grade in grades.values()} == {"passed"}
