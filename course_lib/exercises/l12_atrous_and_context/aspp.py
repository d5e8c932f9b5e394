"""Atrous spatial pyramid pooling."""

import torch
import torch.nn.functional as F
from torch import nn

from course_lib.checking.exercise import Exercise
from course_lib.exercises.l05_tiny_unet.shared import LinearOverChannels
from course_lib.exercises.l12_atrous_and_context.aspp_probe import draw_features, probe_aspp


class ASPP(nn.Module):
    """Look at features from several distances at once.

    forward takes features, float (N, in_channels, H, W), and returns float (N, out_channels, H, W).

    Args:
        in_channels: int, channels of the features.
        out_channels: int, channels of the result.
        rates: a list of int, the dilations.
    """

    def __init__(self, in_channels, out_channels, rates):
        super().__init__()
        # Make the layers here, and write forward below.
        ### BEGIN SOLUTION
        self.point = nn.Conv2d(in_channels, out_channels, kernel_size=1)
        self.atrous = nn.ModuleList(
            nn.Conv2d(in_channels, out_channels, 3, padding=rate, dilation=rate) for rate in rates
        )
        self.image = nn.Conv2d(in_channels, out_channels, kernel_size=1)
        self.project = nn.Conv2d((len(rates) + 2) * out_channels, out_channels, kernel_size=1)

    def forward(self, features):
        """Return the features, seen from everywhere."""
        mean = features.mean(dim=(2, 3), keepdim=True)  # (N, C, 1, 1)
        views = [self.point(features)]  # (N, out_channels, H, W)
        views += [conv(features) for conv in self.atrous]
        views += [self.image(mean).expand_as(views[0])]
        return self.project(torch.relu(torch.cat(views, dim=1)))
        ### END SOLUTION


ASPP_EXERCISE = Exercise(
    ASPP,
    title="Atrous spatial pyramid pooling",
    points=4,
    minutes=15,
    source="Notes: DeepLab v3+, atrous convolution and ASPP",
    draw=draw_features,
    observe=probe_aspp,
    tolerance=1e-5,
    fresh_cases=4,
    hints=(
        "Count the branches: one of 1x1, one for each rate, one of the whole image. Each gives out_channels channels "
        "of the same height and width.",
        "nn.Conv2d(..., 3, padding=rate, dilation=rate) keeps the size; a list of such layers belongs in an "
        "nn.ModuleList. features.mean(dim=(2, 3), keepdim=True) "
        "is (N, C, 1, 1); after its 1x1 convolution, .expand_as(another_branch) gives it to every pixel.",
        "forward: views = [point(features), *(conv(features) for conv in atrous), image(mean).expand_as(...)]; "
        "return project(torch.relu(torch.cat(views, dim=1))), where project takes (len(rates) + 2) * out_channels "
        "channels.",
    ),
    why="Each branch answers at its own distance, the mean answers for the whole image, and the last convolution "
    "weighs them for every pixel. The features keep their height and width.",
)

# Weights: 2 * 2 + 2 = 6 for the point, 6 for the image, twice 2 * 2 * 9 + 2 = 38, 2 * 8 + 2 = 18. All are set to 1/8,
# and the biases to -4 and 1. Of an image of ones, 2 channels make 2/8 in the 1x1 views and 18/8 in the others: their
# first channel is below 0, so ReLU makes it 0, and the second ones are 1.25, 1.25, 3.25 and 3.25, together 9.
ASPP_EXERCISE.worked(
    torch.ones(1, 2, 9, 12),
    2,
    [1, 3],
    gives={
        "the shape of the output for features of shape (1, 2, 9, 12)": "(1, 2, 9, 12)",
        "the number of weights and biases, where each convolution has a bias": 106,
        "the number of weight tensors that get no gradient": 0,
        "how many rows away from the middle it looks": [-3, -1, 0, 1, 3],
        "every pixel of the first image reaches the middle of its output (by the mean)": True,
        "the middle's output for known weights": [9 / 8 - 4, 9 / 8 + 1],
    },
)


def _views(aspp, features, over_the_image=torch.mean):
    views = [aspp.point(features), *(conv(features) for conv in aspp.atrous)]
    return [*views, aspp.image(over_the_image(features, dim=(2, 3), keepdim=True)).expand_as(views[0])]


@ASPP_EXERCISE.wrong
class RatesIgnored(ASPP):
    """Your 3x3 branches all look one pixel far. Hand the rates on with dilation=rate, or all branches see the same."""

    def __init__(self, in_channels, out_channels, rates):
        super().__init__(in_channels, out_channels, [1 for _ in rates])


@ASPP_EXERCISE.wrong
class PaddingOf1(ASPP):
    """Your branches have different sizes and cannot be joined. A 3x3 kernel needs dilation=r and padding=r to keep
    the size, and the mean of the image, 1 x 1, must be given to every pixel: .expand_as(another_branch).
    """

    def __init__(self, in_channels, out_channels, rates):
        super().__init__(in_channels, out_channels, rates)
        for conv in self.atrous:
            conv.padding = (1, 1)


