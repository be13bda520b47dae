"""US social security number: area 3, group 2, serial 4; no area 000, 666 or 9xx, no zeros alone (20 CFR 422.103)."""

import re
from random import Random

from pipelines.privacy.digit_groups import ORDER_DENIALS, dashed_groups, written_apart
from pipelines.privacy.kind import Found, Kind, Shape
from pipelines.privacy.surrogates import Derive, digits_of, written_like

_SEPARATOR = r"[-./ \n]{0,3}"
_GROUPS = (3, 2, 4)
_SEPARATED = re.compile(r"[0-9]{3} ?([-./]) ?[0-9]{2} ?\1 ?[0-9]{4}|[0-9]{3}(?:\n[0-9]{2}-|-[0-9]{2}\n)[0-9]{4}")
_SPACED = re.compile("[0-9]{3} [0-9]{2} [0-9]{4}")
_CUED_REACH = 24
_WORDS = ("SSN", "SSN:", "social security number", "social security number is", "사회보장번호")


def _check(found: Found) -> float:
    """The grouping makes the shape; with spaces it is also a row of a table, unless the text is English."""
    area, group, serial = found.digits[:3], found.digits[3:5], found.digits[5:]
    if area in ("000", "666") or group == "00" or serial == "0000" or found.counted or found.fraction:
        return 0.0
    if found.cue is not None and found.cue <= _CUED_REACH:
        return found.confidence(checked=found.named)
    bare = _SEPARATED.fullmatch(found.value) or (found.language == "en" and _SPACED.fullmatch(found.value))
    if (
        not (bare or dashed_groups(found) == _GROUPS)
        or found.denied
        or re.search(r"[0-9][-./ ]\Z", found.before)
        or re.match(r"[-./ ][0-9]", found.after)
    ):
        return 0.0
    return 0.5


def _draw(random: Random) -> str:
    area = random.choice([area for area in range(1, 900) if area != 666])
    digits = f"{area:03}", f"{random.randrange(1, 100):02}", f"{random.randrange(1, 10_000):04}"
    if random.random() < 0.3:
        return "-".join(digits)
    return f"{random.choice(_WORDS)} {random.choice(('-', '-', ' ', '')).join(digits)}"


_UNUSED_AREA = "666"


def _surrogate(value: str, derive: Derive) -> str | None:
    """A number of area 666, which is given to nobody (SSA, POMS RM 10201.035)."""
    digits = digits_of(value)
    if len(digits) != sum(_GROUPS) or digits.startswith(_UNUSED_AREA):
        return value if len(digits) == sum(_GROUPS) else None
    return written_like(value, _UNUSED_AREA + derive(digits).digits_like(digits[3:]))


KIND = Kind(
    name="social_security",
    patterns=(
        re.compile(
            rf"[0-8](?:(?<![0-9A-Za-z].)(?<![0-9]-.)[0-9]{{2}}{_SEPARATOR}[0-9]{{2}}{_SEPARATOR}[0-9]{{4}}"
            rf"(?![0-9A-Za-z])(?!-[0-9])|{written_apart('[0-9]{8}')})"
        ),
    ),
    check=_check,
    shapes=Shape.DIGITS,
    run=4,
    digits=9,
    cues=("SSN", "social security", "social-security", "soc sec", "SS#", "사회보장번호", "사회 보장 번호"),
    denials=(
        *ORDER_DENIALS,
        *("사업자", "등록번호", "법인", "계좌", "은행", "입금", "전화", "연락처", "팩스", "휴대폰", "학번", "우편"),
        *("BRN", "account", "phone", "tel", "fax", "call", "part", "model", "sku", "case", "zip"),
    ),
    examples=(
        "Here's my SSN: «460-89-9847»",
        "His social security number is «853-37-1694».",
        "«123-45-6789»",
        "SSN «123456789» on file",
        "SSN «123 45 6789»",
        "사회보장번호는 «219–46–1234»입니다",
        "SSN «２１９－４６－１２３４»로 신고",
        "social security number: «219.46.1234»",
        "SSN «219-46-\n1234»",
        "SSN «2 1 9 4 6 1 2 3 4»",
        "«2 1 9 - 4 6 - 1 2 3 4», «219.46.1234» and «219 / 46 / 1234»",
    ),
    traps=(
        "000-45-6789",
        "SSN 666-45-6789",
        "SSN 912-45-6789",
        "SSN 123-00-6789",
        "SSN 123-45-0000",
        "123456789",
        "SSN 123-45-67890",
        "124-81-00998",
        "사업자등록번호 110-81-4127",
        "02-123-4567",
        "010-1234-5678",
        "주문번호 123-45-6789",
        "part number 123-45-6789",
        "ZIP 12345-6789",
        "123-45-6789-1",
        "social security costs 123456789 dollars",
        "100 20 3000 40",
        "2 1 9 4 6 1 2 3 4",
    ),
    draw=_draw,
    surrogate=_surrogate,
)
