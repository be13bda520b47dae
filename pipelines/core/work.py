"""The work folder: finished results of single tasks under the digest of all that they depend on.

A killed run finds here what it had finished, and a rebuild finds what has not changed. Outputs are assembled from it
whole, by hard link, so nothing stale can survive in them.
"""

import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

import pyarrow as pa

from pipelines.core.arrow import ROWS_PER_BATCH, ShardWriter, logical_hash, read_batches
from pipelines.core.fingerprint import file_digest
from pipelines.core.manifest import Shard

_ENTRY = "entry.json"


@dataclass(frozen=True)
class WorkFolder:
    """Entries of one job, each a folder named by a digest."""

    root: Path

    def entry(self, digest: str) -> "Entry":
        return Entry(self.root / digest)

    def keep(self, digests: Iterable[str]) -> None:
        """Remove every entry but these, so that removed text is gone from here too."""
        wanted = set(digests)
        for path in self.root.iterdir() if self.root.is_dir() else ():
            if path.name not in wanted:
                shutil.rmtree(path) if path.is_dir() else path.unlink()


@dataclass(frozen=True)
class Entry:
    """Result of one task: one file per output and, written last, what they hold."""

    folder: Path

    def complete(self) -> bool:
        try:
            return all(self.path(name).stat().st_size == shard.bytes for name, shard in self.shards().items())
        except (OSError, ValueError, KeyError, TypeError):
            return False

    def path(self, output: str) -> Path:
        return self.folder / f"{output}.arrow"

    def shards(self) -> dict[str, Shard]:
        content = json.loads((self.folder / _ENTRY).read_bytes())
        return {name: Shard(**shard) for name, shard in content.items()}

    def write(
        self,
        schemas: Mapping[str, pa.Schema],
        batches: Iterator[tuple[str, pa.RecordBatch]],
        rows_per_batch: int | None = ROWS_PER_BATCH,
    ) -> None:
        """Write all batches to their outputs; the entry appears whole or not at all."""
        temporary = self.folder.with_name(f".{self.folder.name}.{os.getpid()}")
        shutil.rmtree(temporary, ignore_errors=True)
        try:
            with ExitStack() as stack:
                writers = {
                    name: stack.enter_context(ShardWriter(temporary / f"{name}.arrow", schema, rows_per_batch))
                    for name, schema in schemas.items()
                }
                for name, batch in batches:
                    writers[name].write(batch)
            shards = {name: describe(writer.path, writer.schema, writer.rows) for name, writer in writers.items()}
            (temporary / _ENTRY).write_text(json.dumps({name: asdict(shard) for name, shard in shards.items()}))
            shutil.rmtree(self.folder, ignore_errors=True)
            self._appear(temporary)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)

    def _appear(self, temporary: Path) -> None:
        try:
            temporary.replace(self.folder)
        except OSError:
            # Another process may have finished an equal task, as of a second empty shard, in the meantime.
            if not self.complete():
                raise


def describe(path: Path, schema: pa.Schema, rows: int) -> Shard:
    """Size and digests of one finished file."""
    return Shard(path.name, rows, path.stat().st_size, file_digest(path), logical_hash(read_batches(path), schema))


def link(source: Path, target: Path) -> None:
    """Make ``target`` the same file as ``source``; a copy where the file system cannot link."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        target.hardlink_to(source)
    except OSError:
        shutil.copyfile(source, target)
