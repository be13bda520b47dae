"""Postal address, what lies below road and quarter: building number, lot number (번지), block, floor and unit.

Road Name Address Act (도로명주소법): province, city or district, road, building number, then block, floor and unit. The
names of places, roads and quarters are kept. English street addresses are replaced from the number on (USPS
Publication 28 for the names of streets and units), with city and ZIP code where they follow directly.
"""

import re
from random import Random

from pipelines.privacy.kind import Found, Kind, Shape
from pipelines.privacy.places import AREA, COMMON_WORD, DISTRICTS, PROVINCES

_AREA_WORD = re.compile(rf"{AREA}|(?:{PROVINCES})(?:\Z|(?:{DISTRICTS}|[중동서남북])구)")
_PARTICLE_WORD = re.compile(rf"(?:{AREA}|{PROVINCES})(?:로|가|면|이면|라면|마다|까지)")
_PLACE_WORD = re.compile(
    r"[가-힣.]{1,12}(?:[0-9]{1,4}(?:번|번가|가|안|나)?)?(?:로|길)|[가-힣.]{1,10}[0-9]{0,2}(?:동|리)|[가-힣]{2,9}[읍면]"
    r"|[가-힣]{1,6}[0-9]가|[0-9]{1,4}(?:번|번가|가|안)?길"
)
_CHAIN_WORD = re.compile(r"[가-힣0-9.]{1,12}[시도군구읍면동리로길가]")
_CUE_REACH = 30

