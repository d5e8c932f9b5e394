"""What is said of an answer's own code, of the ideas behind it, and of the cases in which it fails."""

import ast
import math
import textwrap

import mixed_class
import numpy as np
import pytest

from course_lib.authoring.attributions import attributions
from course_lib.checking.calling import Outcome
from course_lib.checking.case import CaseResult
from course_lib.checking.exercise import Exercise
from course_lib.checking.judge import judge
from course_lib.checking.recognise.facts import fact_of
from course_lib.checking.recognise.named import NAMED
from course_lib.checking.recognise.nearest import kind_of_wrong_cases
from course_lib.checking.recognise.proposals import expression_repairs, unused_arguments
from course_lib.checking.recognise.slips import OTHER_SLIPS, SLIPS
from course_lib.checking.recognise.source import source_of
from course_lib.checking.recognise.statements import statement_repairs
from course_lib.exercises import find_exercise

ANSWERS = {
    answer.__name__: (exercise_id, answer) for exercise_id, answer in mixed_class.SINGLE + mixed_class.DOUBLE
}


def message(name):
    exercise_id, answer = ANSWERS[name]
    return judge(find_exercise(exercise_id), answer).message


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("rounded_down", "`correct // total` divides with `//`"),
        ("returns_too_early", "returns inside the loop"),
        (
            "dice_without_brackets",
            "`2 * both / p_area + t_area` Python multiplies and divides before it adds",
        ),
        ("counts_only_right_ones", "`total += 1` is inside the `if` of line"),
        ("counters_go_on", "goes on from one round to the next"),
        ("writes_into_the_truth", "`prediction = truth` only gives the same thing a second name"),
        ("a_square_is_assumed", "as if every mask were square"),
        ("or_without_comparison", "`predicted or true == class_id` compares only what is behind `or`"),
        ("confidence_over_the_batch", "`logits.softmax(dim=0)` works along the wrong axis"),
        ("softmax_before_the_loss", "the `softmax` in `logits.softmax(dim=0)` is one too many"),
        ("stops_at_the_first_void", "`break` ends the whole loop"),
    ],
)
def test_a_mistake_is_named_by_what_the_code_does(name, words):
    assert words in message(name)


def test_the_line_is_that_of_the_learners_own_file():
    _, answer = ANSWERS["rounded_down"]
    line = int(message("rounded_down").split(":")[0].removeprefix("Line "))
    source = source_of(answer)
    assert source is not None
    assert source.tree.lineno < line <= source.tree.end_lineno
    assert "//" in mixed_class.__loader__.get_source("mixed_class").splitlines()[line - 1]


def test_an_idea_is_told_where_the_learner_minded_an_edge():
    """Recall, with 0 and nan as the exercise asks for: the idea itself gives nan where the truth is empty."""
    assert judge(find_exercise("iou"), ANSWERS["recall_with_nan"][1]).misconception == "recall"


def test_two_ideas_are_told_together():
    exercise_id, answer = ANSWERS["dice_and_empty_is_1"]
    result = judge(find_exercise(exercise_id), answer)
    dice, empty = (idea for idea in result.exercise.misconceptions if idea.name in ("is-dice", "empty-is-1"))
    assert result.message == f"Two things at once. First: {dice.sentence} Second: {empty.sentence}"


def test_a_change_and_an_idea_are_told_together():
    told = message("rounded_down_without_nan")
    assert told.startswith("Two things at once. First: Line")
    assert "divides with `//`" in told
    assert "0 where no pixel has a label" in told


def area(mask):
    """Return the number of pixels.

    Args:
        mask: an array (H, W) of 0 and 1.
    """
    return int(mask.sum())


AREA = Exercise(
    area, title="Area", points=1, minutes=5, source="", hints=("", "", ""), why="It is.",
    draw=lambda rng: ((rng.random(tuple(rng.integers(1, 5, size=2))) < 0.5).astype(int),),
)  # fmt: skip
AREA.worked(np.array([[1, 1], [0, 1]]), gives=3)


def test_where_an_import_is_missing_nothing_else_is_told():
    """A change of the answer that avoids the missing name would explain it, and say something untrue."""
    cell = (
        "def predict(model, images):\n    with torch.no_grad():\n        return model(images).argmax(dim=1)\n"
    )
    told = judge(find_exercise("mend-mode"), in_a_notebook(cell)["predict"]).message
    assert told == (
        "`torch` is not defined in line 2: write `import torch` in a cell above, run it, and then this one again."
    )


