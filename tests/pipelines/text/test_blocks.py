"""Blocks of 64 bytes: what their bits say, against Python's own view of every byte."""

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from pipelines.core.blocks import BLOCK, between, count_bits, equal_to_next, lowest
from pipelines.core.kernel import inner_kernel
from pipelines.text.blocks import continuations_in, letters_in, syllables_in, whole

CHARACTERS = "azAZ09@[`{ \n!.\u007f\u00e9가힣\ud6ff\ud77f\ud780\uabff한ㅋ一\uffff😀"


@inner_kernel
def _bits(data: Any, out: Any) -> None:
    out[0] = between(data, 0, 0x21, 0x7E)
    out[1] = equal_to_next(data, 0)
    out[2] = letters_in(data, 0)
    out[3] = syllables_in(data, 0)
    out[4] = continuations_in(data, 0)
    out[5] = whole(letters_in(data, 0) | syllables_in(data, 0) | continuations_in(data, 0), syllables_in(data, 0))
    out[6] = count_bits(out[2])


def _texts() -> list[bytes]:
    choose = random.Random(7)
    mixed = ["".join(choose.choices(CHARACTERS, k=70)) for _ in range(300)]
    return [text.encode() for text in [*mixed, "가" * 70, "a" + "가" * 70, "ab" + "한" * 70, "a" * 70]]


def _read(text: bytes) -> NDArray[np.uint64]:
    out = np.zeros(7, np.uint64)
    _bits(np.frombuffer(text, np.uint8), out)
    return out


def _set(bits: np.uint64) -> set[int]:
    return {at for at in range(BLOCK) if int(bits) >> at & 1}


def _is_syllable(text: bytes, at: int) -> bool:
    if text[at] < 0xEA or at + 3 > len(text):
        return False
    return "가" <= text[at : at + 3].decode("utf-8", "replace")[0] < "\ud780"


@pytest.mark.parametrize(
    ("index", "belongs"),
    [
        (0, lambda text, at: 0x21 <= text[at] <= 0x7E),
        (1, lambda text, at: text[at] == text[at + 1]),
        (2, lambda text, at: chr(text[at]).isalpha() and text[at] < 0x80),
        (4, lambda text, at: text[at] & 0xC0 == 0x80),
    ],
)
def test_bits_say_which_bytes_are_of_a_kind(index: int, belongs: Callable[[bytes, int], bool]) -> None:
    for text in _texts():
        assert _set(_read(text)[index]) == {at for at in range(BLOCK) if belongs(text, at)}


def test_syllables_are_found_by_their_first_byte() -> None:
    for text in _texts():
        wanted = {at for at in range(BLOCK) if _is_syllable(text, at)}
        if text[BLOCK - 1] in (0xEA, 0xED):  # the byte that tells is not in the block
            wanted -= {BLOCK - 1}
        assert _set(_read(text)[3]) == wanted


def test_a_run_ends_where_a_character_does() -> None:
    for text in _texts():
        run = int(_read(text)[5])
        characters = text[:run].decode()
        assert all((c.isascii() and c.isalpha()) or "가" <= c < "\ud780" for c in characters)
        following = text[run:].decode()[0]
        fits = run + len(following.encode()) <= BLOCK
        assert not (fits and ((following.isascii() and following.isalpha()) or "가" <= following < "\ud780"))


def test_bits_are_counted() -> None:
    assert all(int(read[6]) == len(_set(read[2])) for read in map(_read, _texts()))
    assert [int(lowest(count)) for count in (1, 5, BLOCK)] == [1, 31, 2**64 - 1]
