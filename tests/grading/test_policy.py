"""Lateness, flags and people's points; and that a policy which cannot be meant is refused in one clear sentence."""

import csv
from datetime import UTC, datetime, timedelta

import pytest
from graded_class import ARGMAX, IOU, everything, exercise, small_class, submission

from course_lib.grading.exports.write_all import write_all
from course_lib.grading.scoring.apply_policy import close_grades
from course_lib.grading.scoring.policy import Late, read_policy

DUE = datetime(2026, 11, 20, 23, 59, tzinfo=UTC)
LATE = f"""
submitted = "submitted.csv"

[deadlines]
{IOU} = 2026-11-20T23:59:00

[late]
percent_per_day = 10
cap_percent = 35
grace_minutes = 15
"""


def policy_in(folder, text, **tables):
    for name, table in tables.items():
        (folder / f"{name}.csv").write_text(table, encoding="utf-8")
    path = folder / "policy.toml"
    path.write_text(text, encoding="utf-8")
    return path


def of_ada(book):
    return next(final for final in book.finals if final.grade.student == "ada")


@pytest.mark.parametrize(
    ("late", "days"),
    [
        (timedelta(minutes=-5), 0),
        (timedelta(0), 0),
        (timedelta(minutes=15), 0),  # within the grace
        (timedelta(minutes=16), 1),  # after it every minute counts
        (timedelta(days=1), 1),
        (timedelta(days=1, seconds=1), 2),
        (timedelta(days=30), 30),
    ],
)
def test_started_days_count_from_the_deadline(late, days):
    assert Late(10, 50, 15).days(DUE + late, DUE) == days


@pytest.mark.parametrize(
    ("days", "raw", "penalty"),
    [(0, 3, 0), (1, 3, 0.3), (2, 2.5, 0.5), (4, 3, 1.05), (100, 3, 1.05), (1, 0.45, 0.05)],
)
def test_a_penalty_is_a_share_of_the_points_reached_and_capped(days, raw, penalty):
    assert Late(10, 35).penalty(days, raw) == penalty


def test_late_work_loses_points_in_every_export(tmp_path):
    policy = policy_in(
        tmp_path, LATE, submitted="student,submitted\nada,2026-11-22 12:00\nben,2026-11-20T20:00:00Z\n"
    )
    write_all(tmp_path / "grades", [submission("ada"), submission("ben"), submission("cem")], policy)
    with (tmp_path / "grades" / "grades.csv").open(encoding="utf-8", newline="") as file:
        ada, ben, _ = csv.DictReader(file)
    assert (ada["raw_score"], ada["late_submission_penalty"], ada["score"]) == ("2.5", "0.5", "2")
    assert (ada["duedate"], ada["timestamp"]) == ("2026-11-20 23:59:00", "2026-11-22 12:00:00")
    assert ben["late_submission_penalty"] == "0"
    page = (tmp_path / "grades" / "feedback" / "ada" / f"{IOU}.html").read_text(encoding="utf-8")
    assert "handed in 2 days late, which costs 0.5" in page
    summary = (tmp_path / "grades" / "summary.txt").read_text(encoding="utf-8")
    assert f"cem, {IOU}: the time of submission is unknown" in summary


def test_times_without_a_zone_are_in_the_policys(tmp_path):
    text = 'timezone = "America/New_York"\n' + LATE
    policy = policy_in(
        tmp_path, text, submitted=f"student,assignment,submitted\nada,{IOU},2026-11-20 23:58\n"
    )
    final = of_ada(close_grades(tmp_path, [submission()], policy))
    assert final.days_late == 0
    assert final.due.astimezone(UTC) == datetime(2026, 11, 21, 4, 59, tzinfo=UTC)


def test_flagged_answers_are_kept_unless_the_policy_says_otherwise(tmp_path):
    flagged = [
        exercise("iou", flags=("calls course_lib.metrics.iou",)),
        exercise("dice", flags=("calls torchmetrics.dice",)),
    ]
    grades = [submission(exercises=flagged)]
    assert of_ada(close_grades(tmp_path, grades)).score == 4
    policy = policy_in(tmp_path, '[flags]\n"calls" = "zero"\n"calls torchmetrics" = "keep"\n')
    final = of_ada(close_grades(tmp_path, grades, policy))
    assert [grade.score for grade in final.grade.exercises] == [0, 2]
    assert "course_lib.metrics.iou" in final.comments["iou"]  # and the student reads it
    policy = policy_in(tmp_path, '[flags]\ndefault = "zero"\n')
    assert of_ada(close_grades(tmp_path, grades, policy)).score == 0


