"""The linter's rules on the words of a lesson."""

import pytest

from course_lib.authoring.lesson import read_lesson
from course_lib.authoring.lint_language import check_language, sentences_of

HEAD = "# %% [markdown]\n# # Title\n\n"


@pytest.fixture
def problems(tmp_path):
    def of(*texts, number="04"):
        path = tmp_path / f"{number}_small.py"
        cells = "".join(
            "# %% [markdown]\n" + "\n".join(f"# {line}" for line in text.split("\n")) + "\n\n"
            for text in texts
        )
        path.write_text(HEAD + cells, encoding="utf-8")
        return [problem.message for problem in check_language(read_lesson(path))]

    return of


def test_a_term_of_a_later_lesson_is_refused(problems):
    (told,) = problems("The receptive field of this map is large, as you will see when you look at it.")
    assert told == "'receptive field' is used here, and lesson 05 explains it"


@pytest.mark.parametrize(
    "text",
    [
        "Lesson 05 gives the receptive field its name, and measures it by a gradient.",
        "`receptive field` is a name in this code, and nothing else is meant by it here.",
        "| receptive field |\n|---|",
    ],
)
def test_a_sentence_that_points_on_and_code_and_tables_may_hold_it(problems, text):
    assert problems(text) == []


def test_the_first_use_is_bold(problems):
    plain = "With softmax the scores of a pixel become numbers that add up to one, whatever they were before."
    (told,) = problems(plain)
    assert told == "'softmax' is used here first: say what it means, and make it bold"
    assert problems(plain.replace("softmax", "**softmax**"), plain) == []
    assert len(problems(plain, plain.replace("softmax", "**softmax**"))) == 1


def test_clipped_sentences_in_a_row_are_refused(problems):
    long = "This sentence is long enough to be worth reading, and it says why something is done. "
    assert problems(long * 9 + "It is so. It is not. It was.") == []
    (told,) = problems(long * 20 + "It is so. It is not. It was. It will be.")
    assert told.startswith("more than 3 clipped sentences in a row: 'This sentence")


def test_a_lesson_of_short_sentences_is_refused(problems):
    texts = ["It is so. But this one sentence is longer than the first one was by far."] * 15
    (told,) = problems(*texts)
    assert told.startswith("50% of the sentences have 6 words or fewer")


def test_a_sentence_that_nobody_reads_to_its_end_is_refused(problems):
    (told,) = problems("The " + "very " * 50 + "end of it.")
    assert told.startswith("a sentence of 54 words: 'The very very")


def test_sentences_are_those_of_prose():
    text = "# A heading. Two\n\nOne, e.g. this. *Two* ends here. `x` is three.\n\n- An item. No.\n\n```\nCode. No.\n```"
    assert sentences_of(text) == [["One, e.g. this.", "*Two* ends here.", "`x` is three."], ["it"]]
