"""Memory and time of dedup and decontaminate over millions of short documents that it makes up.

One in ten documents is a copy with a word replaced, one in ten ends in one of a hundred lines, and there are as many
evaluation items as a hundredth of the documents, of which half stand in some. One process, so that its peak is what a
worker needs at most. Memory mapped files that other processes could have back count to the whole, not to its own.

    python -m benchmarks.many_documents [documents, in millions]
"""

import argparse
import resource
import shutil
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from benchmarks.machine import machine_name
from pipelines.clean import SHARD_BYTES
from pipelines.core.arrow import ShardWriter
from pipelines.core.dataset import Dataset
from pipelines.core.machine import Machine
from pipelines.core.manifest import Manifest, Shard
from pipelines.core.schemas import DOCUMENT
from pipelines.core.verbs import Job
from pipelines.core.work import describe
from pipelines.decontaminate import ITEMS, decontaminate
from pipelines.dedup import dedup
from stages.params import load_params

WORDS = 24
LEXICON = 40_000
BATCH = 16_384
SOURCES = 2


class Peak:
    """The largest amount of memory of this process that no file could give back, in MB, seen so far."""

    def __init__(self) -> None:
        self.own = 0.0
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        while True:
            status = Path("/proc/self/status").read_text(encoding="ascii")
            lines = dict(line.split(":", 1) for line in status.splitlines())
            self.own = max(self.own, int(lines["RssAnon"].split()[0]) / 1e3)
            time.sleep(0.02)


def lexicon(generator: np.random.Generator) -> pa.StringArray:
    """Words of one to five syllables."""
    lengths = generator.integers(1, 6, LEXICON)
    syllables = generator.integers(0xAC00, 0xD7A4, int(lengths.sum()))
    letters, ends = "".join(map(chr, syllables)), np.cumsum(lengths)
    return pa.array([letters[end - length : end] for end, length in zip(ends, lengths, strict=True)])


def sentences(words: pa.StringArray, chosen: NDArray[np.int64]) -> pa.StringArray:
    """Texts (one per row of ``chosen``) of these words."""
    rows, width = chosen.shape
    ends = pa.array(np.arange(0, (rows + 1) * width, width, dtype=np.int32))
    return pc.binary_join(pa.ListArray.from_arrays(ends, words.take(pa.array(chosen.reshape(-1)))), " ")


def write_source(folder: Path, name: str, documents: int, words: pa.StringArray, seed: int) -> pa.StringArray:
    """A source as clean leaves it; returns some texts that stand in it."""
    generator = np.random.default_rng(seed)
    footers = sentences(words, generator.integers(0, LEXICON, (100, 8)))
    shards: list[Shard] = []
    items: list[pa.StringArray] = []
    made = 0
    while made < documents:
        path = folder / "documents" / f"{len(shards):05d}.arrow"
        rows = 0
        with ShardWriter(path, DOCUMENT) as writer:
            while made < documents and writer.bytes < SHARD_BYTES:
                count = min(BATCH, documents - made)
                chosen = generator.integers(0, LEXICON, (count, WORDS))
                copies = np.flatnonzero(generator.random(count) < 0.1)
                chosen[copies] = chosen[generator.integers(0, count, len(copies))]
                chosen[copies, generator.integers(0, WORDS, len(copies))] = 0
                texts = sentences(words, chosen)
                footer = pa.array(np.where(generator.random(count) < 0.1, generator.integers(0, 100, count), -1))
                footed = pc.binary_join_element_wise(
                    texts, footers.take(pc.if_else(pc.less(footer, 0), 0, footer)), "\n"
                )
                texts = pc.if_else(pc.less(footer, 0), texts, footed)
                items.append(pc.utf8_slice_codeunits(texts[::400], 0, 40))
                ids = pc.binary_join_element_wise(
                    name, pc.cast(pa.array(np.arange(made, made + count)), pa.string()), ":"
                )
                fixed = [pa.repeat(value, count) for value in (name, "ko")]
                writer.write(pa.record_batch([ids, *fixed, texts, pa.repeat("{}", count)], DOCUMENT))
                made += count
                rows += count
        shards.append(replace(describe(writer), file=f"documents/{path.name}"))
    Manifest({"documents": tuple(shards)}, {}, "", {}).write(folder)
    return pa.concat_arrays(items)


def measured(name: str, megabytes: float, peak: Peak, work: Callable[[], Any]) -> Any:
    """The result of ``work``, whose time and memory are printed."""
    began, processor = time.perf_counter(), time.process_time()
    result = work()
    seconds, busy = time.perf_counter() - began, time.process_time() - processor
    whole = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    print(
        f"{name:<14}{seconds:6.0f} s, {1e3 * busy / megabytes:5.1f} ms of processor per MB, "
        f"peak so far {peak.own:,.0f} MB of its own, {whole:,.0f} MB with mapped files",
        flush=True,
    )
    return result


def main() -> None:
    """Make the documents, run both stages, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("millions", type=float, nargs="?", default=2.0)
    documents = int(parser.parse_args().millions * 1e6)
    params = load_params()
    folder = Path(tempfile.mkdtemp(prefix="malmoi-"))
    print(machine_name())
    try:
        words = lexicon(np.random.default_rng(0))
        held = [
            write_source(folder / "clean" / f"source{n}", f"source{n}", documents // SOURCES, words, n + 1)
            for n in range(SOURCES)
        ]
        absent = sentences(words, np.random.default_rng(9).integers(0, LEXICON, (sum(map(len, held)), 12)))
        sources = {f"source{n}": Dataset.open(folder / "clean" / f"source{n}") for n in range(SOURCES)}
        size = sum(shard.bytes for data in sources.values() for shard in data.manifest.outputs["documents"]) / 1e6
        print(f"{documents:,} documents, {size:,.0f} MB")
        peak, machine = Peak(), Machine(workers=1)
        job = Job("dedup", folder / "work", machine)
        manifests = measured("dedup", size, peak, lambda: dedup(sources, params.dedup, folder / "dedup", job))
        copied, cut = (
            sum(manifest.counts[name] for manifest in manifests.values())
            for name in ("copies/near", "lines/boilerplate")
        )
        print(f"  {copied:,} near copies, {cut:,} lines")
        copies = {name: Dataset.open(folder / "dedup" / name) for name in sources}
        texts = pa.concat_arrays([*held, absent])
        count = len(texts)
        columns = [pa.repeat("task", count), pa.repeat("test", count), pa.array(np.arange(count, dtype=np.int32))]
        items = pa.Table.from_arrays([*columns, pa.repeat("text", count), texts], schema=ITEMS)
        job, out = Job("decontaminate", folder / "work", machine), folder / "decontaminate"
        written = measured(
            "decontaminate", size, peak, lambda: decontaminate(sources, copies, items, params.decontaminate, out, job)
        )
        print(
            f"  {count:,} items, {written.manifest.rows('matches'):,} matches, {written.manifest.rows('cuts'):,} lines"
        )
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
