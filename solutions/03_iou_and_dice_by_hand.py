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
# ![A predicted and a true mask of 4×4 pixels with seven object pixels each, and one laid over the other: pixels in both are green, one pixel is in the prediction only, one in the truth only. IoU is green over green and the two others; Dice has green twice, above and below the line.](pictures/03_overlap.png)
#
# One report says that a model has a Dice of 0.857, and another that it has an IoU of 0.75. Which model would you take? It
# makes no difference: both numbers describe the pair of masks in the picture. Scores of segmentation are easy to compute
# and just as easy to misread, because two people can mean different things by "the IoU of our model" without knowing
# it. Here you build the scores from single pixels up to whole data sets, and see at each step where such
# misunderstandings come from. <!-- not measured here -->
#
# **You will be able to**
#
# - count the regions of two masks, and get IoU and Dice from the counts
# - turn IoU into Dice without the masks, and say when that is not allowed
# - fill one confusion matrix and read every score off it
# - build a model that loses a class and gains in mIoU
# - tell pooled scores from averaged ones, and say what each tool does with a class that is absent
#
# **You need** lesson 02. Plain Python, and NumPy from the confusion matrix on.
#
# **Time** 90 minutes; 5 seconds of computing on two CPU cores.

# %% [markdown]
# ## Two masks have four regions
#
# A network says which pixels belong to an object, and a person has marked them too. Here are the prediction and the truth, and
# beside them the pixels where they differ.

# %%
import numpy as np

from course_lib.plots import show_masks

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
# Each pixel is in one of four regions. The names in the last column come from medicine, where a test is positive or negative
# and is true if it is right:
#
# | prediction | truth | region | also called |
# |---|---|---|---|
# | 1 | 1 | both | true positive, TP |
# | 1 | 0 | only the prediction: a false alarm | false positive, FP |
# | 0 | 1 | only the truth: a miss | false negative, FN |
# | 0 | 0 | neither | true negative, TN |
#
# Count the four regions with your finger before you write any code.

# %% [markdown] exercise="regions"
# Write `regions`: it walks through both masks and returns the four counts in the order of the table. The counters are made for
# you, and your part is to fill them.

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
# Recall and precision, the two questions of lesson 02, are ratios of these counts. Recall is
# $\frac{\text{TP}}{\text{TP} + \text{FN}}$, and precision is $\frac{\text{TP}}{\text{TP} + \text{FP}}$. Each of them leaves
# one kind of mistake out.

# %% [markdown]
# ## IoU leaves out only what is in neither
#
# The IoU puts both kinds of mistake below the line. With $P$ for the predicted pixels and $G$ for the true ones it is
#
# $$\text{IoU} = \frac{|P \cap G|}{|P \cup G|} = \frac{\text{TP}}{\text{TP} + \text{FP} + \text{FN}}$$
#
# It is also called the Jaccard index. It is 1 if the masks are equal and 0 if they share nothing. A false alarm
# makes the union larger, a miss makes the intersection smaller, and both lower the score. The pixels in neither mask do not occur in it, so however
# much background there is, it cannot lift the score.

# %% [markdown] exercise="iou"
# Write `iou` for two masks of 0 and 1. You have a function that counts what you need. Decide what to do if *both* masks are
# empty: there is nothing to overlap then, so as in lesson 02 the answer is `float("nan")`.

# %% exercise="iou"

# %%
iou = unblock("iou")

# %% [markdown]
# The next cell makes five calls. In `block` and `block_truth` a block of 5 rows and 10 columns is predicted one row too high, so
# that 10 pixels are only predicted, 10 are only true and 40 are both. In `nothing` no pixel is predicted where 1000 are true.
#
# **Before you run it:** write down what each line will print. In the last one, prediction and truth are swapped.

# %% tags=["nbval-check-output"]
block, block_truth = example("regions-10-10-40")
nothing, thousand = example("empty-prediction")
empty = [[0, 0, 0, 0] for _ in range(4)]
print(f"the 4×4 masks     {iou(prediction, truth):.3f}")
print(f"10, 10, 40        {iou(block, block_truth):.3f}")
print(f"nothing of 1000   {iou(nothing, thousand):.3f}")
print(f"both empty        {iou(empty, empty):.3f}")
print(f"changed places    {iou(truth, prediction):.3f}")

