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
# # Upsampling and FCN
#
# ![An FCN. An image goes through five stages, each at half the size of the one before, to a 32nd. A 1x1 convolution makes scores of the last three. Only the coarsest scores, enlarged 32 times, are FCN-32s; doubled and added to the next finer ones they are FCN-16s; once more, FCN-8s](pictures/09_fcn.png)
#
# **You will be able to**
#
# - turn a dense layer into a convolution that gives the same numbers, and takes any size
# - write a transposed convolution in three ways: as stamps, as a transposed matrix, and as zeros put between the pixels
# - predict checkerboards from kernel and stride, and avoid them
# - say what `align_corners` does to a ramp, and which setting to use
# - build the added skips of FCN-32s, 16s and 8s, train the three, and see the difference
#
# **You need** lesson 05: what a convolution and a pooling do to sizes. NumPy, and a little PyTorch.
#
# **Time** 105 minutes; 40 seconds of computing on two CPU cores.

# %%
import numpy as np
import torch
from torch import nn

# %% [markdown]
# ## On the way down
#
# An encoder makes maps smaller. From lesson 05 you know the rule for each layer,
# `(size + 2 * padding - kernel) // stride + 1`. Here it is at work on an image of 32 x 32: a convolution with kernel 3, stride 1 and
# padding 1, a pooling with kernel 2 and stride 2, and both once more. Write down the four sizes before you run the cell.

# %% tags=["nbval-check-output"]
size, layers = example("downsample-32")
maps, sizes = torch.zeros(1, 1, size, size), []
for kernel, stride, padding in layers:
    pooling = stride == 2
    layer = nn.MaxPool2d(kernel, stride) if pooling else nn.Conv2d(1, 1, kernel, stride, padding)
    maps = layer(maps)
    sizes.append(maps.shape[-1])
print(size, "becomes", sizes)

# %% [markdown]
# Pooling is one way to halve a map. The other is a convolution that moves on by two pixels, with stride 2. You will often read that
# downsampling like this does not hurt. Test it: each of the four images below has one bright pixel, at one of the four places of a 2x2 block.
# The kernel passes every pixel on as it is. In how many of the four will each way see the pixel?

# %% tags=["nbval-check-output"]
import torch.nn.functional as F

copy = torch.zeros(1, 1, 3, 3)
copy[0, 0, 1, 1] = 1.0
spots = torch.zeros(4, 1, 4, 4)  # (N, C, H, W)
for number, (row, column) in enumerate([(0, 0), (0, 1), (1, 0), (1, 1)]):
    spots[number, 0, row, column] = 1.0
pooled = F.max_pool2d(F.conv2d(spots, copy, padding=1), 2)
strided = F.conv2d(spots, copy, padding=1, stride=2)
for how, halved in (("pooling", pooled), ("stride 2", strided)):
    print(f"{how:8} sees {halved.amax(dim=(1, 2, 3)).tolist()}")

# %% [markdown]
# Pooling sees the pixel wherever it is, and forgets which of the four places it was. Stride 2 looks at one place in four, so this kernel
# misses three of the spots. A learned kernel can do better, because its nine weights reach beyond the place, but it has to learn what
# pooling does for free. Either way something is lost, and the way up has to recover it.
#
# | | pooling | stride 2 |
# |---|---|---|
# | multiplications of the convolution | at all places | at a quarter of them |
# | weights | none of its own | the convolution's |
# | what is kept | the strongest answer of the block | what the kernel has learned to keep |
# | found in | U-Net, FCN | most newer networks, such as the ResNet of lesson 10 |
#
# ## Dense layers are convolutions
#
# A classifier ends in dense layers: the maps are flattened, and every number gets a weight of its own. That has a price. The number of
# weights fixes the size of the maps, and with it that of the image. And the answer no longer says where something was.
#
# But look at one output of a dense layer: it is a sum of products over all channels, rows and columns. One output of a convolution
# whose kernel is as large as the maps is the same sum.

# %% [markdown] exercise="dense-to-conv"
# Write `dense_to_conv(dense, channels, height, width)`. A layer makes weights of its own; `conv.weight.copy_(numbers)` writes over
# them. Do that inside `with torch.no_grad():`. Otherwise torch refuses: it records what is done with weights, for the backward pass, and
# weights that were written over would not fit the record.

# %% exercise="dense-to-conv"

# %%
dense_to_conv = unblock("dense-to-conv")

# %% [markdown]
# Here is a dense layer that knows one thing: a cross of 5 x 5 pixels. Its weights are +1 on the cross and -1 beside it, and
# its bias is -4, so a whole cross gives 9 - 4 = 5. It can look at images of 5 x 5 and at no others. What will the convolution make of an
# image of 16 x 24 with three crosses?

