"""The U-Net of the study guide, counted, traced and compared."""

import copy

import pytest
import torch
import torch.nn.functional as F

from course_lib.models.unet import DoubleConv, Down, UNet, Up, centre_crop

SMALL = (4, 8, 16)


def small_unet(**options) -> UNet:
    torch.manual_seed(0)
    return UNet(**{"widths": SMALL, **options}).eval()


def double_conv_parameters(in_channels: int, out_channels: int) -> int:
    first = 9 * in_channels * out_channels + out_channels
    second = 9 * out_channels * out_channels + out_channels
    batch_norms = 2 * (out_channels + out_channels)
    return first + second + batch_norms


def test_parameters_of_the_study_guide_counted_by_hand():
    encoder = sum(
        double_conv_parameters(*c) for c in [(3, 64), (64, 128), (128, 256), (256, 512), (512, 1024)]
    )
    upsampling = sum(4 * 2 * c * c + c for c in (512, 256, 128, 64))
    decoder = sum(double_conv_parameters(2 * c, c) for c in (512, 256, 128, 64))
    head = 64 * 3 + 3
    with torch.device("meta"):
        model = UNet()
        for_21_classes = UNet(num_classes=21)
    parameters = sum(p.numel() for p in model.parameters())
    assert parameters == encoder + upsampling + decoder + head == 31_043_651
    assert sum(p.numel() for p in for_21_classes.parameters()) == parameters + 18 * 65


def shapes_of_stages(model: UNet, images: torch.Tensor) -> list[tuple[int, ...]]:
    shapes = []
    for stage in (model.stem, *model.downs, *model.ups, model.head):
        stage.register_forward_hook(lambda _stage, _inputs, output: shapes.append(tuple(output.shape[1:])))
    model(images)
    return shapes


@pytest.mark.parametrize("up", ["transposed", "bilinear"])
@pytest.mark.parametrize("skip", ["concat", "add", "none"])
def test_unet_shapes(up, skip):
    """Worked example unet-shapes: 64-128-256-512-1024 on 256 x 256, 16 x 16 at the bottleneck."""
    with torch.device("meta"):
        model = UNet(num_classes=21, up=up, skip=skip)
        assert shapes_of_stages(model, torch.empty(2, 3, 256, 256)) == [
            (64, 256, 256),
            (128, 128, 128),
            (256, 64, 64),
            (512, 32, 32),
            (1024, 16, 16),
            (512, 32, 32),
            (256, 64, 64),
            (128, 128, 128),
            (64, 256, 256),
            (21, 256, 256),
        ]


@pytest.mark.parametrize("up", ["transposed", "bilinear"])
def test_unet_572(up):
    """Worked example unet-572: every number of the paper's figure 1."""
    with torch.device("meta"):
        model = UNet(in_channels=1, num_classes=2, padding="valid", up=up)
        shapes = shapes_of_stages(model, torch.empty(1, 1, 572, 572))
    assert [side for _, _, side in shapes] == [568, 280, 136, 64, 28, 52, 100, 196, 388, 388]
    assert shapes[-1] == (2, 388, 388)


def study_guide_logits(state: dict[str, torch.Tensor], images: torch.Tensor, padding: str) -> torch.Tensor:
    """The network in eval mode, written out on the bare weights in the order in which it uses them."""
    tensors = iter([tensor for name, tensor in state.items() if not name.endswith("num_batches_tracked")])

    def take(count: int) -> list[torch.Tensor]:
        return [next(tensors) for _ in range(count)]

    def double_conv(features):
        for _ in range(2):
            features = F.conv2d(features, *take(2), padding=1 if padding == "same" else 0)
            weight, bias, mean, variance = (tensor.reshape(1, -1, 1, 1) for tensor in take(4))
            features = ((features - mean) / (variance + 1e-5).sqrt() * weight + bias).clamp(min=0)
        return features

    def decoder_stage(features, encoded):
        features = F.conv_transpose2d(features, *take(2), stride=2)
        border = (encoded.shape[2] - features.shape[2]) // 2
        encoded = F.pad(encoded, [-border] * 4)
        return double_conv(torch.cat([features, encoded], dim=1))

    fine = double_conv(images)
    middle = double_conv(F.max_pool2d(fine, 2))
    features = double_conv(F.max_pool2d(middle, 2))
    features = decoder_stage(features, middle)
    features = decoder_stage(features, fine)
    logits = F.conv2d(features, *take(2))
    assert list(tensors) == []
    return logits


@pytest.mark.parametrize(("padding", "sides"), [("same", (16, 24)), ("valid", (44, 52))])
def test_logits_equal_the_network_written_out(padding, sides):
    model = small_unet(padding=padding).train()
    images = torch.rand(2, 3, *sides)
    model(images)  # moves the running means off zero and one
    model.eval()
    expected = study_guide_logits(model.state_dict(), images, padding)
    torch.testing.assert_close(model(images), expected, rtol=1e-4, atol=1e-5)


def test_depth_follows_the_widths():
    model = UNet(widths=(4, 6))
    assert len(model.downs) == len(model.ups) == 1
    assert model(torch.rand(1, 3, 2, 6)).shape == (1, 3, 2, 6)
    deep = small_unet(widths=[2] * 7)
    assert deep(torch.rand(1, 3, 64, 128)).shape == (1, 3, 64, 128)


