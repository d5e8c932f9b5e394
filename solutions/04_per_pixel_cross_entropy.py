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
# # Per-pixel cross-entropy
#
# ![A drawn pet, its true mask of pet, background and border, a blurred prediction, and a map of the loss of every pixel: dark inside the pet and in the background, bright along the thin border](pictures/04_loss_map.png)
#
# IoU and Dice judge a finished mask. A network that is still learning needs something else: a number that says, pixel by
# pixel, how wrong its answer is and in which direction a better one lies. You write this number here, and nearly every
# network for segmentation is trained with it. The formula is short. What surrounds it is easy to get wrong, because
# some of the mistakes raise no error, and one of them even makes the number look better.
#
# **You will be able to**
#
# - turn logits into probabilities without overflow
# - compute the loss of one pixel, of a whole map and of a batch, and leave pixels without a label out
# - turn pet trimaps into targets that a loss accepts
# - find and mend the three wiring bugs of `CrossEntropyLoss`
# - say where raw logits belong and where probabilities do
#
# **You need** lesson 03. Plain Python is enough for one pixel. From then on you use PyTorch's tensors, which are much like
# NumPy's arrays: they have a shape and a dtype, and where NumPy says `axis`, they say `dim`.
#
# **Time** 80 minutes; 10 seconds of computing on two CPU cores.

# %%
import math

import torch
import torch.nn.functional as F

# %% [markdown]
# ## Logits are scores without limits
#
# The scores of lesson 03 say how good a mask is, but they cannot tell a network how to get better. If the network changes a
# little, most pixels keep their class and the scores do not move; then a pixel jumps to another class, and they jump with it.
# Neither gives a slope that training could follow. Training needs a number that changes a little whenever the network
# changes a little. That number is the **loss**.
#
# A segmentation network ends with one number per class at each pixel, the **logits**. They are what lesson 01 called
# scores:
#
# | | logits | probabilities |
# |---|---|---|
# | values | any number, negative ones too | from 0 to 1 |
# | sum over the classes of a pixel | anything | 1 |
# | add 5 to all | the probabilities stay the same | no longer probabilities |
# | highest class | the same class in both | the same class in both |
# | made for | the loss, and argmax | people |
#
# **Softmax** turns logits into probabilities: take the exponential of every logit $z$, then divide each by the sum of all.
#
# $$p_c = \frac{e^{z_c}}{e^{z_0} + e^{z_1} + \dots + e^{z_{C-1}}}$$
#
# Here is a pixel whose exponentials are 1, 2 and 5. Work out its three probabilities on paper.

# %% tags=["nbval-check-output"]
logits, target = example("ce-one-pixel")
for z in logits:
    print(f"logit {z:.4f}   exponential {math.exp(z):.2f}")

# %% [markdown]
# The exponentials add up to 8, so the probabilities are 1/8, 2/8 and 5/8. On paper that is all there is to it, but in a
# computer there is a catch. The next cell takes the exponentials of three larger logits, 10, 100 and 1000. **Before you run
# it:** which of them will be too much for Python?

# %%
for z in (10.0, 100.0, 1000.0):
    try:
        print(z, math.exp(z))
    except OverflowError as error:
        print(z, "OverflowError:", error)

# %% [markdown]
# Python's floats have 64 bits and end at about $10^{308}$. Networks compute with 32 bits, or with 16, and there the end comes
# much sooner. Where does `exp` become `inf`?

# %% tags=["nbval-check-output"]
for dtype in (torch.float64, torch.float32, torch.float16):
    safe = next(z for z in range(1000) if torch.tensor(float(z + 1), dtype=dtype).exp().isinf())
    print(f"{dtype!s:15} ends at {torch.finfo(dtype).max:.1e}; exp({safe}) is fine, exp({safe + 1}) is inf")

# %% [markdown]
# Where Python stops with an error, torch and NumPy go on with `inf`, and `inf / inf` is `nan`. One row of the table above
# gets you out of it: adding the same number to all logits changes no probability.

