"""Pages of a MediaWiki export, found and taken apart by compiled scans: no parser, no entity is ever expanded.

The format is https://www.mediawiki.org/xml/export-0.11.xsd. MediaWiki writes it without CDATA sections, comments or
entities of its own, and escapes ``<`` in all text; so what looks like a tag is one, and what is malformed costs its own
page, not the file.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.core.arrow import string_array, string_buffers
from pipelines.core.kernel import inner_kernel
from pipelines.core.kernels import encode_utf8
from pipelines.sources.records import MAXIMUM_ROWS, StreamError

_NONE_OPEN = -1
_TAG_BYTES = 7  # of </page>
NO_LIMIT = int(np.iinfo(np.int64).max)
# Columns of the fields of a page: bounds of its title, identifier, revision and text; namespace; whether it redirects.
_TITLE, _ID, _REVISION, _TEXT, _NAMESPACE, _REDIRECTS = 0, 2, 4, 6, 8, 9
_MAXIMUM_ENTITY = 10


class Content:
    """Unpacked content whose pages are read up to ``limit``: a page that begins there, or after it, is another's."""

    def __init__(self) -> None:
        self.limit = NO_LIMIT


@dataclass(frozen=True)
class Pages:
    """Pages ``data[starts[i]:stops[i]]``, whose first byte is number ``positions[i]`` of the content.

    ``cut`` pages were not closed when the next one began; pages that are ``too_large`` were not kept: both are empty.
    """

    data: NDArray[np.uint8]
    positions: NDArray[np.int64]
    starts: NDArray[np.int64]
    stops: NDArray[np.int64]
    cut: NDArray[np.bool_]
    too_large: NDArray[np.bool_]


def find_pages(chunks: Iterator[bytes], content: Content, maximum: int) -> Iterator[Pages]:
    """Pages of ``chunks`` that begin before ``content.limit``, at most 1,024 at a time; the last may be cut.

    Holds ``maximum`` bytes and one chunk at most. Where ``chunks`` raises StreamError, the unfinished page is left out
    and the error goes on with the position where that page begins.
    """
    state = np.full(1, _NONE_OPEN, np.int64)
    found = np.zeros((MAXIMUM_ROWS, 3), np.int64)
    held, base, scanned = b"", 0, 0
    try:
        for chunk in chunks:
            held += chunk
            data = np.frombuffer(held, np.uint8)
            while scanned < base + len(held) - _TAG_BYTES + 1:
                count, scanned, done = _scan(data, base, scanned, content.limit, state, found)
                if count:
                    yield _pages(data, base, found[:count], maximum)
                if done:
                    return
            needed = scanned if state[0] == _NONE_OPEN or scanned - state[0] > maximum else int(state[0])
            held, base = held[needed - base :], needed
    except StreamError as error:
        raise StreamError(error.rule, int(state[0]) if state[0] >= 0 else scanned) from error
    if state[0] >= 0:
        found[0] = state[0], state[0], 1
        yield _pages(np.frombuffer(held, np.uint8), base, found[:1], maximum)


def _pages(data: NDArray[np.uint8], base: int, found: NDArray[np.int64], maximum: int) -> Pages:
    positions, cut = found[:, 0].copy(), found[:, 2] != 0
    too_large = found[:, 1] - positions > maximum
    starts = np.where(too_large | cut, 0, positions - base)
    stops = np.where(too_large | cut, 0, found[:, 1] - base)
    return Pages(data, positions, starts, stops, cut, too_large)


def page_fields(pages: Pages) -> NDArray[np.int64]:
    """A row for each page: bounds of its title, its identifier, its last revision's identifier and text in ``data``
    (0 to 0 where it has none), its namespace (-99 where it tells none), and 1 where it is a redirect."""
    fields = np.zeros((len(pages.starts), 10), np.int64)
    _fields(pages.data, pages.starts, pages.stops, fields)
    return fields


def unescape(texts: pa.StringArray) -> pa.StringArray:
    """The five entities of XML and numbered characters as what they stand for; whatever else begins with & stays."""
    offsets, data = string_buffers(texts)
    out, out_offsets = np.empty(len(data), np.uint8), np.zeros(len(offsets), np.int64)
    _unescape(offsets, data, out, out_offsets)
    return string_array(out_offsets, out[: out_offsets[-1]])


@inner_kernel
def _scan(data: Any, base: int, begin: int, limit: int, state: Any, found: Any) -> Any:
    """Scan from ``begin``; write start, end and whether it is cut of each page to ``found``.

    Returns how many were found, where the scan ended, and whether no page is left that begins before ``limit``.
    """
    count = 0
    index, last = begin - base, len(data) - _TAG_BYTES
    while index <= last:
        if data[index] != 0x3C:
            index += 1
            continue
        slash = np.int64(data[index + 1] == 0x2F)
        at = index + 1 + slash
        # page>
        if (
            data[at] != 0x70
            or data[at + 1] != 0x61
            or data[at + 2] != 0x67
            or data[at + 3] != 0x65
            or data[at + 4] != 0x3E
        ):
            index += 1
            continue
        if slash == 0:
            if state[0] >= 0:
                found[count, 0], found[count, 1], found[count, 2] = state[0], state[0], 1
                count += 1
            state[0] = base + index
            if base + index >= limit:
                state[0] = _NONE_OPEN
                return count, base + index, True
        elif state[0] >= 0:
            found[count, 0], found[count, 1], found[count, 2] = state[0], base + index + _TAG_BYTES, 0
            count += 1
            state[0] = _NONE_OPEN
        index += 1
        if count == len(found):
            return count, base + index, False
    return count, base + index, state[0] == _NONE_OPEN and base + index >= limit