# %% [markdown]
# The IoU is symmetric: it cannot tell which of the two masks is the truth.
#
# Suppose that you may mend five pixels of the block. Would you rather find five of the missed ones, or take back five false
# alarms? Finding them lifts the intersection and leaves the union as it is: 45 of 60, or 0.75. Taking them back only shrinks
# the union: 40 of 55, or 0.73.
#
# Is a pixel found always worth more than a false alarm avoided? Say that $b$ pixels are in both masks and $u$ in the union.
# Finding one gives $\frac{b+1}{u}$, and avoiding one gives $\frac{b}{u-1}$. Multiply both by $u(u-1)$: the first becomes
# $(b+1)(u-1) = bu + (u - b - 1)$, and the second is $bu$. So the first is higher as long as more than one pixel is wrong.
#
# **Move something.** Shift a mask over the truth, let it grow and shrink, and watch the formula. Guess first: a thin shape and a
# square one are both moved by one pixel. Which of them loses more? (The second score belongs to the next section.)

# %%
from course_lib.explorers import explore_iou

explore_iou()

# %% [markdown]
# The thin shape loses more. A shift costs pixels along the outline, and a thin shape has few others: a strip that is
# one pixel wide and is moved sideways by one pixel shares nothing with itself any more.
#
# ## Dice: the shared pixels count twice
#
# The **Dice coefficient** compares the shared pixels with the two areas added up. A shared pixel lies in both areas, so it
# is counted twice below the line, and therefore twice above it:
#
# $$\text{Dice} = \frac{2\,|P \cap G|}{|P| + |G|} = \frac{2\,\text{TP}}{2\,\text{TP} + \text{FP} + \text{FN}}$$
#
# If you know the F1 score from classification: Dice is the F1 score of the pixels. Medical papers usually report Dice, and
# papers on street scenes and everyday photos report IoU. Each of our 4×4 masks has 7 pixels, and they share 6. What is
# their Dice?

# %% [markdown] exercise="dice"
# Write `dice` for two masks of 0 and 1. Two empty masks pose the same question as for the IoU and get the same answer.

# %% exercise="dice"

# %%
dice = unblock("dice")

# %% [markdown]
# **Before you run the next cell:** in which lines will Dice be higher than IoU?

# %% tags=["nbval-check-output"]
for name, pair in (
    ("4×4 masks", (prediction, truth)),
    ("10, 10, 40", (block, block_truth)),
    ("nothing of 1000", (nothing, thousand)),
):
    print(f"{name:<16} IoU {iou(*pair):.3f}   Dice {dice(*pair):.3f}")

# %% [markdown]
# ## One score gives the other
#
# Dice was higher whenever anything was found at all. Is it always?
#
# Choose the unit of area so that the union is 1. Then the intersection *is* the IoU. The two areas added up are the union and
# the shared pixels once more, which makes $1 + \text{IoU}$. So Dice needs nothing but the IoU. Write down the formula before you
# go on.

# %% [markdown] exercise="dice-from-iou"
# Write `dice_from_iou`: one number in, one number out, and no masks.

# %% exercise="dice-from-iou"

# %%
dice_from_iou = unblock("dice-from-iou")

# %% tags=["nbval-check-output"]
for name, score in (("0", 0.0), ("1/4", 1 / 4), ("1/2", 1 / 2), ("2/3", 2 / 3), ("3/4", 3 / 4), ("1", 1.0)):
    print(f"IoU {name:>3}   Dice {dice_from_iou(score):.3f}")

# %%
import matplotlib.pyplot as plt

from course_lib.plots import show

scores = np.linspace(0, 1, 101)
figure, axes = plt.subplots(figsize=(5, 4.2), layout="constrained", facecolor="white")
axes.plot(scores, [dice_from_iou(float(score)) for score in scores], label="Dice")
axes.plot(scores, scores, "--", color="0.4", label="if they were equal")
for score, name in ((0.75, "4×4 masks"), (2 / 3, "10, 10, 40")):
    axes.plot(score, dice_from_iou(score), "ko")
    text = f"{name}: {dice_from_iou(score):.3f}"
    axes.annotate(text, (score, dice_from_iou(score)), (-8, 6), textcoords="offset points", ha="right")
