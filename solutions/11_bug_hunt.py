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
# ![One pet as eleven runs see it, below its truth. The healthy run agrees with the truth: body, background, a thin border. Runs A and D look right, too. B is a blob, C is all pet, E has lost thin parts of the border. F, which has pictures of its own, is all background; G has a broad frame of pet, H finds hardly any pet, I finds too much of it and no border. J shows an error, 14 against 15, instead of a picture](pictures/11_ward.png)
#
# **You will be able to**
#
# - find out what is wrong with a run by probes that you choose, and say which of them were worth their price,
# - find the wrong line in a pipeline by reading it,
# - mend ten bugs of segmentation pipelines, and see each symptom go,
# - have a run of your own judged by `course diagnose`.
#
# **You need** lessons 04 to 07.
#
# **Time** 150 minutes; 60 seconds of computing on two CPU cores.

# %%
from course_lib.exercises.l11_bug_hunt.runs import broken_run, has_stopped, healthy_run, mended_run
from course_lib.exercises.l11_bug_hunt.ward import Ward, price_list
from course_lib.training.diagnose import card, diagnose

# %% [markdown]
# ## What health looks like
#
# A pipeline with a bug rarely stops. It trains, its loss falls, a score is printed, and somewhere on the way a number is
# wrong. To notice that number you have to know what the right ones look like. That is why a healthy run comes first.
#
# It trains a tiny U-Net on pocket pets of 64 x 64 pixels, for 60 steps. Everything around the pets is darkened, which
# lets so small a network succeed in so short a time. While it trains, the run writes down more than its score:
# `card` prints all of that evidence.

# %% tags=["trains"]
healthy = healthy_run()
print(card(healthy))

# %% [markdown]
# Read the card from the top; each line is an experiment that somebody could do by hand.
#
# - **Sides of the maps**: what the convolutions give on the way through the network, down to 8 pixels and back up.
# - **A way around**: the network predicts once more with its narrowest maps set to 0. If the logits still follow the image,
#   something leads around these maps, and that is what skips are for.
# - **Blind pixels**: those whose logits are the same for any image.
# - **Image and mask**: a mask is painted as a picture, and the pipeline augments the two like any image and its mask. Do
#   they still agree afterwards?
# - **Loss** is the mean over all steps, the first ones included.
# - **Logged mIoU** is what the pipeline says of itself. **Second look** is the mIoU of a few images, computed in the same
#   way for every run, whatever the run's own validation does.
# - **Classes**: their shares in what the loss is given, in the true masks, and in the predictions, and how much of each
#   class is found. What the loss is given comes from training pets, and the rest from other pets, kept for validation: their
#   shares differ by some points even where nothing is wrong.
# - **Right pixels**: in the middle of the picture, and in a frame of an eighth of the side.
# - **Validation**: how many pixels were counted, how many images were predicted at once, in which mode the model was,
#   and how much was kept for gradients.

# %% [markdown]
# ## The ward
#
# Ten runs are broken, each in one place. In a project of your own nobody hands you a card, though. You decide what to
# look at, and looking takes time: a score is read in a minute, while an augmentation that has to be taken apart takes
# eight. So here every probe has its price.

# %%
price_list()

# %% [markdown]
# The first five runs arrive. Making them takes a moment, and costs you nothing.

# %% tags=["trains"]
ward = Ward(broken_run)
ward.admit("ABCDE")

# %% [markdown]
# Pictures are free. This is one pet in each of the runs, the truth above and the prediction below.


# %%
import matplotlib.pyplot as plt
import numpy as np
from PIL import Image

from course_lib.plots import show


# %%
def show_runs(runs, alt, pet=1):
    """Show one validation pet, a column for each run by its title: the truth above, the prediction below."""
    overlays = {title: sorted((run / "overlays").glob(f"*-{pet}.png")) for title, run in runs.items()}
    overlays = {title: np.asarray(Image.open(found[-1])) for title, found in overlays.items() if found}
    size = (0.4 + 1.4 * len(overlays), 3.1)
    figure, axes = plt.subplots(2, len(overlays), figsize=size, squeeze=False, layout="constrained")
    for (title, picture), (above, below) in zip(overlays.items(), axes.T, strict=True):
        side = len(picture)  # image, truth and prediction are side by side, 4 pixels apart
        above.imshow(picture[:, side + 4 : 2 * side + 4], interpolation="nearest")
        below.imshow(picture[:, -side:], interpolation="nearest")
        above.set_title(title)
    for ax in axes.flat:
        ax.set(xticks=[], yticks=[])
    axes[0, 0].set_ylabel("truth")
    axes[1, 0].set_ylabel("prediction")
    show(figure, alt=alt)


