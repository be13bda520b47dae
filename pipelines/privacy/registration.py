"""What resident, foreigner and corporate registration numbers share: 13 digits, six and seven."""

import re
from datetime import date, timedelta
from random import Random

from pipelines.privacy.digit_groups import dashed_groups, is_apart, written_apart
from pipelines.privacy.kind import Found

COMPANY_CUES = ("법인등록번호", "법인번호", "법인", "주식회사", "corporate", "CRN", "incorporation")
_WEIGHTS = (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)
_SEPARATOR = r"[-./ \n]{0,3}"
_MASKED_LENGTHS = (13, 14)  # people miscount what they hide


def person_pattern(seventh: str) -> re.Pattern[str]:
    """Six digits in the shape of a date, a separator or none, and seven that begin with one of ``seventh``.

    The last of them may be hidden (900101-1******), which leaves the date of birth and the sex.
    """
    hidden = r"\*{2,7}|[Xx]{2,7}|[●○]{2,7}|\#{2,7}"
    return re.compile(  # what may not stand before is looked at behind the first digit: the engine skips to digits
        rf"[0-9](?:(?<![0-9].)(?<![0-9]-.)[0-9](?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01]){_SEPARATOR}"
        rf"[{seventh}](?:[0-9]{{6}}(?![0-9])(?!-[0-9])|[0-9]{{0,5}}(?:{hidden})(?![0-9A-Za-z*●○#]))"
        rf"|{written_apart('[0-9]{5}', f'[{seventh}]', '[0-9]{6}')})"
    )


def resident_check_digit(digits: str) -> int:
    """Last digit of a resident registration number given before October 2020 (Resident Registration Act rules)."""
    total = sum(int(digit) * weight for digit, weight in zip(digits, _WEIGHTS, strict=False))
    return (11 - total % 11) % 10


def is_date(digits: str) -> bool:
    """Whether YYMMDD is a day of some century."""
    year, month, day = int(digits[:2]), int(digits[2:4]), int(digits[4:6])
    try:
        date(2000 + year, month, day)
    except ValueError:
        return False
    return True


def person_confidence(found: Found, check_digits: tuple[int, ...]) -> float:
    """Confidence in a number of a person whose last digit would be one of ``check_digits``, were there a check.

    Numbers given from October 2020 have no check digit, so a wrong one rejects only where the shape alone says little:
    13 digits without a separator whose first digit is 1 are also a time in milliseconds, and nobody born in the years
    19 to 10 got a number after 2020.
    """
    valid = int(found.digits[-1]) in check_digits
    if not is_date(found.digits) or found.counted or found.fraction:
        return 0.0
    if found.cue is None and is_apart(found) and dashed_groups(found) != (6, 7):
        return 0.0
    if found.cue is None and not valid:
        unseparated = found.value.isdigit()
        if found.denied or (unseparated and found.digits[0] == "1") or "  " in found.value:
            return 0.0
    return found.confidence(checked=valid or found.named)


def is_masked(found: Found) -> bool:
    return not found.value[-1].isdigit()


def masked_person_confidence(found: Found) -> float:
    """Confidence in a number of which the last digits are hidden; there is no check digit to look at."""
    hidden = len(found.value) - len(found.value.rstrip("*Xx●○#"))
    if len(found.digits) + hidden not in _MASKED_LENGTHS or not is_date(found.digits):
        return 0.0
    return 0.0 if found.denied and found.cue is None else found.confidence(checked=True)


def draw_person(random: Random, seventh: str, words: tuple[str, ...]) -> str:
    """A number of a person born from 1940 to 2023, ``seventh`` being the digits of men and women by century."""
    born = date(1940, 1, 1) + timedelta(random.randrange(84 * 365))
    digit = seventh[random.randrange(2) + 2 * (born.year >= 2000)]
    number = f"{born:%y%m%d}", f"{digit}{random.randrange(1_000_000):06}"
    shape = random.random()
    if shape < 0.1:
        hidden = random.randrange(2, 7)
        return f"{number[0]}-{number[1][: 7 - hidden]}{'*' * hidden}"
    if shape < 0.4:
        return f"{random.choice(words)} {random.choice(('', ' ', '-', ' - ')).join(number)}"
    return "-".join(number)
