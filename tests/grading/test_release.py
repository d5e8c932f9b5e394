"""What is handed out: nbgrader's folders, the notebooks as they were built, and never a solution."""

import json

import pytest

from course_lib.cli import main
from course_lib.grading.release import release
from course_lib.paths import course_root

NAME = "01_small"


def notebook(source, outputs=()):
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "source": source, "outputs": list(outputs)}
    cell["execution_count"] = 1 if outputs else None
    return json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


@pytest.fixture
def course(tmp_path):
    for folder, text in (
        ("notebooks", notebook(["raise NotImplementedError()"])),
        (
            "solutions",
            notebook(["### BEGIN SOLUTION\n", "1\n", "### END SOLUTION"], [{"output_type": "stream"}]),
        ),
    ):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / f"{NAME}.ipynb").write_text(text, encoding="utf-8")
    return tmp_path


def test_the_folders_are_nbgraders(course, tmp_path):
    out = tmp_path / "out"
    assert release(course, out) == [NAME]
    files = sorted(path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file())
    assert files == ["nbgrader_config.py", f"release/{NAME}/{NAME}.ipynb", f"source/{NAME}/{NAME}.ipynb"]
    student = (out / "release" / NAME / f"{NAME}.ipynb").read_text(encoding="utf-8")
    assert student == (course / "notebooks" / f"{NAME}.ipynb").read_text(encoding="utf-8")
    (cell,) = json.loads((out / "source" / NAME / f"{NAME}.ipynb").read_text(encoding="utf-8"))["cells"]
    assert cell["outputs"] == []
    assert "### BEGIN SOLUTION\n" in cell["source"]
    compile((out / "nbgrader_config.py").read_text(encoding="utf-8"), "nbgrader_config.py", "exec")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (notebook(["### BEGIN SOLUTION\n", "1"]), "cell 1, holds a solution"),
        (notebook(["1"], [{"output_type": "stream"}]), "cell 1, holds outputs"),
    ],
)
def test_a_solution_is_never_handed_out(course, tmp_path, text, words):
    (course / "notebooks" / f"{NAME}.ipynb").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=words):
        release(course, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_missing_notebook_is_named(course, tmp_path):
    (course / "solutions" / f"{NAME}.ipynb").unlink()
    with pytest.raises(FileNotFoundError, match="course build makes it"):
        release(course, tmp_path / "out")
    with pytest.raises(FileNotFoundError, match="There is no lesson 02"):
        release(course, tmp_path / "out", ["2"])
    with pytest.raises(FileNotFoundError, match="There is no notebook"):
        release(tmp_path / "nowhere", tmp_path / "out")


def test_the_courses_own_lesson_is_released_by_the_command(tmp_path, capsys):
    assert main(["release", "--out", str(tmp_path), "--lessons", "03"]) == 0
    assert "1 notebook to hand out" in capsys.readouterr().out
    name = "03_iou_and_dice_by_hand"
    released = tmp_path / "release" / name / f"{name}.ipynb"
    assert released.read_bytes() == (course_root() / "notebooks" / f"{name}.ipynb").read_bytes()
    cells = json.loads(released.read_text(encoding="utf-8"))["cells"]
    graded = [cell["metadata"]["nbgrader"] for cell in cells if "nbgrader" in cell["metadata"]]
    assert len({mark["grade_id"] for mark in graded}) == len(graded) > 2
    assert all(mark["schema_version"] == 3 for mark in graded)
