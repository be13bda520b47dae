"""HTTP bodies: chunks and content codings undone, what is damaged or boundless refused."""

import gzip
import tracemalloc
import zlib
from collections.abc import Callable

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from pipelines.sources.records import StreamError
from pipelines.sources.web.http import content, parse_response

BODY = "<p>본문 text</p>".encode() * 100
MAXIMUM = 1_000_000


def raw_deflate(data: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-15)
    return compressor.compress(data) + compressor.flush()


CODINGS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", gzip.compress),
    "x-gzip": ("X-GZIP", gzip.compress),
    "deflate": ("deflate", zlib.compress),
    "raw deflate": ("deflate", raw_deflate),
    "br": ("br", lambda data: brotli.compress(data, quality=4)),
    "zstd": ("zstd", lambda data: zstandard.ZstdCompressor().compress(data)),
    "two": ("br, gzip", lambda data: gzip.compress(brotli.compress(data, quality=4))),
}


def message(body: bytes, *fields: str) -> bytes:
    return "\r\n".join(["HTTP/1.1 200 OK", *fields, "", ""]).encode() + body


def unpack(body: bytes, *fields: str, maximum: int = MAXIMUM) -> bytes:
    return content(parse_response(message(body, *fields)), maximum)


def chunked(data: bytes, size: int = 100, extension: bytes = b"") -> bytes:
    chunks = [data[start : start + size] for start in range(0, len(data), size)]
    return b"".join(b"%x%s\r\n%s\r\n" % (len(chunk), extension, chunk) for chunk in chunks) + b"0\r\nTrailer: x\r\n\r\n"


def test_the_parts_of_a_response() -> None:
    found = parse_response(b"HTTP/1.0 404 Not Found\nContent-Type: text/html\nContent-type: second\n\nbody\r\n\r\n")
    assert (found.status, found.fields["content-type"], found.body) == (404, "text/html", b"body\r\n\r\n")
    assert parse_response(b"HTTP/2 200\r\n\r\nx").body == b"x"
    assert parse_response(b"HTTP/1.1 204 No Content").body == b""
    for other in (b"", b"<html>", b"ICY 200 OK\r\n\r\n", b"HTTP/1.1 OK\r\n\r\n"):
        with pytest.raises(StreamError, match="invalid_http"):
            parse_response(other)


@pytest.mark.parametrize("name", CODINGS)
def test_every_coding_plain_and_chunked(name: str) -> None:
    coding, encode = CODINGS[name]
    assert unpack(encode(BODY), f"Content-Encoding: {coding}") == BODY
    assert unpack(chunked(encode(BODY)), f"Content-Encoding: {coding}", "Transfer-Encoding: chunked") == BODY


@pytest.mark.parametrize("name", CODINGS)
def test_a_body_that_was_decoded_already_is_taken_as_it_is(name: str) -> None:
    coding, _ = CODINGS[name]
    assert unpack(BODY, f"Content-Encoding: {coding}", "Transfer-Encoding: chunked") == BODY


@pytest.mark.parametrize("name", CODINGS)
def test_a_truncated_or_damaged_body_is_refused(name: str) -> None:
    coding, encode = CODINGS[name]
    packed = encode(BODY)
    with pytest.raises(StreamError, match="truncated_compression"):
        unpack(packed[: len(packed) // 2], f"Content-Encoding: {coding}")
    with pytest.raises(StreamError, match=r"corrupt_compression|truncated_compression"):
        unpack(packed[:12] + bytes(byte ^ 0xFF for byte in packed[12:]), f"Content-Encoding: {coding}")


def test_a_chunk_without_a_size_is_refused() -> None:
    with pytest.raises(StreamError, match="invalid_http"):
        unpack(chunked(BODY).replace(b"\r\n64\r\n", b"\r\nzz\r\n", 1), "Transfer-Encoding: chunked")
    assert unpack(chunked(BODY).removesuffix(b"0\r\nTrailer: x\r\n\r\n"), "Transfer-Encoding: chunked") == BODY


@pytest.mark.parametrize("name", CODINGS)
def test_a_body_that_unpacks_without_end_is_refused_in_little_memory(name: str) -> None:
    coding, encode = CODINGS[name]
    bomb = encode(bytes(50_000_000))
    tracemalloc.start()
    with pytest.raises(StreamError, match="record_too_large"):
        unpack(bomb, f"Content-Encoding: {coding}")
    assert tracemalloc.get_traced_memory()[1] < 60_000_000
    tracemalloc.stop()


@given(st.binary(max_size=200), st.integers(1, 300))
def test_chunks_of_any_size(data: bytes, size: int) -> None:
    assert unpack(chunked(data, size, b";name=value"), "Transfer-Encoding: chunked") == data


@given(st.binary(max_size=100), st.sampled_from(["gzip", "deflate", "br", "zstd", "identity", "a,b,c,d,e"]))
def test_any_body_is_content_or_an_error(data: bytes, coding: str) -> None:
    for fields in ([], ["Transfer-Encoding: chunked"]):
        try:
            assert len(unpack(data, f"Content-Encoding: {coding}", *fields)) <= MAXIMUM
        except StreamError as error:
            assert error.rule in {"invalid_http", "corrupt_compression", "truncated_compression", "record_too_large"}
