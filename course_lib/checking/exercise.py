"""What an exercise is made of. The exercises themselves are in :mod:`course_lib.exercises`, one per file.

Such a file makes one :class:`Exercise` and adds to it, here for ``iou``:

    IOU = Exercise(iou, title="IoU of two masks", points=2, minutes=5, ...)
    IOU.worked([[1, 1]], [[0, 1]], gives=0.5)

    @IOU.wrong
    def recall(prediction, truth):
        \"""You divided by the truth pixels only: that is recall.\"""
        ...

    @IOU.right
    def with_numpy(prediction, truth): ...
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

Answer = Callable[..., Any]
"""A function or class written by a learner, or one of an exercise's own (reference, misconception, variant)."""

Observe = Callable[..., Any]
"""``observe(answer, *args)`` puts an answer to the test and returns plain data about it."""

Draw = Callable[[np.random.Generator], tuple[Any, ...]]
"""Draws the arguments of one new case from a generator."""

_LESSON = re.compile(r"\.l(\d\d)_")


def call(answer: Answer, *args: Any) -> Any:
    """Observe an answer by what it returns."""
    return answer(*args)


def by_kind(draw: Callable[..., tuple[Any, ...]], *kinds: str) -> dict[str, Draw]:
    """Return the draws of several kinds of cases that one function makes, called as ``draw(rng, kind="empty")``."""
    return {kind: partial(draw, kind=kind) for kind in kinds}


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


