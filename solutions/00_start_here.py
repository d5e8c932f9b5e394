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
# # Start here
#
# ![A photo of a cat; beside it the mask that a network made of it, with the cat in orange, a yellow border along its outline and the rest in blue; then a small part of the mask enlarged, so that each pixel shows its number: 0 for pet, 1 for background, 2 for border](pictures/00_first_mask.png)
#
# To segment a picture means to say what every single one of its pixels shows: where the road ends in front of a car,
# which pixels of a scan are the tumour, which part of a photo is the cat. In this course you will build and train
# networks that do it, and learn to tell how good they are.
#
# **You will be able to**
#
# - say what a mask is, and what it is for
# - have a trained network segment a photo, and see where it fails
# - run a lesson, check an answer, take a hint
# - tell semantic, instance and panoptic segmentation apart
#
# **You need** some Python: lists, loops, functions.
#
# **Time** 35 minutes; 5 seconds of computing on two CPU cores.

# %% [markdown]
# ## What is it for?
#
# A car that drives itself has to know where the road ends and the kerb begins, not only that there is a kerb somewhere
# in the picture. A doctor who plans a radiation treatment needs the outline of the tumour, because what lies beside it
# must not be hit. And a video call that hides your room behind a blur has to know, for each pixel, whether it shows
# you.
#
# All three need more than a word for the picture, and more than a box:
#
# ![One photo of a cat three times. Classification: the words "a cat". Detection: a box around the cat, which also holds what is beside its ears and its chest. Segmentation: exactly the area of the cat is hatched](pictures/00_three_answers.png)
#
# | task | the answer | how much of it |
# |---|---|---|
# | classification | what is in the picture | one word |
# | detection | what is where, roughly | a box and a word for each object |
# | segmentation | what is where, exactly | a word for each pixel |
#
# **Before you go on:** which of the three answers would you need if you wanted to cut the cat out with scissors?

# %% [markdown]
# ## A network at work
#
# Scissors need the third answer: only segmentation says where the cat ends. This course is about that answer.
#
# The course comes with a small network that was trained on photos of cats and dogs and has never seen this one. Run
# every cell of code from here on: click it and press **Shift + Enter**. You need not read the code of this section. It
# loads the network and draws pictures, and no exercise asks for it.

# %%
from course_lib.data.photos import open_photo
from course_lib.first_network import FirstNetwork

network = FirstNetwork()
photo = open_photo("chelsea")
scores = network.scores(photo)
print(f"{photo.width} x {photo.height} pixels in, {scores.shape} scores out,")
print(f"computed from {network.parameters:,} numbers that training has set")

# %% [markdown]
# The network first shrinks the photo to 160 x 160 pixels. Then it gives three scores for each of them, one for each thing
# that a pixel may show: pet, background, or the border between the two. Here they are as three pictures. The darker a
# pixel, the higher its score, and all three have the same scale.


# %%
import matplotlib.pyplot as plt

from course_lib.plots import show

class_names = ["pet", "background", "border"]
figure, axes = plt.subplots(1, 3, figsize=(9, 2.6), layout="constrained")
for axis, name, score in zip(axes, class_names, scores, strict=True):
    axis.imshow(score, cmap="Greys", vmin=scores.min(), vmax=scores.max(), aspect="auto")
    axis.set(title=f"score of {name}", xticks=[], yticks=[])
show(figure, alt="Three score maps: pet is dark on the cat, background around it, border along its outline")

# %% [markdown]
# At each pixel the highest of the three scores wins. That gives a **mask**: a grid with one number for each pixel. It is
# drawn over the photo, each class with a colour and a hatching of its own.

# %%
import numpy as np
from PIL import Image

from course_lib.outlines import show_over

mask = scores.argmax(axis=0)


