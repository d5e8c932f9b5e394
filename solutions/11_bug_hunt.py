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
# # Bug hunt
#
# ![One dog, twelve times. The truth and the healthy run agree: body, background, a thin border. Runs A and D look
# right, too. B is a blob, C is all pet, E has lost thin parts of the border. F is all background, G has a broad frame of
# pet, H finds hardly any pet, I too much of it and no border. J shows an error, 14 against 15, instead of a
# picture](pictures/11_ward.png)
#
# **You will be able to**
#
# - tell ten bugs of segmentation pipelines by the evidence that each leaves,
# - mend each of them, and see its symptom go,
# - have a run of your own judged by `course diagnose`.
#
# **You need** lessons 04 to 07.
#
# **Time** 110 minutes; 90 seconds of computing on two CPU cores.

# %%
import textwrap

import matplotlib.pyplot as plt
import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn

from course_lib.exercises.l11_bug_hunt.runs import broken_run, healthy_run, mended_run
from course_lib.plots import show
from course_lib.training.diagnose import card, diagnose

# %% [markdown]
# ## What health looks like
#
# A pipeline with a bug rarely stops. It trains, the loss falls, a score comes out, and somewhere a number is wrong. To
# notice that, you must know what right numbers look like.
#
# So here is a healthy run first. It trains a tiny U-Net on pocket pets of 64 x 64 pixels for 80 steps. To let so
# small a network succeed in so short a time, everything around the pets is darkened.
#
# The run writes down more than its score. `card` prints that evidence, line by line.

# %% tags=["trains"]
healthy = healthy_run()
print(card(healthy))

# %% [markdown]
# Read it from the top.
#
# - **Sides of the maps**: what the convolutions give, on the way through the network: down to 8, and back up.
# - **A way around**: the narrowest maps are silenced, set to 0. Do the logits still follow the image? Skips make sure
#   that they do.
# - **Blind pixels**: those whose logits are the same for any image.
# - **Image and mask**: a mask is augmented together with a picture of itself. Do the two still agree?
# - **Logged mIoU** is what the pipeline says of itself. **Second look** is the mIoU of a few images, always computed
#   in the same way, so that the two can be compared.
# - **Classes**: their shares in what the loss is given, in the true masks, and in the predictions; and how much of
#   the true pixels of each is found.
# - **Right pixels**: in the middle, and in a frame of an eighth of the side.
# - **Validation**: how much was counted, how many images at once, in which mode, and how much was kept for gradients.


# %%
def show_runs(runs, alt, pet=1):
    """Show one validation pet, a column for each run by its title: the truth above, the prediction below."""
    overlays = {title: sorted((run / "overlays").glob(f"*-{pet}.png")) for title, run in runs.items()}
    overlays = {title: np.asarray(Image.open(found[-1])) for title, found in overlays.items() if found}
    size = (0.4 + 1.4 * len(overlays), 3.1)
    figure, axes = plt.subplots(2, len(overlays), figsize=size, squeeze=False, layout="constrained")
    for (title, picture), (above, below) in zip(overlays.items(), axes.T, strict=True):
        side = len(picture)  # image, truth and prediction stand side by side, 4 pixels apart
        above.imshow(picture[:, side + 4 : 2 * side + 4], interpolation="nearest")
        below.imshow(picture[:, -side:], interpolation="nearest")
        above.set_title(title)
    for ax in axes.flat:
        ax.set(xticks=[], yticks=[])
    axes[0, 0].set_ylabel("truth")
    axes[1, 0].set_ylabel("prediction")
    show(figure, alt=alt)


show_runs(
    {"healthy": healthy},
    alt="Truth and prediction of a pet: the prediction has its outline, and a border all around",
)