show_runs(
    {"healthy": healthy} | {letter: ward.runs[letter] for letter in "ABCDE"},
    alt="The same pet in the healthy run and in runs A to E, truth above, prediction below: A and D look right, B is a "
    "blob, C is all pet, and in E the tip of the tail and parts of the border are gone. Orange is pet, blue background, yellow border",
)

# %% [markdown]
# These are the ten causes that you will meet, in alphabetical order. Each run has one cause, and no cause comes twice.
#
# | cause | what happens |
# |---|---|
# | augmentation mismatch | image and mask are moved differently |
# | boundary pixels | along the frame of the picture nothing is predicted |
# | class imbalance | the rare classes are not worth predicting |
# | evaluation mode | dropout and batch norm go on as in training |
# | label format | the loss is given other ids than it should be |
# | memory | everything is kept, and nothing is let go |
# | metric on a subset | the score leaves out what is hard |
# | no skip connections | the decoder does not get what the poolings forgot |
# | oversmoothing | few numbers are blown up to many pixels |
# | size mismatch | two maps do not fit together |
#
# **Before you spend anything:** which of these causes shows neither in a score nor in a picture? And which two would cost
# a prediction its thin outlines?

# %% [markdown]
# ## Runs A to E
#
# Write down what you want to see of which run, and run the cell. Change the plan and run it again as often as you like:
# a probe that you have paid for is free the next time. Compare what you find with the healthy card above.

# %%
plan = {
    "A": ["score"],
    "B": ["score"],
    "C": ["score"],
    "D": ["score"],
    "E": ["score"],
}
ward.examine(plan)

# %% [markdown] exercise="causes-a-to-e"
# Name the causes of runs A to E, spelt as in the table. Write down for yourself which line convinced you.
#
# The check says which of your causes are not right yet, and never names the right ones.

# %% exercise="causes-a-to-e"

# %% [markdown]
# ## Runs F to J
#
# Five more arrive. In run F the pets are far away, each only a few pixels large, and nothing is darkened; in run H
# nothing is darkened either. All the rest is as before.

# %% tags=["trains"]
ward.admit("FGHIJ")
show_runs(
    {letter: ward.runs[letter] for letter in "FGHIJ"},
    alt="A pet in runs F to I, truth above, prediction below: F is all background, G has a frame of pet, H has hardly any pet, I too much pet and no border",
)

# %% [markdown]
# Run J is not among the pictures: it stopped before it could predict anything.
#
# Only five causes are left, so the pictures tempt you to guess. Do guess, and write it down. Then buy, for each run, the one
# probe that would prove you wrong.

# %%
plan = {
    "F": ["score"],
    "G": ["score"],
    "H": ["score"],
    "I": ["score"],
    "J": ["error"],
}
ward.examine(plan)

# %% [markdown] exercise="causes-f-to-j"
# Name the causes of runs F to J.

# %% exercise="causes-f-to-j"

# %% [markdown]
# Now the bill. The colleague in the second column knows all ten causes, and pays until a probe has confirmed the one that
# is left. A guess from a picture costs nothing, so you may have spent less, and you may have been lucky.

# %%
ward.bill()

# %% [markdown]
# ## What looked alike
#
# From here on the causes are given away: go back if you have not named them yet.
#
# Three pairs of runs share a symptom, and one probe separates each pair.
#
# | pair | what they share | what separates them |
# |---|---|---|
# | A and H | the logged mIoU and the second look disagree | validation: in A the model is in training mode; in H it is not, but many of the pixels are not counted |
# | B and E | outlines are lost, and nothing leads around the narrowest maps (the probe silence) | sides: B comes back from 8 to 64 in one step, so there is no decoder that a skip could reach |
# | C and I | image and mask disagree (the probe pairs) | targets: in C they hold a single class, which agrees with no picture; in I the ids are right and in the wrong places |
#
# Two runs have pictures like the healthy run's. In A it is only the score that is computed in training mode; the pictures are
# drawn in evaluation mode. And D has the healthy run's score as well, because memory shows in neither.
#
# **The habit to keep:** ask what each cause would make different, and then pay for the probe on which the remaining
# causes disagree most.


