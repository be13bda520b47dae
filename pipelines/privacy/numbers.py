"""Digits that are not written as such, within text that is folded otherwise, and the digits in their stead.

They are read out (공일공 다시 일이삼사), drawn with letters (O1O, ㅇ1ㅇ) or raised (①, ²), and strokes that also mean a
range (~, _) stand between them. Each rule yields places and what is seen there: a digit, a dash, a space or nothing.
"""

import re
import unicodedata
from collections.abc import Iterator

READ_OUT, DRAWN, MARKED, STROKED = 1, 2, 4, 8
"""What may be unwritten, as bits: digits read out, drawn with letters or raised, strokes within numbers."""
EVERYTHING = READ_OUT | DRAWN | MARKED | STROKED

SPELLED = "공영일이삼사오육륙칠팔구〇一二三四五六七八九"
"""Syllables that digits are read out with."""
RARE_SPELLED = "공영육륙칠팔구〇一二三四五六七八九"
"""Those of them that are rare in other words; hardly a number is without one."""
LOOKALIKES = "OoIlㅇ"
"""Letters that are drawn like digits."""
RAISED = "²³¹⁰⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉①②③④⑤⑥⑦⑧⑨⓪⓿❶❷❸❹❺❻❼❽❾"
"""Digits that are also bullets, powers and notes, so that one alone belongs to no number."""
STROKES = "~_\u301c\u1173一"
"""What stands for a dash although it mostly means something else."""

READ_BETWEEN = "다시에-./() "
"""What stands between two digits that are read out or drawn, at most four of it."""
FEWEST_DIGITS = 7
"""So many make a number of which some are read out, or drawn."""
FEWEST_SPELLED = 3
"""So many of them are read out, unless one of them is zero."""
ZEROS = "공영"

_RARE = re.compile(f"[{RARE_SPELLED}]")
_DIGIT_OF = dict(zip(SPELLED, "0012345667890123456789", strict=True))
_READ_DASH = "다시|에"
_READ_GAP = rf"(?: ?(?:{_READ_DASH}|[-./()]) ?| )"
_SPELLED_RUN = re.compile(rf"[{SPELLED}0-9](?:{_READ_GAP}?[{SPELLED}0-9]){{6,39}}")
_COMMON_SPELLED = re.compile(f"[{''.join(sorted(set(SPELLED) - set(RARE_SPELLED)))}]{{3}}")
# A syllable beside a written digit may be the end of a word or a particle, but for 공1공.
_SPELLED_PART = re.compile(
    rf"(?<![0-9{SPELLED}])[{SPELLED}]{{{FEWEST_SPELLED},}}(?![0-9{SPELLED}])"
    rf"|(?<![가-힣])[{ZEROS}](?=[0-9][{ZEROS}])|(?<=[{ZEROS}][0-9])[{ZEROS}]"
)
_ALL_SPELLED, _WRITTEN = re.compile(f"[{SPELLED}]+"), re.compile("[0-9]")
_READ_DASH_PART = re.compile(rf" ?(?:{_READ_DASH}) ?")
# A telephone number, six digits of a date and seven, a card.
_COMPLETE = re.compile(r"0[0-9]{10}|[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{7}|[3-9][0-9]{15}")

_DRAWN_GAP = "[-./() ]{0,3}"
_DRAWN_RUN = re.compile(rf"(?<![0-9A-Za-z])[0-9{LOOKALIKES}](?:{_DRAWN_GAP}[0-9{LOOKALIKES}]){{6,19}}(?![0-9A-Za-z])")
_DRAWN_LETTER = re.compile(
    rf"[{LOOKALIKES}](?:(?={_DRAWN_GAP}[0-9])|(?<=[0-9].)|(?<=[0-9][-./() ].)|(?<=[0-9][-./() ]{{2}}.))"
)
_FIRST_LETTERS = re.compile(rf"([{LOOKALIKES}])\1*[.) ]")
_LAST_LETTERS = re.compile(rf"[.( ]([{LOOKALIKES}])\1*\Z")
_LOOKALIKE = re.compile(f"[{LOOKALIKES}]")
_DIGIT_DRAWN = dict(zip(LOOKALIKES, "00110", strict=True))
_DIGITS_WRITTEN = 4  # so many have to be real ones

_RAISED_RUN = re.compile(rf"[{RAISED}](?:[-./ ()]{{0,3}}[{RAISED}]){{6,39}}")
_NOTE = re.compile(f"[{RAISED}]")
_NOTES = re.compile(f"(?<=[0-9A-Za-z])(?P<between>[{RAISED}]+)(?=[0-9A-Za-z])|[{RAISED}]+")

