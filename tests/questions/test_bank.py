"""The question bank: complete, fair to guessers, and covering every checkpoint, pitfall and table of the documents."""

import random

import pytest

from course_lib.questions import all_questions, draw_questions, read_bank
from course_lib.questions.reference import all_tables, find_table, read_tables

# How many parts of its kind a document has; a kind without a number has one part.
PARTS = {
    "losses-bug": 3, "losses-metric": 3, "losses-log": 4, "losses-failure": 4, "losses-checkpoint": 3,
    "losses-iou-or-dice": 0, "losses-trimap": 0, "losses-validation": 0,
    "notes-types": 3, "notes-architecture": 4, "notes-loss": 4, "notes-tip": 4, "notes-metric-3": 0,
    "notes-segformer": 0,
    "lesson-faq": 5, "lesson-error": 4, "lesson-architecture": 5, "lesson-term": 6, "lesson-stuff-things": 0,
    "lesson-smp": 0,
    "guide-pitfall": 10, "guide-lr": 3, "guide-imbalance": 3, "guide-labels": 5, "guide-result": 3,
    "guide-takeaway": 10,
    "guide-classification-table": 0, "guide-upsampling-table": 0, "guide-fcn-table": 0, "guide-skips-table": 0,
    "guide-instance-challenges": 0, "guide-maskrcnn": 0, "guide-models": 0, "guide-recipe": 0,
}  # fmt: skip
ENTRY = """
topic: T
lesson: "03"
questions:
  - id: one
    from: [x]
    ask: A?
    right: {answer: b, why: c}
    wrong: [{answer: d, why: e}, {answer: f, why: g}]
"""


def test_there_are_enough_questions():
    assert len(all_questions()) >= 120
    assert {question.lesson for question in all_questions()} == {f"{number:02}" for number in range(15)}


def test_every_part_of_the_documents_is_asked_about():
    asked = {source for question in all_questions() for source in question.sources}
    expected = {f"{name}-{number}" for name, count in PARTS.items() for number in range(1, count + 1)}
    expected |= {name for name, count in PARTS.items() if not count}
    assert sorted(expected - asked) == []
    assert sorted(asked - expected) == []


def test_every_answer_has_its_own_reason():
    for question in all_questions():
        reasons = [choice.why for choice in question.choices]
        assert len(set(reasons)) == len(reasons), question.id
        assert [choice.right for choice in question.choices] == [True, False, False, False], question.id


def test_the_longest_answer_is_not_a_safe_guess():
    longest = [
        all(len(question.right.answer) > len(wrong.answer) for wrong in question.choices[1:])
        for question in all_questions()
    ]
    assert sum(longest) / len(longest) < 0.33  # of four answers one is the longest in a quarter


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("    right: {answer: b, why: c}\n", "", "question 'one' has no right answer"),
        ("right: {answer: b, why: c}", "right: b", "an answer has answer and why, not 'b'"),
        ("answer: b, why: c", "answer: 2, why: c", "answer must be text, not 2"),
        ("{answer: d, why: e}, ", "", "two or more wrong answers"),
        ("answer: d", "answer: b", "two of its answers are the same"),
        ("from: [x]", "form: [x]", "'form' is not known"),
        ("    from: [x]\n", "", "needs from"),
        ("ask: A?", "ask: ''", "ask must be text"),
        ("topic: T", "", "topic must be text"),
        ("questions:", "question:", "a list of questions"),
        ("ask: A?", "ask: [", "is not YAML"),
    ],
)
def test_an_incomplete_entry_is_refused(tmp_path, old, new, said):
    path = tmp_path / "03_a.yaml"
    path.write_text(ENTRY, encoding="utf-8")
    assert len(read_bank(tmp_path)) == 1
    assert old in ENTRY
    path.write_text(ENTRY.replace(old, new), encoding="utf-8")
    with pytest.raises(ValueError, match=r"03_a\.yaml") as error:
        read_bank(tmp_path)
    assert said in str(error.value)


def test_an_id_that_appears_twice_is_refused(tmp_path):
    for name in ("03_a.yaml", "04_b.yaml"):
        (tmp_path / name).write_text(ENTRY, encoding="utf-8")
    with pytest.raises(ValueError, match="'one' appears twice"):
        read_bank(tmp_path)


def test_a_folder_without_questions_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="NN_slug"):
        read_bank(tmp_path)


def test_drawing_takes_about_as_many_from_each_lesson():
    drawn = draw_questions(["01", "03", "09"], 9, random.Random(5))
    assert sorted(question.lesson for question in drawn) == ["01"] * 3 + ["03"] * 3 + ["09"] * 3
    assert len({question.id for question in drawn}) == 9
    assert drawn == draw_questions(["01", "03", "09"], 9, random.Random(5))
    assert len(draw_questions()) == len(all_questions())


@pytest.mark.parametrize(("lessons", "count"), [(["77"], None), (["01"], 0), (["01"], 1000)])
def test_drawing_what_is_not_there_is_refused(lessons, count):
    with pytest.raises(ValueError, match="There are no questions|were asked for"):
        draw_questions(lessons, count)


def test_the_quick_reference_has_whole_tables():
    assert {"scores", "losses", "sizes", "failures", "architectures", "results", "kinds"} == {
        t.id for t in all_tables()
    }
    for table in all_tables():
        assert len({row[0] for row in table.rows}) == len(table.rows), table.id
    with pytest.raises(ValueError, match="the tables are kinds, architectures"):
        find_table("score")


def test_a_row_that_is_too_long_is_refused(tmp_path):
    path = tmp_path / "tables.yaml"
    path.write_text(
        "tables:\n - {id: a, title: A, columns: [x, y], from: [z], rows: [[1, 2, 3]]}\n", encoding="utf-8"
    )
    with pytest.raises(ValueError, match="has 3 cells, not 2"):
        read_tables(path)
