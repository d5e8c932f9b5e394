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
# # A tiny U-Net
#
# ![The tiny U-Net. The image, 3 x 64 x 64, becomes detail of 16 x 64 x 64. Pooling takes it down to 16 x 32 x 32, and
# a convolution makes context of 32 x 32 x 32: the encoder, which says what. Upsampling leads back to full size, where
# the detail arrives by the skip, which says where. The decoder makes logits of 3 x 64 x 64 of
# both](pictures/05_tiny_unet.png)
#
# **You will be able to**
#
# - say what the encoder, the decoder and the skip of a U-Net are each for,
# - follow the shape of every tensor through the network, and count its weights by hand,
# - build a small U-Net, train it with your own training step, and predict with it,
# - show by experiment what the skip is worth.
#
# **You need** lesson 04, and a little PyTorch: tensors, `nn.Module`, what a convolution does.
#
# **Time** 60 minutes; 30 seconds of computing on two CPU cores.

# %%
import math

import matplotlib.pyplot as plt
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from course_lib.masks import colorize
from course_lib.metrics import ConfusionMatrix
from course_lib.models import UNet
from course_lib.plots import show, show_masks

# %% [markdown]
# ## Flowers in the grass
#
# A network needs something to look at. The function below draws flowers on a lawn, with their true masks. It draws
# two difficulties on purpose:
#
# - **Blades of grass have the colour of the petals.** One pixel does not say whether it belongs to a flower. You
#   have to look around it: *what* is this?
# - **The border is a class of its own**, two pixels wide, as in the pet masks that you will meet in lesson 07. You
#   have to be exact to the pixel: *where* does it end?

# %%
NAMES = ("flower", "background", "border")


def draw_flowers(count, seed, size=64):
    """Return images (N, 3, H, W) from about -1 to 1, and targets (N, H, W): ids of NAMES."""
    rng = np.random.default_rng(seed)
    row, column = np.mgrid[:size, :size]
    images, flowers = np.empty((count, size, size, 3)), np.zeros((count, size, size), bool)
    for image, flower in zip(images, flowers, strict=True):
        petals = rng.uniform((0.5, 0.1, 0.2), (1.0, 0.6, 0.9))
        image[:] = rng.uniform((0.1, 0.3, 0.1), (0.5, 0.9, 0.5))
        for y, x, turn in rng.uniform((0, 0, 0), (size, size, 3.14), (6, 3)):
            blade = (row - y) * np.cos(turn) + (column - x) * np.sin(turn)
            image[np.abs(blade) < 1.2] = petals
        for y, x, radius in rng.uniform((0, 0, 7), (size, size, 13), (3, 3)):
            distance, angle = np.hypot(row - y, column - x), np.arctan2(row - y, column - x)
            shape = 1 + 0.45 * np.cos(rng.integers(3, 7) * angle + rng.uniform(0, 6))
            flower |= distance < radius * shape
        image[flower] = petals
    images += rng.normal(0, 0.06, images.shape)
    flower = torch.from_numpy(flowers).float().unsqueeze(1)  # (N, 1, H, W)
    near_both = F.max_pool2d(flower, 3, 1, 1) + F.max_pool2d(-flower, 3, 1, 1)  # 1 where both are in reach
    targets = torch.where(near_both > 0, 2, torch.where(flower > 0, 0, 1)).squeeze(1)  # (N, H, W)
    return torch.from_numpy(2 * images - 1).float().permute(0, 3, 1, 2), targets


# %%
def as_picture(image):
    """Turn an image (3, H, W) from -1 to 1 into one to look at, (H, W, 3) from 0 to 1."""
    return ((image + 1) / 2).clamp(0, 1).permute(1, 2, 0).numpy()


train_images, train_targets = draw_flowers(256, seed=0)
test_images, test_targets = draw_flowers(64, seed=1)

# %% [markdown]
# Three of them. Find a flower and a blade of the same colour in the first picture.

# %%
figure, axes = plt.subplots(1, 3, figsize=(9, 3.2), layout="constrained")
for ax, image in zip(axes, test_images, strict=False):
    ax.imshow(as_picture(image))
    ax.axis("off")
show(
    figure,
    alt="Three lawns: petalled flowers of one colour, crossed by thin straight blades of the same colour",
)

