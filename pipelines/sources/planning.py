"""Cuts the files of a source into tasks of like size, so that a change of one file touches few of them."""

import hashlib
from collections.abc import Iterator
from pathlib import PurePath

from pipelines.core.tasks import FileRange, Task
from pipelines.sources.encodings import is_wide
from pipelines.sources.listing import Listing, SourceFile, glob_root, shown_path
from pipelines.sources.options import FORMATS, SourceOptions

# A big file is cut into ranges of this size, so that all workers read it.
RANGE_BYTES = 16 << 20
# Small files are gathered to tasks of about this size: changing one of a hundred files of 1 MB redoes 2 of them.
GROUP_BYTES = 2 << 20
# What opening a file costs, as bytes of text.
_FILE_BYTES = 4 << 10


def plan(listing: Listing) -> tuple[Task, ...]:
    """The tasks of a source, in the order of its files.

    Small files share a task; whether one ends its group follows from its own path and size, not from what comes before
    it, so that a new file changes the group that it falls into and no other.
    """
    root = glob_root(listing.source.path)
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
    return tuple(task_of(index, group, root) for index, group in enumerate(filter(None, groups)))


def _ranges(file: SourceFile, source: SourceOptions) -> Iterator[FileRange]:
    if file.unusable:
        # Not to be opened by anyone.
        yield FileRange(file.path, file.digest, 0, 0)
    elif file.parts:
        yield from _part_ranges(file, FORMATS[source.format].cut == "bytes")
    elif can_be_cut(file, source) and file.bytes > RANGE_BYTES:
        for start in range(0, file.bytes, RANGE_BYTES):
            last = start + RANGE_BYTES >= file.bytes
            yield FileRange(file.path, file.digest, start, -1 if last else start + RANGE_BYTES)
    else:
        yield FileRange(file.path, file.digest)


def can_be_cut(file: SourceFile, source: SourceOptions) -> bool:
    """Whether any range of bytes of the file can be read alone."""
    lines = FORMATS[source.format].cut == "lines" and source.documents != "file"
    return lines and file.compression == "none" and not is_wide(file.encoding)


def _part_ranges(file: SourceFile, in_bytes: bool) -> Iterator[FileRange]:
    start = stop = size = 0
    for part in file.parts:
        if size and size + part > RANGE_BYTES:
            yield FileRange(file.path, file.digest, start, stop)
            start, size = stop, 0
        size += part
        stop += part if in_bytes else 1
    yield FileRange(file.path, file.digest, start, stop)


def _ends_group(file: SourceFile) -> bool:
    """True for a share of all paths that grows with the size of the file, for every file from GROUP_BYTES on."""
    number = int.from_bytes(hashlib.blake2b(shown_path(file.path).encode(), digest_size=8).digest(), "little")
    return number * GROUP_BYTES < max(file.text_bytes, _FILE_BYTES) << 64


def task_of(index: int, group: list[tuple[SourceFile, FileRange]], root: PurePath) -> Task:
    """Task number ``index``, which reads the ranges of ``group``; ``root`` is the folder where the glob begins."""
    files = [_described(file, root) for file, _ in group]
    return Task(f"{index:05d}", tuple(part for _, part in group), {"files": files})


def _described(file: SourceFile, root: PurePath) -> dict[str, str]:
    return {
        "file": shown_path(file.path),
        "name": shown_path(PurePath(file.path).relative_to(root).as_posix()),
        "compression": file.compression,
        "encoding": file.encoding,
        "error": file.error if file.unusable else "",
    }
