"""Finds names of persons in Arrow string buffers."""

import base64
import json
import threading
import zlib
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipelines.core.kernel import inner_kernel, kernel
from pipelines.privacy.names.english import (
    BEHIND_CUE,
    ELSEWHERE,
    THRESHOLD,
    Described,
    Remembered,
    described,
    find_english,
    remembered,
)
from pipelines.privacy.names.judging import FEATURES, Judge, at_work
from pipelines.privacy.names.korean import find_korean
from pipelines.privacy.names.lines import (
    ENOUGH,
    LONGEST,
    Line,
    empty_line,
    folded_codes,
    hash_codes,
    letter_groups,
    look_at,
    plain_letters,
    put_placeholders,
    read_line,
)
from pipelines.privacy.names.vocabulary import vocabulary

_HOPELESS_WORDS, _SCORES = 1 << 16, 1 << 13
Room = tuple[Line, NDArray[np.uint64], NDArray[np.uint64], Described, Remembered]
MOST_READINGS = 64
"""Times that a line is read at the most; ordinary text takes two or three."""
READING = 3
"""Column of spans, behind row, first byte and end: in which reading of the line the name is found, from 0 on."""
WEIGHTS = Path(__file__).with_name("name_weights.json")


class Found(NamedTuple):
    """Names in some rows (n, 4: row, first byte, end, ``READING``), in order, disjoint; for each row whether one stays
    and whether there is no end of names in it (bool)."""

    spans: NDArray[np.int64]
    stays: NDArray[np.bool_]
    endless: NDArray[np.bool_]


class Known(NamedTuple):
    """What is known of some rows: which are (``rows``, bool), the names in them (``spans``, as in `Found`), and row and
    byte (n, 2) of each place whose line has to be read ``again`` all the same; both in order."""

    rows: NDArray[np.bool_]
    spans: NDArray[np.int64]
    again: NDArray[np.int64]


def find_names(offsets: NDArray[np.int64], data: NDArray[np.uint8], language: str) -> NDArray[np.int64]:
    """Row, first byte and end (n, 3) of the names in the rows ``data[offsets[i]:offsets[i + 1]]``, in order, disjoint.

    ``language`` is "ko", "en" or "other"; names of both languages are looked for in all, English ones with less
    confidence elsewhere.
    """
    korean, english = weights()
    return find_judged(offsets, data, at_work(korean), at_work(english), _thresholds(language))


def find_all_names(
    offsets: NDArray[np.int64],
    data: NDArray[np.uint8],
    language: str,
    public: NDArray[np.uint64] | None = None,
    searched: NDArray[np.bool_] | None = None,
    known: Known | None = None,
) -> Found:
    """What ``find_names`` finds, and what it finds once placeholders stand in place of that, until nothing is left.

    Names whose keys are in ``public`` (ascending) stay and are not among the spans. ``searched`` tells rows in which
    nothing is left to find but near what has become a placeholder since, none of which may have had a long line. In
    rows that are ``known`` no other line is read than those to read again.
    """
    korean, english = (at_work(each) for each in weights())
    staying = np.zeros(0, np.uint64) if public is None else public
    before = np.zeros(len(offsets) - 1, bool) if searched is None else searched
    told = _nothing_known(len(before)) if known is None else known
    return _found(
        offsets, data, korean, english, _thresholds(language), staying, (before, told), MOST_READINGS, _KEPT.room
    )


def _room() -> Room:
    return (
        empty_line(),
        np.zeros(FEATURES, np.uint64),
        np.zeros(_HOPELESS_WORDS, np.uint64),
        described(),
        remembered(_SCORES),
    )


class _Kept(threading.local):
    """Room of each thread, with what it has learnt of words: it depends on the weights alone, not on the text."""

    def __init__(self) -> None:
        self.room = _room()


_KEPT = _Kept()


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
) -> NDArray[np.int64]:
    """What two judges take for names, the English one from ``thresholds`` on, the second of them where a cue stands
    before the name; see ``find_names``."""
    before = np.zeros(len(offsets) - 1, bool), _nothing_known(len(offsets) - 1)
    found = _found(offsets, data, korean, english, thresholds, np.zeros(0, np.uint64), before, 1, _room())
    return found.spans[:, :READING]


def _thresholds(language: str) -> tuple[int, int]:
    return (THRESHOLD, BEHIND_CUE) if language == "en" else (ELSEWHERE, ELSEWHERE)


def _nothing_known(rows: int) -> Known:
    return Known(np.zeros(rows, bool), np.zeros((0, READING + 1), np.int64), np.zeros((0, 2), np.int64))


def _found(
    offsets: NDArray[np.int64],
    data: NDArray[np.uint8],
    korean: Judge,
    english: Judge,
    thresholds: tuple[int, int],
    public: NDArray[np.uint64],
    before: tuple[NDArray[np.bool_], Known],
    readings: int,
    room: Room,
) -> Found:
    tables = folded_codes(), letter_groups(), plain_letters()
    judges = korean, english, thresholds
    stays, endless = (np.zeros(len(offsets) - 1, bool) for _ in range(2))
    spans = _find(offsets, data, tables, vocabulary(), room, judges, public, readings, before, (stays, endless))
    return Found(spans, stays, endless)


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
        start, stop = offsets[row], offsets[row + 1]
        # A line that ends within so many bytes is not long, and of the lines that do the last alone is looked for.
        while stop - start > ENOUGH and not long[row]:
            position = start + ENOUGH
            while position >= start and data[position] != 0x0A:
                position -= 1
            if position < start:
                characters, position = 0, start
                while position < stop and data[position] != 0x0A:
                    characters += data[position] & 0xC0 != 0x80
                    position += 1
                long[row] = characters > ENOUGH
            start = position + 1


