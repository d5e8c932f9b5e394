# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Atrous convolution and context
#
# ![Top: a kernel of nine taps at rates 1, 2 and 4, which spans 3, 5 and 9 pixels. Bottom: what three such layers see
# together. Rates 1, 1, 1 see a block of 7 by 7; rates 2, 2, 2 see 13 by 13 with every second pixel missing; rates
# 1, 2, 4 see all of 15 by 15](pictures/12_atrous.png)
#
# **You will be able to**
#
# - compute what one output of a network sees, and measure with gradients how much each pixel counts,
# - widen that view by dilation, and choose rates that leave no holes,
# - build ASPP and pyramid pooling, and say what the decoder of DeepLab v3+ adds,
# - say what PSPNet, DeepLab v3+ and HRNet each do about context and detail.
#
# **You need** lesson 05; lesson 06 helps.
#
# **Time** 120 minutes; 30 seconds of computing on two CPU cores.

# %%
import numpy as np
import torch
import torch.nn.functional as F

# %% [markdown]
# ## Near is not enough
#
# Is a brown pixel fur or carpet? Its neighbours are brown as well, so the answer lies further away: an ear above it, or a
# table leg beside it. What lies around a pixel is its **context**, and a network can use only what it sees.
#
# A U-Net sees far by shrinking the image, and has skips to find the edges again. This lesson is about other ways. The first
# comes from the wavelets of the late 1980s, where it was called *algorithme à trous*, the algorithm with holes. About a quarter
# of a century later it came to networks.
#
# ## A kernel with holes
#
# An **atrous convolution**, or dilated convolution, leaves gaps between the taps of its kernel. At **rate** 2 each tap is two
# pixels away from the next. A 3x3 kernel still has nine weights, and still gives a result for every pixel, but it spans 5 x 5.
# Rate 1 is the convolution that you know.

# %% [markdown] exercise="dilated-conv"
# Write `dilated_conv(image, kernel, rate)` with NumPy. Its docstring has the formula, and the picture at the top shows it.

# %% exercise="dilated-conv"

# %%
dilated_conv = unblock("dilated-conv")

# %% [markdown]
# **Before you run the next cell:** how many pixels does a kernel of 2 x 2 span at rate 2? And how large is the result for an
# image of 3 x 3?

# %% tags=["nbval-check-output"]
image, kernel, rate = example("dilated-3x3")
print(image)
for rate in (1, 2):
    span = rate * (len(kernel) - 1) + 1
    print(f"rate {rate} spans {span} pixels and gives", dilated_conv(image, kernel, rate).tolist())
print("64 = 1*1 + 2*3 + 3*7 + 4*9")

# %% [markdown]
# In torch it is `F.conv2d(..., dilation=rate)` or `nn.Conv2d(..., dilation=rate)`. Both should agree with you.

# %% tags=["nbval-check-output"]
rng = np.random.default_rng(0)
image, kernel = rng.normal(size=(12, 15)), rng.normal(size=(3, 3))
for rate in (1, 2, 4):
    ours = dilated_conv(image, kernel, rate)
    theirs = F.conv2d(
        torch.from_numpy(image)[None, None], torch.from_numpy(kernel)[None, None], dilation=rate
    )
    print(f"rate {rate}: {ours.shape}, equal to torch's: {np.allclose(ours, theirs[0, 0])}")

# %% [markdown]
# The result is smaller than the image by `rate` pixels on every side. A 3x3 layer that should keep the size therefore needs
# `padding=rate`.
#
# ## How far does one output see?
#
# In [lesson 05](05_tiny_unet.ipynb) a gradient measured the receptive field of an output. It can be computed as well. Go up
# from the image, layer by layer, and keep two numbers:
#
# - the **field** so far, which is 1 before any layer: the pixel itself,
# - the **jump**, the distance in the image between two neighbouring places of the map that the layer reads. It starts at 1.
#
# From its first tap to its last, a layer makes `kernel - 1` steps. Each step goes `dilation` places further on its map, and from one
# place to the next it is `jump` pixels in the image, so the layer adds (kernel - 1) · dilation · jump to the field. A stride of s
# makes the jump s times as long for the layers *after* it.
# For a 3x3 convolution, a 2x2 pooling of stride 2 and another 3x3 convolution, the field grows 1, 3, 4, 8: the second convolution
# makes two steps of two pixels each.

