"""Projects on a test split of the instructor's: masks and weights, scored by hand-made cases, attacks refused."""

import csv
import io
import json
import os
import struct
import zipfile

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from course_lib.cli import main
from course_lib.data.fitting import Canvas
from course_lib.data.folder import read_split, read_trimap
from course_lib.grading.project import handed_in_masks
from course_lib.grading.project.grade_project import (
    Limits,
    ProjectScore,
    grade_projects,
    write_leaderboard,
    write_points,
)
from course_lib.grading.project.weights import build_model, read_safetensors, read_weights
from course_lib.masks import trimap_to_classes, write_label_png
from course_lib.metrics import ConfusionMatrix
from course_lib.models import create_model
from course_lib.training.config import TrainConfig

pytestmark = pytest.mark.slow

WIDTHS = (8, 8, 8)


@pytest.fixture(scope="session")
def truths(pocket_folder):
    return {
        entry.name: trimap_to_classes(read_trimap(entry.trimap_path))
        for entry in read_split(pocket_folder, "test")
    }


def hand_in_pngs(folder, masks):
    for name, mask in masks.items():
        write_label_png(folder / "predictions" / f"{name}.png", mask)


def hand_in_npz(folder, masks):
    folder.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(folder / "predictions.npz", **masks)


def only(tmp_path, pocket_folder):
    """Return the score of the one student there is."""
    ((score,), _) = grade_projects(tmp_path, pocket_folder)
    return score


def test_scores_are_pooled_over_all_pixels(tmp_path, pocket_folder, truths):
    hand_in_pngs(tmp_path / "ada", truths)
    wrong = {name: np.where(truth == 2, 1, truth).astype(np.uint8) for name, truth in truths.items()}
    hand_in_npz(tmp_path / "ben" / "07_pet_trimap_project", wrong)
    hand_in_npz(tmp_path / "cem", {name: np.ones_like(truth) for name, truth in truths.items()})
    scores, baseline = grade_projects(tmp_path, pocket_folder)
    ada, ben, cem = scores
    assert (ada.student, ada.kind, ada.mean_iou) == ("ada", "label PNGs", 1.0)
    matrix = ConfusionMatrix(3)
    for name, truth in truths.items():
        matrix.update(wrong[name], truth)
    assert ben.mean_iou == matrix.mean_iou()
    assert ben.iou == tuple(matrix.iou())
    assert ben.iou[2] == 0
    assert cem.mean_iou == baseline
    pixels = np.concatenate([truth.ravel() for truth in truths.values()])
    assert baseline == pytest.approx((pixels == 1).mean() / 3)


def test_a_small_mask_is_enlarged_by_nearest_neighbour(tmp_path, pocket_folder, truths):
    small = {}
    for name, truth in truths.items():
        small[name] = np.array(Image.fromarray(truth).resize((64, 64), Image.Resampling.NEAREST)).astype(
            np.int64
        )
    hand_in_npz(tmp_path / "ada", small)
    assert 0.6 < only(tmp_path, pocket_folder).mean_iou < 1


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda masks: masks.popitem(), "holds no mask for the test image"),
        (lambda masks: masks.update({next(iter(masks)): np.full((4, 4), 3, np.uint8)}), "holds 3"),
        (lambda masks: masks.update({next(iter(masks)): np.full((4, 4), 255, np.uint8)}), "holds 255"),
        (lambda masks: masks.update({next(iter(masks)): np.zeros((4, 4))}), "it holds float64"),
        (lambda masks: masks.update({next(iter(masks)): np.zeros((1, 4, 4), np.uint8)}), "a mask is (H, W)"),
        (lambda masks: masks.update({next(iter(masks)): np.zeros((0, 4), np.uint8)}), "a mask is (H, W)"),
        (lambda masks: masks.update({next(iter(masks)): np.array([[print]], object)}), "it holds object"),
    ],
)
def test_masks_that_cannot_be_scored_are_named(tmp_path, pocket_folder, truths, change, reason):
    masks = dict(truths)
    change(masks)
    hand_in_npz(tmp_path / "ada", masks)
    score = only(tmp_path, pocket_folder)
    assert score.mean_iou is None
    assert reason in score.reason
    assert str(tmp_path) not in score.reason


