"""A quiz for a class: drawn, handed in, graded as data, explained."""

import csv
import html
import json
import re

import nbformat
import pytest

from course_lib.cli import main
from course_lib.grading.quiz import KEY, NOTEBOOK, grade_quiz, read_key
from course_lib.questions import LETTERS, all_questions

BANK = {question.id: question for question in all_questions()}


@pytest.fixture
def drawn(tmp_path, capsys):
    assert (
        main(["quiz", "--out", str(tmp_path / "quiz"), "--lessons", "01,3", "--count", "4", "--seed", "9"])
        == 0
    )
    assert "seed 9" in capsys.readouterr().out
    return tmp_path / "quiz"


def hand_in(drawn, path, letters):
    """Write a student's copy with letters between the quotes."""
    notebook = nbformat.read(drawn / NOTEBOOK, as_version=4)
    for number, letter in enumerate(letters, 1):
        for cell in notebook.cells:
            if cell.source == f'q{number} = ""':
                cell.source = f'q{number} = "{letter}"'
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
    return notebook


def right_letters(drawn):
    return [LETTERS[item.order.index(0)] for item in read_key(drawn / KEY)]


def other(letter):
    return "b" if letter == "a" else "a"


def test_the_notebook_shows_the_choices_and_not_the_answers(drawn):
    notebook = nbformat.read(drawn / NOTEBOOK, as_version=4)
    text = "\n".join(cell.source for cell in notebook.cells)
    for item in read_key(drawn / KEY):
        question = BANK[item.question]
        assert question.ask in text
        assert all(choice.answer in text for choice in question.choices)
        assert not any(choice.why in text for choice in question.choices)
        assert question.id not in text
    assert {BANK[item.question].lesson for item in read_key(drawn / KEY)} == {"01", "03"}


def test_the_same_seed_gives_the_same_bytes(drawn, tmp_path):
    main(["quiz", "--out", str(tmp_path / "again"), "--lessons", "01,03", "--count", "4", "--seed", "9"])
    for name in (NOTEBOOK, KEY, "quiz.gift"):
        assert (drawn / name).read_bytes() == (tmp_path / "again" / name).read_bytes()


def test_moodle_gets_one_right_answer_a_question_and_all_reasons(drawn):
    blocks = (drawn / "quiz.gift").read_text("utf-8").strip().split("\n\n")
    assert len(blocks) == 4
    for block in blocks:
        question = BANK[re.match(r"::(.+?)::", block)[1]]
        assert [line[0] for line in block.splitlines()[1:-1]].count("=") == 1
        assert block.count("#") == len(question.choices)
        plain = block.replace("\\", "")
        assert all(f"{choice.answer}#{choice.why}" in plain for choice in question.choices)


def test_a_class_is_graded_and_gets_the_reasons(drawn, tmp_path, capsys):
    right = right_letters(drawn)
    hand_in(drawn, tmp_path / "in" / "anna" / NOTEBOOK, right)
    hand_in(
        drawn,
        tmp_path / "in" / "bo lé" / "07" / NOTEBOOK,
        [f" {right[0].upper()}) ", other(right[1]), "", "z"],
    )
    hand_in(drawn, tmp_path / "in" / "carl.ipynb", [other(letter) for letter in right])
    (tmp_path / "in" / "dora").mkdir()
    (tmp_path / "in" / "emil").mkdir()
    (tmp_path / "in" / "emil" / NOTEBOOK).write_text("{", encoding="utf-8")
    command = ["grade-quiz", str(tmp_path / "in"), "--key", str(drawn / KEY), "--out", str(tmp_path / "out")]
    assert main(command) == 0
    assert "5 notebooks graded" in capsys.readouterr().out

    with (tmp_path / "out" / "quiz.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    assert {student: row["score"] for student, row in rows.items()} == {
        "anna": "4",
        "bo lé": "1",
        "carl": "0",
        "dora": "0",
        "emil": "0",
    }
    assert rows["bo lé"]["reason"] == "There is no letter in q3, q4."
    assert rows["dora"]["reason"] == "there is no notebook."
    assert "JSON" in rows["emil"]["reason"]
    items = read_key(drawn / KEY)
    page = html.unescape((tmp_path / "out" / "quiz_feedback" / "carl.html").read_text("utf-8"))
    first = BANK[items[0].question]
    chosen = first.choices[items[0].order[LETTERS.index(other(right[0]))]]
    assert "You chose: " in page
    assert chosen.why in page
    assert first.right.why in page
    assert "Most common wrong answer" in (tmp_path / "out" / "quiz.html").read_text("utf-8")


