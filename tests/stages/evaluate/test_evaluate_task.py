"""Fine-tuning from files to figures: each kind learns, the same seed gives the same scores, failures are told."""

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from small_model import save_model
from transformers import BertForPreTraining

from pipelines.core.errors import MalmoiError
from stages.evaluate.data import Split
from stages.evaluate.finetune import Schedule, training_batches
from stages.evaluate.kinds import IGNORED, Classification, Regression, Tagging
from stages.evaluate.options import EvaluateOptions, TaskOptions, contradictions
from stages.evaluate.pretrained import load_tokenizer
from stages.evaluate.task import evaluate_task, summarise

FILLER = ["alpha", "beta", "gamma", "delta", "the", "a", "in", "at"]
OPTIONS = EvaluateOptions(
    seeds=(1, 2),
    epochs=6,
    batch_size=16,
    learning_rate=5e-3,
    warmup_fraction=0.1,
    weight_decay=0.01,
    max_length=32,
    tasks={},
)


def words(row: int, count: int) -> list[str]:
    return [FILLER[(row * 7 + place * (row % 5 + 1)) % len(FILLER)] for place in range(count)]


def sentiment(row: int) -> dict[str, Any]:
    good = row * 37 % 100 < 40
    return {
        "text": " ".join([*words(row, row % 6), "good" if good else "bad", *words(row + 1, row % 4)]),
        "label": good,
    }


