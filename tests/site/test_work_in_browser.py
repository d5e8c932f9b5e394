"""A lesson is run in the browser, left and found again; its record and its notebook go to a laptop and come back."""

import csv
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from driver import explorers
from learner_records import ARGMAX, NEWER, record
from playwright.sync_api import Browser, Download, Page, expect
from site_driver import LitePage, WatchedPage, watched_page

from course_lib.checking.progress import Progress
from course_lib.cli import main
from course_lib.exercises import outline
from course_lib.questions import all_questions

pytestmark = pytest.mark.slow

ALL = len(outline())
NOTEBOOK = "01_argmax_per_pixel.ipynb"
QUESTION = all_questions()[0]  # of lesson 00
LAPTOP = record({"class-pixels": ARGMAX}, {QUESTION.id: {"box": 0, "day": "2026-03-02"}})
"""What was done on a laptop before."""


@pytest.fixture(scope="module")
def laptop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a laptop has exported."""
    file = tmp_path_factory.mktemp("laptop") / "progress.json"
    file.write_text(json.dumps(LAPTOP), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def worked(browser: Browser, address: str, laptop: Path) -> Iterator[dict]:
    """Bring a laptop's record, work on lesson 01, find it again, and return what the browser keeps."""
    with watched_page(browser, address) as watched:
        watched.page.goto(f"{address}/progress.html")
        bring(watched.page, laptop)
        run_lesson(watched, address)
        assert "\n".join(watched.wrong) == ""
        yield watched.page.context.storage_state(indexed_db=True)


def run_lesson(watched: WatchedPage, address: str) -> None:
    watched.page.goto(f"{address}/lessons/01_argmax_per_pixel.html")
    watched.page.get_by_role("link", name="Run this lesson in your browser").click()
    notebook = LitePage(watched.page)
    notebook.wait_until_ready()
    notebook.run(notebook.cell("The set-up"))
    answer, check = notebook.cell("def argmax(scores)"), notebook.cell('check("argmax")')
    notebook.write(answer, "def argmax(scores):\n    return max(scores)")
    notebook.run(answer)
    notebook.run(check)
    expect(notebook.panel(check)).to_contain_text("that is max")
    notebook.write(answer, "def argmax(scores):\n    while True:\n        pass")
    notebook.run(answer)
    notebook.run(check)
    expect(notebook.panel(check)).to_contain_text("seconds")
    notebook.write(answer, "def argmax(scores):\n    return scores.index(max(scores))")
    notebook.run(answer)
    notebook.run(check)
    expect(notebook.panel(check)).to_contain_text("Passed")
    notebook.run(notebook.cell("explore_argmax()"))
    (explorer,) = explorers(notebook, 1)
    with explorer.redrawn():
        explorer.root.get_by_role("slider").first.press("ArrowRight")
    # Nobody presses Ctrl + S: what was written is kept all the same, because a tab may be closed at any moment.
    watched.page.wait_for_function("() => !window.jupyterapp.shell.currentWidget.context.model.dirty")

    watched.page.reload(wait_until="domcontentloaded")
    notebook.wait_until_shown()
    expect(notebook.cell("def argmax(scores)")).to_contain_text("scores.index(max(scores))")
    records = json.loads(notebook.read_file("work/progress.json"))["exercises"]
    assert set(records) == {"argmax", "class-pixels"}  # the laptop's record was there for the lesson
    assert (records["argmax"]["passed"], len(records["argmax"]["tries"])) == (True, 2)


# --- The page "Your progress" ------------------------------------------------------------------------------


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


def said(page: Page):
    return page.get_by_role("status")


def lesson(page: Page, number: str):
    return page.locator(f"[data-lesson='{number}']")


def saved(download: Download, folder: Path) -> Path:
    path = folder / download.suggested_filename
    download.save_as(path)
    return path


def expect_all_shown(page: Page) -> None:
    expect(lesson(page, "00")).to_contain_text("1 of 2 exercises, 1 of 2 points")
    expect(lesson(page, "00").get_by_role("link", name="1 question is due again")).to_be_visible()
    expect(lesson(page, "01")).to_contain_text("1 of 5 exercises, 1 of 9 points")
    expect(page.locator("#total")).to_contain_text(f"2 of {ALL} exercises")
    expect(page.locator("#next")).to_contain_text("Next: From instances to classes in lesson 00")


def test_somebody_who_has_done_nothing_is_shown_the_first_exercise(browser, address):
    with progress_page(browser, address) as page:
        expect(page.locator("#total")).to_contain_text(f"0 of {ALL} exercises")
        expect(page.locator("#due")).to_be_hidden()
        page.locator("#next").get_by_role("link").first.click()
        expect(page).to_have_url(f"{address}/lessons/00_start_here.html#exercise-count-the-pixels-of-a-class")


