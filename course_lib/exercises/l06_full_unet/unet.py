"""The whole U-Net."""

from itertools import pairwise

import torch.nn.functional as F
from torch import nn

from course_lib.checking.exercise import Exercise
from course_lib.exercises.l06_full_unet.double_conv import DoubleConv, OfParameters, without_bias
from course_lib.exercises.l06_full_unet.down import Down
from course_lib.exercises.l06_full_unet.unet_probe import draw_cases, observe_unet
from course_lib.exercises.l06_full_unet.up import Up, UpOfParameters, UpWrittenOut


class UNet(nn.Module):
    """Map images to logits of the same size.

    Write two methods: __init__ makes the layers; forward(self, images) applies them to images, float
    (N, in_channels, H, W), and returns logits, float (N, num_classes, H, W).

    Args:
        in_channels: int, channels of the images.
        num_classes: int, channels of the logits.
        widths: a tuple of int, the channels of the levels.
    """

    def __init__(self, in_channels=3, num_classes=21, widths=(64, 128, 256, 512, 1024)):
        super().__init__()
        ### BEGIN SOLUTION
        levels = list(pairwise(widths))  # (64, 128), (128, 256), (256, 512), (512, 1024)
        self.stem = DoubleConv(in_channels, widths[0])
        self.downs = nn.ModuleList(Down(fine, coarse) for fine, coarse in levels)
        self.ups = nn.ModuleList(Up(coarse, fine) for fine, coarse in reversed(levels))
        self.head = nn.Conv2d(widths[0], num_classes, kernel_size=1)

    def forward(self, images):
        """Return the logits: raw scores, no softmax."""
        features = self.stem(images)  # (N, 64, H, W)
        skips = []
        for down in self.downs:
            skips.append(features)
            features = down(features)  # half the size, the next width
        for up in self.ups:
            features = up(features, skips.pop())  # twice the size, the width before
        return self.head(features)  # (N, num_classes, H, W)
        ### END SOLUTION


UNET = Exercise(
    UNet,
    title="The whole U-Net",
    points=3,
    minutes=15,
    source="Study guide, sections 5 and 15",
    draw=draw_cases,
    observe=observe_unet,
    fresh_cases=4,
    deadline=20,
    hints=(
        "On the way down, keep the features of each level in a list before you go down. On the way up, take them "
        "from the list's end.",
        "Stages down: Down(64, 128), Down(128, 256), ... Stages up: Up(1024, 512), Up(512, 256), ... pairwise(widths) "
        "gives the pairs from the top, reversed(list(pairwise(widths))) from the bottom; keep the stages in two "
        "nn.ModuleLists.",
        "forward: features = stem(images); for each stage down: skips.append(features), then features = "
        "down(features); for each stage up: features = up(features, skips.pop()); return head(features).",
    ),
    why="A list that is filled from the front and emptied from the back pairs each level on the way up with the same "
    "level on the way down. That is all there is to the U.",
)

# 31,044,821 parameters: 11,904 + 5,760 + 960 + 21 of them are biases, and the scales and shifts of batch norm.
UNET.worked(
    gives={"torch finds all stages": True, "the number of weights in the kernels of UNet()": 31_026_176},
    example="unet-shapes",
)


@UNET.wrong
class DecoderInEncoderOrder(UNet):
    """Your decoder starts with the stage for the finest level, but what arrives is the bottleneck with the
    most channels. Go through the levels in reverse: the last one down is the first one up.
    """

    def __init__(self, in_channels=3, num_classes=21, widths=(64, 128, 256, 512, 1024)):
        super().__init__(in_channels, num_classes, widths)
        self.ups = self.ups[::-1]


@UNET.wrong
class FirstSkipFirst(UNet):
    """The first stage up got a skip of full resolution, and it needs the one of the level above the bottleneck. Keep
    each level's features, not the images, and take them from the end of the list: skips.pop().
    """

    def forward(self, images):
        features, skips = self.stem(images), []
        for down in self.downs:
            skips.append(features)
            features = down(features)
        for up in self.ups:
            features = up(features, skips.pop(0))
        return self.head(features)


@UNET.wrong
class SkipStaysInTheList(UNet):
    """Every stage up got the same skip, the deepest one, because it stays in the list. skips.pop() takes it out, so
    that the next stage gets the one before.
    """

    def forward(self, images):
        features, skips = self.stem(images), []
        for down in self.downs:
            skips.append(features)
            features = down(features)
        for up in self.ups:
            features = up(features, skips[-1])
        return self.head(features)