def test_the_kind_of_case_is_told_where_nothing_else_is(monkeypatch):
    monkeypatch.setattr("course_lib.checking.judge.own_code", lambda exercise, answer: None)
    result = judge(AREA, lambda mask: int(mask.sum()) if mask.shape[0] == mask.shape[1] else -1)
    assert (
        result.where
        == "In the cases tried it is wrong wherever `mask` is not square, and right in all others."
    )
    assert result.where in result.text()


def test_what_one_or_two_wrong_cases_share_with_right_ones_is_chance():
    def case(shape, problem):
        return CaseResult((np.zeros(shape, int),), 0, Outcome("returned", 1 if problem else 0), problem)

    right = [case((2, 3), None), *(case((3, 3), None) for _ in range(5))]
    wrong = [case((2, 3), "It differs.") for _ in range(3)]
    assert (
        kind_of_wrong_cases(AREA, [*right, *wrong])
        == "In all cases in which it is wrong, `mask` is not square."
    )
    assert kind_of_wrong_cases(AREA, [*right, *wrong[:2]]) == ""


def test_no_kind_is_named_where_it_does_not_part_the_cases():
    result = judge(AREA, lambda mask: int(mask.sum()) if mask[0, 0] else -1)
    assert result.where == ""


def in_a_notebook(source, names=None):
    """Define a function as a notebook does: its lines are known to Python, but it is in no file."""
    import linecache

    filename = f"<cell {len(linecache.cache)}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    namespace = dict(names or {})
    exec(compile(source, filename, "exec"), namespace)
    return namespace


def test_the_source_of_a_cell_is_found_and_runs_again():
    cell = "import math\n\n\ndef area(mask):\n    return int(mask.sum()) // factor\n\n\nfactor = 2\n"
    answer = in_a_notebook(cell)["area"]
    source = source_of(answer)
    assert source is not None
    assert source.tree.lineno == 4
    again = source.run()
    assert again is not None
    assert again(np.ones((2, 2))) == 2


def test_what_the_answer_would_change_outside_stays():
    cell = (
        "calls = 0\n\n\ndef area(mask):\n    global calls\n    calls += 1\n    return int(mask.sum()) + 1\n"
    )
    namespace = in_a_notebook(cell)
    result = judge(AREA, namespace["area"])
    assert result.told
    assert namespace["calls"] == len(result.cases)


PAIR = """
def misleading_pair(pedestrian):
    prediction = [[0] * 5 for _ in range(5)]
    truth = [[0] * 5 for _ in range(5)]
    truth[0][0] = pedestrian
    return prediction, truth
"""


def test_a_changed_answer_does_not_write_into_the_notebooks_variables():
    """With its own assignment left out, ``prediction`` must not become the notebook's variable of that name."""
    namespace = in_a_notebook(PAIR, {"prediction": [[0, 1], [1, 0]], "truth": [[0, 1], [1, 0]]})
    assert not judge(find_exercise("misleading-pair"), namespace["misleading_pair"]).passed
    assert namespace["prediction"] == namespace["truth"] == [[0, 1], [1, 0]]


TURNED = """
def mean_iou(scores):
    total, count = 0.0, 0
    for score in scores:
        if math.isnan(score):
            total += score
            count += 1
    return total / count if count else float("nan")
"""


def test_a_condition_that_is_the_wrong_way_round_is_told():
    repairs = statement_repairs(ast.parse(TURNED).body[0])
    (said,) = [
        repair.said()
        for repair in repairs
        if isinstance(repair.place, ast.Call) and repair.edits[0].field == "test"
    ]
    assert said == "Line 5: the condition `math.isnan(score)` is the wrong way round. What about `not`?"


def test_what_could_not_be_true_is_not_told():
    """Ids of another whole type are not decimals, and where no gradient is asked for none is missed."""
    ids = "import numpy as np\ndef trimap_to_targets(trimap):\n    return trimap.astype(np.int32) - 1\n"
    told = judge(find_exercise("trimap-to-targets"), in_a_notebook(ids)["trimap_to_targets"]).message
    assert "int32" in told
    assert "makes whole numbers" not in told
    area = "def area(mask):\n    return float(int(mask.sum()) + 1)\n"
    assert "gradient" not in judge(AREA, in_a_notebook(area)["area"]).message


def test_the_same_mistake_twice_is_told_once():
    code = "def area(mask):\n    return int(mask.sum()) + 1 if mask.any() else int(mask.sum()) + 1\n"
    result = judge(AREA, in_a_notebook(code)["area"])
    assert result.told
    assert not result.message.startswith("Two things")


