"""A tiny U-Net."""

import torch
import torch.nn.functional as F
from torch import nn

from course_lib.checking.exercise import Exercise
from course_lib.exercises.l05_tiny_unet.shared import LinearOverChannels
from course_lib.exercises.l05_tiny_unet.tiny_unet_probe import draw_cases, logits_of_ones, probe_network


class TinyUNet(nn.Module):
    """Map images with even height and width to logits of the same size.

    Write two methods: __init__ makes the layers, after super().__init__(); forward(self, images) applies them
    to images, float (N, in_channels, H, W), and returns logits, float (N, num_classes, H, W).

    Args:
        in_channels: int, channels of the images.
        num_classes: int, channels of the logits.
    """

    def __init__(self, in_channels=3, num_classes=3):
        super().__init__()
        # Make the layers here, and write forward below.
        ### BEGIN SOLUTION
        self.encoder = nn.Conv2d(in_channels, 16, kernel_size=3, padding=1)
        self.bottleneck = nn.Conv2d(16, 32, kernel_size=3, padding=1)
        self.upsample = nn.ConvTranspose2d(32, 16, kernel_size=2, stride=2)
        self.decoder = nn.Conv2d(16 + 16, 16, kernel_size=3, padding=1)
        self.head = nn.Conv2d(16, num_classes, kernel_size=1)

    def forward(self, images):
        """Return the logits."""
        detail = torch.relu(self.encoder(images))  # (N, 16, H, W)
        context = torch.relu(self.bottleneck(F.max_pool2d(detail, 2)))  # (N, 32, H/2, W/2)
        features = self.upsample(context)  # (N, 16, H, W)
        features = torch.cat([features, detail], dim=1)  # (N, 32, H, W)
        features = torch.relu(self.decoder(features))  # (N, 16, H, W)
        return self.head(features)  # (N, num_classes, H, W)
        ### END SOLUTION


TINY_UNET = Exercise(
    TinyUNet,
    title="A tiny U-Net",
    points=4,
    minutes=15,
    source="Lesson 33, section 3: a tiny U-Net",
    draw=draw_cases,
    observe=probe_network,
    tolerance=1e-5,
    fresh_cases=7,
    hints=(
        "Write down the shape after each step, as in the table above. A layer's first argument is the number of "
        "channels that reach it.",
        "Five layers have weights: encoder (in_channels to 16), bottleneck (16 to 32), upsample (32 to 16), decoder "
        "(16 + 16 to 16), head (16 to num_classes). Keep the encoder's output: you need it twice.",
        "In forward: detail = torch.relu(self.encoder(images)); context = torch.relu(self.bottleneck(F.max_pool2d("
        "detail, 2))); features = torch.cat([self.upsample(context), detail], dim=1); then decoder with ReLU, then "
        "head.",
    ),
    why="The path through the bottleneck sees more of the image and knows what is there; the skip knows to the pixel "
    "where it ends. The decoder's 32 input channels are where the two meet.",
)

TINY_UNET.worked(
    torch.ones(1, 3, 64, 64),
    3,
    gives={
        "the same logits twice in eval mode, as with layers that are made in __init__": True,
        "the shape of the logits for images of shape (1, 3, 64, 64)": "(1, 3, 64, 64)",
        "the shape of logits.argmax(dim=1)": "(1, 64, 64)",
        "the number of weights and biases": 448 + 4640 + 2064 + 4624 + 51,
        "the number of weights and biases of TinyUNet()": 448 + 4640 + 2064 + 4624 + 51,
        "the number of weight tensors that get no gradient": 0,
        "the decoder gets the detail: it tells columns apart that are equal after pooling": True,
        "the middle pixel's logits for known weights": logits_of_ones(channels=3),
    },
    example="tiny-unet-shapes",
)


@TINY_UNET.wrong
class SkipAdded(TinyUNet):
    """You added the skip. That is a network too, but here the decoder should get both: torch.cat them along
    dim=1, and let the decoder's convolution take 16 + 16 channels.
    """

    def __init__(self, in_channels=3, num_classes=3):
        super().__init__(in_channels, num_classes)
        self.decoder = nn.Conv2d(16, 16, kernel_size=3, padding=1)

    def forward(self, images):
        detail = torch.relu(self.encoder(images))
        context = torch.relu(self.bottleneck(F.max_pool2d(detail, 2)))
        return self.head(torch.relu(self.decoder(self.upsample(context) + detail)))


@TINY_UNET.wrong
class NoSkip(SkipAdded):
    """Nothing leads around the pooling: your decoder sees the upsampled features only. Join them with the
    encoder's features of full size, torch.cat([features, detail], dim=1), and give the decoder 32 channels.
    """

    def forward(self, images):
        pooled = F.max_pool2d(torch.relu(self.encoder(images)), 2)
        context = torch.relu(self.bottleneck(pooled))
        return self.head(torch.relu(self.decoder(self.upsample(context))))


