"""A sample of a source: evenly spread, no more than asked for, and its shares are those of the whole."""

import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.core.errors import MalmoiError
from pipelines.sources.options import ReadLimits, SourceOptions
from pipelines.sources.reading import read_documents
from pipelines.sources.sampling import Part, Sample, sample

LIMITS = ReadLimits(max_document_bytes=1 << 20)
LINES = 40_000


def line(number: int) -> bytes:
    return json.dumps(
        {"id": number, "text": f"문서 {number} " + "가나다 " * (number % 20)}, ensure_ascii=False
    ).encode()


@pytest.fixture(scope="module")
def content() -> bytes:
    return b"\n".join(map(line, range(LINES))) + b"\n"


def options(path: Path, **other: Any) -> SourceOptions:
    return SourceOptions(**({"format": "jsonl", "path": str(path), "lang": "ko", "text": "text", "id": "id"} | other))


def taken(part: Part, source: SourceOptions) -> list[str]:
    batches = (batch for task in part.tasks for batch in read_documents(task, source, "key", LIMITS))
    return [name for batch in batches for name in batch["id"].to_pylist()]


def estimates(found: Sample, source: SourceOptions) -> list[float]:
    return [len(taken(part, source)) / part.document_share for part in found.parts]


def test_parts_of_large_files_are_spread_and_have_nothing_in_common(tmp_path: Path, content: bytes) -> None:
    half = content.index(b"\n", len(content) // 2) + 1
    (tmp_path / "1.jsonl").write_bytes(content[:half])
    (tmp_path / "2.jsonl").write_bytes(content[half:])
    source = options(tmp_path / "*.jsonl")
    found = sample("key", source, 3, 0.001, 150_000)
    assert (found.files, found.bytes, found.text_bytes) == (2, len(content), len(content))
    parts = [taken(part, source) for part in found.parts]
    assert sum(map(len, parts)) == len(set().union(*parts)) < LINES / 3
    for names in parts:
        numbers = [int(name.split(":")[1]) for name in names]
        assert min(numbers) < LINES / 2 < max(numbers)
    assert estimates(found, source) == pytest.approx([LINES] * 3, rel=0.05)
    assert [part.share for part in sample("key", source, 3, 0.9, 1).parts] == pytest.approx([0.3] * 3, rel=0.1)


def test_a_small_source_is_taken_whole(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "1.jsonl").write_bytes(content[:3000] + b"\n")
    source = options(tmp_path / "1.jsonl")
    found = sample("key", source, 3, 0.001, 1 << 20)
    assert [part.share for part in found.parts] == [1.0] * 3
    assert {len(taken(part, source)) for part in found.parts} == {content[:3000].count(b"\n") + 1}


def test_of_a_compressed_file_the_beginning_is_read_and_its_size_estimated(tmp_path: Path, content: bytes) -> None:
    large = content * 5
    (tmp_path / "1.jsonl.gz").write_bytes(gzip.compress(large, 1))
    source = options(tmp_path / "*.gz")
    found = sample("key", source, 3, 0.001, 20_000)
    assert found.text_bytes == pytest.approx(len(large), rel=0.1)
    assert len(taken(found.parts[0], source)) < LINES / 20
    assert estimates(found, source) == pytest.approx([LINES * 5] * 3, rel=0.25)  # its first lines are shorter


def test_files_that_are_documents_are_counted_as_such(tmp_path: Path) -> None:
    for number in range(60):
        (tmp_path / f"{number:02d}.txt").write_text("가나다 " * (20_000 if number % 4 else 40_000))
    source = options(tmp_path / "*.txt", format="text", text=None, id=None, documents="file")
    found = sample("key", source, 3, 0.001, 500_000)
    assert all(1 <= len(part.tasks[0].inputs) <= 6 for part in found.parts)
    assert estimates(found, source) == pytest.approx([60] * 3)


def test_row_groups_are_the_smallest_piece_of_parquet(tmp_path: Path) -> None:
    texts = pa.array(
        [f"{number} " + "".join(chr(0xAC00 + number * k % 11_000) for k in range(300)) for number in range(4000)]
    )
    pq.write_table(pa.table({"id": pa.array(range(4000)), "text": texts}), tmp_path / "1.parquet", row_group_size=100)
    source = options(tmp_path / "1.parquet", format="parquet")
    found = sample("key", source, 3, 0.001, 200_000)
    assert all(len(taken(part, source)) % 100 == 0 for part in found.parts)
    assert estimates(found, source) == pytest.approx([4000] * 3, rel=0.1)


def test_unusable_and_missing_files(tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").touch()
    source = options(tmp_path / "*.jsonl")
    found = sample("key", source, 3, 0.001, 1 << 20)
    assert [len(taken(part, source)) for part in found.parts] == [1, 1, 1]
    with pytest.raises(MalmoiError, match="no file matches"):
        sample("key", options(tmp_path / "*.nothing"), 3, 0.001, 1 << 20)


def test_of_a_crawl_the_beginning_is_read(tmp_path: Path) -> None:
    page = "<html><body><p>" + "가나다라 마바사 아자차카 타파하. " * 40 + "</p></body></html>"
    head = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
    body = (head + page).encode()
    kind = b"WARC/1.0\r\nWARC-Type: response\r\nContent-Type: application/http\r\n"
    start = kind + b"WARC-Target-URI: http://a.kr/%d\r\nContent-Length: %d\r\n\r\n"
    records = 4500
    (tmp_path / "1.warc").write_bytes(b"".join(start % (n, len(body)) + body + b"\r\n\r\n" for n in range(records)))
    source = options(tmp_path / "1.warc", format="warc", text=None, id=None)
    found = sample("key", source, 3, 0.001, 1 << 16)
    assert found.bytes > 8 << 20 and found.parts[0].share < 0.5
    assert estimates(found, source) == pytest.approx([records] * 3, rel=0.02)