_STROKE = re.compile(f"[{STROKES}](?<=[0-9 ].) ?[0-9]")
# Between numbers of one length, or of a few digits, a stroke means a range; twice the same one does not.
_STROKED = re.compile(
    rf"(?<![0-9A-Za-z{STROKES}])(?<![0-9][-.,:/])(?:"
    rf"[0-9]{{1,6}} ?(?P<stroke>[{STROKES}]) ?[0-9]{{2,7}}(?: ?(?P=stroke) ?[0-9]{{1,7}}){{1,4}}"
    rf"|[0-9]{{6}} ?[{STROKES}] ?[0-9](?:[0-9]{{6}}|[0-9]{{0,5}}\*{{2,7}})|[1-9][{STROKES}][0-9]{{10}}"
    rf"|0[0-9]{{1,3}}[-./) ]{{1,2}}[0-9]{{3,4}}[{STROKES}][0-9]{{4}}"
    rf")(?![0-9A-Za-z{STROKES}])(?![-.,:/][0-9])"
)
_DIGITS_STROKED = 9


def unwritten(folded: str, what: int = EVERYTHING) -> dict[int, str]:
    """Places in ``folded`` where something else is seen, and what: one character, or none. ``what`` may be there."""
    rules = (rule for rule, bit in _RULES if what & bit)
    return {place: seen for rule in rules for place, seen in rule(folded)}


def _read_out(folded: str) -> Iterator[tuple[int, str]]:
    """Digits that are read out, and dashes: of a dash, one character for all."""
    known = _RARE.search(folded) or _COMMON_SPELLED.search(folded)
    for run in _SPELLED_RUN.finditer(folded) if known else ():
        end = _without_particle(run)
        spelled = _SPELLED_PART if _WRITTEN.search(run[0]) else _ALL_SPELLED
        parts = list(spelled.finditer(folded, run.start(), end))
        for part in parts:
            yield from ((place, _DIGIT_OF[folded[place]]) for place in range(*part.span()))
        for dash in _READ_DASH_PART.finditer(folded, run.start(), end) if parts else ():
            yield dash.start(), "-"
            yield from ((place, "") for place in range(dash.start() + 1, dash.end()))


def _without_particle(run: re.Match[str]) -> int:
    """End of the digits: a last 이 is the particle where Hangul goes on, or where a number ends before it."""
    if not run[0].endswith("이"):
        return run.end()
    following = run.string[run.end() : run.end() + 1]
    digits = "".join(_DIGIT_OF.get(character, character) for character in run[0][:-1])
    particle = "가" <= following <= "힣" or _COMPLETE.fullmatch(re.sub("[^0-9]", "", digits)) is not None
    return run.end() - particle


def _drawn(folded: str) -> Iterator[tuple[int, str]]:
    """Letters and jamo that are drawn like digits, within a number."""
    for run in _DRAWN_RUN.finditer(folded) if _DRAWN_LETTER.search(folded) else ():
        start, end = _without_outer_letters(run)
        if sum(map(str.isdigit, run[0])) >= _DIGITS_WRITTEN:
            yield from (
                (place, _DIGIT_DRAWN[folded[place]]) for place in range(start, end) if folded[place] in LOOKALIKES
            )


def _without_outer_letters(run: re.Match[str]) -> tuple[int, int]:
    """Where the digits are: letters of one sort apart from them are words (I 555 1234, ㅇㅇ 010) if no others are."""
    first, last = _FIRST_LETTERS.match(run[0]), _LAST_LETTERS.search(run[0])
    start = run.start() + (first.end() if first else 0)
    end = run.start() + last.start() if last else run.end()
    return run.span() if _LOOKALIKE.search(run.string, start, end) else (start, end)


def _raised(folded: str) -> Iterator[tuple[int, str]]:
    """Digits in circles, or above or below the line: of a number, the digits; else a mark that is not seen.

    Between two letters or digits it is seen as a space, so that two values stay two.
    """
    seen: dict[int, str] = {}
    for notes in _NOTES.finditer(folded):
        seen_there = " " if notes.lastgroup else ""
        for place in range(*notes.span()):
            seen[place] = seen_there
    for run in _RAISED_RUN.finditer(folded):
        for mark in _NOTE.finditer(folded, *run.span()):
            seen[mark.start()] = str(unicodedata.digit(mark[0]))
    return iter(seen.items())


def _stroked(folded: str) -> Iterator[tuple[int, str]]:
    """Strokes between groups of digits that make a number, and no range of numbers."""
    for run in _STROKED.finditer(folded) if _STROKE.search(folded) else ():
        if sum(map(str.isdigit, run[0])) >= _DIGITS_STROKED:
            yield from ((place, "-") for place in range(*run.span()) if folded[place] in STROKES)


_RULES = ((_read_out, READ_OUT), (_drawn, DRAWN), (_raised, MARKED), (_stroked, STROKED))
