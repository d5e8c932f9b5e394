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
# # Argmax per pixel
#
# ![Three score maps of 4 by 5 pixels for background, road and car; in each pixel the highest of the three scores is framed; an arrow called argmax leads to a class map that holds the id of the framed score: background above in blue, road below in orange, a yellow car on it](pictures/01_argmax.png)
#
# In lesson 00 a network gave three scores for each pixel of a photo, and one short line turned them into a mask. This lesson
# is about that line. It is the smallest operation of the whole course, nearly every network here ends with it, and it can
# go wrong without any error message.
#
# **You will be able to**
#
# - write argmax, and turn a grid of scores into a class map
# - read a shape such as (4, 3, 128, 128)
# - say over which axis argmax must go, and build a test that catches the wrong one
# - find the pixels whose class a little noise could change
#
# **You need** lesson 00. Plain Python, and NumPy in the second half.
#
# **Time** 60 minutes; 5 seconds of computing on two CPU cores.

# %% [markdown]
# ## One pixel, one score per class
#
# A network does not answer "road". It gives every class a score, and leaves the decision to you. Here are the scores of one
# pixel of a street. The position in the list is the class id: the score at index 0 belongs to class 0.
#
# **Before you run the next cell:** which class does this pixel get?

# %% tags=["nbval-check-output"]
class_names = ["background", "road", "car"]
pixel = [0.2, 0.7, 0.1]
for class_id, name in enumerate(class_names):
    print(class_id, name, pixel[class_id])

# %% [markdown]
# The highest score is 0.7, and its index is 1, so the pixel is class 1, road. These are two different things to ask of a
# list: its **maximum** is 0.7, and its **argmax**, the index of the maximum, is 1. A mask needs the argmax. Once the
# class is known, the score has done its work.
#
# The scores of a network are called **logits**. They are any numbers, also below 0 or above 1, and they need not add up to
# anything.

# %% [markdown] exercise="argmax"
# Write argmax, without `max` and without NumPy if you can. Two things to watch for: all scores may be negative, and if two
# classes tie for the highest score, the first of them wins.

# %% exercise="argmax"

# %%
argmax = unblock("argmax")

# %% [markdown]
# ## Only the comparison counts
#
# Suppose that somebody changes the scores of the pixel in one of three ways: adds 10 to each, multiplies each by 100, or
# reverses the sign of each.
#
# **Before you run the next cell:** which of the three changes the argmax?

# %% tags=["nbval-check-output"]
print("as it was:     ", argmax(pixel))
print("plus 10:       ", argmax([score + 10 for score in pixel]))
print("times 100:     ", argmax([score * 100 for score in pixel]))
print("signs reversed:", argmax([-score for score in pixel]))

# %% [markdown]
# The first two leave the order of the scores as it is, so the winner stays. Reversing the signs reverses the order, and
# now the class that scored lowest wins, which is the car. A score means something only in comparison with the other
# scores of its pixel: 0.7 wins here, and it would lose against 0.8.
#
# **Move something.** Choose a pixel with the arrow keys on the sliders for row and column, and read its scores. Then move
# *multiply by* and *then add*. At which factor does the class map change, and why do all pixels become class 0 at
# exactly one value?

# %%
from course_lib.explorers import explore_argmax

explore_argmax()

# %% [markdown]
# A positive factor keeps the order, a negative one reverses it, and at factor 0 all scores are equal: then the first class
# wins everywhere, as in every tie. What is added to all scores changes nothing at all.

# %% [markdown]
# ## A grid of pixels
#
# A picture is a grid of pixels, so its scores are a grid of lists: `scores[row][column][class_id]`. This street has two
# rows and two columns.
#
# **Before you run the next cell:** find the scores of the pixel in row 1, column 0. Which class does it get?

# %% tags=["nbval-check-output"]
street = example("argmax-street")
for row in street:
    print(row)
print("row 1, column 0:", street[1][0])

# %% [markdown] exercise="argmax-grid"
# Turn a grid of scores into a class map: the same rows and columns, with one id in place of each list. Each pixel is decided
# by its own scores only, so your `argmax` does the work.

