"""warc, wet and html through listing, planning and reading: right texts, and a row for what cannot be read."""

import gzip
import json
import os
import random
from collections import Counter
from pathlib import Path
from typing import Any

import brotli
import pytest
from archive import DATE, packed, page, record, response

from pipelines.clean import clean_function
from pipelines.core.tasks import Task
from pipelines.options import CleanOptions
from pipelines.sources import planning
from pipelines.sources.listing import list_files
from pipelines.sources.options import ReadLimits, SourceOptions
from pipelines.sources.planning import plan
from pipelines.sources.reading import read_documents
from pipelines.sources.records import RECORD
from pipelines.sources.web import warc

SHARED = Path(__file__).parents[5] / "shared" / "data"
needs_data = pytest.mark.skipif(not SHARED.is_dir(), reason="shared data is absent")
LIMITS = ReadLimits(max_document_bytes=1_000_000, page_seconds=30)
TEXT = "모람시는 올해 봄부터 도서관을 밤 열 시까지 열기로 하고, 사서 열두 명을 새로 뽑는다고 밝혔다."
MORE = "도서관 이용자들은 이번 결정을 반기면서도 주차장이 좁은 것을 걱정하는 목소리를 함께 내고 있다."
HTML = "Content-Type: text/html"
Row = dict[str, Any]


def source(path: Path | str, form: str) -> SourceOptions:
    return SourceOptions(format=form, path=str(path), lang="auto")


def read(options: SourceOptions, limits: ReadLimits = LIMITS) -> tuple[list[Row], Counter[str]]:
    rows: list[Row] = []
    skipped: Counter[str] = Counter()
    for task in plan(list_files("web", options)):
        for batch in read_documents(Task.from_json(task.to_json()), options, "web", limits, skipped):
            batch.validate(full=True)
            assert batch.schema == RECORD
            rows += batch.to_pylist()
    return rows, skipped


def test_pages_of_a_warc_file(tmp_path: Path) -> None:
    cp949 = page(TEXT, MORE).encode("cp949")
    encoded = f"{HTML}; charset=utf-8\r\nContent-Encoding: br"
    (tmp_path / "a.warc.gz").write_bytes(
        packed(
            record("warcinfo", "", b"software: x", "application/warc-fields"),
            record("request", "http://a/", b"GET / HTTP/1.1\r\n\r\n", "application/http;msgtype=request"),
            response("http://a/1", page(TEXT, MORE).encode(), identifier="urn:uuid:1"),
            response("http://a/2", cp949, f"{HTML}; charset=utf-8"),
            response("http://a/3", brotli.compress(page(TEXT).encode(), quality=4), encoded),
            response("http://a/4", "그냥 글\n둘째 줄".encode("cp949"), "Content-Type: text/plain"),
            response("http://a/5", b"\xff\xd8\xff", "Content-Type: image/jpeg"),
            response("http://a/6", b"gone", HTML, status=404),
            response("http://a/7", bytes(2_000_000), "Content-Type: video/mp4"),
            record("response", "dns:a", b"1.2.3.4", "text/dns"),
            record("resource", "file:///a.html", page(TEXT).encode(), "text/html"),
            record("resource", "metadata://gnu.org/software/wget/warc/wget.log", b"log", "text/plain"),
            record("revisit", "http://a/1", b"", "application/http; msgtype=response"),
            record("novelty", "http://a/1", b"", "text/html"),
        )
    )
    rows, skipped = read(source(tmp_path / "*.gz", "warc"))
    assert [(row["id"], row["text"], row["error"]) for row in rows] == [
        ("web:urn:uuid:1", f"{TEXT}\n{MORE}", ""),
        ("web:http://a/2", f"{TEXT}\n{MORE}", ""),
        ("web:http://a/3", TEXT, ""),
        ("web:http://a/4", "그냥 글\n둘째 줄", ""),
        ("web:file:///a.html", TEXT, ""),
    ]
    assert json.loads(rows[0]["meta"]) == {"date": DATE, "url": "http://a/1"}
    content = (tmp_path / "a.warc.gz").read_bytes()
    for row in rows:
        assert gzip.decompress(content[row["position"] :]).startswith(b"WARC/1.0\r\n")
    assert skipped == {
        "record_warcinfo": 1,
        "record_request": 1,
        "record_revisit": 1,
        "record_of_other_type": 1,
        "record_metadata": 1,
        "media_type": 3,
        "http_status": 1,
    }


