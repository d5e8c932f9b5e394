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
# ![A street as the truth has it, with four pedestrians, and a prediction that has background and road but no pedestrian. Bars beside them: pixel accuracy 0.92, IoU of the background 0.93, of the road 0.90, of the pedestrians 0, and mIoU 0.61.](pictures/02_street_92.png)
#
# Suppose that you choose the network for a car's camera, and one number decides: the candidate in the picture gets 92 %
# of the pixels right. It has also missed all four people. Nobody lied and nobody made an arithmetic mistake: the
# number simply does not ask about people. In this lesson you learn what it does ask, build such a case yourself,
# and meet the scores that would have warned you.
#
# **You will be able to**
#
# - compute the pixel accuracy of a prediction, and leave out pixels without a label
# - say what a prediction of background everywhere scores before you compute it
# - build masks that look good in one number and are useless
# - tell recall, precision and IoU apart, and read off them how a model fails
#
# **You need** lesson 01. Plain Python, and NumPy for the last exercise.
#
# **Time** 60 minutes; 5 seconds of computing on two CPU cores.

# %% [markdown]
# ## How many pixels are right?
#
# You have two class maps with one id for each pixel: what the network predicted, and what a person says is true. The
# simplest thing to ask is at how many pixels they agree. The share of pixels that are right is the **pixel accuracy**:
#
# $$\text{accuracy} = \frac{\text{pixels that are right}}{\text{all pixels}}$$
#
# **Before you run the next cell:** it shows two maps of nine pixels. Compare them by eye and write down the accuracy.

# %%
import numpy as np

from course_lib.plots import show_masks

prediction, truth = example("accuracy-3x3")
names = ("background", "road", "car")
show_masks(
    {"prediction": prediction, "truth": truth},
    names=names,
    background=0,
    alt="Two 3×3 class maps. Prediction: 0 1 1, 2 1 0, 0 0 2. Truth: 0 1 2, 2 1 0, 0 1 2.",
)

# %% [markdown] exercise="pixel-accuracy"
# Write `pixel_accuracy`. The two counters and the division are there; your part is to fill the counters. `zip` walks
# through two lists at once: `for predicted_row, true_row in zip(prediction, truth)` gives the first row of each, then the
# second of each, and so on. The same works for the pixels of two rows.

# %% exercise="pixel-accuracy"

# %%
pixel_accuracy = unblock("pixel-accuracy")

# %% tags=["nbval-check-output"]
print(f"{pixel_accuracy(prediction, truth):.3f}")

# %% [markdown]
# Two pixels are wrong, the last of the first row and the middle one of the last row, so seven of nine are right. Does your
# own count agree?
#
# **Try it:** change one pixel of `better` so that the cell prints 0.889, which is eight of nine. There are two ways.

# %%
better = [row.copy() for row in prediction]
better[0][0] = 0  # change the row, the column or the id
print(f"{pixel_accuracy(better, truth):.3f}")

# %% [markdown]
# ## Pixels that nobody labelled
#
# Look closely at the outline of a furry dog, and you will not be able to say which pixels belong to it. The people who
# label data sets cannot either. They leave such pixels without a class, and the same goes for the margin of an
# image that was padded to a common size. Such pixels are called **void**. The truth marks them with an id that no class
# uses, by custom 255, and functions that compute scores take this id as an argument, usually named **`ignore_index`**.
#
# Below is the same pair, but nobody has labelled two pixels of the truth. A prediction there can be neither right nor
# wrong. What is the accuracy now?

# %%
prediction, truth_with_void = example("accuracy-3x3-void")
show_masks(
    {"prediction": prediction, "truth, 255 is void": truth_with_void},
    names=names,
    background=0,
    alt="The two 3×3 class maps again; in the truth the last pixel of the first row and the first pixel of the "
    "last row are 255, void, and grey",
)

# %% [markdown] exercise="pixel-accuracy-ignoring"
# Write `pixel_accuracy_ignoring`: pixels whose *truth* is `ignore_index` do not count, whatever is predicted there. One
# case needs a decision. If no pixel has a label at all, there is nothing to judge, and neither 0 nor 1 would be true. Python
# has a float for this, `float("nan")`, short for *not a number*.

# %% exercise="pixel-accuracy-ignoring"