# %% [markdown] exercise="softmax"
# Write `softmax` for the logits of one pixel, in plain Python. It must survive a logit of 1000.

# %% exercise="softmax"

# %%
softmax = unblock("softmax")

# %% [markdown]
# **Before you run the next cell:** which lines will be equal? And what does a factor of ten do?

# %% tags=["nbval-check-output"]
for name, changed in (
    ("as they are", logits),
    ("all plus 1000", [z + 1000 for z in logits]),
    ("times ten", [10 * z for z in logits]),
    ("divided by ten", [z / 10 for z in logits]),
):
    print(f"{name:15}", *(f"{p:.3f}" for p in softmax(changed)))

# %% [markdown]
# Only the *differences* between logits count: the larger they are, the surer the network is of the pixel, and the order
# of the classes never changes.
#
# ## The loss of one pixel
#
# The mask says which class the pixel really has: that is its **target**. A good network gives this class a high probability,
# and the **cross-entropy** of the pixel is minus the natural logarithm of that probability:
#
# $$\text{loss} = -\log\, p_\text{target}$$
#
# You will also find it written as $-\sum_c y_c \log p_c$. There the target is **one-hot**: a vector $y$ that is 1 at the true
# class and 0 elsewhere, so only one term of the sum is left, and it is the same one. Both forms classify whole images, too;
# segmentation uses them at every pixel.

# %%
import matplotlib.pyplot as plt
import numpy as np

from course_lib.masks import PALETTE, PET_CLASSES
from course_lib.plots import show, show_masks

p = np.linspace(0.005, 1, 200)
figure, axes = plt.subplots(figsize=(6, 3.4), layout="constrained", facecolor="white")
axes.plot(p, -np.log(p), color=PALETTE[1] / 255)
for eighths in (1, 2, 5):
    axes.plot(eighths / 8, -math.log(eighths / 8), "o", color="black")
    axes.annotate(f"{eighths}/8", (eighths / 8, -math.log(eighths / 8)), (8, 6), textcoords="offset points")
axes.set(xlabel="probability of the true class", ylabel="loss", xlim=(0, 1.02), ylim=(0, 5.5))
axes.grid(alpha=0.3)
show(
    figure,
    alt="The loss falls from above 5 near probability 0, steeply at first, to 0 at probability 1; 1/8 costs "
    "2.08, 2/8 costs 1.39, 5/8 costs 0.47",
)

# %% [markdown]
# Where the network is sure and right, a pixel costs next to nothing. Where it is sure and wrong, the pixel costs a lot,
# without any upper limit.
#
# The formula has the same catch at its other end. With logits 0 and 1000 the probability of class 0 is $e^{-1000}$, which a
# float rounds to 0, and 0 has no logarithm. But the loss exists: write the probability as a fraction, take the logarithm of
# the fraction on paper, and *then* compute.

# %% [markdown] exercise="pixel-loss"
# Write `pixel_loss` for the logits of one pixel and its target. Your `softmax` may serve as a model. For logits 0 and
# 1000 and target 0 the loss is 1000.

# %% exercise="pixel-loss"

# %%
pixel_loss = unblock("pixel-loss")

# %% [markdown]
# The next cell takes our pixel with each class as its target, and then a pixel that knows nothing, with equal logits for
# three classes. What does it cost to know nothing?

# %% tags=["nbval-check-output"]
for class_id in range(3):
    print(f"target {class_id}: {pixel_loss(logits, class_id):.3f}")
print(f"knows nothing: {pixel_loss([0.0, 0.0, 0.0], 0):.3f}, and ln 3 is {math.log(3):.3f}")

