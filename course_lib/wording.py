"""Wording that messages of several parts share."""

from __future__ import annotations


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return a number and its noun: "no students", "1 student", "2 students".

    Args:
        number: 0 or more.
        noun: the noun in the singular.
        plural: the plural, if it is not the noun with an s.
    """
    return f"{number or 'no'} {noun if number == 1 else plural or f'{noun}s'}"
