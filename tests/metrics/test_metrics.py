"""Scores against hand-computed tables, a plain-Python oracle, scikit-learn and torchmetrics."""

import math
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix, f1_score, jaccard_score
from torchmetrics import JaccardIndex
from torchvision import tv_tensors

from course_lib.metrics import (
    ConfusionMatrix,
    binary_dice,
    binary_iou,
    counting,
    dice,
    dice_from_iou,
    iou,
    mean_dice,
    mean_iou,
    pixel_accuracy,
)

nan = math.nan
PREDICTION_3X3 = [[0, 1, 1], [2, 1, 0], [0, 0, 2]]
TRUTH_3X3 = [[0, 1, 2], [2, 1, 0], [0, 1, 2]]
PREDICTION_4X4 = [[0, 0, 1, 1], [0, 1, 1, 1], [0, 1, 1, 0], [0, 0, 0, 0]]
TRUTH_4X4 = [[0, 1, 1, 1], [0, 1, 1, 0], [0, 1, 1, 0], [0, 0, 0, 0]]


@pytest.fixture
def compiled_from_one_pixel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "_COMPILED_FROM_PIXELS", 1)


def counted(prediction: object, targets: object, num_classes: int, **options: int) -> np.ndarray:
    matrix = ConfusionMatrix(num_classes, **options)
    matrix.update(prediction, targets)
    return matrix.counts


# --- the worked examples ---


def test_accuracy_3x3() -> None:
    assert pixel_accuracy(PREDICTION_3X3, TRUTH_3X3) == 7 / 9


def test_miou_3x3() -> None:
    assert iou(PREDICTION_3X3, TRUTH_3X3, 3) == pytest.approx([3 / 4, 2 / 4, 2 / 3])
    assert mean_iou(PREDICTION_3X3, TRUTH_3X3, 3) == pytest.approx(0.639, abs=5e-4)


def test_overlap_4x4() -> None:
    assert counted(PREDICTION_4X4, TRUTH_4X4, 2).tolist() == [[8, 1], [1, 6]]
    assert binary_iou(PREDICTION_4X4, TRUTH_4X4) == 6 / 8
    assert binary_dice(PREDICTION_4X4, TRUTH_4X4) == 12 / 14


def regions(only_predicted: int, only_true: int, both: int, neither: int = 0) -> tuple[list[int], list[int]]:
    prediction = [1] * only_predicted + [0] * only_true + [1] * both + [0] * neither
    truth = [0] * only_predicted + [1] * only_true + [1] * both + [0] * neither
    return prediction, truth


def test_regions_10_10_40() -> None:
    assert binary_iou(*regions(10, 10, 40)) == 40 / 60
    assert binary_dice(*regions(10, 10, 40)) == 80 / 100


@pytest.mark.parametrize("background", [90, 80], ids=["all-background-90", "all-background-80"])
def test_predicting_background_everywhere(background: int) -> None:
    truth = [0] * background + [1] * (100 - background)
    prediction = [0] * 100
    assert pixel_accuracy(prediction, truth) == background / 100
    assert iou(prediction, truth, 2).tolist() == [background / 100, 0]
    assert mean_iou(prediction, truth, 2) == background / 200


def test_pedestrians_92() -> None:
    truth = np.zeros((10, 10), int)
    truth[2:6, 4:6] = 1  # eight pedestrian pixels, all missed
    prediction = np.zeros_like(truth)
    assert pixel_accuracy(prediction, truth) == 0.92
    assert binary_iou(prediction, truth) == 0


def test_empty_prediction() -> None:
    assert binary_iou([0] * 1200, [1] * 1000 + [0] * 200) == 0
    assert binary_dice([0] * 1200, [1] * 1000 + [0] * 200) == 0


