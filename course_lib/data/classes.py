"""The classes of your own images: read from classes.txt, or counted in the masks.

classes.txt holds one name per line. The first names id 0, the next id 1, and so on; or every line begins with its id:

    7 road
    8 sidewalk
    11 void

Then ids may have gaps, and "void" names an id that is neither learnt nor scored. 255 is always void.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from course_lib.class_ids import IGNORE_INDEX, listed

FILE_NAME = "classes.txt"
VOID = "void"

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark is the first half of this one
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WITH_ID = re.compile(r"(\d+)\s*[\s:,;=]\s*(\S.*)")


@dataclass(frozen=True)
class Classes:
    """The classes of a folder.

    Attributes:
        names: the classes' names, in the order of their ids.
        ids: the id of each class in the masks, ascending; a network learns their positions, 0..C-1.
        void: the ids that are void, apart from 255.
        says_255: whether classes.txt itself says that 255 is void.
        counted: whether the classes were counted in the masks, because there is no classes.txt.
    """

    names: tuple[str, ...]
    ids: tuple[int, ...]
    void: frozenset[int] = frozenset()
    says_255: bool = False
    counted: bool = False

    @classmethod
    def numbered(cls, names: tuple[str, ...]) -> Classes:
        """Return classes with the ids 0, 1, 2 ..."""
        return cls(names, tuple(range(len(names))))

    def unknown(self, mask: NDArray[np.uint8]) -> list[int]:
        """Return the ids in a mask, uint8 (H, W), that belong to no class and are not void, ascending."""
        known = {*self.ids, *self.void, IGNORE_INDEX}
        return [i for i in np.unique(mask).tolist() if i not in known]

    def to_positions(self, mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Turn a mask's ids, uint8 (H, W), into 0..C-1 in the order of ``names``, and void into 255."""
        if self.ids == tuple(range(len(self.ids))) and not self.void:
            return mask
        table = np.full(256, IGNORE_INDEX, np.uint8)
        table[list(self.ids)] = np.arange(len(self.ids))
        return table[mask]


def read_classes(path: Path) -> Classes:
    """Read a classes.txt.

    Raises:
        ValueError: it is not text, or its lines do not name two classes or more; the message says which line.
        OSError: it cannot be opened.
    """
    lines = [
        unicodedata.normalize("NFC", line.strip()) for line in re.split(r"\r\n|\r|\n", _text(path).rstrip())
    ]
    with_id = [_WITH_ID.fullmatch(line) for line in lines]
    if any(with_id):
        return _by_id(path, lines, with_id)
    _check_names(path, lines)
    return Classes.numbered(tuple(lines))


def _text(path: Path) -> str:
    data = path.read_bytes()
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), "utf-8")
    if encoding == "utf-8" and b"\0" in data:
        raise ValueError(
            f"{path} holds zero bytes, as UTF-16 text without its mark does: open it in an editor and save it as UTF-8."
        )
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ValueError(
            f"{path} is not {encoding.removesuffix('-sig').upper()} text (line {line} holds the byte "
            f"0x{data[error.start]:02x}): open it in an editor and save it as UTF-8."
        ) from None


def _check_names(path: Path, names: list[str]) -> None:
    for number, name in enumerate(names, start=1):
        if not name or "|" in name or not name.isprintable() or name in names[: number - 1]:
            raise ValueError(
                f"{path} holds {name!r} in line {number}: {_EXPECTED}; the first line names id 0."
            )
    if not 2 <= len(names) <= IGNORE_INDEX:
        raise ValueError(f"{path} holds {len(names)} names: {_EXPECTED}; the first line names id 0.")


_EXPECTED = f"expected 2 to {IGNORE_INDEX} names, one per line, no two the same, no line empty"


def _by_id(path: Path, lines: list[str], found: list[re.Match[str] | None]) -> Classes:
    """The classes of lines that begin with an id; empty lines are allowed there, because no id depends on them."""
    classes: dict[int, str] = {}
    void: set[int] = set()
    for number, (line, match) in enumerate(zip(lines, found, strict=True), start=1):
        if not line:
            continue
        where = f"{path} holds {line!r} in line {number}"
        if match is None:
            raise ValueError(
                f"{where}, and other lines begin with an id: give every line an id, as in '7 road', or none."
            )
        class_id, name = int(match[1]), match[2]
        if class_id in classes or class_id in void:
            raise ValueError(f"{where}, but an earlier line names the id {class_id}: every id has one name.")
        if name.casefold() == VOID and class_id <= IGNORE_INDEX:
            void.add(class_id)
        elif class_id >= IGNORE_INDEX:
            raise ValueError(f"{where}: ids go up to {IGNORE_INDEX - 1}, and {IGNORE_INDEX} is void.")
        else:
            classes[class_id] = name
    ids = tuple(sorted(classes))
    names = [classes[class_id] for class_id in ids]
    wrong = [name for name in names if "|" in name or not name.isprintable() or names.count(name) > 1]
    if wrong or len(names) < 2:
        what = repr(wrong[0]) if wrong else f"{len(names)} names that are not void"
        raise ValueError(
            f"{path} holds {what}: expected 2 to {IGNORE_INDEX} lines such as '7 road', no two names the same."
        )
    return Classes(tuple(names), ids, frozenset(void - {IGNORE_INDEX}), IGNORE_INDEX in void)


def counted_classes(ids: frozenset[int], place: Path) -> Classes:
    """Return the classes "class 0", "class 1" ... up to the highest of the ids that the masks hold, without 255.

    Raises:
        ValueError: the masks do not hold two classes.
    """
    highest = max(ids, default=0)
    if highest == 0:
        raise ValueError(
            f"the masks in {place} hold only the id 0, or 0 and 255, which is void: give the classes the ids 0, "
            "1, 2 ... (a black and white mask: 255 to 1), or name them in classes.txt, one per line."
        )
    names = tuple(f"class {number}" for number in range(highest + 1))
    return Classes(names, tuple(range(highest + 1)), counted=True)


def check_counted(ids: frozenset[int], place: Path) -> None:
    """Raise a ValueError if ids up to the highest are in no mask: their meaning must be stated."""
    missing = sorted(set(range(max(ids, default=0))) - ids)
    if missing:
        raise ValueError(
            f"{place} has masks with the ids {listed(sorted(ids))}, but none with {listed(missing)}: name the classes "
            f"in {place / FILE_NAME}, one line per id, as in '{max(ids)} road'; or correct the masks, if they "
            "should not hold these ids (resizing and JPEG make new ones)."
        )
