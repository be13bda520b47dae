"""The model: a stock ``BertForPreTraining`` of a published size, and the folder it is saved to."""

import json
import shutil
from pathlib import Path
from types import MappingProxyType
from typing import Any

from transformers import BertConfig, BertForPreTraining
from transformers.utils import logging

from pipelines.core.manifest import write_json
from stages.train import attention
from stages.train.counter import key, seed_generators
from stages.train.options import Preset

# Layers and width. I. Turc et al., Well-read students learn better (2019); J. Devlin et al., BERT (2019).
_SIZES = MappingProxyType(
    {"tiny": (2, 128), "mini": (4, 256), "small": (4, 512), "medium": (8, 512), "base": (12, 768), "large": (24, 1024)}
)
_HEAD_WIDTH = 64
_VOCABULARY_MULTIPLE = 64
_TOKENIZER_FILES = ("tokenizer.json", "vocab.txt", "special_tokens_map.json")
_SETTINGS = "tokenizer_config.json"


def configuration(preset: Preset, *, vocabulary: int, longest: int, dropout: float, pad: int) -> BertConfig:
    """Configuration of the preset; the vocabulary is rounded up to a multiple that matrix units take at full speed.

    Attention weights are never dropped out: the kernels that keep packed examples apart do not offer it, and training
    on much text does without (J. Portes et al., MosaicBERT, 2023).
    """
    layers, width = _SIZES[preset]
    return BertConfig(
        vocab_size=-(-vocabulary // _VOCABULARY_MULTIPLE) * _VOCABULARY_MULTIPLE,
        hidden_size=width,
        num_hidden_layers=layers,
        num_attention_heads=width // _HEAD_WIDTH,
        intermediate_size=4 * width,
        max_position_embeddings=longest,
        hidden_dropout_prob=dropout,
        attention_probs_dropout_prob=0.0,
        pad_token_id=pad,
    )


def build(config: BertConfig, seed: int, kind: attention.Kind) -> Any:
    """New model, its weights a function of the seed, that attends as ``kind`` says."""
    attention.register()
    seed_generators(key(seed, "weights"))
    return BertForPreTraining._from_config(config, attn_implementation=f"packed_{kind}")


def save(model: Any, tokenizer: Path, folder: Path, card: str) -> None:
    """Write ``folder`` whole, as ``from_pretrained`` reads it: weights, the tokenizer's files, the card."""
    temporary = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(temporary, ignore_errors=True)
    logging.disable_progress_bar()
    model.set_attn_implementation("sdpa")
    model.save_pretrained(temporary)
    for name in _TOKENIZER_FILES:
        if (tokenizer / name).is_file():
            shutil.copyfile(tokenizer / name, temporary / name)
    # What the tokenizer allows may be longer than what this model has positions for.
    settings = json.loads((tokenizer / _SETTINGS).read_bytes())
    write_json(temporary / _SETTINGS, settings | {"model_max_length": model.config.max_position_embeddings})
    (temporary / "README.md").write_text(card, encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    temporary.replace(folder)
