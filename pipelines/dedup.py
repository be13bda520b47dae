"""Exact and near duplicates across all sources, and lines that recur in documents that are none.

Four steps: *map* every shard to signatures; *regroup* their bands and content hashes, so that documents that agree in
one meet in a bucket, where the whole signatures are compared; join the pairs to clusters, of which one document
survives, chosen by rule: the longest, then the one whose id hashes lowest; *regroup* the lines of the survivors.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipelines.clusters import (
    DUPLICATES,
    KINDS,
    ROW_BITS,
    describe_members,
    join_pairs,
    load_signatures,
    signature_matrix,
)
from pipelines.core.arrow import ShardWriter, read_batches
from pipelines.core.dataset import Dataset, all_tasks
from pipelines.core.fingerprint import digest
from pipelines.core.keys import document_keys, hash_array
from pipelines.core.manifest import Manifest, Shard
from pipelines.core.schemas import COUNTS, CUTS, counts_batch
from pipelines.core.tasks import Task
from pipelines.core.verbs import Job, run_map, run_regroup
from pipelines.core.work import describe
from pipelines.options import DedupOptions
from pipelines.passages import REASONS, cuts_by_shard, find_passages
from pipelines.text.language import by_language
from pipelines.text.minhash import bands, may_repeat, signatures, similarity

_CONTENT_SEED = 1
_SAME_ID, _SAME_CONTENT = 254, 255  # what a shuffle row compares, beside the numbers of the bands
_ROW_BYTES = 24
_BUCKET_BYTES = 16 << 20  # a document has rows in as many buckets as it has bands: a change redoes no more of them
_PAIRS_AT_ONCE = 1 << 16


@dataclass(frozen=True)
class Sign:
    """Signature, content hash, id hash and length of every document of a shard."""

    options: DedupOptions
    schemas: ClassVar[Mapping[str, pa.Schema]] = {
        "signatures": pa.schema(
            [
                pa.field("signature", pa.binary(), nullable=False),
                pa.field("key", pa.uint64(), nullable=False),
                pa.field("content", pa.uint64(), nullable=False),
                pa.field("characters", pa.int64(), nullable=False),
            ]
        )
    }

    def __call__(self, task: Task) -> Iterator[tuple[str, pa.RecordBatch]]:
        for batch in read_batches(task.inputs[0].path):
            texts = batch["text"]
            shingle = by_language(batch["lang"], self.options.shingle)
            signature = signatures(texts, shingle, self.options.bands * self.options.rows, self.options.seed)
            raw = pa.py_buffer(np.ascontiguousarray(signature).view(np.uint8).reshape(-1))
            ends = pa.py_buffer(np.arange(len(texts) + 1, dtype=np.int32) * signature.shape[1] * 4)
            columns = [
                pa.BinaryArray.from_buffers(pa.binary(), len(texts), [None, ends, raw]),
                pa.array(document_keys(batch["id"])),
                pa.array(hash_array(texts, _CONTENT_SEED)),
                pc.utf8_length(texts).cast(pa.int64()),
            ]
            yield "signatures", pa.record_batch(columns, self.schemas["signatures"])


@dataclass(frozen=True)
class Compare:
    """Brings documents that agree in a band, in content or in id together and keeps the pairs that are duplicates."""

    options: DedupOptions
    buckets: int
    signature_files: tuple[str, ...]
    shuffle_schema: ClassVar[pa.Schema] = pa.schema(
        [
            pa.field("row", pa.int32(), nullable=False),
            pa.field("band", pa.uint8(), nullable=False),
            pa.field("value", pa.uint64(), nullable=False),
            pa.field("content", pa.uint64(), nullable=False),
        ]
    )
    schemas: ClassVar[Mapping[str, pa.Schema]] = {
        "pairs": pa.schema(
            [
                pa.field("left", pa.int64(), nullable=False),
                pa.field("right", pa.int64(), nullable=False),
                pa.field("band", pa.uint8(), nullable=False),
            ]
        ),
        "counts": COUNTS,
    }

    def scatter(self, task: Task) -> Iterator[tuple[NDArray[np.int64], pa.RecordBatch]]:
        first = 0
        for batch in read_batches(task.inputs[0].path):
            count = self.options.bands
            rows = np.arange(first, first + batch.num_rows, dtype=np.int32)
            first += batch.num_rows
            content = batch["content"].to_numpy()
            keys = bands(signature_matrix(batch["signature"]), count)
            value = np.concatenate([keys.T.reshape(-1), batch["key"].to_numpy(), content])
            band = np.repeat(np.array([*range(count), _SAME_ID, _SAME_CONTENT], np.uint8), batch.num_rows)
            columns = [pa.array(np.tile(rows, count + 2)), pa.array(band), pa.array(value)]
            columns.append(pa.array(np.tile(content, count + 2)))
            yield (value % np.uint64(self.buckets)).astype(np.int64), pa.record_batch(columns, self.shuffle_schema)

    def gather(self, bucket: int, parts: Iterator[tuple[int, pa.RecordBatch]]) -> Iterator[tuple[str, pa.RecordBatch]]:
        collected = list(parts)
        table = pa.Table.from_batches([batch for _, batch in collected], self.shuffle_schema)
        value = table["value"].to_numpy()
        some = np.flatnonzero(may_repeat(value))
        order = some[np.argsort(value[some], kind="stable")]  # rows of equal value stay in the order of documents
        row, band, value, content = (table[name].to_numpy()[order] for name in self.shuffle_schema.names)
        ends = np.cumsum([batch.num_rows for _, batch in collected], dtype=np.int64)
        shard = np.array([index for index, _ in collected], np.int64)[np.searchsorted(ends, order, "right")]
        document = (shard << ROW_BITS) + row
        left, right = _candidates(band, value)
        kind = band[right]
        same_content = content[left] == content[right]
        near = (kind < _SAME_ID) & ~same_content
        alike = np.zeros(len(left), bool)
        alike[near] = self._similar(document[left[near]], document[right[near]])
        wanted = alike | ((kind == _SAME_CONTENT) & same_content) | ((kind == _SAME_ID) & ~same_content)
        pairs = np.unique(np.stack([document[left], document[right], kind.astype(np.int64)], 1)[wanted], axis=0)
        arrays = [pa.array(pairs[:, 0]), pa.array(pairs[:, 1]), pa.array(pairs[:, 2].astype(np.uint8))]
        yield "pairs", pa.record_batch(arrays, self.schemas["pairs"])
        yield "counts", counts_batch({"candidate_pairs": int(near.sum()), "near_pairs": int(alike.sum())})

    def _similar(self, left: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.bool_]:
        alike = np.zeros(len(left), bool)
        for start in range(0, len(left), _PAIRS_AT_ONCE):
            some = slice(start, start + _PAIRS_AT_ONCE)
            matrices = [load_signatures(self.signature_files, side[some]) for side in (left, right)]
            alike[some] = similarity(matrices[0], matrices[1]) >= self.options.threshold
        return alike


def dedup(sources: Mapping[str, Dataset], options: DedupOptions, folder: Path, job: Job) -> dict[str, Manifest]:
    """Write ``folder/<source>``: members of duplicate clusters, lines to cut from the others; returns the manifests.

    Signatures and their bands lie on disk; a process holds one bucket of 16 MiB some four times over, one file of
    signatures, and what ``join_pairs`` says: for three million short documents 650 MB.
    """
    signed = job.work / job.name / "signatures"
    manifest = run_map(
        Sign(options), all_tasks(sources, "documents"), signed, Job(f"{job.name}/sign", job.work, job.machine)
    )
    files = tuple(str(signed / shard.file) for shard in manifest.outputs["signatures"])
    documents = manifest.rows("signatures")
    buckets = max(1, -(-documents * (options.bands + 2) * _ROW_BYTES // _BUCKET_BYTES))
    compare = Compare(options, buckets, files)
    compared = job.work / job.name / "pairs"
    run_regroup(
        compare, Dataset.open(signed).tasks("signatures"), compared, Job(f"{job.name}/compare", job.work, job.machine)
    )
    clusters = join_pairs(Dataset.open(compared), files, _SAME_ID)
    paths = [path for data in sources.values() for path in data.files("documents")]
    dropped = [clusters.dropped_rows(shard) for shard in range(len(paths))]
    cuts = cuts_by_shard(find_passages(sources, dropped, options, job), paths)
    manifests = {}
    first = 0
    for source, data in sources.items():
        shards = len(data.manifest.outputs["documents"])
        members = describe_members(clusters.of_shards(first, shards), first, paths)
        manifests[source] = _write(members, list(islice(cuts, shards)), folder / source, options)
        first += shards
    return manifests


def _write(members: pa.RecordBatch, cuts: Sequence[pa.RecordBatch], folder: Path, options: DedupOptions) -> Manifest:
    """The output ``duplicates`` as one shard, and ``cuts`` as one for each shard of the documents."""
    outputs = {
        "duplicates": (_write_shard(folder, "duplicates", 0, members),),
        "cuts": tuple(_write_shard(folder, "cuts", index, batch) for index, batch in enumerate(cuts)),
    }
    found = {f"copies/{kind}": pc.sum(pc.equal(members["kind"], kind)).as_py() or 0 for kind in KINDS}
    lines = {
        f"lines/{reason}": sum(pc.sum(pc.equal(batch["reason"], reason)).as_py() or 0 for batch in cuts)
        for reason in REASONS
    }
    schemas = {"duplicates": str(DUPLICATES), "cuts": str(CUTS)}
    manifest = Manifest(outputs, schemas, digest(options), found | lines)
    manifest.write(folder)
    return manifest


def _write_shard(folder: Path, output: str, index: int, batch: pa.RecordBatch) -> Shard:
    path = folder / output / f"{index:05d}.arrow"
    with ShardWriter(path, batch.schema) as writer:
        writer.write(batch)
    return replace(describe(writer), file=f"{output}/{path.name}")


def _candidates(band: NDArray[np.uint8], value: NDArray[np.uint64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Within every run of equal (band, value): each row with the run's first, and with the row before it."""
    same = (band[1:] == band[:-1]) & (value[1:] == value[:-1])
    later = np.flatnonzero(same) + 1
    starts = np.flatnonzero(np.concatenate([np.ones(min(1, len(band)), bool), ~same]))
    leader = starts[np.searchsorted(starts, later, side="right") - 1]
    chained = later - 1 > leader
    return np.concatenate([leader, later[chained] - 1]), np.concatenate([later, later[chained]])
