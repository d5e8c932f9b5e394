"""The quick reference: the tables of ``quick_reference.yaml``."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).with_name("quick_reference.yaml")


@dataclass(frozen=True)
class Table:
    """One table of the quick reference; the first column names what a row is about."""

    id: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    sources: tuple[str, ...]


def read_tables(path: Path = FILE) -> tuple[Table, ...]:
    """Return the tables in their order.

    Raises:
        ValueError: a row has more or fewer cells than its table has columns; the message names it.
    """
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    return tuple(_table(entry, path.name) for entry in content["tables"])


@cache
def all_tables() -> tuple[Table, ...]:
    """Return the tables of the course, read once."""
    return read_tables()


def find_table(table_id: str) -> Table:
    """Return the table with this id.

    Raises:
        ValueError: there is no such table; the message names the tables.
    """
    for table in all_tables():
        if table.id == table_id:
            return table
    known = ", ".join(table.id for table in all_tables())
    raise ValueError(f"There is no table {table_id!r}; the tables are {known}.")


def _table(entry: dict[str, Any], file: str) -> Table:
    columns = tuple(map(str, entry["columns"]))
    for row in entry["rows"]:
        if len(row) != len(columns):
            raise ValueError(
                f"{file}, table {entry['id']!r}: {row!r} has {len(row)} cells, not {len(columns)}."
            )
    rows = tuple(tuple(map(str, row)) for row in entry["rows"])
    return Table(entry["id"], entry["title"], columns, rows, tuple(entry["from"]))
