"""Zips from learning platforms: what is taken, and every attack that is refused by name."""

import csv
import io
import json
import stat
import struct
import unicodedata
import warnings
import zipfile

import pytest
from graded_class import ARGMAX, IOU

from course_lib.cli import main
from course_lib.grading.intake import archive as module
from course_lib.grading.intake.collect import collect

PROJECT = "07_pet_trimap_project"
LESSONS = [ARGMAX, IOU, PROJECT]


def notebook(lesson="03", source="1"):
    cell = {"cell_type": "code", "metadata": {}, "source": source, "outputs": [], "execution_count": None}
    return json.dumps(
        {"cells": [cell], "metadata": {"course": {"lesson": lesson}}, "nbformat": 4, "nbformat_minor": 5}
    )


def zipped(tmp_path, entries, compression=zipfile.ZIP_DEFLATED):
    path = tmp_path / "submissions.zip"
    with warnings.catch_warnings(), zipfile.ZipFile(path, "w", compression) as archive:
        warnings.simplefilter("ignore")  # duplicate names are what some tests are about
        for name, content in entries:
            archive.writestr(name, content)
    return path


def collected(tmp_path, entries, **options):
    out = tmp_path / "out"
    result = collect(zipped(tmp_path, entries), out, LESSONS, **options)
    found = {
        path.relative_to(out).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(out.rglob("*"))
        if path.is_file() and path.name != "collected.csv"
    }
    assert [path.name for path in tmp_path.iterdir() if path.name not in ("out", "submissions.zip")] == []
    return found, dict(result.left), result


