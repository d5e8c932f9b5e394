"""The pet folder: finding it, its lists, its files, and every problem that the checker must name."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from course_lib.data.folder import (
    PetEntry,
    check_folder,
    find_pet_folder,
    read_image,
    read_split,
    read_trimap,
)

SIZE = (40, 30)  # width, height
NAMES = ("Abyssinian_1", "Abyssinian_2", "beagle_1", "beagle_2")


def photo(mode="RGB", size=SIZE):
    """A noisy image, so that a JPEG of it has bytes to lose."""
    pixels = np.random.default_rng(0).integers(0, 256, (*size[::-1], 3), dtype=np.uint8)
    return Image.fromarray(pixels).convert(mode)


def write_trimap(path, size=SIZE, ids=(1, 2, 3)):
    """A trimap with the given ids side by side."""
    Image.fromarray(np.resize(np.uint8(ids), size[::-1])).save(path, "PNG")


@pytest.fixture
def pets(tmp_path):
    """A clean folder: two pets in each split."""
    folder = tmp_path / "oxford-iiit-pet"
    (folder / "images").mkdir(parents=True)
    (folder / "annotations" / "trimaps").mkdir(parents=True)
    for name in NAMES:
        photo().save(folder / "images" / f"{name}.jpg")
        write_trimap(folder / "annotations" / "trimaps" / f"{name}.png")
    write_list(folder, "trainval", "Abyssinian_1 1 1 1\nbeagle_1 5 2 4\n")
    write_list(folder, "test", "Abyssinian_2 1 1 1\nbeagle_2 5 2 4\n")
    return folder


def write_list(folder, split, text):
    """Replace a split list."""
    (folder / "annotations" / f"{split}.txt").write_text(text, encoding="utf-8")


def image_path(folder, name="Abyssinian_1"):
    """Where a pet's photo lies."""
    return folder / "images" / f"{name}.jpg"


def trimap_path(folder, name="Abyssinian_1"):
    """Where a pet's trimap lies."""
    return folder / "annotations" / "trimaps" / f"{name}.png"


def the_only_finding(folder):
    """The one thing that the checker finds."""
    findings = check_folder(folder)
    assert len(findings) == 1, findings
    return findings[0]


# --- Finding it, and its lists -----------------------------------------------------------------------------


def test_root_and_folder_are_both_accepted(pets):
    assert find_pet_folder(pets) == pets
    assert find_pet_folder(pets.parent) == pets
    assert find_pet_folder(str(pets.parent)) == pets


@pytest.mark.parametrize("missing", ["images", "annotations"])
def test_a_folder_without_pets_says_what_was_looked_for(tmp_path, missing):
    for name in {"images", "annotations"} - {missing}:
        (tmp_path / name).mkdir()
    with pytest.raises(
        FileNotFoundError, match=r"images and annotations.*course data draw.*course data download"
    ):
        find_pet_folder(tmp_path)


def test_a_split_keeps_the_order_of_its_list(pets):
    write_list(
        pets,
        "trainval",
        "\ufeff# NAME CLASS-ID SPECIES BREED-ID\r\n\r\n  beagle_1 5 2 4\r\nAbyssinian_1 1 1 1",
    )
    assert read_split(pets.parent, "trainval") == [
        PetEntry("beagle_1", image_path(pets, "beagle_1"), trimap_path(pets, "beagle_1"), 5, "dog"),
        PetEntry("Abyssinian_1", image_path(pets), trimap_path(pets), 1, "cat"),
    ]


@pytest.mark.parametrize(
    "line",
    [
        "Abyssinian_1 1 1",
        "Abyssinian_1 1 1 1 1",
        "Abyssinian_1 x 1 1",
        "Abyssinian_1 1 3 1",
        "../secret 1 1 1",
    ],
)
def test_a_wrong_line_is_named_with_file_and_line(pets, line):
    write_list(pets, "test", f"# a comment\nAbyssinian_2 1 1 1\n{line}\n")
    with pytest.raises(
        ValueError, match=r"test\.txt:3: expected NAME CLASS_ID SPECIES BREED_ID.*SPECIES is 1 \(cat\)"
    ):
        read_split(pets, "test")
    assert any(
        "test.txt:3" in str(finding) and finding.severity == "problem" for finding in check_folder(pets)
    )


def test_an_unknown_split_and_a_missing_list_are_named(pets):
    with pytest.raises(ValueError, match="split is 'validation', expected one of trainval, test"):
        read_split(pets, "validation")
    (pets / "annotations" / "test.txt").unlink()
    with pytest.raises(FileNotFoundError, match=r"There is no .*test\.txt"):
        read_split(pets, "test")


