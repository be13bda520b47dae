"""WordPiece encoding over Arrow buffers: the ids of `tokenizers`, from one compiled loop.

Greedy longest match from the left (Wu et al. 2016, arXiv:1609.08144; Devlin et al. 2018) after BERT's normaliser and
pre-tokeniser, which are one table lookup per code point here.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.core.kernel import inner_kernel, kernel
from pipelines.core.kernels import decode_utf8
from pipelines.text.characters import (
    CLASS_BITS,
    DOTTED_I,
    DOTTED_I_LOWER,
    DROPPED,
    SINGLE,
    SPACE,
    WORD,
    character_table,
)
from pipelines.text.trie import STATE_MASK, SYMBOL_BITS, byte_trie, edge_slot, symbol_trie

_CLASS_MASK = (1 << CLASS_BITS) - 1
# A short word as one integer: up to nine symbols of 7 bits, which those of ASCII have.
_SHORT, _SHORT_BITS = 9, 7
_UNKNOWN_SYMBOL = np.int64(1 << 40)
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


class WordPiece:
    """Encodes texts with the vocabulary of a tokenizer.json; ``added`` tokens are found before anything else."""

    def __init__(self, content: Mapping[str, Any], added: Mapping[str, int]) -> None:
        model = content["model"]
        vocabulary = model["vocab"]
        self._unknown: int = vocabulary[model["unk_token"]]
        self._longest_word: int = model["max_input_chars_per_word"]
        alphabet = np.array(sorted({ord(character) for token in vocabulary for character in token}), np.int64)
        lowercase, digits = bool(content["normalizer"]["lowercase"]), bool(_splits_digits(content["pre_tokenizer"]))
        self._characters = _symbol_table(alphabet, lowercase, digits)
        # Two roots: of tokens that begin a word, and of those that continue it.
        continued = [token.startswith("##") and len(token) > 2 for token in vocabulary]
        texts = [token[2:] if skip else token for token, skip in zip(vocabulary, continued, strict=True)]
        ids = np.fromiter(vocabulary.values(), np.int64, len(vocabulary))
        self._edges, self._roots = symbol_trie(texts, continued, 2, ids, alphabet)
        self._short = _short_words(texts, continued, ids, alphabet)
        self._added, self._added_ids = byte_trie(tuple(added)), np.array(list(added.values()), np.int64)
        self._dotted_i = self._characters[list(DOTTED_I_LOWER)].astype(np.int64) >> CLASS_BITS

    def encode(
        self, offsets: NDArray[np.int64], data: NDArray[np.uint8], ids: NDArray[Any], stops: NDArray[np.int64]
    ) -> int:
        """Fill ``ids`` and, for each text, ``stops``; returns the number of ids."""
        used: int = _encode(
            data,
            offsets,
            self._characters,
            self._edges,
            self._roots,
            self._short,
            self._added,
            self._added_ids,
            self._dotted_i,
            self._unknown,
            self._longest_word,
            ids,
            stops,
        )
        return used


def unsupported(content: Mapping[str, Any]) -> list[str]:
    """Parts of a tokenizer.json that ask for something else than what ``WordPiece`` does."""
    model, normalizer = content["model"], content["normalizer"]
    accents, lowercase = normalizer["strip_accents"], bool(normalizer["lowercase"])
    supported = {
        "model.continuing_subword_prefix": model.get("continuing_subword_prefix") == "##",
        "model.unk_token (not in the vocabulary)": model["unk_token"] in model["vocab"],
        "normalizer": normalizer.get("type") == "BertNormalizer",
        "normalizer.clean_text": normalizer["clean_text"] is True,
        "normalizer.handle_chinese_chars": normalizer["handle_chinese_chars"] is True,
        "normalizer.strip_accents": accents is False or (accents is None and not lowercase),
        "pre_tokenizer": _splits_digits(content["pre_tokenizer"]) is not None,
    }
    return [part for part, fits in supported.items() if not fits]


def _splits_digits(pre_tokenizer: Any) -> bool | None:
    """Whether digits stand alone; None where the pre-tokeniser is not BERT's."""
    bert = {"type": "BertPreTokenizer"}
    if pre_tokenizer == bert:
        return False
    digits = {"type": "Digits", "individual_digits": True}
    both = [[bert, digits], [digits, bert]]
    return True if pre_tokenizer["type"] == "Sequence" and pre_tokenizer["pretokenizers"] in both else None


def _symbol_table(alphabet: NDArray[np.int64], lowercase: bool, split_digits: bool) -> NDArray[np.int32]:
    """Per code point its symbol (position in ``alphabet`` + 1 once lower-cased, 0 = in no token) times 8 plus class."""
    table = character_table(lowercase, split_digits)
    symbols = np.zeros(len(table), np.int32)
    symbols[alphabet] = np.arange(1, len(alphabet) + 1, dtype=np.int32)
    packed: NDArray[np.int32] = symbols[table >> CLASS_BITS] << CLASS_BITS | (table & _CLASS_MASK).astype(np.int32)
    return packed


