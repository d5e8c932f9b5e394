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
# # The pet trimap project
#
# ![Three drawn pets, one per row: the picture, its true mask, and the mask that a network predicts after epochs 1, 2, 4, 8, 16 and 32. The first predictions are shapeless blobs without a border; later ones have ears, legs and a border.](pictures/07_epochs.png)
#
# You have written every part of a segmentation project by now: masks, scores, the loss, the network. Here the parts
# become a project, from a folder of pictures to a report that somebody else can trust. Most of what goes wrong on the
# way raises no error and leaves a loss that falls, so you also learn how to notice it.
#
# **You will be able to**
#
# - train the U-Net that you built in lesson 06, with a training loop and an evaluation of your own
# - feed it from files by a `Dataset` and a `DataLoader`, and keep each mask with its image
# - recognise four sick runs by their curves and their masks, before and after you know the rules
# - find wrong labels with the help of a trained network
# - report a score so that somebody else can tell what it is worth
#
# **You need** lessons 04, 05 and 06. NumPy and PyTorch.
#
# **Time** 165 minutes; two sittings, with 120 seconds of computing on two CPU cores.

# %% [markdown]
# ## The whole project on one page
#
# | part | you write | minutes |
# |---|---|---|
# | look at the data, and at what a useless model scores | `overlay` | 20 |
# | masks at another size, a dataset of files | `resize_mask`, `PetDataset` | 30 |
# | one flip for image and mask | `paired_flip` | 15 |
# | the loop | `train_epoch`, `evaluate` | 40 |
# | four sick runs, and the rate | `plateau_rates` | 25 |
# | the run, wrong labels, the report | `suspects` | 35 |
#
# That is a lot for one evening. A good place for a break is before the four sick runs. The run takes one to three
# minutes on two cores, and up to seven on a single one that is busy with other things.
#
# Each part works without the ones that you have not solved yet. Where your function does not pass its check, the
# course's own takes its place and says so.
#
# ## One line chooses the data
#
# `DATA` is that line. `"pocket"` are cats and dogs that the course draws itself, so nothing is downloaded. `"pets"` are the
# 7,349 photos of the Oxford-IIIT Pet data set, which `course data download` fetches (800 MB). A folder of your own in the
# same layout will do as well. The other constants are chosen so that the lesson runs on a laptop. The first time, the second
# of the next two cells draws 400 pets, which takes up to a minute.

# %%
import numpy as np

from course_lib.data.folder import find_pet_folder
from course_lib.data.pets import load_pets, read_pair, train_validation_split

# %%
from course_lib.data.pocket_pets import write_pocket_pets
from course_lib.paths import course_root, data_home

DATA = "pocket"  # or "pets", or the path of a folder
SIZE = 96  # side of the square images, a multiple of 16
EPOCHS = 20
BATCH = 8
WIDTHS = (16, 32, 64, 96)  # channels of the network's levels
SEED = 0


def find_folder(data):
    """Return the folder of a data set; the pocket pets are drawn if they are not there yet."""
    if data == "pocket":
        return write_pocket_pets(data_home() / "pocket")
    return find_pet_folder(data_home() / "pets" if data == "pets" else data)


folder = find_folder(DATA)
trainval = load_pets(folder, "trainval", SIZE)
print(f"images {trainval.images.shape}, {trainval.images.dtype}")
print(f"masks  {trainval.masks.shape}, {trainval.masks.dtype}")

# %% [markdown]
# The files hold trimaps with the ids 1, 2 and 3. `load_pets` has turned them into 0 pet, 1 background and 2 border, as you
# did in lesson 04, and has squeezed every image into a square. The test set stays closed until the end.
#
# ## Look at the data first
#
# Numbers can be right while everything is wrong: masks shifted by ten pixels, ids exchanged, images upside down. Your
# eyes see all of that at once if the mask lies *over* its image. So the first tool of the project is the **overlay**: 0.6
# of the picture plus 0.4 of the colour of each pixel's class.
#
# A pixel is (200, 100, 50), and its class is the pet, whose colour is (213, 94, 0). Which red value comes out? Work it out
# before you open the answer.
#
# <details><summary>Answer</summary>
#
# 0.6 · 200 + 0.4 · 213 = 205.2, which is rounded to 205.
#
# </details>

# %% [markdown] exercise="overlay"
# Write `overlay`. One thing to watch: pixels are `uint8`, whole numbers from 0 to 255, and calculating in `uint8` starts
# again at 0 after 255. The result must be `uint8` again, because files and screens want that.

# %% exercise="overlay"

# %%
overlay = unblock("overlay")

# %% [markdown]
# A tint has a weakness, though: orange over an orange cat can hardly be seen. Beside your overlay the cell therefore shows the
# course's, which adds hatching and a white outline. Take your time, and ask of each pair: does the mask follow the animal?
# What is border, and what is not?

# %%
from course_lib.masks import IGNORE_INDEX, PALETTE, PET_CLASSES
from course_lib.outlines import show_over

panels = {}
for number, index in enumerate(np.linspace(0, len(trainval) - 1, 3).astype(int), start=1):
    image, mask = trainval.images[index], trainval.masks[index]
    panels[f"image {number}"] = (image, None)
    panels[f"your overlay {number}"] = (overlay(image, mask, PALETTE), None)
    panels[f"outlined {number}"] = (image, mask)
show_over(
    panels,
    names=PET_CLASSES,
    columns=3,
    alt="Three pets, one per row: the image, the image tinted by its trimap, and the same with hatching and an outline. "
    "The border is a band round each pet.",
)

# %% [markdown]
# **Before you run the next cell:** which of the three classes has the most pixels, and which the fewest?

# %% tags=["nbval-check-output"]
shares = np.bincount(trainval.masks.ravel(), minlength=3) / trainval.masks.size
print("most pixels:  ", PET_CLASSES[shares.argmax()])
print("fewest pixels:", PET_CLASSES[shares.argmin()])

# %% [markdown]
# ## What a useless model scores
#
# Two models that have never looked at an image set the bar:
#
# - **all background** says background everywhere;
# - the **centre prior** says, at each place, the class that is most frequent *there* in the training masks. It knows where
#   in a picture pets usually are, and nothing else.
#
# **Before you run the next cell:** all background has a pet IoU of 0 and a border IoU of 0. What does that make its
# mIoU, if its background IoU is about 0.6?


# %%
import math

from IPython.display import Markdown, display

from course_lib.training.baselines import all_background, centre_prior


def table_row(name, ious):
    """Return one line of a Markdown table: mIoU, then the IoU of each class; a class without IoU has a dash."""
    cells = [np.nanmean(ious), *ious]
    return f"| {name} | " + " | ".join("-" if math.isnan(value) else f"{value:.3f}" for value in cells) + " |"


TABLE_HEAD = "| | mIoU | " + " | ".join(PET_CLASSES) + " |\n|---|---:" + "|---:" * len(PET_CLASSES) + "|"

