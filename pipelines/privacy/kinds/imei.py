"""Identity of a mobile device (IMEI): type 8, serial 6, Luhn check digit (3GPP TS 23.003), with a word that says so."""

import re
from random import Random

from pipelines.privacy.digit_groups import written_apart
from pipelines.privacy.drawing import fill
from pipelines.privacy.kind import Found, Kind, Shape
from pipelines.privacy.kinds.card import luhn_valid
from pipelines.privacy.surrogates import Derive, digits_of, with_wrong_check, written_like

# Looked at behind the first character of a value, so that the engine skips to the next one that can be.
_START, _END = r"(?<![0-9A-Za-z].)(?<![0-9]-.)", r"(?![0-9A-Za-z])(?!-[0-9])"
_SEPARATOR = r"[-./ \n]{0,3}"
_FIRST_DIGITS = ("35", "86", "99", "01")
_WORDS = ("IMEI", "IMEI:", "IMEI 번호는", "단말기 식별번호", "단말기 일련번호", "기기 일련번호", "the IMEI number is")


def _check(found: Found) -> float:
    valid = luhn_valid(found.digits) and found.digits.strip("0") != ""
    if found.cue is None or not valid or found.counted or found.fraction:
        return 0.0
    return found.confidence(checked=True)


def _draw(random: Random) -> str:
    body = random.choice(_FIRST_DIGITS) + fill("############", random)
    digits = next(body + check for check in "0123456789" if luhn_valid(body + check))
    dashed = f"{digits[:2]}-{digits[2:8]}-{digits[8:14]}-{digits[14]}"
    return f"{random.choice(_WORDS)} {random.choice((digits, digits, dashed))}"


def _surrogate(value: str, derive: Derive) -> str | None:
    """A number with a wrong check digit, so of no device (3GPP TS 23.003, annex B)."""
    digits = digits_of(value)
    if len(digits) != 15 or not luhn_valid(digits):
        return value if len(digits) == 15 else None
    return written_like(value, with_wrong_check("", digits, derive(digits), luhn_valid))


_PATTERN = re.compile(
    rf"[0-9](?:{_START}[0-9](?:{_SEPARATOR}[0-9]{{6}}{_SEPARATOR}[0-9]{{6}}|[0-9]{{4}}{_SEPARATOR}[0-9]{{2}}"
    rf"{_SEPARATOR}[0-9]{{6}}){_SEPARATOR}[0-9]{_END}|{written_apart('[0-9]{14}')})"
)


KIND = Kind(
    name="imei",
    patterns=(_PATTERN,),
    cued_patterns=((_PATTERN, None),),
    check=_check,
    shapes=Shape.DIGITS,
    run=6,
    digits=15,
    cues=(
        *("IMEI", "IMEI1", "IMEI2", "단말기 식별번호", "단말기식별번호", "단말기 고유번호", "단말기고유번호"),
        *("단말기 일련번호", "단말기일련번호", "단말기 번호", "단말기번호", "기기 일련번호", "기기일련번호"),
        *("기기 식별번호", "기기식별번호", "기기 고유번호", "기기고유번호", "단말식별번호", "device id", "handset id"),
    ),
    examples=(
        "IMEI «490154203237518»",
        "IMEI 번호는 «35-209900-176148-1»입니다",
        "단말기 식별번호: «490154203237518»로 등록",
        "기기 일련번호 «４９０１５４２０３２３７５１８»에서",
        "The IMEI is «49 015420 323751 8».",
        "imei=«352099001761481»",
        "IMEI1: «490154203237518», IMEI2: «352099001761481»",
        "단말기고유번호 «352099-00-176148-1»이고",
        "«490154203237518» (IMEI)",
        "IMEI «4 9 0 1 5 4 2 0 3 2 3 7 5 1 8»",
    ),
    traps=(
        "490154203237518",
        "IMEI 490154203237517",
        "IMEI 49015420323751",
        "IMEI 4901542032375180",
        "주문번호 490154203237518",
        "IMEI 000000000000000",
        "단말기 가격 490154203237518원",
        "IMEI는 15자리이다. 2019-01-02",
        "일련번호 490154203237518",
        "IMEI 4 9 0 1 5 4 2 0 3 2 3 7 5 1 7",
    ),
    draw=_draw,
    surrogate=_surrogate,
)
