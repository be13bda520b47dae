"""The compiled pass over all text that finds the few places where personal data could stand.

Most documents hold none and cost nothing more. What it hands on are disjoint windows of whole characters, so that no
character is looked at twice however hostile the text.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.core.kernel import kernel
from pipelines.core.kernels import decode_utf8
from pipelines.privacy.fold import FOLD, LOOKALIKE_JAMO, RARE_SPELLED, SPELLED
from pipelines.privacy.kind import NO_SHAPE, Kind, Shape

ROW, START_BYTE, END_BYTE, START, END, FIRST_CORE = range(6)
"""Columns of a window: row, bytes within the batch's data, characters within the row, number of its first core."""
CORE_START, CORE_END, CORE_SEEN = range(3)
"""Columns of a core, what opened the gate: characters within the row, bits of what was seen."""

_OTHER, _IGNORED, _JOINER, _LETTER, _DOT, _COLON, _DIGIT = range(7)
_CLASS, _SPELLED_DIGIT, _SPELLED_MARK, _LITERAL = 0x07, 0x08, 0x10, 0x40
_CONTEXT = 140
_DIGITS_NEEDED, _DOTS_NEEDED, _GAP_ALLOWED, _HEXADECIMAL_ALLOWED = 7, 3, 4, 4
_SHAPE_BITS = len(Shape)
_CORE_GAP = 16
_SPELLED_REACH = 48
_PLATE_DIGITS = 4
_FULL_WIDTH = 0xFEE0  # beyond ASCII
_SLOTS = 4096  # more than literals have first characters
_DIGITS, _DOTTED, _COLONED, _PLATE, _PLACE, _SPELLED = map(int, Shape)

PLACE_ENDINGS = "로길동리가읍면"
COUNTERS = "년월일시분명개차회살만천억조항원점위권배편%"
PLATE_LETTERS = "가나다라마거너더러머버서어저고노도로모보소오조구누두루무부수우주아바사자배하허호"


