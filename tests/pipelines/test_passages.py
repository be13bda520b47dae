"""Recurring lines: boilerplate goes everywhere, a shared passage stays in one document, dialogue stays."""

from pathlib import Path

import pytest
from documents import write_dataset

from pipelines.core.dataset import Dataset
from pipelines.core.machine import Machine
from pipelines.core.schemas import CUTS
from pipelines.core.verbs import Job
from pipelines.dedup import dedup
from pipelines.options import DedupOptions
from pipelines.passages import BOILERPLATE, PASSAGE

OPTIONS = DedupOptions(
    seed=1,
    bands=20,
    rows=6,
    threshold=0.7,
    shingle={"ko": 5, "other": 15},
    boilerplate_documents=3,
    boilerplate_letters=8,
    passage_letters=24,
)
FOOTER = "무단 전재 및 재배포 금지"
PASSAGE_TEXT = "이 긴 문단은 여러 문서에 똑같이 들어 있으므로 한 곳에만 남아야 한다."


def own(number: int, lines: int = 6) -> str:
    return "\n".join(f"{number}번 문서의 {line}째 줄은 {number * 7 + line}에 대해 말한다" for line in range(lines))


def cuts(tmp_path: Path, name: str, sources: dict[str, list[list[tuple[str, str]]]]) -> list[tuple[str, str, str]]:
    """(id, reason, line) of all that goes."""
    root = tmp_path / name
    opened = {
        key: write_dataset(root / "clean" / key, [[{"id": i, "text": text} for i, text in shard] for shard in shards])
        for key, shards in sources.items()
    }
    dedup(opened, OPTIONS, root / "dedup", Job("dedup", root / "work", Machine(mode="in_memory")))
    found = []
    for key, shards in sources.items():
        written = Dataset.open(root / "dedup" / key)
        assert len(written.files("cuts")) == len(shards)
        texts = dict(document for shard in shards for document in shard)
        for batch in written.batches("cuts"):
            assert batch.schema == CUTS
            for row in batch.to_pylist():
                line = texts[row["id"]].encode()[row["start"] : row["stop"]].decode()
                found.append((row["id"], row["reason"], line))
    return found


def test_boilerplate_of_a_source_goes_from_all_of_its_documents(tmp_path: Path) -> None:
    first = [[(f"a:{n}", f"{own(n)}\n{FOOTER}.") for n in range(2)], [("a:2", f"{FOOTER}\n{own(2)}")]]
    second = [[(f"b:{n}", f"{own(n + 50)}\n{FOOTER}") for n in range(2)]]
    found = cuts(tmp_path, "one", {"a": first, "b": second})
    assert sorted(found) == [
        ("a:0", BOILERPLATE, f"{FOOTER}."),
        ("a:1", BOILERPLATE, f"{FOOTER}."),
        ("a:2", BOILERPLATE, FOOTER),
    ]


def test_a_shared_passage_stays_in_the_longest_document(tmp_path: Path) -> None:
    documents = [("a:1", f"{own(1)}\n{PASSAGE_TEXT}"), ("a:2", f"{PASSAGE_TEXT}\n{own(2, 9)}")]
    found = cuts(tmp_path, "one", {"a": [documents], "b": [[("b:1", f"{own(3)}\n{PASSAGE_TEXT}")]]})
    assert sorted(found) == [("a:1", PASSAGE, PASSAGE_TEXT), ("b:1", PASSAGE, PASSAGE_TEXT)]


def test_short_lines_may_recur(tmp_path: Path) -> None:
    documents = [(f"a:{n}", f"{own(n)}\n네, 그래요.\n{own(n + 30)}") for n in range(9)]
    assert cuts(tmp_path, "one", {"a": [documents]}) == []


def test_documents_that_go_do_not_make_a_line_frequent(tmp_path: Path) -> None:
    text = f"{own(1)}\n{FOOTER}"
    assert cuts(tmp_path, "one", {"a": [[(f"a:{n}", text) for n in range(5)], [("a:9", f"{own(9)}\n{FOOTER}")]]}) == []


@pytest.mark.parametrize("cut", [1, 3])
def test_the_cut_into_shards_changes_nothing(tmp_path: Path, cut: int) -> None:
    documents = [(f"a:{n}", f"{own(n)}\n{FOOTER}\n{PASSAGE_TEXT if n % 2 else own(n + 20)}") for n in range(5)]
    whole = cuts(tmp_path, "whole", {"a": [documents]})
    assert cuts(tmp_path, "parts", {"a": [documents[:cut], documents[cut:]]}) == whole
    assert len(whole) == 6
