"""Byte-level byte-pair encoding over Arrow buffers: the ids of `tokenizers`, from compiled loops.

Pieces of the GPT-2 pattern as bytes, the pair of lowest rank merged first (Sennrich et al. 2016, arXiv:1508.07909;
Radford et al. 2019).
"""

import heapq
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.core.kernel import inner_kernel, kernel
from pipelines.core.kernels import decode_utf8
from pipelines.text.cutting import Pieces
from pipelines.text.piece_cache import KEPT_IDS, LONGEST_KEPT, cache_slot, keep_ids, kept_ids
from pipelines.text.syllables import FIRST, LAST, whole_syllables

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_TOKEN_BITS = 21
_RANK_MASK = (1 << _TOKEN_BITS) - 1
_NO_RANK = np.int64(_RANK_MASK)
_PLACE_BITS = 6
_SHORT = 1 << _PLACE_BITS
"""Bytes of a piece up to which looking at all pairs for each merge is faster than a heap."""


def byte_characters() -> list[str]:
    """The character that stands for each byte in byte-level tokens: itself where it is printable Latin-1."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in set(printable)]
    codes = {byte: byte for byte in printable} | {byte: 0x100 + index for index, byte in enumerate(others)}
    return [chr(codes[byte]) for byte in range(256)]


def unsupported(content: Mapping[str, Any]) -> list[str]:
    """Parts of a tokenizer.json that ask for something else than what ``BytePairs`` does."""
    model = content["model"]
    supported = {
        "model.dropout": not model.get("dropout"),
        "model.continuing_subword_prefix": not model.get("continuing_subword_prefix"),
        "model.end_of_word_suffix": not model.get("end_of_word_suffix"),
        "model.ignore_merges": not model.get("ignore_merges"),
        "model.vocab (bytes are missing)": set(byte_characters()) <= set(model["vocab"]),
        "model.vocab (too large)": len(model["vocab"]) + len(model["merges"]) < _RANK_MASK,
        "normalizer": content["normalizer"] is None,
        "pre_tokenizer": splits_digits(content["pre_tokenizer"]) is not None,
    }
    return [part for part, fits in supported.items() if not fits]


def splits_digits(pre_tokenizer: Any) -> bool | None:
    """Whether digits stand alone; None where the pre-tokeniser is not GPT-2's."""
    steps = pre_tokenizer["pretokenizers"] if pre_tokenizer["type"] == "Sequence" else [pre_tokenizer]
    digits = {"type": "Digits", "individual_digits": True}
    last = steps[-1]
    if last["type"] != "ByteLevel" or last["add_prefix_space"] or not last.get("use_regex", True):
        return None
    return {0: False, 1: steps[0] == digits or None}.get(len(steps) - 1)


