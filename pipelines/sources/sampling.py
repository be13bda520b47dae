"""A small, evenly spread part of a source, read as the whole is: what a cost preview measures.

The files are looked at by name and size only; those on which the sample falls are opened, and of a large one the first
megabytes are inspected. So the cost of a sample grows with the sample, and hardly with the source.
"""

import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

import numpy as np

from pipelines.core.tasks import FileRange, Task
from pipelines.sources.formats import load_format
from pipelines.sources.listing import Listing, SourceFile, find_files, inspect_file
from pipelines.sources.options import FORMATS, SourceOptions
from pipelines.sources.planning import GROUP_BYTES, RANGE_BYTES, can_be_cut, plan, range_of, task_of
from pipelines.sources.records import TRUNCATED_COMPRESSION, StreamError
from pipelines.sources.storage import RemoteFile

_PIECE_BYTES = 1 << 17
_TINY_BYTES = 1 << 14
_HEAD_BYTES = 1 << 22
_TIMED = 5


@dataclass(frozen=True)
class Part:
    """Tasks that read ``text_bytes`` of a source, ``share`` of all that it has; ``tiny`` reads ``tiny_bytes`` of it.

    ``document_share`` is the share of its documents: another one where each file is a document.
    """

    tasks: tuple[Task, ...]
    text_bytes: int
    tiny: Task
    tiny_bytes: int
    share: float
    document_share: float


@dataclass(frozen=True)
class Sample:
    """Parts of a source that overlap only where it is too small for them.

    ``bytes`` are those of all files as they lie on disk, ``text_bytes`` those of their content, which are estimated
    where files are compressed; ``largest_task`` is the most that one task of the whole source reads of it. To list the
    files takes ``seconds_per_file`` and ``seconds_per_byte`` (of ``bytes``).
    """

    files: int
    bytes: int
    text_bytes: int
    largest_task: int
    seconds_per_file: float
    seconds_per_byte: float
    parts: tuple[Part, ...]


