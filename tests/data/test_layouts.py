"""Every layout, drawn: what is found in it, what is said where it is not complete, and what the documentation shows."""

from pathlib import Path

import numpy as np
import pytest
from odd_files import NAMES, photo, scene
from PIL import Image

from course_lib.cli import main
from course_lib.data.labels import (
    check_label_folder,
    class_names,
    find_data_folder,
    read_label_pair,
    read_labels,
)
from course_lib.data.layouts import LAYOUTS, PETS, find_layout
from course_lib.data.pets import load_pets, train_validation_split
from course_lib.masks import write_label_png

SPLIT_SIZES = {"train": 5, "val": 3, "test": 2}
PAGE = Path(__file__).parents[2] / "docs" / "data-folders.md"


def draw(root, place):
    """Write pairs into a layout: ``place`` gives the paths of image and mask for a split and a name."""
    number = 0
    for split, count in SPLIT_SIZES.items():
        for _ in range(count):
            image, mask = (root / path for path in place(split, f"shot_{number:02}"))
            image.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(photo(scene(number))).save(image)
            write_label_png(mask, scene(number))
            number += 1
    (root / "classes.txt").write_text("\n".join(NAMES), encoding="utf-8")
    return root


def images_and_labels(root, masks="labels"):
    return draw(root, lambda split, name: (f"images/{split}/{name}.jpg", f"{masks}/{split}/{name}.png"))


def images_and_masks(root):
    return draw(root, lambda split, name: (f"images/{name}.jpg", f"masks/{name}.png"))


def folder_per_split(root):
    return draw(root, lambda split, name: (f"{split}/images/{name}.jpg", f"{split}/masks/{name}.png"))


def camvid(root):
    return draw(root, lambda split, name: (f"{split}/{name}.png", f"{split}annot/{name}.png"))


def cityscapes(root):
    def place(split, name):
        photo = f"leftImg8bit/{split}/ulm/ulm_{name}_leftImg8bit.png"
        return photo, f"gtFine/{split}/ulm/ulm_{name}_gtFine_labelIds.png"

    draw(root, place)
    for mask in root.glob("gtFine/*/*/*_labelIds.png"):  # what lies beside the ids, too
        Image.fromarray(photo(scene(0))).save(str(mask).replace("labelIds", "color"))
        Path(str(mask).replace("labelIds.png", "polygons.json")).write_text("{}", encoding="utf-8")
    return root


def pascal_voc(root):
    draw(root, lambda split, name: (f"JPEGImages/{name}.jpg", f"SegmentationClass/{name}.png"))
    lists = root / "ImageSets" / "Segmentation"
    lists.mkdir(parents=True)
    names = iter(f"shot_{number:02}\n" for number in range(sum(SPLIT_SIZES.values())))
    for split, count in SPLIT_SIZES.items():
        (lists / f"{split}.txt").write_text("".join(next(names) for _ in range(count)), encoding="utf-8")
    for mask in (root / "SegmentationClass").iterdir():
        palette = Image.fromarray(np.array(Image.open(mask)))
        palette.putpalette([0, 0, 0, 128, 0, 0, 0, 128, 0, 128, 128, 0])
        palette.save(mask)
    Image.new("RGB", (9, 9)).save(root / "JPEGImages" / "of_no_list.jpg")
    return root


DRAWN = {
    "images and labels, a folder per split in each": images_and_labels,
    "images beside masks": images_and_masks,
    "a folder per split": folder_per_split,
    "Pascal VOC": pascal_voc,
    "CamVid": camvid,
    "Cityscapes": cityscapes,
}


def test_every_layout_is_drawn_here():
    assert {layout.name for layout in LAYOUTS} == {PETS.name, *DRAWN}


@pytest.mark.parametrize("name", DRAWN)
def test_a_layout_is_found_and_read(name, tmp_path):
    root = DRAWN[name](tmp_path / "data")
    assert find_layout(root).name == name
    assert find_data_folder(root) == root
    assert check_label_folder(root) == []
    assert class_names(root) == NAMES
    entries = {split: read_labels(root, split) for split in SPLIT_SIZES}
    sizes = {split: len(found) for split, found in entries.items()}
    assert sizes == (SPLIT_SIZES if name != "images beside masks" else {"train": 6, "val": 2, "test": 2})
    for found in entries.values():
        for entry in found:
            number = int(entry.name.split("_leftImg8bit")[0][-2:])
            image, mask = read_label_pair(entry)
            assert image.shape == (*mask.shape, 3)
            np.testing.assert_array_equal(mask, scene(number))
    pets = load_pets(root, "trainval", 32, cache=tmp_path / "cache")
    assert [len(part) for part in train_validation_split(pets)] == [sizes["train"], sizes["val"]]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["images and labels, a folder per split in each", "Cityscapes"])
