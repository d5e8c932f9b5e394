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
# So far a network was a box: a picture went in, and scores came out. Now you open the box and build one yourself. It is
# small enough that you can follow the shape of every tensor in your head, and it trains in seconds. All the same it has
# the three parts of every U-Net: one that finds out what there is, one that says where, and a shortcut between them.
# At the end you take the shortcut away, and measure what it was worth.
#
# **You will be able to**
#
# - say what the encoder, the decoder and the skip connection of a U-Net are each for,
# - follow the shape of every tensor through the network, count its weights and its work, and measure what it sees,
# - build a small U-Net, let it overfit one batch, train it with your own training step, and predict with it,
# - show by experiment what the skip connection is worth, and what it is not.
#
# **You need** lesson 04, and PyTorch's tensors.
#
# **Time** 90 minutes; 60 seconds of computing on two CPU cores.

# %%
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

# %% [markdown]
# ## Flowers in the grass
#
# In lesson 04 you computed the loss of scores that somebody else had made up. Now a network makes them, and you build it.
# Before it can learn it needs something to look at: the function below draws flowers on a lawn, with their true masks.
# Two difficulties are built in on purpose.
#
# - **Blades of grass have the colour of the petals.** From a single pixel nobody can say whether it belongs to a flower.
#   You have to look around it to find out *what* it is.
# - **The border is a class of its own**, two pixels wide, as in the pet masks that you will meet in lesson 07. You have to
#   be exact to the pixel to say *where* a flower ends.

# %%
NAMES = ("flower", "background", "border")


def draw_flowers(count, seed, size=64):
    """Return images (N, 3, H, W) from about -1 to 1, and targets (N, H, W): ids of NAMES. No need to read how."""
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
import matplotlib.pyplot as plt

from course_lib.plots import show, show_masks


def as_picture(image):
    """Turn an image (3, H, W) from -1 to 1 into one to look at, (H, W, 3) from 0 to 1."""
    return ((image + 1) / 2).clamp(0, 1).permute(1, 2, 0).numpy()


train_images, train_targets = draw_flowers(256, seed=0)  # the network learns from these
val_images, val_targets = draw_flowers(64, seed=1)  # and is scored on these, which it never learns from

# %% [markdown]
# Pictures for scoring are called **validation** pictures. Here are three of them. Where a blade crosses a petal, their
# colours are the same: where does the flower end?

# %%
figure, axes = plt.subplots(1, 3, figsize=(9, 3.2), layout="constrained")
for ax, image in zip(axes, val_images, strict=False):
    ax.imshow(as_picture(image))
    ax.axis("off")
show(
    figure,
    alt="Three lawns: petalled flowers of one colour, crossed by thin straight blades of the same colour",
)

# %%
masks = {f"truth {number}": val_targets[number].numpy() for number in range(3)}
show_masks(
    masks,
    names=NAMES,
    alt="The three true masks: flowers, each with a border two pixels wide and some with a small hole, and no blades",
)

# %% [markdown]
# No blade is in the masks. The small yellow squares inside a flower are right, too: where two flowers overlap, a gap of a
# pixel can be left between their petals, and a gap has a border.
#
# How large is the share of each class? It tells you what pixel accuracy would hide.

# %% tags=["nbval-check-output"]
shares = torch.bincount(train_targets.flatten()) / train_targets.numel()
print({name: round(share, 2) for name, share in zip(NAMES, shares.tolist(), strict=True)})

# %% [markdown]
# ## What happens to the size
#
# A convolution slides a small window of weights, the **kernel**, over the image. At every place it multiplies the
# numbers under the window by the weights and adds the products up. A pooling also goes from place to place, and keeps
# one number of each block.
#
# Both give one number for each place where the window fits. Take a row of *n* pixels and put *padding* zeros at either
# end. The window is *kernel* pixels wide, it begins at the first of them, and from place to place it moves on by *stride*
# pixels. A place where it would stick out at the end does not count.
#
# How many places are there? Draw a row of 7 pixels without padding, and move a window of 3 pixels along it, first with
# stride 1 and then with stride 2. You should find 5 places, and 3. With 8 pixels and stride 2 there are still 3, because
# the last pixel is never reached.

