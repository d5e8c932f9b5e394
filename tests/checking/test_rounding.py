"""An answer that is right but rounded is told so, and no other answer is."""

import pytest

from course_lib.checking.judge import judge
from course_lib.exercises import find_exercise

IOU = find_exercise("iou")
iou = IOU.reference


@pytest.mark.parametrize(
    ("decimals", "said"),
    [
        (2, "rounded to 2 decimals. Do not round"),
        (1, "rounded to 1 decimal."),
        (0, "rounded to whole numbers."),
    ],
)
def test_a_rounded_answer_is_told_that_it_is_rounded(decimals, said):
    result = judge(IOU, lambda prediction, truth: round(float(iou(prediction, truth)), decimals))
    assert said in result.message
    assert result.status == "failed"


@pytest.mark.parametrize(
    "answer", [lambda prediction, truth: 1.0, lambda prediction, truth: iou(prediction, truth) + 1e-3]
)
def test_other_answers_are_not_told_that_they_round(answer):
    assert "round" not in judge(IOU, answer).message
