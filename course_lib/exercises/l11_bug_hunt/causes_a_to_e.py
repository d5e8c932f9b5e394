"""Name the causes of runs A to E."""

import numpy as np

from course_lib.checking.exercise import Exercise
from course_lib.exercises.l11_bug_hunt.shared import (
    ALL_NAMED,
    HINTS_FOR_NAMING,
    but,
    in_fixed_order,
    sealed,
    shuffled,
)


def causes_a_to_e(runs):
    """Return the cause of each of these runs, in their order.

    Args:
        runs: a list of the letters "A" to "E", in any order.

    Returns:
        A list of str, the causes, spelt as in the table.
    """
    ### BEGIN SOLUTION
    causes = {
        "A": "evaluation mode",
        "B": "oversmoothing",
        "C": "label format",
        "D": "memory",
        "E": "no skip connections",
    }
    return [causes[run] for run in runs]
    ### END SOLUTION


CAUSES_A_TO_E = Exercise(
    causes_a_to_e,
    title="Name the causes of runs A to E",
    points=5,
    minutes=10,
    source="Study guide, section 16; Losses and metrics, failure modes checklist",
    draw=shuffled("ABCDE"),
    observe=sealed,
    fresh_cases=4,
    hints=(
        *HINTS_FOR_NAMING,
        "For A, read the mode of the model. For B, read how the sides of the maps come back. For C, compare the "
        "targets with the truth. For D, read what is kept for gradients. For E, read what leads around the narrowest "
        "maps.",
    ),
    why="One line of evidence told you the cause of each run. The score would only have told you that something is "
    "wrong, and for D not even that.",
)

CAUSES_A_TO_E.worked(["A", "B", "C", "D", "E"], gives=ALL_NAMED)

CAUSES_A_TO_E.wrong(
    but(causes_a_to_e, A="metric on a subset"),
    name="a_the_metric",
    sentence="Look at A again. Its metric counts every pixel: the card says 100 %. The logged score and the "
    "second look differ for another reason, which the probe validation shows as well.",
)
CAUSES_A_TO_E.wrong(
    but(causes_a_to_e, B="no skip connections"),
    name="b_no_skips",
    sentence="Look at B again. It is true that nothing leads around its narrowest maps. But there is no decoder "
    "that could take a skip: its sides go from the narrowest map to full size in one step.",
)
CAUSES_A_TO_E.wrong(
    but(causes_a_to_e, C="class imbalance"),
    name="c_imbalance",
    sentence="Look at C again. One class is predicted everywhere, but it is the pet, which is not the most "
    "frequent one. Compare the classes in its targets with those in the truth.",
)
CAUSES_A_TO_E.wrong(
    but(causes_a_to_e, C="augmentation mismatch"),
    name="c_augmentation",
    sentence="Look at C again. It is true that image and mask disagree. But its targets hold only one class, "
    "and a mask that is pet everywhere agrees with no picture, however the two were moved.",
)
CAUSES_A_TO_E.wrong(
    but(causes_a_to_e, D="evaluation mode"),
    name="d_evaluation_mode",
    sentence="Look at D again. Its model is in evaluation mode, and its scores are right. But something is wasted: "
    "compare the other lines about its validation with those of the healthy run.",
)
CAUSES_A_TO_E.wrong(
    but(causes_a_to_e, E="oversmoothing"),
    name="e_oversmoothing",
    sentence="Look at E again. Its sides come back step by step, so there is a decoder. What should reach that "
    "decoder around the narrowest maps does not arrive.",
)
CAUSES_A_TO_E.wrong(
    but(causes_a_to_e, B="no skip connections", E="oversmoothing"),
    name="b_and_e_exchanged",
    sentence="You exchanged B and E. Both lose outlines, and in both nothing leads around the narrowest maps. "
    "Compare how their sides come back to full size: step by step, or all at once.",
)
CAUSES_A_TO_E.wrong(
    in_fixed_order(causes_a_to_e),
    name="alphabetical",
    sentence="You returned the causes from A to E whatever was asked. `runs` comes in any order: look each "
    "letter up.",
)


@CAUSES_A_TO_E.right
def by_match(runs):
    def cause(run):
        match run:
            case "A":
                return "evaluation mode"
            case "B":
                return "oversmoothing"
            case "C":
                return "label format"
            case "D":
                return "memory"
        return "no skip connections"

    return [cause(run) for run in runs]


@CAUSES_A_TO_E.right
def by_position(runs):
    causes = ("evaluation mode", "oversmoothing", "label format", "memory", "no skip connections")
    return tuple(causes["ABCDE".index(run)] for run in runs)


@CAUSES_A_TO_E.right
def by_capitals(runs):
    causes = {"A": "Evaluation mode", "B": "Oversmoothing", "C": "Label format", "D": "Memory"}
    return np.array([causes.get(run, "No skip connections") for run in runs])