# What stands before a value is looked at from its first character, so that the engine can skip to that.
_AFTER_PLACE = "(?:(?<=[로길동리가읍면][1-9])|(?<=[로길동리가읍면] [1-9]))"
_LATER = "(?:, ?| )"
_FLOOR = r"(?:지하 ?|지상 ?|B)?[0-9]{1,3}층"
_BLOCK = r"(?:제?[0-9]{1,4}|[A-Z가나다라마바사])동"
_ROOM = r"(?:제?[A-Z]?[0-9]{1,5}(?:-[0-9]{1,4})?)호"
_UNIT = (
    rf"(?:{_LATER}?{_BLOCK}(?:{_LATER}?{_FLOOR})?{_LATER}?{_ROOM}"
    rf"|{_LATER}?{_FLOOR}(?:{_LATER}?{_ROOM})?|{_LATER}{_ROOM})"
)
_END = r"(?![0-9A-Za-z])(?!-[0-9])(?![,.:/][0-9])"
_ROOM_END = r"(?!선|점|기(?!준)|봉|포|차|기사|담배)"
_COUNTED = (
    r"(?! ?(?:(?:길|가|시|일|월|초|원|번|회|차|층|건|만|억|조|항|살|세|인|곳|대|배|위)(?![가-힣])"
    r"|번길|번가|호선|차선|차로|번째|시간|개월|주일|일간|만원|억원|가지|킬로|미터|퍼센트|등급|년|월|분|명|개|km|m|kg|cm|[%℃:~$]))(?!/)"
)
_PARTICLE = (
    r"(?=\Z|[\s,.()\]\"'“”‘’「」『』<>;!?|\ue000]|에|으로|로(?![가-힣])|이[고며다]|입니다|이에요|예요"
    r"|인 |[의은는을를이가과와](?![가-힣])"
    r"|까지|부터|앞|옆|소재|일대|인근|근처)"
)
_BUILDING = re.compile(
    rf"[1-9]{_AFTER_PLACE}[0-9]{{0,4}}(?:(?:-[1-9][0-9]{{0,3}})?(?:(?:번지{_UNIT}?|{_UNIT}){_END}{_ROOM_END}"
    rf"|{_END}{_COUNTED}{_PARTICLE})|-[1-9][0-9]{{0,3}}(?=만(?! ?[명원개건번평년대])(?![가-힣])))"
)
_LOT = re.compile(rf"산(?<=[동리가읍면] 산) ?[1-9][0-9]{{0,4}}(?:-[1-9][0-9]{{0,3}})?번지{_UNIT}?{_END}")
_APARTMENT = re.compile(
    rf"[1-9](?<![0-9A-Za-z,.제-].)[0-9]{{0,3}}동 ?(?:[1-9][0-9]?층 ?)?[1-9][0-9]{{1,3}}호{_END}{_ROOM_END}"
)
_LONE_ROOM = re.compile(rf"[B0-9](?<=[) ].)[0-9]{{0,4}}(?:층{_LATER}?[A-Z]?[0-9]{{2,5}})?호{_END}{_ROOM_END}")
_BEFORE_LONE_ROOM = re.compile(
    r"[로길동리가] ?[0-9]{1,5}(?:-[0-9]{1,4})?(?:번지)?,? ?(?:\([^()]{1,20}\)|[가-힣A-Za-z0-9]{2,12}),? ?\Z"
)
_BEFORE_NUMBER = re.compile(
    r" ?[0-9]{1,5}(?:-[0-9]{1,4})?(?:번지)?,? ?(?:\([^()]{1,20}\)|[가-힣A-Za-z0-9]{2,12}),? ?\Z"
)
_HOTLINE = re.compile("1[568][0-9]{2}-[0-9]{4}")
_UPPER, _LETTER = "A-ZÀ-ÖØ-Þ", r"(?:[^\W\d_]|['’-])"
_WORD = (
    rf"(?:[NSEW]\.?|[NS]\.?[EW]\.?|[{_UPPER}]{_LETTER}{{1,20}}\.?|[A-Z]\.|[0-9]{{1,3}}(?:st|nd|rd|th)"
    r"|[Dd]e|[Ll]a|of|the)"
)
_SURE_STREET = (
    "Street|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Terrace|Parkway|Pkwy|Crescent|Drive|Gardens|Grove|Turnpike"
)
_UNSURE_STREET = (
    "Court|Place|Square|Way|Circle|Close|Highway|Hwy|Row|Walk|Mews|Trail|Alley|Rise|Hill"
    r"|(?:St|Ct|Pl|Sq)(?=[ ,.\n])|Dr(?=[ ,\n])"
)
_STREETS = f"{_SURE_STREET}|{_UNSURE_STREET}"
_SUITE = r"(?:Apt|Apartment|Suite|Ste|Unit|Flat|Floor|Room|Rm)\.? ?#?[0-9A-Z][0-9A-Z-]{0,5}"
_SUITE_AFTER = rf"(?:[,.]?[ \n>]{{1,4}}(?:{_SUITE}|#[0-9A-Z]{{1,5}}))"
_CITY_WORD = rf"[{_UPPER}]{_LETTER}{{1,15}}\.?"
_TOWN = (
    rf"(?:,?[ \n>]{{1,3}}{_CITY_WORD}(?: {_CITY_WORD})?(?:,? {_CITY_WORD})?,?[ \n>]{{1,3}}[0-9]{{5}}(?:-[0-9]{{4}})?)"
)
_STATE = r"(?:,? [A-Z][a-z]{2,15}(?: [A-Z][a-z]{2,15})?, [A-Z]{2}(?![A-Za-z]))"
_WORD_END = "(?![0-9A-Za-z])"
_STREET = re.compile(
    rf"[0-9](?<![0-9A-Za-z.,$£€#/:-].)[0-9]{{0,4}}[A-Za-z]?(?:-[0-9]{{1,4}})?(?: [0-9]{{1,5}})? (?:{_WORD} ){{1,4}}"
    rf"(?:{_STREETS}){_WORD_END}\.?(?: [NSEW]{{1,2}}{_WORD_END})?"
    rf"{_SUITE_AFTER}?(?:{_TOWN}|{_STATE})?(?<!\.){_WORD_END}"
)
_SUITE_IN_STREET = re.compile(
    rf"[0-9](?<![0-9A-Za-z.,$£€#/:-].)[0-9]{{0,4}}(?: [0-9]{{1,5}})?(?: {_WORD}){{1,4}}(?: [0-9]{{1,4}})?"
    rf",?[ \n>]{{1,4}}(?:Apt\.?|Apartment|Suite|Ste\.) ?#?[0-9][0-9A-Z-]{{0,5}}(?:{_TOWN}|{_STATE})?{_WORD_END}"
)
_BOX = re.compile(
    rf"(?:P\. ?O\. ?|PO |Post Office |PSC |CMR |Unit )(?<![A-Za-z]PO )(?:[0-9]{{1,5}},? )?Box #?[0-9]{{1,6}}"
    rf"{_SUITE_AFTER}?(?:[,\n ]{{1,2}}[AFD]PO,? A[AEP] [0-9]{{5}}|{_TOWN}|{_STATE})?{_WORD_END}"
)
_APARTMENT_NUMBER = re.compile(
    rf"(?:Apt\.?|Apartment|Suite|Ste\.) ?#?(?:[0-9]{{3,5}}[A-Z]?|[0-9]{{1,2}}[A-Z]|[A-Z][0-9]{{1,3}}){_WORD_END}"
)
_YEAR = re.compile("1[5-9][0-9]{2}|20[0-4][0-9]")
_NO_STREET = re.compile(
    rf"(?:January|February|March|April|May|June|July|August|September|October|November|December|Supreme|High|District"
    rf"|Circuit|Federal|County|Crown|Tennis|Royal|Hard|Disk|Flash|USB|Times|St|Saint|Mr|Mrs|Dr|Dead|Sesame|Wall|Downing"
    rf"|Coronation|Abbey|Penny|Rodeo|Silk|Milky|Half|First|Second|Third)\.? (?:{_STREETS})\Z"
)
_NUMBERED_STREET = re.compile(
    rf"(?:[0-9]+ )?([0-9]+)[A-Za-z]?(?:-[0-9]+)? (?:{_WORD} ){{1,4}}(?:{_STREETS}){_WORD_END}"
)
_SURE_END = re.compile(rf"(?:{_SURE_STREET})\Z")
_STREET_ENDS = re.compile(r"[,.;!?\n]|\Z| (?:in|on|and|or|for|before|after)")
_CUE_EN = re.compile(
    r"(?:address(?:es)?|li(?:ve|ves|ved|ving)|located|resid(?:e|es|ing)|at|to|deliver|ship|is|here)[ :,\n]",
    re.IGNORECASE,
)
_CUE_BESIDE = 12


