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
# # The full U-Net
#
# ![A U-Net drawn to scale. Five levels go down from 64 maps of 256 by 256 to 1024 maps of 16 by 16, each half as high and wide and with twice the channels; four go up again. Green arrows carry each level across from the encoder to the decoder.](pictures/06_unet.png)
#
# *To scale: each box is as high as its feature maps and as wide as it has channels. At the top the boxes are tall and
# thin, at the bottom they are flat and broad.*
#
# The network of lesson 05 takes in a few pixels at a time, which was enough for flowers in the grass. To recognise a
# cat it has to see much more. In this lesson you build the U-Net as large as it was published. You also meet the
# questions that decide whether you can train such a network at all: how much it has to store, how much it has to
# compute, and where in the network both happen.
#
# **You will be able to**
#
# - build the U-Net of the picture from three blocks of your own, `DoubleConv`, `Down` and `Up`
# - say where its parameters, its memory and its work are, which are three different places
# - work out how much of an image one value of the bottleneck sees
# - follow a size through convolutions without padding, crop the skips to fit, and mirror what is missing
# - judge what a network costs before you train it, and fold it so that it fits a laptop
#
# **You need** lesson 05: convolution, pooling, transposed convolution, one skip.
#
# **Time** 120 minutes; 30 seconds of computing on two CPU cores.

# %% [markdown]
# ## Thirty images
#
# In 2015 Olaf Ronneberger, Philipp Fischer and Thomas Brox in Freiburg entered a competition that had been open since 2012.
# The task was to trace the membranes of nerve cells in electron microscope images of a fly larva. There were thirty training
# images, because every membrane has to be drawn by hand, by experts who have little time. Their network took first place,
# and in the same year it won two categories of a cell-tracking challenge, with 35 and 20 partly labelled images. It is the
# **U-Net**, and a decade later it is still what most medical segmentation starts from.
#
# How could thirty images be enough? Three decisions helped:
#
# - **The decoder is as wide as the encoder.** The network that had opened the field a few months before, the FCN of Long,
#   Shelhamer and Darrell, takes a large classifier trained on a million photos, turns its scores into a small map, and
#   adds scores of two finer levels while it enlarges them. The U-Net is trained from scratch. It carries *features*
#   across, not scores, and gives the way up convolutions of its own.
# - **Images are bent and stretched at random** while they are shown, together with their masks: a cell that is a little
#   deformed is still a cell. Lesson 07 calls that augmentation and does a simple form of it.
# - **Large images are cut into tiles** that overlap, and where a tile reaches beyond the edge of the image, the image is
#   mirrored. You will do that below.
#
# You will often read a fourth reason, that a U-Net has *few parameters*. It has 31 million. What there is plenty of is
# supervision: one labelled image of 512 x 512 pixels is a quarter of a million labelled pixels, and the same weights
# serve at each of them. Do not take the 31 million on trust, either, because you are about to count them.

# %% [markdown]
# ## What a convolution and a batch norm learn
#
# A 3x3 convolution has one kernel of 9 weights for **each pair** of an input and an output channel, and one bias for
# each output channel.
#
# **Batch normalisation**, or batch norm, follows each convolution in nearly every U-Net that you will meet. It takes one
# channel at a time, over the whole batch and all pixels, subtracts the mean and divides by the standard deviation. Then
# it multiplies by a *scale* and adds a *shift*, two numbers per channel that are learned and that torch calls `weight` and
# `bias`. It also keeps a running mean
# and a running variance for later use. These two are measured and not learned, which is why torch calls them
# *buffers*, and not parameters.
#
# Before you run the cell: how many weights and biases does a convolution from 3 to 64 channels have?

# %% tags=["nbval-check-output"]
from itertools import pairwise

import torch
from torch import nn

conv, norm = nn.Conv2d(3, 64, kernel_size=3, padding=1), nn.BatchNorm2d(64)
learned = [*conv.named_parameters("conv"), *norm.named_parameters("norm")]
for name, tensor in [*learned, *norm.named_buffers("norm")]:
    kind = "parameter" if isinstance(tensor, nn.Parameter) else "buffer"
    print(f"{name:<25} {kind:<10} {list(tensor.shape)!s:<15} {tensor.numel():>5}")

# %% [markdown] exercise="double-conv-parameters"
# Each stage of the U-Net has a **double convolution**: convolution, batch norm, convolution, batch norm, with ReLUs
# between them that learn nothing. Count what it learns. `bias` says whether the convolutions have one.

# %% exercise="double-conv-parameters"

# %%
double_conv_parameters = unblock("double-conv-parameters")

# %% [markdown]
# From level to level the channels double. Roughly what happens to the count? Decide before you run the cell.

# %% tags=["nbval-check-output"]
for in_channels, out_channels in [(3, 64), (64, 128), (128, 256), (256, 512), (512, 1024)]:
    count = double_conv_parameters(in_channels, out_channels, True)
    print(f"{in_channels:>4} -> {out_channels:>4}  {count:>10,}")

