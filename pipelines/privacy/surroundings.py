"""What the gate's loop looks at around one character: literals, colons, plates, places, digits that are read out."""

from typing import Any

import numpy as np

from pipelines.core.kernel import kernel
from pipelines.core.kernels import decode_utf8
from pipelines.privacy.kind import Shape

OTHER, IGNORED, JOINER, LETTER, DOT, COLON, DIGIT = range(7)
CLASS, SPELLED_DIGIT, SPELLED_MARK, DRAWN_DIGIT, LITERAL = 0x07, 0x08, 0x10, 0x20, 0x40
"""What a character is to the gate: a class, and bits beside it."""
DIGITS, DOTTED, COLONED, PLATE, PLACE, READ_OUT = map(int, Shape)
CONTEXT = 140
"""Characters around what opened the gate that a window has at least."""
GAP_ALLOWED = 4
SLOTS = 4096
"""More than literals have first characters."""

_HEXADECIMAL_ALLOWED = 4
_SPELLED_REACH = 48
_PLATE_DIGITS = 4
_FULL_WIDTH = 0xFEE0  # beyond ASCII


@kernel
def start_before(data: Any, position: int, first: int) -> int:
    """Where the character before ``position`` begins; ``first`` where there is none."""
    if position <= first:
        return first
    position -= 1
    while position > first and data[position] & 0xC0 == 0x80:
        position -= 1
    return position


@kernel
def code_at(data: Any, position: int) -> Any:
    code, _ = decode_utf8(data, position)
    return np.int64(code)


@kernel
def colon_before(data: Any, position: int, first: int) -> bool:
    """Whether another colon stands before the one at ``position``, with hexadecimal digits alone between them."""
    for _ in range(_HEXADECIMAL_ALLOWED + 1):
        if position <= first:
            return False
        position = start_before(data, position, first)
        code = code_at(data, position)
        if 0xFF01 <= code <= 0xFF5E:
            code -= _FULL_WIDTH
        if code == 0x3A:
            return True
        if not (0x30 <= code <= 0x39 or 0x41 <= code <= 0x46 or 0x61 <= code <= 0x66):
            return False
    return False


@kernel
def may_begin(data: Any, after: int, stop: int, code: Any, words: Any) -> Any:
    """Whether what follows the character ``code`` at ``after`` lets a literal begin there."""
    _, _, _, _, slot_rows, following, _ = words
    row = slot_rows[np.int64(code) % SLOTS]
    return following[row, data[after]] if after < stop else following[row, 0]


@kernel
def literals_at(data: Any, position: int, stop: int, code: Any, words: Any) -> Any:
    """Bits of the kinds of which a literal stands at ``position``, and the largest context that one of them has."""
    literals, literal_offsets, literal_bits, heads, _, _, literal_context = words
    seen = np.int64(0)
    context = np.int64(CONTEXT)
    head = np.int64(code) % SLOTS
    for literal in range(heads[head], heads[head + 1]):
        length = literal_offsets[literal + 1] - literal_offsets[literal]
        if position + length > stop:
            continue
        equal = True
        for byte in range(length):
            if data[position + byte] != literals[literal_offsets[literal] + byte]:
                equal = False
                break
        if equal:
            seen |= literal_bits[literal]
            context = max(context, literal_context[literal])
    return seen, context


@kernel
def _is_digit(code: Any, classes: Any) -> Any:
    return code < len(classes) and classes[code] & CLASS == DIGIT


@kernel
def _is_among(codes: Any, code: Any) -> Any:
    place = np.searchsorted(codes, code)
    return place < len(codes) and codes[place] == code


@kernel
def _is_counted(data: Any, position: int, stop: int, classes: Any, counters: Any) -> Any:
    """Whether the digits at ``position`` say how many of something, which no building number does."""
    code = np.int64(0)
    while position < stop:
        decoded, position = decode_utf8(data, position)
        code = np.int64(decoded)
        if not _is_digit(code, classes):
            break
    return _is_among(counters, code)


@kernel
def before_digit(data: Any, position: int, first: int, stop: int, classes: Any, syllables: Any) -> Any:
    """Bits of PLATE and PLACE for the run of digits that begins at ``position``; how many characters lie before it."""
    place_endings, plate_letters, counters = syllables
    before = start_before(data, position, first)
    characters = 1
    if before < position and data[before] == 0x20:
        position_of_space = before
        before = start_before(data, before, first)
        characters = 2 if before < position_of_space else 1
    if before >= position or data[before] < 0xEA:
        return np.int64(0), 0
    code = code_at(data, before)
    earlier = start_before(data, before, first)
    preceding = code_at(data, earlier) if earlier < before else np.int64(0)
    seen = np.int64(0)
    if (
        _is_among(place_endings, code)
        and not (code == 0xB85C and preceding == 0xC73C)  # 으로 is a particle
        and not _is_counted(data, position, stop, classes, counters)
    ):
        seen |= np.int64(PLACE)
    if _is_among(plate_letters, code) and _is_digit(preceding, classes):
        digits = 0
        while position < stop and digits <= _PLATE_DIGITS:
            following, after = decode_utf8(data, position)
            if not _is_digit(following, classes):
                break
            digits += 1
            position = after
        if digits == _PLATE_DIGITS:
            seen |= np.int64(PLATE)
            characters += 1
    return seen, characters


@kernel
def spelled_edge(data: Any, position: int, first: int, stop: int, classes: Any, step: int) -> Any:
    """How far a run of spelled and other digits goes from ``position``, in bytes and characters, and its digits."""
    digits = gap = walked = 0
    edge, edge_walked = position, 0
    while walked < _SPELLED_REACH:
        if step < 0:
            if position <= first:
                break
            start = start_before(data, position, first)
            code = code_at(data, start)
            position = start
        else:
            if position >= stop:
                break
            decoded, position = decode_utf8(data, position)
            code = np.int64(decoded)
        kind = classes[code] if code < len(classes) else np.uint8(0)
        walked += 1
        if kind & SPELLED_DIGIT or kind & CLASS == DIGIT:
            digits += 1
            gap = 0
            edge, edge_walked = position, walked
        elif kind & CLASS != IGNORED:
            # "다시" and "에" are how a dash is read out.
            joins = kind & CLASS == JOINER or kind & CLASS == DOT or code == 0xB2E4 or code == 0xC2DC or code == 0xC5D0
            gap += 1
            if gap > GAP_ALLOWED or not joins:
                break
    return edge, edge_walked, digits
