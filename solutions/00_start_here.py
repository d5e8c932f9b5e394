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
# ![A drawn cat; beside it a mask with the cat in orange, its outline in yellow and the rest in blue; then a small part of the mask enlarged, so that each pixel shows its number: 0 for pet, 1 for background, 2 for border](pictures/00_pixels.png)
#
# To segment a picture is to say of every pixel what it shows. The answer is a grid of numbers, one for each pixel: a **mask**.
#
# **You will be able to**
#
# - run a lesson, check an answer, take a hint
# - read a mask and count its pixels
# - tell semantic, instance and panoptic segmentation apart
# - say what each lesson of this course is for
#
# **You need** some Python: lists, loops, functions.
#
# **Time** 15 minutes; 1 second of computing on two CPU cores.

# %%
from course_lib.checking.judge import judge
from course_lib.exercises import find_exercise
from course_lib.learner.doctor import quick_look
from course_lib.plots import show_masks

# %% [markdown]
# ## How a lesson works
#
# A lesson is a page of text and cells of code. Click a cell and press **Shift + Enter**: it runs, its output appears below it,
# and the next cell is chosen. Run the cells from top to bottom, since later ones use what earlier ones made.
#
# Without a mouse: the arrow keys go from cell to cell, **Enter** lets you write in the chosen one, and **Esc** ends that. **Tab** leads
# to the links, buttons and folded answers in a cell; Enter opens them.
#
# This copy is yours. Change any cell and run it again. Nothing you do here can break the course: `course reset 00` in a
# terminal brings this lesson back as it was and keeps your version beside it.
#
# ## Is everything here?
#
# The next cell looks at your Python, its packages, the folder where your progress is kept, and the data.

# %%
quick_look()

# %% [markdown]
# A line with `[+]` is fine, one with `[!]` is worth knowing. Below a line with `[x]` stands the command that mends it.
#
# This was the quick look. `course doctor` in a terminal takes the long one: PyTorch, the processor, the disk, the data. Run it once
# before lesson 04, where PyTorch comes in. No lesson needs a GPU.
#
# ## A mask is a grid of numbers
#
# The numbers are **class ids**: short names for what a pixel may show. For our pets there are three: 0 pet, 1 background, 2 border.
# Here is a very small pet.

# %%
class_names = ["pet", "background", "border"]
small_pet, _ = example("small-pet")
show_masks(
    {"4 rows, 6 columns": small_pet},
    names=class_names,
    alt="A mask of 4 rows and 6 columns: a small pet of id 0, a border of id 2 around it, background of id 1",
)

# %% [markdown]
# In Python it is a list of rows, and each row is a list of ids. Rows are counted from the top, columns from the left, both from 0.
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
# 3. Run the cell with `check` below it. It tries your function on this pet and on masks that you have not seen, and says what
#    came back, what was expected, and often why.
#
# You may check as often as you like.

# %% exercise="class-pixels"

# %% [markdown]
# Stuck? Take the `#` away from one of the next cells and run it. Each call of `hint` gives one more hint; the third is nearly the
# answer. `solution` opens when your answer passes, or after three different tries. In the other lessons type them into a cell of
# your own: the key `B` makes one below, when no cell is being edited (`Esc`).

# %%
# hint("class-pixels")

# %%
# solution("class-pixels")

# %% [markdown]
# You can go on even if the exercise is not done: `unblock` returns your function if it passes, and else the course's own.

# %%
class_pixels = unblock("class-pixels")

# %% [markdown]
# **Before you run the next cell:** count the three classes by eye. What do the three numbers add up to?

# %% tags=["nbval-check-output"]
for class_id, name in enumerate(class_names):
    print(class_id, name, class_pixels(small_pet, class_id))

# %% [markdown]
# Every pixel has exactly one class, so the counts add up to 4 · 6 = 24.
#
# ## What a check says about a wrong answer
#
# Here is one. It looks reasonable, and it is wrong. Can you see why before you run the cell?


