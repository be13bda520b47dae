"""The two verbs of the data half: map and regroup.

*map*: every task becomes one shard, in order; nothing crosses workers.
*regroup*: rows meet by the hash of a key. Each task writes one Arrow file with one record batch per bucket, then each
bucket gathers its batches and becomes one shard: files grow with tasks, not with tasks times buckets, and memory with
one bucket.

A stage gives a frozen dataclass that is a pure function over Arrow batches; its fields are its parameters. Naming,
atomic writes, the work folder, resuming, progress and manifests are here.
"""

import json
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.core.arrow import open_shard, read_batches
from pipelines.core.errors import MalmoiError
from pipelines.core.fingerprint import code_version, digest, versions
from pipelines.core.machine import Machine
from pipelines.core.manifest import Manifest, Shard
from pipelines.core.progress import progress_bar
from pipelines.core.runner import run_each, run_grouped
from pipelines.core.tasks import Task
from pipelines.core.work import Entry, WorkFolder, link

COUNTS_OUTPUT = "counts"
_SHUFFLE = "shuffle"


class MapFunction(Protocol):
    """Pure function of one task; yields batches by the name of the output that they belong to, in order."""

    @property
    def schemas(self) -> Mapping[str, pa.Schema]: ...

    def __call__(self, task: Task) -> Iterator[tuple[str, pa.RecordBatch]]: ...


class RegroupFunction(Protocol):
    """Pure functions of one task and of one bucket."""

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


def run_map(function: MapFunction, tasks: Sequence[Task], folder: Path, job: Job) -> Manifest:
    """Run ``function`` over ``tasks`` and assemble ``folder``; raises MalmoiError naming every task that failed."""
    _distinct(tasks)
    work = job.folder("map")
    base = _base(function)
    digests = [digest([base, task.identity()]) for task in tasks]
    missing = [(task, name) for task, name in zip(tasks, digests, strict=True) if not work.entry(name).complete()]
    with progress_bar(job.name, len(tasks), lambda: sum(_finished(work, name) for name in digests)):
        elements = [json.dumps([task.to_json(), str(work.entry(name).folder)]) for task, name in missing]
        if missing:
            run_each(job.machine, _input_bytes(task for task, _ in missing), elements, partial(_map_task, function))
    entries = _collected(job, work, digests)
    manifest = _assemble(entries, function.schemas, digest(function), folder)
    work.keep(digests)
    return manifest


def run_regroup(function: RegroupFunction, tasks: Sequence[Task], folder: Path, job: Job) -> Manifest:
    """Scatter ``tasks``, gather every bucket, assemble ``folder``; raises MalmoiError naming every task that failed."""
    _distinct(tasks)
    scattered, gathered = job.folder("scatter"), job.folder("gather")
    base = _base(function)
    digests = [digest([base, task.identity()]) for task in tasks]
    before = set(_names(gathered))
    done = lambda: sum(_finished(scattered, name) for name in digests) + len(set(_names(gathered)) - before)  # noqa: E731
    with progress_bar(job.name, len(tasks) + function.buckets, done):
        if not _gather_digests(base, function.buckets, scattered, digests, gathered):
            elements = [
                json.dumps([index, task.to_json(), str(scattered.entry(name).folder)])
                for index, (task, name) in enumerate(zip(tasks, digests, strict=True))
            ]
            scatter = partial(_scatter_task, function)
            gather = partial(_gather_bucket, function, base, str(gathered.root))
            run_grouped(job.machine, _input_bytes(tasks), elements, scatter, gather, function.buckets)
    _collected(job, scattered, digests)
    names = _gather_digests(base, function.buckets, scattered, digests, None)
    entries = _collected(job, gathered, names)
    manifest = _assemble(entries, function.schemas, digest(function), folder)
    scattered.keep(digests)
    gathered.keep(names)
    return manifest


def _map_task(function: MapFunction, element: str) -> None:
    text, folder = json.loads(element)
    task = Task.from_json(text)
    with _Reported(Path(folder), task.name):
        Entry(Path(folder)).write(function.schemas, function(task))


def _scatter_task(function: RegroupFunction, element: str) -> Iterator[tuple[int, tuple[int, str]]]:
    index, text, folder = json.loads(element)
    entry, task = Entry(Path(folder)), Task.from_json(text)
    if not entry.complete():
        with _Reported(entry.folder, task.name):
            entry.write({_SHUFFLE: function.shuffle_schema}, _bucket_batches(function, task), rows_per_batch=None)
    if entry.complete():
        yield from ((bucket, (index, folder)) for bucket in range(function.buckets))


def _bucket_batches(function: RegroupFunction, task: Task) -> Iterator[tuple[str, pa.RecordBatch]]:
    """All rows of the task, one batch per bucket; within a bucket they keep their order."""
    parts = list(function.scatter(task))
    schema = function.shuffle_schema
    table = pa.Table.from_batches([batch for _, batch in parts], schema)
    buckets = np.concatenate([np.zeros(0, np.int64), *(bucket for bucket, _ in parts)])
    order = np.argsort(buckets, kind="stable")
    ends = np.searchsorted(buckets[order], np.arange(function.buckets), side="right")
    start = 0
    for end in ends:
        whole = end - start == table.num_rows
        rows = (table if whole else table.take(pa.array(order[start:end]))).combine_chunks()
        start = int(end)
        yield _SHUFFLE, rows.to_batches()[0] if rows.num_rows else pa.RecordBatch.from_pylist([], schema)


