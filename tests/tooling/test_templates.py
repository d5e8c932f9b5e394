"""HTML from templates: everything is escaped, and a missing value is an error."""

import re
from pathlib import Path

import pytest
from jinja2 import UndefinedError

import course_lib
from course_lib.templates import environment, render

ATTACK = "<script>alert('1')</script> `<b>`"
MESSAGE = "checking/templates/message.html.j2"


def test_every_value_is_escaped_and_backticks_are_code():
    html = render(MESSAGE, title=ATTACK, body=ATTACK, code=ATTACK)
    assert "<script" not in html
    assert html.count("&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;") == 3
    assert re.findall(r"<code[^>]*>(.*?)</code>", html) == ["&lt;b&gt;"]


def test_a_value_that_is_missing_is_an_error():
    with pytest.raises(UndefinedError, match="'title' is undefined"):
        render(MESSAGE, body="", code="")


def test_values_go_through_the_function_that_turns_them_into_text():
    shout = environment(lambda value: str(value).upper())
    made = shout.from_string("{{ text }} {{ text | with_code }} {{ 1 }} quiet").render(text="a `b`")
    assert made == "A `B` A <code>B</code> 1 quiet"


def test_no_template_lets_anything_through_unescaped_but_pictures():
    folder = Path(course_lib.__file__).parent
    trusted = {
        (path.relative_to(folder).as_posix(), found)
        for path in folder.rglob("*.j2")
        for found in re.findall(r"\{\{[^}]*\bsafe\b[^}]*\}\}|autoescape", path.read_text(encoding="utf-8"))
    }
    assert trusted == {("checking/templates/result.html.j2", "{{ picture | safe }}")}
