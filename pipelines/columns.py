"""Some columns of an Arrow IPC file, without reading the others."""

import os
from collections.abc import Iterator, Sequence

import pyarrow as pa


def read_columns(path: str | os.PathLike[str], names: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """Record batches of one IPC file with the columns ``names``, in the order of its schema.

    The file is not memory-mapped: the system reads up to megabytes ahead of every page that is touched, so the ids of a
    corpus that does not fit in memory would cost its texts too.
    """
    with pa.OSFile(os.fspath(path)) as file:
        schema = pa.ipc.open_file(file).schema
        options = pa.ipc.IpcReadOptions(included_fields=[schema.get_field_index(name) for name in names])
        reader = pa.ipc.open_file(file, options=options)
        for index in range(reader.num_record_batches):
            yield reader.get_batch(index)
