"""JSON Lines: one record to a line, its text a string or a list of paragraphs."""

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipelines.core.arrow import string_array, string_buffers
from pipelines.sources.encodings import decode_records
from pipelines.sources.json_lines import LEFT, NO_TEXT, ONLY_SPACE, read_fields
from pipelines.sources.lines import Spans, read_records
from pipelines.sources.options import ReadLimits, SourceOptions
from pipelines.sources.records import (
    EMPTY,
    INVALID_ENCODING,
    INVALID_JSON,
    MISSING_TEXT_FIELD,
    RECORD_TOO_LARGE,
    Part,
    error_column,
    record_batch,
    repeated,
)

_LONGEST_INT64 = 18
_SCALARS = (str, int, float, bool)


def read(part: Part, source: SourceOptions, limits: ReadLimits) -> Iterator[pa.RecordBatch]:
    """Records of one part of a JSON Lines file; lines over the limit are quarantined."""
    for spans in read_records(part, "line", limits.max_document_bytes):
        yield _batch(part, source, spans)


def _batch(part: Part, source: SourceOptions, spans: Spans) -> pa.RecordBatch:
    lines, valid = decode_records(spans.data, spans.starts, spans.stops, part.encoding)
    offsets, data = string_buffers(lines)
    parsed = valid & ~spans.too_large
    fields = read_fields(offsets, data, parsed, source.text or "", source.id)
    left = parsed & (fields.fates == LEFT)
    rules = {
        RECORD_TOO_LARGE: spans.too_large,
        INVALID_ENCODING: ~valid,
        MISSING_TEXT_FIELD: fields.fates == NO_TEXT,
        EMPTY: fields.fates == ONLY_SPACE,
    }
    metas = string_array(*fields.metas)
    columns = [
        string_array(*fields.texts),
        error_column(len(lines), rules),
        string_array(*fields.identifiers),
        _replaced(metas, ~parsed, repeated("{}", int((~parsed).sum()))),
    ]
    if left.any():
        read = [_read(data[offsets[row] : offsets[row + 1]].data, source) for row in np.flatnonzero(left)]
        others = (pa.array(values, pa.string()) for values in zip(*read, strict=True))
        columns = [_replaced(column, left, new) for column, new in zip(columns, others, strict=True)]
    return record_batch(part, spans.positions, *columns)


def _replaced(values: pa.StringArray, rows: NDArray[np.bool_], new: pa.StringArray) -> pa.StringArray:
    return pc.replace_with_mask(values, pa.array(rows), new)


def _read(line: memoryview, source: SourceOptions) -> tuple[str, str, str, bytes]:
    """Text, rule of quarantine, identifier and the other scalar fields of a record out of the ordinary."""
    record, error = _parse(line)
    if record is None:
        return "", error, "", b"{}"
    identifier, text, meta, error = _fields(record, source)
    return text, error, identifier, meta


def _parse(line: memoryview) -> tuple[dict[str, Any] | None, str]:
    """The record, or the rule by which it is quarantined."""
    try:
        record = orjson.loads(line)
    except orjson.JSONDecodeError:
        record, error = _parse_leniently(bytes(line))
        if error:
            return None, error
    return (record, "") if isinstance(record, dict) else (None, INVALID_JSON)


def _parse_leniently(line: bytes) -> tuple[Any, str]:
    """Reads what Python's own writer gives beyond JSON: NaN and infinities, as null, and lone surrogates, an error."""
    try:
        record = json.loads(line, parse_int=_integer, parse_constant=lambda name: None)
    except (ValueError, RecursionError):
        return None, INVALID_JSON
    try:
        orjson.dumps(record)
    except orjson.JSONEncodeError:
        return None, INVALID_ENCODING
    return record, ""


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= _LONGEST_INT64 else float(digits)


def _fields(record: dict[str, Any], source: SourceOptions) -> tuple[str, str, bytes, str]:
    """Identifier, text, the other scalar fields as JSON, and the rule of quarantine."""
    text = record.get(source.text or "")
    if isinstance(text, list):
        try:
            text = "\n".join(text)
        except TypeError:
            text = None
    found = record.get(source.id) if source.id is not None else None
    identifier = str(found) if isinstance(found, str | int) and not isinstance(found, bool) else ""
    used = (source.text, source.id)
    others = {name: value for name, value in record.items() if isinstance(value, _SCALARS) and name not in used}
    meta = orjson.dumps(others, option=orjson.OPT_SORT_KEYS)
    if not isinstance(text, str):
        return identifier, "", meta, MISSING_TEXT_FIELD
    return identifier, text, meta, "" if text.strip() else EMPTY
