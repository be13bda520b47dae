"""JSON Lines as columns, parsed by one compiled loop: identifier, text and the other scalar fields of each record.

Whatever is out of the ordinary is left to a parser that takes its time: what is malformed or nested deeply, repeated
keys and keys with escapes, more than ``MOST_FIELDS`` of them, half a surrogate pair, numbers that are written anew.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipelines.core.bits import copy_bytes
from pipelines.core.kernel import inner_kernel
from pipelines.core.kernels import encode_utf8
from pipelines.sources.json_values import (
    BOOLEAN,
    ESCAPED,
    INTEGER,
    PLAIN,
    STRINGS,
    find_string,
    find_value,
    four_digits,
    next_special,
    skip_space,
)

READ, LEFT, NO_TEXT, ONLY_SPACE = range(4)
"""What became of a record: its text was read, or is no text, or only white space; or the record was left to others."""

MOST_FIELDS = 64
_KEY, _KEY_STOP, _VALUE, _VALUE_STOP, _KIND, _PLACE = range(6)  # columns of the fields of a record
_ESCAPES = (0x62, 0x66, 0x6E, 0x72, 0x74)  # letters behind a backslash
_ESCAPED_CODES = (0x08, 0x0C, 0x0A, 0x0D, 0x09)


class Column(NamedTuple):
    """Strings ``data[offsets[i]:offsets[i + 1]]`` (UTF-8)."""

    offsets: NDArray[np.int64]
    data: NDArray[np.uint8]


class Fields(NamedTuple):
    """Columns of some records and, for each, what became of it (``READ``, ...); all is empty where it was left.

    ``metas`` are objects of the scalar fields but text and identifier, null aside, by key and without white space.
    """

    identifiers: Column
    texts: Column
    metas: Column
    fates: NDArray[np.int8]


def read_fields(
    offsets: NDArray[np.int64], data: NDArray[np.uint8], wanted: NDArray[np.bool_], text: str, identifier: str | None
) -> Fields:
    """Fields of the ``wanted`` records ``data[offsets[i]:offsets[i + 1]]``, valid UTF-8; the others are left.

    The text is the string under the key ``text``, or a list of strings, which a newline joins; the identifier the
    string or integer under ``identifier``.
    """
    rows = len(offsets) - 1
    identifiers, texts, metas = (
        Column(np.zeros(rows + 1, np.int64), np.empty(len(data) + 2 * rows, np.uint8)) for _ in range(3)
    )
    fates = np.full(rows, LEFT, np.int8)
    keys = (np.frombuffer(text.encode(), np.uint8), np.frombuffer((identifier or "").encode(), np.uint8))
    fields = np.empty((MOST_FIELDS, 6), np.int64)
    _read(offsets, data, wanted, keys, identifier is not None, fields, identifiers, texts, metas, fates)
    return Fields(_filled(identifiers), _filled(texts), _filled(metas), fates)


def _filled(column: Column) -> Column:
    return Column(column.offsets, column.data[: column.offsets[-1]])


@inner_kernel
def _read(
    offsets: Any,
    data: Any,
    wanted: Any,
    keys: Any,
    identified: bool,
    fields: Any,
    identifiers: Any,
    texts: Any,
    metas: Any,
    fates: Any,
) -> None:
    text_key, identifier_key = keys
    identifier_size, text_size, meta_size = 0, 0, 0
    for row in range(len(fates)):
        count = _find_fields(data, offsets[row], offsets[row + 1], fields) if wanted[row] else -1
        if count >= 0 and _sort_fields(data, fields, count):
            fate, text_start = NO_TEXT, text_size
            begin = meta_size
            metas.data[meta_size] = 0x7B
            meta_size += 1
            for place in range(count):
                field = fields[fields[place, _PLACE]]
                kind = field[_KIND]
                is_text = _same_key(data, field, text_key)
                is_identifier = identified and _same_key(data, field, identifier_key)
                if is_text and kind in (PLAIN, ESCAPED, STRINGS):
                    text_size = _write_text(data, field, texts.data, text_size)
                    fate = _fate(texts.data, text_start, text_size)
                if is_identifier and kind in (PLAIN, ESCAPED):
                    identifier_size = _unescape(
                        data, field[_VALUE], field[_VALUE_STOP], identifiers.data, identifier_size
                    )
                elif is_identifier and kind == INTEGER:
                    identifier_size = _copy(data, field[_VALUE], field[_VALUE_STOP], identifiers.data, identifier_size)
                if not (is_text or is_identifier) and kind <= BOOLEAN:
                    if meta_size > begin + 1:
                        metas.data[meta_size] = 0x2C
                        meta_size += 1
                    meta_size = _write_member(data, field, metas.data, meta_size)
            metas.data[meta_size] = 0x7D
            meta_size += 1
            fates[row] = fate
            if fate == LEFT:
                text_size, meta_size = text_start, begin
                identifier_size = identifiers.offsets[row]
        identifiers.offsets[row + 1] = identifier_size
        texts.offsets[row + 1] = text_size
        metas.offsets[row + 1] = meta_size


@inner_kernel
def _find_fields(data: Any, position: Any, stop: Any, fields: Any) -> Any:
    """Write where the keys and values of the object in ``data[position:stop]`` are; how many, -1 to leave it."""
    position = skip_space(data, position, stop)
    if position >= stop or data[position] != 0x7B:
        return -1
    count = 0
    position = skip_space(data, position + 1, stop)
    closed = position < stop and data[position] == 0x7D
    while not closed:
        if count == len(fields) or position >= stop or data[position] != 0x22:
            return -1
        key_stop, escaped = find_string(data, position + 1, stop)
        if key_stop < 0 or escaped:
            return -1
        field = fields[count]
        field[_KEY], field[_KEY_STOP] = position + 1, key_stop
        position = skip_space(data, key_stop + 1, stop)
        if position >= stop or data[position] != 0x3A:
            return -1
        position = skip_space(data, position + 1, stop)
        end, kind = find_value(data, position, stop)
        if end < 0:
            return -1
        quote = kind == PLAIN or kind == ESCAPED
        field[_VALUE], field[_VALUE_STOP], field[_KIND] = position + quote, end - quote, kind
        count += 1
        position = skip_space(data, end, stop)
        if position >= stop:
            return -1
        closed = data[position] == 0x7D
        if not closed:
            if data[position] != 0x2C:
                return -1
            position = skip_space(data, position + 1, stop)
    return count if skip_space(data, position + 1, stop) == stop else -1


@inner_kernel
def _sort_fields(data: Any, fields: Any, count: Any) -> Any:
    """Write to column ``_PLACE`` the numbers of the fields by key; False where a key repeats."""
    for index in range(count):
        place = index
        while place > 0:
            before = fields[fields[place - 1, _PLACE]]
            order = _compare(
                data,
                before[_KEY],
                before[_KEY_STOP] - before[_KEY],
                fields[index, _KEY],
                fields[index, _KEY_STOP] - fields[index, _KEY],
            )
            if order == 0:
                return False
            if order < 0:
                break
            fields[place, _PLACE] = fields[place - 1, _PLACE]
            place -= 1
        fields[place, _PLACE] = index
    return True


@inner_kernel
def _compare(data: Any, one: Any, size: Any, other: Any, other_size: Any) -> Any:
    for at in range(min(size, other_size)):
        difference = np.int64(data[one + at]) - np.int64(data[other + at])
        if difference:
            return difference
    return size - other_size


@inner_kernel
def _same_key(data: Any, field: Any, key: Any) -> Any:
    if field[_KEY_STOP] - field[_KEY] != len(key):
        return False
    for at in range(len(key)):
        if data[field[_KEY] + at] != key[at]:
            return False
    return True


@inner_kernel
def _copy(data: Any, position: Any, stop: Any, out: Any, written: Any) -> Any:
    copy_bytes(data, position, stop - position, out, written)
    return written + stop - position


@inner_kernel
def _unescape(data: Any, position: Any, stop: Any, out: Any, written: Any) -> Any:
    """Write what the content of a string means to ``out``; returns the end there."""
    while True:
        escape = next_special(data, position, stop)
        written = _copy(data, position, escape, out, written)
        if escape == stop:
            return written
        code, position = _escape(data, escape)
        written = encode_utf8(code, out, written)


@inner_kernel
def _escape(data: Any, position: Any) -> Any:
    """Code point of the escape at ``position``, which is well-formed, and where it ends."""
    letter = data[position + 1]
    if letter == 0x75:
        code = four_digits(data, position + 2, position + 6)
        if 0xD800 <= code < 0xDC00:
            second = four_digits(data, position + 8, position + 12)
            return 0x10000 + ((code - 0xD800) << 10) + (second - 0xDC00), position + 12
        return code, position + 6
    for index in range(len(_ESCAPES)):
        if letter == _ESCAPES[index]:
            return np.int64(_ESCAPED_CODES[index]), position + 2
    return np.int64(letter), position + 2


@inner_kernel
def _write_text(data: Any, field: Any, out: Any, written: Any) -> Any:
    """Write a string, or a list of strings with newlines between them, to ``out``; returns the end there."""
    position, stop = field[_VALUE], field[_VALUE_STOP]
    if field[_KIND] != STRINGS:
        return _unescape(data, position, stop, out, written)
    begin = skip_space(data, position + 1, stop)
    position = begin
    while data[position] != 0x5D:
        if data[position] == 0x2C:
            out[written] = 0x0A
            written += 1
            position = skip_space(data, position + 1, stop)
        end, _ = find_string(data, position + 1, stop)
        written = _unescape(data, position + 1, end, out, written)
        position = skip_space(data, end + 1, stop)
    return written


@inner_kernel
def _fate(text: Any, position: Any, stop: Any) -> Any:
    """Whether a text holds more than white space; ``LEFT`` where only characters say so that may be some."""
    fate = ONLY_SPACE
    while position < stop:
        byte = text[position]
        if byte < 0x80:
            if not (9 <= byte <= 13 or 0x1C <= byte <= 0x20):
                return READ
            position += 1
        elif byte == 0xC2:
            fate = LEFT
            position += 2
        elif (
            (byte == 0xE1 and text[position + 1] == 0x9A)
            or (byte == 0xE2 and text[position + 1] in (0x80, 0x81))
            or (byte == 0xE3 and text[position + 1] == 0x80)
        ):
            fate = LEFT
            position += 3
        else:
            return READ
    return fate


@inner_kernel
def _write_member(data: Any, field: Any, out: Any, written: Any) -> Any:
    """Write key and value of a scalar to ``out``, escaped no more than has to be; returns the end there."""
    written = _copy(data, field[_KEY] - 1, field[_KEY_STOP] + 1, out, written)
    out[written] = 0x3A
    written += 1
    quote = field[_KIND] <= ESCAPED
    position, stop = field[_VALUE] - quote, field[_VALUE_STOP] + quote
    if field[_KIND] != ESCAPED:
        return _copy(data, position, stop, out, written)
    out[written] = 0x22
    written += 1
    position += 1
    while True:
        escape = next_special(data, position, stop)
        written = _copy(data, position, escape, out, written)
        if data[escape] == 0x22:
            out[written] = 0x22
            return written + 1
        code, position = _escape(data, escape)
        if code >= 0x20 and code != 0x22 and code != 0x5C:
            written = encode_utf8(code, out, written)
            continue
        short: Any = np.uint8(0)
        for index in range(len(_ESCAPES)):
            if code == _ESCAPED_CODES[index]:
                short = np.uint8(_ESCAPES[index])
        if code == 0x22 or code == 0x5C:
            short = np.uint8(code)
        out[written] = 0x5C
        if short:
            out[written + 1] = short
            written += 2
            continue
        out[written + 1] = 0x75
        out[written + 2] = out[written + 3] = 0x30
        out[written + 4] = 0x30 + (code >> 4)
        low = code & 15
        out[written + 5] = 0x30 + low if low < 10 else 0x57 + low
        written += 6
