"""What the form of a value and the text of an error say of an answer, by hand-made cases."""

import numpy as np
import pytest

from course_lib.checking.calling import Outcome
from course_lib.checking.case import CaseResult
from course_lib.checking.compare import to_plain
from course_lib.checking.recognise.errors import meaning_of_errors
from course_lib.checking.recognise.forms import wrong_form


def returned(expected, got):
    return CaseResult((), to_plain(expected), Outcome("returned", to_plain(got)), "It differs.")


def raised(error, line=""):
    return CaseResult((), 0, Outcome("raised", error=error, line=line), "It raised.")


RIGHT = CaseResult((), 1, Outcome("returned", 1), None)


@pytest.mark.parametrize(
    ("expected", "got", "words"),
    [
        (np.zeros((2, 3)), np.ones((3, 2)), "Rows and columns are exchanged: the shape is (3, 2), expected (2, 3)."),
        (np.zeros((2, 3, 4)), np.ones((3, 2, 4)), "Two axes are exchanged"),
        (np.zeros((2, 3)), np.ones(6), "one long list of 6"),
        (np.zeros((2, 3)), np.ones((4, 2, 3)), "an axis too many: the shape is (4, 2, 3)"),
        (0.5, [0.5], "an axis too many: the shape is (1,), where one number is asked for"),
        ([0.5, 0.25], 0.375, "One number is returned, where 2 values are asked for."),
        (np.zeros((2, 3)), [1, 2], "The axes are too few: the shape is (2,), where the shape (2, 3) is asked for."),
        ([0.5, float("nan"), 1.0], [0.5, 1.0], "The places of nan are left out"),
        ([1, 2, 3], [1, 2], "Values are left out: there are 2, expected 3."),
        ([1, 2, 3], [1, 5], "There are too few values: 2, expected 3."),
        (np.zeros((2, 3), bool), np.ones((1, 1, 2, 3)), "2 axes too many: the shape is (1, 1, 2, 3)"),
        (np.zeros((2, 3), bool), np.ones((1, 2, 3)), "And the values have the type float, where bool is asked for."),
        ([[1, 2], [3, 4]], [[1], [3, 4]], "the rows get shorter: 1, 2 values, expected 2 in each row"),
        ([1, 2], [1, 2, 3], "too many values: 3, expected 2"),
        ([1, 2], {0: 1, 1: 2}, "A dict is returned, where a list or an array is asked for."),
        (0.5, "0.5", "A text is returned, where a number is asked for."),
        ("int64", "int32", "the type int32, where int64 is asked for"),
        ([1, 2], [1.0, 2.0], "the type float, where whole numbers (int) are asked for"),
        (0.5, None, "In some cases it returns nothing (None)"),
        ({"class map": 1, "n": 2}, {"class_map": 1, "n": 2}, "lacks the key `class map`. It has `class_map`"),
        ({"map": np.zeros((2, 3))}, {"map": np.ones((3, 2))}, "`map`: Rows and columns are exchanged"),
        ({"the skip matters": True}, {"the skip matters": False}, "`the skip matters` is False and should be True."),
    ],
)  # fmt: skip
def test_the_form_of_a_value_is_told(expected, got, words):
    assert words in wrong_form([RIGHT, returned(expected, got)])


def test_a_wrong_kind_of_numbers_is_told_once():
    said = wrong_form([RIGHT, returned([1, 2], [1.0, 2.0])])
    assert said == "The values have the type float, where whole numbers (int) are asked for."


@pytest.mark.parametrize(
    ("expected", "got"),
    [
        (np.zeros((2, 2)), np.ones((2, 2))),
        (0.5, 0.25),
        ([1.5, 2.0], [1.0, 2.5]),
        (np.zeros((2, 3)), np.ones((4, 5))),
        ({"a": 1}, {"a": 2}),
        ("went through", "RuntimeError"),
        ({"forward": "went through", "shape": "(1, 2)"}, {"forward": "TypeError: 'list' is not callable"}),
    ],
)
def test_a_value_that_only_differs_has_no_wrong_form(expected, got):
    assert wrong_form([returned(expected, got)]) is None