# %% exercise="argmax-grid"

# %%
argmax_grid = unblock("argmax-grid")

# %% tags=["nbval-check-output"]
import numpy as np

street_map = np.array(argmax_grid(street)).tolist()
print(street_map)
for row in street_map:
    print([class_names[class_id] for class_id in row])

# %% [markdown]
# The names are for us. The map keeps the ids, because ids can be compared and counted.
#
# Look at the last pixel, [0.3, 0.3, 0.4]. It became "car" with 0.4, just ahead of the other two, while the pixel beside it is
# "car" with 0.7. The class map shows no difference between the two, and at the end of this lesson we come back to that.
#
# The ids mean nothing without their list of names. In another picture, with other classes, 2 is a dog:

# %% tags=["nbval-check-output"]
for row in argmax_grid(example("argmax-dog")):
    print([["background", "person", "dog"][class_id] for class_id in row])

# %% [markdown]
# ## Four letters: N, C, H, W
#
# A network works on arrays, and on many images at a time. It also puts the classes before the rows: instead of a list of
# scores for each pixel there is a **score map** for each class.
#
# ![Two images, each a stack of three sheets, the score maps of class 0, 1 and 2; the stack is C deep, a sheet is H high and W wide. After argmax over the classes one sheet of ids is left of each stack](pictures/01_shapes.png)
#
# | letter | what it counts | axis |
# |---|---|---|
# | N | images in the batch | 0 |
# | C | classes | 1 |
# | H | rows: the height | 2 |
# | W | columns: the width | 3 |
#
# Imagine the C sheets of one image lying on top of each other. A needle that is pushed through all of them at one pixel
# meets C scores. Argmax compares these and leaves one id, so one sheet is left of each stack.
#
# **Before you run the next cell:** logits have the shape (4, 3, 128, 128). What is the 3? And which shape do the class maps
# have?

# %% tags=["nbval-check-output"]
logits = np.zeros(example("logits-shape"))  # (N, C, H, W)
print(logits.shape, "->", logits.argmax(axis=1).shape)

# %% [markdown]
# The 3 is the number of classes, and its axis is the one that argmax takes away: four class maps of 128 × 128 ids are left.
# It is easily mistaken for red, green and blue, because an image that goes *into* a network has the shape (N, 3, H, W) as
# well. What comes out has one map for each class, whether there are 2 classes or 150.
#
# ## From a grid to score maps
#
# As an array the street has the shape (H, W, C), because the classes are in the innermost lists. `transpose(2, 0, 1)` puts
# axis 2, the classes, first.
#
# **Before you run the next cell:** what will the two shapes be? Both sides of the street are 2 pixels long.

# %% tags=["nbval-check-output"]
pixels_first = np.array(street)  # (H, W, C)
street_maps = pixels_first.transpose(2, 0, 1)  # (C, H, W)
print(pixels_first.shape, "->", street_maps.shape)
print("one pixel:  ", pixels_first[1, 0])
print("the same:   ", street_maps[:, 1, 0])

# %% [markdown]
# The numbers are the same, and only the order of the indices has changed. Here are the three maps. The higher a score, the
# darker its pixel.

# %%
import matplotlib.pyplot as plt

from course_lib.plots import show


def draw_scores(maps, names, alt):
    """Draw score maps (C, H, W) side by side, with their numbers if they are small."""
    figure, axes = plt.subplots(1, len(maps), figsize=(3 * len(maps), 2.7))
    for scores, name, axis in zip(maps, names, axes, strict=True):
        axis.imshow(scores, cmap="Greys", vmin=maps.min(), vmax=maps.max())
        axis.set(xticks=[], yticks=[], title=f"scores: {name}")
        if scores.size <= 20:
            for (row, column), score in np.ndenumerate(scores):
                axis.text(column, row, score, ha="center", va="center", backgroundcolor="white")
    show(figure, alt=alt)


