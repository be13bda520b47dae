"""Finds personal data in Arrow string arrays and puts placeholders in its stead.

A compiled gate passes over the bytes; only the windows that it opens reach the patterns of the kinds.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
from pipelines.privacy.window import search

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


def find(texts: pa.Array | pa.ChunkedArray, language: str, kinds: tuple[str, ...] | None = None) -> pa.Table:
    """Personal data in ``texts``: row, start, end (code points) and kind, in order of place, never overlapping.

    ``language`` is "ko", "en" or "other"; both languages are always read, it decides what is ambiguous. Where two finds
    overlap the surer stands, then the longer, then the earlier. ``kinds`` limits the search; None is every kind.
    Raises MalmoiError with the rows that a detector could not finish.
    """
    spans = _finished(*_spans(texts, language, kinds))
    columns = [[getattr(span, name) for span in spans] for name in ("row", "start", "end")]
    return pa.table([*columns, [span.kind.name for span in spans]], schema=SPANS)


def scrub(texts: pa.Array | pa.ChunkedArray, language: str, kinds: tuple[str, ...] | None = None) -> pa.Array:
    """``texts`` with a typed placeholder for each value that ``find`` finds; all other characters are kept.

    Scrubbing the result again changes nothing. Text that holds no personal data is returned as it is, without a copy.
    Raises MalmoiError with the rows that a detector could not finish.
    """
    return scrub_counted(texts, language, kinds)[0]


def scrub_counted(
    texts: pa.Array | pa.ChunkedArray, language: str, kinds: tuple[str, ...] | None = None
) -> tuple[pa.Array, dict[str, int]]:
    """What ``scrub`` returns, and how many values of each kind were replaced."""
    spans = _finished(*_spans(texts, language, kinds))
    return _replaced(texts, spans), _counted(spans)


@dataclass(frozen=True)
class Scrubbed:
    """Texts without personal data, values replaced by kind, and rows that a detector could not finish.

    Such a row fails closed: its text is empty, and no value of it is counted.
    """

    texts: pa.Array
    counts: Mapping[str, int]
    unfinished: NDArray[np.int64]


def scrub_or_give_up(texts: pa.Array, language: str, kinds: tuple[str, ...] | None = None) -> Scrubbed:
    """What ``scrub`` returns, but for rows that a detector could not finish, which it empties and names."""
    spans, failed = _spans(texts, language, kinds)
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
    texts: pa.Array | pa.ChunkedArray, language: str, names: tuple[str, ...] | None
) -> tuple[list[_Span], dict[int, str]]:
    """All finds, and for each row that a detector could not finish what kept it from that."""
    if language not in ("ko", "en", "other"):
        raise MalmoiError(f"language {language!r}: use ko, en or other")
    kinds = _chosen(names)
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
