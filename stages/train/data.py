"""Memory-mapped example shards with random access by example number."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.core.arrow import list_buffers, read_batches
from pipelines.core.errors import MalmoiError

_COUNTED_TOKENS = 1 << 27


class Examples(NamedTuple):
    """Some examples: their tokens one after the other, then one value per example."""

    tokens: NDArray[np.uint32]
    lengths: NDArray[np.int64]
    segment_b: NDArray[np.int64]
    labels: NDArray[np.int64]


@dataclass(frozen=True)
class _Shard:
    """One Arrow file: all its bytes seen as tokens, and where the tokens of each example stand among them."""

    tokens: NDArray[Any]
    begin: NDArray[np.int64]
    lengths: NDArray[np.int32]
    segment_b: NDArray[np.int32]
    labels: NDArray[np.int8]


class ExampleShards:
    """All examples of a folder of Arrow files, numbered through in file order.

    Token ids stay in the page cache; beside them 17 bytes per example are held in memory. Raises MalmoiError where
    the folder holds no example or a file is not an example shard.
    """

    def __init__(self, folder: Path) -> None:
        self._files = sorted(folder.glob("*.arrow"))
        self._shards = [_open(file) for file in self._files]
        self._first = np.cumsum([0, *(len(shard.lengths) for shard in self._shards)])
        if not len(self):
            raise MalmoiError(f"{folder}: no examples; the corpus or its held-out share is too small")

    def __len__(self) -> int:
        return int(self._first[-1])

    @property
    def longest(self) -> int:
        """Tokens of the longest example."""
        return max(int(shard.lengths.max(initial=0)) for shard in self._shards)

    @property
    def tokens(self) -> int:
        """Tokens of all examples."""
        return sum(int(shard.lengths.sum()) for shard in self._shards)

    def lengths(self, examples: NDArray[np.int64]) -> NDArray[np.int64]:
        """Number of tokens of each example."""
        lengths = np.empty(len(examples), np.int64)
        for shard, places, rows in self._by_shard(examples):
            lengths[places] = shard.lengths[rows]
        return lengths

    def gather(self, examples: NDArray[np.int64]) -> Examples:
        """The examples in the order given."""
        lengths = self.lengths(examples)
        starts = np.cumsum(lengths) - lengths
        tokens = np.empty(int(lengths.sum()), np.uint32)
        segment_b, labels = np.empty(len(examples), np.int64), np.empty(len(examples), np.int64)
        for shard, places, rows in self._by_shard(examples):
            size = lengths[places]
            within = np.arange(size.sum()) - np.repeat(np.cumsum(size) - size, size)
            tokens[np.repeat(starts[places], size) + within] = shard.tokens[np.repeat(shard.begin[rows], size) + within]
            segment_b[places] = shard.segment_b[rows]
            labels[places] = shard.labels[rows]
        return Examples(tokens, lengths, segment_b, labels)

    def token_counts(self, size: int) -> NDArray[np.int64]:
        """How often each token id below ``size`` occurs in (about) the first 134 million tokens."""
        counts, counted = np.zeros(size, np.int64), 0
        for file in self._files:
            for batch in read_batches(file):
                tokens = list_buffers(batch.column("input_ids"))[1].to_numpy()
                if len(tokens) and tokens.max() >= size:
                    raise MalmoiError(f"{file}: token id {tokens.max()}, but the tokenizer has {size:,} tokens")
                counts += np.bincount(tokens, minlength=size)
                counted += len(tokens)
                if counted >= _COUNTED_TOKENS:
                    return counts
        return counts

    def label_counts(self) -> NDArray[np.int64]:
        """Number of examples with label 0 and with label 1."""
        counts = np.zeros(2, np.int64)
        for shard in self._shards:
            counts += np.bincount(shard.labels + 1, minlength=3)[1:]
        return counts

    def _by_shard(self, examples: NDArray[np.int64]) -> Iterator[tuple[_Shard, NDArray[np.int64], NDArray[np.int64]]]:
        number = np.searchsorted(self._first, examples, side="right") - 1
        for index in np.unique(number):
            places = np.flatnonzero(number == index)
            yield self._shards[index], places, examples[places] - self._first[index]


def _open(file: Path) -> _Shard:
    try:
        whole = pa.memory_map(str(file)).read_buffer()
        reader = pa.ipc.open_file(whole)
        batches = [reader.get_batch(index) for index in range(reader.num_record_batches)]
        token_type = reader.schema.field("input_ids").type.value_type.to_pandas_dtype()
        places = [_places(batch.column("input_ids"), whole.address) for batch in batches]
        segment_b = [batch.column("segment_b").to_numpy() for batch in batches]
        labels = [batch.column("label").to_numpy() for batch in batches]
    except (pa.ArrowInvalid, OSError, KeyError) as error:
        raise MalmoiError(f"{file}: not an example shard ({str(error).splitlines()[0]}); run dvc repro again") from None
    width = np.dtype(token_type).itemsize
    return _Shard(
        tokens=np.frombuffer(whole, token_type, whole.size // width),
        begin=_joined([begin for begin, _ in places], np.int64),
        lengths=_joined([lengths for _, lengths in places], np.int32),
        segment_b=_joined(segment_b, np.int32),
        labels=_joined(labels, np.int8),
    )


def _joined(parts: list[NDArray[Any]], kind: type) -> NDArray[Any]:
    return np.concatenate([np.zeros(0, kind), *parts])


def _places(column: pa.ListArray, address: int) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    offsets, values = list_buffers(column)
    buffer = values.buffers()[1]
    width = values.type.bit_width // 8
    base = 0 if buffer is None else (buffer.address - address) // width + values.offset
    return offsets[:-1] + base, np.diff(offsets).astype(np.int32)