@ASPP_EXERCISE.wrong
class NoMeanOfTheImage(ASPP):
    """The branch of the whole image is missing: take the mean over height and width, a 1x1 convolution of it,
    and give every pixel the result.
    """

    def __init__(self, in_channels, out_channels, rates):
        super().__init__(in_channels, out_channels, rates)
        self.image = None
        self.project = nn.Conv2d((len(rates) + 1) * out_channels, out_channels, kernel_size=1)

    def forward(self, features):
        views = [self.point(features), *(conv(features) for conv in self.atrous)]
        return self.project(torch.relu(torch.cat(views, dim=1)))


@ASPP_EXERCISE.wrong
class ViewsAdded(ASPP):
    """You added the branches up. Join them with torch.cat along the channels: the last convolution is there to
    find out which distance counts for what.
    """

    def __init__(self, in_channels, out_channels, rates):
        super().__init__(in_channels, out_channels, rates)
        self.project = nn.Conv2d(out_channels, out_channels, kernel_size=1)

    def forward(self, features):
        return self.project(torch.relu(sum(_views(self, features))))


@ASPP_EXERCISE.wrong
class NoRelu(ASPP):
    """There is no ReLU between the branches and the last convolution, so together they are only one linear step. Put
    torch.relu(...) around torch.cat(...).
    """

    def forward(self, features):
        return self.project(torch.cat(_views(self, features), dim=1))


@ASPP_EXERCISE.wrong
class ReluAtTheEnd(ASPP):
    """You put a ReLU after the last convolution as well. Here nothing follows it."""

    def forward(self, features):
        return torch.relu(super().forward(features))


@ASPP_EXERCISE.wrong
class ReluOnlyAtTheEnd(ASPP):
    """Your ReLU comes after the last convolution, where nothing follows it. It belongs before it: torch.relu(...)
    around torch.cat(...), or the branches and the last convolution are together only one linear step.
    """

    def forward(self, features):
        return torch.relu(self.project(torch.cat(_views(self, features), dim=1)))


@ASPP_EXERCISE.wrong
class MeanOverAllImages(ASPP):
    """You took the mean over the images of the batch as well, dim 0, so that each image hears of the others. Take
    it over height and width only: mean(dim=(2, 3), keepdim=True).
    """

    def forward(self, features):
        mean = self.image(features.mean(dim=(0, 2, 3), keepdim=True))
        views = [self.point(features), *(conv(features) for conv in self.atrous)]
        return self.project(torch.relu(torch.cat([*views, mean.expand_as(views[0])], dim=1)))


@ASPP_EXERCISE.wrong
class MeanOverAllImagesEnlarged(ASPP):
    """Your branch of the whole image holds a single image: its mean goes over the images of the batch as well, dim
    0. Take it over height and width only: mean(dim=(2, 3), keepdim=True).
    """

    def forward(self, features):
        mean = self.image(features.mean(dim=(0, 2, 3), keepdim=True))
        views = [self.point(features), *(conv(features) for conv in self.atrous)]
        whole = F.interpolate(mean, features.shape[2:])
        return self.project(torch.relu(torch.cat([*views, whole], dim=1)))


@ASPP_EXERCISE.wrong
class MeanMadeAndNotUsed(ASPP):
    """You made a convolution for the branch of the whole image, and forward does not use it. Give it the mean over
    height and width, spread the result over every pixel, and join it to the others.
    """

    def __init__(self, in_channels, out_channels, rates):
        super().__init__(in_channels, out_channels, rates)
        self.project = nn.Conv2d((len(rates) + 1) * out_channels, out_channels, kernel_size=1)

    def forward(self, features):
        views = [self.point(features), *(conv(features) for conv in self.atrous)]
        return self.project(torch.relu(torch.cat(views, dim=1)))


@ASPP_EXERCISE.wrong
class NoBiases(ASPP):
    """Your convolutions have no bias. They all have one here: leave bias=False out."""

    def __init__(self, in_channels, out_channels, rates):
        super().__init__(in_channels, out_channels, rates)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                layer.bias = None


@ASPP_EXERCISE.wrong
class MaxForMean(ASPP):
    """You took the largest value of the image instead of the mean: one pixel would then speak for all of
    them.
    """

    def forward(self, features):
        return self.project(torch.relu(torch.cat(_views(self, features, over_the_image=torch.amax), dim=1)))


@ASPP_EXERCISE.wrong
class OneAfterTheOther(ASPP):
    """You applied the dilated convolutions one after the other. They work side by side: each gets the features
    themselves, and all branches are joined.
    """

    def __init__(self, in_channels, out_channels, rates):
        super().__init__(in_channels, out_channels, rates)
        widths = [in_channels, *(out_channels for _ in rates[1:])]
        layers = zip(widths, rates, strict=True)
        self.atrous = nn.ModuleList(
            nn.Conv2d(width, out_channels, 3, 1, rate, rate) for width, rate in layers
        )

    def forward(self, features):
        mean = self.image(features.mean(dim=(2, 3), keepdim=True))
        views, far = [self.point(features)], features
        for conv in self.atrous:
            far = conv(far)
            views.append(far)
        return self.project(torch.relu(torch.cat([*views, mean.expand_as(views[0])], dim=1)))


