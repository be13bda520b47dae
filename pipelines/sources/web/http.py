"""HTTP responses as they stand in WARC records: their head, and their body without transfer and content encoding.

RFC 9112 (messages, chunks) and RFC 9110 (content codings). Crawlers often write a body decoded and leave its head as it
came; a body that does not look encoded is therefore taken as it is.
"""

import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

import brotli

from pipelines.sources.compression import MAGIC_BYTES, compression_of, decompressed
from pipelines.sources.records import (
    CORRUPT_COMPRESSION,
    INVALID_HTTP,
    RECORD_TOO_LARGE,
    TRAILING_GARBAGE,
    TRUNCATED_COMPRESSION,
    StreamError,
)
from pipelines.sources.web.warc import message_fields

_HEAD_END = re.compile(rb"\r?\n\r?\n")
_STATUS = re.compile(rb"HTTP/\d(?:\.\d)? +(\d{3})\b")
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\r\n]*)?\r?\n")
_MAXIMUM_CODINGS = 4
_KINDS = {"gzip": "gz", "zstd": "zst"}


@dataclass(frozen=True)
class Response:
    """Status, fields by lower-case name, and the body as it was sent."""

    status: int
    fields: Mapping[str, str]
    body: bytes


def parse_response(message: bytes) -> Response:
    """The parts of a response; raises StreamError where it has no status line."""
    status = _STATUS.match(message)
    if status is None:
        raise StreamError(INVALID_HTTP)
    end = _HEAD_END.search(message)
    head, body = (message[: end.start()], message[end.end() :]) if end else (message, b"")
    return Response(int(status[1]), message_fields(head.split(b"\n")[1:]), body)


def content(response: Response, maximum: int) -> bytes:
    """The body without chunks and content codings.

    Raises StreamError where it is damaged, or unpacks to over ``maximum`` bytes.
    """
    body = response.body
    if "chunked" in response.fields.get("transfer-encoding", "").lower():
        body = _without_chunks(body)
    codings = [coding.strip().lower() for coding in response.fields.get("content-encoding", "").split(",")]
    if len(codings) > _MAXIMUM_CODINGS:
        raise StreamError(INVALID_HTTP)
    for coding in reversed(codings):
        body = _decoded(body, coding.removeprefix("x-"), maximum)
    return body


def _without_chunks(body: bytes) -> bytes:
    chunks, at = [], 0
    while size := _CHUNK_SIZE.match(body, at):
        length = int(size[1], 16)
        at = size.end() + length
        chunks.append(body[size.end() : at])
        at += 2 if body.startswith(b"\r\n", at) else body.startswith(b"\n", at)
        if not length or at >= len(body):
            return b"".join(chunks)
    if chunks:
        raise StreamError(INVALID_HTTP)
    return body


def _decoded(body: bytes, coding: str, maximum: int) -> bytes:
    kind = _KINDS.get(coding, "")
    if kind:
        return _unpacked(body, kind, maximum) if compression_of(body[:MAGIC_BYTES]) == kind else body
    if coding not in {"deflate", "br"}:
        return body
    try:
        return _inflated(body, maximum) if coding == "deflate" else _from_brotli(body, maximum)
    except (zlib.error, brotli.error) as error:
        if body.lstrip().startswith(b"<"):
            return body
        raise StreamError(CORRUPT_COMPRESSION) from error


def _unpacked(body: bytes, kind: str, maximum: int) -> bytes:
    out = bytearray()
    try:
        for chunk in decompressed(iter((body,)), kind):
            if len(out) + len(chunk) > maximum:
                raise StreamError(RECORD_TOO_LARGE)
            out += chunk
    except StreamError as error:
        if error.rule != TRAILING_GARBAGE:  # which browsers pass over
            raise
    return bytes(out)


def _inflated(body: bytes, maximum: int) -> bytes:
    # With the head of zlib, as the standard says, or without, as some servers send it.
    headed = len(body) > 1 and body[0] & 0x0F == 8 and (body[0] << 8 | body[1]) % 31 == 0
    decompressor = zlib.decompressobj(15 if headed else -15)
    return _complete(decompressor.decompress(body, maximum + 1), maximum, decompressor.eof)


def _from_brotli(body: bytes, maximum: int) -> bytes:
    decompressor = brotli.Decompressor()
    out: bytes = decompressor.process(body, output_buffer_limit=maximum + 1)
    return _complete(out, maximum, decompressor.is_finished())


def _complete(out: bytes, maximum: int, finished: bool) -> bytes:
    if len(out) > maximum:
        raise StreamError(RECORD_TOO_LARGE)
    if not finished:
        raise StreamError(TRUNCATED_COMPRESSION)
    return out