def npz_with(name, data):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{name}.npy", data)
    return buffer.getvalue()


def npy(header, body=b""):
    text = header.encode() + b" " * (-(10 + len(header) + 1) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + body


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (npy("{'descr': '|u1', 'fortran_order': False, 'shape': (60000, 60000)}"), "a mask is (H, W)"),
        (npy("{'descr': '|u1', 'fortran_order': False, 'shape': (4000, 4000)}", b"x"), "cannot be read"),
        (
            npy("{'descr': '|O', 'fortran_order': False, 'shape': (1, 1)}", b"cos\nsystem\n(S'x'\ntR."),
            "object",
        ),
        (npy("__import__('os').system('x')"), "cannot be read"),
        (b"cos\nsystem\n(S'touch owned'\ntR.", "cannot be read"),
        (b"\x93NUMPY\x02\x00" + b"\0" * 64, "a format that masks do not use"),
        (b"", "cannot be read"),
    ],
)
def test_hostile_arrays_are_refused_before_they_are_read(tmp_path, pocket_folder, truths, data, reason):
    (tmp_path / "ada").mkdir()
    (tmp_path / "ada" / "predictions.npz").write_bytes(npz_with(next(iter(truths)), data))
    assert reason in only(tmp_path, pocket_folder).reason


def test_a_bomb_among_the_arrays_is_refused(tmp_path, pocket_folder, truths, monkeypatch):
    monkeypatch.setattr(handed_in_masks, "MOST_SIDE", 64)
    (tmp_path / "ada").mkdir()
    (tmp_path / "ada" / "predictions.npz").write_bytes(npz_with(next(iter(truths)), b"\0" * 2**20))
    assert "save it as uint8" in only(tmp_path, pocket_folder).reason


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", "is not a PNG"),
        (b"", "is not a PNG"),
        (b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + struct.pack(">II", 2**20, 2**20), "sides of at most"),
        (
            b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + struct.pack(">II", 8, 8) + b"rubbish",
            "not a readable image",
        ),
    ],
)
def test_what_is_not_a_label_png_is_refused_by_its_first_bytes(tmp_path, pocket_folder, truths, data, reason):
    hand_in_pngs(tmp_path / "ada", truths)
    (tmp_path / "ada" / "predictions" / f"{next(iter(truths))}.png").write_bytes(data)
    assert reason in only(tmp_path, pocket_folder).reason


def test_links_to_the_truth_are_refused(tmp_path, pocket_folder, truths):
    entries = read_split(pocket_folder, "test")
    one, folder, project_folder = (tmp_path / name for name in ("one", "folder", "project"))
    hand_in_pngs(one, truths)
    (one / "predictions" / f"{entries[0].name}.png").unlink()
    (one / "predictions" / f"{entries[0].name}.png").symlink_to(entries[0].trimap_path)
    folder.mkdir()
    (folder / "predictions").symlink_to(entries[0].trimap_path.parent)
    hand_in_pngs(tmp_path.parent / f"{tmp_path.name}-elsewhere", truths)
    project_folder.mkdir()
    (project_folder / "07_pet_trimap_project").symlink_to(tmp_path.parent / f"{tmp_path.name}-elsewhere")
    scores, _ = grade_projects(tmp_path, pocket_folder)
    assert len(scores) == 3
    assert all("is a link" in score.reason for score in scores)


def test_nothing_handed_in_is_a_reason(tmp_path, pocket_folder):
    (tmp_path / "ada").mkdir()
    assert "no project was handed in" in only(tmp_path, pocket_folder).reason
    with pytest.raises(FileNotFoundError, match="no student's folder"):
        grade_projects(tmp_path / "ada", pocket_folder)