# %% [markdown]
# Remember the last line. A network that has not learnt anything yet should have a loss near $\ln C$: 1.10 for three
# classes, and 3.04 for twenty-one. If the first batch costs 5 or 50, look for the reason before you train on.
#
# ## A map of losses
#
# An image has logits `(C, H, W)` and targets `(H, W)`. Every pixel is a column of C logits with one target, and every column
# gets its own loss, so the result is a map `(H, W)`.
#
# ![The way of one pixel. Three planes of logits, one per class; the pixel's logits 0, 0.69 and 1.61; softmax makes 1/8, 2/8 and 5/8 of them; the target is class 2, so the loss is minus log of 5/8, 0.470; it goes to the pixel's place in a map of losses](pictures/04_one_pixel.png)
#
# Two tensor operations help:
#
# - `logits.log_softmax(dim=...)` is the logarithm of softmax in one step, as stable as your `pixel_loss`.
# - `x.gather(dim, index)` picks, at every place, one entry along the axis `dim`. The index has as many axes as `x`,
#   so targets need one more axis: `targets.unsqueeze(0)`.

# %% [markdown] exercise="loss-map"
# Write `loss_map` for one image. There is no batch axis yet: which axis holds the classes?

# %% exercise="loss-map"

# %%
loss_map = unblock("loss-map")

# %% [markdown]
# Here all four pixels have the same three logits, and different targets. You know all the values by now: write the map down
# before you run the cell.

# %% tags=["nbval-check-output"]
same_logits = torch.tensor(logits).view(3, 1, 1).expand(3, 2, 2)  # (C, H, W)
targets = torch.tensor([[2, 1], [0, 2]])  # (H, W)
for row in loss_map(same_logits, targets).tolist():
    print(*(f"{loss:.3f}" for loss in row))

# %% [markdown]
# ## Targets are class ids
#
# A target is the *id* of a class, a whole number from 0 to C-1. It picks an entry, like an index of a list, so 0.5 makes no
# sense, and neither does an id of 3 where there are 0, 1 and 2. Masks that are stored one-hot, as `(H, W, C)`, first have to
# become ids, by `argmax` over the last axis.
#
# The masks of the pets are **trimaps**, masks of three values. Their files count from 1, and the course counts from 0, as
# every loss does:
#
# | id in the file | class | target |
# |---|---|---|
# | 1 | pet | 0 |
# | 2 | background | 1 |
# | 3 | border, where one passes into the other | 2 |
#
# A mask is read as `uint8`, one byte per pixel, with values from 0 to 255. Bytes have no negative numbers. So what does this
# print?

# %% tags=["nbval-check-output"]
trimap = np.array([[1, 2, 3]], dtype=np.uint8)
print("minus 1:", trimap - 1)
print("minus 2:", trimap - 2)

# %% [markdown]
# `1 - 2` wraps around to 255, without a warning. In the masks of many data sets 255 is the id of void pixels, so a slip like
# this one can silently take a whole class out of the training.

# %% [markdown] exercise="trimap-to-targets"
# Write `trimap_to_targets`. It should return the right ids, as `int64`, and leave the trimap as it was.

# %% exercise="trimap-to-targets"

# %%
trimap_to_targets = unblock("trimap-to-targets")

# %% tags=["nbval-check-output"]
file_ids = example("trimap-ids")
targets = trimap_to_targets(file_ids)
print("file   ", file_ids.dtype, file_ids.tolist())
print("targets", targets.dtype, targets.tolist())

# %% [markdown]
# ## Where the border burns
#
# Now for a picture of real size: one of the course's drawn pets, with its trimap as the file holds it. You have no network
# yet, so make the logits by hand. Take the truth and blur it; each pixel's probabilities are then the shares of the classes
# among its neighbours. This is a model that knows what is where, but not exactly where. Its logits are the logarithms of
# these probabilities, because softmax turns them back. You need not follow the lines that blur.

# %%
from course_lib.data.pocket_pets.draw import draw_pet

pet = draw_pet(np.random.default_rng(9), size=(96, 128))
pet_targets = torch.as_tensor(trimap_to_targets(pet.trimap))  # (H, W)
is_true = F.one_hot(pet_targets, 3).permute(2, 0, 1).float()  # (C, H, W)
blurred = F.avg_pool2d(is_true, 13, stride=1, padding=6, count_include_pad=False)  # (C, H, W)
pet_logits = blurred.clamp(min=0.001).log()  # (C, H, W)
pet_losses = loss_map(pet_logits, pet_targets)  # (H, W)