def test_a_lambda_and_a_builtin_have_no_source_to_change():
    assert source_of(lambda mask: 0) is None
    assert source_of(math.sin) is None


@pytest.mark.parametrize("name", sorted(ANSWERS)[::6])
def test_every_change_is_undone(name):
    source = source_of(ANSWERS[name][1])
    assert source is not None
    before = ast.dump(source.tree)
    repairs = [
        *expression_repairs(source.tree, NAMED + SLIPS + OTHER_SLIPS, True),
        *statement_repairs(source.tree),
    ]
    repairs += unused_arguments(source.tree)
    assert len(repairs) > 10
    for repair in repairs:
        with repair.applied():
            pass
        assert ast.dump(source.tree) == before


def test_a_value_that_holds_itself_is_an_error_of_the_answer():
    def answer(mask):
        values = []
        values.append(values)
        return values

    assert judge(AREA, answer).status == "raised"


def test_a_changed_argument_is_told_beside_a_wrong_value():
    def answer(mask):
        mask[:] = 0
        return "none"

    source = judge(AREA, answer)
    assert "The call also changed `mask`" in source.first_problem.problem


@pytest.mark.slow
@pytest.mark.parametrize(
    "exercise_id", ["iou", "iou-from-matrix", "pixel-accuracy-ignoring", "match-detections"]
)
def test_what_an_answer_is_taken_for_explains_it_in_cases_that_the_check_did_not_see(exercise_id):
    assert not [one for one in attributions(find_exercise(exercise_id)) if one.untrue]


@pytest.mark.parametrize("exercise_id", ["iou", "pixel-accuracy", "iou-from-matrix", "hidden-axes"])
def test_right_answers_are_told_nothing(exercise_id):
    exercise = find_exercise(exercise_id)
    for answer in (exercise.reference, *exercise.accepted):
        result = judge(exercise, answer)
        assert result.passed
        assert not result.told
        assert not result.where


def repaired_at(source, rules):
    """Return what each repair of an answer's expressions says, with the line that it makes of the code."""
    tree = ast.parse(source).body[0]
    told = {}
    for repair in expression_repairs(tree, rules, is_named=False):
        with repair.applied():
            told.setdefault(ast.unparse(tree), repair.said())  # the first is what a learner reads
    return told


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("nn.Sequential(nn.Conv2d(3, 4, 3), up)", "nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), up)", "is missing"),
        ("Sequential(BatchNorm2d(4), up)", "Sequential(BatchNorm2d(4), ReLU(), up)", "is missing"),
        ("nn.Sequential(up, nn.ReLU())", "nn.Sequential(up)", "`nn.ReLU()` is one too many"),
        ("nn.Conv2d(3, 4, 3, padding=1)", "nn.Conv2d(3, 4, kernel_size=1, padding=0)", "should be 1 x 1"),
        ("x[top:height]", "x[top:top + height]", "where the slice ends"),
        ("len(x) * y", "len(x[0]) * y", "`len(x)` is the number of rows where the number of columns is meant"),
        ("loss[void]", "loss[~void]", "picks those that should be left"),
        ("x.max(dim=1)", "x.max(dim=1).values", "is a pair"),
        ("size + padding", "size + 2 * padding", "`padding` has to count twice"),
        ("x.softmax(0).gather(0, y)", "x.log_softmax(0).gather(0, y)", "should be `log_softmax`"),
        ("x.sum() / 9", "x.sum() / (len(x) * len(x[0]))", "`9` is a fixed number"),
        ("(x * y).sum()", "(x == y).sum()", "does not say whether the two are equal"),
        ("x == y", "x * y", "also true where both are 0"),
        ("x is y", "x == y", "`is` in `x is y` asks for one and the same object"),
        ("x is None", "x is not None", "the wrong way round"),
        ("x in y", "x not in y", "the wrong way round"),
        ("x == float('nan')", "x != x", "does not find nan"),
        ("x is not np.nan", "x == x", "does not find nan"),
        ("x == 1 & y == 1", "(x == 1) & (y == 1)", "Python does `&` before it compares"),
        ("(x == 1) | y == 1", "(x == 1) | (y == 1)", "Python does `|` before it compares"),
        ("100 * x.mean()", "x.mean()", "is a percentage"),
        ("x.T @ y", "x @ y", "the `.T` in `x.T` is one too many"),
        ("x.mean", "x.mean()", "only names the method"),
        ("np.sqrt(x)", "x", "the `sqrt` in `np.sqrt(x)` is one too many"),
        ("sorted(x)[0]", "sorted(x, reverse=True)[0]", "from the smallest to the largest"),
        ("np.argsort(x)", "np.argsort(-x)", "from the smallest to the largest"),
        ("x.sum(dim=1)", "x.sum(dim=1, keepdim=True)", "Keep the axis: `keepdim=True`"),
        ("x.max(axis=0)", "x.max(axis=0, keepdims=True)", "Keep the axis: `keepdims=True`"),
        ("x - y", "abs(x - y)", "Only how far apart the two are counts"),
    ],
)  # fmt: skip
def test_a_repair_is_proposed(before, after, words):
    told = repaired_at(f"def f(x):\n    return {before}", NAMED + SLIPS + OTHER_SLIPS)
    assert words in told[f"def f(x):\n    return {after}"]


