"""Which of some given texts stand, whole or in part, in documents: found by their n-grams of letters and digits.

The letters are those of MinHash: white space, punctuation and case do not count, so that a text is found again however
it is spaced and quoted. An n-gram is known by a 64-bit rolling hash; a filter of one bit per hash answers most of the
look-ups (Bloom 1970, with one hash function).
"""

from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.core.arrow import string_buffers
from pipelines.core.kernel import inner_kernel, kernel
from pipelines.core.kernels import decode_utf8, mix
from pipelines.text.minhash import folded_letters

_BASE = np.uint64(0x100000001B3)
_NEWLINE = 10
_FILTER_BITS = 16  # per n-gram, at least: one look-up in 16 is a false alarm, which the table then finds out
_FIRST_ROOM = 256


class Matches(NamedTuple):
    """One entry per document and text found in it, ascending: row of the document, text, how many of its n-grams."""

    row: NDArray[np.int32]
    text: NDArray[np.int32]
    found: NDArray[np.int32]


class Ranges(NamedTuple):
    """One entry per range: row of its document, first byte and the one after the last within the row's text."""

    row: NDArray[np.int32]
    start: NDArray[np.int32]
    stop: NDArray[np.int32]


class NgramIndex(NamedTuple):
    """The distinct n-grams of texts, 50 bytes each or less; ``ngrams`` says how many each text has."""

    ngrams: NDArray[np.int64]
    widths: NDArray[np.int64]  # of all n-grams, each once
    bits: NDArray[np.uint64]
    slots: NDArray[np.int32]  # number of an n-gram, -1 where free; open addressing
    hashes: NDArray[np.uint64]  # of the n-grams, ascending
    starts: NDArray[np.int64]  # where the texts of each n-gram begin in ``texts``
    texts: NDArray[np.int32]


