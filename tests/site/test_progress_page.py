"""The page "Your progress" with nothing, with wrong files, and where a browser, its storage or its network fails."""

import json
from contextlib import ExitStack
from pathlib import Path

import pytest
from firefox_driver import save_download
from learner_records import ARGMAX, NEWER, record
from playwright.sync_api import expect
from progress_driver import ALL, FULL, LAPTOP, NOTEBOOK, bring, progress_page, said
from site_driver import served, watched_page

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def laptop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a laptop has exported."""
    file = tmp_path_factory.mktemp("laptop") / "progress.json"
    file.write_text(json.dumps(LAPTOP), encoding="utf-8")
    return file


def test_somebody_who_has_done_nothing_is_shown_the_first_exercise(browser, address):
    with progress_page(browser, address) as page:
        expect(page.locator("#total")).to_contain_text(f"0 of {ALL} exercises")
        expect(page.locator("#due")).to_be_hidden()
        page.locator("#next").get_by_role("link").first.click()
        expect(page).to_have_url(f"{address}/lessons/00_start_here.html#exercise-count-the-pixels-of-a-class")


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
        backup = page.get_by_role("button", name="Download: 01_argmax_per_pixel.backup-")
        assert 'release=\\"0.0.' in save_download(backup, tmp_path).read_text(encoding="utf-8")


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


NO_WEBASSEMBLY = "delete window.WebAssembly"
OLD_WEBASSEMBLY = "delete WebAssembly.Exception"


@pytest.mark.parametrize("old", [NO_WEBASSEMBLY, OLD_WEBASSEMBLY])
def test_a_browser_that_is_too_old_is_told(browser, address, old):
    with watched_page(browser, address) as watched:
        watched.page.add_init_script(old)
        watched.page.context.route("**/*.mjs*", lambda route: route.fulfill(content_type="text/javascript"))
        watched.page.goto(f"{address}/lessons/01_argmax_per_pixel.html")
        expect(watched.page.locator(".way-in")).to_contain_text("This browser is too old to run Python")
        expect(watched.page.get_by_role("link", name="Run this lesson in your browser")).to_have_count(0)
        watched.page.goto(f"{address}/progress.html")
        expect(said(watched.page)).to_contain_text("nothing of your work is lost")
    assert "\n".join(watched.wrong) == ""


LITTLE_SPACE = "if (navigator.storage) navigator.storage.estimate = async () => ({quota: 1e8, usage: 99e6})"


def test_little_space_is_told_before_a_lesson_is_run(browser, address):
    with watched_page(browser, address) as watched:
        watched.page.add_init_script(LITTLE_SPACE)
        watched.page.goto(f"{address}/lessons/01_argmax_per_pixel.html")
        expect(watched.page.locator(".way-in")).to_contain_text("little space left for this site")
        expect(watched.page.get_by_role("link", name="Run this lesson in your browser")).to_be_visible()
    assert "\n".join(watched.wrong) == ""


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


KEPT = """async path => {
  const parts = [...document.images, ...document.scripts].map(part => part.src).filter(src => src);
  for (let turn = 0; turn < 600; turn++) {
    const kept = await Promise.all([path, ...parts].map(url => caches.match(url)));
    if (kept.every(answer => answer !== undefined)) return true;
    await new Promise(resolve => setTimeout(resolve, 100));
  }
  return false;
}"""
"""Waits until a page is kept with its pictures and scripts: the page itself is kept before them."""


def test_what_was_read_opens_without_a_network(browser, site, laptop, tmp_path):
    network = ExitStack()
    address = network.enter_context(served(site))
    with network, progress_page(browser, address) as page:
        bring(page, laptop)
        assert page.evaluate(KEPT, "/progress.html")
        page.goto(f"{address}/lessons/05_tiny_unet.html")
        assert page.evaluate(KEPT, "/lessons/05_tiny_unet.html")
        network.close()  # to be offline is not enough for Firefox, whose service workers are not told
        page.reload()
        expect(page.get_by_role("heading", name="A tiny U-Net", exact=False).first).to_be_visible()
        expect(page.locator("html")).to_have_attribute("data-theme", "light")
        page.goto(f"{address}/progress.html")
        expect(page.locator("#total")).to_contain_text(f"1 of {ALL} exercises")
        save_download(page.get_by_role("button", name="Export progress"), tmp_path)
        page.goto(f"{address}/glossary.html")
        expect(page.locator("body")).to_contain_text("you have not read it before")
