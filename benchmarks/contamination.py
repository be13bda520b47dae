"""Evaluation items in real text, and lines that recur in it: what is found, what is lost, and how fast.

Items of KLUE-NLI (of which a part are film reviews) and of SST-2 and STS-B are looked for in reviews, petitions and
novels. False alarms: reviews of half of the films, looked for in the other half; those that do stand there letter for
letter are no alarms. Misses: items with 3 % of their words replaced. Recurring lines: what the defaults of params.yaml
would cut, as a share of all characters.

    python -m benchmarks.contamination [path of the data folder]
"""

import csv
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from benchmarks.clean_text import corpora
from benchmarks.machine import machine_name
from benchmarks.near_duplicates import with_other_words
from pipelines.core.arrow import ShardWriter
from pipelines.core.dataset import Dataset
from pipelines.core.machine import Machine
from pipelines.core.manifest import Manifest
from pipelines.core.schemas import CUTS, DOCUMENT
from pipelines.core.tasks import FileRange, Task
from pipelines.core.verbs import Job
from pipelines.core.work import describe
from pipelines.dedup import dedup
from pipelines.options import DecontaminateOptions, DedupOptions
from pipelines.passages import REASONS, Passages
from pipelines.text.language import by_language, identify
from pipelines.text.ngrams import NgramIndex, Search, index_ngrams
from stages.params import load_params

REPEATS = 5
ITEMS = 10_000


def items(folder: Path) -> dict[str, list[str]]:
    """Texts of evaluation items."""
    pairs = json.loads((folder / "ko_klue" / "klue-nli-v1.1_dev.json").read_text(encoding="utf-8"))
    english = []
    for name, column in (("SST-2/dev.tsv", "sentence"), ("STS-B/dev.tsv", "sentence1")):
        with (folder / "glue" / name).open(encoding="utf-8", newline="") as lines:
            rows = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
            english += [row[column] for row in rows if row.get(column)]
    korean = [pair[name] for pair in pairs for name in ("premise", "hypothesis")]
    return {"KLUE-NLI dev": list(dict.fromkeys(korean)), "SST-2 and STS-B dev": list(dict.fromkeys(english))}


def indexed(texts: Sequence[str], options: DecontaminateOptions) -> tuple[NgramIndex, Search]:
    """As the stage does it."""
    array = pa.array(texts)
    index = index_ngrams(array, by_language(identify(array)[0], options.ngram))
    return index, Search(index, np.maximum(1, np.ceil(index.ngrams * options.share - 1e-9)).astype(np.int64))


def speed(search: Search, texts: pa.StringArray) -> float:
    """Milliseconds of processor time per megabyte, median after the first run."""
    times = []
    for _ in range(REPEATS + 1):
        began = time.process_time()
        search.find(texts)
        times.append(time.process_time() - began)
    return 1e9 * statistics.median(times[1:]) / int(texts.nbytes)


def write_source(folder: Path, texts: Sequence[str]) -> Dataset:
    """Documents as clean leaves them."""
    path = folder / "documents.arrow"
    with ShardWriter(path, DOCUMENT) as writer:
        ids = [str(number) for number in range(len(texts))]
        fixed = [pa.repeat(value, len(texts)) for value in (folder.name, "ko")]
        writer.write(pa.record_batch([pa.array(ids), *fixed, pa.array(texts), pa.repeat("{}", len(texts))], DOCUMENT))
    Manifest({"documents": (describe(writer),)}, {}, "", {}).write(folder)
    return Dataset.open(folder)


def recurring(name: str, texts: Sequence[str], options: DedupOptions) -> None:
    """Print how much of ``texts`` recurs, and the time of the pass."""
    with tempfile.TemporaryDirectory() as folder:
        data = write_source(Path(folder) / name, texts)
        (path,) = data.files("documents")
        size = sum(len(text.encode()) for text in texts)
        passages = Passages(options, (0,), 1)
        task = Task("0", (FileRange(str(path), ""),), {"drop": []})
        times = []
        for _ in range(REPEATS + 1):
            began = time.process_time()
            rows = [batch for _, batch in passages.scatter(task)]
            list(passages.gather(0, iter([(0, pa.Table.from_batches(rows).combine_chunks().to_batches()[0])])))
            times.append(time.process_time() - began)
        dedup({name: data}, options, Path(folder) / "out", Job("dedup", Path(folder) / "work", Machine(workers=1)))
        cuts = pa.Table.from_batches(Dataset.open(Path(folder) / "out" / name).batches("cuts"), CUTS)
        length = cuts["stop"].to_numpy() - cuts["start"].to_numpy()
        chosen = {what: pc.equal(cuts["reason"], what).to_numpy() for what in REASONS}
        print(f"  {name:<14}{1e9 * statistics.median(times[1:]) / size:5.1f} ms per MB")
        for what, rows in chosen.items():
            print(f"    {what:<12}{rows.sum():,} lines, {100 * length[rows].sum() / size:.3f} %")


def main() -> None:
    """Measure and print."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/data")
    params, choose = load_params(), random.Random(1)
    texts, options = corpora(folder), params.decontaminate
    print(machine_name())
    print(f"items in documents: {options.share} of n-grams of {options.ngram} letters")
    for name, of_task in items(folder).items():
        index, search = indexed(of_task, options)
        print(f"  {name}: {len(of_task):,} texts, {int((index.ngrams == 0).sum()):,} too short")
        for corpus, documents in texts.items():
            array = pa.array(documents)
            found = search.find(array)
            here = (
                f"{len(np.unique(found.text)):,} texts in {len(np.unique(found.row)):,} of {len(documents):,} documents"
            )
            print(f"    in {corpus:<14}{here}; {speed(search, array):.1f} ms per MB")
        edited = [with_other_words(text, " ".join(of_task[:500]).split(), choose) for text in of_task]
        found = search.find(pa.array(edited))
        again = np.isin(np.arange(len(of_task)), found.text[found.text == found.row])
        long = index.ngrams > 0
        touched = long & np.array([" ".join(a.split()) != b for a, b in zip(of_task, edited, strict=True)])
        share = f"{again[long].mean():.3f}, of those that changed {again[touched].mean():.3f}"
        print(f"    with 3 % of words replaced, found again: {share}")
    films = texts["ko_nsmc_raw"]
    choose.shuffle(films)
    seen, unseen = films[::2], [review for film in films[1::2] for review in film.split("\n")]
    sample = choose.sample(sorted(set(unseen)), ITEMS)
    index, search = indexed(sample, options)
    alarms = np.unique(search.find(pa.array(seen)).text).tolist()
    letters = ["".join(filter(str.isalnum, text.lower())) for text in sample]
    said = "\n".join("".join(filter(str.isalnum, film.lower())) for film in seen)
    verbatim = sum(letters[text] in said for text in alarms)
    print(f"  {int((index.ngrams > 0).sum()):,} reviews of other films: {len(alarms):,} found, {verbatim:,} verbatim")
    print("lines that recur, share of bytes cut")
    for name in ("ko_nsmc_raw", "ko_petitions"):
        recurring(name, texts[name], params.dedup)
    recurring("en_novels", texts["en_novels"], params.dedup)


if __name__ == "__main__":
    main()
