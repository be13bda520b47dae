"""The two verbs of the data half: map and regroup.

*map*: every task becomes one shard, or a few, in order; nothing crosses workers.
*regroup*: rows meet by the hash of a key. Each task writes one Arrow file with one record batch per bucket, then each
bucket gathers its batches and becomes one shard: files grow with tasks, not with tasks times buckets, and memory with
one bucket. A bucket is gathered again only where a row of it has changed.

A stage gives a frozen dataclass that is a pure function over Arrow batches; its fields are its parameters. Naming,
atomic writes, the work folder, resuming, progress and manifests are here.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.core.arrow import Part, read_batches, read_part
from pipelines.core.errors import MalmoiError, reason
from pipelines.core.files import anew
from pipelines.core.fingerprint import code_version, digest, versions
from pipelines.core.machine import Machine
from pipelines.core.manifest import Manifest, Shard
from pipelines.core.progress import progress_bar
from pipelines.core.runner import run_each
from pipelines.core.tasks import Task, named_by_source
from pipelines.core.work import Entry, WorkFolder, link

COUNTS_OUTPUT = "counts"
_SHUFFLE = "shuffle"
_FEW_BUCKETS = 1 << 16  # are sorted by counting
_REASONS_SHOWN = 20
_NO_REASON = "no result, and no reason left behind; is the disk full?"


class MapFunction(Protocol):
    """Pure function of one task; yields batches by the name of the output that they belong to, in order."""

    @property
    def schemas(self) -> Mapping[str, pa.Schema]: ...

    def __call__(self, task: Task) -> Iterator[tuple[str, pa.RecordBatch]]: ...


class RegroupFunction(Protocol):
    """Pure functions of one task and of one bucket.

    What ``gather`` reads beside the rows of its bucket has to follow from these rows, their tasks and the fields.
    """

    @property
    def buckets(self) -> int: ...

    @property
    def shuffle_schema(self) -> pa.Schema: ...

    @property
    def schemas(self) -> Mapping[str, pa.Schema]: ...

    def scatter(self, task: Task) -> Iterator[tuple[NDArray[np.int64], pa.RecordBatch]]:
        """Batches of ``shuffle_schema`` with the bucket of each row."""
        ...

    def gather(self, bucket: int, parts: Iterator[tuple[int, pa.RecordBatch]]) -> Iterator[tuple[str, pa.RecordBatch]]:
        """Outputs of one bucket from (task index, its rows for this bucket), ascending task index."""
        ...


@dataclass(frozen=True)
class Job:
    """Where a job's finished tasks are kept and what it runs on; ``name`` is the stage, and its key if it has one."""

    name: str
    work: Path
    machine: Machine

    def folder(self, part: str) -> WorkFolder:
        return WorkFolder(self.work / self.name / part)


def run_map(
    function: MapFunction, tasks: Sequence[Task], folder: Path, job: Job, file_bytes: int | None = None
) -> Manifest:
    """Run ``function`` over ``tasks`` and assemble ``folder``; raises MalmoiError naming every task that failed.

    Every task becomes one shard, or several once one has ``file_bytes``, which bounds what a later task holds.
    """
    with _mapped(function, tasks, job, file_bytes) as entries, anew(folder) as made:
        return _link_outputs(entries, function.schemas, digest(function), made)


def run_map_by_source(
    function: MapFunction, tasks: Mapping[str, Sequence[Task]], folder: Path, job: Job
) -> dict[str, Manifest]:
    """``run_map`` over the tasks of all sources in one job; ``folder`` becomes one dataset for each source."""
    parameters = digest(function)
    with _mapped(function, named_by_source(tasks), job) as entries, anew(folder) as made:
        left = iter(entries)
        return {
            source: _link_outputs([*islice(left, len(own))], function.schemas, parameters, made / source)
            for source, own in tasks.items()
        }


@contextmanager
def _mapped(
    function: MapFunction, tasks: Sequence[Task], job: Job, file_bytes: int | None = None
) -> Iterator[list[Entry]]:
    """Results of all tasks, in order; what else the work folder has goes when the block is left."""
    _distinct(tasks)
    work = job.folder("map")
    base = _base(function)
    digests = [digest([base, file_bytes, task.identity()]) for task in tasks]
    wanted = set(digests)
    with progress_bar(job.name, len(tasks), lambda: len(_names(work) & wanted)):
        entries = _finished(job, work, tasks, digests, partial(_map_task, function, file_bytes))
    yield entries
    work.keep(digests)


