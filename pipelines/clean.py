"""Raw records to clean documents: decoded, normalised, in a wanted language and of a quality worth learning from."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipelines.core.dataset import Dataset
from pipelines.core.errors import MalmoiError
from pipelines.core.schemas import COUNTS, DOCUMENT, DROPPED, KEPT, LEDGER, QUARANTINED, counts_batch
from pipelines.core.tasks import Task
from pipelines.options import CleanOptions
from pipelines.sources.options import FORMATS, ReadLimits, SourceOptions
from pipelines.sources.reading import read_documents
from pipelines.sources.records import DROPPED_RULES, MISSING_TEXT_FIELD
from pipelines.text.language import identify
from pipelines.text.markup import strip_markup_counted
from pipelines.text.normalisation import normalise_counted
from pipelines.text.quality import Profile, judge, load_profile, measure

# A compressed file cannot be cut into tasks; its documents are, for the stages that come after.
SHARD_BYTES = 32 << 20
_LANGUAGE_RULE = "language_is_"


@dataclass(frozen=True)
class Clean:
    """Documents that are kept, and one ledger row for every record that was read.

    ``libraries`` are the versions of those that read the source: with another one the result is another.
    """

    key: str
    source: SourceOptions
    limits: ReadLimits
    profiles: Mapping[str, Profile]
    libraries: Mapping[str, str]
    schemas: ClassVar[Mapping[str, pa.Schema]] = {"documents": DOCUMENT, "ledger": LEDGER, "counts": COUNTS}

    def __call__(self, task: Task) -> Iterator[tuple[str, pa.RecordBatch]]:
        counts: Counter[str] = Counter()
        skipped: Counter[str] = Counter()
        for records in read_documents(task, self.source, self.key, self.limits, skipped):
            yield from self._clean(records, counts)
        counts.update({f"skipped/{kind}": count for kind, count in skipped.items()})
        yield "counts", counts_batch(counts)

    def _clean(self, records: pa.RecordBatch, counts: Counter[str]) -> Iterator[tuple[str, pa.RecordBatch]]:
        counts["documents"] += records.num_rows
        readable = pc.equal(records["error"], "")
        unread = records.filter(pc.invert(readable))
        zeroes = np.zeros(unread.num_rows)
        dropped = pc.is_in(unread["error"], pa.array(DROPPED_RULES))
        yield "ledger", _ledger(unread, pc.if_else(dropped, DROPPED, QUARANTINED), unread["error"], zeroes, zeroes)
        _count(counts, "dropped", unread["error"].filter(dropped))
        _count(counts, "quarantined", unread["error"].filter(pc.invert(dropped)))
        records = records.filter(readable)
        texts = self._normalise(records["text"], counts)
        counts["bytes"] += pc.sum(pc.binary_length(records["text"])).as_py() or 0
        languages, rule, value, threshold = self._judge(texts)
        kept = pc.equal(rule, "")
        _count(counts, "dropped", rule.filter(pc.invert(kept)))
        _count(counts, "languages", languages.filter(kept))
        counts["kept"] += pc.sum(kept).as_py() or 0
        yield "ledger", _ledger(records, pc.if_else(kept, KEPT, DROPPED), rule, value, threshold)
        source = pa.repeat(self.key, records.num_rows)
        documents = pa.record_batch([records["id"], source, languages, texts, records["meta"]], DOCUMENT)
        yield "documents", documents.filter(kept)

    def _normalise(self, texts: pa.StringArray, counts: Counter[str]) -> pa.StringArray:
        normal, first = normalise_counted(texts)
        plain, stripped, markup = strip_markup_counted(normal)
        again, _ = normalise_counted(plain, stripped)
        for group, changes in (("normalised", first), ("markup", markup)):
            counts.update({f"{group}/{name}": count for name, count in changes.items()})
        return again

    def _judge(
        self, texts: pa.StringArray
    ) -> tuple[pa.StringArray, pa.StringArray, NDArray[np.float64], NDArray[np.float64]]:
        """Language of each text, the first rule that it fails ("": none), the value seen and the threshold."""
        languages, value = identify(texts)
        wanted = set(self.profiles) if self.source.lang == "auto" else {self.source.lang} & set(self.profiles)
        rule = np.array([_LANGUAGE_RULE + language for language in languages.to_pylist()], object)
        threshold = np.zeros(len(texts))
        for language in wanted:
            rows = np.flatnonzero(pc.equal(languages, language).to_numpy(zero_copy_only=False))
            measures = measure(texts.take(pa.array(rows)), self.profiles[language])
            _, failed, value[rows], threshold[rows] = judge(measures, self.profiles[language])
            rule[rows] = failed.to_pylist()
        return languages, pa.array(rule, pa.string()), value, threshold


def clean_function(key: str, source: SourceOptions, options: CleanOptions) -> Clean:
    """The map function of one source; raises MalmoiError where a quality profile is missing or malformed."""
    profiles = {language: load_profile(name) for language, name in options.profiles.items()}
    limits = ReadLimits(max_document_bytes=options.max_document_bytes, page_seconds=options.page_seconds)
    libraries = {name: version(name) for name in FORMATS[source.format].libraries}
    return Clean(key, source, limits, profiles, libraries)


def check_budget(cleaned: Dataset, budget: float) -> None:
    """Raises MalmoiError where a larger share of the records than ``budget`` could not be read."""
    counts, group = cleaned.manifest.counts, f"{QUARANTINED}/"
    unread = {key.removeprefix(group): count for key, count in counts.items() if key.startswith(group)}
    share = sum(unread.values()) / max(1, counts.get("documents", 0))
    if share > budget:
        first = _first_of_each_rule(cleaned)
        raise MalmoiError(
            f"{sum(unread.values()):,} of {counts['documents']:,} records could not be read ({share:.1%}), over "
            f"clean.error_budget ({budget:.1%}); mend them or raise the budget\n"
            + "".join(f"  {rule}: {count:,}, the first at {first[rule]}\n" for rule, count in sorted(unread.items()))
            + f"  the others: the rows of {cleaned.folder / 'ledger'} whose fate is {QUARANTINED}"
        )


def _first_of_each_rule(cleaned: Dataset) -> dict[str, str]:
    """File and position (byte or row) of the first record that each rule kept from being read."""
    first: dict[str, str] = {}
    for batch in cleaned.batches("ledger"):
        unread = batch.filter(pc.equal(batch["fate"], QUARANTINED)).select(["rule", "file", "position"])
        for row in unread.to_pylist():
            hint = "; does `text` of this source name the right field?" if row["rule"] == MISSING_TEXT_FIELD else ""
            first.setdefault(row["rule"], f"position {row['position']} of {row['file']}{hint}")
    return first


def _ledger(
    records: pa.RecordBatch, fate: pa.Array, rule: pa.Array, value: NDArray[np.float64], threshold: NDArray[np.float64]
) -> pa.RecordBatch:
    columns = [records["id"], records["file"], records["position"], fate, rule, pa.array(value), pa.array(threshold)]
    return pa.record_batch(columns, LEDGER)


def _count(counts: Counter[str], group: str, values: pa.StringArray) -> None:
    for entry in pc.value_counts(values).to_pylist():
        counts[f"{group}/{entry['values']}"] += entry["counts"]
