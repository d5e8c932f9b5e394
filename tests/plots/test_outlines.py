"""Masks over photos: hatched and outlined, so that an orange mask shows on an orange cat."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from course_lib import outlines
from course_lib.masks import PALETTE, PET_CLASSES, overlay

SQUARE = np.ones((12, 12), np.uint8)
SQUARE[3:9, 3:9] = 0
ORANGE = np.broadcast_to(PALETTE[0], (12, 12, 3)).copy()


def drawn(ids, background=1):
    """Draw over an orange photo, and return the axes and the pixels of the drawing, uint8 (h, w, 3)."""
    figure = Figure(figsize=(2, 2), dpi=120)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.axis("off")
    outlines.draw_over(axes, ORANGE, ids, len(PET_CLASSES), background)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return axes, np.asarray(canvas.buffer_rgba())[..., :3]


def test_the_outline_is_white_inside_black_whatever_the_photos_colour():
    _, pixels = drawn(SQUARE)
    assert (pixels.min(axis=2) > 200).sum() > 50
    assert (pixels.max(axis=2) < 60).sum() > 50


def test_the_tint_is_the_overlays():
    axes, _ = drawn(SQUARE)
    np.testing.assert_array_equal(axes.images[0].get_array(), overlay(ORANGE, SQUARE, 0.3))


@pytest.mark.parametrize("ids", [np.ones((12, 12), np.uint8), np.zeros((12, 12), np.uint8)])
def test_a_mask_of_one_class_has_no_outline(ids):
    axes, _ = drawn(ids)
    assert not axes.collections


def test_the_background_is_not_outlined_whatever_its_id_is():
    ids = np.where(SQUARE == 1, 0, 1).astype(np.uint8)
    axes, _ = drawn(ids, background=0)
    np.testing.assert_array_equal(axes.images[0].get_array()[0, 0], overlay(ORANGE, SQUARE, 0.3)[0, 0])
    assert len(axes.collections) == 3  # hatching, and the two lines of one class


def test_without_a_mask_the_photo_is_shown_as_it_is():
    axes, _ = drawn(None)
    np.testing.assert_array_equal(axes.images[0].get_array(), ORANGE)


def test_panels_have_titles_and_classes_a_legend(monkeypatch):
    shown = []
    monkeypatch.setattr(outlines, "show", lambda figure, alt: shown.append((figure, alt)))
    outlines.show_over({"a": (ORANGE, None), "b": (ORANGE, SQUARE)}, "what it shows", PET_CLASSES)
    ((figure, alt),) = shown
    assert alt == "what it shows"
    assert [axes.get_title() for axes in figure.axes] == ["a", "b"]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [
        "0 pet",
        "1 background",
        "2 border",
    ]


def mask_of(columns):
    mask = np.zeros((12, 12), bool)
    mask[:, columns] = True
    return mask


def test_a_detection_has_the_colour_of_its_object_or_is_grey():
    truth = np.stack([mask_of(slice(0, 6)), mask_of(slice(6, 12))])
    found = np.stack(
        [mask_of(slice(6, 11)), mask_of(slice(0, 12)), mask_of(slice(3, 9)), mask_of(slice(7, 12))]
    )
    colours = np.array([[1, 2, 3], [4, 5, 6]], np.uint8)
    grey = [
        190,
        190,
        190,
    ]  # the third has an IoU of a third with both; the second has one of a half, with the first
    expected = [[4, 5, 6], [1, 2, 3], grey, [4, 5, 6]]
    assert outlines.colours_of_matches(truth, found, colours).tolist() == expected
    assert outlines.colours_of_matches(truth[:0], found[:1], colours[:0]).tolist() == [grey]
    assert outlines.colours_of_matches(truth, found[:0], colours).shape == (0, 3)


def test_detections_are_named_below_their_photo(monkeypatch):
    shown = {}
    monkeypatch.setattr(outlines, "show", lambda figure, alt: shown.update(figure=figure, alt=alt))
    left, right = mask_of(slice(0, 6)), mask_of(slice(6, 12))
    truth = {"masks": np.stack([left, right]), "labels": [1, 2]}
    found = {"masks": right[None], "labels": np.array([1]), "scores": np.array([0.75])}
    nothing = {"masks": np.zeros((0, 12, 12), bool), "labels": [], "scores": []}
    rows = {"one": [found, found], "other": [nothing, found]}
    names = ("nothing", "cat", "dog")
    outlines.show_detections([ORANGE, ORANGE], [truth, truth], rows, names, alt="two photos")
    axes = np.array(shown["figure"].axes).reshape(3, 2)
    written = [[text.get_text() for text in axis.texts] for axis in axes[:, 0]]
    assert written == [["cat", "dog"], ["cat 0.75"], []]
    assert [axis.get_title(loc="left") for axis in axes[:, 0]] == ["truth", "one", "other"]
    assert shown["alt"] == "two photos"
