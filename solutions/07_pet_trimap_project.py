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
# ![Three drawn pets, one a row: the picture, its true mask, and the mask that a network predicts after epochs 1, 2, 4, 8, 16 and 32. The first predictions are shapeless blobs without a border; later ones have ears, legs and a border.](pictures/07_epochs.png)
#
# **You will be able to**
#
# - look at a data set before you train on it, and say what a useless model scores there
# - keep image and mask together: through resizing, through augmentation
# - write the training loop and the evaluation of a segmentation network yourself
# - log what matters, look at overlays, and let validation choose the weights
# - go through a checklist when a run is sick, and open the test set once
#
# **You need** lessons 04, 05 and 06. NumPy and PyTorch.
#
# **Time** 120 minutes; 60 seconds of computing on two CPU cores.

# %% [markdown]
# ## The whole project on one page
#
# | part | you write | minutes |
# |---|---|---|
# | look at the data | `overlay` | 20 |
# | masks at another size | `resize_mask` | 15 |
# | three sets, and augmentation | `paired_flip` | 15 |
# | the loop | `train_epoch`, `evaluate` | 35 |
# | rate and choice | `plateau_rates`, `choose_best` | 15 |
# | the run, the checklist, the report | `diagnose` | 20 |
#
# Every part works without the ones that you have not solved yet: where your function does not pass its check, the
# course's own stands in and says so.

# %%
import math
import time
from datetime import datetime

import matplotlib.pyplot as plt
import numpy as np
import torch
import torch.nn.functional as F
from IPython.display import Markdown, display
from PIL import Image

from course_lib.data.folder import find_pet_folder
from course_lib.data.pets import load_pets, read_pair, train_validation_split
from course_lib.data.pocket_pets import write_pocket_pets
from course_lib.data.transforms import normalize, to_tensors
from course_lib.files import atomic_path, write_text
from course_lib.masks import IGNORE_INDEX, PALETTE, PET_CLASSES
from course_lib.metrics import ConfusionMatrix
from course_lib.models import create_model
from course_lib.paths import course_root, data_home
from course_lib.plots import run_curves, show, show_masks
from course_lib.training.baselines import all_background, centre_prior

plt.rcParams["image.interpolation"] = "nearest"  # show pixels as they are

# %% [markdown]
# ## One line chooses the data
#
# `DATA` is that line. `"pocket"` are cats and dogs that the course draws itself; nothing is downloaded. `"pets"` are
# the 7,349 photos of the Oxford-IIIT Pet data set, which `course data download` fetches (800 MB). Or give a folder
# of your own in the same layout. Nothing else has to change.
#
# The other constants are small, so that the whole lesson runs on a laptop. What to set when you have more time is at
# the end of the lesson.

# %%
DATA = "pocket"  # or "pets", or the path of a folder

SIZE = 64  # side of the square images, a multiple of 32
EPOCHS = 30
BATCH = 8
RATE = 3e-3  # learning rate of the first epoch
PATIENCE = 2  # epochs without a new best mIoU that are forgiven
WIDTHS = (16, 32, 64, 96, 96)  # channels of the network's levels
SEED = 0
DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")


# %%
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
# The files hold trimaps with the ids 1, 2 and 3. `load_pets` has turned them into 0 pet, 1 background, 2 border, as
# you did in lesson 04, and has squeezed every image into a square. The test set stays closed until the very end.
#
# ## Look at the data first
#
# Numbers can be right while everything is wrong: masks shifted by ten pixels, ids exchanged, images upside down. All of
# that is seen at once if the mask lies *over* its image. So the first tool of the project is the **overlay**: 0.6 of
# the picture plus 0.4 of the colour of each pixel's class.
#
# A pixel is (200, 100, 50), and its class is the pet with the colour (213, 94, 0). Which red value comes out? Work it
# out before you go on: 0.6 · 200 + 0.4 · 213 = 205.2, rounded 205.

# %% [markdown] exercise="overlay"
# Write `overlay`. One thing to watch: pixels are `uint8`, whole numbers from 0 to 255, and calculating in `uint8` starts
# again at 0 after 255. The result must be `uint8` again, because files and screens want that.

# %% exercise="overlay"

