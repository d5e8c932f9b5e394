"""JupyterLite: the notebooks of the lessons that run in a browser, with their Python, as files of the site.

JupyterLite and its kernel live in an environment of their own, because the version that is published and the one that
tests use do not fit into one, and because JupyterLite takes along every extension of JupyterLab that it finds.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import venv
from importlib import metadata
from pathlib import Path

from pins import Pins, pins_of
from pyodide_folder import make_folder

from course_lib.files import write_text
from course_lib.lessons import lesson_file

KERNEL = "@jupyterlite/pyodide-kernel-extension:kernel"
SETTINGS = {
    "jupyter-lite-schema-version": 0,
    "jupyter-config-data": {
        "appName": "Image segmentation",
        "enableServiceWorkerCache": "true",  # lessons open without a network after the first visit
        "exposeAppInBrowser": True,  # for tests, and for those who look with their browser's tools
        "litePluginSettings": {KERNEL: {"disablePyPIFallback": True}},
    },
}
_SELECTED = ".jp-Notebook.jp-mod-commandMode:not(.jp-mod-readWrite) :focus"
_ARROWS = {
    "ArrowDown": "notebook:move-cursor-down",
    "ArrowUp": "notebook:move-cursor-up",
    "ArrowLeft": "notebook:move-cursor-heading-above-or-collapse",
    "ArrowRight": "notebook:move-cursor-heading-below-or-expand",
}
_ON_CELLS = [
    {"command": command, "keys": [key], "selector": selector, "disabled": selector == _SELECTED}
    for key, command in _ARROWS.items()
    for selector in (_SELECTED, f"{_SELECTED}:not([role=slider])")
]
OVERRIDES = {
    "@jupyterlab/shortcuts-extension:shortcuts": {
        "shortcuts": _ON_CELLS
    },  # an arrow on a slider moves the slider
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false"},
    "@jupyterlab/docmanager-extension:plugin": {
        "autosaveInterval": 10
    },  # seconds; a tab may be closed at any moment
    "@jupyterlab/apputils-extension:themes": {
        "adaptive-theme": True
    },  # light or dark, as the reader's system
    "@jupyterlab/notebook-extension:tracker": {
        "windowingMode": "none"
    },  # the browser's search finds every cell
}
SCRIPTS = {"no-space.js": "", "keep-lesson.js": "", "lesson-links.js": ' data-running="{running}"'}
"""What the page of an open lesson loads first, with attributes of the element."""


def build_lite(root: Path, build: Path, out: Path, release: Path, lessons: list[str]) -> int:
    """Build the part of the site that runs lessons.

    Args:
        root: the checkout.
        build: a folder to work in; JupyterLite's environment stays there for the next build.
        out: a new folder for the result.
        release: an unpacked Pyodide release.
        lessons: the numbers of the lessons.

    Returns:
        The size of the Pyodide that is served, in bytes.

    Raises:
        ValueError: the release is another version than those that were tried, or a file of it is damaged.
        subprocess.CalledProcessError: pip or JupyterLite found something wrong, which it has printed.
    """
    pins = pins_of(release)
    jupyter = _environment(build / f"lite-{pins.core}", pins)
    source = build / "lite"
    shutil.rmtree(source, ignore_errors=True)  # with doit's memory of what it has built
    (source / "files").mkdir(parents=True)
    size = make_folder(release, source / "static" / "pyodide", root, pins.python)
    for number in lessons:
        shutil.copy(lesson_file(root / "notebooks", number, ".ipynb"), source / "files")
    write_text(source / "jupyter-lite.json", json.dumps(SETTINGS, indent=1))
    write_text(source / "overrides.json", json.dumps(OVERRIDES, indent=1))
    command = [str(jupyter), "-m", "jupyterlite_core", "build", "--contents", "files", "--no-sourcemaps"]
    command += ["--apps", "notebooks", "--apps", "tree", "--output-dir", str(out)]
    subprocess.run(command, cwd=source, check=True, capture_output=True)
    page = out / "notebooks" / "index.html"
    text = page.read_text(encoding="utf-8")
    for script, data in SCRIPTS.items():
        shutil.copy(Path(__file__).parent / script, out)
        text = with_script(text, f'src="../{script}"{data.format(running=" ".join(lessons))}')
    write_text(page, text)
    return size


def with_script(page: str, attributes: str) -> str:
    """Return a page that loads a script, given as its element's attributes, before its own.

    Raises:
        ValueError: the page has no head.
    """
    if "<head>" not in page:
        raise ValueError("JupyterLite's page is in another form than site/lite.py expects: adapt it.")
    return page.replace("<head>", f"<head>\n    <script {attributes}></script>", 1)


def _environment(folder: Path, pins: Pins) -> Path:
    """Return the Python of an environment with JupyterLite, which is made where it is missing."""
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    ready = folder / "ready"
    if not ready.is_file():
        shutil.rmtree(folder, ignore_errors=True)
        venv.create(folder)
        wanted = [
            f"jupyterlite-core=={pins.core}",
            f"jupyterlite-pyodide-kernel=={pins.kernel}",
            "jupyter-server",
        ]
        wanted += [f"{name}=={metadata.version(name)}" for name in ("ipywidgets", "jupyterlab_widgets")]
        install = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-compile"]
        subprocess.run([*install, *wanted], check=True)
        write_text(ready, " ".join(wanted))
    return python
