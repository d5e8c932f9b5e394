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
# # Training craft
#
# ![One pet three times: with its own mask; with a mask that was turned and shifted by itself, a ghost beside the
# pet; and with a mask whose rows were cut to the wrong length, which is all stripes](pictures/10_pairs.png)
#
# **You will be able to**
#
# - keep image and mask together, and see at once when they are not,
# - choose an optimiser and a learning-rate schedule, and write the schedule down,
# - train what does not fit into memory, and measure what each remedy saves,
# - say what pretrained weights are worth on few images, and start from them,
# - predict a picture that is larger than the images of the training,
# - train on a folder of your own images.
#
# **You need** lesson 07.
#
# **Time** 115 minutes; 45 seconds of computing on two CPU cores.

# %%
import math

import numpy as np
import torch

# %% [markdown]
# The data are the pocket pets of lesson 07, with 64 pixels per side. What you train on and what you score on are different pets.
# If they are not on your disk yet, the cell draws them, which takes about half a minute.
# %%
from course_lib.data.pets import load_pets
from course_lib.data.pocket_pets import write_pocket_pets
from course_lib.data.transforms import to_tensors
from course_lib.paths import data_home

folder = write_pocket_pets(data_home() / "pocket")
train_images, train_masks = to_tensors(
    *(np.array(a) for a in load_pets(folder, "trainval", 64).subset(np.arange(300)).take(np.arange(300)))
)  # (N, 3, 64, 64), (N, 64, 64)
val_images, val_masks = to_tensors(*load_pets(folder, "test", 64).subset(np.arange(60)).take(np.arange(60)))

# %% [markdown]
# ## Image and mask stay a pair
#
# Augmentation moves pixels about: it flips, turns and crops. Each pixel has to take its label along, or the label is wrong.
# That makes two kinds of augmentation:
#
# | kind | examples | image | mask |
# |---|---|---|---|
# | geometry | flip, rotation, crop, zoom | yes, bilinear | the very same, nearest neighbour |
# | colour | brightness, contrast, blur | yes | never |
#
# You flipped pairs in lesson 07. Cutting out a patch is the other transform that everybody needs: it varies what is seen, and a
# patch takes less memory than the whole image.

# %% [markdown] exercise="crop-pair"
# Write `crop_pair(image, mask, top, left, size)`. The window may reach beyond the image. What should image and mask
# hold there?

# %% exercise="crop-pair"

# %%
crop_pair = unblock("crop-pair")

# %% [markdown]
# ### What it looks like when they do not
#
# Two accidents are common. In the first, the transform is drawn twice, once for the image and once for the mask. In the second,
# the mask is cut into rows of the wrong length. Here each row has 60 pixels, and the numbers are read as if it had 64. A *reshape* from
# (H, W) to (W, H) makes the same mistake: to exchange height and width, you need a *transpose*.
#
# **Before you run the next cell:** what will each of them look like, laid over the image?

# %%
import matplotlib.pyplot as plt

from course_lib.data.transforms import Augment, warp
from course_lib.masks import overlay
from course_lib.plots import show

image, mask = train_images[64:65], train_masks[64:65]
augment, chance = Augment(flip=0.0, zoom=1.15), torch.Generator().manual_seed(3)
ours, other = augment.draw_matrices(1, chance), augment.draw_matrices(1, chance)
picture, ids = warp(image, mask, ours, 64)
ghost = warp(image, mask, other, 64)[1]
stripes = np.resize(ids[0].numpy()[:, :60], (64, 64))  # rows of 60, read as rows of 64
picture = picture[0].round().byte().permute(1, 2, 0).numpy()  # (64, 64, 3)
figure, axes = plt.subplots(1, 3, figsize=(9, 3.2), layout="constrained")
labels = {"a pair": ids[0], "drawn twice": ghost[0], "rows of the wrong length": stripes}
for ax, (title, label) in zip(axes, labels.items(), strict=True):
    ax.imshow(overlay(picture, np.asarray(label)))
    ax.set_title(title)
    ax.axis("off")
show(
    figure,
    alt="One pet with its own mask, with a ghost of its mask beside it, and with stripes across the picture",
)

# %% [markdown]
# A **ghost** has the shape of the pet and lies beside it. **Stripes** run across the picture, because each row begins a little
# later than the row before. Checklists often name an augmentation that moves image and mask apart as the cause of striped masks; as you
# see, that makes a ghost. Neither raises an error. Only your eyes can tell, so look at a few augmented pairs before you train.
#
# And what does a network learn from ghosts? With three seeds on lesson 07's pets, a network whose masks were moved by another
# transform than their images finds pets as blobs, and no borders: their IoU is {{sabotage.masks_moved.border:mean}}. For a
# network that had the same training on true pairs it is {{sabotage.sound.border}}. So a model that finds pets and no borders at
# all is a reason to look at your pairs. (You will train two such networks below, for fewer steps and therefore with other figures.)
#
# ### Pairs as most people make them
#
# Libraries draw once and apply the draw to both. In `torchvision.transforms.v2` you say which tensor is a mask, and every
# transform then does the right thing to it. Albumentations does the same with `transform(image=..., mask=...)`, and you will meet it in
# much code. It has not been maintained since 2025, and its successor, AlbumentationsX, is under the AGPL or a paid licence. That is why
# this course does not install it.
#
# One thing you still have to say yourself. After a rotation, nothing is known about the corners of the picture. torchvision fills them
# with 0, in the mask as well, unless `fill` says what belongs there. **Before you run the cell:** a mask is all background, whose id is 1. Which
# ids will it hold after a rotation without `fill`?

