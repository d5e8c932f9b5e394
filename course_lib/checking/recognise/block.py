"""The blocks of statements that an answer has."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from course_lib.checking.recognise.repair import Edit

BLOCKS = ("body", "orelse")


@dataclass(frozen=True)
class Block:
    """A list of statements: the field of a node."""

    node: ast.AST
    field: str

    @property
    def items(self) -> list[ast.stmt]:
        """The statements."""
        statements: list[ast.stmt] = getattr(self.node, self.field)
        return statements

    def may_read_later(self, item: ast.Assign, number: int) -> bool:
        """Return whether what a statement inside the one of this number sets may be read after that one."""
        stored = [node for target in item.targets for node in ast.walk(target)]
        names = {node.id for node in stored if isinstance(node, ast.Name)}
        after = [node for later in self.items[number + 1 :] for node in ast.walk(later)]
        read = {node.id for node in after if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
        return bool(names & read) or not isinstance(self.node, ast.FunctionDef)

    def set(self, items: list[ast.stmt]) -> Edit:
        """Return the edit that puts other statements there."""
        return Edit(self.node, self.field, items or [ast.Pass(lineno=1, col_offset=0)])


def blocks_of(tree: ast.AST) -> Iterator[Block]:
    """Yield the blocks of a tree."""
    for node in ast.walk(tree):
        for field in BLOCKS:
            if isinstance(node, ast.stmt) and getattr(node, field, None):
                yield Block(node, field)


def inserted(items: list[ast.stmt], place: int, item: ast.stmt) -> list[ast.stmt]:
    """Return statements with one more in a place."""
    return [*items[:place], item, *items[place:]]