# %%
import matplotlib.pyplot as plt

from course_lib.plots import show

cross = -torch.ones(5, 5)
cross[2, :] = cross[:, 2] = 1.0
dense = nn.Linear(25, 1)
with torch.no_grad():
    dense.weight.copy_(cross.view(1, 25))
    dense.bias.fill_(-4.0)
finder = dense_to_conv(dense, 1, 5, 5)

image = torch.from_numpy(np.random.default_rng(0).random((16, 24)) < 0.12).float()
for row, column in ((2, 3), (8, 10), (5, 17)):
    image[row : row + 5, column : column + 5] = cross.clamp(min=0)
with torch.no_grad():
    scores = finder(image[None, None])[0, 0]  # (12, 20)
figure, axes = plt.subplots(1, 2, figsize=(9, 3), layout="constrained")
axes[0].imshow(image.numpy(), cmap="gray_r")
figure.colorbar(axes[1].imshow(scores.numpy(), cmap="cividis"), ax=axes[1])
for ax, title in zip(axes, ("image, 16 x 24", "scores of the finder, 12 x 20"), strict=True):
    ax.set(title=title, xticks=[], yticks=[])
show(figure, alt="Dark pixels with three crosses among them; in the map of scores the three crosses shine")

# %% tags=["nbval-check-output"]
with torch.no_grad():
    patch = image[2:7, 3:8]
    print("dense layer on the first cross: ", dense(patch.flatten()).tolist())
    print("convolution at the same place:  ", [scores[2, 3].item()])
    print("places with a score above 0:    ", (scores > 0).nonzero().tolist())

# %% [markdown]
# The numbers are the same, but now there is a *map* of answers, one for every place. That is the idea of the **fully convolutional network**,
# FCN: take a classifier, turn its dense layers into convolutions, and it says everywhere what it used to say once.
#
# You could also cut out every window and classify it by itself, but that is far more work: windows overlap, and an FCN computes what they
# share only once. It is also trained as one network, from the pixels of the image to those of the mask.
#
# Such a network is not small. FCN was built on VGG-16, a classifier of photos with 13 convolutions and three dense layers. The first dense layer becomes a convolution of 7 x 7 from 512 to 4096 channels.
# At the end a 1x1 convolution gives a score for each of 21 classes, the 20 of the data set Pascal VOC and the background. Layers with few
# weights, which the next section explains, bring these scores back to the size of the image: `enlargements` below counts them.
# How many weights will the whole network have, compared with the 31 million of the U-Net of lesson 06?

# %% tags=["nbval-check-output"]
from itertools import pairwise

widths = [3, 64, 64, 128, 128, 256, 256, 256, 512, 512, 512, 512, 512, 512]
encoder = sum(9 * before * after + after for before, after in pairwise(widths))
dense_6 = 7 * 7 * 512 * 4096 + 4096
dense_7 = 4096 * 4096 + 4096
scores_of_21 = sum(width * 21 + 21 for width in (4096, 512, 256))
enlargements = (
    2 * 21 * 21 * 4 * 4 + 21 * 21 * 16 * 16
)  # twice to the double size, once to eight times the size
print(f"13 convolutions {encoder:,}")
print(f"first dense layer {dense_6:,}, second {dense_7:,}")
print(f"the whole FCN, for 21 classes {encoder + dense_6 + dense_7 + scores_of_21 + enlargements:,}")

# %% [markdown]
# That is more than four times as many as in the U-Net, and three quarters of them are in one layer that used to be dense. "Fully
# convolutional" does not mean "small".
#
# One thing is missing. The map is smaller than the image, and behind five poolings it is 32 times smaller. It has to grow again.
#
# ## On the way up: stamps
#
# A convolution *collects*: a window of the input becomes one pixel. The **transposed convolution** hands out: one pixel
# becomes a window. Each pixel of the small map stamps the kernel, times its value, into the large one. The next pixel's
# stamp goes `stride` further on. Where stamps overlap they add up.
#
# ![The pixels 1, 2, 3 and 4 of a 2x2 map each stamp a 3x3 square into a 5x5 map, two pixels apart; where two stamps overlap their values add up, and in the middle, where all four meet, is 10](pictures/09_stamps.png)

# %% [markdown] exercise="transposed-convolution"
# Write `transposed_convolution(image, kernel, stride)` for one map, in NumPy, with two loops.

# %% exercise="transposed-convolution"

# %%
transposed_convolution = unblock("transposed-convolution")

# %% tags=["nbval-check-output"]
image, kernel, stride = example("transposed-2x2")
print(np.asarray(transposed_convolution(image, kernel, stride)).astype(int))