def test_canvas(tmp_path):
    found, left, result = collected(
        tmp_path,
        [
            (f"lovelaceada_4711_900_{IOU}.ipynb", "old"),
            (f"lovelaceada_4711_901_{IOU}-1.ipynb", "new"),
            (f"lovelaceada_4712_902_{IOU}-10.ipynb", "another Ada Lovelace"),
            (f"lovelaceada_4712_903_{IOU}-9.ipynb", "older"),
            (f"noetheremmy_LATE_42_904_{IOU}.ipynb", "late"),
            ("noetheremmy_42_905_essay.pdf", "pdf"),
        ],
    )
    assert found == {
        f"lovelaceada_4711/{IOU}/{IOU}.ipynb": "new",
        f"lovelaceada_4712/{IOU}/{IOU}.ipynb": "another Ada Lovelace",
        f"noetheremmy_42/{IOU}/{IOU}.ipynb": "late",
    }
    assert "there is a newer one" in left[f"lovelaceada_4711_900_{IOU}.ipynb"]
    assert "there is a newer one" in left[f"lovelaceada_4712_903_{IOU}-9.ipynb"]
    assert left["noetheremmy_42_905_essay.pdf"] == "neither a notebook nor a file of the project"
    assert result.students == 3
    with (tmp_path / "out" / "collected.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    assert rows["noetheremmy_42"]["late"] == "late"
    assert rows["noetheremmy_42"]["canvas_id"] == "42"


def test_moodle_in_folders_and_flat(tmp_path):
    found, left, _ = collected(
        tmp_path,
        [
            (f"Ada Lovelace_4711_assignsubmission_file_/{IOU}.ipynb", "ada"),
            (f"Émilie du Châtelet_12_assignsubmission_file/{IOU} (2).ipynb", "émilie"),
            (f"Emmy Noether_42_assignsubmission_file_{IOU}.ipynb", "emmy"),
            ("Emmy Noether_42_assignsubmission_onlinetext_/onlinetext.html", "<p>"),
        ],
    )
    assert found == {
        f"Ada Lovelace_4711/{IOU}/{IOU}.ipynb": "ada",
        f"Emmy Noether_42/{IOU}/{IOU}.ipynb": "emmy",
        f"Émilie du Châtelet_12/{IOU}/{IOU}.ipynb": "émilie",
    }
    assert len(left) == 1


@pytest.mark.parametrize(
    "name",
    [
        f"ada/{IOU}.ipynb",
        f"ada/{IOU}/{IOU}.ipynb",
        f"submissions/ada/{IOU}/{IOU}.ipynb",
        f"ada_{IOU}.ipynb",
        f"{IOU}_ada.ipynb",
        f"{IOU} - ada.ipynb",
        f"ada/Copy of {IOU.upper()}.ipynb",
        "ada/03-iou-and-dice-by-hand.ipynb",
        "ada/renamed.ipynb",
        f"ada\\{IOU}.ipynb",
    ],
)
def test_plain_zips(tmp_path, name):
    found, left, _ = collected(
        tmp_path, [(name, notebook()), ("__MACOSX/ada/._x.ipynb", "junk"), ("ada/.DS_Store", "")]
    )
    assert list(found) == [f"ada/{IOU}/{IOU}.ipynb"]
    assert left == {}


@pytest.mark.parametrize(
    "student", ["Zoë Ångström", "学生 7", "ada 🦊", "o'neil, p.", "name.with.dots", "a" * 300]
)
def test_students_keep_their_names(tmp_path, student):
    found, _, result = collected(tmp_path, [(f"{student}/{IOU}.ipynb", "1")])
    (path,) = found
    assert path.startswith(student[:90].rstrip("."))
    assert result.students == 1


def test_names_that_differ_in_what_folders_cannot_hold_stay_two_students(tmp_path):
    found, _, result = collected(tmp_path, [(f"aa:b/{IOU}.ipynb", "1"), (f"aa?b/{IOU}.ipynb", "2")])
    assert result.students == 2
    assert sorted(found.values()) == ["1", "2"]


def test_names_with_accents_in_two_pieces_are_written_in_one(tmp_path):
    found, _, _ = collected(tmp_path, [(unicodedata.normalize("NFD", f"José/{IOU}.ipynb"), "1")])
    assert list(found) == [f"José/{IOU}/{IOU}.ipynb"]
    found, _, _ = collected(tmp_path, [(unicodedata.normalize("NFD", f"José/{ARGMAX}.ipynb"), "2")])
    assert sorted(found) == [f"José/{ARGMAX}/{ARGMAX}.ipynb", f"José/{IOU}/{IOU}.ipynb"]


def test_a_second_zip_cannot_bring_a_student_who_differs_in_case_from_one_who_is_there(tmp_path):
    collected(tmp_path, [(f"ada/{IOU}.ipynb", "1")])
    with pytest.raises(ValueError, match="ada and Ada would be one student"):
        collected(tmp_path, [(f"Ada/{IOU}.ipynb", "2")])


def renamed(path, old, new):
    """Change a name in a zip's bytes, which a zip writer would not write."""
    assert len(old) == len(new)
    path.write_bytes(path.read_bytes().replace(old, new))
    return path


@pytest.mark.parametrize(
    ("raw", "student"),
    [
        ("Zoë".encode(), "Zoë"),  # UTF-8, unsaid
        ("Zoë".encode("cp437"), "Zoë"),  # what the format says
    ],
)
def test_old_programs_do_not_say_how_names_are_encoded(tmp_path, raw, student):
    path = renamed(zipped(tmp_path, [("X" * len(raw) + f"/{IOU}.ipynb", "1")]), b"X" * len(raw), raw)
    collect(path, tmp_path / "out", LESSONS)
    assert (tmp_path / "out" / student / IOU / f"{IOU}.ipynb").is_file()


def test_a_name_that_says_utf8_and_is_not_is_refused(tmp_path):
    path = renamed(zipped(tmp_path, [(f"Zoë/{IOU}.ipynb", "1")]), "ë".encode(), b"\xff\xfe")
    with pytest.raises(ValueError, match="cannot be unpacked"):
        collect(path, tmp_path / "out", LESSONS)


def entry(name, mode=0o100644, system=3):
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    info.create_system = system
    return info


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        (f"../ada/{IOU}.ipynb", "leads out"),
        (f"ada/../../{IOU}.ipynb", "leads out"),
        (f"ada\\..\\..\\{IOU}.ipynb", "leads out"),
        (f"/etc/ada/{IOU}.ipynb", "absolute"),
        (f"C:/ada/{IOU}.ipynb", "absolute"),
        (f"C:ada/{IOU}.ipynb", "absolute"),
        (f"\\\\server\\ada\\{IOU}.ipynb", "absolute"),
        (f"ada\x1b[2J/{IOU}.ipynb", "control characters"),
        (f"ada\n/{IOU}.ipynb", "control characters"),
        (f"ada\u202e/{IOU}.ipynb", "control characters"),
        ("../", "leads out"),
        ("ada/work.zip", "an archive inside the archive"),
        ("ada/work.tar.gz", "an archive inside the archive"),
        (entry(f"ada/{IOU}.ipynb", stat.S_IFLNK | 0o777), "a link"),
        (entry(f"ada/{IOU}.ipynb", stat.S_IFIFO | 0o644), "not an ordinary file"),
        (entry(f"ada/{IOU}.ipynb", stat.S_IFCHR | 0o644), "not an ordinary file"),
        (f"{IOU}.ipynb", "its owner is unclear"),
        (f"{IOU}/x.ipynb", "its owner is unclear"),
        (f"./../{IOU}.ipynb", "leads out"),
        (f"../{IOU}/x.ipynb", "leads out"),
    ],
)
def test_attacks_and_riddles_are_named_and_the_rest_is_taken(tmp_path, name, reason):
    found, left, result = collected(tmp_path, [(name, "/etc/passwd"), (f"ben/{IOU}.ipynb", "fine")])
    assert found == {f"ben/{IOU}/{IOU}.ipynb": "fine"}
    (said,) = left.values()
    assert reason in said
    assert reason in result.text()
    assert "\x1b" not in result.text()


