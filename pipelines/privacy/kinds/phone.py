"""Telephone number: Korean mobile, landline, internet (070) and safe (050x) numbers, others by +country or a cue.

Lines of companies are kept: 15xx, 16xx and 18xx, and free numbers (080).
"""

import re
from random import Random

from pipelines.privacy.digit_groups import ORDER_DENIALS
from pipelines.privacy.drawing import fill
from pipelines.privacy.kind import Found, Kind, Shape
from pipelines.privacy.surrogates import Derive, digits_of, written_like

_S = r"[-./ )\n]{0,3}"
_START, _END = r"(?<![0-9])(?<![0-9]-)", r"(?![0-9])(?!-[0-9])"
_AREA = "(?:2|3[1-3]|4[1-4]|5[1-5]|6[1-4])"
_PREFIX = f"(?:01[016789]|0{_AREA}|070|050[0-9])"

_KOREAN = re.compile(rf"{_START}(?:\({_PREFIX}\)|{_PREFIX}){_S}[0-9]{{3,4}}{_S}[0-9]{{4}}{_END}")
_MOBILE = re.compile(rf"{_START}010(?:{_S}[0-9]){{8}}{_END}")
_SPACED = re.compile(rf"{_START}0[-. ]?1[-. ]?0(?:[-. ]{{0,3}}[0-9]){{8}}{_END}")
_UNSEPARATED = re.compile(rf"(?:0{_AREA}|070|01[16789])[2-9][0-9]{{6,7}}|050[0-9]{{8,9}}")
_GROUPED = re.compile(r"[^0-9][0-9]{4}\Z")
_DIGIT_BEFORE, _DIGIT_AFTER = re.compile(r"[0-9][-. ]{1,3}\Z"), re.compile(r"[-. ]{1,3}[0-9]")
_EXTENSION = r"(?: ?(?:x|ext\.? ?)[0-9]{1,5})?"
_INTERNATIONAL = re.compile(
    rf"(?<![0-9A-Za-z+])(?<![0-9]-)(?:\+|00)[1-9](?:[-./ ()]{{0,3}}[0-9]){{7,14}}{_EXTENSION}(?![0-9])(?![-.,][0-9])"
)
_PLUS_82 = re.compile(
    rf"(?<![0-9A-Za-z+])(?:\+|00)82{_S}(?:\(0\)|0)?(?:1[016789]|{_AREA}|70|50[0-9]){_S}[0-9]{{3,4}}{_S}[0-9]{{4}}{_END}"
)
_COUNTRY_82 = re.compile(rf"{_START}82[- ]{{1,2}}10[- ]{{1,2}}[0-9]{{4}}[- ]{{1,2}}[0-9]{{4}}{_END}")
_AMERICAN = re.compile(
    rf"{_START}(?:1[-. ])?(?:\([2-9][0-9]{{2}}\) ?|[2-9][0-9]{{2}}[-. ])[2-9][0-9]{{2}}[-. ][0-9]{{4}}"
    rf"{_EXTENSION}{_END}"
)
_CUED = re.compile(
    rf"(?<![0-9])(?<![0-9][-./ ])(?:\([0-9]{{1,4}}\)|[0-9])(?:[-./ ()]{{0,3}}[0-9]){{4,14}}{_EXTENSION}{_END}"
)
# What may count without a cue begins so; an American number may have spaces between its digits.
_FORM = (
    r"(?=\(?0[-. ]{0,3}[0-7]|82[- ]|(?:1 {0,3}[-. ] {0,3})?\(?[2-9] {0,3}[0-9] {0,3}[0-9] {0,3}[-. )] {0,3}"
    r"[2-9] {0,3}[0-9] {0,3}[0-9] {0,3}[-. ])"
)
_FORMED = re.compile(_FORM + _CUED.pattern)

_MOBILE_PREFIX, _AREA_PREFIX = re.compile("010(?=[0-9]{8})"), re.compile(rf"0{_AREA}")

