"""Korean words cut in front of their particles and endings, for training a vocabulary: encoding never sees it.

A token learned from ``말모이`` and ``는`` apart does not run over the boundary between them, where one learned from
``말모이는`` may. Kim et al. (KLUE 2021, arXiv:2105.09680) use a morpheme analyser in the same way, while building the
vocabulary only.
"""

import json
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.core.arrow import string_array, string_buffers
from pipelines.core.errors import MalmoiError
from pipelines.core.kernel import inner_kernel
from pipelines.core.kernels import hash_bytes

Morphemes = Literal["none", "rules", "kiwi"]

_FIRST_SYLLABLE, _LAST_SYLLABLE, _FINALS, _RIEUL = 0xAC00, 0xD7A3, 28, 8
_SYLLABLE_BYTES = 3
_AFTER_CONSONANT, _AFTER_VOWEL, _AFTER_RIEUL, _WHOLE = 1, 2, 4, 8
_CONDITIONS = {
    "after_consonant": _AFTER_CONSONANT | _AFTER_RIEUL,
    "after_vowel": _AFTER_VOWEL,
    "after_vowel_or_rieul": _AFTER_VOWEL | _AFTER_RIEUL,
    "after_any": _AFTER_CONSONANT | _AFTER_VOWEL | _AFTER_RIEUL,
    "whole": _WHOLE,
}
_BARE = 0  # the suffix of a stem that stands alone
_LEAST_SUFFIXES = 3
"""Different suffixes, or none, that a stem must be met with: a chance likeness, as in 아이 or 바다, has fewer."""


class Parts(NamedTuple):
    """Distinct parts of words, in order: their text, count and whether each stands behind another part of a word."""

    texts: pa.StringArray
    counts: NDArray[np.int64]
    continued: NDArray[np.bool_]


def cut_words(words: pa.Array | pa.ChunkedArray, counts: NDArray[np.int64], by: Morphemes) -> Parts:
    """The parts of distinct ``words``; joined they give the words back, and "none" leaves every word whole.

    "rules": one cut, in front of the longest particle or ending of a list that fits the final consonant before it,
    where the stem is met with others too. "kiwi": in front of every particle, ending and suffix that Kiwi finds in the
    word by itself. Raises MalmoiError where Kiwi is not installed.
    """
    offsets, data = string_buffers(words)
    if by == "none" or not len(counts):
        return Parts(string_array(offsets, data), counts, np.zeros(len(counts), np.bool_))
    ends = _kiwi_ends(offsets, data) if by == "kiwi" else _stem_ends(offsets, data)
    return _distinct(offsets, data, counts, ends)


def _distinct(
    offsets: NDArray[np.int64], data: NDArray[np.uint8], counts: NDArray[np.int64], ends: NDArray[np.int64]
) -> Parts:
    """Equal parts added up; ``ends`` are byte positions within the words at which a part ends before its word does."""
    cuts = np.sort(np.concatenate([offsets, ends]))
    cuts = cuts[np.append(True, cuts[1:] != cuts[:-1])]
    word = np.searchsorted(offsets, cuts[:-1], "right") - 1
    table = pa.table(
        {
            "text": string_array(cuts, data),
            "continued": pa.array(cuts[:-1] > offsets[word]),
            "count": pa.array(counts[word]),
        }
    )
    keys = ["text", "continued"]
    table = (
        table.group_by(keys, use_threads=False).aggregate([("count", "sum")]).sort_by([(k, "ascending") for k in keys])
    )
    columns = table.combine_chunks()
    texts = columns["text"].combine_chunks()
    return Parts(texts, columns["count_sum"].to_numpy(), columns["continued"].to_numpy())