def test_a_name_cut_by_a_zero_byte_is_refused(tmp_path):
    path = renamed(zipped(tmp_path, [(f"ada/{IOU}.ipynb#.png", "1")]), b"#", b"\0")
    result = collect(path, tmp_path / "out", LESSONS)
    assert "control characters" in result.left[0][1]


def test_an_encrypted_entry_is_named(tmp_path):
    path = zipped(tmp_path, [(f"ada/{IOU}.ipynb", "1"), (f"ben/{IOU}.ipynb", "2")])
    data = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + offset] |= 1
    path.write_bytes(data)
    result = collect(path, tmp_path / "out", LESSONS)
    assert [found.student for found in result.written] == ["ben"]
    assert "encrypted" in result.left[0][1]


def test_a_bomb_is_refused_by_its_ratio(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "SUSPECT_BYTES", 2**16)
    bomb, long = b"0" * 2**20, notebook(source="print(1)\n" * 1000)
    found, left, _ = collected(tmp_path, [(f"ada/{IOU}.ipynb", bomb), (f"ben/{IOU}.ipynb", long)])
    assert list(found) == [f"ben/{IOU}/{IOU}.ipynb"]
    assert "to 1, as a zip bomb is" in left[f"ada/{IOU}.ipynb"]


def test_a_file_that_is_too_large_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MOST_BYTES", 1000)
    _, left, _ = collected(tmp_path, [(f"ada/{IOU}.ipynb", b"0" * 1001)])
    assert "refused" in left[f"ada/{IOU}.ipynb"]


def test_a_zip_that_is_too_large_in_all_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MOST_IN_ALL", 1000)
    path = zipped(tmp_path, [(f"s{number}/{IOU}.ipynb", b"0" * 300) for number in range(4)])
    with pytest.raises(ValueError, match="download it in parts"):
        collect(path, tmp_path / "out", LESSONS)
    monkeypatch.setattr(module, "MOST_ENTRIES", 3)
    with pytest.raises(ValueError, match="this is not the work of a class"):
        collect(path, tmp_path / "out", LESSONS)
    assert not (tmp_path / "out").exists()


def test_an_entry_with_a_false_size_is_damaged(tmp_path):
    path = zipped(tmp_path, [(f"ada/{IOU}.ipynb", b"0" * 5000), (f"ben/{IOU}.ipynb", "fine")])
    data = path.read_bytes()
    path.write_bytes(data.replace(struct.pack("<I", 5000), struct.pack("<I", 10)))
    result = collect(path, tmp_path / "out", LESSONS)
    assert [found.student for found in result.written] == ["ben"]
    assert "damaged" in result.left[0][1]
    assert not (tmp_path / "out" / "ada" / IOU / f"{IOU}.ipynb").exists()
    assert [path.name for path in (tmp_path / "out").rglob(".*")] == []