# %% [markdown] exercise="receptive-field"
# Write `receptive_field(layers)`. Three plain 3x3 convolutions give 7.

# %% exercise="receptive-field"

# %%
receptive_field = unblock("receptive-field")

# %% [markdown]
# Here are four stacks of five 3x3 layers, all with the same number of weights. **Before you run the cell:** order them by how
# far they see.

# %% tags=["nbval-check-output"]
stacks = {
    "five plain": [(3, 1, 1)] * 5,
    "five, each of rate 2": [(3, 1, 2)] * 5,
    "five, rates 1, 2, 4, 8, 16": [(3, 1, 2**power) for power in range(5)],
    "five, each of stride 2": [(3, 2, 1)] * 5,
}
for name, layers in stacks.items():
    shrunk = int(np.prod([stride for _, stride, _ in layers]))
    size = "as large as the image" if shrunk == 1 else f"{shrunk} times smaller"
    print(f"{name:28} sees {receptive_field(layers):2} pixels, and its result is {size}")

# %% [markdown]
# Doubled rates see exactly as far as strides of 2. The strides pay with resolution, since their result is 32 times smaller.
# Dilation pays with time instead, because every layer works on all pixels.
#
# ## Measured, not computed
#
# A rule is only right for the network that you think you have, so ask the network itself. What an output does not see cannot
# change it, and its **gradient** with respect to that pixel is 0. Training asks for the gradient of the weights, and nothing
# stops you from asking for that of the image.

# %% [markdown] exercise="pixels-seen"
# Write `pixels_seen(network, size)`. It returns which pixels the middle output depends on.

# %% exercise="pixels-seen"

# %%
pixels_seen = unblock("pixels-seen")


# %%
from torch import nn


def stack(rates, channels=8):
    """Return 3x3 layers of these rates that keep the size, from one channel to one, with random weights."""
    torch.manual_seed(0)
    widths = [1, *[channels] * (len(rates) - 1), 1]
    return nn.Sequential(
        *(
            nn.Conv2d(before, after, 3, padding=rate, dilation=rate)
            for rate, before, after in zip(rates, widths, widths[1:], strict=False)
        )
    )


# %% [markdown]
# Does the measured side agree with the rule? And how many of the pixels in that square does the output really see? Guess for
# the rates 2, 2, 2 before you run the cell.

# %% tags=["nbval-check-output"]
choices = ([1, 1, 1], [2, 2, 2], [1, 2, 4])
seen = {str(rates): pixels_seen(stack(rates), 17) for rates in choices}
for rates in choices:
    field = seen[str(rates)]
    rows = torch.nonzero(torch.as_tensor(field).any(dim=1))  # those with a pixel that is seen
    side = int(rows.max() - rows.min()) + 1
    rule = receptive_field([(3, 1, rate) for rate in rates])
    print(f"{rates}: side by rule {rule}, measured {side}; seen {int(field.sum())} of {rule * rule} pixels")

# %%
import matplotlib.pyplot as plt

from course_lib.plots import show

figure, axes = plt.subplots(1, 3, figsize=(9, 3.2), layout="constrained")
for ax, (rates, field) in zip(axes, seen.items(), strict=True):
    ax.imshow(torch.as_tensor(field).numpy(), cmap="Greys", vmin=0, vmax=1.6)
    ax.plot(8, 8, "o", color="#D55E00")
    ax.set(title=f"rates {rates}", xticks=[], yticks=[])
show(
    figure,
    alt="The pixels that the middle sees, dark on white. Rates 1, 1, 1: a block of 7 by 7. Rates 2, 2, 2: a grid of "
    "single dots, 13 by 13 wide, with white rows and columns between. Rates 1, 2, 4: a full block of 15 by 15",
)

# %% [markdown]
# ## How much does each pixel count?
#
# A pixel that is seen may still count for little. There are many ways from the middle of the field to the output, through
# nearly every tap of every layer, and only one way from its corner. So look at the size of the gradient, not only at whether
# it is 0.
#
# **Before you run the cell:** ten plain 3x3 layers see 21 pixels in a row. How many of these make up 90 % of the gradient?

