"""Problems that only several masks together show: black and white masks among others, and ids that nobody drew."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from course_lib.class_ids import IGNORE_INDEX, listed
from course_lib.data.classes import Classes
from course_lib.data.problems import Problem
from course_lib.label_png import is_black_and_white

BLACK_AND_WHITE = (
    "has only masks of 0 and 255, and 255 is void: only class 0 is left to learn. Turn 255 into 1 in every "
    "mask."
)

_RARE = 0.05  # share of a mask's pixels below which an id may be a by-product
_MANY = 4  # scattered ids in one mask


class MaskSurvey:
    """Looks at one mask after another, and reports their problems at the end.

    Args:
        folder: the folder of the masks.
        classes: the folder's classes; None if they are unknown.
    """

    def __init__(self, folder: Path, classes: Classes | None) -> None:
        self.folder, self.classes = folder, classes
        self.ids: set[int] = set()
        self.ids_of: dict[Path, set[int]] = {}
        self._black_and_white: list[Path] = []
        self._odd: list[Problem] = []

    def add(self, path: Path, mask: NDArray[np.uint8]) -> None:
        """Take in a mask, uint8 (H, W), with the ids that its file holds."""
        self.ids_of[path] = set(np.unique(mask).tolist())
        self.ids |= self.ids_of[path]
        if is_black_and_white(mask):
            self._black_and_white.append(path)
        self._odd += _made_by_software(path, mask, self.classes is None or self.classes.counted)

    def problems(self) -> Iterator[Problem]:
        """Yield the problems of the masks seen so far."""
        yield from self._odd
        if not (self.classes and self.classes.says_255):
            if IGNORE_INDEX in self.ids and self.ids <= {0, IGNORE_INDEX}:
                yield Problem(self.folder, BLACK_AND_WHITE, "problem")
            else:
                for path in self._black_and_white:
                    yield Problem(path, _BLACK_AND_WHITE_ONE, "problem")
        if self.classes and self.ids and not self.classes.counted:
            names = zip(self.classes.ids, self.classes.names, strict=True)
            absent = [f"{number} {name}" for number, name in names if number not in self.ids]
            if absent:
                yield Problem(self.folder, f"has no mask that holds {', '.join(absent)}: not learnt", "note")

    def check(self) -> None:
        """Raise a ValueError that names the first problem, if there is one."""
        for problem in self.problems():
            if problem.severity == "problem":
                raise ValueError(f"{problem.path} {problem.what}")


_BLACK_AND_WHITE_ONE = (
    "holds only 0 and 255, as a black and white mask does, and 255 is void: turn 255 into the id of its class. If it "
    "is void here, say so with a line '255 void' in classes.txt, where every line then begins with its id."
)


def _made_by_software(path: Path, mask: NDArray[np.uint8], counted: bool) -> Iterator[Problem]:
    """Find ids that JPEG or smooth resizing has left in one mask."""
    values, counts = np.unique(mask, return_counts=True)
    size = dict(zip(values.tolist(), counts.tolist(), strict=True))
    size.pop(IGNORE_INDEX, None)
    rare = [i for i, count in size.items() if count < _RARE * mask.size]
    if not rare or min(mask.shape) < 3:
        return
    solid = np.bincount(mask[_solid(mask)], minlength=256)
    scattered = [i for i in rare if solid[i] < size[i] / 2]
    if len(scattered) >= _MANY and 2 * len(scattered) >= len(size):
        yield Problem(
            path,
            f"holds {len(size)} ids, of which {listed(scattered)} are scattered over single pixels: it went through "
            "JPEG or a smooth resize, which make new ids; export it again from its source, and resize masks with "
            "nearest neighbour",
            "problem",
        )
        return
    between = np.bincount(mask[_between(mask)], minlength=256)
    blended = [i for i in rare if between[i] > 0.9 * size[i]]
    if blended:
        yield Problem(
            path,
            f"holds {listed(blended)} only in thin lines between lower and higher ids, as a smooth resize leaves them: "
            "export it again, and resize masks with nearest neighbour; if the class is such a line, name the classes "
            "in classes.txt",
            "problem" if counted else "note",
        )


def _solid(mask: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Mark the pixels that are in a block of 2x2 equal ones: bool (H, W)."""
    right = mask[:, :-1] == mask[:, 1:]
    down = mask[:-1] == mask[1:]
    block = right[:-1] & right[1:] & down[:, :-1]  # (H-1, W-1), by the upper left pixel
    solid = np.zeros(mask.shape, bool)
    for rows in (slice(None, -1), slice(1, None)):
        for columns in (slice(None, -1), slice(1, None)):
            solid[rows, columns] |= block
    return solid


def _between(mask: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Mark the pixels that have a lower and a higher id within two pixels, void left out: bool (H, W)."""
    low, high = mask.astype(np.int16), mask.astype(np.int16)
    low[mask == IGNORE_INDEX] = IGNORE_INDEX + 1
    high[mask == IGNORE_INDEX] = -1
    own = mask.astype(np.int16)
    for axis in (0, 1):
        low = _over_five(low, axis, np.minimum)
        high = _over_five(high, axis, np.maximum)
    return (low < own) & (own < high)


def _over_five(values: NDArray[np.int16], axis: int, take: np.ufunc) -> NDArray[np.int16]:
    """Take the least or the greatest of each pixel and its two neighbours on either side along an axis."""
    padded = np.pad(values, [(2, 2) if a == axis else (0, 0) for a in (0, 1)], mode="edge")
    length = values.shape[axis]
    shifted = [np.take(padded, range(start, start + length), axis) for start in range(5)]
    return take.reduce(shifted)
