"""The built site: every link and every page read."""

import json
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import BeautifulSoup
from driver import HEIGHT, WIDTH
from playwright.sync_api import ViewportSize, expect
from site_driver import found_by_axe, watched_page

from course_lib.explorers.layers import TRANSPOSED
from course_lib.questions import all_questions

pytestmark = pytest.mark.slow

TELEPHONE, LAPTOP = ViewportSize(width=390, height=844), ViewportSize(width=WIDTH, height=HEIGHT)
LARGEST_PAGE = 1_500_000  # bytes of a page, its scripts, and the pictures that it shows first


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[str, BeautifulSoup]:
    """The pages to read, by their path in the site."""
    files = [
        file
        for file in sorted(site.rglob("*.html"))
        if file.relative_to(site).parts[0] not in ("lite", "_static")
    ]
    return {
        file.relative_to(site).as_posix(): BeautifulSoup(file.read_bytes(), "html.parser") for file in files
    }


def test_every_lesson_is_a_page_with_its_solutions_folded(pages, course):
    lessons = [path.stem for path in sorted((course / "solutions").glob("*.ipynb"))]
    assert [name for name in pages if name.startswith("lessons/")] == [
        f"lessons/{name}.html" for name in lessons
    ]
    page = pages["lessons/03_iou_and_dice_by_hand.html"]
    folded = [details for details in page.select("details") if "Show the solution" in details.summary.text]
    notebook = json.loads(
        (course / "solutions" / "03_iou_and_dice_by_hand.ipynb").read_text(encoding="utf-8")
    )
    exercises = [cell for cell in notebook["cells"] if cell["metadata"].get("nbgrader", {}).get("solution")]
    assert len(folded) == len(exercises)
    assert all("Passed" in details.text for details in folded)
    for details in folded:
        details.extract()
    assert "raise NotImplementedError" in page.text
    assert "BEGIN SOLUTION" not in page.text
    assert "both / (both + " not in " ".join(block.text for block in page.select("pre"))


def test_every_link_leads_somewhere(pages, site):
    anchors = {name: {tag["id"] for tag in page.select("[id]")} for name, page in pages.items()}
    broken = []
    for name, page in pages.items():
        for tag in page.select("a[href], img[src], script[src], link[href]"):
            link = urlsplit(tag.get("href") or tag.get("src"))
            if link.scheme or link.netloc:
                if tag.name != "a":
                    broken.append(f"{name} loads {tag}")
                continue
            target = (site / name).parent / unquote(link.path) if link.path else site / name
            if not target.exists():
                broken.append(f"{name}: {link.geturl()}")
            other = target.resolve().relative_to(site.resolve()).as_posix()
            if link.fragment and other in anchors and unquote(link.fragment) not in anchors[other]:
                broken.append(f"{name}: {link.geturl()}")
    assert broken == []


def test_every_picture_has_words_and_a_size(pages):
    pictures = [(name, image) for name, page in pages.items() for image in page.select("article img")]
    assert len(pictures) > 100
    assert [(name, str(image)[:200]) for name, image in pictures if not image.get("alt")] == []
    lessons = [(name, image) for name, image in pictures if name.startswith("lessons/")]
    assert [(name, str(image)[:200]) for name, image in lessons if not image.get("width")] == []


def test_the_self_test_asks_every_question(pages):
    page = pages["self-test.html"]
    assert len(page.select(".quiz > li")) == len(all_questions())
    assert len(page.select(".quiz details.right")) == len(all_questions())
    assert len(page.select(".quiz details")) == sum(len(question.choices) for question in all_questions())


def test_every_page_shows_all_that_it_asks_for(browser, address, pages):
    with watched_page(
        browser, address, service_workers="block"
    ) as watched:  # they would fetch everything again
        for name in pages:
            watched.received = 0
            watched.page.goto(f"{address}/{name}")
            if watched.received > LARGEST_PAGE:
                watched.wrong.append(f"{name} is {watched.received} bytes before anyone scrolls")
            watched.page.evaluate(
                """() => Promise.all([...document.images].map(image => {
                     image.loading = "eager";
                     return image.decode().catch(() => console.error("no picture", image.src));
                   }))"""
            )
            watched.page.set_viewport_size(TELEPHONE)
            if watched.page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                watched.wrong.append(f"{name} is wider than a telephone")
            watched.page.set_viewport_size(LAPTOP)
    assert "\n".join(watched.wrong) == ""


def test_a_wrong_choice_of_the_self_test_says_why(browser, address):
    with watched_page(browser, address) as watched:
        watched.page.goto(f"{address}/self-test.html")
        wrong = watched.page.locator(".quiz details.wrong").first
        expect(wrong.locator("p")).to_be_hidden()
        wrong.locator("summary").press("Enter")
        expect(wrong.locator("p")).to_contain_text("No.")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_site_follows_the_reader_in_light_and_dark(browser, address, scheme):
    with watched_page(browser, address, color_scheme=scheme) as watched:
        watched.page.goto(address)
        expect(watched.page.locator("html")).to_have_attribute("data-theme", scheme)


KINDS = (
    "index",
    "lessons/01_argmax_per_pixel",
    "lessons/05_tiny_unet",
    "quick-reference",
    "flash-cards",
    "docs/grading",
    "search",
)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_any_kind_of_page(browser, address, scheme):
    violations = []
    with watched_page(browser, address, color_scheme=scheme) as watched:
        for name in KINDS:
            watched.page.goto(f"{address}/{name}.html")
            violations += found_by_axe(watched.page)
    assert "\n".join(violations) == ""


def test_explorers_move_by_keyboard_on_a_page(browser, address):
    with watched_page(browser, address) as watched:
        watched.page.goto(f"{address}/lessons/05_tiny_unet.html")
        explorer = watched.page.locator(".explorer")
        slider, words = explorer.get_by_label("step"), explorer.locator(".explorer-words")
        slider.press("Home")
        expect(words).to_contain_text("Output in row 0, column 0")
        slider.press("ArrowRight")
        expect(words).to_contain_text("Output in row 0, column 1")
        slider.press("End")
        explorer.get_by_label("stride").press("End")
        expect(words).to_contain_text("+ 1 = 2")
        expect(slider).to_have_value("3")  # an output of 2 x 2 has no step 8
        expect(words).to_contain_text("Output in row 1, column 1")
        explorer.get_by_label(TRANSPOSED).press("Space")
        expect(explorer.get_by_label("output padding")).to_be_visible()
        expect(explorer.get_by_role("img").first).to_be_visible()
    assert "\n".join(watched.wrong) == ""


def test_search_finds_a_lesson(browser, address):
    with watched_page(browser, address) as watched:
        watched.page.goto(f"{address}/search.html?q=ignore_index")
        expect(watched.page.locator("#search-results a").first).to_be_visible()
    assert "\n".join(watched.wrong) == ""
