"""A small change of a syntax tree that may mend an answer, and what is said of the answer if it does."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

from course_lib.checking.recognise.text import short_code_of


@dataclass(frozen=True)
class Edit:
    """One field of one node, or one item of the list in it, and what it is set to."""

    node: ast.AST
    field: str
    value: Any
    index: int | None = None

    def meets(self, other: Edit) -> bool:
        """Return whether both set the same thing, or one the whole list of the other's item."""
        is_same_field = self.node is other.node and self.field == other.field
        return is_same_field and (None in (self.index, other.index) or self.index == other.index)

    def made(self) -> Edit:
        """Make the edit, and return the one that undoes it."""
        old = getattr(self.node, self.field)
        new = self.value if self.index is None else [*old[: self.index], self.value, *old[self.index + 1 :]]
        setattr(self.node, self.field, new)
        return Edit(self.node, self.field, old)


@contextmanager
def applied(edits: tuple[Edit, ...]) -> Iterator[None]:
    """Change a tree for a while."""
    undoing: list[Edit] = []
    try:
        for edit in edits:
            undoing.append(edit.made())
        yield
    finally:
        for edit in reversed(undoing):
            edit.made()


@dataclass(frozen=True)
class Repair:
    """A small change of an answer.

    Attributes:
        edits: what is changed.
        place: the node that the sentence is about.
        sentence: what is true of the answer if the change mends it; ``{line}`` and ``{code}`` are filled in.
        is_named: whether the sentence names a well-known mistake, so that it is tried first.
        around: the expression that ``place`` is a part of; a sentence with ``{around}`` shows it.
    """

    edits: tuple[Edit, ...]
    place: ast.AST
    sentence: str
    is_named: bool = True
    around: ast.AST | None = None

    @property
    def is_of_flow(self) -> bool:
        """Whether the change decides what runs at all: a statement, or what an `if` asks."""
        asks = ast.If | ast.While | ast.IfExp | ast.BoolOp | ast.comprehension
        return isinstance(self.place, ast.stmt) or isinstance(self.around, asks)

    @property
    def is_vague(self) -> bool:
        """Whether the sentence is sure only if all is right with the change, and else a guess.

        What does not belong there, or is in the wrong order, is sure where its change mends a part. Not so the order of
        two places in square brackets: that of two others may be the wrong one.
        """
        is_order = "the order in" in self.sentence and not isinstance(self.around, ast.Subscript)
        return not (self.is_named or "does not belong" in self.sentence or is_order)

    def applied(self) -> AbstractContextManager[None]:
        """Change the tree for a while."""
        return applied(self.edits)

    def meets(self, other: Repair) -> bool:
        """Return whether both change one and the same thing."""
        return any(own.meets(edit) for own in self.edits for edit in other.edits)

    def said(self) -> str:
        """Return the sentence with the line and the code that it is about."""
        line = getattr(self.place, "lineno", "?")
        around = f" in `{short_code_of(self.around)}`" if isinstance(self.around, ast.expr) else ""
        said = self.sentence.replace("{line}", str(line)).replace("{around}", around)
        place = self.around if isinstance(self.around, ast.keyword) else self.place
        return said.replace("{code}", short_code_of(place))


def replaced(parent: ast.AST, field: str, index: int | None, new: ast.AST, old: ast.AST) -> Edit:
    """Return the edit that puts ``new`` in the place of ``old``, which is in a field or in the list that a field is."""
    return Edit(parent, field, ast.fix_missing_locations(ast.copy_location(new, old)), index)