# %% [markdown]
# It grows fourfold, because both factors double. The last double convolution accounts for 14 million parameters by
# itself. Notice what does not occur in the count: the size of the image.
#
# ## Eighteen convolutions in a row
#
# The first U-Net had no batch norm, which was invented in the same year. A signal passes 18 3x3 convolutions on its way
# through, and if each of them makes it a little weaker, nothing is left at the end. The authors' remedy was to draw the
# first weights with the right spread: a standard deviation of $\sqrt{2/n}$, where $n$ is the number of inputs that a
# convolution sums (9 for each input channel). Then, on average, the numbers neither shrink nor grow through convolution and
# ReLU. The rule carries the name of Kaiming He, who had published it with others a few months before.
#
# The cell sends noise through random layers and measures how much the signal still varies from pixel to pixel. Before you
# run it: with torch's own first weights, which are smaller, about how much of that survives 18 layers? A half, a tenth, or
# less than a thousandth?


# %% tags=["nbval-check-output"]
def signal_after(layers, he=False, normalise=False, seed=0):
    """Return what comes out of some random 3x3 convolutions with ReLU, away from the frame of zeros."""
    torch.manual_seed(seed)
    signal = torch.randn(4, 32, 32, 32)  # (N, C, H, W), deviation 1
    with torch.no_grad():
        for _ in range(layers):
            conv = nn.Conv2d(32, 32, kernel_size=3, padding=1)
            if he:
                nn.init.kaiming_normal_(conv.weight, nonlinearity="relu")
            signal = conv(signal)
            signal = nn.BatchNorm2d(32)(signal).relu() if normalise else signal.relu()
    return signal[:, :, 8:24, 8:24]


def deviation(signal):
    """Return how much a channel varies from pixel to pixel."""
    return signal.std(dim=(0, 2, 3)).mean().item()


print("after layers         1        6       18")
for name, options in {"torch": {}, "He": {"he": True}, "batch norm": {"normalise": True}}.items():
    print(f"{name:<12}", "".join(f"{deviation(signal_after(n, **options)):9.4f}" for n in (1, 6, 18)))

# %% [markdown]
# With torch's own weights nothing is left after 18 layers, and with He's about a tenth. Didn't the rule promise that the
# numbers keep their size? It did, but their size is another thing than how much they vary from pixel to pixel. Here is the
# size itself, the square root of the mean square, after 18 layers with four draws of He's weights. It was 1 at first.

# %% tags=["nbval-check-output"]
sizes = [signal_after(18, he=True, seed=seed).square().mean().sqrt().item() for seed in range(4)]
print("size of the numbers, He:", "".join(f"{size:6.2f}" for size in sizes))

# %% [markdown]
# One draw ends above 1 and the others below: the size is kept on average over many draws, not in each. But it is kept, near
# enough, while the part that varies from pixel to pixel becomes a small part of it. It survives, and the network can learn
# from it.
#
# Batch norm keeps more of it, whatever the weights are. So the U-Net does not *need* batch norm, as the first one shows: batch
# norm came later, made the choice of the first weights uncritical, and stayed. Many recent networks use other normalisations
# in its place.
#
# ## The two lives of batch norm
#
# Batch norm behaves in one way in training and in another way in use, and forgetting that is among the most common
# mistakes in deep learning.
#
# - In **training**, after `.train()`, it uses the mean and the deviation of *this batch*, and moves the running ones
#   a tenth of the way towards them.
# - In **use**, after `.eval()`, it uses the running ones, so that an image's result no longer depends on which other
#   images happen to be in the batch.
#
# Here are two "images", one with the value 30 everywhere and one with 70: mean 50, standard deviation 20. The running
# statistics start at mean 0 and variance 1. Before you run the cell: what will 30 and 70 become in training? And will it
# be the same after `.eval()`?

# %% tags=["nbval-check-output"]
norm = nn.BatchNorm2d(1)
images = torch.tensor([30.0, 70.0]).reshape(2, 1, 1, 1).expand(2, 1, 32, 32)  # (N, C, H, W)


def show_values(when):
    """Print what the batch norm makes of 30 and of 70."""
    first, second = norm(images)[:, 0, 0, 0].tolist()
    print(f"{when:<24} {first:6.2f} {second:6.2f}")


show_values("in training, first step")
norm.eval()
show_values("in use, after one step")
norm.train()
for _ in range(99):
    norm(images)
norm.eval()
show_values("in use, after 100 steps")

