"""What a cell says in Python, and which names its statements bind and need; worked out by hand."""

import ast

import pytest

from course_lib.grading.sandbox.inside.cells import parse, read_cell
from course_lib.grading.sandbox.inside.names import names_of


def text_of(source):
    return "\n".join(ast.unparse(statement) for statement in parse(source))


READ = {
    "%time x = 1": "x = 1",
    "%time --no-raise-error x = 1": "x = 1",
    "%time x = '%time y'": "x = '%time y'",
    "%prun -q -s cumulative x = 1": "x = 1",
    "%prun -l 5 x = 1": "x = 1",
    "%%prun -D out\nx = 1": "x = 1",
    "%%capture\n%%time\n%time x = 1": "x = 1",
    "x = %time 1 + 1": "x = 1 + 1",
    "%time x = (": "get_ipython().run_line_magic('time', 'x = (')",
    "%timeit x = 1": "get_ipython().run_line_magic('timeit', 'x = 1')",
    "%pip install \\\n  numpy\nx = 1": "get_ipython().run_line_magic('pip', 'install    numpy')\nx = 1",
    "x = !ls": "x = get_ipython().getoutput('ls')",
    "def f():\n    %time x = 1": "def f():\n    get_ipython().run_line_magic('time', 'x = 1')",
    "def f():\n    x = %time 1": "def f():\n    x = 1",
    "x = '''\n!ls\n%time y\n'''": "x = '\\n!ls\\n%time y\\n'",
    "await f()": "await f()",
    "": "",
}


@pytest.mark.parametrize("source", READ)
def test_a_cell_is_read_as_ipython_reads_it(source):
    assert text_of(source) == READ[source]


@pytest.mark.parametrize(
    "source", ["x = (", "%%time\nx = (", "if x:\n%time y = 1", "x = 1\0", "(" * 500, "!true\n" * 1000]
)
def test_what_no_notebook_runs_is_refused(source):
    with pytest.raises(SyntaxError):
        parse(source)


def test_magics_in_magics_are_read_once_each():
    (statement,) = parse("%time " * 60 + "x = (")
    assert isinstance(statement, ast.Expr)


@pytest.mark.parametrize(
    "source", ["%%time\nx = 1\n1 / 0", "\n\n%%time\n1 / 0", "%%capture\n%%time\n1 / 0", "!ls\n\n%time 1 / 0"]
)
def test_line_numbers_lead_to_the_line(source):
    cell = read_cell(source)
    number = cell.statements[-1].lineno
    assert "1 / 0" in cell.text.splitlines()[number - 1]
    assert source.splitlines()[number - 1].endswith("1 / 0")


NAMES = {
    "x = y": ({"x"}, {"y"}),
    "x = x + 1": ({"x"}, {"x"}),
    "x += y": ({"x"}, {"y"}),
    "x: int = 1": ({"x"}, {"int"}),
    "(x := y)": ({"x"}, {"y"}),
    "del x": ({"x"}, set()),
    "import a.b, c.d as e": ({"a", "e"}, set()),
    "from a import b as c, d": ({"c", "d"}, set()),
    "from a import *": (set(), set()),
    "def f(a, *b, c=d, **e): return a + g + h(b, c, e)": ({"f"}, {"d", "g", "h"}),
    "def f(n): return f(n - 1)": ({"f"}, set()),
    "@a\ndef f(b: c) -> d:\n    e = 1\n    def g(): return e + h\n    return g": (
        {"f"},
        {"a", "c", "d", "h"},
    ),
    "def f():\n    global x\n    x = y": ({"f", "x"}, {"x", "y"}),
    "async def f():\n    async with a as b: await b": ({"f"}, {"a"}),
    "class A(B, key=C):\n    x = y\n    z = x\n    def f(self): return w": ({"A"}, {"B", "C", "x", "y", "w"}),
    "f = lambda a, b=c: a + b + d": ({"f"}, {"c", "d"}),
    "[i + k for i in j if l]": (set(), {"j", "k", "l"}),
    "x = {i: k for i, k in j.items()} | {i for i in l}": ({"x"}, {"j", "l"}),
    "[(x := i) for i in j]": ({"x"}, {"j", "x"}),
    "[[i for i in k] for k in j]": (set(), {"j"}),
    "x = [await f(i) for i in j]": ({"x"}, {"f", "j"}),
    "for i in [i, j]:\n    x = i": ({"i", "x"}, {"i", "j"}),
    "for i in j:\n    x = i\n    y = x\nelse:\n    z = w": ({"i", "x", "y", "z"}, {"j", "w"}),
    "async for i in j:\n    x = i": ({"i", "x"}, {"j"}),
    "while x:\n    x = y\n    y = x": ({"x", "y"}, {"x", "y"}),
    "if a:\n    x = 1\nelse:\n    y = x": ({"x", "y"}, {"a", "x"}),
    "with open(a) as f:\n    x = f.read()\n    y = x": ({"f", "x", "y"}, {"open", "a"}),
    "for i in j:\n    with a as b:\n        x = b\n    y = x": ({"i", "b", "x", "y"}, {"a", "j"}),
    "try:\n    import a\nexcept E as e:\n    print(e)\nfinally:\n    x = a": (
        {"a", "e", "x"},
        {"E", "print", "a"},
    ),
    "match a:\n    case [b, *c] if d:\n        x = b": ({"b", "c", "x"}, {"a", "d"}),
    "match a:\n    case {'k': e, **f}:\n        x = g\n    case H(i=j):\n        x = j": (
        {"e", "f", "j", "x"},
        {"a", "g", "H"},
    ),
    "print(f'{a} {b!r:>{c}}')": (set(), {"print", "a", "b", "c"}),
    "def f(a, a): return b": ({"f"}, {"b"}),
}


@pytest.mark.parametrize("source", NAMES)
def test_names_are_told_as_they_are_by_hand(source):
    (statement,) = ast.parse(source).body
    names = names_of(statement)
    assert (names.binds, names.needs) == NAMES[source]


def test_a_statement_is_left_as_it_was():
    (statement,) = ast.parse("x = [i for i in j]").body
    before = ast.dump(statement, include_attributes=True)
    names_of(statement)
    assert ast.dump(statement, include_attributes=True) == before
