"""Figures in notebooks: what they show, and what those get who cannot see them."""

import base64
import io

import numpy as np
import pytest
from matplotlib import pyplot
from PIL import Image

from course_lib import plots
from course_lib.masks import PALETTE


@pytest.fixture
def displayed(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda data, raw: shown.append(data))
    return shown


def picture_in(data):
    encoded = data["text/html"].partition("base64,")[2].partition('"')[0]
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(encoded))).convert("RGB"))


def test_a_figure_has_a_text_and_is_closed(displayed):
    figure, _ = pyplot.subplots()
    plots.show(figure, alt='A "curve" that falls')
    (data,) = displayed
    assert 'alt="A &quot;curve&quot; that falls"' in data["text/html"]
    assert data["text/plain"] == 'Figure: A "curve" that falls'
    assert not pyplot.fignum_exists(figure.number)
    assert (picture_in(data)[0, 0] == 255).all()  # opaque white, so that a dark theme cannot hide the axes


@pytest.mark.parametrize("size", [3, 40])
def test_masks_are_drawn_in_the_palette_and_crossed_where_they_differ(displayed, size):
    prediction = np.zeros((size, size), dtype=int)
    truth = prediction.copy()
    truth[1, 1] = 1
    plots.show_masks(
        {"prediction": prediction.tolist(), "truth": truth},
        alt="Two masks",
        names=("pet", "background"),
        differ=True,
    )
    colours = {tuple(pixel) for pixel in picture_in(displayed[0]).reshape(-1, 3)}
    assert tuple(PALETTE[0]) in colours
    assert tuple(PALETTE[1]) in colours
    assert (140, 140, 140) in colours  # the grey of what differs


def test_the_background_of_masks_is_blue_whatever_its_id_is(displayed):
    plots.show_masks({"all background": np.zeros((40, 40), dtype=int)}, alt="Nothing", background=0)
    colours = {tuple(pixel) for pixel in picture_in(displayed[0]).reshape(-1, 3)}
    assert tuple(PALETTE[1]) in colours
    assert tuple(PALETTE[0]) not in colours


def test_a_run_is_drawn_on_two_axes():
    row = {"epoch": 1, "train_loss": 1.0, "val_mIoU": 0.5}
    row |= {f"val_iou_{name}": 0.5 for name in ("pet", "background", "border")}
    left, right = plots.run_curves([row, row | {"epoch": 2}]).axes
    assert [line.get_label() for line in right.lines] == ["mIoU", "pet", "background", "border"]
    assert left.get_xlabel() == "epoch"
