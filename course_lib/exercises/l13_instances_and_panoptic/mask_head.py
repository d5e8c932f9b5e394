"""The mask head."""

import torch
import torch.nn.functional as F
from torch import nn

from course_lib.checking.exercise import Exercise, by_kind
from course_lib.exercises.l13_instances_and_panoptic.mask_head_probe import (
    ROIS,
    draw_rois,
    known_logits,
    probe_head,
)


class MaskHead(nn.Module):
    """Map the features of RoIs to mask logits.

    Four 3x3 convolutions with `width` channels that keep the size, a 2x2 transposed convolution with `width`
    channels that doubles it, a ReLU after each of the five, and a 1x1 convolution with one channel for each
    class. forward takes float (N, in_channels, 14, 14) and returns float (N, num_classes, 28, 28).

    Args:
        in_channels: int, channels of the features.
        num_classes: int, channels of the logits.
        width: int, channels in between.
    """

    def __init__(self, in_channels=256, num_classes=3, width=256):
        super().__init__()
        # Make the layers here, and write forward below.
        ### BEGIN SOLUTION
        layers = []
        for channels in (in_channels, width, width, width):
            layers += [nn.Conv2d(channels, width, kernel_size=3, padding=1), nn.ReLU()]
        self.convs = nn.Sequential(*layers)
        self.upsample = nn.ConvTranspose2d(width, width, kernel_size=2, stride=2)
        self.head = nn.Conv2d(width, num_classes, kernel_size=1)

    def forward(self, rois):
        """Return the logits."""
        features = self.convs(rois)  # (N, width, 14, 14)
        features = torch.relu(self.upsample(features))  # (N, width, 28, 28)
        return self.head(features)  # (N, num_classes, 28, 28)
        ### END SOLUTION


MASK_HEAD = Exercise(
    MaskHead,
    title="The mask head",
    points=3,
    minutes=10,
    source="Study guide, section 7: mask head",
    draw=by_kind(draw_rois, *ROIS),
    observe=probe_head,
    tolerance=1e-5,
    fresh_cases=len(ROIS),
    deadline=20.0,  # 256 channels take a busy computer seconds
    hints=(
        "There are six layers: four of one kind, one that doubles the size, and one that makes a channel for each "
        "class. Which of them are followed by a ReLU?",
        "nn.Conv2d(..., kernel_size=3, padding=1) keeps the size, nn.ConvTranspose2d(width, width, kernel_size=2, "
        "stride=2) doubles it, nn.Conv2d(width, num_classes, kernel_size=1) ends the head.",
        "In a loop over (in_channels, width, width, width), add nn.Conv2d(channels, width, kernel_size=3, padding=1) "
        "and nn.ReLU() to a list, and put it into nn.Sequential(*layers). In forward, wrap the transposed convolution "
        "in torch.relu, and return what the 1x1 convolution gives.",
    ),
    why="It is a small fully convolutional network, applied to each box by itself. Every class gets its own mask: "
    "which of them counts is decided by the box's classifier.",
)


MASK_HEAD.worked(
    torch.ones(1, 3, 14, 14),
    4,
    4,
    gives={
        "the number of layers in a plain list, where torch does not see them (nn.ModuleList)": 0,
        "the shape of the logits for RoIs of shape (1, 3, 14, 14)": "(1, 4, 28, 28)",
        "the number of weights and biases": 112 + 3 * 148 + 68 + 20,  # 4 * 3 * 9 + 4, 4 * 4 * 9 + 4, ...
        "the number of weight tensors that get no gradient": 0,
        "the middle pixel's logits for known weights": known_logits(3 / 4, 4),
    },
)
MASK_HEAD.worked(
    torch.ones(1, 256, 14, 14),
    3,
    256,
    gives={
        "the number of layers in a plain list, where torch does not see them (nn.ModuleList)": 0,
        "the shape of the logits for RoIs of shape (1, 256, 14, 14)": "(1, 3, 28, 28)",
        "the number of weights and biases": 4 * (256 * 256 * 9 + 256) + 256 * 256 * 4 + 256 + 256 * 3 + 3,
    },
    example="mask-head",
)


