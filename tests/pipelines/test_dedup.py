"""Duplicates across sources: found whatever the order and the shards, and survived by one document chosen by rule."""

import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from documents import write_dataset

from pipelines.clusters import DUPLICATES, EXACT, NEAR, REPEATED_ID, ROW_BITS, SURVIVOR, load_signatures
from pipelines.core.arrow import ROWS_PER_BATCH, ShardWriter
from pipelines.core.dataset import Dataset
from pipelines.core.machine import Machine
from pipelines.core.verbs import Job
from pipelines.dedup import Sign, dedup
from pipelines.options import DedupOptions

OPTIONS = DedupOptions(
    seed=1,
    bands=20,
    rows=6,
    threshold=0.7,
    shingle={"ko": 5, "other": 15},
    boilerplate_documents=4,
    boilerplate_letters=6,
    passage_letters=20,
)
SYLLABLES = "가나다라마바사아자차카타파하거너더러머버서어저처커터퍼허"


def document_text(number: int, words: int = 120) -> str:
    choose = random.Random(number)
    return " ".join("".join(choose.choices(SYLLABLES, k=choose.randint(2, 5))) for _ in range(words))


def write_source(folder: Path, shards: Sequence[Sequence[tuple[str, str]]]) -> Dataset:
    return write_dataset(folder, [[{"id": name, "text": text} for name, text in shard] for shard in shards])


def run(tmp_path: Path, name: str, sources: dict[str, Sequence[Sequence[tuple[str, str]]]]) -> list[dict[str, object]]:
    root = tmp_path / name
    opened = {key: write_source(root / "clean" / key, shards) for key, shards in sources.items()}
    dedup(opened, OPTIONS, root / "dedup", Job("dedup", root / "work", Machine(mode="in_memory")))
    rows = []
    for key in sources:
        for batch in Dataset.open(root / "dedup" / key).batches("duplicates"):
            assert batch.schema == DUPLICATES
            rows += [{"source": key, **row} for row in batch.to_pylist()]
    return rows


def without_spaces(text: str, share: float) -> str:
    choose = random.Random(5)
    return "".join("" if character == " " and choose.random() < share else character for character in text)


def test_copies_are_found_across_sources_and_the_longest_survives(tmp_path: Path) -> None:
    texts = [document_text(number) for number in range(30)]
    rows = run(
        tmp_path,
        "one",
        {
            "a": [[(f"a:{n}", texts[n]) for n in range(10)], [(f"a:{n}", texts[n]) for n in range(10, 20)]],
            "b": [[("b:exact", texts[3]), ("b:near", without_spaces(texts[4], 0.1)), ("b:other", texts[25])]],
            "c": [[("c:longer", texts[3] + " 하나 더"), ("c:exact", texts[3])]],
        },
    )
    kinds = {row["id"]: (row["kind"], row["survivor"], row["cluster_size"]) for row in rows}
    assert kinds == {
        "a:3": (NEAR, "c:longer", 4),
        "b:exact": (NEAR, "c:longer", 4),
        "c:exact": (NEAR, "c:longer", 4),
        "c:longer": (SURVIVOR, "c:longer", 4),
        "a:4": (SURVIVOR, "a:4", 2),
        "b:near": (NEAR, "a:4", 2),
    }
    place = {row["id"]: (row["source"], row["shard"], row["row"]) for row in rows}
    assert place["a:3"] == ("a", 0, 3) and place["b:near"] == ("b", 0, 1) and place["c:exact"] == ("c", 0, 1)


def test_equal_documents_are_exact_and_one_of_them_survives(tmp_path: Path) -> None:
    rows = run(tmp_path, "one", {"a": [[("a:1", "같은 글"), ("a:2", "같은 글"), ("a:3", "다른 글")]]})
    assert sorted(str(row["kind"]) for row in rows) == [EXACT, SURVIVOR]


def test_one_id_for_two_texts_is_told_apart_from_a_copy(tmp_path: Path) -> None:
    rows = run(tmp_path, "one", {"a": [[("a:1", document_text(1)), ("a:1", document_text(2, 60))]]})
    assert [(row["kind"], row["row"]) for row in rows] == [(SURVIVOR, 0), (REPEATED_ID, 1)]


@pytest.mark.parametrize("cut", [1, 7, 19])
def test_the_cut_into_shards_changes_nothing(tmp_path: Path, cut: int) -> None:
    documents = [(f"a:{n}", document_text(n % 12) + (" 끝" if n >= 12 else "")) for n in range(20)]
    whole = run(tmp_path, "whole", {"a": [documents]})
    parts = run(tmp_path, "parts", {"a": [documents[:cut], documents[cut:]]})
    strip = [{name: row[name] for name in ("id", "kind", "survivor", "cluster_size")} for row in whole]
    assert strip == [{name: row[name] for name in ("id", "kind", "survivor", "cluster_size")} for row in parts]
    assert len(whole) == 16


def test_signatures_are_read_from_any_batch_of_any_file_in_any_order(tmp_path: Path) -> None:
    schema = Sign.schemas["signatures"]
    files = []
    rows = [ROWS_PER_BATCH + 7, 3]
    for shard, count in enumerate(rows):
        signed = (np.arange(count * 4, dtype=np.uint32) + 100_000 * shard).reshape(count, 4)
        columns = [pa.array([row.tobytes() for row in signed]), *(pa.array(np.zeros(count, np.uint64)) for _ in "ab")]
        files.append(str(tmp_path / f"{shard}.arrow"))
        with ShardWriter(Path(files[-1]), schema) as writer:
            writer.write(pa.record_batch([*columns, pa.array(np.zeros(count, np.int64))], schema))
    wanted = [(1, 2), (0, ROWS_PER_BATCH + 6), (0, 0), (1, 0), (0, ROWS_PER_BATCH), (0, 0)]
    found = load_signatures(files, np.array([(shard << ROW_BITS) + row for shard, row in wanted]))
    assert found[:, 0].tolist() == [100_000 * shard + 4 * row for shard, row in wanted]


def test_nothing_in_common_gives_no_duplicates(tmp_path: Path) -> None:
    assert run(tmp_path, "one", {"a": [[(f"a:{n}", document_text(n)) for n in range(50)]], "b": [[]]}) == []
