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
# *To scale: a box is as high as its feature maps, and as wide as there are channels. Thin and tall at the top, broad
# and flat at the bottom.*
#
# **You will be able to**
#
# - build the U-Net of the picture from three blocks of your own: `DoubleConv`, `Down` and `Up`
# - count its 31 million parameters with a pencil, and say where they are
# - say where its memory goes, which is somewhere else
# - follow a size through convolutions without padding, and crop the skips to fit
# - judge what such a network costs before you train it
#
# **You need** lesson 05: convolution, pooling, transposed convolution, one skip.
#
# **Time** 75 minutes; 20 seconds of computing on two CPU cores.

# %%
import time
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from course_lib.data.pocket_pets import draw_pet
from course_lib.data.transforms import normalize, to_tensors
from course_lib.masks import colorize, trimap_to_classes
from course_lib.models import create_model
from course_lib.plots import show

# %% [markdown]
# ## What a convolution and a batch norm learn
#
# The tiny U-Net of lesson 05 had one level below full resolution and some thousand weights. This one goes down four
# times and has 31 million. You will not have to believe that: you will count them.
#
# A 3x3 convolution has one kernel of 9 weights for **each pair** of an input and an output channel, and one bias for
# each output channel.
#
# The full U-Net puts a **batch norm** after each convolution. It takes one channel at a time, over the whole batch
# and all pixels, subtracts the mean and divides by the standard deviation. Then it multiplies by a *scale* and adds
# a *shift*: two numbers a channel, which are learned. For later use it also keeps a running mean and a running
# variance. These are measured, not learned, and so they are *buffers*, not parameters.
#
# Before you run the cell: how many weights and biases has a convolution from 3 to 64 channels?

# %% tags=["nbval-check-output"]
conv, norm = nn.Conv2d(3, 64, kernel_size=3, padding=1), nn.BatchNorm2d(64)
learned = [*conv.named_parameters("conv"), *norm.named_parameters("norm")]
for name, tensor in [*learned, *norm.named_buffers("norm")]:
    kind = "parameter" if isinstance(tensor, nn.Parameter) else "buffer"
    print(f"{name:<25} {kind:<10} {list(tensor.shape)!s:<15} {tensor.numel():>5}")

# %% [markdown] exercise="double-conv-parameters"
# Every stage of the U-Net has a **double convolution**: convolution, batch norm, convolution, batch norm (and ReLUs,
# which learn nothing). Count what it learns. `bias` says whether the convolutions have one.

# %% exercise="double-conv-parameters"

# %%
double_conv_parameters = unblock("double-conv-parameters")

# %% [markdown]
# From level to level the channels double. What happens to the count, roughly? Decide before you run the cell.

# %% tags=["nbval-check-output"]
for in_channels, out_channels in [(3, 64), (64, 128), (128, 256), (256, 512), (512, 1024)]:
    count = double_conv_parameters(in_channels, out_channels, True)
    print(f"{in_channels:>4} -> {out_channels:>4}  {count:>10,}")

# %% [markdown]
# Four times, for both factors double. The last double convolution alone has 14 million parameters. The size of the
# image does not occur in the count at all.
#
# ## What batch norm does
#
# Here are two "images" with the values 30 and 70: mean 50, standard deviation 20. Batch norm has two lives:
#
# - in **training**, after `.train()`, it uses the mean and the deviation of *this batch*, and moves the running ones
#   a tenth of the way towards them,
# - in **use**, after `.eval()`, it uses the running ones, so that an image's result no longer depends on its company.
#
# The running ones start at mean 0 and variance 1. Before you run the cell: what will 30 and 70 become in training? And
# will it be the same after `.eval()`?

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
# In training the values are around 0 from the first step, whatever came in: that is what lets a stack of 18
# convolutions learn. In use they are right only once the running statistics have caught up. A network that scores
# badly right after its first steps, or scores differently when you forget `.eval()`, often suffers from nothing else.
#
# ## The block: convolution, batch norm, ReLU, twice
#
# Two 3x3 convolutions in a row see 5x5 pixels. The ReLU between them is what makes them more than a single 5x5
# convolution: without it, a linear map of a linear map is one linear map.

