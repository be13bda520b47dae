"""What is found, as rows of one array: where each find stands, in its text and in the data of all texts, and its kind.

Text with names has thousands of finds in a megabyte, so that an object for each would take longer than finding them.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.core.kernel import kernel

ROW, START, END, START_BYTE, END_BYTE, KIND = range(6)
"""Columns of spans (int64): row, characters within the row, bytes within the data of all rows, number of the kind."""


def put_back(
    spans: NDArray[np.int64],
    found: NDArray[np.int64],
    rows: NDArray[np.int64],
    offsets: NDArray[np.int64],
    first_offsets: NDArray[np.int64],
    lengths: NDArray[np.int64],
) -> NDArray[np.int64]:
    """``spans`` of some texts, and among them ``found``, spans of what became of those texts, where they stood before.

    All are in order of place. ``found`` counts rows by ``rows`` (int64, rising) and bytes by ``offsets``, ``spans`` by
    ``first_offsets``; between the two, each of ``spans`` in these rows became so many characters of ASCII as
    ``lengths`` has for its kind.
    """
    merged = np.empty((len(spans) + len(found), 6), np.int64)
    _put_back(spans, found, rows, offsets, first_offsets, lengths, merged)
    return merged


@kernel
def _put_back(spans: Any, found: Any, rows: Any, offsets: Any, first_offsets: Any, lengths: Any, merged: Any) -> None:
    taken = 0
    row, growth, byte_growth = -1, 0, 0
    for index in range(len(found)):
        if rows[found[index, ROW]] != row:
            row = rows[found[index, ROW]]
            growth, byte_growth = 0, offsets[found[index, ROW]] - first_offsets[row]
            while taken < len(spans) and spans[taken, ROW] < row:
                merged[index + taken] = spans[taken]
                taken += 1
        while taken < len(spans) and spans[taken, ROW] == row and spans[taken, START] + growth < found[index, START]:
            length = lengths[spans[taken, KIND]]
            growth += length - (spans[taken, END] - spans[taken, START])
            byte_growth += length - (spans[taken, END_BYTE] - spans[taken, START_BYTE])
            merged[index + taken] = spans[taken]
            taken += 1
        merged[index + taken, ROW] = row
        merged[index + taken, START] = found[index, START] - growth
        merged[index + taken, END] = found[index, END] - growth
        merged[index + taken, START_BYTE] = found[index, START_BYTE] - byte_growth
        merged[index + taken, END_BYTE] = found[index, END_BYTE] - byte_growth
        merged[index + taken, KIND] = found[index, KIND]
    merged[len(found) + taken :] = spans[taken:]
