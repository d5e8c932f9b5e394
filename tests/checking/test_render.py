"""Results as text and as HTML, of the same content."""

import re
from dataclasses import replace
from html import unescape

import numpy as np
import pytest

from course_lib import svg
from course_lib.checking.exercise import Exercise, Misconception, Worked
from course_lib.checking.judge import judge
from course_lib.exercises import find_exercise


def flip(mask):
    """Mirror a mask."""
    return [row[::-1] for row in mask]


def upside_down(mask):
    return mask[::-1]


FLIP = Exercise(
    flip, title="Mirror a mask", points=1, minutes=5, source="a test",
    worked_cases=(Worked(([[0, 1], [2, 2]],), [[1, 0], [2, 2]]),),
    draw=lambda rng: (rng.integers(0, 3, (3, 2)).tolist(),),
    misconceptions=(Misconception("rows", upside_down, "You turned <rows> & not columns."),),
    accepted=(), hints=("", "", ""), why="It is its own inverse.",
)  # fmt: skip


def as_words(html):
    without_drawings = re.sub(r"<svg.*?</svg>", " ", html)
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", without_drawings)).split())


@pytest.mark.parametrize("background", [0, 1])
def test_the_background_is_blue(background):
    coloured = replace(FLIP, background=background)
    page = judge(coloured, lambda mask: [[background] * 2] * 2)._repr_html_()
    got = re.search(r"<figcaption[^>]*>got</figcaption>(.*?)</figure>", page, re.DOTALL)[1]
    assert set(re.findall(r'<path fill="(#\w+)"', got)) == {svg.colour(1)}


def test_passed_says_why():
    result = judge(FLIP, flip)
    assert result.text().splitlines() == [
        "✓ Passed: Mirror a mask (flip)",
        "It is its own inverse.",
        "13 of 13 cases right; 1 of 1 points.",
    ]


def test_failed_shows_the_call_and_both_masks_and_where_they_differ():
    text = judge(FLIP, upside_down).text()
    assert text.splitlines() == [
        "✗ Not yet: Mirror a mask (flip)",
        "You turned <rows> & not columns.",
        "  called     flip(mask=[[0, 1], [2, 2]])",
        "  got        [[2, 2], [0, 1]]",
        "  expected   [[1, 0], [2, 2]]",
        "  difference 4 of 4 values differ; the first at [0][0]: got 2, expected 1.",
        "",
        "  mask   got   expected   differ",
        "  0 1    2 2   1 0        x x",
        "  2 2    0 1   2 2        x x",
        "",
        text.splitlines()[-1],
    ]
    assert text.endswith('cases right. Stuck? Run hint("flip") in a new cell.')


def test_pixels_without_a_label_do_not_count_as_different():
    ignoring = find_exercise("pixel-accuracy-ignoring")
    lines = judge(ignoring, lambda prediction, truth, ignore_index=255: 7.0).text().splitlines()
    assert lines[7:10] == [
        "  0 1 1        0 1 255   . . .",
        "  2 1 0        2 1 0     . . .",
        "  0 0 2        255 1 2   . x .",
    ]


@pytest.mark.parametrize(
    "answer", [flip, upside_down, lambda mask: mask[9], lambda mask: print(mask), lambda mask: ...]
)
def test_html_has_the_content_of_the_text(answer):
    result = judge(FLIP, answer)
    words = as_words(result._repr_html_())
    text = re.sub(r"(?s)\n\n.*\n\n", "\n", result.text()).replace(
        "`", ""
    )  # less the masks, which the HTML draws
    for line in text.splitlines():
        assert " ".join(line.split()) in words


def test_html_escapes_what_learners_return():
    def attack(mask):
        return "<script>alert(1)</script>"

    html = judge(FLIP, attack)._repr_html_()
    assert "<script" not in html
    assert "&lt;script&gt;" in html


def test_every_drawn_mask_has_a_text():
    html = judge(FLIP, upside_down)._repr_html_()
    assert html.count("<svg") == html.count('role="img" aria-label="') == 4
    assert 'aria-label="got: 2 2; 0 1"' in html


def test_ids_fit_into_their_pixels_and_stand_out_from_their_colours():
    html = judge(FLIP, lambda mask: [[255, 1], [2, 2]])._repr_html_()
    got = re.search(r"<figcaption[^>]*>got</figcaption>(.*?)</figure>", html, re.DOTALL)[1]
    words = re.findall(r'font-size="(\d+)">(\d+)<', got)
    assert sorted(words) == [("11", "1"), ("11", "2"), ("11", "2"), ("11", "255")]
    assert all(0.6 * int(size) * len(word) < 22 for size, word in words)  # a digit is 0.6 of its size wide
    inks = {
        word: ink
        for ink, group in re.findall(r'<g fill="(#\w+)">(.*?)</g>', got)
        for word in re.findall(r">(\d+)<", group)
    }
    assert inks == {word: svg.ink_on(svg.colour(int(word))) for word in ("1", "2", "255")}


def test_large_masks_are_described_instead_of_drawn():
    big = replace(FLIP, worked_cases=(), draw=lambda rng: (rng.integers(0, 3, (40, 40)),))
    result = judge(big, lambda mask: np.asarray(flip(mask)) + int(np.size(mask) > 1500))
    assert "<svg" not in result._repr_html_()
    assert "an array of int of shape (40, 40)" in result.text()


def test_what_is_observed_is_named_by_the_observer():
    def mirrored_rows(answer, mask, times):
        return [answer(mask) for _ in range(times)][-1]

    case = Worked(([[0, 1]], 2), [[1, 0]])
    observed = replace(FLIP, observe=mirrored_rows, worked_cases=(case,), draw=lambda rng: ([[0, 1]], 1))
    assert (
        "mask = [[0, 1]]; times = 2  # flip is tried with this" in judge(observed, lambda mask: mask).text()
    )


def test_arguments_that_are_handed_on_have_the_names_of_the_answers():
    def flipped(mask, times, by=1):
        """Flip a mask."""
        return (np.array(mask) * times * by)[:, ::-1].tolist()

    def watched(answer, mask, *options):
        return answer(mask, *options)

    case = Worked(([[0, 1]], 2, 3), [[6, 0]])
    observed = replace(
        FLIP, reference=flipped, observe=watched, worked_cases=(case,), draw=lambda rng: ([[0, 1]], 1)
    )
    assert observed.case_names == ("mask", "times", "by")
    text = judge(observed, lambda mask, times, by=1: mask).text()
    assert "(mask=[[0, 1]], times=2, by=3)" in text


def test_two_maps_that_are_handed_in_are_not_compared_where_a_map_is_asked_for():
    def ids(classes, numbers):
        """Return panoptic ids."""
        return (1000 * np.array(classes) + numbers).tolist()

    given = ([[0, 1]], [[1, 1]])
    exercise = replace(
        FLIP, reference=ids, worked_cases=(Worked(given, [[1, 1001]]),), draw=lambda rng: given
    )
    told = judge(exercise, lambda classes, numbers: [[9, 1001]]).text()
    assert "classes   numbers" in told
    assert "differ\n" not in told


def test_a_long_dict_of_wrong_entries_is_shown_as_it_is():
    def twice(value):
        """Return twice a value, in a dict."""
        return {"what came out of it, said at some length" * 5: 2 * value}

    exercise = replace(FLIP, reference=twice, worked_cases=(), misconceptions=(), draw=lambda rng: (3,))
    told = judge(exercise, lambda value: dict.fromkeys(twice(value), 0)).text()
    assert "more that are right" not in told
