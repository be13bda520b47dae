"""Files to records, through listing, planning and every format: what is good arrives, what is bad is named."""

import gzip
import json
import os
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_compression import COMPRESS

from pipelines.core.tasks import FileRange, Task
from pipelines.sources.listing import list_files
from pipelines.sources.options import ReadLimits, SourceOptions
from pipelines.sources.planning import plan
from pipelines.sources.reading import read_documents
from pipelines.sources.records import RECORD

SHARED = Path(__file__).parents[4] / "shared" / "data"
needs_data = pytest.mark.skipif(not SHARED.is_dir(), reason="shared data is absent")
LIMITS = ReadLimits(max_document_bytes=1_000_000)
DOCUMENTS = ["첫 문서의 첫 줄\n둘째 줄", "Second document, one line", "셋째 😀 문서"]
CP949_DOCUMENTS = [document.replace("😀", "뷁") for document in DOCUMENTS]
Row = dict[str, Any]


def source(folder: Path, name: str, **options: Any) -> SourceOptions:
    return SourceOptions(path=str(folder / name), lang="auto", **options)


def read(options: SourceOptions, limits: ReadLimits = LIMITS, key: str = "news") -> list[Row]:
    rows: list[Row] = []
    for task in plan(list_files(key, options)):
        rebuilt = Task.from_json(task.to_json())
        for batch in read_documents(rebuilt, options, key, limits):
            batch.validate(full=True)
            assert batch.schema == RECORD
            assert 0 < batch.num_rows <= 1024
            assert not any(column.null_count for column in batch.columns)
            rows += batch.to_pylist()
    return rows


def texts(rows: list[Row]) -> list[str]:
    return [row["text"] for row in rows if not row["error"]]


def errors(rows: list[Row]) -> list[tuple[str, str, int]]:
    return [(row["id"], row["error"], row["position"]) for row in rows if row["error"]]


def lines(*records: object) -> bytes:
    return b"".join(json.dumps(record, ensure_ascii=False).encode() + b"\n" for record in records)


@pytest.mark.parametrize("kind", COMPRESS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "cp949"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_text_in_every_encoding_and_compression(tmp_path: Path, kind: str, encoding: str, newline: str) -> None:
    documents = CP949_DOCUMENTS if encoding == "cp949" else DOCUMENTS
    content = f"{newline}   {newline}".join(document.replace("\n", newline) for document in documents) + newline * 2
    (tmp_path / "a.txt").write_bytes(COMPRESS[kind](content.encode(encoding)))
    rows = read(source(tmp_path, "*.txt", format="text"))
    assert errors(rows) == []
    assert [text.replace("\r", "") for text in texts(rows)] == documents
    assert all(row["id"] == f"news:a.txt#{row['position']}" for row in rows)
    whole = read(source(tmp_path, "*.txt", format="text", documents="file"))
    assert [(row["id"], row["text"]) for row in whole] == [("news:a.txt", content)]


@pytest.mark.parametrize("kind", COMPRESS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16-le", "cp949"])
def test_jsonl_in_every_encoding_and_compression(tmp_path: Path, kind: str, encoding: str) -> None:
    documents = CP949_DOCUMENTS if encoding == "cp949" else DOCUMENTS
    records = [{"url": f"u{row}", "body": text, "날짜": "오늘"} for row, text in enumerate(documents)]
    content = "\n".join(json.dumps(record, ensure_ascii=False) for record in records)
    (tmp_path / "a.jsonl").write_bytes(COMPRESS[kind](content.encode(encoding)))
    rows = read(source(tmp_path, "a.jsonl", format="jsonl", text="body", id="url"))
    assert texts(rows) == documents
    assert [row["id"] for row in rows] == ["news:u0", "news:u1", "news:u2"]
    assert {row["meta"] for row in rows} == {'{"날짜":"오늘"}'}


@pytest.mark.parametrize("kind", COMPRESS)
def test_parquet_in_every_compression(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"n": [7, 8, 9], "body": DOCUMENTS}), path, row_group_size=2)
    path.write_bytes(COMPRESS[kind](path.read_bytes()))
    rows = read(source(tmp_path, "*", format="parquet", text="body", id="n"))
    assert [(row["id"], row["position"], row["text"]) for row in rows] == [
        (f"news:{number}", number - 7, text) for number, text in zip((7, 8, 9), DOCUMENTS, strict=True)
    ]


