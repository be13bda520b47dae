"""WordPiece encoding over Arrow buffers: the ids of `tokenizers`, from one compiled loop.

Greedy longest match from the left (Wu et al. 2016, arXiv:1609.08144; Devlin et al. 2018) after BERT's normaliser and
pre-tokeniser, which are one table lookup per code point here.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.core.kernel import kernel
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
        self._added, self._added_ids = byte_trie(list(added)), np.array(list(added.values()), np.int64)
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


@kernel
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
                if length <= longest_word:
                    word[length] = symbol if kind == WORD else dotted_i[0]
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
                used = _encode_word(word, length, edges, roots, unknown, ids, used)
            length = 0
            if token >= 0:
                ids[used] = added_ids[token]
                used += 1
            elif kind == SINGLE:
                word[0] = symbol
                used = _encode_word(word, 1, edges, roots, unknown, ids, used)
        stops[row + 1] = used
    return used
