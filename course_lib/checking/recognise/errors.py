"""What the text of an error surely says of an answer, in plain words."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from typing import Any

from course_lib.checking.case import CaseResult
from course_lib.checking.problem import what_to_do_about_0

_IMPORTS = {
    "np": "import numpy as np",
    "math": "import math",
    "torch": "import torch",
    "nn": "from torch import nn",
    "F": "import torch.nn.functional as F",
    "plt": "import matplotlib.pyplot as plt",
    "Image": "from PIL import Image",
}
_IMPORTED = rf"NameError: name '({'|'.join(_IMPORTS)})' is not defined"

_MEANINGS = (
    (
        _IMPORTED,
        "`{0}` is not defined{line}: write `{import_}` in a cell above, run it, and then this one again.",
    ),
    (
        r"OverflowError: math range error",
        "`math.exp` of a number above 709 is too large for a float{line}. Subtract the highest of the numbers before.",
    ),
    (
        r"The truth value of an array with more than one element|Boolean value of Tensor with more than one value",
        "Python asks{line} whether a whole array is true, as `if`, `and` and `max` do. Ask for one number at a time, "
        "or use what works on whole arrays.",
    ),
    (
        r"list\.remove\(x\): x not in list",
        "`remove`{line} looks for a value, not for a place, and the list has no such value. What is at place `i` goes "
        "with `pop(i)`.",
    ),
    (
        r"object is not reversible",
        "`reversed` needs a list{line}: put `list(...)` around what it gets.",
    ),
    (
        r"'(range|zip|map|filter|generator|enumerate)' object is not subscriptable",
        "A `{0}` has no places{line} to be picked by number: put `list(...)` around it.",
    ),
    (
        r"(?:NameError|UnboundLocalError): .*?'(\w+)'",
        "`{0}` has no value{line}: nothing sets it before. Is the name written as where it is set?",
    ),
    (
        r"KeyError: '([^']+)'",
        "There is no key `{0}`{line}. Is it written as where the dict is made?",
    ),
    (
        r"AttributeError: 'NoneType' object has no attribute '\w+'|'NoneType' object is not (?:subscriptable|iterable)",
        "Something is None{line} that should be a value. Does every function end in `return`?",
    ),
    (
        r"AttributeError: '(\w+)' object has no attribute '(\w+)'",
        "A {0} has no `{1}`{line}.",
    ),
    (
        r"weight of size \[[\d, ]+\], expected input\[[\d, ]+\] to have (\d+) channels, but got (\d+) channels",
        "A convolution is made for {0} channels and gets {1}: follow the channels from layer to layer.",
    ),
    (
        r"Sizes of tensors must match except in dimension 1. Expected size (\d+) but got size (\d+)",
        "Maps of unlike sizes are joined: {0} and {1} rows or columns. What should have brought them to one size?",
    ),
    (
        r"argument 'tensors' \(position 1\) must be tuple of Tensors|cat\(\) received an invalid combination",
        "`torch.cat` takes all tensors as one list{line}: `torch.cat([a, b], dim=...)`.",
    ),
    (
        r"(?:not enough|too many) values to unpack \(expected (\d+)",
        "{0} names wait{line} for {0} values, and in this case there is another number of them. How many can there be? "
        "`first, *others = ...` takes any number from 1 on.",
    ),
    (
        r"Set changed size during iteration",
        "The loop{line} goes over a set that it changes. Go over a copy of it, or collect what is new in another set.",
    ),
    (
        r"(max|min)\(\)(?: arg is an empty sequence| iterable argument is empty)|get (argmax|argmin) of an empty",
        "There is nothing left of which `{0}` could be taken{line}. Say what the value is then.",
    ),
    (
        r"slice step cannot be zero",
        "The step of a slice is 0{line}: `//` gives 0 where the divisor is the larger number.",
    ),
    (
        r"TypeError: torch\.nn\.modules\.\w+\.(\w+) is not a Module subclass",
        "`nn.{0}` is only the kind of layer. With brackets it makes one: `nn.{0}()`.",
    ),
    (
        r"(?:list|tuple) is not a Module subclass",
        "`nn.Sequential` takes the layers one by one, not in a list: leave out the square brackets.",
    ),
    (
        r"is not a Module subclass",
        "`nn.Sequential` takes layers, such as `nn.ReLU()`, not functions.",
    ),
    (
        r"zip\(\) argument \d+ is (?:shorter|longer) than",
        "Two lists of unlike lengths are walked through together{line}: one does not have the input's size.",
    ),
    (
        r"Padding size (\d+) is not supported for (\d)D input tensor",
        "`F.pad` gets {0} numbers{line} for a tensor of {1} axes. To fill up both rows and columns it takes four: "
        "(left, right, top, bottom).",
    ),
    (
        r"Index tensor must have the same number of dimensions as input tensor",
        "`gather` takes an index with as many axes as what it picks from{line}: give the ids an axis for the classes, "
        "with `unsqueeze` at the place where the classes are.",
    ),
    (
        r"does not require grad and does not have a grad_fn",
        "`backward` finds no gradient{line}: what it is called on was not computed from the weights in a way that a "
        "gradient can go back. `argmax`, `.item()`, `.detach()` and `torch.no_grad()` each cut the way off.",
    ),
    (
        r"Kernel size can't be greater than actual input size",
        "A convolution's kernel is larger than the map that it gets. Is padding missing before it?",
    ),
)  # fmt: skip


_COUNTS_CUT_OFF = re.compile(
    r"(?:cannot reshape|invalid for input of size) .*bincount\(|of size \d+ .*bincount\("
)
_BINCOUNT = (
    "`bincount` ends with the largest number that occurs{line}, so the counts may be too few for that shape. Say how "
    "many there should be: `minlength=...`."
)


def missing_import(cases: Sequence[CaseResult]) -> str | None:
    """Return that a package was not imported, if every wrong case says so: then nothing else can be said."""
    wrong = [case for case in cases if not case.passed]
    if all(any(re.search(_IMPORTED, error) for error in _errors(case)) for case in wrong):
        return meaning_of_errors(cases)
    return None


def meaning_of_errors(cases: Sequence[CaseResult], tree: ast.AST | None = None) -> str | None:
    """Return what the errors mean, if every wrong case has one and all mean the same.

    Args:
        cases: what the answer did.
        tree: the answer's code, where it can be read.
    """
    found = [_meaning(case, tree) for case in cases if not case.passed]
    kinds = {kind for kind, _ in found}
    return found[0][1] if len(kinds) == 1 and found[0][1] else None


def meaning_of_some_errors(cases: Sequence[CaseResult], tree: ast.AST | None = None) -> str | None:
    """Return what the errors mean, if some of the wrong cases have one, and all of these mean the same."""
    raised = [case for case in cases if case.outcome.status == "raised"]
    meaning = meaning_of_errors(raised, tree) if raised else None
    return f"In some cases: {meaning}" if meaning else None


def _meaning(case: CaseResult, tree: ast.AST | None) -> tuple[int, str]:
    """Return the number of an error's meaning, and the meaning; -1 and nothing where there is none."""
    for error in _errors(case):
        if error.startswith("ZeroDivisionError"):
            return len(_MEANINGS), _divisor_is_0(case)
        if case.expected is None and case.outcome.line.partition(": ")[2].startswith("raise "):
            return len(_MEANINGS) + 2, _FOR_NONE.format(line=_where(case))
        fixed = _OUT_OF_BOUNDS.search(error)
        if fixed and tree is not None and int(fixed[1]) in _fixed_places(tree):
            return len(_MEANINGS) + 3, _FIXED_PLACE.format(*fixed.groups(), line=_where(case))
        if _COUNTS_CUT_OFF.search(f"{error} {case.outcome.line}") and "minlength" not in case.outcome.line:
            return len(_MEANINGS) + 1, _BINCOUNT.format(line=_where(case))
    for number, (pattern, meaning) in enumerate(_MEANINGS):
        for error in _errors(case):
            match = re.search(pattern, error)
            if match:
                found = list(filter(None, match.groups()))
                if found and "Unbound" in error and tree is not None and found[0] in _set_in_a_loop(tree):
                    return number, _NO_ROUND.format(found[0], line=_where(case))
                import_ = _IMPORTS.get(found[0], "") if found else ""
                return number, meaning.format(*found, line=_where(case), import_=import_)
    return -1, ""