# %% tags=["nbval-check-output"]
from torchvision import tv_tensors
from torchvision.transforms import v2

pair = tv_tensors.Image(train_images[64]), tv_tensors.Mask(train_masks[64])
rotation = v2.RandomRotation(10, fill={tv_tensors.Image: 0, tv_tensors.Mask: 255})  # -10 to 10 degrees
transform = v2.Compose([v2.RandomHorizontalFlip(p=1.0), rotation, v2.ColorJitter(0.2, 0.2)])
torch.manual_seed(0)
turned_image, turned_mask = transform(*pair)
print("the mask still holds only ids and void:", turned_mask.unique().tolist())
background = tv_tensors.Mask(torch.ones(64, 64, dtype=torch.uint8))
print("all background, without fill:", v2.RandomRotation((10, 10))(background).unique().tolist())
twin = tv_tensors.Image(train_masks[64][None])  # the ids once more, said to be an image
as_image, as_mask = v2.RandomCrop(40)(twin, pair[1])
print("cut at the same place:", torch.equal(as_image[0], as_mask))

# %% [markdown]
# Without `fill`, pets appear in the corners of a picture that has none, because 0 is the pet. Say 255, void, for the mask.
#
# You will also see a trick: set the seed, transform the image, set the same seed again, transform the mask.
# **Before you run the next cell:** what happens if somebody later adds a little noise to the image, in the same transform?


# %% tags=["nbval-check-output"]
def crop_left(seed, extra):
    """Return where a random crop begins if the transform draws `extra` other numbers before it."""
    torch.manual_seed(seed)
    torch.rand(extra)  # for noise, for instance
    return int(torch.randint(0, 33, ()))


print("image and mask, same draws:", [crop_left(5, 0), crop_left(5, 0)])
print("the image draws noise first:", [crop_left(5, 16), crop_left(5, 0)])

# %% [markdown]
# The same seed gives the same place only as long as both draw the same numbers in the same order. Draw once, and hand the draw
# to both.
#
# One more line is copied from page to page: `RandomResizedCrop(size, scale=(0.5, 2.0))`. `scale` is a share of the picture's
# *area*, so 2.0 asks for more than there is. torchvision tries ten times to draw a box that fits. Then it gives
# up, and takes the whole of a square picture. **Before you run the cell:** how large is the largest of 1,000 crops?

# %% tags=["nbval-check-output"]
torch.manual_seed(0)
crop = v2.RandomResizedCrop(64, scale=(0.5, 2.0))
boxes = [crop.make_params([torch.zeros(1, 64, 64)]) for _ in range(1000)]
areas = [box["height"] * box["width"] / 64**2 for box in boxes]
print("largest area, as a share of the picture:", max(areas))
print("crops of the whole picture:", sum(area == 1 for area in areas), "of 1000")

# %% [markdown]
# No crop is larger than the picture, so nothing was zoomed out, whatever was meant. And once in about twenty times none of the ten boxes
# fitted. To zoom in, ask for a crop with `scale=(0.5, 1.0)`. To
# zoom out, take `v2.RandomZoomOut`, or pad.
#
# ### What a ghost costs
#
# Train the same small network on pairs, and on ghosts. `train` is the loop of lesson 07 with a rate that may change in every
# step; its loss, `combined`, is cross-entropy plus half the Dice loss. An optimiser may have several **groups** of weights, each
# with a rate of its own, which is why `train` goes through `optimizer.param_groups`. The optimiser, Muon, and the schedule,
# `warmup_cosine`, are the subjects of the next two sections. The two trainings take about half a minute.


# %%
from course_lib.data.transforms import normalize
from course_lib.losses import combined
from course_lib.metrics import ConfusionMatrix