# %%
masks = {f"truth {number}": test_targets[number].numpy() for number in range(3)}
show_masks(
    masks,
    names=NAMES,
    alt="The three true masks: flowers filled, each with a border two pixels wide, no blades",
)

# %% [markdown]
# The share of each class tells how little the border is, and what accuracy would hide (lesson 02).

# %% tags=["nbval-check-output"]
shares = torch.bincount(train_targets.flatten()) / train_targets.numel()
print({name: round(share, 2) for name, share in zip(NAMES, shares.tolist(), strict=True)})

# %% [markdown]
# ## What happens to the size
#
# A convolution slides a kernel over the image; a pooling keeps one number of each block. Both follow one rule. From
# *n* pixels in a row, with *padding* added on both sides, a *kernel* that moves on by *stride* fits
#
# $$\left\lfloor \frac{n + 2 \cdot \text{padding} - \text{kernel}}{\text{stride}} \right\rfloor + 1$$
#
# times. Two layers come up again and again:
#
# | layer | kernel | stride | padding | 32 pixels become |
# |---|---|---|---|---|
# | 3x3 convolution | 3 | 1 | 1 | (32 + 2 - 3) / 1 + 1 = 32 |
# | 2x2 pooling | 2 | 2 | 0 | (32 + 0 - 2) / 2 + 1 = 16 |
#
# So the convolution keeps the size, and the pooling halves it. Now follow a whole stack of them.

# %% [markdown] exercise="follow-sizes"
# Write `follow_sizes(size, layers)`. It returns the size after each layer, in a list. Plain Python is enough.
#
# Convolution, pooling, convolution, pooling on 32 x 32 should give `[32, 16, 16, 8]`.

# %% exercise="follow-sizes"

# %%
follow_sizes = unblock("follow-sizes")

# %% tags=["nbval-check-output"]
size, layers = example("downsample-32")
print(layers)
print(size, "becomes", follow_sizes(size, layers))

# %% [markdown]
# Before you run the next cell: what does one pooling make of 63 pixels? And what will doubling the result give?

# %% tags=["nbval-check-output"]
pooled_size = follow_sizes(63, [(2, 2, 0)])[0]
print("63 pixels, pooled:", pooled_size, "- doubled again:", 2 * pooled_size)

# %% [markdown]
# One pixel is lost for good, and a mask of 62 does not fit an image of 63. That is why U-Nets ask for sides that are
# multiples of 2, 4, 8 or 16: one factor of 2 for every pooling.
#
# **Move something.** Choose kernel, stride and padding, and go through the steps. The third kind, the transposed convolution, makes
# maps larger: you need it soon, in the decoder.

# %%
from course_lib.explorers import explore_convolution

explore_convolution()

# %% [markdown]
# ## The encoder finds out *what*
#
# Why shrink the image at all, when the mask must be as large as before? Because of what one number can see. A 3x3
# convolution sees 3 x 3 pixels. After a 2x2 pooling, the same 3x3 convolution spans 6 x 6 pixels of the image, after
# three poolings 24 x 24, at a fraction of the cost. Wide enough to tell a petal from a blade of grass.
#
# One stage of the encoder does three things in turn:
#
# 1. a **convolution** looks for a pattern in every place,
# 2. **ReLU** keeps where it was found, and sets the rest to 0,
# 3. **max pooling** keeps the strongest answer of each 2x2 block.
#
# The result before the pooling will be needed again. So a stage returns both.

# %% [markdown] exercise="encoder-step"
# Write `encoder_step(images, weight, bias)`. It returns two tensors: `detail` at full size, and `pooled` at half size.
#
# `F.conv2d` and `F.max_pool2d` are the functions behind the layers `nn.Conv2d` and `nn.MaxPool2d`. Here the weights
# are handed in, so that you can see that nothing else is involved.

# %% exercise="encoder-step"

# %%
encoder_step = unblock("encoder-step")

# %% [markdown]
# ### What pooling forgets
#
# Here are two images of one row. In the first, a bright line stands at pixel 2, in the second at pixel 3. The kernel
# hands every pixel on as it is.
#
# Before you run the cell: in which of the two results will the images still differ, in `detail` or in `pooled`?