# %% [markdown] exercise="follow-sizes"
# First work out on paper how the number of places follows from *n*, *padding*, *kernel* and *stride*. Then write
# `follow_sizes(size, layers)`, which returns the size after each layer, in a list. Plain Python is enough.
#
# A 3x3 convolution with padding 1, a 2x2 pooling with stride 2, and both once more should make `[32, 16, 16, 8]` of
# 32 x 32.

# %% exercise="follow-sizes"

# %%
follow_sizes = unblock("follow-sizes")

# %% tags=["nbval-check-output"]
size, layers = example("downsample-32")
print(layers)
print(size, "becomes", follow_sizes(size, layers))

# %% [markdown]
# This is the rule that you have found, as the documentation of torch writes it. The half brackets mean that the
# quotient is rounded down.
#
# $$\left\lfloor \frac{n + 2 \cdot \text{padding} - \text{kernel}}{\text{stride}} \right\rfloor + 1$$
#
# A 3x3 convolution with padding 1 and stride 1 keeps the size, and a 2x2 pooling with stride 2 halves it. You will meet
# these two again and again.
#
# **Before you run the next cell:** what does one pooling make of 63 pixels, and what will doubling the result give?

# %% tags=["nbval-check-output"]
pooled_size = follow_sizes(63, [(2, 2, 0)])[0]
print("63 pixels, pooled:", pooled_size, "- doubled again:", 2 * pooled_size)

# %% [markdown]
# One pixel is lost for good, and a mask of 62 does not fit an image of 63. That is why U-Nets ask for sides that are
# multiples of 2, 4, 8 or 16, with one factor of 2 for every pooling.
#
# **Move something.** Choose kernel, stride and padding, and go through the steps. The third kind of layer makes maps
# larger: you will need it soon. Rows and columns are counted from 0, as in Python.

# %%
from course_lib.explorers import explore_convolution

explore_convolution()

# %% [markdown]
# ## The encoder finds out *what*
#
# Why shrink the image at all, when the mask has to be as large as the image? Because of what one number can see. The
# pixels of the input that can change a value are its **receptive field**. For a 3x3 convolution they are 3 x 3 pixels.
# After a 2x2 pooling each value stands for 2 x 2 pixels, so the same 3x3 convolution takes in more of the image.
#
# How much more? A gradient measures it: if a pixel can change a value, the value has a gradient there.
# **Before you run the cell:** how many pixels in a row does one value see after a convolution, a pooling, and another
# convolution? And how many if convolution and pooling come three times, before the last convolution?


# %% tags=["nbval-check-output"]
def receptive_field(layers, size=64):
    """Return how many pixels in a row can change the value in the middle of what the layers give."""
    image = torch.zeros(1, 1, size, size, requires_grad=True)
    features = image
    for layer in layers:
        ones = torch.ones(1, 1, 3, 3)
        features = F.conv2d(features, ones, padding=1) if layer == "conv" else F.avg_pool2d(features, 2)
    middle = features.shape[-1] // 2
    features[0, 0, middle, middle].backward()
    return int((image.grad[0, 0] != 0).any(dim=0).sum())


print("conv                       ", receptive_field(["conv"]))
print("conv, pool, conv           ", receptive_field(["conv", "pool", "conv"]))
print("conv, pool three times, conv", receptive_field(["conv", "pool"] * 3 + ["conv"]))
print("conv four times             ", receptive_field(["conv"] * 4))

