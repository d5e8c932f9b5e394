"""A lesson is run in the browser, left and found again; its record and its notebook go to a laptop and come back."""

import csv
import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from driver import explorers
from firefox_driver import save_download
from playwright.sync_api import Browser, Page, expect
from progress_driver import ALL, FULL, LAPTOP, NOTEBOOK, bring, lesson, progress_page, said
from site_driver import LitePage, WatchedPage, found_by_axe, served, watched_page

from course_lib.checking.progress import Progress
from course_lib.cli import main

pytestmark = pytest.mark.slow


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


def test_a_lesson_that_cannot_be_saved_says_so_and_hands_out_the_notebook(browser, address, tmp_path):
    with watched_page(browser, address) as watched:
        watched.page.goto(f"{address}/lite/notebooks/index.html?path={NOTEBOOK}")
        notebook = LitePage(watched.page)
        notebook.wait_until_shown()
        notebook.write(notebook.cell("def argmax(scores)"), "def argmax(scores):\n    return 'not lost'")
        watched.page.evaluate(FULL)
        watched.page.keyboard.press("ControlOrMeta+s")
        bar = watched.page.get_by_role("alert")
        expect(bar).to_contain_text("The browser could not save this lesson")
        file = save_download(bar.get_by_role("button", name="Download the notebook"), tmp_path)
    assert file.name == NOTEBOOK
    assert "return 'not lost'" in file.read_text(encoding="utf-8")


KEPT = """async () => {
  for (let tries = 0; tries < 300; tries++) {
    const asked = performance.getEntriesByType("resource").map(entry => entry.name);
    const served = asked.filter(url => url.startsWith(`${location.origin}/lite/`) && !url.includes("/api/"));
    const kept = await Promise.all([location.href, ...served].map(url => caches.match(url)));
    if (kept.every(answer => answer !== undefined)) {
      return true;
    }
    await new Promise(resolve => setTimeout(resolve, 200));
  }
  return false;
}"""
"""Waits until all that an open lesson was made of is kept; false after a minute."""


def test_a_lesson_runs_without_a_network_after_its_first_visit(browser, site):
    network = ExitStack()
    address = network.enter_context(served(site))
    with network, watched_page(browser, address) as watched:
        watched.page.goto(f"{address}/lite/notebooks/index.html?path={NOTEBOOK}")
        notebook = LitePage(watched.page)
        notebook.wait_until_ready()
        notebook.run(notebook.cell("The set-up"))
        assert watched.page.evaluate(KEPT)
        network.close()
        watched.page.reload(wait_until="domcontentloaded")
        notebook.wait_until_ready()
        notebook.run(notebook.cell("The set-up"))
        answer, check = notebook.cell("def argmax(scores)"), notebook.cell('check("argmax")')
        notebook.write(answer, "def argmax(scores):\n    return scores.index(max(scores))")
        notebook.run(answer)
        notebook.run(check)
        expect(notebook.panel(check)).to_contain_text("Passed")


@pytest.mark.parametrize(
    ("notebook", "link", "place"),
    [
        (
            NOTEBOOK,
            "02_pixel_accuracy_vs_iou.ipynb",
            "lite/notebooks/index.html?path=02_pixel_accuracy_vs_iou.ipynb",
        ),
        (
            "03_iou_and_dice_by_hand.ipynb",
            "04_per_pixel_cross_entropy.ipynb",
            "lessons/04_per_pixel_cross_entropy.html",
        ),
    ],
)
def test_a_link_to_another_lesson_leads_to_where_it_runs_or_is_read(browser, address, notebook, link, place):
    with watched_page(browser, address) as watched:
        watched.page.goto(f"{address}/lite/notebooks/index.html?path={notebook}")
        LitePage(watched.page).wait_until_shown()
        with watched.page.context.expect_page() as opened:
            watched.page.locator(f"a[href$='{link}']").first.click()
        opened.value.wait_for_url(f"{address}/{place}")
        with watched.page.context.expect_page() as course:
            watched.page.get_by_role("link", name="← Course").click()
        course.value.wait_for_url(f"{address}/index.html")
    assert "\n".join(watched.wrong) == ""


# --- On the page "Your progress" ---------------------------------------------------------------------------


def expect_all_shown(page: Page) -> None:
    expect(lesson(page, "00")).to_contain_text("1 of 2 exercises, 1 of 2 points")
    expect(lesson(page, "00").get_by_role("link", name="1 question is due again")).to_be_visible()
    expect(lesson(page, "01")).to_contain_text("1 of 5 exercises, 1 of 9 points")
    expect(page.locator("#total")).to_contain_text(f"2 of {ALL} exercises")
    expect(page.locator("#next")).to_contain_text("Next: From instances to classes in lesson 00")


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
        exported = save_download(page.get_by_role("button", name="Export progress"), tmp_path)
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
        notebook = save_download(page.get_by_role("button", name=f"Download: {NOTEBOOK}"), tmp_path)
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


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_a_page_with_everything_open(browser, address, worked, scheme):
    with watched_page(browser, address, storage_state=worked, color_scheme=scheme) as watched:
        page = watched.page
        page.goto(f"{address}/progress.html")
        page.get_by_label("Import").set_input_files(files={"name": "a.json", "mimeType": "", "buffer": b"{"})
        expect(said(page)).to_contain_text("a.json is not a record of progress")
        page.evaluate("for (const details of document.querySelectorAll('details')) details.open = true")
        assert found_by_axe(page) == []


def test_everything_is_reached_by_keyboard(browser, address, worked):
    with progress_page(browser, address, storage_state=worked) as page:
        missing = {"export", "import", "Download", "Start again", "run"}
        for _ in range(200):  # the sidebar comes first
            page.keyboard.press("Tab")
            missing.discard(page.evaluate("document.activeElement.id || document.activeElement.textContent"))
            if not missing:
                break
    assert missing == set()