training, validation = train_validation_split(trainval)
baselines = {"all background": all_background(validation), "centre prior": centre_prior(training, validation)}
rows = [table_row(name, matrix.iou()) for name, matrix in baselines.items()]
display(Markdown("\n".join([TABLE_HEAD, *rows])))

# %% tags=["nbval-check-output"]
ious = baselines["all background"].iou()
print("pet and border of all background:", ious[0], ious[2])
print("its mIoU is a third of its background IoU:", np.isclose(ious.mean(), ious[1] / 3))
print("the centre prior beats it:", baselines["centre prior"].mean_iou() > ious.mean())

# %% [markdown]
# Remember these two lines. A network that does not beat them has learned nothing from the images.
#
# ## A mask at another size
#
# Photos come in all sizes, and a batch has one. Images are resized bilinearly: a new pixel is a mixture of its
# neighbours. Now do that to a mask. Between a pet pixel (0) and a border pixel (2) lies the mixture 1, and 1 is
# *background*. No error appears, because 1 is a valid id.
#
# An id is a name, not an amount. Masks are resized by the **nearest neighbour**: each new pixel copies one old pixel.

# %% [markdown] exercise="resize-mask"
# Write `resize_mask`. It need not keep the proportions: H rows become `size` rows, W columns become `size` columns, and
# `size` may also be larger than they are. NumPy is enough; choosing rows and columns is all there is to do.

# %% exercise="resize-mask"

# %%
resize_mask = unblock("resize-mask")

# %% [markdown]
# Here is one mask, made smaller in both ways. **Before you run the cell:** where will the two differ? Inside the pet, far
# out in the background, or somewhere else?

# %%
from PIL import Image

from course_lib.plots import show_masks

image, mask = read_pair(trainval.entries[0])  # (H, W, 3), (H, W), at the photo's own size
nearest = resize_mask(mask, 64)
bilinear = np.array(Image.fromarray(mask).resize((64, 64), Image.Resampling.BILINEAR))
show_masks(
    {"nearest": nearest, "bilinear": bilinear},
    names=PET_CLASSES,
    differ=True,
    alt="Two small masks of one pet. The bilinear one has a thin line of background between pet and border.",
)

# %% tags=["nbval-check-output"]
invented = (bilinear == 1) & (nearest == 2)  # border that became background
print("bilinear turned border into background somewhere:", bool(invented.any()))
print("ids after nearest:", np.unique(nearest).tolist(), "after bilinear:", np.unique(bilinear).tolist())

# %% [markdown]
# Bilinear resizing has drawn a line of background between the pet and its border. Both masks hold the ids 0, 1 and 2, so a
# check of the ids finds nothing wrong with the spoiled one. You have to know how a mask was made, or look at it.
#
# ## Three sets, three jobs
#
# ![Three boxes. Training images change the weights. Validation images choose: the epoch, the rate, the size. Test images are opened once, at the end, for the report. No arrow leads back from the test set.](pictures/07_three_sets.png)
#
# - **Training** images change the weights.
# - **Validation** images decide: which epoch to keep, when to lower the rate, which of two ideas is better.
# - **Test** images decide nothing. They are opened once, when everything is decided, and give the number to report.
#
# Whatever you choose because of a score makes that score too good, because among twenty tries one is lucky. Only images
# that took part in no choice give an honest number, and a second look at them would already be a choice.
#
# `train_validation_split` has put a fifth of every breed into validation, always the same. With a new split for each run
# you would compare runs that were scored on different images.
#
# ## A dataset of files
#
# So far all images are in memory. Nearly all code that you will read works in another way. A **`Dataset`** is a class with
# a length and an index, which reads one pair from its files when it is asked for it. A **`DataLoader`** shuffles the
# indices, asks for the pairs, and stacks them into batches.

# %%
import torch
from torch.utils.data import DataLoader, Dataset

# %% [markdown] exercise="pet-dataset"
# Write `PetDataset`. The class needs three methods: `__init__`, `__len__`, which returns the number of pairs, and
# `__getitem__(self, index)`, which returns one pair. What should `__init__` do, and what should it leave to `__getitem__`, if
# there are a million photos? The check counts how often you read. In this lesson `read` will be `read_pair`.

# %% exercise="pet-dataset"

# %%
PetDataset = unblock("pet-dataset")

# %% [markdown]
# Beside it, here is the course's way, in which every image was decoded once and stored as bytes. Both hand out the
# same eight pairs. **Before you run the cell:** which is faster, and by a factor of about 2, 20 or 200?

# %%
import time

from course_lib.data.transforms import Augment, normalize, to_tensors

# %% tags=["nbval-check-output"]
dataset = PetDataset([trainval.entries[index] for index in training.indices], SIZE, read_pair)
from_files = next(iter(DataLoader(dataset, batch_size=BATCH)))
from_memory = to_tensors(*training.take(np.arange(BATCH)))
print("shapes:", [list(part.shape) for part in from_files])
print("the images are the same:", torch.equal(from_files[0], from_memory[0]))
close = (from_files[1] == from_memory[1]).float().mean() > 0.98  # ways of rounding "nearest" differ a little
print("the masks are the same, but for single pixels:", bool(close))

# %%
started = time.perf_counter()
for _ in zip(range(10), DataLoader(dataset, batch_size=BATCH, shuffle=True), strict=False):
    pass
files = time.perf_counter() - started
started = time.perf_counter()
for _ in range(10):
    to_tensors(*training.take(np.random.default_rng(0).permutation(len(training))[:BATCH]))
memory = time.perf_counter() - started
print(
    f"ten batches: {1000 * files:.0f} ms from files, {1000 * memory:.0f} ms from memory, {files / memory:.0f} times as fast"
)

# %% [markdown]
# Anything from twenty to several hundred occurs; it depends on the processor and on what else it is doing. Decoding the
# files again in every epoch costs time, but when the decoded images of a data set are too many to be stored, there is
# no choice. That is what the `num_workers` of a `DataLoader` are for: processes that read ahead while the network
# computes. This lesson goes on from memory.
#
# ## One flip for image and mask
#
# A cat that looks left is as good a cat as one that looks right. Mirroring images at random doubles what the network sees,
# at no cost. That is **augmentation**: changes to the training images that leave the task the same.
#
# The mask must go with its image. A change of geometry, such as a flip, needs *one draw* for the two. A change of colour
# is for the image only, because a mask has no colours.

# %% [markdown] exercise="paired-flip"
# Write `paired_flip`. Each pair of the batch gets its own draw, and image and mask share it. Draw from the `generator`
# that is passed in: the same seed then gives the same training. `tensor.flip(-1)` mirrors left to right, and
# `torch.where(condition, a, b)` picks; the condition needs as many axes as `a` and `b` have, some of them of length 1.
#
# In the check every pixel has a number of its own, so that it can be found again afterwards. What you read are counts: in how
# many pairs image and mask no longer fit, how many images were mirrored, and so on. "count=24, height=2, width=3, seed=0" means
# 24 pairs of 2 × 3 pixels.

