"""``manifest.json``: what a dataset folder holds, written last and checked by whoever reads the folder."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pipelines.core.errors import MalmoiError
from pipelines.core.files import write_file
from pipelines.core.fingerprint import file_digest, versions
from pipelines.core.seen import Seen

NAME = "manifest.json"
FORMAT = 1


@dataclass(frozen=True)
class Shard:
    """One file of a dataset: path below the folder, rows, bytes, digest of the bytes, digest of the values."""

    file: str
    rows: int
    bytes: int
    digest: str
    values: str


@dataclass(frozen=True)
class Manifest:
    """Shards by output, in order; the schemas; digest of the parameters; summed counts."""

    outputs: Mapping[str, tuple[Shard, ...]]
    schemas: Mapping[str, str]
    parameters: str
    counts: Mapping[str, int]

    def rows(self, output: str) -> int:
        return sum(shard.rows for shard in self.outputs[output])

    def write(self, folder: Path) -> None:
        content = {"format": FORMAT, "versions": versions(), **asdict(self)}
        write_json(folder / NAME, content)

    @classmethod
    def read(cls, folder: Path) -> "Manifest":
        """The manifest of ``folder``; raises MalmoiError where it is missing, damaged or of another format."""
        path = folder / NAME
        remedy = "run dvc repro to build this folder again"
        try:
            content: dict[str, Any] = json.loads(path.read_bytes())
            if content["format"] != FORMAT:
                raise MalmoiError(f"{path}: format {content['format']}, this version reads {FORMAT}; {remedy}")
            outputs = {name: tuple(Shard(**shard) for shard in shards) for name, shards in content["outputs"].items()}
            return cls(outputs, content["schemas"], content["parameters"], content["counts"])
        except FileNotFoundError:
            raise MalmoiError(f"{path}: missing, so the folder is incomplete; {remedy}") from None
        except (ValueError, KeyError, TypeError, AttributeError):
            raise MalmoiError(f"{path}: damaged; {remedy}") from None


def verify(folder: Path, seen: Seen | None = None) -> Manifest:
    """The manifest, once every shard is found to have the recorded size and content; raises MalmoiError otherwise.

    A file that ``seen`` knows the digest of is not read again.
    """
    manifest = Manifest.read(folder)
    for shards in manifest.outputs.values():
        for shard in shards:
            path = folder / shard.file
            remedy = "delete the folder and run dvc repro"
            try:
                size = path.stat().st_size
            except (FileNotFoundError, NotADirectoryError):
                raise MalmoiError(f"{path}: missing, though {NAME} lists it; {remedy}") from None
            if size != shard.bytes:
                raise MalmoiError(f"{path}: {size:,} bytes, {NAME} says {shard.bytes:,}; {remedy}")
            if (seen and seen.known(path)) == shard.digest:
                continue
            if file_digest(path) != shard.digest:
                raise MalmoiError(f"{path}: content is not what {NAME} recorded; {remedy}")
            if seen:
                seen.remember(path, shard.digest)
    if seen:
        seen.save()
    return manifest


def write_json(path: Path, content: object) -> None:
    """Sorted, indented JSON with a final newline."""
    write_file(path, (json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode())
