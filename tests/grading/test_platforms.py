"""The owner of each file: platforms' own names, wrappers, loose files, and unclear packages."""

import csv
import re
import zipfile

import pytest
from odd_packages import ALL, IOU, LESSONS

from course_lib.grading.intake.collect import collect
from course_lib.grading.intake.submissions import read_class

UNKNOWN = ("--lesson", "its owner is unclear")  # what a single file lacks: which lesson, which student


def packed(tmp_path, entries):
    path = tmp_path / "class.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return path


def unpacked(tmp_path, entries):
    for name, content in entries.items():
        path = tmp_path / "class" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return tmp_path / "class"


READ = {name: odd for name, odd in ALL.items() if not odd.refused}
REFUSED = {name: odd for name, odd in ALL.items() if odd.refused and odd.refused not in UNKNOWN}


@pytest.mark.parametrize("odd", READ.values(), ids=READ)
def test_a_zip_is_read_student_by_student(odd, tmp_path):
    out = tmp_path / "out"
    collect(packed(tmp_path, odd.entries), out, LESSONS)
    found = {
        path.parent.relative_to(out).as_posix(): path.read_text("utf-8") for path in out.rglob("*.ipynb")
    }
    assert found == odd.read
    with (out / "collected.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    assert {student for student, row in rows.items() if row["late"]} == set(odd.late)
    assert {student: rows[student]["canvas_id"] for student in odd.ids} == odd.ids
    assert {student: rows[student]["email"] for student in odd.emails} == odd.emails


@pytest.mark.parametrize("odd", READ.values(), ids=READ)
def test_grading_reads_a_folder_as_collecting_reads_a_zip(odd, tmp_path):
    submissions, intake = read_class(unpacked(tmp_path, odd.entries))
    found = {
        f"{one.student}/{one.assignment}": one.path.read_text("utf-8") for one in submissions if one.path
    }
    assert found == odd.read
    assert intake.students == len({one.student for one in submissions})


@pytest.mark.parametrize("odd", REFUSED.values(), ids=REFUSED)
def test_unclear_packages_are_refused_in_one_sentence(odd, tmp_path):
    with pytest.raises(ValueError, match=re.escape(odd.refused)) as refused:
        collect(packed(tmp_path, odd.entries), tmp_path / "out", LESSONS)
    assert "\n" not in str(refused.value)
    assert not any((tmp_path / "out").iterdir())
    with pytest.raises(ValueError, match=re.escape(odd.refused)):
        read_class(unpacked(tmp_path, odd.entries))


@pytest.mark.parametrize("name", [name for name, odd in ALL.items() if odd.refused in UNKNOWN])
def test_files_that_say_too_little_are_left_out_and_named(name, tmp_path):
    odd = ALL[name]
    result = collect(packed(tmp_path, odd.entries), tmp_path / "out", LESSONS)
    assert result.written == []
    assert sorted(left for left, _ in result.left) == sorted(odd.entries)
    assert all(odd.refused in reason for _, reason in result.left)


def test_files_of_one_lesson_without_a_name_are_not_taken_for_versions(tmp_path):
    path = packed(tmp_path, {"Kurs/ada.ipynb": "1", "Kurs/ben.ipynb": "2"})
    with pytest.raises(ValueError, match="one student's versions or several students' work"):
        collect(path, tmp_path / "out", LESSONS, IOU)
    path = packed(tmp_path, {"submissions/ada.ipynb": "1", "submissions/ben.ipynb": "2"})
    assert collect(path, tmp_path / "out", LESSONS, IOU).students == 2
