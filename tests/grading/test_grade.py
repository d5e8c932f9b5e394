"""Honest submissions: right, partly right, with misconceptions; the same bytes for one seed; a run that goes on."""

import inspect
import json
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from students import IOU, SEED, START, answered, by_id, grader, hand_in, notebook, settings, solutions

from course_lib.authoring.answers import answer_source
from course_lib.checking.judge import judge
from course_lib.grading.assignment import exercises_by_id
from course_lib.grading.exports.write_all import write_all
from course_lib.grading.sandbox import open as sandbox
from course_lib.grading.sandbox.open import SandboxError
from course_lib.grading.scoring.grade_class import grade_class
from course_lib.grading.scoring.grade_notebook import NotebookGrading
from course_lib.grading.scoring.grade_submission import Grader
from course_lib.grading.scoring.results import SubmissionGrade

pytestmark = pytest.mark.slow

FIRST, SECOND = exercises_by_id(START).values()
MAP = answer_source(SECOND)


@pytest.fixture(scope="module")
def warm():
    with grader() as opened:
        yield opened


def as_answer(exercise, answer):
    """A wrong answer of an exercise's own, as a student's cells would have it."""
    module = inspect.getsource(sys.modules[answer.__module__])
    imports = "\n".join(
        line for line in module.splitlines() if line.startswith(("import numpy", "import math"))
    )
    reference = inspect.getsource(exercise.reference).replace(f"def {exercise.name}(", "def right(")
    source = re.sub(r"^@.*\n", "", inspect.getsource(answer)).replace(f"{exercise.name}(", "right(")
    return f"{imports}\n{reference}\n{source.replace(f'def {answer.__name__}(', f'def {exercise.name}(')}"


def test_a_bad_observer_costs_its_exercise_and_no_other(monkeypatch, tmp_path):
    """No answer of anybody's is run for it; the instructor reads why, and the student that it is not their fault."""

    def reaches_an_answer(exercise):
        raise ValueError(f"the observer of {exercise.id!r} needs right")

    def look(answer, *args):
        return answer(object())

    bad = {FIRST.id: replace(FIRST, observe=look, worked_cases=()), SECOND.id: SECOND}
    monkeypatch.setattr("course_lib.grading.scoring.cases.observer_of", reaches_an_answer)
    monkeypatch.setattr("course_lib.grading.scoring.cases._takes_and_gives_data", lambda exercise: False)
    monkeypatch.setattr("course_lib.grading.scoring.grade_submission.exercises_by_id", lambda assignment: bad)
    with grader() as opened:
        grade = opened.grade(hand_in(tmp_path, "ada", answered()))
    first, second = grade.exercises
    assert (first.status, first.score, first.max_score) == ("not graded", 0.0, float(FIRST.points))
    assert "your instructor was notified" in first.message
    assert second.status == "passed"
    assert f"{FIRST.id} was not graded: the observer of {FIRST.id!r} needs right" in grade.notes
    write_all(tmp_path / "out", [grade])
    assert "Not graded" in next((tmp_path / "out" / "feedback").rglob("*.html")).read_text(encoding="utf-8")


# --- Scores ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("assignment", [START, "01_argmax_per_pixel", "02_pixel_accuracy_vs_iou", IOU])
def test_the_solutions_get_every_point(assignment, warm, tmp_path):
    grade = warm.grade(hand_in(tmp_path, "ada", answered(assignment), assignment))
    assert [exercise.status for exercise in grade.exercises] == ["passed"] * len(grade.exercises)
    assert grade.score == grade.max_score
    assert not [exercise.flags for exercise in grade.exercises if exercise.flags]


@pytest.mark.parametrize("idea", FIRST.misconceptions, ids=lambda idea: idea.name)
def test_misconceptions_are_named_and_scored_as_in_the_notebook(idea, warm, tmp_path):
    source = as_answer(FIRST, idea.answer)
    grade = by_id(warm.grade(hand_in(tmp_path, "ada", notebook(source, MAP))))[FIRST.id]
    here = judge(FIRST, idea.answer, seed=SEED)
    assert (grade.misconception, grade.message) == (idea.name, idea.sentence)
    assert (grade.score, grade.status) == (here.score, here.status)
    assert 0 <= grade.score < grade.max_score