def _road(found: Found) -> str | None:
    """What stands before the number, up to and with the name of a road or quarter; None where there is no such name."""
    before = found.before.rstrip(" ")
    word = re.split(r"[\s,()\"'“”‘’<>\[\]:;·]", before)[-1]
    if not _PLACE_WORD.fullmatch(word) or COMMON_WORD.fullmatch(word) or _PARTICLE_WORD.fullmatch(word):
        return None
    return before


def _within_area(before: str) -> bool:
    """Whether the words before lead from the name of a province, city, county or district down to here."""
    words = [word for word in re.split(r"[\s,()]+", before) if word][-6:]
    for place, word in enumerate(reversed(words)):
        if _AREA_WORD.match(word) and (place or not _PARTICLE_WORD.fullmatch(word)):
            return True
        if not _CHAIN_WORD.fullmatch(word):
            return False
    return False


def _cued(found: Found) -> bool:
    return found.cue is not None and found.cue <= _CUE_REACH


def _check(found: Found) -> float:
    first = found.value[0]
    if first.isascii() and (first.isalpha() or re.search("[A-Za-z]{2}", found.value)):
        return _check_english(found)
    if _HOTLINE.fullmatch(found.value):
        return 0.0
    if found.value.endswith("호") and _APARTMENT.fullmatch(found.value):
        return 0.8 if re.search("[0-9]{3}호", found.value) or _cued(found) or "아파트" in found.before else 0.0
    road = _road(found)
    if road is None:
        if found.value.endswith("호") and _BEFORE_LONE_ROOM.search(found.before):
            return 0.7 if _within_area(_BEFORE_NUMBER.sub("", found.before)) or _cued(found) else 0.0
        return 0.0
    detailed = "번지" in found.value or ("호" in found.value and " " in found.value)
    if not (detailed or _within_area(road) or _cued(found)):
        return 0.0
    return found.confidence(checked=detailed or "-" in found.value)


def _check_english(found: Found) -> float:
    value = found.value
    if not value[0].isdigit() or _SUITE_IN_STREET.fullmatch(value):
        return found.confidence(checked=False)
    street = _NUMBERED_STREET.match(value)
    if street is None:
        return 0.0
    attached = len(value) - street.end() > 3
    if _NO_STREET.search(street[0]) and not attached:
        return 0.0
    cued = _CUE_EN.search(found.before[-14:]) is not None or _cued(found)
    if _YEAR.fullmatch(street[1]) and not attached and not (found.cue is not None and found.cue <= _CUE_BESIDE):
        return 0.0
    if not _SURE_END.search(street[0]) and not attached and not (cued and _STREET_ENDS.match(found.after)):
        return 0.0
    return found.confidence(checked=attached or cued)


def _draw(random: Random) -> str:
    number, part = random.randint(1, 480), random.randint(1, 60)
    block, room = random.randint(101, 130), random.randint(1, 24) * 100 + random.randint(1, 6)
    area = random.choice(
        ("서울 강남구", "부산광역시 해운대구", "경기도 성남시 분당구", "전북 전주시 완산구", "대구 수성구")
    )
    road = random.choice(("테헤란로", "해운대로", "판교로", "중앙대로", "충장로", "효자로12번길", "달구벌대로"))
    quarter = random.choice(("역삼동", "정자동", "효자동", "신림1동", "우동"))
    street = random.choice(("Main Street", "Oak Avenue", "N 5th Ave", "Maple Drive", "Hill Road", "Sunset Blvd"))
    return random.choice(
        (
            f"{area} {road} {number}",
            f"{area} {road} {number}-{part}, {part % 20 + 1}층 {room}호",
            f"{area} {road} {number}, {block}동 {room}호",
            f"{area} {quarter} {number}-{part}",
            f"{quarter} {number}-{part}번지",
            f"주소: {road} {number}",
            f"햇살아파트 {block}동 {room}호",
            f"{number} {street}",
            f"{number} {street}, Apt {part}B",
            f"PO Box {number}",
        )
    )


