"""The page "Your progress" in Chromium, for tests of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from learner_records import ARGMAX, known, record
from playwright.sync_api import Browser, Locator, Page, expect
from site_driver import watched_page

from course_lib.exercises import outline
from course_lib.questions import all_questions

ALL = len(outline())
NOTEBOOK = "01_argmax_per_pixel.ipynb"
QUESTION = all_questions()[0]  # of lesson 00
LAPTOP = record({"class-pixels": ARGMAX}, {QUESTION.id: known("02", "03", 0.212)})
"""What was done on a laptop before."""

FULL = """() => {
  const put = IDBObjectStore.prototype.put;
  IDBObjectStore.prototype.put = function (...entry) {
    const request = put.apply(this, entry);
    request.onsuccess = () => this.transaction.abort();  // as a browser does when a site has no space left
    return request;
  };
}"""
"""Makes the browser store nothing more."""


@contextmanager
def progress_page(browser: Browser, address: str, **options: object) -> Iterator[Page]:
    """Open the page, by default in a browser that has never seen it, and see to it that nothing goes wrong there."""
    with watched_page(browser, address, **options) as watched:
        watched.page.goto(f"{address}/progress.html")
        expect(watched.page.locator("#total")).not_to_be_empty()
        yield watched.page
        assert "\n".join(watched.wrong) == ""


def bring(page: Page, file: Path) -> None:
    page.get_by_label("Import").set_input_files(file)
    expect(said(page)).to_contain_text(file.name)


def said(page: Page) -> Locator:
    return page.get_by_role("status")


def lesson(page: Page, number: str) -> Locator:
    return page.locator(f"[data-lesson='{number}']")