# %% [markdown]
# In training the values lie around 0 from the first step, whatever came in. In use they are right once the running
# statistics have caught up, and not before. A network that scores badly after its first few steps, or that scores
# differently when you forget `.eval()`, may suffer from nothing else.
#
# ## The block: convolution, batch norm, ReLU, twice
#
# Two 3x3 convolutions in a row see 5x5 pixels, as a single 5x5 convolution would, with 18 weights in place of 25. But the
# saving is not the point. The ReLU between them is, because a linear map of a linear map is one linear map: without the
# ReLU, the two are a 5x5 convolution written in a complicated way.
#
# Layers that follow one another need no `forward` of your own. `nn.Sequential(one, two, ...)` is a layer that calls all of
# them in turn, and `nn.ReLU()`, with its brackets, is `torch.relu` as a layer:

# %% tags=["nbval-check-output"]
row = nn.Sequential(nn.Conv2d(3, 8, kernel_size=1), nn.ReLU())
result = row(torch.randn(2, 3, 6, 6))  # (N, 8, H, W)
print(tuple(result.shape), " all 0 or more:", bool((result >= 0).all()))

# %% [markdown] exercise="double-conv"
# Build the block. Both convolutions keep height and width. Whether they have a bias is up to you, since batch norm
# subtracts it again; the counts on this page include it, as torch's default does. `forward` is written; store your layers
# as `self.layers`.

# %% exercise="double-conv"

# %%
DoubleConv = unblock("double-conv")

# %% tags=["nbval-check-output"]
block = DoubleConv(3, 64)
print("counted by you  ", double_conv_parameters(3, 64, True))
print("counted by torch", sum(weights.numel() for weights in block.parameters()))
print("shape           ", tuple(block(torch.zeros(2, 3, 32, 32)).shape))

# %% [markdown]
# ## One stage down
#
# A stage of the encoder halves the size and doubles the channels. The pooling comes *first*, so that whatever precedes
# it, at the finer resolution, is left for the skip to carry across.

# %% [markdown] exercise="down"
# Build `Down` from a pooling and your `DoubleConv`.

# %% exercise="down"

# %%
Down = unblock("down")

# %% [markdown]
# ## One stage up
#
# A stage of the decoder does the reverse, and joins the skip on the way:
#
# | step | gives |
# |---|---|
# | features from below | in_channels x H x W |
# | transposed convolution, kernel 2, stride 2: `nn.ConvTranspose2d` | out_channels x 2H x 2W |
# | concatenate the skip, which has out_channels as well | 2 * out_channels x 2H x 2W |
# | double convolution | out_channels x 2H x 2W |
#
# There is nothing between the transposed convolution and the concatenation, neither batch norm nor ReLU.

# %% [markdown] exercise="up"
# Build `Up`. Its `forward` takes two tensors, the features and the skip, so it is yours to write as well.

# %% exercise="up"

# %%
Up = unblock("up")

# %% [markdown]
# Down and up again. Before you run the cell: which shapes will be printed?

# %% tags=["nbval-check-output"]
skip = torch.zeros(2, 64, 32, 32)
below = Down(64, 128)(skip)
above = Up(128, 64)(below, skip)
print("skip", tuple(skip.shape), " below", tuple(below.shape), " above", tuple(above.shape))

# %% [markdown]
# ## The whole U
#
# For a batch of N images of 256 x 256, this is the picture at the top of the page as a table:
#
# | level | on the way down | on the way up |
# |---|---|---|
# | 0 | 64 x 256 x 256 | 64 x 256 x 256, then the head: classes x 256 x 256 |
# | 1 | 128 x 128 x 128 | 128 x 128 x 128 |
# | 2 | 256 x 64 x 64 | 256 x 64 x 64 |
# | 3 | 512 x 32 x 32 | 512 x 32 x 32 |
# | 4 | 1024 x 16 x 16, the **bottleneck** | |
#
# The first level is a `DoubleConv` from the image's channels, often called the *stem*. The **head** is a 1x1
# convolution from 64 channels to one logit per class.
#
# The last skip to be put aside is the first to be needed, because the features of level 3 go into the first stage up. A
# list does that, with `append` on the way down and `pop` on the way up.

# %% [markdown] exercise="unet"
# Build `UNet`. `widths` gives the channels of all levels; take them from there, so that you can build small ones, as
# lesson 07 will. The check uses five levels; loops will do for any number, and are shorter. `pairwise(widths)` gives
# (64, 128), (128, 256) and so on, and torch must know your stages: keep them in `nn.ModuleList`.
# `forward(self, images)` is yours to write, too; it returns the logits, without softmax.

# %% exercise="unet"

# %%
UNet = unblock("unet")

# %% [markdown]
# Now count. The device `meta` has no memory: there torch follows shapes and computes nothing, so that even a large
# network takes no time.
#
# Before you run the cell: by how much do three classes and 21 classes differ?

# %% tags=["nbval-check-output"]
from course_lib.models import create_model

WIDTHS = (64, 128, 256, 512, 1024)
levels = list(pairwise(WIDTHS))
encoder = sum(double_conv_parameters(*channels, True) for channels in [(3, 64), *levels])
upsampling = sum(2 * 2 * coarse * fine + fine for fine, coarse in levels)
decoder = sum(double_conv_parameters(2 * fine, fine, True) for fine, _ in levels)
head = 64 * 3 + 3
print(f"{encoder:,} + {upsampling:,} + {decoder:,} + {head} = {encoder + upsampling + decoder + head:,}")