# %% [markdown]
# ## Why "transposed"?
#
# A convolution is a sum of products, so it is a multiplication by a matrix. Nobody computes it like that, because most of the matrix is
# zeros, but the matrix explains the name. One row of pixels is enough to see it.

# %% [markdown] exercise="convolution-matrix"
# Write `convolution_matrix(kernel, size, stride)`.

# %% exercise="convolution-matrix"

# %%
convolution_matrix = unblock("convolution-matrix")

# %% [markdown]
# The matrix for kernel 1, 2, 3 and stride 2 takes a row of five pixels to two. Transposed, with rows and columns exchanged, it takes two pixels to five. Which
# numbers does the second print give? Try it with pencil and paper, and with stamps.

# %% tags=["nbval-check-output"]
kernel = np.array([1.0, 2.0, 3.0])
matrix = np.asarray(convolution_matrix(kernel, 5, 2))
print(matrix.astype(int))
print("down, matrix @ x:  ", matrix @ np.array([1.0, 1.0, 1.0, 1.0, 1.0]))
print("up,   matrix.T @ y:", matrix.T @ np.array([1.0, 10.0]))

small = torch.tensor([[[1.0, 10.0]]])
stamped = F.conv_transpose1d(small, torch.tensor([[[1.0, 2.0, 3.0]]]), stride=2)
print("conv_transpose1d:  ", stamped.flatten().numpy())

# %% [markdown]
# Both give the same numbers. Each column of the transposed matrix is one stamp; where two columns have an entry in the same row, stamps overlap.
# It is also what a convolution does in the backward pass: the gradient of its output, times the transposed matrix, is the gradient of its
# input. Every training step in lesson 05 ran transposed convolutions without saying so.
#
# There is a third way to compute it. Put zeros between the pixels, pad, and run an *ordinary* convolution with stride 1 and the kernel turned
# around. How many zeros go between two pixels when the stride is 2?

# %% tags=["nbval-check-output"]
spread = torch.zeros(1, 1, 3)
spread[..., ::2] = small  # 1, 0, 10: stride - 1 zeros between two pixels
padded = F.pad(spread, (2, 2))  # kernel - 1 zeros on each side
collected = F.conv1d(padded, torch.tensor([[[3.0, 2.0, 1.0]]]))
print("zeros put in:", padded.flatten().int().tolist())
print("convolved:   ", collected.flatten().tolist())
print("all alike:   ", bool((collected == stamped).all()), np.allclose(matrix.T @ [1, 10], stamped))

# %% [markdown]
# With the zeros in between, a step of one pixel is half a step in the small map. That is why you will also find the name **fractionally
# strided convolution**. A third name, **deconvolution**, promises too much: undoing a convolution would need the inverse of the matrix, and the
# transposed one brings back only the shape. Is that visible? Take a row down and up again.

# %% tags=["nbval-check-output"]
row = np.array([1.0, 0.0, 0.0, 5.0, 2.0])
print("before:        ", row)
print("down:          ", matrix @ row)
print("and up again:  ", matrix.T @ (matrix @ row))

# %% [markdown]
# There are five pixels again, as before, but their values are not those of the row.
#
# ## Which size comes out
#
# torch has the layer as `nn.ConvTranspose2d`, and its settings are those of the convolution on the way down. That convolution would *add*
# `padding` pixels on each side of the large map. So the transposed one, which makes the large map, *cuts off* as many on each side. And a
# convolution with a stride may bring two large sizes to the same small one. `output_padding` says which of them is meant: it adds pixels at
# the lower and right end.

# %% [markdown] exercise="transposed-size"
# Write `transposed_size(size, kernel, stride, padding, output_padding)`. You can find the formula from the stamps: where does the last one end?

# %% exercise="transposed-size"

# %%
transposed_size = unblock("transposed-size")

# %% [markdown]
# Take a map with 16 pixels per side, and kernel 3, stride 2, padding 1 and `output_padding` 1. Work out the size before you run the cell, and
# then once more without `output_padding`: in tutorials you will find this layer without it, as one that doubles.

# %% tags=["nbval-check-output"]
setting = example("transposed-16")
size, kernel, stride, padding, output_padding = setting
print(f"{size=}, {kernel=}, {stride=}, {padding=}, {output_padding=}")
layer = nn.ConvTranspose2d(64, 32, kernel, stride, padding, output_padding)
with torch.no_grad():
    shape = tuple(layer(torch.zeros(1, 64, 16, 16)).shape)
print("by the formula", transposed_size(*setting), "- by torch", shape)
print("without output_padding", transposed_size(size, kernel, stride, padding, 0))
for back in (31, 32):
    print(f"a convolution with stride 2 takes {back} to {(back + 2 * padding - kernel) // stride + 1}")

