"""Compressed streams: every kind, in any chunks, damaged in every way."""

import bz2
import gzip
import lzma
import random
from collections.abc import Callable, Iterator

import pytest
import zstandard

from pipelines.sources.compression import compression_of, decompressed
from pipelines.sources.records import (
    CORRUPT_COMPRESSION,
    DECOMPRESSION_BOMB,
    TRAILING_GARBAGE,
    TRUNCATED_COMPRESSION,
    StreamError,
)

COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "zst": lambda data: zstandard.ZstdCompressor().compress(data),
    "bz2": bz2.compress,
    "xz": lambda data: lzma.compress(data, preset=0),
    "none": bytes,
}
KINDS = [kind for kind in COMPRESS if kind != "none"]
SKIPPABLE_FRAME = b"\x50\x2a\x4d\x18" + (5).to_bytes(4, "little") + b"index"


def chunks(data: bytes, size: int = 1 << 20) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


def unpack(data: bytes, kind: str, size: int = 1 << 20) -> tuple[bytes, str]:
    """What could be read, and the rule of the error that ended it."""
    output = b""
    try:
        for chunk in decompressed(chunks(data, size), kind):
            output += chunk
    except StreamError as error:
        return output, error.rule
    return output, ""


def text(size: int) -> bytes:
    return " ".join(str(number) for number in random.Random(1).choices(range(10**6), k=size // 6)).encode()


@pytest.mark.parametrize("kind", COMPRESS)
@pytest.mark.parametrize("size", [1, 7, 5000, 1 << 20])
def test_members_one_after_the_other_and_their_padding(kind: str, size: int) -> None:
    first, second = text(30_000), "둘째 부분\n".encode()
    packed = COMPRESS[kind](first) + COMPRESS[kind](second)
    assert compression_of(packed[:10]) == kind
    padding = b"" if kind == "none" else bytes(700)
    assert unpack(packed + padding, kind, size) == (first + second, "")


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_stream_of_every_kind_is_recognised(kind: str) -> None:
    packed = COMPRESS[kind](b"")
    assert compression_of(packed[:10]) == kind
    assert unpack(packed, kind) == (b"", "")


@pytest.mark.parametrize("head", [b"", b"B", b"BZh is how this sentence begins", b"\x1f", "가나다".encode()])
def test_text_is_not_taken_for_compressed(head: bytes) -> None:
    assert compression_of(head[:10]) == "none"


@pytest.mark.parametrize("kind", KINDS)
def test_truncation_keeps_what_comes_before_it(kind: str) -> None:
    content = text(3_000_000)
    packed = COMPRESS[kind](content)
    output, rule = unpack(packed[: len(packed) * 2 // 3], kind)
    assert rule == TRUNCATED_COMPRESSION
    assert content.startswith(output)
    assert len(output) > len(content) // 3


@pytest.mark.parametrize("kind", KINDS)
def test_a_second_member_that_is_cut_is_a_truncation(kind: str) -> None:
    first, packed = b"whole", COMPRESS[kind](text(10_000))
    assert unpack(COMPRESS[kind](first) + packed[:12], kind, 3) == (first, TRUNCATED_COMPRESSION)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("garbage", [b"g", b"garbage after the end", b"\0\0\0garbage"])
def test_garbage_after_the_end(kind: str, garbage: bytes) -> None:
    assert unpack(COMPRESS[kind](b"content") + garbage, kind, 5) == (b"content", TRAILING_GARBAGE)


@pytest.mark.parametrize("kind", KINDS)
def test_corruption_is_noticed(kind: str) -> None:
    packed = bytearray(COMPRESS[kind](text(500_000)))
    packed[len(packed) // 2] ^= 0xFF
    assert unpack(bytes(packed), kind)[1] == CORRUPT_COMPRESSION


@pytest.mark.parametrize("kind", KINDS)
def test_a_bomb_is_given_up_in_bounded_memory(kind: str) -> None:
    packed = COMPRESS[kind](bytes(200_000_000))
    sizes = []
    with pytest.raises(StreamError, match=DECOMPRESSION_BOMB):
        sizes += [len(chunk) for chunk in decompressed(chunks(packed), kind)]
    assert max(sizes, default=0) < 80 << 20


def test_skippable_frames_of_zstandard() -> None:
    packed = SKIPPABLE_FRAME + COMPRESS["zst"](b"content") + SKIPPABLE_FRAME
    assert compression_of(packed[:10]) == "zst"
    assert unpack(packed, "zst", 4) == (b"content", "")