# %% [markdown]
# (Average pooling stands in for max pooling here, because the gradient of a maximum only reaches the largest value.)
#
# The 8 are three blocks of two pixels, and one more pixel on either side that the first convolution had seen. The last two
# lines have four convolutions each: the three poolings between them widen the view from 9 pixels to 38, and each convolution
# after a pooling costs a fraction of what it would cost at full size.
#
# How wide must the view be? A blade of grass is two or three pixels wide and a flower ten or more, so 8 pixels are enough to
# tell them apart, and the network that you will build for these lawns pools only once. A cat that fills the picture takes far
# more.
#
# The first half of the network, which shrinks the maps and widens the view, is called the **encoder**.
# One stage of the encoder does three things in turn:
#
# 1. a **convolution** looks everywhere for a pattern,
# 2. **ReLU** keeps where it was found, and sets the rest to 0,
# 3. **max pooling** keeps the strongest answer of each 2x2 block.
#
# The result before the pooling will be needed again, so a stage returns both. Here are the second and the third of them, on
# four numbers:

# %% tags=["nbval-check-output"]
numbers = torch.tensor([[[[-1.0, 2.0], [-3.0, 0.5]]]])  # (1, 1, 2, 2)
print("ReLU       ", torch.relu(numbers).tolist())
print("max pooling", F.max_pool2d(numbers, kernel_size=2).tolist())

# %% [markdown] exercise="encoder-step"
# Write `encoder_step(images, weight, bias)`. It returns two tensors: `detail` at full size, and `pooled` at half size.
#
# `F.conv2d` and `F.max_pool2d` are the functions behind the layers `nn.Conv2d` and `nn.MaxPool2d`, and `torch.relu` is the
# one behind `nn.ReLU`. The weights are handed in, so that you can see that nothing else is involved.

# %% exercise="encoder-step"

# %%
encoder_step = unblock("encoder-step")

# %% [markdown]
# ### What pooling forgets
#
# Here are two images with a bright line, at pixel 2 in the first and at pixel 3 in the second. The kernel hands every pixel
# on as it is.
#
# **Before you run the cell:** in which of the two results will the images still differ, in `detail` or in `pooled`?

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
# After pooling the two are the same. *That* there is a line was kept, and *where* in the block it lies is gone from this
# channel. One pooling leaves a position open among 2 x 2 pixels, and three of them among 8 x 8.
#
# Is it gone from the network? Not necessarily: with enough channels, one can answer to lines on the left of a block, and
# another one to lines on the right. You will often read that downsampling does not hurt as long as the network upsamples
# again afterwards. You will measure at the end of this lesson whether that is so.
#
# ## The decoder says *where*
#
# The **decoder** leads back to full size. A **transposed convolution** with kernel 2 and stride 2 makes a 2x2 block out of
# every number, with learned weights, so that 32 x 32 becomes 64 x 64. The smallest maps, where encoder and decoder meet,
# are the **bottleneck**.
#
# The decoder works from pooled numbers, though, and has to reconstruct where in the block the line was. A **skip
# connection** spares it that work: it hands the encoder's `detail`, which was never pooled, straight across.
# There are two ways to join the two:
#
# | | 64 features and 64 of the skip, at 32 x 32, give | the next convolution |
# |---|---|---|
# | concatenate (U-Net) | 128 x 32 x 32 | has twice the weights, and may treat each side as it likes |
# | add (LinkNet, FCN) | 64 x 32 x 32 | is as small as before, and sees only the sums |
#
# In torch, `a + b` adds, and `torch.cat([a, b], dim=...)` concatenates. It takes the tensors as one list, and `dim` is the axis
# that becomes longer:

# %% tags=["nbval-check-output"]
one, two = torch.zeros(2, 3), torch.ones(2, 3)
print("dim=0", torch.cat([one, two], dim=0).tolist())
print("dim=1", torch.cat([one, two], dim=1).tolist())

