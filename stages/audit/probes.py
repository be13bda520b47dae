"""Named questions to the model: what it would put where a text says [MASK].

As in LAMA (Petroni et al. 2019, "Language Models as Knowledge Bases?"), less what the model would answer about anybody:
much of LAMA is guessed from the template alone (Cao et al. 2021, "Knowledgeable or Educated Guess?").
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import decoders
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from stages.audit.cloze import log_probabilities

TOP = 5
_BYTE_SPACE = "Ġ"
_RANKS = ("expected_rank", "prior_rank", "gain_rank")


@dataclass(frozen=True)
class Answer:
    """The likeliest tokens for one [MASK] with their probabilities; the rank of the expected token, if there is one.

    ``prior_rank`` is that without the subject of the question, ``gain_rank`` that by what the subject adds to the
    log-probability of each token, slightly smoothed.
    """

    tokens: tuple[tuple[str, float], ...]
    expected_rank: int | None
    prior_rank: int | None = None
    gain_rank: int | None = None


def ask(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, text: str, expected: str | None, subject: str | None
) -> list[Answer]:
    """One answer per [MASK] in ``text``; ``expected`` is ranked where it has as many tokens as there are masks.

    For the prior, ``subject``, which stands once in ``text``, is masked as well.
    """
    model.eval()
    found = _scores(model, tokenizer, text)
    pieces = expected_ids(tokenizer, text, expected) if expected else []
    prior = None if subject is None else _without(model, tokenizer, text, subject)
    return [
        _answer(tokenizer, values, piece, None if prior is None else prior[index])
        for index, (values, piece) in enumerate(
            zip(found, pieces if len(pieces) == len(found) else [None] * len(found), strict=True)
        )
    ]


def probe_metrics(answers: Iterable[Answer]) -> dict[str, Any]:
    """Answers to one probe by mask, from 1: probability of each of the top tokens, ranks of the expected one."""
    content = {}
    for number, answer in enumerate(answers, 1):
        ranks = {name: getattr(answer, name) for name in _RANKS if getattr(answer, name) is not None}
        content[f"mask_{number}"] = {"top": dict(answer.tokens), **ranks}
    return content


def rank_metrics(probes: Iterable[Sequence[Answer]]) -> dict[str, dict[str, float]]:
    """Over all probes whose answer is ranked: share within the first and the first five, mean of 1 / rank.

    By kind of rank; an answer of several tokens counts by the worst of their ranks. A kind that no probe has is left
    out.
    """
    asked, metrics = list(probes), {}
    for name in _RANKS:
        ranked = [[getattr(answer, name) for answer in answers] for answers in asked]
        worst = [max(ranks) for ranks in ranked if None not in ranks]
        if worst:
            metrics[name] = {
                "probes": len(worst),
                **{f"precision_at_{top}": round(float(np.mean([r <= top for r in worst])), 6) for top in (1, TOP)},
                "mean_reciprocal_rank": round(float(np.mean([1 / rank for rank in worst])), 6),
            }
    return metrics


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


def _scores(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, text: str) -> list[NDArray[np.float32]]:
    """Log-probability of every token at each mask of ``text``."""
    ids = probe_ids(tokenizer, text)
    masks = np.flatnonzero(ids == tokenizer.mask_token_id)
    return [log_probabilities(model, ids[None], int(mask))[0] for mask in masks]


def _without(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, text: str, subject: str
) -> list[NDArray[np.float32]]:
    """What ``_scores`` gives where each token of ``subject`` is masked too, for the masks of ``text`` alone."""
    before, after = text.split(subject)
    count = len(tokenizer(subject, add_special_tokens=False)["input_ids"])
    found = _scores(model, tokenizer, before + tokenizer.mask_token * count + after)
    first = before.count(tokenizer.mask_token)
    return found[:first] + found[first + count :]


def _answer(
    tokenizer: PreTrainedTokenizerBase,
    values: NDArray[np.float32],
    piece: int | None,
    prior: NDArray[np.float32] | None,
) -> Answer:
    best = np.argsort(-values, kind="stable")[:TOP]
    names = [readable(tokenizer, token) for token in tokenizer.convert_ids_to_tokens(best.tolist())]
    tokens = tuple((name, round(float(np.exp(values[index])), 6)) for name, index in zip(names, best, strict=True))
    if piece is None:
        return Answer(tokens, None)
    if prior is None:
        return Answer(tokens, _rank(values, piece))
    return Answer(tokens, _rank(values, piece), _rank(prior, piece), _rank(_gain(values, prior), piece))


def _gain(values: NDArray[np.float32], prior: NDArray[np.float32]) -> NDArray[np.float32]:
    """By how much each token's log-probability rises over the prior, with the share of one token added to both.

    Without it, the tokens that are least likely either way would gain the most, by nothing but noise.
    """
    share = np.float32(1 / len(values))
    gain: NDArray[np.float32] = np.log(np.exp(values) + share) - np.log(np.exp(prior) + share)
    return gain


def _rank(values: NDArray[np.float32], piece: int) -> int:
    return 1 + int(np.count_nonzero(values > values[piece]))
