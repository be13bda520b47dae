"""A run that is killed, process group and all, goes on where it was and ends in the bytes of one that was not."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from workspace import Workspace, make_workspace, tree

from pipelines.sources.planning import GROUP_BYTES

FILES = 6
SMALL = {
    "sources": {"own": {"format": "text", "path": "data/raw/own/*.txt", "lang": "auto"}},
    "sample.documents": 300,
    "sample.task_rows": 100,
    "tokenizer.vocabulary_size": 2000,
    "shard.shard_megabytes": 1,
}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Files of documents that mix the sentences of the sample, each file a task of its own."""
    made = make_workspace(tmp_path_factory.mktemp("killed"), SMALL)
    finished(made.dvc("repro", "sample"))
    gold = (made.root / "data/sample/gold/sentences.jsonl").read_text(encoding="utf-8").splitlines()
    pools: tuple[list[str], list[str]] = ([], [])
    for row in map(json.loads, gold):
        pools[row["lang"] == "ko"].extend(sentence.strip() for sentence in row["sentences"])
    choose = random.Random(1)
    for number in range(FILES):
        documents, size = [], 0
        while size <= GROUP_BYTES:
            documents.append(" ".join(choose.choices(choose.choice(pools), k=12)))
            size += len(documents[-1].encode())
        path = made.root / f"data/raw/own/{number}.txt"
        path.parent.mkdir(exist_ok=True)
        path.write_text("\n\n".join(documents), encoding="utf-8")
    finished(made.dvc("repro", "sources"))
    return made


def finished(done: subprocess.CompletedProcess[str]) -> None:
    assert done.returncode == 0, done.stdout + done.stderr


def entries(folder: Path) -> dict[str, int]:
    """When each finished result in a work folder was written."""
    return {path.parent.name: path.stat().st_mtime_ns for path in folder.glob("[!.]*/entry.json")}


def repro_killed_after_the_first_entry(workspace: Workspace, stage: str, folder: Path) -> dict[str, int]:
    """Kill ``dvc repro`` and all that it started as soon as the first result is finished; returns what was."""
    running = subprocess.Popen(
        [sys.executable, "-m", "dvc", "repro", stage],
        cwd=workspace.root,
        env=workspace.environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    while not entries(folder):
        assert running.poll() is None, "ended before it could be killed"
        time.sleep(0.002)
    os.killpg(running.pid, signal.SIGKILL)
    assert running.wait() == -signal.SIGKILL
    return entries(folder)


@pytest.mark.parametrize(
    ("stage", "before", "out", "part", "results"),
    [
        ("clean@own", "sources", "data/clean/own", "clean/own/map", FILES),
        ("shard", "tokenizer", "data/shard", "shard/gather", None),
    ],
)
def test_a_killed_run_goes_on(
    workspace: Workspace, stage: str, before: str, out: str, part: str, results: int | None
) -> None:
    finished(workspace.dvc("repro", before))
    folder, built = workspace.root / "data/.work" / part, workspace.root / out
    kept = repro_killed_after_the_first_entry(workspace, stage, folder)
    assert not (built / "manifest.json").exists()
    finished(workspace.dvc("repro", stage))
    after = entries(folder)
    assert kept and kept.items() <= after.items() and len(kept) < len(after)
    assert results is None or len(after) == results
    assert workspace.dvc("status", "-q", stage).returncode == 0

    resumed = tree(built)
    shutil.rmtree(built)
    name, _, key = stage.partition("@")
    finished(workspace.stage(name, *(["--source", key] if key else []), MALMOI_WORK="data/.work/unkilled"))
    assert tree(built) == resumed
