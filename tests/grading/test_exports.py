"""The tables: nbgrader's, Canvas's and Gradescope's formats, safe cells, rounding, the same bytes twice."""

import csv
import html
import json
from dataclasses import replace

import pytest
from graded_class import ARGMAX, IOU, everything, exercise, small_class, submission

from course_lib.grading.exports import EXPORTERS
from course_lib.grading.exports.write_all import write_all
from course_lib.grading.intake.intake_report import Intake
from course_lib.grading.scoring.apply_policy import close_grades
from course_lib.grading.scoring.gradebook import Final
from course_lib.grading.tables import number, points, read_table, safe_cell, write_table

NBGRADER = (
    "assignment,duedate,timestamp,student_id,last_name,first_name,email,"
    "raw_score,late_submission_penalty,score,max_score"
)


def rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_grades_csv_has_nbgraders_columns_then_one_an_exercise(tmp_path):
    write_all(tmp_path, small_class())
    head = (tmp_path / "grades.csv").read_text(encoding="utf-8").splitlines()[0]
    assert head == f"{NBGRADER},argmax-pixel,iou,dice"
    ada = rows(tmp_path / "grades.csv")[1]
    assert (ada["assignment"], ada["student_id"], ada["score"], ada["max_score"]) == (IOU, "ada", "2.5", "3")
    assert (ada["iou"], ada["dice"], ada["argmax-pixel"]) == ("2", "0.5", "")


def test_the_same_grades_in_any_order_give_the_same_bytes(tmp_path):
    write_all(tmp_path / "first", small_class())
    write_all(tmp_path / "second", list(reversed(small_class())))
    first = everything(tmp_path / "first")
    assert first == everything(tmp_path / "second")
    write_all(tmp_path / "first", small_class())
    assert everything(tmp_path / "first") == first
    assert not [name for name in first if "/." in name or name.startswith(".")]


def test_canvas_has_a_line_of_points_possible_and_one_a_student(tmp_path):
    write_all(tmp_path, small_class())
    with (tmp_path / "canvas.csv").open(encoding="utf-8", newline="") as file:
        head, possible, *students = list(csv.reader(file))
    assert head == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", ARGMAX, IOU]
    assert possible == ["Points Possible", "", "", "", "", "1", "3"]
    assert students[0] == ["ada", "", "", "ada", "", "1", "2.5"]
    assert students[1] == ["ben", "", "", "ben", "", "", "1"]  # no submission: blank, not zero


def test_gradescope_sums_a_students_lessons_and_hides_what_is_for_the_instructor(tmp_path):
    write_all(tmp_path, small_class())
    ada = json.loads((tmp_path / "gradescope" / "ada.json").read_text(encoding="utf-8"))
    assert ada["score"] == 3.5
    assert [test["number"] for test in ada["tests"]] == ["1.1", "3.1", "3.2"]
    cem = json.loads((tmp_path / "gradescope" / "cem.json").read_text(encoding="utf-8"))
    visible = [test for test in cem["tests"] if test["visibility"] == "visible"]
    hidden = [test for test in cem["tests"] if test["visibility"] == "hidden"]
    assert sum(test["score"] for test in visible) == cem["score"] == 3
    assert "calls course_lib" in hidden[0]["output"]
    assert not any("calls course_lib" in test["output"] for test in visible)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "＝", "\t=", "\r\n=", "\x1b[31m=", "\u202e="])
def test_no_cell_starts_a_formula(tmp_path, start):
    evil = f'{start}HYPERLINK("http://x","y")'
    write_all(tmp_path, [submission("ada", reason=evil, source=evil)])
    write_table(tmp_path / "one.csv", ("cell",), [(evil,)])
    cell = rows(tmp_path / "one.csv")[0]["cell"]
    assert cell.startswith("'")
    assert not set(cell) & set("\t\r\n\x1b\u202e")


def test_a_student_called_like_a_formula_is_found_again(tmp_path):
    grades = [submission("=cmd|' /C calc'!A0"), submission("ada")]
    (tmp_path / "overrides.csv").write_text(
        "student,exercise,score,comment\n'=cmd|' /C calc'!A0,dice,1,fine\n", encoding="utf-8"
    )
    write_all(tmp_path, grades)
    evil = rows(tmp_path / "grades.csv")[0]
    assert evil["student_id"] == "'=cmd|' /C calc'!A0"
    assert evil["dice"] == "1"


def test_a_student_called_like_a_path_stays_in_the_folder(tmp_path):
    out = tmp_path / "deep" / "grades"
    write_all(out, [submission("../../evil"), submission("..")])
    assert [path.name for path in tmp_path.iterdir()] == ["deep"]
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["grades"]


def test_names_that_are_not_text_do_not_stop_the_tables(tmp_path):
    write_all(tmp_path, [submission("ad\udce4", reason="broken \ud800 text")])
    assert "broken \ufffd text" in (tmp_path / "summary.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("value", "rounded"), [(0.125, 0.13), (2.675, 2.68), (1.005, 1.01), (0.1 + 0.2, 0.3), (1 / 3, 0.33)]
)
def test_points_are_rounded_halves_up(value, rounded):
    assert points(value) == rounded