def index_ngrams(texts: pa.StringArray, width: NDArray[np.int64]) -> NgramIndex:
    """Index of the n-grams of ``width[i]`` (1 or more) letters of each text ``i``; it has none if it is shorter."""
    offsets, data = string_buffers(texts)
    hashes = np.empty(len(data), np.uint64)
    owners = np.empty(len(data), np.int32)
    count = _ngrams(offsets, data, folded_letters(), width, hashes, owners)
    order = np.lexsort((owners[:count], hashes[:count]))
    hashes, owners = hashes[:count][order], owners[:count][order]
    once = np.ones(count, bool)
    once[1:] = (hashes[1:] != hashes[:-1]) | (owners[1:] != owners[:-1])
    hashes, owners = hashes[once], owners[once]
    unique, starts = np.unique(hashes, return_index=True)
    ngrams = np.bincount(owners, minlength=len(texts))
    size = 64
    while size < 2 * len(unique):
        size *= 2
    bits, slots = np.zeros(size * _FILTER_BITS // 128, np.uint64), np.full(size, -1, np.int32)
    _fill_table(unique, bits, slots)
    return NgramIndex(ngrams, np.unique(width[ngrams > 0]), bits, slots, unique, np.append(starts, len(owners)), owners)


class Search:
    """Looks through documents for texts of ``index``; a document must hold ``needed[text]`` (1 or more) n-grams.

    It keeps notes, 8 bytes per n-gram, so a search is for one thread; the index may be shared.
    """

    def __init__(self, index: NgramIndex, needed: NDArray[np.int64]) -> None:
        self._index, self._needed = index, needed
        self._seen = np.zeros(len(index.hashes), np.int64)
        self._found = np.zeros((len(needed), 2), np.int64)
        self._rows = 0  # looked through so far: what is noted of a document is marked with its number

    def find(self, texts: pa.StringArray) -> Matches:
        """The indexed texts that each document holds."""
        offsets, data = string_buffers(texts)
        letters = np.empty(int(np.diff(offsets).max(initial=0)), np.uint32)
        notes = (self._seen, self._found, np.empty(len(self._needed), np.int32), letters)
        out = np.empty((_FIRST_ROOM, 3), np.int32)
        row = used = 0
        while True:
            mark = self._rows + 1
            row, used = _find(offsets, data, folded_letters(), self._index, self._needed, notes, mark, row, used, out)
            self._rows += len(texts)
            if row == len(texts):
                break
            out = np.concatenate([out, np.empty_like(out)])
        found = out[:used][np.lexsort((out[:used, 1], out[:used, 0]))]
        return Matches(*np.ascontiguousarray(found.T))

    def lines(self, texts: pa.StringArray, matches: Matches) -> Ranges:
        """The lines of the documents in which stands what ``find`` found there, in order.

        A line holds a quarter of what the document needs to hold of a text, or consists of it by half. An n-gram
        belongs to the line in which its middle is.
        """
        offsets, data = string_buffers(texts)
        longest = int(np.diff(offsets).max(initial=0)) + 1
        out = np.empty((_count_lines(offsets, data, np.unique(matches.row)), 3), np.int32)
        line_notes = (
            np.empty(longest, np.uint32),
            np.empty(longest, np.int32),
            np.empty(longest, np.int32),
            np.empty(longest, np.bool_),
        )
        notes = (np.full(len(self._needed), -1), np.zeros_like(self._needed), np.zeros_like(self._needed))
        used = _lines(offsets, data, folded_letters(), self._index, self._needed, matches, notes, line_notes, out)
        return Ranges(*np.ascontiguousarray(out[:used].T))


@inner_kernel
def _count_lines(offsets: Any, data: Any, rows: Any) -> Any:
    lines = len(rows)
    for row in rows:
        for position in range(offsets[row], offsets[row + 1]):
            lines += data[position] == _NEWLINE
    return lines


@inner_kernel
def _fold(data: Any, position: Any, end: Any, folded: Any, letters: Any) -> Any:
    """Write the letters of ``data[position:end]`` to ``letters``; returns how many."""
    count = 0
    while position < end:
        code, position = decode_utf8(data, position)
        letter = folded[code]
        if letter:
            letters[count] = letter
            count += 1
    return count


@inner_kernel
def _oldest(width: Any) -> Any:
    """What the letter that leaves a window of ``width`` letters is multiplied with."""
    power = np.uint64(1)
    for _ in range(width):
        power *= _BASE
    return power


@inner_kernel
def _number_of(value: Any, index: Any) -> Any:
    """Number of the n-gram with hash ``value``, -1 where there is none."""
    bit = np.int64(value >> np.uint64(32)) & np.int64(len(index.bits) * 64 - 1)
    if not (index.bits[bit >> 6] >> np.uint64(bit & 63)) & np.uint64(1):
        return np.int64(-1)
    mask = np.int64(len(index.slots) - 1)
    slot = np.int64(value) & mask
    while index.slots[slot] >= 0:
        if index.hashes[index.slots[slot]] == value:
            return np.int64(index.slots[slot])
        slot = (slot + 1) & mask
    return np.int64(-1)


@inner_kernel
def _fill_table(hashes: Any, bits: Any, slots: Any) -> None:
    mask = np.int64(len(slots) - 1)
    for number in range(len(hashes)):
        value = hashes[number]
        bit = np.int64(value >> np.uint64(32)) & np.int64(len(bits) * 64 - 1)
        bits[bit >> 6] |= np.uint64(1) << np.uint64(bit & 63)
        slot = np.int64(value) & mask
        while slots[slot] >= 0:
            slot = (slot + 1) & mask
        slots[slot] = number


@kernel
def _ngrams(offsets: Any, data: Any, folded: Any, width: Any, hashes: Any, owners: Any) -> Any:
    """Write the hash of every n-gram and the text that it is of; returns how many there are."""
    used = 0
    letters = np.empty(len(data), np.uint32)
    for row in range(len(width)):
        size = width[row]
        count = _fold(data, offsets[row], offsets[row + 1], folded, letters)
        oldest = _oldest(size)
        state = np.uint64(0)
        for index in range(count):
            state = state * _BASE + np.uint64(letters[index])
            if index >= size:
                state -= np.uint64(letters[index - size]) * oldest
            if index >= size - 1:
                hashes[used] = mix(state ^ np.uint64(size))
                owners[used] = row
                used += 1
    return used


@inner_kernel
def _find(
    offsets: Any, data: Any, folded: Any, index: Any, needed: Any, notes: Any, mark: Any, row: Any, used: Any, out: Any
) -> Any:
    """Write the matches of the documents from ``row`` on behind the ``used`` ones that ``out`` holds.

    Returns the row of the first document whose matches found no room (or the number of rows), and how many are held.
    """
    seen, found, touched, letters = notes
    while row < len(offsets) - 1:
        length = _fold(data, offsets[row], offsets[row + 1], folded, letters)
        document = mark + row
        touching = 0
        for size in index.widths:
            oldest = _oldest(size)
            state = np.uint64(0)
            for place in range(length):
                state = state * _BASE + np.uint64(letters[place])
                if place >= size:
                    state -= np.uint64(letters[place - size]) * oldest
                if place < size - 1:
                    continue
                number = _number_of(mix(state ^ np.uint64(size)), index)
                if number < 0 or seen[number] == document:
                    continue
                seen[number] = document
                for entry in range(index.starts[number], index.starts[number + 1]):
                    text = index.texts[entry]
                    if found[text, 0] != document:
                        found[text, 0] = document
                        found[text, 1] = 0
                        touched[touching] = text
                        touching += 1
                    found[text, 1] += 1
        enough = 0
        for touch in range(touching):
            enough += found[touched[touch], 1] >= needed[touched[touch]]
        if used + enough > len(out):
            break
        for touch in range(touching):
            text = touched[touch]
            if found[text, 1] >= needed[text]:
                out[used, 0] = row
                out[used, 1] = text
                out[used, 2] = found[text, 1]
                used += 1
        row += 1
    return row, used


@inner_kernel
def _lines(
    offsets: Any, data: Any, folded: Any, index: Any, needed: Any, matches: Any, notes: Any, line_notes: Any, out: Any
) -> Any:
    """Write row, start and stop of the lines that hold enough of what their document matches; returns how many."""
    wanted, at, count = notes
    letters, line, width, holds = line_notes
    used = 0
    match = 0
    while match < len(matches.row):
        row = matches.row[match]
        while match < len(matches.row) and matches.row[match] == row:
            wanted[matches.text[match]] = row
            at[matches.text[match]] = -1
            match += 1
        length = _fold_lines(data, offsets[row], offsets[row + 1], folded, letters, line, width, holds)
        for size in index.widths:
            oldest = _oldest(size)
            state = np.uint64(0)
            for place in range(length):
                state = state * _BASE + np.uint64(letters[place])
                if place >= size:
                    state -= np.uint64(letters[place - size]) * oldest
                if place < size - 1:
                    continue
                number = _number_of(mix(state ^ np.uint64(size)), index)
                if number < 0:
                    continue
                here = line[place - size // 2]
                for entry in range(index.starts[number], index.starts[number + 1]):
                    text = index.texts[entry]
                    if wanted[text] == row:
                        if at[text] != here:
                            at[text] = here
                            count[text] = 0
                        count[text] += 1
                        if 4 * count[text] >= needed[text] or 2 * count[text] >= width[here]:
                            holds[here] = True
        position = start = offsets[row]
        lines = 0
        while position <= offsets[row + 1]:
            if position == offsets[row + 1] or data[position] == _NEWLINE:
                if holds[lines]:
                    out[used, 0] = row
                    out[used, 1] = start - offsets[row]
                    out[used, 2] = position - offsets[row]
                    used += 1
                lines += 1
                start = position + 1
            position += 1
    return used


@inner_kernel
def _fold_lines(
    data: Any, position: Any, end: Any, folded: Any, letters: Any, line: Any, width: Any, holds: Any
) -> Any:
    """As ``_fold``, with the line that each letter is in; how many letters are in each line; no line holds anything."""
    count = 0
    lines = 0
    width[0], holds[0] = 0, False
    while position < end:
        if data[position] == _NEWLINE:
            lines += 1
            width[lines], holds[lines] = 0, False
        code, position = decode_utf8(data, position)
        if folded[code]:
            letters[count] = folded[code]
            line[count] = lines
            width[lines] += 1
            count += 1
    return count