@inner_kernel
def _fields(data: Any, starts: Any, stops: Any, fields: Any) -> None:
    for page in range(len(starts)):
        position, stop = starts[page], stops[page]
        fields[page, _NAMESPACE] = -99
        in_revision = False
        while position < stop:
            if data[position] != 0x3C:
                position += 1
                continue
            name = position + 1
            position = name
            while position < stop and data[position] != 0x3E and data[position] != 0x3C:
                position += 1
            if position >= stop or data[position] != 0x3E:
                continue
            end, position = position, position + 1
            alone = data[end - 1] == 0x2F
            if _is(data, name, end, (0x72, 0x65, 0x76, 0x69, 0x73, 0x69, 0x6F, 0x6E)):  # revision
                in_revision = True
                fields[page, _REVISION : _TEXT + 2] = 0
            elif _is(data, name, end, (0x72, 0x65, 0x64, 0x69, 0x72, 0x65, 0x63, 0x74)):  # redirect
                fields[page, _REDIRECTS] = 1
            elif alone:
                continue
            elif _is(data, name, end, (0x74, 0x65, 0x78, 0x74)):  # text
                position = _close(data, position, stop, fields[page], _TEXT)
            elif _is(data, name, end, (0x74, 0x69, 0x74, 0x6C, 0x65)):  # title
                position = _close(data, position, stop, fields[page], _TITLE)
            elif _is(data, name, end, (0x6E, 0x73)):  # ns
                fields[page, _NAMESPACE], position = _integer(data, position, stop)
            elif _is(data, name, end, (0x69, 0x64)):  # id
                column = _REVISION if in_revision else _ID
                if fields[page, column] == 0:  # the first of a revision is its own, the next its author's
                    position = _close(data, position, stop, fields[page], column)


@inner_kernel
def _is(data: Any, start: int, end: int, name: Any) -> Any:
    """Whether the tag whose content is ``data[start:end]`` has this name."""
    if end - start < len(name):
        return False
    same = True
    for at in range(len(name)):
        same &= data[start + at] == name[at]
    if not same or end - start == len(name):
        return same
    following = data[start + len(name)]
    return following == 0x20 or following == 0x2F


@inner_kernel
def _close(data: Any, position: int, stop: int, fields: Any, column: int) -> int:
    """Note the bounds of an element's content, which ends at the next tag."""
    fields[column] = position
    while position < stop and data[position] != 0x3C:
        position += 1
    fields[column + 1] = position
    return position


@inner_kernel
def _integer(data: Any, position: int, stop: int) -> Any:
    sign, value = 1, np.int64(0)
    if position < stop and data[position] == 0x2D:
        sign = -1
        position += 1
    while position < stop and 0x30 <= data[position] <= 0x39 and value < 1 << 40:
        value = value * 10 + (data[position] - 0x30)
        position += 1
    return sign * value, position


@inner_kernel
def _unescape(offsets: Any, data: Any, out: Any, out_offsets: Any) -> None:
    written = 0
    for row in range(len(offsets) - 1):
        position, stop = offsets[row], offsets[row + 1]
        while position < stop:
            byte = data[position]
            if byte == 0x26:
                code, end = _entity(data, position + 1, min(stop, position + 1 + _MAXIMUM_ENTITY))
                if code > 0:
                    written = encode_utf8(code, out, written)
                    position = end
                    continue
            out[written] = byte
            written += 1
            position += 1
        out_offsets[row + 1] = written


@inner_kernel
def _entity(data: Any, start: int, stop: int) -> Any:
    """Code point of the reference whose name begins at ``start``, and its end; 0 where it is none."""
    end = start
    while end < stop and data[end] != 0x3B:
        end += 1
    if end >= stop:
        return 0, start
    if data[start] == 0x23:
        is_hexadecimal = data[start + 1] | 0x20 == 0x78
        base, first = (16, start + 2) if is_hexadecimal else (10, start + 1)
        code = np.int64(0)
        for at in range(first, end):
            digit = np.int64(data[at])
            if 0x30 <= digit <= 0x39:
                digit -= 0x30
            elif base == 16 and 0x61 <= digit | 0x20 <= 0x66:
                digit = (digit | 0x20) - 0x57
            else:
                return 0, start
            code = code * base + digit
        if first == end or code > 0x10FFFF or 0xD800 <= code < 0xE000:
            return 0, start
        return code, end + 1
    length = end - start
    word = np.int64(0)
    for at in range(start, end):
        word = word << 8 | np.int64(data[at])
    if length == 2 and word == 0x6C74:
        return 0x3C, end + 1
    if length == 2 and word == 0x6774:
        return 0x3E, end + 1
    if length == 3 and word == 0x616D70:
        return 0x26, end + 1
    if length == 4 and word == 0x71756F74:
        return 0x22, end + 1
    if length == 4 and word == 0x61706F73:
        return 0x27, end + 1
    return 0, start
