"""WordPiece encoding over Arrow buffers: the ids of `tokenizers`, from one compiled loop.

Greedy longest match from the left (Wu et al. 2016, arXiv:1609.08144; Devlin et al. 2018) after BERT's normaliser and
pre-tokeniser, which are one table lookup per code point here.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.core.bits import first_bytes, leading_letters, load_eight
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
from pipelines.text.trie import byte_trie, double_array, leaves_words, longest_token, symbol_trie
from pipelines.text.utf8 import starts_syllable

_CLASS_MASK = (1 << CLASS_BITS) - 1
# Beside the classes of characters.py, of bytes: one that an added token may begin with, one of a character of several.
_ADDED, _SEVERAL = 6, 7
_SHORT = 8  # bytes of a word that is looked up as one integer
_CASE = np.uint64(0x2020202020202020)
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
        self._trie = double_array(*symbol_trie(texts, continued, 2, ids, alphabet))
        self._short = _short_words(texts, continued, ids)
        self._added, self._added_ids = byte_trie(tuple(added)), np.array(list(added.values()), np.int64)
        self._leads = self._characters[:256].copy()
        self._leads[128:] = _SEVERAL
        self._leads[self._added[0, :256] > 0] = _ADDED
        self._plain = leaves_words(self._added)
        self._case = _CASE if lowercase else np.uint64(0)
        self._dotted_i = self._characters[list(DOTTED_I_LOWER)].astype(np.int64) >> CLASS_BITS

    def encode(
        self, offsets: NDArray[np.int64], data: NDArray[np.uint8], ids: NDArray[Any], stops: NDArray[np.int64]
    ) -> int:
        """Fill ``ids`` and, for each text, ``stops``; returns the number of ids."""
        used: int = _encode(
            data,
            offsets,
            self._characters,
            self._leads,
            self._plain,
            self._case,
            self._trie,
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


def _short_words(texts: Sequence[str], continued: Sequence[bool], ids: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Hash table of the tokens that are short words of ASCII: the longest match of such a word is the whole of it.

    A slot is the bytes of the word as one integer and the token id + 1; 0 where the slot is free.
    """
    entries = {
        int.from_bytes(text.encode("ascii"), "little"): token + 1
        for text, inside, token in zip(texts, continued, ids.tolist(), strict=True)
        if not inside and 0 < len(text) <= _SHORT and text.isascii()
    }
    table = np.zeros(2 << max(4, (2 * len(entries)).bit_length()), np.uint64)
    keys, values = np.fromiter(entries, np.uint64, len(entries)), np.fromiter(entries.values(), np.uint64, len(entries))
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
    place = np.int64((key * _GOLDEN) >> np.uint64(32)) & mask
    while short[place + 1] and short[place] != key:
        place = (place + 2) & mask
    return place


@inner_kernel
def _encode_word(word: Any, length: Any, trie: Any, unknown: Any, ids: Any, used: Any) -> Any:
    """Append the ids of one word, behind which a 0 stands; one that the tokens do not cover becomes one unknown token.

    What leads on and what does not is all that the loop branches on: the processor cannot foresee where tokens end.
    """
    slots, first = trie.slots, trie.first
    base_shift, bits = np.int64(trie.token_bits), np.int64(trie.base_bits + trie.token_bits)
    state_mask, token_mask = (np.int64(1) << bits) - 1, (np.int64(1) << base_shift) - 1
    position: Any = np.int64(0)
    root = 0
    written = used
    while position < length:
        state = first[root, word[position]]
        position += 1
        ahead = position
        best = state & token_mask
        slot = slots[(state >> base_shift) + word[ahead]]
        while slot >> bits == state >> base_shift:
            state = slot & state_mask
            ahead += 1
            ends = state & token_mask
            best = ends if ends else best
            position = ahead if ends else position
            slot = slots[(state >> base_shift) + word[ahead]]
        if best == 0:
            ids[used] = unknown
            return used + 1
        ids[written] = best - 1
        written += 1
        root = 1
    return written


@kernel
def _encode(
    data: Any,
    offsets: Any,
    characters: Any,
    leads: Any,
    plain: Any,
    case: Any,
    trie: Any,
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
    word = np.empty(longest_word + 3, np.int64)
    used = 0
    for row in range(len(offsets) - 1):
        position = offsets[row]
        end = offsets[row + 1]
        length = 0
        while position <= end:
            kind = np.int64(SPACE)
            symbol = np.int64(0)
            token = np.int64(-1)
            after = position + 1
            if position < end:
                if plain and length == 0 and position + 8 <= len(data):
                    eight = load_eight(data, position)
                    letters = min(leading_letters(eight), end - position)
                    if letters:
                        after = position + letters
                        if letters == 8:
                            while after < end and 97 <= data[after] | 32 <= 122:
                                after += 1
                        following = leads[data[after]] & _CLASS_MASK if after < end else np.int32(SPACE)
                        if after - position <= _SHORT and (following == SPACE or following == SINGLE):
                            key = first_bytes(eight | case, letters)
                            found = short[_short_slot(short, key) + 1]
                            if found:
                                ids[used] = found - np.uint64(1)
                                used += 1
                                position = after + (following == SPACE)
                                continue
                        while position < after:
                            if length <= longest_word:
                                word[length] = leads[data[position]] >> CLASS_BITS
                                length += 1
                            position += 1
                        continue
                if plain:
                    while position < end and starts_syllable(data, position):
                        if length <= longest_word:
                            code, _ = decode_utf8(data, position)
                            word[length] = characters[code] >> CLASS_BITS
                            length += 1
                        position += 3
                    after = position + 1
                if position < end:
                    packed = np.int64(leads[data[position]])
                    if packed & _CLASS_MASK == _ADDED:
                        token, after = longest_token(added, data, position, end)
                    if token < 0 and packed & _CLASS_MASK >= _ADDED:
                        code, after = decode_utf8(data, position)
                        packed = np.int64(characters[code])
                    if token < 0:
                        kind = packed & _CLASS_MASK
                        symbol = packed >> CLASS_BITS
            position = after
            if kind == WORD or kind == DOTTED_I:
                if length <= longest_word:
                    word[length] = symbol if kind == WORD else np.int64(dotted_i[0])
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
                word[length] = 0
                used = _encode_word(word, length, trie, unknown, ids, used)
            length = 0
            if token >= 0:
                ids[used] = added_ids[token]
                used += 1
            elif kind == SINGLE:
                word[0], word[1] = symbol, 0
                used = _encode_word(word, 1, trie, unknown, ids, used)
        stops[row + 1] = used
    return used
