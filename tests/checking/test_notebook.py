"""What learners call in a notebook."""

import sys

import nbformat
import pytest
from nbclient import NotebookClient

from course_lib import notebook
from course_lib.exercises import all_exercises, find_exercise
from course_lib.notebook import check, example, hint, open_lesson, progress, solution, unblock


@pytest.fixture(autouse=True)
def own_progress(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_PROGRESS", str(tmp_path / "progress.json"))
    monkeypatch.delenv("COURSE_STRICT", raising=False)
    monkeypatch.setattr(notebook, "_progress", None)
    monkeypatch.setattr(notebook, "_checked", {})


@pytest.fixture
def iou():
    return find_exercise("iou")


@pytest.fixture
def mine(iou):
    """A right answer that is not the course's own."""
    return lambda prediction, truth: iou.reference(prediction, truth)


def stub(prediction, truth):
    raise NotImplementedError


def wrong(prediction, truth):
    return -1.0


def test_a_check_finds_the_answer_by_its_name(mine):
    names = {"check": check}
    exec('result = check("iou")', names)
    assert "There is no `iou` here yet" in names["result"].text()
    exec('result = check("iou")', names | {"ioo": wrong, "names": names}, names)
    assert "name it `iou`" in names["result"].text()
    names["iou"] = mine
    exec('result = check("iou")', names)
    assert names["result"].passed


def test_an_unknown_id_names_the_near_ones():
    assert "iou" in check("iuo", wrong).text()
    with pytest.raises(ValueError, match="overlap-4x4"):
        example("overlap-4x5")


def test_nothing_raises_unless_strict(mine, monkeypatch):
    for answer in (stub, wrong, None):
        assert not getattr(check("iou", answer), "passed", False)
    monkeypatch.setenv("COURSE_STRICT", "1")
    for answer in (stub, wrong, None):
        with pytest.raises(AssertionError, match="iou"):
            check("iou", answer)
    with pytest.raises(AssertionError, match="No such exercise"):
        check("no-such-thing")
    assert check("iou", mine).passed


def test_hints_escalate_and_the_last_is_repeated(iou):
    shown = [hint("iou").text() for _ in range(4)]
    for number, text in enumerate(iou.hints):
        assert text in shown[number]
    assert iou.hints[2] in shown[3]
    assert "after 3 different tries" in shown[2]


def test_the_solution_opens_after_three_different_tries(iou):
    assert "Not yet" in solution("iou").text()
    check("iou", stub)
    for answer in (wrong, wrong, wrong, lambda prediction, truth: 5.0):
        check("iou", answer)
    assert "one more different try" in solution("iou").text()
    check("iou", lambda prediction, truth: 6.0)
    text = solution("iou").text()
    assert "def iou(" in text
    assert "SOLUTION" not in text


def test_a_pass_opens_the_solution_and_shows_in_progress(mine):
    check("iou", mine)
    assert "def iou(" in solution("iou").text()
    (line,) = [line for line in progress().text().splitlines() if line.strip().startswith("03")]
    assert " 1 of " in line


def test_progress_names_what_is_next():
    first = next(iter(all_exercises()))
    assert f"Next: {first.title} ({first.id})" in progress().text()


def test_unblock_keeps_a_right_answer_and_replaces_others(iou, mine, capsys):
    assert unblock("iou", mine) is mine
    assert capsys.readouterr().out == ""
    for answer in (stub, iou.reference):
        assert unblock("iou", answer) is iou.reference
        assert "course's own iou" in capsys.readouterr().out


def test_unblock_before_the_definition_goes_on(iou):
    names = {"unblock": unblock}
    exec('iou = unblock("iou")', names)
    assert names["iou"] is iou.reference


def test_what_unblock_put_there_is_not_the_learners(iou):
    check("iou", wrong)
    assert "Run the cell with your `iou` again" in check("iou", unblock("iou", wrong)).text()
    assert "Not yet" in solution("iou").text()


def test_a_cell_that_did_not_run_is_noticed(mine):
    assert "very function" not in check("iou", mine).text()
    assert "did the cell above run" in check("iou", mine).text()
    assert "very function" not in check("iou", wrong).text()


def test_hint_and_solution_take_the_exercise_checked_last(iou):
    assert "Which exercise?" in hint().text()
    check("dice", wrong)
    check("iou", wrong)
    assert iou.hints[0] in hint().text()
    assert f"Not yet: {iou.title}" in solution().text()


def test_a_notebook_of_another_release_is_told(monkeypatch):
    assert open_lesson("03", release=notebook.course_lib.__version__) is None
    assert "course reset 03" in open_lesson("03", release="0.0.1").text()


def test_a_package_that_is_missing_is_named_before_anything_else():
    told = open_lesson("04", release="0.0.1", needs="numpy no_such_package").text()
    assert "This lesson needs no_such_package, which this Python does not have" in told
    assert f"`{sys.executable} -m pip install -e .`" in told


def test_example_returns_the_arguments():
    prediction, truth = example("overlap-4x4")
    assert len(prediction) == len(truth) == 4


def test_former_ids_are_understood():
    right = find_exercise("pixel-accuracy-ignoring")

    def mine(prediction, truth, ignore_index=255):
        return right.reference(prediction, truth, ignore_index)

    assert find_exercise("pixel-accuracy-ignore") is right
    assert right.hints[0] in hint("pixel-accuracy-ignore").text()
    assert right.hints[1] in hint("pixel-accuracy-ignoring").text()
    assert check("pixel-accuracy-ignore", mine).passed
    assert "def pixel_accuracy_ignoring(" in solution("pixel-accuracy-ignore").text()
    assert "def pixel_accuracy_ignoring(" in solution("pixel-accuracy-ignoring").text()
    assert unblock("pixel-accuracy-ignore", mine) is mine
    (line,) = [line for line in progress().text().splitlines() if line.strip().startswith("02")]
    assert " 1 of " in line


def test_unblock_speaks_of_the_present_id(capsys):
    assert unblock("all-background", stub) is find_exercise("all-background-scores").reference
    assert 'check("all-background-scores")' in capsys.readouterr().out


CELLS = (
    "from course_lib.notebook import check, hint",
    "def argmax(scores):\n    return scores.index(max(scores))",
    'check("argmax")',
    'hint("argmax")\nx = check("argmax")\nx = 1',
    'check("argmax")\nraise ValueError("later")',
)


@pytest.mark.slow
def test_in_a_notebook_a_message_is_shown_once_wherever_it_is_in_its_cell():
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
    NotebookClient(book, timeout=60, allow_errors=True, kernel_name="python3").execute()
    titles = [
        ["Passed" if "Passed" in text else "Hint" if "Hint" in text else "?" for text in _panels(cell)]
        for cell in book.cells
    ]
    assert titles == [[], [], ["Passed"], ["Hint", "Passed"], ["Passed"]]


def _panels(cell):
    return [output.data["text/html"] for output in cell.outputs if "text/html" in output.get("data", {})]
