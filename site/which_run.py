"""Which lessons run in a browser: those whose cells import no torch."""

from __future__ import annotations

import ast
import json
from pathlib import Path

from course_lib.lessons import lesson_files

NOT_IN_BROWSER = {"torch", "torchvision"}


def lessons_without_torch(solutions: Path) -> list[str]:
    """Return the numbers of the lessons in a folder of executed notebooks whose cells import no torch."""
    return [
        path.stem[:2] for path in lesson_files(solutions, ".ipynb") if not _imports(path) & NOT_IN_BROWSER
    ]


def _imports(notebook: Path) -> set[str]:
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    return {name.partition(".")[0] for source in sources for name in _imported_by(ast.parse(source))}


def _imported_by(tree: ast.AST) -> list[str]:
    names = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names.append(node.module or "")
    return names
