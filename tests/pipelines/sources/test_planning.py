"""Cutting sources into tasks: even, complete, and little disturbed by a change."""

import json
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from pipelines.core.tasks import Task
from pipelines.sources.listing import Listing, SourceFile
from pipelines.sources.options import SourceOptions
from pipelines.sources.planning import GROUP_BYTES, RANGE_BYTES, plan

TEXT = SourceOptions(format="text", path="raw/*", lang="ko")
MB = 1_000_000


def file(name: str, size: int, **known: object) -> SourceFile:
    plain = SourceFile(f"raw/{name}", size, f"digest of {name}", "none", "utf-8", size)
    return replace(plain, **known)  # type: ignore[arg-type]


def tasks_of(*files: SourceFile, source: SourceOptions = TEXT) -> tuple[Task, ...]:
    return plan(Listing(source, files))


def spans(*files: SourceFile, source: SourceOptions = TEXT) -> list[list[tuple[int, int]]]:
    return [[(part.start, part.stop) for part in task.inputs] for task in tasks_of(*files, source=source)]


def identities(files: list[SourceFile]) -> set[str]:
    return {json.dumps(task.identity(), sort_keys=True) for task in plan(Listing(TEXT, tuple(files)))}


def test_a_big_file_is_cut_for_all_workers() -> None:
    size = RANGE_BYTES * 5 // 2
    ranges = [[(0, RANGE_BYTES)], [(RANGE_BYTES, 2 * RANGE_BYTES)], [(2 * RANGE_BYTES, -1)]]
    assert spans(file("a", size)) == ranges
    assert spans(file("a", size, encoding="cp949")) == ranges
    assert spans(file("a", size, compression="gz")) == [[(0, -1)]]
    assert spans(file("a", size, encoding="utf-16-le")) == [[(0, -1)]]
    assert spans(file("a", size), source=replace(TEXT, documents="file")) == [[(0, -1)]]
    assert spans(file("a", RANGE_BYTES)) == [[(0, -1)]]


def test_groups_of_rows_of_parquet() -> None:
    parquet = SourceOptions(format="parquet", path="raw/*", lang="ko", text="t")
    half = RANGE_BYTES // 2
    parts = (half, half, half, 3 * half, 1, 1)
    assert spans(file("a", 9 * MB, encoding="", parts=parts), source=parquet) == [
        [(0, 2)],
        [(2, 3)],
        [(3, 4)],
        [(4, 6)],
    ]
    assert spans(file("a", 9 * MB, encoding="", parts=(5, 5)), source=parquet) == [[(0, 2)]]
    assert spans(file("a", 9 * MB, encoding="", compression="gz"), source=parquet) == [[(0, -1)]]


def test_an_unusable_file_is_a_row_and_not_opened() -> None:
    (task,) = tasks_of(SourceFile("raw/sub/a", error="unreadable_file"))
    assert [(part.start, part.stop) for part in task.inputs] == [(0, 0)]
    assert task.extra["files"] == [
        {"file": "raw/sub/a", "name": "sub/a", "compression": "none", "encoding": "", "error": "unreadable_file"}
    ]


def test_damage_that_shows_while_reading_is_left_to_the_reader() -> None:
    (task,) = tasks_of(file("a", MB, compression="gz", error="truncated_compression"))
    assert task.extra["files"][0]["error"] == ""


@given(st.lists(st.integers(0, 40 * MB), max_size=40))
def test_every_byte_is_in_one_task(sizes: list[int]) -> None:
    files = [file(f"{number:02}", size) for number, size in enumerate(sizes)]
    tasks = plan(Listing(TEXT, tuple(files)))
    assert [task.name for task in tasks] == [f"{number:05}" for number in range(len(tasks))]
    covered: dict[str, int] = {}
    for task in tasks:
        assert len(task.inputs) == len(task.extra["files"]) > 0
        for part in task.inputs:
            assert part.start == covered.get(part.path, 0)
            covered[part.path] = 40 * MB if part.stop == -1 else part.stop
    assert covered == dict.fromkeys((file.path for file in files), 40 * MB)


def test_thousands_of_tiny_files_are_few_tasks() -> None:
    tasks = plan(Listing(TEXT, tuple(file(f"{number:05}", 1000) for number in range(10_000))))
    assert 8 < len(tasks) < 60


def test_files_of_a_megabyte_are_tasks_of_a_few() -> None:
    tasks = plan(Listing(TEXT, tuple(file(f"{number:03}", MB) for number in range(1000))))
    assert GROUP_BYTES / 2 < 1000 * MB / len(tasks) < 2 * GROUP_BYTES
    assert max(len(task.inputs) for task in tasks) < 20


def test_one_file_more_less_or_changed_redoes_little() -> None:
    files = [file(f"{number:04}", 20_000) for number in range(2000)]
    before = identities(files)
    assert len(before) > 12
    changed = [*files[:700], replace(files[700], digest="changed", bytes=21_000, text_bytes=21_000), *files[701:]]
    removed = files[:300] + files[301:]
    added = sorted([*files, file("0500.5", 20_000)], key=lambda one: one.path)
    for after in (changed, removed, added):
        assert len(identities(after) - before) <= 2


def test_a_file_name_that_is_no_utf8() -> None:
    (task,) = tasks_of(file("\udcb9\udcae", 100))
    assert Task.from_json(task.to_json()) == task
    assert task.inputs[0].path == "raw/\udcb9\udcae"
    assert task.extra["files"][0]["name"] == "\\xb9\\xae"
