"""Number of a health insurance card (건강보험증번호): 11 digits, often 1-10, 10 in some systems, no public check digit.

As long as a mobile number and a business number, so a word has to name it (National Health Insurance Service).
"""

import re
from random import Random

from pipelines.privacy.digit_groups import ORDER_DENIALS, written_apart
from pipelines.privacy.drawing import fill
from pipelines.privacy.kind import Found, Kind, Shape

# Looked at behind the first character of a value, so that the engine skips to the next one that can be.
_START, _END = r"(?<![0-9A-Za-z].)(?<![0-9]-.)", r"(?![0-9A-Za-z])(?!-[0-9])"
_CUED_REACH = 24
_LAYOUTS = ("N-##########", "1-##########", "N##########", "1##########", "N#########")
_WORDS = (
    "건강보험증번호",
    "건강보험증번호:",
    "건강보험증 번호는",
    "건강보험증",
    "보험증번호",
    "health insurance number",
)


def _check(found: Found) -> float:
    if found.cue is None or found.cue > _CUED_REACH or found.denied or found.counted or found.fraction:
        return 0.0
    return 0.0 if found.before.endswith("제") else found.confidence(checked=False)


def _draw(random: Random) -> str:
    return f"{random.choice(_WORDS)} {fill(random.choice(_LAYOUTS), random)}"


_PATTERN = re.compile(
    rf"[1-9](?:{_START}(?:[-./ \n]{{0,3}}[0-9]{{10}}|[0-9]{{9}}){_END}|{written_apart('[0-9]{9,10}')})"
)

KIND = Kind(
    name="health_insurance",
    patterns=(_PATTERN,),
    cued_patterns=((_PATTERN, None),),
    check=_check,
    shapes=Shape.DIGITS,
    run=10,
    digits=10,
    cues=(
        *("건강보험증번호", "건강보험증 번호", "건강보험증", "건강보험번호", "건강보험 번호", "건강보험 증번호"),
        *("보험증번호", "보험증 번호", "보험증", "의료보험번호", "의료보험 번호", "증번호", "health insurance"),
    ),
    denials=(*ORDER_DENIALS, "사업자", "계좌", "전화", "연락처", "휴대폰", "팩스", "phone", "account", "tel"),
    examples=(
        "건강보험증번호 «1-2345678901»",
        "건강보험증 번호는 «71234567890»입니다",
        "건강보험증: «8 - 1234567890»로 조회",
        "보험증번호 «1234567890»이고",
        "건강보험증번호：«１－２３４５６７８９０１»에서",
        "의료보험번호 «2–3456789012»를 적었다",
        "«1-2345678901» (건강보험증)",
        "Health insurance number «1-2345678901».",
        "건강보험증번호는 «1-\n2345678901»",
        "건강보험증번호 «1 - 2 3 4 5 6 7 8 9 0 1»",
    ),
    traps=(
        "1-2345678901",
        "12345678901",
        "건강보험료 1234567890원",
        "건강보험증 재발급 수수료 1234567890원",
        "국민건강보험공단 1577-1000",
        "건강보험증 문의 전화 01012345678",
        "보험증 일련번호 12345678901",
        "국민건강보험법 제1234567890호",
        "보험증 접수번호 1-2345678901",
        "건강보험증번호 1-23456789",
        "보험증 사업자등록번호 124-81-00998",
        "1 - 2 3 4 5 6 7 8 9 0 1",
    ),
    draw=_draw,
)
