"""The tables of lessons in README, CONTRIBUTING and lesson 00 agree with the lessons."""

import re

import pytest

from course_lib.exercises import outline
from course_lib.lessons import lesson_files
from course_lib.paths import course_root

ROOT = course_root()
LESSONS = lesson_files(ROOT / "solutions", ".py")
ROW = re.compile(r"^\| (\d\d) \| \[(.+)\]\((notebooks/.+\.ipynb)\) \| (\d+) \|$", re.MULTILINE)


def test_every_lesson_has_its_row():
    rows = ROW.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    assert [link for _, _, link, _ in rows] == [f"notebooks/{path.stem}.ipynb" for path in LESSONS]


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_title_and_minutes_are_the_lessons_own(path):
    text = path.read_text(encoding="utf-8")
    title = re.search(r"^# # (.+)$", text, re.MULTILINE)[1]
    minutes = re.search(r"\*\*Time\*\* (\d+) minutes", text)[1]
    number = path.stem[:2]
    (row,) = [
        row for row in ROW.findall((ROOT / "README.md").read_text(encoding="utf-8")) if row[0] == number
    ]
    assert (row[1], row[3]) == (title, minutes)


def test_the_first_lesson_leads_to_all_others():
    rows = re.findall(
        r"^# \| \[(\d\d) (.+)\]\((.+)\.ipynb\) \| .+ \| (\d+) \|$",
        LESSONS[0].read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    readme = ROW.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    assert (
        rows
        == [
            (number, title, path.stem, minutes)
            for (number, title, _, minutes), path in zip(readme, LESSONS, strict=True)
        ][1:]
    )


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_contributing_counts_the_lessons_exercises(path):
    entries = [entry for entry in outline() if entry.lesson == path.stem[:2]]
    points = sum(entry.points for entry in entries)
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert f"| {path.stem} | {len(entries)} | {points} | 0 | 0 |" in text


def test_the_readmes_pictures_are_there_and_have_words():
    pictures = re.findall(r"!\[(.*?)\]\((.+?)\)", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert {"docs/check.png", "docs/explorer.png"} <= {path for _, path in pictures}
    for words, path in pictures:
        assert len(words) > 40
        assert (ROOT / path).is_file()
    for name in ("check", "explorer"):
        assert (ROOT / "docs" / f"{name}.png").stat().st_size < 150_000