# %% [markdown] exercise="join"
# Write `join(features, skip, how)`. `how` is `"concat"` or `"add"`. Which dim of `(N, C, H, W)` holds the channels?
#
# There is one more thing to take care of. Where a pooling met an odd height or width, the features come back one row or one
# column smaller than the skip, just as 63 came back as 62. Fill the missing row or column with zeros. At which edge does it belong?
# Think of the blocks that the pooling took, and of the pixel that was left over. `F.pad(x, (left, right, top, bottom))`
# puts as many columns and rows of zeros around `x` as the four numbers say.

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
# Now put it all together. This is the picture from the top of the page as a table, for an image of 64 x 64:
#
# | step | layer | gives |
# |---|---|---|
# | detail | 3x3 convolution, padding 1, ReLU | 16 x 64 x 64 |
# | | 2x2 max pooling | 16 x 32 x 32 |
# | context | 3x3 convolution, padding 1, ReLU | 32 x 32 x 32 |
# | features | 2x2 transposed convolution, stride 2: `nn.ConvTranspose2d` | 16 x 64 x 64 |
# | joined | features and detail, concatenated | 32 x 64 x 64 |
# | decoded | 3x3 convolution, padding 1, ReLU | 16 x 64 x 64 |
# | logits | 1x1 convolution, the *head* | num_classes x 64 x 64 |
#
# **How many weights is that?** A convolution has one weight for each pair of channels and each place in its kernel,
# and one bias for each channel that it gives. The encoder: 16 x 3 x 3 x 3 + 16 = 448. Count the other four on paper
# before you go on. The check of the exercise compares the sum, and a cell below it prints it.
#
# A network is a class in PyTorch, an `nn.Module`. Its layers are made in `__init__` and stored on `self`, where PyTorch finds
# their weights; for that, `super().__init__()` has to come first. Calling the network, `network(images)`, runs `forward`.
# Here is one with two layers:


# %% tags=["nbval-check-output"]
class Halve(nn.Module):
    """Pool, then give each pixel some logits."""

    def __init__(self, in_channels=3, num_classes=3):
        super().__init__()
        self.pool = nn.MaxPool2d(2)
        self.head = nn.Conv2d(in_channels, num_classes, kernel_size=1)

    def forward(self, images):
        return self.head(self.pool(images))


network = Halve()
print(
    tuple(network(torch.zeros(1, 3, 64, 64)).shape), [tuple(weight.shape) for weight in network.parameters()]
)

# %% [markdown] exercise="tiny-unet"
# Build the network. The layers go into `__init__`, and their order into `forward`. You choose the names, but not the
# shapes; whether features or detail come first when you concatenate makes no difference here. There is no ReLU after the
# transposed convolution and none after the head, and no softmax either, because cross-entropy takes logits.

# %% exercise="tiny-unet"

# %%
TinyUNet = unblock("tiny-unet")

# %% [markdown]
# A network has two prices. Its **weights** have to be stored. Its **work** is the number of multiplications for one image: a
# convolution uses each weight once in every position of the map that it gives, so work is weights times positions. In the
# transposed convolution the positions are those of the smaller map that comes in, because each of its numbers is multiplied
# once by every weight.
#
# **Before you run the next cell:** which of the five layers has the most weights? And which one does the most work, if the
# bottleneck works at 32 x 32 and the decoder at 64 x 64?

# %% tags=["nbval-check-output"]
layers = {  # weights without biases, side of the map that the layer gives
    "encoder": (16 * 3 * 9, 64),
    "bottleneck": (32 * 16 * 9, 32),
    "upsample": (16 * 32 * 4, 32),  # each weight is used once for every pixel that comes in
    "decoder": (16 * 32 * 9, 64),
    "head": (3 * 16 * 1, 64),
}
work = {name: weights * side**2 for name, (weights, side) in layers.items()}
for name, (weights, side) in layers.items():
    print(
        f"{name:<10} {weights:>5} weights x {side} x {side} = {work[name] / 1e6:>4.1f} million, {work[name] / sum(work.values()):.0%}"
    )
print("weights and biases of your network:", sum(weight.numel() for weight in TinyUNet().parameters()))