with torch.device("meta"):
    networks = {"yours, 3 classes": UNet(num_classes=3), "yours, 21 classes": UNet()}
    networks["the course's, 3 classes"] = create_model("unet", num_classes=3)
    logits = networks["yours, 21 classes"](torch.empty(2, 3, 256, 256))
for name, network in networks.items():
    print(f"{name:<24}{sum(weights.numel() for weights in network.parameters()):,}")
print("logits", tuple(logits.shape))

# %% [markdown]
# One class more costs 64 weights and a bias, and 18 more cost 1,170. It is not the classes that make a network large.
#
# **Move something.** First go through the stages of three U-Nets, yours among them: choose the network, then the stage. Then
# look at what the skips are worth, which is shown with the smallest of the three. It was trained on drawn pets of 64 x 64, so
# its skips are at 64 x 64, 32 x 32 and 16 x 16. Switch them off one by one. Guess first which of them carries the outline.

# %%
from course_lib.explorers import explore_unet

explore_unet()

# %% [markdown]
# Hardly a pixel changes when the skip at 64 x 64 is off. Without one of the other two the outline suffers, and without
# both of them most of the border is lost. You might have expected the finest skip to be the one that counts. But this
# network learnt with skips left out at random, so what one of them brings the others can often replace. Which skips
# count is a question for a measurement, not for the drawing.
#
# ## How much of the image does one value see?
#
# A value of the stem has a receptive field of 5 x 5 pixels, which is enough to notice an edge and far too little to recognise
# a cat. That is the reason to go down ([lesson 05](05_tiny_unet.ipynb)). After a pooling, neighbours are twice as far apart
# in the image, so the next 3x3 convolution reaches twice as far with the same nine weights.
#
# How deep does a network have to be? That depends on what it has to take in at a glance.

# %% [markdown] exercise="poolings-needed"
# An object is `pixels` wide, and you would like a value in the bottleneck to see all of it. How many poolings does that
# take? Without a pooling, the two convolutions see 5 pixels. Follow one pooling and its two convolutions with a pencil, and
# then a second one; then you will see how it goes on.

# %% exercise="poolings-needed"

# %%
poolings_needed = unblock("poolings-needed")

# %% [markdown]
# That is arithmetic about the bottleneck, but the whole network can simply be *asked*. Put `nan` into one row of the image.
# Whatever is computed from a nan is nan, so the logit in the middle turns into nan exactly if it depends on that row. Do
# this for every row, and count. (The `nan` has an advantage over the gradient of lesson 05: it passes through max pooling.)
#
# Before you run the cell: with four poolings, will the logit see more than the bottleneck's 140 pixels, or fewer?


