"""Pairs of duplicates to clusters, and clusters to their survivors.

A document is named by its ordinal: the number of its shard among all shards of all sources, then its row.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipelines.core.arrow import map_shard, read_batches, string_buffers
from pipelines.core.dataset import Dataset
from pipelines.core.kernel import inner_kernel

ROW_BITS = 32
_ROW_MASK = (1 << ROW_BITS) - 1

SURVIVOR, EXACT, NEAR, REPEATED_ID = "survivor", "exact", "near", "repeated_id"
KINDS = (SURVIVOR, EXACT, NEAR, REPEATED_ID)

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
class Clusters:
    """Members of all clusters by ascending ordinal: their survivors, index into ``KINDS`` and size of the cluster."""

    document: NDArray[np.int64]
    survivor: NDArray[np.int64]
    kind: NDArray[np.uint8]
    size: NDArray[np.int32]

    def of_shards(self, first: int, count: int) -> "Clusters":
        """The members that lie in ``count`` shards from the ``first`` on."""
        low, high = np.searchsorted(self.document, [first << ROW_BITS, (first + count) << ROW_BITS])
        part = slice(int(low), int(high))
        return Clusters(self.document[part], self.survivor[part], self.kind[part], self.size[part])

    def dropped_rows(self, shard: int) -> NDArray[np.int64]:
        """Rows of one shard whose documents go, ascending."""
        part = self.of_shards(shard, 1)
        rows: NDArray[np.int64] = part.document[part.kind != KINDS.index(SURVIVOR)] & _ROW_MASK
        return rows


def join_pairs(pairs: Dataset, signatures: Sequence[str], same_id: int) -> Clusters:
    """Clusters of documents that pairs connect; ``same_id`` is the band of pairs that share an id.

    The longest document of a cluster survives, then the one whose id hashes lowest. Pairs are read twice, a bucket at a
    time: memory is one bucket of them and some 90 bytes for each document that is in a cluster at all.
    """
    members = np.zeros(0, np.int64)
    for left, right, _ in _read_pairs(pairs):
        members = np.union1d(members, np.concatenate([left, right]))
    root = np.arange(len(members))
    repeated = np.zeros(len(members), bool)
    for left, right, band in _read_pairs(pairs):
        first, second = np.searchsorted(members, left), np.searchsorted(members, right)
        _join(first, second, root)
        repeated[np.concatenate([first[band == same_id], second[band == same_id]])] = True
    _flatten(root)
    return _decide(members, root, repeated, signatures)


def _decide(
    members: NDArray[np.int64], root: NDArray[np.int64], repeated: NDArray[np.bool_], signatures: Sequence[str]
) -> Clusters:
    characters, key, content = (_column(signatures, name, members) for name in ("characters", "key", "content"))
    order = np.lexsort((members, key, -characters.astype(np.int64), root))
    starts = np.flatnonzero(np.diff(root[order], prepend=-1))
    sizes = np.diff(np.append(starts, len(members)))
    position, size = np.empty(len(members), np.int64), np.empty(len(members), np.int32)
    position[order] = np.repeat(order[starts], sizes)
    size[order] = np.repeat(sizes, sizes)
    same = content == content[position]
    kind = np.where(same, KINDS.index(EXACT), KINDS.index(NEAR)).astype(np.uint8)
    kind[repeated & (key == key[position]) & ~same] = KINDS.index(REPEATED_ID)
    kind[position == np.arange(len(members))] = KINDS.index(SURVIVOR)
    return Clusters(members, members[position], kind, size)


def describe_members(clusters: Clusters, first: int, paths: Sequence[Path]) -> pa.RecordBatch:
    """DUPLICATES rows of ``clusters``, of one source whose first shard is ``first`` among all ``paths``."""
    columns = [
        pa.array(((clusters.document >> ROW_BITS) - first).astype(np.int32)),
        pa.array((clusters.document & _ROW_MASK).astype(np.int32)),
        identifiers(paths, clusters.document),
        pa.array(KINDS).take(pa.array(clusters.kind)),
        identifiers(paths, clusters.survivor),
        pa.array(clusters.size),
    ]
    return pa.record_batch(columns, DUPLICATES)


def dropped_rows(copies: Dataset) -> dict[int, NDArray[np.int64]]:
    """Rows of the copies that go, by shard."""
    found: dict[int, list[NDArray[np.int64]]] = {}
    for batch in copies.batches("duplicates"):
        shards, rows = batch["shard"].to_numpy(), batch["row"].to_numpy().astype(np.int64)
        goes = pc.not_equal(batch["kind"], SURVIVOR).to_numpy(zero_copy_only=False)
        for shard in np.unique(shards):
            found.setdefault(int(shard), []).append(rows[goes & (shards == shard)])
    return {shard: np.concatenate(parts) for shard, parts in found.items()}


def identifiers(paths: Sequence[Path], documents: NDArray[np.int64]) -> pa.Array:
    """Ids of documents, from the shards that they lie in."""
    found: list[pa.Array] = [pa.array([], pa.string())]
    places: list[NDArray[np.int64]] = [np.zeros(0, np.int64)]
    for shard, at in _by_shard(documents):
        ids = pa.chunked_array([batch["id"] for batch in read_batches(paths[shard], ["id"])], pa.string())
        found += ids.take(pa.array(documents[at] & _ROW_MASK)).chunks
        places.append(at)
    back = np.empty(len(documents), np.int64)
    back[np.concatenate(places)] = np.arange(len(documents))
    return pa.concat_arrays(found).take(pa.array(back))


def load_signatures(files: Sequence[str], documents: NDArray[np.int64]) -> NDArray[np.uint32]:
    """Signatures (rows x hashes) of documents; one file is memory-mapped at a time, so that no more than it is held."""
    rows = documents & _ROW_MASK
    out: NDArray[np.uint32] | None = None
    for shard, at in _by_shard(documents):
        at = at[np.argsort(rows[at], kind="stable")]  # noqa: PLW2901
        starts = _batch_starts(files[shard])
        edges = np.searchsorted(rows[at], starts)
        with map_shard(files[shard]) as reader:
            for index in np.flatnonzero(np.diff(edges)):
                matrix = signature_matrix(reader.get_batch(int(index))["signature"])
                if out is None:
                    out = np.empty((len(documents), matrix.shape[1]), np.uint32)
                here = at[edges[index] : edges[index + 1]]
                out[here] = matrix[rows[here] - starts[index]]
    return out if out is not None else np.zeros((0, 1), np.uint32)


def signature_matrix(column: pa.BinaryArray) -> NDArray[np.uint32]:
    """The column ``signature`` as rows x hashes."""
    _, data = string_buffers(column)
    return data.view(np.uint32).reshape(len(column), -1)


@cache
def _batch_starts(path: str) -> NDArray[np.int64]:
    """The first row of each batch of a file, and the number of rows."""
    return np.cumsum([0, *(batch.num_rows for batch in read_batches(path, ["key"]))])


def _column(files: Sequence[str], name: str, documents: NDArray[np.int64]) -> NDArray[np.uint64]:
    out = np.zeros(len(documents), np.uint64)
    for shard, at in _by_shard(documents):
        column = pa.chunked_array([batch[name] for batch in read_batches(files[shard], [name])])
        out[at] = column.to_numpy()[documents[at] & _ROW_MASK]
    return out


def _by_shard(documents: NDArray[np.int64]) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """Each shard with the places in ``documents`` of its documents."""
    shards = documents >> ROW_BITS
    order = np.argsort(shards, kind="stable")
    for places in np.split(order, np.flatnonzero(np.diff(shards[order])) + 1):
        if len(places):
            yield int(shards[places[0]]), places


def _read_pairs(pairs: Dataset) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.uint8]]]:
    for path in pairs.files("pairs"):
        batches = list(read_batches(path))
        if batches:
            table = pa.Table.from_batches(batches)
            yield table["left"].to_numpy(), table["right"].to_numpy(), table["band"].to_numpy()


@inner_kernel
def _join(left: Any, right: Any, root: Any) -> None:
    """Union-find with the lowest member of a cluster as its root; roots of others may lie a few steps away."""
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


@inner_kernel
def _flatten(root: Any) -> None:
    """Afterwards ``root[i]`` is the lowest member of the cluster of ``i``."""
    for member in range(len(root)):
        root[member] = root[root[member]]