# %% tags=["nbval-check-output"]
line = torch.zeros(2, 1, 2, 6)  # (N, C, H, W)
line[0, :, :, 2] = 1.0
line[1, :, :, 3] = 1.0
copy = torch.zeros(1, 1, 3, 3)
copy[0, 0, 1, 1] = 1.0
detail, pooled = encoder_step(line, copy, torch.zeros(1))
print("detail:", detail[0, 0, 0].tolist(), "and", detail[1, 0, 0].tolist())
print("pooled:", pooled[0, 0, 0].tolist(), "and", pooled[1, 0, 0].tolist())

# %% [markdown]
# After pooling the two are the same. *That* there is a line was kept; *where* in the block it stands is gone, and no
# later layer can bring back what has left the network. One pooling hides a position among 2 x 2 pixels, three of them
# among 8 x 8.
#
# ## The decoder says *where*
#
# The decoder has to come back to full size. A **transposed convolution** with kernel 2 and stride 2 makes a 2x2 block
# of every number, with learned weights: 32 x 32 becomes 64 x 64. But it works from the pooled numbers, so it can
# only guess where in the block the line was.
#
# The **skip** is the way out. It hands the encoder's `detail`, which was never pooled, straight across to the decoder.
# There are two ways to join the two:
#
# | | 64 features and 64 of the skip, at 32 x 32, give | the next convolution |
# |---|---|---|
# | concatenate (U-Net) | 128 x 32 x 32 | has twice the weights, and may treat each side as it likes |
# | add (ResNet, FCN) | 64 x 32 x 32 | is as small as before, but sees the sums alone |

# %% [markdown] exercise="join"
# Write `join(features, skip, how)`. `how` is `"concat"` or `"add"`. Which dim of `(N, C, H, W)` holds the channels?

# %% exercise="join"

# %%
join = unblock("join")

# %% tags=["nbval-check-output"]
features, skip = torch.ones(1, 64, 32, 32), torch.ones(1, 64, 32, 32)
for how in ("concat", "add"):
    print(how, tuple(join(features, skip, how).shape))

# %% [markdown]
# ## The whole U
#
# Now put it together. This is the picture from the top of the page as a table, for an image of 64 x 64:
#
# | step | layer | gives |
# |---|---|---|
# | detail | 3x3 convolution, padding 1, ReLU | 16 x 64 x 64 |
# | | 2x2 max pooling | 16 x 32 x 32 |
# | context | 3x3 convolution, padding 1, ReLU | 32 x 32 x 32 |
# | features | 2x2 transposed convolution, stride 2 | 16 x 64 x 64 |
# | joined | features and detail, concatenated | 32 x 64 x 64 |
# | decoded | 3x3 convolution, padding 1, ReLU | 16 x 64 x 64 |
# | logits | 1x1 convolution, the *head* | num_classes x 64 x 64 |
#
# **How many weights is that?** A convolution has one weight for each pair of channels and each place in its kernel,
# and one bias for each channel that it gives. The encoder: 16 x 3 x 3 x 3 + 16 = 448. Count the other four on paper
# before you go on; the check will compare the sum.

# %% [markdown] exercise="tiny-unet"
# Build the network. The layers go into `__init__`, their order into `forward`. Names are yours to choose; shapes are
# not. No ReLU after the transposed convolution and none after the head; no softmax either, for cross-entropy takes
# logits (lesson 04).

# %% exercise="tiny-unet"

# %%
TinyUNet = unblock("tiny-unet")

# %% [markdown]
# Here are the counts, layer by layer. Which layer has the most weights, and which one does the most work? (Work is
# weights times positions.)

# %% tags=["nbval-check-output"]
counts = {
    "encoder": 16 * 3 * 9 + 16,
    "bottleneck": 32 * 16 * 9 + 32,
    "upsample": 16 * 32 * 4 + 16,
    "decoder": 16 * 32 * 9 + 16,
    "head": 3 * 16 * 1 + 3,
}
print(counts, "in all", sum(counts.values()))
print("of your network:", sum(weight.numel() for weight in TinyUNet().parameters()))

# %% [markdown]
# Bottleneck and decoder have about as many weights, but the decoder applies them in four times as many places: it
# works at full size. In large U-Nets the weights sit at the bottom and the work at the top.
#
# ## From logits to a class map
#
# The head gives each pixel one logit a class. The prediction is the class with the best one, as in lesson 01. Two
# things belong to every prediction:
#
# - `model.eval()`: layers such as dropout and batch norm do something else in training than in use,
# - `torch.no_grad()`: gradients are for training; without them a prediction takes a fraction of the memory.

