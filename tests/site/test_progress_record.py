"""The page "Your progress" reads, merges and sums up records as the library does; node is the browser here."""

import json
import random
import shutil
import subprocess
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from learner_records import MERGED, NEWER, REFUSED, record
from lesson_pages import Lesson
from progress_page import catalogue, write_progress_page

from course_lib.exercises import outline
from course_lib.former_names import EXERCISES
from course_lib.learner.carry import export_record, import_record, read_record
from course_lib.notebook import progress
from course_lib.questions import all_questions
from course_lib.questions.memory import Memory

TODAY = date(2026, 3, 2)


@pytest.fixture(scope="module")
def lessons():
    names = dict.fromkeys(entry.lesson for entry in outline())
    return [Lesson(name, name, 60, runs=name.startswith("0")) for name in names]


@pytest.mark.parametrize("with_python", [True, False])
def test_the_page_lists_every_exercise_and_runs_what_the_site_can_run(lessons, tmp_path, with_python):
    write_progress_page(tmp_path, lessons, with_python)
    page = BeautifulSoup((tmp_path / "progress.md").read_text(encoding="utf-8"), "html.parser")
    assert [item["data-exercise"] for item in page.select("[data-exercise]")] == [one.id for one in outline()]
    running = [item["data-lesson"] for item in page.select("[data-lesson]") if item.select("a.run")]
    assert running == [lesson.number for lesson in lessons if lesson.runs and with_python]
    assert json.loads(page.select_one("#catalogue").text)["lessons"][0]["notebook"] == "00_start_here.ipynb"


def random_record(rng):
    ids = [entry.id for entry in outline()] + list(EXERCISES)
    exercises = {
        name: {
            "passed": rng.random() < 0.6,
            "best_score": rng.choice([0.0, 0.5, 2.0]),
            "tries": rng.sample(range(9), rng.randrange(4)),
            "hints": rng.randrange(4),
        }
        for name in rng.sample(ids, rng.randrange(len(ids)))
    }
    questions = {
        question.id: {
            "day": f"2026-{rng.choice(['01', '02'])}-{rng.randrange(1, 29):02d}",
            "due": f"2026-{rng.choice(['02-28', '03-01', '03-02', '03-03', '04-01'])}",
            "stability": rng.choice([0.212, 7, 46.28]),
            "difficulty": rng.choice([2.1, 5]),
        }
        for question in rng.sample(all_questions(), 60)
    }
    return record(exercises, questions)


@pytest.fixture(scope="module")
def pairs():
    rng = random.Random(16)
    drawn = [(random_record(rng), random_record(rng)) for _ in range(30)]
    return [(ours, theirs) for ours, theirs, _ in MERGED.values()] + drawn


@pytest.fixture(scope="module")
def in_node(lessons, pairs):
    node = shutil.which("node")
    assert node, (
        "node is needed to try the site's scripts: install it (Debian, Ubuntu: apt-get install nodejs)"
    )
    given = {
        "catalogue": catalogue(lessons),
        "pairs": pairs,
        "texts": [*REFUSED, NEWER],
        "today": TODAY.isoformat(),
    }
    command = [node, str(Path(__file__).with_name("record_in_node.mjs"))]
    return json.loads(
        subprocess.run(
            command, input=json.dumps(given), check=True, capture_output=True, encoding="utf-8"
        ).stdout
    )


@pytest.fixture
def in_python(tmp_path, monkeypatch, pairs):
    """Yield the library's record of each pair, and what it says of it."""

    def each():
        for number, pair in enumerate(pairs):
            monkeypatch.setenv("COURSE_PROGRESS", str(tmp_path / str(number) / "progress.json"))
            for content in pair:
                file = tmp_path / "elsewhere.json"
                file.write_text(json.dumps(content), encoding="utf-8")
                assert import_record(file) == []
            export_record(tmp_path / "out.json")
            yield json.loads((tmp_path / "out.json").read_text(encoding="utf-8")), progress(), Memory.load()

    return each()


@pytest.mark.slow
def test_cases_have_the_results_that_were_written_by_hand(in_node):
    for case, both in zip(MERGED.items(), in_node["merged"], strict=False):
        name, (_, _, expected) = case
        assert both == expected, name


@pytest.mark.slow
def test_page_and_library_agree_on_every_pair(in_node, in_python, pairs):
    for number, (both, overview, memory) in enumerate(in_python):
        assert in_node["merged"][number] == both
        shown = in_node["overviews"][number]
        assert [
            (lesson["number"], lesson["done"], lesson["exercises"], lesson["points"], lesson["most"])
            for lesson in shown["lessons"]
        ] == [
            (lesson.number, lesson.done, lesson.exercises, lesson.points, lesson.most)
            for lesson in overview.lessons
        ]
        total = overview.total
        assert (shown["total"]["done"], shown["total"]["points"]) == (total.done, total.points)
        assert shown["next"] == (overview.following.exercise_id if overview.following else None)
        due = Counter(one.lesson for one in all_questions() if memory.urgency(one.id, TODAY)[0] == 0)
        assert [lesson["due"] for lesson in shown["lessons"]] == [due[one.number] for one in overview.lessons]
        assert shown["total"]["due"] == due.total()
    assert number == len(pairs) - 1
    assert shown["total"]["due"] > 0


@pytest.mark.slow
def test_other_files_are_refused_in_the_library_s_words(in_node):
    for text, refused in zip(REFUSED, in_node["refused"], strict=False):
        with pytest.raises(ValueError, match="is not a record of progress") as raised:
            read_record(text.encode(), "progress.json")
        assert refused.partition(": choose")[0] == str(raised.value).partition(": choose")[0]
        assert "choose the file that Export on this page" in refused
    assert in_node["refused"][-1] == (
        "progress.json is of a newer release of the course, in form 2, where this site reads 1: keep the file, and "
        "import it again when the site is of that release."
    )
