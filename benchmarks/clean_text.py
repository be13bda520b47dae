"""Speed of the functions that clean text beside the same filters in plain Python.

Speed is megabytes of UTF-8 per second of processor time of one process, the median of the runs after the first. The
reference computes on white-space words what datatrove's four filters compute (Gopher quality, Gopher repetition, C4,
FineWeb), the way they do it: Python strings, lists and counters, but without their tokenizer, so it is faster than
they are.

    python -m benchmarks.clean_text [path of the data folder]
"""

import gzip
import json
import re
import statistics
import sys
import time
import unicodedata
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from benchmarks.machine import machine_name
from pipelines.text.bylines import drop_bylines
from pipelines.text.judging import judge_documents
from pipelines.text.language import identify
from pipelines.text.markup import strip_markup, strip_markup_counted
from pipelines.text.mojibake import repair_mojibake
from pipelines.text.normalisation import normalise, normalise_counted
from pipelines.text.quality import Profile, judge, load_profile, measure
from pipelines.text.repair import repair, repair_counted

REPEATS = 7
REFERENCE_BYTES = 2_000_000
ROWS_PER_BATCH = 1024
STOP_WORDS = frozenset({"the", "be", "to", "of", "and", "that", "have", "with"})


def corpora(folder: Path) -> dict[str, list[str]]:
    """Texts of petitions (posts), film pages (a review per line) and novels."""
    petitions = []
    for path in sorted(folder.glob("ko_petitions/*.jsonl")):
        with path.open(encoding="utf-8") as file:
            petitions += [json.loads(line)["content"] for line in file]
    with gzip.open(folder / "ko_nsmc_raw" / "movies.jsonl.gz", "rt", encoding="utf-8") as file:
        reviews = ["\n".join(json.loads(line)["reviews"]) for line in file]
    novels = [path.read_text(encoding="utf-8") for path in sorted(folder.glob("en_novels/*_*.txt"))]
    return {"ko_petitions": petitions, "ko_nsmc_raw": reviews, "en_novels": novels}


def clean(texts: pa.StringArray, profile: Profile) -> pa.StringArray:
    """The whole chain as the clean stage runs it."""
    texts, broken, _ = repair_mojibake(texts)
    texts, _ = normalise_counted(texts.filter(pa.array(~broken)))
    texts, changed, _ = strip_markup_counted(texts)
    if changed.any():
        texts, _ = normalise_counted(texts, changed)
    texts, _ = drop_bylines(repair_counted(texts)[0])
    verdict = judge_documents(texts, {profile.language: profile}, (profile.language,), False)
    return verdict.texts.filter(pc.equal(verdict.rule, ""))


def reference_normalise(text: str) -> str:
    """Normalisation with ``unicodedata`` and regular expressions."""
    text = re.sub(r"\r\n|[\r\x0b\x0c\x85\u2028\u2029]", "\n", text)
    text = "".join(
        character for character in text if character in "\n\t" or unicodedata.category(character) not in {"Cc", "Cf"}
    )
    text = re.sub(r"[^\S\n]+", " ", text)
    text = re.sub(r"\n{3,}", "\n\n", re.sub(r" ?\n ?", "\n", text))
    return unicodedata.normalize("NFC", text.strip())


