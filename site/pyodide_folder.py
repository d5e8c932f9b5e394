"""The Pyodide that the site serves: its core, the packages that lessons need, and the lock file that names them.

A notebook's kernel loads the packages that a cell imports. So the set-up cell, which imports ``course_lib``, brings
the course and all that it needs, and nobody installs anything.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name
from wheels import COURSE, needs_of, needs_of_course, pack_course, pack_installed, pack_nothing

from course_lib.files import write_text

CORE = (
    "pyodide.mjs",
    "pyodide.js",
    "pyodide.asm.js",
    "pyodide.asm.mjs",
    "pyodide.asm.wasm",
    "python_stdlib.zip",
)
KERNEL_NEEDS = ("micropip", "ipython", "sqlite3", "ssl", "jedi")
"""What JupyterLite's kernel asks for at its start."""

NOT_NEEDED = {"ssl", "jedi", "widgetsnbextension", "jupyterlab-widgets"}
"""Megabytes that no lesson uses; the first two are asked for by name, so an empty package takes their place."""

Lock = dict[str, Any]


def make_folder(source: Path, out: Path, root: Path, python: str) -> int:
    """Write the part of a Pyodide release that the course needs, with the course in it.

    Args:
        source: the unpacked release.
        out: a new folder.
        root: the checkout of the course.
        python: the version of Python in the release, such as ``"3.14"``.

    Returns:
        The size in bytes.

    Raises:
        ValueError: a file is not the one that the release's lock names.
    """
    out.mkdir(parents=True)
    for name in CORE:
        if (source / name).is_file():
            shutil.copy(source / name, out)
    lock = json.loads((source / "pyodide-lock.json").read_text(encoding="utf-8"))
    released: Lock = {str(canonicalize_name(name)): entry for name, entry in lock["packages"].items()}
    lock["packages"] = _Packages(source, out, released, python).collect(root)
    write_text(out / "pyodide-lock.json", json.dumps(lock, indent=1))
    return sum(file.stat().st_size for file in out.iterdir())


class _Packages:
    """The packages of the folder, each from the release, else from what is installed here."""

    def __init__(self, source: Path, out: Path, released: Lock, python: str) -> None:
        self._source, self._out, self._released, self._python = source, out, released, python

    def collect(self, root: Path) -> Lock:
        """Copy and pack all that is needed; return the lock's entries."""
        needs = needs_of_course(root, self._python)
        chosen = {COURSE: self._entry(pack_course(root, self._out), ["course_lib"], needs)}
        waiting = [*needs, *KERNEL_NEEDS]
        while waiting:
            name = canonicalize_name(waiting.pop())
            if name not in chosen:
                chosen[name] = self._find(name)
                waiting += chosen[name]["depends"]
        return chosen

    def _find(self, name: str) -> Lock:
        if name in NOT_NEEDED:
            return self._entry(pack_nothing(name, self._out), [], [])
        if name not in self._released:
            wheel, modules = pack_installed(name, self._out)
            return self._entry(wheel, modules, needs_of(name, self._python))
        entry: Lock = self._released[name]
        file = shutil.copy(self._source / entry["file_name"], self._out)
        if _sha256(Path(file)) != entry["sha256"]:
            raise ValueError(
                f"{file} is damaged: its SHA-256 is not the one in the lock. Unpack the release again."
            )
        return entry

    def _entry(self, wheel: Path, modules: list[str], depends: list[str]) -> Lock:
        name, version = wheel.name.split("-")[:2]
        return {
            "name": canonicalize_name(name),
            "version": version,
            "file_name": wheel.name,
            "install_dir": "site",
            "sha256": _sha256(wheel),
            "package_type": "package",
            "imports": modules,
            "depends": depends,
            "unvendored_tests": False,
        }


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
