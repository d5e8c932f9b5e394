"""The Anki deck, imported with Anki's own library: complete, and later releases keep what the learner has done."""

import dataclasses
import time
import warnings

import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from anki.collection import Collection, ImportAnkiPackageOptions, ImportAnkiPackageRequest

from course_lib import questions
from course_lib.cli import main
from course_lib.questions import deck
from course_lib.questions.reference import all_tables

CARDS = len(questions.all_questions()) + sum(len(table.rows) for table in all_tables())


@pytest.fixture
def collection(tmp_path):
    opened = Collection(str(tmp_path / "collection.anki2"))
    yield opened
    opened.close()


def import_deck(collection, path):
    request = ImportAnkiPackageRequest(package_path=str(path), options=ImportAnkiPackageOptions())
    return collection.import_anki_package(request)


def test_anki_imports_every_card(tmp_path, collection, capsys):
    path = tmp_path / "deck.apkg"
    assert main(["anki", "--out", str(path)]) == 0
    assert f"{CARDS} cards" in capsys.readouterr().out
    import_deck(collection, path)
    assert collection.card_count() == CARDS
    names = {entry.name for entry in collection.decks.all_names_and_ids()}
    assert "Image segmentation::03 IoU and Dice" in names
    assert "Image segmentation::Quick reference" in names
    card = collection.get_card(collection.find_cards("Id:iou-10-10-40")[0])
    assert "10 pixels are only in the prediction" in card.question()
    assert "The union is 10 + 10 + 40 = 60." in card.answer()
    assert "The union is" not in card.question()


def test_a_later_deck_updates_cards_and_keeps_their_history(tmp_path, collection, monkeypatch):
    deck.write_deck(tmp_path / "first.apkg")
    import_deck(collection, tmp_path / "first.apkg")
    (card_id,) = collection.find_cards("Id:iou-formula")
    card = collection.get_card(card_id)
    card.start_timer()
    collection.sched.answerCard(card, 4)  # easy
    reps = collection.get_card(card_id).reps
    assert reps == 1

    changed = [
        dataclasses.replace(question, ask="Asked in other words")
        if question.id == "iou-formula"
        else question
        for question in questions.all_questions()
    ]
    monkeypatch.setattr(deck, "all_questions", lambda: changed)
    later = time.time() + 60  # Anki takes the note that was changed last, and counts in seconds
    monkeypatch.setattr(deck.genanki.package.time, "time", lambda: later)
    deck.write_deck(tmp_path / "second.apkg")
    import_deck(collection, tmp_path / "second.apkg")

    assert collection.card_count() == CARDS
    assert collection.find_cards("Id:iou-formula") == [card_id]
    assert collection.get_card(card_id).reps == reps
    assert "Asked in other words" in collection.get_card(card_id).question()


def test_ids_are_the_same_in_every_deck():
    assert deck._stable_id("03") == 2_128_941_478  # as in the first release
    first, again = (
        deck._Note(model=None, fields=["iou-formula", "", front, ""]).guid for front in ("a", "b")
    )
    assert first == again


def test_another_suffix_is_refused(tmp_path, capsys):
    assert main(["anki", "--out", str(tmp_path / "deck.zip")]) == 2
    assert "must end in .apkg" in capsys.readouterr().err
