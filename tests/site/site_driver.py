"""The built site, served as anybody would, and a page of it in Chromium that notes what goes wrong."""

import base64
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from driver import HEIGHT, PATIENCE, WIDTH, NotebookPage
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Response, expect

# JupyterLab asks for an attachment by its own scheme before it shows the picture. JupyterLite looks for the site's
# listing of a folder that the learner has made.
HARMLESS = re.compile(r"^attachment:|net::ERR_UNKNOWN_URL_SCHEME|/lite/api/contents/.*all\.json")


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder by ``python -m http.server`` on a free port, and yield its address."""
    command = [
        sys.executable,
        "-u",
        "-m",
        "http.server",
        "0",
        "--bind",
        "127.0.0.1",
        "--directory",
        str(folder),
    ]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert server.stdout
        port = re.search(r"port (\d+)", server.stdout.readline())
        assert port
        yield f"http://127.0.0.1:{port[1]}"
    finally:
        server.terminate()
        server.wait(PATIENCE)


class WatchedPage:
    """A page that notes errors in its console, failed requests, and requests to other hosts."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.address = page, address
        self.wrong: list[str] = []
        self.received = 0  # bytes, what came out of the browser's cache included
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.wrong.append(f"{page.url}: {error}"))
        page.context.on("request", self._request)
        page.context.on("response", self._response)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._note(f"{message.text} {message.location['url']}")

    def _request(self, request: Request) -> None:
        if not request.url.startswith((f"{self.address}/", "data:", "blob:")):
            self._note(request.url)

    def _response(self, response: Response) -> None:
        self.received += int(response.headers.get("content-length", 0))
        if response.status >= 400:
            self._note(f"{response.url} answers {response.status}")

    def _note(self, what: str) -> None:
        if not HARMLESS.search(what):
            self.wrong.append(f"{self.page.url}: {what}")


class LitePage(NotebookPage):
    """A notebook that is open in JupyterLite's Notebook interface."""

    def wait_until_ready(self) -> None:
        self.wait_until_shown()
        kernel = "window.jupyterapp.shell.currentWidget.sessionContext.session?.kernel?.status"
        self.page.wait_for_function(f"() => {kernel} == 'idle'", timeout=3000 * PATIENCE)

    def wait_until_shown(self) -> None:
        """Wait for the cells, which are there long before their Python."""
        self.page.wait_for_function("() => window.jupyterapp?.shell?.currentWidget?.context?.isReady")
        expect(self.cells.last).to_be_attached()

    def read_file(self, path: str) -> str:
        """Return the text of a file of the learner's drive."""
        file = self.page.evaluate(
            "path => window.jupyterapp.serviceManager.contents.get(path, {content: true})", path
        )
        if file["format"] == "base64":
            return base64.b64decode(file["content"]).decode()
        return file["content"] if file["format"] == "text" else json.dumps(file["content"])


@contextmanager
def watched_page(browser: Browser, address: str, **options: object) -> Iterator[WatchedPage]:
    """Yield an empty page of a browser that has never seen the site."""
    context = browser.new_context(
        viewport={"width": WIDTH, "height": HEIGHT}, reduced_motion="reduce", **options
    )
    context.set_default_timeout(1000 * PATIENCE)
    yield WatchedPage(context.new_page(), address)
    context.close()


def found_by_axe(page: Page) -> list[str]:
    """Return what axe-core finds wrong, and see to it that it saw the page's colours."""
    # Of rules that pass it names one element each, which takes half the time of naming all.
    report = Axe().run(page, options={"resultTypes": ["violations"]}).response
    assert "color-contrast" in {rule["id"] for rule in report["passes"]}
    return [f"{page.url}: {found['id']} {found['nodes'][0]['html']}" for found in report["violations"]]
