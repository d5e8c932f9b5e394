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
# # Pixel accuracy against IoU
#
# ![A street as the truth has it, with four pedestrians, and a prediction that has background and road but no pedestrian. Bars beside them: pixel accuracy 0.92, IoU of the background 0.93, of the road 0.90, of the pedestrians 0.](pictures/02_street_92.png)
#
# **You will be able to**
#
# - compute the pixel accuracy of a prediction, and leave out pixels without a label
# - say what a prediction of background everywhere scores before you compute it
# - build masks that look good in one number and are useless
# - compute IoU and accuracy class by class, and read the failure off them
#
# **You need** lesson 01. Plain Python; NumPy for the last exercise.
#
# **Time** 65 minutes; 5 seconds of computing on two CPU cores.

# %%
import numpy as np

from course_lib.plots import show_masks

# %% [markdown]
# ## How many pixels are right?
#
# A car company says that its network labels 92 % of the pixels of a street correctly. Would you cross that street? By the end
# of this lesson you will be able to build a network's answer that scores 92 % and misses every pedestrian.
#
# Begin with what the 92 % are. You have a prediction and a truth, both class maps with one id per pixel, and the simplest
# question is how many pixels agree. The share of pixels that are right is the **pixel accuracy**:
#
# $$\text{accuracy} = \frac{\text{pixels that are right}}{\text{all pixels}}$$
#
# Compare the two maps by eye. How many of the nine pixels differ, and what is the accuracy?

# %%
prediction, truth = example("accuracy-3x3")
show_masks(
    {"prediction": prediction, "truth": truth},
    names=("background", "road", "car"),
    background=0,
    alt="Two 3×3 class maps. Prediction: 0 1 1, 2 1 0, 0 0 2. Truth: 0 1 2, 2 1 0, 0 1 2.",
)

# %% [markdown] exercise="pixel-accuracy"
# Write `pixel_accuracy`. The two counters and the division are there; fill the counters. `zip` walks through two lists
# at once: `for predicted_row, true_row in zip(prediction, truth)` gives the first rows of both, then the second
# rows, and so on. The same works inside a row.

# %% exercise="pixel-accuracy"

# %%
pixel_accuracy = unblock("pixel-accuracy")

# %% [markdown]
# The last pixel of the first row is wrong, and so is the middle one of the last row. How many of nine are right, and which share
# is that? Write it down before you run the next cell.

# %% tags=["nbval-check-output"]
print(f"{pixel_accuracy(prediction, truth):.3f}")

# %% [markdown]
# Try it: change one pixel of `better` so that the cell prints 0.889, eight of nine. There are two ways.

# %%
better = [row.copy() for row in prediction]
better[0][0] = 0  # change the row, the column or the id
print(f"{pixel_accuracy(better, truth):.3f}")

# %% [markdown]
# ## Pixels that nobody labelled
#
# In many data sets some pixels have no label: along an outline nobody can say whose pixel it is, or an image was filled up with a
# margin. Such pixels are called **void**. Their truth holds an id that no class has, by custom 255, and the code that computes a
# score is told this id as **`ignore_index`**.
#
# Here is the same pair with two void pixels in the truth. A void pixel can be neither right nor wrong. What is the accuracy now?

# %%
prediction, truth_with_void = example("accuracy-3x3-void")
show_masks(
    {"prediction": prediction, "truth, 255 is void": truth_with_void},
    names=("background", "road", "car"),
    background=0,
    alt="The two 3×3 class maps again; in the truth the last pixel of the first row and the first pixel of the "
    "last row are 255, void",
)

# %% [markdown] exercise="pixel-accuracy-ignoring"
# Write `pixel_accuracy_ignoring`: pixels whose *truth* is `ignore_index` do not count, whatever is predicted there. One
# case is left over: if no pixel has a label, there is no score. Python has a float that says so, `float("nan")`,
# *not a number*.

# %% exercise="pixel-accuracy-ignoring"

# %%
pixel_accuracy_ignoring = unblock("pixel-accuracy-ignoring")

# %% [markdown]
# Which of the two lines below is higher? Decide before you run the cell.

# %% tags=["nbval-check-output"]
print(f"void pixels left out       {pixel_accuracy_ignoring(prediction, truth_with_void):.3f}")
print(f"void pixels taken as wrong {pixel_accuracy(prediction, truth_with_void):.3f}")

# %% [markdown]
# Six of seven, against six of nine. The prediction is the same, and only the bookkeeping differs. Before you compare your score
# with somebody else's, find out what they do with void pixels.

# %% [markdown]
# ## The trap
#
# Here is the mask of a small photo of a pet: 0 is background, 1 is pet, and ten of the 100 pixels are pet. And here is the laziest
# "model" there is. It never looks at the image, and predicts background at every pixel.