figure, axes = plt.subplots(1, 2, figsize=(8, 2.9), layout="constrained", facecolor="white")
axes[0].imshow(pet.image)
burning = axes[1].imshow(np.asarray(pet_losses), cmap="inferno", vmin=0)
figure.colorbar(burning, ax=axes[1])
for ax, title in zip(axes, ("image", "loss of every pixel"), strict=True):
    ax.set(title=title, xticks=[], yticks=[])
show(figure, alt="A drawn pet, and its map of losses: dark inside and outside, bright along the border")
masks = {"truth": pet_targets, "prediction": pet_logits.argmax(dim=0)}
show_masks(masks, names=PET_CLASSES, alt="The true mask of the pet, and the prediction, slightly rounded")

# %% [markdown]
# Deep inside the pet and far away from it the loss is nearly 0. It burns in a band along the outline, which is wider
# than the border itself. Guess before you go on: which share of the pixels is border, and which share of the whole loss
# do these pixels pay? And who pays the rest?

# %%
for class_id, name in enumerate(PET_CLASSES):
    here = pet_targets == class_id
    share, paid = here.float().mean(), pet_losses[here].sum() / pet_losses.sum()
    print(
        f"{name:10}  {share:4.0%} of the pixels  {paid:4.0%} of the loss  mean {pet_losses[here].mean():.2f}"
    )
is_alone = blurred.amax(dim=0) > 0.999  # (H, W): all neighbours in the window are of the pixel's own class
print(f"far from other classes: {is_alone.float().mean():.0%} of the pixels", end="")
print(f"  {pet_losses[is_alone].sum() / pet_losses.sum():.0%} of the loss")

# %% tags=["nbval-check-output"]
means = [pet_losses[pet_targets == class_id].mean() for class_id in range(3)]
print("a border pixel costs most:", bool(means[2] == max(means)))

# %% [markdown]
# The border is a sixth of the pixels and pays half of the loss. The other half is paid by pet and background *beside* the
# border, where the blur mixes the classes: pixels far from other classes are more than half of the picture and pay next to
# nothing.
#
# A map of losses is worth drawing whenever a training puzzles you. A mean of 0.2 can be a little doubt everywhere, or a few
# pixels that are lost, and the map tells you which. It also finds wrong labels: they glow in dark surroundings.
# <!-- not measured here -->
#
# **Move something.** Change the logits of one pixel and read softmax and loss. How small does the loss get, and how large?

# %%
from course_lib.explorers import explore_cross_entropy

explore_cross_entropy()

# %% [markdown]
# The loss comes as near to 0 as you like, when the true class is far above the others, and never quite reaches it. Upwards
# it has no limit but that of the sliders: once another class is far above the true one, the loss is the gap between their
# logits, so at 6 against -6 it is 12.
#
# ## The mean, and pixels without a label
#
# Training needs one number for a batch, so the last step is the **mean** over all pixels. The logits now have the shape
# `(N, C, H, W)` and the targets `(N, H, W)`: the classes have moved to axis 1.
#
# Void pixels, which [lesson 02](02_pixel_accuracy_vs_iou.ipynb) left out of a score, have to be left out of the loss as well:
# out of the sum of the losses, *and* out of the number of pixels by which it is divided. In torch, `ignore_index=255` does
# both. Its own default is -100, so 255 has to be passed.

# %% [markdown] exercise="mean-loss"
# Write `mean_loss` for a batch, with `log_softmax` and `gather` as before. Mind the 255: `gather` fails at an id that does
# not exist, so give it one that does, and leave that pixel out afterwards. And what is the mean of no pixels at all?

# %% exercise="mean-loss"

# %%
mean_loss = unblock("mean-loss")

# %% [markdown]
# Here are the same four pixels, and the last one is void now: the losses 0.470, 1.386 and 2.079 count. Which lines do you
# expect to agree? What went wrong in the others?

# %% tags=["nbval-check-output"]
from torch import nn

