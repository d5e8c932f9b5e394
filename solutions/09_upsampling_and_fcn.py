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
# ![An FCN. An image goes through five stages, each at half the size of the one before, to a 32nd. A 1x1 convolution makes scores of the last three. The coarsest scores alone, enlarged 32 times, are FCN-32s; doubled and added to the next finer ones they are FCN-16s; once more, FCN-8s](pictures/09_fcn.png)
#
# **You will be able to**
#
# - halve a map by pooling or by stride, and say what each of them loses
# - compute a transposed convolution by hand, and the size of what comes out
# - predict checkerboards from kernel and stride, and remove them
# - turn a dense layer into a convolution that gives the same numbers, and takes any size
# - build the added skips of FCN-32s, 16s and 8s, train the three, and see the difference
#
# **You need** lesson 05: what a convolution and a pooling do to sizes. NumPy, and a little PyTorch.
#
# **Time** 75 minutes; 30 seconds of computing on two CPU cores.

# %%
import matplotlib.pyplot as plt
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from course_lib.data.pocket_pets import draw_pet
from course_lib.masks import PET_CLASSES, colorize
from course_lib.metrics import ConfusionMatrix
from course_lib.models import create_model
from course_lib.plots import show

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
# A pooling is one way to halve. The other is a convolution that **moves on by two**: stride 2.

# %% [markdown] exercise="halve"
# Write `halve(images, weight, how)`, with pooling or with stride. The weights are handed in, as in lesson 05: `F.conv2d` and
# `F.max_pool2d` are the functions behind the layers.

# %% exercise="halve"

# %%
halve = unblock("halve")

# %% [markdown]
# Four images, each with one bright pixel: in the 2x2 block it stands upper left, upper right, lower left or lower right. The kernel
# hands every pixel on as it is. Before you run the cell: in how many of the four will each way see the pixel?

# %% tags=["nbval-check-output"]
copy = torch.zeros(1, 1, 3, 3)
copy[0, 0, 1, 1] = 1.0
spots = torch.zeros(4, 1, 4, 4)  # (N, C, H, W)
for number, (row, column) in enumerate([(0, 0), (0, 1), (1, 0), (1, 1)]):
    spots[number, 0, row, column] = 1.0
for how in ("pool", "stride"):
    seen = torch.as_tensor(halve(spots, copy, how)).amax(dim=(1, 2, 3))
    print(f"{how:6} sees {seen.tolist()}")

# %% [markdown]
# Pooling finds the pixel wherever it stands. The stride looks at one place in four: this kernel misses three of the spots. A kernel
# that is learned can do better, because all nine of its weights reach beyond the place; it *has to learn* what pooling
# gets for free.
#
# | | pooling | stride 2 |
# |---|---|---|
# | multiplications of the convolution | all places | a quarter of them |
# | weights | none of its own | the convolution's |
# | what is kept | the strongest answer, wherever in the block | what the kernel has learned to keep |
# | found in | VGG, U-Net, FCN | ResNet, most networks since |
#
# ## Dense layers are convolutions
#
# A classifier ends in dense layers: the maps are flattened, and every number gets a weight of its own. That has a price. The number of
# weights fixes the size of the maps, and so of the image; and where something stood is forgotten.
#
# But look at one output of a dense layer: a sum of products over all channels, rows and columns. So is one output of a convolution
# whose kernel is as large as the maps.

# %% [markdown] exercise="dense-to-conv"
# Write `dense_to_conv(dense, channels, height, width)`. A layer makes weights of its own; `conv.weight.copy_(numbers)` writes over
# them. Do that inside `with torch.no_grad():`, because torch refuses it where it keeps track of gradients.

# %% exercise="dense-to-conv"

# %%
dense_to_conv = unblock("dense-to-conv")

# %% [markdown]
# Here is a dense layer that knows one thing: a cross of 5 x 5 pixels. Its weights are +1 on the cross and -1 beside it, and
# its bias is -4: a whole cross gives 9 - 4 = 5. It can look at images of 5 x 5 and at no others. What will the convolution make of an
# image of 16 x 24 with three crosses?

# %%
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
axes[1].imshow(scores.numpy(), cmap="cividis")
for ax, title in zip(axes, ("image, 16 x 24", "scores of the finder, 12 x 20"), strict=True):
    ax.set(title=title, xticks=[], yticks=[])
