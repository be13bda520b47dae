"""Sentences to training examples: encoded, paired, split into training and validation, shuffled.

Scatter encodes and sends every document to the bucket of its hash; gather plans the examples of one bucket
(``pipelines.text.pairs``) and writes them in the order of their hashes. Memory is that of one bucket, and the result
does not depend on how the documents were spread over files or in which order they come.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.core.arrow import list_array, list_buffers, read_batches, string_buffers
from pipelines.core.errors import MalmoiError
from pipelines.core.fingerprint import file_digest
from pipelines.core.keys import document_keys
from pipelines.core.schemas import COUNTS, counts_batch, example_schema, nested
from pipelines.core.seeds import derive
from pipelines.core.tasks import Task
from pipelines.options import ShardOptions
from pipelines.text import pairs
from pipelines.text.cutting import spaces_forward
from pipelines.text.encoder import Encoder, read_tokenizer
from pipelines.text.examples import (
    Documents,
    arrange,
    count_tokens,
    example_lengths,
    look_up,
    plan,
    read_documents,
    write,
)

TRAIN, VALIDATION = "train", "validation"
_OBJECTIVES = {"plain": pairs.PLAIN, "nsp": pairs.NSP, "sop": pairs.SOP}
_LABELS = {pairs.NO_PAIR: "none", pairs.IN_ORDER: "in_order", pairs.OTHER: "other"}
_LENGTH_BIN = 16
_ENCODE_BYTES = 1 << 20  # sentences encoded at a time
_BUCKET_DRAW, _SPLIT_DRAW, _ORDER_DRAW = 0, 1, 2


class SpecialTokens(NamedTuple):
    """Ids of the tokens that mean something to the model wherever they stand."""

    padding: int
    unknown: int
    classify: int
    separate: int
    mask: int


@dataclass(frozen=True)
class ShardRegroup:
    """Regroup function: SENTENCES to EXAMPLE, outputs ``train`` and ``validation``; make it with ``shard_regroup``."""

    options: ShardOptions
    tokenizer: str
    tokenizer_digest: str
    vocabulary_size: int
    special: SpecialTokens
    buckets: int

    @property
    def shuffle_schema(self) -> pa.Schema:
        tokens = example_schema(self.vocabulary_size).field("input_ids").type
        lengths = pa.list_(pa.field("item", pa.int32(), nullable=False))
        return pa.schema(
            [
                pa.field("key", pa.uint64(), nullable=False),
                pa.field("source", pa.string(), nullable=False),
                pa.field("tokens", tokens, nullable=False),
                pa.field("lengths", lengths, nullable=False),
            ]
        )

    @property
    def schemas(self) -> Mapping[str, pa.Schema]:
        examples = example_schema(self.vocabulary_size)
        return {TRAIN: examples, VALIDATION: examples, "counts": COUNTS}

    @property
    def _seed(self) -> np.uint64:
        return np.uint64(derive(self.options.seed, "shard"))

    def scatter(self, task: Task) -> Iterator[tuple[NDArray[np.int64], pa.RecordBatch]]:
        """Each document's tokens and sentence lengths; sentences without a token are left out."""
        encoder = _encoder(self.tokenizer, self.tokenizer_digest)
        plain = np.arange(self.vocabulary_size, dtype=encoder.dtype)
        plain[[self.special.padding, self.special.classify, self.special.separate, self.special.mask]] = (
            self.special.unknown  # a document that spells one of them must not become one
        )
        for part in task.inputs:
            for batch in read_batches(part.path):
                for rows in _portions(batch):
                    yield self._encode(rows, encoder, plain)

    def _encode(
        self, batch: pa.RecordBatch, encoder: Encoder, plain: NDArray[Any]
    ) -> tuple[NDArray[np.int64], pa.RecordBatch]:
        keys = document_keys(batch["id"])
        sentence_offsets, sentences = list_buffers(batch["sentences"])
        text_offsets, text = string_buffers(sentences)
        text_offsets = spaces_forward(sentence_offsets, text_offsets, text)
        token_offsets, encoded = list_buffers(encoder.encode_buffers(text_offsets, text))
        tokens = look_up(encoded.to_numpy(), plain)
        lengths = np.diff(token_offsets).astype(np.int32)
        filled = lengths > 0
        kept = np.concatenate([[0], np.cumsum(filled)])
        columns = [
            pa.array(keys),
            batch["source"],
            list_array(token_offsets[sentence_offsets], pa.array(tokens)),
            list_array(kept[sentence_offsets], pa.array(lengths[filled])),
        ]
        schema = self.shuffle_schema
        arrays = [column.cast(field.type) for column, field in zip(columns, schema, strict=True)]
        draws = _draw(keys, self._seed, _BUCKET_DRAW)
        return (draws % np.uint64(self.buckets)).astype(np.int64), pa.RecordBatch.from_arrays(arrays, schema=schema)

    def gather(self, bucket: int, parts: Iterator[tuple[int, pa.RecordBatch]]) -> Iterator[tuple[str, pa.RecordBatch]]:
        """All examples of the bucket's documents, and what there is to count."""
        # A bucket is what needs most memory, and all is encoded by now.
        _encoder.cache_clear()
        pa.default_memory_pool().release_unused()
        options, schema = self.options, self.schemas[TRAIN]
        documents = read_documents(map(itemgetter(1), parts), self.shuffle_schema)
        held_out = _draw(documents.keys, self._seed, _SPLIT_DRAW) < _threshold(options.validation_fraction)
        counts = self._count_documents(documents, held_out)
        objective, short = _OBJECTIVES[options.objective], _threshold(options.short_fraction)
        order = _draw(documents.keys, self._seed, _ORDER_DRAW)
        by_source = options.negatives == "source"
        for split, chosen, copies in ((TRAIN, ~held_out, options.duplicate_factor), (VALIDATION, held_out, 1)):
            rows = np.flatnonzero(chosen)
            pieces = arrange(documents, rows, order, objective, options.max_length, by_source)
            examples = plan(pieces, objective, options.max_length, short, self._seed, copies)
            counts |= {f"{split}/{key}": count for key, count in self._count_examples(examples, pieces.keys).items()}
            for batch in write(examples, pieces, self.special.classify, self.special.separate, schema):
                yield split, batch
        yield "counts", counts_batch(counts)

    def _count_documents(self, documents: Documents, held_out: NDArray[np.bool_]) -> dict[str, int]:
        tokens = np.diff(documents.token_offsets)
        unknown = count_tokens(documents, self.special.unknown)
        empty = tokens == 0
        counts = {
            "documents/train": int((~held_out & ~empty).sum()),
            "documents/validation": int((held_out & ~empty).sum()),
            "documents/empty": int(empty.sum()),
        }
        for code, source in enumerate(documents.source_names):
            own = documents.sources == code
            counts[f"sources/{source}/documents"] = int(own.sum())
            counts[f"sources/{source}/tokens"] = int(tokens[own].sum())
            counts[f"sources/{source}/unknown"] = int(unknown[own].sum())
        return counts

    def _count_examples(self, examples: NDArray[Any], keys: NDArray[np.uint64]) -> dict[str, int]:
        lengths = example_lengths(examples)
        own = keys[examples["document_a"]] == keys[examples["document_b"]]
        negative = examples["label"] == pairs.OTHER
        counts = {
            "examples": len(examples),
            "tokens": int(lengths.sum()),
            "capacity": len(examples) * self.options.max_length,
            "truncated/examples": int((examples["truncated"] > 0).sum()),
            "truncated/tokens": int(examples["truncated"].sum()),
            "negatives/same_document": int((negative & own).sum()) if self.options.objective == "nsp" else 0,
        }
        for label, name in _LABELS.items():
            counts[f"labels/{name}"] = int((examples["label"] == label).sum())
        for bin_, count in enumerate(np.bincount((lengths - 1) // _LENGTH_BIN)):
            if count:
                counts[f"lengths/{(bin_ + 1) * _LENGTH_BIN:05d}"] = int(count)
        return counts


def shard_regroup(options: ShardOptions, tokenizer: Path, corpus_bytes: int) -> ShardRegroup:
    """The regroup function for a tokenizer.json and a corpus of so many bytes (of its Arrow files).

    The number of buckets is a power of two, so that it stays as it is when the corpus grows a little.
    """
    file = read_tokenizer(tokenizer)
    special = SpecialTokens(*(file.ids[token] for token in ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")))
    buckets = 1
    while buckets * options.shard_megabytes << 20 < corpus_bytes:
        buckets *= 2
    return ShardRegroup(options, str(tokenizer), file_digest(tokenizer), file.vocabulary_size, special, buckets)


def metrics(counts: Mapping[str, int]) -> dict[str, Any]:
    """What there is to say about the shards, from the counts of the whole job: shares, and the counts behind them."""
    tree = nested(counts)
    for source in tree.get("sources", {}).values():
        source["unknown_rate"] = _share(source["unknown"], source["tokens"])
    for split in (tree[name] for name in (TRAIN, VALIDATION) if name in tree):
        pairs_made = split["labels"]["in_order"] + split["labels"]["other"]
        split["fill"] = _share(split["tokens"], split["capacity"])
        split["label_balance"] = _share(split["labels"]["other"], pairs_made)
        split["pair_share"] = _share(pairs_made, split["examples"])
    return tree


def _share(part: int, whole: int) -> float:
    return round(part / whole, 6) if whole else 0.0


@lru_cache(maxsize=1)
def _encoder(tokenizer: str, digest: str) -> Encoder:
    """One encoder per process; ``digest`` makes a new one when the file has changed."""
    if file_digest(tokenizer) != digest:
        raise MalmoiError(f"{tokenizer}: changed while it was in use; run dvc repro again")
    return Encoder(tokenizer)


def _portions(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """Runs of rows with about ``_ENCODE_BYTES`` of text each, a longer document on its own."""
    sentence_offsets, sentences = list_buffers(batch["sentences"])
    offsets, _ = string_buffers(sentences)
    ends = offsets[sentence_offsets[1:]]
    start = 0
    while start < batch.num_rows:
        begin = ends[start - 1] if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, begin + _ENCODE_BYTES, "right")))
        yield batch.slice(start, stop - start)
        start = stop


def _draw(keys: NDArray[np.uint64], seed: np.uint64, index: int) -> NDArray[np.uint64]:
    draws = np.empty(len(keys), np.uint64)
    pairs.draw_each(keys, seed, index, draws)
    return draws


def _threshold(probability: float) -> np.uint64:
    """The draw below which something of this probability happens."""
    return np.uint64(min(int(probability * 2**64), 2**64 - 1))