@UNET.wrong
class ArgumentsOfUpTurnedRound(UNet):
    """You handed the skip to Up in the place of the features. Its forward takes the features from below first, then the
    skip: up(features, skips.pop()).
    """

    def forward(self, images):
        features, skips = self.stem(images), []
        for down in self.downs:
            skips.append(features)
            features = down(features)
        for up in self.ups:
            features = up(skips.pop(), features)
        return self.head(features)


@UNET.wrong
class WidthsOfUpTurnedRound(UNet):
    """Your stages up go from the finer width to the coarser one, as those down do. A stage up gets the many channels of
    the level below and gives the few of its own: Up(coarse, fine).
    """

    def __init__(self, in_channels=3, num_classes=21, widths=(64, 128, 256, 512, 1024)):
        super().__init__(in_channels, num_classes, widths)
        self.ups = nn.ModuleList(Up(fine, coarse) for fine, coarse in reversed(list(pairwise(widths))))


@UNET.wrong
class UpsLikeDowns(UNet):
    """Your stages up have the order and the widths of the stages down. The first one up belongs to the deepest pair of
    levels, and it goes from the coarser width to the finer: Up(coarse, fine), in reverse.
    """

    def __init__(self, in_channels=3, num_classes=21, widths=(64, 128, 256, 512, 1024)):
        super().__init__(in_channels, num_classes, widths)
        self.ups = nn.ModuleList(Up(fine, coarse) for fine, coarse in pairwise(widths))


@UNET.wrong
class PairwiseReversed(UNet):
    """pairwise(widths) gives its pairs one by one and cannot be reversed. Make a list of them first:
    reversed(list(pairwise(widths))).
    """

    def __init__(self, in_channels=3, num_classes=21, widths=(64, 128, 256, 512, 1024)):
        super().__init__(in_channels, num_classes, widths)
        self.ups = nn.ModuleList(Up(coarse, fine) for fine, coarse in reversed(pairwise(widths)))


@UNET.wrong
class HeadForgotten(UNet):
    """Your forward returns features, as many channels as the finest level has. Logits have one channel per class:
    return self.head(features).
    """

    def forward(self, images):
        features, skips = self.stem(images), []
        for down in self.downs:
            skips.append(features)
            features = down(features)
        for up in self.ups:
            features = up(features, skips.pop())
        return features


@UNET.wrong
class BottleneckAsSkip(UNet):
    """You kept the features of each level after going down, so the first skip that is taken is the bottleneck
    itself, and the stem has none. Keep the features before you go down.
    """

    def forward(self, images):
        features, skips = self.stem(images), []
        for down in self.downs:
            features = down(features)
            skips.append(features)
        for up in self.ups:
            features = up(features, skips.pop())
        return self.head(features)


@UNET.wrong
class NoPool(UNet):
    """Nothing pools, so the bottleneck is as large as the image and the skips do not fit after doubling. Each
    stage on the way down is a Down, which pools first.
    """

    def __init__(self, in_channels=3, num_classes=21, widths=(64, 128, 256, 512, 1024)):
        super().__init__(in_channels, num_classes, widths)
        self.downs = nn.ModuleList(DoubleConv(fine, coarse) for fine, coarse in pairwise(widths))


@UNET.wrong
class Softmax(UNet):
    """Your network ends in a softmax. Return the logits as they are: cross-entropy has its own softmax, and
    two of them flatten the gradient.
    """

    def forward(self, images):
        return super().forward(images).softmax(dim=1)


@UNET.wrong
class Argmax(UNet):
    """Your network returns class ids. Return the logits (N, num_classes, H, W): argmax has no gradient, so it
    comes after the network.
    """

    def forward(self, images):
        return super().forward(images).argmax(dim=1)


@UNET.wrong
class PlainLists(UNet):
    """Your stages are in a plain Python list, where torch does not find their parameters, so an optimiser
    would train only the rest. Put them in an nn.ModuleList.
    """

    def __init__(self, in_channels=3, num_classes=21, widths=(64, 128, 256, 512, 1024)):
        super().__init__(in_channels, num_classes, widths)
        downs, ups = list(self.downs), list(self.ups)
        del self.downs, self.ups
        self.downs, self.ups = downs, ups


@UNET.wrong
class ResultThrownAway(UNet):
    """You call the stages on the way down, but do not keep what they return: every one of them gets the stem's
    features. Assign it: features = down(features).
    """

    def forward(self, images):
        features, skips = self.stem(images), []
        for down in self.downs:
            skips.append(features)
            down(features)
        for up in self.ups:
            features = up(features, skips.pop())
        return self.head(features)


