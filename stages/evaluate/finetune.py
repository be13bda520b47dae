"""Fine-tuning and prediction: short, deterministic per seed, batches of texts of like length."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from pipelines.core.errors import MalmoiError
from pipelines.core.seeds import derive
from stages.evaluate.kinds import IGNORED, Example

_WINDOW = 32  # batches among which texts are sorted by length: little padding, and the order still depends on the seed


@dataclass(frozen=True)
class Schedule:
    """How long and how fast to learn: linear warm-up, then linear decay to zero."""

    epochs: int
    batch_size: int
    learning_rate: float
    warmup_fraction: float
    weight_decay: float

    def rate(self, step: int, steps: int) -> float:
        """Learning rate of ``step``, counted from 0, out of ``steps``."""
        warmup = self.warmup_fraction * steps
        return self.learning_rate * min((step + 1) / max(warmup, 1.0), (steps - step) / max(steps - warmup, 1.0), 1.0)


def fine_tune(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    examples: Sequence[Example],
    schedule: Schedule,
    *,
    seed: int,
    label: str,
) -> None:
    """Train ``model`` in place; the result depends on the examples, the schedule and the seed alone.

    Raises MalmoiError where the loss stops being a number: a score of such a model would be made up.
    """
    torch.manual_seed(derive(seed, "dropout"))
    decayed = [weight for weight in model.parameters() if weight.ndim > 1]
    others = [weight for weight in model.parameters() if weight.ndim <= 1]
    optimiser = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": schedule.weight_decay}, {"params": others, "weight_decay": 0.0}],
        lr=schedule.learning_rate,
        eps=1e-6,
        fused=True,
    )
    lengths = np.array([len(example.input_ids) for example in examples])
    steps = math.ceil(len(examples) / schedule.batch_size) * schedule.epochs
    model.train()
    with tqdm(total=steps, desc=label, unit="step", dynamic_ncols=True, leave=False) as bar:
        for epoch in range(schedule.epochs):
            total = torch.zeros((), device=model.device)
            for rows in training_batches(lengths, schedule.batch_size, seed, epoch):
                for group in optimiser.param_groups:
                    group["lr"] = schedule.rate(bar.n, steps)
                loss = model(**collate([examples[row] for row in rows], tokenizer, model.device, labels=True)).loss
                optimiser.zero_grad()
                loss.backward()
                torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                optimiser.step()
                total += loss.detach()
                bar.update()
            if not torch.isfinite(total):
                remedy = "lower evaluate.learning_rate (or learning_rate of the task) in params.yaml"
                raise MalmoiError(f"{label}: the loss is no number after epoch {epoch + 1}; {remedy}")


@torch.inference_mode()
def outputs(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, examples: Sequence[Example], batch_size: int
) -> list[NDArray[np.float32]]:
    """The head's outputs for each example, in their order: (outputs,), or (tokens, outputs) under a tagging head."""
    model.eval()
    order = np.argsort([len(example.input_ids) for example in examples], kind="stable")
    found: list[NDArray[np.float32]] = [np.empty(0, np.float32)] * len(examples)
    for start in range(0, len(order), batch_size):
        rows = order[start : start + batch_size]
        logits = model(**collate([examples[row] for row in rows], tokenizer, model.device, labels=False)).logits
        for row, scores in zip(rows, logits.float().cpu().numpy(), strict=True):
            found[row] = scores[: len(examples[row].input_ids)] if scores.ndim > 1 else scores
    return found


def training_batches(lengths: NDArray[np.int64], batch_size: int, seed: int, epoch: int) -> Iterator[NDArray[np.int64]]:
    """Rows of each batch of one epoch: every row once, in an order drawn by hash from seed, epoch and row number."""
    order = hash_order(len(lengths), seed, epoch, "rows")
    batches: list[NDArray[np.int64]] = []
    for start in range(0, len(order), batch_size * _WINDOW):
        window = order[start : start + batch_size * _WINDOW]
        window = window[np.argsort(lengths[window], kind="stable")]
        batches.extend(window[first : first + batch_size] for first in range(0, len(window), batch_size))
    for batch in hash_order(len(batches), seed, epoch, "batches"):
        yield batches[batch]


def hash_order(count: int, seed: int, *names: str | int) -> NDArray[np.int64]:
    """A permutation of 0..count-1 that depends on the seed and the names alone, whatever the version of numpy."""
    keys = np.arange(count, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(derive(seed, *names))
    keys = (keys ^ (keys >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)  # SplitMix64 (Steele et al. 2014)
    keys = (keys ^ (keys >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.argsort(keys ^ (keys >> np.uint64(31)), kind="stable")


def collate(
    examples: Sequence[Example], tokenizer: PreTrainedTokenizerBase, device: torch.device, *, labels: bool
) -> dict[str, torch.Tensor]:
    """A batch padded to its longest example, with the inputs that the model of this tokenizer takes."""
    width = max(len(example.input_ids) for example in examples)
    ids = [example.input_ids for example in examples]
    batch = {
        "input_ids": _padded(ids, width, tokenizer.pad_token_id),
        "attention_mask": _padded([[1] * len(row) for row in ids], width, 0),
    }
    if "token_type_ids" in tokenizer.model_input_names:
        batch["token_type_ids"] = _padded([example.token_type_ids for example in examples], width, 0)
    if labels:
        targets = [example.target for example in examples]
        batch["labels"] = torch.tensor(targets) if not examples[0].words else _padded(targets, width, IGNORED)
    return {name: tensor.to(device) for name, tensor in batch.items()}


def _padded(rows: Sequence[Sequence[int]], width: int, filler: int) -> torch.Tensor:
    return torch.tensor([[*row, *[filler] * (width - len(row))] for row in rows])