def test_the_bias_before_batch_norm_has_no_effect():
    model = small_unet().train()
    images = torch.rand(2, 3, 16, 16)
    logits = model(images)
    with torch.no_grad():
        for block in model.modules():
            if isinstance(block, DoubleConv):
                block[0].bias.add_(3.0)
                block[3].bias.sub_(2.0)
    torch.testing.assert_close(model(images), logits, rtol=1e-3, atol=1e-3)


def test_bilinear_may_follow_its_one_by_one_convolution():
    conv, interpolate = Up(8, 4, upsampling="bilinear").upsample
    features = torch.rand(1, 8, 5, 7)
    torch.testing.assert_close(interpolate(conv(features)), conv(interpolate(features)))


def test_bilinear_keeps_the_place_of_what_was_pooled():
    """A ramp, averaged to half its size and doubled again, is the same ramp (away from the border)."""
    _, interpolate = Up(8, 4, upsampling="bilinear").upsample
    for side in (8, 32):
        ramp = torch.arange(float(side)).repeat(1, 1, side, 1)
        doubled = interpolate(F.avg_pool2d(ramp, 2))
        torch.testing.assert_close(doubled[..., 1:-1], ramp[..., 1:-1])


def test_blocks_halve_and_double():
    assert Down(4, 8)(torch.rand(2, 4, 10, 6)).shape == (2, 8, 5, 3)
    assert Up(8, 4)(torch.rand(2, 8, 5, 3), torch.rand(2, 4, 10, 6)).shape == (2, 4, 10, 6)


def test_centre_crop_takes_the_middle():
    grid = torch.arange(36).reshape(1, 1, 6, 6)
    assert centre_crop(grid, 2, 4).tolist() == [[[[13, 14, 15, 16], [19, 20, 21, 22]]]]


@pytest.mark.parametrize("up", ["transposed", "bilinear"])
@pytest.mark.parametrize("skip", ["concat", "add", "none"])
def test_gradients_reach_every_parameter(up, skip):
    model = small_unet(up=up, skip=skip).train()
    model(torch.rand(2, 3, 16, 24)).square().mean().backward()
    without = [name for name, p in model.named_parameters() if p.grad is None]
    assert without == []
    # Batch norm takes the bias before it out again, so only that gradient is (nearly) zero.
    weights = [p for name, p in model.named_parameters() if p.ndim == 4]
    assert all(p.grad.abs().max() > 0 for p in weights)


@pytest.mark.parametrize(("skip", "matters"), [("concat", True), ("add", True), ("none", False)])
@pytest.mark.parametrize("stage", [0, 1])
def test_zeroing_one_skip_changes_the_logits(skip, matters, stage):
    model = small_unet(skip=skip)
    images = torch.rand(1, 3, 16, 16)
    with_skip = model(images)
    model.ups[stage].register_forward_pre_hook(lambda _up, inputs: (inputs[0], 0 * inputs[1]))
    assert torch.equal(model(images), with_skip) is not matters


def test_eval_is_deterministic_and_does_not_depend_on_other_images():
    model = small_unet()
    images = torch.rand(3, 3, 16, 16)
    before = copy.deepcopy(model.state_dict())
    logits = model(images)
    assert torch.equal(model(images), logits)
    torch.testing.assert_close(model(images[:1]), logits[:1])
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())


def test_channels_last_with_bf16_autocast_is_close_to_float32():
    model = small_unet()
    images = torch.rand(2, 3, 32, 48)
    expected = model(images)
    model = model.to(memory_format=torch.channels_last)
    images = images.to(memory_format=torch.channels_last)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits = model(images)
    assert logits.dtype == torch.bfloat16
    assert logits.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(logits.float(), expected, rtol=0.1, atol=0.1)


def test_a_size_that_does_not_divide_is_refused_with_the_nearest_ones():
    with torch.device("meta"):
        model = UNet()
        images = torch.empty(1, 3, 250, 320)
    with pytest.raises(
        ValueError, match=r"250 x 320 .*multiples of 16: crop to 240 x 320 .*or pad to 256 x 320 \("
    ):
        model(images)


def test_a_size_that_valid_convolutions_cannot_take_is_refused_with_the_nearest_ones():
    with torch.device("meta"):
        model = UNet(padding="valid")
        images = torch.empty(1, 3, 570, 572)
        too_small = torch.empty(1, 3, 100, 188)
    with pytest.raises(
        ValueError,
        match=r"570 x 572 .*crop to 556 x 572 \(logits 372 x 388\) or pad to 572 x 572 \(logits 388 x 388\)",
    ):
        model(images)
    with pytest.raises(ValueError, match=r"100 x 188 .* stage: pad to 188 x 188 \(logits 4 x 4\)\.$"):
        model(too_small)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"up": "nearest"}, "up is 'nearest', but it must be one of 'transposed', 'bilinear'"),
        ({"padding": "full"}, "padding is 'full', but it must be one of 'same', 'valid'"),
        ({"skip": None}, "skip is None, but it must be one of 'concat', 'add', 'none'"),
        ({"widths": (64,)}, r"widths is \(64,\), but a U-Net needs at least two levels"),
    ],
)
def test_unknown_options_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        UNet(**options)
