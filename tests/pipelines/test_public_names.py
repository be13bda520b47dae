"""Which names are public: carried by documents enough of sources enough, whatever the shards; the others go."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from documents import write_dataset, write_outputs

from pipelines.clusters import DUPLICATES, EXACT
from pipelines.core.arrow import string_buffers
from pipelines.core.machine import Machine
from pipelines.core.schemas import CUTS
from pipelines.core.verbs import Job
from pipelines.options import NamesOptions
from pipelines.privacy import scrub
from pipelines.privacy.names import find_names, name_keys
from pipelines.public_names import count_names, public_by_shard

OPTIONS = NamesOptions(documents=3, sources=2)
KNOWN, LOCAL, RARE = "김철수", "박영희", "이민호"
TEXTS = {
    "a": [
        f"{KNOWN} 씨는 어제 회의에 나왔다.",
        f"어제 {KNOWN} 씨가 {KNOWN} 씨에게 말했다.",
        f"{LOCAL} 교수가 강연을 했다.",
    ],
    "b": [
        f"{LOCAL} 교수가 상을 받았다.",
        f"{LOCAL} 교수와 이야기했다.",
        f"{RARE} 기자가 썼다.",
        f"{RARE} 기자가 물었다.",
    ],
    "c": ["오늘은 비가 온다.", f"{KNOWN} 씨를 만났다.", f"{RARE} 기자의 글이다."],
}


def key(name: str) -> int:
    offsets, data = string_buffers(pa.array([name]))
    return int(name_keys(data, np.array([[0, offsets[0], offsets[1]]], np.int64))[0])


def public(
    folder: Path,
    texts: Mapping[str, Sequence[str]],
    shards: int = 1,
    copies: Mapping[str, Sequence[int]] | None = None,
    options: NamesOptions = OPTIONS,
) -> dict[int, list[int]]:
    clean, dropped = {}, {}
    for source, own in texts.items():
        rows = [{"id": f"{source}:{number}", "text": text} for number, text in enumerate(own)]
        clean[source] = write_dataset(folder / "clean" / source, [rows[first::shards] for first in range(shards)])
        cluster = {"kind": EXACT, "survivor": "elsewhere", "cluster_size": 2}
        gone = [
            {"shard": row % shards, "row": row // shards, "id": f"{source}:{row}", **cluster}
            for row in (copies or {}).get(source, ())
        ]
        outputs: dict[str, Any] = {"duplicates": (DUPLICATES, [gone]), "cuts": (CUTS, [[] for _ in range(shards)])}
        dropped[source] = write_outputs(folder / "dedup" / source, outputs)
    job = Job("names", folder / "work", Machine(mode="in_memory"))
    found = public_by_shard(count_names(clean, dropped, options, folder / "names", job))
    return {shard: names.tolist() for shard, names in found.items()}


def test_a_name_is_public_in_the_shards_that_have_it_once_documents_and_sources_are_enough(tmp_path: Path) -> None:
    found = public(tmp_path, TEXTS)
    assert found == {
        0: sorted([key(KNOWN), key(LOCAL)]),
        1: sorted([key(LOCAL), key(RARE)]),
        2: sorted([key(KNOWN), key(RARE)]),
    }


@pytest.mark.parametrize("options", [NamesOptions(documents=4, sources=1), NamesOptions(documents=3, sources=3)])
def test_too_few_documents_or_sources_keep_no_name(tmp_path: Path, options: NamesOptions) -> None:
    assert public(tmp_path, TEXTS, options=options) == {}


def test_copies_and_a_second_mention_count_nothing(tmp_path: Path) -> None:
    assert public(tmp_path / "copies", TEXTS, copies={"a": [0], "c": [2]}) == {0: [key(LOCAL)], 1: [key(LOCAL)]}
    twice = {"a": [f"{KNOWN} 씨가 {KNOWN} 씨에게 {KNOWN} 씨의 일을 말했다."], "b": [f"{KNOWN} 씨가 왔다."]}
    assert public(tmp_path / "twice", twice) == {}


def test_how_documents_are_split_into_shards_changes_no_public_name(tmp_path: Path) -> None:
    whole = {name for names in public(tmp_path / "1", TEXTS).values() for name in names}
    for shards in (2, 3):
        found = public(tmp_path / str(shards), TEXTS, shards)
        assert {name for names in found.values() for name in names} == whole


def test_scrub_keeps_a_public_name_and_replaces_the_others() -> None:
    texts = pa.array([f"{KNOWN} 씨가 {LOCAL} 교수에게 물었다."])
    kept = scrub(texts, "ko", public_names=np.array([key(KNOWN)], np.uint64))
    assert kept.to_pylist() == [f"{KNOWN} 씨가 [PERSON_NAME] 교수에게 물었다."]
    offsets, data = string_buffers(texts)
    assert len(find_names(offsets, data, "ko")) == 2