def test_the_leaderboard_ranks_ties_alike_and_is_the_same_twice(tmp_path):
    scores = [
        ProjectScore("ada", "npz", 0.7, (0.8, 0.9, 0.4), 0.9),
        ProjectScore("ben", "npz", 0.70001, (0.8, 0.9, 0.4), 0.9),
        ProjectScore("cem", "weights", 0.5, (0.5, 0.5, 0.5), 0.8),
        ProjectScore("=dora", reason="no project was handed in"),
    ]
    path = tmp_path / "leaderboard.csv"
    write_leaderboard(path, scores)
    first = path.read_bytes()
    write_leaderboard(path, scores)
    assert path.read_bytes() == first
    rows = list(csv.DictReader(io.StringIO(first.decode())))
    assert [row["rank"] for row in rows] == ["1", "1", "3", ""]
    assert [row["mIoU"] for row in rows] == ["0.7000", "0.7000", "0.5000", ""]
    assert rows[3]["student"] == "'=dora"


def test_points_are_on_a_line_from_the_baseline_to_full_marks(tmp_path):
    path = tmp_path / "project.csv"
    scores = [
        ProjectScore(name, "npz", miou) for name, miou in (("a", 0.1), ("b", 0.2), ("c", 0.45), ("d", 0.9))
    ]
    write_points(path, [*scores, ProjectScore("e", reason="none")], baseline=0.2, full_marks=0.7, most=10)
    rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))
    assert [row["score"] for row in rows] == ["0", "0", "5", "10"]  # and a person decides on "e"
    with pytest.raises(ValueError, match="must be above 0.200"):
        write_points(path, scores, 0.2, 0.15, 10)


# --- Weights -----------------------------------------------------------------------------------------------


def small_model():
    torch.manual_seed(0)
    return create_model("fast-unet", widths=WIDTHS)


def safetensors(tensors, **changes):
    """Write a safetensors file by hand, so that headers can lie."""
    header, body = {"__metadata__": {"format": "pt"}}, b""
    for name, tensor in tensors.items():
        data = tensor.numpy().tobytes()
        kind = {"torch.float32": "F32", "torch.int64": "I64"}[str(tensor.dtype)]
        offsets = [len(body), len(body) + len(data)]
        header[name] = {"dtype": kind, "shape": list(tensor.shape), "data_offsets": offsets} | changes
        body += data
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + body


def test_weights_are_read_alike_from_both_formats(tmp_path):
    weights = small_model().state_dict()
    (tmp_path / "best.safetensors").write_bytes(safetensors(weights))
    torch.save(weights, tmp_path / "plain.pt")
    torch.save({"model": weights}, tmp_path / "best.pt")
    for name in ("best.safetensors", "plain.pt", "best.pt"):
        read = read_weights(tmp_path / name)
        assert read.keys() == weights.keys()
        assert all(torch.equal(read[key], weights[key]) for key in weights)


def test_the_safetensors_package_writes_what_is_read(tmp_path):
    weights = {name: tensor.contiguous() for name, tensor in small_model().state_dict().items()}
    save_file(weights, tmp_path / "best.safetensors")
    read = read_safetensors(tmp_path / "best.safetensors")
    assert all(torch.equal(read[key], weights[key]) for key in weights)


def test_a_model_is_built_from_its_tensors(tmp_path):
    model = small_model()
    built, size = build_model(model.state_dict(), tmp_path / "best.pt", None)
    assert type(built) is type(model)
    assert size is None