draw_scores(
    street_maps,
    class_names,
    alt="Three score maps of 2 by 2 pixels. Background: 0.8, 0.2, 0.1, 0.3. Road: 0.1, 0.7, 0.2, 0.3. "
    "Car: 0.1, 0.1, 0.7, 0.4",
)

# %% [markdown] exercise="argmax-chw"
# Now with NumPy, for the score maps of one image. `scores.argmax(axis=...)` compares along the axis that you name, and that
# axis goes away. Which one must it be?

# %% exercise="argmax-chw"

# %%
argmax_chw = unblock("argmax-chw")

# %% [markdown]
# Does the array give the same map as the grid did?

# %% tags=["nbval-check-output"]
print(np.array(argmax_chw(street_maps)))
print("the same map:", np.array_equal(argmax_chw(street_maps), street_map))

# %% [markdown]
# Now the larger street, the one at the top of this page. Here are its three score maps as numbers.
#
# **Before you run the next cell:** find the pixel in row 1, column 3 in all three maps. The car seems to be right beside
# it. Which class will it get?

# %%
from course_lib.plots import show_masks

street_above = np.array(
    [
        [[9, 9, 8, 9, 9], [8, 4, 3, 7, 8], [3, 1, 2, 3, 4], [1, 0, 1, 1, 2]],  # background
        [[0, 1, 1, 0, 1], [2, 2, 1, 2, 2], [7, 2, 1, 6, 5], [9, 8, 8, 9, 8]],  # road
        [[1, 0, 1, 1, 0], [0, 6, 7, 3, 1], [2, 8, 9, 4, 1], [0, 2, 3, 1, 0]],  # car
    ]
)  # (C, H, W)
show_masks(
    {"class map": np.array(argmax_chw(street_above))},
    names=class_names,
    background=0,
    alt="The class map of 4 by 5 pixels: background above, road below, and a car of four pixels in the columns 1 and 2",
)

# %% [markdown]
# It is background, with 7 against 2 and 3. The pixel below it is road, although 4 speaks for the car there: 6 is more. It
# is the same map as in the picture, and its car ends exactly where another class scores higher.

# %% [markdown]
# ## A batch
#
# A network takes several images at once, and their logits are stacked: (N, C, H, W). Here are the street and the dog.
#
# **Before you run the next cell:** for one image it was axis 0. Which axis is it now?

# %% tags=["nbval-check-output"]
dog_maps = np.array(example("argmax-dog")).transpose(2, 0, 1)  # (C, H, W)
logits = np.stack([street_maps, dog_maps])  # (N, C, H, W)
print(logits.shape, "->", logits.argmax(axis=1).shape)
print(logits.argmax(axis=1))

# %% [markdown]
# It is axis 1. The images are axis 0 now, so the classes, the rows and the columns have become the axes 1, 2 and 3. In
# PyTorch, from lesson 04 on, the same line is `logits.argmax(dim=1)`.
#
# ## The wrong axis gives no error
#
# NumPy compares along any axis that you name, whether that makes sense or not. What is compared over a wrong axis? Over
# axis 0 the images compete with each other, over axis 2 the rows, over axis 3 the columns.
#
# **Before you run the next cell:** one of the four results is right. Which of the other three have another shape than it?

# %% tags=["nbval-check-output"]
for axis in range(4):
    print("axis", axis, "leaves the shape", logits.argmax(axis=axis).shape)

# %% [markdown]
# Only axis 1 leaves (2, 2, 2). Each wrong axis leaves another shape, one with a 3 in it, so here you would notice. That was
# luck: there are 3 classes, and 2 of everything else. Other shapes have other numbers in common, and with some of them a
# wrong axis leaves exactly the shape that you expect.
#
# You will often read that a test image must not be square. Is that the right advice?

# %% [markdown] exercise="hidden-axes"
# Find out which wrong axes the shape does not give away: write a function that returns them for any shape (N, C, H, W).

# %% exercise="hidden-axes"

# %%
hidden_axes = unblock("hidden-axes")

# %% [markdown]
# Now judge the advice. **Before you run the next cell:** predict the list for each of the four shapes.

