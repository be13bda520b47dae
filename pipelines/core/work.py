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
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any

import pyarrow as pa

from pipelines.core.arrow import ROWS_PER_BATCH, Part, ShardWriter
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
    """Result of one task: one file per output, or several, and, written last, what they hold."""

    folder: Path

    def complete(self) -> bool:
        try:
            shards = [shard for files in self._content()["shards"].values() for shard in files]
            files = [(f"{self.folder}/{shard['file']}", shard["bytes"]) for shard in shards]
            return all(os.stat(path).st_size == size for path, size in files)  # noqa: PTH116  (thousands, at every start)
        except (OSError, ValueError, KeyError, TypeError):
            return False

    def path(self, output: str) -> Path:
        """The first file of ``output``; the only one where none was split."""
        return self.folder / _file_name(output, 0)

    def shards(self) -> dict[str, tuple[Shard, ...]]:
        """The files of every output, in order; their paths are below ``folder``."""
        return {name: tuple(Shard(**shard) for shard in files) for name, files in self._content()["shards"].items()}

    def parts(self, output: str) -> list[Part]:
        """The batches of an output that was written batch by batch."""
        return [Part(*part) for part in self._content()["parts"][output]]

    def _content(self) -> dict[str, Any]:
        return _read(f"{self.folder}/{_ENTRY}")

    def write(
        self,
        schemas: Mapping[str, pa.Schema],
        batches: Iterator[tuple[str, pa.RecordBatch]],
        rows_per_batch: int | None = ROWS_PER_BATCH,
        file_bytes: int | None = None,
    ) -> None:
        """Write all batches to their outputs; the entry appears whole or not at all.

        An output goes on in another file once one holds ``file_bytes``.
        """
        temporary = self.folder.with_name(f".{self.folder.name}.{os.getpid()}")
        shutil.rmtree(temporary, ignore_errors=True)
        try:
            with ExitStack() as stack:
                writers = {
                    name: stack.enter_context(_OutputWriter(temporary, name, schema, rows_per_batch, file_bytes))
                    for name, schema in schemas.items()
                }
                for name, batch in batches:
                    writers[name].write(batch)
            shards = {name: [asdict(shard) for shard in writer.shards] for name, writer in writers.items()}
            parts = {name: writer.parts for name, writer in writers.items()}
            (temporary / _ENTRY).write_text(json.dumps({"shards": shards, "parts": parts}))
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


@lru_cache(maxsize=4096)
def _read(path: str) -> dict[str, Any]:
    """What an entry says of itself, which never changes under its name."""
    content: dict[str, Any] = json.loads(Path(path).read_bytes())
    return content


class _OutputWriter:
    """The files of one output, one after the other."""

    def __init__(
        self, folder: Path, name: str, schema: pa.Schema, rows_per_batch: int | None, file_bytes: int | None
    ) -> None:
        self.shards: list[Shard] = []
        self.parts: list[Part] = []
        self._folder, self._name, self._file_bytes = folder, name, file_bytes
        self._schema, self._rows_per_batch = schema, rows_per_batch

    def __enter__(self) -> "_OutputWriter":
        path = self._folder / _file_name(self._name, len(self.shards))
        self._writer = ShardWriter(path, self._schema, self._rows_per_batch).__enter__()
        return self

    def write(self, batch: pa.RecordBatch) -> None:
        if self._file_bytes is not None and self._writer.bytes >= self._file_bytes:
            self.__exit__(None, None, None)
            self.__enter__()
        self._writer.write(batch)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.__exit__(kind, error, trace)
        if kind is None:
            self.parts += self._writer.parts
            self.shards.append(describe(self._writer))


def _file_name(output: str, part: int) -> str:
    return f"{output}.arrow" if not part else f"{output}.{part:05d}.arrow"


def describe(written: ShardWriter) -> Shard:
    """Size and digests of the file that a writer has finished."""
    path = written.path
    return Shard(path.name, written.rows, path.stat().st_size, file_digest(path), written.values)


def link(source: Path, target: Path) -> None:
    """Make ``target`` the same file as ``source``; a copy where the file system cannot link."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        target.hardlink_to(source)
    except OSError:
        shutil.copyfile(source, target)
