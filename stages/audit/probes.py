"""Named questions to the model: what it would put where a text says [MASK]."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import decoders
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from stages.audit.cloze import log_probabilities

TOP = 5
_BYTE_SPACE = "Ġ"


@dataclass(frozen=True)
class Answer:
    """The likeliest tokens for one [MASK] with their probabilities; the rank of the expected token, if there is one."""

    tokens: tuple[tuple[str, float], ...]
    expected_rank: int | None


def ask(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, text: str, expected: str | None) -> list[Answer]:
    """One answer per [MASK] in ``text``; ``expected`` is ranked where it has as many tokens as there are masks."""
    ids = probe_ids(tokenizer, text)
    masks = np.flatnonzero(ids == tokenizer.mask_token_id)
    pieces = expected_ids(tokenizer, text, expected) if expected else []
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

    A special token ends a word for the tokenizer. So the particle of ``[MASK]는`` would come out as a word of its own;
    in text it continues the word, and only its ``##`` form tells the model that a noun is wanted. And the space before
    [MASK] would come out as a token, where byte-level tokens hold the space of their word.
    """
    encoding = tokenizer(text).encodings[0]
    model = tokenizer.backend_tokenizer.model
    prefix = getattr(model, "continuing_subword_prefix", None)
    vocabulary = tokenizer.get_vocab()
    ids = list(encoding.ids)
    kept = [True] * len(ids)
    for index in range(len(ids) - 1):
        attached = encoding.offsets[index][1] == encoding.offsets[index + 1][0]
        token = encoding.tokens[index + 1]
        if prefix and ids[index] == tokenizer.mask_token_id and attached and token.isalnum():
            ids[index + 1] = vocabulary.get(f"{prefix}{token}", ids[index + 1])
        kept[index] = not (encoding.tokens[index] == _BYTE_SPACE and ids[index + 1] == tokenizer.mask_token_id)
    return np.array(ids)[kept]


def expected_ids(tokenizer: PreTrainedTokenizerBase, text: str, expected: str) -> list[int]:
    """Tokens of the expected answer where the first mask of ``text`` stands: at its beginning, in or before a word."""
    before = text.split(tokenizer.mask_token, maxsplit=1)[0]
    context = "" if not before else f"{tokenizer.mask_token} " if before[-1].isspace() else tokenizer.mask_token
    ids: list[int] = tokenizer(f"{context}{expected}", add_special_tokens=False)["input_ids"]
    return ids[1:] if context else ids


def readable(tokenizer: PreTrainedTokenizerBase, token: str) -> str:
    """The token as a person reads it: byte-level tokens as their text, with ``▁`` for a space."""
    decoder = tokenizer.backend_tokenizer.decoder
    if not isinstance(decoder, decoders.ByteLevel) or token in tokenizer.all_special_tokens:
        return token
    text = decoder.decode([token])
    return token if "\ufffd" in text else text.replace(" ", "▁")


def _answer(tokenizer: PreTrainedTokenizerBase, values: NDArray[np.float32], piece: int | None) -> Answer:
    best = np.argsort(-values, kind="stable")[:TOP]
    names = [readable(tokenizer, token) for token in tokenizer.convert_ids_to_tokens(best.tolist())]
    tokens = tuple((name, round(float(np.exp(values[index])), 6)) for name, index in zip(names, best, strict=True))
    return Answer(tokens, None if piece is None else 1 + int(np.count_nonzero(values > values[piece])))