axes.set(xlabel="IoU", ylabel="Dice", xlim=(0, 1), ylim=(0, 1.02), aspect="equal")
axes.grid(alpha=0.3)
axes.legend(loc="lower right")
show(figure, alt="Dice over IoU: a curve from 0, 0 to 1, 1 that is above the diagonal everywhere between")

# %% [markdown]
# Dice is higher everywhere between 0 and 1. Because the curve only rises, both scores rank two predictions of one mask alike.
#
# You will often read that it therefore does not matter which one you take. But the curve is bent, and it turns *one* score
# into the other, not a mean of scores. Model A has an IoU of 0.5 on both of two images. Model B is perfect on one and
# nearly blind on the other, with IoU 1 and 0.05. Which model is better, by mean IoU and by mean Dice?

# %% tags=["nbval-check-output"]
for model, of_images in (("A", (0.5, 0.5)), ("B", (1.0, 0.05))):
    mean_dice = np.mean([dice_from_iou(score) for score in of_images])
    print(f"model {model}: mean of the IoUs {np.mean(of_images):.3f}, mean of the Dice {mean_dice:.3f}")

# %% [markdown]
# The two means disagree. Dice lifts mediocre scores more than good ones, so it favours the model that is mediocre
# everywhere. Say which score you report, and never convert a mean.

# %% [markdown]
# ## Nothing there, and nothing predicted
#
# You returned nan for two empty masks. That is a convention, and not everybody's. Think of 100 scans, of which 60 show no
# tumour: more than half of the results depend on it. Some challenges count such a case as 1, because the model rightly
# kept silent. And much code you will meet never decides, but adds a small number so that nothing is divided by zero.
#
# **Before you run the next cell:** what does each of the three functions give for two empty masks?

# %% tags=["nbval-check-output"]
formulas = {
    "TP / (union + 1e-6)": lambda tp, fp, fn: tp / (tp + fp + fn + 1e-6),
    "(TP + 1e-6) / (union + 1e-6)": lambda tp, fp, fn: (tp + 1e-6) / (tp + fp + fn + 1e-6),
    "Dice with smooth = 1": lambda tp, fp, fn: (2 * tp + 1) / (2 * tp + fp + fn + 1),
}
cases = {"both empty": (0, 0, 0), "1 false pixel": (0, 1, 0), "1000 missed": (0, 0, 1000)}
print(f"{'':30}", *(f"{case:>14}" for case in cases))
for formula, score in formulas.items():
    print(f"{formula:30}", *(f"{score(*counts):14.4f}" for counts in cases.values()))

# %% [markdown]
# The first line gives 0, the score of a total miss, and the second gives 1, although the two formulas look nearly alike.
# Nobody who wrote one of them had to choose. In the third line one false pixel on an empty scan is rewarded with 0.5. The
# `smooth` belongs in the Dice loss of lesson 08, where training could not go on after a division by zero. It does not belong
# in a score.
#
# Here is what the choice does to a report. Of five scans two have a tumour, found with a Dice of 0.6 and 0.8, and
# the others have none and none is predicted:

# %% tags=["nbval-check-output"]
for convention, healthy in (("nan, left out", np.nan), ("1", 1.0), ("0", 0.0)):
    print(
        f"both empty counts as {convention:<14} mean Dice {np.nanmean([0.6, 0.8, healthy, healthy, healthy]):.2f}"
    )

# %% [markdown]
# The model is the same in all three lines. This course uses nan, and reports beside a mean how many images it rests on.

# %% [markdown]
# ## One table for every class
#
# With more than two classes the pixels hold ids. For each single class the question is yes or no again: is this pixel of class
# $c$? You could call `iou` once for every class. One pass over the pixels is enough, though: for each pixel, note its true
# and its predicted class in a table. This is the **confusion matrix**, with **true classes in rows and predicted classes in
# columns**. Whatever is right ends up on its diagonal.

