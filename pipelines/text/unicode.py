"""Classes of code points as byte tables that compiled loops index.

Everything comes from ``unicodedata``, so one Unicode version (that of the interpreter) decides every byte.
"""

import unicodedata
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from pipelines.core.tables import kept_table

TABLE_SIZE = 1 << 21  # what four UTF-8 bytes can express, so that no input indexes past the end

# Classes of text_classes(): what normalisation does with a code point.
KEEP, SPACE, NEWLINE, CONTROL, FORMAT, JOINER, EMOJI, JAMO, COMPOSING, FILLER = range(10)

# Classes of character_classes(): what a code point is, for language identification and quality measures.
BLANK, HANGUL, LATIN, HAN, KANA, OTHER_LETTER, DIGIT, PUNCTUATION, SYMBOL, REPLACEMENT = range(10)

_ZERO_WIDTH_JOINER = 0x200D
_REPLACEMENT_CHARACTER = 0xFFFD
_NEWLINES = (0x0A, 0x0B, 0x0C, 0x0D, 0x85, 0x2028, 0x2029)
# Letters and symbols that show as nothing and stand for a space: Hangul fillers and the blank Braille pattern.
_BLANK_FILLERS = (0x3164, 0xFFA0, 0x2800)
# Format characters that are visible (Unicode property Prepended_Concatenation_Mark) and Egyptian joining controls.
_VISIBLE_FORMAT = frozenset((*range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD))
_VISIBLE_FORMAT_BLOCK = range(0x13430, 0x13456)
_COMBINING_GRAPHEME_JOINER = 0x34F
_EMOJI_BLOCKS = (range(0x2190, 0x2C00), range(0x1F000, 0x1FB00))
_EMOJI_OUTSIDE_BLOCKS = (0xFE0F, 0xA9, 0xAE, 0x203C, 0x2049, 0x20E3, 0x2122, 0x2139, 0x3030, 0x303D, 0x3297, 0x3299)


@kept_table
def text_classes() -> NDArray[np.uint8]:
    """Class of each code point for normalisation: KEEP, SPACE, NEWLINE, CONTROL, ... (uint8, read-only)."""
    classes = np.zeros(TABLE_SIZE, np.uint8)
    for code, character, category in _assigned():
        if category == "Zs" or code == 0x09:
            classes[code] = SPACE
        elif code in _BLANK_FILLERS:
            classes[code] = FILLER
        elif code in _NEWLINES:
            classes[code] = NEWLINE
        elif category == "Cc" or _is_noncharacter(code):
            classes[code] = CONTROL
        elif code == _ZERO_WIDTH_JOINER:
            classes[code] = JOINER
        elif code == _COMBINING_GRAPHEME_JOINER or (
            category == "Cf" and code not in _VISIBLE_FORMAT and code not in _VISIBLE_FORMAT_BLOCK
        ):
            classes[code] = FORMAT
        elif unicodedata.combining(character) or unicodedata.normalize("NFC", character) != character:
            classes[code] = COMPOSING
        elif _is_emoji(code, category):
            classes[code] = EMOJI
    for plane in range(17):
        classes[plane * 0x10000 + 0xFFFE : plane * 0x10000 + 0x10000] = CONTROL
    for second in _second_of_composites():
        classes[second] = COMPOSING
    classes[0x1161:0x1176] = JAMO  # vowels and final consonants: composed by the kernel itself
    classes[0x11A8:0x11C3] = JAMO
    return classes


@kept_table
def character_classes() -> NDArray[np.uint8]:
    """What each code point is: BLANK, HANGUL, LATIN, ..., SYMBOL, REPLACEMENT (uint8, read-only).

    Combining marks count as letters of other scripts, except the general ones (U+0300-U+036F), which are symbols.
    Unassigned and private code points are symbols.
    """
    classes = np.full(TABLE_SIZE, SYMBOL, np.uint8)
    for code, character, category in _assigned():
        if category[0] in "ZC" and category not in {"Co", "Cn"}:
            classes[code] = BLANK
        elif category[0] == "L" or (category[0] == "M" and code > 0x36F):
            classes[code] = _script(code, unicodedata.name(character, ""))
        elif category[0] == "N":
            classes[code] = DIGIT
        elif category[0] == "P":
            classes[code] = PUNCTUATION
    classes[0x3400:0x4DC0] = HAN
    classes[0x4E00:0xA000] = HAN
    classes[0x20000:0x32000] = HAN
    classes[_REPLACEMENT_CHARACTER] = REPLACEMENT
    return classes


def _assigned() -> Iterator[tuple[int, str, str]]:
    """Code point, character and category of the planes that hold assigned characters; surrogates left out."""
    for plane in (range(0xD800), range(0xE000, 0x20000), range(0x2F800, 0x2FA20), range(0xE0000, 0xE0200)):
        for code in plane:
            category = unicodedata.category(chr(code))
            if category != "Cn" or _is_noncharacter(code):
                yield code, chr(code), category


def _is_emoji(code: int, category: str) -> bool:
    """Symbols that an emoji sequence may consist of, U+FE0F included; wider than Unicode's own property."""
    return code in _EMOJI_OUTSIDE_BLOCKS or (category[0] == "S" and any(code in block for block in _EMOJI_BLOCKS))


def _is_noncharacter(code: int) -> bool:
    return 0xFDD0 <= code <= 0xFDEF or code & 0xFFFE == 0xFFFE


def _second_of_composites() -> Iterator[int]:
    for _, character, _ in _assigned():
        parts = unicodedata.decomposition(character).split()
        if len(parts) == 2 and not parts[0].startswith("<"):
            yield int(parts[1], 16)


def _script(code: int, name: str) -> int:
    if "HANGUL" in name:
        return HANGUL
    if name.startswith(("LATIN", "FULLWIDTH LATIN")) or code in {0xAA, 0xBA}:
        return LATIN
    if name.startswith(("CJK", "IDEOGRAPHIC")):
        return HAN
    if name.startswith(("HIRAGANA", "KATAKANA", "HALFWIDTH KATAKANA")):
        return KANA
    return OTHER_LETTER