_OUT_OF_BOUNDS = re.compile(r"index (\d+) is out of bounds for axis (\d+) with size (\d+)")
_FIXED_PLACE = (
    "The place {0} is written as a number in your code, and axis {1} has only {2} in this case{line}. Let the places "
    "follow from how many there are."
)


def _fixed_places(tree: ast.AST) -> set[int]:
    """Return the whole numbers in square brackets."""
    places = [node.slice for node in ast.walk(tree) if isinstance(node, ast.Subscript)]
    parts = [part for place in places for part in (place.elts if isinstance(place, ast.Tuple) else [place])]
    numbers = [part.value for part in parts if isinstance(part, ast.Constant)]
    return {number for number in numbers if type(number) is int}


_FOR_NONE = "Your code raises an error by itself{line}. Here `None` should be returned instead."
_NO_ROUND = (
    "`{0}` has no value{line}: it is set only inside a loop, and no round of the loop sets it in this case. Set it "
    "before the loop as well."
)


def _set_in_a_loop(tree: ast.AST) -> set[str]:
    """Return the names that are set in loops, and nowhere else."""
    loops = [node for node in ast.walk(tree) if isinstance(node, ast.For | ast.While)]
    inside = {id(node) for loop in loops for node in ast.walk(loop)}
    names = [
        node for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    ]
    return {node.id for node in names} - {node.id for node in names if id(node) not in inside}


def _where(case: CaseResult) -> str:
    line = case.outcome.line.partition(":")[0]
    return f" in {line}" if line else ""


def _divisor_is_0(case: CaseResult) -> str:
    return f"The divisor is 0 in this case. {what_to_do_about_0(case.expected, _where(case))}"


def _errors(case: CaseResult) -> list[str]:
    """Return the error of a call, or those that a look at a network caught."""
    if case.outcome.status == "raised":
        return [case.outcome.error]
    value: Any = case.outcome.value
    texts = value.values() if isinstance(value, dict) else []
    return [text for text in texts if isinstance(text, str) and "Error: " in text]
