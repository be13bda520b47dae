"""Bad input, through the real stages: an error that says what to do or a row of the ledger, and the rest intact."""

import bz2
import gzip
import json
import lzma
import os
import random
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from workspace import Workspace, make_workspace, tree

from pipelines.core.arrow import read_batches

# Stands in every bad record; no message may hold it.
SECRET = "비밀스러운낱말"
MAXIMUM = 1_000_000
PLACES = ("강릉", "남원", "담양", "목포", "밀양", "보성", "상주", "속초", "안동", "여수", "영월", "제천")
DOCUMENTS = [
    f"{place} 마을의 도서관은 오래전에 문을 열었다. 주민들은 주말마다 모여 책을 읽고 이야기를 나눈다.\n"
    f"올해 가을에는 {place}의 작은 광장에서 책을 나누는 행사가 열리며 누구나 참여할 수 있다."
    for place in PLACES
]
TEXT = "\n\n".join(DOCUMENTS).encode()
PAGES = "data/raw/pages/"
Row = dict[str, Any]


def lines(*records: object) -> bytes:
    return b"".join(json.dumps(record, ensure_ascii=False).encode() + b"\n" for record in records)


def cut_gzip() -> bytes:
    """A hundred copies of the documents and noise, so that something can be read before the cut."""
    noise = random.Random(1).randbytes(40_000).hex().encode()
    return gzip.compress(TEXT * 100 + noise)[:-10_000]


FILES = {
    "pages": {
        "good.txt": TEXT,
        "deeper/down/good.txt": TEXT,
        "good.txt.gz": gzip.compress(TEXT),
        "good.txt.zst": zstandard.compress(TEXT),
        "good.txt.bz2": bz2.compress(TEXT),
        "good.txt.xz": lzma.compress(TEXT),
        "utf16.txt": TEXT.decode().encode("utf-16"),
        "cp949.txt": TEXT.decode().encode("cp949"),
        "cut.txt.gz": cut_gzip(),
        "invalid.txt": TEXT + f"\n\n{SECRET} ".encode() + b"\xff\xfe\xff\n\n" + TEXT,
        "binary.txt": random.Random(2).randbytes(100_000),
        "empty.txt": b"",
        "long_line.txt": TEXT + f"\n\n{SECRET}".encode() + b"x" * 12_000_000 + b"\n\n" + TEXT,
    },
    "posts": {
        "good.jsonl": lines(*({"id": number, "body": text} for number, text in enumerate(DOCUMENTS))),
        "paragraphs.jsonl": lines(*({"body": text.split("\n")} for text in DOCUMENTS)),
        "bad.jsonl": lines({"id": "a", "title": SECRET}, {"id": "b", "body": 7, "title": SECRET}, {"body": " "})
        + f'{{"id": "c", "body": "{SECRET}\n'.encode()
        + f'{{"id": "d", "body": "{SECRET}'.encode()
        + b'\xff"}\n'
        + lines({"id": "e", "body": SECRET + "x" * 2_000_000}, {"id": "good", "body": DOCUMENTS[0]}),
    },
}
SOURCES = {
    "pages": {"format": "text", "path": "data/raw/pages/**", "lang": "ko"},
    "posts": {"format": "jsonl", "path": "data/raw/posts/*.jsonl", "lang": "ko", "text": "body", "id": "id"},
}