def test_absent_class() -> None:
    assert iou([0, 0, 1, 1], [0, 1, 1, 1], 3) == pytest.approx([1 / 2, 2 / 3, nan], nan_ok=True)
    assert mean_iou([0, 0, 1, 1], [0, 1, 1, 1], 3) == pytest.approx((1 / 2 + 2 / 3) / 2)
    assert dice([0, 0, 1, 1], [0, 1, 1, 1], 3) == pytest.approx([2 / 3, 4 / 5, nan], nan_ok=True)
    assert mean_dice([0, 0, 1, 1], [0, 1, 1, 1], 3) == pytest.approx((2 / 3 + 4 / 5) / 2)


def test_dice_from_iou() -> None:
    assert dice_from_iou(0.75) == pytest.approx(0.857, abs=5e-4)
    assert dice_from_iou(2 / 3) == pytest.approx(0.8)
    assert dice_from_iou(np.array([0, 1, nan])) == pytest.approx([0, 1, nan], nan_ok=True)


@pytest.mark.parametrize(
    ("scores", "classes"),
    [
        pytest.param(
            [[[0.8, 0.1, 0.1], [0.2, 0.7, 0.1]], [[0.1, 0.2, 0.7], [0.3, 0.3, 0.4]]],
            [[0, 1], [2, 2]],
            id="argmax-street",
        ),
        pytest.param(
            [[[0.6, 0.3, 0.1], [0.1, 0.8, 0.1]], [[0.2, 0.2, 0.6], [0.7, 0.2, 0.1]]],
            [[0, 1], [2, 0]],
            id="argmax-dog",
        ),
    ],
)
def test_prediction_from_scores(scores: list[list[list[float]]], classes: list[list[int]]) -> None:
    assert pixel_accuracy(torch.tensor(scores).argmax(dim=-1), classes) == 1


# --- against an oracle and other libraries ---

pairs_of_masks = st.integers(1, 4).flatmap(
    lambda num_classes: st.tuples(
        st.just(num_classes),
        st.lists(
            st.tuples(st.integers(0, num_classes - 1), st.sampled_from([*range(num_classes), 255])),
            min_size=1,
            max_size=40,
        ),
    )
)


@settings(max_examples=60)
@given(pairs_of_masks, st.sampled_from([1, 1 << 19]))
def test_every_score_agrees_with_counting_pixel_by_pixel(
    case: tuple[int, list[tuple[int, int]]], compiled_from: int
) -> None:
    num_classes, pixels = case
    kept = [(p, t) for p, t in pixels if t != 255]
    matrix = ConfusionMatrix(num_classes, ignore_index=255)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(counting, "_COMPILED_FROM_PIXELS", compiled_from)
        matrix.update([p for p, _ in pixels], [t for _, t in pixels])

    ious, dices = [], []
    for c in range(num_classes):
        intersection = sum(p == c and t == c for p, t in kept)
        union = sum(p == c or t == c for p, t in kept)
        both = sum(p == c for p, _ in kept) + sum(t == c for _, t in kept)
        ious.append(intersection / union if union else nan)
        dices.append(2 * intersection / both if both else nan)
        for k in range(num_classes):
            assert matrix.counts[c, k] == sum((p, t) == (k, c) for p, t in kept)
    known = [value for value in ious if not math.isnan(value)]
    known_dice = [value for value in dices if not math.isnan(value)]
    accuracy = sum(p == t for p, t in kept) / len(kept) if kept else nan
    assert matrix.iou() == pytest.approx(ious, nan_ok=True)
    assert matrix.dice() == pytest.approx(dices, nan_ok=True)
    assert matrix.mean_iou() == pytest.approx(sum(known) / len(known) if known else nan, nan_ok=True)
    assert matrix.mean_dice() == pytest.approx(
        sum(known_dice) / len(known_dice) if known_dice else nan, nan_ok=True
    )
    assert matrix.pixel_accuracy() == pytest.approx(accuracy, nan_ok=True)
    assert dice_from_iou(matrix.iou()) == pytest.approx(matrix.dice(), nan_ok=True)


