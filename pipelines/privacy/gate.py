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
from pipelines.privacy.fold import FOLD
from pipelines.privacy.kind import Kind, Shape

ROW, START_BYTE, END_BYTE, START, END, FIRST_CORE = range(6)
"""Columns of a window: row, bytes within the batch's data, characters within the row, number of its first core."""
CORE_START, CORE_END, CORE_SEEN = range(3)
"""Columns of a core, what opened the gate: characters within the row, bits of what was seen."""

_OTHER, _IGNORED, _JOINER, _LETTER, _DOT, _COLON, _DIGIT = range(7)
_CLASS, _LITERAL = 0x0F, 0x40
_CONTEXT = 140
_DIGITS_NEEDED, _DOTS_NEEDED, _GAP_ALLOWED, _HEXADECIMAL_ALLOWED = 7, 3, 4, 4
_LITERAL_BITS = 3
_CORE_GAP = 16


@dataclass(frozen=True)
class Gate:
    """Tables of the compiled loop for a set of kinds.

    classes    uint8 by code point; those beyond the table are of no interest
    literals   bytes of all literals, one after the other, with their offsets
    wanted     bits of windows that some kind asks for
    """

    classes: NDArray[np.uint8]
    literals: NDArray[np.uint8]
    literal_offsets: NDArray[np.int64]
    wanted: int
    masks: tuple[int, ...]
    """For each kind, the bits of which a window has to show one for the kind to be tried."""

    @classmethod
    def of(cls, kinds: Sequence[Kind]) -> "Gate":
        literals = sorted({literal for kind in kinds for literal in kind.literals})
        bits = {literal: 1 << (_LITERAL_BITS + index) for index, literal in enumerate(literals)}
        masks = tuple(int(kind.shapes) | sum(bits[literal] for literal in kind.literals) for kind in kinds)
        encoded = [literal.encode() for literal in literals]
        classes = _classes()
        for literal in literals:
            classes[ord(literal[0])] |= _LITERAL
        return cls(
            classes=classes,
            literals=np.frombuffer(b"".join(encoded), np.uint8),
            literal_offsets=np.cumsum([0, *map(len, encoded)], dtype=np.int64),
            wanted=int(np.bitwise_or.reduce(masks)) if masks else 0,
            masks=masks,
        )

    def windows(
        self, offsets: NDArray[np.int64], data: NDArray[np.uint8]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Windows (rows of six int64: see ROW ..) in order of place that share no character, and their cores.

        Cores (rows of three int64: see CORE_START ..) stand in the order of their windows.
        """
        bits = np.array([Shape.DIGITS, Shape.DOTTED, Shape.COLONED], np.int64)
        windows, cores = _scan(offsets, data, self.classes, self.literals, self.literal_offsets, bits, self.wanted)
        return windows, cores


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
        elif folded in " \t-/()*+":
            classes[code] = _JOINER
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
def _add_window(windows: Any, count: int, cores: int, data: Any, row: int, first: int, stop: int, span: Any) -> Any:
    """Add the span (bytes start and end, characters start and end) with its context, or widen the last window to it."""
    start_byte, end_byte, start, end = span
    if count and windows[count - 1, 0] == row and start - _CONTEXT <= windows[count - 1, 4]:
        last = count - 1
        position, character = windows[last, 2], windows[last, 4]
    else:
        windows = _with_room(windows, count)
        last = count
        count += 1
        position, character = start_byte, start
        while position > first and start - character < _CONTEXT:
            position -= 1
            while data[position] & 0xC0 == 0x80:
                position -= 1
            character -= 1
        windows[last, 0] = row
        windows[last, 1] = position
        windows[last, 3] = character
        windows[last, 5] = cores
        position, character = end_byte, end
    while position < stop and character < end + _CONTEXT:
        position += 1
        while position < stop and data[position] & 0xC0 == 0x80:
            position += 1
        character += 1
    windows[last, 2] = position
    windows[last, 4] = character
    return windows, count


@kernel
def _colon_before(data: Any, position: int, first: int) -> bool:
    """Whether another colon stands before the one at ``position``, with hexadecimal digits alone between them."""
    for distance in range(1, _HEXADECIMAL_ALLOWED + 2):
        if position - distance < first:
            return False
        byte = data[position - distance]
        if byte == 0x3A:
            return True
        if not (0x30 <= byte <= 0x39 or 0x41 <= byte <= 0x46 or 0x61 <= byte <= 0x66):
            return False
    return False


@kernel
def _literals_at(data: Any, position: int, stop: int, literals: Any, literal_offsets: Any) -> int:
    """Bits of the literals that stand at ``position``."""
    seen = 0
    for literal in range(len(literal_offsets) - 1):
        length = literal_offsets[literal + 1] - literal_offsets[literal]
        if position + length > stop:
            continue
        equal = True
        for byte in range(length):
            if data[position + byte] != literals[literal_offsets[literal] + byte]:
                equal = False
                break
        if equal:
            seen |= 1 << (_LITERAL_BITS + literal)
    return seen


@kernel
def _scan(offsets: Any, data: Any, classes: Any, literals: Any, literal_offsets: Any, bits: Any, wanted: int) -> Any:
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
                if kind <= _DOT and digits == 0:
                    position = after
                    continue
            group = kind & _CLASS
            if group == _DIGIT:
                if digits == 0:
                    run_start, run_first, dots, run_dotted = position, character, 0, False
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
                    seen = (bits[0] if digits >= _DIGITS_NEEDED else 0) | (bits[1] if run_dotted else 0)
                    if seen & wanted:
                        span = (run_start, run_end, run_first, run_last)
                        windows, count = _add_window(windows, count, core_count, data, row, first, stop, span)
                        window_first = windows[count - 1, 5]
                        cores, core_count = _add_core(cores, core_count, window_first, run_first, run_last, seen)
                    digits = 0
            if group != _IGNORED:
                previous = group
            if position >= stop:
                break
            seen = 0
            if kind & _LITERAL:
                seen = _literals_at(data, position, stop, literals, literal_offsets)
            if group == _COLON and _colon_before(data, position, first):
                seen |= bits[2]
            if seen & wanted:
                begin = (run_start, run_first) if digits else (position, character)
                span = (begin[0], after, begin[1], character + 1)
                windows, count = _add_window(windows, count, core_count, data, row, first, stop, span)
                window_first = windows[count - 1, 5]
                cores, core_count = _add_core(cores, core_count, window_first, character, character + 1, seen)
            position = after
    return windows[:count], cores[:core_count]
