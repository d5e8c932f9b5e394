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
# # IoU and Dice by hand
#
# ![A predicted mask and a true mask on 4×4 pixels, and one laid over the other: 4 pixels are in both, 3 in the prediction only, 2 in the truth only. IoU is 4 over 9, 0.444; Dice is 8 over 13, 0.615.](pictures/03_overlap.png)
#
# **You will be able to**
#
# - count the regions of two masks, and get IoU and Dice from the counts
# - turn IoU into Dice without the masks
# - say when a class has no score, and what that does to the mean
# - fill one confusion matrix and read every score off it
# - tell the score of a data set from the mean of its images' scores
# - see a loose outline where the IoU does not
#
# **You need** lesson 02. Plain Python; NumPy for the confusion matrix.
#
# **Time** 95 minutes; 5 seconds of computing on two CPU cores.

# %%
import numpy as np

from course_lib.masks import IGNORE_INDEX
from course_lib.plots import show_masks

# %% [markdown]
# ## Two masks have four regions
#
# A surgeon wants to know whether a new network outlines a tumour better than the old one. "It looks better" is not enough for a
# decision, and lesson 02 showed how a single number can mislead. So take the scores apart, down to the pixels.
#
# A model says which pixels belong to an object, the **prediction**, and a person has marked them as well, the **truth**. Both are
# masks of 0 and 1. Here they are, and beside them the pixels where they differ.

# %%
prediction, truth = example("overlap-4x4")
show_masks(
    {"prediction": prediction, "truth": truth},
    names=("background", "object"),
    background=0,
    differ=True,
    alt="Two 4×4 masks of 7 object pixels each; they differ in two pixels: only the truth has the second "
    "of the first row, only the prediction the last of the second row",
)

# %% [markdown]
# Each pixel is in one of four regions:
#
# | prediction | truth | region | also called |
# |---|---|---|---|
# | 1 | 1 | both | true positive, TP |
# | 1 | 0 | only the prediction: a false alarm | false positive, FP |
# | 0 | 1 | only the truth: a miss | false negative, FN |
# | 0 | 0 | neither | true negative, TN |
#
# Count the four regions above with your finger before you write code.

# %% [markdown] exercise="regions"
# Write `regions`: it walks through both masks and returns the four counts, in the order of the table.
# The counters are made for you; fill them.

# %% exercise="regions"

# %%
regions = unblock("regions")

# %% [markdown]
# Do your finger and your function agree? And what must the four counts add up to?

# %% tags=["nbval-check-output"]
counts = regions(prediction, truth)
print("both, only prediction, only truth, neither:", *counts)
print("together:", sum(counts), "pixels")

# %% [markdown]
# ## IoU: how much of the joint area is shared
#
# **Intersection over union** compares the pixels that both masks have with the pixels that at least one has.
# With $P$ for the predicted pixels and $G$ for the true ones:
#
# $$\text{IoU} = \frac{|P \cap G|}{|P \cup G|}$$
#
# It is also called the Jaccard index. It is 1 if the masks are equal and 0 if they share nothing. Both kinds of mistakes, misses and
# false alarms, make the union larger and so the score smaller. The pixels in neither mask do not occur: however much background
# there is, it cannot lift the score.
#
# One question is left. If *both* masks are empty, the union is 0: there was nothing to find, and nothing was found. To call that 0
# would punish the model, and to call it 1 would reward it for nothing. In this course there **is** no score then, so it is nan and
# stays out of every mean. Other tools decide otherwise, as you will see below.

# %% [markdown] exercise="iou"
# Write `iou` for two masks of 0 and 1. Use `regions`, or count anew.

# %% exercise="iou"

# %%
iou = unblock("iou")

# %% [markdown]
# Here are four calls. Before you run the cell, write down what each will print. In the last one, prediction and truth have changed
# places.

# %% tags=["nbval-check-output"]
empty = [[0, 0, 0, 0] for _ in range(4)]
print("the two masks      ", iou(prediction, truth))
print("nothing predicted  ", iou(empty, truth))
print("both empty         ", iou(empty, empty))
print("changed places     ", iou(truth, prediction))

