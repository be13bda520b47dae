"""Encodings that Korean text comes in, as compiled loops: check and copy records, transcode streams, count errors.

UTF-8 follows RFC 3629, UTF-16 and UTF-32 the Unicode Standard (section 3.9), CP949 the table of Python's own codec.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.core.arrow import string_array
from pipelines.core.bits import copy_bytes
from pipelines.core.kernel import inner_kernel
from pipelines.core.kernels import encode_utf8

_WIDE = {"utf-16-le": "<u2", "utf-16-be": ">u2", "utf-32-le": "<u4", "utf-32-be": ">u4"}
_NOT_UTF8 = 0xFF


def is_wide(encoding: str) -> bool:
    """Whether a newline takes several bytes in ``encoding``, so that its bytes cannot be cut at newlines."""
    return encoding in _WIDE


@cache
def cp949_table() -> NDArray[np.uint16]:
    """Code point of every pair of bytes of CP949, 0 where there is none: 256 x 256."""
    table = np.zeros((256, 256), np.uint16)
    for lead in range(0x81, 0xFF):
        for trail in range(0x41, 0xFF):
            character = bytes((lead, trail)).decode("cp949", "ignore")
            if len(character) == 1 and ord(character) > 0x7F:
                table[lead, trail] = ord(character)
    return table


def decode_records(
    data: NDArray[np.uint8], starts: NDArray[np.int64], stops: NDArray[np.int64], encoding: str
) -> tuple[pa.StringArray, NDArray[np.bool_]]:
    """Records ``data[starts[i]:stops[i]]`` as strings, and which of them are well-formed; "" stands for the others.

    ``encoding`` is "cp949" or, for everything else, UTF-8, into which ``to_bytes_of_ascii`` has brought it.
    """
    offsets = np.zeros(len(starts) + 1, np.int64)
    valid = np.ones(len(starts), np.bool_)
    size = int((stops - starts).sum())
    if encoding == "cp949":
        out = np.empty(size * 3 // 2 + 4, np.uint8)
        _copy_cp949(data, starts, stops, cp949_table(), out, offsets, valid)
    else:
        out = np.empty(size, np.uint8)
        _copy_utf8(data, starts, stops, out, offsets, valid)
    return string_array(offsets, out[: offsets[-1]]), valid


def to_bytes_of_ascii(chunks: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    """The stream with every ASCII character in one byte: UTF-16 and UTF-32 as UTF-8, the rest as it is.

    What is malformed there (lone surrogates, half a character at the end) becomes malformed UTF-8, which
    ``decode_records`` finds in the record that it belongs to.
    """
    if encoding not in _WIDE:
        yield from chunks
        return
    kind = np.dtype(_WIDE[encoding])
    rest = b""
    for chunk in chunks:
        data = rest + chunk
        units = np.frombuffer(data, kind, len(data) // kind.itemsize).astype(np.uint32)
        out = np.empty(len(units) * 4, np.uint8)
        size, used = _transcode(units, out)
        rest = data[used * kind.itemsize :]
        yield out[:size].tobytes()
    if rest:
        yield bytes([_NOT_UTF8])


@inner_kernel
def _breaks(byte: Any, before: Any, before_2: Any, before_3: Any) -> Any:
    """Whether ``byte`` cannot follow the three bytes before it in UTF-8."""
    continues = (byte & 0xC0) == 0x80
    expected = (before >= 0xC0) | (before_2 >= 0xE0) | (before_3 >= 0xF0)
    broken = (continues != expected) | (byte == 0xC0) | (byte == 0xC1) | (byte > 0xF4)
    overlong = ((before == 0xE0) & (byte < 0xA0)) | ((before == 0xF0) & (byte < 0x90))
    outside = ((before == 0xED) & (byte >= 0xA0)) | ((before == 0xF4) & (byte >= 0x90))
    return broken | overlong | outside


@inner_kernel
def _is_control(byte: Any) -> Any:
    """Whether ``byte`` is a control character that text does not hold: not white space, not escape."""
    return (byte < 0x20) & ((byte < 9) | (byte > 13)) & (byte != 27)


@inner_kernel
def plain_utf8(data: Any) -> Any:
    """Whether all of ``data`` from its fourth byte on is UTF-8 without control characters."""
    broken = False
    # Unsigned indices spare numba its negative ones, and the loop becomes vector instructions: ten times the speed.
    for index in range(np.uint64(3), np.uint64(len(data))):
        byte = data[index]
        broken |= _breaks(byte, data[index - np.uint64(1)], data[index - np.uint64(2)], data[index - np.uint64(3)])
        broken |= _is_control(byte)
    return not broken


# Slots of the counts that ``survey`` keeps from one chunk to the next.
BYTES, CONTROLS, NULS_EVEN, NULS_ODD, BAD_UTF8, BAD_CP949, PAIRS, HANGUL_PAIRS, SYMBOL_PAIRS = range(9)
_LEAD, _BEFORE, _BEFORE_2, _BEFORE_3 = range(9, 13)
SURVEY_SLOTS = 13


@inner_kernel
def survey(data: Any, table: Any, counts: Any) -> None:
    """Add to ``counts`` what tells encodings apart.

    Malformations as UTF-8 and as CP949, pairs of bytes that are a CP949 character and those among them that are one of
    the 2,350 syllables of KS X 1001 or a mark of its first row (quotes, dashes, dots), control characters, NULs at even
    and at odd places.
    """
    lead, before, before_2, before_3 = counts[_LEAD], counts[_BEFORE], counts[_BEFORE_2], counts[_BEFORE_3]
    for index in range(len(data)):
        byte = np.int64(data[index])
        if byte == 0:
            counts[NULS_EVEN + ((counts[BYTES] + index) & 1)] += 1
        counts[CONTROLS] += _is_control(byte)
        counts[BAD_UTF8] += _breaks(byte, before, before_2, before_3)
        before, before_2, before_3 = byte, before, before_2
        if lead:
            if table[lead, byte]:
                counts[PAIRS] += 1
                counts[HANGUL_PAIRS] += (lead >= 0xB0) & (lead <= 0xC8) & (byte >= 0xA1)
                counts[SYMBOL_PAIRS] += (lead == 0xA1) & (byte >= 0xA1)
            else:
                counts[BAD_CP949] += 1
            lead = 0
        elif 0x81 <= byte <= 0xFE:
            lead = byte
        elif byte >= 0x80:
            counts[BAD_CP949] += 1
    counts[_LEAD], counts[_BEFORE], counts[_BEFORE_2], counts[_BEFORE_3] = lead, before, before_2, before_3
    counts[BYTES] += len(data)


@inner_kernel
def _copy_utf8(data: Any, starts: Any, stops: Any, out: Any, offsets: Any, valid: Any) -> None:
    size = 0
    for record in range(len(starts)):
        text = data[starts[record] : stops[record]]
        if _is_utf8(text):
            copy_bytes(text, 0, len(text), out, size)
            size += len(text)
        else:
            valid[record] = False
        offsets[record + 1] = size


@inner_kernel
def _is_utf8(text: Any) -> Any:
    broken = False
    before = before_2 = before_3 = np.uint8(0)
    for index in range(min(3, len(text))):
        broken |= _breaks(text[index], before, before_2, before_3)
        before_3, before_2, before = before_2, before, text[index]
    if len(text) > 3:
        for index in range(np.uint64(3), np.uint64(len(text))):  # unsigned as in plain_utf8
            byte = text[index]
            broken |= _breaks(byte, text[index - np.uint64(1)], text[index - np.uint64(2)], text[index - np.uint64(3)])
        before, before_2, before_3 = text[len(text) - 1], text[len(text) - 2], text[len(text) - 3]
    return not (broken or _breaks(np.uint8(0), before, before_2, before_3))


@inner_kernel
def _copy_cp949(data: Any, starts: Any, stops: Any, table: Any, out: Any, offsets: Any, valid: Any) -> None:
    size = 0
    for record in range(len(starts)):
        first = size
        index, stop = starts[record], stops[record]
        while index < stop:
            byte = data[index]
            if byte < 0x80:
                out[size] = byte
                size += 1
                index += 1
                continue
            code = np.int32(table[byte, data[index + 1]]) if index + 1 < stop else np.int32(0)
            if code == 0:
                valid[record] = False
                size = first
                break
            size = encode_utf8(code, out, size)
            index += 2
        offsets[record + 1] = size


@inner_kernel
def _transcode(units: Any, out: Any) -> Any:
    """UTF-16 or UTF-32 ``units`` as UTF-8; returns how many bytes were written and how many units were used."""
    size = index = 0
    while index < len(units):
        code = np.int64(units[index])
        if 0xD800 <= code < 0xDC00:
            if index + 1 == len(units):
                break
            following = np.int64(units[index + 1])
            if 0xDC00 <= following < 0xE000:
                code = 0x10000 + ((code - 0xD800) << 10) + (following - 0xDC00)
                index += 1
        if code > 0x10FFFF:
            out[size] = _NOT_UTF8
            size += 1
        else:
            size = encode_utf8(code, out, size)
        index += 1
    return size, index