class BytePairs:
    """Encodes pieces with the vocabulary and the merges of a tokenizer.json."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        model = content["model"]
        vocabulary = model["vocab"]
        self._bytes = np.array([vocabulary[character] for character in byte_characters()], np.int64)
        pairs = [pair.split(" ") if isinstance(pair, str) else pair for pair in model["merges"]]
        lefts = np.array([vocabulary[left] for left, _ in pairs], np.int64)
        rights = np.array([vocabulary[right] for _, right in pairs], np.int64)
        self._joined = np.array([vocabulary[left + right] for left, right in pairs], np.int64)
        self._merges = np.full(1 << max(4, (2 * len(pairs)).bit_length()), -1, np.int64)
        _insert_merges(self._merges, lefts, rights)
        self._byte_ranks = np.empty((256, 256), np.int32)
        _rank_bytes(self._merges, self._bytes, self._byte_ranks)
        self._syllables = whole_syllables([(left, right) for left, right in pairs], vocabulary, byte_characters())

    def encode(
        self, pieces: Pieces, added_ids: NDArray[np.int64], cache: NDArray[np.int64], ids: Any, stops: Any
    ) -> int:
        """Fill ``ids`` and, for each text, ``stops``; returns the number of ids."""
        used: int = _encode(
            *pieces,
            self._bytes,
            self._byte_ranks,
            self._syllables,
            self._merges,
            self._joined,
            added_ids,
            cache,
            ids,
            stops,
        )
        return used


@inner_kernel
def _slot(merges: Any, key: Any) -> Any:
    """Where the entry of a pair, ``left << 42 | right << 21 | rank``, is or belongs; ``key`` is without the rank."""
    mask = np.int64(len(merges) - 1)
    place = np.int64((np.uint64(key) * _GOLDEN) >> np.uint64(32)) & mask
    while merges[place] != -1 and merges[place] >> _TOKEN_BITS != key:
        place = (place + 1) & mask
    return place


@inner_kernel
def _insert_merges(merges: Any, lefts: Any, rights: Any) -> None:
    for rank in range(len(lefts)):
        key = (lefts[rank] << _TOKEN_BITS) | rights[rank]
        merges[_slot(merges, key)] = (key << _TOKEN_BITS) | rank


@inner_kernel
def _rank(merges: Any, left: Any, right: Any) -> Any:
    """Rank of a pair; ``_NO_RANK`` where it is not merged."""
    return merges[_slot(merges, (left << _TOKEN_BITS) | right)] & _RANK_MASK


@inner_kernel
def _rank_bytes(merges: Any, byte_ids: Any, ranks: Any) -> None:
    for left in range(256):
        for right in range(256):
            ranks[left, right] = _rank(merges, byte_ids[left], byte_ids[right])


@inner_kernel
def _symbols(
    data: Any,
    start: Any,
    length: Any,
    byte_ids: Any,
    byte_ranks: Any,
    syllables: Any,
    merges: Any,
    symbols: Any,
    ranks: Any,
) -> Any:
    """Symbols to begin with, and the ranks of their pairs as ``_merge_short`` takes them; returns their number."""
    stop = start + length
    position = start
    used = 0
    bytes_before: Any = False
    while position < stop:
        first = data[position]
        spaced = 1 if first == 0x20 else 0
        lead = position + spaced
        token = np.int64(-1)
        after_space = position > start and data[position - 1] == 0x20
        if lead + 2 < stop and 0xEA <= data[lead] <= 0xED and not after_space:
            code, _ = decode_utf8(data, lead)
            if FIRST <= code <= LAST:
                token = np.int64(syllables[spaced, code - FIRST])
        symbols[used] = token if token >= 0 else byte_ids[first]
        if used:
            if bytes_before and token < 0:
                rank = np.int64(byte_ranks[data[position - 1], first])
            else:
                rank = _rank(merges, symbols[used - 1], symbols[used])
            ranks[used - 1] = (rank << _PLACE_BITS) | (used - 1)
        bytes_before = token < 0
        position = lead + 3 if token >= 0 else position + 1
        used += 1
    ranks[used - 1] = _NO_RANK << _PLACE_BITS
    return used


@inner_kernel
def _merge_short(merges: Any, joined: Any, symbols: Any, ranks: Any, after: Any, before: Any, length: Any) -> Any:
    """Merge ``symbols[:length]`` in place; returns how many are left.

    ``ranks`` is the rank of each symbol and the one after it, times 64, plus its place: the least of them is the next
    merge, found without a branch.
    """
    for index in range(length):
        after[index] = index + 1
        before[index] = index - 1
    left = length
    while True:
        lowest = ranks[0]
        for index in range(1, length):
            lowest = min(lowest, ranks[index])
        rank = lowest >> _PLACE_BITS
        if rank == _NO_RANK:
            break
        place = lowest & (_SHORT - 1)
        symbols[place] = joined[rank]
        gone = after[place]
        following = after[gone]
        symbols[gone] = -1
        ranks[gone] = _NO_RANK << _PLACE_BITS
        after[place] = following
        left -= 1
        rank = _NO_RANK
        if following < length:
            before[following] = place
            rank = _rank(merges, symbols[place], symbols[following])
        ranks[place] = (rank << _PLACE_BITS) | place
        earlier = before[place]
        if earlier >= 0:
            ranks[earlier] = (_rank(merges, symbols[earlier], symbols[place]) << _PLACE_BITS) | earlier
    if left < length:
        _close_up(symbols, length)
    return left


@kernel
def _merge_long(merges: Any, joined: Any, symbols: Any, length: Any) -> Any:
    """As ``_merge_short``, in a time that grows with ``length`` times its logarithm."""
    after = np.arange(1, length + 1)
    before = np.arange(-1, length - 1)
    ranks = np.full(length, _NO_RANK)
    heap: Any = [np.int64(0)]
    heap.clear()
    for index in range(length - 1):
        ranks[index] = _rank(merges, symbols[index], symbols[index + 1])
        if ranks[index] != _NO_RANK:
            heap.append((ranks[index] << 32) | index)
    heapq.heapify(heap)
    while heap:
        lowest = heapq.heappop(heap)
        place = lowest & 0xFFFFFFFF
        if symbols[place] < 0 or ranks[place] != lowest >> 32:
            continue
        symbols[place] = joined[ranks[place]]
        gone = after[place]
        following = after[gone]
        symbols[gone] = -1
        after[place] = following
        ranks[place] = _NO_RANK
        if following < length:
            before[following] = place
            ranks[place] = _rank(merges, symbols[place], symbols[following])
            if ranks[place] != _NO_RANK:
                heapq.heappush(heap, (ranks[place] << 32) | place)
        earlier = before[place]
        if earlier >= 0:
            ranks[earlier] = _rank(merges, symbols[earlier], symbols[place])
            if ranks[earlier] != _NO_RANK:
                heapq.heappush(heap, (ranks[earlier] << 32) | earlier)
    return _close_up(symbols, length)


@inner_kernel
def _close_up(symbols: Any, length: Any) -> Any:
    """Move the symbols that are left to the front; returns how many they are."""
    left = 0
    for index in range(length):
        if symbols[index] >= 0:
            symbols[left] = symbols[index]
            left += 1
    return left


@kernel
def _encode(
    data: Any,
    starts: Any,
    stops: Any,
    ends: Any,
    byte_ids: Any,
    byte_ranks: Any,
    syllables: Any,
    merges: Any,
    joined: Any,
    added_ids: Any,
    cache: Any,
    ids: Any,
    row_stops: Any,
) -> Any:
    longest = np.int64(_SHORT)
    for piece in range(len(starts)):
        if starts[piece] >= 0:
            longest = max(longest, stops[piece] - (starts[piece] >> 1))
    symbols = np.empty(longest, np.int64)
    ranks = np.empty(_SHORT, np.int64)
    after = np.empty(_SHORT, np.int64)
    before = np.empty(_SHORT, np.int64)
    used = np.int64(0)
    piece = 0
    for row in range(len(ends) - 1):
        while piece < ends[row + 1]:
            if starts[piece] < 0:
                ids[used] = added_ids[-1 - starts[piece]]
                used += 1
                piece += 1
                continue
            start = starts[piece] >> 1
            length = stops[piece] - start
            piece += 1
            if length == 1:
                ids[used] = byte_ids[data[start]]
                used += 1
                continue
            slot = np.int64(-1)
            if length <= LONGEST_KEPT:
                slot, known = cache_slot(cache, data, start, length, 0)
                if known:
                    kept_ids(cache, slot, known, ids, used)
                    used += known
                    continue
            if length <= _SHORT:
                length = _symbols(data, start, length, byte_ids, byte_ranks, syllables, merges, symbols, ranks)
                left = _merge_short(merges, joined, symbols, ranks, after, before, length)
            else:
                for index in range(length):
                    symbols[index] = byte_ids[data[start + index]]
                left = _merge_long(merges, joined, symbols, length)
            if slot >= 0 and left <= KEPT_IDS:
                keep_ids(cache, slot, symbols, left)
            for index in range(left):
                ids[used] = symbols[index]
                used += 1
        row_stops[row + 1] = used
    return used