# %% [markdown]
# IoU is symmetric: it does not know which of the masks is the truth.
#
# In other people's code you will often find a small number added above and below the line, to avoid a division by 0. What does it
# make of two empty masks? **Before you run the cell:** decide for each of the three versions.

# %% tags=["nbval-check-output"]
shared, union = 0, 0  # two empty masks
print("smooth = 1 above and below:", (shared + 1) / (union + 1))
print("1e-6 only below:           ", shared / (union + 1e-6))
shared, union = 0, 4  # four pixels, all missed
print("smooth = 1, all missed:    ", (shared + 1) / (union + 1))

# %% [markdown]
# The same pair of empty masks scores 1 or 0, depending on where the small number was put, and nobody sees the decision. In the last
# line an object of four pixels that was missed altogether scores 0.2. Write such cases out instead.
#
# **Move something.** Shift a mask over the truth, let it grow and shrink, and watch the formulas. Guess first: a thin shape and a
# square one are both moved by one pixel. Which one loses more?

# %%
from course_lib.explorers import explore_iou

explore_iou()

# %% [markdown]
# ## Dice: the shared pixels count twice
#
# The **Dice** coefficient compares the shared pixels with the two areas added up. A shared pixel is in both areas, so it is counted
# twice below the line, and therefore twice above it:
#
# $$\text{Dice} = \frac{2\,|P \cap G|}{|P| + |G|}$$
#
# In medical imaging Dice is the usual score; benchmarks of street scenes and everyday pictures report IoU. On
# pixels, Dice is the same as the F1 score. Each of our 4×4 masks has 7 pixels, and they share 6. What is their Dice?

# %% [markdown] exercise="dice"
# Write `dice` for two masks of 0 and 1. For two empty masks the question is the same as for IoU, and so is the answer.

# %% exercise="dice"

# %%
dice = unblock("dice")

# %% tags=["nbval-check-output"]
print(f"IoU  {iou(prediction, truth):.3f}")
print(f"Dice {dice(prediction, truth):.3f}")

# %% [markdown]
# ## Counts are all a score needs
#
# A data set has millions of pixels, and nobody needs all of its masks at once to score them: three counts are enough. Work out both
# scores on paper for this one:
#
# | region | pixels |
# |---|---|
# | only the prediction | 10 |
# | only the truth | 10 |
# | both | 40 |
#
# The union is $10 + 10 + 40 = 60$. Each area is $10 + 40 = 50$, so the two add up to 100.

# %% [markdown] exercise="scores-from-counts"
# Write `scores_from_counts`. It takes three counts and returns `(iou, dice)`. Do not round.

# %% exercise="scores-from-counts"

# %%
scores_from_counts = unblock("scores-from-counts")

# %% [markdown]
# The second line is a model that predicts nothing where 1000 pixels are true. What does it score?

# %% tags=["nbval-check-output"]
for example_id in ("regions-10-10-40", "empty-prediction"):
    counts = example(example_id)
    iou_score, dice_score = scores_from_counts(*counts)
    print(f"both, only prediction, only truth: {counts}   IoU {iou_score:.3f}   Dice {dice_score:.3f}")

# %% [markdown]
# ## One score gives the other
#
# You have seen IoU 0.75 with Dice 0.857, and IoU 0.667 with Dice 0.8. Dice was higher both times. Is it always?
#
# Choose the unit of area so that the union is 1. Then the intersection *is* the IoU. And the two areas added up are the
# union and the shared pixels once more, $1 + \text{IoU}$. So Dice needs nothing but the IoU. Write down the formula
# before you go on.

# %% [markdown] exercise="dice-from-iou"
# Write `dice_from_iou`: one number in, one number out, no masks.

# %% exercise="dice-from-iou"

# %%
dice_from_iou = unblock("dice-from-iou")

# %% tags=["nbval-check-output"]
for name, score in (("0", 0.0), ("1/4", 1 / 4), ("1/2", 1 / 2), ("2/3", 2 / 3), ("3/4", 3 / 4), ("1", 1.0)):
    print(f"IoU {name:>3}   Dice {dice_from_iou(score):.3f}")

# %%
import matplotlib.pyplot as plt

