"""A learner's commands on the small course: start, reset, check, progress."""

import os
import shutil
import subprocess
import sys

import nbformat
import pytest
from jupyterlab.labapp import LabApp
from small_exercises import EXERCISES, install  # noqa: F401 - the module is imported by the kernels, too

from course_lib.authoring.answers import answer_source, without_solution
from course_lib.cli import main
from course_lib.former_names import EXERCISES as EXERCISES_BY_FORMER_ID
from course_lib.learner import check_in_terminal
from course_lib.learner.check_in_terminal import check_answers, summary
from course_lib.learner.start_reset import reset, start

pytestmark = pytest.mark.slow


@pytest.fixture
def desk(built_course, tmp_path, monkeypatch):
    """A learner's folder: the notebook was handed out, nothing was copied yet."""
    (tmp_path / "notebooks").mkdir()
    shutil.copy(built_course.student, tmp_path / "notebooks")
    monkeypatch.setenv("COURSE_ROOT", str(tmp_path))
    return tmp_path


@pytest.fixture
def mine(desk):
    """The learner's copy."""
    (desk / "work").mkdir()
    return shutil.copy(desk / "notebooks" / "01_small.ipynb", desk / "work" / "01_small.ipynb")


def answer(path, **answers):
    """Write answers into a learner's notebook, by the exercise's id."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
        if grade_id in answers:
            cell.source = answers[grade_id]
    nbformat.write(notebook, path)


def test_start_copies_and_opens_the_lesson(desk, monkeypatch, capsys):
    calls = []
    monkeypatch.setattr(LabApp, "launch_instance", calls.append)
    assert main(["start", "1", "--no-browser"]) == 0
    assert (desk / "work" / "01_small.ipynb").read_bytes() == (
        desk / "notebooks" / "01_small.ipynb"
    ).read_bytes()
    assert calls[0][-2:] == ["--LabApp.default_url=/lab/tree/01_small.ipynb", "--no-browser"]
    assert f"Your notebook is {desk / 'work' / '01_small.ipynb'}" in capsys.readouterr().out


def test_start_does_not_touch_a_learners_notebook(mine, monkeypatch):
    answer(mine, add="def add(a, b):\n    return a + b")
    before = mine.read_bytes()
    monkeypatch.setattr(LabApp, "launch_instance", lambda arguments: None)
    start("01")
    assert mine.read_bytes() == before


def test_start_says_which_lessons_there_are(desk, capsys):
    assert main(["start", "09"]) == 2
    assert "There is no lesson 09" in capsys.readouterr().err


def test_reset_keeps_a_backup(mine, desk, capsys):
    answer(mine, add="def add(a, b):\n    return 3")
    before = mine.read_bytes()
    assert main(["reset", "01"]) == 0
    assert mine.read_bytes() == (desk / "notebooks" / "01_small.ipynb").read_bytes()
    (backup,) = mine.parent.glob("01_small.backup-????????-??????.ipynb")
    assert backup.read_bytes() == before
    assert f"Your earlier copy is in {backup}" in capsys.readouterr().out


def test_two_resets_keep_two_backups(mine):
    backups = set()
    for number in range(3):
        answer(mine, add=f"add = {number}")
        backups.add(reset("01")[1])
    assert len(backups) == 3
    assert all(backup.is_file() for backup in backups)


def test_reset_of_an_untouched_or_missing_notebook_keeps_nothing(mine):
    assert reset("01") == (mine, None)
    mine.unlink()
    assert reset("01") == (mine, None)
    assert mine.is_file()


def test_check_reports_every_exercise(mine, capsys):
    answer(mine, add="def add(a, b):\n    return a - b")
    assert main(["check", "01"]) == 1
    out = capsys.readouterr().out
    assert "You subtracted: a sum takes the plus sign." in out
    assert "still ends `double` there" in out
    assert out.endswith("0 of 2 passed, 0 of 3 points\n")
    assert "<div" not in out


@pytest.mark.parametrize("lost", ["nothing", "metadata"])
def test_check_understands_a_notebook_with_former_ids(mine, monkeypatch, capsys, lost):
    monkeypatch.setitem(EXERCISES_BY_FORMER_ID, "sum", "add")
    answer(mine, add="def add(a, b):\n    return a + b")
    text = mine.read_text(encoding="utf-8")
    text = (
        text.replace('"add"', '"sum"').replace('"add-check"', '"sum-check"').replace('\\"add\\"', '\\"sum\\"')
    )
    assert 'check(\\"sum\\")' in text
    mine.write_text(text.replace('"nbgrader"', '"other"') if lost == "metadata" else text, encoding="utf-8")
    assert main(["check", "01"]) == 1
    out = capsys.readouterr().out
    assert "Passed: A sum (add)" in out
    assert out.endswith("1 of 2 passed, 2 of 3 points\n")


def test_check_of_right_answers_is_0(mine, capsys):
    answer(mine, **{exercise.id: answer_source(exercise) for exercise in EXERCISES})
    assert main(["check", "01"]) == 0
    assert capsys.readouterr().out.endswith("2 of 2 passed, 3 of 3 points\n")


def edit(path, change):
    notebook = nbformat.read(path, as_version=4)
    change(notebook.cells)
    nbformat.write(notebook, path)


def test_a_cell_that_raises_stops_nothing(mine):
    answer(mine, add="def add(a, b:\n    return a + b", double="double = lambda number: number * 2")
    add, double = check_answers("01")
    assert not add.passed
    assert "no cell defines `add`" in add.text
    assert "Before this check, the cell that begins 'def add(a, b:' raised SyntaxError" in add.text
    assert double.passed
    assert summary([add, double]) == "1 of 2 passed, 1 of 3 points"


def test_magics_run_and_cells_that_train_do_not(mine):
    answer(mine, add="%time print('hello')\ndef add(a, b):\n    return a + b")

    def spoil_training(cells):
        cell = next(cell for cell in cells if "trains" in cell.metadata.get("tags", ()))
        cell.source = "raise SystemExit('trained')"

    edit(mine, spoil_training)
    add, double = check_answers("01")
    assert add.passed
    assert "trained" not in double.text


def test_lost_doubled_and_bare_check_cells_are_judged(mine):
    answer(mine, add="def add(a, b):\n    return a + b", double="def double(n):\n    return n + n")

    def shuffle(cells):
        checks = [cell for cell in cells if cell.source.startswith("check(")]
        early = nbformat.v4.new_code_cell('check("add")')
        cells.insert(3, early)  # before add is written
        checks[0].metadata = {}  # pasted: nbgrader's metadata is lost
        cells.remove(checks[1])

    edit(mine, shuffle)
    assert [(report.exercise, report.passed) for report in check_answers("01")] == [
        ("add", True),
        ("double", True),
    ]


def place_of_add(cells):
    return next(index for index, cell in enumerate(cells) if cell.source.startswith("def add"))


@pytest.mark.parametrize(("kind", "word"), [("markdown", "Markdown"), ("raw", "raw text")])
def test_an_answer_that_is_not_code_is_named(mine, kind, word):
    answer(mine, add="def add(a, b):\n    return a + b", double="def double(n):\n    return n + n")

    def turn(cells):
        index = place_of_add(cells)
        other = nbformat.v4.new_markdown_cell if kind == "markdown" else nbformat.v4.new_raw_cell
        cells[index] = other(cells[index].source, metadata=cells[index].metadata)

    edit(mine, turn)
    add, double = check_answers("01")
    assert (add.status, double.status) == ("missing", "passed")
    assert "no cell defines `add`" in add.text
    number = 1 + place_of_add(nbformat.read(mine, as_version=4).cells)
    assert f"The cell of add (cell {number}) is {word}, not code: turn it back" in add.text


def test_an_answer_that_was_split_is_named(mine):
    answer(mine, add="def add(a, b):\n    total = a + b")
    rest = nbformat.v4.new_code_cell("    return total")
    edit(mine, lambda cells: cells.insert(place_of_add(cells) + 1, rest))
    number = 1 + place_of_add(nbformat.read(mine, as_version=4).cells)
    add, _ = check_answers("01")
    assert not add.passed
    assert f"`add` looks as if it was split: cell {number + 1} begins indented." in add.text


def test_the_courses_own_answer_is_not_the_learners(mine):
    edit(mine, lambda cells: [cells.remove(cell) for cell in list(cells) if "def add" in cell.source])
    edit(mine, lambda cells: [cells.remove(cell) for cell in list(cells) if cell.source == 'check("add")'])
    statuses = {report.exercise: report.status for report in check_answers("01")}
    assert statuses["add"] == "missing"


def test_an_endless_cell_is_interrupted(mine, monkeypatch):
    monkeypatch.setattr(check_in_terminal, "CELL_SECONDS", 2)
    answer(mine, add="while True:\n    pass", double="def double(n):\n    return n + n")
    add, double = check_answers("01")
    assert "KeyboardInterrupt" in add.text
    assert double.passed


def test_a_cell_that_ends_python_is_named(mine):
    answer(mine, add="def add(a, b):\n    return a + b", double="import os\nos._exit(1)")
    add, double = check_answers("01")
    assert add.passed
    assert "Python itself died in the cell that begins 'import os'" in double.text


def test_check_counts_no_try(mine, monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_PROGRESS", str(tmp_path / "progress.json"))
    answer(mine, add="hint('add')\ndef add(a, b):\n    return a + b")
    check_answers("01")
    assert not (tmp_path / "progress.json").exists()


def test_check_needs_a_copy(desk, capsys):
    assert main(["check", "01"]) == 2
    assert "You have no 01_small.ipynb in" in capsys.readouterr().err


def test_progress_is_printed(monkeypatch, capsys):
    monkeypatch.setattr("course_lib.notebook.progress_text", lambda: "all done")
    assert main(["progress"]) == 0
    assert capsys.readouterr().out == "all done\n"


def test_the_notebook_that_is_handed_out_is_unsolved(desk):
    text = (desk / "notebooks" / "01_small.ipynb").read_text(encoding="utf-8")
    for exercise in EXERCISES:
        assert without_solution(answer_source(exercise)).splitlines()[-2].strip() in text


def test_a_notebook_that_is_damaged_is_named(mine, capsys):
    mine.write_text('{"cells": [', encoding="utf-8")
    assert main(["check", "01"]) == 2
    line = capsys.readouterr().err
    assert line.startswith(f"course check: {mine} cannot be read as a notebook")
    assert "`course reset 01`" in line


@pytest.mark.skipif(
    os.name == "nt",
    reason="there a pipe without a reader is an OSError like any other, and gets its one line",
)
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_that_has_had_enough_ends_a_command_quietly(unbuffered):
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "course_lib", "progress"]
    environment = os.environ | {"PYTHONUNBUFFERED": unbuffered}
    process = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, env=environment)
    os.close(write)
    assert (process.returncode, process.stderr) == (1, b"")