def reference_quality(text: str) -> bool:
    """What the four filters of datatrove look at, on white-space words, without stopping at the first failure."""
    words = text.split()
    if not words:
        return False
    lines = [line for line in text.split("\n") if line.strip()]
    fails = [
        not 50 <= len(words) <= 100_000,
        not 3 <= sum(map(len, words)) / len(words) <= 10,
        text.count("#") / len(words) > 0.1,
        (text.count("...") + text.count("…")) / len(words) > 0.1,
        sum(line.lstrip().startswith(("•", "-")) for line in lines) / len(lines) > 0.9,
        sum(line.rstrip().endswith(("...", "…")) for line in lines) / len(lines) > 0.3,
        sum(any(character.isalpha() for character in word) for word in words) / len(words) < 0.8,
        len(STOP_WORDS.intersection(words)) < 2,
    ]
    paragraphs = re.split(r"\n{2,}", text.strip())
    for units, maximum in ((paragraphs, 0.3), (lines, 0.3)):
        repeated = [unit for unit, count in Counter(units).items() for _ in range(count - 1)]
        fails += [len(repeated) / len(units) > maximum, sum(map(len, repeated)) / len(text) > 0.2]
    for size, maximum in ((2, 0.2), (3, 0.18), (4, 0.16)):
        grams = Counter(" ".join(words[at : at + size]) for at in range(len(words) - size + 1))
        gram, count = grams.most_common(1)[0] if grams else ("", 0)
        fails.append(len(gram) * count / len(text) > maximum)
    for size, maximum in ((5, 0.15), (6, 0.14), (7, 0.13), (8, 0.12), (9, 0.11), (10, 0.10)):
        seen: set[str] = set()
        characters = at = 0
        while at <= len(words) - size:
            joined = "".join(words[at : at + size])
            if joined in seen:
                characters += len(joined)
                at += size
            else:
                seen.add(joined)
                at += 1
        fails.append(characters / len(text) > maximum)
    ended = [line for line in lines if line.rstrip().endswith((".", "?", "!", '"', "'"))]
    kept = [line for line in ended if len(line.split()) >= 3 and max(map(len, line.split())) <= 1000]
    fails += [
        len(re.findall(r"[.!?]+", "\n".join(kept))) < 5,
        any("javascript" in line.lower() or "lorem ipsum" in line.lower() or "{" in line for line in lines),
        len(ended) / len(lines) < 0.12,
        sum(len(line) <= 30 for line in lines) / len(lines) > 0.67,
        text.count("\n") / len(words) > 0.3,
    ]
    return not any(fails)


def median_seconds(call: Callable[[], object], repeats: int = REPEATS) -> float:
    """Median processor time of ``repeats`` calls after one that is not counted (compilation, caches)."""
    call()
    seconds = []
    for _ in range(repeats):
        start = time.process_time()
        call()
        seconds.append(time.process_time() - start)
    return statistics.median(seconds)


def batches_of(texts: list[str], rows: int = ROWS_PER_BATCH) -> list[pa.StringArray]:
    return [pa.array(texts[start : start + rows]) for start in range(0, len(texts), rows)]


def sample_of(texts: list[str]) -> list[str]:
    """Whole texts, evenly spread, of about ``REFERENCE_BYTES``."""
    step = max(1, sum(len(text.encode()) for text in texts) // REFERENCE_BYTES)
    return texts[::step]


def report(name: str, texts: list[str], profile: Profile) -> None:
    raw = batches_of(texts)
    normal = [normalise(batch) for batch in raw]
    megabytes = sum(len(text.encode()) for text in texts) / 1e6
    steps: dict[str, Callable[[], object]] = {
        "normalise": lambda: [normalise(batch) for batch in raw],
        "strip_markup": lambda: [strip_markup(batch) for batch in normal],
        "repair": lambda: [drop_bylines(repair(batch))[0] for batch in normal],
        "identify": lambda: [identify(batch) for batch in normal],
        "measure": lambda: [measure(batch, profile) for batch in normal],
        "measure + judge": lambda: [judge(measure(batch, profile), profile) for batch in normal],
        "whole chain": lambda: [clean(batch, profile) for batch in raw],
    }
    speeds = {step: megabytes / median_seconds(call) for step, call in steps.items()}
    sample = sample_of(texts)
    sample_megabytes = sum(len(text.encode()) for text in sample) / 1e6
    references = {
        "normalise": median_seconds(lambda: [reference_normalise(text) for text in sample], 3),
        "measure + judge": median_seconds(lambda: [reference_quality(text) for text in sample], 3),
    }
    references["whole chain"] = sum(references.values())
    print(f"\n{name}: {len(texts):,} texts, {megabytes:.1f} MB, profile {profile.name}")
    print(f"{'':20}{'MB/s':>10}{'Python MB/s':>14}{'times':>8}")
    for step, speed in speeds.items():
        reference = f"{sample_megabytes / references[step]:14.2f}" if step in references else ""
        times = f"{speed * references[step] / sample_megabytes:8.0f}" if step in references else ""
        print(f"{step:20}{speed:10.0f}{reference}{times}")
    dropped = Counter(
        rule for batch in normal for rule in judge(measure(batch, profile), profile)[1].to_pylist() if rule
    )
    shares = ", ".join(f"{rule} {count}" for rule, count in dropped.most_common()) or "none"
    print(f"dropped {sum(dropped.values()):,} of {len(texts):,}: {shares}")


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[2] / "shared" / "data"
    print(machine_name())
    korean, english = load_profile("ko"), load_profile("en")
    for name, texts in corpora(folder).items():
        report(name, texts, korean if name.startswith("ko") else english)


if __name__ == "__main__":
    main()