def train(model, optimizer, steps, augment, images, masks, schedule, seed=0):
    """Train in place, 16 images per step; schedule(share of the training done) scales every group's rate."""
    chance = torch.Generator().manual_seed(seed)
    base = [group["lr"] for group in optimizer.param_groups]
    for step in range(steps):
        for group, lr in zip(optimizer.param_groups, base, strict=True):
            group["lr"] = lr * schedule(step / steps)
        batch = torch.randint(len(images), (16,), generator=chance)
        pictures, targets = augment(images[batch], masks[batch], 64, chance)
        loss = combined(model.train()(normalize(pictures)), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


# %%
@torch.no_grad()
def score(model):
    """Return the confusion matrix on images that were not learned from."""
    matrix = ConfusionMatrix(num_classes=3)
    matrix.update(model.eval()(normalize(val_images)).argmax(dim=1), val_masks)
    return matrix


def told(matrix):
    """Return the IoU of each class, and their mean, as one line."""
    pet, background, border = matrix.iou()
    return f"pet {pet:.2f}, background {background:.2f}, border {border:.2f}, mIoU {matrix.mean_iou():.2f}"


def drawn_twice(images, masks, size, generator):
    """Move the images by one transform and the masks by another: the bug."""
    pictures, _ = Augment()(images, masks, size, generator)
    _, targets = Augment()(images, masks, size, generator)
    return pictures, targets


# %% tags=["trains"]
from course_lib.models import create_model
from course_lib.training import schedules
from course_lib.training.optimizers import build_optimizer

scores, models = {}, {}
for name, augmentation in (("a pair", Augment()), ("drawn twice", drawn_twice)):
    torch.manual_seed(0)
    model = create_model("fast-unet", widths=(16, 32, 64, 96)).to(memory_format=torch.channels_last)
    optimizer = build_optimizer("muon", model, lr=0.02, weight_decay=0.1)
    train(model, optimizer, 120, augmentation, train_images, train_masks, schedules.warmup_cosine)
    scores[name], models[name] = score(model), model
    print(f"{name:<12} {told(scores[name])}")

# %% tags=["nbval-check-output"]
print("pairs are better by 0.02 mIoU:", scores["a pair"].mean_iou() > scores["drawn twice"].mean_iou() + 0.02)
print("better at the pet, too:", scores["a pair"].iou()[0] > scores["drawn twice"].iou()[0])

# %% [markdown]
# 120 steps are few, and a border takes longer to learn. But on ghosts, the border lies somewhere else in each step, so there
# is nothing to learn from.
#
# ## Which optimiser
#
# Adam and AdamW divide each gradient by its usual size, so that every weight moves at about the same speed. **Muon** (2024) treats
# the gradient of a kernel as a matrix with one row per output channel. Often these rows resemble each other, and then all channels learn
# nearly the same. Muon averages the matrix over some steps, and then turns its rows until each is at right angles to the others, and all
# are equally long. So what only a few channels have to learn is learned as fast as what nearly all have to. What is not a matrix, such
# as a bias, still gets AdamW. The table has the mIoU on the course's pets, with three seeds and each optimiser at the rate, of
# three, that was best on validation pictures.
#
# | | 120 steps | 480 steps |
# |---|---|---|
# | AdamW | {{optimizers.adamw_120.miou}} | {{optimizers.adamw_480.miou}} |
# | Muon | {{optimizers.muon_120.miou}} | {{optimizers.muon_480.miou}} |
#
# That is why `course train` uses Muon. But this is one small network on one data set: try both on yours.
#
# ## How fast to learn, and when
#
# A **schedule** changes the learning rate in the course of a training. The idea: at first the weights are random and their gradients
# wild, so the steps should be small. Then there is much to learn, and they may be large. Towards the end the weights circle around a good
# place, and small steps let them settle. Here you write three schedules, and then look at what they are worth.

# %% [markdown] exercise="warmup-cosine"
# A common recipe: the rate rises along a line in epochs 0 to 5, and falls along a cosine in epochs 5 to 50. Write
# `warmup_cosine(epoch, base, warmup, epochs)`.

# %% exercise="warmup-cosine"

# %%
warmup_cosine = unblock("warmup-cosine")

# %% tags=["nbval-check-output"]
for epoch in (0, 2.5, 5, 20, 27.5, 50):
    print(f"epoch {epoch:>4}: {warmup_cosine(epoch, 0.1, 5, 50):.4f}")

# %% [markdown] exercise="decayed-rate"
# You will meet two older schedules in papers. DeepLab's *poly* is `base * (1 - epoch / epochs) ** 0.9`. *Steps* means a tenth of
# the rate from epoch 30 on, a tenth of that from 60 on, and again from 90 on.

# %% exercise="decayed-rate"

# %%
decayed_rate = unblock("decayed-rate")

# %% tags=["nbval-check-output"]
print("poly ", [round(decayed_rate("poly", epoch, 0.1, 100), 4) for epoch in (0, 25, 50, 75, 99)])
print("steps", [round(decayed_rate("steps", epoch, 0.1, 100), 6) for epoch in (0, 29, 30, 60, 90)])

# %% [markdown]
# The fourth schedule, *plateau*, has no formula: it halves the rate when more than five epochs in a row bring no new
# best (lesson 07). Below, it gets the scores of a training that stalls for ten epochs from epoch 30 on, and for twenty
# from epoch 80 on. How often will the rate be halved?


# %%
import torch.nn.functional as F
from torch import nn


def plateau(scores):
    """Return the rate in every epoch, with patience 5 and factor 0.5."""
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=0.1)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, mode="max", patience=5, factor=0.5)
    rates = []
    for value in scores:
        rates.append(optimizer.param_groups[0]["lr"])
        scheduler.step(value)
    return rates