def test_what_a_lesson_has_written_is_shown(browser, address, worked):
    with progress_page(browser, address, storage_state=worked) as page:
        expect_all_shown(page)
        lesson(page, "01").locator("summary").press("Enter")
        expect(page.locator("[data-exercise=argmax]")).to_contain_text("passed")
        expect(page.locator("#due")).to_contain_text("1 question is due again.")


def test_progress_is_exported_to_a_laptop_and_brought_back(
    browser, address, worked, tmp_path, monkeypatch, capsys
):
    with progress_page(browser, address, storage_state=worked) as page:
        with page.expect_download() as download:
            page.get_by_role("button", name="Export progress").press("Enter")
        exported = saved(download.value, tmp_path)
    assert exported.name == "progress.json"

    monkeypatch.setenv("COURSE_PROGRESS", str(exported))  # as it is, in the place of a laptop's own
    assert {name for name, one in Progress.load().records.items() if one.passed} == {"argmax", "class-pixels"}
    monkeypatch.setenv("COURSE_PROGRESS", str(tmp_path / "work" / "progress.json"))
    back = tmp_path / "back.json"
    assert main(["progress", "--import", str(exported), "--export", str(back)]) == 0
    assert f"2 of {ALL} exercises" in capsys.readouterr().out

    with progress_page(browser, address) as page:  # another browser, or this one after its data were cleared
        bring(page, back)
        expect_all_shown(page)
        page.reload()
        expect_all_shown(page)


def test_a_notebook_from_the_browser_is_graded_like_any_other_and_comes_back(
    browser, address, worked, tmp_path
):
    with progress_page(browser, address, storage_state=worked) as page:
        with page.expect_download() as download:
            page.get_by_role("button", name=f"Download: {NOTEBOOK}").press("Enter")
        notebook = saved(download.value, tmp_path)
    assert notebook.name == NOTEBOOK
    student = tmp_path / "in" / "ada"
    student.mkdir(parents=True)
    (student / NOTEBOOK).write_bytes(notebook.read_bytes())
    assert main(["grade", str(tmp_path / "in"), "--out", str(tmp_path / "out"), "--lessons", "01"]) == 0
    with (tmp_path / "out" / "grades.csv").open(encoding="utf-8", newline="") as file:
        (grade,) = csv.DictReader(file)
    assert (grade["student_id"], grade["score"], grade["argmax"], grade["argmax-grid"]) == (
        "ada",
        "1",
        "1",
        "0",
    )

    with progress_page(browser, address) as page:
        bring(page, notebook)
        expect(page.get_by_role("link", name=NOTEBOOK)).to_be_visible()


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("notes.json", "milk, eggs", "notes.json is not a record of progress, because it is not JSON"),
        ("progress.json", NEWER, "progress.json is of a newer release of the course, in form 2"),
        ("mine.ipynb", '{"cells": []}', "mine.ipynb is not a notebook of this course"),
    ],
)
def test_another_file_is_refused_and_nothing_changes(
    browser, address, laptop, tmp_path, name, content, sentence
):
    file = tmp_path / name
    file.write_text(content, encoding="utf-8")
    with progress_page(browser, address) as page:
        bring(page, laptop)
        page.get_by_label("Import").set_input_files(file)
        expect(said(page)).to_contain_text(sentence)
        expect(page.locator("#total")).to_contain_text(f"1 of {ALL} exercises")


def test_a_notebook_of_a_lesson_with_torch_is_sent_to_a_laptop(browser, address, course):
    with progress_page(browser, address) as page:
        bring(page, course / "notebooks" / "05_tiny_unet.ipynb")
        expect(said(page)).to_contain_text("is of lesson 05, which does not run in a browser")


def test_a_notebook_of_an_earlier_release_starts_again_and_is_kept(browser, address, course, tmp_path):
    former = tmp_path / NOTEBOOK
    text = (course / "notebooks" / NOTEBOOK).read_text(encoding="utf-8")
    former.write_text(text.replace('release=\\"', 'release=\\"0.0.'), encoding="utf-8")
    with progress_page(browser, address) as page:
        bring(page, former)
        expect(page.locator("#worked")).to_contain_text("from release 0.0.")
        page.get_by_role("button", name=f"Start again: {NOTEBOOK}").press("Enter")
        expect(said(page)).to_contain_text(f"{NOTEBOOK} is as it was handed out")
        expect(page.locator("#worked")).not_to_contain_text("from release 0.0.")
        with page.expect_download() as download:
            page.get_by_role("button", name="Download: 01_argmax_per_pixel.backup-").press("Enter")
            assert 'release=\\"0.0.' in saved(download.value, tmp_path).read_text(encoding="utf-8")


