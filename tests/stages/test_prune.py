"""What prune must not do, and what it says of sizes; ``tests/project/test_erasure.py`` runs it on a real build."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.core.errors import MalmoiError
from stages.params import load_params
from stages.prune import cache, compiled
from stages.prune.leftovers import find
from stages.prune.project import Project
from stages.prune.removal import measure, remove, table, total
from stages.work import current, remember

ROOT = Path(__file__).parents[2]


def test_disk_space_is_freed_by_the_last_name_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "one").write_bytes(bytes(100))
    (tmp_path / "b").hardlink_to(tmp_path / "a" / "one")
    (tmp_path / "elsewhere").hardlink_to(tmp_path / "a" / "one")
    (tmp_path / "c").write_bytes(bytes(10))
    found = {"first": [tmp_path / "a"], "second": [tmp_path / "b", tmp_path / "c"]}
    rows = measure(found)
    assert [(row.files, row.bytes, row.freed) for row in (*rows, total(rows))] == [
        (1, 100, 0),
        (2, 110, 10),
        (3, 210, 10),
    ]
    (tmp_path / "elsewhere").unlink()
    assert [row.freed for row in measure(found)] == [0, 110]
    assert "and 1 more" in table(rows, found, shown=1)


def test_a_link_is_removed_and_not_what_it_leads_to(tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "text").write_text("kept")
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "link").symlink_to(tmp_path / "raw")
    (tmp_path / "link").symlink_to(tmp_path / "raw")
    remove([tmp_path / "old", tmp_path / "link"])
    assert [path.name for path in tmp_path.rglob("*")] == ["raw", "text"]


def test_compiled_loops_go_when_none_of_their_files_is_used_for_long(tmp_path: Path) -> None:
    old, used = tmp_path / "kernels" / "0a" / "words", tmp_path / "kernels" / "0b" / "words"
    table = tmp_path / "tables" / "lines.npy"
    for folder in (old, used, table.parent):
        folder.mkdir(parents=True)
    for path in (old / "loop.nbc", used / "loop.nbi", used / "loop.nbc", table):
        path.touch()
        os.utime(path, (1e9, 1e9))
    os.utime(used / "loop.nbc", (1.1e9, 1e9))
    assert compiled.unused(tmp_path, 1.1e9) == [tmp_path / "kernels" / "0a", table]
    assert compiled.unused(tmp_path / "nothing") == []


def test_results_of_another_output_are_not_current(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MALMOI_WORK", raising=False)
    assert current("clean/news") is None
    entry, manifest = Path("data/.work/clean/news/map/0a"), Path("data/clean/news/manifest.json")
    for folder in (entry, manifest.parent):
        folder.mkdir(parents=True)
    (entry / "documents.arrow").touch()
    manifest.write_text("1")
    assert current("clean/news") == frozenset()  # built before anything was written down
    remember("clean/news")
    assert entry in (current("clean/news") or ())
    manifest.write_text("2")
    assert current("clean/news") == frozenset()
    manifest.unlink()
    assert current("clean/news") is None


def test_a_cache_that_others_may_use_is_left_alone(tmp_path: Path) -> None:
    with pytest.raises(MalmoiError, match="outside this project"):
        cache.check_own(tmp_path)
    cache.check_own(Path.cwd().resolve() / ".dvc/cache/files/md5")


def test_nothing_is_removed_outside_a_project_or_while_dvc_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    params = load_params(ROOT / "params.yaml")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(MalmoiError, match=r"dvc\.yaml"):
        Project.read(params)
    for command in (["git", "init", "-q"], [sys.executable, "-m", "dvc", "init", "-q"]):
        subprocess.run(command, check=True)
    (tmp_path / "dvc.yaml").write_text("stages: {}\n")
    assert Project.read(params).outputs == frozenset()
    (tmp_path / "dvc.yaml").write_text("stages: {scrub: {cmd: 'true', outs: [data/scrub]}}\n")
    before = {"scrub@news": {"cmd": "true", "outs": [{"path": "data/scrub/news"}, {"path": "data/old"}]}}
    (tmp_path / "dvc.lock").write_text(json.dumps({"schema": "2.0", "stages": before}))
    assert Project.read(params).former == {Path("data/old")}
    lock = {"write": {"data/clean": {"pid": os.getpid(), "cmd": "dvc repro"}}, "read": {}}
    (tmp_path / ".dvc/tmp").mkdir(exist_ok=True)
    (tmp_path / ".dvc/tmp/rwlock").write_text(json.dumps(lock))
    with pytest.raises(MalmoiError, match="dvc repro, process"):
        Project.read(params)


def test_what_a_sweep_keeps_of_the_corpus_is_found_wherever_the_work_folder_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    params = load_params(ROOT / "params.yaml")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MALMOI_WORK", str(tmp_path / "work"))
    for name in ("sweep", "mine"):
        (tmp_path / "work" / name).mkdir(parents=True)
    nothing = frozenset[Path]()
    found = find(params, Project(nothing, nothing, nothing, nothing, nothing, tmp_path / "cache")).found
    assert [path for paths in found.values() for path in paths] == [tmp_path / "work" / "sweep"]