# %% [markdown]
# Bottleneck and decoder have the same number of weights, but the decoder applies them in four times as many places. In
# this small network most of the work is therefore done at full size. Don't carry that over to large U-Nets: there the
# channels double whenever the sides are halved, and lesson 06 asks you what that does to the bill.
#
# ## From logits to a class map
#
# The head gives each pixel one logit per class, and the prediction is the class with the largest one, as in lesson 01. Two
# things belong to every prediction:
#
# - `model.eval()`, because some layers do something else in training than in use: dropout, which sets numbers to 0 at random
#   in training, and batch norm, which lesson 06 explains,
# - `torch.no_grad()`, because gradients are for training: without them a prediction takes a fraction of the memory.

# %% [markdown] exercise="predict"
# Write `predict(model, images)`, for any model that gives logits `(N, classes, H, W)`.

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
# The shapes of the network are right, and its weights are still random. Training repeats one step:
#
# 1. **forward**: compute the logits of a batch,
# 2. **loss**: how wrong are they?
# 3. **backward**: for each weight, in which direction does the loss rise?
# 4. **step**: move each weight a little the other way.
#
# The last one is the work of an **optimiser**. This course mostly uses **Adam**, which adapts the length of the step to
# each weight; its **learning rate** `lr` says how long the steps are overall.
#
# Two things are easily forgotten. `backward()` *adds* to the gradients that are already there, so the old ones have to be
# cleared. And a model that has just predicted is still in evaluation mode.
#
# | in torch | does |
# |---|---|
# | `model.train()` | puts the model in training mode, as `model.eval()` puts it in evaluation mode |
# | `optimizer.zero_grad()` | clears the gradients of all weights |
# | `loss.backward()` | computes the gradient of each weight, and adds it to what is there |
# | `optimizer.step()` | moves each weight by its gradient |
# | `loss.item()` | the loss as a plain number |

# %% [markdown] exercise="train-step"
# Write `train_step(model, optimizer, images, targets)`. It takes one step and returns the loss as a plain number.

# %% exercise="train-step"

# %%
train_step = unblock("train-step")

# %% [markdown]
# ## First, learn four pictures by heart
#
# Before you train for minutes, train for seconds: give the network four pictures, the same ones in every step. It should
# learn them by heart. If it can't, something is broken, in the network, in the targets or in the step, and no amount of
# data will mend it. The test costs almost nothing, and it finds many bugs.

# %% tags=["trains", "nbval-check-output"]
torch.manual_seed(0)
pupil = TinyUNet(in_channels=3, num_classes=3)
optimizer = torch.optim.Adam(pupil.parameters(), lr=0.01)
few = train_images[:4], train_targets[:4]
by_heart = [train_step(pupil, optimizer, *few) for _ in range(200)]
print("loss on four pictures: below a quarter of the first one?", by_heart[-1] < by_heart[0] / 4)

# %%
print(f"the first loss {by_heart[0]:.2f}, the last {by_heart[-1]:.2f}")

# %% [markdown]
# Learning the training pictures by heart is called **overfitting**. Here it was the aim; in a real training it is the
# danger, and the reason why you score on pictures that the network has not learnt from.
#
# ## Now all of them
#
# Now everything that you wrote on this page works together: your network learns flowers with your training step. Each step
# takes 16 pictures at random.


# %%
from course_lib.metrics import ConfusionMatrix


def train(model, steps):
    """Train in place, and return the loss of every step."""
    chance = torch.Generator().manual_seed(0)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.01, steps)  # the rate falls to a hundredth
    losses = []
    for _ in range(steps):
        batch = torch.randint(len(train_images), (16,), generator=chance)
        losses.append(train_step(model, optimizer, train_images[batch], train_targets[batch]))
        schedule.step()
    return losses


def score(model):
    """Return the confusion matrix over the validation pictures."""
    matrix = ConfusionMatrix(num_classes=3)
    matrix.update(predict(model, val_images), val_targets)
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
# The first loss is about 1.1, which you have met before: it is log 3. Is the trained network any good? Compare it with
# calling every pixel background.