# %% [markdown]
# ## Ten causes
#
# Each line of the card can go wrong by itself. These are the ten causes that you will meet, in alphabetical order, and
# the line that gives each of them away:
#
# | cause | what happens | look at |
# |---|---|---|
# | augmentation mismatch | image and mask are moved differently | image and mask |
# | boundary pixels | along the frame of the picture, nothing is predicted | blind pixels, right pixels |
# | class imbalance | rare classes are not worth predicting | classes |
# | evaluation mode | dropout and batch norm go on as in training | mode of the model |
# | label format | the loss is given other ids than it should | classes |
# | memory | everything is kept, nothing is let go | kept for gradients |
# | metric on a subset | the score leaves out what is hard | pixels counted, second look |
# | no skip connections | the decoder does not get what the poolings forgot | a way around |
# | oversmoothing | few numbers are blown up to many pixels | sides of the maps |
# | size mismatch | two maps do not fit together | stopped |

# %% [markdown]
# ## Runs A to E
#
# Five pipelines, each broken in one place. Before you look at the cards: which of these causes will not show in the
# mIoU at all?

# %% tags=["trains"]
broken = {}
for letter in "ABC":
    broken[letter] = broken_run(letter)
    print(f"--- run {letter}\n{card(broken[letter])}\n")

# %% tags=["trains"]
for letter in "DE":
    broken[letter] = broken_run(letter)
    print(f"--- run {letter}\n{card(broken[letter])}\n")

# %%
show_runs(
    {letter: broken[letter] for letter in "ABCDE"},
    alt="The same pet in runs A to E, truth above, prediction below: A and D right, B a blob, C all pet, E coarse: thin parts of the border are gone",
)

# %% [markdown]
# Some lines to compare, before you decide:
#
# - In which runs do logged mIoU and second look disagree? In which do they agree, though something else is off?
# - B and E both lose outlines, and have no way around. What is different in their sides?
# - C is off in several lines: its targets, image and mask, the scores. Which of them explains the others?

# %% [markdown] exercise="causes-a-to-e"
# Name the causes of runs A to E, by the evidence. Spell them as in the table. Write down for yourself which line of
# the card convinced you.
#
# The check compares numbers that stand for the names, so that it gives nothing away. They say no more than right or
# wrong: how far apart two numbers are means nothing.

# %% exercise="causes-a-to-e"

# %% [markdown]
# ## Runs F to J
#
# Five more. In run F the pets are far away, each a few pixels large, and nothing is darkened; in run H nothing is
# darkened either. All the rest is as before.

# %% tags=["trains"]
for letter in "FGH":
    broken[letter] = broken_run(letter)
    print(f"--- run {letter}\n{card(broken[letter])}\n")

# %% tags=["trains"]
for letter in "IJ":
    broken[letter] = broken_run(letter)
    print(f"--- run {letter}\n{card(broken[letter])}\n")

# %%
show_runs(
    {letter: broken[letter] for letter in "FGHIJ"},
    alt="A pet in runs F to I, truth above, prediction below: F all background, G with a frame of pet, H hardly any pet, I too much pet, no border",
)

# %% [markdown]
# Run J is not among them: it stopped before it could predict anything.
#
# - Which run's score is much better than its pictures? The pictures are right.
# - Which two runs have the right ids in their targets, and learn the wrong thing from them?

# %% [markdown] exercise="causes-f-to-j"
# Name the causes of runs F to J.

# %% exercise="causes-f-to-j"

# %% [markdown]
# ## Mend them
#
# From here on the causes are given away: go back if you have not named them yet.
#
# <details><summary>The questions between the cards, answered</summary>
#
# D's mIoU is that of the healthy run: memory does not show in a score. Logged mIoU and second look disagree in A, and in
# H far more, whose score is better than its pictures. In B, C and E they agree: the score is right, and the network bad.
# B comes back from 8 to 64 in one step, E step by step. C's targets explain its other lines: whoever is given pet
# everywhere learns to say so. F and I have the right ids: in F hardly any of them is pet, in I they lie in the wrong
# places.
#
# </details>
#
# For each run you write the piece that was broken. Then the run is made again with your piece in it, from the same
# seed, and you look at the lines that were off. `compare` prints each of them twice, broken above mended.


