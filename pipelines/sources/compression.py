"""Compressed files as streams of bytes: known by their first bytes, read in constant memory, whatever is in them."""

import bz2
import lzma
from collections.abc import Callable, Iterator
from typing import Any

import zstandard
from isal import isal_zlib

from pipelines.sources.records import (
    CHUNK_BYTES,
    CORRUPT_COMPRESSION,
    DECOMPRESSION_BOMB,
    TRAILING_GARBAGE,
    TRUNCATED_COMPRESSION,
    StreamError,
)

MAGIC_BYTES = 10
_GZIP = b"\x1f\x8b"
_ZSTANDARD = b"\x28\xb5\x2f\xfd"
_ZSTANDARD_SKIPPABLE = b"\x2a\x4d\x18"
_XZ = b"\xfd7zXZ\x00"
_BZIP2_BLOCKS = (b"1AY&SY", b"\x17\x72\x45\x38\x50\x90")
_GZIP_ERROR: type[Exception] = isal_zlib.error  # type: ignore[assignment]  # its stub takes the class for an instance

# A decompressor gets so few bytes at once that the densest deflate or zstandard stream (1,000 and 32,000 to one) fills
# tens of megabytes at most. For bzip2 (a million to one) and xz the output is bounded instead.
_SLICE_BYTES = {"gz": 1 << 14, "zst": 1 << 11, "bz2": 1 << 14, "xz": 1 << 14}
_MEMORY_LIMIT = 1 << 28
_ZSTANDARD_WINDOW = 1 << 27

# Text packs 3 to 30 to one; a file beyond this was made to fill a disk.
_MAXIMUM_RATIO = 1000
_RATIO_APPLIES_FROM = 1 << 26


def compression_of(head: bytes) -> str:
    """Kind of compression ("gz", "zst", "bz2", "xz", or "none") of a file that begins with ``head``."""
    if head.startswith(_GZIP):
        return "gz"
    if head.startswith(_ZSTANDARD) or (head[1:4] == _ZSTANDARD_SKIPPABLE and head[0] & 0xF0 == 0x50):
        return "zst"
    if head.startswith(_XZ):
        return "xz"
    if head.startswith(b"BZh") and head[4:10] in _BZIP2_BLOCKS:
        return "bz2"
    return "none"


def decompressed(
    chunks: Iterator[bytes], compression: str, member_starts: Callable[[int, int], None] = lambda packed, unpacked: None
) -> Iterator[bytes]:
    """Content of a compressed stream, all of its members; zero padding between and after them is skipped.

    ``member_starts`` is told, before its content is given, where each member begins in the stream and in its content.

    Raises StreamError, after all that could be read, where the stream is truncated or corrupt, where something else
    follows it, or where it unpacks to over a thousand times its size.
    """
    if compression == "none":
        yield from chunks
        return
    member = _Member(compression, first=True)
    pending: list[bytes] = []
    pending_bytes = read = written = 0
    step = _SLICE_BYTES[compression]
    member_starts(0, 0)
    try:
        for chunk in chunks:
            for start in range(0, len(chunk), step):
                data = chunk[start : start + step]
                read += len(data)
                while data:
                    if member.finished:
                        data = data.lstrip(b"\0")
                        if not data:
                            break
                        member = _Member(compression, first=False)
                        member_starts(read - len(data), written)
                    for output in member.feed(data):
                        pending.append(output)
                        pending_bytes += len(output)
                        written += len(output)
                        if pending_bytes >= CHUNK_BYTES:
                            yield b"".join(pending)
                            pending, pending_bytes = [], 0
                        if written > _RATIO_APPLIES_FROM and written > read * _MAXIMUM_RATIO:
                            raise StreamError(DECOMPRESSION_BOMB)
                    data = member.rest
        if not member.finished:
            raise StreamError(TRUNCATED_COMPRESSION if member.recognised else TRAILING_GARBAGE)
    except StreamError:
        yield b"".join(pending)
        raise
    yield b"".join(pending)


class _Member:
    """One of the compressed streams that a file may hold one after the other."""

    def __init__(self, compression: str, *, first: bool) -> None:
        self.compression = compression
        self.recognised = first
        self.finished = False
        self.rest = b""
        self._head = b""
        self._decompressor = _decompressor(compression)

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Content that ``data`` unpacks to; ``rest`` is then what follows this member."""
        if not self.recognised:
            self._head = (self._head + data)[:MAGIC_BYTES]
            self.recognised = compression_of(self._head) == self.compression
        try:
            if isinstance(self._decompressor, bz2.BZ2Decompressor | lzma.LZMADecompressor):
                yield self._decompressor.decompress(data, CHUNK_BYTES)
                while not self._decompressor.eof and not self._decompressor.needs_input:
                    yield self._decompressor.decompress(b"", CHUNK_BYTES)
            else:
                yield self._decompressor.decompress(data)
        except (_GZIP_ERROR, lzma.LZMAError, zstandard.ZstdError, OSError, EOFError) as error:
            raise StreamError(CORRUPT_COMPRESSION if self.recognised else TRAILING_GARBAGE) from error
        self.finished = self._decompressor.eof
        self.rest = self._decompressor.unused_data if self.finished else b""


def _decompressor(compression: str) -> Any:
    if compression == "gz":
        return isal_zlib.decompressobj(wbits=31)
    if compression == "bz2":
        return bz2.BZ2Decompressor()
    if compression == "xz":
        return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_MEMORY_LIMIT)
    return zstandard.ZstdDecompressor(max_window_size=_ZSTANDARD_WINDOW).decompressobj()
