"""Arrow IPC, as files or as the streams that ``datasets`` saves: one record to a row, read by record batches."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice

import pyarrow as pa

from pipelines.sources.formats.parquet import columns_to_read, row_records
from pipelines.sources.options import ReadLimits, SourceOptions
from pipelines.sources.records import INVALID_ARROW, MAXIMUM_ROWS, Part, StreamError
from pipelines.sources.storage import open_file, scheme_of

_FILE_MAGIC = b"ARROW1"
_BATCH_BYTES = 1 << 22


def parts(path: str, compression: str) -> tuple[int, ...]:
    """Size of each record batch; raises StreamError where ``path`` is no Arrow file.

    A stream that is not on this machine is one part: its batches can only be found by reading it.
    """
    if compression != "none":
        return ()
    with _source(path) as (source, is_file):
        try:
            if not is_file and scheme_of(path):
                return (int(source.size()),)
            return tuple(batch.nbytes for batch in _batches(source, is_file, 0))
        except (pa.ArrowException, OSError) as error:
            raise StreamError(INVALID_ARROW) from error


def read(part: Part, source: SourceOptions, limits: ReadLimits) -> Iterator[pa.RecordBatch]:
    """Rows of one part of an Arrow file, whose range counts record batches; ``position`` is the number of the row.

    Raises StreamError, after the rows that are intact, where the rest cannot be read.
    """
    if part.compression != "none":
        raise StreamError(INVALID_ARROW)
    with _source(part.path) as (content, is_file):
        is_stream_elsewhere = not is_file and scheme_of(part.path)
        stop = None if part.stop < 0 or is_stream_elsewhere else part.stop
        position = 0
        try:
            for index, batch in enumerate(islice(_batches(content, is_file, 0), stop)):
                if index >= part.start:
                    for rows in _pieces(batch.select(columns_to_read(batch.schema, source))):
                        yield row_records(part, source, rows, position, limits.max_document_bytes)
                        position += rows.num_rows
                else:
                    position += batch.num_rows
        except (pa.ArrowException, OSError) as error:
            raise StreamError(INVALID_ARROW, position) from error


def _pieces(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    rows = max(1, min(MAXIMUM_ROWS, _BATCH_BYTES * batch.num_rows // max(1, batch.nbytes)))
    return (batch.slice(start, rows) for start in range(0, batch.num_rows, rows))


@contextmanager
def _source(path: str) -> Iterator[tuple[pa.NativeFile, bool]]:
    """The content, memory-mapped where it is on this machine, and whether it has an index of its batches."""
    if scheme_of(path):
        with open_file(path) as file, pa.PythonFile(file, "r") as source:
            is_file = source.read(len(_FILE_MAGIC)) == _FILE_MAGIC
            source.seek(0)
            yield source, is_file
        return
    try:
        mapped = pa.memory_map(path)
    except pa.ArrowException as error:
        raise StreamError(INVALID_ARROW) from error
    with mapped as source:
        is_file = source.read(len(_FILE_MAGIC)) == _FILE_MAGIC
        source.seek(0)
        yield source, is_file


def _batches(source: pa.NativeFile, is_file: bool, first: int) -> Iterator[pa.RecordBatch]:
    if is_file:
        reader = pa.ipc.open_file(source)
        for index in range(first, reader.num_record_batches):
            yield reader.get_batch(index)
    else:
        yield from islice(pa.ipc.open_stream(source), first, None)