@ASPP_EXERCISE.wrong
class InAPlainList(ASPP):
    """Your dilated convolutions are in a plain list. torch does not look into it: their weights are in no
    parameters(), and an optimiser would never move them. Make it an nn.ModuleList.
    """

    def __init__(self, in_channels, out_channels, rates):
        super().__init__(in_channels, out_channels, rates)
        convs = list(self.atrous)
        del self.atrous
        self.atrous = convs


@ASPP_EXERCISE.wrong
class FixedRates(ASPP):
    """Your rates are fixed at 6, 12 and 18. Take those that are handed in, and make one branch for each."""

    def __init__(self, in_channels, out_channels, rates):
        super().__init__(in_channels, out_channels, [6, 12, 18])


@ASPP_EXERCISE.right
class OfBranches(nn.Module):
    """A list of branches with their own ReLU, the mean's first, enlarged by interpolation."""

    def __init__(self, in_channels, out_channels, rates):
        super().__init__()
        near = nn.Conv2d(in_channels, out_channels, 1)
        far = [nn.Conv2d(in_channels, out_channels, 3, padding="same", dilation=rate) for rate in rates]
        self.pool = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(in_channels, out_channels, 1), nn.ReLU())
        self.branches = nn.ModuleList(nn.Sequential(conv, nn.ReLU()) for conv in [near, *far])
        self.last = nn.Conv2d((2 + len(rates)) * out_channels, out_channels, 1)

    def forward(self, features):
        everywhere = F.interpolate(self.pool(features), features.shape[2:])
        return self.last(torch.cat((everywhere, *(branch(features) for branch in self.branches)), 1))


@ASPP_EXERCISE.right
class OfBareWeights(nn.Module):
    """Weights and functions, no layers."""

    def __init__(self, in_channels, out_channels, rates):
        super().__init__()
        self.rates = rates
        shapes = [(out_channels, in_channels, side, side) for side in [1, *(3 for _ in rates), 1]]
        shapes += [(out_channels, (len(rates) + 2) * out_channels, 1, 1)]
        self.weights = nn.ParameterList(torch.randn(shape) for shape in shapes)
        self.biases = nn.ParameterList(torch.randn(out_channels) for _ in shapes)

    def forward(self, features):
        w, b = self.weights, self.biases
        mean = F.adaptive_avg_pool2d(features, 1)
        views = [F.conv2d(mean, w[-2], b[-2]).repeat(1, 1, *features.shape[2:])]
        views.append(F.conv2d(features, w[0], b[0]))
        for rate, weight, bias in zip(self.rates, w[1:-2], b[1:-2], strict=True):
            views.append(F.conv2d(features, weight, bias, padding=rate, dilation=rate))
        return F.conv2d(F.relu(torch.cat(views, 1)), w[-1], b[-1])


@ASPP_EXERCISE.right
class WithOneMeanImage(nn.Module):
    """The mean is spread out before its convolution, and the 1x1 convolutions are linear layers."""

    def __init__(self, in_channels, out_channels, rates):
        super().__init__()
        self.near = LinearOverChannels(in_channels, out_channels)
        self.whole = LinearOverChannels(in_channels, out_channels)
        self.far = nn.ModuleList([nn.Conv2d(in_channels, out_channels, 3, 1, rate, rate) for rate in rates])
        self.out = LinearOverChannels(out_channels * (2 + len(rates)), out_channels)

    def forward(self, features):
        mean = torch.zeros_like(features) + features.mean((2, 3), keepdim=True)
        views = [self.near(features), self.whole(mean)] + [conv(features) for conv in self.far]
        return self.out(torch.cat([view.clamp(min=0) for view in views], dim=1))


@ASPP_EXERCISE.right
class ProjectedInParts(ASPP):
    """The last convolution in one part for each view, added up."""

    def forward(self, features):
        parts = self.project.weight.chunk(len(self.atrous) + 2, dim=1)
        views = zip(_views(self, features), parts, strict=True)
        return sum(F.conv2d(view.relu(), part) for view, part in views) + self.project.bias[:, None, None]


ASPP_EXERCISE.equivalent(
    "ASPP, line 25: (2, 3) -> (3, 2)",
    "WithOneMeanImage, line 13: (2, 3) -> (3, 2)",
    "ASPP, line 28: 0 -> 1",
    "ASPP, line 28: 0 -> -1",
    "OfBranches, line 11: rates -> far",
    because="A mean has no order, all views are of one size, and there are as many views as rates.",
)
ASPP_EXERCISE.equivalent(
    "OfBranches, line 9: nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(in_channels, out_channels, 1), nn.ReLU())"
    " -> nn.Sequential(nn.Conv2d(in_channels, out_channels, 1), nn.AdaptiveAvgPool2d(1), nn.ReLU())",
    "OfBranches, line 15: (everywhere, *(branch(features) for branch in self.branches))"
    " -> (*(branch(features) for branch in self.branches), everywhere)",
    because="A 1x1 convolution of the mean is the mean of the convolution, and views may be joined in any order.",
)
