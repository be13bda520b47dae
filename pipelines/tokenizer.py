"""Words counted over all sources, and a vocabulary trained from the counts."""

import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from tokenizers import decoders

from pipelines.core.arrow import list_buffers, read_batches, string_buffers
from pipelines.core.dataset import Dataset, all_tasks
from pipelines.core.errors import MalmoiError
from pipelines.core.files import anew
from pipelines.core.fingerprint import digest, file_digest
from pipelines.core.keys import hash_array
from pipelines.core.manifest import Manifest, Shard, write_json
from pipelines.core.schemas import COUNTS, counts_batch
from pipelines.core.tasks import Task
from pipelines.core.verbs import Job, run_regroup
from pipelines.options import TokenizerOptions
from pipelines.text.cutting import Family, spaces_forward
from pipelines.text.encoder import Encoder, TokenizerFile, read_tokenizer
from pipelines.text.smoothing import smooth_counts
from pipelines.text.tokenizer_file import keep_tokenizer, save_tokenizer
from pipelines.text.tokenizer_metrics import TokenizerMeasure
from pipelines.text.vocabulary import Vocabulary, train
from pipelines.text.words import WordCounter, merge_counts, order_of_beginnings

_BUCKET_SEED = 2
_HELD_OUT_SEED = 3
_BUCKET_BYTES = 256 << 20  # of input, as Arrow files
_SAMPLE_SENTENCES = 5
_ROWS_AT_ONCE = 256  # of which a few are nearly always enough
UNKNOWN = "[UNK]"


@dataclass(frozen=True)
class CountWords:
    """Distinct words of all tasks with their counts by language; a bucket holds all that it has of a word, in order.

    Documents that ``held_out`` chooses are left out.
    """

    buckets: int
    family: Family
    lowercase: bool
    split_digits: bool
    placeholders: tuple[str, ...]
    held_out_share: float
    shuffle_schema: ClassVar[pa.Schema] = pa.schema(
        [
            pa.field("word", pa.string(), nullable=False),
            pa.field("lang", pa.string(), nullable=False),
            pa.field("count", pa.int64(), nullable=False),
        ]
    )
    schemas: ClassVar[Mapping[str, pa.Schema]] = {"words": shuffle_schema, "counts": COUNTS}

    def scatter(self, task: Task) -> Iterator[tuple[NDArray[np.int64], pa.RecordBatch]]:
        counters: dict[str, WordCounter] = {}
        for batch in read_batches(task.inputs[0].path):
            counted = batch.filter(pa.array(~held_out(batch["id"], self.held_out_share)))
            for language, documents in by_language(counted):
                sentence_offsets, sentences = list_buffers(documents["sentences"])
                offsets, data = string_buffers(sentences)
                counter = counters.setdefault(language, self._counter())
                counter.add(spaces_forward(sentence_offsets, offsets, data), data)
        for language, counter in sorted(counters.items()):
            words, counts = counter.result()
            buckets = (hash_array(words, _BUCKET_SEED) % np.uint64(self.buckets)).astype(np.int64)
            languages = pa.repeat(language, len(words))
            yield buckets, pa.record_batch([words, languages, pa.array(counts)], self.shuffle_schema)

    def _counter(self) -> WordCounter:
        return WordCounter(
            family=self.family,
            lowercase=self.lowercase,
            split_digits=self.split_digits,
            placeholders=self.placeholders,
        )

    def gather(self, bucket: int, parts: Iterator[tuple[int, pa.RecordBatch]]) -> Iterator[tuple[str, pa.RecordBatch]]:
        table = pa.Table.from_batches([batch for _, batch in parts], self.shuffle_schema)
        merged = merge_counts(table["word"], _language_numbers(table), table["count"].to_numpy())
        chosen = table.select(["word", "lang"]).take(pa.array(merged.rows))
        for batch in chosen.append_column("count", pa.array(merged.counts)).cast(self.shuffle_schema).to_batches():
            yield "words", batch
        yield "counts", counts_batch({"distinct_words": merged.words, "words": int(merged.counts.sum())})


def build_tokenizer(
    sources: Mapping[str, Dataset],
    options: TokenizerOptions,
    placeholders: Sequence[str],
    folder: Path,
    job: Job,
    held_out_share: float = 0.0,
) -> dict[str, Any]:
    """Count, train and save a tokenizer, or save the one given, to ``folder``; returns what is worth knowing about it.

    ``held_out_share`` of the documents, chosen by their ids, is not trained on.
    Raises MalmoiError where no source has a word left, or where its characters do not fit the vocabulary.
    """
    counts: Mapping[str, int] = {}
    with anew(folder) as made:
        if options.given is None:
            table, counts = _counted(sources, options, placeholders, job, held_out_share)
            if not table.num_rows:
                raise _nothing_left(sources)
            vocabulary = _trained(table, options, placeholders)
            save_tokenizer(vocabulary, options, made, placeholders)
            size = len(vocabulary.tokens)
        else:
            if not sum(data.manifest.rows("documents") for data in sources.values()):
                raise _nothing_left(sources)
            size = keep_tokenizer(Path(options.given), options, made, placeholders)
            shutil.rmtree(job.work / job.name, ignore_errors=True)  # words of texts that may be gone by now
        measured, sample = measure(sources, made / "tokenizer.json")
        write_json(made / "sample.json", sample)
        files = sorted(made.iterdir())
        digests = [file_digest(path) for path in files]
        shards = [Shard(f.name, 0, f.stat().st_size, each, each) for f, each in zip(files, digests, strict=True)]
        Manifest({"tokenizer": tuple(shards)}, {}, digest(options), counts).write(made)
    return {"vocabulary": size, **counts, "languages": measured}


