"""Nothing that students' code tries gets it a point, costs others one, stops the grading, or leaves a trace."""

import hashlib
import json
import os
from pathlib import Path

import pytest
from hostile import ATTEMPTS, LEAKS, filled_in
from students import SEED, START, answered, by_id, hand_in

from course_lib.checking.judge import fresh_cases
from course_lib.grading.assignment import exercises_by_id
from course_lib.grading.exports.write_all import write_all
from course_lib.grading.scoring.grade_class import grade_class
from course_lib.paths import course_root

pytestmark = pytest.mark.slow

NAMES = {attempt.name: f"student-{number:03d}" for number, attempt in enumerate(ATTEMPTS)}


def descendants():
    """The processes that come from this one."""
    parents = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
    found, todo = set(), [os.getpid()]
    while todo:
        children = [pid for pid, parent in parents.items() if parent in todo]
        found.update(children)
        todo = children
    return found


def fingerprint(folder):
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def hacked():
    """Files with the name that an attempt would give them, where it would put them."""
    places = (Path(name) for name in ("/", "/etc", "/usr", "/var/tmp", "/tmp", str(course_root())))
    return {place for place in places if (place / "HACKED").exists()}


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """All attempts handed in and graded at once, and what was there before and after."""
    base = tmp_path_factory.mktemp("hostile")
    submissions, out, secret = base / "submissions", base / "grades", base / "secret"
    secret.mkdir()
    (secret / "seed.txt").write_text(f"the seed is {SEED}, the answer is 42")
    (secret / "results").mkdir()
    for folder in (base, secret, secret / "results"):
        folder.chmod(0o777)
    for attempt in ATTEMPTS:
        source = filled_in(attempt, secret, course_root(), os.getpid())
        hand_in(submissions, NAMES[attempt.name], answered(class_pixels=source))
    before = (
        descendants(),
        fingerprint(secret),
        fingerprint(submissions),
        hacked(),
    )
    result = grade_class(submissions, out, seed=SEED, jobs=3, deadline=0.7, memory=512, say=lambda _: None)
    write_all(out, result.grades)
    after = (
        descendants(),
        fingerprint(secret),
        fingerprint(submissions),
        hacked(),
    )
    return {
        "grades": {grade.student: grade for grade in result.grades},
        "level": result.level,
        "before": before,
        "after": after,
        "out": out,
    }


@pytest.mark.parametrize("attempt", ATTEMPTS, ids=lambda attempt: attempt.name)
def test_an_attempt_gets_no_point_and_costs_no_other(graded, attempt):
    grade = graded["grades"][NAMES[attempt.name]]
    assert not grade.reason
    assert len(grade.exercises) == 2
    attacked, honest = by_id(grade)["class-pixels"], by_id(grade)["semantic-map"]
    assert attacked.status in attempt.statuses, attacked
    assert attacked.cases_passed in attempt.cases, attacked
    assert attacked.score <= attacked.max_score * max(attempt.cases) / 15
    assert (honest.status, honest.score) == ("passed", honest.max_score), honest
    if attempt.flag:
        assert any(flag.startswith(attempt.flag) for flag in attacked.flags), attacked.flags


def test_at_least_forty_kinds_are_tried():
    assert len(ATTEMPTS) == len(NAMES) >= 40


def test_no_process_is_left(graded):
    assert graded["after"][0] <= graded["before"][0]


def test_no_file_is_changed(graded):
    if graded["level"].is_whole:
        assert graded["after"][1:] == graded["before"][1:]


def hidden_texts():
    """Hidden input as it would be written, where it is long enough to be no coincidence."""
    exercise = exercises_by_id(START)["class-pixels"]
    worked = {str(case.args[0]) for case in exercise.worked_cases}
    masks = {str(mask) for mask, _ in fresh_cases(exercise, SEED)}
    return [text for text in masks - worked if len(text) > 20]


@pytest.mark.parametrize("attempt", LEAKS, ids=lambda attempt: attempt.name)
def test_no_hidden_input_is_given_away(graded, attempt):
    student, out = NAMES[attempt.name], graded["out"]
    pages = [
        *out.glob(f"feedback/{student}/*"),
        *out.glob(f"gradescope/{student}*"),
        *out.glob(f"results/{student}/*"),
    ]
    assert len(pages) == 3
    for page in [*pages, out / "grading.log", out / "summary.html"]:
        text = page.read_text(encoding="utf-8").replace("&#x27;", "'")
        assert not [hidden for hidden in hidden_texts() if hidden in text], page


def test_feedback_holds_no_script_and_no_escape_code(graded):
    for page in graded["out"].rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert "<script>alert" not in text
        assert "<img src=x" not in text
        assert "\x1b" not in text
        assert "\u202e" not in text


def test_every_result_is_plain_json(graded):
    results = [
        json.loads(path.read_text(encoding="utf-8")) for path in graded["out"].glob("results/*/*.json")
    ]
    assert len(results) == len(graded["grades"])