def test_a_square_speaks_neither_for_nor_against_exchanged_axes():
    square = returned([[1, 2], [3, 4]], [[1, 3], [2, 4]])
    assert wrong_form([square]) is None
    assert "exchanged" in wrong_form([square, returned(np.zeros((2, 3)), np.ones((3, 2)))])


def test_what_is_so_in_some_cases_only_is_said_so():
    some = [returned([1, 2], [2, 2]), returned([1, 2], [1])]
    assert wrong_form(some) == "In some cases: Values are left out: there are 1, expected 2."


def test_where_none_is_asked_for_it_is_no_sign_of_a_missing_return():
    asked = CaseResult((), None, Outcome("returned", None), None)
    assert wrong_form([asked, returned(1, None)]) is None


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("OverflowError: math range error", "above 709 is too large for a float in line 3"),
        (
            "ValueError: The truth value of an array with more than one element is ambiguous",
            "asks in line 3 whether a whole array is true",
        ),
        (
            "ValueError: list.remove(x): x not in list",
            "`remove` in line 3 looks for a value, not for a place",
        ),
        ("TypeError: 'itertools.pairwise' object is not reversible", "`reversed` needs a list in line 3"),
        ("TypeError: 'zip' object is not subscriptable", "A `zip` has no places in line 3"),
        (
            "ValueError: not enough values to unpack (expected 2, got 1)",
            "2 names wait in line 3 for 2 values",
        ),
        ("ValueError: too many values to unpack (expected 2)", "there is another number of them"),
        ("TypeError: torch.nn.modules.activation.ReLU is not a Module subclass", "`nn.ReLU()`"),
        ("TypeError: list is not a Module subclass", "leave out the square brackets"),
        (
            "TypeError: cat(): argument 'tensors' (position 1) must be tuple of Tensors, not Tensor",
            "as one list",
        ),
        ("RuntimeError: Set changed size during iteration", "goes over a set that it changes"),
        ("RuntimeError: dictionary changed size during iteration", "goes over a dict that it changes"),
        (
            "TypeError: unsupported operand type(s) for +: 'int' and 'list'",
            "`+` gets a number and a list in line 3",
        ),
        (
            "TypeError: unsupported operand type(s) for /: 'list' and 'int'",
            "`/` gets a number and a list in line 3",
        ),
        ("TypeError: unsupported operand type(s) for +: 'NoneType' and 'int'", "Something is None in line 3"),
        (
            "TypeError: '>' not supported between instances of 'list' and 'int'",
            "A list is compared with a number",
        ),
        (
            "TypeError: unsupported operand type(s) for -: 'method' and 'int'",
            "without the brackets that call it",
        ),
        ('TypeError: can only concatenate list (not "int") to list', "one side is of the kind int in line 3"),
        ("TypeError: list indices must be integers or slices, not tuple", "write `[row][column]`"),
        ("TypeError: list indices must be integers or slices, not float", "is not a whole number in line 3"),
        ("IndexError: list index out of range", "places are counted from 0"),
        (
            "IndexError: index 3 is out of bounds for axis 0 with size 3",
            "no place 3 along axis 0 in line 3: it has 3",
        ),
        (
            "IndexError: Dimension out of range (expected to be in range of [-2, 1], but got 2)",
            "There is no axis 2",
        ),
        (
            "numpy.exceptions.AxisError: axis 3 is out of bounds for array of dimension 3",
            "There is no axis 3",
        ),
        ("TypeError: 'int' object is not iterable", "`range(n)` counts up to one"),
        ("TypeError: cannot unpack non-iterable int object", "taken apart into several names in line 3"),
        ("TypeError: 'float' object is not subscriptable", "A single number has no places"),
        ("TypeError: object of type 'int' has no len()", "has no length in line 3"),
        (
            "TypeError: 'int' object is not callable",
            "Something of the kind int is called like a function in line 3",
        ),
        ("TypeError: unhashable type: 'numpy.ndarray'", "of the kind numpy.ndarray cannot be a key"),
        ("TypeError: 'tuple' object does not support item assignment", "cannot be written into in line 3"),
        (
            "TypeError: confusion_matrix() missing 1 required positional argument: 'num_classes'",
            "`confusion_matrix` is called without 'num_classes' in line 3",
        ),
        (
            "TypeError: iou() takes 2 positional arguments but 3 were given",
            "`iou` is called with more arguments",
        ),
        (
            "TypeError: _sum_dispatcher() got an unexpected keyword argument 'dim'",
            "torch `dim` and `keepdim`",
        ),
        ("TypeError: f() got an unexpected keyword argument 'color'", "is given `color` in line 3"),
        (
            "ValueError: operands could not be broadcast together with shapes (2,3) (3,2) ",
            "of the shapes (2,3) and (3,2) do not fit",
        ),
        (
            "RuntimeError: The size of tensor a (3) must match the size of tensor b (2) at non-singleton dimension 1",
            "along axis 1 they have 3 and 2 places",
        ),
        (
            "ValueError: cannot reshape array of size 6 into shape (2,2)",
            "another number of values than the new shape",
        ),
        (
            "RuntimeError: shape '[2, 2]' is invalid for input of size 6",
            "another number of values than the new shape",
        ),
        ("RuntimeError: mat1 and mat2 shapes cannot be multiplied (2x3 and 2x3)", "Matrices of 2x3 and 2x3"),
        ("IndexError: Target 255 is out of bounds.", "The loss gets the id 255 in line 3"),
        ("RuntimeError: Class values must be smaller than num_classes.", "`one_hot` gets an id in line 3"),
        ("RuntimeError: gather(): Expected dtype int64 for index", "`.long()`"),
        ("ValueError: math domain error", "The logarithm of 0"),
        ("ValueError: cannot convert float NaN to integer", "nan cannot become a whole number"),
        (
            "RecursionError: maximum recursion depth exceeded in comparison",
            "calls itself again and again in line 3",
        ),
        (
            "ValueError: max() arg is an empty sequence",
            "nothing left of which `max` could be taken in line 3",
        ),
        (
            "ValueError: attempt to get argmin of an empty sequence",
            "nothing left of which `argmin` could be taken",
        ),
        ("ValueError: slice step cannot be zero", "The step of a slice is 0"),
        ("TypeError: torch.nn.functional.relu is not a Module subclass", "takes layers"),
        ("AttributeError: 'NoneType' object has no attribute 'requires_grad'", "Something is None in line 3"),
        ("TypeError: 'NoneType' object is not subscriptable", "Does every function end in `return`?"),
        ("NameError: name 'uniom' is not defined", "`uniom` has no value in line 3"),
        ("ValueError: zip() argument 2 is shorter than argument 1", "unlike lengths are walked through"),
        (
            "NameError: name 'torch' is not defined",
            "`torch` is not defined in line 3: write `import torch` in a cell above",
        ),
        ("NameError: name 'np' is not defined", "write `import numpy as np` in a cell above"),
        ("KeyError: 'miou'", "There is no key `miou` in line 3"),
        (
            "RuntimeError: Given groups=1, weight of size [4, 12, 3, 3], expected input[3, 8, 6, 10] to have 12 "
            "channels, but got 8 channels instead",
            "made for 12 channels and gets 8",
        ),
    ],
)
def test_an_error_is_put_in_plain_words(error, words):
    assert words in meaning_of_errors([RIGHT, raised(error, "line 3: return a / b")])


@pytest.mark.parametrize(
    ("expected", "words"),
    [
        (float("nan"), "Check for it first in line 3, and return"),
        (0.0, "Check for it first in line 3"),
        (np.array([0.5, 0.5]), "It should not be: look at how the divisor comes about in line 3"),
    ],
)
def test_a_divisor_of_0_asks_for_a_check_only_where_the_value_is_one_of_its_own(expected, words):
    outcome = Outcome("raised", error="ZeroDivisionError: division by zero", line="line 3: return a / b")
    assert words in meaning_of_errors([CaseResult((), expected, outcome, "It raised ...")])


def test_errors_that_mean_different_things_are_not_put_together():
    assert meaning_of_errors([raised("KeyError: 'a'"), raised("ZeroDivisionError: division by zero")]) is None
    assert meaning_of_errors([raised("KeyError: 'a'"), returned(1, 2)]) is None


def test_an_error_that_a_look_at_a_network_caught_is_put_in_plain_words():
    text = "RuntimeError: weight of size [4, 8], expected input[3, 4] to have 8 channels, but got 4 channels"
    assert "made for 8 channels and gets 4" in meaning_of_errors(
        [returned({"forward": "fine"}, {"forward": text})]
    )