show(
    figure,
    alt="Scattered dark pixels with three crosses among them; the map of scores has three bright points, where the crosses are",
)

# %% tags=["nbval-check-output"]
with torch.no_grad():
    patch = image[2:7, 3:8]
    print("dense layer on the first cross: ", dense(patch.flatten()).tolist())
    print("convolution at the same place:  ", [scores[2, 3].item()])
    print("places with a score above 0:    ", (scores > 0).nonzero().tolist())

# %% [markdown]
# The same numbers; but now there is a *map* of answers, one for every place. That is the idea of the **fully convolutional network**,
# FCN: take a classifier, turn its dense layers into convolutions, and it says everywhere what it used to say once.
#
# One thing is missing. The map is smaller than the image, and behind five poolings it is 32 times smaller. It has to grow again.
#
# ## On the way up: stamps
#
# A convolution *collects*: a window of the input becomes one pixel. The **transposed convolution** hands out: one pixel
# becomes a window. Each pixel of the small map stamps the kernel, times its value, into the large one. The next pixel's
# stamp goes `stride` further on. Where stamps overlap they add up.
#
# ![The pixels 1, 2, 3 and 4 of a 2x2 map each stamp a 3x3 square into a 5x5 map, two pixels apart; where two stamps overlap their values add up, and in the middle, where all four meet, stands 10](pictures/09_stamps.png)

# %% [markdown] exercise="transposed-convolution"
# Write `transposed_convolution(image, kernel, stride)` for one map, in NumPy, with two loops.

# %% exercise="transposed-convolution"

# %%
transposed_convolution = unblock("transposed-convolution")

# %% tags=["nbval-check-output"]
image, kernel, stride = example("transposed-2x2")
print(np.asarray(transposed_convolution(image, kernel, stride)).astype(int))

# %% [markdown]
# torch has it as `nn.ConvTranspose2d`. There, `padding` is *cut off* on both sides: it is the padding of the convolution that would lead
# back. And since several sizes lead to one under a strided convolution, `output_padding` says which of them is meant.

# %% [markdown] exercise="transposed-size"
# Write `transposed_size(size, kernel, stride, padding, output_padding)`.

# %% exercise="transposed-size"

# %%
transposed_size = unblock("transposed-size")

# %% tags=["nbval-check-output"]
setting = example("transposed-16")
size, kernel, stride, padding, output_padding = setting
layer = nn.ConvTranspose2d(64, 32, kernel, stride, padding, output_padding)
with torch.no_grad():
    print(
        "by the formula",
        transposed_size(*setting),
        "- by torch",
        tuple(layer(torch.zeros(1, 64, 16, 16)).shape),
    )
for back in (31, 32):
    print(f"a convolution with stride 2 takes {back} to {(back + 2 * padding - kernel) // stride + 1}")

# %% [markdown]
# **Move something.** Choose the transposed convolution, kernel 3 and stride 2, and step through the stamps. Then kernel 4, and kernel 2.
# Which kernels leave an even pattern, away from the edges?

# %%
from course_lib.explorers import explore_convolution

explore_convolution()

# %% [markdown]
# ## Checkerboards
#
# With kernel 3 and stride 2 the stamps overlap by one pixel: every second pixel gets two stamps, the ones in between get one. Let us
# count.

# %% [markdown] exercise="stamp-counts"
# Write `stamp_counts(size, kernel, stride)` for one row.

# %% exercise="stamp-counts"

# %%
stamp_counts = unblock("stamp-counts")

# %% [markdown]
# Before you run the cell: for which of these settings are the counts inside, away from both ends, all alike?

# %% tags=["nbval-check-output"]
for kernel, stride in ((3, 2), (4, 2), (2, 2), (5, 3), (6, 3)):
    counts = list(stamp_counts(5, kernel, stride))
    inside = counts[kernel:-kernel]
    even = "even" if len(set(inside)) == 1 else "uneven"
    print(f"kernel {kernel}, stride {stride}: {even:7}", counts)

# %% [markdown]
# The rule: it is even where **the stride divides the kernel**. A network can learn weights that make up for uneven counts. At the
# start it has not, and often it never quite does. What you see then is a checkerboard, in the masks of segmentation networks as in
# images that networks draw.
#
# There are two ways out: a kernel that the stride divides, or no stamps at all. **Bilinear** interpolation treats all pixels
# alike; it has no weights, so a convolution follows that has.

