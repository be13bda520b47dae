"""What each stage of the data half will take and leave, from what was measured on the sample."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.core.arrow import read_batches
from pipelines.core.machine import Machine
from stages.params import Params
from stages.preview.child import Run
from stages.preview.corpus import Corpus, Epoch, corpora, epoch, notes
from stages.preview.estimate import ZERO, Point, Range, constant, divided, grown, heaps, total
from stages.preview.folders import Folders, file_bytes
from stages.preview.measure import STAGES, TINY, Measured, Process

_JOBS = {"dedup": 2}  # jobs that a stage runs one after the other, where they are several
_HOLDS_A_TASK = ("clean", "scrub", "split")
# Bytes of memory for one byte read: more than any stage holds. A small sample cannot tell growth from what the
# allocator happened to take, and the whole may be a thousand times as large.
_MOST_HELD = 32


@dataclass(frozen=True)
class Line:
    """One stage: seconds, bytes of the largest process, bytes left in data/ and in the work folder."""

    stage: str
    source: str
    wall: Range
    processor: Range
    memory: Range
    data: Range = ZERO
    work: Range = ZERO


@dataclass(frozen=True)
class Forecast:
    """Stages in order; sources by key; seconds and bytes of disk of all together; notes on what the sample showed."""

    lines: Sequence[Line]
    sources: Mapping[str, Corpus]
    epoch: Epoch
    wall: Range
    disk: Range
    notes: Sequence[str]


def forecast(params: Params, measured: Measured, machine: Machine, workers: Process, links: bool) -> Forecast:
    """``workers``: what their start takes in a large job; ``links``: whether a file can have several names."""
    folders = Folders(measured)
    stages = _Stages(params, measured, machine, workers, folders)
    lines = [stages.whole("params"), stages.whole("sample"), stages.sources()]
    for stage in STAGES:
        lines += [stages.line(stage, key) for key in (folders.keys if stage == "clean" else ("",))]
    sources = corpora(folders)
    data, work = (total([getattr(line, name) for line in lines]) for name in ("data", "work"))
    # An output, its file in DVC's cache and the result in the work folder that it was made of are one file by three
    # names, where a file can have several.
    unlinked = total([line.data for line in lines if line.work == ZERO or line.stage in ("dedup", "tokenizer")])
    disk = total([work, unlinked]) if links else total([work, data, data])
    wall = total([line.wall for line in lines]).plus(measured.dvc.start)
    made = epoch(folders, params, sources)
    return Forecast(lines, sources, made, wall, disk, tuple(notes(params, sources)))


@dataclass(frozen=True)
class _Stages:
    params: Params
    measured: Measured
    machine: Machine
    workers: Process
    folders: Folders

    def whole(self, stage: str) -> Line:
        """A stage that was run as it is."""
        process, size = self.measured.whole[stage], file_bytes(self.measured.base / "data" / stage)
        wall = constant(process.wall + self._dvc(size))
        return Line(
            stage,
            "",
            wall,
            constant(process.processor + self.measured.dvc.processor),
            constant(process.peak),
            constant(size),
        )

    def sources(self) -> Line:
        """The listing: each file is read once by a thread."""
        start, samples = self.measured.starts["sources"], self.measured.samples.values()
        seconds = sum(each.files * each.seconds_per_file + each.bytes * each.seconds_per_byte for each in samples)
        threads = min(self.machine.workers, max(each.files for each in samples))
        raw = float(sum(each.bytes for each in samples))
        wall = Range(seconds / threads, seconds / threads, seconds).plus(start.wall + self._dvc(raw))
        return Line(
            "sources", "", wall, constant(seconds + start.processor + self.measured.dvc.processor), constant(start.peak)
        )

    def line(self, stage: str, key: str) -> Line:
        """A stage of which a sample was run, for one source or ("") all of them."""
        start = self.measured.starts[stage]
        if self._counts_words(stage):
            serial = self._by_words(lambda run: run.serial_processor)
        else:
            serial = self._seconds(stage, key, lambda run: run.serial_processor)
        by_workers = self._seconds(stage, key, lambda run: max(0.0, run.processor - run.serial_processor))
        processor = total([serial, by_workers])
        wall = divided(processor, serial, self.machine.workers)
        data, work = (self._left(stage, key, *below) for below in ((), (".work",)))
        if self.machine.needs_beam(int(self._input_bytes(stage, key))):
            jobs = _JOBS.get(stage, 1)
            wall, processor = wall.plus(self.workers.wall * jobs), processor.plus(self.workers.processor * jobs)
        wall = wall.times(self.measured.slowness).plus(start.wall + self._dvc(data.value))
        return Line(
            stage,
            key,
            wall,
            processor.plus(start.processor + self.measured.dvc.processor),
            self._memory(stage, key),
            data,
            work,
        )

    def _dvc(self, size: float) -> float:
        return self.measured.dvc.stage + self.measured.dvc.byte * size

    def _run(self, stage: str, key: str, part: str) -> Run:
        return self.measured.runs[stage][key][part]

    def _seconds(self, stage: str, key: str, value: Callable[[Run], float]) -> Range:
        return self.folders.grown(stage, key, lambda part: value(self._run(stage, key, part)))

    def _left(self, stage: str, key: str, *below: str) -> Range:
        return self.folders.grown(stage, key, lambda part: file_bytes(self.folders.path(part, *below, stage, key)))

    def _input_bytes(self, stage: str, key: str) -> float:
        if stage == "clean":
            return float(self.measured.samples[key].bytes)
        return self._mean(lambda part: self.folders.read_of_all(stage, key, part))

    def _memory(self, stage: str, key: str) -> Range:
        """Grows with what a task or a bucket holds, up to the largest; in the tokenizer with the distinct words."""
        start, full = float(self.measured.starts[stage].peak), self._input_bytes(stage, key)
        parts = self.folders.parts_of(stage)
        sizes = [self.folders.read(stage, key, part) for part in parts]
        limit, least = full, self.folders.read(stage, key, TINY)
        if self._counts_words(stage):
            sizes, limit, least = [*map(self._distinct, parts)], self._distinct_words()(full), self._distinct(TINY)
        elif stage == "shard":
            limit = min(full, float(self.params.shard.shard_megabytes << 20))
        elif stage in _HOLDS_A_TASK:
            of = (key,) if key else self.folders.keys
            sizes = [max(self.folders.read(stage, each, part) for each in of) for part in parts]
            least = max(self.folders.read(stage, each, TINY) for each in of)
            limit = min(full, float(max(self.measured.samples[each].largest_task for each in of)))
        peaks = [max(start, self._run(stage, key, part).peak) for part in parts]
        points = [Point(size, max(size, limit), peak) for size, peak in zip(sizes, peaks, strict=True)]
        whole = grown(points, Point(least, 0.0, start))
        if not self._counts_words(stage):
            most = max(point.value + _MOST_HELD * (point.full - point.size) for point in points)
            whole = Range(*(min(each, most) for each in whole))
        if len(points) == len(self.folders.parts):
            return whole
        # What is taken once, however little there is to do, is told from what grows by three times as much of it.
        *apart, together = points
        mean = Point(*(sum(values) / len(apart) for values in zip(*map(astuple, apart), strict=True)))
        slope = max(0.0, together.value - mean.value) / max(1.0, together.size - mean.size)
        if not self._counts_words(stage):
            slope = min(slope, _MOST_HELD)
        value = together.value + slope * (together.full - together.size)
        return Range(value, min(value, together.value), max(value, whole.high))

    def _counts_words(self, stage: str) -> bool:
        return stage == "tokenizer" and self.params.tokenizer.given is None

    def _mean(self, value: Callable[[str], float]) -> float:
        return sum(map(value, self.folders.parts)) / len(self.folders.parts)

    def _distinct(self, part: str) -> float:
        return float(self.folders.metrics(part, "tokenizer")["distinct_words"])

    def _distinct_words(self) -> Callable[[float], float]:
        """Distinct words of a text of so many bytes, from a part and from all parts together."""
        paths = [
            path
            for part in self.folders.parts
            for path in self.folders.path(part, ".work", "tokenizer", "words", "words").glob("*.arrow")
        ]
        words = pa.chunked_array([batch["word"] for path in paths for batch in read_batches(path)], pa.string())
        size = self._mean(lambda part: self.folders.read("tokenizer", "", part))
        together = float(pc.count_distinct(words).as_py())
        return heaps(size, self._mean(self._distinct), size * len(self.folders.parts), together)

    def _by_words(self, value: Callable[[Run], float]) -> Range:
        words = self._distinct_words()
        points = [
            Point(
                self._distinct(part),
                words(self.folders.read_of_all("tokenizer", "", part)),
                value(self._run("tokenizer", "", part)),
            )
            for part in self.folders.parts_of("tokenizer")
        ]
        return grown(points, Point(self._distinct(TINY), 0.0, value(self._run("tokenizer", "", TINY))))