def test_a_layout_is_trained_on_and_scored(name, tmp_path):
    root = DRAWN[name](tmp_path / "data")
    run = tmp_path / "run"
    train = ["train", "--data", str(root), "--model", "tiny-unet", "--epochs", "1", "--size", "32"]
    assert main([*train, "--batch-size", "4", "--out", str(run)]) == 0
    assert main(["evaluate", str(run), "--split", "test", "--full-size"]) == 0
    assert main(["data", "check", str(root)]) == 0


def test_pets_are_a_layout_too(pocket_folder):
    assert find_layout(pocket_folder) is PETS
    assert find_data_folder(pocket_folder).name == "oxford-iiit-pet"


def test_masks_may_be_called_labels_or_masks(tmp_path):
    assert len(read_labels(images_and_labels(tmp_path / "a", masks="masks"), "train")) == 5
    beside = images_and_masks(tmp_path / "b")
    (beside / "masks").rename(beside / "labels")
    assert len(read_labels(beside, "trainval")) == 8


def test_voc_without_train_txt_draws_validation_from_trainval(tmp_path):
    root = pascal_voc(tmp_path)
    lists = root / "ImageSets" / "Segmentation"
    both = [(lists / f"{split}.txt").read_text(encoding="utf-8") for split in ("train", "val")]
    (lists / "trainval.txt").write_text("".join(both), encoding="utf-8")
    (lists / "train.txt").unlink()
    assert [len(read_labels(root, split)) for split in ("train", "val", "test")] == [6, 2, 2]


def test_voc_names_the_line_of_a_list_without_an_image(tmp_path):
    root = pascal_voc(tmp_path)
    with (root / "ImageSets" / "Segmentation" / "val.txt").open("a", encoding="utf-8") as file:
        file.write("gone\n")
    (problem,) = check_label_folder(root)
    assert problem.path.name == "val.txt:4"
    assert "lists gone, but" in problem.what


def test_cityscapes_ids_are_named_in_classes_txt(tmp_path):
    root = cityscapes(tmp_path)
    for mask in root.glob("gtFine/*/*/*_labelIds.png"):
        write_label_png(mask, np.uint8([0, 7, 8, 26])[np.array(Image.open(mask))])
    (root / "classes.txt").write_text("0 void\n7 road\n8 sidewalk\n26 car\n", encoding="utf-8")
    assert check_label_folder(root) == []
    assert class_names(root) == ("road", "sidewalk", "car")
    entry = read_labels(root, "train")[0]
    np.testing.assert_array_equal(read_label_pair(entry)[1], np.uint8([255, 0, 1, 2])[scene(0)])


@pytest.mark.parametrize(
    ("folders", "nearest", "missing", "like"),
    [
        (["images"], "images beside masks", "masks", ""),
        (["images", "mask"], "images beside masks", "masks", "mask"),
        (["train", "train_annot"], "CamVid", "trainannot", "train_annot"),
        (
            ["image/train", "label/train"],
            "images and labels, a folder per split in each",
            "images/train",
            "image/train",
        ),
        (["ImageSets/Segmentation"], "Pascal VOC", "JPEGImages", ""),
    ],
)
def test_an_unknown_layout_is_answered_with_the_nearest(tmp_path, folders, nearest, missing, like):
    for folder in folders:
        (tmp_path / folder).mkdir(parents=True)
    with pytest.raises(FileNotFoundError) as error:
        find_layout(tmp_path)
    text = str(error.value)
    assert f"is nearest to the layout {nearest!r}, but it has no {missing}." in text
    assert text.endswith(f"There is {like}: rename it if that is the one." if like else f"no {missing}.")


def test_a_layout_one_folder_further_down_is_pointed_to(tmp_path):
    pascal_voc(tmp_path / "VOCdevkit" / "VOC2012")
    with pytest.raises(FileNotFoundError, match=r"VOC2012 in it does \(Pascal VOC\): give .*VOC2012"):
        find_layout(tmp_path / "VOCdevkit")
    with pytest.raises(FileNotFoundError, match="There is no folder"):
        find_layout(tmp_path / "nowhere")


def test_half_a_layout_is_found_and_what_is_missing_is_named(tmp_path):
    root = camvid(tmp_path)
    (root / "val").rename(root / "validation")
    assert find_layout(root).name == "CamVid"
    found = {problem.path: problem for problem in check_label_folder(root)}
    assert found[root / "val"].severity == "problem"
    assert "rename it" in found[root / "validation"].what


def test_the_page_shows_every_layout_as_a_tree():
    page = PAGE.read_text(encoding="utf-8")
    for layout in LAYOUTS:
        assert f"## {layout.name}\n" in page
        assert f"```\n{layout.tree}```\n" in page
