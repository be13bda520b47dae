"""WordPiece vocabularies from word counts: the same counts give the same vocabulary, in any order and any process.

The merges of byte-pair encoding (Sennrich et al. 2016, arXiv:1508.07909) over characters with the ``##`` prefix, which
is what `tokenizers`' WordPieceTrainer does, but with 64-bit counts and with ties broken by rule, not by a hash map.
"""

import heapq
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.core.arrow import string_buffers
from pipelines.core.errors import MalmoiError
from pipelines.core.kernel import kernel
from pipelines.core.kernels import decode_utf8, mix
from pipelines.options import TokenizerOptions

SPECIAL_TOKENS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
CODE_POINTS = 0x110000


def train(
    words: pa.Array | pa.ChunkedArray,
    counts: NDArray[np.int64],
    options: TokenizerOptions,
    placeholders: Sequence[str] = (),
) -> list[str]:
    """Tokens in order of their ids: special, placeholders, unused, alphabet (sorted), merges (by count).

    Exactly ``vocabulary_size`` tokens: where the words give fewer, more unused ones follow. A character of a word of
    several characters is there both with and without ``##``, so that no place in a word makes it unknown. Equal counts
    are merged in order of the ids of the pair. Raises MalmoiError where the alphabet does not fit.
    """
    reserved = [*SPECIAL_TOKENS, *placeholders, *(f"[unused{index}]" for index in range(options.unused))]
    plain, continued = _alphabet(words, counts, options.minimum_character_count)
    tokens = [chr(code) for code in plain] + [f"##{chr(code)}" for code in continued]
    room = options.vocabulary_size - len(reserved)
    if len(tokens) > room:
        raise MalmoiError(
            f"the {len(tokens):,} characters of the corpus do not fit a vocabulary of {options.vocabulary_size:,} "
            f"({len(reserved):,} of them reserved): set tokenizer.vocabulary_size to {len(reserved) + len(tokens):,} "
            "or more, or raise tokenizer.minimum_character_count"
        )
    symbols, offsets = _symbols(words, plain, continued)
    lefts, rights = _merge(
        symbols, offsets, counts.astype(np.int64), len(tokens), room - len(tokens), options.minimum_frequency
    )
    for left, right in zip(lefts.tolist(), rights.tolist(), strict=True):
        tokens.append(tokens[left] + tokens[right][2:])
    missing = room - len(tokens)
    return [*reserved, *tokens, *(f"[unused{options.unused + index}]" for index in range(missing))]


def _alphabet(words: pa.Array, counts: NDArray[np.int64], minimum: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Code points that become tokens, and those of them that become ``##`` tokens too; both ascending."""
    offsets, data = string_buffers(words)
    totals = np.zeros(CODE_POINTS, np.int64)
    inside = np.zeros(CODE_POINTS, np.bool_)
    _count_characters(data, offsets, counts.astype(np.int64), totals, inside)
    kept = totals >= minimum
    return np.flatnonzero(kept), np.flatnonzero(kept & inside)


def _symbols(
    words: pa.Array, plain: NDArray[np.int64], continued: NDArray[np.int64]
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Each word as token ids of its characters; a word with a character that is no token becomes empty."""
    offsets, data = string_buffers(words)
    first = np.full(CODE_POINTS, -1, np.int32)
    later = np.full(CODE_POINTS, -1, np.int32)
    first[plain] = np.arange(len(plain))
    later[continued] = len(plain) + np.arange(len(continued))
    symbols = np.empty(len(data), np.int32)
    stops = np.zeros(len(offsets), np.int64)
    used = _fill_symbols(data, offsets, first, later, symbols, stops)
    return symbols[:used], stops


@kernel
def _count_characters(data: Any, offsets: Any, counts: Any, totals: Any, inside: Any) -> None:
    for row in range(len(offsets) - 1):
        position = offsets[row]
        _, after_first = decode_utf8(data, position) if position < offsets[row + 1] else (np.int32(0), position)
        several = after_first < offsets[row + 1]
        while position < offsets[row + 1]:
            code, position = decode_utf8(data, position)
            totals[code] += counts[row]
            inside[code] |= several


@kernel
def _fill_symbols(data: Any, offsets: Any, first: Any, later: Any, symbols: Any, stops: Any) -> Any:
    used = 0
    for row in range(len(offsets) - 1):
        position = offsets[row]
        start = used
        known = True
        while position < offsets[row + 1] and known:
            at_start = position == offsets[row]
            code, position = decode_utf8(data, position)
            symbols[used] = first[code] if at_start else later[code]
            known = symbols[used] >= 0
            used += 1
        if not known:
            used = start
        stops[row + 1] = used
    return used


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
def _merge(symbols: Any, offsets: Any, counts: Any, alphabet: Any, room: Any, minimum: Any) -> Any:
    """Left and right token of each of up to ``room`` new tokens; ``symbols`` is used up.

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
            return lefts[: tokens - alphabet], rights[: tokens - alphabet]
        step += 1
        left = keys[merged] >> 32
        right = keys[merged] & 0xFFFFFFFF
        if starts[tokens] + longest > len(texts):
            texts = np.append(texts, np.empty_like(texts))
        new = _joined_token(left, right, tokens, starts, texts, token_table, tokens)
        if new == tokens:
            lefts[tokens - alphabet] = left
            rights[tokens - alphabet] = right
            tokens += 1