NO_DATABASE = "Object.defineProperty(window, 'indexedDB', {value: undefined})"


def test_a_browser_that_keeps_nothing_is_told(browser, address):
    with watched_page(browser, address) as watched:
        watched.page.add_init_script(NO_DATABASE)
        watched.page.goto(f"{address}/progress.html")
        expect(said(watched.page)).to_contain_text("This browser keeps nothing for this site")
        expect(watched.page.get_by_role("button", name="Export progress")).to_be_hidden()
        watched.page.goto(f"{address}/lessons/01_argmax_per_pixel.html")
        expect(watched.page.locator(".way-in")).to_contain_text("This browser keeps nothing for this site")
        expect(watched.page.get_by_role("link", name="Run this lesson in your browser")).to_have_count(0)
    assert "\n".join(watched.wrong) == ""


FULL = """() => {
  const put = IDBObjectStore.prototype.put;
  IDBObjectStore.prototype.put = function (...entry) {
    const request = put.apply(this, entry);
    request.onsuccess = () => this.transaction.abort();  // as a browser does when a site has no space left
    return request;
  };
}"""


def test_full_storage_is_told_and_nothing_changes(browser, address, laptop, tmp_path):
    second = tmp_path / "second.json"
    second.write_text(json.dumps(record({"iou": ARGMAX})), encoding="utf-8")
    with progress_page(browser, address) as page:
        bring(page, laptop)
        page.evaluate(FULL)
        page.get_by_label("Import").set_input_files(second)
        expect(said(page)).to_contain_text("no space left, so nothing was changed")
        expect(page.locator("#total")).to_contain_text(f"1 of {ALL} exercises")


def test_a_damaged_record_is_told_and_kept(browser, address, laptop):
    with progress_page(browser, address) as page:
        bring(page, laptop)
        page.evaluate(
            """async () => {
                 const { Drive } = await import("./_static/drive.mjs");
                 const drive = new Drive("JupyterLite Storage - /lite/");
                 await drive.change(() => [["work/progress.json", "{"]]);
               }"""
        )
        page.reload()
        expect(said(page)).to_contain_text("work/progress.json, is damaged")
        page.get_by_label("Import").set_input_files(laptop)
        expect(said(page)).to_contain_text("merged")
        expect(page.locator("#total")).to_contain_text(f"1 of {ALL} exercises")


def test_without_javascript_the_page_says_so_and_lists_every_exercise(browser, address):
    with watched_page(browser, address, java_script_enabled=False) as watched:
        watched.page.goto(f"{address}/progress.html")
        expect(watched.page.locator("noscript p")).to_contain_text("JavaScript is switched off")
        expect(watched.page.locator("[data-exercise]")).to_have_count(ALL)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_a_page_with_everything_open(browser, address, worked, scheme):
    with watched_page(browser, address, storage_state=worked, color_scheme=scheme) as watched:
        page = watched.page
        page.goto(f"{address}/progress.html")
        page.get_by_label("Import").set_input_files(files={"name": "a.json", "mimeType": "", "buffer": b"{"})
        expect(said(page)).to_contain_text("a.json is not a record of progress")
        page.evaluate("for (const details of document.querySelectorAll('details')) details.open = true")
        report = Axe().run(page).response
    assert "color-contrast" in {rule["id"] for rule in report["passes"]}
    assert [f"{found['id']} {found['nodes'][0]['html']}" for found in report["violations"]] == []


def test_everything_is_reached_by_keyboard(browser, address, worked):
    with progress_page(browser, address, storage_state=worked) as page:
        missing = {"export", "import", "Download", "Start again", "run"}
        for _ in range(200):  # the sidebar comes first
            page.keyboard.press("Tab")
            missing.discard(page.evaluate("document.activeElement.id || document.activeElement.textContent"))
    assert missing == set()


def test_the_page_opens_without_a_network(browser, address, laptop):
    with progress_page(browser, address) as page:
        bring(page, laptop)
        page.wait_for_function("async () => (await caches.match('/progress.html')) !== undefined")
        page.context.set_offline(True)
        page.reload()
        expect(page.locator("#total")).to_contain_text(f"1 of {ALL} exercises")
        with page.expect_download():
            page.get_by_role("button", name="Export progress").press("Enter")