# %%
from course_lib.masks import IGNORE_INDEX

prediction, truth, num_classes = example("miou-3x3")
prediction, truth = np.array(prediction), np.array(truth)  # (H, W); from here on the maps are arrays
names = ("background", "road", "car")
show_masks(
    {"prediction": prediction, "truth": truth},
    names=names,
    background=0,
    differ=True,
    alt="Two 3×3 class maps of three classes; they differ in the last pixel of the first row, 1 for 2, and "
    "in the middle of the last row, 0 for 1",
)

# %% [markdown] exercise="confusion-matrix"
# Write `confusion_matrix`. The table of zeros is there, and `matrix[row, column] += 1` adds a pixel. With loops it takes four
# lines. Void pixels are not counted: their truth is 255, for which `IGNORE_INDEX` is the name.

# %% exercise="confusion-matrix"

# %%
confusion_matrix = unblock("confusion-matrix")

# %% [markdown]
# Two pixels of the 3×3 pair are wrong. In which cells of the table will you find them?

# %% tags=["nbval-check-output"]
matrix = np.array(confusion_matrix(prediction, truth, num_classes))  # (C, C)
print(matrix)

# %%
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
# One road pixel was taken for background (row 1, column 0), and one car pixel for road (row 2, column 1). A score such as
# mIoU does not tell you *which* classes are mixed up, and the table does.
#
# Now find the regions of a class in it:
#
# ![The matrix with rows 3 0 0, 1 2 0 and 0 1 2. For class 1 the row adds up to the true area 3, the column to the predicted area 3, and the diagonal cell, 2, is in both. The union is 3 + 3 − 2 = 4, IoU 0.5.](pictures/03_union_in_matrix.png)

# %% [markdown] exercise="iou-from-matrix"
# Write `iou_from_matrix`: the IoU of all classes, from nothing but the matrix. `matrix.diagonal()`, `matrix.sum(axis=0)` and
# `matrix.sum(axis=1)` each give one number per class. Which axis adds up a row?
#
# A class that is neither true nor predicted keeps its place in the result, with nan in it.

# %% exercise="iou-from-matrix"

# %%
iou_from_matrix = unblock("iou-from-matrix")

# %% [markdown]
# **Before you run the next cell:** the first line is the 3×3 pair. The second comes from maps in which class 2 is absent from
# both, and class 3 is predicted for one pixel but nowhere true. What will those two get?

# %% tags=["nbval-check-output"]
absent = example("absent-class")  # a matrix of four classes
print("3×3 pair    ", *(f"{score:.3f}" for score in iou_from_matrix(matrix)))
print("absent class", *(f"{score:.3f}" for score in iou_from_matrix(absent)))
right = matrix.diagonal()  # (C,)
print("3×3 pair: accuracy", f"{right.sum() / matrix.sum():.3f}")
print("          recall  ", *(f"{score:.3f}" for score in right / matrix.sum(axis=1)))
print(
    "          Dice    ", *(f"{score:.3f}" for score in 2 * right / (matrix.sum(axis=0) + matrix.sum(axis=1)))
)

# %% [markdown]
# **nan and 0 tell you different things.** The class 2 could not be judged, while class 3 was judged and everything that was said
# about it is wrong. Accuracy, recall and Dice are in the table as well. Recall divides by `matrix.sum(axis=1)`, the true
# areas. Precision would divide by the predicted ones, `matrix.sum(axis=0)`.

# %% [markdown]
# ## Mean IoU: one vote per class
#
# The **mean IoU** (mIoU) averages the classes' scores. A class without a score has no vote: it is left out of the sum *and* of
# the number you divide by.

# %% [markdown] exercise="mean-iou"
# Write `mean_iou` with the functions that you have. To tell nan from a number, `np.isnan(score)`, `score == score` and,
# after `import math`, `math.isnan(score)` all work: nan is the only float that is not equal to itself.

# %% exercise="mean-iou"

# %%
mean_iou = unblock("mean-iou")

# %% [markdown]
# The last line is the lazy model of lesson 02, which predicts background everywhere where 90 % is background. What will it
# print?