# %%
overlay = unblock("overlay")

# %% [markdown]
# Now look. The upper row shows images, the lower row the same with their trimaps: pet orange, background blue, border
# yellow. Take your time, and ask of each pair: does the mask follow the animal? What is border, and what is not?


# %%
def show_pairs(images, masks, alt):
    """Show images (N, H, W, 3) above their overlays with masks (N, H, W)."""
    figure, axes = plt.subplots(2, len(images), figsize=(1.6 * len(images), 3.5), layout="constrained")
    for image, mask, (above, below) in zip(images, masks, axes.T, strict=True):
        above.imshow(image)
        below.imshow(overlay(image, mask, PALETTE))
    for ax in axes.flat:
        ax.axis("off")
    figure.suptitle("above: image; below: pet orange, background blue, border yellow", fontsize="medium")
    show(figure, alt=alt)


chosen = np.linspace(0, len(trainval) - 1, 6).astype(int)
show_pairs(
    trainval.images[chosen],
    trainval.masks[chosen],
    alt="Six cats and dogs above, the same below with the trimap laid over: the border is a thin band round each pet.",
)

# %% [markdown]
# **Before you run the next cell:** which of the three classes has the most pixels, which the fewest?

# %% tags=["nbval-check-output"]
shares = np.bincount(trainval.masks.ravel(), minlength=3) / trainval.masks.size
print("most pixels:  ", PET_CLASSES[shares.argmax()])
print("fewest pixels:", PET_CLASSES[shares.argmin()])

# %%
for name, share in zip(PET_CLASSES, shares, strict=True):
    print(f"{name:12} {share:6.1%}")

# %% [markdown]
# ## What a useless model scores
#
# Two models that have never looked at an image set the bar:
#
# - **all background** says background everywhere;
# - the **centre prior** says, at each place, the class that is most frequent *there* in the training masks.
#
# The second one knows where photographers put their pets. The picture below shows how often each place is pet.

# %%
training, validation = train_validation_split(trainval)
training_masks = trainval.masks[training.indices]  # (N, H, W)
figure, ax = plt.subplots(figsize=(4, 3.2), layout="constrained")
places = ax.imshow((training_masks == 0).mean(axis=0), cmap="viridis", vmin=0, vmax=1)
figure.colorbar(places, label="share of the training images with pet there")
ax.axis("off")
show(
    figure,
    alt="A map of the image: bright in the middle, where two thirds of the images have pet, and dark at the edges.",
)

# %% [markdown]
# **Before you run the next cell:** all background has a pet IoU of 0 and a border IoU of 0. What does that make its
# mIoU, if its background IoU is about 0.6?


# %%
def table_row(name, ious):
    """Return one line of a Markdown table: mIoU, then the IoU of each class; a class without IoU has a dash."""
    cells = [np.nanmean(ious), *ious]
    return f"| {name} | " + " | ".join("-" if math.isnan(value) else f"{value:.3f}" for value in cells) + " |"


TABLE_HEAD = "| | mIoU | " + " | ".join(PET_CLASSES) + " |\n|---|---:" + "|---:" * len(PET_CLASSES) + "|"

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
# Photos come in all sizes, networks like one. Images are resized bilinearly: a new pixel is a mixture of its neighbours.
# Now do that to a mask. Between a pet pixel (0) and a border pixel (2) lies the mixture 1, and 1 is *background*. No
# error appears, because 1 is a valid id.
#
# An id is a name, not an amount. Masks are resized with the **nearest neighbour**: each new pixel copies one old pixel.

# %% [markdown] exercise="resize-mask"
# Write `resize_mask`. The squeeze need not keep the proportions: H rows become `size` rows, W columns become `size`
# columns. NumPy alone is enough; choosing rows and columns is all there is to do.

# %% exercise="resize-mask"

# %%
resize_mask = unblock("resize-mask")

# %% [markdown]
# Here is one mask at its full size, made smaller in both ways. **Before you run the cell:** where will the two differ?
# Inside the pet, far out in the background, or somewhere else?

