"""Evaluation items in documents: found however they are spaced, told by source, and cut or dropped as asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pytest
from documents import rows_of, write_dataset, write_outputs

from pipelines.clusters import DUPLICATES, EXACT
from pipelines.core.dataset import Dataset
from pipelines.core.machine import Machine
from pipelines.core.schemas import CUTS
from pipelines.core.verbs import Job
from pipelines.decontaminate import ITEMS, contaminated_items, count_items, decontaminate
from pipelines.options import DecontaminateOptions

OPTIONS = DecontaminateOptions(action="cut", share=0.7, ngram={"ko": 6, "other": 12})
REVIEW = "배우들의 연기가 끝까지 눈을 뗄 수 없게 했다"
PREMISE = "The committee met on Thursday to discuss the new budget."
HYPOTHESIS = "회의는 목요일에 열렸고 예산이 안건이었다"
ITEM_TEXTS = [
    ("reviews", "dev", 1, "text", "이 문항은 어느 문서에도 들어 있지 않다"),
    ("reviews", "test", 1, "text", REVIEW),
    ("reviews", "test", 2, "text", "좋다"),
    ("pairs", "test", 7, "text", PREMISE),
    ("pairs", "test", 7, "text_pair", HYPOTHESIS),
]
ITEM_TABLE = pa.Table.from_pylist([dict(zip(ITEMS.names, item, strict=True)) for item in ITEM_TEXTS], ITEMS)
OTHER = "이 줄은 날씨와 시장과 항구에 대해서만 말한다."
Documents = Sequence[Sequence[tuple[str, str]]]


def run(
    folder: Path,
    sources: Mapping[str, Documents],
    options: DecontaminateOptions = OPTIONS,
    dropped: Sequence[tuple[str, int, int]] = (),
) -> Dataset:
    clean = {
        key: write_dataset(folder / "clean" / key, [[{"id": i, "text": text} for i, text in shard] for shard in shards])
        for key, shards in sources.items()
    }
    member = {"id": "", "kind": EXACT, "survivor": "", "cluster_size": 2}
    copies = {}
    for key in sources:
        rows: list[dict[str, Any]] = [{"shard": shard, "row": row, **member} for at, shard, row in dropped if at == key]
        copies[key] = write_outputs(folder / "dedup" / key, {"duplicates": (DUPLICATES, [rows])})
    job = Job("decontaminate", folder / "work", Machine(mode="in_memory"))
    return decontaminate(clean, copies, ITEM_TABLE, options, folder / "out", job)


def cut(written: Dataset, sources: Mapping[str, Documents]) -> list[tuple[str, str]]:
    texts = dict(document for shards in sources.values() for shard in shards for document in shard)
    found = []
    for batch in written.batches("cuts"):
        assert batch.schema == CUTS
        for row in batch.to_pylist():
            found.append((row["id"], texts[row["id"]].encode()[row["start"] : row["stop"]].decode()))
    return found


SOURCES: dict[str, Documents] = {
    "blog": [
        [("blog:1", f"{OTHER}\n{REVIEW.replace(' ', '')}!\n{OTHER}"), ("blog:2", OTHER)],
        [("blog:3", f"{OTHER} {HYPOTHESIS}. 그리고\n좋다")],
    ],
    "news": [[("news:1", f'"{PREMISE.upper()}"\n{OTHER}'), ("news:2", f"{REVIEW}\n{HYPOTHESIS}")]],
}


def test_items_are_found_however_they_are_spaced_and_told_by_source(tmp_path: Path) -> None:
    written = run(tmp_path, SOURCES)
    found = contaminated_items(written)
    assert [tuple(row.values()) for row in found.to_pylist()] == [
        ("pairs", "test", 7, "text", "news", 1, 1.0),
        ("pairs", "test", 7, "text_pair", "blog", 1, 1.0),
        ("pairs", "test", 7, "text_pair", "news", 1, 1.0),
        ("reviews", "test", 1, "text", "blog", 1, 1.0),
        ("reviews", "test", 1, "text", "news", 1, 1.0),
    ]
    counts = written.manifest.counts
    assert counts == {"blog/documents": 3, "blog/contaminated": 2, "news/documents": 2, "news/contaminated": 2}
    by_split = count_items(ITEM_TABLE, found, OPTIONS)
    assert by_split == {
        "pairs/test/items": 1,
        "pairs/test/too_short": 0,
        "pairs/test/contaminated": 1,
        "reviews/dev/items": 1,
        "reviews/dev/too_short": 0,
        "reviews/dev/contaminated": 0,
        "reviews/test/items": 2,
        "reviews/test/too_short": 1,
        "reviews/test/contaminated": 1,
    }


def test_no_text_is_written(tmp_path: Path) -> None:
    written = run(tmp_path, SOURCES)
    for path in written.folder.rglob("*.arrow"):
        content = path.read_bytes()
        assert REVIEW.split(maxsplit=1)[0].encode() not in content and b"committee" not in content.lower()


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("report", []),
        (
            "cut",
            [
                ("blog:1", REVIEW.replace(" ", "") + "!"),
                ("blog:3", f"{OTHER} {HYPOTHESIS}. 그리고"),
                ("news:1", f'"{PREMISE.upper()}"'),
                ("news:2", REVIEW),
                ("news:2", HYPOTHESIS),
            ],
        ),
        (
            "drop",
            [
                ("blog:1", SOURCES["blog"][0][0][1]),
                ("blog:3", SOURCES["blog"][1][0][1]),
                ("news:1", SOURCES["news"][0][0][1]),
                ("news:2", SOURCES["news"][0][1][1]),
            ],
        ),
    ],
)
def test_what_goes_is_what_was_asked_for(
    tmp_path: Path, action: Literal["report", "cut", "drop"], expected: list[tuple[str, str]]
) -> None:
    written = run(tmp_path, SOURCES, replace(OPTIONS, action=action))
    assert cut(written, SOURCES) == expected
    assert [shard.rows for shard in written.manifest.outputs["matches"]] == [1, 1, 3]
    assert len(written.files("cuts")) == 3


def test_copies_that_dedup_drops_do_not_count(tmp_path: Path) -> None:
    written = run(tmp_path, SOURCES, dropped=[("blog", 1, 0), ("news", 0, 0)])
    assert {row["id"] for row in rows_of(written, "matches")} == {"blog:1", "news:2"}
    assert {name for name, _ in cut(written, SOURCES)} == {"blog:1", "news:2"}
    assert written.manifest.counts["blog/documents"] == 2


def test_half_of_an_item_is_not_the_item(tmp_path: Path) -> None:
    half = {"blog": [[("blog:1", f"{REVIEW[: len(REVIEW) // 2]} {OTHER}")]]}
    assert rows_of(run(tmp_path / "a", half), "matches") == []
    some = rows_of(run(tmp_path / "b", half, replace(OPTIONS, share=0.0)), "matches")
    assert len(some) == 1 and 0 < some[0]["found"] < 0.6 * some[0]["ngrams"]


def test_a_project_without_tasks_goes_through(tmp_path: Path) -> None:
    clean = {"a": write_dataset(tmp_path / "clean", [[{"id": "a:1", "text": REVIEW}]])}
    copies = {"a": write_outputs(tmp_path / "dedup", {"duplicates": (DUPLICATES, [[]])})}
    job = Job("decontaminate", tmp_path / "work", Machine(mode="in_memory"))
    written = decontaminate(clean, copies, ITEMS.empty_table(), OPTIONS, tmp_path / "out", job)
    assert rows_of(written, "matches") == rows_of(written, "cuts") == []
    assert contaminated_items(written).num_rows == 0
    assert count_items(ITEMS.empty_table(), contaminated_items(written), OPTIONS) == {}
