"""Registration number of foreigners and of overseas Koreans (외국인등록번호): YYMMDD-SRRRRNC, S from 5 to 8."""

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

_WORDS = ("외국인등록번호", "외국인등록번호:", "외국인등록번호는", "국내거소신고번호", "FRN")


def _check(found: Found) -> float:
    """Both published rules count: the resident's, and the one that adds two to it."""
    if is_masked(found):
        return masked_person_confidence(found)
    check_digit = resident_check_digit(found.digits)
    return person_confidence(found, (check_digit, (check_digit + 2) % 10))


def _draw(random: Random) -> str:
    return draw_person(random, "5678", _WORDS)


KIND = Kind(
    name="foreigner_number",
    patterns=(person_pattern("5-8"),),
    check=_check,
    shapes=Shape.DIGITS,
    run=6,
    cues=(
        "외국인등록번호",
        "외국인번호",
        "외국인등록",
        "국내거소",
        "거소신고",
        "foreigner registration",
        "alien",
        "FRN",
        "ARN",
    ),
    denials=ORDER_DENIALS,
    examples=(
        "외국인등록번호 «911124-5678901»로 조회",
        "«000505-7637892»",
        "His FRN is «9111245678906»",
        "«9111245678901»",
        "국내거소신고번호는 «050912–6000012»이다",
        "«911124-5******»으로 조회",
        "외국인등록번호 «911124-5678***»이고",
        "FRN «０００５０５－７＊＊＊＊＊＊».",
        "외국인등록번호 «9 1 1 1 2 4 - 5 6 7 8 9 0 1»",
    ),
    traps=(
        "001332-5234567",
        "주문번호 190101-5234567",
        "1512055234567",
        "911124+5678901",
        "911324-5******",
        "911124-5**",
        "911124-*******",
        "주문번호 190101-5******",
        "91112-45678901",
        "9 1 1 1 2 4 5 6 7 8 9 0 6",
    ),
    draw=_draw,
    surrogate=unborn,
)
