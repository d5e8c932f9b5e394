"""For any class of any size, packed in any known way, what is read is exactly what was packed."""

import string
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from graded_class import ARGMAX, IOU
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from odd_packages import LESSONS, TEN, metadata, text

from course_lib.grading.intake.collect import collect
from course_lib.grading.intake.identity import folder_name, identity
from course_lib.grading.intake.submissions import read_class

pytestmark = pytest.mark.slow

LOOSE = (
    "roster.csv",
    ".gitkeep",
    ".DS_Store",
    "Thumbs.db",
    "index.html",
    "grades.csv",
    "__MACOSX/ada/._x.ipynb",
)
WRAPPERS = ("", "submissions/", "downloads/submissions/", "Lab 3/", f"{IOU}/", "assignment_12_export/")

WORDS = st.sampled_from(
    ["LATE", "late", "12", "4711", "_", "-", " ", ".", "anon", "Émilie", "李", "ß", "team", "x-1"]
)
LETTERS = st.text(st.sampled_from(string.ascii_letters + string.digits + "_-. éÅ学'"), min_size=1, max_size=8)
NAMES = st.lists(WORDS | LETTERS, min_size=1, max_size=4).map("".join).filter(lambda name: len(name) < 60)
"""Nasty names: underscores, digits, accents, LATE, spaces and dots at either end."""


def people(draw, names, fewest=1):
    """Draw a class: names that no file system would take for one another, and that hold something to read."""
    found = draw(st.lists(names, min_size=fewest, max_size=8, unique_by=identity))
    assume(all(folder_name(name) for name in found))
    assume(not any(name in (".", "..") or name.startswith((".", "._")) for name in found))
    return found


def numbers(draw, count, digits=4):
    """Draw different numbers of one length, as a platform's database counts."""
    lowest = 10 ** (digits - 1)
    return draw(st.lists(st.integers(lowest, 10 * lowest - 1), min_size=count, max_size=count, unique=True))


FILES = st.sampled_from(
    [f"{IOU}.ipynb", f"{TEN}.ipynb", f"Copy of {IOU}.ipynb", "03-IOU-and-dice-by-hand.ipynb"]
)


def lesson_of(file):
    return TEN if TEN in file else IOU


@st.composite
def canvas(draw):
    names = people(
        draw, NAMES.map(str.lower)
    )  # Canvas writes names in lower case, so that LATE is its own word
    ids, files = numbers(draw, len(names)), numbers(draw, len(names), 6)
    entries, expected = {}, {}
    for name, user, file_id in zip(names, ids, files, strict=True):
        late = draw(st.sampled_from(["", "LATE_"]))
        file = draw(FILES)
        suffix = draw(st.sampled_from(["", "-1", "-12"]))
        file = file.replace(".ipynb", f"{suffix}.ipynb")
        assume("/" not in name)
        entries[f"{name}_{late}{user}_{file_id}_{file}"] = expected[f"{name}_{user}", lesson_of(file)] = name
    return entries, expected


@st.composite
def anonymous_canvas(draw):
    codes = st.text(st.sampled_from(string.ascii_letters + string.digits), min_size=5, max_size=5)
    names = [f"anon_{code}" for code in people(draw, codes)]
    entries, expected = {}, {}
    for name, file_id in zip(names, numbers(draw, len(names), 6), strict=True):
        late, file = draw(st.sampled_from(["", "LATE_"])), draw(FILES)
        entries[f"{late}{name}_{file_id}_{file}"] = expected[name, lesson_of(file)] = name
    return entries, expected


@st.composite
def moodle(draw):
    names = people(draw, NAMES)
    entries, expected = {}, {}
    for name, user in zip(names, numbers(draw, len(names)), strict=True):
        file = draw(FILES)
        middle = draw(
            st.sampled_from(
                ["_assignsubmission_file_/", "_assignsubmission_file/", "_assignsubmission_file_"]
            )
        )
        entries[f"{name}_{user}{middle}{file}"] = expected[f"{name}_{user}", lesson_of(file)] = name
    return entries, expected


@st.composite
def blackboard(draw):
    assignment = draw(NAMES.filter(lambda name: not name.startswith(".")))  # "._" begins a file of macOS
    entries, expected = {}, {}
    for name in people(draw, NAMES):
        file = draw(FILES)
        attempts = draw(st.lists(st.integers(10, 59), min_size=1, max_size=3, unique=True))
        for second in attempts:
            attempt = f"{assignment}_{name}_attempt_2026-11-20-10-11-{second}"
            entries[f"{attempt}_{file}"] = expected[name, lesson_of(file)] = f"{name} {max(attempts)}"
            if second != max(attempts):
                entries[f"{attempt}_{file}"] = "an older attempt"
            entries[f"{attempt}.txt"] = text(f"Full {name}", name, assignment)
    return entries, expected


