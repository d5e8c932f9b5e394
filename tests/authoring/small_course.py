"""A course of one small lesson, in a folder of its own."""

from pathlib import Path

from PIL import Image

HERE = Path(__file__).parent

LESSON = f"""\
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
# # Small sums
#
# ![A red dot](pictures/01_dot.png)
#
# **You will be able to**
#
# - add two numbers
#
# **You need** lesson 00.
#
# **Time** 20 minutes; 1 second of computing on two CPU cores.

# %%
import sys

sys.path.insert(0, {str(HERE)!r})
__import__("small_exercises").install()

# %% [markdown]
# ## Sums

# %% [markdown] exercise="add"
# Add two numbers.

# %% exercise="add"

# %%
add = unblock("add")

# %% tags=["nbval-check-output"]
print(add(20, 22))

# %% tags=["trains"]
trained = add(1, 1)

# %% [markdown] exercise="double"
# Double a number.

# %% exercise="double"

# %% [markdown]
# ## Checkpoint
#
# 1. What is 1 + 1?
#
# <details><summary>Answer</summary>
#
# 2
#
# </details>
#
# 2. What is 1 + 2?
#
# <details><summary>Answer</summary>
#
# 3
#
# </details>
#
# 3. What is 2 + 2?
#
# <details><summary>Answer</summary>
#
# 4
#
# </details>

# %% [markdown]
# Back to [the beginning](01_small.ipynb).
#
# ## Where to go from here
#
# - [One](https://a.org)
# - [Two](https://b.org)
# - [Three](https://c.org)
"""


class Course:
    """The folder of a course with the one lesson ``01_small``."""

    def __init__(self, root: Path):
        self.root = root
        self.lesson = root / "solutions" / "01_small.py"
        self.student = root / "notebooks" / "01_small.ipynb"
        self.solution = root / "solutions" / "01_small.ipynb"
        picture = root / "solutions" / "pictures" / "01_dot.png"
        picture.parent.mkdir(parents=True)
        Image.new("RGB", (2, 2), "red").save(picture)
        self.write(LESSON)

    def write(self, text: str) -> Path:
        self.lesson.write_text(text, encoding="utf-8")
        return self.lesson

    def change(self, old: str, new: str) -> Path:
        """Write the lesson with one part of it replaced."""
        assert LESSON.count(old) == 1, f"{LESSON.count(old)} times in the lesson: {old!r}"
        return self.write(LESSON.replace(old, new))