def test_fields_of_jsonl(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(
        lines(
            {"t": ["문단 하나", "둘"], "id": 12, "views": 3, "score": 0.5, "ok": True, "none": None, "deep": {"x": 1}},
            {"t": "no id", "b": "2", "a": "1"},
            {"t": "boolean id", "id": True},
        )
        + b'{"t": "not a number", "score": NaN, "big": 123456789012345678901234567890}\n'
    )
    rows = read(source(tmp_path, "a.jsonl", format="jsonl", text="t", id="id"))
    assert texts(rows) == ["문단 하나\n둘", "no id", "boolean id", "not a number"]
    starts = [row["position"] for row in rows]
    assert [row["id"] for row in rows] == ["news:12", *(f"news:a.jsonl#{start}" for start in starts[1:])]
    metas = [row["meta"] for row in rows]
    assert metas == ['{"ok":true,"score":0.5,"views":3}', '{"a":"1","b":"2"}', "{}", '{"big":1.2345678901234568e+29}']


def test_bad_records_of_jsonl_are_named_one_by_one(tmp_path: Path) -> None:
    bad = [
        (b'{"t": "cut off', "invalid_json"),
        (b'["t"]', "invalid_json"),
        (b"[" * 100_000, "invalid_json"),
        (b'{"x": "no text"}', "missing_text_field"),
        (b'{"t": null}', "missing_text_field"),
        (b'{"t": {"t": "deeper"}}', "missing_text_field"),
        (b'{"t": ["one", 2]}', "missing_text_field"),
        (b'{"t": "  "}', "empty"),
        (b'{"t": []}', "empty"),
        (b'{"t": "\xed\xa0\x80"}', "invalid_encoding"),
        (b'{"t": "\xff"}', "invalid_encoding"),
        (b'{"t": "\\ud800 alone"}', "invalid_encoding"),
        (b'{"t": "good", "title": "\\udc00"}', "invalid_encoding"),
        (b'{"t": "' + b"x" * 2_000_000 + b'"}', "record_too_large"),
    ]
    good = lines({"t": "good 😀"})
    (tmp_path / "a.jsonl").write_bytes(good + b"".join(line + b"\n" + good for line, _ in bad))
    rows = read(source(tmp_path, "a.jsonl", format="jsonl", text="t"))
    assert texts(rows) == ["good 😀"] * (len(bad) + 1)
    assert [row["error"] for row in rows if row["error"]] == [rule for _, rule in bad]
    content = (tmp_path / "a.jsonl").read_bytes()
    assert [content[row["position"] :].startswith(line) for row, (line, _) in zip(rows[1::2], bad, strict=True)]


def test_bad_documents_of_text(tmp_path: Path) -> None:
    big = b"big " * 500_000
    (tmp_path / "a.txt").write_bytes("좋다\n\n".encode() + b"bad \xff\n\n" + big + b"\n\n" + "또 좋다".encode())
    rows = read(source(tmp_path, "a.txt", format="text"))
    assert texts(rows) == ["좋다", "또 좋다"]
    assert [error for _, error, _ in errors(rows)] == ["invalid_encoding", "record_too_large"]


def test_one_bad_byte_of_cp949_costs_one_document(tmp_path: Path) -> None:
    documents = [f"문서 {number}번에는 읽을 만한 이야기가 있다" for number in range(50)]
    content = [document.encode("cp949") for document in documents]
    content[20] += b"\xff"
    (tmp_path / "a.txt").write_bytes(b"\n\n".join(content))
    rows = read(source(tmp_path, "a.txt", format="text"))
    assert texts(rows) == documents[:20] + documents[21:]


def test_lone_surrogates_of_utf16_cost_one_document(tmp_path: Path) -> None:
    text = "좋은 문서\n\n\ud800 나쁜 문서\n\n또 좋은 문서"
    (tmp_path / "a.txt").write_bytes(b"\xff\xfe" + text.encode("utf-16-le", "surrogatepass"))
    rows = read(source(tmp_path, "a.txt", format="text"))
    assert [row["error"] for row in rows] == ["", "invalid_encoding", ""]


def test_bad_rows_of_parquet(tmp_path: Path) -> None:
    broken = pa.StringArray.from_buffers(
        6, pa.array([0, 2, 3, 3, 3, 5, 8], pa.int32()).buffers()[1], pa.py_buffer(b"ok\xff yes!"), pa.py_buffer(b"\x3b")
    )
    pq.write_table(pa.table({"t": broken, "when": pa.array([1, 2, 3, 4, None, 6], pa.timestamp("s"))}), tmp_path / "a")
    rows = read(source(tmp_path, "a", format="parquet", text="t"))
    assert [row["error"] for row in rows] == ["", "invalid_encoding", "missing_text_field", "empty", "", ""]
    assert [row["id"] for row in rows] == [f"news:a#{row}" for row in range(6)]
    assert rows[0]["meta"] == '{"when":"1970-01-01T00:00:01"}'
    assert rows[4]["meta"] == "{}"


def test_columns_of_parquet(tmp_path: Path) -> None:
    table = pa.table(
        {
            "t": pa.array([["문단", "둘"], [], ["x" * 2_000_000], None]),
            "id": pa.array(["a", None, "c", "d"]).dictionary_encode(),
            "title": pa.array(["가", None, "c", "d"], pa.large_string()),
            "nested": [{"x": 1}] * 4,
        }
    )
    pq.write_table(table, tmp_path / "a")
    rows = read(source(tmp_path, "a", format="parquet", text="t", id="id"))
    assert [row["error"] for row in rows] == ["", "empty", "record_too_large", "missing_text_field"]
    assert [row["id"] for row in rows] == ["news:a", "news:a#1", "news:c", "news:d"]
    assert (rows[0]["text"], rows[0]["meta"], rows[1]["meta"]) == ("문단\n둘", '{"title":"가"}', "{}")


@pytest.mark.parametrize("column", ["absent", "number", "nested"])
def test_parquet_without_a_text_column(tmp_path: Path, column: str) -> None:
    pq.write_table(pa.table({"t": ["x"], "number": [1], "nested": [{"t": "x"}]}), tmp_path / "a")
    rows = read(source(tmp_path, "a", format="parquet", text=column))
    assert errors(rows) == [("news:a", "missing_text_field", 0)]


def test_damaged_parquet(tmp_path: Path) -> None:
    (tmp_path / "not").write_bytes(b"PAR1 but nothing else")
    pq.write_table(pa.table({"t": [str(n) * 50 for n in range(20_000)]}), tmp_path / "x", use_dictionary=False)
    content = bytearray((tmp_path / "x").read_bytes())
    content[len(content) // 2 : len(content) // 2 + 2000] = bytes(2000)
    (tmp_path / "x").write_bytes(content)
    rows = read(source(tmp_path, "*", format="parquet", text="t"))
    assert {row["error"] for row in rows} <= {"", "invalid_parquet"}
    assert errors(rows)[0] == ("news:not", "invalid_parquet", 0)
    assert len(errors(rows)) == 2


@pytest.mark.parametrize("kind", [kind for kind in COMPRESS if kind != "none"])
def test_truncated_compression_gives_the_intact_records(tmp_path: Path, kind: str) -> None:
    content = lines(*({"t": f"문서 {number} {number * 7919 % 10007}"} for number in range(100_000)))
    packed = COMPRESS[kind](content)
    (tmp_path / "a").write_bytes(packed[: len(packed) * 3 // 4])
    rows = read(source(tmp_path, "a", format="jsonl", text="t"))
    assert len(rows) > 30_000
    assert texts(rows) == [f"문서 {number} {number * 7919 % 10007}" for number in range(len(rows) - 1)]
    end = rows[-2]["position"] + content[rows[-2]["position"] :].index(b"\n") + 1
    assert errors(rows) == [(f"news:a#{end}", "truncated_compression", end)]


def test_files_that_are_wrong_as_a_whole(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(os.urandom(5000))
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    (tmp_path / "empty").touch()
    (tmp_path / "empty.gz").write_bytes(gzip.compress(b""))
    (tmp_path / "folder").mkdir()
    (tmp_path / "good").write_text("살아남는 문서")
    os.mkfifo(tmp_path / "pipe")
    rows = read(source(tmp_path, "*", format="text"))
    assert texts(rows) == ["살아남는 문서"]
    assert [(identifier, rule) for identifier, rule, _ in errors(rows)] == [
        ("news:binary", "binary_file"),
        ("news:dangling", "unreadable_file"),
        ("news:empty", "empty_file"),
        ("news:empty.gz", "empty_file"),
        ("news:pipe", "unreadable_file"),
    ]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("secret")
    (tmp_path / "a").chmod(0)
    assert errors(read(source(tmp_path, "a", format="text"))) == [("news:a", "unreadable_file", 0)]


def test_a_file_that_goes_between_listing_and_reading(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("here")
    options = source(tmp_path, "a", format="text")
    (task,) = plan(list_files("news", options))
    (tmp_path / "a").unlink()
    (batch,) = read_documents(task, options, "news", LIMITS)
    assert errors(batch.to_pylist()) == [("news:a", "unreadable_file", 0)]


def test_names_below_the_folder_of_the_glob(tmp_path: Path) -> None:
    for name in ("2024/가/a.txt", "2024/b.txt", "2024/c.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    rows = read(source(tmp_path, "2024/**/*.txt", format="text", documents="file"))
    assert [row["id"] for row in rows] == ["news:b.txt", "news:가/a.txt"]
    assert [row["file"] for row in rows] == [str(tmp_path / "2024/b.txt"), str(tmp_path / "2024/가/a.txt")]


def test_a_file_name_that_is_no_utf8(tmp_path: Path) -> None:
    path = os.fsencode(tmp_path) + b"/" + "문서".encode("cp949") + b".txt"
    with open(path, "w") as file:  # noqa: PTH123  (a name in bytes)
        file.write("내용")
    rows = read(source(tmp_path, "*.txt", format="text"))
    assert [(row["id"], row["text"]) for row in rows] == [("news:\\xb9\\xae\\xbc\\xad.txt#0", "내용")]


@pytest.mark.parametrize(
    ("options", "content"),
    [
        ({"format": "text"}, "문서 하나\n둘째 줄\r\n\r\n 문서 둘\n\n\n문서 셋 끝".encode("cp949")),
        ({"format": "text"}, "\ufeff문서 하나\n \n문서 둘\n".encode()),
        ({"format": "jsonl", "text": "t"}, lines({"t": "하나"}, {"t": "둘"}, {"x": 0}, {"t": "셋"})),
    ],
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(data=st.data())
def test_ranges_of_a_file_together_are_the_file(
    tmp_path: Path, options: dict[str, str], content: bytes, data: st.DataObject
) -> None:
    path = tmp_path / "a"
    path.write_bytes(content)
    cuts = data.draw(st.sets(st.integers(1, len(content) - 1)))
    bounds = [0, *sorted(cuts), -1]
    opened = source(tmp_path, "a", **options)
    (whole,) = plan(list_files("news", opened))
    rows = []
    for start, stop in pairwise(bounds):
        task = Task("part", (FileRange(str(path), "", start, stop),), whole.extra)
        rows += [row for batch in read_documents(task, opened, "news", LIMITS) for row in batch.to_pylist()]
    assert rows == read(opened)
    assert len(rows) > 1


def test_many_small_files_are_few_batches(tmp_path: Path) -> None:
    for number in range(300):
        (tmp_path / f"{number:03}").write_text(f"문서 {number}")
    options = source(tmp_path, "*", format="text", documents="file")
    batches = [
        batch for task in plan(list_files("news", options)) for batch in read_documents(task, options, "news", LIMITS)
    ]
    assert sum(batch.num_rows for batch in batches) == 300
    assert len(batches) < 10


@needs_data
@pytest.mark.parametrize(
    ("name", "decode"),
    [
        ("ko_pud.cp949.txt", lambda data: data.decode("cp949")),
        ("ko_pud.utf16le_bom.txt", lambda data: data.decode("utf-16")),
        ("ko_pud.crlf_bom.txt", lambda data: data.decode("utf-8-sig")),
        ("ko_pud.nfd.txt", lambda data: data.decode()),
        ("ko_pud.mixed.txt", lambda data: data.decode()),
    ],
)
def test_real_korean_text_arrives_as_it_was_written(name: str, decode: Callable[[bytes], str]) -> None:
    path = SHARED / "messy_unicode_derived" / name
    (row,) = read(source(path.parent, name, format="text", documents="file"))
    assert row["text"] == decode(path.read_bytes())


@needs_data
@pytest.mark.parametrize("documents", ["blank_line", "file"])
def test_every_messy_file_ends_in_rows(documents: str) -> None:
    rows = read(source(SHARED, "messy_*/**/*", format="text", documents=documents))
    listed = list_files("news", source(SHARED, "messy_*/**/*", format="text"))
    assert {row["file"] for row in rows} == {file.path for file in listed.files}
    wrong = {row["file"].split("/")[-2] for row in rows if row["error"]}
    assert not wrong & {"EUC-KR", "CP949", "UTF-16", "UTF-16BE", "utf-8", "utf-8-sig"}


@needs_data
def test_real_reviews_in_one_compressed_file() -> None:
    path = SHARED / "ko_nsmc_raw" / "movies.jsonl.gz"
    with gzip.open(path) as file:
        records = [json.loads(line) for line in file]
    rows = read(source(path.parent, path.name, format="jsonl", text="reviews", id="doc_id"))
    assert texts(rows) == ["\n".join(record["reviews"]) for record in records]
    assert [row["id"] for row in rows] == [f"news:{record['doc_id']}" for record in records]
