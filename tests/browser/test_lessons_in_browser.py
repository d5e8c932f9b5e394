"""Lessons as a learner works in them: in the JupyterLab that `make lab` starts, with mouse and keyboard."""

import json

import pytest
from driver import explorers
from playwright.sync_api import expect

from course_lib.explorers import overlap

pytestmark = pytest.mark.slow

WRONG = """def class_pixels(mask, class_id):
    return sum(class_id in row for row in mask)"""
RIGHT = """def class_pixels(mask, class_id):
    return sum(row.count(class_id) for row in mask)"""


EXAMPLE = "worked example, 4 x 4"


def test_the_first_ten_minutes(notebook, lab, shoot):
    page = notebook.page
    notebook.open(lab.address)
    expect(page.get_by_role("heading", name="Start here")).to_be_visible()

    notebook.run_all()
    assert notebook.errors() == []
    answer, check = notebook.cell("def class_pixels"), notebook.cell('check("class-pixels")')
    hint, progress = notebook.cell('hint("class-pixels")'), notebook.cell("progress()")
    expect(notebook.panel(check)).to_contain_text("Not attempted")

    expect(notebook.panel(progress)).to_contain_text("Your progress")
    at_first = notebook.panel(progress).text_content()

    notebook.write(answer, WRONG)
    notebook.run(answer)
    notebook.run(check)
    expect(notebook.panel(check)).to_contain_text("Not yet: Count the pixels of a class")
    expect(notebook.panel(check)).to_contain_text("rows")  # the idea behind the answer is recognised

    notebook.write(hint, 'hint("class-pixels")')
    notebook.run(hint)
    expect(notebook.panel(hint)).to_contain_text("Hint 1 of 3")

    notebook.write(answer, RIGHT)
    notebook.run(answer)
    notebook.run(check)
    expect(notebook.panel(check)).to_contain_text("Passed: Count the pixels of a class")
    notebook.run(progress)
    expect(notebook.panel(progress)).not_to_have_text(at_first)
    shoot(notebook.panel(progress), "lessons/progress")
    record = json.loads(lab.progress.read_text())["exercises"]["class-pixels"]
    assert (record["passed"], len(record["tries"]), record["hints"]) == (True, 1, 1)

    later = notebook.panel(progress).text_content()
    notebook.save()
    notebook.reload()
    expect(notebook.cell("def class_pixels").locator(".cm-content")).to_contain_text("row.count(class_id)")
    expect(notebook.panel(notebook.cell('check("class-pixels")'))).to_contain_text("Passed")
    expect(notebook.panel(notebook.cell('hint("class-pixels")'))).to_contain_text("Hint 1 of 3")
    progress = notebook.cell("progress()")
    expect(notebook.panel(progress)).to_have_text(later)
    notebook.run(progress)  # the same kernel, and the same file
    expect(notebook.panel(progress)).to_have_text(later)


def test_the_iou_explorer_says_by_keyboard_what_the_function_says(notebook, lab):
    notebook.open(lab.address_of("03_iou_and_dice_by_hand.ipynb"))
    notebook.run_all()
    assert notebook.errors() == []
    (explorer,) = explorers(notebook, 1)
    explorer.press(explorer.button("shape", EXAMPLE))
    move(explorer, "down", "ArrowLeft")  # from 1, where it starts, to 0
    move(explorer, "right", "ArrowLeft")
    assert said(explorer) == expected(0, 0)
    assert "6 / (6 + 1 + 1) = 0.750" in said(explorer)[0]
    for control, key, down, right, grow in (
        ("down", "ArrowRight", 1, 0, 0),
        ("right", "ArrowRight", 1, 1, 0),
        ("grow", "ArrowRight", 1, 1, 1),
        ("right", "Home", 1, -4, 1),
    ):
        move(explorer, control, key)
        assert said(explorer) == expected(down, right, grow)


def expected(down, right, grow=0):
    prediction, truth = overlap.shapes()[EXAMPLE]
    return list(overlap.formulas(overlap.compare(overlap.moved(prediction, down, right, grow), truth)))


def move(explorer, control, key):
    label = overlap.explore_iou().controls[control].description
    with explorer.redrawn():
        explorer.slider(label).press(key)


def said(explorer):
    return explorer.picture.locator("p").all_inner_texts()


def test_a_lesson_with_torch_runs_as_it_was_handed_out(notebook, lab):
    notebook.open(lab.address_of("04_per_pixel_cross_entropy.ipynb"))
    notebook.run_all()
    assert notebook.errors() == []
    explorers(notebook, 2)
