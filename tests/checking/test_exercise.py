"""How an exercise is registered: what follows from names, and what is refused."""

import pytest

from course_lib.checking.exercise import Exercise, call, snake_case
from course_lib.exercises import find_exercise


def half(number):
    """Return half of a number."""
    return number / 2


def an_exercise(reference=half, **changes):
    about = {
        "title": "Half",
        "points": 1,
        "minutes": 5,
        "source": "a test",
        "hints": ("", "", ""),
        "why": "Half.",
    }
    return Exercise(reference, draw=lambda rng: (int(rng.integers(9)),), **(about | changes))


def test_the_id_follows_from_the_references_name():
    class TinyNetwork:
        """A network."""

    assert an_exercise().id == "half"
    assert an_exercise(TinyNetwork).id == "tiny-network"
    assert an_exercise(id="other").id == "other"


@pytest.mark.parametrize(
    ("name", "snake"),
    [("TinyUNet", "tiny_unet"), ("ASPP", "aspp"), ("mean_iou", "mean_iou"), ("DoubleConv", "double_conv")],
)
def test_names_in_snake_case(name, snake):
    assert snake_case(name) == snake


def test_the_lesson_is_that_of_the_folder():
    assert find_exercise("mean-iou").lesson == "03"
    assert an_exercise().lesson == ""


def test_answers_register_in_their_order():
    exercise = an_exercise()
    exercise.worked(4, gives=2.0, example="half-of-4")
    exercise.worked(1, gives=0.5)

    @exercise.wrong
    def empty_is_0(number):
        """You returned 0,
        whatever came.
        """
        return 0

    @exercise.wrong
    class Doubled:
        """You doubled it."""

    exercise.wrong(lambda number: number, name="the_same", sentence="You gave it back.")

    @exercise.right
    def shifted(number):
        return number * 0.5

    assert [(case.args, case.expected, case.example) for case in exercise.worked_cases] == [
        ((4,), 2.0, "half-of-4"),
        ((1,), 0.5, ""),
    ]
    assert [(idea.name, idea.sentence) for idea in exercise.misconceptions] == [
        ("empty-is-0", "You returned 0, whatever came."),
        ("doubled", "You doubled it."),
        ("the-same", "You gave it back."),
    ]
    assert exercise.misconceptions[0].answer is empty_is_0
    assert empty_is_0(3) == 0
    assert exercise.misconceptions[1].answer is Doubled
    assert exercise.accepted == (shifted,)
    assert exercise.observe is call


def test_a_reference_needs_a_docstring():
    def silent(number):
        return number / 2

    with pytest.raises(ValueError, match="reference of 'silent' has no docstring: say what it takes"):
        an_exercise(silent)


def test_a_misconception_needs_a_sentence_and_a_name_of_its_own():
    exercise = an_exercise()
    with pytest.raises(
        ValueError, match="'same' of 'half' has no sentence: write it as the answer's docstring"
    ):
        exercise.wrong(lambda number: number, name="same")
    exercise.wrong(lambda number: number, name="same", sentence="You gave it back.")
    with pytest.raises(ValueError, match="Two misconceptions of 'half' are called 'same': rename one"):
        exercise.wrong(lambda number: 1, name="same", sentence="You returned 1.")
    assert len(exercise.misconceptions) == 1
