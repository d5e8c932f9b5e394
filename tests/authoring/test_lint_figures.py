"""The linter's rules on figures of training."""

import pytest
from results_folder import new_folder, run_of, three_seeds, write

from course_lib.authoring.lint_figures import NOT_MEASURED, check_figures


@pytest.fixture
def root(tmp_path):
    three_seeds(new_folder(tmp_path))
    return tmp_path


def problems(text, root, **options):
    return [str(problem) for problem in check_figures(text, "lesson", root, **options)]


FINE = [
    "With skips the border is better: {{skips.with.iou}}, without {{skips.without.iou}}.",
    "With skips {{skips.with.iou}}, added {{skips.added.iou}}: they do not differ.",
    "With {{skips.with.iou}}. It is better to look. Added {{skips.added.iou}}.",
    "Skips gain {{skips.with.iou - skips.without.iou}}.",
    "A loss of 0.25 has a slope of 0.5.",
    "After 200 steps the IoU has risen.",
    "Train at a rate of 0.01.",
    "`IoU 0.75` after 200 steps of $0.25$.",
    "After 200 steps the IoU is 0.41. Is that good? What would you say to a loss of 0.25?",
]
BROKEN = [
    (
        "With {{skips.with.iou}} better\nthan added, {{skips.added.iou}}.",
        "'better' is said of {{skips.with.iou}} and {{skips.added.iou}}, but their spreads overlap",
    ),
    (
        "- It wins by {{skips.with.iou - skips.added.iou}}.",
        "'wins' is said of {{skips.with.iou - skips.added.iou}}, but its spread reaches 0",
    ),
    ("{{flips.with.iou}}", "names no result"),
    ("{{skips.with.dice}}", "has no figure 'with.dice'"),
    ("After 200 steps the IoU is 0.41.", "'0.41' looks like a figure of training"),
    ("Three epochs more.\nThe mIoU rises by .05, which is much.", "'.05' looks like a figure of training"),
    ("| trained on | IoU |\n|---|---|\n| 24 photos, 40 steps | IoU 0.31 |", "'0.31' looks like a figure"),
]


@pytest.mark.parametrize("text", FINE)
def test_what_is_measured_may_be_said(root, text):
    assert problems(text, root) == []


@pytest.mark.parametrize(("text", "message"), BROKEN)
def test_what_is_not_is_reported(root, text, message):
    (problem,) = problems(text, root)
    assert problem.startswith("lesson: ")
    assert message in problem


def test_figures_of_a_worked_example_may_be_typed(root):
    text = "After 200 steps the IoU is 0.41."
    assert problems(text, root, may_type=True) == []
    assert problems(f"{text} {NOT_MEASURED}", root) == []
    assert problems(f"{NOT_MEASURED}\n\n{text}", root) != []  # another paragraph


def test_a_result_of_other_code_is_reported(root):
    code = root / "experiments" / "shared" / "pieces.py"
    code.write_text("piece = 3\n", encoding="utf-8")
    (problem,) = problems("{{skips.with.iou}}", root)
    assert (
        "the code of skips has changed since it gave this: run `python -m experiments skips` again" in problem
    )


def test_two_seeds_are_too_few(root):
    write(root, "skips", [run_of(seed, with__iou=0.5) for seed in (0, 1)])
    (problem,) = problems("{{skips.with.iou}}", root)
    assert "rests on 2 seeds, at least 3 are expected" in problem
