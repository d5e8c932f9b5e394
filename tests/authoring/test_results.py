"""Results of experiments: mean and spread, the hash of the code, files that are damaged."""

import pytest
from results_folder import CODE, new_folder, run_of, three_seeds, write

from course_lib.authoring.results import Figure, read_result, result_path, source_hash


@pytest.fixture
def root(tmp_path):
    return new_folder(tmp_path)


def test_mean_and_spread_by_hand():
    figure = Figure((0.6, 0.7, 0.8))
    assert figure.mean == pytest.approx(0.7)
    assert figure.spread == pytest.approx(0.1)  # sqrt((0.01 + 0 + 0.01) / 2)
    assert Figure((0.6,)).spread == 0


@pytest.mark.parametrize(
    ("one", "other", "overlap"),
    [
        ((0.6, 0.7, 0.8), (0.8, 0.9, 1.0), True),  # 0.7 + 0.1 reaches 0.9 - 0.1
        ((0.6, 0.7, 0.8), (0.81, 0.91, 1.01), False),
        ((0.5, 0.5), (0.5, 0.5), True),
        ((0.5, 0.5), (0.6, 0.6), False),
    ],
)
def test_spreads_overlap_in_both_directions(one, other, overlap):
    assert Figure(one).overlaps(Figure(other)) is overlap
    assert Figure(other).overlaps(Figure(one)) is overlap


def test_a_result_says_what_it_rests_on(root):
    content = three_seeds(root)
    assert content["seeds"] == [0, 1, 2]
    assert content["figures"]["with.iou"] == {"mean": 0.7, "spread": 0.1}
    assert content["minutes"] == 3.0
    assert content["devices"] == ["a card"]
    assert content["holds"] == {"yes": [True, True, True]}
    assert content["source"] == source_hash(root, "skips")
    assert content["runs"][2]["curves"] == {"with.loss": [1.0, 0.5]}


def test_runs_are_kept_in_the_order_of_their_seeds(root):
    write(root, "skips", [run_of(2, with__iou=0.2), run_of(0, with__iou=0.0)])
    assert read_result(result_path(root, "skips")).figure("with.iou").values == (0.0, 0.2)


def test_a_figure_that_a_seed_lacks_is_left_out(root):
    content = write(root, "skips", [run_of(0, with__iou=1.0, only__here=1.0), run_of(1, with__iou=1.0)])
    assert list(content["figures"]) == ["with.iou"]


def test_the_hash_follows_the_code_and_not_the_claim(root):
    before = source_hash(root, "skips")
    experiment, pieces = root / "experiments" / "skips.py", root / "experiments" / "shared" / "pieces.py"
    experiment.write_text(CODE.replace("A claim.", "The same claim,\nin more words."), encoding="utf-8")
    assert source_hash(root, "skips") == before
    claim = "\n\ndef holds(figure):\n    return {'it is true': True}"
    experiment.write_text(CODE.rstrip("\n") + claim + "\n", encoding="utf-8")
    without = source_hash(root, "skips")
    experiment.write_text(CODE.rstrip("\n") + claim.replace("True}", "False}") + "\n", encoding="utf-8")
    assert source_hash(root, "skips") == without
    experiment.write_text(CODE.replace("MINUTES = piece", "MINUTES = 2"), encoding="utf-8")
    changed = source_hash(root, "skips")
    assert changed != before
    pieces.write_text("piece = 2\n", encoding="utf-8")
    assert source_hash(root, "skips") not in (before, changed)


def test_a_module_that_is_not_imported_does_not_count(root):
    before = source_hash(root, "skips")
    (root / "experiments" / "shared" / "other.py").write_text("x = 1\n", encoding="utf-8")
    assert source_hash(root, "skips") == before


def test_an_unknown_experiment_has_no_hash(root):
    with pytest.raises(FileNotFoundError, match="no experiment is called 'skis'"):
        source_hash(root, "skis")


@pytest.mark.parametrize(
    "content",
    ["", "{}", '{"source": "x", "runs": []}', '{"source": "x", "runs": [{"figures": {"a.b": "c"}}]}'],
)
def test_a_damaged_result_is_named(root, content):
    path = result_path(root, "skips")
    path.parent.mkdir(parents=True)
    path.write_text(content, encoding="utf-8")
    with pytest.raises(
        ValueError, match=r"skips\.json is damaged .* run `python -m experiments skips` again"
    ):
        read_result(path)