batch_logits = same_logits.unsqueeze(0)  # (1, 3, 2, 2)
batch_targets = torch.tensor([[[2, 1], [0, 255]]])  # (1, 2, 2)
# reduction="none" leaves the mean out and returns every pixel's loss, 0 where it is ignored.
losses = F.cross_entropy(batch_logits, batch_targets, ignore_index=255, reduction="none")  # (1, 2, 2)
print(f"yours                {mean_loss(batch_logits, batch_targets):.3f}")
print(f"torch's function     {F.cross_entropy(batch_logits, batch_targets, ignore_index=255):.3f}")
print(f"torch's module       {nn.CrossEntropyLoss(ignore_index=255)(batch_logits, batch_targets):.3f}")
print(f"divided by all four  {losses.mean():.3f}")
print(f"255 made class 2     {F.cross_entropy(batch_logits, batch_targets.clamp(max=2)):.3f}")
print(f"nothing counts       {mean_loss(batch_logits, torch.full((1, 2, 2), 255)):.3f}")

# %% [markdown]
# The line "divided by all four" counts the void pixel as a perfect one. "255 made class 2" counts it as border, and because
# this pixel likes class 2, that looks like progress as well. Both make the loss *smaller*, so nobody goes looking for them.
#
# The last line is honest: nothing has no mean. In a training it is a nuisance, because one nan among the losses makes their
# mean nan as well. The course's own loss for training, `course_lib.losses.cross_entropy`, therefore returns 0 there. As soon
# as one pixel counts, all of them agree.
#
# Why is the sum not used instead? It grows with the size of the image and of the batch: 1.3 per pixel is a loss of 5 for four
# pixels, and of 20,000 for an image of 128 x 128. A mean says the same about either, so losses can be compared.
#
# ## Three bugs in the wiring
#
# `F.cross_entropy`, and `nn.CrossEntropyLoss`, which calls it, want
#
# - logits `(N, C, H, W)`, float,
# - targets `(N, H, W)`, int64, ids from 0 to C-1 or the ignored one.
#
# Three mistakes are so common that they have become classics: targets with a channel axis, targets of floats, and logits
# with the classes at the end. Which of them will torch notice?


# %%
def attempt(what, logits, targets):
    """Print the loss, or the first line of the error."""
    try:
        print(f"{what}: {F.cross_entropy(logits, targets):.3f}")
    except Exception as error:
        print(f"{what}: {type(error).__name__}: {str(error).splitlines()[0]}")


good_logits = torch.from_numpy(np.random.default_rng(0).normal(size=(2, 3, 4, 5)))  # (N, C, H, W)
good_targets = torch.arange(40).view(2, 4, 5) % 3  # (N, H, W)
attempt("as it should be     ", good_logits, good_targets)
attempt("targets (N, 1, H, W)", good_logits, good_targets.unsqueeze(1))
attempt("targets are floats  ", good_logits, good_targets.float())
attempt("targets are int32   ", good_logits, good_targets.int())
attempt("targets are uint8   ", good_logits, good_targets.byte())
attempt("logits (N, H, W, C) ", good_logits.permute(0, 2, 3, 1), good_targets)
attempt("ids from 1 to 3     ", good_logits, good_targets + 1)

# %% [markdown]
# Here torch noticed all of them, but it names what it stumbled over, not what you did. It takes some practice to read it, and
# the words change a little from release to release. Long is torch's name for int64, Int for int32 and Byte for uint8:
#
# | what torch says | what it means |
# |---|---|
# | 3D tensors are supported, but the targets have dimension 4 | the targets have a channel axis, `(N, 1, H, W)` |
# | expected Long, but got Float (or Int, or Byte) | the targets are not int64; don't count on Byte, even where it is named |
# | size mismatch | the axes of the logits are in another order |
# | target 3 is out of bounds | there is an id that is not a class |
#
# An error is the lucky case. Here are four hasty repairs that run without one, below a first line that is right. Would you
# notice them in a log?