def test_numbers_have_no_needless_zeros_and_keep_their_cents():
    assert [number(value) for value in (2.0, 2.5, 0, -0.0, 12345.67)] == ["2", "2.5", "0", "0", "12345.67"]
    assert safe_cell(-1.5) == "-1.5"  # a number is not a formula
    assert safe_cell("-1.5") == "'-1.5"
    assert safe_cell(None) == ""


def test_thirds_add_up_to_the_whole():
    thirds = [exercise(name, 0.33, 1.0) for name in "abc"]
    assert Final(submission(exercises=thirds)).score == 0.99
    assert Final(submission(exercises=[exercise("a", 0.1, 1.0)] * 3)).score == 0.3


@pytest.mark.parametrize("text", ["a,b\n1,2\n", "a;b\n1;2\n", "\ufeffA, B \r\n1,2\r\n\r\n,\r\n"])
def test_tables_are_read_as_spreadsheets_write_them(tmp_path, text):
    path = tmp_path / "table.csv"
    path.write_bytes(text.encode())
    (row,) = read_table(path, ("a", "b"))
    assert (row["a"], row["b"], row["c"]) == ("1", "2", "")
    assert row.place == f"{path}, line 2"


def test_a_table_without_a_needed_column_says_which(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("student,points\n", encoding="utf-8")
    with pytest.raises(ValueError, match="has no column 'score': its first line must name student, score"):
        read_table(path, ("student", "score"))
    path.write_bytes(b"student,score\nJos\xe9,1\n")
    with pytest.raises(ValueError, match="not UTF-8"):
        read_table(path, ("student", "score"))


def test_an_empty_class_still_gives_its_tables(tmp_path):
    write_all(tmp_path, [])
    assert (tmp_path / "grades.csv").read_text(encoding="utf-8") == NBGRADER + "\n"
    assert "no submissions" in (tmp_path / "summary.txt").read_text(encoding="utf-8")


def test_what_is_not_a_lesson_is_listed_and_has_no_column_in_canvas(tmp_path):
    odd = submission("ben", "hw", exercises=(), reason="The lesson is unknown.", source="ben/hw.ipynb")
    write_all(tmp_path, [submission("ada"), replace(odd, lesson="")])
    assert rows(tmp_path / "grades.csv")[1]["student_id"] == "ben"
    head, _, *students = (tmp_path / "canvas.csv").read_text(encoding="utf-8").splitlines()
    assert head.endswith(f"Section,{IOU}")
    assert students[1] == "ben,,,ben,,"
    assert "The lesson is unknown" in (tmp_path / "summary.txt").read_text(encoding="utf-8")
    assert (tmp_path / "feedback" / "ben" / "hw.html").is_file()


def test_another_system_is_a_function_and_a_line(tmp_path, monkeypatch):
    """A roster's own column and the policy's names of columns reach an exporter that is registered here only."""

    def write_toy(out, book):
        header = ["idnumber", *(book.column_name("toy", name) for name in book.assignments)]
        rows = [
            [book.person(final.grade.student).extra.get("idnumber", ""), final.score] for final in book.finals
        ]
        write_table(out / "toy.csv", header, rows)

    monkeypatch.setitem(EXPORTERS, "toy", write_toy)
    (tmp_path / "roster.csv").write_text("Student,IDNumber\nada,A-17\n", encoding="utf-8")
    policy = tmp_path / "policy.toml"
    policy.write_text(f'roster = "roster.csv"\n[columns.toy]\n{IOU} = "IoU, week 3"\n', encoding="utf-8")
    write_all(tmp_path / "grades", [submission("ada")], policy)
    assert rows(tmp_path / "grades" / "toy.csv") == [{"idnumber": "A-17", "IoU, week 3": "2.5"}]
    assert rows(tmp_path / "grades" / "grades.csv")[0]["score"] == "2.5"


def test_every_exporter_writes_something(tmp_path):
    for name, export in EXPORTERS.items():
        export(tmp_path / name, close_grades(tmp_path, small_class()))
        assert any(path.is_file() for path in (tmp_path / name).rglob("*")), name


def test_the_summaries_begin_with_what_was_read(tmp_path):
    intake = Intake(
        "Canvas", 3, {ARGMAX: 1, IOU: 2}, (("ada/x.pdf", "neither a notebook nor <b>a file</b>"),)
    )
    write_all(tmp_path, small_class(), intake=intake)
    for name in ("summary.txt", "summary.html"):
        text = html.unescape((tmp_path / name).read_text(encoding="utf-8"))
        places = [text.index(line.strip()) for line in intake.lines()]
        assert places == sorted(places)
    assert intake.lines() == [
        "Read as: Canvas.",
        f"3 students, 3 notebooks: 1 of {ARGMAX}, 2 of {IOU}.",
        "Left out: 1 file:",
        "  ada/x.pdf: neither a notebook nor <b>a file</b>",
    ]
    assert "<b>a file</b>" not in (tmp_path / "summary.html").read_text(encoding="utf-8")


def test_of_many_files_left_out_the_first_are_listed():
    lines = Intake("Moodle", 1, {}, tuple((f"{number}.pdf", "why") for number in range(25))).lines()
    assert lines[1:3] == ["1 student, no notebooks.", "Left out: 25 files:"]
    assert len(lines) == 3 + 20 + 1
    assert lines[-1] == "  and 5 more."
