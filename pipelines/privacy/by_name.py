"""Names of persons in Arrow string arrays, and what the patterns find once a placeholder stands where a name stood.

Both go by what stands around, so the text is read again with the placeholders, as a second scrub would read it, until
nothing new is found. Only what stands near a placeholder can be judged otherwise than in the reading before.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.core.arrow import string_array, string_buffers
from pipelines.core.bits import copy_bytes
from pipelines.core.kernel import kernel
from pipelines.privacy.by_pattern import pattern_spans
from pipelines.privacy.kind import Kind
from pipelines.privacy.names import MOST_READINGS, READING, Found, Known, find_all_names, has_long_line, name_keys
from pipelines.privacy.replacing import replaced
from pipelines.privacy.spans import END, END_BYTE, KIND, ROW, START, START_BYTE, put_back
from pipelines.privacy.surroundings import CONTEXT

_MOST_ROUNDS = 64  # ordinary text takes two or three
_SURROUNDINGS = 6 * CONTEXT
"""Bytes on either side of a placeholder that are read to see what the patterns find: twice what a gate hands on in
characters, which have up to three bytes."""
_SPACE, _NEWLINE = 0x20, 0x0A


class KnownNames(NamedTuple):
    """Where names stand in some texts: ``rows`` (bool) in which they are known, and what ``find_all_names`` finds there
    where no name is public (n, 4), with bytes counted within the row."""

    rows: NDArray[np.bool_]
    places: NDArray[np.int64]


def with_names(
    texts: pa.Array | pa.ChunkedArray,
    language: str,
    kinds: Sequence[Kind],
    name: int,
    public_names: NDArray[np.uint64] | None,
    spans: NDArray[np.int64],
    failed: dict[int, str],
    known: KnownNames | None = None,
) -> NDArray[np.int64]:
    """``spans`` with names, spans of the kind number ``name``, and what the patterns of ``kinds`` find beside them.

    ``spans`` are what those patterns find in ``texts``. To ``failed`` are added rows that do not end. ``public_names``:
    keys of names that stay, ascending. What is ``known`` is not looked for again in lines in which nothing
    else is found.
    """
    endless = f"no end in {kinds[name].name}"
    by_pattern = tuple(kind for kind in kinds if kind.patterns)
    lengths = np.array([len(kind.placeholder) for kind in kinds], np.int64)
    first_offsets, _ = string_buffers(texts)
    rows = np.arange(len(texts))
    current = replaced(texts, spans, kinds)
    searched = np.zeros(len(texts), bool)
    for turn in range(_MOST_ROUNDS):
        if turn == 0 and known is not None:
            names = _known_or_found(current, language, public_names, known, spans, first_offsets, lengths)
        else:
            names = find_all_names(*string_buffers(current), language, public_names, searched)
        failed.update({int(row): endless for row in rows[names.endless]})
        changed = np.unique(names.spans[:, ROW])
        if not len(changed):
            return spans
        offsets, data = string_buffers(current)
        found = _as_spans(offsets, data, names.spans[:, :READING], name)
        spans = put_back(spans, found, rows, offsets, first_offsets, lengths)
        placeholders = _placeholders(found, offsets, changed, lengths[name])
        current = replaced(current, found, kinds).take(pa.array(changed))
        rows, stays = rows[changed], names.stays[changed]
        offsets, data = string_buffers(current)
        beside, unfinished = _beside(offsets, data, placeholders, language, by_pattern)
        failed.update({int(rows[row]): reason for row, reason in unfinished.items()})
        spans = put_back(spans, beside, rows, offsets, first_offsets, lengths)
        # The parts in which a long line is read end elsewhere by now.
        again = has_long_line(offsets, data)
        searched = ~again & ~stays
        again[beside[:, ROW]] = True
        current = replaced(current, beside, kinds).take(pa.array(np.flatnonzero(again)))
        rows, searched = rows[again], searched[again]
    failed.update({int(row): endless for row in rows})
    return spans


def _known_or_found(
    texts: pa.Array,
    language: str,
    public_names: NDArray[np.uint64] | None,
    known: KnownNames,
    spans: NDArray[np.int64],
    first_offsets: NDArray[np.int64],
    lengths: NDArray[np.int64],
) -> Found:
    """What ``find_all_names`` finds in what became of some texts when their ``spans`` were replaced.

    Lines that have one of ``spans`` or a name that stays are read; of the others that is told which is ``known`` of the
    texts as they were, which began at ``first_offsets``. ``lengths``: see ``put_back``.
    """
    offsets, data = string_buffers(texts)
    rows = known.rows.copy()
    rows[known.places[known.places[:, READING] + 1 == MOST_READINGS, 0]] = False
    places = known.places[rows[known.places[:, 0]]]
    places[:, 1:READING] += first_offsets[places[:, :1]]
    growth = np.append(0, np.cumsum(lengths[spans[:, KIND]] - (spans[:, END_BYTE] - spans[:, START_BYTE])))
    before = np.searchsorted(spans[:, START_BYTE], places[:, 2])
    apart = (before == 0) | (np.append(0, spans[:, END_BYTE])[before] <= places[:, 1])
    places, before = places[apart], before[apart]
    places[:, 1:READING] += growth[before, np.newaxis]
    again = np.stack([spans[:, ROW], spans[:, START_BYTE] + growth[:-1]], axis=1)
    if public_names is not None and len(public_names):
        # Beside a name that stays others are found than beside its placeholder.
        staying = places[np.isin(name_keys(data, places), public_names), :2]
        again = np.concatenate([again, staying])
        again = again[np.argsort(again[:, 1], kind="stable")]
    return find_all_names(offsets, data, language, public_names, None, Known(rows, places, again))


def _placeholders(
    found: NDArray[np.int64], offsets: NDArray[np.int64], changed: NDArray[np.int64], length: int
) -> NDArray[np.int64]:
    """Row among ``changed`` ones, first byte and end within it (n, 3) of what stands in place of ``found``.

    ``offsets``: where the rows began before; ``length``: bytes of a placeholder.
    """
    growth = np.append(0, np.cumsum(length - (found[:, END_BYTE] - found[:, START_BYTE])))
    before = growth[np.searchsorted(found[:, ROW], found[:, ROW])]
    starts = found[:, START_BYTE] - offsets[found[:, ROW]] + growth[:-1] - before
    return np.stack([np.searchsorted(changed, found[:, ROW]), starts, starts + length], axis=1)


def _beside(
    offsets: NDArray[np.int64],
    data: NDArray[np.uint8],
    placeholders: NDArray[np.int64],
    language: str,
    kinds: tuple[Kind, ...],
) -> tuple[NDArray[np.int64], dict[int, str]]:
    """Spans of what the patterns of ``kinds`` find near ``placeholders``, and rows that one could not finish, as of
    ``pattern_spans``: only the surroundings are read, and in the outer half of these nothing counts."""
    pieces = np.empty((len(placeholders), 5), np.int64)
    count = _cut_out(offsets, data, placeholders, _SURROUNDINGS, pieces)
    row, start, stop, first, last = pieces[:count].T
    piece_offsets = np.append(0, np.cumsum(stop - start))
    written = np.empty(piece_offsets[-1], np.uint8)
    _copy_pieces(data, start, piece_offsets, written)
    spans, failed = pattern_spans(string_array(piece_offsets, written), language, kinds, searched=True)
    piece = spans[:, ROW].copy()
    spans[:, (START_BYTE, END_BYTE)] += (start - piece_offsets[:-1])[piece, np.newaxis]
    spans[:, ROW] = row[piece]
    spans = spans[(spans[:, START_BYTE] >= first[piece]) & (spans[:, END_BYTE] <= last[piece])]
    _count_characters(offsets, data, spans)
    return spans, {int(row[piece]): reason for piece, reason in failed.items()}


@kernel
def _cut_out(offsets: Any, data: Any, placeholders: Any, width: int, pieces: Any) -> Any:
    """Write row, first byte and end of what stands around ``placeholders``, and the same of its inner part; returns how
    many pieces there are. A piece ends at white space, ``width`` bytes away or a little more."""
    count = 0
    for index in range(len(placeholders)):
        row = placeholders[index, 0]
        row_start, row_stop = offsets[row], offsets[row + 1]
        start = max(row_start, row_start + placeholders[index, 1] - width)
        stop = min(row_stop, row_start + placeholders[index, 2] + width)
        while start > row_start and data[start - 1] != _SPACE and data[start - 1] != _NEWLINE:
            start -= 1
        while stop < row_stop and data[stop] != _SPACE and data[stop] != _NEWLINE:
            stop += 1
        inner_stop = stop if stop == row_stop else row_start + placeholders[index, 2] + width // 2
        if count and pieces[count - 1, 0] == row and start <= pieces[count - 1, 2]:
            pieces[count - 1, 2], pieces[count - 1, 4] = stop, inner_stop
            continue
        pieces[count, 0], pieces[count, 1], pieces[count, 2] = row, start, stop
        pieces[count, 3] = start if start == row_start else row_start + placeholders[index, 1] - width // 2
        pieces[count, 4] = inner_stop
        count += 1
    return count


@kernel
def _copy_pieces(data: Any, starts: Any, offsets: Any, written: Any) -> None:
    for piece in range(len(starts)):
        copy_bytes(data, starts[piece], offsets[piece + 1] - offsets[piece], written, offsets[piece])


def _as_spans(
    offsets: NDArray[np.int64], data: NDArray[np.uint8], places: NDArray[np.int64], name: int
) -> NDArray[np.int64]:
    """Spans of the kind number ``name`` at ``places`` (row, first byte and end)."""
    spans = np.empty((len(places), 6), np.int64)
    spans[:, (ROW, START_BYTE, END_BYTE)], spans[:, KIND] = places, name
    _count_characters(offsets, data, spans)
    return spans


@kernel
def _count_characters(offsets: Any, data: Any, spans: Any) -> None:
    """Write where each of ``spans``, which are in order, starts and ends in characters of its row."""
    row, position, character = -1, 0, 0
    for span in range(len(spans)):
        if spans[span, ROW] != row:
            row, character = spans[span, ROW], 0
            position = offsets[row]
        for edge, byte_edge in ((START, START_BYTE), (END, END_BYTE)):
            while position < spans[span, byte_edge]:
                character += data[position] & 0xC0 != 0x80
                position += 1
            spans[span, edge] = character
