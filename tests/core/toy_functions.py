"""Map and regroup functions small enough to reason about, importable by worker processes."""

import os
import signal
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.core.errors import MalmoiError
from pipelines.core.schemas import COUNTS, counts_batch
from pipelines.core.tasks import Task

WORDS = pa.schema([pa.field("word", pa.string(), nullable=False), pa.field("times", pa.int64(), nullable=False)])


def read_words(task: Task) -> list[str]:
    words: list[str] = []
    for part in task.inputs:
        with Path(part.path).open("rb") as file:
            file.seek(part.start)
            words += file.read(part.stop - part.start if part.stop >= 0 else -1).decode().split()
    return words


@dataclass(frozen=True)
class Repeat:
    """Writes every word of the input ``times`` times; the word ``stop`` is an error."""

    times: int
    schemas: ClassVar[Mapping[str, pa.Schema]] = {"words": WORDS, "counts": COUNTS}

    def __call__(self, task: Task) -> Iterator[tuple[str, pa.RecordBatch]]:
        words = read_words(task)
        if "stop" in words:
            raise MalmoiError(f"{task.inputs[0].path}: holds the word that stops; remove it")
        for word in words:
            yield "words", pa.record_batch([pa.array([word]), pa.array([self.times])], WORDS)
        yield "counts", counts_batch({"words": len(words)})


@dataclass(frozen=True)
class DieOnce:
    """Kills its own process, as a system without memory does, unless the file ``died`` says that it did so before."""

    died: str
    schemas: ClassVar[Mapping[str, pa.Schema]] = {"words": WORDS}

    def __call__(self, task: Task) -> Iterator[tuple[str, pa.RecordBatch]]:
        if not Path(self.died).exists():
            Path(self.died).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        words = read_words(task)
        yield "words", pa.record_batch([pa.array(words), pa.array([1] * len(words))], WORDS)


@dataclass(frozen=True)
class CountWords:
    """Counts words over all tasks."""

    buckets: int
    schemas: ClassVar[Mapping[str, pa.Schema]] = {"words": WORDS, "counts": COUNTS}
    shuffle_schema: ClassVar[pa.Schema] = pa.schema([pa.field("word", pa.string(), nullable=False)])

    def scatter(self, task: Task) -> Iterator[tuple[NDArray[np.int64], pa.RecordBatch]]:
        words = read_words(task)
        for start in range(0, len(words), 3):
            few = words[start : start + 3]
            buckets = np.array([sum(word.encode()) % self.buckets for word in few], np.int64)
            yield buckets, pa.record_batch([pa.array(few)], self.shuffle_schema)

    def gather(self, bucket: int, parts: Iterator[tuple[int, pa.RecordBatch]]) -> Iterator[tuple[str, pa.RecordBatch]]:
        words = [word for _, batch in parts for word in batch["word"].to_pylist()]
        distinct = sorted(set(words))
        times = pa.array([words.count(word) for word in distinct], pa.int64())
        yield "words", pa.record_batch([pa.array(distinct, pa.string()), times], WORDS)
        yield "counts", counts_batch({"distinct": len(distinct)})
