"""What several exercises of lesson 11 share."""

import zlib

from course_lib.checking.exercise import by_kind
from course_lib.checking.recognise.choices import NOT_RIGHT, SEPARATOR

CAUSES = (
    "augmentation mismatch",
    "boundary pixels",
    "class imbalance",
    "evaluation mode",
    "label format",
    "memory",
    "metric on a subset",
    "no skip connections",
    "oversmoothing",
    "size mismatch",
)


_NOTHING = "nothing"
_CAUSES_SEALED = dict(
    zip("ABCDEFGHIJ", (7765, 3897, 2500, 425, 930, 9709, 8862, 4154, 4722, 5193), strict=True)
)
_LINES_SEALED = dict(enumerate((7343, 5223, 2164, 5755, 4328, 9594, 3734, 3520, 5638, 7560, 6164, 1219), 1))


def _seal(text):
    """Return a number that stands for a text, so that the right answers are not spelt out here."""
    return zlib.crc32(text.encode()) % 10000


def cause_of(run):
    """Return the cause of a run, found by its number, so that no file spells out which run has which cause."""
    return next(cause for cause in CAUSES if _seal(f"{run}: {cause}".lower()) == _CAUSES_SEALED[run])


def _one_for_each(answer, asked, what):
    """Return what an answer gives for each run or listing; None where it returns nothing.

    Raises:
        TypeError, ValueError: it is not a list, or not of the right length.
    """
    given = answer(list(asked))
    if given is None:
        return None
    if isinstance(given, (str, dict)):
        raise TypeError(
            f"got a {type(given).__name__}, expected a list: {what}, in the order that was asked for"
        )
    if len(given) != len(asked):
        raise ValueError(
            f"got {len(given)} in the list, expected {len(asked)}: {what}, in the order that was asked for"
        )
    return sorted(zip(asked, given, strict=True))


def _joined(entries):
    return SEPARATOR.join(entries) or _NOTHING


def sealed(answer, runs):
    """Return what is not right yet, in the learner's own words: the right causes are never shown."""
    pairs = _one_for_each(answer, runs, "a cause for each run")
    if pairs is None:
        return None
    named = [str(cause).lower() for _, cause in pairs]
    twice = [cause for cause in CAUSES if named.count(cause) > 1]
    wrong = [
        f"{run}: {cause}" for run, cause in pairs if _seal(f"{run}: {cause}".lower()) != _CAUSES_SEALED[run]
    ]
    return {
        "names that are not in the table": _joined(cause for cause in named if cause not in CAUSES),
        "causes that are named twice": _joined(twice),
        NOT_RIGHT: _joined(wrong),
    }


ALL_NAMED = {
    "names that are not in the table": _NOTHING,
    "causes that are named twice": _NOTHING,
    NOT_RIGHT: _NOTHING,
}


def but(reference, **other):
    """Name some causes otherwise."""

    def named(runs):
        return [other.get(run, cause) for run, cause in zip(runs, reference(runs), strict=True)]

    return named


def in_fixed_order(reference):
    def named(runs):
        return reference(sorted(runs))

    return named


def shuffled(letters):
    """Return the draws of some letters in other orders than their own."""

    def draw(rng, kind):
        if kind == "from the last to the first":
            return (list(letters[::-1]),)
        first, *others = rng.permutation(list(letters[1:])).tolist()
        return ([first, letters[0], *others],)

    return by_kind(draw, "from the last to the first", "mixed")


HINTS_FOR_NAMING = (
    "For each run, look for the line of its card that is far from that of the healthy run. Leave the mIoU for last: it "
    "only says that something is wrong.",
    "For each cause of the table ask: which line of the card would it change? Where two causes are left, pay for a "
    "line on which they disagree.",
)


def sealed_lines(answer, listings):
    """Return what is not right yet, in the learner's own words: the right lines are never shown."""
    pairs = _one_for_each(answer, listings, "a line for each listing")
    if pairs is None:
        return None
    wrong = (
        f"listing {listing}: line {int(line)}"
        for listing, line in pairs
        if _seal(f"{listing}: {int(line)}") != _LINES_SEALED[listing]
    )
    return {NOT_RIGHT: _joined(wrong)}


ALL_FOUND = {NOT_RIGHT: _NOTHING}


def but_in(reference, **other):
    """Name another line in some listings, given as ``listing_3=5``."""
    lines = {int(name.removeprefix("listing_")): line for name, line in other.items()}

    def found(listings):
        return [lines.get(one, line) for one, line in zip(listings, reference(listings), strict=True)]

    return found


def shuffled_listings(first, last):
    """Return the draws of the listings from one number to another, in other orders than their own."""
    numbers = list(range(first, last + 1))

    def draw(rng, kind):
        if kind == "from the last to the first":
            return (numbers[::-1],)
        second, *others = rng.permutation(numbers[1:]).tolist()
        return ([second, numbers[0], *others],)

    return by_kind(draw, "from the last to the first", "mixed")
