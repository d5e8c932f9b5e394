"""What a network accepts: sizes, and the messages that refuse the rest."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from course_lib.models.inputs import check_image_batch, conv_output_size
from course_lib.models.skips import join_skip, joined_channels


@pytest.mark.parametrize(
    ("size", "poolings", "padding", "expected"),
    [
        pytest.param(572, 4, "valid", 388, id="unet-572"),
        pytest.param(256, 4, "same", 256, id="unet-shapes"),
        pytest.param(188, 4, "valid", 4, id="smallest-valid"),
        pytest.param(172, 4, "valid", None, id="even-all-the-way-and-nothing-left"),
        pytest.param(570, 4, "valid", None, id="odd-on-the-way"),
        pytest.param(18, 1, "valid", 2, id="one-pooling-valid"),  # 18-4=14, 7-4=3, 6-4=2
        pytest.param(250, 4, "same", None, id="no-multiple-of-16"),
        pytest.param(16, 4, "same", 16, id="one-pixel-at-the-bottleneck"),
        pytest.param(0, 4, "same", None, id="nothing"),
    ],
)
def test_conv_output_size(size, poolings, padding, expected):
    assert conv_output_size(size, poolings, padding) == expected


def traced_output_size(size: int, poolings: int) -> int | None:
    """Run unpadded convolutions and poolings on a line of pixels, and see what comes out."""
    line = torch.ones(1, 1, size)
    kernel = torch.ones(1, 1, 3)

    def stage(line: torch.Tensor) -> torch.Tensor:
        return F.conv1d(F.conv1d(line, kernel), kernel)

    try:
        for _ in range(poolings):
            line = stage(line)
            if line.shape[2] % 2:
                return None
            line = F.max_pool1d(line, 2)
        line = stage(line)
        for _ in range(poolings):
            line = stage(line.repeat_interleave(2, dim=2))
    except RuntimeError:  # torch: the kernel can't be greater than the input
        return None
    return line.shape[2]


@pytest.mark.parametrize("poolings", [1, 2, 3])
def test_valid_sizes_are_those_that_convolutions_really_give(poolings):
    for size in range(1, 150):
        assert conv_output_size(size, poolings, "valid") == traced_output_size(size, poolings), size


def test_downsample_32():
    """Worked example downsample-32: conv, pool, conv, pool on 32 x 32."""
    features = torch.rand(1, 3, 32, 32)
    sides = []
    for channels in (3, 8):
        features = torch.nn.Conv2d(channels, 8, 3, padding=1)(features)
        sides.append(features.shape[-1])
        features = F.max_pool2d(features, 2)
        sides.append(features.shape[-1])
    assert sides == [32, 16, 16, 8]


@pytest.mark.parametrize(
    ("layer", "shape", "side"),
    [
        pytest.param(torch.nn.ConvTranspose2d(1, 1, 3, stride=2), (1, 1, 2, 2), 5, id="transposed-2x2"),
        pytest.param(
            torch.nn.ConvTranspose2d(64, 32, 3, 2, 1, output_padding=1),
            (1, 64, 16, 16),
            32,
            id="transposed-16",
        ),
    ],
)
def test_transposed_convolution_follows_the_size_formula(layer, shape, side):
    stride, padding, kernel, extra = (
        option[0] for option in (layer.stride, layer.padding, layer.kernel_size, layer.output_padding)
    )
    assert (shape[-1] - 1) * stride - 2 * padding + kernel + extra == side
    assert layer(torch.rand(shape)).shape == (1, layer.out_channels, side, side)


@pytest.mark.parametrize(
    ("how", "channels"),
    [
        pytest.param("concat", 128, id="skip-concat-add: concat"),
        pytest.param("add", 64, id="skip-concat-add: add"),
    ],
)
def test_skip_concat_add(how, channels):
    decoded, encoded = torch.rand(2, 64, 32, 32), torch.rand(2, 64, 32, 32)
    joined = join_skip(decoded, encoded, how)
    assert joined.shape == (2, channels, 32, 32)
    assert joined_channels(64, how) == channels
    if how == "add":
        assert torch.equal(joined, decoded + encoded)
    else:
        assert torch.equal(joined[:, :64], decoded)
        assert torch.equal(joined[:, 64:], encoded)


def test_skip_none_is_only_the_decoder():
    decoded = torch.rand(2, 64, 32, 32)
    assert join_skip(decoded, torch.rand(2, 64, 32, 32), "none") is decoded
    assert joined_channels(64, "none") == 64


@pytest.mark.parametrize(
    ("images", "error", "message"),
    [
        (np.zeros((1, 3, 8, 8), np.float32), TypeError, r"images is a ndarray, but .* \(N, C, H, W\)"),
        (torch.zeros(3, 8, 8), ValueError, r"shape \(3, 8, 8\).*unsqueeze\(0\)"),
        (torch.zeros(8, 8), ValueError, r"shape \(8, 8\).*\(N, C, H, W\)\.$"),
        (torch.zeros(2, 1, 8, 8), ValueError, r"\(2, 1, 8, 8\), which is 1 channels .* built for 3\.$"),
        (torch.zeros(2, 8, 8, 3), ValueError, r"\(2, 8, 8, 3\).*permute\(0, 3, 1, 2\)"),
        (torch.zeros(2, 3, 8, 8, dtype=torch.uint8), TypeError, r"torch\.uint8.*images\.float\(\) / 255"),
    ],
)
def test_other_images_are_refused_with_a_remedy(images, error, message):
    with pytest.raises(error, match=message):
        check_image_batch(images, in_channels=3)
