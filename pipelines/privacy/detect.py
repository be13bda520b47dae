"""Finds personal data in Arrow string arrays and puts placeholders in its stead.

A compiled gate passes over the bytes; only the windows that it opens reach the patterns of the kinds.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipelines.core.arrow import string_array, string_buffers
from pipelines.core.errors import MalmoiError
from pipelines.privacy.gate import (
    CORE_END,
    CORE_START,
    END_BYTE,
    FIRST_CORE,
    ROW,
    START,
    START_BYTE,
    Gate,
)
from pipelines.privacy.kind import Kind
from pipelines.privacy.known import KINDS
from pipelines.privacy.names import find_names, name_keys
from pipelines.privacy.window import search

_MOST_ROUNDS = 64  # ordinary text takes two or three

SPANS = pa.schema(
    [pa.field(name, pa.int64(), nullable=False) for name in ("row", "start", "end")]
    + [pa.field("kind", pa.string(), nullable=False)]
)


@dataclass(frozen=True)
class _Span:
    row: int
    start: int
    end: int
    start_byte: int
    end_byte: int
    kind: Kind


def find(
    texts: pa.Array | pa.ChunkedArray,
    language: str,
    kinds: tuple[str, ...] | None = None,
    public_names: NDArray[np.uint64] | None = None,
) -> pa.Table:
    """Personal data in ``texts``: row, start, end (code points) and kind, in order of place, never overlapping.

    ``language`` is "ko", "en" or "other"; both languages are always read, it decides what is ambiguous. Where two finds
    overlap the surer stands, then the longer, then the earlier; a name of a person stands where nothing else is found.
    ``kinds`` limits the search; None is every kind. ``public_names`` are keys (``names.name_keys``) of names that stay.
    Raises MalmoiError with the rows that a detector could not finish.
    """
    spans = _finished(*_spans(texts, language, kinds, public_names))
    columns = [[getattr(span, name) for span in spans] for name in ("row", "start", "end")]
    return pa.table([*columns, [span.kind.name for span in spans]], schema=SPANS)


def scrub(
    texts: pa.Array | pa.ChunkedArray,
    language: str,
    kinds: tuple[str, ...] | None = None,
    public_names: NDArray[np.uint64] | None = None,
) -> pa.Array:
    """``texts`` with a typed placeholder for each value that ``find`` finds; all other characters are kept.

    Scrubbing the result again changes nothing. Text that holds no personal data is returned as it is, without a copy.
    Raises MalmoiError with the rows that a detector could not finish.
    """
    return scrub_counted(texts, language, kinds, public_names)[0]


def scrub_counted(
    texts: pa.Array | pa.ChunkedArray,
    language: str,
    kinds: tuple[str, ...] | None = None,
    public_names: NDArray[np.uint64] | None = None,
) -> tuple[pa.Array, dict[str, int]]:
    """What ``scrub`` returns, and how many values of each kind were replaced."""
    spans = _finished(*_spans(texts, language, kinds, public_names))
    return _replaced(texts, spans), _counted(spans)


@dataclass(frozen=True)
class Scrubbed:
    """Texts without personal data, values replaced by kind, and rows that a detector could not finish.

    Such a row fails closed: its text is empty, and no value of it is counted.
    """

    texts: pa.Array
    counts: Mapping[str, int]
    unfinished: NDArray[np.int64]


def scrub_or_give_up(
    texts: pa.Array,
    language: str,
    kinds: tuple[str, ...] | None = None,
    public_names: NDArray[np.uint64] | None = None,
) -> Scrubbed:
    """What ``scrub`` returns, but for rows that a detector could not finish, which it empties and names."""
    spans, failed = _spans(texts, language, kinds, public_names)
    rows = np.array(sorted(failed), np.int64)
    finished = [span for span in spans if span.row not in failed]
    scrubbed = _replaced(texts, finished)
    if len(rows):
        lost = np.zeros(len(texts), bool)
        lost[rows] = True
        scrubbed = pc.if_else(pa.array(lost), "", scrubbed)
    return Scrubbed(scrubbed, _counted(finished), rows)


def _counted(spans: Sequence[_Span]) -> dict[str, int]:
    return dict(Counter(span.kind.name for span in spans))


def _replaced(texts: pa.Array | pa.ChunkedArray, spans: Sequence[_Span]) -> pa.Array:
    if not spans:
        return texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts
    offsets, data = string_buffers(texts)
    growth = np.zeros(len(offsets), np.int64)
    pieces: list[bytes | memoryview] = []
    position, view = 0, memoryview(data.data)
    for span in spans:
        placeholder = span.kind.placeholder.encode()
        pieces += (view[position : span.start_byte], placeholder)
        position = span.end_byte
        growth[span.row + 1] += len(placeholder) - (span.end_byte - span.start_byte)
    pieces.append(view[position:])
    scrubbed = string_array(offsets + np.cumsum(growth), np.frombuffer(b"".join(pieces), np.uint8))
    if texts.null_count:
        scrubbed = pc.if_else(pc.is_valid(texts), scrubbed, None)
    return scrubbed


def _finished(spans: list[_Span], failed: Mapping[int, str]) -> list[_Span]:
    if failed:
        row = min(failed)
        raise MalmoiError(
            f"row {row}{f' and {len(failed) - 1} more' if len(failed) > 1 else ''}: a detector could not finish "
            f"({failed[row]}); what is personal in there is not known, so leave the text out"
        )
    return spans


def _spans(
    texts: pa.Array | pa.ChunkedArray,
    language: str,
    names: tuple[str, ...] | None,
    public_names: NDArray[np.uint64] | None,
) -> tuple[list[_Span], dict[int, str]]:
    """All finds, and for each row that a detector could not finish what kept it from that."""
    if language not in ("ko", "en", "other"):
        raise MalmoiError(f"language {language!r}: use ko, en or other")
    kinds = _chosen(names)
    by_pattern = tuple(kind for kind in kinds if kind.patterns)
    spans, failed = _pattern_spans(texts, language, by_pattern)
    for kind in kinds:
        if not kind.patterns:
            _add_names(texts, language, kind, by_pattern, public_names, spans, failed)
    return spans, failed


def _add_names(
    texts: pa.Array | pa.ChunkedArray,
    language: str,
    kind: Kind,
    by_pattern: tuple[Kind, ...],
    public_names: NDArray[np.uint64] | None,
    spans: list[_Span],
    failed: dict[int, str],
) -> None:
    """Add names, and what is found once they are replaced, round by round, as a second scrub would read the text."""
    first_bytes, _ = string_buffers(texts)
    rows = np.arange(len(texts))
    current = _replaced(texts, spans)
    for _ in range(_MOST_ROUNDS):
        found = _name_spans(current, language, kind, public_names)
        if not found:
            return
        _merge(spans, found, rows, current, first_bytes)
        changed = np.unique([span.row for span in found])
        current = _replaced(current, found).take(pa.array(changed))
        rows = rows[changed]
        beside, unfinished = _pattern_spans(current, language, by_pattern)
        failed.update({int(rows[row]): reason for row, reason in unfinished.items()})
        _merge(spans, beside, rows, current, first_bytes)
        current = _replaced(current, beside)
    failed.update({int(row): "no end of names" for row in rows})


def _merge(
    spans: list[_Span],
    found: Sequence[_Span],
    rows: NDArray[np.int64],
    current: pa.Array | pa.ChunkedArray,
    first_bytes: NDArray[np.int64],
) -> None:
    """Add ``found``, places in ``current``, the texts of ``rows`` in which ``spans`` are replaced, where they stood."""
    current_bytes, _ = string_buffers(current)
    changed = {int(rows[span.row]) for span in found}
    replaced: dict[int, list[_Span]] = defaultdict(list)
    for span in spans:
        if span.row in changed:
            replaced[span.row].append(span)
    index, row = 0, -1
    growth = byte_growth = 0
    for span in found:
        if rows[span.row] != row:
            row, index, growth = int(rows[span.row]), 0, 0
            byte_growth = int(current_bytes[span.row] - first_bytes[row])
        before = replaced[row]
        while index < len(before) and before[index].start + growth < span.start:
            length = len(before[index].kind.placeholder)
            growth += length - (before[index].end - before[index].start)
            byte_growth += length - (before[index].end_byte - before[index].start_byte)
            index += 1
        moved = replace(
            span,
            row=row,
            start=span.start - growth,
            end=span.end - growth,
            start_byte=span.start_byte - byte_growth,
            end_byte=span.end_byte - byte_growth,
        )
        spans.append(moved)
    spans.sort(key=lambda span: (span.row, span.start))


def _name_spans(
    texts: pa.Array | pa.ChunkedArray, language: str, kind: Kind, public_names: NDArray[np.uint64] | None
) -> list[_Span]:
    offsets, data = string_buffers(texts)
    places = find_names(offsets, data, language)
    if public_names is not None and len(places):
        places = places[~np.isin(name_keys(data, places), public_names)]
    spans: list[_Span] = []
    row, position, character = -1, 0, 0
    for found, start_byte, end_byte in places.tolist():
        if found != row:
            row, position, character = found, int(offsets[found]), 0
        start = character + _characters(data[position:start_byte])
        character = start + _characters(data[start_byte:end_byte])
        position = end_byte
        spans.append(_Span(row=row, start=start, end=character, start_byte=start_byte, end_byte=end_byte, kind=kind))
    return spans


def _characters(data: NDArray[np.uint8]) -> int:
    return int(np.count_nonzero(data & 0xC0 != 0x80))


def _pattern_spans(
    texts: pa.Array | pa.ChunkedArray, language: str, kinds: tuple[Kind, ...]
) -> tuple[list[_Span], dict[int, str]]:
    gate = _gate(kinds)
    offsets, data = string_buffers(texts)
    windows, cores = gate.windows(offsets, data)
    core_limits = np.append(windows[:, FIRST_CORE], len(cores))
    spans: list[_Span] = []
    failed: dict[int, str] = {}
    for index, window in enumerate(windows.tolist()):
        text = data[window[START_BYTE] : window[END_BYTE]].tobytes().decode()
        places = cores[core_limits[index] : core_limits[index + 1]].copy()
        places[:, (CORE_START, CORE_END)] -= window[START]
        position, position_byte = 0, window[START_BYTE]
        try:
            found = search(text, language, kinds, gate.masks, places)
        except Exception as error:  # whatever it is, the row must not pass
            failed[window[ROW]] = type(error).__name__  # its message may hold the value
            continue
        for start, end, kind in found:
            start_byte = position_byte + len(text[position:start].encode())
            position, position_byte = end, start_byte + len(text[start:end].encode())
            spans.append(
                _Span(
                    row=window[ROW],
                    start=window[START] + start,
                    end=window[START] + end,
                    start_byte=start_byte,
                    end_byte=position_byte,
                    kind=kinds[kind],
                )
            )
    return spans, failed


def _chosen(names: tuple[str, ...] | None) -> tuple[Kind, ...]:
    known = {kind.name: kind for kind in KINDS}
    unknown = sorted(set(names or ()) - known.keys())
    if unknown:
        raise MalmoiError(f"no such kind of personal data: {', '.join(unknown)}; there are {', '.join(known)}")
    return KINDS if names is None else tuple(kind for kind in KINDS if kind.name in names)


@cache
def _gate(kinds: tuple[Kind, ...]) -> Gate:
    return Gate.of(kinds)