# %%
epochs = np.arange(100)
stalling = np.concatenate(
    [np.linspace(0.2, 0.6, 30), np.full(10, 0.6), np.linspace(0.61, 0.7, 40), np.full(20, 0.7)]
)
curves = {
    "warm-up and cosine": [warmup_cosine(epoch, 0.1, 10, 100) for epoch in epochs],
    "poly": [decayed_rate("poly", epoch, 0.1, 100) for epoch in epochs],
    "steps": [decayed_rate("steps", epoch, 0.1, 100) for epoch in epochs],
    "plateau": plateau(stalling),
}
figure, ax = plt.subplots(figsize=(8, 3.2), layout="constrained")
for (name, rates), line in zip(curves.items(), ("-", "--", ":", "-."), strict=True):
    ax.plot(epochs, rates, line, label=name, linewidth=2)
ax.set(xlabel="epoch", ylabel="learning rate")
ax.legend()
show(
    figure,
    alt="Four schedules over 100 epochs: a cosine after a short rise, a nearly straight fall, steps down to "
    "a tenth, and a staircase that halves once in the first stall and three times in the second",
)

# %% [markdown]
# *Plateau* halves the rate once in the first stall and three times in the second: as long as a stall lasts, the rate is halved
# again every sixth epoch. The third step of *steps*, at epoch 90, is there as well: from 0.001 to 0.0001, which is too small to be seen.
#
# `course train --schedule cosine|poly|steps|plateau|constant` has them all. There, progress is a share from 0 to 1, so that a
# training may also be given a number of minutes.

# %% [markdown]
# **Which one?** It matters less than the number of papers about it suggests, provided that the rate itself was searched for. Here is the test
# mIoU of a small U-Net after 320 steps, with three seeds, and for each schedule the base rate, of three, that was best on validation
# pictures. (*One cycle* is one long rise, over 30 % of the training, and one long fall.)
#
# | constant | one cycle | poly | cosine | steps |
# |---|---|---|---|---|
# | {{schedules.constant.miou}} | {{schedules.one_cycle.miou}} | {{schedules.poly.miou}} | {{schedules.cosine.miou}} | {{schedules.steps.miou}} |
#
# In a training as short as this, a rate that never falls does as well as the curves, and a warm-up, which cosine and one cycle have,
# makes no difference that this table could show. *Steps* is behind: from 30 % of the training on
# it has a tenth of the rate or less, when the network still has much to learn. This does not say what a long training needs; published
# recipes for those nearly always let the rate end near 0, as cosine and poly do. Take steps when you repeat a paper, and
# plateau when you cannot say how long the training will take.
#
# ## When the memory is full
#
# Why does training take so much more memory than predicting? Because the backward pass needs what the forward pass computed,
# every stage keeps its results until its gradient is there. These results fill the memory, much more than the weights do, and they
# grow with batch size times height times width. There are four remedies:
#
# | remedy | keeps | price |
# |---|---|---|
# | smaller batch | fewer images | a noisier gradient, unless you add up several |
# | patches | fewer pixels | less to be seen around each pixel |
# | **mixed precision** | half the bytes per number | two to three digits instead of seven |
# | gradient checkpointing | only what passes from stage to stage | time: the forward pass is computed twice |
#
# ### Batch size
#
# The gradient of a batch is the mean over its pixels: twice the batch has half the variance. Batch norm needs a batch as well,
# because the mean of two images is a poor guess at the mean of all. Between 8 and 32 images are usual. If they do not fit, add
# gradients up.

# %% [markdown] exercise="accumulated-step"
# Write `accumulated_step(model, optimizer, images, targets, size)`. It goes through the batch `size` images at a time,
# and moves the weights once, as if all had gone through together.

# %% exercise="accumulated-step"

# %%
accumulated_step = unblock("accumulated-step")

# %% [markdown]
# ### Checkpoints
#
# A network is a row of stages. Keep what goes into each stage, throw away what happens inside, and compute that again when its
# turn comes in the backward pass.

# %%
from torch.utils.checkpoint import checkpoint

# %% [markdown] exercise="run-stages"
# Write `run_stages(stages, features)`, with `checkpoint` from `torch.utils.checkpoint` around each stage. `checkpoint` gets the
# stage instead of its result, so that it can call it a second time. `use_reentrant=False` asks for the newer of its
# two ways; the older one makes no gradients where the input, such as a picture, needs none.

# %% exercise="run-stages"

# %%
run_stages = unblock("run-stages")

# %% [markdown]
# ### Measured
#
# `peak_memory` watches every tensor that torch makes, forward and backward, and returns the most bytes that were held at
# one time. It counts tensors and asks no operating system, so it says the same on every machine. What an operation needs
# for itself is not counted.
#
# Six stages of two convolutions each get 8 images of 64 x 64. **Before you run the cell:** which remedy will save most?


# %%
from course_lib.models.unet import DoubleConv
from course_lib.training.memory import peak_memory


