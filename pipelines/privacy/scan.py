"""The compiled loop of the gate: one pass over the bytes of all texts."""

from typing import Any

import numpy as np

from pipelines.core.kernel import kernel
from pipelines.core.kernels import decode_utf8
from pipelines.privacy.surroundings import (
    CLASS,
    COLON,
    COLONED,
    CONTEXT,
    DIGIT,
    DIGITS,
    DOT,
    DOTTED,
    DRAWN_DIGIT,
    GAP_ALLOWED,
    IGNORED,
    JOINER,
    LETTER,
    LITERAL,
    OTHER,
    READ_OUT,
    SPELLED_DIGIT,
    SPELLED_MARK,
    before_digit,
    colon_before,
    literals_at,
    may_begin,
    spelled_edge,
    start_before,
)

_DIGITS_NEEDED, _DOTS_NEEDED = 7, 3
_DIGITS_BEHIND_OTHERS = 5  # of a number whose first ones are read out or drawn with letters
_CORE_GAP = 16


@kernel
def with_room(table: Any, count: int) -> Any:
    if count < len(table):
        return table
    larger = np.empty((2 * count, table.shape[1]), np.int64)
    larger[:count] = table
    return larger


@kernel
def _add_core(cores: Any, count: int, window_first: int, start: int, end: int, seen: int, digits: int) -> Any:
    """Add a core, or widen the last one of the same window where the two almost touch and show the same."""
    if count > window_first:
        last = cores[count - 1]
        if last[2] == seen and start - last[1] <= _CORE_GAP:
            last[1] = max(last[1], end)
            last[3] += digits
            return cores, count
    cores = with_room(cores, count)
    cores[count, 0], cores[count, 1], cores[count, 2], cores[count, 3] = start, end, seen, digits
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
        windows = with_room(windows, count)
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
def scan(offsets: Any, data: Any, classes: Any, words: Any, syllables: Any, wanted: int) -> Any:
    windows, cores = np.empty((64, 6), np.int64), np.empty((64, 4), np.int64)
    count = core_count = 0
    for row in range(len(offsets) - 1):
        first, stop = offsets[row], offsets[row + 1]
        position = first
        character = -1
        digits = dots = gap = 0
        gap_class: Any = OTHER
        previous: Any = OTHER
        run_start = run_end = run_first = run_last = 0
        run_dotted = False
        spelled_until = first
        while True:
            kind: Any = OTHER
            after = position + 1
            character += 1
            if position < stop:
                code = np.int32(data[position])
                if code >= 0x80:
                    code, after = decode_utf8(data, position)
                if code < len(classes):
                    kind = classes[code]
                if digits == 0:
                    if kind & ~(SPELLED_DIGIT | DRAWN_DIGIT) <= DOT:
                        position = after
                        continue
                    if (
                        kind & CLASS <= DOT
                        and not kind & SPELLED_MARK
                        and not may_begin(data, after, stop, code, words, classes)
                    ):
                        position = after
                        continue
            group = kind & CLASS
            if digits and kind & DRAWN_DIGIT and previous != LETTER:
                group = DIGIT
            if group == DIGIT:
                if digits == 0:
                    run_start, run_first, dots, run_dotted = position, character, 0, False
                    beside, reach = before_digit(data, position, first, stop, classes, syllables)
                    if beside & wanted:
                        start = position
                        for _ in range(reach):
                            start = start_before(data, start, first)
                        span = (start, after, character - reach, character + 1)
                        windows, count = _add_window(windows, count, core_count, data, row, first, stop, span, CONTEXT)
                        window_first = windows[count - 1, 5]
                        cores, core_count = _add_core(
                            cores, core_count, window_first, character - reach, character + 1, beside & wanted, 0
                        )
                elif gap == 1 and gap_class == DOT:
                    dots += 1
                elif gap:
                    dots = 0
                run_dotted |= dots >= _DOTS_NEEDED
                digits += 1
                gap = 0
                run_end, run_last = after, character + 1
            elif digits and group != IGNORED:
                twice = group == LETTER and previous == LETTER
                if (group in (JOINER, DOT, LETTER)) and gap < GAP_ALLOWED and not twice:
                    gap += 1
                    gap_class = group
                else:
                    seen = (DIGITS if digits >= _DIGITS_NEEDED else 0) | (DOTTED if run_dotted else 0)
                    if _DIGITS_BEHIND_OTHERS <= digits < _DIGITS_NEEDED and wanted & READ_OUT:
                        low, before, digits_before = spelled_edge(data, run_start, first, stop, classes, -1)
                        if digits_before + digits >= _DIGITS_NEEDED:
                            run_start, run_first = low, run_first - before
                            seen |= READ_OUT
                    if seen & wanted:
                        span = (run_start, run_end, run_first, run_last)
                        windows, count = _add_window(windows, count, core_count, data, row, first, stop, span, CONTEXT)
                        window_first = windows[count - 1, 5]
                        cores, core_count = _add_core(
                            cores, core_count, window_first, run_first, run_last, seen, digits
                        )
                    digits = 0
            if group != IGNORED:
                previous = group
            if position >= stop:
                break
            seen = 0
            context = CONTEXT
            if kind & LITERAL:
                seen, context = literals_at(data, position, stop, code, words, classes)
            if group == COLON and colon_before(data, position, first):
                seen |= COLONED
            if kind & SPELLED_MARK and position >= spelled_until and wanted & READ_OUT:
                low, before, digits_before = spelled_edge(data, position, first, stop, classes, -1)
                high, beyond, digits_beyond = spelled_edge(data, position, first, stop, classes, 1)
                spelled_until = high
                if digits_before + digits_beyond >= _DIGITS_NEEDED:
                    span = (low, high, character - before, character + beyond)
                    windows, count = _add_window(windows, count, core_count, data, row, first, stop, span, CONTEXT)
                    window_first = windows[count - 1, 5]
                    cores, core_count = _add_core(
                        cores, core_count, window_first, character - before, character + beyond, READ_OUT, 0
                    )
            if seen & wanted:
                begin = (run_start, run_first) if digits else (position, character)
                span = (begin[0], after, begin[1], character + 1)
                windows, count = _add_window(windows, count, core_count, data, row, first, stop, span, context)
                window_first = windows[count - 1, 5]
                cores, core_count = _add_core(cores, core_count, window_first, character, character + 1, seen, 0)
            position = after
    return windows[:count], cores[:core_count]
