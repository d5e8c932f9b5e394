"""Lines that surely do not do what their author hoped."""

import ast

import pytest

from course_lib.checking.recognise.useless import useless_line


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("x.permute(2, 0, 1)\nreturn x", "the new value is not kept"),
        ("model.encoder.requires_grad = False", "its weights do not notice"),
        ("p = x.softmax(dim=1)\nreturn F.cross_entropy(p, y)", "takes logits and does the `softmax` itself"),
        ("return F.cross_entropy(torch.softmax(x, 1), y)", "takes logits and does the `softmax` itself"),
    ],
)
def test_a_useless_line_is_told(code, words):
    assert words in useless_line(ast.parse(code))


@pytest.mark.parametrize(
    "code",
    [
        "model.eval()\nreturn model(x)",
        "x = x.permute(2, 0, 1)\nreturn x",
        "np.clip(x, 0, 1, out=x)",
        "for weight in model.encoder.parameters():\n    weight.requires_grad = False",
        "model.encoder.weight.requires_grad = False",
        "p = x.softmax(dim=1)\nloss = F.cross_entropy(x, y)\nreturn loss, p",
        "rows.append(3)\n'a comment'",
    ],
)
def test_lines_that_do_something_are_not_told(code):
    assert useless_line(ast.parse(code)) is None


def test_the_output_of_a_layer_that_is_thrown_away_is_told():
    code = "class UNet:\n    def forward(self, x):\n        for down in self.downs:\n            down(x)\n"
    assert useless_line(ast.parse(code).body[0]) == (
        "Line 4: `down(x)` computes something, and the new value is not kept. Return it, or give it a name."
    )


@pytest.mark.parametrize("line", ["self.net(x)", "x.relu()"])
def test_a_last_line_whose_value_is_lost_wants_a_return(line):
    made = "    def __init__(self):\n        self.net = nn.ReLU()\n"
    code = f"class Net:\n{made}    def forward(self, x):\n        {line}\n"
    assert useless_line(ast.parse(code).body[0]).endswith("is not kept. Put `return` before it.")


def test_a_layer_that_is_made_and_never_used_is_told():
    code = (
        "class Net:\n    def __init__(self):\n        self.head = nn.Conv2d(1, 2, 1)\n"
        "    def forward(self, x):\n        return {}\n"
    )
    assert (
        useless_line(ast.parse(code.format("x")).body[0]) == "Line 3 makes `self.head`, and nothing uses it."
    )
    assert useless_line(ast.parse(code.format("self.head(x)")).body[0]) is None
    assert useless_line(ast.parse(code.format("list(self.children())[0](x)")).body[0]) is None
