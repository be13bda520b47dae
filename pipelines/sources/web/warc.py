"""WARC files as streams of records (ISO 28500:2017, versions 1.0 and 1.1), found again after whatever is no record."""

import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from io import SEEK_END
from itertools import pairwise
from typing import BinaryIO

from pipelines.sources.compression import decompressed
from pipelines.sources.records import CHUNK_BYTES, INVALID_WARC, RECORD_TOO_LARGE, TRUNCATED_RECORD, Part, StreamError
from pipelines.sources.storage import open_file

# A file is cut for several workers where records begin, into parts of at least this size, packed.
_PART_BYTES = 4 << 20
MAXIMUM_HEAD = 1 << 16
_NEXT_RECORD = re.compile(rb"WARC/\d{1,2}\.\d{1,2}[ \t]{0,8}\r?\n[A-Za-z][A-Za-z-]{0,30}[A-Za-z][ \t]{0,8}:")
_LONGEST_START = 64
_LONGEST_NUMBER = 15
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_LINE_ENDS = b"\r\n"


@dataclass(frozen=True)
class Record:
    """One record: where it begins, its fields by lower-case name, its block, and "" or what is wrong with it.

    ``position`` is an offset in the file; in a compressed one, that of the member in which the record begins, and
    ``first`` tells whether it is the first of that member. A record that is wrong has no block, and one that is too
    large the beginning of its block.
    """

    position: int
    first: bool
    fields: Mapping[str, str]
    block: bytes
    error: str = ""


def read_records(part: Part, maximum: int) -> Iterator[Record]:
    """Records of one part of a WARC file, which begins and ends between records; holds one of ``maximum`` bytes.

    What stands where a record should be is one record with an error, up to the next that has a proper head. So is a
    record that does not end where it says; those that it would have swallowed are found all the same. Raises
    StreamError, after the records that are intact, where the rest of the part cannot be unpacked.
    """
    with open_file(part.path) as file:
        file.seek(part.start)
        yield from _records(_Stream(_chunks(file, part), part.compression, part.start), maximum)


def part_bytes(path: str, compression: str) -> tuple[int, ...]:
    """Sizes, packed, of the parts of a WARC file that can be read alone: each begins with a record and a member."""
    whole = Part(path, "", "", 0, -1, compression, "")
    cuts = [0]
    try:
        for record in read_records(whole, 0):
            if record.first and record.position - cuts[-1] >= _PART_BYTES:
                cuts.append(record.position)
    except StreamError:  # what was found before is as good; the reader tells where the rest is lost
        pass
    with open_file(path) as file:
        cuts.append(file.seek(0, SEEK_END))
    return tuple(stop - start for start, stop in pairwise(cuts))


def _chunks(file: BinaryIO, part: Part) -> Iterator[bytes]:
    left = part.stop - part.start if part.stop >= 0 else -1
    while left and (chunk := file.read(CHUNK_BYTES if left < 0 else min(left, CHUNK_BYTES))):
        left -= len(chunk) if left > 0 else 0
        yield chunk


class _Stream:
    """Bytes of a part from ``at`` on, as many as were asked for, and where in the file they stand.

    Where the part cannot be unpacked it ends, with ``error``.
    """

    def __init__(self, chunks: Iterator[bytes], compression: str, start: int) -> None:
        self.held, self.at = b"", 0
        self.error: StreamError | None = None
        self._dropped = 0
        self._start, self._compressed = start, compression != "none"
        self._members: deque[tuple[int, int]] = deque()
        self._chunks = decompressed(chunks, compression, self._begin_member)

    def _begin_member(self, packed: int, content: int) -> None:
        self._members.append((content, packed))

    def fill(self, size: int) -> bool:
        """Hold ``size`` bytes, unless the stream ends before."""
        missing = size - (len(self.held) - self.at)
        if missing <= 0:
            return True
        arrived = [self.held[self.at :]]
        try:
            while missing > 0 and (chunk := next(self._chunks, None)) is not None:
                arrived.append(chunk)
                missing -= len(chunk)
        except StreamError as error:
            self.error = error
        self._dropped += self.at
        self.held, self.at = b"".join(arrived), 0
        return missing <= 0

    def skip(self, size: int) -> bool:
        """Go on by ``size`` bytes, however many, unless the stream ends before."""
        while size > len(self.held) - self.at:
            size -= len(self.held) - self.at
            self.at = len(self.held)
            if not self.fill(1):
                return False
        self.at += size
        return True

    def search(self, pattern: re.Pattern[bytes], longest: int) -> None:
        """Go on to the first match, which is ``longest`` bytes long at most, or to the end of the stream."""
        while self.fill(longest) or self.at < len(self.held):
            found = pattern.search(self.held, self.at)
            if found:
                self.at = found.start()
                return
            # A match may begin in the last bytes and end in the next chunk.
            self.at = max(self.at + 1, len(self.held) - longest + 1) if self.fill(longest) else len(self.held)

    def place(self) -> tuple[int, bool]:
        """Position in the file, and whether a reader could begin here."""
        offset = self._dropped + self.at
        if not self._compressed:
            return self._start + offset, True
        while len(self._members) > 1 and self._members[1][0] <= offset:
            self._members.popleft()
        begins, packed = self._members[0]
        return self._start + packed, begins == offset


