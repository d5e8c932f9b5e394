"""Make the README's two screenshots, in Chromium and a separate JupyterLab: `python docs/make_screenshots.py`.

It needs what the tests need: `make lint` installs it, and says what is missing.
"""

import io
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from playwright.sync_api import Locator, sync_playwright

from course_lib.files import atomic_path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests" / "browser"))

from driver import NO_CHROMIUM, NotebookPage, explorers, find_chromium, launch, running_lab  # noqa: E402

WIDTH = 1000
MARGIN = 5
RECALL = """def iou(prediction, truth):
    both = sum(p * t for row, other in zip(prediction, truth) for p, t in zip(row, other))
    area = sum(map(sum, truth))
    return both / area if area else float("nan")"""


def main() -> None:
    """Write the explorer of lesson 03, and the message of a check about recall in place of IoU."""
    chromium = find_chromium()
    if chromium is None:
        raise SystemExit(NO_CHROMIUM)
    with (
        TemporaryDirectory() as folder,
        running_lab(Path(folder)) as lab,
        sync_playwright() as playwright,
    ):
        page = launch(playwright, chromium).new_page(
            viewport={"width": WIDTH, "height": 1400}, device_scale_factor=1.25
        )
        notebook = NotebookPage(page).open(lab.address_of("03_iou_and_dice_by_hand.ipynb"))
        notebook.hide_sidebar()
        notebook.run_all()
        (explorer,) = explorers(notebook, 1)
        save("explorer.png", explorer.root)
        notebook.wear("dark")
        answer, check = notebook.cell("def iou("), notebook.cell('check("iou")')
        notebook.write(answer, RECALL)
        notebook.run(answer)
        notebook.run(check)
        notebook.select(check)
        save("check.png", answer.locator(".jp-InputArea-editor"), notebook.panel(check))


def save(name: str, first: Locator, last: Locator | None = None) -> None:
    """Write a part of the page, or everything from one part to another, beside this file."""
    for _ in range(2):  # pictures that appear above it while scrolling may push it down again
        first.evaluate("part => part.scrollIntoView({block: 'center'})")
        first.page.wait_for_timeout(1500)  # pictures and themes fade in
    boxes = [box for part in (first, last or first) if (box := part.bounding_box())]
    left, top = (min(box[side] for box in boxes) - MARGIN for side in ("x", "y"))
    right = max(box["x"] + box["width"] for box in boxes) + MARGIN
    bottom = max(box["y"] + box["height"] for box in boxes) + MARGIN
    clip = {"x": left, "y": top, "width": min(right, WIDTH) - left, "height": bottom - top}
    picture = Image.open(io.BytesIO(first.page.screenshot(clip=clip)))
    with atomic_path(HERE / name) as temporary:
        picture.convert("P", palette=Image.Palette.ADAPTIVE, colors=128).save(temporary, "PNG", optimize=True)


if __name__ == "__main__":
    main()
