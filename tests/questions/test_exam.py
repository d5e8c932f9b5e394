"""An exam is drawn, marked and remembered: what was wrong comes first, from the next day on."""

import html
import json
import re
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
from fsrs import Card, Rating, Scheduler

from course_lib.questions import LETTERS, all_questions
from course_lib.questions.exam import exam
from course_lib.questions.memory import Memory

MONDAY = date(2026, 3, 2)


@pytest.fixture(autouse=True)
def progress(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_PROGRESS", str(tmp_path / "progress.json"))
    return tmp_path / "questions.json"


def right_letters(made):
    return "".join(LETTERS[choices.index(question.right)] for question, choices in made.questions)


def wrong_letters(made):
    return "".join("b" if letter == "a" else "a" for letter in right_letters(made))


def visible(page):
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def test_an_exam_asks_and_does_not_tell():
    made = exam(seed=3)
    assert len(made.questions) == len({question.id for question, _ in made.questions}) == 20
    for shown in (visible(made._repr_html_()), repr(made)):
        for question, choices in made.questions:
            assert question.ask in shown
            assert question.right.why not in shown
            assert all(choice.answer in shown for choice in choices)


def test_a_seed_draws_the_same_exam_again_whatever_was_answered():
    first = exam("03", count=5, seed=1)
    first.mark(wrong_letters(first))
    assert repr(exam("03", count=5, seed=1)) == repr(first)


def test_commas_between_the_letters_count_for_nothing():
    made = exam("03", count=3, seed=1)
    assert made.mark(", ".join(right_letters(made)).upper()).right == 3


@pytest.mark.parametrize("seed", [15, 1, 2, None])
def test_an_exam_asks_about_every_lesson_before_it_asks_about_one_again(seed):
    lessons = {question.lesson for question in all_questions()}
    asked = Counter(question.lesson for question, _ in exam(seed=seed).questions)
    assert set(asked) == lessons
    assert (
        max(asked.values()) == 2
    )  # there are more questions in an exam than lessons, and fewer than twice as many
    few = Counter(question.lesson for question, _ in exam(count=7, seed=seed).questions)
    assert len(few) == 7


def test_new_questions_take_turns_behind_those_that_are_due(progress):
    missed = exam("04", count=5)
    missed.mark(wrong_letters(missed))
    due = {question.id: {"box": 0, "day": "2026-03-02"} for question, _ in missed.questions}
    progress.write_text(json.dumps(due), encoding="utf-8")
    asked = exam("01", "02", "03", "04", count=9).questions
    new = [question.lesson for question, _ in asked if question.id not in due]
    assert len(asked) - len(new) == 5
    assert len(new) == 4
    assert set(new) >= {"01", "02", "03"}


def test_a_result_counts_by_lesson_and_explains_what_is_wrong():
    made = exam("02", "03", count=6, seed=2)
    letters = right_letters(made)
    result = made.mark(f"-{letters[1:3]} {letters[3:]}")
    missed = made.questions[0][0]
    assert result.right == 5
    assert sum(asked for *_, asked in result.lessons) == 6
    assert [number for number, _, right, asked in result.lessons if right < asked] == [missed.lesson]
    for shown in (visible(result._repr_html_()), repr(result)):
        assert "5 of 6 right" in shown
        assert f"Open again: {missed.lesson}." in shown
        assert missed.right.why in shown
        assert all(question.right.why not in shown for question, _ in made.questions[1:])


def test_a_wrong_answer_is_shown_with_its_reason():
    made = exam("01", count=1, seed=4)
    letter = wrong_letters(made)
    chosen = made.questions[0][1][LETTERS.index(letter)]
    assert f"✗ {chosen.answer}. {chosen.why}" in visible(made.mark(letter)._repr_html_())


def test_all_right_needs_no_lesson_again():
    made = exam("01", count=3, seed=4)
    assert "Open again" not in repr(made.mark(right_letters(made).upper()))


@pytest.mark.parametrize(
    ("letters", "said"),
    [
        ("ab", "2 letters for 3 questions: give one for each"),
        ("", "no letters for 3 questions"),
        ("abz", "Question 3 has the answers a, b, c, d, not 'z'."),
    ],
)
def test_letters_that_do_not_fit_are_answered_in_words_and_not_remembered(progress, letters, said):
    assert exam("01", count=3, seed=4).mark(letters).startswith(said)
    assert not progress.exists()


def test_a_wrong_lesson_is_answered_in_words():
    assert "no questions about lesson '77'" in exam("77")


def test_what_was_wrong_comes_first_when_it_is_due(progress):
    made = exam("04", "05", count=6)
    made.mark(wrong_letters(made))
    missed = {question.id for question, _ in made.questions}
    assert not missed & {question.id for question, _ in exam("04", "05", count=6).questions}
    yesterday = (date.today() - timedelta(days=1)).isoformat()
    entry = {"day": yesterday, "due": date.today().isoformat(), "stability": 0.2, "difficulty": 6.4}
    progress.write_text(json.dumps(dict.fromkeys(missed, entry)), encoding="utf-8")
    assert missed == {question.id for question, _ in exam("04", "05", count=6).questions}


def test_each_right_answer_waits_longer_and_a_wrong_one_brings_a_question_back():
    """The first waits are FSRS-6's initial stabilities, 0.212 and 2.3065 days, as whole days, one at least."""
    memory, day, waits = Memory.load(), MONDAY, []
    for right in (True, True, True, False, True):
        memory.note("q", right, day)
        waits.append((memory.answered["q"].due - day).days)
        day = memory.answered["q"].due
    assert waits[0] == 2
    assert waits[0] < waits[1] < waits[2] > waits[3] < waits[4]
    memory.note("missed", False, MONDAY)
    assert (memory.answered["missed"].due - MONDAY).days == 1


def test_answers_are_spaced_as_the_library_says():
    memory, card = Memory.load(), Card(card_id=1)
    scheduler = Scheduler(learning_steps=(), relearning_steps=(), enable_fuzzing=False)
    for wait, right in ((0, True), (2, True), (9, False), (1, True), (30, True)):
        moment = datetime(2026, 3, 2, tzinfo=UTC) + timedelta(days=wait)
        card, _ = scheduler.review_card(card, Rating.Good if right else Rating.Again, moment)
        memory.note("q", right, moment.date())
        assert memory.answered["q"].due == card.due.date()


def test_a_box_of_an_earlier_release_is_read(progress):
    progress.write_text('{"q": {"box": 2, "day": "2026-03-02"}}', encoding="utf-8")
    found = Memory.load().answered["q"]
    assert (found.day, found.due, found.stability) == (date(2026, 3, 2), date(2026, 3, 9), 7)


def test_of_several_answers_on_one_day_the_first_counts():
    memory = Memory.load()
    memory.note("q", False, MONDAY)
    memory.note("q", True, MONDAY)
    assert memory.answered["q"].due == MONDAY + timedelta(days=1)


def test_letters_may_be_a_list(progress):
    made = exam("01", count=3, seed=4)
    assert made.mark(["-", "-", "-"]).right == 0


def test_due_comes_before_new_and_new_before_what_waits():
    memory = Memory.load()
    memory.note("wrong", False, MONDAY)
    memory.note("right", True, MONDAY)
    tuesday = MONDAY + timedelta(days=1)
    ordered = sorted(["right", "new", "wrong"], key=lambda name: memory.urgency(name, tuesday))
    assert ordered == ["wrong", "new", "right"]
    assert memory.urgency("wrong", MONDAY) > memory.urgency("new", MONDAY)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        '{"q": {"box": 9, "day": "2026-03-02"}}',
        '{"q": {"box": 1}}',
        '{"q": {"day": "2026-03-02", "due": "2026-03-01", "stability": 1, "difficulty": 5}}',
        '{"q": {"day": "2026-03-02", "due": "2026-03-03", "stability": 0, "difficulty": 5}}',
        '{"q": {"day": "2026-03-02", "due": "2026-03-03", "stability": NaN, "difficulty": 5}}',
        '{"q": {"day": "2026-03-02", "due": "soon", "stability": 1, "difficulty": 5}}',
    ],
)
def test_a_damaged_file_counts_as_empty(progress, text):
    progress.write_text(text, encoding="utf-8")
    assert Memory.load().answered == {}


def test_answers_are_kept_in_a_file(progress):
    made = exam("01", count=2, seed=1)
    made.mark(right_letters(made))
    assert {one.due for one in Memory.load().answered.values()} == {date.today() + timedelta(days=2)}
    assert len(json.loads(progress.read_text(encoding="utf-8"))) == 2


def test_a_file_that_cannot_be_written_stops_nobody(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("COURSE_PROGRESS", str(tmp_path / "file" / "progress.json"))
    made = exam("01", count=1, seed=1)
    assert "could not be kept" in repr(made.mark("a"))
