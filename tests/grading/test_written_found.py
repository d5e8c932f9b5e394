"""Written answers in notebooks of every condition: found, put together, or asked of a person; never taken for empty."""

import json

import pytest

from course_lib.grading.exports.write_all import write_all
from course_lib.grading.intake.released import Released
from course_lib.grading.intake.student_notebook import parse_notebook
from course_lib.grading.intake.written_answers import find_written
from course_lib.grading.scoring.apply_policy import close_grades
from course_lib.grading.scoring.results import SubmissionGrade

STUB = "YOUR ANSWER HERE"
QUESTION = "## Failures\n\nWhich class was hardest, and why?"
AFTER = "That was all."
THIN = "The border: it is thin."
SMALL = "And small pets are lost."


def cell(source, kind="markdown", grade_id="", **more):
    marks = {"grade": True, "solution": True, "grade_id": grade_id, "points": 3} if grade_id else None
    return {"cell_type": kind, "source": source, "metadata": {"nbgrader": marks} if marks else {}, **more}


def marked(source, kind="markdown", **more):
    return cell(source, kind, "failures", **({"id": "07-095"} | more))


def read(*cells):
    return parse_notebook(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4}).encode())


def handed_out():
    notebook = read(
        cell("import numpy as np", "code", id="07-001"),
        cell(QUESTION, id="07-094"),
        marked(STUB),
        cell(AFTER, id="07-096"),
    )
    return Released(notebook.cells, notebook.ids)


def found(*between, question=QUESTION, before=()):
    """Find the answer if these cells are between the question and what follows it."""
    return find_written(
        read(*before, cell(question, id="07-094"), *between, cell(AFTER, id="07-096")), handed_out()
    )


FOUND = {
    "as it should be": ([marked(THIN)], THIN),
    "with spaces around it": ([marked(f"\n {THIN} \n")], f"\n {THIN} \n"),
    "in a code cell": ([marked(THIN, "code")], THIN),
    "in a raw cell": ([marked(THIN, "raw")], THIN),
    "in a cell that lost its metadata": ([cell(THIN, id="07-095")], THIN),
    "in a code cell that lost its metadata": ([cell(THIN, "code", id="07-095")], THIN),
    "in a cell that lost its own id": ([marked(THIN, id="a1b2")], THIN),
    "in a new cell below": ([marked(STUB), cell(THIN, id="new")], THIN),
    "in a new cell above": ([cell(THIN), marked(STUB)], THIN),
    "in two new cells below": ([marked(STUB), cell(THIN), cell(SMALL)], f"{THIN}\n\n{SMALL}"),
    "in a new raw cell below": ([marked(""), cell(THIN, "raw")], THIN),
    "in a new code cell below, the words still there": ([marked(STUB), cell(THIN, "code")], THIN),
    "split over two cells": ([marked(THIN), cell(SMALL)], f"{THIN}\n\n{SMALL}"),
    "split over two cells with the same metadata": (
        [marked(THIN), marked(SMALL, id="x")],
        f"{THIN}\n\n{SMALL}",
    ),
    "the cell twice": ([marked(THIN), marked(THIN, id="x")], THIN),
    "the cell twice, one of them untouched": ([marked(STUB), marked(THIN, id="x")], THIN),
    "the cell twice, one of them longer": ([marked(THIN), marked(f"{THIN} {SMALL}")], f"{THIN} {SMALL}"),
    "two cells with the same id, and no metadata": (
        [cell(THIN, id="07-095"), cell(SMALL, id="07-095")],
        f"{THIN}\n\n{SMALL}",
    ),
    "code of one's own below an answer": ([marked(THIN), cell("print(1)", "code")], THIN),
}


@pytest.mark.parametrize(("cells", "answer"), FOUND.values(), ids=FOUND)
def test_an_answer_is_found(cells, answer):
    written = found(*cells)
    assert written.answers == {"failures": answer}
    assert written.lost == {}


def test_an_answer_in_the_cell_of_its_question_is_found():
    assert found(marked(STUB), question=f"{QUESTION}\n\n{THIN}").answers == {"failures": THIN}


@pytest.mark.parametrize("text", [STUB, "", "  \n", f"\n{STUB}\n"])
def test_an_untouched_cell_is_not_an_answer(text):
    written = found(marked(text))
    assert written.answers["failures"].strip() in ("", STUB)
    assert written.lost == {}


def test_notes_far_from_the_question_are_not_an_answer():
    written = found(marked(STUB), before=[cell("My own notes.")])
    assert written.answers == {"failures": STUB}


def test_an_answer_put_together_is_noted():
    assert found(marked(THIN), cell(SMALL)).notes == (
        "the written answer failures was put together from the cells 2, 3",
    )


def test_an_answer_in_a_code_cell_is_not_run():
    written = found(cell("x = 1", "code"), marked(THIN, "code"))
    assert written.numbers == {3}


@pytest.mark.parametrize(
    ("cells", "before", "shown"),
    [
        ([], [], ["no Markdown cells but those that were handed out"]),
        ([cell(THIN)], [], ["Cell 2:", THIN]),
        ([], [cell(THIN), cell("print(1)", "code"), cell(SMALL, "raw")], [THIN, SMALL]),
    ],
)
def test_an_answer_whose_cell_is_gone_is_left_to_a_person(cells, before, shown):
    written = found(*cells, before=before)
    assert "failures" not in written.answers
    lost = written.lost["failures"]
    assert lost.startswith("This answer could not be found: please look into the notebook.")
    assert all(words in lost for words in shown)
    assert not any(words in lost for words in (QUESTION, AFTER, "print(1)"))
    assert written.notes == ("the written answer failures could not be found: please look for it",)


def test_a_notebook_without_any_metadata_is_asked_of_a_person():
    written = find_written(read(cell(QUESTION), cell(THIN), cell(AFTER)), handed_out())
    assert THIN in written.lost["failures"]


def test_a_lost_answer_waits_for_a_person_and_an_empty_one_does_not(tmp_path):
    lesson = "07_pet_trimap_project"
    about = {"lesson": "07", "assignment": lesson, "source": "x", "exercises": ()}
    grades = [
        SubmissionGrade("ada", **about, lost=(("failures", "This answer could not be found"),)),
        SubmissionGrade("ben", **about, written=(("failures", STUB),)),
        SubmissionGrade("cem", **about, written=(("failures", THIN),)),
    ]
    manual = {final.grade.student: final.manual[0] for final in close_grades(tmp_path, grades).finals}
    assert {name: item.waits for name, item in manual.items()} == {"ada": True, "ben": False, "cem": True}
    assert manual["ada"].text == ""
    assert manual["ada"].to_read == "This answer could not be found"
    assert SubmissionGrade.from_json(grades[0].to_json()) == grades[0]


@pytest.mark.slow
def test_student_and_instructor_read_that_an_answer_is_lost(tmp_path):
    lesson = "07_pet_trimap_project"
    words = f"This answer could not be found: {THIN}"
    write_all(tmp_path, [SubmissionGrade("ada", "07", lesson, "x", (), lost=(("failures", words),))])
    feedback = (tmp_path / "feedback" / "ada" / f"{lesson}.html").read_text(encoding="utf-8")
    assert "Your answer was not found in its cell: a person will look for it in your notebook." in feedback
    assert "No answer was found" not in feedback
    page = (tmp_path / "written.html").read_text(encoding="utf-8")
    assert words in page
    assert "to be scored" in page
    assert "not answered" not in page
    assert words in (tmp_path / "written.csv").read_text(encoding="utf-8")
