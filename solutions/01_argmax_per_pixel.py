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
# ![Three score maps of 4 by 5 pixels for background, road and car; in each pixel the highest of the three scores is framed; an arrow called argmax leads to a class map that holds the id of the framed score](pictures/01_argmax.png)
#
# A network does not say "road". It gives every class a score, at every pixel. One small operation turns these scores into a
# mask: **argmax**, the index of the highest score.
#
# **You will be able to**
#
# - write argmax, and turn a grid of scores into a class map
# - read a shape such as (4, 3, 128, 128)
# - say over which axis argmax must go, for one image and for a batch
# - find the pixels where a prediction is barely decided
#
# **You need** lesson 00. Plain Python, and NumPy in the second half.
#
# **Time** 35 minutes; 2 seconds of computing on two CPU cores.

# %%
import matplotlib.pyplot as plt
import numpy as np
from PIL import Image, ImageFilter

from course_lib.data.pocket_pets import draw_pet
from course_lib.masks import PET_CLASSES, colorize, trimap_to_classes
from course_lib.plots import show, show_masks

# %% [markdown]
# ## One pixel, one score a class
#
# Here are the scores of one pixel of a street. The place in the list is the class id: the score at index 0 belongs to class 0.
#
# **Before you run the next cell:** which class does this pixel get?

# %% tags=["nbval-check-output"]
class_names = ["background", "road", "car"]
pixel = [0.2, 0.7, 0.1]
for class_id, name in enumerate(class_names):
    print(class_id, name, pixel[class_id])

# %% [markdown]
# The highest score is 0.7, and it stands at index 1. So the pixel is class 1, road. The **maximum** is 0.7; the **argmax** is 1.
# We want the argmax: the score has done its work once the class is known.
#
# A network's scores are called **logits**. They are any numbers: they may lie below 0 or above 1, and need not add up to anything. They
# only mean something in comparison with each other.

# %% [markdown] exercise="argmax"
# Write argmax, without `max` and without NumPy if you can. Two things to watch: all scores may be negative, and if two classes tie for
# the highest score, the first of them wins.

# %% exercise="argmax"

# %%
argmax = unblock("argmax")

# %% [markdown]
# ## Only the comparison counts
#
# Three changes to the scores of the pixel: add 10 to each, multiply each by 100, turn every sign round.
#
# **Before you run the next cell:** which of them change the argmax?

# %% tags=["nbval-check-output"]
print("as it was:    ", argmax(pixel))
print("plus 10:      ", argmax([score + 10 for score in pixel]))
print("times 100:    ", argmax([score * 100 for score in pixel]))
print("signs turned: ", argmax([-score for score in pixel]))

# %% [markdown]
# The first two leave the order of the scores as it is, so the winner stays. Turning the signs reverses the order: now the
# class that scored lowest wins, here the car.
#
# **Move something.** Pick a pixel with the arrow keys on the two sliders and read its scores. Then guess before you move the
# temperature, which divides all scores: will the class map change?

# %%
from course_lib.explorers import explore_argmax

explore_argmax()

# %% [markdown]
# ## A grid of pixels
#
# A picture is a grid, so its scores are a grid of lists: `scores[row][column][class_id]`. This street has two rows and two columns.
#
# **Before you run the next cell:** which class does the pixel of row 1, column 0 get?

# %% tags=["nbval-check-output"]
street = example("argmax-street")
for row in street:
    print(row)
print("row 1, column 0:", street[1][0])

# %% [markdown] exercise="argmax-grid"
# Turn a grid of scores into a class map: the same rows and columns, with an id in place of each list. Each pixel is decided by its
# own scores alone, so your `argmax` does the work.

# %% exercise="argmax-grid"

# %%
argmax_grid = unblock("argmax-grid")

# %% tags=["nbval-check-output"]
street_map = np.array(argmax_grid(street)).tolist()
print(street_map)
for row in street_map:
    print([class_names[class_id] for class_id in row])

# %% [markdown]
# The names are for us. The map keeps the ids, because ids can be compared and counted.
#
# Look at the last pixel, [0.3, 0.3, 0.4]. It became "car" with 0.4, just ahead of the other two; the pixel beside it is "car"
# with 0.7. The class map shows no difference between them. We come back to that at the end.
#
# Another picture has other classes. The ids mean nothing without their list of names: 2 was a car, now it is a dog.

