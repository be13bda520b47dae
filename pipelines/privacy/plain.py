"""The compiled pass over windows of text that tells which of them are written as they are seen, so need no folding."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.core.kernel import kernel
from pipelines.core.kernels import decode_utf8
from pipelines.core.tables import kept_table
from pipelines.privacy.fold import FOLD
from pipelines.privacy.numbers import FEWEST_DIGITS, LOOKALIKES, RAISED, READ_BETWEEN, SPELLED, STROKES

_CHANGED, _DIGIT, _SPELLED, _DRAWN, _BETWEEN, _STROKE = 1, 2, 4, 8, 16, 32
_LONGEST_GAP = 4
_SPACE = 0x20
_JAMO = range(0x1100, 0x1113)


def plain_windows(data: NDArray[np.uint8], starts: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.bool_]:
    """For each ``data[starts[i]:ends[i]]`` whether ``fold`` changes nothing in it, but for placeholders.

    It may also be False where nothing would be changed.
    """
    plain = np.zeros(len(starts), bool)
    _mark_plain(data, starts, ends, _characters(), plain)
    return plain


@kept_table
def _characters() -> NDArray[np.uint8]:
    """What each code point may be to ``fold``."""
    table = np.zeros(max(FOLD) + 1, np.uint8)
    bits = ((RAISED, _CHANGED), ("0123456789", _DIGIT), (SPELLED, _SPELLED), (LOOKALIKES, _DRAWN), (STROKES, _STROKE))
    for characters, bit in (*bits, (READ_BETWEEN, _BETWEEN)):
        table[[ord(character) for character in characters]] |= bit
    table[[*FOLD, *_JAMO]] |= _CHANGED
    return table


@kernel
def _joins_digits(data: Any, before: Any, position: Any, stop: Any) -> Any:
    """Whether a stroke that ends at ``position`` may stand between two numbers."""
    if data[before] != _SPACE and not 0x30 <= data[before] <= 0x39:
        return False
    if position < stop and data[position] == _SPACE:
        position += 1
    return position < stop and 0x30 <= data[position] <= 0x39


@kernel
def _mark_plain(data: Any, starts: Any, ends: Any, characters: Any, plain: Any) -> None:
    for window in range(len(starts)):
        position = starts[window]
        run = others = gap = 0
        while position < ends[window]:
            before = position - 1 if position > starts[window] else position
            code, position = decode_utf8(data, position)
            kind = characters[code] if code < len(characters) else 0
            if kind & _CHANGED or (kind & _STROKE and _joins_digits(data, before, position, ends[window])):
                break
            if kind & (_DIGIT | _SPELLED | _DRAWN):
                run += 1
                others += kind & _DIGIT == 0
                gap = 0
                if run >= FEWEST_DIGITS and others:
                    break
            elif run:
                gap += 1
                if gap > _LONGEST_GAP or not kind & _BETWEEN:
                    run = others = 0
        else:
            plain[window] = True
