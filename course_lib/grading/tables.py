"""CSV files for spreadsheets: no cell becomes a formula, and the same data give the same bytes."""

from __future__ import annotations

import csv
import difflib
import io
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from course_lib.files import write_text
from course_lib.grading.plain_text import one_line

_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "|", "%")
_CENT = Decimal("0.01")

Value = str | float | int | None


@dataclass(frozen=True)
class Row:
    """One line of a CSV file, with its place for messages."""

    place: str
    cells: dict[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")


def points(value: float) -> float:
    """Round to two decimals, halves up, as people do by hand: 0.125 becomes 0.13."""
    return float(Decimal(repr(float(value))).quantize(_CENT, ROUND_HALF_UP))


def number(value: float) -> str:
    """Write points without needless zeros: 2, 2.5, 1.33."""
    text = f"{points(value):.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def safe_cell(value: Value) -> str:
    """Return a cell on one line that no spreadsheet takes for a formula; numbers stay numbers."""
    if value is None:
        return ""
    if isinstance(value, int | float):
        return number(value)
    text = one_line(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def write_table(path: Path, header: Sequence[str], rows: Iterable[Sequence[Value]]) -> None:
    """Write a CSV file in one step."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([safe_cell(name) for name in header])
    writer.writerows([safe_cell(cell) for cell in row] for row in rows)
    write_text(path, text.getvalue())


def read_table(path: Path, needed: Sequence[str]) -> list[Row]:
    """Read a CSV file that a person has written, perhaps with a spreadsheet.

    Commas and semicolons separate cells, a byte order mark is allowed, column names may be in any case, and empty lines
    are skipped.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is not UTF-8, or a needed column is missing; the message says which.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise FileNotFoundError(f"There is no {path}, which the policy names.") from None
    except UnicodeDecodeError:
        raise ValueError(f"{path} is not UTF-8: save it again as “CSV UTF-8”.") from None
    first = text.partition("\n")[0]
    lines = csv.reader(
        io.StringIO(text, newline=""), delimiter=";" if first.count(";") > first.count(",") else ","
    )
    try:
        numbered = [(lines.line_num, line) for line in lines]
    except csv.Error as error:
        raise ValueError(f"{path}, line {lines.line_num}: this is not CSV ({error}).") from None
    header = [name.strip().lower() for name in numbered[0][1]] if numbered else []
    missing = [name for name in needed if name not in header]
    if missing:
        raise ValueError(
            f"{path} has no column {missing[0]!r}: its first line must name {', '.join(needed)}; it is "
            f"{', '.join(header) or 'empty'}."
        )
    return [
        Row(f"{path}, line {line_number}", {name: _unsafe(cell) for name, cell in zip(header, line)})  # noqa: B905
        for line_number, line in numbered[1:]
        if any(cell.strip() for cell in line)
    ]


def _unsafe(cell: str) -> str:
    """Undo what :func:`safe_cell` did."""
    cell = unicodedata.normalize("NFC", cell.strip())
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA) else cell


def key_of(name: str) -> str:
    """Return a name as :func:`read_table` returns it: on one line, with composed accents."""
    return unicodedata.normalize("NFC", one_line(name))


def near(wanted: str, known: Iterable[str]) -> str:
    """Name the known names that are close to a wrong one."""
    known = sorted(set(known))
    found = [name for name in known if wanted and name.startswith(wanted)][:3]
    found = found or difflib.get_close_matches(wanted, known, n=3, cutoff=0.5)
    if found:
        return f"Did you mean {' or '.join(found)}?"
    some = ", ".join(known[:8]) + (", ..." if len(known) > 8 else "")
    return f"Known names: {some}." if known else "No name is known."
