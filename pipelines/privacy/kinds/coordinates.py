"""Position on Earth in decimal degrees (ISO 6709, WGS 84): a latitude and a longitude with four decimals or more.

Four decimals tell houses apart. The two stand together, or each behind its own word.
"""

import re
from random import Random

from pipelines.privacy.kind import Found, Kind, Shape
from pipelines.privacy.surrogates import Derive

_NUMBER = r"[-+0-9][0-9]{0,3}\.[0-9]{4,10}"
_SEVEN_DIGITS = r"(?:[-+]?[0-9]{3}\.[0-9]{4,10}|[-+]?[0-9]{2}\.[0-9]{5,10}|[-+]?[0-9]\.[0-9]{6,10})"
_HEMISPHERE = r"(?: ?[°º˚])?(?: ?[NSEW])?"
_END = r"(?![0-9A-Za-z])(?!\.[0-9])"
_PARTS = re.compile(r"([-+]?)([0-9]+)\.([0-9]*?)(0*)(?![0-9])")
_VALUE, _OPENS = re.compile(_NUMBER), re.compile(_SEVEN_DIGITS)
# One number of the two has to have the digits that open the gate.
_LABELLED_FOLLOWS = rf"(?=[^0-9.]{{1,6}}(?:경도|동경|서경|[Ll]ong?|[Ll]ng)[^0-9.]{{0,8}}{_SEVEN_DIGITS}(?![0-9]))"
_LABEL_END = r"[\"'은는이가값 :=()>]{0,6}\Z"
_LATITUDE = re.compile(rf"(?:위도|북위|남위|(?<![a-z])lat(?:itude)?){_LABEL_END}")
_LONGITUDE = re.compile(rf"(?:경도|동경|서경|(?<![a-z])(?:lng|long?|longitude)){_LABEL_END}")
_ANY_LATITUDE = re.compile(r"위도|북위|남위|(?<![a-z])lat")
_ANY_LONGITUDE = re.compile(r"경도|동경|서경|(?<![a-z])(?:lng|lon)")
_MOST_OF_A_CIRCLE = 360
_CUED_REACH = 32
_MOST_LATITUDE, _MOST_LONGITUDE = 90, 180
_WORDS = ("위도 경도", "좌표", "좌표:", "GPS", "현재 위치:", "location:", "coordinates")


def _check(found: Found) -> float:
    numbers = _VALUE.findall(found.value)
    if found.cue is None or found.cue > _CUED_REACH:
        return 0.0
    sizes = [abs(float(number)) for number in numbers]
    if len(sizes) == 2:
        valid = min(sizes) <= _MOST_LATITUDE and max(sizes) <= _MOST_LONGITUDE
        return found.confidence(checked=True) if valid and any(map(_OPENS.fullmatch, numbers)) else 0.0
    return found.confidence(checked=False) if _labelled(found, sizes[0]) else 0.0


def _labelled(found: Found, size: float) -> bool:
    """One number behind its word, with the word for the other near."""
    before, around = found.before.lower(), f"{found.before}\n{found.after}".lower()
    if _LATITUDE.search(before):
        return size <= _MOST_LATITUDE and _ANY_LONGITUDE.search(around) is not None
    return (
        _LONGITUDE.search(before) is not None and size <= _MOST_LONGITUDE and _ANY_LATITUDE.search(around) is not None
    )


def _draw(random: Random) -> str:
    latitude, longitude = f"{random.uniform(33.2, 38.5):.6f}", f"{random.uniform(126.1, 129.5):.6f}"
    return f"{random.choice(_WORDS)} {latitude}{random.choice((', ', ',', ' '))}{longitude}"


def _surrogate(value: str, derive: Derive) -> str:
    """Every number becomes one from 361 to 999: no latitude is over 90 and no longitude over 180, or 360 (ISO 6709).

    Three digits stand before the point, also where there were fewer: one of less is a place on some axis.
    """

    def elsewhere(number: re.Match[str]) -> str:
        sign, whole, decimals, zeros = number.groups()
        if int(whole) > _MOST_OF_A_CIRCLE:
            return number[0]
        draws = derive(f"{sign}{int(whole)}.{decimals}")
        return f"{sign}{361 + draws.below(639)}.{draws.digits_like(decimals) if decimals else ''}{zeros}"

    return _PARTS.sub(elsewhere, value)


_PATTERN = re.compile(
    rf"[-+0-9](?<![0-9A-Za-z.].)(?<![0-9],.)[0-9]{{0,3}}\.[0-9]{{4,10}}"
    rf"(?:{_HEMISPHERE}[,/; \n]{{1,3}}{_NUMBER}{_HEMISPHERE}{_END}|{_LABELLED_FOLLOWS}|(?<=[0-9.]{{8}}){_END})"
)


KIND = Kind(
    name="coordinates",
    patterns=(_PATTERN,),
    cued_patterns=((_PATTERN, None),),
    check=_check,
    reach=30,
    shapes=Shape.DIGITS,
    run=4,
    cues=(
        *("위도", "경도", "북위", "동경", "위경도", "좌표", "위치", "GPS", "lat", "lon", "lng", "long"),
        *("latitude", "longitude", "location", "coordinates", "coordinate", "geolocation"),
    ),
    examples=(
        "좌표는 «37.566535, 126.977969»입니다",
        "위도 «37.5665350» 경도 «126.9779690»",
        "GPS «37.5665,126.9780»에서",
        '{"lat": «37.566535», "lng": «126.977969»}',
        "위도: «37.5665», 경도: «126.9780»로",
        "현재 위치 «37.5665° N, 126.9780° E»",
        "location: «-33.856784, 151.215297».",
        "latitude=«37.566535»&longitude=«126.977969»",
        "좌표 «１２６．９７７９６９，３７．５６６５３５»이고",
        "coordinates [«126.977969, 37.566535»]",
    ),
    traps=(
        "37.566535, 126.977969",
        "좌표 37.56, 126.97",
        "위도 37.5665350",
        "GPS 99.123456, 126.123456",
        "좌표 37.566535, 196.977969",
        "위치 3.1415926535",
        "3.14159265, 2.71828182",
        "위치 1.2.3.4",
        "경도 근시 0.123456",
        "위치 1,234.5678",
        "위도 상으로 2019.0102 경도 2019.0102",
        "location 37.566535",
    ),
    draw=_draw,
    surrogate=_surrogate,
)
