"""What training has to know of the tokenizer: which tokens are special, which continue a word."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipelines.core.errors import MalmoiError

_WORD_STARTS = {"WordPiece": (), "BPE": ("Ġ", "Ċ", "ĉ"), "Unigram": ("▁",)}
_UNUSED = re.compile(r"\[unused\d+\]")


@dataclass(frozen=True)
class Vocabulary:
    """Token ids of [PAD] and [MASK]; for each token id, whether it is special and whether it continues a word.

    WordPiece tokens that continue a word begin with ``##``. In the other families those that begin one do, with their
    space: ``Ġ`` in byte-level BPE, where a line break begins a word too, ``▁`` in unigram; punctuation there belongs to
    the word that it touches.
    Special are [PAD], [UNK], [CLS], [SEP], [MASK], the placeholders of personal data and [unused0], [unused1], ...:
    never masked, never predicted.
    """

    pad: int
    mask: int
    special: NDArray[np.bool_]
    continues: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.special)

    @classmethod
    def read(cls, folder: Path) -> "Vocabulary":
        """From ``tokenizer.json`` in ``folder``."""
        path = folder / "tokenizer.json"
        try:
            content = json.loads(path.read_bytes())
            model, added = content["model"], {token["content"]: token["id"] for token in content["added_tokens"]}
            entries = model["vocab"]
            known = entries if isinstance(entries, dict) else {entry[0]: index for index, entry in enumerate(entries)}
            tokens = {**known, **added}
            starts = _WORD_STARTS[model["type"]]
            pad, mask = tokens["[PAD]"], tokens["[MASK]"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise MalmoiError(f"{path}: not a tokenizer of a known family with [PAD] and [MASK] ({error!r})") from None
        special, continues = np.zeros(max(tokens.values()) + 1, bool), np.zeros(max(tokens.values()) + 1, bool)
        prefix = model.get("continuing_subword_prefix", "##") or ""
        for token, index in tokens.items():
            special[index] = token in added or _UNUSED.fullmatch(token) is not None
            inside = not token.startswith(starts) if starts else token.startswith(prefix) and token != prefix
            continues[index] = not special[index] and inside
        return cls(pad, mask, special, continues)
