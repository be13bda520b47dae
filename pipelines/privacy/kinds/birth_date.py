"""Date of birth (생년월일): a day of a year from 1900 on, with a word that says that somebody was born on it.

Nobody who was born before 1900 is alive. A year alone, or a birthday without its year, is kept.
"""

import re
import unicodedata
from collections.abc import Iterable
from datetime import date
from random import Random

from pipelines.privacy.kind import Found, Kind
from pipelines.privacy.surrogates import Derive, agreeing

# What stands before a value is looked at from its first character, so that the engine can skip to that.
_START, _END = r"(?<![0-9A-Za-z].)(?<![0-9][-./,].)", r"(?![0-9A-Za-z])(?!-[0-9]{2})(?![./][0-9])"
_MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
_MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?"
    r"|Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\.?"
)
_DAY = r"[0-3]?[0-9](?:st|nd|rd|th)?"
_MONTH_NUMBER = {name.lower(): number for number, name in enumerate(_MONTHS.split("|"), 1)}
_MONTH_NAMES = (
    *("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November"),
    "December",
)
_PARTS = re.compile("[0-9]+|[A-Za-z]+")
_ABBREVIATED, _ORDINALS = {*_MONTHS.split("|"), "Sept"} - {"May"}, {"st", "nd", "rd", "th"}
_NO_DAYS = range(32, 40)

_DATE_WORDS = r"생년월일|생년 월일|출생일|탄생일|date of birth|birth ?date|birthday|d\.?o\.?b\.?(?![a-z])"
_STRONG_BEFORE = re.compile(rf"(?:{_DATE_WORDS})[^0-9]{{0,20}}\Z")
_KOREAN_BEFORE = re.compile(
    r"(?:출생(?![률율신아])|생일(?! ?(?:파티|선물|케이크|잔치|카페|축하|기념))|태어난 ?(?:날|때|것))[^0-9.!?\n]{0,12}\Z"
)
_ENGLISH_BEFORE = re.compile(r"(?<![a-z])(?:born|birth)(?![a-z])(?!-)[^0-9!?;\n]{0,40}\Z")
_PARTICLES = "에서|으로|로|입니다|이고|까지|예요|[은는을를이와만]"
_AFTER = re.compile(
    r"[ .)]{0,2}(?:일?생(?![각활산명물존방식성기]|일 ?[가-힣])"
    rf"|(?:에|날|경|,|{_PARTICLES})? ?(?:[가-힣]{{1,7}}에서 )?(?:출생(?![률율신아])|태어[나난났]))"
)
_SIX_DIGITS = re.compile("[0-9]{6}|[0-9]{8}")


def _day(value: str) -> tuple[str, date] | None:
    """The day that ``value`` names, the first one where month and day could be read both ways.

    With it the order of its numbers, as in "ymd"; a month that is written as a word is none of them.
    """
    numbers = [int(number) for number in re.findall("[0-9]+", value)]
    name = re.search("[A-Za-z]{3}", re.sub("[0-9](?:st|nd|rd|th)", "", value))
    if name:
        day, year = numbers
        orders = [("dy", year, _MONTH_NUMBER[name[0].lower()], day)]
    elif _SIX_DIGITS.fullmatch(value):
        orders = [("ymd", int(value[:-4]), int(value[-4:-2]), int(value[-2:]))]
    else:
        first, second, third = numbers
        orders = [("ymd", first, second, third)]
        if first < 100 and "년" not in value:
            american, european = ("mdy", third, first, second), ("dmy", third, second, first)
            orders = [*orders, american, european] if third < 100 else [american, european]
    for order, year, month, day in orders:
        full = year if year >= 100 else 2000 + year
        try:
            found = date(full, month, day)
        except ValueError:
            continue
        if 1900 <= found.year < 2100:
            return order, found
    return None


def _check(found: Found) -> float:
    before, after = found.before.lower(), found.after.lower()
    strong = _STRONG_BEFORE.search(before) is not None
    if _SIX_DIGITS.fullmatch(found.value) and not strong:
        return 0.0
    if not (strong or _KOREAN_BEFORE.search(before) or _ENGLISH_BEFORE.search(before) or _AFTER.match(after)):
        return 0.0
    if found.counted or _day(found.value) is None:
        return 0.0
    return found.confidence(checked=True)