def _stem_ends(offsets: NDArray[np.int64], data: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Where the stem of each word ends that has one, by the rules."""
    keys, conditions, longest = _suffixes()
    room = (longest + 1) * (len(offsets) - 1)
    found = np.empty((room, 4), np.int64)
    found = found[: _find_suffixes(data, offsets, keys, conditions, longest, found)]
    word, end, stem, suffix = found.T
    order = np.lexsort((suffix, stem))
    stem, suffix = stem[order], suffix[order]
    first = np.append(True, stem[1:] != stem[:-1])
    different = np.append(True, (stem[1:] != stem[:-1]) | (suffix[1:] != suffix[:-1]))
    group = np.cumsum(first) - 1
    enough = np.zeros(len(found), np.bool_)
    enough[order] = np.bincount(group, different)[group] >= _LEAST_SUFFIXES
    enough &= found[:, 3] != _BARE
    # The shortest stem that holds has the longest suffix; candidates of a word come in that order.
    _, chosen = np.unique(word[enough], return_index=True)
    return end[enough][chosen]


@cache
def _suffixes() -> tuple[NDArray[np.uint64], NDArray[np.int64], int]:
    """Open-addressed table of the suffixes' hashes, what each may follow, and the syllables of the longest."""
    listed = json.loads(Path(__file__).with_name("morpheme_rules.json").read_text(encoding="utf-8"))
    combined: dict[str, int] = {}
    for name, condition in _CONDITIONS.items():
        for suffix in listed[name].split():
            combined[suffix] = combined.get(suffix, 0) | condition
    slots = 1 << (4 * len(combined)).bit_length()
    keys, conditions = np.zeros(slots, np.uint64), np.zeros(slots, np.int64)
    for suffix, condition in combined.items():
        encoded = np.frombuffer(suffix.encode(), np.uint8)
        key = hash_bytes(encoded, 0, len(encoded), 0)
        slot = int(key) % slots
        while conditions[slot]:
            slot = (slot + 1) % slots
        keys[slot], conditions[slot] = key, condition
    return keys, conditions, max(map(len, combined))


@inner_kernel
def _syllable(data: Any, position: Any) -> Any:
    """Code point of the three bytes at ``position``, where it is a Hangul syllable; else -1."""
    if data[position] & 0xF0 != 0xE0:
        return np.int64(-1)
    code = (
        ((np.int64(data[position]) & 0x0F) << 12)
        | ((np.int64(data[position + 1]) & 0x3F) << 6)
        | (np.int64(data[position + 2]) & 0x3F)
    )
    return code if _FIRST_SYLLABLE <= code <= _LAST_SYLLABLE else np.int64(-1)


@inner_kernel
def _slot(data: Any, start: Any, stop: Any, keys: Any, conditions: Any) -> Any:
    """Where these bytes stand in the table of suffixes; a free place where they do not."""
    key = hash_bytes(data, start, stop, 0)
    mask = np.uint64(len(keys) - 1)
    slot = np.int64(key & mask)
    while conditions[slot] and keys[slot] != key:
        slot = np.int64(np.uint64(slot + 1) & mask)
    return slot


@inner_kernel
def _find_suffixes(data: Any, offsets: Any, keys: Any, conditions: Any, longest: Any, found: Any) -> Any:
    """Rows of word, byte where its stem ends, hash of the stem, slot of the suffix + 1: longest suffix first.

    The word itself comes last, as a stem with no suffix, where it ends with a Hangul syllable. Suffixes and what
    stands before them are syllables. A word whose last syllables are on the list of whole words has no suffix.
    """
    used = 0
    for word in range(len(offsets) - 1):
        start, stop = offsets[word], offsets[word + 1]
        syllables = 0
        while syllables <= longest:
            position = stop - _SYLLABLE_BYTES * (syllables + 1)
            if position < start or _syllable(data, position) < 0:
                break
            syllables += 1
        run = stop - _SYLLABLE_BYTES * syllables
        whole = syllables and conditions[_slot(data, run, stop, keys, conditions)] & _WHOLE
        for size in range(0 if whole else syllables - 1, 0, -1):
            end = stop - _SYLLABLE_BYTES * size
            slot = _slot(data, end, stop, keys, conditions)
            final = (_syllable(data, end - _SYLLABLE_BYTES) - _FIRST_SYLLABLE) % _FINALS
            fits = _AFTER_VOWEL if final == 0 else _AFTER_RIEUL if final == _RIEUL else _AFTER_CONSONANT
            if conditions[slot] & fits:
                found[used, 0] = word
                found[used, 1] = end
                found[used, 2] = np.int64(hash_bytes(data, start, end, 0))
                found[used, 3] = slot + 1
                used += 1
        if syllables:
            found[used, 0] = word
            found[used, 1] = stop
            found[used, 2] = np.int64(hash_bytes(data, start, stop, 0))
            found[used, 3] = _BARE
            used += 1
    return used


def _kiwi_ends(offsets: NDArray[np.int64], data: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Where a part ends, by Kiwi."""
    try:
        from kiwipiepy import Kiwi  # noqa: PLC0415  (optional, and 145 MB to load)
    except ImportError as error:
        remedy = "pip install malmoi[kiwi], or set it to rules"
        raise MalmoiError(f"tokenizer.morphemes kiwi needs kiwipiepy: {remedy}") from error
    kiwi = Kiwi(num_workers=1)
    ends: list[int] = []
    words = [data[start:stop].tobytes().decode() for start, stop in pairwise(offsets.tolist())]
    for start, word, tokens in zip(offsets[:-1].tolist(), words, kiwi.tokenize(words), strict=True):
        for before, token in pairwise(tokens):
            if token.tag[0] in "JEX" and token.tag != "XR" and token.start >= before.start + before.len:
                ends.append(start + len(word[: token.start].encode()))
    return np.array(ends, np.int64)
