"""Business registration number (사업자등록번호): tax office 3, type of taxpayer 2, serial 4, check 1.

Sole traders and companies are both replaced. The middle pair tells them apart (81 to 88 are companies and bodies), but
the number of a small company leads to the one person behind it.
"""

import re
from random import Random

from pipelines.privacy.digit_groups import ORDER_DENIALS, dashed_groups
from pipelines.privacy.kind import Found, Kind, Shape
from pipelines.privacy.surrogates import Derive, digits_of, with_wrong_check, written_like

_GROUPS = (3, 2, 5)
_WEIGHTS = (1, 3, 7, 1, 3, 7, 1, 3, 5)
_APART_START = r"(?<![0-9A-Za-z])(?<![0-9][-. ])(?<![0-9][-. ]{2})(?<![0-9][-. ]{3})"
_APART_END = r"(?![0-9A-Za-z])(?![-. ]{1,3}[0-9])"


def business_check_digit(digits: str) -> int:
    """Last digit: weights on the first nine, plus the tens of five times the ninth (National Tax Service)."""
    total = sum(int(digit) * weight for digit, weight in zip(digits, _WEIGHTS, strict=False))
    return -(total + int(digits[8]) * 5 // 10) % 10


def _check(found: Found) -> float:
    digits = found.digits
    valid = int(digits[-1]) == business_check_digit(digits)
    if (
        not valid
        or int(digits[:3]) < 101
        or digits[3:5] == "00"
        or digits[5:9] == "0000"
        or found.counted
        or found.fraction
    ):
        return 0.0
    if found.cue is not None:
        return found.confidence(checked=True)
    if found.denied:
        return 0.0
    return found.confidence(checked=True) if _grouped(found) else 0.5 * _alone(found)


def _grouped(found: Found) -> bool:
    """Whether separators make the groups; lines alone are also a column of numbers."""
    columns = "\n" in found.value and "-" not in found.value
    return dashed_groups(found) == _GROUPS or (found.groups == _GROUPS and not columns)


def _alone(found: Found) -> bool:
    """Whether the digits stand alone in prose; those of a time in seconds begin with 1, and one row in ten is valid."""
    return found.value.isdigit() and found.value[0] != "1" and not found.in_path


def _draw(random: Random) -> str:
    digits = f"{random.randrange(101, 900)}{random.randrange(1, 100):02d}{random.randrange(1, 10_000):04d}"
    digits += str(business_check_digit(digits))
    if random.random() < 0.1:
        return f"사업자등록번호 {digits}"
    return f"{digits[:3]}-{digits[3:5]}-{digits[5:]}"


def _valid(digits: str) -> bool:
    return int(digits[-1]) == business_check_digit(digits)


def _surrogate(value: str, derive: Derive) -> str | None:
    """A number with a wrong check digit, which the tax service gives to nobody; the type of taxpayer stays."""
    digits = digits_of(value)
    if len(digits) != sum(_GROUPS):
        return None
    if not _valid(digits):
        return value
    draws = derive(digits)
    return written_like(value, with_wrong_check(draws.digits(3) + digits[3:5], digits, draws, _valid))


KIND = Kind(
    name="business_number",
    patterns=(
        re.compile(
            r"(?<![0-9A-Za-z])(?<![0-9]-)[0-9]{3}[-./ \n]{0,3}[0-9]{2}[-./ \n]{0,3}[0-9]{5}(?![0-9A-Za-z])(?!-[0-9])"
        ),
        re.compile(rf"{_APART_START}[0-9](?:[-. ]{{1,3}}[0-9]){{9}}{_APART_END}"),
    ),
    check=_check,
    shapes=Shape.DIGITS,
    run=5,
    digits=10,
    cues=("사업자등록번호", "사업자번호", "사업자", "등록번호", "business registration", "business number", "BRN"),
    denials=(*ORDER_DENIALS, "id", "uid", "code", "timestamp", "코드", "회원번호", "학번"),
    examples=(
        "사업자등록번호 «124-81-00998»로 등록",
        "«124-81-00998»",
        "My BRN is «1048656659»",
        "«317 - 81 - 11175»",
        "사업자번호: «１２４８１００９９８»",
        "사업자등록번호 «124 81 00998»입니다",
        "사업자등록번호 «1 2 4 - 8 1 - 0 0 9 9 8»",
        "사업자등록번호 «124-81-\n00998»",
        "«124.81.00998», «124 / 81 / 00998», «124 81 00998»",
        "우리 것은 «2208162517»이다",
    ),
    traps=(
        "124-81-00997",
        "1248100998",
        "110-81-4127",
        "110-81-412722",
        "주문번호 124-81-00998",
        "124-81-00998-1",
        "124\n81\n00998",
        "/goods/2208162517",
        "id 2208162517",
    ),
    draw=_draw,
    surrogate=_surrogate,
)
