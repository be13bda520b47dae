"""Eight bytes at a time give what one byte at a time does."""

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipelines.core.bits import copy_bytes, first_bytes, leading_letters, load_eight, trailing_zeros
from pipelines.core.kernel import kernel

eight = st.lists(st.one_of(st.integers(0, 255), st.sampled_from(b"@AZ[`az{")), min_size=8, max_size=8).map(bytes)


@kernel
def _load(data: Any, position: int) -> Any:
    return load_eight(data, position)


@kernel
def _zeros(value: Any) -> Any:
    return trailing_zeros(value)


@given(content=st.binary(min_size=8, max_size=20), choice=st.data())
def test_eight_bytes_from_any_place(content: bytes, choice: st.DataObject) -> None:
    position = choice.draw(st.integers(0, len(content) - 8))
    expected = int.from_bytes(content[position : position + 8], "little")
    assert int(_load(np.frombuffer(content, np.uint8), position)) == expected


@kernel
def _copy(source: Any, start: int, count: int, target: Any, place: int) -> None:
    copy_bytes(source, start, count, target, place)


@given(content=st.binary(max_size=30), choice=st.data())
def test_bytes_are_copied(content: bytes, choice: st.DataObject) -> None:
    start = choice.draw(st.integers(0, len(content)))
    count, place = choice.draw(st.integers(0, len(content) - start)), choice.draw(st.integers(0, 5))
    target = np.full(40, 7, np.uint8)
    _copy(np.frombuffer(content, np.uint8), start, count, target, place)
    assert target.tobytes() == b"\7" * place + content[start : start + count] + b"\7" * (40 - place - count)


@given(eight)
def test_letters_that_lead(content: bytes) -> None:
    letters = [byte < 0x80 and chr(byte).isalpha() for byte in content]
    expected = letters.index(False) if False in letters else 8
    assert leading_letters(np.uint64(int.from_bytes(content, "little"))) == expected


@given(eight, st.integers(1, 8))
def test_first_bytes(content: bytes, count: int) -> None:
    word = np.uint64(int.from_bytes(content, "little"))
    assert int(first_bytes(word, count)) == int.from_bytes(content[:count], "little")


@given(st.integers(0, 63))
def test_trailing_zeros(place: int) -> None:
    assert _zeros(np.uint64(1 << place)) == place
    assert _zeros(np.uint64(0)) == 64