# %% [markdown] exercise="predict"
# Write `predict(model, images)`. The model may be any that gives logits `(N, classes, H, W)`.

# %% exercise="predict"

# %%
predict = unblock("predict")

# %% tags=["nbval-check-output"]
torch.manual_seed(0)
model = TinyUNet(in_channels=3, num_classes=3)
image = torch.randn(1, 3, 64, 64)  # (N, C, H, W)
print("logits", tuple(model(image).shape))
print("prediction", tuple(predict(model, image).shape))

# %% [markdown]
# ## One step of training
#
# The network's shapes are right, and its weights are chance. Training repeats one step:
#
# 1. **forward**: compute the logits of a batch,
# 2. **loss**: how wrong are they?
# 3. **backward**: for each weight, in which direction does the loss rise?
# 4. **step**: move each weight a little the other way.
#
# Two things are easy to forget. `backward()` *adds* to the gradients that are there, so the old ones must be cleared.
# And a model that has just predicted is still in evaluation mode.

# %% [markdown] exercise="train-step"
# Write `train_step(model, optimizer, images, targets)`. It takes one step and returns the loss as a plain number.

# %% exercise="train-step"

# %%
train_step = unblock("train-step")

# %% [markdown]
# Now everything on this page that you wrote works together: your network learns flowers, by your step. Each step
# takes 16 pictures at random.


# %%
def train(model, steps):
    """Train in place, and return the loss of every step."""
    chance = torch.Generator().manual_seed(0)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.01, steps)  # ever smaller steps
    losses = []
    for _ in range(steps):
        batch = torch.randint(len(train_images), (16,), generator=chance)
        losses.append(train_step(model, optimizer, train_images[batch], train_targets[batch]))
        schedule.step()
    return losses


def score(model):
    """Return the confusion matrix over the test pictures."""
    matrix = ConfusionMatrix(num_classes=3)
    matrix.update(predict(model, test_images), test_targets)
    return matrix


# %% tags=["trains"]
torch.manual_seed(0)
tiny = TinyUNet(in_channels=3, num_classes=3)
losses = train(tiny, steps=200)
figure, ax = plt.subplots(figsize=(7, 2.8), layout="constrained")
ax.plot(losses, color="black")
ax.set(xlabel="step", ylabel="cross-entropy", ylim=(0, None))
show(
    figure, alt="The loss of the tiny U-Net over 200 steps: it starts at about 1.1, falls fast and levels out"
)

# %% [markdown]
# The first loss is about 1.1. You have met that number: it is log 3, the loss of someone who gives three classes the
# same probability.
#
# Is the network any good? Compare it with calling every pixel background.

# %% tags=["nbval-check-output"]
background = ConfusionMatrix(num_classes=3)
background.update(torch.ones_like(test_targets), test_targets)
print("the loss fell by half:", losses[-1] < losses[0] / 2)
print("better than all background:", score(tiny).mean_iou() > background.mean_iou())

# %%
for name, iou in zip(NAMES, score(tiny).iou(), strict=True):
    print(f"{name:<10} IoU {iou:.2f}")
print(f"mIoU {score(tiny).mean_iou():.2f}, all background {background.mean_iou():.2f}")

# %% [markdown]
# ## What is the skip worth?
#
# You can find out: train the same network with the skip and without it, from the same seed, on the same pictures, for
# the same number of steps. Your tiny U-Net pools once, so a position is lost among 2 x 2 pixels at most. Networks in
# use pool three to five times. So this experiment takes `UNet` from the course's library, with three poolings and
# channels of 8, 16, 32 and 64. It is made of the parts that you built, with a skip for every pooling; `skip="none"`
# leaves them out. You will build it yourself in lesson 06.
#
# Before you run the cell: which of the three classes will lose most without the skips? And what will happen to the
# blades of grass?

# %% tags=["trains"]
networks = {}
for skip in ("concat", "none"):
    torch.manual_seed(0)
    networks[skip] = UNet(in_channels=3, num_classes=3, widths=(8, 16, 32, 64), skip=skip)
    train(networks[skip], steps=150)

