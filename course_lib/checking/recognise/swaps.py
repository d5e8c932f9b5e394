"""Repairs of two names that have changed places, in a statement or everywhere."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import combinations

from course_lib.checking.recognise.repair import Edit, Repair
from course_lib.checking.recognise.scope import scope_of

_NAMES = 6  # of an answer, the arguments first: their pairs are tried


def swapped_names(tree: ast.AST) -> Iterator[Repair]:
    """Yield the repairs that read each of two names where the other is read, everywhere or in one statement."""
    statements = [node for node in ast.walk(tree) if isinstance(node, ast.stmt)]
    for one, other in combinations(scope_of(tree).local[:_NAMES], 2):
        seen: set[tuple[int, ...]] = set()
        for statement in statements:
            read = [node for node in ast.walk(statement) if isinstance(node, ast.Name)]
            read = [node for node in read if isinstance(node.ctx, ast.Load) and node.id in (one, other)]
            places = tuple(id(node) for node in read)
            if len({node.id for node in read}) == 2 and places not in seen:
                seen.add(places)
                edits = tuple(Edit(node, "id", other if node.id == one else one) for node in read)
                lines = {node.lineno for node in read}
                where = "Line {line}" if len(lines) == 1 else f"Lines {{line}} to {max(lines)}"
                sentence = (
                    f"{where}: `{one}` and `{other}` have changed places. Read each where the other is read."
                )
                yield Repair(edits, read[0], sentence, is_named=False)