from course_lib.masks import PALETTE
from course_lib.plots import show

scores = np.linspace(0, 1, 101)
figure, axes = plt.subplots(figsize=(5, 4.2), layout="constrained", facecolor="white")
axes.plot(scores, [dice_from_iou(float(score)) for score in scores], color=PALETTE[1] / 255, label="Dice")
axes.plot(scores, scores, "--", color="0.4", label="if they were equal")
for score, name in ((0.75, "4×4 masks"), (2 / 3, "10, 10, 40")):
    axes.plot(score, dice_from_iou(score), "o", color=PALETTE[0] / 255)
    text = f"{name}: {dice_from_iou(score):.3f}"
    axes.annotate(text, (score, dice_from_iou(score)), (-8, 6), textcoords="offset points", ha="right")
axes.set(xlabel="IoU", ylabel="Dice", xlim=(0, 1), ylim=(0, 1.02), aspect="equal")
axes.grid(alpha=0.3)
axes.legend(loc="lower right")
show(figure, alt="Dice over IoU: a curve from 0, 0 to 1, 1 that is above the diagonal everywhere between")

# %% [markdown]
# Dice is higher between 0 and 1, and equal at both ends. Since the curve only rises, both scores rank two predictions of one mask in
# the same way. But a Dice of 0.8 and an IoU of 0.8 are different results, so always say which one you report. And the curve turns
# *one* score into the other, not a mean of scores: because it is bent, the mean of several Dice is not the Dice of their mean IoU.
#
# ## One IoU for each class
#
# With more than two classes the pixels hold ids. For each class the question is yes or no again: is this pixel of class $c$? So each
# class has its own pair of masks, and its own IoU.

# %%
prediction, truth, num_classes = example("miou-3x3")
show_masks(
    {"prediction": prediction, "truth": truth},
    names=("background", "road", "car"),
    background=0,
    differ=True,
    alt="Two 3×3 class maps of three classes; they differ in the last pixel of the first row, 1 for 2, and "
    "in the middle of the last row, 0 for 1",
)

# %% [markdown]
# Take class 0. How many pixels have it in both maps? In at least one? Then do classes 1 and 2.

# %% [markdown] exercise="iou-per-class"
# Write `iou_per_class`: a list with one IoU for each id from 0 to `num_classes - 1`. Class 0 is a class like the
# others.
#
# A class in neither map has no IoU. Keep its place in the list, with nan in it: the place says which class it is.

# %% exercise="iou-per-class"

# %%
iou_per_class = unblock("iou-per-class")

# %% tags=["nbval-check-output"]
for example_id in ("miou-3x3", "absent-class"):
    class_scores = iou_per_class(*example(example_id))
    print(f"{example_id:14}", *(f"{score:.3f}" for score in class_scores))

# %% [markdown]
# In the second line class 2 is in neither map, and its IoU is nan. Class 3 was predicted for one pixel and is nowhere true: that is a
# false alarm, and its IoU is 0. The two say different things. With nan there was nothing to judge, and with 0 everything was wrong.
#
# ## Mean IoU: one vote per class
#
# The mean IoU is the mean of the classes' scores. A class without a score has no vote: it is left out of the sum *and* of the number
# that you divide by. A small class counts as much as a large one, which is why this number cannot be bought with background.

# %% [markdown] exercise="mean-iou"
# Write `mean_iou`. To tell nan from a number, `math.isnan(score)`, `np.isnan(score)` and `score == score` all work:
# nan is the only float that is not equal to itself.

# %% exercise="mean-iou"

# %%
mean_iou = unblock("mean-iou")

# %% [markdown]
# Lesson 02 had a model that predicts background everywhere, in an image that is 90 % background. **Before you run the cell:** what are
# its two IoUs, and what is their mean?

# %% tags=["nbval-check-output"]
print(f"the 3×3 pair            mIoU {mean_iou(prediction, truth, num_classes):.3f}")
print(f"with an absent class    mIoU {mean_iou(*example('absent-class')):.3f}")
all_background, one_in_ten = [[0] * 5, [0] * 5], [[0] * 5, [0] * 4 + [1]]
print("all background: IoU    ", iou_per_class(all_background, one_in_ten, 2))
print(f"all background          mIoU {mean_iou(all_background, one_in_ten, 2):.2f}, accuracy 0.90")