# %%
pixel_accuracy_ignoring = unblock("pixel-accuracy-ignoring")

# %% [markdown]
# **Before you run the next cell:** which of its two lines is higher?

# %% tags=["nbval-check-output"]
print(f"void pixels left out       {pixel_accuracy_ignoring(prediction, truth_with_void):.3f}")
print(f"void pixels taken as wrong {pixel_accuracy(prediction, truth_with_void):.3f}")

# %% [markdown]
# It is six of seven against six of nine. The prediction is the same in both lines and only the bookkeeping differs, so when
# you compare your score with someone else's, find out first what they did with the void pixels.

# %% [markdown]
# ## The trap
#
# Here is a small picture of a pet, in which 0 is background and 1 is pet. Ten of its 100 pixels are pet. Beside it you
# see the work of the laziest model there is: it never looks at the image and predicts background at every pixel.

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
# **Before you run the next cell:** write down the pixel accuracy. Would you show this number to anyone?

# %% tags=["nbval-check-output"]
print(f"accuracy {pixel_accuracy(nothing, truth):.2f}")

# %% [markdown]
# Ninety per cent, and nothing was recognised. The score is exactly the share of background, so it tells you about the image
# and nothing about the model. The smaller the thing that you care about, the better it looks to miss it.
#
# **Move something.** Choose "a model that says background everywhere" and make the foreground smaller. What happens to the
# accuracy? It has two more scores. Let them be for now: the next section explains one, and lesson 03 the other and the
# formulas.

# %%
from course_lib.explorers import explore_iou

explore_iou()

# %% [markdown]
# ## A score that looks at one class
#
# If the background hides the pet, ask about the pet alone. The pixels that both masks call background have nothing to say
# about it, so leave them out. What remains is every pixel that is pet in at least one of the two masks: the **union**. At
# some of these both masks say pet, and these form the **intersection**. The ratio of the two is called **IoU**, intersection
# over union:
#
# $$\text{IoU} = \frac{\text{pixels of the class in both masks}}{\text{pixels of the class in at least one mask}}$$
#
# Below, a pet of four pixels is predicted one pixel too far to the left. Count how many pixels are in both masks and how many
# are in at least one, and work out the IoU. You will write the function yourself in lesson 03; for now the library's checks
# your count.

# %%
from course_lib.metrics import iou

pet_truth = np.zeros((4, 5), dtype=int)  # (H, W)
pet_truth[1:3, 2:4] = 1
pet_shifted = np.zeros((4, 5), dtype=int)  # (H, W)
pet_shifted[1:3, 1:3] = 1
show_masks(
    {"prediction": pet_shifted, "truth": pet_truth},
    names=("background", "pet"),
    background=0,
    alt="Two masks of 4 rows and 5 columns, each with a pet of 2×2 pixels; the prediction's pet is in the second "
    "and third column, the truth's in the third and fourth",
)

# %% [markdown]
# And what is the accuracy of the same pair? Guess it as well before you go on.

# %% tags=["nbval-check-output"]
of_classes = iou(pet_shifted, pet_truth, num_classes=2)  # one IoU for each class: background, pet
print(f"IoU of the pet {of_classes[1]:.3f}")
print(f"accuracy       {pixel_accuracy(pet_shifted.tolist(), pet_truth.tolist()):.3f}")
wider = np.pad(pet_shifted, 5)  # (14, 15): np.pad puts five more rows and columns of 0 on each side
wider_truth = np.pad(pet_truth, 5)  # (14, 15)
print(f"IoU of the pet in a larger picture {iou(wider, wider_truth, num_classes=2)[1]:.3f}")
print(f"accuracy in a larger picture       {pixel_accuracy(wider.tolist(), wider_truth.tolist()):.3f}")

# %% [markdown]
# Two pixels are in both masks and six in at least one. The other four of the six are mistakes of two kinds: two pixels
# of the pet were missed, and two are false alarms. The accuracy is higher because it also counts the 14 pixels that are
# rightly background. In the larger picture there are many more of those, and the accuracy goes up although the prediction
# of the pet is the same. The IoU of the pet does not move.
#
# Usually one number has to sum up all classes. The **mean IoU**, or **mIoU**, is the mean of the classes' IoU: every class
# has one vote, however few pixels it has. It is the number by which segmentation models are most often compared.
#
# What is it for the lazy model? You need no masks to find out, only a count of the background.

