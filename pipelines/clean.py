"""Raw records to clean documents: decoded, normalised, in a wanted language and of a quality worth learning from."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipelines.core.dataset import Dataset
from pipelines.core.errors import MalmoiError
from pipelines.core.schemas import COUNTS, DOCUMENT, DROPPED, KEPT, LEDGER, QUARANTINED, counts_batch, measures_schema
from pipelines.core.tasks import Task
from pipelines.options import CleanOptions
from pipelines.sources.options import FORMATS, ReadLimits, SourceOptions
from pipelines.sources.reading import read_documents
from pipelines.sources.records import DROPPED_RULES, MISSING_TEXT_FIELD
from pipelines.text.bylines import drop_bylines
from pipelines.text.judging import Verdict, judge_documents, measure_names
from pipelines.text.markup import strip_markup_counted
from pipelines.text.mojibake import repair_mojibake
from pipelines.text.normalisation import normalise_counted
from pipelines.text.quality import Profile, load_profile
from pipelines.text.repair import repair_counted

# A compressed file cannot be cut into tasks; its documents are, for the stages that come after.
SHARD_BYTES = 32 << 20
MOJIBAKE = "mojibake"
"""The reason of records that were decoded with a wrong encoding, by somebody else, and cannot be brought back."""


@dataclass(frozen=True)
class Clean:
    """Documents that are kept, and for every record that was read one row of the ledger and one of the measures.

    ``libraries`` are the versions of those that read the source: with another one the result is another.
    """

    key: str
    source: SourceOptions
    limits: ReadLimits
    profiles: Mapping[str, Profile]
    libraries: Mapping[str, str]
    foreign_paragraphs: str
    longest_run: int

    @property
    def schemas(self) -> Mapping[str, pa.Schema]:
        measures = measures_schema(measure_names(self.profiles))
        return {"documents": DOCUMENT, "ledger": LEDGER, "measures": measures, "counts": COUNTS}

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
        yield from self._set_aside(records.filter(pc.invert(readable)), None, counts)
        records = records.filter(readable)
        texts, beyond_repair, repaired = repair_mojibake(records["text"])
        _add(counts, "mojibake", repaired)
        if beyond_repair.any():
            yield from self._set_aside(records.filter(pa.array(beyond_repair)), MOJIBAKE, counts)
            sound = pa.array(~beyond_repair)
            records, texts = records.filter(sound), texts.filter(sound)
        counts["bytes"] += pc.sum(pc.binary_length(records["text"])).as_py() or 0
        verdict = self._judge(self._repair(texts, counts), counts)
        kept = pc.equal(verdict.rule, "")
        _count(counts, "dropped", verdict.rule.filter(pc.invert(kept)))
        _count(counts, "languages", verdict.languages.filter(kept))
        counts["kept"] += pc.sum(kept).as_py() or 0
        fate = pc.if_else(kept, KEPT, DROPPED)
        yield "ledger", _ledger(records, fate, verdict.rule, verdict.value, verdict.threshold)
        yield (
            "measures",
            pa.record_batch([verdict.languages, *map(pa.array, verdict.measures.values())], self.schemas["measures"]),
        )
        source = pa.repeat(self.key, records.num_rows)
        columns = [records["id"], source, verdict.languages, verdict.texts, records["meta"]]
        yield "documents", pa.record_batch(columns, DOCUMENT).filter(kept)

    def _set_aside(
        self, records: pa.RecordBatch, rule: str | None, counts: Counter[str]
    ) -> Iterator[tuple[str, pa.RecordBatch]]:
        """Rows of the ledger, and of the measures without any, for what has no text: for ``rule``, or as it says."""
        size, schema = records.num_rows, self.schemas["measures"]
        reasons = records["error"] if rule is None else pa.repeat(rule, size)
        dropped = pc.is_in(reasons, pa.array(DROPPED_RULES))
        _count(counts, DROPPED, reasons.filter(dropped))
        _count(counts, QUARANTINED, reasons.filter(pc.invert(dropped)))
        fate = pc.if_else(dropped, DROPPED, QUARANTINED)
        yield "ledger", _ledger(records, fate, reasons, np.zeros(size), np.zeros(size))
        zeroes = pa.array(np.zeros(size, np.uint32))
        yield "measures", pa.record_batch([pa.repeat("", size), *[zeroes] * (len(schema) - 1)], schema)

    def _repair(self, texts: pa.StringArray, counts: Counter[str]) -> pa.StringArray:
        """Canonical text without markup, by-lines and runs."""
        normal, first = normalise_counted(texts)
        plain, stripped, markup = strip_markup_counted(normal)
        again, _ = normalise_counted(plain, stripped) if stripped.any() else (plain, {})
        repaired, runs = repair_counted(again, self.longest_run)
        without, lines = drop_bylines(repaired)
        for group, changes in (("normalised", first), ("markup", markup), ("repaired", runs), ("newsroom", lines)):
            _add(counts, group, changes)
        return without

    def _judge(self, texts: pa.StringArray, counts: Counter[str]) -> Verdict:
        accepted = set(self.profiles) if self.source.lang == "auto" else {self.source.lang} & set(self.profiles)
        verdict = judge_documents(texts, self.profiles, accepted, self.foreign_paragraphs == "keep")
        counts.update(verdict.counts)
        return verdict


def clean_function(key: str, source: SourceOptions, options: CleanOptions) -> Clean:
    """The map function of one source; raises MalmoiError where a quality profile is missing or malformed."""
    limits = ReadLimits(max_document_bytes=options.max_document_bytes, page_seconds=options.page_seconds)
    libraries = {name: version(name) for name in FORMATS[source.format].libraries}
    profiles = load_profiles(options.profiles)
    return Clean(key, source, limits, profiles, libraries, options.foreign_paragraphs, options.longest_run)


def load_profiles(names: Mapping[str, str]) -> dict[str, Profile]:
    """The quality profile of each language; raises MalmoiError where one is missing, malformed or for another one."""
    profiles = {language: load_profile(name) for language, name in names.items()}
    for language, profile in profiles.items():
        if profile.language != language:
            raise MalmoiError(
                f"clean.profiles.{language}: {names[language]} is a profile for {profile.language!r}, not {language!r}"
            )
    return profiles


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


def _add(counts: Counter[str], group: str, changes: Mapping[str, int]) -> None:
    counts.update({f"{group}/{name}": count for name, count in changes.items()})


def _count(counts: Counter[str], group: str, values: pa.StringArray) -> None:
    for entry in pc.value_counts(values).to_pylist():
        counts[f"{group}/{entry['values']}"] += entry["counts"]
