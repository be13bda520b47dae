"""params.yaml as a whole: the file is sound, and every mistake in it is told at once, also one between parameters."""

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines.core.errors import MalmoiError
from stages.params import load_params, parse_params

FILE = Path(__file__).parents[2] / "params.yaml"
CONTENT: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
TEXT = {"format": "text", "path": "data/raw/*.txt", "lang": "ko"}


def changed(**values: Any) -> dict[str, Any]:
    """The parameters with values set by their path, whose dots are written as double underscores."""
    content = copy.deepcopy(CONTENT)
    for path, value in values.items():
        *sections, last = path.split("__")
        node = content
        for section in sections:
            node = node[section]
        node[last] = value
    return content


def mistakes(content: Any) -> list[str]:
    with pytest.raises(MalmoiError) as caught:
        parse_params(content)
    first, *rest = str(caught.value).splitlines()
    assert first.startswith(f"params.yaml: {len(rest)} mistake")
    return [line.strip() for line in rest]


def test_the_file_is_sound() -> None:
    assert parse_params(CONTENT) == load_params(FILE)


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"sources": {"own": {**TEXT, "format": "txt"}}}, "sources.own.format"),
        ({"sources": {"own": {**TEXT, "id": "url"}}}, "sources.own.id"),
        ({"sources": {"own": {**TEXT, "format": "jsonl"}}}, "sources.own.text"),
        ({"sources": {"own": {**TEXT, "format": "warc", "text": "body"}}}, "sources.own.text"),
        ({"sources": {"own": {**TEXT, "format": "html", "documents": "file"}}}, "sources.own.documents"),
        ({"clean__page_seconds": 0}, "clean.page_seconds"),
        ({"audit__probes": [{"text": "[MASK] 가 나", "subject": "다"}]}, "audit.probes[0].subject"),
        ({"audit__probes": [{"text": "[MASK] 가 가", "subject": "가"}]}, "audit.probes[0].subject"),
        ({"audit__sweep__shares": [0.1, 1]}, "audit.sweep.shares[1]"),
        ({"audit__sweep__batch_tokens": 128, "shard__max_length": 256}, "audit.sweep.batch_tokens"),
        ({"sources": {"Own/1": TEXT}}, "sources.Own/1"),
        ({"sources": {}}, "sources"),
        ({"shard__max_length": 1024}, "shard.max_length"),
        ({"evaluate__max_length": 1024}, "evaluate.max_length"),
        ({"dedup__shingle": {"ko": 5}}, "dedup.shingle.other"),
        ({"decontaminate__ngram": {"ko": 10}}, "decontaminate.ngram.other"),
        ({"tokenizer__family": "bpe", "tokenizer__lowercase": True}, "tokenizer.lowercase"),
        ({"tokenizer__family": "unigram", "tokenizer__lowercase": True}, "tokenizer.lowercase"),
        ({"tokenizer__family": "bpe", "tokenizer__minimum_character_count": 2}, "tokenizer.minimum_character_count"),
        ({"tokenizer__given": "data/raw/none.json"}, "tokenizer.given"),
        ({"clean__profiles": {"fr": "fr"}}, "clean.profiles.fr"),
        ({"train__batch_tokens": 64}, "train.batch_tokens"),
        ({"evaluate__tasks__sentiment__metric": "entity_f1"}, "evaluate.tasks.sentiment.metric"),
    ],
)
def test_a_mistake_between_parameters_is_named(change: dict[str, Any], path: str) -> None:
    (error,) = mistakes(changed(**change))
    assert error.startswith(f"{path}:")


def test_mistakes_of_every_kind_come_at_once() -> None:
    sources = {"good": TEXT, "typed": {**TEXT, "lang": "kr"}, "fits": {**TEXT, "format": "parquet"}}
    content = changed(sources=sources, train__steps="many", shard__max_length=1024, model={"prest": "tiny"})
    assert [error.split(":")[0] for error in mistakes(content)] == [
        "sources.typed.lang",
        "model.prest",
        "model.preset",
        "train.steps",
        "sources.fits.text",
        "shard.max_length",
    ]


def test_one_mistake_is_told_once() -> None:
    assert len(mistakes(changed(tokenizer__model_max_length="x", shard__max_length=1024))) == 1
    assert len(mistakes(changed(shard=None, evaluate=[]))) == 2


@pytest.mark.parametrize("content", [None, [1], "text", 5])
def test_what_is_no_map_is_refused(content: Any) -> None:
    (error,) = mistakes(content)
    assert error.startswith("the whole:") and "sources" in error


@pytest.mark.parametrize("text", ["a: [1", "a: b: c", "\tx: 1", "a: 1\x00"])
def test_broken_yaml_is_refused_by_place(tmp_path: Path, text: str) -> None:
    path = tmp_path / "params.yaml"
    path.write_text(text)
    with pytest.raises(MalmoiError, match=r"params\.yaml: not valid YAML: (?s:.)*(line|position)"):
        load_params(path)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(MalmoiError, match="missing; run from the folder that holds it"):
        load_params(tmp_path / "params.yaml")
