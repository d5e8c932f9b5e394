"""The pages beside the lessons: the landing page, the quick reference, the self-test, the flash cards."""

from __future__ import annotations

import random
from html import escape
from itertools import groupby
from pathlib import Path

import numpy as np
from glossary_links import label
from lesson_pages import Lesson
from PIL import Image

from course_lib.authoring.addresses import read_addresses
from course_lib.data.pocket_pets import draw_pet
from course_lib.files import write_text
from course_lib.masks import colorize, trimap_to_classes
from course_lib.questions import LETTERS, Question, all_questions
from course_lib.questions.deck import write_deck
from course_lib.questions.glossary import read_glossary
from course_lib.questions.reference import Table, all_tables

ELECTIVES_FROM = "08"
HERO = (288, 384)  # height and width of the picture on the landing page
HERO_SEED = 11
CLONE = "First get the course, and go into its folder:\n\n```\ngit clone {repository} course\ncd course\n```"
NO_CLONE = (
    "Type what follows into a terminal in the course's folder, which you get from whoever teaches the course."
)
ICON = (130, 0, 250, 120)  # left, top, right and bottom of the part that is the site's icon


def write_landing_page(source: Path, lessons: list[Lesson], with_python: bool) -> None:
    """Write ``index.md``: a picture and its mask, a button, the lessons, everything else."""
    first = lessons[0]
    start = (
        f"lite/notebooks/index.html?path={first.name}.ipynb" if with_python else f"lessons/{first.name}.html"
    )
    template = (Path(__file__).parent / "index.md").read_text(encoding="utf-8")
    main = [lesson for lesson in lessons if lesson.number < ELECTIVES_FROM]
    electives = [lesson for lesson in lessons if lesson.number >= ELECTIVES_FROM]
    page = (
        template.replace("{start}", start)
        .replace("{start_words}", "Start in your browser" if with_python else "Start reading")
        .replace("{lessons}", "\n".join(map(_entry, main)))
        .replace("{electives}", "\n".join(map(_entry, electives)))
        .replace("{rows}", "\n".join(_row(lesson, with_python) for lesson in lessons))
    )
    write_text(source / "index.md", page)


def draw_landing_pictures(extra: Path) -> None:
    """Draw a pet and its mask for the landing page, and the mask's head as the site's icon."""
    folder = extra / "pictures"
    pet = draw_pet(np.random.default_rng(HERO_SEED), HERO, share=0.3)
    Image.fromarray(pet.image).save(folder / "pet.png", optimize=True)
    mask = Image.fromarray(colorize(trimap_to_classes(pet.trimap)))
    mask.save(folder / "mask.png", optimize=True)
    mask.crop(ICON).resize((32, 32)).save(extra / "favicon.ico")


def write_install_page(root: Path, source: Path) -> None:
    """Write how to install the course, in the words of the README."""
    readme = (root / "README.md").read_text(encoding="utf-8")
    start = readme.partition("\n## Start\n")[2].partition("\n## ")[0]
    template = (Path(__file__).parent / "install.md").read_text(encoding="utf-8")
    repository = read_addresses(root).repository
    get = CLONE.format(repository=repository) if repository else NO_CLONE
    write_text(source / "install.md", template.replace("{get}", get).replace("{start}", start))


def write_quick_reference(source: Path) -> None:
    """Write the tables of the quick reference."""
    tables = "\n\n".join(_as_markdown(table) for table in all_tables())
    write_text(source / "quick-reference.md", f"# Quick reference\n\n{tables}\n")


def write_glossary(source: Path, lessons: list[Lesson]) -> None:
    """Write ``glossary.md``: every term, what it means, and the lesson that explains it."""
    pages = {lesson.number: lesson for lesson in lessons}
    entries = [
        f"({label(term)})=\n**{term.term}**: {term.means} "
        f"[Lesson {term.lesson}](lessons/{pages[term.lesson].name}.ipynb)"
        for term in read_glossary()
    ]
    write_text(source / "glossary.md", "# Glossary\n\n" + "\n\n".join(entries) + "\n")


def write_self_test(source: Path) -> int:
    """Write the question bank as a page that needs no Python; return how many questions it asks."""
    parts = [(Path(__file__).parent / "self-test.md").read_text(encoding="utf-8")]
    questions = all_questions()
    for (lesson, topic), asked in groupby(questions, key=lambda question: (question.lesson, question.topic)):
        items = "\n".join(f"<li>{_as_folded(question)}</li>" for question in asked)
        parts.append(f'## {lesson} {topic}\n\n<ol class="quiz">\n{items}\n</ol>\n')
    write_text(source / "self-test.md", "\n".join(parts))
    return len(questions)


def write_downloads(folder: Path) -> None:
    """Write the deck of flash cards."""
    folder.mkdir(parents=True, exist_ok=True)
    write_deck(folder / "segmentation.apkg")


def _entry(lesson: Lesson) -> str:
    minutes = f"·\N{NO-BREAK SPACE}{lesson.minutes}\N{NO-BREAK SPACE}min"
    return f"{lesson.number} {lesson.title} {minutes} <lessons/{lesson.name}>"


def _row(lesson: Lesson, with_python: bool) -> str:
    where = "in the browser" if lesson.runs and with_python else "installed"
    return f"| {lesson.number} | [{lesson.title}](lessons/{lesson.name}.ipynb) | {lesson.minutes} | {where} |"


def _as_markdown(table: Table) -> str:
    lines = [f"| {' | '.join(table.columns)} |", "|" + "---|" * len(table.columns)]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in table.rows]
    return f"## {table.title}\n\n" + "\n".join(lines)


def _as_folded(question: Question) -> str:
    choices = question.shuffled(random.Random(question.id))  # the same order in every build, and on the cards
    folded = []
    for letter, choice in zip(LETTERS, choices, strict=False):
        verdict = "✓ Right." if choice.right else "✗ No."
        answer = f"<summary>{letter}. {escape(choice.answer)}</summary>"
        kind = "right" if choice.right else "wrong"
        folded.append(
            f'<details class="{kind}">{answer}<p><b>{verdict}</b> {escape(choice.why)}</p></details>'
        )
    return f"<p>{escape(question.ask)}</p>{''.join(folded)}"