# %%
def rows_with(mask, class_id):
    count = 0
    for row in mask:
        if class_id in row:
            count += 1
    return count


judge(find_exercise("class-pixels"), rows_with)  # what check does, without counting it as your try

# %% [markdown]
# The check did not just say no. It named the call, what came back and what was expected. And it recognised the idea behind the
# answer, since others have had it before. Wrong answers cost nothing here; read what the check says and try again.

# %% [markdown]
# ## The course in one picture
#
# ![A picture goes into a network, which gives three score maps: pet, background, border. Argmax turns them into a prediction. Prediction and truth are compared, which gives an IoU for each class and their mean. Dashed arrows: scores and truth also give a loss, and training changes the network until the loss is small](pictures/00_course.png)
#
# Follow the solid arrows from left to right.
#
# 1. A **network** takes the picture and gives **scores**: for each class a map that is dark where the network sees that class.
# 2. **Argmax** picks, at each pixel, the class with the highest score. That is the **prediction**, a mask.
# 3. The prediction is compared with the **truth**, the right mask. **IoU** says for each class how well the two overlap: 1 is perfect, 0 is nothing.
#
# The dashed arrows are training. The **loss** says how wrong the scores are, and training changes the network until the loss
# is small. (The scores in this picture are made up: the truth, blurred, with noise on it. From lesson 05 on they come from networks
# that you train.)

# %% [markdown]
# | lesson | what you do | minutes |
# |---|---|---|
# | 00 Start here | check the set-up, solve a first exercise | 15 |
# | [01 Argmax per pixel](01_argmax_per_pixel.ipynb) | turn scores into a mask | 35 |
# | [02 Pixel accuracy against IoU](02_pixel_accuracy_vs_iou.ipynb) | see a score of 92 % that is worth nothing | 40 |
# | [03 IoU and Dice by hand](03_iou_and_dice_by_hand.ipynb) | write the scores that count | 60 |
# | [04 Per-pixel cross-entropy](04_per_pixel_cross_entropy.ipynb) | write the loss; find three wiring bugs | 60 |
# | [05 A tiny U-Net](05_tiny_unet.ipynb) | build and train a small network, with and without its skip | 60 |
# | [06 The full U-Net](06_full_unet.ipynb) | build the real one; count its parameters | 75 |
# | [07 The pet trimap project](07_pet_trimap_project.ipynb) | train on pets, choose, test once, report | 120 |
# | [08 Losses for imbalance](08_losses_for_imbalance.ipynb) | weigh rare classes | 75 |
# | [09 Upsampling and FCN](09_upsampling_and_fcn.ipynb) | make small maps large again | 75 |
# | [10 Training craft](10_training_craft.ipynb) | augmentation, schedules, memory | 90 |
# | [11 Bug hunt](11_bug_hunt.ipynb) | find, name and mend ten broken pipelines | 110 |
# | [12 Atrous convolution and context](12_atrous_and_context.ipynb) | see more without shrinking the maps | 100 |
# | [13 Instances and panoptic](13_instances_and_panoptic.ipynb) | tell objects apart | 120 |
# | [14 Foundation models](14_foundation_models.ipynb) | use models that others trained | 45 |
# | [15 Quiz and review](15_quiz_and_review.ipynb) | look back | 45 |
#
# From 08 on, take them in any order. Lessons 00 to 03 are plain Python and some NumPy; from 04 on there is PyTorch.