@TINY_UNET.wrong
class NoRelu(TinyUNet):
    """You left the ReLUs out. Two convolutions in a row are no more than one; put torch.relu around the
    encoder, the bottleneck and the decoder, and none around the head.
    """

    def forward(self, images):
        detail = self.encoder(images)
        features = self.upsample(self.bottleneck(F.max_pool2d(detail, 2)))
        return self.head(self.decoder(torch.cat([features, detail], dim=1)))


@TINY_UNET.wrong
class ReluAfterTheHead(TinyUNet):
    """There is a ReLU after the head, which makes every negative logit 0. Logits may be negative: cross-entropy and
    argmax need them as the head gives them.
    """

    def forward(self, images):
        return torch.relu(super().forward(images))


@TINY_UNET.wrong
class ReluAfterUpsampling(TinyUNet):
    """There is a ReLU after the transposed convolution. Here its features are joined with the detail as they are: put a
    ReLU around the encoder, the bottleneck and the decoder only.
    """

    def forward(self, images):
        detail = torch.relu(self.encoder(images))
        context = torch.relu(self.bottleneck(F.max_pool2d(detail, 2)))
        features = torch.relu(self.upsample(context))
        return self.head(torch.relu(self.decoder(torch.cat([features, detail], dim=1))))


@TINY_UNET.wrong
class UpsampledTwice(TinyUNet):
    """Your decoder never gets the detail: you concatenated the upsampled features with themselves. Join them with the
    encoder's features from before pooling: torch.cat([features, detail], dim=1).
    """

    def forward(self, images):
        detail = torch.relu(self.encoder(images))
        features = self.upsample(torch.relu(self.bottleneck(F.max_pool2d(detail, 2))))
        return self.head(torch.relu(self.decoder(torch.cat([features, features], dim=1))))


@TINY_UNET.wrong
class HeadOf3x3(TinyUNet):
    """Your head looks at 3 x 3 pixels. It only turns the 16 numbers of a pixel into its logits: nn.Conv2d(16,
    num_classes, kernel_size=1).
    """

    def __init__(self, in_channels=3, num_classes=3):
        super().__init__(in_channels, num_classes)
        self.head = nn.Conv2d(16, num_classes, kernel_size=3, padding=1)


@TINY_UNET.wrong
class LayersMadeInForward(nn.Module):
    """You make the layers in forward, so every call has new, random ones, and no optimiser can find them. Make them in
    __init__, store them on self, and only call them in forward.
    """

    def __init__(self, in_channels=3, num_classes=3):
        super().__init__()
        self.options = in_channels, num_classes

    def forward(self, images):
        return TinyUNet(*self.options)(images)


@TINY_UNET.wrong
class NoPooling(TinyUNet):
    """Nothing is pooled: the bottleneck works at full size, at four times the cost and with less of the image
    in sight. Pool before the bottleneck, and upsample with kernel_size=2, stride=2.
    """

    def __init__(self, in_channels=3, num_classes=3):
        super().__init__(in_channels, num_classes)
        self.upsample = nn.ConvTranspose2d(32, 16, kernel_size=3, padding=1)

    def forward(self, images):
        detail = torch.relu(self.encoder(images))
        features = self.upsample(torch.relu(self.bottleneck(detail)))
        return self.head(torch.relu(self.decoder(torch.cat([features, detail], dim=1))))


@TINY_UNET.wrong
class NoUpsampling(TinyUNet):
    """Your logits are half as high and wide as the image. Upsample the bottleneck's features to full size
    with nn.ConvTranspose2d(32, 16, kernel_size=2, stride=2), and join them with the features from before
    pooling.
    """

    def __init__(self, in_channels=3, num_classes=3):
        super().__init__(in_channels, num_classes)
        self.upsample = nn.Conv2d(32, 16, kernel_size=1)

    def forward(self, images):
        pooled = F.max_pool2d(torch.relu(self.encoder(images)), 2)
        features = self.upsample(torch.relu(self.bottleneck(pooled)))
        return self.head(torch.relu(self.decoder(torch.cat([features, pooled], dim=1))))


@TINY_UNET.wrong
class SoftmaxAtTheEnd(TinyUNet):
    """You return probabilities. Cross-entropy takes logits and applies its own softmax, and argmax needs
    none: return what the head gives.
    """

    def forward(self, images):
        return super().forward(images).softmax(dim=1)


@TINY_UNET.wrong
class AlwaysThreeClasses(TinyUNet):
    """Your head always has 3 channels. It should have one for each class: nn.Conv2d(16, num_classes,
    kernel_size=1).
    """

    def __init__(self, in_channels=3, num_classes=3):
        super().__init__(in_channels, num_classes=3)


