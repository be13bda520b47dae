"""Resident registration number (주민등록번호): YYMMDD-SRRRRNC, S being century and sex."""

from random import Random

from pipelines.privacy.digit_groups import ORDER_DENIALS
from pipelines.privacy.kind import Found, Kind, Shape
from pipelines.privacy.registration import (
    draw_person,
    is_masked,
    masked_person_confidence,
    person_confidence,
    person_pattern,
    resident_check_digit,
)
from pipelines.privacy.surrogates import unborn

_WORDS = ("주민등록번호", "주민등록번호:", "주민번호", "주민번호는", "RRN")


def _check(found: Found) -> float:
    if is_masked(found):
        return masked_person_confidence(found)
    check_digit = resident_check_digit(found.digits)
    born_before_1900 = found.digits[6] in "09"
    if born_before_1900 and found.cue is None and int(found.digits[-1]) != check_digit:
        return 0.0  # whoever was born before 1900 got a number while numbers had a check digit
    return person_confidence(found, (check_digit,))


def _draw(random: Random) -> str:
    return draw_person(random, "1234", _WORDS)


KIND = Kind(
    name="resident_number",
    patterns=(person_pattern("0-49"),),
    check=_check,
    shapes=Shape.DIGITS,
    run=6,
    cues=("주민등록번호", "주민번호", "주민등록", "주민", "resident registration", "resident number", "RRN"),
    denials=ORDER_DENIALS,
    examples=(
        "주민등록번호는 «900101-1234567»입니다.",
        "주민번호 «9601211021413»",
        "«900101 - 1234567»이고",
        "«900101 1234567»",
        "«９００１０１－１２３４５６７»을 적었다",
        "«900101–2234567»와 «960121ㅡ1021413»",
        "90년생 «900101.1234567»은",
        "«211224-3123456» 아이",
        "법인 대표 «900101-1234567»",
        "주민등록번호 «110111-3234567», 주식회사 말모이",
        "His RRN is «9601211021413».",
        "900101-1234567890이 아니라 «900101-1234567»",
        "«900101-1******»으로 조회",
        "주민번호 «900101-1234***»이고 «900101-2●●●●●●»",
        "«９００１０１－１＊＊＊＊＊＊» 홍길동",
        "RRN «9001011XXXXXX».",
        "«9 0 0 1 0 1 - 1 2 3 4 5 6 7»",
        "주민번호 «9 0 0 1 0 1 1 2 3 4 5 6 7»이고",
    ),
    traps=(
        "시각 1546300800000에 저장했다",
        "20190101123456",
        "주문번호 190101-1234567",
        "ISBN 978-89-01-12345-6",
        "2019-01-01 12:34:56",
        "901301-1234567",
        "960111-10214131",
        "001332-1234567",
        "960121+1021413",
        "1990-2000",
        "제1234567호",
        "901301-1******",
        "900101-1**",
        "900101-*******",
        "주문번호 190101-1******",
        "**900101-1**",
        "9 6 0 1 2 1 1 0 2 1 4 1 3",
        "1 9 6 0 1 2 1 - 1 0 2 1 4 1 3",
        "주민번호 9 0 1 3 0 1 - 1 2 3 4 5 6 7",
    ),
    draw=_draw,
    surrogate=unborn,
)
