"""Progress as a panel and as lines, of the same content."""

import re
from html import unescape

from course_lib.checking.overview import Following, LessonProgress, Overview

DONE = LessonProgress("00", "Start here", "00_start_here.ipynb", 2, 2, 2, 2)
STARTED = LessonProgress("01", "Argmax <per> pixel", "01_argmax.ipynb", 1, 200, 3, 9)
ALMOST = LessonProgress("02", "IoU", "02_iou.ipynb", 199, 200, 3, 9)
NEXT = Following("Turn & mirror", "mirror", STARTED)


def as_words(html):
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())


def test_a_line_a_lesson_their_sum_and_what_is_next():
    assert Overview([DONE, STARTED], NEXT).text().splitlines() == [
        "00  Start here          [##########]   2 of  2 exercises    2 of   2 points  done",
        "01  Argmax <per> pixel  [#         ]   1 of 200 exercises    3 of   9 points  started",
        "    all lessons         [#         ]   3 of 202 exercises    5 of  11 points",
        "Next: Turn & mirror (mirror), in 01_argmax.ipynb.",
    ]


def test_a_bar_is_full_only_where_all_is_done():
    assert "[######### ]" in Overview([ALMOST], None).text()


def test_the_panel_says_what_the_lines_say():
    overview = Overview([DONE, STARTED], NEXT)
    words = as_words(overview._repr_html_())
    for part in (
        "Your progress",
        "00 Start here (done) 2 of 2 2 of 2",
        "01 Argmax <per> pixel (started) 1 of 200 3 of 9",
        "all lessons 3 of 202 5 of 11",
        "Next: Turn & mirror (mirror), in 01_argmax.ipynb.",
    ):
        assert part in words
    assert repr(overview).startswith("Your progress\n00")


def test_the_panel_leads_to_every_lesson_and_to_the_next():
    html = Overview([DONE, STARTED], NEXT)._repr_html_()
    assert re.findall(r'<a href="([^"]*)"', html) == [
        "00_start_here.ipynb",
        "01_argmax.ipynb",
        "01_argmax.ipynb",
    ]
    assert 'role="status"' in html
    assert "<per>" not in html


def test_when_all_is_passed_nothing_is_next():
    overview = Overview([DONE], None)
    assert overview.text().splitlines()[-1] == "You have passed everything."
    assert overview._repr_html_().count("<a ") == 1
