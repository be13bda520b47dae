"""The compiled pass over windows of text that tells what of them is written otherwise than it is seen."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.core.kernel import kernel
from pipelines.core.kernels import decode_utf8
from pipelines.core.tables import kept_table
from pipelines.privacy.fold import CHARACTERS, FIRST_JAMO, FOLD, KEPT, seen_codes
from pipelines.privacy.numbers import (
    DRAWN,
    EVERYTHING,
    FEWEST_DIGITS,
    FEWEST_SPELLED,
    LOOKALIKES,
    MARKED,
    RAISED,
    READ_BETWEEN,
    READ_OUT,
    SPELLED,
    STROKED,
    STROKES,
    ZEROS,
)

_DIGIT, _SPELLED, _ZERO, _DRAWN, _BETWEEN, _STROKE, _RAISED, _SPACE, _CHANGED, _UNSEEN = (1 << n for n in range(10))
_JAMO_FIRST, _JAMO_END = FIRST_JAMO.start, FIRST_JAMO.stop
_LONGEST_GAP = 4
_NO_STROKE, _BEHIND_STROKE, _BEHIND_SPACE = range(3)


def written_otherwise(data: NDArray[np.uint8], starts: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.uint8]:
    """For each ``data[starts[i]:ends[i]]`` the bits of what ``fold`` may change in it, placeholders left aside.

    Without a bit it changes nothing of that sort; with one it may.
    """
    found = np.zeros(len(starts), np.uint8)
    _find(data, starts, ends, _characters(), found)
    return found


@kept_table
def _characters() -> NDArray[np.uint16]:
    """What each code point is seen as, and whether that is another or none."""
    table = np.zeros(max(FOLD) + 1, np.uint16)
    numbers = (("0123456789", _DIGIT), (SPELLED, _SPELLED), (ZEROS, _ZERO), (LOOKALIKES, _DRAWN), (RAISED, _RAISED))
    for characters, bit in (*numbers, (STROKES, _STROKE), (READ_BETWEEN, _BETWEEN), (" ", _SPACE)):
        table[[ord(character) for character in characters]] |= bit
    seen = seen_codes()[: len(table)]
    others = np.flatnonzero(seen != KEPT)
    table[others] = np.where(seen[others] == 0, _UNSEEN, table[seen[others]]) | _CHANGED
    return table


@kernel
def _find(data: Any, starts: Any, ends: Any, characters: Any, found: Any) -> None:
    for window in range(len(starts)):
        position = starts[window]
        what = gap = 0
        read, spelled, zeros = 0, 0, np.uint16(0)  # of a number that may be read out
        written, drawn = 0, 0  # and of one that may be drawn
        stroke, joins = _NO_STROKE, False  # joins: a digit or a space stands before
        while position < ends[window]:
            code, position = decode_utf8(data, position)
            kind = characters[code] if code < len(characters) else np.uint16(0)
            if kind & _CHANGED:
                what |= CHARACTERS
                if kind & _UNSEEN:
                    continue
            elif _JAMO_FIRST <= code < _JAMO_END:  # the syllable may be anything
                what |= CHARACTERS | EVERYTHING
                break
            if kind & _RAISED:
                what |= MARKED
            if kind & (_DIGIT | _SPELLED | _DRAWN):
                gap = 0
                if kind & _SPELLED:
                    spelled += 1
                    zeros |= kind & _ZERO
                    written = drawn = 0
                elif kind & _DRAWN:
                    drawn += 1
                    read, spelled, zeros = 0, 0, np.uint16(0)
                read += kind & _DRAWN == 0
                written += kind & _SPELLED == 0
                if read >= FEWEST_DIGITS and (zeros or spelled >= FEWEST_SPELLED):
                    what |= READ_OUT
                if written >= FEWEST_DIGITS and drawn:
                    what |= DRAWN
            else:
                gap += 1
                if gap > _LONGEST_GAP or not kind & _BETWEEN:
                    read, spelled, zeros = 0, 0, np.uint16(0)
                    written = drawn = 0
            if kind & _DIGIT and stroke:
                what |= STROKED
            if kind & _STROKE and joins:
                stroke = _BEHIND_STROKE
            else:
                stroke = _BEHIND_SPACE if kind & _SPACE and stroke == _BEHIND_STROKE else _NO_STROKE
            joins = kind & (_DIGIT | _SPACE) != 0
        found[window] = what