# --- Reading files -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "format"),
    [("RGB", "JPEG"), ("L", "JPEG"), ("CMYK", "JPEG"), ("RGBA", "PNG"), ("P", "GIF"), ("1", "PNG")],
)
def test_any_image_becomes_rgb_as_torchvision_reads_it(tmp_path, mode, format):
    path = tmp_path / "cat.jpg"
    photo(mode).save(path, format)
    image = read_image(path)
    assert image.shape == (30, 40, 3)
    assert image.dtype == np.uint8
    np.testing.assert_array_equal(image, np.asarray(Image.open(path).convert("RGB")))


def test_a_gif_gives_its_first_frame(tmp_path):
    path = tmp_path / "cat.jpg"
    red, blue = Image.new("RGB", SIZE, (255, 0, 0)), Image.new("RGB", SIZE, (0, 0, 255))
    red.save(path, "GIF", save_all=True, append_images=[blue])
    assert read_image(str(path))[0, 0].tolist() == [255, 0, 0]


def test_exif_rotation_is_not_done(tmp_path):
    path = tmp_path / "cat.jpg"
    exif = Image.Exif()
    exif[274] = 6
    photo().save(path, exif=exif)
    assert read_image(path).shape == (30, 40, 3)


def damaged_files():
    """Bytes that are no image, each with what the error must say."""
    whole = io.BytesIO()
    photo(size=(200, 150)).save(whole, "JPEG")
    yield pytest.param(whole.getvalue()[:3000], "is damaged .*truncated", id="truncated")
    yield pytest.param(b"", r"is empty \(zero bytes\)", id="empty")
    yield pytest.param(b"<html>404 not found</html>", "is not an image", id="html")


@pytest.mark.parametrize(("content", "message"), list(damaged_files()))
def test_a_damaged_image_is_named(pets, content, message):
    path = image_path(pets)
    path.write_bytes(content)
    with pytest.raises(ValueError, match=rf"Abyssinian_1\.jpg {message}.*get the file again"):
        read_image(path)
    finding = the_only_finding(pets)
    assert finding.path == path
    assert finding.severity == "problem"


@pytest.mark.parametrize("share", [0.02, 0.1, 0.5, 0.9, 0.99])
def test_the_checker_finds_a_cut_jpeg_wherever_it_was_cut(pets, share):
    whole = io.BytesIO()
    photo(size=(400, 300)).save(whole, "JPEG")
    write_trimap(trimap_path(pets), size=(400, 300))
    image_path(pets).write_bytes(whole.getvalue()[: int(share * whole.tell())])
    with pytest.raises(ValueError, match="get the file again"):
        read_image(image_path(pets))
    assert the_only_finding(pets).severity == "problem"


def test_a_missing_image_is_an_os_error(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"none\.jpg"):
        read_image(tmp_path / "none.jpg")


def test_a_trimap_is_read_as_it_is(pets):
    trimap = read_trimap(trimap_path(pets))
    assert trimap.dtype == np.uint8
    assert trimap.shape == (30, 40)
    assert trimap[0, :4].tolist() == [1, 2, 3, 1]


@pytest.mark.parametrize(
    ("ids", "message"),
    [((0, 1, 2), "holds the ids 0, 1, 2, but a trimap"), ((0, 255), "holds the ids 0, 255")],
)
def test_wrong_ids_in_a_trimap_are_named(pets, ids, message):
    write_trimap(trimap_path(pets), ids=ids)
    with pytest.raises(ValueError, match=rf"Abyssinian_1\.png {message}"):
        read_trimap(trimap_path(pets))
    finding = the_only_finding(pets)
    assert (finding.path, finding.severity) == (trimap_path(pets), "problem")
    assert message in finding.what


def test_a_trimap_in_colour_or_as_jpeg_is_refused(pets):
    photo().save(trimap_path(pets))
    with pytest.raises(ValueError, match=r"Abyssinian_1\.png .*RGB"):
        read_trimap(trimap_path(pets))
    photo("L").save(trimap_path(pets), "JPEG")
    with pytest.raises(ValueError, match=r"Abyssinian_1\.png .*JPEG"):
        read_trimap(trimap_path(pets))
    assert the_only_finding(pets).severity == "problem"


# --- The checker -------------------------------------------------------------------------------------------


def test_a_clean_folder_has_no_findings(pets):
    assert check_folder(pets) == []
    assert check_folder(pets.parent, progress=True) == []


@pytest.mark.parametrize(
    ("image", "format", "message"),
    [
        (photo("P"), "GIF", "is a GIF image with the suffix .jpg: loads all the same"),
        (photo(), "PNG", "is a PNG image with the suffix .jpg: loads all the same"),
        (photo("L"), "JPEG", "has the colour mode L: turned to RGB"),
        (photo("CMYK"), "JPEG", "has the colour mode CMYK: turned to RGB"),
    ],
    ids=["gif", "png", "grey", "cmyk"],
)
def test_an_unusual_image_that_loads_is_a_note(pets, image, format, message):
    image.save(image_path(pets), format)
    finding = the_only_finding(pets)
    assert (finding.path, finding.severity) == (image_path(pets), "note")
    assert message in finding.what