# %% tags=["nbval-check-output"]
print(f"the 3×3 pair          mIoU {mean_iou(prediction, truth, num_classes):.3f}")
all_background = np.zeros((2, 5), dtype=int)  # (H, W)
one_in_ten = np.array([[0, 0, 0, 0, 0], [0, 0, 0, 0, 1]])  # (H, W)
print(f"background everywhere mIoU {mean_iou(all_background, one_in_ten, 2):.3f}")

# %% [markdown]
# This is a good place for a break: what you have built until now scores one image. Next come the weaknesses of the mean,
# and many images.
#
# ## The blind spot of mIoU
#
# Lesson 02 showed how the accuracy can be bought with background. The mIoU cannot, and it has a weakness of its own. One class of
# 21 weighs $1/21$. Now imagine that a new version of your model gains a little on twenty classes and no longer finds the
# last one, bicycles, at all. Would you notice?

# %% [markdown] exercise="gains-by-missing"
# Write `gains_by_missing`: build a truth with every class in it and two predictions. The first finds at least one pixel of each
# class. The second finds nothing of one class, and yet it has the higher mIoU. Before you start, work out how much the other
# classes have to gain, if there are 21 classes and if there are only 5.

# %% exercise="gains-by-missing"

# %%
gains_by_missing = unblock("gains-by-missing")

# %%
truth_of_21, first, second = (np.array(one) for one in gains_by_missing(21))
for name, guess in (("first", first), ("second", second)):
    of_classes = np.array(iou_from_matrix(confusion_matrix(guess, truth_of_21, 21)))
    print(
        f"{name:<7} mIoU {mean_iou(guess, truth_of_21, 21):.3f}   lowest IoU of a class {of_classes.min():.3f}"
    )

# %% [markdown]
# A mean can go up while a class is lost. Whenever you compare two models, print the list of the classes' IoU, and look at the
# lowest one first.

# %% [markdown]
# ## Many images: add first, divide once
#
# A data set has many images, and an evaluation walks through them in batches, some images at a time. Here is a function of the kind that you will find
# in many repositories. It scores each batch and averages the scores. The eight images of the cell have three classes,
# and the third is in two of them only. The first four images are easy for the model, and the other four are hard.
#
# **Before you run it:** the predictions are the same in every line, and only the size of the batch changes. What should happen to
# the score?


# %% tags=["nbval-check-output"]
def batch_averaged_miou(pairs, num_classes, batch_size):
    """The mean over the batches of their mIoU. Something is wrong with it."""
    scores = []
    for start in range(0, len(pairs), batch_size):
        total = sum(
            np.array(confusion_matrix(*pair, num_classes)) for pair in pairs[start : start + batch_size]
        )
        right = total.diagonal()
        union = total.sum(axis=0) + total.sum(axis=1) - right
        scores.append(np.mean(right / (union + 1e-6)))
    return np.mean(scores)


rng = np.random.default_rng(0)
pairs = []
for number in range(8):
    true = np.repeat([0, 1], 128).reshape(16, 16)  # (H, W)
    true[10:13, 3:6] = 2 if number in (0, 4) else 1
    is_changed = rng.random(true.shape) < (0.05 if number < 4 else 0.6)  # (H, W)
    pairs.append((np.where(is_changed, rng.integers(2, size=true.shape), true), true))
for batch_size in (1, 2, 4, 8):
    print(f"batches of {batch_size}: mIoU {batch_averaged_miou(pairs, 3, batch_size):.3f}")

# %% [markdown]
# The score of a model must not depend on how many images fit into your computer's memory. Two things went wrong.
#
# - Batches of 1 and of 2 score low because most of them lack the third class. There `+ 1e-6` silently gives that class a 0,
#   although nothing was missed.
# - Each batch of 4 has all three classes, and its score still differs from that of all 8 images at once. A mean of ratios is
#   not the ratio of the sums. Say that a class has 9 of 10 in one batch and 3 of 30 in another: the mean of 0.9 and 0.1 is
#   0.5, and together it has 12 of 40, which is 0.3.

