"""Sentence boundaries against gold, and speed, beside a regular expression and, where it is installed, Kiwi.

Boundary F1, precision and recall count the boundaries inside the texts and ignore white space; newlines are kept.
Speed is megabytes of UTF-8 per second of processor time, the median of the runs after the first. The gold files are
for measuring only: no rule was made from them.

    python -m benchmarks.split_sentences [path of the data folder]
"""

import gzip
import importlib.util
import json
import re
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa

from benchmarks.clean_text import corpora, median_seconds, sample_of
from benchmarks.machine import machine_name
from pipelines.text.sentences import split_sentences

Splitter = Callable[[list[str]], list[list[str]]]


def by_rules(texts: list[str]) -> list[list[str]]:
    sentences: list[list[str]] = split_sentences(pa.array(texts)).to_pylist()
    return sentences


def by_kiwi(texts: list[str]) -> list[list[str]]:
    sentences: list[list[str]] = split_sentences(pa.array(texts), backend="kiwi").to_pylist()
    return sentences


def by_expression(texts: list[str]) -> list[list[str]]:
    """End mark and white space, or a newline."""
    return [re.split(r"(?<=[.!?])(?=\s)|(?<=\n)", text) for text in texts]


def gold_sets(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """Documents with their text and the spans of their sentences, by name."""
    sets: dict[str, list[dict[str, Any]]] = {}
    for path in sorted(folder.glob("ko_sentsplit_kiwi_kss/jsonl/*.jsonl")):
        sets[f"ko {path.stem}"] = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    sets["ko all"] = [document for documents in sets.values() for document in documents]
    with gzip.open(folder / "en_ud_ewt" / "gold_sentences_devtest.jsonl.gz", "rt", encoding="utf-8") as lines:
        sets["en ud_ewt dev+test"] = [json.loads(line) for line in lines]
    return sets


def scores(documents: list[dict[str, Any]], split: Splitter) -> tuple[float, float, float]:
    """Boundary F1, precision and recall."""
    right = found = expected = 0
    for document, sentences in zip(documents, split([document["text"] for document in documents]), strict=True):
        text = document["text"]
        before = [0]
        for character in text:
            before.append(before[-1] + (not character.isspace()))
        gold = {before[stop] for _, stop in document["spans"]}
        got: set[int] = set()
        position = 0
        for sentence in sentences:
            position += len(sentence)
            got.add(before[position])
        gold, got = gold - {0, before[-1]}, got - {0, before[-1]}
        right, found, expected = right + len(gold & got), found + len(got), expected + len(gold)
    return 2 * right / (found + expected), right / found, right / expected


def main(folder: Path) -> None:
    print(machine_name())
    splitters: dict[str, Splitter] = {"rules": by_rules, "expression": by_expression}
    if importlib.util.find_spec("kiwipiepy"):
        splitters["kiwi"] = by_kiwi
    sets = gold_sets(folder)
    print(f"\n{'boundaries: F1 (precision, recall)':22}" + "".join(f"{name:>24}" for name in splitters))
    for name, documents in sets.items():
        cells = ["{:.3f} ({:.3f}, {:.3f})".format(*scores(documents, split)) for split in splitters.values()]
        print(f"{name:34}" + "".join(f"{cell:>24}" for cell in cells))
    print(f"\n{'MB/s':34}" + "".join(f"{name:>24}" for name in splitters))
    for name, texts in corpora(folder).items():
        array = pa.array(texts, pa.large_string())
        megabytes = sum(len(text.encode()) for text in texts) / 1e6
        cells = [f"{megabytes / median_seconds(partial(split_sentences, array)):.1f}"]
        sample = sample_of(texts)[:400] if name.startswith("ko") else sample_of(texts)
        for split in list(splitters.values())[1:]:
            seconds = median_seconds(partial(split, sample), 1)
            cells.append(f"{sum(len(text.encode()) for text in sample) / 1e6 / seconds:.2f}")
        print(f"{name:34}" + "".join(f"{cell:>24}" for cell in cells))


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/data"))
