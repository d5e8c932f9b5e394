"""The ward of lesson 11: runs are examined probe by probe, and every probe costs minutes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from course_lib.training.diagnose import card
from course_lib.wording import counted


@dataclass(frozen=True)
class Probe:
    """One thing to look at.

    Attributes:
        minutes: what it costs: about what it takes in a project of one's own.
        lines: the beginnings of the lines of the card that it shows.
        asks: what it finds out.
    """

    minutes: int
    lines: tuple[str, ...]
    asks: str


PROBES: dict[str, Probe] = {
    "score": Probe(1, ("loss", "logged mIoU"), "What does the run say of itself?"),
    "error": Probe(1, ("stopped", "sizes then"), "Did it stop, and with which sizes?"),
    "targets": Probe(
        3, ("classes", "in the targets", "in the truth"), "Which ids does the loss get? Which are true?"
    ),
    "predictions": Probe(
        3, ("classes", "predicted", "found"), "Which ids are predicted, and how many are found?"
    ),
    "frame": Probe(3, ("right pixels",), "Is it as good along the frame of the picture as in the middle?"),
    "sides": Probe(4, ("sides of the maps",), "How large are the maps, from layer to layer?"),
    "validation": Probe(
        4, ("validation", "mode of"), "How many pixels count, how many images at once, in which mode?"
    ),
    "memory": Probe(4, ("kept for",), "How much does validation keep for gradients?"),
    "second look": Probe(5, ("second look",), "What is the mIoU if somebody else computes it?"),
    "blind": Probe(6, ("blind pixels",), "Which pixels have the same logits for any image?"),
    "pairs": Probe(
        8, ("image and mask",), "Augment a mask with a picture of itself: do the two still agree?"
    ),
    "silence": Probe(
        8, ("a way around",), "Set the smallest maps to 0: do the logits still follow the image?"
    ),
}
"""The probes by their names, from cheap to dear."""

_COLLEAGUE = {
    "A": ("score", "second look", "validation"),
    "B": ("score", "sides"),
    "C": ("score", "targets"),
    "D": ("score", "validation", "memory"),
    "E": ("score", "sides", "silence"),
    "F": ("score", "predictions"),
    "G": ("score", "frame", "blind"),
    "H": ("score", "second look", "validation"),
    "I": ("score", "targets", "pairs"),
    "J": ("error",),
}


class Ward:
    """Runs in the order of their arrival, and what was spent on each.

    Args:
        make: makes the run with a letter and returns its folder.
    """

    def __init__(self, make: Callable[[str], Path]) -> None:
        self._make = make
        self.runs: dict[str, Path] = {}
        self._seen: dict[str, list[str]] = {}

    def admit(self, letters: str) -> None:
        """Make the runs with these letters, each a training of some seconds."""
        for letter in letters:
            self.runs[letter] = self._make(letter)
            self._seen.setdefault(letter, [])
        print(f"Admitted: {', '.join(self.runs)}.")

    def examine(self, plan: Mapping[str, Sequence[str]]) -> None:
        """Print what the probes of a plan find; a probe that was paid for is free the next time.

        Args:
            plan: names of probes by the run's letter, such as ``{"A": ["score", "targets"]}``.
        """
        for letter, probes in plan.items():
            if isinstance(probes, str):
                print(f"The probes of run {letter} have to be a list: write [{probes!r}].")
                continue
            unknown = [name for name in probes if name not in PROBES]
            if letter not in self.runs or unknown:
                known = ", ".join(self.runs if letter not in self.runs else PROBES)
                print(
                    f"There is no {letter if letter not in self.runs else unknown[0]!r} here, only {known}."
                )
                continue
            self._seen[letter] += [name for name in dict.fromkeys(probes) if name not in self._seen[letter]]
            print(f"--- run {letter}, {counted(self._minutes(letter), 'minute')} so far")
            print("\n".join(_found(card(self.runs[letter]), probes)), end="\n\n")

    def bill(self) -> None:
        """Print what was spent on each run, beside what a colleague needed who knows the ten causes well."""
        print("run   you   a colleague")
        for letter in self.runs:
            print(f"{letter:<3} {self._minutes(letter):>5} {_cost(_COLLEAGUE[letter]):>9}")
        yours, theirs = (
            sum(map(count, self.runs)) for count in (self._minutes, lambda one: _cost(_COLLEAGUE[one]))
        )
        print(f"all {yours:>5} {theirs:>9} minutes")

    def _minutes(self, letter: str) -> int:
        return _cost(self._seen[letter])


def price_list() -> None:
    """Print the probes, what each costs, and what it finds out."""
    for name, probe in PROBES.items():
        print(f"{name:<12} {probe.minutes} min   {probe.asks}")


def _cost(probes: Sequence[str]) -> int:
    return sum(PROBES[name].minutes for name in probes)


def _found(lines_of_card: str, probes: Sequence[str]) -> list[str]:
    """Return the lines of a card that the probes show, each once; a run that stopped has no scores."""
    wanted = tuple(start for name in probes for start in PROBES[name].lines)
    found = [line for line in lines_of_card.splitlines() if line.strip().startswith(wanted)]
    return found or ["nothing: the run stopped before that, or it did not stop at all"]