# %% [markdown]
# ## Mend them
#
# For each run you write the piece that was broken. Then the run is made again with your piece in it, from the same seed, and you
# look at the lines that were off.
#
# A pipeline can break in three places: in what it hands to the loss, in the network, and in how it is judged. You mend one place
# after the other, and train the runs of that place all at once. The ten take about an hour, so this is a good place for a break. If
# an hour is too long, take first those whose cause surprised you: `unblock` brings the piece of any run that you leave out.

# %%
import torch
import torch.nn.functional as F
from torch import nn

TELLTALE = {  # the lines of the card that were off
    "A": ("logged", "second", "mode"),
    "B": ("sides", "logged"),
    "C": ("loss", "logged", "in the targets", "in the truth"),
    "D": ("logged", "validation", "kept"),
    "E": ("a way around", "logged"),
    "F": ("logged", "predicted", "found"),
    "G": ("blind", "logged", "right pixels"),
    "H": ("logged", "second", "validation"),
    "I": ("image and mask", "logged"),
    "J": ("stopped", "sides of", "logged"),
}


# %%
def mend(**pieces):
    """Make runs again with the mended pieces, and print what was off, broken above mended; return the new runs."""
    runs = {letter: mended_run(letter, piece) for letter, piece in pieces.items()}
    for letter, mended in runs.items():
        print(f"--- run {letter}")
        for start in TELLTALE[letter]:
            for title, run in (("broken", ward.runs[letter]), ("mended", mended)):
                found = [line for line in card(run).splitlines() if line.strip().startswith(start)]
                print("".join(f"{title}  {line}\n" for line in found), end="")
    return runs


def still_fits(runs):
    """Return, for each run, which cause fits it, or that it stopped; nothing for those that are well."""
    causes = {letter: finding.cause for letter, run in runs.items() if (finding := diagnose(run))}
    return causes | {letter: "it stopped" for letter, run in runs.items() if has_stopped(run)}


# %% [markdown]
# ### What the loss is given: C, F and I
#
# **Run C: ids are names.** Run C handled its masks like images: it divided them by 255 and then took whole numbers, so that 1, 2
# and 3 all became 0, the pet. Its loss fell below that of the healthy run, because there was nothing to tell apart.
#
# A loss that falls too fast is a symptom as well. That image and mask agreed in only half of the pixels was a
# consequence: the masks had lost their ids, not their place.

# %% [markdown] exercise="read-labels"
# Write `read_labels(labels)`. It accepts the two formats in which masks are stored, and returns what cross-entropy takes.

# %% exercise="read-labels"

# %%
read_labels = unblock("read-labels")

# %% [markdown]
# **Run F: the many outvote the few.** In run F, 99 of 100 pixels are background. Cross-entropy takes the mean over all pixels, and
# by that measure a network that says background everywhere is nearly perfect.

# %% [markdown] exercise="balanced-loss"
# Write `balanced_loss(logits, targets)`, in which every class counts the same, however few pixels it has.

# %% exercise="balanced-loss"

# %%
balanced_loss = unblock("balanced-loss")

# %% [markdown]
# **Run I: two different crops.** Run I crops images and masks at random, but each at a place of its own. The network learns from
# masks of other places, and the thin border, which has to fit to the pixel, is the first thing that it loses.

# %% [markdown] exercise="crop-pairs"
# Write `crop_pairs(images, masks, tops, lefts, side)`. The places have already been drawn, once for both.

# %% exercise="crop-pairs"

# %%
crop_pairs = unblock("crop-pairs")

# %% [markdown]
# Now train the three again. **While you wait:** one of them will end with exactly the healthy run's loss and mIoU. Which one, and why
# not the other two?

