"""The data contract: what stands in the columns of each dataset."""

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa


def _required(name: str, kind: pa.DataType) -> pa.Field:
    return pa.field(name, kind, nullable=False)


def _strings(name: str) -> pa.Field:
    return _required(name, pa.list_(_required("item", pa.string())))


_IDENTITY = [_required("id", pa.string()), _required("source", pa.string()), _required("lang", pa.string())]

DOCUMENT = pa.schema([*_IDENTITY, _required("text", pa.string()), _required("meta", pa.string())])
SENTENCES = pa.schema([*_IDENTITY, _strings("sentences"), _required("meta", pa.string())])

# One row per input document. ``position`` is a byte offset or a row number within ``file``.
LEDGER = pa.schema(
    [
        _required("id", pa.string()),
        _required("file", pa.string()),
        _required("position", pa.int64()),
        _required("fate", pa.string()),
        _required("rule", pa.string()),
        _required("value", pa.float64()),
        _required("threshold", pa.float64()),
    ]
)


def measures_schema(names: Sequence[str]) -> pa.Schema:
    """One row per row of the ledger, in its order: language and counts; "" and zeros for what nobody measured."""
    return pa.schema([_required("lang", pa.string()), *(_required(name, pa.uint32()) for name in names)])


KEPT, DROPPED, QUARANTINED = "kept", "dropped", "quarantined"

# Ranges of bytes of a document's text that are to go, and why; by row and start, none within another.
CUTS = pa.schema(
    [
        _required("row", pa.int32()),
        _required("start", pa.int32()),
        _required("stop", pa.int32()),
        _required("reason", pa.string()),
        _required("id", pa.string()),
    ]
)

COUNTS = pa.schema([_required("key", pa.string()), _required("count", pa.int64())])


def example_schema(vocabulary_size: int) -> pa.Schema:
    """Pre-training examples; token ids take two bytes where the vocabulary fits into them."""
    token = pa.uint16() if vocabulary_size <= 1 << 16 else pa.uint32()
    return pa.schema(
        [
            _required("input_ids", pa.list_(_required("item", token))),
            _required("segment_b", pa.int32()),
            _required("label", pa.int8()),
            _required("document_a", pa.uint64()),
            _required("document_b", pa.uint64()),
        ]
    )


def nested(counts: Mapping[str, int]) -> dict[str, Any]:
    """Counts as metrics: ``a/b`` becomes ``b`` within ``a``; keys sorted."""
    tree: dict[str, Any] = {}
    for key, count in sorted(counts.items()):
        *groups, name = key.split("/")
        node = tree
        for group in groups:
            node = node.setdefault(group, {})
        node[name] = count
    return tree


def counts_batch(counts: Mapping[str, int]) -> pa.RecordBatch:
    """Counts as one batch, keys sorted."""
    keys = sorted(counts)
    return pa.record_batch([pa.array(keys, pa.string()), pa.array([counts[key] for key in keys], pa.int64())], COUNTS)