def run_regroup(function: RegroupFunction, tasks: Sequence[Task], folder: Path, job: Job) -> Manifest:
    """Scatter ``tasks``, gather every bucket, assemble ``folder``; raises MalmoiError naming every task that failed."""
    _distinct(tasks)
    scattered, gathered = job.folder("scatter"), job.folder("gather")
    base = _base(function)
    digests = [digest([base, task.identity()]) for task in tasks]
    before, wanted = _names(gathered), set(digests)

    def done() -> int:
        return len(_names(scattered) & wanted) + len(_names(gathered) - before)

    with progress_bar(job.name, len(tasks) + function.buckets, done):
        found = _finished(job, scattered, tasks, digests, partial(_scatter_task, function))
        buckets = {_gather_name(base, each): each for each in _buckets(function.buckets, found)}
        missing = {name: bucket for name, bucket in buckets.items() if not gathered.entry(name).complete()}
        size = sum(part.bytes for bucket in missing.values() for _, _, part in bucket.rows)
        elements = [json.dumps([*bucket, str(gathered.entry(name).folder)]) for name, bucket in missing.items()]
        run_each(job.machine, size, elements, partial(_gather_bucket, function))
    entries = _collected(job, gathered, [*buckets], [f"bucket {bucket.number}" for bucket in buckets.values()])
    with anew(folder) as made:
        manifest = _link_outputs(entries, function.schemas, digest(function), made)
    scattered.keep(digests)
    gathered.keep(buckets)
    return manifest


def _finished(
    job: Job, work: WorkFolder, tasks: Sequence[Task], digests: Sequence[str], write: Callable[[str], None]
) -> list[Entry]:
    """Entries of all tasks, in order, once ``write`` was called for each that is missing."""
    missing = {name: task for task, name in zip(tasks, digests, strict=True) if not work.entry(name).complete()}
    # A large task that begins last keeps one worker busy when the others have no more to do.
    largest_first = sorted(missing.items(), key=lambda each: _input_bytes([each[1]]), reverse=True)
    elements = [json.dumps([task.to_json(), str(work.entry(name).folder)]) for name, task in largest_first]
    run_each(job.machine, _input_bytes(missing.values()), elements, write)
    return _collected(job, work, digests, [f"task {task.name}" for task in tasks])


def _map_task(function: MapFunction, file_bytes: int | None, element: str) -> None:
    text, folder = json.loads(element)
    task = Task.from_json(text)
    with _reported(Path(folder)):
        Entry(Path(folder)).write(function.schemas, function(task), file_bytes=file_bytes)


def _scatter_task(function: RegroupFunction, element: str) -> None:
    text, folder = json.loads(element)
    batches = _bucket_batches(function, Task.from_json(text))
    with _reported(Path(folder)):
        Entry(Path(folder)).write({_SHUFFLE: function.shuffle_schema}, batches, rows_per_batch=None)


def _bucket_batches(function: RegroupFunction, task: Task) -> Iterator[tuple[str, pa.RecordBatch]]:
    """All rows of the task, one batch per bucket; within a bucket they keep their order."""
    narrow = np.uint16 if function.buckets <= _FEW_BUCKETS else np.int64
    parts: list[tuple[pa.RecordBatch, NDArray[np.int64]]] = []
    for buckets, batch in function.scatter(task):
        order = np.argsort(buckets.astype(narrow), kind="stable")
        edges = np.searchsorted(buckets[order], np.arange(function.buckets + 1))
        parts.append((batch.take(pa.array(order)) if function.buckets > 1 else batch, edges))
    for bucket in range(function.buckets):
        cuts = ((part, edges[bucket], edges[bucket + 1]) for part, edges in parts)
        rows = [part.slice(start, stop - start) for part, start, stop in cuts if start < stop]
        yield _SHUFFLE, pa.concat_batches(rows) if rows else pa.RecordBatch.from_pylist([], function.shuffle_schema)


class _Bucket(NamedTuple):
    """Where the rows of a bucket lie: index of a task, its file, and the part of it; of the tasks that have some."""

    number: int
    rows: list[tuple[int, str, Part]]


def _buckets(count: int, scattered: Sequence[Entry]) -> list[_Bucket]:
    buckets = [_Bucket(number, []) for number in range(count)]
    for index, entry in enumerate(scattered):
        path = str(entry.path(_SHUFFLE))
        for bucket, part in zip(buckets, entry.parts(_SHUFFLE), strict=True):
            if part.values:
                bucket.rows.append((index, path, part))
    return buckets


def _gather_name(base: str, bucket: _Bucket) -> str:
    """Digest of all that a bucket depends on."""
    return digest([base, bucket.number, [[index, part.values] for index, _, part in bucket.rows]])