# %% tags=["nbval-check-output"]
for row in argmax_grid(example("argmax-dog")):
    print([["background", "person", "dog"][class_id] for class_id in row])

# %% [markdown]
# ## Four letters: N, C, H, W
#
# Networks work on arrays, many images at a time, and put the classes before the rows: not a list of scores for each pixel, but a
# **score map** for each class.
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
# The C sheets of an image lie on each other. At one pixel, a needle through all of them meets C scores. Argmax compares these and
# leaves one id, so of each stack one sheet is left.

# %% [markdown] exercise="read-shape"
# Logits have the shape (4, 3, 128, 128). What is the 3? And what shape do the class maps have? Write a function that answers this for
# any shape.

# %% exercise="read-shape"

# %%
read_shape = unblock("read-shape")

# %% tags=["nbval-check-output"]
for key, value in read_shape((4, 3, 128, 128)).items():
    print(f"{key}: {value}")

# %% [markdown]
# The 3 is the number of classes. For photos it is easily taken for red, green and blue: an image that goes *into* a network has the
# shape (N, 3, H, W) as well. What comes out has one map for each class, be it 2 or 150.
#
# ## From a grid to score maps
#
# The street as an array has the shape (H, W, C), since the classes stand innermost. `transpose(2, 0, 1)` puts axis 2, the classes,
# first.
#
# **Before you run the next cell:** what will the two shapes be? Both sides of the street are 2 pixels long.

# %% tags=["nbval-check-output"]
pixels_first = np.array(street)  # (H, W, C)
street_maps = pixels_first.transpose(2, 0, 1)  # (C, H, W)
print(pixels_first.shape, "->", street_maps.shape)
print("one pixel:  ", pixels_first[1, 0])
print("the same:   ", street_maps[:, 1, 0])

# %% [markdown]
# The numbers are the same, only the order of the indices has changed. Here are the three maps, dark where the score is high.


# %%
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
# Now with NumPy, for the score maps of one image. `scores.argmax(axis=...)` compares along the axis that you name, and that axis goes
# away. Which one must it be?

# %% exercise="argmax-chw"

# %%
argmax_chw = unblock("argmax-chw")

# %% [markdown]
# Does the array give the same map as the grid did?

# %% tags=["nbval-check-output"]
print(np.array(argmax_chw(street_maps)))
print("the same map:", np.array_equal(argmax_chw(street_maps), street_map))

# %% [markdown]
# ## The wrong axis gives no error
#
# NumPy takes any axis. **Before you run the next cell:** which shapes will the three results have?

# %% tags=["nbval-check-output"]
for axis in range(3):
    print("axis", axis, "gives the shape", street_maps.argmax(axis=axis).shape)

# %% [markdown]
# A wrong axis shows in the shape: (3, 2), where one map of 2 rows and 2 columns is wanted. But had the image 3 rows and 3
# columns, all three shapes would be (3, 3), and only the picture would be wrong. Test with an image that is not square.
#
# ## A batch
#
# Networks take many images at once. Their logits are stacked: (N, C, H, W).

# %% tags=["nbval-check-output"]
dog_maps = np.array(example("argmax-dog")).transpose(2, 0, 1)  # (C, H, W)
logits = np.stack([street_maps, dog_maps])  # (N, C, H, W)
print(logits.shape)

# %% [markdown] exercise="argmax-nchw"
# The same for a batch. The classes are no longer the first axis.

# %% exercise="argmax-nchw"

# %%
argmax_nchw = unblock("argmax-nchw")

# %% tags=["nbval-check-output"]
print(np.array(argmax_nchw(logits)))
print(logits.shape, "->", np.shape(argmax_nchw(logits)))

# %% [markdown]
# In PyTorch this line is `logits.argmax(dim=1)`. It ends every network of this course.
#
# ## A whole pet
#
# Now a picture of 96 × 128 pixels. We have no network yet, so we make the scores up: for each class its true pixels, blurred, with
# some noise on them. A fair network's scores look much like that.

# %%
rng = np.random.default_rng(14)
pet = draw_pet(rng, size=(96, 128))
truth = trimap_to_classes(pet.trimap)  # (H, W)