def test_peoples_points_are_stronger_than_all_else_and_survive_grading_again(tmp_path):
    out = tmp_path / "grades"
    policy = policy_in(
        tmp_path,
        'overrides = "mine.csv"\n[flags]\ndefault = "zero"\n',
        mine="student,exercise,score,comment\ncem,iou,1.5,explained it to me\nada,dice,,later\n",
    )
    write_all(out, small_class(), policy)
    (out / "overrides.csv").write_text(
        "student;exercise;score;comment\nben;dice;0,5;half of it\n", encoding="utf-8"
    )
    write_all(out, small_class(), policy)
    first = everything(out)
    write_all(out, small_class(), policy)
    assert everything(out) == first
    scores = {final.grade.student: final for final in close_grades(out, small_class(), policy).of(IOU)}
    assert scores["cem"].score == 2.5  # 1.5 for iou, and dice as it was
    assert scores["ben"].score == 1.5
    assert scores["ada"].score == 2.5  # a blank score is none
    page = (out / "feedback" / "ben" / f"{IOU}.html").read_text(encoding="utf-8")
    assert "half of it" in page


def test_points_for_what_no_exercise_holds(tmp_path):
    policy = policy_in(
        tmp_path,
        f'overrides = ["mine.csv"]\n[manual.{IOU}]\ntalk = 4\n',
        mine="student,exercise,score,comment\nada,talk,3,clear\n",
    )
    book = close_grades(tmp_path, [submission("ada"), submission("ben")], policy)
    ada, ben = book.finals
    assert (ada.score, ada.max_score) == (5.5, 7)
    assert (ben.score, ben.max_score) == (2.5, 7)
    assert ben.manual[0].waits
    assert book.columns(IOU) == ["iou", "dice", "talk"]


def test_a_roster_names_the_students(tmp_path):
    policy = policy_in(
        tmp_path,
        f'roster = "roster.csv"\n[canvas]\n{IOU} = "IoU (77)"\n',
        roster="student,last_name,first_name,email,canvas_id\nada,Lovelace,Ada,ada@example.org,4711\n",
    )
    write_all(tmp_path / "grades", [submission("ada")], policy)
    canvas = (tmp_path / "grades" / "canvas.csv").read_text(encoding="utf-8").splitlines()
    assert canvas[0].endswith(",IoU (77)")
    assert canvas[2] == '"Lovelace, Ada",4711,,,,2.5'
    assert ",ada,Lovelace,Ada,ada@example.org,2.5," in (tmp_path / "grades" / "grades.csv").read_text(
        encoding="utf-8"
    )


def test_a_column_is_named_in_either_way(tmp_path):
    for table in ("canvas", "columns.canvas"):
        policy = policy_in(tmp_path, f'[{table}]\n{IOU} = "IoU (77)"\n')
        assert close_grades(tmp_path, [submission()], policy).column_name("canvas", IOU) == "IoU (77)"


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ("ada,Lovelace,1\nada,Byron,1\n", "ada has another line with different values"),
        ("ada,Lovelace,1\nben,Bell,1\n", "ada and ben would be one student: both have the canvas_id 1"),
        ("ada,Lovelace,1\nAda,Bell,2\n", "ada and Ada would be one student: their names differ only in case"),
        ("a  b,Lovelace,1\na b,Bell,2\n", "would be one student"),
        ("José,Lovelace,1\nJosé,Bell,2\n", "has another line with different values"),
    ],
)
def test_a_roster_with_two_students_of_one_id_is_refused(tmp_path, lines, sentence):
    policy = policy_in(tmp_path, 'roster = "roster.csv"', roster=f"student,last_name,canvas_id\n{lines}")
    with pytest.raises(ValueError, match=r"roster\.csv, line 3: ") as refused:
        close_grades(tmp_path, [submission()], policy)
    assert sentence in str(refused.value)


def test_a_list_of_what_was_collected_serves_as_roster_and_times(tmp_path):
    """It has a line per file: what it says of the student is the same in each, and the latest time holds."""
    table = (
        "student,assignment,submitted,late,canvas_id,email,file\n"
        f"ada,{IOU},2026-11-20 10:00,,4711,ada@example.org,x\nada,{IOU},2026-11-21 10:00,late,4711,ada@example.org,y\n"
    )
    policy = policy_in(tmp_path, 'roster = "collected.csv"\nsubmitted = "collected.csv"', collected=table)
    book = close_grades(tmp_path, [submission()], policy)
    assert book.person("ada").canvas_id == "4711"
    assert of_ada(book).submitted == datetime(2026, 11, 21, 10, tzinfo=UTC)


