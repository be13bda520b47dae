"""What a tokenizer makes of text, in figures that compare families."""

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipelines.core.arrow import list_buffers, string_buffers
from pipelines.text.cutting import spaces_forward
from pipelines.text.encoder import Encoder

RENYI_ORDER = 2.5
_LETTERS = r"^\p{L}+$"


@dataclass
class TokenizerMeasure:
    """Counts over any number of batches of documents, each a list of sentences."""

    encoder: Encoder
    unknown: int
    tokens: NDArray[np.int64] = field(init=False)
    characters: int = 0
    words: int = 0
    letter_words: int = 0
    whole_words: int = 0

    def __post_init__(self) -> None:
        self.tokens = np.zeros(self.encoder.vocabulary_size, np.int64)

    def add(self, documents: pa.ListArray) -> pa.ListArray:
        """Count documents; returns the ids of each of their sentences."""
        document_offsets, sentences = list_buffers(documents)
        offsets, data = string_buffers(sentences)
        encoded = self.encoder.encode_buffers(spaces_forward(document_offsets, offsets, data), data)
        self.tokens += np.bincount(list_buffers(encoded)[1].to_numpy(), minlength=len(self.tokens))
        self.characters += pc.sum(pc.utf8_length(sentences)).as_py() or 0
        words = pc.list_flatten(pc.utf8_split_whitespace(sentences))
        words = words.filter(pc.not_equal(words, ""))
        self.words += len(words)
        words = words.filter(pc.match_substring_regex(words, _LETTERS))
        self.letter_words += len(words)
        # A word as it stands within a sentence, behind its space.
        spaced = self.encoder.encode(pc.binary_join_element_wise("", words, " "))
        pieces = list_buffers(spaced)[1].to_numpy()
        offsets = list_buffers(spaced)[0]
        single = np.diff(offsets) == 1
        self.whole_words += int((single & (pieces[np.minimum(offsets[:-1], len(pieces) - 1)] != self.unknown)).sum())
        return encoded

    def figures(self) -> dict[str, float]:
        """Fertility is tokens per word (Korean: eojeol); of words that are all letters, ``whole_words`` are one token.

        ``renyi_efficiency`` is the Rényi entropy of the tokens, of order 2.5, as a share of the largest that the
        vocabulary allows (Zouhar et al. 2023, arXiv:2306.16842).
        """
        tokens = int(self.tokens.sum())
        total = max(1, tokens)
        shares = self.tokens[self.tokens > 0] / total
        entropy = np.log((shares**RENYI_ORDER).sum()) / (1 - RENYI_ORDER) if len(shares) else 0.0
        return {
            "fertility": tokens / max(1, self.words),
            "characters_per_token": self.characters / total,
            "unknown_rate": int(self.tokens[self.unknown]) / total,
            "whole_words": self.whole_words / max(1, self.letter_words),
            "renyi_efficiency": float(entropy / np.log(len(self.tokens))),
        }