# %% exercise="paired-flip"

# %%
paired_flip = unblock("paired-flip")

# %% [markdown]
# To your flip the course adds rotations, zooms, shifts and changes of brightness, drawn anew for each image. Where a rotated
# image leaves its square, its mask gets 255, void, which neither the loss nor the score counts.
#
# You may meet `RandomResizedCrop(scale=(0.5, 2.0))` in notes on segmentation. Its `scale` is a share of the image's *area*,
# so nothing above 1 can be cut out of an image, and it works on an image without its mask. What is meant is a zoom for
# both, as in the cell below.


# %%
DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")
others = Augment(flip=0)  # rotation, zoom, shift, colours


class Batches:
    """Go over some pets once, in batches of images (B, 3, H, W), normalized, and targets (B, H, W)."""

    def __init__(self, pets, generator=None):
        self.pets, self.generator = pets, generator  # without a generator: in order, and as they are

    def __iter__(self):
        order = torch.arange(len(self.pets))
        if self.generator is not None:
            order = torch.randperm(len(self.pets), generator=self.generator)
        for positions in order.split(BATCH):
            images, targets = to_tensors(*self.pets.take(positions.numpy()))
            if self.generator is not None:
                images, targets = paired_flip(images, targets, self.generator)
                images, targets = others(images, targets, generator=self.generator)
            yield normalize(images.to(DEVICE)), targets.to(DEVICE).long()  # (B, 3, H, W), (B, H, W)


# %%
import torch.nn.functional as F

from course_lib.data.transforms import denormalize
from course_lib.metrics import BoundaryScores, ConfusionMatrix

images, targets = next(iter(Batches(training, torch.Generator().manual_seed(SEED))))
seen = denormalize(images.cpu()).permute(0, 2, 3, 1).numpy()  # (B, H, W, 3)
panels = {}
for number in range(4):
    panels[f"pair {number + 1}, as trained on"] = (seen[number], targets[number].cpu().numpy())
show_over(
    panels,
    names=PET_CLASSES,
    alt="Four pets as the network gets them, turned, zoomed and in changed colours, each with its mask upon it. "
    "The corners outside the turned photos are void, and grey.",
)

# %% [markdown]
# This is the picture to look at before every first run: a *training* batch, after everything that is done to it, with its
# masks. If the masks lie on their pets here, a whole family of bugs is ruled out. The grey corners are the void of the turned
# photos.
#
# ## An epoch of training

# %% [markdown] exercise="train-epoch"
# Write `train_epoch`. For each batch: logits, loss, gradients to zero, gradients, step. Begin in training mode. The
# result is the mean loss over the *images*: when the last batch is smaller, it counts for less. Targets of
# `IGNORE_INDEX` are left out of the loss.
#
# The check trains a network of one 1×1 convolution whose logits start as (brightness, 0), so that every number can be
# followed by hand. What it passes in is the brightness of each pixel, batch by batch, the targets, and the rate.

# %% exercise="train-epoch"

# %%
train_epoch = unblock("train-epoch")

# %% [markdown]
# ## An honest evaluation
#
# Evaluation is the same walk without learning: evaluation mode, no gradients, argmax. What remains is how the scores of
# many batches become one. Here are two batches of the next exercise's first example. In the first, the pet has 1 pixel
# in the intersection and 2 in the union; in the second, 2 and 3.
#
# | | intersection | union | IoU |
# |---|---|---|---|
# | batch 1 | 1 | 2 | 0.500 |
# | batch 2 | 2 | 3 | 0.667 |
# | mean over batches | | | 0.583 |
# | **pooled** | **3** | **5** | **0.600** |
#
# Many published training loops return the mean over batches. It changes when the images are cut into other batches, and a
# batch without any pet has no pet IoU at all. The pooled IoU does neither: add up first, divide once.

# %% [markdown] exercise="evaluate"
# Write `evaluate`. `ConfusionMatrix(num_classes, ignore_index=IGNORE_INDEX)` is the confusion matrix of lesson 03:
# `update(prediction, targets)` counts, `iou()` scores. Your own counting is as good.
#
# The check uses a network that answers with its input, so it knows what will be predicted: it passes in the
# predictions and the targets, batch by batch. In training mode that network answers with the wrong classes.

# %% exercise="evaluate"

# %%
evaluate = unblock("evaluate")

# %% [markdown]
# ## Your network
#
# Copy your cells `DoubleConv`, `Down`, `Up` and `UNet` from [lesson 06](06_full_unet.ipynb) into the next cell, so that
# you train what you built. If you leave it as it is, the course's `UNet` takes its place, and the cell after it says so. If
# that cell says nothing, your own is in use.

# %%
from itertools import pairwise

from torch import nn

# your DoubleConv, Down, Up and UNet of lesson 06 go here

# %%
UNet = unblock("unet")


# %%
def new_network():
    """Return your U-Net at half the image's size: 2 x 2 pixels become 4 times the channels, and come back at the end."""
    torch.manual_seed(SEED)
    network = nn.Sequential(
        nn.PixelUnshuffle(2),
        UNet(in_channels=4 * 3, num_classes=4 * len(PET_CLASSES), widths=WIDTHS),
        nn.PixelShuffle(2),
    )
    return network.to(DEVICE, memory_format=torch.channels_last)  # an order in memory that computes faster


model = new_network()
print(f"{sum(weight.numel() for weight in model.parameters()):,} weights")
display(
    Markdown("\n".join([TABLE_HEAD, table_row("untrained", evaluate(model, Batches(validation), 3)), *rows]))
)

# %% [markdown]
# The first line is a network with random weights. It scores about as little as all background, and everything above that
# will have been learned.
#
# ## Eight images by heart
#
# Before you spend minutes, spend seconds. A sound network with a sound loop can learn *one* batch by heart, without
# augmentation, until nearly every pixel is right. If it cannot, something is broken, and a hundred epochs would not mend it.
# **Before you run the cell:** what will the loss be at the start, if the network knows nothing? (Lesson 04 has the number.)


# %% tags=["trains"]
@torch.no_grad()
def score_in_training_mode(model, images, targets):
    """Return the mIoU of one batch, predicted in training mode; `evaluate` predicts in evaluation mode."""
    matrix = ConfusionMatrix(len(PET_CLASSES), ignore_index=IGNORE_INDEX)
    matrix.update(model.train()(images).argmax(dim=1), targets)
    return matrix.mean_iou()


eight = [next(iter(Batches(training)))]
model = new_network()
optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
print("step   loss   mIoU  mIoU in training mode")
for step in range(1, 61):
    loss = train_epoch(model, eight, optimizer)
    if step in (1, 10, 20, 40, 60):
        miou = np.nanmean(evaluate(model, eight, len(PET_CLASSES)))
        print(f"{step:4}  {loss:.3f}  {miou:.3f}  {score_in_training_mode(model, *eight[0]):.3f}")