# %% [markdown]
# ## One table for every score
#
# So far each class took a pass of its own over the pixels. One pass is enough: note the true and the predicted class of each pixel in
# a table. That is the **confusion matrix**, with true classes in rows and predicted classes in columns. The diagonal holds what is
# right.
#
# From here on the masks are NumPy arrays of shape (H, W). Void pixels have the id 255 in the truth, and are not counted.

# %% [markdown] exercise="confusion-matrix"
# Write `confusion_matrix`. The table of zeros is there; `matrix[row, column] += 1` adds a pixel. With loops it is four
# lines.

# %% exercise="confusion-matrix"

# %%
confusion_matrix = unblock("confusion-matrix")

# %% [markdown]
# For the 3×3 pair, two pixels differ. Where in the table will they be?

# %% tags=["nbval-check-output"]
prediction, truth = np.array(prediction), np.array(truth)  # (H, W)
matrix = np.array(confusion_matrix(prediction, truth, num_classes))  # (C, C)
print(matrix)

# %% [markdown]
# Here is the same table as a heat map. The numbers stay in the cells, because a colour cannot be read off exactly.

# %%
names = ("background", "road", "car")
figure, axes = plt.subplots(figsize=(4.2, 3.8), layout="constrained", facecolor="white")
axes.imshow(matrix, cmap="Blues", vmin=0)
for (row, column), count in np.ndenumerate(matrix):
    ink = "white" if count > matrix.max() / 2 else "black"
    axes.text(column, row, count, ha="center", va="center", fontsize="large", color=ink)
axes.set(xlabel="predicted class", ylabel="true class", title="pixels of the 3×3 pair")
axes.set_xticks(range(num_classes), names)
axes.set_yticks(range(num_classes), names)
show(figure, alt=f"Confusion matrix as a heat map, true classes in rows: {matrix.tolist()}")

# %% [markdown]
# One road pixel was taken for background (row 1, column 0), and one car pixel for road (row 2, column 1). A single number such as mIoU
# does not say *which* classes are mixed up, and the table does.
#
# Now find the regions of a class in it:
#
# ![The matrix with rows 3 0 0, 1 2 0 and 0 1 2. For class 1 the row adds up to the true area 3, the column to the predicted area 3, and the diagonal cell, 2, is in both. The union is 3 + 3 − 2 = 4, IoU 0.5.](pictures/03_union_in_matrix.png)

# %% [markdown] exercise="iou-from-matrix"
# Write `iou_from_matrix`, which gives the IoU of all classes from nothing but the matrix. `matrix.diagonal()`,
# `matrix.sum(axis=0)` and `matrix.sum(axis=1)` each give one number per class. Which axis adds up a row?

# %% exercise="iou-from-matrix"

# %%
iou_from_matrix = unblock("iou-from-matrix")

# %% [markdown]
# Accuracy and Dice are in the table as well. Read the cell before you run it: which sum is which area?

# %% tags=["nbval-check-output"]
right = matrix.diagonal()  # (C,)
areas = matrix.sum(axis=0) + matrix.sum(axis=1)  # (C,)
print(f"accuracy {right.sum() / matrix.sum():.3f}")
print("IoU     ", *(f"{score:.3f}" for score in iou_from_matrix(matrix)))
print("Dice    ", *(f"{score:.3f}" for score in 2 * right / areas))
print(f"mIoU     {np.nanmean(iou_from_matrix(matrix)):.3f}")

# %% [markdown]
# ## Many images: add first, divide once
#
# A data set has many images. There are two ways to one IoU for each class:
#
# 1. score every image, then take the mean of the scores;
# 2. add up all images' matrices, then score the sum: **pooled**.
#
# Here are a large pet, found to the pixel, and a tiny one, missed by one pixel.

# %%
pairs, two_classes = example("pooled-two-images")
for title, (predicted, true) in zip(("large", "tiny"), pairs, strict=True):
    show_masks(
        {f"{title}: prediction": predicted, f"{title}: truth": true},
        names=("background", "pet"),
        background=0,
        alt=f"The {title} image: predicted {predicted.tolist()}, true {true.tolist()}",
    )