# %% tags=["nbval-check-output"]
torch.manual_seed(0)
share = torch.zeros(21)
for _ in range(200):  # random networks, each with its own pattern; their mean shows what they share
    image = torch.zeros(1, 1, 21, 21, requires_grad=True)
    features = image
    for _ in range(10):
        kernel = torch.rand(1, 1, 3, 3)  # nine weights, 0.5 each on average
        kernel = kernel / 4.5  # they now add up to about 1
        features = F.conv2d(features, kernel, padding=1)
    features[0, 0, 10, 10].backward()
    share += image.grad[0, 0].abs().sum(dim=0)  # of each column
share /= share.sum()
widths = [float(share[10 - reach : 11 + reach].sum()) for reach in range(11)]
needed = next(reach for reach, part in enumerate(widths) if part >= 0.9)
print(f"{2 * needed + 1} of 21 columns hold 90 % of the gradient")

# %%
figure, ax = plt.subplots(figsize=(6, 2.2), layout="constrained")
colours = ["#D55E00" if abs(column) <= needed else "#999999" for column in range(-10, 11)]
ax.bar(range(-10, 11), share.tolist(), color=colours)
ax.set(xlabel="columns from the middle", ylabel="share of the gradient")
show(
    figure,
    alt="Bars for the 21 columns in the shape of a bell: the highest in the middle, and hardly anything left at the ends. The "
    "nine in the middle, which hold 90 percent, are orange",
)

# %% [markdown]
# The gradient has the shape of a bell: this is the **effective receptive field**, and it is much smaller than the one by the
# rule. (The kernels here are random and positive. Luo and others showed in 2016 that it also holds for random kernels of either
# sign, and that training widens the bell.) So don't rely on a receptive field that only just covers your object.
#
# ## Gridding
#
# With the rates 2, 2, 2 the middle pixel never hears from the pixels beside it. Outputs that are neighbours look at different
# pixels, as if the image were four separate ones: even or odd rows, with even or odd columns. The result shows a chequered
# noise that is called **gridding**.
#
# One row is enough to study it. A layer of rate r adds -r, 0 or r to every offset that is already seen.

# %% [markdown] exercise="unseen-between"
# Write `unseen_between(rates)`, which gives the offsets within reach that a stack never sees. Plain Python is enough, and a set
# helps.

# %% exercise="unseen-between"

# %%
unseen_between = unblock("unseen-between")

# %% [markdown]
# Which of these stacks have holes? Decide for each before you run the cell.

# %% tags=["nbval-check-output"]
rates = example("gridding-2-2")
print(rates, "skips", unseen_between(rates))
for rates in ([1, 2, 4, 8], [1, 3, 9], [2, 4, 8], [1, 2, 5], [6, 12, 18]):
    print(rates, "reaches", sum(rates), "and skips", len(unseen_between(rates)), "places")

# %% [markdown]
# The rule: begin with rate 1, and let no rate be larger than the side of the field that the layers before it see. For 1, 3, 9 these
# sides are 1, 3 and 9, so the rule just holds. The stack 2, 4, 8 begins with 2: all its offsets are even, and it skips every odd
# one. The rates 6, 12 and 18 are DeepLab's. Stacked they would be full of holes, but DeepLab does not stack them, as you will see.
#
# ## What context buys
#
# Now train two networks on pocket pets that are alike in everything but the rates: six 3x3 layers of 16 channels, 12,195
# weights, no pooling, the same first weights, the same pictures in the same order. One sees 13 x 13 pixels, the other 35 x 35.

# %%
from course_lib.data.pets import load_pets
from course_lib.data.pocket_pets import write_pocket_pets
from course_lib.data.transforms import denormalize, normalize, to_tensors
from course_lib.paths import data_home

SIDE = 48
NAMES = ("pet", "background", "border")


def load(split, count):
    """Return normalized images (N, 3, H, W) and targets (N, H, W) of the pocket pets."""
    pets = load_pets(write_pocket_pets(data_home() / "pocket"), split, SIDE)
    images, masks = to_tensors(*pets.subset(np.arange(count)).take(np.arange(count)))
    return normalize(images), masks.long()


train_images, train_targets = load("trainval", 256)
val_images, val_targets = load("test", 60)  # pictures to look at: nothing is chosen for the real test here


