"""One spelling for the many that a number or an address is disguised in, with the way back to the original offsets.

NFKC alone is not enough: it keeps zero-width characters and most dashes apart, and turns the Korean vowel that people
type as a dash into another letter. Digits that are not written as such are seen by ``numbers``.
"""

import re
import sys
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipelines.core.tables import kept_table
from pipelines.privacy.numbers import EVERYTHING, unwritten

MASK = "\ue000"
"""Stands for every character of a placeholder, and of what has been found already; no pattern matches it."""

_DASHES = "\u00af\u02d7\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212\u2500\u2501\u30fc\u3161\uffda\ufe58\ufe63"
_DOTS = "\u00b7\u2022\u2024\u2027\u2219\u22c5\u30fb\u318d\u3002\uff61"
# Blank, but letters or symbols by their property.
_FILLERS = "\u115f\u1160\u2800\u3164\uffa0"
CHARACTERS = 16
"""Bit of what may be folded beside what ``numbers`` sees: characters that others are seen for."""
FIRST_JAMO = range(0x1100, 0x1113)
"""First letters of a syllable that is decomposed to its three (NFD)."""
_PLACEHOLDER = re.compile(r"\[[A-Z][A-Z_]{2,20}\]")


KEPT = -1


@kept_table
def seen_codes() -> NDArray[np.int32]:
    """For every code point the one that is seen in its place, 0 for none, ``KEPT`` for itself."""
    table = np.full(sys.maxunicode + 1, KEPT, np.int32)
    for code in (*range(0x80, 0xD800), *range(0xE000, 0x10000), *range(0x1D7CE, 0x1D800), *range(0xE0000, 0xE01F0)):
        character = chr(code)
        category = unicodedata.category(character)
        if category in ("Cf", "Mn", "Me"):
            table[code] = 0
        elif category == "Nd":
            table[code] = ord("0") + unicodedata.decimal(character)
        elif category == "Zs":
            table[code] = ord(" ")
        elif 0xFF01 <= code <= 0xFF5E:
            table[code] = code - 0xFEE0
        elif (letter := unicodedata.normalize("NFD", character)[0]).isascii() and letter.isalpha():
            table[code] = ord(letter)  # what NFC made of a letter and a mark that was put behind it
    for characters, seen in ((_DASHES, "-"), (_DOTS, "."), ("\t", " "), (_FILLERS, "")):
        for character in characters:
            table[ord(character)] = ord(seen) if seen else 0
    return table


def _table() -> dict[int, str]:
    codes = seen_codes()
    return {code: chr(codes[code]) if codes[code] else "" for code in np.flatnonzero(codes != KEPT).tolist()}


FOLD = _table()
"""Code point to the one character, or to none, that the patterns see in its place; all others stay as they are."""
_JAMO = re.compile("[\u1100-\u1112][\u1161-\u1175][\u11a8-\u11c2]?")
"""A syllable in the three letters that it is decomposed to (NFD)."""


class Folded(NamedTuple):
    """Folded text, the original offset of each of its characters (None where every offset is its own), and whether
    digits stand in it for what the gate does not count as one."""

    text: str
    original: NDArray[np.int64] | None
    rewritten: bool


def has_placeholder(text: str) -> bool:
    return "[" in text and _PLACEHOLDER.search(text) is not None


def fold(text: str, what: int = CHARACTERS | EVERYTHING) -> Folded:
    """``text`` as the patterns see it; ``what``, as bits, is written otherwise in it, if anything is."""
    if "[" in text:
        text = _PLACEHOLDER.sub(lambda match: MASK * len(match[0]), text)
    folded, original = _folded(text) if what & CHARACTERS else (text, None)
    numbers = unwritten(folded, what) if what & EVERYTHING else None
    if not numbers:
        return Folded(folded, original, rewritten=False)
    characters = list(folded)
    for place, seen in numbers.items():
        characters[place] = seen
    rewritten = any(map(str.isdigit, numbers.values()))
    if all(numbers.values()):
        return Folded("".join(characters), original, rewritten)
    kept = np.flatnonzero([*map(bool, characters)])
    return Folded("".join(characters), kept if original is None else original[kept], rewritten)


def _folded(text: str) -> tuple[str, NDArray[np.int64] | None]:
    """``text`` but for what is not written as such, and the original offsets."""
    codes = np.frombuffer(text.encode("utf-32-le"), np.int32)
    seen = seen_codes()[codes]
    for syllable in _JAMO.finditer(text):
        start, end = syllable.span()
        seen[start], seen[start + 1 : end] = ord(unicodedata.normalize("NFC", syllable[0])), 0
    kept = np.flatnonzero(seen)
    folded = np.where(seen == KEPT, codes, seen)[kept].tobytes().decode("utf-32-le")
    return folded, None if len(kept) == len(text) else kept


def ends_of_syllables(text: str, ends: Sequence[int]) -> list[int]:
    """Where the syllables end whose first letters end at ``ends``, where they are decomposed; else ``ends``."""
    if not _JAMO.search(text):
        return [*ends]
    syllables = [_JAMO.match(text, end - 1) for end in ends]
    return [syllable.end() if syllable else end for syllable, end in zip(syllables, ends, strict=True)]