# %%
truth = example("all-background-90")
nothing = [[0 for _ in row] for row in truth]
show_masks(
    {"prediction": nothing, "truth": truth},
    names=("background", "pet"),
    background=0,
    alt="Two 10×10 masks. The prediction is background everywhere; the truth has a pet of 2 rows and 5 columns.",
)

# %% [markdown]
# Write down its pixel accuracy before you run the cell. Would you show this number to anyone?

# %% tags=["nbval-check-output"]
print(f"accuracy {pixel_accuracy(nothing, truth):.2f}")

# %% [markdown]
# 0.90, and nothing was recognised. You will often read that 80 to 95 % of the pixels of most images are background. It depends on
# the images: in the pets of this course a little more than half of them are. But some class is rare in almost every data set, and
# it falls into the same trap. When you train on the pets in lesson 07, watch the thin border: for the first epochs the network
# doesn't predict it at all, and the accuracy hardly notices.
# <!-- not measured here -->
#
# **Move something.** Choose "a model that says background everywhere" and make the foreground smaller. What happens to the
# accuracy? The second curve is a score that comes next, and it is not impressed.

# %%
from course_lib.explorers import explore_iou

explore_iou()

# %% [markdown]
# ## A score that looks at one class
#
# Ask only about the pet. Pixels that both masks call background say nothing about it, so leave them out. What remains are the
# pixels that are pet in at least one of the masks, the **union**. In how many of these do both say pet? That is the
# **intersection**. Their ratio is the **IoU**, intersection over union:
#
# $$\text{IoU} = \frac{\text{pixels of the class in both masks}}{\text{pixels of the class in at least one mask}}$$
#
# Below, a pet is predicted one pixel too far to the left. Count: how many pixels are in both masks, and how many in at least
# one?

# %%
shifted, true_pet, pet = example("shifted-pet")
show_masks(
    {"prediction": shifted, "truth": true_pet},
    names=("background", "pet"),
    background=0,
    alt="Two masks of 4 rows and 5 columns, each with a pet of 2×2 pixels; the prediction's pet stands in the second "
    "and third column, the truth's in the third and fourth",
)

# %% [markdown] exercise="foreground-iou"
# Write `foreground_iou` for the class with the id `foreground`. Any other id counts as "not this class". Where neither
# mask has the class, nothing was there and nothing was predicted: return `float("nan")`.

# %% exercise="foreground-iou"

# %%
foreground_iou = unblock("foreground-iou")

# %% [markdown]
# Two pixels are in both masks and six in at least one. The four others of the six are mistakes of two kinds: two pixels were
# missed, and two are false alarms. What is the accuracy of the same pair? Guess, then run the cell.

# %% tags=["nbval-check-output"]
print(f"IoU of the pet {foreground_iou(shifted, true_pet, 1):.3f}")
print(f"accuracy       {pixel_accuracy(shifted, true_pet):.3f}")

# %% [markdown]
# Accuracy also counts the 14 pixels that are rightly background, and there could be any number of them. Now back to
# the prediction of nothing. What is its IoU for the pet? And for the background, the class 0?

# %% tags=["nbval-check-output"]
print(f"IoU of the pet        {foreground_iou(nothing, truth, 1):.2f}")
print(f"IoU of the background {foreground_iou(nothing, truth, 0):.2f}")

# %% [markdown]
# The **mean IoU**, or **mIoU**, is the mean over the classes: $(0.90 + 0) / 2 = 0.45$. Each class has one vote, whatever its size.
# It is the number by which segmentation models are usually compared.
#
# A class that is in neither mask has no IoU, and it must not spoil the mean. `np.nanmean([0.9, float("nan")])` takes
# the mean of the numbers that are there: 0.9.

# %% [markdown] exercise="all-background-scores"
# Write `all_background_scores`: it gets a truth, makes the prediction of 0 at every pixel, and returns three scores in a
# dict. Use your `pixel_accuracy` and `foreground_iou`, and `np.nanmean` for the mean. If the truth has no pet, the pet
# has no IoU, and the mIoU is only the background's.

# %% exercise="all-background-scores"

# %%
all_background_scores = unblock("all-background-scores")

# %% [markdown]
# Here are three truths: 90 % background, 80 % background, and an image without a pet. They have nine scores together. How many
# can you say before you run the cell?

# %% tags=["nbval-check-output"]
for example_id in ("all-background-90", "all-background-80", "no-pet"):
    scores = all_background_scores(example(example_id))
    print(f"{example_id:<17}", *(f"  {name} {score:.2f}" for name, score in scores.items()))

