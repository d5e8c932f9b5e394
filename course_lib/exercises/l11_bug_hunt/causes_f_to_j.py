"""Name the causes of runs F to J."""

from course_lib.checking.exercise import Exercise
from course_lib.exercises.l11_bug_hunt.shared import (
    ALL_NAMED,
    HINTS_FOR_NAMING,
    but,
    in_fixed_order,
    sealed,
    shuffled,
)


def causes_f_to_j(runs):
    """Return the cause of each of these runs, in their order.

    Args:
        runs: a list of the letters "F" to "J", in any order.

    Returns:
        A list of str, the causes, spelt as in the table.
    """
    ### BEGIN SOLUTION
    causes = {
        "F": "class imbalance",
        "G": "boundary pixels",
        "H": "metric on a subset",
        "I": "augmentation mismatch",
        "J": "size mismatch",
    }
    return [causes[run] for run in runs]
    ### END SOLUTION


CAUSES_F_TO_J = Exercise(
    causes_f_to_j,
    title="Name the causes of runs F to J",
    points=5,
    minutes=10,
    source="Study guide, section 16; Losses and metrics, failure modes checklist",
    draw=shuffled("FGHIJ"),
    observe=sealed,
    fresh_cases=4,
    hints=(
        *HINTS_FOR_NAMING,
        "For F, read the share of the background. For G, compare the middle with the frame. For H, read how many "
        "pixels are counted. For I, read whether image and mask agree. For J, read its error.",
    ),
    why="A run that stops is the kindest, because it says what is wrong. The others go on to the end, and the best "
    "score among them is the one that cannot be trusted.",
)

CAUSES_F_TO_J.worked(["F", "G", "H", "I", "J"], gives=ALL_NAMED)

CAUSES_F_TO_J.wrong(
    but(causes_f_to_j, F="label format"),
    name="f_labels",
    sentence="Look at F again. Its targets hold the same shares as the truth, so the labels are read as they "
    "should be. Look at how much of both is background.",
)
CAUSES_F_TO_J.wrong(
    but(causes_f_to_j, G="label format"),
    name="g_labels",
    sentence="Look at G again. Its targets agree with the truth, and the middle of its pictures is predicted "
    "well. Look at where it is wrong.",
)
CAUSES_F_TO_J.wrong(
    but(causes_f_to_j, G="size mismatch"),
    name="g_size",
    sentence="Look at G again. Its logits are as large as its images; otherwise the loss would have stopped it. "
    "Something was filled in to make them so: compare the right pixels in the middle and along the frame.",
)
CAUSES_F_TO_J.wrong(
    but(causes_f_to_j, H="evaluation mode"),
    name="h_evaluation_mode",
    sentence="Look at H again. Its model is in evaluation mode. But its score and its overlays contradict each "
    "other: find out what its validation counts.",
)
CAUSES_F_TO_J.wrong(
    but(causes_f_to_j, H="class imbalance"),
    name="h_imbalance",
    sentence="Look at H again. Its classes are those of the healthy run, and none of them is rare. Its logged "
    "mIoU is far above the second look, so something was left out of it.",
)
CAUSES_F_TO_J.wrong(
    but(causes_f_to_j, H="augmentation mismatch", I="metric on a subset"),
    name="h_and_i_exchanged",
    sentence="You exchanged H and I. Both log an IoU of 0 for the border, so that does not tell them apart. In one of "
    "the two the logged mIoU is far from the second look; in the other, image and mask do not agree.",
)
CAUSES_F_TO_J.wrong(
    but(causes_f_to_j, I="label format"),
    name="i_labels",
    sentence="Look at I again. Its targets hold about the shares of the truth, so the ids are right. Look at "
    "whether they are in the right place.",
)
CAUSES_F_TO_J.wrong(
    but(causes_f_to_j, J="boundary pixels"),
    name="j_boundary_pixels",
    sentence="Look at J again. It stopped before it predicted anything. Its error names two numbers: find out what "
    "has these sizes.",
)
CAUSES_F_TO_J.wrong(
    in_fixed_order(causes_f_to_j),
    name="alphabetical",
    sentence="You returned the causes from F to J whatever was asked. `runs` comes in any order: look each "
    "letter up.",
)


@CAUSES_F_TO_J.right
def by_zip(runs):
    causes = [
        "class imbalance",
        "boundary pixels",
        "metric on a subset",
        "augmentation mismatch",
        "size mismatch",
    ]
    return list(map(dict(zip("FGHIJ", causes, strict=True)).get, runs))


@CAUSES_F_TO_J.right
def by_ifs(runs):
    def cause(run):
        if run == "F":
            return "class imbalance"
        if run == "G":
            return "boundary pixels"
        if run == "H":
            return "metric on a subset"
        return "augmentation mismatch" if run == "I" else "size mismatch"

    return [cause(run) for run in runs]


@CAUSES_F_TO_J.right
def by_generator(runs):
    first, last = "class imbalance,boundary pixels,metric on a subset", "augmentation mismatch,size mismatch"
    return tuple([*first.split(","), *last.split(",")][ord(run) - ord("F")] for run in runs)
