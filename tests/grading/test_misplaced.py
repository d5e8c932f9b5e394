"""Answers that are not where they can be run are named: to the student, and to the instructor."""

import json

import pytest
from students import IOU, START, answered, by_id, code, grader, hand_in, notebook, solutions

from course_lib.grading.intake.misplaced import misplaced, split_answers
from course_lib.grading.intake.released import released
from course_lib.grading.intake.student_notebook import parse_notebook
from course_lib.grading.pages.feedback import write_feedback
from course_lib.grading.pages.summary import write_summary
from course_lib.grading.scoring.apply_policy import close_grades

pytestmark = pytest.mark.slow

RIGHT = solutions()
COUNT, MAP = RIGHT["class-pixels"], RIGHT["semantic-map"]
PLACE = next(cell.id for cell in released(START).cells if cell.grade_id == "class-pixels")
MARKS = {"nbgrader": {"grade_id": "class-pixels", "solution": True, "grade": False}}
UNBLOCK = 'class_pixels = unblock("class-pixels")'
HEAD, _, REST = COUNT.partition("    count = 0\n")


def cell(source, kind="code", **more):
    return code(source) | {"cell_type": kind} | more


CASES = {
    "a Markdown cell": (
        [cell(COUNT, "markdown", metadata=MARKS)],
        "The cell of class-pixels (cell 1) is Markdown, not code: turn it back",
    ),
    "a Markdown cell without metadata": (
        [cell(COUNT, "markdown")],
        "The cell of class-pixels (cell 1) is Markdown, not code: turn it back",
    ),
    "a Markdown cell in which only the cell's id is left": (
        [cell("I shall do it later", "markdown", id=PLACE)],
        "The cell of class-pixels (cell 1) is Markdown, not code: turn it back",
    ),
    "a raw cell": ([cell(COUNT, "raw", metadata=MARKS)], "(cell 1) is raw text, not code: turn it back"),
    "a Markdown cell above unblock": (
        [cell(COUNT, "markdown", metadata=MARKS), UNBLOCK],
        "(cell 1) is Markdown, not code",
    ),
    "a cell that trains": ([code(COUNT, tags=["trains"])], "(cell 1) has the tag `trains`"),
    "a cell of a shell": (["%%bash\n" + COUNT], "(cell 1) begins with %%bash"),
    "a timed cell that keeps no name": (["%%timeit\n" + COUNT], "(cell 1) begins with %%timeit"),
    "no Python": ([COUNT.replace("count = 0", "count = (")], "(cell 1) is not Python: '(' was never closed"),
    "another name": (
        [cell(COUNT.replace("class_pixels", "pixels"), metadata=MARKS)],
        "(cell 1) defines `pixels`, not `class_pixels`: give it the name that was asked for.",
    ),
    "split behind the first lines": (
        [HEAD + "    count = 0\n", REST],
        "`class_pixels` looks as if it was split: cell 2 begins indented.",
    ),
    "split behind a colon": (
        [COUNT.partition("(mask, class_id):\n")[0] + "(mask, class_id):\n", COUNT.partition("\n")[2]],
        "`class_pixels` looks as if it was split: cell 2 begins indented.",
    ),
    "nowhere": ([], "No cell defines `class_pixels`."),
    "nowhere but unblock": ([UNBLOCK], "No cell defines `class_pixels`."),
}


@pytest.fixture(scope="module")
def warm():
    with grader() as opened:
        yield opened


@pytest.mark.parametrize(("cells", "words"), CASES.values(), ids=CASES)
def test_it_is_said_what_became_of_an_answer(cells, words, warm, tmp_path):
    grade = warm.grade(hand_in(tmp_path, "ada", notebook(*cells, MAP)))
    found = by_id(grade)
    assert words in found["class-pixels"].message
    assert found["class-pixels"].score == 0
    assert "NoneType" not in found["class-pixels"].message
    assert found["semantic-map"].status == "passed"
    assert any(words in note for note in grade.notes) == (not words.startswith("No cell"))


def test_student_and_instructor_read_it(warm, tmp_path):
    cells = [cell(COUNT, "markdown", metadata=MARKS), MAP]
    grade = warm.grade(hand_in(tmp_path / "in", "ada", notebook(*cells)))
    book = close_grades(tmp_path, [grade])
    write_feedback(tmp_path / "feedback", book)
    write_summary(tmp_path / "summary.html", book)
    for path in (tmp_path / "feedback" / "ada" / f"{START}.html", tmp_path / "summary.html"):
        assert "The cell of class-pixels (cell 1) is Markdown, not code" in path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "beside",
    [
        cell(COUNT, "markdown"),
        cell("%%timeit\n" + COUNT),
        cell(COUNT.replace("class_pixels", "other"), metadata=MARKS),
        cell("    x = 1"),
    ],
)
def test_an_answer_that_is_where_it_should_be_needs_no_words(beside, warm, tmp_path):
    grade = warm.grade(hand_in(tmp_path, "ada", notebook(COUNT, beside, MAP)))
    assert [exercise.status for exercise in grade.exercises] == ["passed", "passed"]
    assert not any("class-pixels" in note for note in grade.notes)


@pytest.mark.parametrize("assignment", [START, IOU])
def test_nothing_is_said_of_a_notebook_as_it_was_handed_out_or_answered(assignment):
    from course_lib.grading.assignment import exercises_by_id
    from course_lib.paths import course_root

    names = {name: exercise.name for name, exercise in exercises_by_id(assignment).items()}
    untouched = parse_notebook((course_root() / "notebooks" / f"{assignment}.ipynb").read_bytes())
    solved = parse_notebook(json.dumps(answered(assignment)).encode())
    for read in (untouched, solved):
        assert misplaced(read, released(assignment), names, {}) == {}
        assert split_answers(read, names) == {}
