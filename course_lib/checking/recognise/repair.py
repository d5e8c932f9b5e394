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
    """One field of one node, and what it is set to."""

    node: ast.AST
    field: str
    value: Any


@contextmanager
def applied(edits: tuple[Edit, ...]) -> Iterator[None]:
    """Change a tree for a while."""
    before = [(edit.node, edit.field, getattr(edit.node, edit.field)) for edit in edits]
    try:
        for edit in edits:
            setattr(edit.node, edit.field, edit.value)
        yield
    finally:
        for node, field, value in reversed(before):
            setattr(node, field, value)


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

        What does not belong there, or is in the wrong order, is sure where its change mends a part.
        """
        return not (self.is_named or "does not belong" in self.sentence or "the order in" in self.sentence)

    def applied(self) -> AbstractContextManager[None]:
        """Change the tree for a while."""
        return applied(self.edits)

    def meets(self, other: Repair) -> bool:
        """Return whether both change one and the same field."""
        own = {(id(edit.node), edit.field) for edit in self.edits}
        return any((id(edit.node), edit.field) in own for edit in other.edits)

    def said(self) -> str:
        """Return the sentence with the line and the code that it is about."""
        line = getattr(self.place, "lineno", "?")
        around = f" in `{short_code_of(self.around)}`" if isinstance(self.around, ast.expr) else ""
        said = self.sentence.replace("{line}", str(line)).replace("{around}", around)
        place = self.around if isinstance(self.around, ast.keyword) else self.place
        return said.replace("{code}", short_code_of(place))


def replaced(parent: ast.AST, field: str, index: int | None, new: ast.AST, old: ast.AST) -> Edit:
    """Return the edit that puts ``new`` in the place of ``old``, which is in a field or in the list that a field is."""
    value: Any = ast.fix_missing_locations(ast.copy_location(new, old))
    if index is not None:
        items = getattr(parent, field)
        value = [*items[:index], value, *items[index + 1 :]]
    return Edit(parent, field, value)