def test_agrees_with_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    prediction, truth = rng.integers(0, 4, (2, 30, 30))
    assert (
        counted(prediction, truth, 5) == confusion_matrix(truth.ravel(), prediction.ravel(), labels=range(5))
    ).all()
    assert iou(prediction, truth, 4) == pytest.approx(
        jaccard_score(truth.ravel(), prediction.ravel(), average=None)
    )
    assert dice(prediction, truth, 4) == pytest.approx(
        f1_score(truth.ravel(), prediction.ravel(), average=None)
    )


@pytest.mark.parametrize("ignore_index", [None, 255, 0])
def test_agrees_with_torchmetrics(ignore_index: int | None) -> None:
    generator = torch.Generator().manual_seed(0)
    prediction = torch.randint(0, 3, (4, 20, 20), generator=generator)
    truth = torch.randint(0, 3, (4, 20, 20), generator=generator)
    if ignore_index == 255:
        truth[:, :3] = 255
    theirs = JaccardIndex(task="multiclass", num_classes=3, ignore_index=ignore_index)
    ours = ConfusionMatrix(3, ignore_index)
    for p, t in zip(prediction, truth, strict=True):
        theirs.update(p, t)
        ours.update(p, t)
    assert ours.counts.tolist() == theirs.confmat.tolist()
    assert ours.mean_iou() == pytest.approx(theirs.compute().item())


def test_pooled_over_images_not_averaged_over_them() -> None:
    matrix = ConfusionMatrix(2)
    matrix.update([1, 1, 1, 1], [1, 1, 1, 1])  # IoU 4/4
    matrix.update([1, 0, 0, 0], [0, 1, 0, 0])  # IoU 0/2
    assert matrix.iou()[1] == 4 / 6


# --- every kind of array ---

DTYPES = ["bool", "int8", "uint8", ">i2", "uint16", "int32", "<i8", ">i8", "uint64"]


@pytest.mark.parametrize("dtype", DTYPES)
def test_dtypes_may_differ(dtype: str) -> None:
    prediction = np.array(PREDICTION_4X4).astype(dtype)
    for truth in (np.array(TRUTH_4X4), np.array(TRUTH_4X4, np.uint8)):
        assert counted(prediction, truth, 2).tolist() == [[8, 1], [1, 6]]
        assert counted(truth, prediction, 2).tolist() == [[8, 1], [1, 6]]


@pytest.mark.usefixtures("compiled_from_one_pixel")
@pytest.mark.parametrize("dtype", ["bool", "uint8", ">i2", "uint64"])
def test_dtypes_of_the_compiled_loop(dtype: str) -> None:
    prediction = np.array(PREDICTION_4X4).astype(dtype)
    assert counted(prediction, np.array(TRUTH_4X4), 2).tolist() == [[8, 1], [1, 6]]


@pytest.mark.parametrize("compiled_from", [1, 1 << 30])
@pytest.mark.parametrize(
    "view",
    [
        lambda a: a.T,
        lambda a: a[:, ::2, ::-3],
        lambda a: a.transpose(1, 2, 0),
        lambda a: np.asfortranarray(a),
        lambda a: np.broadcast_to(a[:1], a.shape),
        lambda a: a[0, 0, 0],
    ],
    ids=["transposed", "strided", "axes moved", "Fortran", "broadcast", "one pixel, no axis"],
)
def test_any_memory_layout(view, compiled_from: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "_COMPILED_FROM_PIXELS", compiled_from)
    rng = np.random.default_rng(0)
    whole, truth = rng.integers(0, 3, (2, 5, 70, 60))
    prediction = view(whole)
    for targets in (view(truth), view(truth).copy()):
        expected = np.bincount((targets * 3 + prediction).ravel(), minlength=9).reshape(3, 3)
        assert (counted(prediction, targets, 3) == expected).all()