# %%
def compare(letter, mended, *lines):
    """Print some lines of the cards of a broken run and of the mended one, one below the other."""
    for name in lines:
        for title, run in (("broken", broken[letter]), ("mended", mended)):
            for line in card(run).splitlines():
                if line.strip().startswith(name):
                    print(f"{title}  {line}")


def is_healthy(run):
    """Say whether none of the causes fits a run."""
    return diagnose(run) is None


# %% [markdown]
# ### Run A: two modes
#
# `model.train()` and `model.eval()` decide what dropout and batch norm do. After an epoch the model is in training
# mode. Run A's `predict` took it as it was: dropout deleted half of the channels, and batch norm used the statistics
# of the batch at hand, and even learned them.

# %% [markdown] exercise="mend-mode"
# Write `predict(model, images)`. One thing more: whoever lends you a model wants it back in the mode it was in.

# %% exercise="mend-mode"

# %%
predict = unblock("mend-mode")

# %% tags=["trains"]
mended = mended_run("A", predict)
compare("A", mended, "logged", "second", "mode")

# %% tags=["nbval-check-output"]
print("nothing left to find:", is_healthy(mended))

# %% [markdown]
# ### Run B: eight pixels from one number
#
# A network must see wide to tell a pet from a cushion. Run B does it by strides: three convolutions that move on by two
# pixels leave 8 x 8 numbers, and these are blown up to 64 x 64. Smooth blobs are all that can come out.
#
# There is another way to see wide: spread the nine weights of a kernel out. With **dilation** 2 they lie two pixels
# apart, with dilation 4 four. The kernel reaches as far, and the map stays as large as it was.
#
# Before you go on: how many pixels in a row do three such kernels see, with dilations 1, 2 and 4?

# %% [markdown] exercise="see-wide"
# Write `see_wide(features, kernels)`. (The answer to the question is 1 + 2 + 4 + 8 = 15.)

# %% exercise="see-wide"

# %%
see_wide = unblock("see-wide")

# %% tags=["trains"]
mended = mended_run("B", see_wide)
compare("B", mended, "sides", "logged")
show_runs(
    {"broken": broken["B"], "mended": mended},
    alt="Run B twice: blobs before, and after with the outlines and parts of the border",
)

# %% tags=["nbval-check-output"]
print("nothing left to find:", is_healthy(mended))

# %% [markdown]
# ### Run C: ids are names
#
# Run C handled masks like images: it divided by 255, and then took whole numbers. 1, 2 and 3 all became 0, the pet. Its
# loss fell below that of the healthy run, because there was nothing to learn.
#
# A loss that falls too fast is a symptom, too. And image and mask agreed in half of the pixels, as by chance: the masks
# had lost their ids, not their place.

# %% [markdown] exercise="read-labels"
# Write `read_labels(labels)`. It takes the two formats that masks come in, and gives what cross-entropy takes.

# %% exercise="read-labels"

# %%
read_labels = unblock("read-labels")

# %% tags=["trains"]
mended = mended_run("C", read_labels)
compare("C", mended, "in the targets", "in the truth", "loss", "logged", "image and mask")

# %% tags=["nbval-check-output"]
print("nothing left to find:", is_healthy(mended))

# %% [markdown]
# ### Run D: nothing was let go
#
# Run D's scores are right. But its validation handed all images to the model at once, and let autograd keep what
# every layer computed, for a `backward()` that never came. With 60 images of 64 x 64 pixels that is a lot of memory for
# nothing; with 700 images of 512 x 512 it is the end of the run.

# %% [markdown] exercise="predict-all"
# Write `predict_all(model, images, batch_size)`.

# %% exercise="predict-all"

# %%
predict_all = unblock("predict-all")

