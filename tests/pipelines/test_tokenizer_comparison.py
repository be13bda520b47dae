"""Families compared: on documents that none of them was trained on, language by language."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from documents import write_dataset

from pipelines.core.dataset import Dataset
from pipelines.core.errors import MalmoiError
from pipelines.core.machine import Machine
from pipelines.core.schemas import SENTENCES
from pipelines.core.verbs import Job
from pipelines.options import TokenizerOptions
from pipelines.text import Encoder
from pipelines.tokenizer import held_out
from pipelines.tokenizer_comparison import FAMILIES, compare_families
from stages.tokenizer_comparison import table

UNKNOWN = 1
OPTIONS = TokenizerOptions(
    family="wordpiece",
    given=None,
    vocabulary_size=900,
    minimum_frequency=2,
    minimum_character_count=1,
    unused=0,
    lowercase=True,
    split_digits=True,
    language_exponent=1.0,
    morphemes="none",
    model_max_length=128,
)


def rows(count: int) -> list[dict[str, Any]]:
    """Korean and English documents, each with a word of its own that it repeats."""
    names = [f"{chr(0xAC00 + 97 * number)}{chr(0xB000 + 61 * number)}" for number in range(count)]
    korean = [
        {"id": f"k{number}", "lang": "ko", "sentences": [f"{name}은 사전이다. " * 9, f"{name}은 책이다."]}
        for number, name in enumerate(names)
    ]
    return [*korean, *({"id": f"e{number}", "lang": "en", "sentences": ["a word of it "]} for number in range(count))]


def dataset(folder: Path, count: int = 40) -> dict[str, Dataset]:
    return {"a": write_dataset(folder / "a", [rows(count)], SENTENCES)}


def job(folder: Path) -> Job:
    return Job("tokenizer_comparison", folder / "work", Machine(mode="in_memory"))


def test_each_family_is_measured_on_what_none_was_trained_on(tmp_path: Path) -> None:
    found = compare_families(dataset(tmp_path), OPTIONS, ["[PHONE]"], tmp_path / "out", job(tmp_path), 0.25)
    assert list(found) == ["en", "ko"] and all(tuple(figures) == FAMILIES for figures in found.values())
    chosen = held_out(pa.array([row["id"] for row in rows(40)]), 0.25)
    assert 5 < np.count_nonzero(chosen) < 35
    for family in FAMILIES:
        encoder = Encoder(tmp_path / "out" / family / "tokenizer.json")
        assert encoder.vocabulary_size == OPTIONS.vocabulary_size
        names = [row["sentences"][0].split()[0] for row in rows(40) if row["lang"] == "ko"]
        ids = encoder.encode(pa.array([f" {name}" for name in names])).to_pylist()
        whole = np.array([len(one) == 1 and one != [UNKNOWN] for one in ids])
        assert whole[~chosen[:40]].all() and not whole[chosen[:40]].any()
        assert found["en"][family]["whole_words"] > found["ko"][family]["whole_words"]
    lines = table(found).splitlines()
    assert len(lines) == 2 + 2 * len(FAMILIES) and len({len(line) for line in lines}) == 1
    assert [line.split("|")[2].strip() for line in lines[2:5]] == list(FAMILIES)


def test_a_corpus_too_small_to_hold_anything_out_is_refused(tmp_path: Path) -> None:
    data = dataset(tmp_path, 1)
    with pytest.raises(MalmoiError, match="no document was held out"):
        compare_families(data, OPTIONS, [], tmp_path / "out", job(tmp_path), 1e-9)
