"""Named questions to the model: what it would put where a text says [MASK]."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from stages.audit.cloze import log_probabilities

TOP = 5


@dataclass(frozen=True)
class Answer:
    """The likeliest tokens for one [MASK] with their probabilities; the rank of the expected token, if there is one."""

    tokens: tuple[tuple[str, float], ...]
    expected_rank: int | None


def ask(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, text: str, expected: str | None) -> list[Answer]:
    """One answer per [MASK] in ``text``; ``expected`` is ranked where it has as many tokens as there are masks."""
    if type(tokenizer.backend_tokenizer.model).__name__ == "BPE" and f" {tokenizer.mask_token}" in text:
        # A byte-level token holds the space before its word, so the mask stands for both.
        text = text.replace(f" {tokenizer.mask_token}", str(tokenizer.mask_token))
        expected = f" {expected}" if expected else None
    ids = probe_ids(tokenizer, text)
    masks = np.flatnonzero(ids == tokenizer.mask_token_id)
    pieces = tokenizer(expected, add_special_tokens=False)["input_ids"] if expected else []
    model.eval()
    return [
        _answer(tokenizer, log_probabilities(model, ids[None], int(mask))[0], piece)
        for mask, piece in zip(masks, pieces if len(pieces) == len(masks) else [None] * len(masks), strict=True)
    ]


def probe_metrics(answers: Iterable[Answer]) -> dict[str, Any]:
    """Answers to one probe by mask, from 1: probability of each of the top tokens, rank of the expected one."""
    content = {}
    for number, answer in enumerate(answers, 1):
        rank = {} if answer.expected_rank is None else {"expected_rank": answer.expected_rank}
        content[f"mask_{number}"] = {"top": dict(answer.tokens), **rank}
    return content


def probe_ids(tokenizer: PreTrainedTokenizerBase, text: str) -> NDArray[np.int64]:
    """Token ids of a probe as they would stand in training text: (tokens,).

    A special token ends a word for the tokenizer, so the particle of ``[MASK]는`` would come out as a word of its own;
    in text it continues the word, and only its ``##`` form tells the model that a noun is wanted.
    """
    encoding = tokenizer(text).encodings[0]
    prefix = getattr(tokenizer.backend_tokenizer.model, "continuing_subword_prefix", None)
    vocabulary = tokenizer.get_vocab()
    ids = list(encoding.ids)
    for index in range(len(ids) - 1):
        attached = encoding.offsets[index][1] == encoding.offsets[index + 1][0]
        token = encoding.tokens[index + 1]
        if prefix and ids[index] == tokenizer.mask_token_id and attached and token.isalnum():
            ids[index + 1] = vocabulary.get(f"{prefix}{token}", ids[index + 1])
    return np.array(ids)


def _answer(tokenizer: PreTrainedTokenizerBase, values: NDArray[np.float32], piece: int | None) -> Answer:
    best = np.argsort(-values, kind="stable")[:TOP]
    names = tokenizer.convert_ids_to_tokens(best.tolist())
    tokens = tuple((name, round(float(np.exp(values[index])), 6)) for name, index in zip(names, best, strict=True))
    return Answer(tokens, None if piece is None else 1 + int(np.count_nonzero(values > values[piece])))