# %%
image, mask = read_pair(trainval.entries[0])  # (H, W, 3), (H, W), at the photo's own size
nearest = resize_mask(mask, SIZE)
bilinear = np.array(Image.fromarray(mask).resize((SIZE, SIZE), Image.Resampling.BILINEAR))
show_masks(
    {"nearest": nearest, "bilinear": bilinear},
    names=PET_CLASSES,
    differ=True,
    alt="Two small masks of one pet. The bilinear one has a thin line of background between pet and border.",
)
print(f"{(nearest != bilinear).mean():.1%} of the pixels differ")

# %% tags=["nbval-check-output"]
invented = (bilinear == 1) & (nearest == 2)  # border that became background
print("bilinear turned border into background somewhere:", bool(invented.any()))
print("ids after nearest:", np.unique(nearest).tolist(), "after bilinear:", np.unique(bilinear).tolist())

# %% [markdown]
# Along the inner edge of the border, between 0 and 2, bilinear resizing has drawn a line of 1: a line of background
# between the pet and its border. Both masks hold the ids 0, 1 and 2, so a check of the ids finds nothing. Only the way
# it was made tells a good mask from a spoiled one.
#
# ## Three sets, three jobs
#
# ![Three boxes. Training images change the weights. Validation images choose: the epoch, the rate, the size. Test images are opened once, at the end, for the report. No arrow leads back from the test set.](pictures/07_three_sets.png)
#
# - **Training** images change the weights.
# - **Validation** images decide: which epoch to keep, when to lower the rate, which of two ideas is better.
# - **Test** images decide nothing. They are opened once, when everything is decided, and give the number to report.
#
# Whatever you choose because of a score makes that score too good: of twenty tries one is lucky. A number on images that
# took part in no choice is honest, and the second look at them is a choice already.

# %% tags=["nbval-check-output"]
shared = set(training.entries) & set(validation.entries)
print("images that are in training and in validation:", len(shared))
breeds = [{entry.breed_id for entry in part.entries} for part in (training, validation)]
print("every breed is in both:", breeds[0] == breeds[1])

# %% [markdown]
# `train_validation_split` takes a fifth of every breed for validation, from a fixed seed. With a new split in every run
# you would compare runs that were scored on different images.
#
# ## One flip for image and mask
#
# A cat that looks left is as good a cat as one that looks right. Mirroring images at random doubles what the network
# sees, for nothing. That is **augmentation**: changes to the training images that leave the task the same.
#
# The mask must go with its image. If both are mirrored at random, *each with its own draw*, half of the masks belong to
# the mirror image of their photo. The network then learns a compromise between two positions, and its masks come out
# ghostly or striped.

# %% [markdown] exercise="paired-flip"
# Write `paired_flip`. Each pair of the batch gets its own draw, and image and mask share it. Draw from the `generator`
# that is passed in: the same seed then gives the same training. `tensor.flip(-1)` mirrors left to right, and
# `torch.where(condition, a, b)` picks.
#
# The check passes in numbered pixels and reports what it finds: whether pairs no longer fit, whether some but not all
# were mirrored, and so on. "tried with count=24, height=2, width=3, seed=0" means 24 pairs of 2 × 3 pixels.

# %% exercise="paired-flip"

# %%
paired_flip = unblock("paired-flip")

# %% [markdown]
# See it work, and see it fail. Four pairs, mirrored together; below, images mirrored without their masks.

