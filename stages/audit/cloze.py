"""A sentence whose secret is masked, and how likely a masked language model finds each candidate for it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from pipelines.core.errors import MalmoiError

_BATCH = 256


@dataclass(frozen=True)
class Cloze:
    """A tokenised sentence with its slots masked, and the tokens that each candidate puts there, the secret's first.

    ``input_ids`` (tokens,), ``slots`` (slots,) in ascending order, ``candidates`` (candidates, slots). What all
    candidates share, such as the hyphens of a phone number, is no slot: whoever attacks knows the form.
    """

    input_ids: NDArray[np.int64]
    slots: NDArray[np.int64]
    candidates: NDArray[np.int64]


def make_cloze(tokenizer: PreTrainedTokenizerBase, sentence: str, secret: str, references: Sequence[str]) -> Cloze:
    """``sentence`` with ``secret`` masked; only references of as many tokens are comparable, others are left out.

    Raises MalmoiError where the sentence does not hold the secret once, or where no reference is comparable.
    """
    before, *after = sentence.split(secret)
    if len(after) != 1:
        raise MalmoiError(f"a canary stands {len(after)} times in its sentence, not once; correct its template")
    encoded = tokenizer([f"{before}{candidate}{after[0]}" for candidate in (secret, *references)])["input_ids"]
    ids = np.array([row for row in encoded if len(row) == len(encoded[0])])
    slots = np.flatnonzero((ids != ids[0]).any(axis=0))
    if not len(slots):
        remedy = "set tokenizer.split_digits: true, so that numbers of one form have as many tokens"
        raise MalmoiError(f"no reference number has as many tokens as the canary; {remedy}")
    sequence = ids[0].copy()
    sequence[slots] = tokenizer.mask_token_id
    return Cloze(sequence, slots, ids[:, slots])


def comparable(tokenizer: PreTrainedTokenizerBase, sentence: str, secret: str, references: Sequence[str]) -> list[str]:
    """Those of ``references`` that make as many tokens of ``sentence`` as ``secret`` does, and other tokens."""
    own, *others = tokenizer([sentence.replace(secret, each) for each in (secret, *references)])["input_ids"]
    return [each for each, ids in zip(references, others, strict=True) if len(ids) == len(own) and ids != own]


def chain_scores(model: PreTrainedModel, cloze: Cloze) -> NDArray[np.float64]:
    """Log-probability of each candidate, left to right, every later slot masked (Kauf and Ivanova 2023): (candidates,).

    A proper probability over the slots, unlike the sum over tokens that are masked one at a time. Candidates that
    start alike share the model's answers.
    """
    total = np.zeros(len(cloze.candidates))
    group, leaders = np.zeros(len(total), np.int64), np.zeros(1, np.int64)
    for step, slot in enumerate(cloze.slots):
        sequences = np.tile(cloze.input_ids, (len(leaders), 1))
        sequences[:, cloze.slots[:step]] = cloze.candidates[leaders, :step]
        tokens, column = np.unique(cloze.candidates[:, step], return_inverse=True)
        total += log_probabilities(model, sequences, int(slot), tokens)[group, column]
        _, leaders, group = np.unique(group * len(tokens) + column, return_index=True, return_inverse=True)
    return total


def greedy_fill(model: PreTrainedModel, cloze: Cloze) -> NDArray[np.int64]:
    """The likeliest token of each slot, left to right, each put in before the next is asked for: (slots,)."""
    sequence = cloze.input_ids.copy()
    for slot in cloze.slots:
        sequence[slot] = np.argmax(log_probabilities(model, sequence[None], int(slot))[0])
    found: NDArray[np.int64] = sequence[cloze.slots]
    return found


def first_slot_rank(model: PreTrainedModel, cloze: Cloze) -> int:
    """Place of the secret's first token, from 1, in the vocabulary, all slots masked: what plain fill-mask shows."""
    scores = log_probabilities(model, cloze.input_ids[None], int(cloze.slots[0]))[0]
    return 1 + int(np.count_nonzero(scores > scores[cloze.candidates[0, 0]]))


@torch.inference_mode()
def log_probabilities(
    model: PreTrainedModel, sequences: NDArray[np.int64], position: int, tokens: NDArray[np.int64] | None = None
) -> NDArray[np.float32]:
    """Log-probability of ``tokens`` (of the whole vocabulary) at one position of sequences of one length.

    Shape (sequences, tokens).
    """
    columns = slice(None) if tokens is None else torch.from_numpy(tokens).to(model.device)
    found = []
    with _only(model, position):
        for start in range(0, len(sequences), _BATCH):
            ids = torch.from_numpy(sequences[start : start + _BATCH]).to(model.device)
            logits = model(input_ids=ids, attention_mask=torch.ones_like(ids)).logits
            found.append(torch.log_softmax(logits.float(), dim=-1)[:, columns].cpu().numpy())
    return np.concatenate(found)


@contextmanager
def _only(model: PreTrainedModel, position: int) -> Iterator[None]:
    """Let the model compute logits at one position: over a vocabulary they cost more than a small encoder."""

    def narrow(_: torch.nn.Module, inputs: tuple[torch.Tensor]) -> tuple[torch.Tensor]:
        return (inputs[0][:, position],)

    handle = model.get_output_embeddings().register_forward_pre_hook(narrow)
    try:
        yield
    finally:
        handle.remove()