@pytest.mark.parametrize(
    ("body", "fields", "rule"),
    [
        (gzip.compress(bytes(30_000_000)), f"{HTML}\r\nContent-Encoding: gzip", "record_too_large"),
        (gzip.compress(b"<p>x" * 999)[:-30], f"{HTML}\r\nContent-Encoding: gzip", "truncated_compression"),
        (b"5\r\nab", f"{HTML}\r\nTransfer-Encoding: chunked\r\nContent-Encoding: br", "truncated_compression"),
        (b"<p>" + bytes(range(256)) * 99, HTML, "binary_file"),
        ("<p>Сегодня хорошая погода".encode("cp1251"), HTML, "invalid_encoding"),
        (b"<p>" + b"x" * 50_000_000, HTML, "record_too_large"),
    ],
    ids=["bomb", "cut gzip", "cut chunk", "binary", "unknown charset", "long page"],
)
def test_a_bad_page_is_a_row_and_the_others_are_read(tmp_path: Path, body: bytes, fields: str, rule: str) -> None:
    good = page(TEXT).encode()
    path = tmp_path / "a.warc"
    path.write_bytes(response("http://a/1", good) + response("http://a/2", body, fields) + response("http://a/3", good))
    rows, _ = read(source(path, "warc"))
    assert [(row["id"], row["error"]) for row in rows] == [
        ("web:http://a/1", ""),
        ("web:http://a/2", rule),
        ("web:http://a/3", ""),
    ]
    assert [row["text"] for row in rows] == [TEXT, "", TEXT]


def test_a_page_that_takes_too_long_is_a_row_and_deep_ones_are_read(tmp_path: Path) -> None:
    slow = "<div " + " ".join(f"a{number}=1" for number in range(300_000)) + f">{TEXT}"
    deep = "<div>" * 100_000 + f"<p>{TEXT}</p>"
    for name, content in (("a", deep), ("b", slow), ("c", page(TEXT))):
        (tmp_path / f"{name}.html").write_text(content)
    rows, _ = read(source(tmp_path / "*.html", "html"), ReadLimits(max_document_bytes=10_000_000, page_seconds=3))
    assert [(row["id"], row["error"], row["text"]) for row in rows] == [
        ("web:a.html", "", TEXT),
        ("web:b.html", "page_time_out", ""),
        ("web:c.html", "", TEXT),
    ]


def test_an_http_message_that_is_none_and_a_file_that_is_no_archive(tmp_path: Path) -> None:
    broken = record("response", "http://a/1", b"nothing like it", "application/http")
    (tmp_path / "a.warc").write_bytes(broken + response("http://a/2", page(TEXT).encode()))
    (tmp_path / "b.warc").write_text("a letter, not an archive\n" * 99)
    (tmp_path / "c.warc").touch()
    (tmp_path / "d.warc.gz").write_bytes(packed(response("http://d/1", page(TEXT).encode()))[:-60])
    rows, _ = read(source(tmp_path / "*", "warc"))
    assert [(row["id"], row["error"]) for row in rows] == [
        ("web:http://a/1", "invalid_http"),
        ("web:http://a/2", ""),
        ("web:b.warc#0", "invalid_warc"),
        ("web:c.warc", "empty_file"),
        ("web:d.warc.gz", "truncated_compression"),
    ]


@pytest.mark.parametrize("form", ["warc", "wet"])
def test_the_pages_before_the_damage_of_a_compressed_file_are_read(tmp_path: Path, form: str) -> None:
    if form == "warc":
        records = [response(f"http://a/{number}", page(TEXT).encode()) for number in range(3)]
    else:
        records = [record("conversion", f"http://a/{number}", TEXT.encode(), "text/plain") for number in range(3)]
    content = packed(*records)
    for damaged, rule in ((content[:-20], "truncated_compression"), (content + b"garbage", "trailing_garbage")):
        (tmp_path / "a.gz").write_bytes(damaged)
        rows, _ = read(source(tmp_path / "a.gz", form))
        assert {row["text"] for row in rows[:-1]} == {TEXT}
        intact = 2 if rule == "truncated_compression" else 3
        assert [row["id"] for row in rows[:-1]] == [f"web:http://a/{number}" for number in range(intact)]
        assert (rows[-1]["error"], rows[-1]["text"]) == (rule, "")


def test_texts_of_a_wet_file(tmp_path: Path) -> None:
    conversion = [
        record("conversion", f"http://a/{number}", text, "text/plain", f"urn:uuid:{number}")
        for number, text in enumerate(("첫 줄\n둘째 줄".encode(), b"\xff", "둘째 문서".encode(), b"z" * 2_000_000))
    ]
    info = record("warcinfo", "", b"x", "application/warc-fields")
    (tmp_path / "a.wet.gz").write_bytes(packed(info, *conversion, record("conversion", "", b"{}", "application/json")))
    rows, skipped = read(source(tmp_path / "*", "wet"))
    assert [(row["id"], row["text"], row["error"]) for row in rows] == [
        ("web:urn:uuid:0", "첫 줄\n둘째 줄", ""),
        ("web:urn:uuid:1", "", "invalid_encoding"),
        ("web:urn:uuid:2", "둘째 문서", ""),
        ("web:urn:uuid:3", "", "record_too_large"),
    ]
    assert json.loads(rows[2]["meta"]) == {"date": DATE, "url": "http://a/2"}
    assert skipped == {"record_warcinfo": 1, "media_type": 1}


