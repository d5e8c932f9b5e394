"""The skeleton of a lesson: it builds, it passes the rules on structure, it overwrites nothing."""

import pytest
from PIL import Image

from course_lib.authoring.lesson import read_lesson
from course_lib.authoring.lint_lessons import Draft, check_lesson
from course_lib.authoring.new_lesson import PLACEHOLDERS, new_lesson
from course_lib.cli import main
from course_lib.lessons import is_lesson_name, lesson_number


def test_the_skeleton_needs_only_its_words_its_picture_and_its_solution(tmp_path):
    lesson, folder = new_lesson("08_losses_for_imbalance", "Losses for imbalance", tmp_path)
    assert lesson == tmp_path / "solutions" / "08_losses_for_imbalance.py"
    assert folder == tmp_path / "course_lib" / "exercises" / "l08_losses_for_imbalance"
    picture = lesson.parent / "pictures" / "08_first.png"
    picture.parent.mkdir()
    Image.new("RGB", (2, 2)).save(picture)
    problems = [problem.message for problem in check_lesson(Draft.of(read_lesson(lesson), ()))]
    *left, last = problems
    named = {problem.partition(" is left over from the skeleton")[0] for problem in left}
    assert named == {repr(words) for words in PLACEHOLDERS}
    assert last == "there is no solution yet: run course build 08"
    package = (folder / "__init__.py").read_text(encoding="utf-8")
    assert package == '"""The exercises of lesson 08: Losses for imbalance."""\n'


@pytest.mark.parametrize("name", ["8_losses", "losses", "08-losses", "08_Losses", "../08_losses"])
def test_a_name_is_two_digits_and_a_slug(tmp_path, name):
    with pytest.raises(ValueError, match="is not a lesson's name"):
        new_lesson(name, "Losses", tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("second", ["08_losses", "08_other"])
def test_nothing_is_overwritten(tmp_path, second):
    lesson, folder = new_lesson("08_losses", "Losses", tmp_path)
    files = [lesson, folder / "__init__.py"]
    before = [path.read_bytes() for path in files]
    with pytest.raises(FileExistsError, match="exists already"):
        new_lesson(second, "Others", tmp_path)
    assert [path.read_bytes() for path in files] == before


def test_the_command_says_what_is_left_to_do(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("COURSE_ROOT", str(tmp_path))
    assert main(["new-lesson", "08_losses", "Losses"]) == 0
    assert (
        f"its exercises is {tmp_path / 'course_lib' / 'exercises' / 'l08_losses'}\n"
        in capsys.readouterr().out
    )
    assert main(["new-lesson", "08_losses", "Losses"]) == 2


@pytest.mark.parametrize("text", ["3", "03", "03_iou_and_dice_by_hand"])
def test_a_lesson_is_named_by_its_number(text):
    assert lesson_number(text) == "03"


@pytest.mark.parametrize("text", ["", "iou", "123", "-1", "3.5"])
def test_anything_else_is_not_a_lesson(text):
    with pytest.raises(ValueError, match="is not a lesson: give its number"):
        lesson_number(text)


def test_backups_are_not_lessons():
    assert is_lesson_name("03_iou")
    assert not is_lesson_name("03_iou.backup-20250101-000000")
