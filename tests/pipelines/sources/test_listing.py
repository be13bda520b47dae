"""Listings: what is noted of each file, and that the same files give the same bytes."""

import gzip
import subprocess
import sys
import tracemalloc
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from xxhash import xxh3_128

from pipelines.core.errors import MalmoiError
from pipelines.core.fingerprint import import_closure
from pipelines.sources.formats import load_format
from pipelines.sources.listing import (
    SourceFile,
    glob_root,
    inspect_file,
    list_files,
    read_listing,
    summarise,
    write_listing,
)
from pipelines.sources.options import FORMATS, SourceOptions, check

ROOT = Path(__file__).parents[3]


def text_source(folder: Path, pattern: str = "*") -> SourceOptions:
    return SourceOptions(format="text", path=str(folder / pattern), lang="ko")


def test_what_is_noted_of_a_file(tmp_path: Path) -> None:
    content = "한글 파일\n".encode("cp949") * 100
    packed = gzip.compress(content)
    (tmp_path / "a.txt").write_bytes(packed)
    digest = xxh3_128(packed).hexdigest()
    assert inspect_file(str(tmp_path / "a.txt"), "text") == SourceFile(
        str(tmp_path / "a.txt"), len(packed), digest, "gz", "cp949", len(content)
    )


def test_a_damaged_file_is_hashed_to_its_end(tmp_path: Path) -> None:
    packed = gzip.compress(b"text\n" * 100_000) + b"garbage" * 500_000
    (tmp_path / "a").write_bytes(packed)
    file = inspect_file(str(tmp_path / "a"), "text")
    assert (file.bytes, file.error, file.encoding) == (len(packed), "trailing_garbage", "utf-8")
    assert file.digest == xxh3_128(packed).hexdigest()
    assert not file.unusable


def test_row_groups_of_parquet(tmp_path: Path) -> None:
    pq.write_table(pa.table({"t": ["text"] * 10}), tmp_path / "a", row_group_size=4)
    file = inspect_file(str(tmp_path / "a"), "parquet")
    assert (len(file.parts), file.encoding, file.error) == (3, "", "")


def test_memory_is_constant(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"\xff" + "한글 ".encode() * 5_000_000)
    inspect_file(str(tmp_path / "a"), "text")
    tracemalloc.start()
    file = inspect_file(str(tmp_path / "a"), "text")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (file.encoding, file.bytes, file.text_bytes) == ("utf-8", 35_000_001, 35_000_001)
    assert file.malformed
    assert peak < 8_000_000


def test_a_listing_is_sorted_and_always_the_same_bytes(tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    for name in ("나/b.txt", "a.txt", "가.txt"):
        (raw / name).parent.mkdir(parents=True, exist_ok=True)
        (raw / name).write_text(name)
    source = text_source(raw, "**/*.txt")
    listing = list_files("news", source)
    assert [Path(file.path).name for file in listing.files] == ["a.txt", "가.txt", "b.txt"]
    write_listing(tmp_path / "1.json", listing)
    (raw / "a.txt").touch()
    write_listing(tmp_path / "2.json", list_files("news", source))
    assert (tmp_path / "1.json").read_bytes() == (tmp_path / "2.json").read_bytes()
    assert read_listing(tmp_path / "1.json") == listing
    (raw / "a.txt").write_text("changed")
    assert list_files("news", source).files[1:] == listing.files[1:]
    assert list_files("news", source).files[0] != listing.files[0]


def test_a_glob_without_files_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "folder.txt").mkdir()
    with pytest.raises(MalmoiError, match=r"sources\.news\.path: no file matches .*\*\.txt") as caught:
        list_files("news", text_source(tmp_path, "*.txt"))
    assert "correct the path" in str(caught.value)


@pytest.mark.parametrize(
    "content", [None, b"", b"{}", b'{"files": [{"path": 1, "surplus": 2}], "source": {}}', b"\xff"]
)
def test_a_damaged_listing_is_named(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "news.json").write_bytes(content)
    with pytest.raises(MalmoiError, match=r"news\.json: missing or damaged; run dvc repro"):
        read_listing(tmp_path / "news.json")


def test_summary(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(gzip.compress(b"text"))
    (tmp_path / "b").write_bytes("글을 쓰다".encode("cp949"))
    (tmp_path / "c").touch()
    summary = summarise(list_files("news", text_source(tmp_path)))
    assert summary["files"] == 3
    assert summary["encodings"] == {"utf-8": 1, "cp949": 1}
    assert summary["compressions"] == {"gz": 1, "none": 2}
    assert summary["errors"] == {"empty_file": 1}


@pytest.mark.parametrize(
    ("pattern", "root"),
    [
        ("data/raw/*.txt", "data/raw"),
        ("data/raw/a.txt", "data/raw"),
        ("data/r?w/b/*.txt", "data"),
        ("**/*.txt", "."),
        ("/raw/[ab]/c", "/raw"),
        ("a.txt", "."),
    ],
)
def test_where_a_glob_begins(pattern: str, root: str) -> None:
    assert str(glob_root(pattern)) == root


def test_options_that_contradict_each_other() -> None:
    def errors(key: str = "news", **options: str) -> list[str]:
        return check(key, SourceOptions(**{"path": "a", "lang": "ko", **options}))  # type: ignore[arg-type]

    assert errors(format="text") == errors(format="text", documents="file") == []
    assert errors(format="jsonl", text="body") == errors(format="parquet", text="body", id="url") == []
    assert errors(format="jsonl") == ["sources.news.text: missing; a jsonl source needs it: the field of a record"]
    assert errors("2News", format="csv", path=" ") == [
        "sources.2News: the name of a source is small letters, digits and _, and begins with a letter",
        "sources.2News.path: empty; give a glob, as in data/raw/2News/*.txt",
        f"sources.2News.format: 'csv'; allowed: {', '.join(FORMATS)}",
    ]
    assert errors(format="text", text="body") == [
        "sources.news.text: 'body'; a text source takes none, remove the line"
    ]
    assert errors(format="parquet", text="", documents="file") == [
        "sources.news.text: empty; give the name of a field",
        "sources.news.documents: 'file'; a parquet source takes none, remove the line",
    ]


def test_every_format_is_a_line_in_the_registry_and_a_module_that_is_part_of_what_clean_depends_on() -> None:
    assert FORMATS.keys() == {path.stem for path in (ROOT / "pipelines/sources/formats").glob("[!_]*.py")}
    assert all(callable(load_format(name).read) for name in FORMATS)
    assert {f"pipelines.sources.formats.{name}" for name in FORMATS} <= set(import_closure("pipelines.clean"))


def test_a_format_is_imported_when_it_is_read_and_not_before() -> None:
    code = "import sys, pipelines.clean; print([name for name in sys.modules if '.formats.' in name])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
