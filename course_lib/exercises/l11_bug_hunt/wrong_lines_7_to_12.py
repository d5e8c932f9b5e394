"""Find the wrong line in each of the last six listings."""

from course_lib.checking.exercise import Exercise
from course_lib.exercises.l11_bug_hunt.shared import (
    ALL_FOUND,
    but_in,
    in_fixed_order,
    sealed_lines,
    shuffled_listings,
)


def wrong_lines_7_to_12(listings):
    """Return the number of the wrong line in each of these listings, in their order.

    Args:
        listings: a list of the numbers 7 to 12, in any order.

    Returns:
        A list of int, one for each listing.
    """
    ### BEGIN SOLUTION
    lines = {7: 3, 8: 3, 9: 4, 10: 3, 11: 7, 12: 3}
    return [lines[listing] for listing in listings]
    ### END SOLUTION


WRONG_LINES_7_TO_12 = Exercise(
    wrong_lines_7_to_12,
    title="Find the wrong lines, 7 to 12",
    points=3,
    minutes=10,
    source="Study guide, section 16; Losses and metrics, failure modes checklist",
    draw=shuffled_listings(7, 12),
    observe=sealed_lines,
    fresh_cases=4,
    hints=(
        "Try the suspicious line on something tiny in a cell of your own: a tensor of shape (1, 2, 1, 3), two "
        "numbers of uint8, a model with one weight.",
        "7: in which order does reshape read the numbers? 8: which class gets the largest weight? 9: which pictures "
        "chose the epoch? 10: which class has the id 0? 11: is a state_dict a copy? 12: what is 10 - 20 in uint8?",
        "7 and 12: look at the third line. 8: at the weights. 9: at the pictures that the score is computed on. 10: at "
        "the id that void gets. 11: at the line that keeps the best weights.",
    ),
    why="The last two are in no checklist of segmentation. You found them all the same, by the same question: what "
    "does this name hold now?",
)

WRONG_LINES_7_TO_12.worked([7, 8, 9, 10, 11, 12], gives=ALL_FOUND)

WRONG_LINES_7_TO_12.wrong(
    but_in(wrong_lines_7_to_12, listing_7=5),
    name="the_loss_of_the_labelled",
    sentence="Look at listing 7 again. Leaving out what has no label is right, and it is done to both tensors alike. "
    "But does row 0 of scores hold the scores of pixel 0?",
)
WRONG_LINES_7_TO_12.wrong(
    but_in(wrong_lines_7_to_12, listing_7=2),
    name="the_labels_in_a_row",
    sentence="Look at listing 7 again. targets.flatten() goes through the images pixel by pixel, which is right. "
    "In which order does the next line read the logits?",
)
WRONG_LINES_7_TO_12.wrong(
    but_in(wrong_lines_7_to_12, listing_9=6),
    name="the_best",
    sentence="Look at listing 9 again. Keeping a copy of the best weights is right. But on which pictures are they the "
    "best?",
)
WRONG_LINES_7_TO_12.wrong(
    but_in(wrong_lines_7_to_12, listing_11=6),
    name="the_best_score",
    sentence="Look at listing 11 again. The score is a number, so it stays what it is. Does what is kept with it "
    "stay as it is, too?",
)
WRONG_LINES_7_TO_12.wrong(
    but_in(wrong_lines_7_to_12, listing_8=4),
    name="the_weighted_loss",
    sentence="Look at listing 8 again. A weighted cross-entropy is called like this. Which class gets the largest "
    "weight, the rare one or the frequent one?",
)
WRONG_LINES_7_TO_12.wrong(
    but_in(wrong_lines_7_to_12, listing_9=8),
    name="the_last_line",
    sentence="Look at listing 9 again. The test pictures are there for a single score at the end, so this line is "
    "right. But were they looked at before?",
)
WRONG_LINES_7_TO_12.wrong(
    but_in(wrong_lines_7_to_12, listing_10=2),
    name="the_subtraction",
    sentence="Look at listing 10 again. After taking 1 off, the classes are 0, 1, 2, as they should be, and what has "
    "no label is -1. What does it become next?",
)
WRONG_LINES_7_TO_12.wrong(
    but_in(wrong_lines_7_to_12, listing_11=8),
    name="the_loading",
    sentence="Look at listing 11 again. Loading the best weights at the end is right, if they still are the best. "
    "What does train_epoch do to the tensors in a state_dict?",
)
WRONG_LINES_7_TO_12.wrong(
    but_in(wrong_lines_7_to_12, listing_12=4),
    name="the_threshold",
    sentence="Look at listing 12 again. Any threshold would do for the question. But is the change of a pixel that "
    "grew darker by 20 really 20?",
)
WRONG_LINES_7_TO_12.wrong(
    in_fixed_order(wrong_lines_7_to_12),
    name="always_7_to_12",
    sentence="You returned the lines from listing 7 to 12 whatever was asked. `listings` comes in any order: look "
    "each number up.",
)


@WRONG_LINES_7_TO_12.right
def by_position(listings):
    return [(3, 3, 4, 3, 7, 3)[listing - 7] for listing in listings]


@WRONG_LINES_7_TO_12.right
def by_exception(listings):
    return tuple({9: 4, 11: 7}.get(listing, 3) for listing in listings)


@WRONG_LINES_7_TO_12.right
def by_match(listings):
    def line(listing):
        match listing:
            case 9:
                return 4
            case 11:
                return 7
        return 3

    return [line(listing) for listing in listings]