def step_memory(count=8, side=64, half=False, run=None):
    """Return the peak memory in bytes of a forward and a backward pass through six stages."""
    torch.manual_seed(0)
    stages = [DoubleConv(3 if number == 0 else 16, 16) for number in range(6)]
    images = torch.zeros(count, 3, side, side)

    def step():
        features = images
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            if run:
                features = run(stages, features)
            else:
                for stage in stages:
                    features = stage(features)
        features.float().mean().backward()

    return peak_memory(step)


# %%
memory = {
    "as it is": step_memory(),
    "half the batch": step_memory(count=4),
    "patches of 32 x 32": step_memory(side=32),
    "bfloat16": step_memory(half=True),
    "checkpoints": step_memory(run=run_stages),
    "the last three": step_memory(side=32, half=True, run=run_stages),
}

# %%
for name, size in memory.items():
    print(f"{name:<20} {size / 2**20:6.1f} MiB  {size / memory['as it is']:.2f}")

# %% tags=["nbval-check-output"]
share = {name: size / memory["as it is"] for name, size in memory.items()}
print("half the batch takes half:", 0.45 < share["half the batch"] < 0.55)
print("patches of a quarter take a quarter:", 0.22 < share["patches of 32 x 32"] < 0.3)
print("bfloat16 takes less than 0.7:", share["bfloat16"] < 0.7)
print("checkpoints take less than half:", share["checkpoints"] < 0.5)
print("the same number again:", step_memory() == memory["as it is"])

# %% [markdown]
# Of the single remedies, patches of half the side save most. Checkpoints still hold what goes into each of the six stages, and
# all that happens inside one of them while it is computed again. Savings multiply: with patches, bfloat16 and checkpoints
# together, about a seventeenth is left.
#
# ### Half the bytes
#
# Under `torch.autocast`, convolutions compute in `bfloat16`: two bytes per number, with the range of `float32` and two to three digits.
# Weights, gradients and the loss stay in `float32`. **Before you run the next cell:** what is 1 + 0.001 in bfloat16?

# %% tags=["nbval-check-output"]
print("1 + 0.001 =", (torch.tensor(1.0, dtype=torch.bfloat16) + 0.001).item())
conv = nn.Conv2d(3, 4, 3)
with torch.autocast("cpu", torch.bfloat16):
    logits = conv(torch.zeros(1, 3, 8, 8))  # (1, 4, 6, 6)
    loss = F.cross_entropy(logits, torch.zeros(1, 6, 6, dtype=torch.int64))
print("logits", logits.dtype, "- weights", conv.weight.dtype, "- loss", loss.dtype)

# %% [markdown]
# The thousandth is lost. A weight of 1 often moves by less than a thousandth in one step, which is why weights are kept in `float32`. The other
# half-size type, `float16`, has one more digit and a much smaller range: gradients below 0.00000006 become 0. So a `GradScaler` multiplies
# the loss before `backward()` and divides the gradients after it. `course train --precision` takes care of both. (In older code you
# will find `torch.cuda.amp`, which is deprecated: write `torch.autocast` and `torch.amp.GradScaler`.)
#
# The memory shrinks on every machine. The time shrinks only where the processor has bfloat16 built in: with `--precision auto`,
# its default, `course train` looks first.

# %% [markdown]
# ## Starting from what others learned
#
# An encoder that was trained on a million photos knows edges, fur and eyes before it sees the first of yours. Taking it over is
# called **transfer learning**. What is it worth? Here is the test mIoU on *real* pets, with three seeds and with 24, 60 and 240
# photos to learn from. The learning rate of each column was chosen on validation pictures.
#
# | photos | EfficientNet U-Net, random weights | the same, trained on ImageNet | the course's small U-Net, random | the same, trained on drawn pets |
# |---|---|---|---|---|
# | 24 | {{transfer_real.effnet_scratch_24.miou}} | {{transfer_real.effnet_imagenet_24.miou}} | {{transfer_real.scratch_24.miou}} | {{transfer_real.pocket_24.miou}} |
# | 60 | {{transfer_real.effnet_scratch_60.miou}} | {{transfer_real.effnet_imagenet_60.miou}} | {{transfer_real.scratch_60.miou}} | {{transfer_real.pocket_60.miou}} |
# | 240 | {{transfer_real.effnet_scratch_240.miou}} | {{transfer_real.effnet_imagenet_240.miou}} | {{transfer_real.scratch_240.miou}} | {{transfer_real.pocket_240.miou}} |
#
# **Read the table before you read on.** Do random weights with 240 photos reach what ImageNet's weights give with 24? And how much
# do weights from drawings help with photos?
#
# They do not: random weights with 240 photos reach {{transfer_real.effnet_scratch_240.miou}}, and those of ImageNet with 24 photos
# {{transfer_real.effnet_imagenet_24.miou}}. Ten times the photos do not make up for the weights. An encoder that was trained on drawings is worth next to
# nothing on photos: what counts is not that a network was trained, but on what. (Where a whole U-Net learned from drawings,
# decoder and all, it does help: from {{pocket_pretraining.scratch_24.miou}} to {{pocket_pretraining.pretrained_24.miou}} with 24 photos. With 240, the same number of steps on the photos themselves does as much.) ImageNet's weights were installed with the
# course, so in a few minutes you can have the second column for your own pictures:
#
#     course train --data my_images --model effnet-unet --weights imagenet --minutes 8 --out runs/mine
#
# ### How to go on from such weights
#
# Two rules are usual. Freeze the encoder at first, because the decoder is still random and sends noise back to the encoder.
# Then let the encoder learn at a tenth of the rate, so that it adapts instead of starting over.

