"""Lesson 00 leads to the lessons that the README lists, and the README's pictures are there."""

import re

from course_lib.lessons import lesson_files
from course_lib.paths import course_root

ROOT = course_root()
LESSONS = lesson_files(ROOT / "solutions", ".py")
ROW = re.compile(r"^\| (\d\d) \| \[(.+)\]\((notebooks/.+\.ipynb)\) \| (\d+) \|$", re.MULTILINE)


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


def test_the_readmes_pictures_are_there_and_have_words():
    pictures = re.findall(r"!\[(.*?)\]\((.+?)\)", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert {"docs/check.png", "docs/explorer.png"} <= {path for _, path in pictures}
    for words, path in pictures:
        assert len(words) > 40
        assert (ROOT / path).is_file()
    for name in ("check", "explorer"):
        assert (ROOT / "docs" / f"{name}.png").stat().st_size < 150_000
