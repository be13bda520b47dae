"""One spelling for the many that a number or an address is disguised in, with the way back to the original offsets.

NFKC alone is not enough: it keeps zero-width characters and most dashes apart, and turns the Korean vowel that people
type as a dash into another letter. Digits are also read out (공일공 다시 일이삼사) and drawn with letters (O1O, ㅇ1ㅇ).
"""

import re
import sys
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipelines.core.tables import kept_table

MASK = "\ue000"
"""Stands for every character of a placeholder, and of what has been found already; no pattern matches it."""

_DASHES = "\u00af\u02d7\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212\u2500\u2501\u30fc\u3161\uffda\ufe58\ufe63"
_DOTS = "\u00b7\u2022\u2024\u2027\u2219\u22c5\u30fb\u318d\u3002\uff61"
# Blank, but letters or symbols by their property.
_FILLERS = "\u115f\u1160\u2800\u3164\uffa0"
_PLACEHOLDER = re.compile(r"\[[A-Z][A-Z_]{2,20}\]")

SPELLED = "공영일이삼사오육륙칠팔구〇一二三四五六七八九"
"""Syllables that digits are read out with."""
RARE_SPELLED = "공영육륙칠팔구〇一二三四五六七八九"
"""Those of them that are rare in other words; hardly a number is without one."""
LOOKALIKES = "OoIlㅇ"
_RARE = re.compile(f"[{RARE_SPELLED}]")
_DIGIT_OF = dict(zip(SPELLED, "0012345667890123456789", strict=True))
_READ_DASH = "다시|에"
_SPELLED_RUN = re.compile(
    rf"[{SPELLED}0-9](?:(?: ?(?:{_READ_DASH}|[-./]) ?| )?[{SPELLED}0-9]){{6,39}}",
)
# A syllable beside a written digit may be the end of a word or a particle, but for 공1공.
_SPELLED_PART = re.compile(
    rf"(?<![0-9{SPELLED}])[{SPELLED}]{{3,}}(?![0-9{SPELLED}])|(?<![가-힣])[공영](?=[0-9][공영])|(?<=[공영][0-9])[공영]"
)
_ALL_SPELLED, _WRITTEN = re.compile(f"[{SPELLED}]+"), re.compile("[0-9]")
_READ_DASH_PART = re.compile(rf" ?(?:{_READ_DASH}) ?")
_LOOKALIKE_RUN = re.compile(rf"(?<![0-9A-Za-z])[0-9{LOOKALIKES}](?:[-. ]?[0-9{LOOKALIKES}]){{8,19}}(?![0-9A-Za-z])")
_LOOKALIKES = str.maketrans(LOOKALIKES, "00110")
RAISED = "²³¹⁰⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉①②③④⑤⑥⑦⑧⑨⓪⓿❶❷❸❹❺❻❼❽❾"
"""Digits that are also bullets, powers and notes, so that one alone belongs to no number."""
_RAISED_RUN = re.compile(rf"[{RAISED}](?:[-./ ()]{{0,3}}[{RAISED}]){{6,39}}")
_LOOKALIKE_LETTER = re.compile(rf"[{LOOKALIKES}][-. ]?[0-9]|[0-9][-. ]?[{LOOKALIKES}]")
_DIGITS_OF_LOOKALIKES = 6  # so many have to be real ones
_DIGITS_AND_PARTICLE = {12, 14, 17}

_KEPT = -1


@kept_table
def _codes() -> NDArray[np.int32]:
    """For every code point the one that is seen in its place, 0 for none, ``_KEPT`` for itself."""
    table = np.full(sys.maxunicode + 1, _KEPT, np.int32)
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
    for characters, seen in ((_DASHES, "-"), (_DOTS, "."), ("\t", " "), (_FILLERS, "")):
        for character in characters:
            table[ord(character)] = ord(seen) if seen else 0
    return table


def _table() -> dict[int, str]:
    codes = _codes()
    return {code: chr(codes[code]) if codes[code] else "" for code in np.flatnonzero(codes != _KEPT).tolist()}