# %% [markdown] exercise="finetune-groups"
# Write `finetune_groups(model, epoch, rate)`. The encoder is frozen in epochs 0 to 4, and learns at a tenth of the rate
# from epoch 5 on. Everything that is not in `model.encoder` is new.

# %% exercise="finetune-groups"

# %%
finetune_groups = unblock("finetune-groups")

# %% [markdown]
# Watch what the two rules do, on something small: 24 pocket pets, and a narrow ResNet-18 that comes with the course and was
# trained on 1,500 other pocket pets. (With a connection, `weights_at_hand("imagenet")` fetches torchvision's `resnet18`, 45 MB; the cells
# below then take a few minutes.) `conv1` is the encoder's first layer. After each epoch the cell measures how far it is from where it
# began, as a share of its own size: at 1, the change would be as large as the weights were.

# %%
from course_lib.models.resnet_unet import load_encoder, weights_at_hand, width_for

weights, instead = weights_at_hand("pocket")
print(instead or f"The encoder starts from the weights {weights!r}.")
few_images, few_masks = train_images[:24], train_masks[:24]
gentle = Augment(degrees=10, zoom=1.1, stretch=1.1)


# %%
def all_at_once(model, epoch, rate):
    """One group, one rate."""
    return [{"params": list(model.parameters()), "lr": rate}]


def how_far_conv1_moves(groups_for, epochs=8, steps=2):
    """Train a resnet-unet on the few images; return the change of its first layer after each epoch."""
    torch.manual_seed(0)
    model = create_model("resnet-unet", width=width_for(weights)).to(memory_format=torch.channels_last)
    load_encoder(model, weights)
    moved, before = [], model.encoder.conv1.weight.detach().clone()
    for epoch in range(epochs):
        optimizer = torch.optim.AdamW(groups_for(model, epoch, 0.002))  # new groups need a new optimiser
        train(model, optimizer, steps, gentle, few_images, few_masks, schedules.constant, seed=epoch)
        moved.append((model.encoder.conv1.weight - before).norm().item() / before.norm().item())
    return moved


# %% [markdown]
# **Before you run the next cell:** in which epochs will `conv1` move, and how much less than when everything learns at once?

# %% tags=["trains"]
moved = {
    "all at once": how_far_conv1_moves(all_at_once),
    "decoder first": how_far_conv1_moves(finetune_groups),
}
figure, ax = plt.subplots(figsize=(9, 2.8), layout="constrained")
for (name, shares), line in zip(moved.items(), ("o:", "o-"), strict=True):
    ax.plot(shares, line, color="black", label=name)
ax.set(xlabel="epoch", ylabel="how far conv1 moved", ylim=(0, None))
figure.legend(loc="outside right upper")
show(
    figure,
    alt="How far the encoder's first layer moved: all at once, it moves from the start; decoder first, it does not move in epochs "
    "0 to 4, and then moves a little",
)

# %% tags=["nbval-check-output"]
print("decoder first, the encoder stood still for five epochs:", max(moved["decoder first"][:5]) == 0)
print(
    "then it moved, less than a fifth as far:", 0 < moved["decoder first"][-1] < moved["all at once"][-1] / 5
)

# %% [markdown]
# What the figure shows is what the rules do, not that they win: a layer that is frozen and then learns at a tenth of the rate moves
# less. Do they win? Here is the EfficientNet once more, on real pets, with three seeds, each way at the rate that was best on
# validation pictures. A **linear head** leaves the encoder frozen for good, and trains one linear layer on its features, with about
# 1,500 weights. It shows what the pretrained features know already. **Before you read the table:** where between random weights and
# the whole network will it be?
#
# | photos | random weights | frozen, linear head | decoder first | all at once |
# |---|---|---|---|---|
# | 24 | {{transfer_real.effnet_scratch_24.miou}} | {{transfer_ways.linear_24.miou}} | {{transfer_ways.decoder_first_24.miou}} | {{transfer_real.effnet_imagenet_24.miou}} |
# | 60 | {{transfer_real.effnet_scratch_60.miou}} | {{transfer_ways.linear_60.miou}} | {{transfer_ways.decoder_first_60.miou}} | {{transfer_real.effnet_imagenet_60.miou}} |
# | 240 | {{transfer_real.effnet_scratch_240.miou}} | {{transfer_ways.linear_240.miou}} | {{transfer_ways.decoder_first_240.miou}} | {{transfer_real.effnet_imagenet_240.miou}} |
#
# The linear head is far ahead of millions of random weights, so most of what a network has to know about pets was in the features
# before it saw the first of them. A decoder that learns adds .04 with 24 photos and .05 with 240. The two ways to train it are within
# .01 of each other in every row: search for a good rate first, and do not expect much of the order.
#
# ## A picture that is larger than the training's
#
# Suppose that a network was trained on patches or small images, and you want a mask of a photo that is 4,000 pixels wide. Shrinking the
# photo loses what is thin. Cutting it into tiles as large as the images of the training keeps it, but along a tile's edge a network sees
# only half of the surroundings. So tiles **overlap**, and where they do, their probabilities are averaged, with weights that fall towards
# the edges. `predict_tiles` does that, and `course predict` with it, row by row, so that the memory stays bounded.
#
# Try it on a picture that is three times as wide as those of the training: four pets side by side, from the middle of the first to the middle
# of the last. Tiles of 64 x 64 then cut through the two pets in between. (`Canvas(64, 64)` is the size that the network sees. A tile of
# another size would be brought to it.) **Before you run the cell:** where will tiles that do not overlap make mistakes?