# %% [markdown]
# The first loss is near ln 3 = 1.099, the loss of a network that gives all three classes the same chance. It is not exactly
# that, because random weights give them slightly different ones.
#
# Now compare steps 1 and 20. The loss has about halved, and the mIoU, which your `evaluate` computes, has hardly moved.
# Is `evaluate` wrong? The last column scores the same network on the same eight images. What is different about it, and
# which layer of the network cares?
#
# <details><summary>Answer</summary>
#
# `evaluate` is right. In evaluation mode, batch norm uses its running mean and variance, and each step moves them only a
# tenth of the way ([lesson 06](06_full_unet.ipynb)): after ten steps a third of the mean is still the 0 with which it
# began, because 0.9 to the power of 10 is 0.35. <!-- not measured here --> And the statistics themselves move on while
# the weights learn. In training mode the batch's own statistics are used, and there the score follows the loss. So do not
# trust a score in evaluation mode before some dozens of steps; an epoch of the run below has 30.
#
# </details>
#
# Learning by heart is **overfitting**, and here it is wanted. This test costs seconds, and it finds many bugs of the loop:
# a missing step, a loss of the wrong tensor, frozen weights. It does not find them all: of the four bugs that follow, at
# least one passes it. Question 5 of the checkpoint asks which.
#
# ## Four sick runs
#
# The network of this lesson was trained four more times, for 12 epochs at 64 × 64, each time with one bug in the code. No
# error message appeared. Here are the curves, each the mean of three seeds, beside those of a run without a bug:
#
# ![Three panels over twelve epochs. Training loss: run B falls with the run without a bug; runs A and C stop falling early; run D is highest and uneven. Validation mIoU: run B is near the bottom throughout, runs A, C and D lie between it and the run without a bug. IoU of the border: it rises for the run without a bug, is near 0 for runs A, C and D, and stays near 0.08 for run B.](pictures/07_sick_curves.png)
#
# Each panel has a scale of its own: the whole height of the third is an IoU of 0.1. <!-- not measured here -->

# %% [markdown]
# And here is what they predict, each with the first of its three seeds:
#
# ![Three pets with their true masks and the predictions of the run without a bug and of runs A to D.](pictures/07_sick_masks.png)
#
# After 12 epochs at this size the run without a bug is not finished either, and its masks are rough. For the second and the third
# pet it has the beginning of a border, which A, C and D lack; for the first its mask is as rough as theirs.
#
# The four bugs are, in another order:
#
# - the gradients are never set to zero,
# - the flips of image and mask are drawn separately,
# - all ids in the targets are one too high, and the highest has become 0,
# - the model ends with a softmax, and its output goes into the cross-entropy.
#
# Which run has which bug? Write down your four guesses, each with the reason, before you open the answer. Two of
# the runs are hard to tell apart. What would you look at, or print, to decide between them?
#
# <details><summary>Answer</summary>
#
# **B: the ids.** Its loss falls like that of a sound run, to {{sabotage.ids_shifted.train_loss}}, because the network
# learns what it is told. Only the score, which is counted against the true ids, is near 0, and in the masks the colours
# have changed places. For nine epochs its border scores higher than that of the sound run, which is not a merit: what it
# calls border is the background, and wherever that spills over the outline, it hits a bit of the true border.
#
# **D: the gradients.** Each step goes along the sum of all gradients so far. The loss does not explode, as one often reads. It
# falls a little, then stalls unevenly, and is {{sabotage.no_zero_grad.train_loss}} in the twelfth epoch, where the run
# without a bug has {{sabotage.sound.train_loss}}.
#
# <!-- not measured here -->
# **A and C** both stop falling early, and both have no border. Run **A** has the softmax: the outputs lie between 0 and 1,
# so the loss cannot fall below 0.551, the number of lesson 04, however right the network is. Run **C** has the flips. To
# decide, print the sum of the outputs of one pixel, which is 1 in run A, or look at a training batch under its masks,
# which lie beside their pets in run C.
#
# </details>

# %% [markdown]
# ## What the rules say, and what the runs say
#
# Of the four, the separate flips are the most instructive, because folklore has a rule for them: "striped masks mean that
# augmentation moved image and mask apart". They do not. The network is taught, for the same image, a mask and its mirror
# image. The best that it can do is to predict what the two have in common, a blob. The masks become *smoother*: they have
# {{unpaired_flips.unpaired.edge_ratio}} times as many edges as the truth, and with paired flips it is
# {{unpaired_flips.paired.edge_ratio}} times. The border, which hardly ever agrees with its mirror image, disappears: its IoU
# is {{unpaired_flips.unpaired.border}}, with paired flips {{unpaired_flips.paired.border}}. And the loss, at
# {{unpaired_flips.unpaired.train_loss}} in the twelfth epoch, looks like that of a run which merely needs more time.
#
# Stripes exist, too. They come from rows of the wrong length: a program reshapes or reads an array with a width that is off
# by a few pixels, and each row begins a little later than the one above.

# %%
wrong_width = SIZE - 3  # the file has rows of 96 pixels, and the program believes in 93
stripes = (
    validation.take(np.array([3]))[1][0]
    .ravel()[: wrong_width * wrong_width]
    .reshape(wrong_width, wrong_width)
)
show_masks(
    {"a mask": validation.take(np.array([3]))[1][0], "read with the wrong width": stripes},
    names=PET_CLASSES,
    alt="A mask of a pet, and the same numbers in rows that are three pixels too short: slanting stripes.",
)

# %% [markdown]
# | observation | causes to suspect | the probe |
# |---|---|---|
# | the loss falls, the score stays near 0 | ids: 1 to 3 for 0 to 2, 0 and 255, another order | print the ids of one batch; score a mask against itself |
# | the score is high, the overlays are wrong | the metric sees a part only; the palette has another order | score one image by hand |
# | everything is background | one class has nearly all pixels; the rate is too high; no `zero_grad` | the share of each class; the class IoUs; overfit one batch |
# | blobs without a border | image and mask are moved apart | a training batch under its masks |
# | slanting stripes | rows of the wrong length | the shape, before and after each reshape |
# | the loss stops early, far above 0 | softmax in the model; no `zero_grad`; frozen weights | overfit one batch; sum the outputs of a pixel |
#
# One rule covers them all. **If the loss falls but the overlays get worse, it is a bug, overfitting, or a wrong metric**:
# look at a training batch for the first, at validation images for the second, and score one image by hand for the third.
#
# ## The rate that waits for validation
#
# A high learning rate gets ahead fast and then trembles around the goal; a low one creeps. A common recipe starts high and
# lowers the rate when validation has stopped improving, on a **plateau**. With Adam at 1e-4, patience 5 and factor 0.5, the
# rate is halved when more than 5 epochs in a row bring no new best mIoU. After which of these ten epochs is that?