# %% [markdown] exercise="pooled-iou"
# Mend it. Write `pooled_iou`: a list of pairs in, one IoU for each class out, and the same result however the pairs are
# divided into batches. Void pixels do not count, as before. You have all the parts.

# %% exercise="pooled-iou"

# %%
pooled_iou = unblock("pooled-iou")

# %% [markdown]
# Now a smaller case that you can do in your head: a large pet, found to the pixel, and a tiny one, missed by one pixel. The pet's
# IoU is 1 in the first image and 0 in the second, which makes 0.5 on average. Will the pooled IoU be lower, equal or higher?

# %% tags=["nbval-check-output"]
print("eight images, pooled   mIoU", f"{np.nanmean(pooled_iou(pairs, 3)):.3f}")
two_images, two_classes = example("pooled-two-images")
for title, (predicted, true) in zip(("large", "tiny"), two_images, strict=True):
    show_masks(
        {f"{title}: prediction": predicted, f"{title}: truth": true},
        names=("background", "pet"),
        background=0,
        alt=f"The {title} image: predicted {predicted.tolist()}, true {true.tolist()}",
    )
of_images = [iou_from_matrix(np.array(confusion_matrix(*pair, two_classes))) for pair in two_images]
print("mean of the images   background {:.3f}, pet {:.3f}".format(*np.mean(of_images, axis=0)))
print("pooled               background {:.3f}, pet {:.3f}".format(*pooled_iou(two_images, two_classes)))

# %% [markdown]
# Pooled, the pet has 8 shared pixels and a union of $8 + 2 = 10$. Every *pixel* weighs the same there, so the large pet
# dominates. In the mean over images every *image* weighs the same. Both are honest numbers if you say which one it is, and
# the fields have settled differently:
#
# | who | what is reported |
# |---|---|
# | Pascal VOC, Cityscapes, ADE20K | IoU of each class, pooled over all images, and the mean over classes |
# | most medical challenges | Dice of each case, averaged over the cases, because a case is a patient |
# | a loop that averages over batches | neither: the number depends on the batch size |
#
# The mIoU that papers report on these benchmarks is therefore a pooled one. On the test images of Pascal VOC 2012, the
# authors of *Fully Convolutional Networks* reported 62.2 % in 2015, and those of DeepLab v3+ reported 89.0 % in 2018. What a
# *good* score is for your own task is a question for lesson 07.

# %% [markdown]
# ## Your numbers and the library's
#
# `course_lib.metrics.ConfusionMatrix` is what you have just built, made fast, and the later lessons score with it. The next cell
# lets both count 200 random masks with five classes, one of which never occurs, and with void pixels. Will they agree to the
# last pixel?

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
# ## What IoU does not see: the outline
#
# A large object has many inner pixels and few along its outline, so an outline that is wrong everywhere hardly lowers the
# IoU. Below is the mask of a drawn pet, and two predictions of it. The first was made of blocks of 8×8 pixels, as by a network that predicts on
# a coarse grid. The second follows the outline exactly, but has lost a piece of the animal on the right.

# %%
from course_lib.data.pocket_pets import draw_pet

pet = (draw_pet(np.random.default_rng(3), share=0.3).trimap != 2).astype(int)  # (H, W)
coarse = pet[4::8, 4::8].repeat(8, axis=0).repeat(8, axis=1)  # (H, W)
bitten = pet.copy()
last = np.flatnonzero(pet.any(axis=0))[-1]
while np.sum(bitten) > 0.949 * np.sum(pet):
    bitten[:, last] = 0
    last -= 1
show_masks(
    {"truth": pet, "coarse": coarse, "bitten": bitten},
    names=("background", "pet"),
    background=0,
    alt="A drawn pet; the same pet made of square blocks; the same pet with a straight piece missing on the right",
)

# %% [markdown]
# **Boundary IoU** keeps from each mask only a thin band along the inside of its outline, and computes the IoU of these two
# bands. Here are the bands that it compares.

# %%
from course_lib.metrics.boundaries import DILATION_RATIO, band_width
from course_lib.metrics.boundary_pixels import inner_band