@pytest.mark.parametrize(
    "convert",
    [
        torch.tensor,
        lambda rows: torch.tensor(rows, dtype=torch.uint8),
        lambda rows: torch.tensor(rows, dtype=torch.bool),
        lambda rows: torch.tensor(rows).T.contiguous().T,
        lambda rows: tv_tensors.Mask(torch.tensor(rows)),
        np.array,
        list,
    ],
    ids=["int64", "uint8", "bool", "transposed", "tv_tensors.Mask", "array", "list"],
)
def test_tensors_arrays_and_lists_mix(convert) -> None:
    assert counted(convert(PREDICTION_4X4), TRUTH_4X4, 2).tolist() == [[8, 1], [1, 6]]
    assert counted(PREDICTION_4X4, convert(TRUTH_4X4), 2).tolist() == [[8, 1], [1, 6]]


def test_input_is_left_as_it_was() -> None:
    prediction, truth = np.array(PREDICTION_3X3), np.array(TRUTH_3X3)
    prediction.flags.writeable = truth.flags.writeable = False  # as a memory-mapped file would be
    assert mean_iou(prediction, truth, 3) == mean_iou(PREDICTION_3X3, TRUTH_3X3, 3)


# --- many updates, many processes ---


def test_updates_add_up_and_reset_forgets() -> None:
    matrix = ConfusionMatrix(3)
    for prediction_row, truth_row in zip(PREDICTION_3X3, TRUTH_3X3, strict=True):
        matrix.update(prediction_row, truth_row)
    assert (matrix.counts == counted(PREDICTION_3X3, TRUTH_3X3, 3)).all()
    matrix.reset()
    assert matrix.counts.sum() == 0


def test_merging_equals_having_seen_both() -> None:
    first, second, both = ConfusionMatrix(3), ConfusionMatrix(3), ConfusionMatrix(3)
    first.update(PREDICTION_3X3, TRUTH_3X3)
    second.update(TRUTH_3X3, TRUTH_3X3)
    both.update([PREDICTION_3X3, TRUTH_3X3], [TRUTH_3X3, TRUTH_3X3])
    first += second
    assert (first.counts == both.counts).all()
    assert second.counts.sum() == 9
    with pytest.raises(ValueError, match=r"of 2 classes that ignores None cannot be added to one of 3"):
        first.merge(ConfusionMatrix(2))
    with pytest.raises(
        ValueError,
        match=r"that ignores 255 cannot be added .* ignores None: create both with the same settings",
    ):
        first += ConfusionMatrix(3, ignore_index=255)


def test_counts_are_a_copy_and_can_be_replaced() -> None:
    matrix = ConfusionMatrix(2)
    matrix.update(PREDICTION_4X4, TRUTH_4X4)
    from_all_processes = torch.from_numpy(matrix.counts)
    from_all_processes *= 2  # what all_reduce does to two processes that counted the same
    assert matrix.counts.tolist() == [[8, 1], [1, 6]]
    matrix.counts = from_all_processes
    assert matrix.counts.tolist() == [[16, 2], [2, 12]]
    assert matrix.counts.dtype == np.int64
    matrix.counts += 1
    assert matrix.counts.tolist() == [[17, 3], [3, 13]]


@pytest.mark.parametrize("wrong", [[[1, 2, 3]], [[1, 2], [3, -1]]])
def test_counts_of_another_kind_are_refused(wrong: list[list[int]]) -> None:
    matrix = ConfusionMatrix(2)
    with pytest.raises(
        ValueError, match=r"cannot be those of 2 classes: pass numbers of pixels of shape \(2, 2\)"
    ):
        matrix.counts = wrong


# --- bad input ---

ZEROS = np.zeros((2, 4, 5), int)  # (N, H, W)