# %%
from course_lib.data.fitting import Canvas
from course_lib.training.devices import Devices
from course_lib.training.tiles import predict_tiles

device, canvas = Devices(torch.device("cpu"), torch.float32), Canvas(64, 64)
wide = (
    torch.cat(list(val_images[40:44]), dim=2)[:, :, 32:224].permute(1, 2, 0).round().byte().numpy()
)  # (64, 192, 3)
tiles = [wide[:, left : left + 64] for left in (0, 64, 128)]
side_by_side = [predict_tiles(models["a pair"], tile, (64, 64), canvas, device) for tile in tiles]
masks = {
    "picture, and where the tiles meet": None,
    "tiles side by side": np.concatenate(side_by_side, axis=1),
    "tiles that overlap": predict_tiles(models["a pair"], wide, (64, 64), canvas, device),
}
figure, axes = plt.subplots(3, 1, figsize=(6, 6.6), layout="constrained")
for ax, (title, ids) in zip(axes, masks.items(), strict=True):
    ax.imshow(wide if ids is None else overlay(wide, ids))
    ax.vlines((63.5, 127.5), -0.5, 63.5, color="white", linestyle="--")
    ax.set(title=title, xticks=[], yticks=[])
show(
    figure,
    alt="Four drawn pets in a row, the first and the last cut in half, and two dashed lines through the pets in between; tiles side "
    "by side find other shapes on either side of a line, overlapping tiles find shapes that go on across it",
)

# %%
for name, ids in masks.items():
    if ids is not None:
        breaks = np.mean([(ids[:, edge - 1] != ids[:, edge]).mean() for edge in (64, 128)])
        print(f"{name}: the class changes at a line in {breaks:.0%} of the rows")

# %% [markdown]
# Look at the first dashed line: there the mask of tiles side by side breaks off, because each tile sees half of a pet and guesses by itself.
# Where tiles overlap, the pet goes on across the line. (That some of the background is called a pet has another reason: 120 steps are few.)
#
# ### Rules instead of choices
#
# **nnU-Net** (Isensee and others, 2018, 2021) has won many medical challenges with a plain U-Net, by deriving such choices from the data:
#
# | choice | its rule |
# |---|---|
# | size of a patch | as large as memory allows with a batch of two, so that context comes first |
# | depth of the U-Net | pool until the smallest map has about four pixels per side |
# | how many millimetres a pixel covers | the median of the data set; all images are brought to it |
# | loss | Dice plus cross-entropy |
# | schedule | poly, 1,000 epochs of 250 steps |
# | prediction | overlapping tiles, weights that fall towards the edges, mirrored and averaged |

# %% [markdown]
# ## Your own images
#
# Many label tools can write masks as **label PNGs**: one channel that holds the id of the class in every pixel, 0, 1, 2 ..., and 255 for
# void. Such a file looks black in a viewer, and that is as it should be. Never save masks as JPEG, which changes ids along every
# edge.
#
# The simplest layout that works everywhere:
#
#     my_images/
#         images/park_1.jpg, park_2.jpg ...
#         masks/park_1.png, park_2.png ...
#         classes.txt              one name per line; the first is id 0
#
# An image and its mask have the same name, but not the same ending. Code that looks for the mask under the image's whole name, as some
# tutorials have it, finds none for `park_1.jpg`.
#
# The same may be inside `train`, `val` and `test`, if you split the images yourself. Do so when images belong together, such as
# those of one video. Otherwise `course` draws the splits once, from a fixed seed.
#
# The next cell writes such a folder, and makes two mistakes. `check_label_folder` is what `course data check` calls.

# %%
import tempfile
import textwrap
from pathlib import Path

from PIL import Image

from course_lib.data.labels import check_label_folder, read_label_pair, read_labels
from course_lib.masks import write_label_png

home = Path(tempfile.mkdtemp()) / "my_images"
for part in ("images", "masks"):
    (home / part).mkdir(parents=True)