def test_letters_are_read_and_code_is_not_run(drawn, tmp_path):
    notebook = hand_in(drawn, tmp_path / "in" / "eve" / NOTEBOOK, right_letters(drawn))
    trace = tmp_path / "was_run"
    notebook.cells.append(
        nbformat.v4.new_code_cell(f"open({str(trace)!r}, 'w')\nq1 = open({str(drawn / KEY)!r}).read()")
    )
    nbformat.write(notebook, tmp_path / "in" / "eve" / NOTEBOOK)
    (grade,) = grade_quiz(tmp_path / "in", read_key(drawn / KEY))
    assert list(grade.letters) == right_letters(drawn)
    assert not trace.exists()


def test_two_notebooks_are_left_to_a_person(drawn, tmp_path):
    for name in ("a", "b"):
        hand_in(drawn, tmp_path / "in" / "eve" / name / NOTEBOOK, right_letters(drawn))
    for student in ("ann", "ben"):
        hand_in(drawn, tmp_path / "in" / student / NOTEBOOK, right_letters(drawn))
    grades = {grade.student: grade for grade in grade_quiz(tmp_path / "in", read_key(drawn / KEY))}
    assert grades["eve"].reason == "there are 2 notebooks; keep one, named quiz.ipynb."
    assert [student for student, grade in grades.items() if not grade.reason] == ["ann", "ben"]


def test_a_class_one_folder_further_down_and_as_platforms_name_it(drawn, tmp_path):
    letters = right_letters(drawn)
    for student in ("ann", "ben"):
        hand_in(drawn, tmp_path / "in" / "submissions" / student / NOTEBOOK, letters)
        hand_in(drawn, tmp_path / "canvas" / f"{student}_LATE_3{student.index('n')}_900_{NOTEBOOK}", letters)
    for folder, names in (("in", ["ann", "ben"]), ("canvas", ["ann_31", "ben_32"])):
        grades = grade_quiz(tmp_path / folder, read_key(drawn / KEY))
        assert [grade.student for grade in grades] == names
        assert all(list(grade.letters) == letters for grade in grades)


def test_a_folder_and_a_file_of_one_student_are_both_seen(drawn, tmp_path):
    hand_in(drawn, tmp_path / "in" / "ann" / NOTEBOOK, right_letters(drawn))
    hand_in(drawn, tmp_path / "in" / "ann.ipynb", right_letters(drawn))
    (grade,) = grade_quiz(tmp_path / "in", read_key(drawn / KEY))
    assert grade.reason.startswith("there are 2 notebooks")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{}", "is not the key of a quiz"),
        ("no json", "is not the key of a quiz"),
        (json.dumps({"items": [{"question": "gone", "order": [0]}]}), "no longer has 'gone'"),
        (
            json.dumps({"items": [{"question": "iou-formula", "order": [0, 1]}]}),
            "have changed; draw a new quiz",
        ),
    ],
)
def test_a_key_that_does_not_fit_is_refused(tmp_path, content, said, capsys):
    key = tmp_path / "key.json"
    key.write_text(content, encoding="utf-8")
    assert main(["grade-quiz", str(tmp_path), "--key", str(key), "--out", str(tmp_path / "out")]) == 2
    assert said in capsys.readouterr().err


def test_an_empty_or_missing_folder_is_refused(drawn, tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    for name in ("empty", "missing"):
        command = [
            "grade-quiz",
            str(tmp_path / name),
            "--key",
            str(drawn / KEY),
            "--out",
            str(tmp_path / "out"),
        ]
        assert main(command) == 2
        assert name in capsys.readouterr().err