# %% tags=["nbval-check-output"]
last = good_logits.permute(0, 2, 3, 1)  # (N, H, W, C)
as_image = good_targets.float() / 255  # what readers of images make of ids: 0, 0.004, 0.008
is_pet = (good_targets == 0).double().unsqueeze(1)  # (N, 1, H, W)
for what, logits_given, targets_given in (
    ("as it should be", good_logits, good_targets),
    ("classes last, then reshape", last.reshape(2, 3, 4, 5), good_targets),
    ("flattened without permute", good_logits.reshape(-1, 3), good_targets.reshape(-1)),
    ("ids / 255, then long()", good_logits, as_image.long()),
    ("one class, 0.0 and 1.0", good_logits[:, :1], is_pet),
):
    print(f"{what:26}  {F.cross_entropy(logits_given, targets_given).abs():.3f}")

# %% [markdown]
# - **reshape** keeps the order of the numbers in memory and deals them out anew, so a pixel gets logits of other
#   pixels. To move an axis, use `permute`.
# - **Flattening** to `(pixels, C)` is fine once the classes are the last axis. Before that it is the same mistake as
#   `reshape`.
# - **Image readers** often scale 0..255 to 0..1. The ids 0, 1, 2 become 0, 0.004 and 0.008, and `long()` cuts all of them
#   to 0: everything is pet now. Read masks without scaling.
# - **One output channel** leaves softmax nothing to compare: its only probability is 1, and the loss is 0 forever.
#   Float targets of the logits' own shape are taken as probabilities, so nothing stops you. For pet or no pet, use two
#   channels, or `F.binary_cross_entropy_with_logits` with one.
#
# Think about three shapes before you write your own repair. What will they be?

# %% tags=["nbval-check-output"]
single = torch.zeros(1, 1, 4, 5)  # one image: (N, 1, H, W)
print("squeeze()   ", tuple(single.squeeze().shape))
print("squeeze(1)  ", tuple(single.squeeze(1).shape))
losses, counted = torch.ones(2, 4, 5), torch.ones(2, 1, 4, 5)
print("one axis too many, multiplied:", tuple((losses * counted).shape))

# %% [markdown]
# `squeeze()` also removes the batch axis if there is only one image, so it works until the last batch of an epoch is a single
# image. And where you multiply by hand, a forgotten axis raises no error at all: the losses of every image are multiplied by
# the masks of every image.

# %% [markdown] exercise="prepare"
# Write `prepare`. It takes a pair that may have any of the three bugs, or none, and returns it as cross-entropy wants it. You
# know the number of classes, and the floats are whole numbers here, 2.0 and not 0.008.

# %% exercise="prepare"

# %%
prepare = unblock("prepare")

# %% tags=["nbval-check-output"]
wrong_logits, wrong_targets, num_classes = example("ce-wiring-bugs")
print("before", tuple(wrong_logits.shape), tuple(wrong_targets.shape), wrong_targets.dtype)
ready_logits, ready_targets = prepare(wrong_logits, wrong_targets, num_classes)
print("after ", tuple(ready_logits.shape), tuple(ready_targets.shape), ready_targets.dtype)
print(f"loss   {F.cross_entropy(ready_logits, ready_targets):.3f}")

# %% [markdown]
# Check it on paper: the four pixels cost 0.470, 2.079, 1.386 and 0.470.
#
# You would not keep such a function in a project, because it guesses, and a guess can be wrong. You would mend each bug where
# it arises: where the masks are read, as `(H, W)` and int64, and in the model, which returns `(N, C, H, W)`.
#
# ## Raw logits go in
#
# One bug leaves shapes and dtypes as they should be: a softmax at the end of the model, *before* the one inside
# `cross_entropy`. Take two pixels of which the network is sure, and rightly so. What will the loss of each version be?

# %% tags=["nbval-check-output"]
sure = torch.tensor([[20.0, 0.0, 0.0], [0.0, 20.0, 0.0]])  # (pixels, C)
right = torch.tensor([0, 1])
print(f"raw logits     {F.cross_entropy(sure, right):.3f}")
print(f"softmax first  {F.cross_entropy(sure.softmax(dim=1), right):.3f}")
print(f"ln(e + 2) - 1  {math.log(math.e + 2) - 1:.3f}")

