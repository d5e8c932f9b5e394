"""Build the course's web site: ``python site/build.py``. See ``make site``."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

from lite import build_lite
from shrink import shrink
from site_pages import build_pages, write_pages
from which_run import lessons_without_torch

from course_lib.paths import course_root

BUILD = Path(__file__).parent / "_build"


def build(root: Path, out: Path, pyodide: Path | None) -> None:
    """Build the whole site.

    Args:
        root: the checkout.
        out: a folder, which is made anew: ``html`` in it is the site.
        pyodide: an unpacked Pyodide release; without one lessons can be read and not run.
    """
    source, html = out / "source", out / "html"
    for folder in (source, html):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    running = lessons_without_torch(root / "solutions")
    write_pages(root, source, running, with_python=pyodide is not None)
    build_pages(source, html)
    shrink(html)
    if pyodide:
        build_lite(root, out, html / "lite", pyodide, running)


def main() -> None:
    """Read the command line and build."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--pyodide", type=Path, metavar="FOLDER", help="an unpacked Pyodide release, to run lessons"
    )
    parser.add_argument("--out", type=Path, default=BUILD, metavar="FOLDER", help="by default site/_build")
    arguments = parser.parse_args()
    build(course_root(), arguments.out, arguments.pyodide)
    print(f"The site is {arguments.out / 'html' / 'index.html'}.")
    if not arguments.pyodide:
        print(
            "Its lessons can be read, not run: for that, give --pyodide the folder of an unpacked Pyodide release."
        )


if __name__ == "__main__":
    main()