def test_alpha_is_a_note(pets):
    photo("RGBA").save(image_path(pets), "PNG")
    findings = check_folder(pets)
    assert [finding.severity for finding in findings] == ["note", "note"]
    assert "PNG image with the suffix .jpg" in findings[0].what
    assert "has alpha (mode RGBA): dropped" in findings[1].what


def test_exif_rotation_is_a_note(pets):
    exif = Image.Exif()
    exif[274] = 6
    photo().save(image_path(pets), exif=exif)
    finding = the_only_finding(pets)
    assert (finding.severity, "EXIF" in finding.what) == ("note", True)


def test_an_animated_gif_is_a_note_about_its_first_frame(pets):
    photo().save(image_path(pets), "GIF", save_all=True, append_images=[Image.new("RGB", SIZE)])
    assert "first frame" in the_only_finding(pets).what


def test_sizes_that_differ_are_a_problem(pets):
    write_trimap(trimap_path(pets), size=(41, 30))
    finding = the_only_finding(pets)
    assert (finding.path, finding.severity) == (trimap_path(pets), "problem")
    assert finding.what == "is 41x30, but its image is 40x30"


@pytest.mark.parametrize("path_of", [image_path, trimap_path])
def test_a_missing_file_of_a_listed_pet_is_a_problem(pets, path_of):
    path_of(pets).unlink()
    finding = the_only_finding(pets)
    assert (finding.path, finding.what, finding.severity) == (path_of(pets), "is missing", "problem")


def test_a_name_without_any_file_is_two_problems(pets):
    write_list(pets, "test", "Abyssinian_2 1 1 1\nbeagle_2 5 2 4\nbeagle_3 5 2 4\n")
    findings = check_folder(pets)
    assert [finding.path for finding in findings] == [
        trimap_path(pets, "beagle_3"),
        image_path(pets, "beagle_3"),
    ]
    assert all(finding.severity == "problem" for finding in findings)


def test_nothing_about_an_unlisted_pet_is_a_problem(pets):
    write_list(pets, "test", "Abyssinian_2 1 1 1\n")
    image_path(pets, "beagle_2").write_bytes(b"")
    findings = check_folder(pets)
    assert {finding.severity for finding in findings} == {"note"}
    assert any("is in no split list" in finding.what for finding in findings)
    assert any("is empty" in finding.what for finding in findings)


def test_stray_files_are_notes(pets):
    strays = [
        trimap_path(pets).with_name("._Abyssinian_1.png"),
        pets / "images" / "Abyssinian_1.mat",
        pets / "images" / "._beagle_1.jpg",
    ]
    for path in strays:
        path.write_bytes(b"\0")
    findings = check_folder(pets)
    assert {finding.path for finding in findings} == set(strays)
    assert {finding.severity for finding in findings} == {"note"}


def test_a_pet_in_both_splits_is_a_problem(pets):
    write_list(pets, "test", "Abyssinian_2 1 1 1\nbeagle_2 5 2 4\nAbyssinian_1 1 1 1\n")
    finding = the_only_finding(pets)
    assert finding.severity == "problem"
    assert str(finding.path).endswith("test.txt:3")
    assert "lists Abyssinian_1 again, after" in finding.what
    assert "trainval.txt:1" in finding.what


def test_a_missing_list_is_a_problem(pets):
    (pets / "annotations" / "test.txt").unlink()
    findings = check_folder(pets)
    assert [(f.path.name, f.what) for f in findings if f.severity == "problem"] == [
        ("test.txt", "is missing")
    ]


def test_a_file_that_may_not_be_opened_is_a_problem(pets, monkeypatch):
    real_open = Path.open

    def locked(path, *arguments, **options):
        if path == image_path(pets):
            raise PermissionError(13, "Permission denied", str(path))
        return real_open(path, *arguments, **options)

    monkeypatch.setattr(Path, "open", locked)
    finding = the_only_finding(pets)
    assert (finding.what, finding.severity) == ("cannot be opened: Permission denied", "problem")


def test_a_folder_in_the_place_of_an_image_is_a_problem(pets):
    image_path(pets).unlink()
    image_path(pets).mkdir()
    finding = the_only_finding(pets)
    assert (finding.path, finding.severity) == (image_path(pets), "problem")


def test_a_finding_reads_as_one_line(pets):
    image_path(pets).unlink()
    assert str(the_only_finding(pets)) == f"problem: {image_path(pets)}: is missing"


def test_real_pets_have_notes_and_no_problems(real_pets):
    findings = check_folder(real_pets)
    assert [str(finding) for finding in findings if finding.severity == "problem"] == []
    for entry in read_split(real_pets, "trainval")[:20]:
        assert read_image(entry.image_path).shape[:2] == read_trimap(entry.trimap_path).shape