# %% tags=["nbval-check-output"]
scores, rate, patience, factor = example("recipe")
print("score  new best?")
for epoch, score in enumerate(scores, start=1):
    print(f"{score:.2f}  ", "yes" if score > max([0, *scores[: epoch - 1]]) else "no")

# %% [markdown]
# <details><summary>Answer</summary>
#
# <!-- not measured here -->
# After epoch 9. The third score, 0.50, is the best for a long time. Scores 4 to 8 are five epochs without a new best, and
# are forgiven; to equal the best is not to beat it. Score 9 is the sixth, so epoch 10 is the first at half the rate.
#
# </details>

# %% [markdown] exercise="plateau-rates"
# Write `plateau_rates`. `torch.optim.lr_scheduler.ReduceLROnPlateau(mode="max")` does the same one step at a time. Here
# you return the whole list, so that you can see it, and it works without an optimizer.

# %% exercise="plateau-rates"

# %%
plateau_rates = unblock("plateau-rates")

# %% [markdown]
# Waiting for a plateau suits runs of unknown length. This run has 20 epochs, so its rate can follow a plan: it rises for the
# first four epochs, which is called *warm-up*, and falls along half a cosine towards 0. After the run you can ask what
# `plateau_rates` would have done.
#
# The optimizer is Muon, a recent one, which takes the place of AdamW here. The course's own recipe uses it:
# in 480 steps on pocket pets at 64 × 64 it came to a test mIoU of {{optimizers.muon_480.miou}}, and AdamW to
# {{optimizers.adamw_480.miou}}. [Lesson 10](10_training_craft.ipynb) explains and compares them.
#
# ## The run
#
# A run is a folder. What goes into it after every epoch:
#
# | what | why |
# |---|---|
# | training loss | does the optimizer get anywhere? |
# | validation loss | does it carry over to new images? |
# | validation mIoU, and the IoU of each class | the score that picks the weights, and the weak class that hides in the mean |
# | image, truth and prediction of a few pets | your eyes catch what no number shows |


# %%
from course_lib.files import atomic_path, write_text


@torch.no_grad()
def mean_loss(model, batches):
    """Return the mean loss over the images, in evaluation mode."""
    model.eval()
    total, seen = 0.0, 0
    for images, targets in batches:
        total += F.cross_entropy(model(images), targets, ignore_index=IGNORE_INDEX).item() * len(images)
        seen += len(images)
    return total / seen


@torch.no_grad()
def segment(model, photo):
    """Return the ids (H, W) of a photo, uint8 (H, W, 3), at its own size: squeeze, predict, enlarge the logits."""
    small = np.array(Image.fromarray(photo).resize((SIZE, SIZE), Image.Resampling.BILINEAR))
    pixels = torch.from_numpy(small).permute(2, 0, 1).unsqueeze(0).to(DEVICE)  # (1, 3, SIZE, SIZE)
    logits = F.interpolate(model.eval()(normalize(pixels)), size=photo.shape[:2], mode="bilinear")
    return logits.argmax(dim=1)[0].byte().cpu().numpy()


# %%
def save_epoch(run, log, model, validation):
    """Write the log, the overlays of four validation pets, and the weights if these are the best so far."""
    lines = [",".join(log[0]), *(",".join(f"{value:.6g}" for value in row.values()) for row in log)]
    write_text(run / "log.csv", "\n".join(lines) + "\n")
    images, masks = validation.take(
        np.linspace(0, len(validation) - 1, 4).astype(int)
    )  # (4, H, W, 3), (4, H, W)
    for number, (image, mask) in enumerate(zip(images, masks, strict=True), start=1):
        over = [overlay(image, ids, PALETTE) for ids in (mask, segment(model, image))]
        with atomic_path(run / "overlays" / f"epoch-{len(log):03d}-{number}.png") as path:
            Image.fromarray(np.hstack([image, *over])).save(path)  # (H, 3 W, 3)
    if log[-1]["val_mIoU"] == max(row["val_mIoU"] for row in log):
        with atomic_path(run / "best.pt") as path:
            torch.save(model.state_dict(), path)


# %% [markdown]
# Everything is in place. Read the loop from top to bottom before you start it: the network, `train_epoch` and `evaluate` are
# yours. It then takes one to three minutes, and prints a line after every epoch. **While it runs, write down:**
#
# 1. In which epoch will the network first beat the centre prior, whose mIoU is in your first table?
# 2. Which of the three classes will have the lowest IoU at the end?
# 3. Will the validation loss end above the training loss or below it? Think of what happens to the training images.


# %%
from datetime import datetime

from course_lib.training.optimizers import build_optimizer


# %%
def train(training, validation, epochs, name):
    """Train a new network; return it with its best weights, and the log."""
    run = course_root() / "runs" / f"{name}-{datetime.now():%Y%m%d-%H%M%S}"
    print("The run's folder:", run.relative_to(course_root()))
    model, log = new_network(), []
    optimizer = build_optimizer("muon", model, lr=0.02, weight_decay=0.1)
    batches = Batches(training, torch.Generator().manual_seed(SEED))
    for epoch in range(1, epochs + 1):
        started = time.monotonic()
        share = min(1, epoch / 4) * (1 + math.cos(math.pi * (epoch - 1) / epochs)) / 2
        for group in optimizer.param_groups:
            group["lr"] = share * group["base_lr"]
        row = {"epoch": epoch, "train_loss": train_epoch(model, batches, optimizer)}
        row["val_loss"] = mean_loss(model, Batches(validation))
        ious = evaluate(model, Batches(validation), len(PET_CLASSES))
        row["val_mIoU"] = float(np.nanmean(ious))
        row |= {f"val_iou_{name}": float(iou) for name, iou in zip(PET_CLASSES, ious, strict=True)}
        log.append(row | {"seconds": time.monotonic() - started})
        save_epoch(run, log, model, validation)
        left = sum(row["seconds"] for row in log) / epoch * (epochs - epoch)
        print(
            f"epoch {epoch:2}  loss {row['train_loss']:.3f}  mIoU {row['val_mIoU']:.3f}  {left:4.0f} s left"
        )
    model.load_state_dict(torch.load(run / "best.pt", map_location=DEVICE, weights_only=True))
    return model, log, run


# %% tags=["trains"]
model, log, RUN = train(training, validation, EPOCHS, "lesson-07")

# %%
import matplotlib.pyplot as plt

from course_lib.plots import show

best = max(log, key=lambda row: row["val_mIoU"])
epochs = [row["epoch"] for row in log]
figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.8), layout="constrained")
left.plot(epochs, [row["train_loss"] for row in log], "k-", label="training loss")
left.plot(epochs, [row["val_loss"] for row in log], "--", color="#CC79A7", label="validation loss")
right.plot(epochs, [row["val_mIoU"] for row in log], "k-", linewidth=2, label="mIoU")
looks = zip(PET_CLASSES, ("#D55E00", "#0072B2", "#B8A900"), ("--", ":", "-."), strict=True)
for column, colour, line in looks:
    right.plot(epochs, [row[f"val_iou_{column}"] for row in log], line, color=colour, label=column)
