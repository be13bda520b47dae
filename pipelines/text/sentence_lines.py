"""Lines that a search for sentences goes through: where each ends, what it is written in, and its plain words."""

from typing import Any

import numpy as np

from pipelines.core.bits import load_eight
from pipelines.core.kernel import inner_kernel
from pipelines.core.kernels import decode_utf8
from pipelines.text.utf8 import starts_syllable

_ONES, _HIGH = np.uint64(0x0101010101010101), np.uint64(0x8080808080808080)
# First bytes of what ends a line, and what is above those that are ASCII.
_NEXT_LINE, _SEPARATOR, _BEHIND_BREAKS = np.uint64(0xC2) * _ONES, np.uint64(0xE2) * _ONES, np.uint64(0x0E) * _ONES


@inner_kernel
def find_line_end(data: Any, position: Any, end: Any) -> Any:
    """End of the line at ``position``."""
    while position < end:
        if position + 8 <= end:
            word = load_eight(data, position)
            next_line, separator = word ^ _NEXT_LINE, word ^ _SEPARATOR
            odd = (word - _BEHIND_BREAKS) & ~word | (next_line - _ONES) & ~next_line | (separator - _ONES) & ~separator
            if not odd & _HIGH:
                position += 8
                continue
        last = min(position + 8, end)
        while position < last:
            byte = data[position]
            if (
                0x0A <= byte <= 0x0D
                or (byte == 0xC2 and data[position + 1] == 0x85)
                or (byte == 0xE2 and data[position + 1] == 0x80 and data[position + 2] & 0xFE == 0xA8)
            ):
                return position
            position += 1
    return end


@inner_kernel
def is_korean(data: Any, start: Any, stop: Any) -> Any:
    """Whether a line has a syllable of Hangul to four Latin letters or more."""
    line = data[start:stop]
    syllables, letters = np.int64(0), np.int64(0)
    for at in range(len(line)):
        syllables += np.int64(np.uint8(line[at] - np.uint8(0xEA)) <= np.uint8(3))
        letters += np.int64(np.uint8((line[at] | np.uint8(32)) - np.uint8(97)) <= np.uint8(25))
    return 4 * syllables >= letters


@inner_kernel
def skip_plain_words(data: Any, word: Any, line_end: Any, candidates: Any) -> Any:
    """(Start of the next word that may tell something, end of the letters that it begins with, words before it).

    Words of Hangul or Latin letters alone with one space between them say nothing, but for the last one and for those
    that end in one of the ``candidates``.
    """
    words = np.int64(0)
    while True:
        position = word
        while position < line_end and starts_syllable(data, position):
            position += 3
        hangul = position > word
        if hangul:
            code, _ = decode_utf8(data, position - 3)
            if candidates[code - 0xAC00]:
                return word, position, words
        else:
            while position < line_end and 97 <= data[position] | 32 <= 122:
                position += 1
        following = position + 1
        if position == word or following >= line_end or data[position] != 32:
            return word, position, words
        if not (97 <= data[following] | 32 <= 122 or starts_syllable(data, following)):
            return word, position, words
        word = following
        words += 1


@inner_kernel
def mark_density(data: Any, start: Any, stop: Any) -> Any:
    """Binary logarithm of the bytes to one end mark, 0 to 7: from under 32 to 2,048 or more."""
    marks = np.int64(0)
    line = data[start:stop]
    for at in range(len(line)):
        marks += np.int64((line[at] == 46) | (line[at] == 33) | (line[at] == 63))
    density = np.int64(0)
    while density < 7 and (marks << (density + 5)) < stop - start:
        density += 1
    return density
