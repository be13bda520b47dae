"""Names that may stay in the text: those that so many documents carry that they are known to the public anyway.

A name that at least ``documents`` documents of at least ``sources`` sources carry, copies left out, stays in the text;
the others go. It is the idea of k-anonymity (Sweeney 2002) for names: what few documents say is what a reader of the
model could trace to a person.

Where names stand is kept for each shard, so that ``scrub`` does not look for them again in text that is as it was.
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
from pipelines.core.verbs import Job, run_map_by_source, run_regroup
from pipelines.options import NamesOptions
from pipelines.privacy.names import READING, find_all_names, name_keys

_SOURCE_SEED = 2
_ROW_BYTES = 24
_BUCKET_BYTES = 64 << 20
_TEXT_BYTES_PER_ROW = 200  # of a shard for each name that it has, at the least

PUBLIC = pa.schema([pa.field("shard", pa.int32(), nullable=False), pa.field("name", pa.uint64(), nullable=False)])
"""A name, as its key, and a shard among those of all sources in which it stands."""


FOUND = pa.schema(
    [pa.field(name, pa.int32(), nullable=False) for name in ("row", "start", "stop")]
    + [pa.field("reading", pa.int8(), nullable=False)]
)
"""Where a name stands: row of the shard, bytes within its text, in which reading of the line it is found; in order."""


@dataclass(frozen=True)
class FindNames:
    """Finds the names in the documents of a shard, but for its copies (``extra["drop"]``: rows)."""

    schemas: ClassVar[Mapping[str, pa.Schema]] = {"found": FOUND}

    def __call__(self, task: Task) -> Iterator[tuple[str, pa.RecordBatch]]:
        drop = np.array(task.extra["drop"], np.int64)
        first = 0
        for batch in read_batches(task.inputs[0].path):
            keep = np.ones(batch.num_rows, bool)
            keep[drop[(drop >= first) & (drop < first + batch.num_rows)] - first] = False
            parts = [np.zeros((0, READING + 1), np.int64)]
            for language in sorted(pc.unique(batch["lang"]).to_pylist()):
                rows = np.flatnonzero(pc.equal(batch["lang"], language).to_numpy(zero_copy_only=False) & keep)
                texts = batch["text"] if len(rows) == batch.num_rows else batch["text"].take(pa.array(rows))
                offsets, data = string_buffers(texts)
                spans = find_all_names(offsets, data, language).spans
                spans[:, 1:READING] -= offsets[spans[:, :1]]
                spans[:, 0] = rows[spans[:, 0]]
                parts.append(spans)
            spans = np.concatenate(parts)
            spans = spans[np.argsort(spans[:, 0], kind="stable")]
            spans[:, 0] += first
            first += batch.num_rows
            columns = [pa.array(spans[:, place], field.type) for place, field in enumerate(FOUND)]
            yield "found", pa.record_batch(columns, FOUND)


@dataclass(frozen=True)
class CountNames:
    """Brings the names of all documents together and keeps those that are public.

    The inputs of a task are a shard of documents and what ``FindNames`` found in it.
    """

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
        """Each name of a shard once, with how many of the documents carry it."""
        documents, found = task.inputs
        places = read_found(found.path)
        # What is found once placeholders stand is less sure.
        places = places[places[:, READING] == 0, :READING]
        carried = [np.zeros(0, np.uint64)]
        source = np.uint64(0)
        first = 0
        for batch in read_batches(documents.path):
            here = rows_between(places, first, first + batch.num_rows)
            first += batch.num_rows
            if len(here):
                source = hash_array(batch["source"].slice(0, 1), _SOURCE_SEED)[0]
                carried.append(_names_by_document(batch["text"], here))
        names, counted = np.unique(np.concatenate(carried), return_counts=True)
        columns = [pa.array(names), pa.array(np.full(len(names), source)), pa.array(counted)]
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
    """Write where the names of all ``sources`` stand, without their ``copies``, to ``folder / "found"``, with a dataset
    for each source, and those that are public to ``folder / "public"``; returns the latter."""
    drop = {key: dropped_rows(copies[key]) for key in sources}
    own = {
        key: [
            Task(task.name, task.inputs, {"drop": drop[key].get(shard, np.zeros(0, np.int64)).tolist()})
            for shard, task in enumerate(data.tasks("documents"))
        ]
        for key, data in sources.items()
    }
    run_map_by_source(FindNames(), own, folder / "found", job)
    pairs = [
        Task(f"{key}/{task.name}", (*task.inputs, *places.inputs))
        for key, data in sources.items()
        for task, places in zip(
            data.tasks("documents"), Dataset.open(folder / "found" / key).tasks("found"), strict=True
        )
    ]
    size = sum(shard.bytes for data in sources.values() for shard in data.manifest.outputs["documents"])
    buckets = max(1, -(-size * _ROW_BYTES // (_TEXT_BYTES_PER_ROW * _BUCKET_BYTES)))
    run_regroup(CountNames(options, buckets), pairs, folder / "public", job)
    return Dataset.open(folder / "public")


def read_found(path: str) -> NDArray[np.int64]:
    """Rows of `FOUND` (n, 4) in one shard."""
    table = pa.Table.from_batches(read_batches(path), FOUND)
    return np.stack([table[name].to_numpy().astype(np.int64) for name in FOUND.names], axis=1)


def rows_between(places: NDArray[np.int64], first: int, stop: int) -> NDArray[np.int64]:
    """Those of ``places`` that are in rows from ``first`` to before ``stop``, with rows counted from ``first`` on."""
    low, high = np.searchsorted(places[:, 0], [first, stop])
    here = places[low:high].copy()
    here[:, 0] -= first
    return here


def public_by_shard(public: Dataset) -> dict[int, NDArray[np.uint64]]:
    """The public names of each shard that has some, ascending; shards are those of all sources, in their order."""
    batches = list(public.batches("public"))
    table = pa.Table.from_batches(batches, PUBLIC)
    shard, names = table["shard"].to_numpy(), table["name"].to_numpy()
    order = np.lexsort((names, shard))
    starts = np.flatnonzero(np.diff(shard[order], prepend=-1))
    parts = np.split(names[order], starts[1:])
    return dict(zip(shard[order][starts].tolist(), parts, strict=False))


def _names_by_document(texts: pa.StringArray, places: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Keys of the names at ``places`` (row, first byte and end within its text), each once for a document."""
    offsets, data = string_buffers(texts)
    spans = places.copy()
    spans[:, 1:] += offsets[spans[:, :1]]
    keys = name_keys(data, spans)
    order = np.lexsort((keys, spans[:, 0]))
    row, keys = spans[order, 0], keys[order]
    fresh = np.ones(len(keys), bool)
    fresh[1:] = (row[1:] != row[:-1]) | (keys[1:] != keys[:-1])
    return keys[fresh]