# %% tags=["trains"]
mended = mended_run("D", predict_all)
compare("D", mended, "logged", "validation", "kept")

# %% tags=["nbval-check-output"]
print("nothing left to find:", is_healthy(mended))

# %% [markdown]
# Where memory is short in *training*, gradients are needed, and other means help: a smaller batch, patches instead of
# whole images, mixed precision, and gradient checkpointing.
#
# ### Run E: a decoder in the dark
#
# Run E has an encoder and a decoder, and the skips are even handed over. The decoder does not use them. In this network
# a skip is *added*, so that no shape tells.

# %% [markdown] exercise="decode"
# Write `decode(features, skips, ups, convs)`. Mind the order: the encoder made the finest skip first.

# %% exercise="decode"

# %%
decode = unblock("decode")

# %% tags=["trains"]
mended = mended_run("E", decode)
compare("E", mended, "a way around", "logged")
show_runs(
    {"broken": broken["E"], "mended": mended},
    alt="Run E twice: a coarse outline before, and after a clean one with a border all around",
)

# %% tags=["nbval-check-output"]
print("nothing left to find:", is_healthy(mended))

# %% [markdown]
# ### Run F: the many outvote the few
#
# In run F, 99 of 100 pixels are background. Cross-entropy takes the mean over all pixels, so a network that says
# background everywhere is nearly perfect, by that measure.

# %% [markdown] exercise="balanced-loss"
# Write `balanced_loss(logits, targets)`, in which every class counts alike, however few its pixels.

# %% exercise="balanced-loss"

# %%
balanced_loss = unblock("balanced-loss")

# %% tags=["trains"]
mended = mended_run("F", balanced_loss)
compare("F", mended, "logged", "in the truth", "predicted", "found")

# %% tags=["nbval-check-output"]
print("nothing left to find:", is_healthy(mended))

# %% [markdown]
# The pets are found now, and more: with such weights a network would rather say pet once too often. Lesson 08 compares
# losses for this case.
#
# ### Run G: the frame
#
# Run G's convolutions are not padded, so its logits are 8 pixels smaller on each side. To make them fit, zeros were put
# around them. Where all logits are equal, argmax takes the first class: a frame of pet.

# %% [markdown] exercise="full-logits"
# Write `full_logits(model, images, margin)`. Give the model more of the picture, not the picture more logits.

# %% exercise="full-logits"

# %%
full_logits = unblock("full-logits")

# %% tags=["trains"]
mended = mended_run("G", full_logits)
compare("G", mended, "blind", "logged", "right pixels")

# %% tags=["nbval-check-output"]
print("nothing left to find:", is_healthy(mended))

# %% [markdown]
# ### Run H: the score nobody looked behind
#
# Run H counted the pixels of which the network was sure. There it is mostly right, so the score flatters;
# all that is difficult was left out. One look at the overlays would have told.

# %% [markdown] exercise="count-pixels"
# Write `count_pixels(logits, targets)`, the confusion matrix of a batch. Only void is left out.

# %% exercise="count-pixels"

# %%
count_pixels = unblock("count-pixels")

# %% tags=["trains"]
mended = mended_run("H", count_pixels)
compare("H", mended, "logged", "second", "validation")

# %% tags=["nbval-check-output"]
print("nothing left to find:", is_healthy(mended))

# %% [markdown]
# The network has not become worse. It was that bad all the time. This is the only bug whose mending lowers the score.
#
# ### Run I: two different crops
#
# Run I crops images and masks at random, but each at a place of its own. The network learns from masks of other places,
# and the thin border, which must fit to the pixel, goes first.

# %% [markdown] exercise="crop-pairs"
# Write `crop_pairs(images, masks, tops, lefts, side)`. The places were drawn before, once for both.

# %% exercise="crop-pairs"

# %%
crop_pairs = unblock("crop-pairs")

# %% tags=["trains"]
mended = mended_run("I", crop_pairs)
compare("I", mended, "image and mask", "logged")