_KEPT = re.compile(r"(?:82)?0?(?:1[568][0-9]{6}|80[0-9]{7,8})")
_LETTERS_BEFORE = re.compile(r"[A-Za-z]+\Z")
_LABELS = {"tel", "hp", "phone", "mobile", "fax", "cell", "call", "no", "t", "m", "p", "f", "h", "c", "pcs"}
_DATE = re.compile(r"(?:19|20)[0-9]{2}[-./ ]{1,2}(?:[0-9]{1,2}[-./ ]{1,2}[0-3]?[0-9]|(?:19|20)[0-9]{2})(?![0-9])")
_DAY = re.compile(r"(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])(?:[0-9]{4}|[0-9]{6})?")
_DOI = re.compile(r"(?:doi|10\.[0-9]{4,6}/)[^ ]{0,24}\Z", re.IGNORECASE)
_CUED_REACH = 16
_MOBILE_LAYOUTS = ("010-N###-####", "010-N###-####", "010-N###-####", "010N#######", "010 N### ####", "010.N###.####")
_OTHER_LAYOUTS = (
    *("02-N##-####", "02-N###-####", "02)N##-####", "(02) N##-####", "031-N##-####", "051-N##-####", "064-7##-####"),
    *("070-N###-####", "0507-1###-####", "0502-N##-####", "011-N##-####", "+82-10-N###-####", "+82 10 N### ####"),
)
_WORDS = ("전화", "전화번호", "연락처", "휴대폰", "tel.", "phone")


def _check(found: Found) -> float:
    label = _LETTERS_BEFORE.search(found.before)
    if (label and label[0].lower() not in _LABELS) or _DOI.search(found.before) or found.counted:
        return 0.0
    value, digits = found.value, found.digits
    if _MOBILE.fullmatch(value) or _COUNTRY_82.fullmatch(value) or _PLUS_82.fullmatch(value):
        return found.confidence(checked=True)
    apart = len(value) >= 2 * len(digits) - 1 and set(found.groups) == {1}
    if apart and (found.cue is not None or not (_DIGIT_BEFORE.search(found.before) or _DIGIT_AFTER.match(found.after))):
        if _SPACED.fullmatch(value) and digits[3] >= "2":
            return found.confidence(checked=False)
        value = value.replace(" ", "")
    if _KEPT.fullmatch(digits) or (found.denied and found.cue is None):
        return 0.0
    cued = found.cue is not None and found.cue <= _CUED_REACH
    if _KOREAN.fullmatch(value) and (cued or _GROUPED.search(value)):
        return found.confidence(checked=True)
    if _UNSEPARATED.fullmatch(value) and not found.in_path and not found.fraction:
        return found.confidence(checked=False)
    if _INTERNATIONAL.fullmatch(value) and (cued or (value[0] == "+" and not re.fullmatch(r"\+[0-9]+\.[0-9]+", value))):
        return found.confidence(checked=True)
    if _AMERICAN.fullmatch(value) and (cued or (found.language != "ko" and value[-5] != " ")):
        return found.confidence(checked=False)
    if cued and 7 <= len(digits) <= 15 and not _DATE.match(value) and not _DAY.fullmatch(digits):
        return found.confidence(checked=False) - 0.05
    return 0.0


def _draw(random: Random) -> str:
    layouts = _MOBILE_LAYOUTS if random.random() < 0.6 else _OTHER_LAYOUTS
    number = fill(random.choice(layouts), random)
    if random.random() < 0.1:
        return f"{random.choice(_WORDS)} {re.sub('[^0-9+]', '', number)}"
    return number