# %% tags=["trains"]
mended = mend(C=read_labels, F=balanced_loss, I=crop_pairs)
show_runs(
    {"F": ward.runs["F"], "F mended": mended["F"], "I": ward.runs["I"], "I mended": mended["I"]},
    alt="Runs F and I, broken and mended. F is all background before; after, there is a blob of pet and border on the tiny pet "
    "and around it. I has too much pet and no border before; after, a thin border all along",
)

# %% tags=["nbval-check-output"]
print("causes that still fit:", still_fits(mended) or "none")

# %% [markdown]
# It is C. Nothing but its targets was wrong, so with the same seed it now takes every step that the healthy run took. I learns from
# crops and F from other pictures.
#
# In F the pets are found now, and much else is called a pet as well. A pixel of background weighs little in this loss, so a false
# alarm costs little. It is as if the threshold from which a pixel is called a pet had been lowered, as lesson 08 explains.

# %% [markdown]
# ### The network: B, E, G and J
#
# **Run B: eight pixels from one number.** To tell a pet from a cushion, a network has to see a wide part of the picture. Run B does
# it by strides: three convolutions that move on by two pixels at a time leave 8 x 8 numbers, which are then blown up to 64 x 64.
# Nothing but smooth blobs can come out of that.
#
# There is another way to see far, which is to spread the nine weights of a kernel out. With **dilation** 2 they lie two
# pixels apart, and with dilation 4 they lie four pixels apart. The kernels reach as far as before, and the map stays as large as it was.
#
# Before you go on: how many pixels in a row do three such kernels see, with dilations 1, 2 and 4?

# %% [markdown] exercise="see-wide"
# Write `see_wide(features, kernels)`. (The answer to the question is 1 + 2 + 4 + 8 = 15.)

# %% exercise="see-wide"

# %%
see_wide = unblock("see-wide")

# %% [markdown]
# **Run E: a decoder in the dark.** Run E has an encoder and a decoder, and the skips are even handed over, but the decoder does not
# use them. In this network a skip is *added*, so no shape gives the omission away.

# %% [markdown] exercise="decode"
# Write `decode(features, skips, ups, convs)`. Mind the order: the encoder made the finest skip first.

# %% exercise="decode"

# %%
decode = unblock("decode")

# %% [markdown]
# **Run G: the frame.** Run G's convolutions are not padded, so its logits lack 8 pixels on each side. To make them fit, zeros were
# put around them. Where all logits are equal, argmax takes the first class, and that is how the frame of pet came about.

# %% [markdown] exercise="full-logits"
# Write `full_logits(model, images, margin)`. Give the model more of the picture, instead of giving the picture more logits.

# %% exercise="full-logits"

# %%
full_logits = unblock("full-logits")

# %% [markdown]
# **Run J: 14 against 15.** Run J got images of 60 x 60 pixels. Before you go on: follow 60 through three poolings, and back up.
# Where does the 14 of the error come from?

# %% [markdown] exercise="fit"
# Write `fit(features, skip)`. It gives back the row and the column that a pooling has dropped.

# %% exercise="fit"

# %%
fit = unblock("fit")

# %% [markdown]
# **While these four train:** two of the mended networks have neither a narrow map nor a skip. Which two? What will their card say of
# a way around, if you print it with `card(mended[...])`?

# %% tags=["trains"]
mended = mend(B=see_wide, E=decode, G=full_logits, J=fit)
pairs = {"B": ward.runs["B"], "B mended": mended["B"], "E": ward.runs["E"], "E mended": mended["E"]}
show_runs(
    pairs | {"G": ward.runs["G"], "G mended": mended["G"]},
    alt="Runs B, E and G, broken and mended. B is a blob before; after, it has an outline and parts of the border. E has lost "
    "thin parts of the border before; after, there is a border all around. The frame of pet around G is gone",
)

# %% tags=["nbval-check-output"]
print("causes that still fit:", still_fits(mended) or "none")

# %% [markdown]
# The two are B and G. Where no map is narrow, nothing has been forgotten, so no way around is needed.
#
# ### How it is judged: A, D and H
#
# **Run A: two modes.** `model.train()` and `model.eval()` decide what dropout and batch norm do. After an epoch the model is in
# training mode, and run A's `predict` took it as it was. So dropout deleted half of the channels, and batch norm used the statistics
# of the batch at hand, and even went on learning them.