def test_a_method_that_is_called_needs_no_second_brackets():
    told = repaired_at("def f(x):\n    return x.mean()", NAMED)
    assert not any("only names the method" in sentence for sentence in told.values())


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (
            "n = 1\nfor v in x:\n    n += v",
            "n = 0\nfor v in x:\n    n += v",
            "one too many before anything is added",
        ),
        (
            "top = x[0]\nfor v in x:\n    if v > top:\n        best = v",
            "top = x[0]\nfor v in x:\n    if v > top:\n        best = v\n        top = v",
            "Line 4: what beats `top` does not take its place",
        ),
        (
            "for v in x:\n    if v == 1:\n        first = v",
            "for v in x:\n    if v == 1:\n        first = v\n        break",
            "End the loop there: `break`",
        ),
        ("n = 0\nfor v in x:\n    n += v", "n = 0\nfor v in x:\n    n = v", "It should take its place"),
        (
            "e = (2 * v for v in x)\ny = sum(e)",
            "e = list((2 * v for v in x))\ny = sum(e)",
            "Make a list of it",
        ),
        ("m = x > 0\ny = x.mean()", "m = x > 0\ny = x[m].mean()", "`[m]` picks the part that counts"),
    ],
)
def test_a_repair_of_statements_is_proposed(before, after, words):
    tree = ast.parse("def f(x):\n" + textwrap.indent(before, "    ")).body[0]
    told = {}
    for repair in (*statement_repairs(tree), *expression_repairs(tree, NAMED + OTHER_SLIPS, is_named=False)):
        with repair.applied():
            told.setdefault(ast.unparse(tree), repair.said())
    assert words in told["def f(x):\n" + textwrap.indent(after, "    ")]


def test_a_best_that_is_kept_is_left_alone():
    code = "def f(x):\n    top = x[0]\n    for v in x:\n        if v > top:\n            top = v"
    assert not [one for one in statement_repairs(ast.parse(code).body[0]) if "take its place" in one.sentence]


def test_a_layer_that_has_its_relu_gets_no_second_one():
    told = repaired_at("def f(x):\n    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())", NAMED)
    assert not any("is missing" in sentence for sentence in told.values())


def test_a_loop_of_a_fixed_length_is_told():
    tree = ast.parse("def area(mask):\n    return sum(mask[row].sum() for row in range(2))").body[0]
    assert fact_of(AREA, tree) == "Line 2 loops 2 times, whatever the input's size."
    tree = ast.parse("def area(mask):\n    return sum(mask[row].sum() for row in range(len(mask)))").body[0]
    assert fact_of(AREA, tree) is None


def test_an_argument_of_a_method_that_is_never_used_is_told():
    exercise = find_exercise("up")
    names = vars(__import__(exercise.reference.__module__, fromlist=["Up"]))
    cell = (
        "class Up(nn.Module):\n    def __init__(self, in_channels, out_channels):\n        super().__init__()\n"
        "        self.up = nn.ConvTranspose2d(in_channels, out_channels, 2, stride=2)\n"
        "        self.convs = DoubleConv(2 * out_channels, out_channels)\n\n"
        "    def forward(self, features, skip):\n        grown = self.up(features).clone()\n"
        "        return self.convs(torch.cat([grown, grown], dim=1))\n"
    )
    answer = in_a_notebook(cell, {**names, "torch": __import__("torch"), "__name__": "cell"})["Up"]
    assert "The argument `skip` is never used." in judge(exercise, answer).message
