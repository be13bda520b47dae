"""Records of a text stream, found by one compiled scan: lines, or documents that blank lines separate.

A record belongs to the range of bytes in which the newline stands that opens it: the end of the line before it or,
where blank lines separate, the end of the last blank line before it. The first record of a file belongs to the range
that begins at 0. So however a file is cut, each record is read once, by a worker that need not look back further than
over the white space before its range.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from pipelines.core.bits import trailing_zeros
from pipelines.core.blocks import BLOCK, between
from pipelines.core.kernel import inner_kernel
from pipelines.sources.records import CHUNK_BYTES, MAXIMUM_ROWS, Part, StreamError
from pipelines.sources.storage import open_file
from pipelines.sources.streams import text_chunks, without_mark

# Slots of the state that the scan keeps from one chunk to the next. All positions count from the start of the file.
_RECORD_START, _RECORD_STOP, _LINE_START, _LINE_IS_BLANK, _DONE = range(5)
_NONE_OPEN, _NOT_OURS = -1, -2
_BLANKS = b" \t\r\v\f"


@dataclass(frozen=True)
class Spans:
    """Records ``data[starts[i]:stops[i]]``, whose first byte is number ``positions[i]`` of the file.

    A record that is ``too_large`` was not kept: its span is empty.
    """

    data: NDArray[np.uint8]
    positions: NDArray[np.int64]
    starts: NDArray[np.int64]
    stops: NDArray[np.int64]
    too_large: NDArray[np.bool_]


def read_records(part: Part, separator: str, maximum: int) -> Iterator[Spans]:
    """Records of one part of a file, at most 1,024 at a time; ``separator`` is "line" or "blank_line".

    Raises StreamError, after the records that are intact, where the rest of the file cannot be unpacked.
    """
    with open_file(part.path) as file:
        after_blank = blank_before(file, part.start)
        file.seek(part.start)
        chunks, mark = without_mark(text_chunks(file, part.compression, part.encoding), part)
        start = part.start + mark
        at_file_start = part.start == 0
        yield from find_records(chunks, start, part.stop, separator, maximum, at_file_start, after_blank)


def find_records(
    chunks: Iterator[bytes],
    start: int,
    stop: int,
    separator: str,
    maximum: int,
    at_file_start: bool,
    after_blank: bool,
) -> Iterator[Spans]:
    """Records of the range from ``start`` to ``stop`` (-1: the end) of the file that goes on with ``chunks``.

    ``after_blank`` tells whether nothing but white space stands between ``start`` and the newline before it. Holds at
    most ``maximum`` bytes and one chunk. Where ``chunks`` raises StreamError, the unfinished record is left out and the
    error goes on with the position where that record begins.
    """
    stop = np.iinfo(np.int64).max if stop < 0 else stop
    state = np.zeros(5, np.int64)
    state[_RECORD_START] = _NONE_OPEN if at_file_start else _NOT_OURS
    state[_LINE_START], state[_LINE_IS_BLANK] = start, after_blank
    found = np.zeros((MAXIMUM_ROWS, 3), np.int64)
    held, held_from = b"", start
    try:
        for chunk in chunks:
            scanned = held_from + len(held)
            held += chunk
            data = np.frombuffer(held, np.uint8)
            while not state[_DONE] and scanned < held_from + len(held):
                count, scanned = _scan(data, held_from, scanned, separator == "blank_line", stop, state, found)
                if count:
                    yield _spans(data, held_from, found[:count], maximum)
            if state[_DONE] or (state[_RECORD_START] == _NOT_OURS and scanned >= stop):
                return
            held, held_from = _keep(held, held_from, scanned, state, maximum)
    except StreamError as error:
        begun = state[_RECORD_START] if state[_RECORD_START] >= 0 else state[_LINE_START]
        raise StreamError(error.rule, int(begun)) from error
    if state[_RECORD_START] >= 0:
        end = held_from + len(held)
        found[0] = state[_RECORD_START], state[_RECORD_STOP] if state[_LINE_IS_BLANK] else end, end
        yield _spans(np.frombuffer(held, np.uint8), held_from, found[:1], maximum)


def blank_before(file: BinaryIO, position: int) -> bool:
    """Whether only white space stands between ``position`` and the newline, or the start of the file, before it."""
    while position:
        size = min(position, CHUNK_BYTES)
        file.seek(position - size)
        before = file.read(size).rstrip(_BLANKS)
        if before:
            return before.endswith(b"\n")
        position -= size
    return True


def _spans(data: NDArray[np.uint8], base: int, found: NDArray[np.int64], maximum: int) -> Spans:
    positions = found[:, 0].copy()
    too_large = found[:, 2] - positions > maximum
    starts = np.where(too_large, 0, positions - base)
    stops = np.where(too_large, 0, found[:, 1] - base)
    return Spans(data, positions, starts, stops, too_large)


def _keep(held: bytes, held_from: int, scanned: int, state: NDArray[np.int64], maximum: int) -> tuple[bytes, int]:
    """What has to stay in memory: the open record from its start, unless it is too large already."""
    needed = int(state[_RECORD_START])
    if needed < 0:
        needed = int(state[_LINE_START]) if needed == _NONE_OPEN and state[_LINE_IS_BLANK] else scanned
    if scanned - needed > maximum:
        needed = scanned
    return held[needed - held_from :], needed


@inner_kernel
def _line_end(data: Any, index: Any) -> Any:
    """Where the next newline is from ``index`` on, the end of ``data`` where none is."""
    while index + BLOCK <= len(data):
        newlines = between(data, index, 0x0A, 0x0A)
        if newlines:
            return index + np.int64(trailing_zeros(newlines))
        index += BLOCK
    while index < len(data) and data[index] != 0x0A:
        index += 1
    return index


@inner_kernel
def _scan(data: Any, base: int, begin: int, by_blank_line: bool, stop: int, state: Any, found: Any) -> Any:
    """Scan from ``begin``; write start, stop and separating newline of each complete record to ``found``.

    Returns how many were found and where the scan ended: at the end of ``data``, after the newline that shows that the
    range is done, or where ``found`` was full.
    """
    count = 0
    index, size = begin - base, len(data)
    while index < size:
        if state[_LINE_IS_BLANK]:
            while index < size and (data[index] == 32 or data[index] == 9 or 11 <= data[index] <= 13):
                index += 1
            if index == size:
                break
            if data[index] != 10:
                state[_LINE_IS_BLANK] = 0
                if state[_RECORD_START] == _NONE_OPEN:
                    state[_RECORD_START] = state[_LINE_START]
        index = _line_end(data, index)
        if index == size:
            break
        position = base + index
        if not state[_LINE_IS_BLANK]:
            carriage_return = index > 0 and data[index - 1] == 13
            state[_RECORD_STOP] = position - 1 if carriage_return else position
        separates = state[_LINE_IS_BLANK] or not by_blank_line
        if separates:
            if state[_RECORD_START] >= 0:
                found[count, 0], found[count, 1] = state[_RECORD_START], state[_RECORD_STOP]
                found[count, 2] = position
                count += 1
            state[_RECORD_START] = _NONE_OPEN
        index += 1
        state[_LINE_START], state[_LINE_IS_BLANK] = base + index, 1
        if separates and position >= stop:
            state[_DONE] = 1
            break
        if count == len(found):
            break
    return count, base + index
