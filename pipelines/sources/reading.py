"""Reads the documents of a task: what a format's module gives, with ids, errors of whole files, and even batches."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.core.tasks import FileRange, Task
from pipelines.sources.formats import load_format
from pipelines.sources.options import ReadLimits, SourceOptions
from pipelines.sources.records import MAXIMUM_ROWS, UNREADABLE_FILE, Part, StreamError, error_record

_BATCH_BYTES = 1 << 22


def read_documents(
    task: Task, source: SourceOptions, key: str, limits: ReadLimits, skipped: Counter[str] | None = None
) -> Iterator[pa.RecordBatch]:
    """Every record of a task of source ``key``, schema ``records.RECORD``, up to 1,024 rows or about 4 MiB at a time.

    A record that cannot be used, and a file or the rest of one that cannot be read, is a row with ``error``. ``id`` is
    ``<key>:<id field>``, else ``<key>:<path below the glob's folder>#<position>``; where a file is one document, and
    for errors of whole files, the path alone. ``skipped`` is added to, by kind, the number of records that are no
    documents."""
    files: Any = task.extra["files"]
    opened = [_part(part, file) for part, file in zip(task.inputs, files, strict=True)]
    batches = (
        batch
        for part, file in zip(opened, files, strict=True)
        for batch in _read_file(part, file["error"], source, key, limits)
    )
    yield from _gathered(batches)
    if skipped is not None:
        for part in opened:
            skipped.update(part.skipped)


def _part(part: FileRange, file: dict[str, str]) -> Part:
    return Part(part.path, file["file"], file["name"], part.start, part.stop, file["compression"], file["encoding"])


def _read_file(
    opened: Part, rule: str, source: SourceOptions, key: str, limits: ReadLimits
) -> Iterator[pa.RecordBatch]:
    position = 0
    if not rule:
        try:
            for batch in load_format(source.format).read(opened, source, limits):
                yield _identified(batch, key, opened.name)
        except StreamError as error:
            rule, position = error.rule, error.position
        except OSError:
            rule = UNREADABLE_FILE
    if rule:
        yield _identified(error_record(opened, rule, position, "" if position else opened.name), key, opened.name)


def _identified(batch: pa.RecordBatch, key: str, name: str) -> pa.RecordBatch:
    ids = batch.column("id")
    named = pc.binary_join_element_wise(f"{key}:", ids, "")
    placed = pc.binary_join_element_wise(f"{key}:{name}#", batch.column("position").cast(pa.string()), "")
    return batch.set_column(0, batch.schema.field(0), pc.if_else(pc.equal(ids, ""), placed, named))


def _gathered(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The same rows in fewer batches: thousands of small files must not become thousands of batches."""
    pending: list[pa.RecordBatch] = []
    rows = size = 0
    for batch in batches:
        if pending and (rows + batch.num_rows > MAXIMUM_ROWS or size + batch.nbytes > _BATCH_BYTES):
            yield pa.concat_batches(pending)
            pending, rows, size = [], 0, 0
        pending.append(batch)
        rows += batch.num_rows
        size += batch.nbytes
    if pending:
        yield pa.concat_batches(pending)