@MASK_HEAD.wrong
class ThreeConvolutions(MaskHead):
    """Your head has three 3x3 convolutions. It should have four: the first takes in_channels, the other three
    take width.
    """

    def __init__(self, in_channels=256, num_classes=3, width=256):
        super().__init__(in_channels, num_classes, width)
        self.convs = self.convs[:6]


@MASK_HEAD.wrong
class NoRelu(MaskHead):
    """You left the ReLUs out. Without them all layers together are only one linear step. Put a ReLU after each of the
    four convolutions and after the transposed one, and none after the last layer.
    """

    def __init__(self, in_channels=256, num_classes=3, width=256):
        super().__init__(in_channels, num_classes, width)
        self.convs = nn.Sequential(*self.convs[::2])

    def forward(self, rois):
        return self.head(self.upsample(self.convs(rois)))


@MASK_HEAD.wrong
class NoReluAfterTheUpsampling(MaskHead):
    """There is no ReLU between the transposed convolution and the 1x1 convolution, so the two together are only one
    linear step. Wrap the transposed convolution in torch.relu.
    """

    def forward(self, rois):
        return self.head(self.upsample(self.convs(rois)))


@MASK_HEAD.wrong
class NoPadding(MaskHead):
    """Your convolutions have no padding: each loses 2 pixels, and 14 becomes 6 before the upsampling. Pass
    padding=1.
    """

    def __init__(self, in_channels=256, num_classes=3, width=256):
        super().__init__(in_channels, num_classes, width)
        for conv in self.convs[::2]:
            conv.padding = (0, 0)


@MASK_HEAD.wrong
class BilinearUpsampling(MaskHead):
    """You enlarge by interpolation, which learns nothing. The mask head uses nn.ConvTranspose2d(width, width,
    kernel_size=2, stride=2).
    """

    def __init__(self, in_channels=256, num_classes=3, width=256):
        super().__init__(in_channels, num_classes, width)
        self.upsample = nn.Upsample(scale_factor=2, mode="bilinear")


@MASK_HEAD.wrong
class OneMaskForAllClasses(MaskHead):
    """Your head gives one mask. It should give one for each class, so that a cat's mask never competes with a
    dog's: the last layer has num_classes channels.
    """

    def __init__(self, in_channels=256, num_classes=3, width=256):
        super().__init__(in_channels, 1, width)


@MASK_HEAD.wrong
class SigmoidAtTheEnd(MaskHead):
    """You return probabilities. The loss takes logits and applies its own sigmoid: return what the 1x1
    convolution gives.
    """

    def forward(self, rois):
        return super().forward(rois).sigmoid()


@MASK_HEAD.wrong
class ReluAtTheEnd(MaskHead):
    """You put a ReLU after the last layer as well, so no logit can be below 0. A ReLU follows each of the other five
    layers, and nothing follows the 1x1 convolution.
    """

    def forward(self, rois):
        return super().forward(rois).relu()


@MASK_HEAD.wrong
class ReluAfterTheWrongLayer(MaskHead):
    """Your fifth ReLU follows the last layer, so no logit can be below 0. It belongs between the transposed convolution
    and the 1x1 convolution, and nothing follows that one.
    """

    def forward(self, rois):
        return self.head(self.upsample(self.convs(rois))).relu()


@MASK_HEAD.wrong
class OneConvolutionSeveralTimes(MaskHead):
    """You use one convolution several times, so its weights are shared. The head has four 3x3 convolutions, each with
    weights of its own: make a new layer for each.
    """

    def __init__(self, in_channels=256, num_classes=3, width=256):
        super().__init__(in_channels, num_classes, width)
        first, again = self.convs[0], self.convs[2]
        self.convs = nn.Sequential(first, nn.ReLU(), *[again, nn.ReLU()] * 3)


@MASK_HEAD.wrong
class ClassesFromTheUpsampling(MaskHead):
    """Your transposed convolution already has num_classes channels. It keeps the width, and only the last layer makes a
    channel for each class.
    """

    def __init__(self, in_channels=256, num_classes=3, width=256):
        super().__init__(in_channels, num_classes, width)
        self.upsample = nn.ConvTranspose2d(width, num_classes, kernel_size=2, stride=2)
        self.head = nn.Conv2d(num_classes, num_classes, kernel_size=1)


