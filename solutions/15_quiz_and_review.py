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
# # Quiz and review
#
# ![The course as a map. Lessons 00 to 03 follow from one another and hand on scores, a mask, a score; 03 asks how far from right, which leads to 04. Lessons 04 to 07 hand on a loss, skips and a network. Below them are the lessons that may come in any order, each with its question: 08 builds on 04, what if a class is rare; 09, 12 and 13 on 05, how do small maps grow, how to see further, which dog is it; 14 on 06, what have others trained; 10 and 11 on 07, how to train better, what is wrong here](pictures/15_course.png)
#
# You have come a long way from the index of the highest score. This lesson asks what has stayed with you, sets three
# problems that no single lesson has solved, and gives you what you need in order to look things up later.
#
# **You will be able to**
#
# - say where you are sure, and which lesson to open again where you are not
# - find the mistake of a model that is worth mending first
# - say which score is left when a perfect mask is turned into blocks
# - explain how a loss can fall while the masks get worse
#
# **You need** lessons 01 to 04 for the exercises; the exam asks about whichever lessons you like. Plain Python and some NumPy.
#
# **Time** 75 minutes; 5 seconds of computing on two CPU cores.

# %% [markdown]
# ## The way so far
#
# Follow the arrows in the picture above. What a lesson hands on is written on its arrow: the network of lesson 00 gave scores,
# lesson 01 made a mask of them, and lessons 02 and 03 asked what the mask is worth. A score cannot train a network, so
# lesson 04 replaced it by a loss. The lessons in the last row each answer one question, and you can take them in any order.
#
# **Before you go on:** cover the picture and say for each lesson in one sentence what it was for. Where no sentence comes,
# you know what to open again.
#
# ## An exam of twenty questions
#
# The questions are mixed, because in a project nobody tells you which chapter a problem belongs to. Each lesson is asked about
# once before any is asked about twice. If you have not done all lessons, name yours: `exam("01", "02", "03", "04", seed=15)`.
# Write down a letter for each question, and `-` where you do not know. Guessing helps nobody here.

# %%
from course_lib.questions.exam import exam

paper = exam(seed=15)
paper

# %% [markdown]
# Put your twenty letters between the quotation marks, in the order of the questions and without numbers. The result says how you did in
# each lesson that was asked about, and explains every answer that was wrong.

# %%
letters = ""
paper.mark(letters)

# %% [markdown]
# Your answers are kept in a file beside your progress; if you mark twice on one day, the first time counts. Take another exam tomorrow, with `exam()` in place of
# `exam(seed=15)`: the questions that you missed come first, and those that you knew come back after days, then weeks, then months.
# A question helps most when it returns shortly before you would have forgotten its answer. FSRS works out when that is; the
# flash-card program Anki uses it too. `exam("04", "05", count=10)` asks ten questions about two lessons.
#
# If you would rather practise one question at a time, open an answer below: it says at once whether it is right, and
# why. Nothing is counted. `quiz("09")` asks about one lesson, and without a `seed` every run draws new questions.

# %%
from course_lib.questions.show import quick_reference, quiz

quiz(seed=5)

# %% [markdown]
# ## Which mistake first?
#
# Here is the confusion matrix of a model that labels a street, with the truth in its rows. You can mend one kind of
# mistake, for example by collecting more photos of it. Which one?

# %% tags=["nbval-check-output"]
import numpy as np

class_names = ["road", "car", "cyclist"]
matrix = [[900, 60, 0], [40, 300, 0], [20, 0, 20]]
for name, row in zip(class_names, matrix, strict=True):
    print(f"{name:<8}", *(f"{count:>5}" for count in row))

# %% [markdown]
# **Before you go on:** 60 pixels of road were called car, 40 of car were called road, and 20 of cyclist were called road.
# Which of these numbers would you turn into 0 to raise the mean IoU the most?

# %% [markdown] exercise="worth-mending"
# Write the function that decides it. Mending an entry means that all of its pixels get their true class. You need the
# confusion matrix of lesson 03, and the way in which the mean IoU counts from lesson 02.

# %% exercise="worth-mending"

# %%
worth_mending = unblock("worth-mending")