KIND = Kind(
    name="address",
    patterns=(_BUILDING, _LOT, _APARTMENT, _LONE_ROOM, _STREET, _SUITE_IN_STREET, _BOX, _APARTMENT_NUMBER),
    check=_check,
    reach=88,
    shapes=Shape.PLACE,
    literals=(
        *("번지", "Street", "Ave", "Road", "Rd", "Blvd", "Boulevard", "Lane", "Ln", "Terrace", "Parkway", "Pkwy"),
        *("Crescent", "Drive", "Gardens", "Grove", "Turnpike", "Court", "Place", "Square", "Way"),
        *("Circle", "Close", "Highway", "Hwy", "Row", "Walk", "Mews", "Trail", "Alley", "Rise", "Hill"),
        *(f"{short}{end}" for short in ("St", "Ct", "Pl", "Sq", "Dr") for end in " ,.\n" if short + end != "Dr."),
        *("Apt", "Apartment", "Suite", "Ste.", "Box "),
    ),
    cues=(
        *(
            "주소",
            "거주",
            "사는 곳",
            "사시는 곳",
            "자택",
            "배송지",
            "배송",
            "받는 곳",
            "보내실 곳",
            "우편번호",
            "소재지",
            "본적",
            "등록지",
        ),
        *(
            "주거",
            "살고",
            "살았",
            "이사",
            "집은",
            "집이",
            "번지",
            "address",
            "addresses",
            "lives",
            "live",
            "located",
            "resides",
        ),
    ),
    examples=(
        "서울 강남구 테헤란로 «123, 4층 401호»에 산다",
        "역삼동 «123-45번지»입니다",
        "OO아파트 «101동 1203호»로 배달",
        "서울특별시 강남구 테헤란로 «123»로 오세요",
        "경기도 성남시 분당구 판교로 «256-1»에서",
        "서울시 마포구 월드컵북로12길 «34»에 있다",
        "전북 전주시 완산구 효자로12번길 «34-5»",
        "주소: 테헤란로 «152»",
        "주소는 역삼동 «123-45»이다",
        "서울 종로구 종로3가 «12»에서",
        "부산광역시 해운대구 우동 «1408», 살고 있다",
        "강원도 춘천시 동면 장학리 «산 12-3번지»",
        "서울 강남구 테헤란로 «１２３»에",
        "경북 포항시 남구 지곡로 127번길 «80»",
        "서울 서초구 서초대로 «396», 강남빌딩 «1203호»",
        "대구 수성구 달구벌대로 «2450 101동 1203호»",
        "그는 “대구 수성구 효자동 «388-37»”라고 답했다",
        "[확인] 주소: 테헤란로 «374» / 오전 중",
        "<td>효자동«15-43번지»</td>",
        "경기도 성남시 분당구 효자동 «296-56»만, 오후에",
        "서울 강남구 역삼동«24-5» / 오전",
        "He lives at «123 Main Street, Apt 4B»",
        "at «1234 N 5th Ave», in the city",
        "«742 Evergreen Terrace»",
        "Send it to «PO Box 123».",
        "my address is «350 Fifth Avenue, New York, NY 10118»",
        "«22 Baker Road, Suite 200, Springfield, IL 62704»",
    ),
    traps=(
        "종로 3가",
        "을지로 4가에서 만나자",
        "셋으로 3명",
        "활동 3년",
        "운동 10분",
        "행동 2가지",
        "하루동안 3번",
        "제3조 2항",
        "도로 5km",
        "101동 앞",
        "서울에서 강원도로 3시간",
        "강남구로 3번 갔다",
        "경기는 3-2로 끝났다",
        "서울시 인구가 1000만이다",
        "신림동 3번 버스",
        "역삼동 12월 모임",
        "관악구 신림동 3개 학교",
        "새로 3개를 샀다",
        "서로 2, 3을 맞바꾼다",
        "그 거리 123",
        "서울 강남구 테헤란로 2019년",
        "서울시 활동 3-2",
        "In 1903 Fifth Avenue was wide",
        "40 GB Hard Drive",
        "9 Supreme Court justices",
        "On 12 May Dr. Smith came",
        "3 September St John",
        "Wall Street 1929",
        "5 Street Fighters",
        "Cello Suite 3",
        "Box 3 of the form",
        "the 400 Milky Way stars",
    ),
    draw=_draw,
)
