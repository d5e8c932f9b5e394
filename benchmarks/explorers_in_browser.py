"""What one step of a slider costs in the browser, from the pressed key to the redrawn picture on the screen.

    OMP_NUM_THREADS=1 python benchmarks/explorers_in_browser.py [--turns 20]

Chromium without a window, at 1280 x 900, drives the JupyterLab that `course lab` starts, in a temporary folder. The
aim is 60 ms or less; `explorers.py` measures how much of it is Python. It needs what the browser tests need:
`pip install -e ".[test]"` and Chromium.
"""

import argparse
import sys
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory

import nbformat
from _common import machine, markdown_table
from explorers import MOVES
from ipywidgets import Widget
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import sync_playwright

from course_lib import explorers as widgets

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests" / "browser"))
from driver import (
    NO_CHROMIUM,
    ExplorerOnPage,
    Lab,
    NotebookPage,
    explorers,
    find_chromium,
    launch,
    running_lab,
)

# From the key to the frame after the one in which the picture changed: then it is on the screen.
TIMER = """([explorer, picture]) => {
  window.moves = [];
  explorer.addEventListener("keydown", () => {
    const started = performance.now();
    const observer = new MutationObserver(() => {
      observer.disconnect();
      requestAnimationFrame(() => setTimeout(() => window.moves.push(performance.now() - started)));
    });
    observer.observe(picture, {childList: true, subtree: true, characterData: true});
  }, {capture: true, signal: (window.timer = new AbortController()).signal});
}"""


def times(explorer: ExplorerOnPage, control: Widget, turns: int) -> list[float]:
    """Move a control to and fro by keyboard, and return the milliseconds of each move; the first two warm up."""
    page = explorer.root.page
    if hasattr(control, "options"):
        other, chosen = (
            explorer.button(control.description, name) for name, _ in control._options_full[1::-1]
        )
        steps = ((other, "Space"), (chosen, "Space"))
    else:
        handle = explorer.slider(control.description)
        steps = ((handle, "ArrowRight"), (handle, "ArrowLeft"))
    page.evaluate(TIMER, [explorer.root.element_handle(), explorer.picture.element_handle()])
    for turn in range(turns + 2):
        where, key = steps[turn % 2]
        where.press(key)
        page.wait_for_function("count => window.moves.length == count", arg=turn + 1)
    moves: list[float] = page.evaluate("() => { window.timer.abort(); return window.moves; }")
    return moves[2:]


def measure(page: NotebookPage, lab: Lab, turns: int) -> list[list[str]]:
    """Open the explorers in one notebook and return a row for each move of `explorers.py`."""
    names = sorted({explore for explore, _, _ in MOVES.values()})
    sources = ["from course_lib import widgets", *(f"widgets.{name}()" for name in names)]
    cells = [new_code_cell(source, id=f"cell-{number}") for number, source in enumerate(sources)]
    about = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(new_notebook(cells=cells, metadata=about), lab.work / "explorers.ipynb")
    page.open(lab.address_of("explorers.ipynb"))
    page.run_all()
    opened = dict(zip(names, explorers(page, len(names)), strict=True))
    rows = []
    for name, (explore, moved, mode) in MOVES.items():
        if mode:
            opened[explore].press(opened[explore].button("show", mode))
        taken = times(opened[explore], getattr(widgets, explore)().controls[moved], turns)
        rows.append([name, f"{median(taken):.0f}", f"{quantiles(taken, n=10)[-1]:.0f}"])
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--turns", type=int, default=20)
    arguments = parser.parse_args()
    chromium = find_chromium()
    if not chromium:
        sys.exit(NO_CHROMIUM)
    print(f"Medians and ninth deciles of {arguments.turns} steps each. {machine()}\n", flush=True)
    with TemporaryDirectory() as folder, running_lab(Path(folder)) as lab, sync_playwright() as playwright:
        browser = launch(playwright, chromium)
        page = NotebookPage(browser.new_page(viewport={"width": 1280, "height": 900}))
        rows = measure(page, lab, arguments.turns)
        browser.close()
    print(markdown_table(("a step of", "ms", "ms, 9 of 10"), rows))


if __name__ == "__main__":
    main()