@pytest.mark.parametrize("answer", FIRST.accepted, ids=lambda answer: answer.__name__)
def test_right_answers_in_other_styles_pass(answer, warm, tmp_path):
    grade = by_id(warm.grade(hand_in(tmp_path, "ada", notebook(as_answer(FIRST, answer), MAP))))[FIRST.id]
    assert grade.status == "passed", grade.message


def test_a_worked_case_that_fails_is_shown(warm, tmp_path):
    source = "def class_pixels(mask, class_id):\n    return float(len(mask))"
    grade = by_id(warm.grade(hand_in(tmp_path, "ada", notebook(source, MAP))))[FIRST.id]
    shown = dict(grade.worked)
    assert shown["got"] == "4.0"
    assert shown["expected"] == "9"
    assert "class_pixels(mask=" in shown["called"]


def test_of_hidden_cases_only_the_number_is_shown(warm, tmp_path):
    source = (
        "def class_pixels(mask, class_id):\n"
        "    n = sum(row.count(class_id) for row in mask)\n"
        "    return int(str(n)[::-1], 13) ^ (len(str(n)) - 1) * n * n"  # wrong from 10 on, and in no known way
    )
    exercise = by_id(warm.grade(hand_in(tmp_path, "ada", notebook(source, MAP))))[FIRST.id]
    assert exercise.worked == ()
    assert exercise.status == "failed"
    assert "hidden cases are not" in exercise.message


def test_an_argument_that_comes_back_changed_is_named(warm, tmp_path):
    source = answer_source(FIRST).replace("return count", "mask.clear()\n    return count")
    grade = by_id(warm.grade(hand_in(tmp_path, "ada", notebook(source, MAP))))[FIRST.id]
    assert "`mask`" in grade.message
    assert grade.score == 0


def test_a_missing_return_is_named(warm, tmp_path):
    source = answer_source(FIRST).replace("return count", "print(count)")
    grade = by_id(warm.grade(hand_in(tmp_path, "ada", notebook(source, MAP))))[FIRST.id]
    assert "put `return` where" in grade.message


def test_a_wrong_number_of_arguments_is_named(warm, tmp_path):
    grade = by_id(warm.grade(hand_in(tmp_path, "ada", notebook("def class_pixels(mask): return 0", MAP))))[
        FIRST.id
    ]
    assert "takes 2 arguments" in grade.message


def test_a_loop_costs_its_deadline_and_its_own_exercise(warm, tmp_path):
    content = notebook("def class_pixels(mask, class_id):\n    while True: pass", MAP)
    grades = by_id(warm.grade(hand_in(tmp_path, "ada", content)))
    assert grades[FIRST.id].status == "stopped"
    assert "loop" in grades[FIRST.id].message
    assert grades[SECOND.id].status == "passed"


# --- Flags -------------------------------------------------------------------------------------------------

HANDED_ON = {
    "calls course_lib.metrics.iou": "from course_lib.metrics import iou as library\n"
    "def iou(prediction, truth):\n    return float(library(np.array(prediction), np.array(truth), 2)[1])",
    "calls course_lib.metrics.ConfusionMatrix": "import course_lib.metrics as m\ndef iou(prediction, truth):\n"
    "    c = m.ConfusionMatrix(2)\n    c.update(np.array(prediction), np.array(truth))\n    return float(c.iou()[1])",
    "calls sklearn.metrics.jaccard_score": "from sklearn.metrics import jaccard_score\ndef iou(prediction, truth):\n"
    "    return float(jaccard_score(np.ravel(truth), np.ravel(prediction)))",
    "loads course_lib.metrics": "from importlib import import_module\ndef iou(prediction, truth):\n"
    "    library = import_module('course_lib.' + 'metrics')\n"
    "    return float(getattr(library, 'io' + 'u')(np.array(prediction), np.array(truth), 2)[1])",
}


@pytest.mark.parametrize("flag", HANDED_ON)
def test_an_answer_that_hands_its_work_to_a_library_is_flagged(flag, warm, tmp_path):
    grade = by_id(warm.grade(hand_in(tmp_path, "ada", answered(IOU, iou=HANDED_ON[flag]), IOU)))
    assert flag in grade["iou"].flags
    assert not grade["regions"].flags