right.axvline(best["epoch"], color="#777777", linewidth=1, label=f"best epoch: {best['epoch']}")
right.axhline(baselines["centre prior"].mean_iou(), color="#777777", linestyle=":", label="centre prior")
left.set(xlabel="epoch", title="Loss")
right.set(xlabel="epoch", title="IoU on validation", ylim=(0, 1))
for ax in (left, right):
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.17), ncols=3, frameon=False)
    ax.locator_params(axis="x", integer=True)
    ax.grid(alpha=0.3)
show(
    figure,
    alt="Left: both losses fall together. Right: mIoU and the IoU of each class rise; border is lowest.",
)

# %% [markdown]
# The answers to your three questions are in these curves. Now read the two losses together.
#
# | training loss | validation loss | it is called | try |
# |---|---|---|---|
# | still falls | falls with it | **underfitting**: there is more to learn | more epochs, a larger network |
# | falls | has turned and rises | **overfitting**: the images are learned by heart | more augmentation, more images, fewer epochs |
# | stalls high | stalls high | neither: suspect a bug | the probes above |
#
# Which row is this run? If both losses fell to the end, it is the first. The training images are augmented and the
# validation images are not, so the training loss may well be the higher of the two; what counts is where each curve is
# going. That the last epochs are flat does not mean that there is nothing left to learn. The plan has taken the rate to
# 0.7 % of its highest value in epoch 20, and with such small steps no network gets far. To see whether it has more to
# learn, start again with more epochs: the plan then stretches with them.
#
# If the validation curves jump in single epochs, look at the trend. The rate is highest in epoch 4, where the warm-up
# ends, and a large step can land anywhere; the steps become smaller as the rate falls. Keeping the weights of the best
# epoch on validation, and stopping when it lies far back, is called **early stopping**, and it is the cheapest cure for
# overfitting.
#
# **Move something.** The same run, epoch by epoch, curves and overlays together. It opens at the best epoch. Go to epoch 2 and
# step forward: is there an epoch in which the loss fell and the overlays got further from the truth? The sentence below the
# pictures says where the score fell. If you find one, look at the epochs after it as well. One bad epoch is mostly chance;
# several in a row are what the rule above speaks of.

# %%
from course_lib.explorers import explore_run

explore_run(RUN)

# %% tags=["nbval-check-output"]
print("the overlays are there:", len(list((RUN / "overlays").glob("*.png"))) == 4 * len(log))
print("beats all background:", best["val_mIoU"] > baselines["all background"].mean_iou())
print("beats the centre prior:", best["val_mIoU"] > baselines["centre prior"].mean_iou())

# %%
for patience in (5, 2, 1, 0):
    lowered = plateau_rates([row["val_mIoU"] for row in log], 0.02, patience, 0.5)
    print(
        f"with patience {patience} the rate would have been halved {round(np.log2(0.02 / lowered[-1]))} times"
    )

# %% [markdown]
# Less patience never means fewer halvings. With patience 0 every epoch without a new best costs half of it,
# although a single such epoch is mostly chance. That is why the recipe waits for more than five.
#
# ## How much of a score is luck?
#
# <!-- not measured here -->
# Suppose you change something, and the mIoU rises by .003. Is it better? A shorter recipe than this one, with AdamW at
# 64 × 64, was trained with five seeds, and nothing else was changed. On the 100 test images the five mIoUs run
# from {{seeds.test.miou:lowest}} to {{seeds.test.miou:highest}}. Their **spread**, which in this course is the standard
# deviation, is {{seeds.test.miou:spread}}; for the border it is {{seeds.test.border:spread}}.
#
# So a difference of .003 between two single runs says nothing at all. To choose between two ideas, train each with several
# seeds, and believe a difference that is plainly larger than the spread.
#
# <!-- not measured here -->
# **Choose between two runs.** Suppose that recipe A came to a validation mIoU of 0.476, 0.483 and 0.490 with three seeds, and
# recipe B, which takes twice as long, to 0.481, 0.487 and 0.493. Which one do you take?
#
# <details><summary>Answer</summary>
#
# <!-- not measured here -->
# The means are 0.483 and 0.487, and the spreads are 0.007 and 0.006. A difference of 0.004 is smaller than either, so these
# runs do not show that B is better at all. Take A, because it costs half as much; or give A the time that B would take, and
# see what more steps are worth. If 0.004 matters to you, it takes many more seeds to find out.
#
# </details>
#
# ## Three wrong labels
#
# A network that has learned from many right labels can find the wrong ones. The next cell takes the validation masks and
# spoils three of them, as tired people do: in one, pet and background are exchanged; one belongs to another image; one
# is upside down. A map of the network's loss, as in [lesson 04](04_per_pixel_cross_entropy.ipynb), shows how much the
# network objects to the label of each pixel.

# %% [markdown] exercise="suspects"
# Write `suspects`, which returns the images whose labels deserve a second look.

# %% exercise="suspects"

# %%
suspects = unblock("suspects")

# %%
images, labels = validation.take(np.arange(len(validation)))  # (N, H, W, 3), (N, H, W)
chance = np.random.default_rng(7)
planted = sorted(chance.choice(len(labels), 3, replace=False).tolist())
exchanged, foreign, turned = planted
labels = labels.copy()
labels[exchanged] = np.array([1, 0, 2], np.uint8)[labels[exchanged]]
labels[foreign] = labels[(foreign + 20) % len(labels)]
labels[turned] = labels[turned][::-1].copy()

with torch.no_grad():
    parts = [
        model.eval()(normalize(part.to(DEVICE))).cpu() for part in to_tensors(images, labels)[0].split(BATCH)
    ]
losses = F.cross_entropy(
    torch.cat(parts), torch.from_numpy(labels).long(), reduction="none"
).numpy()  # (N, H, W)
found = suspects(losses, labels, 6)
print("planted:", planted, " the six suspects, the worst first:", found)

# %%
panels = {}
for place in found:
    panels[f"{place}{', planted' if place in planted else ''}"] = (images[place], labels[place])
for place in found:  # black: no loss; the brightest: a loss of 4 and more
    panels[f"loss of {place}"] = (plt.colormaps["inferno"](losses[place] / 4, bytes=True)[..., :3], None)
show_over(
    panels,
    names=PET_CLASSES,
    columns=6,
    size=1.8,
    alt="The six validation images with the largest loss under their labels, and a map of each one's loss below it. Those "
    "with planted errors are named.",
)

