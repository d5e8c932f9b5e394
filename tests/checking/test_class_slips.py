"""In the class of a network, `self` or `super().__init__()` is forgotten: said plainly, and proved by the change."""

import ast

import pytest
from answers import told, told_without_ideas

from course_lib.checking.recognise.certain import sure_repairs
from course_lib.checking.recognise.classes import parts_by_their_names
from course_lib.checking.recognise.repair import Edit, applied

UP = """class Up(nn.Module):
    def __init__(self, in_channels, out_channels):
        super().__init__()
        self.up = nn.ConvTranspose2d(in_channels, out_channels, 2, stride=2)
        self.conv = DoubleConv(2 * out_channels, out_channels)

    def forward(self, features, skip):
        up = self.up(features)
        return self.conv(torch.cat([up, skip], dim=1))
"""
START = "        super().__init__()\n"


def changed(*changes):
    code = UP
    for old, new in changes:
        assert old in code
        code = code.replace(old, new)
    return code


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        (
            changed((START, "")),
            "`super().__init__()` is missing in `__init__`: only after it can a network keep layers. Write it before "
            "line 3.",
        ),
        (
            changed(
                (START, ""),
                ("2 * out_channels, out_channels)\n", "2 * out_channels, out_channels)\n" + START),
            ),
            "`super().__init__()` comes too late in `__init__`: only after it can a network keep layers. Write it "
            "before line 3.",
        ),
        (
            changed(("forward(self, features", "forward(features")),
            "Line 7: the first argument of a method is the object itself: `def forward(self, features, skip):`.",
        ),
        (
            changed(("        self.conv = ", "        conv = ")),
            "Line 5: `conv` is gone when `__init__` ends. Keep it on the object, `self.conv = ...`, and read it as "
            "`self.conv`.",
        ),
        (
            changed(
                ("self.up", "up"),
                ("self.conv", "conv"),
                ("up = up(features)", "x = up(features)"),
                ("[up,", "[x,"),
            ),
            "Line 4: `up` is gone when `__init__` ends. Keep it on the object, `self.up = ...`, and read it as "
            "`self.up`. The same goes for the other layers.",
        ),
        (
            changed(("return self.conv(", "return conv(")),
            "Line 9: the layer `conv` is kept as `self.conv`. Write `self.` before its name.",
        ),
    ],
)
def test_what_is_forgotten_is_told(cell, words):
    assert told_without_ideas("up", cell) == words


def test_another_mistake_is_told_beside_it():
    said = told("up", changed((START, ""), ("self.up(features)", "torch.relu(self.up(features))")))
    assert "First: `super().__init__()` is missing" in said
    assert "There is a ReLU after the transposed convolution" in said


@pytest.mark.parametrize(
    "code",
    [
        UP,
        UP.replace("super().__init__()", "nn.Module.__init__(self)"),
        UP.replace("        self.conv = ", "        double = 2\n        self.conv = "),
        "class Pairs:\n    def __init__(self, folder):\n        self.folder = folder\n",
        "class A(nn.Module):\n    @staticmethod\n    def forward(x):\n        return self(x)\n",
    ],
)
def test_what_is_complete_is_left_alone(code):
    tree = ast.parse(code).body[0]
    assert not list(sure_repairs(tree))
    assert not list(parts_by_their_names(tree))


def test_two_items_of_one_list_are_changed_together():
    call = ast.parse("cat(a, b)", mode="eval").body
    first, second = (Edit(call, "args", ast.Name(name, ast.Load()), index) for index, name in enumerate("xy"))
    assert not first.meets(second)
    assert first.meets(Edit(call, "args", []))
    with applied((first, second)):
        assert ast.unparse(call) == "cat(x, y)"
    assert ast.unparse(call) == "cat(a, b)"
