"""Names of persons in Arrow string arrays, and what the patterns find once a placeholder stands where a name stood.

Both go by what stands around, so the text is read again with the placeholders, as a second scrub would read it, until
nothing new is found. Only what stands near a placeholder can be judged otherwise than in the reading before.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.core.arrow import string_buffers
from pipelines.core.kernel import kernel
from pipelines.privacy.by_pattern import pattern_spans
from pipelines.privacy.kind import Kind
from pipelines.privacy.names import find_names, has_long_line, name_keys
from pipelines.privacy.replacing import Span, replaced

_MOST_ROUNDS = 64  # ordinary text takes two or three


def add_names(
    texts: pa.Array | pa.ChunkedArray,
    language: str,
    kind: Kind,
    by_pattern: tuple[Kind, ...],
    public_names: NDArray[np.uint64] | None,
    spans: list[Span],
    failed: dict[int, str],
) -> None:
    """Add names to ``spans``, and what kinds ``by_pattern`` find beside them; to ``failed``, rows that do not end.

    ``spans`` are what those kinds find in ``texts``, in order, and are so afterwards. ``public_names``: keys of names
    that stay.
    """
    first_bytes, _ = string_buffers(texts)
    rows = np.arange(len(texts))
    current = replaced(texts, spans)
    searched = np.zeros(len(texts), bool)
    nearby = ~has_long_line(*string_buffers(current))
    for _ in range(_MOST_ROUNDS):
        found, staying = _name_spans(current, language, kind, public_names, searched)
        if not found:
            return
        nearby[staying] = False  # a name that stays is found each time, and keeps others from beginning within it
        _merge(spans, found, rows, current, first_bytes)
        changed = np.unique([span.row for span in found])
        current = replaced(current, found).take(pa.array(changed))
        rows, nearby = rows[changed], nearby[changed]
        searched = nearby
        beside, unfinished = pattern_spans(current, language, by_pattern, searched=True)
        failed.update({int(rows[row]): reason for row, reason in unfinished.items()})
        _merge(spans, beside, rows, current, first_bytes)
        current = replaced(current, beside)
    failed.update({int(row): f"no end in {kind.name}" for row in rows})


def _merge(
    spans: list[Span],
    found: Sequence[Span],
    rows: NDArray[np.int64],
    current: pa.Array | pa.ChunkedArray,
    first_bytes: NDArray[np.int64],
) -> None:
    """Add ``found``, places in ``current``, the texts of ``rows`` in which ``spans`` are replaced, where they stood."""
    if not found:
        return
    current_bytes, _ = string_buffers(current)
    changed = {int(rows[span.row]) for span in found}
    earlier: dict[int, list[Span]] = defaultdict(list)
    for span in spans:
        if span.row in changed:
            earlier[span.row].append(span)
    index, row = 0, -1
    growth = byte_growth = 0
    for span in found:
        if rows[span.row] != row:
            row, index, growth = int(rows[span.row]), 0, 0
            byte_growth = int(current_bytes[span.row] - first_bytes[row])
        before = earlier[row]
        while index < len(before) and before[index].start + growth < span.start:
            length = len(before[index].kind.placeholder)
            growth += length - (before[index].end - before[index].start)
            byte_growth += length - (before[index].end_byte - before[index].start_byte)
            index += 1
        start, end = span.start - growth, span.end - growth
        spans.append(Span(row, start, end, span.start_byte - byte_growth, span.end_byte - byte_growth, span.kind))
    spans.sort(key=lambda span: (span.row, span.start))


def _name_spans(
    texts: pa.Array | pa.ChunkedArray,
    language: str,
    kind: Kind,
    public_names: NDArray[np.uint64] | None,
    searched: NDArray[np.bool_],
) -> tuple[list[Span], NDArray[np.int64]]:
    """Names, and rows of those that stay."""
    offsets, data = string_buffers(texts)
    places = find_names(offsets, data, language, searched)
    staying = np.zeros(len(places), bool)
    if public_names is not None and len(places):
        staying = np.isin(name_keys(data, places), public_names)
    found = places[~staying]
    characters = np.empty((len(found), 2), np.int64)
    _count_characters(offsets, data, found, characters)
    each = zip(found.tolist(), characters.tolist(), strict=True)
    spans = [Span(row, start, end, first, stop, kind) for (row, first, stop), (start, end) in each]
    return spans, places[staying, 0]


@kernel
def _count_characters(offsets: Any, data: Any, places: Any, characters: Any) -> None:
    """For each of ``places`` (row, first byte, end; in order) where it starts and ends in characters of its row."""
    row, position, character = -1, 0, 0
    for place in range(len(places)):
        if places[place, 0] != row:
            row, character = places[place, 0], 0
            position = offsets[row]
        for edge in range(2):
            while position < places[place, edge + 1]:
                character += data[position] & 0xC0 != 0x80
                position += 1
            characters[place, edge] = character