def entailment(row: int) -> dict[str, Any]:
    # The first text says nothing: a model that is not given the second one cannot learn this.
    left, right = ("good", "bad")[row % 2], ("good", "bad")[row * 11 // 5 % 2]
    return {"premise": f"the {left} a", "hypothesis": f"the {right} a", "label": "yes" if right == "good" else "no"}


def rating(row: int) -> dict[str, Any]:
    count = row * 13 % 5
    return {"text": " ".join(["good"] * count + ["bad"] * (4 - count)), "label": count / 2}


def tags(row: int) -> dict[str, Any]:
    person, place = ["Kim", "the", "Lee"][row % 3], ["Seoul", "Busan", "poor"][row // 3 % 3]
    tokens = [*words(row, row % 3), person, "lives", "\u200b", "in", place]
    names = ["O"] * (row % 3) + [
        "O" if person == "the" else "B-PER",
        "O",
        "O",
        "O",
        "O" if place == "poor" else "B-LOC",
    ]
    return {"tokens": tokens, "tags": names}


TASKS: Mapping[str, tuple[Callable[[int], dict[str, Any]], dict[str, Any]]] = {
    "sentiment": (sentiment, {"kind": "classification", "text": "text", "metric": "accuracy"}),
    "entailment": (entailment, {"kind": "pair", "text": "premise", "text_pair": "hypothesis", "metric": "f1_macro"}),
    "rating": (rating, {"kind": "regression", "text": "text", "metric": "spearman"}),
    "entities": (tags, {"kind": "tagging", "text": "tokens", "label": "tags", "metric": "entity_f1"}),
}


def task(folder: Path, name: str, **changes: Any) -> EvaluateOptions:
    record, settings = TASKS[name]
    files = {}
    for split, rows in (("train", range(240)), ("dev", range(240, 280)), ("test", range(280, 340))):
        path = folder / f"{split}.jsonl"
        path.write_text("\n".join(json.dumps(record(row)) for row in rows), encoding="utf-8")
        files[split] = str(path)
    options = TaskOptions(**{"label": "label", **settings, **files, **changes})
    return replace(OPTIONS, tasks={name: options})


@pytest.fixture(scope="module")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_model(tmp_path_factory.mktemp("model"))


@pytest.mark.parametrize("name", TASKS)
def test_each_kind_learns_what_can_be_learned(name: str, model_folder: Path, tmp_path: Path) -> None:
    metrics = evaluate_task(name, task(tmp_path, name), model_folder)
    assert metrics["rows"] == {"train": 240, "dev": 40, "test": 60}
    assert metrics["constant_predictions"] == 0
    for split in ("dev", "test"):
        found = metrics[split]
        assert found["minimum"] > 0.9
        assert found["margin"] == pytest.approx(found["mean"] - found["majority_baseline"])
        assert found["margin_beyond_spread"] > 0
        assert set(found["by_seed"]) == {"1", "2"}


def test_same_seed_same_scores(model_folder: Path, tmp_path: Path) -> None:
    options = replace(task(tmp_path, "entities"), seeds=(5,), epochs=1, learning_rate=1e-3)
    first = evaluate_task("entities", options, model_folder)
    assert evaluate_task("entities", options, model_folder) == first


def test_a_model_that_learned_nothing_is_reported_as_constant(model_folder: Path, tmp_path: Path) -> None:
    options = replace(task(tmp_path, "sentiment"), epochs=1, learning_rate=0.0)
    (tmp_path / "test.jsonl").write_text('{"text": "good", "label": true}\n' * 5)
    metrics = evaluate_task("sentiment", options, model_folder)
    assert metrics["constant_predictions"] == len(options.seeds)


def test_a_loss_that_is_no_number_fails(model_folder: Path, tmp_path: Path) -> None:
    broken = tmp_path / "model"
    model = BertForPreTraining.from_pretrained(model_folder)
    torch.nn.init.constant_(model.bert.embeddings.word_embeddings.weight, float("nan"))
    model.save_pretrained(broken)
    shutil.copy(model_folder / "tokenizer.json", broken)
    with pytest.raises(MalmoiError, match=r"rating, seed 1: the loss is no number after epoch 1; lower"):
        evaluate_task("rating", task(tmp_path, "rating"), broken)


def test_an_encoder_with_missing_weights_fails(model_folder: Path, tmp_path: Path) -> None:
    broken = shutil.copytree(model_folder, tmp_path / "model")
    configuration = json.loads((broken / "config.json").read_text())
    (broken / "config.json").write_text(json.dumps(configuration | {"num_hidden_layers": 3}))
    with pytest.raises(MalmoiError, match=r"no weights for bert.encoder.layer.2"):
        evaluate_task("rating", task(tmp_path, "rating"), broken)


def test_a_folder_without_a_model_fails(tmp_path: Path) -> None:
    with pytest.raises(MalmoiError, match="run dvc repro train"):
        evaluate_task("rating", task(tmp_path, "rating"), tmp_path / "nothing")


def test_f1_binary_needs_two_labels(model_folder: Path, tmp_path: Path) -> None:
    options = task(tmp_path, "sentiment", metric="f1_binary", label="text")
    with pytest.raises(MalmoiError, match="f1_binary needs two"):
        evaluate_task("sentiment", options, model_folder)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kind": "pair"}, "evaluate.tasks.sentiment.text_pair: missing"),
        ({"metric": "pearson"}, "evaluate.tasks.sentiment.metric: pearson is no metric of classification; one of acc"),
        ({"text_pair": "text"}, "evaluate.tasks.sentiment.text_pair: kind classification reads one text"),
    ],
)
def test_contradictions_are_told_by_key(changes: dict[str, Any], message: str, tmp_path: Path) -> None:
    options = task(tmp_path, "sentiment")
    assert contradictions(options) == []
    found = contradictions(task(tmp_path, "sentiment", **changes))
    assert len(found) == 1
    assert found[0].startswith(message)


def split_of(texts: list[Any], labels: list[Any], pairs: list[str] | None = None) -> Split:
    return Split(Path("x.jsonl"), texts, pairs or [], labels, list(range(1, len(labels) + 1)))


def test_a_label_unknown_to_train_is_named_by_record() -> None:
    kind = Classification.learn(split_of(["t"] * 3, [0, 1, 1]))
    with pytest.raises(MalmoiError, match=r"x.jsonl, record 2: its label does not occur in train"):
        kind.gold(split_of(["s", "t"], [1, -1]))
    assert kind.baselines(split_of(["t"] * 3, [0, 1, 1]), split_of(["s"], [0]))["majority"].tolist() == [1]


def test_a_label_that_is_no_number_is_named_by_record() -> None:
    with pytest.raises(MalmoiError, match=r"record 2: the label is not a finite number"):
        Regression.learn(split_of(["s", "t"], [1, "high"]))


