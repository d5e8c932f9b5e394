"""Networks are judged by what they compute, however they are built; labels claim what their probe isolates."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn
from verdicts import SEEDS, seeds_that_pass, what_a_learner_reads

from course_lib.exercises.known_weights import set_known_weights
from course_lib.exercises.l05_tiny_unet.tiny_unet import TinyUNet
from course_lib.exercises.l13_instances_and_panoptic.mask_head import MaskHead


class LinearOverChannels(nn.Linear):
    def forward(self, features):
        return super().forward(features.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class LinearHead(TinyUNet):
    def __init__(self, in_channels=3, num_classes=3):
        super().__init__(in_channels, num_classes)
        self.head = LinearOverChannels(16, num_classes)


class MatrixHead(TinyUNet):
    """The head as a bare matrix (16, num_classes), the inputs first."""

    def __init__(self, in_channels=3, num_classes=3):
        super().__init__(in_channels, num_classes)
        del self.head
        self.matrix = nn.Parameter(torch.randn(16, num_classes))
        self.bias = nn.Parameter(torch.zeros(num_classes, 1, 1))

    def head(self, features):
        return torch.einsum("nchw,ck->nkhw", features, self.matrix) + self.bias


class DecoderInTwo(TinyUNet):
    """The decoder's convolution taken apart: one for the features, one for the skip."""

    def __init__(self, in_channels=3, num_classes=3):
        super().__init__(in_channels, num_classes)
        del self.decoder
        self.of_features = nn.Conv2d(16, 16, 3, padding=1, bias=False)
        self.of_skip = nn.Conv2d(16, 16, 3, padding=1)

    def decoder(self, joined):
        return self.of_features(joined[:, :16]) + self.of_skip(joined[:, 16:])


@pytest.mark.parametrize("network", [LinearHead, MatrixHead, DecoderInTwo])
def test_tiny_unets_of_other_parts_pass(network):
    assert seeds_that_pass("tiny-unet", network) == list(SEEDS)


class SkipAfterPooling(TinyUNet):
    pool = staticmethod(F.max_pool2d)

    def forward(self, images):
        pooled = self.pool(torch.relu(self.encoder(images)), 2)
        features = self.upsample(torch.relu(self.bottleneck(pooled)))
        skip = F.interpolate(pooled, scale_factor=2)
        return self.head(torch.relu(self.decoder(torch.cat([features, skip], dim=1))))


class AverageSkipAfterPooling(SkipAfterPooling):
    pool = staticmethod(F.avg_pool2d)


@pytest.mark.parametrize("network", [SkipAfterPooling, AverageSkipAfterPooling])
def test_a_skip_from_behind_the_pooling_is_told_as_one(network):
    assert seeds_that_pass("tiny-unet", network) == []
    said = what_a_learner_reads("tiny-unet", network)
    assert "tells columns apart that are equal after pooling" in said
    assert "ReLU" not in said


def without_relu(after):
    """Make a tiny U-Net in which one ReLU is missing, or one too many is at the end."""

    class OneReluOff(TinyUNet):
        def forward(self, images):
            relu = [torch.relu] * 3
            if after < 3:
                relu[after] = nn.Identity()
            detail = relu[0](self.encoder(images))
            context = relu[1](self.bottleneck(F.max_pool2d(detail, 2)))
            features = relu[2](self.decoder(torch.cat([self.upsample(context), detail], dim=1)))
            logits = self.head(features)
            return torch.relu(logits) if after == 3 else logits

    return OneReluOff


@pytest.mark.parametrize("after", range(4))
def test_every_relu_of_a_tiny_unet_matters(after):
    assert seeds_that_pass("tiny-unet", without_relu(after)) == []


class LinearMaskHead(MaskHead):
    def __init__(self, in_channels=256, num_classes=3, width=256):
        super().__init__(in_channels, num_classes, width)
        self.head = LinearOverChannels(width, num_classes)


class SizedMaskHead(MaskHead):
    """Relies on the sizes that the statement names."""

    def forward(self, rois):
        assert rois.shape[-2:] == (14, 14)
        return self.head(torch.relu(self.upsample(self.convs(rois), output_size=(28, 28))))


@pytest.mark.parametrize("head", [LinearMaskHead, SizedMaskHead])
def test_mask_heads_of_other_parts_pass(head):
    assert seeds_that_pass("mask-head", head) == list(SEEDS)


def test_an_error_of_a_mask_head_speaks_of_the_rois_that_it_was_given():
    class AllOfInChannels(MaskHead):
        def __init__(self, in_channels=256, num_classes=3, width=256):
            super().__init__(in_channels, num_classes, in_channels)
            self.upsample = nn.ConvTranspose2d(width, width, 2, stride=2)

    said = what_a_learner_reads("mask-head", AllOfInChannels)
    assert "14, 14" in said
    assert "9, 9" not in said


def test_known_weights_do_not_hang_on_axes():
    model = nn.ParameterList(
        [torch.zeros(2, 3), torch.zeros(3, 2, 1, 1), torch.zeros(5), torch.zeros(5, 1, 1)]
    )
    with torch.no_grad():
        set_known_weights(model, 0.5)
    matrix, kernel, bias, bias_of_a_map = (weight.detach().numpy() for weight in model)
    assert (matrix == 0.5).all()
    assert (kernel == 0.5).all()
    np.testing.assert_array_equal(bias, [-4, 1, 1, 1, -4])
    np.testing.assert_array_equal(bias_of_a_map.ravel(), bias)