# %% tags=["nbval-check-output"]
true, predicted = worth_mending(matrix)
print(f"mend: {class_names[true]} that is called {class_names[predicted]}")


def mean_iou(counts):
    """Return the mean IoU of a confusion matrix."""
    right = counts.diagonal()
    return (right / (counts.sum(axis=0) + counts.sum(axis=1) - right)).mean()


print(f"mean IoU as it is: {mean_iou(np.array(matrix)):.3f}")
for true, predicted in ((0, 1), (1, 0), (2, 0)):
    mended = np.array(matrix)
    mended[true, true] += mended[true, predicted]
    mended[true, predicted] = 0
    print(f"with the {matrix[true][predicted]} pixels of {class_names[true]} mended: {mean_iou(mended):.3f}")

# %% [markdown]
# The smallest of the three numbers wins. Half of all cyclist pixels are lost in those 20, and the mean IoU counts the cyclist as
# much as the road. Pixel accuracy would have sent you to the 60 pixels of road.
#
# ## What blocks leave of a perfect mask
#
# Many networks give one answer per block of pixels: SegFormer's logits have a quarter of the height and width of the image,
# and masks are often resized for training. Suppose that such a network gives every block the class of most of its pixels, and
# that each of these class ids is then repeated over its whole block. The mask has the full size again, but it is made of blocks.
#
# **Before you go on:** what suffers more from blocks of 4 × 4 pixels, a cat or the border around it?

# %% [markdown] exercise="best-at-stride"
# Compute the IoU that is left when each block has the class of most of its pixels. You need blocks, as in pooling, and the IoU
# of lesson 02.

# %% exercise="best-at-stride"

# %%
best_at_stride = unblock("best-at-stride")

# %%
from course_lib.data.pocket_pets import draw_pet
from course_lib.masks import PET_CLASSES, trimap_to_classes
from course_lib.plots import show_masks

truth = trimap_to_classes(draw_pet(np.random.default_rng(9), size=(160, 160)).trimap)  # (H, W)
print("blocks of    pet  border")
for stride in (1, 2, 4, 8, 16):
    pet, border = (best_at_stride((truth == class_id).astype(int), stride) for class_id in (0, 2))
    print(f"{stride:>2} x {stride:<2}     {pet:5.3f}   {border:5.3f}")

# %% [markdown]
# Blocks of 1 × 1 are the truth itself. At 4 × 4 the border has lost more than twice as much as the pet. Here is the cat, and what
# blocks of 8 × 8 pixels leave of it. There are three classes now, and each block gets the one that most of its pixels have.
# Look at the tail.

# %%
shares = np.stack(
    [(truth == class_id).reshape(20, 8, 20, 8).mean(axis=(1, 3)) for class_id in range(3)]
)  # (3, 20, 20)
blocks = shares.argmax(axis=0).repeat(8, axis=0).repeat(8, axis=1)  # (160, 160)
show_masks(
    {"truth": truth, "blocks of 8 x 8": blocks},
    names=PET_CLASSES,
    differ=True,
    alt="A cat with a thin tail; the same mask in blocks of 8 by 8 pixels, where the pet is gone from the tail; the pixels where "
    "they differ, along both edges of the border",
)

# %% [markdown]
# Before you blame a network for its borders, compute what the size of its output leaves. This is also why a score says
# little unless the size is named at which it was taken.
#
# Can a network do better with the same blocks? Take a block of which 40 % are border. The majority calls it background, which is
# best for the accuracy. What if it is called border? Then 40 % of the block are added to the intersection. To the union only the
# other 60 % are added, because the true border pixels are in it already.
#
# **Before you run the next cell:** at blocks of 16 × 16 the IoU of the border is low. Will it rise or fall, if a block is called
# border from 40 % on?

# %%
border = truth == 2  # (160, 160)
of_blocks = border.reshape(10, 16, 10, 16).mean(axis=(1, 3))  # (10, 10): the share of border in each block
for least in (0.5, 0.4, 0.3, 0.2):
    called = (of_blocks >= least).repeat(16, axis=0).repeat(16, axis=1)  # (160, 160)
    print(f"border from {least:.0%} on: IoU {(called & border).sum() / (called | border).sum():.3f}")

