"""The engine of checks, on a small exercise of its own."""

import math

import numpy as np
import pytest
import torch

from course_lib.checking.exercise import Exercise, Misconception, Worked
from course_lib.checking.judge import fresh_cases, judge


def iou(prediction, truth):
    """Return the IoU of two masks."""
    pairs = [(p, t) for a, b in zip(prediction, truth, strict=True) for p, t in zip(a, b, strict=True)]
    union = sum(p or t for p, t in pairs)
    return sum(p and t for p, t in pairs) / union if union else math.nan


def recall(prediction, truth):
    pairs = [(p, t) for a, b in zip(prediction, truth, strict=True) for p, t in zip(a, b, strict=True)]
    true = sum(t for _, t in pairs)
    return sum(p and t for p, t in pairs) / true if true else math.nan


def with_numpy(prediction, truth):
    prediction, truth = np.array(prediction) == 1, np.array(truth) == 1
    union = (prediction | truth).sum()
    return (prediction & truth).sum() / union if union else np.float64("nan")


def with_torch(prediction, truth):
    prediction, truth = torch.tensor(prediction), torch.tensor(truth)
    return (prediction & truth).sum() / (prediction | truth).sum()


def draw_pair(rng):
    shape = rng.integers(1, 5, size=2)
    full = rng.choice([0.0, 0.5, 0.5, 1.0])
    return (rng.random(shape) < full).astype(int).tolist(), (rng.random(shape) < 0.5).astype(int).tolist()


def an_exercise(**changes):
    values = dict(  # noqa: C408
        title="IoU of two masks", points=2, minutes=10, source="a test",
        reference=iou, worked_cases=(Worked(([[1, 1]], [[0, 1]]), 0.5, "half"),), draw=draw_pair,
        misconceptions=(Misconception("recall", recall, "That is recall."),),
        accepted=(with_numpy, with_torch), hints=("one", "two", "three"), why="Because.",
    )  # fmt: skip
    return Exercise(**(values | changes))


IOU = an_exercise()


@pytest.mark.parametrize(
    "answer", [iou, with_numpy, with_torch, lambda prediction, truth: iou(prediction, truth)]
)
def test_right_answers_pass_in_any_style(answer):
    result = judge(IOU, answer)
    assert (result.status, result.score, result.message) == ("passed", 2.0, "Because.")
    assert len(result.cases) == 13


def test_a_misconception_is_named_with_its_sentence():
    result = judge(IOU, recall)
    assert (result.status, result.misconception, result.message) == ("failed", "recall", "That is recall.")
    assert 0 < result.score < 2


def unfinished(prediction, truth):
    raise NotImplementedError


def raises(prediction, truth):
    return prediction[99]


def returns_nothing(prediction, truth):
    iou(prediction, truth)


def prints(prediction, truth):
    print(iou(prediction, truth))


def returns_text(prediction, truth):
    return "a half"


def returns_a_list(prediction, truth):
    return [iou(prediction, truth)]


def changes_its_input(prediction, truth):
    value = iou(prediction, truth)
    prediction[0][0] = 7
    return value


def divides_by_nothing(prediction, truth):
    return sum(map(sum, prediction)) / 0


def is_hard_coded(prediction, truth):
    return 0.5


def needs_gradient(prediction, truth):
    return torch.tensor(iou(prediction, truth), requires_grad=True)


def one_argument(prediction):
    return 0.5


@pytest.mark.parametrize(
    ("answer", "status", "said"),
    [
        (unfinished, "not attempted", "Write your code in its place"),
        (lambda prediction, truth: ..., "not attempted", "Write your code in its place"),
        (raises, "raised", "places are counted from 0"),
        (divides_by_nothing, "raised", "The divisor is 0 in this case."),
        (returns_nothing, "failed", "returned nothing"),
        (prints, "failed", "put `return` where `print` is"),
        (returns_text, "failed", "A text is returned, where a number is asked for."),
        (returns_a_list, "failed", "the shape is (1,), where one number is asked for."),
        (changes_its_input, "failed", "the call changed `prediction`"),
        (is_hard_coded, "failed", "compute the answer from the arguments"),
        (needs_gradient, "failed", "still requires a gradient"),
        (
            one_argument,
            "failed",
            "takes 2 arguments (prediction, truth), yours takes 1 argument (prediction)",
        ),
        (0.5, "failed", "expected the function `iou` itself"),
        (None, "failed", "expected the function `iou` itself"),
    ],
)
def test_every_way_to_be_wrong_has_its_own_message(answer, status, said):
    result = judge(IOU, answer)
    assert result.status == status
    assert said.lower() in result.message.lower()
    assert result.score < result.max_score