# %% [markdown]
# The pet's IoU is 1 in the first image and 0 in the second, so their mean is 0.5. What will the pooled IoU be: lower,
# equal, higher?

# %% [markdown] exercise="pooled-iou"
# Write `pooled_iou`. It takes a list of pairs and returns one IoU for each class. You have all the parts.

# %% exercise="pooled-iou"

# %%
pooled_iou = unblock("pooled-iou")

# %% tags=["nbval-check-output"]
of_images = [iou_per_class(predicted, true, two_classes) for predicted, true in pairs]
print("mean of the images   background {:.3f}, pet {:.3f}".format(*np.mean(of_images, axis=0)))
print("pooled               background {:.3f}, pet {:.3f}".format(*pooled_iou(pairs, two_classes)))

# %% [markdown]
# Pooled, the pet has 8 shared pixels and a union of $8 + 2 = 10$. Every pixel weighs the same, so the large pet dominates. In the mean
# of the images every *image* weighs the same. Neither is wrong, but they answer different questions. VOC, Cityscapes and ADE20K pool.
# Medical challenges usually take the Dice of each patient and average, because a small tumour counts as much as a large one.
#
# What you should not do is average the scores of *batches*. Then the result depends on how the images happened to be grouped:

# %% tags=["nbval-check-output"]
hits, unions = np.array([8, 0, 6, 1]), np.array([8, 2, 10, 5])  # one pet in each of four images
for groups in ([0, 1, 2, 3], [0, 2, 1, 3], [0, 3, 1, 2]):
    batches = np.array(groups).reshape(2, 2)
    of_batches = hits[batches].sum(axis=1) / unions[batches].sum(axis=1)
    print(f"batches {batches.tolist()}: mean of their IoUs {of_batches.mean():.3f}")
print(f"pooled, in any order: {hits.sum() / unions.sum():.3f}")

# %% [markdown]
# Counts can be pooled over batches, processes and days, and means of ratios cannot.
#
# ## Where the IoU does not look
#
# A disc of 40 pixels across, and two predictions: one has frayed edges, the other is smooth and a little too large. Which of them
# would you cut out with? And which one has the higher IoU?

# %%
row, column = np.mgrid[:64, :64]
distance, angle = np.hypot(row - 32, column - 32), np.arctan2(row - 32, column - 32)
disc = (distance < 20).astype(int)
outlines = {"frayed": distance < 20 + 2.2 * np.sign(np.sin(24 * angle)), "too large": distance < 22}
show_masks(
    {"truth": disc} | {name: mask.astype(int) for name, mask in outlines.items()},
    names=("background", "object"),
    background=0,
    alt="Three discs: the true one, one with a frayed edge, and one that is smooth and a little larger",
)

# %% [markdown]
# **Boundary IoU** asks the question of the outline only. It takes the IoU of two thin bands, the pixels of each mask that lie within
# a small distance of its own edge. **Before you run the cell:** what will become of the difference?

# %% tags=["nbval-check-output"]


def band(mask, width):
    """Return the pixels of a mask that are within `width` pixels of its edge, in rows or columns."""
    inside = mask.astype(bool)
    for _ in range(width):
        inside = (
            inside
            & np.roll(inside, 1, 0)
            & np.roll(inside, -1, 0)
            & np.roll(inside, 1, 1)
            & np.roll(inside, -1, 1)
        )
    return mask.astype(bool) & ~inside


for name, mask in outlines.items():
    bands = band(mask, 2), band(disc, 2)
    of_band = (bands[0] & bands[1]).sum() / (bands[0] | bands[1]).sum()
    of_mask = (mask & (disc == 1)).sum() / (mask | (disc == 1)).sum()
    print(f"{name:<10} IoU {of_mask:.2f}   Boundary IoU, two pixels wide {of_band:.2f}")

