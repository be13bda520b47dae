"""Map and regroup: same bytes whatever runs them, resumable, nothing lost in silence."""

import hashlib
import itertools
import shutil
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.core.dataset import Dataset
from pipelines.core.errors import MalmoiError
from pipelines.core.fingerprint import file_digest
from pipelines.core.machine import Machine
from pipelines.core.tasks import FileRange, Task
from pipelines.core.verbs import Job, run_map, run_map_by_source, run_regroup

sys.path.insert(0, str(Path(__file__).parent))
from toy_functions import CountWords, Repeat

MACHINES = {
    "this process": Machine(),
    "copies of this process": Machine(workers=2),
    "one process": Machine(workers=1, mode="in_memory"),
    "threads": Machine(workers=2, mode="multi_threading"),
    "processes": Machine(workers=2, mode="multi_processing"),
}


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))


def write_tasks(folder: Path, texts: list[str]) -> list[Task]:
    folder.mkdir(parents=True, exist_ok=True)
    tasks = []
    for index, text in enumerate(texts):
        path = folder / f"{index}.txt"
        path.write_text(text)
        tasks.append(Task(f"{index:05d}", (FileRange(str(path), file_digest(path)),)))
    return tasks


def tree(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.blake2b(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def job(tmp_path: Path, machine: Machine = MACHINES["this process"], name: str = "work") -> Job:
    return Job("toy", tmp_path / name, machine)


TEXTS = ["the cat sat", "on the mat", "", "the end of the cat " * 40]


@pytest.mark.parametrize("mode", MACHINES)
def test_every_running_mode_writes_the_same_bytes(tmp_path: Path, mode: str) -> None:
    tasks = write_tasks(tmp_path / "in", TEXTS)
    here = job(tmp_path, MACHINES[mode], "there")
    for name, each in {"reference": job(tmp_path), mode: here}.items():
        run_map(Repeat(2), tasks, tmp_path / name / "map", each)
        run_regroup(CountWords(4), tasks, tmp_path / name / "regroup", each)
    assert tree(tmp_path / mode) == tree(tmp_path / "reference")


def test_sources_are_mapped_in_one_job_and_are_datasets_of_their_own(tmp_path: Path) -> None:
    tasks = {name: write_tasks(tmp_path / name, texts) for name, texts in (("b", TEXTS), ("a", TEXTS[:2]), ("c", []))}
    (tmp_path / "out" / "removed").mkdir(parents=True)
    manifests = run_map_by_source(Repeat(2), tasks, tmp_path / "out", job(tmp_path))
    assert list(manifests) == ["b", "a", "c"]
    for name, own in tasks.items():
        alone = run_map(Repeat(2), own, tmp_path / "alone" / name, job(tmp_path, name=f"work of {name}"))
        assert alone == manifests[name] == Dataset.open(tmp_path / "out" / name).manifest
    assert tree(tmp_path / "alone") == tree(tmp_path / "out")
    bad = tasks | {"a": [*tasks["a"], Task("bad", (FileRange(str(tmp_path / "missing"), "none"),))]}
    with pytest.raises(MalmoiError, match=r"toy, task a/bad: .*missing"):
        run_map_by_source(Repeat(2), bad, tmp_path / "out", job(tmp_path))
    assert tree(tmp_path / "alone") == tree(tmp_path / "out")


def test_the_task_that_reads_most_begins_first(tmp_path: Path) -> None:
    begun: list[str] = []

    @dataclass(frozen=True)
    class Noting(Repeat):
        def __call__(self, task: Task) -> Iterator[tuple[str, pa.RecordBatch]]:
            begun.append(task.name)
            return Repeat.__call__(self, task)

    short, long, middle = write_tasks(tmp_path / "in", ["one", "word " * 40, "word " * 9])
    beginning = Task("beginning", (replace(long.inputs[0], stop=20),))
    run_map(Noting(1), [short, beginning, long, middle], tmp_path / "out", job(tmp_path))
    assert begun == [task.name for task in (long, middle, beginning, short)]
    words = [batch.num_rows for batch in Dataset.open(tmp_path / "out").batches("words")]
    assert words == [1, 4, 40, 9]


def test_regroup_brings_equal_keys_together(tmp_path: Path) -> None:
    tasks = write_tasks(tmp_path / "in", TEXTS)
    manifest = run_regroup(CountWords(3), tasks, tmp_path / "out", job(tmp_path))
    counted: Counter[str] = Counter()
    for batch in Dataset.open(tmp_path / "out").batches("words"):
        for word, times in zip(batch["word"].to_pylist(), batch["times"].to_pylist(), strict=True):
            assert word not in counted
            counted[word] = times
    assert counted == Counter(" ".join(TEXTS).split())
    assert manifest.counts == {"distinct": len(counted)}
    assert len(manifest.outputs["words"]) == 3


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.lists(st.integers(0, 60), max_size=4), order=st.randoms(use_true_random=False))
def test_any_split_of_the_input_regroups_to_the_same_shards(
    tmp_path_factory: pytest.TempPathFactory, cuts: list[int], order: object
) -> None:
    tmp_path = tmp_path_factory.mktemp("split")
    words = " ".join(TEXTS).split()
    edges = [0, *sorted(cut % (len(words) + 1) for cut in cuts), len(words)]
    parts = [" ".join(words[a:b]) for a, b in itertools.pairwise(edges)]
    order.shuffle(parts)  # type: ignore[attr-defined]
    run_regroup(CountWords(3), write_tasks(tmp_path / "a", parts), tmp_path / "out", job(tmp_path))
    run_regroup(CountWords(3), write_tasks(tmp_path / "b", [" ".join(words)]), tmp_path / "whole", job(tmp_path))
    assert tree(tmp_path / "out") == tree(tmp_path / "whole")


def test_only_buckets_whose_rows_have_changed_are_gathered_again(tmp_path: Path) -> None:
    texts = ["one two three four five six seven eight nine ten", "two four", "six eight ten"]
    run_regroup(CountWords(8), write_tasks(tmp_path / "in", texts), tmp_path / "out", job(tmp_path))
    first = {path.parent.name: path.stat().st_mtime_ns for path in (tmp_path / "work").rglob("gather/*/entry.json")}
    changed = write_tasks(tmp_path / "in", [texts[0], "two four two", texts[2]])
    run_regroup(CountWords(8), changed, tmp_path / "out", job(tmp_path))
    second = {path.parent.name: path.stat().st_mtime_ns for path in (tmp_path / "work").rglob("gather/*/entry.json")}
    kept = first.keys() & second.keys()
    assert len(first) == len(second) == 8
    assert len(kept) == 7
    assert [first[name] for name in kept] == [second[name] for name in kept]
    run_regroup(CountWords(8), changed, tmp_path / "scratch", job(tmp_path, name="fresh"))
    assert tree(tmp_path / "out") == tree(tmp_path / "scratch")


def test_failing_tasks_of_a_regroup_are_named_and_nothing_is_gathered_without_them(tmp_path: Path) -> None:
    tasks = write_tasks(tmp_path / "in", ["one two", "two three", "three one"])
    removed = [Path(task.inputs[0].path) for task in tasks[1:]]
    contents = [path.read_text() for path in removed]
    for path in removed:
        path.unlink()
    with pytest.raises(MalmoiError) as caught:
        run_regroup(CountWords(2), tasks, tmp_path / "out", job(tmp_path))
    assert all(str(path) in str(caught.value) for path in removed)
    assert "1 of 3 tasks are done" in str(caught.value)
    assert not [*(tmp_path / "work").rglob("gather/*")] and not (tmp_path / "out").exists()
    for path, content in zip(removed, contents, strict=True):
        path.write_text(content)
    run_regroup(CountWords(2), tasks, tmp_path / "out", job(tmp_path))
    run_regroup(CountWords(2), tasks, tmp_path / "scratch", job(tmp_path, name="fresh"))
    assert tree(tmp_path / "out") == tree(tmp_path / "scratch")


def test_a_lost_bucket_alone_is_gathered_again(tmp_path: Path) -> None:
    tasks = write_tasks(tmp_path / "in", TEXTS)
    run_regroup(CountWords(4), tasks, tmp_path / "out", job(tmp_path))
    first = {path.parent.name: path.stat().st_mtime_ns for path in (tmp_path / "work").rglob("gather/*/entry.json")}
    lost = sorted(first)[0]
    shutil.rmtree(tmp_path / "work" / "toy" / "gather" / lost)
    run_regroup(CountWords(4), tasks, tmp_path / "again", job(tmp_path))
    second = {path.parent.name: path.stat().st_mtime_ns for path in (tmp_path / "work").rglob("gather/*/entry.json")}
    assert first.keys() == second.keys()
    assert [name for name in first if first[name] != second[name]] == [lost]
    assert tree(tmp_path / "again") == tree(tmp_path / "out")


def test_a_failing_task_is_named_and_the_others_are_kept(tmp_path: Path) -> None:
    tasks = write_tasks(tmp_path / "in", ["one", "please stop", "three", "stop again"])
    with pytest.raises(MalmoiError) as caught:
        run_map(Repeat(1), tasks, tmp_path / "out", job(tmp_path))
    message = str(caught.value)
    assert "1.txt" in message and "3.txt" in message and "2 of 4 tasks are done" in message
    assert not (tmp_path / "out").exists()
    kept = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "work").rglob("entry.json")}
    assert kept
    mended = write_tasks(tmp_path / "in", ["one", "go", "three", "go on"])
    run_map(Repeat(1), mended, tmp_path / "out", job(tmp_path))
    assert Dataset.open(tmp_path / "out").manifest.counts == {"words": 5}


