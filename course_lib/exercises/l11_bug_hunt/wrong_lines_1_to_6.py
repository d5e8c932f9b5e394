"""Find the wrong line in each of the first six listings."""

from course_lib.checking.exercise import Exercise
from course_lib.exercises.l11_bug_hunt.shared import (
    ALL_FOUND,
    but_in,
    in_fixed_order,
    sealed_lines,
    shuffled_listings,
)


def wrong_lines_1_to_6(listings):
    """Return the number of the wrong line in each of these listings, in their order.

    Args:
        listings: a list of the numbers 1 to 6, in any order.

    Returns:
        A list of int, one for each listing.
    """
    ### BEGIN SOLUTION
    lines = {1: 5, 2: 4, 3: 5, 4: 4, 5: 5, 6: 7}
    return [lines[listing] for listing in listings]
    ### END SOLUTION


WRONG_LINES_1_TO_6 = Exercise(
    wrong_lines_1_to_6,
    title="Find the wrong lines, 1 to 6",
    points=3,
    minutes=8,
    source="Study guide, section 16; Losses and metrics, failure modes checklist",
    draw=shuffled_listings(1, 6),
    observe=sealed_lines,
    fresh_cases=4,
    hints=(
        "Play computer: after each line, say what every name holds, with shape and ids. Where does it stop being "
        "what the next line needs?",
        "1: which gradients does step() find? 2: what lies halfway between ids 1 and 3? 3: how often is a coin tossed? "
        "4: what does cross_entropy expect? 5: what is left of the first batch? 6: which skip comes first?",
        "1: look at the order of the last three lines. 2: at how the mask is resized. 3: at the second coin. 4: at the "
        "softmax. 5: at where the matrix is made. 6: at the order of the skips, which come from fine to coarse.",
    ),
    why="Each of these lines runs, and none raises an error. You find them by asking what a name holds, not by waiting "
    "for a message.",
)

WRONG_LINES_1_TO_6.worked([1, 2, 3, 4, 5, 6], gives=ALL_FOUND)

WRONG_LINES_1_TO_6.wrong(
    but_in(wrong_lines_1_to_6, listing_1=6),
    name="the_step",
    sentence="Look at listing 1 again. The step comes last, where it belongs. What have the gradients become just "
    "before it?",
)
WRONG_LINES_1_TO_6.wrong(
    but_in(wrong_lines_1_to_6, listing_1=4),
    name="the_backward",
    sentence="Look at listing 1 again. backward() adds the gradients of this batch, which is right. What is left "
    "of them when step() reads them?",
)
WRONG_LINES_1_TO_6.wrong(
    but_in(wrong_lines_1_to_6, listing_3=2),
    name="the_first_coin",
    sentence="Look at listing 3 again. Tossing a coin and keeping its result is right. Is it the only coin?",
)
WRONG_LINES_1_TO_6.wrong(
    but_in(wrong_lines_1_to_6, listing_5=6),
    name="the_update",
    sentence="Look at listing 5 again. Every batch is counted in a matrix, and that is right. How many batches "
    "does this matrix hold at the end?",
)
WRONG_LINES_1_TO_6.wrong(
    but_in(wrong_lines_1_to_6, listing_6=8),
    name="the_enlargement",
    sentence="Look at listing 6 again. x is brought to the size of whatever skip comes next, so nothing raises. "
    "Which skip should come first, after the bottleneck, and which one does?",
)
WRONG_LINES_1_TO_6.wrong(
    but_in(wrong_lines_1_to_6, listing_2=6),
    name="minus_one",
    sentence="Look at listing 2 again. Taking 1 off is right: 1, 2, 3 become 0, 1, 2. But were 1, 2 and 3 all that "
    "the mask still held by then?",
)
WRONG_LINES_1_TO_6.wrong(
    but_in(wrong_lines_1_to_6, listing_3=6),
    name="the_flip_of_the_mask",
    sentence="Look at listing 3 again. The mask must be flipped with its image, so that line is right. What decides "
    "whether it runs?",
)
WRONG_LINES_1_TO_6.wrong(
    but_in(wrong_lines_1_to_6, listing_4=6),
    name="the_loss",
    sentence="Look at listing 4 again. The loss is called as it should be, with scores and ids. Are these still the "
    "scores that it takes the softmax of?",
)
WRONG_LINES_1_TO_6.wrong(
    but_in(wrong_lines_1_to_6, listing_5=7),
    name="the_return",
    sentence="Look at listing 5 again. It returns the score of one matrix, once, after the loop, and that is right. "
    "Which batches has this matrix seen?",
)
WRONG_LINES_1_TO_6.wrong(
    but_in(wrong_lines_1_to_6, listing_6=9),
    name="the_concatenation",
    sentence="Look at listing 6 again. Concatenating along the channels is right, and x has been brought to the size "
    "of the skip. But how large is the skip that x meets first, after the bottleneck?",
)
WRONG_LINES_1_TO_6.wrong(
    in_fixed_order(wrong_lines_1_to_6),
    name="always_1_to_6",
    sentence="You returned the lines from listing 1 to 6 whatever was asked. `listings` comes in any order: look "
    "each number up.",
)


@WRONG_LINES_1_TO_6.right
def by_position(listings):
    return [(5, 4, 5, 4, 5, 7)[listing - 1] for listing in listings]


@WRONG_LINES_1_TO_6.right
def by_match(listings):
    def line(listing):
        match listing:
            case 1 | 3 | 5:
                return 5
            case 6:
                return 7
        return 4

    return tuple(line(listing) for listing in listings)


@WRONG_LINES_1_TO_6.right
def by_loop(listings):
    found = []
    for listing in listings:
        found.append({1: 5, 3: 5, 5: 5, 6: 7}.get(listing, 4))
    return found