def sample(key: str, source: SourceOptions, parts: int, share: float, minimum: int) -> Sample:
    """``parts`` parts that together read ``share`` of the text of a source, each at least ``minimum`` bytes of it.

    Raises MalmoiError where the glob matches no file.
    """
    paths = find_files(key, source)
    sizes = np.array([_size(path) for path in paths], np.int64)
    ends, total = np.cumsum(sizes), max(1, int(sizes.sum()))
    wanted = max(minimum, int(share * total / parts))
    if parts * wanted >= total:
        files, per_file, per_byte = _inspect(paths, source)
        text_bytes = max(1, sum(file.text_bytes for file in files))
        tasks = plan(Listing(source, tuple(files)))
        all_of_it = Part(tasks, text_bytes, *_tiny(files[0], source), 1.0, 1.0)
        return Sample(len(paths), total, text_bytes, text_bytes, per_file, per_byte, (all_of_it,) * parts)
    cuts = FORMATS[source.format].cut == "lines" and source.documents != "file"
    pieces = -(-wanted // (_PIECE_BYTES if cuts else max(_PIECE_BYTES, total // len(paths))))
    even = (np.arange(parts * pieces) + 0.5) / (parts * pieces)
    # Where a file is read whole or by large parts, large ones must not be likelier than small ones.
    points = (even * total).astype(np.int64) if cuts else (ends - sizes // 2)[(even * len(paths)).astype(np.int64)]
    chosen = np.searchsorted(ends, points, side="right")
    numbers = np.unique(chosen)
    inspected, per_file, per_byte = _inspect([paths[number] for number in numbers], source)
    files_by_number = dict(zip(numbers.tolist(), inspected, strict=True))
    ratio = sum(file.text_bytes for file in inspected) / max(1, sum(file.bytes for file in inspected))
    made = []
    for part in range(parts):
        places: dict[int, list[int]] = {}
        for number, point in zip(chosen[part::parts].tolist(), points[part::parts].tolist(), strict=True):
            places.setdefault(number, []).append(point - int(ends[number] - sizes[number]))
        found = [
            (files_by_number[number], each)
            for number, offsets in places.items()
            for each in _ranges(files_by_number[number], source, offsets, _PIECE_BYTES)
        ]
        size = sum(text for _, (_, text) in found)
        tasks = tuple(_tasks([(file, span, text) for file, (span, text) in found], source))
        share = min(1.0, size / max(1.0, total * ratio))
        one_each = source.documents == "file" or FORMATS[source.format].cut == "never"
        documents = len(places) / len(paths) if one_each else share
        made.append(Part(tasks, size, *_tiny(found[0][0], source), share, documents))
    text_bytes, largest = max(1, int(total * ratio)), int(sizes.max() * ratio)
    cut = all(
        can_be_cut(file, source) or FORMATS[source.format].cut in ("parts", "bytes", "streams") for file in inspected
    )
    largest = min(text_bytes, max(GROUP_BYTES, min(largest, RANGE_BYTES) if cut else largest))
    return Sample(len(paths), total, text_bytes, largest, per_file, per_byte, tuple(made))


def _inspect(paths: Sequence[str | RemoteFile], source: SourceOptions) -> tuple[list[SourceFile], float, float]:
    """The files, and what looking at one costs in seconds: in any case, and for each of its bytes."""
    with tempfile.TemporaryDirectory() as folder:
        head = Path(folder, "head")
        first = paths[0]
        head.write_bytes(b"" if isinstance(first, RemoteFile) else _head(first, 1 << 10))
        per_file = median([_timed(str(head), source)[1] for _ in range(_TIMED)])
        files, seconds, read = [], 0.0, 0
        for path in paths:
            if isinstance(path, RemoteFile):
                files.append(inspect_file(path, source.format))
                continue
            size = _size(path)
            if size > _HEAD_BYTES:
                head.write_bytes(_head(path, _HEAD_BYTES))
            file, spent = _timed(str(head) if size > _HEAD_BYTES else path, source)
            seconds, read = seconds + spent, read + file.bytes
            files.append(_completed(file, path, size, source))
    return files, per_file, max(0.0, seconds - per_file * len(files)) / max(1, read)


def _completed(file: SourceFile, path: str, size: int, source: SourceOptions) -> SourceFile:
    """What is known of the whole file from its first bytes."""
    if size <= _HEAD_BYTES:
        return file
    text_bytes = size * file.text_bytes // max(1, file.bytes)
    parts_of = load_format(source.format).parts
    if parts_of is None or FORMATS[source.format].cut != "parts":
        error = "" if file.error == TRUNCATED_COMPRESSION else file.error
        return replace(file, path=path, bytes=size, text_bytes=text_bytes, malformed=0, error=error)
    try:
        parts, error = parts_of(path, file.compression), ""
    except StreamError as found:
        parts, error = (), found.rule
    return replace(file, path=path, bytes=size, text_bytes=sum(parts) or text_bytes, parts=parts, error=error)


def _ranges(
    file: SourceFile, source: SourceOptions, offsets: Sequence[int], piece: int
) -> Iterator[tuple[FileRange, int]]:
    """What to read of a file for pieces at ``offsets`` of its bytes, and how much text that is."""
    cut, beginning = FORMATS[source.format].cut, max(_HEAD_BYTES, piece * len(offsets))
    if file.unusable:
        yield range_of(file, 0, 0), file.text_bytes
    elif cut == "parts" and file.parts:
        ends = np.cumsum(file.parts)
        for part in np.unique(np.searchsorted(ends, [offset * int(ends[-1]) // file.bytes for offset in offsets])):
            yield range_of(file, int(part), int(part) + 1), file.parts[part]
    elif cut in ("bytes", "streams") and file.bytes > beginning:
        # Its last record may be cut in two: one more that cannot be read.
        yield range_of(file, 0, beginning), beginning * file.text_bytes // file.bytes
    elif can_be_cut(file, source) and file.bytes > piece:
        for offset in offsets:
            start = min(offset, file.bytes - piece)
            yield range_of(file, start, start + piece), piece
    elif cut == "lines" and source.documents != "file" and file.text_bytes > piece * len(offsets):
        yield range_of(file, 0, piece * len(offsets)), piece * len(offsets)  # can be left early
    else:
        yield range_of(file), file.text_bytes


def _tiny(file: SourceFile, source: SourceOptions) -> tuple[Task, int]:
    span, size = next(_ranges(file, source, [0], _TINY_BYTES))
    return next(_tasks([(file, span, size)], source)), size


def _tasks(found: Sequence[tuple[SourceFile, FileRange, int]], source: SourceOptions) -> Iterator[Task]:
    """Tasks of about the size that the planning makes of a large source."""
    group: list[tuple[SourceFile, FileRange]] = []
    size = number = 0
    for file, span, text_bytes in found:
        if group and size + text_bytes > RANGE_BYTES:
            yield task_of(number, group, source)
            group, size, number = [], 0, number + 1
        group.append((file, span))
        size += text_bytes
    yield task_of(number, group, source)


def _timed(path: str, source: SourceOptions) -> tuple[SourceFile, float]:
    begun = time.perf_counter()
    file = inspect_file(path, source.format)
    return file, time.perf_counter() - begun


def _head(path: str, size: int) -> bytes:
    """The first bytes of a file, up to the end of a line where there is one."""
    try:
        with Path(path).open("rb") as file:
            head = file.read(size)
    except OSError:
        return b""
    return head[: head.rfind(b"\n") + 1] or head


def _size(path: str | RemoteFile) -> int:
    if isinstance(path, RemoteFile):
        return path.bytes
    try:
        return Path(path).stat().st_size
    except OSError:
        return 0
