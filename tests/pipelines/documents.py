"""Datasets of documents for tests, written by hand."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipelines.core.arrow import ShardWriter
from pipelines.core.dataset import Dataset
from pipelines.core.manifest import Manifest, Shard
from pipelines.core.schemas import DOCUMENT
from pipelines.core.work import describe


def write_dataset(
    folder: Path, shards: Sequence[Sequence[dict[str, Any]]], schema: pa.Schema = DOCUMENT, output: str = "documents"
) -> Dataset:
    """A dataset with these rows; columns that a row leaves out are filled in for documents."""
    return write_outputs(folder, {output: (schema, shards)})


def write_outputs(folder: Path, outputs: Mapping[str, tuple[pa.Schema, Sequence[Sequence[dict[str, Any]]]]]) -> Dataset:
    """A dataset of several outputs, each with its schema and the rows of its shards."""
    described: dict[str, tuple[Shard, ...]] = {}
    for output, (schema, shards) in outputs.items():
        for index, rows in enumerate(shards):
            path = folder / output / f"{index:05d}.arrow"
            filled = [{"source": folder.name, "lang": "ko", "meta": "{}", **row} for row in rows]
            with ShardWriter(path, schema) as writer:
                writer.write(pa.RecordBatch.from_pylist(filled, schema))
            shard = replace(describe(writer), file=f"{output}/{path.name}")
            described[output] = (*described.get(output, ()), shard)
    Manifest(described, {}, "", {}).write(folder)
    return Dataset.open(folder)


def rows_of(dataset: Dataset, output: str = "documents") -> list[dict[str, Any]]:
    return [row for batch in dataset.batches(output) for row in batch.to_pylist()]
