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
# ![The course as four columns: what a pixel is given, how it is scored, how a network learns it, what comes after; each lesson stands in its column under its number](pictures/15_course.png)
#
# **You will be able to**
#
# - say where you are sure, and which lesson to open again where you are not
# - write two calculations and a checklist that every project needs, from a blank page
# - find any formula of the course in a quick reference
# - keep what you have learnt, with flash cards
#
# **You need** lessons 01 to 04 and 09; the quiz asks about whichever lessons you like. Plain Python; NumPy if you like.
#
# **Time** 45 minutes; 2 seconds of computing on two CPU cores.

# %%
import numpy as np

from course_lib.questions.show import quick_reference, quiz

# %% [markdown]
# ## Five questions
#
# Answer each question in your head, then open the answer that you have chosen. It says whether it is right and why. Where
# it was wrong, the reason often teaches more than the right one does.

# %%
quiz("01", "02", "03", seed=5)

# %% [markdown]
# `quiz("03")` asks about one lesson, `quiz()` about all of them, `count=10` asks more. Without a `seed` every run draws
# anew. In the cell below, name the lessons that you are least sure of and take the `seed` out. Run it again and again, until
# you have missed nothing two times in a row.

# %%
quiz("04", "05", "06", seed=5)

# %% [markdown]
# **Before you go on:** which lesson did you miss most in? It stands behind each question. Its last part, *What to remember*,
# is a few lines long. Read it now.

# %% [markdown]
# ## From a blank page
#
# A question shows whether you recognise an answer. Writing it without help shows more. Here are two calculations and a
# checklist that come up in every project. Try each without looking back.
#
# First the scores. A confusion matrix with the truth in its rows holds all of them.

# %% [markdown] exercise="scores-from-matrix"
# Write `scores_from_matrix`: pixel accuracy, IoU and Dice of each class, and the mean IoU, from the matrix alone. A class
# that nobody drew and nobody predicted has no score.

# %% exercise="scores-from-matrix"

# %%
scores_from_matrix = unblock("scores-from-matrix", scores_from_matrix)

# %% [markdown]
# 90 of 100 pixels are background, and a model says background everywhere. What are the accuracy and the mean IoU? Say
# them before you run the cell.

# %% tags=["nbval-check-output"]
scores = scores_from_matrix([[90, 0], [10, 0]])
print(f"accuracy {scores['accuracy']:.2f}, mIoU {scores['mIoU']:.2f}")

# %% [markdown]
# ## Sizes
#
# Most errors in a new network are sizes that do not meet. Four rules foretell all of them.

# %% [markdown] exercise="trace-sizes"
# Write `trace_sizes`: the side of a square map after each layer. The layers come as tuples; the docstring lists them.

# %% exercise="trace-sizes"

# %%
trace_sizes = unblock("trace-sizes", trace_sizes)

# %% [markdown]
# A small encoder and decoder on 100 × 100. The map before each halving is kept as a skip: 100, 50 and 25. The decoder is
# meant to come back through the same sizes in the other order. Will the skips fit?

# %% tags=["nbval-check-output"]
encoder = [("pool", 2), ("pool", 2), ("pool", 2)]
decoder = [("upsample", 2), ("upsample", 2), ("upsample", 2)]
down = trace_sizes(100, encoder)
print("down", [100, *down])
print("up  ", trace_sizes(down[-1], decoder))

# %% [markdown]
# 25 halves to 12, for half a pixel is dropped, and 12 doubles to 24: the skip of 25 does not fit. From there on the others
# miss too, 50 against 48 and 100 against 96. A side that is a multiple of 8 can be halved three times without a remainder.

# %% [markdown]
# ## The checklist
#
# When a run looks wrong, the order of your questions matters. A sign with one cause comes before a sign with many.

# %% [markdown] exercise="name-the-cause"
# Write `name_the_cause`, the checklist as a function: from what a run shows to what you look for first.

# %% exercise="name-the-cause"

# %%
name_the_cause = unblock("name-the-cause", name_the_cause)

# %% [markdown]
# What does it say of a model with an mIoU of 0.82 whose overlays look wrong?

# %% tags=["nbval-check-output"]
run = {"mIoU": 0.82, "overlays_fit": False, "predicted": [0, 1, 2], "striped": False, "background": 1}
print(name_the_cause(run))

# %% [markdown]
# ## Quick reference
#
# The course's tables, to look things up in. Two more are not shown here: `quick_reference("kinds")` and
# `quick_reference("results")`.
#
# In the losses, I, U, P and T are the sizes of intersection, union, prediction and truth, where each pixel counts as much as
# its probability; p is the probability of the true class. In the sizes, n is the side, k the kernel, s the stride, p the
# padding and d the dilation.

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
# ## Flash cards
#
# What you do not meet again, you forget. Anki is a free program that shows you each card just before that would happen.
# All questions and tables of the course are a deck for it. In a terminal in the course's folder:
#
# ```
# course anki --out segmentation.apkg
# ```
#
# Then in Anki: *File*, *Import*. Ten cards a day take five minutes. When the course has new questions, import its deck
# again: cards that you know keep their history.

# %% [markdown]
# ## Checkpoint
#
# **1.** You missed three questions on lesson 04 and none on 03. What do you do with the next half hour?
#
# <details><summary>Answer</summary>
#
# Lesson 04: its *What to remember*, then its exercises from a blank copy. `course reset 04` gives you one, and keeps what
# you have as a backup.
#
# </details>
#
# **2.** Which single number would you report if a table allowed one only, and what would it hide?
#
# <details><summary>Answer</summary>
#
# The mean IoU. It hides which class is weak: 0.70 may be 0.70 three times, or 0.85, 0.85 and 0.40.
#
# </details>
#
# **3.** Of all that you have learnt here, what finds most bugs?
#
# <details><summary>Answer</summary>
#
# Looking: image, truth and prediction side by side, every epoch. Shapes and ids before the first step, pictures from then
# on.
#
# </details>

# %% [markdown]
# ## What to remember
#
# - A score without its definition says little: which classes, which pixels, pooled or averaged.
# - Sizes can be worked out before a network runs.
# - Ask first for the sign that has one cause.
# - Look at pictures before you believe a number.
#
# This is the last lesson. [Lesson 07](07_pet_trimap_project.ipynb) is waiting if you skipped it: nothing teaches like a
# project of your own.
