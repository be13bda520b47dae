"""The merges of byte-pair encoding (Sennrich et al. 2016, arXiv:1508.07909), learned from counted words.

The same counts give the same merges: counts have 64 bits, and of pairs with equal counts the one with the lower ids is
first.
"""

import heapq
from typing import Any

import numpy as np

from pipelines.core.kernel import kernel
from pipelines.core.kernels import mix


@kernel
def _pair_slot(table: Any, keys: Any, key: Any) -> Any:
    mask = np.int64(len(table) - 1)
    slot = np.int64(mix(key)) & mask
    while table[slot] >= 0 and keys[table[slot]] != key:
        slot = (slot + 1) & mask
    return slot


@kernel
def _joined_token(left: Any, right: Any, tokens: Any, starts: Any, texts: Any, table: Any, new: Any) -> Any:
    """The token that reads as ``left`` and ``right`` joined: a known one, or ``new``, whose text is stored here.

    Two pairs can read the same (``ab ##c``, ``a ##bc``) and are one token. Texts are lists of alphabet symbols; the
    first of them tells a ``##`` token from a plain one.
    """
    length = starts[left + 1] - starts[left] + starts[right + 1] - starts[right]
    start = starts[tokens]
    place = start
    state = np.uint64(0)
    for part in (left, right):
        for position in range(starts[part], starts[part + 1]):
            texts[place] = texts[position]
            state = mix(state ^ np.uint64(texts[position]))
            place += 1
    mask = np.int64(len(table) - 1)
    slot = np.int64(state) & mask
    while table[slot] >= 0:
        known = table[slot]
        if starts[known + 1] - starts[known] == length:
            same = 0
            while same < length and texts[starts[known] + same] == texts[start + same]:
                same += 1
            if same == length:
                return known
        slot = (slot + 1) & mask
    table[slot] = new
    starts[new + 1] = place
    return new


