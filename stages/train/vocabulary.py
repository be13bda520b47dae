"""What training has to know of the tokenizer: which tokens are special, and which tokens make a word together."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import decoders

from pipelines.core.errors import MalmoiError

_UNUSED = re.compile(r"\[unused\d+\]")
_WORD_MARK = "▁"
_UNFINISHED = "\ufffd"  # bytes that are no whole character
_NONE, _LETTER, _NUMBER, _OTHER, _ANY = 0, 1, 2, 4, 7
# Which kind a character mostly is, by the first four bits of its first byte: of four bytes most are emoji.
_FIRST_BYTES = {0xC: _LETTER, 0xD: _LETTER, 0xE: _LETTER, 0xF: _OTHER}


@dataclass(frozen=True)
class Vocabulary:
    """Token ids of [PAD] and [MASK]; for each token id, whether it is special, how it begins and how it ends.

    Special are [PAD], [UNK], [CLS], [SEP], [MASK], the placeholders of personal data and [unused0], [unused1], ...:
    never masked, never predicted. A token continues the word of the token before it where ``opening`` of it and
    ``closing`` of that one have a bit in common: a ``##`` token always, a byte-level or unigram token where letters
    follow letters, digits digits or marks marks without a space between them, which is how GPT-2 cuts words.
    """

    pad: int
    mask: int
    special: NDArray[np.bool_]
    opening: NDArray[np.uint8]
    closing: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.special)

    @classmethod
    def read(cls, folder: Path) -> "Vocabulary":
        """From ``tokenizer.json`` in ``folder``."""
        path = folder / "tokenizer.json"
        try:
            content = json.loads(path.read_bytes())
            model, added = content["model"], {token["content"]: token["id"] for token in content["added_tokens"]}
            edges = _FAMILIES[model["type"]](content)
            learned = model["vocab"]
            if isinstance(learned, list):
                learned = {token: index for index, (token, _) in enumerate(learned)}
            tokens = {**learned, **added}
            pad, mask = tokens["[PAD]"], tokens["[MASK]"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            kinds = ", ".join(_FAMILIES)
            raise MalmoiError(f"{path}: not a tokenizer ({kinds}) with [PAD] and [MASK] ({error!r})") from None
        size = max(tokens.values()) + 1
        special, opening, closing = np.zeros(size, bool), np.zeros(size, np.uint8), np.zeros(size, np.uint8)
        for token, index in tokens.items():
            special[index] = token in added or _UNUSED.fullmatch(token) is not None
            if not special[index] and token:
                opening[index], closing[index] = edges(token)
        return cls(pad, mask, special, opening, closing)


Edges = Callable[[str], tuple[int, int]]


def _wordpiece(content: Mapping[str, Any]) -> Edges:
    prefix = content["model"].get("continuing_subword_prefix", "##")
    return lambda token: (_ANY if token.startswith(prefix) and token != prefix else _NONE, _ANY)


def _byte_level(content: Mapping[str, Any]) -> Edges:
    decoder, single_digits = decoders.ByteLevel(), _splits_digits(content)

    def edges(token: str) -> tuple[int, int]:
        opening, closing = _edges(decoder.decode([token]), single_digits)
        if opening == _ANY:
            opening = _FIRST_BYTES.get(ord(token[0]) >> 4, _ANY)
        return opening, closing

    return edges


def _unigram(content: Mapping[str, Any]) -> Edges:
    single_digits = _splits_digits(content)
    return lambda token: _edges(token.replace(_WORD_MARK, " "), single_digits)


_FAMILIES: Mapping[str, Callable[[Mapping[str, Any]], Edges]] = {
    "WordPiece": _wordpiece,
    "BPE": _byte_level,
    "Unigram": _unigram,
}


def _splits_digits(content: Mapping[str, Any]) -> bool:
    steps = content["pre_tokenizer"].get("pretokenizers", [content["pre_tokenizer"]])
    return any(step["type"] == "Digits" for step in steps)


def _edges(text: str, single_digits: bool) -> tuple[int, int]:
    """Which tokens ``text`` can continue and which can continue it; a space belongs to the word behind it."""
    opening = _ANY if text[0] == _UNFINISHED else _kind(text[0])
    closing = _ANY if text[-1] == " " else _LETTER if text[-1] == _UNFINISHED else _kind(text[-1])
    if closing == _NUMBER and single_digits:
        closing = _NONE
    return opening, closing


def _kind(character: str) -> int:
    if character.isspace():
        return _NONE
    return _LETTER if character.isalpha() else _NUMBER if character.isnumeric() else _OTHER