@MASK_HEAD.right
class HeadOfASequence(nn.Sequential):
    """All in one sequence."""

    def __init__(self, in_channels=256, num_classes=3, width=256):
        convs = [nn.Conv2d(in_channels, width, 3, padding="same"), nn.ReLU()]
        for _ in range(3):
            convs += [nn.Conv2d(width, width, 3, 1, 1), nn.ReLU()]
        convs += [nn.ConvTranspose2d(width, width, 2, 2), nn.ReLU()]
        super().__init__(*convs, nn.Conv2d(width, num_classes, 1))


@MASK_HEAD.right
class HeadOfAList(nn.Module):
    """Layers in a list, ReLU by clamping."""

    def __init__(self, in_channels=256, num_classes=3, width=256):
        super().__init__()
        convs = [nn.Conv2d(in_channels if i == 0 else width, width, 3, padding=1) for i in range(4)]
        self.layers = nn.ModuleList([*convs, nn.ConvTranspose2d(width, width, 2, stride=2)])
        self.last = nn.Conv2d(width, num_classes, 1)

    def forward(self, rois):
        for layer in self.layers:
            rois = layer(rois).clamp(min=0)
        return self.last(rois)


@MASK_HEAD.right
class HeadWithALinearLayer(MaskHead):
    """The 1x1 convolution as nn.Linear over the channels; only for RoIs of the size that the statement names."""

    def __init__(self, in_channels=256, num_classes=3, width=256):
        super().__init__(in_channels, width=width)
        self.head = nn.Linear(width, num_classes)

    def forward(self, rois):
        assert rois.shape[2:] == (14, 14)
        features = torch.relu(self.upsample(self.convs(rois), output_size=(28, 28)))
        return self.head(features.movedim(1, -1)).movedim(-1, 1)


@MASK_HEAD.right
class HeadOfTorchvision(nn.Module):
    """torchvision's own."""

    def __init__(self, in_channels=256, num_classes=3, width=256):
        from torchvision.models.detection.mask_rcnn import MaskRCNNHeads, MaskRCNNPredictor

        super().__init__()
        self.heads = MaskRCNNHeads(in_channels, (width,) * 4, dilation=1)
        self.predictor = MaskRCNNPredictor(width, width, num_classes)

    def forward(self, rois):
        return self.predictor(self.heads(rois))


@MASK_HEAD.right
class HeadOfParameters(nn.Module):
    """No layers: weights and biases, and functions that take them."""

    def __init__(self, in_channels=256, num_classes=3, width=256):
        super().__init__()
        shapes = [
            (width, in_channels, 3, 3),
            *[(width, width, 3, 3)] * 3,
            (width, width, 2, 2),
            (num_classes, width, 1, 1),
        ]
        self.weights = nn.ParameterList(torch.rand(shape) for shape in shapes)
        self.biases = nn.ParameterList(torch.rand(shape[0]) for shape in shapes)

    def forward(self, rois):
        *convs, upsample, last = zip(self.weights, self.biases, strict=True)
        for weight, bias in convs:
            rois = F.conv2d(rois, weight, bias, padding=1).relu()
        rois = F.conv_transpose2d(rois, *upsample, stride=2).relu()
        return F.conv2d(rois, *last)


MASK_HEAD.equivalent(
    "MaskHead, line 14: self.convs = nn.Sequential(*layers) -> self.convs = nn.Sequential(*layers) (moved)",
    because="Made anew in each round, it has all layers in the last one.",
)

MASK_HEAD.equivalent(
    "MaskHead, line 22: width -> channels",
    "MaskHead, line 23: width -> channels",
    because="After the loop both are the width.",
)

MASK_HEAD.equivalent(
    "HeadWithALinearLayer, line 9: assert rois.shape[2:] == (14, 14) -> nothing",
    "HeadWithALinearLayer, line 11: self.upsample(self.convs(rois), output_size=(28, 28))"
    " -> self.upsample(self.convs(rois))",
    because="RoIs have this size, and the layer doubles it.",
)
