"""Arrow buffers as numpy arrays, and Arrow IPC files that are the same bytes whenever the values are the same."""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from xxhash import xxh3_128

from pipelines.core.errors import MalmoiError

ROWS_PER_BATCH = 1024
BYTES_PER_BATCH = 16 << 20  # a thousand novels would not fit a batch
_INT32_MAXIMUM = 2**31 - 1


def string_buffers(array: pa.Array | pa.ChunkedArray) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """Offsets (int64, rows + 1, from 0) and UTF-8 bytes of a string or binary array; nulls count as empty strings."""
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    if array.null_count:
        array = array.fill_null("")
    wide = pa.types.is_large_string(array.type) or pa.types.is_large_binary(array.type)
    return _offsets_and_values(array, np.int64 if wide else np.int32, np.uint8)


def list_buffers(array: pa.ListArray) -> tuple[NDArray[np.int64], pa.Array]:
    """Offsets (int64, rows + 1, from 0) and the flattened values of a list array without nulls."""
    offsets = np.frombuffer(array.buffers()[1], np.int32, len(array) + 1, array.offset * 4).astype(np.int64)
    return offsets - offsets[0], array.values.slice(int(offsets[0]), int(offsets[-1] - offsets[0]))


def string_array(offsets: NDArray[np.int64], data: NDArray[np.uint8]) -> pa.StringArray:
    """String array over ``data[offsets[i]:offsets[i + 1]]``; raises MalmoiError when it would hold over 2 GiB."""
    return pa.StringArray.from_buffers(len(offsets) - 1, pa.py_buffer(_narrow(offsets)), pa.py_buffer(data))


def list_array(offsets: NDArray[np.int64], values: pa.Array) -> pa.ListArray:
    """List array whose row ``i`` is ``values[offsets[i]:offsets[i + 1]]``."""
    return pa.ListArray.from_arrays(pa.array(_narrow(offsets)), values)


