"""Finding records: any cut of a file into ranges, and any chunks, give the records that a plain reading gives."""

import io
import tracemalloc
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.sources.lines import Spans, blank_before, find_records, read_records
from pipelines.sources.records import TRUNCATED_COMPRESSION, Part, StreamError

BLANKS = b" \t\r\v\f"
PIECES = [b"\n", b"\n", b"\n\n", b"\r\n", b" ", b"\t", b"a", b"bc", "가나".encode(), b"\x85\xa0", b"   \n"]
CONTENT = st.lists(st.sampled_from(PIECES), max_size=30).map(b"".join)
Record = tuple[int, bytes | None]


def reference(content: bytes, separator: str, maximum: int) -> list[Record]:
    """Position and bytes of each record, None in place of the bytes where it is too large."""
    records: list[list[int]] = []
    opened = False
    position = 0
    for line in _lines(content):
        blank = not line.strip(BLANKS + b"\n")
        ending = position + len(line)
        closes = position + len(line.removesuffix(b"\n"))
        stop = closes - line.endswith(b"\r\n")
        if blank and opened:
            records[-1][2] = closes
            opened = False
        elif not blank:
            if not opened:
                records.append([position, stop, closes])
            records[-1][1:] = stop, len(content) if separator == "blank_line" else closes
            opened = separator == "blank_line"
        position = ending
    return [(start, None if closes - start > maximum else content[start:stop]) for start, stop, closes in records]


def _lines(content: bytes) -> list[bytes]:
    parts = content.split(b"\n")
    return [part + b"\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


def chunks(content: bytes, size: int) -> Iterator[bytes]:
    return (content[start : start + size] for start in range(0, len(content), size))


def records_of(spans: Iterator[Spans]) -> list[Record]:
    found: list[Record] = []
    for span in spans:
        for position, start, stop, too_large in zip(
            span.positions, span.starts, span.stops, span.too_large, strict=True
        ):
            found.append((int(position), None if too_large else span.data[start:stop].tobytes()))
    return found


def read_range(content: bytes, start: int, stop: int, separator: str, maximum: int, size: int) -> list[Record]:
    after_blank = blank_before(io.BytesIO(content), start)
    rest = chunks(content[start:], size)
    return records_of(find_records(rest, start, stop, separator, maximum, start == 0, after_blank))


@given(CONTENT, st.sampled_from(["line", "blank_line"]), st.sets(st.integers(1, 60)), st.integers(1, 9))
def test_any_cut_gives_the_same_records(content: bytes, separator: str, cuts: set[int], size: int) -> None:
    bounds = [0, *sorted(cut for cut in cuts if cut < len(content)), -1]
    for maximum in (5, 1000):
        found = []
        for start, stop in pairwise(bounds):
            found += read_range(content, start, stop, separator, maximum, size)
        assert found == reference(content, separator, maximum)


@given(CONTENT, st.integers(0, 60))
def test_blank_before(content: bytes, position: int) -> None:
    position = min(position, len(content))
    line = content[:position].rpartition(b"\n")[2]
    assert blank_before(io.BytesIO(content), position) == (not line.strip(BLANKS))


def test_more_records_than_one_batch_holds() -> None:
    content = b"".join(b"%d\n" % number for number in range(5000))
    spans = list(find_records(chunks(content, 1 << 20), 0, -1, "line", 100, True, True))
    assert [len(span.positions) for span in spans] == [1024] * 4 + [904]
    assert [record for _, record in records_of(iter(spans))] == content.split()


@pytest.mark.parametrize("filler", [b"x", b" ", b"x\n"])
def test_a_huge_record_is_skipped_without_being_held(tmp_path: Path, filler: bytes) -> None:
    """50 MB of one line, of one run of spaces, of one document, between records that survive."""
    path = tmp_path / "huge"
    huge = filler * (50_000_000 // len(filler))
    path.write_bytes(b"first\n\n" + huge + b"y\n\nlast\n\n")
    del huge
    part = Part(str(path), "huge", "huge", 0, -1, "none", "utf-8")
    tracemalloc.start()
    found = records_of(read_records(part, "blank_line", 2_000_000))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found == [(0, b"first"), (7, None), (50_000_010, b"last")]
    assert peak < 12_000_000


def test_a_blank_line_of_megabytes_is_no_record(tmp_path: Path) -> None:
    path = tmp_path / "blank"
    path.write_bytes(b"first\n" + b" " * 9_000_000 + b"\nlast\n")
    part = Part(str(path), "blank", "blank", 0, -1, "none", "utf-8")
    assert records_of(read_records(part, "line", 1_000_000)) == [(0, b"first"), (9_000_007, b"last")]


def test_an_error_in_the_stream_leaves_out_the_unfinished_record() -> None:
    def broken() -> Iterator[bytes]:
        yield b"one\ntwo\n\nthr"
        raise StreamError(TRUNCATED_COMPRESSION)

    for separator, expected, position in (("line", [b"one", b"two"], 9), ("blank_line", [b"one\ntwo"], 9)):
        found = []
        with pytest.raises(StreamError) as caught:
            for span in find_records(broken(), 0, -1, separator, 100, True, True):
                found += [record for _, record in records_of(iter([span]))]
        assert (found, caught.value.position) == (expected, position)


def test_reading_stops_soon_after_the_range() -> None:
    consumed = 0

    def endless() -> Iterator[bytes]:
        nonlocal consumed
        while True:
            consumed += 1
            yield b"word\n\n" * 100

    list(find_records(endless(), 0, 1000, "blank_line", 10_000, True, True))
    assert consumed == 2
    list(find_records((b"x" * 100 for _ in iter(int, 1)), 500, 1000, "blank_line", 10_000, False, False))