width = band_width(pet.shape, DILATION_RATIO)  # 2 % of the diagonal
show_masks(
    {
        name: inner_band(mask == 1, width).astype(int)
        for name, mask in (("truth", pet), ("coarse", coarse), ("bitten", bitten))
    },
    names=("background", "band"),
    background=0,
    alt="Thin bands along the outline of the three masks: smooth in the truth, a staircase in the coarse one, and in "
    "the bitten one as in the truth except for a straight line on the right",
)

# %% [markdown]
# **Before you run the next cell:** which of the two predictions has the higher IoU, and which the higher Boundary IoU?

# %% tags=["nbval-check-output"]
from course_lib.metrics import binary_iou, boundary_iou

for name, guess in (("coarse", coarse), ("bitten", bitten)):
    print(f"{name}: IoU {binary_iou(guess, pet):.2f}, Boundary IoU {boundary_iou(guess, pet):.2f}")

# %% [markdown]
# The plain IoU sees no difference between them, and would look fine in any report. The bands tell them apart: one outline is wrong all
# the way round, and the other at one place. Neither number is the right one. To cut out a photo you need the outline,
# and to weigh the animal the area will do. The library also has the boundary F score and two distances between outlines,
# which lesson 07 prints beside the IoU.

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
# **2.** Two models were scored on the same data set, pooled. One report gives a pet Dice of 0.80, and the other a pet IoU of 0.70.
# Which model is better?
#
# <details><summary>Answer</summary>
#
# The second. Turn one score into the other first: an IoU of 0.7 is a Dice of $1.4 / 1.7 = 0.824$. A pooled score of one class
# is a single ratio, so here you may convert it.
#
# </details>

# %% [markdown]
# **3.** Somebody hands you a confusion matrix with the predictions in the rows. Which of accuracy, IoU, Dice and recall come out
# wrong if you do not notice?
#
# <details><summary>Answer</summary>
#
# Only the recall. It divides by the true area, but the rows now hold the predicted one, so you get precision. The other
# three treat rows and columns alike.
#
# </details>
#
# **4.** Five classes; one is in neither the predictions nor the truth, and the others have an IoU of 0.5 each. What is the mIoU, and
# what does a script with `+ 1e-6` below the line report?
#
# <details><summary>Answer</summary>
#
# 0.5, the mean of four scores. The script counts the absent class as 0 and reports $2.0 / 5 = 0.4$.
#
# </details>
#
# **5.** A new version of a model with 19 classes has lost the class *train* altogether, whose IoU was 0.57. What is the least that the
# other classes have to gain on average for the mIoU to go up?
#
# <details><summary>Answer</summary>
#
# More than $0.57 / 18 \approx 0.032$ each. Such a gain looks like ordinary progress.
#
# </details>

# %% [markdown]
# ## What to remember
#
# - Two masks have four regions. IoU is both / (both + only prediction + only truth), and leaves out what is in neither.
# - Dice counts the shared pixels twice: 2·IoU / (1 + IoU), never lower than IoU. The formula holds for one score, not for a mean.
# - A class in neither mask has no score. A class that was missed scores 0. Small numbers below the line blur the two.
# - One confusion matrix, true classes in rows, holds all the scores. Over many images add the counts first and divide once.
# - mIoU can rise while a class is lost, and IoU hardly notices the outline of a large object.

# %% [markdown]
# ## Where to go from here
#
# - [Metrics reloaded](https://arxiv.org/abs/2206.01653), Maier-Hein, Reinke and others, 2022: which score suits which question, and
#   what goes wrong with empty masks and means
# - [Boundary IoU](https://arxiv.org/abs/2103.16562), Cheng and others, 2021: the score of the last section
# - [Fully convolutional networks](https://arxiv.org/abs/1411.4038), Long, Shelhamer and Darrell, 2015, and
#   [DeepLab v3+](https://arxiv.org/abs/1802.02611), Chen and others, 2018: the two published figures, each in the abstract
# - [scikit-learn's jaccard_score](https://scikit-learn.org/stable/modules/generated/sklearn.metrics.jaccard_score.html): the IoU
#   in a library that many use, with its own answer to the division by zero
#
# Next: [Lesson 04](04_per_pixel_cross_entropy.ipynb), from scores to the loss that a network learns from.
