"""What the library does differently in a browser, tried on this Python with its platform renamed."""

import sys

import numpy as np
import pytest

from course_lib import instances, metrics
from course_lib.checking.progress import Progress
from course_lib.files import atomic_path
from course_lib.learner import doctor
from course_lib.notebook import open_lesson


@pytest.fixture
def in_browser(monkeypatch):
    monkeypatch.setattr(sys, "platform", "emscripten")


def test_progress_needs_no_filelock_and_leaves_no_lock(in_browser, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "filelock", None)  # importing it would raise
    progress = Progress.load(tmp_path / "progress.json")
    progress.update("iou", lambda record: setattr(record, "passed", True))
    assert progress.notices == []
    assert Progress.load(tmp_path / "progress.json").record("iou").passed
    assert [path.name for path in tmp_path.iterdir()] == ["progress.json"]


@pytest.mark.parametrize(("name", "suffix"), [("a.json", ".tmp"), ("a.png", ".png"), ("a.npz", ".npz")])
def test_a_temporary_file_is_never_an_empty_json(tmp_path, name, suffix):
    with atomic_path(tmp_path / name) as temporary:
        assert temporary.suffix == suffix
        temporary.write_text("{}")
    assert (tmp_path / name).read_text() == "{}"


def test_the_first_look_says_where_the_work_is_kept(in_browser, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("COURSE_ROOT", str(tmp_path))
    doctor.quick_look()
    told = capsys.readouterr().out
    assert "inside this browser" in told
    assert f"{tmp_path / 'work'} is kept by this browser" in told
    assert "pip" not in told
    assert told.endswith("Nothing stops the course.\n")
    assert list(tmp_path.iterdir()) == []


def test_a_notebook_of_an_earlier_release_is_sent_to_the_page_that_renews_it(in_browser):
    told = open_lesson("01", release="0.0.1").text()
    assert "This notebook is from release 0.0.1 of the course" in told
    assert "Start again, on the site's page Your progress, gives you the new notebook" in told


@pytest.fixture
def narrow_bincount(monkeypatch):
    """Give NumPy the index type of a browser, and its refusal of wider ones."""
    counted = []
    bincount = np.bincount

    def narrow(values, *arguments, **options):
        if not np.can_cast(values.dtype, np.int32, "safe"):
            raise TypeError(
                f"Cannot cast array data from {values.dtype} to int32 according to the rule 'safe'"
            )
        counted.append(values.dtype)
        return bincount(values, *arguments, **options)

    monkeypatch.setattr(np, "intp", np.int32)
    monkeypatch.setattr(np, "bincount", narrow)
    return counted


def test_a_confusion_matrix_is_counted_with_narrow_indices(narrow_bincount):
    matrix = metrics.ConfusionMatrix(2)
    matrix.update(np.array([[0, 1], [1, 1]]), np.array([[0, 1], [0, 1]]))
    assert matrix.counts.tolist() == [[1, 1], [0, 2]]
    assert narrow_bincount == [np.int32]


def test_panoptic_quality_is_counted_with_narrow_indices(narrow_bincount):
    truth = np.array([[1, 1, 0], [1, 1, 0]]) * instances.INSTANCES_A_CLASS
    quality = instances.PanopticQuality(2)
    quality.update(truth, truth)
    assert quality.mean() == 1.0
    assert set(narrow_bincount) == {np.dtype(np.int32)}