# %% [markdown] exercise="mend-mode"
# Write `predict(model, images)`. One more thing: give the model back in the mode in which you got it.

# %% exercise="mend-mode"

# %%
predict = unblock("mend-mode")

# %% [markdown]
# **Run D: nothing was let go.** Run D's scores are right. But its validation handed all images to the model at once and let autograd
# keep what every layer had computed, for a `backward()` that never came. With 60 images of 64 x 64 pixels that wastes memory; with
# 700 images of 512 x 512 it ends the run.

# %% [markdown] exercise="predict-all"
# Write `predict_all(model, images, batch_size)`.

# %% exercise="predict-all"

# %%
predict_all = unblock("predict-all")

# %% [markdown]
# In *training* the gradients are needed, and where memory is short there, other means help: a smaller batch, patches
# instead of whole images, and what [lesson 10](10_training_craft.ipynb) adds.
#
# **Run H: the score nobody looked behind.** Run H only counted the pixels of which the network was sure. There it is mostly right, so
# the score flatters: all that is difficult was left out. One look at the overlays would have told you.

# %% [markdown] exercise="count-pixels"
# Write `count_pixels(logits, targets)`, the confusion matrix of a batch. Only void is left out.

# %% exercise="count-pixels"

# %%
count_pixels = unblock("count-pixels")

# %% [markdown]
# **While the last three train:** in which of them will the logged mIoU go up, in which will it go down, and in which will it stay as it
# was?

# %% tags=["trains"]
mended = mend(A=predict, D=predict_all, H=count_pixels)

# %% tags=["nbval-check-output"]
print("causes that still fit:", still_fits(mended) or "none")

# %% [markdown]
# A's goes up, D's stays, and H's goes down. H's network has not become worse: it was as bad as this all the time. This is the only one
# of the ten bugs whose mending lowers the score. And "no cause fits" does not mean that a network is good: it means that the score can be
# believed, and that more training or a better network is the next step.

# %% [markdown]
# ## Read the code
#
# Probes find bugs that leave a trace. Others are found faster by reading. Each of the next twelve pipelines has exactly
# one wrong line: it runs, raises nothing, and does something else than it should. Everything that you do not see is
# right. Ten are of kinds that this course has warned you of, and two are in no list.
#
# Read like a computer. After each line, say what every name now holds: its shape, its ids, its history. The wrong line is the
# first one after which a name no longer holds what it should.

# %%
from course_lib.exercises.l11_bug_hunt.listings import show_listings

show_listings(1, 2, 3, 4, 5, 6)

# %% [markdown] exercise="wrong-lines-1-to-6"
# Give the number of the wrong line in each of the listings 1 to 6. As before, the check says which of yours are not right yet.

# %% exercise="wrong-lines-1-to-6"

# %%
show_listings(7, 8, 9, 10, 11, 12)

# %% [markdown] exercise="wrong-lines-7-to-12"
# The same for the listings 7 to 12. Try what you suspect on something tiny, in a cell of your own.

# %% exercise="wrong-lines-7-to-12"

# %% [markdown]
# The last two are worth seeing with your own eyes. **Before you run the cell:** what is 10 - 20 if both are `uint8`? And
# after a training step, what does a `state_dict` hold that was taken before it?

# %% tags=["nbval-check-output"]
print("10 - 20 in uint8:", (np.array([10], dtype=np.uint8) - np.array([20], dtype=np.uint8))[0])

layer = nn.Linear(1, 1, bias=False)
best = layer.state_dict()
before = best["weight"].item()
with torch.no_grad():
    layer.weight += 1  # what an optimizer's step does: it changes the weights in place
print("the best weights moved along:", best["weight"].item() == before + 1)

# %% [markdown]
# Pictures are `uint8`, and differences of `uint8` wrap around: convert them to `int` or `float` first. And a `state_dict`
# holds the very tensors of the model, so keep `copy.deepcopy(model.state_dict())`, or write it to a file.