@pytest.mark.parametrize("compiled_from", [1, 1 << 30])
@pytest.mark.parametrize(
    ("prediction", "targets", "message"),
    [
        pytest.param(
            ZEROS[0],
            np.eye(4, 5, dtype=np.uint8) * 255,
            r"the target holds 255, but the ids of 3 classes are 0\.\.2: .* \(mask == 255\)",
            id="0/255 target",
        ),
        pytest.param(
            np.eye(4, 5, dtype=np.uint8) * 255,
            ZEROS[0],
            r"the prediction holds 255, .* \(mask == 255\)",
            id="0/255 prediction",
        ),
        pytest.param(
            np.full((4, 5, 3), 128),
            np.full((4, 5, 3), 128),
            r"looks like a colour picture \(H, W, 3\)",
            id="RGB pair",
        ),
        pytest.param(
            ZEROS[0],
            np.zeros((4, 5, 3), int),
            r"\(4, 5\) and the target has \(4, 5, 3\): the target looks like a colour picture",
            id="RGB target",
        ),
        pytest.param(ZEROS, ZEROS - 1, r"the target holds -1, .*0\.\.2", id="negative target"),
        pytest.param(ZEROS - 1, ZEROS, r"the prediction holds -1, .*0\.\.2", id="negative prediction"),
        pytest.param(ZEROS, ZEROS + 2**40, r"the target holds 1099511627776, ", id="huge target"),
        pytest.param([1, 2, 3], [1, 2, 3], r"target holds 3, .* start at 1, so subtract 1", id="ids from 1"),
        pytest.param(
            np.arange(20),
            np.zeros(20, int),
            r"prediction holds 3, 4, 5, 6, 7, 8 and 11 more ids",
            id="many ids",
        ),
        pytest.param(
            np.zeros((2, 3, 4, 5), int),
            ZEROS,
            r"\(2, 3, 4, 5\) .*take prediction\.argmax\(1\)",
            id="(N, C, H, W)",
        ),
        pytest.param(
            ZEROS,
            ZEROS[:, None],
            r"the target has \(2, 1, 4, 5\): take target\.squeeze\(1\)",
            id="(N, 1, H, W)",
        ),
        pytest.param(
            ZEROS, ZEROS[:, 1:], r"\(2, 4, 5\) .*\(2, 3, 5\): bring both to one size", id="sizes differ"
        ),
        pytest.param([], [], r"the prediction of shape \(0,\) holds no pixel", id="empty"),
        pytest.param([[1, 2], [1]], [[1, 2], [1, 0]], r"rows differ in length", id="ragged list"),
    ],
)
def test_bad_values_and_shapes_are_named_and_not_counted(
    prediction: object, targets: object, message: str, compiled_from: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "_COMPILED_FROM_PIXELS", compiled_from)
    matrix = ConfusionMatrix(3)
    with pytest.raises(ValueError, match=message):
        matrix.update(prediction, targets)
    assert matrix.counts.sum() == 0


@pytest.mark.parametrize(
    "logits",
    [
        torch.zeros(2, 3, 4, 5),
        torch.zeros(2, 3, 4, 5, dtype=torch.bfloat16),
        torch.zeros(2, 4, 5, requires_grad=True),
        torch.zeros(2, 4, 5, dtype=torch.complex64),
        np.zeros((2, 4, 5)),
        [[0.0, 1.0]],
    ],
    ids=["logits", "bfloat16 logits", "requires grad", "complex", "float array", "list of floats"],
)
def test_anything_but_integers_is_refused(logits: object) -> None:
    with pytest.raises(TypeError, match=r"the prediction is .*(float|complex).* logits\.argmax\(dim=1\)"):
        ConfusionMatrix(3).update(logits, ZEROS)
    with pytest.raises(TypeError, match=r"the target is .*(float|complex).*class ids are integers"):
        ConfusionMatrix(3).update(ZEROS, logits)


@pytest.mark.parametrize("compiled_from", [1, 1 << 30])
def test_ignore_index_excuses_targets_only(compiled_from: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "_COMPILED_FROM_PIXELS", compiled_from)
    matrix = ConfusionMatrix(2, ignore_index=255)
    matrix.update([0, 1, 255, -7], [0, 1, 255, 255])
    assert matrix.counts.tolist() == [[1, 0], [0, 1]]
    with pytest.raises(ValueError, match=r"the prediction holds 255, "):
        matrix.update([0, 255], [0, 1])
    with pytest.raises(ValueError, match=r"the target holds 7, .*\(255 is ignored\)"):
        matrix.update([0, 1, 1], [0, 255, 7])