# %% [markdown]
# In a large object most pixels lie far from its edge, and they hide what happens there. A score of the outline shows it. The course's
# library has Boundary IoU and its relatives in `course_lib.metrics`, and lesson 07 uses them.
#
# ## Your numbers and the library's
#
# `course_lib.metrics.ConfusionMatrix` is what you have just built, made fast, and the later lessons score with it. Here both count 200
# random masks with five classes, one of them never drawn, and void pixels. Will they agree to the last pixel?

# %% tags=["nbval-check-output"]
from course_lib.metrics import ConfusionMatrix

rng = np.random.default_rng(3)
library = ConfusionMatrix(num_classes=5, ignore_index=IGNORE_INDEX)
pairs = []
for _ in range(200):
    true = rng.integers(4, size=(8, 8))  # (H, W)
    predicted = np.where(rng.random((8, 8)) < 0.3, rng.integers(4, size=(8, 8)), true)  # (H, W)
    true[rng.random((8, 8)) < 0.1] = IGNORE_INDEX
    pairs.append((predicted, true))
    library.update(predicted, true)

yours = sum(np.array(confusion_matrix(predicted, true, 5)) for predicted, true in pairs)
print("same counts:", np.array_equal(yours, library.counts))
print("same IoU:   ", np.allclose(pooled_iou(pairs, 5), library.iou(), equal_nan=True))
print("same mIoU:  ", np.isclose(np.nanmean(pooled_iou(pairs, 5)), library.mean_iou()))
print("same Dice:  ", np.allclose([dice_from_iou(x) for x in library.iou()], library.dice(), equal_nan=True))
print("no IoU for class:", *np.flatnonzero(np.isnan(library.iou())))

# %% [markdown]
# ## Checkpoint
#
# **1.** A mask has 1000 true pixels and the model predicts none. What are IoU and Dice, and why are they not nan?
#
# <details><summary>Answer</summary>
#
# Both are 0. The intersection is empty, but the union has 1000 pixels: there was something to find, and all of it was
# missed. nan is for a class that neither mask holds.
#
# </details>
#
# **2.** Two models were scored on the same data set, pooled. One report gives a pet Dice of 0.80, the other a pet IoU of
# 0.70. Which model is better?
#
# <details><summary>Answer</summary>
#
# The second. Turn one score into the other first: an IoU of 0.7 is a Dice of $1.4 / 1.7 = 0.824$.
#
# </details>
#
# **3.** Somebody hands you a confusion matrix with the predictions in the rows. Which of accuracy, IoU, Dice and
# recall come out wrong if you do not notice?
#
# <details><summary>Answer</summary>
#
# Recall only: it divides by the true area, and the rows now hold the predicted one, so you get precision. The other
# three take rows and columns alike.
#
# </details>
#
# **4.** Five classes; one is in neither the predictions nor the truth, the others have IoU 0.5 each. What is the mIoU,
# and what would it be with 0 for the absent class?
#
# <details><summary>Answer</summary>
#
# 0.5, the mean of four scores. With 0 it would be $2.0 / 5 = 0.4$: a loss for a class that nobody could find.
#
# </details>

# %% [markdown]
# ## What to remember
#
# - Two masks have four regions. IoU is both / (both + only prediction + only truth), and leaves out what is in neither.
# - Dice counts the shared pixels twice, above and below the line: 2·IoU / (1 + IoU), never lower than IoU.
# - A class in neither mask has no score. Write nan, and leave it out of the mean. A class that was missed scores 0.
# - One confusion matrix, true classes in rows, holds all the scores.
# - Over many images add the counts first and divide once. Say whether you pooled or averaged, and what two empty masks score.
# - The IoU of a large object hardly sees its outline; Boundary IoU does.
#
# ## Where to go from here
#
# - [Boundary IoU](https://arxiv.org/abs/2103.16562), Cheng and others, 2021
# - [Common limitations of image processing metrics](https://arxiv.org/abs/2104.05642), Reinke and others, 2021: a picture book of
#   scores that mislead
# - [scikit-learn: confusion_matrix](https://scikit-learn.org/stable/modules/generated/sklearn.metrics.confusion_matrix.html), with
#   the same rows and columns
#
# Next: [Lesson 04](04_per_pixel_cross_entropy.ipynb), from scores to the loss that a network learns from.
