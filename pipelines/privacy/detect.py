"""Finds personal data in Arrow string arrays and puts placeholders in its stead.

A compiled gate passes over the bytes; only the windows that it opens reach the patterns of the kinds.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

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
    """
    spans = list(_spans(texts, language, kinds))
    columns = [[getattr(span, name) for span in spans] for name in ("row", "start", "end")]
    return pa.table([*columns, [span.kind.name for span in spans]], schema=SPANS)


def scrub(texts: pa.Array | pa.ChunkedArray, language: str, kinds: tuple[str, ...] | None = None) -> pa.Array:
    """``texts`` with a typed placeholder for each value that ``find`` finds; all other characters are kept.

    Scrubbing the result again changes nothing. Text that holds no personal data is returned as it is, without a copy.
    """
    return scrub_counted(texts, language, kinds)[0]


def scrub_counted(
    texts: pa.Array | pa.ChunkedArray, language: str, kinds: tuple[str, ...] | None = None
) -> tuple[pa.Array, dict[str, int]]:
    """What ``scrub`` returns, and how many values of each kind were replaced."""
    spans = list(_spans(texts, language, kinds))
    counts: dict[str, int] = {}
    if not spans:
        return texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts, counts
    offsets, data = string_buffers(texts)
    growth = np.zeros(len(offsets), np.int64)
    pieces: list[bytes | memoryview] = []
    position, view = 0, memoryview(data.data)
    for span in spans:
        placeholder = span.kind.placeholder.encode()
        pieces += (view[position : span.start_byte], placeholder)
        position = span.end_byte
        growth[span.row + 1] += len(placeholder) - (span.end_byte - span.start_byte)
        counts[span.kind.name] = counts.get(span.kind.name, 0) + 1
    pieces.append(view[position:])
    scrubbed = string_array(offsets + np.cumsum(growth), np.frombuffer(b"".join(pieces), np.uint8))
    if texts.null_count:
        scrubbed = pc.if_else(pc.is_valid(texts), scrubbed, None)
    return scrubbed, counts


def _spans(texts: pa.Array | pa.ChunkedArray, language: str, names: tuple[str, ...] | None) -> Iterator[_Span]:
    if language not in ("ko", "en", "other"):
        raise MalmoiError(f"language {language!r}: use ko, en or other")
    kinds = _chosen(names)
    gate = _gate(kinds)
    offsets, data = string_buffers(texts)
    windows, cores = gate.windows(offsets, data)
    core_limits = np.append(windows[:, FIRST_CORE], len(cores))
    for index, window in enumerate(windows.tolist()):
        text = data[window[START_BYTE] : window[END_BYTE]].tobytes().decode()
        places = cores[core_limits[index] : core_limits[index + 1]].copy()
        places[:, (CORE_START, CORE_END)] -= window[START]
        position, position_byte = 0, window[START_BYTE]
        for start, end, kind in search(text, language, kinds, gate.masks, places):
            start_byte = position_byte + len(text[position:start].encode())
            position, position_byte = end, start_byte + len(text[start:end].encode())
            yield _Span(
                row=window[ROW],
                start=window[START] + start,
                end=window[START] + end,
                start_byte=start_byte,
                end_byte=position_byte,
                kind=kinds[kind],
            )


def _chosen(names: tuple[str, ...] | None) -> tuple[Kind, ...]:
    known = {kind.name: kind for kind in KINDS}
    unknown = sorted(set(names or ()) - known.keys())
    if unknown:
        raise MalmoiError(f"no such kind of personal data: {', '.join(unknown)}; there are {', '.join(known)}")
    return KINDS if names is None else tuple(kind for kind in KINDS if kind.name in names)


@cache
def _gate(kinds: tuple[Kind, ...]) -> Gate:
    return Gate.of(kinds)