def read_batches(path: str | os.PathLike[str], names: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
    """Record batches of one IPC file, of the columns ``names`` alone where they are given, in the file's own order.

    Raises MalmoiError where the file is no complete IPC file.
    """
    with open_shard(path, names) as reader:
        for index in range(reader.num_record_batches):
            yield reader.get_batch(index)


def open_shard(path: str | os.PathLike[str], names: Sequence[str] | None = None) -> pa.ipc.RecordBatchFileReader:
    """Random access to the batches of one IPC file, of the columns ``names`` alone where they are given.

    Each is read when it is asked for, not memory-mapped: all that was ever touched of a mapped file counts as memory of
    the process, and the system reads up to megabytes ahead of every page, so the ids of a corpus that does not fit in
    memory would cost its texts too.
    """
    with _readable(path):
        file = pa.OSFile(os.fspath(path))
        reader = pa.ipc.open_file(file)
        if names is None:
            return reader
        fields = [reader.schema.get_field_index(name) for name in names]
        return pa.ipc.open_file(file, options=pa.ipc.IpcReadOptions(included_fields=fields))


class Part(NamedTuple):
    """One batch of a file that was written batch by batch: where it lies, so that it is read without the file's footer,
    and the hash of its values, "" where it has no row."""

    values: str
    start: int
    bytes: int


def read_part(path: str | os.PathLike[str], part: Part, schema: pa.Schema) -> pa.RecordBatch:
    """One batch of an IPC file; raises MalmoiError where there is none at its place.

    A regroup reads a batch of every task for every bucket, and opening the file with Arrow took longer than reading it.
    """
    with _readable(path):
        file = os.open(path, os.O_RDONLY)
        try:
            content = os.pread(file, part.bytes, part.start)
        finally:
            os.close(file)
        return pa.ipc.read_record_batch(pa.py_buffer(content), schema)


def map_shard(path: str | os.PathLike[str]) -> pa.ipc.RecordBatchFileReader:
    """Random access to the batches of one IPC file, memory-mapped: for a few rows here and there."""
    with _readable(path):
        return pa.ipc.open_file(pa.memory_map(os.fspath(path)))


@contextmanager
def _readable(path: str | os.PathLike[str]) -> Iterator[None]:
    """Says in one line why a file cannot be opened."""
    try:
        yield
    except (pa.ArrowInvalid, OSError) as error:
        reason = str(error).splitlines()[0]
        raise MalmoiError(
            f"{os.fspath(path)}: not a readable Arrow file ({reason}); delete it and run dvc repro again"
        ) from error


def canonical(batch: pa.RecordBatch | pa.Table, schema: pa.Schema) -> pa.RecordBatch:
    """The same values in the one layout that is written: schema order, one chunk, no slice, zeroes under nulls."""
    columns = [_canonical_array(batch.column(field.name), field.type) for field in schema]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


class ShardWriter:
    """Writes one Arrow IPC file, uncompressed, in the same batches however the rows arrive.

    A batch ends with its ``rows_per_batch``-th row, or with the row that makes it ``BYTES_PER_BATCH`` long; with
    ``rows_per_batch`` None every batch handed in becomes one batch of the file, told in ``parts``. The file appears
    under its name only when the ``with`` block ends without an error; ``values`` is then its ``logical_hash``.
    """

    def __init__(self, path: Path, schema: pa.Schema, rows_per_batch: int | None = ROWS_PER_BATCH) -> None:
        self.path, self.schema, self.rows_per_batch = path, schema, rows_per_batch
        self.rows = self.bytes = 0
        self.parts: list[Part] = []
        self._pending: list[pa.RecordBatch] = []
        self._ends = np.zeros(0, np.int64)  # bytes of the pending rows up to each
        self._values = xxh3_128(str(schema).encode())
        self._temporary = path.with_name(f".{path.name}.{os.getpid()}")

    def __enter__(self) -> "ShardWriter":
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._sink = pa.OSFile(os.fspath(self._temporary), "wb")
        self._writer = pa.ipc.new_file(self._sink, self.schema)
        return self

    def write(self, batch: pa.RecordBatch) -> None:
        self.rows += batch.num_rows
        self.bytes += batch.nbytes
        if self.rows_per_batch is None:
            written = self._write(batch)
            values = logical_hash([written], self.schema) if written.num_rows else ""
            size = pa.ipc.get_record_batch_size(written)  # the head of the file is written with the first batch
            self.parts.append(Part(values, self._sink.tell() - size, size))
            return
        if not batch.num_rows:
            return
        self._pending.append(batch)
        before = self._ends[-1] if len(self._ends) else 0
        self._ends = np.concatenate([self._ends, before + np.cumsum(_row_bytes(batch))])
        if len(self._ends) >= self.rows_per_batch or self._ends[-1] >= BYTES_PER_BATCH:
            self._flush(self.rows_per_batch, final=False)

    def _flush(self, rows_per_batch: int, final: bool) -> None:
        """Write the batches that are full and, in the end, the one that is not."""
        table = pa.Table.from_batches(self._pending, self._pending[0].schema)
        start = 0
        while start < table.num_rows:
            before = self._ends[start - 1] if start else 0
            full = int(np.searchsorted(self._ends, before + BYTES_PER_BATCH)) + 1
            stop = min(start + rows_per_batch, full)
            if stop > table.num_rows and not final:
                break
            self._write(table.slice(start, stop - start))
            start = min(stop, table.num_rows)
        self._pending = table.slice(start).to_batches()
        self._ends = self._ends[start:] - (self._ends[start - 1] if start else 0)

    def _write(self, rows: pa.RecordBatch | pa.Table) -> pa.RecordBatch:
        batch = canonical(rows, self.schema)
        self._writer.write_batch(batch)
        _update_batch(self._values, batch)
        return batch

    @property
    def values(self) -> str:
        return self._values.hexdigest()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            try:
                if kind is None and self._pending and self.rows_per_batch is not None:
                    self._flush(self.rows_per_batch, final=True)
                self._writer.close()
            finally:
                self._sink.close()  # a file left open keeps its room on a full disk, and no reason can be written
            if kind is None:
                self._temporary.replace(self.path)
        finally:
            self._temporary.unlink(missing_ok=True)


def logical_hash(batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> str:
    """Hash of the values alone: unlike the bytes of a file it survives a new version of pyarrow."""
    digest = xxh3_128(str(schema).encode())
    for batch in batches:
        _update_batch(digest, batch)
    return digest.hexdigest()


def _update_batch(digest: xxh3_128, batch: pa.RecordBatch) -> None:
    digest.update(batch.num_rows.to_bytes(8, "little"))
    for column in batch.columns:
        _update(digest, column)


def _update(digest: xxh3_128, array: pa.Array) -> None:
    digest.update(array.null_count.to_bytes(8, "little"))
    if pa.types.is_list(array.type):
        offsets, values = list_buffers(array)
        digest.update(np.diff(offsets).data)
        _update(digest, values)
    elif pa.types.is_string(array.type) or pa.types.is_binary(array.type):
        offsets, data = string_buffers(array)
        digest.update(np.diff(offsets).data)
        digest.update(data.data)
    else:
        digest.update(np.ascontiguousarray(array.to_numpy(zero_copy_only=False)).data)


def _row_bytes(batch: pa.RecordBatch) -> NDArray[np.int64]:
    """Bytes of the values of each row."""
    total: NDArray[np.int64] = np.sum([_value_bytes(column) for column in batch.columns], axis=0, dtype=np.int64)
    return total


def _value_bytes(array: pa.Array) -> NDArray[np.int64]:
    if pa.types.is_list(array.type):
        offsets, values = list_buffers(array)
        if pa.types.is_primitive(values.type):
            width: int = max(1, values.type.bit_width // 8)
            return np.diff(offsets) * width
        return np.diff(np.concatenate([[0], np.cumsum(_value_bytes(values))])[offsets])
    if pa.types.is_string(array.type) or pa.types.is_binary(array.type):
        return np.diff(string_buffers(array)[0])
    return np.full(len(array), max(1, array.type.bit_width // 8))


def _offsets_and_values(
    array: pa.Array, offset_type: type, value_type: type
) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    if not len(array):
        return np.zeros(1, np.int64), np.zeros(0, value_type)
    width = np.dtype(offset_type).itemsize
    offsets = np.frombuffer(array.buffers()[1], offset_type, len(array) + 1, array.offset * width).astype(np.int64)
    first, last = int(offsets[0]), int(offsets[-1])
    buffer = array.buffers()[2]
    if buffer is None:
        return offsets - first, np.zeros(0, value_type)
    data: NDArray[np.uint8] = np.frombuffer(buffer, value_type, last - first, first)
    return offsets - first, data


def _canonical_array(column: pa.Array | pa.ChunkedArray, kind: pa.DataType) -> pa.Array:
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks) if array.num_chunks else pa.array([], kind)
    if array.type != kind:
        array = array.cast(kind)
    if array.null_count:
        return pa.array(array.to_pylist(), kind)
    if pa.types.is_list(kind):
        offsets, values = list_buffers(array) if len(array) else (np.zeros(1, np.int64), array.values.slice(0, 0))
        return pa.ListArray.from_arrays(pa.array(_narrow(offsets)), _canonical_array(values, kind.value_type), kind)
    if pa.types.is_string(kind) or pa.types.is_binary(kind):
        offsets, data = string_buffers(array)
        return pa.Array.from_buffers(kind, len(array), [None, pa.py_buffer(_narrow(offsets)), pa.py_buffer(data)])
    if pa.types.is_boolean(kind):
        return pa.array(array.to_numpy(zero_copy_only=False), kind)
    return pa.Array.from_buffers(kind, len(array), [None, pa.py_buffer(array.to_numpy(zero_copy_only=True))])


def _narrow(offsets: NDArray[np.int64]) -> NDArray[np.int32]:
    if offsets[-1] > _INT32_MAXIMUM:
        raise MalmoiError(
            f"a batch holds {offsets[-1]:,} bytes or values, over {_INT32_MAXIMUM:,}: use smaller batches"
        )
    return offsets.astype(np.int32)
