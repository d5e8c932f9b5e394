"""The file in which a learner's progress is kept."""

import json
import multiprocessing

import pytest

from course_lib.checking.progress import Progress


def passed(record):
    record.passed = True


def hinted(record):
    record.hints += 1


def test_what_is_noted_is_read_again(tmp_path):
    path = tmp_path / "work" / "progress.json"
    Progress.load(path).update("iou", passed)
    assert Progress.load(path).record("iou").passed
    assert not Progress.load(path).record("dice").passed


def note_many(path, count):
    for _ in range(count):
        Progress.load(path).update("iou", hinted)


def test_two_notebooks_at_once_lose_nothing(tmp_path):
    path = tmp_path / "progress.json"
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=note_many, args=(path, 20)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert Progress.load(path).record("iou").hints == 40


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"exercises": {"iou": {"points": 3}}}', '{"exercises": {"iou": {"hints": "x"}}}']
)
def test_a_damaged_file_is_kept_aside(tmp_path, text):
    path = tmp_path / "progress.json"
    path.write_text(text, encoding="utf-8")
    progress = Progress.load(path)
    (aside,) = tmp_path.glob("progress.damaged-*.json")
    assert aside.read_text(encoding="utf-8") == text
    assert aside.name in progress.notices[0]
    progress.update("iou", passed)
    assert json.loads(path.read_text(encoding="utf-8"))["exercises"]["iou"]["passed"]


def test_a_folder_that_cannot_be_written_stops_nobody(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("", encoding="utf-8")
    progress = Progress.load(blocked / "progress.json")
    assert progress.update("iou", passed).passed  # for this session
    assert "could not be saved" in progress.notices[-1]


def test_the_solution_opens_after_three_different_tries_or_a_pass(tmp_path):
    progress = Progress.load(tmp_path / "progress.json")
    record = progress.update("iou", lambda record: record.tries.extend([1, 2]))
    assert not record.may_see_solution
    assert progress.update("iou", lambda record: record.tries.append(3)).may_see_solution
    assert progress.update("dice", passed).may_see_solution


def test_a_file_with_former_ids_is_understood(tmp_path):
    path = tmp_path / "progress.json"
    records = {"ce-mean": {"passed": True, "best_score": 3.0}, "iou": {"hints": 2}}
    path.write_text(json.dumps({"version": 1, "exercises": records}), encoding="utf-8")
    progress = Progress.load(path)
    assert progress.record("mean-loss").passed
    assert progress.record("mean-loss").best_score == 3.0
    progress.update("iou", hinted)
    written = json.loads(path.read_text(encoding="utf-8"))["exercises"]
    assert set(written) == {"mean-loss", "iou"}
    assert written["mean-loss"]["passed"]
    assert written["iou"]["hints"] == 3


def test_of_two_records_that_of_the_present_id_counts(tmp_path):
    path = tmp_path / "progress.json"
    records = {"mean-loss": {"hints": 2}, "ce-mean": {"hints": 1}}
    path.write_text(json.dumps({"version": 1, "exercises": records}), encoding="utf-8")
    assert Progress.load(path).record("mean-loss").hints == 2


def test_records_of_exercises_that_the_course_no_longer_has_are_kept(tmp_path):
    path = tmp_path / "progress.json"
    gone = {"halve": {"passed": True, "best_score": 2.0}, "ce-plus-dice": {"hints": 1}}
    path.write_text(json.dumps({"version": 1, "exercises": gone}), encoding="utf-8")
    progress = Progress.load(path)
    progress.update("iou", hinted)
    assert progress.notices == []
    assert set(json.loads(path.read_text(encoding="utf-8"))["exercises"]) == {"halve", "ce-plus-dice", "iou"}
