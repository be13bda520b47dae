"""Counting words: the distinct pre-tokens that BERT's normaliser and pre-tokeniser make of texts, and how often."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.core.arrow import string_array, string_buffers
from pipelines.core.kernel import kernel
from pipelines.core.kernels import decode_utf8, encode_utf8, hash_bytes, mix
from pipelines.text.characters import (
    CLASS_BITS,
    DOTTED_I,
    DOTTED_I_LOWER,
    DROPPED,
    SPACE,
    WORD,
    character_table,
)
from pipelines.text.wordpiece import byte_trie

LONGEST_WORD = 100
"""Characters; WordPiece makes [UNK] of anything longer, so it teaches a vocabulary nothing."""

_CLASS_MASK = (1 << CLASS_BITS) - 1
_ROOM = 4 * (LONGEST_WORD + 8)
_ROW, _POSITION, _WORDS, _BYTES = range(4)
_FIRST, _SECOND, _START, _STOP, _COUNT = range(5)
_FIELDS = 8
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def count_words(
    texts: pa.Array | pa.ChunkedArray, *, lowercase: bool, split_digits: bool, placeholders: Sequence[str] = ()
) -> tuple[pa.StringArray, NDArray[np.int64]]:
    """Distinct words of ``texts`` in order of first appearance, and their counts (int64)."""
    counter = WordCounter(lowercase=lowercase, split_digits=split_digits, placeholders=placeholders)
    counter.add(texts)
    return counter.result()


class WordCounter:
    """Counts over any number of batches; memory grows with the distinct words only.

    Words over ``LONGEST_WORD`` characters are left out, and so are the ``placeholders`` (any added token of the
    tokenizer), which end the word before them.
    """

    def __init__(self, *, lowercase: bool, split_digits: bool, placeholders: Sequence[str] = ()) -> None:
        self._characters = character_table(lowercase, split_digits)
        self._placeholders = byte_trie(placeholders)
        self._state = np.zeros(4, np.int64)
        self._table = np.full(1 << 12, -1, np.int64)
        self._entries = np.zeros((1 << 11, _FIELDS), np.int64)
        self._bytes = np.zeros(1 << 16, np.uint8)

    def add(self, texts: pa.Array | pa.ChunkedArray) -> None:
        """Count the words of ``texts``."""
        offsets, data = string_buffers(texts)
        self._state[[_ROW, _POSITION]] = 0
        while _count(
            data,
            offsets,
            self._characters,
            self._placeholders,
            self._state,
            self._table,
            self._entries,
            self._bytes,
        ):
            self._grow()

    def result(self) -> tuple[pa.StringArray, NDArray[np.int64]]:
        """Distinct words in order of first appearance, and their counts (int64)."""
        entries = self._entries[: self._state[_WORDS]]
        offsets = np.append(np.int64(0), entries[:, _STOP])
        return string_array(offsets, self._bytes[: offsets[-1]].copy()), entries[:, _COUNT].copy()

    def _grow(self) -> None:
        """Double what is nearly full; the loop stops before it runs out and goes on where it stood."""
        words = self._state[_WORDS]
        if 2 * words >= len(self._table):
            self._entries = np.concatenate([self._entries, np.zeros_like(self._entries)])
            self._table = np.full(2 * len(self._table), -1, np.int64)
            _rebuild(self._table, self._entries, self._bytes, words)
        if self._state[_BYTES] + _ROOM > len(self._bytes):
            self._bytes = np.concatenate([self._bytes, np.zeros_like(self._bytes)])


@kernel
def _eight_bytes(data: Any, start: Any, length: Any) -> Any:
    """Up to eight bytes from ``start`` as one integer; the buffer must be readable for eight."""
    value = np.uint64(0)
    for byte in range(8):
        value |= np.uint64(data[start + byte]) << np.uint64(8 * byte)
    if length >= 8:
        return np.int64(value)
    return np.int64(value & ((np.uint64(1) << np.uint64(8 * max(length, 0))) - np.uint64(1)))


@kernel
def _hash_word(first: Any, second: Any, data: Any, start: Any, length: Any) -> Any:
    """Hash of a word from its first 16 bytes as two integers, and from all bytes where it has more."""
    if length > 16:
        return hash_bytes(data, start, start + length, 0)
    return mix(np.uint64(first) * _GOLDEN ^ np.uint64(second) ^ np.uint64(length))


@kernel
def _rebuild(table: Any, entries: Any, words: Any, count: Any) -> None:
    mask = np.int64(len(table) - 1)
    for index in range(count):
        start = entries[index, _START]
        length = entries[index, _STOP] - start
        hashed = _hash_word(entries[index, _FIRST], entries[index, _SECOND], words, start, length)
        slot = np.int64(hashed) & mask
        while table[slot] >= 0:
            slot = (slot + 1) & mask
        table[slot] = (np.int64(hashed >> np.uint64(33)) << 32) | index


@kernel
def _placeholder_end(placeholders: Any, data: Any, position: Any, end: Any) -> Any:
    """End of the longest placeholder that starts at ``position``, or ``position``."""
    found = position
    ahead = position
    node = placeholders[0, data[position]]
    while node:
        ahead += 1
        if placeholders[node, 256] >= 0:
            found = ahead
        node = placeholders[node, data[ahead]] if ahead < end else np.int32(0)
    return found


@kernel
def _count(
    data: Any, offsets: Any, characters: Any, placeholders: Any, state: Any, table: Any, entries: Any, words: Any
) -> bool:
    """Count from ``state`` on; True when room has run out, with ``state`` where to go on from.

    The word in hand is written behind the distinct words, where it stays if it is new. The loop calls no function that
    takes all the tables: for each word such a call would cost more than the work (measured: a third of the speed).
    """
    mask = np.int64(len(table) - 1)
    distinct = state[_WORDS]
    used = state[_BYTES]
    for row in range(state[_ROW], len(offsets) - 1):
        position = max(offsets[row], state[_POSITION])
        end = offsets[row + 1]
        letters: Any = np.int64(0)
        length: Any = np.int64(0)
        while position < end or letters:
            if position < end:
                stop = position
                if placeholders[0, data[position]]:
                    stop = _placeholder_end(placeholders, data, position, end)
                if stop > position:
                    if letters == 0:
                        position = stop
                        continue
                else:
                    code, stop = decode_utf8(data, position)
                    entry = np.int64(characters[code])
                    kind = entry & _CLASS_MASK
                    if kind == WORD or kind == DOTTED_I:
                        position = stop
                        if letters < LONGEST_WORD:
                            lower: Any = entry >> CLASS_BITS
                            if kind == DOTTED_I:
                                length = encode_utf8(DOTTED_I_LOWER[0], words, used + length) - used
                                lower = DOTTED_I_LOWER[1]
                                letters += 1
                            length = encode_utf8(lower, words, used + length) - used
                            letters += 1
                        else:
                            letters = LONGEST_WORD + 1
                        continue
                    if kind == DROPPED or (kind == SPACE and letters == 0):
                        position = stop
                        continue
                    if letters == 0:
                        length = encode_utf8(entry >> CLASS_BITS, words, used) - used
                        letters = 1
                        position = stop
            # A word ends here. What ended it is read again in the next round, with no word in hand.
            if letters <= LONGEST_WORD:
                first = _eight_bytes(words, used, length)
                second = _eight_bytes(words, used + 8, length - 8)
                hashed = _hash_word(first, second, words, used, length)
                tag = np.int64(hashed >> np.uint64(33))
                slot = np.int64(hashed) & mask
                searching: Any = True
                while searching and table[slot] >= 0:
                    if table[slot] >> 32 == tag:
                        known = table[slot] & 0xFFFFFFFF
                        start = entries[known, _START]
                        if (
                            entries[known, _FIRST] == first
                            and entries[known, _SECOND] == second
                            and entries[known, _STOP] - start == length
                        ):
                            same: Any = np.int64(16)
                            while same < length and words[start + same] == words[used + same]:
                                same += 1
                            searching = same < length
                            entries[known, _COUNT] += same >= length
                    slot = (slot + 1) & mask
                if searching:
                    table[slot] = (tag << 32) | distinct
                    entries[distinct, _FIRST] = first
                    entries[distinct, _SECOND] = second
                    entries[distinct, _START] = used
                    entries[distinct, _STOP] = used + length
                    entries[distinct, _COUNT] = 1
                    distinct += 1
                    used += length
                    state[_WORDS] = distinct
                    state[_BYTES] = used
                    if 2 * distinct >= len(table) or used + _ROOM > len(words):
                        state[_ROW] = row
                        state[_POSITION] = position
                        return True
            letters = 0
            length = 0
        state[_POSITION] = 0
    return False
