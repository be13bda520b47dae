"""Lines of texts: where each is and what it says, and texts with some of them cut out."""

from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.core.arrow import string_array, string_buffers
from pipelines.core.kernel import kernel
from pipelines.core.kernels import decode_utf8, mix
from pipelines.text.minhash import folded_letters

_NEWLINE = 10


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
    count = _scan(offsets, data, folded_letters(), minimum, _no_lines(0), False)
    found = _no_lines(count)
    _scan(offsets, data, folded_letters(), minimum, found, True)
    return found


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


def _no_lines(count: int) -> Lines:
    numbers = [np.zeros(count, np.int32) for _ in range(4)]
    return Lines(numbers[0], numbers[1], numbers[2], numbers[3], np.zeros(count, np.uint64))


@kernel
def _scan(offsets: Any, data: Any, folded: Any, minimum: int, lines: Any, fill: bool) -> Any:
    """How many lines are long enough; writes them to ``lines`` where ``fill`` says so."""
    count = 0
    for row in range(len(offsets) - 1):
        position, end = offsets[row], offsets[row + 1]
        start: Any = position
        letters: Any = 0
        state = np.uint64(0)
        while position <= end:
            if position == end or data[position] == _NEWLINE:
                if letters >= minimum:
                    if fill:
                        lines.row[count] = row
                        lines.start[count] = start - offsets[row]
                        lines.stop[count] = position - offsets[row]
                        lines.letters[count] = letters
                        lines.content[count] = mix(state)
                    count += 1
                position += 1
                start, letters, state = position, 0, np.uint64(0)
                continue
            code, position = decode_utf8(data, position)
            letter = folded[code]
            if letter:
                letters += 1
                state = mix(state ^ np.uint64(letter))
    return count


@kernel
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