@dataclass(eq=False)
class Exercise:
    """One exercise, defined once: the notebooks, the checks, the linter and the grader all read this.

    Its file calls :meth:`worked`, :meth:`wrong` and :meth:`right`; afterwards nothing changes it.

    Attributes:
        reference: the right answer; its name and signature are the learner's, and what is between its
            ``### BEGIN SOLUTION`` and ``### END SOLUTION`` is what the learner writes.
        title: a few words, for headings and lists.
        points: what passing is worth.
        minutes: how long a learner should take, 5 to 15.
        source: the document and section that the exercise comes from.
        draw: draws the arguments of one new case from a generator. Where there are edge cases, a dict of such
            functions, one for each kind of case: ``{"usual": ..., "both empty": ...}``. The kinds take turns, so
            that each is among the fresh cases, whatever the seed.
        hints: three, from a nudge to nearly the answer.
        why: why it works, shown on passing; one to three sentences.
        observe: what is compared; by default what the answer returns.
        tolerance: how far a float may be from the expected one.
        fresh_cases: how many fresh cases a check draws, at least one for each kind.
        deadline: seconds that one check may take.
        background: the class id that is drawn in the colour of the background, blue, where a check shows masks.
        id: such as ``"mean-iou"``; by default it follows from the reference's name. Give one only where another
            exercise of the course has, or had, that id. The exercise's file is named after it.
        worked_cases: cases shown to the learner, with values computed by hand.
        misconceptions: three to sixteen wrong answers.
        accepted: right answers in other styles, at least three.
        equivalents: small changes of right answers that are right as well, and the reason why.

    Raises:
        ValueError: the reference has no docstring, or there are more kinds of cases than fresh cases.
    """

    reference: Answer
    title: str
    points: int
    minutes: int
    source: str
    draw: Draw | Mapping[str, Draw]
    hints: tuple[str, str, str]
    why: str
    observe: Observe = call
    tolerance: float = 1e-6
    fresh_cases: int = 12
    deadline: float = 5.0
    background: int = 1
    id: str = ""
    worked_cases: tuple[Worked, ...] = ()
    misconceptions: tuple[Misconception, ...] = ()
    accepted: tuple[Answer, ...] = ()
    equivalents: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.id = self.id or snake_case(self.name).replace("_", "-")
        if not self.reference.__doc__:
            raise ValueError(
                f"The reference of {self.id!r} has no docstring: say what it takes and what it returns."
            )
        if len(self.kinds) > self.fresh_cases:
            raise ValueError(
                f"{self.id!r} has {len(self.kinds)} kinds of cases and only {self.fresh_cases} fresh cases: raise "
                "fresh_cases, so that a check draws every kind."
            )

    def worked(self, *args: Any, gives: Any, example: str = "") -> None:
        """Add a case that learners see.

        Args:
            args: what the answer is called with.
            gives: the expected value, computed by hand.
            example: the id of the worked example, such as ``"overlap-4x4"``.
        """
        self.worked_cases += (Worked(args, gives, example),)

    def wrong(self, answer: Answer, name: str = "", sentence: str = "") -> Answer:
        """Add a misconception: as a decorator, or by a call.

        Args:
            answer: the wrong answer.
            name: by default the answer's own; it is shown with dashes, ``"empty-is-0"``.
            sentence: what helps those who gave this answer; by default the answer's docstring.

        Returns:
            The answer.

        Raises:
            ValueError: there is no sentence, or two misconceptions have one name.
        """
        name = snake_case(name or answer.__name__).replace("_", "-")
        sentence = sentence or " ".join((answer.__doc__ or "").split())
        if not sentence:
            raise ValueError(
                f"The misconception {name!r} of {self.id!r} has no sentence: write it as the answer's docstring."
            )
        if any(name == idea.name for idea in self.misconceptions):
            raise ValueError(f"Two misconceptions of {self.id!r} are called {name!r}: rename one of them.")
        self.misconceptions += (Misconception(name, answer, sentence),)
        return answer

    def right(self, answer: Answer) -> Answer:
        """Add a right answer in another style, as a decorator or by a call; return the answer."""
        self.accepted += (answer,)
        return answer

    def equivalent(self, *changes: str, because: str) -> None:
        """List small changes of right answers that come to the same, so that no check can refuse them.

        Args:
            changes: each one an answer's name and the change, as ``course lint --mutants`` prints them.
            because: why the changed answer is right as well, for all of these.

        Raises:
            ValueError: the reason is empty, or a change is listed twice.
        """
        if not because.strip():
            raise ValueError(
                f"{self.id!r} lists {changes[0]!r} without a reason: say why it comes to the same."
            )
        for change in changes:
            if change in self.equivalents:
                raise ValueError(f"{self.id!r} lists {change!r} twice: remove one of them.")
            self.equivalents[change] = because

    @property
    def kinds(self) -> dict[str, Draw]:
        """The kinds of fresh cases and what draws them; an exercise with one function has one kind, ``"usual"``."""
        return dict(self.draw) if isinstance(self.draw, Mapping) else {"usual": self.draw}

    def drawn(self, seed: int) -> list[tuple[str, tuple[Any, ...]]]:
        """Draw the fresh cases from a seed; return the kind and the arguments of each."""
        kinds = list(self.kinds.items())
        turns = [kinds[number % len(kinds)] for number in range(self.fresh_cases)]
        return [
            (kind, draw(np.random.default_rng([seed, number]))) for number, (kind, draw) in enumerate(turns)
        ]

    @property
    def lesson(self) -> str:
        """Two digits, such as ``"03"``, from the folder of its file; nothing outside of the lessons' folders."""
        found = _LESSON.search(self.reference.__module__)
        return found[1] if found else ""

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
        """The names of what a case holds: the answer's arguments, or what is observed beside the answer.

        What is observed may hand on the last arguments as they come, ``*options``: these have the answer's names.
        """
        if self.observe is call:
            return self.parameters
        names = list(inspect.signature(self.observe).parameters.values())[1:]
        handed_on = [one.kind for one in names[-1:]] == [inspect.Parameter.VAR_POSITIONAL]
        own = tuple(one.name for one in (names[:-1] if handed_on else names))
        return own + self.parameters[len(own) :] if handed_on else own


def snake_case(name: str) -> str:
    """Return ``"tiny_unet"`` for ``"TinyUNet"``; names in snake case stay as they are."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
