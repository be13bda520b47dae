"""WordPiece encoding over Arrow buffers: the ids of `tokenizers`, from one compiled loop.

Greedy longest match from the left (Wu et al. 2016, arXiv:1609.08144; Devlin et al. 2018) after BERT's normaliser and
pre-tokeniser, which are one table lookup per code point here.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.core.arrow import list_array, string_buffers
from pipelines.core.errors import MalmoiError
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

_CLASS_MASK = (1 << CLASS_BITS) - 1
_SYMBOL_BITS = 21
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class WordPieceModel:
    """What a tokenizer.json says, as far as encoding needs it."""

    vocabulary: Mapping[str, int]
    unknown: str
    longest_word: int
    added: Mapping[str, int]
    lowercase: bool
    split_digits: bool


class Encoder:
    """Texts to token ids, identical to ``Tokenizer.from_file(path).encode_batch(texts, add_special_tokens=False)``.

    Raises MalmoiError where tokenizer.json asks for something else than WordPiece behind BERT's normaliser (accents
    kept) and pre-tokeniser, with or without single digits.
    """

    def __init__(self, tokenizer_json: str | Path) -> None:
        model = read_model(Path(tokenizer_json))
        self.vocabulary_size = 1 + max([*model.vocabulary.values(), *model.added.values()])
        self.dtype = np.uint16 if self.vocabulary_size <= 1 << 16 else np.uint32
        self._unknown = model.vocabulary[model.unknown]
        self._longest_word = model.longest_word
        alphabet = np.array(sorted({ord(character) for token in model.vocabulary for character in token}), np.int64)
        self._characters = _symbol_table(alphabet, model)
        self._edges, self._roots = _trie(alphabet, model.vocabulary)
        self._added = byte_trie(list(model.added))
        self._added_ids = np.array(list(model.added.values()), np.int64)
        self._dotted_i = self._characters[list(DOTTED_I_LOWER)].astype(np.int64) >> CLASS_BITS

    def encode(self, texts: pa.Array | pa.ChunkedArray) -> pa.ListArray:
        """List of ids per string (uint16 up to 65,536 tokens, else uint32); nothing is added around a text."""
        offsets, data = string_buffers(texts)
        ids = np.empty(len(data), self.dtype)
        stops = np.zeros(len(offsets), np.int64)
        used = _encode(
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
        return list_array(stops, pa.array(ids[:used]))


def read_model(path: Path) -> WordPieceModel:
    """Check and take over a tokenizer.json; raises MalmoiError naming the part that this encoder does not do."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        model, normalizer = content["model"], content["normalizer"]
        added = content.get("added_tokens") or []
        digits = _splits_digits(content["pre_tokenizer"])
        lowercase = bool(normalizer["lowercase"])
        accents = normalizer["strip_accents"]
        supported = {
            "model.type": model.get("type") == "WordPiece",
            "model.continuing_subword_prefix": model.get("continuing_subword_prefix") == "##",
            "model.unk_token (not in the vocabulary)": model["unk_token"] in model["vocab"],
            "truncation": content.get("truncation") is None,
            "padding": content.get("padding") is None,
            "normalizer": normalizer.get("type") == "BertNormalizer",
            "normalizer.clean_text": normalizer["clean_text"] is True,
            "normalizer.handle_chinese_chars": normalizer["handle_chinese_chars"] is True,
            "normalizer.strip_accents": accents is False or (accents is None and not lowercase),
            "pre_tokenizer": digits is not None,
            "added_tokens": not any(
                token[option] for token in added for option in ("single_word", "lstrip", "rstrip", "normalized")
            ),
        }
    except OSError as error:
        raise MalmoiError(f"{path}: cannot be read ({error.strerror}); build the tokenizer first") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise MalmoiError(f"{path}: not a WordPiece tokenizer.json ({error!r}); build the tokenizer again") from error
    refused = [part for part, fits in supported.items() if not fits]
    if refused:
        raise MalmoiError(
            f"{path}: the compiled encoder does not do the {', '.join(refused)} set there; "
            "use a WordPiece tokenizer with BertNormalizer (strip_accents false) and BertPreTokenizer"
        )
    return WordPieceModel(
        vocabulary=model["vocab"],
        unknown=model["unk_token"],
        longest_word=model["max_input_chars_per_word"],
        added={token["content"]: token["id"] for token in added if token["content"]},
        lowercase=lowercase,
        split_digits=bool(digits),
    )


def _splits_digits(pre_tokenizer: Any) -> bool | None:
    """Whether digits stand alone; None where the pre-tokeniser is not BERT's."""
    bert = {"type": "BertPreTokenizer"}
    if pre_tokenizer == bert:
        return False
    digits = {"type": "Digits", "individual_digits": True}
    both = [[bert, digits], [digits, bert]]
    return True if pre_tokenizer["type"] == "Sequence" and pre_tokenizer["pretokenizers"] in both else None