# %% [markdown] exercise="all-background-scores"
# Write `all_background_scores`: it gets a truth of 0 (background) and 1 (pet), and returns what a prediction of background
# everywhere would score. Do not make that prediction. Think instead: which pixels would be right? Which are the union and the
# intersection of the background, and which those of the pet?
#
# If the truth has no pet, then the pet is in neither mask and its IoU is nan. It must not spoil the mean:
# `np.nanmean([0.9, float("nan")])` averages the numbers that are there and gives 0.9.

# %% exercise="all-background-scores"

# %%
all_background_scores = unblock("all-background-scores")

# %% [markdown]
# Three truths follow: 90 % background, 80 % background, and an image without a pet. That makes nine numbers. How many of
# them can you say before you run the cell?

# %% tags=["nbval-check-output"]
for example_id in ("all-background-90", "all-background-80", "no-pet"):
    scores = all_background_scores(example(example_id))
    print(f"{example_id:<17}", *(f"  {name} {score:.2f}" for name, score in scores.items()))

# %% [markdown]
# The next cell does the same for every share of pet from 1 to 50 %. Sketch the three lines on paper first: which of them rise
# as the pet gets smaller, and which one never moves?

# %%
import matplotlib.pyplot as plt

from course_lib.masks import PALETTE
from course_lib.plots import show

shares = range(1, 51)
scores = [all_background_scores([[1] * pet + [0] * (100 - pet)]) for pet in shares]
figure, axes = plt.subplots(figsize=(7, 4), layout="constrained", facecolor="white")
for name, style, colour in (("accuracy", "-", 1), ("mIoU", "--", 3), ("pet IoU", ":", 0)):
    values = [score[name] for score in scores]
    axes.plot(shares, values, style, color=PALETTE[colour] / 255, linewidth=2.5)
    axes.text(51, values[-1], name, color=PALETTE[colour] / 255, va="center")
axes.set(xlabel="share of pet in the truth, %", ylabel="score of background everywhere", ylim=(-0.04, 1.04))
axes.set(title="The smaller the pet, the better it looks to miss it", xlim=(0, 58), xticks=range(0, 51, 10))
axes.grid(alpha=0.3)
show(
    figure,
    alt="Scores of background everywhere over the share of pet. Accuracy falls in a straight line from 0.99 at 1 % pet "
    "to 0.50 at 50 %; mIoU is half of it; the pet IoU is 0 throughout.",
)

# %% [markdown]
# Read it from right to left. As the pet shrinks, the accuracy climbs towards 1 while the IoU of the pet stays at 0. The mIoU
# rises too, but as long as there is a pet, one of its two votes is lost, and it cannot pass one half. Without a pet there is
# only one vote left, that of the background. That is why the line *no-pet* further up says 1.00.
#
# That sounds like a safeguard, and with two classes it nearly is. But of $C$ classes each has only one vote of $C$.
# Pascal VOC, a well-known benchmark, has 21 of them: a model that misses one altogether loses at most $1/21$ there,
# less than 5 points. Even with the three classes of the street at the top of this page, a third of the votes is lost
# and the mIoU is still 0.61. The more classes there are, the better mIoU *hides* a single failure. In lesson 03 you
# will build a model that loses a class and goes up in mIoU all the same. Whatever the mean says, look at the list of
# the single classes beside it.

# %% [markdown]
# ## Is it a problem in practice?
#
# You will often read that background is 80 to 95 % of an image and that a network therefore starts by calling everything
# background. Let us look at data instead. This course has its own pets, drawn by code, whose truth has three classes: pet,
# background, and a border along the outline where the two meet. From lesson 04 on you will train networks on them.
#
# **Before you run the next cell:** guess the share of each class.

# %%
from course_lib.data.pocket_pets import draw_pet

rng = np.random.default_rng(0)
trimaps = np.stack([draw_pet(rng).trimap for _ in range(12)]) - 1  # (12, H, W): 0 pet, 1 background, 2 border
for class_id, name in enumerate(("pet", "background", "border")):
    print(f"{name:<11} {(trimaps == class_id).mean():.0%} of the pixels")
