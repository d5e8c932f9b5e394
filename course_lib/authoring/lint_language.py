"""Is a term explained before it is used, and do the sentences of a lesson vary?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from course_lib.authoring.lesson import Cell, Lesson
from course_lib.authoring.problems import Problem
from course_lib.questions.glossary import Term, read_glossary

SHORT = 6  # words of a sentence that says little more than subject and verb
IN_A_ROW = 3  # short sentences, one after another, that still read well
SHARE_OF_SHORT = 0.28  # of a lesson's sentences
SENTENCES_AT_LEAST = 30  # of fewer the share says nothing
LONGEST = 45  # words; what is longer is read twice

_NOT_PROSE = re.compile(
    r"```.*?```|<details>.*?</details>|\$\$.*?\$\$|!?\[[^\]]*\]\([^)]*\)|<!--.*?-->|\{\{.*?\}\}", re.DOTALL
)
_LINES_APART = re.compile(r"^(#|\||[-*] |\d+\. |\*\*(You|Time))")
_SENTENCE_END = re.compile(r"(?<=[.!?])[\"*)]*\s+(?=[\"*(]*[A-Z`$])")
_POINTS_ON = re.compile(r"\b[Ll]essons?\b")


def check_language(lesson: Lesson) -> Iterator[Problem]:
    """Yield what is wrong with the words of a lesson."""
    cells = [cell for cell in lesson.cells if cell.kind == "markdown"]
    yield from _terms_are_explained_first(lesson.number, cells, read_glossary())
    yield from _sentences_vary(lesson, cells)


def sentences_of(text: str) -> list[list[str]]:
    """Return the sentences of each paragraph of prose; headings, lists, tables, code and folded parts are left out."""
    found = []
    for paragraph in re.split(r"\n\s*\n", _NOT_PROSE.sub("it", text)):
        if paragraph.strip() and not _LINES_APART.match(paragraph.strip()):
            found.append(_SENTENCE_END.split(" ".join(paragraph.split())))
    return found


def _terms_are_explained_first(
    number: str, cells: Sequence[Cell], glossary: Sequence[Term]
) -> Iterator[Problem]:
    for term in glossary:
        if term.lesson > number > "00":
            yield from _used_too_early(term, cells)
        elif term.lesson == number:
            yield from _first_use_is_bold(term, cells)


def _used_too_early(term: Term, cells: Sequence[Cell]) -> Iterator[Problem]:
    for cell in cells:
        for sentence in (one for paragraph in sentences_of(cell.source) for one in paragraph):
            used = term.used.search(re.sub(r"`[^`]*`", "it", sentence))
            if used and not _POINTS_ON.search(sentence):
                yield Problem(cell.place, f"{used[0]!r} is used here, and lesson {term.lesson} explains it")


def _first_use_is_bold(term: Term, cells: Sequence[Cell]) -> Iterator[Problem]:
    for cell in cells[1:]:
        lines = _NOT_PROSE.sub("it", cell.source).splitlines()
        text = re.sub(r"`[^`]*`", "it", "\n".join(line for line in lines if not line.startswith(("#", "|"))))
        if term.used.search(text):
            if not any(
                term.used.search(bold) for bold in re.findall(r"\*\*(.+?)\*\*", cell.source, re.DOTALL)
            ):
                yield Problem(
                    cell.place, f"{term.term!r} is used here first: say what it means, and make it bold"
                )
            return


def _sentences_vary(lesson: Lesson, cells: Sequence[Cell]) -> Iterator[Problem]:
    lengths: list[int] = []
    for cell in cells:
        for paragraph in sentences_of(cell.source):
            words = [len(sentence.split()) for sentence in paragraph]
            lengths += words
            if "".join("s" if count <= SHORT else "l" for count in words).count("s" * (IN_A_ROW + 1)):
                yield Problem(
                    cell.place,
                    f"more than {IN_A_ROW} clipped sentences in a row: {' '.join(paragraph)[:60]!r}",
                )
            if max(words) > LONGEST:
                start = paragraph[words.index(max(words))][:60]
                yield Problem(cell.place, f"a sentence of {max(words)} words: {start!r}: say it in two")
    share = sum(count <= SHORT for count in lengths) / max(1, len(lengths))
    if share > SHARE_OF_SHORT and len(lengths) >= SENTENCES_AT_LEAST:
        yield Problem(
            lesson.label,
            f"{share:.0%} of the sentences have {SHORT} words or fewer, more than {SHARE_OF_SHORT:.0%}: join some",
        )
