"""The pages of the site: Sphinx's sources are gathered in one folder and built from there."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from lesson_pages import write_lessons
from live_explorers import LiveExplorers
from other_pages import (
    draw_landing_pictures,
    write_downloads,
    write_glossary,
    write_install_page,
    write_landing_page,
    write_quick_reference,
    write_self_test,
)
from pictures import Pictures
from progress_page import write_progress_page
from worked_examples import read_examples
from worked_examples_page import write_worked_examples

HERE = Path(__file__).parent
COPIED = (
    "docs/*.md",
    "docs/*.png",
    "data/README.md",
    "benchmarks/README.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
)
"""Pages that the repository has already, in the folders where their links expect each other."""


def write_pages(root: Path, source: Path, running: list[str], with_python: bool) -> None:
    """Write all that Sphinx reads.

    Args:
        root: the checkout.
        source: an empty folder.
        running: the numbers of the lessons that run in a browser.
        with_python: whether the site has a Python to run them.
    """
    extra = source / "_extra"
    pictures = Pictures(extra / "pictures", "../pictures")
    (source / "lessons").mkdir()
    explorers = LiveExplorers(extra / "explorers", "../explorers")
    examples = read_examples()
    lessons = write_lessons(root, source / "lessons", pictures, explorers, running, examples, with_python)
    shutil.copytree(HERE / "static", source / "_static")
    write_worked_examples(source, examples, lessons, with_python)
    draw_landing_pictures(extra)
    write_downloads(extra / "downloads")
    shutil.copy(HERE / "offline.js", extra)
    write_landing_page(source, lessons, with_python)
    write_quick_reference(source)
    write_glossary(source, lessons)
    write_self_test(source)
    write_progress_page(source, lessons, with_python)
    write_install_page(root, source)
    for name in ("flash-cards.md", "conf.py", "mathml.py", "table_corners.py"):
        shutil.copy(HERE / name, source)
    for pattern in COPIED:
        for file in sorted(root.glob(pattern)):
            (source / file.relative_to(root)).parent.mkdir(exist_ok=True)
            shutil.copy(file, source / file.relative_to(root))


def build_pages(source: Path, out: Path) -> None:
    """Run Sphinx; a warning is an error, for it means a link or a picture that is not there.

    Raises:
        subprocess.CalledProcessError: Sphinx found something wrong, which it has printed.
    """
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-j", "auto"]
    subprocess.run([*command, str(source), str(out)], check=True)
