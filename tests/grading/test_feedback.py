"""The pages: what a student and an instructor read, and that nothing from a student can run there."""

import re
from html.parser import HTMLParser

import pytest
from graded_class import FLAG, IOU, exercise, small_class, submission

from course_lib.grading.exports.write_all import write_all
from course_lib.grading.pages import page
from course_lib.grading.plain_text import clean, file_name, one_line

ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "</pre></code></table></section><script>alert(1)</script>",
    "'\" onmouseover=alert(1) style=position:fixed",
    "<a href='javascript:alert(1)'>x</a>",
    "<meta http-equiv=refresh content='0;url=http://x'>",
    "<style>*{display:none}</style><!--",
    "]]></title><base href=http://x>",
    "\x00<scr\x00ipt>alert(1)</scr\x00ipt>",
    "&lt;script&gt;",
]
TAGS = {"html", "head", "meta", "title", "style", "body", "main", "h1", "h2", "h3", "p", "strong", "section"}
TAGS |= {"table", "thead", "tbody", "tr", "th", "td", "code", "pre", "ul", "li", "svg", "rect", "text"}
ATTRIBUTES = {
    "lang",
    "charset",
    "http-equiv",
    "content",
    "name",
    "class",
    "scope",
    "role",
    "aria-label",
    "width",
    "height",
    "viewbox",
    "x",
    "y",
    "text-anchor",
    "font-size",
    "fill",
}


