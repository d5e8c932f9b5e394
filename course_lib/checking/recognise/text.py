"""The text of a piece of code as its author wrote it, so that a learner finds what is quoted."""

from __future__ import annotations

import ast

_KEPT = "written_as"  # an attribute of each node that was read from a text
_LONGEST = 80


def keep_text(tree: ast.AST, source: str) -> None:
    """Let each node of a tree remember where its text is in the source that the tree was parsed from."""
    lines = source.split("\n")
    for node in ast.walk(tree):
        if isinstance(node, ast.expr | ast.stmt | ast.keyword):
            setattr(node, _KEPT, (lines, node.lineno, node.col_offset, node.end_lineno, node.end_col_offset))


def code_of(node: ast.AST) -> str:
    """Return a node's code as it was written; of a statement that holds others only its first line.

    What was written over several lines comes in one. A node that was read from no text, or has a comment in it, is
    written as Python's parser would write it.
    """
    kept = getattr(node, _KEPT, None)
    written = _written(*kept) if kept else ""
    if isinstance(node, ast.stmt) and hasattr(node, "body"):
        written = written.partition("\n")[0].rstrip()
    if not written or "#" in written:
        written = ast.unparse(node).partition("\n")[0]
    return " ".join(part.strip() for part in written.split("\n"))


def short_code_of(node: ast.AST) -> str:
    """Return a node's code, cut off where it is long."""
    code = code_of(node)
    return code if len(code) <= _LONGEST else f"{code[: _LONGEST - 3]}..."


def _written(lines: list[str], line: int, column: int, last_line: int, last_column: int) -> str:
    """Return the text between two places; columns are counted in bytes."""
    parts = [text.encode() for text in lines[line - 1 : last_line]]
    if not parts:
        return ""
    parts[-1] = parts[-1][:last_column]
    parts[0] = parts[0][column:]
    return b"\n".join(parts).decode(errors="ignore")