def _gather_bucket(
    function: RegroupFunction, base: str, root: str, element: tuple[int, Iterable[tuple[int, str]]]
) -> None:
    bucket, arrived = element
    folders = [folder for index, folder in sorted(arrived) if index >= 0]
    name = _gather_digest(base, bucket, [Path(folder).name for folder in folders])
    entry = WorkFolder(Path(root)).entry(name)
    if entry.complete():
        return
    with _Reported(entry.folder, f"bucket {bucket}"):
        parts = _bucket_parts([Entry(Path(folder)).path(_SHUFFLE) for folder in folders], bucket)
        entry.write(function.schemas, function.gather(bucket, parts))


def _bucket_parts(paths: Sequence[Path], bucket: int) -> Iterator[tuple[int, pa.RecordBatch]]:
    for index, path in enumerate(paths):
        with open_shard(path) as reader:
            batch = reader.get_batch(bucket)
        if batch.num_rows:
            yield index, batch


class _Reported:
    """Leaves the reason of a failure beside the entry: every failed task is told at once and none stops another."""

    def __init__(self, folder: Path, name: str) -> None:
        self.path = folder.with_name(f"{folder.name}.error.json")
        self.name = name

    def __enter__(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.unlink(missing_ok=True)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> bool:
        if isinstance(error, MalmoiError):
            reason = str(error)
        elif isinstance(error, OSError):
            reason = f"{error.strerror or str(error).splitlines()[0]} ({error.filename or self.path.parent})"
        else:
            return False
        self.path.write_text(json.dumps({"task": self.name, "reason": reason}), encoding="utf-8")
        return True


def _base(function: object) -> str:
    return digest([type(function).__qualname__, function, code_version(type(function).__module__), versions()])


def _distinct(tasks: Sequence[Task]) -> None:
    repeated = [name for name, times in Counter(task.name for task in tasks).items() if times > 1]
    if repeated:
        raise ValueError(f"tasks share the name {repeated[0]}")


def _finished(work: WorkFolder, name: str) -> bool:
    return (work.root / name / "entry.json").exists()


def _names(work: WorkFolder) -> list[str]:
    return [path.name for path in work.root.iterdir() if "." not in path.name] if work.root.is_dir() else []


def _input_bytes(tasks: Iterable[Task]) -> int:
    parts = (part for task in tasks for part in task.inputs)
    return sum((part.stop if part.stop >= 0 else Path(part.path).stat().st_size) - part.start for part in parts)


def _gather_digest(base: str, bucket: int, scattered: Sequence[str]) -> str:
    return digest([base, bucket, list(scattered)])


def _gather_digests(
    base: str, buckets: int, scattered: WorkFolder, digests: Sequence[str], gathered: WorkFolder | None
) -> list[str]:
    """Names of all bucket entries; none when ``gathered`` is given and it, or ``scattered``, lacks one."""
    names = [_gather_digest(base, bucket, digests) for bucket in range(buckets)]
    if gathered is None:
        return names
    complete = all(scattered.entry(name).complete() for name in digests)
    return names if complete and all(gathered.entry(name).complete() for name in names) else []


def _collected(job: Job, work: WorkFolder, digests: Sequence[str]) -> list[Entry]:
    entries = [work.entry(name) for name in digests]
    reasons = []
    for entry in entries:
        report = entry.folder.with_name(f"{entry.folder.name}.error.json")
        if report.exists():
            content = json.loads(report.read_bytes())
            reasons.append(f"{job.name}, task {content['task']}: {content['reason']}")
            report.unlink()
        elif not entry.complete():
            reasons.append(f"{job.name}: no result for {entry.folder.name}, though nothing was reported; run it again")
    if reasons:
        finished = len(entries) - len(reasons)
        hint = f"{finished} of {len(entries)} tasks are done and kept; mend the cause and run dvc repro to go on"
        raise MalmoiError("\n".join([*dict.fromkeys(reasons), hint]))
    return entries


def _assemble(entries: Sequence[Entry], schemas: Mapping[str, pa.Schema], parameters: str, folder: Path) -> Manifest:
    """Build ``folder`` anew from finished entries, manifest last."""
    temporary = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(temporary, ignore_errors=True)
    outputs: dict[str, list[Shard]] = {name: [] for name in schemas if name != COUNTS_OUTPUT}
    counts: Counter[str] = Counter()
    for index, entry in enumerate(entries):
        for name, shard in entry.shards().items():
            if name == COUNTS_OUTPUT:
                for batch in read_batches(entry.path(name)):
                    for key, count in zip(batch["key"].to_pylist(), batch["count"].to_pylist(), strict=True):
                        counts[key] += count
                continue
            file = f"{name}/{index:05d}.arrow"
            link(entry.path(name), temporary / file)
            outputs[name].append(replace(shard, file=file))
    text = {name: schemas[name].to_string(show_field_metadata=False) for name in outputs}
    manifest = Manifest({name: tuple(shards) for name, shards in outputs.items()}, text, parameters, dict(counts))
    temporary.mkdir(parents=True, exist_ok=True)
    manifest.write(temporary)
    shutil.rmtree(folder, ignore_errors=True)
    temporary.replace(folder)
    return manifest
