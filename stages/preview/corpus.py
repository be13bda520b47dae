"""What becomes of the documents of every source: how many are kept, as how much text, as how many tokens."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.core.arrow import list_buffers
from pipelines.text.encoder import Encoder
from stages.params import Params
from stages.preview.estimate import Range, total
from stages.preview.folders import Folders

_DROPPED, _QUARANTINED = "dropped/", "quarantined/"


@dataclass(frozen=True)
class Corpus:
    """One source: documents read and kept, bytes of content and of text kept, tokens, shares of documents lost."""

    documents: Range
    kept: Range
    text: Range
    kept_text: Range
    tokens: Range
    quarantined: float
    dropped: Mapping[str, float]


@dataclass(frozen=True)
class Epoch:
    """Training examples and their tokens, special ones included."""

    examples: Range
    tokens: Range


def corpora(folders: Folders) -> dict[str, Corpus]:
    """All sources by key."""
    tokens = _tokens(folders)
    return {key: _corpus(folders, key, tokens[key]) for key in folders.keys}


def epoch(folders: Folders, params: Params, sources: Mapping[str, Corpus]) -> Epoch:
    """What ``shard`` makes for training; a sample may by chance hold out more or less than its share."""

    def made(name: str) -> Range:
        def count(part: str) -> float:
            found = folders.metrics(part, "shard")
            splits = (found.get(split, {}).get(name, 0) for split in ("train", "validation"))
            train, validation = splits
            return float(train + validation * params.shard.duplicate_factor)

        return folders.grown("shard", "", count).times(1 - params.shard.validation_fraction)

    def own(part: str) -> float:
        return float(sum(source["tokens"] for source in folders.metrics(part, "shard")["sources"].values()))

    seen, expected = folders.grown("shard", "", own), total([source.tokens for source in sources.values()])
    factors = [each / max(1.0, seen.value) for each in expected]
    examples, tokens = made("examples"), made("tokens")
    return Epoch(_times(examples, factors), _times(tokens, factors))


def notes(params: Params, sources: Mapping[str, Corpus]) -> Iterator[str]:
    """What a build would run into, and what the sample does not tell."""
    yield "copies lie too far apart for a sample to show them: dedup removes more, and all after it is less"
    budget = params.clean.error_budget
    for key, corpus in sources.items():
        if corpus.quarantined > budget:
            yield (
                f"{key}: {corpus.quarantined:.1%} of the records of the sample cannot be read, over "
                f"clean.error_budget ({budget:.1%}): clean would fail"
            )
        elif not corpus.kept.value:
            yield f"{key}: no document of the sample is kept"
    audit, kept = params.audit, sum(corpus.kept.value for corpus in sources.values())
    copies = sum(audit.repeats) * audit.per_repeat
    if audit.plant != "none" and copies > kept:
        yield f"about {kept:,.0f} documents are fewer than the {copies:,} canaries to plant: scrub would fail"


def _corpus(folders: Folders, key: str, tokens: Range) -> Corpus:
    seen = sum((Counter(folders.counts("clean", key, part)) for part in folders.parts), Counter[str]())
    documents, text = max(1, seen["documents"]), float(folders.measured.samples[key].text_bytes)
    dropped = {
        name.removeprefix(_DROPPED): count / documents
        for name, count in seen.most_common()
        if name.startswith(_DROPPED)
    }
    return Corpus(
        documents=folders.scaled_count(key, lambda part: float(folders.counts("clean", key, part).get("documents", 0))),
        kept=folders.scaled_count(key, lambda part: float(folders.counts("clean", key, part).get("kept", 0))),
        text=Range(text, text, text),
        kept_text=folders.scaled(key, lambda part: float(sum(map(_text_bytes, folders.documents("clean", key, part))))),
        tokens=tokens,
        quarantined=sum(count for name, count in seen.items() if name.startswith(_QUARANTINED)) / documents,
        dropped=dropped,
    )


def _tokens(folders: Folders) -> dict[str, Range]:
    """By the tokenizer of the same part, which knows its words too well, and by that of another, which does not."""
    counted: dict[tuple[str, str, bool], float] = {}
    for index, trained in enumerate(folders.parts):
        encoder = Encoder(folders.path(trained, "tokenizer", "tokenizer.json"))
        for part in {trained, folders.parts[index - 1]}:
            for key in folders.keys:
                sentences = (list_buffers(batch["sentences"])[1] for batch in folders.documents("split", key, part))
                tokens = sum(len(list_buffers(encoder.encode(each))[1]) for each in sentences)
                counted[key, part, part == trained] = float(tokens)
    found = {}
    for key in folders.keys:
        own, other = (folders.scaled(key, lambda part, k=key, o=own: counted[k, part, o]) for own in (True, False))  # type: ignore[misc]
        found[key] = Range((own.value + other.value) / 2, min(own.low, other.low), max(own.high, other.high))
    return found


def _text_bytes(batch: pa.RecordBatch) -> int:
    return int(pc.sum(pc.binary_length(batch["text"])).as_py() or 0)


def _times(amount: Range, factors: list[float]) -> Range:
    return Range(*(each * factor for each, factor in zip(amount, factors, strict=True)))
