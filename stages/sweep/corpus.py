"""The part of the corpus that a sweep reads: whole documents, deduplicated and cut, with nothing scrubbed yet."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipelines.clusters import dropped_rows
from pipelines.core.arrow import read_batches
from pipelines.core.dataset import Dataset
from pipelines.core.keys import document_keys
from pipelines.core.machine import Machine
from pipelines.core.tasks import Task
from pipelines.core.verbs import Job, run_map_by_source
from pipelines.privacy.options import ScrubOptions
from pipelines.public_names import public_by_shard
from pipelines.scrub import Scrub, scrub_tasks
from stages.audit.options import SweepOptions

Rows = Mapping[str, Mapping[int, NDArray[np.int64]]]
"""Rows, ascending, by source and shard."""


@dataclass(frozen=True)
class Corpus:
    """Tasks for ``Scrub``, one per shard, by source; ``keys`` (documents,) and ``languages`` of all their documents."""

    tasks: Mapping[str, tuple[Task, ...]]
    keys: NDArray[np.uint64]
    languages: pa.ChunkedArray
    bytes: int


def read_corpus(data: Path, sources: tuple[str, ...], options: SweepOptions, work: Path, machine: Machine) -> Corpus:
    """Documents of the data half below ``data``, written to ``work``: so much text as ``options`` say.

    Those whose ids hash lowest: a larger corpus holds a smaller one. Raises MalmoiError where the data half has not
    been built.
    """
    cleaned, copies = ({key: Dataset.open(data / name / key) for key in sources} for name in ("clean", "dedup"))
    public = public_by_shard(Dataset.open(data / "names" / "public"))
    drop = {key: dropped_rows(found) for key, found in copies.items()}
    chosen = _choose(cleaned, drop, options)
    tasks: dict[str, list[Task]] = {}
    staying: dict[str, list[list[int]]] = {}
    for key, own in scrub_tasks(cleaned, copies, Dataset.open(data / "decontaminate"), public, ()).items():
        kept = [(task, chosen[key][shard]) for shard, task in enumerate(own) if shard in chosen[key]]
        tasks[key] = [_without_others(task, rows) for task, rows in kept]
        staying[key] = [task.extra["public"] for task, _ in kept]
    nothing = Scrub(ScrubOptions(kinds=(), replacement={"default": "placeholder"}), "none")
    run_map_by_source(nothing, tasks, work / "corpus", Job("sweep/corpus", work.parent, machine))
    return _open(work / "corpus", staying)


def _choose(cleaned: Mapping[str, Dataset], drop: Rows, options: SweepOptions) -> Rows:
    """Rows of the documents with the lowest keys, neither copies nor too long, up to so many bytes of their text."""
    names: list[tuple[str, int]] = []
    parts: list[tuple[NDArray[np.uint64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]] = []
    for key, data in cleaned.items():
        for shard, path in enumerate(data.files("documents")):
            ids, lengths = [pa.array([], pa.string())], [np.zeros(0, np.int64)]
            for batch in read_batches(path):
                ids.append(batch["id"])
                lengths.append(pc.binary_length(batch["text"]).to_numpy().astype(np.int64))
            keep = np.concatenate(lengths) <= options.document_bytes
            keep[drop[key].get(shard, np.zeros(0, np.int64))] = False
            rows = np.flatnonzero(keep)
            parts.append(
                (
                    document_keys(pa.concat_arrays(ids))[rows],
                    np.concatenate(lengths)[rows],
                    rows,
                    np.full(len(rows), len(names)),
                )
            )
            names.append((key, shard))
    keys, lengths_, rows_, shards = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.argsort(keys, kind="stable")
    order = order[np.cumsum(lengths_[order]) <= options.bytes]
    chosen: dict[str, dict[int, NDArray[np.int64]]] = {key: {} for key in cleaned}
    for at in np.unique(shards[order]):
        key, shard = names[at]
        chosen[key][shard] = np.sort(rows_[order][shards[order] == at])
    return chosen


def _without_others(task: Task, rows: NDArray[np.int64]) -> Task:
    """``task``, of whose shard nothing is left but ``rows``."""
    count = sum(batch.num_rows for batch in read_batches(task.inputs[0].path))
    others = np.setdiff1d(np.arange(count), rows)
    return replace(task, extra={**task.extra, "drop": others.tolist()})


def _open(folder: Path, staying: Mapping[str, list[list[int]]]) -> Corpus:
    tasks: dict[str, tuple[Task, ...]] = {}
    keys, languages, size = [np.zeros(0, np.uint64)], [pa.array([], pa.string())], 0
    for source, public in staying.items():
        data = Dataset.open(folder / source)
        tasks[source] = tuple(
            replace(task, extra={"drop": [], "plant": [], "public": names})
            for task, names in zip(data.tasks("documents"), public, strict=True)
        )
        for batch in data.batches("documents"):
            keys.append(document_keys(batch["id"]))
            languages.append(batch["lang"])
            size += pc.sum(pc.binary_length(batch["text"])).as_py() or 0
    return Corpus(tasks, np.concatenate(keys), pa.chunked_array(languages), size)
