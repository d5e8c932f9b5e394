"""What a run recorded, read from its folder for `course diagnose`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from course_lib.training.evidence import FILE_NAME, read_evidence
from course_lib.training.runs import Run


@dataclass(frozen=True)
class Facts:
    """What a run recorded.

    Attributes:
        run: the run, with its recipe and log.
        evidence: the content of ``evidence.json``; see :mod:`course_lib.training.evidence`.
    """

    run: Run
    evidence: dict[str, Any]

    @classmethod
    def of(cls, folder: Path | str) -> Facts:
        """Read a run's folder.

        Raises:
            FileNotFoundError: the folder is not a run, or the run has recorded nothing.
            ValueError: a file is damaged.
        """
        run = Run.open(folder)
        evidence = read_evidence(run.folder)
        if evidence is None:
            raise FileNotFoundError(
                f"{run.folder} holds no {FILE_NAME}: no epoch was finished, or an earlier release trained it. Train it "
                "again, or go on with `course train --resume`."
            )
        return cls(run, evidence)

    @property
    def stopped(self) -> dict[str, Any]:
        """What ended the training early; empty if nothing did."""
        return self.evidence["stopped"] or {}

    @property
    def last(self) -> dict[str, dict[str, Any]]:
        """The entry of the last epoch; empty before the first."""
        return self.evidence["epochs"][-1] if self.evidence["epochs"] else {}

    @property
    def logged_iou(self) -> float:
        """The mIoU that the log gives for the last epoch."""
        return self.run.history[-1]["val_mIoU"]


def one_line(text: str, at_most: int = 160) -> str:
    """Return a text on one line, shortened if it is long."""
    line = " ".join(text.split())
    line = line if len(line) <= at_most else f"{line[:at_most]} ..."
    return line if line.endswith(".") else f"{line}."


def percent(shares: list[float]) -> str:
    """Return shares such as [0.25, 0.75] as "25%, 75%"."""
    return ", ".join(f"{share:.0%}" for share in shares)


def is_narrow(sides: list[int]) -> bool:
    """Whether maps become much smaller than the image, so that positions are lost."""
    return min(sides) <= sides[0] / 2


def without_repetitions(sides: list[int]) -> str:
    """Return sides in order, such as "64 32 16 32 64"."""
    return " ".join(str(side) for n, side in enumerate(sides) if n == 0 or side != sides[n - 1])
