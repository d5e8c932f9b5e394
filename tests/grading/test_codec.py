"""What goes over the wall comes out as it was; what is malformed is refused and nothing else happens."""

import json
import math
import struct

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from course_lib.checking.compare import kind_of
from course_lib.grading.sandbox.inside import codec
from course_lib.grading.sandbox.inside.codec import Foreign, WireError, decode, encode

NUMBERS = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.text(max_size=20)
PLAIN = st.recursive(
    NUMBERS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text(max_size=5) | st.integers(-9, 9), inner, max_size=4)
    ),
    max_leaves=20,
)
DTYPES = arrays.integer_dtypes(endianness="=") | arrays.floating_dtypes(endianness="=", sizes=(16, 32, 64))
ARRAYS = arrays.arrays(
    DTYPES | arrays.boolean_dtypes(), arrays.array_shapes(min_dims=0, max_dims=3, min_side=0)
)


def same(one, other):
    if isinstance(one, float) and math.isnan(one):
        return isinstance(other, float) and math.isnan(other)
    if isinstance(one, list | tuple):
        return type(one) is type(other) and len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return same(list(one.items()), list(other.items())) if isinstance(other, dict) else False
    return type(one) is type(other) and one == other


@given(PLAIN)
def test_plain_values_come_out_as_they_went_in(value):
    assert same(decode(encode(value, strict=True)), value)


@given(ARRAYS)
def test_arrays_come_out_as_they_went_in(array):
    got = decode(encode(array, strict=True))
    assert got.dtype == array.dtype
    np.testing.assert_array_equal(got, array)


def test_arrays_of_any_layout_come_out_with_the_same_values():
    array = np.arange(24).reshape(2, 3, 4)[:, ::2].T.astype(">i4")
    np.testing.assert_array_equal(decode(encode(array)), array)


@pytest.mark.parametrize(
    "dtype", [torch.bool, torch.uint8, torch.int64, torch.float16, torch.bfloat16, torch.float32]
)
def test_tensors_come_out_as_they_went_in(dtype):
    for tensor in (
        torch.arange(6).reshape(2, 3).to(dtype),
        torch.ones((), dtype=dtype),
        torch.ones(0, 3, dtype=dtype),
    ):
        got = decode(encode(tensor, strict=True))
        assert got.dtype == dtype
        assert torch.equal(got, tensor)


def test_a_tensor_that_needs_its_gradient_still_does():
    assert decode(encode(torch.ones(2, requires_grad=True))).requires_grad


def test_a_generator_draws_the_same_numbers():
    generator = torch.Generator().manual_seed(3)
    torch.rand(5, generator=generator)
    copy = decode(encode(generator, strict=True))
    assert torch.equal(torch.rand(4, generator=copy), torch.rand(4, generator=generator))


class Liar(float):
    def __eq__(self, other):
        return True

    def __float__(self):
        return 1.0

    __hash__ = float.__hash__


def test_subclasses_become_what_they_are_made_of():
    assert same(decode(encode([Liar(0.5), np.float64(2)])), [0.5, np.float64(2)])


@pytest.mark.parametrize(
    "value", [object(), {1, 2}, b"x", 1j, range(3), len, (n for n in ()), np.array([1j])]
)
def test_any_other_object_is_the_name_of_its_type(value):
    got = decode(encode(value))
    assert isinstance(got, Foreign)
    assert got != value
    with pytest.raises(WireError):
        encode(value, strict=True)


def test_an_object_with_the_name_of_plain_data_is_none():
    got = decode(encode(type("float", (), {})()))
    assert kind_of(got) not in ("float", "int", "bool")


def nested(depth):
    value = []
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize("value", [nested(100), [0] * 400_000, "x" * 5_000_000, np.zeros(2_000_000)], ids=len)
def test_values_over_the_limits_are_not_sent(value):
    with pytest.raises(WireError):
        encode(value)


def message(tree, arrays=b"", text=None):
    data = (json.dumps(tree) if text is None else text).encode()
    return struct.pack(">II", len(data), len(arrays)) + data + arrays


MALFORMED = {
    "no JSON": message(0, text="{"),
    "an unknown tag": message({"z": 1}),
    "two tags": message({"t": [], "d": []}),
    "a tuple of nothing": message({"t": 3}),
    "a dict of nothing": message({"d": [1]}),
    "a key that cannot be one": message({"d": [[[1], 2]]}),
    "an array of objects": message({"a": ["object", [1], [0, 8]]}, bytes(8)),
    "an array of a made-up dtype": message({"a": ["O8,(2,3)i4", [1], [0, 8]]}, bytes(8)),
    "a shape that does not fit": message({"a": ["int64", [2], [0, 8]]}, bytes(8)),
    "a shape of negative sides": message({"a": ["int64", [-1, -1], [0, 8]]}, bytes(8)),
    "a shape of floats": message({"a": ["int64", [1.0], [0, 8]]}, bytes(8)),
    "a shape of many sides": message({"a": ["int8", [1] * 40, [0, 1]]}, bytes(1)),
    "a side beyond all memory": message({"a": ["int8", [0, 1 << 60], [0, 0]]}),
    "bytes from elsewhere": message({"a": ["int8", [8], [-8, 8]]}, bytes(8)),
    "bytes beyond the end": message({"a": ["int8", [8], [4, 8]]}, bytes(8)),
    "a scalar that is text": message({"n": ["int8", "1"]}),
    "a scalar out of range": message({"n": ["int8", 1000]}),
    "a tensor of a made-up dtype": message({"T": ["load", [1], [0, 8], False]}, bytes(8)),
    "a tensor that does not fit": message({"T": ["float32", [3], [0, 8], False]}, bytes(8)),
    "a generator of nothing": message({"g": [0, 8]}, bytes(8)),
    "a name that is none": message({"x": 7}),
    "nested too deeply": message(nested(200)),
    "nested beyond the parser": message(0, text="[" * 200_000),
    "too many values": message([0] * 400_000),
    "a number of many digits": message(0, text="1" * 100_000),
    "cut off": message([1, 2, 3])[:-1],
    "nothing": b"",
}


@pytest.mark.parametrize("data", MALFORMED.values(), ids=MALFORMED)
def test_malformed_messages_are_refused(data):
    with pytest.raises(WireError):
        decode(data)


@given(st.binary(max_size=200))
def test_random_bytes_are_a_value_or_refused(data):
    try:
        decode(struct.pack(">II", len(data), 0) + data)
    except WireError:
        return


def test_a_message_that_says_it_is_large_is_not_waited_for():
    def read(size):
        assert size == 8
        return struct.pack(">II", codec.MAX_JSON + 1, 0)

    with pytest.raises(WireError, match="too large"):
        codec.read_message(read)


def test_half_characters_are_made_whole():
    assert decode(message("\ud800")).encode("utf-8") == b"?"


def test_a_huge_int_is_no_number():
    assert isinstance(decode(message(10**400)), Foreign)
    assert isinstance(decode(encode(10**400)), Foreign)
