"""Paragraphs of mixed documents: which language each is in, and documents of some of their paragraphs.

A paragraph is a line. Short ones say too little of their language: Hangul is Korean all the same, others go with the
line before. What is in Latin letters and not English has to be long, since novels quote and hard line breaks cut.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.core.arrow import string_array, string_buffers
from pipelines.core.bits import copy_bytes
from pipelines.core.kernel import inner_kernel
from pipelines.text.language import (
    ACCENTED,
    ENGLISH,
    FOREIGN_WORDS,
    HAN_LETTERS,
    HANGUL_LETTERS,
    KOREAN,
    LATIN_LETTERS,
    OTHER,
    OTHER_LETTERS,
    WORDS,
    count_letters,
    decide,
)

_SURE = 40  # letters, a syllable counting twice, from which a paragraph's language is believed
_SURE_OF_FOREIGN_WORDS = 200  # letters of a paragraph in Latin script that is not English
_HANGUL_IN_ENGLISH = 10  # one letter in so many makes a paragraph full of English names Korean
# Of an English document, beyond what names make, from which a paragraph in another language may be in it.
_FOREIGN_WORDS, _WORDS_PER_FOREIGN_WORD = 8, 100


@dataclass(frozen=True)
class Paragraphs:
    """Texts with, for each of their lines in order, its language as an index into ``LABELS``.

    ``first`` is where the lines of each text begin, with the end behind (int64, texts + 1).
    """

    texts: pa.StringArray
    first: NDArray[np.int64]
    languages: NDArray[np.int64]

    def only(self, lines: NDArray[np.bool_]) -> pa.StringArray:
        """Each text with those of its lines alone; blank lines stay single and between others."""
        offsets, data = string_buffers(self.texts)
        out, out_offsets = np.empty(len(data), np.uint8), np.zeros(len(offsets), np.int64)
        _select(offsets, data, lines, out, out_offsets)
        return string_array(out_offsets, out[: out_offsets[-1]])


def may_be_mixed(counts: NDArray[np.int64], languages: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Texts in Korean or English that hold enough of another script, or of other words, for a paragraph of them."""
    beside = counts[:, HAN_LETTERS] + counts[:, OTHER_LETTERS]
    korean = (languages == KOREAN) & ((counts[:, LATIN_LETTERS] >= _SURE) | (beside >= _SURE))
    strange = counts[:, FOREIGN_WORDS] + counts[:, ACCENTED]
    many = strange >= _FOREIGN_WORDS + counts[:, WORDS] // _WORDS_PER_FOREIGN_WORD
    english = (counts[:, HANGUL_LETTERS] >= _SURE) | (beside >= _SURE) | many
    mixed: NDArray[np.bool_] = korean | ((languages == ENGLISH) & english)
    return mixed


def read_paragraphs(texts: pa.StringArray, languages: NDArray[np.int64]) -> Paragraphs:
    """Language of every line of normalised texts whose languages, as a whole, are ``languages``."""
    starts, first = _line_starts(*string_buffers(texts))
    counts = count_letters(starts, string_buffers(texts)[1])
    labels, _ = decide(counts)
    letters = counts[:, : OTHER_LETTERS + 1].sum(axis=1)
    labels[(labels == ENGLISH) & (_HANGUL_IN_ENGLISH * counts[:, HANGUL_LETTERS] > letters)] = KOREAN
    latin = (labels == OTHER) & (counts[:, LATIN_LETTERS] > counts[:, HAN_LETTERS] + counts[:, OTHER_LETTERS])
    sure = letters >= np.where(latin, _SURE_OF_FOREIGN_WORDS, _SURE)
    labels[(letters == 0) | (latin & ~sure)] = -1
    _inherit(first, languages, sure, labels)
    return Paragraphs(texts, first, labels)


def _line_starts(offsets: NDArray[np.int64], data: NDArray[np.uint8]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where each line begins, with the end of all behind, and the number of the first line of each text."""
    breaks = np.flatnonzero(data == 0x0A) + 1
    starts = np.sort(np.concatenate([offsets[:-1], breaks]), kind="stable")
    first = np.arange(len(offsets)) + np.searchsorted(breaks, offsets, side="right")
    first[-1] = len(starts)
    return np.append(starts, offsets[-1]), first


@inner_kernel
def _inherit(first: Any, languages: Any, sure: Any, labels: Any) -> None:
    """Short lines take the language of the line before, at the beginning that of the text.

    Hangul stays Korean, and a language that nobody wants is only handed on to what is in its script.
    """
    for row in range(len(first) - 1):
        known, previous = languages[row], languages[row]
        for line in range(first[row], first[row + 1]):
            if not sure[line] and labels[line] != KOREAN:
                labels[line] = OTHER if labels[line] == OTHER == previous else known
            previous = labels[line]
            if previous != OTHER:
                known = previous


@inner_kernel
def _select(offsets: Any, data: Any, lines: Any, out: Any, out_offsets: Any) -> None:
    written, line = 0, 0
    for row in range(len(offsets) - 1):
        position, stop, begin = offsets[row], offsets[row + 1], written
        while position <= stop:
            end = position
            while end < stop and data[end] != 0x0A:
                end += 1
            wanted = lines[line]
            line += 1
            if end == position:
                wanted = written > begin and not (written - begin > 1 and out[written - 2] == 0x0A)
            if wanted:
                copy_bytes(data, position, end - position, out, written)
                written += end - position
                if end < stop:
                    out[written] = 0x0A
                    written += 1
            position = end + 1
        while written > begin and out[written - 1] == 0x0A:
            written -= 1
        out_offsets[row + 1] = written
