"""Exact and near duplicates across all sources.

Three steps: *map* every shard to signatures; *regroup* their bands and content hashes, so that documents that agree in
one meet in a bucket, where the whole signatures are compared; join the pairs to clusters. One document of a cluster
survives, chosen by rule: the longest, then the one whose id hashes lowest.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.core.arrow import ShardWriter, open_shard, read_batches, string_buffers
from pipelines.core.dataset import Dataset
from pipelines.core.fingerprint import digest
from pipelines.core.kernel import kernel
from pipelines.core.kernels import hash_strings
from pipelines.core.manifest import Manifest
from pipelines.core.schemas import COUNTS, counts_batch
from pipelines.core.tasks import Task
from pipelines.core.verbs import Job, run_map, run_regroup
from pipelines.core.work import describe
from pipelines.options import DedupOptions
from pipelines.text.minhash import bands, signatures, similarity

KEY_SEED = 0  # of the hash that stands for a document id, the same in every stage
_CONTENT_SEED = 1
_SAME_ID, _SAME_CONTENT = 254, 255  # what a shuffle row compares, beside the numbers of the bands
_ROW_BYTES = 24
_BUCKET_BYTES = 64 << 20
_ROW_BITS = 32

EXACT, NEAR, REPEATED_ID, SURVIVOR = "exact", "near", "repeated_id", "survivor"

DUPLICATES = pa.schema(
    [
        pa.field("shard", pa.int32(), nullable=False),
        pa.field("row", pa.int32(), nullable=False),
        pa.field("id", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("survivor", pa.string(), nullable=False),
        pa.field("cluster_size", pa.int32(), nullable=False),
    ]
)


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
        shingles = self.options.shingle
        for batch in read_batches(task.inputs[0].path):
            texts = batch["text"]
            width = np.array([shingles.get(lang, shingles["other"]) for lang in batch["lang"].to_pylist()], np.int64)
            signature = signatures(texts, width, self.options.bands * self.options.rows, self.options.seed)
            raw = pa.py_buffer(np.ascontiguousarray(signature).view(np.uint8).reshape(-1))
            ends = pa.py_buffer(np.arange(len(texts) + 1, dtype=np.int32) * signature.shape[1] * 4)
            columns = [
                pa.BinaryArray.from_buffers(pa.binary(), len(texts), [None, ends, raw]),
                pa.array(_hashes(batch["id"], KEY_SEED)),
                pa.array(_hashes(texts, _CONTENT_SEED)),
                pa.compute.utf8_length(texts).cast(pa.int64()),
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
            keys = bands(_signature_matrix(batch["signature"]), count)
            value = np.concatenate([keys.T.reshape(-1), batch["key"].to_numpy(), content])
            band = np.repeat(np.array([*range(count), _SAME_ID, _SAME_CONTENT], np.uint8), batch.num_rows)
            columns = [pa.array(np.tile(rows, count + 2)), pa.array(band), pa.array(value)]
            columns.append(pa.array(np.tile(content, count + 2)))
            yield (value % np.uint64(self.buckets)).astype(np.int64), pa.record_batch(columns, self.shuffle_schema)

    def gather(self, bucket: int, parts: Iterator[tuple[int, pa.RecordBatch]]) -> Iterator[tuple[str, pa.RecordBatch]]:
        collected = [(np.int64(index) << _ROW_BITS, batch) for index, batch in parts]
        columns: list[NDArray[Any]] = [
            np.concatenate([np.zeros(0, kind), *(batch[name].to_numpy() for _, batch in collected)]).astype(kind)
            for name, kind in (("row", np.int64), ("band", np.uint8), ("value", np.uint64), ("content", np.uint64))
        ]
        shift = np.concatenate([np.zeros(0, np.int64), *(np.full(b.num_rows, s, np.int64) for s, b in collected)])
        row, band, value, content = columns
        document = row + shift
        order = np.lexsort((document, value, band))
        document, band, value, content = document[order], band[order], value[order], content[order]
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
        if not len(left):
            return np.zeros(0, bool)
        matrices = [_load_signatures(self.signature_files, side) for side in (left, right)]
        return np.asarray(similarity(matrices[0], matrices[1]) >= self.options.threshold)


def dedup(sources: Mapping[str, Dataset], options: DedupOptions, folder: Path, job: Job) -> dict[str, Manifest]:
    """Write ``folder/<source>`` with the members of every duplicate cluster; returns the manifest of each source."""
    tasks = [
        Task(f"{source}/{task.name}", task.inputs)
        for source, data in sources.items()
        for task in data.tasks("documents")
    ]
    signed = job.work / job.name / "signatures"
    manifest = run_map(Sign(options), tasks, signed, Job(f"{job.name}/sign", job.work, job.machine))
    files = tuple(str(signed / shard.file) for shard in manifest.outputs["signatures"])
    documents = manifest.rows("signatures")
    buckets = max(1, -(-documents * (options.bands + 2) * _ROW_BYTES // _BUCKET_BYTES))
    compare = Compare(options, buckets, files)
    compared = job.work / job.name / "pairs"
    run_regroup(
        compare, Dataset.open(signed).tasks("signatures"), compared, Job(f"{job.name}/compare", job.work, job.machine)
    )
    decided = _decide(Dataset.open(compared), files)
    manifests = {}
    first = 0
    for source, data in sources.items():
        shards = len(data.manifest.outputs["documents"])
        manifests[source] = _write(decided, data, first, sources, folder / source, options)
        first += shards
    return manifests


@dataclass(frozen=True)
class _Decided:
    """Members of all clusters, ascending: ordinal (task << 32 | row), its survivor, kind and cluster size."""

    document: NDArray[np.int64]
    survivor: NDArray[np.int64]
    kind: NDArray[np.object_]
    size: NDArray[np.int64]


def _decide(pairs: Dataset, files: Sequence[str]) -> _Decided:
    table = pa.Table.from_batches(list(pairs.batches("pairs")), Compare.schemas["pairs"])
    left, right, band = (table[name].to_numpy() for name in ("left", "right", "band"))
    members = np.unique(np.concatenate([left, right]))
    root = np.arange(len(members))
    _join(np.searchsorted(members, left), np.searchsorted(members, right), root)
    characters, key, content = _columns(files, members)
    order = np.lexsort((members, key, -characters, root))
    starts = np.flatnonzero(np.diff(root[order], prepend=-1))
    sizes = np.diff(np.append(starts, len(members)))
    survivor, size = np.empty_like(members), np.empty_like(members)
    survivor[order] = np.repeat(members[order[starts]], sizes)
    size[order] = np.repeat(sizes, sizes)
    position = np.searchsorted(members, survivor)
    kind = np.where(content == content[position], EXACT, NEAR).astype(object)
    repeated = np.isin(members, np.concatenate([left[band == _SAME_ID], right[band == _SAME_ID]]))
    kind[repeated & (key == key[position]) & (content != content[position])] = REPEATED_ID
    kind[survivor == members] = SURVIVOR
    return _Decided(members, survivor, kind, size)


def _write(
    decided: _Decided, data: Dataset, first: int, sources: Mapping[str, Dataset], folder: Path, options: DedupOptions
) -> Manifest:
    shards = len(data.manifest.outputs["documents"])
    low, high = np.searchsorted(decided.document, [first << _ROW_BITS, (first + shards) << _ROW_BITS])
    document, survivor = decided.document[low:high], decided.survivor[low:high]
    paths = [path for each in sources.values() for path in each.files("documents")]
    arrays = [
        pa.array(((document >> _ROW_BITS) - first).astype(np.int32)),
        pa.array((document & ((1 << _ROW_BITS) - 1)).astype(np.int32)),
        pa.array(_identifiers(paths, document), pa.string()),
        pa.array(decided.kind[low:high], pa.string()),
        pa.array(_identifiers(paths, survivor), pa.string()),
        pa.array(decided.size[low:high].astype(np.int32)),
    ]
    path = folder / "duplicates" / "00000.arrow"
    with ShardWriter(path, DUPLICATES) as writer:
        writer.write(pa.record_batch(arrays, DUPLICATES))
    shard = describe(path, DUPLICATES, len(document))
    kinds, numbers = np.unique(decided.kind[low:high].astype(str), return_counts=True)
    counts = dict(zip(kinds.tolist(), numbers.tolist(), strict=True))
    entry = type(shard)(f"duplicates/{shard.file}", shard.rows, shard.bytes, shard.digest, shard.values)
    manifest = Manifest({"duplicates": (entry,)}, {"duplicates": str(DUPLICATES)}, digest(options), counts)
    manifest.write(folder)
    return manifest


def _hashes(strings: pa.StringArray, seed: int) -> NDArray[np.uint64]:
    offsets, data = string_buffers(strings)
    out = np.empty(len(strings), np.uint64)
    hash_strings(offsets, data, np.uint64(seed), out)
    return out


def document_keys(ids: pa.StringArray) -> NDArray[np.uint64]:
    """The 64-bit hash that stands for each document id."""
    return _hashes(ids, KEY_SEED)


def _signature_matrix(column: pa.BinaryArray) -> NDArray[np.uint32]:
    _, data = string_buffers(column)
    return data.view(np.uint32).reshape(len(column), -1)


@cache
def _signature_file(path: str) -> tuple[NDArray[np.int64], tuple[NDArray[np.uint32], ...]]:
    with open_shard(path) as reader:
        batches = [reader.get_batch(index) for index in range(reader.num_record_batches)]
    starts = np.cumsum([0, *(batch.num_rows for batch in batches)])
    return starts, tuple(_signature_matrix(batch["signature"]) for batch in batches)


def _load_signatures(files: Sequence[str], documents: NDArray[np.int64]) -> NDArray[np.uint32]:
    """Signatures of documents given by ordinal, from the memory-mapped files."""
    tasks, rows = documents >> _ROW_BITS, documents & ((1 << _ROW_BITS) - 1)
    out: NDArray[np.uint32] | None = None
    for task in np.unique(tasks):
        starts, matrices = _signature_file(files[task])
        batch = np.searchsorted(starts, rows, side="right") - 1
        for index, matrix in enumerate(matrices):
            wanted = np.flatnonzero((tasks == task) & (batch == index))
            if out is None:
                out = np.empty((len(documents), matrix.shape[1]), np.uint32)
            out[wanted] = matrix[rows[wanted] - starts[index]]
    assert out is not None
    return out


def _columns(files: Sequence[str], documents: NDArray[np.int64]) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    names = ("characters", "key", "content")
    found = [np.zeros(len(documents), np.int64 if name == "characters" else np.uint64) for name in names]
    tasks, rows = documents >> _ROW_BITS, documents & ((1 << _ROW_BITS) - 1)
    for task in np.unique(tasks):
        table = pa.Table.from_batches(read_batches(files[task]), Sign.schemas["signatures"])
        wanted = tasks == task
        for name, out in zip(names, found, strict=True):
            out[wanted] = table[name].to_numpy()[rows[wanted]]
    return found[0], found[1], found[2]


def _identifiers(paths: Sequence[Path], documents: NDArray[np.int64]) -> list[str]:
    tasks, rows = documents >> _ROW_BITS, documents & ((1 << _ROW_BITS) - 1)
    out = np.empty(len(documents), object)
    for task in np.unique(tasks):
        wanted = tasks == task
        ids = pa.chunked_array([batch["id"] for batch in read_batches(paths[task])], pa.string())
        out[wanted] = ids.take(pa.array(rows[wanted])).to_pylist()
    return out.tolist()


def _candidates(band: NDArray[np.uint8], value: NDArray[np.uint64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Within every run of equal (band, value): each row with the run's first, and with the row before it."""
    same = (band[1:] == band[:-1]) & (value[1:] == value[:-1])
    later = np.flatnonzero(same) + 1
    starts = np.flatnonzero(np.concatenate([np.ones(min(1, len(band)), bool), ~same]))
    leader = starts[np.searchsorted(starts, later, side="right") - 1]
    chained = later - 1 > leader
    return np.concatenate([leader, later[chained] - 1]), np.concatenate([later, later[chained]])


@kernel
def _join(left: Any, right: Any, root: Any) -> None:
    """Union-find: afterwards ``root[i]`` is the lowest member of the cluster of ``i``."""
    for pair in range(len(left)):
        a, b = left[pair], right[pair]
        while root[a] != a:
            root[a] = root[root[a]]
            a = root[a]
        while root[b] != b:
            root[b] = root[root[b]]
            b = root[b]
        if a < b:
            root[b] = a
        else:
            root[a] = b
    for member in range(len(root)):
        root[member] = root[root[member]]
