"""The course's own notebooks: as built, complete, guarded by nbval, and torch-free where they say so."""

import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from course_lib.authoring.build import find_lessons, find_orphans, find_stale
from course_lib.authoring.lesson import exercises_of, read_lesson
from course_lib.exercises import all_exercises

ROOT = Path(__file__).resolve().parents[2]
WITHOUT_TORCH = ("01", "02", "03")

WORKED_EXAMPLES = """
    argmax-street argmax-dog accuracy-3x3 miou-3x3 overlap-4x4 regions-10-10-40 all-background-90 all-background-80
    pedestrians-92 empty-prediction absent-class logits-shape ce-one-pixel ce-wiring-bugs dice-from-iou dice-loss
    iou-loss focal weighted-ce trimap-ids overlay tiny-unet-shapes unet-shapes unet-572 transposed-2x2 transposed-16
    downsample-32 skip-concat-add mask-head lr-schedules recipe smp-shapes segformer-shapes
"""


def test_every_notebook_is_as_its_lesson_says():
    assert [path.name for path in find_stale(find_lessons(ROOT), ROOT)] == []
    assert find_orphans(ROOT) == []


def test_every_worked_example_is_in_an_exercise():
    shown = {worked.example for exercise in all_exercises() for worked in exercise.worked_cases}
    assert [example for example in WORKED_EXAMPLES.split() if example not in shown] == []


def test_every_exercise_is_in_a_lesson():
    held = [exercise.id for path in find_lessons(ROOT) for exercise in exercises_of(read_lesson(path))]
    assert held == [exercise.id for exercise in all_exercises()]


def replay(notebook):
    """Run nbval on a notebook, and return whether it passes, and its report."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", notebook.parent]
    command += ["--nbval-lax", "--nbval-current-env", notebook]
    process = subprocess.run(command, capture_output=True, encoding="utf-8", cwd=notebook.parent)
    assert process.returncode in (0, 1), process.stdout + process.stderr
    return process.returncode == 0, process.stdout


def write_notebook(path, *cells):
    nbformat.write(nbformat.v4.new_notebook(cells=list(cells)), path)
    return path


@pytest.mark.slow
def test_nbval_notices_one_changed_value(tmp_path):
    cell = nbformat.v4.new_code_cell(
        "print(0.75)",
        execution_count=1,
        metadata={"tags": ["nbval-check-output"]},
        outputs=[nbformat.v4.new_output("stream", name="stdout", text="0.75\n")],
    )
    assert replay(write_notebook(tmp_path / "tiny.ipynb", cell))[0]
    cell.outputs[0].text = "0.76\n"
    passed, report = replay(write_notebook(tmp_path / "tiny.ipynb", cell))
    assert not passed
    assert "0.76" in report


@pytest.mark.slow
def test_what_is_deprecated_stops_a_solution_but_not_jupyter(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONWARNINGS", "error::DeprecationWarning")  # as the Makefile says
    assert replay(write_notebook(tmp_path / "new.ipynb", nbformat.v4.new_code_cell("print(1)")))[0]
    old = nbformat.v4.new_code_cell("import warnings\nwarnings.warn('it is old', DeprecationWarning)")
    passed, report = replay(write_notebook(tmp_path / "old.ipynb", old))
    assert not passed
    assert "it is old" in report


@pytest.mark.slow
def test_nbval_notices_one_changed_value_of_a_lesson(tmp_path):
    (stored,) = (ROOT / "solutions").glob("01_*.ipynb")
    lesson = nbformat.read(stored, as_version=4)
    compared = [cell for cell in lesson.cells if "nbval-check-output" in cell.metadata.get("tags", ())]
    last = lesson.cells.index(compared[0])
    lesson.cells = lesson.cells[: last + 1]
    copy = tmp_path / stored.name
    nbformat.write(lesson, copy)
    assert replay(copy)[0]
    output = compared[0].outputs[0]
    digit = next(character for character in output.text if character.isdigit())
    output.text = output.text.replace(digit, str((int(digit) + 1) % 10), 1)
    nbformat.write(lesson, copy)
    assert not replay(copy)[0]


RUN = """
import sys
import nbformat
from IPython.core.interactiveshell import InteractiveShell

shell = InteractiveShell.instance()
for cell in nbformat.read(sys.argv[1], as_version=4).cells:
    if cell.cell_type == "code":
        result = shell.run_cell(cell.source)
        result.raise_error()
assert "torch" not in sys.modules, "torch was imported"
"""


@pytest.mark.slow
@pytest.mark.parametrize("lesson", WITHOUT_TORCH)
def test_the_first_lessons_need_no_torch(lesson, tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_PROGRESS", str(tmp_path / "progress.json"))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    (notebook,) = (ROOT / "notebooks").glob(f"{lesson}_*.ipynb")
    command = [sys.executable, "-c", RUN, notebook]
    process = subprocess.run(command, capture_output=True, encoding="utf-8", cwd=tmp_path)
    assert process.returncode == 0, process.stdout[-2000:] + process.stderr[-2000:]