def test_an_error_has_the_same_text_on_every_run():
    def answer(prediction, truth):
        raise ValueError(f"not {object()}")

    assert "ValueError: not <object object>" in judge(IOU, answer).message


def test_what_raised_names_the_line():
    assert "return prediction[99]" in judge(IOU, raises).first_problem.problem


def torch_is_asked_too_much(prediction, truth):
    return torch.nn.functional.cross_entropy(torch.tensor([0, 1]), torch.rand(2))


def test_torchs_not_implemented_is_no_stub():
    result = judge(IOU, torch_is_asked_too_much)
    assert result.status == "raised"
    assert "not implemented" in result.message


def test_an_answer_cannot_leave_gradients_off():
    def switches_off(prediction, truth):
        torch.set_grad_enabled(False)
        return iou(prediction, truth)

    judge(IOU, switches_off)
    assert torch.is_grad_enabled()


def test_none_may_be_an_answer():
    def root(value):
        """Return the square root, None for negative values."""
        return value**0.5 if value >= 0 else None

    exercise = an_exercise(
        reference=root, worked_cases=(Worked((-1,), None), Worked((4,), 2.0)),
        draw=lambda rng: (int(rng.integers(-9, 9)),), misconceptions=(),
    )  # fmt: skip
    assert judge(exercise, lambda value: None).message == "Got None, expected float."
    assert judge(exercise, lambda value: -2.5).message == "Got -2.5, expected None."


def test_few_possible_answers_are_no_sign_of_hard_coding():
    def sign(value):
        """Name the sign."""
        return "minus" if value < 0 else "plus"

    exercise = an_exercise(
        reference=sign, worked_cases=(Worked((-1,), "minus"), Worked((4,), "plus")),
        draw=lambda rng: (int(rng.integers(0, 9)),), misconceptions=(),
    )  # fmt: skip
    told = judge(exercise, lambda value: "plus" if value == 4 else "minus").message
    assert told == "Got 'minus', expected 'plus'."


def test_a_prediction_of_wrong_shape_and_kind():
    def argmax(scores):
        """Return the class map."""
        return np.array(scores).argmax(axis=2)

    grid = an_exercise(
        reference=argmax, worked_cases=(Worked(([[[0.1, 0.9]], [[0.8, 0.2]]],), [[1], [0]]),),
        draw=lambda rng: (rng.random((2, 3, 4)).tolist(),), misconceptions=(),
    )  # fmt: skip
    assert judge(grid, argmax).passed
    assert judge(grid, lambda scores: tuple(tuple(row) for row in argmax(scores))).passed
    assert "the shape is (1, 2), expected (2, 1)." in judge(grid, lambda s: argmax(s).T).message.lower()
    assert (
        "the values have the type float, where whole numbers (int) are asked for."
        in judge(grid, lambda s: argmax(s).astype(float)).message.lower()
    )
    assert "rows of different lengths" in judge(grid, lambda s: [[0], [1, 1]]).message.lower()


def test_fresh_cases_follow_from_the_seed():
    assert fresh_cases(IOU, 3) == fresh_cases(IOU, 3)
    assert fresh_cases(IOU, 3) != fresh_cases(IOU, 4)
    assert [case.args for case in judge(IOU, iou, seed=3).cases[1:]] == fresh_cases(IOU, 3)


def test_an_endless_print_needs_no_memory():
    def chatters(prediction, truth):
        for _ in range(10_000):
            print("here")
        return 0.0

    assert len(judge(IOU, chatters).cases[0].outcome.printed) <= 2000


def refuses(text):
    def answer(prediction, truth):
        raise RuntimeError(text)

    return answer


def test_errors_of_torch_are_told_apart_by_their_text_less_the_numbers():
    idea = Misconception("sizes", refuses("Expected size 9 but got size 7"), "The sizes differ.")
    exercise = an_exercise(misconceptions=(idea,))
    assert judge(exercise, refuses("Expected size 12 but got size 3")).misconception == "sizes"
    assert judge(exercise, refuses("Expected 4D input")).misconception is None
