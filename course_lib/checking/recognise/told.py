"""What was recognised, and how two things are told as one."""

from __future__ import annotations

from dataclasses import dataclass

from course_lib.checking.exercise import Misconception
from course_lib.checking.recognise.pairs import both


@dataclass(frozen=True)
class Told:
    """What was recognised.

    Attributes:
        sentence: what is said to the learner.
        ideas: the names of the misconceptions in it; none where only the code tells.
        partly: whether it is said that something else is wrong as well.
    """

    sentence: str
    ideas: tuple[str, ...] = ()
    partly: bool = False


def told(idea: Misconception) -> Told:
    """Return what is told of an answer that has one idea."""
    return Told(idea.sentence, (idea.name,))


def both_told(one: Told, other: Told) -> Told:
    """Return two things as one."""
    if one.sentence == other.sentence:
        return one
    return Told(both(one.sentence, other.sentence), one.ideas + other.ideas)