def show_mask(photo, mask, alt):
    """Show a photo, and beside it the photo with the mask over it."""
    ids = Image.fromarray(mask.astype(np.uint8)).resize(photo.size, Image.Resampling.NEAREST)
    picture = np.asarray(photo)
    panels = {"the photo": (picture, None), "the network's mask over it": (picture, np.asarray(ids))}
    show_over(panels, alt, class_names, columns=2, size=4.5)


show_mask(
    photo,
    mask,
    alt="The cat is hatched as pet from its ears to its chest, with a band of border along its outline; small islands "
    "of border in its left cheek and in the background",
)

# %% [markdown]
# The outline follows the cat nearly everywhere. Where is it wrong? Follow the white lines, and look for islands, before you
# open the answer.
#
# <details><summary>Answer</summary>
#
# There are two small islands of border, one in the cheek on the left and one in the background on the right, and the border
# cuts a notch into the cat beside its mouth. From a distance these are details. For the radiation treatment above, they
# would not be.
#
# </details>
#
# **Before you run the next cell:** it shows the same network a cup of coffee. What will it say? There is no pet.

# %%
cup = open_photo("coffee")
show_mask(
    cup,
    network.scores(cup).argmax(axis=0),
    alt="A cup of coffee on a table; the inside of the cup, its spoon and a part of the table are hatched as pet, with "
    "borders around them",
)

# %% [markdown]
# It finds a pet all the same. Whatever you show it, a network gives an answer, because one of the three scores is
# always the highest. It has learnt how cats and dogs differ from what was around them in 240 photos, and nobody has
# taught it anything about cups.
#
# (The photos are *Chelsea* by Stéfan van der Walt and *Coffee* by Rachel Michetti, both CC0. The network was trained on photos
# of the Oxford-IIIT Pet data set, and its weights have that set's licence, CC BY-SA 4.0.)
#
# Try it on a photo of your own: put the file into the folder of this notebook, take the three `#` away and run the cell.

# %%
from PIL import ImageOps

# my_photo = ImageOps.exif_transpose(Image.open("my_photo.jpg")).convert("RGB")  # upright, and in colour
# my_photo.thumbnail((800, 800))  # a large one would take long to draw
# show_mask(my_photo, network.scores(my_photo).argmax(axis=0), alt="My photo")
# %% [markdown]
# ## What makes it hard?
#
# ![Five parts of the cat's photo. Context: a patch of brown that could be cat or cushion. Boundaries: whiskers. Scale: the cat at a fifteenth of its size. Occlusion: the cat behind bars. Cost: the photo under a grid](pictures/00_five_difficulties.png)
#
# - **Context.** From a few pixels nobody can tell fur from a cushion: a network has to see what is around them.
# - **Boundaries.** Along an outline the right answer changes from one pixel to the next, and even people disagree there.
# - **Scale.** The same cat may fill the picture, or be a few pixels large.
# - **Occlusion.** A cat that is half hidden is still one cat.
# - **Cost.** This photo asks 135,300 questions at once, one for each pixel, and a film asks them 25 times a second. That is
#   why the network above shrank it first.
#
# You will meet each of them again: context in lessons 05 and 12, boundaries in 03, 05 and 07, scale and occlusion in 13, and
# cost from lesson 06 on.
# %% [markdown]
# ## How a lesson works
#
# A lesson is a page of text and cells of code. Run the cells from top to bottom, since later ones use what earlier ones
# made. You have just done it: **Shift + Enter** runs a cell, its output appears below it, and the next cell is chosen.
#
# Without a mouse, the arrow keys go from cell to cell, **Enter** lets you write in the chosen one, and **Esc** ends that.
# **Tab** leads to the links, buttons and folded answers in a cell, and Enter opens them.
#
# This copy is yours. Change any cell and run it again: nothing you do here can break the course, and `course reset 00` in
# a terminal brings this lesson back as it was and keeps your version beside it.
#
# The next cell looks at your Python, its packages, the folder where your progress is kept, and the data.
# %%
from course_lib.learner.doctor import quick_look

quick_look()

