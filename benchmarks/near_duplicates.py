"""Near duplicates: copies that are found, distinct documents that are merged, and the speed of signatures.

Copies are petitions with one space in twenty dropped, or with 3 % of their words replaced by words of others. Distinct
documents are some reviews of a film each, and parts of novels. Beside it datatrove's signatures with its published
setting (word 5-grams, 14 bands of 8), on the same English text, where datatrove can be imported: its Korean word
tokenizer does not start with the analyser's present version.

    python -m benchmarks.near_duplicates [path of the data folder]
"""

import random
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import yaml

from benchmarks.clean_text import corpora
from benchmarks.machine import machine_name
from pipelines.text.minhash import bands, signatures, similarity

REPEATS = 5
SHORTEST = 200  # characters of a petition that is copied
REVIEWS = 8
CHAPTER = 4000  # characters of a part of a novel
PEER_BYTES = 400_000
OPTIONS = yaml.safe_load((Path(__file__).parents[1] / "params.yaml").read_text(encoding="utf-8"))["dedup"]


def sign(texts: Sequence[str], language: str) -> np.ndarray[Any, np.dtype[np.uint32]]:
    """Signatures with the parameters of params.yaml."""
    width = np.full(len(texts), OPTIONS["shingle"].get(language, OPTIONS["shingle"]["other"]), np.int64)
    return signatures(pa.array(texts, pa.string()), width, OPTIONS["bands"] * OPTIONS["rows"], OPTIONS["seed"])


def found(originals: Sequence[str], copies: Sequence[str]) -> float:
    """Share of copies that meet their original in a band and are similar enough."""
    left, right = sign(originals, "ko"), sign(copies, "ko")
    meet = (bands(left, OPTIONS["bands"]) == bands(right, OPTIONS["bands"])).any(axis=1)
    return float((meet & (similarity(left, right) >= OPTIONS["threshold"])).mean())


def merged(texts: Sequence[str], language: str) -> int:
    """Documents that meet another in a band and are similar enough, though all are distinct."""
    signature = sign(texts, language)
    wrong: set[int] = set()
    for band in bands(signature, OPTIONS["bands"]).T:
        order = np.argsort(band, kind="stable")
        later = np.flatnonzero(band[order][1:] == band[order][:-1])
        left, right = order[later], order[later + 1]
        alike = similarity(signature[left], signature[right]) >= OPTIONS["threshold"]
        wrong |= set(right[alike].tolist())
    return len(wrong)


def without_spaces(text: str, choose: random.Random) -> str:
    """``text`` with one space in twenty dropped."""
    return "".join(letter for letter in text if letter != " " or choose.random() >= 0.05)


def with_other_words(text: str, words: Sequence[str], choose: random.Random) -> str:
    """``text`` with 3 % of its words replaced."""
    return " ".join(choose.choice(words) if choose.random() < 0.03 else word for word in text.split())


def speed(work: Callable[[], object], size: int) -> float:
    """Megabytes per second of processor time, median after the first run."""
    times = []
    for _ in range(REPEATS + 1):
        began = time.process_time()
        work()
        times.append(time.process_time() - began)
    return size / 1e6 / statistics.median(times[1:])


def peer() -> Callable[[Sequence[str]], None] | None:
    """datatrove's signatures of texts; None where it is not installed."""
    try:
        from datatrove.pipeline.dedup.minhash import (  # noqa: PLC0415  (an alternative, no dependency)
            MinhashConfig,
            MinhashDedupSignature,
        )
        from datatrove.utils.typeshelper import Languages  # noqa: PLC0415
    except ImportError:
        return None
    step = MinhashDedupSignature("memory://", MinhashConfig(), language=Languages.english)

    def work(texts: Sequence[str]) -> None:
        for text in texts:
            step.get_signature(step.get_shingles(text))

    return work


def main() -> None:
    """Measure and print."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/data")
    texts = corpora(folder)
    choose = random.Random(1)
    petitions = [text for text in texts["ko_petitions"] if len(text) >= SHORTEST]
    words = [word for text in petitions[:500] for word in text.split()]
    print(machine_name())
    print(f"{len(petitions):,} petitions, found again")
    unspaced = [without_spaces(text, choose) for text in petitions]
    replaced = [with_other_words(text, words, choose) for text in petitions]
    print(f"  with 5 % of spaces dropped   {found(petitions, unspaced):.4f}")
    print(f"  with 3 % of words replaced   {found(petitions, replaced):.4f}")
    pages = [page.split("\n") for page in texts["ko_nsmc_raw"]]
    parts = ["\n".join(page[at : at + REVIEWS]) for page in pages for at in range(0, len(page), REVIEWS)]
    parts = [text for text in parts if len(text) >= SHORTEST]
    print(f"{len(parts):,} distinct documents of {REVIEWS} reviews, merged with another: {merged(parts, 'ko')}")
    chapters = [text[at : at + CHAPTER] for text in texts["en_novels"] for at in range(0, len(text), CHAPTER)]
    print(f"{len(chapters):,} distinct parts of novels, merged with another: {merged(chapters, 'en')}")
    print("signatures, MB/s of processor time")
    for name in ("ko_petitions", "en_novels"):
        size = sum(len(text.encode()) for text in texts[name])
        print(f"  {name:<14}{speed(lambda name=name: sign(texts[name], name[:2]), size):8.1f}")  # type: ignore[misc]
    other = peer()
    if other is None:
        print("  datatrove is not installed here")
        return
    chapters = chapters[: PEER_BYTES // CHAPTER]
    size = sum(len(text.encode()) for text in chapters)
    ours, theirs = speed(lambda: sign(chapters, "en"), size), speed(lambda: other(chapters), size)
    print(f"  {len(chapters)} parts of novels, both: {ours:.1f}, datatrove {theirs:.2f}, ratio {ours / theirs:.0f}")


if __name__ == "__main__":
    main()
