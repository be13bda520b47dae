"""Driver's licence number (운전면허): region 11-26 or 28, or its name in old ones, year 2, serial 6, last 2."""

import re

from pipelines.privacy.kind import Found, Kind, Shape
from pipelines.privacy.registration import ORDER_DENIALS

_REGIONS = "서울|부산|경기|강원|충북|충남|전북|전남|경북|경남|제주|대구|인천|광주|대전|울산"
_SEPARATOR = r"[-./ \n]{0,3}"
_START, _END = r"(?<![0-9A-Za-z])(?<![0-9]-)", r"(?![0-9A-Za-z])(?!-[0-9])"
_REST = rf"{_SEPARATOR}[0-9]{{6}}{_SEPARATOR}[0-9]{{2}}"


def _check(found: Found) -> float:
    """The full grouping with a valid region is a shape of its own; run together, the digits need a word."""
    named = not found.value[0].isdigit()
    grouped = found.groups in ((2, 2, 6, 2), (2, 6, 2))
    if found.cue is None and (not grouped or found.denied or (named and "-" not in found.value)):
        return 0.0
    return found.confidence(checked=False)


KIND = Kind(
    name="driver_licence",
    patterns=(
        re.compile(rf"{_START}(?:1[1-9]|2[0-68]){_SEPARATOR}[0-9]{{2}}{_REST}{_END}"),
        re.compile(rf"(?:{_REGIONS})[- ]{{0,2}}[0-9]{{2}}{_REST}{_END}"),
    ),
    check=_check,
    shapes=Shape.DIGITS,
    cues=("운전면허", "면허번호", "면허증", "면허", "licence", "license", "DL"),
    denials=(*ORDER_DENIALS, "계좌", "account"),
    examples=(
        "운전면허번호 «11-22-123456-12»로",
        "«28 22 123456 12»",
        "My license is «13-22-123456-12»",
        "면허번호 «112212345612»",
        "옛 면허 «서울 12-123456-01»이 있다",
        "«경기 99-123456-10»",
        "면허번호는 «１１－２２－１２３４５６－１２»",
    ),
    traps=(
        "99-22-123456-12",
        "112212345612",
        "202301011234",
        "11-22-12345-12",
        "11-22-123456-1",
        "111-22-123456-12",
        "11-22-123456-123",
        "서울 12 123456 01",
        "주문번호 11-22-123456-12",
    ),
)
