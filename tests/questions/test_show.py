"""The quiz and the tables as they are shown in a notebook."""

import html
import re

from course_lib.questions import all_questions
from course_lib.questions.show import quick_reference, quiz


def visible(page):
    return html.unescape(re.sub(r"<[^>]+>", " ", page))


def test_html_and_text_of_a_quiz_say_the_same():
    made = quiz("03", count=4, seed=1)
    page, text = made._repr_html_(), repr(made)
    for question, _ in made.questions:
        for part in (question.ask, *(choice.answer for choice in question.choices), question.right.why):
            assert part in visible(page)
            assert part in text


def test_each_answer_is_folded_and_says_right_or_wrong_in_words():
    page = quiz("01", count=3, seed=1)._repr_html_()
    assert page.count("<details") == page.count("<summary") == 12
    assert page.count("✓ Right.") == 3
    assert page.count("✗ No.") == 9
    assert "<script" not in page


def test_a_seed_draws_the_same_quiz_again():
    assert repr(quiz(count=6, seed=11)) == repr(quiz(count=6, seed=11))
    assert repr(quiz(count=6, seed=11)) != repr(quiz(count=6, seed=12))
    free = quiz(count=3)
    assert repr(quiz(count=3, seed=free.seed)) == repr(free)


def test_the_right_answer_appears_at_every_letter():
    places = [
        choices.index(question.right)
        for question, choices in quiz(count=len(all_questions()), seed=0).questions
    ]
    assert min(places.count(place) for place in range(4)) > len(places) / 6


def test_more_than_there_are_gives_all():
    assert len(quiz("01", count=99, seed=0).questions) == sum(q.lesson == "01" for q in all_questions())


def test_a_wrong_lesson_or_table_is_answered_in_words():
    assert "no questions about lesson '77'" in quiz("77")
    assert "the tables are kinds" in quick_reference("score")


def test_each_question_names_its_lesson_and_a_lesson_may_be_a_number():
    made = quiz(3, count=4, seed=1)
    assert repr(made) == repr(quiz("03", count=4, seed=1))
    for shown in (visible(made._repr_html_()), repr(made)):
        assert shown.count("(lesson 03)") == 4


def test_without_a_name_the_tables_are_listed():
    assert "the tables are kinds" in quick_reference()


def test_a_table_has_headings_for_rows_and_columns():
    table = quick_reference("scores")
    page = table._repr_html_()
    assert page.count('scope="col"') == 2
    assert page.count('scope="row"') == len(table.table.rows)
    assert "IoU, Jaccard | TP / (TP + FP + FN)" in repr(table)
