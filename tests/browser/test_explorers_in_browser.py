"""Every explorer and every message of a check, on a page: seen in both themes, at 200 % zoom, and by axe-core."""

from importlib import import_module
from pathlib import Path

import nbformat
import pytest
from axe_playwright_python.sync_playwright import Axe
from driver import HEIGHT, WIDTH, NotebookPage, explorers, fresh_page
from nbformat.v4 import new_code_cell, new_notebook
from PIL import Image
from playwright.sync_api import Locator

from course_lib import explorers as widgets
from course_lib.training.config import TrainConfig
from course_lib.training.report import OVERLAY_COUNT, overlay_name
from course_lib.training.runs import Run

pytestmark = pytest.mark.slow

SET_UP = """import course_lib
from course_lib import explorers as widgets
from course_lib.checking.judge import judge
from course_lib.exercises import find_exercise
from course_lib.notebook import check, hint, open_lesson, progress, solution, unblock

def unsolved(*args):
    raise NotImplementedError()

def misspelt(mask, class_id):
    return mask.cuont(class_id)

def count(mask, class_id):
    return sum(row.count(class_id) for row in mask)
"""
MESSAGES = {  # what a panel may say, each in the colours and shapes that it has; in an order that opens them
    "nothing-to-check": 'check("class-pixels")',
    "not-attempted": 'check("class-pixels", unsolved)',
    "solution-not-yet": 'solution("class-pixels")',
    "not-yet": 'check("class-pixels", lambda mask, class_id: sum(class_id in row for row in mask))',
    "not-yet-with-masks": 'check("semantic-map", lambda instances, class_of: instances)',
    "raised": 'check("class-pixels", misspelt)',
    "hint": 'hint("class-pixels")',
    "second-hint": 'hint("class-pixels")',
    "last-hint": 'hint("class-pixels")',
    "unblocked": 'class_pixels = unblock("class-pixels")',
    "passed": 'check("class-pixels", count)',
    "solution": 'solution("class-pixels")',
    "no-such-exercise": 'check("class-pixel")',
    "progress": "progress()",
    "another-release": 'open_lesson("00", "0.0")',
}
OURS = [[".course-explorer"], [".jp-OutputArea-output [role=status]"]]  # JupyterLab's own faults are not ours
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@pytest.fixture(scope="module")
def showcase(lab, tmp_path_factory):
    """The name of a notebook with all explorers and all messages, in the running JupyterLab."""
    run = draw_run(tmp_path_factory.mktemp("run") / "trained")
    sources = [SET_UP, *MESSAGES.values()]
    sources += [f"widgets.{name}({str(run)!r})" for name in widgets.__all__ if name == "explore_run"]
    sources += [f"widgets.{name}()" for name in widgets.__all__ if name != "explore_run"]
    cells = [new_code_cell(source, id=f"cell-{number}") for number, source in enumerate(sources)]
    about = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(new_notebook(cells=cells, metadata=about), lab.work / "showcase.ipynb")
    return "showcase.ipynb"


def draw_run(folder):
    """Write a run of three epochs, with overlays in one colour."""
    run = Run.create(folder, TrainConfig(epochs=3))
    for epoch, (loss, score) in enumerate(((1.0, 0.3), (0.8, 0.5), (0.7, 0.4)), start=1):
        ious = {f"val_iou_{name}": score for name in ("pet", "background", "border")}
        run.history.append(
            {"epoch": epoch, "train_loss": loss, "val_mIoU": score, **ious, "lr": 0.1, "seconds": 1.0}
        )
        for number in range(1, OVERLAY_COUNT + 1):
            path = folder / "overlays" / overlay_name(epoch, number)
            path.parent.mkdir(exist_ok=True)
            Image.new("RGB", (480, 160), (70 * epoch, 40 * number % 256, 90)).save(path)
    run.write_log()
    return folder


@pytest.fixture(scope="module", params=["light", "dark"])
def theme(request):
    return request.param


