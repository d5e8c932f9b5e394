"""The glossary: its terms, and how a use of one is found."""

import pytest

from course_lib.paths import course_root
from course_lib.questions.glossary import Term, read_glossary


def test_every_term_names_a_lesson_and_says_what_it_means():
    lessons = {path.name[:2] for path in (course_root() / "solutions").glob("[0-9]*.py")}
    terms = read_glossary()
    assert {term.lesson for term in terms} <= lessons
    assert all(term.means.endswith(".") for term in terms)
    assert [term.term.lower() for term in terms] == sorted(term.term.lower() for term in terms)
    assert len({term.anchor for term in terms}) == len(terms)


def test_a_form_belongs_to_one_term(tmp_path):
    file = tmp_path / "glossary.yaml"
    entry = "- {{term: {}, also: [F1], lesson: '03', means: 'A score.'}}\n"
    file.write_text(entry.format("Dice") + entry.format("AP"))
    with pytest.raises(
        ValueError, match=r"glossary.yaml: 'F1' is a form of 'Dice' and of 'AP': keep it in one"
    ):
        read_glossary(file)


SKIP = Term("skip connection", ("skips",), "05", "A way past the bottleneck.")
IOU = Term("IoU", (), "02", "A score.")


@pytest.mark.parametrize("text", ["a skip connection", "Skip connections: Skips help", "skip\nconnection"])
def test_a_use_is_found_in_any_form_over_a_line_end_and_at_a_sentences_start(text):
    assert SKIP.used.search(text)


@pytest.mark.parametrize("text", ["skipsomething", "a skip", "non-skips"])
def test_a_part_of_a_word_is_no_use(text):
    assert not SKIP.used.search(text)


def test_the_capitals_of_a_name_count():
    assert IOU.used.search("the IoU of")
    assert not IOU.used.search("the iou of, mIoU")