# %% [markdown]
# Probabilities lie between 0 and 1. Taken as logits, even the surest, 1 against 0 and 0, is timid: its softmax is
# $e / (e + 2) = 0.576$. So with three classes the loss never falls below 0.551. Remember this number.
#
# The slope is worse. It says how fast the loss changes when a logit does, and training moves the logit against it, so
# think of its size as a *pull*. In torch, `requires_grad=True` marks the numbers whose slopes are wanted,
# `loss.backward()` computes them, and `.grad` holds them. A pixel of which the network is sure and *wrong* should be
# pulled hardest. How hard is the pull on the logit of its true class?

# %% tags=["nbval-check-output"]
for what, first in (("raw logits", lambda z: z), ("softmax first", lambda z: z.softmax(dim=1))):
    wrong = torch.tensor([[10.0, -10.0, 0.0]], requires_grad=True)  # (pixels, C), the true class is 1
    loss = F.cross_entropy(first(wrong), torch.tensor([1]))
    loss.backward()
    print(f"{what:13}  loss {loss.item():6.3f}   pull {wrong.grad[0, 1].abs():.3f}")

# %% [markdown]
# With raw logits the pull is 1, the largest there is. With softmax first it is gone, and the pixel cannot learn from its
# mistake. A network with this bug still learns from the other pixels, which makes the bug hard to see. In a short training of
# the pets, three seeds for each network, the scores at the end were:
#
# | | mIoU | border IoU | training loss |
# |---|---|---|---|
# | raw logits | {{sabotage.sound.miou}} | {{sabotage.sound.border}} | {{sabotage.sound.train_loss}} |
# | softmax in the model | {{sabotage.softmax_in_model.miou}} | {{sabotage.softmax_in_model.border}} | {{sabotage.softmax_in_model.train_loss}} |
#
# The mIoU hides what happened: the network with the bug finds almost no border at all.
#
# Slopes also show what happens with a batch in which no pixel counts. Its loss is nan. Does the nan get back to the
# logits, and from there to the network? That depends on how the mean is written.

# %% tags=["nbval-check-output"]
for what, mean_of in (
    ("losses[counted].mean()", lambda losses, counted: losses[counted].mean()),
    (
        "(losses * counted).sum() / counted.sum()",
        lambda losses, counted: (losses * counted).sum() / counted.sum(),
    ),
):
    one = torch.tensor([[1.0, 2.0, 5.0]], requires_grad=True)  # (pixels, C)
    loss = mean_of(-one.log_softmax(dim=1)[:, 0], torch.tensor([False]))
    loss.backward()
    print(f"{what:40}  loss {loss.item()}   slopes {one.grad[0].abs().tolist()}")

# %% [markdown]
# The first way sends back slopes of 0, as torch's own loss does, and the network survives. The second sends back nan. One
# step of training with it makes every number in the network nan, and there is no way back.
#
# So the model returns logits. You don't need softmax for the class of a pixel either, because the highest logit and the
# highest probability belong to the same class. Probabilities are for people, who want to know how sure the model is.

# %% [markdown] exercise="read-logits"
# Write `read_logits`. It returns a dict of three things, of which only one needs probabilities.

# %% exercise="read-logits"

# %%
read_logits = unblock("read-logits")

# %% [markdown]
# Here is the drawn pet again. Where should the confidence be low?

# %%
report = read_logits(pet_logits.unsqueeze(0), pet_targets.unsqueeze(0))
figure, axes = plt.subplots(1, 2, figsize=(8, 2.9), layout="constrained", facecolor="white")
burning = axes[0].imshow(np.asarray(pet_losses), cmap="inferno", vmin=0)
shown = axes[1].imshow(np.asarray(report["confidence"][0]), cmap="cividis", vmin=1 / 3, vmax=1)
for ax, drawn in zip(axes, (burning, shown), strict=True):
    figure.colorbar(drawn, ax=ax)