# %% tags=["nbval-check-output"]
background = ConfusionMatrix(num_classes=3)
background.update(torch.ones_like(val_targets), val_targets)
print("the loss fell by half:", losses[-1] < losses[0] / 2)
print("better than all background:", score(tiny).mean_iou() > background.mean_iou())

# %%
for name, iou in zip(NAMES, score(tiny).iou(), strict=True):
    print(f"{name:<10} IoU {iou:.2f}")
print(f"mIoU {score(tiny).mean_iou():.2f}, all background {background.mean_iou():.2f}")

# %% [markdown]
# ## What is the skip connection worth?
#
# Find out: train the same network with skip connections and without them, from the same seed, on the same pictures, for the
# same number of steps. Your tiny U-Net pools only once, so a position is lost among 2 x 2 pixels at most, while networks in
# use pool three to five times. This experiment therefore takes `UNet` from the course's library, with three poolings and
# channels of 8, 16, 32 and 64. It is made of the parts that you have just built, with a skip for every pooling. You will
# build it yourself in lesson 06.
#
# Train three of them: with skips that are concatenated, with skips that are added, and without any. **Before you run the
# cell:** which of the three classes will lose most without skips? And will adding do worse than concatenating?

# %% tags=["trains"]
from course_lib.models import UNet

networks = {}
for skip in ("concat", "add", "none"):
    torch.manual_seed(0)
    networks[skip] = UNet(in_channels=3, num_classes=3, widths=(8, 16, 32, 64), skip=skip)
    train(networks[skip], steps=150)

# %%
titles = {"concat": "skips concatenated", "add": "skips added", "none": "no skips"}
for number in range(2):  # the first two of the lawns above
    masks = {"truth": val_targets[number]}
    for skip, title in titles.items():
        masks[title] = predict(networks[skip], val_images[number : number + 1])[0]
    show_masks(
        masks,
        names=NAMES,
        alt="The truth of a lawn and three predictions: with skips of either kind the petals have their shape and "
        "a border, without skips they are blobs",
    )

# %%
print("IoU         " + "".join(f"{skip:>8}" for skip in networks))
scores = {skip: score(network) for skip, network in networks.items()}
for class_id, name in enumerate(NAMES):
    print(f"{name:<12}" + "".join(f"{matrix.iou()[class_id]:>8.2f}" for matrix in scores.values()))

# %% tags=["nbval-check-output"]
border = {skip: matrix.iou()[2] for skip, matrix in scores.items()}
print(
    "after 150 steps the skips are worth more than .1 of border IoU:", border["concat"] > border["none"] + 0.1
)

# %% [markdown]
# You have just trained each network once, from one seed. The same experiment with three seeds gives, as mean and
# spread (the standard deviation over the seeds):
#
# | after 150 steps | concatenated | added | no skips |
# |---|---|---|---|
# | flower IoU | {{skips.concat.flower}} | {{skips.add.flower}} | {{skips.none.flower}} |
# | border IoU | {{skips.concat.border}} | {{skips.add.border}} | {{skips.none.border}} |
# | weights | {{skips.concat.parameters:mean}} | {{skips.add.parameters:mean}} | {{skips.none.parameters:mean}} |
#
# **What it says.** Without skips the network finds the flowers and is not taken in by the blades, so it knows *what*
# there is. After 150 steps it has hardly any border, which lives on exact positions. Adding and concatenating cannot be
# told apart: their spreads overlap, and adding makes do with fewer weights.
#
# **What it does not say** is that a network without skips could never find the border. After all, 150 steps are not
# many. The skips hand over positions from the first step on; without them the encoder first has to learn to write
# positions into its channels, and the decoder to read them out again. How much of the difference is a matter of time?

# %% [markdown]
# **To try**, if you have a minute or two: remove the `#` signs below, train the network without skips four times as long, and
# look at its border again.

# %%
# torch.manual_seed(0)
# patient = UNet(in_channels=3, num_classes=3, widths=(8, 16, 32, 64), skip="none")
# train(patient, steps=600)
# print("border IoU without skips, after 600 steps:", score(patient).iou()[2])