# %% [markdown]
# Now take every share of pet from 1 to 50 %. Draw the three lines on paper first: which of them rises as the pet gets smaller, and
# which one never moves?

# %%
import matplotlib.pyplot as plt

from course_lib.masks import PALETTE
from course_lib.plots import show

shares = range(1, 51)
scores = [all_background_scores([[1] * pet + [0] * (100 - pet)]) for pet in shares]
figure, axes = plt.subplots(figsize=(7, 4), layout="constrained", facecolor="white")
for name, style, colour in (
    ("accuracy", "-", PALETTE[1]),
    ("mIoU", "--", PALETTE[3]),
    ("pet IoU", ":", PALETTE[0]),
):
    values = [score[name] for score in scores]
    axes.plot(shares, values, style, color=colour / 255, linewidth=2.5)
    axes.text(51, values[-1], name, color=colour / 255, va="center")
axes.set(xlabel="share of pet in the truth, %", ylabel="score of background everywhere", ylim=(-0.04, 1.04))
axes.set(title="The smaller the pet, the better it looks to miss it", xlim=(0, 58), xticks=range(0, 51, 10))
axes.grid(alpha=0.3)
show(
    figure,
    alt="Scores of background everywhere over the share of pet. Accuracy falls in a straight line from 0.99 at 1 % pet "
    "to 0.50 at 50 %; mIoU is half of it; the pet IoU is 0 throughout.",
)

# %% [markdown]
# Read it from right to left. The smaller the pet, the higher the accuracy, while the IoU of the pet stays 0. The mIoU rises as well,
# but it cannot pass 0.5, because the missed class pulls it down by half.
#
# ## The mean has a blind spot, too
#
# With two classes a missed class costs half of the mean. What does it cost with twenty-one, as in the well-known VOC data set?
# Suppose that a model scores 0.70 in every class. You change it: nineteen classes gain two points, one stays, and the last one, the
# cyclists, is now missed altogether. **Before you run the cell:** has the mIoU risen or fallen? And how many points per class would
# have hidden the loss completely?

# %% tags=["nbval-check-output"]
before = np.full(21, 0.70)
for gain in (0.02, 0.03, 0.04):
    after = np.full(21, 0.70 + gain)
    after[-1] = 0.0  # the cyclists
    print(f"every other class gains {gain:.2f}: mIoU {before.mean():.3f} becomes {after.mean():.3f}")

# %% [markdown]
# One class of 21 can cost at most a twenty-first of the mean, so four points everywhere else pay for all the cyclists. The more
# classes there are, the better the mean hides the worst of them. Look at the IoU of each class, and not only at the mean.

# %% [markdown]
# ## 92 % right
#
# Back to the street: "Our model reaches 92 % pixel accuracy." Does it see people? The number cannot tell, and you can prove that
# by building the pair of masks yourself.

# %% [markdown] exercise="misleading-pair"
# Write `misleading_pair`: it returns a prediction and a truth, in this order, with a pixel accuracy of exactly 0.92,
# where the truth has pedestrians and the prediction misses every pixel of them. Size and picture are up to you;
# there are many right answers. The id of pedestrians comes as the argument, from 2 to 9; 0 is background, 1 is road.

# %% exercise="misleading-pair"

# %%
misleading_pair = unblock("misleading-pair")

# %%
prediction, truth = misleading_pair(2)
show_masks(
    {"prediction": prediction, "truth": truth},
    names=("background", "road", "pedestrian"),
    background=0,
    differ=True,
    alt="Your pair of masks: the truth has pedestrians where the prediction has other classes",
)

# %% tags=["nbval-check-output"]
print(f"accuracy               {pixel_accuracy(prediction, truth):.2f}")
print(f"IoU of the pedestrians {foreground_iou(prediction, truth, 2):.2f}")

# %% [markdown]
# ## One number for each class
#
# A single number has to weigh the classes against each other, and in the accuracy the large ones win. So give every class a number
# of its own. Two questions come to mind, and each has a name:
#
# - Of the pixels that *are* of this class, which share was found? That is the **recall**, or class accuracy. Misses lower it.
# - Of the pixels that were *predicted* as this class, which share is right? That is the **precision**. False alarms lower it.
#
# With NumPy the first one is short. `truth == 2` is an array of True and False, and as an index it picks pixels:
#
# | expression | gives |
# |---|---|
# | `truth == 2` | True where the truth is class 2 |
# | `prediction[truth == 2]` | what was predicted at these pixels, as one row |
# | `(prediction[truth == 2] == 2).mean()` | the share of them that was found: True counts 1, False 0 |

# %% [markdown] exercise="class-accuracy"
# Write `class_accuracy` for all classes from 0 to `num_classes - 1`. Prediction and truth are NumPy arrays now. A class
# that the truth does not have gets `float("nan")`.

