"""What several exercises of lesson 11 share."""

import zlib

from course_lib.checking.exercise import by_kind

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


def sealed(answer, runs):
    """Return a number for each cause instead of its name: what is expected can be shown and gives nothing away."""
    named = answer(list(runs))
    if named is None:
        return None
    if isinstance(named, (str, dict)) or len(named) != len(runs):
        return {"how many causes came back": len(named)}
    unknown = [str(cause) for cause in named if str(cause).lower() not in CAUSES]
    return {"names that are not in the table": unknown} | {
        f"the number that stands for the cause of {run}": zlib.crc32(f"{run}: {cause}".lower().encode())
        % 10000
        for run, cause in sorted(zip(runs, map(str, named), strict=True))
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


def seals(**numbers):
    seals = {f"the number that stands for the cause of {run}": number for run, number in numbers.items()}
    return {"names that are not in the table": []} | seals


HINTS_FOR_NAMING = (
    "Go by what contradicts a healthy run, and leave the mIoU for last: which line of its card is far from "
    "that of the healthy run?",
    "Each cause touches one line of the card first: the table above says which. Two runs can look alike and differ "
    "in that line.",
)


def sealed_lines(answer, listings):
    """Return a number for each line instead of its own number, which would give it away."""
    lines = answer(list(listings))
    if lines is None:
        return None
    if isinstance(lines, (str, dict)) or len(lines) != len(listings):
        return {"how many numbers came back": len(lines)}
    return {
        f"the number that stands for your line of listing {listing}": zlib.crc32(
            f"{listing}: {int(line)}".encode()
        )
        % 10000
        for listing, line in sorted(zip(listings, lines, strict=True))
    }


def line_seals(lines):
    """Return what :func:`sealed_lines` gives for lines by their listings."""
    return sealed_lines(lambda listings: [lines[listing] for listing in listings], sorted(lines))


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
