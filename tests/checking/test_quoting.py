"""A learner's code is quoted as the learner wrote it."""

import ast

import pytest
from answers import told

from course_lib.checking.recognise.text import code_of, keep_text


def parsed(code):
    tree = ast.parse(code)
    keep_text(tree, code)
    return tree.body[0]


@pytest.mark.parametrize(
    ("code", "quoted"),
    [
        ("x=f( 'a',2 )", "x=f( 'a',2 )"),
        ("x = max(a,\n        b)", "x = max(a, b)"),
        ("for a, b in pairs :\n    print(a)", "for a, b in pairs :"),
        ("x = (1,  # one\n     2)", "x = (1, 2)"),
    ],
)
def test_code_is_quoted_as_it_was_written(code, quoted):
    assert code_of(parsed(code)) == quoted


def test_a_part_behind_a_letter_of_two_bytes_is_found():
    assert code_of(parsed("größe = 'ü'+ x").value.right) == "x"


def test_code_that_was_never_written_is_quoted_all_the_same():
    assert code_of(ast.parse("x=1").body[0]) == "x = 1"


def test_what_is_told_quotes_the_learners_own_text():
    cell = """def pixel_loss(logits, target):
    m = max(logits)
    return math.log(sum(math.exp(z - m) for z in logits)) + m - logits[target-1]
"""
    assert told("pixel-loss", cell) == "Line 3: the `- 1` in `target-1` does not belong there."
