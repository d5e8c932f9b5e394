"""How the kinds of two numbers differ, in words."""

from __future__ import annotations


def kind_difference(expected: str, got: str) -> str | None:
    """Say how the kinds of two numbers differ; an int is accepted for a float."""
    if expected == got or (expected, got) == ("float", "int"):
        return None
    advice = {
        (
            "int",
            "float",
        ): " Ids, counts and positions are whole numbers; scores, means and quotients are not.",
        ("int", "bool"): " A comparison gives True and False: use it to select or to count.",
        ("float", "bool"): " A comparison gives True and False: use it to compute the number.",
    }.get((expected, got), "")
    received = got if got == "None" else f"a value of type {got}"
    return f"got {received}, expected {expected}.{advice}"