# %% [markdown]
# Without `output_padding` the map has 31 pixels, and a skip of 32 does not fit it.
#
# **Move something.** Choose the transposed convolution with kernel 3 and stride 2, and step through the stamps. Then take kernel 4, and
# kernel 2. With which of them do all pixels, away from the edges, get the same number of stamps? The next section has the answer.

# %%
from course_lib.explorers import explore_convolution

explore_convolution()

# %% [markdown]
# ## Checkerboards
#
# With kernel 3 and stride 2 the stamps overlap by one pixel: every second pixel gets two stamps, and the ones in between get one. In two
# dimensions this gives a pattern that repeats every two pixels in both directions. It is called a **checkerboard**. Count the stamps.

# %% [markdown] exercise="stamp-counts"
# Write `stamp_counts(size, kernel, stride)` for one row.

# %% exercise="stamp-counts"

# %%
stamp_counts = unblock("stamp-counts")

# %% [markdown]
# Before you run the cell: for which of these settings are the counts inside, away from both ends, all alike? And for kernel 3 and stride 2, how
# many stamps does a pixel get in two dimensions, where the counts of its row and its column are multiplied?

# %% tags=["nbval-check-output"]
for kernel, stride in ((3, 2), (4, 2), (2, 2), (5, 3), (6, 3)):
    counts = [int(count) for count in stamp_counts(5, kernel, stride)]
    inside = counts[kernel:-kernel]
    even = "even" if len(set(inside)) == 1 else "uneven"
    print(f"kernel {kernel}, stride {stride}: {even:7}", counts)
row = np.array(stamp_counts(3, 3, 2))
print("kernel 3, stride 2, in two dimensions:", row[:, None] * row, sep="\n")

# %% [markdown]
# The counts are even where **the stride divides the kernel**. Where it does not, they alternate: 1, 2 and 4 stamps with kernel 3 and stride 2.
# The network then has to learn weights that make up for that.
# There are two ways out: a kernel that the stride divides, or no stamps at all. **Bilinear** interpolation treats all pixels
# alike; it has no weights, so a convolution that has some follows it.

# %% [markdown] exercise="bilinear-up"
# Write the module `BilinearUp(in_channels, out_channels)`.

# %% exercise="bilinear-up"

# %%
BilinearUp = unblock("bilinear-up")

# %% [markdown]
# Now make checkerboards and remove them. A map of 12 x 12 is doubled by each of four layers with random weights, fresh as at the start
# of a training. In the first row the map holds ones everywhere, in the second the brightness of a pet, and each picture is the mean of a layer's eight
# maps. Which of the four will show a pattern that is not in the map on the left?

# %%
from course_lib.data.pocket_pets import draw_pet

torch.manual_seed(0)
ways = {
    "transposed, kernel 3": nn.ConvTranspose2d(1, 8, 3, stride=2, padding=1, output_padding=1),
    "transposed, kernel 4": nn.ConvTranspose2d(1, 8, 4, stride=2, padding=1),
    "transposed, kernel 2": nn.ConvTranspose2d(1, 8, 2, stride=2),
    "bilinear + convolution": BilinearUp(1, 8),
}
pet = draw_pet(np.random.default_rng(9), size=(96, 96)).image.mean(axis=2) / 255
small = F.avg_pool2d(torch.from_numpy(pet).float()[None, None], 8)  # (1, 1, 12, 12)
with torch.no_grad():
    flat = {name: layer(torch.ones(1, 1, 12, 12))[0].mean(dim=0) for name, layer in ways.items()}
    doubled = {name: layer(small)[0].mean(dim=0) for name, layer in ways.items()}  # (24, 24)

# %%
figure, axes = plt.subplots(2, 5, figsize=(10, 4.4), layout="constrained")
axes[0, 0].imshow(np.ones((12, 12)), cmap="gray", vmin=0, vmax=2)
axes[1, 0].imshow(small[0, 0].numpy(), cmap="gray")
axes[0, 0].set_title("the map, 12 x 12", fontsize="medium")
for column, name in zip(axes.T[1:], ways, strict=True):
    inside = flat[name][4:-4, 4:-4].numpy()
    column[0].imshow(inside, cmap="gray", vmin=inside.mean() - 0.1, vmax=inside.mean() + 0.1)
    column[1].imshow(doubled[name][2:-2, 2:-2].numpy(), cmap="gray")
    column[0].set_title(name, fontsize="medium")
for ax in axes.flat:
    ax.set(xticks=[], yticks=[])
