"""What files a source has, and what has to be known of each before it is cut into tasks."""

import dataclasses
import json
import os
import re
import stat
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from glob import glob, has_magic
from importlib.metadata import version
from pathlib import Path, PurePath
from typing import Any

from tqdm import tqdm
from xxhash import xxh3_128

from pipelines.core.errors import MalmoiError
from pipelines.core.files import write_file
from pipelines.core.fingerprint import code_version, digest
from pipelines.core.seen import Seen
from pipelines.sources.compression import MAGIC_BYTES, compression_of, decompressed
from pipelines.sources.detection import PlainCheck, detect_encoding
from pipelines.sources.formats import load_format
from pipelines.sources.options import FORMATS, SourceOptions
from pipelines.sources.records import (
    BINARY_FILE,
    EMPTY_FILE,
    INVALID_ARROW,
    INVALID_PARQUET,
    UNREADABLE_FILE,
    StreamError,
)
from pipelines.sources.storage import RemoteFile, open_file, remote_file, remote_files, scheme_of
from pipelines.sources.streams import raw_chunks

_SHOWN = 20
# Of a remote file this much is looked at for its encoding.
SAMPLE_BYTES = 8 << 20


@dataclass(frozen=True)
class SourceFile:
    """One file: ``bytes`` as it lies on disk, ``text_bytes`` unpacked.

    ``malformed`` counts the bytes that cannot stand where they do in ``encoding``. ``parts`` are the sizes of the
    pieces that can be read alone, for a format that has such. ``error`` is "" or what is wrong with the whole file.
    """

    path: str
    bytes: int = 0
    digest: str = ""
    compression: str = "none"
    encoding: str = ""
    text_bytes: int = 0
    malformed: int = 0
    parts: tuple[int, ...] = ()
    error: str = ""

    @property
    def unusable(self) -> bool:
        """Whether nothing can be read of it; of a damaged compressed file, what comes before the damage can."""
        return self.error in {EMPTY_FILE, UNREADABLE_FILE, BINARY_FILE, INVALID_PARQUET, INVALID_ARROW}


@dataclass(frozen=True)
class Listing:
    """The files of a source, in the order of their paths."""

    source: SourceOptions
    files: tuple[SourceFile, ...]


def list_files(key: str, source: SourceOptions, seen: Seen | None = None) -> Listing:
    """Expand the glob and read every file that ``seen`` does not know once, several at a time.

    What is wrong with a file is noted, not raised. Raises MalmoiError where the glob matches no file.
    """
    found = find_files(key, source)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        files = pool.map(lambda file: _known_or_inspected(file, source.format, seen), found)
        listing = Listing(source, tuple(tqdm(files, f"sources: {key}", len(found), unit="file", dynamic_ncols=True)))
    if seen:
        seen.save()
    return listing


def inspection_version(source: SourceOptions) -> str:
    """Digest of all that decides what ``inspect_file`` says of a file, beside the file."""
    libraries = {name: version(name) for name in FORMATS[source.format].libraries}
    return digest([code_version(__name__), source.format, libraries])


def _known_or_inspected(path: str | RemoteFile, format_name: str, seen: Seen | None) -> SourceFile:
    if seen is None or isinstance(path, RemoteFile):
        return inspect_file(path, format_name)
    known = seen.known(Path(path))
    if known is not None:
        return _source_file(known)
    file = inspect_file(path, format_name)
    if not file.error:  # rights may be given without a change of the file
        seen.remember(Path(path), dataclasses.asdict(file))
    return file


def _source_file(fields: Mapping[str, Any]) -> SourceFile:
    return SourceFile(**{**fields, "parts": tuple(fields["parts"])})


def find_files(key: str, source: SourceOptions) -> Sequence[str | RemoteFile]:
    """The files of a source, in order; raises MalmoiError where there is none."""
    try:
        found = _found(source)
    except MalmoiError as error:
        raise MalmoiError(f"sources.{key}.{error}") from None
    if not found:
        raise MalmoiError(
            f"sources.{key}.path: no file matches {source.path} (seen from {Path.cwd()}); correct the path, put files "
            f"there, or remove the source"
        )
    return found


