"""Finds names of persons in Arrow string buffers."""

import base64
import json
import zlib
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.core.kernel import inner_kernel, kernel
from pipelines.privacy.names.english import BEHIND_CUE, ELSEWHERE, THRESHOLD, described, find_english, remembered
from pipelines.privacy.names.judging import FEATURES, Judge, at_work
from pipelines.privacy.names.korean import find_korean
from pipelines.privacy.names.lines import (
    ENOUGH,
    LONGEST,
    empty_line,
    folded_codes,
    letter_groups,
    look_at,
    plain_letters,
    read_line,
    read_words,
)
from pipelines.privacy.names.vocabulary import vocabulary

_MOST_HOPELESS_WORDS, _MOST_SCORES, _BYTES_PER_WORD = 1 << 16, 1 << 13, 16
WEIGHTS = Path(__file__).with_name("name_weights.json")


def find_names(
    offsets: NDArray[np.int64], data: NDArray[np.uint8], language: str, searched: NDArray[np.bool_] | None = None
) -> NDArray[np.int64]:
    """Row, first byte and end (n, 3) of the names in the rows ``data[offsets[i]:offsets[i + 1]]``, in order, disjoint.

    ``language`` is "ko", "en" or "other"; names of both languages are looked for in all, English ones with less
    confidence elsewhere. ``searched`` tells rows in which nothing is left to find but near what has become a
    placeholder since, none of which may have had a long line; None is no row.
    """
    korean, english = weights()
    thresholds = (THRESHOLD, BEHIND_CUE) if language == "en" else (ELSEWHERE, ELSEWHERE)
    return find_judged(offsets, data, at_work(korean), at_work(english), thresholds, searched)


def has_long_line(offsets: NDArray[np.int64], data: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """For each row whether it has a line that may be read in parts, which end elsewhere once values are replaced."""
    long = np.zeros(len(offsets) - 1, bool)
    _mark_long(offsets, data, long)
    return long


def find_judged(
    offsets: NDArray[np.int64],
    data: NDArray[np.uint8],
    korean: Judge,
    english: Judge,
    thresholds: tuple[int, int],
    searched: NDArray[np.bool_] | None = None,
) -> NDArray[np.int64]:
    """What two judges take for names, the English one from ``thresholds`` on, the second of them where a cue stands
    before the name; see ``find_names``."""
    tables = folded_codes(), letter_groups(), plain_letters()
    before = np.zeros(len(offsets) - 1, bool) if searched is None else searched
    words = 1 << (len(data) // _BYTES_PER_WORD).bit_length()
    hopeless_words = np.zeros(min(_MOST_HOPELESS_WORDS, words), np.uint64)
    values, scores = np.zeros(FEATURES, np.uint64), remembered(min(_MOST_SCORES, words))
    room = empty_line(), values, hopeless_words, described(), scores
    spans: NDArray[np.int64] = _find(offsets, data, before, tables, vocabulary(), room, korean, english, thresholds)
    return spans


@cache
def weights() -> tuple[NDArray[np.uint16], NDArray[np.uint16]]:
    """Weights for Korean and for English candidates; read-only."""
    stored = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    korean, english = (
        np.frombuffer(zlib.decompress(base64.b64decode(stored[name])), "<u2").reshape(-1, 2)
        for name in ("korean", "english")
    )
    return korean, english


@kernel
def _mark_long(offsets: Any, data: Any, long: Any) -> None:
    for row in range(len(long)):
        characters = 0
        # Most rows are too short for such a line.
        for position in range(offsets[row], offsets[row + 1] if offsets[row + 1] - offsets[row] > ENOUGH else 0):
            characters = 0 if data[position] == 0x0A else characters + (data[position] & 0xC0 != 0x80)
            long[row] |= characters > ENOUGH


@inner_kernel
def _line_with_bracket(data: Any, position: Any, stop: Any) -> Any:
    """Where the next line begins that may have a placeholder, or ``stop``."""
    start = position
    while position < stop and data[position] != 0x5B:
        position += 1
        if data[position - 1] == 0x0A:
            start = position
    return start if position < stop else stop


@kernel
def _find(
    offsets: Any,
    data: Any,
    searched: Any,
    tables: Any,
    listed: Any,
    room: Any,
    korean: Any,
    english: Any,
    thresholds: Any,
) -> Any:
    folded, groups, plain = tables
    line, values, hopeless_words, about, scores = room
    spans = np.empty((64, 3), np.int64)
    found = np.empty((LONGEST, 2), np.int64)
    others = np.empty((LONGEST, 2), np.int64)
    english_room = values, about, scores
    count = 0
    for row in range(len(offsets) - 1):
        position, stop = offsets[row], offsets[row + 1]
        while position < stop:
            if searched[row]:
                position = _line_with_bracket(data, position, stop)
            characters, position = read_line(data, position, stop, folded, line)
            words = read_words(line, characters, groups, plain)
            look_at(line, words, searched[row])
            names = find_korean(line, characters, words, listed, korean, values, hopeless_words, found)
            more = find_english(line, characters, words, listed, thresholds, english, english_room, others)
            while count + names + more > len(spans):
                larger = np.empty((2 * len(spans), 3), np.int64)
                larger[:count] = spans[:count]
                spans = larger
            name = other = 0
            while name < names or other < more:
                # One is of Hangul and one is of Latin letters, so that none overlap.
                if other == more or (name < names and found[name, 0] < others[other, 0]):
                    first, end = found[name, 0], found[name, 1]
                    name += 1
                else:
                    first, end = others[other, 0], others[other, 1]
                    other += 1
                spans[count, 0] = row
                spans[count, 1] = line.starts[first]
                spans[count, 2] = line.ends[end - 1]
                count += 1
    return spans[:count]