def _records(stream: _Stream, maximum: int) -> Iterator[Record]:
    while _to_text(stream):
        position, first = stream.place()
        fields, length = _head(stream)
        block, beginning, error = b"", b"", ""
        if length < 0:
            error = INVALID_WARC
            stream.at += 1
        elif length > maximum:
            stream.fill(min(length, MAXIMUM_HEAD))
            beginning = stream.held[stream.at : stream.at + MAXIMUM_HEAD]
            error = RECORD_TOO_LARGE if stream.skip(length) else TRUNCATED_RECORD
        else:
            error = "" if stream.fill(length) else TRUNCATED_RECORD
            block = stream.held[stream.at : stream.at + length]
        if error == TRUNCATED_RECORD and stream.error is not None:
            raise StreamError(stream.error.rule, position)
        ends = error in {"", RECORD_TOO_LARGE} and _ends(stream, len(block))
        swallowed = None if ends else _NEXT_RECORD.search(block)
        stream.at += len(block) if swallowed is None else swallowed.start()
        if not ends:
            block, error = b"", error.replace(RECORD_TOO_LARGE, "") or INVALID_WARC
        yield Record(position, first, fields, beginning if error == RECORD_TOO_LARGE else block, error)
        if not ends and swallowed is None:
            stream.search(_NEXT_RECORD, _LONGEST_START)
    if stream.error is not None:
        raise StreamError(stream.error.rule, stream.place()[0])


def _to_text(stream: _Stream) -> bool:
    """Go on over line ends; False at the end of the stream."""
    while stream.fill(1):
        if stream.held[stream.at] not in _LINE_ENDS:
            return True
        stream.at += 1
    return False


def _head(stream: _Stream) -> tuple[dict[str, str], int]:
    """Fields of the record that begins here, and the length of its block, at which the stream then stands; -1: none."""
    stream.fill(_LONGEST_START)
    if not _NEXT_RECORD.match(stream.held, stream.at):
        return {}, -1
    size, end = 1 << 10, None
    while end is None and size <= MAXIMUM_HEAD:
        whole = stream.fill(size)
        end = _HEAD_END.search(stream.held, stream.at, stream.at + size)
        size = size << 2 if whole else MAXIMUM_HEAD + 1
    if end is None:
        return {}, -1
    fields = message_fields(stream.held[stream.at : end.start()].split(b"\n")[1:])
    length = fields.get("content-length", "")
    if not length.isdecimal() or len(length) > _LONGEST_NUMBER:
        return fields, -1
    stream.at = end.end()
    return fields, int(length)


def _ends(stream: _Stream, length: int) -> bool:
    """Whether a block of ``length`` bytes is followed by what may follow one."""
    stream.fill(length + _LONGEST_START)
    after = stream.held[stream.at + length : stream.at + length + _LONGEST_START]
    return (
        after.startswith((b"\r\n\r\n", b"\n\n")) or not (rest := after.lstrip(_LINE_ENDS)) or rest.startswith(b"WARC/")
    )


def message_fields(lines: Iterable[bytes]) -> dict[str, str]:
    """Fields of the head of a WARC record or HTTP message by lower-case name; of a repeated one the first counts."""
    fields: dict[str, str] = {}
    name = ""
    for line in lines:
        text = line.decode("utf-8", "replace")
        if text[:1] in {" ", "\t"} and name:
            fields[name] = f"{fields[name]} {text.strip()}".strip()
            continue
        key, colon, value = text.partition(":")
        name = key.strip().lower() if colon else ""
        if name:
            fields.setdefault(name, value.strip())
    return fields