def test_tags_sit_on_first_sub_tokens_and_lost_words_count(model_folder: Path) -> None:
    tokenizer = load_tokenizer(model_folder)
    split = split_of(
        [["Kim", "zoo", "\u200b", "Seoul", "the", "the"]], [["B-PER", "I-PER", "O", "B-LOC", "O", "B-LOC"]]
    )
    kind = Tagging.learn(split)
    assert kind.names == ("B-LOC", "B-PER", "I-PER", "O")
    (example,) = kind.encode(tokenizer, split, 8)
    # [CLS] Kim z ##o ##o Seoul the [SEP]: the zero-width word has no token, the last word is cut off
    assert example.words == [-1, 0, 1, -1, -1, 3, 4, -1]
    assert example.target == [IGNORED, 1, 2, IGNORED, IGNORED, 0, 3, IGNORED]
    assert example.truncated
    perfect = np.eye(4, dtype=np.float32)[[0, 1, 2, 0, 0, 0, 3, 0]]
    assert kind.predict([perfect], [example], split) == [["B-PER", "I-PER", "O", "B-LOC", "O", "O"]]


def test_tagging_baselines() -> None:
    train = split_of([["Kim", "is", "is"], ["Kim", "Lee"]], [["B-PER", "O", "O"], ["B-PER", "O"]])
    found = Tagging.learn(train).baselines(train, split_of([["Kim", "Park"]], [["O", "O"]]))
    assert found == {"majority": [["O", "O"]], "dictionary": [["B-PER", "O"]]}


@pytest.mark.parametrize(
    ("texts", "labels", "message"),
    [([["a", "b"]], [["O"]], "2 words, 1 tags"), ([["a"]], [["PER-B"]], "a tag is not O, B-type or I-type")],
)
def test_misshapen_tags_are_named_by_record(texts: list[Any], labels: list[Any], message: str) -> None:
    with pytest.raises(MalmoiError, match=f"record 1: {message}"):
        Tagging(("B-PER", "O")).gold(split_of(texts, labels))


def test_pairs_are_cut_from_the_longer_side(model_folder: Path) -> None:
    tokenizer = load_tokenizer(model_folder)
    split = split_of(["the " * 20], ["a"], ["good bad"])
    (example,) = Classification(("a", "b")).encode(tokenizer, split, 12)
    assert len(example.input_ids) == 12
    assert example.input_ids[-3:-1] == tokenizer.convert_tokens_to_ids(["good", "bad"])
    assert example.token_type_ids == [0] * 9 + [1] * 3


@given(st.lists(st.integers(1, 60), min_size=1, max_size=300), st.integers(1, 40), st.integers(0, 9), st.integers(0, 9))
def test_every_row_comes_once_an_epoch(lengths: list[int], batch_size: int, seed: int, epoch: int) -> None:
    batches = list(training_batches(np.array(lengths), batch_size, seed, epoch))
    assert sorted(np.concatenate(batches).tolist()) == list(range(len(lengths)))
    assert sum(len(batch) < batch_size for batch in batches) <= 1
    again = list(training_batches(np.array(lengths), batch_size, seed, epoch))
    assert all(np.array_equal(left, right) for left, right in zip(batches, again, strict=True))


def test_order_depends_on_seed_and_epoch_and_batches_hold_like_lengths() -> None:
    lengths = np.arange(1000) * 7919 % 100
    draws = ((1, 0), (2, 0), (1, 1))
    orders = [np.concatenate(list(training_batches(lengths, 10, *draw))).tolist() for draw in draws]
    assert orders[0] != orders[1] != orders[2] != orders[0]
    assert np.mean([np.ptp(lengths[batch]) for batch in training_batches(lengths, 10, 1, 0)]) < 10


def test_schedule_warms_up_and_decays_to_zero() -> None:
    schedule = Schedule(epochs=1, batch_size=1, learning_rate=1.0, warmup_fraction=0.2, weight_decay=0.0)
    rates = [schedule.rate(step, 10) for step in range(10)]
    assert rates == pytest.approx([0.5, 1.0, 1.0, 7 / 8, 6 / 8, 5 / 8, 4 / 8, 3 / 8, 2 / 8, 1 / 8])
    plain = Schedule(epochs=1, batch_size=1, learning_rate=1.0, warmup_fraction=0.0, weight_decay=0.0)
    assert [plain.rate(step, 2) for step in range(2)] == pytest.approx([1.0, 0.5])


def test_summary_uses_the_sample_deviation() -> None:
    assert summarise([0.5, 0.7]) == {
        "mean": 0.6,
        "standard_deviation": pytest.approx(0.141421),
        "minimum": 0.5,
        "maximum": 0.7,
    }
    assert summarise([0.5])["standard_deviation"] == 0.0
