"""A folder of shards with its manifest, as consumers see it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from pipelines.core.arrow import read_batches
from pipelines.core.manifest import Manifest, verify
from pipelines.core.seen import Seen
from pipelines.core.tasks import FileRange, Task, named_by_source


@dataclass(frozen=True)
class Dataset:
    """Verified shards of one folder."""

    folder: Path
    manifest: Manifest

    @classmethod
    def open(cls, folder: Path, seen: Seen | None = None) -> "Dataset":
        """Check the folder against its manifest, but for what ``seen`` knows; raises MalmoiError on a difference."""
        return cls(folder, verify(folder, seen))

    def files(self, output: str) -> list[Path]:
        return [self.folder / shard.file for shard in self.manifest.outputs[output]]

    def batches(self, output: str) -> Iterator[pa.RecordBatch]:
        for path in self.files(output):
            yield from read_batches(path)

    def tasks(self, output: str) -> tuple[Task, ...]:
        """One task per shard, in order."""
        return tuple(
            Task(f"{index:05d}", (FileRange(str(self.folder / shard.file), shard.digest),))
            for index, shard in enumerate(self.manifest.outputs[output])
        )


def all_tasks(sources: Mapping[str, Dataset], output: str) -> tuple[Task, ...]:
    """One task per shard of all ``sources``, in their order."""
    return named_by_source({source: data.tasks(output) for source, data in sources.items()})