# %%
figure, axes = plt.subplots(2, 4, figsize=(10, 5.2), layout="constrained")
for row, image, truth in zip(axes, test_images, test_targets, strict=False):
    row[0].imshow(as_picture(image))
    row[1].imshow(colorize(truth))
    row[2].imshow(colorize(predict(networks["concat"], image.unsqueeze(0))[0]))
    row[3].imshow(colorize(predict(networks["none"], image.unsqueeze(0))[0]))
for ax, title in zip(axes[0], ("image", "truth", "with skips", "without"), strict=True):
    ax.set_title(title)
for ax in axes.flat:
    ax.axis("off")
show(
    figure,
    alt="Two lawns, their truth and two predictions: with skips the petals are sharp, without they are blobs",
)

# %%
with_skips, without = score(networks["concat"]), score(networks["none"])
print("IoU          with  without")
for name, sharp, blurred in zip(NAMES, with_skips.iou(), without.iou(), strict=True):
    print(f"{name:<12} {sharp:.2f}  {blurred:.2f}")

# %% tags=["nbval-check-output"]
print("with the skips the border is better:", with_skips.iou()[2] > without.iou()[2] + 0.1)
print("with the skips the mIoU is better:", with_skips.mean_iou() > without.mean_iou() + 0.1)

# %% [markdown]
# **What you see.** Without the skips the network still knows *what* there is: it finds the flowers, and is not taken in
# by the blades. It does not know *where* they end: all that it has is a map of 8 x 8 numbers in each channel, one for
# 8 x 8 pixels, and the petals run together into blobs. With the skips the outlines are back. The class that lives on
# outlines, the border, gains most.
#
# **To try.** Give `UNet` the widths `(8, 16)`: one pooling, like your own network. The skips then matter much less. A
# network with enough channels can learn to hide a position among 2 x 2 pixels in them: one channel for a line on the
# left, another for one on the right. Among 8 x 8 pixels there are too many positions for that.
#
# Why pool three times, then, if your tiny network scores nearly as high? Because these flowers are small. Its decoder
# sees 10 x 10 pixels of the image through the bottleneck, and that is enough to tell a petal from a blade. It is not
# enough to tell a cat from a cushion.

# %% [markdown]
# ## Checkpoint
#
# **1.** An image of 100 x 100 goes through a U-Net with three poolings, padded 3x3 convolutions and transposed
# convolutions of stride 2. What goes wrong, and where?
#
# <details><summary>Answer</summary>
#
# The sizes on the way down are 100, 50, 25, 12: the third pooling drops a pixel. On the way up 12 becomes 24, and the
# skip of that level has 25. The two cannot be joined. Crop or pad the image to a multiple of 8 first, 96 or 104.
#
# </details>
#
# **2.** The decoder's first convolution gets 16 upsampled channels and 16 of the skip, and gives 16. How many weights
# and biases has it if the two are concatenated, and how many if they are added?
#
# <details><summary>Answer</summary>
#
# Concatenated, 16 x 32 x 9 + 16 = 4624. Added, 16 x 16 x 9 + 16 = 2320.
#
# </details>

# %% [markdown]
# **3.** A network finds every flower, but each mask is a blob around it. Which part is missing or broken, and which one
# does its work?
#
# <details><summary>Answer</summary>
#
# The encoder works: it says what there is. Position is missing: the skips are not there, or the decoder does not use
# what they bring.
#
# </details>
#
# **4.** A loss falls for some steps, then jumps and swings ever wilder. In the training step, `zero_grad()` is missing.
# Why does that do it?
#
# <details><summary>Answer</summary>
#
# `backward()` adds to the gradients that are there. Without clearing, each step follows the sum of all gradients since
# the start, old ones included, and goes ever further in directions that were right long ago.
#
# </details>
#
# ## What to remember
#
# - The **encoder** shrinks the image and widens the view: it says **what**.
# - The **decoder** comes back to full size, and the **skip** brings the positions that pooling forgot: **where**.
# - Concatenation makes channels add up, 16 + 16 = 32; addition leaves their number as it is.
# - Logits have the image's height and width, and one channel a class. No softmax, and no ReLU at the end.
# - A step: `train()`, forward, loss, `zero_grad()`, `backward()`, `step()`. A prediction: `eval()`, `no_grad()`, argmax.
#
# Next: [Lesson 06](06_full_unet.ipynb), the U-Net at full size.