def blur(picture, radius):
    picture = Image.fromarray(picture.astype(np.uint8))
    return np.asarray(picture.filter(ImageFilter.GaussianBlur(radius))) / 255


scores = np.stack(
    [
        blur(255 * (truth == class_id), radius=2.5) + 6 * blur(rng.integers(256, size=truth.shape), radius=3)
        for class_id in range(3)
    ]
)  # (C, H, W)
draw_scores(
    scores,
    PET_CLASSES,
    alt="Three blurred, noisy score maps: dark on the pet, on the background, on the border",
)

# %%
prediction = np.array(argmax_chw(scores))  # (H, W)
figure, axes = plt.subplots(1, 3, figsize=(10, 2.9))
panels = {"picture": pet.image, "truth": colorize(truth), "prediction": colorize(prediction)}
for axis, (title, picture) in zip(axes, panels.items(), strict=True):
    axis.imshow(picture)
    axis.set(xticks=[], yticks=[], title=title)
show(
    figure,
    alt="A drawn cat that sits; its true mask; the predicted mask, which is alike but ragged along the edges",
)

# %% [markdown]
# 12,288 pixels, three scores each, and one line of code.
#
# ## How close was it?
#
# Argmax hides how sure a pixel was. The **margin** shows it: the highest score less the second highest. A small margin means that a
# little noise would have changed the class.
#
# **Before you run the next cell:** where in the picture do you expect small margins?

# %%
ordered = np.sort(scores, axis=0)  # (C, H, W), the lowest first
margin = ordered[-1] - ordered[-2]  # (H, W)
figure, axes = plt.subplots(1, 2, figsize=(7.5, 2.9))
axes[0].imshow(margin, cmap="Greys_r")
axes[0].set(xticks=[], yticks=[], title="margin: dark is undecided")
axes[1].imshow(prediction != truth, cmap="Greys")
axes[1].set(xticks=[], yticks=[], title="wrong pixels: black")
show(
    figure,
    alt="Left the margin, dark along the edges between the classes; right the wrong pixels, which lie on the same edges",
)

# %% tags=["nbval-check-output"]
wrong = prediction != truth
print("wrong pixels have smaller margins:", bool(margin[wrong].mean() < margin[~wrong].mean()))

# %% [markdown]
# Along the edges between classes the scores are close, and there most of the mistakes are. So it is with trained networks, too: edges are
# the hard part.

# %% [markdown]
# ## Checkpoint
#
# **1.** What is the argmax of [-2.0, -7.5, -1.0]? And of [4, 9, 9]?
#
# <details><summary>Answer</summary>
#
# 2, since -1.0 is the highest; and 1, the first of the two nines.
#
# </details>
#
# **2.** Logits have the shape (8, 21, 64, 96). How many classes are there, over which axis goes argmax, and what shape is left?
#
# <details><summary>Answer</summary>
#
# 21 classes, axis 1, and (8, 64, 96).
#
# </details>
#
# **3.** A colleague writes `logits.argmax(axis=-1)` for logits (N, C, H, W). What do the numbers in the result mean?
#
# <details><summary>Answer</summary>
#
# The last axis is the width: each number is the column in which a row of one score map is highest. The shape is (N, C, H).
#
# </details>
#
# **4.** A pixel's scores are [0.3, 0.3, 0.4]. Someone keeps a class only where its score is above 0.5, and 0 elsewhere. What changes?
#
# <details><summary>Answer</summary>
#
# Argmax gives 2, the rule gives 0. With three classes the highest score may be well below 0.5, and logits have no such scale at
# all: compare the scores with each other, not with a fixed number.
#
# </details>

# %% [markdown]
# ## What to remember
#
# - Argmax is the index of the highest score; of ties, the first.
# - Only the order of the scores counts, not their size.
# - Logits (N, C, H, W) become class maps (N, H, W): argmax over axis 1, the classes. For one image (C, H, W) it is axis 0.
# - A wrong axis raises no error. Look at the shape.
# - A class map does not show how close the decision was; the margin does.
#
# Next: [Lesson 02](02_pixel_accuracy_vs_iou.ipynb). Is a mask that is right at 92 % of its pixels a good one?