# %%
pairs = to_tensors(
    *training.take(np.arange(0, len(training), len(training) // 4)[:4])
)  # (4, 3, H, W), (4, H, W)
images, masks = paired_flip(*pairs, torch.Generator().manual_seed(SEED))
show_pairs(
    images.permute(0, 2, 3, 1).numpy(),
    masks.numpy(),
    alt="Four pets with their masks: some are mirrored, and every mask lies on its pet.",
)
show_pairs(
    pairs[0].flip(-1).permute(0, 2, 3, 1).numpy(),
    pairs[1].numpy(),
    alt="The same four pets mirrored, under masks that were not: each mask lies beside its pet.",
)

# %% [markdown]
# The second figure is what a network would be taught. The loss would still fall, a little. Overlays of *training*
# batches, looked at once before the first run, show it at a glance.
#
# ## Batches
#
# This class hands out batches: shuffled and mirrored where it has a generator, in order and untouched where it has none.
# Read it once; there is nothing to write.


# %%
class Batches:
    """Go over some pets once, in batches of images (B, 3, H, W), normalized, and targets (B, H, W)."""

    def __init__(self, pets, generator=None):
        self.pets = pets
        self.generator = generator  # None: in order, and as they are

    def __len__(self):
        return math.ceil(len(self.pets) / BATCH)

    def __iter__(self):
        order = torch.arange(len(self.pets))
        if self.generator is not None:
            order = torch.randperm(len(self.pets), generator=self.generator)
        for positions in order.split(BATCH):
            images, targets = to_tensors(*self.pets.take(positions.numpy()))
            if self.generator is not None:
                images, targets = paired_flip(images, targets, self.generator)
            yield normalize(images.to(DEVICE)), targets.to(DEVICE).long()  # (B, 3, H, W), (B, H, W)


# %%
validation_batches = Batches(validation)
training_batches = Batches(training, generator=torch.Generator().manual_seed(SEED))
images, targets = next(iter(training_batches))
print(f"images  {tuple(images.shape)}, {images.dtype}, from {images.min():.1f} to {images.max():.1f}")
print(f"targets {tuple(targets.shape)}, {targets.dtype}, ids {targets.unique().tolist()}")

# %% [markdown]
# Only the training batches are augmented. Validation must be the same images every time, or its scores could not be
# compared from epoch to epoch.
#
# ## An epoch of training
#
# Before the loop, one number to hold on to. **What does a network lose per pixel if it knows nothing**, that is, gives
# each of three classes the same score? Its probability for the right class is 1/3, so the cross-entropy is
# −ln(1/3) = ln 3.

# %% tags=["nbval-check-output"]
logits, any_targets = torch.zeros(1, 3, 4, 4), torch.randint(3, (1, 4, 4))  # (N, C, H, W), (N, H, W)
print(f"{F.cross_entropy(logits, any_targets).item():.3f}", f"{math.log(3):.3f}")

# %% [markdown] exercise="train-epoch"
# Write `train_epoch`. For each batch: logits, loss, gradients to zero, gradients, step. Begin in training mode. The
# result is the mean loss over the *images*: when the last batch is smaller, it counts for less. Our targets hold no
# `IGNORE_INDEX` yet, but a rotation would bring it in, for the corners that lie outside the photo; let the loss leave it
# out.
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
# many batches become one. Look at two batches of the next exercise's first example: in the first, the pet has 1 pixel
# in the intersection and 2 in the union; in the second, 2 and 3.
#
# | | intersection | union | IoU |
# |---|---|---|---|
# | batch 1 | 1 | 2 | 0.500 |
# | batch 2 | 2 | 3 | 0.667 |
# | mean over batches | | | 0.583 |
# | **pooled** | **3** | **5** | **0.600** |
#
# The mean over batches changes when you cut the images into other batches. The pooled IoU does not: add up first, divide
# once.

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
# The network is the U-Net of lesson 06 with one change, to be quick on a laptop: it folds each 2 × 2 block of pixels into
# channels first and unfolds them at the end. **Before you run the next cell:** its weights are random. Will its mIoU
# reach that of the centre prior?

# %%
torch.manual_seed(SEED)
model = create_model("fast-unet", num_classes=len(PET_CLASSES), widths=WIDTHS).to(DEVICE)
untrained = evaluate(model, validation_batches, len(PET_CLASSES))
print(f"{sum(weight.numel() for weight in model.parameters()):,} weights")
display(Markdown("\n".join([TABLE_HEAD, table_row("untrained", untrained), *rows])))

# %% [markdown]
# ## The rate that waits for validation
#
# A high learning rate learns fast and then trembles around the goal; a low one creeps. A common recipe starts high and
# lowers the rate when validation has stopped improving: a **plateau**. The study guide's version: Adam at 1e-4, patience
# 5, factor 0.5. When more than 5 epochs in a row bring no new best mIoU, the rate is halved.

# %% tags=["nbval-check-output"]
scores, rate, patience, factor = example("recipe")
print("score  new best?")
for epoch, score in enumerate(scores, start=1):
    print(f"{score:.2f}  ", "yes" if score > max([0, *scores[: epoch - 1]]) else "no")

# %% [markdown]
# <!-- not measured here -->
# Find the epoch after which the rate is halved. The third score, 0.50, is the best for a long time. Scores 4 to 8 are
# five epochs without a new best, and are forgiven. Score 9 is the sixth: epoch 10 is the first at half the rate.

# %% [markdown] exercise="plateau-rates"
# Write `plateau_rates`. `torch.optim.lr_scheduler.ReduceLROnPlateau(mode="max")` does the same one step at a time. Here
# you return the whole list, so that you can see it, and it works without an optimizer.

# %% exercise="plateau-rates"

# %%
plateau_rates = unblock("plateau-rates")

# %% [markdown]
# ## The epoch to keep
#
# The last epoch is not the best one. After every epoch the loop asks: was this the best so far on validation? If so, the
# weights are saved. A crash, a plateau, or a network that begins to learn its images by heart then costs nothing.

# %% [markdown] exercise="choose-best"
# Write `choose_best`. On a tie the first epoch wins: the later one was not better, only later.

# %% exercise="choose-best"

# %%
choose_best = unblock("choose-best")

# %% [markdown]
# ## The run
#
# A run is a folder. What goes into it after every epoch:
#
# | what | why |
# |---|---|
# | training loss | does the optimizer get anywhere? |
# | validation mIoU | does it carry over to new images? It picks the weights |
# | validation IoU of each class | the weak class hides in the mean; here it is the border |
# | a few overlays | your eyes catch what no number shows |
#
# Why overlays, if the loss is falling? Because most pixels are easy. The loss can fall for a long time on background
# alone, while ears and tails get worse.


# %%
RUN = course_root() / "runs" / f"lesson-07-{datetime.now():%Y%m%d-%H%M%S}"
look_at = np.linspace(0, len(validation) - 1, 4).astype(int)  # the same validation pets every epoch


def write_log(log):
    """Write one line an epoch, with a head."""
    lines = [",".join(log[0]), *(",".join(f"{value:.6g}" for value in row.values()) for row in log)]
    write_text(RUN / "log.csv", "\n".join(lines) + "\n")


@torch.no_grad()
def predict(model, pets, positions):
    """Return the predicted masks of some pets, uint8 (N, H, W)."""
    model.eval()
    masks = []
    for chunk in np.array_split(positions, math.ceil(len(positions) / BATCH)):
        images, _ = to_tensors(*pets.take(chunk))
        masks.append(model(normalize(images.to(DEVICE))).argmax(dim=1).cpu().numpy())  # (B, H, W)
    return np.concatenate(masks).astype(np.uint8)


# %%
def save_overlays(model, epoch):
    """Write the predicted overlays of the pets to look at, one PNG each."""
    images, _ = validation.take(look_at)  # (4, H, W, 3)
    for number, (image, mask) in enumerate(
        zip(images, predict(model, validation, look_at), strict=True), start=1
    ):
        with atomic_path(RUN / "overlays" / f"epoch-{epoch:03d}-{number}.png") as path:
            Image.fromarray(overlay(image, mask, PALETTE)).save(path)


def log_row(epoch, loss, ious, rate, seconds):
    """Return what is logged of an epoch."""
    classes = {f"val_iou_{name}": float(iou) for name, iou in zip(PET_CLASSES, ious, strict=True)}
    score = float(np.nanmean(ious))
    return {"epoch": epoch, "train_loss": loss, "val_mIoU": score, **classes, "lr": rate, "seconds": seconds}


# %% [markdown]
# Everything is in place. Read the loop from top to bottom before you start it: `plateau_rates`, `train_epoch`, `evaluate`
# and `choose_best` are yours.

# %% tags=["trains"]
torch.manual_seed(SEED)
model = create_model("fast-unet", num_classes=len(PET_CLASSES), widths=WIDTHS).to(DEVICE)
optimizer = torch.optim.AdamW(model.parameters(), lr=RATE)
log = []
for epoch in range(1, EPOCHS + 1):
    started = time.monotonic()
    rate = plateau_rates([row["val_mIoU"] for row in log], RATE, PATIENCE, 0.5)[-1]
    for group in optimizer.param_groups:
        group["lr"] = rate
    loss = train_epoch(model, training_batches, optimizer)
    ious = evaluate(model, validation_batches, len(PET_CLASSES))
    log.append(log_row(epoch, loss, ious, rate, time.monotonic() - started))
    write_log(log)
    save_overlays(model, epoch)
    if choose_best(log) == epoch:
        with atomic_path(RUN / "best.pt") as path:
            torch.save(model.state_dict(), path)
    line = log[-1]
    print(
        f"epoch {epoch:2}  loss {loss:.3f}  mIoU {line['val_mIoU']:.3f}  rate {rate:.1e}  {line['seconds']:.1f} s"
    )

# %%
best = log[choose_best(log) - 1]
print(
    f"best on validation: epoch {best['epoch']}, mIoU {best['val_mIoU']:.3f}, written to {RUN.name}/best.pt"
)
show(
    run_curves(log),
    alt="Left: the training loss falls. Right: mIoU and the IoU of each class rise; border is lowest.",
)

# %% [markdown]
# Three questions to ask of these curves. Is the loss still falling at the end? Then more epochs would help. Does it
# fall while the mIoU stands still or falls? Then the network learns its training images by heart: more augmentation
# or more images would help. Which class is far below the others?
#
# Now the overlays, epoch by epoch.

# %%
shown = sorted({1, 2, 4, 8, 16, best["epoch"]} & {row["epoch"] for row in log})
images, masks = validation.take(look_at[:3])  # (3, H, W, 3), (3, H, W)
figure, axes = plt.subplots(3, 1 + len(shown), figsize=(9, 4.3), layout="constrained")
for number, (image, mask, line) in enumerate(zip(images, masks, axes, strict=True), start=1):
    line[0].imshow(overlay(image, mask, PALETTE))
    for ax, epoch in zip(line[1:], shown, strict=True):
        ax.imshow(Image.open(RUN / "overlays" / f"epoch-{epoch:03d}-{number}.png"))
for ax, title in zip(axes[0], ["truth", *(f"epoch {epoch}" for epoch in shown)], strict=True):
    ax.set_title(title)
for ax in axes.flat:
    ax.axis("off")
show(
    figure,
    alt="Three validation pets, one a row: the true overlay, then the predicted one after a growing number of epochs.",
)

# %% [markdown]
# **Move something.** The same run, epoch by epoch, curves and overlays together. Is there an epoch in which the loss fell and the
# overlays got worse?

# %%
from course_lib.explorers import explore_run

explore_run(RUN)

# %% tags=["nbval-check-output"]
print("the loss fell below ln 3:", log[-1]["train_loss"] < math.log(3))
print("the overlays are there:", len(list((RUN / "overlays").glob("*.png"))) == 4 * len(log))
print("beats all background:", best["val_mIoU"] > baselines["all background"].mean_iou())
print("beats the centre prior:", best["val_mIoU"] > baselines["centre prior"].mean_iou())

# %% [markdown]
# ## The failure-modes checklist
#
# Your run is probably healthy. Most first runs are not, and four observations tell what to look for:
#
# | observation | likely cause | look at |
# |---|---|---|
# | mIoU near 0, always | the masks are encoded wrongly: ids 1 to 3 for 0 to 2, 0 and 255, values scaled to 0..1 | the ids of one batch of targets |
# | mIoU high, overlays wrong | the metric looks at a part only, or the colour map is wrong | score one image by hand |
# | all background | class imbalance | the pet's IoU, which is 0 |
# | striped masks | augmentation moved image and mask apart | overlays of a training batch |
#
# A machine can see stripes, too: they have many **edges**, neighbours of different classes. The edge ratio is the number of
# predicted edges over the number of true ones. **Before you run the next cell:** a mask whose every second row
# comes from the mirrored mask, is its ratio nearer to 1, 5 or 50?


# %%
def edge_ratio(predictions, truth):
    """Return how many neighbours differ in class in the predictions (N, H, W), over how many do in the truth."""
    edges = [(np.diff(m, axis=1) != 0).sum() + (np.diff(m, axis=2) != 0).sum() for m in (predictions, truth)]
    return float(edges[0] / edges[1])


truth = validation.take(np.arange(len(validation)))[1]  # (N, H, W)
striped = truth.copy()
striped[:, ::2] = truth[:, ::2, ::-1]
print(f"the truth itself {edge_ratio(truth, truth):.1f}, striped {edge_ratio(striped, truth):.1f}")
image = validation.take(np.array([0]))[0][0]  # (H, W, 3)
figure, axes = plt.subplots(1, 2, figsize=(6, 3.1), layout="constrained")
for ax, mask, title in zip(axes, (truth[0], striped[0]), ("true mask", "striped mask"), strict=True):
    ax.imshow(overlay(image, mask, PALETTE))
    ax.set(title=title, xticks=[], yticks=[])
show(
    figure,
    alt="Left: a pet under its mask. Right: the same pet under a mask whose every second row is mirrored.",
)

# %% [markdown] exercise="diagnose"
# Write `diagnose`: from what was observed in a run to the causes, in the order of the checklist. A run can have several,
# or none. The names of the causes and the limits are in the docstring.

# %% exercise="diagnose"

# %%
diagnose = unblock("diagnose")

# %% [markdown]
# Now examine your own run, with its best weights on all validation images. One of the observations is yours to make. Look
# at the overlays above again: if they are wrong, set `OVERLAYS_LOOK_RIGHT` to `False`.

# %%
OVERLAYS_LOOK_RIGHT = True

model.load_state_dict(torch.load(RUN / "best.pt", map_location=DEVICE, weights_only=True))
predictions = predict(model, validation, np.arange(len(validation)))  # (N, H, W)
observed = {
    "mIoU": [row["val_mIoU"] for row in log],
    "overlays_look_right": OVERLAYS_LOOK_RIGHT,
    "background_share": float((predictions == PET_CLASSES.index("background")).mean()),
    "pet_iou": best["val_iou_pet"],
    "edge_ratio": edge_ratio(predictions, truth),
}
for name, value in observed.items():
    print(f"{name:20} {value if isinstance(value, bool) else np.round(value, 2).tolist()}")

# %% tags=["nbval-check-output"]
checklist = {
    "mask encoding": "mIoU near 0 in every epoch",
    "metric or colours": "mIoU high, overlays wrong",
    "class imbalance": "all background",
    "misaligned augmentation": "striped masks",
}
causes = diagnose(observed)
for cause, observation in checklist.items():
    print(f"{observation:28}", f"applies: suspect {cause}" if cause in causes else "does not apply")

# %% [markdown]
# The second observation deserves a check that does not trust your own `evaluate`. Score the predictions once more by
# another way, straight from the definition, and compare with the log.

# %% tags=["nbval-check-output"]
pet = ((predictions == 0) & (truth == 0)).sum() / ((predictions == 0) | (truth == 0)).sum()
print("the log's pet IoU is right:", np.isclose(pet, best["val_iou_pet"], atol=1e-3))

# %% [markdown]
# ## Open the test set, once
#
# Everything is decided: the weights, the size, the rate. Now, and only now, the test images. Report all classes, and the
# baselines on the same images, so that a reader can tell what the number is worth.

# %%
test = load_pets(folder, "test", SIZE)
test = test.subset(np.arange(len(test)))
test_ious = evaluate(model, Batches(test), len(PET_CLASSES))
test_baselines = {"all background": all_background(test), "centre prior": centre_prior(training, test)}
validation_ious = [best[f"val_iou_{name}"] for name in PET_CLASSES]
report = "\n".join(
    [
        TABLE_HEAD,
        table_row(f"this run, validation ({len(validation)} images)", validation_ious),
        table_row(f"**this run, test ({len(test)} images)**", test_ious),
        *(table_row(f"{name}, test", matrix.iou()) for name, matrix in test_baselines.items()),
    ]
)
title = (
    f"# Pet trimaps: {DATA}, {SIZE}x{SIZE}, best of {len(log)} epochs on validation: epoch {best['epoch']}"
)
write_text(RUN / "report.md", f"{title}\n\n{report}\n")
display(Markdown(report))

# %% tags=["nbval-check-output"]
print("beats all background on test:", np.nanmean(test_ious) > test_baselines["all background"].mean_iou())
print("beats the centre prior on test:", np.nanmean(test_ious) > test_baselines["centre prior"].mean_iou())
print("the border is the weakest class:", PET_CLASSES[np.argmin(test_ious)] == "border")

# %% [markdown]
# How does the test score compare with that of validation? Two things pull at it. The epoch was chosen on validation, and
# part of what made it the best was luck, which the test images do not share. But other images may also be easier or
# harder: compare the baselines above with those on validation. Only differences on the same images mean something.
#
# If you now change something because of the test score and look again, the test set has become a second validation set,
# and there is none left.

# %% [markdown]
# ## Say what it gets wrong
#
# A table says how much is wrong, not what. Go back to the overlays of your best epoch and to the curves of each class.
# Then write three to six sentences into the next cell (Enter opens it, Shift+Enter shows it). No check reads them; if
# your course has an instructor, a person will.
#
# - Which mistake do you see most often, and in what kind of image?
# - Which class pays for it, in numbers from your table?
# - What would you change first, and which number on validation would tell you that it helped?

# %% [markdown] written="failures" points=3
# Most mistakes lie along the outline: the predicted border is a closed band of nearly even width, also where the pet has
# thin parts, so that ears and tails end early or melt into the border. Where fur and wall have the same colour, a piece of
# the background becomes pet. The border pays most: its IoU is the lowest of the three in every row of the table,
# because it is two to four pixels wide at 64 × 64, and one pixel to the side already costs half of it; pet and background
# lose the same pixels from a far larger union. I would first train at 96 × 96 and change nothing else. It helped if the
# validation IoU of the border rises while that of the pet does not fall; the loss alone would not tell, because it is an average
# over pixels, and most pixels are background.

# %% [markdown]
# ## More pets, more pixels, more epochs
#
# | | `DATA` | `SIZE` | `EPOCHS` | `WIDTHS` | minutes, two CPU cores | minutes, one GPU (estimated) |
# |---|---|---|---|---|---|---|
# | as it stands | `"pocket"` | 64 | 30 | (16, 32, 64, 96, 96) | 1 | below 1 |
# | photos, the one line changed | `"pets"` | 64 | 30 | (16, 32, 64, 96, 96) | 6 | 1 to 2 |
# | worth waiting for | `"pets"` | 128 | 30 | (32, 64, 128, 192, 192) | 50 | a few |
#
# To know it for your machine, run one epoch: its seconds are in the log, and the rest is a multiplication.
#
# `course train` is the same project as a command. Its loop, `course_lib/training/loop.py`, is yours with a clock, several
# devices and half precision added; a stopped run goes on with `--resume`, and a run remembers when its test set was
# opened. The picture at the top shows what its recipe adds: the same network at 96 × 96 with rotations, zooms and colour
# changes, cross-entropy plus Dice, another optimizer, and a rate that falls to 0. In 90 seconds it came to a validation
# mIoU of 0.64.
#
# The border gains most from more pixels: at 64 × 64 it is two to four pixels wide.

# %% [markdown]
# ## Checkpoint
#
# **1.** Your training loss falls from epoch to epoch, and the validation mIoU has been falling for five epochs. Which weights
# do you keep, and what do you try next?
#
# <details><summary>Answer</summary>
#
# Those of the epoch with the best validation mIoU, which were saved then. The network is learning its training images by
# heart: try more augmentation, more images, or fewer epochs.
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
# The mean over batches is 0.5. Pooled, 900 + 1 pixels of intersection over 1,010 of union: 0.892.
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

# %% [markdown]
# ## What to remember
#
# - Look at images under their masks before you train, and know what all background and the centre prior score.
# - Masks: nearest neighbour, and one draw for image and mask.
# - Train in training mode, with `zero_grad` before every `backward`. Evaluate in evaluation mode, without gradients, pooled
#   over all pixels.
# - Log loss, mIoU, the IoU of each class, and overlays. Validation chooses; the test set is opened once.
#
# That was the core of the course. What follows you choose: the table in [lesson 00](00_start_here.ipynb) says what each lesson
# is about. If you have no wish of your own, go on with [Lesson 08](08_losses_for_imbalance.ipynb).
