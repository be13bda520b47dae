"""The merges of byte-pair encoding (Sennrich et al. 2016, arXiv:1508.07909), learned from counted words.

The same counts give the same merges: counts have 64 bits, and of pairs with equal counts the one with the lower ids is
first.
"""

import heapq
from typing import Any

import numpy as np

from pipelines.core.kernel import inner_kernel, kernel
from pipelines.core.kernels import mix
from pipelines.core.prefetch import prefetch

# What is read together lies together: each of these lists is one line of the processor's cache, or half of one.
_KEY, _TOTAL, _HEAD, _STAMP = range(4)
_WORD, _NEXT = range(2)
_START, _LENGTH, _COUNT = range(3)
_WORD_FIELDS = 4
_AHEAD = 8
_LOWERED = 4  # the floor of the heap, each time that nothing above it is left


@inner_kernel
def _pair_slot(table: Any, pairs: Any, key: Any) -> Any:
    mask = np.int64(len(table) - 1)
    slot = np.int64(mix(key)) & mask
    while table[slot] >= 0 and pairs[table[slot], _KEY] != key:
        slot = (slot + 1) & mask
    return slot


@inner_kernel
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
    entry whose count is out of date is put back with the right one when it comes up. It holds the pairs from a
    ``floor`` on, which is lowered when they are used up: most pairs are too rare to be ever merged.
    """
    words = np.empty((len(offsets) - 1, _WORD_FIELDS), np.int64)
    longest: Any = np.int64(1)
    for row in range(len(words)):
        words[row, _START] = offsets[row]
        words[row, _LENGTH] = offsets[row + 1] - offsets[row]
        words[row, _COUNT] = counts[row]
        longest = max(longest, words[row, _LENGTH])
    places = max(np.int64(1), np.int64(len(symbols)))
    # A merge takes one symbol away and makes two pairs at most, so three entries per symbol are always enough.
    entries = np.empty((3 * places, 2), np.int64)
    used: Any = np.int64(0)
    pairs = np.empty((1 << 15, 4), np.int64)
    known: Any = np.int64(0)
    table = np.full(1 << 16, np.int64(-1))

    tokens: Any = np.int64(alphabet)
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
    holders = np.empty(1 << 10, np.int64)
    heap: Any = [(np.int64(0), np.int64(0), np.int64(0))]
    heap.clear()
    floor: Any = np.int64(max(np.sum(counts) * longest, minimum))

    # Step 0 counts the pairs of all words; every later step merges one pair.
    step: Any = np.int64(0)
    merged: Any = np.int64(-1)
    left: Any = np.int64(-1)
    right: Any = np.int64(-1)
    new: Any = np.int64(-1)
    while True:
        held: Any = np.int64(len(words))
        if step:
            held = np.int64(0)
            entry = pairs[merged, _HEAD]
            pairs[merged, _HEAD] = -1
            while entry >= 0:
                if held == len(holders):
                    holders = np.append(holders, np.empty_like(holders))
                holders[held] = entries[entry, _WORD]
                prefetch(words, _WORD_FIELDS * holders[held])
                held += 1
                entry = entries[entry, _NEXT]
        touches: Any = np.int64(0)
        for holder in range(held):
            if step and holder + _AHEAD < held:
                prefetch(symbols, words[holders[holder + _AHEAD], _START])
            word = holders[holder] if step else np.int64(holder)
            start = words[word, _START]
            length = words[word, _LENGTH]
            count = words[word, _COUNT]
            while 2 * (known + 2 * length) > len(table):
                pairs = np.concatenate((pairs, np.empty_like(pairs)))
                table = np.full(2 * len(table), np.int64(-1))
                for pair in range(known):
                    table[_pair_slot(table, pairs, pairs[pair, _KEY])] = pair
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
                    slot = _pair_slot(table, pairs, key)
                    pair = table[slot]
                    if pair < 0:
                        pair = known
                        known += 1
                        table[slot] = pair
                        pairs[pair, _KEY] = key
                        pairs[pair, _TOTAL] = 0
                        pairs[pair, _HEAD] = -1
                        pairs[pair, _STAMP] = -1
                    if change % 2 == 0:
                        pairs[pair, _TOTAL] -= count
                        continue
                    pairs[pair, _TOTAL] += count
                    if pairs[pair, _STAMP] != step:
                        pairs[pair, _STAMP] = step
                        touched[touches] = pair
                        touches += 1
                    head = pairs[pair, _HEAD]
                    if head < 0 or entries[head, _WORD] != word:
                        entries[used, _WORD] = word
                        entries[used, _NEXT] = head
                        pairs[pair, _HEAD] = used
                        used += 1
                symbols[start + written] = symbol
                written += 1
                position += 1
            words[word, _LENGTH] = written
        if step:
            pairs[merged, _TOTAL] = 0
        for touch in range(touches):
            pair = touched[touch]
            if pairs[pair, _TOTAL] >= floor:
                heapq.heappush(heap, (-pairs[pair, _TOTAL], pairs[pair, _KEY], pair))

        merged = np.int64(-1)
        while merged < 0 and tokens < alphabet + room:
            while floor > minimum and not (heap and -heap[0][0] >= floor):
                ceiling = floor
                floor = max(np.int64(minimum), floor // _LOWERED)
                for pair in range(known):
                    if floor <= pairs[pair, _TOTAL] < ceiling:
                        heapq.heappush(heap, (-pairs[pair, _TOTAL], pairs[pair, _KEY], pair))
            if not heap:
                break
            lost, key, pair = heapq.heappop(heap)
            total = pairs[pair, _TOTAL]
            if total == -lost:
                merged = pair
            elif minimum <= total < -lost:
                heapq.heappush(heap, (-total, key, pair))
        if merged < 0:
            return lefts[:step], rights[:step], joined[:step]
        step += 1
        left = pairs[merged, _KEY] >> 32
        right = pairs[merged, _KEY] & 0xFFFFFFFF
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