def test_a_config_names_the_model_and_its_size(tmp_path):
    config = TrainConfig(model="resnet-unet", weights="pocket", epochs=1, size=96)
    (tmp_path / "config.json").write_text(json.dumps(config.to_json()))
    weights = config.new_model().state_dict()
    assert build_model(weights, tmp_path / "best.pt", tmp_path / "config.json")[1] == Canvas.of(96)
    with pytest.raises(ValueError, match="weights of another model"):
        build_model(small_model().state_dict(), tmp_path / "best.pt", tmp_path / "config.json")


ONE = {"a": torch.zeros(2)}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        struct.pack("<Q", 2**62) + b"{}",
        struct.pack("<Q", 4) + b"nope",
        safetensors(ONE, data_offsets=[0, 2**40]),
        safetensors(ONE, data_offsets=[-8, 0]),
        safetensors(ONE, shape=[2**40]),
        safetensors(ONE, shape=[-1]),
        safetensors(ONE, shape=[3]),
        safetensors(ONE, dtype="OBJECT"),
        struct.pack("<Q", 10**5) + b"[" * 10**5,
    ],
)
def test_lying_headers_are_refused(tmp_path, data):
    path = tmp_path / "best.safetensors"
    path.write_bytes(data)
    with pytest.raises(ValueError, match=r"best\.safetensors"):
        read_weights(path)


class Evil:
    def __reduce__(self):
        return os.mkdir, ("owned",)


@pytest.mark.parametrize("data", [b"", b"rubbish", b"PK", b"\x80\x02c", b"}" * 100, b"(" * 10**5])
def test_rubbish_is_not_weights(tmp_path, data):
    (tmp_path / "best.pt").write_bytes(data)
    with pytest.raises(ValueError, match=r"best\.pt"):
        read_weights(tmp_path / "best.pt")


@pytest.mark.parametrize("state", [{"model": Evil()}, [1], {"model": {"a": 1}}, {}])
def test_weights_with_anything_but_tensors_are_refused(tmp_path, monkeypatch, state):
    monkeypatch.chdir(tmp_path)
    torch.save(state, tmp_path / "best.pt")
    with pytest.raises(ValueError, match=r"best\.pt"):
        read_weights(tmp_path / "best.pt")
    assert not (tmp_path / "owned").exists()


@pytest.mark.parametrize("name", ["stem.0.weight", "x"])
def test_weights_of_no_model_of_the_course_are_refused(tmp_path, name):
    with pytest.raises(ValueError, match="none of the course's models"):
        build_model({name: torch.zeros(2)}, tmp_path / "best.pt", None)
    with pytest.raises(ValueError, match="more than is graded"):
        build_model({"stem.0.weight": torch.zeros(1).expand(2**29)}, tmp_path / "best.pt", None)


def test_weights_get_seconds_on_a_processor_and_no_more(tmp_path, pocket_folder):
    """Importing torch takes more than one."""
    (tmp_path / "ada").mkdir()
    torch.save(small_model().state_dict(), tmp_path / "ada" / "best.pt")
    ((score,), _) = grade_projects(tmp_path, pocket_folder, Limits(size=32, seconds=1))
    assert score.reason == "the weights took longer than 1 seconds."


def test_the_command_grades_masks_and_weights_side_by_side(tmp_path, pocket_folder, truths, capsys):
    handed_in, out = tmp_path / "submissions", tmp_path / "grades"
    hand_in_pngs(handed_in / "ada", truths)
    (handed_in / "ben").mkdir()
    torch.save(small_model().state_dict(), handed_in / "ben" / "best.pt")
    (handed_in / "cem").mkdir()
    (handed_in / "cem" / "best.pt").write_bytes(b"rubbish")
    command = [
        "grade-project",
        str(handed_in),
        "--test",
        str(pocket_folder),
        "--out",
        str(out),
        "--size",
        "32",
    ]
    assert main(command) == 0
    rows = list(csv.DictReader(io.StringIO((out / "leaderboard.csv").read_text(encoding="utf-8"))))
    assert [(row["student"], row["handed_in"]) for row in rows] == [
        ("ada", "label PNGs"),
        ("ben", "weights"),
        ("cem", "weights"),
    ]
    assert rows[0]["mIoU"] == "1.0000"
    assert 0 < float(rows[1]["mIoU"]) < 1
    assert "best.pt" in rows[2]["reason"]
    assert str(tmp_path) not in rows[2]["reason"]
    assert "ada,project,10" in (out / "project.csv").read_text(encoding="utf-8")
    assert "ada: mIoU 1.0000" in capsys.readouterr().out


