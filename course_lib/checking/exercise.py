"""What an exercise is made of. The exercises themselves are in :mod:`course_lib.exercises`."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Answer = Callable[..., Any]
"""A function or class written by a learner, or one of an exercise's own (reference, misconception, variant)."""

Observe = Callable[..., Any]
"""``observe(answer, *args)`` puts an answer to the test and returns plain data about it."""


def call(answer: Answer, *args: Any) -> Any:
    """Observe an answer by what it returns."""
    return answer(*args)


@dataclass(frozen=True)
class Worked:
    """A case that learners see: arguments, the value by hand, the id of the worked example it comes from."""

    args: tuple[Any, ...]
    expected: Any
    example: str = ""


@dataclass(frozen=True)
class Misconception:
    """A wrong answer that real learners give, and the sentence that helps those who gave it."""

    name: str
    answer: Answer
    sentence: str


@dataclass(frozen=True)
class Exercise:
    """One exercise, defined once: the notebooks, the checks, the linter and the grader all read this.

    Attributes:
        id: such as ``"mean-iou"``.
        title: a few words, for headings and lists.
        lesson: two digits, such as ``"03"``.
        points: what passing is worth.
        minutes: how long a learner should take, 5 to 15.
        source: the document and section that the exercise comes from.
        reference: the right answer; its name and signature are the learner's, and what stands between its
            ``### BEGIN SOLUTION`` and ``### END SOLUTION`` is what the learner writes.
        worked: cases shown to the learner, with values computed by hand.
        fresh: draws the arguments of one new case from a generator; edge cases come up often.
        misconceptions: three to eight wrong answers.
        accepted: right answers in other styles, at least three.
        hints: three, from a nudge to nearly the answer.
        why: why it works, shown on passing; one to three sentences.
        observe: what is compared; by default what the answer returns.
        tolerance: how far a float may be from the expected one.
        fresh_cases: how many fresh cases a check draws.
        deadline: seconds that one check may take.
    """

    id: str
    title: str
    lesson: str
    points: int
    minutes: int
    source: str
    reference: Answer
    worked: tuple[Worked, ...]
    fresh: Callable[[np.random.Generator], tuple[Any, ...]]
    misconceptions: tuple[Misconception, ...]
    accepted: tuple[Answer, ...]
    hints: tuple[str, str, str]
    why: str
    observe: Observe = call
    tolerance: float = 1e-6
    fresh_cases: int = 12
    deadline: float = 5.0

    @property
    def name(self) -> str:
        """The name that the learner's function or class must have."""
        return self.reference.__name__

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of the arguments that the answer takes."""
        return tuple(inspect.signature(self.reference).parameters)

    @property
    def case_names(self) -> tuple[str, ...]:
        """The names of what a case holds: the answer's arguments, or what is observed beside the answer."""
        if self.observe is call:
            return self.parameters
        return tuple(inspect.signature(self.observe).parameters)[1:]
