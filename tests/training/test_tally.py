"""Pixels and boundaries that are counted together, and how a report shows them."""

import json

import numpy as np
import pytest
import torch

from course_lib.training.config import TrainConfig
from course_lib.training.devices import Devices
from course_lib.training.report import write_report
from course_lib.training.runs import Run
from course_lib.training.tally import Tally

CLASSES = ("cat", "grass", "sky")
CPU = Devices(torch.device("cpu"), torch.float32)


def shifted_square():
    """In 6×8 pixels of grass a cat of 3×3, predicted one pixel beside; there is no sky. The last row is void."""
    targets = np.ones((6, 8), np.uint8)
    targets[1:4, 1:4] = 0
    prediction = np.roll(targets, 1, axis=1)
    targets[5] = 255
    return prediction, targets


def counted():
    tally = Tally(3)
    tally.update(*shifted_square())
    return tally


def test_matrix_and_boundaries_see_the_same_pixels():
    tally = counted()
    assert tally.matrix.counts.sum() == 40
    assert tally.matrix.iou()[0] == 6 / 12
    assert tally.boundaries.boundary_iou()[0] == 4 / 12


def test_json_says_at_which_size_distances_were_measured():
    scores = counted().as_json(1, "full", CLASSES)
    assert (scores["size"], scores["boundary"]["size"]) == ("full", "full")
    cat = {"iou": round(4 / 12, 4), "f": 0.5, "hd95": 1.0, "assd": 0.5, "unmatched": 0}
    assert scores["boundary"]["classes"]["cat"] == cat
    unknown = dict.fromkeys(("iou", "f", "hd95", "assd"))
    assert scores["boundary"]["classes"]["sky"] == unknown | {"unmatched": 0}
    grass = scores["boundary"]["classes"]["grass"]
    assert scores["boundary"]["mean"]["assd"] == pytest.approx((0.5 + grass["assd"]) / 2, abs=1e-4)
    assert json.loads(json.dumps(scores)) == scores


def test_processes_add_up_what_each_has_counted(monkeypatch):
    class Two(Devices):
        def sum(self, values):
            return 2 * values

    both = counted().pooled(Two(torch.device("cpu"), torch.float32, world_size=2))
    np.testing.assert_array_equal(both.matrix.counts, 2 * counted().matrix.counts)
    np.testing.assert_array_equal(both.boundaries.totals, 2 * counted().boundaries.totals)
    alone = counted().pooled(CPU)
    np.testing.assert_array_equal(alone.boundaries.totals, counted().boundaries.totals)


@pytest.fixture
def run(tmp_path):
    """Return a run with a log, and without scores."""
    run = Run.create(tmp_path / "run", TrainConfig(data="street", size=128, epochs=1, classes=CLASSES))
    figures = {f"val_iou_{name}": 0.5 for name in CLASSES}
    run.history = [{"epoch": 1, "train_loss": 1, "val_mIoU": 0.5, **figures, "lr": 0.1, "seconds": 1}]
    return run


def report_of(run):
    write_report(run)
    return (run.folder / "report.md").read_text(encoding="utf-8")


def test_a_report_has_a_row_of_boundary_scores_for_every_class(run):
    run.save_validation_scores({"this run": counted().as_json(1, 128, CLASSES)})
    report = report_of(run)
    assert "Boundaries, measured at 128x128; HD95 and ASSD in pixels of that size:" in report
    assert "| cat | 0.333 | 0.500 | 1.0 | 0.5 | 0 |" in report
    assert "| sky | - | - | - | - | 0 |" in report
    run.remember_test(counted().as_json(1, "full", CLASSES), "street")
    report = report_of(run)
    assert report.count("| cat | 0.333 |") == 2
    assert "Boundaries, measured at full size;" in report


def test_a_run_of_an_earlier_version_has_a_report_without_boundaries(run):
    scores = counted().as_json(1, 128, CLASSES)
    del scores["boundary"]
    run.save_validation_scores({"this run": scores})
    run.remember_test(scores, "street")
    report = report_of(run)
    assert "oundar" not in report
    assert "| street, opened " in report
    assert ", at 128x128 | " in report
