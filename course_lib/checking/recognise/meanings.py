"""What the texts of errors mean, in plain words: each pattern with a sentence that is true wherever it is found."""

from __future__ import annotations

from course_lib.checking.recognise.meanings_of_torch import OF_TORCH

IMPORTS = {
    "np": "import numpy as np",
    "math": "import math",
    "torch": "import torch",
    "nn": "from torch import nn",
    "F": "import torch.nn.functional as F",
    "plt": "import matplotlib.pyplot as plt",
    "Image": "from PIL import Image",
}
IMPORTED = rf"NameError: name '({'|'.join(IMPORTS)})' is not defined"

MEANINGS = (
    (
        IMPORTED,
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
        "`{0}` has no value{line}: nothing sets it before. Is the name spelled as it is where it is set?",
    ),
    (
        r"KeyError: '([^']+)'",
        "There is no key `{0}`{line}. Is it spelled as it is where the dict is made?",
    ),
    (
        r"AttributeError: 'NoneType' object has no attribute '\w+'|'NoneType' object is not (?:subscriptable|iterable)|"
        r"(?:unsupported operand|not supported between) .*'NoneType'",
        "Something is None{line} that should be a value. Does every function end in `return`?",
    ),
    (
        r"AttributeError: '(\w+)' object has no attribute '(\w+)'",
        "A {0} has no `{1}`{line}.",
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
        r"dictionary changed size during iteration",
        "The loop{line} goes over a dict that it changes. Go over a copy of it: `list(...)`.",
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
        r"zip\(\) argument \d+ is (?:shorter|longer) than",
        "Two lists of unlike lengths are walked through together{line}: one does not have the input's size.",
    ),
    (
        r"'(?:builtin_function_or_method|method|function)' (?:object is not|and)|and '(?:builtin_function_or_)?method'",
        "A function is used{line} without the brackets that call it: `()`.",
    ),
    (
        r"unsupported operand type\(s\) for (\S+): "
        r"(?:'(?:int|float|bool)' and '(list|tuple)'|'(list|tuple)' and '(?:int|float|bool)')",
        "`{0}` gets a number and a {1}{line}. Go through the values of the {1} one by one, or make an array of it.",
    ),
    (
        r"not supported between instances of (?:'(list|tuple)' and '(?:int|float)'|'(?:int|float)' and '(list|tuple)')",
        "A {0} is compared with a number{line}. Compare its values one by one.",
    ),
    (
        r"can only concatenate (list|tuple) \(not \"([\w.]+)\"\)",
        "`+` joins two of the kind {0}, and one side is of the kind {1}{line}. `append` puts one thing into a list.",
    ),
    (
        r"(?:list|tuple) indices must be integers or slices, not tuple",
        "A list of lists has no places with a comma{line}: write `[row][column]`, or make an array of it.",
    ),
    (
        r"(?:list|tuple) indices must be integers or slices|only integers, slices .* are valid indices",
        "What is in square brackets is not a whole number{line}. `//` divides to one, `/` never does.",
    ),
    (
        r"too many indices for (?:array|tensor)",
        "There are more places in the square brackets than there are axes{line}.",
    ),
    (
        r"index (-?\d+) is out of bounds for (?:axis|dimension) (\d+) with size (\d+)",
        "There is no place {0} along axis {1}{line}: it has {2}, counted from 0.",
    ),
    (
        r"(list|tuple|pop|string) (?:assignment )?index out of range",
        "A place is asked for{line} that does not exist: places are counted from 0, and the last one is the length "
        "minus 1.",
    ),
    (
        r"(?:axis (-?\d+) is out of bounds for array|Dimension out of range .* but got (-?\d+))",
        "There is no axis {0}{line}: axes are counted from 0, and this array does not have that many.",
    ),
    (
        r"'(?:int|float|bool|numpy\.\w+)' object is not iterable|iteration over a 0-d",
        "A single number is gone through as if it were a list{line}. `range(n)` counts up to one.",
    ),
    (
        r"cannot unpack non-iterable",
        "One value is taken apart into several names{line}.",
    ),
    (
        r"'(?:int|float|bool|numpy\.\w+)' object is not subscriptable|invalid index to scalar variable",
        "A single number has no places in square brackets{line}. Is there one place too many?",
    ),
    (
        r"object of type '(?:int|float|bool|numpy\.\w+)' has no len|len\(\) of (?:unsized object|a 0-d tensor)",
        "A single number has no length{line}.",
    ),
    (
        r"TypeError: '(\w+)' object is not callable",
        "Something of the kind {0} is called like a function{line}. Is a name used twice, once for a function, or an "
        "operator missing before a bracket?",
    ),
    (
        r"unhashable type: '([\w.]+)'",
        "Something of the kind {0} cannot be a key of a dict, or in a set{line}. A tuple or a number can.",
    ),
    (
        r"'(tuple|str|range|int|float)' object does not support item assignment",
        "Something of the kind {0} cannot be written into{line}. A list can.",
    ),
    (
        r"(\w+)\(\) missing \d+ required (?:positional|keyword-only) arguments?: (.+)",
        "`{0}` is called without {1}{line}, which it asks for.",
    ),
    (
        r"(\w+)\(\) takes .* positional arguments? but \d+ (?:was|were) given",
        "`{0}` is called with more arguments than it takes{line}.",
    ),
    (
        r"unexpected keyword argument '(axis|dim|keepdims?)'",
        "A function is given `{0}`{line}, which it does not know. NumPy says `axis` and `keepdims`, torch `dim` and "
        "`keepdim`.",
    ),
    (
        r"unexpected keyword argument '(\w+)'",
        "A function is given `{0}`{line}, which it does not know.",
    ),
    (
        r"could not be broadcast together with (?:remapped )?shapes ?(\([\d,]*\)) ?(\([\d,]*\))",
        "Arrays of the shapes {0} and {1} do not fit each other value by value{line}.",
    ),
    (
        r"(?:cannot reshape array of size|shape '.*' is invalid for input of size)",
        "What is reshaped holds another number of values than the new shape{line}.",
    ),
    (
        r"boolean index did not match|The shape of the mask .* does not match",
        "A mask in square brackets has another shape than what it picks from{line}.",
    ),
    (
        r"concatenation axis must match|input arrays must have the same shape|stack expects each tensor to be equal",
        "What is joined has unlike shapes{line}.",
    ),
    (
        r"setting an array element with a sequence",
        "A list stands where one number belongs, or the rows have unlike lengths{line}.",
    ),
    (
        r"math domain error|expected a positive input",
        "The logarithm of 0 or of a number below 0 is asked for, or a root of one below 0{line}.",
    ),
    (
        r"cannot convert float NaN to integer",
        "nan cannot become a whole number{line}.",
    ),
    (
        r"maximum recursion depth exceeded",
        "A function calls itself again and again{line}, and nothing ends that.",
    ),
    *OF_TORCH,
)  # fmt: skip
