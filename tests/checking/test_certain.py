"""Slips that nobody means are told first, and the change that undoes them is tried."""

import ast

import pytest
from answers import told

from course_lib.checking.recognise.certain import sure_repairs
from course_lib.checking.recognise.text import keep_text

COUNTS = """def class_pixels(mask, class_id):
    count = 0
    for row in mask:
        for v in row:
            if v == class_id: count =+ 1
    return {}
"""


def said(code):
    tree = ast.parse(code)
    keep_text(tree, code)
    return [repair.said() for repair in sure_repairs(tree)]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (
            "if a:\n    count =+ 1",
            "Line 2: `count =+ 1` sets `count` to +1, whatever it was. To add, write `count += 1`.",
        ),
        ("if a:\n    rows[0] =- 2", "To subtract, write `rows[0] -= 2`."),
        (
            "if a:\n    model.eval",
            "`model.eval` only names the method. It is called with brackets: `model.eval()`.",
        ),
        ("if a:\n    total == 3", "`total == 3` only compares"),
        ("x = nn.Sequential([nn.ReLU()])", "Leave out the square brackets"),
        ("x = nn.Sequential(nn.ReLU)", "`nn.ReLU` is only the kind of layer"),
    ],
)
def test_a_slip_is_found(code, words):
    (sentence,) = said(code)
    assert words in sentence


@pytest.mark.parametrize(
    "code",
    [
        "if a:\n    best = -1",
        "if a:\n    best=-1",
        "if a:\n    count = +1",
        "if a:\n    model.eval()",
        "if a:\n    model.shape",
        "x = nn.Sequential(nn.ReLU(), self.conv)",
        "x = nn.Sequential(*[nn.ReLU()])",
    ],
)
def test_what_may_be_meant_is_left_alone(code):
    assert said(code) == []


def test_the_only_mistake_is_told_alone():
    assert told("class-pixels", COUNTS.format("count")) == (
        "Line 5: `count =+ 1` sets `count` to +1, whatever it was. To add, write `count += 1`."
    )


def test_a_second_mistake_is_told_beside_it():
    message = told("class-pixels", COUNTS.format("count + 1"))
    assert message.startswith("Two things at once. First: Line 5: `count =+ 1` sets")
    assert message.endswith("Second: Line 6: the `+ 1` in `count + 1` does not belong there.")


def test_what_is_not_called_is_said_before_the_idea_that_it_comes_to():
    cell = """def predict(model, images):
    model.eval
    with torch.no_grad():
        return model(images).argmax(1)
"""
    assert told("predict", cell) == (
        "Line 2: `model.eval` only names the method. It is called with brackets: `model.eval()`."
    )