def _draw(random: Random) -> str:
    year, month, day = random.randint(1930, 2015), random.randint(1, 12), random.randint(1, 28)
    english = ("January", "March", "May", "August", "September", "December")[month // 2 % 6]
    return random.choice(
        (
            f"생년월일 {year}-{month:02}-{day:02}",
            f"생년월일: {year}.{month}.{day}",
            f"생년월일은 {year % 100:02}{month:02}{day:02}",
            f"{year}년 {month}월 {day}일 출생",
            f"{year % 100:02}년 {month}월 {day}일생",
            f"{year}년 {month}월 {day}일에 태어난",
            f"생일은 {year}년 {month}월 {day}일",
            f"date of birth: {month:02}/{day:02}/{year}",
            f"DOB {year}-{month:02}-{day:02}",
            f"born on {english} {day}, {year}",
            f"born {day} {english} {year}",
        )
    )


def _surrogate(value: str, derive: Derive) -> str | None:
    """A day from 32 to 39 of some month, which no calendar has (ISO 8601), in a year of the same century.

    The year of the century is over 31 as well, so that no other order of the numbers makes a day of them. A day of one
    digit gets a second one.
    """
    read = _day(value)
    if read is None:
        return None
    order, born = read
    draws = derive(f"{born:%y-%m-%d}")
    year, month = draws.one_of(_alike(born.year, range(32, 100))), 1 + draws.below(9)
    day = draws.one_of(_alike(born.day, _NO_DAYS))
    if _SIX_DIGITS.fullmatch(value):
        return f"{value[:-6]}{year}{month:02}{day}"
    numbers = iter(order)

    def replaced(part: re.Match[str]) -> str:
        word = part[0]
        if word.isdigit():
            written = {"y": f"{word[:-2]}{year}", "m": f"{month:02}"[-len(word) :], "d": f"{day}"}
            return written[next(numbers)]
        if word[:3].lower() in _MONTH_NUMBER:
            return _MONTH_NAMES[month - 1][: 3 if word in _ABBREVIATED else None]
        return {2: "nd", 3: "rd"}.get(day % 10, "th") if word in _ORDINALS else word

    return _PARTS.sub(replaced, value)


def _alike(number: int, choices: Iterable[int]) -> list[int]:
    """Those of ``choices`` whose last digit takes the same particles as that of ``number``."""
    last = agreeing(str(number)[-1], "0123456789")
    return [choice for choice in choices if str(choice)[-1] in last]


_CUES = (
    *("생년월일", "생년 월일", "출생", "탄생일", "태어나", "태어난", "태어났", "생일"),
    *("born", "birth", "birthday", "birthdate", "DOB", "D.O.B"),
)

KIND = Kind(
    name="birth_date",
    patterns=(
        re.compile(rf"[12]{_START}[90][0-9]{{2}} ?([-./]) ?[01]?[0-9] ?\1 ?[0-3]?[0-9]{_END}"),
        re.compile(rf"[0-9]{_START}[0-9]([-./]) ?[01]?[0-9]\1 ?[0-3]?[0-9]{_END}"),
        re.compile(rf"[0-9]{_START}[0-9]?([-./])[0-3]?[0-9]\1(?:19|20)[0-9]{{2}}{_END}"),
        re.compile(rf"[0-9]{_START}[0-9](?:[0-9]{{2}})? ?년 ?[01]?[0-9] ?월 ?[0-3]?[0-9] ?일"),
        re.compile(rf"[0-9]{_START}[0-9](?:[0-9]{{2}})?[01][0-9][0-3][0-9]{_END}"),
        re.compile(rf"{_MONTH} {_DAY} ?,? (?:19|20)[0-9]{{2}}(?![0-9])"),
        re.compile(rf"[0-9]{_START}[0-9]?(?:st|nd|rd|th)?(?: of)? {_MONTH},? (?:19|20)[0-9]{{2}}(?![0-9])"),
    ),
    check=_check,
    reach=76,
    literals=(
        *(
            "생년",
            "출생",
            "탄생일",
            "태어나",
            "태어난",
            "태어났",
            "생일",
            "일생",
            f"일{unicodedata.normalize('NFD', '생')}",
            "born",
            "Born",
            "BORN",
            "birth",
            "Birth",
        ),
        *("BIRTH", "DOB", "D.O.B", "dob", "d.o.b", "Dob"),
    ),
    cues=_CUES,
    examples=(
        "생년월일 «1990-03-05»로 적었다",
        "생년월일: «1990.3.5», 여",
        "생년월일은 «900305»입니다",
        "«1990년 3월 5일» 출생이다",
        "저는 «90년 3월 5일»생입니다",
        "«1990년 3월 5일»로 출생 신고",
        "그는 «1990년 3월 5일»에 태어났다",
        "«1990. 3. 5.» 서울에서 태어난".replace(".»", "»."),
        "제 생일은 «1990년 3월 5일»이에요",
        "생년월일 «１９９０．０３．０５»",
        "출생: «1990/03/05»",
        "생년월일 «19900305»",
        "생일은 «1957년 1 월 17 일»이고",
        "She was born on «March 5, 1990» in Seoul",
        "born «5 March 1990»",
        "born in Seoul, South Korea, on «March 5th, 1990»",
        "Date of birth: «03/05/1990»",
        "DOB «03/25/1990».",
        "Please tell me your date of birth. It's «8/12/1991»",
        "Her birthday is «5 Sept. 1990»",
    ),
    traps=(
        "1990년에 태어났다",
        "90년생이다",
        "생일은 3월 5일이다",
        "생일파티 2019년 3월 5일",
        "1990년 3월 5일에 세운 학교",
        "회사는 1990-03-05에 설립되었다",
        "출생률은 2019년 1월 2일 발표되었다",
        "born in 1990",
        "born on March 5",
        "founded on March 5, 1990",
        "born 12 March 1756",
        "생년월일 6자리",
        "생년월일 901345",
        "생년월일 900101-1234567",
        "생년월일을 2019",
        "airborne on March 5, 1990",
        "He died on March 5, 1990",
        "1990년 3월 5일 일생일대의 기회",
        "1990년 3월 5일 생각이 났다",
    ),
    draw=_draw,
    surrogate=_surrogate,
)