# --- A class -----------------------------------------------------------------------------------------------

SLOW = answer_source(FIRST).replace("count = 0", "import time; time.sleep(0.02)\n    count = 0")
WRONG = "def class_pixels(mask, class_id):\n    return len(mask)"
LOUD = "def class_pixels(mask, class_id):\n    raise ValueError(object())"


def hand_in_a_class(folder):
    for number in range(4):
        hand_in(folder, f"ada {number}", answered(class_pixels=SLOW))
        hand_in(folder, f"ben {number}", answered(class_pixels=WRONG))
        hand_in(folder, f"cem {number}", answered(class_pixels=LOUD))
    hand_in(folder, "dora", b"{")
    (folder / "eve").mkdir()


def graded(folder, out, **changes):
    options = {"seed": SEED, "jobs": 2, "say": lambda _: None} | changes
    result = grade_class(folder, out, **options)
    write_all(out, result.grades, intake=result.intake)
    return result


def content_of(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory):
    base = tmp_path_factory.mktemp("class")
    hand_in_a_class(base / "in")
    graded(base / "in", base / "out")
    return base / "in", content_of(base / "out")


def test_the_same_seed_gives_the_same_bytes(unbroken, tmp_path):
    graded(unbroken[0], tmp_path / "out", jobs=3)
    assert content_of(tmp_path / "out") == unbroken[1]


def test_another_seed_gives_right_and_wrong_answers_the_same_scores(unbroken, tmp_path):
    first = {grade.student: grade for grade in graded(unbroken[0], tmp_path / "one").grades}
    other = {grade.student: grade for grade in graded(unbroken[0], tmp_path / "two", seed=SEED + 1).grades}
    for student in ("ada 0", "cem 0", "dora", "eve"):
        assert first[student].score == other[student].score
    assert by_id(other["ben 0"])[FIRST.id].status == "failed"
    assert (tmp_path / "one" / "run.json").read_bytes() != (tmp_path / "two" / "run.json").read_bytes()


def test_a_run_that_was_killed_goes_on_to_the_same_bytes(unbroken, tmp_path):
    folder, expected = unbroken
    out = tmp_path / "out"
    command = [sys.executable, "-m", "course_lib", "grade", str(folder), "--out", str(out), "--jobs", "2"]
    running = subprocess.Popen([*command, "--seed", str(SEED)], stdout=subprocess.DEVNULL)
    until = time.monotonic() + 120
    while len(list(out.glob("results/*/*.json"))) < 4 and time.monotonic() < until:
        time.sleep(0.005)
    children = children_of(running.pid)
    running.send_signal(signal.SIGKILL)
    running.wait()
    kept = len(list(out.glob("results/*/*.json")))
    assert 4 <= kept < 14
    assert children
    assert ended(children), "processes were left behind"
    again = subprocess.run([*command, "--resume"], capture_output=True, text=True, timeout=300)
    assert again.returncode == 0, again.stderr
    assert "are kept" in again.stdout
    assert content_of(out) == expected


def children_of(process):
    found = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True).stdout.split()
    parents = dict(zip(map(int, found[::2]), map(int, found[1::2]), strict=True))
    children = {pid for pid, parent in parents.items() if parent == process}
    return children.union(*(children_of(child) for child in children)) if children else children


def ended(processes):
    until = time.monotonic() + 20
    while time.monotonic() < until:
        if not [pid for pid in processes if Path(f"/proc/{pid}").exists()]:
            return True
        time.sleep(0.05)
    return False


def test_resuming_grades_what_has_changed_since(unbroken, tmp_path):
    import shutil

    folder, out = tmp_path / "in", tmp_path / "out"
    shutil.copytree(unbroken[0], folder)
    graded(folder, out)
    hand_in(folder, "ben 0", answered())
    result = graded(folder, out, seed=None, resume=True)
    assert result.kept == 12  # all but hers, and the one that cannot be read
    assert {grade.student: grade.score for grade in result.grades}["ben 0"] == 2


