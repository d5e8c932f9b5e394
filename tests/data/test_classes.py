"""classes.txt: its encodings, its two forms, and what is said about one that is wrong."""

import codecs

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_lib.data.classes import Classes, read_classes

NAMES = ("Straße", "Häuser", "Himmel")


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-8", b""),
        ("utf-8", codecs.BOM_UTF8),
        ("utf-16-le", codecs.BOM_UTF16_LE),
        ("utf-16-be", codecs.BOM_UTF16_BE),
        ("utf-32-le", codecs.BOM_UTF32_LE),
    ],
)
def test_names_are_read_in_every_encoding_that_says_what_it_is(tmp_path, encoding, mark, line_end):
    path = tmp_path / "classes.txt"
    path.write_bytes(mark + (line_end.join(NAMES) + line_end * 2).encode(encoding))
    assert read_classes(path) == Classes(NAMES, (0, 1, 2))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            "\r\n".join(NAMES).encode("cp1252"),
            r"not UTF-8 text \(line 1 holds the byte 0xdf\).*save it as UTF-8",
        ),
        ("sky\nroad".encode("utf-16-le"), r"zero bytes, as UTF-16 text without its mark.*save it as UTF-8"),
        (codecs.BOM_UTF16_LE + b"\x00", "not UTF-16 text"),
        (b"", "holds '' in line 1"),
        (b"sky\n\nroad", "holds '' in line 2"),
        (b"sky\nsky", "holds 'sky' in line 2"),
        (b"sky", "holds 1 names"),
        (b"0 sky\nroad", "holds 'road' in line 2, and other lines begin with an id"),
        (b"0 sky\n0 road", "holds '0 road' in line 2, but an earlier line names the id 0"),
        (b"0 sky\n1 sky", "holds 'sky'"),
        (b"0 sky\n255 road", "holds '255 road' in line 2: ids go up to 254"),
        (b"0 sky\n300 void", "holds '300 void' in line 2: ids go up to 254"),
        (b"0 sky\n1 void", "holds 1 names that are not void"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_line(tmp_path, data, message):
    path = tmp_path / "classes.txt"
    path.write_bytes(data)
    with pytest.raises(ValueError, match=rf"classes\.txt .*{message}"):
        read_classes(path)


@pytest.mark.parametrize("separator", [" ", "\t", ": ", ", ", "="])
def test_lines_may_begin_with_ids(tmp_path, separator):
    path = tmp_path / "classes.txt"
    lines = [("26", "car"), ("7", "road side"), ("11", "void"), ("255", "Void")]
    path.write_text("\n".join(separator.join(line) for line in lines), encoding="utf-8")
    classes = read_classes(path)
    assert classes == Classes(("road side", "car"), (7, 26), frozenset({11}), says_255=True)
    mask = np.uint8([[7, 26, 11, 255]])
    assert classes.to_positions(mask).tolist() == [[0, 1, 255, 255]]
    assert classes.unknown(np.uint8([[7, 8, 0]])) == [0, 8]


@given(st.sets(st.integers(0, 254), min_size=2, max_size=40), st.data())
def test_positions_and_ids_are_one_to_one(ids, data):
    ids = tuple(sorted(ids))
    classes = Classes(tuple(f"c{i}" for i in ids), ids)
    mask = np.uint8([data.draw(st.lists(st.sampled_from(ids), min_size=1, max_size=9))])
    assert classes.unknown(mask) == []
    assert [[ids[position] for position in row] for row in classes.to_positions(mask)] == mask.tolist()