# %%
def train(network, steps, lr):
    """Train in place with batches of eight, every second one mirrored."""
    chance = torch.Generator().manual_seed(0)
    optimizer = torch.optim.Adam(network.parameters(), lr=lr)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, lr, steps)
    for step in range(steps):
        batch, mirrored = torch.randint(len(train_images), (8,), generator=chance), step % 2 == 1
        images, targets = train_images[batch], train_targets[batch]  # (8, 3, H, W), (8, H, W)
        if mirrored:
            images, targets = images.flip(3), targets.flip(2)
        loss = F.cross_entropy(network(images), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return network.eval()


# %%
from course_lib.metrics import ConfusionMatrix


def score(network):
    """Return mIoU and the IoU of each class on pictures that were not learnt from."""
    with torch.no_grad():
        prediction = network(val_images).argmax(dim=1)  # (N, H, W)
    matrix = ConfusionMatrix(num_classes=3)
    matrix.update(prediction, val_targets)
    return {"mIoU": float(matrix.mean_iou()), **dict(zip(NAMES, matrix.iou().tolist(), strict=True))}


def print_scores(scores):
    """Print the scores of several networks, a line each."""
    print(f"{'':28}{'mIoU':>6}{'pet':>6}{'background':>12}{'border':>8}")
    for name, (mean, pet, background, border) in ((name, each.values()) for name, each in scores.items()):
        print(f"{name:28}{mean:6.2f}{pet:6.2f}{background:12.2f}{border:8.2f}")


def plain_network(rates, width=16):
    """Return 3x3 layers of these rates, with batch norm and ReLU, and a 1x1 head."""
    torch.manual_seed(0)
    layers, channels = [], 3
    for rate in rates:
        conv = nn.Conv2d(channels, width, 3, padding=rate, dilation=rate, bias=False)
        layers += [conv, nn.BatchNorm2d(width), nn.ReLU()]
        channels = width
    return nn.Sequential(*layers, nn.Conv2d(width, 3, kernel_size=1))


# %% tags=["trains"]
near = train(plain_network([1, 1, 1, 1, 1, 1]), steps=300, lr=0.01)
far = train(plain_network([1, 1, 2, 4, 8, 1]), steps=300, lr=0.01)
scores = {"sees 13 x 13": score(near), "sees 35 x 35": score(far)}
print_scores(scores)

# %%
figure, axes = plt.subplots(4, 6, figsize=(9, 6.4), layout="constrained")
with torch.no_grad():
    chances = [network(val_images[:6]).softmax(dim=1)[:, 0] for network in (near, far)]  # (6, H, W) each
pictures = denormalize(val_images[:6]).permute(0, 2, 3, 1)  # (6, H, W, 3)
for column, picture in enumerate(pictures):
    axes[0, column].imshow(picture.numpy())
    axes[1, column].imshow((val_targets[column] == 0).numpy(), cmap="gray")
    for ax, chance in zip(axes[2:, column], chances, strict=True):
        ax.imshow(chance[column].numpy(), cmap="gray", vmin=0, vmax=1)
for ax, name in zip(axes[:, 0], ("picture", "pet", "sees 13", "sees 35"), strict=True):
    ax.set_ylabel(name)
for ax in axes.flat:
    ax.set(xticks=[], yticks=[])
show(
    figure,
    alt="Six pictures, the true pets in white, and how sure each network is of the class pet, white for sure. The near-sighted "
    "network gives speckles; the far-sighted one gives smoother patches with a faint chequered pattern, in the second and fifth "
    "picture mostly on the animal. In the third and the sixth both show far too much pet",
)

# %% tags=["nbval-check-output"]
counts = [sum(weight.numel() for weight in network.parameters()) for network in (near, far)]
print("weights:", counts)

# %% [markdown]
# Not one weight was added, and no pixel was given up. **Look at the grey pictures before you read on**, and compare them with the
# true pets above: what does seeing further change, and what does it not?
#
# In the second and the fifth picture the near-sighted network decides patch by patch, and the animal is full of speckles. The
# far-sighted one fills it more evenly. In the third and the sixth both see far too much pet, one in speckles and the other smoothly.
# The far-sighted network also shows a faint chequered pattern, although its rates keep the rule. A stack without holes sees every
# pixel, but not equally: neighbouring outputs of the layer of rate 8 share none of their nine taps, and only one plain layer comes
# after it to even that out.
#
# And the scores? One seed is little evidence. With three seeds, on the test pictures, the near-sighted network has an mIoU of
# {{far_and_near.near.miou}} and the far-sighted one of {{far_and_near.far.miou}}: the gap is not larger than the spread. Seeing
# further changes what this network draws, as the grey pictures show, and by itself hardly what it scores.
#
# ## Stride or dilation: the same weights
#
# A ResNet shrinks its image 32 times. For segmentation its last strides are taken out, and the rates of all later layers are
# doubled instead, so that every tap falls on the same place of the image as with the strides. `DilatedResNet` in the course's
# library does this, and `output_stride` says how many times smaller its last features are.
#
# Here are two of them with the same weights. **Before you run the cell:** where in the fine network's numbers will you find
# those of the coarse one?

# %% tags=["nbval-check-output"]
from course_lib.models.dilated_resnet import DilatedResNet

torch.manual_seed(0)
coarse, fine = DilatedResNet(output_stride=32).eval(), DilatedResNet(output_stride=8).eval()
fine.load_state_dict(coarse.state_dict())
images = torch.rand(1, 3, 128, 128)
with torch.no_grad():
    coarse_features, fine_features = coarse(images)[-1], fine(images)[-1]
print("coarse", tuple(coarse_features.shape), "fine", tuple(fine_features.shape))
every_fourth = fine_features[:, :, ::4, ::4]
print("every fourth of the fine is the coarse:", torch.allclose(every_fourth, coarse_features, atol=1e-4))

# %%
import time

for name, network in (("coarse", coarse), ("fine", fine)):
    start = time.perf_counter()
    with torch.no_grad():
        for _ in range(10):
            network(images)
    print(f"{name:6} {100 * (time.perf_counter() - start):.0f} ms for an image")

# %% [markdown]
# That is why an encoder that was trained on ImageNet with strides can be used with dilation, without being trained again. The
# times show the price of the finer features.
#
# ## ASPP: several distances at once
#
# Some pets are small and some are large, so which rate is right? DeepLab's answer is to take several of them side by side, in
# **atrous spatial pyramid pooling**, or **ASPP**.
#
# | branch | what it sees |
# |---|---|
# | 1x1 convolution | the place itself |
# | 3x3 convolution, one for each rate | near, further, far |
# | mean of the whole image, then 1x1 convolution | everything, but not where |
#
# All branches give the same number of channels. They are joined along the channels and go through a ReLU, and a last 1x1
# convolution weighs them. (The library's version has batch norm after every convolution.)

# %% [markdown] exercise="aspp"
# Build the module. `padding=rate` keeps the size. All convolutions have a bias, and there is no batch norm.

# %% exercise="aspp"

# %%
ASPP = unblock("aspp")

# %% tags=["nbval-check-output"]
module = ASPP(in_channels=256, out_channels=64, rates=[1, 2, 4])
print("in (2, 256, 8, 8), out", tuple(module(torch.rand(2, 256, 8, 8)).shape))
print("weights:", sum(weight.numel() for weight in module.parameters()))

# %% [markdown]
# ### Rates must fit the features
#
# The rates 6, 12 and 18 were chosen for features of 33 x 33. An image of 128 x 128 at output stride 16 has features of 8 x 8.
# How many taps of a 3x3 kernel still fall on those, instead of on the padding around them?

# %% tags=["nbval-check-output"]
for side in (33, 8):
    for rate in (1, 2, 4, 6, 12, 18):
        ones = torch.ones(1, 1, side, side)
        taps = F.conv2d(ones, torch.ones(1, 1, 3, 3), padding=rate, dilation=rate)  # (1, 1, side, side)
        print(f"features {side:2} x {side:2}, rate {rate:2}: {float(taps.mean()):.1f} of 9 taps")

# %% [markdown]
# At rate 12 on 8 x 8 only the tap in the middle is left. The 3x3 kernel has become a 1x1 kernel that costs nine times as much,
# which is why the course's DeepLab takes the rates 1, 2 and 4.
#
# ## DeepLab v3+: a decoder for the edges
#
# ![Four networks drawn as size over depth. U-Net goes down and comes up again with skips at each size; PSPNet goes to an
# eighth, pools there and is enlarged at one go; DeepLab v3+ goes to a sixteenth, has its ASPP there, and fetches features at a quarter once;
# HRNet runs four sizes side by side that exchange](pictures/12_four_ways.png)
#
# These are four ways to see far and still find the edges; PSPNet and HRNet come further down. DeepLab's features after the ASPP
# know much, but they are 16 times too small. DeepLab v3 enlarges them as they are. Version **3+** has a small decoder:
#
# 1. enlarge the ASPP's result to four times its size,
# 2. fetch the **low-level features** of the encoder's first stage, at a quarter of the image, and squeeze them to few
#    channels by a 1x1 convolution, so that they do not drown the rest,
# 3. join the two, apply two 3x3 convolutions, and enlarge to four times the size again.
#
# It is one skip where U-Net has four. You will often read that DeepLab sees far "without losing resolution". That is true of a
# single atrous convolution, but not of the network, whose last features are 16 times smaller than the image. This is why it needs the
# decoder.

# %% tags=["nbval-check-output"]
from course_lib.models import create_model

model = create_model("deeplabv3plus").eval()
images = torch.rand(1, 3, 128, 128)
with torch.no_grad():
    low_level, *_, deep = model.encoder(images)
    context = model.aspp(deep)
    print("low-level", tuple(low_level.shape), "squeezed to", model.squeeze(low_level).shape[1], "channels")
    print("deep", tuple(deep.shape), "after the ASPP", tuple(context.shape))
    print("logits", tuple(model(images).shape))

# %% [markdown]
# What is that skip worth? To find out, one trains the network twice: once as it is, and once with the low-level features switched
# off. They pass through `squeeze`, a 1x1 convolution and a batch norm. The batch norm ends by multiplying each channel by a weight
# and adding a bias. If both are 0 and stay 0, nothing passes, and everything else is as before.

# %% tags=["nbval-check-output"]
print("passes at first:", bool(model.squeeze(low_level).any()))
for switch in (model.squeeze[1].weight, model.squeeze[1].bias):
    torch.nn.init.zeros_(switch)
    switch.requires_grad_(False)  # so that training leaves them at 0
print("passes now:", bool(model.squeeze(low_level).any()))

# %% [markdown]
# **Before you read on:** which of the three classes will miss them most? And PSPNet, which comes next, brings nothing back from its
# fine features: in which class will it be furthest behind?
#
# These are narrow networks, trained for 720 steps on drawn pets of 64 x 64 pixels, with three seeds:
#
# | network | mIoU | pet | background | border |
# |---|---|---|---|---|
# | encoder that shrinks 32 times, logits enlarged | {{context.plain.miou}} | {{context.plain.pet}} | {{context.plain.background}} | {{context.plain.border}} |
# | the same weights, dilated: 8 times | {{context.dilated.miou}} | {{context.dilated.pet}} | {{context.dilated.background}} | {{context.dilated.border}} |
# | DeepLab v3+ without low-level features | {{context.aspp.miou}} | {{context.aspp.pet}} | {{context.aspp.background}} | {{context.aspp.border}} |
# | DeepLab v3+ | {{context.aspp_and_skip.miou}} | {{context.aspp_and_skip.pet}} | {{context.aspp_and_skip.background}} | {{context.aspp_and_skip.border}} |
# | PSPNet | {{context.pyramid.miou}} | {{context.pyramid.pet}} | {{context.pyramid.background}} | {{context.pyramid.border}} |
# | HRNet | {{context.hrnet.miou}} | {{context.hrnet.pet}} | {{context.hrnet.background}} | {{context.hrnet.border}} |
# | U-Net | {{context.fast_unet.miou}} | {{context.fast_unet.pet}} | {{context.fast_unet.background}} | {{context.fast_unet.border}} |
#
# Without its skip DeepLab loses on every class, and of the border it finds nothing at all. PSPNet keeps up with DeepLab v3+ on pet and
# background, to within a few hundredths, and falls behind on the border. HRNet, which is often recommended where fine details count,
# has the highest IoU of the border. On pictures this small, the networks that keep or bring back fine detail are ahead: there is little
# context to look for.
#
# You will also read that dilated convolutions are a cure for blurred outlines. Compare the first three rows. With as many weights, the
# dilated encoder finds some of the border, where the one that shrinks 32 times finds nothing. But DeepLab without its low-level
# features is dilated as well, and finds nothing either. In this table the border goes with the finest map that reaches the output:
# there is none at a 32nd and at a sixteenth of the size, some at an eighth, and more at a quarter and at a half. Dilation is one way to
# keep such a map.
#
# ## PSPNet: means over cells
#
# A mean forgets where things are, and still knows what sort of place this is. **Pyramid pooling** takes means over the whole
# image, over its quarters, and over 3 x 3 and 6 x 6 cells, and hands each pixel the means of the cells that it lies in.

# %% [markdown] exercise="pyramid"
# Write `pyramid(features, bins)`. torch has a function for each of the two steps: `F.adaptive_avg_pool2d` takes means over
# as many cells as you ask for, whatever the size, and `F.interpolate` enlarges. In PSPNet each level also goes through a
# 1x1 convolution; leave that out.

# %% exercise="pyramid"

# %%
pyramid = unblock("pyramid")

# %% tags=["nbval-check-output"]
features, bins = example("pyramid-4x4")
print("features", features[0, 0].tolist())
print("level of 2 x 2 cells", pyramid(features, bins)[0, 1].tolist())

# %% [markdown]
# For once, let the features be a picture. Each level then has three channels, which you can look at.

# %%
picture = denormalize(val_images[:1]) / 255  # (1, 3, H, W)
levels = pyramid(picture, [1, 2, 3, 6]).split(3, dim=1)  # five times (1, 3, H, W)
figure, axes = plt.subplots(1, 5, figsize=(10, 2.4), layout="constrained")
for ax, level, title in zip(axes, levels, ("features", "1 x 1", "2 x 2", "3 x 3", "6 x 6"), strict=True):
    ax.imshow(level[0].permute(1, 2, 0).numpy())
    ax.set(title=title, xticks=[], yticks=[])
show(
    figure,
    alt="A picture of a pet and its four levels: one single colour, then colour gradients that become finer, until at 6 "
    "by 6 cells one can guess where the pet is",
)

# %% [markdown]
# ## HRNet: a fine branch all the way
#
# U-Net, PSPNet and DeepLab all shrink first and repair later. **HRNet** keeps one branch at the finest resolution through all of
# its stages. That is not the resolution of the image: the original begins with two convolutions of stride 2, so its finest branch
# has a quarter of the image's height and width, and the course's smaller version has a half. Coarser branches run beside it, and
# after every stage all branches exchange what they know: fine to coarse by strides, coarse to fine by enlarging, and each branch
# adds up what it gets.

# %% [markdown] exercise="exchange"
# Write `exchange(fine, coarse)` for two branches, without weights.

# %% exercise="exchange"

# %%
exchange = unblock("exchange")

# %% tags=["nbval-check-output"]
fine, coarse = exchange(*example("exchange-2x2"))
print("fine", fine[0, 0].tolist(), "coarse", coarse[0, 0].tolist())

# %% [markdown]
# In the library's HRNet, `Exchange` does this for any number of branches, with convolutions on the way. Watch the sizes: the
# image has 128 x 128 pixels. The last stage adds no branch, only one more exchange.

# %% tags=["nbval-check-output"]
hrnet = create_model("hrnet").eval()
branches = [hrnet.stem(images)]
with torch.no_grad():
    for number, (stage, step) in enumerate(zip(hrnet.stages, hrnet.exchanges, strict=True), start=1):
        branches = step(stage(branches))
        print("after stage", number, [tuple(branch.shape[1:]) for branch in branches])

# %% [markdown]
# ## All of them in the zoo
#
# | network | sees far by | keeps edges by | `--model` |
# |---|---|---|---|
# | U-Net | shrinking | a skip at every size | `unet`, `fast-unet` |
# | PSPNet | dilation, means over cells | stopping at an eighth | `pspnet` |
# | DeepLab v3+ | dilation, ASPP | one skip, at a quarter | `deeplabv3plus` |
# | HRNet | coarse branches | a branch at a half (originally a quarter) all the way | `hrnet` |
#
# Each is one file in `course_lib/models/`, and each is a name that `course train` knows:
#
# ```
# course train --data pocket --model deeplabv3plus --minutes 3 --out runs/deeplab
# ```

# %% tags=["nbval-check-output"]
for name in ("fast-unet", "deeplabv3plus", "pspnet", "hrnet"):
    model = create_model(name).eval()
    with torch.no_grad():
        logits = model(images)
    print(
        f"{name:14} {sum(weight.numel() for weight in model.parameters()):>9,} weights, {tuple(logits.shape)}"
    )

# %% [markdown]
# And real pets? Each network below began with random weights and had eight minutes of one core on 240 photos of three breeds, at
# 128 x 128. The figures are IoUs on 149 test photos, one seed each. **Before you read on:** in the table of drawn pets PSPNet fell behind
# on the border. Does it here?
#
# | network | pet | background | border | mean |
# |---|---|---|---|---|
# | `fast-unet` | 0.798 | 0.892 | 0.517 | 0.736 |
# | `deeplabv3plus` | 0.776 | 0.880 | 0.504 | 0.720 |
# | `hrnet` | 0.754 | 0.865 | 0.487 | 0.702 |
# | `pspnet` | 0.739 | 0.860 | 0.463 | 0.687 |
#
# Compared with the first row, PSPNet lacks 0.059 on the pet, 0.032 on the background and 0.054 on the border: here it is behind on
# the pet at least as much. HRNet had the best border of the drawn pets, and is third here. This table cannot say why. The photos, their size
# and the length of the training all differ from before: all networks had the same minutes here, and the same steps there. And another
# seed may give another order. The file `docs/benchmarks.md` of the course has all its models, and three minutes beside eight.
# <!-- not measured here -->
#
# These are the course's own small versions. The originals have encoders such as ResNet-101, trained on ImageNet. Their weights
# were not at hand when this lesson was built, so nothing here shows what they can do. What their papers report is in the
# table at the end of [lesson 14](14_foundation_models.ipynb). It has years, and you need them: DeepLab v3+ is still called the
# state of the art on VOC and Cityscapes in many texts, and it was that in 2018.

# %% [markdown]
# ## Checkpoint
#
# **1.** A 3x3 layer of rate 6 should keep the size of its input. Which padding does it need?
#
# <details><summary>Answer</summary>
#
# 6. Its kernel spans 13 pixels, so it loses 6 on every side.
#
# </details>
#
# **2.** Conv 3x3, pool 2x2, conv 3x3, pool 2x2, conv 3x3. How large is the receptive field?
#
# <details><summary>Answer</summary>
#
# 18. It grows 1, 3, 4, 8, 10, 18: the first convolution adds 2, the pooling 1, the second convolution 2 · 2, the second
# pooling 2, the last convolution 2 · 4.
#
# </details>

# %% [markdown]
# **3.** A colleague stacks four layers of rate 4 and gets chequered masks. What happened, and what do you suggest?
#
# <details><summary>Answer</summary>
#
# It is gridding: with 4 as a common factor each pixel sees only every fourth pixel in each direction, and its neighbours see
# others. Rates such as 1, 2, 4, 8 see nearly as far, 31 pixels instead of 33, and leave no holes.
#
# </details>
#
# **4.** You train DeepLab v3+ with batches of one image, and it stops with an error about a batch of one. Which part of the ASPP
# is it, and why?
#
# <details><summary>Answer</summary>
#
# It is the branch of the whole image. Its mean is one number per channel, and batch norm in training needs two or more numbers
# to take a mean and a spread of. Two images in a batch are enough.
#
# </details>

# %% [markdown]
# ## What to remember
#
# - Context helps to decide what a pixel is, and a network can only use what lies in its receptive field.
# - Strides multiply the steps and cost resolution. Dilation widens kernels and costs neither weights nor pixels, but time.
# - The gradient of an output with respect to the image shows what it sees, and how much of that counts.
# - Rates with a common factor leave holes; ASPP puts rates side by side instead.
# - Context says what, and edges need fine features: a skip, a small decoder, or a branch that stays fine.
#
# ## Where to go from here
#
# - [Multi-Scale Context Aggregation by Dilated Convolutions](https://arxiv.org/abs/1511.07122), Yu and Koltun, 2015
# - [Encoder-Decoder with Atrous Separable Convolution](https://arxiv.org/abs/1802.02611), Chen and others, 2018: DeepLab v3+
# - [Pyramid Scene Parsing Network](https://arxiv.org/abs/1612.01105), Zhao and others, 2016
# - [Deep High-Resolution Representation Learning](https://arxiv.org/abs/1908.07919), Wang and others, 2019: HRNet
# - [Understanding the Effective Receptive Field](https://arxiv.org/abs/1701.04128), Luo and others, 2016
#
# Next: [Lesson 13](13_instances_and_panoptic.ipynb), where two pets that touch are two.