# %% [markdown]
# It rises, and by much. So the score of the majority is not a limit that no training can pass: a network may learn to call
# blocks object that hold a little less than half. And you need not repeat class ids: enlarge the scores first and take the argmax
# afterwards, as in [lesson 14](14_foundation_models.ipynb). Then outlines can run through the blocks.
#
# ## A loss that misleads
#
# "The loss falls, so the masks get better." Most of the time that is true. To see that it need not be, build a
# counterexample. You need the cross-entropy of lesson 04 and the threshold that turns probabilities into a mask.

# %% [markdown] exercise="misleading-loss"
# Build two predictions of the same few pixels. From the first to the second the loss falls, and so does the IoU.

# %% exercise="misleading-loss"

# %%
misleading_loss = unblock("misleading-loss")

# %%
pixels = [1, 1, 1, 0, 0, 0, 0, 0]
print("truth ", *(f"{true:5}" for true in pixels))
for name, probabilities in zip(("before", "after "), misleading_loss(pixels), strict=True):
    right = [p if true else 1 - p for p, true in zip(probabilities, pixels, strict=True)]
    found = [p > 0.5 for p in probabilities]
    iou = sum(f and t for f, t in zip(found, pixels, strict=True)) / sum(map(max, found, pixels))
    print(name, *(f"{p:5.2f}" for p in probabilities), f"  loss {-np.log(right).mean():.3f}  IoU {iou:.2f}")

# %% [markdown]
# The loss pays for confidence, and most of a picture is easy background, where confidence grows for a long time. The mask
# only asks on which side of one half a pixel is. In a real run, therefore, log three things: the loss, the IoU of every
# class, and a few pictures.

# %% [markdown]
# ## Questions that come up
#
# Answer each of them aloud before you open it.
#
# <details><summary>What is the difference between semantic, instance and panoptic segmentation?</summary>
#
# Semantic: every pixel gets a class, and cars that touch become one region. Instance: every object gets a mask of its own,
# and what cannot be counted is left out. Panoptic: both at once. (Lessons 00 and 13)
#
# </details>
#
# <details><summary>Why does U-Net have skip connections?</summary>
#
# The encoder makes its maps small, and exact positions become hard to read from them. A skip hands the large maps of the
# encoder to the decoder. With the tiny U-Net of lesson 05, after 150 steps, the border's IoU was {{skips.concat.border}} with
# a skip and {{skips.none.border}} without. (Lessons 05 and 06)
#
# </details>
#
# <details><summary>IoU or Dice?</summary>
#
# For one class on one image they put any two predictions in the same order, because Dice = 2 · IoU / (1 + IoU). Dice is
# the higher number. Benchmarks report IoU, medical papers often Dice, and averages of the two need not agree. (Lesson 03)
#
# </details>
#
# <details><summary>Why not simply report pixel accuracy?</summary>
#
# Where 80 % of the pixels are background, a model that says "background" everywhere has an accuracy of 0.8, and finds nothing.
# The IoU of the foreground is 0. (Lesson 02)
#
# </details>
#
# <details><summary>What is a transposed convolution for?</summary>
#
# It makes maps larger with weights that are learnt. Bilinear upsampling followed by a convolution does the same job
# without the risk of a checkerboard. (Lesson 09)
#
# </details>

# %% [markdown]
# <details><summary>Does the network need a softmax at its end?</summary>
#
# No. Argmax gives the same classes with and without it, and PyTorch's cross-entropy computes it itself. A second one inside
# the model raises no error, and slows learning down: the border's IoU was {{sabotage.softmax_in_model.border}} with it and
# {{sabotage.sound.border}} without. (Lessons 01 and 04)
#
# </details>
#
# <details><summary>I have only 60 labelled photos. What can I do?</summary>
#
# Start from weights that others have trained. With 60 photos of real pets the course reached a mean IoU of
# {{transfer_real.effnet_imagenet_60.miou}} from ImageNet's weights, and {{transfer_real.effnet_scratch_60.miou}} from random ones, after
# 300 steps each. (Lesson 10)
#
# </details>
#
# <details><summary>My image and mask are flipped separately by mistake. How would I notice?</summary>
#
# No error appears, and the loss falls, though not as far. The masks become smooth blobs: in the course's experiment the
# border's IoU was {{unpaired_flips.unpaired.border}}, against {{unpaired_flips.paired.border}} with pairs that stay together. You
# will often read that the masks become striped; they did not. Look at image and mask side by side after augmentation.
# (Lessons 07 and 11)
#
# </details>
#
# <details><summary>Is a mean IoU of 0.75 good?</summary>
#
# On which data, at which size, with which classes? The last table below names published scores with their years. Beside them
# belongs the score of a trivial rule on your own data, such as "background everywhere". (Lessons 02 and 07)
#
# </details>
#
# <details><summary>Which network should I take for my own project?</summary>
#
# A U-Net with a pretrained encoder, trained on your own photos at a size at which a person can still see the object. Change
# it when an experiment of yours says so. (Lessons 07, 10 and 14)
#
# </details>

