"""Each tokenizer family from sentences to a training step."""

import json
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
import torch
from documents import write_dataset
from transformers import AutoModelForPreTraining, AutoTokenizer

from pipelines.core.arrow import list_buffers, read_batches
from pipelines.core.machine import Machine
from pipelines.core.schemas import SENTENCES
from pipelines.core.verbs import Job, run_regroup
from pipelines.options import ShardOptions, TokenizerOptions
from pipelines.privacy import PLACEHOLDERS
from pipelines.shard import shard_regroup
from pipelines.text.cutting import Family
from pipelines.tokenizer import build_tokenizer
from stages.train.loop import Paths, pretrain
from stages.train.machine import Machine as TrainingMachine
from stages.train.options import ModelOptions, TrainOptions
from stages.train.vocabulary import Vocabulary

TOKENIZER = TokenizerOptions(
    family="wordpiece",
    given=None,
    vocabulary_size=512,
    minimum_frequency=2,
    minimum_character_count=1,
    unused=4,
    lowercase=False,
    split_digits=True,
    language_exponent=0.7,
    morphemes="rules",
    model_max_length=64,
)
SHARD = ShardOptions(
    objective="nsp",
    max_length=64,
    short_fraction=0.1,
    duplicate_factor=1,
    negatives="corpus",
    validation_fraction=0.2,
    shard_megabytes=64,
    seed=1,
)
TRAIN = TrainOptions(
    seed=1,
    steps=1,
    batch_tokens=512,
    learning_rate=1e-3,
    warmup_fraction=0.0,
    weight_decay=0.01,
    clip_norm=1.0,
    dropout=0.0,
    mask_fraction=0.15,
    whole_word=True,
    log_every=1,
    validate_every=1,
    validate_tokens=512,
    checkpoint_every=1,
)
LINES = [
    "말모이는 우리말을 모은 책이다. ",
    "연락은 [PHONE]으로 2026년에 한다. ",
    "Words aren't [MASK], words are found. ",
]


@pytest.mark.parametrize("family", ["wordpiece", "bpe", "unigram"])
def test_from_sentences_to_a_training_step(family: Family, tmp_path: Path) -> None:
    rows = [{"id": f"{row}", "sentences": LINES[row % 3 :] + LINES} for row in range(60)]
    documents = write_dataset(tmp_path / "split", [rows], SENTENCES)
    folder = tmp_path / "tokenizer"
    job = Job("job", tmp_path / "work", Machine(mode="in_memory"))
    measured = build_tokenizer({"a": documents}, replace(TOKENIZER, family=family), PLACEHOLDERS, folder, job)
    assert measured["languages"]["ko"]["unknown_rate"] == 0

    function = shard_regroup(SHARD, folder / "tokenizer.json", 10)
    run_regroup(function, documents.tasks("documents"), tmp_path / "shard", job)
    ids = pa.concat_arrays(
        [
            list_buffers(batch["input_ids"])[1]
            for path in sorted((tmp_path / "shard").rglob("*.arrow"))
            for batch in read_batches(path)
        ]
    )
    assert ids.type == pa.uint16()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    found = set(tokenizer.convert_ids_to_tokens(sorted(set(ids.to_pylist()))))
    # What a document spells is not a mask; a placeholder is itself.
    assert {"[CLS]", "[SEP]", "[PHONE]", "[UNK]"} <= found and "[MASK]" not in found and "[PAD]" not in found

    vocabulary = Vocabulary.read(folder)
    assert vocabulary.special[: len(PLACEHOLDERS) + 5].all()

    paths = Paths(
        shard=tmp_path / "shard",
        tokenizer=folder,
        model=tmp_path / "model",
        metrics=tmp_path / "train.json",
        train_plot=tmp_path / "train.csv",
        validation_plot=tmp_path / "validation.csv",
        work=tmp_path / "train",
    )
    cpu = TrainingMachine(device=torch.device("cpu"), autocast=None, compiled=False, rank=0, processes=1)
    pretrain(TRAIN, ModelOptions(preset="tiny"), SHARD.max_length, paths, cpu)
    assert json.loads(paths.metrics.read_text())
    model = AutoModelForPreTraining.from_pretrained(paths.model)
    text = AutoTokenizer.from_pretrained(paths.model)("말모이는 우리말을 모은 책이다.", return_tensors="pt")
    assert model(**text).prediction_logits.shape[-1] == TOKENIZER.vocabulary_size