axes[0, 0].set_ylabel("a map of ones")
axes[1, 0].set_ylabel("a pet")
show(
    figure,
    alt="Two small maps, and each doubled in four ways. All transposed convolutions with random weights make a pattern of "
    "two-pixel period, of the map of ones as of the pet; by bilinear and convolution the ones stay even, and the pet has no such pattern",
)

# %% [markdown]
# All three transposed convolutions do: in the upper row each of them makes a pattern that repeats every two pixels, and only the fourth
# picture is even. (The pet is hard to recognise in all of the lower row, because the weights are random.) Even counts are not enough with
# *random* weights: with kernel 2 or 4 every pixel gets as many stamps as its neighbour, but through other weights. With weights that are all
# alike, only the counts are left. Each weight is 0.1 now, and so is the bias. Which numbers will kernel 3 give?

# %% tags=["nbval-check-output"]
with torch.no_grad():
    for name, layer in ways.items():
        for weight in layer.parameters():
            weight.fill_(0.1)
        inside = layer(torch.ones(1, 1, 12, 12))[0, 0, 4:-4, 4:-4]
        even = inside.max() - inside.min() < 1e-5
        print(f"{name:23}", "even" if even else f"from {inside.min():.1f} to {inside.max():.1f}")

# %% [markdown]
# One to four stamps of 0.1, and the bias, give 0.2 to 0.5. So much for the two ways:
#
# | | transposed convolution | `nn.Upsample` or `F.interpolate`, then a convolution |
# |---|---|---|
# | how it enlarges | with learned weights | always alike |
# | checkerboard | from random weights, with every kernel; from uneven counts, unless the stride divides the kernel | none |
# | multiplications per small pixel, for each pair of an input and an output channel | 4 with kernel 2, 16 with kernel 4 | 36 with kernel 3: nine for each of the four large pixels |
# | start | random, or set to bilinear | smooth |
#
# You will often read that interpolation is the cheaper way. By itself it is, but the convolution after it works at the large size.
#
# FCN combines the two: its doublings are transposed convolutions with kernel 4 and stride 2, whose weights **start as bilinear interpolation**.
#
# ## What `align_corners` does
#
# Every bilinear enlargement has to decide where the pixels are. A ramp shows it. Four pixels hold 0, 1, 2 and 3, and are enlarged to eight in both
# ways that torch offers. If you enlarge a ramp, by how much should the values rise from pixel to pixel?

# %% tags=["nbval-check-output"]
ramp = torch.arange(4.0).view(1, 1, 1, 4)
enlarged = {
    aligned: F.interpolate(ramp, size=(1, 8), mode="bilinear", align_corners=aligned).flatten()
    for aligned in (False, True)
}
for aligned, values in enlarged.items():
    print(f"align_corners={aligned!s:6}", [round(value, 2) for value in values.tolist()])

# %%
figure, axes = plt.subplots(2, 1, figsize=(8, 3.6), sharex=True, layout="constrained")
centres = {False: (np.arange(8) + 0.5) / 2 - 0.5, True: np.arange(8) * 3 / 7}
for ax, (aligned, values) in zip(axes, enlarged.items(), strict=True):
    edges = (-0.5, 3.5) if not aligned else (0.0, 3.0)
    for edge in edges:
        ax.axvline(edge, color="grey", linestyle="--")
    ax.plot(range(4), [1] * 4, "s", markersize=22, color="#E69F00", label="four pixels")
    ax.plot(centres[aligned], [0] * 8, "o", markersize=12, color="#0072B2", label="eight pixels")
    for place, value in zip(centres[aligned], values.tolist(), strict=True):
        ax.text(place, -0.75, f"{value:.2f}", ha="center", fontsize="small")
    for place in range(4):
        ax.text(place, 1, str(place), ha="center", va="center")
    ax.set(ylim=(-1.2, 1.8), yticks=[], title=f"align_corners={aligned}", xlim=(-0.8, 4.6))
axes[0].legend(frameon=False, loc="center right", markerscale=0.5)
axes[1].set_xlabel("place in the small map, in pixels")
show(
    figure,
    alt="Four pixels and the eight that they become, twice. With align_corners=False the outer edges of both rows agree, and the "
    "eight are half a pixel apart. With True the centres of the first and of the last pixels agree, and the eight are closer",
)

# %% [markdown]
# With `align_corners=False` a pixel is a small square. The *edges* of both maps agree, the values rise by exactly a half inside, and at the ends,
# where there is nothing to interpolate with, the last value is repeated. With `True` a pixel is a point, and the *centres* of the first and last
# pixels agree. Then the step is 3/7, which is not half a pixel, and depends on the size of the map: in a map of 40 pixels it is 39/79.
#
# Does that matter? Enlarge by two what you halved, and compare it with where it came from: a bright square, halved by `F.avg_pool2d`. It lies
# on the left of a map of 16 columns at first, then in the middle, then on the right.

