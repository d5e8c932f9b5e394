"""The blocks of lesson 06 are judged by what they compute, however they are built."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from verdicts import SEEDS, seeds_that_pass, what_a_learner_reads

from course_lib.exercises.l06_full_unet.double_conv import DoubleConv
from course_lib.exercises.l06_full_unet.up import Up


class Steps(nn.Module):
    """A double convolution whose steps are called in the order of a text, such as ``"conv1 norm1 relu"``."""

    order = "conv1 norm1 relu conv2 norm2 relu"

    def __init__(self, in_channels, out_channels):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, padding=1)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1)
        self.norm1, self.norm2 = nn.BatchNorm2d(out_channels), nn.BatchNorm2d(out_channels)

    def forward(self, features):
        for step in self.order.split():
            features = F.relu(features) if step == "relu" else getattr(self, step)(features)
        return features


def in_order(text):
    return type("Ordered", (Steps,), {"order": text})


def test_the_right_order_passes():
    assert seeds_that_pass("double-conv", Steps) == list(SEEDS)


@pytest.mark.parametrize(
    ("order", "said"),
    [
        ("conv1 relu conv2 norm2 relu", "parameters that no gradient reaches"),
        ("conv1 norm1 relu conv2 relu", "parameters that no gradient reaches"),
        ("conv1 norm1 relu norm2 conv2 relu", "batch norm right after each convolution"),
        ("conv1 norm1 conv2 norm2 relu", "ReLU"),
    ],
)
def test_what_is_made_but_not_used_or_in_another_place_is_refused(order, said):
    assert seeds_that_pass("double-conv", in_order(order)) == []
    assert said in what_a_learner_reads("double-conv", in_order(order))


class GroupedConv(Steps):
    """Twice as many channels between the convolutions, and groups in the second one."""

    def __init__(self, in_channels, out_channels):
        super().__init__(in_channels, 2 * out_channels)
        self.conv2 = nn.Conv2d(2 * out_channels, out_channels, 3, padding=1, groups=out_channels)
        self.norm2 = nn.BatchNorm2d(out_channels)


def test_a_block_of_other_weights_is_refused():
    assert seeds_that_pass("double-conv", GroupedConv) == []


class HalvedUp(Up):
    def forward(self, features, skip):
        return 0.5 * super().forward(features, skip)


def test_a_stage_up_whose_output_is_halved_is_refused():
    assert seeds_that_pass("up", HalvedUp) == []
    assert "its batch norm has set the scale already" in what_a_learner_reads("up", HalvedUp)


class MeanPooledUNet(nn.Module):
    """A U-Net that is right but for its poolings."""

    def __init__(self, in_channels=3, num_classes=21, widths=(64, 128, 256, 512, 1024)):
        super().__init__()
        self.down = nn.ModuleList(map(DoubleConv, (in_channels, *widths), widths))
        self.up = nn.ModuleList(map(Up, widths[1:], widths))
        self.head = nn.Conv2d(widths[0], num_classes, 1)

    pool = staticmethod(F.avg_pool2d)

    def forward(self, images):
        levels = [self.down[0](images)]
        for block in self.down[1:]:
            levels.append(block(self.pool(levels[-1], 2)))
        features = levels.pop()
        for block in reversed(self.up):
            features = block(features, levels.pop())
        return self.head(features)


class MaxPooledUNet(MeanPooledUNet):
    pool = staticmethod(F.max_pool2d)


class SkipForgotten(MaxPooledUNet):
    """Joins the features of every level with ones in place of the skip."""

    def forward(self, images):
        levels = [self.down[0](images)]
        for block in self.down[1:]:
            levels.append(block(self.pool(levels[-1], 2)))
        features = levels.pop()
        for block in reversed(self.up):
            features = block(features, torch.ones_like(levels.pop()))
        return self.head(features)


def test_mean_pooling_in_a_unet_is_refused():
    assert seeds_that_pass("unet", MaxPooledUNet) == list(SEEDS)
    assert seeds_that_pass("unet", MeanPooledUNet) == []
    assert "known weights" in what_a_learner_reads("unet", MeanPooledUNet)


def test_a_unet_without_its_skips_is_told_so():
    assert seeds_that_pass("unet", SkipForgotten) == []
    assert "tell columns apart that are equal after pooling" in what_a_learner_reads("unet", SkipForgotten)