def test_resuming_with_other_settings_is_refused(unbroken, tmp_path):
    graded(unbroken[0], tmp_path / "out")
    with pytest.raises(ValueError, match="seed was"):
        graded(unbroken[0], tmp_path / "out", seed=SEED + 1, resume=True)


def test_grades_are_kept_as_plain_json(unbroken, tmp_path):
    result = graded(unbroken[0], tmp_path / "out")
    files = sorted((tmp_path / "out" / "results").glob("*/*.json"))
    kept = [SubmissionGrade.from_json(json.loads(file.read_text("utf-8"))) for file in files]
    assert sorted(kept, key=lambda grade: grade.student) == sorted(
        result.grades, key=lambda grade: grade.student
    )


def test_every_submission_is_scored_or_listed(unbroken, tmp_path):
    grades = {grade.student: grade for grade in graded(unbroken[0], tmp_path / "out").grades}
    assert len(grades) == 14
    assert {student for student, grade in grades.items() if grade.reason} == {"dora", "eve"}
    log = (tmp_path / "out" / "grading.log").read_text()
    assert "not JSON" in log
    assert "0x" not in log.replace("0x...", "")


def test_a_parent_that_dies_is_replaced(tmp_path):
    with grader() as opened:
        submission = hand_in(tmp_path, "ada", answered())
        assert opened.grade(submission).score == 2
        process = opened.parents.get(with_torch=False)._process
        process.kill()
        process.wait()
        assert opened.grade(submission).score == 2


def test_a_seed_is_drawn_and_recorded_where_none_is_given(tmp_path):
    hand_in(tmp_path / "in", "ada", answered())
    first = graded(tmp_path / "in", tmp_path / "one", seed=None)
    other = graded(tmp_path / "in", tmp_path / "two", seed=None)
    assert first.seed != other.seed
    assert str(first.seed) in (tmp_path / "one" / "run.json").read_text()


# --- The level ---------------------------------------------------------------------------------------------


def test_less_than_a_whole_sandbox_is_refused_if_so_asked(monkeypatch):
    monkeypatch.setattr(sandbox, "WAYS", ("process",))
    with pytest.raises(SandboxError, match="no whole sandbox"):
        Grader(settings(sandbox="require"))


def test_less_than_a_whole_sandbox_is_said_loudly_and_recorded(monkeypatch, tmp_path):
    said = []
    hand_in(tmp_path / "in", "ada", answered())
    result = graded(tmp_path / "in", tmp_path / "out", sandbox="none", say=said.append)
    assert result.grades[0].score == 2
    assert result.grades[0].sandbox.startswith("process, not kept apart: ")
    assert any("WARNING" in line for line in said)
    assert "not kept apart" in (tmp_path / "out" / "grading.log").read_text()


def test_where_nothing_can_be_forked_each_answer_gets_a_new_python(monkeypatch, tmp_path):
    monkeypatch.setattr(sandbox, "WAYS", ("spawn",))
    said = []
    loops = "def class_pixels(mask, class_id):\n    while True: pass"
    monkeypatch.setattr("course_lib.grading.sandbox.spawn._START_SECONDS", 3.0)
    hand_in(tmp_path / "in", "ada", answered())
    hand_in(tmp_path / "in", "ben", answered(class_pixels=loops))
    hand_in(tmp_path / "in", "cem", answered(class_pixels="import os\nclass_pixels = os._exit(3)"))
    result = graded(tmp_path / "in", tmp_path / "out", deadline=1.0, say=said.append)
    assert [grade.score for grade in result.grades] == [2, 1, 1]
    assert [by_id(grade)[FIRST.id].status for grade in result.grades] == ["passed", "stopped", "stopped"]
    assert result.grades[0].sandbox.startswith("spawn, not kept apart: files")
    assert any("WARNING" in line for line in said)


def test_the_level_is_recorded_with_every_grade(warm, tmp_path):
    assert warm.grade(hand_in(tmp_path, "ada", answered())).sandbox == str(warm.level)


