"""WARC records: found, found again after damage, and the same however a file is cut."""

import gzip
import random
from pathlib import Path

import pytest
import zstandard
from archive import packed, record, response
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.sources import compression
from pipelines.sources.records import Part, StreamError
from pipelines.sources.web import warc
from pipelines.sources.web.warc import Record, part_bytes, read_records

MAXIMUM = 100_000


def records_of(path: Path, kind: str = "none", start: int = 0, stop: int = -1, maximum: int = MAXIMUM) -> list[Record]:
    return list(read_records(Part(str(path), "", "", start, stop, kind, ""), maximum))


def blocks(path: Path, kind: str = "none") -> list[tuple[bytes, str]]:
    return [(one.block, one.error) for one in records_of(path, kind)]


def resource(text: str, **claims: int) -> bytes:
    return record("resource", "http://a/", text.encode(), "text/plain", **claims)  # type: ignore[arg-type]


def test_fields_and_blocks(tmp_path: Path) -> None:
    path = tmp_path / "a.warc"
    folded = b"WARC/1.1\nwarc-TYPE : response\nX-Long: one\n two\nno colon\nContent-Length: 2\n\nhi\n\n"
    path.write_bytes(
        b"\r\n\r\n" + record("response", "http://a/", b"x\r\n\r\nWARC/1.0\r\nA-B: c\r\n", "t/t", "urn:1") + folded
    )
    first, second = records_of(path)
    assert (first.position, first.block, first.error) == (4, b"x\r\n\r\nWARC/1.0\r\nA-B: c\r\n", "")
    assert first.fields["warc-record-id"] == "<urn:1>"
    assert (second.fields["warc-type"], second.fields["x-long"], second.block) == ("response", "one two", b"hi")


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (b"", []),
        (b"garbage\r\nmore\r\n", ["invalid_warc"]),
        (b"WARC/1.0\r\nWARC-Type: response\r\n\r\nno length\r\n\r\n", ["invalid_warc"]),
        (b"WARC/1.0\r\nContent-Length: -5\r\n\r\n\r\n\r\n", ["invalid_warc"]),
        (b"WARC/1.0\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n\r\n\r\n", ["invalid_warc"]),
        (b"WARC/1.0\r\nX: " + b"y" * 100_000 + b"\r\n", ["invalid_warc"]),
        (resource("too long a claim", length=40), ["invalid_warc"]),
        (resource("too short a claim", length=3), ["invalid_warc"]),
        (resource("far too long a claim", length=10**9), ["truncated_record"]),
        (resource("z" * (MAXIMUM + 1)), ["record_too_large"]),
    ],
)
@pytest.mark.parametrize("kind", ["none", "gz"])
def test_damage_costs_what_is_damaged(tmp_path: Path, kind: str, damage: bytes, expected: list[str]) -> None:
    good = [resource("하나"), resource("둘")]
    path = tmp_path / "a.warc"
    parts = [good[0], damage, good[1]] if damage else good
    path.write_bytes(b"".join(parts) if kind == "none" else packed(*parts))
    found = records_of(path, kind)
    assert [one.error for one in found if one.error] == expected
    intact = [one.block.decode() for one in found if not one.error]
    swallowed_for_good = expected == ["truncated_record"]  # a claim over the limit is passed over, not held
    assert intact == (["하나"] if swallowed_for_good else ["하나", "둘"])


def test_a_file_that_ends_in_the_middle(tmp_path: Path) -> None:
    content = b"".join(resource(f"문서 {number}") for number in range(3))
    path = tmp_path / "a.warc"
    for cut in range(1, len(content)):
        path.write_bytes(content[:cut])
        found = records_of(path)
        intact = [one.block.decode() for one in found if not one.error]
        assert intact == [f"문서 {number}" for number in range(len(intact))]
        assert len(found) - len(intact) <= 1
        assert len(intact) >= cut // (len(content) // 3 + 1)


def test_a_compressed_file_that_ends_in_the_middle(tmp_path: Path) -> None:
    members = [gzip.compress(resource(f"문서 {number}")) for number in range(3)]
    path = tmp_path / "a.warc.gz"
    path.write_bytes(members[0] + members[1] + members[2][:-20])
    found = []
    with pytest.raises(StreamError) as caught:
        found += [one.block.decode() for one in read_records(Part(str(path), "", "", 0, -1, "gz", ""), MAXIMUM)]
    assert (caught.value.rule, caught.value.position) == ("truncated_compression", len(members[0] + members[1]))


def test_the_beginning_of_a_block_that_is_too_large_is_kept(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(response("http://a/", b"z" * MAXIMUM, "Content-Type: video/mp4"))
    (found,) = records_of(tmp_path / "a")
    assert found.error == "record_too_large"
    assert found.block.startswith(b"HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\n\r\nzzz")


def compress(kind: str, records: list[bytes]) -> bytes:
    if kind == "zst":
        return b"".join(zstandard.ZstdCompressor().compress(one) for one in records)
    return packed(*records) if kind == "gz" else b"".join(records)


@pytest.mark.parametrize("kind", ["none", "gz", "zst"])
def test_parts_together_are_the_file(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    generator = random.Random(1)
    written = [resource("".join(generator.choices("가나다라 \n", k=generator.randrange(3000)))) for _ in range(200)]
    path = tmp_path / "a.warc"
    path.write_bytes(compress(kind, [*written[:100], b"garbage between\r\n", *written[100:]]))
    monkeypatch.setattr(warc, "_PART_BYTES", 20_000)
    sizes = part_bytes(str(path), kind)
    assert sum(sizes) == path.stat().st_size
    assert len(sizes) > 3 and min(sizes[:-1]) >= 20_000
    found: list[Record] = []
    for index in range(len(sizes)):
        start = sum(sizes[:index])
        found += records_of(path, kind, start, start + sizes[index])
    assert found == records_of(path, kind)
    assert len(found) == 201


def test_one_member_cannot_be_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.warc.gz"
    path.write_bytes(gzip.compress(b"".join(resource(str(number) * 500) for number in range(100))))
    monkeypatch.setattr(warc, "_PART_BYTES", 100)
    assert part_bytes(str(path), "gz") == (path.stat().st_size,)


def test_members_are_told_where_they_begin() -> None:
    members = [gzip.compress(b"x" * size) for size in (10, 0, 3_000_000)]
    told: list[tuple[int, int]] = []
    content = b"\0\0".join(members)
    list(
        compression.decompressed(
            iter([content[:7], content[7:]]), "gz", lambda packed, content: told.append((packed, content))
        )
    )
    second = len(members[0]) + 2
    assert told == [(0, 0), (second, 10), (second + len(members[1]) + 2, 10)]


@settings(max_examples=200)
@given(data=st.data())
def test_any_bytes_end_in_records(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    piece = st.one_of(
        st.sampled_from(
            [b"WARC/1.0\r\n", b"\r\n\r\n", b"Content-Length: 4\r\n", b"Content-Length: 0\r\n\r\n", b"WARC/"]
        ),
        st.binary(max_size=20),
        st.just(resource("온전하다")),
    )
    path = tmp_path_factory.getbasetemp() / "any.warc"
    path.write_bytes(b"".join(data.draw(st.lists(piece, max_size=12))))
    found = records_of(path)
    positions = [one.position for one in found]
    assert positions == sorted(set(positions))