def test_all_pixels_ignored_gives_nan_without_a_warning(recwarn: pytest.WarningsRecorder) -> None:
    matrix = ConfusionMatrix(2, ignore_index=255)
    matrix.update([0, 1], [255, 255])
    assert np.isnan([*matrix.iou(), *matrix.dice()]).all()
    assert np.isnan([matrix.pixel_accuracy(), matrix.mean_iou(), matrix.mean_dice()]).all()
    assert math.isnan(binary_iou([0, 0], [0, 0]))
    assert math.isnan(binary_dice([False], [False]))
    assert not recwarn.list


def test_an_ignored_class_has_no_score() -> None:
    matrix = ConfusionMatrix(3, ignore_index=0)
    matrix.update([0, 1, 2, 1, 0], [0, 1, 2, 2, 1])
    assert matrix.iou() == pytest.approx([nan, 1 / 3, 1 / 2], nan_ok=True)


@pytest.mark.parametrize("score", [-0.1, 75.0, np.array([0.5, 1.5])])
def test_scores_outside_0_to_1_are_refused(score) -> None:
    with pytest.raises(ValueError, match=r"scores are in 0\.\.1: divide percentages by 100"):
        dice_from_iou(score)


def test_a_matrix_of_no_classes_is_refused() -> None:
    with pytest.raises(ValueError, match="num_classes is 0"):
        ConfusionMatrix(0)


# --- cost ---


@pytest.mark.parametrize("ignore_index", [None, 255])
@pytest.mark.parametrize("without_numba", [False, True])
def test_at_most_one_byte_a_pixel(
    ignore_index: int | None, without_numba: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if without_numba:
        monkeypatch.setattr(counting, "_COMPILED_FROM_PIXELS", 1 << 30)
    masks = np.random.default_rng(0).integers(0, 3, (16, 256, 256))
    matrix = ConfusionMatrix(3, ignore_index)
    matrix.update(masks, masks)  # compiling takes memory of its own, once
    for prediction in (masks, masks[:, :, ::-1]):
        tracemalloc.start()
        matrix.update(prediction, masks)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak <= masks.size


def imported_by(statements: str) -> set[str]:
    """Run statements in a fresh interpreter; return which of the heavy modules they imported."""
    heavy = "{'torch', 'numba', 'matplotlib', 'PIL', 'torchvision'}"
    code = f"import sys\n{statements}\nprint(*({heavy} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(run.stdout.split())


def test_numba_is_imported_for_big_masks_only() -> None:
    small = (
        "import numpy as np\n"
        "from course_lib.metrics import ConfusionMatrix\n"
        "ConfusionMatrix(2).update(np.zeros((16, 128, 128), int), np.zeros((16, 128, 128), int))\n"
    )
    assert imported_by(small) == set()
    assert imported_by(small.replace("128", "256")) == {"numba"}


def test_works_where_no_compiled_code_can_be_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    import numba

    compile_ = numba.njit
    asked_for_a_cache = []

    def in_a_read_only_install(function, cache: bool = False, **options):
        asked_for_a_cache.append(cache)
        if cache:
            raise RuntimeError("cannot cache function: no locator available")  # numba's words
        return compile_(function, **options)

    monkeypatch.setattr(numba, "njit", in_a_read_only_install)
    monkeypatch.setattr(counting, "_COMPILED_FROM_PIXELS", 1)
    counting._compiled_loop.cache_clear()
    try:
        assert counted(PREDICTION_4X4, TRUTH_4X4, 2).tolist() == [[8, 1], [1, 6]]
    finally:
        counting._compiled_loop.cache_clear()
    assert asked_for_a_cache == [True, False]


@pytest.mark.usefixtures("compiled_from_one_pixel")
def test_works_where_numba_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "numba", None)  # makes `import numba` raise ImportError
    counting._compiled_loop.cache_clear()
    assert counted(PREDICTION_4X4, TRUTH_4X4, 2).tolist() == [[8, 1], [1, 6]]
