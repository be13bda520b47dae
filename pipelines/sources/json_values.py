"""What stands in JSON text: compiled scanners that say where a value ends and of which kind it is.

They leave to a parser that takes its time what is malformed or nested deeply, half a surrogate pair, and numbers that
JSON writes in another way than they stand there.
"""

from typing import Any

import numpy as np

from pipelines.core.bits import trailing_zeros
from pipelines.core.blocks import BLOCK, between
from pipelines.core.kernel import inner_kernel
from pipelines.core.kernels import eight_bytes

PLAIN, ESCAPED, INTEGER, FRACTION, BOOLEAN, NULL, NESTED, STRINGS = range(8)
"""Kinds of values: strings without escapes and with some, ..., lists of nothing but strings."""

_MOST_DIGITS = 15  # of a fraction: the shortest way to write the number is then the one that stands there
_MOST_INTEGER_DIGITS = 18
_MOST_ZEROS = 3  # behind the point
_DEEPEST = 60
_ONES, _HIGH = np.uint64(0x0101010101010101), np.uint64(0x8080808080808080)
_QUOTES, _BACKSLASHES, _SPACES = _ONES * np.uint64(0x22), _ONES * np.uint64(0x5C), _ONES * np.uint64(0x20)


@inner_kernel
def find_value(data: Any, position: Any, stop: Any) -> Any:
    """(End, kind) of the value at ``position``; (-1, 0) to leave it."""
    if position >= stop:
        return -1, 0
    byte = data[position]
    if byte == 0x5B or byte == 0x7B:
        return _nested(data, position, stop)
    return _scalar(data, position, stop)


@inner_kernel
def skip_space(data: Any, position: Any, stop: Any) -> Any:
    while position < stop and data[position] in (0x20, 0x09, 0x0A, 0x0D):
        position += 1
    return position


@inner_kernel
def next_special(data: Any, position: Any, stop: Any) -> Any:
    """Where the next quotation mark, backslash or control character is; ``stop`` where none is."""
    while position + BLOCK <= len(data) and position < stop:
        special = between(data, position, 0x22, 0x22) | between(data, position, 0x5C, 0x5C)
        special |= between(data, position, 0x00, 0x1F)
        if special:
            return min(position + np.int64(trailing_zeros(special)), stop)
        position += BLOCK
    while position < stop:
        word = eight_bytes(data, position, stop - position)
        quote, backslash = word ^ _QUOTES, word ^ _BACKSLASHES
        found = (quote - _ONES) & ~quote | (backslash - _ONES) & ~backslash | (word - _SPACES) & ~word
        found &= _HIGH
        if found:  # beyond the end there are zeros, which count as control characters
            return min(position + np.int64(trailing_zeros(found) >> np.uint64(3)), stop)
        position += 8
    return stop


@inner_kernel
def find_string(data: Any, position: Any, stop: Any) -> Any:
    """Closing quotation mark of the string whose content begins at ``position``, and whether there are escapes.

    (-1, False) for one that is malformed or holds half a surrogate pair.
    """
    escaped = False
    while True:
        position = next_special(data, position, stop)
        if position >= stop or data[position] < 0x20:
            return -1, False
        if data[position] == 0x22:
            return position, escaped
        escaped = True
        if position + 1 >= stop:
            return -1, False
        letter = data[position + 1]
        if letter == 0x75:
            code = four_digits(data, position + 2, stop)
            position += 6
            if 0xD800 <= code < 0xDC00:
                if position + 1 >= stop or data[position] != 0x5C or data[position + 1] != 0x75:
                    return -1, False
                second = four_digits(data, position + 2, stop)
                code = code if 0xDC00 <= second < 0xE000 else -1
                position += 6
            elif 0xDC00 <= code < 0xE000:
                code = -1
            if code < 0:
                return -1, False
        elif letter in (0x22, 0x5C, 0x2F, 0x62, 0x66, 0x6E, 0x72, 0x74):
            position += 2
        else:
            return -1, False


@inner_kernel
def four_digits(data: Any, position: Any, stop: Any) -> Any:
    """The number that four hexadecimal digits spell, -1 where there are none."""
    if position + 4 > stop:
        return np.int64(-1)
    code = np.int64(0)
    for at in range(position, position + 4):
        byte = np.int64(data[at])
        if 0x30 <= byte <= 0x39:
            code = code * 16 + byte - 0x30
        elif 0x61 <= byte | 0x20 <= 0x66:
            code = code * 16 + (byte | 0x20) - 0x57
        else:
            return np.int64(-1)
    return code