def write(folder: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def shown(done: subprocess.CompletedProcess[str], code: int) -> str:
    """What a person sees, progress bars left out; checks the exit status and that no trace and no text is shown."""
    text = done.stdout + "\n".join(line for line in done.stderr.replace("\r", "\n").splitlines() if "it/s" not in line)
    assert done.returncode == code, text
    assert "Traceback" not in text and SECRET not in text
    return text


def ledger(workspace: Workspace, source: str) -> list[Row]:
    paths = sorted((workspace.root / "data/clean" / source / "ledger").iterdir())
    return [row for path in paths for batch in read_batches(path) for row in batch.to_pylist()]


def texts(workspace: Workspace, source: str) -> list[str]:
    paths = sorted((workspace.root / "data/clean" / source / "documents").iterdir())
    return [text for path in paths for batch in read_batches(path) for text in batch["text"].to_pylist()]


def new_workspace(folder: Path, sources: dict[str, Any], params: Row | None = None) -> Workspace:
    small = {"clean.max_document_bytes": MAXIMUM, "sample.documents": 200, "sample.task_rows": 100}
    return make_workspace(folder, {"sources": sources, **small, **(params or {})})


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Sources with every kind of bad file and record among good ones, listed and cleaned."""
    made = new_workspace(tmp_path_factory.mktemp("bad"), SOURCES)
    for source, files in FILES.items():
        write(made.root / "data/raw" / source, files)
    (made.root / "data/raw/pages/gone.txt").symlink_to("nowhere.txt")
    made.set_params({"clean.error_budget": 0.2})
    warned = shown(made.stage("sources"), 0)
    for name in (
        "binary.txt: binary file",
        "cut.txt.gz: truncated compression",
        "empty.txt: empty file",
        "gone.txt: unr",
    ):
        assert f"warning: sources.pages: data/raw/pages/{name}" in warned
    assert warned.count("warning") == 4
    for source in SOURCES:
        assert "warning" not in shown(made.stage("clean", "--source", source), 0)
    return made


@pytest.mark.parametrize(
    ("name", "rule", "position"),
    [
        ("cut.txt.gz", "truncated_compression", None),
        ("invalid.txt", "invalid_encoding", len(TEXT) + 2),
        ("binary.txt", "binary_file", 0),
        ("empty.txt", "empty_file", 0),
        ("long_line.txt", "record_too_large", len(TEXT) + 2),
        ("gone.txt", "unreadable_file", 0),
    ],
)
def test_what_is_wrong_with_a_file_is_one_row_of_the_ledger(
    workspace: Workspace, name: str, rule: str, position: int | None
) -> None:
    rows = [
        row for row in ledger(workspace, "pages") if row["file"] == f"data/raw/pages/{name}" and row["fate"] != "kept"
    ]
    assert [(row["fate"], row["rule"]) for row in rows] == [("quarantined", rule)]
    assert rows[0]["position"] == position or (position is None and rows[0]["position"] > 0)


def test_good_documents_beside_bad_ones_arrive_whole(workspace: Workspace) -> None:
    kept: dict[str, int] = {}
    for row in ledger(workspace, "pages"):
        kept[row["file"]] = kept.get(row["file"], 0) + (row["fate"] == "kept")
    whole = {name for name in FILES["pages"] if "good" in name or name in ("utf16.txt", "cp949.txt")}
    assert {f"data/raw/pages/{name}" for name in whole} == {
        file for file, count in kept.items() if count == len(DOCUMENTS)
    }
    assert kept["data/raw/pages/invalid.txt"] == kept["data/raw/pages/long_line.txt"] == 2 * len(DOCUMENTS)
    assert kept["data/raw/pages/cut.txt.gz"] > 0
    assert set(DOCUMENTS) <= set(texts(workspace, "pages"))


def test_records_that_cannot_be_read_are_told_one_by_one(workspace: Workspace) -> None:
    rows = ledger(workspace, "posts")
    content = FILES["posts"]["bad.jsonl"]
    found = [(row["rule"], content[row["position"] :].split(b"\n")[0]) for row in rows if row["fate"] == "quarantined"]
    expected = content.split(b"\n")[:6]
    rules = [
        "missing_text_field",
        "missing_text_field",
        "empty",
        "invalid_json",
        "invalid_encoding",
        "record_too_large",
    ]
    assert found == list(zip(rules, expected, strict=True))
    assert len(texts(workspace, "posts")) == 2 * len(DOCUMENTS) + 1


def test_one_id_for_two_texts_costs_one_of_them(tmp_path: Path) -> None:
    records = [{"id": f"p{number}", "body": text} for number, text in enumerate(DOCUMENTS)]
    records[5]["id"] = records[4]["id"]
    made = new_workspace(tmp_path, {"posts": SOURCES["posts"]}, {"dedup.threshold": 1.0})
    write(made.root / "data/raw/posts", {"a.jsonl": lines(*records)})
    for stage in ("sources", "clean --source posts", "dedup"):
        shown(made.stage(*stage.split()), 0)
    metrics = json.loads((made.root / "reports/metrics/dedup.json").read_text())
    assert metrics["copies"] == {"exact": 0, "near": 0, "repeated_id": 1}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_the_right_to_read_it_is_a_row_of_the_ledger(tmp_path: Path) -> None:
    made = new_workspace(tmp_path, {"pages": SOURCES["pages"]})
    write(made.root / "data/raw/pages", {"a.txt": TEXT, "locked.txt": SECRET.encode()})
    (made.root / "data/raw/pages/locked.txt").chmod(0)
    assert "locked.txt: unreadable file" in shown(made.stage("sources"), 0)
    made.set_params({"clean.error_budget": 0.2})
    shown(made.stage("clean", "--source", "pages"), 0)
    assert [row["rule"] for row in ledger(made, "pages") if row["fate"] == "quarantined"] == ["unreadable_file"]


def test_sources_without_files_are_told_at_once(tmp_path: Path) -> None:
    made = new_workspace(tmp_path, SOURCES)
    told = shown(made.stage("sources"), 1)
    assert "sources.pages.path: no file matches data/raw/pages/**" in told
    assert "sources.posts.path: no file matches data/raw/posts/*.jsonl" in told


def test_a_field_that_no_record_has_is_told_with_the_first_record(tmp_path: Path) -> None:
    declared = {
        "posts": {**SOURCES["posts"], "text": "text"},
        "books": {"format": "parquet", "path": "data/raw/books/*", "lang": "ko", "text": "text"},
    }
    made = new_workspace(tmp_path, declared)
    write(made.root / "data/raw/posts", {"a.jsonl": lines(*({"body": text} for text in DOCUMENTS))})
    (made.root / "data/raw/books").mkdir()
    pq.write_table(pa.table({"body": DOCUMENTS}), made.root / "data/raw/books/a.parquet")
    shown(made.stage("sources"), 0)
    for source, file in (("posts", "a.jsonl"), ("books", "a.parquet")):
        told = shown(made.stage("clean", "--source", source), 1)
        assert "(100.0%), over clean.error_budget (5.0%)" in told
        assert f"the first at position 0 of data/raw/{source}/{file}; does `text` of this source name the right" in told
        assert f"data/clean/{source}/ledger" in told


def test_files_beyond_what_dvc_watches_are_warned_of(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    write(elsewhere, {"a.txt": TEXT})
    made = new_workspace(tmp_path / "malmoi", {"pages": {**SOURCES["pages"], "path": f"{elsewhere}/*.txt"}})
    assert f"{elsewhere} is not below data/raw" in shown(made.stage("sources"), 0)
    (made.root / "data/raw/pages").symlink_to(elsewhere)
    made.set_params({"sources": {"pages": SOURCES["pages"]}})
    assert "data/raw/pages is not below data/raw, or a link leads there" in shown(made.stage("sources"), 0)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Two sources cleaned by ``dvc repro``."""
    made = new_workspace(tmp_path_factory.mktemp("built"), SOURCES)
    write(made.root / "data/raw/pages", {"a.txt": TEXT, "b.txt": TEXT})
    write(made.root / "data/raw/posts", {"a.jsonl": FILES["posts"]["good.jsonl"]})
    shown(made.dvc("repro", "clean"), 0)
    return made


@pytest.fixture
def mended(built: Workspace) -> Iterator[Workspace]:
    """The built workspace, which ``dvc repro`` brings back to the same bytes whatever a test does to it."""
    before = tree(built.root / "data/clean")
    yield built
    shown(built.dvc("repro", "clean"), 0)
    assert tree(built.root / "data/clean") == before


def shorten(path: Path) -> None:
    replace(path, path.read_bytes()[:-100])


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    replace(path, bytes(content))


def replace(path: Path, content: bytes) -> None:
    path.unlink()
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("file", "damage", "told"),
    [
        ("pages/documents/00000.arrow", shorten, "bytes, manifest.json says"),
        ("pages/documents/00000.arrow", flip, "content is not what manifest.json recorded"),
        ("posts/ledger/00000.arrow", Path.unlink, "missing, though manifest.json lists it"),
        ("posts/manifest.json", shorten, "damaged"),
        ("posts/manifest.json", Path.unlink, "missing, so the folder is incomplete"),
    ],
)
def test_damage_between_stages_is_refused_and_mended(
    mended: Workspace, file: str, damage: Callable[[Path], None], told: str
) -> None:
    damage(mended.root / "data/clean" / file)
    message = shown(mended.stage("dedup"), 1)
    assert f"data/clean/{file}: " in message and told in message and "run dvc repro" in message
    assert not (mended.root / "data/dedup").exists()