@inner_kernel
def _line_with_bracket(data: Any, position: Any, stop: Any) -> Any:
    """Where the next line begins that may have a placeholder, or ``stop``."""
    start = position
    while position < stop and data[position] != 0x5B:
        position += 1
        if data[position - 1] == 0x0A:
            start = position
    return start if position < stop else stop


@inner_kernel
def _merge(names: Any, found: Any, more: Any, others: Any, merged: Any) -> None:
    """Write the ``names`` rows of ``found`` and the ``more`` rows of ``others``, which share no character, in order."""
    name = other = 0
    while name < names or other < more:
        if other == more or (name < names and found[name, 0] < others[other, 0]):
            merged[name + other, 0], merged[name + other, 1] = found[name, 0], found[name, 1]
            name += 1
        else:
            merged[name + other, 0], merged[name + other, 1] = others[other, 0], others[other, 1]
            other += 1


@inner_kernel
def _without_public(line: Line, names: Any, found: Any, public: Any, plain: Any) -> Any:
    """Let those of the ``names`` rows of ``found`` that are not ``public`` close up; returns how many they are."""
    left = 0
    for name in range(names if len(public) else 0):
        key = hash_codes(line.codes, found[name, 0], found[name, 1], plain)
        low, high = 0, len(public)
        while low < high:
            middle = (low + high) // 2
            if public[middle] < key:
                low = middle + 1
            else:
                high = middle
        if low == len(public) or public[low] != key:
            found[left, 0], found[left, 1] = found[name, 0], found[name, 1]
            left += 1
    return left if len(public) else names


@inner_kernel
def _sort_by_start(spans: Any, first: Any, count: Any) -> None:
    """Put ``spans[first:count]`` in order; few of them are out of it."""
    for index in range(first + 1, count):
        place = index
        while place > first and spans[place - 1, 1] > spans[place, 1]:
            for column in range(4):
                held = spans[place, column]
                spans[place, column] = spans[place - 1, column]
                spans[place - 1, column] = held
            place -= 1


@inner_kernel
def _line_to_read(data: Any, position: Any, stop: Any, row: Any, again: Any, place: Any) -> Any:
    """Number of the first of ``again`` from ``place`` on at ``position`` in ``row`` or behind, and start and end of its
    line; or ``stop`` for both where the row has none."""
    while place < len(again) and _is_before(again, place, row, position):
        place += 1
    if place == len(again) or again[place, 0] > row:
        return place, stop, stop
    start = end = again[place, 1]
    while start > position and data[start - 1] != 0x0A:
        start -= 1
    while end < stop and data[end] != 0x0A:
        end += 1
    return place, start, end


@inner_kernel
def _is_before(places: Any, index: Any, row: Any, position: Any) -> Any:
    return places[index, 0] < row or (places[index, 0] == row and places[index, 1] < position)


@kernel
def _with_room(spans: Any, count: Any, more: Any) -> Any:
    if count + more <= len(spans):
        return spans
    larger = np.empty((2 * (count + more), 4), np.int64)
    larger[:count] = spans[:count]
    return larger


@kernel
def _find(
    offsets: Any,
    data: Any,
    tables: Any,
    listed: Any,
    room: Any,
    judges: Any,
    public: Any,
    readings: Any,
    before: Any,
    marks: Any,
) -> Any:
    _, _, plain = tables
    line, values, hopeless_words, about, scores = room
    korean, english, thresholds = judges
    searched, known = before
    stays, endless = marks
    spans = np.empty((64 + len(known.spans), 4), np.int64)
    found = np.empty((LONGEST, 2), np.int64)
    others = np.empty((LONGEST, 2), np.int64)
    merged = np.empty((LONGEST, 2), np.int64)
    english_room = values, about, scores
    count = span = place = 0
    for row in range(len(offsets) - 1):
        position, stop = offsets[row], offsets[row + 1]
        line_end = position
        while position < stop:
            if known.rows[row] and position >= line_end:
                place, position, line_end = _line_to_read(data, position, stop, row, known.again, place)
                while span < len(known.spans) and _is_before(known.spans, span, row, position):
                    spans = _with_room(spans, count, 1)
                    for column in range(4):
                        spans[count, column] = known.spans[span, column]
                    span, count = span + 1, count + 1
                while span < len(known.spans) and _is_before(known.spans, span, row, line_end):
                    span += 1
                if position == stop:
                    break
            if searched[row]:
                position = _line_with_bracket(data, position, stop)
            characters, words, position = read_line(data, position, stop, tables, line)
            near, first_of_line = searched[row], count
            for turn in range(readings):
                look_at(line, words, near)
                names = find_korean(line, characters, words, listed, korean, values, hopeless_words, found)
                more = find_english(line, characters, words, listed, thresholds, english, english_room, others)
                if names + more == 0:
                    break
                _merge(names, found, more, others, merged)
                going = _without_public(line, names + more, merged, public, plain)
                if going == 0:
                    stays[row] = True
                    break
                spans = _with_room(spans, count, going)
                for name in range(going):
                    spans[count, 0] = row
                    spans[count, 1] = line.starts[merged[name, 0]]
                    spans[count, 2] = line.ends[merged[name, 1] - 1]
                    spans[count, 3] = turn
                    count += 1
                # A name that stays is found each time, and keeps others from beginning within it.
                near = going == names + more
                stays[row] |= not near
                if turn + 1 < readings:
                    characters, words = put_placeholders(line, characters, words, merged, going, plain)
                else:
                    endless[row] = True
            _sort_by_start(spans, first_of_line, count)
    return spans[:count]