# %% [markdown]
# Here is the answer from three seeds, the border IoU with more and more steps:
#
# | steps | skips concatenated | no skips |
# |---|---|---|
# | 150 | {{skips.concat.border}} | {{skips.none.border}} |
# | 600 | {{skips_later.concat_600.border}} | {{skips_later.none_600.border}} |
# | 2400 | {{skips_later.concat_2400.border}} | {{skips_later.none_2400.border}} |
#
# Most of the difference was a matter of time. Without skips the network does find the border, only later. But not all of it was:
# the skips are still worth {{skips_later.concat_600.border - skips_later.none_600.border}} after 600 steps, and
# {{skips_later.concat_2400.border - skips_later.none_2400.border}} after 2400.
#
# So is it true that downsampling does not hurt as long as the network upsamples again? It costs a lot of time, and what pooling
# dropped comes back only as far as the network learns to carry it through its channels. Skip connections save the network
# that effort.

# %% [markdown]
# ## Checkpoint
#
# **1.** An image of 100 x 100 goes through a U-Net with three poolings, padded 3x3 convolutions and transposed
# convolutions of stride 2. What goes wrong, and where?
#
# <details><summary>Answer</summary>
#
# The sizes on the way down are 100, 50, 25, 12: the third pooling drops a pixel. On the way up 12 becomes 24, and the
# skip of that level has 25. The two cannot be joined as they are. Either fill the features with zeros at each level, as
# your `join` does, or crop or pad the image to a multiple of 8 beforehand, to 96 or 104.
#
# </details>
#
# **2.** The decoder's first convolution gets 16 upsampled channels and 16 of the skip, and gives 16. How many weights
# and biases does it have if the two are concatenated, and how many if they are added?
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

# %% [markdown]
# **4.** In a training step `zero_grad()` is missing. What would you expect to see in the loss?
#
# <details><summary>Answer</summary>
#
# Each step follows the sum of all gradients since the start. You will often read that the loss then explodes. Measured with
# this lesson's network, three seeds, it does not: with Adam the loss falls and then stalls, at {{zero_grad.adam_missing.loss}}
# instead of {{zero_grad.adam_cleared.loss}}, and the mIoU ends at {{zero_grad.adam_missing.miou:mean}}, which is that of
# calling everything background. With plain SGD at a small rate the old gradients act like a momentum that never fades, and
# what comes of it differs from seed to seed. A loss that stalls early is worth a look at the training step.
#
# </details>
#
# ## What to remember
#
# - The **encoder** shrinks the maps and widens the receptive field: it says **what**.
# - The **decoder** comes back to full size, and the **skip connection** spares it from finding out again **where**.
# - Concatenation makes channels add up, 16 + 16 = 32, and addition leaves their number as it is. Here they did equally well.
# - Logits have the image's height and width, and one channel per class. No softmax, and no ReLU at the end.
# - A step: `train()`, forward, loss, `zero_grad()`, `backward()`, `step()`. A prediction: `eval()`, `no_grad()`, argmax.
# - Before a long training, let the network overfit a few pictures.
#
# ## Where to go from here
#
# - [U-Net: Convolutional Networks for Biomedical Image Segmentation](https://arxiv.org/abs/1505.04597), Ronneberger, Fischer
#   and Brox, 2015
# - [A guide to convolution arithmetic for deep learning](https://arxiv.org/abs/1603.07285), Dumoulin and Visin, 2016: sizes,
#   strides and transposed convolutions in pictures
# - [Fully Convolutional Networks for Semantic Segmentation](https://arxiv.org/abs/1411.4038), Long, Shelhamer and Darrell,
#   2015: skips that are added
# - [torch.nn.Conv2d](https://pytorch.org/docs/stable/generated/torch.nn.Conv2d.html), with the formula of the sizes
#
# Next: [Lesson 06](06_full_unet.ipynb), the U-Net at full size.