# %% exercise="class-accuracy"

# %%
class_accuracy = unblock("class-accuracy")

# %% [markdown]
# Here are three predictions for one street. The first misses both pedestrians, the second finds them but draws each one pixel too
# wide, and the third calls everything a pedestrian.

# %%
street = np.repeat([0, 1], 50).reshape(10, 10)  # (10, 10): background above, road below
truth, wide = street.copy(), street.copy()
truth[3:7, [2, 7]] = 2  # two pedestrians of four pixels
wide[3:7, [2, 3, 7, 8]] = 2
predictions = {"misses them": street, "too wide": wide, "everywhere": np.full((10, 10), 2)}
show_masks(
    {"truth": truth, **predictions},
    names=("background", "road", "pedestrian"),
    background=0,
    alt="A 10×10 street with two pedestrians of 4 rows and 1 column, and three predictions: without pedestrians, "
    "with pedestrians 2 columns wide, and pedestrian at every pixel",
)

# %% [markdown]
# **Before you run the next cell:** which two have the same pixel accuracy? Which one wins in the class accuracy of
# pedestrians, and which one in their IoU?

# %% tags=["nbval-check-output"]
print("                        class accuracy of                    IoU of")
print("             accuracy   background  road  pedestrian   pedestrian")
for name, guess in predictions.items():
    background, road, pedestrian = class_accuracy(guess, truth, 3)
    print(
        f"{name:<12} {pixel_accuracy(guess, truth):8.2f} {background:12.2f} {road:5.2f} {pedestrian:11.2f}"
        f" {foreground_iou(guess, truth, 2):12.2f}"
    )

# %% [markdown]
# - *misses them* and *too wide* both score 0.92. The accuracy cannot tell a car that sees people from one that does not.
#   One look at the pedestrians' column can: 0 against 1.
# - *everywhere* has a recall of 1 as well: a model that calls everything a pedestrian misses none. Recall does not count false
#   alarms. Its precision is 8 of 100, which does not count misses.
# - The IoU counts both kinds of mistake: 0 for the misses, 0.08 for the false alarms, and 0.5 for the one that is
#   nearly right.
#
# That is why this course reports the IoU of each class and their mean, with pixel accuracy at most beside them.

# %% [markdown]
# ## Checkpoint
#
# **1.** An image is 97 % background, the rest is a tumour. A prediction is background everywhere. What are its
# accuracy, its IoU for the tumour and its mIoU?
#
# <details><summary>Answer</summary>
#
# 0.97, 0 and 0.485. The IoU of the background is 0.97 too: the intersection is the true background, the union all pixels.
#
# </details>
#
# **2.** Of 100 pixels, 20 are void. Of the others, 60 are right. What is the accuracy, and what would it be if the void
# pixels counted as wrong?
#
# <details><summary>Answer</summary>
#
# 60 of 80, which is 0.75. With the void pixels as mistakes it would be 60 of 100, 0.60.
#
# </details>
#
# **3.** A model has class accuracy 1.0 and IoU 0.10 for the class *car*. What does it do?
#
# <details><summary>Answer</summary>
#
# It finds every pixel of the cars and calls nine times as many other pixels car. The false alarms are in the union,
# and the class accuracy does not see them.
#
# </details>
#
# **4.** A class is in neither mask of an image. Why is its IoU not 0, and not 1?
#
# <details><summary>Answer</summary>
#
# 0 says that it was missed, 1 that it was found exactly. Neither happened; intersection and union are both 0. The score
# is nan and stays out of the mean.
#
# </details>

# %% [markdown]
# ## What to remember
#
# - Pixel accuracy is right pixels over all pixels. Void pixels are in neither number.
# - Background everywhere scores the share of background: 0.90, 0.80, whatever the image holds. Its pet IoU is 0.
# - A class of 8 % can be missed altogether at 92 % accuracy.
# - Recall counts misses, precision counts false alarms, and IoU counts both. Report the IoU of each class.
# - The mean over many classes hides the worst of them.
#
# ## Where to go from here
#
# - [The Pascal VOC challenge](http://host.robots.ox.ac.uk/pascal/VOC/), Everingham and others, 2005 to 2012: where IoU became the
#   score of segmentation
# - [Cityscapes](https://arxiv.org/abs/1604.01685), Cordts and others, 2016: streets, with IoU for each class
# - [Metrics reloaded](https://arxiv.org/abs/2206.01653), Maier-Hein, Reinke and others, 2022: which score fits which question
#
# Next: [Lesson 03](03_iou_and_dice_by_hand.ipynb) takes IoU apart by hand, and adds a second score.