def byte_trie(tokens: Sequence[str]) -> NDArray[np.int32]:
    """Trie over the UTF-8 of ``tokens``: row is node, column next byte (0 = no edge), column 256 token index or -1."""
    rows = [np.zeros(257, np.int32)]
    rows[0][256] = -1
    for index, token in enumerate(tokens):
        node = 0
        for byte in token.encode():
            if not rows[node][byte]:
                rows[node][byte] = len(rows)
                rows.append(np.zeros(257, np.int32))
                rows[-1][256] = -1
            node = int(rows[node][byte])
        rows[node][256] = index
    return np.stack(rows)


def _symbol_table(alphabet: NDArray[np.int64], model: WordPieceModel) -> NDArray[np.int32]:
    """Per code point its symbol (position in ``alphabet`` + 1 once lower-cased, 0 = in no token) times 8 plus class."""
    table = character_table(model.lowercase, model.split_digits)
    symbols = np.zeros(len(table), np.int32)
    symbols[alphabet] = np.arange(1, len(alphabet) + 1, dtype=np.int32)
    packed: NDArray[np.int32] = symbols[table >> CLASS_BITS] << CLASS_BITS | (table & _CLASS_MASK).astype(np.int32)
    return packed


def _trie(alphabet: NDArray[np.int64], vocabulary: Mapping[str, int]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Hashed edges and the two roots (first symbol of a word; of a ``##`` token) of the trie of all tokens.

    A state is ``node << 32 | id + 1`` (low half 0: no token ends here). ``edges[2 * slot]`` is
    ``node << 21 | symbol``, ``edges[2 * slot + 1]`` the state it leads to; ``roots[continued, symbol]`` is a state.
    """
    continued = np.array([token.startswith("##") and len(token) > 2 for token in vocabulary], np.bool_)
    texts = [token[2:] if skip else token for token, skip in zip(vocabulary, continued, strict=True)]
    offsets = np.zeros(len(texts) + 1, np.int64)
    np.cumsum([len(text) for text in texts], out=offsets[1:])
    codes = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), np.uint32)
    symbols = np.searchsorted(alphabet, codes) + 1
    slots = 1 << max(4, int(2 * len(codes) - 1).bit_length())
    edges = np.full(2 * slots, -1, np.int64)
    roots = np.zeros((2, len(alphabet) + 1), np.int64)
    ids = np.fromiter(vocabulary.values(), np.int64, len(vocabulary))
    used = _insert_tokens(symbols.astype(np.int64), offsets, continued, ids, edges, roots)
    needed = 1 << max(4, (2 * int(used)).bit_length())
    if needed < slots:
        edges = np.full(2 * needed, -1, np.int64)
        roots[:] = 0
        _insert_tokens(symbols.astype(np.int64), offsets, continued, ids, edges, roots)
    return edges, roots


@kernel
def _edge_slot(edges: Any, key: Any) -> Any:
    """Position in ``edges`` of ``key``, or of the free place where it belongs."""
    mask = np.int64(len(edges) - 2)
    place = np.int64((np.uint64(key) * _GOLDEN) >> np.uint64(32)) & mask
    while edges[place] != key and edges[place] != -1:
        place = (place + 2) & mask
    return place


@kernel
def _insert_tokens(symbols: Any, offsets: Any, continued: Any, ids: Any, edges: Any, roots: Any) -> Any:
    nodes = 0
    used = 0
    for token in range(len(offsets) - 1):
        start, stop = offsets[token], offsets[token + 1]
        if start == stop:
            continue
        root = 1 if continued[token] else 0
        symbol = symbols[start]
        if roots[root, symbol] == 0:
            nodes += 1
            roots[root, symbol] = np.int64(nodes) << 32
        if stop - start == 1:
            roots[root, symbol] |= ids[token] + 1
            continue
        node = roots[root, symbol] >> 32
        place = np.int64(0)
        for position in range(start + 1, stop):
            key = (node << _SYMBOL_BITS) | symbols[position]
            place = _edge_slot(edges, key)
            if edges[place] == -1:
                nodes += 1
                used += 1
                edges[place] = key
                edges[place + 1] = np.int64(nodes) << 32
            node = edges[place + 1] >> 32
        edges[place + 1] |= ids[token] + 1
    return used


@kernel
def _encode_word(word: Any, length: Any, edges: Any, roots: Any, unknown: Any, ids: Any, used: Any) -> Any:
    """Append the ids of one word; a word that the tokens do not cover becomes one unknown token."""
    position: Any = np.int64(0)
    root = 0
    written = used
    while position < length:
        state = roots[root, word[position]]
        best = state & 0xFFFFFFFF
        ahead = position + 1
        position = ahead
        while ahead < length:
            key = ((state >> 32) << _SYMBOL_BITS) | word[ahead]
            place = _edge_slot(edges, key)
            if edges[place] == -1:
                break
            state = edges[place + 1]
            ahead += 1
            if state & 0xFFFFFFFF:
                best = state & 0xFFFFFFFF
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