# %% [markdown] exercise="bilinear-up"
# Write the module `BilinearUp(in_channels, out_channels)`.

# %% exercise="bilinear-up"

# %%
BilinearUp = unblock("bilinear-up")

# %% [markdown]
# Now make checkerboards and remove them. A map of 12 x 12 is doubled by each of four layers with random weights, fresh as at the start
# of a training, once a map of ones and once the brightness of a pet; each picture is the mean of a layer's eight maps. Which of the four
# will show a pattern that is not in the map on the left?

# %%
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
    "two-pixel period, of the map of ones as of the pet; by bilinear and convolution the ones stay even, and the pet is smooth",
)

# %% [markdown]
# Three of the four do, kernel 3 and the other two. Even counts are not enough with *random* weights: with kernel 2 or 4 every pixel gets
# as many stamps, but of other weights than its neighbour. Training can even that out, because nothing but the weights differs. With
# weights that are alike, only the counts are left:

# %% tags=["nbval-check-output"]
with torch.no_grad():
    for name, layer in ways.items():
        for weight in layer.parameters():
            weight.fill_(0.1)
        inside = layer(torch.ones(1, 1, 12, 12))[0, 0, 4:-4, 4:-4]
        print(
            f"{name:23}",
            "even"
            if inside.max() - inside.min() < 1e-5
            else f"from {inside.min():.1f} to {inside.max():.1f}",
        )

# %% [markdown]
# | | transposed convolution | bilinear + convolution |
# |---|---|---|
# | how it enlarges | with learned weights | always alike |
# | checkerboard | where the stride does not divide the kernel; early in training | none |
# | cost | at the small size | the convolution works at the large size |
# | start | random, or set to bilinear | smooth |
#
# FCN takes the best of both: transposed convolutions of kernel 4 and stride 2 whose weights **start as bilinear interpolation**.
#
# ## FCN: 32s, 16s, 8s
#
# Behind five poolings a map has one pixel for 32 x 32 of the image. FCN-32s turns it into scores, one map a class, and enlarges
# them 32 times. It knows *what*; its outlines are coarse.
#
# The fourth stage has twice the resolution, the third has four times. They know less about what, and more about where. So a 1x1
# convolution makes scores of them as well, and these are **added**: FCN-16s and FCN-8s. Look at the picture at the top once more.

# %% [markdown] exercise="fuse-scores"
# Write `fuse_scores(scores, size)`, with bilinear doublings.

# %% exercise="fuse-scores"

# %%
fuse_scores = unblock("fuse-scores")

# %% [markdown]
# Before you run the cell: scores of 2 x 3, 4 x 6 and 8 x 12, three classes. For an image of which size are they, and is it FCN-32s, 16s
# or 8s?

# %% tags=["nbval-check-output"]
scores = [torch.ones(1, 3, 2 * scale, 3 * scale) for scale in (1, 2, 4)]
logits = torch.as_tensor(fuse_scores(scores, (64, 96)))
print(tuple(logits.shape), "every logit is the sum of three ones:", bool((logits == 3).all()))

# %% [markdown]
# The finest scores have an eighth of the image's size, so this is FCN-8s.
#
# The library's `fcn` does the same with transposed convolutions that start as bilinear. In a terminal, `course train --model fcn` trains
# it. Here are three trainings: the same encoder, the same seed, the same steps; only the number of skips differs. The pets have three
# classes again: pet, background and border. Drawing them takes a few seconds.

# %%
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
# The images are 96 x 96. Before you run the cell: how large is the map of scores that FCN-32s has to do with? A line comes after each
# training.

# %% tags=["trains"]
networks, matrices = {}, {}
for name, skips in (("32s", 0), ("16s", 1), ("8s", 2)):
    torch.manual_seed(0)
    network = train(create_model("fcn", widths=(16, 32, 64, 128, 128), skips=skips))
    matrix = ConfusionMatrix(num_classes=3)
    with torch.no_grad():
        matrix.update(network(test_images).argmax(dim=1), test_targets)
    networks[name], matrices[name] = network, matrix
    weights = sum(weight.numel() for weight in network.parameters())
    scores = "  ".join(f"{c} {iou:.2f}" for c, iou in zip(PET_CLASSES, matrix.iou(), strict=True))
    print(f"FCN-{name:4} {weights} weights  {scores}  mIoU {matrix.mean_iou():.2f}")