# %% tags=["nbval-check-output"]
shapes = {
    "square image, three classes": (2, 3, 128, 128),
    "not square, as many classes as rows": (2, 8, 8, 12),
    "not square, as many classes as columns": (2, 12, 8, 12),
    "not square, as many images as classes": (3, 3, 8, 12),
}
for description, shape in shapes.items():
    print(f"{description}: {list(hidden_axes(shape))}")

# %% [markdown]
# The advice is wrong in both directions. The square image hides nothing, because its 3 classes appear in every wrong
# shape. The second and the last image are not square, and each hides a mistake. What you need in a test are four
# numbers N, C, H and W that all differ, such as (2, 3, 4, 5): then no wrong axis can leave the right shape.
#
# ## A whole pet
#
# Now to a picture with 25,600 pixels, and to the network of lesson 00. We give it a cat that the course has drawn, for
# one reason: we know the true class of every pixel of a drawn cat.

# %%
from PIL import Image

from course_lib.data.pocket_pets import draw_pet
from course_lib.first_network import FirstNetwork
from course_lib.masks import PET_CLASSES, trimap_to_classes

pet = draw_pet(np.random.default_rng(9), size=(160, 160))
truth = trimap_to_classes(pet.trimap)  # (H, W)
scores = FirstNetwork().scores(Image.fromarray(pet.image))  # (C, H, W)
draw_scores(
    scores,
    PET_CLASSES,
    alt="Three score maps: pet is dark on the cat, background around it, border in a band along its outline",
)

# %% [markdown]
# One line makes a class map of them.

# %%
prediction = np.array(argmax_chw(scores))  # (H, W)
figure, axis = plt.subplots(figsize=(2.6, 2.6))
axis.imshow(pet.image)
axis.set_axis_off()
show(figure, alt="A drawn orange cat that walks to the right")
show_masks(
    {"truth": truth, "prediction": prediction},
    names=PET_CLASSES,
    differ=True,
    alt="The true mask of the cat; the prediction, in which the tail is missing and a part of the outline is torn; "
    "the pixels where they differ, mostly along the outline",
)

# %% [markdown]
# The network was trained on photos, so a drawn cat is a hard question for it. It has missed most of the tail, and there are
# many small mistakes along the outline.
#
# ## How close was it?
#
# Argmax hides how close the decision was. The **margin** of a pixel shows it: the highest score minus the second highest.
# Where the margin is small, a slightly different score would have changed the class.
#
# **Before you run the next cell:** where in the picture do you expect small margins?

# %%
ordered = np.sort(scores, axis=0)  # (C, H, W), the lowest first
margin = ordered[-1] - ordered[-2]  # (H, W)
figure, axes = plt.subplots(1, 2, figsize=(7, 3.2), layout="constrained")
axes[0].imshow(margin, cmap="Greys_r", vmax=np.percentile(margin, 90))
axes[1].imshow(prediction != truth, cmap="Greys")
for axis, title in zip(axes, ("margin: dark is close", "wrong pixels: black"), strict=True):
    axis.set(xticks=[], yticks=[], title=title)
show(
    figure,
    alt="Left the margin, dark in thin lines between the classes; right the wrong pixels: thin lines along the same "
    "outline, and larger areas such as the tail",
)

# %%
wrong = prediction != truth
missed_tail = wrong[30:80, 10:45]  # (50, 35): the rows and columns where the tail is
of_tail = margin[30:80, 10:45][missed_tail]
for name, margins in (("right", margin[~wrong]), ("wrong", margin[wrong]), ("missed tail", of_tail)):
    print(f"{name:<12} {len(margins):>6,} pixels, mean margin {margins.mean():.2f}")

# %% tags=["nbval-check-output"]
print("wrong pixels have smaller margins on average:", bool(margin[wrong].mean() < margin[~wrong].mean()))
print("but those of the missed tail have larger ones: ", bool(of_tail.mean() > margin[~wrong].mean()))