# %% [markdown]
# Each line begins with one of three marks:
#
# | mark | means | what to do |
# |---|---|---|
# | `[+]` | this is fine | nothing |
# | `[!]` | something is missing that you can do without for now | nothing yet |
# | `[x]` | this does not work | run the command below the line |
#
# Before lesson 04, where PyTorch comes in, run `course doctor` in a terminal: it takes a longer look. No lesson needs a GPU.

# %% [markdown]
# ## A mask is a grid of numbers
#
# The numbers in a mask are **class ids**: short names for what a pixel may show. For our pets there are three of them,
# 0 for pet, 1 for background, and 2 for the border between the two. Here is a pet that is small enough to read.

# %%
from course_lib.plots import show_masks

small_pet, _ = example("small-pet")
show_masks(
    {"4 rows, 6 columns": small_pet},
    names=class_names,
    alt="A mask of 4 rows and 6 columns: a small pet of id 0, a border of id 2 around it, background of id 1",
)

# %% [markdown]
# In Python it is a list of rows, and each row is a list of ids. Rows are counted from the top and columns from the left,
# both from 0.
#
# **Before you run the next cell:** what will it print? Look for row 1, column 2 in the picture.

# %% tags=["nbval-check-output"]
print(small_pet[0])
print(small_pet[1][2])
print(class_names[small_pet[1][2]])

# %% [markdown] exercise="class-pixels"
# How large is the pet? Count the pixels of a class.
#
# 1. Write your code in the next cell, in place of `raise NotImplementedError()`.
# 2. Run that cell.
# 3. Run the cell with `check` below it. It tries your function on this pet and on masks that you have not seen, and says
#    what your function gave, what was expected, and often why they differ.
#
# You may check as often as you like.

# %% exercise="class-pixels"

# %% [markdown]
# Are you stuck? Take the `#` away from one of the next two cells and run it.
#
# - `hint` gives one more hint each time you run it. The third is nearly the answer.
# - `solution` opens when your answer passes, or after three different tries.
#
# The other lessons do not have these two cells. There you make a cell of your own: press **Esc**, then **B**.

# %%
# hint("class-pixels")

# %%
# solution("class-pixels")

# %% [markdown]
# You can go on even if the exercise is not done: `unblock` returns your function if it passes, and the course's own if it
# does not.

# %%
class_pixels = unblock("class-pixels")

# %% [markdown]
# **Before you run the next cell:** count the three classes by eye. What do the three numbers add up to?

# %% tags=["nbval-check-output"]
for class_id, name in enumerate(class_names):
    print(class_id, name, class_pixels(small_pet, class_id))

# %% [markdown]
# Every pixel has exactly one class, so the counts add up to 4 · 6 = 24. The network's mask is the same kind of thing, only
# larger:

# %%
for class_id, name in enumerate(class_names):
    print(f"{name:<11} {class_pixels(mask.tolist(), class_id):>6,} of {mask.size:,} pixels")

# %% [markdown]
# ## What a check says about a wrong answer
#
# Here is an answer that looks reasonable and is wrong. Can you see why before you run the cell?


# %%
from course_lib.checking.judge import judge
from course_lib.exercises import find_exercise


def rows_with(mask, class_id):
    count = 0
    for row in mask:
        if class_id in row:
            count += 1
    return count


judge(find_exercise("class-pixels"), rows_with)  # what check does, without counting it as your try

# %% [markdown]
# The check names the call, what came out and what was expected. It also recognises the idea behind the answer, because
# others have had it before. A wrong answer costs nothing here: read what the check says, and try again.