# %% tags=["nbval-check-output"]
print("8s is better than 32s:", matrices["8s"].mean_iou() > matrices["32s"].mean_iou())
print("its border is better than that of 32s:", matrices["8s"].iou()[2] > matrices["32s"].iou()[2])

# %%
figure, axes = plt.subplots(4, 5, figsize=(10, 8.2), layout="constrained")
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
show(
    figure,
    alt="Four pets, their truth and three predictions: by FCN-32s coarse blocks, by FCN-16s rough shapes, by FCN-8s shapes that "
    "come closer to the pet, with some patches of border",
)

# %% [markdown]
# **What you see.** FCN-32s has scores of 3 x 3. It says where a pet is, roughly, in blocks as wide as the pixels of that map. With each
# skip the outline comes closer to the pet, for a few hundred weights more. The border is thinner than a pixel of the finest scores,
# which stands for 8 x 8 pixels of the image: it comes in patches at best.
#
# A U-Net goes on to full size, and hands features across instead of scores; that is why its outlines are sharper still. FCN came
# first, and is smaller.
#
# ## Any size in
#
# There is no dense layer left, so nothing fixes the size. The network was trained on 96 x 96. Here is a larger picture, and an odd
# one. What will be the shape of the logits?

# %% tags=["nbval-check-output"]
for size in ((96, 96), (160, 224), (75, 101)):
    with torch.no_grad():
        print(size, "->", tuple(networks["8s"](torch.zeros(1, 3, *size)).shape))

# %%
pet = draw_pet(np.random.default_rng(12), size=(128, 192))
image = torch.from_numpy(pet.image).float().permute(2, 0, 1) / 127.5 - 1
with torch.no_grad():
    prediction = networks["8s"](image[None]).argmax(dim=1)[0]
figure, axes = plt.subplots(1, 2, figsize=(9, 3.2), layout="constrained")
axes[0].imshow(pet.image)
axes[1].imshow(colorize(prediction))
for ax, title in zip(axes, ("image, 128 x 192", "FCN-8s, trained on 96 x 96"), strict=True):
    ax.set(title=title, xticks=[], yticks=[])
show(
    figure,
    alt="A larger picture of a pet, and the class map that the network trained on smaller ones makes of it",
)

# %% [markdown]
# It runs; but it has only seen pets of one scale. "Any size in" is a promise about shapes, not about what a network has learned.

# %% [markdown]
# ## Checkpoint
#
# **1.** A map of 7 x 7 goes through `ConvTranspose2d` with kernel 4, stride 2 and padding 1. What size comes out, and is there a
# checkerboard?
#
# <details><summary>Answer</summary>
#
# (7 - 1) * 2 - 2 * 1 + 4 = 14. No: 2 divides 4, so all pixels inside get as many stamps.
#
# </details>
#
# **2.** A classifier's maps are 512 x 7 x 7 before its first dense layer, which has 4096 outputs. What kernel has the convolution that
# replaces it, and how many weights?
#
# <details><summary>Answer</summary>
#
# 7 x 7, from 512 to 4096 channels: 4096 * 512 * 49 = 102,760,448 weights and 4096 biases, exactly those of the dense layer.
#
# </details>

# %% [markdown]
# **3.** Why does FCN add scores, and not the features themselves?
#
# <details><summary>Answer</summary>
#
# Addition needs the same number of channels, with the same meaning. Scores have one channel a class on every level; features have other
# widths and mean other things.
#
# </details>
#
# **4.** Somebody replaces all poolings by stride-2 convolutions without changing anything else. What gets cheaper, and what may be lost at
# first?
#
# <details><summary>Answer</summary>
#
# A convolution that moves on by two computes a quarter of the places. A small thing that falls between the places may be missed until
# the kernels have learned to look around them.
#
# </details>
#
# ## What to remember
#
# - Down: `(size + 2 * padding - kernel) // stride + 1`. Up: `(size - 1) * stride - 2 * padding + kernel + output_padding`.
# - A transposed convolution stamps; overlapping stamps add up. Uneven overlaps make checkerboards: let the stride divide the kernel, or
#   take bilinear + convolution.
# - A dense layer is a convolution with a kernel of the maps' size. As such it takes any size.
# - FCN adds the scores of finer stages: 32s knows what, 8s also knows where.
#
# Next: [Lesson 10](10_training_craft.ipynb), how to train well.
