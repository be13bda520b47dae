"""A model folder, opened for a downstream use."""

from pathlib import Path
from typing import Any

import torch
from transformers import AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase
from transformers.utils import logging

from pipelines.core.errors import MalmoiError

_WRITTEN_ANEW = ("classifier.", "pooler.", "score.", "pre_classifier.", "dropout.")


def load_tokenizer(folder: Path) -> PreTrainedTokenizerBase:
    """The tokenizer of a model folder; raises MalmoiError where there is none."""
    _require(folder, "tokenizer.json")
    tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    return tokenizer


def load_model(folder: Path, head: Any, **settings: Any) -> PreTrainedModel:
    """The encoder of a model folder under ``head``, in float32, on the accelerator where there is one.

    Weights of a new head come from torch's generator. Raises MalmoiError where the folder lacks weights of the encoder.
    """
    _require(folder, "config.json")
    logging.set_verbosity_error()  # the notice that a new head is new
    logging.disable_progress_bar()
    model, report = head.from_pretrained(
        folder, local_files_only=True, dtype=torch.float32, output_loading_info=True, **settings
    )
    missing = [name for name in report["missing_keys"] if not any(part in name for part in _WRITTEN_ANEW)]
    if missing:
        raise MalmoiError(f"{folder}: no weights for {missing[0]} and {len(missing) - 1} more; run dvc repro train")
    loaded: PreTrainedModel = model.to(device())
    return loaded


def device() -> torch.device:
    """Where models run here."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def _require(folder: Path, name: str) -> None:
    if not (folder / name).is_file():
        raise MalmoiError(f"{folder / name}: missing, so the folder holds no model; run dvc repro train")