class Reader(HTMLParser):
    """Collects headings, tags, attributes and text of a page, and checks that tags are closed in order."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.tags, self.attributes, self.text, self.open, self.headings = [], set(), [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)
        if self.open and self.open[-1] in ("h1", "h2", "h3"):
            self.headings.append((self.open[-1], data))


def read(path):
    page = path.read_text(encoding="utf-8")
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == []
    assert set(reader.tags) <= TAGS
    assert reader.attributes <= ATTRIBUTES
    assert reader.tags.count("style") == 1
    assert reader.tags.count("h1") == 1
    head, _, body = page.partition("<body>")
    assert "script-src 'none'" in head
    assert "<script" not in page.lower()
    assert "://" not in body.replace("http://x", "")  # loads nothing
    return reader, "".join(reader.text)


def hostile(attack):
    wrong = exercise(
        attack,
        0.5,
        message=attack,
        misconception=attack,
        worked=((attack, attack),),
        flags=(attack,),
    )
    return submission(
        exercises=[wrong],
        reason=attack,
        notes=(attack,),
        source=attack,
        sandbox=attack,
        written=((attack, attack),),
    )


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_from_a_student_is_markup(tmp_path, attack):
    write_all(tmp_path, [hostile(attack)])
    _, text = read(tmp_path / "feedback" / "ada" / f"{IOU}.html")
    assert clean(attack) in text
    read(tmp_path / "summary.html")


def test_a_page_of_a_hostile_student_is_built_like_any_other(tmp_path):
    for name, word in (("tame", "harmless"), ("wild", "".join(ATTACKS))):
        write_all(tmp_path / name, [hostile(word)])
    tame, _ = read(tmp_path / "tame" / "feedback" / "ada" / f"{IOU}.html")
    wild, _ = read(tmp_path / "wild" / "feedback" / "ada" / f"{IOU}.html")
    assert wild.tags == tame.tags


def test_escape_codes_and_control_characters_are_gone(tmp_path):
    evil = "\x1b[31mred\x1b[0m \x1b]8;;http://x\x07link\x1b]8;;\x07 \x1b]0;title\x1b\\ a\x07b\x08c "
    evil += "\u202egnp\u2066 \x9b2Jz"
    assert one_line(evil) == "red link abc gnp z"
    write_all(tmp_path, [submission(exercises=[exercise(score=1.0, message=evil)])])
    page = (tmp_path / "feedback" / "ada" / f"{IOU}.html").read_text(encoding="utf-8")
    assert "red link" in page
    assert not [character for character in page if ord(character) < 32 and character != "\n"]
    assert "\u202e" not in page


def test_code_in_a_message_is_shown_as_code():
    html = page.fill_in(
        "quiz_class.html.j2", title="A page", questions=[], reasons=["Return `a < b`, not `<b>`"]
    )
    assert "<li>Return <code>a &lt; b</code>, not <code>&lt;b&gt;</code></li>" in html


def test_endless_text_is_cut():
    assert len(clean("x" * 10**6)) < 21_000
    assert len(clean("\x1b[" * 10**6)) < 21_000


def test_what_a_student_reads(tmp_path):
    write_all(tmp_path, small_class())
    reader, text = read(tmp_path / "feedback" / "ben" / f"{IOU}.html")
    assert reader.headings == [
        ("h1", "03 IoU and Dice by hand"),
        ("h2", "✗ Not yet: IoU of two masks"),
        ("h2", "○ Not attempted: Dice of two masks"),
    ]
    for words in (
        "1 of 3 points",
        "7 of 14 cases right",
        "You divided by the truth",
        "got",
        "0.75",
        'hint("iou")',
    ):
        assert words in text
    _, text = read(tmp_path / "feedback" / "dora" / f"{IOU}.html")
    assert "could not be scored" in text
    assert "the file is no notebook" in text


def test_flags_and_notes_are_only_for_the_instructor(tmp_path):
    write_all(tmp_path, small_class())
    for html in (tmp_path / "feedback").rglob("*.html"):
        text = html.read_text(encoding="utf-8")
        assert FLAG not in text
        assert "renamed" not in text
    _, text = read(tmp_path / "summary.html")
    assert FLAG in text
    assert "renamed: hw.ipynb" in text


def test_a_case_is_shown_only_where_the_grade_holds_one(tmp_path):
    shown = (("called", "iou([[1]], [[1]])"), ("got", "0.5"), ("expected", "0.75"))
    for folder, worked in (("worked", shown), ("hidden", ())):
        write_all(tmp_path / folder, [submission(exercises=[exercise(score=1.0, worked=worked)])])
    reader, text = read(tmp_path / "worked" / "feedback" / "ada" / f"{IOU}.html")
    assert reader.tags.count("tr") == len(shown)
    assert all(part in text for fact in shown for part in fact)
    reader, text = read(tmp_path / "hidden" / "feedback" / "ada" / f"{IOU}.html")
    assert "table" not in reader.tags
    assert 'check("iou") shows a case that fails' in text


def test_the_summary_says_what_to_explain_again(tmp_path):
    write_all(tmp_path, small_class())
    reader, text = read(tmp_path / "summary.html")
    headings = [text for tag, text in reader.headings if tag == "h2"]
    assert "What to explain again" in headings
    assert "Hardest exercises" in headings
    assert "You divided by the truth pixels alone." in text
    assert "svg" in reader.tags
    plain = (tmp_path / "summary.txt").read_text(encoding="utf-8")
    for words in ("mean 2.17", "1 x iou, recall", "no notebook", "To decide", "namespaces (5)"):
        assert words in plain


def test_the_one_style_sheet_is_the_one_that_the_policy_lets_in(tmp_path):
    import base64
    import hashlib

    write_all(tmp_path, small_class())
    page = (tmp_path / "summary.html").read_text(encoding="utf-8")
    style = page.partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in page
    assert "style=" not in page
    for words in ("prefers-color-scheme: dark", "@media print"):
        assert words in style


def test_bars_carry_their_numbers_as_text():
    picture = page.bars("Submissions", [("0 to 9 %", 0), ("<90 to 100 %>", 4)])
    assert 'aria-label="Submissions. 0 to 9 %: 0; &lt;90 to 100 %&gt;: 4"' in picture
    assert re.findall(r'<rect[^>]* width="(\d+)"', picture) == ["0", "400"]
    assert re.findall(r"<text[^>]*>([^<]*)<", picture) == ["0 to 9 %", "0", "&lt;90 to 100 %&gt;", "4"]


@pytest.mark.parametrize(
    ("name", "safe"), [("ada", "ada"), ("a/b", "a_b"), ("..", "_"), (".", "_"), ("", "_"), ("a\\b\0", "a_b_")]
)
def test_a_file_name_leads_nowhere_else(name, safe):
    assert file_name(name) == safe