@st.composite
def gradescope(draw):
    names = people(draw, NAMES.filter(lambda name: name.isalnum()))
    ids, submissions = numbers(draw, len(names), 5), numbers(draw, len(names), 7)
    known = draw(st.lists(st.booleans(), min_size=len(names), max_size=len(names)))
    entries, expected, submitters = {}, {}, []
    for name, sid, number, is_known in zip(names, ids, submissions, known, strict=True):
        file = draw(FILES)
        student = f"{name}_{sid}" if is_known else f"submission_{number}"
        submitters += [(number, f"'{name}'", str(sid), f"s{sid}@example.org")] if is_known else []
        entries[f"submission_{number}/{file}"] = expected[student, lesson_of(file)] = name
    entries["submission_metadata.yml"] = metadata(*submitters)
    return entries, expected


@st.composite
def exchange(draw):
    entries, expected = {}, {}
    for name in people(draw, NAMES):
        attempts = draw(st.lists(st.integers(10, 59), min_size=1, max_size=3, unique=True))
        for second in attempts:
            folder = f"{name}+{IOU}+2026-11-20 10:11:{second}.123456 UTC+{second}ab"
            content = f"{name} {second}"
            entries[f"{folder}/{IOU}.ipynb"] = content
            entries[f"{folder}/timestamp.txt"] = ""
        expected[name, IOU] = f"{name} {max(attempts)}"
    return entries, expected


@st.composite
def folders(draw, fewest=1):
    """STUDENT/FILE, or nbgrader's STUDENT/NN_slug/FILE."""
    entries, expected = {}, {}
    for name in people(draw, NAMES, fewest):
        for lesson in draw(st.lists(st.sampled_from([ARGMAX, IOU, TEN]), min_size=1, unique=True)):
            below = draw(st.sampled_from(["", f"{lesson}/"]))
            entries[f"{name}/{below}{lesson}.ipynb"] = expected[name, lesson] = f"{name} {lesson}"
    return entries, expected


@st.composite
def flat(draw):
    entries, expected = {}, {}
    names = people(draw, NAMES.filter(lambda name: name.strip("_- ") == name))
    for name in names:
        pattern = draw(st.sampled_from(["{name}_{lesson}.ipynb", "{lesson}_{name}.ipynb"]))
        entries[pattern.format(name=name, lesson=IOU)] = expected[name, IOU] = name
    assume(not any(name.rpartition("_")[2].isdigit() for name in names))  # such a name could be Canvas's
    assume(
        not any(name.rpartition("-")[2].isdigit() or "Copy" in name for name in names)
    )  # or a copy's number
    return entries, expected


WAYS = {
    "canvas": canvas(),
    "anonymous_canvas": anonymous_canvas(),
    "moodle": moodle(),
    "blackboard": blackboard(),
    "gradescope": gradescope(),
    "exchange": exchange(),
    "folders": folders(),
    "flat": flat(),
}


def read_back(entries, expected, wrapper, loose):
    """Pack entries, collect them, and read what was collected once more, as grading does."""
    with TemporaryDirectory() as place:
        path, out = Path(place, "class.zip"), Path(place, "out")
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in entries.items():
                archive.writestr(f"{wrapper}{name}", content)
            for name in loose:
                archive.writestr(f"{wrapper}{name}", "")
                archive.writestr(name, "")
        result = collect(path, out, LESSONS)
        found = {
            (one.student, one.assignment): one.path.read_text("utf-8")
            for one in read_class(out)[0]
            if one.path
        }
    wanted = {(folder_name(student), lesson): content for (student, lesson), content in expected.items()}
    assert found == wanted, sorted(entries)
    assert result.students == len({student for student, _ in wanted})
    assert sum(result.intake.notebooks.values()) == len(wanted)


@pytest.mark.parametrize("way", WAYS)
@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)
@given(data=st.data())
def test_what_is_collected_is_what_was_packed(way, data):
    entries, expected = data.draw(WAYS[way])
    wrapper = data.draw(st.sampled_from(WRAPPERS))
    loose = data.draw(st.lists(st.sampled_from(LOOSE), unique=True, max_size=3))
    read_back(
        entries, expected, wrapper, [name for name in loose if f"{wrapper}{name}" != name] if wrapper else []
    )


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(folders(fewest=2), NAMES)
def test_in_a_folder_of_any_name_students_are_read_or_the_whole_is_refused(packed, wrapper):
    entries, expected = packed
    assume(not wrapper.startswith(".") and wrapper.strip(". "))
    try:
        read_back(entries, expected, f"{wrapper}/", ["roster.csv"])
    except ValueError as error:
        assert "is unclear" in str(error)  # noqa: PT017  both may happen
