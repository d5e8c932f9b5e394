"""Fresh cases are drawn by kinds, each in every draw."""

import dataclasses
import math

import pytest

from course_lib.authoring.lint_exercises import check_form
from course_lib.checking.exercise import by_kind
from course_lib.exercises import find_exercise


def draw_named(rng, kind):
    return kind, int(rng.integers(10**6))


def test_kinds_take_turns_whatever_the_seed():
    exercise = dataclasses.replace(
        find_exercise("iou"), draw=by_kind(draw_named, "empty", "usual", "equal"), fresh_cases=7
    )
    for seed in range(20):
        drawn = exercise.drawn(seed)
        assert [kind for kind, _ in drawn] == ["empty", "usual", "equal"] * 2 + ["empty"]
        assert all(args[0] == kind for kind, args in drawn)
    assert exercise.drawn(1) == exercise.drawn(1)
    assert exercise.drawn(1) != exercise.drawn(2)


def test_a_single_function_draws_the_usual_kind():
    exercise = dataclasses.replace(find_exercise("iou"), draw=lambda rng: (1, 2), fresh_cases=2)
    assert exercise.drawn(0) == [("usual", (1, 2))] * 2


def test_more_kinds_than_cases_are_refused():
    with pytest.raises(ValueError, match="3 kinds of cases and only 2 fresh cases: raise fresh_cases"):
        dataclasses.replace(
            find_exercise("iou"), draw=by_kind(draw_named, "empty", "usual", "equal"), fresh_cases=2
        )


def problems_of(exercise):
    return [problem.message for problem in check_form(exercise, exercise.lesson)]


def test_the_linter_wants_nan_in_every_draw_where_an_answer_can_be_nan():
    iou = find_exercise("iou")
    assert problems_of(iou) == []

    def draw_by_chance(rng):
        empty = [[int(rng.random() < 0.9)]]
        return empty, empty

    by_chance = dataclasses.replace(iou, draw=draw_by_chance)
    assert any("no fresh case takes or gives nan" in message for message in problems_of(by_chance))

    # The docstring speaks of it, though no worked case has one.
    dice_from_iou = find_exercise("dice-from-iou")
    assert problems_of(dice_from_iou) == []
    never = dataclasses.replace(dice_from_iou, draw=lambda rng: (0.5,))
    assert any("no fresh case takes or gives nan" in message for message in problems_of(never))
    always = {"usual": lambda rng: (0.5,), "nan": lambda rng: (math.nan,)}
    assert problems_of(dataclasses.replace(dice_from_iou, draw=always)) == []


@pytest.mark.parametrize("draw", [lambda rng: (0.5,), {"usual": lambda rng: (0.5,)}])
def test_the_linter_wants_kinds(draw):
    without = dataclasses.replace(find_exercise("pixel-loss"), draw=draw)
    (problem,) = problems_of(without)
    assert problem.startswith("its fresh cases are of 1 kind, at least 2 are expected")


def test_the_linter_names_a_kind_that_is_not_drawn():
    class Forgetful(type(find_exercise("iou"))):
        def drawn(self, seed):
            return [each for each in super().drawn(seed) if each[0] != "both empty"]

    iou = find_exercise("iou")
    fields = {field.name: getattr(iou, field.name) for field in dataclasses.fields(iou)}
    assert "with seed 0 no case of the kind both empty is drawn" in problems_of(Forgetful(**fields))