def test_points_by_hand_are_not_for_an_exercise(tmp_path):
    policy = policy_in(tmp_path, f"[manual.{IOU}]\niou = 1")
    with pytest.raises(ValueError, match=f"manual.{IOU}.iou: this is an exercise already"):
        write_all(tmp_path / "grades", [submission()], policy)
    assert not (tmp_path / "grades").exists()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("deadline = 1", "there is no such setting deadline. Did you mean deadlines?"),
        ("[late]\npercent = 5", "there is no such setting late.percent. Did you mean percent_per_day"),
        (
            "[late]\npercent_per_day = 110",
            "late.percent_per_day is 110, but it must be a number from 0 to 100",
        ),
        ("[late]\ngrace_minutes = -1", "late.grace_minutes is -1"),
        ("[late]\ncap_percent = true", "late.cap_percent is True"),
        ("[late]\ncap_percent = nan", "late.cap_percent is nan"),
        ("late = 5", "late is 5, but it must be a table: write [late]"),
        (
            "[deadlines]\n03_iou = 2026-01-01T00:00:00",
            f"there is no assignment deadlines.03_iou. Did you mean {IOU}",
        ),
        (f'[deadlines]\n{IOU} = "friday"', "must be a day with a time and no quotes"),
        (f"[deadlines]\n{IOU} = 2026-11-20", "must be a day with a time and no quotes"),
        ('[flags]\n"calls" = "off"', 'it must be "keep" or "zero"'),
        ('[flags]\n"call" = "zero"', "does not begin any flag. Did you mean calls"),
        ('timezone = "Vienna"', "timezone is 'Vienna', which this machine does not know"),
        (f"[manual.{IOU}]\ntalk = -1", f"manual.{IOU}.talk is -1"),
        ("[late", "is not TOML"),
        ('overrides = "none.csv"', "There is no"),
        (f'[columns.canvsa]\n{IOU} = "x"', "there is no exporter columns.canvsa. Did you mean canvas?"),
        (
            '[columns.canvas]\n03_iou = "x"',
            f"there is no assignment columns.canvas.03_iou. Did you mean {IOU}",
        ),
        (f"[columns.canvas]\n{IOU} = 3", f"columns.canvas.{IOU} is 3, but it must be a text"),
        (
            f'[canvas]\n{IOU} = "x"\n[columns.canvas]\n{IOU} = "y"',
            "mean the same: keep only [columns.canvas]",
        ),
        ("overrides = [3]", "overrides is 3, but it must be a text in quotes"),
    ],
)
def test_a_policy_that_cannot_be_meant_is_refused(tmp_path, text, sentence):
    policy = policy_in(tmp_path, text)
    with pytest.raises((ValueError, FileNotFoundError)) as refused:
        write_all(tmp_path / "grades", [submission()], policy)
    assert sentence in str(refused.value)
    assert str(tmp_path) in str(refused.value)
    assert not (tmp_path / "grades").exists()  # nothing is half done


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("adda,iou,1,", "there is no submission of 'adda'. Did you mean ada?"),
        ("ada,iuo,1,", "there is no exercise 'iuo'. Did you mean iou?"),
        ("ada,iou,many,", "the score is 'many', but it must be a number of 0 or more"),
        ("ada,iou,-1,", "the score is '-1'"),
        ("ada,iou,nan,", "the score is 'nan'"),
        ("ada,iou,inf,", "the score is 'inf'"),
        ("ada,iou,2.01,", "2.01 points, but iou gives at most 2"),
        (",iou,1,", "the line needs a student and an exercise"),
    ],
)
def test_an_override_that_cannot_be_meant_is_refused_with_its_line(tmp_path, line, sentence):
    (tmp_path / "overrides.csv").write_text(f"student,exercise,score,comment\n{line}\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"overrides\.csv, line 2") as refused:
        close_grades(tmp_path, [submission()])
    assert sentence in str(refused.value)


def test_an_override_for_a_lesson_that_is_not_graded_now_is_kept_for_later(tmp_path):
    (tmp_path / "overrides.csv").write_text(
        "student,exercise,score,comment\nada,argmax,1,\nben,argmax-pixel,1,\n", encoding="utf-8"
    )
    book = close_grades(tmp_path, small_class())
    assert any("the lesson of argmax is not graded this time" in remark for remark in book.remarks)
    assert any("ben did not hand in the lesson of argmax-pixel" in remark for remark in book.remarks)


def test_a_time_that_is_none_names_its_line(tmp_path):
    policy = policy_in(tmp_path, LATE, submitted="student,submitted\nada,yesterday\n")
    with pytest.raises(ValueError, match=r"submitted\.csv, line 2: the time is 'yesterday'"):
        close_grades(tmp_path, [submission()], policy)


def test_no_policy_changes_nothing():
    policy = read_policy(None, [IOU, ARGMAX])
    assert not policy.zeroes("calls anything")
    assert policy.late.penalty(10, 3) == 0