@pytest.fixture(scope="module")
def shown(browser, lab, showcase, theme):
    """The showcase in a theme, all cells run."""
    with fresh_page(browser, lab) as notebook:
        notebook.open(lab.address_of(showcase), theme)
        notebook.hide_sidebar()
        notebook.run_all()
        assert notebook.errors() == []
        yield notebook


def panel_of(notebook: NotebookPage, name: str) -> Locator:
    return notebook.panel(notebook.cells.nth(1 + list(MESSAGES).index(name)))


def violations(notebook: NotebookPage) -> list[str]:
    """Return what axe-core finds serious or critical in our own elements."""
    with notebook.seen_by_axe():
        found = Axe().run(notebook.page, {"include": OURS}, RULES).response
    looked_at = next((rule["nodes"] for rule in found["passes"] if rule["id"] == "color-contrast"), [])
    assert len(looked_at) > len(MESSAGES) + len(widgets.__all__), "axe saw little of what there is"
    return [
        f"{rule['id']} ({rule['impact']}): {rule['help']}: {node['html'][:300]}"
        for rule in found["violations"]
        for node in rule["nodes"]
        if rule["impact"] in ("serious", "critical")
    ]


def test_axe_finds_nothing_serious_in_explorers_and_messages(shown, theme, shoot):
    for name in MESSAGES:
        shoot(panel_of(shown, name), f"{theme}/check-{name}")
    opened = explorers(shown, len(widgets.__all__))
    pictures = {explorer.title: explorer.modes() or [""] for explorer in opened}
    for turn in range(max(map(len, pictures.values()))):
        for explorer in opened:
            if turn < len(pictures[explorer.title]):
                mode = pictures[explorer.title][turn]
                if mode:
                    explorer.press(explorer.button("show", mode))
                shoot(explorer.root, f"{theme}/explorer-{slug(explorer.title, mode)}")
        assert violations(shown) == []


def slug(*words: str) -> str:
    kept = "".join(letter if letter.isalnum() else " " for letter in " ".join(words).lower())
    return "-".join(kept.split())


def test_wherever_the_keyboard_is_in_an_explorer_one_sees_it(shown):
    """The focus of every kind of control, JupyterLab's own thin ring not being enough."""
    explorers(shown, len(widgets.__all__))
    kinds = (".noUi-handle", ".widget-toggle-button:not(.mod-active)", ".widget-toggle-button.mod-active")
    for kind in (*kinds, ".widget-button"):
        control = shown.page.locator(f".course-explorer {kind}:visible").first
        control.scroll_into_view_if_needed()
        shown.page.keyboard.press("Tab")  # a ring is for those who came by keyboard
        control.focus()
        width, style = control.evaluate(
            "one => [getComputedStyle(one).outlineWidth, getComputedStyle(one).outlineStyle]"
        )
        assert (width, style) == ("3px", "solid"), kind


# Chromium zooms a page by making its pixels larger: at 200 % half as many fit on the screen.
def test_at_200_percent_everything_fits_into_the_page(shown, theme, shoot):
    opened = explorers(shown, len(widgets.__all__))
    shown.page.set_viewport_size({"width": WIDTH // 2, "height": HEIGHT})  # as high as a picture needs
    for name in MESSAGES:
        shoot(panel_of(shown, name), f"{theme}/zoomed-check-{name}")
    for explorer in opened:
        explorer.root.scroll_into_view_if_needed()  # what has not been drawn yet has no width
    too_wide = shown.page.evaluate(
        """() => [...document.querySelectorAll(".course-explorer, .jp-OutputArea-output [role=status]")]
             .filter(shown => shown.scrollWidth > shown.clientWidth + 1
                     || shown.getBoundingClientRect().right > window.innerWidth)
             .map(shown => `${shown.scrollWidth} > ${shown.clientWidth}: ${shown.textContent.slice(0, 80)}`)"""
    )
    assert too_wide == []


def test_the_benchmark_moves_every_explorer(notebook, lab, monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).resolve().parents[2] / "benchmarks"))
    benchmark = import_module("explorers_in_browser")
    rows = benchmark.measure(notebook, lab, turns=2)
    assert [name for name, *_ in rows] == list(benchmark.MOVES)
    assert all(float(time) > 0 for _, *times in rows for time in times)