# --- As people hand it in ----------------------------------------------------------------------------------


def turned(masks):
    return {name: np.ascontiguousarray(mask.T) for name, mask in masks.items()}


@pytest.mark.parametrize("hand_in", [hand_in_pngs, hand_in_npz])
@pytest.mark.parametrize("step", [1, 2])
def test_masks_with_swapped_sides_get_a_reason(tmp_path, pocket_folder, truths, hand_in, step):
    assert all(mask.shape[0] != mask.shape[1] for mask in truths.values())
    hand_in(tmp_path / "ada", {name: mask[::step, ::step] for name, mask in turned(truths).items()})
    assert "the sides are swapped" in only(tmp_path, pocket_folder).reason


def test_a_smaller_mask_of_the_same_proportions_is_scored(tmp_path, pocket_folder, truths):
    hand_in_npz(tmp_path / "ada", {name: mask[::2, ::2] for name, mask in truths.items()})
    assert only(tmp_path, pocket_folder).mean_iou > 0.8


def test_masks_of_two_bits_are_read_as_they_were_written(tmp_path, pocket_folder, truths):
    hand_in_pngs(tmp_path / "ada", truths)
    for name, mask in truths.items():
        Image.fromarray(mask).save(tmp_path / "ada" / "predictions" / f"{name}.png", bits=2)
    assert only(tmp_path, pocket_folder).mean_iou == 1.0


def test_two_masks_of_one_image_and_a_name_in_other_case(tmp_path, pocket_folder, truths):
    name, mask = next(iter(truths.items()))
    hand_in_pngs(tmp_path / "ada", truths)
    write_label_png(tmp_path / "ada" / "predictions" / f"{name}.PNG", mask)
    assert "there are two masks" in only(tmp_path, pocket_folder).reason
    (tmp_path / "ada" / "predictions" / f"{name}.png").unlink()
    assert f"only {name}.PNG" in only(tmp_path, pocket_folder).reason


def test_true_and_false_are_not_three_classes(tmp_path, pocket_folder, truths):
    hand_in_npz(tmp_path / "ada", {name: mask == 0 for name, mask in truths.items()})
    assert "it holds bool" in only(tmp_path, pocket_folder).reason


def test_an_archive_with_a_mask_twice_gets_a_reason(tmp_path, pocket_folder, truths):
    hand_in_npz(tmp_path / "ada", truths)
    with (
        pytest.warns(UserWarning, match="Duplicate name"),
        zipfile.ZipFile(tmp_path / "ada" / "predictions.npz", "a") as archive,
    ):
        archive.writestr(f"{next(iter(truths))}.npy", b"")
    assert "holds two masks" in only(tmp_path, pocket_folder).reason


@pytest.mark.parametrize("prefix", ["module.", "_orig_mod.", "module._orig_mod."])
@pytest.mark.parametrize("key", ["", "state_dict", "model_state_dict"])
def test_weights_of_wrapped_models_are_recognised(tmp_path, prefix, key):
    model = small_model().half()
    state = {prefix + name: tensor for name, tensor in model.state_dict().items()}
    torch.save({key: state, "epoch": 3} if key else state, tmp_path / "best.pt")
    built, _ = build_model(read_weights(tmp_path / "best.pt"), tmp_path / "best.pt", None)
    for name, tensor in small_model().half().float().state_dict().items():
        assert torch.equal(built.state_dict()[name], tensor)