show_masks(
    {f"truth {number}": trimaps[number] for number in range(4)},
    names=("pet", "background", "border"),
    alt="Four truths of drawn pets: the pet in orange, a yellow border along its outline, blue background around it",
)

# %% [markdown]
# Background is the largest class, but far from 90 %: calling everything background would be wrong at nearly half of the
# pixels. The class that is in danger here is the border. A model that finds every pet and calls every border pixel
# background still gets this accuracy:

# %%
no_border = np.where(trimaps == 2, 1, trimaps)  # (12, H, W)
of_classes = iou(no_border, trimaps, num_classes=3)
print(f"accuracy {(no_border == trimaps).mean():.2f}, mIoU {of_classes.mean():.2f}")
print("IoU of pet, background, border:", *(f"{score:.2f}" for score in of_classes))

# %% [markdown]
# Networks really do end up there for a while. Training goes in steps, and in each one the network sees a few pictures and
# its numbers are changed a little. In an experiment of this course, networks that had trained on such pets for 120 steps reached an IoU of {{optimizers.adamw_120.background}} for the background, and for the border of no more than
# {{optimizers.adamw_120.border}}. Four times as many steps brought the border to {{optimizers.adamw_480.border}}. (The number
# behind ± is the standard deviation over three runs.) The trap is real, but it does not have to be the background: it waits for
# whichever class is small or hard. The accuracy of such a network gives no hint which one that is.

# %% [markdown]
# ## 92 % right
#
# "The model for our car reaches 92 % pixel accuracy." Does it see people? The one at the top of this page does not. The
# number cannot tell, and the best way to convince yourself of that is to build such a case.

# %% [markdown] exercise="misleading-pair"
# Write `misleading_pair`: it returns a prediction and a truth, in this order, with a pixel accuracy of exactly 0.92. The truth
# has pedestrians, and the prediction misses every pixel of them. Size and picture are up to you, and there are many right
# answers. The id of pedestrians comes as the argument, a number from 2 to 9; 0 is background and 1 is road. The masks hold
# no other ids than these three.

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
print(f"IoU of the pedestrians {iou(prediction, truth, num_classes=3)[2]:.2f}")

# %% [markdown]
# ## Two ways to be wrong about a class
#
# The IoU says *how much* is wrong with a class. To learn *what* is wrong, ask two separate questions about it:
#
# - Of the pixels that **are** pedestrian, which share was found? This is the **recall** of the class. It falls with every
#   pixel that was missed.
# - Of the pixels that were **called** pedestrian, which share is right? This is the **precision**. It falls with every false
#   alarm.
#
# A car that overlooks people has a low recall, and one that brakes for shadows has a low precision. Start with recall. With
# NumPy it is short, because `truth == 2` is an array of True and False, and such an array picks pixels:
#
# | expression | gives |
# |---|---|
# | `truth == 2` | True where the truth is class 2 |
# | `prediction[truth == 2]` | what was predicted at these pixels, as one row |
# | `(prediction[truth == 2] == 2).mean()` | the share of them that was found, since True counts as 1 and False as 0 |

# %% [markdown] exercise="class-accuracy"
# Write a function that returns the recall of all classes from 0 to `num_classes - 1`. It is called `class_accuracy`, because
# some tools call the recall of a class its accuracy. Prediction and truth are NumPy arrays now. A class that the truth does
# not have gets `float("nan")`.

# %% exercise="class-accuracy"

# %%
class_accuracy = unblock("class-accuracy")

# %% [markdown]
# Here are three predictions for one street. The first misses both pedestrians. The second finds them but draws each one pixel
# too wide. The third calls everything a pedestrian.

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
# You do not have to write precision: `class_accuracy(truth, prediction, 3)`, with the two masks swapped, *is* the
# precision. Can you say why?
#
# **Before you run the next cell:** which two predictions have the same accuracy? Which has the highest recall of pedestrians,
# which the highest precision, and which the highest IoU? (If NumPy warns of the *mean of empty slice*: the first prediction
# has no pedestrian, and your function takes a mean of no pixels. The value is nan, as it should be.)