def _gather_bucket(function: RegroupFunction, element: str) -> None:
    number, rows, folder = json.loads(element)
    batches = ((index, read_part(path, Part(*part), function.shuffle_schema)) for index, path, part in rows)
    with _reported(Path(folder)):
        Entry(Path(folder)).write(function.schemas, function.gather(number, batches))


@contextmanager
def _reported(folder: Path) -> Iterator[None]:
    """Leaves the reason of a failure beside the entry: every failed task is told at once and none stops another."""
    report = _report_path(folder)
    try:
        report.parent.mkdir(parents=True, exist_ok=True)
        report.unlink(missing_ok=True)
        yield
        return
    except MalmoiError as error:
        text = str(error)
    except OSError as error:
        text = reason(error, report.parent)
    with suppress(OSError):  # no room for the reason either: the missing result is noticed
        report.write_text(text, encoding="utf-8")


def _report_path(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.error")


def _base(function: object) -> str:
    return digest([type(function).__qualname__, function, code_version(type(function).__module__), versions()])


def _distinct(tasks: Sequence[Task]) -> None:
    repeated = [name for name, times in Counter(task.name for task in tasks).items() if times > 1]
    if repeated:
        raise ValueError(f"tasks share the name {repeated[0]}")


def _names(work: WorkFolder) -> set[str]:
    """Digests of the entries that are there, in one look: a progress bar asks several times a second."""
    try:
        return {path.name for path in work.root.iterdir() if "." not in path.name}
    except FileNotFoundError:
        return set()


def _input_bytes(tasks: Iterable[Task]) -> int:
    """Bytes that are read for ``tasks``, each once: a side input that all of them have counts as one."""
    ranges = {(part.path, part.start, part.stop): part.bytes for task in tasks for part in task.inputs}
    return sum(_range_bytes(path, start, stop, size) for (path, start, stop), size in ranges.items())


def _range_bytes(path: str, start: int, stop: int, size: int) -> int:
    if stop < 0:
        stop = size or (Path(path).stat().st_size if Path(path).is_file() else 0)
    return max(0, stop - start)


def _collected(job: Job, work: WorkFolder, digests: Sequence[str], names: Sequence[str]) -> list[Entry]:
    """Entries of all tasks, or buckets; raises MalmoiError with every reason for which one is missing."""
    entries = [work.entry(digest) for digest in digests]
    reasons: dict[str, list[str]] = {}
    for entry, name in zip(entries, names, strict=True):
        report = _report_path(entry.folder)
        if report.exists():
            reasons.setdefault(report.read_text(encoding="utf-8") or _NO_REASON, []).append(name)
        elif not entry.complete():
            reasons.setdefault(_NO_REASON, []).append(name)
    if reasons:
        for entry in entries:
            _report_path(entry.folder).unlink(missing_ok=True)
        lines = [f"{job.name}, {_several(failed)}: {text}" for text, failed in reasons.items()]
        more = [f"and {len(lines) - _REASONS_SHOWN} more reasons"] if len(lines) > _REASONS_SHOWN else []
        done = len(entries) - sum(map(len, reasons.values()))
        kind = names[0].split()[0]
        hint = f"{done} of {len(entries)} {kind}s are done and kept; mend the cause and run dvc repro to go on"
        raise MalmoiError("\n".join([*lines[:_REASONS_SHOWN], *more, hint]))
    return entries


def _several(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


def _read_counts(path: Path) -> Counter[str]:
    counts: Counter[str] = Counter()
    for batch in read_batches(path):
        for key, count in zip(batch["key"].to_pylist(), batch["count"].to_pylist(), strict=True):
            counts[key] += count
    return counts


def _link_outputs(
    entries: Sequence[Entry], schemas: Mapping[str, pa.Schema], parameters: str, folder: Path
) -> Manifest:
    """Make ``folder`` a dataset of finished entries, manifest last."""
    folder.mkdir(exist_ok=True)
    outputs: dict[str, list[Shard]] = {name: [] for name in schemas if name != COUNTS_OUTPUT}
    counts: Counter[str] = Counter()
    for entry in entries:
        for name, shards in entry.shards().items():
            for shard in shards:
                if name == COUNTS_OUTPUT:
                    counts.update(_read_counts(entry.folder / shard.file))
                    continue
                file = f"{name}/{len(outputs[name]):05d}.arrow"
                link(entry.folder / shard.file, folder / file)
                outputs[name].append(replace(shard, file=file))
    text = {name: schemas[name].to_string(show_field_metadata=False) for name in outputs}
    manifest = Manifest({name: tuple(shards) for name, shards in outputs.items()}, text, parameters, dict(counts))
    manifest.write(folder)
    return manifest
