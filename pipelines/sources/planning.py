"""Cuts the files of a source into tasks of like size, so that a change of one file touches few of them."""

import hashlib
from collections.abc import Iterator

from pipelines.core.tasks import FileRange, Task
from pipelines.sources.encodings import is_wide
from pipelines.sources.listing import Listing, SourceFile, relative_name, shown_path
from pipelines.sources.options import FORMATS, SourceOptions
from pipelines.sources.storage import scheme_of

# A big file is cut into ranges of this size, so that all workers read it.
RANGE_BYTES = 16 << 20
PACKED_RANGE_BYTES = 8 << 20
# Small files are gathered to tasks of about this size: changing one of a hundred files of 1 MB redoes 2 of them.
GROUP_BYTES = 2 << 20
# What opening a file costs, as bytes of text.
_FILE_BYTES = 4 << 10


def plan(listing: Listing) -> tuple[Task, ...]:
    """The tasks of a source, in the order of its files.

    Small files share a task; whether one ends its group follows from its own path and size, not from what comes before
    it, so that a new file changes the group that it falls into and no other.
    """
    groups: list[list[tuple[SourceFile, FileRange]]] = []
    open_group: list[tuple[SourceFile, FileRange]] = []
    for file in listing.files:
        ranges = list(_ranges(file, listing.source))
        if len(ranges) > 1:
            groups += [open_group, *([(file, part)] for part in ranges)]
            open_group = []
            continue
        open_group.append((file, ranges[0]))
        if _ends_group(file):
            groups.append(open_group)
            open_group = []
    groups.append(open_group)
    return tuple(task_of(index, group, listing.source) for index, group in enumerate(filter(None, groups)))


def _ranges(file: SourceFile, source: SourceOptions) -> Iterator[FileRange]:
    if file.unusable:
        # Not to be opened by anyone.
        yield FileRange(file.path, file.digest, 0, 0)
    elif file.parts:
        yield from _part_ranges(file, FORMATS[source.format].cut == "bytes")
    elif can_be_cut(file, source):
        size = RANGE_BYTES if file.compression == "none" else PACKED_RANGE_BYTES
        for start in range(0, max(1, file.bytes), size):
            yield range_of(file, start, -1 if start + size >= file.bytes else start + size)
    else:
        yield range_of(file)


def can_be_cut(file: SourceFile, source: SourceOptions) -> bool:
    """Whether a range of bytes of the file can be read alone."""
    cut = FORMATS[source.format].cut
    lines = cut == "lines" and source.documents != "file" and not is_wide(file.encoding)
    return (lines and file.compression == "none") or (cut == "streams" and file.compression in ("none", "bz2"))


def _part_ranges(file: SourceFile, in_bytes: bool) -> Iterator[FileRange]:
    start = stop = size = 0
    for part in file.parts:
        if size and size + part > RANGE_BYTES:
            yield range_of(file, start, stop)
            start, size = stop, 0
        size += part
        stop += part if in_bytes else 1
    yield range_of(file, start, stop)


def range_of(file: SourceFile, start: int = 0, stop: int = -1) -> FileRange:
    """Bytes, or parts, of a file; those of a remote one carry its size."""
    return FileRange(file.path, file.digest, start, stop, file.bytes if scheme_of(file.path) else 0)


def _ends_group(file: SourceFile) -> bool:
    """True for a share of all paths that grows with the size of the file, for every file from GROUP_BYTES on."""
    number = int.from_bytes(hashlib.blake2b(shown_path(file.path).encode(), digest_size=8).digest(), "little")
    return number * GROUP_BYTES < max(file.text_bytes, file.bytes, _FILE_BYTES) << 64


def task_of(index: int, group: list[tuple[SourceFile, FileRange]], source: SourceOptions) -> Task:
    """Task number ``index``, which reads the ranges of ``group``."""
    files = [_described(file, source) for file, _ in group]
    return Task(f"{index:05d}", tuple(part for _, part in group), {"files": files})


def _described(file: SourceFile, source: SourceOptions) -> dict[str, str]:
    return {
        "file": shown_path(file.path),
        "name": shown_path(relative_name(file.path, source)),
        "compression": file.compression,
        "encoding": file.encoding,
        "error": file.error if file.unusable else "",
    }