def _short_words(
    texts: Sequence[str], continued: Sequence[bool], ids: NDArray[np.int64], alphabet: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Hash table of the tokens that are short words of ASCII: the longest match of such a word is the whole of it.

    A slot is a key and the token id + 1; 0 where the slot is free.
    """
    symbols = {chr(code): index + 1 for index, code in enumerate(alphabet.tolist())}
    entries = {}
    for text, inside, token in zip(texts, continued, ids.tolist(), strict=True):
        word = [symbols[letter] for letter in text[: _SHORT + 1]]
        if not inside and 0 < len(word) <= _SHORT and max(word) >> _SHORT_BITS == 0:
            entries[sum(symbol << _SHORT_BITS * place for place, symbol in enumerate(reversed(word)))] = token + 1
    table = np.zeros(2 << max(4, (2 * len(entries)).bit_length()), np.int64)
    keys, values = np.fromiter(entries, np.int64, len(entries)), np.fromiter(entries.values(), np.int64, len(entries))
    _insert_short(table, keys, values)
    return table


@inner_kernel
def _insert_short(short: Any, keys: Any, values: Any) -> None:
    for index in range(len(keys)):
        place = _short_slot(short, keys[index])
        short[place] = keys[index]
        short[place + 1] = values[index]


@inner_kernel
def _short_slot(short: Any, key: Any) -> Any:
    mask = np.int64(len(short) - 2)
    place = np.int64((np.uint64(key) * _GOLDEN) >> np.uint64(32)) & mask
    while short[place + 1] and short[place] != key:
        place = (place + 2) & mask
    return place


@inner_kernel
def _encode_word(word: Any, length: Any, edges: Any, roots: Any, unknown: Any, ids: Any, used: Any) -> Any:
    """Append the ids of one word; a word that the tokens do not cover becomes one unknown token."""
    position: Any = np.int64(0)
    root = 0
    written = used
    while position < length:
        state = roots[root, word[position]]
        best = state & STATE_MASK
        ahead = position + 1
        position = ahead
        while ahead < length:
            key = ((state >> 32) << SYMBOL_BITS) | word[ahead]
            place = edge_slot(edges, key)
            if edges[place] == -1:
                break
            state = edges[place + 1]
            ahead += 1
            if state & STATE_MASK:
                best = state & STATE_MASK
                position = ahead
        if best == 0:
            written = used
            best = unknown + 1
            position = length
        ids[written] = best - 1
        written += 1
        root = 1
    return written


@kernel
def _encode(
    data: Any,
    offsets: Any,
    characters: Any,
    edges: Any,
    roots: Any,
    short: Any,
    added: Any,
    added_ids: Any,
    dotted_i: Any,
    unknown: Any,
    longest_word: Any,
    ids: Any,
    stops: Any,
) -> Any:
    """Fill ``ids`` and ``stops`` (rows + 1); returns the number of ids."""
    word = np.empty(longest_word + 2, np.int64)
    used = 0
    for row in range(len(offsets) - 1):
        position = offsets[row]
        end = offsets[row + 1]
        length = 0
        packed: Any = np.int64(0)
        seen: Any = np.int64(0)
        while position <= end:
            kind = np.int64(SPACE)
            symbol = np.int64(0)
            token = -1
            after = position + 1
            if position < end:
                node = added[0, data[position]]
                ahead = position
                while node:
                    ahead += 1
                    if added[node, 256] >= 0:
                        token = added[node, 256]
                        after = ahead
                    node = added[node, data[ahead]] if ahead < end else 0
                if token < 0:
                    code, after = decode_utf8(data, position)
                    kind = np.int64(characters[code]) & _CLASS_MASK
                    symbol = np.int64(characters[code]) >> CLASS_BITS
            position = after
            if kind == WORD or kind == DOTTED_I:
                first = symbol if kind == WORD else np.int64(dotted_i[0])
                packed = (packed << _SHORT_BITS) | first
                seen |= first if first and kind == WORD else _UNKNOWN_SYMBOL
                if length <= longest_word:
                    word[length] = first
                    length += 1
                if kind == DOTTED_I and length <= longest_word:
                    word[length] = dotted_i[1]
                    length += 1
                continue
            if kind == DROPPED:
                continue
            if length > longest_word:
                ids[used] = unknown
                used += 1
            elif length:
                found = np.int64(0)
                if length <= _SHORT and seen >> _SHORT_BITS == 0:
                    found = short[_short_slot(short, packed) + 1]
                if found:
                    ids[used] = found - 1
                    used += 1
                else:
                    used = _encode_word(word, length, edges, roots, unknown, ids, used)
            length = 0
            packed = np.int64(0)
            seen = np.int64(0)
            if token >= 0:
                ids[used] = added_ids[token]
                used += 1
            elif kind == SINGLE:
                word[0] = symbol
                used = _encode_word(word, 1, edges, roots, unknown, ids, used)
        stops[row + 1] = used
    return used
