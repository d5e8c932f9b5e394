"""What pictures are made of: words that can be read, edges, curves, and texts for those who cannot see."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from course_lib import explorers, svg
from course_lib.explorers.charts import Chart
from course_lib.explorers.view import View
from course_lib.masks import PALETTE


def luminance(colour):
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_words_stand_out_from_any_colour():
    greys = [f"#{level:02x}{level:02x}{level:02x}" for level in range(256)]
    for colour in [*greys, *(svg.as_css(rgb) for rgb in PALETTE)]:
        assert contrast(svg.ink_on(colour), colour) >= 4.5
    assert contrast(svg.INK, "#ffffff") > 4.5


def test_an_outline_goes_around_each_region_and_hole():
    ring = np.ones((3, 3), bool)
    ring[1, 1] = False
    path = svg.outline(ring, 0, 0, 10)
    assert path.count("M") == path.count("z") == 2
    assert path.count("L") + path.count("M") == 12 + 4  # edges of the outside and of the hole
    assert 'd=""' in svg.outline(np.zeros((2, 2)), 0, 0, 10)


def test_what_is_written_is_escaped():
    figure = svg.figure(10, 10, 'a "b" < c', svg.text(0, 0, "1 < 2 & 3"))
    root = ElementTree.fromstring(f"<html>{View((figure,), ('4 < 5',)).live()}</html>")
    assert [piece.text for piece in root.iter() if piece.text] == ["1 < 2 & 3", "4 < 5"]
    assert View((figure,), ("4 < 5",)).text() == 'a "b" < c\n4 < 5'


def test_a_curve_breaks_where_there_is_no_value():
    chart = Chart(0, 0, 100, 100, (0, 3), (0, 1))
    curve = chart.curve((0, 1, 2, 3), (0, float("nan"), 1, 1), "#000000")
    assert curve.count("M") == 2
    assert chart.place(9, -1) == (100, 100)


def test_a_themed_picture_leaves_its_looks_to_the_page():
    themed, own = (svg.figure(10, 10, "a dot", themed=themed).svg for themed in (True, False))
    assert themed == '<svg role="img" aria-label="a dot" width="10" height="10" viewBox="0 0 10 10"></svg>'
    assert "style=" in own
    assert "xmlns=" in own


@pytest.mark.parametrize("name", [name for name in explorers.__all__ if name != "explore_run"])
def test_words_on_white_are_dark(name):
    explorer = getattr(explorers, name)()
    inks = set(re.findall(r'<text [^>]*fill="([^"]+)"', explorer.picture.value))
    assert all(contrast(ink, "#ffffff") >= 4.5 for ink in inks)