def _surrogate(value: str, derive: Derive) -> str | None:
    """Mobile and geographic numbers with a subscriber number that begins with 0, American ones from 555-0100 on.

    No exchange begins with 0 (전기통신번호관리세칙, the Korean numbering rules); 555-01xx is kept for fiction
    (ATIS-0300115). Numbers that could be of another plan, such as 0161 234 5678, have no surrogate: in that plan it
    could be somebody's.
    """
    digits = digits_of(value)
    if _AMERICAN.fullmatch(value) and len(digits) == 10 + (digits[0] == "1"):
        if digits[-7:-2] == "55501":
            return value
        draws = derive(digits[-10:])
        return written_like(value, f"{digits[:-7]}55501{draws.digits_like(digits[-2:])}")
    abroad = value[0] == "+" or digits.startswith(("82", "0082"))
    national = re.sub("^(?:00)?820?", "0", digits) if abroad else digits
    grouped = abroad or (_KOREAN.fullmatch(value) and len(re.findall("[0-9]+", value)) == 3)
    prefix = _MOBILE_PREFIX.match(national) or (_AREA_PREFIX.match(national) if grouped else None)
    if prefix is None or len(national) - prefix.end() not in (7, 8):
        return None
    subscriber = national[prefix.end() :]
    if subscriber[0] == "0":
        return value
    drawn = "0" + derive(national).digits_like(subscriber[1:])
    return written_like(value, digits[: -len(subscriber)] + drawn)


KIND = Kind(
    name="phone",
    patterns=(_KOREAN, _MOBILE, _SPACED, _INTERNATIONAL, _PLUS_82, _COUNTRY_82, _AMERICAN, _CUED),
    cued_patterns=((_CUED, _FORMED),),
    check=_check,
    shapes=Shape.DIGITS,
    cues=(
        *("전화번호", "전화", "휴대폰", "휴대전화", "핸드폰", "연락처", "연락", "폰번호", "팩스", "문자", "휴대번호"),
        *("tel", "phone", "telephone", "mobile", "cell", "call", "fax", "contact", "reach", "text me", "dial"),
        *("answering", "messages", "sms", "office", "desk"),
    ),
    denials=(*ORDER_DENIALS, "버전", "version"),
    examples=(
        "전화번호는 «010-1234-5678»로 바뀌었다",
        "휴대폰«01012345678»입니다",
        "«010 1234 5678», «010.1234.5678», «010/1234/5678»",
        "«０１０－１２３４－５６７８»에서",
        "«010‑1234‑5678»과 «010ㅡ1234ㅡ5678»",
        "«0\u200b10-12\u200d34-5678»은",
        "«010-12\u030434-5678»",
        "«011-123-4567»도 있다",
        "«02-123-4567», «(02) 123-4567», «02)123-4567», «031-1234-5678»",
        "«010-1234-5678» 주세요, «02-123-4567» 만, 계좌이체 문의 «02-987-6543»",
        "인터넷 «070-1234-5678», 안심번호 «0507-1234-5678», «0502-123-4567»",
        "«+82-10-1234-5678», «+82 10 1234 5678», «+82-(0)10-1234-5678», «+821012345678», «82-10-1234-5678»",
        "«+82\n10-1234-5678»과 «+82 2 123\n4567»",
        "Tel.«010-1234-5678»/HP«010-2222-3333»",
        "전화 «0212345678»",
        "The phone number of Kim is «010-1234-5678».",
        "call me at «(415) 555-2671» or «+1-415-555-2671»",
        "phone «0775 2212 211» and email",
        "연락처 «0 1 0-1 2 3 4-5 6 7 8»",
        "«0 1 0 - 2 3 4 5 - 6 7 8 9» 여기",
        "office\n«+46 (0)8 928 571 38» fax\n«(579) 888-3058x12»",
        "«010-1234-5678», 010-1234-56789는 아니다",
    ),
    traps=(
        "고객센터 1588-1234, 1600-0000, 1899-9999",
        "전화 1588-1234로 문의",
        "무료전화 080-123-4567",
        "+82-1588-1234",
        "1990-2000년",
        "전화 2019-01-02에 왔다",
        "2019.01.02 12:51:02.1234567",
        "전화 요금 1234567원",
        "doi:10.1016/0304-3975",
        "10.1234/031-123-4567",
        "1,234,567원",
        "37.566535, 126.977969",
        "010-020-030",
        "0.1 0 1 1 0",
        "3 0 1 0 2 3 4 5 6 7 8 9 4",
        "0 1 0 1 1 0 1 0 0 1 1",
        "2020다12345",
        "제12조 1234",
        "주문번호 0212345678",
        "ISBN 02-123-4567",
        "20190101123456",
        "fold010-1234-5678",
        "1546300800",
    ),
    draw=_draw,
    surrogate=_surrogate,
)
