"""Lines that recur across the texts of a source: their hashes, and texts without the lines of given hashes."""

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.core.arrow import list_array, string_array, string_buffers
from pipelines.core.kernel import kernel
from pipelines.core.kernels import hash_bytes

_NEWLINE = 0x0A


def line_hashes(texts: pa.StringArray | pa.ChunkedArray) -> pa.ListArray:
    """64-bit hash (list<uint64>) of each line of each text that is not empty, in order."""
    offsets, data = string_buffers(texts)
    hashes = np.empty(int(np.count_nonzero(data == _NEWLINE)) + len(offsets), np.uint64)
    list_offsets = np.zeros(len(offsets), np.int64)
    _hash_lines(offsets, data, hashes, list_offsets)
    return list_array(list_offsets, pa.array(hashes[: list_offsets[-1]]))


def drop_lines(
    texts: pa.StringArray | pa.ChunkedArray, hashes: NDArray[np.uint64]
) -> tuple[pa.StringArray, NDArray[np.int64]]:
    """Normalised texts without the lines whose hash is in ``hashes`` (sorted), and how many each text lost.

    What is left stays normalised: no more than one empty line where lines went, none at the ends.
    """
    offsets, data = string_buffers(texts)
    out, out_offsets = np.empty(len(data), np.uint8), np.zeros(len(offsets), np.int64)
    dropped = np.zeros(len(offsets) - 1, np.int64)
    _drop_lines(offsets, data, hashes, out, out_offsets, dropped)
    return string_array(out_offsets, out[: out_offsets[-1]]), dropped


@kernel
def _hash_lines(offsets: Any, data: Any, hashes: Any, list_offsets: Any) -> None:
    count = 0
    for row in range(len(offsets) - 1):
        start = offsets[row]
        for position in range(offsets[row], offsets[row + 1] + 1):
            if position == offsets[row + 1] or data[position] == _NEWLINE:
                if position > start:
                    hashes[count] = hash_bytes(data, start, position, 0)
                    count += 1
                start = position + 1
        list_offsets[row + 1] = count


@kernel
def _drop_lines(offsets: Any, data: Any, hashes: Any, out: Any, out_offsets: Any, dropped: Any) -> None:
    written = 0
    for row in range(len(offsets) - 1):
        begin, start, paragraph_ended = written, offsets[row], False
        for position in range(offsets[row], offsets[row + 1] + 1):
            if position < offsets[row + 1] and data[position] != _NEWLINE:
                continue
            if position > start:
                line = hash_bytes(data, start, position, 0)
                found = np.searchsorted(hashes, line)
                if found < len(hashes) and hashes[found] == line:
                    dropped[row] += 1
                else:
                    if written > begin:
                        out[written] = _NEWLINE
                        written += 1
                        if paragraph_ended:
                            out[written] = _NEWLINE
                            written += 1
                    for at in range(start, position):
                        out[written] = data[at]
                        written += 1
                    paragraph_ended = False
            else:
                paragraph_ended = True
            start = position + 1
        out_offsets[row + 1] = written
