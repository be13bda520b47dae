"""Corporate registration number (법인등록번호): registry 4, type 2, serial 6, check 1."""

import re
from random import Random

from pipelines.privacy.digit_groups import ORDER_DENIALS
from pipelines.privacy.drawing import fill
from pipelines.privacy.kind import Found, Kind, Shape
from pipelines.privacy.registration import COMPANY_CUES, is_date
from pipelines.privacy.surrogates import NEITHER, Derive, digits_of, written_like

_APART_START = r"(?<![0-9A-Za-z])(?<![0-9][-. ])(?<![0-9][-. ]{2})(?<![0-9][-. ]{3})"
_APART_END = r"(?![0-9A-Za-z])(?![-. ]{1,3}[0-9])"
_TYPES = {*range(11, 16), 21, 22, *range(31, 54), 71, *range(81, 87)}
_REGISTRIES = ("1101", "1101", "1101", "1301", "1201", "1801", "1701", "2001", "1601", "1348")
_WORDS = ("법인등록번호", "법인등록번호", "법인번호", "corporate registration number")


def corporate_check_digit(digits: str) -> int:
    """Last digit of a corporate number: weights 1 and 2 in turn on the first twelve, modulo ten."""
    return -sum(int(digit) * (1 + position % 2) for position, digit in enumerate(digits[:12])) % 10


def _check(found: Found) -> float:
    """A number that could be a person's is a company's only where a word says so.

    Numbers given from 2025 are said to have no check digit, so with such a word the check is not asked for.
    """
    valid = int(found.digits[-1]) == corporate_check_digit(found.digits)
    if int(found.digits[4:6]) not in _TYPES or found.denied or found.fraction:
        return 0.0
    if found.cue is None and (found.groups != (6, 7) or "\n" in found.value or not valid or is_date(found.digits)):
        return 0.0
    return found.confidence(checked=valid or found.named)


def _draw(random: Random) -> str:
    registry, kind = random.choice(_REGISTRIES), random.choice(("11", "11", "11", "14", "21", "22", "71"))
    digits = registry + kind + fill("0#####", random)
    return f"{random.choice(_WORDS)} {digits[:6]}-{digits[6:]}{corporate_check_digit(digits)}"


def _surrogate(value: str, derive: Derive) -> str:
    """A number of a type of corporation that there is not (Rules on the Registration Numbers of Corporations, table 2).

    The check digit says nothing: numbers given from 2025 are said to have none.
    """
    digits = digits_of(value)
    if int(digits[4:6]) in NEITHER:
        return value
    draws = derive(digits)
    return written_like(value, draws.digits(4) + str(draws.one_of(NEITHER)) + draws.digits_like(digits[6:]))


KIND = Kind(
    name="corporate_number",
    patterns=(
        re.compile(r"(?<![0-9])(?<![0-9]-)[0-9]{6}[-./ \n]{0,3}[0-9]{7}(?![0-9])(?!-[0-9])"),
        re.compile(rf"{_APART_START}[0-9](?:[-. ]{{1,3}}[0-9]){{12}}{_APART_END}"),
    ),
    check=_check,
    shapes=Shape.DIGITS,
    run=6,
    digits=13,
    cues=COMPANY_CUES,
    denials=ORDER_DENIALS,
    examples=(
        "법인등록번호 «130111-0006246»",
        "법인등록번호는 «110111-1234567»로",
        "주식회사 말모이(«110111-2345671»)",
        "corporate registration number «1301110006246»",
        "«134811-0000315»",
        "법인등록번호 «134811\n0000315»",
        "법인등록번호 «1 3 0 1 1 1 - 0 0 0 6 2 4 6»",
    ),
    traps=("134811-0000316", "주문번호 134811-0000315", "1348110000315"),
    draw=_draw,
    surrogate=_surrogate,
)
