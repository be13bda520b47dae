"""Files as streams of chunks: raw, unpacked, and as text in which every ASCII character takes one byte."""

import itertools
from collections.abc import Iterator
from typing import BinaryIO

from pipelines.sources.compression import decompressed
from pipelines.sources.detection import UTF8_MARK
from pipelines.sources.encodings import to_bytes_of_ascii
from pipelines.sources.records import CHUNK_BYTES, Part


def raw_chunks(file: BinaryIO) -> Iterator[bytes]:
    """The rest of ``file``, a chunk at a time."""
    while chunk := file.read(CHUNK_BYTES):
        yield chunk


def text_chunks(file: BinaryIO, compression: str, encoding: str) -> Iterator[bytes]:
    """The rest of ``file`` unpacked, and transcoded to UTF-8 where its encoding is a wide one."""
    return to_bytes_of_ascii(decompressed(raw_chunks(file), compression), encoding)


def without_mark(chunks: Iterator[bytes], part: Part) -> tuple[Iterator[bytes], int]:
    """``chunks`` without the byte order mark with which the file may begin, and the size of that mark."""
    if part.start or part.encoding == "cp949":
        return chunks, 0
    head = b""
    while len(head) < len(UTF8_MARK) and (chunk := next(chunks, b"")):
        head += chunk
    size = len(UTF8_MARK) if head.startswith(UTF8_MARK) else 0
    return itertools.chain([head[size:]], chunks), size