def test_only_changed_tasks_run_again_and_removed_ones_leave_the_work_folder(tmp_path: Path) -> None:
    tasks = write_tasks(tmp_path / "in", ["a b", "c d", "e f"])
    run_map(Repeat(1), tasks, tmp_path / "out", job(tmp_path))
    first = {path.parent.name: path.stat().st_mtime_ns for path in (tmp_path / "work").rglob("entry.json")}
    changed = write_tasks(tmp_path / "in", ["a b", "changed"])
    run_map(Repeat(1), changed, tmp_path / "out", job(tmp_path))
    second = {path.parent.name: path.stat().st_mtime_ns for path in (tmp_path / "work").rglob("entry.json")}
    assert len(second) == 2
    assert [second[name] for name in first.keys() & second.keys()] == [first[n] for n in first.keys() & second.keys()]
    assert len(first.keys() & second.keys()) == 1
    fresh = job(tmp_path, name="fresh")
    run_map(Repeat(1), changed, tmp_path / "scratch", fresh)
    assert tree(tmp_path / "out") == tree(tmp_path / "scratch")


def test_a_long_output_goes_on_in_another_file_with_the_same_rows(tmp_path: Path) -> None:
    tasks = write_tasks(tmp_path / "in", ["a b c d e", "f", "g h i"])
    run_map(Repeat(1), tasks, tmp_path / "whole", job(tmp_path))
    manifest = run_map(Repeat(1), tasks, tmp_path / "cut", job(tmp_path), file_bytes=30)
    rows = [shard.rows for shard in manifest.outputs["words"]]
    assert rows == [3, 2, 1, 3]
    words = [
        [word for batch in Dataset.open(tmp_path / name).batches("words") for word in batch["word"].to_pylist()]
        for name in ("whole", "cut")
    ]
    assert words[0] == words[1]
    assert manifest.counts == {"words": 9}


