"""``course new-lesson``: the skeleton of a lesson, and the folder that its exercises will be in."""

from __future__ import annotations

from pathlib import Path

from course_lib.files import write_text
from course_lib.lessons import is_lesson_name

_LESSON = """\
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
# # {title}
#
# ![Say what the picture shows](pictures/{number}_first.png)
#
# **You will be able to**
#
# - say here what the learner can do afterwards
#
# **You need** lesson {before:02d}.
#
# **Time** 60 minutes; 5 seconds of computing on two CPU cores.

# %%
import numpy as np

# %% [markdown]
# ## One idea
#
# Show it, ask what the next cell will print, let the learner try, then tell.

# %% tags=["nbval-check-output"]
print(np.arange(3).sum())

# %% [markdown]
# ## Checkpoint
#
# 1. A question?
#
# <details><summary>Answer</summary>
#
# Its answer.
#
# </details>
#
# 2. A question?
#
# <details><summary>Answer</summary>
#
# Its answer.
#
# </details>
#
# 3. A question?
#
# <details><summary>Answer</summary>
#
# Its answer.
#
# </details>

# %% [markdown]
# ## What to remember
#
# - One sentence.
#
# ## Where to go from here
#
# - [A paper, with its authors and year](https://arxiv.org)
# - [The library's page](https://pytorch.org/docs)
# - [Something to read on](https://pytorch.org/tutorials)
"""

PLACEHOLDERS = (
    "Say what the picture shows",
    "say here what the learner can do afterwards",
    "Show it, ask what the next cell will print, let the learner try, then tell.",
    "A question?",
    "Its answer.",
    "One sentence.",
    "A paper, with its authors and year",
    "The library's page",
    "Something to read on",
)
"""Texts of the skeleton that an author replaces; the linter looks for those that are left."""

_FOLDER = '"""The exercises of lesson {number}: {title}."""\n'


def new_lesson(name: str, title: str, root: Path) -> list[Path]:
    """Write the skeletons of a lesson.

    Args:
        name: two digits and a slug, such as ``"08_losses_for_imbalance"``.
        title: its title.
        root: the course's folder.

    Returns:
        The lesson, and the folder of its exercises.

    Raises:
        ValueError: ``name`` is not a lesson's name.
        FileExistsError: one of the files exists, or another lesson has this number.
    """
    if not is_lesson_name(name):
        raise ValueError(
            f"{name!r} is not a lesson's name: two digits and a slug, such as 08_losses_for_imbalance."
        )
    number = name[:2]
    lesson = root / "solutions" / f"{name}.py"
    folder = root / "course_lib" / "exercises" / f"l{name}"
    taken = [*(root / "solutions").glob(f"{number}_*.py"), *([folder] if folder.exists() else [])]
    if taken:
        raise FileExistsError(f"{taken[0]} exists already: choose another number or name, or edit that file.")
    write_text(lesson, _LESSON.format(title=title, number=number, before=max(int(number) - 1, 0)))
    folder.mkdir(parents=True)
    write_text(folder / "__init__.py", _FOLDER.format(title=title, number=number))
    return [lesson, folder]