def test_a_damaged_entry_costs_itself(tmp_path):
    path = zipped(
        tmp_path, [(f"ada/{IOU}.ipynb", "precious"), (f"ben/{IOU}.ipynb", "fine")], zipfile.ZIP_STORED
    )
    path.write_bytes(path.read_bytes().replace(b"precious", b"vicious!"))
    result = collect(path, tmp_path / "out", LESSONS)
    assert [found.student for found in result.written] == ["ben"]


@pytest.mark.parametrize("data", [b"", b"PK", b"<html>Please log in</html>"])
def test_what_is_not_a_zip_is_refused(tmp_path, data):
    path = tmp_path / "submissions.zip"
    path.write_bytes(data)
    with pytest.raises(ValueError, match="download it again"):
        collect(path, tmp_path / "out", LESSONS)


def test_a_name_that_appears_twice_gives_the_later(tmp_path):
    found, left, _ = collected(tmp_path, [(f"ada/{IOU}.ipynb", "1"), (f"ada/{IOU}.ipynb", "2")])
    assert found == {f"ada/{IOU}/{IOU}.ipynb": "2"}
    assert "there is a newer one" in left[f"ada/{IOU}.ipynb"]


def test_a_notebook_that_does_not_say_its_lesson(tmp_path):
    for content in ("{}", "[" * 10_000, "\udcff".encode("utf-8", "surrogateescape"), notebook("99")):
        _, left, _ = collected(tmp_path, [("ada/hw.ipynb", content)])
        assert "--lesson" in left["ada/hw.ipynb"]
    found, _, _ = collected(tmp_path, [("ada/hw.ipynb", "{}")], lesson=IOU)
    assert list(found) == [f"ada/{IOU}/{IOU}.ipynb"]


def test_files_of_the_project_are_kept(tmp_path):
    found, left, _ = collected(
        tmp_path,
        [
            ("ada/run/best.pt", "w"),
            ("ada/run/config.json", "{}"),
            ("ada/predictions/cat_1.png", "p"),
            ("ada/cat_1.png", "?"),
            ("ada/evil.py", "import os"),
        ],
    )
    assert sorted(found) == [
        f"ada/{PROJECT}/{name}" for name in ("best.pt", "config.json", "predictions/cat_1.png")
    ]
    assert sorted(left) == ["ada/cat_1.png", "ada/evil.py"]


def test_a_second_zip_adds_to_the_folder_and_to_the_list(tmp_path):
    collected(tmp_path, [(f"ada/{IOU}.ipynb", "1"), (f"ben/{IOU}.ipynb", "1")])
    found, _, _ = collected(tmp_path, [(f"ben/{IOU}.ipynb", "2"), (f"ben/{ARGMAX}.ipynb", "3")])
    assert [found[f"{path}.ipynb"] for path in (f"ada/{IOU}/{IOU}", f"ben/{IOU}/{IOU}")] == ["1", "2"]
    lines = (tmp_path / "out" / "collected.csv").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 4


def test_the_command_says_what_it_did_and_what_it_left(tmp_path, capsys):
    path = zipped(tmp_path, [(f"ada/{IOU}.ipynb", "1"), ("ben/work.zip", "2")])
    assert main(["collect", str(path), "--out", str(tmp_path / "out")]) == 1
    out = capsys.readouterr().out
    assert "1 student, 1 notebook: 1 of 03_iou_and_dice_by_hand." in out
    assert "Unpacked: 1 file of 1 student." in out
    assert "ben/work.zip: refused: an archive inside" in out
    assert main(["collect", str(tmp_path / "none.zip"), "--out", str(tmp_path / "out")]) == 2


def test_entries_that_share_their_bytes_are_refused(tmp_path):
    """A zip whose entries overlap unpacks to far more than it holds."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(f"a/{IOU}.ipynb", "x" * 1000)
        archive.writestr(f"b/{IOU}.ipynb", "x" * 1000)
        archive.infolist()[1].header_offset = 0  # the second starts where the first does
    path = tmp_path / "submissions.zip"
    path.write_bytes(buffer.getvalue())
    result = collect(path, tmp_path / "out", LESSONS)
    assert any("damaged" in reason for _, reason in result.left)
