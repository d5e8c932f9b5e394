"""A browser for JupyterLab as `course lab` starts it: where Chromium is, the server, a notebook on a page."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Error, Locator, Page, Playwright, expect

from course_lib.paths import course_root

NO_CHROMIUM = (
    "There is no Chromium for the browser tests: install it (Debian, Ubuntu: apt-get install chromium), or let "
    "PLAYWRIGHT_CHROMIUM_EXECUTABLE_PATH name one."
)
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
WIDTH, HEIGHT = 1280, 900  # of the page, in pixels: a small laptop
PATIENCE = 100  # seconds; a busy machine is slow, not broken
THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
IDLE = "Python 3 (ipykernel) | Idle"
RAN = re.compile(r"\[\d+\]:")  # the prompt of a cell that has run

expect.set_options(timeout=1000 * PATIENCE)


def find_chromium() -> str | None:
    """Return the Chromium to drive: the one that the environment names, or the first on the path."""
    named = os.environ.get("PLAYWRIGHT_CHROMIUM_EXECUTABLE_PATH")
    return named or next((found for name in NAMES if (found := shutil.which(name))), None)


def launch(playwright: Playwright, chromium: str) -> Browser:
    """Start Chromium; with COURSE_HEADED=1 its window can be watched."""
    headed = os.environ.get("COURSE_HEADED") == "1"
    return playwright.chromium.launch(
        executable_path=chromium, headless=not headed, slow_mo=300 if headed else 0
    )


# --- The server --------------------------------------------------------------------------------------------

# What `course lab` calls, in another folder than the checkout: nobody's own work is touched.
_START = """
import sys
from pathlib import Path
from course_lib.learner.lab import start_lab
start_lab(["--no-browser", "--port=0", "--expose-app-in-browser"], root=Path(sys.argv[1]))
"""


@dataclass
class Lab:
    """A running JupyterLab.

    Attributes:
        folder: a course of its own, with `notebooks/` and `work/`.
        address: what the server prints for a learner to open.
    """

    folder: Path
    address: str

    @property
    def work(self) -> Path:
        return self.folder / "work"

    @property
    def progress(self) -> Path:
        return self.work / "progress.json"

    def address_of(self, notebook: str) -> str:
        """Return the address of a notebook, on a desk of its own where nothing else is open."""
        parts = urlsplit(self.address)
        return f"{parts.scheme}://{parts.netloc}/lab/workspaces/other/tree/{notebook}?{parts.query}&reset"


@contextmanager
def running_lab(folder: Path) -> Iterator[Lab]:
    """Start `course lab` in a copy of the course, on a free port, with settings of its own."""
    shutil.copytree(course_root() / "notebooks", folder / "notebooks")
    kept = {f"{name}_DIR": str(folder / name.lower()) for name in ("JUPYTER_CONFIG", "JUPYTER_RUNTIME")}
    kept |= {f"JUPYTERLAB_{name}_DIR": str(folder / name.lower()) for name in ("SETTINGS", "WORKSPACES")}
    ours = {"COURSE_PROGRESS": str(folder / "work" / "progress.json"), "IPYTHONDIR": str(folder / "ipython")}
    log = folder / "lab.log"
    with log.open("w") as file:
        server = subprocess.Popen(
            [sys.executable, "-c", _START, str(folder)],
            env=os.environ | kept | ours | {"OMP_NUM_THREADS": "1"},
            stdout=file,
            stderr=file,
        )
    try:
        yield Lab(folder, _printed_address(server, log))
    finally:
        server.terminate()
        server.wait(PATIENCE)


def _printed_address(server: subprocess.Popen[bytes], log: Path) -> str:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and server.poll() is None:
        found = re.search(r"^ +(http://(?:localhost|127).*token=\w+)$", log.read_text(), re.MULTILINE)
        if found:
            return found[1]
        time.sleep(0.05)
    raise RuntimeError(f"JupyterLab printed no address:\n{log.read_text()}")


# --- A notebook on a page ----------------------------------------------------------------------------------


class NotebookPage:
    """A notebook that is open in JupyterLab, for which a test does what a learner would."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def open(self, address: str, theme: str = "light") -> "NotebookPage":
        """Go to an address, and wait until the notebook there has a kernel."""
        self.page.goto(address, wait_until="domcontentloaded")
        self.wait_until_ready()
        self.wear(theme)
        return self

    def wait_until_ready(self) -> None:
        expect(self.page.get_by_text(IDLE)).to_be_visible()
        expect(self.cells.first).to_be_visible()

    def wear(self, theme: str) -> None:
        """Change the theme."""
        change = "theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})"
        self.page.evaluate(change, THEMES[theme])
        expect(self.page.locator(f"body[data-jp-theme-name='{THEMES[theme]}']")).to_be_attached()

    def reload(self) -> None:
        self.page.reload(wait_until="domcontentloaded")
        self.wait_until_ready()

    @property
    def cells(self) -> Locator:
        return self.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Notebook .jp-Cell")

    def cell(self, words: str) -> Locator:
        """Return the first code cell whose source holds some words; the model knows it, whatever is drawn."""
        index = self.page.evaluate(
            """words => window.jupyterapp.shell.currentWidget.content.widgets.findIndex(
                 cell => cell.model.type == "code" && cell.model.sharedModel.getSource().includes(words))""",
            words,
        )
        assert index >= 0, f"no code cell holds {words!r}"
        return self.cells.nth(index)

    def outputs(self, cell: Locator) -> Locator:
        return cell.locator(".jp-Cell-outputArea .jp-OutputArea-output")

    def panel(self, cell: Locator) -> Locator:
        """Return the message that a check, a hint or the like shows."""
        return self.outputs(cell).locator("[role=status]")

    def select(self, cell: Locator) -> None:
        cell.locator(".jp-InputPrompt").click()

    def run(self, cell: Locator) -> None:
        """Select a cell, press Shift + Enter, and wait until it has run."""
        prompt = cell.locator(".jp-InputPrompt")
        before = prompt.inner_text()
        self.select(cell)
        self.page.keyboard.press("Shift+Enter")
        if before.strip("[]: "):
            expect(prompt).not_to_have_text(before)
        expect(prompt).to_have_text(RAN)

    def write(self, cell: Locator, source: str) -> None:
        """Replace what is written in a cell."""
        cell.locator(".cm-content").click()
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.insert_text(source)
        self.page.keyboard.press("Escape")

    def run_all(self) -> None:
        """Choose Run All Cells in the menu, and wait until the last one has run."""
        self.page.get_by_role("menuitem", name="Run", exact=True).click()
        self.page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        prompts = self.page.locator(".jp-Notebook .jp-CodeCell .jp-InputPrompt")
        expect(prompts.last).to_have_text(RAN, timeout=3000 * PATIENCE)

    @contextmanager
    def seen_by_axe(self) -> Iterator[None]:
        """Undo what makes axe take everything for hidden, and pass over its contrast without a word.

        JupyterLab's body, which hides what flows over, is 0 pixels high; cells that are scrolled away are not drawn.
        """
        style = "* { content-visibility: visible !important } html, body { height: 100% }"
        self.page.add_style_tag(content=style)
        scrolled = self.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-WindowedPanel-outer")
        height = scrolled.evaluate("panel => panel.scrollHeight")
        self.page.set_viewport_size({"width": WIDTH, "height": height + 200})
        scrolled.evaluate("panel => panel.scrollTo(0, 0)")
        yield
        self.page.set_viewport_size({"width": WIDTH, "height": HEIGHT})

    def errors(self) -> list[str]:
        """Return what cells have raised."""
        return self.page.evaluate(
            """() => window.jupyterapp.shell.currentWidget.content.widgets
                 .filter(cell => cell.model.type == "code")
                 .flatMap(cell => cell.model.outputs.toJSON())
                 .filter(output => output.output_type == "error")
                 .map(output => `${output.ename}: ${output.evalue}`)"""
        )

    def save(self) -> None:
        """Press Ctrl + S, and wait until nothing is left to save."""
        self.page.keyboard.press("ControlOrMeta+s")
        self.page.wait_for_function("() => !window.jupyterapp.shell.currentWidget.context.model.dirty")

    def hide_sidebar(self) -> None:
        """Close the file browser, as one does on a small screen."""
        if self.page.locator("#jp-left-stack").is_visible():
            self.select(self.cells.first)
            self.page.keyboard.press("ControlOrMeta+b")
            expect(self.page.locator("#jp-left-stack")).to_be_hidden()


