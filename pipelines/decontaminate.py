"""Items of evaluation tasks that stand in the corpus: found in every document, reported, and cut out.

The n-grams of all items are the side input of a *map* over the documents. A document contaminates an item when it holds
a large enough share of the n-grams of one of its texts: the rule of PaLM (Chowdhery et al. 2022), on letters without
spaces as GPT-4 (OpenAI 2023) compares them. Published lengths (13 words of GPT-3, 50 letters of GPT-4) miss most Korean
items, which are shorter than that as a whole.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipelines.clusters import dropped_rows
from pipelines.core.arrow import ShardWriter, read_batches, string_buffers
from pipelines.core.dataset import Dataset
from pipelines.core.fingerprint import file_digest
from pipelines.core.schemas import COUNTS, CUTS, counts_batch
from pipelines.core.tasks import FileRange, Task
from pipelines.core.verbs import Job, run_map
from pipelines.options import DecontaminateOptions
from pipelines.text.language import by_language, identify
from pipelines.text.ngrams import Matches, NgramIndex, Ranges, Search, index_ngrams

CONTAMINATED = "contaminated"
_ROUNDING = 1e-9  # .7 times 10 is a little more than 7

# A text of an item: ``record`` is its place in the file of its split, ``column`` the option of the task that names it.
ITEMS = pa.schema(
    [
        pa.field("task", pa.string(), nullable=False),
        pa.field("split", pa.string(), nullable=False),
        pa.field("record", pa.int32(), nullable=False),
        pa.field("column", pa.string(), nullable=False),
        pa.field("text", pa.string(), nullable=False),
    ]
)
_ITEM = ["task", "split", "record"]
_NAMES = [*_ITEM, "column"]

MATCHES = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        *(ITEMS.field(name) for name in _NAMES),
        pa.field("found", pa.int32(), nullable=False),
        pa.field("ngrams", pa.int32(), nullable=False),
    ]
)


@dataclass(frozen=True)
class Decontaminate:
    """Which items the documents of a shard hold, and what goes; the second input of a task holds all items.

    Rows of ``extra["drop"]`` go anyway and do not count. ``extra["source"]`` is the source of the shard.
    """

    options: DecontaminateOptions
    schemas: ClassVar[Mapping[str, pa.Schema]] = {"matches": MATCHES, "cuts": CUTS, "counts": COUNTS}

    def __call__(self, task: Task) -> Iterator[tuple[str, pa.RecordBatch]]:
        side = task.inputs[1]
        items, index = _side_input(side.path, side.digest, tuple(self.options.ngram.items()))
        search = Search(index, np.maximum(1, np.ceil(index.ngrams * self.options.share - _ROUNDING)).astype(np.int64))
        dropped = np.array(task.extra["drop"], np.int64)
        first = documents = contaminated = 0
        for batch in read_batches(task.inputs[0].path):
            kept = np.ones(batch.num_rows, bool)
            kept[dropped[(dropped >= first) & (dropped < first + batch.num_rows)] - first] = False
            found = search.find(batch["text"])
            counted = kept[found.row]
            found = Matches(*(column[counted] for column in found))
            yield "matches", _matches_batch(batch, items, found, index.ngrams)
            yield "cuts", _cuts_batch(batch["id"], self._ranges(batch["text"], search, found), first)
            first += batch.num_rows
            documents += int(kept.sum())
            contaminated += len(np.unique(found.row))
        source = task.extra["source"]
        yield "counts", counts_batch({f"{source}/documents": documents, f"{source}/{CONTAMINATED}": contaminated})

    def _ranges(self, texts: pa.StringArray, search: Search, found: Matches) -> Ranges:
        if self.options.action == "cut":
            return search.lines(texts, found)
        rows = np.unique(found.row) if self.options.action == "drop" else np.zeros(0, np.int32)
        return Ranges(rows, np.zeros_like(rows), np.diff(string_buffers(texts)[0])[rows].astype(np.int32))


def decontaminate(
    sources: Mapping[str, Dataset],
    copies: Mapping[str, Dataset],
    items: pa.Table,
    options: DecontaminateOptions,
    folder: Path,
    job: Job,
) -> Dataset:
    """Write ``folder``: a shard of matches and one of cuts for each shard of all ``sources``, in their order.

    ``items`` has the columns of ITEMS. The index of their n-grams is held by every process, some 50 bytes per letter.
    """
    path = job.work / job.name / "items.arrow"
    with ShardWriter(path, ITEMS) as writer:
        for batch in items.to_batches():
            writer.write(batch)
    side = FileRange(str(path), file_digest(path))
    tasks = []
    for source, data in sources.items():
        drop = dropped_rows(copies[source])
        for shard, task in enumerate(data.tasks("documents")):
            rows = drop.get(shard, np.zeros(0, np.int64)).tolist()
            tasks.append(Task(f"{source}/{task.name}", (*task.inputs, side), {"source": source, "drop": rows}))
    run_map(Decontaminate(options), tasks, folder, job)
    return Dataset.open(folder)


def contaminated_items(written: Dataset) -> pa.Table:
    """Each contaminated text of an item and source: how many of its documents hold it, and the largest share found.

    Columns: those of ITEMS but the text, then source, documents and share; sorted.
    """
    table = pa.Table.from_batches(written.batches("matches"), MATCHES)
    share = pc.round(pc.divide(table["found"].cast(pa.float64()), table["ngrams"].cast(pa.float64())), 4)
    keys = [*_NAMES, "source"]
    found = table.append_column("share", share).group_by(keys).aggregate([("id", "count"), ("share", "max")])
    found = found.select([*keys, "id_count", "share_max"]).rename_columns([*keys, "documents", "share"])
    return found.sort_by([(key, "ascending") for key in keys])


def count_items(items: pa.Table, found: pa.Table, options: DecontaminateOptions) -> dict[str, int]:
    """By task and split: items, those with no text that is long enough to tell, those that ``found`` names."""
    ngrams = pa.array(_index(items, options.ngram).ngrams)
    one = items.append_column("ngrams", ngrams).group_by(_ITEM).aggregate([("ngrams", "max")])
    short = one.filter(pc.equal(one["ngrams_max"], 0))
    tables = {"items": one, "too_short": short, CONTAMINATED: found.group_by(_ITEM).aggregate([])}
    splits = one.group_by(["task", "split"]).aggregate([]).to_pylist()
    counts = {f"{each['task']}/{each['split']}/{name}": 0 for each in splits for name in tables}
    for name, table in tables.items():
        for each in table.group_by(["task", "split"]).aggregate([("record", "count")]).to_pylist():
            counts[f"{each['task']}/{each['split']}/{name}"] = each["record_count"]
    return counts


@lru_cache(maxsize=1)
def _side_input(path: str, _digest: str, ngram: tuple[tuple[str, int], ...]) -> tuple[pa.Table, NgramIndex]:
    """Items without their texts, and the index of these."""
    items = pa.Table.from_batches(read_batches(path), ITEMS)
    return items.select(_NAMES).combine_chunks(), _index(items, dict(ngram))


def _index(items: pa.Table, ngram: Mapping[str, int]) -> NgramIndex:
    """The n-grams of each text are as long as is said for the language that it is in."""
    texts = items["text"].combine_chunks()
    return index_ngrams(texts, by_language(identify(texts)[0], ngram))


def _matches_batch(
    documents: pa.RecordBatch, items: pa.Table, found: Matches, ngrams: NDArray[np.int64]
) -> pa.RecordBatch:
    of = items.take(pa.array(found.text)).combine_chunks()
    columns = [documents[name].take(pa.array(found.row)) for name in ("id", "source")]
    columns += [pa.concat_arrays(of[name].chunks) if of.num_rows else pa.array([], of[name].type) for name in _NAMES]
    columns += [pa.array(found.found), pa.array(ngrams[found.text].astype(np.int32))]
    return pa.RecordBatch.from_arrays(columns, schema=MATCHES)


def _cuts_batch(ids: pa.StringArray, ranges: Ranges, first: int) -> pa.RecordBatch:
    columns = [
        pa.array(ranges.row + np.int32(first)),
        pa.array(ranges.start),
        pa.array(ranges.stop),
        pa.repeat(CONTAMINATED, len(ranges.row)),
        ids.take(pa.array(ranges.row)),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=CUTS)
