"""The Python that a browser runs, in node, which is the browser here."""

import shutil
import subprocess
from pathlib import Path


def in_node(pyodide: Path, file: Path, *arguments: str) -> str:
    """Run a Python file in a Pyodide folder, and return what its last expression gives."""
    node = shutil.which("node")
    assert node, "node is needed to run Pyodide: install it (Debian, Ubuntu: apt-get install nodejs)"
    command = [node, str(Path(__file__).parent / "run_in_pyodide.mjs"), str(pyodide), str(file), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