def _counted(
    sources: Mapping[str, Dataset], options: TokenizerOptions, placeholders: Sequence[str], job: Job, held_out: float
) -> tuple[pa.Table, Mapping[str, int]]:
    """Words with their counts by language, and how many there are."""
    corpus = [shard for data in sources.values() for shard in data.manifest.outputs["documents"]]
    function = CountWords(
        buckets=_buckets(corpus),
        family=options.family,
        lowercase=options.lowercase,
        split_digits=options.split_digits,
        placeholders=tuple(placeholders),
        held_out_share=held_out,
    )
    counted = job.work / job.name / "words"
    manifest = run_regroup(function, all_tasks(sources, "documents"), counted, job)
    words = pa.Table.from_batches(list(Dataset.open(counted).batches("words")), CountWords.shuffle_schema)
    return words, manifest.counts


def _nothing_left(sources: Iterable[str]) -> MalmoiError:
    return MalmoiError(
        f"no document is left of {', '.join(sources)}: clean dropped every one; its metrics say by which rules, "
        "its ledger which document by which"
    )


def _trained(table: pa.Table, options: TokenizerOptions, placeholders: Sequence[str]) -> Vocabulary:
    """A vocabulary from words with their counts by language."""
    smoothed = smooth_counts(table["count"].to_numpy(), _language_numbers(table), options.language_exponent)
    merged = merge_counts(table["word"], np.zeros_like(smoothed), smoothed)
    words = table["word"].take(pa.array(merged.rows))
    order = order_of_beginnings(words)
    return train(words.take(pa.array(order)), merged.counts[order], options, placeholders)


def _language_numbers(table: pa.Table) -> NDArray[np.int64]:
    return np.asarray(pc.index_in(table["lang"], pc.unique(table["lang"]).sort()), np.int64)


def held_out(ids: pa.Array, share: float) -> NDArray[np.bool_]:
    """Whether each document, by its id, is among the ``share`` (below 1) that is kept for measuring."""
    return hash_array(ids, _HELD_OUT_SEED) < np.uint64(share * 2.0**64)


def by_language(batch: pa.RecordBatch) -> Iterator[tuple[str, pa.RecordBatch]]:
    """The rows of each language."""
    for language in pc.unique(batch["lang"]).to_pylist():
        yield language, batch.filter(pc.equal(batch["lang"], language))


def measure(sources: Mapping[str, Dataset], tokenizer: Path) -> tuple[dict[str, Any], dict[str, list[list[str]]]]:
    """By language what ``TokenizerMeasure`` tells; and tokenised sentences to look at.

    Of the first batch of every source. Sentences shown hold no digit and no placeholder.
    """
    encoder, file = Encoder(tokenizer), read_tokenizer(tokenizer)
    names = _names(file)
    measures: dict[str, TokenizerMeasure] = {}
    sample: dict[str, list[list[str]]] = {}
    for data in sources.values():
        for batch in islice(data.batches("documents"), 1):
            for language, rows in by_language(batch):
                documents = rows["sentences"]
                measured = measures.setdefault(language, TokenizerMeasure(encoder, file.ids[UNKNOWN]))
                encoded = measured.add(documents)
                shown = sample.setdefault(language, [])
                longer = (row for row in _plain_rows(documents.flatten()) if len(encoded[row]) > 3)
                for row in islice(longer, _SAMPLE_SENTENCES - len(shown)):
                    shown.append([names[index] for index in encoded[row].as_py()])
    return {language: each.figures() for language, each in sorted(measures.items())}, sample


def _plain_rows(sentences: pa.StringArray) -> Iterator[int]:
    """Rows of the sentences without a digit or a placeholder."""
    for start in range(0, len(sentences), _ROWS_AT_ONCE):
        marked = pc.match_substring_regex(sentences.slice(start, _ROWS_AT_ONCE), r"\d|\[[A-Z_]+\]")
        yield from (start + np.flatnonzero(~marked.to_numpy(zero_copy_only=False))).tolist()


def _names(file: TokenizerFile) -> dict[int, str]:
    """How each token is shown: as in the file, but byte-level tokens as text where they are whole characters."""
    decoder = decoders.ByteLevel()
    names = {}
    for token, index in file.ids.items():
        text = decoder.decode([token]) if file.family == "bpe" and token not in file.added else "\ufffd"
        names[index] = token if "\ufffd" in text else text
    return names


def _buckets(shards: Sequence[Shard]) -> int:
    return max(1, -(-sum(shard.bytes for shard in shards) // _BUCKET_BYTES))
