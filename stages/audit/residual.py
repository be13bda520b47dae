"""A second look at what the model learns from, by other means than the scrubber's: what still looks personal.

It knows no kind and no format, so it finds much that is nobody's (dates with times, long amounts, citations); what
counts is the rate, and that it does not grow.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipelines.core.arrow import list_buffers, read_batches
from pipelines.core.errors import MalmoiError

_LONG = 9
"""Digits of a run that may be the number of somebody."""
_JOINERS = frozenset("-./()+ ")
_MARKS = ("##", "\u0120", "\u2581")  # how pieces say that they go on, or begin, a word


def residual(shards: Path, vocabulary: Mapping[str, int]) -> dict[str, float]:
    """How often a run of nine digits or more, with what joins those of numbers, and an at sign stand in the examples.

    ``shards`` holds folders of them; ``vocabulary`` has the id of every piece;
    ``per_million_tokens`` is the rate of both. Raises MalmoiError where there is no shard.
    """
    digits, joins, at_signs = _tables(vocabulary)
    tokens = runs = signs = 0
    for offsets, ids in _examples(shards):
        tokens += len(ids)
        signs += int(at_signs[ids].sum())
        inside = joins[ids] | (digits[ids] > 0)
        first = np.zeros(len(ids) + 1, bool)
        first[offsets] = True
        begins = inside & (first[:-1] | ~np.concatenate([[False], inside[:-1]]))
        runs += _long_runs(begins, inside, digits[ids])
    if not tokens:
        raise MalmoiError(f"{shards}: no examples to look through; run dvc repro shard")
    found = {"tokens": tokens, "digit_runs": runs, "at_signs": signs}
    return {**found, "per_million_tokens": round((runs + signs) / tokens * 1e6, 3)}


def _long_runs(begins: NDArray[np.bool_], inside: NDArray[np.bool_], digits: NDArray[np.int64]) -> int:
    """How many runs of joined digits, each from where it begins, have ``_LONG`` digits or more."""
    starts = np.flatnonzero(begins)
    if not len(starts):
        return 0
    return int((np.add.reduceat(np.where(inside, digits, 0), starts) >= _LONG).sum())


def _examples(shards: Path) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Offsets and ids of every batch of examples."""
    for path in sorted(shards.glob("*/*.arrow")):
        for batch in read_batches(path):
            offsets, values = list_buffers(batch["input_ids"])
            yield offsets, values.to_numpy().astype(np.int64)


def _tables(vocabulary: Mapping[str, int]) -> tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.bool_]]:
    """By token: how many digits it is, if it is nothing else; whether it joins digits; whether it has an at sign."""
    size = max(vocabulary.values()) + 1
    digits, joins, at_signs = np.zeros(size, np.int64), np.zeros(size, bool), np.zeros(size, bool)
    for piece, token in vocabulary.items():
        text = piece
        for mark in _MARKS:
            text = text.removeprefix(mark)
        if text.isdecimal():
            digits[token] = len(text)
        joins[token] = bool(text) and _JOINERS.issuperset(text)
        at_signs[token] = "@" in text or "\uff20" in text
    return digits, joins, at_signs
