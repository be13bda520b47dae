"""JSON Lines: one record to a line, its text a string or a list of paragraphs."""

import json
from collections.abc import Iterator
from typing import Any

import orjson
import pyarrow as pa

from pipelines.core.arrow import string_buffers
from pipelines.sources.encodings import decode_records
from pipelines.sources.lines import Spans, read_records
from pipelines.sources.options import ReadLimits, SourceOptions
from pipelines.sources.records import (
    EMPTY,
    INVALID_ENCODING,
    INVALID_JSON,
    MISSING_TEXT_FIELD,
    RECORD_TOO_LARGE,
    Part,
    record_batch,
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
    view, bounds = data.data, offsets.tolist()
    ids, texts, metas, errors = [], [], [], []
    for row, (decodable, too_large) in enumerate(zip(valid.tolist(), spans.too_large.tolist(), strict=True)):
        identifier, text, meta, error = "", "", b"{}", ""
        if too_large:
            error = RECORD_TOO_LARGE
        elif not decodable:
            error = INVALID_ENCODING
        else:
            record, error = _parse(view[bounds[row] : bounds[row + 1]])
            if record is not None:
                identifier, text, meta, error = _fields(record, source)
        ids.append(identifier)
        texts.append(text)
        metas.append(meta)
        errors.append(error)
    arrays = (pa.array(values, pa.string()) for values in (texts, errors, ids, metas))
    return record_batch(part, spans.positions, *arrays)


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