# %% [markdown]
# ## The course in one picture
#
# ![A picture goes into a network, which gives three score maps: pet, background, border. Argmax turns them into a prediction. Prediction and truth are compared, which gives an IoU for each class and their mean. Dashed arrows: scores and truth also give a loss, and training changes the network until the loss is small](pictures/00_course.png)
#
# Follow the solid arrows from left to right; you have just seen the first half of them.
#
# 1. A **network** takes the picture and gives **scores**: for each class a map that is dark where the network sees it.
# 2. **Argmax** picks the class with the highest score at each pixel. That is the **prediction**, a mask.
# 3. The prediction is compared with the **truth**, the right mask. **IoU** says for each class how well the two overlap:
#    1 is perfect, and 0 means that they have nothing in common.
#
# The dashed arrows are training. The **loss** says how wrong the scores are, and training changes the numbers in the
# network until the loss is small. The picture shows the network that you have just met, with a cat that the course has
# drawn, because the truth of a drawn cat is known exactly. Compare the two tails: lesson 01 will look at this mistake
# closely.

# %% [markdown]
# | lesson | what you do | minutes |
# |---|---|---|
# | 00 Start here | see a network at work, solve a first exercise | 35 |
# | [01 Argmax per pixel](01_argmax_per_pixel.ipynb) | turn scores into a mask; catch a wrong axis | 60 |
# | [02 Pixel accuracy against IoU](02_pixel_accuracy_vs_iou.ipynb) | see a score of 92 % that is worth nothing | 60 |
# | [03 IoU and Dice by hand](03_iou_and_dice_by_hand.ipynb) | write the scores that count | 90 |
# | [04 Per-pixel cross-entropy](04_per_pixel_cross_entropy.ipynb) | write the loss; find three wiring bugs | 80 |
# | [05 A tiny U-Net](05_tiny_unet.ipynb) | build and train a small network, with and without its skip | 90 |
# | [06 The full U-Net](06_full_unet.ipynb) | build the real one; count its parameters | 120 |
# | [07 The pet trimap project](07_pet_trimap_project.ipynb) | train on pets, choose, test once, report | 165 |
# | [08 Losses for imbalance](08_losses_for_imbalance.ipynb) | weigh rare classes | 130 |
# | [09 Upsampling and FCN](09_upsampling_and_fcn.ipynb) | make small maps large again | 105 |
# | [10 Training craft](10_training_craft.ipynb) | augmentation, schedules, memory | 115 |
# | [11 Bug hunt](11_bug_hunt.ipynb) | find, name and mend ten broken pipelines | 150 |
# | [12 Atrous convolution and context](12_atrous_and_context.ipynb) | see more without shrinking the maps | 120 |
# | [13 Instances and panoptic](13_instances_and_panoptic.ipynb) | tell objects apart | 160 |
# | [14 Foundation models](14_foundation_models.ipynb) | write attention; use models that others trained | 110 |
# | [15 Quiz and review](15_quiz_and_review.ipynb) | an exam, three problems, and tables to look things up | 75 |
#
# From 08 on, take them in any order. Lessons 00 to 03 are plain Python and some NumPy; from 04 on there is PyTorch.

# %% [markdown]
# ## Three kinds of segmentation
#
# ![A street with three cars and a person, four times. The picture; semantic: sky, grass, road, cars and person in one colour per class, so that two overlapping cars become one region; instance: car 1, car 2, car 3 and person 1, and nothing else; panoptic: sky, grass and road, and the four objects numbered](pictures/00_three_kinds.png)
#
# Two cars overlap in this street. In the semantic mask they become one region, because both are "car".
#
# | kind | asks | three cars become | sky, grass and road |
# |---|---|---|---|
# | **semantic segmentation** | what is this pixel? | one class | each a class |
# | **instance segmentation** | which object is it? | three objects | usually left out |
# | **panoptic segmentation** | what is it, and which one? | three objects of one class | each a class |
#
# You will often meet two words. **Things** can be counted, such as cars, people and pets. **Stuff** cannot: sky, grass,
# road. Semantic segmentation is good at stuff, instance segmentation at things, and panoptic segmentation covers both.
#
# This course is mostly about semantic segmentation; lesson 13 is about the other two.

# %% [markdown]
# Here are three pets as an instance map. Its list of names is not that of the masks above: each pet has a number of its
# own, and 0 means that no pet is there.

