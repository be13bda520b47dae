"""What the stages left in the folders of the sample, and what share of the whole it stands for."""

import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipelines.core.arrow import read_batches
from pipelines.core.manifest import Manifest
from stages.preview.estimate import Point, Range, grown, scaled
from stages.preview.measure import TINY, TOGETHER, Measured
from stages.preview.together import DOCUMENTS, share

READS = {
    "dedup": "clean",
    "decontaminate": "clean",
    "names": "clean",
    "scrub": "clean",
    "split": "scrub",
    "tokenizer": "split",
    "shard": "split",
}


class Folders:
    """Sizes, counts and documents of every part; ``key`` is a source, "" all of them."""

    def __init__(self, measured: Measured) -> None:
        self.measured = measured
        self.keys = tuple(measured.samples)
        self.parts = tuple(name for name in measured.folders if name not in (TINY, TOGETHER))
        self._bytes = cache(self._dataset_bytes)

    def path(self, part: str, *names: str) -> Path:
        return self.measured.folders[part].joinpath("data", *names)

    def read(self, stage: str, key: str, part: str) -> float:
        """Bytes that a stage reads: text for clean, Arrow files for the others."""
        if stage == "clean":
            sampled = self.measured.samples[key].parts[0 if part == TINY else self.parts.index(part)]
            return float(sampled.tiny_bytes if part == TINY else sampled.text_bytes)
        return sum(self._bytes(READS[stage], each, part) for each in self._keys(key))

    def read_of_all(self, stage: str, key: str, part: str) -> float:
        """The same of the whole, as this part has it."""
        if stage == "clean":
            return float(self.measured.samples[key].text_bytes)
        return sum(self._bytes(READS[stage], each, part) / self.share(each, part) for each in self._keys(key))

    def share(self, key: str, part: str) -> float:
        sample = self.measured.samples[key]
        return max(1e-12, share(sample) if part == TOGETHER else sample.parts[self.parts.index(part)].share)

    def parts_of(self, stage: str) -> tuple[str, ...]:
        """Names of what ``stage`` was run on, the tiny one excepted."""
        return self.parts if stage == "clean" or TOGETHER not in self.measured.folders else (*self.parts, TOGETHER)

    def grown(self, stage: str, key: str, value: Callable[[str], float]) -> Range:
        """``value`` of the whole, which grows with what ``stage`` reads; it is given the name of a part."""
        points = [
            Point(self.read(stage, key, p), self.read_of_all(stage, key, p), value(p)) for p in self.parts_of(stage)
        ]
        return grown(points, Point(self.read(stage, key, TINY), 0.0, value(TINY)))

    def scaled(self, key: str, value: Callable[[str], float]) -> Range:
        """``value`` of the whole of a source, which is in proportion to its text."""
        return scaled([Point(self.share(key, part), 1.0, value(part)) for part in self.parts])

    def scaled_count(self, key: str, value: Callable[[str], float]) -> Range:
        """``value`` of the whole of a source, which is in proportion to the number of its documents."""
        parts = self.measured.samples[key].parts
        return scaled(
            [Point(part.document_share, 1.0, value(name)) for part, name in zip(parts, self.parts, strict=True)]
        )

    def counts(self, stage: str, key: str, part: str) -> Mapping[str, int]:
        return Manifest.read(self.path(part, stage, key)).counts

    def metrics(self, part: str, name: str) -> Any:
        return json.loads((self.measured.folders[part] / "reports" / "metrics" / f"{name}.json").read_bytes())

    def documents(self, stage: str, key: str, part: str) -> Iterator[pa.RecordBatch]:
        folder = self.path(part, stage, key)
        for shard in Manifest.read(folder).outputs[DOCUMENTS]:
            yield from read_batches(folder / shard.file)

    def _keys(self, key: str) -> tuple[str, ...]:
        return (key,) if key else self.keys

    def _dataset_bytes(self, stage: str, key: str, part: str) -> float:
        manifest = Manifest.read(self.path(part, stage, key))
        return float(sum(shard.bytes for shard in manifest.outputs[DOCUMENTS]))


def file_bytes(folder: Path) -> float:
    """Bytes of all files below ``folder``, one with several names counted once."""
    statuses = (path.stat() for path in folder.rglob("*") if path.is_file())
    return float(sum({(status.st_dev, status.st_ino): status.st_size for status in statuses}.values()))
