"""Checks before pixels are counted; each error says what to do."""

from typing import Any

from numpy.typing import NDArray

from course_lib.masks import as_class_ids, check_class_ids, check_label_map, is_tensor


def on_cpu(array: Any) -> bool:
    """Return whether an array, list or tensor is in the memory of the CPU."""
    return not is_tensor(array) or array.device.type == "cpu"


def as_pair(prediction: Any, targets: Any) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return prediction and targets as arrays of class ids.

    Raises:
        TypeError: one of them does not hold integers.
        ValueError: the shapes differ.
    """
    prediction, targets = as_class_ids(prediction, "the prediction"), as_class_ids(targets, "the target")
    _check_shapes(prediction.shape, targets.shape)
    return prediction, targets


def check_tensors(prediction: Any, targets: Any) -> None:
    """Do what ``as_pair`` does, for tensors on a GPU, without reading them."""
    if not (is_tensor(prediction) and is_tensor(targets) and prediction.device == targets.device):
        places = [str(getattr(array, "device", "cpu")) for array in (prediction, targets)]
        raise ValueError(
            f"the prediction is on {places[0]} and the target on {places[1]}: bring both to one device, "
            "with torch.as_tensor(targets, device=prediction.device) for instance"
        )
    check_class_ids(prediction, "the prediction")
    check_class_ids(targets, "the target")
    _check_shapes(tuple(prediction.shape), tuple(targets.shape))


def _check_shapes(prediction: tuple[int, ...], targets: tuple[int, ...]) -> None:
    if prediction != targets:
        advice = (
            _superfluous_axis("prediction", prediction, targets)
            or _superfluous_axis("target", targets, prediction)
            or "bring both to one size (upsample logits before the argmax, resize masks with nearest)"
        )
        raise ValueError(f"the prediction has shape {prediction} and the target has {targets}: {advice}")


def _superfluous_axis(name: str, shape: tuple[int, ...], expected: tuple[int, ...]) -> str | None:
    """Say how to remove the axis that only one of the shapes has, if there is no other difference."""
    for axis, length in enumerate(shape):
        if shape[:axis] + shape[axis + 1 :] == expected:
            if length == 1:
                return f"take {name}.squeeze({axis})"
            if axis == len(shape) - 1:
                return f"the {name} looks like a colour picture, so map each colour to its class id"
            return f"take {name}.argmax({axis}) if axis {axis} holds a score for each class"
    return None


def raise_for_ids(
    prediction: NDArray[Any], targets: NDArray[Any], num_classes: int, ignore_index: int | None
) -> None:
    """Raise the error that names the ids out of range."""
    check_label_map(targets, num_classes, ignore_index, "the target")
    counted = prediction if ignore_index is None else prediction[targets != ignore_index]
    if counted.size:
        check_label_map(counted, num_classes, None, "the prediction")