# %%
three_pets, class_of = example("three-pets")
print(class_of)
show_masks(
    {"instances": three_pets},
    names=("no pet", "a dog", "another dog", "a cat"),
    background=0,
    alt="An instance map of 4 rows and 7 columns: two dogs that touch, with the ids 1 and 2, and a cat with the id 3",
)

# %% [markdown]
# The dict says which class each instance has: 1 and 2 are dogs (class 1), 3 is a cat (class 2). In an instance map a colour
# is one animal, and in a class map it is a class. In both, blue is the background, as in every mask of this course.
#
# **Before you go on:** if every pet shows its class instead of its number, how many separate regions of pets are there?

# %% [markdown] exercise="semantic-map"
# Turn the instance map into a semantic one: each pixel gets the class of its instance. Where there is no object, the class
# is 0.

# %% exercise="semantic-map"

# %%
semantic_map = unblock("semantic-map")

# %%
show_masks(
    {"classes": semantic_map(three_pets, class_of)},
    names=("no pet", "dog", "cat"),
    background=0,
    alt="The class map made of the instance map: the two dogs are one region of class 1, the cat has class 2",
)

# %% tags=["nbval-check-output"]
semantic = semantic_map(three_pets, class_of)
first, second = class_pixels(three_pets, 1), class_pixels(three_pets, 2)
print(f"dog pixels: {first} + {second} = {class_pixels(semantic, 1)}")

# %% [markdown]
# Two regions are left. The dogs touch, so they became one, and from the class map nobody can say how many dogs there were.

# %% [markdown]
# ## What you have done, and what is next
#
# What you pass is remembered. In any notebook `progress()` shows it and leads to what is next, and in a terminal
# `course progress` does the same. If anything of lesson 00 is still open, go back to it now or later.

# %%
progress()

# %% [markdown]
# ## Checkpoint
#
# **1.** A mask has 128 rows and 192 columns. How many class ids does it hold, and what do the pixels of all classes add up
# to?
#
# <details><summary>Answer</summary>
#
# 128 · 192 = 24,576 ids, one for each pixel. The pixels of all classes add up to the same number.
#
# </details>
#
# **2.** A farmer wants to know how much of a photo is wheat. Another wants to know how many sheep are in it. Which kind
# of segmentation does each of them need?
#
# <details><summary>Answer</summary>
#
# Wheat is stuff: semantic segmentation, and then count the pixels. Sheep are things, and they stand close together:
# instance segmentation, and then count the objects.
#
# </details>
#
# **3.** Why can a semantic map be made from a panoptic one, but not the other way round?
#
# <details><summary>Answer</summary>
#
# The panoptic map knows the class of each object, so the numbers of the objects can be dropped. Once they are dropped they
# are gone: where two objects of a class touch, nothing says where one of them ends.
#
# </details>

# %% [markdown]
# ## What to remember
#
# - A mask is a grid of class ids, one for each pixel. An id is a name, not an amount.
# - A network gives scores, and argmax turns them into a predicted mask. IoU says how well it overlaps with the truth.
# - A network always answers, even where the right answer is not among its classes.
# - Semantic: what. Instance: which one. Panoptic: both. Stuff fills an area, and things can be counted.
# - Use `check` as often as you like and `hint` when you are stuck; a lesson never blocks you.
#
# ## Where to go from here
#
# - [The Oxford-IIIT Pet data set](https://www.robots.ox.ac.uk/~vgg/data/pets/), Parkhi and others, 2012: the photos that the
#   network was trained on
# - [Panoptic Segmentation](https://arxiv.org/abs/1801.00868), Kirillov and others, 2018: the paper that joined the first two
#   kinds and named the third
# - [The gallery of scikit-image](https://scikit-image.org/docs/stable/auto_examples/), whose sample photos you have just used
#
# Next: [Lesson 01](01_argmax_per_pixel.ipynb), where scores become a mask.
