"""The tiny network of Lesson 33."""

import pytest
import torch

from course_lib.models import tiny_unet
from course_lib.models.tiny_unet import TinyUNet


def test_tiny_unet_shapes():
    """Worked example tiny-unet-shapes."""
    logits = TinyUNet()(torch.rand(1, 3, 64, 64))
    assert logits.shape == (1, 3, 64, 64)
    assert logits.argmax(dim=1).shape == (1, 64, 64)


@pytest.mark.parametrize(
    ("skip", "decoder"),
    [("concat", 32 * 16 * 9 + 16), ("add", 16 * 16 * 9 + 16), ("none", 16 * 16 * 9 + 16)],
)
def test_parameters_counted_by_hand(skip, decoder):
    encoder = 3 * 16 * 9 + 16
    bottleneck = 16 * 32 * 9 + 32
    upsample = 32 * 16 * 4 + 16
    head = 16 * 3 + 3
    model = TinyUNet(skip=skip)
    assert sum(p.numel() for p in model.parameters()) == encoder + bottleneck + upsample + decoder + head


def test_every_stage_against_plain_functions():
    model = TinyUNet(in_channels=1, num_classes=2, width=4)
    images = torch.rand(2, 1, 6, 10)
    weights = dict(model.named_parameters())
    conv = torch.nn.functional.conv2d

    detail = conv(images, weights["encoder.weight"], weights["encoder.bias"], padding=1).clamp(min=0)
    halved = detail.reshape(2, 4, 3, 2, 5, 2).amax(dim=(3, 5))
    context = conv(halved, weights["bottleneck.weight"], weights["bottleneck.bias"], padding=1).clamp(min=0)
    # With kernel 2 and stride 2 no outputs overlap: each input pixel paints its own 2x2 block.
    blocks = torch.einsum("ncij,cdkl->ndikjl", context, weights["upsample.weight"])
    doubled = blocks.reshape(2, 4, 6, 10) + weights["upsample.bias"].reshape(1, 4, 1, 1)
    joined = torch.cat([doubled, detail], dim=1)
    decoded = conv(joined, weights["decoder.weight"], weights["decoder.bias"], padding=1).clamp(min=0)
    scores = torch.einsum("nchw,kc->nkhw", decoded, weights["head.weight"][:, :, 0, 0])
    expected = scores + weights["head.bias"].reshape(1, 2, 1, 1)

    torch.testing.assert_close(model(images), expected)


@pytest.mark.parametrize(("skip", "matters"), [("concat", True), ("add", True), ("none", False)])
def test_zeroing_the_skip_changes_the_logits(monkeypatch, skip, matters):
    model = TinyUNet(skip=skip)
    images = torch.rand(1, 3, 16, 16)
    with_skip = model(images)
    join_skip = tiny_unet.join_skip
    monkeypatch.setattr(
        tiny_unet, "join_skip", lambda features, detail, how: join_skip(features, 0 * detail, how)
    )
    assert torch.equal(model(images), with_skip) is not matters


@pytest.mark.parametrize("skip", ["concat", "add", "none"])
def test_gradients_reach_every_parameter(skip):
    model = TinyUNet(skip=skip)
    model(torch.rand(2, 3, 8, 12)).square().mean().backward()
    without = [name for name, p in model.named_parameters() if p.grad is None or not p.grad.any()]
    assert without == []


def test_odd_sizes_are_refused_with_the_nearest_even_ones():
    with pytest.raises(ValueError, match=r"33 x 64 .*even: crop to 32 x 64 .* or pad to 34 x 64"):
        TinyUNet()(torch.rand(1, 3, 33, 64))
    with pytest.raises(ValueError, match=r"1 x 1 .*even: pad to 2 x 2 \(logits 2 x 2\)\.$"):
        TinyUNet()(torch.rand(1, 3, 1, 1))


def test_an_unknown_skip_is_refused():
    with pytest.raises(ValueError, match="skip is 'sum', but it must be one of 'concat', 'add', 'none'"):
        TinyUNet(skip="sum")
