"""Lines of texts: where each is and what it says, and texts with some of them cut out."""

from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.core.arrow import string_array, string_buffers
from pipelines.core.kernel import inner_kernel
from pipelines.core.kernels import decode_utf8, mix
from pipelines.text.minhash import folded_letters

_NEWLINE = 10
_ODD = np.uint64(0x9E3779B97F4A7C15)


class Lines(NamedTuple):
    """One entry per line: row, first byte and the one after the last within the row's text, letters, hash of these."""

    row: NDArray[np.int32]
    start: NDArray[np.int32]
    stop: NDArray[np.int32]
    letters: NDArray[np.int32]
    content: NDArray[np.uint64]


def find_lines(texts: pa.StringArray, minimum: int) -> Lines:
    """Lines of ``minimum`` letters and digits or more, in order; white space, punctuation and case do not count."""
    offsets, data = string_buffers(texts)
    room = int(np.count_nonzero(data == _NEWLINE)) + len(texts)
    numbers = np.empty((4, room), np.int32)
    content = np.empty(room, np.uint64)
    count = _scan(offsets, data, folded_letters(), minimum, numbers, content)
    row, start, stop, letters = numbers[:, :count]
    return Lines(row, start, stop, letters, content[:count])


def cut_lines(
    texts: pa.StringArray, row: NDArray[np.int32], start: NDArray[np.int32], stop: NDArray[np.int32]
) -> pa.StringArray:
    """``texts`` without the lines given by row (ascending), start (ascending within a row) and stop, in bytes.

    With a line goes the newline behind it or, at the end of a text, the one before.
    """
    offsets, data = string_buffers(texts)
    out = np.empty(len(data), np.uint8)
    ends = np.zeros(len(offsets), np.int64)
    _cut(offsets, data, row, start, stop, out, ends)
    return string_array(ends, out[: ends[-1]])


@inner_kernel
def _scan(offsets: Any, data: Any, folded: Any, minimum: int, numbers: Any, content: Any) -> Any:
    """Write row, start, stop and letters of the lines that are long enough, and their hashes; returns how many."""
    count = 0
    for row in range(len(offsets) - 1):
        position, end = offsets[row], offsets[row + 1]
        start: Any = position
        letters: Any = 0
        state = np.uint64(0)
        while position <= end:
            if position == end or data[position] == _NEWLINE:
                if letters >= minimum:
                    numbers[0, count] = row
                    numbers[1, count] = start - offsets[row]
                    numbers[2, count] = position - offsets[row]
                    numbers[3, count] = letters
                    content[count] = mix(state)
                    count += 1
                position += 1
                start, letters, state = position, 0, np.uint64(0)
                continue
            code, position = decode_utf8(data, position)
            letter = folded[code]
            if letter:
                letters += 1
                state = (state ^ np.uint64(letter)) * _ODD
                state ^= state >> np.uint64(32)
    return count


@inner_kernel
def _cut(offsets: Any, data: Any, rows: Any, starts: Any, stops: Any, out: Any, ends: Any) -> None:
    size = 0
    cut = 0
    for row in range(len(offsets) - 1):
        position, end = offsets[row], offsets[row + 1]
        first = size
        while cut < len(rows) and rows[cut] == row:
            start, stop = offsets[row] + starts[cut], offsets[row] + stops[cut]
            while position < start:
                out[size] = data[position]
                position += 1
                size += 1
            position = stop
            if stop < end:
                position = stop + 1
            elif size > first:
                size -= 1
            cut += 1
        while position < end:
            out[size] = data[position]
            position += 1
            size += 1
        ends[row + 1] = size