def test_a_damaged_listing_is_refused_and_mended(mended: Workspace) -> None:
    listing = mended.root / "data/sources/posts.json"
    shorten(listing)
    message = shown(mended.stage("clean", "--source", "posts"), 1)
    assert "data/sources/posts.json: missing or damaged; run dvc repro sources" in message
    shown(mended.dvc("repro", "sources"), 0)
    shown(mended.stage("clean", "--source", "posts"), 0)


def test_a_file_that_changes_after_it_was_listed_is_refused(mended: Workspace) -> None:
    path = mended.root / "data/raw/pages/b.txt"
    path.rename(path.with_suffix(".away"))
    message = shown(mended.stage("clean", "--source", "pages"), 1)
    assert "1 of 2 files" in message and "data/raw/pages/b.txt" in message
    path.with_suffix(".away").rename(path)


def test_a_write_that_fails_is_told_and_the_next_run_goes_on(mended: Workspace) -> None:
    shutil.rmtree(mended.root / "data/clean/pages")
    limited = subprocess.run(
        [sys.executable, "-m", "stages.clean", "--source", "pages"],
        cwd=mended.root,
        env=mended.environment(MALMOI_WORK="data/.work/limited"),
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)),
    )
    message = shown(limited, 1)
    assert "File too large: data/.work/limited/clean/pages/map" in message and "run dvc repro to go on" in message
    assert not (mended.root / "data/clean/pages").exists()


