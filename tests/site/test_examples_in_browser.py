"""The page of the worked examples in Chromium: programs are changed, run, stopped and judged where they are read."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from example_driver import ExampleOnPage
from playwright.sync_api import Browser, expect
from site_driver import WatchedPage, found_by_axe, watched_page

pytestmark = pytest.mark.slow

PAGE = "worked-examples.html"


@pytest.fixture(scope="module")
def watched(browser: Browser, address: str) -> Iterator[WatchedPage]:
    """The page, open for several tests, so that Python starts once; each test has examples of its own."""
    with watched_page(browser, address) as watched:
        watched.page.goto(f"{address}/{PAGE}")
        yield watched


def test_a_program_is_changed_and_run(watched):
    example = ExampleOnPage(watched.page, "regions-10-10-40")
    expect(example.output).to_contain_text("IoU  40/60 = 0.667")
    example.replace("10, 10, 40", "10, 10, 60")
    example.run()
    expect(example.output).to_contain_text("IoU  60/80 = 0.750")
    expect(example.state).to_contain_text("Ran in")


def test_an_error_is_shown_below_what_was_printed(watched):
    example = ExampleOnPage(watched.page, "overlap-4x4")
    example.replace("/ union", "/ onion")
    example.write("print('as far as here')\n" + example.text())
    example.run()
    expect(example.error).to_contain_text("NameError: name 'onion' is not defined")
    expect(example.output).to_have_text("as far as here")


def test_numpy_is_loaded_for_a_program_that_imports_it(watched):
    example = ExampleOnPage(watched.page, "skip-concat-add")
    example.replace("64, 32, 32", "64, 8, 8")
    example.run()
    expect(example.output).to_contain_text("concatenated (1, 128, 8, 8)")


def test_a_your_turn_says_what_is_wrong_and_what_is_right(watched):
    example = ExampleOnPage(watched.page, "accuracy-3x3")
    example.editor.wait_for()
    example.run()
    expect(example.verdict).to_contain_text("Line 17 still has a blank, ___")
    example.replace("= ___", "= correct / total")
    example.replace("___", "!=")
    example.run()
    expect(example.verdict).to_contain_text(
        "Not yet. You counted the pixels that are wrong. Line 1 of the output:"
    )
    expect(example.verdict).to_contain_text(
        "expected “7 of 9 pixels are right”, got “2 of 9 pixels are right”"
    )
    example.replace("correct / total", "correct / 8")
    example.replace("!=", "==")
    example.run()
    expect(example.verdict).to_contain_text("Not yet. Line 2 of the output: expected “accuracy 0.778”, got")
    example.replace("correct / 8", "correct / total")
    example.write(example.text() + "\nprint('more')")
    example.run()
    expect(example.verdict).to_contain_text("Your output has 3 lines, expected 2.")
    example.replace("\nprint('more')", "")
    example.run()
    expect(example.verdict).to_have_text("✓ Right: this is the expected output.")


def test_the_keyboard_is_enough(watched):
    example, keyboard = ExampleOnPage(watched.page, "absent-class"), watched.page.keyboard
    example.editor.focus()
    keyboard.press("ControlOrMeta+End")
    keyboard.type("\nfor word in ('by', 'hand'):\nprint(word)")  # the editor indents after a colon
    keyboard.press("Shift+Enter")
    expect(example.output).to_contain_text("by\nhand")
    expect(example.editor).to_be_focused()
    keyboard.press("Tab")
    expect(example.editor).to_be_focused()
    keyboard.press("Escape")
    keyboard.press("Tab")
    expect(example.button("Run")).to_be_focused()
    keyboard.press("Enter")
    expect(example.state).to_contain_text("Ran in")
    expect(example.button("Run")).to_be_focused()
    keyboard.press("Shift+Tab")
    expect(example.editor).to_be_focused()


def test_an_endless_loop_is_stopped_and_python_starts_anew(watched):
    example = ExampleOnPage(watched.page, "argmax-street")
    waiting = ExampleOnPage(watched.page, "street-maps")
    example.write("print('it begins')\nwhile True:\n    pass")
    example.run()
    expect(example.output).to_have_text("it begins")
    expect(example.button("Stop")).to_be_focused()
    waiting.run()
    expect(waiting.state).to_contain_text("Waiting for the other example")
    example.button("Stop").click()
    for stopped in (example, waiting):
        expect(stopped.state).to_contain_text("Stopped.")
    waiting.run()
    expect(waiting.output).to_have_text("[[0, 1], [2, 2]]")
    assert "\n".join(watched.wrong) == ""  # in all tests up to here


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_around_outputs_errors_and_verdicts(watched, scheme):
    page = watched.page
    page.emulate_media(color_scheme=scheme)
    expect(page.locator("html")).to_have_attribute("data-theme", scheme)
    page.evaluate("""for (const root of document.querySelectorAll(".worked-example"))
        if (!root.querySelector(".error, .verdict") && root.dataset.name != "three-pets") root.remove()""")
    expect(page.locator(".worked-example")).to_have_count(3)  # axe needs half a minute for forty
    assert found_by_axe(page) == []


def test_changes_are_found_again_until_they_are_reset(browser, address):
    with watched_page(browser, address) as watched:
        watched.page.goto(f"{address}/{PAGE}")
        example = ExampleOnPage(watched.page, "dice-from-iou")
        example.replace("___", "2 * iou")
        watched.page.reload()
        example = ExampleOnPage(watched.page, "dice-from-iou")
        expect(example.editor).to_contain_text("return 2 * iou")
        expect(example.state).to_contain_text("This is your version, which this browser has kept.")
        example.button("Reset").click()
        expect(example.editor).to_contain_text("return ___")
        expect(example.editor).to_be_focused()
        watched.page.keyboard.press("ControlOrMeta+z")
        expect(example.editor).to_contain_text("return 2 * iou")
        example.button("Reset").click()
        watched.page.reload()
        example = ExampleOnPage(watched.page, "dice-from-iou")
        expect(example.editor).to_contain_text("return ___")
        expect(example.button("Reset")).to_be_disabled()


# --- Bad luck ----------------------------------------------------------------------------------------------


def opened(watched: WatchedPage) -> ExampleOnPage:
    watched.page.goto(f"{watched.address}/{PAGE}")
    example = ExampleOnPage(watched.page, "regions-10-10-40")
    example.editor.wait_for()
    return example


def test_an_editor_that_does_not_load_leaves_the_programs_to_read(browser, address):
    with watched_page(browser, address) as watched:
        watched.page.context.route("**/editor.js", lambda route: route.abort())
        watched.page.goto(f"{address}/{PAGE}")
        expect(watched.page.locator("#example-failed")).to_be_visible()
        example = ExampleOnPage(watched.page, "regions-10-10-40")
        expect(example.root).to_contain_text("only_prediction, only_truth, both = 10, 10, 40")
        expect(example.button("Run")).to_be_hidden()


def test_without_webassembly_the_page_says_what_is_missing(browser, address):
    with watched_page(browser, address) as watched:
        watched.page.add_init_script("delete window.WebAssembly")
        example = opened(watched)
        example.run()
        expect(example.state).to_contain_text("This browser is too old to run Python")
        expect(example.editor).to_contain_text("only_prediction")


def test_a_python_that_does_not_load_is_tried_again_by_the_next_run(browser, address):
    with watched_page(browser, address, service_workers="block") as watched:  # what they fetch is not lost
        example = opened(watched)
        for lost in ("**/python-worker.js", "**/pyodide.asm.wasm"):
            watched.page.context.route(lost, lambda route: route.abort())
            example.run()
            expect(example.state).to_contain_text("Python could not be loaded, or it broke down. Press Run")
            watched.page.context.unroute(lost)
        watched.page.context.set_offline(True)
        example.run()
        expect(example.state).to_contain_text("this computer is offline. Connect it and press Run again.")
        expect(example.button("Run")).to_be_enabled()


def test_a_browser_that_keeps_nothing_says_so_and_runs_all_the_same(browser, address):
    with watched_page(browser, address) as watched:
        watched.page.add_init_script(
            "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); }"
        )
        example = opened(watched)
        example.replace("10, 10, 40", "10, 10, 60")
        expect(example.state).to_contain_text("your changes are lost when you leave the page")


def test_without_javascript_programs_and_outputs_are_there_to_read(browser, address):
    with watched_page(browser, address, java_script_enabled=False) as watched:
        watched.page.goto(f"{address}/{PAGE}")
        example = ExampleOnPage(watched.page, "regions-10-10-40")
        expect(example.root).to_contain_text("only_prediction, only_truth, both = 10, 10, 40")
        expect(example.output).to_have_text("IoU  40/60 = 0.667\nDice 80/100 = 0.800")
        expect(example.button("Run")).to_be_hidden()


def test_lessons_and_their_examples_link_to_each_other(site: Path):
    lesson = BeautifulSoup((site / "lessons" / "01_argmax_per_pixel.html").read_bytes(), "html.parser")
    page = BeautifulSoup((site / PAGE).read_bytes(), "html.parser")
    links = {link["href"] for link in lesson.select("article a[href]")}
    assert {f"../{PAGE}#example-argmax-street", f"../{PAGE}#example-argmax-dog"} <= links
    assert "lessons/01_argmax_per_pixel.html" in {link["href"] for link in page.select("article a[href]")}
    assert page.find(id="example-argmax-street")