# %% [markdown]
# How many of the three planted errors are among the six? And which of them has its pet and background exchanged, which has the
# mask of another image, and which is upside down?
#
# <details><summary>Answer</summary>
#
# The cell that planted them took them in the order of their numbers: the first is exchanged, the second foreign, the third
# upside down. An exchanged mask has the right outline, with the colours the wrong way round, and its map burns nearly
# everywhere except along the border. A foreign one has an outline that has nothing to do with its picture.
#
# </details>
#
# A mistake can hide behind hard images if most pixels of the wrong
# mask are right all the same, as in a mask that is upside down with its pet in the middle. The suspects that were not planted
# are images that the network finds hard, and they tell you what to collect more of. In real data sets the same list finds
# real mistakes, and people mend them: look first, and correct a label only if it is wrong, not because the network would
# prefer another one.
#
# ## Open the test set, once
#
# Everything is decided: the weights, the size, the rate. Now, and only now, the test images. Three things are measured.
#
# - **IoU at the size of training**, against masks that were made smaller.
# - **IoU at the photo's own size**: the logits are enlarged, and compared with the mask in the file. This is what a user
#   sees, and the only figure that may be compared with published ones.
# - **Boundary IoU** of lesson 03, which looks at a thin band along the outline, where the inside cannot help.
#
# **Before you run the cell:** which of the three will be lowest for the pet, and by how much will the second differ from
# the first? The cell segments each test photo at its own size, which may take half a minute in which nothing is printed.

# %%
test = load_pets(folder, "test", SIZE)
test = test.subset(np.arange(len(test)))
full, outline = ConfusionMatrix(len(PET_CLASSES)), BoundaryScores(len(PET_CLASSES))
for entry in test.pets.entries[:400]:
    photo, truth = read_pair(entry)  # at their own size
    predicted = segment(model, photo)
    full.update(predicted, truth)
    outline.update(predicted, truth)
test_ious = evaluate(model, Batches(test), len(PET_CLASSES))
test_baselines = {"all background": all_background(test), "centre prior": centre_prior(training, test)}
report = "\n".join(
    [
        TABLE_HEAD,
        table_row(f"**your network, test ({len(test)} images), {SIZE} × {SIZE}**", test_ious),
        table_row("**the same, at the photos' own size**", full.iou()),
        table_row("the same, Boundary IoU", outline.boundary_iou()),
        *(table_row(f"{name}, {SIZE} × {SIZE}", matrix.iou()) for name, matrix in test_baselines.items()),
    ]
)
write_text(
    RUN / "report.md", f"# Pet trimaps: {DATA}, best of {len(log)} epochs: {best['epoch']}\n\n{report}\n"
)
display(Markdown(report))

# %% tags=["nbval-check-output"]
print("beats all background on test:", np.nanmean(test_ious) > test_baselines["all background"].mean_iou())
print("beats the centre prior on test:", np.nanmean(test_ious) > test_baselines["centre prior"].mean_iou())
print("the border is the weakest class:", PET_CLASSES[np.argmin(test_ious)] == "border")

# %% [markdown]
# If the first two rows are close, the masks have lost little by being small. That need not be so: what is thinner than one
# pixel at the size of training, such as a whisker or a distant pole, does not return when the logits are enlarged.
#
# Boundary IoU is the strict one for the pet, because it takes the easy inside out of the score. For the border it hardly
# differs from the IoU, because nearly all of the class lies along an outline anyway.
#
# How does the test score compare with that of validation? Two things pull at it. The epoch was chosen on validation, and
# part of what made it the best was luck, which the test images do not share. But other images may also be easier or harder,
# so compare the baselines on both sets: only differences on the same images mean something. And if you change
# something now because of the test score, the test set has become a second validation set, and none is left.

# %% [markdown]
# ## What is a good mIoU?
#
# There is no answer without the data set. A score depends on the number of classes, on how thin they are, and on how
# exact the labels are. These are points to steer by:
#
# | on | what | mIoU |
# |---|---|---|
# | pocket pets | all background, centre prior, your network | your table above |
# | real pets, three breeds | a network from random weights, 240 images, 300 steps | {{transfer_real.effnet_scratch_240.miou}} |
# | real pets, three breeds | the same network, images and steps, its encoder trained on ImageNet | {{transfer_real.effnet_imagenet_240.miou}} |
# | real pets, all 37 breeds | published: U-Nets from random weights, 8 to 10 epochs | about 68 % |
# | real pets, all 37 breeds | published: with encoders from ImageNet, or ten hours on a GPU | 72 to 81 % |
# | Pascal VOC, 21 classes | FCN-8s (2015); PSPNet (2017); DeepLab v3+ (2018) | 62 %; 85 %; 89 % |
# | Cityscapes, 19 classes | PSPNet (2017); DeepLab v3+ (2018); SegFormer-B5 (2021) | 80 %; 82 %; 84 % |
#
# The VOC and Cityscapes figures are the papers' own best ones, some with extra training data; SegFormer's is on
# validation images, the others are on test images. Those for all 37 breeds come from public repositories and not from
# papers, so no year is given for them. You will often read that 75 to 85 % is a typical result on VOC and 75 to 80 % on
# Cityscapes, which is a fair rule for networks that are good and not the very best. On trimaps of pets the border pulls
# every mean down: it is a band of a few pixels whose edge two people would draw differently.
#
# The second and third rows differ in the first weights and in nothing else, and that makes a difference of
# {{transfer_real.effnet_imagenet_240.miou - transfer_real.effnet_scratch_240.miou}}. This is why real projects hardly ever
# start from random weights. [Lesson 10](10_training_craft.ipynb) shows how to start from trained ones.
#
# ## Your photo
#
# Now a photo that nobody has labelled. Set `PHOTO` to the path of one of your own; as it stands, it is Chelsea, the cat of
# lesson 00, and beside your network is the one of that lesson, which was trained on photos. **Before you run the cell:**
# your network has seen drawings only. What will it make of a real cat?

# %%
from course_lib.data.photos import open_photo
from course_lib.first_network import FirstNetwork
from course_lib.training.inference import read_photo

PHOTO = None  # or the path of your own

photo = read_photo(PHOTO) if PHOTO else np.array(open_photo("chelsea"))  # (H, W, 3)
first = Image.fromarray(FirstNetwork().scores(Image.fromarray(photo)).argmax(axis=0).astype(np.uint8))
first = np.array(first.resize(photo.shape[1::-1], Image.Resampling.NEAREST))  # (H, W)
show_over(
    {
        "photo": (photo, None),
        "your network, trained on drawings": (photo, segment(model, photo)),
        "the network of lesson 00": (photo, first),
    },
    names=PET_CLASSES,
    columns=3,
    size=3.4,
    alt="A photo of a cat, and the same photo under two masks: that of your network and that of lesson 00.",
)

# %% [markdown]
# Whatever yours found, it had learned from the fur, the ears and the eyes of drawings. A segmentation network is good at what
# it was shown, and it is worth asking of each one what that was.
#
# ## The same run on real pets
#
# Now show it photos. `course data download` fetches them, or the environment variable `COURSE_PETS_ROOT` names a folder that
# holds them already. Then set `REAL_EPOCHS` to 20 and run the next two cells. The 37 breeds have twelve times as many
# training images as the pocket pets, so this takes twelve times as long as the run above: nearly
# half an hour, if that took two minutes.

