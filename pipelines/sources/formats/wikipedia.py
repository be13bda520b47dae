"""Dumps of Wikipedia (pages-articles): articles as plain text, everything else a row that tells what it is.

A multistream dump is one bzip2 stream after the other. Each range of its bytes reads the streams that begin within it,
found by their headers, and the end of its last page beyond; so all workers read one file, without its index.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipelines.sources.compression import decompressed
from pipelines.sources.encodings import decode_records
from pipelines.sources.options import ReadLimits, SourceOptions
from pipelines.sources.records import (
    CHUNK_BYTES,
    DISAMBIGUATION_PAGE,
    EMPTY,
    INVALID_ENCODING,
    INVALID_XML,
    OTHER_NAMESPACE,
    RECORD_TOO_LARGE,
    REDIRECT,
    TRUNCATED_XML,
    Part,
    StreamError,
    error_column,
    error_record,
    record_batch,
)
from pipelines.sources.storage import open_file
from pipelines.sources.streams import raw_chunks, text_chunks
from pipelines.sources.wiki.pages import NO_LIMIT, Content, Pages, find_pages, page_fields, unescape
from pipelines.sources.wiki.wikitext import wikitext_to_text

# A header of a stream and of its first block, or of its end: 80 bits, which compressed data does not hold by chance.
_STREAM = re.compile(rb"BZh[1-9](?:1AY&SY|\x17\x72\x45\x38\x50\x90)")
_HEADER_BYTES = 10
_ROOT, _ROOT_END = b"<mediawiki", b"</mediawiki>"
_TAIL_BYTES = 256
_REDIRECT = r"(?i)^\s*#\s*(redirect|넘겨주기)\b"
_DISAMBIGUATION = r"(?i)\((disambiguation|동음이의|동명이인)\)$"


def read(part: Part, source: SourceOptions, limits: ReadLimits) -> Iterator[pa.RecordBatch]:
    """Pages that begin in one part of a dump, plain or compressed; ``id`` is the page's, ``meta`` title and revision.

    ``position`` is the page's first byte or, in a bzip2 file, the first of its stream. A damaged stream costs the pages
    from the damage to the next stream; raises StreamError where the rest of a file in another compression is damaged.
    """
    with open_file(part.path) as file:
        if part.compression == "bz2":
            yield from _read_streams(file, part, limits.max_document_bytes)
            return
        content, frame = Content(), _Frame(part)
        file.seek(max(0, part.start - _TAIL_BYTES))
        frame.tail = file.read(min(part.start, _TAIL_BYTES))
        chunks: Iterator[bytes] = raw_chunks(file)
        if part.compression == "none":
            content.limit = part.stop - part.start if part.stop >= 0 else content.limit
        else:
            chunks = text_chunks(file, part.compression, "utf-8")
        for pages in find_pages(frame.watch(chunks), content, limits.max_document_bytes):
            yield _batch(part, pages, pages.positions + part.start)
        yield from frame.errors(content, part.start + frame.size)


class _Frame:
    """Sees whether a file begins as an export does, and ends as one."""

    def __init__(self, part: Part) -> None:
        self._part, self._head = part, b""
        self.tail, self.size = b"", 0

    def watch(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            if len(self._head) < _TAIL_BYTES:
                self._head += chunk[:_TAIL_BYTES]
            self.tail = (self.tail + chunk[-_TAIL_BYTES:])[-_TAIL_BYTES:]
            self.size += len(chunk)
            yield chunk

    def errors(self, content: Content, end: int) -> Iterator[pa.RecordBatch]:
        if self._part.start == 0 and _ROOT not in self._head:
            yield error_record(self._part, INVALID_XML, 0)
        elif content.limit == NO_LIMIT and _ROOT_END not in self.tail:  # nothing comes after what was read
            yield error_record(self._part, TRUNCATED_XML, end)


def _read_streams(file: BinaryIO, part: Part, maximum: int) -> Iterator[pa.RecordBatch]:
    frame = _Frame(part)
    start = 0 if part.start == 0 else _next_stream(file, part.start, part.stop)
    while start >= 0:
        content = Content()
        streams = _Streams(file, start, part.stop, content)
        try:
            for pages in find_pages(frame.watch(streams.chunks()), content, maximum):
                yield _batch(part, pages, streams.origins(pages.positions))
        except StreamError as error:
            yield error_record(part, error.rule, streams.current)
            start = _next_stream(file, streams.current + 1, part.stop)
            continue
        yield from frame.errors(content, streams.current)
        return


class _Streams:
    """Content of the streams of a bzip2 file from one that begins at ``first``; ``content`` learns where ours end."""

    def __init__(self, file: BinaryIO, first: int, stop: int, content: Content) -> None:
        self._file, self._first, self._stop, self._content = file, first, stop, content
        self._sizes: list[int] = []  # of the content before each stream
        self._starts: list[int] = []
        self.current = first

    def chunks(self) -> Iterator[bytes]:
        self._file.seek(self._first)
        return decompressed(raw_chunks(self._file), "bz2", self._begin)

    def _begin(self, packed: int, unpacked: int) -> None:
        self.current = self._first + packed
        self._starts.append(self.current)
        self._sizes.append(unpacked)
        if 0 <= self._stop <= self.current:
            self._content.limit = min(self._content.limit, unpacked)

    def origins(self, positions: NDArray[np.int64]) -> NDArray[np.int64]:
        """Where in the file the streams begin that these places of the content are in."""
        found = [self._starts[bisect_right(self._sizes, place) - 1] for place in positions.tolist()]
        return np.array(found, np.int64)


def _next_stream(file: BinaryIO, start: int, stop: int) -> int:
    """Where the first stream begins from ``start`` on and before ``stop`` (-1: the end); -1 where none does."""
    file.seek(start)
    held, base = b"", start
    while stop < 0 or base < stop:
        chunk = file.read(CHUNK_BYTES)
        held += chunk
        found = _STREAM.search(held)
        if found:
            position = base + found.start()
            return position if stop < 0 or position < stop else -1
        if not chunk:
            break
        keep = min(len(held), _HEADER_BYTES - 1)
        base += len(held) - keep
        held = held[len(held) - keep :]
    return -1


def _batch(part: Part, pages: Pages, positions: NDArray[np.int64]) -> pa.RecordBatch:
    fields = page_fields(pages)
    titles, valid = _content(pages, fields[:, 0], fields[:, 1])
    titles = unescape(titles)
    identifiers, _ = _content(pages, fields[:, 2], fields[:, 3])
    revisions, _ = _content(pages, fields[:, 4], fields[:, 5])
    unreadable = pages.cut | pages.too_large
    incomplete = pages.cut | (~pages.too_large & (_mask(pc.equal(identifiers, "")) | (fields[:, 8] == -99)))
    redirects, elsewhere = fields[:, 9] != 0, fields[:, 8] != 0
    wanted = ~(unreadable | redirects | elsewhere)
    wikitext, decodable = _content(pages, np.where(wanted, fields[:, 6], 0), np.where(wanted, fields[:, 7], 0))
    wikitext = unescape(wikitext)
    texts, disambiguation = wikitext_to_text(wikitext)
    rules = {
        RECORD_TOO_LARGE: pages.too_large,
        INVALID_XML: incomplete,
        OTHER_NAMESPACE: elsewhere,
        REDIRECT: redirects | _mask(pc.match_substring_regex(pc.utf8_slice_codeunits(wikitext, 0, 40), _REDIRECT)),
        INVALID_ENCODING: ~(valid & decodable),
        DISAMBIGUATION_PAGE: disambiguation | _mask(pc.match_substring_regex(titles, _DISAMBIGUATION)),
        EMPTY: _mask(pc.equal(pc.binary_length(texts), 0)),
    }
    metas = [
        orjson.dumps({"revision": revision, "title": title} if title else {})
        for revision, title in zip(revisions.to_pylist(), titles.to_pylist(), strict=True)
    ]
    errors = error_column(len(texts), rules)
    return record_batch(part, positions, texts, errors, identifiers, pa.array(metas, pa.string()))


def _content(
    pages: Pages, starts: NDArray[np.int64], stops: NDArray[np.int64]
) -> tuple[pa.StringArray, NDArray[np.bool_]]:
    return decode_records(pages.data, starts, stops, "utf-8")


def _mask(array: pa.Array) -> NDArray[np.bool_]:
    mask: NDArray[np.bool_] = array.to_numpy(zero_copy_only=False)
    return mask
