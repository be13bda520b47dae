"""Vocabularies from word counts: the same counts give the same vocabulary, in any order and any process."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.core.arrow import string_buffers
from pipelines.core.kernel import inner_kernel
from pipelines.core.kernels import decode_utf8
from pipelines.options import TokenizerOptions
from pipelines.text.byte_pairs import byte_characters
from pipelines.text.characters import CODE_POINTS
from pipelines.text.merging import merge_pairs
from pipelines.text.morphemes import Parts, cut_words
from pipelines.text.unigram_vocabulary import check_room, train_unigram

SPECIAL_TOKENS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")

_NEVER = -1000.0
"""Score of reserved unigram tokens: a text that spells one is cut into its characters, which score more."""


@dataclass(frozen=True)
class Vocabulary:
    """What training gives: ``tokens`` in order of their ids, and what the family needs beside them.

    ``merges`` (byte-level BPE) are pairs in order of rank, ``scores`` (unigram) are the logarithms of probabilities.
    """

    tokens: list[str]
    merges: list[tuple[str, str]] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)


def train(
    words: pa.Array | pa.ChunkedArray,
    counts: NDArray[np.int64],
    options: TokenizerOptions,
    placeholders: Sequence[str] = (),
) -> Vocabulary:
    """A vocabulary of the family that ``options`` name: special, placeholders, unused, alphabet, learned tokens.

    Exactly ``vocabulary_size`` tokens: where the words give fewer, more unused ones follow. Raises MalmoiError where
    the alphabet does not fit.
    """
    reserved = [*SPECIAL_TOKENS, *placeholders, *(f"[unused{index}]" for index in range(options.unused))]
    room = options.vocabulary_size - len(reserved)
    counts = counts.astype(np.int64)
    parts = cut_words(words, counts, options.morphemes)
    merges: list[tuple[str, str]] = []
    scores: list[float] = []
    if options.family == "wordpiece":
        tokens = _train_wordpiece(words, counts, parts, options, room)
    elif options.family == "bpe":
        tokens, merges = _train_byte_pairs(parts, options, room)
    else:
        tokens, scores = train_unigram(parts.texts, parts.counts, options, room)
    more = room - len(tokens)
    unused = [f"[unused{options.unused + index}]" for index in range(more)]
    if scores:
        scores = [*[_NEVER] * len(reserved), *scores, *[_NEVER] * more]
    return Vocabulary([*reserved, *tokens, *unused], merges, scores)


def _train_wordpiece(
    words: pa.Array, counts: NDArray[np.int64], parts: Parts, options: TokenizerOptions, room: int
) -> list[str]:
    """The alphabet, sorted, then tokens in order of the counts of their pairs.

    The merges of byte-pair encoding over characters with the ``##`` prefix, which is what `tokenizers`' trainer does. A
    character of a word of several characters is there both with and without ``##``, so that no place in a word makes it
    unknown.
    """
    plain, continued = _alphabet(words, counts, options.minimum_character_count)
    tokens = [chr(code) for code in plain] + [f"##{chr(code)}" for code in continued]
    check_room(len(tokens), "characters of the corpus", options, room)
    symbols, offsets = _symbols(parts, plain, continued)
    lefts, rights, joined = merge_pairs(
        symbols, offsets, parts.counts, len(tokens), room - len(tokens), options.minimum_frequency
    )
    for left, right, token in zip(lefts.tolist(), rights.tolist(), joined.tolist(), strict=True):
        if token == len(tokens):
            tokens.append(tokens[left] + tokens[right][2:])
    return tokens


def _train_byte_pairs(parts: Parts, options: TokenizerOptions, room: int) -> tuple[list[str], list[tuple[str, str]]]:
    """The 256 bytes, then tokens in order of the counts of their pairs; and all merges."""
    tokens = byte_characters()
    check_room(len(tokens), "bytes", options, room)
    offsets, data = string_buffers(parts.texts)
    lefts, rights, joined = merge_pairs(
        data.astype(np.int32), offsets, parts.counts, len(tokens), room - len(tokens), options.minimum_frequency
    )
    merges = []
    for left, right, token in zip(lefts.tolist(), rights.tolist(), joined.tolist(), strict=True):
        merges.append((tokens[left], tokens[right]))
        if token == len(tokens):
            tokens.append(tokens[left] + tokens[right])
    return tokens, merges


def _alphabet(words: pa.Array, counts: NDArray[np.int64], minimum: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Code points that become tokens, and those of them that become ``##`` tokens too; both ascending."""
    offsets, data = string_buffers(words)
    totals = np.zeros(CODE_POINTS, np.int64)
    inside = np.zeros(CODE_POINTS, np.bool_)
    _count_characters(data, offsets, counts.astype(np.int64), totals, inside)
    kept = totals >= minimum
    return np.flatnonzero(kept), np.flatnonzero(kept & inside)


def _symbols(
    parts: Parts, plain: NDArray[np.int64], continued: NDArray[np.int64]
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Each part as token ids of its characters; a part with a character that is no token becomes empty."""
    offsets, data = string_buffers(parts.texts)
    first = np.full(CODE_POINTS, -1, np.int32)
    later = np.full(CODE_POINTS, -1, np.int32)
    first[plain] = np.arange(len(plain))
    later[continued] = len(plain) + np.arange(len(continued))
    symbols = np.empty(len(data), np.int32)
    stops = np.zeros(len(offsets), np.int64)
    used = _fill_symbols(data, offsets, parts.continued, first, later, symbols, stops)
    return symbols[:used], stops


@inner_kernel
def _count_characters(data: Any, offsets: Any, counts: Any, totals: Any, inside: Any) -> None:
    for row in range(len(offsets) - 1):
        position = offsets[row]
        _, after_first = decode_utf8(data, position) if position < offsets[row + 1] else (np.int32(0), position)
        several = after_first < offsets[row + 1]
        while position < offsets[row + 1]:
            code, position = decode_utf8(data, position)
            totals[code] += counts[row]
            inside[code] |= several


@inner_kernel
def _fill_symbols(data: Any, offsets: Any, continued: Any, first: Any, later: Any, symbols: Any, stops: Any) -> Any:
    used = 0
    for row in range(len(offsets) - 1):
        position = offsets[row]
        start = used
        known = True
        while position < offsets[row + 1] and known:
            at_start = position == offsets[row] and not continued[row]
            code, position = decode_utf8(data, position)
            symbols[used] = first[code] if at_start else later[code]
            known = symbols[used] >= 0
            used += 1
        if not known:
            used = start
        stops[row + 1] = used
    return used