# %%
import os

REAL_EPOCHS = 0  # 20, if you have the photos

try:
    real_folder = find_pet_folder(os.environ.get("COURSE_PETS_ROOT", data_home() / "pets"))
except FileNotFoundError:
    real_folder = None
    print("No real pets are at hand. `course data download` in a terminal fetches them.")

# %% tags=["trains"]
if real_folder and REAL_EPOCHS:
    real = train_validation_split(load_pets(real_folder, "trainval", SIZE))
    real_model, real_log, _ = train(*real, REAL_EPOCHS, "lesson-07-real")
    print(f"best validation mIoU on real pets: {max(row['val_mIoU'] for row in real_log):.3f}")
    show_over(
        {"photo": (photo, None), "trained on photos": (photo, segment(real_model, photo))},
        names=PET_CLASSES,
        columns=2,
        size=4,
        alt="The same photo, under the mask of the network that was trained on photos.",
    )
else:
    print("Not trained on real pets:", "REAL_EPOCHS is 0." if real_folder else "there are none at hand.")

# %% [markdown]
# ## Say what it gets wrong
#
# A table says how much is wrong, not what. Go back to the overlays of your best epoch, to the suspects and to the curves of
# each class. Then write three to six sentences into the next cell (Enter opens it, Shift+Enter shows it). No check reads
# them; if your course has an instructor, a person will.
#
# - Which mistake do you see most often, and in what kind of image?
# - Which class pays for it, in numbers from your table?
# - What would you change first, and which number on validation would tell you that it helped?

# %% [markdown] written="failures" points=3
# Most mistakes lie along the outline. The predicted border is a closed band of nearly even width, so that thin parts such as
# tails and ears end early or melt into it, and where fur and wall have the same colour a piece of the background becomes
# pet. The border pays most: its IoU is by far the lowest of the three at either size, because it is only a few pixels wide,
# and two pixels to the side already cost more than a third of it. I would first train at 128 × 128 and change nothing
# else. I would believe that it helped if, over three seeds, the validation IoU of the border rose by more than its spread
# while that of the pet did not fall. The loss would not tell, because it is an average over pixels, and most pixels are
# background.

# %% [markdown]
# ## More pets, more pixels, more epochs
#
# | | `DATA` | `SIZE` | `EPOCHS` | `WIDTHS` | work, compared with this lesson's run |
# |---|---|---|---|---|---|
# | as it stands | `"pocket"` | 96 | 20 | (16, 32, 64, 96) | |
# | larger | `"pocket"` | 128 | 80 | (32, 64, 128, 192) | 28 times: nearly an hour for two minutes |
# | all photos | `"pets"` | 128 | 30 | (32, 64, 128, 192) | 130 times: more than four hours; on a GPU, minutes |
#
# `course train` is the same project as a command. Its loop, `course_lib/training/loop.py`, is yours with a clock, several
# devices and half precision added; a stopped run goes on with `--resume`, and a run remembers when its test set was opened.
# With `--model effnet-unet --weights imagenet` it starts from an encoder that has seen a million photos.
#
# <!-- not measured here -->
# `make project` runs it for two minutes on the pocket pets, at 128 × 128 and with the course's own network, fast-unet, which
# has eight times as many weights as yours. The benchmarks of the course record a test mIoU of 0.76 for it. That is what
# two minutes can give, and a mark against which you can measure your own ideas.

# %% [markdown]
# ## Checkpoint
#
# **1.** Your training loss falls from epoch to epoch, and the validation mIoU has been falling for five epochs. Which weights
# do you keep, and what do you try next?
#
# <details><summary>Answer</summary>
#
# Those of the epoch with the best validation mIoU, which were saved then. The network is overfitting: try more
# augmentation, more images, or fewer epochs.
#
# </details>
#
# **2.** Why must an image and its mask be mirrored by one draw, and why may the brightness of the image change by itself?
#
# <details><summary>Answer</summary>
#
# Mirroring moves the pet, so the mask has to move along. Brightness moves nothing: each pixel keeps its class, and a mask
# has no brightness.
#
# </details>

# %% [markdown]
# **3.** Two batches have a pet IoU of 0.9 (a union of 1,000 pixels) and 0.1 (a union of 10 pixels). What is the mean over
# batches, and what is the pooled IoU?
#
# <details><summary>Answer</summary>
#
# The mean over batches is 0.5. Pooled, it is 900 + 1 pixels of intersection over 1,010 of union: 0.892.
#
# </details>
#
# **4.** The validation mIoU is 0.71, and in every overlay pet and background have changed places. What do you suspect?
#
# <details><summary>Answer</summary>
#
# The colours, not the network: a palette whose order does not match the ids. Score one image by hand to make sure that
# the metric is right.
#
# </details>
#
# **5.** A friend's network passes the test of one batch, and yet its border IoU stays at 0 for the whole run. Which bug of
# this lesson passes that test, and how do you find it? And would the test have found ids that are one too high?
#
# <details><summary>Answer</summary>
#
# Separate flips: the batch of the test is not augmented, so nothing is moved apart. Look at a training batch under its masks,
# and you see it. Ids that are one too high pass the test if you look only at the loss, which falls, because the network
# learns them as they are. The mIoU on the same eight images gives them away, as long as it is counted against the true ids.
#
# </details>

# %% [markdown]
# ## What to remember
#
# - Look at a training batch under its masks before you train, and know what all background and the centre prior score.
# - Masks: nearest neighbour, and one draw for image and mask.
# - Learn one batch by heart first. Then train in training mode, with `zero_grad`; evaluate in evaluation mode, without
#   gradients, pooled over all pixels.
# - Validation chooses; the test set is opened once; one seed is an anecdote.
# - The largest losses on labelled images are hard images and wrong labels.
#
# That was the core of the course. From here on you choose: the table in [lesson 00](00_start_here.ipynb) says what each
# lesson is about. If you have no preference, go on with [Lesson 08](08_losses_for_imbalance.ipynb).
#
# ## Where to go from here
#
# - Parkhi, Vedaldi, Zisserman and Jawahar, *Cats and Dogs* (2012): [the Oxford-IIIT Pet data
#   set](https://www.robots.ox.ac.uk/~vgg/data/pets/).
# - Karpathy, [A Recipe for Training Neural Networks](https://karpathy.github.io/2019/04/25/recipe/) (2019): more habits like
#   that of the one batch.
# - torch's pages on [data loading](https://pytorch.org/docs/stable/data.html) and on
#   [ReduceLROnPlateau](https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.ReduceLROnPlateau.html).
# - Cheng and others, [Boundary IoU](https://arxiv.org/abs/2103.16562) (2021).
# - Northcutt and others, [Pervasive Label Errors in Test Sets](https://arxiv.org/abs/2103.14749) (2021): how many wrong labels
#   famous data sets hold.