# %% [markdown]
# ## Three kinds of segmentation
#
# ![A street with three cars and a person, four times. The picture; semantic: sky, grass, road, cars and person in one colour a class, so that two overlapping cars become one region; instance: car 1, car 2, car 3 and person 1, and nothing else; panoptic: sky, grass and road, and the four objects numbered](pictures/00_three_kinds.png)
#
# Two cars overlap in this street. In the semantic mask they become one region, because both are "car".
#
# | kind | asks | three cars become | sky, grass and road |
# |---|---|---|---|
# | **semantic** | what is this pixel? | one class | each a class |
# | **instance** | which object is it? | three objects | usually left out |
# | **panoptic** | what is it, and which one? | three objects of one class | each a class |
#
# Two words that you will meet: **things** can be counted, such as cars, people and pets. **Stuff** cannot: sky, grass, road.
# Semantic segmentation is good at stuff, instance segmentation at things, panoptic segmentation covers both.
#
# This course is about semantic segmentation; lesson 13 is about the other two.
#
# Now three pets, as an instance map: each pet has a number of its own, and 0 is where no pet is.

# %%
three_pets, class_of = example("three-pets")
print(class_of)
show_masks(
    {"instances": three_pets},
    names=("no pet", "a dog", "another dog", "a cat"),
    alt="An instance map of 4 rows and 7 columns: two dogs that touch, with the ids 1 and 2, and a cat with the id 3",
)

# %% [markdown]
# The dict says which class each instance has: 1 and 2 are dogs (class 1), 3 is a cat (class 2).
# In an instance map a colour is one animal; in a class map it is a class. Each picture says what its ids stand for.
#
# **Before you go on:** if every pet shows its class in place of its number, how many separate regions are there?

# %% [markdown] exercise="semantic-map"
# Turn the instance map into a semantic one: each pixel gets the class of its instance. Where no object is, the class is 0.

# %% exercise="semantic-map"

# %%
semantic_map = unblock("semantic-map")

# %%
show_masks(
    {"instances": three_pets, "classes": semantic_map(three_pets, class_of)},
    differ=True,
    alt="The instance map, the class map made of it, and the pixels where they differ: the second dog and the cat. "
    "In the class map the two dogs are one region of class 1",
)

# %% tags=["nbval-check-output"]
semantic = semantic_map(three_pets, class_of)
print(
    "dog pixels:",
    class_pixels(three_pets, 1),
    "+",
    class_pixels(three_pets, 2),
    "=",
    class_pixels(semantic, 1),
)

# %% [markdown]
# Two regions are left. The dogs touch, so they became one. From the class map alone nobody can say how many dogs there were.

# %% [markdown]
# ## What you have done, and what is next
#
# What you pass is remembered. In any notebook `progress()` shows it, and leads to what is next; in a terminal `course progress` does.
# Is anything of lesson 00 still open? Go back to it, or go on: both is fine.

# %%
progress()

# %% [markdown]
# ## Checkpoint
#
# **1.** A mask has 128 rows and 192 columns. How many class ids does it hold, and what do the pixels of all classes add up to?
#
# <details><summary>Answer</summary>
#
# 128 · 192 = 24,576 ids, one for each pixel. The classes' pixels add up to the same number.
#
# </details>
#
# **2.** A farmer wants to know how much of a photo is wheat. Another wants to know how many sheep are in it. Which kind of
# segmentation does each need?
#
# <details><summary>Answer</summary>
#
# Wheat is stuff: semantic segmentation, then count the pixels. Sheep are things that stand close together: instance
# segmentation, then count the objects.
#
# </details>
#
# **3.** Why can a semantic map be made from a panoptic one, but not the other way round?
#
# <details><summary>Answer</summary>
#
# The panoptic map knows the class of each object, so the numbers of the objects can be dropped. Once dropped they are gone: where
# two objects of a class touch, nothing says where one ends.
#
# </details>

# %% [markdown]
# ## What to remember
#
# - A mask is a grid of class ids, one for each pixel. An id is a name, not an amount.
# - Network, scores, argmax, prediction; compare with the truth by IoU.
# - Semantic: what. Instance: which one. Panoptic: both. Stuff fills, things can be counted.
# - `check` as often as you like, `hint` when stuck, and a lesson never blocks you.
#
# Next: [Lesson 01](01_argmax_per_pixel.ipynb), where scores become a mask.
