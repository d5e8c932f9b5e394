"""The encoder that may dilate instead of shrinking."""

import pytest
import torch
from torch import nn
from torchvision.models.resnet import BasicBlock

from course_lib.models.dilated_resnet import ConvBNReLU, DilatedResNet, ResidualBlock


def copy_weights(ours, theirs):
    """Give our module the weights of another that has the same tensors in the same order."""
    names, values = ours.state_dict().keys(), theirs.state_dict().values()
    ours.load_state_dict(dict(zip(names, values, strict=True)))


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


@pytest.mark.parametrize(
    ("output_stride", "sides"), [(32, [32, 16, 8, 4]), (16, [32, 16, 8, 8]), (8, [32, 16, 16, 16])]
)
def test_the_output_stride_says_where_shrinking_ends(output_stride, sides):
    features = DilatedResNet(output_stride=output_stride)(torch.rand(1, 3, 128, 128))
    assert [tuple(stage.shape) for stage in features] == [
        (1, width, side, side) for width, side in zip((48, 96, 192, 256), sides, strict=True)
    ]


@pytest.mark.parametrize(
    ("output_stride", "third", "fourth"),
    [(32, [1, 1, 1, 1], [1, 1, 1, 1]), (16, [1, 1, 1, 1], [1, 2, 2, 2]), (8, [1, 2, 2, 2], [2, 4, 4, 4])],
)
def test_what_comes_after_a_stride_left_out_doubles_its_dilation(output_stride, third, fourth):
    found = [
        [layer.dilation[0] for layer in stage.modules() if getattr(layer, "kernel_size", 0) == (3, 3)]
        for stage in DilatedResNet(output_stride=output_stride).stages
    ]
    assert found == [[1, 1, 1, 1], [1, 1, 1, 1], third, fourth]


@pytest.mark.parametrize("output_stride", [8, 16])
def test_strides_left_out_change_no_number_but_add_those_in_between(output_stride):
    """Dilation costs no weight, so an encoder that was trained with one output stride can go on with another."""
    coarse, fine = (DilatedResNet(output_stride=stride).eval() for stride in (32, output_stride))
    fine.load_state_dict(coarse.state_dict())
    images = torch.rand(1, 3, 128, 128)
    step = 32 // output_stride
    torch.testing.assert_close(fine(images)[-1][..., ::step, ::step], coarse(images)[-1])


@pytest.mark.parametrize(("in_channels", "stride"), [(8, 1), (8, 2), (4, 2)])
def test_a_residual_block_equals_torchvisions(in_channels, stride):
    downsample = None
    if stride > 1 or in_channels != 8:
        downsample = nn.Sequential(nn.Conv2d(in_channels, 8, 1, stride, bias=False), nn.BatchNorm2d(8))
    theirs = BasicBlock(in_channels, 8, stride, downsample)
    ours = ResidualBlock(in_channels, 8, stride)
    copy_weights(ours, theirs)
    features = torch.randn(2, in_channels, 10, 12)
    torch.testing.assert_close(ours(features), theirs(features))


@pytest.mark.parametrize(("kernel_size", "dilation"), [(1, 1), (3, 1), (3, 2), (3, 6), (5, 3)])
def test_padding_keeps_the_size(kernel_size, dilation):
    layer = ConvBNReLU(3, 4, kernel_size, dilation=dilation)
    assert layer(torch.rand(2, 3, 9, 7)).shape == (2, 4, 9, 7)


def test_options_that_cannot_be_are_refused():
    with pytest.raises(ValueError, match=r"output_stride is 4, but it must be 8, 16 or 32\."):
        DilatedResNet(output_stride=4)
    with pytest.raises(ValueError, match=r"widths is \(8, 16\), but this encoder needs 5"):
        DilatedResNet(widths=(8, 16))
