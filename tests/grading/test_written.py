"""Written answers: from the lesson's cell to the page and the table, and from the filled-in table to the grades."""

import csv
import json

import nbformat
import pytest
from graded_class import IOU, everything, submission

from course_lib.authoring.lesson import LessonError, read_lesson
from course_lib.authoring.notebooks import build_notebook
from course_lib.grading.exports.write_all import write_all
from course_lib.grading.scoring.apply_policy import close_grades

HEAD = """\
# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # IoU and Dice by hand

# %% [markdown]
# Why is Dice never below IoU?

"""
CELL = '# %% [markdown] written="why-dice" points=2\n# Because 2x / (1 + x) is at least x for x in 0..1.\n'


def lesson(tmp_path, text):
    path = tmp_path / "solutions" / f"{IOU}.py"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return read_lesson(path)


@pytest.fixture
def asked(tmp_path, monkeypatch):
    """Let the course have one lesson, with one written question, and return the folder of grades."""
    notebook = build_notebook(lesson(tmp_path, HEAD + CELL), (), solved=False)
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / f"{IOU}.ipynb").write_text(nbformat.writes(notebook), encoding="utf-8")
    monkeypatch.setenv("COURSE_ROOT", str(tmp_path))
    return tmp_path / "grades"


def answered(student, text):
    return submission(student, written=(("why-dice", text),))


def rows(out):
    with (out / "written.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def fill_in(out, **scores):
    lines = rows(out)
    for line in lines:
        if line["student"] in scores:
            line["score"], line["comment"] = scores[line["student"]]
    with (out / "written.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(lines[0]))
        writer.writeheader()
        writer.writerows(lines)


def test_a_lesson_marks_a_written_answer_as_nbgrader_does(tmp_path):
    read = lesson(tmp_path, HEAD + CELL)
    student, solution = (build_notebook(read, (), solved=solved).cells[-1] for solved in (False, True))
    assert student.source == "YOUR ANSWER HERE"
    assert solution.source.startswith("Because 2x")
    assert json.dumps(student.metadata.nbgrader) == json.dumps(solution.metadata.nbgrader)
    assert student.metadata.nbgrader == {
        "cell_type": "markdown",
        "grade": True,
        "grade_id": "why-dice",
        "locked": False,
        "points": 2,
        "schema_version": 3,
        "solution": True,
        "task": False,
    }


@pytest.mark.parametrize(
    ("cell", "sentence"),
    [
        ('# %% [markdown] written="a"\n# x\n', "with whole points"),
        ('# %% [markdown] written="a" points=1.5\n# x\n', "with whole points"),
        ("# %% [markdown] points=2\n# x\n", "with whole points"),
        ('# %% written="a" points=2\n1\n', "with whole points"),
        (CELL + CELL, "'why-dice' appears here for the second time"),
    ],
)
def test_a_cell_marked_oddly_is_refused(tmp_path, cell, sentence):
    with pytest.raises(LessonError, match=sentence):
        build_notebook(lesson(tmp_path, HEAD + cell), (), solved=False)


def test_answers_are_gathered_with_the_question(asked):
    write_all(
        asked,
        [
            answered("ada", "Because of the 2.\n\n=1+1"),
            answered("ben", "YOUR ANSWER HERE"),
            submission("cem"),
        ],
    )
    page = (asked / "written.html").read_text(encoding="utf-8")
    for words in (
        "Why is Dice never below IoU?",
        "why-dice (2 points)",
        "Because of the 2.",
        "3 answers, 1 still",
    ):
        assert words in page
    ada, ben, cem = rows(asked)
    assert (ada["student"], ada["exercise"], ada["points"], ada["score"]) == ("ada", "why-dice", "2", "")
    assert ada["excerpt"] == "Because of the 2. =1+1"
    assert ben["excerpt"] == cem["excerpt"] == ""
    summary = (asked / "summary.txt").read_text(encoding="utf-8")
    assert "1 score still to be given" in summary
    assert "YOUR ANSWER HERE" not in page


def test_points_flow_back_into_grades_and_feedback(asked):
    grades = [answered("ada", "Because of the 2."), answered("ben", "No idea")]
    write_all(asked, grades)
    fill_in(asked, ada=("1,5", "=good, and why?"))
    write_all(asked, grades)
    ada, ben = close_grades(asked, grades).finals
    assert (ada.score, ada.max_score) == (4, 5)
    assert (ben.score, ben.max_score) == (2.5, 5)
    assert "why-dice" in (asked / "grades.csv").read_text(encoding="utf-8").splitlines()[0]
    page = (asked / "feedback" / "ada" / f"{IOU}.html").read_text(encoding="utf-8")
    for words in ("1.5 of 2 points", "=good, and why?", "Because of the 2."):
        assert words in page
    first = everything(asked)
    write_all(asked, grades)
    assert everything(asked) == first


def test_a_text_that_changed_after_it_was_scored_is_named_until_it_is_read_again(asked):
    write_all(asked, [answered("ada", "one")])
    fill_in(asked, ada=("2", ""))
    for _ in range(2):
        write_all(asked, [answered("ada", "another")])
        assert "ada changed why-dice after it was scored" in (asked / "summary.txt").read_text(
            encoding="utf-8"
        )
    assert close_grades(asked, [answered("ada", "another")]).finals[0].score == 4.5


def test_points_for_students_who_are_not_graded_now_are_kept(asked):
    grades = [answered("ada", "one"), answered("ben", "two")]
    write_all(asked, grades)
    fill_in(asked, ada=("2", "well"), ben=("1", ""))
    write_all(asked, grades[1:])
    write_all(asked, grades)
    assert [final.score for final in close_grades(asked, grades).finals] == [4.5, 3.5]


def test_too_many_points_are_refused_with_their_line(asked):
    write_all(asked, [answered("ada", "one")])
    fill_in(asked, ada=("3", ""))
    with pytest.raises(ValueError, match=r"written\.csv, line 2: 3 points, but why-dice gives at most 2"):
        write_all(asked, [answered("ada", "one")])


def test_an_answer_is_shown_as_text(asked):
    write_all(asked, [answered("ada", "</pre><script>alert(1)</script>\x1b[2J")])
    for page in (asked / "written.html", asked / "feedback" / "ada" / f"{IOU}.html"):
        text = page.read_text(encoding="utf-8")
        assert "<script" not in text
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
        assert "\x1b" not in text


def test_a_written_cell_that_the_lesson_does_not_ask_for_gives_nothing(asked):
    book = close_grades(asked, [submission("ada", written=(("free-points", "please"),))])
    assert book.finals[0].max_score == 5
    assert "ada has a written cell 'free-points'" in book.remarks[0]


def test_lessons_without_written_answers_leave_no_page(tmp_path):
    write_all(tmp_path, [submission()])
    assert not (tmp_path / "written.html").exists()
    assert not (tmp_path / "written.csv").exists()
