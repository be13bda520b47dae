"""Files that lie elsewhere, read from real servers: whole, in ranges, and when the server or the connection fails."""

import gzip
import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from servers import Faulty, files_of, objects, served

from pipelines.core.errors import MalmoiError
from pipelines.sources import planning, storage
from pipelines.sources.listing import check_unchanged, list_files
from pipelines.sources.options import ReadLimits, SourceOptions, check
from pipelines.sources.planning import plan
from pipelines.sources.reading import read_documents
from pipelines.sources.storage import open_file, remote_file, remote_files

TEXTS = [f"문서 {number} " + "가나다라 " * 20 for number in range(5000)]
SHARED = Path(__file__).parents[4] / "shared" / "data"
ENCODINGS = {"EUC-KR", "CP949", "UTF-16", "utf-8", "utf-8-sig", "ascii"}
needs_data = pytest.mark.skipif(not SHARED.is_dir(), reason="shared data is absent")
LINES = b"".join(json.dumps({"t": text}, ensure_ascii=False).encode() + b"\n" for text in TEXTS)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "DELAYS", (0.01, 0.01, 0.01))


@pytest.fixture
def web(tmp_path: Path) -> Iterator[tuple[str, Path, Faulty]]:
    application = Faulty(files_of(tmp_path))
    with served(application) as address:
        yield address, tmp_path, application


@pytest.fixture(scope="module")
def s3() -> Iterator[tuple[Any, Faulty]]:
    application = Faulty(objects())
    with served(application) as address, pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            patch.delenv(name)
        patch.setenv("AWS_ACCESS_KEY_ID", "someone")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "a secret that no message may hold")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        patch.setenv("AWS_ENDPOINT_URL", address)
        storage._file_system.cache_clear()
        system = fsspec.filesystem("s3", skip_instance_cache=True, use_listings_cache=False)
        system.mkdir("corpus")
        yield system, application
        storage._file_system.cache_clear()


def read(options: SourceOptions, key: str = "news") -> list[dict[str, Any]]:
    limits = ReadLimits(max_document_bytes=1_000_000)
    tasks = plan(list_files(key, options))
    return [row for task in tasks for batch in read_documents(task, options, key, limits) for row in batch.to_pylist()]


def test_every_format_from_s3(s3: tuple[Any, Faulty], tmp_path: Path) -> None:
    system, _ = s3
    system.pipe("corpus/lines/가/a.jsonl", LINES)
    system.pipe("corpus/lines/b.jsonl.gz", gzip.compress(LINES))
    system.pipe("corpus/text/a.txt", "\n\n".join(TEXTS).encode("cp949"))
    pq.write_table(pa.table({"t": TEXTS}), tmp_path / "p", row_group_size=1000)
    system.pipe("corpus/rows/p.parquet", (tmp_path / "p").read_bytes())
    rows = read(SourceOptions(format="jsonl", path="s3://corpus/lines/**/*.jsonl*", lang="ko", text="t"))
    assert [row["text"] for row in rows] == TEXTS * 2
    assert {row["id"].split("#")[0] for row in rows} == {"news:가/a.jsonl", "news:b.jsonl.gz"}
    assert rows[0]["file"] == "s3://corpus/lines/b.jsonl.gz"
    text = read(SourceOptions(format="text", path="s3://corpus/text/*", lang="ko"))
    assert [row["text"] for row in text] == [text.rstrip() + " " for text in TEXTS]
    rows = read(SourceOptions(format="parquet", path="s3://corpus/rows/*.parquet", lang="ko", text="t"))
    assert [row["text"] for row in rows] == TEXTS


@needs_data
def test_real_files_are_read_as_if_they_were_here(s3: tuple[Any, Faulty]) -> None:
    """The encoding is that of all of a small file, and what is wrong with one is the same."""
    system, _ = s3
    folder = SHARED / "messy_encodings"
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.parent.name in ENCODINGS]
    system.pipe({f"corpus/messy/{path.relative_to(folder).as_posix()}": path.read_bytes() for path in paths})
    local = read(SourceOptions(format="text", path=str(folder / "**" / "*"), lang="auto"))
    known = {f"news:{path.relative_to(folder).as_posix()}" for path in paths}
    local = [row for row in local if row["id"].split("#")[0] in known]
    remote = read(SourceOptions(format="text", path="s3://corpus/messy/**", lang="auto"))
    assert [(row["id"], row["text"], row["error"]) for row in remote] == [
        (row["id"], row["text"], row["error"]) for row in local
    ]
    assert len(remote) > len(paths) > 20


