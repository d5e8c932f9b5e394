"""Label PNGs of every kind give the ids that were stored."""

import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from course_lib.masks import read_label_png, write_label_png


@settings(max_examples=60)
@given(st.data(), st.sampled_from([(0, 1), (0, 2), (0, 4), (0, 8), (0, 16), (3, 1), (3, 2), (3, 4), (3, 8)]))
def test_ids_survive_every_way_to_store_them(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, kind: tuple[int, int]
) -> None:
    """PNG's colour types grey (0) and palette (3), of every bit depth: what comes back is what was stored."""
    colour_type, depth = kind
    ids = data.draw(arrays(np.uint8, (3, 5), elements=st.integers(0, min(2**depth - 1, 255))))
    bits = ["".join(format(int(i), f"0{depth}b") for i in row) for row in ids]
    padded = [row + "0" * (-len(row) % 8) for row in bits]
    rows = b"".join(b"\0" + int(row, 2).to_bytes(len(row) // 8, "big") for row in padded)
    palette = bytes(value for i in range(min(2**depth, 256)) for value in (i, 255 - i, 100))
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", 5, 3, depth, colour_type, 0, 0, 0))]
    chunks += [(b"PLTE", palette)] if colour_type == 3 else []
    chunks += [(b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    path = tmp_path_factory.mktemp("png") / "mask.png"
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + b"".join(
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
            for name, body in chunks
        )
    )
    np.testing.assert_array_equal(read_label_png(path), ids)


def test_a_written_mask_may_name_its_maker(tmp_path) -> None:
    write_label_png(tmp_path / "plain.png", [[0, 1]])
    write_label_png(tmp_path / "named.png", [[0, 1]], software="a program")
    assert "Software" not in Image.open(tmp_path / "plain.png").info
    assert Image.open(tmp_path / "named.png").info["Software"] == "a program"
    assert read_label_png(tmp_path / "named.png").tolist() == [[0, 1]]