@pytest.fixture
def small_disk(built: Workspace) -> Iterator[Callable[[str], Path]]:
    """Puts a file system of 64 KiB at a path of the workspace."""
    mounted: list[Path] = []

    def mount(name: str) -> Path:
        path = built.root / name
        path.mkdir(parents=True, exist_ok=True)
        command = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(path)]
        done = subprocess.run(command, capture_output=True, check=False)
        if done.returncode:
            pytest.skip("only root may mount a small disk")
        mounted.append(path)
        return path

    yield mount
    for path in mounted:
        subprocess.run(["umount", "--lazy", str(path)], check=True)  # texts() may still map its files


@pytest.mark.parametrize("full", ["data/.work/clean", "data/clean"])
def test_a_full_disk_is_told_and_the_next_run_goes_on(
    mended: Workspace, small_disk: Callable[[str], Path], full: str
) -> None:
    disk = small_disk(full)
    (disk / "other").write_bytes(bytes(56 << 10))
    message = shown(mended.stage("clean", "--source", "pages"), 1)
    assert f"No space left on device: {full}" in message and "run dvc repro to go on" in message
    assert [path for path in disk.rglob("*") if path.is_file()] == [disk / "other"]
    (disk / "other").unlink()
    shown(mended.stage("clean", "--source", "pages"), 0)
    assert texts(mended, "pages") == DOCUMENTS * 2
