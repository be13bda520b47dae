"""What is known of a file is used while the file is the same, and never after a change."""

import os
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from pipelines.core.arrow import ShardWriter
from pipelines.core.dataset import Dataset
from pipelines.core.errors import MalmoiError
from pipelines.core.manifest import Manifest
from pipelines.core.seen import Seen
from pipelines.core.work import describe
from pipelines.sources.listing import inspection_version, list_files
from pipelines.sources.options import SourceOptions

LONG_AGO = 1_000_000_000


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "file.txt"
    path.write_text("content")
    os.utime(path, (LONG_AGO, LONG_AGO))
    return path


def findings(tmp_path: Path, version: str = "1") -> Seen:
    return Seen(tmp_path / "seen" / "folder.json", version)


def find(tmp_path: Path, file: Path, finding: object) -> object:
    """What a run knows of ``file``; ``finding`` is what it finds out where it knows nothing."""
    seen = findings(tmp_path)
    known = seen.known(file)
    if known is None:
        seen.remember(file, finding)
    seen.save()
    return known


def test_a_finding_is_kept_while_the_file_is_the_same(tmp_path: Path, file: Path) -> None:
    assert find(tmp_path, file, ["first"]) is None
    assert find(tmp_path, file, ["second"]) == ["first"]
    file.write_text("CONTENT")
    os.utime(file, (LONG_AGO, LONG_AGO + 1))
    assert find(tmp_path, file, ["third"]) is None
    os.utime(file, (LONG_AGO, LONG_AGO + 2))
    assert find(tmp_path, file, None) is None
    replaced = file.with_name("other")
    replaced.write_text("content")
    os.utime(replaced, (LONG_AGO, LONG_AGO + 2))
    replaced.replace(file)
    assert find(tmp_path, file, None) is None


def test_a_file_that_has_only_just_changed_is_looked_at_again(tmp_path: Path, file: Path) -> None:
    file.write_text("changed")
    assert find(tmp_path, file, 1) is None
    assert find(tmp_path, file, 1) is None


def test_files_that_nobody_asked_for_are_forgotten(tmp_path: Path, file: Path) -> None:
    find(tmp_path, file, 1)
    find(tmp_path, tmp_path / "absent", 1)
    assert findings(tmp_path).known(file) is None
    assert "file.txt" not in (tmp_path / "seen" / "folder.json").read_text()


@pytest.mark.parametrize("content", ["", "[]", "{", '{"version": "1", "files": {"FILE": 3}}', '{"version": "1"}'])
def test_damaged_findings_are_none(tmp_path: Path, file: Path, content: str) -> None:
    find(tmp_path, file, 1)
    (tmp_path / "seen" / "folder.json").write_text(content.replace("FILE", str(file)))
    assert findings(tmp_path).known(file) is None


def test_findings_of_other_code_are_none(tmp_path: Path, file: Path) -> None:
    find(tmp_path, file, 1)
    assert findings(tmp_path, "2").known(file) is None


def test_a_changed_shard_is_found_though_it_was_verified_before(tmp_path: Path) -> None:
    schema = pa.schema([("word", pa.string())])
    path = tmp_path / "data" / "words" / "00000.arrow"
    with ShardWriter(path, schema) as writer:
        writer.write(pa.record_batch([pa.array(["one", "two"])], schema))
    os.utime(path, (LONG_AGO, LONG_AGO))
    shard = replace(describe(writer), file="words/00000.arrow")
    Manifest({"words": (shard,)}, {}, "", {}).write(tmp_path / "data")
    for _ in range(2):
        assert Dataset.open(tmp_path / "data", findings(tmp_path)).manifest.rows("words") == 2
    damaged = path.read_bytes().replace(b"one", b"eno")
    path.write_bytes(damaged)
    with pytest.raises(MalmoiError, match="not what manifest"):
        Dataset.open(tmp_path / "data", findings(tmp_path))


def test_a_listing_from_findings_is_the_one_from_reading(tmp_path: Path) -> None:
    folder = tmp_path / "raw"
    folder.mkdir()
    for name, content in (("a", "하나".encode("cp949") * 50), ("b", b"two"), ("c", b"")):
        (folder / f"{name}.txt").write_bytes(content)
        os.utime(folder / f"{name}.txt", (LONG_AGO, LONG_AGO))
    source = SourceOptions(format="text", path=f"{folder}/*.txt", lang="ko")
    version = inspection_version(source)
    listings = [list_files("news", source, findings(tmp_path, version)) for _ in range(2)]
    assert listings == [list_files("news", source)] * 2
    assert findings(tmp_path, version).known(folder / "a.txt") is not None
    assert findings(tmp_path, version).known(folder / "c.txt") is None  # what is wrong may be mended unseen
    (folder / "b.txt").write_bytes(b"three")
    assert list_files("news", source, findings(tmp_path, version)) == list_files("news", source) != listings[0]