for number in range(10):
    image = train_images[number].permute(1, 2, 0).numpy()
    Image.fromarray(np.ascontiguousarray(image)).save(home / "images" / f"pet_{number}.jpg")
    write_label_png(home / "masks" / f"pet_{number}.png", train_masks[number])
(home / "classes.txt").write_text("pet\nbackground\nborder\n")
(home / "masks" / "pet_3.png").rename(home / "masks" / "pet_3_mask.png")
write_label_png(home / "masks" / "pet_7.png", np.full((64, 64), 9, np.uint8))

# %% tags=["nbval-check-output"]
for problem in check_label_folder(home):
    print(textwrap.fill(str(problem).replace(f"{home}/", ""), 100, subsequent_indent="    "))

# %% [markdown]
# Each line says which file it is about, what was found, what was expected, and what to do. Mend both, and check again.

# %% tags=["nbval-check-output"]
(home / "masks" / "pet_3_mask.png").rename(home / "masks" / "pet_3.png")
write_label_png(home / "masks" / "pet_7.png", train_masks[7])
print("problems:", check_label_folder(home))
for split in ("train", "val", "test"):
    print(split, [entry.name for entry in read_labels(home, split)])

# %%
from torch.utils.data import DataLoader, Dataset

# %% [markdown] exercise="pair-dataset"
# If you write your own training, PyTorch wants a `Dataset`: a length, and a pair for every index. Write `__getitem__`.
# The image becomes float32 `(3, H, W)` from 0 to 1, the mask int64 `(H, W)`.

# %% exercise="pair-dataset"

# %%
PairDataset = unblock("pair-dataset")

# %% [markdown]
# A `DataLoader` shuffles the pairs and makes batches of them. Each pair is cut by your own `crop_pair`, at a random place.

# %% tags=["nbval-check-output"]
rng = np.random.default_rng(0)
pairs = [read_label_pair(entry) for entry in read_labels(home, "train")]


def random_patch(image, mask):
    """Cut a patch of 32 x 32 at a random place, the same for both."""
    top, left = (int(place) for place in rng.integers(0, 33, 2))
    return crop_pair(image, mask, top, left, 32)


dataset = PairDataset([image for image, _ in pairs], [mask for _, mask in pairs], random_patch)
for images, targets in DataLoader(dataset, batch_size=4, shuffle=True):
    print(tuple(images.shape), images.dtype, tuple(targets.shape), targets.dtype)

# %% [markdown]
# For a folder like this one, all of lesson 07 is one line:
#
#     course train --data my_images --minutes 3 --out runs/mine
#
# The report, `course evaluate` and `course predict` then call your classes by their names.
#
# ## Checkpoint
#
# **1.** A model finds every pet, and it finds no border at all. The loss fell as it should. What do you look at first?
#
# <details><summary>Answer</summary>
#
# Look at a few augmented pairs, with the mask laid over the image. A mask that is shifted against its image still says roughly
# where the pet is, but no longer where its edge is.
#
# </details>
#
# **2.** A batch of 16 does not fit, 4 does. You call `backward()` four times and `step()` once. What is missing if the
# steps are four times too large?
#
# <details><summary>Answer</summary>
#
# Each part's mean loss has to be weighted with its share of the batch, here 1/4, because `backward()` adds up.
#
# </details>

# %% [markdown]
# **3.** Why does halving height and width save more memory than halving the batch?
#
# <details><summary>Answer</summary>
#
# What is kept grows with batch x height x width. Half of both sides is a quarter of the pixels; half the batch is half.
#
# </details>
#
# **4.** You have 30 photos of your own, and weights trained on a million drawings of the same objects. Do you use them?
#
# <details><summary>Answer</summary>
#
# Measure it, and don't expect much. Weights from ImageNet's photos were worth more than ten times the photos here, and weights
# from drawings next to nothing. What a network was trained on has to resemble what it will see.
#
# </details>
#
# ## What to remember
#
# - One draw for image and mask, and colour for the image only; look at augmented pairs before you train.
# - Search for the learning rate first. The schedule matters less, as long as the rate does not fall too soon.
# - Memory goes with batch x height x width: patches, bfloat16 and checkpoints each cut it, and their savings multiply.
# - On few photos, start from weights that were trained on photos, and search for the rate before anything else.
# - Larger pictures are predicted by overlapping tiles.
# - Masks are label PNGs with ids from 0, and 255 for void; `course data check` reads them all.
#
# ## Where to go from here
#
# - [torchvision.transforms.v2](https://pytorch.org/vision/stable/transforms.html), and its guide to masks and boxes
# - [Muon: an optimizer for hidden layers](https://kellerjordan.github.io/posts/muon/), Keller Jordan and others, 2024
# - [nnU-Net](https://arxiv.org/abs/1809.10486), Isensee and others, 2018
# - [EfficientNet](https://arxiv.org/abs/1905.11946), Tan and Le, 2019: the encoder of `effnet-unet`
# - [torch.utils.checkpoint](https://pytorch.org/docs/stable/checkpoint.html), with its two ways
#
# Next: [Lesson 11](11_bug_hunt.ipynb), ten pipelines that are broken.
