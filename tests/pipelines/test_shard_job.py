"""The whole job of sharding, with a real tokenizer: the same bytes however its input is cut."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from test_shard import OPTIONS, UNKNOWN

from pipelines.core.arrow import ShardWriter
from pipelines.core.dataset import Dataset
from pipelines.core.errors import MalmoiError
from pipelines.core.fingerprint import file_digest
from pipelines.core.machine import Machine
from pipelines.core.schemas import SENTENCES
from pipelines.core.tasks import FileRange, Task
from pipelines.core.verbs import Job, run_regroup
from pipelines.shard import metrics, shard_regroup

WORDS = ["가", "나", "다", "라", "마", "##는", "##다", "the", "end", "."]
EOJEOL = ["가는", "나", "다는", "라다", "마", "the", "?!"]


def write_tokenizer(path: Path) -> Path:
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    content = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            {
                "id": index,
                "content": token,
                "single_word": False,
                "lstrip": False,
                "rstrip": False,
                "normalized": False,
                "special": True,
            }
            for index, token in enumerate(special)
        ],
        "normalizer": {
            "type": "BertNormalizer",
            "clean_text": True,
            "handle_chinese_chars": True,
            "strip_accents": False,
            "lowercase": False,
        },
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": None,
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "model": {
            "type": "WordPiece",
            "unk_token": "[UNK]",
            "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100,
            "vocab": {token: index for index, token in enumerate([*special, *WORDS])},
        },
    }
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    return path


def sentence_rows(count: int) -> Iterator[dict[str, Any]]:
    generator = np.random.default_rng(3)
    for index in range(count):
        sentences = [
            " ".join(generator.choice(EOJEOL, generator.integers(1, 9))) + ". " for _ in range(generator.integers(0, 7))
        ]
        yield {
            "id": f"문서-{index}",
            "source": "ab"[index % 2],
            "lang": "ko",
            "sentences": [*sentences, " \n"],
            "meta": "{}",
        }


def write_sentences(folder: Path, rows: list[dict[str, Any]], files: int) -> list[Task]:
    tasks = []
    for index in range(files):
        path = folder / f"{index:05d}.arrow"
        with ShardWriter(path, SENTENCES) as writer:
            writer.write(pa.RecordBatch.from_pylist(rows[index::files], SENTENCES))
        tasks.append(Task(path.name, (FileRange(str(path), file_digest(path)),)))
    return tasks


def test_whole_job_does_not_depend_on_how_the_input_is_cut(tmp_path: Path) -> None:
    options = replace(OPTIONS, validation_fraction=0.1)
    function = replace(shard_regroup(options, write_tokenizer(tmp_path / "tokenizer.json"), 10), buckets=3)
    rows = list(sentence_rows(500))
    tables = []
    for files in (1, 4):
        tasks = write_sentences(tmp_path / f"in{files}", rows, files)
        out = tmp_path / f"out{files}"
        manifest = run_regroup(function, tasks, out, Job("shard", tmp_path / f"work{files}", Machine()))
        dataset = Dataset.open(out)
        tables.append([path.read_bytes() for split in ("train", "validation") for path in dataset.files(split)])
        assert len(dataset.files("train")) == 3
        assert manifest.rows("validation") > 0
    assert tables[0] == tables[1]
    total = metrics(manifest.counts)
    assert total["documents"]["train"] + total["documents"]["validation"] + total["documents"]["empty"] == 500
    assert total["sources"]["a"]["documents"] == 250
    assert 0 < total["sources"]["a"]["unknown_rate"] < 0.3
    assert 0.45 < total["train"]["label_balance"] < 0.55


def test_a_document_that_spells_special_tokens_does_not_get_them(tmp_path: Path) -> None:
    sentences = ["가 [SEP] [CLS] 나.", "[MASK] [PAD] 다."]
    rows = [{"id": "x", "source": "a", "lang": "ko", "sentences": sentences, "meta": "{}"}]
    function = shard_regroup(OPTIONS, write_tokenizer(tmp_path / "tokenizer.json"), 10)
    (_, batch), *_ = function.scatter(*write_sentences(tmp_path, rows, 1))
    known = {word: index + 5 for index, word in enumerate(WORDS)}
    assert batch.to_pylist()[0]["tokens"] == [
        known["가"], UNKNOWN, UNKNOWN, known["나"], known["."], UNKNOWN, UNKNOWN, known["다"], known["."]
    ]  # fmt: skip
    assert batch.to_pylist()[0]["lengths"] == [5, 4]


def test_large_batches_are_encoded_in_portions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    function = shard_regroup(OPTIONS, write_tokenizer(tmp_path / "tokenizer.json"), 10)
    tasks = write_sentences(tmp_path, list(sentence_rows(300)), 1)
    whole = list(function.scatter(*tasks))
    monkeypatch.setattr("pipelines.shard._ENCODE_BYTES", 500)
    portions = list(function.scatter(*tasks))
    assert len(portions) > 20 > len(whole)
    assert pa.Table.from_batches([b for _, b in portions]) == pa.Table.from_batches([b for _, b in whole])
    assert np.array_equal(np.concatenate([b for b, _ in portions]), np.concatenate([b for b, _ in whole]))


def test_a_tokenizer_that_changed_is_refused(tmp_path: Path) -> None:
    path = write_tokenizer(tmp_path / "tokenizer.json")
    function = shard_regroup(OPTIONS, path, 10)
    path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    with pytest.raises(MalmoiError, match=r"tokenizer\.json: changed"):
        next(function.scatter(*write_sentences(tmp_path, list(sentence_rows(3)), 1)))


def test_buckets_grow_by_doubling(tmp_path: Path) -> None:
    path = write_tokenizer(tmp_path / "tokenizer.json")
    megabytes = {size: shard_regroup(OPTIONS, path, size << 20).buckets for size in (0, 1, 2, 3, 4, 5, 100)}
    assert megabytes == {0: 1, 1: 1, 2: 2, 3: 4, 4: 4, 5: 8, 100: 128}