# %% [markdown]
# Both answers matter. A small margin is a warning: most decisions that were close lie along an outline, and that is where
# many mistakes are. But a large margin is not a promise, because a network can also be wrong without any doubt. Compare the
# means: on the missing tail it was more certain than it usually is where it is right.

# %% [markdown] exercise="shaky-pixels"
# Suppose that each score may be off by a little, because a network that was trained once more would give slightly different
# ones. Which pixels could then change their class? *Could* means in the worst case, so trying one random noise does not
# answer it. Think first: if every score may be off by 0.5, how large does a margin have to be so that the class is safe?

# %% exercise="shaky-pixels"

# %%
shaky_pixels = unblock("shaky-pixels")

# %% [markdown]
# **Before you run the next cell:** by how much will the share of shaky pixels grow, if the noise doubles?

# %%
for noise in (0.25, 0.5, 1.0, 2.0):
    shaky = np.array(shaky_pixels(scores, noise))
    print(
        f"noise {noise:<4}  shaky: {shaky.mean():5.1%} of the pixels;  wrong among these: {wrong[shaky].mean():.1%}"
    )
print(f"wrong among all pixels: {wrong.mean():.1%}")

# %% [markdown]
# Each time the noise doubles, the share of shaky pixels about doubles as well. And the shakier the pixels are, the more of
# them are wrong. If you could check only a few pixels of this mask by hand, you would know where to begin.

# %% [markdown]
# ## Checkpoint
#
# **1.** What is the argmax of [-2.0, -7.5, -1.0]? And of [4, 9, 9]?
#
# <details><summary>Answer</summary>
#
# 2, because -1.0 is the highest; and 1, the first of the two nines.
#
# </details>
#
# **2.** Logits have the shape (8, 21, 64, 96). How many classes are there, over which axis does argmax go, and which shape
# is left?
#
# <details><summary>Answer</summary>
#
# There are 21 classes, argmax goes over axis 1, and (8, 64, 96) is left.
#
# </details>
#
# **3.** A colleague writes `logits.argmax(axis=-1)` for logits (N, C, H, W). What do the numbers in the result mean?
#
# <details><summary>Answer</summary>
#
# The last axis is the width. Each number is the column in which one row of one score map is highest, and the shape is
# (N, C, H).
#
# </details>
#
# **4.** Your test uses logits of shape (2, 4, 4, 6), and the result has the right shape. What have you shown?
#
# <details><summary>Answer</summary>
#
# That the axis was 1 or 2. With C = H both leave (2, 4, 6), so compare the ids as well, or choose another C.
#
# </details>
#
# **5.** A pixel's scores are [0.3, 0.3, 0.4]. Someone keeps a class only where its score is above 0.5, and writes 0
# elsewhere. What changes?
#
# <details><summary>Answer</summary>
#
# Argmax gives 2, and the rule gives 0. With three classes the highest score may be well below 0.5, and logits have no such
# scale at all. Compare the scores with each other, not with a fixed number.
#
# </details>

# %% [markdown]
# ## What to remember
#
# - Argmax is the index of the highest score. If several tie, the first of them wins.
# - Only the order of the scores counts, not their size.
# - Logits (N, C, H, W) become class maps (N, H, W): argmax over axis 1, the classes. For one image (C, H, W) it is axis 0.
# - A wrong axis raises no error. Test with N, C, H and W all different.
# - A class map does not show how close a decision was. The margin does, and it does not catch every mistake.
#
# ## Where to go from here
#
# - [numpy.argmax](https://numpy.org/doc/stable/reference/generated/numpy.argmax.html), with what it says about ties
# - [torch.argmax](https://pytorch.org/docs/stable/generated/torch.argmax.html): the same with `dim`
# - [Fully Convolutional Networks for Semantic Segmentation](https://arxiv.org/abs/1411.4038), Long, Shelhamer and Darrell,
#   2015: how a network that names a photo was turned into one that scores each of its pixels
#
# Next: [Lesson 02](02_pixel_accuracy_vs_iou.ipynb). Is a mask that is right at 92 % of its pixels a good one?