def _found(source: SourceOptions) -> Sequence[str | RemoteFile]:
    files_of = load_format(source.format).files
    if files_of is not None:
        return [remote_file(path) if scheme_of(path) else path for path in files_of(source)]
    if scheme_of(source.path):
        try:
            return remote_files(source.path)
        except MalmoiError as error:
            raise MalmoiError(f"path: {error}") from None
    # Path.glob takes no absolute pattern; this one gives the folder before ** also where there is none.
    found = (path for path in glob(source.path, recursive=True) if not path.endswith("/"))  # noqa: PTH207
    return sorted({path for path in found if not Path(path).is_dir()})


def inspect_file(path: str | RemoteFile, format_name: str) -> SourceFile:
    """Size, digest, compression and encoding of one file, in constant memory.

    Of a remote file no more is read than its first 8 MiB: its digest is that of what its store says of its content,
    and its encoding that of this part.
    """
    if isinstance(path, RemoteFile):
        return _inspect_remote(path, format_name)
    try:
        # Opening a pipe would wait for ever.
        if not stat.S_ISREG(Path(path).stat().st_mode):
            return SourceFile(path, error=UNREADABLE_FILE)
        return _inspect(path, format_name)
    except OSError:
        return SourceFile(path, error=UNREADABLE_FILE)


def write_listing(path: Path, listing: Listing) -> None:
    """Write a listing; the same files give the same bytes."""
    text = json.dumps(dataclasses.asdict(listing), ensure_ascii=False, sort_keys=True, indent=2) + "\n"
    # Names of files that are not UTF-8 go through Python as lone surrogates.
    write_file(path, text.encode("utf-8", "surrogateescape"))


def read_listing(path: Path) -> Listing:
    """Read a listing; raises MalmoiError where it is missing or damaged."""
    try:
        content = json.loads(path.read_text(encoding="utf-8", errors="surrogateescape"))
        files = tuple(map(_source_file, content["files"]))
        return Listing(SourceOptions(**content["source"]), files)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise MalmoiError(f"{path}: missing or damaged; run dvc repro sources") from error


def check_unchanged(listing: Listing) -> None:
    """Raises MalmoiError naming the files that are gone, or of another size or remote identity than when listed."""
    remote = any(scheme_of(file.path) for file in listing.files)
    digests = {file.path: file.digest for file in _remote_now(listing.source)} if remote else {}
    changed = [
        file.path
        for file in listing.files
        if not file.unusable
        and (digests.get(file.path) != file.digest if scheme_of(file.path) else _size(file.path) != file.bytes)
    ]
    if changed:
        raise MalmoiError(
            f"{len(changed)} of {len(listing.files)} files are gone, or changed since they were listed; list them "
            "again with dvc repro --single-item --force sources:\n  " + "\n  ".join(map(shown_path, changed[:_SHOWN]))
        )


def damages(listing: Listing) -> Iterator[str]:
    """A line for each file that cannot be read as a whole."""
    for file in listing.files:
        if file.unusable:
            yield f"{shown_path(file.path)}: {file.error.replace('_', ' ')}, nothing is read of it; mend or remove it"
        elif file.error:
            yield f"{shown_path(file.path)}: {file.error.replace('_', ' ')}, what comes before is read; fetch it again"


def summarise(listing: Listing) -> dict[str, int | Mapping[str, int]]:
    """Counts for the metrics: files, bytes, encodings, compressions, errors."""
    files = listing.files
    return {
        "files": len(files),
        "bytes": sum(file.bytes for file in files),
        "text_bytes": sum(file.text_bytes for file in files),
        "malformed": sum(file.malformed for file in files),
        "encodings": dict(Counter(file.encoding for file in files if file.encoding)),
        "compressions": dict(Counter(file.compression for file in files)),
        "errors": dict(Counter(file.error for file in files if file.error)),
    }


def glob_root(pattern: str) -> PurePath:
    """The folder where a glob begins to have wildcards; names of documents are relative to it."""
    parts = PurePath(pattern).parts
    fixed = next((index for index, part in enumerate(parts) if has_magic(part)), len(parts) - 1)
    return PurePath(*parts[:fixed])


def relative_name(path: str, source: SourceOptions) -> str:
    """The path of a file below the folder where the glob of its source begins to have wildcards."""
    if not scheme_of(path):
        return PurePath(path).relative_to(glob_root(source.path)).as_posix()
    fixed = re.split(r"[*?[]", source.path)[0]
    # A new revision of a data set must not give its documents other names.
    return path.replace(f"@{source.revision}", "", 1).removeprefix(fixed[: fixed.rindex("/") + 1])