for ax, title in zip(axes, (f"loss of every pixel, mean {report['loss']:.3f}", "confidence"), strict=True):
    ax.set(title=title, xticks=[], yticks=[])
show(
    figure,
    alt="The map of losses, bright along the border; and the confidence: near 1 inside and outside the cat, about "
    "a half along the border",
)

# %% [markdown]
# The confidence looks like the map of losses turned upside down, and yet it was made without the truth. Confidence says where
# the model doubts, and the loss says where it is wrong. A pixel with high confidence *and* a high loss is either a bad
# mistake or a wrong label.
#
# **Move something.** With two classes, argmax is a threshold of 0.5 on the probability. Other thresholds trade misses for
# false alarms. Where along the curve is the IoU best? Is it where precision equals recall
# ([lesson 02](02_pixel_accuracy_vs_iou.ipynb))?

# %%
from course_lib.explorers import explore_threshold

explore_threshold()

# %% [markdown]
# The best threshold differs from pet to pet, and it is not where the two curves cross. Compared with 0.5 it gains less
# than two hundredths of IoU on these pets. Choosing a threshold pays off more where one kind of mistake costs more than
# the other.

# %% [markdown]
# ## Checkpoint
#
# 1. The logits have the shape `(4, 3, 128, 128)`. What is the 3, and what must the targets look like?
#
# <details><summary>Answer</summary>
#
# It is the number of classes. The targets are `(4, 128, 128)`, int64, with ids from 0 to 2, or 255 where `ignore_index=255`
# is set.
#
# </details>
#
# 2. Three classes. The predictions look good, but the training loss has stopped at 0.56. What do you look for?
#
# <details><summary>Answer</summary>
#
# A softmax before the loss, often in the last line of the model. With three classes the loss cannot fall below 0.551 then.
#
# </details>
#
# 3. A mask has the shape `(N, 1, H, W)`. Why `squeeze(1)` and not `squeeze()`?
#
# <details><summary>Answer</summary>
#
# `squeeze()` drops every axis of length 1. With a batch of one image it drops the batch axis as well.
#
# </details>

# %% [markdown]
# 4. The loss falls from epoch to epoch. Why look at overlays and at the IoU of each class all the same?
#
# <details><summary>Answer</summary>
#
# The loss is a mean, and most pixels are easy. It can fall because the easy ones get surer, while the border stays wrong.
# Overlays and the border's IoU show that.
#
# </details>
#
# 5. Somebody writes `trimap - 2` on a uint8 trimap and trains with `ignore_index=255`. What does the model learn?
#
# <details><summary>Answer</summary>
#
# Pet wraps around to 255 and is ignored, background becomes 0 and border becomes 1. Nothing raises an error, and the model
# never learns from a pet pixel.
#
# </details>
#
# ## What to remember
#
# - Only differences between logits count. Subtract the highest before you take exponentials.
# - The loss of a pixel is $-\log p_\text{target}$; the loss of a batch is the mean over the pixels that have a label.
# - Knowing nothing costs $\ln C$. A first loss far from that is a warning.
# - Logits `(N, C, H, W)`, float; targets `(N, H, W)`, int64, ids from 0. `permute`, not `reshape`; `squeeze(1)`, not
#   `squeeze()`; `long()`.
# - Raw logits go into the loss and into argmax. Softmax is for people.
#
# ## Where to go from here
#
# - [torch.nn.CrossEntropyLoss](https://pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html): every argument, and
#   the case of probabilities as targets
# - [torch.Tensor.gather](https://pytorch.org/docs/stable/generated/torch.Tensor.gather.html), with its index rule
# - [Deep Learning, chapter 4: numerical computation](https://www.deeplearningbook.org/contents/numerical.html), Goodfellow,
#   Bengio and Courville, 2016: overflow, underflow and softmax
#
# Next: [a tiny U-Net](05_tiny_unet.ipynb), which makes logits of its own.
