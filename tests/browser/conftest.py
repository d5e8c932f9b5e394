"""One JupyterLab for the session, a browser for each module, a page for each test; screenshots that CI keeps."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from driver import NO_CHROMIUM, Lab, NotebookPage, find_chromium, fresh_page, launch, running_lab
from playwright.sync_api import Browser, Locator, sync_playwright

SCREENSHOTS = Path(__file__).resolve().parents[2] / "build" / "screenshots"


@pytest.fixture(scope="session")
def chromium() -> str:
    """Where Chromium is. Without one the tests are skipped, but not in CI."""
    found = find_chromium()
    if not found:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(NO_CHROMIUM)
    return found


@pytest.fixture(scope="session")
def lab(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """The real JupyterLab, in a course of its own."""
    with running_lab(tmp_path_factory.mktemp("course")) as lab:
        yield lab


@pytest.fixture(scope="module")  # not longer: while Playwright runs, no other test can run an event loop
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = launch(playwright, chromium)
        yield browser
        browser.close()


@pytest.fixture
def notebook(browser: Browser, lab: Lab) -> Iterator[NotebookPage]:
    with fresh_page(browser, lab) as notebook:
        yield notebook


@pytest.fixture(scope="session")
def shoot() -> Callable[[Locator, str], None]:
    """Return a function that keeps a picture of something on a page."""

    def shoot(what: Locator, name: str) -> None:
        path = SCREENSHOTS / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        what.screenshot(path=path, animations="disabled")

    return shoot
