"""Number plate of a vehicle (자동차등록번호): class 2 or 3 digits, a syllable, serial 4 (Rules on Registration Plates).

Classes run from 01 to 99 and from 100 to 999; plates from before 2004, and those of commercial vehicles, begin with a
region. Articles of laws, rooms, amounts and old case numbers have the same shape.
"""

import re
from random import Random

from pipelines.privacy.kind import Found, Kind, Shape
from pipelines.privacy.surrogates import Derive, written_like

_PRIVATE = "가나다라마거너더러머버서어저고노도로모보소오조구누두루무부수우주"
_LETTERS = _PRIVATE + "아바사자배하허호"
_UNUSED_LETTERS = "카타파커터퍼코토포쿠투푸"
_REGIONS = "서울|부산|대구|인천|광주|대전|울산|세종|경기|강원|충북|충남|전북|전남|경북|경남|제주"
_END = r"(?![0-9A-Za-z])(?![-.,:][0-9])"
_PARTS = re.compile(rf"({_REGIONS})? ?([0-9]{{2,3}}) ?[{_LETTERS}] ?([0-9]{{4}})")
_APART = re.compile(rf"(?<![0-9A-Za-z])(?:0[1-9]|[1-9][0-9]{{1,2}}) [{_LETTERS}] ?[0-9]{{4}}{_END}")

_UNIT_LETTERS = "조호주부도수구로"
_UNITS = re.compile(
    r" ?(?:억|천|만(?: ?[0-9]|[여원명개건톤대호년])|[원명년개건톤대회배권쪽점평엔불%㎡]|세대|km|kg|달러)"
)
_ORDINAL = re.compile(r"제 ?\Z")
_CASE_BEFORE = re.compile("선고|대법|법원|판결|헌재|사건|판례|참조")
_CASE_AFTER = re.compile("호|판결|결정|사건|전원|,? ?[0-9]{2}[가-힣] ?[0-9]|참조")
_PLATE_WORD = re.compile(r"번호판|차량 ?번호|차 ?번호|자동차 ?번호|자동차 ?등록번호|plate", re.IGNORECASE)
_CUED_REACH = 24
_WORDS = ("차량번호", "차량번호:", "차번호", "번호판", "자동차등록번호", "license plate")


def _check(found: Found) -> float:
    """With a space a word or a region is needed; where the syllable counts, orders or stands apart, one for plates."""
    region = not found.value[0].isdigit()
    if _UNITS.match(found.after) or _ORDINAL.search(found.before):
        return 0.0
    cued = found.cue is not None and found.cue <= _CUED_REACH
    named = cued and _PLATE_WORD.search(found.before + " " + found.after) is not None
    serial_apart, letter = found.value[-5] == " ", found.value[:-4].rstrip()[-1]
    if not named and (_APART.search(found.value) or (serial_apart and letter in _UNIT_LETTERS)):
        return 0.0
    if not cued:
        case = _CASE_BEFORE.search(found.before) or _CASE_AFTER.match(found.after.lstrip())
        glued = not region and "가" <= found.before[-1:] <= "힣"
        if case or glued or (serial_apart and not region):
            return 0.0
    return found.confidence(checked=named or region)


def _draw(random: Random) -> str:
    space = random.choice(("", " "))
    serial = f"{random.randrange(1000, 10_000)}"
    if random.random() < 0.3:
        region = random.choice(_REGIONS.split("|"))
        plate = f"{region}{space}{random.randrange(10, 100)}{random.choice('바사아자가나다라마')}{space}{serial}"
    else:
        number = random.choice((random.randrange(10, 70), random.randrange(100, 700)))
        plate = f"{number}{random.choice(_PRIVATE + '하허호')}{space}{serial}"
    return f"{random.choice(_WORDS)} {plate}"


def _surrogate(value: str, derive: Derive) -> str | None:
    """A plate with a syllable that no plate has (Notice on Standards for Registration Plates, table of signs)."""
    parts = _PARTS.fullmatch(value)
    if parts is None:
        return None
    region, number, serial = parts.groups()
    draws = derive(value.replace(" ", ""))
    plate = draws.one_of(_REGIONS.split("|")) if region else ""
    plate += str(1 + draws.below(9)) + draws.digits(len(number) - 1)
    return written_like(value, plate + draws.one_of(_UNUSED_LETTERS) + draws.digits_like(serial), "[^ ]")


KIND = Kind(
    name="vehicle_plate",
    patterns=(
        re.compile(rf"(?:{_REGIONS}) ?(?:0[1-9]|[1-9][0-9])[{_LETTERS}] ?[0-9]{{4}}{_END}"),
        re.compile(rf"(?<![0-9A-Za-z])(?<![0-9][-.,:/])(?:0[1-9]|[1-9][0-9]{{1,2}})[{_LETTERS}] ?[0-9]{{4}}{_END}"),
        _APART,
    ),
    check=_check,
    reach=40,
    shapes=Shape.PLATE,
    literals=("차량번호", "차량 번호", "차번호", "번호판", "동차등록번호", "동차 등록번호", "license plate"),
    in_rows=True,
    cued_patterns=((_APART, None),),
    cues=(
        *("차량번호", "차량 번호", "차번호", "차 번호", "번호판", "차량", "자동차", "승용차", "승합차", "화물차"),
        *("택시", "트럭", "렌터카", "렌트카", "차주", "뺑소니", "주차", "자동차등록번호", "차종"),
        *("plate", "vehicle", "car", "taxi", "truck"),
    ),
    examples=(
        "차량번호 «12가3456»",
        "차량번호는 «123가 4567»입니다",
        "«12가3456»로 등록",
        "«서울 12가 3456»이 지나갔다",
        "«서울12가3456»에서",
        "택시 «서울 31바 1234»를 탔다",
        "번호판 «１２３허４５６７»",
        "license plate «12가 3456».",
        "번호판이 «30주 2000»인 차",
        "차번호 «21 머7401», 번호판 «316 고 2451»",
        "차량번호: «101호 1234»",
        "«경기 70아 1234»",
    ),
    traps=(
        "12조 3456억",
        "12조3456억원",
        "제12조 1234",
        "제12조1234",
        "101호 1234",
        "30주 2000",
        "3호 1234명",
        "103호 1234명",
        "25도 1000",
        "12가 3456",
        "차량 12 가 3456",
        "등록번호 12 가 3456",
        "차량 12조 3456억원",
        "차량 30주 2000대",
        "대법원 98다1234 판결",
        "97도1234 참조",
        "1998. 5. 8. 선고 97다1234",
        "2020다1234",
        "00가1234",
        "12가34567",
        "1234가5678",
        "약30주2000",
        "12가3456-7890",
        "서울 101호 1234",
    ),
    draw=_draw,
    surrogate=_surrogate,
)