# %% [markdown] exercise="double-conv"
# Build the block. Both convolutions keep height and width. With a bias or without one is up to you, for batch norm
# subtracts it again; the counts on this page have it, as torch's default does. `forward` is written; store your layers as `self.layers`.

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
# A stage of the encoder halves the size and doubles the channels. The pooling comes *first*: what stands before it, at
# the finer resolution, is what the skip will hand across.

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
# | transposed convolution, kernel 2, stride 2 | out_channels x 2H x 2W |
# | concatenate the skip, which has out_channels as well | 2 * out_channels x 2H x 2W |
# | double convolution | out_channels x 2H x 2W |
#
# Nothing stands between the transposed convolution and the concatenation: no batch norm, no ReLU.

# %% [markdown] exercise="up"
# Build `Up`. Its `forward` takes two tensors, the features and the skip, so write that, too.

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
# For a batch of N images of 256 x 256, the picture at the top of the page as a table:
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
# convolution from 64 channels to one logit a class.
#
# The last skip that is put aside is the first that is needed: the features of level 3 go into the first stage up. A
# list does that, with `append` on the way down and `pop` on the way up.

# %% [markdown] exercise="unet"
# Build `UNet`. `widths` gives the channels of all levels; take them from there, so that you can build small ones. The
# check uses five levels; loops will do for any number, and are shorter. `pairwise(widths)` gives (64, 128),
# (128, 256) and so on, and torch must know your stages: keep them in `nn.ModuleList`.
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
# A class more costs 64 weights and a bias; 18 more cost 1,170. It is not the classes that make a network large.
#
# **Move something.** Here is a small U-Net that was trained on drawn pets. Go through its stages, then switch its skips off one by
# one. Guess first: which of them carries the outline?

# %%
from course_lib.explorers import explore_unet

explore_unet()

# %% [markdown]
# ## Where the parameters are, and where the memory is
#
# Parameters are stored once. **Activations**, the numbers that flow through, are there for every image of the batch.
# In training all of them must be kept until the backward pass has used them.
#
# Count one float32 number, 4 bytes, for each output of a convolution. A level above the bottleneck has five: two on the
# way down, the transposed convolution's, and two on the way up. The bottleneck has two.
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

# %%
figure, ax = plt.subplots(figsize=(8, 3.2), layout="constrained")
places = np.arange(5)
for shift, values, colour, hatch, name in (
    (-0.2, counts, "#0072B2", "", "parameters"),
    (0.2, megabytes, "#E69F00", "//", "activations"),
):
    shares = 100 * np.array(values) / sum(values)
    bars = ax.barh(places + shift, shares, 0.4, color=colour, hatch=hatch, edgecolor="white", label=name)
    ax.bar_label(bars, fmt="%.0f %%", padding=3)
ax.set_yticks(places, [f"{width} channels\n{256 // 2**n} x {256 // 2**n}" for n, width in enumerate(WIDTHS)])
ax.invert_yaxis()
ax.set(xlabel="share of the whole network, in percent", xlim=(0, 65))
ax.legend(loc="center right")
show(
    figure,
    alt="Bars for five levels. Parameters grow downwards, from 1 percent at full resolution to 46 at the bottleneck; "
    "activations shrink, from 53 percent to 1",
)

# %% [markdown]
# They are at opposite ends. **The parameters sit at the bottom, the memory at the top.** Each level down has a quarter
# of the positions and twice the channels, so half the activations, and four times the weights.
#
# That tells you what helps. To save parameters, drop the bottleneck or narrow it. To save memory, take smaller images,
# fewer channels at full resolution, or a smaller batch:

# %% tags=["nbval-check-output"]
print("GiB for a batch of           1      4     16     32")
for side in (128, 256, 512):
    one = sum(megabytes) * (side / 256) ** 2 / 1024
    row = "".join(f"{batch * one:7.2f}" for batch in (1, 4, 16, 32))
    print(f"images of {side} x {side}    {row}")
