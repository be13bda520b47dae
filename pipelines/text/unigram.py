"""Unigram encoding over Arrow buffers: the ids of `tokenizers`, from one compiled loop.

The likeliest way to make a word of tokens, by dynamic programming (Kudo 2018, arXiv:1804.10959, section 3.2). Sums are
made in the order in which `tokenizers` makes them, so that ties and rounding fall the same way.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.core.kernel import inner_kernel, kernel
from pipelines.core.kernels import decode_utf8
from pipelines.text.characters import CODE_POINTS
from pipelines.text.cutting import WORD_MARK, Pieces
from pipelines.text.piece_cache import KEPT_IDS, LONGEST_KEPT, cache_slot, keep_ids, kept_ids
from pipelines.text.trie import STATE_MASK, SYMBOL_BITS, edge_slot, symbol_trie

UNKNOWN_PENALTY = 10.0
"""How far below the worst token an unknown character scores; a constant of `tokenizers`, as of SentencePiece."""
NORMALIZER = {
    "type": "Sequence",
    "normalizers": [
        {"type": "Strip", "strip_left": False, "strip_right": True},
        {"type": "Replace", "pattern": {"Regex": "\\s+"}, "content": " "},
    ],
}
METASPACE = {"type": "Metaspace", "replacement": chr(WORD_MARK), "prepend_scheme": "first", "split": True}


def unsupported(content: Mapping[str, Any]) -> list[str]:
    """Parts of a tokenizer.json that ask for something else than what ``Unigram`` does."""
    model = content["model"]
    supported = {
        "model.unk_id": isinstance(model["unk_id"], int) and 0 <= model["unk_id"] < len(model["vocab"]),
        "model.byte_fallback": not model.get("byte_fallback"),
        "model.vocab (scores above 0)": all(token and score <= 0 for token, score in model["vocab"]),
        "normalizer": content["normalizer"] == NORMALIZER,
        "pre_tokenizer": splits_digits(content["pre_tokenizer"]) is not None,
    }
    return [part for part, fits in supported.items() if not fits]


def splits_digits(pre_tokenizer: Any) -> bool | None:
    """Whether digits stand alone; None where the pre-tokeniser is not the one of our unigram tokenizers."""
    if pre_tokenizer == METASPACE:
        return False
    digits = {"type": "Digits", "individual_digits": True}
    both = [METASPACE, digits]
    return True if pre_tokenizer["type"] == "Sequence" and pre_tokenizer["pretokenizers"] == both else None


class Unigram:
    """Encodes pieces with the tokens and the scores of a tokenizer.json."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        model = content["model"]
        self._unknown: int = model["unk_id"]
        self._scores = np.array([score for _, score in model["vocab"]], np.float64)
        ids = {token: index for index, (token, _) in enumerate(model["vocab"])}
        alphabet = np.array(sorted({WORD_MARK, *(ord(letter) for token in ids for letter in token)}), np.int64)
        self._symbols = np.zeros(CODE_POINTS, np.int32)
        self._symbols[alphabet] = np.arange(1, len(alphabet) + 1)
        values = np.fromiter(ids.values(), np.int64, len(ids))
        self._edges, first = symbol_trie(list(ids), [0] * len(ids), 1, values, alphabet)
        self._first = first[0]

    def encode(
        self, pieces: Pieces, added_ids: NDArray[np.int64], cache: NDArray[np.int64], ids: Any, stops: Any
    ) -> int:
        """Fill ``ids`` and, for each text, ``stops``; returns the number of ids."""
        used: int = _encode(
            *pieces,
            self._symbols,
            self._edges,
            self._first,
            self._scores,
            self._scores.min() - UNKNOWN_PENALTY,
            self._unknown,
            added_ids,
            cache,
            ids,
            stops,
        )
        return used


@inner_kernel
def _best_path(
    word: Any,
    length: Any,
    edges: Any,
    first: Any,
    scores: Any,
    unknown_score: Any,
    unknown: Any,
    totals: Any,
    begins: Any,
    tokens: Any,
    path: Any,
) -> Any:
    """The likeliest tokens of ``word[:length]`` into ``path``, last first; returns how many, unknown runs being one."""
    for place in range(1, length + 1):
        begins[place] = -1
    totals[0] = 0.0
    for begin in range(length):
        before = totals[begin]
        state = first[word[begin]]
        alone = state & STATE_MASK != 0
        end = begin + 1
        while state:
            if state & STATE_MASK:
                token = (state & STATE_MASK) - 1
                total = scores[token] + before
                if begins[end] < 0 or total > totals[end]:
                    totals[end] = total
                    begins[end] = begin
                    tokens[end] = token
            if end >= length:
                break
            place = edge_slot(edges, ((state >> 32) << SYMBOL_BITS) | word[end])
            state = edges[place + 1] if edges[place] != -1 else np.int64(0)
            end += 1
        if not alone:
            total = unknown_score + before
            if begins[begin + 1] < 0 or total > totals[begin + 1]:
                totals[begin + 1] = total
                begins[begin + 1] = begin
                tokens[begin + 1] = unknown
    count = 0
    end = length
    while end > 0:
        token = tokens[end]
        if token != unknown or count == 0 or path[count - 1] != unknown:
            path[count] = token
            count += 1
        end = begins[end]
    return count


@kernel
def _encode(
    data: Any,
    starts: Any,
    stops: Any,
    ends: Any,
    symbols: Any,
    edges: Any,
    first: Any,
    scores: Any,
    unknown_score: Any,
    unknown: Any,
    added_ids: Any,
    cache: Any,
    ids: Any,
    row_stops: Any,
) -> Any:
    longest = np.int64(8)
    for piece in range(len(starts)):
        if starts[piece] >= 0:
            longest = max(longest, stops[piece] - (starts[piece] >> 1))
    word = np.empty(longest + 2, np.int64)
    totals = np.empty(longest + 2, np.float64)
    begins = np.empty(longest + 2, np.int64)
    tokens = np.empty(longest + 2, np.int64)
    path = np.empty(longest + 2, np.int64)
    used = np.int64(0)
    piece = 0
    for row in range(len(ends) - 1):
        while piece < ends[row + 1]:
            if starts[piece] < 0:
                ids[used] = added_ids[-1 - starts[piece]]
                used += 1
                piece += 1
                continue
            position = starts[piece] >> 1
            mark = starts[piece] & 1
            stop = stops[piece]
            piece += 1
            slot = np.int64(-1)
            if stop - position <= LONGEST_KEPT:
                slot, known = cache_slot(cache, data, position, stop - position, mark)
                if known:
                    kept_ids(cache, slot, known, ids, used)
                    used += known
                    continue
            length = np.int64(0)
            if mark:
                word[0] = symbols[WORD_MARK]
                length = np.int64(1)
            while position < stop:
                code, position = decode_utf8(data, position)
                word[length] = symbols[code]
                length += 1
            count = _best_path(word, length, edges, first, scores, unknown_score, unknown, totals, begins, tokens, path)
            for index in range(count // 2):
                path[index], path[count - 1 - index] = path[count - 1 - index], path[index]
            if slot >= 0 and count <= KEPT_IDS:
                keep_ids(cache, slot, path, count)
            for index in range(count):
                ids[used] = path[index]
                used += 1
        row_stops[row + 1] = used
    return used