# %% tags=["nbval-check-output"]
def pixels_seen(network, side=256):
    """Return how many rows of an image can change the logit in its middle."""
    images = torch.zeros(side, 3, side, 16)  # one narrow image for each row
    images[range(side), :, range(side)] = float("nan")
    with torch.no_grad():
        logits = network.eval()(images)  # (side, 1, side, 16)
    return logits[:, 0, side // 2, 8].isnan().sum().item()


for poolings in (1, 2, 3, 4):
    narrow = UNet(num_classes=1, widths=(8,) * (poolings + 1))
    print(f"{poolings} poolings: a logit sees {pixels_seen(narrow)} pixels in a row")

# %% [markdown]
# It sees more, because the convolutions of the decoder look around once again. Take these as limits, however. A pixel at the
# rim of a receptive field reaches the logit by very few paths through the network, and one in the middle by very many.
# Lesson 12 measures how much smaller the region is that really counts.
#
# ## Where the parameters are, and where the memory is
#
# Parameters are stored once. **Activations**, the numbers that flow through, exist for every image of the batch, and in
# training all of them must be kept until the backward pass has used them.
#
# Count one float32 number, 4 bytes, for each output of a convolution. A level above the bottleneck has five: two on the
# way down, that of the transposed convolution, and two on the way up. The bottleneck has two.
#
# Before you run the cell: which level has most parameters? Which one needs most memory?

# %% tags=["nbval-check-output"]
counts, megabytes = [], []
print("level         shape   parameters   MiB")
for level, width in enumerate(WIDTHS):
    side, outputs = 256 // 2**level, 2 if level == 4 else 5
    megabytes.append(outputs * width * side * side * 4 / 2**20)
    count = double_conv_parameters(width // 2 if level else 3, width, True) + (0 if level else head)
    if level < 4:  # the way up: from twice the width, then a double convolution of features and skip
        count += 2 * 2 * (2 * width) * width + width + double_conv_parameters(2 * width, width, True)
    counts.append(count)
    print(f"{level}  {width:>4} x {side:>3} x {side:>3}   {count:>10,}  {megabytes[-1]:>4.0f}")
print(f"{'all':<20} {sum(counts):>10,}  {sum(megabytes):>4.0f}")

# %% [markdown]
# They are at opposite ends: **the parameters are at the bottom, and the memory is at the top.** Each level down has a
# quarter of the positions and twice the channels, hence half the activations, and four times the weights.
#
# ## And the work?
#
# Work is a third thing. A weight is stored once, but it is *used* at every position, so the work of a level is its weights
# times its positions. Make a guess before you count: is most of it at the top, at the bottom, or somewhere between?
#
# One layer needs care, the transposed convolution. Lesson 05 counted it at the positions that come *in*, each of which meets
# all four weights of a pair of channels. You can as well count the positions that go *out*, four times as many: each of them
# gets one of the four weights. Both come to the same number. Here the second is asked for, because it puts the work at the
# level that the result belongs to.

# %% [markdown] exercise="level-work"
# Write `level_work`: the multiplications that each level does for one image.

# %% exercise="level-work"

# %%
level_work = unblock("level-work")

# %% tags=["nbval-check-output"]
work = level_work(WIDTHS, 256)
print(f"{sum(work) / 1e9:.1f} billion multiplications for one image of 256 x 256")
print("by level, in percent:", [round(100 * share / sum(work), 1) for share in work])

# %%
import matplotlib.pyplot as plt
import numpy as np

from course_lib.plots import show

figure, ax = plt.subplots(figsize=(8, 3.8), layout="constrained")
places = np.arange(5)
for shift, values, colour, hatch, name in (
    (-0.27, counts, "#56B4E9", "", "parameters"),
    (0.0, work, "#009E73", "..", "work"),
    (0.27, megabytes, "#CC79A7", "//", "activations"),
):
    shares = 100 * np.array(values) / sum(values)
    bars = ax.barh(places + shift, shares, 0.27, color=colour, hatch=hatch, edgecolor="white", label=name)
    ax.bar_label(bars, fmt="%.0f %%", padding=3)
ax.set_yticks(places, [f"{width} channels\n{256 // 2**n} x {256 // 2**n}" for n, width in enumerate(WIDTHS)])
ax.invert_yaxis()
ax.set(xlabel="share of the whole network, in percent", xlim=(0, 65))
ax.legend(loc="center right")
show(
    figure,
    alt="Three bars for each of five levels. Parameters grow downwards from 1 to 46 percent, activations shrink from "
    "53 percent to 1, and work is 21 to 24 percent on four levels and 8 percent at the bottleneck",
)

# %% [markdown]
# The work is spread evenly. You will often read that a U-Net does most of its work at full resolution. This one does not, and
# a question of the checkpoint asks you why. The bottleneck does only a third as much as the others because it has no way up.
#
# What helps therefore depends on what you are short of. To save parameters, narrow the bottleneck or drop it. To save memory, take
# smaller images, fewer channels at full resolution, or a smaller batch. To save work, every level has to become
# narrower, or the image smaller.

# %% tags=["nbval-check-output"]
print("GiB for a batch of           1      4     16     32")
for side in (128, 256, 512):
    one = sum(megabytes) * (side / 256) ** 2 / 1024
    row = "".join(f"{batch * one:7.2f}" for batch in (1, 4, 16, 32))
    print(f"images of {side} x {side}    {row}")
print(f"parameters            {4 * sum(counts) / 2**30:7.2f}, whatever the batch")

# %% [markdown]
# This is the least that it takes. For each convolution training keeps two maps and not one. The first is what comes out of
# the convolution: the batch norm needs it for its gradient. The second is what comes out of the ReLU: the next convolution
# needs that. So the table about doubles. Parameters also need more than their own place: a gradient each, and two running
# means each if the optimiser is Adam.
#
# ## Without padding: 572 in, 388 out
#
# All convolutions so far had `padding=1`. A frame of zeros around the image makes up for what the kernel loses at
# the border, and the logits are as large as the image. That is convenient, but near the border the network sees zeros that
# are not part of the image.
#
# The first U-Net had none of that. It used **valid padding**, which means none: the kernel goes only where it fits, and a
# 3x3 convolution loses one pixel on every side. The figure in the paper shows a tile of 572 x 572 and logits of 388 x 388.

# %% [markdown] exercise="valid-size"
# Follow a side through that network, with two valid 3x3 convolutions in every stage. Write `valid_size(size, poolings)`.
# Where a pooling would meet an odd side it would drop a pixel, and the skips would no longer lie on the features: return
# `None` for a size like that, and also where nothing would be left of the image.

# %% exercise="valid-size"

# %%
valid_size = unblock("valid-size")

# %% [markdown]
# With padding, an image fits if its sides are multiples of 16, because it is halved four times. 572 is not a multiple of
# 16. Which sizes fit here? Before you run the cell, guess how far apart they are.

# %% tags=["nbval-check-output"]
print("572 gives", valid_size(572, poolings=4))
logits_of = {size: valid_size(size, poolings=4) for size in range(1, 610)}
fitting = [size for size in logits_of if logits_of[size]]
print("the smallest:", {size: logits_of[size] for size in fitting[:3]})
print("around 572:", {size: logits_of[size] for size in fitting[-4:]})

# %% [markdown]
# They are 16 apart as well, only shifted: 572 = 36 * 16 - 4. And 184 pixels are lost, whatever the size.
#
# The course's library has both kinds. Here is every stage of the valid one, to compare with your own count.

# %% tags=["nbval-check-output"]
sides = []
with torch.device("meta"):
    network = create_model("unet", num_classes=2, in_channels=1, padding="valid")
    for stage in (network.stem, *network.downs, *network.ups, network.head):
        stage.register_forward_hook(lambda stage, inputs, output: sides.append(output.shape[-1]))
    network(torch.empty(1, 1, 572, 572))
print("down:", sides[:5], " up:", sides[5:])

# %% [markdown]
# ![On the left a square of 256 pixels: image and logits are equally large. In the middle a square of 572 pixels with a square of 388 in its middle, and 92 pixels without a prediction around it. On the right the four skips, 568, 280, 136 and 64 pixels, and the middles of 392, 200, 104 and 56 that are kept.](pictures/06_valid.png)
#
# One more thing has to be done. The skip of level 0 is 568 pixels wide, but what comes up to meet it is 392: it has lost
# pixels at all stages in between. The skip must be **cropped** to the same size and to the same place, the middle.

# %% [markdown] exercise="crop-skip"
# Write `crop_skip(skip, height, width)`. One special case hides in it: what if there is nothing to crop?

# %% exercise="crop-skip"

# %%
crop_skip = unblock("crop-skip")

# %% tags=["nbval-check-output"]
for level, (encoded, coming_up) in enumerate([(568, 392), (280, 200), (136, 104), (64, 56)]):
    skip = torch.empty(1, 1, encoded, encoded, device="meta")
    cropped = crop_skip(skip, coming_up, coming_up)
    border = (encoded - cropped.shape[-1]) // 2
    print(f"level {level}: {encoded} -> {cropped.shape[-1]}, {border} pixels off every side")

# %% [markdown]
# ## A mirror at the edge
#
# Does the first U-Net say nothing, then, about the outer 92 pixels of an image? It does predict them, by a neat trick:
# the image is continued outwards by its own mirror image until it is 184 pixels wider and higher, and the logits come
# out exactly as large as the image was. Tissue goes on beyond the edge of a microscope image in much the same way, so a
# mirror is a better guess than zeros. For a large image the tiles of 388 pixels lie side by side, and each is computed
# from the 572 around it, which is why the paper calls it the *overlap-tile strategy*.

# %%
import torch.nn.functional as F

from course_lib.data.pocket_pets import draw_pet

pet = draw_pet(np.random.default_rng(6), size=(132, 132))
image = torch.from_numpy(pet.image).permute(2, 0, 1).unsqueeze(0).float()  # (1, 3, 132, 132)
mirrored = F.pad(image, (92, 92, 92, 92), mode="reflect")  # (1, 3, 316, 316)
figure, ax = plt.subplots(figsize=(4, 4), layout="constrained")
ax.imshow(mirrored[0].permute(1, 2, 0).numpy().astype(np.uint8))
ax.add_patch(plt.Rectangle((91.5, 91.5), 132, 132, fill=False, edgecolor="white", linewidth=3))
ax.set(xticks=[], yticks=[], title="inside the frame: the image; outside: its mirror")
show(
    figure, alt="A drawn pet in a white frame, continued on all four sides and corners by its mirror images."
)

# %% tags=["nbval-check-output"]
network = create_model("unet", num_classes=3, padding="valid", widths=(8, 16, 16, 16, 16)).eval()
with torch.no_grad():
    print("image", tuple(image.shape[2:]), " mirrored", tuple(mirrored.shape[2:]), end=" ")
    print(" logits", tuple(network(mirrored / 255).shape[2:]))

# %% [markdown]
# | | padding 1 ("same") | no padding ("valid") |
# |---|---|---|
# | 4 poolings take | multiples of 16 | 4 less than multiples of 16, from 188 on |
# | logits | as large as the image | 184 pixels smaller |
# | skips | fit | are cropped |
# | near the border | sees zeros that are not there | sees real pixels, or mirrored ones |
# | used by | nearly everybody today | the paper of 2015 |
#
# Today nearly all U-Nets use padding, in medicine too. Large images are still cut into windows, but these overlap, and each
# window's prediction counts most in its middle and fades towards its edges, where the zeros have their say. Lesson 10
# does that.
#
# ## Your network, untrained
#
# Two pocket pets, drawn by code, go through *your* network with all of its 31 million weights. Nobody has trained it. In
# the masks the pet is orange, the background blue and the border yellow.
#
# Notice `network.eval()` in the cell. A new network is in training mode, in which each pet's prediction would depend on the
# other pet. Before you run the cells: what will the prediction of an untrained network look like?

# %%
from course_lib.data.transforms import normalize, to_tensors
from course_lib.masks import PET_CLASSES, colorize, trimap_to_classes

rng = np.random.default_rng(6)
pets = [draw_pet(rng, size=(128, 128)) for _ in range(2)]
masks = np.stack([trimap_to_classes(pet.trimap) for pet in pets])  # (N, H, W)
images, targets = to_tensors(np.stack([pet.image for pet in pets]), masks)  # (N, 3, H, W), (N, H, W)
images, targets = normalize(images), targets.long()
torch.manual_seed(0)
network = UNet(num_classes=3)
network.eval()
with torch.no_grad():
    logits = network(images)  # (N, 3, H, W)

# %%
from matplotlib.patches import Patch

from course_lib.masks import PALETTE

figure, axes = plt.subplots(2, 3, figsize=(7.5, 5.4), layout="constrained")
for row, (pet, mask, guess) in enumerate(zip(pets, masks, logits.argmax(dim=1).numpy(), strict=True)):
    for ax, shown in zip(axes[row], (pet.image, colorize(mask), colorize(guess)), strict=True):
        ax.imshow(shown)
        ax.axis("off")
for ax, title in zip(axes[0], ("image", "truth", "your network, untrained"), strict=True):
    ax.set_title(title)
legend = [Patch(color=PALETTE[n] / 255, label=f"{n} {name}") for n, name in enumerate(PET_CLASSES)]
figure.legend(handles=legend, loc="outside lower center", ncols=3, frameon=False)
show(figure, alt="Two drawn pets, their true masks, and beside them what the untrained network predicts.")

# %% [markdown]
# Most pixels got the same class, which looks as if the network were sure. Is it? Softmax tells. And
# [lesson 04](04_per_pixel_cross_entropy.ipynb) told you what loss to expect of a network that gives three classes about the
# same probability.

# %%
probabilities = logits.softmax(dim=1)  # (N, 3, H, W)
for name, probability in zip(PET_CLASSES, probabilities.unbind(dim=1), strict=True):
    print(f"{name:<10} {probability.min():.2f} to {probability.max():.2f}")
print(f"loss {F.cross_entropy(logits, targets):.3f}, ln 3 = {np.log(3):.3f}")

# %% tags=["nbval-check-output"]
print("logits", tuple(logits.shape))
print("the loss is within 0.1 of ln 3:", abs(F.cross_entropy(logits, targets).item() - np.log(3)) < 0.1)

# %% [markdown]
# It is not sure at all: every class has about a third at every pixel, and small differences decide. The random filters answer
# to edges, too, so you may even make out the image, but the network knows nothing about pets.
#
# ## Three lines for a laptop
#
# A laptop needs far more than an evening to train these 31 million weights. Lesson 07 trains your U-Net all the same, with
# narrower widths and with one trick, for which three lines are enough. **Folding** takes each 2 x 2 block of pixels and
# stacks its four pixels as channels. Nothing is lost: the image has a quarter of the positions and four times the channels. At the end
# the logits are unfolded in the same way.

# %% tags=["nbval-check-output"]
tiny = torch.arange(16).reshape(1, 1, 4, 4)
print(tiny[0, 0].tolist())
print(nn.PixelUnshuffle(2)(tiny)[0].tolist(), "folded: four channels of 2 x 2")
print("unfolded again, it is the same:", torch.equal(nn.PixelShuffle(2)(nn.PixelUnshuffle(2)(tiny)), tiny))

# %% [markdown]
# The U-Net in the middle therefore takes 4 * 3 channels and gives 4 * 3 logits, three classes for each of the four pixels.
# Before you run the cell: compared with your full U-Net on the same image, by about what factor does the work shrink?


# %% tags=["nbval-check-output"]
def folded(widths, classes=3):
    """Return your U-Net for images that are folded, at half the resolution."""
    return nn.Sequential(
        nn.PixelUnshuffle(2),  # (N, 12, H/2, W/2)
        UNet(in_channels=4 * 3, num_classes=4 * classes, widths=widths),  # (N, 4 * classes, H/2, W/2)
        nn.PixelShuffle(2),  # (N, classes, H, W)
    )


NARROW = (16, 32, 64, 96)
small = folded(NARROW)
print("logits", tuple(small(torch.zeros(1, 3, 128, 128)).shape))
print(f"{sum(weights.numel() for weights in small.parameters()):,} parameters")
print(f"less work by a factor of {sum(level_work(WIDTHS, 128)) / sum(level_work(NARROW, 64)):.0f}")

# %% [markdown]
# Work is not time, since a processor is slow at narrow layers and at fetching memory. So measure: one training step of
# each, on the two pets.


# %% tags=["trains"]
import time


def seconds_for_a_step(network):
    """Return what one training step on the two images takes: the better of two tries."""
    network.train()
    optimizer = torch.optim.SGD(network.parameters(), lr=0.01)
    seconds = []
    for _ in range(2):
        start = time.perf_counter()
        optimizer.zero_grad()
        F.cross_entropy(network(images), targets).backward()
        optimizer.step()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


full, narrow = seconds_for_a_step(network), seconds_for_a_step(small)
print(f"the full U-Net needs {full / narrow:.0f} times as long for a step as the folded, narrow one")

# %% [markdown]
# Your number depends on your machine, but it decides what you can do: what takes the small network minutes takes the large
# one hours. On a GPU you can afford the large one. Narrowing costs something, too, and how much a network loses by it can
# only be measured. Begin with the small one, and let the scores tell you when it is too small.

# %% [markdown]
# ## Checkpoint
#
# **1. You double all `widths`. What happens to the parameters, and what to the activations?**
#
# <details><summary>Answer</summary>
#
# The parameters grow about fourfold, because nearly all of them are products of two widths. The activations double: there
# are as many positions as before, and twice the channels.
#
# </details>
#
# **2. Your images grow from 256 x 256 to 512 x 512. What happens now?**
#
# <details><summary>Answer</summary>
#
# The parameters stay, because a convolution has the same kernels for every size. The activations grow fourfold, and so
# does the work. If 16 images fitted into memory as one batch, 4 will.
#
# </details>

# %% [markdown]
# **3. The cells in your images are at most 60 pixels wide, and you have little memory for parameters. Which widths would you
# try in place of 64, 128, 256, 512, 1024?**
#
# <details><summary>Answer</summary>
#
# With three poolings a value of the bottleneck sees 68 pixels, which is enough for a cell. The widths 64, 128, 256, 512 are
# left, with 7.7 million parameters: a quarter of the 31 million, because most of them were at the bottom. It is a guess all
# the same, since a pixel at the rim of the receptive field counts for little, so compare the two.
#
# </details>
#
# **4. Why is the work of the levels between top and bottom exactly equal? And what would have to change for most of it to be
# at the top?**
#
# <details><summary>Answer</summary>
#
# One level down there are a quarter of the positions, and each convolution reads and writes twice as many channels, so it
# has four times the weights. A quarter of four is one. If the widths grew more slowly, say by half at each level, the
# weights would grow by a factor of 2.25, and the work would shrink on the way down. The narrow networks of these lessons
# are of that kind towards their bottom.
#
# </details>
#
# **5. A colleague reports that a U-Net gives a slightly different mask for the same image each time the other images of the
# batch change. What has been forgotten?**
#
# <details><summary>Answer</summary>
#
# `network.eval()`. In training mode batch norm uses the mean and the deviation of the whole batch, so each image's result
# depends on its company. `torch.no_grad()` does not change that: it saves memory, and nothing else.
#
# </details>

# %% [markdown]
# ## What to remember
#
# - A U-Net is made of `DoubleConv`, `Down` and `Up`, and of a list that is filled on the way down and emptied from its end
#   on the way up.
# - A double convolution from c to d channels learns 9cd + 9dd + 6d numbers. 64 to 1024 channels make 31 million, nearly
#   half of them at the bottleneck.
# - Parameters are at the bottom and memory is at the top, while work is spread evenly.
# - Each pooling about doubles what a value sees of the image.
# - Padding keeps the size; without it each 3x3 convolution loses 2 pixels, 572 become 388, and skips are cropped.
# - `.train()` and `.eval()` make batch norm two different layers.
#
# ## Where to go from here
#
# - Ronneberger, Fischer and Brox, [U-Net: Convolutional Networks for Biomedical Image
#   Segmentation](https://arxiv.org/abs/1505.04597) (2015): eight pages. You have built their network; read on for the loss,
#   which gives extra weight to the gaps between touching cells.
# - Long, Shelhamer and Darrell, [Fully Convolutional Networks for Semantic
#   Segmentation](https://arxiv.org/abs/1411.4038) (2015): the network before it.
# - Ioffe and Szegedy, [Batch Normalization](https://arxiv.org/abs/1502.03167) (2015), and He and others, [Delving Deep
#   into Rectifiers](https://arxiv.org/abs/1502.01852) (2015), for the first weights.
# - Isensee and others, [nnU-Net](https://arxiv.org/abs/1809.10486) (2018): a plain U-Net that chooses sizes, widths and
#   schedule from the data by fixed rules.
# - torch's page on [BatchNorm2d](https://pytorch.org/docs/stable/generated/torch.nn.BatchNorm2d.html).
#
# Next: [Lesson 07](07_pet_trimap_project.ipynb), where your U-Net learns to cut out pets.