print(f"parameters            {4 * sum(counts) / 2**30:7.2f}, whatever the batch")

# %% [markdown]
# This is the least. Training keeps what comes out of a convolution, for the batch norm, *and* what comes out of the
# ReLU, for the next convolution: about twice the table. Parameters also take more than their own place: one gradient
# each, and two running means each if the optimiser is Adam.
#
# ## Without padding: 572 in, 388 out
#
# All convolutions so far had `padding=1`: a frame of zeros around the image makes up for what the kernel loses at the
# border. It is convenient, and the logits are as large as the image. But near the border the network sees black pixels
# that are not there.
#
# The first U-Net, of 2015, had none of that. Its convolutions are **valid**: they only go where the kernel fits. A 3x3
# convolution then loses one pixel on every side. Its figure shows a tile of 572 x 572 and logits of 388 x 388; and
# larger images were cut into overlapping tiles.

# %% [markdown] exercise="valid-size"
# Follow a side through that network, with two valid 3x3 convolutions in every stage. Write `valid_size(size, poolings)`.
# Where a pooling would meet an odd side it would drop a pixel, and the skips would no longer lie on the features: return
# `None` for a size like that.

# %% exercise="valid-size"

# %%
valid_size = unblock("valid-size")

# %% [markdown]
# With padding, an image fits if its sides are multiples of 16, for it is halved four times. 572 is no multiple of
# 16. Which sizes fit here? Before you run the cell, guess how far apart they are.

# %% tags=["nbval-check-output"]
print("572 gives", valid_size(572, poolings=4))
logits_of = {size: valid_size(size, poolings=4) for size in range(1, 610)}
fitting = [size for size in logits_of if logits_of[size]]
print("the smallest:", {size: logits_of[size] for size in fitting[:3]})
print("around 572:", {size: logits_of[size] for size in fitting[-4:]})

# %% [markdown]
# Also 16 apart, only shifted: 572 = 36 * 16 - 4. And 184 pixels are lost, whatever the size.
#
# The course's library has both kinds. Here is every stage of the valid one. Compare the numbers with your own count.

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
# There is one more thing to do. The skip of level 0 is 568 pixels wide, but what comes up to meet it is 392: it has lost
# pixels at all stages in between. The skip must be **cropped** to the same size, and to the same place: the middle.

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
# | | padding 1 ("same") | no padding ("valid") |
# |---|---|---|
# | 4 poolings take | multiples of 16 | multiples of 16, less 4, from 188 on |
# | logits | as large as the image | 184 pixels smaller |
# | skips | fit | are cropped |
# | near the border | sees zeros that are not there | sees real pixels only, predicts none there |
# | today | the usual choice | tiles of large images, medicine |
#
# ## What it costs
#
# Last, a look at one batch. Two pocket pets, drawn by code, go through *your* network with all of its 31 million
# weights. Nobody has trained it. In the masks vermilion is pet, blue background, yellow border.
#
# Before you run the cells: what will the prediction of an untrained network look like?

# %%
rng = np.random.default_rng(6)
pets = [draw_pet(rng, size=(128, 128)) for _ in range(2)]
masks = np.stack([trimap_to_classes(pet.trimap) for pet in pets])  # (N, H, W)
images, targets = to_tensors(np.stack([pet.image for pet in pets]), masks)  # (N, 3, H, W), (N, H, W)
images, targets = normalize(images), targets.long()
torch.manual_seed(0)
network = UNet(num_classes=3)
with torch.no_grad():
    logits = network(images)  # (N, 3, H, W)

# %%
figure, axes = plt.subplots(2, 3, figsize=(7.5, 5), layout="constrained")
for row, (pet, mask, guess) in enumerate(zip(pets, masks, logits.argmax(dim=1).numpy(), strict=True)):
    for ax, shown in zip(axes[row], (pet.image, colorize(mask), colorize(guess)), strict=True):
        ax.imshow(shown)
        ax.axis("off")
for ax, title in zip(axes[0], ("image", "truth", "your network, untrained"), strict=True):
    ax.set_title(title)