# %% tags=["nbval-check-output"]
columns = torch.arange(16.0)
for left in (2, 6, 10):
    square = torch.zeros(1, 1, 16, 16)
    square[..., 6:10, left : left + 4] = 1.0
    centres = [f"centre of the square {(square * columns).sum() / square.sum():5.2f}"]
    for aligned in (False, True):
        back = F.interpolate(F.avg_pool2d(square, 2), (16, 16), mode="bilinear", align_corners=aligned)
        centres.append(f"with {aligned!s:5} {(back * columns).sum() / back.sum():5.2f}")
    print(", ".join(centres))

# %% [markdown]
# With `True` a square on the left moves further to the left, one on the right further to the right, and one in the middle stays where it
# is. Outlines move in the same way.
# Pooling and strided convolutions work on squares side by side, so what fits them is `align_corners=False`, torch's default. You will find code with `True`, some of it well known, and a network
# that was trained with it should keep it. The thing to avoid is mixing them, such as one in training and the other in prediction.
#
# ## FCN: 32s, 16s, 8s
#
# Behind five poolings one pixel stands for 32 x 32 of the image. FCN-32s turns that map into scores, one map for each class, and enlarges
# them 32 times. It knows *what* is there; its outlines are coarse.
#
# The fourth stage has twice the resolution, and the third has four times. They know less about what, and more about where. So a 1x1
# convolution makes scores of them as well, and these are **added**: FCN-16s and FCN-8s. Look at the picture at the top once more.

# %% [markdown] exercise="fuse-scores"
# Write `fuse_scores(scores, size)`. Double with plain bilinear interpolation, which is what FCN's doublings start as.

# %% exercise="fuse-scores"

# %%
fuse_scores = unblock("fuse-scores")

# %% [markdown]
# Before you run the cell: there are scores of 2 x 3, 4 x 6 and 8 x 12, for three classes. For an image of which size are they, and is it FCN-32s, 16s
# or 8s?

# %% tags=["nbval-check-output"]
scores = [torch.ones(1, 3, 2 * scale, 3 * scale) for scale in (1, 2, 4)]
logits = torch.as_tensor(fuse_scores(scores, (64, 96)))
print(tuple(logits.shape), "every logit is the sum of three ones:", bool((logits == 3).all()))

# %% [markdown]
# The finest scores have an eighth of the image's size, so this is FCN-8s.
#
# The library's `fcn` does the same with transposed convolutions that start as bilinear, on a small encoder. In a terminal,
# `course train --model fcn` trains it. Here are three trainings with the same encoder, the same seed and the same steps; only the number
# of skips differs. The pets have three classes again: pet, background and border.

# %%
from course_lib.masks import PET_CLASSES
from course_lib.metrics import ConfusionMatrix
from course_lib.models import create_model

SIDE = 96


def draw_pets(count, seed):
    """Return images (N, 3, H, W) from -1 to 1, and targets (N, H, W): 0 pet, 1 background, 2 border."""
    pets = [draw_pet(np.random.default_rng([seed, number]), (SIDE, SIDE)) for number in range(count)]
    images = torch.from_numpy(np.stack([pet.image for pet in pets])).float().permute(0, 3, 1, 2) / 127.5 - 1
    return images, torch.from_numpy(np.stack([pet.trimap for pet in pets])).long() - 1


train_images, train_targets = draw_pets(192, seed=0)
test_images, test_targets = draw_pets(48, seed=1)


