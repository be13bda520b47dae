"""Copies dropped, what dedup and decontaminate say cut, canaries planted, personal data replaced.

Canaries are what the audit later asks the model about. They are planted before the scrub, to show that it removes them,
or after it, to show that the audit would notice if it did not.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from types import MappingProxyType
from typing import ClassVar, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipelines.clusters import dropped_rows
from pipelines.core.arrow import read_batches
from pipelines.core.dataset import Dataset
from pipelines.core.errors import MalmoiError
from pipelines.core.keys import document_keys
from pipelines.core.manifest import Manifest
from pipelines.core.schemas import COUNTS, CUTS, DOCUMENT, counts_batch
from pipelines.core.tasks import Task
from pipelines.privacy.by_name import KnownNames
from pipelines.privacy.canaries import Canary, place, plant
from pipelines.privacy.detect import scrub_or_give_up
from pipelines.privacy.escapes import with_escapes, without_escapes
from pipelines.privacy.names import READING
from pipelines.privacy.options import ScrubOptions
from pipelines.privacy.replacing import Replacement
from pipelines.public_names import read_found, rows_between
from pipelines.text.lines import cut_lines

_CUT_INPUTS = 2
UNFINISHED = "quarantined/unfinished_detector: "
"""Counts of documents in which a detector could not finish, by the reason: what is personal in them is not known, so
they go."""
Plant = Literal["before_scrub", "after_scrub", "none"]


@dataclass(frozen=True)
class Scrub:
    """Documents of a shard without its copies (``extra["drop"]``: rows) and without personal data.

    The further inputs of a task hold ranges to cut, by dedup and by decontaminate, and, where names were looked for,
    where they stand; a document that the cuts leave empty goes too. ``extra["plant"]`` lists canaries as [row,
    sentence, number], ``extra["public"]`` the keys of names that stay.
    """

    options: ScrubOptions
    plant: Plant
    key: str = ""
    """Fingerprint of the key of the surrogates: with another key the results are others."""
    schemas: ClassVar[Mapping[str, pa.Schema]] = {"documents": DOCUMENT, "counts": COUNTS}

    def __call__(self, task: Task) -> Iterator[tuple[str, pa.RecordBatch]]:
        drop = np.array(task.extra["drop"], np.int64)
        replacement = Replacement.by(self.options.replacement)
        if replacement.fingerprint != self.key:
            raise MalmoiError("a worker has another key of the surrogates; give all workers the same MALMOI_SCRUB_KEY")
        canaries: list[tuple[int, str, str]] = task.extra["plant"]
        public = np.array(task.extra["public"], np.uint64)
        counts: Counter[str] = Counter({"canaries_planted": len(canaries), "canaries_surviving": 0})
        documents, *ranges = task.inputs
        tables = [pa.Table.from_batches(read_batches(part.path), CUTS) for part in ranges[:_CUT_INPUTS]]
        cuts = _union(pa.concat_tables([CUTS.empty_table(), *tables]))
        found = [read_found(part.path) for part in ranges[_CUT_INPUTS:]]
        first = 0
        for batch in read_batches(documents.path):
            cut = self._cut(batch["text"], cuts, first, counts)
            here = [(row - first, sentence, number) for row, sentence, number in canaries]
            here = [entry for entry in here if 0 <= entry[0] < batch.num_rows]
            known = None
            if found:
                known = KnownNames(
                    np.ones(batch.num_rows, bool),
                    _moved(
                        rows_between(found[0], first, first + batch.num_rows), first, _rows(cuts, first, batch.num_rows)
                    ),
                )
                known.rows[drop[(drop >= first) & (drop < first + batch.num_rows)] - first] = False
                if self.plant == "before_scrub":
                    known.rows[[row for row, _, _ in here]] = False
            texts, reasons, told = self._scrub(cut, batch["lang"], here, public, replacement, known, counts)
            kinds = self.options.kinds
            meta = scrub_or_give_up(without_escapes(batch["meta"]), "other", kinds, public, replacement)
            counts.update({f"replaced_in_meta/{kind}": count for kind, count in meta.counts.items()})
            reasons = {**meta.unfinished, **reasons}
            failed = np.zeros(batch.num_rows, bool)
            failed[list(reasons)] = True
            told = {**meta.dropped, **told}
            empty = pc.or_(pc.equal(pc.binary_length(texts), 0), pc.utf8_is_space(texts))
            keep = ~empty.to_numpy(zero_copy_only=False)
            counts["emptied"] += int((~keep & ~failed).sum())
            keep &= ~failed
            dropped = drop[(drop >= first) & (drop < first + batch.num_rows)] - first
            keep[dropped] = False
            first += batch.num_rows
            counts["duplicates"] += len(dropped)
            failed[dropped] = False
            counts.update(f"{UNFINISHED}{reason}" for row, reason in reasons.items() if failed[row])
            counts.update(f"dropped/{kind}" for row, kind in told.items() if keep[row])
            keep[list(told)] = False
            counts["documents"] += int(keep.sum())
            changed = texts is not cut and pc.sum(pc.and_(pc.not_equal(texts, cut), pa.array(keep))).as_py()
            counts["documents_changed"] += changed or 0
            columns = [batch["id"], batch["source"], batch["lang"], texts, with_escapes(meta.texts)]
            yield "documents", pa.record_batch(columns, DOCUMENT).filter(pa.array(keep))
        yield "counts", counts_batch(counts)

    def _cut(self, texts: pa.StringArray, cuts: pa.Table, first: int, counts: Counter[str]) -> pa.StringArray:
        """``texts``, the rows of the shard from ``first`` on, without what goes."""
        here = _rows(cuts, first, len(texts))
        if not here.num_rows:
            return texts
        for entry in pc.value_counts(here["reason"]).to_pylist():
            counts[f"cut/{entry['values']}"] += entry["counts"]
        row, start, stop = (here[name].to_numpy() for name in ("row", "start", "stop"))
        left = cut_lines(texts, row - np.int32(first), start, stop)
        counts["characters_cut"] += pc.sum(pc.utf8_length(texts)).as_py() - pc.sum(pc.utf8_length(left)).as_py()
        return left

    def _scrub(
        self,
        texts: pa.StringArray,
        languages: pa.StringArray,
        canaries: Sequence[tuple[int, str, str]],
        public: NDArray[np.uint64],
        replacement: Replacement,
        known: KnownNames | None,
        counts: Counter[str],
    ) -> tuple[pa.StringArray, dict[int, str], dict[int, str]]:
        """Texts without personal data, rows that a detector could not finish and why, and rows that go for a kind."""
        failed: dict[int, str] = {}
        dropped: dict[int, str] = {}
        if self.plant == "before_scrub":
            texts = _planted(texts, canaries)
        present = sorted(pc.unique(languages).to_pylist())
        for language in present:
            rows = np.flatnonzero(pc.equal(languages, language).to_numpy(zero_copy_only=False))
            some = texts.take(pa.array(rows)) if len(present) > 1 else texts
            own = known and _of_rows(known, rows)
            found = scrub_or_give_up(some, language, self.options.kinds, public, replacement, own)
            counts.update({f"replaced/{kind}": count for kind, count in found.counts.items()})
            failed |= {int(rows[row]): reason for row, reason in found.unfinished.items()}
            dropped |= {int(rows[row]): kind for row, kind in found.dropped.items()}
            if len(present) == 1:
                texts = found.texts
            elif found.counts or found.unfinished:
                texts = pc.replace_with_mask(texts, _mask(rows, len(texts)), found.texts)
        if self.plant == "after_scrub":
            texts = _planted(texts, canaries)
        counts["canaries_surviving"] += sum(number in texts[row].as_py() for row, _, number in canaries)
        return texts, failed, dropped


def scrub_tasks(
    sources: Mapping[str, Dataset],
    copies: Mapping[str, Dataset],
    contaminated: Dataset,
    public: Mapping[int, NDArray[np.uint64]],
    canaries: Sequence[Canary],
    found: Mapping[str, Dataset] = MappingProxyType({}),
) -> dict[str, list[Task]]:
    """By source, one task per shard: which rows are copies, what is cut, which names stay, and which canaries it hosts.

    ``contaminated`` has a shard of cuts for each shard of all ``sources``, in their order, by which ``public`` counts
    them too; ``found`` has where names stand, by source. A task knows the public names of its own text alone, so that
    another name changes no other task. Hosts are chosen among the surviving documents of all ``sources``, so each copy
    of a canary is planted once.
    """
    drop = {key: dropped_rows(data) for key, data in copies.items()}
    hosts = _hosts(sources, drop, canaries) if canaries else {}
    items = contaminated.tasks("cuts")
    tasks: dict[str, list[Task]] = {key: [] for key in sources}
    ordinal = count()
    for key, data in sources.items():
        own = data.tasks("documents")
        places = found[key].tasks("found") if key in found else ()
        each = zip(own, copies[key].tasks("cuts"), items[: len(own)], strict=True)
        items = items[len(own) :]
        for shard, (task, cut, item) in enumerate(each):
            rows = drop[key].get(shard, np.zeros(0, np.int64)).tolist()
            hosted = hosts.get((key, shard), {})
            planted = [[row, canary.sentence, canary.number] for row, canary in sorted(hosted.items())]
            inputs = (*task.inputs, *cut.inputs, *item.inputs, *(places[shard].inputs if places else ()))
            staying = public.get(next(ordinal), np.zeros(0, np.uint64)).tolist()
            tasks[key].append(Task(task.name, inputs, {"drop": rows, "plant": planted, "public": staying}))
    return tasks


def _hosts(
    sources: Mapping[str, Dataset], drop: Mapping[str, Mapping[int, NDArray[np.int64]]], canaries: Sequence[Canary]
) -> dict[tuple[str, int], dict[int, Canary]]:
    """For each source and shard the canary that a row hosts."""
    keys: list[NDArray[np.uint64]] = [np.zeros(0, np.uint64)]
    languages: list[pa.Array] = [pa.array([], pa.string())]
    shards: list[tuple[tuple[str, int], NDArray[np.int64], NDArray[np.uint64]]] = []
    for source, data in sources.items():
        for shard, path in enumerate(data.files("documents")):
            table = pa.Table.from_batches(read_batches(path, ["id", "lang"]))
            keep = np.ones(table.num_rows, bool)
            keep[drop[source].get(shard, np.zeros(0, np.int64))] = False
            hashed = document_keys(table["id"])[keep]
            keys.append(hashed)
            languages += table["lang"].filter(pa.array(keep)).chunks
            shards.append(((source, shard), np.flatnonzero(keep), hashed))
    placed = place(canaries, np.concatenate(keys), pa.chunked_array(languages))
    # isin would sort the documents of every shard, which are many, to find the few that are wanted.
    wanted = np.append(np.sort(np.array(list(placed), np.uint64)), np.uint64(2**64 - 1))
    return {
        name: {
            int(rows[at]): placed[int(hashed[at])]
            for at in np.flatnonzero(wanted[np.searchsorted(wanted[:-1], hashed)] == hashed)
            if int(hashed[at]) in placed
        }
        for name, rows, hashed in shards
    }


def _union(cuts: pa.Table) -> pa.Table:
    """Ranges by row and start without those within another; ranges are lines or whole documents, so none overlap."""
    row, start, stop = (cuts[name].to_numpy().astype(np.int64) for name in ("row", "start", "stop"))
    order = np.lexsort((-stop, start, row))
    reached = (row[order] << 32) + stop[order]
    outer = np.ones(len(order), bool)
    outer[1:] = reached[1:] > np.maximum.accumulate(reached)[:-1]
    return cuts.take(pa.array(order[outer])).combine_chunks()


def _rows(cuts: pa.Table, first: int, count: int) -> pa.Table:
    """Those of ``cuts`` that are in ``count`` rows from ``first`` on."""
    low, high = np.searchsorted(cuts["row"].to_numpy(), [first, first + count])
    return cuts.slice(low, high - low)


def _moved(places: NDArray[np.int64], first: int, cuts: pa.Table) -> NDArray[np.int64]:
    """Where ``places`` (see `FOUND`), whose rows count from ``first`` on, stand once whole lines are cut."""
    row, start, stop = (cuts[name].to_numpy().astype(np.int64) for name in ("row", "start", "stop"))
    row -= first
    before = np.searchsorted((row << 32) + start, (places[:, 0] << 32) + places[:, 1], "right")
    same = np.append(-1, row)[before] == places[:, 0]
    left = ~same | (np.append(0, stop)[before] <= places[:, 1])
    # With a line goes the newline behind it; behind the one that ends a text nothing stands.
    gone = np.append(0, np.cumsum(stop - start + 1))
    shift = gone[before] - gone[np.searchsorted(row, places[:, 0])]
    places[:, 1:READING] -= shift[:, np.newaxis]
    moved: NDArray[np.int64] = places[left]
    return moved


def _of_rows(known: KnownNames, rows: NDArray[np.int64]) -> KnownNames:
    """What is known of some rows, ascending, with rows counted among these."""
    places = known.places[np.isin(known.places[:, 0], rows)]
    places[:, 0] = np.searchsorted(rows, places[:, 0])
    return KnownNames(known.rows[rows], places)


def _planted(texts: pa.StringArray, canaries: Sequence[tuple[int, str, str]]) -> pa.StringArray:
    for row, sentence, _ in canaries:
        texts = plant(texts, row, sentence)
    return texts


def _mask(rows: NDArray[np.int64], length: int) -> pa.BooleanArray:
    mask = np.zeros(length, bool)
    mask[rows] = True
    return pa.array(mask)


def check_finished(manifests: Mapping[str, Manifest], budget: float) -> None:
    """Raises MalmoiError where a detector could not finish more than the share ``budget`` of a source's documents."""
    for source, manifest in manifests.items():
        reasons = {name: count for name, count in manifest.counts.items() if name.startswith(UNFINISHED)}
        lost, kept = sum(reasons.values()), manifest.counts.get("documents", 0)
        if lost > budget * (lost + kept):
            told = "; ".join(f"{name.removeprefix(UNFINISHED)}: {count:,}" for name, count in sorted(reasons.items()))
            raise MalmoiError(
                f"{source}: a detector of personal data could not finish {lost:,} of {lost + kept:,} documents "
                f"({told}), over clean.error_budget ({budget:.1%}); mend the kind, or leave it out of scrub.kinds"
            )
