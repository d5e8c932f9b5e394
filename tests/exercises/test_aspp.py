"""Atrous spatial pyramid pooling is judged by what it computes, and each label tells only what its probe isolates."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from verdicts import SEEDS, seeds_that_pass, what_a_learner_reads

from course_lib.exercises.l12_atrous_and_context.aspp import ASPP


class PointAndImageInOne(ASPP):
    """Two of the 1x1 convolutions as one linear layer, and the mean taken after it."""

    def __init__(self, in_channels, out_channels, rates):
        super().__init__(in_channels, out_channels, rates)
        self.point = self.image = None
        self.both = nn.Linear(in_channels, 2 * out_channels)

    def forward(self, features):
        point, image = self.both(features.movedim(1, -1)).movedim(-1, 1).chunk(2, dim=1)
        views = [point, image.mean(dim=(2, 3), keepdim=True).expand_as(point)]
        views += [conv(features) for conv in self.atrous]
        return self.project(torch.relu(torch.cat(views, dim=1)))


class MatrixAtTheEnd(ASPP):
    """The last convolution as a bare matrix, the inputs first, and a bias with axes of its own."""

    def __init__(self, in_channels, out_channels, rates):
        super().__init__(in_channels, out_channels, rates)
        del self.project
        self.matrix = nn.Parameter(torch.randn((len(rates) + 2) * out_channels, out_channels))
        self.bias = nn.Parameter(torch.zeros(out_channels, 1, 1))

    def project(self, views):
        return torch.einsum("nchw,ck->nkhw", views, self.matrix) + self.bias


class GroupedViews(ASPP):
    """The means of the image are joined to the features, and a grouped convolution handles both."""

    def __init__(self, in_channels, out_channels, rates):
        super().__init__(in_channels, out_channels, rates)
        self.point = self.image = None
        self.grouped = nn.Conv2d(2 * in_channels, 2 * out_channels, kernel_size=1, groups=2)

    def forward(self, features):
        mean = F.adaptive_avg_pool2d(features, 1).expand_as(features)
        views = [self.grouped(torch.cat([features, mean], dim=1)), *(conv(features) for conv in self.atrous)]
        return self.project(F.relu(torch.cat(views, dim=1)))


@pytest.mark.parametrize("network", [PointAndImageInOne, MatrixAtTheEnd, GroupedViews])
def test_networks_of_other_parts_pass(network):
    assert seeds_that_pass("aspp", network) == list(SEEDS)


class ReluAtTheEnd(ASPP):
    def forward(self, features):
        return super().forward(features).clamp(min=0)


def test_a_last_relu_is_refused_and_not_said_to_hide_the_mean():
    assert seeds_that_pass("aspp", ReluAtTheEnd) == []
    said = what_a_learner_reads("aspp", ReluAtTheEnd)
    assert "the middle's output for known weights" in said
    assert "every pixel" not in said
    assert "rows away" not in said