@needs_data
def test_a_dump_and_an_archive_from_s3(s3: tuple[Any, Faulty]) -> None:
    system, _ = s3
    (dump,) = (SHARED / "messy_wiki_xml").glob("*.bz2")
    (archive,) = (SHARED / "messy_warc").rglob("*.warc.gz")
    system.pipe({"corpus/dumps/a.xml.bz2": dump.read_bytes(), "corpus/crawl/a.warc.gz": archive.read_bytes()})
    for name, path in (("wikipedia", "dumps/a.xml.bz2"), ("warc", "crawl/a.warc.gz")):
        local = dump if name == "wikipedia" else archive
        expected = read(SourceOptions(format=name, path=str(local), lang="auto"))
        rows = read(SourceOptions(format=name, path=f"s3://corpus/{path}", lang="auto"))
        assert [(row["text"], row["error"]) for row in rows] == [(row["text"], row["error"]) for row in expected]


def test_a_big_object_is_read_in_ranges(s3: tuple[Any, Faulty], monkeypatch: pytest.MonkeyPatch) -> None:
    system, _ = s3
    monkeypatch.setattr(planning, "RANGE_BYTES", 1 << 20)
    content = LINES * 2
    system.pipe("corpus/big/a.jsonl", content)
    options = SourceOptions(format="jsonl", path="s3://corpus/big/a.jsonl", lang="ko", text="t")
    tasks = plan(list_files("big", options))
    assert len(tasks) == -(-len(content) >> 20) > 2
    assert sum({part.path: part.bytes for task in tasks for part in task.inputs}.values()) == len(content)
    assert [row["text"] for row in read(options)] == TEXTS * 2


@pytest.mark.parametrize("faults", [[500, 503], ["cut"], [429, "cut", 500]])
def test_what_passes_is_tried_again(s3: tuple[Any, Faulty], faults: list[int | str]) -> None:
    system, server = s3
    system.pipe("corpus/faulty/a.txt", LINES)
    with open_file("s3://corpus/faulty/a.txt") as file:
        server.faults = list(faults)
        assert hashlib.sha256(file.read()).digest() == hashlib.sha256(LINES).digest()
    assert server.faults == []


@pytest.mark.parametrize("fault", [503, "cut"])
def test_a_server_that_goes_on_failing_is_told_with_its_address(s3: tuple[Any, Faulty], fault: int | str) -> None:
    system, server = s3
    system.pipe("corpus/faulty/a.txt", LINES)
    with open_file("s3://corpus/faulty/a.txt") as file:
        server.faults = [fault] * 100
        with pytest.raises(MalmoiError, match=r"^s3://corpus/faulty/a\.txt: .*after 3 further tries") as caught:
            file.read()
        assert len(server.faults) == 96
        server.faults = []
    assert "secret" not in str(caught.value)


def test_what_does_not_pass_is_told_at_once(s3: tuple[Any, Faulty]) -> None:
    system, server = s3
    system.pipe("corpus/private/a.txt", LINES)
    with open_file("s3://corpus/private/a.txt") as file:
        server.faults = [403] * 10
        with pytest.raises(MalmoiError, match=r"s3://corpus/private/a\.txt: .*403; credentials .*AWS_ACCESS_KEY_ID"):
            file.read()
        assert len(server.faults) == 9
        server.faults = []
    with pytest.raises(MalmoiError, match=r"s3://corpus/absent: not found"):
        remote_file("s3://corpus/absent")
    with pytest.raises(MalmoiError, match=r"sources\.news\.path: no file matches s3://corpus/absent/\*"):
        list_files("news", SourceOptions(format="text", path="s3://corpus/absent/*", lang="ko"))


