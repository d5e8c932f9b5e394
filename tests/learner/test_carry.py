"""A learner's record, carried from one machine to another."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from learner_records import ARGMAX, MERGED, NEWER, NOTHING, REFUSED, TRIED, record

from course_lib.checking.progress import Progress, Record
from course_lib.cli import main
from course_lib.learner.carry import export_record, import_record
from course_lib.questions.memory import Memory


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """This machine's record, which is empty."""
    path = tmp_path / "work" / "progress.json"
    monkeypatch.setenv("COURSE_PROGRESS", str(path))
    return path


def exported(folder, content):
    file = folder / "elsewhere.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return file


@pytest.mark.parametrize("case", MERGED)
def test_two_records_become_one(tmp_path, case):
    ours, theirs, both = MERGED[case]
    for content in (ours, theirs):
        assert import_record(exported(tmp_path, content)) == []
    export_record(tmp_path / "out.json")
    assert json.loads((tmp_path / "out.json").read_text(encoding="utf-8")) == both


@pytest.mark.parametrize("text", REFUSED)
def test_another_file_is_refused_and_nothing_changes(tmp_path, here, text):
    import_record(exported(tmp_path, record({"iou": ARGMAX})))
    before = here.read_text(encoding="utf-8")
    with pytest.raises(ValueError, match="^elsewhere.json is not a record of progress, because ") as raised:
        import_record(exported(tmp_path, text))
    assert f"because {REFUSED[text]}: choose the file that Export" in str(raised.value)
    assert here.read_text(encoding="utf-8") == before


def test_bytes_that_are_no_text_are_refused(tmp_path):
    file = tmp_path / "elsewhere.json"
    file.write_bytes(b"\x89PNG\r\n\x1a\n\xff")
    with pytest.raises(ValueError, match="it is not JSON"):
        import_record(file)


def test_a_record_of_a_newer_release_is_refused(tmp_path, here):
    with pytest.raises(
        ValueError, match=r"of a newer release .* in form 2, where this one reads 1: update the course"
    ):
        import_record(exported(tmp_path, NEWER))
    assert not here.exists()


RECORDS = st.builds(
    Record,
    passed=st.booleans(),
    best_score=st.sampled_from([0.0, 0.5, 2.0]),
    tries=st.lists(st.integers(0, 9), unique=True),
    hints=st.integers(0, 3),
)


@given(RECORDS, RECORDS)
def test_nothing_of_either_record_is_lost(one, other):
    both = one.merged_with(other)
    assert both.passed == (one.passed or other.passed)
    assert both.may_see_solution >= max(one.may_see_solution, other.may_see_solution)
    assert (both.best_score, both.hints) == (
        max(one.best_score, other.best_score),
        max(one.hints, other.hints),
    )
    assert sorted(both.tries) == sorted({*one.tries, *other.tries})
    assert both.merged_with(other) == both.merged_with(one) == both


def test_a_damaged_record_of_this_machine_is_kept_aside(tmp_path, here):
    here.parent.mkdir()
    here.write_text("{", encoding="utf-8")
    (notice,) = import_record(exported(tmp_path, record({"iou": ARGMAX})))
    assert "was damaged. It is kept as progress.damaged-" in notice
    assert Progress.load().record("iou").passed


def test_a_record_that_cannot_be_saved_is_said(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("COURSE_PROGRESS", str(tmp_path / "file" / "progress.json"))
    content = record({"iou": ARGMAX}, {"q": {"box": 1, "day": "2026-03-02"}})
    *_, first, second = import_record(exported(tmp_path, content))
    assert "could not be saved" in first
    assert "could not be kept" in second


def test_the_command_brings_a_record_and_shows_it(tmp_path, capsys):
    file = exported(tmp_path, record({"class-pixels": ARGMAX, "iou": TRIED}))
    assert main(["progress", "--import", str(file), "--export", str(tmp_path / "out.json")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "1 of  2 exercises    1 of   2 points  started" in lines[0]
    assert json.loads((tmp_path / "out.json").read_text(encoding="utf-8")) == json.loads(
        file.read_text(encoding="utf-8")
    )


def test_the_command_refuses_another_file(tmp_path, capsys):
    assert main(["progress", "--import", str(exported(tmp_path, "{}"))]) == 2
    assert capsys.readouterr().err.startswith("course progress: elsewhere.json is not a record of progress")
    assert main(["progress", "--import", str(tmp_path / "missing.json")]) == 2
    assert "missing.json" in capsys.readouterr().err


def test_the_file_of_a_laptop_s_own_lessons_can_be_brought(tmp_path, here):
    Progress.load().update("iou", lambda one: setattr(one, "passed", True))
    copy = tmp_path / "copy.json"
    copy.write_bytes(here.read_bytes())
    here.unlink()
    import_record(copy)
    assert Progress.load().record("iou") == Record(**{**NOTHING, "passed": True})
    assert Memory.load().answered == {}
