"""Clusters of duplicates can be asked for by document and by size, and are told without a word of text."""

import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from pipelines.clusters import DUPLICATES, EXACT, NEAR, SURVIVOR
from pipelines.core.arrow import ShardWriter
from pipelines.core.manifest import Manifest
from pipelines.core.work import describe

ROOT = Path(__file__).parents[2]


@pytest.fixture
def built(tmp_path: Path) -> Path:
    rows = {
        "a": [("a:1", SURVIVOR, "a:1", 3), ("a:2", EXACT, "a:1", 3), ("a:5", SURVIVOR, "a:5", 2)],
        "b": [("b:1", NEAR, "a:1", 3), ("b:2", NEAR, "a:5", 2)],
    }
    for source, found in rows.items():
        folder = tmp_path / "data" / "dedup" / source
        path = folder / "duplicates" / "00000.arrow"
        columns = dict(zip(("id", "kind", "survivor", "cluster_size"), zip(*found, strict=True), strict=True))
        place = {"shard": [0] * len(found), "row": list(range(len(found)))}
        with ShardWriter(path, DUPLICATES) as writer:
            writer.write(pa.record_batch({**place, **columns}).cast(DUPLICATES))
        shard = describe(writer)
        shard = type(shard)(f"duplicates/{path.name}", shard.rows, shard.bytes, shard.digest, shard.values)
        Manifest({"duplicates": (shard,)}, {}, "", {}).write(folder)
    return tmp_path


def ask(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "stages.duplicates", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_cluster_of_a_document(built: Path) -> None:
    done = ask(built, "--id", "b:1")
    assert [line.split() for line in done.stdout.splitlines()[1:]] == [
        ["3", "survivor", "a", "a:1"],
        ["3", "exact", "a", "a:2"],
        ["3", "near", "b", "b:1"],
    ]
    assert "in no cluster" in ask(built, "--id", "b:9").stderr


def test_the_largest_clusters(built: Path) -> None:
    done = ask(built, "--most", "1")
    lines = done.stdout.splitlines()
    assert lines[1].split() == ["3", "survivor", "a", "a:1"]
    assert lines[2:] == []
    assert [line.split()[-1] for line in ask(built).stdout.splitlines()[1:]] == ["a:1", "a:5"]


def test_nothing_built_says_what_to_run(tmp_path: Path) -> None:
    done = ask(tmp_path)
    assert done.returncode == 1 and "run dvc repro dedup first" in done.stderr
