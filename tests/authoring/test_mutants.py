"""Small changes of answers: each operator by a function made for it, and what the judge makes of them."""

import dataclasses

import numpy as np
import pytest
import torch.nn as nn
from small_exercises import ADD, DOUBLE

from course_lib.authoring.lint_mutants import as_table, judge_mutants, problems_of
from course_lib.authoring.mutants import mutants_of
from course_lib.checking.exercise import Exercise


def changes(answer):
    return {mutant.what for mutant in mutants_of(answer)}


def of_operators(a, b):
    return a + b - a


def of_a_quotient(a, b):
    return 2 * a / (a + b)


def of_comparisons(a):
    return a > 0 or a == -1


def of_constants(flag=True):
    return 3.0 if flag else "mean"


def of_calls(x, y):
    return max(x.sum(axis=0, keepdims=True).clip(0), y)


def of_a_loop(numbers):
    total = 0
    for number in numbers:
        total += number
    return total


def of_a_guard(number):
    if number == 0:
        return None
    return 1 / number


def of_a_slice(numbers):
    return [number for number in numbers[1:-1] if number]


EXPECTED = {
    of_operators: {
        "line 2: a + b -> a - b",  # another operator
        "line 2: a + b -> a",  # one side dropped
        "line 2: a + b - a -> a - (a + b)",  # sides swapped
        "line 2: a -> b",  # another variable
    },
    of_a_quotient: {
        "line 2: 2 * a / (a + b) -> 2 * a / a + b",
        "line 2: 2 * a / (a + b) -> 2 * a // (a + b)",
    },
    of_comparisons: {
        "line 2: a > 0 -> a >= 0",
        "line 2: a > 0 -> a < 0",
        "line 2: a == -1 -> a != -1",
        "line 2: a > 0 or a == -1 -> a > 0 and a == -1",
        "line 2: -1 -> 1",
    },
    of_constants: {"line 1: True -> False", "line 2: 3.0 -> 0.0", "line 2: 'mean' -> 'sum'"},
    of_calls: {
        "line 2: x.sum(axis=0, keepdims=True) -> x.sum(axis=0)",
        "line 2: x.sum(axis=0, keepdims=True) -> x.mean(axis=0, keepdims=True)",
        "line 2: x.sum(axis=0, keepdims=True).clip(0) -> x.sum(axis=0, keepdims=True)",
        "line 2: 0 -> 1",
        "line 2: True -> False",
    },
    of_a_loop: {
        "line 4: total += number -> total = number",
        "line 4: total += number -> total -= number",
        "line 1: total = 0 -> total = 0 (moved)",  # into the loop
        "line 1: return total -> return total (moved)",
        "line 3: total += number -> pass",
    },
    of_a_guard: {"line 1: if number == 0:; return None -> nothing", "line 2: return None -> pass"},
    of_a_slice: {
        "line 2: numbers[1:-1] -> numbers[:-1]",
        "line 2: numbers[1:-1] -> numbers[1:]",
    },
}


def test_the_condition_of_a_comprehension_is_dropped():
    what = "line 2: for number in numbers[1:-1] if number -> for number in numbers[1:-1]"
    (unconditional,) = [mutant.answer for mutant in mutants_of(of_a_slice) if mutant.what == what]
    assert of_a_slice([1, 0, 2, 3]) == [2]
    assert unconditional([1, 0, 2, 3]) == [0, 2]


@pytest.mark.parametrize("answer", EXPECTED, ids=lambda answer: answer.__name__)
def test_each_operator_makes_its_changes(answer):
    assert EXPECTED[answer] <= changes(answer)


def test_a_mutant_is_an_answer_that_computes_something_else():
    (sum_of_both,) = [
        mutant for mutant in mutants_of(of_operators) if mutant.what == "line 2: a + b -> a - b"
    ]
    assert of_operators(5, 2) == 2
    assert sum_of_both.answer(5, 2) == -2


def test_changes_that_come_to_the_same_are_not_made():
    def unpacked(a, b):
        first, second = (np.maximum(a, b), b)
        return [x + y for x, y in zip(first, second, strict=True)]

    made = changes(unpacked)
    assert not any("strict=False" in what or "True -> False" in what for what in made)
    assert "line 2: (first, second) -> (second, first)" not in made  # the values are swapped already
    assert "line 2: np.maximum(a, b) -> np.maximum(b, a)" not in made
    assert "line 3: x + y -> y + x" not in made


class Block(nn.Module):
    """A layer, and a ReLU after it."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(2, 2)

    def forward(self, x):
        return self.layer(x).relu()


def test_classes_are_changed_method_by_method():
    assert "line 9: self.layer(x).relu() -> self.layer(x)" in changes(Block)
    assert all(issubclass(mutant.answer, nn.Module) for mutant in mutants_of(Block))


def test_what_has_no_source_has_no_mutants():
    assert list(mutants_of(len)) == []


def test_the_judge_lists_what_passes_and_what_is_explained():
    def weak_draw(rng):
        return 2, 2  # 2 + 2 and 2 * 2 are the same

    weak = dataclasses.replace(ADD, draw=weak_draw, worked_cases=(), accepted=(), equivalents={})
    row = judge_mutants(weak, seeds=(1,))
    assert "add, line 14: a + b -> a * b" in row.survivors
    assert row.made == row.refused + len(row.survivors)
    assert row.equivalent == 0
    assert any("a + b -> a * b" in problem.message for problem in problems_of(weak, row))

    strong = judge_mutants(dataclasses.replace(ADD, accepted=()), seeds=(1, 2))
    assert "add, line 14: a + b -> a * b" not in strong.survivors


def test_a_survivor_that_is_listed_is_equivalent_and_a_stale_entry_is_a_problem():
    listed = dataclasses.replace(ADD, draw=lambda rng: (2, 2), worked_cases=(), accepted=(), equivalents={})
    listed.equivalent("add, line 14: a + b -> a * b", because="2 and 2 are drawn.")
    listed.equivalent("add, line 99: a -> b", because="This line was removed.")
    row = judge_mutants(listed, seeds=(1,))
    assert row.equivalent == 1
    assert "add, line 14: a + b -> a * b" not in row.survivors
    assert row.stale == ["add, line 99: a -> b"]
    assert any("Remove it." in problem.message for problem in problems_of(listed, row))


def test_a_mutant_that_never_ends_is_refused():
    def countdown(number):
        """Count down.

        Args:
            number: an int.
        """
        while number > 0:
            number -= 1
        return number

    exercise = Exercise(
        countdown,
        title="Down",
        points=1,
        minutes=5,
        source="nowhere",
        draw=lambda rng: (3,),
        hints=("a", "b", "c"),
        why="It ends.",
        fresh_cases=1,
    )
    row = judge_mutants(exercise, seeds=(1,))
    assert not any("number -= 1 -> number += 1" in change for change in row.survivors)


def test_the_table_adds_up():
    rows = [judge_mutants(exercise, seeds=(1,)) for exercise in (ADD, DOUBLE)]
    *_, total = as_table(rows).splitlines()
    assert total.startswith(f"| all | {rows[0].made + rows[1].made} |")


def test_an_equivalent_needs_a_reason_and_is_listed_once():
    exercise = dataclasses.replace(ADD, equivalents={})
    with pytest.raises(ValueError, match="without a reason"):
        exercise.equivalent("add, line 14: a -> b", because=" ")
    exercise.equivalent("add, line 14: a -> b", because="They are equal.")
    with pytest.raises(ValueError, match="twice"):
        exercise.equivalent("add, line 14: a -> b", because="They are equal.")
