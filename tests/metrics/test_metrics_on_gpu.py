"""The path that a GPU takes, on fake CUDA tensors: what would have to wait for the device raises there."""

import pytest
import torch
from torch._subclasses.fake_tensor import (
    DataDependentOutputException,
    DynamicOutputShapeException,
    FakeTensorMode,
)

from course_lib.metrics import ConfusionMatrix, confusion_matrix


def fake_masks(*shape: int, dtype: torch.dtype = torch.int64) -> torch.Tensor:
    return torch.zeros(shape, dtype=dtype, device="cuda")


def test_fake_tensors_do_catch_what_waits_for_the_device() -> None:
    with FakeTensorMode():
        masks = fake_masks(8)
        with pytest.raises(DynamicOutputShapeException):
            torch.bincount(masks, minlength=9)
        with pytest.raises(DataDependentOutputException):
            masks.max().item()


@pytest.mark.parametrize("ignore_index", [None, 255])
def test_update_never_waits_for_the_device(ignore_index: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    def copied_to_the_host(*_: object, **__: object) -> None:
        raise AssertionError("a tensor was copied to the host")

    monkeypatch.setattr(torch.Tensor, "cpu", copied_to_the_host)
    monkeypatch.setattr(torch.Tensor, "numpy", copied_to_the_host)
    with FakeTensorMode():
        matrix = ConfusionMatrix(3, ignore_index)
        matrix.update(fake_masks(2, 8, 8), fake_masks(2, 8, 8))
        matrix.update(fake_masks(2, 8, 8, dtype=torch.uint8), fake_masks(2, 8, 8, dtype=torch.int32))
        with pytest.raises(AssertionError, match="copied to the host"):
            _ = matrix.counts  # only here is it read


@pytest.mark.parametrize(
    ("prediction", "targets", "error", "message"),
    [
        ((2, 3, 8, 8), (2, 8, 8), ValueError, r"take prediction\.argmax\(1\)"),
        ((2, 8, 8), (2, 1, 8, 8), ValueError, r"take target\.squeeze\(1\)"),
        ((0, 8, 8), (0, 8, 8), ValueError, r"the prediction of shape \(0, 8, 8\) holds no pixel"),
    ],
)
def test_shapes_are_checked(
    prediction: tuple[int, ...], targets: tuple[int, ...], error: type[Exception], message: str
) -> None:
    with FakeTensorMode(), pytest.raises(error, match=message):
        ConfusionMatrix(3).update(fake_masks(*prediction), fake_masks(*targets))


def test_dtypes_and_devices_are_checked() -> None:
    with FakeTensorMode():
        with pytest.raises(TypeError, match=r"torch\.bfloat16 .*logits\.argmax\(dim=1\)"):
            ConfusionMatrix(3).update(fake_masks(2, 8, 8, dtype=torch.bfloat16), fake_masks(2, 8, 8))
        with pytest.raises(ValueError, match=r"prediction is on cuda:0 and the target on cpu: bring both"):
            ConfusionMatrix(3).update(fake_masks(2, 8, 8), torch.zeros(2, 8, 8, dtype=torch.int64))
        with pytest.raises(ValueError, match=r"prediction is on cpu and the target on cuda:0"):
            ConfusionMatrix(3).update([[0, 1]], fake_masks(1, 2))


@pytest.fixture
def as_on_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """Send CPU tensors down the GPU's path, which computes the same on every device."""
    monkeypatch.setattr(confusion_matrix, "on_cpu", lambda array: False)


@pytest.mark.usefixtures("as_on_a_gpu")
@pytest.mark.parametrize("ignore_index", [None, 255, 1])
def test_the_same_counts_as_on_a_cpu(ignore_index: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    generator = torch.Generator().manual_seed(0)
    prediction = torch.randint(0, 3, (2, 3, 20, 20), generator=generator)
    targets = torch.randint(0, 3, (2, 3, 20, 20), generator=generator)
    if ignore_index == 255:
        targets[:, :, :4] = 255
        prediction[:, :, :2] = 255  # allowed where the target is ignored
    on_gpu, on_cpu = ConfusionMatrix(3, ignore_index), ConfusionMatrix(3, ignore_index)
    for p, t in zip(prediction, targets, strict=True):
        on_gpu.update(p, t)
    counts = on_gpu.counts
    monkeypatch.undo()
    on_cpu.update(prediction, targets)
    assert counts.tolist() == on_cpu.counts.tolist()


@pytest.mark.usefixtures("as_on_a_gpu")
def test_ids_out_of_range_are_found_when_the_counts_are_read() -> None:
    matrix = ConfusionMatrix(3, ignore_index=255)
    matrix.update(torch.tensor([0, 1, 2, 3]), torch.tensor([-1, 1, 255, 2]))
    with pytest.raises(
        ValueError, match=r"2 pixels counted on cpu hold ids outside 0\.\.2: see .*unique\(\)"
    ):
        matrix.mean_iou()
    matrix.reset()
    matrix.update(torch.tensor([0, 1]), torch.tensor([0, 1]))
    assert matrix.mean_iou() == 1