@kernel
def merge_pairs(symbols: Any, offsets: Any, counts: Any, alphabet: Any, room: Any, minimum: Any) -> Any:
    """Left, right and joined token of every merge, until there are ``room`` new tokens; ``symbols`` is used up.

    ``symbols`` (int32) are ids below ``alphabet``, ``symbols[offsets[i]:offsets[i + 1]]`` those of a word, ``counts``
    how often it occurs. A pair below ``minimum`` is not merged. A joined token that is not new is one that another pair
    gave before.

    Every pair of neighbours has its count and a linked list of the words that it (once) stood in. The heap is lazy: an
    entry whose count is out of date is put back with the right one when it comes up.
    """
    words = len(offsets) - 1
    lengths = np.diff(offsets)
    places = max(np.int64(1), np.int64(len(symbols)))
    # A merge takes one symbol away and makes two pairs at most, so three entries per symbol are always enough.
    entry_word = np.empty(3 * places, np.int32)
    entry_next = np.empty(3 * places, np.int64)
    entries: Any = np.int64(0)
    pairs: Any = np.int64(0)
    table = np.full(1 << 16, np.int64(-1))
    keys = np.empty(1 << 15, np.int64)
    totals = np.empty(1 << 15, np.int64)
    heads = np.empty(1 << 15, np.int64)
    stamps = np.empty(1 << 15, np.int64)

    tokens: Any = np.int64(alphabet)
    longest: Any = np.int64(1)
    for row in range(words):
        longest = max(longest, lengths[row])
    starts = np.zeros(alphabet + room + 2, np.int64)
    starts[: alphabet + 1] = np.arange(alphabet + 1)
    texts = np.empty(alphabet + (room + 1) * min(longest, 16) + longest, np.int32)
    texts[:alphabet] = np.arange(alphabet)
    token_table = np.full(1 << (4 + np.int64(np.log2(room + 1))), np.int64(-1))
    lefts = np.empty(room, np.int64)
    rights = np.empty(room, np.int64)
    joined = np.empty(room, np.int64)

    changes_key = np.empty(4, np.int64)
    touched = np.empty(1 << 10, np.int64)
    heap: Any = [(np.int64(0), np.int64(0), np.int64(0))]
    heap.clear()

    # Step 0 counts the pairs of all words; every later step merges one pair.
    step: Any = np.int64(0)
    merged: Any = np.int64(-1)
    left: Any = np.int64(-1)
    right: Any = np.int64(-1)
    new: Any = np.int64(-1)
    while True:
        entry: Any = np.int64(-1)
        word: Any = np.int64(0)
        if step:
            entry = heads[merged]
            heads[merged] = -1
        touches: Any = np.int64(0)
        while (step == 0 and word < words) or entry >= 0:
            if step:
                word = np.int64(entry_word[entry])
                entry = entry_next[entry]
            start = offsets[word]
            length = lengths[word]
            while 2 * (pairs + 2 * length) > len(table):
                keys = np.append(keys, np.empty_like(keys))
                totals = np.append(totals, np.empty_like(totals))
                heads = np.append(heads, np.empty_like(heads))
                stamps = np.append(stamps, np.empty_like(stamps))
                table = np.full(2 * len(table), np.int64(-1))
                for pair in range(pairs):
                    table[_pair_slot(table, keys, keys[pair])] = pair
            if touches + 2 * length > len(touched):
                touched = np.append(touched, np.empty(len(touched) + 2 * length, np.int64))
            position: Any = np.int64(0)
            written: Any = np.int64(0)
            while position < length:
                symbol = np.int64(symbols[start + position])
                following = np.int64(symbols[start + position + 1]) if position + 1 < length else np.int64(-1)
                changes = 0
                if step == 0:
                    if following >= 0:
                        changes_key[1] = (symbol << 32) | following
                        changes_key[0] = -1
                        changes = 2
                elif symbol == left and following == right:
                    changes = 4
                    changes_key[:] = -1
                    if written:
                        before = np.int64(symbols[start + written - 1])
                        changes_key[0] = (before << 32) | left
                        changes_key[1] = (before << 32) | new
                    if position + 2 < length:
                        after = np.int64(symbols[start + position + 2])
                        changes_key[2] = (right << 32) | after
                        changes_key[3] = (new << 32) | after
                    symbol = new
                    position += 1
                for change in range(changes):
                    key = changes_key[change]
                    if key < 0:
                        continue
                    slot = _pair_slot(table, keys, key)
                    pair = table[slot]
                    if pair < 0:
                        pair = pairs
                        pairs += 1
                        table[slot] = pair
                        keys[pair] = key
                        totals[pair] = 0
                        heads[pair] = -1
                        stamps[pair] = -1
                    if change % 2 == 0:
                        totals[pair] -= counts[word]
                        continue
                    totals[pair] += counts[word]
                    if stamps[pair] != step:
                        stamps[pair] = step
                        touched[touches] = pair
                        touches += 1
                    if heads[pair] < 0 or entry_word[heads[pair]] != word:
                        entry_word[entries] = word
                        entry_next[entries] = heads[pair]
                        heads[pair] = entries
                        entries += 1
                symbols[start + written] = symbol
                written += 1
                position += 1
            lengths[word] = written
            if step == 0:
                word += 1
        if step:
            totals[merged] = 0
        for touch in range(touches):
            pair = touched[touch]
            if totals[pair] >= minimum:
                heapq.heappush(heap, (-totals[pair], keys[pair], pair))

        merged = np.int64(-1)
        while heap and merged < 0 and tokens < alphabet + room:
            lost, key, pair = heapq.heappop(heap)
            if totals[pair] == -lost:
                merged = pair
            elif minimum <= totals[pair] < -lost:
                heapq.heappush(heap, (-totals[pair], key, pair))
        if merged < 0:
            return lefts[:step], rights[:step], joined[:step]
        step += 1
        left = keys[merged] >> 32
        right = keys[merged] & 0xFFFFFFFF
        if starts[tokens] + longest > len(texts):
            texts = np.append(texts, np.empty_like(texts))
        new = _joined_token(left, right, tokens, starts, texts, token_table, tokens)
        if step > len(lefts):
            lefts = np.append(lefts, np.empty(len(lefts) + 1, np.int64))
            rights = np.append(rights, np.empty(len(rights) + 1, np.int64))
            joined = np.append(joined, np.empty(len(joined) + 1, np.int64))
        lefts[step - 1] = left
        rights[step - 1] = right
        joined[step - 1] = new
        if new == tokens:
            tokens += 1
