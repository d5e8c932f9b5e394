"""The versions that run lessons in a browser, in one place: JupyterLite, its kernel, and the Pyodide that both fit."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Pins:
    """Versions that belong together. A kernel is built for one Pyodide series, and for one series of JupyterLite.

    Attributes:
        pyodide: the release that is served.
        python: the Python in it, as in ``"3.14"``.
        kernel: jupyterlite-pyodide-kernel.
        core: jupyterlite-core.
    """

    pyodide: str
    python: str
    kernel: str
    core: str


PUBLISHED = Pins(pyodide="314.0.6", python="3.14", kernel="0.8.6", core="0.8.6")
"""What the published site runs. Its Python must be one that pyproject.toml allows."""

STAND_IN = Pins(pyodide="0.27.7", python="3.12", kernel="0.6.1", core="0.6.4")
"""What tests run where the published release cannot be had: a package of the test extra carries this one."""

RELEASE = "https://github.com/pyodide/pyodide/releases/download/{version}/pyodide-{version}.tar.bz2"


def pins_of(folder: Path) -> Pins:
    """Return the versions that belong to the Pyodide in a folder.

    Raises:
        FileNotFoundError: there is no Pyodide in it.
        ValueError: it is another version than those that were tried.
    """
    lock = folder / "pyodide-lock.json"
    if not lock.is_file():
        raise FileNotFoundError(
            f"{folder} holds no pyodide-lock.json: give the folder of an unpacked Pyodide {PUBLISHED.pyodide}."
        )
    version = json.loads(lock.read_text(encoding="utf-8"))["info"]["version"]
    for pins in (PUBLISHED, STAND_IN):
        if pins.pyodide == version:
            return pins
    raise ValueError(f"{folder} holds Pyodide {version}: give {PUBLISHED.pyodide}, or change site/pins.py.")


if __name__ == "__main__":  # for those who fetch it
    print(RELEASE.format(version=PUBLISHED.pyodide))
