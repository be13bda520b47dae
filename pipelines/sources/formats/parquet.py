"""Parquet files: one record to a row, read by groups of rows and, within them, by pages."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from typing import BinaryIO

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from pipelines.core.arrow import string_buffers
from pipelines.sources.compression import decompressed
from pipelines.sources.encodings import decode_records
from pipelines.sources.options import ReadLimits, SourceOptions
from pipelines.sources.records import (
    EMPTY,
    INVALID_ENCODING,
    INVALID_PARQUET,
    MAXIMUM_ROWS,
    MISSING_TEXT_FIELD,
    RECORD_TOO_LARGE,
    Part,
    StreamError,
    error_column,
    record_batch,
    repeated,
)
from pipelines.sources.storage import open_file
from pipelines.sources.streams import raw_chunks

_BATCH_BYTES = 1 << 22
_PAGE_BYTES = 1 << 20


def parts(path: str, compression: str) -> tuple[int, ...]:
    """Unpacked size of each group of rows; raises StreamError where ``path`` is no Parquet file.

    A file that is compressed as a whole has no parts that can be read alone.
    """
    if compression != "none":
        return ()
    with open_file(path) as file:
        metadata = _open(file).metadata
        return tuple(metadata.row_group(index).total_byte_size for index in range(metadata.num_row_groups))


def read(part: Part, source: SourceOptions, limits: ReadLimits) -> Iterator[pa.RecordBatch]:
    """Rows of one part of a Parquet file, whose range counts groups of rows; ``position`` is the number of the row.

    A text over the limit is quarantined, once the page that holds it has been unpacked.
    """
    with ExitStack() as stack:
        file: BinaryIO = stack.enter_context(open_file(part.path))
        if part.compression != "none":
            unpacked = stack.enter_context(tempfile.TemporaryFile())
            for chunk in decompressed(raw_chunks(file), part.compression):
                unpacked.write(chunk)
            file = unpacked
        parquet = _open(file)
        metadata = parquet.metadata
        scalars = columns_to_read(parquet.schema_arrow, source)
        stop = metadata.num_row_groups if part.stop < 0 else part.stop
        position = sum(metadata.row_group(index).num_rows for index in range(part.start))
        for group in range(part.start, stop):
            rows = _rows_per_batch(metadata.row_group(group))
            batches = parquet.iter_batches(rows, row_groups=[group], columns=scalars, use_threads=False)
            while (batch := _next(batches, position)) is not None:
                yield row_records(part, source, batch, position, limits.max_document_bytes)
                position += batch.num_rows


def columns_to_read(schema: pa.Schema, source: SourceOptions) -> list[str]:
    """The text of a table and its scalar columns; raises StreamError where the text is no column of strings."""
    kind = schema.field(source.text).type if source.text in schema.names else None
    if kind is None or not (_is_text(kind) or (_is_list(kind) and _is_text(kind.value_type))):
        raise StreamError(MISSING_TEXT_FIELD)
    return [field.name for field in schema if not pa.types.is_nested(field.type) or field.name == source.text]


def _open(file: BinaryIO) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(file, pre_buffer=False, buffer_size=_PAGE_BYTES)
    except (pa.ArrowException, OSError) as error:
        raise StreamError(INVALID_PARQUET) from error


def _next(batches: Iterator[pa.RecordBatch], position: int) -> pa.RecordBatch | None:
    try:
        return next(batches, None)
    except (pa.ArrowException, OSError) as error:
        raise StreamError(INVALID_PARQUET, position) from error


def _rows_per_batch(group: pq.RowGroupMetaData) -> int:
    return max(1, min(MAXIMUM_ROWS, _BATCH_BYTES * int(group.num_rows) // max(1, int(group.total_byte_size))))


def row_records(
    part: Part, source: SourceOptions, batch: pa.RecordBatch, position: int, maximum: int
) -> pa.RecordBatch:
    """Records of the rows of ``batch``, which holds ``columns_to_read`` and begins with row ``position``."""
    columns = {name: _plain(batch.column(name)) for name in batch.schema.names}
    valid = np.ones(batch.num_rows, np.bool_)
    text = columns.pop(source.text)
    missing = _mask(text.is_null())
    if _is_list(text.type):
        text = pc.binary_join(text, pa.scalar(b"\n", pa.large_binary()))
        missing |= _mask(text.is_null())
    offsets, data = string_buffers(text)
    too_large = np.diff(offsets) > maximum
    texts, decodable = decode_records(data, offsets[:-1], np.where(too_large, offsets[:-1], offsets[1:]), "utf-8")
    valid &= decodable
    for name, column in columns.items():
        if pa.types.is_large_binary(column.type):
            columns[name], decodable = _strings(column)
            valid &= decodable
    empty = _mask(pc.equal(pc.binary_length(pc.utf8_trim_whitespace(texts)), 0))
    rules = {
        RECORD_TOO_LARGE: too_large,
        MISSING_TEXT_FIELD: missing,
        INVALID_ENCODING: ~valid,
        EMPTY: empty,
    }
    identifiers = columns.pop(source.id, None) if source.id is not None else None
    ids = repeated("", len(texts)) if identifiers is None else _identifiers(identifiers)
    positions = np.arange(position, position + len(texts), dtype=np.int64)
    errors = error_column(len(texts), rules)
    return record_batch(part, positions, texts, errors, ids, _metas(columns, len(texts)))


def _plain(array: pa.Array) -> pa.Array:
    """The same values without a dictionary, strings as bytes: Parquet does not promise that they are UTF-8."""
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if _is_text(array.type):
        return array.cast(pa.large_binary())
    if _is_list(array.type):
        return array.cast(pa.list_(pa.large_binary()))
    return array


def _strings(array: pa.Array) -> tuple[pa.Array, NDArray[np.bool_]]:
    offsets, data = string_buffers(array)
    strings, valid = decode_records(data, offsets[:-1], offsets[1:], "utf-8")
    return pc.if_else(array.is_valid(), strings, pa.scalar(None, pa.string())), valid


def _identifiers(array: pa.Array) -> pa.Array:
    if pa.types.is_integer(array.type) or pa.types.is_string(array.type):
        return pc.fill_null(array.cast(pa.string()), "")
    return repeated("", len(array))


def _metas(columns: dict[str, pa.Array], rows: int) -> pa.Array:
    if not columns:
        return repeated("{}", rows)
    records = pa.RecordBatch.from_pydict(columns).to_pylist()
    found = ({name: value for name, value in record.items() if value is not None} for record in records)
    return pa.array([orjson.dumps(record, str, orjson.OPT_SORT_KEYS) for record in found], pa.string())


def _mask(array: pa.Array) -> NDArray[np.bool_]:
    mask: NDArray[np.bool_] = np.array(array.to_numpy(zero_copy_only=False), np.bool_)
    return mask


def _is_text(kind: pa.DataType) -> bool:
    types = pa.types
    if types.is_dictionary(kind):
        kind = kind.value_type
    return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind))


def _is_list(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind))