def _character_class(codes: dict[int, str]) -> re.Pattern[str]:
    ranges: list[list[int]] = []
    for code in sorted(codes):
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return re.compile("[" + "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in ranges) + "]")


FOLD = _table()
"""Code point to the one character, or to none, that the patterns see in its place; all others stay as they are."""
_FOLDED = _character_class(FOLD | dict.fromkeys(range(0x1100, 0x1113), ""))
_JAMO = re.compile("[\u1100-\u1112][\u1161-\u1175][\u11a8-\u11c2]?")
"""A syllable in the three letters that it is decomposed to (NFD)."""


class Folded(NamedTuple):
    """Folded text, the original offset of each of its characters (None where every offset is its own), and whether
    digits stand in it for what the gate does not count as one."""

    text: str
    original: NDArray[np.int64] | None
    rewritten: bool


def fold(text: str) -> Folded:
    """``text`` as the patterns see it."""
    if "[" in text:
        text = _PLACEHOLDER.sub(lambda match: MASK * len(match[0]), text)
    characters: list[str] | None = None
    folded = text
    if _FOLDED.search(text):
        characters = [FOLD.get(ord(character), character) for character in text]
        for syllable in _JAMO.finditer(text):
            start, end = syllable.span()
            characters[start:end] = [unicodedata.normalize("NFC", syllable[0]), *("",) * (end - start - 1)]
        folded = "".join(characters)
    numbers = {place: digit for rule in _NUMBERS for place, digit in rule(folded)}
    if numbers:
        characters = list(text) if characters is None else characters
        seen = [place for place, character in enumerate(characters) if character]
        for place, digit in numbers.items():
            characters[seen[place]] = digit
        folded = "".join(characters)
    if characters is None or len(folded) == len(text):
        return Folded(folded, None, bool(numbers))
    return Folded(folded, np.flatnonzero([bool(character) for character in characters]), bool(numbers))


def end_of_syllable(text: str, end: int) -> int:
    """Where the syllable ends whose first letter ends at ``end``, if it is decomposed; else ``end``."""
    syllable = _JAMO.match(text, end - 1)
    return syllable.end() if syllable else end


def _read_out(folded: str) -> Iterator[tuple[int, str]]:
    """Places of digits and dashes that are read out, and what is put there: of a dash, one character for all."""
    for run in _SPELLED_RUN.finditer(folded) if _RARE.search(folded) else ():
        end = _without_particle(run)
        spelled = _SPELLED_PART if _WRITTEN.search(run[0]) else _ALL_SPELLED
        parts = list(spelled.finditer(folded, run.start(), end))
        for part in parts:
            yield from ((place, _DIGIT_OF[folded[place]]) for place in range(*part.span()))
        for dash in _READ_DASH_PART.finditer(folded, run.start(), end) if parts else ():
            yield dash.start(), "-"
            yield from ((place, "") for place in range(dash.start() + 1, dash.end()))


def _without_particle(run: re.Match[str]) -> int:
    """End of the digits: a last 이 is the particle where Hangul goes on, or where no number has so many digits."""
    if not run[0].endswith("이"):
        return run.end()
    following = run.string[run.end() : run.end() + 1]
    digits = sum(character in SPELLED or character.isdigit() for character in run[0])
    particle = "가" <= following <= "힣" or digits in _DIGITS_AND_PARTICLE
    return run.end() - particle


def _drawn(folded: str) -> Iterator[tuple[int, str]]:
    """Places of letters and jamo that are drawn like digits, within a number, and the digits."""
    for run in _LOOKALIKE_RUN.finditer(folded) if _LOOKALIKE_LETTER.search(folded) else ():
        if sum(map(str.isdigit, run[0])) >= _DIGITS_OF_LOOKALIKES:
            yield from ((place, folded[place].translate(_LOOKALIKES)) for place in range(*run.span()))


def _raised(folded: str) -> Iterator[tuple[int, str]]:
    """Places of digits in circles, or above or below the line, where they make a number, and the digits."""
    for run in _RAISED_RUN.finditer(folded):
        for place in range(*run.span()):
            if folded[place] in RAISED:
                yield place, str(unicodedata.digit(folded[place]))


_NUMBERS = (_read_out, _drawn, _raised)