def shown_path(path: str) -> str:
    """``path`` as valid text: bytes that are no UTF-8 are written as \\xNN."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


class _Inspection:
    """What one pass over a file gathers."""

    def __init__(self) -> None:
        self.bytes = self.text_bytes = 0
        self.error = ""
        self._hash = xxh3_128()

    def raw(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self.bytes += len(chunk)
            self._hash.update(chunk)
            yield chunk

    def unpacked(self, chunks: Iterator[bytes], compression: str) -> Iterator[bytes]:
        try:
            for chunk in decompressed(chunks, compression):
                self.text_bytes += len(chunk)
                yield chunk
        except StreamError as error:
            self.error = error.rule
        for _ in chunks:
            pass

    def digest(self) -> str:
        return self._hash.hexdigest()


def _inspect(path: str, format_name: str) -> SourceFile:
    inspection, check, head = _Inspection(), PlainCheck(), b""
    with Path(path).open("rb") as file:
        compression = compression_of(file.read(MAGIC_BYTES))
        file.seek(0)
        chunks = inspection.raw(raw_chunks(file))
        is_text = FORMATS[format_name].cut == "lines"
        if is_text:
            for chunk in inspection.unpacked(chunks, compression):
                head = head if len(head) >= 4 else head + chunk[:4]
                check.update(chunk)
        else:
            for chunk in chunks:
                inspection.text_bytes += len(chunk) if compression == "none" else 0
    encoding, malformed, error = "", 0, inspection.error
    parts: tuple[int, ...] = ()
    try:
        if not (inspection.text_bytes if is_text else inspection.bytes) and not error:
            error = EMPTY_FILE
        elif is_text:
            encoding, malformed = detect_encoding(head, check.finish(), lambda: _content(path, compression))
        else:
            parts = _parts(path, compression, format_name)
    except StreamError as found:
        error = found.rule
    size, text_size = inspection.bytes, inspection.text_bytes
    return SourceFile(path, size, inspection.digest(), compression, encoding, text_size, malformed, parts, error)


def _inspect_remote(file: RemoteFile, format_name: str) -> SourceFile:
    if not file.bytes:
        return SourceFile(file.path, digest=file.digest, error=EMPTY_FILE)
    cut = FORMATS[format_name].cut
    with open_file(file.path) as stream:
        sample = stream.read(SAMPLE_BYTES if cut == "lines" else MAGIC_BYTES)
    compression = compression_of(sample)
    text_bytes = file.bytes if compression == "none" else 0
    encoding, malformed, error = "", 0, ""
    parts: tuple[int, ...] = ()
    try:
        if cut == "lines":
            encoding, malformed = _sampled_encoding(sample, compression, len(sample) < file.bytes)
        elif cut == "parts":  # those of other formats are found by reading the whole file
            parts = _parts(file.path, compression, format_name)
    except StreamError as found:
        error = found.rule
    return SourceFile(file.path, file.bytes, file.digest, compression, encoding, text_bytes, malformed, parts, error)


def _sampled_encoding(sample: bytes, compression: str, is_cut: bool) -> tuple[str, int]:
    content, check = bytearray(), PlainCheck()
    with suppress(StreamError):
        for chunk in decompressed(iter([sample]), compression):
            content += chunk
            if len(content) >= SAMPLE_BYTES:
                break
    if is_cut and b"\n" in content:
        del content[content.rindex(b"\n") + 1 :]  # a character may be cut
    check.update(bytes(content))
    return detect_encoding(bytes(content[:4]), check.finish(), lambda: iter([bytes(content)]))


def _parts(path: str, compression: str, format_name: str) -> tuple[int, ...]:
    parts_of = load_format(format_name).parts
    return parts_of(path, compression) if parts_of is not None else ()


def _remote_now(source: SourceOptions) -> Iterator[RemoteFile]:
    return (file for file in _found(source) if isinstance(file, RemoteFile))


def _size(path: str) -> int:
    try:
        return Path(path).stat().st_size
    except OSError:
        return -1


def _content(path: str, compression: str) -> Iterator[bytes]:
    with Path(path).open("rb") as file:
        yield from decompressed(raw_chunks(file), compression)