# %% tags=["nbval-check-output"]
print("nothing left to find:", is_healthy(mended))

# %% [markdown]
# ### Run J: 14 against 15
#
# Run J got images of 60 x 60 pixels. Before you go on: follow 60 through three poolings, and back up. Where does the
# 14 of the error come from?

# %% [markdown] exercise="fit"
# Write `fit(features, skip)`. It gives back the row and the column that a pooling has dropped.

# %% exercise="fit"

# %%
fit = unblock("fit")

# %% tags=["trains"]
mended = mended_run("J", fit)
compare("J", mended, "stopped", "sides of", "logged")

# %% tags=["nbval-check-output"]
print("nothing left to find:", is_healthy(mended))

# %% [markdown]
# ## The same for runs of your own
#
# Every run of `course train` writes this evidence into its folder. In a terminal,
#
# ```
# course diagnose runs/first
# ```
#
# goes through the causes in the order in which they hide one another, and says which one fits, by which figures, and
# what to do; or that none fits. From Python it is `diagnose(folder)`. Let it judge the broken runs, and compare with
# your answers.

# %%
for letter, run in broken.items():
    finding = diagnose(run)
    evidence = textwrap.fill(finding.evidence, 100, initial_indent="   ", subsequent_indent="   ")
    print(f"{letter}: {finding.cause}\n{evidence}\n")

# %% [markdown]
# It is a list of rules, no more. It knows nothing of a bug that nobody has met before. For that one there is the habit
# behind the list: know what health looks like, change one thing at a time, and look at the pictures.

# %% [markdown]
# ## Checkpoint
#
# **1.** The mIoU stays near 0.1 from the first epoch on, and the loss is 0.001. Where do you look first, and why is it
# not the learning rate?
#
# <details><summary>Answer</summary>
#
# At the targets: which ids are in them? A loss near 0 says that the network has learned what it was given. It was given
# something else than the truth.
#
# </details>
#
# **2.** A colleague reports an mIoU of 0.95. The overlays show blobs. Name two causes, and how to tell them apart.
#
# <details><summary>Answer</summary>
#
# The metric leaves pixels out, or the overlays draw something else than the predictions: wrong colours, another image.
# Count the pixels in the confusion matrix, and draw the truth in place of the prediction: both panels must be equal.
#
# </details>

# %% [markdown]
# **3.** Background IoU 0.97, pet IoU 0.00, border IoU 0.00, pixel accuracy 0.97. What happened, and what would you
# change?
#
# <details><summary>Answer</summary>
#
# All is predicted as background, and nearly all is background: class imbalance. Weight the classes, add Dice to the
# loss, or show pictures with pets more often. And report the IoU of each class.
#
# </details>
#
# **4.** Validation gives another score each time, though neither weights nor images have changed. What is it?
#
# <details><summary>Answer</summary>
#
# The model is in training mode: dropout draws anew in each forward pass. Call `model.eval()`. `torch.no_grad()` would
# not help: it switches gradients off, not dropout.
#
# </details>
#
# **5.** Two networks draw blobs. In one, the maps go 64, 32, 16, 8, 16, 32, 64, in the other 64, 32, 16, 8, 64. What
# does each need?
#
# <details><summary>Answer</summary>
#
# The first has a decoder: it needs its skips. The second has none: it needs one, with skips, or dilation instead of
# strides.
#
# </details>
#
# ## What to remember
#
# - A bug shows where two numbers **contradict** each other: targets and truth, score and pictures, middle and frame.
# - **Look at what the loss is given** before anything else: ids, shapes, and image and mask together.
# - `eval()` and `no_grad()` are two switches. Predicting needs both.
# - A score is worth what it **counts**. Look at the overlays of every run.
# - Print shapes where sizes do not fit; follow them down and up again.
#
# Next: [Lesson 12](12_atrous_and_context.ipynb), dilation and context at full scale.
