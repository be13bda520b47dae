"""Passport number (여권번호), always with a word that says so: the bare shape is that of any part number."""

import re
from random import Random

from pipelines.privacy.drawing import fill
from pipelines.privacy.kind import Found, Kind, Shape

_WORDS = ("여권번호", "여권번호는", "여권번호:", "여권", "passport number", "passport no.")


def _check(found: Found) -> float:
    return 0.0 if found.cue is None else found.confidence(checked=False)


def _draw(random: Random) -> str:
    middle = random.choice((fill("#", random), random.choice("ABCDEFGHJKLMNPQRSTUVWXYZ")))
    return f"{random.choice(_WORDS)} {random.choice('MMMSROD')}{fill('###', random)}{middle}{fill('####', random)}"


_PATTERN = re.compile(
    # Folding reads the letter O before digits alone as a zero.
    r"(?<![0-9A-Za-z])(?:[A-Za-z][0-9]{3}[A-Za-z][0-9]{4}|[A-Za-z]{1,2}[- ]?[0-9]{7,8}|0[- ]?[0-9]{8})"
    r"(?![0-9A-Za-z])(?!-[0-9])"
)


KIND = Kind(
    name="passport",
    patterns=(_PATTERN,),
    cued_patterns=((_PATTERN, None),),
    check=_check,
    shapes=Shape.DIGITS,
    run=4,
    cues=("여권번호", "여권", "passport"),
    examples=(
        "여권번호는 «M12345678»이다",
        "여권번호는 «M123A4567»입니다",
        "My passport number is «m456B7890»",
        "The passport number of Gildong Hong is «M339A1414».",
        "대한민국 여권 «S87654321»",
        "«M87654321» (여권)",
        "passport «Ｍ１２３４５６７８»",
        "여권번호 «O12345678»",
    ),
    traps=("부품 M12345678", "M123A4567", "여권 A1B2C3", "여권 2019년 발급", "여권법 제12345678호"),
    draw=_draw,
)
