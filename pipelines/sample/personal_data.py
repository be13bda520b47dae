"""Made-up personal data in sentences: none of it can belong to anyone, and the checksums hold where there are some.

Shapes that cannot be allocated are used where they exist: mobile numbers 010-0, landline exchanges that begin with 0,
North American 555-01, birth region codes 97 to 99, tax offices 900 to 999, the documentation ranges of RFC 5737 and
the domains of RFC 2606.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pipelines.sample.draw import Draw
from pipelines.sample.templates import patterns, render
from pipelines.sample.world import Name


@dataclass(frozen=True)
class Mention:
    """Personal data in a text: what kind, its characters, and where they begin (code points)."""

    kind: str
    value: str
    start: int

    def moved(self, by: int) -> "Mention":
        """The same mention in a text that it begins ``by`` characters later."""
        return Mention(self.kind, self.value, self.start + by)


def mention(kind: str, person: Name, language: str, draw: Draw) -> tuple[str, Mention]:
    """A sentence that gives away one piece of personal data of the given kind, and where it does so."""
    value = VALUES[kind](person, language, draw)
    pattern = draw.pick(patterns(f"personal_data_{language}")[kind])
    sentence = render(pattern, {"value": value, "person": person[language == "en"]}, language, draw)
    return sentence, Mention(kind, value, sentence.index(value))


def resident_check_digit(digits: str) -> int:
    """Check digit of a resident registration number given before October 2020, from its first twelve digits."""
    weights = (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)
    return (11 - sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=True)) % 11) % 10


def luhn_check_digit(digits: str) -> int:
    """Last digit of a card number, from all others (ISO/IEC 7812-1)."""
    doubled = [int(digit) * (2 - index % 2) for index, digit in enumerate(reversed(digits))]
    return -sum(value - 9 if value > 9 else value for value in doubled) % 10


def business_check_digit(digits: str) -> int:
    """Check digit of a business registration number, from its first nine digits."""
    total = sum(int(digit) * weight for digit, weight in zip(digits, (1, 3, 7, 1, 3, 7, 1, 3, 5), strict=True))
    return -(total + int(digits[8]) * 5 // 10) % 10


def corporate_check_digit(digits: str) -> int:
    """Check digit of a corporate registration number, from its first twelve digits."""
    return -sum(int(digit) * (1 + index % 2) for index, digit in enumerate(digits)) % 10


def _latin_name(person: Name) -> str:
    return person[1].lower().replace(" ", ".")


def _email(person: Name, language: str, draw: Draw) -> str:
    name = _latin_name(person)
    local = draw.pick([name, name.replace(".", "_"), name[:5].rstrip(".") + draw.digits(2)])
    return f"{local}@{draw.pick(['example.com', 'mail.example.org', 'post.example.net', 'garam.example'])}"


def _phone(person: Name, language: str, draw: Draw) -> str:
    mobile = f"0{draw.digits(3)}", draw.digits(4)
    shapes = [
        f"010-{mobile[0]}-{mobile[1]}",
        f"010-{mobile[0]}-{mobile[1]}",
        f"010 {mobile[0]} {mobile[1]}",
        f"010{mobile[0]}{mobile[1]}",
        f"{draw.pick(['02', '031', '051', '064'])}-0{draw.digits(2)}-{draw.digits(4)}",
        f"+82-10-{mobile[0]}-{mobile[1]}",
    ]
    if language == "en":
        shapes += [f"+82 10 {mobile[0]} {mobile[1]}", f"(212) 555-01{draw.digits(2)}"]
    return draw.pick(shapes)


def _registered_birth(draw: Draw, first: int, last: int) -> tuple[str, int]:
    """Six digits of a birth date, and the century that the seventh digit tells (0: 1900s, 1: 2000s)."""
    year = draw.between(first, last)
    return f"{year % 100:02}{draw.between(1, 12):02}{draw.between(1, 28):02}", year // 100 - 19


def _resident_number(person: Name, language: str, draw: Draw) -> str:
    newer = draw.chance(0.3)
    birth, century = _registered_birth(draw, *((2021, 2024) if newer else (1950, 2009)))
    serial = f"{draw.between(1, 2) + 2 * century}{draw.between(97, 99)}{draw.digits(3)}"
    check = draw.digits(1) if newer else str(resident_check_digit(birth + serial))
    return f"{birth}{draw.pick(['-', '-', ''])}{serial}{check}"


def _foreigner_number(person: Name, language: str, draw: Draw) -> str:
    birth, century = _registered_birth(draw, 1960, 2005)
    serial = f"{draw.between(5, 6) + 2 * century}{draw.between(97, 99)}{draw.digits(3)}"
    return f"{birth}-{serial}{(resident_check_digit(birth + serial) + 2) % 10}"


def _card(person: Name, language: str, draw: Draw) -> str:
    digits = draw.pick(["400000", "555500", "940000"]) + draw.digits(9)
    digits += str(luhn_check_digit(digits))
    return draw.pick(["-", " ", "-", ""]).join(digits[start : start + 4] for start in range(0, 16, 4))


def _business_number(person: Name, language: str, draw: Draw) -> str:
    digits = f"9{draw.digits(2)}{draw.pick(['01', '12', '34', '81', '86'])}{draw.digits(4)}"
    digits += str(business_check_digit(digits))
    return f"{digits[:3]}-{digits[3:5]}-{digits[5:]}"


def _corporate_number(person: Name, language: str, draw: Draw) -> str:
    digits = f"99{draw.digits(2)}11{draw.digits(6)}"
    return f"{digits[:6]}-{digits[6:]}{corporate_check_digit(digits)}"


def _account(person: Name, language: str, draw: Draw) -> str:
    return draw.pick(
        [
            f"{draw.digits(3)}-{draw.digits(6)}-{draw.digits(5)}",
            f"{draw.digits(6)}-{draw.digits(2)}-{draw.digits(6)}",
            f"3333-{draw.digits(2)}-{draw.digits(7)}",
        ]
    )


def _passport(person: Name, language: str, draw: Draw) -> str:
    return draw.pick([f"M{draw.digits(8)}", f"M{draw.digits(3)}{draw.pick('ABCDEFG')}{draw.digits(4)}"])


def _driver_licence(person: Name, language: str, draw: Draw) -> str:
    return f"{draw.between(11, 26)}-{draw.between(85, 99)}-{draw.digits(6)}-{draw.digits(2)}"


def _ip_address(person: Name, language: str, draw: Draw) -> str:
    return f"{draw.pick(['192.0.2', '198.51.100', '203.0.113'])}.{draw.between(1, 254)}"


def _credentials(person: Name, language: str, draw: Draw) -> str:
    user = _latin_name(person).split(".")[0]
    password = draw.pick(["moon", "river", "stone", "cloud"]) + draw.digits(4)
    return f"{user}:{password}"


VALUES: Mapping[str, Callable[[Name, str, Draw], str]] = {
    "email": _email,
    "phone": _phone,
    "resident_number": _resident_number,
    "foreigner_number": _foreigner_number,
    "card": _card,
    "business_number": _business_number,
    "corporate_number": _corporate_number,
    "account": _account,
    "passport": _passport,
    "driver_licence": _driver_licence,
    "ip_address": _ip_address,
    "credentials": _credentials,
}
"""What makes a value of each kind; the kinds are the placeholders of the privacy filter in lower case."""
