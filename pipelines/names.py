"""Names that may stay in the text: those that so many documents carry that they are known to the public anyway.

A name that at least ``documents`` documents of at least ``sources`` sources carry, copies left out, stays in the text;
the others go. It is the idea of k-anonymity (Sweeney 2002) for names: what few documents say is what a reader of the
model could trace to a person.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipelines.clusters import dropped_rows
from pipelines.core.arrow import read_batches, string_buffers
from pipelines.core.dataset import Dataset
from pipelines.core.keys import hash_array
from pipelines.core.schemas import COUNTS, counts_batch
from pipelines.core.tasks import Task
from pipelines.core.verbs import Job, run_regroup
from pipelines.options import NamesOptions
from pipelines.privacy.names import find_names, name_keys

_SOURCE_SEED = 2
_ROW_BYTES = 24
_BUCKET_BYTES = 64 << 20
_TEXT_BYTES_PER_ROW = 200  # of a shard for each name that it has, at the least

PUBLIC = pa.schema([pa.field("shard", pa.int32(), nullable=False), pa.field("name", pa.uint64(), nullable=False)])
"""A name, as its key, and a shard among those of all sources in which it stands."""


@dataclass(frozen=True)
class CountNames:
    """Brings the names of all documents together and keeps those that are public."""

    options: NamesOptions
    buckets: int
    shuffle_schema: ClassVar[pa.Schema] = pa.schema(
        [
            pa.field("name", pa.uint64(), nullable=False),
            pa.field("source", pa.uint64(), nullable=False),
            pa.field("documents", pa.int64(), nullable=False),
        ]
    )
    schemas: ClassVar[Mapping[str, pa.Schema]] = {"public": PUBLIC, "counts": COUNTS}

    def scatter(self, task: Task) -> Iterator[tuple[NDArray[np.int64], pa.RecordBatch]]:
        """Each name of a shard once, with how many of the documents that are kept carry it."""
        drop = np.array(task.extra["drop"], np.int64)
        carried = [np.zeros(0, np.uint64)]
        source = np.uint64(0)
        first = 0
        for batch in read_batches(task.inputs[0].path):
            keep = np.ones(batch.num_rows, bool)
            keep[drop[(drop >= first) & (drop < first + batch.num_rows)] - first] = False
            first += batch.num_rows
            kept = batch.filter(pa.array(keep))
            if kept.num_rows:
                source = hash_array(kept["source"].slice(0, 1), _SOURCE_SEED)[0]
                carried += [name for name, _ in _names_by_document(kept)]
        names, documents = np.unique(np.concatenate(carried), return_counts=True)
        columns = [pa.array(names), pa.array(np.full(len(names), source)), pa.array(documents)]
        yield (names % np.uint64(self.buckets)).astype(np.int64), pa.record_batch(columns, self.shuffle_schema)

    def gather(self, bucket: int, parts: Iterator[tuple[int, pa.RecordBatch]]) -> Iterator[tuple[str, pa.RecordBatch]]:
        """The names that are public, each with all shards in which it stands."""
        collected = list(parts)
        shard = np.concatenate([np.zeros(0, np.int32), *(np.full(b.num_rows, i, np.int32) for i, b in collected)])
        table = pa.Table.from_batches([batch for _, batch in collected], self.shuffle_schema)
        names, place = np.unique(table["name"].to_numpy(), return_inverse=True)
        documents = np.bincount(place, table["documents"].to_numpy(), len(names))
        pairs = np.unique(np.stack([place.astype(np.uint64), table["source"].to_numpy()]), axis=1)
        sources = np.bincount(pairs[0].astype(np.int64), minlength=len(names))
        public = (documents >= self.options.documents) & (sources >= self.options.sources)
        rows = np.flatnonzero(public[place])
        order = rows[np.lexsort((place[rows], shard[rows]))]
        columns = [pa.array(shard[order]), pa.array(names[place[order]])]
        yield "public", pa.record_batch(columns, PUBLIC)
        yield "counts", counts_batch({"names": len(names), "public": int(public.sum())})


def count_names(
    sources: Mapping[str, Dataset], copies: Mapping[str, Dataset], options: NamesOptions, folder: Path, job: Job
) -> Dataset:
    """Write the public names of all ``sources`` to ``folder``, without their ``copies``."""
    tasks = []
    for key, data in sources.items():
        drop = dropped_rows(copies[key])
        for shard, task in enumerate(data.tasks("documents")):
            rows = drop.get(shard, np.zeros(0, np.int64)).tolist()
            tasks.append(Task(f"{key}/{task.name}", task.inputs, {"drop": rows}))
    size = sum(shard.bytes for data in sources.values() for shard in data.manifest.outputs["documents"])
    buckets = max(1, -(-size * _ROW_BYTES // (_TEXT_BYTES_PER_ROW * _BUCKET_BYTES)))
    run_regroup(CountNames(options, buckets), tasks, folder, job)
    return Dataset.open(folder)


def public_by_shard(public: Dataset) -> dict[int, NDArray[np.uint64]]:
    """The public names of each shard that has some, ascending; shards are those of all sources, in their order."""
    batches = list(public.batches("public"))
    table = pa.Table.from_batches(batches, PUBLIC)
    shard, names = table["shard"].to_numpy(), table["name"].to_numpy()
    order = np.lexsort((names, shard))
    starts = np.flatnonzero(np.diff(shard[order], prepend=-1))
    parts = np.split(names[order], starts[1:])
    return dict(zip(shard[order][starts].tolist(), parts, strict=False))


def _names_by_document(batch: pa.RecordBatch) -> Iterator[tuple[NDArray[np.uint64], NDArray[np.int64]]]:
    """Names and rows of the documents of each language, each name once for a document."""
    for language in sorted(pc.unique(batch["lang"]).to_pylist()):
        rows = np.flatnonzero(pc.equal(batch["lang"], language).to_numpy(zero_copy_only=False))
        offsets, data = string_buffers(batch["text"].take(pa.array(rows)))
        spans = find_names(offsets, data, language)
        keys = name_keys(data, spans)
        order = np.lexsort((keys, spans[:, 0]))
        row, keys = spans[order, 0], keys[order]
        fresh = np.ones(len(keys), bool)
        fresh[1:] = (row[1:] != row[:-1]) | (keys[1:] != keys[:-1])
        yield keys[fresh], rows[row[fresh]]
