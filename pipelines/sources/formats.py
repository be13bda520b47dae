"""The registry of formats: one small module each, with a function that reads a part of a file."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from pipelines.sources import jsonl, parquet, text
from pipelines.sources.options import ReadLimits, SourceOptions
from pipelines.sources.records import Part


@dataclass(frozen=True)
class Format:
    """How a format is read.

    ``read`` gives the batches of one part, schema RECORD, at most 1,024 rows each, and raises StreamError or OSError
    where the rest cannot be read. ``parts`` gives the sizes of the parts of a file that can be read alone, for a format
    whose files are not lines of text.
    """

    read: Callable[[Part, SourceOptions, ReadLimits], Iterator[pa.RecordBatch]]
    parts: Callable[[Path], tuple[int, ...]] | None = None


READERS: Mapping[str, Format] = {
    "text": Format(text.read),
    "jsonl": Format(jsonl.read),
    "parquet": Format(parquet.read, parquet.row_group_bytes),
}