def test_a_changed_parameter_is_another_result(tmp_path: Path) -> None:
    tasks = write_tasks(tmp_path / "in", ["a"])
    run_map(Repeat(1), tasks, tmp_path / "out", job(tmp_path))
    run_map(Repeat(2), tasks, tmp_path / "out", job(tmp_path))
    (batch,) = Dataset.open(tmp_path / "out").batches("words")
    assert batch["times"].to_pylist() == [2]


def test_a_damaged_work_entry_is_made_again(tmp_path: Path) -> None:
    tasks = write_tasks(tmp_path / "in", ["a b c"])
    run_map(Repeat(1), tasks, tmp_path / "out", job(tmp_path))
    (entry,) = (tmp_path / "work").rglob("words.arrow")
    content = entry.read_bytes()
    entry.unlink()
    entry.write_bytes(content[:-10])
    run_map(Repeat(1), tasks, tmp_path / "again", job(tmp_path))
    assert Dataset.open(tmp_path / "again").manifest.rows("words") == 3


@pytest.mark.parametrize("damage", ["shorten", "flip", "remove", "manifest", "no manifest"])
def test_a_damaged_dataset_is_refused_by_name(tmp_path: Path, damage: str) -> None:
    run_map(Repeat(1), write_tasks(tmp_path / "in", ["a b c"]), tmp_path / "out", job(tmp_path))
    shard, manifest = tmp_path / "out/words/00000.arrow", tmp_path / "out/manifest.json"
    content = bytearray(shard.read_bytes())
    shard.unlink()
    if damage == "shorten":
        shard.write_bytes(content[:-8])
    elif damage == "flip":
        content[len(content) // 2] ^= 1
        shard.write_bytes(content)
    elif damage == "manifest":
        manifest.write_text(manifest.read_text()[:-20])
    elif damage == "no manifest":
        manifest.unlink()
    with pytest.raises(MalmoiError, match=r"manifest\.json|00000\.arrow"):
        Dataset.open(tmp_path / "out")