# %% [markdown]
# ## The same for runs of your own
#
# Every run of `course train` writes this evidence into its folder. In a terminal,
#
# ```
# course diagnose runs/first
# ```
#
# goes through the causes, beginning with those that hide others. It names the first one that fits, with the figures that
# show it and what to do about it. If none fits, it says so. From Python it is `diagnose(folder)`. Let it judge the broken runs, and compare its
# reasons with yours. Each line of its evidence belongs to one cause:
#
# | cause | the line that gives it away |
# |---|---|
# | augmentation mismatch | image and mask |
# | boundary pixels | blind pixels, right pixels |
# | class imbalance | classes: predicted, found |
# | evaluation mode | mode of the model |
# | label format | classes: in the targets |
# | memory | largest batch, kept for gradients |
# | metric on a subset | pixels counted, second look |
# | no skip connections | a way around |
# | oversmoothing | sides of the maps |
# | size mismatch | stopped |

# %%
for letter, run in ward.runs.items():
    finding = diagnose(run)
    print(f"{letter}: {finding.cause}\n   {finding.evidence}\n")

# %% [markdown]
# It is a list of rules and nothing more. It knew neither of the two bugs that you have just found by reading, and it
# will not know the next one that nobody has met before. For those there is the habit behind the list: know what health
# looks like, change one thing at a time, and look at the pictures.

# %% [markdown]
# ## Checkpoint
#
# **1.** The mIoU stays near 0.1 from the first epoch on, and the loss is 0.001. Where do you look first, and why is it
# not the learning rate? <!-- not measured here -->
#
# <details><summary>Answer</summary>
#
# Look at the targets: which ids do they hold? A loss near 0 says that the network has learned what it was given, and that
# was not the truth.
#
# </details>
#
# **2.** A colleague reports an mIoU of 0.95, and the overlays show blobs. Name two causes, and how to tell them apart.
# <!-- not measured here -->
#
# <details><summary>Answer</summary>
#
# The metric leaves pixels out, or the overlays draw something else than the predictions: wrong colours, or another image.
# Count the pixels in the confusion matrix, and draw the truth in place of the prediction: both panels must then be equal.
#
# </details>

# %% [markdown]
# **3.** Background IoU 0.97, pet IoU 0.00, border IoU 0.00, pixel accuracy 0.97. What happened, and what would you
# change?
#
# <details><summary>Answer</summary>
#
# Everything is predicted as background, and nearly everything is background. That is class imbalance, unless the masks
# were read as zeros: look at the targets before you change the loss. Then weight the classes, add Dice, or show pictures
# with pets more often, and report the IoU of each class.
#
# </details>
#
# **4.** Validation gives another score each time, though neither weights nor images have changed. What is it?
#
# <details><summary>Answer</summary>
#
# The model is in training mode, and dropout draws anew in each forward pass. Call `model.eval()`. `torch.no_grad()` would
# not help: it switches gradients off, not dropout.
#
# </details>
#
# **5.** Two networks draw blobs. In one the maps go 64, 32, 16, 8, 16, 32, 64, in the other 64, 32, 16, 8, 64. What
# does each need?
#
# <details><summary>Answer</summary>
#
# The first has a decoder, which needs its skips. The second has none: it needs a decoder with skips, or dilation instead
# of strides.
#
# </details>

# %% [markdown]
# ## What to remember
#
# - A bug shows where two numbers **contradict** each other: targets and truth, score and pictures, middle and frame.
# - Choose the probe on which the causes that are left **disagree** most, and begin with the cheap ones.
# - **Look at what the loss is given** before anything else: ids, shapes, and image and mask together.
# - `eval()` and `no_grad()` are two switches, and predicting needs both.
# - A score is worth what it **counts**. Look at the overlays of every run.
# - Read code by asking what each name **holds now**.
#
# ## Where to go from here
#
# - [A Recipe for Training Neural Networks](https://karpathy.github.io/2019/04/25/recipe/), Andrej Karpathy, 2019: the habits
#   of this lesson, for any network
# - [PyTorch: saving and loading models](https://pytorch.org/tutorials/beginner/saving_loading_models.html), with the warning
#   about `state_dict` and copies
# - [PyTorch: reproducibility](https://pytorch.org/docs/stable/notes/randomness.html): seeds, workers, and what no seed fixes
# - [Common limitations of image processing metrics](https://arxiv.org/abs/2104.05642), Reinke and others, 2021: how scores
#   mislead
#
# Next: [Lesson 12](12_atrous_and_context.ipynb), dilation and context at full scale.
