"""Payment card number: 12 to 19 digits by scheme, with a Luhn check digit (ISO/IEC 7812-1)."""

import re

from pipelines.privacy.kind import Found, Kind, Shape
from pipelines.privacy.registration import ORDER_DENIALS

_GROUPINGS = ((4, 4, 4, 4), (4, 6, 5), (4, 6, 4), (4, 4, 4, 4, 3), (4, 4, 5), (6, 13), (6, 10))
_PREFIXES = {
    12: re.compile("50|5[6-8]|6"),
    13: re.compile("4"),
    14: re.compile("30[0-5]|309|36|38|39"),
    15: re.compile("3[47]|1800|2131"),
    16: re.compile("[2-69]|35"),
    17: re.compile("5[06-8]|6"),
    18: re.compile("5[06-8]|6"),
    19: re.compile("4|5[06-8]|6"),
}
_START, _END = r"(?<![0-9A-Za-z])(?<![0-9]-)", r"(?![0-9A-Za-z])(?!-[0-9])"
_SEPARATOR = r"[-./ \n]{1,3}"


def luhn_valid(digits: str) -> bool:
    """Whether the last digit is the Luhn check digit of those before it."""
    total = 0
    for position, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + position % 2)
        total += value - 9 * (value > 9)
    return total % 10 == 0


def _check(found: Found) -> float:
    digits, grouped = found.digits, len(found.groups) > 1
    prefix = _PREFIXES[len(digits)]
    if not prefix.match(digits) or not luhn_valid(digits) or found.counted or found.fraction:
        return 0.0
    weak = len(digits) == 12 or (digits[0] == "9" and not grouped) or (found.denied and not grouped)
    if found.cue is None and weak:
        return 0.0
    return found.confidence(checked=True)


def _grouped(sizes: tuple[int, ...]) -> re.Pattern[str]:
    return re.compile(_START + _SEPARATOR.join(f"[0-9]{{{size}}}" for size in sizes) + _END)


KIND = Kind(
    name="card",
    patterns=(re.compile(f"{_START}[0-9]{{12,19}}{_END}"), *map(_grouped, _GROUPINGS)),
    check=_check,
    shapes=Shape.DIGITS,
    cues=("카드번호", "카드", "신용카드", "체크카드", "card", "visa", "mastercard", "amex", "credit", "cc"),
    denials=ORDER_DENIALS,
    examples=(
        "카드번호는 «4111-1111-1111-1111»로 끝난다",
        "카드«4111111111111111»이고",
        "«4111 1111 1111 1111» 12/27 123",
        "카드 «３７８２－８２２４６３－１０００５»번",
        "국내 카드 «9411-1111-1111-1117»에서",
        "My card is «5555555555554444».",
        "«4111.1111.1111.1111»",
        "4111-1111-1111-1112가 아니라 «4111–1111–1111–1111»",
        "card «630427373398» or «501864667909»",
    ),
    traps=(
        "4111-1111-1111-1112",
        "주문번호 4111111111111111",
        "9411111111111117",
        "20190101123456",
        "2019010112345678",
        "1546300800000",
        "978-3-16-148410-0",
        "9783161484100",
        "4111111111111111원",
        "a4111111111111111",
        "1234 5678 9012 3456",
    ),
)
