"""Driver's licence number (운전면허): region 11-26 or 28, or its name in old ones, year 2, serial 6, last 2.

Those of US states are up to two letters and 7 to 14 digits, or groups of them (AAMVA), which need a word right before.
"""

import re
from random import Random

from pipelines.privacy.digit_groups import ORDER_DENIALS, is_apart, written_apart
from pipelines.privacy.drawing import fill
from pipelines.privacy.kind import Found, Kind, Shape
from pipelines.privacy.surrogates import Derive, digits_of, written_like

_REGIONS = "서울|부산|경기|강원|충북|충남|전북|전남|경북|경남|제주|대구|인천|광주|대전|울산"
_SEPARATOR = r"[-./ \n]{0,3}"
# Looked at behind the first digit, so that the engine skips to the next one.
_START, _END = r"(?<![0-9A-Za-z].)(?<![0-9]-.)", r"(?![0-9A-Za-z])(?!-[0-9])"
_REST = rf"{_SEPARATOR}[0-9]{{6}}{_SEPARATOR}[0-9]{{2}}"
_KOREAN = (
    re.compile(
        rf"[12](?:{_START}(?:(?<=1)[1-9]|(?<=2)[0-68]){_SEPARATOR}[0-9]{{2}}{_REST}{_END}"
        rf"|{written_apart('[0-9]{11}')})"
    ),
    re.compile(rf"(?:{_REGIONS})[- ]{{0,2}}[0-9]{{2}}{_REST}{_END}"),
)

_STATE = re.compile(
    r"[0-9A-Za-z](?:(?<=[A-Za-z.:#는은] .)|(?<=[:#=는은].))"
    rf"(?:{written_apart('[0-9]{6,13}')}|[A-Za-z]?[0-9]{{6,14}}{_END}"
    rf"|[0-9]{{0,3}}(?:[-./ \n]{{1,3}}[0-9]{{1,5}}){{2,4}}{_END})"
)
_STATE_LETTERS = re.compile(r"[A-Za-z]{0,2}[0-9][-./0-9 \n]*")
_STATE_GROUPS = {(4, 2, 4), (3, 2, 4), (2, 2, 4), (3, 3, 3), (3, 4, 4), (3, 3, 3, 3), (3, 3, 2, 3, 1), (4, 5, 5)}
_STATE_WORD = re.compile(
    r"(?:(?:driver[’']?s?[’']?|driving) licen[cs]e|(?<![a-z])dl(?![a-z]))[^0-9\n]{0,24}\Z", re.IGNORECASE
)
_LAYOUTS = (
    *(
        "1#-NN-######-##",
        "2N-##-######-##",
        "28-##-######-##",
        "11##########",
        "서울 0#-######-##",
        "경기 9#-######-##",
    ),
    *("###-##-####", "N######", "D#######", "F############"),
)
_WORDS = ("운전면허번호", "운전면허", "면허번호는")
_ENGLISH_WORDS = ("driver's license number", "driver's license number is", "driving licence no.", "DL")


def _check(found: Found) -> float:
    return _korean(found) if any(form.fullmatch(found.value) for form in _KOREAN) else _american(found)


def _american(found: Found) -> float:
    digits, letters = len(found.digits), sum(map(str.isalpha, found.value))
    if found.denied or found.counted or found.fraction or _STATE_WORD.search(found.before) is None:
        return 0.0
    if is_apart(found):
        formed = 7 <= digits <= 14
    elif len(found.groups) > 1:
        formed = found.groups in _STATE_GROUPS and letters <= 1
    else:
        formed = 7 <= digits <= (14 if letters else 12)
    return found.confidence(checked=False) if formed and _STATE_LETTERS.fullmatch(found.value) else 0.0


def _korean(found: Found) -> float:
    """The full grouping with a valid region is a shape of its own; run together, the digits need a word."""
    named = not found.value[0].isdigit()
    grouped = found.groups in ((2, 2, 6, 2), (2, 6, 2))
    if found.cue is None and (not grouped or found.denied or (named and "-" not in found.value)):
        return 0.0
    return found.confidence(checked=False)


def _draw(random: Random) -> str:
    layout = random.choice(_LAYOUTS)
    korean = layout[0] in "12서경"
    number = fill(layout.replace("1#", f"1{random.randrange(1, 10)}").replace("2N", f"2{random.randrange(7)}"), random)
    return f"{random.choice(_WORDS if korean else _ENGLISH_WORDS)} {number}"


def _surrogate(value: str, derive: Derive) -> str | None:
    """A number of a region from 40 on: those of the National Police Agency are 11 to 26, and 28.

    Old numbers, with the name of a region, and those of US states have no range that nobody has.
    """
    if not _KOREAN[0].fullmatch(value):
        return None
    digits = digits_of(value)
    draws = derive(digits)
    return written_like(value, str(40 + draws.below(60)) + draws.digits_like(digits[2:]))


KIND = Kind(
    name="driver_licence",
    patterns=(
        *_KOREAN,
        _STATE,
    ),
    cued_patterns=((_STATE, None),),
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
        "my driver's license number is «2270-66-1551»",
        "My driver's license number is «6940579».",
        "My driver's license number is «F162823540116»",
        "Driver license no: «S123-456-78-901-0»",
        "driving licence «U62928788557186»",
        "운전면허 «1 1 - 2 2 - 1 2 3 4 5 6 - 1 2»",
        "DL «740 . 42 . 3946»",
        "DL «305\n76-5093»",
        "DL는«D8842184»입니다",
        "driver's license number is «2 2 7 0 - 6 6 - 1 5 5 1»",
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
        "F162823540116",
        "software license 6940579",
        "driver's license fee 6940579 won",
        "driver's license since 2019-01-02",
        "driver's license since 2019. 01. 02.",
        "1 1 - 2 2 - 1 2 3 4 5 6 - 1 2",
        "driver's license office 415-555-2671",
        "운전면허 응시자 1234567명",
    ),
    draw=_draw,
    surrogate=_surrogate,
)