# %% tags=["nbval-check-output"]
print("                                    pedestrians")
print("             accuracy      recall   precision   IoU")
for name, guess in predictions.items():
    recall, precision = class_accuracy(guess, truth, 3)[2], class_accuracy(truth, guess, 3)[2]
    score = iou(guess, truth, num_classes=3)[2]
    print(f"{name:<12} {pixel_accuracy(guess, truth):8.2f} {recall:11.2f} {precision:11.2f} {score:5.2f}")

# %% [markdown]
# When the masks are swapped, so are the questions: the pixels that are picked are now those that were *predicted* to be
# pedestrian, and they are compared with the truth.
#
# - *misses them* and *too wide* both have an accuracy of 0.92, so the accuracy cannot tell a car that sees people from one
#   that does not. Their recall can, with 0 against 1. The precision of the first is nan: it never said pedestrian,
#   so there is nothing that could be right or wrong.
# - *everywhere* has a perfect recall as well. If you call everything a pedestrian, you cannot miss one. Its precision
#   gives it away.
# - The IoU counts both kinds of mistake, so neither trick pays: it is 0 for the first, 0.08 for the third, and highest for
#   the one that is nearly right.
#
# That is why this course reports the **IoU of each class** and their mean, with recall and precision where you want to
# know what went wrong. Pixel accuracy appears at most beside them.

# %% [markdown]
# ## Checkpoint
#
# **1.** An image is 97 % background, and the rest is a tumour. A prediction is background everywhere. What are its accuracy, its
# IoU for the tumour and its mIoU?
#
# <details><summary>Answer</summary>
#
# 0.97, 0 and 0.485. The IoU of the background is 0.97 too: the intersection is the true background, and the union is all
# pixels.
#
# </details>
#
# **2.** Of 100 pixels, 20 are void. Of the others, 60 are right. What is the accuracy, and what would it be if the void pixels
# counted as wrong?
#
# <details><summary>Answer</summary>
#
# 60 of 80, which is 0.75. With the void pixels as mistakes it would be 60 of 100, 0.60.
#
# </details>
#
# **3.** A model has recall 1.0 and IoU 0.10 for the class *car*. What does it do, and what is its precision?
#
# <details><summary>Answer</summary>
#
# It finds every pixel of the cars, and calls nine times as many other pixels car. With all cars found, the union is just what
# was called car, and therefore the precision equals the IoU: 0.10.
#
# </details>

# %% [markdown]
# **4.** You search X-rays for fractures, and a doctor looks at everything that your model marks. Which of recall and precision
# would you rather give up a little of?
#
# <details><summary>Answer</summary>
#
# Precision. A false alarm costs the doctor a minute, and a missed fracture may cost the patient much more. Where every
# alarm stops a production line, you may decide the other way.
#
# </details>
#
# **5.** A class is in neither mask of an image. Why is its IoU not 0, and not 1?
#
# <details><summary>Answer</summary>
#
# 0 says that it was missed, and 1 that it was found exactly. Neither happened, because intersection and union are both 0.
# The score is nan and is left out of the mean.
#
# </details>

# %% [markdown]
# ## What to remember
#
# - Pixel accuracy is right pixels over all labelled pixels. Void pixels are in neither number.
# - Background everywhere scores the share of background, whatever else the image holds. Its pet IoU is 0.
# - A class of 8 % can be missed altogether at 92 % accuracy.
# - Recall: of what is there, how much was found. Precision: of what was called so, how much is right.
# - IoU counts misses and false alarms. Report it for each class, because the mean can hide a class as well.

# %% [markdown]
# ## Where to go from here
#
# - [The PASCAL Visual Object Classes challenge](http://host.robots.ox.ac.uk/pascal/VOC/), Everingham and others, 2005 to 2012,
#   which made IoU the usual score; its masks use 255 for void
# - [The Cityscapes data set](https://arxiv.org/abs/1604.01685), Cordts and others, 2016: streets seen from a car, with
#   19 classes scored by IoU
# - [Metrics reloaded](https://arxiv.org/abs/2206.01653), Maier-Hein, Reinke and others, 2022: which score suits which question,
#   written for medical images and useful far beyond
# - [scikit-learn on precision and recall](https://scikit-learn.org/stable/modules/model_evaluation.html), the same two
#   questions outside of segmentation
#
# Next: [Lesson 03](03_iou_and_dice_by_hand.ipynb) takes IoU apart by hand, and adds a second score.