# %%
def train(model, steps=120):
    """Train in place, on batches of 16 of which every second one is mirrored."""
    generator = torch.Generator().manual_seed(0)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.005)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.005, steps)
    for step in range(steps):
        batch = torch.randint(len(train_images), (16,), generator=generator)
        images, targets = train_images[batch], train_targets[batch]
        if step % 2:
            images, targets = images.flip(3), targets.flip(2)
        loss = F.cross_entropy(model(images), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return model.eval()


# %% [markdown]
# The images are 96 x 96. Before you run the cell: how large is the map of scores that FCN-32s has to make do with, and what IoU will the border
# have, which is a few pixels wide?

# %% tags=["trains"]
networks = {}
for name, skips in (("32s", 0), ("16s", 1), ("8s", 2)):
    torch.manual_seed(0)
    network = networks[name] = train(create_model("fcn", widths=(16, 32, 64, 128, 128), skips=skips))
    matrix = ConfusionMatrix(num_classes=3)
    with torch.no_grad():
        matrix.update(network(test_images).argmax(dim=1), test_targets)
    weights = sum(weight.numel() for weight in network.parameters())
    scores = "  ".join(f"{c} {iou:.2f}" for c, iou in zip(PET_CLASSES, matrix.iou(), strict=True))
    print(f"FCN-{name:4} {weights} weights  {scores}  mIoU {matrix.mean_iou():.2f}")

# %%
from matplotlib.patches import Patch

from course_lib.masks import PALETTE, colorize

LEGEND = [
    Patch(facecolor=PALETTE[number] / 255, edgecolor="black", label=f"{number} {name}")
    for number, name in enumerate(PET_CLASSES)
]
figure, axes = plt.subplots(4, 5, figsize=(10, 8.6), layout="constrained")
for row, image, truth in zip(axes, test_images, test_targets, strict=False):
    row[0].imshow(((image + 1) / 2).permute(1, 2, 0).numpy())
    row[1].imshow(colorize(truth))
    for ax, network in zip(row[2:], networks.values(), strict=True):
        with torch.no_grad():
            ax.imshow(colorize(network(image[None]).argmax(dim=1)[0]))
for ax, title in zip(axes[0], ("image", "truth", "FCN-32s", "FCN-16s", "FCN-8s"), strict=True):
    ax.set_title(title)
for ax in axes.flat:
    ax.axis("off")
figure.legend(handles=LEGEND, loc="outside lower center", ncols=3, frameon=False)
show(
    figure,
    alt="Four pets, their truth and three predictions: FCN-32s gives columns and blobs that reach the picture's edge, FCN-16s "
    "rounder shapes, FCN-8s shapes that come closer to the pet. Both of the latter have patches of border where there is none",
)

# %% [markdown]
# **What you see.** FCN-32s has scores of 3 x 3. It says where a pet is, roughly, and nothing finer than the pixels of that map. A skip costs a few
# hundred weights and gives the decoder a map with twice as many pixels per side. This is one training of each network. With three
# seeds of the same recipe, the mIoU on the test pets is {{fcn_skips.32s.miou}} for FCN-32s, {{fcn_skips.16s.miou}} for FCN-16s and
# {{fcn_skips.8s.miou}} for FCN-8s, and the IoU of the border {{fcn_skips.32s.border}}, {{fcn_skips.16s.border}} and
# {{fcn_skips.8s.border}}: each skip helps. In single pictures it
# need not: where a pet fills the picture, as in the first row, FCN-8s may find less of it than FCN-32s. The border is thinner than a pixel of the finest scores,
# which covers 8 x 8 pixels of the image, so most of it comes in patches.
#
# Does it matter what the doublings start as? You may read that a transposed convolution gives better maps because its weights are learned. Here is
# FCN-8s once more, with the same three seeds, and doublings of kernel 3 that start from random weights: its mIoU is
# {{fcn_skips.kernel_3.miou}} instead of {{fcn_skips.8s.miou}}, and after the training its doublings still make a checkerboard of an even map.
#
# These are small networks from random weights. FCN-8s on VGG-16 starts from weights trained on ImageNet; they were not at hand when this
# lesson was built, so nothing here shows what it can do. Its paper reports a mIoU of 62.2 % on VOC 2012 (2015). On photos of real pets the
# course's `fcn` reached 0.667 with one seed, after eight minutes of one core on 240 photos; `docs/benchmarks.md` has it beside the
# other models. <!-- not measured here -->
#
# A U-Net takes the same idea further. Its skips begin at full size, and they hand features across instead of scores, so that the decoder can still
# decide what to make of them.
#
# ## Any size in
#
# There is no dense layer left, so nothing fixes the size. The network was trained on 96 x 96. Here is a larger picture, and an odd
# one. What will be the shape of the logits?

# %% tags=["nbval-check-output"]
for size in ((96, 96), (160, 224), (75, 101)):
    with torch.no_grad():
        print(size, "->", tuple(networks["8s"](torch.zeros(1, 3, *size)).shape))

# %% [markdown]
# It takes any size. Does it also *find* a pet of any size? The next cell enlarges 16 of the test pictures two and three times, and halves them as
# well. Nothing else changes. Before you run it: what becomes of the IoU of the pets?

# %%
found, maps = {}, {}
for size in (48, 96, 192, 288):
    images = F.interpolate(test_images[:16], size=(size, size), mode="bilinear")
    truth = F.interpolate(test_targets[:16, None].float(), size=(size, size)).long()[:, 0]  # nearest pixel
    with torch.no_grad():
        predicted = networks["8s"](images).argmax(dim=1)
    matrix = ConfusionMatrix(num_classes=3)
    matrix.update(predicted, truth)
    found[size], maps[size] = matrix.iou()[0], predicted[1]

figure, axes = plt.subplots(1, 5, figsize=(10, 2.9), layout="constrained")
axes[0].imshow(((test_images[1] + 1) / 2).permute(1, 2, 0).numpy())
axes[0].set_title("one of the 16", fontsize="medium")
for ax, (size, predicted) in zip(axes[1:], maps.items(), strict=True):
    ax.imshow(colorize(predicted))
    ax.set_title(f"{size} x {size}\npets' IoU {found[size]:.2f}", fontsize="medium")
for ax in axes:
    ax.set(xticks=[], yticks=[])
figure.legend(handles=LEGEND, loc="outside lower center", ncols=3, frameon=False)
show(
    figure,
    alt="A pet, and what the network trained on 96 x 96 finds when the picture has half, once, twice and three times that "
    "size: the shape is best at 96 x 96, and falls apart in the largest picture",
)

# %% tags=["nbval-check-output"]
print("best at the size of the training:", max(found, key=found.get) == 96)
print("at three times the size, less than half of that:", found[288] < found[96] / 2)

# %% [markdown]
# "Any size in" is a promise about shapes, not about what a network has learned. It learned pets that are about as large as those of the
# training, and the ones in the largest picture are three times as high. So bring pictures to the scale of the training before you predict.

# %% [markdown]
# ## Checkpoint
#
# **1.** A map of 7 x 7 goes through `ConvTranspose2d` with kernel 4, stride 2 and padding 1. What size comes out, and do the counts of
# the stamps make a checkerboard?
#
# <details><summary>Answer</summary>
#
# (7 - 1) * 2 - 2 * 1 + 4 = 14. No: 2 divides 4, so all pixels inside get the same number of stamps.
#
# </details>
#
# **2.** A colleague says: "A deconvolution undoes the convolution of the encoder." What would you answer?
#
# <details><summary>Answer</summary>
#
# It brings back the shape, not the values. It multiplies by the transposed matrix, and undoing would need an inverse, which a matrix with fewer rows
# than columns does not have: what a stride has left out is gone. And its weights are learned, not taken from the encoder.
#
# </details>

# %% [markdown]
# **3.** Why does FCN add scores, and not the features themselves?
#
# <details><summary>Answer</summary>
#
# Addition needs the same number of channels, with the same meaning. Scores have one channel for each class on every level; features have other
# widths and mean other things.
#
# </details>
#
# **4.** The outlines of a trained network lie half a pixel too far to the right at one side of the picture and too far to the left at the other. What do
# you look for in the code?
#
# <details><summary>Answer</summary>
#
# For an interpolation with `align_corners=True`, or with another setting in prediction than in training: its shift changes from place to place
# and is 0 in the middle.
#
# </details>
#
# **5.** Somebody replaces all poolings by stride-2 convolutions without changing anything else. What gets cheaper, and what may be lost at
# first?
#
# <details><summary>Answer</summary>
#
# A convolution that moves on by two computes a quarter of the places. A small thing that falls between the places may be missed until
# the kernels have learned to look around them.
#
# </details>

# %% [markdown]
# ## What to remember
#
# - Down: `(size + 2 * padding - kernel) // stride + 1`. Up: `(size - 1) * stride - 2 * padding + kernel + output_padding`.
# - A transposed convolution stamps. It is the transposed matrix of a convolution, and also zeros put between the pixels and then a convolution.
# - Against checkerboards: a kernel that the stride divides, *and* weights that start as bilinear; or bilinear interpolation and then a convolution.
#   Interpolate with `align_corners=False`.
# - A dense layer is a convolution with a kernel of the maps' size. As such it takes any size, and keeps all its weights.
# - FCN adds the scores of finer stages: 32s knows what, 8s also knows where.
#
# ## Where to go from here
#
# - [Fully Convolutional Networks for Semantic Segmentation](https://arxiv.org/abs/1411.4038), Long, Shelhamer and Darrell, 2015
# - [A guide to convolution arithmetic for deep learning](https://arxiv.org/abs/1603.07285), Dumoulin and Visin, 2016: every case drawn
# - [Deconvolution and Checkerboard Artifacts](https://distill.pub/2016/deconv-checkerboard/), Odena, Dumoulin and Olah, 2016
# - [torch.nn.ConvTranspose2d](https://pytorch.org/docs/stable/generated/torch.nn.ConvTranspose2d.html)
# - [torch.nn.functional.interpolate](https://pytorch.org/docs/stable/generated/torch.nn.functional.interpolate.html), with its notes on `align_corners`
#
# Next: [Lesson 10](10_training_craft.ipynb), how to train well.
