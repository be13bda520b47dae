"""What the gate's loop looks at around one character: literals, colons, plates, places, digits that are read out."""

from typing import Any

import numpy as np

from pipelines.core.kernel import inner_kernel
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
_IGNORED_ALLOWED = 8
_FULL_WIDTH = 0xFEE0  # beyond ASCII


@inner_kernel
def start_before(data: Any, position: int, first: int) -> int:
    """Where the character before ``position`` begins; ``first`` where there is none."""
    if position <= first:
        return first
    position -= 1
    while position > first and data[position] & 0xC0 == 0x80:
        position -= 1
    return position


@inner_kernel
def code_at(data: Any, position: int) -> Any:
    code, _ = decode_utf8(data, position)
    return np.int64(code)


@inner_kernel
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


@inner_kernel
def may_begin(data: Any, after: int, stop: int, code: Any, words: Any, classes: Any) -> Any:
    """Whether what follows the character ``code`` at ``after`` lets a literal begin there."""
    _, _, _, _, slot_rows, following, _ = words
    row = slot_rows[np.int64(code) % SLOTS]
    if after >= stop:
        return following[row, 0]
    behind, _ = decode_utf8(data, after)
    unseen = behind >= 0x80 and behind < len(classes) and classes[behind] & CLASS == IGNORED
    return following[row, behind & 0xFF] or unseen


@inner_kernel
def _goes_on_unseen(data: Any, position: int, stop: int, literals: Any, byte: int, end: int, classes: Any) -> Any:
    """Whether the literal's bytes from ``byte`` to ``end`` stand at ``position``, with characters that are not seen."""
    ignored = 0
    while byte < end:
        if position >= stop:
            return False
        if data[position] == literals[byte]:
            position += 1
            byte += 1
        else:
            code, after = decode_utf8(data, position)
            if ignored == _IGNORED_ALLOWED or code >= len(classes) or classes[code] & CLASS != IGNORED:
                return False
            position = after
            ignored += 1
    return True


@inner_kernel
def literals_at(data: Any, position: int, stop: int, code: Any, words: Any, classes: Any) -> Any:
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
            found = data[position + byte]
            if found != literals[literal_offsets[literal] + byte]:
                equal = False
                if found >= 0xC2 and not 0xEA <= found <= 0xED:  # as characters that are not seen begin
                    low, high = literal_offsets[literal] + byte, literal_offsets[literal + 1]
                    equal = _goes_on_unseen(data, position + byte, stop, literals, low, high, classes)
                break
        if equal:
            seen |= literal_bits[literal]
            context = max(context, literal_context[literal])
    return seen, context


@inner_kernel
def _is_digit(code: Any, classes: Any) -> Any:
    return code < len(classes) and classes[code] & CLASS == DIGIT


@inner_kernel
def _is_among(codes: Any, code: Any) -> Any:
    place = np.searchsorted(codes, code)
    return place < len(codes) and codes[place] == code


@inner_kernel
def _is_counted(data: Any, position: int, stop: int, classes: Any, counters: Any) -> Any:
    """Whether the digits at ``position`` say how many of something, which no building number does."""
    code = np.int64(0)
    while position < stop:
        decoded, position = decode_utf8(data, position)
        code = np.int64(decoded)
        if not _is_digit(code, classes):
            break
    return _is_among(counters, code)


@inner_kernel
def _seen_before(data: Any, position: int, first: int, classes: Any) -> Any:
    """Code of the character before ``position`` that is seen, where it begins, how many lie from there to ``position``.

    The code is 0 at the beginning, and where more that are not seen stand in a row than anybody types.
    """
    for walked in range(1, _IGNORED_ALLOWED + 2):
        if position <= first:
            break
        position = start_before(data, position, first)
        code = code_at(data, position)
        if code < 0x80 or code >= len(classes) or classes[code] & CLASS != IGNORED:
            return code, position, walked
    return np.int64(0), first, 0


@inner_kernel
def _composed_before(data: Any, code: Any, position: int, first: int) -> Any:
    """The syllable of which the letter ``code`` at ``position`` is the last (NFD), its place, how many come before it;
    or just what was given."""
    start, end = position, code
    final = code - 0x11A7 if 0x11A8 <= code <= 0x11C2 else 0
    walked = 0
    if final and start > first:
        start = start_before(data, start, first)
        end = code_at(data, start)
        walked = 1
    if not 0x1161 <= end <= 0x1175 or start <= first:
        return code, position, 0
    start = start_before(data, start, first)
    initial = code_at(data, start) - 0x1100
    if not 0 <= initial <= 18:
        return code, position, 0
    return 0xAC00 + (initial * 21 + end - 0x1161) * 28 + final, start, walked + 1


@inner_kernel
def before_digit(data: Any, position: int, first: int, stop: int, classes: Any, syllables: Any) -> Any:
    """Bits of PLATE and PLACE for the run of digits that begins at ``position``; how many characters lie before it."""
    place_endings, plate_letters, counters = syllables
    last = position - 1
    if last > first and data[last] == 0x20:
        last -= 1
    if last < first or data[last] < 0x80:  # the one that is seen before most digits
        return np.int64(0), 0
    before = start_before(data, last + 1, first)
    code = code_at(data, before)
    characters = position - last
    if not 0xAC00 <= code < 0xD7A4:
        code, before, characters = _seen_before(data, position, first, classes)
        if code == 0x20 or code == 0x3000 or code == 0xA0:
            code, before, more = _seen_before(data, before, first, classes)
            characters += more
        if 0x1100 <= code < 0x1200:
            code, before, more = _composed_before(data, code, before, first)
            characters += more
    ends_place, on_plate = _is_among(place_endings, code), _is_among(plate_letters, code)
    if not ends_place and not on_plate:
        return np.int64(0), 0
    preceding, _, between = _seen_before(data, before, first, classes)
    seen = np.int64(0)
    if (
        ends_place
        and not (code == 0xB85C and preceding == 0xC73C)  # 으로 is a particle
        and not _is_counted(data, position, stop, classes, counters)
    ):
        seen |= np.int64(PLACE)
    if on_plate and _is_digit(preceding, classes):
        digits = 0
        while position < stop and digits < _PLATE_DIGITS:
            following, after = decode_utf8(data, position)
            if _is_digit(following, classes):
                digits += 1
            elif not (following >= 0x80 and following < len(classes) and classes[following] & CLASS == IGNORED):
                break
            position = after
        if digits == _PLATE_DIGITS:
            seen |= np.int64(PLATE)
            characters += between
    return seen, characters


@inner_kernel
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
        if kind & (SPELLED_DIGIT | DRAWN_DIGIT) or kind & CLASS == DIGIT:
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
