"""Encoded documents of one bucket, as numpy arrays, to the record batches of their training examples."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.core.arrow import list_array, list_buffers
from pipelines.core.distinct import distinct
from pipelines.core.kernel import inner_kernel
from pipelines.text import pairs

_TOKENS_PER_BATCH = 1 << 18


class Documents(NamedTuple):
    """The documents of a bucket as they arrived: tokens end to end, ends of documents, lengths of sentences.

    ``sources`` are indices into ``source_names``, which are sorted.
    """

    keys: NDArray[np.uint64]
    sources: NDArray[np.int64]
    source_names: list[str]
    tokens: NDArray[Any]
    token_offsets: NDArray[np.int64]
    lengths: NDArray[np.int32]
    sentence_offsets: NDArray[np.int64]


def look_up(tokens: NDArray[Any], table: NDArray[Any]) -> NDArray[Any]:
    """``table[tokens]``, without the eight bytes for each token that numpy takes."""
    found = np.empty_like(tokens)
    _look_up(tokens, table, found)
    return found


def read_documents(batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> Documents:
    """Columns ``key``, ``source``, ``tokens`` and ``lengths`` (of sentences, in tokens) as arrays.

    Holds the columns once, and one batch beside them.
    """
    keys, sources = [np.zeros(0, np.uint64)], [pa.array([], pa.string()).dictionary_encode()]
    tokens, lengths = (_Joined(schema.field(name).type.value_type) for name in ("tokens", "lengths"))
    for batch in batches:
        keys.append(batch["key"].to_numpy().copy())
        sources.append(batch["source"].dictionary_encode())
        tokens.append(batch["tokens"])
        lengths.append(batch["lengths"])
        del batch  # not held while the next one is read
    names = sorted({name for some in sources for name in some.dictionary.to_pylist()})
    codes = [np.array([names.index(name) for name in some.dictionary.to_pylist()], np.int64) for some in sources]
    return Documents(
        keys=np.concatenate(keys),
        sources=np.concatenate([own[some.indices.to_numpy()] for own, some in zip(codes, sources, strict=True)]),
        source_names=names,
        tokens=tokens.values,
        token_offsets=np.concatenate(tokens.offsets),
        lengths=lengths.values,
        sentence_offsets=np.concatenate(lengths.offsets),
    )


def count_tokens(documents: Documents, token: int) -> NDArray[np.int64]:
    """How often each document has a token."""
    counts = np.zeros(len(documents.keys), np.int64)
    _count_tokens(documents.tokens, documents.token_offsets, token, counts)
    return counts


def arrange(
    documents: Documents,
    rows: NDArray[np.int64],
    order: NDArray[np.uint64],
    objective: int,
    max_length: int,
    by_source: bool,
) -> pairs.Pieces:
    """The documents ``rows`` in an order that does not depend on their arrival, and where random sides may come from.

    ``order`` is a hash of each document of the bucket. With ``by_source`` a random side is of the same source, wherever
    that has another document.
    """
    limit = max_length - pairs.SPECIAL_TOKENS
    size = (limit + 1) // 2  # two pieces of a cut sentence fill an example
    if objective == pairs.PLAIN:
        limit = size = limit + 1
    counts = np.empty(len(order), np.int64)
    pairs.count_pieces(documents.sentence_offsets, documents.lengths, limit, size, counts)
    # A document of one piece is in no true pair, so it must not be in random ones either: it stands outside the pools.
    keys = (_tie_breakers(documents), order, documents.sources, counts < 2)
    rows = rows[np.lexsort([key[rows] for key in keys])]
    counts = counts[rows]
    offsets = np.concatenate([[0], np.cumsum(counts)])
    starts, lengths = np.empty(offsets[-1], np.int64), np.empty(offsets[-1], np.int32)
    pairs.cut_pieces(
        rows, documents.token_offsets, documents.sentence_offsets, documents.lengths, limit, size, starts, lengths
    )
    pool_starts, pool_stops = _pools(documents.sources[rows], counts > 1, by_source)
    return pairs.Pieces(
        documents.tokens, documents.keys[rows], offsets, starts, lengths, offsets[pool_starts], offsets[pool_stops]
    )


def plan(
    pieces: pairs.Pieces, objective: int, max_length: int, short: np.uint64, seed: np.uint64, copies: int
) -> NDArray[Any]:
    """All examples of so many passes over the documents, as rows of ``pairs.PLAN``."""
    plans = []
    for copy in range(copies):
        rows = np.empty(len(pieces.starts), pairs.PLAN)
        count = pairs.plan_examples(pieces, pairs.Choices(objective, max_length, short, seed, copy), rows)
        plans.append(rows[:count])
    return plans[0] if copies == 1 else np.concatenate(plans)


def example_lengths(rows: NDArray[Any]) -> NDArray[np.int64]:
    """Tokens of each planned example, special tokens included."""
    lengths = np.empty(len(rows), np.int64)
    pairs.example_lengths(rows, lengths)
    return lengths


def write(
    rows: NDArray[Any], pieces: pairs.Pieces, classify: int, separate: int, schema: pa.Schema
) -> Iterator[pa.RecordBatch]:
    """Planned examples as batches of ``schema`` (EXAMPLE), in the order of their hashes."""
    lengths = example_lengths(rows)
    order = np.argsort(rows["order"], kind="stable")
    ends = np.cumsum(lengths[order])
    start = 0
    while start < len(order):
        done = int(ends[start - 1]) if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, done + _TOKENS_PER_BATCH, "right")))
        part = rows[order[start:stop]]
        offsets = np.concatenate([[0], ends[start:stop] - done])
        input_ids = np.empty(offsets[-1], pieces.tokens.dtype)
        segment_b = np.empty(len(part), np.int32)
        pairs.write_examples(part, pieces.tokens, classify, separate, offsets, input_ids, segment_b)
        columns = [
            list_array(offsets, pa.array(input_ids)).cast(schema.field("input_ids").type),
            pa.array(segment_b),
            pa.array(np.ascontiguousarray(part["label"])),
            pa.array(pieces.keys[part["document_a"]]),
            pa.array(pieces.keys[part["document_b"]]),
        ]
        yield pa.RecordBatch.from_arrays(columns, schema=schema)
        start = stop


class _Joined:
    """Lists end to end, copied out of their batches; int64, since a bucket may hold more than one list array can."""

    def __init__(self, kind: pa.DataType) -> None:
        self.values: NDArray[Any] = np.zeros(0, str(kind))
        self.offsets = [np.zeros(1, np.int64)]

    def append(self, lists: pa.ListArray) -> None:
        if not len(lists):
            return
        ends, items = list_buffers(lists)
        used = len(self.values)
        self.values.resize(used + len(items), refcheck=False)  # most often the system moves no byte for that
        self.values[used:] = items
        self.offsets.append(ends[1:] + used)


def _tie_breakers(documents: Documents) -> NDArray[np.uint64]:
    """What orders documents of one id: their content, so that their order of arrival does not count."""
    hashes = np.zeros(len(documents.keys), np.uint64)
    if len(distinct(documents.keys)) < len(documents.keys):
        data = documents.tokens.view(np.uint8)
        byte_offsets = documents.token_offsets * documents.tokens.itemsize
        pairs.hash_documents(data, byte_offsets, documents.lengths, documents.sentence_offsets, hashes)
    return hashes


def _pools(
    sources: NDArray[np.int64], paired: NDArray[np.bool_], by_source: bool
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First and last + 1 document that a random side may come from, for each; paired ones come first, by source.

    Where a source has no other document, the pool is the whole corpus.
    """
    starts, stops = np.zeros(len(sources), np.int64), np.zeros(len(sources), np.int64)
    own = sources[paired]
    stops[paired] = len(own)
    if by_source:
        first, last = np.searchsorted(own, own, "left"), np.searchsorted(own, own, "right")
        several = np.flatnonzero(last - first > 1)
        starts[several], stops[several] = first[several], last[several]
    return starts, stops


@inner_kernel
def _look_up(tokens: Any, table: Any, found: Any) -> None:
    for index in range(len(tokens)):
        found[index] = table[tokens[index]]


@inner_kernel
def _count_tokens(tokens: Any, offsets: Any, token: Any, counts: Any) -> None:
    for row in range(len(counts)):
        for place in range(offsets[row], offsets[row + 1]):
            counts[row] += tokens[place] == token
