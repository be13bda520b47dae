"""Lines that recur across documents: boilerplate of a source, and long passages that several documents share.

*Regroup* by what a line says: lines that say the same meet in a bucket. A line in at least ``boilerplate_documents``
documents of a source is boilerplate there, and all of its occurrences go. A line of at least ``passage_letters`` that
several documents hold stays in one of them, chosen as among duplicates: the longest, then the one whose id hashes
lowest. Documents that dedup drops do not count.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipelines.clusters import ROW_BITS, identifiers
from pipelines.core.arrow import read_batches
from pipelines.core.dataset import Dataset, all_tasks
from pipelines.core.keys import document_keys
from pipelines.core.schemas import COUNTS, CUTS, counts_batch
from pipelines.core.tasks import Task
from pipelines.core.verbs import Job, run_regroup
from pipelines.options import DedupOptions
from pipelines.text.lines import find_lines
from pipelines.text.minhash import may_repeat

BOILERPLATE, PASSAGE = "boilerplate", "passage"
REASONS = (BOILERPLATE, PASSAGE)

_LINE = np.dtype(
    [
        ("content", np.uint64),
        ("key", np.uint64),
        ("row", np.int32),
        ("start", np.int32),
        ("stop", np.int32),
        ("letters", np.int32),
        ("characters", np.int32),
    ]
)
_BUCKET_BYTES = 64 << 20
_BYTES_PER_LINE = 100  # of text, at least, on any corpus seen: decides the number of buckets alone


@dataclass(frozen=True)
class Passages:
    """Occurrences of lines that go; ``sources`` is the number of the source of each task."""

    options: DedupOptions
    sources: tuple[int, ...]
    buckets: int
    shuffle_schema: ClassVar[pa.Schema] = pa.schema(
        [pa.field(name, pa.from_numpy_dtype(_LINE[name]), nullable=False) for name in _LINE.names or ()]
    )
    schemas: ClassVar[Mapping[str, pa.Schema]] = {
        "cuts": pa.schema(
            [
                pa.field("document", pa.int64(), nullable=False),
                pa.field("start", pa.int32(), nullable=False),
                pa.field("stop", pa.int32(), nullable=False),
                pa.field("reason", pa.uint8(), nullable=False),
            ]
        ),
        "counts": COUNTS,
    }

    def scatter(self, task: Task) -> Iterator[tuple[NDArray[np.int64], pa.RecordBatch]]:
        dropped = np.array(task.extra["drop"], np.int64)
        minimum = min(self.options.boilerplate_letters, self.options.passage_letters)
        first = 0
        for batch in read_batches(task.inputs[0].path):
            lines = find_lines(batch["text"], minimum)
            goes = np.zeros(batch.num_rows, bool)
            goes[dropped[(dropped >= first) & (dropped < first + batch.num_rows)] - first] = True
            kept = ~goes[lines.row]
            row = lines.row[kept]
            columns = {
                "content": lines.content[kept],
                "key": document_keys(batch["id"])[row],
                "row": row + np.int32(first),
                "start": lines.start[kept],
                "stop": lines.stop[kept],
                "letters": lines.letters[kept],
                "characters": pc.utf8_length(batch["text"]).to_numpy()[row],
            }
            first += batch.num_rows
            arrays = [pa.array(columns[field.name]) for field in self.shuffle_schema]
            bucket = (columns["content"] % np.uint64(self.buckets)).astype(np.int64)
            yield bucket, pa.RecordBatch.from_arrays(arrays, schema=self.shuffle_schema)

    def gather(self, bucket: int, parts: Iterator[tuple[int, pa.RecordBatch]]) -> Iterator[tuple[str, pa.RecordBatch]]:
        lines, document, source = self._collected(parts)
        some = np.flatnonzero(may_repeat(lines["content"]))  # a line that stands once stays, and most do
        lines, document, source = lines[some], document[some], source[some]
        order = np.lexsort((document, source, lines["content"]))
        lines, document, source = lines[order], document[order], source[order]
        boilerplate = self._is_frequent(lines["content"], source, document)
        boilerplate &= lines["letters"] >= self.options.boilerplate_letters
        passage = ~boilerplate & (lines["letters"] >= self.options.passage_letters)
        passage[passage] = _beside_the_survivor(lines[passage], document[passage])
        goes = boilerplate | passage
        reason = np.where(boilerplate, REASONS.index(BOILERPLATE), REASONS.index(PASSAGE)).astype(np.uint8)
        columns = (document, lines["start"], lines["stop"], reason)
        arrays = [pa.array(np.ascontiguousarray(column[goes])) for column in columns]
        yield "cuts", pa.RecordBatch.from_arrays(arrays, schema=self.schemas["cuts"])
        yield "counts", counts_batch({BOILERPLATE: int(boilerplate.sum()), PASSAGE: int(passage.sum())})

    def _collected(
        self, parts: Iterator[tuple[int, pa.RecordBatch]]
    ) -> tuple[NDArray[Any], NDArray[np.int64], NDArray[np.int32]]:
        """The lines of a bucket, the ordinals of their documents and the numbers of their sources."""
        lines = [np.zeros(0, _LINE)]
        documents, sources = [np.zeros(0, np.int64)], [np.zeros(0, np.int32)]
        for index, batch in parts:
            some = np.empty(batch.num_rows, _LINE)
            for name in _LINE.names or ():
                some[name] = batch[name].to_numpy()
            lines.append(some)
            documents.append((np.int64(index) << ROW_BITS) + some["row"])
            sources.append(np.full(batch.num_rows, self.sources[index], np.int32))
        return np.concatenate(lines), np.concatenate(documents), np.concatenate(sources)

    def _is_frequent(
        self, content: NDArray[np.uint64], source: NDArray[np.int32], document: NDArray[np.int64]
    ) -> NDArray[np.bool_]:
        """Which lines enough documents of their source hold; the arguments are sorted in this order."""
        group = np.cumsum(_starts(content, source)) - 1
        holders = np.bincount(group[_starts(content, source, document)], minlength=1)
        frequent: NDArray[np.bool_] = holders[group] >= self.options.boilerplate_documents
        return frequent


def find_passages(
    sources: Mapping[str, Dataset],
    dropped: Sequence[NDArray[np.int64]],
    options: DedupOptions,
    job: Job,
) -> Dataset:
    """Lines that go, as ``Passages`` writes them; ``dropped`` has the rows of each shard whose documents go anyway."""
    tasks = [
        replace(task, extra={"drop": rows.tolist()})
        for task, rows in zip(all_tasks(sources, "documents"), dropped, strict=True)
    ]
    numbers = tuple(number for number, data in enumerate(sources.values()) for _ in data.manifest.outputs["documents"])
    size = sum(shard.bytes for data in sources.values() for shard in data.manifest.outputs["documents"])
    buckets = max(1, -(-size // _BYTES_PER_LINE * _LINE.itemsize // _BUCKET_BYTES))
    folder = job.work / job.name / "passages"
    passages = Passages(options, numbers, buckets)
    run_regroup(passages, tasks, folder, Job(f"{job.name}/lines", job.work, job.machine))
    return Dataset.open(folder)


def cuts_by_shard(found: Dataset, paths: Sequence[Path]) -> Iterator[pa.RecordBatch]:
    """CUTS rows of each of the shards ``paths``, by row and start; all are held, 17 bytes each, some three times."""
    schema = Passages.schemas["cuts"]
    table = pa.Table.from_batches([batch for batch in found.batches("cuts") if batch.num_rows], schema)
    columns = [table[name].to_numpy() for name in schema.names]
    order = np.lexsort((columns[1], columns[0]))
    document, start, stop, reason = (column[order] for column in columns)
    edges = np.searchsorted(document, np.arange(len(paths) + 1, dtype=np.int64) << ROW_BITS)
    for shard in range(len(paths)):
        part = slice(int(edges[shard]), int(edges[shard + 1]))
        arrays = [
            pa.array((document[part] & ((1 << ROW_BITS) - 1)).astype(np.int32)),
            pa.array(start[part]),
            pa.array(stop[part]),
            pa.array(REASONS).take(pa.array(reason[part])),
            identifiers(paths, document[part]),
        ]
        yield pa.record_batch(arrays, CUTS)


def _beside_the_survivor(lines: NDArray[Any], document: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Of lines sorted by content, those that are not in the document of all holders that keeps the line."""
    order = np.lexsort((document, lines["key"], -lines["characters"], lines["content"]))
    first = _starts(lines["content"][order])
    keeper = document[order][first][np.cumsum(first) - 1]
    goes = np.empty(len(lines), bool)
    goes[order] = document[order] != keeper
    return goes


def _starts(*columns: NDArray[Any]) -> NDArray[np.bool_]:
    """Where a row differs from the one before it."""
    differs = np.ones(len(columns[0]), bool)
    differs[1:] = np.logical_or.reduce([column[1:] != column[:-1] for column in columns])
    return differs