@TINY_UNET.wrong
class SkipTwice(TinyUNet):
    """Your decoder never sees what the bottleneck found: the skip went in twice. Concatenate the upsampled
    features and the skip.
    """

    def forward(self, images):
        detail = torch.relu(self.encoder(images))
        return self.head(torch.relu(self.decoder(torch.cat([detail, detail], dim=1))))


@TINY_UNET.wrong
class NoPadding(TinyUNet):
    """Your 3x3 convolutions have no padding, so each takes 2 pixels off height and width, and the features no
    longer fit the skip. Give all three padding=1.
    """

    def __init__(self, in_channels=3, num_classes=3):
        super().__init__(in_channels, num_classes)
        for conv in (self.encoder, self.bottleneck, self.decoder):
            conv.padding = (0, 0)


@TINY_UNET.wrong
class Interpolated(TinyUNet):
    """You enlarged the features without weights, so the layer from 32 to 16 channels is missing. Use
    nn.ConvTranspose2d(32, 16, kernel_size=2, stride=2), and let the decoder take 16 + 16 channels.
    """

    def __init__(self, in_channels=3, num_classes=3):
        super().__init__(in_channels, num_classes)
        self.upsample = nn.Upsample(scale_factor=2)
        self.decoder = nn.Conv2d(32 + 16, 16, kernel_size=3, padding=1)


@TINY_UNET.right
class OfSequences(nn.Module):
    """Other names, ReLU as a module, the skip's channels first."""

    def __init__(self, in_channels=3, num_classes=3):
        super().__init__()
        self.down1 = nn.Sequential(nn.Conv2d(in_channels, 16, 3, padding="same"), nn.ReLU())
        self.down2 = nn.Sequential(nn.MaxPool2d(2), nn.Conv2d(16, 32, 3, padding=1), nn.ReLU())
        self.up = nn.ConvTranspose2d(32, 16, 2, stride=2)
        self.out = nn.Sequential(nn.Conv2d(32, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, num_classes, 1))

    def forward(self, images):
        detail = self.down1(images)
        return self.out(torch.cat((detail, self.up(self.down2(detail))), 1))


@TINY_UNET.right
class OfAList(nn.Module):
    """The layers in a list, ReLU by clamping."""

    def __init__(self, in_channels=3, num_classes=3):
        super().__init__()
        widths = [(in_channels, 16), (16, 32), (32, 16)]
        self.convs = nn.ModuleList(nn.Conv2d(*width, 3, padding=1) for width in widths)
        self.up, self.head = nn.ConvTranspose2d(32, 16, 2, stride=2), nn.Conv2d(16, num_classes, 1)

    def forward(self, images):
        detail = self.convs[0](images).clamp(min=0)
        low = self.convs[1](F.max_pool2d(detail, 2)).clamp(min=0)
        return self.head(self.convs[2](torch.concat([self.up(low), detail], 1)).clamp(min=0))


class _Stage(nn.Module):
    def __init__(self, in_channels, out_channels):
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, 3, padding=1)

    def forward(self, features):
        return self.conv(features).relu()


@TINY_UNET.right
class OfStages(nn.Module):
    """Nested modules, and the 1x1 convolution as nn.Linear over the channels."""

    def __init__(self, in_channels=3, num_classes=3):
        super().__init__()
        self.fine, self.coarse, self.joined = _Stage(in_channels, 16), _Stage(16, 32), _Stage(32, 16)
        self.up = nn.ConvTranspose2d(32, 16, 2, stride=2)
        self.head = LinearOverChannels(16, num_classes)

    def forward(self, images):
        detail = self.fine(images)
        features = self.up(self.coarse(nn.MaxPool2d(2)(detail)))
        return self.head(self.joined(torch.cat([features, detail], dim=1)))


@TINY_UNET.right
class OfParameters(nn.Module):
    """Bare weights and functions, no layers."""

    def __init__(self, in_channels=3, num_classes=3):
        super().__init__()
        shapes = [(16, in_channels, 3, 3), (32, 16, 3, 3), (32, 16, 2, 2), (16, 32, 3, 3)]
        shapes += [(num_classes, 16, 1, 1)]
        self.weights = nn.ParameterList(torch.randn(shape) for shape in shapes)
        self.biases = nn.ParameterList(torch.randn(size) for size in (16, 32, 16, 16, num_classes))

    def forward(self, images):
        w, b = self.weights, self.biases
        detail = F.relu(F.conv2d(images, w[0], b[0], padding=1))
        context = F.relu(F.conv2d(F.max_pool2d(detail, 2), w[1], b[1], padding=1))
        features = F.conv_transpose2d(context, w[2], b[2], stride=2)
        features = F.relu(F.conv2d(torch.cat([features, detail], 1), w[3], b[3], padding=1))
        return F.conv2d(features, w[4], b[4])


TINY_UNET.equivalent(
    "OfSequences, line 14: (detail, self.up(self.down2(detail))) -> (self.up(self.down2(detail)), detail)",
    because="The decoder learns its weights for either order.",
)