show(figure, alt="Two drawn pets, their true masks, and the untrained prediction: speckles along the edges")

# %% [markdown]
# It knows nothing of pets. But its speckles follow the edges of the image: the skip of level 0 hands every pixel
# across, and even chance weights react to where something changes.
#
# How large is its loss? Think of lesson 04: what does someone lose who gives three classes about the same probability?

# %% tags=["nbval-check-output"]
print("logits", tuple(logits.shape))
print("the loss is within 0.3 of log 3:", abs(F.cross_entropy(logits, targets).item() - np.log(3)) < 0.3)


# %% [markdown]
# And how long would it take to train? Time one step and multiply. The real pets are 3,680 images, of which 2,944 are for
# training. The project of lesson 07 uses another network, the course's `fast-unet`: it folds every 2x2 block of
# pixels into channels, so that its top level, where the work is, has a quarter of the positions.


# %%
def seconds_for_a_step(network):
    """Return what one training step on the two images takes: the better of two tries."""
    optimizer = torch.optim.SGD(network.parameters(), lr=0.01)
    seconds = []
    for _ in range(2):
        start = time.perf_counter()
        optimizer.zero_grad()
        F.cross_entropy(network(images), targets).backward()
        optimizer.step()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


# %% tags=["trains"]
steps = 2944 / len(images)
for name, candidate in (("your U-Net", network), ("fast-unet", create_model("fast-unet", num_classes=3))):
    seconds = seconds_for_a_step(candidate)
    minutes = seconds * steps / 60
    print(f"{name:<12}{seconds:6.2f} s a step, {minutes:6.1f} minutes an epoch at 128 x 128")

# %% [markdown]
# Your numbers depend on your machine and on what else it does. On two quiet cores and with batches of 16, an epoch of
# the large network takes about 20 minutes, and one of `fast-unet` about one. Fifty epochs: 17 hours, or less than one.
#
# That is why the project begins with the fast one. What you have learned holds for both: `fast-unet` is a U-Net
# between its folding and unfolding. On a GPU, take the large one.

# %% [markdown]
# ## Checkpoint
#
# **1. You double all `widths`. What happens to the parameters, and what to the activations?**
#
# <details><summary>Answer</summary>
#
# The parameters grow about fourfold, for nearly all of them are products of two widths. The activations double: as many
# positions, twice the channels.
#
# </details>
#
# **2. Your images grow from 256 x 256 to 512 x 512. And now?**
#
# <details><summary>Answer</summary>
#
# The parameters stay: a convolution has the same kernels for every size. The activations grow fourfold, and so does the
# time. With 16 images a batch that fitted, 4 will fit.
#
# </details>

# %% [markdown]
# **3. A U-Net with three poolings and padding gets an image of 100 x 100. What goes wrong, and where?**
#
# <details><summary>Answer</summary>
#
# 100, 50, 25, and the third pooling makes 12 of 25: the last row and column are dropped. On the way up 12 becomes 24,
# and the skip has 25: they cannot be concatenated. Pad or crop the image to a multiple of 8.
#
# </details>
#
# **4. Why does nobody put a softmax at the end of the network?**
#
# <details><summary>Answer</summary>
#
# The cross-entropy takes logits and has a softmax of its own; a second one would flatten the gradient. The prediction
# needs none either: argmax of the logits and argmax of the probabilities are the same.
#
# </details>

# %% [markdown]
# ## What to remember
#
# - A U-Net is `DoubleConv`, `Down` and `Up`, and a list that is filled on the way down and emptied from its end on the
#   way up.
# - A double convolution from c to d channels learns 9cd + 9dd + 6d numbers. 64 to 1024 channels make 31 million, nearly
#   half of them at the bottleneck.
# - Memory is at the other end: half of the activations are at full resolution. The image's size and the batch decide.
# - Padding keeps the size; without it each 3x3 convolution loses 2 pixels, 572 become 388, and skips are cropped.
# - `.train()` and `.eval()` make batch norm two different layers.
#
# Next: [Lesson 07](07_pet_trimap_project.ipynb), where a U-Net learns to cut out pets.