@pytest.mark.parametrize("compressed", [True, False])
def test_a_big_archive_is_many_tasks_and_together_they_are_the_archive(
    tmp_path: Path, compressed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    generator = random.Random(1)
    pages = [page("".join(generator.choices("가나다라마바사 .", k=generator.randrange(2000)))) for _ in range(300)]
    records = [response(f"http://a/{number}", one.encode()) for number, one in enumerate(pages)]
    (tmp_path / "a.warc").write_bytes(packed(*records) if compressed else b"".join(records))
    options = source(tmp_path / "a.warc", "warc")
    whole, _ = read(options)
    assert [row["id"] for row in whole] == [f"web:http://a/{number}" for number in range(300)]
    assert len(plan(list_files("web", options))) == 1
    monkeypatch.setattr(warc, "_PART_BYTES", 10_000)
    monkeypatch.setattr(planning, "RANGE_BYTES", 40_000)
    listing = list_files("web", options)
    tasks = plan(listing)
    assert len(tasks) > 4
    bounds = [(part.start, part.stop) for task in tasks for part in task.inputs]
    assert [start for start, _ in bounds] == [0, *(stop for _, stop in bounds[:-1])]
    assert bounds[-1][1] == listing.files[0].bytes
    assert read(options)[0] == whole


def test_html_files_in_folders(tmp_path: Path) -> None:
    for name, content in (
        ("a/utf8.html", page(TEXT, MORE).encode()),
        ("a/cp949.htm.gz", gzip.compress(page(TEXT).encode("cp949"))),
        ("b/utf16.html", page(TEXT).encode("utf-16")),
        ("b/johab.html", page(TEXT).encode("johab")),
        ("b/picture.html", b"\x89PNG\r\n\x1a\n" + os.urandom(5000)),
        ("b/menu.html", b"<ul>" + b"<li><a href=/>menu</a>" * 9),
        ("b/large.html", b"<p>x" * 300_000),
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    rows, _ = read(source(tmp_path / "**/*.htm*", "html"))
    assert {row["id"]: (row["text"], row["error"]) for row in rows} == {
        "web:a/utf8.html": (f"{TEXT}\n{MORE}", ""),
        "web:a/cp949.htm.gz": (TEXT, ""),
        "web:b/utf16.html": (TEXT, ""),
        "web:b/johab.html": (TEXT, ""),
        "web:b/picture.html": ("", "binary_file"),
        "web:b/menu.html": ("", ""),
        "web:b/large.html": ("", "record_too_large"),
    }


def test_clean_keeps_pages_counts_what_is_none_and_drops_what_has_no_text(tmp_path: Path) -> None:
    articles = [response(f"http://a/{number}", page(TEXT, MORE, TEXT, MORE).encode()) for number in range(3)]
    menu = response("http://a/menu", b"<ul>" + b"<li><a href=/>menu</a>" * 9)
    request = record("request", "http://a/", b"GET / HTTP/1.1\r\n\r\n", "application/http;msgtype=request")
    (tmp_path / "a.warc").write_bytes(b"".join([request, *articles, menu]))
    options = CleanOptions(
        profiles={"ko": "ko"},
        foreign_paragraphs="drop",
        longest_run=3,
        max_document_bytes=1_000_000,
        page_seconds=30,
        error_budget=0.0,
    )
    function = clean_function("web", source(tmp_path / "a.warc", "warc"), options)
    assert set(function.libraries) == {"resiliparse"}
    (task,) = plan(list_files("web", source(tmp_path / "a.warc", "warc")))
    outputs: dict[str, list[Row]] = {"documents": [], "ledger": [], "measures": [], "counts": []}
    for name, batch in function(task):
        outputs[name] += batch.to_pylist()
    counts = {row["key"]: row["count"] for row in outputs["counts"]}
    assert (counts["documents"], counts["skipped/record_request"]) == (4, 1)
    fates = {row["id"]: row["fate"] for row in outputs["ledger"]}
    assert fates["web:http://a/menu"] == "dropped"
    assert len(fates) == 4


@needs_data
def test_a_real_crawl() -> None:
    rows, skipped = read(source(SHARED / "messy_warc" / "*.warc.gz", "warc"))
    assert len(rows) == 22 and not any(row["error"] for row in rows)
    assert skipped["record_request"] == 22
    assert all(json.loads(row["meta"])["url"].startswith("https://") for row in rows)
    assert min(len(row["text"]) for row in rows) > 900
    texts = {json.loads(row["meta"])["url"]: row["text"] for row in rows}
    assert not any("Powered by Jekyll" in text or "Sign Out" in text for text in texts.values())


@needs_data
@pytest.mark.parametrize("form", ["html", "warc", "wet"])
def test_every_messy_file_ends_in_rows(form: str) -> None:
    rows, _ = read(source(SHARED / "messy_*/**/*", form))
    files = {path for path in SHARED.glob("messy_*/**/*") if path.is_file()}
    without_text = {SHARED / "messy_warc" / "sample-0000.warc.gz"} if form == "wet" else set()
    assert {Path(row["file"]) for row in rows} == files - without_text
    if form == "html":
        wrong = {row["file"].split("/")[-2] for row in rows if row["error"]}
        assert not wrong & {"EUC-KR", "CP949", "Johab", "UTF-16", "UTF-16BE", "UTF-32", "utf-8", "utf-8-sig", "KOI8-R"}