def test_a_listing_that_fails_is_no_shorter_listing(s3: tuple[Any, Faulty]) -> None:
    system, server = s3
    system.pipe({f"corpus/many/{folder}/{name}.txt": b"text" for folder in "ab" for name in "xyz"})
    options = SourceOptions(format="text", path="s3://corpus/many/*/[xy].txt", lang="ko")
    expected = [f"s3://corpus/many/{folder}/{name}.txt" for folder in "ab" for name in "xy"]
    server.faults = [503, 500, "cut"]
    assert [file.path for file in remote_files(options.path)] == expected
    assert server.faults == []
    server.faults = [503] * 100
    with pytest.raises(MalmoiError, match=r"^sources\.news\.path: s3://corpus/many/\*/\[xy\]\.txt: .*further tries"):
        list_files("news", options)
    server.faults = [403] * 100
    with pytest.raises(MalmoiError, match="status 403"):
        remote_files("s3://corpus/many/**")
    server.faults = []
    assert len(remote_files("s3://corpus/many/**")) == 6
    with pytest.raises(MalmoiError, match=r"s3://corpus/many: a folder; give a glob"):
        remote_files("s3://corpus/many")


def test_a_changed_object_is_noticed(s3: tuple[Any, Faulty]) -> None:
    system, _ = s3
    system.pipe({"corpus/changing/a.txt": b"one", "corpus/changing/b.txt": b"two"})
    options = SourceOptions(format="text", path="s3://corpus/changing/*.txt", lang="ko")
    listing = list_files("news", options)
    system.pipe("corpus/changing/b.txt", b"two")
    assert list_files("news", options) == listing
    check_unchanged(listing)
    system.pipe("corpus/changing/b.txt", b"too")
    again = list_files("news", options)
    assert again.files[0] == listing.files[0]
    assert again.files[1].digest != listing.files[1].digest
    with pytest.raises(MalmoiError, match=r"1 of 2 files are gone, or changed .*\n *s3://corpus/changing/b\.txt"):
        check_unchanged(listing)


def test_a_file_over_http(web: tuple[str, Path, Faulty]) -> None:
    address, folder, server = web
    (folder / "a.jsonl").write_bytes(LINES)
    options = SourceOptions(format="jsonl", path=f"{address}/a.jsonl", lang="ko", text="t")
    assert check("news", options) == []
    server.faults = [503, "cut", 500]
    rows = read(options)
    assert [row["text"] for row in rows] == TEXTS
    assert rows[0]["id"] == "news:a.jsonl#0"
    listing = list_files("news", options)
    (folder / "a.jsonl").write_bytes(LINES[:-1] + b" ")
    os.utime(folder / "a.jsonl", (1, 1))
    with pytest.raises(MalmoiError, match="1 of 1 files are gone, or changed"):
        check_unchanged(listing)


def test_what_https_needs_of_a_server(web: tuple[str, Path, Faulty]) -> None:
    address, folder, server = web
    with pytest.raises(MalmoiError, match=r"/absent: not found"):
        remote_files(f"{address}/absent")
    (folder / "a").write_bytes(LINES)
    plain = files_of(folder)

    def without_ranges(environ: dict[str, Any], start_response: Any) -> Any:
        environ.pop("HTTP_RANGE", None)
        return plain(environ, start_response)

    server.application = without_ranges
    with open_file(f"{address}/a") as file:
        file.seek(10)
        with pytest.raises(MalmoiError, match=r"/a: the server gives no parts of it; fetch the file"):
            file.read(10)


def test_a_server_that_is_not_there() -> None:
    with pytest.raises(MalmoiError, match=r"http://127\.0\.0\.1:9/a: .*after 3 further tries"):
        remote_file("http://127.0.0.1:9/a")


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("https://user:pass@example.org/a", "holds a user name; remove it: credentials come from the environment"),
        ("https://example.org/a?X-Amz-Signature=1", "holds X-Amz-Signature; remove it"),
        ("http://example.org/a", "use https://"),
        ("https://example.org/*.txt", "cannot list files, name one"),
        ("ftp://example.org/a", "allowed: a path on this machine, or s3://, gs://, hf://, https://"),
    ],
)
def test_addresses_that_are_refused(path: str, error: str) -> None:
    (found,) = check("news", SourceOptions(format="text", path=path, lang="ko"))
    assert found.startswith("sources.news.path: ")
    assert error in found
    assert "pass" not in found