@dataclass(frozen=True)
class Gate:
    """Tables of the compiled loop for a set of kinds.

    classes          uint8 by code point; those beyond the table are of no interest
    literals         bytes of all literals, one after the other, with their offsets, in order
    literal_bits     for each literal, the bits of the kinds that it opens the gate for
    heads            for each slot of first characters, the number of its first literal; one more at the end
    following        by slot (``slot_rows`` has its row) and byte: whether a literal goes on with that byte
    literal_context  characters around a literal that its kinds may look at
    place_endings, plate_letters, counters   sorted code points of syllables
    wanted           bits of windows that some kind asks for
    """

    classes: NDArray[np.uint8]
    literals: NDArray[np.uint8]
    literal_offsets: NDArray[np.int64]
    literal_bits: NDArray[np.int64]
    heads: NDArray[np.int64]
    slot_rows: NDArray[np.int64]
    following: NDArray[np.bool_]
    literal_context: NDArray[np.int64]
    place_endings: NDArray[np.int64]
    plate_letters: NDArray[np.int64]
    counters: NDArray[np.int64]
    wanted: int
    masks: tuple[int, ...]
    """For each kind, the bits of which a window has to show one for the kind to be tried."""

    @classmethod
    def of(cls, kinds: Sequence[Kind]) -> "Gate":
        bits: dict[bytes, int] = {}
        context: dict[bytes, int] = {}
        masks = []
        for index, kind in enumerate(kinds):
            own = 1 << (_SHAPE_BITS + index) if kind.literals else 0
            read_out = Shape.SPELLED if Shape.DIGITS in kind.shapes else NO_SHAPE
            masks.append(int(kind.shapes | read_out) | own)
            for literal in kind.literals:
                bits[literal.encode()] = bits.get(literal.encode(), 0) | own
                context[literal.encode()] = max(context.get(literal.encode(), _CONTEXT), kind.reach + 1)
        encoded = sorted(bits, key=lambda literal: (_slot(literal), literal))
        classes = _classes()
        for kind in kinds:
            for literal in kind.literals:
                classes[ord(literal[0])] |= _LITERAL
        slots = np.array([_slot(literal) for literal in encoded], np.int64)
        used = np.unique(slots)
        slot_rows = np.zeros(_SLOTS, np.int64)
        slot_rows[used] = np.arange(len(used))
        following = np.zeros((len(used) + 1, 256), bool)
        for literal, slot in zip(encoded, slots, strict=True):
            rest = literal[len(literal.decode()[0].encode()) :]
            following[slot_rows[slot], rest[0] if rest else slice(None)] = True
        return cls(
            classes=classes,
            literals=np.frombuffer(b"".join(encoded), np.uint8),
            literal_offsets=np.cumsum([0, *map(len, encoded)], dtype=np.int64),
            literal_bits=np.array([bits[literal] for literal in encoded], np.int64),
            heads=np.searchsorted(slots, np.arange(_SLOTS + 1)).astype(np.int64),
            slot_rows=slot_rows,
            following=following,
            literal_context=np.array([context[literal] for literal in encoded], np.int64),
            place_endings=_code_points(PLACE_ENDINGS),
            plate_letters=_code_points(PLATE_LETTERS),
            counters=_code_points(COUNTERS),
            wanted=int(np.bitwise_or.reduce(masks)) if masks else 0,
            masks=tuple(masks),
        )

    def windows(
        self, offsets: NDArray[np.int64], data: NDArray[np.uint8]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Windows (rows of six int64: see ROW ..) in order of place that share no character, and their cores.

        Cores (rows of three int64: see CORE_START ..) stand in the order of their windows.
        """
        windows, cores = _scan(
            offsets,
            data,
            self.classes,
            (
                self.literals,
                self.literal_offsets,
                self.literal_bits,
                self.heads,
                self.slot_rows,
                self.following,
                self.literal_context,
            ),
            (self.place_endings, self.plate_letters, self.counters),
            self.wanted,
        )
        return windows, cores


def _slot(literal: bytes) -> int:
    return ord(literal.decode()[0]) % _SLOTS


def _code_points(characters: str) -> NDArray[np.int64]:
    return np.array(sorted(map(ord, characters)), np.int64)


def _classes() -> NDArray[np.uint8]:
    classes = np.zeros(max(FOLD) + 1, np.uint8)
    for code in (*range(0x80), *(code for code in FOLD if code >= 0x80)):
        folded = FOLD[code] if code >= 0x80 else chr(code)
        if not folded:
            classes[code] = _IGNORED
        elif "0" <= folded <= "9":
            classes[code] = _DIGIT
        elif folded == ".":
            classes[code] = _DOT
        elif folded == ":":
            classes[code] = _COLON
        elif folded.isalpha():
            classes[code] = _LETTER
        elif folded in " \t\n-/()*+":
            classes[code] = _JOINER
    classes[ord(LOOKALIKE_JAMO)] = _LETTER
    for character in SPELLED:
        # The syllables of one to five stand in every other word: what stands between others is looked at from there.
        classes[ord(character)] |= _SPELLED_DIGIT | (_SPELLED_MARK if character in RARE_SPELLED else 0)
    return classes


@kernel
def _with_room(table: Any, count: int) -> Any:
    if count < len(table):
        return table
    larger = np.empty((2 * count, table.shape[1]), np.int64)
    larger[:count] = table
    return larger


@kernel
def _add_core(cores: Any, count: int, window_first: int, start: int, end: int, seen: int) -> Any:
    """Add a core, or widen the last one of the same window where the two almost touch and show the same."""
    if count > window_first:
        last = cores[count - 1]
        if last[2] == seen and start - last[1] <= _CORE_GAP:
            last[1] = max(last[1], end)
            return cores, count
    cores = _with_room(cores, count)
    cores[count, 0], cores[count, 1], cores[count, 2] = start, end, seen
    return cores, count + 1


@kernel
def _add_window(
    windows: Any, count: int, cores: int, data: Any, row: int, first: int, stop: int, span: Any, context: int
) -> Any:
    """Add the span (bytes start and end, characters start and end) with its context, or widen the last window to it."""
    start_byte, end_byte, start, end = span
    if count and windows[count - 1, 0] == row and start - context <= windows[count - 1, 4]:
        last = count - 1
        position, character = windows[last, 2], windows[last, 4]
    else:
        windows = _with_room(windows, count)
        last = count
        count += 1
        position, character = start_byte, start
        while position > first and start - character < context:
            position -= 1
            while data[position] & 0xC0 == 0x80:
                position -= 1
            character -= 1
        windows[last, 0] = row
        windows[last, 1] = position
        windows[last, 3] = character
        windows[last, 5] = cores
        position, character = end_byte, end
    while position < stop and character < end + context:
        position += 1
        while position < stop and data[position] & 0xC0 == 0x80:
            position += 1
        character += 1
    windows[last, 2] = position
    windows[last, 4] = character
    return windows, count


@kernel
def _start_before(data: Any, position: int, first: int) -> int:
    """Where the character before ``position`` begins; ``first`` where there is none."""
    if position <= first:
        return first
    position -= 1
    while position > first and data[position] & 0xC0 == 0x80:
        position -= 1
    return position


@kernel
def _code_at(data: Any, position: int) -> Any:
    code, _ = decode_utf8(data, position)
    return np.int64(code)


@kernel
def _colon_before(data: Any, position: int, first: int) -> bool:
    """Whether another colon stands before the one at ``position``, with hexadecimal digits alone between them."""
    for _ in range(_HEXADECIMAL_ALLOWED + 1):
        if position <= first:
            return False
        position = _start_before(data, position, first)
        code = _code_at(data, position)
        if 0xFF01 <= code <= 0xFF5E:
            code -= _FULL_WIDTH
        if code == 0x3A:
            return True
        if not (0x30 <= code <= 0x39 or 0x41 <= code <= 0x46 or 0x61 <= code <= 0x66):
            return False
    return False


@kernel
def _may_begin(data: Any, after: int, stop: int, code: Any, words: Any) -> Any:
    """Whether what follows the character ``code`` at ``after`` lets a literal begin there."""
    _, _, _, _, slot_rows, following, _ = words
    row = slot_rows[np.int64(code) % _SLOTS]
    return following[row, data[after]] if after < stop else following[row, 0]


@kernel
def _literals_at(data: Any, position: int, stop: int, code: Any, words: Any) -> Any:
    """Bits of the kinds of which a literal stands at ``position``, and the largest context that one of them has."""
    literals, literal_offsets, literal_bits, heads, _, _, literal_context = words
    seen = np.int64(0)
    context = np.int64(_CONTEXT)
    head = np.int64(code) % _SLOTS
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
    return code < len(classes) and classes[code] & _CLASS == _DIGIT


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
def _before_digit(data: Any, position: int, first: int, stop: int, classes: Any, syllables: Any) -> Any:
    """Bits of PLATE and PLACE for the run of digits that begins at ``position``; how many characters lie before it."""
    place_endings, plate_letters, counters = syllables
    before = _start_before(data, position, first)
    characters = 1
    if before < position and data[before] == 0x20:
        position_of_space = before
        before = _start_before(data, before, first)
        characters = 2 if before < position_of_space else 1
    if before >= position or data[before] < 0xEA:
        return np.int64(0), 0
    code = _code_at(data, before)
    earlier = _start_before(data, before, first)
    preceding = _code_at(data, earlier) if earlier < before else np.int64(0)
    seen = np.int64(0)
    if (
        _is_among(place_endings, code)
        and not (code == 0xB85C and preceding == 0xC73C)  # 으로 is a particle
        and not _is_counted(data, position, stop, classes, counters)
    ):
        seen |= np.int64(_PLACE)
    if _is_among(plate_letters, code) and _is_digit(preceding, classes):
        digits = 0
        while position < stop and digits <= _PLATE_DIGITS:
            following, after = decode_utf8(data, position)
            if not _is_digit(following, classes):
                break
            digits += 1
            position = after
        if digits == _PLATE_DIGITS:
            seen |= np.int64(_PLATE)
            characters += 1
    return seen, characters


@kernel
def _spelled_edge(data: Any, position: int, first: int, stop: int, classes: Any, step: int) -> Any:
    """How far a run of spelled and other digits goes from ``position``, in bytes and characters, and its digits."""
    digits = gap = walked = 0
    edge, edge_walked = position, 0
    while walked < _SPELLED_REACH:
        if step < 0:
            if position <= first:
                break
            start = _start_before(data, position, first)
            code = _code_at(data, start)
            position = start
        else:
            if position >= stop:
                break
            decoded, position = decode_utf8(data, position)
            code = np.int64(decoded)
        kind = classes[code] if code < len(classes) else np.uint8(0)
        walked += 1
        if kind & _SPELLED_DIGIT or kind & _CLASS == _DIGIT:
            digits += 1
            gap = 0
            edge, edge_walked = position, walked
        elif kind & _CLASS != _IGNORED:
            # "다시" and "에" are how a dash is read out.
            joins = (
                kind & _CLASS == _JOINER or kind & _CLASS == _DOT or code == 0xB2E4 or code == 0xC2DC or code == 0xC5D0
            )
            gap += 1
            if gap > _GAP_ALLOWED or not joins:
                break
    return edge, edge_walked, digits


@kernel
def _scan(offsets: Any, data: Any, classes: Any, words: Any, syllables: Any, wanted: int) -> Any:
    windows, cores = np.empty((64, 6), np.int64), np.empty((64, 3), np.int64)
    count = core_count = 0
    for row in range(len(offsets) - 1):
        first, stop = offsets[row], offsets[row + 1]
        position = first
        character = -1
        digits = dots = gap = 0
        gap_class: Any = _OTHER
        previous: Any = _OTHER
        run_start = run_end = run_first = run_last = 0
        run_dotted = False
        spelled_until = first
        while True:
            kind: Any = _OTHER
            after = position + 1
            character += 1
            if position < stop:
                code = np.int32(data[position])
                if code >= 0x80:
                    code, after = decode_utf8(data, position)
                if code < len(classes):
                    kind = classes[code]
                if digits == 0:
                    if kind & ~_SPELLED_DIGIT <= _DOT:
                        position = after
                        continue
                    if (
                        kind & _CLASS <= _DOT
                        and not kind & _SPELLED_MARK
                        and not _may_begin(data, after, stop, code, words)
                    ):
                        position = after
                        continue
            group = kind & _CLASS
            if group == _DIGIT:
                if digits == 0:
                    run_start, run_first, dots, run_dotted = position, character, 0, False
                    beside, reach = _before_digit(data, position, first, stop, classes, syllables)
                    if beside & wanted:
                        start = position
                        for _ in range(reach):
                            start = _start_before(data, start, first)
                        span = (start, after, character - reach, character + 1)
                        windows, count = _add_window(windows, count, core_count, data, row, first, stop, span, _CONTEXT)
                        window_first = windows[count - 1, 5]
                        cores, core_count = _add_core(
                            cores, core_count, window_first, character - reach, character + 1, beside & wanted
                        )
                elif gap == 1 and gap_class == _DOT:
                    dots += 1
                elif gap:
                    dots = 0
                run_dotted |= dots >= _DOTS_NEEDED
                digits += 1
                gap = 0
                run_end, run_last = after, character + 1
            elif digits and group != _IGNORED:
                twice = group == _LETTER and previous == _LETTER
                if (group in (_JOINER, _DOT, _LETTER)) and gap < _GAP_ALLOWED and not twice:
                    gap += 1
                    gap_class = group
                else:
                    seen = (_DIGITS if digits >= _DIGITS_NEEDED else 0) | (_DOTTED if run_dotted else 0)
                    if seen & wanted:
                        span = (run_start, run_end, run_first, run_last)
                        windows, count = _add_window(windows, count, core_count, data, row, first, stop, span, _CONTEXT)
                        window_first = windows[count - 1, 5]
                        cores, core_count = _add_core(cores, core_count, window_first, run_first, run_last, seen)
                    digits = 0
            if group != _IGNORED:
                previous = group
            if position >= stop:
                break
            seen = np.int64(0)
            context = np.int64(_CONTEXT)
            if kind & _LITERAL:
                seen, context = _literals_at(data, position, stop, code, words)
            if group == _COLON and _colon_before(data, position, first):
                seen |= _COLONED
            if kind & _SPELLED_MARK and position >= spelled_until and wanted & _SPELLED:
                low, before, digits_before = _spelled_edge(data, position, first, stop, classes, -1)
                high, beyond, digits_beyond = _spelled_edge(data, position, first, stop, classes, 1)
                spelled_until = high
                if digits_before + digits_beyond >= _DIGITS_NEEDED:
                    span = (low, high, character - before, character + beyond)
                    windows, count = _add_window(windows, count, core_count, data, row, first, stop, span, _CONTEXT)
                    window_first = windows[count - 1, 5]
                    cores, core_count = _add_core(
                        cores, core_count, window_first, character - before, character + beyond, _SPELLED
                    )
            if seen & wanted:
                begin = (run_start, run_first) if digits else (position, character)
                span = (begin[0], after, begin[1], character + 1)
                windows, count = _add_window(windows, count, core_count, data, row, first, stop, span, context)
                window_first = windows[count - 1, 5]
                cores, core_count = _add_core(cores, core_count, window_first, character, character + 1, seen)
            position = after
    return windows[:count], cores[:core_count]
