"""Texts to token ids, with whatever tokenizer.json is given."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.core.arrow import list_array, string_buffers
from pipelines.core.errors import MalmoiError
from pipelines.text import byte_pairs, unigram, wordpiece
from pipelines.text.cutting import Cutter, Family
from pipelines.text.piece_cache import PieceCaches

_FAMILIES: Mapping[str, Family] = {"WordPiece": "wordpiece", "BPE": "bpe", "Unigram": "unigram"}
_UNSUPPORTED = {"wordpiece": wordpiece.unsupported, "bpe": byte_pairs.unsupported, "unigram": unigram.unsupported}
_SPLITS_DIGITS = {"bpe": byte_pairs.splits_digits, "unigram": unigram.splits_digits}
_ENCODE_BYTES = 1 << 20  # of text, cut and encoded at a time, so that its pieces are still in the processor's cache


@dataclass(frozen=True)
class TokenizerFile:
    """A tokenizer.json that the compiled encoders can do: its family, its content, and the id of every token."""

    family: Family
    content: Mapping[str, Any]
    ids: Mapping[str, int]
    added: Mapping[str, int]

    @property
    def vocabulary_size(self) -> int:
        """One more than the largest id."""
        return 1 + max(self.ids.values())


def read_tokenizer(path: Path) -> TokenizerFile:
    """Check and take over a tokenizer.json; raises MalmoiError naming the parts that no compiled encoder does."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"), parse_float=_score)
        kind = content["model"]["type"]
        family = _FAMILIES.get(kind)
        if family is None:
            raise MalmoiError(f"{path}: a model of type {kind}; the compiled encoder does {', '.join(_FAMILIES)}")
        added = content.get("added_tokens") or []
        refused = _UNSUPPORTED[family](content)
        refused += [part for part in ("truncation", "padding") if content.get(part) is not None]
        options = ("single_word", "lstrip", "rstrip", "normalized")
        refused += ["added_tokens"] if any(token[option] for token in added for option in options) else []
        added = {token["content"]: token["id"] for token in added if token["content"]}
        tokens = content["model"]["vocab"]
        ids = tokens if isinstance(tokens, dict) else {token: index for index, (token, _) in enumerate(tokens)}
    except OSError as error:
        raise MalmoiError(f"{path}: cannot be read ({error.strerror}); build the tokenizer first") from error
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise MalmoiError(
            f"{path}: no tokenizer.json that the compiled encoder does ({error!r}); build the tokenizer again"
        ) from error
    if refused:
        raise MalmoiError(
            f"{path}: the compiled encoder does not do the {', '.join(refused)} set there; "
            "use a tokenizer that the tokenizer stage built"
        )
    return TokenizerFile(family, content, {**ids, **added}, added)


def _score(text: str) -> float:
    """A decimal number as `tokenizers` reads it: one of many digits is rounded twice, and so is another at times.

    Ways to cut a word that score the same but for rounding would otherwise come out differently.
    """
    mantissa, _, exponent = text.lower().partition("e")
    whole, _, fraction = mantissa.lstrip("-").partition(".")
    power = int(exponent or 0) - len(fraction)
    digits = int(whole + fraction)
    while digits >= 1 << 64:
        digits //= 10
        power += 1
    value = float(digits)
    value = value * 10.0 ** min(power, 308) if power >= 0 else value / 10.0 ** min(-power, 308)
    return -value if text.startswith("-") else value


class Encoder:
    """Texts to token ids, identical to ``Tokenizer.from_file(path).encode_batch(texts, add_special_tokens=False)``.

    WordPiece behind BERT's normaliser (accents kept) and pre-tokeniser; byte-level BPE behind GPT-2's pattern; unigram
    behind Metaspace; each with or without single digits. Raises MalmoiError where tokenizer.json asks for something
    else.
    """

    def __init__(self, tokenizer_json: str | Path) -> None:
        file = read_tokenizer(Path(tokenizer_json))
        self.vocabulary_size = file.vocabulary_size
        self.dtype = np.uint16 if self.vocabulary_size <= 1 << 16 else np.uint32
        self._model = wordpiece.WordPiece(file.content, file.added) if file.family == "wordpiece" else _ByPieces(file)

    def encode(self, texts: pa.Array | pa.ChunkedArray) -> pa.ListArray:
        """List of ids per string (uint16 up to 65,536 tokens, else uint32); nothing is added around a text."""
        return self.encode_buffers(*string_buffers(texts))

    def encode_buffers(self, offsets: NDArray[np.int64], data: NDArray[np.uint8]) -> pa.ListArray:
        """``encode`` of the texts ``data[offsets[i]:offsets[i + 1]]`` (UTF-8)."""
        stops = np.zeros(len(offsets), np.int64)
        # A digit that begins a text can have a word mark before it, as a token of its own.
        ids = np.empty(len(data) + len(stops), self.dtype)
        used = self._model.encode(offsets, data, ids, stops)
        return list_array(stops, pa.array(ids[:used]))


class _ByPieces:
    """Cuts texts into pieces, a little at a time, and encodes these."""

    def __init__(self, file: TokenizerFile) -> None:
        digits = _SPLITS_DIGITS[file.family](file.content["pre_tokenizer"])
        self._cut = Cutter(file.family, False, bool(digits), tuple(file.added))
        self._added_ids = np.array(list(file.added.values()), np.int64)
        self._caches = PieceCaches()
        self._model = (byte_pairs.BytePairs if file.family == "bpe" else unigram.Unigram)(file.content)

    def encode(
        self, offsets: NDArray[np.int64], data: NDArray[np.uint8], ids: NDArray[Any], stops: NDArray[np.int64]
    ) -> int:
        """Fill ``ids`` and, for each text, ``stops``; returns the number of ids."""
        used = row = 0
        cache = self._caches.take(len(data))
        while row < len(stops) - 1:
            until = max(row + 1, int(np.searchsorted(offsets, offsets[row] + _ENCODE_BYTES, "right")) - 1)
            begin = offsets[row]
            pieces = self._cut(offsets[row : until + 1] - begin, data[begin : offsets[until]])
            count = self._model.encode(pieces, self._added_ids, cache, ids[used:], stops[row : until + 1])
            stops[row + 1 : until + 1] += used
            used += count
            row = until
        self._caches.give_back(cache)
        return used
