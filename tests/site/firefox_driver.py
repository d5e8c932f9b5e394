"""Debian's Firefox, in the place of Chromium where COURSE_FIREFOX names it; in_firefox.py does."""

import os
import shutil
from pathlib import Path

from driver import PATIENCE
from playwright.sync_api import Browser, Locator, Playwright

NAMED = "COURSE_FIREFOX"
DOWNLOADS = Path(__file__).resolve().parents[2] / "build" / "firefox-downloads"


def launch_firefox(playwright: Playwright, firefox: str) -> Browser:
    """Start Firefox as its makers build it, which Playwright drives by WebDriver BiDi."""
    shutil.rmtree(DOWNLOADS, ignore_errors=True)
    return playwright.firefox.launch(channel="moz-firefox", executable_path=firefox, downloads_path=DOWNLOADS)


def save_download(button: Locator, folder: Path) -> Path:
    """Press a button that saves a file, and return the file, which is then in a folder."""
    page = button.page
    if NAMED in os.environ:
        return _take_from_firefox(button, folder)
    with page.expect_download() as download:
        button.press("Enter")
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def _take_from_firefox(button: Locator, folder: Path) -> Path:
    """Wait for the file itself: Playwright misses the downloads that a page makes without going to an address."""
    button.press("Enter")
    for _ in range(10 * PATIENCE):
        for file in DOWNLOADS.rglob("*.*"):
            if file.suffix != ".part":
                return Path(shutil.move(file, folder))
        button.page.wait_for_timeout(100)
    raise AssertionError(f"Firefox has saved no file in {DOWNLOADS}")
