"""Quoted figures: how they are written out, kept in pages, and refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from results_folder import new_folder, three_seeds

from course_lib.authoring.quotes import as_text, as_written, fill_in, fill_in_again, quotes_in
from course_lib.authoring.results import Figure


@pytest.fixture
def root(tmp_path):
    three_seeds(new_folder(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ((0.6, 0.7, 0.8), "0.70 ± 0.10"),
        ((0.657, 0.660, 0.663), "0.660 ± 0.003"),
        ((0.65, 0.66, 0.68), "0.66 ± 0.02"),  # 0.0153 is rounded up
        ((0.5, 0.5, 0.5), "0.50 ± 0.00"),
        ((0.90001, 0.90002, 0.90003), "0.900 ± 0.001"),
        ((0.0, 0.0, 0.0), "0"),
        ((121547, 121547, 121547), "121,547"),
        ((10.0, 12.0, 14.0), "12.0 ± 2.0"),
        ((-0.001, 0.001, 0.0), "0.000 ± 0.001"),
    ],
)
def test_a_figure_has_as_many_digits_as_its_spread_allows(values, text):
    assert as_text(Figure(values)) == text


@given(st.lists(st.floats(0, 1), min_size=3, max_size=5))
def test_the_told_spread_is_never_smaller_than_the_spread(values):
    figure = Figure(tuple(values))
    _, plus_minus, spread = as_text(figure).partition(" ± ")
    assert not plus_minus or float(spread) >= figure.spread - 1e-6


@pytest.mark.parametrize(
    ("quote", "text"),
    [
        ("{{skips.with.iou}}", "0.70 ± 0.10"),
        ("{{ skips.with.iou }}", "0.70 ± 0.10"),
        ("{{skips.with.weights}}", "121,547"),
        ("{{skips.with.iou:mean}}", "0.70"),
        ("{{skips.with.iou:spread}}", "0.10"),
        ("{{skips.with.iou:lowest}}", "0.60"),
        ("{{skips.with.iou:highest}}", "0.80"),
        ("{{skips.with.iou - skips.without.iou}}", "0.60 ± 0.10"),
        ("{{skips.with.iou - skips.added.iou:highest}}", "0.05"),
    ],
)
def test_a_quote_is_filled_in(root, quote, text):
    assert fill_in(f"IoU {quote}, so.", root) == f"IoU {text}, so."


@pytest.mark.parametrize(
    "text",
    ["`{{skips.with.iou}}`", "```\n${{ matrix.python }}\n```", r"$\frac{{a}}{{b}}$", "{{plain}}", "{a.b}"],
)
def test_code_and_formulas_are_left_alone(root, text):
    assert fill_in(text, root) == fill_in_again(text, root) == text
    assert list(quotes_in(text)) == []


@pytest.mark.parametrize(
    ("quote", "message"),
    [
        (
            "{{flips.with.iou}}",
            r"names no result: experiments/results/flips\.json does not exist; run `python -m",
        ),
        ("{{skips.with.dice}}", r"has no figure 'with\.dice'; it has with\.iou, without\.iou"),
        ("{{skips.with.iou:median}}", r"cannot be read: write \{\{EXPERIMENT\.ARM\.FIGURE\}\}"),
        ("{{skips.with.iou + skips.added.iou}}", "cannot be read"),
    ],
)
def test_a_quote_of_nothing_is_refused(root, quote, message):
    with pytest.raises(ValueError, match=message):
        fill_in(quote, root)


def test_a_page_keeps_the_names_of_its_figures(root):
    once = fill_in_again("With skips {{ skips.with.iou }}.", root)
    assert once == "With skips <!-- figure skips.with.iou -->0.70 ± 0.10<!-- /figure -->."
    assert as_written(once) == "With skips {{skips.with.iou}}."
    assert fill_in_again(once, root) == once
    assert fill_in_again(once.replace("0.70", "0.99"), root) == once