def test_the_command_ends_well_when_every_submission_is_scored_or_listed(tmp_path, capsys):
    from course_lib.cli import main

    hand_in(tmp_path / "in", "ada", answered())
    hand_in(tmp_path / "in", "ben", b"x")
    assert main(["grade", str(tmp_path / "in"), "--out", str(tmp_path / "out"), "--lessons", "0"]) == 0
    printed = capsys.readouterr().out
    assert "[2/2]" in printed
    assert "1 submissions scored, 100% of the points reached; 1 listed with a reason." in printed
    assert main(["grade", str(tmp_path / "nowhere"), "--out", str(tmp_path / "out")]) == 2
    assert [path.stem for path in (tmp_path / "out" / "results" / "ada").iterdir()] == [START]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--lessons", "07"), "There is no notebook of lesson 07"),
        (("--lessons", "x"), "'x' is not a lesson"),
        (("--deadline", "0"), "must be a number of seconds above 0"),
        (("--memory", "-5"), "needs 64 megabytes or more"),
    ],
)
def test_settings_that_cannot_be_are_refused_in_one_line(options, words, tmp_path, capsys):
    from course_lib.cli import main

    hand_in(tmp_path / "in", "ada", answered())
    assert main(["grade", str(tmp_path / "in"), "--out", str(tmp_path / "out"), *options]) == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert words in line
    assert not (tmp_path / "out").exists()


def test_solutions_of_the_class_are_those_of_the_course():
    assert set(solutions()) == {FIRST.id, SECOND.id}


# --- Answers that build on others --------------------------------------------------------------------------

BUILDING = {
    "untouched": lambda source: source.partition("    for ")[0] + "    raise NotImplementedError()",
    "wrong": lambda source: source.partition('"""')[0] + "    return None",
    "without an end": lambda source: source.partition('"""')[0] + "    while True: pass",
    "no Python": lambda source: "def confusion_matrix(prediction, truth, num_classes) return",
    "deleted": lambda source: "",
}


@pytest.mark.parametrize("what", BUILDING)
def test_an_answer_costs_none_of_those_that_build_on_it(what, warm, tmp_path):
    """In a notebook, unblock lets a lesson go on with the course's own answer; so it does here."""
    source = BUILDING[what](solutions(IOU)["confusion-matrix"])
    assert "confusion_matrix(" in solutions(IOU)["pooled-iou"]
    grade = warm.grade(hand_in(tmp_path, "ada", answered(IOU, confusion_matrix=source), IOU))
    scores = {exercise.exercise_id: exercise.score for exercise in grade.exercises}
    assert scores["confusion-matrix"] == 0
    assert sum(scores.values()) == grade.max_score - 2
    assert any("confusion-matrix does not pass" in note and "pooled-iou" in note for note in grade.notes)


def test_a_lent_answer_answers_no_exercise_of_its_own(warm, tmp_path):
    source = "def confusion_matrix(*args):\n    return unblock('confusion-matrix', None)(*args)"
    asks = "def iou_from_matrix(matrix):\n    return unblock('pooled-iou', None)([matrix], 2)"
    content = answered(IOU, confusion_matrix=source, iou_from_matrix=asks)
    grades = by_id(warm.grade(hand_in(tmp_path, "ada", content, IOU)))
    assert grades["confusion-matrix"].score == grades["iou-from-matrix"].score == 0
    assert grades["pooled-iou"].status == "passed"


def test_a_lent_answer_takes_hostile_arguments(warm, tmp_path, monkeypatch):
    opened, open_jail = [], NotebookGrading._open_for_lending
    monkeypatch.setattr(
        NotebookGrading, "_open_for_lending", lambda own: opened.append(own) or open_jail(own)
    )
    wrong = "def confusion_matrix(prediction, truth, num_classes):\n    return None"
    hostile = """
def pooled_iou(pairs, num_classes):
    for args in ((), (0, 0, 10**9), ([[[]]], {}, None), (np.zeros(3), np.zeros(4), 10**8), (object(), len, -1)):
        try: confusion_matrix(*args)
        except Exception: pass
    for _ in range(30_000): confusion_matrix(None, None, None)
"""
    content = answered(IOU, confusion_matrix=wrong, pooled_iou=hostile)
    grades = by_id(warm.grade(hand_in(tmp_path, "ada", content, IOU)))
    assert grades["pooled-iou"].score == 0
    assert grades["iou-from-matrix"].status == "passed"
    assert (
        1 < len(opened) < 30
    )  # each failed call costs a process, up to a limit; changed answers make many calls
