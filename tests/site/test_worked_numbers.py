"""The numbers of the worked examples are those that the exercises expect."""

import runpy
from pathlib import Path

import numpy as np
import pytest

from course_lib.exercises import find_exercise

EXAMPLES = Path(__file__).parents[2] / "site" / "examples"


def case(exercise, example):
    return next(one for one in find_exercise(exercise).worked_cases if one.example == example)


def gives(exercise, example, key=None):
    expected = case(exercise, example).expected
    return expected if key is None else expected[key]


def shape_of(array):
    return str(tuple(array.shape))


# The example, what is looked at, the exercise whose worked case has the value, a part of that value if it has several.
VALUES = [
    ("three-pets", lambda it: it["semantic"], "semantic-map", None),
    ("argmax-street", lambda it: it["class_map"], "argmax-grid", None),
    ("argmax-dog", lambda it: it["class_map"], "argmax-grid", None),
    ("street-maps", lambda it: it["class_map"], "argmax-chw", None),
    ("all-background-90", lambda it: it["accuracy"], "all-background-scores", "accuracy"),
    ("all-background-90", lambda it: it["pet_iou"], "all-background-scores", "pet IoU"),
    ("all-background-90", lambda it: it["mean_iou"], "all-background-scores", "mIoU"),
    ("accuracy-3x3", lambda it: it["accuracy"], "pixel-accuracy", None),
    ("pedestrians-92", lambda it: it["accuracy"], "misleading-pair", "pixel accuracy"),
    ("overlap-4x4", lambda it: it["intersection"], "regions", 0),
    ("overlap-4x4", lambda it: it["union"], "regions", 3),
    ("overlap-4x4", lambda it: it["iou"], "iou", None),
    ("overlap-4x4", lambda it: it["dice"], "dice", None),
    ("regions-10-10-40", lambda it: it["iou"], "iou", None),
    ("regions-10-10-40", lambda it: it["dice"], "dice", None),
    ("dice-from-iou", lambda it: it["dice_from_iou"](0.75), "dice-from-iou", None),
    ("miou-3x3", lambda it: it["ious"], "iou-from-matrix", None),
    ("miou-3x3", lambda it: it["mean_iou"], "mean-iou", None),
    ("absent-class", lambda it: it["ious"], "iou-from-matrix", None),
    ("absent-class", lambda it: it["mean_iou"], "mean-iou", None),
    ("empty-prediction", lambda it: it["iou"], "iou", None),
    ("empty-prediction", lambda it: it["dice"], "dice", None),
    ("ce-one-pixel", lambda it: it["loss"], "pixel-loss", None),
    ("ce-wiring-bugs", lambda it: it["loss"], "prepare", "loss"),
    ("ce-wiring-bugs", lambda it: shape_of(it["logits"]), "prepare", "shape of the logits"),
    ("ce-wiring-bugs", lambda it: shape_of(it["targets"]), "prepare", "shape of the targets"),
    ("trimap-ids", lambda it: it["targets"], "trimap-to-targets", "targets"),
    ("downsample-32", lambda it: it["sizes"][1:], "follow-sizes", None),
    ("skip-concat-add", lambda it: it["concatenated"], "join", None),
    ("unet-shapes", lambda it: it["kernels"], "unet", "the number of weights in the kernels of UNet()"),
    ("unet-572", lambda it: it["output_size"](572, 4), "valid-size", None),
    ("overlay", lambda it: it["overlay"], "overlay", "the overlay"),
    ("recipe", lambda it: it["rates"], "plateau-rates", None),
    ("weighted-ce", lambda it: it["weighted"], "weighted-cross-entropy", "the loss"),
    ("dice-loss", lambda it: it["dice_loss"], "dice-loss", "the loss"),
    ("focal", lambda it: it["focal_loss"]([0.75, 0.5]), "focal-loss", "the loss"),
    ("transposed-2x2", lambda it: it["output"], "transposed-convolution", None),
    ("transposed-16", lambda it: it["transposed_size"](16, 3, 2, 1, 1), "transposed-size", None),
    ("lr-schedules", lambda it: it["warmup_cosine"](2.5), "warmup-cosine", None),
    ("dilated-3x3", lambda it: it["convolution"](it["image"], it["kernel"], 2), "dilated-conv", None),
    ("field-with-pooling", lambda it: it["field"], "receptive-field", None),
]


def run(name):
    """The names that an example's program leaves behind."""
    (file,) = EXAMPLES.glob(f"[0-9][0-9][a-z]_{name.replace('-', '_')}.py")
    return runpy.run_path(str(file))


@pytest.mark.parametrize(("name", "look", "exercise", "key"), VALUES)
def test_an_example_gives_what_the_exercise_expects(name, look, exercise, key):
    got, expected = look(run(name)), gives(exercise, name, key)
    if isinstance(expected, str):
        assert got == expected
    else:
        np.testing.assert_allclose(np.asarray(got), np.asarray(expected), atol=1e-4)


INPUTS = [
    ("three-pets", "semantic-map", "instances", 0),
    ("argmax-street", "argmax-grid", "scores", 0),
    ("argmax-dog", "argmax-grid", "scores", 0),
    ("accuracy-3x3", "pixel-accuracy", "prediction", 0),
    ("accuracy-3x3", "pixel-accuracy", "truth", 1),
    ("overlap-4x4", "iou", "prediction", 0),
    ("overlap-4x4", "iou", "truth", 1),
    ("trimap-ids", "trimap-to-targets", "trimap", 0),
    ("recipe", "plateau-rates", "miou", 0),
]


@pytest.mark.parametrize(("name", "exercise", "variable", "argument"), INPUTS)
def test_an_example_starts_from_the_masks_of_the_exercise(name, exercise, variable, argument):
    np.testing.assert_array_equal(run(name)[variable], case(exercise, name).args[argument])


def test_the_iou_loss_beside_the_dice_loss_is_that_of_its_exercise():
    assert run("dice-loss")["iou_loss"] == pytest.approx(gives("iou-loss", "iou-loss", "the loss"), abs=1e-6)


def test_the_tiny_unet_has_the_shapes_and_the_size_of_the_one_in_torch():
    it, expected = run("tiny-unet-shapes"), gives("tiny-unet", "tiny-unet-shapes")
    assert shape_of(it["logits"]) == "(1, 3, 64, 64)"
    assert expected["the shape of the logits for images of shape (1, 3, 64, 64)"] == shape_of(it["logits"])
    assert expected["the shape of logits.argmax(dim=1)"] == shape_of(it["prediction"])
    assert expected["the number of weights and biases"] == it["parameters"]


def test_the_mask_head_doubles_its_features():
    it, expected = run("mask-head"), gives("mask-head", "mask-head")
    shape = str((1, it["CLASSES"], it["size"], it["size"]))
    assert expected["the shape of the logits for RoIs of shape (1, 256, 14, 14)"] == shape
    assert expected["the number of weights and biases"] == it["weights"]


def test_the_logits_of_the_example_have_the_shape_of_the_checkpoint():
    assert run("logits-shape")["logits"].shape == case("hidden-axes", "logits-shape").args[0]


def test_what_is_upsampled_before_argmax_is_what_the_exercise_expects():
    logits, size = case("upsample-then-argmax", "segformer-shapes").args
    prediction = run("segformer-shapes")["upsample"](logits.numpy()).argmax(axis=1)
    assert prediction.shape[1:] == size
    np.testing.assert_array_equal(prediction, gives("upsample-then-argmax", "segformer-shapes"))
