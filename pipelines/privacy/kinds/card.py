"""Payment card number: 12 to 19 digits by scheme, with a Luhn check digit (ISO/IEC 7812-1).

So much of a half-masked number (1234-56**-****-7890) is left that it is replaced as well.
"""

import re
from random import Random

from pipelines.privacy.digit_groups import ORDER_DENIALS, dashed_groups, is_apart, written_apart
from pipelines.privacy.drawing import fill
from pipelines.privacy.kind import Found, Kind, Shape
from pipelines.privacy.surrogates import Derive, digits_of, with_wrong_check, written_like

_GROUPINGS = ((4, 4, 4, 4), (4, 6, 5), (4, 6, 4), (4, 4, 5), (6, 13), (6, 10))
_LONGEST_GROUPING = (4, 4, 4, 4, 3)  # of its own, since three digits behind a number may also be its security code
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
# Looked at behind the first digit, so that the engine skips to the next one.
_BEFORE, _END = r"(?<![0-9A-Za-z].)(?<![0-9]-.)", r"(?![0-9A-Za-z])(?!-[0-9])"
_START = f"[0-9]{_BEFORE}"
_SEPARATOR = r"[-./ \n]{1,3}"
_HIDDEN = r"[0-9*Xx]"
_MASKED = re.compile(
    rf"{_START}(?<!\*.)[0-9]{{3}}(?=[-. 0-9]{{0,12}}[*Xx])"
    rf"(?:([-. ]?){_HIDDEN}{{4}}\1{_HIDDEN}{{4}}\1{_HIDDEN}{{3,4}}|([-. ]){_HIDDEN}{{6}}\2{_HIDDEN}{{5}})"
    r"(?![0-9A-Za-z*])"
)
_MASK_LITERALS = ("XXXX", "xxxx", "＊＊＊＊", "* ****", *(f"****{after}" for after in "-–－ㅡ0123456789"))
_MASK_REACH = 11
_DIGITS_OPEN = re.compile("[0-9]{4}[-. ]?[0-9]{4}")
_MASK_OPENS = re.compile(r"XXXX|xxxx|\* \*{4}|\*{4}[-0-9]")
_DIGITS_LEFT = range(8, 13)
_LAYOUTS = (
    *("4###-####-####-###C", "4###-####-####-###C", "5###-####-####-###C", "9###-####-####-###C", "34##-######-####C"),
    *("4### #### #### ###C", "4##############C", "5##############C", "####-##**-****-####", "####-****-****-####"),
)
_WORDS = ("카드번호", "카드번호:", "신용카드", "체크카드", "card number", "my card is")


def luhn_valid(digits: str) -> bool:
    """Whether the last digit is the Luhn check digit of those before it."""
    total = 0
    for position, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + position % 2)
        total += value - 9 * (value > 9)
    return total % 10 == 0


def _check(found: Found) -> float:
    if any(mask in found.value for mask in "*Xx"):
        return _masked(found)
    digits, grouped = found.digits, len(found.groups) > 1
    prefix = _PREFIXES[len(digits)]
    if not prefix.match(digits) or not luhn_valid(digits) or found.counted or found.fraction:
        return 0.0
    if is_apart(found):
        grouped = dashed_groups(found) in _GROUPINGS
    weak = len(digits) == 12 or (digits[0] == "9" and not grouped) or (found.denied and not grouped)
    weak |= is_apart(found) and not grouped
    if found.cue is None and weak:
        return 0.0
    return found.confidence(checked=True)


def _masked(found: Found) -> float:
    """Run together, letters for what is hidden are also a pattern for numbers in general."""
    opened = max((place.start() + 1 for place in _MASK_OPENS.finditer(found.value)), default=-_MASK_REACH)
    seen_by_gate = _DIGITS_OPEN.search(found.value) is not None or opened + _MASK_REACH > len(found.value)
    if len(found.digits) not in _DIGITS_LEFT or not seen_by_gate:
        return 0.0
    weak = found.denied or ("*" not in found.value and found.value.isalnum())
    return 0.0 if weak and found.cue is None else found.confidence(checked=False)


def _draw(random: Random) -> str:
    layout = random.choice(_LAYOUTS)
    number = fill(layout, random)
    digits = re.sub("[^0-9]", "", number)
    check = next(check for check in "0123456789" if luhn_valid(digits + check))
    value = number.replace("C", check)
    return value if random.random() < 0.5 else f"{random.choice(_WORDS)} {value}"


def _grouped(*groupings: tuple[int, ...]) -> re.Pattern[str]:
    digits = (_SEPARATOR.join(f"[0-9]{{{size}}}" for size in (first - 1, *others)) for first, *others in groupings)
    return re.compile(f"{_START}(?:{'|'.join(digits)}){_END}")


def _surrogate(value: str, derive: Derive) -> str | None:
    """A number with a wrong check digit, so of no card (ISO/IEC 7812-1); the industry, its first digit, stays."""
    digits = digits_of(value)
    if any(mask in value for mask in "*Xx"):
        return None
    if not luhn_valid(digits):
        return value
    return written_like(value, with_wrong_check(digits[0], digits, derive(digits), luhn_valid))


KIND = Kind(
    name="card",
    patterns=(
        re.compile(f"[0-9](?:{_BEFORE}[0-9]{{11,18}}{_END}|{written_apart('[0-9]{11,18}')})"),
        _grouped(*_GROUPINGS),
        _grouped(_LONGEST_GROUPING),
        _MASKED,
    ),
    check=_check,
    reach=_MASK_REACH,
    shapes=Shape.DIGITS,
    run=4,
    digits=12,
    literals=_MASK_LITERALS,
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
        "카드 «1234-56**-****-7890»로 결제",
        "«4111-****-****-1111» 승인",
        "카드번호 «411111******1111»이고",
        "card «4111 XXXX XXXX 1111».",
        "«３７８２－＊＊＊＊＊＊－１０００５»",
        "카드번호 «4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1»",
        "«4 1 1 1 - 1 1 1 1 - 1 1 1 1 - 1 1 1 1»로",
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
        "****-****-****-1111",
        "4111-****-****-****",
        "주문번호 4111-****-****-1111",
        "4111XXXXXXXX1111",
        "010-****-1234",
        "**** 2019 ****",
        "4111-11**-**11-1111",
        "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1",
        "카드 4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1",
    ),
    draw=_draw,
    surrogate=_surrogate,
)
