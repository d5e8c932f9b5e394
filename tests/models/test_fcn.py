"""The small FCN: sizes, parameters by hand, and what each skip adds."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torchvision.models.segmentation import fcn_resnet50

from course_lib.models.fcn import FCN, bilinear_doubling

SMALL = (4, 4, 6, 6, 8)


def small_fcn(**options) -> FCN:
    torch.manual_seed(0)
    return FCN(**{"widths": SMALL, **options}).eval()


@pytest.mark.parametrize(("skips", "stride"), [(0, 32), (1, 16), (2, 8)])
def test_32s_16s_and_8s(skips, stride):
    model = small_fcn(num_classes=21, skips=skips)
    shapes = []
    for score in model.scores:
        score.register_forward_hook(lambda _layer, _inputs, output: shapes.append(tuple(output.shape)))
    assert model(torch.rand(2, 3, 64, 96)).shape == (2, 21, 64, 96)
    assert shapes == [(2, 21, 2, 3), (2, 21, 4, 6), (2, 21, 8, 12)][: skips + 1]
    assert model.stride == stride


@pytest.mark.parametrize("skips", [0, 1, 2])
def test_parameters_counted_by_hand(skips):
    model = FCN(num_classes=5, widths=(8, 16, 32, 64, 128), skips=skips)
    convolutions = 9 * (3 * 8 + 8 * 16 + 16 * 32 + 32 * 64 + 64 * 128)
    batch_norms = 2 * (8 + 16 + 32 + 64 + 128)
    scores = sum(5 * width + 5 for width in (128, 64, 32)[: skips + 1])
    doublings = skips * 5 * 5 * 4 * 4
    assert sum(p.numel() for p in model.parameters()) == convolutions + batch_norms + scores + doublings


@settings(max_examples=20, deadline=None)
@given(height=st.integers(1, 70), width=st.integers(1, 70), skips=st.integers(0, 4))
def test_any_size_goes_in(height, width, skips):
    assert small_fcn(skips=skips)(torch.rand(1, 3, height, width)).shape == (1, 3, height, width)


def test_every_level_against_plain_functions():
    model = small_fcn(in_channels=1, num_classes=2, skips=1)
    images = torch.rand(2, 1, 64, 32)
    features, pyramid = images, []
    for conv, norm, *_ in model.stages:
        features = F.conv2d(features, conv.weight, padding=1)
        features = (norm.weight / (1 + norm.eps) ** 0.5).view(
            1, -1, 1, 1
        ) * features  # running mean 0, variance 1
        features = F.max_pool2d(features.clamp(min=0), 2)
        pyramid.append(features)
    coarse, fine = (
        torch.einsum("nchw,kc->nkhw", level, score.weight[:, :, 0, 0]) + score.bias.view(1, -1, 1, 1)
        for level, score in zip((pyramid[4], pyramid[3]), model.scores, strict=True)
    )
    doubled = F.conv_transpose2d(coarse, model.doublings[0].weight, stride=2, padding=1)
    expected = F.interpolate(doubled + fine, size=(64, 32), mode="bilinear")
    torch.testing.assert_close(model(images), expected)


def test_a_doubling_starts_as_bilinear_interpolation():
    maps = torch.rand(2, 3, 5, 7)
    bilinear = F.interpolate(maps, scale_factor=2, mode="bilinear")
    inner = (..., slice(1, -1), slice(1, -1))  # at the edges torch repeats the last pixel
    torch.testing.assert_close(bilinear_doubling(3)(maps)[inner], bilinear[inner])


@pytest.mark.parametrize("skips", [0, 1, 2])
def test_finer_scores_reach_finer_details(skips):
    """The logits depend on the scores of the finest level only through its own upsampling."""
    model = small_fcn(skips=skips)
    images = torch.rand(1, 3, 64, 64)
    before = model(images)
    with torch.no_grad():
        model.scores[-1].bias += 1
    torch.testing.assert_close(model(images), before + 1)


@pytest.mark.parametrize("skips", [0, 1, 2])
def test_gradients_reach_every_parameter(skips):
    model = small_fcn(skips=skips).train()
    model(torch.rand(2, 3, 64, 64)).square().mean().backward()
    without = [name for name, p in model.named_parameters() if p.grad is None or not p.grad.any()]
    assert without == []


def test_shapes_are_those_of_torchvisions_fcn():
    with torch.device("meta"):
        theirs = fcn_resnet50(weights=None, weights_backbone=None, num_classes=4).eval()
        images = torch.empty(2, 3, 65, 97)
        assert FCN(num_classes=4)(images).shape == theirs(images)["out"].shape


@pytest.mark.parametrize("skips", [-1, 5])
def test_more_skips_than_stages_are_refused(skips):
    with pytest.raises(ValueError, match=rf"skips is {skips}, but with 5 stages 0 to 4"):
        FCN(skips=skips)
