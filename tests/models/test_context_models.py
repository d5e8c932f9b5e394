"""DeepLab v3+, PSPNet and HRNet: counted by hand, traced, and compared with torchvision's and smp's."""

import pytest
import segmentation_models_pytorch as smp
import torch
from segmentation_models_pytorch.decoders.deeplabv3.decoder import ASPP as SmpASPP
from segmentation_models_pytorch.decoders.pspnet import decoder as smp_pspnet
from test_dilated_resnet import copy_weights
from torchvision.models.segmentation import deeplabv3_resnet50
from torchvision.models.segmentation.deeplabv3 import ASPP as TorchvisionASPP

from course_lib.models.deeplabv3plus import ASPP, DeepLabV3Plus, ImagePooling
from course_lib.models.hrnet import Exchange, HRNet
from course_lib.models.pspnet import PSPNet, PyramidPooling

MODELS = {"deeplabv3plus": DeepLabV3Plus, "pspnet": PSPNet, "hrnet": HRNet}
every_model = pytest.mark.parametrize("architecture", MODELS.values(), ids=MODELS)


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def count(module):
    return sum(parameter.numel() for parameter in module.parameters())


def conv(in_channels, out_channels, kernel=3):
    """Parameters of a convolution without bias and the batch norm after it."""
    return kernel**2 * in_channels * out_channels + 2 * out_channels


def residual(in_channels, out_channels):
    shortcut = conv(in_channels, out_channels, 1) if in_channels != out_channels else 0
    return conv(in_channels, out_channels) + conv(out_channels, out_channels) + shortcut


STAGES = ((32, 48), (48, 96), (96, 192), (192, 256))
ENCODER = conv(3, 32) + sum(residual(a, b) + residual(b, b) for a, b in STAGES)


# --- All three --------------------------------------------------------------------------------------------


@every_model
@pytest.mark.parametrize("size", [(128, 128), (64, 96), (16, 16)])
def test_logits_are_as_large_as_the_image(architecture, size):
    model = architecture(num_classes=5)
    assert model(torch.rand(2, 3, *size)).shape == (2, 5, *size)


@every_model
def test_gradients_reach_every_parameter(architecture):
    model = architecture()
    model(torch.rand(2, 3, 64, 64)).square().mean().backward()
    without = [name for name, p in model.named_parameters() if p.grad is None or not p.grad.any()]
    assert without == []


@every_model
def test_sizes_that_do_not_fit_are_refused_with_the_nearest(architecture):
    model = architecture()
    low, high = 100 // model.multiple * model.multiple, -(-100 // model.multiple) * model.multiple
    sentence = (
        rf"images are 100 x 64 \(H x W\), but both sides must be multiples of "
        rf"{model.multiple}: crop to {low} x 64 .* or pad to {high} x 64"
    )
    with pytest.raises(ValueError, match=sentence):
        model(torch.rand(2, 3, 100, 64))


@every_model
def test_a_single_image_fits_only_in_evaluation(architecture):
    model = architecture().eval()
    images = torch.rand(3, 3, 64, 64)
    together = model(images)
    for image, logits in zip(images, together, strict=True):
        torch.testing.assert_close(model(image.unsqueeze(0))[0], logits, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        pytest.param(
            DeepLabV3Plus,
            lambda: deeplabv3_resnet50(weights=None, weights_backbone=None, num_classes=3),
            id="torchvision-deeplabv3",
        ),
        pytest.param(
            DeepLabV3Plus,
            lambda: smp.DeepLabV3Plus("resnet18", encoder_weights=None, classes=3),
            id="smp-deeplabv3plus",
        ),
        pytest.param(
            PSPNet, lambda: smp.PSPNet("resnet18", encoder_weights=None, classes=3), id="smp-pspnet"
        ),
    ],
)
def test_shapes_are_those_of_the_libraries(ours, theirs):
    images = torch.rand(2, 3, 96, 128)
    with torch.no_grad():
        logits = theirs().eval()(images)
        assert ours().eval()(images).shape == getattr(logits, "get", lambda _: logits)("out").shape


# --- DeepLab v3+ ------------------------------------------------------------------------------------------


def test_deeplab_parameters_counted_by_hand():
    aspp = 2 * conv(256, 128, 1) + 3 * conv(256, 128) + conv(5 * 128, 128, 1)
    squeeze = conv(48, 24, 1)
    decoder = conv(128 + 24, 128) + conv(128, 128)
    assert count(DeepLabV3Plus()) == ENCODER + aspp + squeeze + decoder + (128 * 3 + 3) == 5_178_355


@pytest.mark.parametrize("training", [True, False])
def test_aspp_equals_torchvisions_and_smps(training):
    rates = (6, 12, 18)
    torchvisions = TorchvisionASPP(16, rates, out_channels=8)
    smps = SmpASPP(16, 8, rates, separable=False, dropout=0.0)
    torchvisions.project[-1].p = 0.0  # dropout
    ours = ASPP(16, 8, rates)
    copy_weights(ours, torchvisions)
    smps.load_state_dict(torchvisions.state_dict())
    features = torch.randn(2, 16, 33, 33)
    for module in (ours, torchvisions, smps):
        module.train(training)
    expected = torchvisions(features)
    torch.testing.assert_close(ours(features), expected)
    torch.testing.assert_close(smps(features), expected)