# %% [markdown]
# ## Quick reference
#
# The course's tables, to look things up in. In the losses, I, U, P and T are the sizes of intersection, union, prediction
# and truth, where each pixel counts as much as its probability; p is the probability of the true class. In the sizes, n is
# the side, k the kernel, s the stride, p the padding and d the dilation.

# %%
quick_reference("kinds")

# %%
quick_reference("scores")

# %%
quick_reference("losses")

# %%
quick_reference("sizes")

# %%
quick_reference("failures")

# %%
quick_reference("architectures")

# %% [markdown]
# What counts as good depends on the year. The third column says what a good model reached when these ranges were written
# down, and the last one what papers reported.

# %%
quick_reference("results")

# %% [markdown]
# ## Flash cards
#
# The exam above remembers what you missed. If you would rather learn on your phone, all questions and tables of the course are
# also a deck for Anki, a free program that shows you each card shortly before you would forget it. Type this into a
# terminal in the course's folder:
#
# ```
# course anki --out segmentation.apkg
# ```
#
# Then choose *File* and *Import* in Anki. Ten cards a day take five minutes. When the course has new questions, import its
# deck again: cards that you know keep their history.

# %% [markdown]
# ## Checkpoint
#
# **1.** You missed three questions on lesson 04 and none on 03. What do you do with the next half hour?
#
# <details><summary>Answer</summary>
#
# Open lesson 04, read *What to remember*, and do its exercises again from a blank copy. `course reset 04` gives you one, and
# keeps what you have as a backup.
#
# </details>
#
# **2.** If a table allowed only one number, which would you report, and what would it hide?
#
# <details><summary>Answer</summary>
#
# The mean IoU. It hides which class is weak: 0.70 may be 0.70 three times, or 0.85, 0.85 and 0.40.
#
# </details>
#
# **3.** Your network gives logits at a quarter of the size, and its border IoU is poor. Which number do you compute before
# you change anything?
#
# <details><summary>Answer</summary>
#
# The border IoU of perfect blocks of 4 × 4 pixels. If your network is close to it, the size of the output is the trouble and not
# the training: enlarge the logits before the argmax, and if that is done already, build a larger output.
#
# </details>
#
# **4.** Of all that you have learnt here, what finds most bugs?
#
# <details><summary>Answer</summary>
#
# Looking: image, truth and prediction side by side, every epoch. Shapes and ids before the first step, and pictures from
# then on.
#
# </details>

# %% [markdown]
# ## What to remember
#
# - A score needs its definition: which classes, which pixels, at which size, pooled or averaged.
# - The mistake with the most pixels need not be the one that costs the most.
# - Work out what is possible before you work on what is wrong.
# - A loss, a score and a picture each see something that the other two miss.
#
# ## Where to go from here
#
# - [Metrics reloaded](https://arxiv.org/abs/2206.01653), Maier-Hein and others, 2022: which score fits which problem
# - [Image Segmentation Using Deep Learning: A Survey](https://arxiv.org/abs/2001.05566), Minaee and others, 2020: the
#   architectures of this course and many more
# - [torchvision's segmentation models](https://pytorch.org/vision/stable/models.html#semantic-segmentation), with their
#   scores
# - [Anki's manual](https://docs.ankiweb.net/), if the deck is new to you
#
# This is the last lesson. [Lesson 07](07_pet_trimap_project.ipynb) is waiting if you skipped it: nothing teaches like a
# project of your own.
