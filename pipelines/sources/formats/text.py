"""Text files: documents that blank lines separate, or one document to a file."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.sources.encodings import decode_records
from pipelines.sources.lines import Spans, read_records
from pipelines.sources.options import ReadLimits, SourceOptions
from pipelines.sources.records import (
    EMPTY,
    INVALID_ENCODING,
    RECORD_TOO_LARGE,
    Part,
    error_column,
    error_record,
    record_batch,
    repeated,
)
from pipelines.sources.storage import open_file
from pipelines.sources.streams import text_chunks, without_mark


def read(part: Part, source: SourceOptions, limits: ReadLimits) -> Iterator[pa.RecordBatch]:
    """Documents of one part of a text file; those over the limit are quarantined."""
    if source.documents == "file":
        yield _whole_file(part, limits.max_document_bytes)
        return
    for spans in read_records(part, "blank_line", limits.max_document_bytes):
        yield _batch(part, spans)


def _batch(part: Part, spans: Spans, ids: pa.Array | None = None) -> pa.RecordBatch:
    texts, valid = decode_records(spans.data, spans.starts, spans.stops, part.encoding)
    empty = pc.equal(pc.binary_length(pc.utf8_trim_whitespace(texts)), 0).to_numpy(zero_copy_only=False)
    rules = {RECORD_TOO_LARGE: spans.too_large, INVALID_ENCODING: ~valid, EMPTY: empty}
    return record_batch(part, spans.positions, texts, error_column(len(texts), rules), ids)


def _whole_file(part: Part, maximum: int) -> pa.RecordBatch:
    with open_file(part.path) as file:
        chunks, _ = without_mark(text_chunks(file, part.compression, part.encoding), part)
        content = bytearray()
        for chunk in chunks:
            content += chunk
            if len(content) > maximum:
                return error_record(part, RECORD_TOO_LARGE, 0, part.name)
    zero, size = np.zeros(1, np.int64), np.array([len(content)], np.int64)
    spans = Spans(np.frombuffer(content, np.uint8), zero, zero, size, np.zeros(1, np.bool_))
    return _batch(part, spans, repeated(part.name, 1))