def test_image_pooling_tells_every_pixel_the_same():
    pooled = ImagePooling(4, 2).eval()(torch.randn(1, 4, 5, 7))
    assert pooled.shape == (1, 2, 5, 7)
    assert torch.equal(pooled, pooled[..., :1, :1].expand_as(pooled))


def test_a_single_image_in_training_is_refused_with_a_remedy():
    with pytest.raises(
        ValueError, match=r"the batch has one image, but in training .*at least two images.*eval\(\)"
    ):
        DeepLabV3Plus()(torch.rand(1, 3, 64, 64))


def test_low_level_features_matter():
    model = DeepLabV3Plus().eval()
    images = torch.rand(1, 3, 64, 64)
    with_edges = model(images)
    model.squeeze[0].weight.data.zero_()
    assert not torch.equal(model(images), with_edges)


@pytest.mark.parametrize(("output_stride", "side"), [(8, 16), (16, 8)])
def test_the_aspp_works_at_the_output_stride(output_stride, side):
    model = DeepLabV3Plus(output_stride=output_stride)
    seen = []
    model.aspp.register_forward_hook(lambda module, inputs, output: seen.append(tuple(output.shape)))
    model(torch.rand(2, 3, 128, 128))
    assert seen == [(2, 128, side, side)]


# --- PSPNet -----------------------------------------------------------------------------------------------


def test_pspnet_parameters_counted_by_hand():
    pyramid = 3 * conv(256, 64, 1) + (256 * 64 + 64)  # the whole image's level has a bias and no batch norm
    assert count(PSPNet()) == ENCODER + pyramid + conv(512, 128) + (128 * 3 + 3) == 4_476_419


@pytest.mark.parametrize("training", [True, False])
def test_pyramid_pooling_equals_smps(monkeypatch, training):
    theirs = smp_pspnet.PSPModule(16, sizes=(1, 2, 3, 6))
    ours = PyramidPooling(16)
    copy_weights(ours, theirs)
    # smp stretches the cells from corner to corner; ours puts each over the pixels that it is the mean of.
    interpolate = smp_pspnet.F.interpolate

    def over_its_pixels(levels, **options):
        return interpolate(levels, **options | {"align_corners": False})

    monkeypatch.setattr(smp_pspnet.F, "interpolate", over_its_pixels)
    features = torch.randn(2, 16, 12, 18)
    levels, same = theirs.train(training)(features).split(16, dim=1)  # smp puts the features last
    torch.testing.assert_close(ours.train(training)(features), torch.cat([same, levels], dim=1))


def test_a_cell_is_the_mean_of_its_pixels():
    pyramid = PyramidPooling(1, bins=(2,)).eval()
    features = torch.arange(16.0).reshape(1, 1, 4, 4)
    assert pyramid.levels[0][0](features).tolist() == [[[[2.5, 4.5], [10.5, 12.5]]]]


def test_channels_that_the_bins_cannot_share_are_refused():
    with pytest.raises(ValueError, match="in_channels is 10, but it must be a multiple of 4"):
        PyramidPooling(10)


# --- HRNet ------------------------------------------------------------------------------------------------


def exchange(widths, out_widths):
    """Parameters of an exchange: 1x1 up, a chain of 3x3 down, nothing straight."""
    up = sum(
        conv(widths[s], out_widths[t], 1) for t in range(len(out_widths)) for s in range(len(widths)) if s > t
    )
    down = sum(
        (t - s - 1) * conv(widths[s], widths[s]) + conv(widths[s], out_widths[t])
        for t in range(len(out_widths))
        for s in range(len(widths))
        if s < t
    )
    return up + down


def test_hrnet_parameters_counted_by_hand():
    widths = (16, 32, 64, 128)
    blocks = sum(residual(width, width) for stage in range(4) for width in widths[: stage + 1])
    exchanges = sum(exchange(widths[: stage + 1], widths[: stage + 2]) for stage in range(4))
    head = conv(240, 240, 1) + 240 * 3 + 3
    assert count(HRNet()) == conv(3, 16) + blocks + exchanges + head == 996_451


def test_an_exchange_opens_a_coarser_branch_and_keeps_the_others():
    branches = [torch.rand(2, 4, 16, 24), torch.rand(2, 6, 8, 12)]
    mixed = Exchange((4, 6), (4, 6, 8))(branches)
    assert [tuple(branch.shape) for branch in mixed] == [(2, 4, 16, 24), (2, 6, 8, 12), (2, 8, 4, 6)]


def test_every_branch_hears_every_other():
    mixing = Exchange((4, 6, 8), (4, 6, 8))
    for source in range(3):
        branches = [
            torch.randn(2, width, 16 >> level, 16 >> level, requires_grad=True)
            for level, width in enumerate((4, 6, 8))
        ]
        for target, mixed in enumerate(mixing(branches)):
            gradient = torch.autograd.grad(mixed.sum(), branches[source], retain_graph=True)[0]
            assert gradient.any(), (source, target)


def test_an_exchange_of_one_branch_is_the_branch():
    features = torch.rand(1, 4, 8, 8)
    assert torch.equal(Exchange((4,), (4,))([features])[0], features)


def test_the_finest_branch_never_shrinks():
    model = HRNet()
    finest = []
    for step in model.exchanges:
        step.register_forward_hook(lambda module, inputs, outputs: finest.append(tuple(outputs[0].shape)))
    model(torch.rand(2, 3, 128, 128))
    assert finest == [(2, 16, 64, 64)] * 4
