"""Counting words: the distinct pieces that a tokenizer's pre-tokenisation cuts texts into, and how often they occur."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipelines.core.arrow import string_array, string_buffers
from pipelines.core.kernel import inner_kernel
from pipelines.core.kernels import eight_bytes, hash_bytes, mix
from pipelines.core.keys import hash_array
from pipelines.core.prefetch import prefetch
from pipelines.text.cutting import WORD_MARK, Cutter, Family

_LONGEST = 400
"""Bytes; longer pieces are no words, and teach a vocabulary nothing."""
_CUT_BYTES = 1 << 20  # of text, cut and counted at a time, so that its pieces are still in the processor's cache
_PIECE, _WORDS, _BYTES = range(3)
_FIRST, _SECOND, _START, _STOP, _COUNT, _MARK = range(6)
_FIELDS = 8
_MARK_BYTES = chr(WORD_MARK).encode()
_AHEAD = 32
_GROUPS = 256
_GROWTH = 4
_ORDER_SEED = 0x0DE2
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def count_words(
    texts: pa.Array | pa.ChunkedArray,
    *,
    lowercase: bool,
    split_digits: bool,
    family: Family = "wordpiece",
    placeholders: Sequence[str] = (),
) -> tuple[pa.StringArray, NDArray[np.int64]]:
    """Distinct words of ``texts`` in order of first appearance, and their counts (int64)."""
    counter = WordCounter(family=family, lowercase=lowercase, split_digits=split_digits, placeholders=placeholders)
    counter.add(*string_buffers(texts))
    return counter.result()


class MergedCounts(NamedTuple):
    """Row of one occurrence of each word and group, and its sum of counts; how many words, groups apart."""

    rows: NDArray[np.int64]
    counts: NDArray[np.int64]
    words: int


def merge_counts(
    words: pa.StringArray | pa.ChunkedArray, groups: NDArray[np.int64], counts: NDArray[np.int64]
) -> MergedCounts:
    """Sums of ``counts`` by word and group (0 to 255), in an order that does not depend on that of the rows.

    The groups of a word stand together. The order is that of a hash, which costs a quarter of comparing words.
    """
    offsets, data = string_buffers(words)
    keys = hash_array(words, _ORDER_SEED) & ~np.uint64(_GROUPS - 1) | groups.astype(np.uint64)
    merged = _merged(keys, offsets, data, counts)
    if merged is None:  # two words with one hash
        keys = pc.rank(words, tiebreaker="dense").to_numpy() * np.uint64(_GROUPS) | groups.astype(np.uint64)
        merged = _merged(keys, offsets, data, counts)
    assert merged is not None
    return merged


def _merged(
    keys: NDArray[np.uint64], offsets: NDArray[np.int64], data: NDArray[np.uint8], counts: NDArray[np.int64]
) -> MergedCounts | None:
    """By key, the hash of a word with its group; None where one is of two words.

    Rows are summed in a table, as most repeat a word of another, and only what is left is put in order.
    """
    table, firsts = np.full(1 << 12, -1, np.int64), np.empty(1 << 11, np.int64)
    sums, state = np.empty(len(keys), np.int64), np.zeros(2, np.int64)
    while (left := _sum(keys, offsets, data, counts, table, firsts, sums, state)) > 0:
        firsts, table = _larger(firsts), np.full(_GROWTH * len(table), -1, np.int64)
        _place(keys, firsts[: state[_WORDS]], table)
    if left < 0:
        return None
    rows = firsts[: state[_WORDS]]
    rows = rows[np.argsort(keys[rows])]
    words = _words(rows, keys, offsets, data)
    return None if words < 0 else MergedCounts(rows, sums[rows], words)


def order_of_beginnings(words: pa.StringArray | pa.ChunkedArray) -> NDArray[np.int64]:
    """Rows in order of their first eight bytes, and otherwise as they stand.

    Loops over words that begin alike, one after the other, find in the processor's cache what they look up.
    """
    beginnings = np.empty(len(words), np.uint64)
    _begin(*string_buffers(words), beginnings)
    return np.argsort(beginnings, kind="stable")


class WordCounter:
    """Counts over any number of batches; memory grows with the distinct words only.

    Words over ``LONGEST_WORD`` characters are left out, and so are the ``placeholders`` (any added token of the
    tokenizer), which end the word before them.
    """

    def __init__(
        self, *, lowercase: bool, split_digits: bool, family: Family = "wordpiece", placeholders: Sequence[str] = ()
    ) -> None:
        self._cut = Cutter(family, lowercase, split_digits, tuple(placeholders))
        self._state = np.zeros(3, np.int64)
        self._table = np.full(1 << 12, -1, np.int64)
        self._entries = np.empty((1 << 11, _FIELDS), np.int64)
        self._bytes = np.empty(1 << 16, np.uint8)
        self._ahead = np.empty((_AHEAD, 3), np.int64)

    def add(self, offsets: NDArray[np.int64], data: NDArray[np.uint8]) -> None:
        """Count the words of the texts ``data[offsets[i]:offsets[i + 1]]`` (UTF-8)."""
        start = 0
        while start + 1 < len(offsets):
            stop = max(start + 1, int(np.searchsorted(offsets, offsets[start] + _CUT_BYTES, "right")) - 1)
            begin = offsets[start]
            pieces = self._cut(offsets[start : stop + 1] - begin, data[begin : offsets[stop]])
            self._state[_PIECE] = 0
            tables = (self._table, self._entries, self._bytes, self._ahead)
            while _count(pieces.data, pieces.starts, pieces.stops, self._state, *tables):
                self._grow()
                tables = (self._table, self._entries, self._bytes, self._ahead)
            start = stop

    def result(self) -> tuple[pa.StringArray, NDArray[np.int64]]:
        """Distinct words in order of first appearance, and their counts (int64)."""
        entries = self._entries[: self._state[_WORDS]]
        words = np.empty(self._state[_BYTES] + len(_MARK_BYTES) * int(entries[:, _MARK].sum()), np.uint8)
        offsets = np.zeros(len(entries) + 1, np.int64)
        _write_words(entries, self._bytes, np.frombuffer(_MARK_BYTES, np.uint8), words, offsets)
        return string_array(offsets, words), entries[:, _COUNT].copy()

    def _grow(self) -> None:
        """Make room where it is nearly full; the loop stops before it runs out and goes on where it stood."""
        words = self._state[_WORDS]
        if 2 * words >= len(self._table):
            self._entries = _larger(self._entries)
            self._table = np.full(_GROWTH * len(self._table), -1, np.int64)
            _rebuild(self._table, self._entries, self._bytes, words)
        if self._state[_BYTES] + _LONGEST > len(self._bytes):
            self._bytes = _larger(self._bytes)


def _larger(array: NDArray[Any]) -> NDArray[Any]:
    larger = np.empty((_GROWTH * len(array), *array.shape[1:]), array.dtype)
    larger[: len(array)] = array
    return larger


@inner_kernel
def _sum(keys: Any, offsets: Any, data: Any, counts: Any, table: Any, firsts: Any, sums: Any, state: Any) -> Any:
    """Sums of counts at the first row of each key; 1 where the table is half full, -1 where one key is of two words."""
    mask, used = np.int64(len(table) - 1), state[_WORDS]
    for row in range(state[_PIECE], len(keys)):
        slot = np.int64(keys[row] // _GROUPS) & mask
        while table[slot] >= 0 and keys[table[slot]] != keys[row]:
            slot = (slot + 1) & mask
        first = table[slot]
        if first >= 0:
            if not _same_word(offsets, data, row, first):
                return -1
            sums[first] += counts[row]
            continue
        if used == len(firsts):
            state[_PIECE], state[_WORDS] = row, used
            return 1
        table[slot], firsts[used], sums[row] = row, row, counts[row]
        used += 1
    state[_WORDS] = used
    return 0


@inner_kernel
def _place(keys: Any, rows: Any, table: Any) -> None:
    mask = np.int64(len(table) - 1)
    for row in rows:
        slot = np.int64(keys[row] // _GROUPS) & mask
        while table[slot] >= 0:
            slot = (slot + 1) & mask
        table[slot] = row


@inner_kernel
def _words(rows: Any, keys: Any, offsets: Any, data: Any) -> Any:
    """How many words there are, groups apart, in rows in order of their keys; -1 where one hash is of two words."""
    words = 0
    for index in range(len(rows)):
        # Rows in the order of a hash lie all over memory: what a later one will read is asked for now.
        if index + 2 * _AHEAD < len(rows):
            prefetch(keys, rows[index + 2 * _AHEAD])
            prefetch(offsets, rows[index + 2 * _AHEAD])
            prefetch(data, offsets[rows[index + _AHEAD]])
        row, last = rows[index], rows[max(0, index - 1)]
        if index and keys[row] // _GROUPS == keys[last] // _GROUPS:
            if not _same_word(offsets, data, row, last):
                return -1
        else:
            words += 1
    return words


@inner_kernel
def _same_word(offsets: Any, data: Any, one: Any, other: Any) -> Any:
    start, second, length = offsets[one], offsets[other], offsets[one + 1] - offsets[one]
    if length != offsets[other + 1] - second:
        return False
    for byte in range(length):
        if data[start + byte] != data[second + byte]:
            return False
    return True


@inner_kernel
def _begin(offsets: Any, data: Any, out: Any) -> None:
    """The first eight bytes of each string as a number of the same order."""
    for index in range(len(out)):
        start, stop = offsets[index], offsets[index + 1]
        value = np.uint64(0)
        for place in range(8):
            byte = data[start + place] if start + place < stop else 0
            value = value << np.uint64(8) | np.uint64(byte)
        out[index] = value


@inner_kernel
def _hash_word(first: Any, second: Any, mark: Any, data: Any, start: Any, length: Any) -> Any:
    """Hash of a word from its first 16 bytes as two integers, and from all bytes where it has more."""
    if length > 16:
        return hash_bytes(data, start, start + length, mark)
    return mix(np.uint64(first) * _GOLDEN ^ np.uint64(second) ^ np.uint64(2 * length + mark))


@inner_kernel
def _rebuild(table: Any, entries: Any, words: Any, count: Any) -> None:
    mask = np.int64(len(table) - 1)
    for index in range(count):
        start = entries[index, _START]
        length = entries[index, _STOP] - start
        first, second = entries[index, _FIRST], entries[index, _SECOND]
        hashed = np.int64(_hash_word(first, second, entries[index, _MARK], words, start, length) >> np.uint64(1))
        slot = hashed & mask
        while table[slot] >= 0:
            slot = (slot + 1) & mask
        table[slot] = (hashed >> 32 << 32) | index


@inner_kernel
def _write_words(entries: Any, source: Any, mark: Any, words: Any, offsets: Any) -> None:
    place = np.int64(0)
    for index in range(len(entries)):
        if entries[index, _MARK]:
            for byte in range(len(mark)):
                words[place] = mark[byte]
                place += 1
        for position in range(entries[index, _START], entries[index, _STOP]):
            words[place] = source[position]
            place += 1
        offsets[index + 1] = place


@inner_kernel
def _count(data: Any, starts: Any, stops: Any, state: Any, table: Any, entries: Any, words: Any, ahead: Any) -> bool:
    """Count from ``state`` on; True when room has run out, with ``state`` where to go on from.

    Words lie all over memory. A block of pieces (rows of ``ahead``) is therefore looked up in three rounds, of which
    the first two ask the processor to fetch what the next will read, all at once.
    """
    mask = np.int64(len(table) - 1)
    distinct = state[_WORDS]
    used = state[_BYTES]
    for block in range(state[_PIECE], len(starts), len(ahead)):
        size = min(len(ahead), len(starts) - block)
        for place in range(size):
            piece = block + place
            begin = starts[piece] >> 1
            length = stops[piece] - begin
            if starts[piece] < 0 or length > _LONGEST:
                ahead[place, 2] = -1
                continue
            first = np.int64(eight_bytes(data, begin, length))
            second = np.int64(eight_bytes(data, begin + 8, length - 8)) if length > 8 else np.int64(0)
            hashed = _hash_word(first, second, starts[piece] & 1, data, begin, length)
            ahead[place, 0] = first
            ahead[place, 1] = second
            ahead[place, 2] = np.int64(hashed >> np.uint64(1))
            prefetch(table, np.int64(hashed >> np.uint64(1)) & mask)
        for place in range(size):
            hashed = ahead[place, 2]
            if hashed >= 0:
                known = table[hashed & mask]
                if known >> 32 == hashed >> 32:
                    prefetch(entries, (known & 0xFFFFFFFF) * _FIELDS)
        for place in range(size):
            hashed = ahead[place, 2]
            if hashed < 0:
                continue
            piece = block + place
            begin = starts[piece] >> 1
            marked = starts[piece] & 1
            length = stops[piece] - begin
            slot = hashed & mask
            searching: Any = True
            while searching and table[slot] >= 0:
                if table[slot] >> 32 == hashed >> 32:
                    known = table[slot] & 0xFFFFFFFF
                    start = entries[known, _START]
                    if (
                        entries[known, _FIRST] == ahead[place, 0]
                        and entries[known, _SECOND] == ahead[place, 1]
                        and entries[known, _STOP] - start == length
                        and entries[known, _MARK] == marked
                    ):
                        same: Any = np.int64(16)
                        while same < length and words[start + same] == data[begin + same]:
                            same += 1
                        searching = same < length
                        entries[known, _COUNT] += same >= length
                slot = (slot + 1) & mask
            if searching:
                for byte in range(length):
                    words[used + byte] = data[begin + byte]
                table[slot] = (hashed >> 32 << 32) | distinct
                entries[distinct, _FIRST] = ahead[place, 0]
                entries[distinct, _SECOND] = ahead[place, 1]
                entries[distinct, _START] = used
                entries[distinct, _STOP] = used + length
                entries[distinct, _COUNT] = 1
                entries[distinct, _MARK] = marked
                distinct += 1
                used += length
                state[_WORDS] = distinct
                state[_BYTES] = used
                if 2 * distinct >= len(table) or used + _LONGEST > len(words):
                    state[_PIECE] = piece + 1
                    return True
    state[_PIECE] = len(starts)
    return False