# --- An explorer -------------------------------------------------------------------------------------------


class ExplorerOnPage:
    """An explorer in a notebook: its controls by the names that a screen reader hears, and its picture."""

    def __init__(self, root: Locator) -> None:
        self.root = root

    @property
    def title(self) -> str:
        return self.root.locator("strong").first.text_content()

    @property
    def picture(self) -> Locator:
        return self.root.locator(".widget-html-content:has(svg)")

    def slider(self, name: str) -> Locator:
        return self.root.get_by_role("slider", name=name, exact=True)

    def button(self, group: str, name: str) -> Locator:
        return self.root.get_by_role("button", name=f"{group}: {name}", exact=True)

    def modes(self) -> list[str]:
        """Return what the buttons called "show" offer."""
        labels = self.root.locator("button[aria-label^='show: ']").evaluate_all(
            "buttons => buttons.map(button => button.getAttribute('aria-label'))"
        )
        return [label.removeprefix("show: ") for label in labels]

    @contextmanager
    def redrawn(self) -> Iterator[None]:
        """Wait until what is done here has changed the picture."""
        before = self.picture.inner_html()
        yield
        self.picture.page.wait_for_function(
            "([picture, before]) => picture.innerHTML != before", arg=[self.picture.element_handle(), before]
        )

    def press(self, button: Locator) -> None:
        """Press a button with the keyboard, and wait for the picture if the button was not pressed yet."""
        if button.get_attribute("aria-pressed") != "true":
            with self.redrawn():
                button.press("Space")
        expect(button).to_have_attribute("aria-pressed", "true")


def explorers(notebook: NotebookPage, count: int) -> list[ExplorerOnPage]:
    """Return the explorers of a notebook, once all are drawn and their controls have names."""
    found = notebook.page.locator(".course-explorer")
    expect(found).to_have_count(count)
    opened = [ExplorerOnPage(found.nth(index)) for index in range(count)]
    for explorer in opened:
        expect(explorer.picture.first).to_be_attached()
        expect(explorer.root.locator(".noUi-handle:not([aria-label])")).to_have_count(0)
    return opened


@contextmanager
def fresh_page(browser: Browser, lab: Lab) -> Iterator[NotebookPage]:
    """Yield an empty page to open a notebook on, for a learner who has done nothing yet."""
    lab.progress.unlink(missing_ok=True)
    context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}, reduced_motion="reduce")
    context.set_default_timeout(1000 * PATIENCE)
    page = context.new_page()
    yield NotebookPage(page)
    with suppress(Error):  # where the page never came so far
        page.evaluate("() => window.jupyterapp.serviceManager.sessions.shutdownAll()")
    context.close()