@UNET.wrong
class StemOfThreeChannels(UNet):
    """Your stem always takes 3 channels. Images may have another number, for example when they are folded: take
    in_channels.
    """

    def __init__(self, in_channels=3, num_classes=21, widths=(64, 128, 256, 512, 1024)):
        super().__init__(in_channels, num_classes, widths)
        self.stem = DoubleConv(3, widths[0])


@UNET.wrong
class HeadOf64Channels(UNet):
    """Your head always takes 64 channels. What reaches it has as many as the finest level: take widths[0]."""

    def __init__(self, in_channels=3, num_classes=21, widths=(64, 128, 256, 512, 1024)):
        super().__init__(in_channels, num_classes, widths)
        self.head = nn.Conv2d(64, num_classes, kernel_size=1)


@UNET.right
class FiveLevels(nn.Module):
    def __init__(self, in_channels=3, num_classes=21, widths=(64, 128, 256, 512, 1024)):
        super().__init__()
        a, b, c, d, e = widths
        self.enc1, self.enc2 = DoubleConv(in_channels, a), DoubleConv(a, b)
        self.enc3, self.enc4 = DoubleConv(b, c), DoubleConv(c, d)
        self.bottleneck = DoubleConv(d, e)
        self.up4, self.up3, self.up2, self.up1 = Up(e, d), Up(d, c), Up(c, b), Up(b, a)
        self.final = nn.Conv2d(a, num_classes, 1)

    def forward(self, x):
        e1 = self.enc1(x)
        e2 = self.enc2(F.max_pool2d(e1, 2))
        e3 = self.enc3(F.max_pool2d(e2, 2))
        e4 = self.enc4(F.max_pool2d(e3, 2))
        x = self.bottleneck(F.max_pool2d(e4, 2))
        return self.final(self.up1(self.up2(self.up3(self.up4(x, e4), e3), e2), e1))


class _Nested(nn.Module):
    """A level that holds all levels below it."""

    def __init__(self, in_channels, widths):
        super().__init__()
        width, *below = widths
        self.convs = DoubleConv(in_channels, width)
        self.below = _Nested(width, below) if below else None
        self.up = Up(below[0], width) if below else None

    def forward(self, features):
        features = self.convs(features)
        if self.below is None:
            return features
        return self.up(self.below(F.max_pool2d(features, 2)), features)


@UNET.right
def recursive(in_channels=3, num_classes=21, widths=(64, 128, 256, 512, 1024)):
    return nn.Sequential(_Nested(in_channels, widths), nn.Conv2d(widths[0], num_classes, 1))


@UNET.right
class ByIndex(nn.Module):
    def __init__(self, in_channels=3, num_classes=21, widths=(64, 128, 256, 512, 1024)):
        super().__init__()
        pairs = zip((in_channels, *widths), widths, strict=False)
        self.encoder = nn.ModuleList(without_bias(coming, going) for coming, going in pairs)
        self.decoder = nn.ModuleDict(
            {str(n): UpWrittenOut(widths[n + 1], widths[n]) for n in range(len(widths) - 1)}
        )
        self.head = nn.Conv2d(widths[0], num_classes, 1)

    def forward(self, x):
        levels = [self.encoder[0](x)]
        for block in list(self.encoder)[1:]:
            levels.append(block(F.max_pool2d(levels[-1], 2)))
        for level in reversed(range(len(self.decoder))):
            levels.append(self.decoder[str(level)](levels[-1], levels[level]))
        return self.head(levels[-1])


@UNET.right
class OfBareParameters(nn.Module):
    """Blocks of bare parameters, and nn.Linear for the head."""

    def __init__(self, in_channels=3, num_classes=21, widths=(64, 128, 256, 512, 1024)):
        super().__init__()
        self.down = nn.ModuleList(map(OfParameters, (in_channels, *widths), widths))
        self.up = nn.ModuleList(map(UpOfParameters, widths[1:], widths))
        self.head = nn.Linear(widths[0], num_classes)

    def forward(self, images):
        levels = [self.down[0](images)]
        for block in self.down[1:]:
            levels.append(block(F.max_pool2d(levels[-1], 2)))
        features = levels.pop()
        for block in reversed(self.up):
            features = block(features, levels.pop())
        return self.head(features.movedim(1, -1)).movedim(-1, 1)