@inner_kernel
def _scalar(data: Any, position: Any, stop: Any) -> Any:
    """``find_value`` of what is neither a list nor an object."""
    byte = data[position]
    if byte == 0x22:
        end, escaped = find_string(data, position + 1, stop)
        return (end + 1 if end >= 0 else -1), (ESCAPED if escaped else PLAIN)
    if byte == 0x2D or 0x30 <= byte <= 0x39:
        return _number(data, position, stop)
    if byte == 0x74 and _spells(data, position, stop, (0x74, 0x72, 0x75, 0x65)):
        return position + 4, BOOLEAN
    if byte == 0x66 and _spells(data, position + 1, stop, (0x61, 0x6C, 0x73, 0x65)):
        return position + 5, BOOLEAN
    if byte == 0x6E and _spells(data, position, stop, (0x6E, 0x75, 0x6C, 0x6C)):
        return position + 4, NULL
    return -1, 0


@inner_kernel
def _spells(data: Any, position: Any, stop: Any, letters: Any) -> Any:
    same = position + 4 <= stop
    for at in range(4):
        same = same and data[position + at] == letters[at]
    return same


@inner_kernel
def _number(data: Any, position: Any, stop: Any) -> Any:
    """(End, kind) of a number that is written as it stands there; (-1, 0) for another one."""
    begin = position
    position += data[position] == 0x2D
    first = position
    while position < stop and 0x30 <= data[position] <= 0x39:
        position += 1
    digits = position - first
    if digits == 0 or digits > _MOST_INTEGER_DIGITS or (data[first] == 0x30 and digits > 1):
        return -1, 0
    kind = INTEGER
    if position < stop and data[position] == 0x2E:
        kind = FRACTION
        point = position
        position += 1
        while position < stop and 0x30 <= data[position] <= 0x39:
            position += 1
        # Zeros at the end are not written, but for one behind the point, and small fractions with an exponent.
        rest = position - point - 1
        zeros = 0
        while zeros < rest and data[point + 1 + zeros] == 0x30:
            zeros += 1
        ends_in_zero = rest > 1 and data[position - 1] == 0x30
        if rest == 0 or digits + rest > _MOST_DIGITS or ends_in_zero or zeros > _MOST_ZEROS:
            return -1, 0
    elif data[begin] == 0x2D and data[first] == 0x30:
        return -1, 0
    if position < stop and data[position] in (0x65, 0x45):
        return -1, 0
    return position, kind


@inner_kernel
def _nested(data: Any, position: Any, stop: Any) -> Any:
    """(End, kind) of a list or object; (-1, 0) to leave it."""
    objects, depth = np.uint64(0), 0  # which of the lists and objects that are open are objects, the innermost lowest
    begin, strings, first = position, data[position] == 0x5B, True
    while True:
        # A value is due here, or the end of what is empty.
        if position >= stop:
            return -1, 0
        byte = data[position]
        opens = byte == 0x5B or byte == 0x7B
        if opens:
            strings = strings and position == begin
            objects = objects << np.uint64(1) | np.uint64(byte == 0x7B)
            depth += 1
            if depth > _DEEPEST:
                return -1, 0
            position = skip_space(data, position + 1, stop)
            first = True
        else:
            end, kind = _scalar(data, position, stop)
            if end < 0:
                return -1, 0
            strings = strings and kind <= ESCAPED
            position = skip_space(data, end, stop)
            first = False
        # What is complete may complete what it is in.
        while position < stop and data[position] == (0x7D if objects & np.uint64(1) else 0x5D):
            position += 1
            objects >>= np.uint64(1)
            depth -= 1
            first = False
            if depth == 0:
                return position, (STRINGS if strings else NESTED)
            position = skip_space(data, position, stop)
        if not first:
            if position >= stop or data[position] != 0x2C:
                return -1, 0
            position = skip_space(data, position + 1, stop)
        if objects & np.uint64(1):
            if position >= stop or data[position] != 0x22:
                return -1, 0
            key_stop, _ = find_string(data, position + 1, stop)
            if key_stop < 0:
                return -1, 0
            position = skip_space(data, key_stop + 1, stop)
            if position >= stop or data[position] != 0x3A:
                return -1, 0
            position = skip_space(data, position + 1, stop)
